from __future__ import annotations

from typing import Any

import pytest
from tests.engine.expressing import projected, refusal

ITEM: dict[str, Any] = {
    "a": {"N": "1"},
    "l": {"L": [{"N": "1"}, {"N": "2"}, {"M": {"x": {"N": "3"}, "y": {"N": "4"}}}]},
    "m": {"M": {"a": {"N": "1"}, "b": {"L": [{"S": "x"}]}, "e": {"M": {}}}},
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a", {"a": {"N": "1"}}),
        ("gone", {}),
        ("a, gone, m.gone, l[9]", {"a": {"N": "1"}}),
        ("a.b, m[0], l.x", {}),
        ("l[0], l[2]", {"l": {"L": [{"N": "1"}, ITEM["l"]["L"][2]]}}),
        ("l[2], l[0]", {"l": {"L": [{"N": "1"}, ITEM["l"]["L"][2]]}}),
        ("l[2].y, l[1]", {"l": {"L": [{"N": "2"}, {"M": {"y": {"N": "4"}}}]}}),
        ("l[2].gone, l[1]", {"l": {"L": [{"N": "2"}]}}),
        ("m.b[0], m.a", {"m": {"M": {"a": {"N": "1"}, "b": {"L": [{"S": "x"}]}}}}),
        ("m.e", {"m": {"M": {"e": {"M": {}}}}}),
        ("m.e.gone", {}),
        ("m.gone, a", {"a": {"N": "1"}}),
        ("m", {"m": ITEM["m"]}),
    ],
)
def test_a_projection_keeps_what_it_names_and_the_way_there(
    text: str, found: dict[str, Any]
) -> None:
    assert projected(text, ITEM) == found


def test_an_alias_may_hold_dots_and_is_one_name() -> None:
    item = {"a.b": {"M": {"c": {"N": "1"}}}, "a": {"M": {"b": {"N": "2"}}}}
    assert projected("#x.c", item, names={"#x": "a.b"}) == {"a.b": {"M": {"c": {"N": "1"}}}}


@pytest.mark.parametrize(
    ("text", "how", "one", "two"),
    [
        ("a, a", "overlap", "[a]", "[a]"),
        ("m, b, m.a", "overlap", "[m]", "[m, a]"),
        ("m.a.c, b, m.a", "overlap", "[m, a, c]", "[m, a]"),
        ("l[0], l[00]", "overlap", "[l, [0]]", "[l, [0]]"),
        ("m.a, b, m[0]", "conflict", "[m, a]", "[m, [0]]"),
        ("m[1].x, m.a.x", "conflict", "[m, [1], x]", "[m, a, x]"),
        ("a, #a", "overlap", "[a]", "[a]"),
    ],
)
def test_paths_that_overlap_or_conflict_are_refused(
    text: str, how: str, one: str, two: str
) -> None:
    assert refusal("ProjectionExpression", text, names={"#a": "a"} if "#a" in text else None) == (
        f"Two document paths {how} with each other; must remove or rewrite one of these paths;"
        f" path one: {one}, path two: {two}"
    )


def test_a_projection_changes_nothing_of_the_item() -> None:
    found = projected("m.b, l[0]", ITEM)
    found["m"]["M"]["new"] = {"N": "1"}
    found["l"]["L"].append({"N": "1"})
    assert "new" not in ITEM["m"]["M"]
    assert len(ITEM["l"]["L"]) == 3
