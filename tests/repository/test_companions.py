"""Unique values between two clients, turn by turn, and beside the other traits of a table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.repository.interleaving import Two
from tests.repository.scripted import ScriptedAdapter

from anydynamo import (
    AlreadyExists,
    Attr,
    AuditEntry,
    BatchIncomplete,
    ConditionFailed,
    Database,
    GlobalIndex,
    InvalidRequest,
    NotFound,
    Table,
    TransactionCancelled,
    TransactionConflict,
    UniqueViolation,
    attribute,
)
from anydynamo.repositories.capacity import Capacity
from anydynamo.repositories.session import Patience

if TYPE_CHECKING:
    from anydynamo.repositories.repository import Repository


class User(Table, name="users"):
    user_id: Attr[str] = attribute(hash_key=True)
    email: Attr[str | None] = attribute(default=None, unique=str.casefold)
    name: Attr[str] = attribute(default="")
    visits: Attr[int] = attribute(default=0)


class Ticket(Table, name="tickets", expired="hide"):
    """Deleted tickets are kept, and tickets expire."""

    ticket_id: Attr[str] = attribute(hash_key=True)
    code: Attr[str | None] = attribute(default=None, unique=True)
    text: Attr[str] = attribute(default="")
    deleted: Attr[datetime | None] = attribute(default=None, deleted=True)
    updated: Attr[datetime | None] = attribute(default=None, updated=True)
    expires: Attr[int | None] = attribute(default=None, ttl=True)
    version: Attr[int] = attribute(version=True, default=0)


READS_THEN_OTHER = [0, 0, 1, 1, 1, 1]
"""The first client reads; then the second does all that it has to."""


class TestBetweenReadingAndWriting:
    """What another client does there is noticed, and the plan made again."""

    def test_a_value_that_the_item_got_meanwhile_is_freed_too(self) -> None:
        two = Two(User)
        two.run(two.ada.create(User(user_id="1", email="a@x")))
        results = two.both(
            two.ada.put(User(user_id="1", email="c@x"), return_old=True),
            two.grace.update("1", User.email.set("b@x")),
            READS_THEN_OTHER,
        )
        assert results == [User(user_id="1", email="b@x")] * 2
        assert two.markers == {"email#c@x": "1"}
        assert two.waits == [0.025]

    def test_what_a_put_or_delete_returns_is_what_was_there_at_that_moment(self) -> None:
        for write in ("put", "delete"):
            two = Two(User)
            two.run(two.ada.create(User(user_id="1", email="a@x")))
            replaced, _ = two.both(
                two.ada.put(User(user_id="1"), return_old=True)
                if write == "put"
                else two.ada.delete("1", return_old=True),
                two.grace.update("1", User.name.set("Ada")),
                READS_THEN_OTHER,
            )
            assert replaced == User(user_id="1", email="a@x", name="Ada")

    def test_a_value_computed_from_another_attribute_is_computed_again(self) -> None:
        two = Two(User)
        two.run(two.ada.create(User(user_id="1", name="ada")))
        results = two.both(
            two.ada.update("1", User.email.set(User.name | "nobody")),
            two.grace.update("1", User.name.set("lovelace")),
            READS_THEN_OTHER,
        )
        assert results[0].email == "lovelace"
        assert two.markers == {"email#lovelace": "1"}

    def test_an_update_that_could_not_be_made_is_made_if_it_can_be_by_then(self) -> None:
        two = Two(User)
        raw = {"user_id": {"S": "1"}, "email": {"S": "a@x"}}
        two.run(two.adapter.call("PutItem", {"TableName": "users", "Item": raw}))
        condition = User.visits.exists()
        impossible = two.ada.update("1", User.email.set("b@x"), User.visits.set(User.visits + 1))
        with pytest.raises(InvalidRequest, match="does not exist"):
            two.run(impossible)
        results = two.both(
            two.ada.update(
                "1",
                User.email.set("b@x"),
                User.visits.set(User.visits + 1),
                condition=condition,
            ),
            two.grace.update("1", User.visits.set(4)),
            READS_THEN_OTHER,
        )
        assert (results[0].email, results[0].visits) == ("b@x", 5)
        assert two.markers == {"email#b@x": "1"}

    def test_an_item_that_was_made_meanwhile_is_seen(self) -> None:
        two = Two(User)
        two.both(
            two.ada.put(User(user_id="1", email="b@x")),
            two.grace.create(User(user_id="1", email="a@x")),
            READS_THEN_OTHER,
        )
        assert two.markers == {"email#b@x": "1"}
        two = Two(User)
        two.both(
            two.ada.delete("1"), two.grace.create(User(user_id="1", email="a@x")), READS_THEN_OTHER
        )
        assert two.markers == {}

    def test_an_item_that_was_deleted_meanwhile_is_not_found(self) -> None:
        two = Two(User)
        two.run(two.ada.create(User(user_id="1", email="a@x")))
        refused, _ = two.both(
            two.ada.update("1", User.email.set("b@x")), two.grace.delete("1"), READS_THEN_OTHER
        )
        assert isinstance(refused, NotFound)
        assert two.markers == {}

    def test_an_update_returns_what_is_there_even_if_it_is_deleted_at_once(self) -> None:
        two = Two(User)
        two.run(two.ada.create(User(user_id="1", email="a@x")))
        changed, _ = two.both(
            two.ada.update("1", User.email.set("b@x")), two.grace.delete("1"), [0, 0, 0, 1, 1, 1, 1]
        )
        assert changed == User(user_id="1", email="b@x")
        assert two.markers == {}

    def test_who_loses_every_race_is_told_so(self) -> None:
        two = Two(User, patience=Patience(attempts=3))
        two.run(two.ada.create(User(user_id="1", email="a@x")))

        async def again_and_again() -> None:
            for number in range(20):
                await two.grace.update("1", User.email.set(f"{number}@x"))

        turns = [0, 0, *([1] * 4 + [0] * 2) * 3]
        lost, _ = two.both(two.ada.put(User(user_id="1")), again_and_again(), turns)
        assert isinstance(lost, TransactionConflict)
        assert lost.retryable
        assert len(two.waits) == 2

    def test_a_batch_that_loses_every_race_says_what_is_left(self) -> None:
        two = Two(User, patience=Patience(attempts=2))
        users = [User(user_id=str(number), email=f"{number}@y") for number in range(2)]
        two.run(two.ada.put_many(users))

        async def again_and_again() -> None:
            for number in range(20):
                await two.grace.update("1", User.email.set(f"{number}@x"))

        changed = [User(user_id=str(number), email=f"{number}@z") for number in range(2)]
        turns = [0, 0, *([1] * 4 + [0] * 2) * 3]
        lost, _ = two.both(two.ada.put_many(changed), again_and_again(), turns)
        assert isinstance(lost, BatchIncomplete)
        assert list(lost.unprocessed) == changed
        assert two.markers["email#0@y"] == "0"

    def test_a_marker_of_another_item_is_left_alone_and_one_that_came_back_is_freed(self) -> None:
        two = Two(User)
        item = {"user_id": {"S": "1"}, "email": {"S": "a@x"}}
        two.run(two.adapter.call("PutItem", {"TableName": "users", "Item": item}))
        two.run(two.ada.create(User(user_id="2", email="a@x")))

        async def handed_over() -> None:
            await two.grace.delete("2")
            await two.grace.put(User(user_id="1", email="z@x"))
            await two.grace.put(User(user_id="1", email="a@x"))

        # Refused, because the marker is another's; planned without it, by when it is its own.
        two.both(two.ada.delete("1"), handed_over(), [0, 0, 0, 0, *[1] * 20])
        assert two.markers == {}


def test_an_update_that_no_item_can_take_is_refused_before_it_is_sent() -> None:
    two = Two(User)
    user = two.run(two.ada.create(User(user_id="1", email="a@x")))
    with pytest.raises(InvalidRequest, match=r"update '1' in users.*overlap"):
        two.run(two.ada.update("1", User.email.set("b@x"), User.email.remove()))
    assert two.run(two.ada.get("1")) == user


class TestCosts:
    """Nobody pays for what is not needed."""

    def calls(self, two: Two, work: Any) -> int:
        capacity = Capacity()
        two.run(work(capacity))
        return capacity.requests

    def test_an_update_that_touches_no_unique_value_is_one_request(self) -> None:
        two = Two(User)
        two.run(two.ada.create(User(user_id="1", email="a@x")))
        touch = User.visits.add(1)
        assert self.calls(two, lambda cost: two.ada.update("1", touch, capacity=cost)) == 1
        assert (
            self.calls(two, lambda cost: two.ada.update("2", touch, upsert=True, capacity=cost))
            == 1
        )

    def test_creating_is_one_request_and_a_put_of_the_same_value_a_read_and_a_write(self) -> None:
        two = Two(User)
        user = User(user_id="1", email="a@x")
        assert self.calls(two, lambda cost: two.ada.create(user, capacity=cost)) == 1
        assert self.calls(two, lambda cost: two.ada.put(user, capacity=cost)) == 2


class TestBesideOtherTraits:
    """What is deleted or has expired gives its value up; what comes back takes it again."""

    def test_a_deleted_item_frees_its_value_and_takes_it_again_when_it_is_restored(self) -> None:
        two = Two(Ticket)
        two.run(two.ada.create(Ticket(ticket_id="1", code="x")))
        two.run(two.ada.delete("1"))
        assert two.markers == {}
        two.run(two.ada.restore("1"))
        assert two.markers == {"code#x": "1"}
        two.run(two.ada.delete("1"))
        two.run(two.ada.create(Ticket(ticket_id="2", code="x")))
        with pytest.raises(UniqueViolation, match="restore '1'") as caught:
            two.run(two.ada.restore("1"))
        assert caught.value.owner == "2"
        assert two.run(two.ada.find("1")) is None
        two.run(two.ada.purge("1"))
        two.run(two.ada.purge("2"))
        assert two.markers == {}

    def test_what_is_deleted_or_absent_is_deleted_without_complaint(self) -> None:
        two = Two(Ticket)
        two.run(two.ada.create(Ticket(ticket_id="1", code="x")))
        two.run(two.ada.delete("1"))
        two.run(two.ada.delete("1"))
        two.run(two.ada.delete("9"))
        two.run(two.ada.delete_many(["1", "9"]))
        with pytest.raises(NotFound):
            two.run(two.ada.update("1", Ticket.code.set("y")))
        with pytest.raises(AlreadyExists):
            two.run(two.ada.create(Ticket(ticket_id="1", code="y")))
        assert two.markers == {}

    def test_a_put_over_a_deleted_item_takes_its_value(self) -> None:
        two = Two(Ticket)
        two.run(two.ada.create(Ticket(ticket_id="1", code="x")))
        two.run(two.ada.delete("1"))
        deleted = two.run(two.ada.with_deleted().get("1"))
        two.run(two.ada.put(Ticket(ticket_id="1", code="y", version=deleted.version)))
        assert two.markers == {"code#y": "1"}

    def test_an_expired_item_frees_its_value(self) -> None:
        two = Two(Ticket)
        soon = int(two.now) + 10
        two.run(two.ada.create(Ticket(ticket_id="1", code="x", expires=soon)))
        with pytest.raises(UniqueViolation):
            two.run(two.ada.create(Ticket(ticket_id="2", code="x")))
        two.now += 11
        two.run(two.ada.create(Ticket(ticket_id="2", code="x")))
        assert two.markers == {"code#x": "2"}
        two.run(two.ada.purge("1"))
        two.run(two.ada.create(Ticket(ticket_id="3", code="y", expires=int(two.now) + 5)))
        two.now += 6
        two.run(two.ada.create(Ticket(ticket_id="3", code="z")))
        assert two.markers["code#x"] == "2"
        assert two.markers["code#z"] == "3"

    def test_a_marker_expires_with_its_owner_and_lasts_as_long(self) -> None:
        two = Two(Ticket)
        soon = int(two.now) + 10
        two.run(two.ada.create(Ticket(ticket_id="1", code="x", expires=soon)))
        two.run(two.ada.update("1", Ticket.expires.set(soon + 100)))
        key = {"TableName": "tickets", "Key": {"ticket_id": {"S": "unique#code#x"}}}
        marker = two.run(two.adapter.call("GetItem", key))["Item"]
        assert marker["expires"] == {"N": str(soon + 100)}
        two.now += 50
        with pytest.raises(UniqueViolation):
            two.run(two.ada.create(Ticket(ticket_id="2", code="x")))
        two.run(two.ada.update("1", Ticket.expires.remove()))
        assert "expires" not in two.run(two.adapter.call("GetItem", key))["Item"]

    def test_an_upsert_over_an_expired_item_begins_anew_and_takes_its_value(self) -> None:
        two = Two(Ticket)
        soon = int(two.now) + 10
        two.run(two.ada.create(Ticket(ticket_id="1", code="x", text="old", expires=soon)))
        two.now += 11
        two.run(two.ada.create(Ticket(ticket_id="2", code="x")))
        with pytest.raises(UniqueViolation):
            two.run(two.ada.update("1", Ticket.code.set("x"), upsert=True))
        made = two.run(two.ada.update("1", Ticket.code.set("y"), upsert=True))
        assert (made.code, made.text, made.expires) == ("y", "", None)
        assert two.markers == {"code#x": "2", "code#y": "1"}

    def test_a_transaction_deletes_and_restores(self) -> None:
        two = Two(Ticket)
        two.run(two.ada.create(Ticket(ticket_id="1", code="x")))
        database = two.databases[0]
        two.run(
            database.transact(
                two.ada.to_delete("1"), two.ada.to_create(Ticket(ticket_id="2", code="x"))
            )
        )
        assert two.markers == {"code#x": "2"}
        with pytest.raises(TransactionCancelled) as caught:
            two.run(database.transact(two.ada.to_delete("9"), two.ada.to_restore("1")))
        assert caught.value.errors[0] is None
        assert isinstance(caught.value.errors[1], UniqueViolation)


def test_an_index_that_would_show_markers_is_refused() -> None:
    class Turned(Table, name="turned"):
        part: Attr[str] = attribute(hash_key=True)
        sort: Attr[str] = attribute(range_key=True)
        email: Attr[str] = attribute(unique=True)
        by_sort = GlobalIndex("TurnedIndex", hash_key=sort, range_key=part)

    with pytest.raises(InvalidRequest, match="TurnedIndex"):
        Two(Turned)


@pytest.mark.parametrize("reasons", [(), ({"Code": "None"}, {"Code": "None"})])
def test_a_cancellation_that_gives_no_reasons_is_told_as_it_is(reasons: Any) -> None:
    error = TransactionCancelled("cancelled for a reason", reasons=reasons)
    database = Database(ScriptedAdapter(error))
    users: Repository[User] = database.repository(User)
    with pytest.raises(TransactionCancelled, match="cancelled for a reason"):
        Two(User).run(users.create(User(user_id="1", email="a@x")))


def test_a_conflict_with_another_transaction_is_tried_again() -> None:
    conflict = TransactionCancelled(
        "cancelled", reasons=({"Code": "None"}, {"Code": "TransactionConflict"})
    )
    adapter = ScriptedAdapter(conflict, conflict, {})
    database = Database(adapter, patience=Patience(first=0.0))
    user = User(user_id="1", email="a@x")
    assert Two(User).run(database.repository(User).create(user)) is user
    assert adapter.operations == ["TransactWriteItems"] * 3


def test_a_condition_that_fails_on_a_server_that_shows_no_item_is_told_in_the_end() -> None:
    item = {"user_id": {"S": "1"}, "email": {"S": "a@x"}}
    adapter = ScriptedAdapter({"Item": item}, ConditionFailed(), {"Item": item}, ConditionFailed())
    database = Database(adapter, patience=Patience(attempts=2, first=0.0))
    with pytest.raises(TransactionConflict, match="as often as it was tried"):
        Two(User).run(
            database.repository(User).put(
                User(user_id="1", email="a@x"), condition=User.visits == 1
            )
        )


def test_a_moment_is_no_unique_value() -> None:
    with pytest.raises(TypeError, match="strings"):

        class Wrong(Table, name="wrong"):
            key: Attr[str] = attribute(hash_key=True)
            at: Attr[datetime] = attribute(
                default_factory=lambda: datetime.now(UTC), unique=True, epoch=True
            )


class TestInAScopedView:
    """A scope keeps its secrets: that a value is taken is told, and not by whom."""

    class Report(Table, name="reports"):
        report_id: Attr[str] = attribute(hash_key=True)
        owner: Attr[str] = attribute()
        title: Attr[str | None] = attribute(default=None, unique=True)

    def test_a_value_that_is_taken_is_refused_without_naming_its_owner(self) -> None:
        two, report = Two(self.Report), self.Report
        scoped = two.ada.scoped(report.owner, "ada")
        two.run(two.grace.create(report(report_id="secret", owner="grace", title="x")))
        with pytest.raises(UniqueViolation, match="another item has") as caught:
            two.run(scoped.create(report(report_id="1", owner="ada", title="x")))
        assert caught.value.owner is None
        assert "secret" not in str(caught.value)

    def test_values_follow_the_writes_of_a_view(self) -> None:
        two, report = Two(self.Report), self.Report
        scoped = two.ada.scoped(report.owner, "ada")
        two.run(two.grace.create(report(report_id="other", owner="grace", title="x")))
        two.run(scoped.create(report(report_id="1", owner="ada", title="a")))
        two.run(scoped.update("1", report.title.set("b")))
        with pytest.raises(NotFound):
            two.run(scoped.update("other", report.title.set("c")))
        two.run(scoped.delete("other"))
        assert two.markers == {"title#b": "1", "title#x": "other"}
        two.run(scoped.delete("1"))
        assert two.markers == {"title#x": "other"}

    def test_the_whole_table_is_not_open_to_it(self) -> None:
        two = Two(self.Report)
        scoped = two.ada.scoped(self.Report.owner, "ada")
        for work in (scoped.check_unique, scoped.rebuild_unique):
            with pytest.raises(InvalidRequest, match="scoped view"):
                two.run(work())


class Trail(AuditEntry, name="trail"):
    """What was done to essays."""


class Essay(Table, name="essays", audit=Trail):
    essay_id: Attr[str] = attribute(hash_key=True)
    title: Attr[str | None] = attribute(default=None, unique=True)
    text: Attr[str] = attribute(default="")


def test_batches_of_large_items_are_divided_by_what_is_written_along() -> None:
    two = Two(Essay)
    two.run(two.databases[0].create_tables([Trail]))
    essays = [
        Essay(essay_id=str(number), title=str(number), text="x" * 190_000) for number in range(30)
    ]
    two.run(two.ada.put_many(essays))
    two.run(two.ada.put_many(essays))
    assert len(two.markers) == 30
    two.run(two.ada.delete_many([str(number) for number in range(30)]))
    assert two.markers == {}
    assert two.run(two.databases[0].repository(Trail).count()) == 90
