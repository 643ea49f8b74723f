"""When an item was first stored and when it was last written, by the database's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import SetAction

from anydynamo.errors import InvalidRequest
from anydynamo.repositories.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Collection

    from anydynamo.models.codec import Codec
    from anydynamo.models.schema import AttributeName
    from anydynamo.repositories.expectations import Expectation

__all__ = ["Timestamps"]


@dataclass(frozen=True, slots=True)
class Timestamps(Rule):
    """Sets the times of each item that is written.

    Args:
        codec: The model's codec.
        created: The attribute for the first time; a value that the instance has is kept, so that
            items can be brought from elsewhere.
        updated: The attribute for the last time.
    """

    codec: Codec[Any] = field(repr=False)
    created: AttributeName | None
    updated: AttributeName | None

    def check_update(self, touched: Collection[str]) -> None:
        """Refuse to change a timestamp by hand.

        Raises:
            InvalidRequest: An action does.
        """
        for name in (self.created, self.updated):
            if name is not None and name.wire in touched:
                raise InvalidRequest(
                    f"{name.name!r} of {self.codec.model.__name__} says when an item was written, "
                    "and is set by each write; leave it out of the actions"
                )

    def prepare(self, write: Expectation[Any]) -> None:
        """Stamp what is stored."""
        if write.kind == "Put":
            if self.created is not None and not self._is_given(write, self.created):
                self._stamp(write, self.created)
            if self.updated is not None:
                self._stamp(write, self.updated)
        elif write.kind == "Update":
            if self.updated is not None:
                value = Value(self._encoded(self.updated, write))
                write.actions.append(SetAction(Path([self.updated.wire]), value))
            if self.created is not None and write.upsert:
                path = Path([self.created.wire])
                value = Value(self._encoded(self.created, write))
                write.actions.append(SetAction(path, path | value))

    def _is_given(self, write: Expectation[Any], name: AttributeName) -> bool:
        return "NULL" not in write.item.get(name.wire, {"NULL": True})

    def _stamp(self, write: Expectation[Any], name: AttributeName) -> None:
        write.item[name.wire] = self._encoded(name, write)
        write.give(name.name, _moment(write.at))

    def _encoded(self, name: AttributeName, write: Expectation[Any]) -> dict[str, Any]:
        return self.codec.encode_value(name.name, _moment(write.at))


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
