"""The blocking facade: on the caller's thread, or on one loop of its own."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from tests.repository.scripted import ScriptedAdapter

from anydynamo.errors import DatabaseClosed, InvalidRequest, NotFound, NotSupported, Throttled
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.sync import Database
from anydynamo.sync.runners import DirectRunner, LoopRunner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.targets import Target


class Note(Table, name="notes"):
    key: Attr[str] = attribute(hash_key=True)
    visits: Attr[int] = attribute(default=0)


async def seven() -> int:
    return 7


async def fail() -> int:
    raise Throttled("slow")


async def wait() -> int:
    await asyncio.sleep(0)
    return 7


def test_what_never_waits_runs_on_the_callers_thread() -> None:
    runner = DirectRunner()
    assert runner.run(seven()) == 7
    with pytest.raises(Throttled):
        runner.run(fail())
    runner.close()


def test_what_waits_after_all_is_told_so() -> None:
    with pytest.raises(NotSupported, match=r"may await the database.*blocking=False"):
        DirectRunner().run(wait())


def test_what_makes_no_coroutine_cannot_be_run() -> None:
    with (
        Database.open("memory://") as db,
        pytest.raises(InvalidRequest, match="this one returned int"),
    ):
        db.run(lambda _: 7)  # type: ignore[arg-type, return-value]


def test_one_thread_runs_what_waits() -> None:
    runner = LoopRunner()
    assert runner.run(wait()) == 7
    with pytest.raises(Throttled):
        runner.run(fail())
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: runner.run(wait()), range(20))) == [7] * 20
    assert [thread.name for thread in threading.enumerate()].count("anydynamo") == 1
    runner.close()
    runner.close()
    assert "anydynamo" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(DatabaseClosed):
        runner.run(wait())


def test_a_runner_that_was_not_used_has_no_thread() -> None:
    LoopRunner().close()
    assert "anydynamo" not in [thread.name for thread in threading.enumerate()]


def test_a_runner_does_not_work_across_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = LoopRunner()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(NotSupported, match="forked"):
        runner.run(seven())


def test_the_facade_waits_without_an_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("anydynamo.sync.database.time.sleep", waits.append)

    def once(operation: str, request: Any) -> dict[str, Any]:
        return {} if waits else {"UnprocessedItems": request["RequestItems"]}

    adapter: Any = ScriptedAdapter(once)
    with Database(adapter, random=lambda: 1.0) as database:
        database.repository(Note).put_many([Note(key="a")])
    assert waits == [0.05]


@pytest.mark.parametrize("name", ["memory", "sqlite", "json", "dynoxide"])
def test_threads_may_share_a_database(name: str, make_target: Callable[[str], Target]) -> None:
    with Database.open(make_target(name).url) as database:
        database.create_tables([Note])
        notes = database.repository(Note)
        notes.put(Note(key="a"))

        def add(_: int) -> None:
            notes.update("a", Note.visits.add(1))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, range(40)))
        assert notes.get("a").visits == 40


@pytest.mark.parametrize("name", ["memory", "sqlite", "json", "dynoxide"])
async def test_the_facade_works_inside_a_running_loop(
    name: str, make_target: Callable[[str], Target]
) -> None:
    with Database.open(make_target(name).url) as database:
        database.create_tables([Note])
        notes = database.repository(Note)
        notes.put_many(Note(key=str(number)) for number in range(60))
        assert len({note.key for note in notes.scan(segments=3)}) == 60


def test_the_facade_has_the_names_of_the_original() -> None:
    from anydynamo import Database, Repository, sync
    from anydynamo.changes import Changes
    from anydynamo.repositories.batches import Batch

    for original, facade in (
        (Database, sync.Database),
        (Repository, sync.Repository),
        (Batch, sync.Batch),
        (Changes, sync.Changes),
    ):
        names = {name for name in dir(original) if not name.startswith("_")}
        assert names - {"check_open", "session"} <= set(dir(facade))


def test_the_facade_opens_by_url_and_environment(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Database.from_env({"DATABASE_PATH": str(path)}, table_prefix="x-") as database:
        assert database.info.location == str(path)
        assert database.info.blocking
        repository = database.repository(Note)
        assert (repository.table, repository.model) == ("x-notes", Note)
        assert repository.schema.table_name == "notes"
        assert repr(repository) == "Repository(Note, table='x-notes')"
        database.create_tables([Note])
        with pytest.raises(NotFound):
            repository.get("a")
        with repository.batch() as batch:
            batch.put(Note(key="a"))
            assert len(batch) == 1
            batch.flush()
            assert len(batch) == 0
    assert database.closed
    assert repr(database) == f"<closed Database sqlite at {path}>"
    database.close()
    with pytest.raises(DatabaseClosed):
        database.__enter__()
    with pytest.raises(DatabaseClosed):
        repository.get("a")
