"""TransactGetItems and TransactWriteItems."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from tests.engine.calling import Engine, N, S, definitions, index, schema

from anydynamo.engine.items.transactions import TOKEN_SECONDS
from anydynamo.errors import TransactionCancelled


@pytest.fixture
def db(engine: Engine) -> Engine:
    engine.create("users", "pk")
    engine.create("events", "pk", "sk", sk="N")
    engine.put("users", pk=S("1"), a=N(1))
    return engine


def put(pk: str, /, **parameters: Any) -> dict[str, Any]:
    return {"Put": {"TableName": "users", "Item": {"pk": S(pk)}, **parameters}}


def delete(pk: str, /, **parameters: Any) -> dict[str, Any]:
    return {"Delete": {"TableName": "users", "Key": {"pk": S(pk)}, **parameters}}


def check(pk: str, condition: str, /, **parameters: Any) -> dict[str, Any]:
    action = {"TableName": "users", "Key": {"pk": S(pk)}, "ConditionExpression": condition}
    return {"ConditionCheck": {**action, **parameters}}


def update(pk: str, expression: str, /, **parameters: Any) -> dict[str, Any]:
    action = {"TableName": "users", "Key": {"pk": S(pk)}, "UpdateExpression": expression}
    return {"Update": {**action, **parameters}}


def get(pk: str, /, **parameters: Any) -> dict[str, Any]:
    return {"Get": {"TableName": "users", "Key": {"pk": S(pk)}, **parameters}}


def write(db: Engine, *actions: dict[str, Any], **parameters: Any) -> Any:
    return db("TransactWriteItems", TransactItems=list(actions), **parameters)


def cancelled(db: Engine, *actions: dict[str, Any]) -> TransactionCancelled:
    with pytest.raises(TransactionCancelled) as caught:
        write(db, *actions)
    return caught.value


def names(db: Engine) -> list[str]:
    return sorted(item["pk"]["S"] for item in db.all("users"))


def test_all_actions_are_carried_out(db: Engine) -> None:
    db.put("users", pk=S("gone"))
    answer = write(
        db,
        put("new"),
        delete("gone"),
        check("1", "attribute_exists(a)"),
        update("2", "SET a = :a", ExpressionAttributeValues={":a": N(5)}),
        {"Put": {"TableName": "events", "Item": {"pk": S("1"), "sk": N(1)}}},
    )
    assert answer == {}
    assert names(db) == ["1", "2", "new"]
    assert db.get("users", pk=S("2")) == {"pk": S("2"), "a": N(5)}
    assert len(db.all("events")) == 1


def test_one_failed_condition_cancels_everything(db: Engine) -> None:
    error = cancelled(
        db,
        put("new"),
        update(
            "1",
            "SET a = :b",
            ConditionExpression="a = :b",
            ExpressionAttributeValues={":b": N(2)},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
        check("absent", "attribute_exists(pk)", ReturnValuesOnConditionCheckFailure="ALL_OLD"),
    )
    assert str(error) == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons"
        " [None, ConditionalCheckFailed, ConditionalCheckFailed]"
    )
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    assert error.reasons == (
        {"Code": "None"},
        {**failed, "Item": {"pk": S("1"), "a": N(1)}},
        failed,
    )
    assert names(db) == ["1"]
    assert db.get("users", pk=S("1"))["a"] == N(1)


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (put("1", Item={"a": S("x")}), "Missing the key pk in the item"),
        (put("1", Item={"pk": N(1)}), "Type mismatch for key pk"),
        (delete("1", Key={"x": S("1")}), "The provided key element does not match the schema"),
        (update("1", "SET b = absent"), "refers to an attribute that does not exist"),
        (update("1", "REMOVE pk"), "Cannot update attribute pk"),
        (
            update("1", "SET b = :b", ExpressionAttributeValues={":b": S("x" * 400 * 1024)}),
            "Item size to update has exceeded the maximum allowed size",
        ),
    ],
)
def test_an_action_that_its_table_cannot_take_cancels_everything(
    db: Engine, action: dict[str, Any], says: str
) -> None:
    error = cancelled(db, put("new"), action)
    assert [reason["Code"] for reason in error.reasons] == ["None", "ValidationError"]
    assert says in error.reasons[1]["Message"]
    assert names(db) == ["1"]


@pytest.mark.parametrize(
    ("actions", "says"),
    [
        ([put("1"), delete("1")], "cannot include multiple operations on one item"),
        (
            [put("1"), check("1", "attribute_exists(a)")],
            "cannot include multiple operations on one item",
        ),
        ([{}], "can only contain one of Check, Put, Update or Delete"),
        ([{**put("1"), **delete("2")}], "can only contain one of Check, Put, Update or Delete"),
        ([], "Member must have length greater than or equal to 1"),
        ([put(str(n)) for n in range(101)], "Member must have length less than or equal to 100"),
        ([put("2", Item={"pk": S("2"), "a": S("x" * 400 * 1024)})], "Item size has exceeded"),
        ([put("2", ConditionExpression="a =")], "Invalid ConditionExpression"),
        ([check("2", "a = :b")], "not defined; attribute value: :b"),
        ([update("2", "SET a = b", ReturnValues="ALL_NEW")], "Unknown parameter in the request"),
        ([put("2", ConditionExpression=None, Item=None)], "Member must not be null"),
    ],
)
def test_a_transaction_that_cannot_begin_is_refused(
    db: Engine, actions: list[Any], says: str
) -> None:
    db.invalid(says, "TransactWriteItems", TransactItems=actions)
    assert names(db) == ["1"]


def test_a_transaction_has_four_megabytes(db: Engine) -> None:
    large = [
        put(str(number), Item={"pk": S(str(number)), "a": S("x" * 399 * 1024)})
        for number in range(11)
    ]
    db.invalid("larger than the maximum of 4 MB", "TransactWriteItems", TransactItems=large)
    for action in large:
        write(db, action)
    wanted = [get(str(number)) for number in range(11)]
    db.invalid("larger than the maximum of 4 MB", "TransactGetItems", TransactItems=wanted)


def test_an_absent_table_refuses_the_transaction(db: Engine) -> None:
    code, says = "ResourceNotFoundException", "Requested resource not found"
    actions = [put("new"), put("1", TableName="absent")]
    db.refused(code, says, "TransactWriteItems", TransactItems=actions)
    assert names(db) == ["1"]
    wanted = [get("1", TableName="absent")]
    db.refused(code, says, "TransactGetItems", TransactItems=wanted)


def test_a_transaction_reads_in_order(db: Engine) -> None:
    db.put("events", pk=S("1"), sk=N(1), b=S("x"), c=S("y"))
    answer = db(
        "TransactGetItems",
        TransactItems=[
            get("absent"),
            get("1"),
            {
                "Get": {
                    "TableName": "events",
                    "Key": {"pk": S("1"), "sk": N("1.0")},
                    "ProjectionExpression": "#b",
                    "ExpressionAttributeNames": {"#b": "b"},
                }
            },
        ],
    )
    assert answer == {
        "Responses": [{}, {"Item": {"pk": S("1"), "a": N(1)}}, {"Item": {"b": S("x")}}]
    }


def test_a_transaction_reads_no_item_twice(db: Engine) -> None:
    db.invalid("multiple operations on one item", "TransactGetItems", TransactItems=[get("1")] * 2)


def test_a_key_that_does_not_fit_cancels_a_reading_transaction(db: Engine) -> None:
    with pytest.raises(TransactionCancelled) as caught:
        db("TransactGetItems", TransactItems=[get("1"), get("1", Key={"x": S("1")})])
    assert [reason["Code"] for reason in caught.value.reasons] == ["None", "ValidationError"]


def test_a_token_makes_a_transaction_happen_once(db: Engine) -> None:
    add = update("1", "ADD a :one", ExpressionAttributeValues={":one": N(1)})
    for _ in range(3):
        write(db, add, ClientRequestToken="token")
        db.now += 100
    assert db.get("users", pk=S("1"))["a"] == N(2)


def test_a_repeated_transaction_is_charged_as_reads(db: Engine) -> None:
    db.put("users", pk=S("large"), a=S("x" * 5000))
    request = {
        "TransactItems": [delete("absent"), update("large", "REMOVE b")],
        "ReturnConsumedCapacity": "TOTAL",
        "ClientRequestToken": "token",
    }
    first = db("TransactWriteItems", request)
    units = {"CapacityUnits": 12.0, "WriteCapacityUnits": 12.0}
    assert first["ConsumedCapacity"] == [{"TableName": "users", **units}]
    again = db("TransactWriteItems", request)
    units = {"CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}
    assert again["ConsumedCapacity"] == [{"TableName": "users", **units}]


def test_a_token_stands_for_one_transaction(db: Engine) -> None:
    write(db, put("2"), ClientRequestToken="token")
    db.refused(
        "IdempotentParameterMismatchException",
        "same client token",
        "TransactWriteItems",
        TransactItems=[put("3")],
        ClientRequestToken="token",
    )
    write(db, put("3"), ClientRequestToken="another")
    assert names(db) == ["1", "2", "3"]


def test_attributes_in_another_order_are_the_same_transaction(db: Engine) -> None:
    request = {"pk": S("1"), "b": {"M": {"x": N(1), "y": {"SS": ["a"]}}}}
    turned = {"b": {"M": MappingProxyType({"y": {"SS": ["a"]}, "x": N(1)})}, "pk": S("1")}
    write(db, put("1", Item=request), ClientRequestToken="token")
    write(db, put("1", Item=turned), ClientRequestToken="token")


def test_a_token_is_forgotten_after_ten_minutes(db: Engine) -> None:
    add = update("1", "ADD a :one", ExpressionAttributeValues={":one": N(1)})
    write(db, add, ClientRequestToken="token")
    db.now += TOKEN_SECONDS
    write(db, add, ClientRequestToken="token")
    assert db.get("users", pk=S("1"))["a"] == N(2)
    db.now += 0.001
    write(db, add, ClientRequestToken="token")
    assert db.get("users", pk=S("1"))["a"] == N(3)
    db.now += TOKEN_SECONDS + 1
    write(db, put("2"), ClientRequestToken="other")
    spaces = db.peek(
        lambda reader: [len(list(reader.scan(space))) for space in ("tokens", "tokens/age")]
    )
    assert spaces == [1, 1]


def test_a_cancelled_transaction_leaves_its_token_free(db: Engine) -> None:
    guarded = put("2", ConditionExpression="attribute_exists(pk)")
    with pytest.raises(TransactionCancelled):
        write(db, guarded, ClientRequestToken="token")
    db.put("users", pk=S("2"), a=N(1))
    write(db, guarded, ClientRequestToken="token")
    assert db.get("users", pk=S("2")) == {"pk": S("2")}


@pytest.mark.parametrize("token", ["", "x" * 37])
def test_a_token_has_1_to_36_characters(db: Engine, token: str) -> None:
    db.invalid(
        "'clientRequestToken'",
        "TransactWriteItems",
        TransactItems=[put("2")],
        ClientRequestToken=token,
    )


def test_collections_are_measured_of_what_was_written(engine: Engine) -> None:
    engine(
        "CreateTable",
        TableName="local",
        KeySchema=schema("pk", "sk"),
        AttributeDefinitions=definitions(pk="S", sk="S", l="S"),
        LocalSecondaryIndexes=[index("byL", "pk", "l")],
        BillingMode="PAY_PER_REQUEST",
    )
    key = {"TableName": "local", "Key": {"pk": S("2"), "sk": S("a")}}
    item = {"pk": S("1"), "sk": S("a")}
    answer = engine(
        "TransactWriteItems",
        TransactItems=[
            {"Put": {"TableName": "local", "Item": item}},
            {"ConditionCheck": {**key, "ConditionExpression": "attribute_not_exists(pk)"}},
        ],
        ReturnItemCollectionMetrics="SIZE",
    )
    (measured,) = answer["ItemCollectionMetrics"]["local"]
    assert measured["ItemCollectionKey"] == {"pk": S("1")}
