"""Plain PynamoDB models: what their own `serialize` and `from_raw_data` give, and no bad number."""

# mypy: disable-error-code="no-untyped-call"
# PynamoDB's map attributes have constructors without annotations.

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pynamodb.attributes import (
    Attribute,
    BinaryAttribute,
    BinarySetAttribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    DynamicMapAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    NumberSetAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.models import Model

from anydynamo import InvalidItem
from anydynamo.models.codec import codec_of


class Upper(Attribute[str]):
    """A custom attribute: stored in capitals."""

    attr_type = "S"

    def serialize(self, value: Any) -> Any:
        return value.upper()

    def deserialize(self, value: Any) -> Any:
        return value.lower()


class Home(MapAttribute[str, Any]):
    city = UnicodeAttribute(attr_name="City")
    floor = NumberAttribute(null=True)


class Loose(DynamicMapAttribute):
    known = UnicodeAttribute(null=True)


class Rich(Model):
    class Meta:
        table_name = "rich"

    key = UnicodeAttribute(hash_key=True, attr_name="Key")
    number = NumberAttribute(range_key=True)
    flag = BooleanAttribute(null=True)
    blob = BinaryAttribute(null=True, legacy_encoding=False)
    legacy = BinaryAttribute(null=True, legacy_encoding=True)
    moment = UTCDateTimeAttribute(null=True)
    document = JSONAttribute(null=True)
    home = Home(null=True)
    homes = ListAttribute(of=Home, default=list)
    anything = ListAttribute[Any](null=True)
    raw = MapAttribute[str, Any](null=True)
    loose = Loose(null=True)
    scores = ListAttribute(of=NumberAttribute, null=True)
    words = ListAttribute(of=UnicodeAttribute, null=True)
    tags = UnicodeSetAttribute(null=True)
    numbers = NumberSetAttribute(null=True)
    blobs = BinarySetAttribute(null=True, legacy_encoding=True)
    loud = Upper(null=True)
    kind = UnicodeAttribute(default="plain")
    fresh = UnicodeAttribute(null=True, default_for_new="new")
    expires = TTLAttribute(null=True)
    version = VersionAttribute()


texts = st.text(max_size=6)
numbers = st.integers(-(10**12), 10**12) | st.floats(-1e9, 1e9).filter(
    lambda x: x == 0 or abs(x) > 1e-99
)
moments = st.datetimes(
    min_value=datetime(1970, 1, 2),  # hypothesis adds the zone
    max_value=datetime(2100, 1, 1),
    timezones=st.just(UTC),
)
homes = st.builds(Home, city=texts, floor=st.none() | numbers)
simple = st.none() | st.booleans() | numbers | texts
nested = st.recursive(
    simple | st.binary(max_size=3) | st.sets(texts, min_size=1, max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
optional = {
    "flag": st.booleans(),
    "blob": st.binary(max_size=6),
    "legacy": st.binary(max_size=6),
    "moment": moments,
    "document": st.dictionaries(texts, simple, max_size=3),
    "home": homes,
    "homes": st.lists(homes, max_size=3),
    "anything": st.lists(nested, max_size=3),
    "raw": st.dictionaries(st.sampled_from(["x", "y", "odd name", "null"]), nested, max_size=3),
    "scores": st.lists(st.none() | numbers, max_size=3),
    "words": st.lists(st.none() | texts, max_size=3),
    "tags": st.sets(texts, max_size=3),
    "numbers": st.sets(st.integers(-(10**38) + 1, 10**38 - 1), max_size=3),
    "blobs": st.sets(st.binary(max_size=3), max_size=3),
    "loud": texts,
    "kind": texts,
    "fresh": texts,
    "expires": moments,
    "version": st.integers(0, 99),
}


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({"key": texts, "number": numbers}, optional=optional))
def test_a_codec_gives_what_pynamodb_gives(values: dict[str, Any]) -> None:
    codec = codec_of(Rich)
    instance = Rich(**values)
    item = instance.serialize()
    assert codec.encode(instance) == item
    assert codec.decode(item).serialize() == Rich.from_raw_data(item).serialize()
    ours, theirs = codec.decode(item).attribute_values, Rich.from_raw_data(item).attribute_values
    assert ours.keys() == theirs.keys()
    assert repr([ours[name] for name in theirs]) == repr(list(theirs.values()))


def test_a_missing_value_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidItem, match="number"):
        codec_of(Rich).encode(Rich(key="a"))
    with pytest.raises(InvalidItem, match=r"home.*city"):
        codec_of(Rich).encode(Rich(key="a", number=1, home=Home()))


def test_a_value_that_its_attribute_cannot_write_is_refused() -> None:
    with pytest.raises(InvalidItem, match="Rich"):
        codec_of(Rich).encode(Rich(key="a", number=1, loud=3))


def test_a_string_that_is_none_is_refused_by_name() -> None:
    class Named(Model):
        class Meta:
            table_name = "named"

        name = UnicodeAttribute(hash_key=True)
        title = UnicodeAttribute(null=True)

    wrong: Any = 5
    with pytest.raises(InvalidItem, match=r"'title' cannot be stored: .*int is not a string"):
        codec_of(Named).encode(Named(name="a", title=wrong))
    with pytest.raises(InvalidItem, match=r"'name' cannot be stored: .*int is not a string"):
        codec_of(Named).encode(Named(name=wrong))


def test_an_item_of_other_types_is_refused() -> None:
    with pytest.raises(InvalidItem, match="Rich"):
        codec_of(Rich).decode({"Key": {"N": "1"}, "number": {"N": "1"}})


@pytest.mark.parametrize(
    "values",
    [
        {"number": math.nan},
        {"number": math.inf},
        {"number": 10**39 + 1},
        {"numbers": {math.nan}},
        {"anything": [1, [math.nan]]},
        {"scores": [math.nan]},
        {"scores": [True]},
        {"raw": {"x": math.inf}},
        {"home": Home(city="x", floor=math.nan)},
        {"homes": [Home(city="x", floor=1e300)]},
    ],
)
def test_numbers_that_pynamodb_would_send_and_dynamodb_refuse_are_refused(
    values: dict[str, Any],
) -> None:
    with pytest.raises(InvalidItem, match=f"'{next(iter(values))}"):
        codec_of(Rich).encode(Rich(**{"key": "a", "number": 1, **values}))


def test_a_model_that_overrides_its_conversion_keeps_it() -> None:
    class Own(Model):
        class Meta:
            table_name = "own"

        key = UnicodeAttribute(hash_key=True)
        number = NumberAttribute(null=True)

        def serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:
            return {**super().serialize(null_check), "marked": {"BOOL": True}}

        @classmethod
        def from_raw_data(cls, data: dict[str, Any]) -> Any:
            return super().from_raw_data({**data, "key": {"S": "own"}})

    codec = codec_of(Own)
    assert codec.encode(Own("a"))["marked"] == {"BOOL": True}
    assert codec.decode({"key": {"S": "a"}}).key == "own"
    with pytest.raises(InvalidItem, match="number"):
        codec.encode(Own("a", number=math.nan))


def test_a_model_with_a_constructor_of_its_own_is_built_by_it() -> None:
    class Built(Model):
        class Meta:
            table_name = "built"

        key = UnicodeAttribute(hash_key=True)

        def __init__(self, *arguments: Any, **attributes: Any) -> None:
            super().__init__(*arguments, **attributes)
            self.seen = True

    assert codec_of(Built).decode({"key": {"S": "a"}}).seen is True


class Animal(Model):
    class Meta:
        table_name = "animals"

    key = UnicodeAttribute(hash_key=True)
    kind = DiscriminatorAttribute()


class Dog(Animal, discriminator="dog"):
    barks = BooleanAttribute(default=True)


class Cat(Animal, discriminator="cat"):
    lives = NumberAttribute(default=9)


def test_a_discriminator_names_the_class() -> None:
    codec = codec_of(Animal)
    item = codec.encode(Dog("rex"))
    assert item == Dog("rex").serialize()
    read = codec.decode(item)
    assert type(read) is Dog
    assert read.barks is True
    assert type(codec_of(Cat).decode(Cat("tom").serialize())) is Cat


def test_an_item_of_another_class_is_refused() -> None:
    with pytest.raises(InvalidItem, match="Dog"):
        codec_of(Cat).decode(Dog("rex").serialize())
    with pytest.raises(InvalidItem, match="Unknown discriminator"):
        codec_of(Animal).decode({"key": {"S": "x"}, "kind": {"S": "fish"}})
    with pytest.raises(InvalidItem, match="a Dog is no Cat"):
        codec_of(Cat).encode(Dog("rex"))  # type: ignore[arg-type]


def test_a_ttl_may_be_a_duration() -> None:
    instance = Rich(key="a", number=1, expires=timedelta(days=1))
    assert codec_of(Rich).encode(instance)["expires"] == instance.serialize()["expires"]
