"""A memory with faults around it, on a clock and with a sleep of the test's, without a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from anydynamo.testing.faults import Rule

__all__ = ["Stage", "finished", "item", "key"]


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that needs no event loop."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise AssertionError("it waited for an event loop")


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}}


def item(name: str, **more: str) -> dict[str, Any]:
    return {**key(name), **{attribute: {"S": text} for attribute, text in more.items()}}


class Stage:
    """Two tables, `ads` and `bids`, with an index by colour, and faults before them.

    Attributes:
        inner: The memory itself.
        faults: What the calls go through.
        now: What the clock shows.
        waits: How long was waited.
    """

    def __init__(self, *rules: Rule, seed: int | str = 7) -> None:
        self.inner = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
        self.now = 100.0
        self.waits: list[float] = []
        for name in ("ads", "bids"):
            self.raw("CreateTable", **table(name))
        self.faults = Faults(
            self.inner, rules, seed=seed, clock=lambda: self.now, sleep=self._sleep
        )

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def __call__(self, operation: str, **request: Any) -> Any:
        """Ask through the faults."""
        return finished(self.faults.call(operation, request))

    def raw(self, operation: str, **request: Any) -> Any:
        """Ask the memory itself."""
        return finished(self.inner.call(operation, request))

    def put(self, name: str, table: str = "ads", **more: str) -> Any:
        return self("PutItem", TableName=table, Item=item(name, **more))

    def get(self, name: str, **options: Any) -> Any:
        return self("GetItem", TableName="ads", Key=key(name), **options).get("Item")

    def stored(self, table: str = "ads") -> set[str]:
        """Return the keys of what is stored."""
        return {one["pk"]["S"] for one in self.raw("Scan", TableName=table)["Items"]}

    @property
    def happened(self) -> list[tuple[int, str]]:
        return [(one.call, one.fault) for one in self.faults.injected]


def table(name: str) -> dict[str, Any]:
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "colour", "AttributeType": "S"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-colour",
                "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
