"""A partition key that is spread over shards looks like one, in everything but speed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anydynamo import (
    AlreadyExists,
    Attr,
    Capacity,
    ConditionFailed,
    ConfigurationError,
    Database,
    GlobalIndex,
    InvalidRequest,
    LocalIndex,
    NotFound,
    Table,
    TableMismatch,
    TransactionCancelled,
    attribute,
)
from anydynamo.operations.backup import backup
from anydynamo.operations.restore import restore
from anydynamo.repositories.shards import shard_of
from anydynamo.sync import Database as BlockingDatabase

if TYPE_CHECKING:
    from pathlib import Path

    from tests.targets import Target

    from anydynamo import Repository
    from anydynamo.adapters.protocol import DatabaseAdapter


class Plain(Table, name="plain"):
    day: Attr[str] = attribute(hash_key=True)
    moment: Attr[str] = attribute(range_key=True)
    user: Attr[str | None] = attribute(default=None)
    points: Attr[int] = attribute(default=0)

    by_user = GlobalIndex("UserIndex", hash_key=user, range_key=moment)
    by_points = LocalIndex("PointsIndex", range_key=points)


class Spread(Plain, name="spread", shards=4):
    pass


class ByDay(Table, name="by-day", shards=4):
    day: Attr[str] = attribute(hash_key=True)
    moment: Attr[str] = attribute(range_key=True)
    user: Attr[str] = attribute()

    days_of = GlobalIndex("DaysIndex", hash_key=user, range_key=day)


def plain(number: int, day: str = "monday", **values: Any) -> Plain:
    return Plain(day=day, moment=f"m{number:03}", **values)


def spread(number: int, day: str = "monday", **values: Any) -> Spread:
    return Spread(day=day, moment=f"m{number:03}", **values)


@pytest.fixture
async def items(database: Database) -> Repository[Spread]:
    await database.create_tables([Spread])
    return database.repository(Spread)


def test_the_shard_of_a_sort_key_never_changes() -> None:
    # What was written once has to be found by every later version.
    assert [shard_of(f"m{number:03}", 8) for number in range(6)] == [5, 3, 1, 7, 4, 2]
    assert shard_of(b"\x00\xff", 8) == 2


async def test_items_lie_under_several_partition_keys(
    items: Repository[Spread], adapter: DatabaseAdapter
) -> None:
    await items.put_many([spread(number) for number in range(40)])
    response = await adapter.call("Scan", {"TableName": "spread", "ConsistentRead": True})
    keys = {item["day"]["S"] for item in response["Items"]}
    assert keys == {"monday#0", "monday#1", "monday#2", "monday#3"}
    number = shard_of("m007", 4)
    stored = {"day": {"S": f"monday#{number}"}, "moment": {"S": "m007"}}
    assert (await adapter.call("GetItem", {"TableName": "spread", "Key": stored}))["Item"]


async def test_single_items_are_found_by_the_key_that_was_given(items: Repository[Spread]) -> None:
    await items.create(spread(1))
    assert await items.get(("monday", "m001")) == spread(1)
    with pytest.raises(AlreadyExists) as caught:
        await items.create(spread(1, points=2))
    assert caught.value.current == spread(1)
    changed = await items.update(("monday", "m001"), Spread.points.set(3))
    assert changed == spread(1, points=3)
    with pytest.raises(ConditionFailed) as failed:
        await items.put(spread(1), condition=Spread.points == 1)
    assert failed.value.current == spread(1, points=3)
    assert await items.delete(("monday", "m001"), return_old=True) == spread(1, points=3)
    with pytest.raises(NotFound):
        await items.get(("monday", "m001"))


async def test_a_query_merges_what_the_shards_have(items: Repository[Spread]) -> None:
    await items.put_many([spread(number, points=number % 5) for number in range(60)])
    await items.put_many([spread(number, "tuesday") for number in range(3)])
    found = [item.moment async for item in items.query("monday")]
    assert found == [f"m{number:03}" for number in range(60)]
    assert [item.moment async for item in items.query("monday", reverse=True)] == found[::-1]
    between = await items.query("monday", Spread.moment.between("m010", "m012"))
    assert [item.moment for item in between] == ["m010", "m011", "m012"]
    last = await items.query("monday", reverse=True, limit=3)
    assert [item.moment for item in last] == ["m059", "m058", "m057"]
    filtered = await items.query("monday", filter=Spread.points == 2, limit=5)
    assert [item.moment for item in filtered] == ["m002", "m007", "m012", "m017", "m022"]
    only = await items.query("monday", only=[Spread.moment], limit=2)
    assert only == [{"moment": "m000"}, {"moment": "m001"}]


async def test_pages_of_a_spread_key_have_every_item_once(items: Repository[Spread]) -> None:
    await items.put_many([spread(number) for number in range(25)])
    for reverse in (False, True):
        seen: list[str] = []
        token: str | None = None
        while True:
            page = await items.page("monday", limit=4, after=token, reverse=reverse)
            seen += [item.moment for item in page.items]
            token = page.next
            if token is None:
                break
            assert len(page.items) == 4
        assert seen == sorted(seen, reverse=reverse)
        assert len(seen) == len(set(seen)) == 25


async def test_counts_batches_and_transactions_know_the_key_that_was_given(
    items: Repository[Spread], database: Database
) -> None:
    async with items.batch() as batch:
        for number in range(30):
            await batch.put(spread(number))
        await batch.delete(("monday", "m029"))
    assert await items.count("monday") == 29
    assert await items.count("monday", filter=Spread.points == 1) == 0
    assert await items.get_many([("monday", "m001"), ("monday", "m999")]) == [spread(1)]
    await database.transact(items.to_put(spread(50)), items.to_delete(("monday", "m000")))
    assert await database.transact_get(
        items.to_get(("monday", "m050")), items.to_get(("monday", "m000"))
    ) == (spread(50), None)
    with pytest.raises(TransactionCancelled) as caught:
        await database.transact(items.to_put(spread(60)), items.to_create(spread(50)))
    error = caught.value.errors[1]
    assert isinstance(error, AlreadyExists)
    assert error.current == spread(50)


async def test_scans_and_indexes_show_the_key_that_was_given(items: Repository[Spread]) -> None:
    await items.put_many([spread(number, user="u", points=-number) for number in range(12)])
    found = await items.query(Spread.by_user, "u", limit=7)
    assert [(item.day, item.moment) for item in found] == [
        ("monday", f"m{number:03}") for number in range(7)
    ]
    assert {item.day for item in await items.scan(limit=5)} == {"monday"}
    by_points = await items.query(Spread.by_points, "monday", limit=3)
    assert [item.points for item in by_points] == [-11, -10, -9]
    first = await items.page(Spread.by_user, "u", limit=5)
    second = await items.page(Spread.by_user, "u", limit=20, after=first.next)
    assert len(first.items) + len(second.items) == 12
    scanned = await items.scan_page(limit=5)
    rest = await items.scan_page(limit=20, after=scanned.next)
    assert len({item.moment for item in (*scanned.items, *rest.items)}) == 12


async def test_a_condition_that_compares_the_partition_key_is_refused(
    items: Repository[Spread],
) -> None:
    # DynamoDB would compare the key with the shard's number, and find nothing.
    await items.put(spread(1))
    compared = Spread.day == "monday"
    with pytest.raises(InvalidRequest, match="'day' is spread over 4 shards"):
        await items.scan(filter=compared)
    for condition in (compared, Spread.points.exists() & ~Spread.day.startswith("m")):
        with pytest.raises(InvalidRequest, match="no condition, filter or update can use it"):
            await items.put(spread(1), condition=condition)
        with pytest.raises(InvalidRequest, match="shards"):
            items.to_delete(("monday", "m001"), condition=condition)
    with pytest.raises(InvalidRequest, match="shards"):
        items.scoped(Spread.day, "monday")
    await items.put(spread(1, points=5), condition=Spread.day.exists())
    assert await items.count(filter=Spread.points == 5) == 1


async def test_an_index_that_is_sorted_by_the_partition_key_is_asked_for_one_of_them(
    database: Database,
) -> None:
    await database.create_tables([ByDay])
    items = database.repository(ByDay)
    await items.put_many([ByDay(day="monday", moment=f"m{n:03}", user="u") for n in range(9)])
    await items.put(ByDay(day="tuesday", moment="m000", user="u"))
    found = await items.query(ByDay.days_of, "u", ByDay.day == "monday")
    assert sorted(item.moment for item in found) == [f"m{n:03}" for n in range(9)]
    with pytest.raises(InvalidRequest, match="shards"):
        await items.query(ByDay.days_of, "u", ByDay.day >= "monday")


async def test_what_a_query_of_all_shards_costs_is_added_up() -> None:
    async with Database.open("memory://") as database:
        await database.create_tables([Spread])
        items = database.repository(Spread)
        await items.put_many([spread(number) for number in range(8)])
        capacity = Capacity()
        await items.query("monday", capacity=capacity)
        assert capacity.total == 4 * 0.5


async def test_a_part_of_an_item_shows_the_key_that_was_given(
    items: Repository[Spread], database: Database
) -> None:
    await items.put(spread(1, user="u"))
    key, only = ("monday", "m001"), [Spread.day]
    shown = {"day": "monday"}
    assert await items.get(key, only=only) == shown
    assert await items.get_many([key], only=only) == [shown]
    assert await items.query("monday", only=only) == [shown]
    assert await items.query(Spread.by_user, "u", only=only) == [shown]
    assert await items.scan(only=only) == [shown]
    assert await database.transact_get(items.to_get(key, only=only)) == (shown,)


async def test_keys_of_partition_and_shard_together_have_dynamodbs_limit(
    items: Repository[Spread], database: Database
) -> None:
    longest = "d" * 2046
    await items.put(spread(1, longest))
    assert await items.query(longest) == [spread(1, longest)]
    over = longest + "d"
    for refused in (
        items.put(spread(1, over)),
        items.find((over, "m001")),
        items.query(over),
        items.put_many([spread(1, over)]),
        database.transact(items.to_put(spread(1, over))),
    ):
        with pytest.raises(InvalidRequest, match=r"2047 bytes long; .* of 4 shards leaves 2046"):
            await refused


async def test_an_update_that_copies_the_partition_key_is_refused(
    items: Repository[Spread],
) -> None:
    await items.put(spread(1))
    with pytest.raises(InvalidRequest, match="no condition, filter or update can use it"):
        await items.update(("monday", "m001"), Spread.user.set(Spread.day))
    assert await items.get(("monday", "m001")) == spread(1)


async def test_one_shard_writes_the_key_as_it_is(database: Database) -> None:
    await database.create_tables([Plain])
    items = database.repository(Plain, shards=1)
    await items.put(plain(1))
    response = await database.session.adapter.call("Scan", {"TableName": "plain"})
    assert [item["day"] for item in response["Items"]] == [{"S": "monday"}]


async def test_a_repository_can_be_told_the_number_of_shards(database: Database) -> None:
    await database.create_tables([Plain])
    items = database.repository(Plain, shards=3)
    await items.put_many([plain(number) for number in range(9)])
    assert len(await items.query("monday")) == 9
    response = await database.session.adapter.call("Scan", {"TableName": "plain"})
    assert {item["day"]["S"][:7] for item in response["Items"]} == {"monday#"}
    with pytest.raises(ConfigurationError, match="over 3 shards and over 2"):
        database.repository(Plain, shards=2)


async def test_a_table_has_one_number_of_shards_from_its_first_repository_on(
    database: Database,
) -> None:
    database.repository(Plain)
    with pytest.raises(ConfigurationError, match="over 1 shards and over 3"):
        database.repository(Plain, shards=3)
    database.repository(Spread, shards=1)
    assert database.session.sharding.find("spread") is None
    # A view, a backup or a feed of changes made later is of the same table.
    database.repository(Spread)
    assert database.session.sharding.find("spread") is None


class Counted(Spread, name="counted", stream="NEW_AND_OLD_IMAGES"):
    pass


@pytest.mark.parametrize("target", ["memory", "json", "sqlite", "dynoxide"], indirect=True)
async def test_changes_show_the_key_that_was_given(database: Database) -> None:
    await database.create_tables([Counted])
    items = database.repository(Counted)
    await items.put(Counted(day="monday", moment="m001"))
    (change,) = [change async for change in database.changes(Counted, start="oldest", follow=False)]
    assert change.key == ("monday", "m001")
    assert change.new == Counted(day="monday", moment="m001")


class Single(Table, name="single"):
    key: Attr[str] = attribute(hash_key=True)


@pytest.mark.parametrize(
    ("model", "shards", "why"),
    [(Plain, 0, "from 1 to 1000"), (Plain, 1001, "from 1 to 1000"), (Single, 2, "a sort key")],
)
async def test_what_cannot_be_spread_is_refused(model: type[Table], shards: int, why: str) -> None:
    async with Database.open("memory://") as database:
        with pytest.raises(ConfigurationError, match=why):
            database.repository(model, shards=shards)


async def test_items_of_another_number_of_shards_are_noticed(
    items: Repository[Spread], adapter: DatabaseAdapter
) -> None:
    stray = {"day": {"S": f"monday#{(shard_of('m001', 4) + 1) % 4}"}, "moment": {"S": "m001"}}
    await adapter.call("PutItem", {"TableName": "spread", "Item": stray})
    for read in (items.scan(), items.query("monday")):
        with pytest.raises(TableMismatch, match="was not written with 4 shards"):
            await read


async def test_a_backup_moves_a_table_to_another_number_of_shards(tmp_path: Path) -> None:
    async with Database.open("memory://") as before, Database.open("memory://") as after:
        await before.create_tables([Plain])
        old = before.repository(Plain, shards=2)
        await old.put_many([plain(number) for number in range(20)])
        await backup(before, [Plain], tmp_path / "backup.json")
        new = after.repository(Plain, shards=5)
        await restore(after, [Plain], tmp_path / "backup.json")
        assert await new.query("monday") == await old.query("monday")


def test_it_works_without_asyncio(target: Target) -> None:
    adapter: Any = target.adapter(blocking=True)
    with BlockingDatabase(adapter, owns_adapter=True) as database:
        database.create_tables([Plain])
        items = database.repository(Plain, shards=3)
        items.put_many([plain(number) for number in range(9)])
        assert [item.moment for item in items.query("monday", limit=2)] == ["m000", "m001"]


@given(
    numbers=st.sets(st.integers(0, 40), max_size=25),
    wanted=st.integers(0, 4),
    limit=st.integers(1, 7),
    page_size=st.none() | st.integers(1, 6),
    reverse=st.booleans(),
    low=st.integers(0, 40),
    high=st.integers(0, 40),
)
@settings(max_examples=80)
async def test_a_spread_table_answers_as_one_that_is_not(
    numbers: set[int],
    wanted: int,
    limit: int,
    page_size: int | None,
    reverse: bool,
    low: int,
    high: int,
) -> None:
    async with Database.open("memory://") as database:
        await database.create_tables([Plain, Spread])
        one: Repository[Any] = database.repository(Plain)
        other: Repository[Any] = database.repository(Spread)
        await one.put_many([plain(number, points=number % 5) for number in numbers])
        await other.put_many([spread(number, points=number % 5) for number in numbers])
        bounds = (f"m{min(low, high):03}", f"m{max(low, high):03}")
        tokens: list[str | None] = [None, None]
        for _ in range(30):
            pages = [
                await items.page(
                    "monday",
                    model.moment.between(*bounds),
                    filter=model.points >= wanted,
                    limit=limit,
                    page_size=page_size,
                    reverse=reverse,
                    after=token,
                )
                for items, model, token in zip((one, other), (Plain, Spread), tokens, strict=True)
            ]
            shown = [[(item.moment, item.points) for item in page.items] for page in pages]
            assert shown[0] == shown[1]
            tokens = [page.next for page in pages]
            if not all(tokens):
                break
        # One may know already that it is at the end where the other has to look once more.
        for items, token in zip((one, other), tokens, strict=True):
            if token is not None:
                model = items.model
                last = await items.page(
                    "monday",
                    model.moment.between(*bounds),
                    filter=model.points >= wanted,
                    reverse=reverse,
                    after=token,
                )
                assert last.items == ()
        assert await one.count("monday") == await other.count("monday") == len(numbers)


async def test_a_number_that_is_told_wins_over_the_declared_one(database: Database) -> None:
    await database.create_tables([Spread])
    told = database.repository(Spread, shards=3)
    await told.put_many([spread(number) for number in range(9)])
    assert await database.repository(Spread).query("monday") == await told.query("monday")
    response = await database.session.adapter.call("Scan", {"TableName": "spread"})
    assert {item["day"]["S"] for item in response["Items"]} <= {f"monday#{n}" for n in range(3)}


async def test_a_number_cannot_be_told_after_the_declared_one_was_used() -> None:
    async with Database.open("memory://") as database:
        database.repository(Spread)
        with pytest.raises(ConfigurationError, match="over 4 shards and over 3"):
            database.repository(Spread, shards=3)
