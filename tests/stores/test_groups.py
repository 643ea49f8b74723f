"""Group commit: what one transaction does with several pieces of work, in which order."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.stores.raw import peek_sqlite

from anydynamo.errors import DatabaseClosed
from anydynamo.stores.groups import Job, acknowledge, execute_alone, execute_group
from anydynamo.stores.memory import MemoryWriter
from anydynamo.stores.sqlite_file import connect
from anydynamo.stores.sqlite_transaction import SQLiteWriter
from anydynamo.stores.sqlite_writer import GroupCommit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from anydynamo.engine.store import Writer


class Recorder(MemoryWriter):
    """A transaction that notes what is done with it, and fails where it is told to."""

    def __init__(self, *, failing: str = "") -> None:
        super().__init__({})
        self.steps: list[str] = []
        self.failing = failing

    def note(self, step: str) -> None:
        self.steps.append(step)
        if step == self.failing:
            raise OSError(step)

    def begin(self) -> None:
        self.note("begin")

    def keep_piece(self) -> None:
        self.note("keep")

    def undo_piece(self) -> None:
        self.note("undo")

    def commit(self) -> None:
        self.note("commit")

    def abandon(self) -> None:
        self.note("abandon")


def harmless(error: BaseException) -> bool:
    return False


def refuse(writer: Writer) -> None:
    raise LookupError("refused")


def put(writer: Writer, key: bytes) -> None:
    writer.put("a", key, b"v")


async def jobs_of(*works: Any) -> list[Job]:
    loop = asyncio.get_running_loop()
    return [Job(work, loop) for work in works]


async def test_pieces_share_one_commit_and_are_kept_or_undone_one_by_one() -> None:
    transaction = Recorder()
    jobs = await jobs_of(lambda _: 1, refuse, lambda _: 3)
    assert execute_group(transaction, jobs, fatal=harmless) == jobs
    assert transaction.steps == ["begin", "keep", "undo", "keep", "commit"]
    acknowledge(jobs)
    assert await jobs[0].outcome() == 1
    with pytest.raises(LookupError, match="refused"):
        await jobs[1].outcome()
    assert await jobs[2].outcome() == 3


async def test_a_commit_that_fails_fails_for_everybody() -> None:
    transaction = Recorder(failing="commit")
    jobs = await jobs_of(lambda _: 1, lambda _: 2)
    execute_group(transaction, jobs, fatal=harmless)
    assert transaction.steps == ["begin", "keep", "keep", "commit", "abandon"]
    acknowledge(jobs)
    for job in jobs:
        with pytest.raises(OSError, match="commit"):
            await job.outcome()


async def test_an_error_that_ends_the_transaction_fails_all_before_it_and_none_behind() -> None:
    transaction = Recorder()
    jobs = await jobs_of(lambda _: 1, refuse, lambda _: 3)
    taken = execute_group(transaction, jobs, fatal=lambda error: isinstance(error, LookupError))
    assert taken == jobs[:2]
    assert [type(job.error) for job in jobs] == [LookupError, LookupError, type(None)]
    assert transaction.steps == ["begin", "keep", "abandon"]


async def test_a_transaction_that_cannot_begin_fails_all_who_wait_for_it() -> None:
    transaction = Recorder(failing="begin")
    jobs = await jobs_of(lambda _: 1, lambda _: 2)
    assert execute_group(transaction, jobs, fatal=harmless) == jobs
    assert [str(job.error) for job in jobs] == ["begin", "begin"]


async def test_what_was_cancelled_before_its_turn_is_not_executed() -> None:
    executed: list[int] = []
    jobs = await jobs_of(lambda _: executed.append(1), lambda _: executed.append(2))
    jobs[0].done.cancel()
    execute_group(Recorder(), jobs, fatal=harmless)
    assert executed == [2]


async def test_acknowledging_to_a_loop_that_was_closed_does_not_keep_others_waiting() -> None:
    closed = asyncio.new_event_loop()
    gone = Job(lambda _: 1, closed)
    closed.close()
    (job,) = await jobs_of(lambda _: 2)
    execute_group(Recorder(), [gone, job], fatal=harmless)
    acknowledge([gone, job])
    assert await job.outcome() == 2


def test_work_alone_is_committed_or_abandoned() -> None:
    transaction = Recorder()
    assert execute_alone(transaction, lambda _: "result") == "result"
    assert transaction.steps == ["begin", "keep", "commit"]
    transaction = Recorder()
    with pytest.raises(LookupError):
        execute_alone(transaction, refuse)
    assert transaction.steps == ["begin", "abandon"]


class Held(SQLiteWriter):
    """A writer whose commits wait until they are let go."""

    def __init__(self, path: Path) -> None:
        super().__init__(connect(path, synchronous="NORMAL", busy_timeout=1), {}, path)
        self.arrived = threading.Event()
        self.go = threading.Event()
        self.commits = 0

    def commit(self) -> None:
        self.commits += 1
        self.arrived.set()
        assert self.go.wait(30)
        super().commit()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    writer = Held(tmp_path / "app.db")
    yield writer
    writer.close()


async def test_nothing_is_acknowledged_before_its_commit_and_what_gathers_meanwhile_shares_one(
    held: Held, tmp_path: Path
) -> None:
    group = GroupCommit(tmp_path / "app.db", lambda: held)
    first = asyncio.create_task(group.submit(partial(put, key=b"first")))
    await asyncio.to_thread(held.arrived.wait, 30)
    assert not first.done()
    assert peek_sqlite(tmp_path / "app.db") == {}
    others = [
        asyncio.create_task(group.submit(partial(put, key=b"%d" % number))) for number in range(50)
    ]
    await asyncio.sleep(0)
    assert held.commits == 1
    held.go.set()
    await asyncio.gather(first, *others)
    assert held.commits == 2
    assert len(peek_sqlite(tmp_path / "app.db")["a"]) == 51
    thread = group.stop()
    assert thread is not None
    await asyncio.to_thread(thread.join)
    with pytest.raises(DatabaseClosed):
        await group.submit(lambda _: None)
