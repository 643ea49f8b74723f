"""Point-in-time recovery: how far it goes back, what is restored, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.engine.calling import Engine, N, S, finished, index
from tests.engine.recovering import DAY, disable, enable, restore, window

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.behaviour import Behaviour

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/users"


@pytest.fixture
def db(engine: Engine) -> Engine:
    """A table `users` with an item from before its recovery was enabled, a second ago."""
    engine.create("users", "pk")
    engine.put("users", pk=S("a"), n=N(1))
    engine.now += 1
    enable(engine)
    engine.now += 1
    return engine


def names(engine: Engine, table: str = "again") -> str:
    return "".join(sorted(item["pk"]["S"] for item in engine.all(table)))


def at(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)


def log(engine: Engine) -> dict[str, int]:
    """Return the number of records of each table's log."""
    held = engine.store._spaces.items()
    return {name: len(one.items()) for name, one in held if name.startswith("history/")}


def test_recovery_is_described_while_it_is_enabled(engine: Engine) -> None:
    engine.create("users", "pk")
    off = {"PointInTimeRecoveryStatus": "DISABLED"}
    assert disable(engine) == off
    start = engine.now
    assert enable(engine) == {
        "PointInTimeRecoveryStatus": "ENABLED",
        "RecoveryPeriodInDays": 35,
        "EarliestRestorableDateTime": at(start),
        "LatestRestorableDateTime": at(start),
    }
    engine.now += 10 * DAY
    assert enable(engine, days=2) == {
        "PointInTimeRecoveryStatus": "ENABLED",
        "RecoveryPeriodInDays": 2,
        "EarliestRestorableDateTime": at(engine.now - 2 * DAY),
        "LatestRestorableDateTime": at(engine.now),
    }
    assert disable(engine) == off


def test_a_longer_period_brings_nothing_back(db: Engine) -> None:
    enable(db, days=2)
    db.now += 10 * DAY
    enable(db, days=30)
    assert window(db) == (db.now - 2 * DAY, db.now)
    db.now += DAY
    assert window(db) == (db.now - 3 * DAY, db.now)
    enable(db, days=1)
    enable(db)
    assert window(db) == (db.now - DAY, db.now)


def test_enabling_it_again_starts_anew(db: Engine) -> None:
    db.put("users", pk=S("b"))
    disable(db)
    assert log(db) == {}
    db.put("users", pk=S("c"))
    db.now += 5
    enable(db)
    assert window(db) == (db.now, db.now)
    restore(db, db.now)
    assert names(db) == "abc"


def test_continuous_backups_of_an_absent_table_have_their_own_error(engine: Engine) -> None:
    says = "Table not found: users"
    engine.refused("TableNotFoundException", says, "DescribeContinuousBackups", TableName="users")
    engine.refused(
        "TableNotFoundException",
        says,
        "UpdateContinuousBackups",
        TableName="users",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )


def test_a_recovery_period_needs_recovery(db: Engine) -> None:
    db.invalid(
        "Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
        "UpdateContinuousBackups",
        TableName="users",
        PointInTimeRecoverySpecification={
            "PointInTimeRecoveryEnabled": False,
            "RecoveryPeriodInDays": 3,
        },
    )
    assert window(db) == (db.now - 1, db.now)


def test_a_table_is_restored_to_each_of_its_moments(db: Engine) -> None:
    start = db.now
    db.put("users", pk=S("b"))
    db.now += 10
    db("DeleteItem", TableName="users", Key={"pk": S("a")})
    db.now += 10
    db.put("users", pk=S("a"), n=N(2))
    expected = ["a", "ab", "ab", "b", "b", "ab"]
    times = [start - 1, start, start + 9, start + 10, start + 19, start + 20]
    for number, (time, kept) in enumerate(zip(times, expected, strict=True)):
        described = restore(db, time, f"again{number}")
        assert names(db, f"again{number}") == kept
        assert described["ItemCount"] == len(kept)
    assert db.get("again2", pk=S("a")) == {"pk": S("a"), "n": N(1)}
    assert db.get("again5", pk=S("a")) == {"pk": S("a"), "n": N(2)}
    described = restore(db, None, "latest")
    assert names(db, "latest") == "ab"
    assert described["TableSizeBytes"] == 9


def test_a_time_without_a_fraction_is_the_whole_of_its_second(db: Engine) -> None:
    start = db.now
    for name in "bcde":
        db.put("users", pk=S(name))
        db.now += 0.4
    for number, (time, kept) in enumerate(
        [
            (start + 0.001, "ab"),
            (start + 0.4, "abc"),
            (start + 0.79, "abc"),
            (start, "abcd"),
            (start + 1, "abcde"),
            # The second that has only begun is as good as its beginning.
            (start + 2, "abcde"),
        ]
    ):
        restore(db, time, f"again{number}")
        assert names(db, f"again{number}") == kept


def test_a_restored_table_says_what_it_was_made_of(db: Engine) -> None:
    db.now += 0.5
    described = restore(db, db.now - 1)
    summary = {
        "SourceTableArn": ARN,
        "RestoreDateTime": at(db.now - 1),
        "RestoreInProgress": True,
    }
    assert described["RestoreSummary"] == summary
    described = db("DescribeTable", TableName="again")["Table"]
    assert described["RestoreSummary"] == {**summary, "RestoreInProgress": False}
    latest = restore(db, None, "latest")
    assert latest["RestoreSummary"]["RestoreDateTime"] == at(db.now - 0.5)
    assert latest["CreationDateTime"] == at(db.now)


def with_behaviour(db: Engine, behaviour: Behaviour) -> None:
    db.adapter = EmbeddedAdapter(
        db.store, provider="memory", blocking=True, clock=lambda: db.now, behaviour=behaviour
    )


def test_a_restore_takes_as_long_as_making_a_table(db: Engine) -> None:
    with_behaviour(db, Behaviour(table_delay=10))
    described = restore(db, None)
    assert described["TableStatus"] == "CREATING"
    get = {"TableName": "again", "Key": {"pk": S("a")}}
    db.refused("ResourceNotFoundException", "", "GetItem", get)
    db.now += 10
    described = db("DescribeTable", TableName="again")["Table"]
    assert described["TableStatus"] == "ACTIVE"
    assert not described["RestoreSummary"]["RestoreInProgress"]
    assert names(db) == "a"


def test_a_table_is_not_restored_to_a_name_that_is_being_deleted(db: Engine) -> None:
    with_behaviour(db, Behaviour(table_delay=10))
    restore(db, None)
    db.now += 10
    db("DeleteTable", TableName="again")
    request = {"SourceTableName": "users", "TargetTableName": "again", **LATEST}
    says = "Table already exists: again"
    db.refused("TableAlreadyExistsException", says, "RestoreTableToPointInTime", request)
    db.now += 10
    db("RestoreTableToPointInTime", request)


def test_an_index_is_restored_without_what_is_going_on_with_it(db: Engine) -> None:
    with_behaviour(db, Behaviour(index_delay=100))
    for name, update in (
        ("by_n", {"Create": index("by_n", "n")}),
        ("by_m", {"Create": index("by_m", "m")}),
        ("by_n", {"Delete": {"IndexName": "by_n"}}),
    ):
        db(
            "UpdateTable",
            TableName="users",
            AttributeDefinitions=[{"AttributeName": f"{name[-1]}", "AttributeType": "N"}],
            GlobalSecondaryIndexUpdates=[update],
        )
        db.now += 200 * ("Create" in update)
    arn = db("CreateBackup", TableName="users", BackupName="now")["BackupDetails"]["BackupArn"]
    described = db("DescribeBackup", BackupArn=arn)["BackupDescription"]
    (kept,) = described["SourceTableFeatureDetails"]["GlobalSecondaryIndexes"]
    assert kept == index("by_m", "m")
    restore(db, None)
    described = db("DescribeTable", TableName="again")["Table"]
    (made,) = described["GlobalSecondaryIndexes"]
    assert (made["IndexName"], made["IndexStatus"]) == ("by_m", "ACTIVE")
    assert {each["AttributeName"] for each in described["AttributeDefinitions"]} == {"pk", "m"}


def test_a_source_can_be_named_by_its_arn(db: Engine) -> None:
    db(
        "RestoreTableToPointInTime",
        SourceTableArn=ARN,
        TargetTableName="again",
        UseLatestRestorableTime=True,
        RestoreDateTime=None,
    )
    assert names(db) == "a"


def test_indexes_and_throughput_are_those_of_now(db: Engine) -> None:
    start = db.now
    # There, by_n cannot have an entry of this item: its n is no number.
    db.put("users", pk=S("b"), n=S("text"))
    db.put("users", pk=S("b"), n=N(3))
    db.now += 1
    db(
        "UpdateTable",
        TableName="users",
        AttributeDefinitions=[{"AttributeName": "n", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[{"Create": index("by_n", "n")}],
    )
    described = restore(db, start)
    assert described["GlobalSecondaryIndexes"][0]["ItemCount"] == 2
    described = restore(db, start - 1, "earlier")
    assert described["GlobalSecondaryIndexes"][0]["ItemCount"] == 1
    bare = restore(db, start, "bare", GlobalSecondaryIndexOverride=[])
    assert "GlobalSecondaryIndexes" not in bare
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    billed = restore(
        db,
        start,
        "billed",
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=units,
        SSESpecificationOverride={"Enabled": True},
    )
    assert billed["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert billed["SSEDescription"]["Status"] == "ENABLED"


def test_a_restored_table_starts_without_what_does_not_belong_to_its_data(engine: Engine) -> None:
    engine(
        "CreateTable",
        TableName="users",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        OnDemandThroughput={"MaxReadRequestUnits": 7},
        SSESpecification={"Enabled": True},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "team", "Value": "blue"}],
        ResourcePolicy=(
            '{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}'
        ),
    )
    ttl = {"Enabled": True, "AttributeName": "until"}
    engine("UpdateTimeToLive", TableName="users", TimeToLiveSpecification=ttl)
    enable(engine)
    described = restore(engine, None)
    assert described["OnDemandThroughput"] == {"MaxReadRequestUnits": 7}
    assert described["SSEDescription"]["Status"] == "ENABLED"
    assert not described["DeletionProtectionEnabled"]
    assert not {"StreamSpecification", "LatestStreamArn", "TableClassSummary"} & described.keys()
    arn = {"ResourceArn": described["TableArn"]}
    assert engine("ListTagsOfResource", arn)["Tags"] == []
    engine.refused("PolicyNotFoundException", "", "GetResourcePolicy", arn)
    status = engine("DescribeTimeToLive", TableName="again")["TimeToLiveDescription"]
    assert status == {"TimeToLiveStatus": "DISABLED"}
    assert disable(engine, "again") == {"PointInTimeRecoveryStatus": "DISABLED"}


LATEST = {"UseLatestRestorableTime": True}


@pytest.mark.parametrize(
    ("code", "says", "given"),
    [
        ("Validation", "parameter 'TableName' is required", LATEST),
        (
            "Validation",
            "Must provide exactly one of: sourceTableArn, sourceTableName",
            {"SourceTableName": "users", "SourceTableArn": ARN, **LATEST},
        ),
        ("Validation", "Either one of RestoreDateTime", {"SourceTableName": "users"}),
        (
            "Validation",
            "Either one of RestoreDateTime",
            {"SourceTableName": "users", "UseLatestRestorableTime": False},
        ),
        (
            "Validation",
            "Both RestoreDateTime and UseLatestRestorableTime cannot be set",
            {"SourceTableName": "users", "RestoreDateTime": 1, **LATEST},
        ),
        ("Validation", "must start with 'arn:': users", {"SourceTableArn": "users", **LATEST}),
        ("Validation", "is not a valid ARN", {"SourceTableArn": "arn:aws:dynamodb", **LATEST}),
        ("TableNotFound", "Table not found: absent", {"SourceTableName": "absent", **LATEST}),
        (
            "PointInTimeRecoveryUnavailable",
            "Point in time recovery is not enabled for table 'plain'",
            {"SourceTableName": "plain", "RestoreDateTime": 1},
        ),
        (
            "InvalidRestoreTime",
            "RestoreDateTime '1970-01-01T00:00:00Z' must be within EarliestRestorableDateTime"
            " '2023-11-14T22:13:21Z' and LatestRestorableDateTime '2023-11-14T22:13:22Z'",
            {"SourceTableName": "users", "RestoreDateTime": 0, "TargetTableName": "plain"},
        ),
        (
            "InvalidRestoreTime",
            "'2023-11-14T22:13:20Z' must be within",
            {"SourceTableName": "users", "RestoreDateTime": 1_700_000_000.999},
        ),
        (
            "InvalidRestoreTime",
            "'2023-11-14T22:13:23Z' must be within",
            {"SourceTableName": "users", "RestoreDateTime": 1_700_000_003},
        ),
        ("InvalidRestoreTime", "", {"SourceTableName": "users", "RestoreDateTime": -9e10}),
        ("InvalidRestoreTime", "", {"SourceTableName": "users", "RestoreDateTime": 9e10}),
        (
            "TableAlreadyExists",
            "Table already exists: plain",
            {"SourceTableName": "users", "TargetTableName": "plain", **LATEST},
        ),
        (
            "TableAlreadyExists",
            "Table already exists: users",
            {"SourceTableName": "users", "TargetTableName": "users", **LATEST},
        ),
        (
            "Validation",
            "Index by_n does not match a secondary index",
            {
                "SourceTableName": "users",
                "GlobalSecondaryIndexOverride": [index("by_n", "n")],
                **LATEST,
            },
        ),
        (
            "Validation",
            "WarmThroughput is not supported",
            {
                "SourceTableName": "users",
                "GlobalSecondaryIndexOverride": [
                    {**index("by_n", "n"), "WarmThroughput": {"ReadUnitsPerSecond": 1}}
                ],
                **LATEST,
            },
        ),
    ],
)
def test_what_cannot_be_restored_is_refused_and_changes_nothing(
    db: Engine, code: str, says: str, given: dict[str, Any]
) -> None:
    db.create("plain", "pk")
    request = {"TargetTableName": "again", **given}
    before = {name: dict(one.items()) for name, one in db.store._spaces.items()}
    db.refused(code + "Exception", says, "RestoreTableToPointInTime", request)
    assert {name: dict(one.items()) for name, one in db.store._spaces.items()} == before


def test_the_latest_time_can_lag_behind_as_that_of_the_service(db: Engine) -> None:
    with_behaviour(db, Behaviour(recovery_lag=300))
    start = db.now
    assert window(db) == (start - 1, start - 1)
    db.put("users", pk=S("b"))
    restore(db, None, "atOnce")
    assert names(db, "atOnce") == "a"
    db.now += 310
    db.put("users", pk=S("c"))
    assert window(db) == (start - 1, start + 10)
    restore(db, None)
    assert names(db) == "ab"
    db.refused(
        "InvalidRestoreTimeException",
        "",
        "RestoreTableToPointInTime",
        SourceTableName="users",
        TargetTableName="later",
        RestoreDateTime=at(start + 11),
    )


def test_what_was_written_last_is_in_the_latest_time_though_the_clock_steps_back(
    db: Engine,
) -> None:
    start = db.now
    db.now += 100
    db.put("users", pk=S("b"))
    db.now = start
    db.put("users", pk=S("c"))
    assert window(db) == (start - 1, start + 100)
    restore(db, None, "latest")
    assert names(db, "latest") == "abc"
    # By the log's clock, which goes on where it was.
    restore(db, start + 99, "before")
    assert names(db, "before") == "a"
    db.now = start + 40 * DAY
    db.put("users", pk=S("d"))
    assert window(db) == (db.now - 35 * DAY, db.now)
    db.now = start
    assert window(db) == (start + 5 * DAY, start + 40 * DAY)


def test_a_transaction_is_restored_as_a_whole_or_not_at_all(db: Engine) -> None:
    start = db.now
    ticks = iter(range(5, 1000))
    # Each look at the clock finds it a bit later.
    db.adapter = EmbeddedAdapter(
        db.store, provider="memory", blocking=True, clock=lambda: start + next(ticks) / 1000
    )
    puts = [{"Put": {"TableName": "users", "Item": {"pk": S(name)}}} for name in "bcdefgh"]
    db("TransactWriteItems", TransactItems=puts)
    seen: set[str] = set()
    for number in range(1, 30):
        restore(db, start + number / 1000, f"again{number}")
        seen.add(names(db, f"again{number}"))
    assert seen == {"a", "abcdefgh"}


def test_what_is_older_than_the_period_is_dropped_as_writes_go_on(db: Engine) -> None:
    enable(db, days=1)
    for number in range(640):
        db.put("users", pk=S("a"), n=N(number))
    assert sum(log(db).values()) == 640
    db.now += 2 * DAY
    counts: list[int] = []
    for number in range(640):
        db.put("users", pk=S("b"), n=N(number))
        counts += log(db).values()
    # Each 64th write drops up to 128, until only those of the last day are left.
    assert 640 < max(counts) <= 640 + 64
    assert counts[-1] == 640
    (first,) = window(db)[:1]
    restore(db, first)
    assert names(db) == "a"


def test_a_table_without_recovery_has_no_log(engine: Engine) -> None:
    engine.create("users", "pk")
    engine.put("users", pk=S("a"))
    engine("DeleteItem", TableName="users", Key={"pk": S("a")})
    assert log(engine) == {}


def test_a_deleted_table_leaves_no_log(db: Engine) -> None:
    db.put("users", pk=S("b"))
    assert log(db)
    db("DeleteTable", TableName="users")
    assert log(db) == {}


def test_a_deleted_table_leaves_a_backup_of_the_service(db: Engine) -> None:
    db.put("users", pk=S("b"))
    deleted = db.now
    db("DeleteTable", TableName="users")
    assert db("ListBackups") == {"BackupSummaries": []}
    (summary,) = db("ListBackups", BackupType="SYSTEM")["BackupSummaries"]
    assert summary["BackupArn"] == f"{ARN}/backup/01700000002000-00000000"
    assert summary["BackupName"] == "users$DeletedTableBackup"
    assert summary["BackupType"] == "SYSTEM"
    assert summary["BackupCreationDateTime"] == at(deleted)
    assert summary["BackupExpiryDateTime"] == at(deleted + 35 * DAY)
    assert db("ListBackups", BackupType="ALL", TableName="users")["BackupSummaries"] == [summary]
    assert db("ListBackups", BackupType="AWS_BACKUP")["BackupSummaries"] == []
    db(
        "RestoreTableFromBackup",
        TargetTableName="users",
        BackupArn=summary["BackupArn"],
    )
    assert names(db, "users") == "ab"
    db.invalid(
        f"not allowed to delete the system backup with arn {summary['BackupArn']}. It will"
        " automatically expire on 2023-12-19T22:13:22.000Z",
        "DeleteBackup",
        BackupArn=summary["BackupArn"],
    )


def test_a_backup_of_the_service_ends_after_35_days(db: Engine) -> None:
    db("DeleteTable", TableName="users")
    (summary,) = db("ListBackups", BackupType="SYSTEM")["BackupSummaries"]
    arn = {"BackupArn": summary["BackupArn"]}
    db.now += 35 * DAY - 1
    db("DescribeBackup", arn)
    db.now += 1
    assert db("ListBackups", BackupType="SYSTEM") == {"BackupSummaries": []}
    for operation in ("DescribeBackup", "DeleteBackup"):
        db.refused("BackupNotFoundException", "Backup not found", operation, arn)
    request = {"TargetTableName": "again", **arn}
    db.refused("BackupNotFoundException", "", "RestoreTableFromBackup", request)
    held = db.store._spaces
    assert [name for name in held if name.startswith("backup/")]
    # The next backup that is made sees to what it held.
    db.create("others", "pk")
    db("CreateBackup", TableName="others", BackupName="first")
    assert not [name for name in held if name.startswith("backup/") and held[name].items()]
    assert len(held["backups"].items()) == 1


def test_tables_of_one_name_that_are_deleted_in_one_moment_leave_a_backup_each(
    engine: Engine,
) -> None:
    for name in "xy":
        engine.create("users", "pk")
        enable(engine)
        engine.put("users", pk=S(name))
        engine("DeleteTable", TableName="users")
    backups = engine("ListBackups", BackupType="SYSTEM")["BackupSummaries"]
    assert len({backup["BackupArn"] for backup in backups}) == 2
    for number, backup in enumerate(backups):
        request = {"TargetTableName": f"again{number}", "BackupArn": backup["BackupArn"]}
        engine("RestoreTableFromBackup", request)
    assert names(engine, "again0") + names(engine, "again1") == "xy"


def test_a_table_without_recovery_leaves_no_backup(engine: Engine) -> None:
    engine.create("users", "pk")
    enable(engine)
    disable(engine)
    engine("DeleteTable", TableName="users")
    assert engine("ListBackups", BackupType="ALL") == {"BackupSummaries": []}


def test_expired_items_come_back(db: Engine) -> None:
    ttl = {"Enabled": True, "AttributeName": "until"}
    db("UpdateTimeToLive", TableName="users", TimeToLiveSpecification=ttl)
    start = db.now
    db.put("users", pk=S("b"), until=N(int(start) + 5))
    db.now += 10
    assert finished(db.adapter.sweep()) == 1
    restore(db, start)
    assert names(db) == "ab"
    assert names(db, "users") == "a"
