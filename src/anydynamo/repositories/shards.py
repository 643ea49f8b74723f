"""Partition keys that are spread over several partitions, for those that are written too often.

One partition takes 1,000 writes of 1 KB a second. A key that gets more is written under several
keys, `campaign_1#2025-09-22#0` to `...#7`, each a shard of it ("Using write sharding to distribute
workloads evenly in your DynamoDB table", Developer Guide). The number is computed from the sort
key, so that an item is still found by one request; a query asks all shards and merges what they
have.

All of it happens between a session and its adapter: whatever is built on a session, repositories,
batches, transactions, backups, sees one partition under one key.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from functools import partial
from heapq import merge
from typing import TYPE_CHECKING, Any, TypeAlias

from anydynamo.engine.values.values import key_bytes
from anydynamo.errors import (
    ConditionFailed,
    ConfigurationError,
    InvalidRequest,
    TableMismatch,
    TransactionCancelled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from anydynamo.models.schema import TableSchema
    from anydynamo.repositories.session import Session

__all__ = ["ShardedTable", "Sharding", "shard_of"]

Item: TypeAlias = "dict[str, Any]"

_MOST_SHARDS = 1000
# Of a partition key: "Quotas in Amazon DynamoDB", Developer Guide.
_MOST_BYTES = 2048
# How `Target.key_condition` writes them.
_EQUALS = re.compile(r"(#\w+) = (:\w+)")


def shard_of(sort_key: str | bytes, shards: int) -> int:
    """Return the shard of a sort key: the CRC-32 of its bytes modulo their number.

    Args:
        sort_key: Text, or the bytes by which a number or binary is sorted.
        shards: How many shards there are.
    """
    raw = sort_key.encode() if isinstance(sort_key, str) else sort_key
    return zlib.crc32(raw) % shards


@dataclass(frozen=True, slots=True)
class ShardedTable:
    """A table whose partition keys are spread.

    Attributes:
        hash_key: The partition key's name in DynamoDB.
        range_key: The sort key's.
        shards: Over how many partitions each partition key is spread.
        orders: What a query that begins with the partition key is sorted by: for the table, under
            None, and for each index that has the same partition key.
    """

    hash_key: str
    range_key: str
    shards: int
    orders: Mapping[str | None, tuple[str, ...]] = field(compare=False)

    @classmethod
    def of(cls, schema: TableSchema, shards: int | None = None) -> ShardedTable | None:
        """Return how a table is spread; None if it is not.

        Args:
            schema: What its model declares.
            shards: Their number, in place of what the model declares.

        Raises:
            ConfigurationError: The table's key cannot be spread, or not over so many.
        """
        number = schema.shards if shards is None else shards
        if type(number) is not int or not 1 <= number <= _MOST_SHARDS:
            raise ConfigurationError(
                f"shards is a whole number from 1 to {_MOST_SHARDS}, not {number!r}"
            )
        if number == 1:
            return None
        partition, sort = schema.hash_key, schema.range_key
        if partition.type != "S" or sort is None:
            raise ConfigurationError(
                f"{schema.table_name} cannot be spread over {number} shards: that takes a "
                "partition key that is text, and a sort key"
            )
        orders: dict[str | None, tuple[str, ...]] = {None: (sort.wire,)}
        for index in schema.indexes.values():
            if [key.wire for key in index.hash_keys] == [partition.wire]:
                ranges = (*(key.wire for key in index.range_keys), sort.wire)
                orders[index.name] = tuple(dict.fromkeys(ranges))
        return cls(partition.wire, sort.wire, number, orders)

    def physical(self, item: Mapping[str, Any]) -> Item:
        """Return an item, or a key, with the partition key that it is stored under.

        Raises:
            InvalidRequest: With the shard's number it is too long.
        """
        partition, sort = item.get(self.hash_key), item.get(self.range_key)
        if not partition or not sort or "S" not in partition:
            # It is no item of this table, which DynamoDB will say better.
            return dict(item)
        self.check_length(partition["S"])
        return {**item, self.hash_key: {"S": self._spread(partition["S"], sort)}}

    def logical(self, item: Mapping[str, Any]) -> Item:
        """Return a stored item, a key, or a part of an item with the partition key as it was given.

        Raises:
            TableMismatch: It does not lie where it belongs.
        """
        if self.hash_key not in item:
            return dict(item)
        stored: str = item[self.hash_key]["S"]
        given = stored.rpartition("#")[0]
        # Where only some attributes were read, the sort key need not be one of them.
        if self.range_key in item and self._spread(given, item[self.range_key]) != stored:
            raise TableMismatch(
                f"The item ({stored!r}, {next(iter(item[self.range_key].values()))!r}) was not "
                f"written with {self.shards} shards. Their number is a property of the table: "
                "read it with the number that it was written with, and to change that write a "
                "backup, and restore it into a new table"
            )
        return {**item, self.hash_key: {"S": given}}

    def check_length(self, partition: str) -> None:
        """Refuse a partition key that is too long for a shard's number after it.

        Raises:
            InvalidRequest: It is.
        """
        size, most = len(partition.encode()), _MOST_BYTES - len(f"#{self.shards - 1}")
        if size > most:
            raise InvalidRequest(
                f"the partition key {self.hash_key!r} is {size} bytes long; DynamoDB takes "
                f"{_MOST_BYTES}, of which the number of one of {self.shards} shards leaves {most}"
            )

    def _spread(self, partition: str, sort: Mapping[str, Any]) -> str:
        return f"{partition}#{shard_of(key_bytes(dict(sort)), self.shards)}"


class Sharding:
    """The spread tables of a session, and how their requests and responses are changed."""

    def __init__(self) -> None:
        self._tables: dict[str, ShardedTable] = {}
        self._numbers: dict[str, int] = {}
        self._told: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._tables)

    def declare(self, name: str, table: ShardedTable | None, *, told: bool) -> None:
        """Take note of how a table is spread, or that it is not.

        Args:
            name: Its real name.
            table: How it is spread; None if it is not.
            told: Whether a program says so, in place of what the model declares.

        Raises:
            ConfigurationError: It was declared with another number of shards.
        """
        if not told and name in self._told:
            return
        number = 1 if table is None else table.shards
        known = self._numbers.setdefault(name, number)
        if known != number:
            raise ConfigurationError(
                f"{name} is spread over {known} shards and over {number}; their number is a "
                "property of the table, so it has to be the same for all models and repositories "
                "of it: give it to the first one that is made"
            )
        if table is not None:
            self._tables[name] = table
        if told:
            self._told.add(name)

    def find(self, name: str) -> ShardedTable | None:
        """Return how a table is spread, by its real name; None if it is not."""
        return self._tables.get(name)

    async def call(
        self, session: Session, operation: str, request: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a request as the adapter is to have it, and return its answer as was asked.

        Raises:
            TableMismatch: An item that was read was written with another number of shards.
            InvalidRequest: A partition key is too long for a shard's number after it.
        """
        table = self._tables.get(request.get("TableName", ""))
        if operation == "Query" and table is not None:
            asked = _partition(table, request)
            if asked is not None:
                table.check_length(asked[1])
                return await _Scatter(session, table, request, *asked).query()
        try:
            response = await session.adapter.call(operation, self._outgoing(request))
        except ConditionFailed as error:
            if table is not None and error.item:
                error.item = table.logical(error.item)
            raise
        except TransactionCancelled as error:
            error.reasons = tuple(self._reasons(request, error.reasons))
            raise
        return self._incoming(request, response)

    def _outgoing(self, request: Mapping[str, Any]) -> dict[str, Any]:
        changed = dict(request)
        table = self._tables.get(request.get("TableName", ""))
        if table is not None:
            _change(changed, table.physical, "Key", "Item", "ExclusiveStartKey")
        if "RequestItems" in request:
            changed["RequestItems"] = self._several(request["RequestItems"], "physical")
        if "TransactItems" in request:
            changed["TransactItems"] = [
                {kind: self._outgoing(action) for kind, action in one.items()}
                for one in request["TransactItems"]
            ]
        return changed

    def _incoming(self, request: Mapping[str, Any], response: dict[str, Any]) -> dict[str, Any]:
        changed = dict(response)
        table = self._tables.get(request.get("TableName", ""))
        if table is not None:
            _change(changed, table.logical, "Item", "Attributes", "LastEvaluatedKey")
            if "Items" in changed:
                changed["Items"] = [table.logical(item) for item in changed["Items"]]
        for unprocessed in ("UnprocessedItems", "UnprocessedKeys"):
            if changed.get(unprocessed):
                changed[unprocessed] = self._several(changed[unprocessed], "logical")
        responses: Any = changed.get("Responses")
        if "TransactItems" in request and responses:
            places = [_place(one) for one in request["TransactItems"]]
            changed["Responses"] = [
                self._read(place, one) for place, one in zip(places, responses, strict=True)
            ]
        elif responses:
            changed["Responses"] = {
                name: [self._to_logical(name, item) for item in items]
                for name, items in responses.items()
            }
        return changed

    def _several(self, tables: Mapping[str, Any], way: str) -> dict[str, Any]:
        """Change the keys and items of a batch, in the request or in what was left of it."""
        changed: dict[str, Any] = {}
        for name, asked in tables.items():
            table = self._tables.get(name)
            if table is None:
                changed[name] = asked
                continue
            change: Callable[[Mapping[str, Any]], Item] = getattr(table, way)
            if "Keys" in asked:
                changed[name] = {**asked, "Keys": [change(key) for key in asked["Keys"]]}
            else:
                changed[name] = [_changed_write(one, change) for one in asked]
        return changed

    def _read(self, name: str, response: Mapping[str, Any]) -> dict[str, Any]:
        if not response.get("Item"):
            return dict(response)
        return {**response, "Item": self._to_logical(name, response["Item"])}

    def _reasons(
        self, request: Mapping[str, Any], reasons: Sequence[Mapping[str, Any]]
    ) -> Iterable[Mapping[str, Any]]:
        places = [_place(one) for one in request.get("TransactItems", ())]
        for number, reason in enumerate(reasons):
            yield self._read(places[number], reason) if number < len(places) else reason

    def _to_logical(self, name: str, item: Mapping[str, Any]) -> Item:
        table = self._tables.get(name)
        return dict(item) if table is None else table.logical(item)


class _Scatter:
    """One query of all shards of a partition key.

    Args:
        session: The open database.
        table: How the table is spread.
        request: The query, by the partition key as it was given.
        placeholder: The placeholder of that key.
        partition: That key.
    """

    def __init__(
        self,
        session: Session,
        table: ShardedTable,
        request: Mapping[str, Any],
        placeholder: str,
        partition: str,
    ) -> None:
        self._session = session
        self._table = table
        self._request = request
        self._placeholder = placeholder
        self._partition = partition
        self._order = table.orders.get(request.get("IndexName"), (table.range_key,))
        self._reverse = request.get("ScanIndexForward") is False

    async def query(self) -> dict[str, Any]:
        """Ask all shards for a page, and return the part of it up to which all have answered."""
        if self._request.get("Select") == "COUNT":
            return await self._count()
        responses = await self._ask([self._to(number) for number in range(self._table.shards)])
        ends = [end for one in responses if (end := one.get("LastEvaluatedKey")) is not None]
        # Beyond the nearest end there may be items that its shard has not given yet.
        end = (max if self._reverse else min)(ends, key=self._key) if ends else None
        found = [
            item
            for item in merge(
                *(one.get("Items", ()) for one in responses), key=self._key, reverse=self._reverse
            )
            if end is None or not self._is_beyond(item, end)
        ]
        limit: int | None = self._request.get("Limit")
        if limit is not None and len(found) > limit:
            found = found[:limit]
            names = (self._table.hash_key, *self._order)
            end = {name: found[-1][name] for name in dict.fromkeys(names)}
        answer = _summed(responses)
        answer["Count"] = len(found)
        answer["Items"] = [self._table.logical(item) for item in found]
        if end is not None:
            answer["LastEvaluatedKey"] = {**end, self._table.hash_key: {"S": self._partition}}
        return answer

    async def _count(self) -> dict[str, Any]:
        """Count all of every shard: no key says where a count of several stops."""
        answers: list[dict[str, Any]] = []
        todo = [self._to(number) for number in range(self._table.shards)]
        while todo:
            responses = await self._ask(todo)
            answers += responses
            todo = [
                {**request, "ExclusiveStartKey": response["LastEvaluatedKey"]}
                for request, response in zip(todo, responses, strict=True)
                if "LastEvaluatedKey" in response
            ]
        return {**_summed(answers), "Count": sum(one["Count"] for one in answers)}

    def _to(self, number: int) -> dict[str, Any]:
        """Return the query of one shard."""
        key = {"S": f"{self._partition}#{number}"}
        values = {**self._request["ExpressionAttributeValues"], self._placeholder: key}
        request = {**self._request, "ExpressionAttributeValues": values}
        start: Mapping[str, Any] | None = request.get("ExclusiveStartKey")
        if start is not None:
            # There need not be an item where a query begins.
            request["ExclusiveStartKey"] = {**start, self._table.hash_key: key}
        return request

    async def _ask(self, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        session = self._session
        return await session.together(
            [partial(session.adapter.call, "Query", request) for request in requests]
        )

    def _key(self, item: Mapping[str, Any]) -> tuple[bytes, ...]:
        return tuple(key_bytes(item[name]) for name in self._order)

    def _is_beyond(self, item: Mapping[str, Any], end: Mapping[str, Any]) -> bool:
        key, last = self._key(item), self._key(end)
        return key < last if self._reverse else key > last


def _partition(table: ShardedTable, request: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the partition key that a query asks for, with its placeholder before it.

    None where the query is of an index that has another.
    """
    names: Mapping[str, str] = request.get("ExpressionAttributeNames", {})
    for name, placeholder in _EQUALS.findall(request["KeyConditionExpression"]):
        if names.get(name) == table.hash_key:
            asked: str | None = request["ExpressionAttributeValues"][placeholder].get("S")
            return None if asked is None else (placeholder, asked)
    return None


def _summed(responses: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {"ScannedCount": sum(one["ScannedCount"] for one in responses)}
    consumed = [one["ConsumedCapacity"] for one in responses if "ConsumedCapacity" in one]
    if consumed:
        answer["ConsumedCapacity"] = consumed
    return answer


def _place(action: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table that an action of a transaction is about."""
    (request,) = action.values()
    return str(request["TableName"])


def _change(
    request: dict[str, Any], change: Callable[[Mapping[str, Any]], Item], *members: str
) -> None:
    for member in members:
        if request.get(member):
            request[member] = change(request[member])


def _changed_write(
    write: Mapping[str, Any], change: Callable[[Mapping[str, Any]], Item]
) -> dict[str, Any]:
    (kind, request) = next(iter(write.items()))
    member = "Item" if "Item" in request else "Key"
    return {kind: {**request, member: change(request[member])}}
