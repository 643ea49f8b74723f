"""Conditions and updates: PynamoDB's expressions, with values of the attribute's own type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field
from pynamodb.expressions import condition as pynamodb_condition
from pynamodb.expressions import operand as pynamodb_operand
from pynamodb.expressions import update as pynamodb_update

from anydynamo import Attr, InvalidItem, InvalidRequest, Json, Table, attribute
from anydynamo.models.table import Action, Condition, Operand, Path, Size, size


class Address(BaseModel):
    city: str
    zip_code: UUID | None = Field(default=None, alias="zipCode")
    inner: Address | None = None


class Thing(Table, name="things"):
    key: Attr[str] = attribute(hash_key=True, attr_name="Key")
    age: Attr[Annotated[int, Field(ge=0)] | None] = attribute(default=None)
    nothing: Attr[int | None] = attribute(default=None, null="store")
    price: Attr[Decimal] = attribute(default=Decimal(0))
    day: Attr[date] = attribute(default=date(2026, 1, 1))
    moment: Attr[datetime] = attribute(default=datetime(2026, 1, 1, tzinfo=UTC))
    blob: Attr[bytes] = attribute(default=b"")
    tags: Attr[set[str]] = attribute(default_factory=set)
    scores: Attr[list[Decimal]] = attribute(default_factory=list)
    tokens: Attr[dict[str, UUID]] = attribute(default_factory=dict)
    address: Attr[Address | None] = attribute(default=None)
    payload: Attr[dict[str, Any]] = attribute(default_factory=dict)
    anything: Attr[Any] = attribute(default=None)
    document: Attr[Json[list[int]]] = attribute(default_factory=list)


def written(expression: Any) -> str:
    """Write an expression with its names and values in place."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    text = expression.serialize(names, values)
    for placeholder, value in sorted(values.items(), key=lambda one: -len(one[0])):
        text = text.replace(placeholder, str(value))
    for name, placeholder in sorted(names.items(), key=lambda one: -len(one[1])):
        text = text.replace(placeholder, name)
    return str(text)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Thing.key == "x", "Key = {'S': 'x'}"),
        (Thing.age != 3, "age <> {'N': '3'}"),
        (Thing.age < 3, "age < {'N': '3'}"),
        (Thing.age <= 3, "age <= {'N': '3'}"),
        (Thing.age > 3, "age > {'N': '3'}"),
        (Thing.age >= 3, "age >= {'N': '3'}"),
        (Thing.price == Decimal("1.10"), "price = {'N': '1.10'}"),
        (Thing.price >= Decimal(3), "price >= {'N': '3'}"),
        (Thing.day == date(2026, 1, 2), "day = {'S': '2026-01-02'}"),
        (Thing.age == Thing.nothing, "age = nothing"),
        (Thing.age.between(1, 2), "age BETWEEN {'N': '1'} AND {'N': '2'}"),
        (Thing.age.is_in(1, 2), "age IN ({'N': '1'}, {'N': '2'})"),
        (Thing.age.exists(), "attribute_exists (age)"),
        (Thing.age.does_not_exist(), "attribute_not_exists (age)"),
        (Thing.key.startswith("a"), "begins_with (Key, {'S': 'a'})"),
        (Thing.blob.startswith(b"a"), "begins_with (blob, {'B': b'a'})"),
        (Thing.key.contains("a"), "contains (Key, {'S': 'a'})"),
        (Thing.tags.contains("a"), "contains (tags, {'S': 'a'})"),
        (Thing.scores.contains(Decimal(1)), "contains (scores, {'N': '1'})"),
        (Thing.anything.contains(1), "contains (anything, {'N': '1'})"),
        (Thing.scores[1] == Decimal(2), "scores[1] = {'N': '2'}"),
        (Thing.tokens["a.b"] == UUID(int=1), f"tokens.a.b = {{'S': '{UUID(int=1)}'}}"),
        (Thing.address["city"] == "Oslo", "address.city = {'S': 'Oslo'}"),
        (Thing.address["zip_code"] == UUID(int=1), f"address.zipCode = {{'S': '{UUID(int=1)}'}}"),
        (Thing.address["inner"]["city"] == "Rome", "address.inner.city = {'S': 'Rome'}"),
        (Thing.anything["a"][0]["b"] == 1, "anything.a[0].b = {'N': '1'}"),
        (Thing.payload == {"S": "x"}, "payload = {'M': {'S': {'S': 'x'}}}"),
        (Thing.document == [1], "document = {'S': '[1]'}"),
        (size(Thing.tags) > 2, "size (tags) > {'N': '2'}"),
        (
            (Thing.age == 1) & (Thing.key == "x") | ~(Thing.age == 2),
            "((age = {'N': '1'} AND Key = {'S': 'x'}) OR (NOT age = {'N': '2'}))",
        ),
        (Thing.age.set(3), "age = {'N': '3'}"),
        (Thing.age.set(None), "age"),
        (Thing.nothing.set(None), "nothing = {'NULL': True}"),
        (Thing.tags.set(set()), "tags"),
        (Thing.age.set(Thing.age + 1), "age = age + {'N': '1'}"),
        (Thing.age.set(Thing.age - 1), "age = age - {'N': '1'}"),
        (Thing.age.set(Thing.age | 0), "age = if_not_exists (age, {'N': '0'})"),
        (Thing.age.add(1), "age {'N': '1'}"),
        (Thing.age.remove(), "age"),
        (Thing.tags.add("a"), "tags {'SS': ['a']}"),
        (Thing.tags.add({"a"}), "tags {'SS': ['a']}"),
        (Thing.tags.delete("a"), "tags {'SS': ['a']}"),
        (
            Thing.scores.set(Thing.scores.append([Decimal(1)])),
            "scores = list_append (scores, {'L': [{'N': '1'}]})",
        ),
        (
            Thing.scores.set(Thing.scores.prepend([Decimal(1)])),
            "scores = list_append ({'L': [{'N': '1'}]}, scores)",
        ),
        (Thing.address["city"].set("Oslo"), "address.city = {'S': 'Oslo'}"),
        (Thing.address["zip_code"].set(None), "address.zipCode = {'NULL': True}"),
        (Thing.anything.add({1}), "anything {'NS': ['1']}"),
    ],
)
def test_expressions_are_written(expression: Any, text: str) -> None:
    assert written(expression) == text


def test_none_is_absent_or_null() -> None:
    assert written(Thing.age == None) == (  # noqa: E711
        "(attribute_not_exists (age) OR attribute_type (age, {'S': 'NULL'}))"
    )
    assert written(Thing.age != None).startswith("(NOT (attribute_not_exists")  # noqa: E711


# What the checkers refuse, so that it reaches the run time.
untyped: Any = Thing


def wrong(expression: Any) -> str:
    with pytest.raises(InvalidRequest) as caught:
        expression()
    return str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        lambda: untyped.age == "x",
        lambda: untyped.age < None,
        lambda: untyped.age.between(1, "x"),
        lambda: untyped.age.is_in(1, "x"),
        lambda: untyped.age.startswith("x"),
        lambda: untyped.age.set("x"),
        lambda: untyped.age.set(-1),
        lambda: untyped.age.add("x"),
        lambda: untyped.age.add(1, 2),
        lambda: untyped.age + "x",
        lambda: untyped.age["x"],
        lambda: untyped.age[0],
    ],
)
def test_values_of_other_types_are_refused_by_name(expression: Any) -> None:
    assert "'age'" in wrong(expression)


def test_other_mistakes_are_refused_by_name() -> None:
    assert "'tags'" in wrong(lambda: untyped.tags.add(1))
    assert "'tags'" in wrong(lambda: untyped.tags.contains(1))
    assert "'scores'" in wrong(lambda: untyped.scores["x"])
    assert "has no 'street'; it has city, zip_code, inner" in wrong(
        lambda: untyped.address["street"]
    )
    assert "'anything'" in wrong(lambda: untyped.anything == {object()})
    with pytest.raises(InvalidItem, match="'anything'"):
        untyped.anything.set({1, "x"})


def test_names_stand_for_pynamodbs_classes_at_run_time() -> None:
    condition: Any = Thing.age == 3
    assert isinstance(condition, Condition)
    assert isinstance(condition, pynamodb_condition.Condition)
    assert isinstance(Thing.age.set(3), Action)
    assert isinstance(Thing.age.set(3), pynamodb_update.Action)
    assert isinstance(Thing.age, Path)
    assert isinstance(pynamodb_operand.Path("x"), Path)
    assert isinstance(Thing.age + 1, Operand)
    assert isinstance(size(Thing.age), Size)
    assert not isinstance("x", Path)
    with pytest.raises(TypeError, match="bool"):
        bool(condition)


def test_attributes_can_be_hashed_and_shown() -> None:
    assert {Thing.age: 1}[Thing.age] == 1
    assert repr(Thing.age) == "Thing.age"
