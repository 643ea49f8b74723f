"""Keys are checked before anything is sent, and an error names the attribute."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import EmailStr, Field, StringConstraints
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from anydynamo import (
    Attr,
    Database,
    GlobalIndex,
    InvalidItem,
    InvalidRequest,
    Table,
    attribute,
)
from anydynamo.models.codec import codec_of


class Plain(Table, name="plain"):
    user_id: Attr[str] = attribute(hash_key=True, attr_name="userId")
    age: Attr[int | None] = attribute(default=None)


class Pair(Table, name="pair"):
    token: Attr[UUID] = attribute(hash_key=True)
    day: Attr[date] = attribute(range_key=True)


class Binary(Table, name="binary"):
    blob: Attr[bytes] = attribute(hash_key=True)
    number: Attr[Decimal] = attribute(range_key=True)


class Old(Model):
    class Meta:
        table_name = "old"

    name = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)


def test_a_key_is_a_value_or_a_pair() -> None:
    assert codec_of(Plain).key("a") == {"userId": {"S": "a"}}
    assert codec_of(Pair).key((UUID(int=1), date(2026, 1, 2))) == {
        "token": {"S": str(UUID(int=1))},
        "day": {"S": "2026-01-02"},
    }
    assert codec_of(Binary).key((b"\x00", 3)) == {"blob": {"B": b"\x00"}, "number": {"N": "3"}}
    assert codec_of(Old).key(("a", 1.5)) == {"name": {"S": "a"}, "number": {"N": "1.5"}}


def test_an_instance_has_its_key() -> None:
    assert codec_of(Plain).key_of(Plain(user_id="a")) == {"userId": {"S": "a"}}
    assert codec_of(Old).key_of(Old("a", 2)) == {"name": {"S": "a"}, "number": {"N": "2"}}


def test_an_encoded_item_has_its_key() -> None:
    binary = codec_of(Binary)
    item = binary.encode(Binary(blob=b"x", number=Decimal(3)))
    assert binary.key_in(item) == {"blob": {"B": b"x"}, "number": {"N": "3"}}
    assert codec_of(Plain).key_in({"userId": {"S": "a"}, "age": {"N": "1"}}) == {
        "userId": {"S": "a"}
    }


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ({}, "'blob' of Binary is missing"),
        ({"blob": {"NULL": True}}, "'blob' of Binary is missing"),
        ({"blob": {"B": b""}}, "'blob' of Binary is 0 bytes long; DynamoDB takes 1 to 2048"),
        ({"blob": {"B": b"x"}}, "'number' of Binary is missing"),
    ],
)
def test_an_encoded_item_with_a_wrong_key_is_refused(key: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        codec_of(Binary).key_in(key)


@pytest.mark.parametrize(
    ("model", "key", "message"),
    [
        (Plain, 5, "'user_id' of Plain.*int is not a string"),
        (Plain, None, "'user_id' of Plain is missing"),
        (Plain, "", "'user_id' of Plain is 0 bytes long; DynamoDB takes 1 to 2048"),
        (Plain, "ü" * 1025, "2050 bytes"),
        (Plain, "\ud800", "'user_id' of Plain cannot be .*surrogate"),
        (Plain, ("a", "b"), "tuple is not a string"),
        (Pair, "a", r"a tuple \(token, day\)"),
        (Pair, (UUID(int=1),), r"a tuple \(token, day\)"),
        (Pair, (UUID(int=1), None), "'day' of Pair is missing"),
        (Pair, (UUID(int=1), "2026-01-01"), "str is not a date"),
        (Binary, (b"", 3), "'blob' of Binary is 0 bytes"),
        (Binary, (b"x", Decimal("NaN")), "'number' of Binary"),
        (Old, (5, 1), "'name' of Old is a string in DynamoDB, not int"),
        (Old, ("a", "b"), "'number' of Old"),
        (Old, ("a", object()), "'number' of Old"),
        (Old, ("a", float("nan")), "'number' of Old"),
    ],
)
def test_a_wrong_key_is_refused(model: Any, key: object, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        codec_of(model).key(key)


def test_a_sort_key_is_at_most_1024_bytes() -> None:
    class Long(Table, name="long"):
        one: Attr[str] = attribute(hash_key=True)
        two: Attr[str] = attribute(range_key=True)

    assert codec_of(Long).key(("a" * 2048, "b" * 1024))
    with pytest.raises(InvalidRequest, match="'two' of Long is 1025 bytes"):
        codec_of(Long).key(("a", "b" * 1025))


def test_single_values_are_converted_by_name() -> None:
    codec = codec_of(Plain)
    assert codec.encode_value("age", 3) == {"N": "3"}
    assert codec.encode_value("age", None) == {"NULL": True}
    assert codec.decode_value("age", {"N": "3"}) == 3
    assert codec.decode_value("age", {"NULL": True}) is None
    old = codec_of(Old)
    assert old.encode_value("number", 3) == {"N": "3"}
    assert old.encode_value("number", None) == {"NULL": True}
    assert old.decode_value("number", {"N": "3"}) == 3
    assert old.decode_value("number", {"NULL": True}) is None
    with pytest.raises(InvalidItem, match="'number' of Old"):
        old.decode_value("number", {"S": "x"})
    with pytest.raises(InvalidRequest, match="Plain has no attribute 'years'; it has user_id, age"):
        codec.encode_value("years", 3)


def test_a_projection_is_a_dict_by_python_names() -> None:
    item = {"userId": {"S": "a"}, "other": {"N": "1"}}
    assert codec_of(Plain).decode_projection(item, ["age", "user_id"]) == {
        "age": None,
        "user_id": "a",
    }


def test_a_codec_is_made_once() -> None:
    assert codec_of(Plain) is codec_of(Plain)
    assert codec_of(Plain).schema.table_name == "plain"


async def test_a_value_is_looked_for_as_it_is_stored() -> None:
    class Member(Table, name="members"):
        email: Attr[EmailStr] = attribute(hash_key=True)
        nick: Attr[Annotated[str, StringConstraints(to_lower=True, min_length=2)]] = attribute()
        age: Attr[Annotated[int, Field(ge=0)] | None] = attribute(default=None)

        by_nick = GlobalIndex("ByNick", hash_key=nick)

    async with Database.open("memory://") as database:
        await database.create_tables([Member])
        members = database.repository(Member)
        ada = Member(email="ada@EXAMPLE.org", nick="Ada")
        await members.create(ada)
        assert await members.get("ada@EXAMPLE.org") == ada
        assert [one async for one in members.query(Member.by_nick, "ADA")] == [ada]
        same = Member.nick == "ADA"
        assert [one async for one in members.scan(filter=same)] == [ada]
        assert [one async for one in members.scan(filter=Member.nick > "A")] == [ada]
        assert await members.find("nobody") is None
    with pytest.raises(InvalidRequest, match="'age' of Member"):
        assert Member.age == "5"
