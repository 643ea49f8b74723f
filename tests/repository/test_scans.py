"""Scans by several workers: complete, no faster than was said, and good to go on from anywhere."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.repository.scripted import ScriptedAdapter, session
from tests.repository.test_ingest import Clock, Stage

from anydynamo import Database, sync
from anydynamo.errors import InvalidCursor, InvalidRequest, ServiceFault, Unavailable
from anydynamo.models.indexes import GlobalIndex
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.repositories.repository import Repository
from anydynamo.testing.faults import fail

if TYPE_CHECKING:
    from pathlib import Path


class Point(Table, name="points"):
    key: Attr[bytes] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)
    owner: Attr[str] = attribute(default="ada")
    by_owner = GlobalIndex("by-owner", hash_key=owner)


def points(count: int) -> list[Point]:
    owners = ("ada", "grace")
    return [
        Point(key=f"{number % 37}".encode(), number=number, owner=owners[number % 2])
        for number in range(count)
    ]


def database(count: int, url: str = "memory://") -> sync.Database:
    db = sync.Database.open(url)
    db.create_tables([Point])
    db.repository(Point).put_many(points(count))
    return db


def key(point: Any) -> Any:
    return point.key, point.number


@settings(max_examples=40, deadline=None)
@given(
    workers=st.integers(1, 5),
    segments=st.sampled_from([None, 1, 3, 7]),
    page_size=st.sampled_from([1, 3, 20, None]),
    cuts=st.lists(st.integers(0, 60), max_size=5),
    kind=st.sampled_from(["table", "index", "filter", "scope", "only"]),
)
def test_a_scan_that_goes_on_from_its_position_gives_each_item_once(
    workers: int, segments: int | None, page_size: int | None, cuts: list[int], kind: str
) -> None:
    with database(120) as db:
        repository: Any = db.repository(Point)
        arguments: tuple[Any, ...] = ()
        options: dict[str, Any] = {"page_size": page_size, "workers": workers}
        wanted = points(120)
        if kind == "index":
            arguments = (Point.by_owner,)
        elif kind == "filter":
            options["filter"] = Point.owner == "ada"
            wanted = [point for point in wanted if point.owner == "ada"]
        elif kind == "scope":
            repository = repository.scoped(Point.owner, "ada")
            wanted = [point for point in wanted if point.owner == "ada"]
        elif kind == "only":
            options["only"] = [Point.key, Point.number]
        found: list[Any] = []
        position: str | None = None
        for cut in [*cuts, 1000]:
            more = {"start": position} if position is not None else {"segments": segments}
            scan = repository.scan(*arguments, **options, **more)
            for _, result in zip(range(cut), scan, strict=False):
                found.append(result)
            position = scan.position
            if position is None:
                break
        assert position is None
        keys = [key(one) if kind != "only" else (one["key"], one["number"]) for one in found]
        assert len(keys) == len(set(keys))
        assert set(keys) == set(map(key, wanted))


@pytest.mark.parametrize("count", [0, 1, 7, 40])
async def test_the_position_is_after_the_last_result_that_was_handed_out(count: int) -> None:
    async with Database.open("memory://") as db:
        await db.create_tables([Point])
        repository = db.repository(Point)
        await repository.put_many(points(40))
        scan = repository.scan(workers=3, page_size=4)
        first = [await anext(scan) for _ in range(count)]
        rest = [] if scan.position is None else await repository.scan(start=scan.position)
        assert sorted(map(key, [*first, *rest])) == sorted(map(key, points(40)))
        assert (await scan) is not None
        assert scan.position is None


async def test_a_position_is_good_in_another_process(tmp_path: Path) -> None:
    """Page tokens are signed by a key of the process; a position is not."""
    url = f"sqlite:///{tmp_path / 'points.db'}"
    with database(30, url) as db:
        scan = db.repository(Point).scan(workers=2)
        first = [next(scan) for _ in range(11)]
        position = scan.position
    assert position is not None
    with sync.Database.open(url) as again:
        rest = list(again.repository(Point).scan(start=position))
    assert len(first) + len(rest) == 30


def test_one_owner_sees_no_key_of_another_in_a_position() -> None:
    with database(120) as db:
        scan = db.repository(Point).scoped(Point.owner, "ada").scan(workers=2, page_size=1)
        hers = {point.key for point in points(120) if point.owner == "ada"}
        seen = {next(scan).key for _ in range(9)}
        assert scan.position is not None
        raw = base64.urlsafe_b64decode(scan.position + "===")
        places: list[Any] = [place for place in json.loads(raw)["s"] if place not in (True, False)]
        assert places
        assert {base64.b64decode(place["key"]["B"]["$b"]) for place in places} <= seen & hers


def test_another_scans_position_is_refused() -> None:
    with database(40) as db:
        repository = db.repository(Point)
        scan = repository.scan(workers=2, page_size=2)
        next(scan)
        position = scan.position
        assert position is not None
        with pytest.raises(InvalidCursor, match="another scan"):
            repository.scan(Point.by_owner, start=position)
        with pytest.raises(InvalidCursor, match="another scan"):
            repository.scan(filter=Point.owner == "ada", start=position)
        with pytest.raises(InvalidCursor, match="another scan"):
            repository.scoped(Point.owner, "ada").scan(start=position)
        with pytest.raises(InvalidRequest, match="2 segments"):
            repository.scan(segments=3, start=position)
        body = json.loads(base64.urlsafe_b64decode(position + "==="))
        body["s"][0] = {"other": {"S": "x"}}
        altered = base64.urlsafe_b64encode(json.dumps(body).encode()).decode()
        with pytest.raises(InvalidCursor, match="another scan"):
            repository.scan(start=altered)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "W10",
        "e30",
        7,
        "eyJ2IjoxLCJxIjoiIiwicyI6W119",
        "eyJ2IjoxLCJxIjoiIiwicyI6WzNdfQ",
    ],
)
def test_what_is_no_position_is_refused(text: Any) -> None:
    with database(1) as db, pytest.raises(InvalidCursor, match="no position of a scan"):
        db.repository(Point).scan(start=text)


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 0},
        {"workers": 2, "limit": 3},
        {"segments": 0},
        {"segments": 1_000_001},
        {"rate": 0},
        {"unit_rate": float("nan")},
        {"rate": True},
    ],
    ids=str,
)
def test_an_option_that_means_nothing_is_refused(options: dict[str, Any]) -> None:
    with database(1) as db, pytest.raises(InvalidRequest):
        db.repository(Point).scan(**options)


def slow(clock: Clock, count: int) -> Database:
    stage = Stage()
    stage.calm.create_tables([Point])
    stage.calm.repository(Point).put_many(points(count))
    db = Database(stage.inner, sleep=clock.sleep)
    db.session.timer = clock.timer
    return db


async def test_a_rate_of_items_is_kept_by_all_workers_together() -> None:
    clock = Clock()
    repository = slow(clock, 200).repository(Point)
    options: dict[str, Any] = {"filter": Point.owner == "ada", "workers": 4, "rate": 20}
    assert len(await repository.scan(**options)) == 100
    # 200 items are read at 20 a second; what is spent last is not waited for.
    assert 8.5 <= clock.now <= 10
    assert max(clock.waits) <= 1.01


async def test_a_rate_of_capacity_units_is_kept() -> None:
    clock = Clock()
    repository = slow(clock, 60).repository(Point)
    assert len(await repository.scan(unit_rate=2, page_size=2)) == 60
    # Each request of two items costs half a unit.
    assert clock.now == pytest.approx(7.5, abs=0.5)


async def test_several_workers_hold_one_page_each_and_no_more() -> None:
    stage = Stage(awaited=True)
    stage.calm.create_tables([Point])
    stage.calm.repository(Point).put_many(points(100))
    sent: list[int] = []
    inner = stage.adapter.call

    async def call(operation: str, request: Any) -> Any:
        sent.append(request["Segment"])
        return await inner(operation, request)

    stage.adapter.call = call
    scan = stage.db.repository(Point).scan(segments=10, workers=3, page_size=2)
    await anext(scan)
    assert sorted(sent) == [0, 1, 2]
    assert stage.adapter.most == 3
    for _ in range(5):
        await anext(scan)
    assert len(sent) == 3
    assert len(await scan) == 94
    assert set(sent) == set(range(10))
    assert stage.adapter.most == 3


async def test_after_an_error_a_scan_goes_on_where_it_was() -> None:
    stage = Stage(fail("Scan", skip=1, times=1))
    stage.calm.create_tables([Point])
    stage.calm.repository(Point).put_many(points(50))
    scan = stage.db.repository(Point).scan(workers=2, page_size=10)
    with pytest.raises(ServiceFault):
        await scan
    assert sorted(map(key, await scan)) == sorted(map(key, points(50)))


async def test_an_error_is_the_callers() -> None:
    repository = Repository(session(ScriptedAdapter(Unavailable("away"))), Point)
    with pytest.raises(Unavailable):
        await repository.scan(workers=2)
