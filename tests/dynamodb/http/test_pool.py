"""Who gets a connection, and what is left of one whose request is gone."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

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

from anydynamo.adapters.dynamodb.http import Counters, Lost, NotSent, Pool
from anydynamo.errors import ConfigurationError, NotSupported

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BODY = b'{"Item": {}}'


class Gate:
    """Answers requests only as it is told to, the oldest first."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self._allowed = asyncio.Semaphore(0)
        self.arrived = asyncio.Condition()

    async def treat(self, wire: Wire, seen: Origin) -> None:
        while True:
            request = await wire.request()
            async with self.arrived:
                self.seen.append(request)
                self.arrived.notify_all()
            await self._allowed.acquire()
            wire.write(render(request.rpartition(b"\r\n\r\n")[2]))

    def allow(self, count: int = 1) -> None:
        for _ in range(count):
            self._allowed.release()

    async def until(self, count: int) -> None:
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.seen) >= count)


def numbered(number: int) -> bytes:
    return b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n%04d" % number


async def test_exchanges_one_after_another_share_a_connection() -> None:
    async with origin(serve()) as seen, pool_to(seen) as pool:
        for _ in range(20):
            assert await exchange(pool) == (200, BODY)
        assert seen.connections == 1
        assert pool.counters == Counters(opening=0, idle=1, busy=0, ending=0, waiting=0)


async def test_no_more_connections_are_opened_than_the_limit_and_each_gets_its_own_answer() -> None:
    gate = Gate()
    async with origin(gate.treat) as seen, pool_to(seen, limit=3) as pool:
        calls = [asyncio.ensure_future(exchange(pool, numbered(i))) for i in range(50)]
        await gate.until(3)
        assert pool.counters == Counters(opening=0, idle=0, busy=3, ending=0, waiting=47)
        gate.allow(50)
        assert await asyncio.gather(*calls) == [(200, b"%04d" % i) for i in range(50)]
        assert seen.connections == 3


async def test_who_has_waited_longest_is_served_first() -> None:
    gate = Gate()
    async with origin(gate.treat) as seen, pool_to(seen, limit=1) as pool:
        calls = [asyncio.ensure_future(exchange(pool, numbered(i))) for i in range(10)]
        gate.allow(10)
        await asyncio.gather(*calls)
        assert gate.seen == [numbered(i) for i in range(10)]


async def test_a_request_that_is_cancelled_while_it_waits_leaves_the_queue_and_is_not_sent() -> (
    None
):
    gate = Gate()
    async with origin(gate.treat) as seen, pool_to(seen, limit=1) as pool:
        calls = [asyncio.ensure_future(exchange(pool, numbered(i))) for i in range(3)]
        await gate.until(1)
        calls[1].cancel()
        with pytest.raises(asyncio.CancelledError):
            await calls[1]
        assert pool.counters.waiting == 1
        gate.allow(3)
        assert [await calls[0], await calls[2]] == [(200, b"0000"), (200, b"0002")]
        assert gate.seen == [numbered(0), numbered(2)]


async def test_a_request_that_is_cancelled_while_connecting_leaves_the_connection_to_the_next() -> (
    None
):
    async with origin(serve()) as seen, pool_to(seen) as pool:
        call = asyncio.ensure_future(exchange(pool))
        await turn_until(lambda: pool.counters.opening == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert pool.counters.waiting == 0
        await turn_until(lambda: pool.counters.idle == 1)
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 1
        assert len(seen.requests) == 1


async def test_a_request_that_is_cancelled_while_it_is_written_ends_its_connection() -> None:
    begun = asyncio.Event()

    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.read(1000)
        begun.set()
        await asyncio.Event().wait()

    head = b"PUT / HTTP/1.1\r\nContent-Length: 33554432\r\n\r\n"
    async with origin(treat) as seen, pool_to(seen) as pool:
        call = asyncio.ensure_future(exchange(pool, head + bytes(33554432)))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await turn_until(lambda: pool.counters == EMPTY)


@pytest.mark.parametrize("queued", [False, True])
async def test_a_request_that_is_cancelled_while_its_answer_arrives_ends_its_connection(
    queued: bool,
) -> None:
    async def treat(wire: Wire, seen: Origin) -> None:
        seen.requests.append(await wire.request())
        wire.write(render()[:-1])
        seen.asked.set()
        await wire.until_closed()

    async with origin(treat) as seen, pool_to(seen) as pool:
        if not queued:
            await pool.warm(1)
        call = asyncio.ensure_future(exchange(pool))
        await seen.asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await seen.ended.wait()
        await turn_until(lambda: pool.counters == EMPTY)


async def test_a_cancellation_that_comes_with_the_answer_leaves_the_connection_fit() -> None:
    async with origin(serve()) as seen, pool_to(seen, limit=1) as pool:
        for queued in (False, True):
            blocker = asyncio.ensure_future(exchange(pool)) if queued else None
            call = asyncio.ensure_future(exchange(pool))
            # The pool has the connection back in the turn in which the answer is complete.
            await turn_until(lambda: pool.counters.busy == 1)
            await turn_until(lambda: pool.counters.idle == 1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            if blocker is not None:
                await blocker
            assert await exchange(pool) == (200, BODY)
        assert seen.connections == 1


async def test_cancellation_after_any_number_of_turns_leaves_pool_and_answers_right() -> None:
    async def treat(wire: Wire, seen: Origin) -> None:
        while True:
            request = await wire.request()
            wire.write(render(request.rpartition(b"\r\n\r\n")[2]))

    async with origin(treat) as seen, pool_to(seen, limit=2) as pool:
        for turns in range(40):
            calls = [asyncio.ensure_future(exchange(pool, numbered(i))) for i in range(6)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for call in calls[::2]:
                call.cancel()
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            for i, outcome in enumerate(outcomes):
                if i % 2 or not isinstance(outcome, asyncio.CancelledError):
                    assert outcome == (200, b"%04d" % i)
            await turn_until(
                lambda: pool.counters.busy == pool.counters.opening == pool.counters.ending == 0
            )
            assert pool.counters.waiting == 0
            assert pool.counters.idle <= 2


async def test_a_request_whose_time_is_over_while_it_waits_is_not_sent() -> None:
    gate = Gate()
    async with origin(gate.treat) as seen, pool_to(seen, limit=1) as pool:
        first = asyncio.ensure_future(exchange(pool, numbered(1)))
        await gate.until(1)
        with pytest.raises(NotSent, match="no connection was free") as caught:
            await pool.exchange(numbered(2), timeout=0.01)
        assert caught.value.reason == "timeout"
        assert pool.counters.waiting == 0
        gate.allow()
        assert await first == (200, b"0001")
        assert gate.seen == [numbered(1)]


async def test_each_exchange_has_a_deadline_of_its_own() -> None:
    gate = Gate()
    async with origin(gate.treat) as seen, pool_to(seen, limit=3) as pool:
        patient = asyncio.ensure_future(exchange(pool, numbered(1)))
        endless = asyncio.ensure_future(pool.exchange(numbered(2), timeout=float("inf")))
        await gate.until(2)
        with pytest.raises(Lost):
            await pool.exchange(numbered(3), timeout=0.01)
        gate.allow(3)
        assert await patient == (200, b"0001")
        assert (await endless).body == b"0002"


async def test_a_connection_that_was_idle_too_long_is_closed_by_itself() -> None:
    async with origin(serve()) as seen, pool_to(seen, idle=0.02) as pool:
        assert await exchange(pool) == (200, BODY)
        await seen.ended.wait()
        await turn_until(lambda: pool.counters == EMPTY)
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 2


async def test_a_connection_that_was_idle_too_long_is_not_used_though_nothing_closed_it_yet() -> (
    None
):
    async with origin(serve()) as seen, pool_to(seen, idle=0.0001) as pool:
        assert await exchange(pool) == (200, BODY)
        loop = asyncio.get_running_loop()
        until = loop.time() + 0.0002
        while loop.time() < until:
            pass  # the loop has no turn in which it could close it
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 2


async def test_warming_up_opens_connections_before_they_are_needed() -> None:
    async with origin(serve()) as seen, pool_to(seen, limit=3) as pool:
        await pool.warm(2)
        assert pool.counters.idle == 2
        await pool.warm(2)
        await pool.warm(100)
        assert pool.counters == Counters(opening=0, idle=3, busy=0, ending=0, waiting=0)
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 3


async def test_warming_up_says_why_it_cannot() -> None:
    pool = Pool("127.0.0.1", _unused_port(), tls=None, limit=2, connect_timeout=20, idle=60)
    with pytest.raises(NotSent, match=r"Cannot connect to 127\.0\.0\.1"):
        await pool.warm(2)
    await pool.close()
    with pytest.raises(NotSent, match="closed"):
        await pool.warm(1)


async def test_a_warm_up_that_is_closed_under_way_ends() -> None:
    async with origin(serve()) as seen, pool_to(seen, limit=3) as pool:
        warming = asyncio.ensure_future(pool.warm(3))
        await asyncio.sleep(0)
        await pool.close()
        with pytest.raises(NotSent) as caught:
            await warming
        assert caught.value.reason == "closed"
        assert pool.counters == EMPTY


async def test_no_server_is_not_sent_for_everyone_who_waits() -> None:
    pool = Pool("127.0.0.1", _unused_port(), tls=None, limit=2, connect_timeout=20, idle=60)
    outcomes = await asyncio.gather(*[exchange(pool) for _ in range(7)], return_exceptions=True)
    for outcome in outcomes:
        assert isinstance(outcome, NotSent)
        assert outcome.reason == "connection"
        assert isinstance(outcome.__cause__, OSError)
    assert pool.counters == EMPTY
    await pool.close()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 70 + ".invalid"])
async def test_a_name_that_is_none_is_not_sent(host: str) -> None:
    pool = Pool(host, 80, tls=None, limit=2, connect_timeout=20, idle=60)
    with pytest.raises(NotSent, match="Cannot connect to"):
        await exchange(pool)
    await pool.close()


async def test_a_server_that_accepts_nothing_is_not_sent_after_the_connect_timeout() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        # The queue of those that wait to be accepted is full now.
        crowd = [socket.socket() for _ in range(4)]
        try:
            for one in crowd:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            pool = Pool("127.0.0.1", port, tls=None, limit=1, connect_timeout=0.05, idle=60)
            with pytest.raises(NotSent, match=r"no connection within 0\.05 s") as caught:
                await exchange(pool)
            assert caught.value.reason == "timeout"
            assert pool.counters == EMPTY
            await pool.close()
        finally:
            for one in crowd:
                one.close()


async def test_too_many_open_files_are_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async with origin(serve()) as seen, pool_to(seen) as pool:
        loop = asyncio.get_running_loop()
        with monkeypatch.context() as patch:
            patch.setattr(loop, "create_connection", refuse)
            with pytest.raises(NotSent, match="limit") as caught:
                await exchange(pool)
            assert isinstance(caught.value.__cause__, OSError)
        assert await exchange(pool) == (200, BODY)


async def test_too_many_open_files_leave_the_work_to_the_connections_that_are_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async with origin(serve()) as seen, pool_to(seen, limit=5) as pool:
        await pool.warm(1)
        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", refuse)
        assert await asyncio.gather(*[exchange(pool) for _ in range(9)]) == [(200, BODY)] * 9
        assert seen.connections == 1


async def test_closing_ends_what_waits_as_not_sent_and_what_is_under_way_as_lost() -> None:
    gate = Gate()
    async with origin(gate.treat) as seen, pool_to(seen, limit=1) as pool:
        under_way = asyncio.ensure_future(exchange(pool, numbered(1)))
        await gate.until(1)
        waiting = asyncio.ensure_future(exchange(pool, numbered(2)))
        await asyncio.sleep(0)
        await asyncio.gather(pool.close(), pool.close())
        assert pool.counters == EMPTY
        with pytest.raises(Lost, match="closed meanwhile") as lost:
            await under_way
        with pytest.raises(NotSent, match="is closed") as not_sent:
            await waiting
        assert lost.value.reason == not_sent.value.reason == "closed"
        with pytest.raises(NotSent, match="is closed"):
            await exchange(pool)
        await pool.close()


async def test_closing_while_connecting_leaves_nothing() -> None:
    async with origin(serve()) as seen:
        for turns in range(12):
            async with pool_to(seen, limit=3) as pool:
                calls = [asyncio.ensure_future(exchange(pool)) for _ in range(5)]
                for _ in range(turns):
                    await asyncio.sleep(0)
                await pool.close()
                outcomes = await asyncio.gather(*calls, return_exceptions=True)
                assert all(isinstance(o, NotSent | Lost) or o == (200, BODY) for o in outcomes)


def test_another_event_loop_is_refused() -> None:
    async def begin() -> Pool:
        async with origin(serve()) as seen:
            pool = Pool("127.0.0.1", seen.port, tls=None, limit=1, connect_timeout=20, idle=60)
            await exchange(pool)
            await pool.close()
            return pool

    pool = asyncio.run(begin())
    for use in (lambda: pool.exchange(REQUEST, timeout=1), lambda: pool.warm(1), pool.close):
        call: Callable[[], Awaitable[Any]] = use
        with pytest.raises(NotSupported, match="one database per event loop"):
            asyncio.run(_await(call))


FORKING = """
import asyncio, os, sys
from anydynamo.adapters.dynamodb.http import Pool
from anydynamo.errors import NotSupported

request = b"POST / HTTP/1.1\\r\\nContent-Length: 0\\r\\n\\r\\n"
pool = Pool("127.0.0.1", int(sys.argv[1]), tls=None, limit=1, connect_timeout=20, idle=60)
loop = asyncio.new_event_loop()
loop.run_until_complete(pool.exchange(request, timeout=20))
child = os.fork()
if child == 0:
    for use in (lambda: pool.exchange(request, timeout=20), pool.close):
        try:
            loop.run_until_complete(use())
            os._exit(1)
        except NotSupported as error:
            os._exit(2) if "open the database after the fork" not in str(error) else None
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert loop.run_until_complete(pool.exchange(request, timeout=20)).status == 200
loop.run_until_complete(pool.close())
loop.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
async def test_a_forked_process_is_refused_and_its_parent_goes_on() -> None:
    async with origin(serve()) as seen:
        forking = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-c", FORKING, str(seen.port)
        )
        assert await forking.wait() == 0
        assert (seen.connections, len(seen.requests)) == (1, 2)


@pytest.mark.parametrize("name", ["limit", "connect_timeout", "idle", "most"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_bounds_must_be_positive(name: str, value: float) -> None:
    bounds: dict[str, Any] = {"limit": 1, "connect_timeout": 1.0, "idle": 1.0, "most": 1}
    with pytest.raises(ConfigurationError, match=f"{name} must be positive"):
        Pool("here", 80, tls=None, **{**bounds, name: value})


async def test_a_pool_says_where_it_leads_and_what_it_holds() -> None:
    async with origin(serve()) as seen, pool_to(seen) as pool:
        await exchange(pool)
        assert repr(pool).startswith(f"Pool('127.0.0.1:{seen.port}', Counters(")


def _unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def _await(call: Callable[[], Awaitable[Any]]) -> None:
    await call()
