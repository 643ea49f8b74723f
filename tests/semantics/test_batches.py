"""The engine's law, line by line: batches, transactions, time to live and capacity.

Each test's number is its line's in the list of what emulations of DynamoDB get wrong, gathered
from AWS's documentation and from recorded answers. Line 60 speaks of conflicts, which an
engine with one writer cannot have.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.semantics.stage import KEY, Engine, updating
from tests.targets import EMBEDDED

from anydynamo.errors import (
    AnyDynamoError,
    TransactionCancelled,
)
from anydynamo.testing.contracts.client import (
    B,
    Item,
    N,
    S,
)

pytestmark = pytest.mark.parametrize("target", EMBEDDED, indirect=True)


async def test_56_a_batch_holds_each_key_once_and_is_refused_whole(db: Engine) -> None:
    put, delete = {"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}
    says = "Provided list of item keys contains duplicates"
    await db.invalid(says, "BatchWriteItem", RequestItems={"tab": [put, delete]})
    key = {"pk": S("a"), "sk": N("1")}
    same = {"sk": N("1.0"), "pk": S("a")}
    await db.invalid(says, "BatchGetItem", RequestItems={"rng": {"Keys": [key, same]}})
    wrong = {"PutRequest": {"Item": {"pk": N(1)}}}
    await db.invalid(
        "Type mismatch for key pk", "BatchWriteItem", RequestItems={"tab": [put, wrong]}
    )
    assert await db.get("tab", **KEY) is None
    item = {**KEY, "sk": S("s")}
    written = {"tab": [put], "idx": [{"PutRequest": {"Item": item}}]}
    assert await db("BatchWriteItem", RequestItems=written) == {"UnprocessedItems": {}}
    wanted = {
        "tab": {"Keys": [KEY, {"pk": S("no")}]},
        "idx": {"Keys": [item]},
        "rng": {"Keys": [key]},
    }
    answer = await db("BatchGetItem", RequestItems=wanted)
    assert answer == {"Responses": {"tab": [KEY], "idx": [item], "rng": []}, "UnprocessedKeys": {}}


async def test_57_a_batch_takes_no_conditions(db: Engine) -> None:
    put = {"PutRequest": {"Item": KEY, "ConditionExpression": "attribute_exists(pk)"}}
    await db.invalid("ConditionExpression", "BatchWriteItem", RequestItems={"tab": [put]})


async def test_58_transactions_are_all_or_nothing_over_several_tables(db: Engine) -> None:
    huge = B(b"x" * 409_600)
    await db.put("tab", {"pk": S("there"), "n": N(1)})
    puts = [
        {"Put": {"TableName": "tab", "Item": KEY}},
        {"Put": {"TableName": "rng", "Item": {**KEY, "sk": N(1)}}},
    ]
    grown = {**updating("SET b = :v", {"v": huge}), "Key": {"pk": S("there")}}
    failing = {
        "TableName": "tab",
        "Key": {"pk": S("there")},
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    for action, code in (
        ({"Update": grown}, "ValidationError"),
        ({"ConditionCheck": failing}, "ConditionalCheckFailed"),
    ):
        cancelled = await db.refused(
            TransactionCancelled, "TransactWriteItems", TransactItems=[*puts, action]
        )
        assert [reason["Code"] for reason in cancelled.reasons] == ["None", "None", code]
    assert cancelled.reasons[2]["Item"] == {"pk": S("there"), "n": N(1)}
    for action in (
        {"Put": {"TableName": "tab", "Item": {"pk": S("b"), "b": huge}}},
        {"Delete": {"TableName": "tab", "Key": {"pk": S("b")}, "ConditionExpression": "a ="}},
    ):
        await db.invalid("", "TransactWriteItems", TransactItems=[*puts, action])
    assert await db.get("tab", **KEY) is None
    await db("TransactWriteItems", TransactItems=puts)
    gets = [{"Get": {"TableName": "tab", "Key": {"pk": S(name)}}} for name in ("a", "none")]
    assert await db("TransactGetItems", TransactItems=gets) == {"Responses": [{"Item": KEY}, {}]}
    says = "cannot include multiple operations on one item"
    await db.invalid(says, "TransactGetItems", TransactItems=[gets[0], gets[0]])


async def test_59_a_token_stands_for_its_transaction_for_ten_minutes(db: Engine) -> None:
    def adding(number: int) -> dict[str, Any]:
        update = updating("ADD n :v", {"v": N(number)})
        return {
            "TransactItems": [{"Update": update}],
            "ClientRequestToken": "token",
            "ReturnConsumedCapacity": "TOTAL",
        }

    await db("TransactWriteItems", **adding(1))
    await db.put("tab", {**KEY, "n": N(1), "b": B(b"x" * 5000)})
    again = await db("TransactWriteItems", **adding(1))
    # Two transactional reads of 4 KB, not ten writes of 1 KB.
    assert again["ConsumedCapacity"] == [
        {"TableName": "tab", "CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}
    ]
    with pytest.raises(AnyDynamoError) as caught:
        await db("TransactWriteItems", **adding(2))
    assert caught.value.code == "IdempotentParameterMismatchException"
    db.now += 601
    await db("TransactWriteItems", **adding(2))
    assert (await db.get("tab", **KEY) or {})["n"] == N(3)


async def test_61_items_that_have_expired_are_there_until_they_are_deleted(db: Engine) -> None:
    specification = {"Enabled": True, "AttributeName": "ttl"}
    await db("UpdateTimeToLive", TableName="tab", TimeToLiveSpecification=specification)
    described = await db("DescribeTimeToLive", TableName="tab")
    assert described["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "ttl",
    }
    for ttl in (N("1.5"), N(1_699_999_999), S("never")):
        await db.put("tab", {**KEY, "ttl": ttl})
        assert await db.get("tab", **KEY) == {**KEY, "ttl": ttl}


@pytest.mark.parametrize(
    ("operation", "parameters", "units"),
    [
        ("GetItem", {"Key": {"pk": S("none")}}, 0.5),
        ("GetItem", {"Key": {"pk": S("none")}, "ConsistentRead": True}, 1.0),
        ("GetItem", {"Key": KEY}, 1.0),
        ("GetItem", {"Key": KEY, "ConsistentRead": True, "ProjectionExpression": "pk"}, 2.0),
        ("PutItem", {"Item": {"pk": S("new")}}, 1.0),
        ("PutItem", {"Item": KEY}, 6.0),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": "REMOVE b"}, 6.0),
        ("DeleteItem", {"Key": {"pk": S("none")}}, 1.0),
        ("DeleteItem", {"Key": KEY}, 6.0),
        ("Scan", {"ConsistentRead": True}, 3.0),
        ("Scan", {"FilterExpression": "attribute_not_exists(pk)"}, 1.5),
    ],
)
async def test_62_capacity_is_counted_in_4_kb_of_reads_and_1_kb_of_writes(
    db: Engine, operation: str, parameters: Item, units: float
) -> None:
    # 6,000 bytes, and 2,500 bytes: together 8,500, which a scan rounds once.
    await db.put("tab", {**KEY, "b": B(b"x" * 5996)}, {"pk": S("b"), "b": B(b"x" * 2496)})
    request = {"TableName": "tab", **parameters, "ReturnConsumedCapacity": "TOTAL"}
    consumed = (await db(operation, **request))["ConsumedCapacity"]
    assert consumed == {"TableName": "tab", "CapacityUnits": units}


async def test_62_batches_round_by_the_item_and_transactions_cost_double(db: Engine) -> None:
    keys = [KEY, {"pk": S("b")}]
    await db.put("tab", *({**key, "b": B(b"x" * 5000)} for key in keys))
    asked = {"ReturnConsumedCapacity": "TOTAL"}
    batch = await db("BatchGetItem", RequestItems={"tab": {"Keys": keys}}, **asked)
    assert batch["ConsumedCapacity"] == [{"TableName": "tab", "CapacityUnits": 2.0}]
    gets = [{"Get": {"TableName": "tab", "Key": key}} for key in keys]
    read = await db("TransactGetItems", TransactItems=gets, **asked)
    # A transaction alone says beside the sum which kind of units it is: the examples of
    # transact-get-items and transact-write-items in the AWS CLI Command Reference.
    assert read["ConsumedCapacity"] == [
        {"TableName": "tab", "CapacityUnits": 8.0, "ReadCapacityUnits": 8.0}
    ]
    deletes = [{"Delete": {"TableName": "tab", "Key": key}} for key in keys]
    written = await db("TransactWriteItems", TransactItems=deletes, **asked)
    assert written["ConsumedCapacity"] == [
        {"TableName": "tab", "CapacityUnits": 20.0, "WriteCapacityUnits": 20.0}
    ]


async def test_62_an_index_costs_when_its_entry_changes_and_twice_when_it_moves(db: Engine) -> None:
    item = {**KEY, "sk": S("s")}
    for change, units in (
        ({}, None),
        ({"gk": S("a"), "gs": N(1)}, 1.0),
        ({"gk": S("a"), "gs": N(1)}, None),
        ({"gk": S("a"), "gs": N(1), "b": S("not projected")}, None),
        ({"gk": S("b"), "gs": N(1)}, 2.0),
        ({"gk": S("b")}, 1.0),
    ):
        request = {
            "TableName": "idx",
            "Item": {**item, **change},
            "ReturnConsumedCapacity": "INDEXES",
        }
        consumed = (await db("PutItem", **request))["ConsumedCapacity"]
        arms = consumed.get("GlobalSecondaryIndexes", {})
        assert arms == ({} if units is None else {"gsi": {"CapacityUnits": units}})
        assert consumed["Table"] == {"CapacityUnits": 1.0}
