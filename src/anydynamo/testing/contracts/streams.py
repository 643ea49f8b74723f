"""Streams: what writes leave in them, where iterators begin, and what a stream says of itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from anydynamo.errors import (
    ConditionFailed,
    InvalidRequest,
    LimitExceeded,
    TableNotFound,
    TransactionCancelled,
)
from anydynamo.testing.contracts.client import Client, Contract, Item, L, N, S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["StreamContract"]

OFF: dict[str, Any] = {"StreamSpecification": {"StreamEnabled": False}}
VIEWS = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]
TRIM: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}

A: Item = {"pk": S("a"), "sk": N(1)}


def on(view: str) -> dict[str, Any]:
    """Make the parameter that switches a stream on."""
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}}


class Streamed:
    """A table with the keys `pk` and `sk`, whose stream is on."""

    def __init__(self, db: Client, table: str, arn: str) -> None:
        self.db = db
        self.table = table
        self.arn = arn

    async def shards(self, **request: Any) -> list[dict[str, Any]]:
        """Describe the shards, all pages of them."""
        shards: list[dict[str, Any]] = []
        while True:
            answer = await self.db("DescribeStream", StreamArn=self.arn, **request)
            described = answer["StreamDescription"]
            shards += described["Shards"]
            if "LastEvaluatedShardId" not in described:
                return shards
            request["ExclusiveStartShardId"] = described["LastEvaluatedShardId"]

    async def iterator(self, shard: dict[str, Any], **request: Any) -> str:
        """Get an iterator in a shard."""
        answer = await self.db(
            "GetShardIterator", StreamArn=self.arn, ShardId=shard["ShardId"], **request
        )
        iterator: str = answer["ShardIterator"]
        return iterator

    async def pages(self, iterator: str, **request: Any) -> AsyncIterator[list[dict[str, Any]]]:
        """Walk the pages from an iterator to the first that is empty, or the shard's last."""
        following: str | None = iterator
        while following is not None:
            page = await self.db("GetRecords", ShardIterator=following, **request)
            yield page["Records"]
            following = page.get("NextShardIterator") if page["Records"] else None

    async def records(self, **request: Any) -> list[dict[str, Any]]:
        """Gather the records of all shards, each from its beginning if nothing else is said."""
        return [
            record
            for shard in await self.shards()
            async for page in self.pages(await self.iterator(shard, **(request or TRIM)))
            for record in page
        ]

    async def events(self) -> list[tuple[str, Item, Item | None, Item | None]]:
        """Gather what happened, as name, keys, old and new image."""
        return [
            (
                record["eventName"],
                record["dynamodb"]["Keys"],
                record["dynamodb"].get("OldImage"),
                record["dynamodb"].get("NewImage"),
            )
            for record in await self.records()
        ]

    async def put(self, *items: Item) -> None:
        """Store items, one by one."""
        await self.db.put(self.table, *items)

    async def delete(self, **key: Item) -> None:
        """Remove an item."""
        await self.db("DeleteItem", TableName=self.table, Key=key)

    async def switch(self, specification: dict[str, Any]) -> dict[str, Any]:
        """Switch the stream on or off, and return the table's description."""
        await self.db("UpdateTable", TableName=self.table, **specification)
        return await self.db.active(self.table)


async def streamed(db: Client, view: str = "NEW_AND_OLD_IMAGES") -> Streamed:
    """Create the table, under a name of its own: a stream outlives its table by a day."""
    table = await db.create(f"changing-{uuid4().hex[:8]}", "pk:S", "sk:N", **on(view))
    return Streamed(db, table, (await db.active(table))["LatestStreamArn"])


class StreamContract(Contract):
    """DynamoDB Streams: ListStreams, DescribeStream, GetShardIterator and GetRecords."""

    @pytest.mark.parametrize("view", VIEWS)
    async def test_the_life_of_an_item_is_recorded_as_the_view_says(
        self, db: Client, view: str
    ) -> None:
        stream = await streamed(db, view)
        first, second = {**A, "v": N(1)}, {**A, "v": L(S("x"))}
        await stream.put(first, second)
        await stream.delete(**A)
        old, new = "OLD" in view, "NEW" in view
        assert await stream.events() == [
            ("INSERT", A, None, first if new else None),
            ("MODIFY", A, first if old else None, second if new else None),
            ("REMOVE", A, second if old else None, None),
        ]

    async def test_a_record_says_what_when_and_where(self, db: Client) -> None:
        stream = await streamed(db)
        item = {"pk": S("a"), "sk": N(1), "text": S("x" * 100)}
        await stream.put(item)
        (record,) = await stream.records()
        body = record["dynamodb"]
        assert record["eventSource"] == "aws:dynamodb"
        assert {"eventID", "eventName", "eventVersion", "awsRegion"} <= record.keys()
        assert "userIdentity" not in record
        created = body["ApproximateCreationDateTime"]
        assert isinstance(created, datetime)
        assert created.tzinfo is not None
        assert body["SequenceNumber"].isdigit()
        assert body["StreamViewType"] == "NEW_AND_OLD_IMAGES"

    async def test_a_time_is_rounded_down_to_the_second(self, db: Client) -> None:
        stream = await streamed(db)
        for number in range(5):
            await stream.put({"pk": S("a"), "sk": N(number)})
        times = [r["dynamodb"]["ApproximateCreationDateTime"] for r in await stream.records()]
        assert {time.microsecond for time in times} == {0}

    async def test_a_sequence_number_has_at_least_21_digits(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(A)
        (record,) = await stream.records()
        assert 21 <= len(record["dynamodb"]["SequenceNumber"]) <= 40

    async def test_the_size_is_that_of_keys_and_images(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(A, {**A, "v": S("abc")})
        sizes = [record["dynamodb"]["SizeBytes"] for record in await stream.records()]
        # The key is 7 bytes (pk a, sk 1), and v adds 4.
        assert sizes == [7 + 7, 7 + 7 + 11]

    async def test_what_changes_nothing_leaves_no_record(self, db: Client) -> None:
        stream = await streamed(db)
        item = {**A, "v": N(1)}
        await stream.put(item, item)
        await stream.delete(pk=S("a"), sk=N(2))
        await db(
            "UpdateItem",
            TableName=stream.table,
            Key=A,
            UpdateExpression="SET v = :v",
            ExpressionAttributeValues={":v": N(1)},
        )
        assert [name for name, *_ in await stream.events()] == ["INSERT"]

    async def test_what_is_refused_leaves_no_record(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(A)
        unless = {"ConditionExpression": "attribute_not_exists(pk)"}
        await db.refused(ConditionFailed, "PutItem", TableName=stream.table, Item=A, **unless)
        actions = [
            {"Put": {"TableName": stream.table, "Item": {"pk": S("b"), "sk": N(1)}}},
            {"Put": {"TableName": stream.table, "Item": A, **unless}},
        ]
        await db.refused(TransactionCancelled, "TransactWriteItems", TransactItems=actions)
        assert [keys for _, keys, *_ in await stream.events()] == [A]

    async def test_every_way_of_writing_is_recorded(self, db: Client) -> None:
        stream = await streamed(db)
        keys = [{"pk": S("a"), "sk": N(number)} for number in range(6)]
        await stream.put(keys[0], keys[1], keys[2])
        await db(
            "UpdateItem",
            TableName=stream.table,
            Key=keys[0],
            UpdateExpression="SET v = :v",
            ExpressionAttributeValues={":v": N(1)},
        )
        await db(
            "BatchWriteItem",
            RequestItems={
                stream.table: [
                    {"PutRequest": {"Item": keys[3]}},
                    {"DeleteRequest": {"Key": keys[1]}},
                ]
            },
        )
        update = {
            "Key": keys[5],
            "UpdateExpression": "SET v = :v",
            "ExpressionAttributeValues": {":v": N(2)},
        }
        await db(
            "TransactWriteItems",
            TransactItems=[
                {"Put": {"TableName": stream.table, "Item": keys[4]}},
                {"Update": {"TableName": stream.table, **update}},
                {"Delete": {"TableName": stream.table, "Key": keys[2]}},
            ],
        )
        happened: dict[str, list[str]] = {}
        for name, key, *_ in await stream.events():
            happened.setdefault(key["sk"]["N"], []).append(name)
        assert happened == {
            "0": ["INSERT", "MODIFY"],
            "1": ["INSERT", "REMOVE"],
            "2": ["INSERT", "REMOVE"],
            "3": ["INSERT"],
            "4": ["INSERT"],
            "5": ["INSERT"],
        }

    async def test_records_of_an_item_come_in_the_order_of_its_changes(self, db: Client) -> None:
        stream = await streamed(db)
        for number in range(1, 12):
            await stream.put({**A, "v": N(number)})
        records = await stream.records()
        assert [r["dynamodb"]["NewImage"]["v"]["N"] for r in records] == [
            str(number) for number in range(1, 12)
        ]
        numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
        assert numbers == sorted(set(numbers))
        assert len({record["eventID"] for record in records}) == len(records)

    async def test_records_come_in_pages(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(*({"pk": S("a"), "sk": N(number)} for number in range(7)))
        shards = await stream.shards()
        pages = [
            page
            for shard in shards
            async for page in stream.pages(await stream.iterator(shard, **TRIM), Limit=3)
        ]
        assert max(len(page) for page in pages) == 3
        assert [record for page in pages for record in page] == await stream.records()

    async def test_iterators_begin_where_their_type_says(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(*({"pk": S("a"), "sk": N(number)} for number in range(4)))
        (shard,) = await stream.shards()
        latest = await stream.iterator(shard, ShardIteratorType="LATEST")
        all_of_them = await stream.records()
        second = all_of_them[1]["dynamodb"]["SequenceNumber"]
        for kind, expected in (("AT", all_of_them[1:]), ("AFTER", all_of_them[2:])):
            place = {"ShardIteratorType": f"{kind}_SEQUENCE_NUMBER", "SequenceNumber": second}
            assert await stream.records(**place) == expected
        await stream.put({"pk": S("b"), "sk": N(1)})
        after = [record async for page in stream.pages(latest) for record in page]
        assert [record["dynamodb"]["Keys"]["pk"] for record in after] == [S("b")]

    async def test_an_iterator_goes_on_with_what_comes_later(self, db: Client) -> None:
        stream = await streamed(db)
        (shard,) = await stream.shards()
        page = await db("GetRecords", ShardIterator=await stream.iterator(shard, **TRIM))
        for number in range(3):
            assert page["Records"] == []
            await stream.put({"pk": S("a"), "sk": N(number)})
            page = await db("GetRecords", ShardIterator=page["NextShardIterator"])
            (record,) = page["Records"]
            assert record["dynamodb"]["Keys"]["sk"] == N(number)
            page = await db("GetRecords", ShardIterator=page["NextShardIterator"])

    async def test_an_iterator_can_be_used_again(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(A)
        (shard,) = await stream.shards()
        iterator = await stream.iterator(shard, **TRIM)
        first = await db("GetRecords", ShardIterator=iterator)
        again = await db("GetRecords", ShardIterator=iterator)
        assert first["Records"] == again["Records"]

    async def test_table_and_stream_describe_the_stream_alike(self, db: Client) -> None:
        stream = await streamed(db, "NEW_IMAGE")
        table = await db.active(stream.table)
        answer = await db("DescribeStream", StreamArn=stream.arn)
        described = answer["StreamDescription"]
        assert described["StreamArn"] == table["LatestStreamArn"]
        assert described["StreamLabel"] == table["LatestStreamLabel"]
        assert described["StreamViewType"] == table["StreamSpecification"]["StreamViewType"]
        assert described["StreamStatus"] == "ENABLED"
        assert described["TableName"] == stream.table
        assert isinstance(described["CreationRequestDateTime"], datetime)
        assert table["LatestStreamArn"].endswith("/stream/" + table["LatestStreamLabel"])

    async def test_a_stream_describes_its_keys(self, db: Client) -> None:
        stream = await streamed(db)
        answer = await db("DescribeStream", StreamArn=stream.arn)
        assert answer["StreamDescription"]["KeySchema"] == [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ]

    async def test_an_open_shard_has_a_first_number_and_no_last(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(A)
        (shard,) = await stream.shards()
        (record,) = await stream.records()
        numbers = shard["SequenceNumberRange"]
        assert set(numbers) == {"StartingSequenceNumber"}
        assert int(numbers["StartingSequenceNumber"]) <= int(record["dynamodb"]["SequenceNumber"])
        assert "ParentShardId" not in shard

    async def test_an_id_of_a_shard_is_as_long_as_the_service_asks(self, db: Client) -> None:
        stream = await streamed(db)
        assert {28 <= len(shard["ShardId"]) <= 65 for shard in await stream.shards()} == {True}

    async def test_streams_are_listed(self, db: Client) -> None:
        stream = await streamed(db)
        await db.create("quiet")
        await db.create("another", "pk:S", None, **on("KEYS_ONLY"))
        label = (await db.active(stream.table))["LatestStreamLabel"]
        mine = {"StreamArn": stream.arn, "TableName": stream.table, "StreamLabel": label}
        assert await db("ListStreams", TableName=stream.table) == {"Streams": [mine]}
        assert await db("ListStreams", TableName="quiet") == {"Streams": []}
        every = (await db("ListStreams"))["Streams"]
        assert mine in every
        assert {one["TableName"] for one in every} == {stream.table, "another"}

    async def test_streams_are_listed_in_pages(self, db: Client) -> None:
        for number in range(3):
            await db.create(f"table-{number}", "pk:S", None, **on("KEYS_ONLY"))
        first = await db("ListStreams", Limit=2)
        assert len(first["Streams"]) == 2
        last = first["LastEvaluatedStreamArn"]
        assert last == first["Streams"][-1]["StreamArn"]
        second = await db("ListStreams", Limit=2, ExclusiveStartStreamArn=last)
        names = [one["TableName"] for page in (first, second) for one in page["Streams"]]
        assert sorted(names) == ["table-0", "table-1", "table-2"]

    async def test_a_disabled_stream_is_closed_and_stays_readable(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(A)
        assert "StreamSpecification" not in await stream.switch(OFF)
        await stream.delete(**A)
        answer = await db("DescribeStream", StreamArn=stream.arn)
        assert answer["StreamDescription"]["StreamStatus"] in ("DISABLING", "DISABLED")
        assert [name for name, *_ in await stream.events()] == ["INSERT"]
        (shard,) = await stream.shards()
        (record,) = await stream.records()
        assert (
            shard["SequenceNumberRange"]["EndingSequenceNumber"]
            == record["dynamodb"]["SequenceNumber"]
        )

    async def test_the_end_of_a_closed_shard_has_no_next_iterator(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(A)
        (shard,) = await stream.shards()
        page = await db("GetRecords", ShardIterator=await stream.iterator(shard, **TRIM))
        await stream.switch(OFF)
        rest = await db("GetRecords", ShardIterator=page["NextShardIterator"])
        assert rest == {"Records": []}

    async def test_a_stream_that_is_enabled_again_is_another_one(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(A)
        await stream.switch(OFF)
        described = await stream.switch(on("KEYS_ONLY"))
        again = Streamed(db, stream.table, described["LatestStreamArn"])
        assert again.arn != stream.arn
        await stream.delete(**A)
        assert [name for name, *_ in await again.events()] == ["REMOVE"]
        assert [name for name, *_ in await stream.events()] == ["INSERT"]

    async def test_a_deleted_tables_stream_stays_readable(self, db: Client) -> None:
        stream = await streamed(db)
        await stream.put(A)
        await db("DeleteTable", TableName=stream.table)
        assert [keys for _, keys, *_ in await stream.events()] == [A]

    async def test_an_enabled_stream_cannot_be_enabled_again(self, db: Client) -> None:
        stream = await streamed(db)
        again = {"TableName": stream.table, **on("KEYS_ONLY")}
        await db.refused(InvalidRequest, "UpdateTable", "already has an enabled stream", **again)

    async def test_a_stream_that_is_not_there_is_not_found(self, db: Client) -> None:
        stream = await streamed(db)
        other = stream.arn.replace(stream.table, f"un{stream.table}")
        says = "Requested resource not found"
        await db.refused(TableNotFound, "DescribeStream", says, StreamArn=other)
        (shard,) = await stream.shards()
        place = {"ShardId": shard["ShardId"], **TRIM}
        await db.refused(TableNotFound, "GetShardIterator", says, StreamArn=other, **place)

    async def test_streams_of_a_table_that_is_not_there_are_not_found(self, db: Client) -> None:
        await db.refused(TableNotFound, "ListStreams", "not found", TableName="nobody")

    async def test_a_shard_that_is_not_there_is_not_found(self, db: Client) -> None:
        stream = await streamed(db)
        place = {"ShardId": "shardId-00000000000000000001-00000000", **TRIM}
        await db.refused(TableNotFound, "GetShardIterator", StreamArn=stream.arn, **place)

    async def test_what_is_no_arn_is_refused(self, db: Client) -> None:
        await db.refused(InvalidRequest, "DescribeStream", StreamArn="x" * 40)

    @pytest.mark.parametrize(
        "place",
        [
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER"},
            {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": "x" * 21},
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "9" * 40},
            {"ShardIteratorType": "NEWEST"},
        ],
        ids=["no number", "not a number", "beyond the shard", "no type"],
    )
    async def test_a_place_that_cannot_be_is_refused(
        self, db: Client, place: dict[str, str]
    ) -> None:
        stream = await streamed(db)
        await stream.put(A)
        (shard,) = await stream.shards()
        request = {"StreamArn": stream.arn, "ShardId": shard["ShardId"], **place}
        await db.refused(InvalidRequest, "GetShardIterator", **request)

    async def test_a_forged_or_cut_iterator_is_refused(self, db: Client) -> None:
        stream = await streamed(db)
        (shard,) = await stream.shards()
        iterator = await stream.iterator(shard, **TRIM)
        for wrong in (iterator[:-5], "not an iterator"):
            await db.refused(InvalidRequest, "GetRecords", ShardIterator=wrong)

    async def test_more_than_a_thousand_records_cannot_be_asked_for(self, db: Client) -> None:
        stream = await streamed(db)
        (shard,) = await stream.shards()
        iterator = await stream.iterator(shard, **TRIM)
        await db.refused(LimitExceeded, "GetRecords", ShardIterator=iterator, Limit=1001)
        await db.refused(InvalidRequest, "GetRecords", ShardIterator=iterator, Limit=0)
