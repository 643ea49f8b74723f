"""Where moto and the engine answer requests about items differently, and why.

moto imitates enough of DynamoDB for the tests of programs that use it rightly. Whole families of
behaviour are not there; they are not asked for, or settled by one rule each.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from tests.differential.adjudication.rules import (
    CANCELLED,
    VALIDATION,
    Rule,
    either,
    fails,
    member,
    refuses,
)
from tests.differential.calls import LEGACY_PARAMETERS
from tests.differential.witnesses import KEY, TAB, TOP, N, S

if TYPE_CHECKING:
    from tests.differential.outcomes import Difference

    from anydynamo.testing.strategies import TableShape

__all__ = ["RULES", "plain", "unasked"]

EXACT = Context(prec=200)


def unasked(table: TableShape, operation: str, request: dict[str, Any]) -> str | None:
    """Return why a request is not sent to moto, if it is not."""
    if "Statement" in operation or operation == "ExecuteTransaction":
        return "moto reads few PartiQL statements, and answers others with a status of 500"
    batch = [one for one in request.get("RequestItems", {}).values() if isinstance(one, dict)]
    if any(not LEGACY_PARAMETERS.isdisjoint(one) for one in [request, *batch]):
        return "moto ignores half of the legacy parameters, and checks none"
    return None


def plain(request: Any) -> Any:
    """Write a request's numbers as DynamoDB returns them: moto keeps them as they are written."""
    if isinstance(request, dict):
        if isinstance(number := request.get("N"), str):
            return {"N": _number(number)}
        return {name: plain(inner) for name, inner in request.items()}
    if isinstance(request, list):
        return [plain(inner) for inner in request]
    return request


def _number(text: str) -> str:
    number = Decimal(text)
    return f"{number.normalize(EXACT):f}" if number else "0"


PYTHON = re.compile("ValueError|TypeError|KeyError|AssertionError|AttributeError|IndexError")


def _unequal(difference: Difference) -> bool:
    """Tell whether a comparison with what is absent may have made the difference."""
    decided = {"code", "CancellationReasons", "Items", "Count", "contents"}
    said = str(difference.request)
    return difference.aspect in decided and ("<>" in said or "'NULL'" in said)


RULES: tuple[Rule, ...] = (
    Rule(
        "moto fails inside where it does not know an expression, or a request without one",
        "API Reference, Common Errors: a status of 500 is the service's own failure",
        fails("HTTP 500"),
        [("UpdateItem", TOP)],
    ),
    Rule(
        "moto checks little of what it is asked, and carries out what DynamoDB refuses",
        "API Reference, the Errors of each operation, ValidationException",
        refuses(""),
        [
            (
                "BatchGetItem",
                {"RequestItems": {"generated": {"Keys": [KEY, {**KEY, "sk": N("1.0")}]}}},
            )
        ],
    ),
    Rule(
        "moto charges by rules of its own, and shows it when nobody asked",
        "Developer Guide, DynamoDB read and write operations",
        either(member("ConsumedCapacity"), member("ItemCollectionMetrics")),
        [("BatchWriteItem", {"RequestItems": {"generated": [{"DeleteRequest": {"Key": KEY}}]}})],
    ),
    Rule(
        "moto does not find what a path with an element of a list is about, nor the size of what "
        "is absent",
        "Developer Guide, Using expression attribute names",
        fails("unused in expressions|Bad Filter Expression: Invalid attribute"),
        [
            (
                "GetItem",
                {
                    **TOP,
                    "ProjectionExpression": "#c[1], aa",
                    "ExpressionAttributeNames": {"#c": "cc"},
                },
            )
        ],
    ),
    Rule(
        "moto takes what is absent to be null, and equal to what is absent",
        "Developer Guide, Condition expressions, comparators",
        _unequal,
        [
            (
                "DeleteItem",
                {
                    **TOP,
                    "ConditionExpression": "absent = :n",
                    "ExpressionAttributeValues": {":n": {"NULL": True}},
                },
            )
        ],
    ),
    Rule(
        "moto cancels a transaction with the names of Python's errors as reasons",
        "API Reference, TransactWriteItems, Errors, TransactionCanceledException",
        lambda difference: (
            difference.aspect in {"code", "CancellationReasons"}
            and PYTHON.search(" ".join(difference.theirs.codes)) is not None
        ),
        [
            (
                "TransactWriteItems",
                {
                    "TransactItems": [
                        {
                            "Delete": {
                                **TOP,
                                "ConditionExpression": "size(absent) = :v",
                                "ExpressionAttributeValues": {":v": N(1)},
                            }
                        }
                    ]
                },
            )
        ],
    ),
    Rule(
        "moto refuses the whole transaction for what is wrong with one action once it is "
        "evaluated, and does not say which",
        "API Reference, TransactWriteItems, Errors, TransactionCanceledException: ValidationError",
        lambda difference: (
            difference.aspect == "code"
            and (difference.ours.code, difference.theirs.code) == (CANCELLED, VALIDATION)
        ),
        [
            (
                "TransactWriteItems",
                {"TransactItems": [{"Update": {**TOP, "UpdateExpression": "REMOVE absent.aa"}}]},
            )
        ],
    ),
    Rule(
        "moto refuses to remove a path of an item that is not there",
        "Developer Guide, Update expressions, REMOVE",
        fails("document path provided in the update"),
        [
            (
                "TransactWriteItems",
                {
                    "TransactItems": [
                        {
                            "Update": {
                                **TAB,
                                "Key": {"pk": S("absent"), "sk": N(1)},
                                "UpdateExpression": "REMOVE absent.aa",
                            }
                        }
                    ]
                },
            )
        ],
    ),
    Rule(
        "moto takes an update that reads a key for one that writes it",
        "API Reference, UpdateItem, UpdateExpression",
        fails("part of the key"),
        [("UpdateItem", {**TOP, "UpdateExpression": "SET bb = pk"})],
    ),
    Rule(
        "moto writes small numbers with an exponent where it projects",
        "Developer Guide, Data types, Number: leading and trailing zeroes are trimmed",
        lambda difference: (
            difference.aspect in {"Item", "Items", "Responses", "Attributes"}
            and plain(difference.mine) == plain(difference.other)
        ),
        [
            ("PutItem", {**TAB, "Item": {**KEY, "aa": N("0." + "0" * 29 + "1")}}),
            ("GetItem", {**TOP, "ProjectionExpression": "aa"}),
        ],
    ),
    Rule(
        "moto does not project in TransactGetItems",
        "API Reference, Get, ProjectionExpression",
        member("Responses", operations=["TransactGetItems"]),
        [("TransactGetItems", {"TransactItems": [{"Get": {**TOP, "ProjectionExpression": "aa"}}]})],
    ),
    Rule(
        "moto returns more than what was updated",
        "API Reference, UpdateItem, ReturnValues: only the updated attributes",
        member("Attributes", operations=["UpdateItem"]),
        [
            (
                "UpdateItem",
                {
                    **TAB,
                    "Key": {"pk": S("absent"), "sk": N(1)},
                    "UpdateExpression": "SET aa = :v",
                    "ExpressionAttributeValues": {":v": N(1)},
                    "ReturnValues": "UPDATED_NEW",
                },
            )
        ],
    ),
)
"""What moto 5 does otherwise."""
