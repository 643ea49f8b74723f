"""Where Dynoxide and the engine answer differently, and why the engine is right.

A rule says which differences it settles; what no rule settles is a failure. The sources are AWS's
API Reference of DynamoDB and Developer Guide, and the facts about the real service that the
engine is built from. After a difference in a write, the machine puts the engine's item into
Dynoxide, so that one known difference does not show up as many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.differential.outcomes import Outcome, normal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RULES", "Rule", "settle"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A known difference.

    Attributes:
        reason: What Dynoxide does, and what DynamoDB does.
        holds: Given the operation, the request, our outcome and Dynoxide's, whether this is it.
    """

    reason: str
    holds: Callable[[str, dict[str, Any], Outcome, Outcome], bool]


def _update(operation: str, request: dict[str, Any]) -> bool:
    return operation == "UpdateItem" and "UpdateExpression" in request


RULES: list[Rule] = [
    Rule(
        "Dynoxide asks the condition before it checks that no key is updated; such an update is "
        "malformed whatever is stored (API Reference, UpdateItem, Key)",
        lambda operation, request, ours, theirs: (
            _update(operation, request)
            and theirs.error == "ConditionFailed"
            and _says(ours, "This attribute is part of the key")
        ),
    ),
    Rule(
        "Dynoxide returns the bare key as ALL_OLD of an item that was not there; attributes are "
        "returned as they were before, and there were none (API Reference, UpdateItem)",
        lambda operation, request, ours, theirs: (
            operation == "UpdateItem"
            and request.get("ReturnValues") == "ALL_OLD"
            and ours.response == {}
            and theirs.error is None
            and theirs.response["Attributes"] == normal(request["Key"])
        ),
    ),
    Rule(
        "Dynoxide ignores REMOVE and DELETE of a path without a parent; DynamoDB refuses a path "
        "that is invalid for update",
        lambda operation, request, ours, theirs: (
            _update(operation, request)
            and theirs.error is None
            and _says(ours, "document path provided in the update expression is invalid")
        ),
    ),
    Rule(
        "Dynoxide cancels a transaction for what DynamoDB refuses before it begins (API "
        "Reference, TransactWriteItems, Errors)",
        lambda operation, request, ours, theirs: (
            operation == "TransactWriteItems"
            and ours.error == "InvalidRequest"
            and theirs.error == "TransactionCancelled"
        ),
    ),
    Rule(
        "Dynoxide ignores REMOVE and DELETE of a path without a parent in transactions too",
        lambda operation, request, ours, theirs: (
            ours.error == "TransactionCancelled"
            and theirs.error in {"TransactionCancelled", None}
            and all(
                mine["Code"] == other["Code"]
                or "document path provided in the update" in mine.get("Message", "")
                for mine, other in zip(
                    ours.reasons,
                    theirs.reasons or [{"Code": "None"}] * len(ours.reasons),
                    strict=True,
                )
            )
        ),
    ),
    Rule(
        "Dynoxide returns whole lists where elements were updated; DynamoDB returns the elements",
        lambda operation, request, ours, theirs: (
            _update(operation, request)
            and request.get("ReturnValues", "").startswith("UPDATED_")
            and "[" in request["UpdateExpression"]
            and not ours.error
            and not theirs.error
            and ours.response.get("Attributes", {}).keys()
            <= theirs.response.get("Attributes", {}).keys()
        ),
    ),
    Rule(
        "Dynoxide overlooks overlapping paths of different clauses; DynamoDB refuses them",
        lambda operation, request, ours, theirs: _says(ours, "Two document paths"),
    ),
    Rule(
        "Dynoxide compares an operand with itself; DynamoDB refuses operands that are not distinct",
        lambda operation, request, ours, theirs: _says(ours, "The first operand must be distinct"),
    ),
    Rule(
        "Dynoxide takes keys for different whose numbers are only spelt differently; numbers are "
        "compared by value (Developer Guide, Data types)",
        lambda operation, request, ours, theirs: (
            _says(ours, "Provided list of item keys contains duplicates")
            or _says(ours, "cannot include multiple operations on one item")
        ),
    ),
    Rule(
        "Dynoxide projects too much, or not at all, in TransactGetItems (API Reference, Get)",
        lambda operation, request, ours, theirs: (
            operation == "TransactGetItems"
            and not ours.error
            and not theirs.error
            and all(map(_projects_less, request["TransactItems"], *_responses(ours, theirs)))
        ),
    ),
]


def _responses(*outcomes: Outcome) -> list[list[dict[str, Any]]]:
    return [outcome.response["Responses"] for outcome in outcomes]


def _projects_less(read: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Tell whether our item is theirs, or the part of theirs that a projection leaves."""
    if "ProjectionExpression" not in read["Get"]:
        return bool(normal(ours) == normal(theirs))
    return bool(ours.get("Item", {}).keys() <= theirs.get("Item", {}).keys())


def _says(outcome: Outcome, text: str) -> bool:
    return text in (outcome.message or "")


def settle(operation: str, request: dict[str, Any], ours: Outcome, theirs: Outcome) -> Rule | None:
    """Return the rule that explains a difference, or None."""
    for rule in RULES:
        if rule.holds(operation, request, ours, theirs):
            return rule
    return None
