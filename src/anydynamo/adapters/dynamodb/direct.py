"""The direct way to DynamoDB: signed JSON over connections of our own, around botocore.

botocore is asked where requests go and who signs them, when the way is opened and when credentials
change, and for its words about a request that was refused. A call itself passes it by.
"""

from __future__ import annotations

import asyncio
import time
from http.client import responses
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from anydynamo.adapters.bodies import convert_answer, dumps, has_binary, places_of_requests
from anydynamo.adapters.dynamodb.checking import finder_of
from anydynamo.adapters.dynamodb.faults import ForeignAnswer, refuse_foreign
from anydynamo.adapters.dynamodb.http import Pool
from anydynamo.adapters.dynamodb.routes import names_arn, route_of, trusting
from anydynamo.adapters.dynamodb.signing import CONTENT_TYPE, Signer
from anydynamo.adapters.effort import note_sent
from anydynamo.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from anydynamo.adapters.dynamodb.checking import Finder
    from anydynamo.adapters.dynamodb.clients import Client
    from anydynamo.adapters.dynamodb.http import Answer
    from anydynamo.adapters.dynamodb.routes import Route

__all__ = ["OPERATIONS", "Direct", "Keys", "Refused"]

OPERATIONS: Final = frozenset(
    (
        "BatchExecuteStatement",
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "DescribeStream",
        "ExecuteStatement",
        "ExecuteTransaction",
        "GetItem",
        "GetRecords",
        "GetShardIterator",
        "ListStreams",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    )
)
"""What goes the direct way: the operations on items, and those of streams."""

IDLE_SECONDS: Final = 20.0
"""How long a connection is kept that nobody uses; DynamoDB closes it after about a minute."""

_REFUSALS: Final = frozenset(("SerializationException", "ValidationException"))

Keys = tuple[str, str, str | None]
"""An access key, its secret and the session token."""


class Refused(Exception):
    """An answer that is an error, in the form in which botocore's `ClientError` has it."""

    def __init__(self, response: Mapping[str, Any]) -> None:
        error = response["Error"]
        super().__init__(f"{error['Code']}: {error['Message']}")
        self.response = response


class Direct:
    """The direct way to one service.

    Args:
        client: The aiobotocore client whose way this is.
        keys: Returns the credentials to sign with, refreshed in time.
        proxies: The proxies that the client is configured with.
        bundle: The file of certificates that AWS's configuration names.
        limit: How many connections are kept.
        connect_timeout: How many seconds a connection may take.
        timeout: How many seconds an answer may take.
        clock: What tells the time for signatures.
    """

    def __init__(
        self,
        client: Client,
        keys: Callable[[], Awaitable[Keys]],
        *,
        proxies: Mapping[str, str] | None,
        bundle: str | None,
        limit: int,
        connect_timeout: float,
        timeout: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._keys = keys
        self._proxies = proxies
        self._bundle = bundle
        self._limit = limit
        self._connect_timeout = connect_timeout
        self._timeout = timeout
        self._clock = clock
        self._pools: dict[tuple[str, str, int], Pool] = {}
        self._current: _Signed | None = None
        self._changing = asyncio.Lock()
        self._finders: dict[str, Finder | None] = {}
        self._places = _Places()

    async def open(self) -> None:
        """Find out where requests go.

        Raises:
            NotDirect: They cannot go there directly.
            Exception: What botocore raises for settings and credentials.
        """
        await self._signed()

    def takes(self, operation: str, request: Mapping[str, Any]) -> bool:
        """Tell whether a request can take this way."""
        return operation in OPERATIONS and not names_arn(request)

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one operation, once.

        Raises:
            Refused: The server answered with an error.
            ForeignAnswer: The answer is not one of DynamoDB's.
            InvalidRequest: The request cannot be written down, or has members that are unknown.
            Exception: What botocore finds wrong with a request that the server refused; what it
                raises for credentials; or what became of the connection.
        """
        try:
            self._check(operation, request)
            body = _written(operation, request, self._places)
        except InvalidRequest:
            await self._explain(operation, request)
            raise
        signed = self._current
        keys = await self._keys()
        if signed is None or signed.keys != keys:
            signed = await self._signed()
        note_sent(len(body))
        answer = await signed.pool.exchange(
            signed.request(operation, body, self._clock()), timeout=self._timeout
        )
        refuse_foreign(
            {"status_code": answer.status, "headers": answer.headers, "body": answer.body}
        )
        if answer.status >= 300:
            refused = _refusal(operation, answer)
            if refused.response["Error"]["Code"] in _REFUSALS:
                await self._explain(operation, request)
            raise refused
        try:
            read: dict[str, Any] = orjson.loads(answer.body)
            convert_answer(operation, read, answer.body)
        except ValueError as error:
            raise ForeignAnswer(
                f"The server's answer to {operation} cannot be read ({error}); check the endpoint "
                "(DYNAMODB_ENDPOINT_URL, endpoint_url)"
            ) from error
        if None in read.values():
            # botocore leaves out what a server says is null.
            return {name: value for name, value in read.items() if value is not None}
        return read

    async def close(self) -> None:
        """Close the connections; calls under way fail."""
        for pool in self._pools.values():
            await pool.close()

    async def _explain(self, operation: str, request: Mapping[str, Any]) -> None:
        """Let botocore raise what it finds wrong with a request: the whole of it, and where."""
        if self._client.service != "dynamodbstreams":  # whose client checks nothing
            await self._client.prepared(operation, request)

    def _check(self, operation: str, request: Mapping[str, Any]) -> None:
        try:
            finder = self._finders[operation]
        except KeyError:
            finder = self._finders[operation] = finder_of(self._client.input_shape(operation))
        found = None if finder is None else finder(request)
        if found is not None:
            raise _invalid(operation, request, f"Parameter validation failed:\n{found}")

    async def _signed(self) -> _Signed:
        """Return what signs with the credentials of this moment, after finding its endpoint."""
        async with self._changing:
            keys = await self._keys()
            if self._current is None or self._current.keys != keys:
                # The endpoint may be the account's, and the credentials say which that is.
                route = route_of(await self._client.prepared(*self._sample()), self._proxies)
                self._current = _Signed(keys, route, self._pool(route))
            return self._current

    def _sample(self) -> tuple[str, Mapping[str, Any]]:
        """Return a request that is like others of the service, to be asked about."""
        if self._client.service == "dynamodbstreams":
            return "ListStreams", {}
        return "GetItem", {"TableName": "anydynamo", "Key": {"id": {"S": "1"}}}

    def _pool(self, route: Route) -> Pool:
        place = (route.scheme, route.host, route.port)
        pool = self._pools.get(place)
        if pool is None:
            pool = self._pools[place] = Pool(
                route.host,
                route.port,
                tls=trusting(self._bundle) if route.scheme == "https" else None,
                limit=self._limit,
                connect_timeout=self._connect_timeout,
                idle=IDLE_SECONDS,
            )
        return pool


class _Signed:
    """Requests of one credential to one endpoint."""

    def __init__(self, keys: Keys, route: Route, pool: Pool) -> None:
        access_key, secret_key, token = keys
        self.keys = keys
        self.pool = pool
        self._signer = Signer(
            access_key=access_key,
            secret_key=secret_key,
            token=token,
            region=route.region,
            host=route.named,
            path=route.path,
            service=route.service,
        )
        self._target = route.target
        self._head = (
            f"POST {route.path} HTTP/1.1\r\nHost: {route.named}\r\nContent-Type: {CONTENT_TYPE}\r\n"
            f"User-Agent: {route.agent}\r\n"
            + (f"X-Amz-Security-Token: {token}\r\n" if token else "")
            + "X-Amz-Target: "
        )

    def request(self, operation: str, body: bytes, now: float) -> bytes:
        """Return the bytes of a request."""
        target = f"{self._target}.{operation}"
        stamp, authorization = self._signer.sign(target, body, now)
        head = (
            f"{self._head}{target}\r\nX-Amz-Date: {stamp}\r\nAuthorization: {authorization}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode("latin-1") + body


def _written(operation: str, request: Mapping[str, Any], places: _Places) -> bytes:
    binary: list[bytes | bytearray] = []
    try:
        body = dumps(request, binary.append)
    except TypeError as error:
        text = f"The request cannot be written as JSON: {error}"
        raise _invalid(operation, request, text) from error
    if binary or has_binary(body):
        # In its place, bytes are to become base64 and text is not, which the server would take for
        # base64; everywhere else it is the other way round.
        count, texts = places.look(operation, request)
        if texts:
            raise _invalid(operation, request, "A binary value is text; it must be bytes")
        if count != len(binary):
            raise _invalid(operation, request, "Bytes stand where no binary value belongs")
    return body


class _Places:
    """What stands where binary values belong in a request."""

    def __init__(self) -> None:
        self._count = 0
        self._texts = 0
        self._places = places_of_requests(self._value)

    def look(self, operation: str, request: Mapping[str, Any]) -> tuple[int, int]:
        """Return how many bytes and how many texts stand there."""
        self._count = self._texts = 0
        place = self._places.get(operation)
        if place is not None:
            place(request)
        return self._count, self._texts

    def _value(self, value: Any) -> None:
        waiting = [value]
        while waiting:
            typed = waiting.pop()
            if not isinstance(typed, dict):
                continue
            for tag, content in cast("dict[str, Any]", typed).items():
                if tag == "M" and isinstance(content, dict):
                    waiting.extend(cast("dict[str, Any]", content).values())
                elif tag == "L" and isinstance(content, list | tuple):
                    waiting.extend(cast("Sequence[Any]", content))
                elif tag == "B":
                    self._one(content)
                elif tag == "BS" and isinstance(content, list | tuple):
                    for one in cast("Sequence[Any]", content):
                        self._one(one)

    def _one(self, content: Any) -> None:
        self._count += isinstance(content, bytes | bytearray)
        self._texts += isinstance(content, str)


def _invalid(operation: str, request: Mapping[str, Any], text: str) -> InvalidRequest:
    table = request.get("TableName")
    return InvalidRequest(
        text,
        code="ValidationException",
        operation=operation,
        table=table if isinstance(table, str) else None,
    )


def _refusal(operation: str, answer: Answer) -> Refused:
    """Read an error as botocore reads it (its `parsers` module, protocol `json`)."""
    try:
        read: Any = orjson.loads(answer.body)
        if isinstance(read, dict):
            convert_answer(operation, cast("dict[str, Any]", read), answer.body)
    except ValueError:
        read = None
    said = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    kind = said.get("__type")
    code = str(answer.status) if kind is None else str(kind)
    text = said.get("message") or said.get("Message")
    if text is None and not said:
        text = answer.body.decode(errors="replace")
        page = answer.body.strip()
        if answer.status >= 500 and (not page or page.startswith(b"<html>")):
            text = responses.get(answer.status, "")
    return Refused(
        {
            **said,
            "Error": {"Code": code.partition(":")[0].rpartition("#")[2], "Message": text or ""},
            "ResponseMetadata": {"HTTPStatusCode": answer.status},
        }
    )
