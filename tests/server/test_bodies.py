"""Bodies: what JSON has otherwise than botocore."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from anydynamo.errors import InvalidRequest, NotSupported
from anydynamo.server.bodies import read_body, write_body
from anydynamo.server.refusals import refusal


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), 1767225600),
        (datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC), 1767225600.5),
        (b"\x00\xff", "AP8="),
        (MappingProxyType({"B": b"\x00"}), {"B": "AA=="}),
        ((1, 2), [1, 2]),
    ],
)
def test_an_answer_is_written_as_json_has_it(value: Any, written: Any) -> None:
    assert json.loads(write_body({"Value": value})) == {"Value": written}


def test_what_json_has_no_form_for_is_a_defect() -> None:
    with pytest.raises(TypeError):
        write_body({"Value": object()})


B = {"B": "AA=="}
RAW = {"B": b"\x00"}


@pytest.mark.parametrize(
    ("operation", "request_", "read"),
    [
        ("UpdateItem", {"AttributeUpdates": {"a": {"Value": B}}}, {"a": {"Value": RAW}}),
        (
            "PutItem",
            {"Expected": {"B": {"AttributeValueList": [B, {"BS": ["AA=="]}]}}},
            {"B": {"AttributeValueList": [RAW, {"BS": [b"\x00"]}]}},
        ),
        ("Query", {"KeyConditions": {"a": {"AttributeValueList": [B]}}}, None),
        ("Scan", {"ScanFilter": {"a": {"AttributeValueList": [B]}}}, None),
        ("ExecuteStatement", {"Parameters": [B]}, [RAW]),
        ("BatchExecuteStatement", {"Statements": [{"Parameters": [B]}]}, [{"Parameters": [RAW]}]),
        (
            "ExecuteTransaction",
            {"TransactStatements": [{"Parameters": [B]}]},
            [{"Parameters": [RAW]}],
        ),
        ("TagResource", {"Tags": [{"Key": "B", "Value": "AA=="}]}, None),
        ("PutItem", {"ExpressionAttributeNames": {"#b": "B", "B": "AA=="}}, None),
    ],
)
def test_binary_is_read_where_values_stand_and_nowhere_else(
    operation: str, request_: dict[str, Any], read: Any
) -> None:
    ((name, sent),) = request_.items()
    found = read_body(operation, json.dumps(request_).encode())[name]
    if read is None:
        walks = operation in ("Query", "Scan")
        read = {"a": {"AttributeValueList": [RAW]}} if walks else sent
    assert found == read


def test_text_that_is_not_base64_is_told_where_binary_is_wanted() -> None:
    for text, says in (
        ("????", "A binary value is not base64"),
        ("?", "Base64 encoded length is expected a multiple of 4 bytes but found: 1"),
        # Python's own reader takes it.
        ("abcd=", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            read_body("PutItem", json.dumps({"Item": {"a": {"B": text}}}).encode())
        assert (refused.value.code, str(refused.value)) == ("SerializationException", says)


def test_errors_without_a_code_of_dynamodbs_get_the_one_that_fits() -> None:
    for error, code in (
        (NotSupported("no"), "UnknownOperationException"),
        (InvalidRequest("no"), "ValidationException"),
    ):
        status, members = refusal(error)
        assert (status, members["__type"].partition("#")[2]) == (400, code)


def test_members_that_nobody_knows_are_ignored_as_the_service_does_it() -> None:
    keys = {"Keys": [{"pk": {"S": "a"}}], "Color": 1}
    request_ = {"RequestItems": {"users": keys}, "Colour": {"deep": [1]}}
    found = read_body("BatchGetItem", json.dumps(request_).encode())
    assert found == {"RequestItems": {"users": {"Keys": [{"pk": {"S": "a"}}]}}}


def test_members_that_aws_has_are_left_for_the_engine_to_refuse() -> None:
    request_ = {"TableName": "users", "VectorIndexes": [], "KeySchema": [{"KeyKind": "HASH"}]}
    found = read_body("CreateTable", json.dumps(request_).encode())
    assert found == {"TableName": "users", "VectorIndexes": [], "KeySchema": [{}]}
