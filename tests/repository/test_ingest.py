"""Whatever a source gives is stored, a dead letter or handed back, and its place is known."""

from __future__ import annotations

import asyncio
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.repository.scripted import ScriptedAdapter, session

from anydynamo import sync
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.database import Database
from anydynamo.errors import (
    AccessDenied,
    BatchIncomplete,
    InvalidRequest,
    TableNotFound,
    VersionConflict,
)
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.repositories.repository import Repository
from anydynamo.repositories.session import Patience
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing.faults import (
    Faults,
    Rule,
    conflict,
    fail,
    leave_unprocessed,
    lose_reply,
    lose_request,
    throttle,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

    from anydynamo.repositories.ingest import DeadLetter, IngestProgress


class Event(Table, name="events"):
    key: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")


class Counted(Table, name="counted"):
    key: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")
    version: Attr[int] = attribute(version=True, default=0)


TOO_LARGE = "x" * 410_000


class Clock:
    """A time that goes on only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def timer(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Awaited:
    """An adapter inside another's event loop: each call lets the others go first."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.info = ProviderInfo("awaited", "nowhere", blocking=False)
        self.under_way = self.most = 0

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        answer: dict[str, Any] = await self.inner.call(operation, request)
        return answer

    async def close(self) -> None:
        """There is nothing to close."""


class Stage:
    """A memory with faults before it, on a clock of its own, blocking or awaited."""

    def __init__(
        self, *rules: Rule, seed: int = 0, attempts: int = 4, awaited: bool = False
    ) -> None:
        self.inner = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
        self.calm = sync.Database(self.inner)
        self.calm.create_tables([Event, Counted])
        self.clock = Clock()
        self.faults = Faults(
            self.inner, rules, seed=seed, clock=self.clock.timer, sleep=self.clock.sleep
        )
        self.adapter: Any = Awaited(self.faults) if awaited else self.faults
        self.db = Database(
            self.adapter,
            patience=Patience(attempts=attempts),
            sleep=self.clock.sleep,
            random=lambda: 0.5,
        )
        self.db.session.timer = self.clock.timer

    def stored(self, model: Any = Event) -> dict[str, str]:
        return {one.key: one.text for one in self.calm.repository(model).scan(consistent=True)}


class Source:
    """Counts what is taken from it."""

    def __init__(self, items: Iterable[Any]) -> None:
        self.taken = 0
        self._items = iter(items)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        one = next(self._items)
        self.taken += 1
        return one


def events(number: int, model: Any = Event) -> list[Any]:
    return [model(key=f"{place:04}", text=str(place)) for place in range(number)]


@pytest.mark.parametrize("model", [Event, Counted], ids=["plain", "versions"])
@settings(max_examples=40, deadline=None)
@given(
    share=st.sampled_from([0.1, 0.6, 1.0]),
    probability=st.sampled_from([0.0, 0.1, 0.4, 0.8]),
    size=st.sampled_from([0, 1, 26, 130, 330]),
    bad=st.sets(st.integers(0, 330), max_size=4),
    keys=st.sampled_from([5, 60, 1000]),
    awaited=st.booleans(),
    attempts=st.sampled_from([1, 3]),
    seed=st.integers(0, 1000),
)
def test_every_model_is_stored_or_a_dead_letter_or_unprocessed(
    model: Any,
    share: float,
    probability: float,
    size: int,
    bad: set[int],
    keys: int,
    awaited: bool,
    attempts: int,
    seed: int,
) -> None:
    stage = Stage(
        leave_unprocessed("BatchWriteItem", share=share, probability=probability),
        throttle("BatchWriteItem", "TransactWriteItems", probability=probability / 3),
        lose_request("BatchWriteItem", "TransactWriteItems", probability=probability / 3),
        conflict("TransactWriteItems", probability=probability / 2),
        seed=seed,
        attempts=attempts,
        awaited=awaited,
    )
    # With versions, a second write to a key is a lost race.
    keys = keys if model is Event else 1000
    given_items = [
        model(key=str(place % keys), text=TOO_LARGE if place in bad else str(place))
        for place in range(size)
    ]
    source = Source(given_items)
    letters: list[DeadLetter] = []
    progress: list[IngestProgress] = []
    unprocessed: tuple[Any, ...] = ()

    async def run() -> Any:
        return await stage.db.repository(model).ingest(
            source, concurrency=3, on_dead_letter=letters.append, on_progress=progress.append
        )

    try:
        report = asyncio.run(run())
    except BatchIncomplete as error:
        unprocessed = error.unprocessed
        position, succeeded = error.position, error.succeeded
        assert unprocessed
    else:
        assert source.taken == size
        position, succeeded = report.position, report.stored
        assert position == size
        assert report.dead == len(letters)
    assert position is not None
    merged = progress[-1].merged if progress else 0
    assert succeeded + len(letters) + len(unprocessed) + merged == source.taken
    assert {letter.position for letter in letters} <= bad
    assert all(letter.given is given_items[letter.position] for letter in letters)
    stored = stage.stored(model)
    assert TOO_LARGE not in stored.values()
    left = {one.key for one in unprocessed}
    for key in {one.key for one in given_items[: source.taken]} - left:
        wanted = [one.text for one in given_items[: source.taken] if one.key == key]
        # A refused instance leaves what was there: that of an earlier chunk, or nothing.
        assert stored.get(key) == wanted[-1] or wanted[-1] == TOO_LARGE
    # Who goes on from the position, without faults, has everything.
    stage.faults.clear()

    async def resume() -> Any:
        if model is Event:
            return await stage.db.repository(model).ingest(given_items, start=position)
        rest = chain(unprocessed, source)
        return await stage.db.repository(model).ingest(rest)

    asyncio.run(resume())
    stored = stage.stored(model)
    for key in {one.key for one in given_items}:
        last = [one.text for one in given_items if one.key == key][-1]
        assert last in (stored.get(key), TOO_LARGE)


@pytest.mark.parametrize("model", [Event, Counted], ids=["plain", "versions"])
@settings(max_examples=20, deadline=None)
@given(probability=st.sampled_from([0.1, 0.4]), seed=st.integers(0, 1000))
def test_a_lost_answer_stores_nothing_twice_and_leaves_nothing_out(
    model: Any, probability: float, seed: int
) -> None:
    stage = Stage(
        lose_reply("BatchWriteItem", "TransactWriteItems", probability=probability),
        fail("BatchWriteItem", probability=probability / 2),
        seed=seed,
        attempts=60,
    )
    items = events(210, model)
    report = asyncio.run(stage.db.repository(model).ingest(items))
    assert (report.stored, report.dead, report.dead_letters) == (210, 0, ())
    assert stage.stored(model) == {one.key: one.text for one in items}


@pytest.mark.parametrize("awaited", [False, True])
async def test_no_more_is_taken_from_the_source_than_is_under_way(awaited: bool) -> None:
    stage = Stage(awaited=awaited)
    source = Source(events(1000))
    ahead: list[int] = []
    await stage.db.repository(Event).ingest(
        source,
        concurrency=3,
        on_progress=lambda progress: ahead.append(source.taken - progress.stored),
    )
    assert source.taken == 1000
    assert len(ahead) == 40
    # Three requests, and the one that waits to go.
    assert max(ahead) == (75 if awaited else 0)
    if awaited:
        assert stage.adapter.most == 3


async def test_a_source_may_be_awaited() -> None:
    async def arriving() -> AsyncIterator[Event]:
        for event in events(60):
            await asyncio.sleep(0)
            yield event

    stage = Stage(awaited=True)
    report = await stage.db.repository(Event).ingest(arriving(), start=10)
    assert (report.stored, report.position) == (50, 60)


async def test_bad_models_do_not_stop_the_rest() -> None:
    stage = Stage()
    items: list[Any] = events(60)
    items[3] = Event(key="0003", text=TOO_LARGE)
    items[30] = "no model"
    items[59] = Event(key="")
    report = await stage.db.repository(Event).ingest(items)
    assert sorted(letter.position for letter in report.dead_letters) == [3, 30, 59]
    assert all(isinstance(letter.error, InvalidRequest) for letter in report.dead_letters)
    assert (report.stored, report.dead, report.position) == (57, 3, 60)
    assert len(stage.stored()) == 57


async def test_a_lost_race_is_a_dead_letter() -> None:
    stage = Stage()
    stage.calm.repository(Counted).put(Counted(key="0007"))
    report = await stage.db.repository(Counted).ingest(events(120, Counted))
    (letter,) = report.dead_letters
    assert letter.position == 7
    assert isinstance(letter.error, VersionConflict)
    assert report.stored == 119


async def test_too_many_dead_letters_stop_the_work_unless_somebody_takes_them() -> None:
    stage = Stage()
    bad: Callable[[], Any] = lambda: (object() for _ in range(2000))  # noqa: E731
    with pytest.raises(BatchIncomplete, match="more than 1000 could not be stored") as caught:
        await stage.db.repository(Event).ingest(bad())
    assert len(caught.value.failed) == 1001
    letters: list[DeadLetter] = []
    report = await stage.db.repository(Event).ingest(bad(), on_dead_letter=letters.append)
    assert len(letters) == report.dead == 2000
    assert report.dead_letters == ()


async def test_without_a_table_nothing_becomes_a_dead_letter() -> None:
    for error in (TableNotFound("none"), AccessDenied("no")):
        source = Source(events(100))
        repository = Repository(session(ScriptedAdapter(error)), Event)
        with pytest.raises(BatchIncomplete, match="go on with start=0") as caught:
            await repository.ingest(source)
        assert type(caught.value.__cause__) is type(error)
        assert source.taken == len(caught.value.unprocessed) == 25
        assert caught.value.failed == ()


@pytest.mark.parametrize("awaited", [False, True])
async def test_what_a_source_gave_before_it_broke_is_stored(awaited: bool) -> None:
    def breaking() -> Iterator[Event]:
        yield from events(30)
        raise OSError("the disk is gone")

    stage = Stage(awaited=awaited)
    progress: list[IngestProgress] = []
    with pytest.raises(OSError, match="the disk is gone"):
        await stage.db.repository(Event).ingest(breaking(), on_progress=progress.append)
    assert len(stage.stored()) == 30
    assert progress[-1].position == 30


async def test_an_error_of_a_callback_ends_what_is_under_way() -> None:
    def refuse(progress: IngestProgress) -> None:
        raise RuntimeError(f"at {progress.position}")

    stage = Stage(awaited=True)
    with pytest.raises(RuntimeError, match="at 25"):
        await stage.db.repository(Event).ingest(events(500), on_progress=refuse)
    assert stage.adapter.most <= 8
    calls = len(stage.stored())
    await asyncio.sleep(0)
    assert len(stage.stored()) == calls


async def test_a_throttled_table_sets_the_rate() -> None:
    """The table takes 50 writes in a second; a second of the clock goes by only in waits."""
    stage = Stage(attempts=100)
    window: list[tuple[float, int]] = []

    class Slow:
        info = stage.faults.info

        async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
            writes = request["RequestItems"]["events"]
            now = stage.clock.now
            window[:] = [(at, taken) for at, taken in window if at > now - 1]
            room = max(0, 50 - sum(taken for _, taken in window))
            window.append((now, min(room, len(writes))))
            left = writes[room:]
            if room:
                done = {"RequestItems": {"events": writes[:room]}}
                await stage.inner.call(operation, done)
            return {"UnprocessedItems": {"events": left} if left else {}}

        async def close(self) -> None: ...

    db = Database(Slow(), sleep=stage.clock.sleep, random=lambda: 0.5)
    db.session.timer = stage.clock.timer
    rates: list[float | None] = []
    report = await db.repository(Event).ingest(
        events(2000), on_progress=lambda progress: rates.append(progress.rate)
    )
    assert report.stored == 2000
    assert 2000 / report.seconds > 25
    late = [rate for rate in rates[20:] if rate is not None]
    assert late
    assert max(late) < 75
    assert report.throttles < 80


async def test_a_rate_is_kept() -> None:
    stage = Stage()
    report = await stage.db.repository(Event).ingest(events(500), rate=100)
    assert report.seconds == pytest.approx(4.75)
    assert report.rate == 100


async def test_a_time_that_is_given_ends_the_tries_of_a_request() -> None:
    stage = Stage(throttle("BatchWriteItem"), attempts=1)
    with pytest.raises(BatchIncomplete) as caught:
        await stage.db.repository(Event).ingest(events(30), give_up_after=20)
    assert 20 <= stage.clock.now < 60
    assert caught.value.position == 0
    assert len(caught.value.unprocessed) == 25


@pytest.mark.parametrize(
    "options",
    [
        {"start": -1},
        {"start": True},
        {"concurrency": 0},
        {"rate": 0},
        {"rate": "fast"},
        {"give_up_after": -1},
        {"start": 4},
    ],
    ids=str,
)
async def test_an_option_that_means_nothing_is_refused(options: dict[str, Any]) -> None:
    stage = Stage()
    with pytest.raises(InvalidRequest):
        await stage.db.repository(Event).ingest(events(3), **options)
    assert stage.stored() == {}


async def test_a_source_is_an_iterable() -> None:
    with pytest.raises(InvalidRequest, match="an iterable"):
        await Stage().db.repository(Event).ingest(7)  # type: ignore[arg-type]


def test_the_blocking_facade_takes_a_source_too() -> None:
    with sync.Database.open("memory://") as db:
        db.create_tables([Event])
        source = Source(Event(key=str(number)) for number in count())
        with pytest.raises(KeyError):
            db.repository(Event).ingest(source, on_progress=_stop_at_a_hundred)
        assert db.repository(Event).count() == source.taken == 100
        assert db.repository(Event).ingest(events(30)).stored == 30


def _stop_at_a_hundred(progress: IngestProgress) -> None:
    if progress.stored >= 100:
        raise KeyError("enough")
