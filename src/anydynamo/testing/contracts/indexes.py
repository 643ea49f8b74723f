"""Secondary indexes: what is in them, in which order, and how it gets there."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import InvalidRequest, TransactionCancelled
from anydynamo.testing.contracts.client import (
    NULL,
    Client,
    Contract,
    Item,
    N,
    S,
    gsi,
    lsi,
)

__all__ = ["IndexContract"]

INDEXES = (
    gsi("All", "g:S", "n:N"),
    gsi("Keys", "g:S", projection="KEYS_ONLY"),
    gsi("Some", "g:S", projection="INCLUDE", include=["a"]),
    lsi("Local", "pk:S", "n:N"),
    lsi("LocalKeys", "pk:S", "n:N", projection="KEYS_ONLY"),
    lsi("LocalSome", "pk:S", "n:N", projection="INCLUDE", include=["a"]),
)

FULL: Item = {"pk": S("1"), "sk": S("x"), "g": S("G"), "n": N(5), "a": S("A"), "b": S("B")}


class IndexContract(Contract):
    """Global and local secondary indexes."""

    async def _table(self, db: Client) -> str:
        return await db.create("first", "pk:S", "sk:S", *INDEXES)

    async def _by_g(self, db: Client, table: str, index: str, **more: Any) -> list[Item]:
        return await db.all(
            "Query",
            TableName=table,
            IndexName=index,
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": S("G")},
            **more,
        )

    async def _by_pk(self, db: Client, table: str, index: str, **more: Any) -> list[Item]:
        return await db.all(
            "Query",
            TableName=table,
            IndexName=index,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": S("1")},
            **more,
        )

    async def test_an_index_holds_what_it_projects(self, db: Client) -> None:
        table = await self._table(db)
        await db.put(table, FULL)

        def only(names: str) -> list[Item]:
            return [{name: FULL[name] for name in names.split()}]

        assert await self._by_g(db, table, "All") == [FULL]
        assert await self._by_g(db, table, "Keys") == only("pk sk g")
        assert await self._by_g(db, table, "Some") == only("pk sk g a")
        assert await self._by_pk(db, table, "Local") == [FULL]
        assert await self._by_pk(db, table, "LocalKeys") == only("pk sk n")
        assert await self._by_pk(db, table, "LocalSome") == only("pk sk n a")

    async def test_a_local_index_fetches_the_rest_from_the_table(self, db: Client) -> None:
        table = await self._table(db)
        await db.put(table, FULL)
        assert await self._by_pk(db, table, "LocalKeys", Select="ALL_ATTRIBUTES") == [FULL]
        found = await self._by_pk(db, table, "LocalKeys", ProjectionExpression="b")
        assert found == [{"b": S("B")}]

    async def test_a_global_index_cannot_fetch_the_rest(self, db: Client) -> None:
        table = await self._table(db)
        query: dict[str, Any] = {
            "TableName": table,
            "IndexName": "Keys",
            "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": {":g": S("G")},
        }
        await db.refused(
            InvalidRequest,
            "Query",
            "Select type ALL_ATTRIBUTES is not supported for global secondary index",
            Select="ALL_ATTRIBUTES",
            **query,
        )
        await db.refused(
            InvalidRequest,
            "Query",
            "does not project",
            ProjectionExpression="pk, b",
            **query,
        )

    async def test_a_global_index_has_no_consistent_reads(self, db: Client) -> None:
        table = await self._table(db)
        says = "Consistent reads are not supported on global secondary indexes"
        await db.refused(
            InvalidRequest,
            "Query",
            says,
            TableName=table,
            IndexName="All",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": S("G")},
            ConsistentRead=True,
        )
        await db.refused(
            InvalidRequest, "Scan", says, TableName=table, IndexName="All", ConsistentRead=True
        )
        assert await self._by_pk(db, table, "Local", ConsistentRead=True) == []

    @pytest.mark.parametrize("absent", ["g", "n"])
    async def test_an_item_without_the_index_key_is_not_in_the_index(
        self, db: Client, absent: str
    ) -> None:
        table = await self._table(db)
        await db.put(table, {name: value for name, value in FULL.items() if name != absent})
        assert await self._by_g(db, table, "All") == []
        assert len(await self._by_g(db, table, "Keys")) == (absent == "n")
        assert len(await self._by_pk(db, table, "Local")) == (absent == "g")
        assert len(await db.all("Scan", TableName=table)) == 1

    async def test_every_write_moves_the_entries_along(self, db: Client) -> None:
        table = await self._table(db)
        await db.put(table, FULL)
        update: dict[str, Any] = {"TableName": table, "Key": {"pk": S("1"), "sk": S("x")}}
        await db(
            "UpdateItem",
            UpdateExpression="SET n = :n, a = :a",
            ExpressionAttributeValues={":n": N(7), ":a": S("AA")},
            **update,
        )
        changed = {**FULL, "n": N(7), "a": S("AA")}
        assert await self._by_g(db, table, "All") == [changed]
        assert await self._by_pk(db, table, "Local") == [changed]
        assert (await self._by_g(db, table, "Some"))[0]["a"] == S("AA")
        await db(
            "UpdateItem",
            UpdateExpression="SET g = :g",
            ExpressionAttributeValues={":g": S("H")},
            **update,
        )
        assert await self._by_g(db, table, "All") == []
        await db("UpdateItem", UpdateExpression="REMOVE g, n", **update)
        assert await self._by_pk(db, table, "Local") == []
        await db.put(table, FULL)
        assert await self._by_g(db, table, "Keys") != []
        await db.put(table, {"pk": S("1"), "sk": S("x")})
        assert await self._by_g(db, table, "Keys") == []
        await db.put(table, FULL)
        await db("DeleteItem", **update)
        assert await self._by_g(db, table, "All") == []
        assert await self._by_pk(db, table, "Local") == []

    @pytest.mark.parametrize(
        ("name", "value", "says"),
        [
            ("g", N(1), "Type mismatch"),
            ("n", S("5"), "Type mismatch"),
            ("g", NULL, "Type mismatch"),
            ("g", S(""), "empty string value"),
        ],
        ids=["number for string", "string for number", "null", "empty"],
    )
    async def test_an_index_key_of_the_wrong_type_is_refused_by_every_write(
        self, db: Client, name: str, value: Item, says: str
    ) -> None:
        table = await self._table(db)
        wrong = {**FULL, name: value}
        await db.refused(InvalidRequest, "PutItem", says, TableName=table, Item=wrong)
        await db.refused(
            InvalidRequest,
            "UpdateItem",
            TableName=table,
            Key={"pk": S("1"), "sk": S("x")},
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )
        await db.refused(
            InvalidRequest,
            "BatchWriteItem",
            RequestItems={table: [{"PutRequest": {"Item": wrong}}]},
        )
        put = {"Put": {"TableName": table, "Item": wrong}}
        with pytest.raises((InvalidRequest, TransactionCancelled)):
            await db("TransactWriteItems", TransactItems=[put])
        assert await db.all("Scan", TableName=table) == []

    @pytest.mark.parametrize("forward", [True, False])
    @pytest.mark.parametrize("sorted_index", [True, False])
    @pytest.mark.parametrize("sorted_table", [True, False])
    async def test_pages_over_equal_index_keys_join_to_the_whole(
        self, db: Client, sorted_table: bool, sorted_index: bool, forward: bool
    ) -> None:
        index = gsi("Index", "g:S", "n:N" if sorted_index else None)
        table = await db.create("first", "pk:S", "sk:S" if sorted_table else None, index)
        for number in range(8):
            item = {"pk": S(str(number // 2 if sorted_table else number)), "g": S("G"), "n": N(1)}
            await db.put(table, {**item, "sk": S(str(number))})
        await db.put(table, {"pk": S("other"), "sk": S("0"), "g": S("H"), "n": N(1)})
        found: list[str] = []
        optional = {"sk": sorted_table, "n": sorted_index}
        keys = {"pk", "g", *(name for name, there in optional.items() if there)}
        async for page in db.pages(
            "Query",
            TableName=table,
            IndexName="Index",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": S("G")},
            ScanIndexForward=forward,
            Limit=3,
        ):
            found += [item["sk"]["S"] for item in page["Items"]]
            if "LastEvaluatedKey" in page:
                assert page["LastEvaluatedKey"].keys() == keys
        assert sorted(found) == [str(number) for number in range(8)]

    async def test_an_index_is_ordered_by_its_own_sort_key(self, db: Client) -> None:
        table = await self._table(db)
        for number in (3, -1, 10, 2):
            await db.put(table, {**FULL, "sk": S(str(number)), "n": N(number)})
        for find, index in ((self._by_g, "All"), (self._by_pk, "Local")):
            found = await find(db, table, index)
            assert [item["n"] for item in found] == [N(-1), N(2), N(3), N(10)]
            found = await find(db, table, index, ScanIndexForward=False)
            assert [item["n"] for item in found] == [N(10), N(3), N(2), N(-1)]

    async def test_an_index_can_be_scanned(self, db: Client) -> None:
        table = await self._table(db)
        for number in range(10):
            item = {**FULL, "sk": S(str(number)), "n": N(number), "g": S(f"g{number % 3}")}
            await db.put(table, {k: v for k, v in item.items() if number % 5 or k != "g"})
        found = await db.all("Scan", TableName=table, IndexName="All", Limit=3)
        assert len(found) == 8
        assert {item["n"]["N"] for item in found} == set("12346789")
        segments = [
            await db.all("Scan", TableName=table, IndexName="All", Segment=n, TotalSegments=3)
            for n in range(3)
        ]
        assert sum(map(len, segments)) == 8
        counted = await db("Scan", TableName=table, IndexName="Keys", Select="COUNT")
        assert counted["Count"] == 8

    async def test_a_start_key_of_an_index_has_both_keys(self, db: Client) -> None:
        table = await self._table(db)
        await db.refused(
            InvalidRequest,
            "Query",
            "The provided starting key is",
            TableName=table,
            IndexName="All",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": S("G")},
            ExclusiveStartKey={"pk": S("1"), "sk": S("x")},
        )
