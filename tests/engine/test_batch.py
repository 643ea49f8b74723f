"""BatchGetItem and BatchWriteItem."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.calling import Engine, N, S, definitions, index, schema


@pytest.fixture
def db(engine: Engine) -> Engine:
    engine.create("users", "pk")
    engine.create("events", "pk", "sk", sk="N")
    return engine


def keys(count: int) -> list[dict[str, Any]]:
    return [{"pk": S(str(number))} for number in range(count)]


def put(**item: Any) -> dict[str, Any]:
    return {"PutRequest": {"Item": item}}


def delete(**key: Any) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": key}}


def test_a_batch_reads_from_several_tables(db: Engine) -> None:
    db.put("users", pk=S("1"), a=S("x"))
    db.put("events", pk=S("1"), sk=N(2))
    wanted = {
        "users": {
            "Keys": keys(3),
            "ProjectionExpression": "#a",
            "ExpressionAttributeNames": {"#a": "a"},
        },
        "events": {"Keys": [{"sk": N("2.0"), "pk": S("1")}], "ConsistentRead": True},
    }
    assert db("BatchGetItem", RequestItems=wanted) == {
        "Responses": {"users": [{"a": S("x")}], "events": [{"pk": S("1"), "sk": N(2)}]},
        "UnprocessedKeys": {},
    }


def test_a_table_without_hits_answers_with_an_empty_list(db: Engine) -> None:
    answer = db("BatchGetItem", RequestItems={"users": {"Keys": keys(2)}})
    assert answer == {"Responses": {"users": []}, "UnprocessedKeys": {}}


def test_a_batch_reads_a_hundred_items_and_not_one_more(db: Engine) -> None:
    db("BatchGetItem", RequestItems={"users": {"Keys": keys(100)}})
    db.invalid(
        "Member must have length less than or equal to 100",
        "BatchGetItem",
        RequestItems={"users": {"Keys": keys(101)}},
    )
    events = [{"pk": S("1"), "sk": N(number)} for number in range(51)]
    db.invalid(
        "Too many items requested for the BatchGetItem call",
        "BatchGetItem",
        RequestItems={"users": {"Keys": keys(50)}, "events": {"Keys": events}},
    )


def test_a_key_twice_is_refused_however_it_is_written(db: Engine) -> None:
    twice = [{"pk": S("1"), "sk": N(10)}, {"sk": N("1e1"), "pk": S("1")}]
    says = "Provided list of item keys contains duplicates"
    db.invalid(says, "BatchGetItem", RequestItems={"events": {"Keys": twice}})
    for first, second in [(put, put), (put, delete), (delete, delete)]:
        requests = [first(**twice[0]), second(**twice[1])]
        db.invalid(says, "BatchWriteItem", RequestItems={"events": requests})
    assert db.all("events") == []


def test_a_table_by_its_name_and_by_its_arn_is_the_same_table(db: Engine) -> None:
    arn = db("DescribeTable", TableName="users")["Table"]["TableArn"]
    wanted = {"users": {"Keys": keys(1)}, arn: {"Keys": keys(1)}}
    db.invalid("contains duplicates", "BatchGetItem", RequestItems=wanted)


def test_the_same_key_in_two_tables_is_fine(db: Engine) -> None:
    db.create("others", "pk")
    requests = {"users": [put(pk=S("1"))], "others": [put(pk=S("1"))]}
    assert db("BatchWriteItem", RequestItems=requests) == {"UnprocessedItems": {}}
    assert db.all("users") == db.all("others") == [{"pk": S("1")}]


def test_a_batch_puts_and_deletes(db: Engine) -> None:
    db.put("users", pk=S("old"))
    db.put("users", pk=S("kept"), a=S("x"))
    requests = [delete(pk=S("old")), put(pk=S("kept")), put(pk=S("new")), delete(pk=S("absent"))]
    assert db("BatchWriteItem", RequestItems={"users": requests}) == {"UnprocessedItems": {}}
    assert sorted(item["pk"]["S"] for item in db.all("users")) == ["kept", "new"]
    assert db.get("users", pk=S("kept")) == {"pk": S("kept")}


BAD: list[Any] = [
    ({}, "Supplied AttributeValue has more than one datatypes set"),
    ({**put(pk=S("2")), **delete(pk=S("2"))}, "Supplied AttributeValue has more than one"),
    (put(a=S("x")), "Missing the key pk in the item"),
    (put(pk=N(1)), "Type mismatch for key pk"),
    (delete(pk=S("2"), a=S("x")), "The provided key element does not match the schema"),
    (put(pk=S("2"), a={"SS": []}), "may not be empty"),
    (put(pk=S("2"), a=S("x" * 400 * 1024)), "Item size has exceeded the maximum allowed size"),
]


@pytest.mark.parametrize(("bad", "says"), BAD)
def test_one_invalid_request_refuses_the_whole_batch(db: Engine, bad: Any, says: str) -> None:
    db.invalid(says, "BatchWriteItem", RequestItems={"users": [put(pk=S("1")), bad]})
    assert db.all("users") == []


def test_a_batch_writes_25_items_and_not_one_more(db: Engine) -> None:
    requests = [put(pk=S(str(number))) for number in range(26)]
    db("BatchWriteItem", RequestItems={"users": requests[:25]})
    db.invalid(
        "Member must have length less than or equal to 25",
        "BatchWriteItem",
        RequestItems={"users": requests},
    )
    events = [put(pk=S("1"), sk=N(number)) for number in range(13)]
    db.invalid(
        "Too many items requested for the BatchWriteItem call",
        "BatchWriteItem",
        RequestItems={"users": requests[:13], "events": events},
    )


def test_an_absent_table_refuses_the_whole_batch(db: Engine) -> None:
    code, says = "ResourceNotFoundException", "Requested resource not found"
    requests = {"users": [put(pk=S("1"))], "absent": [put(pk=S("1"))]}
    db.refused(code, says, "BatchWriteItem", RequestItems=requests)
    assert db.all("users") == []
    wanted = {"absent": {"Keys": keys(1)}}
    db.refused(code, says, "BatchGetItem", RequestItems=wanted)


@pytest.mark.parametrize("operation", ["BatchGetItem", "BatchWriteItem"])
def test_an_empty_batch_is_refused(db: Engine, operation: str) -> None:
    nothing: Any = {"Keys": []} if operation == "BatchGetItem" else []
    for items in ({}, {"users": nothing}):
        db.invalid(
            "Member must have length greater than or equal to 1", operation, RequestItems=items
        )


def test_what_exceeds_16_megabytes_is_left_unprocessed(db: Engine) -> None:
    for number in range(50):
        db.put("users", pk=S(str(number)), a=S("x" * 380 * 1024), b=S("y"))
    names = {"#b": "b"}
    wanted: dict[str, Any] = {
        "users": {
            "Keys": keys(50),
            "ProjectionExpression": "pk, #b",
            "ExpressionAttributeNames": names,
            "ConsistentRead": True,
        },
        "events": {"Keys": [{"pk": S("1"), "sk": N(1)}]},
    }
    found: list[str] = []
    answer = db("BatchGetItem", RequestItems=wanted)
    assert answer["UnprocessedKeys"]["users"]["ExpressionAttributeNames"] is not names
    first = len(answer["Responses"]["users"])
    assert first == 16 * 1024 // 381
    while answer["UnprocessedKeys"]:
        found += [item["pk"]["S"] for item in answer["Responses"]["users"]]
        answer = db("BatchGetItem", RequestItems=answer["UnprocessedKeys"])
    found += [item["pk"]["S"] for item in answer["Responses"]["users"]]
    assert found == [str(number) for number in range(50)]


def test_collections_are_measured_per_table_and_partition(engine: Engine) -> None:
    engine(
        "CreateTable",
        TableName="local",
        KeySchema=schema("pk", "sk"),
        AttributeDefinitions=definitions(pk="S", sk="S", l="S"),
        LocalSecondaryIndexes=[index("byL", "pk", "l")],
        BillingMode="PAY_PER_REQUEST",
    )
    engine.create("plain", "pk")
    requests = {
        "local": [
            put(pk=S("1"), sk=S("a")),
            put(pk=S("1"), sk=S("b")),
            delete(pk=S("2"), sk=S("a")),
        ],
        "plain": [put(pk=S("1"))],
    }
    answer = engine("BatchWriteItem", RequestItems=requests, ReturnItemCollectionMetrics="SIZE")
    measured = answer["ItemCollectionMetrics"]
    assert list(measured) == ["local"]
    assert [each["ItemCollectionKey"] for each in measured["local"]] == [
        {"pk": S("1")},
        {"pk": S("2")},
    ]
