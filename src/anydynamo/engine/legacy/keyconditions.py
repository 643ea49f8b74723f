"""`KeyConditions`, as a key condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions import KeyCondition, KeyTest
from anydynamo.engine.legacy.comparisons import read_comparison

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.expressions.keyconditions import KeyOperator

__all__ = ["key_conditions"]

_OPERATORS: Final[Mapping[str, KeyOperator]] = {
    "EQ": "=",
    "LE": "<=",
    "LT": "<",
    "GE": ">=",
    "GT": ">",
    "BEGINS_WITH": "begins_with",
    "BETWEEN": "BETWEEN",
}


def key_conditions(request: Mapping[str, Any]) -> KeyCondition | None:
    """Translate `KeyConditions`; None if the request has none, or an empty one.

    Raises:
        EngineError: A ValidationException or a SerializationException.
    """
    given: Mapping[str, Any] | None = request.get("KeyConditions")
    if not given:
        return None
    return KeyCondition(tuple(_test(name, entry) for name, entry in given.items()))


def _test(name: str, entry: Mapping[str, Any]) -> KeyTest:
    comparison = read_comparison(
        name, entry["ComparisonOperator"], entry.get("AttributeValueList") or ()
    )
    operator = _OPERATORS.get(comparison.operator)
    if operator is None:
        raise validation(texts.legacy.NOT_INDEXABLE)
    return KeyTest(comparison.attribute, operator, comparison.operands)
