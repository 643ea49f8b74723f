"""What a model says about its table becomes the request that makes it."""

# mypy: disable-error-code="no-untyped-call"
# PynamoDB's indexes are made by functions without annotations.

from __future__ import annotations

from typing import Any

import pytest
from pynamodb.attributes import (
    DiscriminatorAttribute,
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
)
from pynamodb.indexes import (
    AllProjection,
    GlobalSecondaryIndex,
    IncludeProjection,
    KeysOnlyProjection,
    LocalSecondaryIndex,
)
from pynamodb.models import Model

from anydynamo import Attr, GlobalIndex, InvalidRequest, LocalIndex, Table, attribute
from anydynamo.models.schema import AttributeName, Encryption, KeyAttribute, Throughput, schema_of


class Full(
    Table,
    name="full",
    read_capacity=5,
    write_capacity=6,
    stream="NEW_AND_OLD_IMAGES",
    point_in_time_recovery=True,
    deletion_protection=True,
    tags={"team": "a"},
    encryption="arn:aws:kms:eu-west-1:1:key/1",
):
    one: Attr[str] = attribute(hash_key=True, attr_name="One")
    two: Attr[int] = attribute(range_key=True)
    three: Attr[str | None] = attribute(default=None)
    four: Attr[bytes | None] = attribute(default=None)
    five: Attr[list[str] | None] = attribute(default=None, attr_name="Five")
    version: Attr[int | None] = attribute(default=None, version=True, attr_name="v")
    expires: Attr[int | None] = attribute(default=None, ttl=True, attr_name="ttl")

    by_three = GlobalIndex("ByThree", hash_key=three, range_key=one, projection="KEYS_ONLY")
    by_many = GlobalIndex(
        "ByMany",
        hash_key=(three, four),
        range_key=(one, two),
        include=[five],
        read_capacity=1,
        write_capacity=2,
    )
    by_four = LocalIndex("ByFour", range_key=four)


def test_everything_that_is_declared_is_read() -> None:
    schema = schema_of(Full)
    assert schema.table_name == "full"
    assert schema.keys == (KeyAttribute("one", "One", "S"), KeyAttribute("two", "two", "N"))
    assert schema.version == AttributeName("version", "v")
    assert schema.ttl == "ttl"
    assert schema.billing == "PROVISIONED"
    assert schema.throughput == Throughput(5, 6)
    assert schema.stream_view == "NEW_AND_OLD_IMAGES"
    assert schema.point_in_time_recovery
    assert schema.deletion_protection
    assert dict(schema.tags) == {"team": "a"}
    assert schema.encryption == Encryption("arn:aws:kms:eu-west-1:1:key/1")
    many = schema.indexes["ByMany"]
    assert many.attribute == "by_many"
    assert [key.wire for key in many.hash_keys] == ["three", "four"]
    assert [key.wire for key in many.range_keys] == ["One", "two"]
    assert (many.projection, many.include, many.local) == ("INCLUDE", ("Five",), False)
    assert schema.indexes["ByFour"].local


def test_the_request_is_create_tables() -> None:
    request = schema_of(Full).create_table_request("prefix-full")
    assert request == {
        "TableName": "prefix-full",
        "AttributeDefinitions": [
            {"AttributeName": "One", "AttributeType": "S"},
            {"AttributeName": "two", "AttributeType": "N"},
            {"AttributeName": "three", "AttributeType": "S"},
            {"AttributeName": "four", "AttributeType": "B"},
        ],
        "KeySchema": [
            {"AttributeName": "One", "KeyType": "HASH"},
            {"AttributeName": "two", "KeyType": "RANGE"},
        ],
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "ByThree",
                "KeySchema": [
                    {"AttributeName": "three", "KeyType": "HASH"},
                    {"AttributeName": "One", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
            },
            {
                "IndexName": "ByMany",
                "KeySchema": [
                    {"AttributeName": "three", "KeyType": "HASH"},
                    {"AttributeName": "four", "KeyType": "HASH"},
                    {"AttributeName": "One", "KeyType": "RANGE"},
                    {"AttributeName": "two", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Five"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
            },
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "ByFour",
                "KeySchema": [
                    {"AttributeName": "One", "KeyType": "HASH"},
                    {"AttributeName": "four", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        "DeletionProtectionEnabled": True,
        "Tags": [{"Key": "team", "Value": "a"}],
        "SSESpecification": {
            "Enabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": "arn:aws:kms:eu-west-1:1:key/1",
        },
    }


def test_pynamodb_sees_the_same_schema() -> None:
    theirs = Full._get_schema()
    ours = schema_of(Full).create_table_request()
    assert theirs["attribute_definitions"] == ours["AttributeDefinitions"]
    assert theirs["key_schema"] == ours["KeySchema"]
    assert [index["key_schema"] for index in theirs["global_secondary_indexes"]] == [
        index["KeySchema"] for index in ours["GlobalSecondaryIndexes"]
    ]
    assert theirs["global_secondary_indexes"][1]["provisioned_throughput"] == {
        "ReadCapacityUnits": 1,
        "WriteCapacityUnits": 2,
    }
    assert (
        theirs["local_secondary_indexes"][0]["key_schema"]
        == (ours["LocalSecondaryIndexes"][0]["KeySchema"])
    )
    assert Full._indexes["ByMany"]._hash_key_attribute() is Full.three
    assert repr(Full.by_many) == "GlobalIndex('ByMany')"


class ByName(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "ByName"
        projection = IncludeProjection(["Extra"])
        read_capacity_units = 1
        write_capacity_units = 2

    name = UnicodeAttribute(hash_key=True, attr_name="Name")
    age = NumberAttribute(range_key=True)


class ByAge(LocalSecondaryIndex[Any]):
    class Meta:
        projection = KeysOnlyProjection()

    key = UnicodeAttribute(hash_key=True)
    age = NumberAttribute(range_key=True)


class Plain(Model):
    class Meta:
        table_name = "plain"
        billing_mode = "PROVISIONED"
        read_capacity_units = 3
        write_capacity_units = 4
        stream_view_type = "KEYS_ONLY"

    key = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(attr_name="Name")
    age = NumberAttribute()
    expires = TTLAttribute(attr_name="ttl")

    by_name = ByName()
    by_age = ByAge()


def test_a_plain_model_is_read_as_pynamodb_reads_it() -> None:
    schema = schema_of(Plain)
    assert schema.ttl == "ttl"
    assert schema.throughput == Throughput(3, 4)
    assert schema.range_key is None
    by_name, by_age = schema.indexes["ByName"], schema.indexes["by_age"]
    assert by_name.hash_keys == (KeyAttribute("name", "Name", "S"),)
    assert (by_name.include, by_name.throughput) == (("Extra",), Throughput(1, 2))
    assert (by_age.local, by_age.projection) == (True, "KEYS_ONLY")
    request = schema.create_table_request()
    theirs = Plain._get_schema()
    assert sorted(map(str, request["AttributeDefinitions"])) == sorted(
        map(str, theirs["attribute_definitions"])
    )
    assert request["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"


def test_a_table_is_paid_by_request_unless_capacity_is_declared() -> None:
    class Cheap(Table, name="cheap", encryption=True):
        key: Attr[str] = attribute(hash_key=True)

    request = schema_of(Cheap).create_table_request()
    assert request["BillingMode"] == "PAY_PER_REQUEST"
    assert "ProvisionedThroughput" not in request
    assert request["SSESpecification"] == {"Enabled": True, "SSEType": "KMS"}


def test_a_schema_is_read_once() -> None:
    assert schema_of(Full) is schema_of(Full)


def test_what_makes_no_table_is_refused() -> None:
    class Nameless(Table):
        key: Attr[str] = attribute(hash_key=True)

    class Keyless(Table, name="keyless"):
        one: Attr[str] = attribute()

    class Half(Table, name="half", read_capacity=1):
        key: Attr[str] = attribute(hash_key=True)

    class Odd(Model):
        class Meta:
            table_name = "odd"

        key = JSONAttribute(hash_key=True)
        key.attr_type = "M"

    wrong: tuple[tuple[Any, str], ...] = (
        (dict, "<class 'dict'> is no model"),
        (Nameless, r"names no table; declare it as `class Nameless\(Table, name="),
        (Keyless, "has no partition key"),
        (Half, "needs read and write capacity"),
        (Odd, "'key' of Odd is stored as M"),
    )
    for model, message in wrong:
        with pytest.raises(InvalidRequest, match=message):
            schema_of(model)


def test_an_index_that_dynamodb_would_refuse_is_refused() -> None:
    with pytest.raises(TypeError, match="3 to 255 characters"):
        GlobalIndex("ab", hash_key=Full.three)
    with pytest.raises(TypeError, match="go together"):
        GlobalIndex("abc", hash_key=Full.three, projection="INCLUDE")
    with pytest.raises(TypeError, match="more than 4 attributes"):
        GlobalIndex("abc", hash_key=(Full.three,) * 5)
    with pytest.raises(TypeError, match="cannot have 'words' in its key, which is stored as L"):

        class Listed(Table, name="listed"):
            key: Attr[str] = attribute(hash_key=True)
            words: Attr[list[str]] = attribute()

            by_words = GlobalIndex("ByWords", hash_key=words)

    with pytest.raises(TypeError, match="no attribute of its table"):

        class Stray(Table, name="stray"):
            key: Attr[str] = attribute(hash_key=True)

            by_name = GlobalIndex("ByName", hash_key=Plain.name)  # type: ignore[call-overload]


def test_a_plain_index_without_a_partition_key_is_refused() -> None:
    class Headless(GlobalSecondaryIndex[Any]):
        class Meta:
            projection = AllProjection()

        age = NumberAttribute(range_key=True)

    class Owner(Model):
        class Meta:
            table_name = "owner"

        key = UnicodeAttribute(hash_key=True)
        headless = Headless()

    with pytest.raises(InvalidRequest, match="headless of Owner has no partition key"):
        schema_of(Owner)


def test_a_class_that_joins_a_discriminator_later_brings_its_indexes_along() -> None:
    class Vehicle(Table, name="vehicles"):
        plate: Attr[str] = attribute(hash_key=True)
        kind = DiscriminatorAttribute()

    before = schema_of(Vehicle)
    assert schema_of(Vehicle) is before

    class Bus(Vehicle, discriminator="bus"):
        line: Attr[str] = attribute()
        by_line = GlobalIndex("LineIndex", hash_key=line)

    assert set(before.indexes) == set()
    assert set(schema_of(Vehicle).indexes) == set(schema_of(Bus).indexes) == {"LineIndex"}
    assert schema_of(Vehicle) is schema_of(Vehicle)
