"""Texts of errors about transactions.

They are the service's, but for the one about the size of a transaction, of which the guide has
the limit.
"""

from __future__ import annotations

from typing import Final

ONE_ITEM_TWICE: Final = "Transaction request cannot include multiple operations on one item"
CANCELLED: Final = (
    "Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
)
TOO_LARGE: Final = "The items of a transaction are larger than the maximum of 4 MB"
ONE_ACTION: Final = "TransactItems can only contain one of Check, Put, Update or Delete"
TOKEN_REUSED: Final = (
    "The request uses the same client token as a previous, but non-identical request. Do"
    " not reuse a client token with different requests, unless the requests are identical"
)

CODES: Final = {
    CANCELLED: "TransactionCanceledException",
    TOKEN_REUSED: "IdempotentParameterMismatchException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset((TOO_LARGE,))
"""Those that are not the service's."""
