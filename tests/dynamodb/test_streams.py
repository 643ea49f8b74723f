"""The operations of DynamoDB Streams, which the adapter sends through a second client."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from aiobotocore.session import AioSession
from tests.dynamodb.scripted import DROP, HANG, Answer, error, scripted

from anydynamo.adapters.dynamodb import DynamoDBAdapter
from anydynamo.adapters.dynamodb.clients import STREAM_OPERATIONS
from anydynamo.errors import (
    AnyDynamoError,
    ChangesLost,
    ConfigurationError,
    DatabaseClosed,
    InvalidCursor,
    LimitExceeded,
    NotSupported,
    ProviderError,
    TableNotFound,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.dynamodb.scripted import Scripted

GET: dict[str, Any] = {"TableName": "users", "Key": {"id": {"S": "1"}}}
RECORDS: dict[str, Any] = {"ShardIterator": "an iterator"}


def adapter_of(server: Scripted, **options: Any) -> DynamoDBAdapter:
    async def sleep(_: float) -> None:
        return

    options = {"region": "eu-west-1", "sleep": sleep, "jitter": lambda: 0.5, **options}
    return DynamoDBAdapter(endpoint_url=server.url, **options)


def test_the_operations_are_those_of_botocores_model() -> None:
    model = botocore.session.get_session().get_service_model("dynamodbstreams")
    assert set(model.operation_names) == STREAM_OPERATIONS


async def test_both_services_are_asked_at_one_endpoint_by_one_adapter() -> None:
    binary = b'{"Records": [{"dynamodb": {"Keys": {"id": {"B": "AP8="}}}}]}'
    async with scripted(Answer(), Answer(body=binary), Answer()) as server:
        adapter = adapter_of(server)
        assert await adapter.call("GetItem", GET) == {}
        assert await adapter.call("GetRecords", RECORDS) == {
            "Records": [{"dynamodb": {"Keys": {"id": {"B": b"\x00\xff"}}}}]
        }
        assert await adapter.call("ListStreams", {}) == {}
        await adapter.close()
        assert server.requests == [GET, RECORDS, {}]
        for operation in ("GetItem", "GetRecords"):
            with pytest.raises(DatabaseClosed):
                await adapter.call(operation, {})


async def test_streams_alone_open_no_client_of_tables() -> None:
    async with scripted() as server:
        adapter = adapter_of(server)
        await adapter.call("ListStreams", {})
        assert adapter.info.region == "eu-west-1"
        assert set(adapter._opened) == {"dynamodbstreams"}
        await adapter.close()


async def test_what_passes_is_tried_again() -> None:
    async with scripted(DROP, error("InternalServerError", status=500)) as server:
        adapter = adapter_of(server)
        assert await adapter.call("GetRecords", RECORDS) == {}
        assert server.requests == [RECORDS] * 3
        await adapter.close()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ExpiredIteratorException", InvalidCursor),
        ("TrimmedDataAccessException", ChangesLost),
        ("ResourceNotFoundException", TableNotFound),
    ],
)
async def test_what_does_not_pass_is_asked_once(code: str, expected: type[AnyDynamoError]) -> None:
    async with scripted(error(code)) as server:
        adapter = adapter_of(server)
        with pytest.raises(expected) as caught:
            await adapter.call("GetRecords", RECORDS)
        assert (caught.value.code, caught.value.operation) == (code, "GetRecords")
        assert server.requests == [RECORDS]
        await adapter.close()


async def test_too_many_readers_of_a_shard_are_a_passing_fault() -> None:
    async with scripted(error("LimitExceededException")) as server:
        adapter = adapter_of(server, max_attempts=1)
        with pytest.raises(LimitExceeded) as caught:
            await adapter.call("GetRecords", RECORDS)
        assert caught.value.retryable
        await adapter.close()


async def test_a_server_that_is_not_dynamodb_is_found_out() -> None:
    async with scripted(Answer(body=b"<html>", kind="text/html")) as server:
        adapter = adapter_of(server, max_attempts=1)
        with pytest.raises(ProviderError, match="no answer of DynamoDB's"):
            await adapter.call("ListStreams", {})
        await adapter.close()


async def test_ids_and_numbers_shorter_than_awss_reach_the_server_that_made_them() -> None:
    request = {
        "StreamArn": "arn:short",
        "ShardId": "shardId-1",
        "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "SequenceNumber": "1",
    }
    async with scripted() as server:
        adapter = adapter_of(server)
        await adapter.call("GetShardIterator", request)
        assert server.requests == [request]
        await adapter.close()


async def test_a_callers_client_of_tables_does_not_serve_streams() -> None:
    async with scripted() as server:
        where = {"region_name": "eu-north-1", "endpoint_url": server.url}
        async with AioSession().create_client("dynamodb", **where) as client:
            adapter = DynamoDBAdapter(client=client)
            await adapter.call("GetItem", GET)
            with pytest.raises(ConfigurationError, match="streams_client") as caught:
                await adapter.call("DescribeStream", {"StreamArn": "arn"})
            assert caught.value.operation == "DescribeStream"
            assert server.requests == [GET]
            await adapter.close()


async def test_a_callers_client_of_streams_is_used_and_not_closed() -> None:
    async with scripted() as server:
        where = {"region_name": "eu-north-1", "endpoint_url": server.url}
        async with (
            AioSession().create_client("dynamodb", **where) as client,
            AioSession().create_client("dynamodbstreams", **where) as streams,
        ):
            adapter = DynamoDBAdapter(client=client, streams_client=streams)
            await adapter.call("ListStreams", {})
            await adapter.close()
            assert await streams.list_streams()
            assert len(server.requests) == 2


def test_a_client_of_streams_alone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="goes with client"):
        DynamoDBAdapter(streams_client=object())


async def test_closing_ends_the_calls_of_both_clients() -> None:
    async with scripted(Answer(), HANG) as server:
        adapter = adapter_of(server)
        await adapter.call("GetItem", GET)
        server.asked.clear()
        call = asyncio.create_task(adapter.call("GetRecords", RECORDS))
        await server.asked.wait()
        await adapter.close()
        with pytest.raises(DatabaseClosed):
            await call


class Slow:
    """A session whose clients take their time to open; it knows whether they were closed."""

    def __init__(self) -> None:
        self.session = AioSession()
        self.opening, self.go_on, self.closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def create_client(self, service: str, **options: Any) -> AsyncIterator[Any]:
        async with self.session.create_client(service, **options) as client:
            self.opening.set()
            await self.go_on.wait()
            yield client
        self.closed.set()


async def test_closing_leaves_no_client_open_that_was_being_opened() -> None:
    session = Slow()
    async with scripted() as server:
        adapter = adapter_of(server, session=session)
        call = asyncio.create_task(adapter.call("GetRecords", RECORDS))
        await session.opening.wait()
        await adapter.close()
        session.go_on.set()
        with pytest.raises(DatabaseClosed):
            await call
        assert session.closed.is_set()
        assert server.requests == []


async def test_another_event_loop_is_refused_for_streams_too() -> None:
    async with scripted() as server:
        adapter = adapter_of(server)
        await adapter.call("ListStreams", {})

        def elsewhere(work: Any) -> None:
            asyncio.run(work)

        with pytest.raises(NotSupported, match="another event loop"):
            await asyncio.to_thread(elsewhere, adapter.call("ListStreams", {}))
        await adapter.close()
