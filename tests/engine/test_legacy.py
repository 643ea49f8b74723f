"""Legacy parameters and expressions that say the same get the same answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.calling import KEYS_ONLY, Engine, N, S, definitions, index, schema
from tests.engine.strategies import scalars, values
from tests.engine.twins import NAMES, conditions, updates

from anydynamo.engine.expressions import Expressions
from anydynamo.engine.legacy import attribute_updates, expected_condition, filter_condition
from anydynamo.engine.values.values import check_item
from anydynamo.errors import AnyDynamoError

KEY = {"pk": S("1"), "sk": S("1")}


@given(st.data(), conditions(), st.sampled_from([None, "AND", "OR"]))
@settings(max_examples=300, deadline=None)
def test_a_legacy_condition_and_its_twin_agree_on_every_item(
    data: st.DataObject, drawn: tuple[dict[str, Any], list[str], dict[str, Any]], word: str | None
) -> None:
    legacy, parts, bound = drawn
    operands = list(bound.values())
    anything = st.one_of(st.sampled_from(operands), values) if operands else values
    item = check_item(data.draw(st.dictionaries(st.sampled_from(NAMES), anything)))
    combined: dict[str, Any] = {"ConditionalOperator": word if len(parts) > 1 else None}
    request: dict[str, Any] = {"ConditionExpression": f" {word or 'AND'} ".join(parts)}
    if bound:
        request["ExpressionAttributeValues"] = bound
    twin = Expressions(request).condition("ConditionExpression")
    assert twin is not None
    for translated in (
        expected_condition({"Expected": legacy, **combined}),
        filter_condition({"ScanFilter": legacy, **combined}),
        filter_condition({"QueryFilter": legacy, **combined}),
    ):
        assert translated is not None
        assert translated.evaluate(item) == twin.evaluate(item)
        assert translated.top_level_names == twin.top_level_names


def stage() -> Engine:
    """Make an engine with a table that has a stream and indexes of both kinds."""
    engine = Engine()
    engine(
        "CreateTable",
        TableName="events",
        KeySchema=schema("pk", "sk"),
        AttributeDefinitions=definitions(pk="S", sk="S", gk="S", s="S"),
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[index("global", "gk", projection=KEYS_ONLY)],
        LocalSecondaryIndexes=[index("local", "pk", "s")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return engine


def answered(engine: Engine, operation: str, request: dict[str, Any]) -> Any:
    """Carry out an operation; an error is its code, for its texts are other ones."""
    try:
        return engine(operation, request)
    except AnyDynamoError as error:
        return error.code


def recorded(engine: Engine) -> list[Any]:
    """Read the images of a stream."""
    (stream,) = engine("ListStreams", TableName="events")["Streams"]
    described = engine("DescribeStream", StreamArn=stream["StreamArn"])
    (shard,) = described["StreamDescription"]["Shards"]
    iterator = engine(
        "GetShardIterator",
        StreamArn=stream["StreamArn"],
        ShardId=shard["ShardId"],
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    records = engine("GetRecords", ShardIterator=iterator)["Records"]
    return [
        {**record, "eventID": None, "dynamodb": {**record["dynamodb"], "SequenceNumber": None}}
        for record in records
    ]


@given(
    updates(),
    st.dictionaries(st.sampled_from(["a", "b"]), scalars),
    st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]),
)
@settings(max_examples=150, deadline=None)
def test_attribute_updates_and_their_twin_write_charge_record_and_return_the_same(
    drawn: tuple[dict[str, Any], dict[str, Any]], before: dict[str, Any], wanted: str
) -> None:
    outcomes = []
    for update in drawn:
        engine = stage()
        engine.put("events", **KEY, **before)
        request = {
            "TableName": "events",
            "Key": KEY,
            "ReturnValues": wanted,
            "ReturnConsumedCapacity": "INDEXES",
            "ReturnItemCollectionMetrics": "SIZE",
            **update,
        }
        answer = answered(engine, "UpdateItem", request)
        outcomes.append((answer, engine.all("events"), recorded(engine)))
    assert outcomes[0] == outcomes[1]


@pytest.fixture
def db() -> Engine:
    engine = stage()
    engine.put("events", **KEY, s=S("x"), n=N(1), gk=S("g"))
    engine.put("events", pk=S("1"), sk=S("2"), s=S("y"), n=N(2))
    return engine


@pytest.mark.parametrize(
    ("operation", "legacy", "modern"),
    [
        (
            "GetItem",
            {"Key": KEY, "AttributesToGet": ["n", "s"]},
            {"Key": KEY, "ProjectionExpression": "n, s"},
        ),
        ("Scan", {"AttributesToGet": ["n"]}, {"ProjectionExpression": "n"}),
        (
            "Query",
            {
                "IndexName": "local",
                "KeyConditions": {
                    "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [S("1")]},
                    "s": {"ComparisonOperator": "GE", "AttributeValueList": [S("x")]},
                },
                "QueryFilter": {"n": {"ComparisonOperator": "GT", "AttributeValueList": [N(1)]}},
            },
            {
                "IndexName": "local",
                "KeyConditionExpression": "pk = :p AND s >= :s",
                "FilterExpression": "n > :n",
                "ExpressionAttributeValues": {":p": S("1"), ":s": S("x"), ":n": N(1)},
            },
        ),
        (
            "PutItem",
            {"Item": {**KEY, "n": N(9)}, "Expected": {"n": {"Value": N(1)}}},
            {
                "Item": {**KEY, "n": N(9)},
                "ConditionExpression": "n = :n",
                "ExpressionAttributeValues": {":n": N(1)},
            },
        ),
        (
            "DeleteItem",
            {"Key": KEY, "Expected": {"n": {"Exists": False}}},
            {"Key": KEY, "ConditionExpression": "attribute_not_exists(n)"},
        ),
    ],
    ids=["GetItem", "Scan", "Query", "PutItem", "DeleteItem"],
)
def test_a_legacy_request_costs_and_returns_what_its_twin_does(
    operation: str, legacy: dict[str, Any], modern: dict[str, Any]
) -> None:
    outcomes = []
    for parameters in (legacy, modern):
        db = stage()
        db.put("events", **KEY, s=S("x"), n=N(1), gk=S("g"))
        db.put("events", pk=S("1"), sk=S("2"), s=S("y"), n=N(2))
        request = {"TableName": "events", "ReturnConsumedCapacity": "INDEXES", **parameters}
        answer = answered(db, operation, request)
        outcomes.append((answer, db.all("events"), recorded(db)))
    assert outcomes[0] == outcomes[1]


def test_deleting_from_an_absent_item_writes_and_records_nothing_and_costs_the_least(
    db: Engine,
) -> None:
    records = recorded(db)
    answer = db(
        "UpdateItem",
        TableName="events",
        Key={"pk": S("1"), "sk": S("9")},
        AttributeUpdates={"a": {"Action": "DELETE"}},
        ReturnValues="UPDATED_NEW",
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer == {"ConsumedCapacity": {"TableName": "events", "CapacityUnits": 1.0}}
    assert db.get("events", pk=S("1"), sk=S("9")) is None
    assert recorded(db) == records


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "DeleteItem"])
def test_a_write_says_that_an_expectation_is_a_validation_error(db: Engine, operation: str) -> None:
    what = {"Item": KEY} if operation == "PutItem" else {"Key": KEY}
    error = db.invalid(
        "1 validation error detected: One or more parameter values were invalid: Value cannot be"
        " used when Exists is false for Attribute: n",
        operation,
        {"TableName": "events", **what, "Expected": {"n": {"Exists": False, "Value": N(1)}}},
    )
    assert error.code == "ValidationException"


def test_a_legacy_parameter_that_is_null_counts_as_absent(db: Engine) -> None:
    request: dict[str, Any] = {
        "TableName": "events",
        "Key": KEY,
        "ConditionExpression": "attribute_exists(absent)",
        **dict.fromkeys(["Expected", "ConditionalOperator", "AttributeUpdates"]),
    }
    db.refused(
        "ConditionalCheckFailedException", "conditional request failed", "UpdateItem", request
    )
    read = {"TableName": "events", "Key": KEY, "ProjectionExpression": "n"}
    assert db("GetItem", {**read, "AttributesToGet": None}) == {"Item": {"n": N(1)}}
    filtered = {"TableName": "events", "FilterExpression": "attribute_exists(gk)"}
    assert db("Scan", {**filtered, "ScanFilter": None})["Count"] == 1


def test_names_and_values_need_an_expression_beside_legacy_parameters(db: Engine) -> None:
    request: dict[str, Any] = {"TableName": "events", "Key": KEY, "AttributesToGet": ["n"]}
    db.invalid(
        "ExpressionAttributeNames can only be specified when using expressions",
        "GetItem",
        {**request, "ExpressionAttributeNames": {"#n": "n"}},
    )
    db.invalid(
        "ExpressionAttributeValues can only be specified when using expressions",
        "DeleteItem",
        {
            "TableName": "events",
            "Key": KEY,
            "Expected": {"n": {"Value": N(1)}},
            "ExpressionAttributeValues": {":n": N(1)},
        },
    )


def test_a_translation_keeps_nothing_of_the_request() -> None:
    value = {"L": [S("a")]}
    update = attribute_updates({"AttributeUpdates": {"l": {"Value": value}}})
    expected = expected_condition({"Expected": {"l": {"Value": value}}})
    value["L"].append(S("b"))
    assert update is not None
    assert expected is not None
    assert update.apply({}).item == {"l": {"L": [S("a")]}}
    assert expected.evaluate({"l": {"L": [S("a")]}})


def test_a_global_index_does_not_give_attributes_that_it_lacks(db: Engine) -> None:
    db.invalid(
        "Global secondary index global does not project [n]",
        "Scan",
        TableName="events",
        IndexName="global",
        AttributesToGet=["n"],
    )
