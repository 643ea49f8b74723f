"""`Expected`, `QueryFilter`, `ScanFilter` and `ConditionalOperator`, as conditions.

What is absent fulfils NULL, NE and NOT_CONTAINS and nothing else, as `<>` and `NOT contains` have
it in expressions.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions import Condition
from anydynamo.engine.expressions.evaluators import (
    Source,
    Test,
    all_of,
    any_of,
    begins_with,
    contains,
    differs,
    equals,
    negated,
    one_of,
    ordered,
)
from anydynamo.engine.legacy.comparisons import (
    WITHOUT_VALUES,
    Comparison,
    constant,
    read_comparison,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["expected_condition", "filter_condition"]


_ORDERINGS: Final = {"LE": operator.le, "LT": operator.lt, "GE": operator.ge, "GT": operator.gt}


def filter_condition(request: Mapping[str, Any]) -> Condition | None:
    """Translate a `QueryFilter` or a `ScanFilter`; None if the request has none, or an empty one.

    Raises:
        EngineError: A ValidationException or a SerializationException.
    """
    given: Mapping[str, Any] = request.get("QueryFilter") or request.get("ScanFilter") or {}
    return _combined(
        request,
        [
            read_comparison(
                name, entry["ComparisonOperator"], entry.get("AttributeValueList") or ()
            )
            for name, entry in given.items()
        ],
    )


def expected_condition(request: Mapping[str, Any]) -> Condition | None:
    """Translate `Expected`; None if the request has none, or an empty one.

    Raises:
        EngineError: A ValidationException or a SerializationException.
    """
    given: Mapping[str, Any] = request.get("Expected") or {}
    return _combined(request, [_expectation(name, entry) for name, entry in given.items()])


def _expectation(name: str, entry: Mapping[str, Any]) -> Comparison:
    """Read one entry of `Expected`, in whichever of its two forms.

    A `Value` beside a `ComparisonOperator` is taken for the list of one value: the API Reference
    calls them incompatible, the service was seen to accept them.
    """
    comparison, exists = entry.get("ComparisonOperator"), entry.get("Exists")
    value, values = entry.get("Value"), entry.get("AttributeValueList")
    if value is not None and values is not None:
        raise _misused(texts.legacy.VALUE_AND_VALUES, name)
    if comparison is None:
        if values is not None:
            raise _misused(texts.legacy.VALUES_WITHOUT_OPERATOR, name)
        if exists is False:
            if value is not None:
                raise _misused(texts.legacy.VALUE_WHEN_ABSENT, name)
            return read_comparison(name, "NULL", ())
        if value is None:
            shown = "null" if exists is None else "true"
            raise _misused(texts.legacy.VALUE_MISSING.format(shown=shown), name)
        return read_comparison(name, "EQ", (value,))
    if exists is not None:
        raise _misused(texts.legacy.EXISTS_AND_OPERATOR, name)
    operands: Sequence[object] = (values or ()) if value is None else (value,)
    if not operands and comparison not in WITHOUT_VALUES:
        raise _misused(texts.legacy.OPERATOR_WITHOUT_VALUE.format(comparison=comparison), name)
    return read_comparison(name, comparison, operands)


def _misused(how: str, name: str) -> Exception:
    return validation(texts.legacy.EXPECTED, how=how, name=name)


def _combined(request: Mapping[str, Any], comparisons: Sequence[Comparison]) -> Condition | None:
    combination = request.get("ConditionalOperator")
    if combination is not None and len(comparisons) < 2:
        raise validation(
            texts.legacy.CONDITIONAL_OPERATOR_OF_ONE
            if comparisons
            else texts.legacy.CONDITIONAL_OPERATOR_ALONE
        )
    if not comparisons:
        return None
    tests = [_test(comparison) for comparison in comparisons]
    combine = any_of if combination == "OR" else all_of
    names = [comparison.attribute for comparison in comparisons]
    return Condition(
        tuple((name,) for name in names),
        frozenset(names),
        tests[0] if len(tests) == 1 else combine(tests),
        {},
        sum(1 + len(comparison.operands) for comparison in comparisons),
    )


def _test(comparison: Comparison) -> Test:
    attribute = _attribute(comparison.attribute)
    operands = [constant(value) for value in comparison.operands]
    match comparison.operator, operands:
        case "NULL", _:
            return lambda item, values: attribute(item, values) is None
        case "NOT_NULL", _:
            return lambda item, values: attribute(item, values) is not None
        case "EQ", [value]:
            return equals(attribute, value)
        case "NE", [value]:
            return differs(attribute, value)
        case ("LE" | "LT" | "GE" | "GT") as name, [value]:
            return ordered(_ORDERINGS[name], attribute, value)
        case "BETWEEN", [low, high]:
            return all_of(
                [ordered(operator.ge, attribute, low), ordered(operator.le, attribute, high)]
            )
        case "CONTAINS", [value]:
            return contains(attribute, value)
        case "NOT_CONTAINS", [value]:
            return negated(contains(attribute, value))
        case "BEGINS_WITH", [value]:
            return begins_with(attribute, value)
        case _:
            return one_of(attribute, operands)


def _attribute(name: str) -> Source:
    return lambda item, _values: item.get(name)
