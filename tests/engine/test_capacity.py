"""Consumed capacity."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.calling import KEYS_ONLY, Engine, N, S, definitions, index, schema

KEY = {"pk": S("p"), "sk": N(1)}


@pytest.fixture
def db(engine: Engine) -> Engine:
    engine(
        "CreateTable",
        TableName="things",
        KeySchema=schema("pk", "sk"),
        AttributeDefinitions=definitions(pk="S", sk="N", g="S", l="S"),
        LocalSecondaryIndexes=[index("local", "pk", "l", projection=KEYS_ONLY)],
        GlobalSecondaryIndexes=[index("whole", "g"), index("keys", "g", projection=KEYS_ONLY)],
        BillingMode="PAY_PER_REQUEST",
    )
    return engine


def total(db: Engine, operation: str, **parameters: Any) -> float:
    answer = db(operation, TableName="things", ReturnConsumedCapacity="TOTAL", **parameters)
    consumed = answer["ConsumedCapacity"]
    assert set(consumed) == {"TableName", "CapacityUnits"}
    return consumed["CapacityUnits"]  # type: ignore[no-any-return]


def arms(db: Engine, operation: str, **parameters: Any) -> dict[str, float]:
    """Return what the table (as `""`) and each of its indexes was charged."""
    answer = db(operation, TableName="things", ReturnConsumedCapacity="INDEXES", **parameters)
    consumed = answer["ConsumedCapacity"]
    found = {"": consumed["Table"]["CapacityUnits"]}
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        for name, units in consumed.get(kind, {}).items():
            found[name] = units["CapacityUnits"]
    assert consumed["CapacityUnits"] == sum(found.values())
    return found


def item(size: int, **attributes: Any) -> dict[str, Any]:
    """Return an item of exactly so many bytes."""
    made = {**KEY, "a": S(""), **attributes}
    used = sum(len(name) + (2 if "N" in value else len(value["S"])) for name, value in made.items())
    return {**made, "a": S("x" * (size - used))}


def put(db: Engine, made: dict[str, Any]) -> None:
    db("PutItem", TableName="things", Item=made)


@pytest.mark.parametrize("mode", [None, "NONE"])
def test_nothing_is_reported_unless_asked_for(db: Engine, mode: str | None) -> None:
    parameters = {} if mode is None else {"ReturnConsumedCapacity": mode}
    requests: list[tuple[str, dict[str, Any]]] = [
        ("PutItem", {"TableName": "things", "Item": KEY}),
        ("GetItem", {"TableName": "things", "Key": KEY}),
        ("Scan", {"TableName": "things"}),
        ("BatchGetItem", {"RequestItems": {"things": {"Keys": [KEY]}}}),
        ("BatchWriteItem", {"RequestItems": {"things": [{"PutRequest": {"Item": KEY}}]}}),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "things", "Key": KEY}}]}),
    ]
    for operation, request in requests:
        assert "ConsumedCapacity" not in db(operation, {**request, **parameters})


@pytest.mark.parametrize(("size", "units"), [(100, 1), (4096, 1), (4097, 2), (8192, 2), (8193, 3)])
def test_reads_are_rounded_up_to_4_kilobytes(db: Engine, size: int, units: int) -> None:
    put(db, item(size))
    assert total(db, "GetItem", Key=KEY) == units / 2
    assert total(db, "GetItem", Key=KEY, ConsistentRead=True) == units
    assert total(db, "GetItem", Key=KEY, ProjectionExpression="pk") == units / 2


def test_reading_nothing_costs_the_least(db: Engine) -> None:
    assert total(db, "GetItem", Key=KEY) == 0.5
    assert total(db, "GetItem", Key=KEY, ConsistentRead=True) == 1
    assert total(db, "Scan") == 0.5


@pytest.mark.parametrize(("size", "units"), [(100, 1), (1024, 1), (1025, 2), (5 * 1024, 5)])
def test_writes_are_rounded_up_to_1_kilobyte(db: Engine, size: int, units: int) -> None:
    assert total(db, "PutItem", Item=item(size)) == units
    assert total(db, "DeleteItem", Key=KEY) == units
    assert total(db, "DeleteItem", Key=KEY) == 1


def test_a_write_costs_the_larger_of_before_and_after(db: Engine) -> None:
    assert total(db, "PutItem", Item=item(3000)) == 3
    assert total(db, "PutItem", Item=item(100)) == 3
    assert total(db, "PutItem", Item=item(100)) == 1
    grow = {":a": S("x" * 2000)}
    update = {"Key": KEY, "UpdateExpression": "SET a = :a"}
    assert total(db, "UpdateItem", **update, ExpressionAttributeValues=grow) == 2
    assert total(db, "UpdateItem", Key=KEY, UpdateExpression="REMOVE a") == 2
    assert total(db, "UpdateItem", Key=KEY) == 1


def test_an_index_is_charged_when_its_entry_changes(db: Engine) -> None:
    full = item(1500, g=S("x"), l=S("y"))
    assert arms(db, "PutItem", Item=full) == {"": 2, "local": 1, "whole": 2, "keys": 1}
    assert arms(db, "PutItem", Item=full) == {"": 2}
    changed = {**full, "a": S("x")}
    assert arms(db, "PutItem", Item=changed) == {"": 2, "whole": 2}
    moved = {**changed, "g": S("z")}
    assert arms(db, "PutItem", Item=moved) == {"": 1, "whole": 2, "keys": 2}
    assert arms(db, "UpdateItem", Key=KEY, UpdateExpression="REMOVE g") == {
        "": 1,
        "whole": 1,
        "keys": 1,
    }
    assert arms(db, "DeleteItem", Key=KEY) == {"": 1, "local": 1}


def query(name: str | None = None) -> dict[str, Any]:
    key = "pk" if name in (None, "local") else "g"
    return {
        "KeyConditionExpression": f"{key} = :v",
        "ExpressionAttributeValues": {":v": S("p")},
        **({"IndexName": name} if name else {}),
    }


def test_a_page_is_summed_first_and_then_rounded(db: Engine) -> None:
    for number in range(10):
        put(db, {**item(1000), "sk": N(number)})
    size = 10 * 1000
    assert size // 4096 == 2
    assert total(db, "Query", **query()) == 1.5
    assert total(db, "Query", **query(), ConsistentRead=True) == 3
    assert total(db, "Query", **query(), Limit=4) == 0.5
    assert total(db, "Scan", FilterExpression="attribute_exists(absent)") == 1.5
    assert total(db, "Scan", ProjectionExpression="pk", Select="SPECIFIC_ATTRIBUTES") == 1.5


def test_a_query_of_an_index_is_charged_to_the_index(db: Engine) -> None:
    for number in range(10):
        put(db, {**item(1000, g=S("p"), l=S("y")), "sk": N(number)})
    assert arms(db, "Query", **query("whole")) == {"": 0, "whole": 1.5}
    assert arms(db, "Query", **query("keys")) == {"": 0, "keys": 0.5}
    assert arms(db, "Query", **query("local")) == {"": 0, "local": 0.5}


def test_what_a_local_index_fetches_is_charged_to_the_table(db: Engine) -> None:
    for number in range(4):
        put(db, {**item(5000, l=S("y")), "sk": N(number)})
    fetching = {**query("local"), "Select": "ALL_ATTRIBUTES"}
    assert arms(db, "Query", **fetching) == {"": 4, "local": 0.5}
    assert arms(db, "Query", **fetching, ConsistentRead=True) == {"": 8, "local": 1}


def test_a_batch_rounds_each_item(db: Engine) -> None:
    keys = [{"pk": S("p"), "sk": N(number)} for number in (1, 2, 3)]
    puts = [{"PutRequest": {"Item": {**item(1025), **key}}} for key in keys[:2]]
    answer = db("BatchWriteItem", RequestItems={"things": puts}, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": "things", "CapacityUnits": 4.0}]
    for consistent, units in ((False, 1.5), (True, 3.0)):
        wanted = {"things": {"Keys": keys, "ConsistentRead": consistent}}
        answer = db("BatchGetItem", RequestItems=wanted, ReturnConsumedCapacity="INDEXES")
        (consumed,) = answer["ConsumedCapacity"]
        assert consumed == {
            "TableName": "things",
            "CapacityUnits": units,
            "Table": {"CapacityUnits": units},
        }


def test_a_transaction_costs_twice_but_for_the_indexes(db: Engine) -> None:
    action = {"TableName": "things", "Item": item(1500, g=S("x"))}
    other = {
        "TableName": "things",
        "Key": {"pk": S("q"), "sk": N(1)},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    answer = db(
        "TransactWriteItems",
        TransactItems=[{"Put": action}, {"ConditionCheck": other}],
        ReturnConsumedCapacity="INDEXES",
    )
    assert answer["ConsumedCapacity"] == [
        {
            "TableName": "things",
            "CapacityUnits": 9.0,
            "WriteCapacityUnits": 9.0,
            "Table": {"CapacityUnits": 6.0, "WriteCapacityUnits": 6.0},
            "GlobalSecondaryIndexes": {
                "keys": {"CapacityUnits": 1.0, "WriteCapacityUnits": 1.0},
                "whole": {"CapacityUnits": 2.0, "WriteCapacityUnits": 2.0},
            },
        }
    ]
    gets = [{"Get": {"TableName": "things", "Key": {"pk": S(pk), "sk": N(1)}}} for pk in "pq"]
    answer = db("TransactGetItems", TransactItems=gets, ReturnConsumedCapacity="TOTAL")
    units = {"CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}
    assert answer["ConsumedCapacity"] == [{"TableName": "things", **units}]
