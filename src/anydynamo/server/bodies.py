"""Bodies of requests and answers: JSON outside, the shapes of botocore inside.

The two differ in binary values, which JSON has as base64, in moments, which it has as seconds since
the epoch, and in members that nobody knows, which the service ignores and botocore refuses. An
answer is converted while it is written. In a request only the places are converted where an
attribute value can stand, one table of them for each operation: a map attribute may well be called
`B` and hold a string.

Source: the request syntax of each operation in the Amazon DynamoDB API Reference (2012-08-10).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import orjson

from anydynamo.engine import texts
from anydynamo.engine.requests import drop_unknown_parameters
from anydynamo.errors import InvalidRequest

__all__ = ["read_body", "write_body"]

# Any: what is decoded from JSON may be anything, which the engine's shapes check afterwards.
Place = Callable[[Any], None]


def read_body(operation: str, body: bytes) -> Mapping[str, Any]:
    """Read an operation's request.

    Raises:
        InvalidRequest: With the code SerializationException: it is no JSON, no object, or has
            binary that is not base64.
    """
    try:
        request: Any = orjson.loads(body)
    except ValueError as error:
        raise _unreadable("The request is not JSON that can be read") from error
    if not isinstance(request, dict):
        raise _unreadable("Unexpected value type in payload")
    # Most requests have no binary, and need no walk to find that out. An escape could spell the B.
    if b'"B"' in body or b'"BS"' in body or b"\\u00" in body:
        convert = _PLACES.get(operation)
        if convert is not None:
            convert(request)
    parameters = cast("dict[str, Any]", request)
    drop_unknown_parameters(operation, parameters)
    return parameters


def write_body(answer: Mapping[str, Any]) -> bytes:
    """Write an operation's answer, or an error's."""
    return orjson.dumps(answer, default=_converted, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _converted(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Mapping):
        # An error's item may be a read-only view.
        return dict(cast("Mapping[str, Any]", value))
    raise TypeError(f"An answer holds a {type(value).__name__}, which JSON has no form for")


def _unreadable(text: str) -> InvalidRequest:
    return InvalidRequest(text, code="SerializationException")


def _value(value: Any) -> None:
    # Not by recursion: JSON may be nested deeper than the interpreter's stack is high. What is no
    # attribute value is left as it is, and the engine finds the words for it.
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


def _bytes(content: Any) -> Any:
    if not isinstance(content, str):
        return content
    if len(content) % 4:
        raise _unreadable(texts.requests.BASE64_LENGTH.format(length=len(content)))
    try:
        return base64.b64decode(content, validate=True)
    except (ValueError, binascii.Error) as error:
        raise _unreadable(texts.requests.INVALID_BASE64) from error


def _each(place: Place) -> Place:
    """Convert each member of a map, or each element of a list."""

    def convert(several: Any) -> None:
        if isinstance(several, dict):
            several = cast("dict[str, Any]", several).values()
        elif not isinstance(several, list):
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


_ITEM: Final = _each(_value)
_COMPARED: Final = _each(_members({"Value": _value, "AttributeValueList": _each(_value)}))
_PARAMETERS: Final = _members({"Parameters": _each(_value)})
_ACTION: Final = _members({"Key": _ITEM, "Item": _ITEM, "ExpressionAttributeValues": _ITEM})
_WRITE: Final = _members(
    {
        "Key": _ITEM,
        "Item": _ITEM,
        "ExpressionAttributeValues": _ITEM,
        "AttributeUpdates": _COMPARED,
        "Expected": _COMPARED,
    }
)
_WALK: Final = _members(
    {
        "ExclusiveStartKey": _ITEM,
        "ExpressionAttributeValues": _ITEM,
        "KeyConditions": _COMPARED,
        "QueryFilter": _COMPARED,
        "ScanFilter": _COMPARED,
    }
)
_TRANSACTION: Final = _members({"TransactItems": _each(_each(_ACTION))})

_PLACES: Final[Mapping[str, Place]] = {
    "BatchExecuteStatement": _members({"Statements": _each(_PARAMETERS)}),
    "BatchGetItem": _members({"RequestItems": _each(_members({"Keys": _each(_ITEM)}))}),
    # A put has an item and a deletion a key, under a name of its own each.
    "BatchWriteItem": _members({"RequestItems": _each(_each(_each(_ACTION)))}),
    "DeleteItem": _WRITE,
    "ExecuteStatement": _PARAMETERS,
    "ExecuteTransaction": _members({"TransactStatements": _each(_PARAMETERS)}),
    "ExportTableToPointInTime": _members({"FilterSpecification": _ACTION}),
    "GetItem": _WRITE,
    "PutItem": _WRITE,
    "Query": _WALK,
    "Scan": _WALK,
    "TransactGetItems": _TRANSACTION,
    "TransactWriteItems": _TRANSACTION,
    "UpdateItem": _WRITE,
}
"""Where attribute values stand, for each operation that has any."""
