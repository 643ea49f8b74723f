"""Regions under many calls at once: hedged reads, probes in the background, cancellation."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from tests.regions.stage import NAMES, Clock, get, put

from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.adapters.regions import Failover, RegionEvent, Regions
from anydynamo.errors import (
    AccessDenied,
    ProviderError,
    RequestTimeout,
    TableNotFound,
    Throttled,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.errors import AnyDynamoError

Reply = dict[str, Any]


class Puppet:
    """A region whose calls wait until the test answers them, in their order."""

    def __init__(self, name: str) -> None:
        self.info = ProviderInfo("test", name, blocking=False, region=name)
        self.calls: deque[asyncio.Future[Reply]] = deque()
        self.asked: list[str] = []
        self.cancelled = 0
        self.closed = False

    async def call(self, operation: str, request: Mapping[str, Any]) -> Reply:
        self.asked.append(operation)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.calls.append(future)
        try:
            return await future
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    def answer(self, reply: Reply | AnyDynamoError | None = None) -> None:
        future = self.calls.popleft()
        if isinstance(reply, Exception):
            future.set_exception(reply)
        else:
            future.set_result(reply or {})

    async def close(self) -> None:
        self.closed = True


class Stage:
    def __init__(self, count: int = 2, **options: Any) -> None:
        self.clock = Clock()
        self.events: list[RegionEvent] = []
        self.delays: list[float] = []
        self.over = asyncio.Event()
        self.puppets = [Puppet(name) for name in NAMES[:count]]
        self.adapter = Regions(
            {one.info.location: one for one in self.puppets},
            clock=self.clock,
            sleep=self._sleep,
            on_event=self.events.append,
            **options,
        )

    async def _sleep(self, seconds: float) -> None:
        self.delays.append(seconds)
        await self.over.wait()

    async def begin(self, operation: str, request: Mapping[str, Any]) -> asyncio.Task[Reply]:
        task = asyncio.ensure_future(self.adapter.call(operation, request))
        await turns()
        return task

    async def delay_over(self) -> None:
        self.over.set()
        await turns()

    async def go_down(self) -> None:
        for _ in range(3):
            task = await self.begin(*get("a", ConsistentRead=True))
            self.puppets[0].answer(gone())
            await turns()
            if not task.done():
                self.puppets[1].answer()
            await asyncio.wait([task])
            task.exception()
        assert self.adapter.active == "west"


async def turns() -> None:
    """Let every task go as far as it can."""
    for _ in range(8):
        await asyncio.sleep(0)


def gone() -> Unreachable:
    return Unreachable("nobody there")


def others() -> set[asyncio.Task[Any]]:
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


# Hedging


async def test_a_read_that_is_answered_in_time_is_asked_once() -> None:
    stage = Stage(hedge_after=0.05)
    east, west = stage.puppets
    task = await stage.begin(*get("a"))
    east.answer({"from": "east"})
    assert await task == {"from": "east"}
    assert (stage.delays, west.asked) == ([0.05], [])
    assert others() == set()


async def test_a_slow_read_is_asked_of_a_second_region_and_the_first_answer_wins() -> None:
    stage = Stage(3, hedge_after=0.05)
    east, west, north = stage.puppets
    task = await stage.begin(*get("a"))
    await stage.delay_over()
    assert (len(east.asked), len(west.asked), len(north.asked)) == (1, 1, 0)
    west.answer({"from": "west"})
    assert await task == {"from": "west"}
    assert (east.cancelled, others()) == (1, set())
    # Being slow is no failure, and calls still go to the preferred region.
    assert (stage.adapter.active, stage.events) == ("east", [])


async def test_the_first_region_may_still_win() -> None:
    stage = Stage(hedge_after=0.05)
    east, west = stage.puppets
    task = await stage.begin(*get("a"))
    await stage.delay_over()
    west.answer({"from": "west"})
    east.answer({"from": "east"})
    assert await task == {"from": "east"}


async def test_a_second_region_is_asked_at_once_when_the_first_fails() -> None:
    stage = Stage(3, hedge_after=0.05)
    east, west, north = stage.puppets
    task = await stage.begin(*get("a"))
    east.answer(gone())
    await turns()
    west.answer(RequestTimeout("no answer"))
    await turns()
    north.answer({"from": "north"})
    assert await task == {"from": "north"}
    assert others() == set()


async def test_what_the_second_region_refuses_does_not_count_while_the_first_may_answer() -> None:
    stage = Stage(hedge_after=0.05)
    east, west = stage.puppets
    task = await stage.begin(*get("a"))
    await stage.delay_over()
    west.answer(Throttled("too fast", code="ThrottlingException"))
    await turns()
    assert not task.done()
    east.answer({"from": "east"})
    assert await task == {"from": "east"}


async def test_what_the_first_region_refuses_is_refused() -> None:
    stage = Stage(hedge_after=0.05)
    east, west = stage.puppets
    task = await stage.begin(*get("a"))
    await stage.delay_over()
    east.answer(TableNotFound("no table", code="ResourceNotFoundException"))
    with pytest.raises(TableNotFound):
        await task
    assert (west.cancelled, others()) == (1, set())


async def test_the_first_regions_error_is_raised_when_none_answers() -> None:
    stage = Stage(hedge_after=0.05)
    east, west = stage.puppets
    task = await stage.begin(*get("a"))
    await stage.delay_over()
    west.answer(AccessDenied("not here", code="AccessDeniedException"))
    await turns()
    east.answer(gone())
    with pytest.raises(Unreachable):
        await task


async def test_a_hedged_read_that_is_cancelled_leaves_nothing_behind() -> None:
    stage = Stage(hedge_after=0.05)
    east, west = stage.puppets
    task = await stage.begin(*get("a"))
    await stage.delay_over()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (east.cancelled, west.cancelled, others()) == (1, 1, set())
    assert stage.events == []


@pytest.mark.parametrize("call", [put("a"), get("a", ConsistentRead=True), ("ListTables", {})])
async def test_only_reads_that_need_not_be_consistent_are_hedged(
    call: tuple[str, dict[str, Any]],
) -> None:
    stage = Stage(hedge_after=0.0)
    task = await stage.begin(*call)
    assert stage.delays == []
    stage.puppets[0].answer()
    await task
    assert stage.puppets[1].asked == []


async def test_a_region_that_is_down_is_not_asked_to_hedge() -> None:
    stage = Stage(hedge_after=0.05)
    await stage.go_down()
    task = await stage.begin(*get("a"))
    await stage.delay_over()
    stage.puppets[1].answer({"from": "west"})
    assert await task == {"from": "west"}
    assert stage.puppets[0].asked == ["GetItem"] * 3


async def test_an_error_that_was_made_from_an_outage_counts_and_is_not_repeated() -> None:
    stage = Stage(failover=Failover(failures=1))
    task = await stage.begin(*put("a"))
    refusal = ProviderError("The outcome is unknown")
    refusal.__cause__ = RequestTimeout("no answer")
    stage.puppets[0].answer(refusal)
    with pytest.raises(ProviderError, match="The outcome is unknown"):
        await task
    assert (stage.adapter.active, stage.puppets[1].asked) == ("west", [])


# Many at once


async def test_calls_that_fail_together_move_once_and_late_failures_count_no_more() -> None:
    stage = Stage()
    east, west = stage.puppets
    tasks = [await stage.begin(*get(str(number))) for number in range(20)]
    for _ in tasks[:10]:
        east.answer(gone())
    await turns()
    assert [event.kind for event in stage.events] == ["down", "active"]
    # Somebody has seen the region recover, and calls from before still fail.
    stage.adapter.prefer("east")
    for _ in tasks[10:]:
        east.answer(gone())
    await turns()
    assert stage.adapter.active == "east"
    assert len(west.asked) == 20
    for _ in tasks:
        west.answer({"from": "west"})
    assert await asyncio.gather(*tasks) == [{"from": "west"}] * 20


async def test_a_late_answer_of_a_region_that_failed_since_does_not_bring_it_back() -> None:
    stage = Stage(failover=Failover(failures=1, probes=1))
    east, west = stage.puppets
    slow = await stage.begin(*get("slow"))
    failing = await stage.begin(*get("failing"))
    east.calls.rotate(1)
    east.answer(gone())
    await turns()
    west.answer()
    await failing
    east.answer({"late": True})
    assert await slow == {"late": True}
    assert stage.adapter.active == "west"


async def test_a_cancelled_write_is_cancelled_where_it_is_and_counts_for_nothing() -> None:
    stage = Stage(failover=Failover(failures=1))
    east, west = stage.puppets
    task = await stage.begin(*put("a"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (east.cancelled, west.asked, stage.events) == (1, [], [])


# Probes


async def test_calls_do_not_wait_for_a_probe_and_one_is_under_way_at_a_time() -> None:
    stage = Stage(failover=Failover(probes=1))
    await stage.go_down()
    east, west = stage.puppets
    stage.clock.now += 30
    for _ in range(3):
        task = await stage.begin(*get("a"))
        west.answer({"from": "west"})
        assert await task == {"from": "west"}
        stage.clock.now += 5
    await turns()
    assert east.asked[3:] == ["ListTables"]
    east.answer()
    await turns()
    assert stage.adapter.active == "east"
    assert others() == set()


async def test_a_probe_that_takes_too_long_is_no_answer() -> None:
    stage = Stage(failover=Failover(probe_timeout=1e-9))
    assert await stage.adapter.check() == dict.fromkeys(
        ("east", "west"), "No answer within 1e-09 seconds"
    )


async def test_closing_ends_a_probe_that_is_under_way() -> None:
    stage = Stage()
    await stage.go_down()
    stage.clock.now += 30
    task = await stage.begin(*get("a"))
    stage.puppets[1].answer()
    await task
    await stage.adapter.close()
    assert stage.puppets[0].cancelled == 1
    assert all(puppet.closed for puppet in stage.puppets)
    assert others() == set()


async def test_a_probe_of_before_an_operators_word_changes_nothing() -> None:
    stage = Stage(failover=Failover(probes=1))
    await stage.go_down()
    stage.clock.now += 30
    task = await stage.begin(*get("a"))
    stage.puppets[1].answer()
    await task
    stage.adapter.prefer("east")
    stage.puppets[0].answer(gone())
    await turns()
    assert [one.status for one in stage.adapter.info.regions] == ["up", "up"]
