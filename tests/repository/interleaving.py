"""Two clients whose calls to one adapter are interleaved as a test wants it, without an event loop.

Each call is a turn: the coroutine stops before it and goes on when it is its turn. A call may fail
before it has any effect, or after it, as when an answer is lost.
"""

from __future__ import annotations

from types import coroutine
from typing import TYPE_CHECKING, Any, Literal

from anydynamo.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Iterable, Mapping, Sequence

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo

__all__ = ["Client", "Fault", "interleaved"]

Fault = Literal["before", "after"]


@coroutine
def _turn() -> Generator[None, None, None]:
    yield


class Client:
    """An adapter over another, whose calls take turns and may fail.

    Args:
        inner: What answers.
    """

    def __init__(self, inner: DatabaseAdapter) -> None:
        self._inner = inner
        self.faults: dict[int, Fault] = {}
        self._calls = 0

    @property
    def info(self) -> ProviderInfo:
        return self._inner.info

    def expect(self, faults: Mapping[int, Fault]) -> None:
        """Begin to count calls, and fail at some of them."""
        self._calls, self.faults = 0, dict(faults)

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        await _turn()
        fault = self.faults.get(self._calls)
        self._calls += 1
        if fault == "before":
            raise Unavailable("The request was lost")
        response = await self._inner.call(operation, request)
        if fault == "after":
            raise Unavailable("The answer was lost")
        return response

    async def close(self) -> None:
        """Leave the inner adapter open: it is another's."""


def interleaved(works: Sequence[Coroutine[Any, Any, Any]], schedule: Iterable[int]) -> list[object]:
    """Run coroutines turn by turn, and return their results, or the errors that they raised.

    Args:
        works: What the clients do.
        schedule: Whose turn it is; once it is at its end, the rest goes on in order.
    """
    results: list[object] = [None] * len(works)
    going = dict(enumerate(works))

    def step(place: int) -> None:
        try:
            going[place].send(None)
        except StopIteration as stop:
            results[place] = stop.value
            del going[place]
        except Exception as error:
            results[place] = error
            del going[place]

    for place in schedule:
        if place in going:
            step(place)
    while going:
        step(next(iter(going)))
    return results
