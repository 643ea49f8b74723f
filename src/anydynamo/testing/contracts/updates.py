"""UpdateItem: what each clause does to an item, and what it returns."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import ConditionFailed, InvalidRequest
from anydynamo.testing.contracts.client import (
    BS,
    NS,
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

__all__ = ["UpdateContract"]

BEFORE: Item = {
    "n": N(10),
    "s": S("old"),
    "l": L(N(0), N(1), N(2), N(3)),
    "m": M(a=N(1), b=M(c=N(2))),
    "ss": SS("a", "b"),
    "ns": NS(1, 2),
    "bs": BS(b"a"),
}

VALUES: dict[str, Item] = {
    ":one": N(1),
    ":half": N("0.5"),
    ":s": S("new"),
    ":x": L(S("x")),
    ":empty": L(),
    ":ss": SS("b", "c"),
    ":ab": SS("a", "b"),
    ":ns": NS(2, 3),
    ":bs": BS(b"a"),
    ":m": M(z=N(9)),
    ":null": {"NULL": True},
    ":b": B(b"raw"),
    ":big": N("1E125"),
    ":digits": N("0.0000000000000000000000000000000000001"),
}

# Each: the expression, what changes of BEFORE (None: the attribute goes).
UPDATES: dict[str, dict[str, Item | None]] = {
    "SET s = :s": {"s": S("new")},
    "set s = :s": {"s": S("new")},
    "SET s = :s, fresh = :one": {"s": S("new"), "fresh": N(1)},
    "SET fresh = :null": {"fresh": {"NULL": True}},
    "SET fresh = :b": {"fresh": B(b"raw")},
    "SET n = n + :one": {"n": N(11)},
    "SET n = n - :half": {"n": N("9.5")},
    "SET n = :one + :half": {"n": N("1.5")},
    "SET n = :one - n": {"n": N(-9)},
    "SET n = (n - :one)": {"n": N(9)},
    "SET n = m.a + l[2]": {"n": N(3)},
    # Every right-hand side reads the item as it was.
    "SET n = :one, fresh = n": {"n": N(1), "fresh": N(10)},
    "SET s = n, n = s": {"s": N(10), "n": S("old")},
    "SET m.a = :s": {"m": M(a=S("new"), b=M(c=N(2)))},
    "SET m.b.d = :one": {"m": M(a=N(1), b=M(c=N(2), d=N(1)))},
    "SET m.fresh = m.a + :one": {"m": M(a=N(1), b=M(c=N(2)), fresh=N(2))},
    "SET l[1] = :s": {"l": L(N(0), S("new"), N(2), N(3))},
    "SET l[9] = :s": {"l": L(N(0), N(1), N(2), N(3), S("new"))},
    "SET l = list_append(l, :x)": {"l": L(N(0), N(1), N(2), N(3), S("x"))},
    "SET l = list_append(:x, l)": {"l": L(S("x"), N(0), N(1), N(2), N(3))},
    "SET fresh = list_append(if_not_exists(fresh, :empty), :x)": {"fresh": L(S("x"))},
    "SET n = if_not_exists(n, :one)": {"n": N(10)},
    "SET fresh = if_not_exists(n, :one)": {"fresh": N(10)},
    "SET fresh = if_not_exists(fresh, :one) + :one": {"fresh": N(2)},
    "SET fresh = if_not_exists(absent, m.a)": {"fresh": N(1)},
    "SET fresh = if_not_exists(fresh, :one) + if_not_exists(gone, :half)": {"fresh": N("1.5")},
    "REMOVE s": {"s": None},
    "REMOVE s, n": {"s": None, "n": None},
    "REMOVE absent": {},
    "REMOVE m.a": {"m": M(b=M(c=N(2)))},
    "REMOVE m.absent": {},
    "REMOVE l[1]": {"l": L(N(0), N(2), N(3))},
    "REMOVE l[1], l[3]": {"l": L(N(0), N(2))},
    "REMOVE l[9]": {},
    "ADD n :one": {"n": N(11)},
    "ADD fresh :half": {"fresh": N("0.5")},
    "ADD m.a :one": {"m": M(a=N(2), b=M(c=N(2)))},
    "ADD ss :ss": {"ss": SS("a", "b", "c")},
    "ADD ns :ns": {"ns": NS(1, 2, 3)},
    "ADD fresh :ss": {"fresh": SS("b", "c")},
    "DELETE ss :ss": {"ss": SS("a")},
    "DELETE ss :ab": {"ss": None},
    "DELETE bs :bs": {"bs": None},
    "DELETE absent :ss": {},
    "SET s = :s REMOVE n ADD m.a :one DELETE ss :ss": {
        "s": S("new"),
        "n": None,
        "m": M(a=N(2), b=M(c=N(2))),
        "ss": SS("a"),
    },
    "REMOVE n SET s = n": {"n": None, "s": N(10)},
}

SYNTAX = "Syntax error"
INVALID_PATH = "document path provided in the update expression is invalid for update"
BAD_UPDATES: dict[str, str] = {
    "": "The expression can not be empty",
    "SET": SYNTAX,
    "SET s": SYNTAX,
    "SET s = ": SYNTAX,
    "SET s : :one": SYNTAX,
    "SET s = :one,": SYNTAX,
    "UPDATE s = :one": SYNTAX,
    "SET s = :one s = :one": SYNTAX,
    "ADD n = :one": SYNTAX,
    "REMOVE s = :one": SYNTAX,
    "SET n = n + :one + :one": SYNTAX,
    "SET n = n * :one": SYNTAX,
    "SET s = :one SET n = :one": 'The "SET" section can only be used once in an update expression',
    "REMOVE s REMOVE n": 'The "REMOVE" section can only be used once in an update expression',
    "SET n = :one, n = :s": "Two document paths overlap with each other",
    "SET m = :m, m.a = :one": "Two document paths overlap with each other",
    "SET m.a = :one, m[0] = :one": "Two document paths conflict with each other",
    "SET s = :s REMOVE s": "Two document paths overlap with each other",
    "SET pk = :s": "Cannot update attribute pk. This attribute is part of the key",
    "REMOVE pk": "Cannot update attribute pk. This attribute is part of the key",
    "ADD pk :ss": "Cannot update attribute pk. This attribute is part of the key",
    "SET absent.x = :one": INVALID_PATH,
    "SET s.x = :one": INVALID_PATH,
    "SET m[0] = :one": INVALID_PATH,
    "SET l.x = :one": INVALID_PATH,
    "REMOVE absent.x": INVALID_PATH,
    "SET fresh = absent": "The provided expression refers to an attribute that does not exist",
    "SET n = n + absent": "The provided expression refers to an attribute that does not exist",
    "SET l = list_append(absent, :x)": "refers to an attribute that does not exist",
    "SET s = s + :one": "An operand in the update expression has an incorrect data type",
    "SET n = n + :s": "Incorrect operand type for operator or function",
    "SET l = list_append(l, :one)": "Incorrect operand type for operator or function",
    "SET l = list_append(l, s)": "An operand in the update expression has an incorrect data type",
    "ADD s :one": "An operand in the update expression has an incorrect data type",
    "ADD n :ss": "An operand in the update expression has an incorrect data type",
    "ADD ss :ns": "An operand in the update expression has an incorrect data type",
    "ADD n :s": "Incorrect operand type for operator or function",
    "DELETE n :one": "Incorrect operand type for operator or function",
    "DELETE ss :ns": "An operand in the update expression has an incorrect data type",
    "SET n = unknown(n)": "Invalid function name",
    "SET n = size(l)": "not allowed",
    "SET n = list_append(l)": "Incorrect number of operands",
    "SET n = if_not_exists(:one, :one)": "requires a document path",
    "SET status = :one": "reserved keyword: status",
    "SET #undefined = :one": "not defined",
    "SET n = :undefined": "not defined",
    "SET n = n + :big, s = :big + :big, fresh = :big": "",
    "SET n = :big + :digits": "",
}

# Each: the expression, and the answers to UPDATED_OLD and UPDATED_NEW (None: no attributes).
RETURNED: dict[str, tuple[Item | None, Item | None]] = {
    "SET s = :s": ({"s": S("old")}, {"s": S("new")}),
    "SET fresh = :s": (None, {"fresh": S("new")}),
    "SET s = :s, fresh = :one": ({"s": S("old")}, {"s": S("new"), "fresh": N(1)}),
    "SET m.a = :s": ({"m": M(a=N(1))}, {"m": M(a=S("new"))}),
    "SET m.b.d = :one": (None, {"m": M(b=M(d=N(1)))}),
    "SET l[1] = :s": ({"l": L(N(1))}, {"l": L(S("new"))}),
    "REMOVE s": ({"s": S("old")}, None),
    "REMOVE absent": (None, None),
    "ADD n :one": ({"n": N(10)}, {"n": N(11)}),
    "DELETE ss :ab": ({"ss": SS("a", "b")}, None),
    "SET s = :s REMOVE n": ({"s": S("old"), "n": N(10)}, {"s": S("new")}),
}


def _bind(expression: str) -> dict[str, Any]:
    words = "".join(c if c.isalnum() or c in "_:" else " " for c in expression).split()
    used = {name: VALUES[name] for name in words if name in VALUES}
    return {"ExpressionAttributeValues": used} if used else {}


def _normal(item: Item | None) -> Item | None:
    """Put top-level sets in one order, because DynamoDB promises none."""
    if item is None:
        return None
    return {
        name: {kind: sorted(value) if kind in {"SS", "NS", "BS"} else value}
        for name, attribute in item.items()
        for kind, value in attribute.items()
    }


class UpdateContract(Contract):
    """Update expressions."""

    @pytest.mark.parametrize("expression", UPDATES)
    async def test_an_update_changes_what_it_names_and_nothing_else(
        self, db: Client, expression: str
    ) -> None:
        table = await db.create("first")
        await db.put(table, {"pk": S("1"), **BEFORE})
        answer = await db(
            "UpdateItem",
            TableName=table,
            Key={"pk": S("1")},
            UpdateExpression=expression,
            ReturnValues="ALL_NEW",
            **_bind(expression),
        )
        expected = {"pk": S("1"), **BEFORE, **UPDATES[expression]}
        after = {name: value for name, value in expected.items() if value is not None}
        assert _normal(answer["Attributes"]) == _normal(after)
        assert _normal(await db.get(table, pk=S("1"))) == _normal(after)

    @pytest.mark.parametrize("expression", BAD_UPDATES)
    async def test_an_update_that_cannot_be_is_refused_and_changes_nothing(
        self, db: Client, expression: str
    ) -> None:
        table = await db.create("first")
        before = {"pk": S("1"), **BEFORE}
        await db.put(table, before)
        error = await db.refused(
            InvalidRequest,
            "UpdateItem",
            BAD_UPDATES[expression],
            TableName=table,
            Key={"pk": S("1")},
            UpdateExpression=expression,
            **_bind(expression),
        )
        assert error.code == "ValidationException"
        assert await db.get(table, pk=S("1")) == before

    @pytest.mark.parametrize("expression", RETURNED)
    @pytest.mark.parametrize("which", ["UPDATED_OLD", "UPDATED_NEW"])
    async def test_updated_values_are_those_of_the_paths_that_were_named(
        self, db: Client, expression: str, which: str
    ) -> None:
        table = await db.create("first")
        await db.put(table, {"pk": S("1"), **BEFORE})
        answer = await db(
            "UpdateItem",
            TableName=table,
            Key={"pk": S("1")},
            UpdateExpression=expression,
            ReturnValues=which,
            **_bind(expression),
        )
        expected = RETURNED[expression][which == "UPDATED_NEW"]
        assert _normal(answer.get("Attributes")) == _normal(expected)

    async def test_all_old_and_all_new_are_whole_items(self, db: Client) -> None:
        table = await db.create("first")
        update: dict[str, Any] = {
            "TableName": table,
            "Key": {"pk": S("1")},
            "UpdateExpression": "SET a = :one",
            **_bind(":one"),
        }
        new = {"pk": S("1"), "a": N(1)}
        assert await db("UpdateItem", ReturnValues="ALL_OLD", **update) == {}
        assert await db("UpdateItem", ReturnValues="ALL_OLD", **update) == {"Attributes": new}
        assert await db("UpdateItem", ReturnValues="ALL_NEW", **update) == {"Attributes": new}
        assert await db("UpdateItem", ReturnValues="NONE", **update) == {}
        assert await db("UpdateItem", **update) == {}
        await db.refused(InvalidRequest, "UpdateItem", ReturnValues="EVERYTHING", **update)

    async def test_an_update_makes_the_item_that_was_not_there(self, db: Client) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        key = {"pk": S("1"), "sk": N(2)}
        assert await db(
            "UpdateItem",
            TableName=table,
            Key=key,
            UpdateExpression="SET s = if_not_exists(s, :s) ADD n :one, ss :ss",
            ExpressionAttributeValues={":s": S("new"), ":one": N(1), ":ss": SS("a")},
            ReturnValues="UPDATED_NEW",
        ) == {"Attributes": {"s": S("new"), "n": N(1), "ss": SS("a")}}
        assert await db.get(table, **key) == {**key, "s": S("new"), "n": N(1), "ss": SS("a")}

    async def test_an_update_without_any_action_makes_the_bare_item(self, db: Client) -> None:
        table = await db.create("first")
        await db("UpdateItem", TableName=table, Key={"pk": S("1")})
        assert await db.get(table, pk=S("1")) == {"pk": S("1")}

    async def test_an_update_under_a_false_condition_changes_nothing(self, db: Client) -> None:
        table = await db.create("first")
        await db.put(table, {"pk": S("1"), "n": N(1)})
        await db.refused(
            ConditionFailed,
            "UpdateItem",
            TableName=table,
            Key={"pk": S("1")},
            UpdateExpression="SET n = n + :one",
            ConditionExpression="n > :one",
            ExpressionAttributeValues={":one": N(1)},
        )
        assert await db.get(table, pk=S("1")) == {"pk": S("1"), "n": N(1)}

    async def test_sums_are_exact(self, db: Client) -> None:
        table = await db.create("first")
        nines = "9" * 37
        await db.put(table, {"pk": S("1"), "n": N(f"0.{nines}")})
        add: dict[str, Any] = {"UpdateExpression": "SET n = n + :v", "ReturnValues": "ALL_NEW"}
        answer = await db(
            "UpdateItem",
            TableName=table,
            Key={"pk": S("1")},
            ExpressionAttributeValues={":v": N("0." + "0" * 36 + "1")},
            **add,
        )
        assert answer["Attributes"]["n"] == N(1)
        # 1 + 1E-38 has 39 digits: it is refused, not rounded.
        await db.refused(
            InvalidRequest,
            "UpdateItem",
            TableName=table,
            Key={"pk": S("1")},
            ExpressionAttributeValues={":v": N("1E-38")},
            **add,
        )

    async def test_an_item_that_would_grow_too_large_is_refused(self, db: Client) -> None:
        table = await db.create("first")
        await db.put(table, {"pk": S("1"), "v": S("x" * 400_000)})
        await db.refused(
            InvalidRequest,
            "UpdateItem",
            "Item size to update has exceeded the maximum allowed size",
            TableName=table,
            Key={"pk": S("1")},
            UpdateExpression="SET w = :w",
            ExpressionAttributeValues={":w": S("x" * 10_000)},
        )
        item = await db.get(table, pk=S("1"))
        assert item is not None
        assert "w" not in item

    async def test_expressions_and_legacy_parameters_do_not_mix(self, db: Client) -> None:
        table = await db.create("first")
        await db.refused(
            InvalidRequest,
            "UpdateItem",
            "Can not use both expression and non-expression parameters in the same request",
            TableName=table,
            Key={"pk": S("1")},
            UpdateExpression="REMOVE a",
            AttributeUpdates={"a": {"Action": "DELETE"}},
        )
