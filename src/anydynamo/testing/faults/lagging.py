"""A copy of some tables that is behind: what eventually consistent reads may show.

The copy is a small database of its own in memory. A table is copied into it before the first write
that passes through, and from then on each write's outcome is read, consistently, and applied to the
copy once it is old enough. A read of the copy is therefore answered as a whole by a state that was
stored at some time: its filters, indexes, pages and projections are those of that state.

What is written by others is not seen. While no write waits to be applied, reads go to the tables
themselves, so such writes are seen then at the latest.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import AnyDynamoError
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter
    from anydynamo.testing.faults.asked import Asked, Schemas

__all__ = ["LaggingCopy"]

MOST_WAITING: Final = 10_000
"""Writes that may wait; beyond that the oldest are applied early."""

_DEFINED: Final = ("AttributeDefinitions", "KeySchema")
_INDEX: Final = ("IndexName", "KeySchema", "Projection")
_INDEXES: Final = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


class _Write(NamedTuple):
    """A write that the copy has not seen.

    Attributes:
        at: When its outcome was known.
        table: The table.
        number: Which look at the table it is from.
        key: The item's key.
        item: The item; None if there is none any more.
    """

    at: float
    table: str
    number: int
    key: Mapping[str, Any]
    item: Mapping[str, Any] | None


class LaggingCopy:
    """Tables as they were.

    Args:
        adapter: What has them as they are.
        schemas: The tables' keys.
        clock: Seconds that only grow.
    """

    def __init__(
        self, adapter: DatabaseAdapter, schemas: Schemas, clock: Callable[[], float]
    ) -> None:
        self._adapter = adapter
        self._schemas = schemas
        self._clock = clock
        self._copy = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
        # What is written while a table is copied is noted, and not applied before it is copied.
        self._copying: set[str] = set()
        self._copied: set[str] = set()
        self._waiting: deque[_Write] = deque()
        self._looks = 0
        self._latest: dict[tuple[str, bytes], int] = {}

    async def prepare(self, tables: Iterable[str]) -> None:
        """Copy the tables that are about to be written for the first time.

        Raises:
            AnyDynamoError: One of them cannot be read.
        """
        for name in tables:
            if name in self._copied or name in self._copying:
                continue
            self._copying.add(name)
            try:
                await self._copy_table(name)
            except BaseException as error:
                forgotten = name not in self._copying
                await self.forget((name,))
                if not (forgotten and isinstance(error, AnyDynamoError)):
                    raise
            else:
                self._copying.discard(name)
                self._copied.add(name)

    async def forget(self, tables: Iterable[str]) -> None:
        """Drop tables that may be others now."""
        for name in tables:
            self._waiting = deque(write for write in self._waiting if write.table != name)
            self._latest = {one: look for one, look in self._latest.items() if one[0] != name}
            if name in self._copied or name in self._copying:
                self._copied.discard(name)
                self._copying.discard(name)
                try:
                    await self._copy.call("DeleteTable", {"TableName": name})
                except AnyDynamoError:
                    # It was not even begun.
                    continue

    async def note(self, asked: Asked) -> None:
        """Look at the items that a request has written, or may have written."""
        for named in asked.named:
            key, identity = self._schemas.key(named), self._schemas.identity(named)
            if not named.writes or key is None or identity is None:
                continue
            if named.table not in self._copied and named.table not in self._copying:
                continue
            self._looks = look = self._looks + 1
            request = {"TableName": named.table, "Key": key, "ConsistentRead": True}
            try:
                item = (await self._adapter.call("GetItem", request)).get("Item")
            except AnyDynamoError:
                # What it is now is unknown; the table is copied anew before the next write.
                await self.forget((named.table,))
                return
            # A later look, at a later state, may have been answered first.
            if self._latest.get(identity, 0) < look:
                self._latest[identity] = look
                self._waiting.append(_Write(self._clock(), named.table, look, key, item))

    async def read(self, asked: Asked, lag: float) -> dict[str, Any] | None:
        """Answer a read with what was stored some seconds ago.

        Returns:
            The answer; None if nothing was written since then, so that the tables themselves say
            the same.
        """
        await self._catch_up(self._clock() - lag)
        behind = {write.table for write in self._waiting}
        if not asked.tables & behind or not asked.tables <= self._copied:
            return None
        if self._adapter.info.provider == "dynamodb" and asked.operation == "Scan":
            # Another place has another order of partitions: a walk over both would lose items.
            return None
        return await self._copy.call(asked.operation, asked.request)

    async def close(self) -> None:
        """Drop the copy."""
        await self._copy.close()

    async def _catch_up(self, until: float) -> None:
        waiting = self._waiting
        while waiting and (waiting[0].at <= until or len(waiting) > MOST_WAITING):
            if waiting[0].table in self._copying:
                return
            write = waiting.popleft()
            if write.item is None:
                request: dict[str, Any] = {"TableName": write.table, "Key": write.key}
                await self._copy.call("DeleteItem", request)
            else:
                request = {"TableName": write.table, "Item": write.item}
                await self._copy.call("PutItem", request)
        if not waiting:
            self._latest.clear()

    async def _copy_table(self, name: str) -> None:
        described = (await self._adapter.call("DescribeTable", {"TableName": name}))["Table"]
        request = {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            **{member: described[member] for member in _DEFINED},
        }
        for kind in _INDEXES:
            if described.get(kind):
                request[kind] = [
                    {member: index[member] for member in _INDEX} for index in described[kind]
                ]
        await self._copy.call("CreateTable", request)
        page: dict[str, Any] = {"TableName": name, "ConsistentRead": True}
        while True:
            answer = await self._adapter.call("Scan", page)
            for item in answer["Items"]:
                await self._copy.call("PutItem", {"TableName": name, "Item": item})
            if not answer.get("LastEvaluatedKey"):
                return
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
