"""What an export has, read in portions between which others write.

The log of point-in-time recovery tells what an item was at the time of the export, whatever became
of it since. Each portion looks whether the log still goes back so far.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError
from anydynamo.engine.layout import size_of, unpack
from anydynamo.engine.recovery.history import Changed, Past, window_of
from anydynamo.engine.transfers.exports import open_table
from anydynamo.engine.values.values import item_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.layout import Table
    from anydynamo.engine.recovery.history import Change
    from anydynamo.engine.store import Reader
    from anydynamo.engine.transfers.exports import Export
    from anydynamo.engine.values.values import Item

__all__ = ["Portion", "Reading"]


@dataclass(slots=True)
class Portion:
    """A part of what is exported.

    Attributes:
        items: Items, of a full export.
        changes: Changes, of an incremental one.
        size: The bytes of what was read for it, as DynamoDB counts them.
        last: Whether nothing follows.
    """

    items: list[Item] = field(default_factory=list["Item"])
    changes: list[Change] = field(default_factory=list["Change"])
    size: int = 0
    last: bool = False


class Reading:
    """Reads what an export has, a portion in each transaction.

    Args:
        export: The request.
        record: The export's record.
        surroundings: The clock, and what the user chose.
    """

    __slots__ = ("_changed", "_export", "_past", "_record", "_since", "_start", "_surroundings")

    def __init__(
        self, export: Export, record: Mapping[str, Any], surroundings: Surroundings
    ) -> None:
        self._export = export
        self._record = record
        self._surroundings = surroundings
        self._since: int | None = None
        self._start = b""
        self._past: Past | None = None
        self._changed: Changed | None = None

    @property
    def old_images(self) -> bool:
        """Whether an incremental export has items as they were, too."""
        specification = self._export.request["IncrementalExportSpecification"]
        return bool(specification["ExportViewType"] == "NEW_AND_OLD_IMAGES")

    def portion(self, reader: Reader, items: int, size: int) -> Portion:
        """Read on.

        Args:
            reader: The store.
            items: How many items are read at most.
            size: After how many bytes the portion ends.

        Raises:
            EngineError: The table is another one than at first, or its recovery has forgotten what
                is left to read.
        """
        table = self._table(reader)
        portion = Portion()
        if self._export.request["ExportType"] == "FULL_EXPORT":
            self._read_items(reader, table, portion, items, size)
        else:
            self._read_changes(reader, table, portion, items, size)
        return portion

    def _table(self, reader: Reader) -> Table:
        table = open_table(reader, self._export.request["TableArn"])
        history = table.history
        assert history is not None  # noqa: S101 - `open_table` saw to it
        if self._since is None:
            self._since = history.since
        window = window_of(reader, history, self._surroundings.now())
        same = table.id == self._record["TableId"] and history.since == self._since
        if not same or self._record["Times"][0] < window.earliest:
            raise EngineError(
                "PointInTimeRecoveryUnavailableException",
                texts.transfers.FORGOTTEN,
                name=table.name,
            )
        return table

    def _read_items(
        self, reader: Reader, table: Table, portion: Portion, items: int, size: int
    ) -> None:
        selection = self._export.selection
        start, end = selection.bounds(table)
        if self._past is None:
            self._past = Past(reader, table, self._record["Times"][0])
            self._start = start
        for count, (key, raw) in enumerate(self._past.walk(reader, self._start, end)):
            if count == items or portion.size >= size:
                self._start = key
                return
            portion.size += size_of(raw)
            item = selection.apply(unpack(raw))
            if item is not None:
                portion.items.append(item)
        portion.last = True

    def _read_changes(
        self, reader: Reader, table: Table, portion: Portion, items: int, size: int
    ) -> None:
        if self._changed is None:
            self._changed = Changed(reader, table, *self._record["Times"])
        for change in self._changed.walk(reader):
            portion.size += sum(item_size(one) for one in (change.old, change.new) if one)
            # What came and went within the time is not told.
            if change.old is not None or change.new is not None:
                portion.changes.append(change)
            if len(portion.changes) >= items or portion.size >= size:
                return
        portion.last = True
