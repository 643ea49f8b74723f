"""Query and Scan: key conditions, order, pages, filters, selections and segments."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import InvalidRequest
from anydynamo.testing.contracts.client import B, Client, Contract, Item, N, S

__all__ = ["QueryContract", "ScanContract"]

NUMBERS = [-100, -2.5, -1, 0, 0.5, 1, 2, 9, 10, 100]

ORDERED: dict[str, list[Item]] = {
    "S": [S(text) for text in ("\x00", "A", "Z", "a", "aa", "b", "é", "\uffff", "\U0001f600")],
    "N": [N(number) for number in NUMBERS],
    "B": [
        B(raw) for raw in (b"\x00", b"\x00\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"\xff\x00")
    ],
}

# Sort keys 1 to 9; which of them each condition finds.
SORT_CONDITIONS: dict[str, tuple[dict[str, int], list[int]]] = {
    "pk = :p AND sk = :a": ({":a": 3}, [3]),
    "pk = :p AND sk < :a": ({":a": 3}, [1, 2]),
    "pk = :p AND sk <= :a": ({":a": 3}, [1, 2, 3]),
    "pk = :p AND sk > :a": ({":a": 7}, [8, 9]),
    "pk = :p AND sk >= :a": ({":a": 7}, [7, 8, 9]),
    "pk = :p AND sk BETWEEN :a AND :b": ({":a": 3, ":b": 5}, [3, 4, 5]),
    "sk BETWEEN :a AND :b and pk = :p": ({":a": 3, ":b": 3}, [3]),
    ":p = pk AND :a < sk": ({":a": 7}, [8, 9]),
    ":a >= sk AND pk = :p": ({":a": 2}, [1, 2]),
    "(pk = :p) AND (sk > :a)": ({":a": 8}, [9]),
    "(pk = :p AND sk > :a)": ({":a": 8}, [9]),
    "pk = :p AND sk > :a ": ({":a": 100}, []),
}

BAD_KEY_CONDITIONS: dict[str, str] = {
    "": "The expression can not be empty",
    "sk = :a": "Query condition missed key schema element: pk",
    "pk > :p": "Query key condition not supported",
    "pk = :p AND sk <> :a": "Invalid operator used in KeyConditionExpression",
    "pk = :p OR sk = :a": "Invalid operator used in KeyConditionExpression",
    "pk = :p AND NOT sk = :a": "Invalid operator used in KeyConditionExpression",
    "pk = :p AND sk IN (:a)": "Invalid operator used in KeyConditionExpression",
    "pk = :p AND alien = :a": "Query condition missed key schema element: sk",
    "pk = :p AND pk = :a": "KeyConditionExpressions must only contain one condition per key",
    "pk = :p AND sk > :a AND sk < :b": "",
    "pk = :p AND sk.x = :a": "KeyConditionExpressions cannot have conditions on nested attributes",
    "pk = :p AND attribute_exists(sk)": "Invalid operator used in KeyConditionExpression",
    "pk = :p AND contains(sk, :a)": "Invalid operator used in KeyConditionExpression",
    "pk = :p AND size(sk) = :a": "",
    "pk = :p AND sk = alien": "Invalid condition in KeyConditionExpression",
    "begins_with(pk, :p)": "",
    "pk = :p AND sk = :text": "",
    "pk = :p AND sk BETWEEN :b AND :a": "",
    "pk = :p AND begins_with(sk, :a)": "",
    "pk = :a": "",
    "((pk = :p))": "redundant parentheses",
}


class QueryContract(Contract):
    """One partition, in order."""

    @pytest.mark.parametrize("kind", ORDERED)
    async def test_a_partition_is_in_the_order_of_its_sort_key(self, db: Client, kind: str) -> None:
        table = await db.create("first", "pk:S", f"sk:{kind}")
        values = ORDERED[kind]
        # Neither as it should come out nor the reverse of it.
        for index in range(len(values)):
            await db.put(table, {"pk": S("1"), "sk": values[index * 4 % len(values)]})
        await db.put(table, *({"pk": S("1"), "sk": value} for value in values))
        await db.put(table, {"pk": S("0"), "sk": values[0]}, {"pk": S("10"), "sk": values[0]})
        query: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": S("1")},
        }
        forward = await db.all("Query", **query)
        assert [item["sk"] for item in forward] == values
        backward = await db.all("Query", ScanIndexForward=False, **query)
        assert [item["sk"] for item in backward] == values[::-1]

    @pytest.mark.parametrize("condition", SORT_CONDITIONS)
    async def test_a_key_condition_selects_a_range(self, db: Client, condition: str) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        for number in range(1, 10):
            await db.put(table, {"pk": S("1"), "sk": N(number)}, {"pk": S("2"), "sk": N(number)})
        values, expected = SORT_CONDITIONS[condition]
        answer = await db(
            "Query",
            TableName=table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={
                ":p": S("1"),
                **{name: N(value) for name, value in values.items()},
            },
        )
        assert answer["Items"] == [{"pk": S("1"), "sk": N(number)} for number in expected]
        assert answer["Count"] == answer["ScannedCount"] == len(expected)
        assert "LastEvaluatedKey" not in answer

    @pytest.mark.parametrize(
        ("kind", "prefix", "expected", "others"),
        [
            ("S", S("a"), [S("a"), S("aa"), S("a\U0010ffff")], [S("A"), S("b")]),
            ("S", S("a\U0010ffff"), [S("a\U0010ffff")], [S("a"), S("b"), S("\U0010ffff")]),
            ("B", B(b"\xff"), [B(b"\xff"), B(b"\xff\x00"), B(b"\xff\xff")], [B(b"\xfe")]),
            ("B", B(b"a\xff"), [B(b"a\xff"), B(b"a\xff\xff")], [B(b"a\xfe"), B(b"b")]),
        ],
        ids=["string", "last code point", "last byte", "carry"],
    )
    async def test_begins_with_finds_a_prefix_and_no_more(
        self, db: Client, kind: str, prefix: Item, expected: list[Item], others: list[Item]
    ) -> None:
        table = await db.create("first", "pk:S", f"sk:{kind}")
        for value in (*expected, *others):
            await db.put(table, {"pk": S("1"), "sk": value})
        found = await db.all(
            "Query",
            TableName=table,
            KeyConditionExpression="pk = :p AND begins_with(sk, :x)",
            ExpressionAttributeValues={":p": S("1"), ":x": prefix},
        )
        assert [item["sk"] for item in found] == expected

    @pytest.mark.parametrize("condition", BAD_KEY_CONDITIONS)
    async def test_what_is_no_key_condition_is_refused(self, db: Client, condition: str) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        values = {":p": S("1"), ":a": N(1), ":b": N(2), ":text": S("x")}
        used = {name: value for name, value in values.items() if name in condition}
        await db.refused(
            InvalidRequest,
            "Query",
            BAD_KEY_CONDITIONS[condition],
            TableName=table,
            KeyConditionExpression=condition,
            **({"ExpressionAttributeValues": used} if used else {}),
        )

    @pytest.mark.parametrize("forward", [True, False])
    @pytest.mark.parametrize("limit", [1, 2, 5, 6, 100])
    async def test_pages_join_to_the_whole(self, db: Client, limit: int, forward: bool) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        items = [{"pk": S("1"), "sk": N(number)} for number in range(5)]
        await db.put(table, *items, {"pk": S("2"), "sk": N(0)})
        found: list[Item] = []
        async for page in db.pages(
            "Query",
            TableName=table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": S("1")},
            ScanIndexForward=forward,
            Limit=limit,
        ):
            assert page["Count"] == page["ScannedCount"] == len(page["Items"]) <= limit
            found += page["Items"]
            if "LastEvaluatedKey" in page:
                assert page["LastEvaluatedKey"] == found[-1]
        assert found == (items if forward else items[::-1])

    async def test_the_one_item_of_a_partition_comes_in_one_page_or_two(self, db: Client) -> None:
        table = await db.create("first")
        await db.put(table, {"pk": S("1")}, {"pk": S("2")})
        query: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": S("1")},
        }
        # A limit that is just reached may leave a key to continue from, which must then work.
        assert await db.all("Query", Limit=1, **query) == [{"pk": S("1")}]

    async def test_a_limit_counts_what_was_looked_at(self, db: Client) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        for number in range(6):
            await db.put(table, {"pk": S("1"), "sk": N(number), "odd": N(number % 2)})
        query: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": "pk = :p",
            "FilterExpression": "odd = :odd",
            "ExpressionAttributeValues": {":p": S("1"), ":odd": N(1)},
        }
        page = await db("Query", Limit=1, **query)
        assert (page["Items"], page["Count"], page["ScannedCount"]) == ([], 0, 1)
        assert page["LastEvaluatedKey"] == {"pk": S("1"), "sk": N(0)}
        page = await db("Query", Limit=4, **query)
        assert ([item["sk"] for item in page["Items"]], page["ScannedCount"]) == ([N(1), N(3)], 4)

    async def test_a_start_key_need_not_exist(self, db: Client) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        await db.put(table, *({"pk": S("1"), "sk": N(number)} for number in (1, 3)))
        query: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": S("1")},
            "ExclusiveStartKey": {"pk": S("1"), "sk": N(2)},
        }
        assert [item["sk"] for item in await db.all("Query", **query)] == [N(3)]
        reverse = await db.all("Query", ScanIndexForward=False, **query)
        assert [item["sk"] for item in reverse] == [N(1)]

    @pytest.mark.parametrize(
        "start",
        [
            {"pk": S("1")},
            {"sk": N(1)},
            {"pk": S("1"), "sk": S("1")},
            {"pk": S("1"), "sk": N(1), "more": N(1)},
            {"pk": S("2"), "sk": N(1)},
            {},
        ],
        ids=["no sort key", "no partition key", "wrong type", "too much", "elsewhere", "empty"],
    )
    async def test_a_start_key_that_cannot_be_is_refused(self, db: Client, start: Item) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        await db.put(table, {"pk": S("1"), "sk": N(1)})
        await db.refused(
            InvalidRequest,
            "Query",
            "The provided starting key is",
            TableName=table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": S("1")},
            ExclusiveStartKey=start,
        )

    async def test_a_start_key_outside_the_range_is_refused(self, db: Client) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        await db.refused(
            InvalidRequest,
            "Query",
            "The provided starting key",
            TableName=table,
            KeyConditionExpression="pk = :p AND sk > :five",
            ExpressionAttributeValues={":p": S("1"), ":five": N(5)},
            ExclusiveStartKey={"pk": S("1"), "sk": N(3)},
        )

    async def test_a_filter_may_not_name_the_key(self, db: Client) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        await db.refused(
            InvalidRequest,
            "Query",
            "Filter Expression can only contain non-primary key attributes",
            TableName=table,
            KeyConditionExpression="pk = :p",
            FilterExpression="sk > :n",
            ExpressionAttributeValues={":p": S("1"), ":n": N(1)},
        )

    async def test_what_is_selected_is_what_comes(self, db: Client) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        item = {"pk": S("1"), "sk": N(1), "a": N(1), "b": N(2)}
        await db.put(table, item)
        query: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": S("1")},
        }
        counted = await db("Query", Select="COUNT", **query)
        assert (counted["Count"], counted["ScannedCount"]) == (1, 1)
        assert "Items" not in counted
        whole = await db("Query", Select="ALL_ATTRIBUTES", **query)
        assert whole["Items"] == [item]
        for select in ({"Select": "SPECIFIC_ATTRIBUTES"}, {}):
            some = await db("Query", ProjectionExpression="a, sk", **select, **query)
            assert some["Items"] == [{"a": N(1), "sk": N(1)}]

    @pytest.mark.parametrize(
        "select",
        [
            {"Select": "ALL_PROJECTED_ATTRIBUTES"},
            {"Select": "SPECIFIC_ATTRIBUTES"},
            {"Select": "COUNT", "ProjectionExpression": "a"},
            {"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "a"},
            {"Select": "SOMETHING"},
        ],
        ids=lambda select: "+".join(select.values()),
    )
    async def test_a_selection_that_contradicts_itself_is_refused(
        self, db: Client, select: dict[str, str]
    ) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        await db.refused(
            InvalidRequest,
            "Query",
            TableName=table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": S("1")},
            **select,
        )
        await db.refused(InvalidRequest, "Scan", TableName=table, **select)

    async def test_an_index_that_is_not_there_is_refused(self, db: Client) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        says = "The table does not have the specified index"
        await db.refused(
            InvalidRequest,
            "Query",
            says,
            TableName=table,
            IndexName="absent",
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": S("1")},
        )
        await db.refused(InvalidRequest, "Scan", says, TableName=table, IndexName="absent")

    async def test_a_query_without_a_key_condition_is_refused(self, db: Client) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        await db.refused(InvalidRequest, "Query", TableName=table)

    async def test_a_page_ends_at_one_megabyte(self, db: Client) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        for number in range(4):
            await db.put(table, {"pk": S("1"), "sk": N(number), "v": S("x" * 350_000)})
        query: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": S("1")},
        }
        first = await db("Query", **query)
        assert first["Count"] < 4
        assert first["LastEvaluatedKey"] == {"pk": S("1"), "sk": N(first["Count"] - 1)}
        pages = [page async for page in db.pages("Query", Select="COUNT", **query)]
        assert len(pages) > 1
        assert sum(page["Count"] for page in pages) == 4


class ScanContract(Contract):
    """A whole table, in pages and in segments."""

    async def _fill(self, db: Client, count: int = 30) -> tuple[str, list[Item]]:
        table = await db.create("first", "pk:S", "sk:N")
        items = [{"pk": S(str(n % 7)), "sk": N(n), "half": N(n // 2)} for n in range(count)]
        await db.put(table, *items)
        return table, items

    @staticmethod
    def _keys(items: list[Item]) -> set[tuple[str, str]]:
        return {(item["pk"]["S"], item["sk"]["N"]) for item in items}

    async def test_a_scan_finds_everything_once_and_partitions_in_order(self, db: Client) -> None:
        table, items = await self._fill(db)
        found = await db.all("Scan", TableName=table)
        assert len(found) == len(items)
        assert self._keys(found) == self._keys(items)
        for partition in range(7):
            inside = [int(item["sk"]["N"]) for item in found if item["pk"] == S(str(partition))]
            assert inside == sorted(inside)
        again = await db.all("Scan", TableName=table)
        assert again == found

    @pytest.mark.parametrize("limit", [1, 7, 29, 30, 31])
    async def test_pages_of_a_scan_join_to_the_whole(self, db: Client, limit: int) -> None:
        table, items = await self._fill(db)
        found: list[Item] = []
        async for page in db.pages("Scan", TableName=table, Limit=limit):
            assert page["Count"] == page["ScannedCount"] == len(page["Items"]) <= limit
            found += page["Items"]
            if "LastEvaluatedKey" in page:
                last = found[-1]
                assert page["LastEvaluatedKey"] == {"pk": last["pk"], "sk": last["sk"]}
        assert len(found) == len(items)
        assert self._keys(found) == self._keys(items)

    @pytest.mark.parametrize("segments", [1, 2, 5])
    async def test_segments_are_disjoint_and_complete(self, db: Client, segments: int) -> None:
        table, items = await self._fill(db)
        found = [
            await db.all("Scan", TableName=table, Segment=n, TotalSegments=segments, Limit=4)
            for n in range(segments)
        ]
        assert sum(map(len, found)) == len(items)
        assert self._keys([item for segment in found for item in segment]) == self._keys(items)

    @pytest.mark.parametrize(
        "request_",
        [
            {"Segment": 0},
            {"TotalSegments": 2},
            {"Segment": 2, "TotalSegments": 2},
            {"Segment": 0, "TotalSegments": 1_000_001},
            {"Limit": 0},
            {"Limit": -1},
            {"ExclusiveStartKey": {"pk": S("1")}},
            {"ExclusiveStartKey": {"pk": S("1"), "sk": S("1")}},
            {"ExclusiveStartKey": {"pk": S("1"), "sk": N(1), "half": N(0)}},
        ],
        ids=str,
    )
    async def test_a_scan_that_cannot_be_is_refused(
        self, db: Client, request_: dict[str, Any]
    ) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        await db.refused(InvalidRequest, "Scan", TableName=table, **request_)

    async def test_a_filter_leaves_out_and_counts_both(self, db: Client) -> None:
        table, _ = await self._fill(db)
        answer = await db(
            "Scan",
            TableName=table,
            FilterExpression="half = :h AND sk > :s",
            ExpressionAttributeValues={":h": N(4), ":s": N(8)},
        )
        assert (answer["Count"], answer["ScannedCount"]) == (1, 30)
        assert answer["Items"] == [{"pk": S("2"), "sk": N(9), "half": N(4)}]

    async def test_a_count_brings_no_items(self, db: Client) -> None:
        table, _ = await self._fill(db)
        answer = await db("Scan", TableName=table, Select="COUNT")
        assert answer == {"Count": 30, "ScannedCount": 30}

    async def test_an_empty_table_gives_an_empty_list(self, db: Client) -> None:
        table = await db.create("first", "pk:S", "sk:N")
        answer = await db("Scan", TableName=table)
        assert answer == {"Items": [], "Count": 0, "ScannedCount": 0}
