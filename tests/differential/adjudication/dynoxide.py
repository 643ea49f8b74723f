"""Where Dynoxide and the engine answer requests about items differently, and why.

After a difference in a write, the machine puts the engine's items into Dynoxide, so that one known
difference does not show up as many.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.differential.adjudication.dynoxide_statements import STATEMENTS
from tests.differential.adjudication.rules import (
    CANCELLED,
    VALIDATION,
    Rule,
    coded,
    contained,
    either,
    fails,
    member,
    refuses,
)
from tests.differential.witnesses import ITEM, KEY, TAB, TOP, N, S

if TYPE_CHECKING:
    from tests.differential.outcomes import Difference

    from anydynamo.testing.strategies import TableShape

__all__ = ["RULES", "unasked"]

ONE = {"ExpressionAttributeValues": {":v": N(1)}}


def unasked(table: TableShape, operation: str, request: dict[str, Any]) -> str | None:
    """Return why a request is not sent to Dynoxide, if it is not."""
    endless = "Limit" in request and "IndexName" not in request and not table.range_key
    if operation == "Query" and endless:
        return "with a limit, it gives the one item of a partition without sort key page after page"
    return None


def _bare_key(difference: Difference) -> bool:
    return (
        difference.aspect == "Attributes"
        and difference.request.get("ReturnValues") == "ALL_OLD"
        and difference.mine is None
    )


def _whole_lists(difference: Difference) -> bool:
    return (
        difference.aspect == "Attributes"
        and "[" in difference.request.get("UpdateExpression", "")
        and difference.request.get("ReturnValues", "").startswith("UPDATED_")
    )


def _parentless(difference: Difference) -> bool:
    """Tell whether all that differs is reasons that name an invalid path."""
    theirs = difference.theirs.response.get("CancellationReasons") or [{"Code": "None"}] * len(
        difference.ours.codes
    )
    return (
        difference.aspect in {"code", "CancellationReasons"}
        and difference.ours.code == CANCELLED
        and difference.theirs.code in {CANCELLED, None}
        and all(
            mine["Code"] == other["Code"]
            or re.search("document path provided in the update|part of the key", mine["Message"])
            for mine, other in zip(
                difference.ours.response["CancellationReasons"], theirs, strict=True
            )
        )
    )


def _transact(*actions: tuple[str, dict[str, Any]], **more: Any) -> tuple[str, dict[str, Any]]:
    return "TransactWriteItems", {
        "TransactItems": [{kind: {**TAB, **one}} for kind, one in actions],
        **more,
    }


RULES: tuple[Rule, ...] = (
    *STATEMENTS,
    Rule(
        "Dynoxide asks the condition before it checks that no key is updated; such an update is "
        "malformed whatever is stored",
        "API Reference, UpdateItem, Key",
        coded(VALIDATION, "ConditionalCheckFailedException", "part of the key"),
        [
            (
                "UpdateItem",
                {**TOP, "UpdateExpression": "SET pk = :v", "ConditionExpression": "bb = :v", **ONE},
            )
        ],
    ),
    Rule(
        "Dynoxide returns the bare key as ALL_OLD of an item that was not there; attributes are "
        "returned as they were before, and there were none",
        "API Reference, UpdateItem, ReturnValues",
        _bare_key,
        [("UpdateItem", {**TAB, "Key": {"pk": S("b"), "sk": N(1)}, "ReturnValues": "ALL_OLD"})],
    ),
    Rule(
        "Dynoxide returns whole lists where elements were updated; DynamoDB returns the elements",
        "API Reference, UpdateItem, ReturnValues: only the updated attributes",
        _whole_lists,
        [
            (
                "UpdateItem",
                {**TOP, "UpdateExpression": "SET cc[1] = :v", "ReturnValues": "UPDATED_NEW", **ONE},
            )
        ],
    ),
    Rule(
        "Dynoxide ignores REMOVE and DELETE of a path without a parent; DynamoDB refuses a path "
        "that is invalid for update",
        "Developer Guide, Update expressions, REMOVE",
        either(refuses("document path provided in the update expression is invalid"), _parentless),
        [("UpdateItem", {**TOP, "UpdateExpression": "REMOVE absent.aa"})],
    ),
    Rule(
        "Dynoxide overlooks that paths overlap or conflict where they stand in different clauses, "
        "or are both removed",
        "Developer Guide, Update expressions",
        refuses("Two document paths"),
        [
            _transact(
                ("Update", {"Key": {**KEY, "sk": N(2)}, "UpdateExpression": "REMOVE cc[2], cc"})
            )
        ],
    ),
    Rule(
        "Dynoxide compares an operand with itself; DynamoDB refuses operands that are not distinct",
        "Developer Guide, Condition expressions; the text is the service's",
        refuses("The first operand must be distinct"),
        [("DeleteItem", {**TOP, "ConditionExpression": "aa = aa"})],
    ),
    Rule(
        "Dynoxide takes keys for different whose numbers are only spelt differently; numbers are "
        "compared by value",
        "Developer Guide, Data types, Number",
        refuses("Provided list of item keys contains duplicates|multiple operations on one item"),
        [
            (
                "BatchGetItem",
                {"RequestItems": {"generated": {"Keys": [KEY, {**KEY, "sk": N("1.0")}]}}},
            )
        ],
    ),
    Rule(
        "Dynoxide cancels a transaction for what DynamoDB refuses before it begins",
        "API Reference, TransactWriteItems, Errors",
        coded(VALIDATION, CANCELLED),
        [
            _transact(
                ("Put", {"Item": KEY}),
                ("Update", {"Key": {**KEY, "sk": N(2)}, "UpdateExpression": "SET aa = :v"}),
            )
        ],
    ),
    Rule(
        "Dynoxide projects too much, or not at all, in TransactGetItems, and calls an item absent "
        "that has none of the attributes",
        "API Reference, Get, ProjectionExpression",
        member(
            "Responses",
            lambda mine, other: all(
                contained(one.get("Item", {}), another.get("Item", {}))
                for one, another in zip(mine, other, strict=True)
            ),
            operations=["TransactGetItems"],
        ),
        [
            (
                "TransactGetItems",
                {"TransactItems": [{"Get": {**TOP, "ProjectionExpression": "aa, cc[1]"}}]},
            )
        ],
    ),
    Rule(
        "Dynoxide estimates item collections to the byte, and none in transactions; DynamoDB has "
        "a range of gigabytes",
        "API Reference, ItemCollectionMetrics; AWS CLI Command Reference, put-item, example 1",
        member("ItemCollectionMetrics", lambda mine, other: bool(mine)),
        [("PutItem", {**TAB, "Item": ITEM, "ReturnItemCollectionMetrics": "SIZE"})],
    ),
    Rule(
        "Dynoxide checks the values of legacy conditions when it evaluates them, if at all",
        "API Reference, Condition, ComparisonOperator",
        refuses("ComparisonOperator|AttributeValueList|BETWEEN|begins_with|operand"),
        [
            (
                "DeleteItem",
                {
                    **TOP,
                    "Expected": {
                        "aa": {"ComparisonOperator": "LT", "AttributeValueList": [{"NULL": True}]}
                    },
                },
            )
        ],
    ),
    Rule(
        "Dynoxide takes a ConditionalOperator beside one condition",
        "Developer Guide, Legacy conditional parameters, ConditionalOperator",
        refuses("ConditionalOperator can only be used"),
        [
            (
                "DeleteItem",
                {**TOP, "Expected": {"aa": {"Exists": False}}, "ConditionalOperator": "AND"},
            )
        ],
    ),
    Rule(
        "Dynoxide takes the name of a legacy condition for an expression's",
        "API Reference, ExpectedAttributeValue: a map of attribute names",
        fails(r'Syntax error; token: "Ã|#expected_|#qf_'),
        [("DeleteItem", {**TOP, "Expected": {"é": {"Exists": False}}})],
    ),
    Rule(
        "Dynoxide creates the item that a legacy DELETE finds absent",
        "Developer Guide, Legacy conditional parameters, AttributeUpdates",
        lambda difference: (
            difference.aspect in {"contents", "Attributes"}
            and "AttributeUpdates" in difference.request
        ),
        [
            (
                "UpdateItem",
                {
                    **TAB,
                    "Key": {"pk": S("b"), "sk": N(1)},
                    "AttributeUpdates": {"aa": {"Action": "DELETE"}},
                    "ReturnValues": "ALL_NEW",
                },
            )
        ],
    ),
    Rule(
        "Dynoxide takes AttributesToGet beside a Select that leaves nothing to choose",
        "API Reference, Query, Select",
        refuses("Cannot specify the AttributesToGet"),
        [("Scan", {**TAB, "AttributesToGet": ["aa"], "Select": "COUNT"})],
    ),
    Rule(
        "Dynoxide takes a start key outside of what the query reads, or of its partition alone",
        "Developer Guide, Paginating table query results: as returned by the query before",
        refuses("starting key is outside query boundaries|starting key is invalid"),
        [
            (
                "Query",
                {
                    "TableName": "simple",
                    "KeyConditionExpression": "pk = :p",
                    "ExpressionAttributeValues": {":p": S("a")},
                    "ExclusiveStartKey": {"pk": S("a")},
                },
            )
        ],
    ),
    Rule(
        "Dynoxide finds out that a value is not defined when it comes to it",
        "API Reference, DeleteItem, ExpressionAttributeValues",
        refuses("attribute value used in expression is not defined"),
        [("DeleteItem", {**TOP, "ConditionExpression": "absent = bb AND aa = :v"})],
    ),
    Rule(
        "Dynoxide charges what a scan of an index reads to the table",
        "API Reference, ConsumedCapacity, LocalSecondaryIndexes",
        lambda difference: (
            difference.aspect == "ConsumedCapacity" and "IndexName" in difference.request
        ),
        [("Scan", {**TAB, "IndexName": "local", "ReturnConsumedCapacity": "INDEXES"})],
    ),
    Rule(
        "Dynoxide does not fetch from the table what a local index lacks",
        "API Reference, Query, Select, ALL_ATTRIBUTES",
        lambda difference: (
            difference.aspect == "Items"
            and "IndexName" in difference.request
            and contained(difference.other, difference.mine)
        ),
        [("Scan", {**TAB, "IndexName": "local", "Select": "ALL_ATTRIBUTES"})],
    ),
    Rule(
        "Dynoxide does not check what a placeholder stands for",
        "API Reference, GetItem, ExpressionAttributeNames; Developer Guide, Constraints",
        refuses("ExpressionAttributeNames contains invalid value"),
        [
            (
                "GetItem",
                {**TOP, "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": ""}},
            )
        ],
    ),
    Rule(
        "Dynoxide does not look at a setting that it has no use for in the request",
        "API Reference, PutItem, ReturnValuesOnConditionCheckFailure: valid values",
        refuses("failed to satisfy constraint"),
        [
            (
                "DeleteItem",
                {
                    **TOP,
                    "ConditionExpression": "aa = bb",
                    "ReturnValuesOnConditionCheckFailure": "x",
                },
            )
        ],
    ),
    Rule(
        "Dynoxide cannot read a null for the content of a value; a member that is null counts as "
        "absent, so that the value is empty",
        "API Reference, AttributeValue; JSON readers of the AWS SDKs. The texts are unsettled",
        coded(VALIDATION, "SerializationException", "Supplied AttributeValue is empty"),
        [("PutItem", {**TAB, "Item": {**KEY, "aa": {"M": {"bb": {"M": None}}}}})],
    ),
    Rule(
        "Dynoxide finds out late that a value inside a value cannot be read",
        "API Reference, Common errors, SerializationException",
        coded("SerializationException", VALIDATION),
        [("PutItem", {**TAB, "Item": {**KEY, "aa": {"M": {"bb": 0}}}})],
    ),
)
"""What Dynoxide 1.2 does otherwise."""
