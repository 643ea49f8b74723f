"""The engine's law, line by line: update expressions.

Each test's number is its line's in the list of what emulations of DynamoDB get wrong, gathered
from AWS's documentation and from recorded answers.
"""

from __future__ import annotations

import pytest
from tests.semantics.stage import KEY, Engine, updating
from tests.targets import EMBEDDED

from anydynamo.testing.contracts.client import (
    NS,
    SS,
    Item,
    L,
    M,
    N,
    S,
)

pytestmark = pytest.mark.parametrize("target", EMBEDDED, indirect=True)


@pytest.mark.parametrize(
    ("line", "expression", "item", "values", "expected"),
    [
        (37, "SET a = :v, b = a", {"a": N(1)}, {"v": N(2)}, {"a": N(2), "b": N(1)}),
        (37, "SET a = b, b = a", {"a": N(1), "b": N(2)}, {}, {"a": N(2), "b": N(1)}),
        (37, "REMOVE a SET b = a", {"a": N(1)}, {}, {"b": N(1)}),
        (40, "SET l[9] = :v, l[7] = :w", {"l": L(N(0))}, {"v": N(9), "w": N(7)},
         {"l": L(N(0), N(7), N(9))}),
        (40, "SET m.b = :v", {"m": M(a=N(1))}, {"v": N(2)}, {"m": M(a=N(1), b=N(2))}),
        (40, "REMOVE nix, m.nix, l[5]", {"m": M(), "l": L(N(1))}, {}, {"m": M(), "l": L(N(1))}),
        (41, "REMOVE l[1], l[3]", {"l": L(*map(N, range(5)))}, {}, {"l": L(N(0), N(2), N(4))}),
        (41, "REMOVE l[0] SET l[1] = :v", {"l": L(N(0), N(1))}, {"v": N(9)}, {"l": L(N(9))}),
        (42, "ADD n :v, m.n :v, s :s", {"m": M()}, {"v": N(2), "s": SS("b", "a")},
         {"n": N(2), "m": M(n=N(2)), "s": SS("a", "b")}),
        (42, "ADD n :v, s :s", {"n": N(-3), "s": NS(1)}, {"v": N(2), "s": NS("1.0", 2)},
         {"n": N(-1), "s": NS(1, 2)}),
        (42, "DELETE s :s, r :s", {"s": SS("a", "b"), "r": SS("c")}, {"s": SS("b", "a")},
         {"r": SS("c")}),
        (43, "SET l = list_append(if_not_exists(l, :e), :x)", {}, {"e": L(), "x": L(N(1))},
         {"l": L(N(1))}),
        (43, "SET a = if_not_exists(a, :v) + if_not_exists(b, :v)", {"a": N(1)}, {"v": N(5)},
         {"a": N(6)}),
        (43, "SET a = (a - :v)", {"a": N(1)}, {"v": N(5)}, {"a": N(-4)}),
        (43, "SET a = if_not_exists(b, a)", {"a": N(1)}, {}, {"a": N(1)}),
    ],
)  # fmt: skip
async def test_37_to_43_what_updates_make_of_an_item(
    db: Engine, line: int, expression: str, item: Item, values: dict[str, Item], expected: Item
) -> None:
    assert await db.update(expression, item, **values) == expected


@pytest.mark.parametrize(
    ("line", "says", "expression", "item", "values"),
    [
        (38, 'The "SET" section can only be used once', "SET a = b SET c = b", {"b": N(1)}, {}),
        (38, "overlap with each other; must remove or rewrite one of these paths; path one: [a], "
             "path two: [a, b]", "SET a = :v REMOVE a.b", {}, {"v": N(1)}),
        (38, "conflict with each other", "SET a.b = :v, a[0] = :v", {}, {"v": N(1)}),
        (39, "Cannot update attribute pk. This attribute is part of the key", "SET pk = :v", {},
         {"v": S("a")}),
        (39, "Cannot update attribute pk", "REMOVE pk", {}, {}),
        (39, "Cannot update attribute pk", "ADD pk :v", {}, {"v": N(1)}),
        (40, "invalid for update", "SET a.b = :v", {}, {"v": N(1)}),
        (40, "invalid for update", "SET a.b = :v", {"a": N(1)}, {"v": N(1)}),
        (40, "invalid for update", "SET a[0] = :v", {"a": M()}, {"v": N(1)}),
        (40, "invalid for update", "REMOVE a.b", {}, {}),
        (40, "does not exist in the item", "SET a = b", {}, {}),
        (42, "Incorrect operand type", "ADD a :v", {}, {"v": S("x")}),
        (42, "Incorrect operand type", "DELETE a :v", {}, {"v": N(1)}),
        (42, "incorrect data type", "ADD a :v", {"a": S("x")}, {"v": N(1)}),
        (42, "incorrect data type", "ADD a :v", {"a": SS("x")}, {"v": NS(1)}),
        (42, "incorrect data type", "DELETE a :v", {"a": N(1)}, {"v": NS(1)}),
        (43, "not allowed to be used this way", "SET a = list_append(list_append(a, :v), :v)",
         {"a": L()}, {"v": L()}),
        (43, "Syntax error", "SET a = if_not_exists(a + :v, :v)", {}, {"v": N(1)}),
        (43, "Syntax error", "SET a = :v + :v + :v", {}, {"v": N(1)}),
        (43, "incorrect data type", "SET a = a + :v", {"a": S("1")}, {"v": N(1)}),
    ],
)  # fmt: skip
async def test_38_to_43_updates_that_make_no_sense_change_nothing(
    db: Engine, line: int, says: str, expression: str, item: Item, values: dict[str, Item]
) -> None:
    await db.futile(says, expression, item, **values)


@pytest.mark.parametrize("expression", [None, "REMOVE a", "REMOVE a.b, c[0]"])
async def test_44_an_update_that_sets_nothing_creates_the_item(
    db: Engine, expression: str | None
) -> None:
    request = {"TableName": "tab", "Key": KEY}
    if expression is not None:
        request["UpdateExpression"] = expression
    assert await db("UpdateItem", **request, ReturnValues="ALL_NEW") == {"Attributes": KEY}
    assert await db.get("tab", **KEY) == KEY


@pytest.mark.parametrize(
    ("expression", "wanted", "attributes"),
    [
        ("SET a = :v", "NONE", None),
        ("SET a = :v", "ALL_OLD", {**KEY, "a": N(1), "l": L(N(0), N(1), N(2)), "m": M(x=N(1))}),
        ("SET a = :v", "UPDATED_OLD", {"a": N(1)}),
        ("SET a = :v", "UPDATED_NEW", {"a": N(9)}),
        ("SET m.y = :v", "UPDATED_NEW", {"m": M(y=N(9))}),
        ("SET m.y = :v", "UPDATED_OLD", None),
        ("SET l[0] = :v, l[2] = :v", "UPDATED_NEW", {"l": L(N(9), N(9))}),
        ("SET l[2] = :v, l[0] = :v", "UPDATED_OLD", {"l": L(N(0), N(2))}),
        ("REMOVE a", "UPDATED_OLD", {"a": N(1)}),
        ("REMOVE a", "UPDATED_NEW", None),
    ],
)
async def test_45_updates_return_what_was_asked_for(
    db: Engine, expression: str, wanted: str, attributes: Item | None
) -> None:
    await db.put("tab", {**KEY, "a": N(1), "l": L(N(0), N(1), N(2)), "m": M(x=N(1))})
    values = {"v": N(9)} if ":v" in expression else {}
    answer = await db("UpdateItem", **updating(expression, values, ReturnValues=wanted))
    assert answer.get("Attributes") == attributes


async def test_45_puts_and_deletes_return_what_was_there_or_nothing(db: Engine) -> None:
    for operation, parameter in (("PutItem", "Item"), ("DeleteItem", "Key")):
        request = {"TableName": "tab", parameter: KEY}
        for wanted in ("ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"):
            await db.invalid("ReturnValues", operation, **request, ReturnValues=wanted)
        await db("DeleteItem", TableName="tab", Key=KEY)
        assert await db(operation, **request, ReturnValues="ALL_OLD") == {}
        await db.put("tab", KEY)
        assert await db(operation, **request, ReturnValues="ALL_OLD") == {"Attributes": KEY}
    created = await db(
        "UpdateItem", **updating("SET a = :v", {"v": N(1)}, ReturnValues="UPDATED_NEW")
    )
    assert created == {"Attributes": {"a": N(1)}}
