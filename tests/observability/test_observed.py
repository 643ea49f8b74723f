"""`Observed` lets calls pass unchanged and tells of each: what, where, how long, how it ended."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import FrozenInstanceError, asdict
from typing import TYPE_CHECKING, Any

import pytest
from tests.dynamodb.scripted import Answer, error, scripted
from tests.repository.scripted import ScriptedAdapter
from tests.targets import EMBEDDED, embedded

from anydynamo import Attr, Database, GlobalIndex, Table, attribute, sync
from anydynamo.adapters.dynamodb import DynamoDBAdapter
from anydynamo.errors import (
    AccessDenied,
    ConditionFailed,
    ConfigurationError,
    Throttled,
    TransactionCancelled,
    Unavailable,
)
from anydynamo.observability import Call, Consumed, Observed
from anydynamo.testing.contracts.batches import BatchContract
from anydynamo.testing.contracts.capacity import CapacityContract
from anydynamo.testing.contracts.items import ItemContract
from anydynamo.testing.contracts.transactions import TransactionContract
from anydynamo.testing.faults import Faults, fail, throttle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from tests.targets import Target

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo


class Note(Table, name="notes"):
    person: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)
    topic: Attr[str] = attribute()
    by_topic = GlobalIndex("by_topic", hash_key=topic, range_key=number)


def note(person: str, number: int) -> Note:
    return Note(person=person, number=number, topic="secret-topic")


class TestObservedMemory(ItemContract, BatchContract, CapacityContract, TransactionContract):
    """Watched, a provider answers as it does alone, capacity asked for or not."""

    @pytest.fixture
    async def adapter(self, tmp_path: Path) -> AsyncIterator[DatabaseAdapter]:
        calls: list[Call] = []
        inside = embedded("memory", tmp_path).adapter()
        opened = Observed(inside, calls.append, capacity=True)
        yield opened
        await opened.close()
        assert calls


class Ticks:
    """A timer that goes on by a quarter of a second with each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


@pytest.mark.parametrize("target", [*EMBEDDED, "moto", "dynoxide"], indirect=True)
async def test_each_call_is_told_of_on_every_provider(target: Target) -> None:
    calls: list[Call] = []
    adapter = target.adapter()
    async with Database(adapter, observer=calls.append, owns_adapter=True) as db:
        await db.create_tables([Note])
        calls.clear()
        notes = db.repository(Note)
        await notes.put(note("secret-a", 1))
        await notes.put_many([note("secret-b", number) for number in range(3)])
        assert len(await notes.query("secret-b")) == 3
        assert (
            len(await notes.query(Note.by_topic, "secret-topic", filter=Note.person == "secret-a"))
            == 1
        )
        assert len(await notes.get_many([("secret-a", 1), ("secret-a", 7)])) == 1
        await db.transact(notes.to_delete(("secret-a", 1)))
        assert await notes.find(("secret-a", 1)) is None

    told = [(c.operation, c.index, c.requested, c.returned, c.scanned, c.writes) for c in calls]
    assert told == [
        ("PutItem", None, 1, None, None, True),
        ("BatchWriteItem", None, 3, None, None, True),
        ("Query", None, None, 3, 3, False),
        ("Query", "by_topic", None, 1, 4, False),
        ("BatchGetItem", None, 2, 1, None, False),
        ("TransactWriteItems", None, 1, None, None, True),
        ("GetItem", None, 1, 0, None, False),
    ]
    assert {(c.tables, c.table, c.provider, c.outcome, c.attempts) for c in calls} == {
        (("notes",), "notes", target.provider, "ok", 1)
    }
    assert all(c.seconds >= 0 and c.started > 1.6e9 for c in calls)
    assert [c.unprocessed for c in calls if c.operation.startswith("Batch")] == [0, 0]
    wired = target.endpoint_url is not None
    assert all((c.bytes_sent is not None) == (c.bytes_received is not None) == wired for c in calls)
    assert "secret" not in repr(calls)


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_blocking_facade_tells_of_the_same_calls(name: str, tmp_path: Path) -> None:
    calls: list[Call] = []
    with sync.Database.open(embedded(name, tmp_path).url, observer=calls.append) as db:
        db.create_tables([Note])
        calls.clear()
        db.repository(Note).put(note("a", 1))
        assert db.repository(Note).get(("a", 1)).topic == "secret-topic"
    assert [(c.operation, c.returned) for c in calls] == [("PutItem", None), ("GetItem", 1)]


@pytest.mark.parametrize("open_it", [Database.from_env, sync.Database.from_env])
async def test_databases_of_the_environment_take_an_observer(
    open_it: Callable[..., Database | sync.Database],
) -> None:
    calls: list[Call] = []
    db = open_it({"DATABASE_PROVIDER": "memory"}, observer=[calls.append], observe_capacity=True)
    done = db.create_tables([Note])
    if not isinstance(done, tuple):
        await done
    assert "CreateTable" in [call.operation for call in calls]


async def test_nothing_is_put_around_an_adapter_that_nobody_observes() -> None:
    adapter: Any = ScriptedAdapter({})
    assert Database(adapter).session.adapter is adapter


async def test_capacity_is_asked_for_where_that_is_wanted_and_told_to_those_who_asked(
    tmp_path: Path,
) -> None:
    calls: list[Call] = []
    adapter = Observed(embedded("memory", tmp_path).adapter(), calls.append, capacity=True)
    async with Database(adapter) as db:
        await db.create_tables([Note])
        await db.repository(Note).put(note("a", 1))
        assert calls[-1].consumed == (Consumed("notes", 2.0, (), (("by_topic", 1.0),)),)
        assert (calls[-1].write_units, calls[-1].read_units) == (2.0, None)
        await db.repository(Note).query(Note.by_topic, "secret-topic")
        assert (calls[-1].write_units, calls[-1].read_units) == (None, 0.5)
    request = {"TableName": "notes", "Key": {"person": {"S": "a"}, "number": {"N": "1"}}}
    assert "ConsumedCapacity" not in await adapter.call("GetItem", request)
    total = await adapter.call("GetItem", {**request, "ReturnConsumedCapacity": "TOTAL"})
    assert total["ConsumedCapacity"] == {"TableName": "notes", "CapacityUnits": 0.5}
    assert request.keys() == {"TableName", "Key"}


@pytest.mark.parametrize(
    ("rule", "raised", "outcome", "code"),
    [
        (throttle("GetItem"), Throttled, "throttled", "ProvisionedThroughputExceededException"),
        (fail("GetItem", code="InternalServerError"), Exception, "failed", "InternalServerError"),
    ],
)
async def test_an_error_is_told_by_its_code(
    rule: Any, raised: type[Exception], outcome: str, code: str | None, tmp_path: Path
) -> None:
    calls: list[Call] = []
    faults = Faults(embedded("memory", tmp_path).adapter(), [rule])
    with pytest.raises(raised) as caught:
        await Observed(faults, calls.append).call(
            "GetItem", {"TableName": "notes", "Key": {"person": {"S": "secret"}}}
        )
    assert calls[0].outcome == outcome
    assert calls[0].error == type(caught.value).__name__
    assert code is None or calls[0].code == code
    assert calls[0].returned is None
    assert "secret" not in repr(calls)


class Raising:
    """An adapter whose calls all end by one exception, or one answer."""

    def __init__(self, info: ProviderInfo, outcome: Exception | Mapping[str, Any]) -> None:
        self.info = info
        self.outcome = outcome

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return dict(self.outcome)

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def info(tmp_path: Path) -> ProviderInfo:
    return embedded("memory", tmp_path).adapter().info


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (ConditionFailed(), "conflict"),
        (TransactionCancelled("no", reasons=()), "conflict"),
        (Unavailable("no"), "failed"),
        (ConfigurationError("no"), "refused"),
        (AccessDenied("no"), "refused"),
        (ZeroDivisionError(), "failed"),
    ],
)
async def test_outcomes_are_few(raised: Exception, outcome: str, info: ProviderInfo) -> None:
    calls: list[Call] = []
    with pytest.raises(type(raised)):
        await Observed(Raising(info, raised), calls.append).call("PutItem", {"TableName": "notes"})
    assert (calls[0].outcome, calls[0].error) == (outcome, type(raised).__name__)


async def test_a_cancelled_call_is_told_of() -> None:
    calls: list[Call] = []
    async with scripted(Answer(behaviour="hang")) as server:
        adapter = DynamoDBAdapter(region="eu-west-1", endpoint_url=server.url)
        observed = Observed(adapter, calls.append)
        task = asyncio.ensure_future(observed.call("ListTables", {}))
        await server.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await observed.close()
    assert [(c.outcome, c.error) for c in calls] == [("cancelled", "CancelledError")]


async def _nowait(seconds: float) -> None:
    """The wait between two attempts."""


async def test_repeated_calls_tell_their_attempts_and_all_their_bytes() -> None:
    calls: list[Call] = []
    slow = error("ProvisionedThroughputExceededException")
    async with scripted(slow, slow, Answer(body=b'{"Item": {}}')) as server:
        adapter = DynamoDBAdapter(
            region="eu-west-1", endpoint_url=server.url, sleep=_nowait, jitter=lambda: 0.0
        )
        observed = Observed(adapter, calls.append, timer=Ticks(), clock=lambda: 5.0)
        await asyncio.gather(
            observed.call("GetItem", {"TableName": "notes", "Key": {"id": {"S": "1"}}})
        )
        await observed.call("ListTables", {})
        await observed.close()
    body = len(b'{"TableName": "notes", "Key": {"id": {"S": "1"}}}')
    first, second = calls
    assert (first.attempts, first.outcome, first.bytes_sent) == (3, "ok", 3 * body)
    assert first.bytes_received == 2 * len(slow.body) + len(b'{"Item": {}}')
    assert (first.started, first.seconds, first.region) == (5.0, 0.25, "eu-west-1")
    assert (second.attempts, second.bytes_received) == (1, 2)


async def test_the_attempts_of_a_client_of_the_callers_are_told() -> None:
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session

    calls: list[Call] = []
    fault = error("InternalServerError", status=500)
    async with scripted(fault, Answer(), fault, fault) as server:
        config = AioConfig(retries={"total_max_attempts": 2, "mode": "standard"})
        opened = get_session().create_client(
            "dynamodb", region_name="eu-west-1", endpoint_url=server.url, config=config
        )
        async with opened as client:
            observed = Observed(DynamoDBAdapter(client=client), calls.append)
            await observed.call("ListTables", {})
            with pytest.raises(Exception, match="because"):
                await observed.call("ListTables", {})
    assert [(c.attempts, c.outcome) for c in calls] == [(2, "ok"), (2, "failed")]


async def test_an_observer_that_fails_breaks_nothing_and_is_logged_once(
    info: ProviderInfo, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[Call] = []

    def broken(call: Call) -> None:
        raise ZeroDivisionError

    observed = Observed(Raising(info, {"TableNames": []}), broken, calls.append)
    for _ in range(3):
        assert await observed.call("ListTables", {}) == {"TableNames": []}
    assert len(calls) == 3
    assert [(r.levelno, r.name) for r in caplog.records] == [
        (logging.ERROR, "anydynamo.observability")
    ]
    assert "After ListTables the observer" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_an_answer_that_cannot_be_read_is_passed_on_and_logged_once(
    info: ProviderInfo, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[Call] = []
    strange = {"ConsumedCapacity": {"TableName": "notes"}}
    observed = Observed(Raising(info, strange), calls.append)
    for _ in range(2):
        assert await observed.call("Query", {"TableName": "notes"}) == strange
    assert not calls
    assert len(caplog.records) == 1


async def _awaited(call: Call) -> None:
    raise AssertionError(call)


class Awaited:
    async def __call__(self, call: Call) -> None:
        raise AssertionError(call)


@pytest.mark.parametrize("observer", [_awaited, Awaited(), 7])
async def test_what_would_have_to_be_awaited_is_no_observer(observer: Any) -> None:
    adapter: Any = ScriptedAdapter({})
    with pytest.raises(ConfigurationError, match="nobody awaits it"):
        Database(adapter, observer=[observer])


async def test_a_record_is_frozen_and_says_itself_as_plain_data(info: ProviderInfo) -> None:
    calls: list[Call] = []
    answer = {"Table": {"ItemCount": 3, "TableSizeBytes": 90}}
    await Observed(Raising(info, answer), calls.append).call("DescribeTable", {"TableName": "n"})
    with pytest.raises(FrozenInstanceError):
        calls[0].operation = "x"  # type: ignore[misc]
    plain = calls[0].as_dict()
    assert (plain["item_count"], plain["table_bytes"], plain["tables"]) == (3, 90, ("n",))
    assert plain.keys() < asdict(calls[0]).keys()
    assert None not in plain.values()
    assert hash(calls[0])
