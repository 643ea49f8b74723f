"""Tables: making, describing, listing and removing them."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import InvalidRequest, TableInUse, TableNotFound
from anydynamo.testing.contracts.client import (
    Client,
    Contract,
    S,
    gsi,
    key_schema,
    lsi,
)

__all__ = ["TableContract"]

BASE: dict[str, Any] = {
    "TableName": "wrong",
    "KeySchema": key_schema("pk:S"),
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 3}
INDEX: dict[str, Any] = {
    "IndexName": "Index",
    "KeySchema": key_schema("g:S"),
    "Projection": {"ProjectionType": "ALL"},
}
WITH_G = [
    {"AttributeName": "pk", "AttributeType": "S"},
    {"AttributeName": "g", "AttributeType": "S"},
]

# Each: what differs from BASE.
BAD_TABLES: dict[str, dict[str, Any]] = {
    "name too short": {"TableName": "ab"},
    "name too long": {"TableName": "a" * 256},
    "name with a blank": {"TableName": "my table"},
    "no key": {"KeySchema": []},
    "no partition key": {"KeySchema": [{"AttributeName": "pk", "KeyType": "RANGE"}]},
    "two partition keys": {
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "g", "KeyType": "HASH"},
        ],
        "AttributeDefinitions": WITH_G,
    },
    "one attribute twice": {
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "pk", "KeyType": "RANGE"},
        ]
    },
    "three keys": {
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "g", "KeyType": "RANGE"},
            {"AttributeName": "h", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [*WITH_G, {"AttributeName": "h", "AttributeType": "S"}],
    },
    "undefined key": {"KeySchema": key_schema("other:S")},
    "unused definition": {"AttributeDefinitions": WITH_G},
    "key of no key type": {
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "BOOL"}]
    },
    "throughput with on-demand": {
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    },
    "provisioned without throughput": {"BillingMode": "PROVISIONED"},
    "no throughput at all": {
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 1},
    },
    "unknown billing": {"BillingMode": "FREE"},
    "empty index list": {"GlobalSecondaryIndexes": []},
    "undefined index key": {"GlobalSecondaryIndexes": [INDEX]},
    "two indexes of one name": {
        "AttributeDefinitions": WITH_G,
        "GlobalSecondaryIndexes": [INDEX, INDEX],
    },
    "unknown projection": {
        "AttributeDefinitions": WITH_G,
        "GlobalSecondaryIndexes": [{**INDEX, "Projection": {"ProjectionType": "HALF"}}],
    },
    "no projection": {
        "AttributeDefinitions": WITH_G,
        "GlobalSecondaryIndexes": [{**INDEX, "Projection": {}}],
    },
    "INCLUDE of nothing": {
        "AttributeDefinitions": WITH_G,
        "GlobalSecondaryIndexes": [{**INDEX, "Projection": {"ProjectionType": "INCLUDE"}}],
    },
    "attributes beside ALL": {
        "AttributeDefinitions": WITH_G,
        "GlobalSecondaryIndexes": [
            {**INDEX, "Projection": {"ProjectionType": "ALL", "NonKeyAttributes": ["a"]}}
        ],
    },
    "local index without a sort key": {
        "AttributeDefinitions": WITH_G,
        "LocalSecondaryIndexes": [{**INDEX, "KeySchema": key_schema("pk:S")}],
    },
    "local index on a table without one": {
        "AttributeDefinitions": WITH_G,
        "LocalSecondaryIndexes": [{**INDEX, "KeySchema": key_schema("pk:S", "g:S")}],
    },
    "21 global indexes": {
        "AttributeDefinitions": WITH_G,
        "GlobalSecondaryIndexes": [{**INDEX, "IndexName": f"Index{n}"} for n in range(21)],
    },
}

# Each: what differs from BASE, and what is said of it.
UNDEFINED: dict[str, tuple[dict[str, Any], str]] = {
    "fewer definitions than keys": (
        {"KeySchema": key_schema("pk:S", "sk:S")},
        "Invalid KeySchema: Some index key attribute have no definition",
    ),
    "one attribute for both keys": (
        {"KeySchema": [*key_schema("pk:S"), {"AttributeName": "pk", "KeyType": "RANGE"}]},
        "Invalid KeySchema: Some index key attribute have no definition",
    ),
    "definitions of others": (
        {"KeySchema": key_schema("other:S")},
        "Keys: [other], AttributeDefinitions: [pk]",
    ),
    "an index of more keys": (
        {"GlobalSecondaryIndexes": [{**INDEX, "KeySchema": key_schema("g:S", "pk:S")}]},
        "Keys: [g, pk], AttributeDefinitions: [pk]",
    ),
    "an index of other keys": (
        {"GlobalSecondaryIndexes": [INDEX]},
        "Keys: [g], AttributeDefinitions: [pk]",
    ),
}


class TableContract(Contract):
    """CreateTable, DescribeTable, ListTables and DeleteTable."""

    async def test_a_table_is_described_as_it_was_declared(self, db: Client) -> None:
        table = await db.create(
            "first",
            "pk:S",
            "sk:N",
            gsi("Global", "g:B", "n:N", projection="INCLUDE", include=["a", "b"]),
            lsi("Local", "pk:S", "n:N", projection="KEYS_ONLY"),
        )
        described = (await db("DescribeTable", TableName=table))["Table"]
        assert described["TableName"] == table
        assert described["TableStatus"] == "ACTIVE"
        assert described["KeySchema"] == key_schema("pk:S", "sk:N")
        types = {d["AttributeName"]: d["AttributeType"] for d in described["AttributeDefinitions"]}
        assert types == {"pk": "S", "sk": "N", "g": "B", "n": "N"}
        assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert described["ItemCount"] == 0
        assert described["TableArn"].endswith(f":table/{table}")
        assert described["TableId"]
        assert described["CreationDateTime"]
        (index,) = described["GlobalSecondaryIndexes"]
        assert index["IndexName"] == "Global"
        assert index["IndexStatus"] == "ACTIVE"
        assert index["KeySchema"] == key_schema("g:B", "n:N")
        assert index["Projection"]["ProjectionType"] == "INCLUDE"
        assert sorted(index["Projection"]["NonKeyAttributes"]) == ["a", "b"]
        (local,) = described["LocalSecondaryIndexes"]
        assert local["IndexName"] == "Local"
        assert local["KeySchema"] == key_schema("pk:S", "n:N")
        assert local["Projection"] == {"ProjectionType": "KEYS_ONLY"}

    async def test_provisioned_throughput_is_described(self, db: Client) -> None:
        throughput = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
        await db.create("first", BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
        described = (await db("DescribeTable", TableName="first"))["Table"]
        assert described["ProvisionedThroughput"].items() >= throughput.items()
        summary = described.get("BillingModeSummary", {"BillingMode": "PROVISIONED"})
        assert summary["BillingMode"] == "PROVISIONED"

    @pytest.mark.parametrize("difference", BAD_TABLES)
    async def test_a_table_that_cannot_be_is_refused(self, db: Client, difference: str) -> None:
        request = {**BASE, **BAD_TABLES[difference]}
        await db.refused(InvalidRequest, "CreateTable", **request)
        assert (await db("ListTables"))["TableNames"] == []

    @pytest.mark.parametrize(("difference", "says"), UNDEFINED.values(), ids=UNDEFINED)
    async def test_keys_without_a_definition_are_told_from_wrong_ones(
        self, db: Client, difference: dict[str, Any], says: str
    ) -> None:
        await db.refused(InvalidRequest, "CreateTable", says, **{**BASE, **difference})
        assert (await db("ListTables"))["TableNames"] == []

    async def test_a_name_that_is_taken_is_in_use(self, db: Client) -> None:
        await db.create("taken")
        error = await db.refused(TableInUse, "CreateTable", **{**BASE, "TableName": "taken"})
        assert error.code == "ResourceInUseException"
        assert error.table == "taken"

    async def test_a_new_table_of_an_old_name_is_empty(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Index", "g:S"))
        await db.put("first", {"pk": S("1"), "g": S("G")})
        first = (await db("DescribeTable", TableName="first"))["Table"]["TableId"]
        await db("DeleteTable", TableName="first")
        await db.create("first", "pk:S", None, gsi("Index", "g:S"))
        assert await db.all("Scan", TableName="first") == []
        assert await db.all("Scan", TableName="first", IndexName="Index") == []
        assert (await db("DescribeTable", TableName="first"))["Table"]["TableId"] != first

    @pytest.mark.parametrize(
        ("operation", "more"),
        [
            ("DescribeTable", {}),
            ("DeleteTable", {}),
            ("UpdateTable", {"BillingMode": "PAY_PER_REQUEST"}),
            ("DescribeTimeToLive", {}),
            (
                "UpdateTimeToLive",
                {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}},
            ),
        ],
    )
    async def test_a_table_that_is_not_there_is_named(
        self, db: Client, operation: str, more: dict[str, Any]
    ) -> None:
        says = "Requested resource not found: Table: absent not found"
        await db.refused(TableNotFound, operation, says, TableName="absent", **more)

    async def test_a_deleted_table_is_gone_with_its_items(self, db: Client) -> None:
        await db.create("first")
        await db.put("first", {"pk": S("1")})
        answer = await db("DeleteTable", TableName="first")
        assert answer["TableDescription"]["TableName"] == "first"
        assert answer["TableDescription"]["TableStatus"] == "DELETING"
        await db.refused(TableNotFound, "GetItem", TableName="first", Key={"pk": S("1")})
        assert (await db("ListTables"))["TableNames"] == []

    async def test_tables_are_listed_by_name_in_pages(self, db: Client) -> None:
        names = ["Zebra", "apple", "banana", "table-1", "table.2", "table_3"]
        for name in reversed(names):
            await db.create(name)
        assert await db("ListTables") == {"TableNames": names}
        first = await db("ListTables", Limit=4)
        assert first == {"TableNames": names[:4], "LastEvaluatedTableName": names[3]}
        rest = await db("ListTables", Limit=4, ExclusiveStartTableName=names[3])
        assert rest == {"TableNames": names[4:]}
        after = await db("ListTables", ExclusiveStartTableName="b" * 3)
        assert after == {"TableNames": names[3:]}
        for limit in (0, 101):
            await db.refused(InvalidRequest, "ListTables", Limit=limit)

    async def test_a_protected_table_is_not_deleted(self, db: Client) -> None:
        await db.create("first", DeletionProtectionEnabled=True)
        assert (await db("DescribeTable", TableName="first"))["Table"]["DeletionProtectionEnabled"]
        says = "deletion protection"
        await db.refused(InvalidRequest, "DeleteTable", says, TableName="first")
        await db("UpdateTable", TableName="first", DeletionProtectionEnabled=False)
        await db.active("first")
        await db("DeleteTable", TableName="first")

    async def test_the_response_to_a_change_says_what_is_going_on(self, db: Client) -> None:
        index = {
            "AttributeDefinitions": WITH_G,
            "GlobalSecondaryIndexes": [INDEX],
        }
        made = await db("CreateTable", **{**BASE, "TableName": "first", **index})
        assert made["TableDescription"]["TableStatus"] == "CREATING"
        (index,) = made["TableDescription"]["GlobalSecondaryIndexes"]
        assert index["IndexStatus"] == "CREATING"
        assert "Backfilling" not in index
        await db.active("first")
        gone = await db("DeleteTable", TableName="first")
        assert gone["TableDescription"]["TableStatus"] == "DELETING"
        assert "GlobalSecondaryIndexes" not in gone["TableDescription"]

    async def test_warm_throughput_is_described(self, db: Client) -> None:
        table = await db.create("first", "pk:S", None, gsi("Index", "g:S"))
        described = (await db("DescribeTable", TableName=table))["Table"]
        (index,) = described["GlobalSecondaryIndexes"]
        for place in (described, index):
            assert place["WarmThroughput"] == {
                "ReadUnitsPerSecond": 12_000,
                "WriteUnitsPerSecond": 4_000,
                "Status": "ACTIVE",
            }

    @pytest.mark.parametrize(
        ("difference", "says"),
        [
            (
                {"BillingMode": "PROVISIONED"},
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode"
                " is PROVISIONED",
            ),
            (
                {
                    "BillingMode": "PROVISIONED",
                    "ProvisionedThroughput": UNITS,
                    "AttributeDefinitions": WITH_G,
                    "GlobalSecondaryIndexes": [INDEX],
                },
                "ProvisionedThroughput is not specified for index: Index",
            ),
            (
                {
                    "AttributeDefinitions": WITH_G,
                    "GlobalSecondaryIndexes": [{**INDEX, "ProvisionedThroughput": UNITS}],
                },
                "ProvisionedThroughput should not be specified for index: Index when BillingMode is"
                " PAY_PER_REQUEST",
            ),
            (
                {
                    "BillingMode": "PROVISIONED",
                    "ProvisionedThroughput": UNITS,
                    "OnDemandThroughput": {"MaxReadRequestUnits": 5},
                },
                "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table"
                " BillingMode is PROVISIONED",
            ),
            (
                {"OnDemandThroughput": {"MaxWriteRequestUnits": 0}},
                "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of"
                " valid range",
            ),
            (
                {"WarmThroughput": {"ReadUnitsPerSecond": 1, "WriteUnitsPerSecond": 4_000}},
                "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial"
                " throughput for OnDemand",
            ),
        ],
        ids=["table", "index", "on-demand index", "ceiling", "no ceiling", "cold"],
    )
    async def test_what_a_table_is_provisioned_with_fits_its_billing(
        self, db: Client, difference: dict[str, Any], says: str
    ) -> None:
        await db.refused(InvalidRequest, "CreateTable", says, **{**BASE, **difference})
