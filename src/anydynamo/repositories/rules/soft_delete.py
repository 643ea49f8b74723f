"""Deleting by a mark: the item stays, unseen, until it is restored or purged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import RemoveAction, SetAction

from anydynamo.errors import InvalidRequest
from anydynamo.repositories.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from anydynamo.models.codec import Codec
    from anydynamo.models.schema import AttributeName
    from anydynamo.repositories.expectations import Expectation
    from anydynamo.repositories.placeholders import Expressions

__all__ = ["SoftDelete", "with_deleted"]

_NULL = {"NULL": True}


def with_deleted(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return rules under which deleted items are seen."""
    return tuple(
        replace(rule, hiding=False) if isinstance(rule, SoftDelete) else rule for rule in rules
    )


@dataclass(frozen=True, slots=True)
class SoftDelete(Rule):
    """Turns deletes into updates that set a time, and hides items that have one.

    Args:
        codec: The model's codec.
        deleted: The attribute that says when an item was deleted.
        hiding: Whether deleted items are hidden; a view that shows them keeps the rest of this.
    """

    codec: Codec[Any] = field(repr=False)
    deleted: AttributeName
    hiding: bool = True

    conditional: ClassVar[bool] = True
    absent: ClassVar[bool] = False
    hidden: ClassVar[str] = "it was deleted; `restore` brings it back, and `purge` removes it"

    @property
    def sees(self) -> tuple[str, ...]:
        """The mark."""
        return (self.deleted.wire,) if self.hiding else ()

    @property
    def identity(self) -> tuple[Any, ...]:
        """Pages with deleted items and pages without them are of two queries."""
        return () if self.hiding else ("with deleted",)

    def check_update(self, touched: Collection[str]) -> None:
        """Refuse to delete or restore by an action.

        Raises:
            InvalidRequest: An action does.
        """
        if self.deleted.wire in touched:
            raise InvalidRequest(
                f"{self.deleted.name!r} says when an item of {self.codec.model.__name__} was "
                "deleted; use `delete` and `restore` instead of an action"
            )

    def prepare(self, write: Expectation[Any]) -> None:
        """Mark instead of deleting, and keep other writes off what is deleted."""
        wire = self.deleted.wire
        if write.verb == "restore":
            write.require(lambda expressions: f"NOT {self._alive(expressions)}")
            write.actions.append(RemoveAction(Path([wire])))
        elif write.verb == "delete":
            write.kind = "Update"
            write.require(lambda expressions: self._there_and_alive(write, expressions))
            moment = datetime.fromtimestamp(write.at, UTC)
            value = Value(self.codec.encode_value(self.deleted.name, moment))
            write.actions.append(SetAction(Path([wire]), value))
        elif write.kind == "Put":
            if self.hiding and "NULL" not in write.item.get(wire, _NULL):
                # What is put is there; a view that shows deleted items may also store them.
                del write.item[wire]
                write.give(self.deleted.name, None)
            if self.hiding and write.conditional:
                write.require(self._alive)
        elif self.hiding and write.verb != "purge":
            write.require(self._alive)

    def hides(self, item: Mapping[str, Any], at: float) -> bool:
        """Tell whether an item is deleted."""
        return self.hiding and "NULL" not in item.get(self.deleted.wire, _NULL)

    def shows(self, expressions: Expressions, at: float) -> str:
        """Write the condition that an item is not deleted."""
        return self._alive(expressions)

    def _alive(self, expressions: Expressions) -> str:
        # Others may write NULL where we leave the attribute out.
        name = expressions.name(self.deleted.wire)
        null = expressions.value({"S": "NULL"})
        return f"(attribute_not_exists({name}) OR attribute_type({name}, {null}))"

    def _there_and_alive(self, write: Expectation[Any], expressions: Expressions) -> str:
        there = f"attribute_exists({expressions.name(write.hash_key)})"
        return f"{there} AND {self._alive(expressions)}"
