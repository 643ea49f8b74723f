"""Streams: what a table's stream keeps, and how writes add to it and remove what is too old.

A record's key is its sequence number (`sequences`), which has its millisecond in it. So nothing but
the record itself is written, and what is too old is found by its key.

A stream has one open shard. The first write after `SHARD_SECONDS` closes it and opens the next one:
reading never writes, and a shard that a reader has seen closed never grows again. AWS documents
neither when a shard ends nor how many there are; in its example of DescribeStream one follows the
other after four hours and a few minutes.

Source: "Change data capture for DynamoDB Streams" of the Amazon DynamoDB Developer Guide: records
are kept for 24 hours; a write that changes nothing leaves none; disabling a stream closes its open
shards, and its data stays readable for 24 hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from anydynamo.engine.layout import (
    STREAMS,
    decode,
    encode,
    size_of,
    stream_key,
    stream_space,
)
from anydynamo.engine.streams.sequences import (
    KEY_BYTES,
    first_sequence,
    following,
    milliseconds,
    moment_of,
    record_key,
    sequence_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.items.writes import Stored
    from anydynamo.engine.layout import Stream, Table
    from anydynamo.engine.store import Reader, Writer
    from anydynamo.engine.values.values import Item

__all__ = [
    "ITERATOR_SECONDS",
    "RETENTION_SECONDS",
    "SHARD_SECONDS",
    "Record",
    "Recorder",
    "Shard",
    "close_stream",
    "drop_ended",
    "open_stream",
    "read_record",
    "sequence_text",
    "shards_of",
    "space_of",
]

RETENTION_SECONDS: Final = 24 * 3600
"""How long records can be read, and a stream that has ended."""

SHARD_SECONDS: Final = 4 * 3600
"""How long a shard takes records; the first write after it goes to the next one."""

ITERATOR_SECONDS: Final = 15 * 60
"""How long a shard iterator can be used."""

_KEPT: Final = 1000 * (RETENTION_SECONDS + ITERATOR_SECONDS)
"""Milliseconds that bytes stay at least. They outlive their record by the life of an iterator, so
that an iterator whose record was trimmed after it was made can be told so."""

_SHARD: Final = 1000 * SHARD_SECONDS

_TRIM_EVERY: Final = 64
_TRIM_AT_ONCE: Final = 128
"""One record in 64 looks for old ones and removes up to 128: they go faster than new ones come, and
no write has to remove a whole day's."""

_DIGITS: Final = 21
"""A sequence number's digits: 13 of milliseconds, which last until the year 2286, and eight of a
counter. 21 are the fewest that AWS's model allows."""

_Content: TypeAlias = "tuple[str, Item | None, bytes | None, bytes | None, dict[str, str] | None]"

_decode_content: Callable[[bytes], _Content] = msgspec.msgpack.Decoder(
    tuple[str, dict[str, Any] | None, bytes | None, bytes | None, dict[str, str] | None]
).decode


def sequence_text(sequence: int) -> str:
    """Return a sequence number as the API has it; the texts are in the order of the numbers."""
    return f"{sequence:0{_DIGITS}d}"


@dataclass(frozen=True, slots=True)
class Record:
    """What happened to one item.

    Attributes:
        sequence: Its sequence number.
        name: `INSERT`, `MODIFY` or `REMOVE`.
        keys: The item's key; None where an image has it.
        old: The item before, packed; None where there was none, or the view has no old images.
        new: The item after, packed; None where there is none, or the view has no new images.
        identity: The `userIdentity`, if the service itself did it.
    """

    sequence: int
    name: str
    keys: Item | None
    old: bytes | None
    new: bytes | None
    identity: dict[str, str] | None

    @property
    def moment(self) -> int:
        """The millisecond in which it was written."""
        return moment_of(self.sequence)


def read_record(key: bytes, value: bytes) -> Record:
    """Read a record as it is stored."""
    return Record(sequence_of(key), *_decode_content(value[KEY_BYTES:]))


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a stream: the records from one number to another.

    Attributes:
        id: Its id.
        parent: The id of the shard before it; None in a stream's first.
        start: No record of it has a smaller number.
        end: The number of its last record; None while it is open.
        closed: The millisecond in which it was closed.
    """

    id: str
    parent: str | None
    start: int
    end: int | None
    closed: int | None


def shards_of(document: Mapping[str, Any]) -> list[Shard]:
    """Return the shards of a stream's description, oldest first."""
    return [
        Shard(
            id=entry["Id"],
            parent=entry["Parent"],
            start=int(entry["Start"]),
            end=None if entry["End"] is None else int(entry["End"]),
            closed=entry["Closed"],
        )
        for entry in document["Shards"]
    ]


def space_of(document: Mapping[str, Any]) -> str:
    """Return the space of the records of a stream's description."""
    return stream_space(document["TableId"], document["StreamLabel"])


def _new_shard(space: str, start: int, parent: str | None) -> dict[str, Any]:
    # AWS's ids are of this form: a moment, and eight digits that tell shards of one moment apart.
    mark = blake2b(f"{space} {start}".encode(), digest_size=4).hexdigest()
    return {
        "Id": f"shardId-{moment_of(start):020d}-{mark}",
        "Parent": parent,
        "Start": sequence_text(start),
        "End": None,
        "Closed": None,
    }


def open_stream(writer: Writer, table: Mapping[str, Any], at: float) -> str:
    """Begin a table's stream and return its label.

    Args:
        writer: The store.
        table: The table's stored description, with its `StreamSpecification`.
        at: The time, in seconds since the epoch.
    """
    moment = milliseconds(at)
    # The label names the stream within its table's name; a second one takes the next that is free.
    number = moment
    while writer.get(STREAMS, stream_key(table["TableName"], label := _label(number))) is not None:
        number += 1
    _begin(writer, table, label, moment)
    return label


def _label(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")[:-6]


def _begin(writer: Writer, table: Mapping[str, Any], label: str, moment: int) -> dict[str, Any]:
    space = stream_space(table["TableId"], label)
    document: dict[str, Any] = {
        "TableName": table["TableName"],
        "TableId": table["TableId"],
        "KeySchema": table["KeySchema"],
        "StreamLabel": label,
        "StreamViewType": table["StreamSpecification"]["StreamViewType"],
        "Created": moment,
        "Ended": None,
        "Shards": [_new_shard(space, first_sequence(moment), None)],
    }
    writer.put(STREAMS, stream_key(table["TableName"], label), encode(document))
    return document


def close_stream(writer: Writer, table: Table, at: float) -> None:
    """End a table's stream, which can then be read for another day, and close its last shard."""
    stream = table.stream
    if stream is None:
        return
    moment = milliseconds(at)
    document = _description(writer, table, stream, moment)
    last, _ = _position(writer, stream) or _start(document)
    document["Ended"] = moment = max(moment, moment_of(last))
    _close_shard(document, last, moment)
    writer.put(STREAMS, stream.key, encode(document))


def drop_ended(writer: Writer, at: float) -> None:
    """Remove the streams that ended so long ago that nobody can read them any more.

    Nothing is written to them, so others have to see to it: operations on tables, and writes that
    open a shard.

    Args:
        writer: The store.
        at: The time, in seconds since the epoch.
    """
    oldest = milliseconds(at) - _KEPT
    for key, raw in list(writer.scan(STREAMS)):
        document = decode(raw)
        if document["Ended"] is not None and document["Ended"] < oldest:
            writer.clear(space_of(document))
            writer.delete(STREAMS, key)


def _description(writer: Writer, table: Table, stream: Stream, moment: int) -> dict[str, Any]:
    raw = writer.get(STREAMS, stream.key)
    if raw is None:
        # Somebody edited a JSON file and left the table's description without its stream's.
        return _begin(writer, table.document, stream.label, moment)
    return decode(raw)


def _position(reader: Reader, stream: Stream) -> tuple[int, int] | None:
    """Return the number of a stream's last record, and the first number of that record's shard."""
    for key, value in reader.scan(stream.space, reverse=True):
        return sequence_of(key), sequence_of(value[:KEY_BYTES])
    return None


def _start(document: Mapping[str, Any]) -> tuple[int, int]:
    """Return what `_position` would of a stream that has no record yet."""
    start = int(document["Shards"][-1]["Start"])
    return start, start


def _close_shard(document: dict[str, Any], last: int, moment: int) -> None:
    shard = document["Shards"][-1]
    shard["End"] = sequence_text(last)
    shard["Closed"] = moment


class Recorder:
    """Adds the records of one operation to the streams of the tables that it writes.

    Args:
        writer: The store.
        at: The time, in seconds since the epoch.
        identity: The `userIdentity` of the records: None for what a caller of the API wrote.
    """

    __slots__ = ("_identity", "_moment", "_positions", "_writer")

    def __init__(
        self, writer: Writer, at: float, identity: Mapping[str, str] | None = None
    ) -> None:
        self._writer = writer
        self._moment = milliseconds(at)
        self._identity = identity
        self._positions: dict[str, tuple[int, int]] = {}

    def record(
        self, table: Table, stream: Stream, before: Stored, item: Item | None, raw: bytes
    ) -> None:
        """Add what a write did to an item, unless it changed nothing.

        Args:
            table: The table.
            stream: Its stream.
            before: What stood there.
            item: What stands there now; None for nothing.
            raw: The same as it is stored; empty for nothing.
        """
        if item is None:
            name = "REMOVE"
        elif before.raw is None:
            name = "INSERT"
        elif before.size == size_of(raw) and before.item == item:
            # The same attributes in another order are other bytes, and the same item.
            return
        else:
            name = "MODIFY"
        old = before.raw if stream.old_images else None
        new = raw if stream.new_images and item is not None else None
        keys = None
        if old is None and new is None:
            source = item or before.item or {}
            keys = {key.name: source[key.name] for key in table.keys}
        sequence, start = self._next(table, stream)
        value = record_key(start) + encode((name, keys, old, new, self._identity))
        self._writer.put(stream.space, record_key(sequence), value)
        if not sequence % _TRIM_EVERY:
            self._trim(stream)

    def _next(self, table: Table, stream: Stream) -> tuple[int, int]:
        """Return the number of the next record, and the first number of its shard."""
        known = self._positions.get(stream.space) or _position(self._writer, stream)
        if known is None:
            known = _start(_description(self._writer, table, stream, self._moment))
        last, start = known
        sequence = following(last, self._moment)
        if moment_of(sequence) - moment_of(start) >= _SHARD:
            self._rotate(table, stream, last, sequence)
            start = sequence
        self._positions[stream.space] = sequence, start
        return sequence, start

    def _rotate(self, table: Table, stream: Stream, last: int, sequence: int) -> None:
        """Close the open shard and open the next, with a record as its first."""
        moment = moment_of(sequence)
        document = _description(self._writer, table, stream, moment)
        _close_shard(document, last, moment)
        kept = [shard for shard in document["Shards"] if shard["Closed"] >= moment - _KEPT]
        kept.append(_new_shard(stream.space, sequence, kept[-1]["Id"]))
        document["Shards"] = kept
        self._writer.put(STREAMS, stream.key, encode(document))
        drop_ended(self._writer, moment / 1000)

    def _trim(self, stream: Stream) -> None:
        oldest = record_key(first_sequence(self._moment - _KEPT))
        old = islice(self._writer.scan(stream.space, end=oldest), _TRIM_AT_ONCE)
        for key in [key for key, _ in old]:
            self._writer.delete(stream.space, key)
