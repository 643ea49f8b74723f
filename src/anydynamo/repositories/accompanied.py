"""Writes with companions: read what is there, plan, and send it all as one transaction.

Between the reading and the writing others may write. The transaction then fails on the condition
that everything the plan was made from is as it was read, and is planned anew from what is there
now, as often as the session's patience allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from anydynamo.errors import (
    AnyDynamoError,
    ConditionFailed,
    InvalidRequest,
    ProviderError,
    TransactionCancelled,
    TransactionConflict,
)
from anydynamo.repositories.batch_reads import BatchReader
from anydynamo.repositories.companions import Impossible, as_read, conditioned
from anydynamo.repositories.resending import identity
from anydynamo.repositories.transactions import MOST_ACTIONS, cancelled, faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.companions import Along, Companion, Companions, Transition
    from anydynamo.repositories.session import Session
    from anydynamo.repositories.transactions import TransactWrite

__all__ = ["carry_out", "write_one"]

Item = dict[str, Any]
Refused = dict[tuple[Any, ...], "Mapping[str, Any]"]

_OPERATIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}


@dataclass(frozen=True, slots=True)
class _Step:
    """One action of a transaction that was planned.

    Attributes:
        place: The user's write that it belongs to.
        what: That write in words.
        kind: DynamoDB's name for the action.
        request: Its parameters.
        explain: Returns the error that its false condition means; None if the plan is outdated.
        about: What a companion's action is about.
    """

    place: int
    what: str
    kind: Literal["Put", "Update", "Delete", "ConditionCheck"]
    request: Mapping[str, Any]
    explain: Callable[[ConditionFailed], AnyDynamoError | None]
    about: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What writes come to: the actions, and what becomes of each item."""

    steps: Sequence[_Step]
    transitions: Sequence[Transition | None]


async def carry_out(
    session: Session,
    writes: Sequence[TransactWrite],
    *,
    token: str | None = None,
    capacity: Capacity | None = None,
) -> None:
    """Carry out a transaction of which some writes have companions.

    Raises:
        TransactionCancelled: One of the writes could not be carried out; `errors` says why.
        InvalidRequest: They come to more than 100 actions, or have a token though items have to be
            read for them.
    """
    if token is not None and any(write.reads for write in writes):
        raise InvalidRequest(
            "A token names one request, to the letter, and what this transaction has to write "
            "depends on what is stored: sent again, it would be another. Leave the token out and "
            "give a condition, or a version, that makes a repetition fail; create takes a token"
        )
    await _carry_out(session, writes, token=token, capacity=capacity)


async def write_one(
    session: Session,
    write: TransactWrite,
    returned: str | bool,
    capacity: Capacity | None,
) -> Item:
    """Carry out a single write that has companions, and answer as its own operation does.

    Args:
        session: The open database.
        write: The write.
        returned: `ALL_OLD`, `ALL_NEW`, or nothing.
        capacity: Collects what it costs.

    Raises:
        AnyDynamoError: What the write alone would have met, or what its companions did.
    """
    try:
        transition, response = await _carry_out(
            session, [write], returned=returned, capacity=capacity
        )
    except TransactionCancelled as error:
        if not error.errors or error.errors[0] is None:
            raise
        raise error.errors[0] from error.__cause__
    if response is not None:
        return response
    attributes: Item | None = None
    if returned == "ALL_OLD":
        attributes = transition.old
    elif returned:
        request = {"TableName": write.request["TableName"], "Key": transition.key}
        try:
            answer = await session.call("GetItem", {**request, "ConsistentRead": True}, capacity)
        except ProviderError:
            # It is written. An error would say that it was not, and invite to write it again.
            answer = {}
        # Somebody may have deleted it since.
        attributes = answer.get("Item") or transition.new
    return {"Attributes": attributes} if attributes else {}


async def _carry_out(
    session: Session,
    writes: Sequence[TransactWrite],
    *,
    returned: str | bool | None = None,
    token: str | None = None,
    capacity: Capacity | None = None,
) -> tuple[Transition, Item | None]:
    """Carry out writes.

    Args:
        session: The open database.
        writes: The writes.
        returned: For a single write, what its answer is to contain; None for a transaction.
        token: Names the transaction.
        capacity: Collects what it costs.

    Returns:
        What became of the first item that has companions, and the answer where the write needed no
        transaction.
    """
    refused: Refused = {}
    tries = 0
    while True:
        tries += 1
        for write in writes:
            write.expectation.refused = False
        olds = await _read(session, writes, capacity)
        plan = _plan(writes, olds, refused, exact=returned == "ALL_OLD")
        try:
            response = await _send(session, plan, returned, token, capacity)
            break
        except (TransactionCancelled, ConditionFailed) as error:
            last = tries == session.patience.attempts
            raised = _judge(plan, writes, error, refused, tries if last else None)
            if raised is not None:
                raise raised from error
        await session.pause(tries)
    for write in writes:
        write.expectation.written()
    return next(one for one in plan.transitions if one is not None), response


async def _read(
    session: Session, writes: Sequence[TransactWrite], capacity: Capacity | None
) -> dict[int, Item]:
    """Return the items as they are, by the places of the writes that have to know."""
    wanted: dict[str, list[tuple[int, Item]]] = {}
    for place, write in enumerate(writes):
        if write.reads:
            wanted.setdefault(write.request["TableName"], []).append((place, dict(write.key)))
    found: dict[int, Item] = {}
    for table, keys in wanted.items():
        if len(keys) == 1:
            ((place, key),) = keys
            request = {"TableName": table, "Key": key, "ConsistentRead": True}
            response = await session.call("GetItem", request, capacity)
            if response.get("Item"):
                found[place] = response["Item"]
            continue
        places = {identity(key): place for place, key in keys}
        names = tuple(keys[0][1])
        reader = BatchReader[Item](
            session, table, keys, {"ConsistentRead": True}, _as_it_is, capacity
        )
        while (items := await reader.pull()) is not None:
            for item in items:
                found[places[identity({name: item[name] for name in names})]] = item
    return found


def _as_it_is(item: Mapping[str, Any]) -> Item:
    return dict(item)


def _plan(
    writes: Sequence[TransactWrite], olds: Mapping[int, Item], refused: Refused, *, exact: bool
) -> _Plan:
    steps: list[_Step] = []
    transitions: list[Transition | None] = []
    shown: dict[Companion, list[Transition]] = {}
    for place, write in enumerate(writes):
        companions = write.companions
        transition = None
        if companions is None:
            explain: Any = write.expectation.explain
            steps.append(_Step(place, write.what, write.kind, write.request, explain))
        else:
            old = olds.get(place)
            transition = companions.transition(write, place, old)
            steps.append(_guarded(write, companions, transition, exact=exact))
            for member in companions.members:
                shown.setdefault(member, []).append(transition)
        transitions.append(transition)
    for member, concerned in shown.items():
        for one in member.plan(concerned, refused):
            if isinstance(one, Impossible):
                raise _impossible(one, writes)
            steps.append(_along(one, writes))
    if len(steps) > MOST_ACTIONS:
        raise InvalidRequest(
            f"A transaction has at most {MOST_ACTIONS} actions, and these {len(writes)} writes "
            f"come to {len(steps)} with what is written along; make it several transactions"
        )
    return _Plan(steps, transitions)


def _guarded(
    write: TransactWrite, companions: Companions, transition: Transition, *, exact: bool
) -> _Step:
    if write.expectation.absent:
        explain: Any = write.expectation.explain
        return _Step(transition.place, write.what, write.kind, write.request, explain)
    old = transition.old
    names = companions.guarded(write, transition, exact=exact)

    def judge(error: ConditionFailed) -> AnyDynamoError | None:
        return write.expectation.explain(error) if as_read(names, old, error.item) else None

    request = conditioned(write.request, names, old)
    return _Step(transition.place, write.what, write.kind, request, judge)


def _along(along: Along, writes: Sequence[TransactWrite]) -> _Step:
    return _Step(
        along.place,
        writes[along.place].what,
        along.kind,
        along.request,
        along.explain,
        along.identity,
    )


def _impossible(one: Impossible, writes: Sequence[TransactWrite]) -> TransactionCancelled:
    errors: list[AnyDynamoError | None] = [None] * len(writes)
    reasons: list[Mapping[str, Any]] = [{"Code": "None"} for _ in writes]
    errors[one.place] = one.error
    reasons[one.place] = {"Code": "ConditionalCheckFailed", "Message": str(one.error)}
    return cancelled(one.error, writes, errors, reasons)


async def _send(
    session: Session,
    plan: _Plan,
    returned: str | bool | None,
    token: str | None,
    capacity: Capacity | None,
) -> Item | None:
    if returned is not None and len(plan.steps) == 1:
        # Nothing else has to change, and a single write costs half as much.
        (step,) = plan.steps
        single = {**step.request, "ReturnValues": returned} if returned else step.request
        return await session.call(_OPERATIONS[step.kind], single, capacity)
    request: Item = {"TransactItems": [{step.kind: step.request} for step in plan.steps]}
    if token is not None:
        request["ClientRequestToken"] = token
    await session.call("TransactWriteItems", request, capacity)
    return None


def _judge(
    plan: _Plan,
    writes: Sequence[TransactWrite],
    error: TransactionCancelled | ConditionFailed,
    refused: Refused,
    tries: int | None,
) -> TransactionCancelled | None:
    """Return the error to raise; None if it is worth planning anew.

    Args:
        plan: What was sent.
        writes: What it was made from.
        error: How it was refused.
        refused: Takes up what stood in the way of companions' actions.
        tries: How often it was tried, if that is to be the end of it.
    """
    met = [error] if isinstance(error, ConditionFailed) else faults(error, plan.steps)
    errors: list[AnyDynamoError | None] = [None] * len(writes)
    reasons: list[Mapping[str, Any]] = [{"Code": "None"} for _ in writes]
    given: Sequence[Mapping[str, Any]] = getattr(error, "reasons", None) or [
        {"Code": "ConditionalCheckFailed", "Message": str(error)}
    ]
    outdated = False
    for number, (step, fault) in enumerate(zip(plan.steps, met, strict=True)):
        said = fault
        if isinstance(fault, ConditionFailed):
            said = step.explain(fault)
            if said is None:
                outdated = True
                if step.about is not None:
                    refused[step.about] = fault.item or {}
                said = TransactionConflict(
                    f"Cannot {step.what}: others wrote the item as often as it was tried",
                    operation=fault.operation,
                    table=fault.table,
                )
        if said is not None and errors[step.place] is None:
            errors[step.place], reasons[step.place] = said, given[number]
    found = [one for one in errors if one is not None]
    if tries is None and (outdated or (found and all(one.retryable for one in found))):
        return None
    return cancelled(error, writes, errors, reasons)
