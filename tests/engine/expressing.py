"""Short ways to evaluate expressions in tests."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.engine.errors import EngineError
from anydynamo.engine.expressions import Expressions, KeyCondition, Update, Updated
from anydynamo.engine.values.values import check_item

__all__ = ["holds", "key_tests", "projected", "refusal", "update", "updated"]


def request(
    parameter: str, text: object, values: dict[str, Any], names: dict[str, str] | None
) -> dict[str, Any]:
    """Make the part of a request that holds one expression; `v=...` stands for `:v`."""
    made: dict[str, Any] = {parameter: text}
    if values:
        made["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    if names:
        made["ExpressionAttributeNames"] = names
    return made


def holds(
    text: str, item: dict[str, Any], *, names: dict[str, str] | None = None, **values: Any
) -> bool:
    """Evaluate a condition."""
    bound = Expressions(request("ConditionExpression", text, values, names))
    condition = bound.condition("ConditionExpression")
    bound.finish()
    assert condition is not None
    return condition.evaluate(check_item(item))


def update(text: str, *, names: dict[str, str] | None = None, **values: Any) -> Update:
    """Bind an update expression."""
    bound = Expressions(request("UpdateExpression", text, values, names))
    made = bound.update()
    bound.finish()
    assert made is not None
    return made


def updated(
    text: str,
    item: dict[str, Any],
    *,
    names: dict[str, str] | None = None,
    exists: bool = True,
    **values: Any,
) -> Updated:
    """Carry out an update."""
    return update(text, names=names, **values).apply(check_item(item), exists=exists)


def projected(
    text: str, item: dict[str, Any], *, names: dict[str, str] | None = None
) -> dict[str, Any]:
    """Carry out a projection."""
    bound = Expressions(request("ProjectionExpression", text, {}, names))
    projection = bound.projection()
    bound.finish()
    assert projection is not None
    return projection.apply(check_item(item))


def key_tests(text: str, *, names: dict[str, str] | None = None, **values: Any) -> KeyCondition:
    """Bind a key condition."""
    bound = Expressions(request("KeyConditionExpression", text, values, names))
    condition = bound.key_condition()
    bound.finish()
    assert condition is not None
    return condition


def refusal(
    parameter: str, text: object, *, names: dict[str, str] | None = None, **values: Any
) -> str:
    """Return why an expression is refused, without the parameter's name."""
    with pytest.raises(EngineError) as raised:
        bind(parameter, Expressions(request(parameter, text, values, names)))
    assert raised.value.code == "ValidationException"
    return raised.value.message.removeprefix(f"Invalid {parameter}: ")


def bind(parameter: str, bound: Expressions) -> None:
    """Bind the one expression of a request, and finish."""
    if parameter == "UpdateExpression":
        bound.update()
    elif parameter == "ProjectionExpression":
        bound.projection()
    elif parameter == "KeyConditionExpression":
        bound.key_condition()
    else:
        bound.condition(parameter)
    bound.finish()
