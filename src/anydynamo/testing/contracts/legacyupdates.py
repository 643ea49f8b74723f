"""`AttributeUpdates`: what UpdateItem did before there were update expressions."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import ConditionFailed, InvalidRequest
from anydynamo.testing.contracts.client import NS, NULL, SS, Client, Contract, Item, L, M, N, S

__all__ = ["LegacyUpdateContract"]

KEY: Item = {"pk": S("1")}
BEFORE: Item = {
    **KEY,
    "n": N(10),
    "s": S("old"),
    "l": L(N(1)),
    "m": M(a=N(1)),
    "ss": SS("a", "b"),
    "ns": NS(1, 2),
}


def act(action: str, value: Item | None = None) -> dict[str, Any]:
    """Write what is to happen to one attribute."""
    return {"Action": action} if value is None else {"Action": action, "Value": value}


# Each: the updates, and what changes of BEFORE (None: the attribute goes).
UPDATES: dict[str, tuple[dict[str, Any], dict[str, Item | None]]] = {
    "put": ({"s": act("PUT", S("new"))}, {"s": S("new")}),
    "put is the default": ({"s": {"Value": N(1)}}, {"s": N(1)}),
    "put what is new": ({"fresh": act("PUT", M(a=NULL))}, {"fresh": M(a=NULL)}),
    "a name is no path": ({"m.a": act("PUT", N(2))}, {"m.a": N(2)}),
    "several": (
        {"s": act("DELETE"), "n": act("ADD", N(1)), "fresh": act("PUT", N(1))},
        {"s": None, "n": N(11), "fresh": N(1)},
    ),
    "delete": ({"n": act("DELETE")}, {"n": None}),
    "delete what is absent": ({"absent": act("DELETE")}, {}),
    "delete members": ({"ss": act("DELETE", SS("a", "x"))}, {"ss": SS("b")}),
    "delete all members": ({"ns": act("DELETE", NS(2, 1))}, {"ns": None}),
    "delete members of nothing": ({"absent": act("DELETE", SS("a"))}, {}),
    "add a number": ({"n": act("ADD", N("-0.5"))}, {"n": N("9.5")}),
    "add to no number": ({"fresh": act("ADD", N(3))}, {"fresh": N(3)}),
    "add members": ({"ss": act("ADD", SS("b", "c"))}, {"ss": SS("a", "b", "c")}),
    "add numbers to a set": ({"ns": act("ADD", NS(2, 3))}, {"ns": NS(1, 2, 3)}),
    "add to no set": ({"fresh": act("ADD", SS("a"))}, {"fresh": SS("a")}),
    "add elements": ({"l": act("ADD", L(N(2), S("x")))}, {"l": L(N(1), N(2), S("x"))}),
    "add to no list": ({"fresh": act("ADD", L(N(2)))}, {"fresh": L(N(2))}),
    "nothing": ({}, {}),
}

_NO_VALUE = "Only DELETE action is allowed when no attribute value is specified"
_MISMATCH = "Type mismatch for attribute to update"
BAD_UPDATES: dict[str, tuple[dict[str, Any], str]] = {
    "put of nothing": ({"s": act("PUT")}, _NO_VALUE),
    "add of nothing": ({"n": act("ADD")}, _NO_VALUE),
    "nothing of nothing": ({"n": {}}, _NO_VALUE),
    "unknown action": ({"n": act("INCREMENT", N(1))}, "Member must satisfy enum value set"),
    "add a text": ({"s": act("ADD", S("x"))}, "ADD action is not supported for the type S"),
    "add a map": ({"m": act("ADD", M(b=N(1)))}, "ADD action is not supported for the type M"),
    "add null": ({"x": act("ADD", NULL)}, "ADD action is not supported for the type NULL"),
    "delete a number": (
        {"n": act("DELETE", N(10))},
        "DELETE action with value is not supported for the type N",
    ),
    "delete elements": (
        {"l": act("DELETE", L(N(1)))},
        "DELETE action with value is not supported for the type L",
    ),
    "add a number to a text": ({"s": act("ADD", N(1))}, _MISMATCH),
    "add texts to numbers": ({"ns": act("ADD", SS("a"))}, _MISMATCH),
    "add elements to a set": ({"ss": act("ADD", L(S("a")))}, _MISMATCH),
    "delete texts of numbers": ({"ns": act("DELETE", SS("a"))}, _MISMATCH),
    "key": (
        {"pk": act("PUT", S("1"))},
        "Cannot update attribute pk. This attribute is part of the key",
    ),
    "delete a key": ({"pk": act("DELETE")}, "This attribute is part of the key"),
    "empty set": ({"ss": act("PUT", SS())}, "may not be empty"),
    "no number": ({"n": act("PUT", N("x"))}, "cannot be converted to a numeric value"),
    "no name": ({"": act("PUT", N(1))}, "mpty attribute name"),
    "one that would do": ({"n": act("PUT", N(1)), "s": act("ADD", N(1))}, _MISMATCH),
}


class LegacyUpdateContract(Contract):
    """UpdateItem with `AttributeUpdates`."""

    @pytest.mark.parametrize("case", UPDATES)
    async def test_attribute_updates_change_what_they_name(self, db: Client, case: str) -> None:
        updates, changes = UPDATES[case]
        table = await db.create("first")
        await db.put(table, BEFORE)
        after = {name: value for name, value in {**BEFORE, **changes}.items() if value is not None}
        answer = await db(
            "UpdateItem",
            TableName=table,
            Key=KEY,
            AttributeUpdates=updates,
            ReturnValues="ALL_NEW",
        )
        assert _sorted(answer["Attributes"]) == _sorted(after)
        stored = await db.get(table, **KEY)
        assert stored is not None
        assert _sorted(stored) == _sorted(after)

    @pytest.mark.parametrize("case", BAD_UPDATES)
    async def test_attribute_updates_that_cannot_be_are_refused(
        self, db: Client, case: str
    ) -> None:
        updates, says = BAD_UPDATES[case]
        table = await db.create("first")
        await db.put(table, BEFORE)
        await db.refused(
            InvalidRequest, "UpdateItem", says, TableName=table, Key=KEY, AttributeUpdates=updates
        )
        assert await db.get(table, **KEY) == BEFORE

    @pytest.mark.parametrize(
        ("wanted", "returned"),
        [
            ("NONE", None),
            ("ALL_OLD", BEFORE),
            ("UPDATED_OLD", {"s": S("old"), "n": N(10)}),
            ("UPDATED_NEW", {"n": N(11), "fresh": N(1)}),
        ],
    )
    async def test_attribute_updates_return_what_was_asked_for(
        self, db: Client, wanted: str, returned: Item | None
    ) -> None:
        table = await db.create("first")
        await db.put(table, BEFORE)
        answer = await db(
            "UpdateItem",
            TableName=table,
            Key=KEY,
            AttributeUpdates={
                "s": act("DELETE"),
                "n": act("ADD", N(1)),
                "fresh": act("PUT", N(1)),
            },
            ReturnValues=wanted,
        )
        assert answer.get("Attributes") == returned

    @pytest.mark.parametrize(
        ("updates", "made"),
        [
            ({"v": act("PUT", S("x"))}, {"v": S("x")}),
            ({"v": act("ADD", N(2))}, {"v": N(2)}),
            ({"v": act("ADD", SS("a"))}, {"v": SS("a")}),
            ({"v": act("PUT", S("x")), "w": act("DELETE")}, {"v": S("x")}),
            ({"v": act("DELETE")}, None),
            ({"v": act("DELETE", SS("a"))}, None),
        ],
        ids=["put", "add", "add a set", "put and delete", "delete", "delete members"],
    )
    async def test_only_deleting_does_not_make_the_item_that_was_not_there(
        self, db: Client, updates: dict[str, Any], made: Item | None
    ) -> None:
        table = await db.create("first")
        answer = await db(
            "UpdateItem",
            TableName=table,
            Key=KEY,
            AttributeUpdates=updates,
            ReturnValues="ALL_NEW",
        )
        after = None if made is None else {**KEY, **made}
        assert answer.get("Attributes") == after
        assert await db.get(table, **KEY) == after

    @pytest.mark.parametrize("expected", [True, False])
    async def test_an_expectation_decides_over_attribute_updates(
        self, db: Client, expected: bool
    ) -> None:
        table = await db.create("first")
        await db.put(table, BEFORE)
        update: dict[str, Any] = {
            "TableName": table,
            "Key": KEY,
            "AttributeUpdates": {"n": act("ADD", N(1))},
            "Expected": {"n": {"Value": N(10 if expected else 9)}},
        }
        if expected:
            await db("UpdateItem", **update)
        else:
            await db.refused(ConditionFailed, "UpdateItem", **update)
        item = await db.get(table, **KEY)
        assert item is not None
        assert item["n"] == N(11 if expected else 10)


def _sorted(item: Item) -> Item:
    """Put the members of sets in one order."""
    return {
        name: {tag: sorted(content) if tag in ("SS", "NS") else content}
        for name, value in item.items()
        for tag, content in value.items()
    }
