"""What the service says when it refuses for reasons of its own.

Sources: "Error handling with DynamoDB" of the Amazon DynamoDB Developer Guide, and
TransactionCanceledException and ThrottlingReason of the API Reference. What a transaction in
progress is told, and an internal error's text, are from answers that users of the service quoted;
the text for a token that expired is that of all AWS services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LIMITS", "TEXTS", "Limit", "throttled_text"]

Limit = Literal[
    "ProvisionedThroughputExceeded",
    "AccountLimitExceeded",
    "KeyRangeThroughputExceeded",
    "MaxOnDemandThroughputExceeded",
]
"""Why something is throttled: the end of a reason such as `TableReadAccountLimitExceeded`."""

LIMITS: Final[Mapping[str, Limit]] = {
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "RequestLimitExceeded": "AccountLimitExceeded",
    "ThrottlingException": "KeyRangeThroughputExceeded",
}
"""The errors of throttled requests, and the limit that each is taken to mean."""

TEXTS: Final[Mapping[str, str]] = {
    "ExpiredTokenException": "The security token included in the request is expired",
    "InternalServerError": "Internal server error",
    "ProvisionedThroughputExceededException": (
        "The level of configured provisioned throughput for the table was exceeded. Consider"
        " increasing your provisioning level with the UpdateTable API."
    ),
    "RequestLimitExceeded": (
        "Throughput exceeds the current throughput limit for your account. To request a limit"
        " increase, contact AWS Support at https://aws.amazon.com/support"
    ),
    "ServiceUnavailableException": "DynamoDB is currently unavailable.",
    "ThrottlingException": (
        "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically"
        " scaling your table or index so please try again shortly. If exceptions persist, check if"
        " you have a hot key:"
        " https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
        "bp-partition-key-design.html"
    ),
    "TransactionConflictException": "Transaction is ongoing for the item",
    "TransactionInProgressException": "Transaction from previous request is still in progress",
}

_INDEX: Final[Mapping[str, str]] = {
    "ProvisionedThroughputExceededException": (
        "The level of configured provisioned throughput for one or more global secondary indexes of"
        " the table was exceeded. Consider increasing your provisioning level for the"
        " under-provisioned global secondary indexes with the UpdateTable API"
    ),
    "ThrottlingException": (
        "Throughput exceeds the current capacity for one or more global secondary indexes. DynamoDB"
        " is automatically scaling your index so please try again shortly."
    ),
}

_CONTROL: Final = "Rate of requests exceeds the allowed throughput."


def throttled_text(code: str, *, index: bool, items: bool) -> str:
    """Return what a throttled request is told.

    Args:
        code: The error's code.
        index: Whether it is an index that has too much to do.
        items: Whether the request is about items, and not about tables.
    """
    if not items:
        return _CONTROL
    return (index and _INDEX.get(code)) or TEXTS[code]
