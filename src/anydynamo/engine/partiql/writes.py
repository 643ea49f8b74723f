"""INSERT, UPDATE, DELETE and EXISTS: the same actions that PutItem & co. carry out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.expressions import Condition
from anydynamo.engine.expressions.lexer import ExpressionError
from anydynamo.engine.items.actions import Action, Outcome, check_put_size
from anydynamo.engine.partiql.planner import item_key
from anydynamo.engine.partiql.statements import (
    DeleteStatement,
    Exists,
    Insert,
    UpdateStatement,
    Where,
)
from anydynamo.engine.values.values import item_size, measured_item

if TYPE_CHECKING:
    from typing import TypeAlias

    from anydynamo.engine.expressions.evaluators import Test, Values
    from anydynamo.engine.layout import Table
    from anydynamo.engine.store import Reader
    from anydynamo.engine.values.values import Item

    Write: TypeAlias = Insert | UpdateStatement | DeleteStatement | Exists

__all__ = ["returned", "write_action"]


class _Insertion(Action):
    """A put onto a key under which nothing stands yet."""

    __slots__ = ()

    def evaluate(self, reader: Reader, table: Table, key: bytes) -> Outcome:
        """Work out what is to stand there.

        Raises:
            EngineError: A DuplicateItemException, or a ValidationException.
        """
        try:
            return Action.evaluate(self, reader, table, key)
        except EngineError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            raise EngineError(
                "DuplicateItemException", texts.statements.DUPLICATE_ITEM, item=error.item
            ) from None


def _is_vacant(item: Item, _values: Values) -> bool:
    return not item


_VACANT = Condition((), frozenset(), _is_vacant, {})


def write_action(write: Write, values: Values, table: Table, *, show_item: bool) -> Action:
    """Make the action of a writing statement, or of an EXISTS.

    Args:
        write: The statement.
        values: Its values.
        table: Its table, whose key its condition has to give.
        show_item: Whether a failed condition returns the item that stood in the way.

    Raises:
        EngineError: A ValidationException.
    """
    if isinstance(write, Insert):
        return _insertion(write, values, show_item=show_item)
    key, condition = _key(table, write.where, values), write.where.bind(values)
    size = item_size(key)
    match write:
        case Exists():
            return Action("ConditionCheck", write.table, key, size, condition, None, show_item)
        case DeleteStatement():
            # What is not there is deleted without an error, whatever else was asked of it.
            condition = condition._replace(test=_unless_absent(condition))
            return Action("Delete", write.table, key, size, condition, None, show_item)
        case UpdateStatement():
            try:
                update = write.update.bind(values)
            except ExpressionError as error:
                raise validation(str(error)) from None
            return Action("Update", write.table, key, size, condition, update, show_item)


def _insertion(write: Insert, values: Values, *, show_item: bool) -> Action:
    given = values[write.item].get("M")
    if given is None:
        raise validation(texts.statements.VALUE_NO_MAP)
    item, size = measured_item(given)
    check_put_size(size)
    return _Insertion("Put", write.table, item, size, _VACANT, None, show_item)


def _key(table: Table, where: Where, values: Values) -> Item:
    key = item_key(table, where, values)
    if key is None:
        raise validation(texts.statements.WRITE_WITHOUT_KEY)
    return key


def _unless_absent(condition: Condition) -> Test:
    test = condition.test
    return lambda item, values: not item or test(item, values)


def returned(write: Write, outcome: Outcome) -> list[Item]:
    """Return the items that a statement's RETURNING asks for: one, or none."""
    if isinstance(write, Insert | Exists) or write.returning is None:
        return []
    item: Item | None
    match write.returning:
        case "ALL OLD":
            item = outcome.before.item
        case "ALL NEW":
            item = outcome.item
        case "MODIFIED OLD":
            item = None if outcome.updated is None else outcome.updated.old
        case "MODIFIED NEW":
            item = None if outcome.updated is None else outcome.updated.new
    return [item] if item else []
