"""Backups: making, finding and removing them, and tables that are made from them."""

from __future__ import annotations

from typing import Any

from anydynamo.errors import InvalidRequest, TableInUse, TableNotFound
from anydynamo.testing.contracts.client import Client, Contract, N, S, gsi, lsi

__all__ = ["BackupContract"]

ABSENT = "arn:aws:dynamodb:eu-west-1:000000000000:table/first/backup/01489602797149-73d8d5bc"


async def _backup(db: Client, table: str, name: str = "before") -> dict[str, Any]:
    answer = await db("CreateBackup", TableName=table, BackupName=name)
    details: dict[str, Any] = answer["BackupDetails"]
    return details


async def _restore(db: Client, backup: dict[str, Any], to: str, **overrides: Any) -> dict[str, Any]:
    await db(
        "RestoreTableFromBackup",
        TargetTableName=to,
        BackupArn=backup["BackupArn"],
        **overrides,
    )
    return await db.active(to)


class BackupContract(Contract):
    """A backup is a table as it was, and a table can be made from it."""

    async def test_a_backup_is_described_with_its_table(self, db: Client) -> None:
        await db.create("first", "pk:S", "sk:N", lsi("Local", "pk:S", "n:N"))
        await db.put("first", {"pk": S("1"), "sk": N(1)}, {"pk": S("1"), "sk": N(2)})
        table = (await db("DescribeTable", TableName="first"))["Table"]
        made = await _backup(db, "first")
        assert made["BackupName"] == "before"
        assert made["BackupType"] == "USER"
        assert made["BackupStatus"] in {"CREATING", "AVAILABLE"}
        answer = await db("DescribeBackup", BackupArn=made["BackupArn"])
        described = answer["BackupDescription"]
        assert described["BackupDetails"]["BackupArn"] == made["BackupArn"]
        source = described["SourceTableDetails"]
        assert source["TableName"] == "first"
        assert source["TableId"] == table["TableId"]
        assert source["KeySchema"] == table["KeySchema"]
        assert source["BillingMode"] == "PAY_PER_REQUEST"
        assert source["ItemCount"] == 2
        (index,) = described["SourceTableFeatureDetails"]["LocalSecondaryIndexes"]
        assert index["IndexName"] == "Local"

    async def test_a_restored_table_has_the_items_of_the_backup(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Global", "g:S"))
        kept = [{"pk": S(str(n)), "g": S("x"), "n": N(n)} for n in range(3)]
        await db.put("first", *kept)
        backup = await _backup(db, "first")
        await db("DeleteItem", TableName="first", Key={"pk": S("1")})
        await db.put("first", {"pk": S("2"), "g": S("y")}, {"pk": S("3")})
        described = await _restore(db, backup, "second")
        assert described["RestoreSummary"]["SourceBackupArn"] == backup["BackupArn"]
        found = await db.all("Scan", TableName="second")
        assert sorted(found, key=lambda item: str(item["pk"]["S"])) == kept
        queried = await db.all(
            "Query",
            TableName="second",
            IndexName="Global",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": S("x")},
        )
        assert len(queried) == 3
        assert await db.get("first", pk=S("1")) is None

    async def test_a_backup_outlives_its_table(self, db: Client) -> None:
        await db.create("first")
        await db.put("first", {"pk": S("1")})
        backup = await _backup(db, "first")
        await db("DeleteTable", TableName="first")
        await _restore(db, backup, "first")
        assert await db.all("Scan", TableName="first") == [{"pk": S("1")}]

    async def test_a_restored_table_has_no_stream_time_to_live_or_tags(self, db: Client) -> None:
        await db.create(
            "first",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
            DeletionProtectionEnabled=True,
            Tags=[{"Key": "team", "Value": "blue"}],
        )
        on = {"Enabled": True, "AttributeName": "expires"}
        await db("UpdateTimeToLive", TableName="first", TimeToLiveSpecification=on)
        backup = await _backup(db, "first")
        described = await _restore(db, backup, "second")
        assert "StreamSpecification" not in described
        assert not described["DeletionProtectionEnabled"]
        ttl = (await db("DescribeTimeToLive", TableName="second"))["TimeToLiveDescription"]
        assert ttl["TimeToLiveStatus"] == "DISABLED"
        tags = await db("ListTagsOfResource", ResourceArn=described["TableArn"])
        assert tags["Tags"] == []
        await db("UpdateTable", TableName="first", DeletionProtectionEnabled=False)

    async def test_indexes_can_be_left_out_of_a_restored_table(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Keep", "g:S"), gsi("Drop", "h:N"))
        backup = await _backup(db, "first")
        keep = {
            "IndexName": "Keep",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
        described = await _restore(db, backup, "second", GlobalSecondaryIndexOverride=[keep])
        assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["Keep"]
        names = {entry["AttributeName"] for entry in described["AttributeDefinitions"]}
        assert names == {"pk", "g"}
        await db.refused(
            InvalidRequest,
            "RestoreTableFromBackup",
            TargetTableName="third",
            BackupArn=backup["BackupArn"],
            GlobalSecondaryIndexOverride=[{**keep, "IndexName": "Other"}],
        )

    async def test_a_restored_table_can_be_billed_otherwise(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Global", "g:S"))
        backup = await _backup(db, "first")
        units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2}
        described = await _restore(
            db,
            backup,
            "second",
            BillingModeOverride="PROVISIONED",
            ProvisionedThroughputOverride=units,
        )
        assert described.get("BillingModeSummary", {}).get("BillingMode") != "PAY_PER_REQUEST"
        assert described["ProvisionedThroughput"]["ReadCapacityUnits"] == 3

    async def test_a_table_is_not_restored_over_another(self, db: Client) -> None:
        await db.create("first")
        backup = await _backup(db, "first")
        await db.refused(
            TableInUse,
            "RestoreTableFromBackup",
            "Table already exists: first",
            TargetTableName="first",
            BackupArn=backup["BackupArn"],
        )

    async def test_backups_are_listed_in_pages_and_by_table(self, db: Client) -> None:
        await db.create("first")
        await db.create("second")
        made = [
            (await _backup(db, table, name))["BackupArn"]
            for table, name in (("first", "one"), ("second", "two"), ("first", "six"))
        ]
        listed = (await db("ListBackups"))["BackupSummaries"]
        assert {backup["BackupArn"] for backup in listed} == set(made)
        mine = (await db("ListBackups", TableName="first"))["BackupSummaries"]
        assert {backup["BackupArn"] for backup in mine} == {made[0], made[2]}
        assert {backup["TableName"] for backup in mine} == {"first"}
        assert (await db("ListBackups", BackupType="SYSTEM"))["BackupSummaries"] == []
        assert len((await db("ListBackups", BackupType="ALL"))["BackupSummaries"]) == 3
        page = await db("ListBackups", Limit=2)
        rest = await db("ListBackups", ExclusiveStartBackupArn=page["LastEvaluatedBackupArn"])
        found = [*page["BackupSummaries"], *rest["BackupSummaries"]]
        assert sorted(backup["BackupArn"] for backup in found) == sorted(made)
        assert len(page["BackupSummaries"]) == 2
        assert "LastEvaluatedBackupArn" not in rest

    async def test_a_deleted_backup_is_gone(self, db: Client) -> None:
        await db.create("first")
        arn = (await _backup(db, "first"))["BackupArn"]
        answer = await db("DeleteBackup", BackupArn=arn)
        assert answer["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
        assert (await db("ListBackups"))["BackupSummaries"] == []
        await db.refused(TableNotFound, "DescribeBackup", "Backup not found", BackupArn=arn)
        await db.refused(TableNotFound, "DeleteBackup", "Backup not found", BackupArn=arn)

    async def test_a_backup_that_is_not_there_is_no_backup(self, db: Client) -> None:
        await db.refused(TableNotFound, "DescribeBackup", BackupArn=ABSENT)
        await db.refused(
            TableNotFound, "RestoreTableFromBackup", TargetTableName="first", BackupArn=ABSENT
        )
        await db.refused(TableNotFound, "CreateBackup", TableName="absent", BackupName="before")
