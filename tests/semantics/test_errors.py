"""The engine's law, line by line: errors and their wording.

Each test's number is its line's in the list of what emulations of DynamoDB get wrong, gathered
from AWS's documentation and from recorded answers.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.semantics.stage import KEY, Engine
from tests.targets import EMBEDDED

from anydynamo.errors import (
    AnyDynamoError,
    ConditionFailed,
    TransactionCancelled,
)
from anydynamo.testing.contracts.client import (
    NS,
    SS,
    B,
    Item,
    N,
    S,
)

pytestmark = pytest.mark.parametrize("target", EMBEDDED, indirect=True)


async def test_01_a_limit_of_zero_is_refused_with_the_parameters_name(db: Engine) -> None:
    await db.invalid("'limit' failed to satisfy constraint", "Scan", TableName="tab", Limit=0)


async def test_02_single_writes_put_a_prefix_before_an_invalid_value_and_reads_do_not(
    db: Engine,
) -> None:
    prefix = "1 validation error detected: "
    for operation, parameter in (("PutItem", "Item"), ("UpdateItem", "Key"), ("DeleteItem", "Key")):
        await db.invalid(prefix, operation, TableName="tab", **{parameter: {"pk": {"SS": []}}})
    for operation, request in (
        ("GetItem", {"TableName": "tab", "Key": {"pk": SS()}}),
        ("BatchGetItem", {"RequestItems": {"tab": {"Keys": [{"pk": SS()}]}}}),
        ("BatchWriteItem", {"RequestItems": {"tab": [{"PutRequest": {"Item": {"pk": SS()}}}]}}),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "tab", "Item": {"a": SS()}}}]},
        ),
    ):
        error = await db.invalid("set  may not be empty", operation, **request)
        assert prefix not in str(error)
    await db.senseless("ExpressionAttributeValues contains invalid value: ", "a = :v", v=SS())


async def test_03_texts_that_clients_match_are_dynamodbs(db: Engine) -> None:
    query: dict[str, Any] = {"TableName": "idx", "KeyConditionExpression": "sk = :v"}
    values = {":v": S("v")}
    get = {"TableName": "tab", "Key": KEY}
    twice = [{"ConditionCheck": {**get, "ConditionExpression": "attribute_exists(pk)"}}] * 2
    for says, operation, request in (
        ("The provided key element does not match the schema", "GetItem",
         {"TableName": "tab", "Key": {"qk": S("a")}}),
        ("Provided list of item keys contains duplicates", "BatchGetItem",
         {"RequestItems": {"tab": {"Keys": [KEY, KEY]}}}),
        ("Transaction request cannot include multiple operations on one item",
         "TransactWriteItems", {"TransactItems": twice}),
        ("Query condition missed key schema element: pk", "Query",
         {**query, "ExpressionAttributeValues": values}),
        ("Consistent reads are not supported on global secondary indexes", "Scan",
         {"TableName": "idx", "IndexName": "gsi", "ConsistentRead": True}),
        ("An number set  may not be empty", "PutItem",
         {"TableName": "tab", "Item": {**KEY, "a": NS()}}),
        ("size limit of2048 bytes", "GetItem", {"TableName": "tab", "Key": {"pk": S("a" * 2049)}}),
    ):  # fmt: skip
        await db.invalid(says, operation, **request)
    failing = {**get, "ConditionExpression": "attribute_exists(pk)"}
    await db.refused(ConditionFailed, "DeleteItem", "The conditional request failed", **failing)
    other = {"Put": {"TableName": "tab", "Item": {"pk": S("b")}}}
    cancelled = await db.refused(
        TransactionCancelled,
        "TransactWriteItems",
        "cancellation reasons for specific reasons [ConditionalCheckFailed, None]",
        TransactItems=[twice[0], other],
    )
    assert [reason["Code"] for reason in cancelled.reasons] == ["ConditionalCheckFailed", "None"]
    with pytest.raises(AnyDynamoError, match="Table already exists: tab"):
        await db.create("tab")


@pytest.mark.parametrize(
    ("operation", "request_", "says"),
    [
        ("GetItem", {"Key": KEY}, "Requested resource not found"),
        ("Scan", {}, "Requested resource not found"),
        ("DescribeTable", {}, "Requested resource not found: Table: none not found"),
        ("DeleteTable", {}, "Requested resource not found: Table: none not found"),
    ],
)
async def test_04_only_operations_on_tables_name_the_table_that_is_missing(
    db: Engine, operation: str, request_: Item, says: str
) -> None:
    with pytest.raises(AnyDynamoError) as caught:
        await db(operation, TableName="none", **request_)
    assert caught.value.code == "ResourceNotFoundException"
    assert says in str(caught.value)
    assert (": Table:" in str(caught.value)) is (": Table:" in says)


async def test_05_shape_comes_before_syntax_syntax_before_names_and_names_before_the_table(
    db: Engine,
) -> None:
    request: dict[str, Any] = {
        "TableName": "none",
        "Key": {"qk": S("a")},
        "ConditionExpression": "a = = #b",
        "ExpressionAttributeNames": {"#c": "c"},
        "ReturnValues": "SOME",
    }
    await db.invalid("returnValues", "DeleteItem", **request)
    request["ReturnValues"] = "NONE"
    await db.invalid("Syntax error", "DeleteItem", **request)
    request["ConditionExpression"] = "a = #b"
    await db.invalid("not defined; attribute name: #b", "DeleteItem", **request)
    request["ConditionExpression"] = "attribute_exists(a)"
    await db.invalid("unused in expressions: keys: {#c}", "DeleteItem", **request)
    del request["ExpressionAttributeNames"]
    with pytest.raises(AnyDynamoError, match="Requested resource not found"):
        await db("DeleteItem", **request)
    request["TableName"] = "tab"
    # A key that does not fit comes before a condition that does not hold.
    await db.invalid("does not match the schema", "DeleteItem", **request)


@pytest.mark.parametrize(
    "attribute", [{"gs": S("no number")}, {"gk": S("")}, {"b": B(b"b" * 409600)}]
)
async def test_05_a_put_that_the_table_cannot_take_is_invalid_whatever_its_condition_says(
    db: Engine, attribute: Item
) -> None:
    put = {"TableName": "idx", "Item": {"pk": S("a"), "sk": S("b"), **attribute}}
    with pytest.raises(AnyDynamoError) as caught:
        await db("PutItem", **put, ConditionExpression="attribute_exists(pk)")
    assert caught.value.code == "ValidationException"


async def test_06_expressions_and_legacy_parameters_do_not_mix(db: Engine) -> None:
    await db.invalid(
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}",
        "UpdateItem",
        TableName="tab",
        Key=KEY,
        UpdateExpression="SET a = :v",
        AttributeUpdates={},
    )


async def test_07_a_failed_condition_returns_the_item_that_stood_in_the_way(db: Engine) -> None:
    await db.put("tab", {**KEY, "a": N(1)})
    request: dict[str, Any] = {
        "TableName": "tab",
        "Key": KEY,
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    failed = await db.refused(
        ConditionFailed, "DeleteItem", **request, ReturnValuesOnConditionCheckFailure="ALL_OLD"
    )
    assert failed.item == {**KEY, "a": N(1)}
    assert (await db.refused(ConditionFailed, "DeleteItem", **request)).item is None
    unused = {"TableName": "tab", "Key": KEY, "ReturnValuesOnConditionCheckFailure": "SOME"}
    await db.invalid("returnValuesOnConditionCheckFailure", "DeleteItem", **unused)


@pytest.mark.parametrize(
    ("says", "parameters"),
    [
        ("The expression can not be empty;", {"ConditionExpression": ""}),
        (
            "ExpressionAttributeValues must not be empty",
            {"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeValues": {}},
        ),
        (
            "ExpressionAttributeNames must not be empty",
            {"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeNames": {}},
        ),
        ("only be specified when using expressions", {"ExpressionAttributeNames": {"#a": "a"}}),
        ("only be specified when using expressions", {"ExpressionAttributeValues": {":a": N(1)}}),
    ],
)
async def test_08_empty_expressions_and_idle_placeholders_are_refused(
    db: Engine, says: str, parameters: Item
) -> None:
    await db.invalid(says, "DeleteItem", TableName="tab", Key=KEY, **parameters)
