"""The whole way of a call: everything that botocore does, with our response for the network's.

The handler of `before-send`, which botocore documents for that purpose, is asked with the finished
request. Its place is before other handlers of the kind, such as moto's.
"""

from __future__ import annotations

import email.utils
import importlib
import random
import time
import zlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NoReturn

from anydynamo.errors import (
    AnyDynamoError,
    DatabaseClosed,
    InvalidRequest,
    NotSupported,
    RequestTimeout,
    ServiceFault,
    Throttled,
    Unavailable,
)
from anydynamo.server.bodies import read_body, write_body
from anydynamo.server.messages import AMZ_JSON
from anydynamo.server.refusals import refusal
from anydynamo.testing.routing.data import active, passing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["headers", "known_outcome", "refuse_network", "send", "send_async"]

known_outcome: Final[ContextVar[AnyDynamoError | None]] = ContextVar(
    "anydynamo_known_outcome", default=None
)
"""How a call has ended already that goes the whole way only to be told so."""

# Not the shared generator: a test that seeds it gets the numbers that it would get without us.
_random = random.Random()  # noqa: S311 - it tells requests apart and guards nothing


def headers() -> dict[str, str]:
    """Make the headers of a response, without those that tell of its body."""
    return {
        "server": "anydynamo",
        "date": email.utils.formatdate(time.time(), usegmt=True),
        "content-type": AMZ_JSON,
        "x-amzn-requestid": f"{_random.getrandbits(256):064X}"[:52],
    }


def send(request: Any, **_: Any) -> Any:
    """Handle `before-send` of a client that waits; see botocore.endpoint."""
    data = None if passing.get() else active()
    if data is None:
        return None
    answer: dict[str, Any] | AnyDynamoError
    try:
        answer = _take_known() or data.call(*_read(request))
    except AnyDynamoError as refused:
        answer = refused
    return _response("botocore.awsrequest", "AWSResponse", request, answer)


async def send_async(request: Any, **_: Any) -> Any:
    """Handle `before-send` of a client that awaits; see aiobotocore.endpoint."""
    data = None if passing.get() else active()
    if data is None:
        return None
    answer: dict[str, Any] | AnyDynamoError
    try:
        answer = _take_known() or await data.call_async(*_read(request))
    except AnyDynamoError as refused:
        answer = refused
    return _response("aiobotocore.awsrequest", "AioAWSResponse", request, answer)


def refuse_network(request: Any) -> NoReturn:
    """Take the place of the network for a client that was made while a mock was active.

    Raises:
        DatabaseClosed: Always.
    """
    operation, _ = _read(request)
    raise DatabaseClosed(
        f"{operation} with a client that was made inside mock_dynamodb, which has ended; it would "
        f"have gone to {request.url} with dummy credentials. Make another client for that",
        operation=operation,
    )


class _Body:
    """What stands behind a response, as both kinds of client read it."""

    def __init__(self, content: bytes, described: Mapping[str, str]) -> None:
        self._content = content
        # Until 2.21 aiobotocore took the headers from here.
        self.raw_headers = [(name.encode(), value.encode()) for name, value in described.items()]

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content

    async def read(self) -> bytes:
        return self._content


def _take_known() -> AnyDynamoError | None:
    error = known_outcome.get()
    if error is not None:
        # Of the first attempt only: what follows is a repetition.
        known_outcome.set(None)
    return error


def _read(request: Any) -> tuple[str, Mapping[str, Any]]:
    """Return the operation and the parameters of a request that is ready to be sent."""
    target = request.headers["X-Amz-Target"]
    text = target.decode() if isinstance(target, bytes) else str(target)
    operation = text.rpartition(".")[2]
    return operation, read_body(operation, request.body)


def _response(module: str, name: str, request: Any, answer: dict[str, Any] | AnyDynamoError) -> Any:
    if isinstance(answer, AnyDynamoError):
        status, answer = _refused(answer, request)
    else:
        status = 200
    body = write_body(answer)
    described = {
        **headers(),
        "content-length": str(len(body)),
        "x-amz-crc32": str(zlib.crc32(body)),
    }
    response = getattr(importlib.import_module(module), name)
    return response(request.url, status, described, _Body(body, described))


def _refused(error: AnyDynamoError, request: Any) -> tuple[int, dict[str, Any]]:
    """Return what the service would send for an error, or raise what the network would.

    Raises:
        HTTPClientError: botocore's, for an answer that did not come.
        AnyDynamoError: It is no error of DynamoDB's, but one of the test's set-up.
    """
    if error.code is None:
        exceptions = importlib.import_module("botocore.exceptions")
        if isinstance(error, RequestTimeout):
            raise exceptions.ReadTimeoutError(endpoint_url=request.url) from error
        if isinstance(error, Unavailable):
            raise exceptions.ConnectionClosedError(endpoint_url=request.url) from error
        if not isinstance(error, NotSupported | InvalidRequest | ServiceFault | Throttled):
            raise error
    return refusal(error)
