"""Global tables of both versions, and their settings: what is kept and described of them."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import InvalidRequest, TableInUse, TableNotFound
from anydynamo.testing.contracts.client import Client, Contract, S, gsi

__all__ = ["GlobalTableContract", "ReplicaContract"]

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
UNITS: dict[str, Any] = {
    "BillingMode": "PROVISIONED",
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
}
POLICY = {
    "PolicyName": "half",
    "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50.0},
}
SCALING = {"MinimumUnits": 1, "MaximumUnits": 10, "ScalingPolicyUpdate": POLICY}
SCALED = {
    "MinimumUnits": 1,
    "MaximumUnits": 10,
    "AutoScalingDisabled": False,
    "ScalingPolicies": [POLICY],
}


def _create(*regions: str) -> list[dict[str, Any]]:
    return [{"Create": {"RegionName": region}} for region in regions]


def _delete(*regions: str) -> list[dict[str, Any]]:
    return [{"Delete": {"RegionName": region}} for region in regions]


async def _global(db: Client, *regions: str, **options: Any) -> None:
    await db.create("tab", StreamSpecification=STREAM, **options)
    group = [{"RegionName": region} for region in regions]
    created = await db("CreateGlobalTable", GlobalTableName="tab", ReplicationGroup=group)
    assert created["GlobalTableDescription"]["GlobalTableStatus"] in ("CREATING", "ACTIVE")


async def _regions(db: Client) -> list[str]:
    described = (await db("DescribeGlobalTable", GlobalTableName="tab"))["GlobalTableDescription"]
    assert described["GlobalTableStatus"] == "ACTIVE"
    return sorted(replica["RegionName"] for replica in described["ReplicationGroup"])


class GlobalTableContract(Contract):
    """A global table of version 2017.11.29 is a name that regions share."""

    async def test_a_global_table_is_described(self, db: Client) -> None:
        await _global(db, "us-east-1", "eu-west-1")
        described = await db("DescribeGlobalTable", GlobalTableName="tab")
        shown = described["GlobalTableDescription"]
        assert shown["GlobalTableName"] == "tab"
        assert shown["GlobalTableArn"].endswith(":global-table/tab")
        assert await _regions(db) == ["eu-west-1", "us-east-1"]
        table = (await db("DescribeTable", TableName="tab"))["Table"]
        assert table["GlobalTableVersion"] == "2017.11.29"

    async def test_a_global_table_needs_an_empty_table_with_a_stream_of_both_images(
        self, db: Client
    ) -> None:
        request: dict[str, Any] = {
            "GlobalTableName": "tab",
            "ReplicationGroup": [{"RegionName": "us-east-1"}],
        }
        await db.refused(TableNotFound, "CreateGlobalTable", **request)
        await db.create("tab")
        await db.refused(InvalidRequest, "CreateGlobalTable", **request)
        await db("UpdateTable", TableName="tab", StreamSpecification=STREAM)
        await db.active("tab")
        await db.put("tab", {"pk": S("a")})
        await db.refused(InvalidRequest, "CreateGlobalTable", **request)
        await db("DeleteItem", TableName="tab", Key={"pk": S("a")})
        await db("CreateGlobalTable", **request)
        await db.refused(TableInUse, "CreateGlobalTable", **request)

    async def test_replicas_are_added_and_removed(self, db: Client) -> None:
        await _global(db, "us-east-1")
        request = {"GlobalTableName": "tab"}
        updates = _create("eu-west-1")
        await db("UpdateGlobalTable", **request, ReplicaUpdates=updates)
        assert await _regions(db) == ["eu-west-1", "us-east-1"]
        await db.refused(TableInUse, "UpdateGlobalTable", **request, ReplicaUpdates=updates)
        updates = _delete("us-east-1")
        await db("UpdateGlobalTable", **request, ReplicaUpdates=updates)
        await db.refused(TableNotFound, "UpdateGlobalTable", **request, ReplicaUpdates=updates)
        assert await _regions(db) == ["eu-west-1"]
        await db("UpdateGlobalTable", **request, ReplicaUpdates=_delete("eu-west-1"))
        await db.refused(TableNotFound, "DescribeGlobalTable", **request)

    async def test_global_tables_are_listed_in_pages_and_by_region(self, db: Client) -> None:
        for name, region in (("ant", "us-east-1"), ("bee", "eu-west-1"), ("cat", "us-east-1")):
            await db.create(name, StreamSpecification=STREAM)
            await db(
                "CreateGlobalTable", GlobalTableName=name, ReplicationGroup=[{"RegionName": region}]
            )
        await db.create("dog")
        page = await db("ListGlobalTables", Limit=2)
        assert [each["GlobalTableName"] for each in page["GlobalTables"]] == ["ant", "bee"]
        rest = await db(
            "ListGlobalTables", ExclusiveStartGlobalTableName=page["LastEvaluatedGlobalTableName"]
        )
        assert [each["GlobalTableName"] for each in rest["GlobalTables"]] == ["cat"]
        assert "LastEvaluatedGlobalTableName" not in rest
        there = await db("ListGlobalTables", RegionName="us-east-1")
        assert there["GlobalTables"] == [
            {"GlobalTableName": name, "ReplicationGroup": [{"RegionName": "us-east-1"}]}
            for name in ("ant", "cat")
        ]

    async def test_what_is_no_global_table_is_not_found(self, db: Client) -> None:
        await db.create("tab")
        request = {"GlobalTableName": "tab"}
        await db.refused(TableNotFound, "DescribeGlobalTable", **request)
        await db.refused(TableNotFound, "DescribeGlobalTableSettings", **request)
        updates = _create("us-east-1")
        await db.refused(TableNotFound, "UpdateGlobalTable", **request, ReplicaUpdates=updates)

    async def test_a_global_table_goes_with_its_table(self, db: Client) -> None:
        await _global(db, "us-east-1")
        await db("DeleteTable", TableName="tab")
        await db.refused(TableNotFound, "DescribeGlobalTable", GlobalTableName="tab")
        assert (await db("ListGlobalTables"))["GlobalTables"] == []

    async def test_settings_are_described_by_region(self, db: Client) -> None:
        await _global(db, "us-east-1", "eu-west-1", **UNITS)
        await db(
            "UpdateGlobalTableSettings",
            GlobalTableName="tab",
            GlobalTableProvisionedWriteCapacityUnits=7,
            GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate=SCALING,
            ReplicaSettingsUpdate=[
                {"RegionName": "eu-west-1", "ReplicaProvisionedReadCapacityUnits": 9}
            ],
        )
        described = await db("DescribeGlobalTableSettings", GlobalTableName="tab")
        settings = {each["RegionName"]: each for each in described["ReplicaSettings"]}
        assert sorted(settings) == ["eu-west-1", "us-east-1"]
        assert settings["eu-west-1"]["ReplicaProvisionedReadCapacityUnits"] == 9
        assert settings["us-east-1"]["ReplicaProvisionedReadCapacityUnits"] == 5
        for each in settings.values():
            assert each["ReplicaStatus"] == "ACTIVE"
            assert each["ReplicaProvisionedWriteCapacityUnits"] == 7
            assert each["ReplicaProvisionedWriteCapacityAutoScalingSettings"] == SCALED

    async def test_settings_need_a_region_and_an_index_that_are_there(self, db: Client) -> None:
        await _global(db, "us-east-1", **UNITS)
        request = {"GlobalTableName": "tab"}
        region = [{"RegionName": "eu-west-1", "ReplicaProvisionedReadCapacityUnits": 9}]
        index = [{"IndexName": "absent", "ProvisionedWriteCapacityUnits": 9}]
        await db.refused(
            TableNotFound, "UpdateGlobalTableSettings", **request, ReplicaSettingsUpdate=region
        )
        await db.refused(
            TableNotFound,
            "UpdateGlobalTableSettings",
            **request,
            GlobalTableGlobalSecondaryIndexSettingsUpdate=index,
        )


class ReplicaContract(Contract):
    """Replicas of version 2019.11.21 are described with their table."""

    async def test_a_replica_is_added_changed_and_removed(self, db: Client) -> None:
        await db.create("tab", "pk:S", None, gsi("by_color", "color:S"))
        update = {
            "RegionName": "eu-central-1",
            "TableClassOverride": "STANDARD_INFREQUENT_ACCESS",
            "OnDemandThroughputOverride": {"MaxReadRequestUnits": 20},
        }
        await db("UpdateTable", TableName="tab", ReplicaUpdates=_create("eu-central-1"))
        table = await db.active("tab")
        assert table["GlobalTableVersion"] == "2019.11.21"
        (replica,) = table["Replicas"]
        assert (replica["RegionName"], replica["ReplicaStatus"]) == ("eu-central-1", "ACTIVE")
        await db("UpdateTable", TableName="tab", ReplicaUpdates=[{"Update": update}])
        (replica,) = (await db.active("tab"))["Replicas"]
        assert replica["ReplicaTableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
        assert replica["OnDemandThroughputOverride"] == {"MaxReadRequestUnits": 20}
        assert [index["IndexName"] for index in replica["GlobalSecondaryIndexes"]] == ["by_color"]
        await db("UpdateTable", TableName="tab", ReplicaUpdates=_delete("eu-central-1"))
        table = await db.active("tab")
        assert not table.get("Replicas")
        assert "GlobalTableVersion" not in table

    async def test_a_replica_needs_a_stream_which_then_stays(self, db: Client) -> None:
        await db.create("tab")
        await db("UpdateTable", TableName="tab", ReplicaUpdates=_create("eu-central-1"))
        assert (await db.active("tab"))["StreamSpecification"] == STREAM
        off = {"StreamEnabled": False}
        await db.refused(
            InvalidRequest,
            "UpdateTable",
            "Disabling Stream is not allowed",
            TableName="tab",
            StreamSpecification=off,
        )
        await db("UpdateTable", TableName="tab", ReplicaUpdates=_delete("eu-central-1"))
        await db.active("tab")
        await db("UpdateTable", TableName="tab", StreamSpecification=off)

    @pytest.mark.parametrize(
        "updates",
        [
            pytest.param(_create("eu-central-1"), id="twice"),
            pytest.param(_delete("eu-north-1"), id="not there"),
            pytest.param([{"Update": {"RegionName": "eu-central-1"}}], id="no change"),
            pytest.param(_create("eu-north-1") + _delete("eu-north-1"), id="two of one region"),
            pytest.param([*_create("eu-north-1"), {}], id="nothing"),
        ],
    )
    async def test_an_update_of_replicas_that_cannot_be_is_refused(
        self, db: Client, updates: list[dict[str, Any]]
    ) -> None:
        await db.create("tab")
        await db("UpdateTable", TableName="tab", ReplicaUpdates=_create("eu-central-1"))
        await db.active("tab")
        await db.refused(InvalidRequest, "UpdateTable", TableName="tab", ReplicaUpdates=updates)
        (replica,) = (await db.active("tab"))["Replicas"]
        assert replica["RegionName"] == "eu-central-1"

    async def test_a_strongly_consistent_table_has_two_replicas_or_a_witness(
        self, db: Client
    ) -> None:
        await db.create("tab")
        strong: dict[str, Any] = {"TableName": "tab", "MultiRegionConsistency": "STRONG"}
        await db.refused(InvalidRequest, "UpdateTable", **strong)
        await db.refused(
            InvalidRequest, "UpdateTable", **strong, ReplicaUpdates=_create("eu-central-1")
        )
        await db(
            "UpdateTable",
            **strong,
            ReplicaUpdates=_create("eu-central-1"),
            GlobalTableWitnessUpdates=_create("eu-north-1"),
        )
        table = await db.active("tab")
        assert table["MultiRegionConsistency"] == "STRONG"
        (witness,) = table["GlobalTableWitnesses"]
        assert (witness["RegionName"], witness["WitnessStatus"]) == ("eu-north-1", "ACTIVE")

    async def test_replicas_are_scaled(self, db: Client) -> None:
        await db.create("tab", **UNITS)
        await db("UpdateTable", TableName="tab", ReplicaUpdates=_create("eu-central-1"))
        await db.active("tab")
        await db(
            "UpdateTableReplicaAutoScaling",
            TableName="tab",
            ProvisionedWriteCapacityAutoScalingUpdate=SCALING,
        )
        described = await db("DescribeTableReplicaAutoScaling", TableName="tab")
        (replica,) = described["TableAutoScalingDescription"]["Replicas"]
        assert replica["RegionName"] == "eu-central-1"
        assert replica["ReplicaProvisionedWriteCapacityAutoScalingSettings"] == SCALED
        off = {"AutoScalingDisabled": True}
        assert replica["ReplicaProvisionedReadCapacityAutoScalingSettings"] == off

    async def test_scaling_needs_its_table(self, db: Client) -> None:
        await db.refused(TableNotFound, "DescribeTableReplicaAutoScaling", TableName="absent")
