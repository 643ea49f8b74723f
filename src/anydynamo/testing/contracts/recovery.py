"""Point-in-time recovery: enabling it, and tables that are restored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from anydynamo.errors import InvalidRequest, TableError, TableInUse, TableNotFound
from anydynamo.testing.contracts.client import Client, Contract, N, S, gsi, lsi

__all__ = ["RecoveryContract"]

_LATEST = {"UseLatestRestorableTime": True}


async def _recovery(db: Client, table: str, enabled: bool, **more: Any) -> dict[str, Any]:
    wanted = {"PointInTimeRecoveryEnabled": enabled, **more}
    await db("UpdateContinuousBackups", TableName=table, PointInTimeRecoverySpecification=wanted)
    answer = await db("DescribeContinuousBackups", TableName=table)
    described: dict[str, Any] = answer["ContinuousBackupsDescription"][
        "PointInTimeRecoveryDescription"
    ]
    return described


async def _restore(db: Client, to: str, **request: Any) -> dict[str, Any]:
    await db("RestoreTableToPointInTime", TargetTableName=to, **{**_LATEST, **request})
    return await db.active(to)


class RecoveryContract(Contract):
    """A table that is restored to the time at which its recovery was enabled is that table.

    Later times are not told apart: the latest one of the service lies five minutes behind.
    """

    async def test_recovery_is_off_until_it_is_enabled(self, db: Client) -> None:
        await db.create("first")
        answer = await db("DescribeContinuousBackups", TableName="first")
        described = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert described == {"PointInTimeRecoveryStatus": "DISABLED"}
        described = await _recovery(db, "first", True)
        assert described["PointInTimeRecoveryStatus"] == "ENABLED"
        assert described["RecoveryPeriodInDays"] == 35
        earliest, latest = (
            described[f"{name}RestorableDateTime"] for name in ("Earliest", "Latest")
        )
        assert earliest <= latest
        assert abs(datetime.now(UTC) - earliest) < timedelta(minutes=5)
        described = await _recovery(db, "first", True, RecoveryPeriodInDays=7)
        assert described["RecoveryPeriodInDays"] == 7
        assert await _recovery(db, "first", False) == {"PointInTimeRecoveryStatus": "DISABLED"}

    async def test_a_recovery_period_belongs_to_enabled_recovery(self, db: Client) -> None:
        await db.create("first")
        for wanted in (
            {"PointInTimeRecoveryEnabled": False, "RecoveryPeriodInDays": 7},
            {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 36},
        ):
            await db.refused(
                InvalidRequest,
                "UpdateContinuousBackups",
                TableName="first",
                PointInTimeRecoverySpecification=wanted,
            )

    async def test_a_table_is_restored_with_its_items_and_indexes(self, db: Client) -> None:
        await db.create("first", "pk:S", "sk:N", gsi("Global", "g:S"), lsi("Local", "pk:S", "n:N"))
        kept = [{"pk": S("a"), "sk": N(n), "g": S("x"), "n": N(n)} for n in range(3)]
        await db.put("first", *kept)
        await _recovery(db, "first", True)
        described = await _restore(db, "second", SourceTableName="first")
        assert [key["AttributeName"] for key in described["KeySchema"]] == ["pk", "sk"]
        assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["Global"]
        assert [index["IndexName"] for index in described["LocalSecondaryIndexes"]] == ["Local"]
        assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        found = await db.all("Scan", TableName="second")
        assert sorted(found, key=lambda item: str(item["sk"]["N"])) == kept
        queried = await db.all(
            "Query",
            TableName="second",
            IndexName="Global",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": S("x")},
        )
        assert len(queried) == 3
        await db.put("second", {"pk": S("b"), "sk": N(1)})
        assert len(await db.all("Scan", TableName="first")) == 3

    async def test_a_source_can_be_named_by_arn(self, db: Client) -> None:
        await db.create("first")
        await db.put("first", {"pk": S("a")})
        await _recovery(db, "first", True)
        arn = (await db("DescribeTable", TableName="first"))["Table"]["TableArn"]
        await _restore(db, "second", SourceTableArn=arn)
        assert await db.all("Scan", TableName="second") == [{"pk": S("a")}]

    async def test_a_table_restored_to_a_point_in_time_has_no_settings_of_its_source(
        self, db: Client
    ) -> None:
        await db.create(
            "first",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
            Tags=[{"Key": "team", "Value": "blue"}],
        )
        on = {"Enabled": True, "AttributeName": "expires"}
        await db("UpdateTimeToLive", TableName="first", TimeToLiveSpecification=on)
        await _recovery(db, "first", True)
        described = await _restore(db, "second", SourceTableName="first")
        assert "StreamSpecification" not in described
        ttl = (await db("DescribeTimeToLive", TableName="second"))["TimeToLiveDescription"]
        assert ttl["TimeToLiveStatus"] == "DISABLED"
        tags = await db("ListTagsOfResource", ResourceArn=described["TableArn"])
        assert tags["Tags"] == []
        answer = await db("DescribeContinuousBackups", TableName="second")
        recovery = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert recovery == {"PointInTimeRecoveryStatus": "DISABLED"}

    async def test_indexes_and_billing_can_be_overridden_at_a_point_in_time(
        self, db: Client
    ) -> None:
        await db.create("first", "pk:S", None, gsi("Global", "g:S"))
        await _recovery(db, "first", True)
        described = await _restore(
            db,
            "second",
            SourceTableName="first",
            GlobalSecondaryIndexOverride=[],
            BillingModeOverride="PROVISIONED",
            ProvisionedThroughputOverride={"ReadCapacityUnits": 3, "WriteCapacityUnits": 2},
        )
        assert "GlobalSecondaryIndexes" not in described
        assert [each["AttributeName"] for each in described["AttributeDefinitions"]] == ["pk"]
        assert described["ProvisionedThroughput"]["ReadCapacityUnits"] == 3

    async def test_a_table_without_recovery_cannot_be_restored(self, db: Client) -> None:
        await db.create("first")
        await db.refused(
            TableError,
            "RestoreTableToPointInTime",
            "Point in time recovery is not enabled for table 'first'",
            SourceTableName="first",
            TargetTableName="second",
            **_LATEST,
        )

    @pytest.mark.parametrize("hours", [-1, 1], ids=["before", "ahead"])
    async def test_a_time_outside_of_the_window_cannot_be_restored(
        self, db: Client, hours: int
    ) -> None:
        await db.create("first")
        await _recovery(db, "first", True)
        await db.refused(
            InvalidRequest,
            "RestoreTableToPointInTime",
            "EarliestRestorableDateTime",
            SourceTableName="first",
            TargetTableName="second",
            RestoreDateTime=datetime.now(UTC) + timedelta(hours=hours),
        )

    @pytest.mark.parametrize(
        ("error", "says", "request_"),
        [
            (InvalidRequest, "", {"SourceTableName": "first"}),
            (InvalidRequest, "", _LATEST),
            (
                InvalidRequest,
                "",
                {"SourceTableName": "first", "RestoreDateTime": datetime.now(UTC), **_LATEST},
            ),
            (TableNotFound, "Table not found: absent", {"SourceTableName": "absent", **_LATEST}),
            (
                TableInUse,
                "Table already exists: first",
                {"SourceTableName": "first", "TargetTableName": "first", **_LATEST},
            ),
        ],
        ids=["no time", "no source", "two times", "absent", "over another"],
    )
    async def test_a_restore_that_cannot_be_is_refused(
        self, db: Client, error: type[TableError], says: str, request_: dict[str, Any]
    ) -> None:
        await db.create("first")
        await _recovery(db, "first", True)
        await db.refused(
            error, "RestoreTableToPointInTime", says, **{"TargetTableName": "second", **request_}
        )
        assert (await db("ListTables"))["TableNames"] == ["first"]

    async def test_recovery_of_an_absent_table_is_refused(self, db: Client) -> None:
        says = "Table not found: absent"
        await db.refused(
            TableNotFound,
            "UpdateContinuousBackups",
            says,
            TableName="absent",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        await db.refused(TableNotFound, "DescribeContinuousBackups", says, TableName="absent")
