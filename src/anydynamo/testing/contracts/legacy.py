"""The legacy parameters, the ones from before expressions."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import ConditionFailed, InvalidRequest
from anydynamo.testing.contracts.client import (
    BS,
    NS,
    NULL,
    SS,
    B,
    Client,
    Contract,
    Item,
    L,
    M,
    N,
    S,
)

__all__ = ["LegacyContract"]

KEY: Item = {"pk": S("p"), "sk": S("b")}
ITEM: Item = {
    **KEY,
    "s": S("hello"),
    "n": N(10),
    "b": B(b"\x01\x80\xff"),
    "yes": {"BOOL": True},
    "nul": NULL,
    "l": L(S("a"), N(1), {"BOOL": True}),
    "m": M(k=S("v")),
    "ss": SS("a", "b"),
    "ns": NS(1, 2),
    "bs": BS(b"a", b"b"),
}


def compare(operator: str, *values: Item) -> dict[str, Any]:
    """Write a condition."""
    condition: dict[str, Any] = {"ComparisonOperator": operator}
    if values:
        condition["AttributeValueList"] = list(values)
    return condition


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

_COUNT = "Invalid number of argument(s) for the "
_SAME_TYPE = "AttributeValues inside AttributeValueList must be of same type"
# Each: a condition that no attribute can have, and a part of the text.
BAD_COMPARISONS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": (compare("LIKE", S("a")), "Member must satisfy enum value set"),
    "EQ of two": (compare("EQ", S("a"), S("b")), f"{_COUNT}EQ"),
    "NULL of one": (compare("NULL", S("a")), f"{_COUNT}NULL"),
    "NOT_NULL of one": (compare("NOT_NULL", S("a")), f"{_COUNT}NOT_NULL"),
    "BETWEEN of one": (compare("BETWEEN", S("a")), f"{_COUNT}BETWEEN"),
    "BETWEEN of three": (compare("BETWEEN", S("a"), S("b"), S("c")), f"{_COUNT}BETWEEN"),
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


async def _table(db: Client) -> str:
    """Create a table that holds ITEM between two others of its partition."""
    table = await db.create("legacy", "pk:S", "sk:S")
    for sk in ("a", "c"):
        await db.put(table, {"pk": S("p"), "sk": S(sk), "n": N(1)})
    await db.put(table, ITEM)
    return table


class LegacyContract(Contract):
    """`Expected`, the filters, `KeyConditions`, `AttributesToGet` and `ConditionalOperator`."""

    @pytest.mark.parametrize("case", COMPARISONS)
    async def test_a_comparison_decides_over_a_write(self, db: Client, case: str) -> None:
        table = await _table(db)
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
        table = await _table(db)
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
        table = await _table(db)
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
        table = await _table(db)
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
        table = await _table(db)
        expectation, says = BAD_EXPECTATIONS[case]
        request: dict[str, Any] = {"TableName": table, "Key": KEY, "Expected": {"s": expectation}}
        await db.refused(InvalidRequest, "UpdateItem", says, **request)
        assert await db.get(table, **KEY) == ITEM

    @pytest.mark.parametrize(("exists", "key"), [(True, "b"), (False, "z")])
    async def test_an_item_is_put_only_where_there_is_none(
        self, db: Client, exists: bool, key: str
    ) -> None:
        table = await _table(db)
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
        table = await _table(db)
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
        table = await _table(db)
        await db.refused(
            InvalidRequest,
            operation,
            says,
            TableName=table,
            ConditionalOperator="OR",
            **request_,
        )

    @pytest.mark.parametrize(
        ("names", "selected"),
        [
            (["s", "n"], {"s": ITEM["s"], "n": ITEM["n"]}),
            (["pk", "absent"], {"pk": ITEM["pk"]}),
            (["absent"], {}),
            (["m.k"], {}),
        ],
    )
    async def test_attributes_to_get_are_all_that_is_read(
        self, db: Client, names: list[str], selected: Item
    ) -> None:
        table = await _table(db)
        read: dict[str, Any] = {"TableName": table, "AttributesToGet": names}
        assert await db("GetItem", Key=KEY, **read) == {"Item": selected}
        answer = await db(
            "BatchGetItem", RequestItems={table: {"Keys": [KEY], "AttributesToGet": names}}
        )
        assert answer["Responses"] == {table: [selected]}
        keys = {"pk": compare("EQ", KEY["pk"]), "sk": compare("EQ", KEY["sk"])}
        answer = await db("Query", KeyConditions=keys, **read)
        assert (answer["Items"], answer["Count"]) == ([selected], 1)
        answer = await db("Scan", ScanFilter={"s": compare("NOT_NULL")}, **read)
        assert (answer["Items"], answer["ScannedCount"]) == ([selected], 3)

    async def test_attributes_of_an_absent_item_are_no_item(self, db: Client) -> None:
        table = await _table(db)
        absent = {"pk": S("p"), "sk": S("z")}
        assert await db("GetItem", TableName=table, Key=absent, AttributesToGet=["s"]) == {}

    @pytest.mark.parametrize(
        ("operation", "request_", "says"),
        [
            ("GetItem", {"Key": KEY, "AttributesToGet": ["s", "s"]}, "attribute name: s"),
            ("Scan", {"AttributesToGet": []}, "greater than or equal to 1"),
            ("Scan", {"AttributesToGet": ["s"], "Select": "COUNT"}, "only the Count"),
            ("Scan", {"AttributesToGet": ["s"], "Select": "ALL_ATTRIBUTES"}, "get ALL_ATTR"),
        ],
        ids=["twice", "none", "count", "all"],
    )
    async def test_attributes_that_cannot_be_got_are_refused(
        self, db: Client, operation: str, request_: dict[str, Any], says: str
    ) -> None:
        table = await _table(db)
        await db.refused(InvalidRequest, operation, says, TableName=table, **request_)

    @pytest.mark.parametrize(
        ("condition", "found"),
        [
            (None, "abc"),
            (compare("EQ", S("b")), "b"),
            (compare("LE", S("b")), "ab"),
            (compare("LT", S("b")), "a"),
            (compare("GE", S("b")), "bc"),
            (compare("GT", S("b")), "c"),
            (compare("BETWEEN", S("b"), S("c")), "bc"),
            (compare("BEGINS_WITH", S("b")), "b"),
        ],
        ids=["all", "EQ", "LE", "LT", "GE", "GT", "BETWEEN", "BEGINS_WITH"],
    )
    async def test_key_conditions_select_a_range(
        self, db: Client, condition: dict[str, Any] | None, found: str
    ) -> None:
        table = await _table(db)
        keys = {"pk": compare("EQ", S("p"))}
        if condition is not None:
            keys["sk"] = condition
        for forward in (True, False):
            items = await db.all(
                "Query", TableName=table, KeyConditions=keys, ScanIndexForward=forward, Limit=1
            )
            assert "".join(item["sk"]["S"] for item in items) == (found if forward else found[::-1])

    @pytest.mark.parametrize(
        ("keys", "says"),
        [
            ({}, "Either the KeyConditions or KeyConditionExpression parameter must be"),
            ({"sk": compare("EQ", S("a"))}, "Query condition missed key schema element: pk"),
            ({"pk": compare("LT", S("p"))}, "Query key condition not supported"),
            ({"pk": compare("EQ", N(1))}, "Condition parameter type does not match schema type"),
            ({"pk": compare("EQ", SS("p"))}, "type"),
            ({"pk": compare("EQ")}, f"{_COUNT}EQ"),
            (
                {"pk": compare("EQ", S("p")), "n": compare("EQ", N(1))},
                "Query condition missed key schema element: sk",
            ),
            *(
                (
                    {"pk": compare("EQ", S("p")), "sk": condition},
                    "Attempted conditional constraint is not an indexable operation",
                )
                for condition in (
                    compare("NE", S("a")),
                    compare("IN", S("a")),
                    compare("NULL"),
                    compare("NOT_NULL"),
                    compare("CONTAINS", S("a")),
                    compare("NOT_CONTAINS", S("a")),
                )
            ),
            (
                {"pk": compare("EQ", S("p")), "sk": compare("BETWEEN", S("b"), S("a"))},
                "lower bound",
            ),
            (
                {"pk": compare("EQ", S("p")), "sk": compare("BEGINS_WITH", N(1))},
                "BEGINS_WITH is not valid for N AttributeValue type",
            ),
        ],
        ids=[
            "none",
            "sort key alone",
            "partition by order",
            "wrong type",
            "set",
            "no value",
            "no key",
            "NE",
            "IN",
            "NULL",
            "NOT_NULL",
            "CONTAINS",
            "NOT_CONTAINS",
            "BETWEEN from above",
            "BEGINS_WITH a number",
        ],
    )
    async def test_what_are_no_key_conditions_is_refused(
        self, db: Client, keys: dict[str, Any], says: str
    ) -> None:
        table = await _table(db)
        await db.refused(InvalidRequest, "Query", says, TableName=table, KeyConditions=keys)

    async def test_a_query_filter_counts_what_it_leaves_out_and_no_keys(self, db: Client) -> None:
        table = await _table(db)
        query: dict[str, Any] = {
            "TableName": table,
            "KeyConditions": {"pk": compare("EQ", S("p"))},
        }
        answer = await db("Query", QueryFilter={"n": compare("GT", N(1))}, **query)
        assert (answer["Items"], answer["Count"], answer["ScannedCount"]) == ([ITEM], 1, 3)
        await db.refused(
            InvalidRequest,
            "Query",
            "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk",
            QueryFilter={"sk": compare("EQ", S("b"))},
            **query,
        )
        answer = await db("Scan", TableName=table, ScanFilter={"sk": compare("EQ", S("b"))})
        assert answer["Items"] == [ITEM]

    @pytest.mark.parametrize(
        ("operation", "legacy", "modern"),
        [
            ("GetItem", {"Key": KEY, "AttributesToGet": ["s"]}, "ProjectionExpression"),
            ("PutItem", {"Item": ITEM, "Expected": {}}, "ConditionExpression"),
            ("DeleteItem", {"Key": KEY, "ConditionalOperator": "OR"}, "ConditionExpression"),
            ("UpdateItem", {"Key": KEY, "Expected": {}}, "UpdateExpression"),
            ("UpdateItem", {"Key": KEY, "AttributeUpdates": {}}, "ConditionExpression"),
            ("Query", {"KeyConditions": {}}, "FilterExpression"),
            ("Query", {"QueryFilter": {}}, "KeyConditionExpression"),
            ("Scan", {"ScanFilter": {}}, "ProjectionExpression"),
        ],
    )
    async def test_legacy_parameters_do_not_go_with_any_expression(
        self, db: Client, operation: str, legacy: dict[str, Any], modern: str
    ) -> None:
        table = await _table(db)
        expression = "SET s = n" if modern == "UpdateExpression" else "attribute_exists(s)"
        if modern == "ProjectionExpression":
            expression = "s"
        await db.refused(
            InvalidRequest,
            operation,
            "Can not use both expression and non-expression parameters in the same request",
            TableName=table,
            **legacy,
            **{modern: expression},
        )

    async def test_a_batch_does_not_mix_them_either(self, db: Client) -> None:
        table = await _table(db)
        mixed = {"Keys": [KEY], "AttributesToGet": ["s"], "ProjectionExpression": "s"}
        await db.refused(
            InvalidRequest,
            "BatchGetItem",
            "Can not use both expression and non-expression parameters in the same request",
            RequestItems={table: mixed},
        )
