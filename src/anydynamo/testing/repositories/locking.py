"""Optimistic locking, in every kind of write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    InvalidRequest,
    NotFound,
    TransactionCancelled,
    VersionConflict,
)
from anydynamo.testing.repositories.models import Draft, Legacy

if TYPE_CHECKING:
    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository
    from anydynamo.testing.repositories.models import Raw

__all__ = ["LockingContract"]


class LockingContract:
    """Of two who read the same version, one writes and the other is told."""

    @pytest.fixture
    async def drafts(self, database: Database) -> Repository[Draft]:
        """An empty table of drafts."""
        await database.create_tables([Draft])
        return database.repository(Draft)

    async def test_versions_count_the_writes(self, drafts: Repository[Draft]) -> None:
        draft = await drafts.create(Draft(draft_id="1"))
        assert draft.version == 1
        await drafts.put(draft)
        assert draft.version == 2
        assert (await drafts.update(draft, Draft.text.set("x"))).version == 3
        assert (await drafts.update("1", Draft.text.set("y"))).version == 4
        assert (await drafts.get("1")).version == 4

    async def test_the_second_of_two_writers_is_told_and_keeps_its_version(
        self, drafts: Repository[Draft]
    ) -> None:
        await drafts.create(Draft(draft_id="1"))
        ada, grace = await drafts.get("1"), await drafts.get("1")
        ada.text = "Ada's"
        await drafts.put(ada)
        grace.text = "Grace's"
        with pytest.raises(VersionConflict, match=r"version 1 was read.*2 is stored") as caught:
            await drafts.put(grace)
        assert caught.value.current == ada
        assert grace.version == 1
        assert await drafts.get("1") == ada

    async def test_of_two_who_put_a_new_item_one_is_told(self, drafts: Repository[Draft]) -> None:
        await drafts.put(Draft(draft_id="1", text="first"))
        second = Draft(draft_id="1", text="second")
        with pytest.raises(VersionConflict):
            await drafts.put(second)
        assert second.version == 0
        assert (await drafts.get("1")).text == "first"

    async def test_a_stored_version_of_0_is_a_version(
        self, drafts: Repository[Draft], raw: Raw
    ) -> None:
        await self._store(drafts, raw, {"draft_id": {"S": "1"}, "version": {"N": "0"}})
        ada, grace = await drafts.get("1"), await drafts.get("1")
        assert ada.version == 0
        await drafts.put(ada)
        with pytest.raises(VersionConflict):
            await drafts.put(grace)
        assert ada.version == 1

    async def test_an_item_that_was_stored_without_a_version_gets_one(
        self, drafts: Repository[Draft], raw: Raw
    ) -> None:
        await self._store(drafts, raw, {"draft_id": {"S": "1"}})
        ada, grace = await drafts.get("1"), await drafts.get("1")
        await drafts.put(ada)
        with pytest.raises(VersionConflict):
            await drafts.update(grace, Draft.text.set("x"))
        assert (await drafts.get("1")).version == 1

    async def test_an_update_by_instance_compares_and_one_by_key_only_counts(
        self, drafts: Repository[Draft]
    ) -> None:
        draft = await drafts.create(Draft(draft_id="1"))
        await drafts.update("1", Draft.text.set("by key"))
        with pytest.raises(VersionConflict) as caught:
            await drafts.update(draft, Draft.text.set("by instance"))
        assert isinstance(caught.value.current, Draft)
        assert caught.value.current.text == "by key"
        assert draft.version == 1

    async def test_after_an_update_the_instance_that_was_given_cannot_be_written_over_it(
        self, drafts: Repository[Draft]
    ) -> None:
        draft = await drafts.create(Draft(draft_id="1"))
        await drafts.update(draft, Draft.text.set("new"))
        with pytest.raises(VersionConflict):
            await drafts.put(draft)
        assert (await drafts.get("1")).text == "new"

    async def test_a_delete_by_instance_compares_and_one_by_key_does_not(
        self, drafts: Repository[Draft]
    ) -> None:
        stale = await drafts.create(Draft(draft_id="1"))
        await drafts.update("1", Draft.text.set("x"))
        with pytest.raises(VersionConflict):
            await drafts.delete(stale)
        assert await drafts.exists("1")
        await drafts.delete(await drafts.get("1"))
        with pytest.raises(VersionConflict, match="no item now"):
            await drafts.delete(stale)
        await drafts.delete("1")

    async def test_a_put_over_an_item_that_was_deleted_meanwhile_is_a_conflict(
        self, drafts: Repository[Draft]
    ) -> None:
        draft = await drafts.create(Draft(draft_id="1"))
        await drafts.delete("1")
        with pytest.raises(VersionConflict):
            await drafts.put(draft)
        assert not await drafts.exists("1")

    async def test_create_of_a_taken_key_is_no_version_conflict(
        self, drafts: Repository[Draft]
    ) -> None:
        await drafts.create(Draft(draft_id="1"))
        again = Draft(draft_id="1")
        with pytest.raises(AlreadyExists):
            await drafts.create(again)
        assert again.version == 0

    async def test_a_false_condition_with_the_right_version_is_no_version_conflict(
        self, drafts: Repository[Draft]
    ) -> None:
        draft = await drafts.create(Draft(draft_id="1", text="a"))
        with pytest.raises(ConditionFailed) as caught:
            await drafts.put(draft, condition=Draft.text == "b")
        assert type(caught.value) is ConditionFailed
        assert draft.version == 1

    async def test_an_update_cannot_set_the_version_itself(self, drafts: Repository[Draft]) -> None:
        await drafts.create(Draft(draft_id="1"))
        with pytest.raises(InvalidRequest, match="version"):
            await drafts.update("1", Draft.version.set(9))

    async def test_an_upsert_begins_to_count(self, drafts: Repository[Draft]) -> None:
        assert (await drafts.update("1", Draft.text.set("x"), upsert=True)).version == 1

    async def test_transactions_compare_versions_and_raise_them_after_success_alone(
        self, drafts: Repository[Draft], database: Database
    ) -> None:
        one = await drafts.create(Draft(draft_id="1"))
        two = await drafts.create(Draft(draft_id="2"))
        stale = await drafts.get("2")
        await drafts.put(two)
        with pytest.raises(TransactionCancelled) as caught:
            await database.transact(drafts.to_put(one), drafts.to_put(stale))
        assert caught.value.errors[0] is None
        assert isinstance(caught.value.errors[1], VersionConflict)
        assert caught.value.errors[1].current == two
        assert (one.version, stale.version) == (1, 1)

        await database.transact(drafts.to_put(one), drafts.to_update(two, Draft.text.set("x")))
        assert one.version == 2
        assert (await drafts.get("1")).version == 2
        assert (await drafts.get("2")).version == 3
        with pytest.raises(TransactionCancelled) as caught:
            await database.transact(drafts.to_delete(two))
        assert isinstance(caught.value.errors[0], VersionConflict)

    async def test_batches_compare_versions(self, drafts: Repository[Draft]) -> None:
        new = [Draft(draft_id=str(number)) for number in range(3)]
        await drafts.put_many(new)
        assert [draft.version for draft in new] == [1, 1, 1]
        stale = await drafts.get("1")
        await drafts.put(new[1])
        with pytest.raises(VersionConflict) as caught:
            await drafts.put_many([new[0], stale])
        assert caught.value.current == new[1]
        assert [new[0].version, stale.version] == [1, 1]
        with pytest.raises(VersionConflict):
            await drafts.delete_many([stale])
        await drafts.delete_many([new[0], "1", new[2]])
        assert await drafts.count() == 0

    async def test_a_batch_of_a_model_with_versions_is_sent_at_the_end(
        self, drafts: Repository[Draft]
    ) -> None:
        draft = Draft(draft_id="1")
        async with drafts.batch() as batch:
            await batch.put(draft)
            await batch.delete("2")
            assert draft.version == 0
        assert draft.version == 1

    async def test_plain_pynamodb_versions_begin_absent(self, database: Database) -> None:
        await database.create_tables([Legacy])
        legacy = database.repository(Legacy)
        item = Legacy(name="a")
        await legacy.put(item)
        assert vars(item)["attribute_values"]["version"] == 1
        stale = await legacy.get("a")
        await legacy.put(item)
        with pytest.raises(VersionConflict):
            await legacy.put(stale)
        with pytest.raises(VersionConflict):
            await legacy.put(Legacy(name="a"))
        with pytest.raises(NotFound):
            await legacy.update(Legacy(name="b"), Legacy.value.set(1))

    async def _store(self, drafts: Repository[Draft], raw: Raw, item: dict[str, object]) -> None:
        await raw("PutItem", {"TableName": drafts.table, "Item": item})
