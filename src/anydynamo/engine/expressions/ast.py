"""The syntax trees of expressions.

Trees hold what was written: placeholders (`#n`, `:v`) are not yet replaced, so that one tree serves
every request with the same text. Conditions are at most a few hundred levels deep, because an
expression is at most 4 KB and may hold at most 300 operators.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "Action",
    "Add",
    "And",
    "Arithmetic",
    "Between",
    "Comparator",
    "Comparison",
    "Condition",
    "Delete",
    "Function",
    "In",
    "Not",
    "Operand",
    "Or",
    "Path",
    "Remove",
    "Set",
    "Value",
]

Comparator: TypeAlias = Literal["=", "<>", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Path:
    """A document path: attribute names, `#` placeholders, and list indexes as integers."""

    elements: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A reference to an expression attribute value, such as `:v`."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A call; as a condition (`contains(a, :b)`) or as an operand (`size(a)`)."""

    name: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two operands about a comparator."""

    operator: Comparator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """`operand BETWEEN low AND high`, both ends included."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """`operand IN (options)`."""

    operand: Operand
    options: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Two or more conditions that must all hold."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more conditions of which one must hold."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A condition that must not hold."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A sum or a difference, which only SET may hold."""

    operator: Literal["+", "-"]
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Set:
    """`SET path = value`."""

    path: Path
    value: Operand | Arithmetic


@dataclass(frozen=True, slots=True)
class Remove:
    """`REMOVE path`."""

    path: Path


@dataclass(frozen=True, slots=True)
class Add:
    """`ADD path :value`."""

    path: Path
    value: Value


@dataclass(frozen=True, slots=True)
class Delete:
    """`DELETE path :value`."""

    path: Path
    value: Value


Operand: TypeAlias = Path | Value | Function
Condition: TypeAlias = Comparison | Between | In | And | Or | Not | Function
Action: TypeAlias = Set | Remove | Add | Delete
