"""Exactly once: marks and effects in one transaction, under anything that deliveries do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from anydynamo.changes import Applied, Change, apply_once
from anydynamo.database import Database
from anydynamo.errors import (
    InvalidRequest,
    RequestTimeout,
    ServiceFault,
    Throttled,
    TransactionCancelled,
    Unavailable,
)
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.repositories.session import Patience
from anydynamo.testing.repositories.models import Author

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from tests.targets import Target

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo
    from anydynamo.repositories.transactions import TransactWrite


class Click(Table, name="clicks"):
    key: Attr[str] = attribute(hash_key=True)
    page: Attr[str] = attribute()
    amount: Attr[int] = attribute(default=1)


class Mark(Table, name="marks"):
    key: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")


class Total(Table, name="totals"):
    page: Attr[str] = attribute(hash_key=True)
    amount: Attr[int] = attribute(default=0)
    text: Attr[str] = attribute(default="")


class Login(Table, name="logins"):
    key: Attr[str] = attribute(hash_key=True)
    email: Attr[str] = attribute(unique=True)


class Killed(Exception):
    """The process died here."""


class Faulty:
    """An adapter around another whose transactions fail as a plan says.

    Attributes:
        plan: For each transaction in turn: None, or an error and whether to carry it out first.
        sizes: How many actions each transaction had.
    """

    def __init__(self, inner: DatabaseAdapter) -> None:
        self.inner = inner
        self.plan: list[tuple[Exception, bool] | None] = []
        self.sizes: list[int] = []
        self.tokens: list[str | None] = []

    @property
    def info(self) -> ProviderInfo:
        return self.inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        fault = None
        if operation == "TransactWriteItems":
            self.sizes.append(len(request["TransactItems"]))
            self.tokens.append(request.get("ClientRequestToken"))
            fault = self.plan.pop(0) if self.plan else None
        if fault is None:
            return await self.inner.call(operation, request)
        error, applied = fault
        if applied:
            await self.inner.call(operation, request)
        raise error

    async def close(self) -> None:
        await self.inner.close()


def click(number: int, page: str = "home", amount: int = 1) -> Change[Click]:
    new = Click(key=str(number), page=page, amount=amount)
    return Change("insert", None, new, str(number), str(number), datetime(2026, 1, 1, tzinfo=UTC))


class Counting:
    """A consumer that adds up what is clicked."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.marks = database.repository(Mark)
        self.totals = database.repository(Total)
        self.groups: list[int] = []

    def mark(self, change: Change[Click]) -> TransactWrite:
        return self.marks.to_create(Mark(key=change.key))

    def effect(self, group: Sequence[Change[Click]]) -> list[TransactWrite]:
        self.groups.append(len(group))
        sums: Counter[str] = Counter()
        for change in group:
            assert change.new is not None
            sums[change.new.page] += change.new.amount
        return [
            self.totals.to_update(page, Total.amount.add(amount), upsert=True)
            for page, amount in sums.items()
        ]

    async def apply(self, *changes: Change[Click]) -> Applied:
        return await apply_once(self.database, changes, mark=self.mark, effect=self.effect)

    async def sums(self) -> dict[str, int]:
        return {total.page: total.amount async for total in self.totals.scan()}


async def no_sleep(_: float) -> None:
    pass


@pytest.fixture
async def faulty(target: Target) -> AsyncIterator[Faulty]:
    adapter = Faulty(target.adapter())
    yield adapter
    await adapter.close()


@pytest.fixture
async def counting(faulty: Faulty) -> Counting:
    database = Database(faulty, sleep=no_sleep, patience=Patience(attempts=3))
    await database.create_tables([Mark, Total])
    return Counting(database)


memory = pytest.mark.parametrize("target", ["memory"], indirect=True)


async def test_changes_take_effect_once_however_often_they_come(counting: Counting) -> None:
    changes = [click(number, "home" if number % 3 else "shop") for number in range(12)]
    assert await counting.apply(*changes[:8], changes[0]) == Applied(applied=8, repeated=1)
    assert await counting.apply(*reversed(changes)) == Applied(applied=4, repeated=8)
    assert await counting.apply(*changes) == Applied(applied=0, repeated=12)
    assert await counting.sums() == {"home": 8, "shop": 4}


@memory
async def test_no_changes_are_no_transaction(counting: Counting, faulty: Faulty) -> None:
    assert await counting.apply() == Applied(0, 0)
    assert faulty.sizes == []


@memory
async def test_a_transaction_has_a_hundred_actions_at_most(
    counting: Counting, faulty: Faulty
) -> None:
    changes = [click(number, f"page {number % 40}") for number in range(250)]
    assert await counting.apply(*changes) == Applied(250, 0)
    assert max(faulty.sizes) <= 100
    assert len(faulty.sizes) <= 5
    assert sum((await counting.sums()).values()) == 250


@memory
async def test_a_transaction_has_four_megabytes_at_most(counting: Counting) -> None:
    def mark(change: Change[Click]) -> TransactWrite:
        return counting.marks.to_create(Mark(key=change.key, text="x" * 300_000))

    changes = [click(number) for number in range(20)]
    done = await apply_once(counting.database, changes, mark=mark, effect=counting.effect)
    assert done == Applied(20, 0)
    assert max(number for number in counting.groups[1:]) <= 13
    assert await counting.sums() == {"home": 20}


@memory
async def test_items_that_are_large_already_are_updated_in_smaller_groups(
    counting: Counting, faulty: Faulty
) -> None:
    for number in range(30):
        await counting.totals.create(Total(page=f"page {number}", text="x" * 300_000))
    changes = [click(number, f"page {number}") for number in range(30)]
    assert await counting.apply(*changes) == Applied(30, 0)
    assert set((await counting.sums()).values()) == {1}
    # The first were refused; nobody but the database knows how large the items are.
    assert faulty.sizes == [60, 30, 14, 14, 14, 14, 4]


@memory
async def test_an_effect_that_touches_an_item_twice_is_refused(
    counting: Counting, faulty: Faulty
) -> None:
    def effect(group: Sequence[Change[Click]]) -> list[TransactWrite]:
        return [counting.totals.to_update("home", Total.amount.add(1), upsert=True) for _ in group]

    with pytest.raises(InvalidRequest, match="multiple operations on one item"):
        await apply_once(counting.database, map(click, range(8)), mark=counting.mark, effect=effect)
    assert faulty.sizes == [16]
    assert await counting.sums() == {}


@memory
async def test_a_change_with_too_many_effects_is_refused_and_nothing_of_it_is_written(
    counting: Counting,
) -> None:
    def effect(group: Sequence[Change[Click]]) -> list[TransactWrite]:
        return [
            counting.totals.to_put(Total(page=f"{change.key} {number}"))
            for change in group
            for number in range(60 if change.key == "1" else 100)
        ]

    with pytest.raises(InvalidRequest, match="The change 2 alone needs a transaction of 101"):
        await apply_once(counting.database, [click(1), click(2)], mark=counting.mark, effect=effect)
    assert await counting.marks.exists("1")
    assert not await counting.marks.exists("2")


@memory
async def test_a_mark_that_would_overwrite_is_refused(counting: Counting) -> None:
    with pytest.raises(InvalidRequest, match=r"made by to_create.*to put '1' in marks is not"):
        await apply_once(
            counting.database,
            [click(1)],
            mark=lambda change: counting.marks.to_put(Mark(key=change.key)),
            effect=counting.effect,
        )


@memory
async def test_what_is_no_change_no_mark_and_no_effect_is_named(counting: Counting) -> None:
    async def late(group: object) -> list[TransactWrite]:
        return []

    wrong: list[tuple[Any, Any, Any, str]] = [
        (counting.database.changes(Click), counting.mark, counting.effect, "this is Changes"),
        ([click(1)], lambda change: None, counting.effect, "mark= returned NoneType"),
        ([click(1)], counting.mark, lambda group: None, "effect= returned NoneType"),
        ([click(1)], counting.mark, lambda group: [Total(page="p")], "effect= returned list"),
        ([click(1)], counting.mark, late, "effect= returned coroutine"),
    ]
    for changes, mark, effect, message in wrong:
        with pytest.raises(InvalidRequest, match=message):
            await apply_once(counting.database, changes, mark=mark, effect=effect)
    assert not await counting.marks.exists("1")


@memory
async def test_an_effect_that_cannot_be_carried_out_is_an_error_and_leaves_no_mark(
    counting: Counting,
) -> None:
    def effect(group: Sequence[Change[Click]]) -> list[TransactWrite]:
        return [counting.totals.to_update("absent", Total.amount.add(len(group)))]

    with pytest.raises(TransactionCancelled, match="there is no such item"):
        await apply_once(counting.database, [click(1)], mark=counting.mark, effect=effect)
    assert not await counting.marks.exists("1")


@memory
async def test_what_passes_is_tried_again_with_one_token(
    counting: Counting, faulty: Faulty
) -> None:
    conflict = TransactionCancelled(
        "cancelled", reasons=[{"Code": "None"}, {"Code": "TransactionConflict", "Message": "busy"}]
    )
    faulty.plan = [(conflict, False), (Throttled("slow down"), False), None]
    assert await counting.apply(click(1)) == Applied(1, 0)
    assert len(set(faulty.tokens)) == 1
    assert await counting.sums() == {"home": 1}


@memory
async def test_an_answer_that_was_lost_counts_as_applied(
    counting: Counting, faulty: Faulty
) -> None:
    faulty.plan = [(RequestTimeout("no answer"), True), (ServiceFault("inside"), True)]
    assert await counting.apply(click(1), click(2)) == Applied(2, 0)
    assert await counting.sums() == {"home": 2}


@memory
@pytest.mark.parametrize(
    "error",
    [
        Throttled("slow down"),
        TransactionCancelled("cancelled", reasons=[{"Code": "None"}, {"Code": "ThrottlingError"}]),
        TransactionCancelled("cancelled"),
    ],
)
async def test_patience_ends(counting: Counting, faulty: Faulty, error: Exception) -> None:
    faulty.plan = [(error, False)] * 3
    with pytest.raises(type(error)):
        await counting.apply(click(1))
    faulty.plan = []
    assert await counting.apply(click(1)) == Applied(1, 0)


@memory
async def test_a_value_that_must_be_unique_is_no_mark_that_is_there(counting: Counting) -> None:
    logins = counting.database.repository(Login)
    await counting.database.create_tables([Login])
    await logins.create(Login(key="first", email="a@b.org"))
    with pytest.raises(TransactionCancelled):
        await apply_once(
            counting.database,
            [click(1)],
            mark=lambda change: logins.to_create(Login(key=change.key, email="a@b.org")),
            effect=counting.effect,
        )
    assert await counting.sums() == {}


@memory
async def test_what_is_written_along_with_a_mark_counts_as_well(
    counting: Counting, faulty: Faulty
) -> None:
    logins = counting.database.repository(Login)
    await counting.database.create_tables([Login])
    done = await apply_once(
        counting.database,
        [click(number) for number in range(120)],
        mark=lambda change: logins.to_create(Login(key=change.key, email=f"{change.key}@b.org")),
        effect=counting.effect,
    )
    assert done == Applied(120, 0)
    assert max(faulty.sizes) <= 100
    assert await counting.sums() == {"home": 120}


FAULTS = st.sampled_from(
    [
        (Killed(), False),
        (Killed(), True),
        (Throttled("slow down"), False),
        (Unavailable("gone"), False),
        (RequestTimeout("no answer"), True),
        (ServiceFault("inside"), True),
    ]
)


@given(
    changes=st.lists(
        st.tuples(st.sampled_from(["home", "shop", "help"]), st.integers(-5, 5)), max_size=130
    ),
    data=st.data(),
)
async def test_sums_are_exact_whatever_deliveries_and_crashes_there_were(
    changes: list[tuple[str, int]], data: Any
) -> None:
    from anydynamo.adapters.embedded import EmbeddedAdapter
    from anydynamo.stores.memory import MemoryStore

    # Tokens are forgotten with each process, as they are after ten minutes.
    adapter = Faulty(EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True))
    database = Database(adapter, sleep=no_sleep, patience=Patience(attempts=3))
    await database.create_tables([Mark, Total])
    counting = Counting(database)
    told = [click(number, page, amount) for number, (page, amount) in enumerate(changes)]
    for _ in range(data.draw(st.integers(0, 4), "deliveries")):
        part = data.draw(st.lists(st.sampled_from(told), max_size=150), "part") if told else []
        adapter.plan = data.draw(st.lists(st.none() | FAULTS, max_size=4), "faults")
        try:
            await counting.apply(*[replace(change) for change in part])
        except (Killed, Throttled, Unavailable, RequestTimeout, ServiceFault):
            continue
    # What was not handled is delivered again, in the end without a fault.
    adapter.plan = []
    await counting.apply(*told)
    expected: Counter[str] = Counter()
    for page, amount in changes:
        expected[page] += amount
    assert await counting.sums() == dict(expected)
    await adapter.close()


async def test_marks_of_two_tables_do_not_stand_for_each_other(counting: Counting) -> None:
    await counting.database.create_tables([Author])
    authors = counting.database.repository(Author)

    def mark(change: Change[Click]) -> TransactWrite:
        if change.sequence == "1":
            return authors.to_create(Author(author_id="1", name="Ada"))
        return counting.marks.to_create(Mark(key="1"))

    done = await apply_once(
        counting.database, [click(1), click(2)], mark=mark, effect=counting.effect
    )
    assert done == Applied(2, 0)
