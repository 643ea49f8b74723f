"""Effects of changes that take place exactly once, though changes are delivered at least once.

A mark, an item that is made for each change, goes into the same transaction as what the change
brings about. Where the mark is there already, the change was applied before and is left out. So
nothing depends on the order of deliveries, on how often there are any, or on where a process died.
"""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from pynamodb.models import Model

from anydynamo.engine.values.values import item_size
from anydynamo.errors import (
    AlreadyExists,
    AnyDynamoError,
    InvalidRequest,
    TransactionCancelled,
    UniqueViolation,
)
from anydynamo.repositories.resending import identity
from anydynamo.repositories.transactions import MOST_ACTIONS, TransactWrite, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anydynamo.changes.records import Change
    from anydynamo.repositories.session import Session

__all__ = ["Applied", "HasSession", "apply_once"]

M = TypeVar("M", bound=Model)

# 4 MB of one transaction, less what the requests around the items take.
_MOST_BYTES = 4_000_000


class HasSession(Protocol):
    """A database, seen from below."""

    @property
    def session(self) -> Session:
        """What it shares with its repositories."""
        ...


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply_once` did.

    Attributes:
        applied: How many changes took effect now.
        repeated: How many had taken effect before, or were given twice.
    """

    applied: int
    repeated: int


@dataclass(frozen=True, slots=True)
class _Marked(Generic[M]):
    change: Change[M]
    mark: TransactWrite


async def apply_once(
    db: HasSession,
    changes: Iterable[Change[M]],
    *,
    mark: Callable[[Change[M]], TransactWrite],
    effect: Callable[[Sequence[Change[M]]], Iterable[TransactWrite]],
) -> Applied:
    """Let each change take effect exactly once, however often it is delivered.

    Changes are applied in groups, each by one transaction of at most 100 actions: the marks of a
    group, and its effects. When this fails or is cut off between two of them, what was done is
    whole, and the same changes may simply be given again.

    Args:
        db: The database; its repositories make the actions.
        changes: The changes, in any order, some of them perhaps applied before.
        mark: Returns the action that creates a change's mark, `marks.to_create(...)`, under a key
            that belongs to this change alone. Marks are needed as long as the change may come
            again; a stream keeps changes for 24 hours.
        effect: Returns what a group of changes brings about. It sees the group as a whole because a
            transaction may touch an item once only, so sums have to be made here. It may be called
            several times for one change and must do nothing but make actions.

    Returns:
        How many took effect now, and how many had before.

    Raises:
        InvalidRequest: These are no changes, a mark is no `to_create`, an effect is no action
            or touches an item twice, or one change alone needs more than 100 actions or 4 MB.
        TransactionCancelled: An effect could not be carried out; nothing of its group was.
        AnyDynamoError: The provider was in trouble for longer than the database's patience.
    """
    session = db.session
    waiting: dict[object, _Marked[M]] = {}
    repeated = applied = 0
    for change in _several(changes):
        action = _checked(mark(change))
        known = (action.request["TableName"], identity(action.key))
        if known in waiting:
            repeated += 1
        else:
            waiting[known] = _Marked(change, action)
    pending = list(waiting.values())
    most = MOST_ACTIONS - 1
    while pending:
        group, actions = _grouped(pending[:most], effect)
        try:
            old = await _send(session, actions, len(group))
        except InvalidRequest as error:
            if len(group) == 1 or not _may_be_too_large(error, actions):
                raise
            most = len(group) // 2
            continue
        if old:
            repeated += len(old)
            for place in sorted(old, reverse=True):
                del pending[place]
        else:
            applied += len(group)
            del pending[: len(group)]
    return Applied(applied, repeated)


def _several(changes: Iterable[Change[M]]) -> Iterable[Change[M]]:
    # `db.changes(...)` itself is asynchronous, and may have no end.
    if not hasattr(changes, "__iter__"):
        raise InvalidRequest(
            "The changes are a list, such as each of `db.changes(...).batches()` is; this is "
            f"{type(changes).__name__}"
        )
    return changes


def _checked(action: object) -> TransactWrite:
    if not isinstance(action, TransactWrite):
        raise InvalidRequest(
            "A mark is an action, such as marks.to_create(...) makes, and mark= returned "
            f"{type(action).__name__}"
        )
    if not action.expectation.absent:
        raise InvalidRequest(
            f"A mark is made by to_create, so that it is refused when it is there already; to "
            f"{action.what} is not"
        )
    return action


def _grouped(
    pending: Sequence[_Marked[M]],
    effect: Callable[[Sequence[Change[M]]], Iterable[TransactWrite]],
) -> tuple[Sequence[_Marked[M]], list[TransactWrite]]:
    """Return as many changes as one transaction takes, and its actions, marks first."""
    number = min(len(pending), MOST_ACTIONS - 1)
    while True:
        group = pending[:number]
        actions = [one.mark for one in group]
        actions.extend(_effects(effect([one.change for one in group])))
        count = sum(action.most for action in actions)
        size = sum(_size(action) for action in actions)
        excess = max(count / MOST_ACTIONS, size / _MOST_BYTES)
        if excess <= 1:
            return group, actions
        if number == 1:
            raise InvalidRequest(
                f"The change {group[0].change.sequence} alone needs a transaction of "
                f"{count} actions and {size} bytes; {MOST_ACTIONS} and {_MOST_BYTES} are "
                "the most, so let it have fewer effects, or smaller ones"
            )
        # Effects seldom grow faster than their group; at least one change less is certain.
        number = max(1, min(number - 1, int(number / excess)))


def _effects(made: object) -> list[TransactWrite]:
    kind = type(made).__name__
    if inspect.iscoroutine(made):
        made.close()
    if isinstance(made, Iterable):
        several = list(cast("Iterable[object]", made))
        actions = [action for action in several if isinstance(action, TransactWrite)]
        if len(actions) == len(several):
            return actions
    raise InvalidRequest(
        "What a group of changes brings about is a list of actions, such as "
        "repository.to_update(...) makes, and an empty one for nothing; effect= returned "
        f"{kind}"
    )


def _may_be_too_large(error: InvalidRequest, actions: Sequence[TransactWrite]) -> bool:
    """Tell whether a transaction that was refused may do in several parts.

    The 4 MB are those of the items, and how large one is that is updated, or written along with
    another, only the database knows. An effect that touches an item twice is a mistake.
    """
    items = {(action.request["TableName"], identity(action.key)) for action in actions}
    return error.code == "ValidationException" and len(items) == len(actions)


def _size(action: TransactWrite) -> int:
    request: dict[str, Any] = {**action.request}
    item: dict[str, Any] = request.get("Item") or {
        **action.key,
        **request.get("ExpressionAttributeValues", {}),
    }
    return item_size(item)


async def _send(session: Session, actions: Sequence[TransactWrite], marks: int) -> set[int]:
    """Carry out a group.

    Returns:
        The places of those marks that were there already; nothing was written then. An empty set
        if all of it was done.
    """
    # With one token for all attempts, an answer that was lost is given again. What has to read
    # first takes none: if an answer is lost there, the marks count as somebody else's.
    token = None if any(action.reads for action in actions) else str(uuid.uuid4())
    tries = 1
    while True:
        try:
            await transact(session, actions, token=token)
        except TransactionCancelled as error:
            old = {
                place
                for place, fault in enumerate(error.errors[:marks])
                if isinstance(fault, AlreadyExists) and not isinstance(fault, UniqueViolation)
            }
            if old:
                return old
            faults = [fault for fault in error.errors if fault is not None]
            if not faults or not all(fault.retryable for fault in faults):
                raise
            if tries >= session.patience.attempts:
                raise
        except AnyDynamoError as error:
            if not error.retryable or tries >= session.patience.attempts:
                raise
        else:
            return set()
        await session.pause(tries)
        tries += 1
