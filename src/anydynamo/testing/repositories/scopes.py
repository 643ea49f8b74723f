"""Scopes: a repository that holds the items of one owner, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    InvalidCursor,
    InvalidRequest,
    NotFound,
    TransactionCancelled,
    UniqueViolation,
    VersionConflict,
)
from anydynamo.models.table import Attr, GlobalIndex, LocalIndex, Table, attribute

if TYPE_CHECKING:
    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository
    from anydynamo.testing.repositories.models import Raw

__all__ = ["Leaf", "Member", "Note", "ScopeContract", "Sheet", "Slip"]


class Note(Table, name="notes"):
    """Its owner is an attribute like others, and in the keys of indexes."""

    note_id: Attr[str] = attribute(hash_key=True, attr_name="noteId")
    owner: Attr[str] = attribute(attr_name="ownerId")
    text: Attr[str] = attribute(default="")
    kind: Attr[str] = attribute(default="a")
    rank: Attr[int] = attribute(default=0)
    version: Attr[int] = attribute(version=True, default=0)

    by_owner = GlobalIndex("OwnerIndex", hash_key=owner, range_key=rank)
    by_kind = GlobalIndex("KindIndex", hash_key=kind, range_key=rank)
    by_kind_and_owner = GlobalIndex("KindOwnerIndex", hash_key=kind, range_key=owner)
    ranks = GlobalIndex("RankIndex", hash_key=kind, range_key=rank, projection="KEYS_ONLY")


class Leaf(Table, name="leaves"):
    """Its owner is the sort key."""

    book: Attr[str] = attribute(hash_key=True)
    owner: Attr[str] = attribute(range_key=True)
    text: Attr[str] = attribute(default="")

    by_owner = GlobalIndex("LeafOwnerIndex", hash_key=owner, range_key=book)


class Sheet(Table, name="sheets"):
    """Its owner is the partition key."""

    owner: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)
    text: Attr[str] = attribute(default="")

    by_text = LocalIndex("TextIndex", range_key=text, projection="KEYS_ONLY")


class Member(Table, name="members"):
    """No two have one address, whoever has entered them."""

    member_id: Attr[str] = attribute(hash_key=True)
    owner: Attr[str] = attribute()
    email: Attr[str] = attribute(unique=True)


class Slip(Table, name="slips", expired="hide"):
    """It counts as absent once it has expired, though DynamoDB may still hold it."""

    slip_id: Attr[str] = attribute(hash_key=True)
    owner: Attr[str] = attribute()
    text: Attr[str] = attribute(default="")
    expires: Attr[int | None] = attribute(default=None, ttl=True)


def note(number: int, owner: str = "ann", **values: Any) -> Note:
    """Return a note, whose text tells whose it is."""
    given: dict[str, Any] = {"note_id": f"n{number}", "owner": owner, "text": f"{owner}'s"}
    return Note(**given | values)


class ScopeContract:
    """What a scoped repository shows and does, whoever else has items in the table."""

    @pytest.fixture
    async def notes(self, database: Database) -> Repository[Note]:
        """Three notes each of Ann and Bob, in turn."""
        await database.create_tables([Note])
        notes = database.repository(Note)
        for number in range(6):
            await notes.put(note(number, ("ann", "bob")[number % 2], rank=number))
        return notes

    @pytest.fixture
    def anns(self, notes: Repository[Note]) -> Repository[Note]:
        """What Ann has of them."""
        return notes.scoped(Note.owner, "ann")

    async def test_reads_find_ones_own_and_nothing_else(self, anns: Repository[Note]) -> None:
        assert (await anns.get("n0")).owner == "ann"
        assert await anns.find("n1") is None
        assert await anns.find(note(1, "bob")) is None
        assert not await anns.exists("n1")
        assert [one.note_id for one in await anns.get_many(["n1", "n2", "n0", "n9"])] == [
            "n2",
            "n0",
        ]
        with pytest.raises(NotFound) as theirs:
            await anns.get("n1")
        with pytest.raises(NotFound) as absent:
            await anns.get("n9")
        assert str(theirs.value) == str(absent.value).replace("n9", "n1")

    async def test_projections_do_not_show_an_owner_that_was_not_asked_for(
        self, anns: Repository[Note]
    ) -> None:
        assert await anns.get("n0", only=[Note.rank]) == {"rank": 0}
        assert await anns.find("n1", only=[Note.rank]) is None
        assert await anns.get_many(["n0", "n1"], only=["rank"]) == [{"rank": 0}]
        assert await anns.query(Note.by_kind, "a", only=["rank"]) == [
            {"rank": 0},
            {"rank": 2},
            {"rank": 4},
        ]

    async def test_queries_scans_and_counts_leave_others_out(self, anns: Repository[Note]) -> None:
        assert [one.rank for one in await anns.query(Note.by_kind, "a")] == [0, 2, 4]
        assert [one.rank for one in await anns.query(Note.by_kind, "a", Note.rank > 0)] == [2, 4]
        assert [one.rank for one in await anns.query(Note.by_owner, "ann", reverse=True)] == [
            4,
            2,
            0,
        ]
        assert {one.rank for one in await anns.scan()} == {0, 2, 4}
        assert {one.rank for one in await anns.scan(Note.by_kind, segments=2)} == {0, 2, 4}
        assert await anns.scan(filter=Note.owner == "bob") == []
        assert await anns.query(Note.by_kind, "a", filter=Note.text == "bob's") == []
        assert await anns.count() == 3
        assert await anns.count(Note.by_kind) == 3
        assert await anns.count(Note.by_kind, "a", Note.rank > 0) == 2
        assert await anns.count(Note.by_kind, "a", filter=Note.text == "bob's") == 0

    async def test_an_owner_in_an_indexs_key_is_part_of_the_question(
        self, anns: Repository[Note]
    ) -> None:
        assert {one.rank for one in await anns.query(Note.by_kind_and_owner, "a")} == {0, 2, 4}
        assert await anns.count(Note.by_kind_and_owner, "a") == 3
        with pytest.raises(InvalidRequest, match="owner"):
            await anns.query(Note.by_owner, "bob")
        with pytest.raises(InvalidRequest, match="owner"):
            await anns.query(Note.by_kind_and_owner, "a", Note.owner == "bob")

    async def test_an_index_without_the_owner_is_refused(self, anns: Repository[Note]) -> None:
        for asked in (
            lambda: anns.query(Note.ranks, "a", only=["rank"]),
            lambda: anns.scan(Note.ranks, only=["rank"]),
            lambda: anns.count(Note.ranks, "a"),
        ):
            with pytest.raises(InvalidRequest, match=r"does not hold owner.*project"):
                await asked()

    async def test_pages_are_full_and_their_tokens_stand_at_ones_own_items(
        self, notes: Repository[Note], anns: Repository[Note]
    ) -> None:
        ranks: list[int] = []
        token = None
        while True:
            page = await anns.page(Note.by_kind, "a", page_size=1, limit=2, after=token)
            ranks += [one.rank for one in page]
            assert page.scanned == page.count
            token = page.next
            if token is None:
                break
        assert ranks == [0, 2, 4]
        first = await anns.scan_page(page_size=1)
        assert first.count == 1
        foreign = await notes.page(Note.by_kind, "a", limit=2)
        own = await anns.page(Note.by_kind, "a", limit=2)
        for repository, other in ((anns, foreign.next), (notes, own.next)):
            with pytest.raises(InvalidCursor):
                await repository.page(Note.by_kind, "a", limit=2, after=other)
        with pytest.raises(InvalidCursor):
            await notes.scoped(Note.owner, "bob").page(Note.by_kind, "a", limit=2, after=own.next)

    async def test_ones_own_items_are_written_as_ever(self, anns: Repository[Note]) -> None:
        new = await anns.create(note(7))
        assert new.version == 1
        assert (await anns.update("n7", Note.rank.set(7), condition=Note.rank == 0)).rank == 7
        await anns.put(await anns.get("n7"))
        with pytest.raises(VersionConflict):
            await anns.put(new)
        with pytest.raises(ConditionFailed) as failed:
            await anns.update("n7", Note.rank.set(8), condition=Note.rank == 0)
        assert isinstance(failed.value.current, Note)
        with pytest.raises(AlreadyExists) as taken:
            await anns.create(note(7))
        assert isinstance(taken.value.current, Note)
        assert (await anns.delete("n7", return_old=True)) is not None
        assert await anns.delete("n7", return_old=True) is None

    async def test_an_instance_of_another_owner_is_refused_before_it_is_sent(
        self, anns: Repository[Note]
    ) -> None:
        for write in (anns.create, anns.put):
            with pytest.raises(InvalidRequest, match="owner"):
                await write(note(9, "bob"))
        with pytest.raises(InvalidRequest, match="owner"):
            await anns.put_many([note(8), note(9, "bob")])
        for make in (anns.to_create, anns.to_put):
            with pytest.raises(InvalidRequest, match="owner"):
                make(note(9, "bob"))
        async with anns.batch() as batch:
            with pytest.raises(InvalidRequest, match="owner"):
                await batch.put(note(9, "bob"))

    async def test_a_taken_key_is_refused_without_showing_what_is_there(
        self, notes: Repository[Note], anns: Repository[Note]
    ) -> None:
        mine = note(1, "ann", version=1)
        for write in (
            lambda: anns.create(note(1, "ann")),
            lambda: anns.put(mine),
            lambda: anns.put(mine, condition=Note.text == "bob's"),
            lambda: anns.put(mine, condition=Note.text == "x"),
            lambda: anns.update("n1", Note.rank.set(9), upsert=True),
            lambda: anns.put_many([mine]),
        ):
            with pytest.raises(AlreadyExists, match="there is an item under this key") as taken:
                await write()
            assert_hidden(taken.value, "bob")
        assert (await notes.get("n1")).rank == 1

    async def test_anothers_item_is_as_good_as_absent(
        self, notes: Repository[Note], anns: Repository[Note]
    ) -> None:
        texts: list[list[str]] = []
        for key in ("n1", "n9"):
            with pytest.raises(NotFound) as gone:
                await anns.update(key, Note.rank.set(9))
            with pytest.raises(NotFound) as unmet:
                await anns.update(key, Note.rank.set(9), condition=Note.text == "bob's")
            with pytest.raises(ConditionFailed) as failed:
                await anns.delete(key, condition=Note.text == "bob's")
            with pytest.raises(VersionConflict) as conflict:
                await anns.delete(Note(note_id=key, owner="ann", version=1))
            errors = [gone.value, unmet.value, failed.value, conflict.value]
            for error in errors:
                assert_hidden(error, "bob")
            texts.append([str(error).replace(key, "?") for error in errors])
            await anns.delete(key)
            assert await anns.delete(key, return_old=True) is None
        assert texts[0] == texts[1]
        assert await notes.get("n1") == note(1, "bob", rank=1, version=1)

    async def test_the_owner_of_an_item_cannot_be_changed(self, anns: Repository[Note]) -> None:
        with pytest.raises(InvalidRequest, match="owner"):
            await anns.update("n0", Note.owner.set("bob"))
        with pytest.raises(InvalidRequest, match="owner"):
            await anns.update("n0", Note.rank.set(1), Note.owner.remove())
        with pytest.raises(InvalidRequest, match="owner"):
            anns.to_update("n0", Note.owner.set("ann"))

    async def test_an_upsert_makes_an_item_of_ones_own(
        self, anns: Repository[Note], raw: Raw
    ) -> None:
        made = await anns.update("n8", Note.rank.set(8), upsert=True)
        assert (made.owner, made.rank) == ("ann", 8)
        assert (await anns.update("n8", Note.rank.add(1), upsert=True)).rank == 9
        stored = await raw("GetItem", {"TableName": anns.table, "Key": {"noteId": {"S": "n8"}}})
        assert stored["Item"]["ownerId"] == {"S": "ann"}

    async def test_batches_leave_others_alone(
        self, notes: Repository[Note], anns: Repository[Note]
    ) -> None:
        await anns.put_many([note(10), note(11)])
        await anns.delete_many(["n10", "n1", "n99", "n0"])
        async with anns.batch() as batch:
            await batch.delete("n11")
            await batch.delete("n3")
            await batch.put(note(12))
        assert {one.note_id for one in await anns.scan()} == {"n2", "n4", "n12"}
        assert {one.note_id for one in await notes.scan(filter=Note.owner == "bob")} == {
            "n1",
            "n3",
            "n5",
        }
        assert await anns.create_many([note(1), note(13)]) == [await anns.get("n13")]

    async def test_transactions_leave_others_alone(
        self, database: Database, notes: Repository[Note], anns: Repository[Note]
    ) -> None:
        taken = note(1, "ann")
        for action in (
            anns.to_create(taken),
            anns.to_put(taken),
            anns.to_update("n1", Note.rank.set(9)),
            anns.to_update("n1", Note.rank.set(9), upsert=True),
            anns.to_delete("n1", condition=Note.text == "bob's"),
            anns.to_check("n1", Note.text == "bob's"),
        ):
            with pytest.raises(TransactionCancelled) as cancelled:
                await database.transact(anns.to_update("n0", Note.rank.set(9)), action)
            assert_hidden(cancelled.value, "bob")
        assert [one.rank for one in await notes.get_many(["n0", "n1"])] == [0, 1]

        await database.transact(
            anns.to_update("n0", Note.rank.set(9)),
            anns.to_check("n2", Note.rank == 2),
            anns.to_delete("n4"),
            anns.to_delete("n3"),
            anns.to_delete("n9"),
            anns.to_create(note(14)),
        )
        assert await notes.exists("n3")
        reads = [anns.to_get(key) for key in ("n0", "n1", "n4", "n14")]
        found = await database.transact_get(*reads)
        assert [one and one.rank for one in found] == [9, None, None, 0]
        assert await database.transact_get(anns.to_get("n1", only=["rank"])) == (None,)

    async def test_an_owner_that_is_the_sort_key_is_a_condition_on_it(
        self, database: Database
    ) -> None:
        await database.create_tables([Leaf])
        leaves = database.repository(Leaf)
        for owner in ("ann", "bob"):
            await leaves.put_many([Leaf(book=book, owner=owner, text=owner) for book in "xy"])
        anns = leaves.scoped(Leaf.owner, "ann")
        assert [one.text for one in await anns.query("x")] == ["ann"]
        assert [one.text for one in await anns.query("x", filter=Leaf.text == "bob")] == []
        assert [one.book for one in await anns.query(Leaf.by_owner, "ann")] == ["x", "y"]
        assert await anns.count("x") == 1
        assert await anns.count() == 2
        assert {one.book for one in await anns.scan()} == {"x", "y"}
        assert await anns.find(("x", "bob")) is None
        assert await anns.get_many([("x", "bob"), ("x", "ann")]) == [
            Leaf(book="x", owner="ann", text="ann")
        ]
        await anns.delete_many([("x", "bob"), ("y", "ann")])
        await anns.delete(("y", "bob"))
        with pytest.raises(NotFound):
            await anns.update(("x", "bob"), Leaf.text.set("ann"))
        with pytest.raises(InvalidRequest, match="owner"):
            await anns.update(("z", "bob"), Leaf.text.set("ann"), upsert=True)
        made = await anns.update(("z", "ann"), Leaf.text.set("new"), upsert=True)
        assert made.owner == "ann"
        found = {(one.book, one.owner, one.text) for one in await leaves.scan()}
        assert found == {
            ("x", "ann", "ann"),
            ("z", "ann", "new"),
            ("x", "bob", "bob"),
            ("y", "bob", "bob"),
        }

    async def test_an_owner_that_is_the_partition_key_is_the_partition(
        self, database: Database
    ) -> None:
        await database.create_tables([Sheet])
        sheets = database.repository(Sheet)
        for owner in ("ann", "bob"):
            await sheets.put_many([Sheet(owner=owner, number=n, text=owner) for n in range(3)])
        anns = sheets.scoped(Sheet.owner, "ann")
        assert [one.number for one in await anns.query("ann", Sheet.number > 0)] == [1, 2]
        assert len(await anns.query("ann", only=["number"])) == 3
        assert await anns.query(Sheet.by_text, "ann", only=["number"], limit=1) != []
        with pytest.raises(InvalidRequest, match="owner"):
            await anns.query("bob")
        with pytest.raises(InvalidRequest, match="owner"):
            await anns.page("bob", limit=1)
        assert await anns.count() == 3
        assert await anns.find(("bob", 1)) is None
        await anns.put_many([Sheet(owner="ann", number=7, text="ann")])
        await anns.delete_many([("ann", 0), ("bob", 0)])
        assert await sheets.count() == 6

    async def test_scopes_nest_and_cannot_be_taken_off(
        self, notes: Repository[Note], anns: Repository[Note]
    ) -> None:
        await notes.put(note(20, "ann", kind="b"))
        both = anns.scoped(Note.kind, "b")
        assert [one.note_id for one in await both.scan()] == ["n20"]
        assert await both.find("n0") is None
        assert await both.find("n1") is None
        with pytest.raises(InvalidRequest, match="kind"):
            await both.put(note(21, "ann"))
        with pytest.raises(InvalidRequest, match="owner"):
            await both.put(note(21, "bob", kind="b"))
        assert (await both.update("n22", Note.rank.set(1), upsert=True)).kind == "b"
        with pytest.raises(InvalidRequest, match="scope"):
            anns.scoped(Note.owner, "bob")
        assert await anns.scoped(Note.owner, "ann").find("n1") is None

    async def test_numbers_are_owners_like_others(self, notes: Repository[Note]) -> None:
        fourth = notes.scoped(Note.rank, 4)
        assert [one.note_id for one in await fourth.scan()] == ["n4"]
        assert await fourth.find("n3") is None
        assert (await fourth.get("n4")).rank == 4

    async def test_a_value_that_another_has_is_refused_without_saying_who(
        self, database: Database
    ) -> None:
        await database.create_tables([Member])
        members = database.repository(Member)
        anns, bobs = (members.scoped(Member.owner, owner) for owner in ("ann", "bob"))
        await bobs.create(Member(member_id="bobs-1", owner="bob", email="b@example.com"))
        await anns.create(Member(member_id="1", owner="ann", email="a@example.com"))
        taken = Member(member_id="2", owner="ann", email="b@example.com")
        for write in (
            lambda: anns.create(taken),
            lambda: anns.update("1", Member.email.set("b@example.com")),
            lambda: anns.put_many([taken]),
            lambda: database.transact(anns.to_put(taken)),
        ):
            with pytest.raises((UniqueViolation, TransactionCancelled)) as refused:
                await write()
            assert_hidden(refused.value, "bobs-1")
        await anns.delete("bobs-1")
        assert {one.member_id for one in await members.scan()} == {"bobs-1", "1"}

    async def test_what_has_expired_of_others_stays_as_it_is(
        self, database: Database, raw: Raw
    ) -> None:
        await database.create_tables([Slip])
        everything: Repository[Slip] = database.repository(Slip)
        long_ago = int(database.session.clock()) - 3600
        for owner in ("ann", "bob"):
            await everything.put(Slip(slip_id=owner, owner=owner, text="old", expires=long_ago))
        anns = everything.scoped(Slip.owner, "ann")
        new = Slip(slip_id="bob", owner="ann", text="new")
        for write in (
            lambda: anns.create(new),
            lambda: anns.put(new),
            lambda: anns.put_many([new]),
            lambda: anns.update("bob", Slip.text.set("new"), upsert=True),
            lambda: database.transact(anns.to_create(new)),
        ):
            with pytest.raises((AlreadyExists, TransactionCancelled)) as refused:
                await write()
            assert_hidden(refused.value, "old")
        with pytest.raises(NotFound):
            await anns.update("bob", Slip.text.set("new"))
        await anns.delete("bob")
        await anns.purge("bob")
        await anns.delete_many(["bob"])
        await database.transact(anns.to_delete("bob"), anns.to_purge("ann"))
        await anns.create(Slip(slip_id="ann", owner="ann", text="new"))
        request = {"TableName": everything.table, "ConsistentRead": True}
        stored = (await raw("Scan", request))["Items"]
        assert {one["slip_id"]["S"]: one["text"]["S"] for one in stored} == {
            "ann": "new",
            "bob": "old",
        }

    async def test_an_owner_that_is_none_is_refused_at_once(self, notes: Repository[Note]) -> None:
        nobodies: list[Any] = ["", None, 5, ["ann"]]
        for nobody in nobodies:
            with pytest.raises(InvalidRequest, match="owner"):
                notes.scoped(Note.owner, nobody)
        with pytest.raises(InvalidRequest):
            notes.scoped(Leaf.owner, "ann")  # type: ignore[arg-type]
        with pytest.raises(InvalidRequest):
            notes.scoped("owners", "ann")  # type: ignore[arg-type]


def assert_hidden(error: BaseException, secret: str) -> None:
    """Fail if an error, or one that it came from, shows something."""
    seen: dict[int, BaseException] = {}
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen[id(one)] = one
        assert secret not in f"{one!s}{one!r}{vars(one)!r}", repr(one)
        left += [one.__cause__, one.__context__, *vars(one).get("errors", ())]
