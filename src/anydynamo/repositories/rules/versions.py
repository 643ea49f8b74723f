"""Optimistic locking: which version a write expects, and which one it leaves.

A version of None or 0 says that the item was never stored with one: the write then wants the
attribute to be absent, or 0 where 0 was read. Each write stores the version that follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import AddAction, SetAction

from anydynamo.errors import InvalidRequest, VersionConflict
from anydynamo.repositories.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from anydynamo.models.schema import AttributeName
    from anydynamo.repositories.expectations import Expectation, Refusal
    from anydynamo.repositories.placeholders import Expressions

__all__ = ["Versions"]


@dataclass(frozen=True, slots=True)
class Versions(Rule):
    """Compares the version of an instance with the stored one, and raises it with each write.

    Args:
        model: The model's name, for messages.
        version: The attribute that counts.
    """

    model: str
    version: AttributeName

    conditional: ClassVar[bool] = True

    def check_update(self, touched: Collection[str]) -> None:
        """Refuse an update that changes the version itself.

        Raises:
            InvalidRequest: It does.
        """
        if self.version.wire in touched:
            raise InvalidRequest(
                f"{self.version.name!r} counts the versions of {self.model} and is raised "
                "by each update; leave it out of the actions"
            )

    def prepare(self, write: Expectation[Any]) -> None:
        """Compare the version where an instance was given, and raise it."""
        instance = write.instance
        # Read now: the instance is the caller's, who may go on with it before the answer is there.
        known: int | None = None if instance is None else getattr(instance, self.version.name)
        following = (known or 0) + 1
        compared = instance is not None and not write.absent
        if compared:
            write.require(
                lambda expressions: self._is(known, expressions),
                lambda found: self._conflict(known, found),
            )
        wire = self.version.wire
        if write.kind == "Put":
            write.item[wire] = {"N": str(following)}
            # Only an instance that was stored whole: after an update it is older than the item in
            # other ways, too, and with the new version it could be written over it.
            write.give(self.version.name, following)
        elif write.kind == "Update":
            count = Value({"N": str(following)}) if compared else Value({"N": "1"})
            change = SetAction if compared else AddAction
            write.actions.append(change(Path([wire]), count))

    def _is(self, known: int | None, expressions: Expressions) -> str:
        name = expressions.name(self.version.wire)
        if known is None:
            return f"attribute_not_exists({name})"
        value = expressions.value({"N": str(known)})
        if known == 0:
            return f"(attribute_not_exists({name}) OR {name} = {value})"
        return f"{name} = {value}"

    def _conflict(self, known: int | None, found: Mapping[str, Any] | None) -> Refusal | None:
        stored = self._stored(found)
        # Never stored: an absent item is as good as one without a version.
        if stored == known or (stored is None and not known):
            return None
        there = "none is stored" if stored is None else f"version {stored} is stored"
        return VersionConflict, (
            f"{'no version' if known is None else f'version {known}'} was read, "
            f"and {there if found else 'there is no item now'}"
        )

    def _stored(self, item: Mapping[str, Any] | None) -> int | None:
        value: Mapping[str, str] = {} if item is None else item.get(self.version.wire, {})
        return int(Decimal(value["N"])) if "N" in value else None
