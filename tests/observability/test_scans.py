"""Where scans have to be meant, those that do not say it are refused before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.targets import EMBEDDED, embedded

from anydynamo import Attr, Database, GlobalIndex, InvalidRequest, Table, attribute, sync

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from anydynamo.observability import Call


class Note(Table, name="notes"):
    person: Attr[str] = attribute(hash_key=True)
    topic: Attr[str] = attribute()
    by_topic = GlobalIndex("by_topic", hash_key=topic)


SCANS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "scan": lambda notes, options: notes.scan(**options),
    "segments": lambda notes, options: notes.scan(segments=3, **options),
    "index": lambda notes, options: notes.scan(Note.by_topic, **options),
    "page": lambda notes, options: notes.scan_page(limit=1, **options),
    "count": lambda notes, options: notes.count(**options),
    "count of an index": lambda notes, options: notes.count(Note.by_topic, **options),
}


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS.keys())
async def test_a_scan_is_made_where_it_is_meant_and_nowhere_else(
    scan: Callable[[Any, dict[str, Any]], Any],
) -> None:
    calls: list[Call] = []
    async with Database.open("memory://", allow_scans=False, observer=calls.append) as db:
        await db.create_tables([Note])
        notes = db.repository(Note)
        calls.clear()
        for options in ({}, {"allow_scan": False}, {"allow_scan": None}):
            with pytest.raises(InvalidRequest, match=r"A scan of notes reads .* allow_scan=True"):
                await scan(notes, options)
        assert not calls
        await scan(notes, {"allow_scan": True})
        assert {call.operation for call in calls} == {"Scan"}


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS.keys())
async def test_a_call_can_refuse_itself(scan: Callable[[Any, dict[str, Any]], Any]) -> None:
    async with Database.open("memory://") as db:
        await db.create_tables([Note])
        await scan(db.repository(Note), {})
        with pytest.raises(InvalidRequest, match="is not allowed here"):
            await scan(db.repository(Note), {"allow_scan": False})


async def test_queries_are_no_scans() -> None:
    async with Database.from_env({"DATABASE_PROVIDER": "memory"}, allow_scans=False) as db:
        await db.create_tables([Note])
        notes = db.repository(Note)
        await notes.put(Note(person="a", topic="t"))
        assert len(await notes.query("a")) == 1
        assert len(await notes.query(Note.by_topic, "t")) == 1
        assert await notes.count("a") == 1


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_blocking_facade_refuses_them_too(name: str, tmp_path: Path) -> None:
    target = embedded(name, tmp_path)
    with sync.Database.open(target.url, allow_scans=False) as db:
        db.create_tables([Note])
        notes = db.repository(Note)
        for scan in (notes.scan, notes.scan_page, notes.count):
            with pytest.raises(InvalidRequest, match="is not allowed here"):
                scan()
        assert list(notes.scan(allow_scan=True)) == []
        assert notes.scan_page(allow_scan=True).items == ()
        assert notes.count(allow_scan=True) == 0
