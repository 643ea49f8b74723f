"""Backups: what they hold, when they were made, and what restoring them leaves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.calling import Engine, N, S, definitions, finished, index, schema

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.stores.jsonfile import JSONFileStore

if TYPE_CHECKING:
    from pathlib import Path


UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}


def backup(engine: Engine, table: str = "users", name: str = "first") -> str:
    answer = engine("CreateBackup", TableName=table, BackupName=name)
    arn: str = answer["BackupDetails"]["BackupArn"]
    return arn


def restore(engine: Engine, arn: str, to: str = "again", **overrides: Any) -> Any:
    answer = engine("RestoreTableFromBackup", TargetTableName=to, BackupArn=arn, **overrides)
    return answer["TableDescription"]


@pytest.fixture
def db(engine: Engine) -> Engine:
    """A table `users` with one item."""
    engine.create("users", "pk")
    engine.put("users", pk=S("a"), n=N(1))
    return engine


def spaces(engine: Engine) -> list[str]:
    return [name for name in engine.store._spaces if name.startswith("backup/")]


def test_a_backup_is_being_made_in_the_answer_and_there_after_it(db: Engine) -> None:
    made = db("CreateBackup", TableName="users", BackupName="first")["BackupDetails"]
    assert made["BackupStatus"] == "CREATING"
    found = db("DescribeBackup", BackupArn=made["BackupArn"])["BackupDescription"]
    assert found["BackupDetails"] == {**made, "BackupStatus": "AVAILABLE"}


def test_a_backup_says_when_it_was_made_and_how_large_it_is(db: Engine) -> None:
    arn = backup(db)
    details = db("DescribeBackup", BackupArn=arn)["BackupDescription"]["BackupDetails"]
    assert details == {
        "BackupArn": arn,
        "BackupName": "first",
        "BackupSizeBytes": 6,
        "BackupStatus": "AVAILABLE",
        "BackupType": "USER",
        "BackupCreationDateTime": datetime.fromtimestamp(db.now, UTC),
    }
    assert arn.startswith(
        "arn:aws:dynamodb:us-east-1:000000000000:table/users/backup/01700000000000-"
    )


def test_a_backup_keeps_what_a_restored_table_does_not_take_over(db: Engine) -> None:
    ttl = {"Enabled": True, "AttributeName": "until"}
    db("UpdateTimeToLive", TableName="users", TimeToLiveSpecification=ttl)
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    db("UpdateTable", TableName="users", StreamSpecification=stream)
    arn = backup(db)
    features = db("DescribeBackup", BackupArn=arn)["BackupDescription"]
    assert features["SourceTableFeatureDetails"] == {
        "StreamDescription": stream,
        "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"},
    }
    described = restore(db, arn)
    assert "StreamSpecification" not in described
    assert "LatestStreamArn" not in described


def test_a_restored_table_says_where_it_is_from(db: Engine) -> None:
    made = db.now
    arn = backup(db)
    db.now += 3600
    described = restore(db, arn)
    assert described["RestoreSummary"] == {
        "SourceBackupArn": arn,
        "SourceTableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/users",
        "RestoreDateTime": datetime.fromtimestamp(made, UTC),
        "RestoreInProgress": True,
    }
    summary = db("DescribeTable", TableName="again")["Table"]["RestoreSummary"]
    assert not summary["RestoreInProgress"]
    assert described["CreationDateTime"].timestamp() == db.now
    assert described["ItemCount"] == 1
    assert described["TableSizeBytes"] == 6


def test_a_restored_table_is_a_table_of_its_own(db: Engine) -> None:
    arn = backup(db)
    restore(db, arn)
    db.put("again", pk=S("b"))
    db("DeleteTable", TableName="users")
    assert len(db.all("again")) == 2
    assert db("DescribeTable", TableName="again")["Table"]["ItemCount"] == 2
    restore(db, arn, "third")
    assert db.all("third") == [{"pk": S("a"), "n": N(1)}]


def test_restored_indexes_are_filled_and_counted(db: Engine) -> None:
    db(
        "UpdateTable",
        TableName="users",
        AttributeDefinitions=[{"AttributeName": "n", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[{"Create": index("by_n", "n")}],
    )
    described = restore(db, backup(db))
    assert described["GlobalSecondaryIndexes"][0]["ItemCount"] == 1
    bare = restore(db, backup(db), "bare", GlobalSecondaryIndexOverride=[])
    assert "GlobalSecondaryIndexes" not in bare
    assert bare["AttributeDefinitions"] == [{"AttributeName": "pk", "AttributeType": "S"}]


def test_an_index_that_is_not_in_the_backup_is_refused(db: Engine) -> None:
    arn = backup(db)
    request = {
        "TargetTableName": "again",
        "BackupArn": arn,
        "GlobalSecondaryIndexOverride": [index("by_n", "n")],
    }
    db.invalid("Index by_n does not match", "RestoreTableFromBackup", request)
    assert db("ListTables")["TableNames"] == ["users"]


def test_billing_can_be_overridden_both_ways(db: Engine) -> None:
    arn = backup(db)
    db.invalid(
        "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
        "RestoreTableFromBackup",
        TargetTableName="again",
        BackupArn=arn,
        BillingModeOverride="PROVISIONED",
    )
    overrides: dict[str, Any] = {
        "BillingModeOverride": "PROVISIONED",
        "ProvisionedThroughputOverride": UNITS,
    }
    described = restore(db, arn, **overrides)
    assert "BillingModeSummary" not in described
    assert described["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **UNITS}
    arn = backup(db, "again")
    source = db("DescribeBackup", BackupArn=arn)["BackupDescription"]["SourceTableDetails"]
    assert source["ProvisionedThroughput"] == UNITS
    described = restore(db, arn, "third", BillingModeOverride="PAY_PER_REQUEST")
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert described["ProvisionedThroughput"]["ReadCapacityUnits"] == 0


@pytest.mark.parametrize(
    ("says", "overrides"),
    [
        (
            "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
            {"ProvisionedThroughputOverride": UNITS},
        ),
        (
            "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST",
            {"BillingModeOverride": "PAY_PER_REQUEST", "ProvisionedThroughputOverride": UNITS},
        ),
        (
            "overridden to PAY_PER_REQUEST for index by_n",
            {
                "GlobalSecondaryIndexOverride": [
                    {**index("by_n", "n"), "ProvisionedThroughput": UNITS}
                ]
            },
        ),
        (
            "Must specify provisioned throughput for index by_n",
            {
                "BillingModeOverride": "PROVISIONED",
                "ProvisionedThroughputOverride": UNITS,
                "GlobalSecondaryIndexOverride": [index("by_n", "n")],
            },
        ),
        (
            "Cannot override MaxReadRequestUnits for OnDemandThroughput unless",
            {
                "BillingModeOverride": "PROVISIONED",
                "ProvisionedThroughputOverride": UNITS,
                "OnDemandThroughputOverride": {"MaxReadRequestUnits": 5},
            },
        ),
    ],
)
def test_overrides_that_contradict_each_other_are_refused(
    engine: Engine, says: str, overrides: dict[str, Any]
) -> None:
    engine(
        "CreateTable",
        TableName="users",
        KeySchema=schema("pk"),
        AttributeDefinitions=definitions(pk="S", n="N"),
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[index("by_n", "n")],
    )
    request = {"TargetTableName": "again", "BackupArn": backup(engine), **overrides}
    engine.invalid(says, "RestoreTableFromBackup", request)
    assert engine("ListTables")["TableNames"] == ["users"]


def test_indexes_take_the_throughput_of_their_table_unless_they_are_overridden(
    engine: Engine,
) -> None:
    engine(
        "CreateTable",
        TableName="users",
        KeySchema=schema("pk"),
        AttributeDefinitions=definitions(pk="S", n="N"),
        BillingMode="PAY_PER_REQUEST",
        OnDemandThroughput={"MaxReadRequestUnits": 9},
        GlobalSecondaryIndexes=[index("by_n", "n")],
    )
    arn = backup(engine)
    billed: dict[str, Any] = {
        "BillingModeOverride": "PROVISIONED",
        "ProvisionedThroughputOverride": UNITS,
    }
    described = restore(engine, arn, **billed)
    assert described["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert "OnDemandThroughput" not in described
    own = {**index("by_n", "n"), "ProvisionedThroughput": {**UNITS, "ReadCapacityUnits": 7}}
    described = restore(engine, arn, "third", GlobalSecondaryIndexOverride=[own], **billed)
    assert described["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 7


def test_what_is_no_arn_of_a_backup_is_refused(db: Engine) -> None:
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/users"
    for operation in ("DescribeBackup", "DeleteBackup"):
        db.invalid("Invalid Backup ARN", operation, BackupArn=arn)
    db.invalid(
        "Invalid Backup ARN", "RestoreTableFromBackup", TargetTableName="again", BackupArn=arn
    )


def test_encryption_and_on_demand_limits_can_be_overridden(db: Engine) -> None:
    described = restore(
        db,
        backup(db),
        SSESpecificationOverride={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": None},
        OnDemandThroughputOverride={"MaxReadRequestUnits": 9},
    )
    encrypted = described["SSEDescription"]
    assert encrypted.pop("KMSMasterKeyArn").startswith("arn:aws:kms:")
    assert encrypted == {"Status": "ENABLED", "SSEType": "KMS"}
    assert described["OnDemandThroughput"] == {"MaxReadRequestUnits": 9}
    arn = backup(db, "again")
    described = db("DescribeBackup", BackupArn=arn)["BackupDescription"]
    assert described["SourceTableDetails"]["OnDemandThroughput"] == {"MaxReadRequestUnits": 9}
    described["SourceTableFeatureDetails"]["SSEDescription"].pop("KMSMasterKeyArn")
    assert described["SourceTableFeatureDetails"] == {
        "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"}
    }


def test_a_deleted_backup_leaves_nothing_in_the_store(db: Engine) -> None:
    arn, other = backup(db), backup(db)
    assert len(spaces(db)) == 2
    db("DeleteBackup", BackupArn=arn)
    assert len(spaces(db)) == 1
    db("DeleteBackup", BackupArn=other)
    assert spaces(db) == []
    assert db("ListBackups") == {"BackupSummaries": []}


def test_backups_are_listed_from_a_time_to_before_another(db: Engine) -> None:
    begin = db.now
    arns: list[str] = []
    for _ in range(3):
        arns.append(backup(db))
        db.now += 60

    def listed(**bounds: Any) -> list[str]:
        found = db("ListBackups", **bounds)["BackupSummaries"]
        return [summary["BackupArn"] for summary in found]

    assert listed() == arns
    assert listed(TimeRangeLowerBound=begin + 60) == arns[1:]
    assert listed(TimeRangeUpperBound=datetime.fromtimestamp(begin + 60, UTC)) == arns[:1]
    assert listed(TimeRangeLowerBound=begin + 1, TimeRangeUpperBound=begin + 120) == arns[1:2]
    db.invalid(
        "Time range lower bound must be less than or equal to upper bound",
        "ListBackups",
        TimeRangeLowerBound=begin + 1,
        TimeRangeUpperBound=begin,
    )
    assert listed(TimeRangeLowerBound=begin, TimeRangeUpperBound=begin) == []


def test_a_table_whose_name_begins_with_anothers_has_backups_of_its_own(db: Engine) -> None:
    db.create("users2", "pk")
    backup(db, "users2")
    assert db("ListBackups", TableName="users") == {"BackupSummaries": []}
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/users2"
    (summary,) = db("ListBackups", TableName=arn)["BackupSummaries"]
    assert summary["TableArn"] == arn


def test_a_restore_overwrites_neither_a_table_nor_the_items_of_a_json_file(tmp_path: Path) -> None:
    path = tmp_path / "db.json"
    path.write_text('{"guests": [{"pk": "x"}]}')
    db = Engine()

    def opened() -> EmbeddedAdapter:
        return EmbeddedAdapter(JSONFileStore(path, blocking=True), provider="json", blocking=True)

    db.adapter = opened()
    db.create("users", "pk")
    db.put("users", pk=S("a"))
    arn = backup(db)
    for name in ("users", "guests"):
        db.refused(
            "TableAlreadyExistsException",
            f"Table already exists: {name}",
            "RestoreTableFromBackup",
            TargetTableName=name,
            BackupArn=arn,
        )
    finished(db.adapter.close())
    db.adapter = opened()
    restore(db, arn)
    assert db.all("again") == [{"pk": S("a")}]
    finished(db.adapter.close())
    assert json.loads(path.read_text())["guests"] == [{"pk": "x"}]


def test_a_restored_table_keeps_both_keys(engine: Engine) -> None:
    engine.create("pairs", "pk", "sk", sk="N")
    engine.put("pairs", pk=S("a"), sk=N(2))
    described = restore(engine, backup(engine, "pairs"))
    assert described["KeySchema"] == schema("pk", "sk")
    assert engine.get("again", pk=S("a"), sk=N(2)) is not None
