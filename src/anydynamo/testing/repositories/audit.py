"""Audit trails: exactly one entry for each write, with what was before and what is after."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.errors import (
    AlreadyExists,
    InvalidRequest,
    NotFound,
    TransactionCancelled,
    UniqueViolation,
)
from anydynamo.models.audit import AuditEntry
from anydynamo.models.table import Attr, Table, attribute

if TYPE_CHECKING:
    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository
    from anydynamo.testing.repositories.models import Raw

__all__ = ["AuditContract", "Case", "CaseAudit", "Tally", "TallyAudit"]


class CaseAudit(AuditEntry, name="case_audit"):
    """What was done to cases."""


class Case(Table, name="cases", audit=CaseAudit):
    """A trail beside soft delete, versions and unique values."""

    office: Attr[str] = attribute(hash_key=True)
    number: Attr[str] = attribute(range_key=True)
    title: Attr[str] = attribute(default="")
    slug: Attr[str | None] = attribute(default=None, unique=True)
    tags: Attr[set[str] | None] = attribute(default=None)
    updated_at: Attr[datetime | None] = attribute(default=None, updated=True)
    deleted_at: Attr[datetime | None] = attribute(default=None, deleted=True)
    version: Attr[int] = attribute(version=True, default=0)


class TallyAudit(AuditEntry, name="tally_audit"):
    """What was done to tallies."""


class Tally(Table, name="tallies", audit=TallyAudit):
    """A trail alone."""

    tally_id: Attr[int] = attribute(hash_key=True)
    count: Attr[int] = attribute(default=0)  # type: ignore[assignment] # PynamoDB's `count`


class AuditContract:
    """No write without its entry, and no entry without its write."""

    @pytest.fixture
    async def cases(self, database: Database) -> Repository[Case]:
        """An empty table of cases."""
        await database.create_tables([Case, CaseAudit])
        return database.repository(Case)

    @pytest.fixture
    async def tallies(self, database: Database) -> Repository[Tally]:
        """An empty table of tallies."""
        await database.create_tables([Tally, TallyAudit])
        return database.repository(Tally)

    async def trail(self, database: Database, key: Any = ("a", "1")) -> list[AuditEntry]:
        """Return the entries of a case, in order."""
        entries = database.repository(CaseAudit)
        return [one async for one in entries.query(CaseAudit.entity_of(Case, key))]

    async def test_each_kind_of_write_has_its_entry(
        self, cases: Repository[Case], database: Database
    ) -> None:
        began = datetime.now(UTC)
        case = Case(office="a", number="1", title="one", tags={"x", "y"})
        await cases.create(case)
        await cases.put(case)
        await cases.update(("a", "1"), Case.title.set("two"))
        await cases.delete(("a", "1"))
        await cases.restore(("a", "1"))
        await cases.purge(("a", "1"))
        trail = await self.trail(database)
        assert [one.operation for one in trail] == [
            *("create", "put", "update", "delete", "restore", "purge")
        ]
        assert trail[0].before is None
        assert trail[-1].after is None
        for one, following in pairwise(trail):
            assert one.after == following.before
            assert one.at <= following.at
        assert began <= trail[0].at <= datetime.now(UTC)
        assert trail[0].after is not None
        assert trail[0].after["tags"] == {"x", "y"}
        assert [one.after["version"] for one in trail if one.after] == [1, 2, 3, 4, 5]
        assert [one.actor for one in trail] == [None] * 6

    async def test_an_entry_holds_the_items_as_they_are_stored(
        self, tallies: Repository[Tally], raw: Raw, database: Database
    ) -> None:
        await raw(
            "PutItem",
            {
                "TableName": tallies.table,
                "Item": {
                    "tally_id": {"N": "1"},
                    "count": {"N": "2"},
                    "other": {"NS": ["1", "2.5"]},
                },
            },
        )
        await tallies.update(1, Tally.count.add(3))
        entries = database.repository(TallyAudit)
        response = await raw("Scan", {"TableName": entries.table})
        (entry,) = response["Items"]
        before, after = entry["before"]["M"], entry["after"]["M"]
        assert (before["count"], after["count"]) == ({"N": "2"}, {"N": "5"})
        for image in (before, after):
            assert image["tally_id"] == {"N": "1"}
            assert sorted(image["other"]["NS"]) == ["1", "2.5"]
        assert entry["entity"]["S"] == TallyAudit.entity_of(Tally, 1)

    async def test_batches_and_transactions_have_their_entries(
        self, cases: Repository[Case], database: Database
    ) -> None:
        await cases.put_many([Case(office="a", number=str(number)) for number in range(60)])
        await cases.delete_many([("a", "0"), ("a", "1"), ("a", "none")])
        await cases.create_many([Case(office="a", number="2"), Case(office="b", number="2")])
        async with cases.batch() as batch:
            await batch.delete(("a", "2"))
            await batch.put(Case(office="b", number="3"))
        await database.transact(
            cases.to_update(("a", "3"), Case.title.set("x")),
            cases.to_restore(("a", "1")),
            cases.to_purge(("a", "4")),
            cases.to_delete(("a", "none")),
            cases.to_check(("a", "5"), Case.title == ""),
        )
        entries = database.repository(CaseAudit)
        assert await entries.count() == 60 + 2 + 1 + 2 + 3
        assert [one.operation for one in await self.trail(database)] == ["put", "delete", "restore"]
        assert [one.operation for one in await self.trail(database, ("a", "4"))] == [
            "put",
            "purge",
        ]

    async def test_what_fails_or_does_nothing_has_no_entry(
        self, cases: Repository[Case], database: Database
    ) -> None:
        await cases.create(Case(office="a", number="1", slug="s"))
        with pytest.raises(AlreadyExists):
            await cases.create(Case(office="a", number="1"))
        with pytest.raises(UniqueViolation):
            await cases.create(Case(office="a", number="2", slug="s"))
        with pytest.raises(NotFound):
            await cases.update(("a", "2"), Case.title.set("x"))
        with pytest.raises(TransactionCancelled):
            await database.transact(
                cases.to_update(("a", "1"), Case.title.set("x")),
                cases.to_check(("a", "2"), Case.title.exists()),
            )
        await cases.delete(("a", "2"))
        await cases.purge(("a", "2"))
        await cases.restore(("a", "1"))
        assert [one.operation for one in await self.trail(database)] == ["create"]
        assert await database.repository(CaseAudit).count() == 1

    async def test_a_view_says_who_acts(self, cases: Repository[Case], database: Database) -> None:
        alice = cases.acting_as("alice")
        await alice.create(Case(office="a", number="1"))
        await alice.with_deleted().update(("a", "1"), Case.title.set("x"))
        await alice.acting_as("bob").delete(("a", "1"))
        await database.transact(alice.to_restore(("a", "1")))
        assert [one.actor for one in await self.trail(database)] == [
            *("alice", "alice", "bob", "alice")
        ]
        with pytest.raises(InvalidRequest, match="not empty"):
            cases.acting_as("")

    async def test_entries_are_exact_under_concurrency(
        self, tallies: Repository[Tally], database: Database
    ) -> None:
        await tallies.create(Tally(tally_id=1))

        async def add() -> None:
            await tallies.update(1, Tally.count.add(1))

        await asyncio.gather(*(add() for _ in range(5)))
        entries = database.repository(TallyAudit)
        trail = [one async for one in entries.query(TallyAudit.entity_of(Tally, 1))]
        steps = sorted(
            (-1 if one.before is None else one.before["count"], one.after["count"])
            for one in trail
            if one.after is not None
        )
        assert steps == [(number - 1, number) for number in range(6)]

    async def test_a_model_without_a_trail_has_no_actors(self, database: Database) -> None:
        with pytest.raises(InvalidRequest, match="has no audit trail"):
            database.repository(CaseAudit).acting_as("alice")
