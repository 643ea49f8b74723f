"""The connections to one endpoint: who waits for one, who has one, and when one is given up."""

from __future__ import annotations

import asyncio
import errno
import math
import os
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from anydynamo.adapters.dynamodb.http.connection import Connection
from anydynamo.adapters.dynamodb.http.failures import NotSent
from anydynamo.adapters.dynamodb.http.tls import ResumingContext
from anydynamo.errors import ConfigurationError, NotSupported

if TYPE_CHECKING:
    import ssl

    from anydynamo.adapters.dynamodb.http.answers import Answer
    from anydynamo.adapters.dynamodb.http.failures import Reason

__all__ = ["Counters", "Pool"]

BODY_BYTES: Final = 64 * 1024 * 1024
"""DynamoDB's largest answers have 16 MB of data, and binary data takes a third more as base64."""


SHORTAGES: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
"""What this machine lacks for a further connection, which is no fault of the server."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What a pool holds at a moment.

    Attributes:
        opening: Connections that are being opened.
        idle: Connections that wait for a request.
        busy: Connections with a request under way.
        ending: Connections that were given up and are not gone yet.
        waiting: Requests that wait for a connection.
    """

    opening: int
    idle: int
    busy: int
    ending: int
    waiting: int


class _Waiter:
    """A request that has no connection yet."""

    __slots__ = ("answer", "connection", "deadline", "request")

    def __init__(self, request: bytes, answer: asyncio.Future[Answer], deadline: float) -> None:
        self.request = request
        self.answer = answer
        self.deadline = deadline
        self.connection: Connection | None = None


class Pool:
    """Keep-alive connections to one endpoint.

    It belongs to the event loop and the process of its first exchange. Nothing is connected before.

    Args:
        host: A name or an address.
        port: The port.
        tls: How to verify the server; None speaks plain HTTP. A `ResumingContext` resumes sessions.
        limit: How many connections may be open; further requests wait, first come, first served.
        connect_timeout: How many seconds a connection may take, handshake included.
        idle: After how many seconds without a request a connection is closed. Less than the
            server's own limit, so that it does not close one under a request.
        most: How many bytes the body of an answer may have, uncompressed.

    Raises:
        ConfigurationError: A bound is not positive.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        limit: int,
        connect_timeout: float,
        idle: float,
        most: int = BODY_BYTES,
    ) -> None:
        for name, bound in (
            ("limit", limit),
            ("connect_timeout", connect_timeout),
            ("idle", idle),
            ("most", most),
        ):
            # Not `<= 0`, which lets what is no number pass.
            if not bound > 0:
                raise ConfigurationError(f"{name} must be positive, and is {bound}")
        self._host = host
        self._port = port
        self._place = f"{host}:{port}"
        self._tls = tls
        self._limit = limit
        self._connect_timeout = connect_timeout
        self._idle_seconds = idle
        self._most = most
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0
        self._closed = False
        self._open: set[Connection] = set()
        self._idle: dict[Connection, None] = {}
        self._opening: set[asyncio.Task[NotSent | None]] = set()
        self._waiters: OrderedDict[_Waiter, None] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes = math.inf
        self._emptied: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"Pool({self._place!r}, {self.counters})"

    @property
    def counters(self) -> Counters:
        """What it holds now."""
        ending = sum(connection.closed for connection in self._open)
        idle = sum(not connection.closed for connection in self._idle)
        return Counters(
            opening=len(self._opening),
            idle=idle,
            busy=len(self._open) - idle - ending,
            ending=ending,
            waiting=len(self._waiters),
        )

    async def exchange(self, request: bytes, *, timeout: float) -> Answer:  # noqa: ASYNC109 (one timer serves all exchanges; asyncio.timeout makes one for each)
        """Send a request, and return its answer, whatever its status.

        Cancelled while the request is under way, it ends that connection; before that, it leaves
        its place in the queue. Whether a request was carried out that was cancelled is not known.

        Args:
            request: A whole request as it goes over the wire, with `Content-Length` if it has a
                body. It is kept until it is sent, and must not change.
            timeout: For how many seconds, from now, to wait for all of the answer: for a free
                connection, for opening it, and for the server.

        Raises:
            NotSent: The server cannot have received the whole request.
            Lost: The request may have been carried out.
            NotSupported: The pool belongs to another event loop or process.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop or self._process != os.getpid():
            self._bind()
        if self._closed:
            raise self._refusal()
        now = loop.time()
        deadline = now + timeout
        answer: asyncio.Future[Answer] = loop.create_future()
        if deadline < self._wakes:
            self._wake_at(deadline)
        idle = self._idle
        while idle:
            connection, _ = idle.popitem()
            if now - connection.used >= self._idle_seconds or not connection.is_sound():
                connection.abort()
                continue
            connection.used = now
            connection.send(request, answer, deadline)
            try:
                return await answer
            except asyncio.CancelledError:
                if connection.carries(answer):
                    connection.abort()
                raise
        return await self._queue(_Waiter(request, answer, deadline))

    async def warm(self, count: int) -> None:
        """Open connections before they are needed, up to `count` or the pool's limit.

        Raises:
            NotSent: One cannot be opened.
            NotSupported: The pool belongs to another event loop or process.
        """
        self._bind()
        if self._closed:
            raise self._refusal()
        missing = min(count, self._limit) - len(self._open) - len(self._opening)
        tasks = [self._start() for _ in range(missing)]
        if tasks:
            # Unlike gather, it leaves them to the pool when it is cancelled.
            await asyncio.wait(tasks)
        for task in tasks:
            failure = self._refusal() if task.cancelled() else task.result()
            if failure is not None:
                raise failure

    async def close(self) -> None:
        """Close every connection; requests that wait end with `NotSent`, those under way as `Lost`.

        It returns when all sockets are closed, and may be called again.

        Raises:
            NotSupported: The pool belongs to another event loop or process.
        """
        loop = self._bind()
        self._closed = True
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            _fail(waiter, self._refusal())
        for task in self._opening:
            task.cancel()
        for connection in list(self._open):
            connection.fail("the database was closed meanwhile", "closed")
        self._idle.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._opening:
            await asyncio.wait(self._opening)
            # One that was cancelled before it began has not done so itself.
            self._opening.clear()
        if self._open:
            if self._emptied is None:
                self._emptied = loop.create_future()
            await asyncio.shield(self._emptied)

    # What connections tell.

    def release(self, connection: Connection) -> None:
        """Take a connection back from an exchange."""
        if connection.fresh:
            connection.fresh = False
            self._remember(connection)
        self._offer(connection)

    def forget(self, connection: Connection) -> None:
        """Drop a connection that is gone; what waits may need another one."""
        self._idle.pop(connection, None)
        self._open.discard(connection)
        if self._emptied is not None and not self._open and not self._emptied.done():
            self._emptied.set_result(None)
        self._open_more()

    # Waiting and opening.

    def _offer(self, connection: Connection) -> None:
        """Give a connection to who has waited longest, or keep it."""
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            if not waiter.answer.done():
                waiter.connection = connection
                # Its request may have waited long; the connection is in use only from now on.
                connection.used = self._time()
                connection.send(waiter.request, waiter.answer, waiter.deadline)
                return
        self._idle[connection] = None
        expires = connection.used + self._idle_seconds
        if expires < self._wakes:
            self._wake_at(expires)

    async def _queue(self, waiter: _Waiter) -> Answer:
        self._waiters[waiter] = None
        self._open_more()
        try:
            return await waiter.answer
        except asyncio.CancelledError:
            self._waiters.pop(waiter, None)
            if waiter.connection is not None and waiter.connection.carries(waiter.answer):
                waiter.connection.abort()
            raise

    def _open_more(self) -> None:
        """Begin to open as many connections as are waited for, within the limit."""
        if self._closed:
            return
        room = self._limit - len(self._open) - len(self._opening)
        for _ in range(min(room, len(self._waiters) - len(self._opening))):
            self._start()

    def _start(self) -> asyncio.Task[NotSent | None]:
        task = asyncio.get_running_loop().create_task(self._connect())
        self._opening.add(task)
        return task

    async def _connect(self) -> NotSent | None:
        """Open a connection for who waits longest, and return why it cannot be opened."""
        failure: NotSent | None = None
        connection: Connection | None = None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_timeout):
                _, connection = await loop.create_connection(
                    lambda: Connection(self, self._place, self._most),
                    self._host,
                    self._port,
                    ssl=self._tls,
                )
        except TimeoutError as error:
            failure = self._unreachable(
                f"no connection within {self._connect_timeout:g} s", "timeout", error
            )
        # A name that cannot be one is a UnicodeError.
        except (OSError, UnicodeError) as error:
            failure = self._unreachable(str(error), "connection", error)
        finally:
            self._opening.discard(asyncio.current_task())
        if connection is not None:
            if connection.closed:
                failure = self._unreachable(
                    "the server closed the connection at once", "connection", None
                )
            else:
                self._open.add(connection)
                connection.used = loop.time()
                self._offer(connection)
        if failure is None or not self._waiters:
            return failure
        cause = failure.__cause__
        if self._open and isinstance(cause, OSError) and cause.errno in SHORTAGES:
            # No more connections can be had than there are, and those will serve who waits.
            return failure
        waiter, _ = self._waiters.popitem(last=False)
        _fail(waiter, failure)
        self._open_more()
        return failure

    def _unreachable(self, why: str, reason: Reason, cause: BaseException | None) -> NotSent:
        failure = NotSent(
            f"Cannot connect to {self._place}: {why}; check the endpoint, the network between and,"
            " if there are too many open files, the process's limit",
            reason,
        )
        failure.__cause__ = cause
        return failure

    def _refusal(self) -> NotSent:
        return NotSent(
            f"The request to {self._place} was not sent: the database is closed", "closed"
        )

    def _remember(self, connection: Connection) -> None:
        """Keep the TLS session of a connection for the next ones."""
        transport = connection.transport
        if isinstance(self._tls, ResumingContext) and transport is not None:
            self._tls.remember(self._host, transport.get_extra_info("ssl_object"))

    # Time.

    def _time(self) -> float:
        return asyncio.get_running_loop().time()

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes = when
        self._timer = asyncio.get_running_loop().call_at(when, self._sweep)

    def _sweep(self) -> None:
        """End what is past its deadline and close what was idle too long."""
        now = max(self._time(), self._wakes)
        self._wakes, self._timer = math.inf, None
        nearest = math.inf
        for waiter in [waiter for waiter in self._waiters if waiter.deadline <= now]:
            del self._waiters[waiter]
            _fail(
                waiter,
                NotSent(
                    f"The request to {self._place} was not sent: no connection was free or could be"
                    f" opened in time; {self._limit} may be open",
                    "timeout",
                ),
            )
        for waiter in self._waiters:
            nearest = min(nearest, waiter.deadline)
        for connection in list(self._open):
            if connection in self._idle:
                expires = connection.used + self._idle_seconds
                if expires <= now:
                    del self._idle[connection]
                    connection.abort()
                else:
                    nearest = min(nearest, expires)
            elif connection.closed:
                continue
            elif connection.deadline <= now:
                connection.fail("the time for it is over", "timeout")
            else:
                nearest = min(nearest, connection.deadline)
        if nearest < math.inf:
            self._wake_at(nearest)

    def _bind(self) -> asyncio.AbstractEventLoop:
        """Return the loop, which becomes the pool's with the first call.

        Raises:
            NotSupported: The pool belongs to another loop or process.
        """
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop, self._process = loop, os.getpid()
        elif self._process != os.getpid():
            raise NotSupported(
                f"The connections to {self._place} belong to the process that opened them, and this"
                " one was forked from it; open the database after the fork"
            )
        elif self._loop is not loop:
            raise NotSupported(
                f"The connections to {self._place} belong to the event loop that opened them, and"
                " this is another one; open one database per event loop"
            )
        return loop


def _fail(waiter: _Waiter, failure: NotSent) -> None:
    if not waiter.answer.done():
        waiter.answer.set_exception(failure)
