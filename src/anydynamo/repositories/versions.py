"""Optimistic locking: which version a write expects, and why a conditional write failed.

A version of None or 0 says that the item was never stored with one: the write then wants the
attribute to be absent, or 0 where 0 was read. Each write stores the version that follows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import Action, AddAction, SetAction
from pynamodb.models import Model

from anydynamo.errors import (
    AlreadyExists,
    AnyDynamoError,
    ConditionFailed,
    InvalidItem,
    InvalidRequest,
    NotFound,
    VersionConflict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anydynamo.models.codec import Codec
    from anydynamo.repositories.placeholders import Expressions

__all__ = ["Expectation", "Versions"]

M = TypeVar("M", bound=Model)


class Expectation(Generic[M]):
    """What a conditional write expects to find, kept until its answer is there.

    Args:
        versions: The model's versions.
        verb: What the write does, for messages: `create`.
        where: Returns what it is done to, which only messages need: `'a' in users`.
        instance: The instance that is written; None where only a key was given.
        absent: Whether there must be no item.
        present: Whether there must be one.
        whole: Whether the instance is stored as it is, and so has the stored version afterwards.
        conditional: Whether the user gave a condition of their own.
    """

    __slots__ = (
        "_absent",
        "_conditional",
        "_instance",
        "_known",
        "_present",
        "_verb",
        "_versions",
        "_where",
        "_whole",
    )

    def __init__(
        self,
        versions: Versions[M],
        verb: str,
        where: Callable[[], str],
        instance: M | None = None,
        *,
        absent: bool = False,
        present: bool = False,
        whole: bool = False,
        conditional: bool = False,
    ) -> None:
        self._versions = versions
        self._verb = verb
        self._where = where
        self._instance = instance
        self._absent = absent
        self._present = present
        self._whole = whole
        self._conditional = conditional
        # Read now: the instance is the caller's, who may go on with it before the answer is there.
        self._known = None if instance is None else versions.of(instance)

    @property
    def what(self) -> str:
        """The write and its key in words: `create 'a' in users`."""
        return f"{self._verb} {self._where()}"

    @property
    def absent(self) -> bool:
        """Whether there must be no item."""
        return self._absent

    @property
    def locked(self) -> bool:
        """Whether a version is compared."""
        return self._instance is not None and not self._absent and self._versions.wire is not None

    @property
    def unconditional(self) -> bool:
        """Whether anything may be there."""
        return not (self._absent or self._present or self.locked)

    @property
    def following(self) -> int:
        """The version that an instance is stored with."""
        return (self._known or 0) + 1

    def conditions(self, expressions: Expressions) -> list[str]:
        """Write what must hold besides the user's own condition."""
        hash_key = (
            expressions.name(self._versions.hash_key) if self._absent or self._present else ""
        )
        parts: list[str] = []
        if self._absent:
            parts.append(f"attribute_not_exists({hash_key})")
        if self._present:
            parts.append(f"attribute_exists({hash_key})")
        if self.locked:
            parts.append(self._same_version(expressions))
        return parts

    def written(self) -> None:
        """Give the instance the version that is now stored.

        Only one that was stored whole: after an update the instance is older than the item in
        other ways, too, and with the new version it could be written over it.
        """
        if self._whole and self._instance is not None:
            self._versions.give(self._instance, self.following)

    def explain(self, error: ConditionFailed) -> AnyDynamoError:
        """Return the error that says which expectation was disappointed.

        Args:
            error: The adapter's error, with the stored item where there is one.
        """
        found = error.item
        # Not every server says what it found; without a condition of the user's it is clear anyway.
        if self._absent and (found or not self._conditional):
            return self._error(AlreadyExists, "there is an item under this key already", error)
        if self.locked and not self._is_current(found):
            stored = self._versions.stored(found)
            there = "none is stored" if stored is None else f"version {stored} is stored"
            return self._error(
                VersionConflict,
                f"{'no version' if self._known is None else f'version {self._known}'} was read, "
                f"and {there if found else 'there is no item now'}",
                error,
            )
        if self._present and not found:
            return NotFound(
                f"Cannot {self.what}: there is no such item",
                code=error.code,
                operation=error.operation,
                table=error.table,
            )
        return self._error(ConditionFailed, "the condition is false", error)

    def _same_version(self, expressions: Expressions) -> str:
        assert self._versions.wire is not None  # noqa: S101 - `locked` says so
        name = expressions.name(self._versions.wire)
        if self._known is None:
            return f"attribute_not_exists({name})"
        value = expressions.value({"N": str(self._known)})
        if self._known == 0:
            return f"(attribute_not_exists({name}) OR {name} = {value})"
        return f"{name} = {value}"

    def _is_current(self, found: Mapping[str, Any] | None) -> bool:
        stored = self._versions.stored(found)
        if not self._known:
            # Never stored: an absent item is as good as one without a version.
            return stored is None or stored == self._known
        return stored == self._known

    def _error(
        self, cls: type[ConditionFailed], why: str, error: ConditionFailed
    ) -> ConditionFailed:
        return cls(
            f"Cannot {self.what}: {why}",
            item=error.item,
            current=self._versions.decode(error.item),
            code=error.code,
            operation=error.operation,
            table=error.table,
        )


class Versions(Generic[M]):
    """The version attribute of a model, where it has one.

    Attributes:
        wire: Its name in DynamoDB; None for a model without versions.
        hash_key: The partition key's name in DynamoDB, which every item has.
    """

    __slots__ = ("_codec", "_name", "hash_key", "wire")

    def __init__(self, codec: Codec[M]) -> None:
        version = codec.schema.version
        self._codec = codec
        self._name = None if version is None else version.name
        self.wire = None if version is None else version.wire
        self.hash_key = codec.schema.hash_key.wire

    def of(self, instance: M) -> int | None:
        """Return the version that an instance was read with."""
        known: int | None = None if self._name is None else getattr(instance, self._name)
        return known

    def give(self, instance: M, version: int) -> None:
        """Give an instance a version."""
        if self._name is not None:
            setattr(instance, self._name, version)

    def stored(self, item: Mapping[str, Any] | None) -> int | None:
        """Return the version in a stored item."""
        if self.wire is None or item is None:
            return None
        value: Mapping[str, str] = item.get(self.wire, {})
        return int(Decimal(value["N"])) if "N" in value else None

    def check_untouched(self, touched: set[str]) -> None:
        """Refuse an update that changes the version itself.

        Raises:
            InvalidRequest: It does.
        """
        if self.wire in touched:
            raise InvalidRequest(
                f"{self._name!r} counts the versions of {self._codec.model.__name__} and is raised "
                "by each update; leave it out of the actions"
            )

    def raised(self, expectation: Expectation[M]) -> Sequence[Action]:
        """Return the actions that raise the version in an update."""
        if self.wire is None:
            return ()
        path = Path([self.wire])
        if expectation.locked:
            return (SetAction(path, Value({"N": str(expectation.following)})),)
        return (AddAction(path, Value({"N": "1"})),)

    def decode(self, item: Mapping[str, Any] | None) -> M | None:
        """Return the item that stood in the way as an instance, if it fits the model."""
        if not item:
            return None
        try:
            return self._codec.decode(item)
        except InvalidItem:
            # The conflict is what the caller must hear of; the raw item is there as well.
            return None
