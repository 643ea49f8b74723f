"""The protocol, without connections: what a request is answered with."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.asking import code, create, document, request, service, signed

from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.errors import CODES, StoreFull, StoreLocked, from_code
from anydynamo.server.messages import Request
from anydynamo.server.places import Shared
from anydynamo.server.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

FRAMEWORK = "com.amazon.coral.service#"
DYNAMODB = "com.amazonaws.dynamodb.v20120810#"


class Failing:
    """An adapter that raises one error."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.info = ProviderInfo("memory", "memory", blocking=True)

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        raise self._error

    async def close(self) -> None:
        """Nothing was opened."""


def failing(error: Exception) -> Service:
    return Service(Shared(Failing(error)), provider="memory")


async def test_an_item_comes_back_with_its_binary_to_the_byte() -> None:
    asked = service()
    created = await asked.answer(request("CreateTable", create("abc")))
    assert isinstance(document(created)["TableDescription"]["CreationDateTime"], int | float)
    text = base64.b64encode(b"\x00\xff").decode()
    item = {
        "pk": {"S": "B"},
        "B": {"S": text},
        "m": {"M": {"B": {"S": text}, "BS": {"L": [{"B": text}, {"BS": [text]}]}}},
    }
    assert (
        await asked.answer(request("PutItem", {"TableName": "abc", "Item": item}))
    ).status == 200
    found = await asked.answer(request("GetItem", {"TableName": "abc", "Key": {"pk": {"S": "B"}}}))
    assert document(found)["Item"] == item


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1:8000", "127.0.0.1:8000"), ("", "dynamodb.us-east-1.amazonaws.com")],
)
async def test_the_endpoint_is_the_address_that_the_client_asked_at(
    host: str, address: str
) -> None:
    asked = request("DescribeEndpoints", without="" if host else "host")
    (endpoint,) = document(await service().answer(asked))["Endpoints"]
    assert endpoint == {"Address": address, "CachePeriodInMinutes": 1440}


async def test_binary_is_read_in_every_place_where_a_value_can_stand() -> None:
    asked = service()
    definitions = [{"AttributeName": "pk", "AttributeType": "B"}]
    await asked.answer(request("CreateTable", create("abc", AttributeDefinitions=definitions)))
    one, two = ({"B": base64.b64encode(raw).decode()} for raw in (b"1", b"2"))
    key = {"pk": one}

    async def ask(operation: str, **body: Any) -> dict[str, Any]:
        reply = await asked.answer(request(operation, body))
        assert reply.status == 200, reply.body
        return document(reply)

    put = {"PutRequest": {"Item": {"pk": one, "v": one}}}
    gone = {"DeleteRequest": {"Key": {"pk": two}}}
    await ask("BatchWriteItem", RequestItems={"abc": [put, gone]})
    got = await ask("BatchGetItem", RequestItems={"abc": {"Keys": [key]}})
    assert got["Responses"]["abc"] == [{"pk": one, "v": one}]
    update = {
        "TableName": "abc",
        "Key": key,
        "UpdateExpression": "SET v = :v",
        "ConditionExpression": "v = :old",
        "ExpressionAttributeValues": {":v": two, ":old": one},
    }
    await ask("TransactWriteItems", TransactItems=[{"Update": update}])
    read = await ask("TransactGetItems", TransactItems=[{"Get": {"TableName": "abc", "Key": key}}])
    assert read["Responses"] == [{"Item": {"pk": one, "v": two}}]
    walked = await ask(
        "Query",
        TableName="abc",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": one},
        ExclusiveStartKey=None,
    )
    assert walked["Items"] == [{"pk": one, "v": two}]
    assert (await ask("Scan", TableName="abc", ExclusiveStartKey=key))["Items"] == []
    assert await ask("DeleteItem", TableName="abc", Key=key) == {}


async def test_a_name_spelt_with_escapes_is_the_same_name() -> None:
    asked = service()
    await asked.answer(request("CreateTable", create("abc")))
    escaped = rb'{"TableName":"abc","Item":{"pk":{"S":"x"},"v":{"\u0042":"not base64"}}}'
    reply = await asked.answer(request("PutItem", escaped))
    assert code(reply) == f"{FRAMEWORK}SerializationException"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'"x"', b"null", b"\xff", b"[" * 5000])
async def test_a_body_that_is_no_json_object_cannot_be_read(body: bytes) -> None:
    reply = await service().answer(request(body=body))
    assert (reply.status, code(reply)) == (400, f"{FRAMEWORK}SerializationException")


async def test_what_nobody_knows_in_a_value_is_ignored() -> None:
    asked = service()
    await asked.answer(request("CreateTable", create("abc")))
    item = {"pk": {"S": "x"}, "v": {"N": "1", "Newer": {"B": "!"}}}
    reply = await asked.answer(request("PutItem", {"TableName": "abc", "Item": item}))
    assert reply.status == 200
    key = {"pk": {"S": "x", "Newer": 1}}
    got = await asked.answer(request("GetItem", {"TableName": "abc", "Key": key}))
    assert document(got)["Item"] == {"pk": {"S": "x"}, "v": {"N": "1"}}


async def test_a_null_in_a_value_counts_as_absent() -> None:
    asked = service()
    await asked.answer(request("CreateTable", create("abc")))
    item = {"pk": {"S": "x"}, "v": {"N": "1", "S": None}}
    reply = await asked.answer(request("PutItem", {"TableName": "abc", "Item": item}))
    assert reply.status == 200
    item["v"] = {"S": None}
    reply = await asked.answer(request("PutItem", {"TableName": "abc", "Item": item}))
    assert "Supplied AttributeValue is empty" in document(reply)["message"]


async def test_a_value_of_the_wrong_json_type_cannot_be_read() -> None:
    reply = await service().answer(request("GetItem", {"TableName": 1, "Key": {}}))
    assert (reply.status, code(reply)) == (400, f"{FRAMEWORK}SerializationException")
    assert document(reply)["Message"] == "NUMBER_VALUE cannot be converted to String"


@pytest.mark.parametrize(
    "target",
    [
        "",
        "DynamoDB_20120810.",
        "DynamoDB_20120810.MakeCoffee",
        "DynamoDB_20111205.ListTables",
        "DynamoDB_20120810.ListTables.x",
        "DynamoDB_20120810.ListStreams",
        "DynamoDBStreams_20120810.ListTables",
    ],
)
async def test_another_target_is_an_unknown_operation(target: str) -> None:
    reply = await service().answer(request(x_amz_target=target))
    assert (reply.status, code(reply)) == (400, f"{FRAMEWORK}UnknownOperationException")


async def test_streams_answer_under_their_own_name() -> None:
    target = "DynamoDBStreams_20120810.ListStreams"
    assert document(await service().answer(request(x_amz_target=target))) == {"Streams": []}


@pytest.mark.parametrize("kind", ["application/x-amz-json-1.1", "application/json; charset=utf-8"])
async def test_an_answer_is_called_what_the_request_was_called(kind: str) -> None:
    reply = await service().answer(request(content_type=kind))
    assert (reply.status, reply.content_type) == (200, kind.partition(";")[0])


async def test_a_body_that_a_page_in_a_browser_may_send_unasked_is_refused() -> None:
    reply = await service().answer(request(content_type="text/plain"))
    assert (reply.status, code(reply)) == (400, f"{FRAMEWORK}UnknownOperationException")


async def test_a_browser_that_asks_before_it_sends_is_allowed_nothing() -> None:
    reply = await service().answer(Request("OPTIONS", "/", {"origin": "http://example.org"}))
    assert reply.status == 405
    assert "Access-Control" not in reply.extra


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_health_is_told_as_text_and_as_json(method: str) -> None:
    asked = service()
    assert (await asked.answer(Request(method, "/", {}))).body.startswith(b"healthy: ")
    health = await asked.answer(Request(method, "/health?deep", {}))
    assert document(health) == {"status": "healthy", "provider": "memory"}
    assert (await asked.answer(Request(method, "/elsewhere", {}))).status == 404


async def test_a_condition_that_fails_tells_type_text_and_item() -> None:
    asked = service()
    await asked.answer(request("CreateTable", create("abc")))
    put: dict[str, Any] = {
        "TableName": "abc",
        "Item": {"pk": {"S": "x"}, "v": {"B": "AA=="}},
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    await asked.answer(request("PutItem", put))
    reply = await asked.answer(request("PutItem", put))
    assert reply.status == 400
    assert document(reply) == {
        "__type": f"{DYNAMODB}ConditionalCheckFailedException",
        "message": "The conditional request failed",
        "Item": put["Item"],
    }
    cancelled = await asked.answer(request("TransactWriteItems", {"TransactItems": [{"Put": put}]}))
    assert code(cancelled) == f"{DYNAMODB}TransactionCanceledException"
    assert "ConditionalCheckFailed" in document(cancelled)["Message"]
    assert document(cancelled)["CancellationReasons"] == [
        {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
            "Item": put["Item"],
        }
    ]


@pytest.mark.parametrize("known", sorted(CODES))
async def test_every_code_goes_out_as_it_came(known: str) -> None:
    reply = await failing(from_code(known, "why")).answer(request())
    assert code(reply).partition("#")[2] == known
    assert "why" in document(reply).values()
    assert (reply.status < 500) == (
        known
        not in {
            "InternalServerError",
            "InternalFailure",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        }
    )


async def test_trouble_with_the_store_is_the_servers_and_says_whether_to_repeat() -> None:
    locked = await failing(StoreLocked("another process")).answer(request())
    assert (locked.status, code(locked)) == (503, f"{FRAMEWORK}ServiceUnavailableException")
    full = await failing(StoreFull("no space")).answer(request())
    assert (full.status, code(full)) == (500, f"{DYNAMODB}InternalServerError")


async def test_a_defect_is_answered_and_logged_but_not_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reply = await failing(ZeroDivisionError("a secret")).answer(request())
    assert (reply.status, code(reply)) == (500, f"{DYNAMODB}InternalServerError")
    assert b"secret" not in reply.body
    assert "ZeroDivisionError" in caplog.text


OPERATIONS = st.sampled_from(
    [
        "BatchGetItem",
        "BatchWriteItem",
        "CreateTable",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
        "UpdateTable",
        "ListTables",
    ]
)
NAMES = st.sampled_from(
    [
        "TableName",
        "Key",
        "Item",
        "Keys",
        "B",
        "BS",
        "M",
        "L",
        "S",
        "N",
        "NULL",
        "abc",
        "pk",
        "RequestItems",
        "PutRequest",
        "TransactItems",
        "Put",
        "Update",
        "ExpressionAttributeValues",
        "ExpressionAttributeNames",
        "UpdateExpression",
        ":v",
        "Limit",
        "KeyConditionExpression",
        "ExclusiveStartKey",
        "KeySchema",
        "AttributeDefinitions",
        "Expected",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS | NAMES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(operation=OPERATIONS, body=st.binary(max_size=200))
async def test_any_bytes_are_answered(operation: str, body: bytes) -> None:
    await _is_answered(operation, body)


@given(operation=OPERATIONS, body=st.dictionaries(NAMES, VALUES, max_size=6))
async def test_any_json_is_answered(operation: str, body: dict[str, Any]) -> None:
    await _is_answered(operation, json.dumps(body).encode())


@given(cut=st.integers(min_value=0, max_value=400))
async def test_a_body_that_was_cut_off_is_answered(cut: int) -> None:
    whole = json.dumps({"TableName": "abc", "Item": {"pk": {"S": "x"}, "v": {"B": "AA=="}}})
    await _is_answered("PutItem", whole.encode()[:cut])


async def _is_answered(operation: str, body: bytes) -> None:
    asked = service()
    await asked.answer(request("CreateTable", create("abc")))
    reply = await asked.answer(request(operation, body))
    assert 200 <= reply.status < 500, reply.body
    if reply.status != 200:
        assert "#" in code(reply)


@pytest.mark.parametrize("depth", [33, 500, 1500, 100_000])
async def test_any_depth_is_answered(depth: int) -> None:
    asked = service()
    await asked.answer(request("CreateTable", create("abc")))
    deep = b'{"L":[' * depth + b'{"B":"AA=="}' + b"]}" * depth
    body = b'{"TableName":"abc","Item":{"pk":{"S":"x"},"v":' + deep + b"}}"
    assert (await asked.answer(request("PutItem", body))).status == 400


async def test_a_signed_request_passes_and_one_by_a_stranger_does_not() -> None:
    asked = service(secrets={"AKID": "secret"})
    assert (await asked.answer(signed())).status == 200
    stranger = await asked.answer(signed(key="OTHER"))
    assert code(stranger) == f"{FRAMEWORK}UnrecognizedClientException"
    forged = await asked.answer(signed(secret="guessed"))
    assert (forged.status, code(forged)) == (400, f"{FRAMEWORK}InvalidSignatureException")


async def test_a_request_without_a_signature_is_refused_even_if_none_is_verified() -> None:
    reply = await service().answer(request(without="authorization"))
    assert code(reply) == f"{FRAMEWORK}MissingAuthenticationTokenException"
