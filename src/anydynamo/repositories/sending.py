"""One write alone: sent, and sent in another form where its rules allow for what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.errors import ConditionFailed, Conflict, NotFound
from anydynamo.repositories.accompanied import write_one

if TYPE_CHECKING:
    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.session import Session
    from anydynamo.repositories.transactions import TransactWrite

__all__ = ["send"]


async def send(
    session: Session,
    write: TransactWrite,
    returned: str | bool = False,
    capacity: Capacity | None = None,
) -> dict[str, Any]:
    """Carry out a write.

    Args:
        session: The open database.
        write: The write.
        returned: `ALL_OLD`, `ALL_NEW`, or nothing.
        capacity: Collects what it costs.

    Returns:
        The provider's answer.

    Raises:
        AnyDynamoError: What stood in the way.
    """
    expectation, sent, tries = write.expectation, write, 0
    while True:
        tries += 1
        expectation.refused = False
        try:
            return await _send_once(session, sent, returned, capacity)
        except (Conflict, NotFound):
            if not expectation.refused or tries == session.patience.attempts:
                raise
            other = write.requests.instead(write) if sent is write else write
            if other is None:
                raise
            if expectation.idle:
                # The answer says so of the moment at which it was given.
                return {"Attributes": expectation.met} if returned == "ALL_NEW" else {}
            sent = other


async def _send_once(
    session: Session, write: TransactWrite, returned: str | bool, capacity: Capacity | None
) -> dict[str, Any]:
    if write.kind == "Put" and returned == "ALL_NEW":
        # Made of an upsert; a put does not answer with what it was told.
        await _send_once(session, write, False, capacity)
        return {"Attributes": write.request["Item"]}
    if write.companions is not None:
        return await write_one(session, write, returned, capacity)
    request = {**write.request, "ReturnValues": returned} if returned else write.request
    try:
        response = await session.call(write.operation, request, capacity)
    except ConditionFailed as error:
        raise write.expectation.explain(error) from error
    write.expectation.written()
    return response
