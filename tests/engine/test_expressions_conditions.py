from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.expressing import holds, refusal, request
from tests.engine.strategies import number_texts, texts, values

from anydynamo.engine.expressions import Expressions
from anydynamo.engine.values.values import check_value, compare

ITEM: dict[str, Any] = {
    "s": {"S": "abc"},
    "n": {"N": "5"},
    "b": {"B": b"abc"},
    "t": {"BOOL": True},
    "u": {"NULL": True},
    "l": {"L": [{"N": "1"}, {"S": "x"}, {"M": {"k": {"N": "2"}}}]},
    "m": {"M": {"k": {"N": "1"}, "l": {"L": [{"S": "y"}]}}},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
    "bs": {"BS": [b"a", b"b"]},
}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("n = :v", {"v": {"N": "5.0"}}),
        (":v = n", {"v": {"N": "5"}}),
        ("ns = :v", {"v": {"NS": ["2", "1"]}}),
        ("ss = :v", {"v": {"SS": ["b", "a"]}}),
        ("l[0] = :v", {"v": {"N": "1"}}),
        ("l[2].k = :v", {"v": {"N": "2"}}),
        ("m.l[0] = :v", {"v": {"S": "y"}}),
        ("m = :v", {"v": {"M": {"l": {"L": [{"S": "y"}]}, "k": {"N": "1.0"}}}}),
        ("n <> :v", {"v": {"S": "5"}}),
        ("gone <> :v", {"v": {"N": "5"}}),
        ("gone <> away", {}),
        ("n <> gone", {}),
        ("n < :v", {"v": {"N": "10"}}),
        ("n >= :v", {"v": {"N": "5"}}),
        ("s > :v", {"v": {"S": "abb"}}),
        ("b <= :v", {"v": {"B": b"\xff"}}),
        (":v < n", {"v": {"N": "-7"}}),
        ("n BETWEEN :a AND :b", {"a": {"N": "5"}, "b": {"N": "5"}}),
        (":v BETWEEN m.k AND n", {"v": {"N": "3"}}),
        ("s IN (:a, :b)", {"a": {"N": "1"}, "b": {"S": "abc"}}),
        ("l IN (m, l)", {}),
        ("n IN (:a, size(l))", {"a": {"N": "5"}}),
        ("attribute_exists(m.l[0])", {}),
        ("attribute_not_exists(m.l[1])", {}),
        ("attribute_not_exists(s.x)", {}),
        ("attribute_exists(u)", {}),
        ("attribute_type(u, :v)", {"v": {"S": "NULL"}}),
        ("attribute_type(m.l, :v)", {"v": {"S": "L"}}),
        ("attribute_type(:a, :v)", {"a": {"SS": ["x"]}, "v": {"S": "SS"}}),
        ("begins_with(s, :v)", {"v": {"S": "ab"}}),
        ("begins_with(b, :v)", {"v": {"B": b"ab"}}),
        ("begins_with(:v, s)", {"v": {"S": "abcdef"}}),
        ("contains(s, :v)", {"v": {"S": "bc"}}),
        ("contains(b, :v)", {"v": {"B": b"c"}}),
        ("contains(ss, :v)", {"v": {"S": "b"}}),
        ("contains(ns, :v)", {"v": {"N": "2.0"}}),
        ("contains(bs, :v)", {"v": {"B": b"b"}}),
        ("contains(l, :v)", {"v": {"M": {"k": {"N": "2"}}}}),
        ("contains(:v, s)", {"v": {"S": "xabcx"}}),
        ("size(s) = :v", {"v": {"N": "3"}}),
        ("size(b) = :v", {"v": {"N": "3"}}),
        ("size(l) = size(:v)", {"v": {"SS": ["a", "b", "c"]}}),
        ("size(m) = :v", {"v": {"N": "2"}}),
        ("size(ns) < size(l)", {}),
        ("size(:a) = :b", {"a": {"S": "\U0001f600"}, "b": {"N": "2"}}),
        ("NOT size(gone) > :v", {"v": {"N": "0"}}),
        ("n = :v OR gone = :v AND gone = :v", {"v": {"N": "5"}}),
        ("NOT (gone = :v AND n = :v) AND n = :v", {"v": {"N": "5"}}),
        ("gone = :v OR gone = :v OR n = :v", {"v": {"N": "5"}}),
        ("n = :v AND attribute_exists(s) AND attribute_exists(b)", {"v": {"N": "5"}}),
        ("#n = :v", {"v": {"N": "5"}}),
    ],
)
def test_true_conditions(text: str, values: dict[str, Any]) -> None:
    assert holds(text, ITEM, names={"#n": "n"} if "#n" in text else None, **values)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("n = :v", {"v": {"S": "5"}}),
        ("gone = :v", {"v": {"N": "5"}}),
        ("gone = away", {}),
        ("n = gone", {}),
        ("gone = n", {}),
        ("n <> :v", {"v": {"N": "5"}}),
        ("n < :v", {"v": {"S": "9"}}),
        ("gone < :v", {"v": {"N": "9"}}),
        (":v > gone", {"v": {"N": "9"}}),
        ("t < s", {}),
        ("l < m", {}),
        ("ss >= ns", {}),
        ("s[0] = :v", {"v": {"S": "a"}}),
        ("m[0] = :v", {"v": {"N": "1"}}),
        ("l.k = :v", {"v": {"N": "1"}}),
        ("l[9] = :v", {"v": {"N": "1"}}),
        ("gone.x.y = :v", {"v": {"N": "1"}}),
        ("s BETWEEN :a AND :b", {"a": {"N": "1"}, "b": {"N": "9"}}),
        ("n BETWEEN s AND :b", {"b": {"N": "9"}}),
        ("n BETWEEN :a AND m.k", {"a": {"N": "4"}}),
        ("gone IN (:a)", {"a": {"N": "1"}}),
        ("n IN (:a, gone)", {"a": {"S": "5"}}),
        ("attribute_exists(gone)", {}),
        ("attribute_not_exists(l[2].k)", {}),
        ("attribute_type(gone, :v)", {"v": {"S": "S"}}),
        ("attribute_type(n, :v)", {"v": {"S": "NS"}}),
        ("begins_with(n, :v)", {"v": {"S": "5"}}),
        ("begins_with(gone, :v)", {"v": {"S": "5"}}),
        ("begins_with(s, n)", {}),
        ("begins_with(b, :v)", {"v": {"S": "ab"}}),
        ("contains(s, :v)", {"v": {"N": "1"}}),
        ("contains(s, gone)", {}),
        ("contains(gone, :v)", {"v": {"S": "1"}}),
        ("contains(n, :v)", {"v": {"N": "5"}}),
        ("contains(ss, :v)", {"v": {"N": "1"}}),
        ("contains(m, :v)", {"v": {"S": "k"}}),
        ("contains(l, :v)", {"v": {"N": "2"}}),
        ("contains(size(s), :v)", {"v": {"N": "3"}}),
        ("size(n) > :v", {"v": {"N": "0"}}),
        ("size(t) >= :v", {"v": {"N": "0"}}),
        ("size(u) >= :v", {"v": {"N": "0"}}),
        ("size(gone) >= :v", {"v": {"N": "0"}}),
        ("NOT n = :v", {"v": {"N": "5"}}),
        ("NOT NOT n = :v", {"v": {"N": "6"}}),
        ("n = :v AND gone = :v", {"v": {"N": "5"}}),
        ("n = :v AND s = s AND gone = :v".replace("s = s", "n = :v"), {"v": {"N": "5"}}),
    ],
)
def test_false_conditions(text: str, values: dict[str, Any]) -> None:
    assert not holds(text, ITEM, **values)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("attribute_not_exists(pk)", True),
        ("attribute_exists(pk)", False),
        ("pk = :v", False),
        ("pk <> :v", True),
        ("pk < :v", False),
    ],
)
def test_an_item_that_is_not_there_has_no_attributes(text: str, answer: bool) -> None:
    values = {"v": {"S": "x"}} if ":v" in text else {}
    assert holds(text, {}, **values) is answer


INCORRECT = "Incorrect operand type for operator or function; operator or function: "


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
@pytest.mark.parametrize(
    "value",
    [{"L": []}, {"M": {}}, {"BOOL": True}, {"NULL": True}, {"SS": ["a"]}, {"NS": ["1"]}],
)
def test_a_constant_without_an_order_is_refused_although_the_attribute_is_missing(
    operator: str, value: dict[str, Any]
) -> None:
    (tag,) = value
    message = f"{INCORRECT}{operator}, operand type: {tag}"
    assert refusal("FilterExpression", f"gone {operator} :v", v=value) == message
    assert refusal("FilterExpression", f":v {operator} gone", v=value) == message


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("begins_with(a, :v)", {"v": {"N": "1"}}, f"{INCORRECT}begins_with, operand type: N"),
        ("begins_with(:v, a)", {"v": {"L": []}}, f"{INCORRECT}begins_with, operand type: L"),
        (
            "begins_with(size(a), :v)",
            {"v": {"S": "1"}},
            f"{INCORRECT}begins_with, operand type: N",
        ),
        ("size(:v) > :v", {"v": {"N": "1"}}, f"{INCORRECT}size, operand type: N"),
        (
            "size(:v) > :n",
            {"v": {"BOOL": True}, "n": {"N": "1"}},
            f"{INCORRECT}size, operand type: BOOL",
        ),
        (
            "size(:v) > :n",
            {"v": {"NULL": True}, "n": {"N": "1"}},
            f"{INCORRECT}size, operand type: NULL",
        ),
        ("size(size(a)) > :v", {"v": {"N": "1"}}, f"{INCORRECT}size, operand type: N"),
        ("attribute_type(a, :v)", {"v": {"N": "1"}}, f"{INCORRECT}attribute_type, operand type: N"),
        ("a BETWEEN :v AND b", {"v": {"L": []}}, f"{INCORRECT}BETWEEN, operand type: L"),
        (":v BETWEEN a AND b", {"v": {"BOOL": True}}, f"{INCORRECT}BETWEEN, operand type: BOOL"),
        (
            "attribute_type(a, :v)",
            {"v": {"S": "STRING"}},
            "Invalid attribute type name found; type: STRING, valid types:"
            " {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "a BETWEEN :x AND :y",
            {"x": {"N": "2"}, "y": {"N": "1"}},
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound;"
            " lower bound operand: AttributeValue: {N:2},"
            " upper bound operand: AttributeValue: {N:1}",
        ),
        (
            "a BETWEEN :x AND :y",
            {"x": {"S": "a"}, "y": {"B": b"b"}},
            "The BETWEEN operator requires same data type for lower and upper bounds;"
            " lower bound operand: AttributeValue: {S:a},"
            " upper bound operand: AttributeValue: {B:Yg==}",
        ),
    ],
)
def test_a_constant_that_does_not_fit_is_refused(
    text: str, values: dict[str, Any], message: str
) -> None:
    assert refusal("ConditionExpression", text, **values) == message


def test_the_type_in_attribute_type_must_be_a_value() -> None:
    assert refusal("ConditionExpression", "attribute_type(a, b)").startswith(
        f"{INCORRECT}attribute_type"
    )


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [
        ("size(a, b) > :v", "size", 2),
        ("contains(a)", "contains", 1),
        ("contains(a, :v, :v)", "contains", 3),
        ("attribute_exists(a, b)", "attribute_exists", 2),
        ("begins_with(a)", "begins_with", 1),
    ],
)
def test_the_number_of_operands_is_checked(text: str, name: str, count: int) -> None:
    values = {"v": {"N": "1"}} if ":v" in text else {}
    assert refusal("ConditionExpression", text, **values) == (
        "Incorrect number of operands for operator or function; operator or function:"
        f" {name}, number of operands: {count}"
    )


@pytest.mark.parametrize("name", ["attribute_exists", "attribute_not_exists"])
@pytest.mark.parametrize("operand", [":v", "size(a)"])
def test_existence_can_be_asked_only_of_a_path(name: str, operand: str) -> None:
    values = {"v": {"N": "1"}} if operand == ":v" else {}
    assert refusal("ConditionExpression", f"{name}({operand})", **values) == (
        f"Operator or function requires a document path; operator or function: {name}"
    )


@pytest.mark.parametrize(
    ("text", "operator", "path"),
    [
        ("a = a", "=", "[a]"),
        ("a[0].b < #a[0].b", "<", "[a, [0], b]"),
        ("contains(a, a)", "contains", "[a]"),
        ("begins_with(a, #a)", "begins_with", "[a]"),
    ],
)
def test_a_path_cannot_be_held_against_itself(text: str, operator: str, path: str) -> None:
    names = {"#a": "a"} if "#a" in text else None
    assert refusal("ConditionExpression", text, names=names) == (
        "The first operand must be distinct from the remaining operands for this operator or"
        f" function; operator: {operator}, first operand: {path}"
    )


def test_a_condition_tells_which_attributes_it_reads() -> None:
    bound = Expressions(
        request(
            "FilterExpression",
            "#a.b[0] = :v AND size(c) < :v OR attribute_exists(#a) AND NOT c IN (d, :v)",
            {"v": {"N": "1"}},
            {"#a": "x.y"},
        )
    )
    condition = bound.condition("FilterExpression")
    assert condition is not None
    assert condition.paths == (("x.y", "b", 0), ("c",), ("x.y",), ("d",))
    assert condition.top_level_names == {"x.y", "c", "d"}


def test_one_text_with_other_names_and_values_is_another_condition() -> None:
    text = "#n = :v"
    assert holds(text, ITEM, names={"#n": "n"}, v={"N": "5"})
    assert not holds(text, ITEM, names={"#n": "n"}, v={"N": "6"})
    assert holds(text, ITEM, names={"#n": "s"}, v={"S": "abc"})
    assert not holds(text, ITEM, names={"#n": "n"}, v={"N": "6"})


def test_the_checks_of_a_cached_condition_are_made_again_for_other_values() -> None:
    assert holds("n < :v", ITEM, v={"N": "6"})
    assert refusal("ConditionExpression", "n < :v", v={"L": []}) != ""
    assert holds("n < :v", ITEM, v={"N": "6"})


@given(values, values)
def test_equality_and_inequality_are_opposites(left: Any, right: Any) -> None:
    item = {"a": left, "b": right}
    equal = check_value(left) == check_value(right)
    assert holds("a = b", item) is equal
    assert holds("a <> b", item) is not equal
    assert holds("a IN (b)", item) is equal
    assert holds("a = :v", item, v=right) is equal


@given(
    st.one_of(
        st.tuples(number_texts(), number_texts()).map(lambda p: ({"N": p[0]}, {"N": p[1]})),
        st.tuples(texts, texts).map(lambda p: ({"S": p[0]}, {"S": p[1]})),
        st.tuples(st.binary(max_size=4), st.binary(max_size=4)).map(
            lambda p: ({"B": p[0]}, {"B": p[1]})
        ),
    )
)
def test_orderings_agree_with_each_other(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    left, right = pair
    item = {"a": left, "b": right}
    order = compare(check_value(left), check_value(right))
    assert order is not None
    assert holds("a < b", item) is (order < 0)
    assert holds("a <= b", item) is (order <= 0)
    assert holds("a > b", item) is (order > 0)
    assert holds("a >= b", item) is (order >= 0)
    assert holds("a BETWEEN b AND :v", item, v=right) is (order == 0)


Logic = Callable[[set[str]], bool]


@st.composite
def formulas(draw: st.DrawFn, depth: int = 4) -> tuple[str, Logic]:
    """A condition over the flags a, b and c, and the same in Python."""
    kind = draw(st.sampled_from(["flag", "not", "and", "or"])) if depth else "flag"
    if kind == "flag":
        name = draw(st.sampled_from("abc"))
        return f"attribute_exists({name})", lambda present: name in present
    text, logic = draw(formulas(depth=depth - 1))
    text = f"({text})" if " " in text else text
    if kind == "not":
        return f"NOT {text}", lambda present: not logic(present)
    other_text, other = draw(formulas(depth=depth - 1))
    other_text = f"({other_text})" if " " in other_text else other_text
    if kind == "and":
        return f"{text} AND {other_text}", lambda present: logic(present) and other(present)
    return f"{text} OR {other_text}", lambda present: logic(present) or other(present)


@given(formulas(), st.sets(st.sampled_from("abc")))
def test_logic_is_python_s(formula: tuple[str, Logic], present: set[str]) -> None:
    text, logic = formula
    assert holds(text, {name: {"NULL": True} for name in present}) is logic(present)
