"""`Expected`, the legacy filters and `ConditionalOperator`."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import ConditionFailed, InvalidRequest
from anydynamo.testing.contracts.client import (
    NS,
    NULL,
    SS,
    B,
    Client,
    Contract,
    L,
    M,
    N,
    S,
)
from anydynamo.testing.contracts.legacy import COUNT, ITEM, KEY, compare, legacy_table

__all__ = ["LegacyConditionContract"]

# Each: the attribute, its condition, and whether it holds of ITEM.
COMPARISONS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "equal": ("s", compare("EQ", S("hello")), True),
    "not equal": ("s", compare("EQ", S("x")), False),
    "another type": ("n", compare("EQ", S("10")), False),
    "equal numbers": ("n", compare("EQ", N("10.0")), True),
    "equal sets": ("ss", compare("EQ", SS("b", "a")), True),
    "equal lists": ("l", compare("EQ", ITEM["l"]), True),
    "equal maps": ("m", compare("EQ", M(k=S("v"))), True),
    "equal booleans": ("yes", compare("EQ", {"BOOL": True}), True),
    "absent is equal to nothing": ("absent", compare("EQ", S("x")), False),
    "no path": ("m.k", compare("EQ", S("v")), False),
    "differs": ("s", compare("NE", S("x")), True),
    "does not differ": ("s", compare("NE", S("hello")), False),
    "differs in type": ("n", compare("NE", S("10")), True),
    "absent differs": ("absent", compare("NE", S("x")), True),
    "sets do not differ": ("ns", compare("NE", NS(2, 1)), False),
    "less or equal": ("n", compare("LE", N(10)), True),
    "not less or equal": ("n", compare("LE", N(9)), False),
    "less": ("n", compare("LT", N(11)), True),
    "not less": ("n", compare("LT", N(10)), False),
    "greater or equal": ("n", compare("GE", N(10)), True),
    "not greater or equal": ("n", compare("GE", N(11)), False),
    "greater": ("n", compare("GT", N(9)), True),
    "numbers are ordered as numbers": ("n", compare("GT", N(100)), False),
    "binaries are unsigned": ("b", compare("GT", B(b"\x01\x7f")), True),
    "text is not less than a number": ("s", compare("LT", N(1)), False),
    "text is not greater than a number": ("s", compare("GT", N(1)), False),
    "absent is not less": ("absent", compare("LT", N(1)), False),
    "present": ("s", compare("NOT_NULL"), True),
    "a null is present": ("nul", compare("NOT_NULL"), True),
    "absent is not present": ("absent", compare("NOT_NULL"), False),
    "absent": ("absent", compare("NULL"), True),
    "a null is not absent": ("nul", compare("NULL"), False),
    "part of text": ("s", compare("CONTAINS", S("ell")), True),
    "no part of text": ("s", compare("CONTAINS", S("x")), False),
    "part of a binary": ("b", compare("CONTAINS", B(b"\x80")), True),
    "member of a string set": ("ss", compare("CONTAINS", S("a")), True),
    "member of a number set": ("ns", compare("CONTAINS", N("1.0")), True),
    "member of a binary set": ("bs", compare("CONTAINS", B(b"b")), True),
    "member of a list": ("l", compare("CONTAINS", N(1)), True),
    "true in a list": ("l", compare("CONTAINS", {"BOOL": True}), True),
    "no member of a list": ("l", compare("CONTAINS", S("x")), False),
    "absent contains nothing": ("absent", compare("CONTAINS", S("x")), False),
    "does not contain": ("s", compare("NOT_CONTAINS", S("x")), True),
    "does contain": ("ss", compare("NOT_CONTAINS", S("a")), False),
    "a number does not contain": ("n", compare("NOT_CONTAINS", S("1")), True),
    "absent does not contain": ("absent", compare("NOT_CONTAINS", S("x")), True),
    "prefix": ("s", compare("BEGINS_WITH", S("he")), True),
    "prefix of a binary": ("b", compare("BEGINS_WITH", B(b"\x01")), True),
    "no prefix": ("s", compare("BEGINS_WITH", S("lo")), False),
    "a number has no prefix": ("n", compare("BEGINS_WITH", S("1")), False),
    "among": ("s", compare("IN", S("x"), S("hello")), True),
    "among numbers": ("n", compare("IN", N(1), N("1e1")), True),
    "not among": ("s", compare("IN", S("x"), S("y")), False),
    "absent is not among": ("absent", compare("IN", S("x")), False),
    "a set is not among its members": ("ss", compare("IN", S("a"), S("b")), False),
    "between": ("n", compare("BETWEEN", N(9), N(11)), True),
    "between includes its bounds": ("n", compare("BETWEEN", N(10), N(10)), True),
    "not between": ("n", compare("BETWEEN", N(11), N(12)), False),
    "a number is not between texts": ("n", compare("BETWEEN", S("0"), S("9")), False),
}

_SAME_TYPE = "AttributeValues inside AttributeValueList must be of same type"
# Each: a condition that no attribute can have, and a part of the text.
BAD_COMPARISONS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": (compare("LIKE", S("a")), "Member must satisfy enum value set"),
    "EQ of two": (compare("EQ", S("a"), S("b")), f"{COUNT}EQ"),
    "NULL of one": (compare("NULL", S("a")), f"{COUNT}NULL"),
    "NOT_NULL of one": (compare("NOT_NULL", S("a")), f"{COUNT}NOT_NULL"),
    "BETWEEN of one": (compare("BETWEEN", S("a")), f"{COUNT}BETWEEN"),
    "BETWEEN of three": (compare("BETWEEN", S("a"), S("b"), S("c")), f"{COUNT}BETWEEN"),
    "BETWEEN of two types": (compare("BETWEEN", S("a"), N(1)), _SAME_TYPE),
    "BETWEEN from above": (compare("BETWEEN", N(10), N(9)), "lower bound is greater"),
    "BETWEEN of sets": (compare("BETWEEN", SS("a"), SS("b")), "is not valid for SS"),
    "IN of two types": (compare("IN", S("a"), N(1)), _SAME_TYPE),
    "IN of sets": (compare("IN", SS("a")), "IN is not valid for SS AttributeValue type"),
    "IN of booleans": (compare("IN", {"BOOL": True}), "IN is not valid for BOOL"),
    "LT of a set": (compare("LT", NS(1)), "LT is not valid for NS AttributeValue type"),
    "LE of a boolean": (compare("LE", {"BOOL": True}), "LE is not valid for BOOL"),
    "GT of a list": (compare("GT", L()), "GT is not valid for L AttributeValue type"),
    "GE of null": (compare("GE", NULL), "GE is not valid for NULL AttributeValue type"),
    "CONTAINS of a set": (compare("CONTAINS", SS("a")), "CONTAINS is not valid for SS"),
    "NOT_CONTAINS of a map": (compare("NOT_CONTAINS", M()), "NOT_CONTAINS is not valid for M"),
    "BEGINS_WITH a number": (compare("BEGINS_WITH", N(1)), "BEGINS_WITH is not valid for N"),
    "empty set": (compare("EQ", SS()), "may not be empty"),
    "no number": (compare("EQ", N("x")), "cannot be converted to a numeric value"),
}

# Each: an entry of `Expected` for the attribute `s`, and whether it holds of ITEM.
EXPECTATIONS: dict[str, tuple[dict[str, Any], bool]] = {
    "value": ({"Value": S("hello")}, True),
    "another value": ({"Value": S("x")}, False),
    "value that exists": ({"Value": S("hello"), "Exists": True}, True),
    "another value that exists": ({"Value": S("x"), "Exists": True}, False),
    "does not exist": ({"Exists": False}, False),
    "value and operator": ({"Value": S("x"), "ComparisonOperator": "GT"}, False),
    "NULL without values": ({"ComparisonOperator": "NULL", "AttributeValueList": []}, False),
}

BAD_EXPECTATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "Value must be provided when Exists is null for Attribute: s"),
    "no value": ({"Exists": True}, "Value must be provided when Exists is true for Attribute: s"),
    "value of nothing": (
        {"Exists": False, "Value": S("x")},
        "Value cannot be used when Exists is false for Attribute: s",
    ),
    "exists and operator": (
        {"Exists": True, **compare("EQ", S("x"))},
        "Exists and ComparisonOperator cannot be used together for Attribute: s",
    ),
    "value and list": (
        {"Value": S("x"), **compare("EQ", S("x"))},
        "Value and AttributeValueList cannot be used together for Attribute: s",
    ),
    "list alone": (
        {"AttributeValueList": [S("x")]},
        "AttributeValueList can only be used with a ComparisonOperator for Attribute: s",
    ),
    "list and exists": (
        {"AttributeValueList": [S("x")], "Exists": True},
        "AttributeValueList can only be used with a ComparisonOperator for Attribute: s",
    ),
    "operator alone": (
        compare("EQ"),
        "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: s",
    ),
    "IN of nothing": (
        {"ComparisonOperator": "IN", "AttributeValueList": []},
        "Value or AttributeValueList must be used with ComparisonOperator: IN for Attribute: s",
    ),
}

PAIRS: list[tuple[str | None, list[str], bool]] = [
    (None, ["s", "n"], True),
    (None, ["s", "absent"], False),
    ("AND", ["s", "n", "ss"], True),
    ("AND", ["absent", "s"], False),
    ("OR", ["s", "absent"], True),
    ("OR", ["absent", "gone", "n"], True),
    ("OR", ["absent", "gone"], False),
]


class LegacyConditionContract(Contract):
    """What a legacy condition says of an item, over a write and over what a read returns."""

    @pytest.mark.parametrize("case", COMPARISONS)
    async def test_a_comparison_decides_over_a_write(self, db: Client, case: str) -> None:
        table = await legacy_table(db)
        attribute, condition, holds = COMPARISONS[case]
        delete: dict[str, Any] = {
            "TableName": table,
            "Key": KEY,
            "Expected": {attribute: condition},
        }
        if holds:
            assert await db("DeleteItem", **delete) == {}
        else:
            await db.refused(
                ConditionFailed, "DeleteItem", "The conditional request failed", **delete
            )
        assert (await db.get(table, **KEY) is None) is holds

    @pytest.mark.parametrize("case", COMPARISONS)
    async def test_a_legacy_filter_selects_by_the_same_rules(self, db: Client, case: str) -> None:
        table = await legacy_table(db)
        attribute, condition, holds = COMPARISONS[case]
        read: dict[str, Any] = {"TableName": table}
        conditions = {attribute: condition}
        keys = {"pk": compare("EQ", KEY["pk"]), "sk": compare("EQ", KEY["sk"])}
        for answer in (
            await db("Scan", ScanFilter=conditions, **read),
            await db("Query", QueryFilter=conditions, KeyConditions=keys, **read),
        ):
            assert (ITEM in answer["Items"]) is holds
            assert answer["Count"] == len(answer["Items"])

    @pytest.mark.parametrize("case", BAD_COMPARISONS)
    async def test_a_comparison_that_cannot_be_is_refused(self, db: Client, case: str) -> None:
        table = await legacy_table(db)
        condition, says = BAD_COMPARISONS[case]
        requests: list[tuple[str, dict[str, Any]]] = [
            ("DeleteItem", {"Key": KEY, "Expected": {"absent": condition}}),
            ("Scan", {"ScanFilter": {"absent": condition}}),
        ]
        for operation, request in requests:
            await db.refused(InvalidRequest, operation, says, TableName=table, **request)
        assert await db.get(table, **KEY) == ITEM

    @pytest.mark.parametrize("case", EXPECTATIONS)
    async def test_an_expectation_decides_over_a_write(self, db: Client, case: str) -> None:
        table = await legacy_table(db)
        expectation, holds = EXPECTATIONS[case]
        put: dict[str, Any] = {
            "TableName": table,
            "Item": {**KEY, "s": S("new")},
            "Expected": {"s": expectation},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if holds:
            assert await db("PutItem", **put) == {}
        else:
            assert (await db.refused(ConditionFailed, "PutItem", **put)).item == ITEM

    @pytest.mark.parametrize("case", BAD_EXPECTATIONS)
    async def test_an_expectation_that_cannot_be_is_refused(self, db: Client, case: str) -> None:
        table = await legacy_table(db)
        expectation, says = BAD_EXPECTATIONS[case]
        request: dict[str, Any] = {"TableName": table, "Key": KEY, "Expected": {"s": expectation}}
        await db.refused(InvalidRequest, "UpdateItem", says, **request)
        assert await db.get(table, **KEY) == ITEM

    @pytest.mark.parametrize(("exists", "key"), [(True, "b"), (False, "z")])
    async def test_an_item_is_put_only_where_there_is_none(
        self, db: Client, exists: bool, key: str
    ) -> None:
        table = await legacy_table(db)
        put: dict[str, Any] = {
            "TableName": table,
            "Item": {"pk": S("p"), "sk": S(key)},
            "Expected": {"pk": {"Exists": False}},
        }
        if exists:
            await db.refused(ConditionFailed, "PutItem", **put)
        else:
            await db("PutItem", **put)
        assert await db.get(table, pk=S("p"), sk=S(key)) == (ITEM if exists else put["Item"])

    @pytest.mark.parametrize(("combination", "names", "holds"), PAIRS)
    async def test_several_conditions_are_combined(
        self,
        db: Client,
        combination: str | None,
        names: list[str],
        holds: bool,
    ) -> None:
        table = await legacy_table(db)
        more = {} if combination is None else {"ConditionalOperator": combination}
        conditions = {name: compare("EQ", ITEM.get(name, S("x"))) for name in names}
        found = await db("Scan", TableName=table, ScanFilter=conditions, **more)
        assert found["Items"] == ([ITEM] if holds else [])
        delete: dict[str, Any] = {
            "TableName": table,
            "Key": KEY,
            "Expected": conditions,
            **more,
        }
        if holds:
            await db("DeleteItem", **delete)
        else:
            await db.refused(ConditionFailed, "DeleteItem", **delete)

    @pytest.mark.parametrize(
        ("operation", "request_", "says"),
        [
            ("DeleteItem", {"Key": KEY}, "cannot be used without Filter or Expected"),
            ("DeleteItem", {"Key": KEY, "Expected": {}}, "cannot be used without"),
            (
                "DeleteItem",
                {"Key": KEY, "Expected": {"s": {"Value": S("hello")}}},
                "Filter or Expected has two or more elements",
            ),
            ("Scan", {}, "cannot be used without Filter or Expected"),
            ("Scan", {"ScanFilter": {"n": compare("NULL")}}, "two or more elements"),
            ("Query", {"KeyConditions": {"pk": compare("EQ", S("p"))}}, "cannot be used without"),
        ],
        ids=["no condition", "no entry", "one entry", "scan", "one filter", "query"],
    )
    async def test_there_must_be_two_conditions_to_combine(
        self, db: Client, operation: str, request_: dict[str, Any], says: str
    ) -> None:
        table = await legacy_table(db)
        await db.refused(
            InvalidRequest,
            operation,
            says,
            TableName=table,
            ConditionalOperator="OR",
            **request_,
        )
