"""GetItem, PutItem, UpdateItem and DeleteItem."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.engine.calling import B, Engine, N, S, index, schema

from anydynamo.engine.values.values import item_size
from anydynamo.errors import ConditionFailed


@pytest.fixture
def db(engine: Engine) -> Engine:
    engine.create("users", "pk")
    engine.create("events", "pk", "sk", sk="N")
    return engine


FULL: dict[str, Any] = {
    "pk": S("1"),
    "text": S("héllo"),
    "empty": S(""),
    "number": N("12.5"),
    "binary": B(b"\x00\xff"),
    "yes": {"BOOL": True},
    "none": {"NULL": True},
    "list": {"L": [S("a"), {"M": {"deep": {"L": [N(1)]}}}]},
    "map": {"M": {"a": {"SS": ["x", "y"]}}},
    "strings": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "binaries": {"BS": [b"a", b"b"]},
}


def test_what_was_put_is_what_is_read(db: Engine) -> None:
    db("PutItem", TableName="users", Item=FULL)
    assert db.get("users", pk=S("1")) == FULL


def test_an_item_that_is_not_there_has_no_entry_in_the_answer(db: Engine) -> None:
    assert db("GetItem", TableName="users", Key={"pk": S("1")}) == {}


def test_a_put_replaces_the_whole_item(db: Engine) -> None:
    db.put("users", pk=S("1"), a=S("x"))
    db.put("users", pk=S("1"), b=S("y"))
    assert db.get("users", pk=S("1")) == {"pk": S("1"), "b": S("y")}


def test_equal_numbers_are_the_same_key(db: Engine) -> None:
    db.put("events", pk=S("1"), sk=N("1000"), a=S("x"))
    db.put("events", pk=S("1"), sk=N("1e3"), a=S("y"))
    assert db.all("events") == [{"pk": S("1"), "sk": N(1000), "a": S("y")}]


def test_the_callers_request_is_neither_changed_nor_kept(db: Engine) -> None:
    request: dict[str, Any] = {"TableName": "users", "Item": copy.deepcopy(FULL)}
    request["Item"]["number"] = N("012.50")
    before = copy.deepcopy(request)
    db("PutItem", request)
    assert request == before
    request["Item"]["list"]["L"].append(S("later"))
    assert db.get("users", pk=S("1")) == FULL


def test_an_answer_belongs_to_the_caller(db: Engine) -> None:
    db("PutItem", TableName="users", Item=FULL)
    answer = db.get("users", pk=S("1"))
    answer["list"]["L"].clear()
    answer["map"]["M"]["a"]["SS"].append("z")
    assert db.get("users", pk=S("1")) == FULL


def test_a_projection_selects_paths_and_shortens_lists(db: Engine) -> None:
    db.put("users", pk=S("1"), a={"L": [N(0), N(1), N(2)]}, b=S("x"))
    found = db(
        "GetItem", TableName="users", Key={"pk": S("1")}, ProjectionExpression="a[0], a[2], c"
    )
    assert found == {"Item": {"a": {"L": [N(0), N(2)]}}}


def test_a_projection_that_selects_nothing_gives_an_empty_item(db: Engine) -> None:
    db.put("users", pk=S("1"))
    key = {"pk": S("1")}
    assert db("GetItem", TableName="users", Key=key, ProjectionExpression="b") == {"Item": {}}


def test_names_without_an_expression_are_refused(db: Engine) -> None:
    db.invalid(
        "ExpressionAttributeNames can only be specified when using expressions",
        "GetItem",
        TableName="users",
        Key={"pk": S("1")},
        ExpressionAttributeNames={"#a": "a"},
    )


@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem", "UpdateItem"])
@pytest.mark.parametrize(
    "key",
    [{}, {"pk": S("1")}, {"pk": S("1"), "sk": S("1")}, {"pk": S("1"), "other": N(1)}],
    ids=["empty", "short", "type", "name"],
)
def test_a_key_that_is_not_exactly_the_tables_is_refused(
    db: Engine, operation: str, key: dict[str, Any]
) -> None:
    db.invalid(
        "The provided key element does not match the schema", operation, TableName="events", Key=key
    )


def test_an_item_without_its_key_is_refused(db: Engine) -> None:
    db.invalid("Missing the key sk in the item", "PutItem", TableName="events", Item={"pk": S("1")})


def test_an_item_with_a_key_of_another_type_is_refused(db: Engine) -> None:
    db.invalid(
        "Type mismatch for key sk expected: N actual: S",
        "PutItem",
        TableName="events",
        Item={"pk": S("1"), "sk": S("1")},
    )


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "UpdateItem", "DeleteItem"])
@pytest.mark.parametrize(
    ("pk", "sk", "says"),
    [
        (S(""), B(b"1"), "cannot contain an empty string value. Key: pk"),
        (S("1"), B(b""), "cannot contain an empty binary value. Key: sk"),
        (S("x" * 2049), B(b"1"), "Size of hashkey has exceeded the maximum size limit of2048"),
        (S("ü" * 1025), B(b"1"), "Size of hashkey has exceeded the maximum size limit of2048"),
        (S("1"), B(b"x" * 1025), "Aggregated size of all range keys has exceeded the size limit"),
    ],
    ids=["empty", "empty binary", "long", "long in UTF-8", "long sort key"],
)
def test_keys_have_a_length(
    engine: Engine, operation: str, pk: dict[str, Any], sk: dict[str, Any], says: str
) -> None:
    engine.create("keys", "pk", "sk", sk="B")
    name = "Item" if operation == "PutItem" else "Key"
    engine.invalid(says, operation, {"TableName": "keys", name: {"pk": pk, "sk": sk}})


def test_keys_of_the_greatest_length_are_taken(engine: Engine) -> None:
    engine.create("keys", "pk", "sk", sk="B")
    engine.put("keys", pk=S("x" * 2048), sk=B(b"\xff" * 1024))
    assert engine.get("keys", pk=S("x" * 2048), sk=B(b"\xff" * 1024)) is not None


def test_an_item_holds_400_kilobytes_and_not_one_more(db: Engine) -> None:
    room = 400 * 1024 - len("pk") - len("1") - len("a")
    db.put("users", pk=S("1"), a=S("x" * room))
    item = {"pk": S("1"), "a": S("x" * (room + 1))}
    db.invalid(
        "Item size has exceeded the maximum allowed size", "PutItem", TableName="users", Item=item
    )
    assert len(db.get("users", pk=S("1"))["a"]["S"]) == room


def test_an_update_that_makes_the_item_too_large_is_refused(db: Engine) -> None:
    db.put("users", pk=S("1"), a=S("x" * 399 * 1024))
    db.invalid(
        "Item size to update has exceeded the maximum allowed size",
        "UpdateItem",
        TableName="users",
        Key={"pk": S("1")},
        UpdateExpression="SET b = :b",
        ExpressionAttributeValues={":b": S("x" * 1024)},
    )
    assert "b" not in db.get("users", pk=S("1"))


@pytest.mark.parametrize(
    ("before", "expression", "values"),
    [
        (FULL, "SET fresh = :v, strings = :v REMOVE yes", {":v": S("é")}),
        (FULL, "REMOVE absent, yes ADD numbers :v", {":v": {"NS": ["3.25", "-1"]}}),
        (FULL, "REMOVE binaries DELETE strings :v", {":v": {"SS": ["a", "b"]}}),
        ({}, "SET fresh = :v", {":v": {"M": {"a": S("é")}}}),
    ],
)
def test_an_updated_item_has_the_size_of_the_item_that_it_became(
    db: Engine, before: dict[str, Any], expression: str, values: dict[str, Any]
) -> None:
    if before:
        db("PutItem", TableName="users", Item=before)
    db(
        "UpdateItem",
        TableName="users",
        Key={"pk": S("1")},
        UpdateExpression=expression,
        ExpressionAttributeValues=values,
    )
    described = db("DescribeTable", TableName="users")["Table"]
    assert described["TableSizeBytes"] == item_size(db.get("users", pk=S("1")))


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem"])
@pytest.mark.parametrize("wanted", ["ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
def test_a_put_or_delete_returns_the_old_item_or_nothing(
    db: Engine, operation: str, wanted: str
) -> None:
    name = "Item" if operation == "PutItem" else "Key"
    request = {"TableName": "users", name: {"pk": S("1")}, "ReturnValues": wanted}
    db.invalid("ReturnValues can only be ALL_OLD or NONE", operation, request)


def test_all_old_of_a_new_item_returns_no_attributes(db: Engine) -> None:
    request = {"TableName": "users", "Item": {"pk": S("1"), "a": N(1)}, "ReturnValues": "ALL_OLD"}
    assert db("PutItem", request) == {}
    assert db("PutItem", request) == {"Attributes": {"pk": S("1"), "a": N(1)}}
    key = {"TableName": "users", "Key": {"pk": S("1")}, "ReturnValues": "ALL_OLD"}
    assert db("DeleteItem", key) == {"Attributes": {"pk": S("1"), "a": N(1)}}
    assert db("DeleteItem", key) == {}
    assert db.all("users") == []


def update(db: Engine, expression: str, wanted: str, **values: Any) -> Any:
    given = {f":{name}": value for name, value in values.items()}
    return db(
        "UpdateItem",
        TableName="users",
        Key={"pk": S("1")},
        UpdateExpression=expression,
        ReturnValues=wanted,
        **({"ExpressionAttributeValues": given} if given else {}),
    ).get("Attributes")


def test_an_update_returns_what_was_asked_for(db: Engine) -> None:
    db.put("users", pk=S("1"), a=N(1), b=S("x"))
    assert update(db, "SET a = a + :n", "UPDATED_OLD", n=N(1)) == {"a": N(1)}
    assert update(db, "SET a = a + :n", "UPDATED_NEW", n=N(1)) == {"a": N(3)}
    assert update(db, "REMOVE b", "ALL_OLD") == {"pk": S("1"), "a": N(3), "b": S("x")}
    assert update(db, "SET c = :c", "ALL_NEW", c=S("y")) == {
        "pk": S("1"),
        "a": N(3),
        "c": S("y"),
    }
    assert update(db, "SET c = :c", "NONE", c=S("z")) is None
    assert update(db, "REMOVE c", "UPDATED_NEW") is None


def test_an_update_creates_what_is_not_there(db: Engine) -> None:
    assert update(db, "SET a = :a", "UPDATED_OLD", a=N(1)) is None
    assert db.get("users", pk=S("1")) == {"pk": S("1"), "a": N(1)}


def test_an_update_without_an_expression_creates_the_bare_item(db: Engine) -> None:
    key = {"TableName": "users", "Key": {"pk": S("1")}}
    assert (
        db(
            "UpdateItem",
            key,
        )
        == {}
    )
    assert db("UpdateItem", {**key, "ReturnValues": "ALL_NEW"}) == {"Attributes": {"pk": S("1")}}
    assert db("UpdateItem", {**key, "ReturnValues": "UPDATED_NEW"}) == {}
    assert db.all("users") == [{"pk": S("1")}]


@pytest.mark.parametrize("clause", ["SET pk = :v", "REMOVE pk", "ADD pk :v", "DELETE pk :v"])
def test_no_clause_may_touch_the_key(db: Engine, clause: str) -> None:
    request: dict[str, Any] = {
        "TableName": "users",
        "Key": {"pk": S("1")},
        "UpdateExpression": clause,
    }
    if ":v" in clause:
        value = {"SS": ["a"]} if clause.startswith("DELETE") else N(1)
        request["ExpressionAttributeValues"] = {":v": value}
    db.invalid(
        "Cannot update attribute pk. This attribute is part of the key", "UpdateItem", request
    )


def test_a_condition_that_fails_changes_nothing(db: Engine) -> None:
    db.put("users", pk=S("1"), a=N(1))
    key = {"pk": S("1")}
    condition = {
        "TableName": "users",
        "ConditionExpression": "a = :two",
        "ExpressionAttributeValues": {":two": N(2)},
    }
    requests: list[tuple[str, dict[str, Any]]] = [
        ("PutItem", {"Item": {**key, "a": N(9)}}),
        ("UpdateItem", {"Key": key, "UpdateExpression": "REMOVE a"}),
        ("DeleteItem", {"Key": key}),
    ]
    for operation, request in requests:
        error = db.refused(
            "ConditionalCheckFailedException",
            "The conditional request failed",
            operation,
            {**condition, **request},
        )
        assert isinstance(error, ConditionFailed)
        assert error.item is None
    assert db.get("users", pk=S("1")) == {"pk": S("1"), "a": N(1)}


def test_a_failed_condition_shows_the_item_if_asked(db: Engine) -> None:
    db.put("users", pk=S("1"), a=N(1))
    request = {
        "TableName": "users",
        "Key": {"pk": S("1")},
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ConditionFailed) as caught:
        db("DeleteItem", request)
    assert caught.value.item == {"pk": S("1"), "a": N(1)}


def test_a_failed_condition_on_an_absent_item_has_none_to_show(db: Engine) -> None:
    request = {
        "TableName": "users",
        "Key": {"pk": S("1")},
        "ConditionExpression": "attribute_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ConditionFailed) as caught:
        db("UpdateItem", request)
    assert caught.value.item is None
    assert db.all("users") == []


def test_an_absent_item_fulfils_what_asks_for_absence(db: Engine) -> None:
    request = {"TableName": "users", "Item": {"pk": S("1")}}
    db("PutItem", {**request, "ConditionExpression": "attribute_not_exists(pk)"})
    db.refused(
        "ConditionalCheckFailedException",
        "The conditional request failed",
        "PutItem",
        {**request, "ConditionExpression": "attribute_not_exists(pk)"},
    )


def test_unused_values_are_refused_before_a_condition_is_evaluated(db: Engine) -> None:
    db.invalid(
        "unused in expressions: keys: {:x}",
        "PutItem",
        TableName="users",
        Item={"pk": S("1")},
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":x": N(1)},
    )


def test_an_invalid_value_is_refused_with_the_operations_prefix(db: Engine) -> None:
    item = {"pk": S("1"), "a": {"SS": []}}
    error = db.invalid("may not be empty", "PutItem", TableName="users", Item=item)
    assert str(error).startswith("1 validation error detected: ")
    key: dict[str, Any] = {"pk": {"SS": []}}
    error = db.invalid("may not be empty", "GetItem", TableName="users", Key=key)
    assert not str(error).startswith("1 validation error detected: ")


def test_a_value_of_no_json_type_is_a_serialization_error(db: Engine) -> None:
    item = {"pk": S("1"), "a": {"S": 5}}
    db.refused("SerializationException", "", "PutItem", TableName="users", Item=item)


@pytest.mark.parametrize(
    "request_",
    [
        ("GetItem", {"Key": {"pk": S("1")}}),
        ("PutItem", {"Item": {"pk": S("1")}}),
        ("UpdateItem", {"Key": {"pk": S("1")}}),
        ("DeleteItem", {"Key": {"pk": S("1")}}),
    ],
    ids=lambda value: str(value[0]),
)
def test_an_absent_table_is_named_by_no_text(db: Engine, request_: tuple[str, Any]) -> None:
    operation, parameters = request_
    error = db.refused(
        "ResourceNotFoundException", "", operation, {**parameters, "TableName": "absent"}
    )
    assert str(error) == "Requested resource not found"
    assert (error.operation, error.table) == (operation, "absent")


def test_a_table_may_be_named_by_its_arn(db: Engine) -> None:
    arn = db("DescribeTable", TableName="users")["Table"]["TableArn"]
    db.put(arn, pk=S("1"))
    assert db.get("users", pk=S("1")) == {"pk": S("1")}


def test_collections_are_measured_on_tables_with_local_indexes_only(engine: Engine) -> None:
    engine.create("plain", "pk")
    engine(
        "CreateTable",
        TableName="local",
        KeySchema=schema("pk", "sk"),
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "l")
        ],
        LocalSecondaryIndexes=[index("byL", "pk", "l")],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"pk": S("1"), "sk": S("a"), "l": S("b")}
    assert engine("PutItem", TableName="plain", Item=item, ReturnItemCollectionMetrics="SIZE") == {}
    answer = engine("PutItem", TableName="local", Item=item, ReturnItemCollectionMetrics="SIZE")
    assert answer == {
        "ItemCollectionMetrics": {
            "ItemCollectionKey": {"pk": S("1")},
            "SizeEstimateRangeGB": [0.0, 1.0],
        }
    }
