from __future__ import annotations

import copy
from collections import UserDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.strategies import number_texts, scalars, texts, values

from anydynamo.engine.errors import EngineError
from anydynamo.engine.values.values import (
    check_item,
    check_value,
    compare,
    copy_item,
    copy_value,
    equal,
    item_size,
    key_bytes,
    measured_item,
    nesting,
    string_length,
    value_size,
)


def wrapped(times: int, kind: str = "L") -> dict[str, Any]:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(times):
        value = {"L": [value]} if kind == "L" else {"M": {"a": value}}
    return value


def scrambled(value: Any) -> None:
    """Change everything mutable within a value."""
    if isinstance(value, dict):
        for inner in value.values():
            scrambled(inner)
        value.clear()
    elif isinstance(value, list):
        for inner in value:
            scrambled(inner)
        value.clear()


@given(values)
def test_checking_a_value_twice_changes_nothing_more(value: dict[str, Any]) -> None:
    checked = check_value(value)
    assert check_value(checked) == checked


@given(st.dictionaries(texts.filter(bool), values, max_size=5))
def test_a_checked_item_shares_nothing_with_the_caller_s(item: dict[str, Any]) -> None:
    checked = check_item(item)
    kept = copy.deepcopy(checked)
    scrambled(item)
    assert checked == kept


@given(values)
def test_a_copy_shares_nothing_with_the_original(value: dict[str, Any]) -> None:
    original = check_value(value)
    kept = copy.deepcopy(original)
    copied = copy_value(original)
    assert copied == kept
    scrambled(copied)
    assert original == kept


def test_a_copied_item_can_be_changed_alone() -> None:
    original = check_item({"a": {"L": [{"SS": ["x"]}]}, "b": {"N": "1"}})
    copied = copy_item(original)
    copied["a"]["L"][0]["SS"].append("y")
    copied["b"]["N"] = "2"
    assert original == {"a": {"L": [{"SS": ["x"]}]}, "b": {"N": "1"}}


def test_any_mapping_and_any_bytes_are_taken_at_their_word() -> None:
    item = UserDict({"a": UserDict({"M": UserDict({"b": {"B": bytearray(b"x")}})})})
    checked = check_item(item)
    assert checked == {"a": {"M": {"b": {"B": b"x"}}}}
    assert type(checked["a"]["M"]["b"]["B"]) is bytes


def test_strings_of_a_subclass_become_plain_strings() -> None:
    class Text(str):
        __slots__ = ()

    checked = check_item({Text("a"): {"S": Text("x")}, "n": {"N": Text("1.0")}})
    assert checked == {"a": {"S": "x"}, "n": {"N": "1"}}
    assert type(next(iter(checked))) is str
    assert type(checked["a"]["S"]) is str


def test_numbers_are_kept_in_canonical_form() -> None:
    assert check_value({"N": "1.0"}) == {"N": "1"}
    assert check_value({"L": [{"N": "1e2"}]}) == {"L": [{"N": "100"}]}


def test_empty_strings_and_binaries_are_values_also_in_lists_and_sets() -> None:
    value = {"L": [{"S": ""}, {"B": b""}, {"SS": ["", "a"]}, {"BS": [b""]}]}
    assert check_value(value) == value


def test_sets_come_in_dynamodb_s_order() -> None:
    assert check_value({"SS": ["b", "", "a", "é", "\U0001f600", "\uffff"]}) == {
        "SS": ["", "a", "b", "é", "\uffff", "\U0001f600"]
    }
    assert check_value({"NS": ["10", "9", "-1", "0.5"]}) == {"NS": ["-1", "0.5", "9", "10"]}
    assert check_value({"BS": [b"\xff", b"", b"\x01"]}) == {"BS": [b"", b"\x01", b"\xff"]}
    assert check_value({"SS": {"a"}}) == {"SS": ["a"]}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"SS": []}, "An string set  may not be empty"),
        ({"NS": []}, "An number set  may not be empty"),
        ({"BS": []}, "Binary sets should not be empty"),
        ({"L": [{"M": {"a": {"SS": []}}}]}, "An string set  may not be empty"),
        ({"SS": ["a", "a"]}, "Input collection [a, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"BS": [b"a", b"a"]}, "Input collection [YQ==, YQ==]of type BS contains duplicates."),
        ({"NULL": False}, "Null attribute value types must have the value of true"),
        ({}, "Supplied AttributeValue is empty, must contain exactly one"),
        (None, "Supplied AttributeValue is empty, must contain exactly one"),
        ({"S": None}, "Supplied AttributeValue is empty, must contain exactly one"),
        ({"S": None, "N": None}, "Supplied AttributeValue is empty, must contain exactly one"),
        ({"X": "a"}, "Supplied AttributeValue is empty, must contain exactly one"),
        ({"X": "a", "Y": "a"}, "Supplied AttributeValue is empty, must contain exactly one"),
        ({"S": "a", "N": "1"}, "Supplied AttributeValue has more than one datatypes set"),
        ({"N": "x"}, "The parameter cannot be converted to a numeric value: x"),
        ({"NS": ["1", ""]}, "The parameter cannot be converted to a numeric value"),
        ({"M": {"": {"S": "a"}}}, "Empty attribute name"),
        ({"M": {"é" * 32768: {"S": "a"}}}, "Attribute name is too large"),
    ],
)
def test_an_invalid_value_is_refused(value: object, message: str) -> None:
    with pytest.raises(EngineError) as raised:
        check_value(value)
    assert raised.value.code == "ValidationException"
    assert message in raised.value.message


@pytest.mark.parametrize(
    "value",
    [
        "text",
        5,
        [{"S": "a"}],
        {"S": 5},
        {"S": b"x"},
        {"N": 5},
        {"N": 1.5},
        {"NS": [1]},
        {"B": "text"},
        {"BOOL": "true"},
        {"BOOL": 1},
        {"NULL": "true"},
        {"M": []},
        {"L": {}},
        {"SS": "ab"},
        {"SS": [b"a"]},
        {"M": {1: {"S": "a"}}},
        {"S": "\ud800"},
        {"M": {"\ud800": {"S": "a"}}},
    ],
)
def test_a_value_of_the_wrong_shape_is_a_serialization_error(value: object) -> None:
    with pytest.raises(EngineError) as raised:
        check_value(value)
    assert raised.value.code == "SerializationException"


def test_a_member_that_is_null_counts_as_absent() -> None:
    assert check_value({"S": None, "L": [{"N": "1.0", "B": None}]}) == {"L": [{"N": "1"}]}


def test_a_member_that_nobody_knows_is_ignored() -> None:
    assert check_value({"S": "a", "X": 1}) == {"S": "a"}


def test_an_item_is_a_map() -> None:
    with pytest.raises(EngineError) as raised:
        check_item([{"S": "a"}])
    assert raised.value.code == "SerializationException"


@pytest.mark.parametrize("kind", ["L", "M"])
def test_thirty_one_wrappings_are_taken_and_thirty_two_are_not(kind: str) -> None:
    deep = wrapped(31, kind)
    assert check_value(deep) == deep
    assert nesting(deep) == 32
    with pytest.raises(EngineError, match="Nesting Levels have exceeded supported limits"):
        check_value(wrapped(32, kind))
    with pytest.raises(EngineError, match="Nesting Levels"):
        check_item({"a": wrapped(2000, kind)})


def test_nesting_counts_the_deepest_branch() -> None:
    assert nesting({"S": "x"}) == 1
    assert nesting({"SS": ["x"]}) == 1
    assert nesting({"L": []}) == 1
    assert nesting({"L": [{"S": "x"}, {"M": {"a": {"N": "1"}}}]}) == 3


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "é"}, 2),
        ({"B": b"abcd"}, 4),
        ({"N": "123"}, 3),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "a"}]}, 5),
        ({"M": {}}, 3),
        ({"M": {"é": {"S": "b"}, "n": {"N": "1"}}}, 3 + 2 + 3 + 3),
        ({"SS": ["a", "é"]}, 3),
        ({"NS": ["1", "22"]}, 4),
        ({"BS": [b"ab", b"c"]}, 3),
    ],
)
def test_a_value_has_dynamodb_s_size(value: dict[str, Any], size: int) -> None:
    assert value_size(value) == size
    assert item_size({"né": value}) == 3 + size


@given(st.dictionaries(texts.filter(bool), values, max_size=5))
def test_an_item_s_size_is_that_of_its_names_and_values(item: dict[str, Any]) -> None:
    checked, size = measured_item(item)
    assert checked == check_item(item)
    assert (
        size
        == item_size(checked)
        == sum(len(name.encode()) + value_size(value) for name, value in checked.items())
    )


def test_values_of_different_types_are_never_equal() -> None:
    assert not equal({"S": "1"}, {"N": "1"})
    assert not equal({"SS": ["1"]}, {"NS": ["1"]})
    assert equal(check_value({"N": "1.0"}), check_value({"N": "1"}))
    assert equal(check_value({"NS": ["2", "1"]}), check_value({"NS": ["1.0", "2"]}))


@given(number_texts(), number_texts())
def test_numbers_compare_by_value(left: str, right: str) -> None:
    a, b = check_value({"N": left}), check_value({"N": right})
    difference = float(left) - float(right)
    ordered = compare(a, b)
    assert ordered is not None
    assert ordered == -(compare(b, a) or 0)
    if abs(difference) > 1e-3 * max(abs(float(left)), abs(float(right))):
        assert (ordered < 0) is (difference < 0)


@given(texts, texts)
def test_strings_compare_and_sort_by_their_utf8_bytes(left: str, right: str) -> None:
    ordered = compare({"S": left}, {"S": right})
    assert ordered is not None
    a, b = left.encode(), right.encode()
    assert ordered == (a > b) - (a < b)
    assert key_bytes({"S": left}) == a


def test_binary_compares_by_unsigned_bytes() -> None:
    ordered = compare({"B": b"\x80"}, {"B": b"\x7f"})
    assert ordered is not None
    assert ordered > 0
    assert key_bytes({"B": b"\x80"}) > key_bytes({"B": b"\x7f"})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"S": "1"}, {"N": "1"}),
        ({"BOOL": True}, {"BOOL": False}),
        ({"L": []}, {"L": []}),
        ({"SS": ["a"]}, {"SS": ["b"]}),
    ],
)
def test_what_has_no_order_does_not_compare(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert compare(left, right) is None


@given(number_texts(), number_texts())
def test_equal_numbers_have_equal_key_bytes(left: str, right: str) -> None:
    a, b = check_value({"N": left}), check_value({"N": right})
    assert (key_bytes(a) == key_bytes(b)) is equal(a, b)


@given(scalars)
def test_only_strings_numbers_and_binary_can_be_keys(value: dict[str, Any]) -> None:
    checked = check_value(value)
    if checked.keys() & {"S", "N", "B"}:
        assert isinstance(key_bytes(checked), bytes)
    else:
        with pytest.raises(TypeError):
            key_bytes(checked)


def test_a_value_without_a_type_has_no_size() -> None:
    with pytest.raises(TypeError):
        value_size({})


@given(texts)
def test_a_string_is_as_long_as_its_utf16_code_units(text: str) -> None:
    assert string_length(text) == len(text.encode("utf-16-le")) // 2


def test_a_character_beyond_the_basic_plane_counts_twice() -> None:
    assert string_length("a\U0001f600") == 3


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("a", "Unexpected value type in payload"),
        ([], "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"),
        ({"S": 1}, "NUMBER_VALUE cannot be converted to String"),
        ({"S": ["a"]}, "Unrecognized collection type class java.lang.String"),
        ({"S": {"S": "a"}}, "Start of structure or map found where not expected"),
        ({"N": True}, "TRUE_VALUE cannot be converted to String"),
        ({"BOOL": "true"}, "Unexpected token received from parser"),
        ({"B": 1}, "only base-64-encoded strings are convertible to bytes"),
        ({"B": {}}, "Start of structure or map found where not expected"),
        ({"B": []}, "Unrecognized collection type class java.nio.ByteBuffer"),
        ({"L": {}}, "Start of structure or map found where not expected"),
        ({"L": "a"}, "Unexpected field type"),
        ({"M": []}, "Unrecognized collection type java.util.Map<java.lang.String, "),
        ({"M": 1.5}, "Unexpected field type"),
        ({"SS": [1.5]}, "DECIMAL_VALUE cannot be converted to String"),
    ],
)
def test_json_of_another_type_gets_the_words_of_the_services_reader(value: Any, says: str) -> None:
    with pytest.raises(EngineError) as raised:
        check_value(value)
    assert raised.value.code == "SerializationException"
    assert raised.value.message.startswith(says)
