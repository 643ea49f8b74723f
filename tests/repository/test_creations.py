"""`create_many`: exact about what was new, whoever else is creating and whatever gets lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.repository.scripted import ScriptedAdapter, session

from anydynamo import Database
from anydynamo.errors import DatabaseClosed, InvalidRequest, TransactionCancelled
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.repositories.repository import Repository
from anydynamo.repositories.session import Patience

if TYPE_CHECKING:
    from tests.targets import Target


class Item(Table, name="items"):
    key: Attr[int] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")


class Locked(Table, name="locked"):
    key: Attr[int] = attribute(hash_key=True)
    version: Attr[int] = attribute(version=True, default=0)


def cancelled(*codes: str) -> TransactionCancelled:
    return TransactionCancelled("cancelled", reasons=[{"Code": code} for code in codes])


def sizes(adapter: ScriptedAdapter) -> list[int]:
    return [len(request["TransactItems"]) for _, request in adapter.calls]


# moto's transactions are not safe among its own threads: it answers some of them with 500.
@pytest.mark.parametrize("target", ["memory", "json", "sqlite", "dynoxide"], indirect=True)
async def test_each_item_is_new_to_exactly_one_of_those_who_create_it_at_once(
    target: Target,
) -> None:
    async with Database(target.adapter(), owns_adapter=True) as database:
        await database.create_tables([Item])
        items = database.repository(Item)
        own = [[Item(key=key, text=str(who)) for key in range(12)] for who in range(8)]
        created = await asyncio.gather(*(items.create_many(one) for one in own))
        winners = {item.key: item.text for found in created for item in found}
        assert sum(map(len, created)) == 12
        assert {item.key: item.text for item in await items.scan(consistent=True)} == winners


async def test_items_whose_keys_are_taken_are_left_out_and_the_rest_is_sent_again() -> None:
    waits: list[float] = []
    adapter = ScriptedAdapter(cancelled("None", "ConditionalCheckFailed", "None"), {})
    one, two, three = (Item(key=key) for key in range(3))
    found = await Repository(session(adapter, waits), Item).create_many([one, two, three])
    assert found == [one, three]
    assert (sizes(adapter), waits) == ([3, 2], [])


async def test_a_conflict_that_passes_is_waited_for() -> None:
    waits: list[float] = []
    adapter = ScriptedAdapter(
        cancelled("TransactionConflict"), cancelled("TransactionConflict"), {}
    )
    item = Item(key=1)
    assert await Repository(session(adapter, waits), Item).create_many([item]) == [item]
    assert waits == [pytest.approx(0.025), pytest.approx(0.05)]


async def test_a_conflict_that_stays_is_raised_in_the_end() -> None:
    waits: list[float] = []
    adapter = ScriptedAdapter(cancelled("TransactionConflict"))
    repository = Repository(session(adapter, waits, patience=Patience(attempts=3)), Item)
    with pytest.raises(TransactionCancelled, match="TransactionConflict"):
        await repository.create_many([Item(key=1)])
    assert len(waits) == 2


async def test_what_lasts_is_raised_as_the_item_s_own_error() -> None:
    adapter = ScriptedAdapter(cancelled("ConditionalCheckFailed", "ValidationError"))
    with pytest.raises(InvalidRequest, match="Cannot create '2' in items"):
        await Repository(session(adapter), Item).create_many([Item(key=1), Item(key=2)])


async def test_a_cancellation_without_reasons_is_raised() -> None:
    adapter = ScriptedAdapter(TransactionCancelled("cancelled"))
    with pytest.raises(TransactionCancelled):
        await Repository(session(adapter), Item).create_many([Item(key=1)])
    assert len(adapter.calls) == 1


async def test_transactions_hold_at_most_100_items_and_4_mb() -> None:
    adapter = ScriptedAdapter({})
    small = [Item(key=key) for key in range(201)]
    assert await Repository(session(adapter), Item).create_many(small) == small
    assert sizes(adapter) == [100, 100, 1]
    adapter = ScriptedAdapter({})
    large = [Item(key=key, text="x" * 390_000) for key in range(21)]
    await Repository(session(adapter), Item).create_many(large)
    assert sizes(adapter) == [10, 10, 1]


async def test_created_items_have_their_first_version() -> None:
    found: list[Any] = [Locked(key=1), Locked(key=2)]
    adapter = ScriptedAdapter(cancelled("ConditionalCheckFailed", "None"), {})
    created = await Repository(session(adapter), Locked).create_many(found)
    assert [item.version for item in created] == [1]
    assert [item.version for item in found] == [0, 1]


async def test_a_closed_database_creates_nothing_not_even_nothing() -> None:
    database = Database.open("memory://")
    items = database.repository(Item)
    await database.close()
    with pytest.raises(DatabaseClosed):
        await items.create_many([])
