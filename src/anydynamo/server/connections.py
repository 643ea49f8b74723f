"""One client's connection: bytes become requests, which are answered one after the other.

The parser is llhttp, Node's, through httptools. What it does not bound is bounded here: how long a
head may be, how large a body, how long a request may take to arrive and a reply to be taken, how
many requests may wait, and how many bytes all connections together may hold.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from anydynamo.errors import InvalidRequest, MissingDependency, RequestTimeout, ServiceFault
from anydynamo.server.begun import Begun
from anydynamo.server.deliveries import Delivery
from anydynamo.server.messages import Reply, Request, accepts_gzip, refuse, render

try:
    import httptools
except ImportError as error:
    raise MissingDependency(
        "The server needs httptools, which is not installed: pip install 'anydynamo[server]'"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Connection", "Hub", "Limits"]

# A client that expects to be told to go on has been told so by then.
_UPGRADING = frozenset(("connection", "upgrade", "http2-settings", "expect"))
_WHOLE = Delivery.WHOLE
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@lru_cache(maxsize=256)
def _header_name(name: bytes) -> str:
    return name.decode("latin-1").lower()


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may ask for.

    Attributes:
        connections: How many may be open.
        head: The bytes of a request's line and headers.
        body: The bytes of a request's body; DynamoDB takes 16 MB.
        held: The bytes of all bodies together that have arrived and are not answered.
        idle: The seconds for which a connection stays open without a request.
        arriving: The seconds in which a request must have arrived.
        taking: The seconds in which a client must begin to read a reply that it lets wait.
        lingering: The seconds for which a refused client is listened to, so that it can read why.
    """

    connections: int = 1024
    head: int = 64 * 1024
    body: int = 16 * 1024 * 1024
    held: int = 256 * 1024 * 1024
    idle: float = 75.0
    arriving: float = 30.0
    taking: float = 30.0
    lingering: float = 2.0


class Hub:
    """What the connections of a server share."""

    def __init__(
        self,
        answer: Callable[[Request], Coroutine[Any, Any, Reply]],
        *,
        needs_task: bool = True,
        limits: Limits | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Begin without connections; a loop must be running.

        Args:
            answer: Carries out a request, and never raises.
            needs_task: Whether it must be awaited in a task of asyncio's; see `Begun`.
            limits: What clients may ask for.
            clock: Seconds that only grow; the loop's own if not given.
        """
        self.answer = answer
        self.needs_task = needs_task
        self.limits = limits or Limits()
        self.clock = clock or asyncio.get_running_loop().time
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.held = 0
        self.stopping = False
        self._emptied = asyncio.Event()

    def connection(self) -> Connection:
        """Make what handles a new connection."""
        return Connection(self)

    def forget(self, connection: Connection) -> None:
        """Drop a connection that is closed."""
        self.connections.discard(connection)
        if self.stopping and not self.connections:
            self._emptied.set()

    def sweep(self) -> None:
        """End what has taken too long."""
        now = self.clock()
        for connection in list(self.connections):
            if connection.deadline <= now:
                connection.expire()

    async def stop(self, grace: float) -> None:
        """Let requests under way finish, and close every connection.

        Args:
            grace: For how many seconds they may go on.
        """
        self.stopping = True
        for connection in list(self.connections):
            connection.finish()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                if self.tasks:
                    await asyncio.wait(set(self.tasks))
                if self.connections:
                    await self._emptied.wait()
        for task in set(self.tasks):
            task.cancel()
        for connection in list(self.connections):
            connection.abort()


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._limits = hub.limits
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[Request | Reply] = deque()
        self._task: asyncio.Task[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        # Whether bytes are still parsed; a refused client's are thrown away.
        self._reading = True
        self._arriving = False
        self._held = 0
        # Bytes since anything came of them: a head without end, or trailers without end.
        self._fruitless = 0
        self.deadline = math.inf
        self._begin()

    def _begin(self) -> None:
        self._url: list[bytes] = []
        self._headers: dict[str, str] = {}
        # Not a list of pieces: a client may send one byte at a time, and each would be an object.
        self._body = bytearray()
        self._size = 0

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self._transport = cast("asyncio.Transport", transport)
        hub = self._hub
        crowded = len(hub.connections) >= self._limits.connections
        hub.connections.add(self)
        self.deadline = hub.clock() + self._limits.idle
        if crowded or hub.stopping:
            text = "The server has as many connections as it takes"
            self._refuse(503, ServiceFault(text, code="ServiceUnavailableException"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget the connection; a request under way is carried out all the same."""
        self._transport = None
        self._reading = False
        self._waiting.clear()
        self._release(self._held)
        self._begin()
        self.deadline = math.inf
        self.resume_writing()
        self._hub.forget(self)

    def data_received(self, data: bytes) -> None:
        """Take in what has arrived."""
        while data and self._reading:
            self._fruitless += len(data)
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade() + data[int(upgrade.args[0]) :]
                continue
            except httptools.HttpParserError:
                if self._reading:
                    self._refuse(400, _malformed("The request is not HTTP/1.1 that can be read"))
                return
            break
        if not self._reading:
            return
        if self._fruitless > self._limits.head:
            self._refuse(431, _malformed("The request's headers are too large"))
        elif not self._arriving and self._fruitless:
            self._arrive()
        if self._waiting and self._transport is not None:
            # One request is being answered and another waits: enough for now.
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Answer what has arrived whole, and then close."""
        self._reading = False
        if self._task is None:
            return False
        self._waiting.append(_END)
        return True

    def pause_writing(self) -> None:
        """Wait for a client that does not read its replies."""
        if self._writable is None:
            self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Go on."""
        if self._writable is not None:
            self._writable.set_result(None)
            self._writable = None

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._begin()
        self._arrive()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request's target."""
        self._url.append(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; of several with one name the last one counts."""
        self._headers[_header_name(name)] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Refuse a body that is announced to be too large, before it is sent."""
        self._fruitless = 0
        announced = self._headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self._limits.body:
            self._refuse(413, _too_large(self._limits.body))
        elif (
            self._headers.get("expect", "").lower() == "100-continue"
            and self._task is None
            and self._transport is not None
        ):
            self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if not self._reading:
            return
        self._fruitless = 0
        self._size += len(body)
        if self._size > self._limits.body:
            self._refuse(413, _too_large(self._limits.body))
            return
        self._held += len(body)
        self._hub.held += len(body)
        if self._hub.held > self._limits.held:
            text = "The server has as many requests as it can hold; try again"
            self._refuse(503, ServiceFault(text, code="ServiceUnavailableException"))
            return
        self._body += body

    def on_message_complete(self) -> None:
        """Hand a whole request on."""
        if not self._reading or self._parser.should_upgrade():
            return
        self._fruitless = 0
        self._arriving = False
        keep_alive = self._parser.should_keep_alive() and not self._hub.stopping
        request = Request(
            self._parser.get_method().decode("latin-1"),
            b"".join(self._url).decode("latin-1"),
            self._headers,
            bytes(self._body),
            keep_alive,
        )
        self._begin()
        if not keep_alive:
            self._reading = False
        elif not self._hub.needs_task and self._task is None and self._writable is None:
            begun = Begun(self._hub.answer(request))
            if begun.ended and begun.result.delivery is _WHOLE:
                self._release(len(request.body))
                self._write_reply(request, begun.result, last=False)
                self._wait_for_more()
            else:
                self._start(self._work(request, begun))
            return
        self._enqueue(request)

    # What the hub calls.

    def expire(self) -> None:
        """End a connection that has passed its deadline."""
        if self._arriving and self._reading and self._task is None:
            self._refuse(408, RequestTimeout("The request took too long to arrive"))
        else:
            self.abort()

    def finish(self) -> None:
        """Answer what has arrived whole, and then close."""
        if self._task is None:
            self.abort()
        else:
            self._reading = False
            self._waiting.append(_END)

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    # The rest.

    def _arrive(self) -> None:
        self._arriving = True
        # While another request is being answered nobody need hurry.
        if self._task is None:
            self.deadline = self._hub.clock() + self._limits.arriving

    def _enqueue(self, message: Request | Reply) -> None:
        self._waiting.append(message)
        if self._task is None:
            self._start(self._work())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self.deadline = math.inf
        self._task = asyncio.get_running_loop().create_task(work)
        self._hub.tasks.add(self._task)
        self._task.add_done_callback(self._hub.tasks.discard)

    def _without_upgrade(self) -> bytes:
        """Return the head that was just read, as of a client that wants no other protocol.

        Java's client would rather speak HTTP/2, and says so with each request. It may go on as it
        began; but the parser takes what follows such a head for that other protocol.
        """
        method = self._parser.get_method()
        self._parser = httptools.HttpRequestParser(self)
        if method == b"CONNECT":
            self._refuse(400, _malformed("This server is no proxy"))
            return b""
        lines = [method + b" " + b"".join(self._url) + b" HTTP/1.1"]
        for name, value in self._headers.items():
            if name not in _UPGRADING:
                lines.append(f"{name}: {value}".encode("latin-1"))
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _refuse(self, status: int, error: ServiceFault | InvalidRequest | RequestTimeout) -> None:
        """Answer what is not even a request, after those that came before it."""
        self._reading = False
        self._arriving = False
        self._begin()
        self._enqueue(refuse(error, status=status))

    async def _work(self, first: Request | None = None, begun: Begun[Reply] | None = None) -> None:
        """Answer what waits, in order, until nothing does or the connection is to end.

        Args:
            first: A request that comes before what waits.
            begun: Its answer.
        """
        last = False
        try:
            while (first is not None or self._waiting) and not last:
                message = first or self._waiting.popleft()
                first = None
                if message is _END:
                    last = True
                elif isinstance(message, Reply):
                    self._write(render(message, close=True))
                    await self._linger()
                    return
                else:
                    answering, begun = begun or self._hub.answer(message), None
                    reply = await answering
                    self._release(len(message.body))
                    last = not message.keep_alive or self._hub.stopping
                    if reply.delivery is not _WHOLE:
                        if reply.delivery is Delivery.HELD:
                            self._withhold()
                            return
                        if reply.delivery is Delivery.CUT:
                            self.abort()
                            return
                        last = last or reply.delivery is Delivery.TRUNCATED
                    self._write_reply(message, reply, last=last)
                    if self._writable is not None:
                        self.deadline = self._hub.clock() + self._limits.taking
                        await self._writable
                        self.deadline = math.inf
        finally:
            self._task = None
        transport = self._transport
        if transport is None:
            return
        if last:
            # What is written already is still sent, within this time.
            self.deadline = self._hub.clock() + self._limits.taking
            transport.close()
            return
        self._wait_for_more()
        transport.resume_reading()

    def _write_reply(self, request: Request, reply: Reply, *, last: bool) -> None:
        compress = accepts_gzip(request.headers)
        head = request.method == "HEAD"
        self._write(render(reply, close=last, head=head, compress=compress))

    def _wait_for_more(self) -> None:
        limits = self._limits
        patience = limits.arriving if self._arriving else limits.idle
        if self._writable is not None:
            patience = limits.taking
        self.deadline = self._hub.clock() + patience

    def _withhold(self) -> None:
        """Answer nothing any more, and wait for the client to give up."""
        if self._hub.stopping:
            self.abort()
            return
        self._reading = False
        self._waiting.clear()
        self._release(self._held)
        self.deadline = self._hub.clock() + self._limits.idle
        if self._transport is not None:
            # Nothing that it sends is looked at, but its leaving is.
            self._transport.resume_reading()

    async def _linger(self) -> None:
        # Closing while the client still sends would make it see a reset and not the reply.
        self.deadline = self._hub.clock() + self._limits.lingering
        transport = self._transport
        if transport is not None:
            if transport.can_write_eof():
                transport.write_eof()
            transport.resume_reading()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _release(self, size: int) -> None:
        size = min(size, self._held)
        self._held -= size
        self._hub.held -= size


_END = Reply(0, b"")
"""Stands in the queue where the connection is to end without a further reply."""


def _malformed(text: str) -> InvalidRequest:
    return InvalidRequest(text, code="ValidationException")


def _too_large(most: int) -> InvalidRequest:
    return InvalidRequest(
        f"Request payload size exceeds the {most} bytes that it may have",
        code="RequestEntityTooLargeException",
    )
