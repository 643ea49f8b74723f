"""Item collections: how large one may be, and when it is measured; all bindings of a request."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.calling import KEYS_ONLY, Engine, N, S, definitions, index, schema

from anydynamo.adapters.choices import CHOICES
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.behaviour import Behaviour
from anydynamo.errors import LimitExceeded, TransactionCancelled

LIMIT = 2000
FULL = "ItemCollectionSizeLimitExceededException"


@pytest.fixture
def db() -> Engine:
    """Give collections of 2,000 bytes at most, and one of about 1,000."""
    engine = Engine()
    engine.adapter = EmbeddedAdapter(
        engine.store,
        provider="memory",
        clock=lambda: engine.now,
        behaviour=Behaviour(collection_bytes=LIMIT),
    )
    engine(
        "CreateTable",
        TableName="users",
        KeySchema=schema("pk", "sk"),
        AttributeDefinitions=definitions(pk="S", sk="S", age="N"),
        BillingMode="PAY_PER_REQUEST",
        LocalSecondaryIndexes=[index("by_age", "pk", "age", projection=KEYS_ONLY)],
    )
    engine.put("users", pk=S("a"), sk=S("1"), text=S("x" * 1000))
    return engine


def test_a_collection_takes_what_fits_into_it_and_no_more(db: Engine) -> None:
    # pk, a, sk, 2 and text are ten bytes more, and so are those of the item that is there.
    room = LIMIT - 1010 - 10
    db.refused(
        FULL,
        "Collection size exceeded",
        "PutItem",
        TableName="users",
        Item={"pk": S("a"), "sk": S("2"), "text": S("x" * (room + 1))},
    )
    assert db.get("users", pk=S("a"), sk=S("2")) is None
    db.put("users", pk=S("a"), sk=S("2"), text=S("x" * room))


def test_the_entries_of_local_indexes_count(db: Engine) -> None:
    room = LIMIT - 1010 - 10
    # The age is five bytes more in the item, whose entry has eleven.
    item = {"pk": S("a"), "sk": S("2"), "age": N(1), "text": S("x" * (room - 5 - 11 + 1))}
    db.refused(FULL, "", "PutItem", TableName="users", Item=item)
    item["text"] = S("x" * (room - 5 - 11))
    db("PutItem", TableName="users", Item=item)


def test_another_collection_has_room_of_its_own(db: Engine) -> None:
    db.put("users", pk=S("b"), sk=S("1"), text=S("x" * 1900))


def test_a_full_collection_takes_what_makes_it_no_larger(db: Engine) -> None:
    db.put("users", pk=S("a"), sk=S("2"), text=S("x" * 980))
    db.put("users", pk=S("a"), sk=S("2"), text=S("y" * 980))
    key = {"pk": S("a"), "sk": S("1")}
    db.refused(
        FULL,
        "",
        "UpdateItem",
        TableName="users",
        Key=key,
        UpdateExpression="SET more = :more",
        ExpressionAttributeValues={":more": S("x" * 20)},
    )
    db(
        "UpdateItem",
        TableName="users",
        Key=key,
        UpdateExpression="REMOVE #text",
        ExpressionAttributeNames={"#text": "text"},
    )
    db("DeleteItem", TableName="users", Key=key)


def test_a_batch_that_fills_a_collection_writes_nothing(db: Engine) -> None:
    puts = [
        {"PutRequest": {"Item": {"pk": S(pk), "sk": S("2"), "text": S("x" * 1500)}}}
        for pk in ("b", "a")
    ]
    error = db.refused(FULL, "", "BatchWriteItem", RequestItems={"users": puts})
    assert type(error) is LimitExceeded
    assert len(db.all("users")) == 1


def test_a_transaction_says_which_of_its_actions_finds_no_room(db: Engine) -> None:
    puts: list[dict[str, Any]] = [
        {"Put": {"TableName": "users", "Item": {"pk": S(pk), "sk": S("2"), "text": S("x" * 1500)}}}
        for pk in ("b", "a", "c")
    ]
    with pytest.raises(TransactionCancelled) as caught:
        db("TransactWriteItems", TransactItems=puts)
    assert list(caught.value.reasons) == [
        {"Code": "None"},
        {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."},
        {"Code": "None"},
    ]
    assert len(db.all("users")) == 1


def test_a_statement_is_refused_and_the_others_of_its_batch_are_not(db: Engine) -> None:
    statement = "INSERT INTO users VALUE {'pk': ?, 'sk': '2', 'text': ?}"
    long = S("x" * 1500)
    db.refused(FULL, "", "ExecuteStatement", Statement=statement, Parameters=[S("a"), long])
    answer = db(
        "BatchExecuteStatement",
        Statements=[{"Statement": statement, "Parameters": [S(pk), long]} for pk in ("a", "b")],
    )
    assert answer["Responses"][0]["Error"]["Code"] == "ItemCollectionSizeLimitExceeded"
    assert "Error" not in answer["Responses"][1]
    assert sorted(item["pk"]["S"] for item in db.all("users")) == ["a", "b"]


def test_a_table_without_local_indexes_has_no_limit(db: Engine) -> None:
    db.create("wide", "pk", "sk")
    for number in range(3):
        db.put("wide", pk=S("a"), sk=S(str(number)), text=S("x" * 1500))


def test_a_table_that_is_small_is_not_measured(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise AssertionError("a collection was measured")

    monkeypatch.setattr("anydynamo.engine.items.writes.check_collection", fail)
    db("DeleteItem", TableName="users", Key={"pk": S("a"), "sk": S("1")})
    db.put("users", pk=S("a"), sk=S("1"), text=S("x" * 900))


@pytest.mark.parametrize("text", ["0", "-1", "many"])
def test_a_limit_is_a_whole_number_from_one_up(text: str) -> None:
    assert CHOICES["collection_bytes"]("5") == 5
    with pytest.raises(ValueError, match=r"whole number|invalid literal"):
        CHOICES["collection_bytes"](text)


def test_the_names_and_values_of_expressions_have_two_megabytes_together(db: Engine) -> None:
    def request(size: int) -> dict[str, Any]:
        values = {f":v{number}": S("x" * size) for number in range(6)}
        return {
            "TableName": "users",
            "FilterExpression": "#text IN (:v0, :v1, :v2, :v3, :v4, :v5)",
            "ExpressionAttributeNames": {"#text": "text"},
            "ExpressionAttributeValues": values,
        }

    limit = 2 * 1024 * 1024
    size = (limit - 4) // 6
    assert db("Scan", request(size))["Count"] == 0
    db.invalid(f"{6 * (size + 1) + 4} bytes together", "Scan", request(size + 1))
