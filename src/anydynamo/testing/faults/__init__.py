"""Faults: what DynamoDB does at times, done on purpose and the same each time.

    faults = Faults(
        adapter,
        [
            throttle("PutItem", table="ads", times=3),
            lose_reply("TransactWriteItems", probability=0.1),
        ],
        seed=7,
    )
    db = Database(faults)

`Faults` and `Contention` are adapters around any adapter; `read_faults` makes rules from JSON, and
`anydynamo serve --faults` lets clients in any language meet them.
"""

from anydynamo.testing.faults.adapter import Faults, Injected
from anydynamo.testing.faults.contention import Contention
from anydynamo.testing.faults.documents import Document, read_faults
from anydynamo.testing.faults.rules import (
    Rule,
    When,
    conflict,
    expire_token,
    fail,
    in_progress,
    leave_unprocessed,
    lose_reply,
    lose_request,
    slow,
    stale,
    throttle,
)

__all__ = [
    "Contention",
    "Document",
    "Faults",
    "Injected",
    "Rule",
    "When",
    "conflict",
    "expire_token",
    "fail",
    "in_progress",
    "leave_unprocessed",
    "lose_reply",
    "lose_request",
    "read_faults",
    "slow",
    "stale",
    "throttle",
]
