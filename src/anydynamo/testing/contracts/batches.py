"""BatchGetItem and BatchWriteItem."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import InvalidRequest, TableNotFound
from anydynamo.testing.contracts.client import SS, Client, Contract, Item, N, S

__all__ = ["BatchContract"]


def _put(number: int, **more: Item) -> dict[str, Any]:
    return {"PutRequest": {"Item": {"pk": S("1"), "sk": N(number), **more}}}


def _delete(number: int) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": {"pk": S("1"), "sk": N(number)}}}


def _key(number: int) -> Item:
    return {"pk": S("1"), "sk": N(number)}


class BatchContract(Contract):
    """Many items at a time, without conditions and without atomicity."""

    async def _write(self, db: Client, **tables: list[dict[str, Any]]) -> dict[str, Any]:
        return await db("BatchWriteItem", RequestItems=tables)

    async def test_a_batch_writes_and_removes_in_several_tables(self, db: Client) -> None:
        await db.create("first", "pk:S", "sk:N")
        await db.create("second", "pk:S", "sk:N")
        await db.put("first", _key(1), {**_key(2), "v": S("old")})
        answer = await self._write(
            db, first=[_delete(1), _put(2, v=S("new")), _put(3), _delete(99)], second=[_put(1)]
        )
        assert answer == {"UnprocessedItems": {}}
        assert await db.all("Scan", TableName="first") == [{**_key(2), "v": S("new")}, _key(3)]
        assert await db.all("Scan", TableName="second") == [_key(1)]

    async def test_a_batch_takes_25_writes_and_no_more(self, db: Client) -> None:
        await db.create("first", "pk:S", "sk:N")
        await self._write(db, first=[_put(number) for number in range(25)])
        assert len(await db.all("Scan", TableName="first")) == 25
        with pytest.raises(InvalidRequest):
            await self._write(db, first=[_put(number) for number in range(100, 126)])
        assert len(await db.all("Scan", TableName="first")) == 25

    @pytest.mark.parametrize(
        ("requests", "says"),
        [
            ([_put(1), _put(1, v=S("x"))], "Provided list of item keys contains duplicates"),
            ([_put(1), _delete(1)], "Provided list of item keys contains duplicates"),
            (
                [_put(1), {"DeleteRequest": {"Key": {"sk": N("1.0"), "pk": S("1")}}}],
                "Provided list of item keys contains duplicates",
            ),
            ([_put(2), {"PutRequest": {"Item": {"pk": S("1")}}}], ""),
            (
                [_put(2), {"DeleteRequest": {"Key": {"pk": S("1")}}}],
                "The provided key element does not match the schema",
            ),
            ([_put(2), _put(3, v=SS())], "may not be empty"),
            ([_put(2), _put(3, v=S("x" * 409_600))], "Item size has exceeded"),
            ([_put(2), {**_put(3), **_delete(4)}], ""),
            ([_put(2), {}], ""),
        ],
        ids=[
            "two puts",
            "put and delete",
            "equal numbers",
            "no sort key",
            "half a key",
            "bad value",
            "too large",
            "two in one",
            "nothing",
        ],
    )
    async def test_one_wrong_request_refuses_the_whole_batch(
        self, db: Client, requests: list[dict[str, Any]], says: str
    ) -> None:
        await db.create("first", "pk:S", "sk:N")
        await db.refused(InvalidRequest, "BatchWriteItem", says, RequestItems={"first": requests})
        assert await db.all("Scan", TableName="first") == []

    async def test_one_absent_table_refuses_the_whole_batch(self, db: Client) -> None:
        await db.create("first", "pk:S", "sk:N")
        await db.refused(
            TableNotFound,
            "BatchWriteItem",
            "Requested resource not found",
            RequestItems={"first": [_put(1)], "absent": [_put(1)]},
        )
        await db.refused(
            TableNotFound,
            "BatchGetItem",
            "Requested resource not found",
            RequestItems={"first": {"Keys": [_key(1)]}, "absent": {"Keys": [_key(1)]}},
        )
        assert await db.all("Scan", TableName="first") == []

    @pytest.mark.parametrize("items", [{}, {"first": []}], ids=["no table", "no request"])
    async def test_an_empty_batch_is_refused(self, db: Client, items: dict[str, Any]) -> None:
        await db.create("first", "pk:S", "sk:N")
        await db.refused(InvalidRequest, "BatchWriteItem", RequestItems=items)
        keys: dict[str, Any] = {name: {"Keys": []} for name in items}
        await db.refused(InvalidRequest, "BatchGetItem", RequestItems=keys)

    async def test_a_batch_reads_what_is_there(self, db: Client) -> None:
        await db.create("first", "pk:S", "sk:N")
        await db.create("second", "pk:S", "sk:N")
        await db.put("first", {**_key(1), "v": S("a")}, {**_key(2), "v": S("b")})
        answer = await db(
            "BatchGetItem",
            RequestItems={
                "first": {"Keys": [_key(2), _key(9), _key(1)], "ConsistentRead": True},
                "second": {"Keys": [_key(1)]},
            },
        )
        assert answer["UnprocessedKeys"] == {}
        assert answer["Responses"].keys() == {"first", "second"}
        found = sorted(answer["Responses"]["first"], key=lambda item: str(item["sk"]["N"]))
        assert found == [{**_key(1), "v": S("a")}, {**_key(2), "v": S("b")}]
        assert answer["Responses"]["second"] == []

    async def test_a_batch_read_projects(self, db: Client) -> None:
        await db.create("first", "pk:S", "sk:N")
        await db.put("first", {**_key(1), "v": S("a"), "w": S("b")})
        answer = await db(
            "BatchGetItem",
            RequestItems={
                "first": {
                    "Keys": [_key(1)],
                    "ProjectionExpression": "#v",
                    "ExpressionAttributeNames": {"#v": "v"},
                }
            },
        )
        assert answer["Responses"] == {"first": [{"v": S("a")}]}

    @pytest.mark.parametrize(
        ("keys", "says"),
        [
            ([_key(1), _key(1)], "Provided list of item keys contains duplicates"),
            (
                [_key(1), {"sk": N("1e0"), "pk": S("1")}],
                "Provided list of item keys contains duplicates",
            ),
            ([_key(1), {"pk": S("1")}], "The provided key element does not match the schema"),
            ([_key(1), {**_key(2), "v": N(1)}], "does not match the schema"),
            ([_key(number) for number in range(101)], ""),
        ],
        ids=["twice", "equal numbers", "half a key", "more than a key", "101 keys"],
    )
    async def test_one_wrong_key_refuses_the_whole_read(
        self, db: Client, keys: list[Item], says: str
    ) -> None:
        await db.create("first", "pk:S", "sk:N")
        await db.refused(
            InvalidRequest, "BatchGetItem", says, RequestItems={"first": {"Keys": keys}}
        )

    async def test_a_batch_reads_100_keys(self, db: Client) -> None:
        await db.create("first", "pk:S", "sk:N")
        for start in range(0, 100, 25):
            await self._write(db, first=[_put(number) for number in range(start, start + 25)])
        answer = await db(
            "BatchGetItem",
            RequestItems={"first": {"Keys": [_key(number) for number in range(100)]}},
        )
        assert len(answer["Responses"]["first"]) == 100

    async def test_a_batch_read_keeps_to_16_megabytes(self, db: Client) -> None:
        await db.create("first", "pk:S", "sk:N")
        for start in range(0, 44, 4):
            await self._write(
                db, first=[_put(number, v=S("x" * 400_000)) for number in range(start, start + 4)]
            )
        keys = [_key(number) for number in range(44)]
        read: list[Item] = []
        rounds = 0
        while keys:
            answer = await db("BatchGetItem", RequestItems={"first": {"Keys": keys}})
            got = answer["Responses"]["first"]
            assert sum(len(item["v"]["S"]) for item in got) <= 16 * 1024 * 1024
            read += got
            keys = answer["UnprocessedKeys"].get("first", {}).get("Keys", [])
            rounds += 1
        assert rounds > 1
        assert sorted(int(item["sk"]["N"]) for item in read) == list(range(44))
