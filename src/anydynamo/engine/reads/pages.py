"""What Query and Scan have in common: which attributes they return, and one page of a key range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import find_index, find_table
from anydynamo.engine.items.capacity import Consumption, read_units
from anydynamo.engine.layout import SIZE_BYTES, decode, size_of, unpack
from anydynamo.engine.legacy import LEGACY, attributes_to_get, filter_condition
from anydynamo.engine.limits import PAGE_BYTES, PAGE_COMPARISONS
from anydynamo.engine.reads.ranges import cursor_attributes
from anydynamo.engine.values.values import check_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from anydynamo.engine.expressions import Condition, Expressions
    from anydynamo.engine.layout import Index, Table
    from anydynamo.engine.reads.ranges import KeyRange
    from anydynamo.engine.store import Reader
    from anydynamo.engine.values.values import Item

__all__ = ["Selection", "Walk", "prepare_walk"]

_WITHOUT_PROJECTION = {
    "COUNT": texts.walks.ONLY_THE_COUNT,
    "ALL_ATTRIBUTES": "ALL_ATTRIBUTES",
    "ALL_PROJECTED_ATTRIBUTES": "ALL_PROJECTED_ATTRIBUTES",
}


class Selection(Protocol):
    """What of an item is returned: a projection expression's, or another language's."""

    @property
    def top_level_names(self) -> frozenset[str]:
        """The attributes that it reads."""
        ...

    @property
    def effort(self) -> int:
        """How many values it looks for in an item."""
        ...

    def apply(self, item: Item) -> Item:
        """Return what is selected of an item."""
        ...


@dataclass(frozen=True, slots=True)
class Walk:
    """A Query or Scan, checked as far as that goes without its table.

    Attributes:
        table: The table, as the request named it.
        index: The index, if one is walked.
        select: The `Select` parameter, if it was given.
        limit: How many items are evaluated at most.
        consistent: Whether the read is a consistent one.
        start: The `ExclusiveStartKey`.
        filter: What items must fulfil to be returned.
        projection: What of them is returned.
        mode: `ReturnConsumedCapacity`.
    """

    table: str
    index: str | None
    select: str | None
    limit: int | None
    consistent: bool
    start: Item | None
    filter: Condition | None
    projection: Selection | None
    mode: str | None

    def open(self, reader: Reader, now: Callable[[], float]) -> tuple[Table, Index | None]:
        """Find the table and the index, and check that they can give what was asked for.

        Raises:
            EngineError: A ResourceNotFoundException or a ValidationException.
        """
        table = find_table(reader, self.table, now)
        return table, self.index_of(table, now)

    def index_of(self, table: Table, now: Callable[[], float]) -> Index | None:
        """Find the index in its table, and check that it can give what was asked for.

        Raises:
            EngineError: A ValidationException.
        """
        if self.index is None:
            return None
        index = find_index(table, self.index, now)
        if not index.local:
            self._check_global(index)
        return index

    def _check_global(self, index: Index) -> None:
        if self.consistent:
            raise validation(texts.walks.CONSISTENT_GLOBAL_INDEX)
        if index.projected is None:
            return
        if self.select == "ALL_ATTRIBUTES":
            raise validation(texts.walks.ALL_ATTRIBUTES_OF_INDEX, name=index.name)
        if self.projection is not None:
            missing = self.projection.top_level_names - index.projected
            if missing:
                raise validation(
                    texts.walks.NOT_PROJECTED, index=index.name, missing=", ".join(sorted(missing))
                )

    def page(
        self,
        reader: Reader,
        table: Table,
        index: Index | None,
        keys: KeyRange,
        *,
        reverse: bool = False,
    ) -> dict[str, Any]:
        """Evaluate one page: up to `limit` items or 1 MB of them, whichever comes first.

        With a filter or projection of many parts it is less: see `PAGE_COMPARISONS`.
        """
        space = table.items if index is None else index.space
        pairs = reader.scan(space, start=keys.start, end=keys.end, reverse=reverse)
        return self.collect(reader, table, index, pairs)

    def collect(
        self,
        reader: Reader,
        table: Table,
        index: Index | None,
        pairs: Iterable[tuple[bytes, bytes]],
    ) -> dict[str, Any]:
        """Do what `page` does with stored pairs of any number of key ranges."""
        fetch = self._fetches(index)
        visible = self.select != "COUNT"
        test, projection = self.filter, self.projection
        limit, most = self._bounds()
        items: list[Item] = []
        scanned = count = size = 0
        fetched = 0.0
        last: bytes | None = None
        for _, raw in pairs:
            scanned += 1
            size += size_of(raw)
            if visible or test is not None:
                item = decode(raw[SIZE_BYTES:])
                if fetch:
                    whole = reader.get(table.items, table.key(item)) or raw
                    fetched += read_units(size_of(whole), consistent=True)
                    item = unpack(whole)
                if test is None or test.evaluate(item):
                    count += 1
                    if visible:
                        items.append(item if projection is None else projection.apply(item))
            else:
                count += 1
            if scanned == limit or size >= most:
                last = raw
                break
        response: dict[str, Any] = {"Items": items} if visible else {}
        response["Count"] = count
        response["ScannedCount"] = scanned
        if last is not None:
            entry = unpack(last)
            response["LastEvaluatedKey"] = {
                attribute.name: entry[attribute.name]
                for attribute in cursor_attributes(table, index)
            }
        if self.mode is not None and self.mode != "NONE":
            response["ConsumedCapacity"] = self._consumed(index, size, fetched)
        return response

    def _bounds(self) -> tuple[int | None, int]:
        """Return how many items, and how many bytes of them, one page evaluates."""
        effort = 0 if self.filter is None else self.filter.effort
        if self.projection is not None:
            effort += self.projection.effort
        if not effort:
            return self.limit, PAGE_BYTES
        items = max(1, PAGE_COMPARISONS // effort)
        return (
            items if self.limit is None else min(self.limit, items),
            min(PAGE_BYTES, 64 * items),
        )

    def _fetches(self, index: Index | None) -> bool:
        """Tell whether a local index's entries have to be completed from the table."""
        if index is None or not index.local or index.projected is None:
            return False
        if self.select == "ALL_ATTRIBUTES":
            return True
        return self.projection is not None and not (
            self.projection.top_level_names <= index.projected
        )

    def _consumed(self, index: Index | None, size: int, fetched: float) -> dict[str, Any]:
        consumption = Consumption(self.table)
        units = read_units(size, consistent=self.consistent)
        if index is None:
            consumption.table = units
        else:
            consumption.index(index, units)
            consumption.table = fetched if self.consistent else fetched / 2
        return consumption.describe(self.mode or "TOTAL")


def prepare_walk(request: Mapping[str, Any], bound: Expressions | None) -> Walk:
    """Check what Query and Scan have in common.

    Args:
        request: The request.
        bound: Its expressions, if it has any; legacy parameters are read from the request.

    Raises:
        EngineError: A ValidationException or a SerializationException.
    """
    start = request.get("ExclusiveStartKey")
    filter_ = None if bound is None else bound.condition("FilterExpression")
    projection = None if bound is None else bound.projection("ProjectionExpression")
    select, index = request.get("Select"), request.get("IndexName")
    if not LEGACY.isdisjoint(request):
        filter_ = filter_ or filter_condition(request)
        projection = projection or attributes_to_get(request)
    if projection is not None and select in _WITHOUT_PROJECTION:
        name = "AttributesToGet" if request.get("AttributesToGet") else "ProjectionExpression"
        raise validation(
            texts.walks.PROJECTION_BESIDE_SELECT, name=name, what=_WITHOUT_PROJECTION[select]
        )
    if select == "SPECIFIC_ATTRIBUTES" and projection is None:
        raise validation(texts.walks.SPECIFIC_ATTRIBUTES)
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise validation(texts.walks.ALL_PROJECTED_ATTRIBUTES)
    return Walk(
        table=request["TableName"],
        index=index,
        select=select,
        limit=request.get("Limit"),
        consistent=request.get("ConsistentRead") is True,
        start=None if start is None else _start(start),
        filter=filter_,
        projection=projection,
        mode=request.get("ReturnConsumedCapacity"),
    )


def _start(start: object) -> Item:
    try:
        return check_item(start)
    except EngineError as error:
        if error.code != "ValidationException":
            raise
        text = texts.walks.INVALID_START_WITH_REASON.format(message=error.message)
        raise validation(text) from None
