"""Items of one owner: what belongs to anybody else is as good as absent.

A scope adds the owner to every question and to the condition of every write. It hides by what the
stored item says, and not by what the caller says, so there is no argument by which another owner's
item could be reached. All that it tells of others is that a key is taken, which nobody who is to
store an item under it can be spared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import SetAction

from anydynamo.errors import AlreadyExists, InvalidRequest
from anydynamo.repositories.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from anydynamo.models.codec import Codec
    from anydynamo.models.schema import AttributeName
    from anydynamo.repositories.expectations import Expectation, Refusal
    from anydynamo.repositories.placeholders import Expressions
    from anydynamo.repositories.targets import Target

__all__ = ["Scope", "scope_of", "scoped"]


@dataclass(frozen=True, slots=True)
class Scope(Rule):
    """Keeps a repository to the items of one owner.

    Args:
        model: The model's name, for messages.
        owner: The attribute that says whose an item is.
        value: Its value, in DynamoDB's JSON.
        key: Whether it is a part of the table's key.
    """

    model: str
    owner: AttributeName
    value: Mapping[str, Any] = field(repr=False)
    key: bool

    conditional: ClassVar[bool] = True
    # It is in the way of a new one, and nothing more is said of it.
    absent: ClassVar[bool] = False
    private: ClassVar[bool] = True

    @property
    def sees(self) -> tuple[str, ...]:
        """The owner."""
        return (self.owner.wire,)

    @property
    def identity(self) -> tuple[Any, ...]:
        """Each owner's pages are of a query of their own."""
        return ("scope", self.owner.wire, dict(self.value))

    def check_update(self, touched: Collection[str]) -> None:
        """Refuse to give an item away.

        Raises:
            InvalidRequest: An action is about the owner.
        """
        if self.owner.wire in touched:
            raise InvalidRequest(
                f"{self.owner.name!r} says whose an item of {self.model} is, and this repository "
                "holds those of one owner; leave it out of the actions"
            )

    def prepare(self, write: Expectation[Any]) -> None:
        """Let the write's conditions hold only together with the owner.

        Raises:
            InvalidRequest: It would store an item of another owner.
        """
        # What has expired of another owner is not there to be replaced or removed either.
        write.absent_within(self._own)
        if write.kind == "Put":
            self._check(write, write.item, "store")
        elif write.upsert and self.key:
            self._check(write, write.key, "make")
        if write.verb == "create":
            # A free key has no owner.
            return
        if write.kind == "Put" or write.upsert:
            write.require(
                lambda expressions: self._free_or_own(write, expressions),
                lambda _: self._taken(write),
            )
            if write.upsert and not self.key:
                write.actions.append(SetAction(Path([self.owner.wire]), Value(dict(self.value))))
        elif write.verb in ("delete", "purge") and not write.conditional:
            # Deleting what is absent is no error.
            write.require(lambda expressions: self._free_or_own(write, expressions))
        else:
            write.require(self._own)

    def hides(self, item: Mapping[str, Any], at: float) -> bool:
        """Tell whether an item is another owner's, or nobody's."""
        return not _same(item.get(self.owner.wire), self.value)

    def shows(self, expressions: Expressions, at: float) -> str:
        """Write the condition that an item is the owner's."""
        return self._own(expressions)

    def narrow(
        self, target: Target, partition: Mapping[str, Any], given: Sequence[str]
    ) -> Mapping[str, Any] | None:
        """Keep a query to the owner where that is a matter of its key, as no filter may name it.

        Args:
            target: What is queried.
            partition: The partition key's values in DynamoDB's JSON, by names.
            given: The attributes of the sort key that the query has conditions on.

        Returns:
            The attributes of the sort key that are to have one value, with that value; None if the
            owner is no part of the key.

        Raises:
            InvalidRequest: The query is about another owner, or leaves no room for the owner.
        """
        wire = self.owner.wire
        if wire in partition:
            if not _same(partition[wire], self.value):
                raise InvalidRequest(
                    f"{self.owner.name} is part of the key of {target.where}, and this repository "
                    f"holds the items of one {self.owner.name}; ask for that one"
                )
            return {}
        sort = [key.wire for key in target.range_keys]
        if wire not in sort:
            return None
        if wire in given or len(given) != sort.index(wire):
            before = ", ".join(key.name for key in target.range_keys[: sort.index(wire)])
            raise InvalidRequest(
                f"{self.owner.name} is part of the sort key of {target.where}, and this repository "
                f"gives the condition on it; give conditions on {before or 'nothing else'} before "
                "it, and on others as filter="
            )
        return {wire: self.value}

    def _check(self, write: Expectation[Any], item: Mapping[str, Any], verb: str) -> None:
        if self.hides(item, write.at):
            raise InvalidRequest(
                f"Cannot {write.what}: this repository holds the items of one {self.owner.name}, "
                f"and would {verb} one with another; use that owner's scope"
            )

    def _own(self, expressions: Expressions) -> str:
        return f"{expressions.name(self.owner.wire)} = {expressions.value(dict(self.value))}"

    def _free_or_own(self, write: Expectation[Any], expressions: Expressions) -> str:
        free = f"attribute_not_exists({expressions.name(write.hash_key)})"
        return f"({free} OR {self._own(expressions)})"

    def _taken(self, write: Expectation[Any]) -> Refusal | None:
        if write.met and self.hides(write.met, write.at):
            return AlreadyExists, "there is an item under this key already"
        return None


def scope_of(codec: Codec[Any], owner: AttributeName, value: object) -> Scope:
    """Make the scope of an owner.

    Args:
        codec: The model's codec.
        owner: The attribute that says whose an item is.
        value: The owner.

    Raises:
        InvalidRequest: The value is none of the attribute's, is empty, or is no text, number or
            binary, as which alone an owner can be compared everywhere.
    """
    name = f"The owner {owner.name!r} of {codec.model.__name__}"
    if value is None:
        raise InvalidRequest(f"{name} is None; a scope is for one owner")
    try:
        encoded = codec.encode_value(owner.name, value)
    except InvalidRequest as error:
        raise InvalidRequest(f"{name} cannot be {value!r}: {error}") from error
    ((kind, payload),) = encoded.items()
    if kind not in ("S", "N", "B") or payload in ("", b""):
        raise InvalidRequest(
            f"{name} cannot be {value!r}; an owner is text, a number or binary that is not empty"
        )
    key = owner.wire in {key.wire for key in codec.schema.keys}
    return Scope(codec.model.__name__, owner, encoded, key)


def _same(one: Mapping[str, Any] | None, other: Mapping[str, Any]) -> bool:
    if one is None or one.keys() != other.keys():
        return False
    if "N" in other:
        # Whoever wrote it may have written 1.0 for 1.
        return Decimal(one["N"]) == Decimal(other["N"])
    ((_, payload),) = one.items()
    ((_, wanted),) = other.items()
    return bool(payload == wanted)


def scoped(rules: Sequence[Rule], scope: Scope) -> tuple[Rule, ...]:
    """Add a scope to rules.

    Raises:
        InvalidRequest: They have the scope of another owner by the same attribute.
    """
    for rule in rules:
        if isinstance(rule, Scope) and rule.owner == scope.owner:
            if rule != scope:
                raise InvalidRequest(
                    f"This repository has the scope of one {scope.owner.name} already, and cannot "
                    "get another; take the scope of the repository without it"
                )
            return tuple(rules)
    # Before all others, which then say nothing of what is hidden by it.
    return (scope, *rules)
