"""Items in JSON: what goes out comes back, and what is no item is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anydynamo.engine.errors import EngineError
from anydynamo.engine.values.values import check_item
from anydynamo.engine.values.wire import from_json, to_json
from anydynamo.testing.generated.values import attribute_names, attribute_values


@given(st.dictionaries(attribute_names(), attribute_values()))
def test_an_item_that_went_through_json_is_equal(item: dict[str, object]) -> None:
    checked = check_item(item)
    assert from_json(json.loads(json.dumps(to_json(checked)))) == checked


def test_binary_is_base64_wherever_it_stands() -> None:
    item = {"a": {"B": b"\x00"}, "b": {"BS": [b"\x01"]}, "c": {"L": [{"M": {"d": {"B": b"\x02"}}}]}}
    assert to_json(item) == {
        "a": {"B": "AA=="},
        "b": {"BS": ["AQ=="]},
        "c": {"L": [{"M": {"d": {"B": "Ag=="}}}]},
    }


@pytest.mark.parametrize("wrong", [{"a": {"B": "no"}}, {"a": {"L": [{"BS": ["§"]}]}}])
def test_what_is_not_base64_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="is not base64"):
        from_json(wrong)


@pytest.mark.parametrize(
    "wrong", [None, [], "a", {"a": 1}, {"a": {"S": 1}}, {"a": {"B": 1}}, {"a": {"X": "b"}}]
)
def test_what_is_no_item_is_refused(wrong: object) -> None:
    with pytest.raises(EngineError):
        from_json(wrong)


@pytest.mark.parametrize("depth", [40, 5_000])
def test_what_is_nested_deeper_than_an_item_may_be_is_refused(depth: int) -> None:
    for one in (lambda value: {"L": [value]}, lambda value: {"M": {"a": value}}):
        value: object = {"S": "x"}
        for _ in range(depth):
            value = one(value)
        with pytest.raises(EngineError, match="Nesting Levels"):
            from_json({"a": value})
