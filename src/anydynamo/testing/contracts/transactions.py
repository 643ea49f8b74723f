"""TransactWriteItems and TransactGetItems: all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import (
    AnyDynamoError,
    InvalidRequest,
    TableNotFound,
    TokenReused,
    TransactionCancelled,
)
from anydynamo.testing.contracts.client import SS, Client, Contract, Item, N, S, gsi

__all__ = ["TransactionContract"]


def _put(key: str, **more: Any) -> dict[str, Any]:
    attributes = {name: more.pop(name) for name in list(more) if name.islower()}
    return {"Put": {"TableName": "first", "Item": {"pk": S(key), **attributes}, **more}}


def _delete(key: str, **more: Any) -> dict[str, Any]:
    return {"Delete": {"TableName": "first", "Key": {"pk": S(key)}, **more}}


def _update(key: str, expression: str, **more: Any) -> dict[str, Any]:
    update = {"TableName": "first", "Key": {"pk": S(key)}, "UpdateExpression": expression, **more}
    return {"Update": update}


def _check(key: str, condition: str, **more: Any) -> dict[str, Any]:
    check = {"TableName": "first", "Key": {"pk": S(key)}, "ConditionExpression": condition, **more}
    return {"ConditionCheck": check}


def _get(key: str, **more: Any) -> dict[str, Any]:
    return {"Get": {"TableName": "first", "Key": {"pk": S(key)}, **more}}


ABSENT = "attribute_not_exists(pk)"


class TransactionContract(Contract):
    """Several items at once, under conditions."""

    async def _contents(self, db: Client) -> dict[str, Item]:
        return {item["pk"]["S"]: item for item in await db.all("Scan", TableName="first")}

    async def test_every_kind_of_action_happens_at_once(self, db: Client) -> None:
        await db.create("first")
        await db.create("second", "id:N")
        await db.put("first", {"pk": S("old")}, {"pk": S("n"), "n": N(1)}, {"pk": S("seen")})
        answer = await db(
            "TransactWriteItems",
            TransactItems=[
                _put("new", ConditionExpression=ABSENT),
                _delete("old"),
                _update("n", "SET n = n + :v", ExpressionAttributeValues={":v": N(2)}),
                _update("made", "SET n = :v", ExpressionAttributeValues={":v": N(9)}),
                _check("seen", "attribute_exists(pk)"),
                {"Put": {"TableName": "second", "Item": {"id": N(1)}}},
            ],
        )
        assert answer == {}
        assert await self._contents(db) == {
            "new": {"pk": S("new")},
            "n": {"pk": S("n"), "n": N(3)},
            "made": {"pk": S("made"), "n": N(9)},
            "seen": {"pk": S("seen")},
        }
        assert await db.all("Scan", TableName="second") == [{"id": N(1)}]

    async def test_one_false_condition_cancels_all_and_says_which(self, db: Client) -> None:
        await db.create("first")
        taken = {"pk": S("taken"), "v": S("here")}
        await db.put("first", taken)
        error = await db.refused(
            TransactionCancelled,
            "TransactWriteItems",
            "[None, ConditionalCheckFailed, None]",
            TransactItems=[
                _put("new"),
                _put("taken", ConditionExpression=ABSENT),
                _delete("other"),
            ],
        )
        assert error.code == "TransactionCanceledException"
        assert [reason["Code"] for reason in error.reasons] == [
            "None",
            "ConditionalCheckFailed",
            "None",
        ]
        assert error.reasons[1]["Message"] == "The conditional request failed"
        assert "Item" not in error.reasons[1]
        assert await self._contents(db) == {"taken": taken}

    async def test_the_item_in_the_way_is_shown_on_request(self, db: Client) -> None:
        await db.create("first")
        taken = {"pk": S("taken"), "v": S("here")}
        await db.put("first", taken)
        show = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        error = await db.refused(
            TransactionCancelled,
            "TransactWriteItems",
            TransactItems=[
                _put("taken", ConditionExpression=ABSENT, **show),
                _check("absent", "attribute_exists(pk)", **show),
            ],
        )
        assert error.reasons[0]["Item"] == taken
        assert "Item" not in error.reasons[1]

    @pytest.mark.parametrize(
        ("second", "says"),
        [
            (_put("1", v=S("x")), "Transaction request cannot include multiple operations"),
            (_delete("1"), "Transaction request cannot include multiple operations"),
            (_check("1", ABSENT), "Transaction request cannot include multiple operations"),
            (_update("1", "SET pk = aa"), "Transaction request cannot include multiple operations"),
            (_put("2", v=SS()), "may not be empty"),
            (_put("2", v=S("x" * 409_600)), "Item size has exceeded the maximum allowed size"),
            (_put("2", ConditionExpression="pk ="), "Syntax error"),
            (_put("2", ConditionExpression="a = :v"), "not defined"),
            ({}, ""),
            ({**_put("2"), **_delete("3")}, ""),
        ],
        ids=[
            "put twice",
            "put and delete",
            "put and check",
            "put and update of the key",
            "bad value",
            "too large",
            "syntax",
            "undefined value",
            "nothing",
            "two in one",
        ],
    )
    async def test_a_malformed_transaction_is_refused_before_it_begins(
        self, db: Client, second: dict[str, Any], says: str
    ) -> None:
        await db.create("first")
        await db.refused(
            InvalidRequest, "TransactWriteItems", says, TransactItems=[_put("1"), second]
        )
        assert await self._contents(db) == {}

    @pytest.mark.parametrize(
        "second",
        [
            _update("2", "SET s = s + :v", ExpressionAttributeValues={":v": N(1)}),
            _update("2", "SET absent.x = :v", ExpressionAttributeValues={":v": N(1)}),
            _update("2", "SET v = :v", ExpressionAttributeValues={":v": S("x" * 409_600)}),
            {"Delete": {"TableName": "first", "Key": {"pk": N(1)}}},
        ],
        ids=["wrong operand", "no parent", "too large", "wrong key"],
    )
    async def test_an_action_that_cannot_be_applied_cancels_all(
        self, db: Client, second: dict[str, Any]
    ) -> None:
        await db.create("first")
        await db.put("first", {"pk": S("2"), "s": S("text")})
        with pytest.raises(AnyDynamoError) as caught:
            await db("TransactWriteItems", TransactItems=[_put("1"), second])
        assert type(caught.value) is TransactionCancelled
        assert [reason["Code"] for reason in caught.value.reasons] == ["None", "ValidationError"]
        assert await self._contents(db) == {"2": {"pk": S("2"), "s": S("text")}}

    @pytest.mark.parametrize(
        "second",
        [
            _put(""),
            _put("2", g=S("")),
            _delete(""),
            _check("", ABSENT),
            _update("", "REMOVE v"),
            _update("2", "SET g = :g", ExpressionAttributeValues={":g": S("")}),
        ],
        ids=["put", "index key put", "delete", "check", "update", "index key set"],
    )
    async def test_an_empty_key_refuses_the_transaction(
        self, db: Client, second: dict[str, Any]
    ) -> None:
        await db.create("first", "pk:S", None, gsi("Index", "g:S"))
        says = "cannot contain an empty string value"
        await db.refused(
            InvalidRequest, "TransactWriteItems", says, TransactItems=[_put("1"), second]
        )
        assert await self._contents(db) == {}

    async def test_an_absent_table_refuses_the_transaction(self, db: Client) -> None:
        await db.create("first")
        absent = {"Put": {"TableName": "absent", "Item": {"pk": S("1")}}}
        await db.refused(
            TableNotFound,
            "TransactWriteItems",
            "Requested resource not found",
            TransactItems=[_put("1"), absent],
        )
        assert await self._contents(db) == {}

    async def test_a_transaction_takes_100_actions_and_no_more(self, db: Client) -> None:
        await db.create("first")
        await db("TransactWriteItems", TransactItems=[_put(str(n)) for n in range(100)])
        assert len(await self._contents(db)) == 100
        await db.refused(
            InvalidRequest,
            "TransactWriteItems",
            TransactItems=[_put(f"more{n}") for n in range(101)],
        )
        await db.refused(InvalidRequest, "TransactWriteItems", TransactItems=[])
        assert len(await self._contents(db)) == 100

    async def test_a_token_makes_a_repeated_transaction_take_effect_once(self, db: Client) -> None:
        await db.create("first")
        add = _update("n", "ADD n :v", ExpressionAttributeValues={":v": N(1)})
        for _ in range(3):
            answer = await db(
                "TransactWriteItems", TransactItems=[add], ClientRequestToken="token-1"
            )
            assert answer == {}
        assert await self._contents(db) == {"n": {"pk": S("n"), "n": N(1)}}
        error = await db.refused(
            TokenReused,
            "TransactWriteItems",
            TransactItems=[_put("1")],
            ClientRequestToken="token-1",
        )
        assert error.code == "IdempotentParameterMismatchException"
        await db("TransactWriteItems", TransactItems=[add], ClientRequestToken="token-2")
        assert (await self._contents(db))["n"]["n"] == N(2)

    async def test_a_cancelled_transaction_does_not_use_up_its_token(self, db: Client) -> None:
        await db.create("first")
        await db.put("first", {"pk": S("1")})
        request: dict[str, Any] = {
            "TransactItems": [_put("1", v=N(1), ConditionExpression=ABSENT)],
            "ClientRequestToken": "token",
        }
        await db.refused(TransactionCancelled, "TransactWriteItems", **request)
        await db("DeleteItem", TableName="first", Key={"pk": S("1")})
        await db("TransactWriteItems", **request)
        assert await self._contents(db) == {"1": {"pk": S("1"), "v": N(1)}}

    async def test_reads_come_in_the_order_they_were_asked(self, db: Client) -> None:
        await db.create("first")
        one, two = {"pk": S("1"), "v": N(1)}, {"pk": S("2"), "v": N(2)}
        await db.put("first", one, two)
        answer = await db(
            "TransactGetItems",
            TransactItems=[_get("2"), _get("absent"), _get("1", ProjectionExpression="v")],
        )
        assert answer == {"Responses": [{"Item": two}, {}, {"Item": {"v": N(1)}}]}

    async def test_a_read_of_nothing_in_an_item_gives_an_empty_answer(self, db: Client) -> None:
        await db.create("first")
        await db.put("first", {"pk": S("1")}, {"pk": S("2")})
        nothing = _get("1", ProjectionExpression="v")
        answer = await db("TransactGetItems", TransactItems=[nothing, _get("2")])
        assert answer == {"Responses": [{}, {"Item": {"pk": S("2")}}]}

    @pytest.mark.parametrize(
        ("gets", "says"),
        [
            ([_get("1"), _get("1")], "Transaction request cannot include multiple operations"),
            ([_get("1"), _get("2", ProjectionExpression="a,")], "Syntax error"),
            ([], ""),
            ([_get(str(number)) for number in range(101)], ""),
        ],
        ids=["twice", "syntax", "nothing", "101"],
    )
    async def test_a_malformed_read_is_refused(
        self, db: Client, gets: list[dict[str, Any]], says: str
    ) -> None:
        await db.create("first")
        await db.refused(InvalidRequest, "TransactGetItems", says, TransactItems=gets)

    async def test_a_read_with_a_wrong_key_is_cancelled(self, db: Client) -> None:
        await db.create("first")
        wrong = {"Get": {"TableName": "first", "Key": {"pk": N(1)}}}
        error = await db.refused(
            TransactionCancelled, "TransactGetItems", TransactItems=[_get("1"), wrong]
        )
        assert [reason["Code"] for reason in error.reasons] == ["None", "ValidationError"]

    async def test_indexes_follow_a_transaction(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Index", "g:S"))
        await db("TransactWriteItems", TransactItems=[_put("1", g=S("G")), _put("2", g=S("G"))])
        query: dict[str, Any] = {
            "TableName": "first",
            "IndexName": "Index",
            "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": {":g": S("G")},
        }
        assert len(await db.all("Query", **query)) == 2
        await db("TransactWriteItems", TransactItems=[_delete("1"), _update("2", "REMOVE g")])
        assert await db.all("Query", **query) == []
