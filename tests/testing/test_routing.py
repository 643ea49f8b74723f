"""What clients see whose calls `mock_dynamodb` answers: all that they see of DynamoDB."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import pytest
from aiobotocore.session import get_session
from boto3.dynamodb.conditions import Attr, Key
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.stub import Stubber
from moto import mock_aws
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.models import Model
from tests.server.asking import create

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import (
    DatabaseClosed,
    NotSupported,
    RequestTimeout,
    StoreLocked,
    Throttled,
    Unavailable,
)
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing import MockDynamoDB, mock_dynamodb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Nobody listens there: what is not answered in this process fails.
NOWHERE = "http://127.0.0.1:9"
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=1)

# Making a session, which reads botocore's descriptions of services, takes longer than most tests.
SESSION = boto3.Session(region_name="eu-west-1")

BEFORE: Any = SESSION.client(
    "dynamodb",
    endpoint_url=NOWHERE,
    config=ONCE,
    aws_access_key_id="a",
    aws_secret_access_key="b",
)
"""A client as modules of users make it when they are imported."""


class Car(Model):
    class Meta:
        table_name = "cars"
        region = "eu-west-1"

    plate = UnicodeAttribute(hash_key=True)
    wheels = NumberAttribute(default=4)


@pytest.fixture
def mock() -> Iterator[MockDynamoDB]:
    with mock_dynamodb() as mock:
        yield mock


@pytest.fixture
def client(mock: MockDynamoDB) -> Any:
    """A client that has been used, and a table with one item."""
    client = SESSION.client("dynamodb")
    client.create_table(**create("abc"))
    client.put_item(TableName="abc", Item={"pk": {"S": "x"}, "n": {"N": "1"}})
    return client


def went_short(answer: Mapping[str, Any]) -> bool:
    # Only where a body was written does a header tell its length.
    return "content-length" not in answer["ResponseMetadata"]["HTTPHeaders"]


# Which clients, and when.


def test_a_client_from_before_is_routed_while_the_mock_is_active() -> None:
    for _ in range(2):
        with mock_dynamodb():
            BEFORE.create_table(**create("abc"))
            for _ in range(3):
                BEFORE.get_item(TableName="abc", Key={"pk": {"S": "x"}})
        with pytest.raises(EndpointConnectionError):
            BEFORE.list_tables()


def test_a_client_from_inside_does_not_reach_the_network_afterwards() -> None:
    with mock_dynamodb():
        client = SESSION.client("dynamodb", config=ONCE)
        unused = SESSION.client("dynamodbstreams", config=ONCE)
        client.list_tables()
    with pytest.raises(DatabaseClosed, match=r"ListTables with a client.*eu-west-1"):
        client.list_tables()
    with pytest.raises(DatabaseClosed, match="ListStreams"):
        unused.list_streams()


def test_a_client_from_one_mock_is_answered_by_the_next() -> None:
    with mock_dynamodb():
        client = SESSION.client("dynamodb")
        client.create_table(**create("abc"))
    with mock_dynamodb():
        assert client.list_tables()["TableNames"] == []


def test_streams_are_answered_too(client: Any) -> None:
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    client.create_table(**create("watched", StreamSpecification=stream))
    client.put_item(TableName="watched", Item={"pk": {"S": "x"}, "raw": {"B": b"\x00"}})
    streams = SESSION.client("dynamodbstreams")
    (listed,) = streams.list_streams(TableName="watched")["Streams"]
    described = streams.describe_stream(StreamArn=listed["StreamArn"])["StreamDescription"]
    iterator = streams.get_shard_iterator(
        StreamArn=listed["StreamArn"],
        ShardId=described["Shards"][0]["ShardId"],
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    assert streams.get_records(ShardIterator=iterator)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_other_services_are_left_alone_or_refused() -> None:
    other = SESSION.client("sqs", endpoint_url=NOWHERE, config=ONCE)
    with mock_dynamodb(), pytest.raises(EndpointConnectionError):
        other.list_queues()
    with mock_dynamodb(alone=True):
        with pytest.raises(NotSupported, match="ListQueues of sqs"):
            other.list_queues()
        with mock_dynamodb(), pytest.raises(NotSupported):
            other.list_queues()


def test_moto_goes_on_with_the_other_services() -> None:
    with mock_aws(), mock_dynamodb():
        client = SESSION.client("dynamodb")
        client.create_table(**create("abc"))
        assert client.list_tables()["TableNames"] == ["abc"]
        sts = SESSION.client("sts")
        assert sts.get_caller_identity()["Account"] == "123456789012"
    with mock_aws():
        # One of ours that moto answers now: a suite need not move all at once.
        assert client.list_tables()["TableNames"] == []


def test_an_adapter_of_dynamodb_itself_is_not_asked_by_itself() -> None:
    url = f"dynamodb://eu-west-1?endpoint_url={NOWHERE}&connect_timeout=30&max_attempts=1"
    with mock_dynamodb(url), pytest.raises(ConnectionClosedError):
        SESSION.client("dynamodb", config=ONCE).list_tables()


def test_a_client_without_credentials_fails_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_dynamodb():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        client = boto3.Session(region_name="eu-west-1").client("dynamodb")
        for _ in range(2):
            with pytest.raises(NoCredentialsError):
                client.get_item(TableName="abc", Key={"pk": {"S": "x"}})


# What clients offer.


def test_a_resource_converts_waits_and_batches(mock: MockDynamoDB) -> None:
    table: Any = SESSION.resource("dynamodb").create_table(**create("abc"))
    table.wait_until_exists()
    with table.batch_writer() as batch:
        for number in range(30):
            batch.put_item(Item={"pk": f"{number}", "n": number, "raw": b"\x00", "tags": {"a"}})
    assert table.scan(FilterExpression=Attr("n").gte(25))["Count"] == 5
    found = table.query(KeyConditionExpression=Key("pk").eq("7"))
    assert went_short(found)
    assert found["Items"][0]["tags"] == {"a"}
    item = {"pk": "x", "nested": {"list": [1, None]}}
    given = {"pk": "x", "nested": {"list": [1, None]}}
    table.put_item(Item=given)
    assert given == item
    assert table.get_item(Key={"pk": "x"})["Item"] == item
    with pytest.raises(TypeError, match="Float types are not supported"):
        table.put_item(Item={"pk": "x", "n": 1.5})


def test_paginators_and_waiters_work(client: Any) -> None:
    for number in range(20):
        client.put_item(TableName="abc", Item={"pk": {"S": f"{number}"}})
    pages = client.get_paginator("scan").paginate(TableName="abc", PaginationConfig={"PageSize": 6})
    assert sum(page["Count"] for page in pages) == 21
    client.get_waiter("table_exists").wait(TableName="abc")
    client.delete_table(TableName="abc")
    client.get_waiter("table_not_exists").wait(TableName="abc")


def test_pynamodb_is_answered(mock: MockDynamoDB) -> None:
    for _ in range(2):
        with mock_dynamodb(EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)):
            Car.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
            Car("a").save()
            with Car.batch_write() as batch:
                for plate in "bcd":
                    batch.save(Car(plate))
            Car.get("a").update(actions=[Car.wheels.add(2)])
            assert Car.get("a").wheels == 6
            assert sorted(car.plate for car in Car.scan()) == ["a", "b", "c", "d"]
            with pytest.raises(PutError) as refused:
                Car("a").save(condition=Car.plate.does_not_exist())
            assert refused.value.cause_response_code == "ConditionalCheckFailedException"


async def test_aiobotocore_is_answered(mock: MockDynamoDB) -> None:
    async with get_session().create_client("dynamodb", region_name="eu-west-1") as client:
        await client.create_table(**create("abc"))
        for number in range(3):
            put = await client.put_item(TableName="abc", Item={"pk": {"S": f"{number}"}})
        assert went_short(put)
        pages = client.get_paginator("scan").paginate(TableName="abc")
        assert [page["Count"] async for page in pages] == [3]
        for _ in range(2):
            with pytest.raises(client.exceptions.ConditionalCheckFailedException) as refused:
                await client.put_item(
                    TableName="abc",
                    Item={"pk": {"S": "1"}},
                    ConditionExpression="attribute_not_exists(pk)",
                )
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        with pytest.raises(ParamValidationError, match="Unknown parameter"):
            await client.put_item(TableName="abc", Item={"pk": {"S": "1"}}, Wrong=True)
        text = {"pk": {"S": "\ud800"}}
        with pytest.raises(ClientError, match="SerializationException"):
            await client.get_item(TableName="abc", Key=text)


async def test_a_client_of_aiobotocore_is_routed_only_while_the_mock_is_active() -> None:
    options: dict[str, Any] = {"region_name": "eu-west-1", "config": ONCE}
    before = get_session().create_client("dynamodb", endpoint_url=NOWHERE, **options)
    async with before as client:
        async with mock_dynamodb():
            await client.create_table(**create("abc"))
            assert (await client.list_tables())["TableNames"] == ["abc"]
            inside = await get_session().create_client("dynamodb", **options).__aenter__()
            assert (await inside.list_tables())["TableNames"] == ["abc"]
        with pytest.raises(EndpointConnectionError):
            await client.list_tables()
        with pytest.raises(DatabaseClosed, match="ListTables"):
            await inside.list_tables()
        await inside.close()


# Errors and repetitions.


def test_errors_are_the_clients_own_with_what_they_carry(client: Any) -> None:
    for _ in range(2):
        with pytest.raises(client.exceptions.ConditionalCheckFailedException) as refused:
            client.put_item(
                TableName="abc",
                Item={"pk": {"S": "x"}},
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        response = refused.value.response
        assert response["Item"] == {"pk": {"S": "x"}, "n": {"N": "1"}}
        assert response["message"] == "The conditional request failed"
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert response["ResponseMetadata"]["RetryAttempts"] == 0
    check = {"TableName": "abc", "Key": {"pk": {"S": "y"}}}
    with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
        client.transact_write_items(
            TransactItems=[
                {"Delete": {"TableName": "abc", "Key": {"pk": {"S": "x"}}}},
                {"ConditionCheck": {**check, "ConditionExpression": "attribute_exists(pk)"}},
            ]
        )
    reasons = cancelled.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="none", Key={"pk": {"S": "x"}})
    with pytest.raises(ClientError, match="ValidationException"):
        client.get_item(TableName="abc", Key={"wrong": {"S": "x"}})


class Failing(EmbeddedAdapter):
    """Raises what it is told to, before it answers."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(), provider="memory", blocking=True)
        self.errors: list[Exception] = []
        self.calls = 0

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        self.calls += 1
        if self.errors:
            raise self.errors.pop()
        return await super().call(operation, request)


def throttled() -> Throttled:
    return Throttled("Slow down", code="ProvisionedThroughputExceededException")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", pauses.append)
    return pauses


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_a_client_repeats_what_was_throttled(mode: str, pauses: list[float]) -> None:
    adapter = Failing()
    with mock_dynamodb(adapter):
        config = Config(retries={"mode": mode, "total_max_attempts": 4})
        client = SESSION.client("dynamodb", config=config)
        client.create_table(**create("abc"))
        adapter.calls = 0
        for _ in range(2):
            adapter.errors = [throttled(), throttled()]
            put = client.put_item(TableName="abc", Item={"pk": {"S": "x"}})
            assert put["ResponseMetadata"]["RetryAttempts"] == 2
        assert (len(pauses), adapter.calls) == (4, 6)
        adapter.errors = [throttled() for _ in range(4)]
        with pytest.raises(client.exceptions.ProvisionedThroughputExceededException):
            client.put_item(TableName="abc", Item={"pk": {"S": "x"}})
        assert not adapter.errors
        assert went_short(client.put_item(TableName="abc", Item={"pk": {"S": "x"}}))


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (lambda: RequestTimeout("No answer came"), ReadTimeoutError),
        (lambda: Unavailable("It was cut"), ConnectionClosedError),
        (lambda: StoreLocked("Somebody else has the file"), StoreLocked),
        (lambda: ZeroDivisionError("A defect"), ZeroDivisionError),
    ],
)
def test_an_answer_that_does_not_come_is_the_networks_error(
    error: Callable[[], Exception], seen: type[Exception], pauses: list[float]
) -> None:
    adapter = Failing()
    with mock_dynamodb(adapter):
        client = SESSION.client("dynamodb", config=ONCE)
        client.create_table(**create("abc"))
        for _ in range(2):
            adapter.errors = [error()]
            with pytest.raises(seen):
                client.get_item(TableName="abc", Key={"pk": {"S": "x"}})
            client.get_item(TableName="abc", Key={"pk": {"S": "x"}})


# Validation.


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"TableName": "abc"},
        {"TableName": "abc", "Key": {"pk": {"S": 1}}},
        {"TableName": "abc", "Key": {"pk": {"S": "x", "N": None}}},
        {"TableName": "abc", "Key": {"pk": {"X": "x"}}},
        {"TableName": "abc", "Key": {1: {"S": "x"}}},
        {"TableName": "", "Key": {"pk": {"S": "x"}}},
        {"TableName": "abc", "Key": {"pk": {"S": "x"}}, "ConsistentRead": "yes"},
        {"TableName": "abc", "Key": {"pk": {"S": "x"}}, "ProjectionExpression": None},
        {"TableName": "abc", "Key": {"pk": {"S": "x"}}, "Other": 1},
    ],
)
def test_what_botocore_refuses_is_refused_in_its_words(client: Any, wrong: Any) -> None:
    real = SESSION.client("dynamodb", endpoint_url=NOWHERE)
    said = []
    for one in (client, real):
        with pytest.raises(ParamValidationError) as refused:
            one.get_item(**wrong)
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_what_only_passes_by_conversion_is_converted(client: Any) -> None:
    class Text(str):
        __slots__ = ()

    item = {"pk": {"S": Text("y")}, "raw": {"B": "text"}, "set": {"SS": ("a", "b")}}
    client.put_item(TableName="abc", Item=item)
    found = client.get_item(TableName="abc", Key={"pk": {"S": "y"}})["Item"]
    assert found == {"pk": {"S": "y"}, "raw": {"B": b"text"}, "set": {"SS": ["a", "b"]}}
    assert type(found["pk"]["S"]) is str


def test_text_that_cannot_be_written_is_refused_as_over_http(client: Any) -> None:
    with pytest.raises(ClientError, match="SerializationException"):
        client.put_item(TableName="abc", Item={"pk": {"S": "\ud800"}})


def test_nesting_without_end_is_botocores_to_refuse(client: Any) -> None:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(2000):
        value = {"L": [value]}
    with pytest.raises(RecursionError):
        client.put_item(TableName="abc", Item={"pk": {"S": "x"}, "deep": value})


# Who listens.


def test_a_call_goes_the_short_way_once_the_client_is_known(client: Any) -> None:
    answer = client.get_item(TableName="abc", Key={"pk": {"S": "x"}})
    assert went_short(answer)
    other = SESSION.client("dynamodb")
    assert not went_short(other.get_item(TableName="abc", Key={"pk": {"S": "x"}}))
    assert went_short(other.get_item(TableName="abc", Key={"pk": {"S": "x"}}))


REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("put_item", {"TableName": "abc", "Item": {"pk": {"S": "x"}}, "ReturnValues": "ALL_OLD"}),
    ("get_item", {"TableName": "abc", "Key": {"pk": {"S": "x"}}}),
    (
        "update_item",
        {
            "TableName": "abc",
            "Key": {"pk": {"S": "x"}},
            "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
            "ReturnValues": "ALL_NEW",
            "ReturnConsumedCapacity": "INDEXES",
        },
    ),
    ("scan", {"TableName": "abc", "Limit": 1}),
    (
        "query",
        {
            "TableName": "abc",
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "x"}},
        },
    ),
    ("batch_get_item", {"RequestItems": {"abc": {"Keys": [{"pk": {"S": "x"}}]}}}),
    (
        "batch_write_item",
        {"RequestItems": {"abc": [{"PutRequest": {"Item": {"pk": {"S": "y"}}}}]}},
    ),
    (
        "transact_get_items",
        {"TransactItems": [{"Get": {"TableName": "abc", "Key": {"pk": {"S": "x"}}}}]},
    ),
    (
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": "abc", "Item": {"pk": {"S": "z"}}}}]},
    ),
    ("execute_statement", {"Statement": "SELECT * FROM \"abc\" WHERE pk = 'x'"}),
    ("delete_item", {"TableName": "abc", "Key": {"pk": {"S": "x"}}, "ReturnValues": "ALL_OLD"}),
]


@pytest.mark.parametrize(("method", "request_"), REQUESTS, ids=[name for name, _ in REQUESTS])
def test_both_ways_give_the_same_answer(method: str, request_: dict[str, Any]) -> None:
    answers = []
    for listening in (False, True):
        with mock_dynamodb():
            one: Any = SESSION.client("dynamodb")
            if listening:
                one.meta.events.register("before-send.dynamodb", lambda **_: None)
            one.create_table(**create("abc"))
            one.put_item(TableName="abc", Item={"pk": {"S": "x"}, "n": {"N": "1"}})
            answers.append(getattr(one, method)(**request_))
    short, whole = answers
    assert went_short(short)
    assert not went_short(whole)
    described, other = short.pop("ResponseMetadata"), whole.pop("ResponseMetadata")
    assert short == whole
    assert list(described) == list(other)
    assert len(described["RequestId"]) == len(other["RequestId"])
    assert described["HTTPHeaders"]["x-amzn-requestid"] == described["RequestId"]
    assert set(other["HTTPHeaders"]) - set(described["HTTPHeaders"]) == {
        "content-length",
        "x-amz-crc32",
    }


def test_handlers_of_a_test_see_each_event_and_may_change_it(client: Any) -> None:
    seen: list[str] = []

    def record(event_name: str, **_: Any) -> None:
        seen.append(event_name.partition(".")[0])

    def other_key(params: dict[str, Any], **_: Any) -> None:
        params["Key"] = {"pk": {"S": "x"}}

    def sign(request: Any, **_: Any) -> None:
        request.headers["X-Test"] = "signed"

    def sent(request: Any, **_: Any) -> None:
        assert request.headers["X-Test"] == b"signed"
        assert b"AWS4-HMAC-SHA256" in request.headers["Authorization"]

    def parsed(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Added"] = True

    events = client.meta.events
    for event in (
        *("provide-client-params", "before-parameter-build", "before-call", "request-created"),
        *("before-sign", "before-send", "before-parse", "response-received", "after-call"),
    ):
        events.register(f"{event}.dynamodb.GetItem", record)
    events.register("before-parameter-build.dynamodb.GetItem", other_key)
    events.register("before-sign.dynamodb", sign)
    events.register("before-send.dynamodb", sent)
    events.register("after-call.dynamodb", parsed)
    answer = client.get_item(TableName="abc", Key={"pk": {"S": "changed"}})
    assert answer["Item"]["n"] == {"N": "1"}
    assert answer["Added"]
    assert seen == [
        *("provide-client-params", "before-parameter-build", "before-call", "request-created"),
        *("before-sign", "before-send", "before-parse", "response-received", "after-call"),
    ]
    events.unregister("after-call.dynamodb", parsed)
    assert "Added" not in client.get_item(TableName="abc", Key={"pk": {"S": "x"}})


def test_a_stubber_comes_first(client: Any) -> None:
    with Stubber(client) as stubber:
        stubber.add_response("get_item", {"Item": {"pk": {"S": "stubbed"}}})
        answer = client.get_item(TableName="abc", Key={"pk": {"S": "x"}})
    assert answer["Item"] == {"pk": {"S": "stubbed"}}
    assert client.get_item(TableName="abc", Key={"pk": {"S": "x"}})["Item"]["n"] == {"N": "1"}


def test_botocores_log_tells_of_each_call_when_it_is_asked_for(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "botocore"):
        client.get_item(TableName="abc", Key={"pk": {"S": "x"}})
    assert "Making request for OperationModel(name=GetItem)" in caplog.text


def test_a_function_that_stands_in_for_the_clients_is_called_inside(client: Any) -> None:
    calls: list[str] = []
    original: Any = BaseClient._make_api_call

    def standing_in(self: Any, operation: str, request: Any) -> Any:
        calls.append(operation)
        return original(self, operation, request)

    with patch.object(BaseClient, "_make_api_call", standing_in):
        client.get_item(TableName="abc", Key={"pk": {"S": "x"}})
    client.get_item(TableName="abc", Key={"pk": {"S": "x"}})
    assert calls == ["GetItem"]


def test_a_function_that_was_wrapped_before_sees_each_call() -> None:
    calls: list[str] = []
    original: Any = BaseClient._make_api_call

    def wrapper(self: Any, operation: str, request: Any) -> Any:
        calls.append(operation)
        return original(self, operation, request)

    with patch.object(BaseClient, "_make_api_call", wrapper):
        with mock_dynamodb():
            client = SESSION.client("dynamodb")
            client.create_table(**create("abc"))
            for _ in range(2):
                client.get_item(TableName="abc", Key={"pk": {"S": "x"}})
        assert BaseClient._make_api_call is wrapper
    assert calls == ["CreateTable", "GetItem", "GetItem"]


def test_what_somebody_wraps_inside_stays_and_does_no_harm() -> None:
    original: Any = BaseClient._make_api_call
    calls: list[str] = []
    with mock_dynamodb():
        ours: Any = BaseClient._make_api_call

        def wrapper(self: Any, operation: str, request: Any) -> Any:
            calls.append(operation)
            return ours(self, operation, request)

        BaseClient._make_api_call = wrapper
    try:
        with pytest.raises(EndpointConnectionError):
            BEFORE.list_tables()
        with mock_dynamodb():
            assert BEFORE.list_tables()["TableNames"] == []
    finally:
        BaseClient._make_api_call = original
    assert calls == ["ListTables", "ListTables"]


def test_botocore_is_as_it_was_afterwards() -> None:
    from aiobotocore.client import AioBaseClient
    from botocore.endpoint import Endpoint

    def functions() -> list[Any]:
        return [
            vars(BaseClient)["_make_api_call"],
            vars(BaseClient)["__init__"],
            vars(AioBaseClient)["_make_api_call"],
            vars(Endpoint)["make_request"],
        ]

    before = functions()
    with mock_dynamodb():
        assert not set(before) & set(functions())
    assert functions() == before
