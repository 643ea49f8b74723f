"""Unique values, across every kind of write."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    InvalidRequest,
    NotFound,
    TokenReused,
    TransactionCancelled,
    UniqueViolation,
    VersionConflict,
)
from anydynamo.models.table import Attr, GlobalIndex, Table, attribute
from anydynamo.testing.repositories.models import Author

if TYPE_CHECKING:
    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository
    from anydynamo.testing.repositories.models import Raw

__all__ = ["Desk", "Member", "UniqueContract"]


class Member(Table, name="members"):
    """Two unique attributes, which may be absent."""

    member_id: Attr[str] = attribute(hash_key=True, attr_name="memberId")
    email: Attr[str | None] = attribute(default=None, unique=str.casefold)
    handle: Attr[str | None] = attribute(default=None, attr_name="nick#", unique=True)
    visits: Attr[int] = attribute(default=0)

    by_email = GlobalIndex("EmailIndex", hash_key=email)


class Desk(Table, name="desks"):
    """A sort key and a version beside a unique attribute."""

    room: Attr[str] = attribute(hash_key=True)
    place: Attr[int] = attribute(range_key=True)
    label: Attr[str | None] = attribute(default=None, unique=True)
    height: Attr[int] = attribute(default=0)
    version: Attr[int] = attribute(version=True, default=0)


async def stored(raw: Raw, repository: Repository[Any]) -> list[dict[str, Any]]:
    """Return what really is in a table, markers included."""
    response = await raw("Scan", {"TableName": repository.table, "ConsistentRead": True})
    items: list[dict[str, Any]] = response["Items"]
    return items


async def markers(raw: Raw, repository: Repository[Any]) -> dict[str, Any]:
    """Return the keys of a table's markers, and whom they belong to."""
    key = repository.schema.hash_key.wire
    return {
        item[key]["S"].removeprefix("unique#"): item["_unique"]["M"]
        for item in await stored(raw, repository)
        if "_unique" in item
    }


class UniqueContract:
    """No two items have one value, and a value that is given up is free."""

    @pytest.fixture
    async def members(self, database: Database) -> Repository[Member]:
        """An empty table of members."""
        await database.create_tables([Member])
        return database.repository(Member)

    @pytest.fixture
    async def desks(self, database: Database) -> Repository[Desk]:
        """An empty table of desks."""
        await database.create_tables([Desk])
        return database.repository(Desk)

    async def test_a_value_that_is_taken_is_refused_and_nothing_is_stored(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        await members.create(Member(member_id="1", email="Ada@example.com", handle="ada"))
        for write in (members.create, members.put):
            with pytest.raises(UniqueViolation, match="email is unique, and '1' has") as caught:
                await write(Member(member_id="2", email="ada@EXAMPLE.com"))
            assert isinstance(caught.value, AlreadyExists)
            assert (caught.value.attribute, caught.value.owner) == ("email", "1")
            assert caught.value.current is None
            assert caught.value.item is None
        with pytest.raises(UniqueViolation) as caught:
            await members.update("2", Member.handle.set("ada"), upsert=True)
        assert caught.value.attribute == "handle"
        assert not await members.exists("2")
        await members.create(Member(member_id="2", handle="ADA"))
        assert await markers(raw, members) == {
            "email#ada@example.com": {"memberId": {"S": "1"}},
            "nick%23#ada": {"memberId": {"S": "1"}},
            "nick%23#ADA": {"memberId": {"S": "2"}},
        }

    async def test_items_without_a_value_are_as_many_as_they_like(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        for number in range(3):
            await members.create(Member(member_id=str(number)))
        assert await markers(raw, members) == {}

    async def test_a_value_is_free_again_once_it_is_given_up(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        await members.create(Member(member_id="1", email="a@x", handle="a"))
        await members.update("1", Member.email.set("b@x"))
        await members.create(Member(member_id="2", email="a@x"))
        await members.put(Member(member_id="1", email="c@x"))
        await members.update("2", Member.email.set("b@x"), Member.handle.set("a"))
        await members.update("1", Member.email.remove())
        await members.delete("2")
        await members.create(Member(member_id="3", email="c@x", handle="a"))
        owner = {"memberId": {"S": "3"}}
        assert await markers(raw, members) == {"email#c@x": owner, "nick%23#a": owner}

    async def test_an_item_may_keep_its_value_and_spell_it_otherwise(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        member = await members.create(Member(member_id="1", email="a@x"))
        member.visits = 1
        await members.put(member)
        assert (await members.update("1", Member.email.set("A@X"))).email == "A@X"
        assert await members.put(Member(member_id="1", email="a@X"), return_old=True) == Member(
            member_id="1", email="A@X", visits=1
        )
        assert list(await markers(raw, members)) == ["email#a@x"]

    async def test_creating_an_item_again_is_no_violation_of_its_own_value(
        self, members: Repository[Member]
    ) -> None:
        member = await members.create(Member(member_id="1", email="a@x"))
        with pytest.raises(AlreadyExists) as caught:
            await members.create(Member(member_id="1", email="a@x"))
        assert type(caught.value) is AlreadyExists
        assert caught.value.current == member

    async def test_writes_return_what_they_return_without_unique_attributes(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        first = Member(member_id="1", email="a@x", visits=3)
        assert await members.put(first, return_old=True) is None
        changed = await members.update("1", Member.email.set("b@x"), Member.visits.add(2))
        assert changed == Member(member_id="1", email="b@x", visits=5)
        second = Member(member_id="1", email="c@x")
        assert await members.put(second, return_old=True) == changed
        assert await members.delete("1", return_old=True) == second
        assert await members.delete("1", return_old=True) is None
        made = await members.update("2", Member.email.set("d@x"), upsert=True)
        assert made == Member(member_id="2", email="d@x")
        assert list(await markers(raw, members)) == ["email#d@x"]

    async def test_what_an_update_makes_of_a_value_is_computed(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        await members.create(Member(member_id="1", handle="ada"))
        taken = await members.create(Member(member_id="2", email="ada@x"))
        await members.update("1", Member.email.set(Member.handle | "nobody"))
        await members.update("1", Member.handle.set(Member.handle | "nobody"))
        with pytest.raises(UniqueViolation) as caught:
            await members.update("2", Member.email.set("ADA"))
        assert caught.value.owner == "1"
        assert await members.get("2") == taken
        assert set(await markers(raw, members)) == {"email#ada", "email#ada@x", "nick%23#ada"}

    async def test_values_too_long_for_a_key_are_unique_all_the_same(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        await members.create(Member(member_id="1", handle="x" * 5000))
        await members.create(Member(member_id="2", handle="x" * 5001))
        with pytest.raises(UniqueViolation):
            await members.create(Member(member_id="3", handle="x" * 5000))
        await members.delete("1")
        await members.create(Member(member_id="3", handle="x" * 5000))
        assert len(await markers(raw, members)) == 2

    async def test_failures_are_what_they_are_without_unique_attributes(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        one = await members.create(Member(member_id="1", email="a@x"))
        two = await members.create(Member(member_id="2", email="b@x"))
        with pytest.raises(NotFound):
            await members.update("9", Member.email.set("c@x"))
        with pytest.raises(NotFound):
            await members.update("9", Member.email.set("a@x"))
        refused = Member.visits > 5
        for write in (
            members.update("1", Member.email.set("c@x"), condition=refused),
            members.update("1", Member.email.set("b@x"), condition=refused),
            members.update("1", Member.email.set(Member.handle), condition=refused),
            members.put(Member(member_id="1", email="b@x"), condition=refused),
            members.put(Member(member_id="1", email="a@x"), condition=refused),
            members.delete("1", condition=refused),
        ):
            with pytest.raises(ConditionFailed) as caught:
                await write
            assert type(caught.value) is ConditionFailed
            assert caught.value.current == one
        with pytest.raises(ConditionFailed):
            await members.delete("9", condition=refused)
        with pytest.raises(InvalidRequest):
            await members.update("1", Member.email.set(Member.handle))
        assert await members.get("1") == one
        assert await members.get("2") == two
        assert set(await markers(raw, members)) == {"email#a@x", "email#b@x"}

    async def test_markers_are_seen_by_no_read(
        self, members: Repository[Member], database: Database
    ) -> None:
        one = await members.create(Member(member_id="1", email="a@x", handle="a"))
        key = "unique#email#a@x"
        assert await members.scan() == [one]
        assert await members.scan(segments=2, only=[Member.member_id]) == [{"member_id": "1"}]
        assert await members.scan(filter=Member.visits == 0) == [one]
        assert await members.scan(Member.by_email) == [one]
        assert await members.query(Member.by_email, "a@x") == [one]
        assert await members.query(key) == []
        assert (await members.page(key)).items == ()
        assert (await members.scan_page(limit=5)).items == (one,)
        assert await members.count() == 1
        assert await members.count(key) == 0
        assert await members.count(filter=Member.visits == 0) == 1
        assert await members.find(key) is None
        assert await members.find(key, only=[Member.visits]) is None
        assert not await members.exists(key)
        with pytest.raises(NotFound):
            await members.get(key)
        assert await members.get_many([key, "1"]) == [one]
        assert await members.get_many([key, "1"], only=[Member.visits]) == [{"visits": 0}]
        assert await database.transact_get(members.to_get(key), members.to_get("1")) == (None, one)

    async def test_markers_cannot_be_written_by_hand(self, members: Repository[Member]) -> None:
        key = "unique#email#a@x"
        for write in (
            members.create(Member(member_id=key)),
            members.put(Member(member_id=key)),
            members.update(key, Member.visits.set(1)),
            members.delete(key),
            members.put_many([Member(member_id=key)]),
            members.delete_many([key]),
            members.create_many([Member(member_id=key)]),
        ):
            with pytest.raises(InvalidRequest, match="hold unique values"):
                await write
        with pytest.raises(InvalidRequest, match="hold unique values"):
            members.to_put(Member(member_id=key))
        with pytest.raises(InvalidRequest, match="hold unique values"):
            members.to_delete(key)
        with pytest.raises(InvalidRequest, match="hold unique values"):
            members.to_check(key, Member.visits == 0)

    async def test_versions_and_sort_keys_go_along(self, desks: Repository[Desk], raw: Raw) -> None:
        desk = await desks.create(Desk(room="r", place=1, label="window"))
        stale = await desks.get(("r", 1))
        desk.label = "door"
        await desks.put(desk)
        assert desk.version == 2
        stale.label = "corner"
        for write in (
            desks.put(stale),
            desks.update(stale, Desk.label.set("corner")),
            desks.delete(stale),
        ):
            with pytest.raises(VersionConflict) as caught:
                await write
            assert caught.value.current == desk
        changed = await desks.update(desk, Desk.label.set("corner"))
        assert changed.version == 3
        with pytest.raises(UniqueViolation) as taken:
            await desks.create(Desk(room="s", place=2, label="corner"))
        assert taken.value.owner == ("r", 1)
        assert await desks.put(changed, return_old=True)
        assert changed.version == 4
        assert await markers(raw, desks) == {
            "label#corner": {"room": {"S": "r"}, "place": {"N": "1"}}
        }
        await desks.delete(changed)
        assert await stored(raw, desks) == []

    async def test_batches_keep_values_unique(self, members: Repository[Member], raw: Raw) -> None:
        many = [Member(member_id=str(number), email=f"{number}@x") for number in range(60)]
        await members.put_many(many)
        assert len(await markers(raw, members)) == 60
        with pytest.raises(UniqueViolation) as caught:
            await members.put_many(
                [Member(member_id="60", email="60@x"), Member(member_id="61", email="7@X")]
            )
        assert caught.value.owner == "7"
        assert not await members.exists("60")
        with pytest.raises(UniqueViolation) as caught:
            await members.put_many(
                [Member(member_id="60", email="60@x"), Member(member_id="61", email="60@x")]
            )
        assert caught.value.owner == "60"
        await members.put_many(
            [Member(member_id="0", email="1@x"), Member(member_id="1", email="0@x")]
        )
        async with members.batch() as batch:
            await batch.delete("2")
            await batch.put(Member(member_id="3", email="2@x"))
        created = await members.create_many(
            [Member(member_id="3", email="3@x"), Member(member_id="70", email="70@x")]
        )
        assert [one.member_id for one in created] == ["70"]
        expected = {"email#0@x": "1", "email#1@x": "0", "email#2@x": "3", "email#70@x": "70"}
        found = {
            text: owner["memberId"]["S"] for text, owner in (await markers(raw, members)).items()
        }
        assert found.items() >= expected.items()
        assert "email#3@x" not in found
        await members.delete_many([str(number) for number in range(71)])
        assert await stored(raw, members) == []

    async def test_transactions_keep_values_unique_and_name_the_write_at_fault(
        self, members: Repository[Member], desks: Repository[Desk], raw: Raw, database: Database
    ) -> None:
        await members.put_many(
            [Member(member_id="1", email="a@x"), Member(member_id="2", email="b@x")]
        )
        await database.transact(
            members.to_update("1", Member.email.set("b@x")),
            desks.to_create(Desk(room="r", place=1, label="a@x")),
            members.to_put(Member(member_id="2", email="a@x")),
            members.to_create(Member(member_id="3", handle="c")),
        )
        owners = {text: one["memberId"]["S"] for text, one in (await markers(raw, members)).items()}
        assert owners == {"email#b@x": "1", "email#a@x": "2", "nick%23#c": "3"}
        with pytest.raises(TransactionCancelled) as caught:
            await database.transact(
                desks.to_check(("r", 1), Desk.height == 0),
                members.to_delete("3"),
                members.to_create(Member(member_id="4", handle="d", email="A@x")),
                members.to_update("9", Member.visits.set(1)),
            )
        fine, deleted, taken, absent = caught.value.errors
        assert (fine, deleted) == (None, None)
        assert isinstance(taken, UniqueViolation)
        assert (taken.attribute, taken.owner) == ("email", "2")
        assert isinstance(absent, NotFound)
        codes = [reason["Code"] for reason in caught.value.reasons]
        assert codes == ["None", "None", "ConditionalCheckFailed", "ConditionalCheckFailed"]
        assert await members.exists("3")
        await database.transact(
            members.to_delete("3"), members.to_create(Member(member_id="4", handle="c"))
        )
        assert (await markers(raw, members))["nick%23#c"] == {"memberId": {"S": "4"}}

    async def test_two_of_one_transaction_cannot_take_one_value(
        self, members: Repository[Member], database: Database
    ) -> None:
        with pytest.raises(TransactionCancelled) as caught:
            await database.transact(
                members.to_create(Member(member_id="1", email="a@x")),
                members.to_create(Member(member_id="2", email="A@x")),
            )
        assert caught.value.errors[0] is None
        assert isinstance(caught.value.errors[1], UniqueViolation)
        assert caught.value.errors[1].owner == "1"
        assert await members.count() == 0

    async def test_a_transaction_of_too_many_actions_is_refused_with_their_number(
        self, members: Repository[Member], database: Database
    ) -> None:
        writes = [
            members.to_create(Member(member_id=str(number), email=f"{number}@x"))
            for number in range(51)
        ]
        with pytest.raises(InvalidRequest, match="51 writes come to 102"):
            await database.transact(*writes)

    async def test_a_token_goes_with_what_needs_no_reading(
        self, members: Repository[Member], database: Database
    ) -> None:
        create = members.to_create(Member(member_id="1", email="a@x"))
        touch = members.to_update("1", Member.visits.add(1))
        first, second = str(uuid4()), str(uuid4())
        for _ in range(2):
            await database.transact(create, token=first)
        for _ in range(2):
            await database.transact(touch, token=second)
        assert (await members.get("1")).visits == 1
        with pytest.raises(TokenReused):
            await database.transact(
                members.to_create(Member(member_id="2", email="b@x")), token=first
            )
        for write in (
            members.to_put(Member(member_id="1", email="b@x")),
            members.to_update("1", Member.email.set("b@x")),
            members.to_delete("1"),
        ):
            with pytest.raises(InvalidRequest, match="token"):
                await database.transact(write, token=str(uuid4()))

    async def test_of_two_hundred_who_want_one_value_one_gets_it(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        outcomes = await asyncio.gather(
            *(
                members.create(Member(member_id=str(number), email="Ada@example.com"))
                for number in range(200)
            ),
            return_exceptions=True,
        )
        refused = [one for one in outcomes if isinstance(one, UniqueViolation)]
        stored_ones = [one for one in outcomes if isinstance(one, Member)]
        assert [one for one in outcomes if not isinstance(one, (UniqueViolation, Member))] == []
        assert (len(refused), len(stored_ones)) == (199, 1)
        assert {one.owner for one in refused} == {stored_ones[0].member_id}
        assert len(await stored(raw, members)) == 2

    async def test_data_from_before_the_constraint_can_be_written_and_deleted(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        for number in ("1", "2", "3"):
            item = {"memberId": {"S": number}, "email": {"S": "a@x"}, "visits": {"N": "0"}}
            await raw("PutItem", {"TableName": members.table, "Item": item})
        await members.update("1", Member.email.set("b@x"))
        await members.create(Member(member_id="4", email="a@x"))
        await members.put(Member(member_id="2", email="c@x"))
        await members.delete("3")
        owners = {text: one["memberId"]["S"] for text, one in (await markers(raw, members)).items()}
        assert owners == {"email#a@x": "4", "email#b@x": "1", "email#c@x": "2"}

    async def test_the_values_of_data_from_before_are_checked_and_rebuilt(
        self, members: Repository[Member], raw: Raw
    ) -> None:
        assert (await members.check_unique()).ok
        for number, email in (("1", "A@x"), ("2", "a@x"), ("3", "b@x"), ("4", "c@x")):
            item = {"memberId": {"S": number}, "email": {"S": email}, "visits": {"N": "0"}}
            await raw("PutItem", {"TableName": members.table, "Item": item})
        await members.create(Member(member_id="5", email="d@x"))
        stray = {"memberId": {"S": "unique#email#b@x"}, "_unique": {"M": {"memberId": {"S": "5"}}}}
        lost = {"memberId": {"S": "unique#email#z@x"}, "_unique": {"M": {"memberId": {"S": "9"}}}}
        for marker in (stray, lost):
            await raw("PutItem", {"TableName": members.table, "Item": marker})
        before = await stored(raw, members)
        found = await members.check_unique()
        assert not found.ok
        # Of each pair of items with one value, neither has a marker yet.
        assert (found.items, found.values, found.missing, found.stray) == (5, 5, 4, 2)
        assert found.duplicates == ()
        after = await stored(raw, members)
        assert len(after) == len(before)
        assert all(item in before for item in after)

        done = await members.rebuild_unique()
        assert (done.missing, done.items, done.values) == (3, 5, 5)
        (duplicate,) = done.duplicates
        assert duplicate.attribute == "email"
        assert {duplicate.owner, duplicate.key} == {"1", "2"}
        owners = {text: one["memberId"]["S"] for text, one in (await markers(raw, members)).items()}
        assert owners == {
            "email#a@x": duplicate.owner,
            "email#b@x": "3",
            "email#c@x": "4",
            "email#d@x": "5",
        }
        assert (await members.check_unique()).duplicates == done.duplicates
        await members.update(str(duplicate.key), Member.email.remove())
        assert (await members.check_unique()).ok

    async def test_a_model_without_unique_attributes_has_nothing_to_check(
        self, database: Database
    ) -> None:
        await database.create_tables([Author])
        assert (await database.repository(Author).check_unique()).ok
