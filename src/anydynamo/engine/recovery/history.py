"""Point-in-time recovery: the log of a table's writes, and the items as they were at a moment.

While a table's recovery is enabled, each write adds one record to its log, in the transaction of
the write: the key, and what the write found under it. The items of a moment are those of now, but
for the keys that were written since; under those lay what the first write after the moment found.

Such a log of what was there before (an undo log) is preferred to one of what was written (a redo
log) for what it costs:

- A write has what it found in its hands, packed, so the record is one more append of those bytes;
  one that found nothing adds its key only. A redo log would hold each item a second time.
- What is older than the recovery period can be dropped at any time: it is only needed to go further
  back than that. A redo log needs a whole copy of the table from before its first record, which
  has to be made when recovery is enabled, and moved forward for ever after.
- Enabling costs nothing, however large the table is, and the latest moment is the table itself.
- Going back costs a walk over what was written since, and the keys of it in memory, not the items.

Moments are those of the log's own clock, the later one of the clock and the last record: its
records have the order in which the store was written, even when the clock steps back, and what was
written last is always in the latest moment. Those of one operation have one moment in each table.

Times are told in seconds, as the service restores "to the state based on the selected date and time
(day:hour:minute:second)". One without a fraction stands for its whole second, to the end: AWS's
clients cut off what is behind the second, and what was written just before would be missing.

Source: "Point-in-time backups for DynamoDB" of the Amazon DynamoDB Developer Guide; the quotation
is from RestoreTableToPointInTime in the API Reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from anydynamo.engine.layout import unpack
from anydynamo.engine.streams.sequences import (
    first_sequence,
    following,
    milliseconds,
    moment_of,
    record_key,
    sequence_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anydynamo.engine.layout import History, Table
    from anydynamo.engine.store import Reader, Writer
    from anydynamo.engine.values.values import Item

__all__ = [
    "Change",
    "Changed",
    "Log",
    "Past",
    "Window",
    "changes_between",
    "items_at",
    "stored_at",
    "window_of",
]

_LENGTH_BYTES: Final = 2

_TRIM_EVERY: Final = 64
_TRIM_AT_ONCE: Final = 128
"""One record in 64 looks for old ones and removes up to 128: they go faster than new ones come, and
no write has to remove a whole day's."""

_SECOND: Final = 1000


class Log:
    """Adds the records of one operation to the logs of the tables that it writes.

    Args:
        writer: The store.
        at: The time, in seconds since the epoch.
    """

    __slots__ = ("_last", "_moment", "_writer")

    def __init__(self, writer: Writer, at: float) -> None:
        self._writer = writer
        self._moment = milliseconds(at)
        self._last: dict[str, int] = {}

    def add(self, history: History, key: bytes, before: bytes | None) -> None:
        """Add what a write found.

        Args:
            history: The table's recovery.
            key: The key that was written.
            before: The packed item that stood there; None for nothing.
        """
        space = history.space
        last = self._last.get(space)
        if last is None:
            last = _last(self._writer, history)
        self._last[space] = sequence = following(last, self._moment)
        self._writer.put(space, record_key(sequence), _record(key, before))
        if not sequence % _TRIM_EVERY:
            self._trim(history, moment_of(sequence))

    def _trim(self, history: History, moment: int) -> None:
        oldest = record_key(first_sequence(_oldest(history, moment)))
        old = islice(self._writer.scan(history.space, end=oldest), _TRIM_AT_ONCE)
        for key in [key for key, _ in old]:
            self._writer.delete(history.space, key)


def _record(key: bytes, before: bytes | None) -> bytes:
    return len(key).to_bytes(_LENGTH_BYTES) + key + (before or b"")


def _key(record: bytes) -> bytes:
    return record[_LENGTH_BYTES : _LENGTH_BYTES + int.from_bytes(record[:_LENGTH_BYTES])]


def _last(reader: Reader, history: History) -> int:
    """Return the number of a log's last record, or the one that comes before its first."""
    for key, _ in reader.scan(history.space, reverse=True):
        return sequence_of(key)
    return first_sequence(history.since)


def _oldest(history: History, moment: int) -> int:
    """Return the first millisecond that belongs to the recovery period; whole seconds count."""
    return max(history.since, moment - history.period) // _SECOND * _SECOND


@dataclass(frozen=True, slots=True)
class Window:
    """The times to which a table can be restored, in seconds since the epoch.

    Attributes:
        earliest: The first one, a whole second.
        latest: The last one.
    """

    earliest: int
    latest: float

    def __contains__(self, time: float) -> bool:
        """Tell whether a time belongs to it; the second of the last one does as a whole."""
        # Some of AWS's clients round a time up to the next second.
        return self.earliest <= time <= ceil(self.latest)


def window_of(reader: Reader, history: History, at: float, *, lag: float = 0) -> Window:
    """Return the times to which a table can be restored.

    Args:
        reader: The store.
        history: The table's recovery.
        at: The time, in seconds since the epoch.
        lag: How many seconds the latest time lies behind; it never lies before the earliest.
    """
    current = max(milliseconds(at), moment_of(_last(reader, history)))
    earliest = _oldest(history, current)
    latest = max(earliest, history.since, current - milliseconds(lag))
    return Window(earliest // _SECOND, latest / _SECOND)


def stored_at(reader: Reader, table: Table, time: float) -> Iterator[tuple[bytes, bytes]]:
    """Walk a table's items as they were at a time, as their keys and packed items.

    Items that have been deleted since come last. The keys that were written since are held in
    memory, the items are not. The store must not be written into where the table lies meanwhile.

    Args:
        reader: The store.
        table: The table; its recovery is enabled.
        time: A time within its window, in seconds since the epoch.
    """
    space = _space(table)
    firsts: dict[bytes, bytes] = {}
    for place, record in reader.scan(space, start=record_key(first_sequence(_end(time)))):
        firsts.setdefault(_key(record), place)
    for key, raw in reader.scan(table.items):
        first = firsts.pop(key, None)
        found = raw if first is None else _found(reader, space, first)
        if found is not None:
            yield key, found
    for key, place in sorted(firsts.items()):
        found = _found(reader, space, place)
        if found is not None:
            yield key, found


def items_at(reader: Reader, table: Table, time: float) -> Iterator[Item]:
    """Walk a table's items as they were at a time; the rest is as for `stored_at`."""
    return (unpack(raw) for _, raw in stored_at(reader, table, time))


class Change(NamedTuple):
    """What became of an item between two times.

    Attributes:
        key: Its key attributes.
        old: The item as it was at the first time; None where there was none.
        new: The item as it was at the second time; None where there was none.
        at: When it was last written between them, in seconds since the epoch.
    """

    key: Item
    old: Item | None
    new: Item | None
    at: float


class _Written:
    """Where the log has the writes of one key: the first, the last, and the one after the time."""

    __slots__ = ("first", "last", "later")

    def __init__(self, first: bytes) -> None:
        self.first = self.last = first
        self.later: bytes | None = None


def changes_between(reader: Reader, table: Table, begin: float, end: float) -> Iterator[Change]:
    """Walk the items that were written between two times, in the order of their first write.

    An item that is again as it was, or that came and went, is one of them. The keys are held in
    memory, the items are not. What follows on another begins where that one ended: nothing is told
    twice, and nothing is left out.

    Args:
        reader: The store.
        table: The table; its recovery is enabled.
        begin: The first moment, in seconds since the epoch; within the table's window.
        end: The first moment that no longer counts.
    """
    return Changed(reader, table, begin, end).walk(reader)


class Changed:
    """What `changes_between` tells, in portions, between which others write.

    Writes that come later than this do not count, even if the time is not over yet.
    """

    __slots__ = ("_limit", "_next", "_order", "_space", "_table", "_written")

    def __init__(self, reader: Reader, table: Table, begin: float, end: float) -> None:
        self._table = table
        self._space = _space(table)
        self._next = record_key(first_sequence(_rounded(begin)))
        self._limit = min(record_key(first_sequence(_rounded(end))), _coming(reader, table))
        self._written: dict[bytes, _Written] = {}
        self._order: Iterator[tuple[bytes, _Written]] | None = None

    def walk(self, reader: Reader) -> Iterator[Change]:
        """Walk the changes that no earlier walk came to."""
        self._go_on(reader)
        if self._order is None:
            # All that counts has been found, and no key comes any more.
            self._order = iter(self._written.items())
        for key, one in self._order:
            change = self._change(reader, key, one)
            if change is not None:
                yield change

    def _go_on(self, reader: Reader) -> None:
        for place, record in reader.scan(self._space, start=self._next):
            key = _key(record)
            known = self._written.get(key)
            if place < self._limit:
                if known is None:
                    self._written[key] = _Written(place)
                else:
                    known.last = place
            elif known is not None and known.later is None:
                known.later = place
            self._next = place + b"\x00"

    def _change(self, reader: Reader, key: bytes, one: _Written) -> Change | None:
        space, table = self._space, self._table
        old = _found(reader, space, one.first)
        new = (
            reader.get(table.items, key) if one.later is None else _found(reader, space, one.later)
        )
        # What came and went was found by the write that removed it.
        seen = new or old or _found(reader, space, one.last)
        if seen is None:
            # Somebody took it out of a JSON file by hand.
            return None
        item = unpack(seen)
        return Change(
            key={attribute.name: item[attribute.name] for attribute in table.keys},
            old=None if old is None else unpack(old),
            new=None if new is None else unpack(new),
            at=moment_of(sequence_of(one.last)) / _SECOND,
        )


class Past:
    """What `stored_at` walks, in portions, between which others write, and ordered by the keys.

    Writes that come later than this do not count, even if the time's second is not over yet.

    Args:
        reader: The store.
        table: The table; its recovery is enabled.
        time: A time within its window, in seconds since the epoch.
    """

    __slots__ = ("_firsts", "_next", "_space", "_table")

    def __init__(self, reader: Reader, table: Table, time: float) -> None:
        self._table = table
        self._space = _space(table)
        self._next = min(record_key(first_sequence(_end(time))), _coming(reader, table))
        self._firsts: dict[bytes, bytes] = {}

    def walk(
        self, reader: Reader, start: bytes, end: bytes | None
    ) -> Iterator[tuple[bytes, bytes]]:
        """Walk the items of a range of keys, as their keys and packed items."""
        for place, record in reader.scan(self._space, start=self._next):
            self._firsts.setdefault(_key(record), place)
            self._next = place + b"\x00"
        written = [key for key in self._firsts if start <= key and (end is None or key < end)]
        # Downwards, so that the next one is the last.
        written.sort(reverse=True)
        for key, raw in reader.scan(self._table.items, start=start, end=end):
            while written and written[-1] < key:
                yield from self._as_found(reader, written.pop())
            if written and written[-1] == key:
                yield from self._as_found(reader, written.pop())
            else:
                yield key, raw
        while written:
            yield from self._as_found(reader, written.pop())

    def _as_found(self, reader: Reader, key: bytes) -> Iterator[tuple[bytes, bytes]]:
        found = _found(reader, self._space, self._firsts[key])
        if found is not None:
            yield key, found


def _coming(reader: Reader, table: Table) -> bytes:
    """Return the place in a table's log that no record so far has reached."""
    history = table.history
    assert history is not None  # noqa: S101 - `_space` has looked
    return record_key(_last(reader, history) + 1)


def _space(table: Table) -> str:
    history = table.history
    if history is None:
        raise ValueError(f"point-in-time recovery of {table.name} is not enabled")
    return history.space


def _found(reader: Reader, space: str, place: bytes) -> bytes | None:
    """Return what a write found; None for nothing."""
    record = reader.get(space, place) or b""
    return record[_LENGTH_BYTES + int.from_bytes(record[:_LENGTH_BYTES]) :] or None


def _rounded(time: float) -> int:
    """Return the millisecond of a time, which may have been a `datetime` of microseconds."""
    return round(time * 1_000_000) // _SECOND


def _end(time: float) -> int:
    """Return the first millisecond that no longer belongs to a time."""
    moment = _rounded(time)
    return moment + (_SECOND if time == int(time) else 1)
