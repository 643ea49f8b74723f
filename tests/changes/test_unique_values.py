"""The changes of a table with unique attributes are those of its items, and of nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo import Attr, Database, Table, attribute
from anydynamo.changes import Applied, Change, apply_once, lambda_handler

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from anydynamo.repositories.transactions import TransactWrite


class Member(Table, name="members", stream="NEW_AND_OLD_IMAGES"):
    member_id: Attr[str] = attribute(hash_key=True)
    email: Attr[str] = attribute(unique=True)


class Copy(Table, name="copies"):
    name: Attr[str] = attribute(hash_key=True)
    email: Attr[str] = attribute(unique=True)


async def _write(database: Database) -> None:
    await database.create_tables([Member])
    members = database.repository(Member)
    await members.create(Member(member_id="1", email="a@x"))
    await members.update("1", Member.email.set("b@x"))
    await members.delete("1")
    await members.create(Member(member_id="2", email="b@x"))


EXPECTED = [
    ("insert", "1", None, "a@x"),
    ("modify", "1", "a@x", "b@x"),
    ("remove", "1", "b@x", None),
    ("insert", "2", None, "b@x"),
]


def _told(change: Change[Member]) -> tuple[str, str, str | None, str | None]:
    old = None if change.old is None else change.old.email
    return change.kind, change.key, old, None if change.new is None else change.new.email


async def test_markers_are_no_changes() -> None:
    async with Database.open("memory://") as database:
        await _write(database)
        changes = database.changes(Member, start="oldest", follow=False)
        assert [_told(change) async for change in changes] == EXPECTED


async def test_a_batch_of_nothing_but_markers_is_not_given() -> None:
    async with Database.open("memory://") as database:
        await database.create_tables([Member])
        members = database.repository(Member)
        changes = database.changes(Member, start="oldest", follow=False)
        await changes.begin()
        item = {"member_id": {"S": "1"}, "email": {"S": "a@x"}}
        await database.session.call("PutItem", {"TableName": "members", "Item": item})
        assert [change.key async for change in changes] == ["1"]
        await members.rebuild_unique()
        rest = database.changes(Member, start=changes.position, follow=False)
        assert [change async for change in rest] == []
        rest = database.changes(Member, start=changes.position, follow=False)
        assert await rest.batch() is None


async def test_a_handler_gets_no_markers() -> None:
    async with Database.open("memory://") as database:
        await _write(database)
        table = await database.session.call("DescribeTable", {"TableName": "members"})
        arn = table["Table"]["LatestStreamArn"]
        call = database.session.call
        stream = await call("DescribeStream", {"StreamArn": arn})
        (shard,) = stream["StreamDescription"]["Shards"]
        where = {"StreamArn": arn, "ShardId": shard["ShardId"]}
        iterator = await call("GetShardIterator", {**where, "ShardIteratorType": "TRIM_HORIZON"})
        records = await call("GetRecords", {"ShardIterator": iterator["ShardIterator"]})
    event = {
        "Records": [
            {
                **record,
                "eventSourceARN": arn,
                "dynamodb": {
                    **record["dynamodb"],
                    "ApproximateCreationDateTime": 1767225600.0,
                },
            }
            for record in records["Records"]
        ]
    }
    assert len(event["Records"]) > len(EXPECTED)
    one_by_one: list[Any] = []
    together: list[Any] = []

    def take(change: Change[Member]) -> None:
        one_by_one.append(_told(change))

    def take_all(changes: Any) -> None:
        together.extend(map(_told, changes))

    handlers = [
        lambda_handler(Member)(take),
        lambda_handler(Member, batch=True)(take_all),
    ]
    for handler in handlers:
        assert await handler.handle(event) == {"batchItemFailures": []}
    assert one_by_one == together == EXPECTED


class Mark(Table, name="marks"):
    sequence: Attr[str] = attribute(hash_key=True)


async def test_effects_on_unique_values_are_made_once() -> None:
    async with Database.open("memory://") as database:
        await _write(database)
        await database.create_tables([Mark, Copy])
        marks, copies = database.repository(Mark), database.repository(Copy)
        changes = [one async for one in database.changes(Member, start="oldest", follow=False)]

        def effect(fresh: Sequence[Change[Member]]) -> Iterable[TransactWrite]:
            for change in fresh:
                if change.new is not None:
                    yield copies.to_put(Copy(name=change.key, email=change.new.email))

        for expected in (Applied(1, 0), Applied(0, 1)):
            done = await apply_once(
                database,
                changes[-1:],
                mark=lambda change: marks.to_create(Mark(sequence=change.sequence)),
                effect=effect,
            )
            assert done == expected
        assert await copies.scan() == [Copy(name="2", email="b@x")]
        assert (await copies.check_unique()).ok
