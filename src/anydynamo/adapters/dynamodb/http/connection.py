"""One connection: a request goes out, its answer comes back, and nothing else may.

The parser is llhttp, Node's, through httptools. What it does not bound is bounded here, and what
makes a connection unfit for a further request is found out before one is risked on it.
"""

from __future__ import annotations

import asyncio
import math
import select
import socket
from typing import TYPE_CHECKING, Any, Final, cast

from anydynamo.adapters.dynamodb.http.answers import Answer, Damaged, unpack
from anydynamo.adapters.dynamodb.http.failures import ExchangeFailed, Lost, NotSent
from anydynamo.errors import MissingDependency

try:
    import httptools
except ImportError as error:
    raise MissingDependency(
        "DynamoDB's direct transport needs httptools, which is not installed:"
        " pip install 'anydynamo[dynamodb]'"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from anydynamo.adapters.dynamodb.http.failures import Reason

    class Owner(Protocol):
        """What a connection tells of itself."""

        def release(self, connection: Connection) -> None:
            """The connection can take a further request."""
            ...

        def forget(self, connection: Connection) -> None:
            """The connection is gone."""
            ...


__all__ = ["Connection", "Owner"]

HEAD_BYTES: Final = 64 * 1024
"""What the heads of an answer, interim ones included, may have on top of the body."""


class Connection(asyncio.Protocol):
    """A connection that carries one exchange at a time.

    Args:
        owner: Who is told that it is free or gone.
        place: Host and port, for messages.
        most: How many bytes a body may have.

    Attributes:
        closed: Whether it is over, or about to be.
        deadline: When the exchange under way is to end, by the loop's clock.
        used: When it was last handed out, by the same clock.
        fresh: Whether the owner has not yet had it back from an exchange.
    """

    __slots__ = (
        "_answer",
        "_fields",
        "_keep",
        "_most",
        "_owner",
        "_parser",
        "_parts",
        "_place",
        "_readable",
        "_received",
        "_status",
        "_transport",
        "_unsent",
        "closed",
        "deadline",
        "fresh",
        "on_body",
        "on_header",
        "used",
    )

    def __init__(self, owner: Owner, place: str, most: int) -> None:
        self._owner = owner
        self._place = place
        self._most = most
        self._transport: asyncio.Transport | None = None
        self._readable: Callable[[], bool] = _never
        self._answer: asyncio.Future[Answer] | None = None
        self._fields: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._status = 0
        self._keep = True
        self._received = 0
        self._unsent = False
        self.closed = False
        self.deadline = math.inf
        self.used = 0.0
        self.fresh = True
        # What the parser calls for each header and each piece of a body, without Python between.
        self.on_header = self._fields.__setitem__
        self.on_body = self._parts.append
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)

    @property
    def transport(self) -> asyncio.Transport | None:
        """What it is connected by."""
        return self._transport

    def send(self, request: bytes, answer: asyncio.Future[Answer], deadline: float) -> None:
        """Write a request; `answer` gets its answer, or `NotSent` or `Lost`."""
        self._answer = answer
        self.deadline = deadline
        self._received = 0
        transport = self._transport
        assert transport is not None  # noqa: S101 (it is connected before it is handed out)
        transport.write(request)

    def is_sound(self) -> bool:
        """Tell whether nothing speaks against a request: not closed, and nothing to be read.

        What could be read is the end of the stream or an answer that nobody asked for.
        """
        return not self.closed and not self._readable()

    def carries(self, answer: asyncio.Future[Answer]) -> bool:
        """Tell whether the exchange that `answer` belongs to is under way."""
        return self._answer is answer

    def fail(self, message: str, reason: Reason, cause: BaseException | None = None) -> None:
        """End the exchange under way without an answer, and the connection with it."""
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            failure: ExchangeFailed
            if self._unsent:
                failure = NotSent(f"The request to {self._place} was not sent: {message}", reason)
            else:
                failure = Lost(
                    f"{self._place} did not answer a request that it may have carried out:"
                    f" {message}",
                    reason,
                )
            failure.__cause__ = cause
            answer.set_exception(failure)
        self.abort()

    def abort(self) -> None:
        """End the connection at once; the owner hears of it when it is gone."""
        self.closed = True
        self._answer = None
        if self._transport is not None:
            self._transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport over."""
        self._transport = cast("asyncio.Transport", transport)
        # Pausing at the first byte that stays here tells whether a request left as a whole. Plain
        # transports pause above the limit, and those of TLS at it.
        encrypted = transport.get_extra_info("ssl_object") is not None
        self._transport.set_write_buffer_limits(high=1 if encrypted else 0, low=0)
        peer: Any = transport.get_extra_info("socket")
        if peer is not None:
            if peer.family in (socket.AF_INET, socket.AF_INET6):
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._readable = _watch(peer.fileno())

    def pause_writing(self) -> None:
        """Note that a part of the request has not left."""
        self._unsent = True

    def resume_writing(self) -> None:
        """Note that the request has left."""
        self._unsent = False

    def data_received(self, data: bytes) -> None:
        """Parse what arrived; an answer that is complete with it is handed over."""
        parser, answer = self._parser, self._answer
        if answer is None or parser is None:
            # Nobody asked, or nobody waits any more.
            self.abort()
            return
        self._received += len(data)
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._status:
                self.fail(f"its answer is not HTTP/1.1 ({error})", "answer", error)
                return
            # What follows a complete answer ends the connection, and not the exchange.
            self._keep = False
        if self._status:
            self._finish(answer)
        elif self._received > self._most + HEAD_BYTES:
            self.fail(f"its answer has more than {self._most} bytes", "answer")

    def eof_received(self) -> None:
        """Complete an answer that only the end of the stream delimits."""
        self.closed = True
        parser, answer = self._parser, self._answer
        fields = {name.lower() for name in self._fields}
        delimited = b"content-length" in fields or b"transfer-encoding" in fields
        if answer is not None and parser is not None and self._parts and not delimited:
            self._status = parser.get_status_code()
            self._keep = False
            self._finish(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the exchange under way, if there is one, and break the cycle with the parser."""
        self.closed = True
        self.fail(f"the connection was lost ({exc or 'closed by the server'})", "connection", exc)
        self._parser = None
        self._transport = None
        self._readable = _never
        self._owner.forget(self)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Refuse a second answer to one request."""
        if self._status:
            raise ValueError("a second answer")

    def on_message_complete(self) -> None:
        """Note a final answer; an interim one is dropped."""
        parser = self._parser
        assert parser is not None  # noqa: S101 (it is what calls)
        status = parser.get_status_code()
        if status < 200:
            self._fields.clear()
            self._parts.clear()
            return
        self._status = status
        self._keep = parser.should_keep_alive()

    def _finish(self, answer: asyncio.Future[Answer]) -> None:
        status, fields, parts = self._status, self._fields, self._parts
        received = {name.lower(): value for name, value in fields.items()}
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        fields.clear()
        parts.clear()
        self._status = 0
        try:
            unpacked = unpack(status, received, body, most=self._most)
        except Damaged as damage:
            self.fail(f"the body of its answer is damaged: {damage}", damage.reason, damage)
            return
        self._answer = None
        if not answer.done():
            answer.set_result(unpacked)
        if self._keep and not self._unsent and not self.closed:
            self._owner.release(self)
        else:
            self.abort()


def _never() -> bool:
    return False


def _watch(descriptor: int) -> Callable[[], bool]:
    """Return what tells at once whether a socket has something to be read."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return lambda: bool(poll.poll(0))
    return lambda: bool(select.select([descriptor], [], [], 0)[0])
