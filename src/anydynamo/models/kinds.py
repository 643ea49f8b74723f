"""How typed values are held in DynamoDB: one `Kind` per way, scalars and collections.

A kind turns a value into DynamoDB's tagged JSON (`{"S": "x"}`) and back. What PynamoDB has an
attribute for is written byte for byte as PynamoDB writes it. `annotations` chooses the kind for a
type; the codec inlines the simple ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast
from uuid import UUID

__all__ = [
    "BINARY",
    "BOOLEAN",
    "DATE",
    "DECIMAL",
    "EPOCH",
    "FLOAT",
    "INTEGER",
    "STRING",
    "TIMESTAMP",
    "UUID_TEXT",
    "Kind",
    "Tagged",
    "list_of",
    "map_of",
    "set_of",
]

Tagged = dict[str, Any]

_DIGITS = 38
_INTEGER_LIMIT = 10**_DIGITS
_LARGEST = 9.99999999999999e125
_SMALLEST = 1e-130
_DATETIME_LENGTH = 31


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A way to hold values in DynamoDB.

    Attributes:
        name: The values in words, for messages.
        wire: DynamoDB's type; None where it depends on the value.
        encode: Value to tagged JSON; raises TypeError or ValueError for what it cannot hold.
        decode: Tagged JSON to value; raises KeyError, TypeError or ValueError when it does not fit.
        exact: Whether whatever `decode` returns is valid for the type, so that pydantic need not
            look at it again.
        normalised: Whether pydantic may make another value of a valid one, as it does of an email
            address.
        element: What a list, a map or a set holds.
        members: A nested record's attributes by their Python names: the stored name and the kind.
        collection: Whether it is a `list_of`, a `map_of` or a `set_of` its element.
        encode_source: A Python expression over `{v}`, a value, for the payload under the tag, which
            the codec inlines. The names in it are those of `codec_source`.
        decode_source: The same over `{p}`, a payload, for the value.
    """

    name: str
    wire: str | None
    encode: Callable[[Any], Tagged]
    decode: Callable[[Mapping[str, Any]], Any]
    exact: bool = True
    normalised: bool = False
    element: Kind | None = None
    members: Mapping[str, tuple[str, Kind]] = field(default_factory=dict[str, tuple[str, "Kind"]])
    collection: type | None = None
    encode_source: str | None = None
    decode_source: str | None = None


def wrong(value: object, wanted: str) -> TypeError:
    """Make the error for a value of another type than is wanted."""
    # Never the value itself: it may be a secret, and messages are logged.
    return TypeError(f"a value of type {type(value).__name__} is not {wanted}")


# --- numbers ------------------------------------------------------------------------------------


def number_of_int(value: int) -> str:
    """Write an integer as DynamoDB's number.

    Raises:
        ValueError: It needs more than 38 significant digits or is beyond DynamoDB's range.
    """
    text = int.__repr__(value)
    if -_INTEGER_LIMIT < value < _INTEGER_LIMIT:
        return text
    digits = text.lstrip("-")
    if len(digits.rstrip("0")) > _DIGITS:
        raise ValueError(f"{_shortened(text)} has more than 38 significant digits")
    if len(digits) > 126:
        raise ValueError(f"{_shortened(text)} is beyond DynamoDB's range, 9.99E+125")
    return text


def number_of_float(value: float) -> str:
    """Write a float as DynamoDB's number, with the digits that Python shows.

    Raises:
        ValueError: It is NaN, infinite or beyond DynamoDB's range.
    """
    if _SMALLEST <= value <= _LARGEST or -_LARGEST <= value <= -_SMALLEST or value == 0:
        return float.__repr__(value)
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number that DynamoDB can hold")
    return number_of_decimal(Decimal(float.__repr__(value)))


def number_of_decimal(value: Decimal) -> str:
    """Write a Decimal as DynamoDB's number, exactly.

    Raises:
        ValueError: It is not finite, needs more than 38 significant digits or is beyond DynamoDB's
            range.
    """
    if not value.is_finite():
        raise ValueError(f"{value} is not a number that DynamoDB can hold")
    if not value:
        return "0"
    text = str(value)
    if len(text) > _DIGITS:
        digits = "".join(map(str, value.as_tuple().digits))
        if len(digits.strip("0")) > _DIGITS:
            raise ValueError(f"{_shortened(text)} has more than 38 significant digits")
    if not -130 <= value.adjusted() <= 125:
        raise ValueError(f"{_shortened(text)} is beyond DynamoDB's range, 1E-130 to 9.99E+125")
    return text


def _shortened(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:20]}...{text[-10:]}"


def _encode_integer(value: object) -> Tagged:
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(value, "an integer")
    return {"N": number_of_int(value)}


def integer_of(text: str) -> int:
    """Read an integer from DynamoDB's number, in whichever notation it was written.

    Raises:
        ValueError: It has a fraction.
    """
    try:
        return int(text)
    except ValueError:
        number = decimal_of(text)
        if number != number.to_integral_value():
            raise ValueError(f"{text} is not an integer") from None
        return int(number)


def decimal_of(text: str) -> Decimal:
    """Read a Decimal from DynamoDB's number.

    Raises:
        ValueError: It is no number.
    """
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None


def _encode_float(value: object) -> Tagged:
    if isinstance(value, float):
        return {"N": number_of_float(value)}
    return _encode_integer(value)


def _encode_decimal(value: object) -> Tagged:
    if isinstance(value, Decimal):
        return {"N": number_of_decimal(value)}
    return _encode_integer(value)


INTEGER = Kind(
    "an integer",
    "N",
    _encode_integer,
    lambda w: integer_of(w["N"]),
    encode_source="int_repr({v}) if -1e37 < {v} < 1e37 else int_text({v})",
    decode_source="int({p})",
)
FLOAT = Kind(
    "a number",
    "N",
    _encode_float,
    lambda w: float(w["N"]),
    encode_source="float_repr({v}) if 1e-99 < {v} < 1e99 else float_text({v})",
    decode_source="float({p})",
)
DECIMAL = Kind(
    "a decimal number",
    "N",
    _encode_decimal,
    lambda w: decimal_of(w["N"]),
    encode_source="decimal_text({v})",
    decode_source="Decimal({p})",
)

# --- other scalars ------------------------------------------------------------------------------


def _encode_string(value: object) -> Tagged:
    if not isinstance(value, str):
        raise wrong(value, "a string")
    # Not str(): a member of a string Enum shows its name there.
    return {"S": str.__str__(value)}


def _encode_binary(value: object) -> Tagged:
    if not isinstance(value, bytes):
        raise wrong(value, "bytes")
    return {"B": value}


def _encode_boolean(value: object) -> Tagged:
    if not isinstance(value, bool):
        raise wrong(value, "a boolean")
    return {"BOOL": value}


def _decode_string(stored: Mapping[str, Any]) -> str:
    value = stored["S"]
    if not isinstance(value, str):
        raise wrong(value, "a string")
    return value


def _decode_binary(stored: Mapping[str, Any]) -> bytes:
    return bytes(cast("bytes", stored["B"]))


STRING = Kind(
    "a string",
    "S",
    _encode_string,
    _decode_string,
    encode_source="{v} if {v}.__class__ is str else exact_str({v})",
    decode_source="{p}",
)
BINARY = Kind(
    "bytes",
    "B",
    _encode_binary,
    _decode_binary,
    encode_source="{v} if {v}.__class__ is bytes else refuse()",
    decode_source="{p}",
)
BOOLEAN = Kind(
    "a boolean",
    "BOOL",
    _encode_boolean,
    lambda w: bool(w["BOOL"]),
    encode_source="{v} if {v}.__class__ is bool else refuse()",
    decode_source="{p}",
)


def timestamp_text(value: datetime) -> str:
    """Write a moment in UTC in PynamoDB's format; one without a zone is taken as UTC."""
    if value.tzinfo is not UTC:
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value.isoformat(timespec="microseconds")[:26] + "+0000"


def timestamp_of(text: str) -> datetime:
    """Read a moment from PynamoDB's format.

    Raises:
        ValueError: The text has another format. Reading it leniently would change the item when it
            is written again, and its key where the moment is part of one.
    """
    # PynamoDB on some systems wrote years under 1000 without padding.
    padded = text if len(text) == _DATETIME_LENGTH else text.zfill(_DATETIME_LENGTH)
    if len(padded) != _DATETIME_LENGTH or padded[26:] != "+0000" or padded[10] != "T":
        raise ValueError(f"{text!r} is not a moment as 2026-01-31T12:00:00.000000+0000")
    return datetime.fromisoformat(padded)


def _encode_timestamp(value: object) -> Tagged:
    if not isinstance(value, datetime):
        raise wrong(value, "a datetime")
    return {"S": timestamp_text(value)}


def epoch_text(value: datetime) -> str:
    """Write a moment as whole seconds since 1970, as DynamoDB's TTL wants it."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return str(math.floor(value.timestamp()))


def epoch_of(text: str) -> datetime:
    """Read a moment from seconds since 1970."""
    return datetime.fromtimestamp(float(text), tz=UTC)


def _encode_epoch(value: object) -> Tagged:
    if not isinstance(value, datetime):
        raise wrong(value, "a datetime")
    return {"N": epoch_text(value)}


def _encode_date(value: object) -> Tagged:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise wrong(value, "a date")
    return {"S": value.isoformat()}


def _encode_uuid(value: object) -> Tagged:
    if not isinstance(value, UUID):
        raise wrong(value, "a UUID")
    return {"S": str(value)}


TIMESTAMP = Kind(
    "a datetime",
    "S",
    _encode_timestamp,
    lambda w: timestamp_of(w["S"]),
    encode_source="timestamp_text({v})",
    decode_source="timestamp_of({p})",
)
EPOCH = Kind(
    "a datetime",
    "N",
    _encode_epoch,
    lambda w: epoch_of(w["N"]),
    encode_source="epoch_text({v})",
    decode_source="epoch_of({p})",
)
DATE = Kind(
    "a date",
    "S",
    _encode_date,
    lambda w: date.fromisoformat(w["S"]),
    encode_source="{v}.isoformat()",
    decode_source="date_of({p})",
)
UUID_TEXT = Kind(
    "a UUID",
    "S",
    _encode_uuid,
    lambda w: UUID(w["S"]),
    encode_source="uuid_text({v})",
    decode_source="UUID({p})",
)


# --- collections --------------------------------------------------------------------------------


def list_of(element: Kind) -> Kind:
    """Make the kind of a list, DynamoDB's `L`."""
    encode_one, decode_one = element.encode, element.decode

    def encode(value: object) -> Tagged:
        if not isinstance(value, list):
            raise wrong(value, "a list")
        encoded: list[Tagged] = []
        for index, one in enumerate(cast("list[object]", value)):
            try:
                encoded.append(encode_one(one))
            except (TypeError, ValueError) as error:
                raise _at(f"[{index}]", error) from error
        return {"L": encoded}

    def decode(stored: Mapping[str, Any]) -> list[Any]:
        return [decode_one(one) for one in stored["L"]]

    return Kind(
        "a list",
        "L",
        encode,
        decode,
        exact=element.exact,
        element=element,
        collection=list,
    )


def map_of(element: Kind) -> Kind:
    """Make the kind of a dict with string keys, DynamoDB's `M`."""
    encode_one, decode_one = element.encode, element.decode

    def encode(value: object) -> Tagged:
        if not isinstance(value, Mapping):
            raise wrong(value, "a dict")
        encoded: Tagged = {}
        for key, one in cast("Mapping[object, object]", value).items():
            if not isinstance(key, str):
                raise wrong(key, "a string, which keys of maps are in DynamoDB")
            try:
                encoded[str.__str__(key)] = encode_one(one)
            except (TypeError, ValueError) as error:
                raise _at(f"[{key!r}]", error) from error
        return {"M": encoded}

    def decode(stored: Mapping[str, Any]) -> dict[str, Any]:
        return {key: decode_one(one) for key, one in stored["M"].items()}

    return Kind(
        "a dict",
        "M",
        encode,
        decode,
        exact=element.exact,
        element=element,
        collection=dict,
    )


def _at(place: str, error: Exception) -> ValueError:
    text = str(error)
    return ValueError(f"{place}{text}" if text.startswith("[") else f"{place}: {text}")


def set_of(element: Kind, factory: type[set[Any]] | type[frozenset[Any]] = set) -> Kind:
    """Make the kind of a set of strings, numbers or bytes: DynamoDB's `SS`, `NS` and `BS`.

    Args:
        element: A kind whose wire type is S, N or B.
        factory: `set` or `frozenset`.
    """
    inner = element.wire or "S"
    wire = f"{inner}S"
    encode_one, decode_one = element.encode, element.decode

    def encode(value: object) -> Tagged:
        if not isinstance(value, set | frozenset):
            raise wrong(value, "a set")
        if not value:
            raise ValueError("an empty set, which DynamoDB cannot hold")
        return {wire: [encode_one(one)[inner] for one in cast("set[object]", value)]}

    def decode(stored: Mapping[str, Any]) -> Any:
        return factory([decode_one({inner: one}) for one in stored[wire]])

    return Kind(
        "a set",
        wire,
        encode,
        decode,
        exact=element.exact,
        element=element,
        collection=factory,
    )
