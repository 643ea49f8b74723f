"""A server on loopback that does to each connection what a test tells it, byte by byte."""

from __future__ import annotations

import asyncio
import socket
import struct
import zlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anydynamo.adapters.dynamodb.http import Counters, Pool

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable


EMPTY = Counters(opening=0, idle=0, busy=0, ending=0, waiting=0)

REQUEST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 13\r\n\r\n{'number': 1}"


def render(
    body: bytes = b'{"Item": {}}', *extra: str, status: int = 200, crc: bool = True
) -> bytes:
    """Write an answer as the service does."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *extra]
    if crc:
        lines.append(f"x-amz-crc32: {zlib.crc32(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Wire:
    """The server's end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """Read a whole request."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        return head + await self._reader.readexactly(length)

    async def read(self, size: int) -> bytes:
        """Read so many bytes."""
        return await self._reader.readexactly(size)

    async def until_closed(self) -> None:
        """Read until the client ends the connection."""
        await self._reader.read()

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)

    async def flush(self) -> None:
        """Wait until what was written has left."""
        await self._writer.drain()

    def half_close(self) -> None:
        """Say that nothing more comes, and go on reading."""
        self._writer.write_eof()

    def reset(self) -> None:
        """End the connection so that the client sees a reset."""
        peer: Any = self._writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


@dataclass(slots=True)
class Origin:
    """What was seen of the clients.

    Attributes:
        port: Where it listens.
        connections: How many were accepted.
        requests: Those that were read as a whole.
        asked: Set with each of them.
        ended: Set when a connection is over; the server has then seen its end.
    """

    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def origin(
    treat: Callable[[Wire, Origin], Awaitable[None]], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Origin]:
    """Run a server that treats each connection so, and closes it afterwards."""
    seen = Origin()
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        seen.connections += 1
        try:
            await treat(Wire(reader, writer), seen)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client left, or the test is over
        finally:
            seen.ended.set()
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(list(tasks))


def serve(*answers: bytes) -> Callable[[Wire, Origin], Awaitable[None]]:
    """Treat connections as a server does that gives these answers in turn, the last for ever."""
    left = list(answers) or [render()]

    async def treat(wire: Wire, seen: Origin) -> None:
        while True:
            seen.requests.append(await wire.request())
            seen.asked.set()
            wire.write(left.pop(0) if len(left) > 1 else left[0])

    return treat


@asynccontextmanager
async def pool_to(
    seen: Origin,
    *,
    limit: int = 2,
    idle: float = 60.0,
    connect_timeout: float = 20.0,
    tls: ssl.SSLContext | None = None,
    **more: Any,
) -> AsyncIterator[Pool]:
    """Make a pool, and show that nothing of it is left when it is closed."""
    pool = Pool(
        "127.0.0.1",
        seen.port,
        tls=tls,
        limit=limit,
        idle=idle,
        connect_timeout=connect_timeout,
        **more,
    )
    try:
        yield pool
    finally:
        await pool.close()
        assert pool.counters == EMPTY


async def exchange(pool: Pool, request: bytes = REQUEST) -> tuple[int, bytes]:
    """Send a request for which there is time enough, and return status and body."""
    answer = await pool.exchange(request, timeout=20)
    return answer.status, answer.body


async def turn_until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something is so."""
    while not condition():  # noqa: ASYNC110 (the code under test has no event for it)
        await asyncio.sleep(0)
