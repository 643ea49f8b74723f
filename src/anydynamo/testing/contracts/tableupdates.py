"""UpdateTable: billing and throughput, indexes, streams, encryption, class and protection."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import InvalidRequest, LimitExceeded, TableNotFound
from anydynamo.testing.contracts.client import Client, Contract, Item, N, S, gsi, key_schema
from anydynamo.testing.contracts.tables import INDEX, UNITS, WITH_G

__all__ = ["TableUpdateContract"]

MORE = {"ReadCapacityUnits": 50, "WriteCapacityUnits": 30}
STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
LESS_OFTEN = "STANDARD_INFREQUENT_ACCESS"

BAD_CHANGES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "undefined key": {"GlobalSecondaryIndexUpdates": [{"Create": INDEX}]},
    "no throughput": {"BillingMode": "PROVISIONED"},
    "no update": {"GlobalSecondaryIndexUpdates": [{}]},
    "key that only the table defines": {
        "AttributeDefinitions": WITH_G[1:],
        "GlobalSecondaryIndexUpdates": [
            {"Create": {**INDEX, "KeySchema": key_schema("g:S", "pk:S")}}
        ],
    },
    "no setting of an index": {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "Index"}}]},
}


class TableUpdateContract(Contract):
    """UpdateTable."""

    async def _changed(self, db: Client, **changes: Any) -> dict[str, Any]:
        await db("UpdateTable", TableName="first", **changes)
        return await db.active("first")

    async def _refused(self, db: Client, says: str, **changes: Any) -> None:
        before = (await db("DescribeTable", TableName="first"))["Table"]
        await db.refused(InvalidRequest, "UpdateTable", says, TableName="first", **changes)
        assert (await db("DescribeTable", TableName="first"))["Table"] == before

    async def test_billing_can_be_changed(self, db: Client) -> None:
        await db.create("first")
        throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}
        await db(
            "UpdateTable",
            TableName="first",
            BillingMode="PROVISIONED",
            ProvisionedThroughput=throughput,
        )
        described = await db.active("first")
        assert described["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
        assert described["ProvisionedThroughput"].items() >= throughput.items()
        await db("UpdateTable", TableName="first", BillingMode="PAY_PER_REQUEST")
        described = await db.active("first")
        assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"

    async def test_a_new_index_takes_in_the_items_that_are_there(self, db: Client) -> None:
        await db.create("first")
        items: list[Item] = [
            {"pk": S("1"), "g": S("G")},
            {"pk": S("2")},
            {"pk": S("3"), "g": S("G")},
            # Not of the index's type: it stays out of the index, and is no error.
            {"pk": S("4"), "g": N(1)},
        ]
        await db.put("first", *items)
        await db(
            "UpdateTable",
            TableName="first",
            AttributeDefinitions=WITH_G,
            GlobalSecondaryIndexUpdates=[{"Create": INDEX}],
        )
        await db.active("first")
        query: dict[str, Any] = {
            "TableName": "first",
            "IndexName": "Index",
            "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": {":g": S("G")},
        }
        found = await db.all("Query", **query)
        assert sorted(item["pk"]["S"] for item in found) == ["1", "3"]
        await db("DeleteItem", TableName="first", Key={"pk": S("1")})
        assert [item["pk"]["S"] for item in await db.all("Query", **query)] == ["3"]
        await db(
            "UpdateTable",
            TableName="first",
            GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "Index"}}],
        )
        described = await db.active("first")
        assert "GlobalSecondaryIndexes" not in described
        await db.refused(InvalidRequest, "Query", **query)

    @pytest.mark.parametrize(
        "change",
        BAD_CHANGES.values(),
        ids=BAD_CHANGES,
    )
    async def test_a_change_that_cannot_be_is_refused(
        self, db: Client, change: dict[str, Any]
    ) -> None:
        await db.create("first")
        before = (await db("DescribeTable", TableName="first"))["Table"]
        await db.refused(InvalidRequest, "UpdateTable", TableName="first", **change)
        assert (await db("DescribeTable", TableName="first"))["Table"] == before

    async def test_an_index_that_is_not_there_cannot_be_removed(self, db: Client) -> None:
        await db.create("first")
        await db.refused(
            TableNotFound,
            "UpdateTable",
            TableName="first",
            GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "absent"}}],
        )

    async def test_an_update_is_under_way_when_it_is_answered(self, db: Client) -> None:
        await db.create("first")
        answer = await db("UpdateTable", TableName="first", StreamSpecification=STREAM)
        assert answer["TableDescription"]["TableStatus"] == "UPDATING"
        assert (await db.active("first"))["StreamSpecification"] == STREAM

    async def test_throughput_is_what_it_was_until_the_update_is_over(self, db: Client) -> None:
        await db.create("first", BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
        answer = await db("UpdateTable", TableName="first", ProvisionedThroughput=MORE)
        described = answer["TableDescription"]
        assert described["TableStatus"] == "UPDATING"
        assert described["ProvisionedThroughput"].items() >= UNITS.items()
        described = await db.active("first")
        assert described["ProvisionedThroughput"].items() >= MORE.items()
        assert described["ProvisionedThroughput"]["LastIncreaseDateTime"]
        fewer = {**MORE, "ReadCapacityUnits": 5}
        described = await self._changed(db, ProvisionedThroughput=fewer)
        assert described["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1
        assert described["ProvisionedThroughput"]["LastDecreaseDateTime"]

    async def test_throughput_that_is_there_already_is_refused(self, db: Client) -> None:
        await db.create("first", BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
        says = (
            "The provisioned throughput for the table will not change. The requested value equals"
            " the current value. Current ReadCapacityUnits provisioned for the table: 5."
        )
        await self._refused(db, says, ProvisionedThroughput=UNITS)

    async def test_throughput_is_for_provisioned_tables(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Index", "g:S"))
        says = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified"
        await self._refused(db, says, ProvisionedThroughput=UNITS)
        update = {"IndexName": "Index", "ProvisionedThroughput": UNITS}
        updates = [{"Update": update}]
        await self._refused(db, f"{says} for index: Index", GlobalSecondaryIndexUpdates=updates)

    async def test_a_table_becomes_provisioned_with_all_its_indexes(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Index", "g:S"))
        flip: dict[str, Any] = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS}
        says = "ProvisionedThroughput must be specified for index: Index"
        await self._refused(db, says, **flip)
        update = {"IndexName": "Index", "ProvisionedThroughput": MORE}
        described = await self._changed(
            db, **flip, GlobalSecondaryIndexUpdates=[{"Update": update}]
        )
        (index,) = described["GlobalSecondaryIndexes"]
        assert described["ProvisionedThroughput"].items() >= UNITS.items()
        assert index["ProvisionedThroughput"].items() >= MORE.items()

    async def test_a_stream_is_switched_only_to_what_it_is_not(self, db: Client) -> None:
        await db.create("first")
        off = {"StreamEnabled": False}
        await self._refused(db, "Table has no stream to disable", StreamSpecification=off)
        await self._changed(db, StreamSpecification=STREAM)
        says = "Table already has an enabled stream: TableName: first"
        await self._refused(db, says, StreamSpecification=STREAM)
        described = await self._changed(db, StreamSpecification=off)
        assert "StreamSpecification" not in described
        assert described["LatestStreamArn"]

    async def test_a_table_class_is_changed_by_itself(self, db: Client) -> None:
        await db.create("first")
        says = "TableClass modification must be the only operation in the request"
        await self._refused(db, says, TableClass=LESS_OFTEN, DeletionProtectionEnabled=True)
        described = await self._changed(db, TableClass=LESS_OFTEN)
        assert described["TableClassSummary"]["TableClass"] == LESS_OFTEN
        assert described["TableClassSummary"]["LastUpdateDateTime"]

    async def test_encryption_is_changed_by_itself_to_what_it_is_not(self, db: Client) -> None:
        await db.create("first")
        encrypted = {"Enabled": True, "SSEType": "KMS"}
        await self._refused(db, "", SSESpecification=encrypted, DeletionProtectionEnabled=True)
        described = await self._changed(db, SSESpecification=encrypted)
        assert (
            described["SSEDescription"].items() >= {"Status": "ENABLED", "SSEType": "KMS"}.items()
        )
        assert described["SSEDescription"]["KMSMasterKeyArn"].startswith("arn:aws:kms:")
        says = "Table is already encrypted"
        await self._refused(db, says, SSESpecification=encrypted)

    async def test_ceilings_are_set_one_by_one_and_taken_away_by_minus_one(
        self, db: Client
    ) -> None:
        await db.create("first")
        await self._changed(db, OnDemandThroughput={"MaxReadRequestUnits": 5})
        described = await self._changed(db, OnDemandThroughput={"MaxWriteRequestUnits": 7})
        both = {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 7}
        assert described["OnDemandThroughput"] == both
        described = await self._changed(db, OnDemandThroughput={"MaxReadRequestUnits": -1})
        ceilings = described["OnDemandThroughput"]
        assert ceilings.get("MaxReadRequestUnits", -1) == -1
        assert ceilings["MaxWriteRequestUnits"] == 7

    async def test_warm_throughput_only_grows(self, db: Client) -> None:
        await db.create("first")
        more = {"ReadUnitsPerSecond": 15_000, "WriteUnitsPerSecond": 6_000}
        described = await self._changed(db, WarmThroughput=more)
        assert described["WarmThroughput"].items() >= more.items()
        says = "decreasing WarmThroughput is not supported"
        await self._refused(db, says, WarmThroughput={**more, "ReadUnitsPerSecond": 14_000})

    async def test_one_index_is_made_or_deleted_at_a_time(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Index", "g:S"))
        other = {**INDEX, "IndexName": "Other"}
        error = await db.refused(
            LimitExceeded,
            "UpdateTable",
            "Only 1 online index can be created or deleted simultaneously per table",
            TableName="first",
            AttributeDefinitions=WITH_G,
            GlobalSecondaryIndexUpdates=[{"Create": other}, {"Delete": {"IndexName": "Index"}}],
        )
        assert error.code == "LimitExceededException"
        says = "Only one global secondary index update per index is allowed simultaneously"
        update = {"IndexName": "Index", "OnDemandThroughput": {"MaxReadRequestUnits": 1}}
        updates = [{"Delete": {"IndexName": "Index"}}, {"Update": update}]
        await self._refused(db, says, GlobalSecondaryIndexUpdates=updates)

    async def test_an_index_under_way_says_so(self, db: Client) -> None:
        await db.create("first")
        answer = await db(
            "UpdateTable",
            TableName="first",
            AttributeDefinitions=WITH_G,
            GlobalSecondaryIndexUpdates=[{"Create": INDEX}],
        )
        (index,) = answer["TableDescription"]["GlobalSecondaryIndexes"]
        assert index["IndexStatus"] == "CREATING"
        assert index["Backfilling"] is False
        (index,) = (await db.active("first"))["GlobalSecondaryIndexes"]
        assert "Backfilling" not in index
        answer = await db(
            "UpdateTable",
            TableName="first",
            GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "Index"}}],
        )
        (index,) = answer["TableDescription"]["GlobalSecondaryIndexes"]
        assert index["IndexStatus"] == "DELETING"
