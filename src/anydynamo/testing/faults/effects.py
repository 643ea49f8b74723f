"""What a fault does to a request: values, which the adapter carries out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias

from anydynamo.engine.engine import STATEMENTS
from anydynamo.testing.faults.asked import OPERATIONS

if TYPE_CHECKING:
    from anydynamo.testing.faults.asked import Asked
    from anydynamo.testing.faults.texts import Limit

__all__ = [
    "CONFLICTING",
    "ITEM_OPERATIONS",
    "STALE",
    "THROTTLED",
    "TRANSACTIONS",
    "UNPROCESSED",
    "Clash",
    "Delay",
    "Effect",
    "How",
    "Lag",
    "Leave",
    "Lose",
    "Refuse",
]

How: TypeAlias = Literal["timeout", "cut", "truncate", "checksum"]
"""How something gets lost on its way.

- `timeout`: nothing comes back until the caller gives up.
- `cut`: the connection is closed before anything comes back.
- `truncate`: the connection is closed in the middle of the reply.
- `checksum`: the reply arrives, and its checksum says that it is damaged.
"""

ITEM_OPERATIONS: Final = frozenset(
    (
        *("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan"),
        *("TransactGetItems", "TransactWriteItems", "UpdateItem"),
        *STATEMENTS,
    )
)
"""The operations on items."""

CONFLICTING: Final = ITEM_OPERATIONS - {
    "BatchGetItem",
    "BatchWriteItem",
    "GetItem",
    "Query",
    "Scan",
}
"""The operations that may meet a transaction which is under way."""

TRANSACTIONS: Final = frozenset(("ExecuteTransaction", "TransactWriteItems"))
"""The operations that a client token makes idempotent."""

UNPROCESSED: Final = frozenset(("BatchGetItem", "BatchWriteItem"))
"""The operations that may leave some of what they were asked for undone."""

STALE: Final = ITEM_OPERATIONS - {
    *("BatchWriteItem", "DeleteItem", "ExecuteTransaction", "PutItem"),
    *("TransactGetItems", "TransactWriteItems", "UpdateItem"),
}
"""The operations that may read what was, and not what is."""

THROTTLED: Final = {
    # A batch of statements tells each by itself that its table's throughput is exceeded.
    "ProvisionedThroughputExceededException": ITEM_OPERATIONS - {"BatchExecuteStatement"},
    "RequestLimitExceeded": ITEM_OPERATIONS,
    "ThrottlingException": OPERATIONS,
}
"""The operations that have each of the throttles among their errors, by the API Reference."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The request gets an error.

    Attributes:
        name: The fault's name.
        code: The error's code.
        limit: For a throttle: what was exceeded.
        applied: Whether the request is carried out all the same.
    """

    name: str
    code: str
    limit: Limit | None = None
    applied: bool = False

    def fits(self, asked: Asked) -> bool:  # noqa: ARG002 - an effect need not look
        """Tell whether it can happen to a request."""
        return True


@dataclass(frozen=True, slots=True)
class Lose:
    """The request, or its reply, gets lost.

    Attributes:
        name: The fault's name.
        applied: Whether it is the reply, so that the request is carried out.
        how: How it gets lost.
    """

    name: str
    applied: bool
    how: How

    def fits(self, asked: Asked) -> bool:  # noqa: ARG002
        """Tell whether it can happen to a request."""
        return True


@dataclass(frozen=True, slots=True)
class Leave:
    """Some of a batch is left unprocessed.

    Attributes:
        share: How likely each key or write is left; one is, at least.
    """

    name: ClassVar[str] = "leave_unprocessed"
    share: float

    def fits(self, asked: Asked) -> bool:  # noqa: ARG002
        """Tell whether it can happen to a request."""
        return True


@dataclass(frozen=True, slots=True)
class Clash:
    """The request meets a transaction that has one of its items in work."""

    name: ClassVar[str] = "conflict"

    def fits(self, asked: Asked) -> bool:
        """Tell whether it can happen to a request: a single read meets nobody."""
        return asked.writes or asked.operation in ("ExecuteTransaction", "TransactGetItems")


@dataclass(frozen=True, slots=True)
class Lag:
    """A read that need not be consistent shows what was stored before.

    Attributes:
        seconds: How long a write is not seen.
    """

    name: ClassVar[str] = "stale"
    seconds: float

    def fits(self, asked: Asked) -> bool:
        """Tell whether it can happen to a request."""
        return not asked.consistent and not asked.writes


@dataclass(frozen=True, slots=True)
class Delay:
    """The request waits before it is carried out, and whatever else happens to it happens then.

    Attributes:
        seconds: How long.
    """

    name: ClassVar[str] = "slow"
    seconds: float

    def fits(self, asked: Asked) -> bool:  # noqa: ARG002
        """Tell whether it can happen to a request."""
        return True


Effect: TypeAlias = Refuse | Lose | Leave | Clash | Lag | Delay
