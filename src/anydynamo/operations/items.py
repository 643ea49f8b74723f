"""A table's items as they lie there, in DynamoDB's JSON, past models and what models hide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine.values import check_item
from anydynamo.errors import BatchIncomplete
from anydynamo.repositories.batches import BatchReader, identity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from anydynamo.repositories.session import Session

__all__ = ["Items"]

Item = dict[str, Any]

_MOST_WRITES = 25


class Items:
    """The items of one table.

    Args:
        session: The open database.
        table: The table's real name.
        keys: The names of its key attributes.
    """

    def __init__(self, session: Session, table: str, keys: Sequence[str]) -> None:
        self._session = session
        self.table = table
        self._keys = tuple(keys)

    def key(self, item: Mapping[str, Any]) -> Item:
        """Return an item's key."""
        return {name: item[name] for name in self._keys}

    def identity(self, item: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return what tells an item's key from others."""
        return identity(self.key(item))

    async def pages(self) -> AsyncIterator[list[Item]]:
        """Walk the whole table by consistent reads, one request's items at a time.

        Each is in the one form that equal items share, sets and numbers included.
        """
        request: dict[str, Any] = {"TableName": self.table, "ConsistentRead": True}
        while True:
            response = await self._session.call("Scan", request)
            yield [check_item(item) for item in response.get("Items", [])]
            position = response.get("LastEvaluatedKey")
            if position is None:
                return
            request["ExclusiveStartKey"] = position

    async def find(self, items: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], Item]:
        """Return what lies under the keys of some items, by consistent reads.

        Each is in the one form that equal items share, sets and numbers included.

        Raises:
            BatchIncomplete: Some were still unread when the attempts were used up.
        """
        pairs = ((item, self.key(item)) for item in items)
        options = {"ConsistentRead": True}
        reader = BatchReader(self._session, self.table, pairs, options, check_item, None)
        found: dict[tuple[Any, ...], Item] = {}
        while (chunk := await reader.pull()) is not None:
            found |= {self.identity(item): item for item in chunk}
        return found

    async def put(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Store items of different keys over whatever is there.

        Raises:
            BatchIncomplete: Some were still unprocessed when the attempts were used up.
        """
        await self._write([{"PutRequest": {"Item": item}} for item in items])

    async def delete(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Delete what lies under the keys of some items.

        Raises:
            BatchIncomplete: Some were still unprocessed when the attempts were used up.
        """
        await self._write([{"DeleteRequest": {"Key": self.key(item)}} for item in items])

    async def _write(self, requests: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(requests), _MOST_WRITES):
            left = list(requests[start : start + _MOST_WRITES])
            for tries in range(1, self._session.patience.attempts + 1):
                asked = {"RequestItems": {self.table: left}}
                response = await self._session.call("BatchWriteItem", asked)
                unprocessed: Mapping[str, Any] = response.get("UnprocessedItems") or {}
                left = [one for several in unprocessed.values() for one in several]
                if not left:
                    break
                if tries < self._session.patience.attempts:
                    await self._session.pause(tries)
            if left:
                raise BatchIncomplete(
                    f"{len(left)} writes to {self.table} are still unprocessed after "
                    f"{self._session.patience.attempts} attempts; they are in `unprocessed`",
                    unprocessed=[*left, *requests[start + _MOST_WRITES :]],
                    operation="BatchWriteItem",
                    table=self.table,
                )
