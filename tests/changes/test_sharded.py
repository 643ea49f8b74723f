"""Changes of a table whose partition keys are spread over shards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo import Attr, Database, Table, attribute
from anydynamo.changes import lambda_handler
from anydynamo.changes.streams import find_stream
from anydynamo.engine.values.wire import to_json
from anydynamo.errors import InvalidItem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.targets import Target

    from anydynamo.changes import Change, LambdaHandler

pytestmark = pytest.mark.parametrize("target", ["memory", "sqlite"], indirect=True)


class Frame(Table, name="frames", stream="NEW_AND_OLD_IMAGES", shards=4):
    camera: Attr[str] = attribute(hash_key=True)
    digest: Attr[bytes] = attribute(range_key=True)
    faces: Attr[int] = attribute(default=0)


FIRST, SECOND = ("hall", b"\x00\xff"), ("hall", b"\x01\xff")


@pytest.fixture
async def database(target: Target) -> AsyncIterator[Database]:
    async with Database(target.adapter(), owns_adapter=True) as database:
        await database.create_tables([Frame])
        frames = database.repository(Frame)
        await frames.create(Frame(camera=FIRST[0], digest=FIRST[1]))
        await frames.create(Frame(camera=SECOND[0], digest=SECOND[1]))
        await frames.update(FIRST, Frame.faces.set(2))
        await frames.delete(SECOND)
        yield database


def short(change: Change[Frame]) -> tuple[str, Any]:
    return change.kind, change.key


EVENTS = [("insert", FIRST), ("insert", SECOND), ("modify", FIRST), ("remove", SECOND)]


async def misplace(database: Database) -> None:
    """Store an item where no spreading over four shards puts it."""
    item = {"camera": {"S": "hall#9"}, "digest": {"B": b"x"}, "faces": {"N": "0"}}
    await database.session.adapter.call("PutItem", {"TableName": "frames", "Item": item})


async def event(database: Database) -> dict[str, Any]:
    """Return what the table's stream has as AWS Lambda would deliver it."""
    stream = await find_stream(database.session, "frames")
    ((shard,), _) = await stream.describe()
    reply = await stream.records(await stream.iterator(shard.id, "TRIM_HORIZON"))
    records: list[dict[str, Any]] = []
    for record in reply.records:
        body = dict(record["dynamodb"])
        made = body["ApproximateCreationDateTime"]
        body["ApproximateCreationDateTime"] = made.timestamp()
        for name in {"Keys", "OldImage", "NewImage"} & body.keys():
            body[name] = to_json(body[name])
        records.append({**record, "dynamodb": body, "eventSourceARN": stream.arn})
    delivered: dict[str, Any] = json.loads(json.dumps({"Records": records}))
    return delivered


def keeping(seen: list[Any], *, batch: bool) -> LambdaHandler[Frame]:
    """Return a handler that takes note of what it is given."""
    if batch:
        return lambda_handler(Frame, batch=True)(lambda changes: seen.extend(map(short, changes)))
    return lambda_handler(Frame)(lambda change: seen.append(short(change)))


async def test_changes_have_the_partition_key_as_it_was_given(database: Database) -> None:
    found = [one async for one in database.changes(Frame, start="oldest", follow=False)]
    assert [short(change) for change in found] == EVENTS
    assert found[2].new == Frame(camera="hall", digest=FIRST[1], faces=2)


@pytest.mark.parametrize("batch", [False, True])
async def test_lambdas_events_have_it_too(database: Database, batch: bool) -> None:
    seen: list[Any] = []
    handler = keeping(seen, batch=batch)
    assert await handler.handle(await event(database)) == {"batchItemFailures": []}
    assert seen == EVENTS


async def test_an_item_that_lies_in_the_wrong_shard_can_be_passed_over(
    database: Database,
) -> None:
    await misplace(database)
    await database.repository(Frame).delete(FIRST)
    batches = database.changes(Frame, start="oldest", follow=False).batches()
    assert [short(change) for change in await anext(batches)] == EVENTS
    with pytest.raises(InvalidItem, match="not written with 4 shards"):
        await anext(batches)
    assert [short(change) for change in await anext(batches)] == [("remove", FIRST)]


@pytest.mark.parametrize("batch", [False, True])
async def test_lambda_is_told_of_an_item_that_lies_in_the_wrong_shard(
    database: Database, batch: bool
) -> None:
    await misplace(database)
    seen: list[Any] = []
    handler = keeping(seen, batch=batch)
    delivered = await event(database)
    last = delivered["Records"][-1]["dynamodb"]["SequenceNumber"]
    assert await handler.handle(delivered) == {"batchItemFailures": [{"itemIdentifier": last}]}
    assert seen == EVENTS
