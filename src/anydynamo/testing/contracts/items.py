"""PutItem, GetItem, DeleteItem: what goes in comes out, and what must not go in does not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from anydynamo.errors import InvalidRequest, TableNotFound
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

__all__ = ["ItemContract"]

ITEM_LIMIT = 409_600

_nested: Item = S("core")
for _ in range(31):
    _nested = L(_nested)

VALUES: dict[str, Item] = {
    "string": S("plain"),
    "empty string": S(""),
    "string beyond the BMP": S("naïve \N{GRINNING FACE} \x00 \u2028"),
    "binary": B(bytes(range(256))),
    "empty binary": B(b""),
    "number": N("3.14"),
    "true": {"BOOL": True},
    "false": {"BOOL": False},
    "null": NULL,
    "list": L(S("a"), N(1), NULL, L(), M()),
    "empty list": L(),
    "map": M(a=S(""), b=M(c=L(B(b"\xff")))),
    "empty map": M(),
    "map with odd names": {"M": {"a.b": S("1"), " ": S("2"), "#x": S("3"), "status": S("4")}},
    "string set": SS("", "a", "b"),
    "number set": NS(-1, 0, 2),
    "binary set": BS(b"", b"\x00", b"\xff"),
    "31 levels": _nested,
}

NUMBERS = {
    "0": "0",
    "-0": "0",
    "0.0": "0",
    "0e125": "0",
    "1.0": "1",
    "00042": "42",
    "+5": "5",
    ".5": "0.5",
    "5.": "5",
    "1.5E2": "150",
    "1e+2": "100",
    "1.e5": "100000",
    "-1.50": "-1.5",
    "12345678901234567890123456789012345678": "12345678901234567890123456789012345678",
    "0.12345678901234567890123456789012345678": "0.12345678901234567890123456789012345678",
    "1E125": "1" + "0" * 125,
    "-9.9999999999999999999999999999999999999E125": "-" + "9" * 38 + "0" * 88,
    "1E-130": "0." + "0" * 129 + "1",
    "100000000000000000000000000000000000000000": "1" + "0" * 41,
}

NOT_NUMBERS = {
    "": "cannot be converted to a numeric value",
    " 5": "cannot be converted to a numeric value",
    "5 ": "cannot be converted to a numeric value",
    "abc": "cannot be converted to a numeric value",
    "NaN": "cannot be converted to a numeric value",
    "Infinity": "cannot be converted to a numeric value",
    "1e": "cannot be converted to a numeric value",
    ".": "cannot be converted to a numeric value",
    "+-5": "cannot be converted to a numeric value",
    "0x5": "cannot be converted to a numeric value",
    "1_000": "cannot be converted to a numeric value",
    "123456789012345678901234567890123456789": "more than 38 significant digits",
    "1E126": "Number overflow",
    "-1E126": "Number overflow",
    "1E-131": "Number underflow",
    "1e99999999999": "overflow",
    "1e-99999999999": "underflow",
}

BAD_VALUES: dict[str, tuple[Item, str]] = {
    "no type": ({}, "must contain exactly one of the supported datatypes"),
    "two types": (
        {"S": "a", "N": "1"},
        "must contain exactly one of the supported datatypes",
    ),
    "NULL false": ({"NULL": False}, "must have the value of true"),
    "empty string set": (SS(), "may not be empty"),
    "empty number set": (NS(), "An number set  may not be empty"),
    "empty binary set": (BS(), "Binary sets should not be empty"),
    "nested empty set": (L(M(a=SS())), "may not be empty"),
    "string twice in a set": (SS("a", "b", "a"), "contains duplicates"),
    "number twice in a set": (NS(1, 2, 1), "contains duplicates"),
    "binary twice in a set": (BS(b"a", b"a"), "contains duplicates"),
    "no number in a set": (NS(1, "x"), "cannot be converted to a numeric value"),
    "32 levels": (L(_nested), "Nesting Levels have exceeded supported limits"),
}


class ItemContract(Contract):
    """One item at a time."""

    async def test_an_item_that_is_not_there_gives_an_empty_answer(self, db: Client) -> None:
        table = await db.create("first")
        assert await db("GetItem", TableName=table, Key={"pk": S("absent")}) == {}

    @pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
    async def test_a_value_comes_back_as_it_went_in(self, db: Client, value: Item) -> None:
        table = await db.create("first")
        assert await db("PutItem", TableName=table, Item={"pk": S("1"), "v": value}) == {}
        assert await db("GetItem", TableName=table, Key={"pk": S("1")}) == {
            "Item": {"pk": S("1"), "v": value}
        }

    @pytest.mark.parametrize("given", NUMBERS)
    async def test_a_number_comes_back_in_its_plain_form(self, db: Client, given: str) -> None:
        table = await db.create("first")
        await db.put(table, {"pk": S("1"), "v": N(given)})
        item = await db.get(table, pk=S("1"))
        assert item == {"pk": S("1"), "v": N(NUMBERS[given])}

    @pytest.mark.parametrize("given", NOT_NUMBERS)
    async def test_what_is_no_number_of_dynamodb_is_refused(self, db: Client, given: str) -> None:
        table = await db.create("first")
        item = {"pk": S("1"), "v": N(given)}
        await db.refused(InvalidRequest, "PutItem", NOT_NUMBERS[given], TableName=table, Item=item)
        assert await db.get(table, pk=S("1")) is None

    @pytest.mark.parametrize("bad", BAD_VALUES)
    async def test_a_value_that_no_item_can_hold_is_refused(self, db: Client, bad: str) -> None:
        table = await db.create("first")
        value, says = BAD_VALUES[bad]
        item = {"pk": S("1"), "v": value}
        error = await db.refused(InvalidRequest, "PutItem", says, TableName=table, Item=item)
        assert error.code == "ValidationException"
        assert await db.get(table, pk=S("1")) is None

    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            (SS("b", "", "a", "B", "é"), SS("", "B", "a", "b", "é")),
            (NS(10, 9, "-1.0", "0.5"), NS(-1, "0.5", 9, 10)),
            (BS(b"\xff", b"", b"\x7f", b"\x80"), BS(b"", b"\x7f", b"\x80", b"\xff")),
        ],
        ids=["SS", "NS", "BS"],
    )
    async def test_a_set_comes_back_whole(self, db: Client, given: Item, stored: Item) -> None:
        table = await db.create("first")
        await db.put(table, {"pk": S("1"), "v": given})
        item = await db.get(table, pk=S("1"))
        assert item is not None
        # DynamoDB promises no order of a set's members.
        ((kind, members),) = item["v"].items()
        assert sorted(members) == sorted(stored[kind])

    async def test_what_is_stored_is_not_the_callers_own_object(self, db: Client) -> None:
        table = await db.create("first")
        request: Item = {"pk": S("1"), "list": L(S("a")), "map": M(a=SS("x")), "set": SS("x")}
        kept = copy.deepcopy(request)
        await db("PutItem", TableName=table, Item=request)
        assert request == kept
        request["list"]["L"].append(S("b"))
        request["map"]["M"]["a"]["SS"].append("y")
        request["set"]["SS"].append("y")
        first = await db.get(table, pk=S("1"))
        assert first is not None
        assert first == kept
        first["list"]["L"].clear()
        first["map"]["M"]["a"]["SS"].append("z")
        first["new"] = S("here")
        assert await db.get(table, pk=S("1")) == kept

    async def test_a_put_replaces_the_whole_item(self, db: Client) -> None:
        table = await db.create("first")
        await db.put(table, {"pk": S("1"), "a": N(1), "b": N(2)}, {"pk": S("1"), "b": N(3)})
        assert await db.get(table, pk=S("1")) == {"pk": S("1"), "b": N(3)}

    async def test_a_put_can_return_what_it_replaced(self, db: Client) -> None:
        table = await db.create("first")
        old, new = {"pk": S("1"), "a": N(1)}, {"pk": S("1"), "a": N(2)}
        put = {"TableName": table, "ReturnValues": "ALL_OLD"}
        assert await db("PutItem", Item=old, **put) == {}
        assert await db("PutItem", Item=new, **put) == {"Attributes": old}

    async def test_a_delete_can_return_what_it_removed(self, db: Client) -> None:
        table = await db.create("first")
        item = {"pk": S("1"), "a": N(1)}
        await db.put(table, item)
        delete = {"TableName": table, "Key": {"pk": S("1")}, "ReturnValues": "ALL_OLD"}
        assert await db("DeleteItem", **delete) == {"Attributes": item}
        assert await db.get(table, pk=S("1")) is None
        assert await db("DeleteItem", **delete) == {}

    async def test_removing_what_is_not_there_is_no_error(self, db: Client) -> None:
        table = await db.create("first")
        assert await db("DeleteItem", TableName=table, Key={"pk": S("1")}) == {}

    @pytest.mark.parametrize("returned", ["ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
    async def test_put_and_delete_return_old_values_only(self, db: Client, returned: str) -> None:
        table = await db.create("first")
        await db.refused(
            InvalidRequest,
            "PutItem",
            TableName=table,
            Item={"pk": S("1")},
            ReturnValues=returned,
        )
        await db.refused(
            InvalidRequest,
            "DeleteItem",
            TableName=table,
            Key={"pk": S("1")},
            ReturnValues=returned,
        )

    @pytest.mark.parametrize(
        ("operation", "request_"),
        [
            ("GetItem", {"Key": {"pk": S("1")}}),
            ("PutItem", {"Item": {"pk": S("1")}}),
            ("DeleteItem", {"Key": {"pk": S("1")}}),
            ("UpdateItem", {"Key": {"pk": S("1")}}),
            (
                "Query",
                {
                    "KeyConditionExpression": "pk = :v",
                    "ExpressionAttributeValues": {":v": S("1")},
                },
            ),
            ("Scan", {}),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    async def test_a_table_that_is_not_there_is_named_in_the_error(
        self, db: Client, operation: str, request_: dict[str, Any]
    ) -> None:
        says = "Requested resource not found"
        error = await db.refused(TableNotFound, operation, says, TableName="absent", **request_)
        assert error.code == "ResourceNotFoundException"
        assert error.table == "absent"

    @pytest.mark.parametrize(
        ("item", "says"),
        [
            ({"pk": S("1")}, "Missing the key sk in the item"),
            ({"sk": N(1), "v": S("x")}, "Missing the key pk in the item"),
            ({"pk": N(1), "sk": N(1)}, "Type mismatch for key pk expected: S actual: N"),
            ({"pk": S("1"), "sk": NULL}, "Type mismatch for key sk expected: N actual: NULL"),
            ({"pk": S(""), "sk": N(1)}, "cannot contain an empty string value"),
        ],
        ids=["no sort key", "no partition key", "number for string", "null", "empty"],
    )
    async def test_an_item_without_its_key_is_refused(
        self, db: Client, item: Item, says: str
    ) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        await db.refused(InvalidRequest, "PutItem", says, TableName=table, Item=item)
        assert await db.all("Scan", TableName=table) == []

    @pytest.mark.parametrize("operation", ["GetItem", "DeleteItem", "UpdateItem"])
    @pytest.mark.parametrize(
        "key",
        [
            {"pk": S("1")},
            {"sk": N(1)},
            {"pk": S("1"), "sk": N(1), "more": S("x")},
            {"pk": S("1"), "other": N(1)},
            {"pk": S("1"), "sk": S("1")},
            {"pk": {"SS": ["1"]}, "sk": N(1)},
        ],
        ids=["no sort key", "no partition key", "one more", "another", "wrong type", "a set"],
    )
    async def test_a_key_that_does_not_fit_the_schema_is_refused(
        self, db: Client, operation: str, key: Item
    ) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        says = "The provided key element does not match the schema"
        await db.refused(InvalidRequest, operation, says, TableName=table, Key=key)

    @pytest.mark.parametrize("operation", ["GetItem", "DeleteItem", "UpdateItem"])
    async def test_an_empty_key_value_is_refused(self, db: Client, operation: str) -> None:
        strings = await db.create("strings", "pk:S")
        says = "cannot contain an empty string value"
        await db.refused(InvalidRequest, operation, says, TableName=strings, Key={"pk": S("")})
        binaries = await db.create("binaries", "pk:B")
        says = "cannot contain an empty binary value"
        await db.refused(InvalidRequest, operation, says, TableName=binaries, Key={"pk": B(b"")})

    async def test_equal_numbers_are_one_key(self, db: Client) -> None:
        table = await db.create("first", "pk:N", "sk:N")
        await db.put(table, {"pk": N("1000"), "sk": N("1.50"), "v": S("first")})
        await db.put(table, {"pk": N("1e3"), "sk": N("1.5"), "v": S("second")})
        assert await db.all("Scan", TableName=table) == [
            {"pk": N(1000), "sk": N("1.5"), "v": S("second")}
        ]
        assert await db.get(table, pk=N("01000.0"), sk=N("15e-1")) is not None

    @pytest.mark.parametrize(
        ("key", "value"),
        [("pk:S", S("é")), ("pk:N", N("-1.5")), ("pk:B", B(b"\x00\xff"))],
    )
    async def test_each_key_type_finds_its_item(self, db: Client, key: str, value: Item) -> None:
        table = await db.create("first", key)
        await db.put(table, {"pk": value, "v": S("x")})
        assert await db.get(table, pk=value) == {"pk": value, "v": S("x")}

    @pytest.mark.parametrize("over", [False, True], ids=["at the limit", "one byte over"])
    async def test_key_values_have_a_longest_length(self, db: Client, over: bool) -> None:
        table = await db.create("first", "pk:S", "sk:B")
        long_hash, long_range = "é" * 1024 + "x" * over, b"\xff" * (1024 + over)
        if not over:
            await db.put(table, {"pk": S(long_hash), "sk": B(long_range)})
            assert await db.get(table, pk=S(long_hash), sk=B(long_range)) is not None
            return
        for key in (
            {"pk": S(long_hash), "sk": B(b"x")},
            {"pk": S("x"), "sk": B(long_range)},
        ):
            await db.refused(InvalidRequest, "PutItem", TableName=table, Item=key)
            await db.refused(InvalidRequest, "GetItem", TableName=table, Key=key)

    @pytest.mark.parametrize("over", [False, True], ids=["at the limit", "one byte over"])
    async def test_an_item_holds_400_kb_names_included(self, db: Client, over: bool) -> None:
        table = await db.create("first")
        item = {"pk": S("12345"), "né": N("12.34"), "v": S("")}
        # pk 2 + 5; né 3 + (1 + 1 + 1); v 1 + what is left.
        item["v"] = S("x" * (ITEM_LIMIT - 7 - 6 - 1 + over))
        if over:
            says = "Item size has exceeded the maximum allowed size"
            await db.refused(InvalidRequest, "PutItem", says, TableName=table, Item=item)
        else:
            await db.put(table, item)
        assert (await db.get(table, pk=S("12345")) is None) is over


PROJECTED: Item = {
    "pk": S("1"),
    "a": N(1),
    "m": M(x=N(1), y=L(N(0), N(1), N(2)), z=M(deep=S("d"))),
    "l": L(S("0"), M(k=S("v"), n=N(1)), S("2")),
    "status": S("reserved"),
    "a.b": S("dotted"),
}

PROJECTIONS: dict[str, tuple[dict[str, str], Item]] = {
    "a": ({}, {"a": N(1)}),
    "pk, m.x": ({}, {"pk": S("1"), "m": M(x=N(1))}),
    "m.x, m.z.deep": ({}, {"m": M(x=N(1), z=M(deep=S("d")))}),
    "l[0], l[2]": ({}, {"l": L(S("0"), S("2"))}),
    "l[2], l[0]": ({}, {"l": L(S("0"), S("2"))}),
    "l[1].k": ({}, {"l": L(M(k=S("v")))}),
    "m.y[1]": ({}, {"m": M(y=L(N(1)))}),
    "absent": ({}, {}),
    "a, absent.b, l[7], m.absent": ({}, {"a": N(1)}),
    "a.x, l[0].x": ({}, {}),
    "#s": ({"#s": "status"}, {"status": S("reserved")}),
    "#d": ({"#d": "a.b"}, {"a.b": S("dotted")}),
    "#m.#x": ({"#m": "m", "#x": "x"}, {"m": M(x=N(1))}),
}

BAD_PROJECTIONS: dict[str, tuple[dict[str, str] | None, str]] = {
    "": (None, "The expression can not be empty"),
    "a,": (None, "Syntax error"),
    "a b": (None, "Syntax error"),
    "a.": (None, "Syntax error"),
    "l[x]": (None, "Syntax error"),
    "l[-1]": (None, "Syntax error"),
    "a, a": (None, "Two document paths overlap with each other"),
    "m, m.x": (None, "Two document paths overlap with each other"),
    "l[0], l[0].k": (None, "Two document paths overlap with each other"),
    "m.x, m[0]": (None, "Two document paths conflict with each other"),
    "status": (None, "reserved keyword: status"),
    "m.Status": (None, "reserved keyword: Status"),
    "#absent": (None, "not defined"),
    "#s": ({"#s": "status", "#unused": "a"}, "unused"),
    "a": ({"#unused": "a"}, "unused"),
}


class ProjectionContract(Contract):
    """Which parts of an item come back."""

    @pytest.mark.parametrize("expression", PROJECTIONS)
    async def test_a_projection_selects(self, db: Client, expression: str) -> None:
        names, expected = PROJECTIONS[expression]
        table = await db.create("first")
        await db.put(table, PROJECTED)
        more: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
        answer = await db(
            "GetItem",
            TableName=table,
            Key={"pk": S("1")},
            ProjectionExpression=expression,
            **more,
        )
        assert answer == {"Item": expected}

    @pytest.mark.parametrize("expression", BAD_PROJECTIONS)
    async def test_a_projection_that_cannot_be_read_is_refused(
        self, db: Client, expression: str
    ) -> None:
        names, says = BAD_PROJECTIONS[expression]
        table = await db.create("first")
        more: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
        await db.refused(
            InvalidRequest,
            "GetItem",
            says,
            TableName=table,
            Key={"pk": S("1")},
            ProjectionExpression=expression,
            **more,
        )

    async def test_a_projection_of_nothing_is_still_no_item(self, db: Client) -> None:
        table = await db.create("first")
        request: dict[str, Any] = {"Key": {"pk": S("1")}, "ProjectionExpression": "a"}
        assert await db("GetItem", TableName=table, **request) == {}

    async def test_names_without_an_expression_are_refused(self, db: Client) -> None:
        table = await db.create("first")
        says = "can only be specified when using expressions"
        await db.refused(
            InvalidRequest,
            "GetItem",
            says,
            TableName=table,
            Key={"pk": S("1")},
            ExpressionAttributeNames={"#a": "a"},
        )
