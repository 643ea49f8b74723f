"""What tables, indexes and times to live are while they change, where changes take their time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.calling import Engine, N, S, definitions, finished, index
from tests.engine.declaring import UNITS, global_, request
from tests.engine.test_indexes import by, check_whole
from tests.engine.test_tableupdates import create, delete, provisioned, update

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.behaviour import Behaviour
from anydynamo.engine.layout import DELETED
from anydynamo.stores.jsonfile import JSONFileStore

if TYPE_CHECKING:
    from pathlib import Path

TABLE = 10
INDEX = 20
MORE = {"ReadCapacityUnits": 50, "WriteCapacityUnits": 30}
ON = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}


@pytest.fixture
def slow() -> Engine:
    """An engine whose tables change for 10 seconds, and indexes for 20 more."""
    return Engine(table_delay=TABLE, index_delay=INDEX, ttl_delay=TABLE)


def described(db: Engine) -> dict[str, Any]:
    table: dict[str, Any] = db("DescribeTable", TableName="users")["Table"]
    return table


def states(db: Engine) -> list[Any]:
    """Return the table's status, and those of its indexes: with whether they backfill."""
    table = described(db)
    indexes = table.get("GlobalSecondaryIndexes", [])
    return [
        table["TableStatus"],
        *((each["IndexStatus"], each.get("Backfilling")) for each in indexes),
    ]


def active(db: Engine, **changes: Any) -> Engine:
    """Create the table, and wait until it is there."""
    db("CreateTable", request(**changes))
    db.now += TABLE
    return db


def busy(db: Engine, says: str, operation: str, **parameters: Any) -> None:
    text = f"Attempt to change a resource which is still in use: {says}"
    db.refused("ResourceInUseException", text, operation, TableName="users", **parameters)


READS_AND_WRITES: dict[str, dict[str, Any]] = {
    "GetItem": {"TableName": "users", "Key": {"pk": S("1")}},
    "PutItem": {"TableName": "users", "Item": {"pk": S("1")}},
    "UpdateItem": {"TableName": "users", "Key": {"pk": S("1")}},
    "DeleteItem": {"TableName": "users", "Key": {"pk": S("1")}},
    "Scan": {"TableName": "users"},
    "Query": {
        "TableName": "users",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": S("1")},
    },
    "BatchGetItem": {"RequestItems": {"users": {"Keys": [{"pk": S("1")}]}}},
    "BatchWriteItem": {"RequestItems": {"users": [{"PutRequest": {"Item": {"pk": S("1")}}}]}},
    "TransactGetItems": {"TransactItems": [{"Get": {"TableName": "users", "Key": {"pk": S("1")}}}]},
    "TransactWriteItems": {
        "TransactItems": [{"Delete": {"TableName": "users", "Key": {"pk": S("1")}}}]
    },
    "ExecuteStatement": {"Statement": "SELECT * FROM users"},
    "ExecuteTransaction": {"TransactStatements": [{"Statement": "DELETE FROM users WHERE pk='1'"}]},
}


@pytest.mark.parametrize("operation", READS_AND_WRITES)
def test_items_are_there_when_their_table_is_active(slow: Engine, operation: str) -> None:
    asked = READS_AND_WRITES[operation]
    says = "Requested resource not found"
    slow("CreateTable", request())
    slow.now += TABLE - 0.001
    # Statements name their table.
    named = f"{says}: Table: users not found" if operation.startswith("Execute") else says
    assert str(slow.refused("ResourceNotFoundException", says, operation, asked)) == named
    slow.now += 0.001
    slow(operation, asked)
    slow("UpdateTable", TableName="users", DeletionProtectionEnabled=True)
    slow("UpdateItem", TableName="users", Key={"pk": S("2")})
    slow.now += TABLE
    slow("UpdateTable", TableName="users", DeletionProtectionEnabled=False)
    slow.now += TABLE
    slow("DeleteTable", TableName="users")
    slow.refused("ResourceNotFoundException", says, operation, asked)


def test_a_statement_of_a_batch_says_that_its_table_is_not_there_yet(slow: Engine) -> None:
    slow("CreateTable", request())
    for statement in ("SELECT * FROM users WHERE pk='1'", "DELETE FROM users WHERE pk='1'"):
        answer = slow("BatchExecuteStatement", Statements=[{"Statement": statement}])
        assert answer["Responses"][0]["Error"]["Code"] == "ResourceNotFound"


def test_a_table_is_created_updated_and_deleted_in_its_time(slow: Engine) -> None:
    slow("CreateTable", request(**global_(index("byG", "g"), g="S")))
    slow.now += TABLE - 1
    assert states(slow) == ["CREATING", ("CREATING", None)]
    slow.now += 1
    assert states(slow) == ["ACTIVE", ("ACTIVE", None)]
    slow("UpdateTable", TableName="users", **ON)
    slow.now += TABLE - 1
    assert states(slow) == ["UPDATING", ("ACTIVE", None)]
    slow.now += 1
    assert states(slow) == ["ACTIVE", ("ACTIVE", None)]
    slow("DeleteTable", TableName="users")
    slow.now += TABLE - 1
    table = described(slow)
    assert table["TableStatus"] == "DELETING"
    assert "GlobalSecondaryIndexes" not in table
    assert table["ItemCount"] == 0
    assert slow("ListTables", {}) == {"TableNames": ["users"]}
    slow.now += 1
    says = "Requested resource not found: Table: users not found"
    slow.refused("ResourceNotFoundException", says, "DescribeTable", TableName="users")
    assert slow("ListTables", {}) == {"TableNames": []}


def test_a_table_that_changes_is_in_use(slow: Engine) -> None:
    change = {"DeletionProtectionEnabled": True}
    slow("CreateTable", request())
    busy(slow, "Table is being created: users", "UpdateTable", **change)
    busy(slow, "Table is being created: users", "DeleteTable")
    expires = {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}}
    busy(slow, "Table is being created: users", "UpdateTimeToLive", **expires)
    slow.refused("ResourceInUseException", "Table is being created", "CreateTable", request())
    slow.now += TABLE
    slow("UpdateTable", TableName="users", **ON)
    busy(slow, "Table is being updated: users", "UpdateTable", **change)
    busy(slow, "Table is being updated: users", "DeleteTable")
    says = "Table already exists: users"
    slow.refused("ResourceInUseException", says, "CreateTable", request())
    slow.now += TABLE
    slow("DeleteTable", TableName="users")
    busy(slow, "Table is being deleted: users", "UpdateTable", **change)
    busy(slow, "Table is being deleted: users", "UpdateTimeToLive", **expires)
    slow.refused("ResourceInUseException", "Table is being deleted", "CreateTable", request())


def test_deleting_a_table_twice_is_no_error(slow: Engine) -> None:
    active(slow)
    first = slow("DeleteTable", TableName="users")
    slow.now += TABLE - 1
    assert slow("DeleteTable", TableName="users") == first
    slow.now += 1
    slow.refused("ResourceNotFoundException", "users not found", "DeleteTable", TableName="users")


def test_a_deleted_table_leaves_its_name_to_another(slow: Engine) -> None:
    active(slow)
    slow.put("users", pk=S("1"))
    first = slow("DeleteTable", TableName="users")["TableDescription"]["TableId"]
    slow.now += TABLE
    active(slow)
    assert described(slow)["TableId"] != first
    assert slow.all("users") == []
    assert slow.peek(lambda reader: list(reader.scan(DELETED))) == []


def test_tables_are_listed_by_name_whatever_becomes_of_them(slow: Engine) -> None:
    for name in ("ccc", "aaa", "ddd", "bbb"):
        slow.create(name, "pk")
    slow.now += TABLE
    for name in ("ddd", "bbb"):
        slow("DeleteTable", TableName=name)
    slow.create("eee", "pk")
    assert slow("ListTables", {}) == {"TableNames": ["aaa", "bbb", "ccc", "ddd", "eee"]}
    page = slow("ListTables", Limit=1, ExclusiveStartTableName="aaa")
    assert page == {"TableNames": ["bbb"], "LastEvaluatedTableName": "bbb"}
    page = slow("ListTables", ExclusiveStartTableName="bbb")
    assert page == {"TableNames": ["ccc", "ddd", "eee"]}
    slow.now += TABLE
    assert slow("ListTables", {}) == {"TableNames": ["aaa", "ccc", "eee"]}


def test_throughput_is_what_it_was_until_the_update_is_over(slow: Engine) -> None:
    slow("CreateTable", provisioned())
    slow.now += TABLE
    slow("UpdateTable", TableName="users", **update(ProvisionedThroughput=MORE))
    assert states(slow) == ["UPDATING", ("UPDATING", None)]
    slow.now += TABLE - 1
    (byg,) = described(slow)["GlobalSecondaryIndexes"]
    assert byg["ProvisionedThroughput"].items() >= UNITS.items()
    slow.now += 1
    (byg,) = described(slow)["GlobalSecondaryIndexes"]
    assert byg["ProvisionedThroughput"].items() >= MORE.items()
    assert states(slow) == ["ACTIVE", ("ACTIVE", None)]


def adding(db: Engine) -> Engine:
    """Begin to add the index byG to a table with four items, of which it can hold two."""
    active(db)
    for number, g in enumerate((S("x"), N(1), {"BOOL": True}, S("x"))):
        db.put("users", pk=S(str(number)), g=g)
    db.put("users", pk=S("4"))
    db("UpdateTable", TableName="users", **create("byG", "g"), AttributeDefinitions=BY_G)
    return db


BY_G = definitions(g="S")


def test_an_index_gets_its_resources_and_then_its_items(slow: Engine) -> None:
    adding(slow)
    assert states(slow) == ["UPDATING", ("CREATING", False)]
    slow.now += TABLE
    assert states(slow) == ["ACTIVE", ("CREATING", True)]
    slow.now += INDEX - 1
    assert states(slow) == ["ACTIVE", ("CREATING", True)]
    slow.now += 1
    assert states(slow) == ["ACTIVE", ("ACTIVE", None)]


def test_an_index_is_not_read_before_it_is_active_and_has_taken_in_all_writes(
    slow: Engine,
) -> None:
    adding(slow)
    slow.now += TABLE + INDEX - 1
    says = "Cannot read from backfilling global secondary index: byG"
    condition = {
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": S("x")},
    }
    slow.invalid(says, "Query", TableName="users", IndexName="byG", **condition)
    slow.invalid(says, "Scan", TableName="users", IndexName="byG")
    slow.invalid(says, "ExecuteStatement", Statement='SELECT * FROM "users"."byG"')
    slow("DeleteItem", TableName="users", Key={"pk": S("0")})
    slow.put("users", pk=S("1"), g=S("x"))
    slow.put("users", pk=S("5"), g=S("x"))
    slow.invalid("Type mismatch for Index Key g", "PutItem", TableName="users", Item=WRONG)
    # What was there before keeps what no new item may have.
    slow("UpdateItem", TableName="users", Key={"pk": S("2")}, UpdateExpression="SET a = pk")
    slow.now += 1
    assert sorted(item["pk"]["S"] for item in by(slow, "byG", table="users")) == ["1", "3", "5"]
    check_whole(slow, "users")


WRONG = {"pk": S("6"), "g": N(1)}


def test_one_index_is_made_or_deleted_at_a_time(slow: Engine) -> None:
    adding(slow)
    slow.now += TABLE
    says = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously"
    other = {**create("byH", "h"), "AttributeDefinitions": definitions(h="S")}
    slow.refused("LimitExceededException", says, "UpdateTable", TableName="users", **other)
    same = {**create("byG", "g"), "AttributeDefinitions": BY_G}
    slow.invalid("already exists: byG", "UpdateTable", TableName="users", **same)
    says = "Cannot delete table while indexes are being created, updated, or deleted."
    busy(slow, says, "DeleteTable")
    slow("UpdateTable", TableName="users", **ON)
    slow.now += INDEX
    slow("DeleteTable", TableName="users")


def test_an_index_that_takes_in_items_can_be_deleted(slow: Engine) -> None:
    adding(slow)
    slow.now += TABLE
    slow("UpdateTable", TableName="users", **delete("byG"))
    slow.now += TABLE
    assert states(slow) == ["ACTIVE", ("DELETING", None)]
    slow.invalid("not have the specified index", "Scan", TableName="users", IndexName="byG")
    # It refuses nothing any longer.
    slow.put("users", **WRONG)
    says = "Index is being deleted.  Table: users Index: byG"
    ceiling = {"OnDemandThroughput": {"MaxReadRequestUnits": 1}}
    busy(slow, says, "UpdateTable", **update(**ceiling))
    busy(slow, says, "UpdateTable", **delete("byG"))
    assert described(slow)["AttributeDefinitions"] == definitions(pk="S", g="S")
    slow.now += INDEX
    assert states(slow) == ["ACTIVE"]
    assert described(slow)["AttributeDefinitions"] == definitions(pk="S")
    table_id = described(slow)["TableId"]
    left = slow.peek(lambda reader: list(reader.scan(f"index/{table_id}/byG")))
    assert left == []
    # The attribute may be of another type now.
    number = definitions(g="N")
    slow("UpdateTable", TableName="users", **create("byG", "g"), AttributeDefinitions=number)
    slow.now += TABLE + INDEX
    assert [item["pk"] for item in slow.all("users", IndexName="byG")] == [S("1"), S("6")]


def test_a_table_changes_its_billing_while_an_index_is_on_its_way_out(slow: Engine) -> None:
    active(slow, **global_(index("byG", "g"), g="S"))
    slow("UpdateTable", TableName="users", **delete("byG"))
    slow.now += TABLE
    slow("UpdateTable", TableName="users", BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    slow.now += TABLE
    assert states(slow) == ["ACTIVE", ("DELETING", None)]
    slow.now += INDEX
    assert states(slow) == ["ACTIVE"]


def test_an_index_that_takes_in_items_can_be_provisioned(slow: Engine) -> None:
    adding(slow)
    slow.now += TABLE
    ceiling = {"OnDemandThroughput": {"MaxReadRequestUnits": 1}}
    slow("UpdateTable", TableName="users", **update(**ceiling))
    assert states(slow) == ["UPDATING", ("CREATING", True)]
    (byg,) = described(slow)["GlobalSecondaryIndexes"]
    assert byg.items() >= ceiling.items()


def switch(db: Engine, *, enabled: bool) -> None:
    specification = {"Enabled": enabled, "AttributeName": "ttl"}
    db("UpdateTimeToLive", TableName="users", TimeToLiveSpecification=specification)


def expiry(db: Engine) -> tuple[str, str | None]:
    answer = db("DescribeTimeToLive", TableName="users")["TimeToLiveDescription"]
    return answer["TimeToLiveStatus"], answer.get("AttributeName")


def test_a_time_to_live_is_switched_in_its_time_and_not_again_meanwhile(slow: Engine) -> None:
    active(slow)
    slow.put("users", pk=S("1"), ttl=N(int(slow.now) - 5))
    says = "Time to live has been modified multiple times within a fixed interval"
    both = [{"Enabled": enabled, "AttributeName": "ttl"} for enabled in (True, False)]
    switch(slow, enabled=True)
    for enabled in (True, False):
        assert expiry(slow) == ("ENABLING" if enabled else "DISABLING", "ttl")
        slow.now += TABLE - 1
        for given in both:
            request_ = {"TableName": "users", "TimeToLiveSpecification": given}
            slow.invalid(says, "UpdateTimeToLive", request_)
        # Nothing expires before it is enabled, nor once it is being disabled.
        assert finished(slow.adapter.sweep()) == 0
        slow.now += 1
        if enabled:
            assert expiry(slow) == ("ENABLED", "ttl")
            assert finished(slow.adapter.sweep()) == 1
            slow.put("users", pk=S("2"), ttl=N(int(slow.now) - 5))
            switch(slow, enabled=False)
    assert expiry(slow) == ("DISABLED", None)


def test_a_backup_is_made_of_a_table_at_rest(slow: Engine) -> None:
    backup = {"TableName": "users", "BackupName": "first"}
    slow("CreateTable", provisioned())
    slow.refused("TableInUseException", "Table is being created: users", "CreateBackup", backup)
    slow.now += TABLE
    slow("UpdateTable", TableName="users", **update(ProvisionedThroughput=MORE))
    arn = slow("CreateBackup", backup)["BackupDetails"]["BackupArn"]
    described_ = slow("DescribeBackup", BackupArn=arn)["BackupDescription"]
    assert described_["SourceTableDetails"]["ProvisionedThroughput"] == UNITS
    (byg,) = described_["SourceTableFeatureDetails"]["GlobalSecondaryIndexes"]
    assert byg == {**index("byG", "g"), "ProvisionedThroughput": MORE}
    slow.now += TABLE
    slow("UpdateTable", TableName="users", **delete("byG"))
    arn = slow("CreateBackup", backup)["BackupDetails"]["BackupArn"]
    described_ = slow("DescribeBackup", BackupArn=arn)["BackupDescription"]
    assert described_["SourceTableFeatureDetails"] == {}
    slow.now += TABLE + INDEX
    slow("DeleteTable", TableName="users")
    slow.refused("TableInUseException", "Table is being deleted: users", "CreateBackup", backup)
    slow.now += TABLE
    slow.refused("TableNotFoundException", "Table not found: users", "CreateBackup", backup)


def test_states_outlast_the_process(slow: Engine, tmp_path: Path) -> None:
    def reopen() -> None:
        finished(slow.adapter.close())
        slow.adapter = EmbeddedAdapter(
            JSONFileStore(tmp_path / "data.json", blocking=True),
            provider="json",
            blocking=True,
            clock=lambda: slow.now,
            behaviour=Behaviour(table_delay=TABLE, index_delay=INDEX),
        )

    reopen()
    slow.create("others", "pk")
    adding(slow)
    reopen()
    slow.now += TABLE
    assert states(slow) == ["ACTIVE", ("CREATING", True)]
    slow("DeleteTable", TableName="others")
    reopen()
    assert slow("ListTables", {}) == {"TableNames": ["others", "users"]}
    slow.now += INDEX
    assert slow("ListTables", {}) == {"TableNames": ["users"]}
    assert states(slow) == ["ACTIVE", ("ACTIVE", None)]
    assert len(slow.all("users", IndexName="byG")) == 2
    finished(slow.adapter.close())
