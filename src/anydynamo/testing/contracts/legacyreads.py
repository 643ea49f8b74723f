"""`KeyConditions` and `AttributesToGet`, and that no legacy parameter goes with an expression."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import InvalidRequest
from anydynamo.testing.contracts.client import (
    SS,
    Client,
    Contract,
    Item,
    N,
    S,
)
from anydynamo.testing.contracts.legacy import COUNT, ITEM, KEY, compare, legacy_table

__all__ = ["LegacyReadContract"]


class LegacyReadContract(Contract):
    """What legacy parameters select, of keys and of attributes."""

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
        table = await legacy_table(db)
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
        table = await legacy_table(db)
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
        table = await legacy_table(db)
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
        table = await legacy_table(db)
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
            ({"pk": compare("EQ")}, f"{COUNT}EQ"),
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
        table = await legacy_table(db)
        await db.refused(InvalidRequest, "Query", says, TableName=table, KeyConditions=keys)

    async def test_a_query_filter_counts_what_it_leaves_out_and_no_keys(self, db: Client) -> None:
        table = await legacy_table(db)
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
        table = await legacy_table(db)
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
        table = await legacy_table(db)
        mixed = {"Keys": [KEY], "AttributesToGet": ["s"], "ProjectionExpression": "s"}
        await db.refused(
            InvalidRequest,
            "BatchGetItem",
            "Can not use both expression and non-expression parameters in the same request",
            RequestItems={table: mixed},
        )
