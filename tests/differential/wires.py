"""Asking servers in DynamoDB's protocol, past every client's own checks.

The engine answers by `anydynamo serve`'s own code, without a socket.
"""

from __future__ import annotations

import http.client
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from tests.differential.outcomes import Outcome, read

from anydynamo.server.bodies import write_body
from anydynamo.server.messages import Request
from anydynamo.server.places import Shared
from anydynamo.server.service import STREAM_OPERATIONS, Service

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from tests.servers import Server

    from anydynamo.adapters.protocol import DatabaseAdapter

__all__ = ["PAGES", "Engine", "Remote", "Wire", "walk"]

PAGES = 200
ACCOUNT = "000000000000"

T = TypeVar("T")


class Wire(Protocol):
    """Carries requests to one server.

    Attributes:
        account: The number in the ARNs of its tables.
    """

    account: str

    def call(self, operation: str, request: Mapping[str, Any]) -> Outcome:
        """Carry out one operation."""
        ...


class Engine:
    """The engine over an adapter that never waits."""

    account = ACCOUNT

    def __init__(self, adapter: DatabaseAdapter) -> None:
        assert adapter.info.blocking, "only what never waits is answered without an event loop"
        self._service = Service(Shared(adapter), provider=adapter.info.provider)

    def call(self, operation: str, request: Mapping[str, Any]) -> Outcome:
        """Answer as `anydynamo serve` would."""
        asked = Request("POST", "/", _headers(operation), write_body(request))
        reply = _finish(self._service.answer(asked))
        assert reply.status < 500, f"{operation} {request} fails inside: {reply.body!r}"
        return read(reply.status, json.loads(reply.body))

    def close(self) -> None:
        """Close the adapter."""
        _finish(self._service.close())


class Remote:
    """A server, over one connection.

    Attributes:
        asked: How many requests were carried, by operation.
        account: The number in the ARNs of its tables.
    """

    def __init__(self, server: Server) -> None:
        self.asked: Counter[str] = Counter()
        self.account = {"moto": "123456789012"}.get(server.name, ACCOUNT)
        address = urlsplit(server.url)
        self._connection = http.client.HTTPConnection(str(address.hostname), address.port, 20)

    def call(self, operation: str, request: Mapping[str, Any]) -> Outcome:
        """Send one request, and wait for the reply."""
        self.asked[operation] += 1
        try:
            self._connection.request("POST", "/", write_body(request), _headers(operation))
            reply = self._connection.getresponse()
            body = reply.read()
        except (http.client.HTTPException, ConnectionError):
            # It hung up instead of answering; the connection is made anew by the next request.
            self._connection.close()
            return Outcome({}, "no answer")
        try:
            return read(reply.status, json.loads(body))
        except ValueError:
            return Outcome({}, f"HTTP {reply.status}")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def walk(
    wire: Wire, operation: str, request: Mapping[str, Any], more: Mapping[str, Any] | None = None
) -> list[Outcome]:
    """Walk all pages of a Query or Scan, up to the first error."""
    pages: list[Outcome] = []
    following: Mapping[str, Any] = more or {}
    while len(pages) < PAGES:
        page = wire.call(operation, {**request, **following})
        assert not (pages and page.code), f"a page cannot be continued: {following} {page.text}"
        pages.append(page)
        if page.code or "LastEvaluatedKey" not in page.response:
            return pages
        following = {"ExclusiveStartKey": page.response["LastEvaluatedKey"]}
    raise AssertionError(f"{operation} does not come to an end: {request}")


def _headers(operation: str) -> dict[str, str]:
    service = "DynamoDBStreams" if operation in STREAM_OPERATIONS else "DynamoDB"
    scope = "test/20260101/us-east-1/dynamodb/aws4_request"
    return {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"{service}_20120810.{operation}",
        "x-amz-date": "20260101T000000Z",
        "authorization": (
            f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=0"
        ),
    }


def _finish(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as finished:
        value: T = finished.value
        return value
    raise AssertionError("it waits")
