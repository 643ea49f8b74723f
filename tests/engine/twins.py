"""Hypothesis strategies for legacy parameters, each with the expression that says the same."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.engine.calling import N
from tests.engine.strategies import scalars, values

__all__ = ["NAMES", "conditions", "updates"]

NAMES = ["a", "b", "c"]

# Each: the expression that says the same, and the values that fit it.
TWINS: dict[str, tuple[str, st.SearchStrategy[list[dict[str, Any]]]]] = {
    "EQ": ("{a} = {0}", st.lists(values, min_size=1, max_size=1)),
    "NE": ("{a} <> {0}", st.lists(values, min_size=1, max_size=1)),
    "NULL": ("attribute_not_exists({a})", st.just([])),
    "NOT_NULL": ("attribute_exists({a})", st.just([])),
}
ORDERED = scalars.filter(lambda value: not {"S", "N", "B"}.isdisjoint(value))
ONE_OF_A_TYPE = st.sampled_from(["S", "N", "B"]).flatmap(
    lambda tag: st.lists(scalars.filter(lambda value: tag in value), min_size=1, max_size=3)
)
for legacy, modern in (("LE", "<="), ("LT", "<"), ("GE", ">="), ("GT", ">")):
    TWINS[legacy] = (f"{{a}} {modern} {{0}}", st.lists(ORDERED, min_size=1, max_size=1))
MEMBERS = scalars.filter(lambda value: {"SS", "NS", "BS"}.isdisjoint(value))
TWINS["CONTAINS"] = ("contains({a}, {0})", st.lists(MEMBERS, min_size=1, max_size=1))
TWINS["NOT_CONTAINS"] = ("NOT contains({a}, {0})", st.lists(MEMBERS, min_size=1, max_size=1))
TWINS["BEGINS_WITH"] = (
    "begins_with({a}, {0})",
    st.lists(ORDERED.filter(lambda value: "N" not in value), min_size=1, max_size=1),
)
TWINS["IN"] = ("{a} IN ({all})", ONE_OF_A_TYPE)
TWINS["BETWEEN"] = ("{a} BETWEEN {0} AND {0}", ONE_OF_A_TYPE.map(lambda found: found[:1]))


@st.composite
def conditions(draw: st.DrawFn) -> tuple[dict[str, Any], list[str], dict[str, Any]]:
    """Draw a map of conditions, the expressions that say the same, and their values."""
    legacy: dict[str, Any] = {}
    parts: list[str] = []
    bound: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        operator = draw(st.sampled_from(sorted(TWINS)))
        twin, drawn = TWINS[operator]
        operands = draw(drawn)
        placeholders = [f":{name}{number}" for number in range(len(operands))]
        bound.update(zip(placeholders, operands, strict=True))
        parts.append(twin.format(*placeholders, a=name, all=", ".join(placeholders)))
        if operator == "BETWEEN":
            operands = operands * 2
        legacy[name] = {"ComparisonOperator": operator, "AttributeValueList": operands}
    return legacy, parts, bound


@st.composite
def updates(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw attribute updates, and a request that says the same by expression."""
    legacy: dict[str, Any] = {}
    clauses: dict[str, list[str]] = {"SET": [], "REMOVE": [], "ADD": [], "DELETE": []}
    bound: dict[str, Any] = {}
    sets = scalars.filter(lambda value: not {"SS", "NS", "BS"}.isdisjoint(value))
    numbers = st.integers(-9, 9).map(N)
    for name in draw(st.lists(st.sampled_from(["a", "b", "gk", "s"]), min_size=1, unique=True)):
        clause = draw(st.sampled_from(sorted(clauses)))
        value = draw({"ADD": numbers | sets, "DELETE": sets}.get(clause, values))
        action = {"SET": "PUT", "REMOVE": "DELETE"}.get(clause, clause)
        legacy[name] = {"Action": action}
        if clause == "REMOVE":
            clauses[clause].append(name)
            continue
        legacy[name]["Value"] = bound[f":{name}"] = value
        clauses[clause].append(f"{name} {'=' if clause == 'SET' else ''} :{name}")
    text = " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items() if parts)
    modern: dict[str, Any] = {"UpdateExpression": text}
    if bound:
        modern["ExpressionAttributeValues"] = bound
    return {"AttributeUpdates": legacy}, modern
