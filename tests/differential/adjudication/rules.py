"""What a rule of adjudication is: a known difference, who is wrong, and a case that shows it.

A rule is about the engine's and the other one's outcome. What no rule settles is a failure, and so
is a rule whose case no longer differs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.differential.outcomes import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.differential.outcomes import Difference

__all__ = [
    "Call",
    "Rule",
    "coded",
    "contained",
    "either",
    "fails",
    "member",
    "refuses",
    "settle",
]

# Any: a request has DynamoDB's shapes.
Call = tuple[str, dict[str, Any]]

VALIDATION = "ValidationException"
CANCELLED = "TransactionCanceledException"


@dataclass(frozen=True, slots=True)
class Rule:
    """A known difference.

    Attributes:
        reason: What the other one does, and what DynamoDB does.
        source: Where AWS says so.
        holds: Whether a difference is this one.
        shown: Calls on the tables of `witnesses.py`, the last of which differs in this way. A test
            makes them, so that a rule which no longer applies is reported.
    """

    reason: str
    source: str
    holds: Callable[[Difference], bool]
    shown: Sequence[Call]


def settle(rules: Iterable[Rule], difference: Difference) -> Rule | None:
    """Return the rule that explains a difference, or None."""
    return next((rule for rule in rules if rule.holds(difference)), None)


def coded(
    ours: str | None, theirs: str | None, says: str = "", *, operations: Sequence[str] = ()
) -> Callable[[Difference], bool]:
    """Hold for other codes: `None` is success, and the engine's text matches an expression."""

    def holds(difference: Difference) -> bool:
        return (
            difference.aspect == "code"
            and (difference.ours.code, difference.theirs.code) == (ours, theirs)
            and (not operations or difference.operation in operations)
            and re.search(says, difference.ours.text) is not None
        )

    return holds


def refuses(says: str, *, operations: Sequence[str] = ()) -> Callable[[Difference], bool]:
    """Hold for a ValidationException of the engine's where the other one goes on.

    It may carry the request out, find that a condition fails or cancel the transaction: whatever it
    does, it has not seen what is wrong.
    """

    def holds(difference: Difference) -> bool:
        return (
            difference.aspect == "code"
            and difference.ours.code == VALIDATION
            and difference.theirs.code
            in {None, CANCELLED, "ConditionalCheckFailedException", "ResourceNotFoundException"}
            and (not operations or difference.operation in operations)
            and re.search(says, difference.ours.text) is not None
        )

    return holds


def fails(says: str, *, operations: Sequence[str] = ()) -> Callable[[Difference], bool]:
    """Hold for an error of the other one's, by its code and text, where the engine has another."""

    def holds(difference: Difference) -> bool:
        theirs = difference.theirs
        return (
            difference.aspect == "code"
            and theirs.code is not None
            and (not operations or difference.operation in operations)
            and re.search(says, f"{theirs.code} {theirs.text}") is not None
        )

    return holds


def member(
    name: str,
    same: Callable[[Any, Any], bool] = lambda mine, other: True,
    *,
    operations: Sequence[str] = (),
) -> Callable[[Difference], bool]:
    """Hold for a member of the answers that the two have otherwise, in a way that can be told."""

    def holds(difference: Difference) -> bool:
        return (
            difference.aspect == name
            and (not operations or difference.operation in operations)
            and same(difference.mine, difference.other)
        )

    return holds


def either(*several: Callable[[Difference], bool]) -> Callable[[Difference], bool]:
    """Hold where one of several does."""
    return lambda difference: any(holds(difference) for holds in several)


def contained(ours: Any, theirs: Any) -> bool:
    """Tell whether ours is theirs, or a part of it."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(
            name in theirs and contained(value, theirs[name]) for name, value in ours.items()
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        rest = iter(theirs)
        return all(any(contained(one, other) for other in rest) for one in ours)
    return bool(normal(ours) == normal(theirs))
