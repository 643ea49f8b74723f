"""Tables and their options."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from tests.engine.calling import (
    ALL,
    KEYS_ONLY,
    Engine,
    N,
    S,
    definitions,
    finished,
    including,
    index,
    schema,
)
from tests.engine.declaring import UNITS, global_, local, request

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import InvalidRequest
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from anydynamo.engine.store import Writer

T = TypeVar("T")


def test_a_table_is_described_as_aws_describes_it(engine: Engine) -> None:
    created = engine(
        "CreateTable",
        request(
            KeySchema=schema("pk", "sk"),
            AttributeDefinitions=definitions(pk="S", sk="N", g="B"),
            GlobalSecondaryIndexes=[
                {
                    **index("byG", "g", projection=including("a", "b")),
                    "OnDemandThroughput": {"MaxWriteRequestUnits": 7},
                }
            ],
            LocalSecondaryIndexes=[index("byL", "pk", "g", projection=KEYS_ONLY)],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            DeletionProtectionEnabled=True,
            TableClass="STANDARD_INFREQUENT_ACCESS",
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "1234abcd"},
            OnDemandThroughput={"MaxReadRequestUnits": 10},
        ),
    )["TableDescription"]
    at = datetime.fromtimestamp(engine.now, UTC)
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/users"
    throughput = {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    warm = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000}
    table_id = created["TableId"]
    assert created == {
        "AttributeDefinitions": definitions(pk="S", sk="N", g="B"),
        "TableName": "users",
        "KeySchema": schema("pk", "sk"),
        "TableStatus": "CREATING",
        "CreationDateTime": at,
        "ProvisionedThroughput": throughput,
        "TableSizeBytes": 0,
        "ItemCount": 0,
        "TableArn": arn,
        "TableId": table_id,
        "BillingModeSummary": {
            "BillingMode": "PAY_PER_REQUEST",
            "LastUpdateToPayPerRequestDateTime": at,
        },
        "LocalSecondaryIndexes": [
            {
                "IndexName": "byL",
                "KeySchema": schema("pk", "g"),
                "Projection": KEYS_ONLY,
                "IndexSizeBytes": 0,
                "ItemCount": 0,
                "IndexArn": arn + "/index/byL",
            }
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "byG",
                "KeySchema": schema("g"),
                "Projection": including("a", "b"),
                "IndexStatus": "CREATING",
                "ProvisionedThroughput": throughput,
                "WarmThroughput": {**warm, "Status": "CREATING"},
                "IndexSizeBytes": 0,
                "ItemCount": 0,
                "IndexArn": arn + "/index/byG",
                "OnDemandThroughput": {"MaxWriteRequestUnits": 7},
            }
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "LatestStreamLabel": "2023-11-14T22:13:20.000",
        "LatestStreamArn": arn + "/stream/2023-11-14T22:13:20.000",
        "DeletionProtectionEnabled": True,
        "OnDemandThroughput": {"MaxReadRequestUnits": 10},
        "WarmThroughput": {**warm, "Status": "ACTIVE"},
        "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
        "SSEDescription": {
            "Status": "ENABLED",
            "SSEType": "KMS",
            "KMSMasterKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1234abcd",
        },
    }
    created["TableStatus"] = "ACTIVE"
    (byg,) = created["GlobalSecondaryIndexes"]
    byg["IndexStatus"] = byg["WarmThroughput"]["Status"] = "ACTIVE"
    assert engine("DescribeTable", TableName="users") == {"Table": created}


def test_provisioned_tables_show_their_throughput(engine: Engine) -> None:
    described = engine(
        "CreateTable",
        request(
            BillingMode=None,
            ProvisionedThroughput=UNITS,
            AttributeDefinitions=definitions(pk="S", g="S"),
            GlobalSecondaryIndexes=[{**index("byG", "g"), "ProvisionedThroughput": UNITS}],
        ),
    )["TableDescription"]
    shown = {"NumberOfDecreasesToday": 0, **UNITS}
    assert described["ProvisionedThroughput"] == shown
    assert described["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] == shown
    assert "BillingModeSummary" not in described


def test_counts_and_sizes_are_exact(engine: Engine) -> None:
    engine(
        "CreateTable",
        request(
            AttributeDefinitions=definitions(pk="S", g="S"),
            GlobalSecondaryIndexes=[index("byG", "g", projection=KEYS_ONLY)],
        ),
    )
    for number in range(10):
        engine.put("users", pk=S(str(number)), a=S("xyz"), **({"g": S("g")} if number < 4 else {}))
    engine.put("users", pk=S("9"), a=S("x"))
    engine("DeleteItem", TableName="users", Key={"pk": S("0")})
    table = engine("DescribeTable", TableName="users")["Table"]
    sizes = [7] * 8 + [5] + [2] * 3
    assert (table["ItemCount"], table["TableSizeBytes"]) == (9, sum(sizes))
    (byg,) = table["GlobalSecondaryIndexes"]
    assert (byg["ItemCount"], byg["IndexSizeBytes"]) == (3, 3 * 5)


def test_counts_that_a_store_dropped_are_counted_again(engine: Engine) -> None:
    engine("CreateTable", request())
    engine.put("users", pk=S("1"))
    finished(engine.store.write(lambda writer: writer.clear("totals")))
    assert engine("DescribeTable", TableName="users")["Table"]["ItemCount"] == 1
    engine.put("users", pk=S("2"))
    table = engine("DescribeTable", TableName="users")["Table"]
    assert (table["ItemCount"], table["TableSizeBytes"]) == (2, 6)
    assert engine.peek(lambda reader: len(list(reader.scan("totals")))) == 1


def test_a_table_exists_once(engine: Engine) -> None:
    engine("CreateTable", request())
    engine.refused(
        "ResourceInUseException", "Table already exists: users", "CreateTable", request()
    )


FIVE = dict.fromkeys("abcde", "S")
MANY = [including(*(f"{letter}{n}" for n in range(20))) for letter in "vwxyz"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"TableName": "ab"}, "Member must have length greater than or equal to 3"),
        ({"TableName": "a" * 256}, "Member must have length less than or equal to 255"),
        ({"TableName": "a b c"}, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
        ({"KeySchema": []}, "Value '[]' at 'keySchema'"),
        ({"KeySchema": None}, "Value null at 'keySchema'"),
        ({"KeySchema": schema("/", "pk")}, "The first KeySchemaElement is not a HASH key type"),
        (
            {
                "KeySchema": schema("pk", "x", "/"),
                "AttributeDefinitions": definitions(pk="S", x="S"),
            },
            "second KeySchemaElement is not a RANGE",
        ),
        ({"KeySchema": schema("pk", "x", "/")}, "Some index key attribute have no definition"),
        ({"KeySchema": schema("pk", "pk")}, "Some index key attribute have no definition"),
        (
            {
                "KeySchema": schema("pk", "pk"),
                "AttributeDefinitions": definitions(pk="S", x="S"),
            },
            "have the same name",
        ),
        ({"KeySchema": schema("pk", "a", "b")}, "Member must have length less than or equal to 2"),
        ({"KeySchema": schema("absent")}, "not defined in AttributeDefinitions. Keys: [absent]"),
        ({"AttributeDefinitions": definitions(pk="S", x="S")}, "does not exactly match number of"),
        ({"AttributeDefinitions": definitions(pk="S") * 2}, "two attributes with the same name"),
        ({"AttributeDefinitions": definitions(pk="BOOL")}, "enum value set: [B, N, S]"),
        ({"BillingMode": "FREE"}, "Member must satisfy enum value set"),
        ({"BillingMode": None}, "must both be specified when BillingMode is PROVISIONED"),
        ({"ProvisionedThroughput": UNITS}, "can be specified when BillingMode is PAY_PER_REQUEST"),
        (
            {"ProvisionedThroughput": {**UNITS, "ReadCapacityUnits": 0}},
            "at 'provisionedThroughput.readCapacityUnits'",
        ),
        ({"StreamSpecification": {"StreamEnabled": True}}, "StreamViewType is not specified"),
        (
            {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
            "but StreamViewType is specified",
        ),
        (
            {"SSESpecification": {"Enabled": True, "SSEType": "AES256"}},
            "SSEType AES256 is not supported",
        ),
        (
            {"SSESpecification": {"Enabled": True, "KMSMasterKeyId": "alias/key"}},
            "SSEType KMS is required if KMSMasterKeyId is specified",
        ),
        ({"VectorIndexes": []}, "The parameter VectorIndexes is not supported here"),
        (global_(), "List of GlobalSecondaryIndexes is empty"),
        (
            global_(*(index(f"by{n}", "g") for n in range(21)), g="S"),
            "count exceeds the per-table limit of 20",
        ),
        (global_(index("byG", "g"), index("byG", "g"), g="S"), "Duplicate index name: byG"),
        (
            {"KeySchema": schema("pk", "sk")},
            "Invalid KeySchema: Some index key attribute have no definition",
        ),
        (
            {"AttributeDefinitions": definitions(x="S")},
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk],",
        ),
        (
            global_(index("byG", "g", "h")),
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [g, h],",
        ),
        (global_(index("byG", "g"), g="S", x="S"), "Some AttributeDefinitions are not used"),
        (global_(index("g", "g"), g="S"), "at 'globalSecondaryIndexes.1.member.indexName'"),
        (global_(index("byG", "/", "g"), g="S"), "is not a HASH key type"),
        (global_(index("byG", "g", "g"), g="S"), "have the same name"),
        (global_(index("byG", *"abca"), **FIVE), "Some elements have the same name"),
        (global_(index("byG", *"abcde", "/"), **FIVE), "exceeds the limit of 4 HASH"),
        (
            global_({**index("byG", "a"), "KeySchema": schema("a", "b") + schema("c")}, **FIVE),
            "HASH key elements must come before RANGE ones",
        ),
        (global_(index("byG", "g", projection={}), g="S"), "Unknown ProjectionType: null"),
        (
            global_(index("byG", "g", projection={"ProjectionType": "INCLUDE"}), g="S"),
            "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
        (
            global_(index("byG", "g", projection={**including("a"), **ALL}), g="S"),
            "ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        (
            global_(index("byG", "g", projection=including("a", "a")), g="S"),
            "Duplicate attribute in NonKeyAttributes",
        ),
        (
            global_(index("byG", "g", projection=including(*map(str, range(21)))), g="S"),
            "Member must have length less than or equal to 20",
        ),
        (
            global_(
                index("byH", "g", projection=including("a")),
                *(index(f"by{n}", "g", projection=each) for n, each in enumerate(MANY)),
                g="S",
            ),
            "exceeds the limit of 100 for all indexes",
        ),
        (
            global_({**index("byG", "g"), "ProvisionedThroughput": UNITS}, g="S"),
            "should not be specified for index: byG when BillingMode is PAY_PER_REQUEST",
        ),
        (local(), "List of LocalSecondaryIndexes is empty"),
        (
            {
                "AttributeDefinitions": definitions(pk="S", l="S"),
                "LocalSecondaryIndexes": [index("byL", "pk", "l")],
            },
            "Table KeySchema does not have a range key",
        ),
        (local(index("byL", "pk")), "does not have a range key for index: byL"),
        (local(index("byL", "l", "sk"), l="S"), "does not have the same leading hash key"),
        (
            local(*(index(f"by{n}", "pk", "l") for n in range(6)), l="S"),
            "exceeds per-table limit of 5",
        ),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(
    engine: Engine, changes: dict[str, Any], says: str
) -> None:
    engine.invalid(says, "CreateTable", request(**changes))
    assert engine("ListTables", {}) == {"TableNames": []}


def test_a_local_and_a_global_index_share_their_names(engine: Engine) -> None:
    changes = local(index("same", "pk", "l"), l="S")
    changes["GlobalSecondaryIndexes"] = [index("same", "l")]
    engine.invalid("Duplicate index name: same", "CreateTable", request(**changes))


def test_nulls_in_a_request_are_absent(engine: Engine) -> None:
    engine("CreateTable", {**request(), "Tags": None, "GlobalSecondaryIndexes": None})
    assert "GlobalSecondaryIndexes" not in engine("DescribeTable", TableName="users")["Table"]


def test_tables_are_listed_by_name_in_pages(engine: Engine) -> None:
    assert engine("ListTables", {}) == {"TableNames": []}
    for name in ("ccc", "aaa", "bbb"):
        engine.create(name, "pk")
    assert engine("ListTables", {}) == {"TableNames": ["aaa", "bbb", "ccc"]}
    assert engine("ListTables", Limit=3) == {"TableNames": ["aaa", "bbb", "ccc"]}
    page = engine("ListTables", Limit=2)
    assert page == {"TableNames": ["aaa", "bbb"], "LastEvaluatedTableName": "bbb"}
    assert engine("ListTables", ExclusiveStartTableName="bbb") == {"TableNames": ["ccc"]}
    assert engine("ListTables", ExclusiveStartTableName="abc", Limit=1) == {
        "TableNames": ["bbb"],
        "LastEvaluatedTableName": "bbb",
    }


def test_at_most_a_hundred_tables_are_on_a_page(engine: Engine) -> None:
    for number in range(101):
        engine.create(f"table{number:03}", "pk")
    assert len(engine("ListTables", {})["TableNames"]) == 100
    for limit in (0, 101):
        engine.invalid("at 'limit'", "ListTables", Limit=limit)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("DescribeTable", {}),
        ("DeleteTable", {}),
        ("UpdateTable", {"BillingMode": "PAY_PER_REQUEST"}),
        ("DescribeTimeToLive", {}),
        ("UpdateTimeToLive", {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "t"}}),
    ],
)
def test_an_absent_table_is_named(
    engine: Engine, operation: str, parameters: dict[str, Any]
) -> None:
    engine.refused(
        "ResourceNotFoundException",
        "Requested resource not found: Table: users not found",
        operation,
        TableName="users",
        **parameters,
    )


def test_a_deleted_table_leaves_nothing_behind(engine: Engine) -> None:
    changes = {
        **local(index("byL", "pk", "l"), l="S"),
        "GlobalSecondaryIndexes": [index("byG", "l")],
    }
    engine("CreateTable", request(**changes))
    engine.put("users", pk=S("1"), sk=S("1"), l=S("1"))
    first = engine("DescribeTable", TableName="users")["Table"]["TableId"]
    deleted = engine("DeleteTable", TableName="users")["TableDescription"]
    assert deleted["TableStatus"] == "DELETING"
    spaces = ["tables", "totals", f"items/{first}", f"index/{first}/byL", f"index/{first}/byG"]
    left = engine.peek(lambda reader: [pair for space in spaces for pair in reader.scan(space)])
    assert left == []
    engine("CreateTable", request(**changes))
    assert engine.all("users") == []
    assert engine("DescribeTable", TableName="users")["Table"]["TableId"] != first


def test_a_protected_table_cannot_be_deleted(engine: Engine) -> None:
    engine("CreateTable", request(DeletionProtectionEnabled=True))
    engine.invalid("protected against deletion", "DeleteTable", TableName="users")
    engine("UpdateTable", TableName="users", DeletionProtectionEnabled=False)
    engine("DeleteTable", TableName="users")


class Adopting(MemoryStore):
    """A store in which items lay before their table did."""

    def __init__(self, items: list[Any]) -> None:
        super().__init__()
        self._items = items

    async def write(self, work: Callable[[Writer], T]) -> T:
        return await super().write(lambda writer: work(_AdoptingWriter(writer, self._items)))


class _AdoptingWriter:
    def __init__(self, writer: Writer, items: list[Any]) -> None:
        self._items = items
        self.get, self.scan = writer.get, writer.scan
        self.put, self.delete, self.clear = writer.put, writer.delete, writer.clear

    def adopt(self, table: str) -> list[tuple[str, dict[str, Any]]]:
        items = self._items if table == "users" else []
        return [(f"{table}[{number}]", item) for number, item in enumerate(items)]


def adopting(items: list[Any]) -> Engine:
    engine = Engine()
    engine.adapter = EmbeddedAdapter(Adopting(items), provider="json")
    return engine


def test_items_that_lay_there_before_become_the_tables() -> None:
    items = [{"pk": S(str(number)), "g": N("1.0")} for number in range(3)]
    engine = adopting(items)
    made = request(**global_(index("byG", "g"), g="N"))
    described = engine("CreateTable", made)["TableDescription"]
    assert described["ItemCount"] == 3
    assert len(engine.all("users", IndexName="byG")) == 3
    assert engine.get("users", pk=S("1")) == {"pk": S("1"), "g": N(1)}
    engine.create("others", "pk")
    assert engine.all("others") == []


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"g": N(1)}, "users[1]: One or more parameter values were invalid: Missing the key pk"),
        ({"pk": S("2"), "g": S("x")}, "users[1]: One or more parameter values were invalid: Type"),
        ({"pk": S("1")}, "users[1]: another item has the same key"),
        ({"pk": {"N": "x"}}, "users[1]: The parameter cannot be converted to a numeric value"),
        ({"pk": S("2"), "x": S("x" * 400 * 1024)}, "users[1]: Item size has exceeded"),
    ],
)
def test_an_item_that_cannot_be_adopted_is_named_and_no_table_made(
    bad: dict[str, Any], says: str
) -> None:
    engine = adopting([{"pk": S("1")}, bad])
    with pytest.raises(InvalidRequest) as caught:
        engine("CreateTable", request(**global_(index("byG", "g"), g="N")))
    assert str(caught.value).startswith(says)
    assert engine("ListTables", {}) == {"TableNames": []}


def test_time_to_live_is_switched_on_for_one_attribute(engine: Engine) -> None:
    engine("CreateTable", request())

    def switch(enabled: bool, name: str) -> dict[str, Any]:
        return {
            "TableName": "users",
            "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": name},
        }

    off = {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    assert engine("DescribeTimeToLive", TableName="users") == off
    engine.invalid("already disabled", "UpdateTimeToLive", switch(False, "ttl"))
    answer = engine("UpdateTimeToLive", switch(True, "ttl"))
    assert answer == {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}}
    assert engine("DescribeTimeToLive", TableName="users") == {
        "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    }
    engine.invalid("already enabled", "UpdateTimeToLive", switch(True, "ttl"))
    for enabled in (True, False):
        engine.invalid("current AttributeName is ttl", "UpdateTimeToLive", switch(enabled, "other"))
    engine("UpdateTimeToLive", switch(False, "ttl"))
    assert engine("DescribeTimeToLive", TableName="users") == off


def test_an_expired_item_stays_until_it_is_deleted(engine: Engine) -> None:
    engine("CreateTable", request())
    specification = {"Enabled": True, "AttributeName": "ttl"}
    engine("UpdateTimeToLive", TableName="users", TimeToLiveSpecification=specification)
    engine.put("users", pk=S("1"), ttl=N(1))
    assert engine.get("users", pk=S("1")) is not None
    assert len(engine.all("users")) == 1


def test_tags_are_added_changed_and_removed(engine: Engine) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    arn = engine("CreateTable", request(Tags=tags))["TableDescription"]["TableArn"]
    assert engine("ListTagsOfResource", ResourceArn=arn) == {"Tags": tags}
    more = [{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": ""}]
    assert engine("TagResource", ResourceArn=arn, Tags=more) == {}
    assert engine("ListTagsOfResource", ResourceArn=arn) == {"Tags": more}
    assert engine("UntagResource", ResourceArn=arn, TagKeys=["team", "absent"]) == {}
    assert engine("ListTagsOfResource", ResourceArn=arn) == {"Tags": more[1:]}


def test_what_cannot_be_tagged_is_refused(engine: Engine) -> None:
    arn = engine("CreateTable", request())["TableDescription"]["TableArn"]
    tag = {"Key": "a", "Value": "b"}
    engine.invalid("Atleast one Tag needs", "TagResource", ResourceArn=arn, Tags=[])
    engine.invalid("Atleast one Tag Key", "UntagResource", ResourceArn=arn, TagKeys=[])
    engine.invalid("Duplicate tag key", "TagResource", ResourceArn=arn, Tags=[tag, tag])
    engine.invalid("Invalid TableArn", "TagResource", ResourceArn="users", Tags=[tag])
    engine.invalid("token is invalid", "ListTagsOfResource", ResourceArn=arn, NextToken="x")
    many = [{"Key": str(number), "Value": ""} for number in range(51)]
    engine.invalid("Too many tags", "TagResource", ResourceArn=arn, Tags=many)
    for tags, says in (([tag, tag], "Duplicate tag key"), (many, "Too many tags")):
        engine.invalid(says, "CreateTable", request(TableName="other", Tags=tags))
    engine.refused(
        "ResourceNotFoundException",
        "ResourcArn: " + arn + "x not found",
        "ListTagsOfResource",
        ResourceArn=arn + "x",
    )
