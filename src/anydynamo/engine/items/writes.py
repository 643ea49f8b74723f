"""Writing items, and all that follows from one, in one atomic write.

That is its index entries, its stream, the log of its table's point-in-time recovery, its expiry and
the totals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anydynamo.engine.items.capacity import write_units
from anydynamo.engine.items.collections import check_collection
from anydynamo.engine.layout import TOTALS, pack, size_of, unpack
from anydynamo.engine.limits import COLLECTION_BYTES
from anydynamo.engine.recovery.history import Log
from anydynamo.engine.streams.records import Recorder
from anydynamo.engine.values.values import item_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.items.capacity import Consumption
    from anydynamo.engine.layout import Expiry, History, Index, Stream, Table
    from anydynamo.engine.store import Reader, Writer
    from anydynamo.engine.values.values import Item

__all__ = ["Changes", "Stored", "read_totals", "write_totals"]

_TOTAL_BYTES = 8


class Stored:
    """What stands under a key: nothing, or an item that is decoded when it is needed."""

    __slots__ = ("_item", "raw")

    def __init__(self, raw: bytes | None) -> None:
        self.raw = raw
        self._item: Item | None = None

    @property
    def item(self) -> Item | None:
        """The item; it is this object's own and nobody else's."""
        if self._item is None and self.raw is not None:
            self._item = unpack(self.raw)
        return self._item

    @property
    def size(self) -> int:
        """The item's size; 0 where there is none."""
        return 0 if self.raw is None else size_of(self.raw)


class Changes:
    """The item writes of one operation. `finish` comes last and brings the totals up to date.

    Args:
        writer: The store.
        now: The clock, in seconds since the epoch; asked where a write is recorded.
        identity: The `userIdentity` of what is recorded, where the service itself writes.
        collection_bytes: What an item collection may have.
    """

    __slots__ = (
        "_collection_bytes",
        "_identity",
        "_log",
        "_now",
        "_recorder",
        "_totals",
        "_writer",
    )

    def __init__(
        self,
        writer: Writer,
        now: Callable[[], float],
        identity: Mapping[str, str] | None = None,
        collection_bytes: int = COLLECTION_BYTES,
    ) -> None:
        self._writer = writer
        self._now = now
        self._collection_bytes = collection_bytes
        self._identity = identity
        self._recorder: Recorder | None = None
        self._log: Log | None = None
        self._totals: dict[str, tuple[int, int]] = {}

    @classmethod
    def of_request(cls, writer: Writer, surroundings: Surroundings) -> Changes:
        """Begin the changes of a request, under what the user chose."""
        chosen = surroundings.behaviour
        return cls(writer, surroundings.now, collection_bytes=chosen.collection_bytes)

    def put(
        self,
        table: Table,
        key: bytes,
        before: Stored,
        item: Item,
        size: int,
        consumption: Consumption | None = None,
    ) -> None:
        """Store an item, which has been checked and measured, over what stood there.

        Raises:
            EngineError: An ItemCollectionSizeLimitExceededException; nothing of it is stored.
        """
        raw = pack(item, size)
        if raw != before.raw:
            if table.local_indexes:
                self._check_collection(table, before, item, size)
            self._writer.put(table.items, key, raw)
            self._count(table.items, 1 if before.raw is None else 0, size - before.size)
            if table.stream is not None:
                self._record(table, table.stream, before, item, raw)
            if table.history is not None:
                self._remember(table.history, key, before)
            if table.expiry is not None:
                self._expire(table.expiry, key, before.item, item)
        if consumption is not None:
            consumption.table += write_units(max(size, before.size))
        if table.indexes:
            self._maintain(table, before.item, item, raw, consumption)

    def delete(
        self, table: Table, key: bytes, before: Stored, consumption: Consumption | None = None
    ) -> None:
        """Remove what stood there."""
        if consumption is not None:
            consumption.table += write_units(before.size)
        if before.raw is None:
            return
        self._writer.delete(table.items, key)
        self._count(table.items, -1, -before.size)
        if table.stream is not None:
            self._record(table, table.stream, before, None, b"")
        if table.history is not None:
            self._remember(table.history, key, before)
        if table.expiry is not None:
            self._expire(table.expiry, key, before.item, None)
        if table.indexes:
            self._maintain(table, before.item, None, b"", consumption)

    def finish(self) -> None:
        """Write the totals of the spaces that changed."""
        for space, (count, size) in self._totals.items():
            if not count and not size:
                continue
            key = space.encode()
            raw = self._writer.get(TOTALS, key)
            if raw is None:
                # Counting sees what was written here, so the difference is in it already.
                write_totals(self._writer, space, *_counted(self._writer, space))
            else:
                old_count, old_size = _decoded(raw)
                write_totals(self._writer, space, old_count + count, old_size + size)
        self._totals.clear()

    def _check_collection(self, table: Table, before: Stored, item: Item, size: int) -> None:
        total = read_totals(self._writer, table.items)[1]
        total += self._totals.get(table.items, (0, 0))[1] + size
        # No entry is larger than its item, and no collection larger than its table: most tables
        # cannot have one that is too large, and nothing has to be measured.
        if total * (1 + len(table.local_indexes)) > self._collection_bytes:
            check_collection(self._writer, table, before.item, item, self._collection_bytes)

    def _record(
        self, table: Table, stream: Stream, before: Stored, item: Item | None, raw: bytes
    ) -> None:
        if self._recorder is None:
            self._recorder = Recorder(self._writer, self._now(), self._identity)
        self._recorder.record(table, stream, before, item, raw)

    def _remember(self, history: History, key: bytes, before: Stored) -> None:
        if self._log is None:
            self._log = Log(self._writer, self._now())
        self._log.add(history, key, before.raw)

    def _expire(self, expiry: Expiry, key: bytes, old: Item | None, new: Item | None) -> None:
        old_place = None if old is None else expiry.key(old, key)
        new_place = None if new is None else expiry.key(new, key)
        if old_place == new_place:
            return
        if old_place is not None:
            self._writer.delete(expiry.space, old_place)
        if new_place is not None:
            self._writer.put(expiry.space, new_place, key)

    def _count(self, space: str, count: int, size: int) -> None:
        known = self._totals.get(space)
        if known is not None:
            count += known[0]
            size += known[1]
        self._totals[space] = (count, size)

    def _maintain(
        self,
        table: Table,
        old: Item | None,
        new: Item | None,
        raw: bytes,
        consumption: Consumption | None,
    ) -> None:
        for index in table.indexes:
            old_key = None if old is None else index.key(table, old)
            new_key = None if new is None else index.key(table, new)
            old_entry = None if old is None or old_key is None else index.project(old)
            new_entry = None if new is None or new_key is None else index.project(new)
            if old_key == new_key and old_entry == new_entry:
                continue
            value = b""
            if new_entry is not None:
                value = raw if index.projected is None else pack(new_entry)
            units = self._replace(index, old_key, old_entry, new_key, value)
            if consumption is not None:
                consumption.index(index, units)

    def _replace(
        self,
        index: Index,
        old_key: bytes | None,
        old_entry: Item | None,
        new_key: bytes | None,
        value: bytes,
    ) -> float:
        old_size = 0 if old_entry is None else item_size(old_entry)
        new_size = 0 if new_key is None else size_of(value)
        moved = old_key != new_key
        if old_key is not None and moved:
            self._writer.delete(index.space, old_key)
        if new_key is not None:
            self._writer.put(index.space, new_key, value)
        count = (new_key is not None) - (old_key is not None)
        self._count(index.space, count, new_size - old_size)
        if old_key is not None and new_key is not None and moved:
            return write_units(old_size) + write_units(new_size)
        return write_units(max(old_size, new_size))


def read_totals(reader: Reader, space: str) -> tuple[int, int]:
    """Return how many items a space holds, and how many bytes they are to DynamoDB."""
    raw = reader.get(TOTALS, space.encode())
    return _counted(reader, space) if raw is None else _decoded(raw)


def write_totals(writer: Writer, space: str, count: int, size: int) -> None:
    """Set how many items and bytes a space holds."""
    writer.put(TOTALS, space.encode(), count.to_bytes(_TOTAL_BYTES) + size.to_bytes(_TOTAL_BYTES))


def _decoded(raw: bytes) -> tuple[int, int]:
    return int.from_bytes(raw[:_TOTAL_BYTES]), int.from_bytes(raw[_TOTAL_BYTES:])


def _counted(reader: Reader, space: str) -> tuple[int, int]:
    count = size = 0
    for _, raw in reader.scan(space):
        count += 1
        size += size_of(raw)
    return count, size
