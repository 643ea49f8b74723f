"""`AttributeUpdates`, as an update.

Two things are not as in expressions: ADD appends to a list, and deleting from an item that is not
there does not create it ("DELETE: Nothing happens").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions import Update
from anydynamo.engine.expressions.ast import Add, Delete, Remove, Set
from anydynamo.engine.expressions.paths import reader
from anydynamo.engine.expressions.updates import CompiledAction
from anydynamo.engine.legacy.comparisons import constant
from anydynamo.engine.values.values import AttributeValue, Item, check_name, check_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.expressions.evaluators import Source, Values

__all__ = ["attribute_updates"]

_SETS: Final = frozenset(("SS", "NS", "BS"))
# The guide names numbers and sets; that the service appends lists was reported by its users
# (getmoto/moto issue 3561, architect/dynalite issue 57), and its emulators do it.
_ADDABLE: Final = _SETS | {"N", "L"}


def attribute_updates(request: Mapping[str, Any]) -> Update | None:
    """Translate `AttributeUpdates`; None if the request has none, or an empty one.

    Raises:
        EngineError: A ValidationException or a SerializationException.
    """
    given: Mapping[str, Any] | None = request.get("AttributeUpdates")
    if not given:
        return None
    actions = tuple(_action(check_name(name), entry) for name, entry in given.items())
    return Update(
        tuple(action.path for action in actions),
        frozenset(given),
        actions,
        {},
        creates=any(action.kind in (Set, Add) for action in actions),
    )


def _action(name: str, entry: Mapping[str, Any]) -> CompiledAction:
    path = (name,)
    current = reader(path)
    action, given = entry.get("Action") or "PUT", entry.get("Value")
    if given is None:
        if action != "DELETE":
            raise validation(texts.legacy.ONLY_DELETE_WITHOUT_VALUE)
        return CompiledAction(Remove, path, current, None)
    value = check_value(given)
    if action == "PUT":
        return CompiledAction(Set, path, current, constant(value))
    (tag,) = value
    if action == "DELETE":
        if tag not in _SETS:
            raise validation(texts.legacy.DELETE_TYPE, tag=tag)
        return CompiledAction(Delete, path, current, _fitting(current, value))
    if tag not in _ADDABLE:
        raise validation(texts.legacy.ADD_TYPE, tag=tag)
    if tag == "L":
        return CompiledAction(Set, path, current, _appended(current, value))
    return CompiledAction(Add, path, current, _fitting(current, value))


def _fitting(current: Callable[[Item], AttributeValue | None], value: AttributeValue) -> Source:
    """Yield a value, once what is stored turned out to be of its type."""

    def source(item: Item, _values: Values) -> AttributeValue:
        _check_type(current(item), value)
        return value

    return source


def _appended(current: Callable[[Item], AttributeValue | None], value: AttributeValue) -> Source:
    """Yield what is stored, with the elements of a list behind it."""

    def source(item: Item, _values: Values) -> AttributeValue:
        stored = current(item)
        _check_type(stored, value)
        return value if stored is None else {"L": stored["L"] + value["L"]}

    return source


def _check_type(stored: AttributeValue | None, value: AttributeValue) -> None:
    if stored is not None and stored.keys() != value.keys():
        raise validation(texts.legacy.UPDATE_TYPE_MISMATCH)
