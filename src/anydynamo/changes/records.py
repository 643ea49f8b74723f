"""One change of one item: what a stream's record becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, cast

from pynamodb.models import Model

from anydynamo.errors import InvalidItem, InvalidRequest, TableMismatch
from anydynamo.models.codec import codec_of
from anydynamo.repositories.markers import is_marker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.models.schema import TableSchema
    from anydynamo.repositories.shards import ShardedTable

__all__ = ["Change", "Kind", "Place", "RecordDecoder", "sequence_of"]

M = TypeVar("M", bound=Model)

Kind = Literal["insert", "modify", "remove"]

_MALFORMED = (KeyError, TypeError, ValueError, AttributeError)
"""What a record raises that does not have the members of one."""

_KINDS: Mapping[str, Kind] = {"INSERT": "insert", "MODIFY": "modify", "REMOVE": "remove"}
_EXPIRY = {"type": "Service", "principalid": "dynamodb.amazonaws.com"}
"""Who deletes an item whose time to live is over: "DynamoDB Streams and Time to Live", Developer
Guide. The API writes the names of the two members with a capital, AWS Lambda without."""


class Place(Protocol):
    """Where a change stands among all changes of its table."""

    def text(self) -> str:
        """Return it as a later process takes it."""
        ...


@dataclass(frozen=True, slots=True)
class Change(Generic[M]):
    """What happened to one item.

    Attributes:
        kind: `insert`, `modify` or `remove`.
        old: The item before; None where there was none, or where the stream's view leaves it out.
        new: The item after; None likewise.
        key: The item's key, as a repository takes it.
        sequence: Its number, which rises within a shard; text of digits.
        time: When it happened, in UTC, to the second or so.
        shard: The part of the stream that it was read from; empty in AWS Lambda, which keeps that
            to itself.
        id: The stream's own identifier of the change, the same whenever it is delivered.
        expired: Whether the item was removed because its time to live was over, and by nobody.
        place: What makes `position` when it is asked for.
    """

    kind: Kind
    old: M | None
    new: M | None
    key: Any  # as the model has it: one value, or a tuple of two
    sequence: str
    time: datetime
    shard: str = ""
    id: str = ""
    expired: bool = False
    place: Place | None = field(default=None, repr=False, compare=False)

    @property
    def position(self) -> str:
        """What `Database.changes` takes as `start` to go on after this change.

        Empty in AWS Lambda, which keeps the positions of its functions itself.
        """
        return "" if self.place is None else self.place.text()


class RecordDecoder(Generic[M]):
    """Makes changes of a stream's records.

    Args:
        model: The model of the items; one with a discriminator gives instances of the classes that
            were stored.
        sharded: How the table's partition keys are spread; None if they are not.
    """

    def __init__(self, model: type[M], sharded: ShardedTable | None = None) -> None:
        self._model = model
        self._codec = codec_of(model)
        self._sharded = sharded

    @property
    def schema(self) -> TableSchema:
        """What the model declares about its table."""
        return self._codec.schema

    def passes_over(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a record is of no item that a repository shows: it holds a unique value."""
        try:
            return is_marker(self.schema, self._given(record["dynamodb"]["Keys"]))
        except (InvalidRequest, TableMismatch, *_MALFORMED):
            # It is told when the record is decoded.
            return False

    def decode(
        self, record: Mapping[str, Any], *, shard: str = "", place: Place | None = None
    ) -> Change[M]:
        """Make a change of a record.

        Args:
            record: It as GetRecords gives it.
            shard: Where it was read.
            place: What tells its position.

        Raises:
            InvalidItem: The item does not fit the model; the message names the sequence number.
        """
        sequence = sequence_of(record)
        try:
            stream: Mapping[str, Any] = record["dynamodb"]
            kind = _KINDS[record["eventName"]]
            return Change(
                kind,
                self._image(stream.get("OldImage")),
                self._image(stream.get("NewImage")),
                self._key(stream["Keys"]),
                sequence,
                _moment(stream["ApproximateCreationDateTime"]),
                shard,
                record.get("eventID", ""),
                kind == "remove" and _expired(record),
                place,
            )
        except (InvalidRequest, TableMismatch) as error:
            raise self._unfit(sequence, str(error)) from error
        except _MALFORMED as error:
            why = f"the record is malformed ({type(error).__name__}: {error})"
            raise self._unfit(sequence, why) from error

    def _image(self, item: Mapping[str, Any] | None) -> M | None:
        return None if item is None else self._codec.decode(self._given(item))

    def _given(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        return item if self._sharded is None else self._sharded.logical(item)

    def _key(self, keys: Mapping[str, Any]) -> Any:
        keys = self._given(keys)
        values = [
            self._codec.decode_value(key.name, keys[key.wire]) for key in self._codec.schema.keys
        ]
        return values[0] if len(values) == 1 else tuple(values)

    def _unfit(self, sequence: str, why: str) -> InvalidItem:
        return InvalidItem(
            f"The change {sequence} of {self.schema.table_name} is none of a "
            f"{self._model.__name__}: {why}"
        )


def sequence_of(record: object) -> str:
    """Return a record's sequence number.

    Raises:
        InvalidItem: It has none.
    """
    try:
        sequence: object = cast("Any", record)["dynamodb"]["SequenceNumber"]
    except (KeyError, TypeError, IndexError):
        sequence = None
    if not isinstance(sequence, str) or not sequence:
        raise InvalidItem("A record of a stream has no sequence number at dynamodb.SequenceNumber")
    return sequence


def _moment(value: datetime | float) -> datetime:
    # The API's clients give a datetime, in whichever zone; AWS Lambda gives seconds.
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromtimestamp(value, UTC)


def _expired(record: Mapping[str, Any]) -> bool:
    identity: Mapping[str, Any] = record.get("userIdentity") or {}
    return {name.lower(): value for name, value in identity.items()} == _EXPIRY
