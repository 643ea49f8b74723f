"""DynamoDB's values in a JSON file: everything comes back, and people can read it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anydynamo.engine.values.values import check_item, check_value
from anydynamo.stores.jsonfile_format import Malformed, Number, dump, parse, plain, typed

digits = st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1)
numbers = st.builds("{}e{}".format, digits, st.integers(-125, 80))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
# Names that look like the format's own are what could go wrong.
names = st.sampled_from(["$ss", "$ns", "$bs", "$b", "$$ss", "$$$b", "$", "$$", "$ref"]) | texts
scalars = st.one_of(
    texts.map(lambda text: {"S": text}),
    numbers.map(lambda number: {"N": number}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.just({"NULL": True}),
    st.binary(max_size=6).map(lambda raw: {"B": raw}),
    st.sets(texts, min_size=1, max_size=4).map(lambda of: {"SS": list(of)}),
    st.sets(st.integers(-999, 999), min_size=1, max_size=4).map(
        lambda of: {"NS": [str(one) for one in of]}
    ),
    st.sets(st.binary(max_size=6), min_size=1, max_size=4).map(lambda of: {"BS": list(of)}),
)
attribute_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda of: {"L": of})
        | st.dictionaries(names.filter(bool), inner, max_size=3).map(lambda of: {"M": of})
    ),
    max_leaves=8,
)


@given(attribute_values)
def test_every_value_comes_back_from_the_file_as_it_was(value: dict[str, Any]) -> None:
    checked = check_value(value)
    text = dump(plain(checked))
    assert check_value(typed(parse(text.encode()), "here")) == checked


@given(attribute_values)
def test_every_text_is_json_to_others_too(value: dict[str, Any]) -> None:
    json.loads(dump(plain(check_value(value))))


@given(st.dictionaries(names.filter(bool), attribute_values, max_size=3))
def test_whole_items_come_back(item: dict[str, Any]) -> None:
    checked = check_item(item)
    text = dump({name: plain(value) for name, value in checked.items()})
    back = parse(text.encode())
    assert isinstance(back, dict)
    assert check_item({name: typed(value, name) for name, value in back.items()}) == checked


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"S": 'say "ü"\n'}, '"say \\"ü\\"\\n"'),
        ({"N": "12345678901234567890123456789012345678"}, "12345678901234567890123456789012345678"),
        ({"N": "0.1"}, "0.1"),
        ({"BOOL": True}, "true"),
        ({"NULL": True}, "null"),
        ({"L": []}, "[]"),
        ({"M": {}}, "{}"),
        ({"L": [{"N": "1"}]}, "[\n  1\n]"),
        ({"M": {"a": {"L": [{"S": ""}]}}}, '{\n  "a": [\n    ""\n  ]\n}'),
        ({"SS": ["a", "b"]}, '{"$ss": ["a", "b"]}'),
        ({"NS": ["1", "2"]}, '{"$ns": [1, 2]}'),
        ({"BS": [b"\x01\x02"]}, '{"$bs": ["AQI="]}'),
        ({"B": b"\x01\x02"}, '{"$b": "AQI="}'),
        ({"M": {"$b": {"S": "x"}}}, '{\n  "$$b": "x"\n}'),
        ({"M": {"$$b": {"S": "x"}}}, '{\n  "$$$b": "x"\n}'),
        ({"M": {"$ref": {"S": "x"}}}, '{\n  "$ref": "x"\n}'),
        ({"M": {"$b": {"S": "x"}, "c": {"S": "y"}}}, '{\n  "$b": "x",\n  "c": "y"\n}'),
    ],
)
def test_each_type_stands_in_the_file_as_documented(value: dict[str, Any], text: str) -> None:
    assert dump(plain(value)) == text
    assert check_value(typed(parse(text.encode()), "")) == value


def test_numbers_keep_their_text_whoever_wrote_them() -> None:
    text = b"[1.0, 1e5, -0.50, 100000000000000000000000000000000000000000000]"
    assert dump(parse(text)).split() == (
        ["[", "1.0,", "1e5,", "-0.50,", "100000000000000000000000000000000000000000000", "]"]
    )
    assert typed(parse(b"1e2"), "") == {"N": "1e2"}
    assert isinstance(parse(b"7"), Number)


@pytest.mark.parametrize(
    ("data", "place", "what"),
    [
        (b'{"a": 1,\n "b": }', "line 2, column 7", "Expecting value"),
        (b'{"a": 1}\n}', "line 2, column 1", "Extra data"),
        (b'{"a":\n "\xff"}', "line 2", "not UTF-8"),
        (b'{"a": NaN}', "", "NaN is not a JSON number"),
        (b"[" * 100_000, "", "nested too deeply"),
    ],
)
def test_a_text_that_is_not_json_is_refused_with_its_place(
    data: bytes, place: str, what: str
) -> None:
    with pytest.raises(Malformed, match=what) as caught:
        parse(data)
    assert caught.value.place == place


def test_a_byte_order_mark_is_no_error() -> None:
    assert parse(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ('{"$ss": "a"}', "here", "$ss takes a list"),
        ('{"$ss": ["a", 1]}', "here", "$ss takes a list of strings"),
        ('{"$ns": [1, "2"]}', "here", "$ns takes a list of numbers"),
        ('{"$b": 1}', "here", "binary must be a string in base64"),
        ('{"$b": "ü"}', "here", "binary must be in base64"),
        ('{"$bs": ["A"]}', "here", "binary must be in base64"),
        ('{"a": [1, {"b": {"$b": "A"}}]}', "here.a[1].b", "binary must be in base64"),
        ('{"a": {"b": 1, "b": 2}}', "here.a", "the key 'b' stands twice"),
    ],
)
def test_a_value_that_is_not_in_the_format_is_refused_with_its_place(
    text: str, place: str, what: str
) -> None:
    with pytest.raises(Malformed, match=re.escape(what)) as caught:
        typed(parse(text.encode()), place="here")
    assert caught.value.place == place
