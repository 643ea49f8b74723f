"""The errors that faults raise, each as the service would have it for the operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine.tables.descriptions import arn_of
from anydynamo.errors import (
    AnyDynamoError,
    RequestTimeout,
    ServiceFault,
    Unavailable,
    from_code,
)
from anydynamo.server.deliveries import Delivery, Undelivered
from anydynamo.testing.faults.effects import ITEM_OPERATIONS
from anydynamo.testing.faults.texts import TEXTS, throttled_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from anydynamo.testing.faults.asked import Asked
    from anydynamo.testing.faults.effects import How, Refuse

__all__ = ["cancelled", "conflicted", "lost", "refused"]

_TRANSACTIONS = frozenset(("ExecuteTransaction", "TransactGetItems", "TransactWriteItems"))
_REASONS = {
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ThrottlingException": "ThrottlingError",
}


class _TimedOut(Undelivered, RequestTimeout):
    """Nothing came back in time."""


class _Cut(Undelivered, Unavailable):
    """The connection was closed."""


class _Damaged(Undelivered, ServiceFault):
    """What came back was no whole reply."""


_LOSSES: Mapping[How, tuple[type[_TimedOut | _Cut | _Damaged], Delivery, str]] = {
    "timeout": (_TimedOut, Delivery.HELD, "No answer came in time"),
    "cut": (_Cut, Delivery.CUT, "The connection was closed before an answer came"),
    "truncate": (_Damaged, Delivery.TRUNCATED, "The connection was closed amid the answer"),
    "checksum": (_Damaged, Delivery.MISCOUNTED, "The answer's checksum is wrong"),
}


def lost(asked: Asked, how: How, answer: Mapping[str, Any] | AnyDynamoError) -> AnyDynamoError:
    """Make the error of something that was lost.

    Args:
        asked: The request.
        how: How it was lost.
        answer: What would have been the reply.
    """
    cls, delivery, text = _LOSSES[how]
    error = cls(f"{text} (an injected fault)", operation=asked.operation, table=_table(asked))
    error.delivery, error.answer = delivery, answer
    return error


def refused(
    asked: Asked, effect: Refuse, index: str | None, places: Collection[int]
) -> AnyDynamoError:
    """Make the error of a request that is refused.

    Args:
        asked: The request.
        effect: Why.
        index: The index that a throttle is about, if it is one.
        places: The places of the items that are to blame, for a transaction's reasons.
    """
    if effect.limit is None:
        return _error(asked, effect.code, TEXTS[effect.code])
    items = asked.operation in ITEM_OPERATIONS
    text = throttled_text(effect.code, index=index is not None, items=items)
    reason = _REASONS.get(effect.code)
    if asked.operation in _TRANSACTIONS and reason is not None:
        return cancelled(asked, places, reason, text)
    kind = "Write" if asked.writes else "Read"
    reasons = [
        {
            "reason": f"{'Index' if index else 'Table'}{kind}{effect.limit}",
            "resource": arn_of(name) + (f"/index/{index}" if index else ""),
        }
        for name in sorted(asked.tables)
        if items
    ]
    return _error(asked, effect.code, text, reasons)


def conflicted(asked: Asked, places: Collection[int]) -> AnyDynamoError:
    """Make the error of a request that met a transaction at some of its items.

    Source: "Transaction conflict handling in DynamoDB", Amazon DynamoDB Developer Guide.
    """
    text = TEXTS["TransactionConflictException"]
    if asked.operation in _TRANSACTIONS:
        return cancelled(asked, places, "TransactionConflict", text)
    return _error(asked, "TransactionConflictException", text)


def cancelled(asked: Asked, places: Collection[int], code: str, text: str) -> AnyDynamoError:
    """Make the error of a cancelled transaction.

    Args:
        asked: The request.
        places: The places of the items that are to blame.
        code: The reason for each of them.
        text: What is said of it.
    """
    reasons = [
        {"Code": code, "Message": text} if place in places else {"Code": "None"}
        for place in range(len(asked.named))
    ]
    codes = ", ".join(reason["Code"] for reason in reasons)
    return _error(
        asked,
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        reasons,
    )


def _error(
    asked: Asked, code: str, text: str, reasons: list[dict[str, str]] | None = None
) -> AnyDynamoError:
    return from_code(
        code, text, operation=asked.operation, table=_table(asked), reasons=reasons or ()
    )


def _table(asked: Asked) -> str | None:
    return next(iter(asked.tables)) if len(asked.tables) == 1 else None
