"""Coroutines that are run without a task for as long as they do not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

__all__ = ["Begun"]

T = TypeVar("T")


class Begun(Generic[T]):
    """A coroutine that was run up to its end or to its first wait; awaiting it runs the rest.

    A task costs more than most answers of the embedded engine, and few of those wait. Until the
    first wait there is no current task: the coroutine must not need one, as `asyncio.timeout` does.
    """

    __slots__ = ("_coroutine", "_result", "_waits_for", "ended")

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        """Run a coroutine as far as it goes.

        Args:
            coroutine: It must not raise before it waits.
        """
        self._coroutine = coroutine
        self._waits_for: Any = None
        self._result: T | None = None
        self.ended = False
        try:
            self._waits_for = coroutine.send(None)
        except StopIteration as done:
            self._result = done.value
            self.ended = True

    @property
    def result(self) -> T:
        """What the coroutine returned; only once it has ended."""
        return cast("T", self._result)

    def __await__(self) -> Generator[Any, Any, T]:
        """Wait for what the coroutine waits for, and hand it what comes of it."""
        if self.ended:
            return self.result
        # PEP 380 has `yield from` do this, but only to a generator that has not begun.
        waits_for = self._waits_for
        while True:
            try:
                try:
                    given = yield waits_for
                except BaseException as error:
                    waits_for = self._coroutine.throw(error)
                else:
                    waits_for = self._coroutine.send(given)
            except StopIteration as done:
                result: T = done.value
                return result
