"""Timestamps and soft delete, and both with hidden expiry, in every kind of read and write."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    InvalidCursor,
    InvalidRequest,
    NotFound,
    TransactionCancelled,
    VersionConflict,
)
from anydynamo.models.table import Attr, GlobalIndex, LocalIndex, Table, attribute
from anydynamo.testing.repositories.expiry import ExpiryContract
from anydynamo.testing.repositories.models import stored

if TYPE_CHECKING:
    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository
    from anydynamo.testing.repositories.models import Raw

__all__ = ["Bin", "Memo", "Stamp", "TraitContract"]

LONG_AGO = datetime(2020, 2, 20, 20, 20, 20, tzinfo=UTC)


class Stamped(Table):
    """Timestamps, as text and as a number."""

    created_at: Attr[datetime | None] = attribute(default=None, created=True, attr_name="createdAt")
    updated_at: Attr[datetime | None] = attribute(default=None, updated=True, epoch=True)


class Kept(Table):
    """Soft delete."""

    deleted_at: Attr[datetime | None] = attribute(default=None, deleted=True, attr_name="deletedAt")


class Stamp(Stamped, name="stamps"):
    """Timestamps alone."""

    stamp_id: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")


class Bin(Kept, name="bins"):
    """Soft delete alone."""

    bin_id: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")


class Memo(Stamped, Kept, name="memos", expired="hide"):
    """Everything at once, with versions and each kind of index."""

    folder: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)
    title: Attr[str] = attribute(default="a")
    rank: Attr[int] = attribute(default=0)
    expires: Attr[datetime | None] = attribute(default=None, ttl=True)
    version: Attr[int] = attribute(version=True, default=0)

    by_title = GlobalIndex("TitleIndex", hash_key=title, range_key=rank)
    by_expiry = GlobalIndex("ExpiryIndex", hash_key=title, range_key=expires)
    by_deletion = GlobalIndex("DeletionIndex", hash_key=title, range_key=Kept.deleted_at)
    blind = GlobalIndex("BlindIndex", hash_key=title, range_key=number, projection="KEYS_ONLY")
    seeing = GlobalIndex(
        "SeeingIndex", hash_key=title, range_key=number, include=[Kept.deleted_at, expires]
    )
    by_rank = LocalIndex("RankIndex", range_key=rank)
    ranks = LocalIndex("RanksIndex", range_key=title, projection="KEYS_ONLY")


def over() -> datetime:
    """Return a moment that is past, as DynamoDB counts it."""
    return datetime.fromtimestamp(int(time.time()) - 100, UTC)


def later() -> datetime:
    """Return a moment that is to come."""
    return datetime.fromtimestamp(int(time.time()) + 10_000, UTC)


def memo(number: int, **values: Any) -> Memo:
    """Return a memo of a folder."""
    return Memo(folder="f", number=number, **values)


class TimestampContract:
    """Each write says when it was made."""

    @pytest.fixture
    async def stamps(self, database: Database) -> Repository[Stamp]:
        """An empty table of stamps."""
        await database.create_tables([Stamp])
        return database.repository(Stamp)

    async def test_a_new_item_has_the_time_at_which_it_was_stored(
        self, stamps: Repository[Stamp], raw: Raw
    ) -> None:
        began = datetime.now(UTC)
        stamp = Stamp(stamp_id="1")
        await stamps.create(stamp)
        assert stamp.created_at is not None
        assert stamp.updated_at is not None
        assert began <= stamp.created_at <= datetime.now(UTC)
        assert stamp.updated_at == stamp.created_at.replace(microsecond=0)
        assert await stamps.get("1") == stamp
        item = await stored(raw, stamps, stamp_id={"S": "1"})
        assert item is not None
        assert item["updated_at"] == {"N": str(int(stamp.created_at.timestamp()))}
        assert item["createdAt"]["S"].startswith(f"{stamp.created_at:%Y-%m-%dT%H:%M:%S}")

    async def test_a_time_that_is_given_for_the_creation_is_kept(
        self, stamps: Repository[Stamp]
    ) -> None:
        for write in (stamps.create, stamps.put):
            old = await write(Stamp(stamp_id=write.__name__, created_at=LONG_AGO))
            assert old.created_at == LONG_AGO
            assert old.updated_at is not None
            assert old.updated_at > LONG_AGO

    async def test_an_update_moves_the_last_time_and_leaves_the_first(
        self, stamps: Repository[Stamp]
    ) -> None:
        await stamps.create(Stamp(stamp_id="1", created_at=LONG_AGO))
        changed = await stamps.update("1", Stamp.text.set("x"))
        assert changed.created_at == LONG_AGO
        assert changed.updated_at is not None
        assert changed.updated_at > LONG_AGO

    async def test_an_upsert_sets_the_first_time_of_a_new_item_alone(
        self, stamps: Repository[Stamp]
    ) -> None:
        new = await stamps.update("1", Stamp.text.set("x"), upsert=True)
        assert new.created_at is not None
        assert new.updated_at is not None
        await stamps.put(Stamp(stamp_id="2", created_at=LONG_AGO))
        old = await stamps.update("2", Stamp.text.set("x"), upsert=True)
        assert old.created_at == LONG_AGO

    async def test_batches_and_transactions_stamp_what_they_store(
        self, stamps: Repository[Stamp], database: Database
    ) -> None:
        many = [Stamp(stamp_id=f"{number:02}") for number in range(30)]
        await stamps.put_many(many)
        await stamps.create_many([several := Stamp(stamp_id="several")])
        async with stamps.batch() as batch:
            await batch.put(batched := Stamp(stamp_id="batched"))
            assert batched.created_at is None
        acted = Stamp(stamp_id="acted")
        await database.transact(stamps.to_put(acted), stamps.to_update("29", Stamp.text.set("x")))
        for stamp in (*many[:29], several, batched, acted):
            assert stamp.created_at is not None
            assert await stamps.get(stamp) == stamp
        assert (await stamps.get("29")).text == "x"

    async def test_an_instance_keeps_its_times_when_its_write_fails(
        self, stamps: Repository[Stamp], database: Database
    ) -> None:
        await stamps.create(Stamp(stamp_id="1"))
        second = Stamp(stamp_id="1")
        with pytest.raises(AlreadyExists):
            await stamps.create(second)
        with pytest.raises(ConditionFailed):
            await stamps.put(second, condition=Stamp.text == "y")
        with pytest.raises(TransactionCancelled):
            await database.transact(stamps.to_create(second))
        assert (second.created_at, second.updated_at) == (None, None)

    async def test_the_times_cannot_be_set_by_an_update(self, stamps: Repository[Stamp]) -> None:
        await stamps.create(Stamp(stamp_id="1"))
        for action in (Stamp.created_at.set(LONG_AGO), Stamp.updated_at.remove()):
            with pytest.raises(InvalidRequest, match="leave it out of the actions"):
                await stamps.update("1", action)
            with pytest.raises(InvalidRequest, match="leave it out of the actions"):
                stamps.to_update("1", action)


class SoftDeleteContract:
    """What is deleted is kept out of sight until it is restored or purged."""

    @pytest.fixture
    async def bins(self, database: Database) -> Repository[Bin]:
        """Two bins, of which the second is deleted."""
        await database.create_tables([Bin])
        bins = database.repository(Bin)
        await bins.put_many([Bin(bin_id="1", text="here"), Bin(bin_id="2", text="gone")])
        await bins.delete("2")
        return bins

    async def test_a_deleted_item_is_marked_and_not_seen(
        self, bins: Repository[Bin], database: Database, raw: Raw
    ) -> None:
        assert await bins.find("2") is None
        assert await bins.find("2", only=[Bin.text]) is None
        assert not await bins.exists("2")
        with pytest.raises(NotFound):
            await bins.get("2", consistent=True)
        assert [one.bin_id for one in await bins.get_many(["2", "1"])] == ["1"]
        assert await bins.get_many(["2", "1"], only=[Bin.text]) == [{"text": "here"}]
        assert await database.transact_get(bins.to_get("2")) == (None,)
        assert [one.bin_id for one in await bins.scan()] == ["1"]
        assert [one.bin_id for one in await bins.query("1")] == ["1"]
        assert await bins.query("2") == []
        assert await bins.count() == 1
        assert (await bins.scan_page(limit=5)).count == 1
        item = await stored(raw, bins, bin_id={"S": "2"})
        assert item is not None
        assert item["text"] == {"S": "gone"}
        assert "S" in item["deletedAt"]

    async def test_a_view_shows_deleted_items_with_the_time(self, bins: Repository[Bin]) -> None:
        every = bins.with_deleted()
        deleted = await every.get("2")
        assert deleted.deleted_at is not None
        assert datetime.now(UTC) - deleted.deleted_at < timedelta(minutes=5)
        assert sorted(one.bin_id for one in await every.scan()) == ["1", "2"]
        assert await every.count() == 2
        assert (await every.update("2", Bin.text.set("changed"))).deleted_at == deleted.deleted_at
        await every.put(deleted)
        assert await bins.find("2") is None

    async def test_deleting_what_is_absent_or_deleted_changes_nothing(
        self, bins: Repository[Bin], database: Database, raw: Raw
    ) -> None:
        before = await stored(raw, bins, bin_id={"S": "2"})
        await bins.delete("2")
        await bins.delete("3")
        assert await bins.delete("3", return_old=True) is None
        assert await bins.delete("2", return_old=True) is None
        await bins.delete_many(["2", "3"])
        await database.transact(
            bins.to_delete("2"), bins.to_delete("3"), bins.to_put(Bin(bin_id="4"))
        )
        assert await stored(raw, bins, bin_id={"S": "2"}) == before
        assert await stored(raw, bins, bin_id={"S": "3"}) is None
        assert await bins.exists("4")

    async def test_a_delete_gives_what_was_there(self, bins: Repository[Bin]) -> None:
        old = await bins.delete("1", return_old=True)
        assert old == Bin(bin_id="1", text="here")
        assert await bins.put(Bin(bin_id="1", text="new"), return_old=True) is None

    async def test_other_writes_do_not_find_a_deleted_item(
        self, bins: Repository[Bin], database: Database
    ) -> None:
        writes = (
            bins.to_update("2", Bin.text.set("x")),
            bins.to_update("2", Bin.text.set("x"), upsert=True),
            bins.to_check("2", Bin.text.exists()),
        )
        for write in writes:
            with pytest.raises(TransactionCancelled) as caught:
                await database.transact(write, bins.to_put(Bin(bin_id="9")))
            assert isinstance(caught.value.errors[0], NotFound)
            assert "was deleted; `restore` brings it back" in str(caught.value)
            assert "Item" not in caught.value.reasons[0]
        for upsert in (False, True):
            with pytest.raises(NotFound, match="restore"):
                await bins.update("2", Bin.text.set("x"), upsert=upsert)
        with pytest.raises(ConditionFailed, match="was deleted") as failed:
            await bins.put(Bin(bin_id="2"), condition=Bin.text == "gone")
        assert (failed.value.item, failed.value.current) == (None, None)
        with pytest.raises(ConditionFailed):
            await bins.delete("2", condition=Bin.text == "gone")
        assert not await bins.exists("9")

    async def test_a_deleted_item_is_in_the_way_of_a_new_one(
        self, bins: Repository[Bin], database: Database
    ) -> None:
        with pytest.raises(AlreadyExists, match=r"deleted; `restore`.*and `purge`") as caught:
            await bins.create(Bin(bin_id="2"))
        assert (caught.value.item, caught.value.current) == (None, None)
        with pytest.raises(TransactionCancelled) as cancelled:
            await database.transact(bins.to_create(Bin(bin_id="2")))
        assert isinstance(cancelled.value.errors[0], AlreadyExists)
        assert await bins.create_many([Bin(bin_id="2"), Bin(bin_id="3")]) == [Bin(bin_id="3")]

    async def test_a_put_makes_a_deleted_item_alive(self, bins: Repository[Bin]) -> None:
        deleted = await bins.with_deleted().get("2")
        await bins.put(deleted)
        assert deleted.deleted_at is None
        assert await bins.get("2") == Bin(bin_id="2", text="gone")

    async def test_a_deleted_item_is_restored_as_it_was(
        self, bins: Repository[Bin], database: Database
    ) -> None:
        assert await bins.restore("2") == Bin(bin_id="2", text="gone")
        assert await bins.get("2") == Bin(bin_id="2", text="gone")
        assert await bins.restore("1") == Bin(bin_id="1", text="here")
        await bins.delete("1")
        await database.transact(bins.to_restore("1"), bins.to_restore("2"))
        assert await bins.count() == 2
        for missing in (bins.to_restore("3"),):
            with pytest.raises(TransactionCancelled) as caught:
                await database.transact(missing)
            assert isinstance(caught.value.errors[0], NotFound)
        with pytest.raises(NotFound):
            await bins.restore("3")

    async def test_a_purged_item_is_gone(
        self, bins: Repository[Bin], database: Database, raw: Raw
    ) -> None:
        await bins.purge("1")
        await database.transact(bins.to_purge("2"))
        await bins.purge("3")
        for key in ("1", "2"):
            assert await stored(raw, bins, bin_id={"S": key}) is None
        await bins.create(Bin(bin_id="2"))

    async def test_a_condition_of_a_delete_is_looked_at(self, bins: Repository[Bin]) -> None:
        with pytest.raises(ConditionFailed) as caught:
            await bins.delete("1", condition=Bin.text == "other")
        assert caught.value.current == Bin(bin_id="1", text="here")
        await bins.delete("1", condition=Bin.text == "here")
        assert await bins.count() == 0

    async def test_batches_mark_what_they_delete(self, bins: Repository[Bin], raw: Raw) -> None:
        async with bins.batch() as batch:
            await batch.delete("1")
            await batch.put(Bin(bin_id="2", text="again"))
        item = await stored(raw, bins, bin_id={"S": "1"})
        assert item is not None
        assert "deletedAt" in item
        assert await bins.scan() == [Bin(bin_id="2", text="again")]

    async def test_null_is_no_time_of_deletion(self, bins: Repository[Bin], raw: Raw) -> None:
        item = {"bin_id": {"S": "n"}, "deletedAt": {"NULL": True}}
        await raw("PutItem", {"TableName": bins.table, "Item": item})
        assert await bins.exists("n")
        assert sorted(one.bin_id for one in await bins.scan()) == ["1", "n"]
        await bins.update("n", Bin.text.set("x"))
        await bins.delete("n")
        assert not await bins.exists("n")

    async def test_the_time_of_deletion_cannot_be_set_by_an_update(
        self, bins: Repository[Bin]
    ) -> None:
        for action in (Bin.deleted_at.set(LONG_AGO), Bin.deleted_at.remove()):
            with pytest.raises(InvalidRequest, match="use `delete` and `restore`"):
                await bins.update("1", action)

    async def test_what_keeps_no_deleted_items_restores_none(self, database: Database) -> None:
        await database.create_tables([Stamp])
        stamps = database.repository(Stamp)
        await stamps.create(Stamp(stamp_id="1"))
        with pytest.raises(InvalidRequest, match="keeps no deleted items"):
            await stamps.restore("1")
        await stamps.purge("1")
        assert not await stamps.exists("1")


class TraitContract(TimestampContract, SoftDeleteContract, ExpiryContract):
    """The three traits, each alone and all together with versions, indexes and pages."""

    @pytest.fixture
    async def memos(self, database: Database) -> Repository[Memo]:
        """Six memos: two alive, two deleted, two expired, in turn."""
        await database.create_tables([Memo])
        memos = database.repository(Memo)
        values: list[dict[str, Any]] = [
            {"expires": later()},
            {"deleted_at": LONG_AGO, "expires": later()},
            {"expires": over()},
        ]
        await memos.with_deleted().put_many(
            [memo(number, rank=number, **values[number % 3]) for number in range(6)]
        )
        return memos

    async def test_queries_leave_out_what_is_hidden(self, memos: Repository[Memo]) -> None:
        def numbers(found: list[Memo]) -> list[int]:
            return [one.number for one in found]

        alive = [0, 3]
        assert numbers(await memos.query("f")) == alive
        assert numbers(await memos.query("f", reverse=True)) == alive[::-1]
        assert numbers(await memos.query("f", Memo.number > 0, limit=1)) == [3]
        assert numbers(await memos.query("f", filter=(Memo.rank < 2) | (Memo.rank > 4))) == [0]
        assert numbers(await memos.query(Memo.by_title, "a")) == alive
        assert numbers(await memos.query(Memo.by_title, "a", Memo.rank.between(1, 4))) == [3]
        assert numbers(await memos.query(Memo.by_rank, "f")) == alive
        assert numbers(await memos.query(Memo.by_expiry, "a", limit=2)) == alive
        assert await memos.query(Memo.by_deletion, "a") == []
        assert numbers(await memos.with_deleted().query(Memo.by_deletion, "a")) == [1, 4]
        assert sorted(numbers(await memos.scan(segments=3))) == alive
        assert sorted(numbers(await memos.scan(Memo.by_title))) == alive
        assert sorted(numbers(await memos.scan(Memo.by_deletion))) == []

    async def test_counts_leave_out_what_is_hidden(self, memos: Repository[Memo]) -> None:
        assert await memos.count() == 2
        assert await memos.count("f") == 2
        assert await memos.count("f", filter=Memo.rank > 0) == 1
        assert await memos.count(Memo.by_title) == 2
        assert await memos.count(Memo.by_expiry, "a") == 2
        assert await memos.count(Memo.by_deletion, "a") == 0
        assert await memos.with_deleted().count(Memo.by_deletion, "a") == 2
        assert await memos.with_deleted().count("f") == 4

    async def test_a_projection_need_not_name_what_hides(self, memos: Repository[Memo]) -> None:
        expected = [{"rank": 0}, {"rank": 3}]
        assert await memos.query("f", only=[Memo.rank]) == expected
        assert await memos.query(Memo.by_title, "a", only=["rank"]) == expected
        assert await memos.query(Memo.by_expiry, "a", only=["rank"]) == expected
        assert await memos.query(Memo.seeing, "a", only=["number"]) == [
            {"number": 0},
            {"number": 3},
        ]
        assert await memos.find(("f", 1), only=["rank"]) is None
        assert await memos.find(("f", 2), only=["rank"]) is None

    async def test_an_index_that_does_not_hold_what_hides_is_refused(
        self, memos: Repository[Memo]
    ) -> None:
        said = r"BlindIndex.*does not hold expires.*include"
        with pytest.raises(InvalidRequest, match=said):
            await memos.query(Memo.blind, "a", only=["number"])
        with pytest.raises(InvalidRequest, match=said):
            await memos.scan(Memo.blind, only=["number"])
        with pytest.raises(InvalidRequest, match="does not hold"):
            await memos.count(Memo.blind)

    async def test_a_local_index_of_keys_alone_hides_what_is_hidden(
        self, memos: Repository[Memo]
    ) -> None:
        found = await memos.query(Memo.ranks, "f", Memo.title == "a")
        assert sorted(one.number for one in found) == [0, 3]
        assert await memos.count(Memo.ranks, "f", Memo.title == "a") == 2
        ranks = await memos.query(Memo.ranks, "f", only=["rank"])
        assert sorted(one["rank"] for one in ranks) == [0, 3]

    async def test_pages_are_full_and_end_where_the_items_do(self, memos: Repository[Memo]) -> None:
        await memos.put_many([memo(number, rank=number) for number in range(6, 12)])
        expected = [0, 3, *range(6, 12)]
        for arguments in (("f",), (Memo.by_title, "a"), (Memo.by_rank, "f")):
            ask: Any = memos.page
            found: list[int] = []
            token: str | None = None
            while True:
                page = await ask(*arguments, limit=3, after=token)
                found += [one.number for one in page]
                token = page.next
                if token is None:
                    break
                assert page.count == 3
            assert found == expected

    async def test_a_page_of_the_view_is_none_of_the_repository(
        self, memos: Repository[Memo]
    ) -> None:
        token = (await memos.with_deleted().page("f", limit=1)).next
        with pytest.raises(InvalidCursor):
            await memos.page("f", limit=1, after=token)
        assert (await memos.with_deleted().page("f", limit=1, after=token)).items[0].number == 1

    async def test_a_delete_counts_a_version_and_keeps_the_times(
        self, memos: Repository[Memo]
    ) -> None:
        kept = await memos.create(memo(7, created_at=LONG_AGO))
        await memos.delete(kept)
        deleted = await memos.with_deleted().get(kept)
        assert (deleted.version, deleted.created_at) == (2, LONG_AGO)
        assert deleted.deleted_at is not None
        assert deleted.updated_at == deleted.deleted_at.replace(microsecond=0)
        restored = await memos.restore(deleted)
        assert (restored.version, restored.deleted_at) == (3, None)
        with pytest.raises(VersionConflict):
            await memos.delete(kept)
        with pytest.raises(VersionConflict):
            await memos.purge(deleted)
        with pytest.raises(VersionConflict):
            await memos.restore(kept)
        await memos.purge(restored)

    async def test_versions_hold_over_a_deleted_item(
        self, memos: Repository[Memo], database: Database
    ) -> None:
        one = await memos.create(memo(7))
        await memos.delete(("f", 7))
        for stale in (one, memo(7)):
            with pytest.raises(VersionConflict) as caught:
                await memos.put(stale)
            assert caught.value.current is None
            with pytest.raises(TransactionCancelled) as cancelled:
                await database.transact(memos.to_put(stale))
            assert isinstance(cancelled.value.errors[0], VersionConflict)
        with pytest.raises(VersionConflict):
            await memos.delete(one)
        alive = await memos.put(await memos.with_deleted().get(one))
        assert (alive.version, alive.deleted_at) == (3, None)

    async def test_versions_begin_anew_after_an_expiry(self, memos: Repository[Memo]) -> None:
        old = await memos.put(memo(7, expires=over(), title="old"))
        with pytest.raises(VersionConflict, match="no item now"):
            await memos.put(old)
        with pytest.raises(VersionConflict):
            await memos.delete(old)
        with pytest.raises(VersionConflict):
            await memos.update(old, Memo.rank.set(1))
        new = await memos.put(memo(7, expires=later()))
        assert new.version == 1
        await memos.put(memo(8, expires=over(), version=0))
        upserted = await memos.update(("f", 8), Memo.rank.add(5), upsert=True)
        assert (upserted.version, upserted.rank, upserted.expires) == (1, 5, None)
        assert upserted.created_at is not None
        await memos.put(memo(9, expires=over()))
        await memos.put_many([memo(9, expires=later())])
        await memos.put(memo(10, expires=over()))
        assert [one.version for one in await memos.create_many([memo(10)])] == [1]

    async def test_what_has_expired_cannot_be_restored(self, memos: Repository[Memo]) -> None:
        await memos.with_deleted().put(memo(7, deleted_at=LONG_AGO, expires=over()))
        with pytest.raises(NotFound):
            await memos.restore(("f", 7))
        assert await memos.with_deleted().find(("f", 7)) is None
        assert (await memos.create(memo(7))).version == 1
