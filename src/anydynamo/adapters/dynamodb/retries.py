"""When a failed call is repeated, and how long it waits first.

The rules are those of the AWS SDKs' standard retry mode (SDK reference guide, *Retry behavior*):
exponential backoff with full jitter, a bounded number of attempts, and a quota of retries that all
calls of one client share, so that a service in trouble is not buried under repetitions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anydynamo.errors import RequestTimeout, TransactionCancelled

if TYPE_CHECKING:
    from anydynamo.errors import AnyDynamoError

__all__ = ["Backoff", "RetryQuota", "is_worth_retrying"]

# An item collection that is full stays full, though its error shares a class with those that pass.
_LASTING = frozenset({"ItemCollectionSizeLimitExceededException"})
_PASSING_REASONS = frozenset(
    {"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"}
)


def is_worth_retrying(error: AnyDynamoError) -> bool:
    """Tell whether the same request may succeed when it is simply sent again.

    A cancelled transaction counts when every action that was at fault met another transaction or
    a throttle: nothing was written, and nothing about the request is wrong. A failed condition
    never counts.
    """
    if isinstance(error, TransactionCancelled):
        faults = {reason.get("Code", "None") for reason in error.reasons} - {"None"}
        return bool(faults) and faults <= _PASSING_REASONS
    return error.retryable and error.code not in _LASTING


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter.

    Attributes:
        base: The longest first wait, in seconds; it doubles from attempt to attempt.
        cap: The longest wait of all, in seconds.
    """

    base: float = 0.05
    cap: float = 20.0

    def delay(self, attempt: int, fraction: float) -> float:
        """Return how many seconds to wait after the given attempt.

        Args:
            attempt: The number of the attempt that failed, from 1.
            fraction: A random number in [0, 1).
        """
        # The exponent is bounded so that a caller's thousandth attempt does not overflow a float.
        return fraction * min(self.cap, self.base * 2.0 ** min(attempt - 1, 60))


class RetryQuota:
    """A bucket from which retries are paid, and into which successes pay back."""

    CAPACITY = 500
    RETRY = 5
    TIMEOUT_RETRY = 10
    SUCCESS = 1

    def __init__(self) -> None:
        self._left = self.CAPACITY

    def take(self, error: AnyDynamoError) -> int | None:
        """Pay for one retry.

        Returns:
            What was paid; None when too little is left, and the error should go to the caller.
        """
        cost = self.TIMEOUT_RETRY if isinstance(error, RequestTimeout) else self.RETRY
        if cost > self._left:
            return None
        self._left -= cost
        return cost

    def give_back(self, paid: int) -> None:
        """Pay back what a call that succeeded had paid, or a little for one that never retried."""
        self._left = min(self.CAPACITY, self._left + (paid or self.SUCCESS))
