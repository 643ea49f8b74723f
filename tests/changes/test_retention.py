"""Days and shards of the embedded providers: rotation, retention, time to live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from anydynamo import Attr, Database, Table, attribute
from anydynamo.errors import ChangesLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.targets import Target

    from anydynamo.changes import Change

HOUR = 3600.0

pytestmark = pytest.mark.parametrize("target", ["memory", "json", "sqlite"], indirect=True)


class Note(Table, name="notes", stream="NEW_AND_OLD_IMAGES"):
    key: Attr[str] = attribute(hash_key=True)
    value: Attr[int] = attribute(default=0)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(target: Target, clock: Clock) -> AsyncIterator[Database]:
    async with Database(target.adapter(clock=clock), clock=clock, owns_adapter=True) as database:
        await database.create_tables([Note])
        yield database


async def told(database: Database, start: str = "oldest") -> list[Change[Note]]:
    return [change async for change in database.changes(Note, start=start, follow=False)]


async def test_an_items_changes_keep_their_order_over_shards(
    database: Database, clock: Clock
) -> None:
    notes = database.repository(Note)
    for value in range(6):
        await notes.put(Note(key="a", value=value))
        clock.now += 3 * HOUR
    found = await told(database)
    assert [change.new and change.new.value for change in found] == list(range(6))
    assert len({change.shard for change in found}) > 2
    for place, change in enumerate(found):
        assert await told(database, change.position) == found[place + 1 :]


async def test_a_follower_goes_from_shard_to_shard(database: Database, clock: Clock) -> None:
    notes = database.repository(Note)
    async with database.changes(Note) as changes:
        for value in range(4):
            await notes.put(Note(key="a", value=value))
            change = await anext(changes)
            assert change.new == Note(key="a", value=value)
            clock.now += 5 * HOUR
    assert await told(database, changes.position) == []


async def test_who_was_away_for_a_day_is_told_that_changes_may_be_lost(
    database: Database, clock: Clock
) -> None:
    notes = database.repository(Note)
    await notes.put(Note(key="a"))
    await notes.put(Note(key="b"))
    first, second = await told(database)
    clock.now += 25 * HOUR
    await notes.put(Note(key="c"))
    for change in (first, second):
        with pytest.raises(ChangesLost):
            await told(database, change.position)
    assert [change.key for change in await told(database)] == ["c"]


async def test_who_was_up_to_date_within_a_day_misses_nothing(
    database: Database, clock: Clock
) -> None:
    notes = database.repository(Note)
    await notes.put(Note(key="a"))
    clock.now += 20 * HOUR
    changes = database.changes(Note, start="oldest", follow=False)
    assert len([change async for change in changes]) == 1
    clock.now += 20 * HOUR
    await notes.put(Note(key="b"))
    assert [change.key for change in await told(database, changes.position)] == ["b"]


async def test_a_beginning_at_the_end_is_found_again_after_an_hour(
    database: Database, clock: Clock
) -> None:
    notes = database.repository(Note)
    await notes.put(Note(key="a"))
    clock.now += HOUR
    async with database.changes(Note) as changes:
        clock.now += HOUR
        await notes.put(Note(key="b"))
        assert (await anext(changes)).key == "b"
