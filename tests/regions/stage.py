"""Regions of memory that fail on purpose, a clock that is set by hand, and what was applied."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.faults.stage import finished

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.adapters.regions import RegionEvent, Regions
from anydynamo.errors import Unreachable
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo

__all__ = ["NAMES", "Clock", "Region", "Stage", "add", "get", "put", "transact"]

NAMES = ("east", "west", "north")
TABLE = "notes"


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Region:
    """A region: memory, faults before it, and a count of the calls that got to it."""

    def __init__(self, name: str, *, blocking: bool) -> None:
        memory = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=blocking)
        self.name = name
        self.applied: Counter[tuple[str, str]] = Counter()
        self.asked: list[str] = []
        self.connected = True
        self._memory = memory
        self.faults = Faults(_Counting(memory, self.applied), clock=Clock())

    @property
    def info(self) -> ProviderInfo:
        return self._memory.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(operation)
        if not self.connected:
            raise Unreachable(f"{self.name} is not there", operation=operation)
        return await self.faults.call(operation, request)

    async def close(self) -> None:
        await self.faults.close()

    def value(self, key: str) -> dict[str, Any] | None:
        """Read an item past everything."""
        request = {"TableName": TABLE, "Key": {"pk": {"S": key}}, "ConsistentRead": True}
        item: dict[str, Any] | None = finished(self._memory.call("GetItem", request)).get("Item")
        return item


class _Counting:
    """An adapter that counts what is applied, by operation and key."""

    def __init__(self, adapter: DatabaseAdapter, applied: Counter[tuple[str, str]]) -> None:
        self._adapter = adapter
        self._applied = applied

    @property
    def info(self) -> ProviderInfo:
        return self._adapter.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        answer = await self._adapter.call(operation, request)
        for key in _keys(operation, request):
            self._applied[operation, key] += 1
        return answer

    async def close(self) -> None:
        await self._adapter.close()


class Stage:
    """Regions with a table, what happened to them, and the adapter over them."""

    def __init__(self, count: int = 2, *, blocking: bool = True, **options: Any) -> None:
        self.clock = Clock()
        self.events: list[RegionEvent] = []
        self.at: list[float] = []
        self.regions = {name: Region(name, blocking=blocking) for name in NAMES[:count]}
        self.adapter = Regions(self.regions, clock=self.clock, on_event=self._note, **options)
        for region in self.regions.values():
            finished(
                region.call(
                    "CreateTable",
                    {
                        "TableName": TABLE,
                        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                        "BillingMode": "PAY_PER_REQUEST",
                    },
                )
            )
            region.asked.clear()

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = finished(self.adapter.call(operation, request))
        return answer

    def applied(self, operation: str, key: str) -> dict[str, int]:
        """Return how often a write was applied in each region."""
        return {name: one.applied[operation, key] for name, one in self.regions.items()}

    def told(self) -> list[str]:
        """Return the events in short, and forget them."""
        told = [f"{event.kind} {event.region}" for event in self.events]
        self.events.clear()
        return told

    def _note(self, event: RegionEvent) -> None:
        self.events.append(event)
        self.at.append(self.clock.now)


def put(key: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "PutItem", {"TableName": TABLE, "Item": {"pk": {"S": key}}, **more}


def add(key: str) -> tuple[str, dict[str, Any]]:
    request = {
        "TableName": TABLE,
        "Key": {"pk": {"S": key}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    return "UpdateItem", request


def get(key: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "GetItem", {"TableName": TABLE, "Key": {"pk": {"S": key}}, **more}


def transact(key: str) -> tuple[str, dict[str, Any]]:
    return "TransactWriteItems", {
        "TransactItems": [{"Put": put(key)[1]}],
        "ClientRequestToken": f"token-{key}",
    }


def _keys(operation: str, request: Mapping[str, Any]) -> list[str]:
    if operation == "TransactWriteItems":
        return [one["Put"]["Item"]["pk"]["S"] for one in request["TransactItems"]]
    if operation in ("PutItem", "UpdateItem"):
        return [(request.get("Item") or request["Key"])["pk"]["S"]]
    return []
