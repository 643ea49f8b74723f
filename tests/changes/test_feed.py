"""Checkpoints, positions in between, and what a consumer's own mistakes lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.changes.streaming import HOUR, FakeStream, Note, keys

from anydynamo import sync
from anydynamo.changes import Checkpoint, TableCheckpoints
from anydynamo.changes.positions import Position
from anydynamo.database import Database
from anydynamo.errors import InvalidItem, InvalidRequest
from anydynamo.models.table import Attr, Table, attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter
    from anydynamo.changes import Changes


class Kept:
    """Checkpoints in memory; `saves` are the positions in order."""

    def __init__(self, position: str | None = None) -> None:
        self.saves: list[str] = [] if position is None else [position]
        self.fault: Exception | None = None

    async def load(self, consumer: str) -> str | None:
        assert consumer == "sums"
        return self.saves[-1] if self.saves else None

    async def save(self, consumer: str, position: str) -> None:
        assert consumer == "sums"
        if self.fault is not None:
            raise self.fault
        self.saves.append(position)


class Plain:
    """The same without coroutines."""

    def __init__(self) -> None:
        self.saves: list[str] = []

    def load(self, consumer: str) -> str | None:
        return self.saves[-1] if self.saves else None

    def save(self, consumer: str, position: str) -> None:
        self.saves.append(position)


@pytest.fixture
def stream() -> FakeStream:
    stream = FakeStream()
    stream.page = 4
    stream.shard("a")
    stream.write("a", *"0123456789")
    return stream


def consume(stream: FakeStream, kept: Any, **options: Any) -> Changes[Note]:
    options = {"start": "oldest", "follow": False, **options}
    return stream.database().changes(Note, checkpoint=kept, consumer="sums", **options)


async def reached(stream: FakeStream, position: str) -> str:
    """Return the key of the change that comes after a position; empty if there is none."""
    changes = stream.database().changes(Note, start=position, follow=False)
    return next(iter(keys([change async for change in changes])), "")


async def test_positions_are_saved_every_so_many_changes_once_they_are_handled(
    stream: FakeStream,
) -> None:
    kept = Kept()
    changes = consume(stream, kept, every=3)
    for count in range(10):
        assert (await anext(changes)).key == str(count)
        assert len(kept.saves) == count // 3
    assert [await reached(stream, position) for position in kept.saves] == ["3", "6", "9"]
    assert [change async for change in changes] == []
    assert await reached(stream, kept.saves[-1]) == ""


async def test_a_batch_counts_when_the_next_is_asked_for(stream: FakeStream) -> None:
    kept = Kept()
    changes = consume(stream, kept, every=1)
    batches = changes.batches()
    assert len(await anext(batches)) == 4
    assert kept.saves == []
    await anext(batches)
    assert await reached(stream, kept.saves[-1]) == "4"


async def test_leaving_the_block_saves_what_was_handled_and_not_the_last(
    stream: FakeStream,
) -> None:
    kept = Kept()
    async with consume(stream, kept) as changes:
        for _ in range(3):
            await anext(changes)
    assert [await reached(stream, position) for position in kept.saves] == ["2"]
    async with consume(stream, kept) as changes:
        assert (await anext(changes)).key == "2"
        await changes.save()
    assert [await reached(stream, position) for position in kept.saves] == ["2", "3"]
    async with consume(stream, kept) as changes:
        assert (await anext(changes)).key == "3"
    assert len(kept.saves) == 2


async def test_leaving_the_block_with_an_error_saves_nothing_more(stream: FakeStream) -> None:
    kept = Kept()

    async def handle() -> None:
        async with consume(stream, kept) as changes:
            await anext(changes)
            await anext(changes)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await handle()
    assert kept.saves == []


async def test_a_save_that_failed_is_made_up_for(stream: FakeStream) -> None:
    kept = Kept()
    changes = consume(stream, kept, every=1)
    await anext(changes)
    kept.fault = ConnectionError()
    with pytest.raises(ConnectionError):
        await anext(changes)
    kept.fault = None
    assert (await anext(changes)).key == "1"
    assert (await anext(changes)).key == "2"
    assert await reached(stream, kept.saves[-1]) == "2"


async def test_positions_are_saved_before_a_wait(stream: FakeStream) -> None:
    kept = Kept()
    database = stream.database()
    changes = database.changes(
        Note, start="oldest", checkpoint=kept, consumer="sums", every=1000, poll=60
    )

    async def sleep(seconds: float) -> None:
        stream.now += seconds
        if stream.now > 1_700_000_000 + 2.5 * HOUR:
            raise TimeoutError

    database.session.sleep = sleep
    with pytest.raises(TimeoutError):
        async for _ in changes:
            pass
    # Once before the first wait; then every hour, to tell until when nothing was missed.
    times = [Position.parse(position).marks["a"].seen for position in kept.saves]
    assert times == [0, 1_700_003_600, 1_700_007_200]


async def test_plain_functions_keep_positions_too(stream: FakeStream) -> None:
    kept = Plain()
    assert len([change async for change in consume(stream, kept)]) == 10
    assert [change async for change in consume(stream, kept)] == []


def test_blocking_consumers_keep_positions_too(stream: FakeStream) -> None:
    stream.info = type(stream.info)("fake", "nowhere", True)
    kept = Plain()
    with sync.Database(stream, clock=lambda: stream.now) as database:
        options: Any = {"follow": False, "checkpoint": kept, "consumer": "sums", "every": 4}
        with database.changes(Note, start="oldest", **options) as changes:
            assert repr(changes) == "Changes(table='notes')"
            assert next(changes).key == "0"
            changes.save()
            batch = changes.batch()
            assert batch is not None
            assert keys(batch) == ["1", "2", "3"]
            assert [len(batch) for batch in changes.batches()] == [4, 2]
        assert list(database.changes(Note, start="oldest", **options)) == []
        fresh = database.changes(Note, start="oldest")
        fresh.begin()
        assert fresh.position


async def test_without_a_checkpoint_there_is_nothing_to_save(stream: FakeStream) -> None:
    changes = stream.database().changes(Note, start="oldest", follow=False)
    with pytest.raises(InvalidRequest, match="give checkpoint= and consumer="):
        await changes.save()
    async with changes:
        await anext(changes)
    assert repr(changes) == "Changes(table='notes')"


async def test_the_position_is_always_after_what_was_given_last(stream: FakeStream) -> None:
    stream.shard("b")
    stream.write("b", *"xyz")
    changes = stream.database().changes(Note, start="oldest", follow=False)
    await changes.begin()
    found: list[str] = []
    while True:
        rest = stream.database().changes(Note, start=changes.position, follow=False)
        left = keys([change async for change in rest])
        assert sorted([*found, *left]) == sorted("0123456789xyz")
        change = await anext(changes, None)
        if change is None:
            break
        found.append(change.key)
    assert len(found) == 13


async def test_a_position_that_was_given_is_there_before_the_beginning(
    stream: FakeStream,
) -> None:
    (first, *_) = [
        change async for change in stream.database().changes(Note, start="oldest", follow=False)
    ]
    later = stream.database().changes(Note, start=first.position)
    assert later.position == first.position


async def test_an_item_that_does_not_fit_is_passed_over_by_whoever_goes_on(
    stream: FakeStream,
) -> None:
    for place in (0, 3, 4):
        stream.shards["a"].records[place]["dynamodb"]["NewImage"]["value"] = {"S": "x"}
    kept = Kept()
    changes = consume(stream, kept, every=1)
    found: list[str] = []
    wrong: list[str] = []
    while True:
        try:
            found.append((await anext(changes)).key)
        except InvalidItem as error:
            wrong.append(str(error))
        except StopAsyncIteration:
            break
    assert found == ["1", "2", "5", "6", "7", "8", "9"]
    assert [text.split(" of ")[0] for text in wrong] == [
        f"The change {10**20 + place}" for place in (1, 4, 5)
    ]
    assert [change async for change in consume(stream, kept)] == []


# Tables for positions


class Cursor(Table, name="cursors"):
    key: Attr[str] = attribute(hash_key=True)
    sort: Attr[int] = attribute(range_key=True)
    position: Attr[str] = attribute()


async def test_a_table_with_a_sort_key_needs_functions() -> None:
    async with Database.open("memory://") as database:
        with pytest.raises(InvalidRequest, match="give key= and make="):
            TableCheckpoints(database.repository(Cursor))


def test_a_repository_that_blocks_is_refused() -> None:
    with sync.Database.open("memory://") as database:
        wrong: Any = database.repository(Checkpoint)
        with pytest.raises(InvalidRequest, match="`asynchronous` of one that blocks"):
            TableCheckpoints(wrong)
        database.create_tables([Checkpoint])
        checkpoints = TableCheckpoints(wrong.asynchronous)
        database.run(lambda _: checkpoints.save("sums", "there"))
        assert wrong.get("sums").position == "there"


class Racing:
    """An adapter over which somebody else is always first to make a consumer's item."""

    def __init__(self, inner: DatabaseAdapter) -> None:
        self.inner = inner
        self.info = inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "PutItem":
            other = {"consumer": {"S": "sums"}, "position": {"S": "other"}}
            await self.inner.call("PutItem", {"TableName": "checkpoints", "Item": other})
        return await self.inner.call(operation, request)

    async def close(self) -> None:
        await self.inner.close()


async def test_two_that_save_for_the_first_time_do_not_fail() -> None:
    async with Database.open("memory://") as database:
        await database.create_tables([Checkpoint])
        checkpoints = TableCheckpoints(database.repository(Checkpoint))
        assert await checkpoints.load("sums") is None
        database.session.adapter = Racing(database.session.adapter)
        await checkpoints.save("sums", "mine")
        assert await checkpoints.load("sums") == "mine"


def test_every_public_name_is_there() -> None:
    from anydynamo import changes

    assert changes.__all__ == sorted(changes.__all__)
    assert all(getattr(changes, name) is not None for name in dir(changes))
    with pytest.raises(AttributeError, match="no attribute 'Chagne'"):
        _ = changes.Chagne  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("identity", "expired"),
    [
        ({"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}, True),
        ({"PrincipalId": "replication.dynamodb.amazonaws.com", "Type": "Service"}, False),
        (None, False),
    ],
)
async def test_what_time_to_live_removed_is_told_from_what_a_user_removed(
    stream: FakeStream, identity: dict[str, str] | None, expired: bool
) -> None:
    record = stream.shards["a"].records[0]
    record["eventName"] = "REMOVE"
    record["dynamodb"]["OldImage"] = record["dynamodb"].pop("NewImage")
    if identity is not None:
        record["userIdentity"] = identity
    change = await anext(stream.database().changes(Note, start="oldest"))
    assert (change.kind, change.expired, change.new) == ("remove", expired, None)
