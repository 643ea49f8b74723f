"""Bodies of requests and answers as the server reads and writes them.

The conversion is that of `anydynamo.adapters.bodies`. A request may also have members that nobody
knows, which the service ignores and botocore refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from anydynamo.adapters.bodies import (
    NotBase64,
    dumps,
    has_binary,
    places_of_requests,
    with_bytes,
)
from anydynamo.engine import texts
from anydynamo.engine.requests import drop_unknown_parameters
from anydynamo.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["read_body", "write_body"]


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
    convert = _PLACES.get(operation)
    if convert is not None and has_binary(body):
        try:
            convert(request)
        except NotBase64 as error:
            text = texts.requests.INVALID_BASE64
            if error.length % 4:
                text = texts.requests.BASE64_LENGTH.format(length=error.length)
            raise _unreadable(text) from error
    parameters = cast("dict[str, Any]", request)
    drop_unknown_parameters(operation, parameters)
    return parameters


def write_body(answer: Mapping[str, Any]) -> bytes:
    """Write an operation's answer, or an error's."""
    return dumps(answer)


def _unreadable(text: str) -> InvalidRequest:
    return InvalidRequest(text, code="SerializationException")


_PLACES: Final = places_of_requests(with_bytes)
