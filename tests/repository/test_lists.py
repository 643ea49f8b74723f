"""Lists that are replaced as a whole: nobody reads half of one, on any provider."""

from __future__ import annotations

import asyncio
from datetime import datetime  # noqa: TC003 - the annotation of a table is read when it is made
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anydynamo import (
    Attr,
    Database,
    InvalidItem,
    InvalidRequest,
    RequestTimeout,
    Table,
    TransactionCancelled,
    TransactionConflict,
    WholeList,
    attribute,
)
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.repositories.session import Patience
from anydynamo.stores.memory import MemoryStore
from anydynamo.sync import Database as BlockingDatabase

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from tests.targets import Target

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo

NOW = 1_800_000_000.0


class Song(Table, name="charts"):
    genre: Attr[str] = attribute(hash_key=True)
    rank: Attr[int] = attribute(range_key=True)
    title: Attr[str] = attribute()
    generation: Attr[str | None] = attribute(default=None)
    size: Attr[int | None] = attribute(default=None)
    ttl: Attr[int | None] = attribute(default=None, ttl=True)


class Place(Table, name="places"):
    """A list without time to live, whose rank and names are others."""

    club: Attr[str] = attribute(hash_key=True)
    position: Attr[float] = attribute(range_key=True, attr_name="#")
    edition: Attr[str | None] = attribute(default=None, attr_name="list-edition")
    length: Attr[int | None] = attribute(default=None, attr_name="list-length")


class Dated(Table, name="dated", expired="hide"):
    name: Attr[str] = attribute(hash_key=True)
    rank: Attr[int] = attribute(range_key=True)
    generation: Attr[str | None] = attribute(default=None)
    size: Attr[int | None] = attribute(default=None)
    until: Attr[datetime | None] = attribute(default=None, ttl=True)


def songs(*titles: str, genre: str = "pop", **more: Any) -> list[Song]:
    return [
        Song(genre=genre, rank=rank, title=title, **more)
        for rank, title in enumerate(titles, start=1)
    ]


def titles(found: list[Song] | None) -> list[str] | None:
    return None if found is None else [song.title for song in found]


def charts(database: Database) -> WholeList[Song]:
    return WholeList(database.repository(Song), generation=Song.generation, size=Song.size)


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time


async def nothing(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(adapter: DatabaseAdapter, clock: Clock) -> AsyncIterator[Database]:
    async with Database(adapter, clock=clock, sleep=nothing) as opened:
        await opened.create_tables([Song])
        yield opened


@pytest.fixture
def lists(database: Database) -> WholeList[Song]:
    return charts(database)


async def stored(database: Database, genre: str = "pop") -> list[int]:
    found = await database.repository(Song).query(genre, consistent=True)
    return [song.rank for song in found]


# What a list is


async def test_a_list_is_read_as_it_was_stored(lists: WholeList[Song]) -> None:
    assert await lists.read("pop") is None
    written = await lists.replace("pop", songs("a", "b", "c"))
    found = await lists.read("pop", consistent=True)
    assert titles(found) == ["a", "b", "c"]
    assert found == written
    assert {song.size for song in written} == {3}
    assert len({song.generation for song in written}) == 1


async def test_a_limit_reads_the_first_ranks(lists: WholeList[Song]) -> None:
    await lists.replace("pop", songs("a", "b", "c"))
    assert titles(await lists.read("pop", limit=2)) == ["a", "b"]
    assert titles(await lists.read("pop", limit=500)) == ["a", "b", "c"]


async def test_a_shorter_list_leaves_no_tail(lists: WholeList[Song], database: Database) -> None:
    await lists.replace("pop", songs("a", "b", "c", "d"))
    await lists.replace("pop", songs("x"))
    assert titles(await lists.read("pop", consistent=True)) == ["x"]
    assert await stored(database) == [1]


async def test_a_longer_list_takes_the_place_of_a_shorter_one(lists: WholeList[Song]) -> None:
    await lists.replace("pop", songs("a"))
    await lists.replace("pop", songs("x", "y", "z"))
    assert titles(await lists.read("pop", consistent=True)) == ["x", "y", "z"]


async def test_each_partition_has_a_list_of_its_own(lists: WholeList[Song]) -> None:
    await lists.replace("pop", songs("a", "b"))
    await lists.replace("jazz", songs("c", genre="jazz"))
    await lists.clear("pop")
    assert await lists.read("pop", consistent=True) is None
    assert titles(await lists.read("jazz", consistent=True)) == ["c"]


async def test_an_empty_list_is_no_list(lists: WholeList[Song], database: Database) -> None:
    await lists.replace("pop", songs("a", "b"))
    assert await lists.replace("pop", []) == []
    assert await lists.read("pop", consistent=True) is None
    assert await stored(database) == []
    await lists.replace("pop", [])
    await lists.clear("pop")


async def test_items_may_come_in_any_order_and_stay_as_they_are(lists: WholeList[Song]) -> None:
    given = songs("a", "b", "c")[::-1]
    await lists.replace("pop", given)
    assert titles(await lists.read("pop", consistent=True)) == ["a", "b", "c"]
    assert given == songs("a", "b", "c")[::-1]


async def test_a_list_of_one_hundred_is_replaced_and_cleared(
    lists: WholeList[Song], database: Database
) -> None:
    await lists.replace("pop", songs(*map(str, range(100))))
    assert len(await lists.read("pop", consistent=True) or ()) == 100
    await lists.replace("pop", songs(*map(str, range(100, 199))))
    assert titles(await lists.read("pop", limit=1, consistent=True)) == ["100"]
    await lists.clear("pop")
    assert await stored(database) == []


async def test_a_list_needs_no_time_to_live_and_no_certain_names(database: Database) -> None:
    await database.create_tables([Place])
    lists = WholeList(database.repository(Place), generation=Place.edition, size=Place.length)
    await lists.replace("chess", [Place(club="chess", position=rank) for rank in (1.0, 2.0)])
    found = await lists.read("chess", consistent=True)
    assert [place.position for place in found or ()] == [1, 2]


def test_lists_work_without_asyncio(target: Target) -> None:
    adapter = target.adapter(blocking=True)
    database = BlockingDatabase(adapter, owns_adapter=True)
    with database:
        database.create_tables([Song])
        written = database.run(lambda db: charts(db).replace("pop", songs("a", "b")))
        assert database.run(lambda db: charts(db).read("pop", consistent=True)) == written


# Time to live


async def test_a_list_expires_as_a_whole(
    lists: WholeList[Song], database: Database, clock: Clock
) -> None:
    await lists.replace("pop", songs("a", "b", "c"), ttl=600)
    clock.time += 599
    assert titles(await lists.read("pop", consistent=True)) == ["a", "b", "c"]
    clock.time += 1
    assert await lists.read("pop", consistent=True) is None
    assert await stored(database) == [1, 2, 3]


async def test_the_time_to_live_is_never_shorter_than_asked(
    lists: WholeList[Song], clock: Clock
) -> None:
    clock.time += 0.25
    (song,) = await lists.replace("pop", songs("a"), ttl=10)
    assert song.ttl == NOW + 11


async def test_a_list_in_place_of_an_expired_longer_one_has_no_tail(
    lists: WholeList[Song], database: Database, clock: Clock
) -> None:
    await lists.replace("pop", songs("a", "b", "c"), ttl=600)
    clock.time += 1000
    await lists.replace("pop", songs("x"), ttl=600)
    assert titles(await lists.read("pop", consistent=True)) == ["x"]
    assert await stored(database) == [1]


@pytest.mark.parametrize("gone", [[1], [2], [1, 2]])
async def test_what_is_left_of_an_expired_list_is_not_read(
    lists: WholeList[Song], database: Database, clock: Clock, gone: list[int]
) -> None:
    await lists.replace("pop", songs("a", "b", "c"), ttl=600)
    await database.repository(Song).delete_many([("pop", rank) for rank in gone])
    # Our clock may be behind that of DynamoDB, which has begun to delete.
    assert await lists.read("pop", consistent=True) is None
    clock.time += 600
    assert await lists.read("pop", consistent=True) is None
    await lists.replace("pop", songs("x"))
    assert await stored(database) == [1]


async def test_items_may_say_themselves_when_the_list_expires(
    lists: WholeList[Song], clock: Clock
) -> None:
    await lists.replace("pop", songs("a", "b", ttl=int(NOW) + 5))
    assert titles(await lists.read("pop", consistent=True)) == ["a", "b"]
    clock.time += 5
    assert await lists.read("pop", consistent=True) is None


async def test_an_expired_list_goes_as_a_whole_where_expired_items_are_hidden(
    database: Database, clock: Clock
) -> None:
    await database.create_tables([Dated])
    dated = database.repository(Dated)
    lists = WholeList(dated, generation=Dated.generation, size=Dated.size)
    three = [Dated(name="a", rank=rank) for rank in (1, 2, 3)]
    item, *_ = await lists.replace("a", three, ttl=60)
    assert item.until is not None
    assert item.until.timestamp() == NOW + 60
    assert len(await dated.query("a", consistent=True)) == 3

    clock.time += 60
    assert await lists.read("a", consistent=True) is None
    await lists.replace("a", three[:1], ttl=60)
    clock.time -= 60
    assert len(await dated.query("a", consistent=True)) == 1


# What others wrote


async def test_items_that_others_wrote_are_no_list_until_one_takes_their_place(
    lists: WholeList[Song], database: Database
) -> None:
    await database.repository(Song).put_many(
        [*songs("a", "b", "c"), Song(genre="pop", rank=0, title="z")]
    )
    assert await lists.read("pop", consistent=True) is None
    await lists.replace("pop", songs("x", "y"))
    assert titles(await lists.read("pop", consistent=True)) == ["x", "y"]
    assert await stored(database) == [1, 2]


async def test_items_that_others_wrote_are_cleared(
    lists: WholeList[Song], database: Database
) -> None:
    await database.repository(Song).put_many(songs("a", "b", "c"))
    await lists.clear("pop")
    assert await stored(database) == []
    await database.repository(Song).put(Song(genre="pop", rank=7, title="z"))
    await lists.clear("pop")
    assert await stored(database) == []


async def test_a_damaged_list_is_an_error_where_nothing_expires(database: Database) -> None:
    await database.create_tables([Place])
    places = database.repository(Place)
    lists = WholeList(places, generation=Place.edition, size=Place.length)
    three = [Place(club="chess", position=rank) for rank in (1.0, 2.0, 3.0)]
    await lists.replace("chess", three)
    await places.delete(("chess", 2.0))
    with pytest.raises(InvalidItem, match=r"The list 'chess' in places is not whole"):
        await lists.read("chess")
    assert len(await lists.read("chess", limit=1) or ()) == 1
    await lists.replace("chess", three)
    assert len(await lists.read("chess", consistent=True) or ()) == 3


@pytest.mark.parametrize("target", ["memory", "sqlite"], indirect=True)
async def test_what_others_put_before_or_after_a_list_does_not_disturb_it(
    lists: WholeList[Song], database: Database
) -> None:
    await lists.replace("pop", songs("a", "b"))
    strays = [Song(genre="pop", rank=rank, title="z") for rank in (-1, 0, 3)]
    await database.repository(Song).put_many(strays)
    assert titles(await lists.read("pop")) == ["a", "b"]
    await lists.replace("pop", songs("x"))
    assert await stored(database) == [1]


class Pick(Table, name="picks"):
    """Lists that belong to somebody, and whose items have timestamps."""

    name: Attr[str] = attribute(hash_key=True)
    rank: Attr[int] = attribute(range_key=True)
    owner: Attr[str] = attribute()
    generation: Attr[str | None] = attribute(default=None)
    size: Attr[int | None] = attribute(default=None)
    updated: Attr[datetime | None] = attribute(default=None, updated=True)


@pytest.mark.parametrize("target", ["memory", "sqlite"], indirect=True)
async def test_a_list_keeps_to_its_owner_and_to_the_other_rules_of_its_model(
    adapter: DatabaseAdapter, database: Database
) -> None:
    await database.create_tables([Pick])
    picks = database.repository(Pick)
    hers, his = (
        WholeList(picks.scoped(Pick.owner, owner), generation=Pick.generation, size=Pick.size)
        for owner in ("she", "he")
    )
    stored = await hers.replace("best", [Pick(name="best", rank=n, owner="she") for n in (1, 2)])
    assert [pick.updated and pick.updated.timestamp() for pick in stored] == [NOW, NOW]
    assert await hers.read("best") == stored

    assert await his.read("best") is None
    with pytest.raises(TransactionConflict):
        await his.replace("best", [Pick(name="best", rank=1, owner="he")])
    with pytest.raises(InvalidRequest):
        await his.replace("best", [Pick(name="best", rank=n, owner="she") for n in (1, 2)])
    await his.clear("best")
    assert await hers.read("best") == stored


# Bad input


@pytest.mark.parametrize(
    ("ranks", "says"),
    [
        ([1, 3], "are 1, 3; a list of 2 has each rank from 1 to 2 once"),
        ([2, 3], "are 2, 3; a list of 2"),
        ([1, 1], "are 1, 1; a list of 2"),
        ([0, 1], "are 0, 1; a list of 2"),
    ],
)
async def test_ranks_with_a_gap_are_refused(
    lists: WholeList[Song], database: Database, ranks: list[int], says: str
) -> None:
    with pytest.raises(InvalidRequest, match=says):
        await lists.replace("pop", [Song(genre="pop", rank=rank, title="a") for rank in ranks])
    assert await stored(database) == []


async def test_a_list_that_no_transaction_can_replace_is_refused_before_anything_is_written(
    lists: WholeList[Song], database: Database
) -> None:
    await lists.replace("pop", songs("a"))
    with pytest.raises(InvalidRequest, match=r"has 101 items, and .* at most 100 actions; store"):
        await lists.replace("pop", songs(*map(str, range(101))))
    with pytest.raises(InvalidRequest, match=r"has 4,\d+,\d+ bytes, .* takes 4,000,000; store"):
        await lists.replace("pop", songs(*["x" * 390_000] * 11))
    assert titles(await lists.read("pop", consistent=True)) == ["a"]


@pytest.mark.parametrize("target", ["memory", "sqlite"], indirect=True)
async def test_more_old_items_than_a_transaction_deletes_are_refused(
    lists: WholeList[Song], database: Database
) -> None:
    await database.repository(Song).put_many(songs(*map(str, range(102))))
    says = "has 2 items and 99 old ones to delete, .* delete old ones with delete_many first"
    with pytest.raises(InvalidRequest, match=says):
        await lists.replace("pop", songs("x", "y"))
    assert len(await stored(database)) == 102


@pytest.mark.parametrize("target", ["memory"], indirect=True)
@pytest.mark.parametrize("ttl", [0, -1, float("nan"), float("inf"), "600", True])
async def test_a_time_to_live_that_cannot_be_is_refused(
    lists: WholeList[Song], database: Database, ttl: Any
) -> None:
    with pytest.raises(InvalidRequest, match="a number of seconds above 0, not"):
        await lists.replace("pop", songs("a"), ttl=ttl)
    assert await stored(database) == []


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_items_that_do_not_belong_together_are_refused(
    lists: WholeList[Song], database: Database
) -> None:
    with pytest.raises(InvalidRequest, match="has another partition key, 'jazz'"):
        await lists.replace("pop", songs("a", genre="jazz"))
    with pytest.raises(InvalidRequest, match="expire at different times"):
        await lists.replace("pop", [songs("a", ttl=int(NOW) + 5)[0], songs("a", "b")[1]])
    with pytest.raises(InvalidRequest, match="limit is a whole number from 1 up"):
        await lists.read("pop", limit=0)
    assert await stored(database) == []


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_an_item_that_is_too_large_is_refused_and_the_old_list_stays(
    lists: WholeList[Song],
) -> None:
    await lists.replace("pop", songs("a"))
    with pytest.raises((InvalidRequest, TransactionCancelled), match="400 KB"):
        await lists.replace("pop", songs("x" * 500_000))
    assert titles(await lists.read("pop")) == ["a"]


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_ttl_needs_a_model_with_time_to_live(database: Database) -> None:
    lists = WholeList(database.repository(Place), generation=Place.edition, size=Place.length)
    with pytest.raises(InvalidRequest, match="Place has no time to live"):
        await lists.replace("chess", [Place(club="chess", position=1.0)], ttl=5)


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_model_that_cannot_hold_lists_is_refused(database: Database) -> None:
    class Unranked(Table, name="unranked"):
        name: Attr[str] = attribute(hash_key=True)
        title: Attr[str] = attribute(range_key=True)
        generation: Attr[str | None] = attribute(default=None)
        size: Attr[int | None] = attribute(default=None)

    class Versioned(Song):
        version: Attr[int | None] = attribute(default=None, version=True)

    def make(model: Any, generation: Any, size: Any) -> None:
        WholeList(database.repository(model), generation=generation, size=size)

    with pytest.raises(InvalidRequest, match="a sort key that is a number"):
        make(Unranked, Unranked.generation, Unranked.size)
    with pytest.raises(InvalidRequest, match="declares a version"):
        make(Versioned, Versioned.generation, Versioned.size)
    with pytest.raises(InvalidRequest, match="'size' of Song is stored as N"):
        make(Song, Song.size, Song.size)
    with pytest.raises(InvalidRequest, match="is no attribute of Song"):
        make(Song, Place.edition, Song.size)
    assert repr(charts(database)) == "WholeList(Repository(Song, table='charts'))"


# Others at the same time


class Between:
    """Sends queries item by item, and lets something happen between two requests.

    Args:
        inner: What answers.
        operation: Before which requests it happens.
        event: What happens; it is given the number of such requests so far.
    """

    def __init__(self, inner: DatabaseAdapter, operation: str, event: Callable[[int], Any]) -> None:
        self.inner = inner
        self.operation = operation
        self.event = event
        self.count = 0
        self.sent: list[str] = []

    @property
    def info(self) -> ProviderInfo:
        return self.inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "Query":
            request = {**request, "Limit": 1}
        self.sent.append(operation)
        if operation == self.operation:
            self.count += 1
            await self.event(self.count)
        return await self.inner.call(operation, request)

    async def close(self) -> None:
        """Nothing: the inner adapter is somebody else's."""


@pytest.mark.parametrize("new", [["x"], ["x", "y", "z"], ["v", "w", "x", "y", "z"], []])
@pytest.mark.parametrize("target", ["memory", "sqlite", "dynoxide"], indirect=True)
async def test_a_replacement_between_two_reads_is_never_mixed_in(
    adapter: DatabaseAdapter, database: Database, new: list[str]
) -> None:
    lists = charts(database)
    old = ["a", "b", "c", "d"]
    seen: list[list[str] | None] = []
    for at in range(1, 7):

        async def replace(count: int, at: int = at) -> None:
            if count == at:
                await lists.replace("pop", songs(*new))

        await lists.replace("pop", songs(*old))
        reader = charts(Database(Between(adapter, "Query", replace)))
        seen.append(titles(await reader.read("pop")))
    # A reader that had come to the end did not notice; one that was in between read the new list.
    assert seen[0] == seen[1] == (new or None)
    assert seen[-1] == old
    assert all(found in (old, new or None) for found in seen)


@given(
    history=st.lists(st.integers(0, 6), min_size=1, max_size=12),
    limit=st.none() | st.integers(1, 7),
)
def test_whatever_is_stored_between_two_reads_what_is_read_was_stored(
    history: list[int], limit: int | None
) -> None:
    stored: list[list[str] | None] = [None]
    coming = [[str(place)] * length for place, length in enumerate(history)]
    inner = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)

    async def scenario(database: Database) -> None:
        await database.create_tables([Song])
        lists = charts(database)

        async def replace(_count: int) -> None:
            if coming:
                new = coming.pop(0)
                await lists.replace("pop", songs(*new))
                stored.append(new or None)

        reader = charts(Database(Between(inner, "Query", replace)))
        for _ in range(3):
            found = titles(await reader.read("pop", limit=limit))
            assert found in [one and one[:limit] for one in stored]

    BlockingDatabase(inner).run(scenario)


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_list_that_was_replaced_once_is_read_by_queries_alone(
    adapter: DatabaseAdapter, database: Database
) -> None:
    lists = charts(database)
    await lists.replace("pop", songs("a", "b"))

    async def replace(count: int) -> None:
        if count == 2:
            await lists.replace("pop", songs("x", "y"))

    between = Between(adapter, "Query", replace)
    assert titles(await charts(Database(between)).read("pop")) == ["x", "y"]
    assert set(between.sent) == {"Query"}


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_list_that_grows_while_it_is_read_at_one_moment_is_read_whole(
    adapter: DatabaseAdapter, database: Database
) -> None:
    lists = charts(database)
    await lists.replace("pop", songs("0", "0"))

    async def replace(count: int) -> None:
        await lists.replace("pop", songs(*[str(count)] * 2))

    async def grow(count: int) -> None:
        if count < 4:
            await lists.replace("pop", songs(*[f"grown {count}"] * (2 + 3 * count)))

    between = Between(Between(adapter, "Query", replace), "TransactGetItems", grow)
    assert titles(await charts(Database(between)).read("pop")) == ["grown 3"] * 11
    assert between.count == 4


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_list_that_changes_between_all_reads_is_read_at_one_moment(
    adapter: DatabaseAdapter, database: Database
) -> None:
    lists = charts(database)
    every = [["0", "0"]]
    await lists.replace("pop", songs(*every[0]))

    async def replace(count: int) -> None:
        every.append([str(count)] * (2 + count % 3))
        await lists.replace("pop", songs(*every[-1]))

    between = Between(adapter, "Query", replace)
    assert titles(await charts(Database(between)).read("pop")) == every[-1]
    assert between.count > 2
    found = titles(await charts(Database(between)).read("pop", limit=2))
    assert found == every[-1][:2]


@pytest.mark.parametrize("target", ["memory", "sqlite", "dynoxide"], indirect=True)
async def test_who_comes_second_replaces_what_the_first_one_stored(
    adapter: DatabaseAdapter, database: Database
) -> None:
    lists = charts(database)

    async def replace(count: int) -> None:
        if count <= 3:
            await lists.replace("pop", songs(*["x"] * (count + 1)))

    writer = charts(Database(Between(adapter, "TransactWriteItems", replace), sleep=nothing))
    await writer.replace("pop", songs("mine"))
    assert titles(await lists.read("pop", consistent=True)) == ["mine"]
    assert await stored(database) == [1]


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_list_that_is_stored_while_it_is_cleared_is_cleared_too(
    adapter: DatabaseAdapter, database: Database
) -> None:
    lists = charts(database)
    await database.repository(Song).put(Song(genre="pop", rank=5, title="stray"))

    async def replace(count: int) -> None:
        if count == 1:
            await lists.replace("pop", songs("a", "b"))

    cleaner = charts(Database(Between(adapter, "TransactWriteItems", replace), sleep=nothing))
    await cleaner.clear("pop")
    assert await stored(database) == []


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_who_always_comes_second_is_told(
    adapter: DatabaseAdapter, database: Database
) -> None:
    lists = charts(database)

    async def replace(count: int) -> None:
        await lists.replace("pop", songs(str(count)))

    between = Between(adapter, "TransactWriteItems", replace)
    writer = charts(Database(between, patience=Patience(attempts=3), sleep=nothing))
    says = r"The list 'pop' in charts was being replaced by others at each of 3 attempts"
    with pytest.raises(TransactionConflict, match=says) as caught:
        await writer.replace("pop", songs("mine"))
    assert caught.value.retryable
    assert titles(await lists.read("pop")) == ["3"]


class Failing:
    """Fails as a test says, before or after the request took effect."""

    def __init__(
        self, inner: DatabaseAdapter, operation: str, errors: list[Exception], *, after: bool
    ) -> None:
        self.inner = inner
        self.operation = operation
        self.errors = errors
        self.after = after
        self.sent: list[str] = []

    @property
    def info(self) -> ProviderInfo:
        return self.inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        self.sent.append(operation)
        fails = operation == self.operation and self.errors
        if fails and not self.after:
            raise self.errors.pop(0)
        response = await self.inner.call(operation, request)
        if fails:
            raise self.errors.pop(0)
        return response

    async def close(self) -> None:
        """Nothing: the inner adapter is somebody else's."""


def conflicted(actions: int) -> TransactionCancelled:
    reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (actions - 1)]
    return TransactionCancelled("conflict", reasons=reasons)


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_read_that_meets_a_transaction_waits_for_it(
    adapter: DatabaseAdapter, database: Database
) -> None:
    await charts(database).replace("pop", songs("a", "b"))
    await database.repository(Song).delete(("pop", 2))
    failing = Failing(adapter, "TransactGetItems", [conflicted(2)], after=False)
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    assert await charts(Database(failing, sleep=sleep, clock=lambda: NOW)).read("pop") is None
    assert failing.sent == ["Query", "Query", "TransactGetItems", "TransactGetItems"]
    assert len(waits) == 1


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_read_that_always_meets_a_transaction_is_told(
    adapter: DatabaseAdapter, database: Database
) -> None:
    await charts(database).replace("pop", songs("a", "b"))
    await database.repository(Song).delete(("pop", 2))
    failing = Failing(adapter, "TransactGetItems", [conflicted(2)] * 9, after=False)
    reader = charts(Database(failing, sleep=nothing, patience=Patience(attempts=3)))
    with pytest.raises(TransactionConflict, match="at each of 3 attempts"):
        await reader.read("pop")
    refused = TransactionCancelled("no", reasons=[{"Code": "ValidationError"}])
    failing.errors = [refused]
    with pytest.raises(TransactionCancelled, match="no"):
        await reader.read("pop")


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_transaction_whose_answer_was_a_conflict_though_it_took_effect_is_no_failure(
    adapter: DatabaseAdapter, database: Database
) -> None:
    failing = Failing(adapter, "TransactWriteItems", [conflicted(2)], after=True)
    await charts(Database(failing, sleep=nothing)).replace("pop", songs("a", "b"))
    assert titles(await charts(database).read("pop")) == ["a", "b"]
    assert failing.sent == ["Query", "TransactWriteItems", "Query"]


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_other_failures_are_not_tried_again(
    adapter: DatabaseAdapter, database: Database
) -> None:
    throttled = TransactionCancelled("slow", reasons=[{"Code": "ValidationError"}])
    failing = Failing(adapter, "TransactWriteItems", [throttled, RequestTimeout("?")], after=False)
    writer = charts(Database(failing, sleep=nothing))
    with pytest.raises(TransactionCancelled):
        await writer.replace("pop", songs("a"))
    with pytest.raises(RequestTimeout):
        await writer.replace("pop", songs("a"))
    assert failing.errors == []


# moto copies its tables for each transaction without keeping others out, and fails at times.
@pytest.mark.parametrize("target", ["memory", "json", "sqlite", "dynoxide"], indirect=True)
async def test_several_writers_and_readers_see_whole_lists_and_the_last_one_stays(
    target: Target, clock: Clock
) -> None:
    writers, rounds = (2, 4) if target.name == "dynoxide" else (4, 10)
    patience = Patience(attempts=50, first=0.001, longest=0.01)
    adapter = target.adapter()
    async with Database(adapter, owns_adapter=True, patience=patience, clock=clock) as database:
        await database.create_tables([Song])
        lists = charts(database)
        every: set[tuple[str, ...]] = set()
        acknowledged: list[tuple[str, ...]] = []
        going = writers

        async def write(writer: int) -> None:
            nonlocal going
            for count in range(rounds):
                new = (f"{writer}-{count}",) * (1 + (writer * 3 + count * 5) % 9)
                every.add(new)
                await lists.replace("pop", songs(*new))
                acknowledged.append(new)
                await asyncio.sleep(0)
            going -= 1

        async def read() -> int:
            seen = 0
            while going:
                found = titles(await lists.read("pop"))
                assert found is None or tuple(found) in every
                assert found is not None or not acknowledged
                seen += 1
                await asyncio.sleep(0)
            return seen

        *_, one, two = await asyncio.gather(*[write(n) for n in range(writers)], read(), read())
        assert one
        assert two
        last = titles(await lists.read("pop", consistent=True))
        assert last is not None
        assert tuple(last) in {new for new in every if new[0].endswith(f"-{rounds - 1}")}
        assert await stored(database) == list(range(1, len(last) + 1))
