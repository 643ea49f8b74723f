"""Who is refused when requests for the same items overlap, turn by turn."""

from __future__ import annotations

import threading
from types import coroutine
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.stage import finished, item, key, table
from tests.repository.interleaving import interleaved

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.database import Database
from anydynamo.errors import (
    ConfigurationError,
    InvalidRequest,
    TransactionCancelled,
    TransactionConflict,
    TransactionInProgress,
)
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing.faults import Contention

if TYPE_CHECKING:
    from collections.abc import Generator

    from anydynamo.adapters.protocol import DatabaseAdapter


@coroutine
def _turn(_: float) -> Generator[None, None, None]:
    yield


def memory() -> DatabaseAdapter:
    adapter = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
    for name in ("ads", "bids"):
        finished(adapter.call("CreateTable", table(name)))
    return adapter


PUT = ("PutItem", {"TableName": "ads", "Item": item("a", by="put")})
UPDATE = ("UpdateItem", {"TableName": "ads", "Key": key("a")})
DELETE = ("DeleteItem", {"TableName": "ads", "Key": key("a")})
INSERT = ("ExecuteStatement", {"Statement": "INSERT INTO ads VALUE {'pk': 'a', 'writer': 'sql'}"})
ERASE = ("ExecuteStatement", {"Statement": "DELETE FROM ads WHERE pk = 'a'"})
SINGLE = [PUT, UPDATE, DELETE, INSERT, ERASE]
PUTS = [{"PutRequest": {"Item": item(name, by="batch")}} for name in "xay"]
BATCH = ("BatchWriteItem", {"RequestItems": {"bids": PUTS[:1], "ads": PUTS}})
STATEMENTS = (
    "BatchExecuteStatement",
    {"Statements": [{"Statement": f"INSERT INTO ads VALUE {{'pk': '{name}'}}"} for name in "xay"]},
)
WRITE = (
    "TransactWriteItems",
    {
        "TransactItems": [
            {"Put": {"TableName": "bids", "Item": item("a", by="transaction")}},
            {"Put": {"TableName": "ads", "Item": item("a", by="transaction")}},
        ]
    },
)
CHECK = (
    "TransactWriteItems",
    {
        "TransactItems": [
            {
                "ConditionCheck": {
                    "TableName": "ads",
                    "Key": key("a"),
                    "ConditionExpression": "attribute_not_exists(gone)",
                }
            }
        ]
    },
)
SQL_WRITE = (
    "ExecuteTransaction",
    {
        "TransactStatements": [
            {"Statement": "INSERT INTO bids VALUE {'pk': 'b'}"},
            {"Statement": "DELETE FROM ads WHERE pk = 'a'"},
        ]
    },
)
READ = (
    "TransactGetItems",
    {"TransactItems": [{"Get": {"TableName": name, "Key": key("a")}} for name in ("bids", "ads")]},
)
SQL_READ = (
    "ExecuteTransaction",
    {
        "TransactStatements": [
            {"Statement": "SELECT * FROM bids WHERE pk = 'a'"},
            {"Statement": "SELECT * FROM ads WHERE pk = 'a'"},
        ]
    },
)
READS = [
    ("GetItem", {"TableName": "ads", "Key": key("a")}),
    ("BatchGetItem", {"RequestItems": {"ads": {"Keys": [key("a")]}}}),
    ("Scan", {"TableName": "ads"}),
    (
        "Query",
        {
            "TableName": "ads",
            "KeyConditionExpression": "pk = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}},
        },
    ),
    ("ExecuteStatement", {"Statement": "SELECT * FROM ads WHERE pk = 'a'"}),
    ("DescribeTable", {"TableName": "ads"}),
]
Asked = tuple[str, dict[str, Any]]


def overlapping(first: Asked, second: Asked) -> tuple[Any, Any]:
    """Let the second request arrive while the first one is in work."""
    adapter = Contention(memory(), sleep=_turn)
    works = [adapter.call(*first), adapter.call(*second)]
    one, other = interleaved(works, [0, 1, 0, 1])
    return one, other


def codes(error: Any) -> list[str]:
    assert isinstance(error, TransactionCancelled), error
    return [reason["Code"] for reason in error.reasons]


def names(operations: Any) -> str:
    return str(operations[0])


@pytest.mark.parametrize("single", SINGLE, ids=names)
@pytest.mark.parametrize("transaction", [WRITE, CHECK, SQL_WRITE], ids=names)
def test_a_single_write_that_meets_a_transaction_is_refused(
    transaction: Asked, single: Asked
) -> None:
    done, refused = overlapping(transaction, single)
    assert isinstance(done, dict)
    assert isinstance(refused, TransactionConflict)
    assert refused.code == "TransactionConflictException"
    assert refused.retryable


@pytest.mark.parametrize("second", [WRITE, SQL_WRITE], ids=names)
@pytest.mark.parametrize("first", [WRITE, CHECK, SQL_WRITE], ids=names)
def test_a_transaction_that_meets_another_is_cancelled(first: Asked, second: Asked) -> None:
    done, cancelled = overlapping(first, second)
    assert isinstance(done, dict)
    first_too = "TransactionConflict" if first is second else "None"
    assert codes(cancelled) == [first_too, "TransactionConflict"]


def test_a_batchs_writes_that_meet_a_transaction_are_unprocessed() -> None:
    done, answer = overlapping(WRITE, BATCH)
    assert isinstance(done, dict)
    assert answer["UnprocessedItems"] == {"ads": [PUTS[1]]}


def test_a_batch_all_of_whose_writes_meet_transactions_writes_nothing() -> None:
    request = {"RequestItems": {"ads": [PUTS[1]]}}
    _, answer = overlapping(WRITE, ("BatchWriteItem", request))
    assert answer == {"UnprocessedItems": request["RequestItems"]}


def test_a_batchs_statement_that_meets_a_transaction_fails_alone() -> None:
    done, answer = overlapping(CHECK, STATEMENTS)
    assert isinstance(done, dict)
    assert [one.get("Error", {}).get("Code") for one in answer["Responses"]] == [
        None,
        "TransactionConflict",
        None,
    ]


@pytest.mark.parametrize("reading", [READ, SQL_READ], ids=names)
@pytest.mark.parametrize("writing", [*SINGLE, BATCH, STATEMENTS, WRITE], ids=names)
def test_a_transaction_that_reads_is_cancelled_whoever_was_first(
    reading: Asked, writing: Asked
) -> None:
    for first in (reading, writing):
        outcomes = overlapping(first, writing if first is reading else reading)
        cancelled, done = outcomes if first is reading else reversed(outcomes)
        assert isinstance(done, dict)
        assert codes(cancelled)[1] == "TransactionConflict"


@pytest.mark.parametrize("first", [*SINGLE, BATCH, WRITE, READ], ids=names)
@pytest.mark.parametrize("read", READS, ids=names)
def test_reads_meet_nobody(first: Asked, read: Asked) -> None:
    assert all(isinstance(one, dict) for one in overlapping(first, read))
    assert all(isinstance(one, dict) for one in overlapping(read, first))


@pytest.mark.parametrize("first", [PUT, UPDATE, DELETE, BATCH], ids=names)
@pytest.mark.parametrize("second", [PUT, UPDATE, DELETE, BATCH, WRITE, CHECK], ids=names)
def test_a_single_write_in_work_is_in_no_writes_way(first: Asked, second: Asked) -> None:
    assert all(isinstance(one, dict) for one in overlapping(first, second))


def test_two_transactions_that_read_do_not_meet() -> None:
    assert all(isinstance(one, dict) for one in overlapping(READ, READ))


def test_other_items_and_other_tables_are_in_nobodys_way() -> None:
    other = ("PutItem", {"TableName": "ads", "Item": item("b")})
    far = ("DeleteItem", {"TableName": "bids", "Key": key("a")})
    assert all(isinstance(one, dict) for one in overlapping(CHECK, other))
    assert all(isinstance(one, dict) for one in overlapping(CHECK, far))


def test_what_is_answered_is_in_nobodys_way_any_more() -> None:
    adapter = Contention(memory(), sleep=_turn)
    wrong = ("UpdateItem", {**UPDATE[1], "ConditionExpression": "attribute_exists(no)"})
    for asked in (WRITE, PUT, wrong, READ, BATCH, WRITE):
        interleaved([adapter.call(*asked)], ())
    (answer,) = interleaved([adapter.call(*READ)], ())
    assert isinstance(answer, dict)
    assert [one["Item"]["by"]["S"] for one in answer["Responses"]] == ["transaction"] * 2


def test_a_call_that_is_given_up_is_in_nobodys_way() -> None:
    adapter = Contention(memory(), sleep=_turn)
    given_up = adapter.call(*WRITE)
    given_up.send(None)
    given_up.close()
    (answer,) = interleaved([adapter.call(*PUT)], ())
    assert isinstance(answer, dict)


def test_a_transaction_under_way_is_not_begun_a_second_time() -> None:
    again = (WRITE[0], {**WRITE[1], "ClientRequestToken": "t"})
    done, refused = overlapping(again, again)
    assert isinstance(done, dict)
    assert isinstance(refused, TransactionInProgress)
    assert refused.retryable


def test_a_write_that_was_refused_cancels_no_read() -> None:
    adapter = Contention(memory(), sleep=_turn)
    check, read, put = adapter.call(*CHECK), adapter.call(*READ), adapter.call(*PUT)
    # The read meets the transaction; a further one, of another table alone, meets nobody.
    outcomes = interleaved([check, read, put], [0, 1, 2])
    assert [type(one) for one in outcomes] == [dict, TransactionCancelled, TransactionConflict]


def test_a_table_that_was_made_anew_has_its_new_key() -> None:
    adapter = Contention(memory(), sleep=_turn)

    def run(operation: str, **request: Any) -> Any:
        (answer,) = interleaved([adapter.call(operation, request)], ())
        return answer

    run("PutItem", TableName="ads", Item=item("a"))
    run("DeleteTable", TableName="ads")
    schema = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
    run("CreateTable", TableName="ads", BillingMode="PAY_PER_REQUEST", **schema)
    put = {"TableName": "ads", "Item": {"id": {"S": "x"}}}
    transaction = {"TransactItems": [{"Put": put}]}
    works = [adapter.call("TransactWriteItems", transaction), adapter.call("PutItem", put)]
    _, refused = interleaved(works, [0, 1])
    assert isinstance(refused, TransactionConflict)


def test_what_makes_no_sense_is_refused_in_its_own_words_and_in_nobodys_way() -> None:
    adapter = Contention(memory(), sleep=_turn)
    requests: list[Asked] = [
        ("PutItem", {"TableName": "ads", "Item": {"pk": {"N": "1"}}}),
        ("PutItem", {"TableName": "ads", "Item": {"pk": {"BOOL": True}}}),
        ("PutItem", {"TableName": "ads", "Item": {"colour": {"S": "red"}}}),
        ("DeleteItem", {"TableName": "ads", "Key": {"pk": 7}}),
        ("ExecuteStatement", {"Statement": "DELETE FROM ads"}),
        ("ExecuteStatement", {"Statement": "INSERT INTO ads VALUE {'pk': 1}"}),
        ("ExecuteStatement", {"Statement": "UPDATE ads SET colour = 'x' WHERE colour = 'y'"}),
    ]
    for operation, request in requests:
        (refused,) = interleaved([adapter.call(operation, request)], ())
        assert isinstance(refused, InvalidRequest)


@pytest.mark.parametrize("seconds", [-0.1, float("nan")])
def test_a_time_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="0 seconds or more"):
        Contention(memory(), seconds)


def test_threads_of_the_blocking_facade_meet_too() -> None:
    held, entered = threading.Event(), threading.Event()

    async def wait(_: float) -> None:
        if threading.current_thread().name == "transaction":
            entered.set()
            held.wait(10)

    adapter = Contention(memory(), sleep=wait)
    assert adapter.info.blocking
    other = threading.Thread(
        target=lambda: finished(adapter.call(*WRITE)), name="transaction", daemon=True
    )
    other.start()
    assert entered.wait(10)
    with pytest.raises(TransactionConflict):
        finished(adapter.call(*PUT))
    held.set()
    other.join()
    finished(adapter.call(*PUT))
    finished(adapter.close())


class Account(Table, name="accounts"):
    name: Attr[str] = attribute(hash_key=True)
    amount: Attr[int] = attribute(default=0)


def test_of_two_transfers_that_overlap_one_is_told_and_the_sum_stays() -> None:
    adapter = Contention(memory(), sleep=_turn)
    database = Database(adapter)
    accounts = database.repository(Account)

    def run(work: Any) -> Any:
        (result,) = interleaved([work], ())
        if isinstance(result, Exception):
            raise result
        return result

    run(database.create_tables([Account]))
    run(accounts.put_many([Account(name=name, amount=10) for name in "ab"]))

    def transfer() -> Any:
        return database.transact(
            accounts.to_update("a", Account.amount.add(-3)),
            accounts.to_update("b", Account.amount.add(3)),
        )

    done, cancelled = interleaved([transfer(), transfer()], [0, 1])
    assert done is None
    assert isinstance(cancelled, TransactionCancelled)
    assert all(isinstance(error, TransactionConflict) for error in cancelled.errors)
    assert [run(accounts.get(name)).amount for name in "ab"] == [7, 13]
