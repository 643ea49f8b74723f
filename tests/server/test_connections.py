"""Connections: bytes in, bytes out, without sockets and on a clock of the test's."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import re
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anydynamo.server.connections import Connection, Hub, Limits
from anydynamo.server.messages import Reply, Request, accepts_gzip, render

if TYPE_CHECKING:
    from collections.abc import Callable


class Wire(asyncio.Transport):
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.ended = False
        self.paused = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Stage:
    """A hub whose requests are answered when the test says so."""

    needs_task = True

    def __init__(self, limits: Limits | None = None, *, held_back: bool = False) -> None:
        self.now = 0.0
        self.asked: list[Request] = []
        self.go = asyncio.Event()
        if not held_back:
            self.go.set()
        self.hub = Hub(
            self.answer, needs_task=self.needs_task, limits=limits, clock=lambda: self.now
        )

    async def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        await self.go.wait()
        return Reply(200, request.body or b"none")

    def connect(self) -> tuple[Connection, Wire]:
        connection, wire = self.hub.connection(), Wire()
        connection.connection_made(wire)
        return connection, wire

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture(autouse=True, params=[True, False], ids=["in-tasks", "begun-without"])
def _needs_task(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each test twice: answers in tasks, and begun without one."""
    monkeypatch.setattr(Stage, "needs_task", request.param)


def post(body: bytes = b"{}", *headers: bytes, version: bytes = b"1.1") -> bytes:
    lines = (b"POST / HTTP/" + version, b"Host: x", b"Content-Length: %d" % len(body), *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def statuses(wire: Wire) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", wire.written)]


async def test_a_request_is_taken_in_whatever_pieces_it_comes() -> None:
    stage = Stage()
    connection, wire = stage.connect()
    for byte in post(b'{"a":1}', b"X-Amz-Target: T"):
        connection.data_received(bytes([byte]))
    await stage.settle()
    (request,) = stage.asked
    assert (request.method, request.target, request.body) == ("POST", "/", b'{"a":1}')
    assert request.headers["x-amz-target"] == "T"
    assert wire.written.endswith(b'{"a":1}')
    assert not wire.is_closing()


async def test_a_chunked_body_is_put_together() -> None:
    stage = Stage()
    connection, _ = stage.connect()
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.data_received(head + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    await stage.settle()
    assert stage.asked[0].body == b"{}"


async def test_a_body_in_the_smallest_pieces_takes_no_more_memory_than_in_one() -> None:
    stage = Stage()
    connection, _ = stage.connect()
    connection.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    pieces = b"2\r\nab\r\n" * 50
    tracemalloc.start()
    try:
        for _ in range(400):
            connection.data_received(pieces)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 40_000
    connection.data_received(b"0\r\n\r\n")
    await stage.settle()
    assert stage.asked[0].body == b"ab" * 20_000


async def test_requests_that_are_sent_ahead_are_answered_in_order() -> None:
    stage = Stage(held_back=True)
    connection, wire = stage.connect()
    connection.data_received(post(b"one") + post(b"two") + post(b"three"))
    assert wire.paused
    await stage.settle()
    assert len(stage.asked) == 1
    stage.go.set()
    await stage.settle()
    assert [wire.written.index(body) for body in (b"one", b"two", b"three")] == sorted(
        wire.written.index(body) for body in (b"one", b"two", b"three")
    )
    assert statuses(wire) == [200, 200, 200]
    assert not wire.paused


@pytest.mark.parametrize(
    "request_",
    [post(b"{}", b"Connection: close"), post(version=b"1.0")],
    ids=["close", "1.0"],
)
async def test_a_connection_ends_when_the_client_wants_it_to(request_: bytes) -> None:
    stage = Stage()
    connection, wire = stage.connect()
    connection.data_received(request_)
    await stage.settle()
    assert b"Connection: close\r\n" in wire.written
    assert wire.is_closing()


async def test_a_client_that_sends_nothing_more_is_still_answered() -> None:
    stage = Stage(held_back=True)
    connection, wire = stage.connect()
    connection.data_received(post())
    assert connection.eof_received()
    stage.go.set()
    await stage.settle()
    assert statuses(wire) == [200]
    assert wire.is_closing()


async def test_a_client_that_would_rather_speak_http_2_is_answered_as_it_asked() -> None:
    stage = Stage()
    connection, wire = stage.connect()
    upgrade = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")
    connection.data_received(post(b"one", *upgrade) + post(b"two"))
    await stage.settle()
    assert [request.body for request in stage.asked] == [b"one", b"two"]
    assert statuses(wire) == [200, 200]


async def test_who_takes_the_server_for_a_proxy_is_refused() -> None:
    stage = Stage()
    connection, wire = stage.connect()
    connection.data_received(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n")
    await stage.settle()
    assert statuses(wire) == [400]


async def test_a_client_that_asks_whether_to_go_on_is_told_so() -> None:
    stage = Stage()
    connection, wire = stage.connect()
    head, _, body = post(b"{}", b"Expect: 100-continue").partition(b"\r\n\r\n")
    connection.data_received(head + b"\r\n\r\n")
    assert wire.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.data_received(body)
    await stage.settle()
    assert statuses(wire) == [100, 200]


async def test_a_body_announced_as_too_large_is_refused_before_it_is_sent() -> None:
    stage = Stage(Limits(body=10))
    connection, wire = stage.connect()
    connection.data_received(b"POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n")
    await stage.settle()
    assert statuses(wire) == [413]
    assert wire.ended
    connection.data_received(b"x" * 11)
    assert stage.asked == []
    stage.now = 2.0
    stage.hub.sweep()
    assert wire.is_closing()


async def test_a_body_that_grows_too_large_is_refused() -> None:
    stage = Stage(Limits(body=10))
    connection, wire = stage.connect()
    connection.data_received(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.data_received(b"6\r\n123456\r\n5\r\n12345\r\n")
    await stage.settle()
    assert statuses(wire) == [413]
    connection.connection_lost(None)
    assert stage.hub.held == 0


@pytest.mark.parametrize("size", [10, 11])
async def test_the_largest_body_is_taken(size: int) -> None:
    stage = Stage(Limits(body=10))
    connection, wire = stage.connect()
    connection.data_received(post(b"x" * size))
    await stage.settle()
    assert statuses(wire) == [200 if size == 10 else 413]


@pytest.mark.parametrize(
    "endless",
    [
        b"POST / HTTP/1.1\r\nX: " + b"x" * 2000,
        b"POST /" + b"x" * 2000,
        b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 400,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 400,
    ],
    ids=["header", "target", "headers", "trailers"],
)
async def test_a_head_without_end_is_refused(endless: bytes) -> None:
    stage = Stage(Limits(head=1000))
    connection, wire = stage.connect()
    for start in range(0, len(endless), 100):
        connection.data_received(endless[start : start + 100])
    await stage.settle()
    assert statuses(wire) == [431]
    assert stage.asked == []


async def test_more_than_the_server_can_hold_is_to_be_sent_again() -> None:
    stage = Stage(Limits(held=10), held_back=True)
    one, _ = stage.connect()
    one.data_received(post(b"12345678"))
    two, wire = stage.connect()
    two.data_received(post(b"12345678"))
    await stage.settle()
    assert statuses(wire) == [503]
    two.connection_lost(None)
    stage.go.set()
    await stage.settle()
    assert stage.hub.held == 0


async def test_more_connections_than_the_server_takes_are_refused() -> None:
    stage = Stage(Limits(connections=1))
    first, _ = stage.connect()
    _, wire = stage.connect()
    await stage.settle()
    assert statuses(wire) == [503]
    first.connection_lost(None)
    assert len(stage.hub.connections) == 1


@given(noise=st.binary(min_size=1, max_size=300))
async def test_noise_is_refused_or_waited_for(noise: bytes) -> None:
    stage = Stage()
    connection, wire = stage.connect()
    connection.data_received(noise)
    await stage.settle()
    assert set(statuses(wire)) <= {200, 400}
    # Nothing is waited for without end.
    stage.now = 1000.0
    stage.hub.sweep()
    await stage.settle()
    stage.now = 2000.0
    stage.hub.sweep()
    assert wire.is_closing()
    connection.connection_lost(None)
    assert (stage.hub.held, stage.hub.connections) == (0, set())


@given(cuts=st.lists(st.integers(min_value=1, max_value=120), max_size=6))
async def test_where_a_request_is_cut_makes_no_difference(cuts: list[int]) -> None:
    stage = Stage()
    connection, wire = stage.connect()
    sent = post(b"one") + post(b"two", b"X: y")
    edges = [0, *sorted(cuts), len(sent)]
    for start, end in itertools.pairwise(edges):
        connection.data_received(sent[start:end])
    await stage.settle()
    assert [request.body for request in stage.asked] == [b"one", b"two"]
    assert statuses(wire) == [200, 200]


async def test_a_request_that_takes_too_long_to_arrive_is_given_up() -> None:
    stage = Stage()
    connection, wire = stage.connect()
    connection.data_received(post()[:-1])
    stage.now = 29.9
    stage.hub.sweep()
    await stage.settle()
    assert statuses(wire) == []
    stage.now = 30.0
    stage.hub.sweep()
    await stage.settle()
    assert statuses(wire) == [408]


async def test_a_slow_client_cannot_prolong_its_time_by_sending_a_little() -> None:
    stage = Stage()
    connection, wire = stage.connect()
    for byte in post(b"x" * 100)[:60]:
        stage.now += 1.0
        connection.data_received(bytes([byte]))
        stage.hub.sweep()
    await stage.settle()
    assert statuses(wire) == [408]


async def test_an_idle_connection_is_closed() -> None:
    stage = Stage()
    connection, wire = stage.connect()
    stage.now = 50.0
    connection.data_received(post())
    await stage.settle()
    stage.now = 124.0
    stage.hub.sweep()
    assert not wire.is_closing()
    stage.now = 125.0
    stage.hub.sweep()
    assert wire.is_closing()
    assert statuses(wire) == [200]


async def test_a_request_under_way_has_no_deadline() -> None:
    stage = Stage(held_back=True)
    connection, wire = stage.connect()
    connection.data_received(post() + post()[:5])
    stage.now = 1000.0
    stage.hub.sweep()
    assert not wire.is_closing()
    stage.go.set()
    await stage.settle()
    assert statuses(wire) == [200]
    stage.now = 1030.0
    stage.hub.sweep()
    await stage.settle()
    assert statuses(wire) == [200, 408]


async def test_a_client_that_does_not_read_is_not_answered_further_and_then_closed() -> None:
    stage = Stage()
    connection, wire = stage.connect()
    connection.pause_writing()
    connection.data_received(post(b"one") + post(b"two"))
    await stage.settle()
    assert len(stage.asked) == 1
    stage.now = 30.0
    stage.hub.sweep()
    assert wire.is_closing()
    connection.connection_lost(None)
    await stage.settle()
    assert len(stage.asked) == 1
    assert stage.hub.held == 0
    assert not stage.hub.tasks


async def test_a_client_that_reads_again_is_answered_further() -> None:
    stage = Stage()
    connection, wire = stage.connect()
    connection.pause_writing()
    connection.data_received(post(b"one") + post(b"two"))
    await stage.settle()
    connection.resume_writing()
    await stage.settle()
    stage.now = 74.0
    stage.hub.sweep()
    assert statuses(wire) == [200, 200]
    assert not wire.is_closing()


async def test_a_request_whose_client_is_gone_is_carried_out_and_the_next_one_is_not() -> None:
    stage = Stage(held_back=True)
    connection, wire = stage.connect()
    connection.data_received(post(b"one") + post(b"two"))
    await stage.settle()
    connection.connection_lost(None)
    stage.go.set()
    await stage.settle()
    assert [request.body for request in stage.asked] == [b"one"]
    assert wire.written == b""
    assert stage.hub.held == 0


async def test_stopping_finishes_what_is_under_way_and_closes_the_rest() -> None:
    stage = Stage(held_back=True)
    busy, busy_wire = stage.connect()
    busy.data_received(post(b"one"))
    idle, idle_wire = stage.connect()
    await stage.settle()
    stopping = asyncio.create_task(stage.hub.stop(60.0))
    await stage.settle()
    assert idle_wire.is_closing()
    assert not busy_wire.is_closing()
    stage.go.set()
    await stage.settle()
    assert statuses(busy_wire) == [200]
    assert b"Connection: close\r\n" in busy_wire.written
    for connection in (busy, idle):
        connection.connection_lost(None)
    await stopping
    assert stage.hub.connections == set()


async def test_stopping_gives_up_on_what_does_not_end() -> None:
    stage = Stage(held_back=True)
    connection, wire = stage.connect()
    connection.data_received(post(b"one"))
    await stage.settle()
    await stage.hub.stop(0.0)
    await stage.settle()
    assert wire.is_closing()
    assert not stage.hub.tasks


async def test_who_connects_while_the_server_stops_is_sent_away() -> None:
    stage = Stage()
    await stage.hub.stop(0.0)
    _, wire = stage.connect()
    await stage.settle()
    assert statuses(wire) == [503]


def test_the_checksum_is_that_of_the_bytes_on_the_wire() -> None:
    reply = Reply(200, b"x" * 2000)
    unpack: dict[bool, Callable[[bytes], bytes]] = {False: bytes, True: gzip.decompress}
    for compress, undone in unpack.items():
        head, _, body = render(reply, close=False, compress=compress).partition(b"\r\n\r\n")
        assert f"x-amz-crc32: {zlib.crc32(body)}\r\n".encode() in head
        assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
        assert (b"Content-Encoding: gzip" in head) is compress
        assert undone(body) == reply.body


def test_a_short_body_is_not_worth_compressing() -> None:
    assert b"gzip" not in render(Reply(200, b"x"), close=False, compress=True)


def test_a_head_says_how_long_the_body_would_be() -> None:
    sent = render(Reply(200, b"body"), close=False, head=True)
    assert sent.endswith(b"Content-Length: 4\r\n\r\n")


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", False),
        ("deflate, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("identity", False),
        ("x-gzip-like", False),
    ],
)
def test_gzip_is_sent_to_who_takes_it(accepted: str, takes: bool) -> None:
    assert accepts_gzip({"accept-encoding": accepted}) is takes
    assert not accepts_gzip({})
