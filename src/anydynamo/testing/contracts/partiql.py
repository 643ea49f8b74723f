"""ExecuteStatement, BatchExecuteStatement and ExecuteTransaction: PartiQL's statements."""

# ruff: noqa: S608 - the statements are put together from the tests' own words
from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    InvalidRequest,
    TableNotFound,
    TransactionCancelled,
)
from anydynamo.testing.contracts.client import (
    NS,
    NULL,
    SS,
    Client,
    Contract,
    Item,
    L,
    M,
    N,
    S,
    gsi,
)

__all__ = ["PartiQLContract"]


def _item(key: str, number: int, **more: Item) -> Item:
    return {"pk": S(key), "sk": N(number), **more}


_FIRST = _item("a", 1, v=N(10), s=S("it's"), tags=SS("x", "y"), m=M(n=L(N(1), S("two"))))
_SECOND = _item("a", 2, v=N(20), g=S("red"))
_THIRD = _item("a", 3, nothing=NULL, g=S("red"))
_OTHER = _item("b", 1, v=N(10), flag={"BOOL": True})


class PartiQLContract(Contract):
    """Statements in place of requests."""

    async def _filled(self, db: Client) -> None:
        await db.create("tab", "pk:S", "sk:N", gsi("by_g", "g:S", "sk:N"))
        await db.put("tab", _FIRST, _SECOND, _THIRD, _OTHER)

    async def _run(self, db: Client, statement: str, *parameters: Item, **more: Any) -> list[Item]:
        if parameters:
            more["Parameters"] = list(parameters)
        answer = await db("ExecuteStatement", Statement=statement, **more)
        items: list[Item] = answer["Items"]
        return items

    async def _all(self, db: Client, statement: str, **more: Any) -> list[Item]:
        items: list[Item] = []
        while True:
            answer = await db("ExecuteStatement", Statement=statement, **more)
            items += answer["Items"]
            if "NextToken" not in answer:
                return items
            assert answer["NextToken"] != more.get("NextToken")
            more["NextToken"] = answer["NextToken"]

    # SELECT

    @pytest.mark.parametrize(
        ("where", "found"),
        [
            ("pk = 'a' AND sk = 1", "a1"),
            ("pk = 'a'", "a1 a2 a3"),
            ("pk IN ['a', 'b']", "a1 a2 a3 b1"),
            ("pk = 'a' OR pk = 'b'", "a1 a2 a3 b1"),
            ("pk = 'a' AND sk > 1", "a2 a3"),
            ("pk = 'a' AND sk >= 2 AND sk <= 2", "a2"),
            ("pk = 'a' AND sk BETWEEN 2 AND 3", "a2 a3"),
            ("pk = 'a' AND sk IN [1, 3]", "a1 a3"),
            ("v = 10", "a1 b1"),
            ("v <> 10 AND pk = 'a'", "a2 a3"),
            ("v < 20", "a1 b1"),
            ("v = 20 OR s = 'it''s'", "a1 a2"),
            ("NOT v = 10", "a2 a3"),
            ("v IS MISSING", "a3"),
            ("v IS NOT MISSING", "a1 a2 b1"),
            ("nothing IS NULL", "a3"),
            ("flag = true", "b1"),
            ("begins_with(s, 'it')", "a1"),
            ("contains(tags, 'x')", "a1"),
            ("attribute_type(v, 'N')", "a1 a2 b1"),
            ("size(tags) = 2", "a1"),
            ("m.n[1] = 'two'", "a1"),
            ("tags = <<'x', 'y'>>", "a1"),
            ("m = {'n': [1, 'two']}", "a1"),
            ("(pk = 'a' AND v = 20) OR (pk = 'b' AND v = 10)", "a2 b1"),
            ("v BETWEEN 15 AND 25", "a2"),
        ],
    )
    async def test_a_condition_selects_items(self, db: Client, where: str, found: str) -> None:
        await self._filled(db)
        items = await self._all(db, f'SELECT * FROM "tab" WHERE {where}')
        assert sorted(item["pk"]["S"] + item["sk"]["N"] for item in items) == found.split()

    async def test_whole_items_are_returned(self, db: Client) -> None:
        await self._filled(db)
        (item,) = await self._run(db, "SELECT * FROM tab WHERE pk = 'a' AND sk = 1")
        assert item == {**_FIRST, "tags": {"SS": sorted(item["tags"]["SS"])}}
        assert len(await self._all(db, "SELECT * FROM tab")) == 4

    async def test_columns_are_named_by_the_end_of_their_path(self, db: Client) -> None:
        await self._filled(db)
        statement = "SELECT v, m.n, absent FROM tab WHERE pk = 'a' AND sk = 1"
        assert await self._run(db, statement) == [{"v": N(10), "n": L(N(1), S("two"))}]

    async def test_an_element_of_a_list_is_a_column(self, db: Client) -> None:
        await self._filled(db)
        statement = "SELECT m.n[1] FROM tab WHERE pk = 'a' AND sk = 1"
        assert await self._run(db, statement) == [{"n[1]": S("two")}]

    async def test_parameters_stand_for_values(self, db: Client) -> None:
        await self._filled(db)
        statement = "SELECT sk FROM tab WHERE pk = ? AND v IN [?, ?]"
        assert await self._run(db, statement, S("a"), N(20), N(7)) == [{"sk": N(2)}]

    @pytest.mark.parametrize(
        ("order", "found"), [("", [1, 2, 3]), (" ASC", [1, 2, 3]), (" DESC", [3, 2, 1])]
    )
    async def test_a_partition_is_read_in_the_order_asked_for(
        self, db: Client, order: str, found: list[int]
    ) -> None:
        await self._filled(db)
        items = await self._run(db, f"SELECT sk FROM tab WHERE pk = 'a' ORDER BY sk{order}")
        assert items == [{"sk": N(number)} for number in found]

    async def test_partitions_are_ordered_by_their_key(self, db: Client) -> None:
        await self._filled(db)
        items = await self._run(
            db, "SELECT pk FROM tab WHERE pk IN ['a', 'b'] AND sk = 1 ORDER BY pk DESC"
        )
        assert items == [{"pk": S("b")}, {"pk": S("a")}]

    async def test_pages_hold_every_item_once(self, db: Client) -> None:
        await self._filled(db)
        for statement in (
            "SELECT * FROM tab",
            "SELECT * FROM tab WHERE pk IN ['b', 'a']",
            "SELECT * FROM tab WHERE pk IN ['b', 'a'] ORDER BY pk, sk DESC",
        ):
            items = await self._all(db, statement, Limit=1)
            assert sorted(item["pk"]["S"] + item["sk"]["N"] for item in items) == [
                "a1",
                "a2",
                "a3",
                "b1",
            ]

    async def test_the_limit_counts_what_is_evaluated(self, db: Client) -> None:
        await self._filled(db)
        answer = await db(
            "ExecuteStatement", Statement="SELECT * FROM tab WHERE pk = 'a' AND v = 20", Limit=1
        )
        assert answer["Items"] == []
        assert answer["NextToken"]

    async def test_a_token_belongs_to_its_statement(self, db: Client) -> None:
        await self._filled(db)
        answer = await db("ExecuteStatement", Statement="SELECT * FROM tab", Limit=1)
        for statement, token in (
            ("SELECT * FROM tab", "nonsense"),
            ("SELECT * FROM tab WHERE pk = 'a'", answer["NextToken"]),
        ):
            await db.refused(
                InvalidRequest, "ExecuteStatement", Statement=statement, NextToken=token
            )

    async def test_an_index_is_read_by_its_own_keys(self, db: Client) -> None:
        await self._filled(db)
        statement = 'SELECT sk FROM "tab"."by_g" WHERE g = \'red\' ORDER BY sk DESC'
        assert await self._run(db, statement) == [{"sk": N(3)}, {"sk": N(2)}]
        await db.refused(
            InvalidRequest,
            "ExecuteStatement",
            "The table does not have the specified index",
            Statement='SELECT * FROM "tab"."absent"',
        )
        await db.refused(
            InvalidRequest,
            "ExecuteStatement",
            "Consistent reads are not supported on global secondary indexes",
            Statement=statement,
            ConsistentRead=True,
        )

    async def test_a_read_is_charged_like_a_query(self, db: Client) -> None:
        await self._filled(db)
        answer = await db(
            "ExecuteStatement",
            Statement="SELECT * FROM tab WHERE pk = 'a'",
            ReturnConsumedCapacity="TOTAL",
        )
        assert answer["ConsumedCapacity"] == {"TableName": "tab", "CapacityUnits": 0.5}

    # INSERT, UPDATE, DELETE

    async def test_an_item_is_inserted_once(self, db: Client) -> None:
        await db.create("tab", "pk:S", "sk:N")
        item = (
            "{'pk': 'a', 'sk': ?, 'l': [1, -2.5, 'x'], 'm': {'b': true, 'n': NULL},"
            " 'ns': <<1, 2>>, 'ss': <<'x'>>}"
        )
        statement = f'INSERT INTO "tab" VALUE {item}'
        assert await self._run(db, statement, N(1)) == []
        assert await db.get("tab", pk=S("a"), sk=N(1)) == _item(
            "a",
            1,
            l=L(N(1), N("-2.5"), S("x")),
            m=M(b={"BOOL": True}, n=NULL),
            ns=NS(1, 2),
            ss=SS("x"),
        )
        error = await db.refused(
            AlreadyExists,
            "ExecuteStatement",
            "Duplicate primary key exists in table",
            Statement=statement,
            Parameters=[N(1)],
        )
        assert error.code == "DuplicateItemException"

    async def test_an_update_sets_and_removes(self, db: Client) -> None:
        await self._filled(db)
        statement = (
            "UPDATE tab SET v = v + 5 SET m.n = list_append(m.n, [3]) SET tags ="
            " set_add(tags, <<'z'>>) REMOVE s WHERE pk = 'a' AND sk = 1"
        )
        assert await self._run(db, statement) == []
        item = await db.get("tab", pk=S("a"), sk=N(1))
        assert item is not None
        assert {**item, "tags": SS(*sorted(item["tags"]["SS"]))} == _item(
            "a", 1, v=N(15), m=M(n=L(N(1), S("two"), N(3))), tags=SS("x", "y", "z")
        )
        await self._run(
            db,
            "UPDATE tab SET v = ? - v, tags = set_delete(tags, <<'x', 'y', 'z'>>) REMOVE m.n[0]"
            " WHERE pk = 'a' AND sk = 1",
            N(20),
        )
        assert await db.get("tab", pk=S("a"), sk=N(1)) == _item(
            "a", 1, v=N(5), m=M(n=L(S("two"), N(3)))
        )

    @pytest.mark.parametrize(
        ("returning", "returned"),
        [
            ("ALL OLD", [_SECOND]),
            ("ALL NEW", [{**_SECOND, "v": N(21)}]),
            ("MODIFIED OLD", [{"v": N(20)}]),
            ("MODIFIED NEW", [{"v": N(21)}]),
        ],
    )
    async def test_an_update_returns_what_is_asked_for(
        self, db: Client, returning: str, returned: list[Item]
    ) -> None:
        await self._filled(db)
        statement = "UPDATE tab SET v = v + 1 WHERE pk = 'a' AND sk = 2 RETURNING"
        assert await self._run(db, f"{statement} {returning} *") == returned

    async def test_an_update_needs_its_item_and_its_condition(self, db: Client) -> None:
        await self._filled(db)
        for where in ("pk = 'absent' AND sk = 1", "pk = 'a' AND sk = 2 AND v = 99"):
            await db.refused(
                ConditionFailed,
                "ExecuteStatement",
                "The conditional request failed",
                Statement=f"UPDATE tab SET v = 1 WHERE {where}",
            )
        assert await db.get("tab", pk=S("a"), sk=N(2)) == _SECOND
        await self._run(db, "UPDATE tab SET v = 1 WHERE pk = 'a' AND sk = 2 AND v = 20")
        assert await db.get("tab", pk=S("a"), sk=N(2)) == {**_SECOND, "v": N(1)}

    async def test_a_failed_condition_returns_the_item(self, db: Client) -> None:
        await self._filled(db)
        error = await db.refused(
            ConditionFailed,
            "ExecuteStatement",
            Statement="DELETE FROM tab WHERE pk = 'a' AND sk = 2 AND v = 99",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        assert error.item == _SECOND

    async def test_a_delete_returns_what_it_removed(self, db: Client) -> None:
        await self._filled(db)
        statement = "DELETE FROM tab WHERE pk = 'a' AND sk = 2 RETURNING ALL OLD *"
        assert await self._run(db, statement) == [_SECOND]
        assert await db.get("tab", pk=S("a"), sk=N(2)) is None

    async def test_what_is_not_there_is_deleted_without_an_error(self, db: Client) -> None:
        await self._filled(db)
        for condition in ("", " AND v = 99"):
            statement = f"DELETE FROM tab WHERE pk = 'absent' AND sk = 2{condition}"
            assert await self._run(db, statement) == []

    async def test_a_delete_needs_its_condition(self, db: Client) -> None:
        await self._filled(db)
        await db.refused(
            ConditionFailed,
            "ExecuteStatement",
            Statement="DELETE FROM tab WHERE pk = 'a' AND sk = 2 AND v = 99",
        )
        assert await db.get("tab", pk=S("a"), sk=N(2)) == _SECOND

    @pytest.mark.parametrize(
        ("statement", "says"),
        [
            ("SELEC", "Statement wasn't well formed, can't be processed"),
            ("SELECT * FROM", "Statement wasn't well formed, can't be processed"),
            ("SELECT * FROM tab WHERE", "Statement wasn't well formed, can't be processed"),
            ("SELECT * FROM tab LIMIT 1", "Unsupported clause: LIMIT"),
            ("SELECT * FROM tab ORDER BY sk", "when using ORDER BY clause"),
            ("SELECT * FROM tab WHERE v = 1 ORDER BY sk", "when using ORDER BY clause"),
            ("SELECT * FROM tab WHERE pk = 'a' ORDER BY v", "must be part of the primary key"),
            ("SELECT * FROM tab WHERE pk = ?", ""),
            ("SELECT * FROM tab WHERE v < [1]", "Incorrect operand type"),
            ("INSERT INTO tab VALUE {'pk': 'a'}", "Missing the key sk in the item"),
            ("INSERT INTO tab VALUE {'pk': 'n', 'sk': 1, 's': <<>>}", ""),
            ("INSERT INTO tab VALUE {'pk': 'n', 'sk': 1, 's': <<1, 'a'>>}", ""),
            ("INSERT INTO tab VALUE {'pk': 1, 'sk': 1}", "Type mismatch for key pk"),
            ("UPDATE tab SET v = 1 WHERE pk = 'a'", "mandatory equality on all key attributes"),
            ("UPDATE tab SET v = 1", ""),
            ("UPDATE tab SET pk = 'b' WHERE pk = 'a' AND sk = 1", "Cannot update attribute pk"),
            ("UPDATE tab SET v = absent + 1 WHERE pk = 'a' AND sk = 1", "does not exist"),
            ("DELETE FROM tab WHERE pk = 'a'", "mandatory equality on all key attributes"),
            ("DELETE FROM tab WHERE pk = 'a' OR sk = 1", "mandatory equality"),
            (
                "DELETE FROM tab WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED OLD *",
                "Invalid",
            ),
            ("EXISTS(SELECT * FROM tab WHERE pk = 'a' AND sk = 1)", ""),
        ],
    )
    async def test_what_is_no_statement_is_refused(
        self, db: Client, statement: str, says: str
    ) -> None:
        await self._filled(db)
        await db.refused(InvalidRequest, "ExecuteStatement", says, Statement=statement)
        assert len(await db.all("Scan", TableName="tab")) == 4

    async def test_a_statement_needs_its_table(self, db: Client) -> None:
        for statement in (
            "SELECT * FROM absent WHERE pk = 'a'",
            "INSERT INTO absent VALUE {'pk': 'a'}",
        ):
            await db.refused(
                TableNotFound,
                "ExecuteStatement",
                "Requested resource not found",
                Statement=statement,
            )

    # Batches

    async def test_each_read_of_a_batch_is_answered_for_itself(self, db: Client) -> None:
        await self._filled(db)
        answer = await db(
            "BatchExecuteStatement",
            Statements=[
                {"Statement": "SELECT v FROM tab WHERE pk = 'a' AND sk = 2"},
                {"Statement": "SELECT v FROM tab WHERE pk = 'a' AND sk = 77"},
                {"Statement": "SELECT v FROM tab WHERE pk = 'a'"},
                {"Statement": "SELECT v FROM absent WHERE pk = ?", "Parameters": [S("a")]},
            ],
        )
        found, nothing, several, nowhere = answer["Responses"]
        assert found == {"TableName": "tab", "Item": {"v": N(20)}}
        assert nothing == {"TableName": "tab"}
        assert several["Error"]["Code"] == "ValidationError"
        assert nowhere["Error"]["Code"] == "ResourceNotFound"

    async def test_each_write_of_a_batch_succeeds_or_fails_by_itself(self, db: Client) -> None:
        await self._filled(db)
        answer = await db(
            "BatchExecuteStatement",
            Statements=[
                {"Statement": "INSERT INTO tab VALUE {'pk': 'a', 'sk': 1}"},
                {"Statement": "DELETE FROM tab WHERE pk = 'a' AND sk = 2 AND v = 99"},
                {"Statement": "INSERT INTO tab VALUE {'pk': 'a', 'sk': 9}"},
            ],
        )
        taken, different, done = answer["Responses"]
        assert taken["Error"]["Code"] == "DuplicateItem"
        assert different["Error"]["Code"] == "ConditionalCheckFailed"
        assert done == {"TableName": "tab"}
        assert await db.get("tab", pk=S("a"), sk=N(9)) == _item("a", 9)
        assert await db.get("tab", pk=S("a"), sk=N(2)) == _SECOND

    @pytest.mark.parametrize(
        "statements",
        [
            [],
            [
                "SELECT * FROM tab WHERE pk = 'a' AND sk = 1",
                "DELETE FROM tab WHERE pk='a' AND sk=2",
            ],
            [f"INSERT INTO tab VALUE {{'pk': 'new', 'sk': {number}}}" for number in range(26)],
            ["INSERT INTO tab VALUE {'pk': 'new', 'sk': 1}"] * 2,
        ],
        ids=["empty", "both kinds", "26", "twice"],
    )
    async def test_a_batch_that_cannot_be_is_refused(
        self, db: Client, statements: list[str]
    ) -> None:
        await self._filled(db)
        await db.refused(
            InvalidRequest,
            "BatchExecuteStatement",
            Statements=[{"Statement": statement} for statement in statements],
        )
        assert len(await db.all("Scan", TableName="tab")) == 4

    # Transactions

    async def test_the_writes_of_a_transaction_happen_at_once(self, db: Client) -> None:
        await self._filled(db)
        answer = await db(
            "ExecuteTransaction",
            TransactStatements=[
                {"Statement": "INSERT INTO tab VALUE {'pk': 'a', 'sk': 9}"},
                {"Statement": "UPDATE tab SET v = 1 WHERE pk = 'a' AND sk = 2"},
                {"Statement": "DELETE FROM tab WHERE pk = 'b' AND sk = 1"},
            ],
        )
        assert answer == {"Responses": [{}, {}, {}]}
        assert await db.get("tab", pk=S("a"), sk=N(9)) == _item("a", 9)
        assert await db.get("tab", pk=S("a"), sk=N(2)) == {**_SECOND, "v": N(1)}
        assert await db.get("tab", pk=S("b"), sk=N(1)) is None

    async def test_one_failed_statement_cancels_all(self, db: Client) -> None:
        await self._filled(db)
        error = await db.refused(
            TransactionCancelled,
            "ExecuteTransaction",
            "[None, DuplicateItem, ConditionalCheckFailed]",
            TransactStatements=[
                {"Statement": "INSERT INTO tab VALUE {'pk': 'a', 'sk': 9}"},
                {"Statement": "INSERT INTO tab VALUE {'pk': 'a', 'sk': 1}"},
                {"Statement": "UPDATE tab SET v = 1 WHERE pk = 'absent' AND sk = 2"},
            ],
        )
        assert error.code == "TransactionCanceledException"
        assert await db.get("tab", pk=S("a"), sk=N(9)) is None

    @pytest.mark.parametrize(("condition", "holds"), [("v = 20", True), ("v IS MISSING", False)])
    async def test_exists_is_the_condition_check(
        self, db: Client, condition: str, holds: bool
    ) -> None:
        await self._filled(db)
        statements = [
            {"Statement": f"EXISTS(SELECT * FROM tab WHERE pk = 'a' AND sk = 2 AND {condition})"},
            {"Statement": "INSERT INTO tab VALUE {'pk': 'a', 'sk': 9}"},
        ]
        if holds:
            await db("ExecuteTransaction", TransactStatements=statements)
        else:
            await db.refused(
                TransactionCancelled,
                "ExecuteTransaction",
                "[ConditionalCheckFailed, None]",
                TransactStatements=statements,
            )
        assert (await db.get("tab", pk=S("a"), sk=N(9)) is not None) is holds

    async def test_the_reads_of_a_transaction_come_in_their_order(self, db: Client) -> None:
        await self._filled(db)
        answer = await db(
            "ExecuteTransaction",
            TransactStatements=[
                {"Statement": "SELECT v FROM tab WHERE pk = 'a' AND sk = 2"},
                {"Statement": "SELECT * FROM tab WHERE pk = 'a' AND sk = 77"},
            ],
        )
        assert answer == {"Responses": [{"Item": {"v": N(20)}}, {}]}

    async def test_a_token_makes_repeated_statements_take_effect_once(self, db: Client) -> None:
        await self._filled(db)
        request = {
            "TransactStatements": [
                {"Statement": "UPDATE tab SET v = v + 1 WHERE pk = 'a' AND sk = 2"}
            ],
            "ClientRequestToken": "once",
        }
        for _ in range(2):
            await db("ExecuteTransaction", **request)
        assert await db.get("tab", pk=S("a"), sk=N(2)) == {**_SECOND, "v": N(21)}

    @pytest.mark.parametrize(
        "statements",
        [
            ["SELEC"],
            [
                "SELECT * FROM tab WHERE pk = 'a' AND sk = 1",
                "DELETE FROM tab WHERE pk='a' AND sk=2",
            ],
            ["INSERT INTO tab VALUE {'pk': 'new', 'sk': 1}"] * 2,
            ["DELETE FROM tab WHERE pk = 'a' AND sk = 2 RETURNING ALL OLD *"],
        ],
        ids=["malformed", "both kinds", "twice", "returning"],
    )
    async def test_a_transaction_of_statements_that_cannot_be_is_refused(
        self, db: Client, statements: list[str]
    ) -> None:
        await self._filled(db)
        await db.refused(
            InvalidRequest,
            "ExecuteTransaction",
            TransactStatements=[{"Statement": statement} for statement in statements],
        )
        assert len(await db.all("Scan", TableName="tab")) == 4
