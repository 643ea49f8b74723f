"""Transactions: actions that repositories make and a database carries out, all or none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from anydynamo.errors import (
    AnyDynamoError,
    ConditionFailed,
    InvalidRequest,
    TransactionCancelled,
    from_code,
)
from anydynamo.repositories.advice import advice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.companions import Companions
    from anydynamo.repositories.expectations import Expectation
    from anydynamo.repositories.session import Session
    from anydynamo.repositories.writes import WriteRequests

__all__ = [
    "MOST_ACTIONS",
    "TransactRead",
    "TransactWrite",
    "cancelled",
    "faults",
    "transact",
    "transact_get",
]

T_co = TypeVar("T_co", covariant=True)

MOST_ACTIONS = 100
"""Actions in one transaction: "Amazon DynamoDB Transactions: How it works", Developer Guide."""

# A reason's code is the code of an error without "Exception" and, for some, under another name.
_REASON_CODES: Mapping[str, str] = {
    "ConditionalCheckFailed": "ConditionalCheckFailedException",
    "ItemCollectionSizeLimitExceeded": "ItemCollectionSizeLimitExceededException",
    "TransactionConflict": "TransactionConflictException",
    "ProvisionedThroughputExceeded": "ProvisionedThroughputExceededException",
    "ThrottlingError": "ThrottlingException",
    "ValidationError": "ValidationException",
    "AccessDenied": "AccessDeniedException",
    "DuplicateItem": "DuplicateItemException",
}


@dataclass(frozen=True, slots=True)
class TransactWrite:
    """One action of a writing transaction, made by a repository's `to_...` methods.

    Attributes:
        kind: DynamoDB's name for it.
        request: Its parameters.
        expectation: What it expects to find; it explains a failed condition.
        requests: What made it.
        companions: What is to be written along with it; None if that is nothing.
    """

    kind: Literal["Put", "Update", "Delete", "ConditionCheck"]
    request: Mapping[str, Any] = field(repr=False)
    expectation: Expectation[Any] = field(repr=False)
    requests: WriteRequests[Any] = field(repr=False)
    companions: Companions | None = field(default=None, repr=False)

    @property
    def session(self) -> Session:
        """The database that it belongs to."""
        return self.requests.session

    @property
    def key(self) -> Mapping[str, Any]:
        """The key of the item that it is about, in DynamoDB's JSON."""
        return self.expectation.key

    @property
    def operation(self) -> str:
        """The operation that does it alone."""
        return f"{self.kind}Item"

    @property
    def what(self) -> str:
        """The action in words, for messages."""
        return self.expectation.what

    @property
    def at(self) -> float:
        """When it was made, in seconds since 1970."""
        return self.expectation.at

    @property
    def reads(self) -> bool:
        """Whether its item has to be read first, to know what is to be written along with it."""
        return self.companions is not None and not self.expectation.absent

    @property
    def most(self) -> int:
        """How many actions of a transaction it comes to at most."""
        return 1 if self.companions is None else self.companions.most


@dataclass(frozen=True, slots=True)
class TransactRead(Generic[T_co]):
    """One item to read in a transaction, made by a repository's `to_get`."""

    request: Mapping[str, Any] = field(repr=False)
    what: str
    decode: Callable[[Mapping[str, Any]], T_co] = field(repr=False)
    session: Session = field(repr=False)


async def transact(
    session: Session,
    actions: Sequence[TransactWrite],
    *,
    token: str | None = None,
    capacity: Capacity | None = None,
) -> None:
    """Carry out actions, all or none.

    Raises:
        TransactionCancelled: One of them could not be carried out; `errors` says why.
        InvalidRequest: There are none, more than 100, or some of another database.
    """
    _check(session, actions)
    sent, tries = list(actions), 0
    while True:
        tries += 1
        for action in actions:
            action.expectation.refused = False
        try:
            named = token if tries == 1 else _token(token, sent)
            await _send(session, sent, token=named, capacity=capacity)
        except TransactionCancelled as error:
            instead = _instead(actions, sent, error)
            if instead is None or tries == session.patience.attempts:
                raise
            sent = instead
        else:
            return


async def _send(
    session: Session,
    actions: Sequence[TransactWrite],
    *,
    token: str | None,
    capacity: Capacity | None,
) -> None:
    if any(action.companions is not None for action in actions):
        # Imported here, because it is built on this module, and few models have companions.
        from anydynamo.repositories.accompanied import carry_out

        await carry_out(session, actions, token=token, capacity=capacity)
        return
    request: dict[str, Any] = {
        "TransactItems": [{action.kind: action.request} for action in actions],
    }
    if token is not None:
        request["ClientRequestToken"] = token
    try:
        await session.call("TransactWriteItems", request, capacity)
    except TransactionCancelled as error:
        raise explained(error, actions) from error
    for action in actions:
        action.expectation.written()


def _instead(
    actions: Sequence[TransactWrite], sent: Sequence[TransactWrite], error: TransactionCancelled
) -> list[TransactWrite] | None:
    """Return what is worth sending after a transaction was cancelled; None if nothing is.

    A write may have been refused only because it had nothing to do, or because an expired item was
    in its way. Something else then takes its place; and if that is refused, it takes its own again.

    Args:
        actions: The actions, as the user gave them.
        sent: What was sent for each of them.
        error: The error, with what each of them met.
    """
    changed = list(sent)
    for place, (action, last) in enumerate(zip(actions, sent, strict=True)):
        if action.expectation.refused:
            other = action.requests.instead(action) if last is action else action
            if other is None:
                return None
            changed[place] = other
        elif error.errors[place] is not None:
            return None
    return changed if any(action.expectation.refused for action in actions) else None


def _token(token: str | None, sent: Sequence[TransactWrite]) -> str | None:
    """Return a token for what takes the place of a transaction that was cancelled."""
    if token is None:
        return None
    kinds = "".join(action.kind[0] for action in sent)
    # The same for the same actions, so that what is repeated as a whole takes effect once.
    return hashlib.sha256(f"{token}/{kinds}".encode()).hexdigest()[:36]


async def transact_get(
    session: Session,
    reads: Sequence[TransactRead[Any]],
    *,
    capacity: Capacity | None = None,
) -> tuple[Any, ...]:
    """Read items as they are at one moment; None for each that is absent.

    Raises:
        TransactionCancelled: A write was under way on one of them.
        InvalidRequest: There are none, more than 100, or some of another database.
    """
    _check(session, reads)
    request = {"TransactItems": [{"Get": read.request} for read in reads]}
    try:
        response = await session.call("TransactGetItems", request, capacity)
    except TransactionCancelled as error:
        raise explained(error, reads) from error
    found: list[Mapping[str, Any]] = response["Responses"]
    return tuple(
        [
            read.decode(one["Item"]) if one.get("Item") else None
            for read, one in zip(reads, found, strict=True)
        ]
    )


def explained(
    error: TransactionCancelled, actions: Sequence[TransactWrite | TransactRead[Any]]
) -> TransactionCancelled:
    """Return a cancelled transaction's error with each action's own error in it."""
    errors = [
        action.expectation.explain(fault)
        if isinstance(fault, ConditionFailed) and isinstance(action, TransactWrite)
        else fault
        for action, fault in zip(actions, faults(error, actions), strict=True)
    ]
    return cancelled(error, actions, errors, error.reasons)


class _Described(Protocol):
    """An action, as far as its error needs it."""

    @property
    def what(self) -> str: ...
    @property
    def request(self) -> Mapping[str, Any]: ...


def faults(
    error: TransactionCancelled, actions: Sequence[_Described]
) -> list[AnyDynamoError | None]:
    """Return what each action of a cancelled transaction met, in DynamoDB's words."""
    found: list[AnyDynamoError | None] = []
    # A server that gives fewer reasons than there were actions gives none that could be assigned.
    reasons: Sequence[Mapping[str, Any]] = error.reasons
    if len(reasons) != len(actions):
        reasons = [{} for _ in actions]
    for action, reason in zip(actions, reasons, strict=True):
        code: str = reason.get("Code") or "None"
        if code == "None":
            found.append(None)
            continue
        said = str(reason.get("Message") or code)
        fault = from_code(
            _REASON_CODES.get(code, code),
            f"Cannot {action.what}: {said}{advice(said)}",
            operation=error.operation,
            table=action.request["TableName"],
            item=reason.get("Item"),
        )
        found.append(fault)
    return found


def cancelled(
    error: AnyDynamoError,
    actions: Sequence[TransactWrite | TransactRead[Any]],
    errors: Sequence[AnyDynamoError | None],
    reasons: Sequence[Mapping[str, Any]],
) -> TransactionCancelled:
    """Make the error of a transaction from the errors of its actions.

    Args:
        error: The error that it was cancelled with.
        actions: The actions, as the user gave them.
        errors: What each of them met.
        reasons: The same in DynamoDB's form.
    """
    errors, reasons = list(errors), list(reasons)
    for place, action in enumerate(actions):
        if isinstance(action, TransactWrite) and action.expectation.refused:
            if action.requests.instead(action) is not None:
                # It did not stand in the way.
                errors[place], reasons[place] = None, {"Code": "None"}
            if action.expectation.concealed:
                reasons[place] = _without_item(reasons[place])
                if isinstance(error, TransactionCancelled):
                    # It is kept as the cause.
                    error.reasons = tuple(map(_without_item, error.reasons))
    private = [isinstance(one, TransactWrite) and one.expectation.private for one in actions]
    if any(private):
        for place, fault in enumerate(errors):
            # What stood in the way may also have been written along with another item.
            if private[place] and getattr(fault, "item", None) is None:
                reasons[place] = _without_item(reasons[place])
        _blot_out(error, reasons)
    said = "; ".join(str(one) for one in errors if one is not None) or str(error)
    undone = " and nothing was written" if isinstance(actions[0], TransactWrite) else ""
    return TransactionCancelled(
        f"A transaction of {len(actions)} actions was cancelled{undone}. {said}",
        reasons=reasons,
        errors=errors,
        code=error.code,
        operation=error.operation,
    )


def _blot_out(error: AnyDynamoError, reasons: Sequence[Mapping[str, Any]]) -> None:
    """Take from the error that will be a cause what the new one does not tell."""
    if isinstance(error, TransactionCancelled):
        codes = ", ".join(str(reason.get("Code", "None")) for reason in reasons)
        error.reasons, error.message = tuple(reasons), f"Transaction cancelled [{codes}]"
        error.args = (error.message,)
    # What it came from has all items.
    error.__cause__ = error.__context__ = None


def _without_item(reason: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in reason.items() if name != "Item"}


def _check(session: Session, actions: Sequence[TransactWrite | TransactRead[Any]]) -> None:
    if not 0 < len(actions) <= MOST_ACTIONS:
        raise InvalidRequest(
            f"A transaction has 1 to {MOST_ACTIONS} actions, and this one has {len(actions)}"
        )
    for action in actions:
        # Not every caller has its types checked.
        if not isinstance(action, TransactWrite | TransactRead):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidRequest(
                "A transaction is made of actions such as repository.to_put(item), and this is a "
                f"{type(action).__name__}: {action!r}"
            )
        if action.session is not session:
            raise InvalidRequest(
                f"The action to {action.what} belongs to another database; a transaction cannot "
                "reach over two"
            )
