"""Conditions by the book: one walk over the tree for each item, and nothing compiled."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from anydynamo.engine.expressions.ast import (
    And,
    Between,
    Comparison,
    Condition,
    Function,
    In,
    Not,
    Operand,
    Or,
    Path,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Oracle"]

_ORDERED = ("S", "N", "B")
_MEMBERS = {"SS": "S", "NS": "N", "BS": "B"}


class Oracle:
    """Evaluates conditions on one item."""

    def __init__(
        self, item: Mapping[str, Any], names: Mapping[str, str], values: Mapping[str, Any]
    ) -> None:
        self._item = item
        self._names = names
        self._values = values

    def holds(self, tree: Condition) -> bool:
        """Tell whether the item fulfils a condition."""
        match tree:
            case And(conditions=conditions):
                return all(self.holds(one) for one in conditions)
            case Or(conditions=conditions):
                return any(self.holds(one) for one in conditions)
            case Not(condition=condition):
                return not self.holds(condition)
            case Comparison(operator=operator, left=left, right=right):
                return _compared(operator, self.value(left), self.value(right))
            case Between(operand=operand, low=low, high=high):
                middle = self.value(operand)
                return _compared(">=", middle, self.value(low)) and _compared(
                    "<=", middle, self.value(high)
                )
            case In(operand=operand, options=options):
                wanted = self.value(operand)
                return any(_compared("=", wanted, self.value(one)) for one in options)
            case Function(name=name, arguments=arguments):
                return self._function(name, *map(self.value, arguments))

    def _function(self, name: str, first: Any, second: Any = None) -> bool:
        if name == "attribute_exists":
            return first is not None
        if name == "attribute_not_exists":
            return first is None
        if first is None or second is None:
            return False
        ((tag, content),) = first.items()
        ((other_tag, other),) = second.items()
        if name == "attribute_type":
            return bool(tag == other)
        if name == "begins_with":
            return tag == other_tag and tag in ("S", "B") and content[: len(other)] == other
        if tag == "L":
            return any(_same(element, second) for element in content)
        if tag in _MEMBERS:
            return any(_same({_MEMBERS[tag]: member}, second) for member in content)
        if tag not in ("S", "B") or tag != other_tag:
            return False
        return any(content[at : at + len(other)] == other for at in range(len(content) + 1))

    def value(self, operand: Operand) -> Any:
        """Return what an operand stands for, or None."""
        if isinstance(operand, Value):
            return self._values[operand.name]
        if isinstance(operand, Path):
            return self._found(operand)
        value = self.value(operand.arguments[0])
        if value is None:
            return None
        ((tag, content),) = value.items()
        if tag in ("N", "BOOL", "NULL"):
            return None
        size = sum(2 if ord(one) > 0xFFFF else 1 for one in content) if tag == "S" else len(content)
        return {"N": str(size)}

    def _found(self, path: Path) -> Any:
        found: Any = {"M": self._item}
        for element in path.elements:
            if isinstance(element, int):
                elements = found.get("L", ())
                found = elements[element] if element < len(elements) else None
            else:
                found = found.get("M", {}).get(self._names.get(element, element))
            if found is None:
                return None
        return found


def _compared(operator: str, left: Any, right: Any) -> bool:
    if operator == "<>":
        return left is None or not _same(left, right)
    if left is None or right is None:
        return False
    if operator == "=":
        return _same(left, right)
    ((tag, one),) = left.items()
    ((other_tag, other),) = right.items()
    if tag != other_tag or tag not in _ORDERED:
        return False
    first, second = _ordinal(tag, one), _ordinal(tag, other)
    return bool(
        {
            "<": first < second,
            "<=": first <= second,
            ">": first > second,
            ">=": first >= second,
        }[operator]
    )


def _ordinal(tag: str, content: Any) -> Any:
    if tag == "N":
        return Fraction(content)
    return content.encode() if tag == "S" else list(content)


def _same(left: Any, right: Any) -> bool:
    if left is None or right is None or left.keys() != right.keys():
        return False
    ((tag, one),) = left.items()
    other = right[tag]
    if tag == "N":
        return Fraction(one) == Fraction(other)
    if tag == "NS":
        return sorted(map(Fraction, one)) == sorted(map(Fraction, other))
    if tag in ("SS", "BS"):
        return sorted(one) == sorted(other)
    if tag == "L":
        return len(one) == len(other) and all(map(_same, one, other))
    if tag == "M":
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    return bool(one == other)
