"""Expressions, drawn from DynamoDB's grammar together with the names and values they bind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from anydynamo.testing.generated.values import (
    NAMES,
    attribute_values,
    key_values,
    number_texts,
    pooled,
    set_values,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["Bindings", "conditions", "paths", "updates"]

# Any: attribute values have DynamoDB's shapes.
Value = dict[str, Any]

KEYS = ("g", "h", "pk")
BARE = frozenset(NAMES[:4]) | {*KEYS, "sk"}
TYPES = ("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL")


@dataclass(slots=True)
class Bindings:
    """The placeholders of one request, filled while its expressions are drawn."""

    names: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, Value] = field(default_factory=dict[str, Value])

    def name(self, name: str) -> str:
        """Return how an expression says a name: bare where it may, by a placeholder elsewhere."""
        if name in BARE:
            return name
        placeholder = f"#n{NAMES.index(name)}"
        self.names[placeholder] = name
        return placeholder

    def value(self, value: Value) -> str:
        """Return the placeholder of a value."""
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value
        return placeholder


@st.composite
def paths(draw: st.DrawFn, bindings: Bindings, excluded: Collection[str] = ()) -> str:
    """Draw a document path of up to three steps; of one step when it begins with a key."""
    names = [name for name in (*NAMES, *KEYS) if name not in excluded]
    first = draw(st.sampled_from(names))
    path = bindings.name(first)
    if first in KEYS:
        return path
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        if draw(st.booleans()):
            path += "." + bindings.name(draw(st.sampled_from(NAMES)))
        else:
            path += f"[{draw(st.integers(0, 3))}]"
    return path


@st.composite
def conditions(
    draw: st.DrawFn, bindings: Bindings, *, excluded: Collection[str] = (), depth: int = 2
) -> str:
    """Draw a condition or filter.

    Args:
        draw: Hypothesis's.
        bindings: Where its names and values are noted.
        excluded: Top-level attributes that it must not name, as a query's filter must not its keys.
        depth: How many logical operators may lie one inside the other.
    """
    if depth and draw(st.integers(0, 2)) == 0:
        inner = conditions(bindings, excluded=excluded, depth=depth - 1)
        kind = draw(st.sampled_from(["AND", "OR", "NOT", "()"]))
        if kind == "NOT":
            return f"NOT {draw(inner)}"
        if kind == "()":
            return f"({draw(inner)} {draw(st.sampled_from(['AND', 'OR']))} {draw(inner)})"
        return f"{draw(inner)} {kind} {draw(inner)}"
    path = draw(paths(bindings, excluded))
    kind = draw(st.sampled_from(_SIMPLE))
    if kind == "compare":
        operator = draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]))
        value = pooled() if operator in {"=", "<>"} else _ordered()
        right = draw(st.one_of(value.map(bindings.value), paths(bindings, excluded)))
        sides = (path, right) if draw(st.booleans()) else (right, path)
        return f"{sides[0]} {operator} {sides[1]}"
    if kind == "size":
        operator = draw(st.sampled_from(["=", "<", ">="]))
        return f"size({path}) {operator} {bindings.value({'N': str(draw(st.integers(0, 4)))})}"
    if kind == "between":
        # Constant bounds must be of one type and in order: two of them would mostly be refused.
        low, high = draw(_bounds())
        return f"{path} BETWEEN {bindings.value(low)} AND {bindings.value(high)}"
    if kind == "in":
        options = draw(st.lists(pooled(), min_size=1, max_size=3))
        return f"{path} IN ({', '.join(map(bindings.value, options))})"
    if kind == "begins_with":
        prefix = draw(st.one_of(key_values("S"), key_values("B")))
        return f"begins_with({path}, {bindings.value(prefix)})"
    if kind == "contains":
        return f"contains({path}, {bindings.value(draw(pooled()))})"
    if kind == "attribute_type":
        return f"attribute_type({path}, {bindings.value({'S': draw(st.sampled_from(TYPES))})})"
    return f"{kind}({path})"


_SIMPLE = (
    "compare",
    "compare",
    "compare",
    "size",
    "between",
    "in",
    "begins_with",
    "contains",
    "attribute_type",
    "attribute_exists",
    "attribute_not_exists",
)


def _ordered() -> st.SearchStrategy[Value]:
    """Draw a value that has an order: DynamoDB refuses to compare others."""
    return st.one_of(
        st.sampled_from(["", "a", "ab", "b", "é"]).map(lambda text: {"S": text}),
        number_texts().map(lambda text: {"N": text}),
        st.sampled_from([b"", b"a", b"\x80"]).map(lambda raw: {"B": raw}),
    )


def _bounds() -> st.SearchStrategy[tuple[Value, Value]]:
    numbers = st.tuples(st.integers(-5, 5), st.integers(0, 200)).map(
        lambda pair: ({"N": str(pair[0])}, {"N": str(pair[0] + pair[1])})
    )
    strings = st.sampled_from([({"S": "a"}, {"S": "b"}), ({"S": ""}, {"S": "é"})])
    binaries = st.just(({"B": b"\x00"}, {"B": b"\x80"}))
    return st.one_of(numbers, strings, binaries)


@st.composite
def updates(draw: st.DrawFn, bindings: Bindings, index_keys: Mapping[str, str]) -> str:
    """Draw an update expression of one to three clauses.

    Args:
        draw: Hypothesis's.
        bindings: Where its names and values are noted.
        index_keys: Attributes that are keys of an index, and their types.
    """
    clauses: list[str] = []
    kinds = st.lists(
        st.sampled_from(["SET", "SET", "REMOVE", "ADD", "DELETE"]),
        min_size=1,
        max_size=3,
        unique=True,
    )
    for kind in draw(kinds):
        action = {"SET": _sets, "REMOVE": paths, "ADD": _adds, "DELETE": _deletes}[kind]
        actions = draw(st.lists(action(bindings), min_size=1, max_size=2))
        if kind == "SET" and index_keys and draw(st.booleans()):
            name = draw(st.sampled_from(sorted(index_keys)))
            value = bindings.value(draw(key_values(index_keys[name])))
            actions.append(f"{bindings.name(name)} = {value}")
        clauses.append(f"{kind} {', '.join(actions)}")
    return " ".join(clauses)


@st.composite
def _sets(draw: st.DrawFn, bindings: Bindings) -> str:
    target = draw(paths(bindings))
    kind = draw(st.sampled_from(["value", "value", "path", "sum", "append", "default", "counter"]))
    if kind == "value":
        right = bindings.value(draw(attribute_values(4)))
    elif kind == "path":
        right = draw(paths(bindings))
    elif kind == "append":
        value = draw(st.lists(pooled(), max_size=2))
        operands = [draw(paths(bindings)), bindings.value({"L": value})]
        right = f"list_append({', '.join(draw(st.permutations(operands)))})"
    elif kind == "default":
        right = f"if_not_exists({draw(paths(bindings))}, {bindings.value(draw(pooled()))})"
    else:
        number = bindings.value({"N": draw(number_texts())})
        left = draw(paths(bindings))
        if kind == "counter":
            left = f"if_not_exists({left}, {bindings.value({'N': '0'})})"
        right = f"{left} {draw(st.sampled_from('+-'))} {number}"
    return f"{target} = {right}"


@st.composite
def _adds(draw: st.DrawFn, bindings: Bindings) -> str:
    path = draw(paths(bindings))
    return f"{path} {bindings.value(draw(st.one_of(_numbers(), set_values())))}"


@st.composite
def _deletes(draw: st.DrawFn, bindings: Bindings) -> str:
    path = draw(paths(bindings))
    return f"{path} {bindings.value(draw(set_values()))}"


def _numbers() -> st.SearchStrategy[Value]:
    return number_texts().map(lambda text: {"N": text})
