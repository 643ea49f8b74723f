"""Bodies of requests and answers: JSON outside, the shapes of botocore inside.

The two differ in binary values, which JSON has as base64, and in moments, which it has as seconds
since the epoch. Both are written by `dumps`. What was read is converted only in the places where an
attribute value can stand, one table of them for each operation: a map attribute may well be called
`B` and hold a string.

Source: the request and response syntax of each operation in the Amazon DynamoDB API Reference
(2012-08-10), of DynamoDB and of DynamoDB Streams.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import orjson

__all__ = [
    "NotBase64",
    "Place",
    "convert_answer",
    "dumps",
    "has_binary",
    "places_of_requests",
    "with_bytes",
]

# Any: what is decoded from JSON may be anything, which the receiver checks afterwards.
Place = Callable[[Any], None]


class NotBase64(ValueError):
    """A binary value is not base64."""

    def __init__(self, length: int) -> None:
        super().__init__(f"a binary value of {length} characters is not base64")
        self.length = length


def dumps(
    document: Mapping[str, Any], binary: Callable[[bytes | bytearray], None] | None = None
) -> bytes:
    """Write a request, an answer or an error.

    Args:
        document: What is written.
        binary: Called with each binary value, wherever it stands.

    Raises:
        TypeError: It holds something that JSON has no form for.
    """
    if binary is None:
        return orjson.dumps(document, default=_converted, option=_OPTIONS)

    def converted(value: object) -> object:
        if isinstance(value, bytes | bytearray):
            binary(value)
        return _converted(value)

    return orjson.dumps(document, default=converted, option=_OPTIONS)


def has_binary(body: bytes) -> bool:
    """Tell whether JSON may have binary values; most have none, and need no walk to find out."""
    # An escape could spell the B.
    return b'"B"' in body or b'"BS"' in body or b"\\u00" in body


def with_bytes(value: Any) -> None:
    """Convert the base64 of one attribute value to bytes, in place.

    What is no attribute value is left as it is: the receiver finds the words for it.

    Raises:
        NotBase64: It is not base64.
    """
    # Not by recursion: JSON may be nested deeper than the interpreter's stack is high.
    waiting = [value]
    while waiting:
        typed = waiting.pop()
        if not isinstance(typed, dict):
            continue
        for tag, content in cast("dict[str, Any]", typed).items():
            if tag == "B":
                typed[tag] = _bytes(content)
            elif tag == "BS" and isinstance(content, list):
                typed[tag] = [_bytes(one) for one in cast("Sequence[Any]", content)]
            elif tag == "M" and isinstance(content, dict):
                waiting.extend(cast("dict[str, Any]", content).values())
            elif tag == "L" and isinstance(content, list):
                waiting.extend(cast("Sequence[Any]", content))


def convert_answer(operation: str, answer: dict[str, Any], body: bytes) -> None:
    """Convert an operation's answer, or an error's, from JSON to botocore's shapes, in place.

    Args:
        operation: Its name.
        answer: What was read from `body`.
        body: The JSON.

    Raises:
        ValueError: Binary is not base64 (`NotBase64`), or a moment no number of seconds.
    """
    if has_binary(body):
        _ANSWER(answer)
    moments = _MOMENTS.get(operation)
    if moments is not None:
        moments(answer)


def places_of_requests(value: Place) -> Mapping[str, Place]:
    """Return what calls `value` with each attribute value of a request, by operation.

    The callable is given what stands there, of whatever type it is.
    """
    item = _each(value)
    compared = _each(_members({"Value": value, "AttributeValueList": _each(value)}))
    parameters = _members({"Parameters": _each(value)})
    action = _members({"Key": item, "Item": item, "ExpressionAttributeValues": item})
    write = _members(
        {
            "Key": item,
            "Item": item,
            "ExpressionAttributeValues": item,
            "AttributeUpdates": compared,
            "Expected": compared,
        }
    )
    walk = _members(
        {
            "ExclusiveStartKey": item,
            "ExpressionAttributeValues": item,
            "KeyConditions": compared,
            "QueryFilter": compared,
            "ScanFilter": compared,
        }
    )
    transaction = _members({"TransactItems": _each(_each(action))})
    return {
        "BatchExecuteStatement": _members({"Statements": _each(parameters)}),
        "BatchGetItem": _members({"RequestItems": _each(_members({"Keys": _each(item)}))}),
        # A put has an item and a deletion a key, under a name of its own each.
        "BatchWriteItem": _members({"RequestItems": _each(_each(_each(action)))}),
        "DeleteItem": write,
        "ExecuteStatement": parameters,
        "ExecuteTransaction": _members({"TransactStatements": _each(parameters)}),
        "ExportTableToPointInTime": _members({"FilterSpecification": action}),
        "GetItem": write,
        "PutItem": write,
        "Query": walk,
        "Scan": walk,
        "TransactGetItems": transaction,
        "TransactWriteItems": transaction,
        "UpdateItem": write,
    }


def _converted(value: object) -> object:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Mapping):
        # An error's item may be a read-only view.
        return dict(cast("Mapping[str, Any]", value))
    raise TypeError(f"A {type(value).__name__} has no form in JSON")


def _bytes(content: Any) -> Any:
    if not isinstance(content, str):
        return content
    try:
        # Python's own reader takes some lengths that are none.
        if len(content) % 4:
            raise ValueError("its length is no multiple of 4")
        return base64.b64decode(content, validate=True)
    except ValueError as error:
        raise NotBase64(len(content)) from error


def _each(place: Place) -> Place:
    """Convert each member of a map, or each element of a list."""

    def convert(several: Any) -> None:
        if isinstance(several, dict):
            several = cast("dict[str, Any]", several).values()
        elif not isinstance(several, list | tuple):
            return
        for one in cast("list[Any]", several):
            place(one)

    return convert


def _members(places: Mapping[str, Place]) -> Place:
    """Convert some members of a structure."""

    def convert(structure: Any) -> None:
        if isinstance(structure, dict):
            for name, content in cast("dict[str, Any]", structure).items():
                place = places.get(name)
                if place is not None:
                    place(content)

    return convert


def _moment(name: str) -> Place:
    """Convert one member of a structure, if it is there, from seconds to a moment."""

    def convert(structure: Any) -> None:
        if isinstance(structure, dict):
            known = cast("dict[str, Any]", structure)
            seconds = known.get(name)
            if seconds is not None:
                known[name] = _moment_of(seconds)

    return convert


def _moment_of(seconds: Any) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError(f"{seconds!r} is no moment in seconds")
    return datetime.fromtimestamp(seconds, UTC)


_OPTIONS: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS

_ITEM: Final = _each(with_bytes)
_KEYS: Final = _each(_members({"Keys": _each(_ITEM)}))
_WRITES: Final = _each(_each(_each(_members({"Item": _ITEM, "Key": _ITEM}))))
_SIZES: Final = _members({"ItemCollectionKey": _ITEM})


def _responses(several: Any) -> None:
    """Convert the items of a batch, by table, or those of statements and transactions, in order."""
    if isinstance(several, dict):
        _each(_each(_ITEM))(several)
    else:
        _each(_members({"Item": _ITEM, "Error": _members({"Item": _ITEM})}))(several)


def _collections(several: Any) -> None:
    """Convert the sizes of item collections: of one write, or of several tables."""
    if isinstance(several, dict):
        _SIZES(several)
        for one in cast("dict[str, Any]", several).values():
            if isinstance(one, list):
                _each(_SIZES)(one)


_ANSWER: Final = _members(
    {
        "Attributes": _ITEM,
        "CancellationReasons": _each(_members({"Item": _ITEM})),
        "Item": _ITEM,
        "ItemCollectionMetrics": _collections,
        "Items": _each(_ITEM),
        "LastEvaluatedKey": _ITEM,
        "Records": _each(
            _members({"dynamodb": _members({"Keys": _ITEM, "NewImage": _ITEM, "OldImage": _ITEM})})
        ),
        "Responses": _responses,
        "UnprocessedItems": _WRITES,
        "UnprocessedKeys": _KEYS,
    }
)
"""Where attribute values stand in answers and errors; no name means two things."""

_MOMENTS: Final[Mapping[str, Place]] = {
    "DescribeStream": _members({"StreamDescription": _moment("CreationRequestDateTime")}),
    "GetRecords": _members(
        {"Records": _each(_members({"dynamodb": _moment("ApproximateCreationDateTime")}))}
    ),
}
"""Where moments stand in the answers of the operations on items and streams."""
