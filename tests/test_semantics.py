"""The engine's law, line by line: each test's number is its line's in the list of semantics.

The list holds what emulations of DynamoDB get wrong, gathered from AWS's documentation and from
recorded answers. Every line that an operation of the engine can show has a test here, which runs on
each embedded store. Line 60 speaks of conflicts, which an engine with one writer cannot have.
"""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.targets import EMBEDDED

from anydynamo.errors import (
    AnyDynamoError,
    ConditionFailed,
    InvalidRequest,
    TransactionCancelled,
)
from anydynamo.testing.contracts.client import (
    BS,
    NS,
    NULL,
    SS,
    B,
    Client,
    Item,
    L,
    M,
    N,
    S,
    gsi,
    lsi,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.targets import Target

pytestmark = pytest.mark.parametrize("target", EMBEDDED, indirect=True)

KEY = {"pk": S("a")}


class Engine(Client):
    """A client with tables that most lines can be shown on, and a clock that tests turn."""

    now = 1_700_000_000.0

    async def invalid(self, says: str, operation: str, **request: Any) -> AnyDynamoError:
        """Carry out an operation that must get a ValidationException."""
        with pytest.raises(AnyDynamoError) as caught:
            await self(operation, **request)
        assert caught.value.code == "ValidationException", caught.value
        assert says in str(caught.value), caught.value
        return caught.value

    async def holds(self, condition: str, item: Item | None, **values: Item) -> bool:
        """Tell whether a stored item, or the lack of one, fulfils a condition."""
        await self("DeleteItem", TableName="tab", Key=KEY)
        if item is not None:
            await self.put("tab", {**KEY, **item})
        request: dict[str, Any] = {"TableName": "tab", "Key": KEY, "ConditionExpression": condition}
        if values:
            request["ExpressionAttributeValues"] = _bound(values)
        try:
            await self("TransactWriteItems", TransactItems=[{"ConditionCheck": request}])
        except TransactionCancelled:
            return False
        return True

    async def senseless(self, says: str, condition: str, **values: Item) -> None:
        """Ask a condition that must be refused, of an item that is not there."""
        request: dict[str, Any] = {"ConditionExpression": condition}
        if values:
            request["ExpressionAttributeValues"] = _bound(values)
        await self.invalid(says, "DeleteItem", TableName="tab", Key={"pk": S("none")}, **request)

    async def update(self, expression: str, item: Item | None = None, **values: Item) -> Item:
        """Store an item, update it, and return all of it but its key."""
        if item is not None:
            await self.put("tab", {**KEY, **item})
        await self("UpdateItem", **_update(expression, values))
        found = await self.get("tab", **KEY)
        assert found is not None
        return {name: value for name, value in found.items() if name != "pk"}

    async def futile(self, says: str, expression: str, item: Item, **values: Item) -> None:
        """Try an update that must be refused, and see that nothing has changed."""
        before = {**KEY, **item}
        await self.put("tab", before)
        await self.invalid(says, "UpdateItem", **_update(expression, values))
        assert await self.get("tab", **KEY) == before


def _bound(values: dict[str, Item]) -> dict[str, Item]:
    return {f":{name}": value for name, value in values.items()}


def _update(expression: str, values: dict[str, Item], **options: Any) -> dict[str, Any]:
    request = {"TableName": "tab", "Key": KEY, "UpdateExpression": expression, **options}
    if values:
        request["ExpressionAttributeValues"] = _bound(values)
    return request


def _wrapped(times: int, kind: str = "L") -> Item:
    value: Item = N(1)
    for _ in range(times):
        value = L(value) if kind == "L" else M(a=value)
    return value


@pytest.fixture
async def db(target: Target) -> AsyncIterator[Engine]:
    """An engine with the tables `tab` (pk), `rng` (pk, sk: N) and `idx` (pk, sk; gsi and lsi)."""
    engine: Engine
    adapter = target.adapter(clock=lambda: engine.now)
    engine = Engine(adapter)
    await engine.create("tab")
    await engine.create("rng", "pk:S", "sk:N")
    await engine.create(
        "idx",
        "pk:S",
        "sk:S",
        gsi("gsi", "gk:S", "gs:N", projection="KEYS_ONLY"),
        lsi("lsi", "pk:S", "gs:N", projection="KEYS_ONLY"),
    )
    try:
        yield engine
    finally:
        await adapter.close()


# Errors and wording


async def test_01_a_limit_of_zero_is_refused_with_the_parameters_name(db: Engine) -> None:
    await db.invalid("'limit' failed to satisfy constraint", "Scan", TableName="tab", Limit=0)


async def test_02_single_writes_put_a_prefix_before_an_invalid_value_and_reads_do_not(
    db: Engine,
) -> None:
    prefix = "1 validation error detected: "
    for operation, parameter in (("PutItem", "Item"), ("UpdateItem", "Key"), ("DeleteItem", "Key")):
        await db.invalid(prefix, operation, TableName="tab", **{parameter: {"pk": {"SS": []}}})
    for operation, request in (
        ("GetItem", {"TableName": "tab", "Key": {"pk": SS()}}),
        ("BatchGetItem", {"RequestItems": {"tab": {"Keys": [{"pk": SS()}]}}}),
        ("BatchWriteItem", {"RequestItems": {"tab": [{"PutRequest": {"Item": {"pk": SS()}}}]}}),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "tab", "Item": {"a": SS()}}}]},
        ),
    ):
        error = await db.invalid("set  may not be empty", operation, **request)
        assert prefix not in str(error)
    await db.senseless("ExpressionAttributeValues contains invalid value: ", "a = :v", v=SS())


async def test_03_texts_that_clients_match_are_dynamodbs(db: Engine) -> None:
    query: dict[str, Any] = {"TableName": "idx", "KeyConditionExpression": "sk = :v"}
    values = {":v": S("v")}
    get = {"TableName": "tab", "Key": KEY}
    twice = [{"ConditionCheck": {**get, "ConditionExpression": "attribute_exists(pk)"}}] * 2
    for says, operation, request in (
        ("The provided key element does not match the schema", "GetItem",
         {"TableName": "tab", "Key": {"qk": S("a")}}),
        ("Provided list of item keys contains duplicates", "BatchGetItem",
         {"RequestItems": {"tab": {"Keys": [KEY, KEY]}}}),
        ("Transaction request cannot include multiple operations on one item",
         "TransactWriteItems", {"TransactItems": twice}),
        ("Query condition missed key schema element: pk", "Query",
         {**query, "ExpressionAttributeValues": values}),
        ("Consistent reads are not supported on global secondary indexes", "Scan",
         {"TableName": "idx", "IndexName": "gsi", "ConsistentRead": True}),
        ("An number set  may not be empty", "PutItem",
         {"TableName": "tab", "Item": {**KEY, "a": NS()}}),
        ("size limit of2048 bytes", "GetItem", {"TableName": "tab", "Key": {"pk": S("a" * 2049)}}),
    ):  # fmt: skip
        await db.invalid(says, operation, **request)
    failing = {**get, "ConditionExpression": "attribute_exists(pk)"}
    await db.refused(ConditionFailed, "DeleteItem", "The conditional request failed", **failing)
    other = {"Put": {"TableName": "tab", "Item": {"pk": S("b")}}}
    cancelled = await db.refused(
        TransactionCancelled,
        "TransactWriteItems",
        "cancellation reasons for specific reasons [ConditionalCheckFailed, None]",
        TransactItems=[twice[0], other],
    )
    assert [reason["Code"] for reason in cancelled.reasons] == ["ConditionalCheckFailed", "None"]
    with pytest.raises(AnyDynamoError, match="Table already exists: tab"):
        await db.create("tab")


@pytest.mark.parametrize(
    ("operation", "request_", "says"),
    [
        ("GetItem", {"Key": KEY}, "Requested resource not found"),
        ("Scan", {}, "Requested resource not found"),
        ("DescribeTable", {}, "Requested resource not found: Table: none not found"),
        ("DeleteTable", {}, "Requested resource not found: Table: none not found"),
    ],
)
async def test_04_only_operations_on_tables_name_the_table_that_is_missing(
    db: Engine, operation: str, request_: Item, says: str
) -> None:
    with pytest.raises(AnyDynamoError) as caught:
        await db(operation, TableName="none", **request_)
    assert caught.value.code == "ResourceNotFoundException"
    assert says in str(caught.value)
    assert (": Table:" in str(caught.value)) is (": Table:" in says)


async def test_05_shape_comes_before_syntax_syntax_before_names_and_names_before_the_table(
    db: Engine,
) -> None:
    request: dict[str, Any] = {
        "TableName": "none",
        "Key": {"qk": S("a")},
        "ConditionExpression": "a = = #b",
        "ExpressionAttributeNames": {"#c": "c"},
        "ReturnValues": "SOME",
    }
    await db.invalid("returnValues", "DeleteItem", **request)
    request["ReturnValues"] = "NONE"
    await db.invalid("Syntax error", "DeleteItem", **request)
    request["ConditionExpression"] = "a = #b"
    await db.invalid("not defined; attribute name: #b", "DeleteItem", **request)
    request["ConditionExpression"] = "attribute_exists(a)"
    await db.invalid("unused in expressions: keys: {#c}", "DeleteItem", **request)
    del request["ExpressionAttributeNames"]
    with pytest.raises(AnyDynamoError, match="Requested resource not found"):
        await db("DeleteItem", **request)
    request["TableName"] = "tab"
    # A key that does not fit comes before a condition that does not hold.
    await db.invalid("does not match the schema", "DeleteItem", **request)


@pytest.mark.parametrize(
    "attribute", [{"gs": S("no number")}, {"gk": S("")}, {"b": B(b"b" * 409600)}]
)
async def test_05_a_put_that_the_table_cannot_take_is_invalid_whatever_its_condition_says(
    db: Engine, attribute: Item
) -> None:
    put = {"TableName": "idx", "Item": {"pk": S("a"), "sk": S("b"), **attribute}}
    with pytest.raises(AnyDynamoError) as caught:
        await db("PutItem", **put, ConditionExpression="attribute_exists(pk)")
    assert caught.value.code == "ValidationException"


async def test_06_expressions_and_legacy_parameters_do_not_mix(db: Engine) -> None:
    await db.invalid(
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}",
        "UpdateItem",
        TableName="tab",
        Key=KEY,
        UpdateExpression="SET a = :v",
        AttributeUpdates={},
    )


async def test_07_a_failed_condition_returns_the_item_that_stood_in_the_way(db: Engine) -> None:
    await db.put("tab", {**KEY, "a": N(1)})
    request: dict[str, Any] = {
        "TableName": "tab",
        "Key": KEY,
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    failed = await db.refused(
        ConditionFailed, "DeleteItem", **request, ReturnValuesOnConditionCheckFailure="ALL_OLD"
    )
    assert failed.item == {**KEY, "a": N(1)}
    assert (await db.refused(ConditionFailed, "DeleteItem", **request)).item is None
    unused = {"TableName": "tab", "Key": KEY, "ReturnValuesOnConditionCheckFailure": "SOME"}
    await db.invalid("returnValuesOnConditionCheckFailure", "DeleteItem", **unused)


@pytest.mark.parametrize(
    ("says", "parameters"),
    [
        ("The expression can not be empty;", {"ConditionExpression": ""}),
        (
            "ExpressionAttributeValues must not be empty",
            {"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeValues": {}},
        ),
        (
            "ExpressionAttributeNames must not be empty",
            {"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeNames": {}},
        ),
        ("only be specified when using expressions", {"ExpressionAttributeNames": {"#a": "a"}}),
        ("only be specified when using expressions", {"ExpressionAttributeValues": {":a": N(1)}}),
    ],
)
async def test_08_empty_expressions_and_idle_placeholders_are_refused(
    db: Engine, says: str, parameters: Item
) -> None:
    await db.invalid(says, "DeleteItem", TableName="tab", Key=KEY, **parameters)


# Numbers


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
        await db.invalid("", "UpdateItem", **_update(clause, {"v": N(value)}))
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


# Empty values, sets, nesting, sizes


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
    await db.put("tab", {**KEY, "a": _wrapped(31, kind)})
    says = "Nesting Levels have exceeded supported limits"
    await db.invalid(says, "PutItem", TableName="tab", Item={**KEY, "a": _wrapped(32, kind)})
    assert await db.holds("a = :v", {"a": _wrapped(31, kind)}, v=_wrapped(31, kind))
    await db.senseless(says, "a = :v", v=_wrapped(32, kind))
    await db.futile(says, "SET m.a = :v", {"m": M(a=N(1))}, v=_wrapped(31, kind))


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
    await db.invalid("Item size to update has", "UpdateItem", **_update("SET c = :v", {"v": NULL}))
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
    assert await db.holds(f"a IN ({', '.join(_bound(hundred))})", {"a": N(99)}, **hundred)
    await db.senseless("too many operands", f"a IN ({', '.join(_bound(values))})", **values)
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
        {"Update": {**_update("SET b = :v", {"v": B(b"x" * 400_000)}), "Key": {"pk": S(str(n))}}}
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
    await db.invalid(says, "UpdateItem", **_update(f"REMOVE a.{word}", {}))
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


# Conditions and filters

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
    request = _update("SET a = :v", {"v": N(1)}, ConditionExpression="attribute_exists(pk)")
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


# Updates


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
    answer = await db("UpdateItem", **_update(expression, values, ReturnValues=wanted))
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
        "UpdateItem", **_update("SET a = :v", {"v": N(1)}, ReturnValues="UPDATED_NEW")
    )
    assert created == {"Attributes": {"a": N(1)}}


# Query, Scan, indexes, pagination


async def _fill(db: Engine, count: int = 6) -> None:
    for number in range(count):
        await db.put(
            "idx", {**KEY, "sk": S(str(number)), "gk": S("g"), "gs": N(number % 2), "b": S("b")}
        )


def _query(condition: str = "pk = :pk", **options: Any) -> dict[str, Any]:
    values = {":pk": KEY["pk"], **_bound(options.pop("values", {}))}
    used = {name: value for name, value in values.items() if name in condition}
    return {
        "TableName": "idx",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": used,
        **options,
    }


async def test_46_a_limit_counts_items_before_the_filter(db: Engine) -> None:
    await _fill(db)
    page = await db("Query", **_query(Limit=2, FilterExpression="attribute_not_exists(b)"))
    assert (page["Items"], page["Count"], page["ScannedCount"]) == ([], 0, 2)
    assert page["LastEvaluatedKey"] == {**KEY, "sk": S("1")}


async def test_47_a_page_that_ends_at_the_limit_may_be_followed_by_an_empty_one(db: Engine) -> None:
    await _fill(db, 4)
    found = await db.all("Query", **_query(Limit=2))
    assert [item["sk"]["S"] for item in found] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("index", ["gsi", "lsi"])
async def test_48_pages_of_an_index_go_on_between_equal_keys(
    db: Engine, index: str, limit: int, forward: bool
) -> None:
    await _fill(db, 7)
    condition = "gk = :g" if index == "gsi" else "pk = :pk"
    request = _query(condition, IndexName=index, ScanIndexForward=forward, values={"g": S("g")})
    first = await db("Query", **request, Limit=limit)
    expected = {"pk", "sk", "gs", "gk"} if index == "gsi" else {"pk", "sk", "gs"}
    assert first["LastEvaluatedKey"].keys() == expected
    whole = (await db("Query", **request))["Items"]
    assert [item["gs"]["N"] for item in whole] == (["0"] * 4 + ["1"] * 3)[:: 1 if forward else -1]
    assert await db.all("Query", **request, Limit=limit) == whole


@pytest.mark.parametrize("forward", [True, False])
async def test_48_a_table_without_sort_key_pages_through_an_index_of_ties(
    db: Engine, forward: bool
) -> None:
    await db.create("hash", "pk:S", None, gsi("gsi", "gk:S"), gsi("srt", "gk:S", "gs:N"))
    for number in range(5):
        await db.put("hash", {"pk": S(str(number)), "gk": S("g"), "gs": N(1)})
    for index in ("gsi", "srt"):
        request = _query("gk = :g", IndexName=index, values={"g": S("g")}, Limit=1)
        request |= {"TableName": "hash", "ScanIndexForward": forward}
        found = await db.all("Query", **request)
        assert sorted(item["pk"]["S"] for item in found) == list("01234")


@pytest.mark.parametrize(
    ("says", "start", "options"),
    [
        (None, {**KEY, "sk": S("25")}, {}),
        ("The provided starting key is invalid", KEY, {}),
        ("The provided starting key is invalid", {**KEY, "sk": N(1)}, {}),
        ("The provided starting key is invalid", {**KEY, "sk": S("1"), "gk": S("g")}, {}),
        ("outside query boundaries", {"pk": S("b"), "sk": S("1")}, {}),
        ("The provided starting key is invalid", {**KEY, "sk": S("1")}, {"IndexName": "lsi"}),
        (None, {**KEY, "sk": S("2"), "gs": N(0)}, {"IndexName": "lsi"}),
    ],
)
async def test_49_a_start_key_is_exactly_the_keys_and_need_not_exist(
    db: Engine, says: str | None, start: Item, options: Item
) -> None:
    await _fill(db)
    request = _query(ExclusiveStartKey=start, **options)
    if says is not None:
        await db.invalid(says, "Query", **request)
        return
    found = [item["sk"]["S"] for item in (await db("Query", **request))["Items"]]
    assert found == (["4", "1", "3", "5"] if options else ["3", "4", "5"])


async def test_49_start_keys_stay_in_their_segment_and_out_of_single_items(db: Engine) -> None:
    query = {**_query(), "TableName": "tab", "ExclusiveStartKey": KEY}
    await db.invalid("outside query boundaries", "Query", **query)
    await db.put("tab", KEY)
    for segment in range(4):
        request = {"TableName": "tab", "Segment": segment, "TotalSegments": 4}
        if (await db("Scan", **request))["Items"]:
            assert (await db("Scan", **request, ExclusiveStartKey=KEY))["Items"] == []
        else:
            await db.invalid("correct Segment", "Scan", **request, ExclusiveStartKey=KEY)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("sk = :v", "2"),
        ("sk < :v", "01"),
        ("sk <= :v", "012"),
        ("sk > :v", "345"),
        ("sk >= :v", "2345"),
        (":v <= sk", "2345"),
        ("sk BETWEEN :v AND :w", "234"),
        ("begins_with(sk, :v)", "2"),
        ("(sk = :v)", "2"),
    ],
)
async def test_50_a_sort_key_is_tested_in_eight_ways(
    db: Engine, condition: str, found: str
) -> None:
    await _fill(db)
    values = {"v": S("2"), "w": S("4")}
    for text in (f"pk = :pk AND {condition}", f"{condition} AND :pk = pk"):
        items = (await db("Query", **_query(text, values=values)))["Items"]
        assert "".join(item["sk"]["S"] for item in items) == found


@pytest.mark.parametrize(
    "condition",
    [
        "pk > :pk",
        "pk = :pk AND pk = :pk",
        "pk = :pk AND sk > :v AND sk < :w",
        "pk = :pk AND sk <> :v",
        "pk = :pk OR sk = :v",
        "NOT pk = :pk",
        "pk = :pk AND sk IN (:v)",
        "pk = :pk AND sk.a = :v",
        "pk = :pk AND contains(sk, :v)",
        "pk = :pk AND size(sk) = :v",
        "pk = :pk AND gk = :v",
        "pk = :pk AND sk = :n",
        "pk = :n",
        "sk = :v",
        "((pk = :pk))",
        "pk = :pk AND begins_with(:v, sk)",
    ],
)
async def test_50_other_key_conditions_are_refused(db: Engine, condition: str) -> None:
    values = {"v": S("2"), "w": S("4"), "n": N(1)}
    await db.invalid("", "Query", **_query(condition, values=values))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"Select": "ALL_PROJECTED_ATTRIBUTES"}, "IndexName"),
        ({"Select": "SPECIFIC_ATTRIBUTES"}, "ProjectionExpression"),
        ({"Select": "COUNT", "ProjectionExpression": "b"}, "Count"),
        ({"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "b"}, "ALL_ATTRIBUTES"),
        ({"Select": "ALL_PROJECTED_ATTRIBUTES", "ProjectionExpression": "b", "IndexName": "gsi"},
         "ALL_PROJECTED_ATTRIBUTES"),
        ({"Select": "ALL_ATTRIBUTES", "IndexName": "gsi"}, "projection type is not ALL"),
        ({"ProjectionExpression": "b", "IndexName": "gsi"}, "does not project"),
    ],
)  # fmt: skip
async def test_51_select_fits_the_index_and_the_projection(
    db: Engine, options: Item, says: str
) -> None:
    await db.invalid(says, "Scan", TableName="idx", **options)
    keyed = "gk = :pk" if options.get("IndexName") == "gsi" else "pk = :pk"
    await db.invalid(says, "Query", **_query(keyed, **options))


async def test_51_a_local_index_fetches_from_the_table(db: Engine) -> None:
    await _fill(db, 1)
    whole = {**KEY, "sk": S("0"), "gk": S("g"), "gs": N(0), "b": S("b")}
    for options, expected in (
        ({}, {**KEY, "sk": S("0"), "gs": N(0)}),
        ({"Select": "ALL_PROJECTED_ATTRIBUTES"}, {**KEY, "sk": S("0"), "gs": N(0)}),
        ({"Select": "ALL_ATTRIBUTES"}, whole),
        ({"ProjectionExpression": "b"}, {"b": S("b")}),
        ({"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": "b"}, {"b": S("b")}),
    ):
        assert (await db("Query", **_query(IndexName="lsi", **options)))["Items"] == [expected]


async def test_52_projections_select_parts_and_compact_lists(db: Engine) -> None:
    await db.put("tab", {**KEY, "a": L(N(0), N(1), N(2)), "m": M(x=M(y=N(1)), z=N(2))})
    get: dict[str, Any] = {"TableName": "tab", "Key": KEY}
    for projection, expected in (
        ("a[0], a[2]", {"a": L(N(0), N(2))}),
        ("a[2], a[0]", {"a": L(N(0), N(2))}),
        ("m.x.y", {"m": M(x=M(y=N(1)))}),
        ("nix, m.nix, a[9]", {}),
    ):
        assert (await db("GetItem", **get, ProjectionExpression=projection))["Item"] == expected
    assert await db("GetItem", TableName="tab", Key={"pk": S("z")}, ProjectionExpression="a") == {}
    for overlapping in ("a, a[0]", "m.x, m.x.y", "a, a", "m.x, m[0]"):
        await db.invalid("Two document paths", "GetItem", **get, ProjectionExpression=overlapping)


async def test_53_indexes_are_sparse_follow_updates_and_refuse_wrong_types(db: Engine) -> None:
    item = {**KEY, "sk": S("s")}

    async def indexed() -> list[str]:
        found = await db.all("Scan", TableName="idx", IndexName="gsi")
        return [entry["gk"]["S"] for entry in found]

    async def change(expression: str, **values: Item) -> None:
        request = {**_update(expression, values), "TableName": "idx", "Key": item}
        await db("UpdateItem", **request)

    await db.put("idx", item)
    assert await indexed() == []
    await change("SET gk = :v", v=S("one"))
    assert await indexed() == []
    await change("SET gs = :v", v=N(1))
    assert await indexed() == ["one"]
    await change("SET gk = :v", v=S("two"))
    assert await indexed() == ["two"]
    for operation, request in (
        ("UpdateItem", {**_update("SET gk = :v", {"v": N(1)}), "TableName": "idx", "Key": item}),
        ("PutItem", {"TableName": "idx", "Item": {**item, "gk": N(1)}}),
        ("BatchWriteItem",
         {"RequestItems": {"idx": [{"PutRequest": {"Item": {**item, "gk": N(1)}}}]}}),
    ):  # fmt: skip
        await db.invalid("Type mismatch for Index Key gk", operation, **request)
    assert await indexed() == ["two"]
    await change("REMOVE gs")
    assert await indexed() == []
    await change("SET gs = :v", v=N(1))
    await db.put("idx", {**item, "sk": S("other"), "gk": S("two"), "gs": N(1)})
    assert await indexed() == ["two", "two"]
    await db("DeleteItem", TableName="idx", Key=item)
    assert await indexed() == ["two"]
    with pytest.raises(InvalidRequest):
        await db.create("other", "pk:S", None, gsi("one", "gk:S"), gsi("two", "gk:N"))


async def test_54_segments_are_disjoint_complete_and_in_a_stable_order(db: Engine) -> None:
    for number in range(30):
        await db.put("rng", {"pk": S(str(number % 10)), "sk": N(number)})
    whole = await db.all("Scan", TableName="rng")
    parts: list[Item] = []
    for segment in range(3):
        request = {"TableName": "rng", "Segment": segment, "TotalSegments": 3, "Limit": 4}
        parts += await db.all("Scan", **request)
    assert parts == whole
    assert len({(item["pk"]["S"], item["sk"]["N"]) for item in whole}) == 30
    partitions = [item["pk"]["S"] for item in whole]
    assert [partitions[place] for place in range(0, 30, 3)] == list(dict.fromkeys(partitions))
    for place in range(0, 30, 3):
        numbers = [int(item["sk"]["N"]) for item in whole[place : place + 3]]
        assert numbers == sorted(numbers)


async def test_55_item_collections_are_measured_where_there_is_a_local_index(db: Engine) -> None:
    put = {"Item": {**KEY, "sk": S("s")}, "ReturnItemCollectionMetrics": "SIZE"}
    metrics = (await db("PutItem", TableName="idx", **put))["ItemCollectionMetrics"]
    assert metrics == {"ItemCollectionKey": KEY, "SizeEstimateRangeGB": [0.0, 1.0]}
    assert "ItemCollectionMetrics" not in await db("PutItem", TableName="tab", **put)


# Batches, transactions, time to live, capacity


async def test_56_a_batch_holds_each_key_once_and_is_refused_whole(db: Engine) -> None:
    put, delete = {"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}
    says = "Provided list of item keys contains duplicates"
    await db.invalid(says, "BatchWriteItem", RequestItems={"tab": [put, delete]})
    key = {"pk": S("a"), "sk": N("1")}
    same = {"sk": N("1.0"), "pk": S("a")}
    await db.invalid(says, "BatchGetItem", RequestItems={"rng": {"Keys": [key, same]}})
    wrong = {"PutRequest": {"Item": {"pk": N(1)}}}
    await db.invalid(
        "Type mismatch for key pk", "BatchWriteItem", RequestItems={"tab": [put, wrong]}
    )
    assert await db.get("tab", **KEY) is None
    item = {**KEY, "sk": S("s")}
    written = {"tab": [put], "idx": [{"PutRequest": {"Item": item}}]}
    assert await db("BatchWriteItem", RequestItems=written) == {"UnprocessedItems": {}}
    wanted = {
        "tab": {"Keys": [KEY, {"pk": S("no")}]},
        "idx": {"Keys": [item]},
        "rng": {"Keys": [key]},
    }
    answer = await db("BatchGetItem", RequestItems=wanted)
    assert answer == {"Responses": {"tab": [KEY], "idx": [item], "rng": []}, "UnprocessedKeys": {}}


async def test_57_a_batch_takes_no_conditions(db: Engine) -> None:
    put = {"PutRequest": {"Item": KEY, "ConditionExpression": "attribute_exists(pk)"}}
    await db.invalid("ConditionExpression", "BatchWriteItem", RequestItems={"tab": [put]})


async def test_58_transactions_are_all_or_nothing_over_several_tables(db: Engine) -> None:
    huge = B(b"x" * 409_600)
    await db.put("tab", {"pk": S("there"), "n": N(1)})
    puts = [
        {"Put": {"TableName": "tab", "Item": KEY}},
        {"Put": {"TableName": "rng", "Item": {**KEY, "sk": N(1)}}},
    ]
    grown = {**_update("SET b = :v", {"v": huge}), "Key": {"pk": S("there")}}
    failing = {
        "TableName": "tab",
        "Key": {"pk": S("there")},
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    for action, code in (
        ({"Update": grown}, "ValidationError"),
        ({"ConditionCheck": failing}, "ConditionalCheckFailed"),
    ):
        cancelled = await db.refused(
            TransactionCancelled, "TransactWriteItems", TransactItems=[*puts, action]
        )
        assert [reason["Code"] for reason in cancelled.reasons] == ["None", "None", code]
    assert cancelled.reasons[2]["Item"] == {"pk": S("there"), "n": N(1)}
    for action in (
        {"Put": {"TableName": "tab", "Item": {"pk": S("b"), "b": huge}}},
        {"Delete": {"TableName": "tab", "Key": {"pk": S("b")}, "ConditionExpression": "a ="}},
    ):
        await db.invalid("", "TransactWriteItems", TransactItems=[*puts, action])
    assert await db.get("tab", **KEY) is None
    await db("TransactWriteItems", TransactItems=puts)
    gets = [{"Get": {"TableName": "tab", "Key": {"pk": S(name)}}} for name in ("a", "none")]
    assert await db("TransactGetItems", TransactItems=gets) == {"Responses": [{"Item": KEY}, {}]}
    says = "cannot include multiple operations on one item"
    await db.invalid(says, "TransactGetItems", TransactItems=[gets[0], gets[0]])


async def test_59_a_token_stands_for_its_transaction_for_ten_minutes(db: Engine) -> None:
    def adding(number: int) -> dict[str, Any]:
        update = _update("ADD n :v", {"v": N(number)})
        return {
            "TransactItems": [{"Update": update}],
            "ClientRequestToken": "token",
            "ReturnConsumedCapacity": "TOTAL",
        }

    await db("TransactWriteItems", **adding(1))
    await db.put("tab", {**KEY, "n": N(1), "b": B(b"x" * 5000)})
    again = await db("TransactWriteItems", **adding(1))
    # Two transactional reads of 4 KB, not ten writes of 1 KB.
    assert again["ConsumedCapacity"] == [{"TableName": "tab", "CapacityUnits": 4.0}]
    with pytest.raises(AnyDynamoError) as caught:
        await db("TransactWriteItems", **adding(2))
    assert caught.value.code == "IdempotentParameterMismatchException"
    db.now += 601
    await db("TransactWriteItems", **adding(2))
    assert (await db.get("tab", **KEY) or {})["n"] == N(3)


async def test_61_items_that_have_expired_are_there_until_they_are_deleted(db: Engine) -> None:
    specification = {"Enabled": True, "AttributeName": "ttl"}
    await db("UpdateTimeToLive", TableName="tab", TimeToLiveSpecification=specification)
    described = await db("DescribeTimeToLive", TableName="tab")
    assert described["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "ttl",
    }
    for ttl in (N("1.5"), N(1_699_999_999), S("never")):
        await db.put("tab", {**KEY, "ttl": ttl})
        assert await db.get("tab", **KEY) == {**KEY, "ttl": ttl}


@pytest.mark.parametrize(
    ("operation", "parameters", "units"),
    [
        ("GetItem", {"Key": {"pk": S("none")}}, 0.5),
        ("GetItem", {"Key": {"pk": S("none")}, "ConsistentRead": True}, 1.0),
        ("GetItem", {"Key": KEY}, 1.0),
        ("GetItem", {"Key": KEY, "ConsistentRead": True, "ProjectionExpression": "pk"}, 2.0),
        ("PutItem", {"Item": {"pk": S("new")}}, 1.0),
        ("PutItem", {"Item": KEY}, 6.0),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": "REMOVE b"}, 6.0),
        ("DeleteItem", {"Key": {"pk": S("none")}}, 1.0),
        ("DeleteItem", {"Key": KEY}, 6.0),
        ("Scan", {"ConsistentRead": True}, 3.0),
        ("Scan", {"FilterExpression": "attribute_not_exists(pk)"}, 1.5),
    ],
)
async def test_62_capacity_is_counted_in_4_kb_of_reads_and_1_kb_of_writes(
    db: Engine, operation: str, parameters: Item, units: float
) -> None:
    # 6,000 bytes, and 2,500 bytes: together 8,500, which a scan rounds once.
    await db.put("tab", {**KEY, "b": B(b"x" * 5996)}, {"pk": S("b"), "b": B(b"x" * 2496)})
    request = {"TableName": "tab", **parameters, "ReturnConsumedCapacity": "TOTAL"}
    consumed = (await db(operation, **request))["ConsumedCapacity"]
    assert consumed == {"TableName": "tab", "CapacityUnits": units}


async def test_62_batches_round_by_the_item_and_transactions_cost_double(db: Engine) -> None:
    keys = [KEY, {"pk": S("b")}]
    await db.put("tab", *({**key, "b": B(b"x" * 5000)} for key in keys))
    asked = {"ReturnConsumedCapacity": "TOTAL"}
    batch = await db("BatchGetItem", RequestItems={"tab": {"Keys": keys}}, **asked)
    assert batch["ConsumedCapacity"] == [{"TableName": "tab", "CapacityUnits": 2.0}]
    gets = [{"Get": {"TableName": "tab", "Key": key}} for key in keys]
    read = await db("TransactGetItems", TransactItems=gets, **asked)
    assert read["ConsumedCapacity"] == [{"TableName": "tab", "CapacityUnits": 8.0}]
    deletes = [{"Delete": {"TableName": "tab", "Key": key}} for key in keys]
    written = await db("TransactWriteItems", TransactItems=deletes, **asked)
    assert written["ConsumedCapacity"] == [{"TableName": "tab", "CapacityUnits": 20.0}]


async def test_62_an_index_costs_when_its_entry_changes_and_twice_when_it_moves(db: Engine) -> None:
    item = {**KEY, "sk": S("s")}
    for change, units in (
        ({}, None),
        ({"gk": S("a"), "gs": N(1)}, 1.0),
        ({"gk": S("a"), "gs": N(1)}, None),
        ({"gk": S("a"), "gs": N(1), "b": S("not projected")}, None),
        ({"gk": S("b"), "gs": N(1)}, 2.0),
        ({"gk": S("b")}, 1.0),
    ):
        request = {
            "TableName": "idx",
            "Item": {**item, **change},
            "ReturnConsumedCapacity": "INDEXES",
        }
        consumed = (await db("PutItem", **request))["ConsumedCapacity"]
        arms = consumed.get("GlobalSecondaryIndexes", {})
        assert arms == ({} if units is None else {"gsi": {"CapacityUnits": units}})
        assert consumed["Table"] == {"CapacityUnits": 1.0}
