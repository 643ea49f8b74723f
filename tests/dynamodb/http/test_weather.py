"""What a server and the network between may do to an exchange."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from typing import Any

import pytest
from tests.dynamodb.http.origin import (
    EMPTY,
    REQUEST,
    Origin,
    Wire,
    exchange,
    origin,
    pool_to,
    render,
    serve,
    turn_until,
)

from anydynamo.adapters.dynamodb.http import Answer, Counters, Lost, NotSent

GOOD = render()
BODY = b'{"Item": {}}'


async def lost(*answers: bytes, half_close: bool = False, **more: Any) -> Lost:
    """Return how an exchange ends that gets this, and show that the next one is answered."""

    async def treat(wire: Wire, seen: Origin) -> None:
        seen.requests.append(await wire.request())
        for answer in answers:
            wire.write(answer)
        if half_close:
            wire.half_close()
        await wire.until_closed()

    async with origin(treat) as seen, pool_to(seen, **more) as pool:
        with pytest.raises(Lost) as caught:
            await exchange(pool)
        # The server saw its end, so that nothing is left of it.
        await seen.ended.wait()
        assert pool.counters.busy == pool.counters.idle == 0
        return caught.value


@pytest.mark.parametrize("end", ["reset", "closed"])
async def test_an_answer_that_breaks_off_at_any_byte_is_lost_and_the_next_one_is_whole(
    end: str,
) -> None:
    position = 0
    good = False

    async def treat(wire: Wire, seen: Origin) -> None:
        while True:
            await wire.request()
            if good:
                wire.write(GOOD)
                continue
            wire.write(GOOD[:position])
            await wire.flush()
            if end == "reset":
                wire.reset()
            return

    async with origin(treat) as seen, pool_to(seen) as pool:
        for position in range(len(GOOD)):  # noqa: B007 (what the server does reads it)
            good = False
            with pytest.raises(Lost) as caught:
                await exchange(pool)
            assert caught.value.reason == "connection"
            good = True
            assert await exchange(pool) == (200, BODY)
            assert pool.counters.busy == 0
        assert seen.connections >= len(GOOD)


async def test_a_request_that_is_cut_off_at_any_byte_is_never_taken_for_answered() -> None:
    position = 0

    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.read(position)
        wire.reset()

    async with origin(treat) as seen, pool_to(seen, limit=1) as pool:
        for position in range(len(REQUEST)):  # noqa: B007 (what the server does reads it)
            # Reset before anything was written, the connection is known to be dead in time.
            with pytest.raises((Lost, NotSent)):
                await exchange(pool)
            assert pool.counters.busy == pool.counters.idle == pool.counters.waiting == 0


async def test_a_request_of_which_a_part_never_left_is_known_to_be_not_sent() -> None:
    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.read(1000)
        wire.reset()

    head = b"PUT / HTTP/1.1\r\nContent-Length: 33554432\r\n\r\n"
    async with origin(treat) as seen, pool_to(seen) as pool:
        with pytest.raises(NotSent, match="was not sent: the connection was lost") as caught:
            await exchange(pool, head + bytes(33554432))
        assert caught.value.reason == "connection"


async def test_an_answer_before_the_request_has_left_is_given_and_ends_the_connection() -> None:
    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.read(1000)
        wire.write(render(b"too large", status=413))
        await asyncio.Event().wait()

    head = b"PUT / HTTP/1.1\r\nContent-Length: 33554432\r\n\r\n"
    async with origin(treat) as seen, pool_to(seen) as pool:
        assert await exchange(pool, head + bytes(33554432)) == (413, b"too large")
        assert pool.counters.idle == 0


async def test_answers_may_arrive_in_pieces_of_any_size() -> None:
    sent = asyncio.Event()

    async def treat(wire: Wire, seen: Origin) -> None:
        while True:
            await wire.request()
            for i in range(len(GOOD)):
                wire.write(GOOD[i : i + 1])
                await wire.flush()
                await asyncio.sleep(0)
            sent.set()

    async with origin(treat) as seen, pool_to(seen) as pool:
        assert await exchange(pool) == (200, BODY)
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 1


async def test_a_body_that_is_longer_than_announced_ends_the_connection_after_the_answer() -> None:
    async with origin(serve(GOOD + b"and more", GOOD)) as seen, pool_to(seen) as pool:
        assert await exchange(pool) == (200, BODY)
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 2


async def test_a_second_answer_at_once_is_not_given_to_the_next_request() -> None:
    second = render(b"for nobody")
    async with origin(serve(GOOD + second, GOOD)) as seen, pool_to(seen) as pool:
        assert await exchange(pool) == (200, BODY)
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 2


@pytest.mark.parametrize(
    "late", [render(b"for nobody"), b"", b"noise"], ids=["answer", "end", "noise"]
)
async def test_what_comes_while_a_connection_is_idle_ends_it_before_a_request_is_risked(
    late: bytes,
) -> None:
    said = asyncio.Event()

    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.request()
        wire.write(GOOD)
        if seen.connections > 1:
            await wire.until_closed()
        await wire.flush()
        wire.write(late)
        if not late:
            wire.half_close()
        said.set()
        await wire.until_closed()

    async with origin(treat) as seen, pool_to(seen) as pool:
        assert await exchange(pool) == (200, BODY)
        # The server's turn comes in between, the client's connection has not read it yet.
        await said.wait()
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 2


async def test_a_connection_that_the_server_ends_while_idle_leaves_the_pool() -> None:
    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.request()
        wire.write(GOOD)

    async with origin(treat) as seen, pool_to(seen) as pool:
        assert await exchange(pool) == (200, BODY)
        await seen.ended.wait()
        await turn_until(lambda: pool.counters == EMPTY)
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 2


async def test_connection_close_is_respected() -> None:
    async with origin(serve(render(BODY, "Connection: close"))) as seen, pool_to(seen) as pool:
        assert await exchange(pool) == (200, BODY)
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 2


async def test_interim_answers_are_no_answers() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    async with origin(serve(interim + GOOD)) as seen, pool_to(seen) as pool:
        answer = await pool.exchange(REQUEST, timeout=20)
        assert "link" not in answer.headers
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 1


async def test_chunked_bodies_are_put_together() -> None:
    chunks = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    )
    async with origin(serve(chunks)) as seen, pool_to(seen) as pool:
        assert await exchange(pool) == (200, b"hello world")
        assert await exchange(pool) == (200, b"hello world")
        assert seen.connections == 1


async def test_a_body_without_a_length_ends_with_the_stream() -> None:
    page = b"HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\n\r\n<html>busy</html>"

    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.request()
        wire.write(page)

    async with origin(treat) as seen, pool_to(seen) as pool:
        assert await exchange(pool) == (503, b"<html>busy</html>")
        assert await exchange(pool) == (503, b"<html>busy</html>")
        assert seen.connections == 2


async def test_an_error_page_of_something_else_is_an_answer_like_any_other() -> None:
    page = render(b"<html>bad gateway</html>", "Content-Type: text/html", status=502, crc=False)
    async with origin(serve(page)) as seen, pool_to(seen) as pool:
        answer = await pool.exchange(REQUEST, timeout=20)
        assert answer == Answer(
            502, {"content-length": "24", "content-type": "text/html"}, b"<html>bad gateway</html>"
        )
        assert pool.counters == Counters(opening=0, idle=1, busy=0, ending=0, waiting=0)


async def test_a_body_without_bytes_is_an_answer() -> None:
    async with origin(serve(render(b"", status=500))) as seen, pool_to(seen) as pool:
        assert await exchange(pool) == (500, b"")


async def test_gzip_is_uncompressed_after_its_checksum_was_compared() -> None:
    packed = gzip.compress(BODY, mtime=0)
    async with (
        origin(serve(render(packed, "content-ENCODING: gzip"))) as seen,
        pool_to(seen) as pool,
    ):
        assert await exchange(pool) == (200, BODY)


async def test_the_identity_coding_is_none() -> None:
    async with (
        origin(serve(render(BODY, "Content-Encoding: identity"))) as seen,
        pool_to(seen) as pool,
    ):
        assert await exchange(pool) == (200, BODY)


@pytest.mark.parametrize(
    ("body", "coding", "message"),
    [
        (gzip.compress(BODY)[:-1], "gzip", "does not end where the body ends"),
        (gzip.compress(BODY) + b"x", "gzip", "does not end where the body ends"),
        (b"no gzip", "gzip", "cannot be uncompressed"),
        (gzip.compress(bytes(5000)), "gzip", "more than 4000 bytes when it is uncompressed"),
        (BODY, "br", "in the coding 'br', which was not asked for"),
    ],
)
async def test_a_body_that_cannot_be_uncompressed_is_lost(
    body: bytes, coding: str, message: str
) -> None:
    failure = await lost(render(body, f"Content-Encoding: {coding}"), most=4000)
    assert failure.reason == "answer"
    assert message in str(failure)


@pytest.mark.parametrize("said", [str(zlib.crc32(BODY) ^ 1), "", "none", f"+{zlib.crc32(BODY)}"])
async def test_a_wrong_checksum_is_lost_and_ends_the_connection(said: str) -> None:
    failure = await lost(render(BODY, f"X-Amz-Crc32: {said}", crc=False))
    assert failure.reason == "checksum"
    assert "that it may have carried out" in str(failure)


async def test_a_flipped_bit_anywhere_in_the_body_is_found() -> None:
    head, _, body = GOOD.partition(b"\r\n\r\n")
    position = 0

    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.request()
        flipped = bytes([*body[:position], body[position] ^ 4, *body[position + 1 :]])
        wire.write(head + b"\r\n\r\n" + flipped)

    async with origin(treat) as seen, pool_to(seen) as pool:
        for position in range(len(body)):  # noqa: B007 (what the server does reads it)
            with pytest.raises(Lost) as caught:
                await exchange(pool)
            assert caught.value.reason == "checksum"


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>not HTTP</html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: twelve\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
    ],
)
async def test_an_answer_that_is_not_http_is_lost(answer: bytes) -> None:
    failure = await lost(answer)
    assert failure.reason == "answer"
    assert "is not HTTP/1.1" in str(failure)


@pytest.mark.parametrize(
    "answer",
    [
        render(bytes(1001)),
        render(bytes(70_000)),
        b"HTTP/1.1 200 OK\r\nx-long: " + b"y" * 70_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3000,
    ],
    ids=["body", "far larger body", "head", "interim"],
)
async def test_an_answer_that_grows_over_its_bound_is_lost(answer: bytes) -> None:
    failure = await lost(answer, most=1000)
    assert failure.reason == "answer"
    assert "more than 1000 bytes" in str(failure)


async def test_an_answer_shorter_than_announced_is_lost_when_the_server_closes_its_half() -> None:
    failure = await lost(render(BODY)[:-3], half_close=True)
    assert failure.reason == "connection"


async def test_a_chunked_body_that_breaks_off_is_lost() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    failure = await lost(chunked, half_close=True)
    assert failure.reason == "connection"


async def test_a_server_that_is_silent_ends_the_exchange_at_its_deadline() -> None:
    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.request()
        await wire.until_closed()

    async with origin(treat) as seen, pool_to(seen) as pool:
        with pytest.raises(Lost, match="the time for it is over") as caught:
            await pool.exchange(REQUEST, timeout=0.01)
        assert caught.value.reason == "timeout"
        await seen.ended.wait()
        assert pool.counters.busy == 0


async def test_a_server_that_drips_is_ended_at_the_same_deadline() -> None:
    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.request()
        wire.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
        while True:
            wire.write(b"y")
            await wire.flush()
            await asyncio.sleep(0.001)

    async with origin(treat) as seen, pool_to(seen) as pool:
        with pytest.raises(Lost) as caught:
            await pool.exchange(REQUEST, timeout=0.03)
        assert caught.value.reason == "timeout"


async def test_headers_are_found_by_name_in_lower_case_and_nothing_else_is() -> None:
    said = render(BODY, "X-Amzn-RequestId: ABC", "Twice: 1", "tWICE: 2", crc=False)
    async with origin(serve(said)) as seen, pool_to(seen) as pool:
        headers = (await pool.exchange(REQUEST, timeout=20)).headers
        assert headers == {"content-length": "12", "x-amzn-requestid": "ABC", "twice": "2"}
        assert len(headers) == 3
        assert "X-Amzn-RequestId" not in headers
        assert headers.get("date") is None
        assert repr(headers) == repr(dict(headers))
