"""Clocks and identifiers, and what traits send, by a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from tests.repository.scripted import ScriptedAdapter, session

from anydynamo import Attr, AuditEntry, Database, GlobalIndex, LocalIndex, Table, attribute, sync
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    InvalidRequest,
    NotFound,
    TransactionCancelled,
)
from anydynamo.repositories.identifiers import TimeOrderedIds
from anydynamo.repositories.placeholders import grouped
from anydynamo.repositories.repository import Repository
from anydynamo.repositories.rules import Rule
from anydynamo.repositories.session import Patience
from anydynamo.stores.memory import MemoryStore

NOW = 1_750_000_000.25


class Trail(AuditEntry, name="trail"):
    pass


class Note(Table, name="notes", expired="hide"):
    key: Attr[str] = attribute(hash_key=True)
    sort: Attr[int] = attribute(range_key=True, default=0)
    text: Attr[str] = attribute(default="-")
    source: Attr[str] = attribute(default="-")
    created_at: Attr[datetime | None] = attribute(default=None, created=True)
    updated_at: Attr[datetime | None] = attribute(default=None, updated=True, epoch=True)
    deleted_at: Attr[datetime | None] = attribute(default=None, deleted=True)
    expires: Attr[int | None] = attribute(default=None, ttl=True)

    by_text = GlobalIndex("TextIndex", hash_key=text, range_key=sort)
    by_expiry = LocalIndex("ExpiryIndex", range_key=expires)


class Audited(Table, name="audited", audit=Trail):
    key: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")


def memory() -> EmbeddedAdapter:
    return EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def scripted(model: Any, *answers: Any) -> tuple[Any, ScriptedAdapter]:
    adapter = ScriptedAdapter(*answers)
    opened = session(adapter)
    opened.clock = lambda: NOW
    return Repository(opened, model), adapter


# Clocks and identifiers


async def test_a_database_tells_the_time_by_its_clock() -> None:
    async with Database(memory(), clock=lambda: NOW) as db:
        assert db.now() == datetime(2025, 6, 15, 15, 6, 40, 250_000, UTC)
        assert db.session.now() == db.now()
    with sync.Database(memory(), clock=lambda: NOW) as blocking:
        assert blocking.now() == datetime(2025, 6, 15, 15, 6, 40, 250_000, UTC)


async def test_identifiers_are_made_by_what_a_database_was_given() -> None:
    ids = iter(["a", "b", "c"])
    async with Database(memory(), ids=lambda: next(ids)) as db:
        assert [db.new_id(), db.session.new_id()] == ["a", "b"]
    with sync.Database(memory(), clock=lambda: NOW) as blocking:
        assert UUID(blocking.new_id()).int >> 80 == int(NOW * 1000)


def test_an_identifier_is_a_uuid_of_version_7() -> None:
    made = UUID(TimeOrderedIds(lambda: NOW)())
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == 1_750_000_000_250


def test_the_bits_of_an_identifier_are_those_of_the_rfc() -> None:
    # The example of RFC 9562, appendix A.6.
    random = 0xCC3 << 62 | 0x18C4DC0C0C07398F
    make = TimeOrderedIds(lambda: 1_645_557_742.000, lambda _: random)
    assert make() == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_identifiers_sort_in_the_order_in_which_they_were_made() -> None:
    clock = Clock()
    make = TimeOrderedIds(clock)
    made: list[str] = []
    for step in (0.0, 0.0, 0.001, -5.0, 0.0, 10.0, 0.0005):
        clock.now += step
        made += [make() for _ in range(50)]
    assert all(one < other for one, other in pairwise(made))


def test_identifiers_never_repeat_at_the_end_of_the_random_numbers() -> None:
    make = TimeOrderedIds(lambda: NOW, lambda bits: (1 << bits) - 1)
    first, second = make(), make()
    assert UUID(first).int >> 80 == int(NOW * 1000)
    assert UUID(second).int >> 80 == int(NOW * 1000) + 1
    assert (UUID(second).version, UUID(second).variant) == (7, "specified in RFC 4122")
    assert first < second


def test_threads_may_share_identifiers() -> None:
    make = TimeOrderedIds(lambda: NOW)
    made: list[list[str]] = [[] for _ in range(4)]
    threads = [
        Thread(target=lambda own=own: own.extend(make() for _ in range(500))) for own in made
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one for own in made for one in own}) == 2000


# Times


async def test_times_are_those_of_the_clock_in_the_form_of_their_attributes() -> None:
    clock = Clock()
    async with Database(memory(), clock=clock) as db:
        await db.create_tables([Note])
        notes = db.repository(Note)
        note = await notes.create(Note(key="a"))
        assert note.created_at == datetime(2025, 6, 15, 15, 6, 40, 250_000, UTC)
        assert note.updated_at == datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)
        clock.now += 3600
        await notes.delete(note)
        deleted = await notes.with_deleted().get(note)
        assert deleted.created_at == note.created_at
        assert deleted.deleted_at == db.now()
        assert deleted.updated_at == db.now().replace(microsecond=0)


async def test_an_item_expires_with_the_second_of_its_time_to_live() -> None:
    clock = Clock()
    async with Database(memory(), clock=clock) as db:
        await db.create_tables([Note])
        notes = db.repository(Note)
        await notes.put(Note(key="a", expires=int(NOW) + 10))
        for seconds, seen in ((9, True), (10, False), (5 * 365 * 86_400 + 10, False)):
            clock.now = NOW + seconds
            assert await notes.exists(("a", 0)) is seen
            assert await notes.count("a") == seen
        clock.now += 1
        assert await notes.exists(("a", 0))


# What is sent


async def test_a_model_without_traits_sends_what_it_always_did() -> None:
    class Plain(Table, name="plain"):
        key: Attr[str] = attribute(hash_key=True)

    plain, adapter = scripted(Plain, {}, {}, {"Items": [], "ScannedCount": 0, "Count": 0}, {})
    await plain.put(Plain(key="a"))
    await plain.delete("a")
    await plain.query("a")
    await plain.find("a", only=["key"])
    for _, request in adapter.calls[:2]:
        assert "ConditionExpression" not in request
    assert "FilterExpression" not in adapter.calls[2][1]
    assert adapter.calls[3][1]["ExpressionAttributeNames"] == {"#0": "key"}


async def test_a_put_needs_no_condition_where_a_trait_gives_no_reason() -> None:
    notes, adapter = scripted(Note, {}, {})
    await notes.put(Note(key="a"))
    await notes.purge(("a", 0))
    assert all("ConditionExpression" not in request for _, request in adapter.calls)


async def test_a_filter_and_a_trait_are_one_filter() -> None:
    notes, adapter = scripted(Note, {"Items": [], "ScannedCount": 0, "Count": 0})
    await notes.query("a", filter=(Note.text == "x") | (Note.text == "y"))
    _, request = adapter.calls[0]
    text = request["FilterExpression"]
    for name, meant in request["ExpressionAttributeNames"].items():
        text = text.replace(name, meant)
    assert text == (
        "(text = :1 OR text = :2) AND NOT (expires BETWEEN :3 AND :4)"
        " AND (attribute_not_exists (deleted_at) OR attribute_type (deleted_at, :5))"
    ).replace(" (deleted_at", "(deleted_at")


async def test_where_the_key_hides_items_are_left_out_after_they_are_read() -> None:
    over = {"N": str(int(NOW) - 1)}
    item = {"key": {"S": "a"}, "sort": {"N": "1"}, "expires": over}
    answer = {"Items": [item, {**item, "expires": {"N": "1"}}], "ScannedCount": 2, "Count": 2}
    notes, adapter = scripted(Note, answer, answer)
    found = await notes.query(Note.by_expiry, "a", only=["sort"])
    assert found == [{"sort": 1}]
    assert "expires" not in adapter.calls[0][1].get("FilterExpression", "")
    assert await notes.count(Note.by_expiry, "a") == 1
    assert "Select" not in adapter.calls[1][1]


class Refusal:
    """What an adapter raises where it met an item."""

    def __new__(cls, item: dict[str, Any] | None = None) -> Any:
        return ConditionFailed("refused", item=item)


async def test_a_delete_that_finds_nothing_is_sent_once() -> None:
    for met in (None, {"key": {"S": "a"}, "sort": {"N": "0"}, "deleted_at": {"S": "2025"}}):
        notes, adapter = scripted(Note, Refusal(met))
        await notes.delete(("a", 0))
        assert len(adapter.calls) == 1


async def test_a_transaction_is_sent_again_with_a_check_in_place_of_an_idle_delete() -> None:
    def cancelled(*codes: str) -> TransactionCancelled:
        return TransactionCancelled("no", reasons=[{"Code": code} for code in codes])

    notes, adapter = scripted(Note, cancelled("None", "ConditionalCheckFailed"), {})
    async with Database(adapter) as db:
        notes = Repository(db.session, Note)
        await db.transact(notes.to_put(Note(key="a")), notes.to_delete(("b", 0)), token="once")
    (_, first), (_, second) = adapter.calls
    assert [next(iter(one)) for one in first["TransactItems"]] == ["Put", "Update"]
    assert [next(iter(one)) for one in second["TransactItems"]] == ["Put", "ConditionCheck"]
    assert first["ClientRequestToken"] == "once"
    assert second["ClientRequestToken"] not in (None, "once")
    assert len(second["ClientRequestToken"]) <= 36


async def test_an_item_that_comes_and_goes_is_given_up_after_some_attempts() -> None:
    alive = {"key": {"S": "a"}, "sort": {"N": "0"}}
    refused = TransactionCancelled("no", reasons=[{"Code": "ConditionalCheckFailed"}])
    back = TransactionCancelled("no", reasons=[{"Code": "ConditionalCheckFailed", "Item": alive}])
    adapter = ScriptedAdapter(*[refused, back] * 4)
    async with Database(adapter, patience=Patience(attempts=3)) as db:
        notes = Repository(db.session, Note)
        with pytest.raises(TransactionCancelled):
            await db.transact(notes.to_delete(("a", 0)))
    assert len(adapter.calls) == 3


async def test_an_error_of_a_provider_without_items_is_explained_all_the_same() -> None:
    notes, _ = scripted(Note, Refusal(), Refusal(), Refusal())
    with pytest.raises(AlreadyExists):
        await notes.create(Note(key="a"))
    with pytest.raises(NotFound):
        await notes.update(("a", 0), Note.text.set("x"))
    with pytest.raises(NotFound):
        await notes.restore(("a", 0))


async def test_an_update_that_does_not_fit_nothing_is_refused_as_dynamodb_refuses_it() -> None:
    expired = {"key": {"S": "a"}, "sort": {"N": "0"}, "expires": {"N": str(int(NOW) - 1)}}
    notes, _ = scripted(Note, Refusal(expired))
    with pytest.raises(InvalidRequest, match=r"Cannot update .*provided expression refers"):
        await notes.update(("a", 0), Note.text.set(Note.source), upsert=True)


async def test_a_condition_that_cannot_be_is_left_to_the_provider_to_refuse() -> None:
    async with Database(memory()) as db:
        await db.create_tables([Note])
        with pytest.raises(InvalidRequest, match=r"PutItem on notes: .*BETWEEN"):
            await db.repository(Note).put(Note(key="a"), condition=Note.text.between("b", "a"))


async def test_a_rule_that_writes_no_condition_filters_nothing() -> None:
    class Silent(Rule):
        @property
        def sees(self) -> tuple[str, ...]:
            return ("text",)

    answers = ScriptedAdapter({"Items": [], "Count": 0, "ScannedCount": 0})
    notes: Any = Repository(session(answers), Note, rules=[Silent()])
    assert await notes.query("a") == []
    ((_, request),) = answers.calls
    assert "FilterExpression" not in request


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a = b", "(a = b)"),
        ("(a = b)", "(a = b)"),
        ("(a) OR (b)", "((a) OR (b))"),
        ("f(a)", "(f(a))"),
        ("(f(a) OR (b))", "(f(a) OR (b))"),
        ("a", "(a)"),
    ],
)
def test_no_parentheses_are_redundant(condition: str, expected: str) -> None:
    assert grouped(condition) == expected


async def test_who_is_to_be_named_must_have_a_name() -> None:
    async with Database(memory()) as db:
        with pytest.raises(InvalidRequest, match="not empty"):
            db.repository(Audited).acting_as("")
        with pytest.raises(InvalidRequest, match="has no audit trail"):
            db.repository(Note).acting_as("ada")


async def test_a_plain_models_trail_is_kept_by_entries() -> None:
    from pynamodb.attributes import UnicodeAttribute
    from pynamodb.models import Model

    class Plain(Model):
        class Meta:
            table_name = "plain"
            audit = Note

        key = UnicodeAttribute(hash_key=True)

    async with Database(memory()) as db:
        with pytest.raises(InvalidRequest, match="subclass of AuditEntry"):
            db.repository(Plain)
