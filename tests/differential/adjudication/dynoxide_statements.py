"""Where Dynoxide and the engine answer PartiQL's operations differently, and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.differential.adjudication.rules import Rule, contained, either, fails, member

if TYPE_CHECKING:
    from tests.differential.outcomes import Difference

__all__ = ["STATEMENTS"]

OPERATIONS = ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")
WHERE = "WHERE pk = 'a' AND sk = 1"


def _unread(difference: Difference) -> bool:
    """Tell whether a statement of several is one that Dynoxide cannot read."""
    if difference.operation not in OPERATIONS:
        return False
    texts = [
        str(one.get("Message") or one.get("Error", {}).get("Message"))
        for member in ("CancellationReasons", "Responses")
        for one in difference.theirs.response.get(member) or ()
    ]
    return any(re.search(UNREAD, text) for text in texts)


UNREAD = "UPDATE requires a WHERE clause|Unexpected value token"


def _partly(mine: list[Any], other: list[Any]) -> bool:
    """Tell whether each of their items is one of ours, or a part of one."""
    return all(any(contained(one, whole) for whole in mine) for one in other)


def _first_reason_only(difference: Difference) -> bool:
    """Tell whether the other one gives no reasons after its first."""
    if difference.operation != "ExecuteTransaction" or difference.aspect != "CancellationReasons":
        return False
    ours, theirs = difference.ours.codes, difference.theirs.codes
    pairs = list(zip(ours, theirs, strict=True))
    first = next(number for number, code in enumerate(ours) if code != "None")
    return ours[first] == theirs[first] and all(
        code == other or (number > first and other == "None")
        for number, (code, other) in enumerate(pairs)
    )


STATEMENTS: tuple[Rule, ...] = (
    Rule(
        "Dynoxide answers a write without Items; the service's answer has the empty list",
        "API Reference, ExecuteStatement, Response Elements",
        member("Items", lambda mine, other: mine == [] and other is None),
        [("ExecuteStatement", {"Statement": f'DELETE FROM "generated" {WHERE}'})],
    ),
    Rule(
        "Dynoxide's UPDATE knows no set functions, and no arithmetic on quoted names",
        "Developer Guide, PartiQL update statements",
        fails(UNREAD, operations=OPERATIONS),
        [("ExecuteStatement", {"Statement": f'UPDATE "generated" SET "aa" = "aa" + 1 {WHERE}'})],
    ),
    Rule(
        "Dynoxide takes a quoted name with a dot for a path",
        "Developer Guide, PartiQL select statements: double quotation marks",
        either(*(member(name, _partly, operations=OPERATIONS) for name in ("Items", "Responses"))),
        [("ExecuteStatement", {"Statement": f'SELECT "x.y" FROM "generated" {WHERE}'})],
    ),
    Rule(
        "Dynoxide cancels or fails for a statement of several that it cannot read",
        "Developer Guide, PartiQL update statements",
        _unread,
        [
            (
                "BatchExecuteStatement",
                {"Statements": [{"Statement": f'UPDATE "generated" SET "aa" = "aa" + 1 {WHERE}'}]},
            )
        ],
    ),
    Rule(
        "Dynoxide stops at the first statement of a transaction that fails; DynamoDB gives a "
        "reason for each",
        "API Reference, ExecuteTransaction, Errors, TransactionCanceledException",
        _first_reason_only,
        [
            (
                "ExecuteTransaction",
                {
                    "TransactStatements": [
                        {"Statement": f'UPDATE "generated" SET aa = 1 WHERE pk = {pk} AND sk = 1'}
                        for pk in ("'absent'", "'missing'")
                    ]
                },
            )
        ],
    ),
    Rule(
        "Dynoxide refuses a batch that names an item twice even where one of the two statements "
        "cannot be carried out. AWS does not say which is looked at first: open",
        "API Reference, BatchExecuteStatement, Errors",
        fails("contains duplicates", operations=["BatchExecuteStatement"]),
        [
            (
                "BatchExecuteStatement",
                {
                    "Statements": [
                        {"Statement": f'DELETE FROM "generated" {WHERE} AND "aa" < true'},
                        {"Statement": f'DELETE FROM "generated" {WHERE}'},
                    ]
                },
            )
        ],
    ),
)
"""What Dynoxide 1.2 does otherwise with statements."""
