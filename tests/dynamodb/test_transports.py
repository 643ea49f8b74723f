"""The direct way and aiobotocore: equal answers and errors, and which of them is taken."""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import pytest_asyncio
from aiobotocore.credentials import AioRefreshableCredentials
from aiobotocore.session import AioSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dynamodb.http.certificates import Certificate
from tests.dynamodb.scripted import DROP, Answer, error, scripted

from anydynamo import Database
from anydynamo.adapters.dynamodb import DynamoDBAdapter
from anydynamo.adapters.dynamodb.choosing import NotDirect
from anydynamo.adapters.dynamodb.clients import Clients
from anydynamo.adapters.dynamodb.routes import Route, names_arn, route_of, trusting
from anydynamo.adapters.effort import EFFORT, Effort
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import (
    AnyDynamoError,
    ConfigurationError,
    CredentialsError,
    InvalidRequest,
    ProviderError,
    Unavailable,
)
from anydynamo.server import serving
from anydynamo.server.places import Shared
from anydynamo.server.service import Service
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing import mock_dynamodb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from anydynamo.adapters.dynamodb.choosing import Transport
    from anydynamo.adapters.protocol import DatabaseAdapter

GET: dict[str, Any] = {"TableName": "users", "Key": {"id": {"S": "1"}}}
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/users"
TABLE: dict[str, Any] = {
    "TableName": "calls",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "B"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def adapter_of(url: str, transport: Transport = "direct", **options: Any) -> DynamoDBAdapter:
    options = {"region": "eu-west-1", "max_attempts": 1, **options}
    return DynamoDBAdapter(endpoint_url=url, transport=transport, **options)


@asynccontextmanager
async def opened(
    url: str, transport: Transport = "direct", **options: Any
) -> AsyncIterator[DynamoDBAdapter]:
    adapter = adapter_of(url, transport, **options)
    try:
        yield adapter
    finally:
        await adapter.close()


async def outcome(adapter: DatabaseAdapter, operation: str, request: dict[str, Any]) -> object:
    """Return what came of a call, so that it can be compared."""
    try:
        return await adapter.call(operation, request)
    except AnyDynamoError as raised:
        facts = dict(raised.__dict__)
        return type(raised), str(raised), facts


# Equal answers and errors.


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both() -> AsyncIterator[Sequence[DatabaseAdapter]]:
    """The two ways, each to an empty table of its own."""
    stores = [EmbeddedAdapter(MemoryStore(), provider="memory") for _ in range(2)]
    servers = [serving.Server(Service(Shared(store), provider="memory")) for store in stores]
    async with servers[0], servers[1]:
        ways = [adapter_of(servers[0].url, "aiobotocore"), adapter_of(servers[1].url, "direct")]
        for way in ways:
            await way.call("CreateTable", TABLE)
        yield ways
        for way in ways:
            await way.close()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
NUMBERS = st.integers(-3, 3).map(str)
LEAVES = st.one_of(
    st.builds(lambda value: {"S": value}, TEXTS),
    st.builds(lambda value: {"N": value}, NUMBERS),
    st.builds(lambda value: {"B": value}, st.binary(max_size=5)),
    st.builds(lambda value: {"BS": value}, st.lists(st.binary(max_size=3), max_size=3)),
    st.builds(lambda value: {"NS": value}, st.lists(NUMBERS, max_size=3)),
    st.just({"NULL": True}),
    st.builds(lambda value: {"BOOL": value}, st.booleans()),
    # Wrong in some way.
    st.sampled_from([{"N": 5}, {"S": None}, {"S": b"x"}, {"Z": "1"}, {}, 5, {"N": "x"}]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda value: {"L": value}, st.lists(inner, max_size=3)),
        # Names that are tags, which is where a careless conversion goes wrong.
        st.builds(
            lambda value: {"M": value},
            st.dictionaries(st.sampled_from(["B", "BS", "M", "é"]), inner, max_size=3),
        ),
    ),
    max_leaves=5,
)
KEYS = st.builds(
    lambda pk, sk: {"pk": {"B": pk}, "sk": {"N": sk}},
    st.sampled_from([b"\x00", b"\xff\xfe"]),
    NUMBERS,
)
ITEMS = st.builds(
    lambda key, more: {**more, **key},
    KEYS,
    st.dictionaries(st.sampled_from(["B", "L", "v"]), VALUES, max_size=3),
)
EXTRAS = st.sampled_from(
    [
        {},
        {},
        {},
        {"ReturnValues": "ALL_OLD"},
        {"ReturnConsumedCapacity": "TOTAL"},
        {"ConditionExpression": "attribute_not_exists(pk)"},
        {"ConditionExpression": "attribute_not_exists(pk"},
        {
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        {"ConditionExpresion": "attribute_not_exists(pk)"},
        {"ReturnValues": 5},
        {"TableName": "absent"},
        {"TableName": 5},
        {"TableName": "c"},
    ]
)
NAMED = {"TableName": "calls"}
CALLS = st.one_of(
    st.builds(lambda i, more: ("PutItem", {**NAMED, "Item": i, **more}), ITEMS, EXTRAS),
    st.builds(lambda k, more: ("GetItem", {**NAMED, "Key": k, **more}), KEYS, EXTRAS),
    st.builds(lambda k, more: ("DeleteItem", {**NAMED, "Key": k, **more}), KEYS, EXTRAS),
    st.builds(
        lambda k, v, more: (
            "UpdateItem",
            {
                **NAMED,
                "Key": k,
                "UpdateExpression": "SET v = :v",
                "ExpressionAttributeValues": {":v": v},
                **more,
            },
        ),
        KEYS,
        VALUES,
        EXTRAS,
    ),
    st.builds(
        lambda k, more: (
            "Query",
            {
                **NAMED,
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": k["pk"]},
                "Limit": 2,
                **more,
            },
        ),
        KEYS,
        EXTRAS,
    ),
    st.builds(lambda more: ("Scan", {**NAMED, **more}), EXTRAS),
    st.builds(
        lambda items: (
            "BatchWriteItem",
            {"RequestItems": {"calls": [{"PutRequest": {"Item": item}} for item in items]}},
        ),
        st.lists(ITEMS, max_size=3),
    ),
    st.builds(
        lambda keys: ("BatchGetItem", {"RequestItems": {"calls": {"Keys": keys}}}),
        st.lists(KEYS, max_size=3),
    ),
    st.builds(
        lambda items, more: (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {**NAMED, "Item": item, **more}} for item in items]},
        ),
        st.lists(ITEMS, max_size=2),
        EXTRAS,
    ),
    st.builds(
        lambda keys: (
            "TransactGetItems",
            {"TransactItems": [{"Get": {**NAMED, "Key": key}} for key in keys]},
        ),
        st.lists(KEYS, max_size=2),
    ),
    st.builds(
        lambda k: (
            "ExecuteStatement",
            {"Statement": "SELECT * FROM calls WHERE pk = ?", "Parameters": [k["pk"]]},
        ),
        KEYS,
    ),
)


@pytest.mark.asyncio(loop_scope="module")
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calls=st.lists(CALLS, min_size=1, max_size=6))
async def test_generated_calls_have_the_same_outcome_either_way(
    both: Sequence[DatabaseAdapter], calls: list[tuple[str, dict[str, Any]]]
) -> None:
    for operation, request in calls:
        through, direct = [await outcome(way, operation, request) for way in both]
        assert direct == through, (operation, request)


FOREIGN = [
    error("ProvisionedThroughputExceededException", ThrottlingReasons=[{"reason": "r"}]),
    error("ConditionalCheckFailedException", Item={"raw": {"B": "AP8="}}),
    error(
        "TransactionCanceledException",
        CancellationReasons=[
            {"Code": "ConditionalCheckFailed", "Item": {"raw": {"B": "AP8="}}},
            {"Code": "None"},
        ],
    ),
    error("ValidationException"),
    error("Nobodys", status=418),
    Answer(400, b'{"__type": "a.b#NoText"}'),
    Answer(400, b'{"Message": "spelt otherwise", "__type": "AccessDeniedException:http://x"}'),
    Answer(404, b"<html>not here</html>", kind="text/html"),
    Answer(404, b""),
    Answer(502, b"<html>gateway</html>", kind="text/html"),
    Answer(502, b"gateway", kind="text/plain"),
    Answer(500, b""),
    Answer(200, b"<html>sign in</html>", kind="text/html"),
    Answer(200, b'{"Item": nul}'),
]


@pytest.mark.parametrize("answer", FOREIGN[:-1], ids=lambda answer: answer.body[:40].decode())
async def test_an_error_is_the_same_either_way(answer: Answer) -> None:
    async with scripted(answer, answer) as server:
        async with opened(server.url, "aiobotocore") as adapter:
            through = await outcome(adapter, "GetItem", GET)
        async with opened(server.url, "direct") as adapter:
            assert await outcome(adapter, "GetItem", GET) == through


@pytest.mark.parametrize(
    "answer",
    [FOREIGN[-1], Answer(200, b'{"Item": {"id": {"B": "not base64!"}}}')],
    ids=["no JSON", "no base64"],
)
async def test_an_answer_that_cannot_be_read_acknowledges_nothing(answer: Answer) -> None:
    async with scripted(answer) as server, opened(server.url) as adapter:
        with pytest.raises(ProviderError, match="cannot be read"):
            await adapter.call("GetItem", GET)


ITEM = '{"id": {"B": "AP8="}, "B": {"M": {"BS": {"BS": ["AA=="]}, "l": {"L": [{"B": "AQ=="}]}}}}'
SIZE = f'{{"ItemCollectionKey": {ITEM}, "SizeEstimateRangeGB": [0.0, 1.0]}}'
STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/users/stream/2026-01-01T00:00:00.000"
NO_OPERANDS = {"TransactItems": [{"Get": GET}]}
ANSWERS: list[tuple[str, dict[str, Any], str]] = [
    ("GetItem", GET, f'{{"Item": {ITEM}, "ConsumedCapacity": null}}'),
    ("PutItem", {"TableName": "users", "Item": {}}, f'{{"ItemCollectionMetrics": {SIZE}}}'),
    ("DeleteItem", GET, f'{{"Attributes": {ITEM}}}'),
    ("Scan", {"TableName": "users"}, f'{{"Items": [{ITEM}], "LastEvaluatedKey": {ITEM}}}'),
    ("TransactGetItems", NO_OPERANDS, f'{{"Responses": [{{"Item": {ITEM}}}, {{}}]}}'),
    (
        "BatchGetItem",
        {"RequestItems": {"users": {"Keys": [GET["Key"]]}}},
        f'{{"Responses": {{"users": [{ITEM}]}}, '
        f'"UnprocessedKeys": {{"users": {{"Keys": [{ITEM}]}}}}}}',
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"users": [{"DeleteRequest": {"Key": GET["Key"]}}]}},
        f'{{"ItemCollectionMetrics": {{"users": [{SIZE}]}}, "UnprocessedItems": {{"users": '
        f'[{{"PutRequest": {{"Item": {ITEM}}}}}, {{"DeleteRequest": {{"Key": {ITEM}}}}}]}}}}',
    ),
    (
        "BatchExecuteStatement",
        {"Statements": [{"Statement": "s"}]},
        f'{{"Responses": [{{"Item": {ITEM}}}, {{"Error": {{"Code": "c", "Item": {ITEM}}}}}]}}',
    ),
    (
        "GetRecords",
        {"ShardIterator": "i"},
        f'{{"Records": [{{"dynamodb": {{"Keys": {ITEM}, "NewImage": {ITEM}, "OldImage": {ITEM}, '
        '"ApproximateCreationDateTime": 1700000000.5}}, {"dynamodb": {}}]}',
    ),
    (
        "DescribeStream",
        {"StreamArn": STREAM},
        '{"StreamDescription": {"CreationRequestDateTime": 1700000000}}',
    ),
]


@pytest.mark.parametrize(("operation", "request_", "body"), ANSWERS, ids=[a[0] for a in ANSWERS])
async def test_an_answer_is_the_same_either_way(
    operation: str, request_: dict[str, Any], body: str
) -> None:
    answer = Answer(body=body.encode())
    async with scripted(answer, answer) as server:
        async with opened(server.url, "aiobotocore") as adapter:
            through = await adapter.call(operation, request_)
        async with opened(server.url, "direct") as adapter:
            assert await adapter.call(operation, request_) == through


async def test_the_direct_way_notes_what_it_sends_and_receives() -> None:
    async with scripted() as server, opened(server.url) as adapter:
        noted = EFFORT.set(Effort())
        try:
            await adapter.call("GetItem", GET)
            assert EFFORT.get() == Effort(1, len(orjson.dumps(GET)), len(b"{}"))
        finally:
            EFFORT.reset(noted)


async def test_a_moment_that_is_none_is_no_answer() -> None:
    answer = Answer(body=b'{"StreamDescription": {"CreationRequestDateTime": "today"}}')
    async with scripted(answer) as server, opened(server.url) as adapter:
        with pytest.raises(ProviderError, match="'today' is no moment"):
            await adapter.call("DescribeStream", {"StreamArn": STREAM})


async def test_a_lost_answer_is_tried_again_on_a_new_connection() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async with (
        scripted(DROP) as server,
        opened(server.url, max_attempts=2, sleep=sleep) as adapter,
    ):
        assert await adapter.call("GetItem", GET) == {}
        assert len(server.requests) == 2
        assert len(waited) == 1


async def test_text_where_binary_belongs_is_refused_and_not_taken_for_base64() -> None:
    async with scripted() as server, opened(server.url) as adapter:
        for value in ({"B": "YWJj"}, {"M": {"B": {"BS": ["YWJj"]}}}, {"L": [{"B": "YWJj"}]}):
            with pytest.raises(InvalidRequest, match="must be bytes"):
                await adapter.call("PutItem", {"TableName": "users", "Item": {"v": value}})
        assert server.requests == []


async def test_bytes_where_text_belongs_are_refused_and_not_stored_as_base64() -> None:
    async with scripted() as server, opened(server.url) as adapter:
        for operation, request in (
            ("PutItem", {"TableName": "users", "Item": {"v": {"S": b"x"}}}),
            ("PutItem", {"TableName": "users", "Item": {"v": {"M": {"B": {"SS": [b"x"]}}}}}),
            ("GetItem", {**GET, "ProjectionExpression": b"x"}),
            ("ListStreams", {"TableName": b"users"}),
        ):
            with pytest.raises(InvalidRequest):
                await adapter.call(operation, request)
        assert server.requests == []


async def test_binary_is_found_in_lists_and_tuples_of_every_operation() -> None:
    item = {"v": {"L": ({"B": b"\x00"}, {"BS": (b"\x01", bytearray(b"\x02"))})}}
    async with scripted() as server, opened(server.url) as adapter:
        await adapter.call("PutItem", {"TableName": "users", "Item": item})
        await adapter.call("ExecuteStatement", {"Statement": "s", "Parameters": (item["v"],)})
        written = {"L": [{"B": "AA=="}, {"BS": ["AQ==", "Ag=="]}]}
        assert server.requests[0]["Item"]["v"] == written
        assert server.requests[1]["Parameters"] == [written]


async def test_an_unknown_parameter_is_refused_where_aws_would_ignore_it() -> None:
    async with scripted() as server, opened(server.url) as adapter:
        for operation, request in (
            ("GetItem", {**GET, "ConsistentRaed": True}),
            ("TransactGetItems", {"TransactItems": [{"Get": {**GET, "Projection": "id"}}]}),
            ("BatchGetItem", {"RequestItems": {"users": {"Keys": [GET["Key"]], "Foo": 1}}}),
        ):
            with pytest.raises(InvalidRequest, match="Unknown parameter"):
                await adapter.call(operation, request)
        # The client of streams checks nothing, so these words are ours.
        with pytest.raises(InvalidRequest, match="must be one of: ExclusiveStartStreamArn"):
            await adapter.call("ListStreams", {"Table": "users"})
        assert server.requests == []


# Which way is taken.


@pytest.mark.parametrize("transport", ["auto", "direct"])
async def test_the_direct_way_is_taken_where_nothing_stands_in_it(transport: Transport) -> None:
    async with scripted() as server, opened(server.url, transport) as adapter:
        assert adapter.info.transport == transport
        await adapter.call("GetItem", GET)
        assert adapter.info.transport == "direct"
        why = {"auto": "nothing stands in its way", "direct": "it was asked for"}
        assert adapter.info.transport_reason == why[transport]


async def test_health_says_which_way_is_taken_and_why() -> None:
    tables = Answer(body=b'{"TableNames": []}')
    async with scripted(tables, tables) as server:
        url = f"dynamodb://eu-west-1?endpoint_url={server.url}&transport="
        async with Database.open(url + "auto") as db:
            assert (await db.health()).transport == "direct"
        async with Database.open(url + "aiobotocore") as db:
            health = await db.health()
            assert health.transport == "aiobotocore"
            assert health.transport_reason == "it was asked for"
        with pytest.raises(ConfigurationError, match="expected one of auto, direct, aiobotocore"):
            Database.open(url + "pigeon")
    async with Database.open("memory://") as db:
        assert (await db.health()).transport is None


async def test_a_proxy_is_left_to_aiobotocore(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted(error("ValidationException"), error("ValidationException")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        async with opened("http://dynamodb.test", "auto") as adapter:
            with pytest.raises(AnyDynamoError):
                await adapter.call("GetItem", GET)
            assert adapter.info.transport == "aiobotocore"
            assert adapter.info.transport_reason == "a proxy stands before http://dynamodb.test"
        async with opened("http://dynamodb.test", "direct") as adapter:
            with pytest.raises(ConfigurationError, match="a proxy stands before"):
                await adapter.call("GetItem", GET)


async def test_a_session_of_the_callers_is_passed_by_only_if_that_was_asked_for() -> None:
    async with scripted() as server:
        async with opened(server.url, "auto", session=AioSession()) as adapter:
            await adapter.call("GetItem", GET)
            assert adapter.info.transport == "aiobotocore"
            assert "event handlers" in str(adapter.info.transport_reason)
        async with opened(server.url, "direct", session=AioSession()) as adapter:
            await adapter.call("GetItem", GET)
            assert adapter.info.transport == "direct"


async def test_a_client_of_the_callers_is_not_passed_by() -> None:
    async with scripted() as server:
        where = {"region_name": "eu-north-1", "endpoint_url": server.url}
        async with AioSession().create_client("dynamodb", **where) as client:
            with pytest.raises(ConfigurationError, match="the client is the caller's"):
                DynamoDBAdapter(client=client, transport="direct")
            adapter = DynamoDBAdapter(client=client, transport="auto")
            assert adapter.info.transport == "aiobotocore"
            assert await adapter.call("GetItem", GET) == {}


def test_an_unknown_transport_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'pigeon'; it must be one of auto"):
        DynamoDBAdapter(transport="pigeon")  # type: ignore[arg-type]


async def test_without_httptools_auto_goes_through_aiobotocore(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.startswith("anydynamo.adapters.dynamodb.")]:
        if name.split(".")[3] in ("direct", "http", "routes"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "httptools", None)
    async with scripted() as server:
        async with opened(server.url, "auto") as adapter:
            await adapter.call("GetItem", GET)
            assert adapter.info.transport_reason == "httptools is not installed"
        async with opened(server.url, "direct") as adapter:
            with pytest.raises(ConfigurationError, match="httptools is not installed"):
                await adapter.call("GetItem", GET)


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (GET, False),
        ({"TableName": ARN}, True),
        ({"TableName": 5}, False),
        ({"RequestItems": {"users": []}}, False),
        ({"RequestItems": {ARN: []}}, True),
        ({"TransactItems": [{"Put": {"TableName": "users"}}, 5]}, False),
        ({"TransactItems": [{"Put": {"TableName": "users"}}, {"Get": {"TableName": ARN}}]}, True),
        ({"Statement": "SELECT * FROM users"}, False),
    ],
)
def test_a_table_that_is_named_by_its_arn_is_recognised(
    request_: dict[str, Any], named: bool
) -> None:
    assert names_arn(request_) is named


async def test_a_mock_answers_adapters_that_went_directly_before_it() -> None:
    async with scripted() as server, opened(server.url, "direct") as adapter:
        await adapter.call("GetItem", GET)
        async with mock_dynamodb():
            await adapter.call("CreateTable", TABLE)
            assert await adapter.call("Scan", NAMED) == {"Items": [], "Count": 0, "ScannedCount": 0}
            async with opened(server.url, "direct") as made_inside:
                assert (await made_inside.call("Scan", NAMED))["Count"] == 0
        assert len(server.requests) == 1
        await adapter.call("GetItem", GET)
        assert len(server.requests) == 2


# Credentials, endpoints, trust.


class Expiring(AioSession):  # type: ignore[misc]  # aiobotocore ships no types
    """A session whose credentials are refreshed, and which counts how often."""

    def __init__(self) -> None:
        super().__init__()
        self.refreshed = 0
        self.source = AioRefreshableCredentials(
            "AKOLD", "old", "told", datetime.now(UTC), self._refresh, "test"
        )

    async def get_credentials(self) -> Any:
        return self.source

    async def _refresh(self) -> dict[str, Any]:
        self.refreshed += 1
        await asyncio.sleep(0)
        return {
            "access_key": f"AK{self.refreshed}",
            "secret_key": "new",
            "token": "tnew",
            "expiry_time": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        }


async def test_credentials_are_refreshed_once_for_all_calls_that_wait() -> None:
    session = Expiring()
    secrets = {"AK1": "new"}
    store = EmbeddedAdapter(MemoryStore(), provider="memory")
    service = Service(Shared(store), provider="memory", secrets=secrets)
    async with serving.Server(service) as server, opened(server.url, session=session) as adapter:
        calls = (adapter.call("ListStreams", {}) for _ in range(20))
        assert await asyncio.gather(*calls) == [{"Streams": []}] * 20
        assert session.refreshed == 1
        # And the next credentials are used from the moment on at which there are some.
        secrets["AK2"] = "new"
        del secrets["AK1"]
        session.source._expiry_time = datetime.now(UTC)
        await asyncio.gather(*(adapter.call("ListStreams", {}) for _ in range(20)))
        assert session.refreshed == 2


async def test_absent_credentials_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    async with scripted() as server, opened(server.url, "auto") as adapter:
        with pytest.raises(CredentialsError, match="set AWS_ACCESS_KEY_ID"):
            await adapter.call("GetItem", GET)


async def route(**options: Any) -> Route:
    """Return where a client of botocore's would send a request."""
    credentials = {"access_key_id": "AK", "secret_access_key": "s", "session_token": None}
    clients = Clients(
        region="eu-west-1",
        endpoint_url=options.pop("endpoint_url", None),
        credentials={f"aws_{name}": value for name, value in credentials.items()},
        profile=None,
        config=options,
        session=None,
        given={"dynamodb": None, "dynamodbstreams": None},
    )
    client = await clients.open(options.pop("service", "dynamodb"), "GetItem", None)
    try:
        return route_of(await client.prepared("GetItem", GET), client.config.proxies)
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("variables", "host"),
    [
        ({}, "dynamodb.eu-west-1.amazonaws.com"),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, "dynamodb-fips.eu-west-1.amazonaws.com"),
        ({"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "dynamodb.eu-west-1.api.aws"),
        ({"AWS_ENDPOINT_URL": "http://[::1]:8000/a"}, "::1"),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://db.test"}, "db.test"),
    ],
)
async def test_the_endpoint_is_botocores(
    variables: dict[str, str], host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = await route()
    assert (found.host, found.region, found.service) == (host, "eu-west-1", "dynamodb")
    assert found.target == "DynamoDB_20120810"
    assert "anydynamo" in found.agent


@pytest.mark.parametrize(
    ("endpoint_url", "named", "port", "path"),
    [
        ("http://db.test:80", "db.test", 80, "/"),
        ("http://db.test:8000/x/", "db.test:8000", 8000, "/x/"),
        ("https://db.test", "db.test", 443, "/"),
        ("http://[::1]:8000", "[::1]:8000", 8000, "/"),
    ],
)
async def test_the_host_header_is_the_one_that_is_signed(
    endpoint_url: str, named: str, port: int, path: str
) -> None:
    found = await route(endpoint_url=endpoint_url)
    assert (found.named, found.port, found.path) == (named, port, path)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"endpoint_url": "http://db.test/a/../b"}, "not in its shortest form"),
        ({"proxies": {"https": "http://proxy.test"}}, "a proxy stands before https://dynamodb"),
        ({"signature_version": "v3"}, "signed by nobody, and not by AWS4-HMAC-SHA256"),
    ],
)
async def test_what_is_in_the_way_is_said(options: dict[str, Any], why: str) -> None:
    with pytest.raises(NotDirect, match=why):
        await route(**options)


async def test_a_certificate_of_the_clients_own_is_left_to_aiobotocore() -> None:
    class Certified(AioSession):  # type: ignore[misc]  # likewise
        def create_client(self, *arguments: Any, config: Any, **named: Any) -> Any:
            config.client_cert = "client.pem"
            return super().create_client(*arguments, config=config, **named)

    async with scripted() as server, opened(server.url, session=Certified()) as adapter:
        with pytest.raises(ConfigurationError, match="a certificate of the client's own"):
            await adapter.call("GetItem", GET)


def test_botocores_authorities_are_trusted_and_names_are_checked() -> None:
    context = trusting(None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 50


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
async def test_a_server_is_trusted_for_the_certificates_that_are_configured(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = Certificate(tmp_path)
    async with scripted(tls=certificate.server()) as server:
        async with opened(server.url) as adapter:
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                await adapter.call("GetItem", GET)
        monkeypatch.setenv(variable, str(certificate.path))
        async with opened(server.url) as adapter:
            assert await adapter.call("GetItem", GET) == {}


def test_certificates_that_cannot_be_read_are_said() -> None:
    with pytest.raises(NotDirect, match=r"the certificates in 'absent\.pem' cannot be read"):
        trusting("absent.pem")
