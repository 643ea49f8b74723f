"""Python's data becomes DynamoDB's and comes back, as document 003 has it."""

from __future__ import annotations

import struct
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anydynamo import InvalidRequest
from anydynamo.catalog.k9 import DatabaseManager, convert_decimals, prepare_for_dynamodb
from anydynamo.engine.values.values import check_value
from anydynamo.models.untyped import natural, tagged

SCORES = {
    "whole": 3,
    "half": 0.5,
    "third": 1 / 3,
    "flags": [True, False, None],
    "raw": b"\x00",
    "sets": {"texts": {"a", "b"}, "numbers": {1, 2.5}, "bytes": {b"x"}},
    "empty": {"text": "", "list": [], "map": {}},
}
FLOATS = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False).filter(
    lambda number: number == 0 or 1e-130 <= abs(number) < 9.9e125
)
INTEGERS = st.integers(-(10**38) + 1, 10**38 - 1)
PLAIN = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner),
    max_leaves=20,
)


def test_floats_become_decimals_with_the_digits_that_python_shows() -> None:
    prepared = prepare_for_dynamodb(SCORES)
    assert prepared["whole"] == 3
    assert type(prepared["whole"]) is int
    assert prepared["half"] == Decimal("0.5")
    assert prepared["third"] == Decimal(repr(1 / 3))
    assert prepared["sets"]["numbers"] == {1, Decimal("2.5")}
    assert prepared["flags"] == [True, False, None]
    assert convert_decimals(prepared) == SCORES


def test_decimals_become_whole_numbers_and_floats_unless_digits_would_be_lost() -> None:
    digits = Decimal("0.12345678901234567890123456789012345678")
    found = convert_decimals(
        {"count": Decimal("10.0"), "share": [Decimal("0.25")], "exact": digits, "ids": {Decimal(1)}}
    )
    assert found == {"count": 10, "share": [0.25], "exact": digits, "ids": {1}}
    assert [type(found["count"]), type(found["share"][0]), type(found["exact"])] == [
        int,
        float,
        Decimal,
    ]


def test_what_was_given_stays_as_it_was() -> None:
    given_before, given_after = deepcopy(SCORES), SCORES
    prepare_for_dynamodb(given_after)["empty"]["list"].append(1)
    assert given_after == given_before


def test_tuples_become_lists() -> None:
    assert prepare_for_dynamodb((1, (2.5,))) == [1, [Decimal("2.5")]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"a": [1, float("nan")]}, r"a\[1\] cannot be stored: nan is not a number"),
        ({"a": {"b": float("inf")}}, r"a\.b cannot be stored: inf is not a number"),
        (Decimal("NaN"), "The data cannot be stored: NaN"),
        ([5e-324], r"\[0\] .* beyond DynamoDB's range"),
        ({"a": 10**39 + 1}, "a .* more than 38 significant digits"),
        ({"a": set()}, "a is a set of nothing"),
        ({"a": {1, "b"}}, "a is a set of int, str"),
        ({"a": {True}}, "a is a set of bool"),
        ({"a": {(1, 2)}}, "a cannot be stored: a tuple has no counterpart"),
        ({"a": object()}, "a cannot be stored: a object has no counterpart"),
        ({1: "a"}, "The data has the key 1"),
        ({"a": {2: "b"}}, "a has the key 2"),
    ],
)
def test_what_dynamodb_cannot_hold_is_refused_with_its_place(data: object, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        prepare_for_dynamodb(data)


@pytest.mark.parametrize("convert", [prepare_for_dynamodb, convert_decimals])
def test_data_that_holds_itself_is_refused(convert: Any) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidRequest, match="deeper than the 32 levels"):
        convert(endless)


def test_the_manager_has_both_as_the_document_does() -> None:
    assert DatabaseManager.prepare_for_dynamodb({"a": 0.1}) == {"a": Decimal("0.1")}
    assert DatabaseManager.convert_decimals({"a": Decimal("0.1")}) == {"a": 0.1}


def same(found: Any, given: Any) -> bool:
    if isinstance(given, dict):
        return found.keys() == given.keys() and all(same(found[key], given[key]) for key in given)
    if isinstance(given, list):
        return len(found) == len(given) and all(map(same, found, given))
    if isinstance(given, float):
        # DynamoDB does not tell 2.0 from 2, and writes 1e40 with one digit.
        return struct.pack("d", float(found)) == struct.pack("d", given + 0.0)
    return type(found) is type(given) and found == given


@given(PLAIN)
def test_data_comes_back_equal_and_floats_to_the_bit(data: Any) -> None:
    prepared = prepare_for_dynamodb(data)
    assert same(convert_decimals(prepared), data)
    # And what is prepared is what DynamoDB takes, and gives back with other trailing zeros.
    assert same(convert_decimals(natural(check_value(tagged(prepared)))), data)


@given(st.floats(-1e37, 1e37).filter(lambda number: number == 0 or abs(number) >= 1e-130))
def test_floats_stay_equal_however_large_they_are(number: float) -> None:
    assert convert_decimals(prepare_for_dynamodb(number)) == number
