"""Class bodies: what they may say, and what they are told when they cannot say it."""

# No `from __future__ import annotations` here; tests/model/test_future.py has it.

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from typing import Annotated, Any, ClassVar, NewType

import pytest
from pydantic import BaseModel, Field, StringConstraints
from pynamodb.attributes import (
    Attribute,
    DiscriminatorAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    VersionAttribute,
)
from pynamodb.models import Model
from tests.imports import modules_after
from typing_extensions import TypeAliasType

from anydynamo import Attr, GlobalIndex, InvalidItem, Table, attribute
from anydynamo.models.codec import codec_of
from anydynamo.models.schema import schema_of

Name = NewType("Name", str)
Short = TypeAliasType("Short", Annotated[str, StringConstraints(max_length=3)])


class Dated(Table):
    created_at: Attr[datetime | None] = attribute(default=None, attr_name="createdAt")


class Owned(Table):
    owner: Attr[str] = attribute(default="nobody")


class Note(Dated, Owned, name="notes"):
    id: Attr[str] = attribute(hash_key=True)
    text: Attr[str]
    count: Attr[int] = attribute(default=0)  # type: ignore[assignment] # PynamoDB's `count`
    updated_by: Attr[str | None] = attribute(default=None)
    limit: ClassVar[int] = 3

    by_owner = GlobalIndex("ByOwner", hash_key=Owned.owner, range_key=text)  # noqa: F821 # bound by the body


untyped: Any = Note


def test_a_table_is_a_pynamodb_model() -> None:
    assert issubclass(Note, Model)
    assert all(isinstance(one, Attribute) for one in untyped.get_attributes().values())
    assert Note.Meta.table_name == "notes"
    assert Note._hash_keyname == "id"
    assert list(Note._indexes) == ["ByOwner"]
    assert Note.get_attributes()["id"].is_hash_key
    assert Note(id="1", text="x").to_simple_dict() == {
        "id": "1",
        "text": "x",
        "count": 0,
        "owner": "nobody",
    }


def test_attributes_stand_in_the_order_of_their_declaration() -> None:
    names = list(Note.get_attributes())
    assert names[2:] == ["id", "text", "count", "updated_by"]
    assert set(names[:2]) == {"created_at", "owner"}


def test_an_attribute_that_is_only_annotated_can_be_named_in_the_body() -> None:
    assert [key.name for key in schema_of(Note).indexes["ByOwner"].keys] == ["owner", "text"]


def test_a_subclass_shares_the_table_and_can_declare_again() -> None:
    class Long(Note):
        text: Attr[Annotated[str, Field(min_length=3)]] = attribute()

    assert schema_of(Long).table_name == "notes"
    with pytest.raises(InvalidItem, match="'text'"):
        Long(id="1", text="x")
    assert Note(id="1", text="x").text == "x"
    assert schema_of(Long).indexes["ByOwner"].range_keys[0].name == "text"


def test_a_version_and_a_ttl_are_pynamodbs() -> None:
    class Timed(Table, name="timed"):
        key: Attr[str] = attribute(hash_key=True)
        version: Attr[int] = attribute(version=True, default=0, attr_name="v")
        expires: Attr[int | None] = attribute(ttl=True, default=None, attr_name="e")

    attributes: dict[str, Any] = Timed.get_attributes()
    assert isinstance(attributes["version"], VersionAttribute)
    assert isinstance(attributes["expires"], TTLAttribute)
    schema = schema_of(Timed)
    assert schema.version is not None
    assert (schema.version.name, schema.version.wire, schema.ttl) == ("version", "v", "e")


def test_types_behind_names_are_seen() -> None:
    class Named(Table, name="named"):
        key: Attr[Name] = attribute(hash_key=True)
        short: Attr[Short] = attribute(default="x")
        address: Attr[IPv4Address | None] = attribute(default=None)

    codec = codec_of(Named)
    named = Named(key=Name("a"), short="abc", address=IPv4Address("10.0.0.1"))
    item = codec.encode(named)
    assert item["address"] == {"S": "10.0.0.1"}
    assert codec.decode(item) == named
    with pytest.raises(InvalidItem, match="'short'"):
        codec.decode(item | {"short": {"S": "long"}})


class Shout(Attribute[str]):
    attr_type = "S"

    def serialize(self, value: Any) -> Any:
        return value.upper() or None

    def deserialize(self, value: Any) -> Any:
        return value.lower()


def test_a_pynamodb_attribute_can_do_the_writing() -> None:
    class Custom(Table, name="custom"):
        key: Attr[str] = attribute(hash_key=True)
        loud: Attr[str | None] = attribute(using=Shout(), default=None)
        plain = UnicodeAttribute(default="x")
        number = NumberAttribute(null=True)
        made = UnicodeAttribute(default_for_new=lambda: "new")

    codec = codec_of(Custom)
    one = Custom(key="a", loud="hey", number=3)  # type: ignore[call-arg] # not annotated
    assert one.made == "new"
    item = codec.encode(one)
    assert item == one.serialize()
    assert item["loud"] == {"S": "HEY"}
    assert codec.decode(item) == one == Custom.from_raw_data(item)
    assert codec.decode({"key": {"S": "a"}, "made": {"S": "m"}}).plain == "x"
    with pytest.raises(InvalidItem, match=r"'loud' of Custom.*nothing to store"):
        codec.encode(Custom(key="a", loud=""))
    one.made = None
    with pytest.raises(InvalidItem, match="'made' of Custom is None"):
        codec.encode(one)


class Animal(Table, name="animals"):
    key: Attr[str] = attribute(hash_key=True)
    kind = DiscriminatorAttribute()


class Dog(Animal, discriminator="dog"):
    barks: Attr[bool] = attribute(default=True)
    by_barks: ClassVar[Any] = None


class Cat(Animal, discriminator="cat"):
    lives: Attr[int] = attribute(default=9)

    by_lives = GlobalIndex("ByLives", hash_key=lives)


def test_pynamodbs_discriminators_work() -> None:
    codec = codec_of(Animal)
    item = codec.encode(Dog(key="rex"))
    assert item == {"key": {"S": "rex"}, "kind": {"S": "dog"}, "barks": {"BOOL": True}}
    assert item == Dog(key="rex").serialize()
    read = codec.decode(item)
    assert type(read) is Dog
    assert read == Dog(key="rex") == Animal.from_raw_data(item)
    assert repr(read) == "Dog(key='rex', barks=True)"
    assert list(schema_of(Animal).indexes) == ["ByLives"]
    with pytest.raises(InvalidItem, match="a Dog, which is no Cat"):
        codec_of(Cat).decode(item)


def test_an_item_of_a_class_without_a_discriminator_of_its_own_can_be_written_again() -> None:
    codec = codec_of(Animal)
    item = {"key": {"S": "x"}}
    read = codec.decode(item)
    assert type(read) is Animal
    assert read == Animal(key="x") == Animal.from_raw_data(item)
    assert codec.encode(read) == codec.encode(Animal(key="x")) == item


# --- what is refused ----------------------------------------------------------------------------


class Unknown:
    pass


_attr: Any = Attr


class Mixed(Enum):
    A = 1
    B = "b"


@dataclass
class Record:
    x: int


def refused(body: dict[str, Any], annotations: dict[str, Any], **options: Any) -> str:
    """Make a table of a class body, and give what is said about it."""
    make: Any = type(Table)
    with pytest.raises(TypeError) as caught:
        make(
            "Bad",
            (Table,),
            {"__annotations__": annotations, "__module__": __name__} | body,
            **options,
        )
    return str(caught.value)


@pytest.mark.parametrize(
    "annotation",
    [Unknown, list[Unknown], dict[str, Unknown | None], set[float | str], dict[int, str], None],
)
def test_a_type_that_dynamodb_cannot_hold_is_refused_by_name(annotation: Any) -> None:
    message = refused({}, {"strange": Attr[annotation]})
    assert message.startswith("Bad.strange: ")
    assert "DynamoDB" in message


@pytest.mark.parametrize(
    ("annotation", "options", "message"),
    [
        (float | None, {"hash_key": True}, "a key cannot be None"),
        (bool, {"hash_key": True}, "a key is a string, a number or binary"),
        (Any, {"range_key": True}, "a key is a string, a number or binary"),
        (list[str], {"hash_key": True}, "a key is a string, a number or binary"),
        (Mixed, {"hash_key": True}, "a key is a string, a number or binary"),
        (str, {"version": True}, "a version is an int"),
        (Decimal, {"version": True}, "a version is an int"),
        (str, {"ttl": True}, "a TTL is a datetime or an int"),
        (date, {"epoch": True}, "epoch=True is for datetime"),
        (int, {"null": "omit"}, "whose type includes None"),
        (int | None, {"null": "omit", "default": 3}, "come back as the default"),
        (int, {"default": "x"}, "the default does not fit"),
        (str, {"default": None}, "the default does not fit"),
    ],
)
def test_options_that_do_not_go_with_the_type_are_refused(
    annotation: Any, options: dict[str, Any], message: str
) -> None:
    said = refused({"strange": attribute(**options)}, {"strange": Attr[annotation]})
    assert "strange" in said
    assert message in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alias": "x", "attr_name": "y"}, "two names"),
        ({"default": 1, "default_factory": int}, "not both"),
        ({"default": []}, "use default_factory=list"),
        ({"hash_key": True, "range_key": True}, "not both"),
        ({"null": "keep"}, "'omit' or 'store'"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        attribute(**options)


@pytest.mark.parametrize(
    ("body", "annotations", "message"),
    [
        ({}, {"age": int}, "annotated as Attr"),
        ({"age": attribute()}, {"age": int}, "annotated as Attr"),
        ({"age": 3}, {"age": Attr[int]}, "attribute(default=...)"),
        ({"age": attribute()}, {}, "needs an annotation"),
        ({}, {"serialize": Attr[int]}, "the name is taken"),
        ({}, {"attribute_values": Attr[int]}, "the name is taken"),
        ({}, {"Meta": Attr[int]}, "taken"),
        ({}, {"_private": Attr[int]}, "the name is taken"),
        ({}, {"age": Attr["Nowhere"]}, "cannot be resolved"),  # type: ignore[name-defined]
        ({}, {"age": _attr[attribute()]}, "not a type"),
    ],
)
def test_a_body_that_cannot_be_understood_is_refused(
    body: dict[str, Any], annotations: dict[str, Any], message: str
) -> None:
    assert message in refused(body, annotations)


@pytest.mark.parametrize(
    "options",
    [{"reads": "never"}, {"extra": "lose"}, {"billing": "FREE"}, {"stream": "ALL"}],
)
def test_unknown_choices_are_refused(options: dict[str, Any]) -> None:
    name = next(iter(options))
    assert f"Bad: {name}= is '" in refused({}, {}, **options)


def test_an_unknown_class_keyword_is_refused() -> None:
    assert "nmae" in refused({}, {}, nmae="x")


def test_a_name_that_pynamodb_only_uses_for_its_own_requests_is_free() -> None:
    assert Note(id="1", text="x", count=3).count == 3
    assert isinstance(untyped.count, Attribute)


def test_two_keys_of_one_kind_are_refused_by_pynamodb() -> None:
    with pytest.raises(ValueError, match="more than one hash key"):

        class Two(Table, name="two"):
            one: Attr[str] = attribute(hash_key=True)
            other: Attr[str] = attribute(hash_key=True)


# --- the cost of importing ----------------------------------------------------------------------


def test_importing_tables_brings_neither_pydantic_nor_msgspec_nor_asyncio() -> None:
    pynamodb = modules_after("import pynamodb.models")
    ours = modules_after("import anydynamo.models.table")
    heavy = {"pydantic", "pydantic_core", "msgspec", "asyncio", "aiobotocore"}
    assert not heavy & (ours - pynamodb)


def test_a_nested_model_that_pydantic_cannot_describe_is_refused() -> None:
    class Odd(BaseModel):
        model_config = {"arbitrary_types_allowed": True}
        value: complex

    class Held(Table, name="held"):
        key: Attr[str] = attribute(hash_key=True)
        odd: Attr[Odd] = attribute()
        record: Attr[Record | None] = attribute(default=None)

    with pytest.raises(InvalidItem, match="'odd' of Held"):
        codec_of(Held).encode(Held(key="a", odd=Odd.model_construct(value=object())))
    assert codec_of(Held).encode(Held(key="a", odd=Odd(value=1j)))["odd"]


# --- names --------------------------------------------------------------------------------------


def test_an_alias_is_the_name_in_dynamodb_and_a_second_name_in_the_constructor() -> None:
    class Person(Table, name="people"):
        person_id: Attr[str] = attribute(hash_key=True, alias="personId")
        email: Attr[str]

    given: dict[str, Any] = {"personId": "1", "email": "a@b.c"}
    person = Person(**given)
    assert person.serialize() == {"personId": {"S": "1"}, "email": {"S": "a@b.c"}}
    given = {"person_id": "1", "email": "a@b.c"}
    assert Person(**given) == person


def test_an_attribute_that_is_given_under_both_its_names_is_refused() -> None:
    class Person(Table, name="people"):
        person_id: Attr[str] = attribute(hash_key=True, alias="personId")

    given: dict[str, Any] = {"personId": "1", "person_id": "2"}
    with pytest.raises(InvalidItem, match="'person_id' is given under both its names"):
        Person(**given)


def test_a_name_in_dynamodb_that_is_no_alias_is_no_argument() -> None:
    class Person(Table, name="people"):
        person_id: Attr[str] = attribute(hash_key=True, attr_name="personId")

    given: dict[str, Any] = {"personId": "1"}
    with pytest.raises(InvalidItem, match="Person has no attribute 'personId'; it has person_id"):
        Person(**given)


def test_attributes_of_a_mixin_that_is_no_table_are_refused() -> None:
    class Aged:
        age: Attr[int] = attribute(default=0)

    with pytest.raises(TypeError, match=r"Cat: Aged\.age is no attribute.*class Aged\(Table\)"):

        class Cat(Aged, Table, name="cats"):
            key: Attr[str] = attribute(hash_key=True)


@pytest.mark.parametrize("strict", [True, False])
def test_inherited_attributes_are_checked_as_the_subclass_says(strict: bool) -> None:
    class Aged(Table, strict=not strict):
        age: Attr[int] = attribute(default=0)

    class Cat(Aged, name="cats", strict=strict):
        key: Attr[str] = attribute(hash_key=True)

        by_age = GlobalIndex("ByAge", hash_key=Aged.age)

    class Kitten(Cat, name="kittens"):
        by_age_too = GlobalIndex("ByAgeToo", hash_key=Aged.age)

    for table in (Cat, Kitten):
        cat: Any = table(key="a")
        if strict:
            with pytest.raises(InvalidItem, match="'age'"):
                cat.age = "5"
            with pytest.raises(InvalidItem, match="'age'"):
                table.age.set("5")  # type: ignore[arg-type]
        else:
            cat.age = "5"
            assert cat.age == 5
            assert codec_of(table).decode(codec_of(table).encode(cat)) == cat
    assert schema_of(Kitten).indexes["ByAgeToo"].hash_keys[0].name == "age"
