"""UpdateTable."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.engine.calling import Engine, definitions, index
from tests.engine.declaring import UNITS, global_, local, request

MORE = {"ReadCapacityUnits": 50, "WriteCapacityUnits": 30}
INVALID = "One or more parameter values were invalid: "


def change(engine: Engine, /, **changes: Any) -> dict[str, Any]:
    """Change the table, hold the response to its state, and return what it is then."""
    answer = engine("UpdateTable", TableName="users", **changes)["TableDescription"]
    assert answer["TableStatus"] == "UPDATING"
    described: dict[str, Any] = engine("DescribeTable", TableName="users")["Table"]
    assert described["TableStatus"] == "ACTIVE"
    return described


def refuse(engine: Engine, says: str, code: str = "ValidationException", /, **changes: Any) -> None:
    """Change the table in a way that must be refused, and hold it to what it was."""
    before = engine("DescribeTable", TableName="users")
    engine.refused(code, says, "UpdateTable", TableName="users", **changes)
    assert engine("DescribeTable", TableName="users") == before


def update(name: str = "byG", /, **settings: Any) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **settings}}]}


def provisioned(**changes: Any) -> dict[str, Any]:
    """Return a CreateTable of a provisioned table with a provisioned index."""
    return request(
        BillingMode=None,
        ProvisionedThroughput=UNITS,
        **global_({**index("byG", "g"), "ProvisionedThroughput": UNITS}, g="S"),
        **changes,
    )


def test_billing_changes_both_ways(engine: Engine) -> None:
    engine("CreateTable", provisioned())
    engine.now += 60
    at = datetime.fromtimestamp(engine.now, UTC)
    demanded = change(engine, BillingMode="PAY_PER_REQUEST")
    summary = {"BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": at}
    assert demanded["BillingModeSummary"] == summary
    assert demanded["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    neither = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified"
    mode = "when BillingMode is PAY_PER_REQUEST"
    refuse(engine, f"{INVALID}{neither} {mode}", ProvisionedThroughput=UNITS)
    refuse(engine, f"{neither} for index: byG {mode}", **update(ProvisionedThroughput=UNITS))
    says = "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    refuse(engine, says, BillingMode="PROVISIONED")
    engine.now += 60
    back = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS}
    refuse(engine, f"{INVALID}ProvisionedThroughput must be specified for index: byG", **back)
    described = change(engine, **back, **update(ProvisionedThroughput=MORE))
    assert described["BillingModeSummary"] == {**summary, "BillingMode": "PROVISIONED"}
    assert described["ProvisionedThroughput"].items() >= UNITS.items()
    (byg,) = described["GlobalSecondaryIndexes"]
    assert byg["ProvisionedThroughput"].items() >= MORE.items()


def test_what_changes_nothing_leaves_the_table_active(engine: Engine) -> None:
    engine("CreateTable", request(TableClass="STANDARD"))
    for same in (
        {"BillingMode": "PAY_PER_REQUEST"},
        {"DeletionProtectionEnabled": False},
        {"TableClass": "STANDARD"},
        {"WarmThroughput": {"ReadUnitsPerSecond": 12_000}},
    ):
        answer = engine("UpdateTable", TableName="users", **same)
        assert answer == {"TableDescription": engine("DescribeTable", TableName="users")["Table"]}


def test_new_throughput_counts_when_the_update_is_over(engine: Engine) -> None:
    engine("CreateTable", provisioned())
    answer = engine(
        "UpdateTable",
        TableName="users",
        ProvisionedThroughput=MORE,
        **update(ProvisionedThroughput=MORE),
    )["TableDescription"]
    (byg,) = answer["GlobalSecondaryIndexes"]
    assert byg["IndexStatus"] == "UPDATING"
    described = engine("DescribeTable", TableName="users")["Table"]
    (later,) = described["GlobalSecondaryIndexes"]
    for place, now in ((answer, described), (byg, later)):
        assert place["ProvisionedThroughput"].items() >= UNITS.items()
        assert now["ProvisionedThroughput"] == {
            **MORE,
            "NumberOfDecreasesToday": 0,
            "LastIncreaseDateTime": datetime.fromtimestamp(engine.now, UTC),
        }


def test_throughput_that_is_there_already_is_refused(engine: Engine) -> None:
    engine("CreateTable", provisioned())
    text = (
        "The provisioned throughput for the {} will not change. The requested value equals the"
        " current value. Current ReadCapacityUnits provisioned for the {}: 5. Requested"
        " ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for the {}: 3. Requested"
        " WriteCapacityUnits: 3. Refer to the Amazon DynamoDB Developer Guide for current limits"
        " and how to request higher limits."
    )
    both = {"ProvisionedThroughput": UNITS, **update(ProvisionedThroughput=MORE)}
    refuse(engine, text.format(*["table"] * 3), **both)
    says = text.format("index byG", "index", "index")
    refuse(engine, says, **update(ProvisionedThroughput=UNITS))
    too_many = {**UNITS, "ReadCapacityUnits": 10**12 + 1}
    says = "Given value 1000000000001 for ReadCapacityUnits is out of bounds"
    refuse(engine, says, ProvisionedThroughput=too_many)
    refuse(engine, f"{says} for index byG", **update(ProvisionedThroughput=too_many))


def test_a_day_has_four_decreases_and_one_in_each_further_hour(engine: Engine) -> None:
    engine.now = 1_700_006_400.0 + 100  # 100 seconds after midnight, UTC
    engine("CreateTable", provisioned())

    def lower(to: int) -> dict[str, Any]:
        return {"ProvisionedThroughput": {"ReadCapacityUnits": to, "WriteCapacityUnits": 3}}

    change(engine, **lower(100))
    for number in range(4):
        described = change(engine, **lower(90 - number))
        throughput = described["ProvisionedThroughput"]
        assert throughput["NumberOfDecreasesToday"] == number + 1
    assert throughput["LastDecreaseDateTime"] == datetime.fromtimestamp(engine.now, UTC)
    says = (
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC"
        " day. After the first 4 decreases, each subsequent decrease in the same UTC day can be"
        " performed at most once every 3600 seconds. Number of decreases today: 4. Last decrease at"
        " Wednesday, November 15, 2023 12:01:40 AM UTC. Next decrease can be made at Wednesday,"
        " November 15, 2023 1:01:40 AM UTC"
    )
    engine.now += 3599
    refuse(engine, says, "LimitExceededException", **lower(80))
    # The index has a count of its own, and raising is free.
    change(engine, **update(ProvisionedThroughput={**UNITS, "ReadCapacityUnits": 4}))
    engine.now += 1
    assert change(engine, **lower(80))["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 5
    engine.now += 86_400
    described = engine("DescribeTable", TableName="users")["Table"]
    assert described["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    assert change(engine, **lower(70))["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1


def test_what_stands_alone_in_a_request_is_refused_with_anything_else(engine: Engine) -> None:
    engine("CreateTable", request())
    class_ = {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    encryption = {"SSESpecification": {"Enabled": True}}
    says = "modification must be the only operation in the request"
    for other in ({"DeletionProtectionEnabled": True}, {"BillingMode": "PAY_PER_REQUEST"}):
        refuse(engine, f"{INVALID}TableClass {says}", **class_, **other)
        refuse(engine, f"{INVALID}Server-Side Encryption {says}", **encryption, **other)
    # What asks for nothing is no operation.
    change(engine, **class_, GlobalSecondaryIndexUpdates=[], OnDemandThroughput={})


def test_throughput_changes_neither_with_the_stream_nor_with_an_index_made_or_deleted(
    engine: Engine,
) -> None:
    engine("CreateTable", provisioned())
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    added = {**index("byH", "h"), "ProvisionedThroughput": UNITS}
    made = {
        "GlobalSecondaryIndexUpdates": [{"Create": added}],
        "AttributeDefinitions": definitions(h="S"),
    }
    for iops in ({"ProvisionedThroughput": MORE}, {"BillingMode": "PAY_PER_REQUEST"}):
        says = f"{INVALID}You cannot modify stream status while updating table IOPS"
        refuse(engine, says, **iops, **stream)
        for online in (made, delete("byG")):
            refuse(engine, "Only one of these can be done at once", **iops, **online)
    change(engine, **stream, **made, BillingMode="PROVISIONED")


def test_the_table_class_says_when_it_changed(engine: Engine) -> None:
    engine("CreateTable", request())
    engine.now += 5
    described = change(engine, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert described["TableClassSummary"] == {
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "LastUpdateDateTime": datetime.fromtimestamp(engine.now, UTC),
    }
    assert change(engine, TableClass="STANDARD")["TableClassSummary"]["TableClass"] == "STANDARD"


def test_encryption_is_changed_to_another_key_and_not_to_the_same(engine: Engine) -> None:
    engine("CreateTable", request())
    refuse(engine, "Table is already encrypted by default", SSESpecification={"Enabled": False})
    refuse(engine, "Table is already encrypted by default", SSESpecification={})
    described = change(engine, SSESpecification={"Enabled": True})
    keys = "arn:aws:kms:us-east-1:000000000000:key/"
    managed = described["SSEDescription"].pop("KMSMasterKeyArn")
    assert managed.startswith(keys)
    assert described["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS"}
    says = "Table is already encrypted with given KMSMasterKeyId"
    refuse(engine, says, SSESpecification={"Enabled": True, "SSEType": "KMS"})
    own = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/own"}
    described = change(engine, SSESpecification=own)
    alias = described["SSEDescription"]["KMSMasterKeyArn"]
    assert alias.startswith(keys)
    assert alias != managed
    refuse(engine, says, SSESpecification=own)
    theirs = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
    described = change(engine, SSESpecification={**own, "KMSMasterKeyId": theirs})
    assert described["SSEDescription"]["KMSMasterKeyArn"] == theirs
    assert "SSEDescription" not in change(engine, SSESpecification={"Enabled": False})


def test_a_stream_is_switched_on_and_off(engine: Engine) -> None:
    engine("CreateTable", request())
    off = {"StreamSpecification": {"StreamEnabled": False}}
    on = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}}
    refuse(engine, "Table has no stream to disable: TableName: users", **off)
    described = change(engine, **on)
    assert described["StreamSpecification"] == on["StreamSpecification"]
    refuse(engine, "Table already has an enabled stream: TableName: users", **on)
    described = change(engine, **off)
    assert "StreamSpecification" not in described
    assert "LatestStreamArn" in described


def create(name: str, *keys: str) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": [{"Create": index(name, *keys)}]}


def delete(name: str) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({}, "ValidationException", "At least one of"),
        ({"GlobalSecondaryIndexUpdates": []}, "ValidationException", "At least one of"),
        ({"OnDemandThroughput": {}, "WarmThroughput": {}}, "ValidationException", "At least one"),
        ({"AttributeDefinitions": definitions(pk="S")}, "ValidationException", "At least one of"),
        ({"GlobalSecondaryIndexUpdates": [{}]}, "ValidationException", "must not be null"),
        (update(), "ValidationException", "is required to update index: byG"),
        (
            update("absent", OnDemandThroughput={"MaxReadRequestUnits": 1}),
            "ValidationException",
            "Action Blocked: IndexUpdate",
        ),
        (create("byG", "g"), "ValidationException", "which already exists: byG"),
        (create("byL", "g"), "ValidationException", "which already exists: byL"),
        (
            create("byX", "x"),
            "ValidationException",
            "Invalid KeySchema: Some index key attribute have no definition",
        ),
        (
            # That the table has the attribute is not enough.
            {**create("byX", "x", "g"), "AttributeDefinitions": definitions(x="S", y="S")},
            "ValidationException",
            "not defined in AttributeDefinitions. Keys: [x, g], AttributeDefinitions: [x, y]",
        ),
        (
            {**create("byX", "x", "g"), "AttributeDefinitions": definitions(x="S")},
            "ValidationException",
            "Invalid KeySchema: Some index key attribute have no definition",
        ),
        (
            {**create("byX", "x"), "AttributeDefinitions": definitions(x="S") * 2},
            "ValidationException",
            "Cannot have two attributes with the same name",
        ),
        (
            {**create("byX", "x", "g"), "AttributeDefinitions": definitions(x="S", g="N")},
            "ValidationException",
            "Attribute g is defined as S already",
        ),
        (
            {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "absent"}}]},
            "ResourceNotFoundException",
            "Index: absent not found",
        ),
        (
            {
                "GlobalSecondaryIndexUpdates": [
                    {"Delete": {"IndexName": "byG"}},
                    {"Update": {"IndexName": "byG", "WarmThroughput": {"ReadUnitsPerSecond": 1}}},
                ]
            },
            "ValidationException",
            "Only one global secondary index update per index is allowed simultaneously. Index:"
            " byG",
        ),
        (
            {
                "GlobalSecondaryIndexUpdates": [
                    {"Delete": {"IndexName": "byG"}},
                    {"Create": index("byH", "g")},
                ]
            },
            "LimitExceededException",
            "Only 1 online index can be created or deleted simultaneously",
        ),
    ],
)
def test_an_update_that_cannot_be_is_refused(
    engine: Engine, changes: dict[str, Any], code: str, says: str
) -> None:
    made = local(index("byL", "pk", "g"), g="S")
    made["GlobalSecondaryIndexes"] = [index("byG", "g")]
    engine("CreateTable", request(**made))
    before = engine("DescribeTable", TableName="users")
    engine.refused(code, says, "UpdateTable", TableName="users", **changes)
    assert engine("DescribeTable", TableName="users") == before


def test_an_index_that_is_made_shows_its_phases_and_one_that_is_deleted_its_end(
    engine: Engine,
) -> None:
    engine("CreateTable", request())
    changes = {**create("byG", "g"), "AttributeDefinitions": definitions(g="S")}
    answer = engine("UpdateTable", TableName="users", **changes)["TableDescription"]
    (byg,) = answer["GlobalSecondaryIndexes"]
    assert (byg["IndexStatus"], byg["Backfilling"]) == ("CREATING", False)
    (byg,) = engine("DescribeTable", TableName="users")["Table"]["GlobalSecondaryIndexes"]
    assert byg["IndexStatus"] == "ACTIVE"
    assert "Backfilling" not in byg
    answer = engine("UpdateTable", TableName="users", **delete("byG"))["TableDescription"]
    (byg,) = answer["GlobalSecondaryIndexes"]
    assert byg["IndexStatus"] == "DELETING"
    assert "GlobalSecondaryIndexes" not in engine("DescribeTable", TableName="users")["Table"]


def test_an_index_that_is_added_is_provisioned_as_its_table_is(engine: Engine) -> None:
    engine("CreateTable", provisioned())
    given = {"AttributeDefinitions": definitions(g="S")}
    says = (
        f"{INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: byX"
    )
    refuse(engine, says, **create("byX", "g"), **given)
    ceiling = {"MaxWriteRequestUnits": 5}
    added = {**index("byX", "g"), "ProvisionedThroughput": UNITS, "OnDemandThroughput": ceiling}
    says = "MaxWriteRequestUnits for OnDemandThroughput cannot be specified when the table"
    refuse(engine, says, GlobalSecondaryIndexUpdates=[{"Create": added}], **given)
    added = {**added, "OnDemandThroughput": {}}
    described = change(engine, GlobalSecondaryIndexUpdates=[{"Create": added}], **given)
    assert "OnDemandThroughput" not in described["GlobalSecondaryIndexes"][1]


def test_a_table_has_20_global_indexes(engine: Engine) -> None:
    indexes = [index(f"by{number:02}", "g") for number in range(20)]
    engine("CreateTable", request(**global_(*indexes, g="S")))
    engine.refused(
        "LimitExceededException",
        "count exceeds the per-table limit of 20",
        "UpdateTable",
        TableName="users",
        **create("one", "g"),
    )


def test_attribute_definitions_follow_the_keys(engine: Engine) -> None:
    engine("CreateTable", request())
    changes = {**create("byG", "g"), "AttributeDefinitions": definitions(g="N", unused="S")}
    described = change(engine, **changes)
    assert described["AttributeDefinitions"] == definitions(pk="S", g="N")
    described = change(engine, **delete("byG"))
    assert described["AttributeDefinitions"] == definitions(pk="S")
    assert "GlobalSecondaryIndexes" not in described
