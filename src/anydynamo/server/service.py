"""From a whole HTTP request to the reply: the protocol, without any connection."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from anydynamo.errors import AnyDynamoError, NotSupported, ServiceFault
from anydynamo.server.bodies import read_body, write_body
from anydynamo.server.deliveries import Undelivered
from anydynamo.server.messages import AMZ_JSON, Reply, Request, refuse
from anydynamo.server.signatures import check_signature, read_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter
    from anydynamo.server.places import Places

__all__ = ["Service"]

STREAM_OPERATIONS: Final = frozenset(
    ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
)
"""The operations of DynamoDB Streams, which is a service with a name of its own."""

_DYNAMODB: Final = "DynamoDB_20120810"
_STREAMS: Final = "DynamoDBStreams_20120810"

_CONTENT_TYPES: Final = frozenset((AMZ_JSON, "application/x-amz-json-1.1", "application/json"))
"""What a body may be called. A page in a browser can send none of these to another origin without
asking first, and it is not answered when it asks."""

_LONG: Final = frozenset(("ExportTableToPointInTime", "ImportTable"))
"""The operations whose work has no bound: a table, or the files of a folder."""

_log = logging.getLogger(__name__)


class Service:
    """DynamoDB's HTTP protocol over adapters."""

    def __init__(
        self,
        places: Places,
        *,
        provider: str,
        secrets: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Serve the data of some places.

        Args:
            places: Where each caller's data lies.
            provider: What `/health` calls them.
            secrets: Access keys and their secrets: then every signature is verified. Otherwise it
                is only read for the access key and the region.
            clock: Seconds since the epoch, for the age of signatures.
        """
        self._places = places
        self._provider = provider
        self._secrets = secrets
        self._clock = clock

    @property
    def needs_task(self) -> bool:
        """Whether answers may need to be awaited in a task of asyncio's."""
        return self._places.needs_task

    async def answer(self, request: Request) -> Reply:
        """Carry out a request. Whatever goes wrong is part of the reply."""
        try:
            if request.method == "POST":
                return await self._carry_out(request)
            return self._look(request)
        except AnyDynamoError as error:
            return _lost(error) if isinstance(error, Undelivered) else refuse(error)
        except Exception:
            # A defect of ours or of an adapter's, not the client's business but worth a trace.
            _log.exception("A request failed inside")
            return refuse(ServiceFault("The request failed inside", code="InternalServerError"))

    async def close(self) -> None:
        """Close the places."""
        await self._places.close()

    def _look(self, request: Request) -> Reply:
        """Answer what load balancers and people with a browser ask."""
        path = request.target.partition("?")[0]
        if request.method not in ("GET", "HEAD"):
            return Reply(405, b"", "text/plain; charset=utf-8", extra="Allow: GET, HEAD, POST\r\n")
        if path == "/":
            return Reply(200, b"healthy: anydynamo\n", "text/plain; charset=utf-8")
        if path == "/health":
            state = {"status": "healthy", "provider": self._provider}
            return Reply(200, write_body(state), "application/json")
        return Reply(404, b"There is / and /health\n", "text/plain; charset=utf-8")

    async def _carry_out(self, request: Request) -> Reply:
        headers = request.headers
        content_type = headers.get("content-type", AMZ_JSON)
        if content_type not in _CONTENT_TYPES:
            content_type = content_type.partition(";")[0].strip().lower()
            if content_type not in _CONTENT_TYPES:
                raise _unknown(f"A request's Content-Type is {AMZ_JSON}")
        operation = _operation(headers.get("x-amz-target", ""))
        parameters = read_body(operation, request.body)
        signature = read_signature(headers)
        if self._secrets is not None:
            check_signature(
                signature,
                secrets=self._secrets,
                now=self._clock(),
                method=request.method,
                target=request.target,
                headers=headers,
                body=request.body,
            )
        adapter = self._places.of(signature.access_key, signature.region)
        answer = await _called(adapter, operation, parameters)
        if operation == "DescribeEndpoints":
            answer = _at_this_address(answer, headers.get("host"))
        return Reply(200, write_body(answer), content_type)


async def _called(
    adapter: DatabaseAdapter, operation: str, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    if operation in _LONG and adapter.info.blocking:
        # It never waits, and everybody else would for as long as it takes.
        return await asyncio.to_thread(asyncio.run, adapter.call(operation, parameters))
    return await adapter.call(operation, parameters)


def _lost(error: Undelivered) -> Reply:
    answer = error.answer
    whole = refuse(answer) if isinstance(answer, AnyDynamoError) else Reply(200, write_body(answer))
    return whole._replace(delivery=error.delivery)


def _at_this_address(answer: dict[str, Any], host: str | None) -> dict[str, Any]:
    """Let a client that discovers endpoints come back to where it is; no adapter knows where."""
    if host is None:
        return answer
    return {"Endpoints": [{**endpoint, "Address": host} for endpoint in answer["Endpoints"]]}


def _operation(target: str) -> str:
    service, _, operation = target.partition(".")
    wanted = _STREAMS if operation in STREAM_OPERATIONS else _DYNAMODB
    if service != wanted or not operation.isalpha():
        raise _unknown(
            f"X-Amz-Target names no operation: {target[:100]!r}; {_DYNAMODB}.GetItem does"
        )
    return operation


def _unknown(text: str) -> NotSupported:
    return NotSupported(text, code="UnknownOperationException")
