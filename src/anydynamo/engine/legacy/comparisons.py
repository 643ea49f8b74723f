"""One attribute, one of the 13 comparison operators, and the values that it compares with."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Final, NamedTuple

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions.evaluators import ORDERED_TYPES, Source, ordered
from anydynamo.engine.values.values import TYPES, AttributeValue, check_name, check_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["COMPARISONS", "WITHOUT_VALUES", "Comparison", "constant", "read_comparison"]


# For CONTAINS the API Reference says that the value cannot be a set, a list or a map.
_MEMBERS: Final = frozenset(("S", "N", "B", "BOOL", "NULL"))

_ORDERING: Final = (1, 1, ORDERED_TYPES)
_RULES: Final[Mapping[str, tuple[int, int | None, frozenset[str]]]] = {
    "EQ": (1, 1, TYPES),
    "NE": (1, 1, TYPES),
    "IN": (1, None, ORDERED_TYPES),
    "LE": _ORDERING,
    "LT": _ORDERING,
    "GE": _ORDERING,
    "GT": _ORDERING,
    "BETWEEN": (2, 2, ORDERED_TYPES),
    "NOT_NULL": (0, 0, frozenset()),
    "NULL": (0, 0, frozenset()),
    "CONTAINS": (1, 1, _MEMBERS),
    "NOT_CONTAINS": (1, 1, _MEMBERS),
    "BEGINS_WITH": (1, 1, frozenset(("S", "B"))),
}
"""Of each operator, the least and the most values, and the types that they may have."""

COMPARISONS: Final = tuple(_RULES)
"""The operators, in the order of the API Reference."""

WITHOUT_VALUES: Final = frozenset(("NOT_NULL", "NULL"))


class Comparison(NamedTuple):
    """One comparison, whose values are checked ones and fit its operator."""

    attribute: str
    operator: str
    operands: tuple[AttributeValue, ...]


def read_comparison(attribute: str, name: str, values: Sequence[object]) -> Comparison:
    """Check the values of a comparison: their number and their types.

    Args:
        attribute: The attribute's name, which is never a path.
        name: One of `COMPARISONS`.
        values: The `AttributeValueList`.

    Raises:
        EngineError: A ValidationException, or a SerializationException for what is no value.
    """
    operands = tuple(check_value(value) for value in values)
    least, most, types = _RULES[name]
    if len(operands) < least or (most is not None and len(operands) > most):
        raise validation(texts.legacy.ARGUMENT_COUNT, name=name)
    tags = [tag for operand in operands for tag in operand]
    for tag in tags:
        if tag not in types:
            raise validation(texts.legacy.ARGUMENT_TYPE, name=name, tag=tag)
    if len(set(tags)) > 1:
        raise validation(texts.legacy.ARGUMENT_TYPES_DIFFER)
    if name == "BETWEEN" and not ordered(operator.le, *map(constant, operands))({}, {}):
        raise validation(texts.legacy.BOUNDS_CROSSED)
    return Comparison(check_name(attribute), name, operands)


def constant(value: AttributeValue) -> Source:
    """Yield a value whatever the item is."""
    return lambda _item, _values: value
