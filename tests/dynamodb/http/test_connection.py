"""One connection without a network: what it makes of bytes, however they are cut."""

from __future__ import annotations

import asyncio
import gzip
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from hypothesis import example, given
from hypothesis import strategies as st
from tests.dynamodb.http.origin import REQUEST, render

from anydynamo.adapters.dynamodb.http import ExchangeFailed
from anydynamo.adapters.dynamodb.http.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anydynamo.adapters.dynamodb.http import Answer

PACKED = gzip.compress(b"some body" * 20, mtime=0)

ANSWERS = [
    render(),
    render(b"", status=500),
    render(PACKED, "Content-Encoding: gzip", "Empty:", "Folded: a"),
    b"HTTP/1.1 100 Continue\r\n\r\n" + render(b"twice") + render(b"twice"),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n1\r\n!\r\n0\r\nTail: x\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\n\r\n<html>busy</html>",
    b"HTTP/1.0 200 OK\r\n\r\nold",
]


class Line:
    """A transport that notes what is done with it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.ended = False

    def get_extra_info(self, name: str) -> None:
        return None

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        pass

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def abort(self) -> None:
        self.ended = True


class Holder:
    """An owner that counts what it is told."""

    def __init__(self) -> None:
        self.released = 0
        self.forgotten = 0

    def release(self, connection: Connection) -> None:
        self.released += 1

    def forget(self, connection: Connection) -> None:
        self.forgotten += 1


def outcome(pieces: Sequence[bytes]) -> tuple[Any, ...]:
    """Return what becomes of a request that is answered by this and the end of the stream."""
    loop = asyncio.new_event_loop()
    try:
        line, holder = Line(), Holder()
        connection = Connection(holder, "here:80", 1000)
        connection.connection_made(cast("asyncio.BaseTransport", line))
        answer: asyncio.Future[Answer] = loop.create_future()
        connection.send(REQUEST, answer, 1.0)
        for piece in pieces:
            if not line.ended:
                connection.data_received(piece)
        if not line.ended:
            connection.eof_received()
        connection.connection_lost(None)
        assert line.written == [REQUEST]
        assert holder.released <= 1
        assert holder.forgotten == 1
        assert connection.closed
        failure = answer.exception()
        if failure is None:
            given = answer.result()
            return given.status, given.body
        assert isinstance(failure, ExchangeFailed)
        return type(failure), failure.reason
    finally:
        loop.close()


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """What a server may send: an answer, with some bytes of it changed."""
    stream = bytearray(draw(st.sampled_from(ANSWERS)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(stream) - 1))
        stream[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(stream)


@given(stream=streams(), cuts=st.lists(st.integers(0, 200), max_size=8))
@example(stream=ANSWERS[3], cuts=list(range(200)))
@example(stream=ANSWERS[2], cuts=list(range(200)))
def test_each_request_ends_once_and_alike_however_the_answer_is_cut(
    stream: bytes, cuts: list[int]
) -> None:
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges) if a < b]
    assert outcome(pieces) == outcome([stream])
    assert outcome([stream[i : i + 1] for i in range(len(stream))]) == outcome([stream])
