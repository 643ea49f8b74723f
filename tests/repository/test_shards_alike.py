"""Whatever is done to a spread table has the outcome that it has on one that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anydynamo import (
    AnyDynamoError,
    Attr,
    Database,
    GlobalIndex,
    LocalIndex,
    Table,
    attribute,
)
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from anydynamo import Repository
    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo


class Numbered(Table, name="numbered"):
    day: Attr[str] = attribute(hash_key=True)
    sort: Attr[int] = attribute(range_key=True)
    owner: Attr[str] = attribute(default="o")
    points: Attr[int] = attribute(default=0)
    email: Attr[str | None] = attribute(default=None, unique=True)
    version: Attr[int | None] = attribute(default=None, version=True)

    by_owner = GlobalIndex("OwnerIndex", hash_key=owner, range_key=points)
    by_day = GlobalIndex("DayIndex", hash_key=day, range_key=points)
    by_points = LocalIndex("PointsIndex", range_key=points)


class Binary(Table, name="binary"):
    day: Attr[str] = attribute(hash_key=True)
    sort: Attr[bytes] = attribute(range_key=True)
    owner: Attr[str] = attribute(default="o")
    points: Attr[int] = attribute(default=0)

    by_owner = GlobalIndex("OwnerIndex", hash_key=owner, range_key=points)
    by_day = GlobalIndex("DayIndex", hash_key=day, range_key=points)
    by_points = LocalIndex("PointsIndex", range_key=points)


class Patchy:
    """An adapter that leaves half of each batch unprocessed."""

    def __init__(self, inner: DatabaseAdapter) -> None:
        self._inner = inner

    @property
    def info(self) -> ProviderInfo:
        return self._inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if operation not in ("BatchGetItem", "BatchWriteItem"):
            return await self._inner.call(operation, request)
        ((table, asked),) = request["RequestItems"].items()
        reads = operation == "BatchGetItem"
        several = asked["Keys"] if reads else asked
        half = (len(several) + 1) // 2
        first, rest = several[:half], several[half:]
        now, later = ({**asked, "Keys": part} if reads else part for part in (first, rest))
        response = await self._inner.call(operation, {**request, "RequestItems": {table: now}})
        left = "UnprocessedKeys" if reads else "UnprocessedItems"
        return {**response, left: {table: later}} if rest else response

    async def close(self) -> None:
        await self._inner.close()


async def no_sleep(seconds: float) -> None:
    del seconds


def embedded() -> DatabaseAdapter:
    from anydynamo.adapters.embedded import EmbeddedAdapter

    return EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True, clock=lambda: 1e9)


DAYS = ("mon", "mon#3", "#", "mon day")
NUMBERS = [-(10**20), -3, -1, 0, 1, 2, 10, 10**20]
BINARIES = [bytes([number]) * length for number in (0, 1, 127, 255) for length in (1, 2)]

days = st.sampled_from(DAYS)
places = st.integers(0, 7)
points = st.integers(0, 2)
some = st.none() | st.integers(1, 5)

writes = st.one_of(
    st.tuples(st.just("put"), days, places, points),
    st.tuples(st.just("create"), days, places, points),
    st.tuples(st.just("update"), days, places, points),
    st.tuples(st.just("put_if"), days, places, points),
    st.tuples(st.just("delete"), days, places, points),
    st.tuples(st.just("put_many"), days, places, points),
    st.tuples(st.just("transact"), days, places, points),
    st.tuples(st.just("cancel"), days, places, points),
)
questions = st.fixed_dictionaries(
    {
        "index": st.sampled_from([None, "by_day", "by_points", "by_owner"]),
        "day": days,
        "reverse": st.booleans(),
        "limit": some,
        "page_size": st.none() | st.integers(1, 3),
        "filtered": st.booleans(),
        "bound": st.none() | places,
        "only": st.booleans(),
    }
)


async def told(work: Awaitable[Any]) -> Any:
    """Return what came of some work; tables and reasons are called the same here and there."""
    try:
        return repr(await work)
    except AnyDynamoError as error:
        return type(error).__name__


async def write(
    database: Database, items: Repository[Any], sorts: list[Any], done: tuple[str, str, int, int]
) -> Any:
    kind, day, place, number = done
    model = items.model
    key = (day, sorts[place])

    def item(at: int = place) -> Any:
        return model(day=day, sort=sorts[at % 8], points=number)

    ways: dict[str, Callable[[], Awaitable[Any]]] = {
        "put": lambda: items.put(item()),
        "create": lambda: items.create(item()),
        "update": lambda: items.update(key, model.points.add(number)),
        "put_if": lambda: items.put(item(), condition=model.points < number),
        "delete": lambda: items.delete(key, return_old=True),
        "put_many": lambda: items.put_many([item(at) for at in range(place, place + 4)]),
        "transact": lambda: database.transact(
            items.to_put(item()), items.to_delete((day, sorts[place - 1]))
        ),
        "cancel": lambda: database.transact(
            items.to_put(item(place - 1)), items.to_check(key, model.points == number)
        ),
    }
    return await told(ways[kind]())


async def ask(items: Repository[Any], sorts: list[Any], question: dict[str, Any]) -> Any:
    """Return all pages of a question as one list, and whether each but the last was full."""
    model, name = items.model, question["index"]
    target = [] if name is None else [getattr(model, name)]
    first = "o" if name == "by_owner" else question["day"]
    bound = question["bound"]
    sort = model.sort if name is None else model.points
    conditions = []
    if bound is not None:
        conditions = [sort >= (sorts[bound] if name is None else bound % 3)]
    field = model.owner if name == "by_owner" else model.points
    unfit = "p" if name == "by_owner" else 1
    options: dict[str, Any] = {"page_size": question["page_size"], "reverse": question["reverse"]}
    if question["filtered"] and name in (None, "by_owner"):
        if name == "by_owner":
            options["filter"] = model.sort != sorts[3]
        else:
            options["filter"] = field != unfit
    if question["only"]:
        options["only"] = [model.day, model.sort, model.points]
    found: list[Any] = []
    token: str | None = None
    while True:
        page = await items.page(
            *target, first, *conditions, limit=question["limit"], after=token, **options
        )
        found += page.items
        token = page.next
        if token is None:
            break
        assert question["limit"] is None or len(page.items) == question["limit"]
    rows = [one if isinstance(one, dict) else row(one) for one in found]
    number = await items.count(*target, first, *conditions, filter=options.get("filter"))
    assert number == len(rows)
    if name == "by_owner":
        # Its items of one sort key have no order: of those, both just have the same.
        assert [one["points"] for one in rows] == sorted(
            (one["points"] for one in rows), reverse=question["reverse"]
        )
        rows.sort(key=repr)
    return rows


def row(item: Any) -> dict[str, Any]:
    return {"day": item.day, "sort": item.sort, "points": item.points}


@pytest.mark.parametrize(("model", "sorts"), [(Numbered, NUMBERS), (Binary, BINARIES)])
@given(
    shards=st.integers(2, 5),
    patchy=st.booleans(),
    filled=st.sets(places),
    done=st.lists(writes, max_size=12),
    asked=st.lists(questions, min_size=1, max_size=4),
)
@settings(max_examples=60)
async def test_a_spread_table_and_one_that_is_not_have_the_same_history(
    model: type[Table],
    sorts: list[Any],
    shards: int,
    patchy: bool,
    filled: set[int],
    done: list[tuple[str, str, int, int]],
    asked: list[dict[str, Any]],
) -> None:
    outcomes: list[Any] = []
    for number in (1, shards):
        adapter = embedded()
        database = Database(
            Patchy(adapter) if patchy else adapter, sleep=no_sleep, clock=lambda: 1e9
        )
        await database.create_tables([model])
        items: Repository[Any] = database.repository(model, shards=number)
        await items.put_many(
            [model(day=day, sort=sorts[at], points=at % 3) for day in DAYS for at in filled]
        )
        outcome: list[Any] = [await write(database, items, sorts, one) for one in done]
        outcome += [await ask(items, sorts, one) for one in asked]
        keys = [(day, sort) for day in DAYS for sort in sorts]
        read = await items.get_many(keys, consistent=True)
        outcome.append(read)
        scanned = await items.scan(segments=3, consistent=True)
        assert sorted(map(repr, scanned)) == sorted(map(repr, read))
        outcome.append(await items.count())
        outcomes.append(outcome)
        await adapter.close()
    assert outcomes[0] == outcomes[1]


async def test_unique_values_are_unique_over_all_shards(database: Database) -> None:
    await database.create_tables([Numbered])
    items = database.repository(Numbered, shards=4)
    for number in range(8):
        await items.create(Numbered(day="mon", sort=number, email=f"{number}@example.com"))
    assert len(await items.query("mon")) == 8
    for number in range(8):
        with pytest.raises(AnyDynamoError, match="email is unique"):
            await items.create(Numbered(day="tue", sort=number, email=f"{7 - number}@example.com"))
    long = "e" * 2100
    await items.create(Numbered(day="mon", sort=8, email=long[:2030]))
    await items.create(Numbered(day="mon", sort=9, email=long))
    assert (await items.check_unique()).ok
    assert await items.count() == 10
