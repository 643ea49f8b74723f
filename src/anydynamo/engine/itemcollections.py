"""Item collections: all items, and local index entries, of one partition key value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine.keys import beyond
from anydynamo.engine.layout import size_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.layout import Table
    from anydynamo.engine.store import Reader

__all__ = ["collection_metrics"]

_GIGABYTE = 1 << 30


def collection_metrics(
    reader: Reader, table: Table, item: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Measure the item collection of an item or key, to the gigabyte as DynamoDB does.

    Returns:
        An `ItemCollectionMetrics`; None for a table without local secondary indexes, whose
        partitions have no collections to keep within bounds.
    """
    local = [index for index in table.indexes if index.local]
    if not local:
        return None
    # A local index has the table's partition key, so the same prefix serves all of them.
    prefix = table.partition(item)
    size = 0
    for space in (table.items, *(index.space for index in local)):
        for _, raw in reader.scan(space, start=prefix, end=beyond(prefix)):
            size += size_of(raw)
    floor = float(size // _GIGABYTE)
    return {
        "ItemCollectionKey": {table.hash_key.name: item[table.hash_key.name]},
        "SizeEstimateRangeGB": [floor, floor + 1.0],
    }
