"""Class bodies whose annotations are text, in modules and in functions."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, ClassVar

import pytest

from anydynamo import Attr, GlobalIndex, LocalIndex, Table, attribute
from anydynamo.models.schema import schema_of

if TYPE_CHECKING:
    from decimal import Decimal


class Event(Table, name="events"):
    class Kind(Enum):
        ONE = 1

    campaign: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)
    kind: Attr[Kind]
    id: Attr[str]

    by_kind = GlobalIndex("ByKind", hash_key=kind, range_key=id)  # noqa: A003, F821 # bound by the body
    by_id = LocalIndex("ById", range_key=id)  # noqa: A003 # the attribute is meant


def test_annotations_are_resolved_in_the_body_and_the_module() -> None:
    event = Event(campaign="c", number=1, kind=Event.Kind.ONE, id="x")
    assert event.kind is Event.Kind.ONE
    schema = schema_of(Event)
    assert [key.wire for key in schema.indexes["ByKind"].keys] == ["kind", "id"]
    assert [key.wire for key in schema.indexes["ById"].keys] == ["campaign", "id"]
    assert schema.indexes["ByKind"].hash_keys[0].type == "N"


def test_annotations_are_resolved_in_a_function() -> None:
    class Colour(Enum):
        RED = "red"

    class Local(Table, name="local"):
        key: Attr[str] = attribute(hash_key=True)
        colour: Attr[Colour | None] = attribute(default=None)

    assert Local(key="a", colour=Colour.RED).colour is Colour.RED


def test_class_variables_are_told_from_attributes() -> None:
    class Counted(Table, name="counted"):
        key: Attr[str] = attribute(hash_key=True)
        limit: ClassVar[int] = 3

    assert (Counted(key="a").key, Counted.limit) == ("a", 3)


def test_a_type_that_is_only_there_for_checkers_is_named() -> None:
    with pytest.raises(TypeError, match=r"Hidden: an annotation cannot be resolved.*Decimal"):

        class Hidden(Table, name="hidden"):
            key: Attr[str] = attribute(hash_key=True)
            price: Attr[Decimal]


def test_a_name_that_the_body_lacks_is_still_an_error() -> None:
    with pytest.raises(NameError, match="nothing"):

        class Lost(Table, name="lost"):
            key: Attr[str] = attribute(hash_key=True)
            index = GlobalIndex("Index", hash_key=nothing)  # type: ignore[name-defined]  # noqa: F821
