"""Global tables: what the contract does not ask of every provider, and what happens to settings."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.calling import Engine, S, definitions, index, schema

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.behaviour import Behaviour

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
SCALING = {"MinimumUnits": 1, "MaximumUnits": 10}
SCALED = {**SCALING, "AutoScalingDisabled": False}
OFF = {"AutoScalingDisabled": True}
BAD_SCALING: list[tuple[dict[str, Any], str]] = [
    ({}, "At least one of"),
    ({"ProvisionedWriteCapacityAutoScalingUpdate": {"MinimumUnits": 1}}, "MaximumUnits"),
    (
        {
            "ProvisionedWriteCapacityAutoScalingUpdate": {
                "MinimumUnits": 9,
                "MaximumUnits": 1,
            }
        },
        "must not be more than",
    ),
    (
        {"ProvisionedWriteCapacityAutoScalingUpdate": {**OFF, "MinimumUnits": 9}},
        "has no other settings",
    ),
    ({"GlobalSecondaryIndexUpdates": [{}]}, "IndexName"),
    ({"ReplicaUpdates": [{"RegionName": "eu-north-1"}]}, "no replica in eu-north-1"),
]


@pytest.fixture
def db(engine: Engine) -> Engine:
    return engine


def create(db: Engine, **changes: Any) -> None:
    """Create `users` with one global index, with provisioned capacity and a stream."""
    request: dict[str, Any] = {
        "TableName": "users",
        "KeySchema": schema("pk"),
        "AttributeDefinitions": definitions(pk="S", color="S"),
        "ProvisionedThroughput": dict(UNITS),
        "StreamSpecification": STREAM,
        "GlobalSecondaryIndexes": [
            {**index("by_color", "color"), "ProvisionedThroughput": dict(UNITS)}
        ],
        **changes,
    }
    db("CreateTable", request)


def create_on_demand(db: Engine) -> None:
    create(
        db,
        BillingMode="PAY_PER_REQUEST",
        ProvisionedThroughput=None,
        GlobalSecondaryIndexes=[index("by_color", "color")],
    )


def make_global(db: Engine, *regions: str) -> None:
    group = [{"RegionName": region} for region in regions]
    db("CreateGlobalTable", GlobalTableName="users", ReplicationGroup=group)


def settings(db: Engine, region: str) -> dict[str, Any]:
    described = db("DescribeGlobalTableSettings", GlobalTableName="users")["ReplicaSettings"]
    (found,) = [each for each in described if each["RegionName"] == region]
    shown: dict[str, Any] = found
    return shown


def update(db: Engine, *updates: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Update replicas by UpdateTable, and return the table that it answers with."""
    request = {"TableName": "users", "ReplicaUpdates": list(updates), **more}
    table: dict[str, Any] = db("UpdateTable", request)["TableDescription"]
    return table


def added(region: str, **more: Any) -> dict[str, Any]:
    return {"Create": {"RegionName": region, **more}}


def removed(region: str) -> dict[str, Any]:
    return {"Delete": {"RegionName": region}}


def described(db: Engine) -> dict[str, Any]:
    table: dict[str, Any] = db("DescribeTable", TableName="users")["Table"]
    return table


@pytest.mark.parametrize(
    "group",
    [
        [],
        [{}],
        [{"RegionName": "us-east-1"}, {"RegionName": "us-east-1"}],
        [{"RegionName": "Virginia!"}],
    ],
    ids=["empty", "unnamed", "twice", "no region"],
)
def test_a_replication_group_names_each_region_once(db: Engine, group: list[Any]) -> None:
    create(db)
    db.invalid("invalid", "CreateGlobalTable", GlobalTableName="users", ReplicationGroup=group)


@pytest.mark.parametrize(
    "updates",
    [[], [{}], [{**added("eu-west-1"), **removed("us-east-1")}]],
    ids=["empty", "nothing", "both"],
)
def test_an_update_of_a_global_table_has_one_action_for_each_region(
    db: Engine, updates: list[Any]
) -> None:
    create(db)
    make_global(db, "us-east-1")
    db.invalid("invalid", "UpdateGlobalTable", GlobalTableName="users", ReplicaUpdates=updates)


def test_a_refused_update_of_a_global_table_changes_nothing(db: Engine) -> None:
    create(db)
    make_global(db, "us-east-1")
    db.refused(
        "ReplicaNotFoundException",
        "eu-west-1",
        "UpdateGlobalTable",
        GlobalTableName="users",
        ReplicaUpdates=[added("eu-north-1"), removed("eu-west-1")],
    )
    shown = db("DescribeGlobalTable", GlobalTableName="users")["GlobalTableDescription"]
    assert shown["ReplicationGroup"] == [{"RegionName": "us-east-1"}]


def test_a_table_is_global_in_one_version_only(db: Engine) -> None:
    create(db)
    update(db, added("eu-west-1"))
    db.refused(
        "GlobalTableAlreadyExistsException",
        "users",
        "CreateGlobalTable",
        GlobalTableName="users",
        ReplicationGroup=[{"RegionName": "us-east-1"}],
    )
    db.refused("GlobalTableNotFoundException", "", "DescribeGlobalTable", GlobalTableName="users")
    update(db, removed("eu-west-1"))
    make_global(db, "us-east-1")
    request = {"TableName": "users", "ReplicaUpdates": [added("eu-west-1")]}
    db.invalid("UpdateGlobalTable", "UpdateTable", request)
    assert "Replicas" not in described(db)
    db.invalid(
        "Disabling Stream is not allowed",
        "UpdateTable",
        TableName="users",
        StreamSpecification={"StreamEnabled": False},
    )


def test_the_settings_of_regions_and_indexes_are_told_apart(db: Engine) -> None:
    create(db)
    make_global(db, "us-east-1", "eu-west-1")
    db(
        "UpdateGlobalTableSettings",
        GlobalTableName="users",
        GlobalTableGlobalSecondaryIndexSettingsUpdate=[
            {
                "IndexName": "by_color",
                "ProvisionedWriteCapacityUnits": 8,
                "ProvisionedWriteCapacityAutoScalingSettingsUpdate": SCALING,
            }
        ],
        ReplicaSettingsUpdate=[
            {
                "RegionName": "us-east-1",
                "ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate": SCALING,
                "ReplicaTableClass": "STANDARD_INFREQUENT_ACCESS",
                "ReplicaGlobalSecondaryIndexSettingsUpdate": [
                    {
                        "IndexName": "by_color",
                        "ProvisionedReadCapacityUnits": 9,
                        "ProvisionedReadCapacityAutoScalingSettingsUpdate": SCALING,
                    }
                ],
            }
        ],
    )
    here, there = settings(db, "us-east-1"), settings(db, "eu-west-1")
    assert here["ReplicaTableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert "ReplicaTableClassSummary" not in there
    assert here["ReplicaProvisionedReadCapacityAutoScalingSettings"] == SCALED
    assert there["ReplicaProvisionedReadCapacityAutoScalingSettings"] == OFF
    assert here["ReplicaGlobalSecondaryIndexSettings"] == [
        {
            "IndexName": "by_color",
            "IndexStatus": "ACTIVE",
            "ProvisionedReadCapacityUnits": 9,
            "ProvisionedReadCapacityAutoScalingSettings": SCALED,
            "ProvisionedWriteCapacityUnits": 8,
            "ProvisionedWriteCapacityAutoScalingSettings": SCALED,
        }
    ]
    (other,) = there["ReplicaGlobalSecondaryIndexSettings"]
    assert other["ProvisionedReadCapacityUnits"] == 5
    assert other["ProvisionedReadCapacityAutoScalingSettings"] == OFF
    (of_table,) = described(db)["GlobalSecondaryIndexes"]
    assert of_table["ProvisionedThroughput"]["WriteCapacityUnits"] == 8


def test_a_global_table_is_billed_as_its_settings_say(db: Engine) -> None:
    create(db)
    make_global(db, "us-east-1")
    name = {"GlobalTableName": "users"}
    db("UpdateGlobalTableSettings", **name, GlobalTableBillingMode="PAY_PER_REQUEST")
    assert described(db)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    shown = settings(db, "us-east-1")
    assert shown["ReplicaBillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert shown["ReplicaProvisionedReadCapacityUnits"] == 0
    assert "ReplicaProvisionedReadCapacityAutoScalingSettings" not in shown
    back = {"GlobalTableBillingMode": "PROVISIONED", "GlobalTableProvisionedWriteCapacityUnits": 3}
    db.invalid("must be specified", "UpdateGlobalTableSettings", {**name, **back})
    region = {"RegionName": "us-east-1", "ReplicaProvisionedReadCapacityUnits": 4}
    db("UpdateGlobalTableSettings", **name, **back, ReplicaSettingsUpdate=[region])
    units = described(db)["ProvisionedThroughput"]
    assert (units["ReadCapacityUnits"], units["WriteCapacityUnits"]) == (4, 3)
    assert settings(db, "us-east-1")["ReplicaProvisionedReadCapacityUnits"] == 4


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"GlobalTableProvisionedWriteCapacityUnits": 3},
        {"ReplicaSettingsUpdate": [
            {
                "RegionName": "us-east-1",
                "ReplicaGlobalSecondaryIndexSettingsUpdate": [
                    {"IndexName": "by_color", "ProvisionedReadCapacityUnits": 9}
                ],
            }
        ]},
    ],
    ids=["nothing", "writes", "reads of an index"],
)  # fmt: skip
def test_what_is_billed_by_request_has_no_capacity_to_set(
    db: Engine, given: dict[str, Any]
) -> None:
    create_on_demand(db)
    make_global(db, "us-east-1")
    db.invalid("invalid", "UpdateGlobalTableSettings", {"GlobalTableName": "users", **given})


def test_an_update_shows_replicas_on_their_way(db: Engine) -> None:
    create_on_demand(db)
    assert update(db, added("eu-west-1"), added("eu-north-1"))["Replicas"] == [
        {
            "RegionName": region,
            "ReplicaStatus": "CREATING",
            "ReplicaArn": f"arn:aws:dynamodb:{region}:000000000000:table/users",
            "GlobalSecondaryIndexes": [{"IndexName": "by_color"}],
        }
        for region in ("eu-west-1", "eu-north-1")
    ]
    change = {"Update": {"RegionName": "eu-west-1", "KMSMasterKeyId": "alias/mine"}}
    shown = {
        replica["RegionName"]: replica["ReplicaStatus"]
        for replica in update(db, change, removed("eu-north-1"))["Replicas"]
    }
    assert shown == {"eu-west-1": "UPDATING", "eu-north-1": "DELETING"}
    (replica,) = described(db)["Replicas"]
    assert replica["KMSMasterKeyId"] == "alias/mine"


def test_overrides_are_those_of_the_billing_mode(db: Engine) -> None:
    create(db)
    reads = {"ProvisionedThroughputOverride": {"ReadCapacityUnits": 7}}
    of_index = {"GlobalSecondaryIndexes": [{"IndexName": "by_color", **reads}]}
    update(db, added("eu-west-1", **reads, **of_index))
    (replica,) = described(db)["Replicas"]
    assert replica["ProvisionedThroughputOverride"] == {"ReadCapacityUnits": 7}
    assert replica["GlobalSecondaryIndexes"] == [{"IndexName": "by_color", **reads}]
    limits = {"OnDemandThroughputOverride": {"MaxReadRequestUnits": 7}}
    request = {"TableName": "users", "ReplicaUpdates": [added("eu-north-1", **limits)]}
    db.invalid("when BillingMode is PROVISIONED", "UpdateTable", request)
    db("UpdateTable", TableName="users", BillingMode="PAY_PER_REQUEST")
    (replica,) = described(db)["Replicas"]
    assert "ProvisionedThroughputOverride" not in replica
    wrong = [{"IndexName": "absent"}]
    request["ReplicaUpdates"] = [added("eu-north-1", GlobalSecondaryIndexes=wrong)]
    db.invalid("no global secondary index absent", "UpdateTable", request)


def test_a_replica_is_not_added_where_the_table_is(db: Engine) -> None:
    create(db)
    request = {"TableName": "users", "ReplicaUpdates": [added("us-east-1")]}
    db.invalid("Cannot add, delete, or update the local region", "UpdateTable", request)


def test_a_replica_cannot_read_a_stream_of_another_view(db: Engine) -> None:
    create(db, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    request = {"TableName": "users", "ReplicaUpdates": [added("eu-west-1")]}
    db.invalid("KEYS_ONLY; disable it first", "UpdateTable", request)
    assert "Replicas" not in described(db)


def test_a_strongly_consistent_table_needs_no_stream_and_goes_back_at_once(db: Engine) -> None:
    create(db, StreamSpecification=None)
    update(db, added("eu-west-1"), added("eu-north-1"), MultiRegionConsistency="STRONG")
    table = described(db)
    assert "StreamSpecification" not in table
    assert len(table["Replicas"]) == 2
    request = {"TableName": "users", "ReplicaUpdates": [removed("eu-west-1")]}
    db.invalid("created and deleted together", "UpdateTable", request)
    update(db, removed("eu-west-1"), removed("eu-north-1"))
    assert "MultiRegionConsistency" not in described(db)


def test_a_witness_comes_and_goes_with_the_replica(db: Engine) -> None:
    create(db)
    update(
        db,
        added("eu-west-1"),
        MultiRegionConsistency="STRONG",
        GlobalTableWitnessUpdates=[added("eu-north-1")],
    )
    request = {"TableName": "users"}
    wrong: list[dict[str, Any]] = [
        {"GlobalTableWitnessUpdates": [removed("eu-north-1")]},
        {"GlobalTableWitnessUpdates": [added("eu-central-1")]},
        {"ReplicaUpdates": [removed("eu-west-1")]},
        {
            "ReplicaUpdates": [removed("eu-west-1")],
            "GlobalTableWitnessUpdates": [removed("eu-central-1")],
        },
    ]
    for changes in wrong:
        db.invalid("invalid", "UpdateTable", {**request, **changes})
    update(db, removed("eu-west-1"), GlobalTableWitnessUpdates=[removed("eu-north-1")])
    table = described(db)
    assert "Replicas" not in table
    assert "GlobalTableWitnesses" not in table


@pytest.mark.parametrize(
    "changes",
    [
        {"MultiRegionConsistency": "STRONG"},
        {"MultiRegionConsistency": "STRONG", "ReplicaUpdates": [added("eu-west-1")]},
        {
            "MultiRegionConsistency": "STRONG",
            "ReplicaUpdates": [added("eu-west-1")],
            "GlobalTableWitnessUpdates": [added("eu-west-1")],
        },
        {
            "ReplicaUpdates": [added("eu-west-1")],
            "GlobalTableWitnessUpdates": [added("eu-north-1")],
        },
        {"GlobalTableWitnessUpdates": [removed("eu-north-1")]},
    ],
    ids=["alone", "one replica", "both in one region", "eventual", "no witness"],
)
def test_a_consistency_that_cannot_be_is_refused(db: Engine, changes: dict[str, Any]) -> None:
    create(db)
    db.invalid("invalid", "UpdateTable", {"TableName": "users", **changes})
    assert "Replicas" not in described(db)


def test_a_strongly_consistent_table_begins_empty_and_plain(db: Engine) -> None:
    create(db)
    both = [added("eu-west-1"), added("eu-north-1")]
    strong = {"TableName": "users", "MultiRegionConsistency": "STRONG", "ReplicaUpdates": both}
    db.put("users", pk=S("a"))
    db.invalid("begins as an empty one", "UpdateTable", strong)
    db("DeleteItem", TableName="users", Key={"pk": S("a")})
    lifetime = {"Enabled": True, "AttributeName": "ttl"}
    db("UpdateTimeToLive", TableName="users", TimeToLiveSpecification=lifetime)
    db.invalid("nor time to live", "UpdateTable", strong)


def test_the_consistency_of_a_global_table_stays(db: Engine) -> None:
    create(db)
    update(db, added("eu-west-1"), MultiRegionConsistency="EVENTUAL")
    assert described(db)["MultiRegionConsistency"] == "EVENTUAL"
    strong = {
        "TableName": "users",
        "MultiRegionConsistency": "STRONG",
        "ReplicaUpdates": [added("eu-north-1")],
    }
    db.invalid("EVENTUAL, and stays so", "UpdateTable", strong)


def test_replicas_and_their_indexes_are_scaled_until_they_are_removed(db: Engine) -> None:
    create(db)
    update(db, added("eu-west-1"), added("eu-north-1"))
    answer = db(
        "UpdateTableReplicaAutoScaling",
        TableName="users",
        GlobalSecondaryIndexUpdates=[
            {"IndexName": "by_color", "ProvisionedWriteCapacityAutoScalingUpdate": SCALING}
        ],
        ReplicaUpdates=[
            {
                "RegionName": "eu-west-1",
                "ReplicaProvisionedReadCapacityAutoScalingUpdate": SCALING,
                "ReplicaGlobalSecondaryIndexUpdates": [
                    {"IndexName": "by_color", "ProvisionedReadCapacityAutoScalingUpdate": SCALING}
                ],
            }
        ],
    )["TableAutoScalingDescription"]
    assert (answer["TableName"], answer["TableStatus"]) == ("users", "UPDATING")
    here, there = answer["Replicas"]
    assert here["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "by_color",
            "IndexStatus": "ACTIVE",
            "ProvisionedReadCapacityAutoScalingSettings": SCALED,
            "ProvisionedWriteCapacityAutoScalingSettings": SCALED,
        }
    ]
    assert here["ReplicaProvisionedReadCapacityAutoScalingSettings"] == SCALED
    assert there["ReplicaProvisionedReadCapacityAutoScalingSettings"] == OFF
    (index_there,) = there["GlobalSecondaryIndexes"]
    assert index_there["ProvisionedReadCapacityAutoScalingSettings"] == OFF
    assert index_there["ProvisionedWriteCapacityAutoScalingSettings"] == SCALED
    update(db, removed("eu-west-1"))
    update(db, added("eu-west-1"))
    shown = db("DescribeTableReplicaAutoScaling", TableName="users")
    for replica in shown["TableAutoScalingDescription"]["Replicas"]:
        assert replica["ReplicaProvisionedReadCapacityAutoScalingSettings"] == OFF


@pytest.mark.parametrize(
    ("given", "says"),
    BAD_SCALING,
    ids=["nothing", "one bound", "crossed", "off and on", "no index", "no region"],
)
def test_scaling_that_cannot_be_is_refused(db: Engine, given: dict[str, Any], says: str) -> None:
    create(db)
    update(db, added("eu-west-1"))
    db.invalid(says, "UpdateTableReplicaAutoScaling", {"TableName": "users", **given})


def test_scaling_is_switched_off_again(db: Engine) -> None:
    create(db)
    update(db, added("eu-west-1"))
    for given, shown in ((SCALING, SCALED), (OFF, OFF)):
        answer = db(
            "UpdateTableReplicaAutoScaling",
            TableName="users",
            ProvisionedWriteCapacityAutoScalingUpdate=given,
        )
        (replica,) = answer["TableAutoScalingDescription"]["Replicas"]
        assert replica["ReplicaProvisionedWriteCapacityAutoScalingSettings"] == shown


def test_scaling_needs_replicas_and_provisioned_capacity_and_an_index(db: Engine) -> None:
    request = {"TableName": "users", "ProvisionedWriteCapacityAutoScalingUpdate": SCALING}
    create_on_demand(db)
    db.invalid("has no replicas", "UpdateTableReplicaAutoScaling", request)
    update(db, added("eu-west-1"))
    db.invalid("needs provisioned capacity", "UpdateTableReplicaAutoScaling", request)
    db("DeleteTable", TableName="users")
    create(db)
    update(db, added("eu-west-1"))
    db.refused(
        "ResourceNotFoundException",
        "Index: absent not found",
        "UpdateTableReplicaAutoScaling",
        TableName="users",
        GlobalSecondaryIndexUpdates=[{"IndexName": "absent"}],
    )


@pytest.mark.parametrize("value", ["50", True, float("inf"), float("nan")])
def test_a_target_is_a_finite_number(db: Engine, value: object) -> None:
    create(db)
    policy = {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": value}}
    db.refused(
        "SerializationException",
        "cannot be converted to Double",
        "UpdateTableReplicaAutoScaling",
        TableName="users",
        ProvisionedWriteCapacityAutoScalingUpdate={**SCALING, "ScalingPolicyUpdate": policy},
    )


@pytest.mark.parametrize(
    ("operation", "given", "says"),
    [
        ("CreateTable", {"GlobalTableSourceArn": "arn"}, "one account"),
        ("UpdateTable", {"DisassociationProtectionEnabled": True}, "one account"),
        (
            "UpdateTable",
            {"ReplicaUpdates": [{"Disassociate": {"RegionName": "eu-west-1"}}]},
            "one copy of the data",
        ),
        ("UpdateTable", {"VectorIndexUpdates": []}, "no vector search"),
    ],
)
def test_what_is_not_there_is_refused_by_name(
    db: Engine, operation: str, given: dict[str, Any], says: str
) -> None:
    db.invalid(says, operation, {"TableName": "users", **given})


def test_a_restored_table_has_none_of_these_settings(db: Engine) -> None:
    create(db)
    update(db, added("eu-west-1"))
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/one"
    db("EnableKinesisStreamingDestination", TableName="users", StreamArn=arn)
    for place in ({}, {"IndexName": "by_color"}):
        request = {"TableName": "users", **place, "ContributorInsightsAction": "ENABLE"}
        db("UpdateContributorInsights", request)
    backup = db("CreateBackup", TableName="users", BackupName="one-day")["BackupDetails"]
    features = db("DescribeBackup", BackupArn=backup["BackupArn"])["BackupDescription"]
    (kept,) = features["SourceTableFeatureDetails"]["GlobalSecondaryIndexes"]
    assert sorted(kept) == ["IndexName", "KeySchema", "Projection", "ProvisionedThroughput"]
    for overrides in ({}, {"GlobalSecondaryIndexOverride": [index("by_color", "color")]}):
        name = f"restored{len(overrides)}"
        db(
            "RestoreTableFromBackup",
            TargetTableName=name,
            BackupArn=backup["BackupArn"],
            **overrides,
        )
        table = db("DescribeTable", TableName=name)["Table"]
        assert "Replicas" not in table
        assert "GlobalTableVersion" not in table
        destinations = db("DescribeKinesisStreamingDestination", TableName=name)
        assert destinations["KinesisDataStreamDestinations"] == []
        assert db("ListContributorInsights", TableName=name)["ContributorInsightsSummaries"] == []


def test_replicas_change_for_as_long_as_their_table_does(db: Engine) -> None:
    db.adapter = EmbeddedAdapter(
        db.store,
        provider="memory",
        clock=lambda: db.now,
        behaviour=Behaviour(table_delay=10),
    )
    create_on_demand(db)
    db.now += 10
    update(db, added("eu-west-1"))
    table = described(db)
    assert table["TableStatus"] == "UPDATING"
    assert [replica["ReplicaStatus"] for replica in table["Replicas"]] == ["CREATING"]
    db.refused(
        "ResourceInUseException",
        "being updated",
        "UpdateTableReplicaAutoScaling",
        TableName="users",
        ProvisionedWriteCapacityAutoScalingUpdate=SCALING,
    )
    shown = db("DescribeTableReplicaAutoScaling", TableName="users")
    assert shown["TableAutoScalingDescription"]["TableStatus"] == "UPDATING"
    db.now += 10
    assert [replica["ReplicaStatus"] for replica in described(db)["Replicas"]] == ["ACTIVE"]
    update(db, removed("eu-west-1"))
    assert described(db)["Replicas"] == [{"RegionName": "eu-west-1", "ReplicaStatus": "DELETING"}]
    db.now += 10
    assert "Replicas" not in described(db)
