"""Many items stored where there are none yet, and an exact account of which were new.

A batch has no conditions, and a single conditional write whose answer was lost meets its own effect
when it is sent again: it would be reported as somebody else's. A transaction has a token, under
which it takes effect once however often it is sent, so the items go as transactions. An item whose
key is taken cancels its transaction; it is left out, and the rest is sent again.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from anydynamo.errors import AlreadyExists, TransactionCancelled
from anydynamo.repositories.batches import in_transactions
from anydynamo.repositories.transactions import transact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.session import Session
    from anydynamo.repositories.transactions import TransactWrite

__all__ = ["Creation", "create_missing"]


class Creation(NamedTuple):
    """One item to be stored if its key is free.

    Attributes:
        item: The instance.
        identity: What tells its key from others; see `batches.identity`.
        write: The action that creates it.
    """

    # A named tuple cannot be generic in Python 3.11; the repository knows its model.
    item: Any
    identity: tuple[Any, ...]
    write: TransactWrite


async def create_missing(
    session: Session, creations: Iterable[Creation], capacity: Capacity | None
) -> list[Any]:
    """Store the items whose keys are free, and return those, in order; see `create_many`.

    Raises:
        AnyDynamoError: What stood in the way of one; the transactions before it are carried out.
    """
    # Of several with one key the first comes first, as if they were created one after the other.
    unique: dict[tuple[Any, ...], Creation] = {}
    for creation in creations:
        unique.setdefault(creation.identity, creation)
    session.check_open("TransactWriteItems")
    created: list[Any] = []
    for chunk in in_transactions(unique.values(), lambda creation: creation.write):
        created += [one.item for one in await _create(session, chunk, capacity)]
    return created


async def _create(
    session: Session, chunk: list[Creation], capacity: Capacity | None
) -> list[Creation]:
    """Create what can be created of a chunk, and return that."""
    left = chunk
    tries = 0
    token = str(uuid.uuid4())
    while left:
        try:
            await transact(session, [one.write for one in left], token=token, capacity=capacity)
        except TransactionCancelled as error:
            free = _free(left, error)
            if len(free) == len(left):
                # Only what passes stood in the way. The token stays: it may have stood in the way
                # of a repetition alone, and the first time the answer was lost.
                tries += 1
                if tries == session.patience.attempts:
                    raise
                await session.pause(tries)
            else:
                token = str(uuid.uuid4())
            left = free
        else:
            return left
    return []


def _free(left: Sequence[Creation], error: TransactionCancelled) -> list[Creation]:
    """Return what of a cancelled transaction is worth sending again.

    Raises:
        AnyDynamoError: Something lasting stands in the way of an item.
    """
    faults = [fault for fault in error.errors if fault is not None]
    # A subclass would be about something else than the key.
    for fault in faults:
        if type(fault) is not AlreadyExists and not fault.retryable:
            raise fault from error
    if not faults:
        raise error
    return [
        one
        for one, fault in zip(left, error.errors, strict=True)
        if type(fault) is not AlreadyExists
    ]
