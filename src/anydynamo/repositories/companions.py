"""Companions: what is written together with an item, whenever that item is written.

A unique value's marker and a line of an audit trail have to change with their item or not at all.
Each is a companion: it is shown the item as it was and as it is to be, and names the actions that
belong into the same transaction. What the item was is read first; the write is then conditioned on
those attributes that the companions looked at, so that a plan which has become wrong is refused and
made again.

Nothing here sends anything; `accompanied` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from anydynamo.engine.errors import EngineError
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.expressions.ast import Set, Value
from anydynamo.engine.expressions.parser import parse_update
from anydynamo.engine.values.values import check_item
from anydynamo.errors import from_code
from anydynamo.repositories.placeholders import grouped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from anydynamo.errors import AnyDynamoError, ConditionFailed
    from anydynamo.repositories.expectations import Verb
    from anydynamo.repositories.transactions import TransactWrite

__all__ = [
    "Along",
    "Companion",
    "Companions",
    "Impossible",
    "Transition",
    "as_read",
    "conditioned",
]

Item = dict[str, Any]
Identity = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Transition:
    """One write, as companions see it.

    Attributes:
        place: Which of the transaction's writes it is.
        what: It in words, for messages: `put 'a' in users`.
        key: The item's key.
        old: The item as it is; None where there is none.
        new: The item as it is to be; None where there is to be none.
        at: When the write was made, in seconds since 1970.
        private: Whether nothing may be told of other items.
        verb: What the user called.
        actor: Who did, where a view says so.
    """

    place: int
    what: str
    key: Item
    old: Item | None
    new: Item | None
    at: float
    private: bool
    verb: Verb
    actor: str | None


@dataclass(frozen=True, slots=True)
class Along:
    """An action that goes along with a write.

    Attributes:
        place: The write that it belongs to.
        identity: What it is about; `refused` has it under this where its condition was false.
        kind: DynamoDB's name for it.
        request: Its parameters.
        explain: Returns the error that its false condition means; None if the plan has to be made
            again, knowing what stood in the way.
    """

    place: int
    identity: Identity
    kind: Literal["Put", "Update", "Delete", "ConditionCheck"]
    request: Item
    explain: Callable[[ConditionFailed], AnyDynamoError | None]


@dataclass(frozen=True, slots=True)
class Impossible:
    """A write that cannot be carried out together with the others.

    Attributes:
        place: Which of the transaction's writes it is.
        error: Why.
    """

    place: int
    error: AnyDynamoError


class Companion(Protocol):
    """Something that is written together with each item of a table.

    Two that are equal are one: they see the writes of a transaction together.
    """

    @property
    def watched(self) -> Collection[str] | None:
        """The attributes that it looks at, by their names in DynamoDB; None means all."""
        ...

    @property
    def most(self) -> int:
        """How many actions one write brings at most."""
        ...

    def plan(
        self, transitions: Sequence[Transition], refused: Mapping[Identity, Mapping[str, Any]]
    ) -> Iterable[Along | Impossible]:
        """Name the actions that go along with a transaction's writes.

        Args:
            transitions: The writes that concern it.
            refused: Of actions whose condition was false before, the items that stood there.
        """
        ...


@dataclass(frozen=True, slots=True)
class Companions:
    """All companions of one model.

    Attributes:
        members: The companions.
        keys: The names of the key's attributes in DynamoDB.
        version: The attribute that each write raises; None if there is none.
        known: All attributes of the model, by their names in DynamoDB.
    """

    members: tuple[Companion, ...]
    keys: tuple[str, ...]
    version: str | None
    known: tuple[str, ...]

    @property
    def most(self) -> int:
        """How many actions one write comes to at most, itself included."""
        return 1 + sum(member.most for member in self.members)

    def concerns(self, kind: str, request: Mapping[str, Any]) -> bool:
        """Tell whether a write may bring other actions along."""
        if kind != "Update":
            return kind != "ConditionCheck"
        watched = self._watched
        return watched is None or not watched.isdisjoint(_changed(request))

    def transition(self, write: TransactWrite, place: int, old: Item | None) -> Transition:
        """Work out what a write makes of an item.

        Raises:
            InvalidRequest: The update does not fit the item.
        """
        key = dict(write.key)
        new: Item | None = None
        if write.kind == "Put":
            new = write.request["Item"]
        elif write.kind == "Update":
            new = self._updated(write, key, old)
        expectation = write.expectation
        return Transition(
            place,
            write.what,
            key,
            old,
            new,
            write.at,
            expectation.private,
            expectation.verb,
            expectation.actor,
        )

    def guarded(
        self, write: TransactWrite, transition: Transition, *, exact: bool
    ) -> tuple[str, ...]:
        """Return the attributes that must still be as they were read, for the plan to be right.

        Args:
            write: The write.
            transition: What was made of it.
            exact: Whether somebody wants to know exactly what the item was.
        """
        old = transition.old
        if old is None:
            return self.keys[:1]
        watched = self._watched
        # What would be refused as it stands must not succeed because another attribute changed.
        hopeless = transition.new is old
        if watched is not None and not (exact or hopeless or self._depends(write, watched)):
            return tuple(sorted(watched))
        if self.version is not None and self.version in old:
            return tuple(sorted({self.version, *(watched or ())}))
        return tuple(sorted({*old, *self.known} - set(self.keys)))

    @property
    def _watched(self) -> frozenset[str] | None:
        names: set[str] = set()
        for member in self.members:
            if member.watched is None:
                return None
            names.update(member.watched)
        return frozenset(names)

    def _updated(self, write: TransactWrite, key: Item, old: Item | None) -> Item | None:
        try:
            bound = Expressions(write.request)
            update, condition = bound.update(), bound.condition("ConditionExpression")
            start = check_item(key if old is None else old)
        except EngineError as error:
            raise _refusal(write, error) from error
        assert update is not None  # noqa: S101 - repositories make no other updates
        try:
            return update.apply(start, exists=old is not None).item
        except EngineError as error:
            # A false condition comes first, and is told with the item as it is at that moment.
            if condition is not None and not condition.evaluate({} if old is None else start):
                return old
            raise _refusal(write, error) from error

    def _depends(self, write: TransactWrite, watched: Collection[str]) -> bool:
        """Tell whether what an update makes of the watched attributes depends on others."""
        if write.kind != "Update":
            return False
        names: Mapping[str, str] = write.request.get("ExpressionAttributeNames", {})
        return any(
            names.get(str(action.path.elements[0]), action.path.elements[0]) in watched
            and isinstance(action, Set)
            and not isinstance(action.value, Value)
            for action in parse_update(write.request["UpdateExpression"]).tree
        )


def _refusal(write: TransactWrite, error: EngineError) -> AnyDynamoError:
    return from_code(
        error.code,
        f"Cannot {write.what}: {error.message}",
        operation="UpdateItem",
        table=write.request["TableName"],
    )


def _changed(request: Mapping[str, Any]) -> set[str]:
    """Return the attributes that an update changes, by their names in DynamoDB."""
    names: Mapping[str, str] = request.get("ExpressionAttributeNames", {})
    tree = parse_update(request["UpdateExpression"]).tree
    tops = [str(action.path.elements[0]) for action in tree]
    return {names.get(top, top) for top in tops}


def conditioned(
    request: Mapping[str, Any], names: Sequence[str], old: Mapping[str, Any] | None
) -> Item:
    """Return a write that is refused unless some attributes are as they were read.

    Args:
        request: The write's request.
        names: The attributes, by their names in DynamoDB.
        old: What was read; None for no item.
    """
    parts = [request["ConditionExpression"]] if "ConditionExpression" in request else []
    placeholders: Item = {**request.get("ExpressionAttributeNames", {})}
    values: Item = {**request.get("ExpressionAttributeValues", {})}
    if len(parts) == 1 and names:
        parts[0] = grouped(parts[0])
    for number, name in enumerate(names):
        placeholders[f"#read{number}"] = name
        if old is None or name not in old:
            parts.append(f"attribute_not_exists(#read{number})")
        else:
            values[f":read{number}"] = old[name]
            parts.append(f"#read{number} = :read{number}")
    changed = {
        **request,
        "ConditionExpression": " AND ".join(parts),
        "ExpressionAttributeNames": placeholders,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if values:
        changed["ExpressionAttributeValues"] = values
    return changed


def as_read(
    names: Sequence[str], old: Mapping[str, Any] | None, found: Mapping[str, Any] | None
) -> bool:
    """Tell whether the item that stood in the way of a write is still as it was read."""
    if old is None or not found:
        return old is None and not found
    return all(_canonical(old, name) == _canonical(found, name) for name in names)


def _canonical(item: Mapping[str, Any], name: str) -> Item | None:
    # Sets come in any order.
    return check_item({name: item[name]}) if name in item else None
