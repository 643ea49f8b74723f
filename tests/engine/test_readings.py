"""The points that AWS leaves open, each read both ways."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from tests.engine.calling import Engine, N, S

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.adapters.registry import Location, open_adapter
from anydynamo.engine.behaviour import Behaviour
from anydynamo.engine.readings import STANDARD, Readings, reading, remembered, under
from anydynamo.errors import ConfigurationError
from anydynamo.stores.memory import MemoryStore


def engine_of(**choices: Any) -> Engine:
    engine = Engine()
    engine.store = MemoryStore()
    engine.adapter = EmbeddedAdapter(
        engine.store,
        provider="memory",
        blocking=True,
        behaviour=Behaviour(readings=Readings(**choices)),
    )
    engine.create("users", "pk")
    return engine


def found(engine: Engine, condition: str, **values: Any) -> int:
    bound = {f":{name}": value for name, value in values.items()}
    answer = engine(
        "Scan",
        TableName="users",
        FilterExpression=condition,
        ExpressionAttributeValues=bound,
    )
    return int(answer["Count"])


@pytest.mark.parametrize(("most", "choices"), [(100, {}), (99, {"in_operands": 99})])
def test_in_takes_so_many_values(most: int, choices: dict[str, Any]) -> None:
    engine = engine_of(**choices)
    values = {f"v{number}": N(number) for number in range(most + 1)}
    names = [f":{name}" for name in values]
    last = values.pop(f"v{most}")
    assert found(engine, f"n IN ({', '.join(names[:-1])})", **values) == 0
    engine.invalid(
        "too many operands",
        "Scan",
        TableName="users",
        FilterExpression=f"n IN ({', '.join(names)})",
        ExpressionAttributeValues={
            **{f":{name}": value for name, value in values.items()},
            names[-1]: last,
        },
    )
    engine.put("users", pk=S("a"))
    engine.invalid(
        f"may have {most}",
        "ExecuteStatement",
        Statement=f"SELECT * FROM users WHERE n IN [{', '.join(map(str, range(most + 1)))}]",
    )


@pytest.mark.parametrize(("length", "choices"), [(2, {}), (1, {"string_size": "characters"})])
def test_a_character_beyond_the_basic_plane_has_a_size(
    length: int, choices: dict[str, Any]
) -> None:
    engine = engine_of(**choices)
    engine.put("users", pk=S("a"), face=S("\N{GRINNING FACE}"))
    assert found(engine, "size(face) = :n", n=N(length)) == 1


@pytest.mark.parametrize(("creates", "choices"), [(True, {}), (False, {"removal_creates": False})])
def test_an_update_that_only_removes_creates_an_item_or_not(
    creates: bool, choices: dict[str, Any]
) -> None:
    engine = engine_of(**choices)
    key = {"pk": S("a")}
    engine("UpdateItem", TableName="users", Key=key, UpdateExpression="REMOVE x")
    assert engine.get("users", **key) == (key if creates else None)
    engine("UpdateItem", TableName="users", Key=key, UpdateExpression="REMOVE x SET y = pk")
    assert engine.get("users", **key) == {"pk": S("a"), "y": S("a")}


def test_members_of_a_number_set_are_compared_by_value() -> None:
    engine_of().invalid(
        "contains duplicates",
        "PutItem",
        TableName="users",
        Item={"pk": S("a"), "n": NS("1", "1.0")},
    )


def test_members_of_a_number_set_may_become_one() -> None:
    engine = engine_of(number_sets="as_written")
    engine.put("users", pk=S("a"), n=NS("1", "1.0", "2"))
    assert engine.get("users", pk=S("a"))["n"] == NS("1", "2")
    engine.invalid(
        "contains duplicates", "PutItem", TableName="users", Item={"pk": S("a"), "n": NS("1", "1")}
    )


def NS(*members: str) -> dict[str, list[str]]:  # noqa: N802 - as the attribute type is called
    return {"NS": list(members)}


def mixed_query() -> dict[str, Any]:
    return {
        "TableName": "users",
        "KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [S("a")]}},
        "FilterExpression": "attribute_exists(x)",
        "ProjectionExpression": "x",
    }


def test_legacy_key_conditions_stand_alone() -> None:
    engine_of().invalid("Can not use both expression and non-expression", "Query", mixed_query())


def test_legacy_key_conditions_may_stand_beside_a_filter() -> None:
    engine = engine_of(key_conditions="mixed")
    engine.put("users", pk=S("a"), x=N(1))
    assert engine("Query", mixed_query())["Items"] == [{"x": N(1)}]
    engine.invalid(
        "Can not use both expression and non-expression",
        "Query",
        {**mixed_query(), "KeyConditionExpression": "pk = :a"},
    )


def test_databases_of_one_process_may_read_differently() -> None:
    character = {"face": S("\N{GRINNING FACE}")}
    for _ in range(2):
        for choices, length in (({}, 2), ({"string_size": "characters"}, 1)):
            engine = engine_of(**choices)
            engine.put("users", pk=S("a"), **character)
            assert found(engine, "size(face) = :n", n=N(length)) == 1


def test_readings_hold_for_a_block() -> None:
    other = Readings(in_operands=99)
    with under(other):
        assert reading() is other
    assert reading() is STANDARD


def test_what_is_remembered_is_remembered_by_reading() -> None:
    asked: list[int] = []

    @remembered
    def length(text: str) -> int:
        asked.append(reading().in_operands)
        return len(text)

    for _ in range(2):
        assert length("ab") == 2
        with under(Readings(in_operands=99)):
            assert length("ab") == 2
    assert asked == [100, 99]


def adapter_of(url: str) -> Engine:
    engine = Engine()
    adapter = open_adapter(Location.parse(url))
    assert isinstance(adapter, EmbeddedAdapter)
    engine.adapter = adapter
    engine.create("users", "pk")
    return engine


def test_a_url_chooses_readings() -> None:
    engine = adapter_of("memory://?removal_creates=false&string_size=characters")
    key = {"pk": S("a")}
    engine("UpdateItem", TableName="users", Key=key, UpdateExpression="REMOVE x")
    assert engine.get("users", **key) is None
    engine.put("users", pk=S("a"), face=S("\N{GRINNING FACE}"))
    assert found(engine, "size(face) = :n", n=N(1)) == 1


@pytest.mark.parametrize(
    "option",
    [
        "in_operands=98",
        "string_size=bytes",
        "removal_creates=yes",
        "number_sets=1",
        "expire_after=-1",
    ],
)
def test_a_reading_that_nobody_has_is_refused(option: str) -> None:
    with pytest.raises(ConfigurationError, match="expected"):
        open_adapter(Location.parse(f"memory://?{option}"))


def test_the_guide_says_how_each_point_is_read() -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/providers.md").read_text(encoding="utf-8")
    section = guide.partition("### What AWS leaves open")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)`", section, re.MULTILINE)
    known = {field.name: str(field.default).lower() for field in fields(Readings)}
    assert dict(rows) == known
