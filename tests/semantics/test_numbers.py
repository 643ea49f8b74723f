"""The engine's law, line by line: numbers.

Each test's number is its line's in the list of what emulations of DynamoDB get wrong, gathered
from AWS's documentation and from recorded answers.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from tests.semantics.stage import KEY, Engine, updating
from tests.targets import EMBEDDED

from anydynamo.errors import (
    AnyDynamoError,
)
from anydynamo.testing.contracts.client import (
    NS,
    NULL,
    N,
    gsi,
)

pytestmark = pytest.mark.parametrize("target", EMBEDDED, indirect=True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1.0", "1"),
        ("00042", "42"),
        ("1.5E2", "150"),
        ("1E125", "1" + "0" * 125),
        ("9" * 38, "9" * 38),
        ("0" * 50 + "9" * 38 + "0" * 40, "9" * 38 + "0" * 40),
        ("1e-130", "0." + "0" * 129 + "1"),
        ("9.99e125", "999" + "0" * 123),
        ("9" * 39, None),
        ("1." + "0" * 37 + "1", None),
        ("1e126", None),
        ("9.9e-131", None),
    ],
)
async def test_09_numbers_have_38_significant_digits_and_a_range(
    db: Engine, given: str, kept: str | None
) -> None:
    if kept is None:
        await db.invalid("", "PutItem", TableName="tab", Item={**KEY, "n": N(given)})
        return
    for sign in ("", "-"):
        await db.put("tab", {**KEY, "n": N(sign + given)})
        assert await db.get("tab", **KEY) == {**KEY, "n": N(sign + kept)}


@pytest.mark.parametrize(
    ("given", "kept"),
    [("-0", "0"), ("+5", "5"), (".5", "0.5"), ("5.", "5"), ("1.e5", "100000"), ("1e+2", "100")]
    + [(text, None) for text in ("", "1e", ".", "+-5", " 5", "5 ", "0x5", "NaN", "Infinity")]
    + [("1_000", None), ("٣", None), ("1\n", None)],
)  # fmt: skip
async def test_10_numbers_have_one_spelling(db: Engine, given: str, kept: str | None) -> None:
    if kept is None:
        says = "cannot be converted to a numeric value"
        await db.invalid(says, "PutItem", TableName="tab", Item={**KEY, "n": N(given)})
        return
    await db.put("tab", {**KEY, "n": N(given)})
    assert await db.get("tab", **KEY) == {**KEY, "n": N(kept)}


async def test_10_a_json_number_is_no_number(db: Engine) -> None:
    with pytest.raises(AnyDynamoError) as caught:
        await db("PutItem", TableName="tab", Item={**KEY, "n": {"N": 5}})
    assert caught.value.code == "SerializationException"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("1e99999999999", "overflow"),
        ("1e-99999999999", "underflow"),
        ("1e99999999999999999999", "cannot be converted"),
        ("0e126", "overflow"),
        ("0e-131", "underflow"),
        ("0e125", None),
    ],
)
async def test_11_exponents_are_read_in_full(db: Engine, given: str, says: str | None) -> None:
    if says is not None:
        await db.invalid(says, "PutItem", TableName="tab", Item={**KEY, "n": N(given)})
        return
    await db.put("tab", {**KEY, "n": N(given)})
    assert await db.get("tab", **KEY) == {**KEY, "n": N(0)}


async def test_12_numeric_keys_and_members_of_sets_are_equal_by_value(db: Engine) -> None:
    await db.put("rng", {**KEY, "sk": N("1000")}, {**KEY, "sk": N("1e3"), "again": NULL})
    assert await db.all("Scan", TableName="rng") == [{**KEY, "sk": N(1000), "again": NULL}]
    for members in (("1", "1.0"), ("0", "-0"), ("10", "1e1")):
        await db.invalid("duplicates", "PutItem", TableName="tab", Item={**KEY, "s": NS(*members)})


async def test_13_sums_are_exact_or_refused(db: Engine) -> None:
    most = "9" * 38
    assert await db.update("SET n = n + :v", {"n": N("0.1")}, v=N("0.2")) == {"n": N("0.3")}
    assert await db.update("SET n = n - :v", {"n": N(most)}, v=N(1)) == {"n": N("9" * 37 + "8")}
    assert await db.update("ADD n :v", {"n": N(most)}, v=N(1)) == {"n": N("1" + "0" * 38)}
    for clause, start, value in (
        ("SET n = n + :v", most, "0.1"),
        ("SET n = n + :v", "1e30", "1e-30"),
        ("ADD n :v", "9.9e125", "9e125"),
        ("SET n = n - :v", most, "0.5"),
    ):
        kept = N(int(start)) if start == most else N(start)
        await db.put("tab", {**KEY, "n": kept})
        before = await db.get("tab", **KEY)
        await db.invalid("", "UpdateItem", **updating(clause, {"v": N(value)}))
        assert await db.get("tab", **KEY) == before


@pytest.mark.parametrize(
    ("kind", "ordered"),
    [
        ("N", ["-1e125", "-10", "-9", "-1.5", "-1e-130", "0", "1e-130", "0.5", "9", "10", "1e125"]),
        ("S", ["A", "B", "a", "a\x00", "a\x00b", "aa", "b", "é", "\uffff", "\U00010000"]),
        ("B", [b"\x00", b"\x00\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"\xff\x00"]),
    ],
)
async def test_14_order_is_by_value_by_utf_8_and_by_unsigned_byte(
    db: Engine, kind: str, ordered: list[Any]
) -> None:
    await db.create("ordered", "pk:S", f"sk:{kind}", gsi("gsi", "pk:S", f"sk:{kind}"))
    shuffled = random.Random(14).sample(ordered, len(ordered))
    await db.put(
        "ordered", *({**KEY, "sk": {kind: one}, "at": N(ordered.index(one))} for one in shuffled)
    )
    expected = [N(place) for place in range(len(ordered))]
    for index in ({}, {"IndexName": "gsi"}):
        request = {
            "TableName": "ordered",
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": KEY["pk"]},
            **index,
        }
        assert [item["at"] for item in await db.all("Query", **request)] == expected
        back = await db.all("Query", **request, ScanIndexForward=False, Limit=2)
        assert [item["at"] for item in back] == expected[::-1]
    for low, high in itertools.pairwise(ordered):
        assert await db.holds("a < :v", {"a": {kind: low}}, v={kind: high})
        assert not await db.holds("a >= :v", {"a": {kind: low}}, v={kind: high})
