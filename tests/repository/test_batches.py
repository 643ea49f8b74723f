"""What is left unprocessed is sent again, until the attempts are used up."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from tests.repository.scripted import ScriptedAdapter, session

from anydynamo.errors import (
    BatchIncomplete,
    InvalidRequest,
    RequestTimeout,
    ServiceFault,
    TableNotFound,
    TransactionCancelled,
    Unavailable,
    VersionConflict,
)
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.repositories.repository import Repository
from anydynamo.repositories.resending import identity
from anydynamo.repositories.session import Patience, Session


class Item(Table, name="items"):
    key: Attr[int] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")


class Blob(Table, name="blobs"):
    key: Attr[int] = attribute(hash_key=True)
    data: Attr[bytes] = attribute(default=b"")


class Locked(Table, name="locked"):
    key: Attr[int] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")
    version: Attr[int] = attribute(version=True, default=0)


def some(count: int) -> list[Item]:
    return [Item(key=number) for number in range(count)]


def halve(operation: str, request: Any) -> dict[str, Any]:
    """Process the first half of a batch and leave the rest."""
    if operation == "BatchWriteItem":
        writes = request["RequestItems"]["items"]
        left = writes[(len(writes) + 1) // 2 :]
        return {"UnprocessedItems": {"items": left} if left else {}}
    keys = request["RequestItems"]["items"]["Keys"]
    done, left = keys[: (len(keys) + 1) // 2], keys[(len(keys) + 1) // 2 :]
    return {
        "Responses": {"items": done},
        "UnprocessedKeys": {"items": {"Keys": left}} if left else {},
    }


async def test_unprocessed_writes_are_sent_again_with_growing_waits() -> None:
    waits: list[float] = []
    adapter = ScriptedAdapter(halve)
    await Repository(session(adapter, waits), Item).put_many(some(6))
    sent = [len(request["RequestItems"]["items"]) for _, request in adapter.calls]
    assert sent == [6, 3, 1]
    assert waits == [pytest.approx(0.025), pytest.approx(0.05)]


async def test_unprocessed_reads_are_asked_for_again() -> None:
    waits: list[float] = []
    adapter = ScriptedAdapter(halve)
    found = await Repository(session(adapter, waits), Item).get_many(range(5))
    assert [item.key for item in found] == [0, 1, 2, 3, 4]
    assert len(waits) == 2


async def test_writes_that_stay_unprocessed_are_handed_back() -> None:
    waits: list[float] = []

    def never(operation: str, request: Any) -> dict[str, Any]:
        return {"UnprocessedItems": request["RequestItems"]}

    patience = Patience(attempts=3)
    repository = Repository(session(ScriptedAdapter(never), waits, patience=patience), Item)
    items = some(2)
    with pytest.raises(BatchIncomplete, match=r"2 writes to items.*3 attempts") as caught:
        await repository.put_many(items)
    assert caught.value.unprocessed == tuple(items)
    assert caught.value.retryable
    assert len(waits) == 2
    with pytest.raises(BatchIncomplete) as caught:
        await repository.delete_many([7])
    assert caught.value.unprocessed == (7,)


async def test_reads_that_stay_unprocessed_are_handed_back() -> None:
    def never(operation: str, request: Any) -> dict[str, Any]:
        return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}

    patience = Patience(attempts=2)
    repository = Repository(session(ScriptedAdapter(never), patience=patience), Item)
    with pytest.raises(BatchIncomplete, match="2 items of items") as caught:
        await repository.get_many([3, 4])
    assert caught.value.unprocessed == (3, 4)


async def test_chunks_of_a_window_go_out_together_and_windows_one_after_the_other() -> None:
    adapter = ScriptedAdapter({"UnprocessedItems": {}}, blocking=False)
    await Repository(session(adapter), Item).put_many(some(250))
    sent = [len(request["RequestItems"]["items"]) for _, request in adapter.calls]
    assert sent == [25] * 10


async def test_a_failing_chunk_leaves_what_the_others_did_known() -> None:
    adapter = ScriptedAdapter({"UnprocessedItems": {}}, ServiceFault("inside"), blocking=False)
    items = some(230)
    with pytest.raises(BatchIncomplete, match=r"205 writes .* because of this: inside") as caught:
        await Repository(session(adapter), Item).put_many(items)
    assert caught.value.succeeded == 25
    assert list(caught.value.unprocessed) == items[25:]
    assert isinstance(caught.value.__cause__, ServiceFault)


async def test_where_nothing_was_written_the_error_itself_is_raised() -> None:
    for error in (ServiceFault("inside"), TableNotFound("none")):
        adapter = ScriptedAdapter(error, blocking=False)
        with pytest.raises(type(error)):
            await Repository(session(adapter), Item).put_many(some(60))


async def test_a_transaction_that_met_another_is_tried_again() -> None:
    waits: list[float] = []
    busy = TransactionCancelled("busy", reasons=[{"Code": "TransactionConflict"}])
    adapter = ScriptedAdapter(busy, {})
    item = Locked(key=1)
    await Repository(session(adapter, waits), Locked).put_many([item])
    assert adapter.operations == ["TransactWriteItems"] * 2
    assert item.version == 1
    assert len(waits) == 1


async def test_a_transaction_that_keeps_meeting_others_is_handed_back() -> None:
    busy = TransactionCancelled("busy", reasons=[{"Code": "TransactionConflict"}])
    patience = Patience(attempts=2)
    item = Locked(key=1)
    repository = Repository(session(ScriptedAdapter(busy), patience=patience), Locked)
    with pytest.raises(BatchIncomplete) as caught:
        await repository.put_many([item])
    assert caught.value.unprocessed == (item,)
    assert caught.value.operation == "TransactWriteItems"
    assert item.version == 0


async def test_a_lost_race_in_a_batch_is_a_version_conflict() -> None:
    stored = {"key": {"N": "1"}, "version": {"N": "4"}}
    lost = TransactionCancelled(
        "lost",
        reasons=[
            {"Code": "TransactionConflict"},
            {"Code": "ConditionalCheckFailed", "Item": stored},
        ],
    )
    repository = Repository(session(ScriptedAdapter(lost)), Locked)
    with pytest.raises(VersionConflict) as caught:
        await repository.put_many([Locked(key=0), Locked(key=1)])
    assert caught.value.current == Locked(key=1, version=4)


async def test_a_cancelled_transaction_without_reasons_is_raised_as_it_is() -> None:
    repository = Repository(session(ScriptedAdapter(TransactionCancelled("why?"))), Locked)
    with pytest.raises(TransactionCancelled, match=r"why\?"):
        await repository.put_many([Locked(key=0)])


async def test_transactions_of_a_batch_stay_below_4_mb() -> None:
    adapter = ScriptedAdapter({})
    items = [Locked(key=number, text="x" * 390_000) for number in range(25)]
    await Repository(session(adapter), Locked).put_many(items)
    assert [len(request["TransactItems"]) for _, request in adapter.calls] == [10, 10, 5]


async def test_a_batch_of_locked_items_holds_100() -> None:
    adapter = ScriptedAdapter({})
    repository = Repository(session(adapter), Locked)
    async with repository.batch() as batch:
        for number in range(150):
            await batch.put(Locked(key=number))
    assert [len(request["TransactItems"]) for _, request in adapter.calls] == [100, 50]


async def test_a_request_stays_below_16_mb_in_json() -> None:
    """Each is below 400 KB as DynamoDB counts it, and 2.4 times as much when it is sent."""
    adapter = ScriptedAdapter({})
    items = [Item(key=number, text="\x01" * 380_000) for number in range(25)]
    await Repository(session(adapter), Item).put_many(items)
    sent = [request["RequestItems"]["items"] for _, request in adapter.calls]
    assert [len(writes) for writes in sent] == [6, 6, 6, 6, 1]
    assert all(len(json.dumps(writes)) < 16_000_000 for writes in sent)
    adapter = ScriptedAdapter({})
    await Repository(session(adapter), Item).put_many(
        Item(key=number, text="x" * 380_000) for number in range(25)
    )
    assert len(adapter.calls) == 1


async def test_binary_values_are_measured_as_they_are_sent() -> None:
    adapter = ScriptedAdapter({})
    items = [Blob(key=number, data=b"x" * 390_000) for number in range(50)]
    await Repository(session(adapter), Blob).put_many(items)
    assert [len(request["RequestItems"]["blobs"]) for _, request in adapter.calls] == [25, 25]


async def test_what_was_refused_is_told_from_what_is_left() -> None:
    def answer(operation: str, request: Any) -> dict[str, Any]:
        writes = request["RequestItems"]["items"]
        if any(write["PutRequest"]["Item"]["key"]["N"] == "30" for write in writes):
            raise InvalidRequest("no")
        return {}

    items = some(201)
    with pytest.raises(BatchIncomplete, match="25 more were refused") as caught:
        await Repository(session(ScriptedAdapter(answer)), Item).put_many(items)
    error = caught.value
    assert error.succeeded == 175
    assert [failed.given for failed in error.failed] == items[25:50]
    assert all(isinstance(failed.error, InvalidRequest) for failed in error.failed)
    assert list(error.unprocessed) == items[200:]
    assert isinstance(error.__cause__, InvalidRequest)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.succeeded, copy.unprocessed) == (175, tuple(items[200:]))


async def test_time_that_is_given_takes_the_place_of_attempts() -> None:
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    adapter = ScriptedAdapter(
        {"UnprocessedItems": {"items": [{"DeleteRequest": {"Key": {"key": {"N": "1"}}}}]}}
    )
    patience = Patience(attempts=1, longest=2.0)
    opened = Session(adapter, sleep=sleep, timer=lambda: now, random=lambda: 0.5, patience=patience)
    repository = Repository(opened, Item)
    with pytest.raises(BatchIncomplete, match=r"1 writes to items .* after 10 seconds"):
        await repository.delete_many([1], give_up_after=10)
    assert now == 10
    async with repository.batch(give_up_after=5) as batch:
        await batch.delete(1)
        with pytest.raises(BatchIncomplete, match="after 5 seconds"):
            await batch.flush()
    assert now == 15


async def test_with_time_errors_that_pass_are_tried_again() -> None:
    adapter = ScriptedAdapter(Unavailable("away"), {"Responses": {"items": [{"key": {"N": "1"}}]}})
    repository = Repository(session(adapter), Item)
    assert [one.key for one in await repository.get_many([1], give_up_after=60)] == [1]
    adapter = ScriptedAdapter(Unavailable("away"), {})
    await Repository(session(adapter), Item).put_many(some(1), give_up_after=60)
    assert len(adapter.calls) == 2
    with pytest.raises(Unavailable):
        await Repository(session(ScriptedAdapter(Unavailable("away"))), Item).get_many([1])


async def test_what_was_read_before_a_batch_of_reads_ended_is_in_the_error() -> None:
    def answer(operation: str, request: Any) -> dict[str, Any]:
        keys = request["RequestItems"]["items"]["Keys"]
        left = [key for key in keys if key["key"]["N"] == "150"]
        return {
            "Responses": {"items": [key for key in keys if key not in left]},
            "UnprocessedKeys": {"items": {"Keys": left}} if left else {},
        }

    opened = session(ScriptedAdapter(answer), patience=Patience(attempts=2))
    with pytest.raises(BatchIncomplete) as caught:
        await Repository(opened, Item).get_many(range(320))
    assert [one.key for one in caught.value.results] == [*range(150), *range(151, 300)]
    assert caught.value.unprocessed == (150, *range(300, 320))
    results = Repository(opened, Item).get_many(range(320))
    first = [await anext(results) for _ in range(100)]
    with pytest.raises(BatchIncomplete) as caught:
        await anext(results)
    assert [one.key for one in [*first, *caught.value.results]] == [*range(150), *range(151, 300)]


async def test_reads_go_out_together_once_more_than_the_first_are_wanted() -> None:
    adapter = ScriptedAdapter(halve, blocking=False)
    results = Repository(session(adapter), Item).get_many(range(10_000))
    await anext(results)
    assert {len(request["RequestItems"]["items"]["Keys"]) for _, request in adapter.calls[:1]} == {
        100
    }
    assert len(adapter.calls) < 9
    assert len(await results) == 9_999


async def test_a_transaction_whose_answer_was_lost_is_repeated_under_its_token() -> None:
    adapter = ScriptedAdapter(RequestTimeout("lost"), {})
    await Repository(session(adapter), Locked).put_many([Locked(key=1)], give_up_after=60)
    tokens = [request["ClientRequestToken"] for _, request in adapter.calls]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


def test_two_keys_are_one_exactly_if_dynamodb_says_so() -> None:
    assert identity({"a": {"N": "1"}, "b": {"S": "x"}}) == identity(
        {"b": {"S": "x"}, "a": {"N": "1.0"}}
    )
    assert identity({"a": {"S": "1"}}) != identity({"a": {"N": "1"}})
    assert identity({"a": {"B": b"1"}}) != identity({"a": {"S": "1"}})


def test_waits_grow_to_a_limit_and_are_random() -> None:
    patience = Patience(first=1.0, longest=10.0)
    assert [patience.wait(tries, 1.0) for tries in (1, 2, 3, 4, 5, 500)] == [1, 2, 4, 8, 10, 10]
    assert patience.wait(3, 0.0) == 0.0
