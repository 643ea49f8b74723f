"""Checking and rebuilding unique values while others write, turn by turn."""

from __future__ import annotations

from typing import Any

import pytest
from tests.repository.interleaving import Two

from anydynamo import Attr, Database, Table, TransactionConflict, attribute
from anydynamo.repositories.session import Patience
from anydynamo.repositories.unique_check import UniqueReport


class User(Table, name="users"):
    user_id: Attr[str] = attribute(hash_key=True)
    email: Attr[str | None] = attribute(default=None, unique=str.casefold)
    expires: Attr[int | None] = attribute(default=None, ttl=True)


OTHER_AFTER_SCAN = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
"""The check reads a page; then the other client does all that it has to."""


def old(two: Two, number: str, email: str, **attributes: Any) -> None:
    """Store an item as a program does that knows nothing of markers."""
    item = {"user_id": {"S": number}, "email": {"S": email}, **attributes}
    two.run(two.adapter.call("PutItem", {"TableName": "users", "Item": item}))


def marker(two: Two, email: str, owner: str) -> None:
    """Store a marker that nobody asked for."""
    key = {"user_id": {"S": f"unique#email#{email}"}}
    item = {**key, "_unique": {"M": {"user_id": {"S": owner}}}}
    two.run(two.adapter.call("PutItem", {"TableName": "users", "Item": item}))


def test_what_is_written_during_a_check_is_no_finding() -> None:
    for work in ("check_unique", "rebuild_unique"):
        two = Two(User)
        two.run(two.ada.create(User(user_id="1", email="a@x")))
        two.run(two.ada.create(User(user_id="2", email="b@x")))

        async def meanwhile(two: Two = two) -> None:
            await two.grace.update("1", User.email.set("c@x"))
            await two.grace.delete("2")

        report, _ = two.both(getattr(two.ada, work)(), meanwhile(), [0, 0, *[1] * 20])
        assert report == UniqueReport(items=2, values=2)
        assert two.markers == {"email#c@x": "1"}


def test_an_item_that_takes_its_value_by_itself_is_left_alone() -> None:
    two = Two(User)
    old(two, "1", "a@x")
    report, _ = two.both(
        two.ada.rebuild_unique(),
        two.grace.update("1", User.email.set("b@x")),
        OTHER_AFTER_SCAN,
    )
    assert report == UniqueReport(items=1, values=1)
    assert two.markers == {"email#b@x": "1"}


def test_a_repair_that_comes_too_late_looks_again() -> None:
    two = Two(User)
    old(two, "1", "a@x")
    # Scan, markers, both at once; then the item changes, and the repair is refused.
    report, _ = two.both(
        two.ada.rebuild_unique(),
        two.grace.update("1", User.email.set("b@x")),
        [0, 0, 0, 0, 1, 1, 1, 1, 1],
    )
    assert report == UniqueReport(items=1, values=1)
    assert two.markers == {"email#b@x": "1"}
    assert len(two.waits) == 1


def test_a_stray_marker_whose_owner_comes_to_hold_the_value_stays() -> None:
    two = Two(User)
    two.run(two.ada.create(User(user_id="1", email="z@x")))
    marker(two, "a@x", "1")
    report, _ = two.both(
        two.ada.rebuild_unique(),
        two.grace.update("1", User.email.set("a@x")),
        # Scan, markers, owners, the marker, the marker and its owner.
        [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
    )
    assert (report.stray, two.markers) == (0, {"email#a@x": "1"})


@pytest.mark.parametrize("turns", range(2, 9))
def test_a_marker_that_goes_over_to_another_meanwhile_is_theirs(turns: int) -> None:
    two = Two(User)
    old(two, "1", "a@x")
    marker(two, "a@x", "2")
    old(two, "2", "a@x")

    async def meanwhile() -> None:
        await two.grace.delete("2")
        await two.grace.create(User(user_id="3", email="a@x"))

    report, _ = two.both(two.ada.rebuild_unique(), meanwhile(), [*[0] * turns, *[1] * 20])
    owner = two.markers["email#a@x"]
    assert owner in ("1", "3")
    again = two.run(two.ada.check_unique())
    assert not again.missing
    assert not again.stray
    assert {one.key for one in again.duplicates} == {"1"} - {owner}
    assert report.stray == 0


@pytest.mark.parametrize("turns", range(2, 8))
def test_a_marker_that_vanishes_meanwhile_is_made_where_it_is_wanted(turns: int) -> None:
    two = Two(User)
    old(two, "1", "a@x")
    marker(two, "a@x", "2")
    old(two, "2", "a@x")
    two.both(two.ada.rebuild_unique(), two.grace.delete("2"), [*[0] * turns, *[1] * 20])
    two.run(two.ada.rebuild_unique())
    assert two.markers == {"email#a@x": "1"}
    assert two.run(two.ada.check_unique()) == UniqueReport(items=1, values=1)


def test_what_has_expired_holds_nothing() -> None:
    two = Two(User)
    past = {"N": str(int(two.now) - 5)}
    old(two, "1", "a@x", expires=past)
    old(two, "2", "a@x")
    report = two.run(two.ada.rebuild_unique())
    assert report == UniqueReport(items=2, values=1, missing=1)
    assert two.markers == {"email#a@x": "2"}


def test_a_marker_that_would_expire_too_soon_is_mended() -> None:
    two = Two(User)
    later = int(two.now) + 50
    two.run(two.ada.create(User(user_id="1", email="a@x", expires=later)))
    old(two, "1", "a@x")
    assert two.run(two.ada.check_unique()).missing == 1
    assert two.run(two.ada.rebuild_unique()).missing == 1
    assert two.run(two.ada.check_unique()).ok
    two.now += 100
    assert two.run(two.ada.check_unique()).ok


class Crowded:
    """An adapter over another, whose transactions meet others as often as it is told."""

    def __init__(self, two: Two, operation: str, times: int) -> None:
        self._two = two
        self._operation = operation
        self._left = times
        self.info = two.adapter.info

    async def call(self, operation: str, request: Any) -> Any:
        if operation == self._operation and self._left:
            self._left -= 1
            raise TransactionConflict("somebody else has it")
        return await self._two.adapter.call(operation, request)

    async def close(self) -> None:
        """Nothing was opened."""


@pytest.mark.parametrize("operation", ["TransactGetItems", "TransactWriteItems"])
def test_other_transactions_are_waited_for_as_long_as_patience_allows(operation: str) -> None:
    two = Two(User)
    old(two, "1", "a@x")
    patience = Patience(attempts=3, first=0.0)
    users = Database(Crowded(two, operation, 3), patience=patience).repository(User)
    with pytest.raises(TransactionConflict):
        two.run(users.rebuild_unique())
    users = Database(Crowded(two, operation, 2), patience=patience).repository(User)
    assert two.run(users.rebuild_unique()).missing == 1
    assert two.markers == {"email#a@x": "1"}
