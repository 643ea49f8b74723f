"""An adapter that answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.repositories.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.repositories.session import Patience

__all__ = ["ScriptedAdapter", "session"]


class ScriptedAdapter:
    """Answers from a script.

    Args:
        answers: In order: a response, an error to raise, or a function of the operation and the
            request that returns a response. The last one is repeated.
        blocking: What the adapter says of itself.
    """

    def __init__(self, *answers: Any, blocking: bool = True) -> None:
        self._answers = list(answers)
        self.info = ProviderInfo("scripted", "nowhere", blocking)
        self.calls: list[tuple[str, Any]] = []
        self.closed = 0

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.calls]

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((operation, copy.deepcopy(request)))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, BaseException):
            raise answer
        answered: dict[str, Any] = answer(operation, request) if callable(answer) else answer
        return copy.deepcopy(answered)

    async def close(self) -> None:
        self.closed += 1


def session(
    adapter: Any,
    waits: list[float] | None = None,
    *,
    patience: Patience | None = None,
    random: Callable[[], float] = lambda: 0.5,
) -> Session:
    """Return a session that writes down how long it would have waited."""

    async def sleep(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)

    options: dict[str, Any] = {} if patience is None else {"patience": patience}
    return Session(adapter, sleep=sleep, random=random, **options)
