"""The engine's law, line by line: empty values, sets, nesting and sizes.

Each test's number is its line's in the list of what emulations of DynamoDB get wrong, gathered
from AWS's documentation and from recorded answers.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.semantics.stage import KEY, Engine, bound, updating, wrapped
from tests.targets import EMBEDDED

from anydynamo.errors import (
    InvalidRequest,
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
    gsi,
)

pytestmark = pytest.mark.parametrize("target", EMBEDDED, indirect=True)


async def test_15_empty_texts_are_values_but_no_keys(db: Engine) -> None:
    empty = {"s": S(""), "b": B(b""), "l": L(S(""), B(b"")), "m": M(a=S("")), "ss": SS("", "a")}
    empty["bs"] = BS(b"", b"a")
    await db.put("tab", {**KEY, **empty})
    assert await db.get("tab", **KEY) == {**KEY, **empty}
    says = "cannot contain an empty string value"
    await db.invalid(says, "GetItem", TableName="tab", Key={"pk": S("")})
    await db.invalid(says, "PutItem", TableName="idx", Item={"pk": S("a"), "sk": S("")})
    await db.invalid(says, "PutItem", TableName="idx", Item={**KEY, "sk": S("a"), "gk": S("")})


async def test_16_sets_have_members_each_once_and_in_order(db: Engine) -> None:
    for empty in (SS(), NS(), BS(), L(SS()), M(a=NS())):
        await db.invalid("empty", "PutItem", TableName="tab", Item={**KEY, "a": empty})
    for doubled in (SS("a", "a"), NS("1", "1"), BS(b"a", b"a"), L(SS("", ""))):
        await db.invalid("duplicates", "PutItem", TableName="tab", Item={**KEY, "a": doubled})
    given = {"s": SS("b", "", "a", "B"), "n": NS("10", "9", "-1"), "b": BS(b"\xff", b"", b"\x00")}
    kept = {"s": SS("", "B", "a", "b"), "n": NS("-1", "9", "10"), "b": BS(b"", b"\x00", b"\xff")}
    await db.put("tab", {**KEY, **given})
    assert await db.get("tab", **KEY) == {**KEY, **kept}
    assert await db.holds("a = :v", {"a": L(NS(1, 2))}, v=L(NS(2, 1)))


async def test_17_null_is_true_and_no_key_of_an_index(db: Engine) -> None:
    await db.invalid("Null", "PutItem", TableName="tab", Item={**KEY, "a": {"NULL": False}})
    item = {**KEY, "sk": S("s"), "gk": NULL}
    await db.invalid("Type mismatch for Index Key gk", "PutItem", TableName="idx", Item=item)


@pytest.mark.parametrize("kind", ["L", "M"])
async def test_18_values_nest_31_levels_deep(db: Engine, kind: str) -> None:
    await db.put("tab", {**KEY, "a": wrapped(31, kind)})
    says = "Nesting Levels have exceeded supported limits"
    await db.invalid(says, "PutItem", TableName="tab", Item={**KEY, "a": wrapped(32, kind)})
    assert await db.holds("a = :v", {"a": wrapped(31, kind)}, v=wrapped(31, kind))
    await db.senseless(says, "a = :v", v=wrapped(32, kind))
    await db.futile(says, "SET m.a = :v", {"m": M(a=N(1))}, v=wrapped(31, kind))


async def test_19_an_item_has_409600_bytes_of_names_and_values(db: Engine) -> None:
    fits, over = S("é" + "x" * (409_600 - 2 - 3 - 1)), S("é" + "x" * (409_600 - 2 - 3))
    await db.put("tab", {**KEY, "b": fits})
    says = "Item size has exceeded the maximum allowed size"
    for operation, request in (
        ("PutItem", {"TableName": "tab", "Item": {**KEY, "b": over}}),
        ("BatchWriteItem",
         {"RequestItems": {"tab": [{"PutRequest": {"Item": {**KEY, "b": over}}}]}}),
        ("TransactWriteItems",
         {"TransactItems": [{"Put": {"TableName": "tab", "Item": {**KEY, "b": over}}}]}),
    ):  # fmt: skip
        await db.invalid(says, operation, **request)
    # The finished item is measured, not what the update writes.
    await db.invalid("Item size to update has", "UpdateItem", **updating("SET c = :v", {"v": NULL}))
    assert await db.update("SET b = :v", v=fits) == {"b": fits}


@pytest.mark.parametrize(
    ("number", "size"),
    [("0", 1), ("1", 2), ("12", 2), ("123", 3), ("-123", 4), ("1.5", 3), ("12.345", 4), ("100", 2)],
)
async def test_20_a_number_costs_a_byte_for_two_digits_on_each_side_of_the_point(
    db: Engine, number: str, size: int
) -> None:
    await db.put("tab", {"pk": S("a"), "n": N(number)})
    described = (await db("DescribeTable", TableName="tab"))["Table"]
    assert described["TableSizeBytes"] == 2 + 1 + 1 + size


async def test_21_keys_have_at_most_2048_and_1024_bytes_in_reads_too(db: Engine) -> None:
    fits = {"pk": S("é" * 1024), "sk": S("s" * 1024)}
    await db.put("idx", fits)
    assert await db.get("idx", **fits) == fits
    for key in ({**fits, "pk": S("a" * 2049)}, {**fits, "sk": S("s" * 1025)}):
        await db.invalid("size limit", "PutItem", TableName="idx", Item=key)
        await db.invalid("size limit", "GetItem", TableName="idx", Key=key)
    item = {**KEY, "sk": S("s"), "gk": S("a" * 2049)}
    await db.invalid("size limit", "PutItem", TableName="idx", Item=item)
    await db.create("bin", "pk:B")
    await db.put("bin", {"pk": B(b"\xff" * 2048)})


async def test_22_names_hold_any_character_and_65535_bytes(db: Engine) -> None:
    for name in ("a.b[0] #:é\n", "x" * 65_535, "é" * 32_767):
        await db.put("tab", {**KEY, name: N(1)})
        assert await db.get("tab", **KEY) == {**KEY, name: N(1)}
    for name in ("", "x" * 65_536, "é" * 32_768):
        await db.invalid("", "PutItem", TableName="tab", Item={**KEY, name: N(1)})
    with pytest.raises(InvalidRequest, match="255"):
        await db.create("long", "k" * 256 + ":S")
    projected = gsi("gsi", "gk:S", projection="INCLUDE", include=["p" * 256])
    with pytest.raises(InvalidRequest, match="255"):
        await db.create("long", "pk:S", None, projected)


async def test_23_expressions_have_limits_and_no_needless_parentheses(db: Engine) -> None:
    padded = "attribute_exists(a)".ljust(4096)
    assert await db.holds(padded, {"a": N(1)})
    await db.senseless("Expression size has exceeded", padded + " ")
    terms = " OR ".join(["a=:v"] * 150)
    await db.holds(terms, {}, v=N(1))
    await db.senseless("too many operators", " OR ".join(["a=:v"] * 151), v=N(1))
    values = {f"v{number}": N(number) for number in range(101)}
    hundred = dict(list(values.items())[:100])
    assert await db.holds(f"a IN ({', '.join(bound(hundred))})", {"a": N(99)}, **hundred)
    await db.senseless("too many operands", f"a IN ({', '.join(bound(values))})", **values)
    assert await db.holds("(a = :v) AND ((a = :v) OR a = :v)", {"a": N(1)}, v=N(1))
    await db.senseless("redundant parentheses", "((a = :v))", v=N(1))
    await db.senseless("", "(" * 2000 + "a = :v" + ")" * 2000, v=N(1))
    await db.senseless("", "NOT " * 1000 + "a = :v", v=N(1))


async def test_24_requests_pages_and_transactions_have_limits(db: Engine) -> None:
    keys = [{"pk": S(str(number))} for number in range(101)]
    puts = [{"PutRequest": {"Item": key}} for key in keys]
    actions = [{"Put": {"TableName": "tab", "Item": key}} for key in keys]
    await db.invalid("", "BatchWriteItem", RequestItems={"tab": puts[:26]})
    await db.invalid("", "BatchGetItem", RequestItems={"tab": {"Keys": keys}})
    await db.invalid("", "TransactWriteItems", TransactItems=actions)
    large = [{"pk": S(str(number)), "b": B(b"x" * 400_000)} for number in range(11)]
    over = [{"Put": {"TableName": "tab", "Item": item}} for item in large]
    await db.invalid("4 MB", "TransactWriteItems", TransactItems=over)
    assert await db.all("Scan", TableName="tab") == []
    await db("TransactWriteItems", TransactItems=over[:10])
    page = await db("Scan", TableName="tab", FilterExpression="attribute_not_exists(pk)")
    assert (page["Count"], page["ScannedCount"]) == (0, 3)
    assert "LastEvaluatedKey" in page


async def test_24_updates_count_towards_a_transactions_4_mb(db: Engine) -> None:
    actions = [
        {"Update": {**updating("SET b = :v", {"v": B(b"x" * 400_000)}), "Key": {"pk": S(str(n))}}}
        for n in range(11)
    ]
    await db.invalid("4 MB", "TransactWriteItems", TransactItems=actions)
    assert await db.all("Scan", TableName="tab") == []


async def test_24_a_batch_of_more_than_16_mb_leaves_keys_unprocessed(db: Engine) -> None:
    keys = [{"pk": S(str(number))} for number in range(42)]
    for key in keys:
        await db.put("tab", {**key, "b": B(b"x" * 409_000)})
    wanted: dict[str, Any] = {"tab": {"Keys": keys}}
    found: list[Item] = []
    rounds = 0
    while wanted:
        answer = await db("BatchGetItem", RequestItems=wanted)
        found += answer["Responses"]["tab"]
        wanted = answer["UnprocessedKeys"]
        rounds += 1
    assert rounds == 2
    assert {item["pk"]["S"] for item in found} == {key["pk"]["S"] for key in keys}


@pytest.mark.parametrize("word", ["status", "STATUS", "Name", "size"])
async def test_25_reserved_words_need_an_alias_in_every_expression(db: Engine, word: str) -> None:
    says = f"Attribute name is a reserved keyword; reserved keyword: {word}"
    await db.senseless(says, f"attribute_exists({word})")
    await db.invalid(says, "UpdateItem", **updating(f"REMOVE a.{word}", {}))
    await db.invalid(says, "GetItem", TableName="tab", Key=KEY, ProjectionExpression=word)
    for parameter in ("FilterExpression", "KeyConditionExpression"):
        request: dict[str, Any] = {"KeyConditionExpression": "pk = :v"}
        request[parameter] = f"{word} = :v"
        request["ExpressionAttributeValues"] = {":v": S("a")}
        await db.invalid(says, "Query", TableName="tab", **request)
    names = {"#w": word}
    request = {"ProjectionExpression": "#w", "ExpressionAttributeNames": names}
    await db.put("tab", {**KEY, word: N(1)})
    assert (await db("GetItem", TableName="tab", Key=KEY, **request))["Item"] == {word: N(1)}
