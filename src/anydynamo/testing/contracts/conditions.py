"""Conditions and filters: what holds, what does not, and what is no condition at all."""

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

__all__ = ["ConditionContract"]

ITEM: Item = {
    "pk": S("1"),
    "s": S("hello"),
    "blank": S(""),
    "n": N(10),
    "b": B(b"\x01\x80\xff"),
    "yes": {"BOOL": True},
    "nul": NULL,
    "l": L(S("a"), N(1), L(N(2))),
    "m": M(k=S("v"), n=N(1), deep=M(x=N(7))),
    "ss": SS("a", "b"),
    "ns": NS(1, 2),
    "bs": BS(b"a", b"b"),
    "n2": N(10),
}

# Each: the condition, and whether it holds of ITEM. `:name` stands for VALUES["name"].
CONDITIONS: dict[str, bool] = {
    # Equality: by type and value; two absent attributes are not equal, and differ.
    "s = :hello": True,
    ":hello = s": True,
    "s = :ten": False,
    "n = :ten": True,
    "n = :ten_zeros": True,
    "n = :ten_text": False,
    "n = n2": True,
    "ss = :ba": True,
    "ns = :numbers": True,
    "l = :l": True,
    "m = :m": True,
    "nul = :null": True,
    "yes = :true": True,
    "absent = :hello": False,
    "absent <> :hello": True,
    "absent = gone": False,
    "absent <> gone": True,
    "s <> :hello": False,
    "s <> :ten": True,
    "m.k = :v": True,
    "m.deep.x = :seven": True,
    "l[0] = :a": True,
    "l[2][0] = :two": True,
    "l[9] = :a": False,
    "m[0] = :a": False,
    "s.x = :a": False,
    # Order: only between two strings, two numbers or two binary values.
    "n < :eleven": True,
    "n <= :ten": True,
    "n > :ten": False,
    "n >= :ten": True,
    "n > :nine": True,
    "n < :text": False,
    "s < :text": True,
    "s > :text": False,
    "s < :upper": False,
    "b < :b_high": True,
    "b > :b_low": True,
    "absent < :ten": False,
    "l < :ten": False,
    "n BETWEEN :nine AND :eleven": True,
    "n BETWEEN :ten AND :ten": True,
    "n BETWEEN :eleven AND :twelve": False,
    "s BETWEEN :a AND :text": True,
    "absent BETWEEN :nine AND :eleven": False,
    ":ten BETWEEN n AND n2": True,
    "n BETWEEN n2 AND :nine": False,
    "n BETWEEN s AND :eleven": False,
    "s IN (:a, :hello)": True,
    "s IN (:a, :ten)": False,
    "n IN (:ten_text, :ten)": True,
    "absent IN (:a)": False,
    "n IN (n2)": True,
    # Logic.
    "s = :hello AND n = :ten": True,
    "s = :hello AND n = :nine": False,
    "s = :a OR n = :ten": True,
    "NOT s = :a": True,
    "NOT s = :hello": False,
    "not (s = :a or n = :nine)": True,
    "s = :a AND n = :nine OR yes = :true": True,
    "s = :a AND (n = :nine OR yes = :true)": False,
    "NOT s = :a AND n = :ten": True,
    "NOT NOT s = :hello": True,
    # Functions.
    "attribute_exists(s)": True,
    "attribute_exists(nul)": True,
    "attribute_exists(absent)": False,
    "attribute_exists(m.deep.x)": True,
    "attribute_exists(l[3])": False,
    "attribute_not_exists(absent)": True,
    "attribute_not_exists(s)": False,
    "attribute_not_exists(m.absent.x)": True,
    "attribute_type(s, :type_s)": True,
    "attribute_type(n, :type_s)": False,
    "attribute_type(nul, :type_null)": True,
    "attribute_type(ss, :type_ss)": True,
    "attribute_type(absent, :type_s)": False,
    "begins_with(s, :he)": True,
    "begins_with(s, :empty)": True,
    "begins_with(s, :a)": False,
    "begins_with(b, :b_first)": True,
    "begins_with(n, :he)": False,
    "begins_with(absent, :he)": False,
    "contains(s, :ell)": True,
    "contains(s, :a)": False,
    "contains(ss, :a)": True,
    "contains(ss, :ell)": False,
    "contains(ns, :two)": True,
    "contains(bs, :b_a)": True,
    "contains(l, :a)": True,
    "contains(l, :two)": False,
    "contains(l, :list_of_two)": True,
    "contains(n, :one)": False,
    "contains(m, :k)": False,
    "contains(b, :b_middle)": True,
    "contains(absent, :a)": False,
    "size(s) = :five": True,
    "size(blank) = :zero": True,
    "size(b) = :three": True,
    "size(l) = :three": True,
    "size(m) = :three": True,
    "size(ss) = :two": True,
    "size(n) >= :zero": False,
    "size(yes) >= :zero": False,
    "size(nul) >= :zero": False,
    "size(absent) >= :zero": False,
    "size(m.deep) < size(ss)": True,
    "size(s) BETWEEN :three AND :ten": True,
    "size(s) IN (:three, :five)": True,
}

VALUES: dict[str, Item] = {
    "hello": S("hello"),
    "he": S("he"),
    "ell": S("ell"),
    "text": S("i"),
    "upper": S("HELLO"),
    "empty": S(""),
    "a": S("a"),
    "k": S("k"),
    "v": S("v"),
    "zero": N(0),
    "one": N(1),
    "two": N(2),
    "three": N(3),
    "five": N(5),
    "seven": N(7),
    "nine": N(9),
    "ten": N(10),
    "ten_zeros": N("10.00"),
    "ten_text": S("10"),
    "eleven": N(11),
    "twelve": N(12),
    "true": {"BOOL": True},
    "null": NULL,
    "ba": SS("b", "a"),
    "numbers": NS(2, "1.0"),
    "l": L(S("a"), N(1), L(N(2))),
    "list_of_two": L(N(2)),
    "m": M(k=S("v"), n=N(1), deep=M(x=N(7))),
    "b_low": B(b"\x01\x7f"),
    "b_high": B(b"\x02"),
    "b_first": B(b"\x01"),
    "b_middle": B(b"\x80"),
    "b_a": B(b"a"),
    "type_s": S("S"),
    "type_ss": S("SS"),
    "type_null": S("NULL"),
    "type_none": S("X"),
}

# Each: what is no condition, and a stable part of the answer.
BAD_CONDITIONS: dict[str, str] = {
    "": "The expression can not be empty",
    "s": "Syntax error",
    "s =": "Syntax error",
    "s == :a": "Syntax error",
    "s != :a": "Syntax error",
    "s = :a AND": "Syntax error",
    "s = :a s = :a": "Syntax error",
    "(s = :a": "Syntax error",
    "s = :a)": "Syntax error",
    "s IN ()": "Syntax error",
    "s BETWEEN :a": "Syntax error",
    "s = 'a'": "Syntax error",
    "n = 10": "Syntax error",
    "s = (:a": "Syntax error",
    "attribute_exists(s": "Syntax error",
    "((s = :a))": "redundant parentheses",
    "status = :a": "reserved keyword: status",
    "Size = :a": "reserved keyword: Size",
    "#undefined = :a": "not defined",
    "s = :undefined": "not defined",
    "absent = :a OR s = :undefined": "not defined",
    "ATTRIBUTE_EXISTS(s)": "Invalid function name",
    "unknown(s)": "Invalid function name",
    "attribute_exists(s, n)": "Incorrect number of operands",
    "begins_with(s)": "Incorrect number of operands",
    "size(s, n) = :one": "Incorrect number of operands",
    "attribute_exists(:a)": "Operator or function requires a document path",
    "attribute_not_exists(:a)": "Operator or function requires a document path",
    "attribute_type(s, :type_none)": "Invalid attribute type name found",
    "attribute_type(s, n)": "",
    "size(s)": "not allowed to be used this way",
    "attribute_exists(s) = :true": "not allowed to be used this way",
    "begins_with(s, :ten)": "Incorrect operand type for operator or function",
    "s < :l": "Incorrect operand type for operator or function",
    "absent < :true": "Incorrect operand type for operator or function",
    "s > :null": "Incorrect operand type for operator or function",
    "s <= :ba": "Incorrect operand type for operator or function",
    "size(:ten) = :one": "Incorrect operand type for operator or function",
    "n BETWEEN :eleven AND :nine": "BETWEEN operator",
    "n BETWEEN :a AND :nine": "BETWEEN operator",
    "contains(s, s)": "",
    "s = s": "",
}


def _bind(expression: str) -> dict[str, Any]:
    """Give an expression the values that it names."""
    used = {name: value for name, value in VALUES.items() if _names(expression, name)}
    return {"ExpressionAttributeValues": {f":{name}": used[name] for name in used}} if used else {}


def _names(expression: str, name: str) -> bool:
    words = "".join(c if c.isalnum() or c in "_:" else " " for c in expression).split()
    return f":{name}" in words


class ConditionContract(Contract):
    """Conditions on writes, and filters, which are the same language."""

    @pytest.mark.parametrize("condition", CONDITIONS)
    async def test_a_condition_decides_over_a_write(self, db: Client, condition: str) -> None:
        table = await db.create("first")
        await db.put(table, ITEM)
        delete: dict[str, Any] = {
            "TableName": table,
            "Key": {"pk": S("1")},
            "ConditionExpression": condition,
            **_bind(condition),
        }
        if CONDITIONS[condition]:
            assert await db("DeleteItem", **delete) == {}
        else:
            says = "The conditional request failed"
            error = await db.refused(ConditionFailed, "DeleteItem", says, **delete)
            assert error.code == "ConditionalCheckFailedException"
            assert error.item is None
        assert (await db.get(table, pk=S("1")) is None) is CONDITIONS[condition]

    @pytest.mark.parametrize("condition", CONDITIONS)
    async def test_a_filter_selects_by_the_same_rules(self, db: Client, condition: str) -> None:
        table = await db.create("first")
        await db.put(table, ITEM)
        answer = await db("Scan", TableName=table, FilterExpression=condition, **_bind(condition))
        assert (answer["Count"], answer["ScannedCount"]) == (int(CONDITIONS[condition]), 1)
        assert answer["Items"] == [ITEM] * CONDITIONS[condition]

    @pytest.mark.parametrize("condition", BAD_CONDITIONS)
    async def test_what_is_no_condition_is_refused(self, db: Client, condition: str) -> None:
        table = await db.create("first")
        await db.put(table, ITEM)
        expression = {"TableName": table, "ConditionExpression": condition, **_bind(condition)}
        says = BAD_CONDITIONS[condition]
        error = await db.refused(
            InvalidRequest, "DeleteItem", says, Key={"pk": S("1")}, **expression
        )
        assert error.code == "ValidationException"
        # It is refused as well where there is no item that it could be asked of.
        await db.refused(InvalidRequest, "DeleteItem", says, Key={"pk": S("2")}, **expression)
        assert await db.get(table, pk=S("1")) == ITEM

    @pytest.mark.parametrize("condition", BAD_CONDITIONS)
    async def test_what_is_no_filter_is_refused_in_an_empty_table(
        self, db: Client, condition: str
    ) -> None:
        table = await db.create("first")
        says = BAD_CONDITIONS[condition]
        await db.refused(
            InvalidRequest,
            "Scan",
            says,
            TableName=table,
            FilterExpression=condition,
            **_bind(condition),
        )

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            ({"ExpressionAttributeValues": {":a": S("a"), ":b": S("b")}}, "unused"),
            (
                {
                    "ExpressionAttributeValues": {":a": S("a")},
                    "ExpressionAttributeNames": {"#b": "b"},
                },
                "unused",
            ),
            ({"ExpressionAttributeValues": {}}, "ExpressionAttributeValues must not be empty"),
            ({"ExpressionAttributeValues": {"a": S("a")}}, "ExpressionAttributeValues"),
            (
                {"ExpressionAttributeValues": {":a": SS()}},
                "may not be empty",
            ),
        ],
        ids=["unused value", "unused name", "no values", "no colon", "bad value"],
    )
    async def test_names_and_values_are_checked_whatever_the_condition_says(
        self, db: Client, more: dict[str, Any], says: str
    ) -> None:
        table = await db.create("first")
        await db.refused(
            InvalidRequest,
            "PutItem",
            says,
            TableName=table,
            Item={"pk": S("1")},
            ConditionExpression="attribute_not_exists(pk) OR s = :a",
            **more,
        )

    async def test_values_without_an_expression_are_refused(self, db: Client) -> None:
        table = await db.create("first")
        await db.refused(
            InvalidRequest,
            "PutItem",
            "can only be specified when using expressions",
            TableName=table,
            Item={"pk": S("1")},
            ExpressionAttributeValues={":a": S("a")},
        )

    @pytest.mark.parametrize(
        ("condition", "holds"),
        [
            ("attribute_not_exists(pk)", True),
            ("attribute_exists(pk)", False),
            ("n = :ten", False),
            ("n <> :ten", True),
            ("size(n) = :ten", False),
            ("NOT attribute_exists(pk)", True),
        ],
    )
    async def test_a_condition_on_an_absent_item_is_asked_of_nothing(
        self, db: Client, condition: str, holds: bool
    ) -> None:
        table = await db.create("first")
        for operation, more in (
            ("PutItem", {"Item": {"pk": S("put"), "v": N(1)}}),
            (
                "UpdateItem",
                {"Key": {"pk": S("updated")}, "UpdateExpression": "REMOVE w"},
            ),
            ("DeleteItem", {"Key": {"pk": S("deleted")}}),
        ):
            request: dict[str, Any] = {
                "TableName": table,
                "ConditionExpression": condition,
                **_bind(condition),
                **more,
            }
            if holds:
                await db(operation, **request)
            else:
                await db.refused(ConditionFailed, operation, **request)
        stored = {item["pk"]["S"] for item in await db.all("Scan", TableName=table)}
        # Whether an update that only removes makes an item of nothing is disputed.
        assert stored - {"updated"} == ({"put"} if holds else set())

    @pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "DeleteItem"])
    async def test_a_failed_condition_shows_the_item_on_request(
        self, db: Client, operation: str
    ) -> None:
        table = await db.create("first")
        await db.put(table, ITEM)
        named = "Item" if operation == "PutItem" else "Key"
        request: dict[str, Any] = {
            "TableName": table,
            "ConditionExpression": "n = :nine",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **_bind("n = :nine"),
        }
        request[named] = {"pk": S("1")}
        error = await db.refused(ConditionFailed, operation, **request)
        assert error.item == ITEM
        request[named] = {"pk": S("absent")}
        error = await db.refused(ConditionFailed, operation, **request)
        assert error.item is None

    async def test_an_expression_has_a_longest_length(self, db: Client) -> None:
        table = await db.create("first")
        scan: dict[str, Any] = {"TableName": table}
        fits = "attribute_exists(a)".ljust(4096)
        assert (await db("Scan", FilterExpression=fits, **scan))["Count"] == 0
        says = "Expression size has exceeded the maximum allowed size"
        await db.refused(InvalidRequest, "Scan", says, FilterExpression=fits + " ", **scan)

    async def test_an_expression_may_have_300_operators(self, db: Client) -> None:
        table = await db.create("first")
        scan: dict[str, Any] = {"TableName": table, "ExpressionAttributeValues": {":v": N(1)}}
        # 150 comparisons and the 149 words between them, and one NOT.
        most = "NOT " + " OR ".join(["n=:v"] * 150)
        assert (await db("Scan", FilterExpression=most, **scan))["Count"] == 0
        await db.refused(InvalidRequest, "Scan", FilterExpression="NOT " + most, **scan)

    @pytest.mark.parametrize("opening", ["(", "NOT "])
    async def test_endless_nesting_is_refused_and_does_no_harm(
        self, db: Client, opening: str
    ) -> None:
        table = await db.create("first")
        deep = opening * 1000 + "a=:v" + ")" * (opening.count("(") * 1000)
        values = {":v": N(1)}
        await db.refused(
            InvalidRequest,
            "Scan",
            TableName=table,
            FilterExpression=deep,
            ExpressionAttributeValues=values,
        )
        assert await db.all("Scan", TableName=table) == []
