"""Item collections: all items, and local index entries, of one partition key value.

Only a table with local secondary indexes has them, and a limit to their size.

Source: "Local secondary indexes" ("Item collections") of the Amazon DynamoDB Developer Guide: what
would make a collection larger than its limit is refused, what makes it smaller is not. The text is
that of TransactWriteItems' cancellation reasons; the API Reference has no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError
from anydynamo.engine.layout import size_of
from anydynamo.engine.values.keys import beyond
from anydynamo.engine.values.values import item_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.layout import Table
    from anydynamo.engine.store import Reader
    from anydynamo.engine.values.values import Item

__all__ = ["check_collection", "collection_metrics"]

_GIGABYTE = 1 << 30


def collection_metrics(
    reader: Reader, table: Table, item: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Measure the item collection of an item or key, to the gigabyte as DynamoDB does.

    Returns:
        An `ItemCollectionMetrics`; None for a table without local secondary indexes, whose
        partitions have no collections to keep within bounds.
    """
    if not table.local_indexes:
        return None
    floor = float(_size(reader, table, item) // _GIGABYTE)
    return {
        "ItemCollectionKey": {table.hash_key.name: item[table.hash_key.name]},
        "SizeEstimateRangeGB": [floor, floor + 1.0],
    }


def check_collection(
    reader: Reader, table: Table, before: Item | None, item: Item, limit: int
) -> None:
    """Refuse an item that makes its collection larger, and larger than it may be.

    Args:
        reader: The store, in which the item does not stand yet.
        table: The item's table, which has local indexes.
        before: The item that it replaces.
        item: The item.
        limit: Bytes that a collection may have.

    Raises:
        EngineError: An ItemCollectionSizeLimitExceededException.
    """
    growth = _share(table, item) - (0 if before is None else _share(table, before))
    if growth > 0 and _size(reader, table, item) + growth > limit:
        raise EngineError(
            "ItemCollectionSizeLimitExceededException", texts.items.COLLECTION_TOO_LARGE
        )


def _size(reader: Reader, table: Table, item: Mapping[str, Any]) -> int:
    # A local index has the table's partition key, so the same prefix serves all of them.
    prefix = table.partition(item)
    size = 0
    for space in (table.items, *(index.space for index in table.local_indexes)):
        for _, raw in reader.scan(space, start=prefix, end=beyond(prefix)):
            size += size_of(raw)
    return size


def _share(table: Table, item: Item) -> int:
    """Return what an item and its local index entries have of their collection."""
    entries = (
        item_size(index.project(item))
        for index in table.local_indexes
        if index.key(table, item) is not None
    )
    return item_size(item) + sum(entries)
