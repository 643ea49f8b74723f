"""The adapter that answers, driven by clients that await and by clients that cannot."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

from anydynamo.sync.runners import DirectRunner, LoopRunner

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter

__all__ = ["Data", "active", "passing", "push", "withdraw"]

T = TypeVar("T")

passing: Final[ContextVar[bool]] = ContextVar("anydynamo_passing", default=False)
"""Whether a call is an adapter's own: that of DynamoDB uses botocore, too, and must get through."""

# What is active is the process's, as replaced functions are: code under test starts threads.
_active: list[Data] = []
_changing = threading.Lock()


class Data:
    """An adapter, and the way to drive it from anywhere."""

    __slots__ = ("_blocking", "_owned", "_runner", "adapter", "alone")

    def __init__(self, adapter: DatabaseAdapter, *, owned: bool, alone: bool = False) -> None:
        """Take an adapter.

        Args:
            adapter: What answers.
            owned: Whether to close it in the end.
            alone: Whether calls of other services are refused.
        """
        self.adapter = adapter
        self.alone = alone
        self._owned = owned
        self._blocking = adapter.info.blocking
        self._runner = DirectRunner() if self._blocking else LoopRunner()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine that uses the adapter, from any thread."""
        if self._blocking:
            return self._runner.run(coroutine)
        token = passing.set(True)
        try:
            return self._runner.run(coroutine)
        finally:
            passing.reset(token)

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an operation for a client that waits."""
        return self.run(self.adapter.call(operation, request))

    async def call_async(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an operation for a client that awaits."""
        call = self.adapter.call(operation, request)
        if self._blocking:
            return await call
        # An adapter that waits has one event loop all its life, whoever asks.
        return await asyncio.to_thread(self.run, call)

    def close(self) -> None:
        """Close the adapter if it is ours, and end what drove it."""
        try:
            if self._owned:
                self.run(self.adapter.close())
        finally:
            self._runner.close()


def active() -> Data | None:
    """Return what answers now: of mocks inside each other the innermost."""
    # Without a lock: another thread may end the last mock between two looks.
    try:
        return _active[-1]
    except IndexError:
        return None


def push(data: Data) -> bool:
    """Let an adapter answer from now on, and tell whether none did before."""
    with _changing:
        _active.append(data)
        return len(_active) == 1


def withdraw(data: Data) -> bool:
    """Let an adapter answer no longer, and tell whether none does now."""
    with _changing:
        # Fixtures may end in another order than they began.
        for place in range(len(_active) - 1, -1, -1):
            if _active[place] is data:
                del _active[place]
                break
        return not _active
