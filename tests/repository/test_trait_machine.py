"""Timestamps, soft delete, hidden expiry, versions and the audit trail, all at once, at random.

The oracle is a dictionary and the rules of docs/guides/traits.md, written down once more without
conditions, transactions or DynamoDB. It says what each call answers, what each reader then sees,
and which entries the trail has.
"""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from anydynamo import AnyDynamoError, Attr, AuditEntry, GlobalIndex, Table, attribute, sync
from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    NotFound,
    TransactionCancelled,
    VersionConflict,
)
from anydynamo.repositories.session import Patience

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.targets import Target

KEYS = ("a", "b", "c", "d")
FIVE_YEARS = 5 * 365 * 86_400


class ThingAudit(AuditEntry, name="thing_audit"):
    pass


class Thing(Table, name="things", expired="hide", audit=ThingAudit):
    key: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="-")
    number: Attr[int] = attribute(default=0)
    created_at: Attr[datetime | None] = attribute(default=None, created=True)
    updated_at: Attr[datetime | None] = attribute(default=None, updated=True, epoch=True)
    deleted_at: Attr[datetime | None] = attribute(default=None, deleted=True)
    expires: Attr[int | None] = attribute(default=None, ttl=True)
    version: Attr[int] = attribute(version=True, default=0)

    by_text = GlobalIndex("TextIndex", hash_key=text, range_key=number)


@dataclass(frozen=True)
class Record:
    """An item, as the oracle has it; times are whole seconds."""

    key: str
    text: str = "-"
    number: int = 0
    created_at: int | None = None
    updated_at: int | None = None
    deleted_at: int | None = None
    expires: int | None = None
    version: int = 0


class Write(NamedTuple):
    """What is asked for: a call by key (`known` is None) or by an instance."""

    verb: str
    record: Record
    known: int | None = None
    upsert: bool = False
    wanted: str | None = None

    @property
    def key(self) -> str:
        return self.record.key


def record_of(thing: Thing) -> Record:
    def seconds(moment: datetime | None) -> int | None:
        return None if moment is None else int(moment.timestamp())

    return Record(
        thing.key,
        thing.text,
        thing.number,
        seconds(thing.created_at),
        seconds(thing.updated_at),
        seconds(thing.deleted_at),
        thing.expires,
        thing.version,
    )


class Oracle:
    """What ought to be there."""

    def __init__(self) -> None:
        self.now = 1_750_000_000
        self.items: dict[str, Record] = {}
        self.trail: list[tuple[str, str, Record | None, Record | None]] = []

    def there(self, key: str) -> Record | None:
        """An item that has not expired."""
        found = self.items.get(key)
        if found is None or found.expires is None:
            return found
        over = self.now - FIVE_YEARS <= found.expires <= self.now
        return None if over else found

    def seen(self, key: str) -> Record | None:
        found = self.there(key)
        return None if found is None or found.deleted_at is not None else found

    def outcome(self, write: Write) -> type[AnyDynamoError] | Record | None:
        """An error, or the item as it is to be; None if there is to be none."""
        there, seen = self.there(write.key), self.seen(write.key)
        if write.verb == "create":
            if there is not None:
                return AlreadyExists
        elif write.known is not None:
            stored = 0 if there is None else there.version
            if stored != write.known:
                return VersionConflict
        if write.wanted is not None and (seen is None or seen.text != write.wanted):
            return NotFound if self._asks_for_an_item(write, there, seen) else ConditionFailed
        make: Callable[..., Record | type[AnyDynamoError] | None]
        make = getattr(self, f"_{write.verb}")
        return make(write, there, seen)

    def _asks_for_an_item(self, write: Write, there: Record | None, seen: Record | None) -> bool:
        if write.verb == "update":
            return seen is None and (not write.upsert or there is not None)
        return write.verb == "check" and there is not None and seen is None

    def _create(self, write: Write, there: Record | None, seen: Record | None) -> Any:
        return self._put(write, there, seen)

    def _put(self, write: Write, _there: Record | None, _seen: Record | None) -> Any:
        given = write.record
        return replace(
            given,
            created_at=self.now if given.created_at is None else given.created_at,
            updated_at=self.now,
            deleted_at=None,
            version=given.version + 1,
        )

    def _update(self, write: Write, there: Record | None, seen: Record | None) -> Any:
        if seen is None:
            if not write.upsert or there is not None:
                return NotFound
            seen = Record(write.key, created_at=self.now)
        return replace(
            seen,
            number=seen.number + write.record.number,
            text=write.record.text,
            updated_at=self.now,
            version=seen.version + 1,
        )

    def _delete(self, _write: Write, there: Record | None, seen: Record | None) -> Any:
        if seen is None:
            return there
        return replace(seen, deleted_at=self.now, updated_at=self.now, version=seen.version + 1)

    def _restore(self, _write: Write, there: Record | None, seen: Record | None) -> Any:
        if there is None:
            return NotFound
        if seen is not None:
            return seen
        return replace(there, deleted_at=None, updated_at=self.now, version=there.version + 1)

    def _purge(self, _write: Write, _there: Record | None, _seen: Record | None) -> Any:
        return None

    def _check(self, _write: Write, there: Record | None, _seen: Record | None) -> Any:
        return there

    def carry_out(self, write: Write, outcome: Record | None) -> None:
        before = self.there(write.key)
        idle = write.verb in ("delete", "restore") and outcome == before
        if write.verb == "check" or idle:
            return
        if outcome is None:
            self.items.pop(write.key, None)
        else:
            self.items[write.key] = outcome
        if before is not None or outcome is not None:
            self.trail.append((write.key, write.verb, before, outcome))


keys = st.sampled_from(KEYS)
texts = st.sampled_from(["x", "y"])


class TraitMachine(RuleBasedStateMachine):
    """Calls the repository and the oracle alike; `make` gives an adapter that has no tables."""

    make: Callable[[], Any]
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.oracle = Oracle()
        self.database = sync.Database(
            self.make(),
            owns_adapter=True,
            table_prefix=f"m{next(self.numbers)}-",
            clock=lambda: self.oracle.now,
            patience=Patience(poll=0.01),
        )
        self.database.create_tables([Thing, ThingAudit])
        self.things = self.database.repository(Thing)
        self.every = self.things.with_deleted()
        self.entries = self.database.repository(ThingAudit)
        self.held: list[Thing] = []

    def teardown(self) -> None:
        try:
            self.check_trail()
        finally:
            self.database.close()

    # What there is to write

    def draw_write(self, data: st.DataObject, verbs: list[str]) -> tuple[Write, Any]:
        """Draw a write, and what the repository is given for it: a key or an instance."""
        verb = data.draw(st.sampled_from(verbs), "verb")
        by_instance = verb in ("create", "put") or data.draw(st.booleans(), "by instance")
        if by_instance:
            thing = self.draw_instance(data)
            record = record_of(thing)
        else:
            thing, record = None, Record(data.draw(keys, "key"))
        if verb == "update":
            more, text = data.draw(st.integers(1, 3), "more"), data.draw(texts, "text")
            record = replace(record, number=more, text=text)
        known = None if thing is None or verb == "create" else thing.version
        conditional = verb == "check" or (
            verb in ("put", "update", "delete") and data.draw(st.booleans(), "conditional")
        )
        wanted = data.draw(texts, "wanted") if conditional else None
        upsert = verb == "update" and thing is None and data.draw(st.booleans(), "upsert")
        write = Write(verb, record, known, upsert, wanted)
        return write, record.key if thing is None else thing

    def draw_instance(self, data: st.DataObject) -> Thing:
        held: bool = bool(self.held) and data.draw(st.booleans(), "held")
        if held:
            thing = copy.copy(data.draw(st.sampled_from(self.held), "which"))
            thing.text = data.draw(texts, "text")
            return thing
        ages = st.none() | st.integers(-3, 12) | st.just(-FIVE_YEARS - 10_000)
        age = data.draw(ages, "expires in")
        imported = data.draw(st.none() | st.just(1_600_000_000), "created")
        return Thing(
            key=data.draw(keys, "key"),
            text=data.draw(texts, "text"),
            expires=None if age is None else self.oracle.now + age,
            created_at=None if imported is None else datetime.fromtimestamp(imported, UTC),
        )

    def action(self, write: Write, given: Any) -> Any:
        """The write as an action of a transaction."""
        condition: Any = None if write.wanted is None else Thing.text == write.wanted
        options: Any = {} if condition is None else {"condition": condition}
        if write.verb == "check":
            return self.things.to_check(given, condition)
        if write.verb == "update":
            return self.things.to_update(
                given, *self.changes(write), upsert=write.upsert, **options
            )
        return getattr(self.things, f"to_{write.verb}")(given, **options)

    def changes(self, write: Write) -> tuple[Any, ...]:
        return Thing.number.add(write.record.number), Thing.text.set(write.record.text)

    # The calls

    @rule(data=st.data())
    def write_one(self, data: st.DataObject) -> None:
        write, given = self.draw_write(
            data, ["create", "put", "update", "delete", "restore", "purge"]
        )
        expected = self.oracle.outcome(write)
        before = self.oracle.seen(write.key)
        if isinstance(expected, type):
            with pytest.raises(expected) as caught:
                self.call(write, given)
            assert type(caught.value) is expected
            # To restore or to purge is to look at what is deleted.
            looks = write.verb in ("restore", "purge")
            self.check_error(caught.value, self.oracle.there(write.key) if looks else before)
            return
        answer = self.call(write, given)
        if write.verb == "delete":
            assert (None if answer is None else record_of(answer)) == before
        elif write.verb != "purge":
            assert record_of(answer) == expected
            self.held.append(answer)
        self.oracle.carry_out(write, expected)

    def call(self, write: Write, given: Any) -> Any:
        condition: Any = None if write.wanted is None else Thing.text == write.wanted
        options: Any = {} if condition is None else {"condition": condition}
        if write.verb == "update":
            return self.things.update(given, *self.changes(write), upsert=write.upsert, **options)
        if write.verb == "delete":
            return self.things.delete(given, return_old=True, **options)
        return getattr(self.things, write.verb)(given, **options)

    def check_error(self, error: AnyDynamoError, seen: Record | None) -> None:
        """What is hidden does not show in an error."""
        current = getattr(error, "current", None)
        if seen is None:
            assert getattr(error, "item", None) is None
        assert current is None or record_of(current) == seen

    @rule(data=st.data(), size=st.integers(1, 4))
    def write_together(self, data: st.DataObject, size: int) -> None:
        verbs = ["create", "put", "update", "delete", "restore", "purge", "check"]
        drawn = [self.draw_write(data, verbs) for _ in range(size)]
        writes = list({write.key: (write, given) for write, given in drawn}.values())
        expected = [self.oracle.outcome(write) for write, _ in writes]
        errors = [one if isinstance(one, type) else None for one in expected]
        try:
            self.database.transact(*(self.action(*one) for one in writes))
        except TransactionCancelled as error:
            met = [None if one is None else type(one) for one in error.errors]
            assert met == errors
            assert any(errors)
            return
        assert not any(errors), errors
        for (write, given), outcome in zip(writes, expected, strict=True):
            assert not isinstance(outcome, type)
            self.oracle.carry_out(write, outcome)
            if write.verb in ("create", "put"):
                assert record_of(given) == outcome
                self.held.append(given)

    @rule(data=st.data(), size=st.integers(1, 5), whole=st.booleans())
    def write_many(self, data: st.DataObject, size: int, whole: bool) -> None:
        drawn = [self.draw_write(data, ["put", "delete"]) for _ in range(size)]
        writes = [
            (write._replace(wanted=None), given)
            for write, given in {write.key: (write, given) for write, given in drawn}.values()
            if not whole or write.verb == "put"
        ]
        expected = [self.oracle.outcome(write) for write, _ in writes]
        errors = [one for one in expected if isinstance(one, type)]
        try:
            if whole:
                self.things.put_many([given for _, given in writes])
            else:
                with self.things.batch() as batch:
                    for write, given in writes:
                        getattr(batch, write.verb)(given)
        except VersionConflict:
            assert errors
            return
        assert not errors
        for (write, _), outcome in zip(writes, expected, strict=True):
            assert not isinstance(outcome, type)
            self.oracle.carry_out(write, outcome)

    @rule(seconds=st.integers(1, 8))
    def wait(self, seconds: int) -> None:
        self.oracle.now += seconds

    @precondition(lambda self: self.oracle.items)
    @rule(key=keys)
    def hold(self, key: str) -> None:
        found = self.every.find(key)
        if found is not None:
            self.held.append(found)

    # What is to be seen

    @rule(key=keys, text=texts)
    def ask(self, key: str, text: str) -> None:
        seen, there = self.oracle.seen(key), self.oracle.there(key)
        for repository, expected in ((self.things, seen), (self.every, there)):
            found = repository.find(key, consistent=True)
            assert (None if found is None else record_of(found)) == expected
            assert repository.exists(key) is (expected is not None)
            only = repository.find(key, only=["text"])
            assert only == (None if expected is None else {"text": expected.text})
        read = self.database.transact_get(*(self.things.to_get(one) for one in KEYS))
        every = [self.oracle.seen(one) for one in KEYS]
        assert [None if one is None else record_of(one) for one in read] == every
        visible = [one for one in every if one is not None]
        assert [record_of(one) for one in self.things.get_many(KEYS)] == visible
        with_text = sorted((one.number, one.key) for one in visible if one.text == text)
        asked = self.things.query(Thing.by_text, text)
        assert sorted((one.number, one.key) for one in asked) == with_text
        assert self.things.count(Thing.by_text, text) == len(with_text)
        assert self.things.count(filter=Thing.number > 1) == sum(one.number > 1 for one in visible)

    @rule(limit=st.integers(1, 3))
    def turn_pages(self, limit: int) -> None:
        found: list[Record] = []
        token: str | None = None
        while True:
            page = self.things.scan_page(limit=limit, after=token)
            found += map(record_of, page)
            token = page.next
            if token is None:
                break
            assert page.count == limit
        assert sorted(one.key for one in found) == [
            key for key in KEYS if self.oracle.seen(key) is not None
        ]

    @invariant()
    def both_see_the_same(self) -> None:
        for repository, see in ((self.things, self.oracle.seen), (self.every, self.oracle.there)):
            found = {one.key: record_of(one) for one in repository.scan()}
            assert found == {key: one for key in KEYS if (one := see(key)) is not None}

    def check_trail(self) -> None:
        for key in KEYS:
            entries = list(self.entries.query(ThingAudit.entity_of(Thing, key)))
            expected = [one for one in self.oracle.trail if one[0] == key]
            assert [one.operation for one in entries] == [verb for _, verb, _, _ in expected]
            for entry, (_, _, before, after) in zip(entries, expected, strict=True):
                for image, record in ((entry.before, before), (entry.after, after)):
                    assert (image is None) is (record is None)
                    if image is not None and record is not None:
                        shown = (image["version"], image["text"], image["number"])
                        assert shown == (record.version, record.text, record.number)
                        assert ("deleted_at" in image) is (record.deleted_at is not None)


@pytest.mark.parametrize(
    ("target", "examples", "steps"),
    [
        ("memory", 60, 30),
        ("json", 10, 15),
        ("sqlite", 10, 15),
        ("moto", 3, 12),
        ("dynoxide", 4, 15),
    ],
    indirect=["target"],
)
def test_traits_do_together_what_each_of_them_says(
    target: Target, examples: int, steps: int
) -> None:
    machine = type(
        "Machine", (TraitMachine,), {"make": staticmethod(lambda: target.adapter(blocking=True))}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
