"""The four single-item write actions, which PutItem & co. and transactions have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.expressions.updates import too_large
from anydynamo.engine.items.access import check_index_keys, item_key, primary_key
from anydynamo.engine.items.capacity import write_units
from anydynamo.engine.items.writes import Stored
from anydynamo.engine.legacy import LEGACY, attribute_updates, expected_condition
from anydynamo.engine.limits import ITEM_BYTES
from anydynamo.engine.values.values import copy_item, item_size, measured_item

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.expressions import Condition, Update, Updated
    from anydynamo.engine.items.capacity import Consumption
    from anydynamo.engine.items.writes import Changes
    from anydynamo.engine.layout import Table
    from anydynamo.engine.store import Reader
    from anydynamo.engine.values.values import Item

__all__ = ["Action", "Kind", "Outcome", "check_put_size", "prepare_action"]

Kind = Literal["Put", "Update", "Delete", "ConditionCheck"]


# Named tuples, because one of each is made per write and a frozen dataclass costs thrice as much.


class Action(NamedTuple):
    """One write, checked as far as that goes without its table.

    Attributes:
        kind: What it does.
        table: The table, as the request named it.
        given: The item of a put, the key of everything else.
        size: The size of `given`.
        condition: What the stored item must fulfil.
        update: What an update changes; None leaves or creates the bare item.
        show_item: Whether a failed condition returns the item that stood in the way.
    """

    kind: Kind
    table: str
    given: Item
    size: int
    condition: Condition | None
    update: Update | None
    show_item: bool

    def key(self, table: Table) -> bytes:
        """Check the key and return it as it is stored.

        Raises:
            EngineError: A ValidationException.
        """
        return (item_key if self.kind == "Put" else primary_key)(table, self.given)

    def evaluate(self, reader: Reader, table: Table, key: bytes) -> Outcome:
        """Work out what the action makes of what is stored, without writing it.

        Raises:
            EngineError: A ConditionalCheckFailedException, or a ValidationException for what does
                not fit the table, its indexes or the item.
        """
        # Not in `key`: that two actions are about one item is wrong with the transaction, whatever
        # is wrong with one of them.
        if self.kind == "Put":
            if table.indexes:
                check_index_keys(table, self.given)
        elif self.update is not None:
            self.update.check_keys([attribute.name for attribute in table.keys])
        before = Stored(reader.get(table.items, key))
        if self.condition is not None and not self.condition.evaluate(before.item or {}):
            item = before.item if self.show_item else None
            raise EngineError(
                "ConditionalCheckFailedException", texts.items.CONDITION_FAILED, item=item
            )
        if self.kind == "Put":
            return Outcome(table, key, before, self.given, self.size, None)
        if self.kind == "Update":
            return self._updated(table, key, before)
        return Outcome(table, key, before, None, 0, None)

    def _updated(self, table: Table, key: bytes, before: Stored) -> Outcome:
        exists = before.raw is not None
        if not exists and self.update is not None and not self.update.creates:
            return Outcome(table, key, before, None, 0, None)
        start = before.item or self.given
        size = before.size if exists else self.size
        if self.update is None:
            return Outcome(table, key, before, copy_item(start), size, None)
        updated = self.update.apply(start, exists=exists)
        if table.indexes:
            check_index_keys(table, updated.item, updated=self.update.top_level_names)
        # Only what changed is measured; the rest of a large item would take as long as the update.
        names = self.update.top_level_names
        size += item_size(_part(updated.item, names)) - item_size(_part(start, names))
        if size > ITEM_BYTES:
            raise too_large()
        return Outcome(table, key, before, updated.item, size, updated)

    def perform(self, changes: Changes, outcome: Outcome, consumption: Consumption | None) -> None:
        """Write what was worked out, which may be nothing."""
        if outcome.item is not None:
            changes.put(
                outcome.table, outcome.key, outcome.before, outcome.item, outcome.size, consumption
            )
        elif self.kind == "Delete":
            changes.delete(outcome.table, outcome.key, outcome.before, consumption)
        elif consumption is not None:
            consumption.table += write_units(outcome.before.size)


class Outcome(NamedTuple):
    """What an action makes of what is stored.

    Attributes:
        table: The table.
        key: The key, as it is stored.
        before: What stood there.
        item: What is to stand there; None for nothing, for a condition check, and for an update
            that leaves nothing as it is.
        size: The new item's size.
        updated: What an update changed.
    """

    table: Table
    key: bytes
    before: Stored
    item: Item | None
    size: int
    updated: Updated | None


def _part(item: Item, names: frozenset[str]) -> Item:
    return {name: item[name] for name in names if name in item}


def check_put_size(size: int) -> None:
    """Refuse an item that is to be put and is larger than 400 KB.

    Raises:
        EngineError: A ValidationException.
    """
    if size > ITEM_BYTES:
        raise validation(texts.items.ITEM_TOO_LARGE)


def prepare_action(kind: Kind, parameters: Mapping[str, Any], *, prefix: str = "") -> Action:
    """Read one action from its parameters, whose shape has been checked.

    Args:
        kind: What it does.
        parameters: The parameters of PutItem & co., or of a transaction's action.
        prefix: What the operation puts before the text of an invalid value or expression.

    Raises:
        EngineError: A ValidationException or a SerializationException.
    """
    given = parameters["Item" if kind == "Put" else "Key"]
    try:
        given, size = measured_item(given)
    except EngineError as error:
        raise _prefixed(error, prefix) from None
    if kind == "Put":
        check_put_size(size)
    condition = update = None
    if _CONDITIONS_AND_UPDATES.isdisjoint(parameters):
        # By far the commonest write has neither.
        return Action(kind, parameters["TableName"], given, size, None, None, False)
    if kind == "Update":
        names = ("UpdateExpression", "ConditionExpression")
        bound = Expressions(parameters, names, prefix=prefix)
        update = bound.update("UpdateExpression")
    else:
        bound = Expressions(parameters, ("ConditionExpression",), prefix=prefix)
    condition = bound.condition("ConditionExpression")
    bound.finish()
    if condition is None and update is None and not LEGACY.isdisjoint(parameters):
        try:
            update = attribute_updates(parameters)
            condition = expected_condition(parameters)
        except EngineError as error:
            raise _prefixed(error, prefix) from None
    show_item = parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return Action(kind, parameters["TableName"], given, size, condition, update, show_item)


def _prefixed(error: EngineError, prefix: str) -> EngineError:
    if prefix and error.code == "ValidationException":
        return validation(prefix + error.message)
    return error


_CONDITIONS_AND_UPDATES = LEGACY | {
    "ConditionExpression",
    "UpdateExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
}
