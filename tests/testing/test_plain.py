"""The short way is for requests that botocore would pass, and that would arrive as they are."""

from __future__ import annotations

import copy
import functools
from decimal import Decimal
from typing import Any

import botocore.session
import pytest
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from anydynamo.server.bodies import read_body
from anydynamo.testing.routing.plain import check_of
from anydynamo.testing.routing.shortcuts import SHORT


@functools.cache
def model() -> Any:
    return botocore.session.get_session().get_service_model("dynamodb")


@functools.cache
def check(operation: str) -> Any:
    return check_of(model().operation_model(operation).input_shape)


KEY = {"pk": {"S": "x"}}
VALUES = {
    "s": {"S": "x"},
    "n": {"N": "1"},
    "b": {"B": b"\x00"},
    "no": {"NULL": True},
    "yes": {"BOOL": False},
    "m": {"M": {"inner": {"L": [{"S": "x"}, {"M": {}}]}}},
    "sets": {"L": [{"SS": ["a"]}, {"NS": ["1"]}, {"BS": [b"a"]}]},
}
NAMES = {"ExpressionAttributeNames": {"#a": "a"}, "ExpressionAttributeValues": {":v": {"S": "x"}}}
PLAIN: dict[str, dict[str, Any]] = {
    "GetItem": {"TableName": "abc", "Key": KEY, "ConsistentRead": True},
    "PutItem": {"TableName": "abc", "Item": VALUES, "ReturnValues": "NONE", **NAMES},
    "UpdateItem": {
        "TableName": "abc",
        "Key": KEY,
        "AttributeUpdates": {"a": {"Action": "PUT", "Value": {"S": "x"}}},
        "Expected": {"a": {"Exists": False}},
    },
    "DeleteItem": {"TableName": "abc", "Key": KEY, "ConditionExpression": "a = :v", **NAMES},
    "Query": {
        "TableName": "abc",
        "Limit": 1,
        "KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "x"}]}},
        "ScanIndexForward": False,
        "ExclusiveStartKey": KEY,
    },
    "Scan": {"TableName": "abc", "Segment": 0, "TotalSegments": 2, "AttributesToGet": ["a"]},
    "BatchGetItem": {"RequestItems": {"abc": {"Keys": [KEY], "ConsistentRead": True}}},
    "BatchWriteItem": {
        "RequestItems": {"abc": [{"PutRequest": {"Item": VALUES}}, {"DeleteRequest": {"Key": KEY}}]}
    },
    "TransactGetItems": {"TransactItems": [{"Get": {"TableName": "abc", "Key": KEY}}]},
    "TransactWriteItems": {
        "TransactItems": [{"Put": {"TableName": "abc", "Item": VALUES}}],
        "ClientRequestToken": "token",
    },
    "ExecuteStatement": {"Statement": "SELECT", "Parameters": [{"S": "x"}], "Limit": 1},
}
ODD = [
    *(None, True, 0, 1, -1, 1.5, "", "x", b"", b"x", bytearray(b"x"), Decimal(1)),
    *([], ["x"], [1], (), ("x",), {}, {"S": "x"}, {"S": 1}, {"S": "x", "N": "1"}, {"N": 1}),
    *({"B": "x"}, {"L": ({"S": "x"},)}, {"M": {1: {"S": "x"}}}, {"SS": {"x"}}, {"BOOL": 1}),
    *({"Other": 1}, {"NULL": "true"}, [{"S": "x"}], {"TableName": "abc"}, object()),
]


def places(content: Any) -> list[tuple[Any, Any]]:
    """List every container in a request with one of its keys or positions."""
    found: list[tuple[Any, Any]] = []
    waiting = [content]
    while waiting:
        one = waiting.pop()
        pairs = one.items() if isinstance(one, dict) else enumerate(one)
        for place, inner in pairs:
            found.append((one, place))
            if isinstance(inner, dict | list):
                waiting.append(inner)
    return found


def arrives_as_it_is(operation: str, request: Any) -> bool:
    """Tell whether botocore passes a request, and whether what is sent is read as the same."""
    described = model().operation_model(operation)
    if ParamValidator().validate(request, described.input_shape).has_errors():
        return False
    # What the client writes down must not be what the test compares with.
    sent = create_serializer("json", False).serialize_to_request(copy.deepcopy(request), described)
    read = read_body(operation, sent["body"])
    return repr(read) == repr(request)


@pytest.mark.parametrize("operation", sorted(SHORT))
def test_ordinary_requests_are_plain(operation: str) -> None:
    assert check(operation)(PLAIN[operation])
    assert arrives_as_it_is(operation, PLAIN[operation])


@given(st.data())
def test_what_is_plain_passes_and_arrives_as_it_is(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(sorted(SHORT)))
    request = copy.deepcopy(PLAIN[operation])
    container, place = data.draw(st.sampled_from(places(request)))
    match data.draw(st.sampled_from(["replace", "drop", "add"])):
        case "replace":
            container[place] = data.draw(st.sampled_from(ODD))
        case "drop":
            del container[place]
        case _ if isinstance(container, dict):
            container[data.draw(st.sampled_from(["Other", "S", "pk", 1]))] = {"S": "x"}
        case _:
            container.append(data.draw(st.sampled_from(ODD)))
    if check(operation)(request):
        assert arrives_as_it_is(operation, request)


@pytest.mark.parametrize(
    "request_", [None, [], "x", {"TableName": "abc"}, {"TableName": "abc", 1: 1}]
)
def test_what_is_no_request_is_not_plain(request_: Any) -> None:
    assert not check("GetItem")(request_)


def test_moments_and_floating_point_are_left_to_botocore() -> None:
    assert not check("ExportTableToPointInTime")(
        {"TableArn": "a", "S3Bucket": "b", "ExportTime": 1}
    )
