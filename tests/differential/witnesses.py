"""The tables on which a rule of adjudication shows what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.differential.outcomes import differences
from tests.differential.tabling import described, located

from anydynamo.testing.strategies import IndexShape, TableShape

if TYPE_CHECKING:
    from tests.differential.adjudication.rules import Call, Rule
    from tests.differential.outcomes import Difference
    from tests.differential.wires import Wire

__all__ = ["ITEM", "KEY", "TAB", "TOP", "N", "S", "shown_by"]

TABLES = (
    TableShape(
        "generated",
        ("pk", "S"),
        ("sk", "N"),
        (
            IndexShape("global", ("g", "S"), ("h", "S"), local=False),
            IndexShape("local", ("pk", "S"), ("h", "S"), local=True, projection="KEYS_ONLY"),
            IndexShape("part", ("g", "S"), None, False, "INCLUDE", ("aa", "cc")),
        ),
    ),
    TableShape("simple", ("pk", "S")),
)


def S(text: str) -> dict[str, Any]:  # noqa: N802 - DynamoDB's name of the type
    """Write a string."""
    return {"S": text}


def N(number: object) -> dict[str, Any]:  # noqa: N802 - DynamoDB's name of the type
    """Write a number."""
    return {"N": str(number)}


TAB = {"TableName": "generated"}
KEY = {"pk": S("a"), "sk": N(1)}
TOP = {**TAB, "Key": KEY}
ITEM = {
    **KEY,
    "g": S("x"),
    "h": S("y"),
    "aa": N(1),
    "bb": S("b"),
    "cc": {"L": [N(1), N(2), N(3)]},
    "dd": {"M": {"aa": N(1)}},
    "x.y": {"SS": ["a", "b"]},
}


def shown_by(rule: Rule, engine: Wire, other: Wire) -> list[Difference]:
    """Make a rule's calls on both, and return how the last one differs."""
    calls: list[Call] = [("CreateTable", table.create_request()) for table in TABLES]
    calls.append(("PutItem", {**TAB, "Item": ITEM}))
    calls += rule.shown
    operation, request = calls.pop()
    for made, given in calls:
        for wire in (engine, other):
            wire.call(made, located(given, wire.account))
    ours, theirs = (
        described(wire.call(operation, located(request, wire.account))) for wire in (engine, other)
    )
    return list(differences(operation, request, ours, theirs))
