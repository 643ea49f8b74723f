from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.expressing import refusal, update, updated
from tests.engine.strategies import values

from anydynamo.engine.errors import EngineError
from anydynamo.engine.values.values import check_item, check_value

ITEM: dict[str, Any] = {
    "n": {"N": "1"},
    "s": {"S": "abc"},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}, {"M": {"x": {"N": "3"}}}]},
    "m": {"M": {"n": {"N": "1"}, "m": {"M": {"n": {"N": "2"}}}, "ss": {"SS": ["a", "b"]}}},
    "ss": {"SS": ["a", "c"]},
    "ns": {"NS": ["1", "10"]},
    "bs": {"BS": [b"a"]},
}
ONE, X = {"N": "1"}, {"S": "x"}


def numbers(*texts: str) -> dict[str, Any]:
    return {"L": [{"N": text} for text in texts]}


@pytest.mark.parametrize(
    ("text", "values", "changed"),
    [
        ("SET a = :v", {"v": X}, {"a": X}),
        ("set n = :v Remove s", {"v": X}, {"n": X, "s": None}),
        ("SET n = s, s = n", {}, {"n": ITEM["s"], "s": ITEM["n"]}),
        ("SET n = n + :v", {"v": {"N": "0.5"}}, {"n": {"N": "1.5"}}),
        ("SET n = n - :v", {"v": {"N": "1.0"}}, {"n": {"N": "0"}}),
        ("SET n = (n) + (m.n)", {}, {"n": {"N": "2"}}),
        ("SET n = (n - :v)", {"v": {"N": "3"}}, {"n": {"N": "-2"}}),
        ("SET n = if_not_exists(n, :v)", {"v": X}, {}),
        ("SET a = if_not_exists(a, :v) + :v", {"v": ONE}, {"a": {"N": "2"}}),
        ("SET a = if_not_exists(b, if_not_exists(c.d, n))", {}, {"a": ONE}),
        ("SET a = if_not_exists(n, gone)", {}, {"a": ONE}),
        (
            "SET a = if_not_exists(a, :v) + if_not_exists(n, :v)",
            {"v": {"N": "4"}},
            {"a": {"N": "5"}},
        ),
        ("SET l = list_append(l, :v)", {"v": {"L": [X]}}, {"l": {"L": [*ITEM["l"]["L"], X]}}),
        ("SET l = list_append(:v, l)", {"v": {"L": [X]}}, {"l": {"L": [X, *ITEM["l"]["L"]]}}),
        (
            "SET a = list_append(if_not_exists(a, :e), :v)",
            {"e": {"L": []}, "v": {"L": [X]}},
            {"a": {"L": [X]}},
        ),
        ("SET a = l[3].x", {}, {"a": {"N": "3"}}),
        ("SET a = m", {}, {"a": ITEM["m"]}),
        ("REMOVE gone, s", {}, {"s": None}),
        ("ADD n :v", {"v": {"N": "1.5"}}, {"n": {"N": "2.5"}}),
        ("ADD a :v", {"v": {"N": "7"}}, {"a": {"N": "7"}}),
        ("ADD ss :v", {"v": {"SS": ["b", "a"]}}, {"ss": {"SS": ["a", "b", "c"]}}),
        ("ADD ns :v", {"v": {"NS": ["9", "1.0"]}}, {"ns": {"NS": ["1", "9", "10"]}}),
        ("ADD bs :v", {"v": {"BS": [b"b"]}}, {"bs": {"BS": [b"a", b"b"]}}),
        ("ADD a :v", {"v": {"SS": ["b", "a"]}}, {"a": {"SS": ["a", "b"]}}),
        ("DELETE ss :v", {"v": {"SS": ["a", "x"]}}, {"ss": {"SS": ["c"]}}),
        ("DELETE ss :v", {"v": {"SS": ["a", "c"]}}, {"ss": None}),
        ("DELETE ns :v", {"v": {"NS": ["10.0"]}}, {"ns": {"NS": ["1"]}}),
        ("DELETE gone :v", {"v": {"SS": ["a"]}}, {}),
        (
            "SET a = :v ADD n :v DELETE ss :w REMOVE s",
            {"v": ONE, "w": {"SS": ["a"]}},
            {"a": ONE, "n": {"N": "2"}, "ss": {"SS": ["c"]}, "s": None},
        ),
    ],
)
def test_an_update_of_attributes(
    text: str, values: dict[str, Any], changed: dict[str, Any]
) -> None:
    expected = {**ITEM, **changed}
    for name in [name for name, value in changed.items() if value is None]:
        del expected[name]
    assert updated(text, ITEM, **values).item == expected


@pytest.mark.parametrize(
    ("text", "l"),
    [
        ("SET l[1] = :v", numbers("0", "9", "2", "3")),
        ("SET l[9] = :v", numbers("0", "1", "2", "3", "9")),
        ("SET l[4] = :v", numbers("0", "1", "2", "3", "9")),
        ("SET l[9] = :v, l[7] = :w", numbers("0", "1", "2", "3", "8", "9")),
        ("SET l[12] = :v, l[7] = :w", numbers("0", "1", "2", "3", "8", "9")),
        ("REMOVE l[1], l[3]", numbers("0", "2")),
        ("REMOVE l[3], l[0]", numbers("1", "2")),
        ("REMOVE l[9]", numbers("0", "1", "2", "3")),
        ("REMOVE l[0] SET l[1] = :v", numbers("9", "2", "3")),
        ("SET l[7] = :v REMOVE l[4], l[0]", numbers("1", "2", "3", "9")),
        ("REMOVE l[0], l[1], l[2], l[3]", numbers()),
        ("SET l[0] = l[3], l[3] = l[0]", numbers("3", "1", "2", "0")),
        ("ADD l[0] :v", numbers("9", "1", "2", "3")),
        ("ADD l[8] :v", numbers("0", "1", "2", "3", "9")),
    ],
)
def test_list_indexes_are_those_of_the_list_before(text: str, l: dict[str, Any]) -> None:  # noqa: E741
    values: dict[str, Any] = {
        name: {"N": number} for name, number in (("v", "9"), ("w", "8")) if f":{name}" in text
    }
    item = {"l": numbers("0", "1", "2", "3")}
    assert updated(text, item, **values).item == {"l": l}


def test_nested_places_are_changed_and_their_neighbours_kept() -> None:
    made = updated(
        "SET m.m.n = :v, m.a = :v, l[3].x = :v REMOVE m.n ADD l[0] :v DELETE m.ss :s",
        ITEM,
        v=ONE,
        s={"SS": ["a"]},
    )
    assert made.item == {
        **ITEM,
        "m": {"M": {"m": {"M": {"n": ONE}}, "a": ONE, "ss": {"SS": ["b"]}}},
        "l": {"L": [ONE, ONE, {"N": "2"}, {"M": {"x": ONE}}]},
    }


def test_elements_can_be_removed_at_several_levels_of_lists() -> None:
    item = {"l": {"L": [numbers("0", "1"), numbers("2", "3"), numbers("4", "5")]}}
    made = updated("REMOVE l[0], l[1][0], l[2][1]", item)
    assert made.item == {"l": {"L": [numbers("3"), numbers("4")]}}


INVALID = "The document path provided in the update expression is invalid for update"
ABSENT = "The provided expression refers to an attribute that does not exist in the item"
WRONG = "An operand in the update expression has an incorrect data type"


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("SET gone.a = :v", {"v": X}, INVALID),
        ("SET n.a = :v", {"v": X}, INVALID),
        ("SET m[0] = :v", {"v": X}, INVALID),
        ("SET l.a = :v", {"v": X}, INVALID),
        ("SET l[9].a = :v", {"v": X}, INVALID),
        ("SET m.gone.a = :v", {"v": X}, INVALID),
        ("ADD gone.a :v", {"v": ONE}, INVALID),
        ("REMOVE gone.a", {}, INVALID),
        ("REMOVE m.gone.a", {}, INVALID),
        ("REMOVE n.a", {}, INVALID),
        ("REMOVE l.a", {}, INVALID),
        ("REMOVE m[0]", {}, INVALID),
        ("DELETE gone.a :v", {"v": {"SS": ["a"]}}, INVALID),
        ("SET a = gone", {}, ABSENT),
        ("SET a = m.gone.x", {}, ABSENT),
        ("SET a = gone + :v", {"v": ONE}, ABSENT),
        ("SET a = :v - gone", {"v": ONE}, ABSENT),
        ("SET a = list_append(gone, :v)", {"v": {"L": []}}, ABSENT),
        ("SET a = if_not_exists(gone, away)", {}, ABSENT),
        ("SET a = :v, b = a", {"v": ONE}, ABSENT),
        ("SET a = s + :v", {"v": ONE}, WRONG),
        ("SET a = :v - l", {"v": ONE}, WRONG),
        ("SET a = list_append(n, :v)", {"v": {"L": []}}, WRONG),
        ("SET a = list_append(:v, s)", {"v": {"L": []}}, WRONG),
        ("SET a = if_not_exists(s, :v) + :v", {"v": ONE}, WRONG),
        ("ADD s :v", {"v": ONE}, WRONG),
        ("ADD ss :v", {"v": {"NS": ["1"]}}, WRONG),
        ("ADD ss :v", {"v": ONE}, WRONG),
        ("DELETE n :v", {"v": {"NS": ["1"]}}, WRONG),
        ("DELETE ss :v", {"v": {"BS": [b"a"]}}, WRONG),
        ("SET n = n + :v", {"v": {"N": "9" * 38}}, None),
        ("SET n = n + :v", {"v": {"N": "1e-38"}}, "Attempting to store more than 38 significant"),
    ],
)
def test_what_does_not_fit_the_item_is_refused(
    text: str, values: dict[str, Any], message: str | None
) -> None:
    if message is None:
        assert updated(text, ITEM, **values).item["n"] == {"N": "1" + "0" * 38}
        return
    with pytest.raises(EngineError) as raised:
        updated(text, ITEM, **values)
    assert raised.value.code == "ValidationException"
    assert raised.value.message.startswith(message)


def test_removing_from_an_item_that_is_not_there_is_silent() -> None:
    key = {"pk": X}
    assert updated("REMOVE a.b, c[0]", key, exists=False).item == key
    assert updated("DELETE a.b :v", key, exists=False, v={"SS": ["a"]}).item == key
    with pytest.raises(EngineError, match=INVALID):
        updated("SET a.b = :v", key, exists=False, v=X)


INCORRECT = "Incorrect operand type for operator or function; operator"


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("SET a = a + :v", X, f"{INCORRECT} or function: +, operand type: S"),
        ("SET a = :v - a", {"BOOL": True}, f"{INCORRECT} or function: -, operand type: BOOL"),
        (
            "SET a = list_append(a, :v)",
            {"M": {}},
            f"{INCORRECT} or function: list_append, operand type: M",
        ),
        (
            "SET a = list_append(a, :v) + b",
            {"L": []},
            f"{INCORRECT} or function: +, operand type: L",
        ),
        ("ADD a :v", X, f"{INCORRECT}: ADD, operand type: STRING"),
        ("ADD a :v", {"L": []}, f"{INCORRECT}: ADD, operand type: LIST"),
        ("ADD a :v", {"NULL": True}, f"{INCORRECT}: ADD, operand type: NULL"),
        ("DELETE a :v", ONE, f"{INCORRECT}: DELETE, operand type: NUMBER"),
        ("DELETE a :v", {"B": b"x"}, f"{INCORRECT}: DELETE, operand type: BINARY"),
    ],
)
def test_a_constant_of_the_wrong_type_is_refused_before_any_item_is_seen(
    text: str, value: dict[str, Any], message: str
) -> None:
    assert refusal("UpdateExpression", text, v=value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "SET a = if_not_exists(a)",
            "Incorrect number of operands for operator or function; operator or function:"
            " if_not_exists, number of operands: 1",
        ),
        (
            "SET a = list_append(a, b, c)",
            "Incorrect number of operands for operator or function; operator or function:"
            " list_append, number of operands: 3",
        ),
        (
            "SET a = if_not_exists(if_not_exists(a, b), c)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET a = b SET c = d",
            'The "SET" section can only be used once in an update expression;',
        ),
        (
            "REMOVE a SET a = b remove c",
            'The "REMOVE" section can only be used once in an update expression;',
        ),
    ],
)
def test_malformed_clauses_are_refused(text: str, message: str) -> None:
    assert refusal("UpdateExpression", text) == message


@pytest.mark.parametrize(
    ("text", "how", "one", "two"),
    [
        ("SET a = b, a = c", "overlap", "[a]", "[a]"),
        ("SET a = b, a.b = c", "overlap", "[a]", "[a, b]"),
        ("SET a.b = c REMOVE a", "overlap", "[a, b]", "[a]"),
        ("REMOVE a[1], b, a[1].c", "overlap", "[a, [1]]", "[a, [1], c]"),
        ("SET a.b = c, a[0] = d", "conflict", "[a, b]", "[a, [0]]"),
    ],
)
def test_clauses_that_meet_in_one_place_are_refused(
    text: str, how: str, one: str, two: str
) -> None:
    assert refusal("UpdateExpression", text) == (
        f"Two document paths {how} with each other; must remove or rewrite one of these paths;"
        f" path one: {one}, path two: {two}"
    )


@pytest.mark.parametrize("text", ["SET pk = a", "REMOVE a, #k", "REMOVE pk.a", "REMOVE pk[0]"])
def test_key_attributes_cannot_be_touched(text: str) -> None:
    made = update(text, names={"#k": "pk"} if "#k" in text else None)
    with pytest.raises(EngineError) as raised:
        made.check_keys(["sk", "pk"])
    assert raised.value.message == (
        "One or more parameter values were invalid: Cannot update attribute pk. This attribute is"
        " part of the key"
    )
    made.check_keys(["sk"])


def test_an_update_tells_what_it_changes() -> None:
    made = update("SET a.b = c, #d = e REMOVE f[1], f[0]", names={"#d": "x.y"})
    assert made.paths == (("a", "b"), ("x.y",), ("f", 1), ("f", 0))
    assert made.top_level_names == {"a", "x.y", "f"}


@pytest.mark.parametrize(
    ("text", "values", "old", "new"),
    [
        ("SET n = :v, a = :v", {"v": X}, {"n": ONE}, {"n": X, "a": X}),
        (
            "SET m.m.n = :v",
            {"v": X},
            {"m": {"M": {"m": {"M": {"n": {"N": "2"}}}}}},
            {"m": {"M": {"m": {"M": {"n": X}}}}},
        ),
        (
            "SET l[3].x = :v, l[1] = :v",
            {"v": X},
            {"l": {"L": [ONE, {"M": {"x": {"N": "3"}}}]}},
            {"l": {"L": [X, {"M": {"x": X}}]}},
        ),
        ("SET l[9] = :v", {"v": X}, {}, {"l": {"L": [X]}}),
        ("REMOVE n, l[0], gone", {}, {"n": ONE, "l": {"L": [{"N": "0"}]}}, {}),
        ("ADD n :v", {"v": ONE}, {"n": ONE}, {"n": {"N": "2"}}),
        ("DELETE ss :v", {"v": {"SS": ["a", "c"]}}, {"ss": ITEM["ss"]}, {}),
        ("DELETE gone :v", {"v": {"SS": ["a", "c"]}}, {}, {}),
        ("SET n = n", {}, {"n": ONE}, {"n": ONE}),
    ],
)
def test_an_update_returns_only_the_paths_that_it_changes(
    text: str, values: dict[str, Any], old: dict[str, Any], new: dict[str, Any]
) -> None:
    made = updated(text, ITEM, **values)
    assert made.old == old
    assert made.new == new


@given(values, values)
def test_an_update_leaves_the_item_before_and_the_request_alone(first: Any, second: Any) -> None:
    item = check_item({"a": first, "m": {"M": {"x": second}}, "l": {"L": [first]}})
    kept = copy.deepcopy(item)
    made = update("SET b = :v, a = m, m.x = l, l[5] = :v REMOVE l[0]", v=second)
    result = made.apply(item)
    assert item == kept
    assert result.item == {
        "b": check_value(second),
        "a": kept["m"],
        "m": {"M": {"x": kept["l"]}},
        "l": {"L": [check_value(second)]},
    }
    for name in list(result.item):
        result.item[name].clear()
    assert made.apply(item).item["b"] == check_value(second)


def test_a_value_that_is_set_twice_is_two_values() -> None:
    result = updated("SET a = :v, b = :v, c = m", ITEM, v={"L": [X]}).item
    result["a"]["L"].append(ONE)
    result["c"]["M"]["n"] = X
    assert result["b"] == {"L": [X]}
    assert result["m"] == ITEM["m"]


def test_an_update_cannot_build_what_is_nested_too_deeply() -> None:
    deep: dict[str, Any] = {"M": {}}
    for _ in range(29):
        deep = {"M": {"a": deep}}
    item = {"d": deep}
    made = updated("SET d.a = :v", item, v={"L": [{"L": [X]}]})
    assert made.item["d"]["M"]["a"] == {"L": [{"L": [X]}]}
    path = "d" + ".a" * 29
    assert updated(f"SET {path}.b = :v", item, v={"L": [X]}).item != item
    with pytest.raises(EngineError, match="Nesting Levels have exceeded supported limits"):
        updated(f"SET {path}.b = :v", item, v={"L": [{"L": [X]}]})


def test_two_lists_that_are_joined_stay_two_lists() -> None:
    item = check_item({"l": numbers("1")})
    result = update("SET a = list_append(l, l)").apply(item).item
    result["a"]["L"][0]["N"] = "7"
    assert result["a"] == numbers("7", "1")
    assert item == {"l": numbers("1")}


@given(
    st.lists(st.sampled_from(range(6)), unique=True, max_size=4),
    st.lists(st.sampled_from(range(6, 12)), unique=True, max_size=4),
    st.integers(0, 9),
)
def test_removals_and_settings_in_one_list_do_not_disturb_each_other(
    removed: list[int], written: list[int], length: int
) -> None:
    if not removed and not written:
        return
    item = {"l": numbers(*map(str, range(length)))}
    clauses = []
    if written:
        clauses.append("SET " + ", ".join(f"l[{index}] = s" for index in written))
    if removed:
        clauses.append("REMOVE " + ", ".join(f"l[{index}]" for index in removed))
    expected: list[Any] = [{"N": str(n)} for n in range(length)]
    for index in sorted(written):
        if index < length:
            expected[index] = X
        else:
            expected.append(X)
    expected = [
        value for index, value in enumerate(expected) if index not in removed or index >= length
    ]
    made = updated(" ".join(clauses), {**item, "s": X})
    assert made.item == {"l": {"L": expected}, "s": X}
