"""aiobotocore's client: the same requests as botocore's, over aiohttp."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from tests.server.asking import create

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from tests.clients.conftest import Account


def connect(account: Account, service: str = "dynamodb") -> AbstractAsyncContextManager[Any]:
    made: AbstractAsyncContextManager[Any] = get_session().create_client(
        service,
        endpoint_url=account.url,
        region_name=account.region,
        aws_access_key_id=account.key,
        aws_secret_access_key=account.secret,
        config=AioConfig(retries={"total_max_attempts": 1}),
    )
    return made


async def test_requests_at_the_same_time_are_all_answered(account: Account) -> None:
    async with connect(account) as client:
        await client.create_table(**create("things"))
        await client.get_waiter("table_exists").wait(TableName="things")
        add = {
            "TableName": "things",
            "Key": {"pk": {"S": "sum"}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        await asyncio.gather(*(client.update_item(**add) for _ in range(100)))
        found = await client.get_item(TableName="things", Key={"pk": {"S": "sum"}})
        assert found["Item"]["n"] == {"N": "100"}
        await client.delete_table(TableName="things")
        await client.get_waiter("table_not_exists").wait(TableName="things")


async def test_batches_are_written_and_pages_walked(account: Account) -> None:
    async with connect(account) as client:
        await client.create_table(**create("things"))
        items = [{"pk": {"S": f"{number:02}"}, "photo": {"B": b"\xff"}} for number in range(25)]
        puts = [{"PutRequest": {"Item": item}} for item in items]
        answer = await client.batch_write_item(RequestItems={"things": puts})
        assert answer["UnprocessedItems"] == {}
        paginator = client.get_paginator("scan")
        pages = [
            page["Items"]
            async for page in paginator.paginate(
                TableName="things", PaginationConfig={"PageSize": 10}
            )
        ]
        assert [len(page) for page in pages][:2] == [10, 10]
        assert sorted((item for page in pages for item in page), key=str) == items


async def test_errors_are_exceptions_of_the_client(account: Account) -> None:
    async with connect(account) as client:
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            await client.describe_table(TableName="nothing")
        await client.create_table(**create("things"))
        with pytest.raises(client.exceptions.ConditionalCheckFailedException):
            await client.delete_item(
                TableName="things",
                Key={"pk": {"S": "x"}},
                ConditionExpression="attribute_exists(pk)",
            )


async def test_changes_are_read_from_streams(account: Account) -> None:
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    async with connect(account) as client, connect(account, "dynamodbstreams") as streams:
        await client.create_table(**create("watched", StreamSpecification=stream))
        await client.put_item(TableName="watched", Item={"pk": {"S": "x"}, "photo": {"B": b"\0"}})
        (listed,) = (await streams.list_streams(TableName="watched"))["Streams"]
        arn = listed["StreamArn"]
        described = (await streams.describe_stream(StreamArn=arn))["StreamDescription"]
        images: list[Any] = []
        for shard in described["Shards"]:
            iterator = await streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            answer = await streams.get_records(ShardIterator=iterator["ShardIterator"])
            images += [record["dynamodb"]["NewImage"] for record in answer["Records"]]
        assert images == [{"pk": {"S": "x"}, "photo": {"B": b"\0"}}]
