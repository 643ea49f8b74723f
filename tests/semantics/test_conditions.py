"""The engine's law, line by line: conditions and filters.

Each test's number is its line's in the list of what emulations of DynamoDB get wrong, gathered
from AWS's documentation and from recorded answers.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.semantics.stage import KEY, Engine, updating
from tests.targets import EMBEDDED

from anydynamo.errors import (
    ConditionFailed,
)
from anydynamo.testing.contracts.client import (
    BS,
    NS,
    NULL,
    SS,
    B,
    Item,
    L,
    M,
    N,
    S,
)

pytestmark = pytest.mark.parametrize("target", EMBEDDED, indirect=True)

_ONE: Item = {
    "n": N(1),
    "s": S("b"),
    "b": B(b"b"),
    "l": L(N(1), S("x")),
    "m": M(a=N(1)),
    "u": NULL,
    "yes": {"BOOL": True},
    "ss": SS("a", "b"),
    "ns": NS(1, 2),
    "bs": BS(b"a"),
    "e": S("\U0001f600"),
}


def _conditions(
    line: int, *cases: tuple[str, bool] | tuple[str, bool, dict[str, Item]]
) -> list[Any]:
    return [
        pytest.param(line, text, expected, values[0] if values else {}, id=f"{line}: {text}")
        for text, expected, *values in cases
    ]


@pytest.mark.parametrize(
    ("line", "condition", "expected", "values"),
    [
        *_conditions(
            26,
            ("n = :v", False, {"v": S("1")}),
            ("n = :v", True, {"v": N("1.0")}),
            ("n <> :v", True, {"v": S("1")}),
            ("nix = :v", False, {"v": N(1)}),
            ("nix <> :v", True, {"v": N(1)}),
            ("nix1 = nix2", False),
            ("nix1 <> nix2", True),
            ("l = :v", True, {"v": L(N(1), S("x"))}),
            ("u = :v", True, {"v": NULL}),
            ("yes = :v", False, {"v": N(1)}),
        ),
        *_conditions(
            27,
            ("n < :v", False, {"v": S("9")}),
            ("l < n", False),
            ("yes <= yes2", False),
            ("nix < :v", False, {"v": N(1)}),
            ("nix >= nix2", False),
        ),
        *_conditions(
            28,
            ("n BETWEEN :v AND :w", True, {"v": N(1), "w": N(1)}),
            ("n BETWEEN :v AND :w", False, {"v": S("1"), "w": S("2")}),
            ("n BETWEEN :v AND s", False, {"v": N(0)}),
            ("n BETWEEN nix AND :v", False, {"v": N(9)}),
        ),
        *_conditions(
            29,
            ("n IN (:v, :w)", True, {"v": S("1"), "w": N(1)}),
            ("nix IN (:v, n)", False, {"v": N(1)}),
            ("nix IN (nix2)", False),
        ),
        *_conditions(
            30,
            ("contains(s, :v)", True, {"v": S("b")}),
            ("contains(s, :v)", True, {"v": S("")}),
            ("contains(s, :v)", False, {"v": N(1)}),
            ("contains(ss, :v)", True, {"v": S("a")}),
            ("contains(ns, :v)", True, {"v": N("2.0")}),
            ("contains(ns, :v)", False, {"v": S("2")}),
            ("contains(l, :v)", True, {"v": S("x")}),
            ("contains(l, :v)", False, {"v": NULL}),
            ("contains(b, :v)", True, {"v": B(b"b")}),
            ("contains(m, :v)", False, {"v": S("a")}),
            ("contains(n, :v)", False, {"v": N(1)}),
            ("contains(:v, s)", True, {"v": S("abc")}),
        ),
        *_conditions(
            31,
            ("begins_with(s, :v)", True, {"v": S("")}),
            ("begins_with(b, :v)", True, {"v": B(b"b")}),
            ("begins_with(n, :v)", False, {"v": S("1")}),
            ("begins_with(s, :v)", False, {"v": B(b"b")}),
            ("begins_with(:v, s)", True, {"v": S("bcd")}),
        ),
        *_conditions(
            32,
            ("attribute_type(n, :v)", True, {"v": S("N")}),
            ("attribute_type(u, :v)", True, {"v": S("NULL")}),
            ("attribute_type(nix, :v)", False, {"v": S("N")}),
            ("attribute_type(:w, :v)", True, {"v": S("L"), "w": L()}),
            ("attribute_exists(u)", True),
            ("attribute_exists(m.a)", True),
            ("attribute_not_exists(l[2])", True),
        ),
        *_conditions(
            33,
            ("size(e) = :v", True, {"v": N(2)}),
            ("size(b) = :v", True, {"v": N(1)}),
            ("size(l) = :v", True, {"v": N(2)}),
            ("size(m) = :v", True, {"v": N(1)}),
            ("size(ss) = :v", True, {"v": N(2)}),
            ("size(n) = :v", False, {"v": N(1)}),
            ("size(u) >= :v", False, {"v": N(0)}),
            ("size(:w) = :v", True, {"v": N(3), "w": S("abc")}),
        ),
        *_conditions(
            34,
            ("nix = :v aNd nix = :v Or n = :v", True, {"v": N(1)}),
            ("n = :v OR nix = :v AND nix = :v", True, {"v": N(1)}),
            ("nOt n = :v OR n = :v", True, {"v": N(1)}),
            ("NOT (n = :v OR n = :v)", False, {"v": N(1)}),
            ("NOT n = :v AND nix = :v", False, {"v": N(1)}),
            ("n between :v and :v", True, {"v": N(1)}),
        ),
    ],
)  # fmt: skip
async def test_26_to_34_what_conditions_say_of_an_item(
    db: Engine, line: int, condition: str, expected: bool, values: dict[str, Item]
) -> None:
    assert await db.holds(condition, _ONE, **values) is expected


_SENSELESS: list[tuple[int, str, str, dict[str, Item]]] = [
    *((27, "Incorrect operand type", "nix < :v", {"v": v})
      for v in (L(), M(), NULL, SS("a"), {"BOOL": True})),
    (28, "same data type", "nix BETWEEN :v AND :w", {"v": N(1), "w": S("1")}),
    (28, "greater than or equal", "nix BETWEEN :v AND :w", {"v": N(2), "w": N(1)}),
    (29, "Syntax error", "nix IN ()", {}),
    (30, "distinct", "contains(a, a)", {}),
    (31, "Incorrect operand type", "begins_with(nix, :v)", {"v": N(1)}),
    (32, "Incorrect operand type", "attribute_type(nix, nix2)", {}),
    (32, "Invalid attribute type name", "attribute_type(nix, :v)", {"v": S("X")}),
    (32, "Incorrect operand type", "attribute_type(nix, :v)", {"v": N(1)}),
    (32, "requires a document path", "attribute_exists(:v)", {"v": N(1)}),
    (33, "Incorrect operand type", "size(:v) = :v", {"v": N(1)}),
    (33, "number of operands", "size(a, b) = :v", {"v": N(1)}),
    (33, "not allowed to be used this way", "size(a)", {}),
    (34, "Invalid function name", "Attribute_Exists(a)", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "says", "condition", "values"),
    [
        pytest.param(*case, id=f"{case[0]}: {case[2]} {next(iter(case[3].values()), '')}")
        for case in _SENSELESS
    ],
)  # fmt: skip
async def test_27_to_34_senseless_conditions_are_refused_even_without_an_item(
    db: Engine, line: int, says: str, condition: str, values: dict[str, Item]
) -> None:
    await db.senseless(says, condition, **values)


async def test_35_conditions_are_asked_of_items_that_are_not_there(db: Engine) -> None:
    assert await db.holds("attribute_not_exists(pk)", None)
    assert not await db.holds("a = :v OR a < :v", None, v=N(1))
    assert await db.holds("a <> :v", None, v=N(1))
    request = updating("SET a = :v", {"v": N(1)}, ConditionExpression="attribute_exists(pk)")
    await db.refused(ConditionFailed, "UpdateItem", **request)
    assert await db.get("tab", **KEY) is None


@pytest.mark.parametrize(
    ("index", "filter_", "refused"),
    [
        (None, "pk = :v", "pk"),
        (None, "sk = :v", "sk"),
        (None, "pk.a = :v", "pk"),
        (None, "gk = :v", None),
        ("gsi", "gk = :v", "gk"),
        ("gsi", "gs = :v", "gs"),
        ("gsi", "pk = :v", None),
        ("lsi", "gs = :v", "gs"),
        ("lsi", "sk = :v", None),
    ],
)
async def test_36_a_querys_filter_leaves_the_keys_of_what_it_reads_alone(
    db: Engine, index: str | None, filter_: str, refused: str | None
) -> None:
    request = {
        "TableName": "idx",
        "KeyConditionExpression": "gk = :v" if index == "gsi" else "pk = :v",
        "FilterExpression": filter_,
        "ExpressionAttributeValues": {":v": S("a")},
        **({} if index is None else {"IndexName": index}),
    }
    if refused is None:
        assert (await db("Query", **request))["Count"] == 0
    else:
        says = f"can only contain non-primary key attributes: Primary key attribute: {refused}"
        await db.invalid(says, "Query", **request)
    del request["KeyConditionExpression"]
    assert (await db("Scan", **request))["Count"] == 0
