"""Consumed capacity, and the size of item collections."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import InvalidRequest
from anydynamo.testing.contracts.client import Client, Contract, Item, N, S, gsi, lsi

__all__ = ["CapacityContract"]

TOTAL = {"ReturnConsumedCapacity": "TOTAL"}


def _sized(key: str, size: int, **more: Item) -> Item:
    """Make an item of exactly `size` bytes."""
    empty = {"pk": S(key), "v": S(""), **more}
    taken = sum(
        len(name) + (len(value["S"]) if "S" in value else 2) for name, value in empty.items()
    )
    return {**empty, "v": S("x" * (size - taken))}


class CapacityContract(Contract):
    """What a call costs."""

    async def _units(self, db: Client, operation: str, **request: Any) -> float:
        answer = await db(operation, TableName="first", **TOTAL, **request)
        consumed = answer["ConsumedCapacity"]
        assert consumed["TableName"] == "first"
        units: float = consumed["CapacityUnits"]
        return units

    @pytest.mark.parametrize(
        ("size", "write", "read"), [(100, 1, 1), (1024, 1, 1), (1025, 2, 1), (4097, 5, 2)]
    )
    async def test_reads_round_up_to_4_kb_and_writes_to_1(
        self, db: Client, size: int, write: int, read: int
    ) -> None:
        await db.create("first")
        key = {"pk": S("1")}
        assert await self._units(db, "PutItem", Item=_sized("1", size)) == write
        assert await self._units(db, "GetItem", Key=key) == read / 2
        assert await self._units(db, "GetItem", Key=key, ConsistentRead=True) == read
        assert await self._units(db, "DeleteItem", Key=key) == write

    async def test_what_is_not_there_costs_the_least(self, db: Client) -> None:
        await db.create("first")
        key = {"pk": S("1")}
        assert await self._units(db, "GetItem", Key=key) == 0.5
        assert await self._units(db, "GetItem", Key=key, ConsistentRead=True) == 1
        assert await self._units(db, "DeleteItem", Key=key) == 1

    async def test_an_update_costs_the_larger_of_before_and_after(self, db: Client) -> None:
        await db.create("first")
        await db.put("first", _sized("1", 3000))
        shrink = await self._units(
            db,
            "UpdateItem",
            Key={"pk": S("1")},
            UpdateExpression="SET v = :v",
            ExpressionAttributeValues={":v": S("")},
        )
        assert shrink == 3
        assert await self._units(db, "PutItem", Item=_sized("1", 2000)) == 2
        assert await self._units(db, "PutItem", Item=_sized("1", 500)) == 2

    async def test_a_scan_adds_up_before_it_rounds_and_before_it_filters(self, db: Client) -> None:
        await db.create("first")
        await db.put("first", *(_sized(str(number), 1000) for number in range(9)))
        # 9,000 bytes are three times 4 KB, and an eventually consistent read is half of it.
        assert await self._units(db, "Scan") == 1.5
        assert await self._units(db, "Scan", ConsistentRead=True) == 3
        filtered = await self._units(
            db,
            "Scan",
            FilterExpression="attribute_exists(absent)",
            ProjectionExpression="pk",
        )
        assert filtered == 1.5

    async def test_a_batch_rounds_each_item(self, db: Client) -> None:
        await db.create("first")
        puts = [{"PutRequest": {"Item": _sized(str(number), 1025)}} for number in range(3)]
        answer = await db("BatchWriteItem", RequestItems={"first": puts}, **TOTAL)
        assert answer["ConsumedCapacity"] == [{"TableName": "first", "CapacityUnits": 6.0}]
        keys = [{"pk": S(str(number))} for number in range(3)]
        answer = await db("BatchGetItem", RequestItems={"first": {"Keys": keys}}, **TOTAL)
        assert answer["ConsumedCapacity"] == [{"TableName": "first", "CapacityUnits": 1.5}]

    async def test_a_table_named_by_its_arn_is_charged_under_its_arn(self, db: Client) -> None:
        await db.create("first")
        described = await db("DescribeTable", TableName="first")
        arn = described["Table"]["TableArn"]
        table, item = {"TableName": arn}, {"pk": S("1")}
        put = {"PutRequest": {"Item": item}}
        requests: dict[str, dict[str, Any]] = {
            "PutItem": {**table, "Item": item},
            "GetItem": {**table, "Key": item},
            "Scan": table,
            "BatchGetItem": {"RequestItems": {arn: {"Keys": [item]}}},
            "BatchWriteItem": {"RequestItems": {arn: [put]}},
            "TransactGetItems": {"TransactItems": [{"Get": {**table, "Key": item}}]},
            "TransactWriteItems": {"TransactItems": [{"Put": {**table, "Item": item}}]},
        }
        for operation, request in requests.items():
            consumed: Any = (await db(operation, **TOTAL, **request))["ConsumedCapacity"]
            if operation.startswith(("Batch", "Transact")):
                (consumed,) = consumed
            assert consumed["TableName"] == arn, operation

    async def test_a_transaction_costs_twice(self, db: Client) -> None:
        await db.create("first")
        put = {"Put": {"TableName": "first", "Item": _sized("1", 1000)}}
        answer = await db("TransactWriteItems", TransactItems=[put], **TOTAL)
        units = {"CapacityUnits": 2, "WriteCapacityUnits": 2}
        assert answer["ConsumedCapacity"] == [{"TableName": "first", **units}]
        get = {"Get": {"TableName": "first", "Key": {"pk": S("1")}}}
        answer = await db("TransactGetItems", TransactItems=[get], **TOTAL)
        units = {"CapacityUnits": 2, "ReadCapacityUnits": 2}
        assert answer["ConsumedCapacity"] == [{"TableName": "first", **units}]

    async def test_indexes_are_charged_when_their_entries_change(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Index", "g:S"))

        async def put(**attributes: Item) -> tuple[float, float, float]:
            answer = await db(
                "PutItem",
                TableName="first",
                Item={"pk": S("1"), **attributes},
                ReturnConsumedCapacity="INDEXES",
            )
            consumed = answer["ConsumedCapacity"]
            indexes = consumed.get("GlobalSecondaryIndexes", {})
            return (
                consumed["CapacityUnits"],
                consumed["Table"]["CapacityUnits"],
                indexes.get("Index", {}).get("CapacityUnits", 0),
            )

        assert await put(a=N(1)) == (1, 1, 0)
        assert await put(a=N(1), g=S("G")) == (2, 1, 1)
        assert await put(a=N(1), g=S("G")) == (1, 1, 0)
        assert await put(a=N(2), g=S("G")) == (2, 1, 1)
        # A new index key is a removal and an insertion.
        assert await put(a=N(2), g=S("H")) == (3, 1, 2)
        assert await put(a=N(2)) == (2, 1, 1)

    async def test_an_index_read_is_charged_to_the_index(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Index", "g:S"))
        await db.put("first", {"pk": S("1"), "g": S("G")})
        answer = await db(
            "Query",
            TableName="first",
            IndexName="Index",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": S("G")},
            ReturnConsumedCapacity="INDEXES",
        )
        assert answer["ConsumedCapacity"] == {
            "TableName": "first",
            "CapacityUnits": 0.5,
            "Table": {"CapacityUnits": 0.0},
            "GlobalSecondaryIndexes": {"Index": {"CapacityUnits": 0.5}},
        }

    async def test_nothing_is_said_of_capacity_unless_asked(self, db: Client) -> None:
        await db.create("first")
        item = {"pk": S("1")}
        for more in ({}, {"ReturnConsumedCapacity": "NONE"}):
            assert "ConsumedCapacity" not in await db(
                "PutItem", TableName="first", Item=item, **more
            )
        await db.refused(
            InvalidRequest, "PutItem", TableName="first", Item=item, ReturnConsumedCapacity="ALL"
        )

    async def test_the_size_of_an_item_collection_is_estimated(self, db: Client) -> None:
        await db.create("first", "pk:S", "sk:N", lsi("Local", "pk:S", "n:N"))
        answer = await db(
            "PutItem",
            TableName="first",
            Item={"pk": S("1"), "sk": N(1)},
            ReturnItemCollectionMetrics="SIZE",
        )
        metrics = answer["ItemCollectionMetrics"]
        assert metrics["ItemCollectionKey"] == {"pk": S("1")}
        low, high = metrics["SizeEstimateRangeGB"]
        assert 0 <= low <= high
        await db.create("second", "pk:S")
        answer = await db(
            "PutItem", TableName="second", Item={"pk": S("1")}, ReturnItemCollectionMetrics="SIZE"
        )
        assert "ItemCollectionMetrics" not in answer
        put = {"Item": {"pk": S("1")}}
        answer = await db(
            "BatchWriteItem",
            RequestItems={"second": [{"PutRequest": put}]},
            ReturnItemCollectionMetrics="SIZE",
        )
        assert "ItemCollectionMetrics" not in answer
        answer = await db(
            "TransactWriteItems",
            TransactItems=[{"Put": {"TableName": "second", **put}}],
            ReturnItemCollectionMetrics="SIZE",
        )
        assert "ItemCollectionMetrics" not in answer
