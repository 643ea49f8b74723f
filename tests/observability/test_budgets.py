"""A block consumes what it may and no more, on every provider, awaited and blocking."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.targets import EMBEDDED, embedded

from anydynamo import (
    Attr,
    BudgetExceeded,
    Capacity,
    Database,
    InvalidRequest,
    Table,
    attribute,
    sync,
)
from anydynamo.errors import ConditionFailed, DatabaseClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.targets import Target

    from anydynamo.observability import Call


class Note(Table, name="notes"):
    person: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)
    text: Attr[str] = attribute(default="")


NOTES = [Note(person="a", number=number) for number in range(4)]


@pytest.fixture
async def db() -> AsyncIterator[Database]:
    async with Database.open("memory://") as opened:
        await opened.create_tables([Note])
        yield opened


@pytest.mark.parametrize("target", [*EMBEDDED, "moto", "dynoxide"], indirect=True)
async def test_a_block_counts_and_ends_when_it_is_spent(target: Target) -> None:
    calls: list[Call] = []
    async with Database(target.adapter(), owns_adapter=True, observer=calls.append) as db:
        await db.create_tables([Note])
        notes = db.repository(Note)
        with db.budget(read=1, write=2) as spent:
            await notes.put(NOTES[0])
            assert (spent.write, spent.write_left, spent.read_left) == (1.0, 1.0, 1.0)
            await notes.put(NOTES[1])
            sent = len(calls)
            with pytest.raises(BudgetExceeded, match="PutItem on notes was not sent"):
                await notes.put(NOTES[2])
            assert len(calls) == sent
            # Not one consistent read, for which moto charges half a unit.
            for _ in range(2):
                assert await notes.find(("a", 1)) is not None
            with pytest.raises(BudgetExceeded, match="consumed 1 of 1 read capacity units") as told:
                await notes.find(("a", 1))
        assert (told.value.operation, told.value.table) == ("GetItem", "notes")
        assert not told.value.retryable
        assert (spent.read, spent.write, spent.calls) == (1.0, 2.0, 4)
        await notes.put(NOTES[2])
        assert await notes.find(("a", 2)) is not None
        assert spent.calls == 4


@pytest.mark.parametrize("name", [*EMBEDDED, "moto"])
def test_the_blocking_facade_has_budgets_too(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    target = (
        request.getfixturevalue("make_target")(name) if name == "moto" else embedded(name, tmp_path)
    )
    with sync.Database.open(target.url) as db:
        db.create_tables([Note])
        notes = db.repository(Note)
        with db.budget(write=1) as spent:
            notes.put(NOTES[0])
            with pytest.raises(BudgetExceeded):
                notes.put(NOTES[1])
        notes.put(NOTES[1])
    assert (spent.write, spent.calls) == (1.0, 1)


async def test_the_call_that_spends_the_last_unit_is_carried_out(db: Database) -> None:
    notes = db.repository(Note)
    with db.budget(write=1.5) as spent:
        await notes.put_many(NOTES)
        with pytest.raises(BudgetExceeded):
            await db.transact(notes.to_delete(("a", 0)))
    assert (spent.write, spent.write_left) == (4.0, 0.0)
    assert len(await notes.query("a")) == 4


async def test_a_block_without_a_limit_counts(db: Database) -> None:
    notes = db.repository(Note)
    with db.budget() as spent:
        await notes.put_many(NOTES)
        assert len(await notes.query("a", page_size=1)) == 4
    assert (spent.write, spent.read_left, spent.write_left) == (4.0, None, None)
    assert spent.read >= 2.0
    assert repr(spent) == f"<Spending: {spent.read:g} to read, 4 to write, in {spent.calls} calls>"
    assert repr(db.budget(read=7)) == "<Spending: 0 of 7 to read, 0 to write, in 0 calls>"


async def test_blocks_lie_in_each_other_and_each_counts(db: Database) -> None:
    notes = db.repository(Note)
    with db.budget(write=2) as outer:
        await notes.put(NOTES[0])
        with db.budget(write=5) as inner:
            await notes.put(NOTES[1])
            with pytest.raises(BudgetExceeded, match="2 of 2"):
                await notes.put(NOTES[2])
    assert (outer.write, inner.write) == (2.0, 1.0)


async def test_tasks_of_a_block_count_and_those_beside_it_do_not(db: Database) -> None:
    notes = db.repository(Note)
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def beside() -> None:
        await entered.wait()
        await notes.put(NOTES[3])
        go_on.set()

    other = asyncio.ensure_future(beside())
    with db.budget() as spent:
        entered.set()
        await go_on.wait()
        await asyncio.gather(*(notes.put(note) for note in NOTES[:2]))
    await other
    assert spent.write == 2.0


async def test_another_database_is_not_counted(db: Database) -> None:
    async with Database.open("memory://") as other:
        await other.create_tables([Note])
        with db.budget(write=0) as spent:
            await other.repository(Note).put(NOTES[0])
            with other.budget(write=0), pytest.raises(BudgetExceeded):
                await other.repository(Note).put(NOTES[1])
    assert spent.calls == 0


async def test_who_asks_for_the_capacity_gets_it_and_work_on_tables_is_free(db: Database) -> None:
    notes = db.repository(Note)
    capacity = Capacity()
    with db.budget(read=0, write=1) as spent:
        assert (await db.health([Note])).ok
        await notes.put(NOTES[0], capacity=capacity)
    assert (capacity.total, spent.write) == (1.0, 1.0)


async def test_a_call_that_fails_is_not_counted(db: Database) -> None:
    notes = db.repository(Note)
    await notes.put(NOTES[0])
    with db.budget(write=1) as spent, pytest.raises(ConditionFailed):
        await notes.create(NOTES[0])
    assert (spent.write, spent.calls) == (0.0, 0)


async def test_nothing_is_put_around_a_database_before_its_first_budget(db: Database) -> None:
    adapter = db.session.adapter
    with db.budget():
        around = db.session.adapter
    assert around is not adapter
    db.budget()
    assert db.session.adapter is around


@pytest.mark.parametrize("limit", [-1, float("nan")])
async def test_a_limit_is_a_number_of_units(db: Database, limit: float) -> None:
    with pytest.raises(InvalidRequest, match="A budget's write is a number"):
        db.budget(write=limit)


async def test_a_closed_database_has_no_budget() -> None:
    db = Database.open("memory://")
    await db.close()
    with pytest.raises(DatabaseClosed):
        db.budget()
