"""The library's own layers under faults: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import uuid
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.changes.test_effects import Click, Counting, Mark, Total, click
from tests.faults.stage import finished

from anydynamo import sync
from anydynamo.adapters.dynamodb.retries import is_worth_retrying
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.database import Database
from anydynamo.errors import (
    AnyDynamoError,
    BatchIncomplete,
    Conflict,
    RequestTimeout,
    ServiceFault,
    Throttled,
    Unavailable,
)
from anydynamo.models.audit import AuditEntry
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.repositories.session import Patience
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing.faults import (
    Faults,
    Rule,
    conflict,
    fail,
    in_progress,
    leave_unprocessed,
    lose_reply,
    lose_request,
    throttle,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo

UNCERTAIN = (RequestTimeout, ServiceFault, Unavailable)
"""After these a write may have been applied, and may not."""


class Note(Table, name="notes"):
    key: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")
    number: Attr[int] = attribute(default=0)


class Page(Table, name="pages"):
    key: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")
    number: Attr[int] = attribute(default=0)
    version: Attr[int] = attribute(version=True, default=0)


class UserAudit(AuditEntry, name="user_audit"):
    pass


class User(Table, name="users", audit=UserAudit):
    key: Attr[str] = attribute(hash_key=True)
    text: Attr[str | None] = attribute(default=None, unique=True)
    number: Attr[int] = attribute(default=0)


class Retrying:
    """Repeats calls as `DynamoDBAdapter` does, without a network: one token for all attempts."""

    def __init__(self, inner: DatabaseAdapter, attempts: int = 3) -> None:
        self.inner = inner
        self.attempts = attempts

    @property
    def info(self) -> ProviderInfo:
        return self.inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "TransactWriteItems" and request.get("ClientRequestToken") is None:
            request = {**request, "ClientRequestToken": str(uuid.uuid4())}
        doubt: AnyDynamoError | None = None
        for left in reversed(range(self.attempts)):
            try:
                return await self.inner.call(operation, request)
            except AnyDynamoError as error:
                if not is_worth_retrying(error):
                    raise
                if not left:
                    raise doubt or error from error
                doubt = error if isinstance(error, UNCERTAIN) else doubt
        raise AssertionError("the last attempt returns or raises")

    async def close(self) -> None:
        await self.inner.close()


async def no_sleep(_: float) -> None:
    """Go on at once."""


class Forgetful(Retrying):
    """Repeats as botocore does, which tells of the last attempt alone."""

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        for _ in range(self.attempts - 1):
            with suppress(AnyDynamoError):
                return await self.inner.call(operation, request)
        return await self.inner.call(operation, request)


class Troubled:
    """A memory with faults before it, through the blocking facade."""

    def __init__(
        self, *rules: Rule, seed: int = 0, attempts: int = 3, retrying: bool = False
    ) -> None:
        self.inner = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
        self.calm = sync.Database(self.inner)
        self.calm.create_tables([Note, Page, User, UserAudit, Click, Mark, Total])
        self.faults = Faults(self.inner, rules, seed=seed)
        self.adapter: Any = Retrying(self.faults) if retrying else self.faults
        self.patience = Patience(attempts=attempts)
        self.db = sync.Database(
            self.adapter, patience=self.patience, sleep=no_sleep, random=lambda: 0.0
        )


def some_faults(operations: Iterable[str], probability: float) -> list[Rule]:
    """Return each fault that can happen to single writes and transactions."""
    several = list(operations)
    chance: dict[str, Any] = {"probability": probability}
    return [
        throttle(*several, **chance),
        fail(*several, **chance),
        fail(*several, applied=True, **chance),
        lose_request(*several, how="cut", **chance),
        lose_reply(*several, **chance),
        conflict(*several, **chance),
    ]


STEP = st.tuples(
    st.sampled_from(["put", "create", "add", "delete"]),
    st.sampled_from("abc"),
    st.sampled_from(["x", "y", "z", None]),
)


def carry_out(repository: Any, model: Any, step: tuple[str, str, str | None]) -> None:
    verb, key, text = step
    if verb == "delete":
        repository.delete(key)
    elif verb == "add":
        repository.update(key, model.number.add(1), upsert=True)
    else:
        texts = {} if text is None else {"text": text}
        getattr(repository, verb)(model(key=key, **texts))


def contents(repository: Any) -> dict[str, Any]:
    return {one.key: (one.text, one.number) for one in repository.scan(consistent=True)}


@pytest.mark.parametrize(
    ("model", "retrying"),
    # A single write that is repeated because its answer was lost may happen twice; only User's
    # writes, which have audit entries along with them, are transactions.
    [(Note, False), (Page, False), (User, False), (User, True)],
)
@settings(max_examples=40)
@given(steps=st.lists(STEP, max_size=12), seed=st.integers(0, 10_000))
def test_what_was_acknowledged_is_there_and_what_failed_did_not_happen(
    model: Any, retrying: bool, steps: list[Any], seed: int
) -> None:
    writes = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
    reads = [throttle("GetItem", "BatchGetItem", probability=0.1)]
    stage = Troubled(*some_faults(writes, 0.07), *reads, seed=seed, retrying=retrying)
    troubled, calm = stage.db.repository(model), stage.calm.repository(model)
    twin = Troubled()
    oracle = twin.calm.repository(model)
    for step in steps:
        before = contents(calm)
        answers: list[Any] = []
        for repository in (oracle, troubled):
            try:
                carry_out(repository, model, step)
            except AnyDynamoError as error:
                answers.append(error)
            else:
                answers.append(None)
        expected, met = answers
        after, wanted = contents(calm), contents(oracle)
        if met is None:
            assert expected is None
            assert after == wanted
        elif isinstance(met, UNCERTAIN):
            assert after in (before, wanted)
        else:
            assert type(met) is type(expected) or isinstance(met, Throttled | Conflict)
            assert after == before
        if after != wanted:
            # The oracle follows what happened.
            for key in "abc":
                oracle.delete(key)
            for key, (text, number) in after.items():
                oracle.put(model(key=key, text=text, number=number))
    if model is User:
        assert stage.calm.repository(User).check_unique().ok


def test_an_update_that_was_applied_is_not_refused_because_it_cannot_be_read_back() -> None:
    stage = Troubled(throttle("GetItem", nth=2))
    users = stage.db.repository(User)
    users.create(User(key="a", text="x"))
    changed = users.update("a", User.number.add(1))
    assert (changed.text, changed.number) == ("x", 1)
    assert [one.operation for one in stage.faults.injected] == ["GetItem"]
    assert stage.calm.repository(User).get("a") == changed


@pytest.mark.parametrize("model", [Note, Page], ids=lambda model: model.__name__)
@settings(max_examples=20)
@given(
    share=st.sampled_from([0.05, 0.5, 1.0]),
    probability=st.floats(0, 1),
    count=st.sampled_from([1, 24, 26, 230, 430]),
    seed=st.integers(0, 1000),
)
def test_a_batch_is_finished_or_says_what_is_left(
    model: Any, share: float, probability: float, count: int, seed: int
) -> None:
    stage = Troubled(
        leave_unprocessed(share=share, probability=probability),
        throttle("BatchWriteItem", "BatchGetItem", probability=probability / 4),
        conflict("TransactWriteItems", probability=probability),
        seed=seed,
    )
    troubled, calm = stage.db.repository(model), stage.calm.repository(model)
    keys = [f"{number:03}" for number in range(count)]

    def done(call: Callable[[Any], Any], given: list[Any]) -> set[Any]:
        try:
            call(given)
        except BatchIncomplete as error:
            return {getattr(one, "key", one) for one in error.unprocessed}
        return set()

    left = done(troubled.put_many, [model(key=key) for key in keys])
    assert {one.key for one in calm.scan(consistent=True)} == set(keys) - left
    calm.put_many(model(key=key) for key in sorted(left))
    found: list[str] = []
    left = done(lambda given: found.extend(one.key for one in troubled.get_many(given)), keys)
    assert not set(found) & left
    if not left:
        assert found == keys
    left = done(troubled.delete_many, keys)
    assert {one.key for one in calm.scan(consistent=True)} == left


def test_what_was_never_sent_of_a_batch_is_left_too() -> None:
    stage = Troubled(leave_unprocessed("BatchWriteItem"), attempts=2)
    notes = [Note(key=f"{number}") for number in range(401)]
    with pytest.raises(BatchIncomplete, match="401 writes") as caught:
        stage.db.repository(Note).put_many(notes)
    assert {one.key for one in caught.value.unprocessed} == {note.key for note in notes}
    stage.faults.clear()
    stage.db.repository(Note).put_many(caught.value.unprocessed)
    assert stage.calm.repository(Note).count() == 401


def test_a_batch_that_is_throttled_as_a_whole_is_left_as_a_whole() -> None:
    stage = Troubled(throttle("BatchWriteItem", "BatchGetItem"), attempts=2)
    notes = stage.db.repository(Note)
    given = [Note(key="a"), Note(key="b")]
    with pytest.raises(BatchIncomplete) as caught:
        notes.put_many(given)
    assert caught.value.unprocessed == tuple(given)
    assert isinstance(caught.value.__cause__, Throttled)
    with pytest.raises(BatchIncomplete) as caught:
        list(notes.get_many(["a", "b"]))
    assert caught.value.unprocessed == ("a", "b")
    assert isinstance(caught.value.__cause__, Throttled)
    assert len(stage.faults.injected) == 4


@settings(max_examples=25)
@given(
    probability=st.floats(0, 0.5),
    seed=st.integers(0, 1000),
    taken=st.sets(st.sampled_from("abcdef")),
)
def test_of_many_that_are_created_exactly_the_new_ones_are_returned(
    probability: float, seed: int, taken: set[str]
) -> None:
    chance: dict[str, Any] = {"probability": probability}
    stage = Troubled(
        lose_reply("TransactWriteItems", **chance),
        throttle("TransactWriteItems", **chance),
        in_progress("TransactWriteItems", **chance),
        seed=seed,
        attempts=5,
        retrying=True,
    )
    stage.calm.repository(Note).put_many([Note(key=key, text="old") for key in taken])
    with suppress(RequestTimeout, Throttled, Conflict):
        # What fails for longer than anybody's patience gives no account at all.
        created = stage.db.repository(Note).create_many(
            [Note(key=key, text="new") for key in "abcdef"]
        )
        assert {note.key for note in created} == set("abcdef") - taken


def test_what_a_lost_answer_created_is_no_other_callers() -> None:
    # The answer is lost, and then throttles cancel the repetitions of one whole call: those that
    # the client makes itself, of which its last error tells nothing.
    stage = Troubled(
        lose_reply("TransactWriteItems", nth=1), throttle("TransactWriteItems", nth=[2, 3])
    )
    notes = sync.Database(Forgetful(stage.faults), sleep=no_sleep).repository(Note)
    created = notes.create_many([Note(key="a"), Note(key="b")])
    assert [note.key for note in created] == ["a", "b"]


@settings(max_examples=25)
@given(
    probability=st.floats(0, 0.6),
    seed=st.integers(0, 1000),
    deliveries=st.lists(st.lists(st.integers(0, 15), max_size=12), max_size=6),
)
def test_changes_take_effect_once_whatever_gets_lost(
    probability: float, seed: int, deliveries: list[list[int]]
) -> None:
    inner = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
    faults = Faults(
        inner,
        [*some_faults(["TransactWriteItems"], probability), in_progress(probability=probability)],
        seed=seed,
    )

    async def run() -> Counter[str]:
        calm = Database(inner)
        await calm.create_tables([Mark, Total])
        troubled = Counting(Database(faults, sleep=no_sleep, patience=Patience(attempts=3)))
        pages = ("home", "shop")
        for numbers in deliveries:
            changes = [click(number, pages[number % 2], number) for number in numbers]
            try:
                await troubled.apply(*changes)
            except AnyDynamoError:
                # It is delivered again, and by then all goes well.
                await Counting(calm).apply(*changes)
        return Counter(await Counting(calm).sums())

    wanted: Counter[str] = Counter()
    for number in {number for numbers in deliveries for number in numbers}:
        wanted[("home", "shop")[number % 2]] += number
    assert finished(run()) == wanted


def test_a_table_whose_making_was_not_heard_of_is_found() -> None:
    stage = Troubled(lose_reply("CreateTable", times=1), retrying=True)
    stage.calm.delete_tables([Note])
    (made,) = stage.db.create_tables([Note])
    assert made.table == "notes"
    stage.db.repository(Note).put(Note(key="a"))
