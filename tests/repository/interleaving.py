"""Two clients whose calls to one adapter are interleaved as a test wants it, without an event loop.

Each call is a turn: the coroutine stops before it and goes on when it is its turn. A call may fail
before it has any effect, or after it, as when an answer is lost.
"""

from __future__ import annotations

from types import coroutine
from typing import TYPE_CHECKING, Any, Literal

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.database import Database
from anydynamo.errors import Unavailable
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Iterable, Mapping, Sequence

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo
    from anydynamo.repositories.session import Patience

__all__ = ["Client", "Fault", "Two", "interleaved"]

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


class Two:
    """Two clients of one memory, and what lies in it."""

    def __init__(self, model: Any, patience: Patience | None = None) -> None:
        self.adapter = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
        self.now = 1_700_000_000.0
        self.waits: list[float] = []
        self.databases = [
            Database(
                Client(self.adapter),
                sleep=self._sleep,
                clock=lambda: self.now,
                random=lambda: 0.5,
                patience=patience,
            )
            for _ in range(2)
        ]
        self.ada, self.grace = (database.repository(model) for database in self.databases)
        self.run(self.databases[0].create_tables([model]))

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        (result,) = interleaved([work], ())
        if isinstance(result, Exception):
            raise result
        return result

    def both(
        self,
        first: Coroutine[Any, Any, Any],
        second: Coroutine[Any, Any, Any],
        turns: Sequence[int],
    ) -> list[Any]:
        """Run two writes; a client's first turn begins, and each other makes one call."""
        return interleaved([first, second], turns)

    @property
    def markers(self) -> dict[str, str]:
        """Who has which value."""
        key = self.ada.schema.hash_key.wire
        request: dict[str, Any] = {"TableName": self.ada.table}
        items: list[dict[str, Any]] = []
        while True:
            page = self.run(self.adapter.call("Scan", request))
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return {
            item[key]["S"].removeprefix("unique#"): item["_unique"]["M"][key]["S"]
            for item in items
            if "_unique" in item
        }
