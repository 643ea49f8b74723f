"""A restore is refused before anything is written, or can be run again until it is done."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime  # noqa: TC003 - tables read their annotations
from typing import TYPE_CHECKING, Any

import pytest
from tests.operations.models import MODELS, Note, Part, note, part

from anydynamo import (
    AlreadyExists,
    AnyDynamoError,
    Attr,
    Database,
    InvalidItem,
    Table,
    TableMismatch,
    Unavailable,
    UniqueViolation,
    attribute,
)
from anydynamo.operations.backup import backup
from anydynamo.operations.replicas import compare
from anydynamo.operations.restore import restore
from anydynamo.operations.verification import verify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo


@pytest.fixture
async def source() -> AsyncIterator[Database]:
    async with Database.open("memory://") as opened:
        yield opened


@pytest.fixture
async def place() -> AsyncIterator[Database]:
    async with Database.open("memory://") as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.json"


EVERYTHING: dict[str, dict[str, Any]] = {
    "empty": {"S": ""},
    "nothing": {"NULL": True},
    "no": {"BOOL": False},
    "bytes": {"B": bytes(range(256))},
    "no bytes": {"B": b""},
    "large": {"N": "9" * 38},
    "small": {"N": "-0.0000000001"},
    "exponent": {"N": "1.5E+100"},
    "texts": {"SS": ["", "b", "a"]},
    "numbers": {"NS": ["3", "-1", "2.50"]},
    "binaries": {"BS": [b"", b"\xff"]},
    "list": {"L": [{"M": {"a.b": {"B": b"\0"}}}, {"L": []}, {"S": "§ 😀 \u2028"}]},
    "map": {"M": {}},
    '"quoted"\n': {"S": "\\ud800"},
}


async def test_every_type_that_dynamodb_has_comes_back(
    database: Database, adapter: DatabaseAdapter, place: Database, file: Path
) -> None:
    await database.create_tables(MODELS)
    item = {**note(1).to_dynamodb_dict(), "everything": {"M": EVERYTHING}}
    await adapter.call("PutItem", {"TableName": "notes", "Item": item})
    await database.repository(Part).put_many([part(1, number) for number in (-7, 0, 10**15)])
    await backup(database, MODELS, file)
    await restore(place, MODELS, file)
    assert all(table.ok for table in await compare(database, place, MODELS))
    read = {"TableName": "notes", "Key": {"noteId": {"S": "n1"}}}
    stored = (await adapter.call("GetItem", read))["Item"]["everything"]["M"]
    restored = (await place.session.call("GetItem", read))["Item"]["everything"]["M"]
    assert restored["bytes"] == stored["bytes"]
    assert restored["list"] == stored["list"]


# Refused before anything is written


async def test_a_restore_that_is_refused_makes_no_tables(
    source: Database, place: Database, file: Path
) -> None:
    await source.create_tables(MODELS)
    await source.repository(Note).put(note(1))
    await backup(source, MODELS, file)
    await place.create_tables([Note])
    await place.repository(Note).put(Note(note_id="n1", text="another"))
    with pytest.raises(AlreadyExists):
        await restore(place, MODELS, file)
    assert (await place.health()).tables == ("notes",)


class Moved(Table, name="parts"):
    key: Attr[str] = attribute(hash_key=True)


async def test_a_table_with_another_key_is_refused_before_others_are_made(
    source: Database, place: Database, file: Path
) -> None:
    await source.create_tables(MODELS)
    await source.repository(Note).put(note(1))
    await backup(source, MODELS, file)
    await place.create_tables([Moved])
    with pytest.raises(TableMismatch, match="parts is there, but is not what the model"):
        await restore(place, MODELS, file)
    assert (await place.health()).tables == ("parts",)


class Log(Table, name="log"):
    day: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)


async def test_keys_that_become_too_long_by_shards_are_refused_before_anything_is_written(
    source: Database, place: Database, file: Path
) -> None:
    await source.create_tables([Log])
    await source.repository(Log).put(Log(day="d" * 2048, number=1))
    await backup(source, [Log], file)
    place.repository(Log, shards=4)
    with pytest.raises(InvalidItem, match=r"log: items\[0\]: .*nothing was written"):
        await restore(place, [Log], file)
    assert (await place.health()).tables == ()


# Several models of one table


class Person(Table, name="shared"):
    key: Attr[str] = attribute(hash_key=True)
    email: Attr[str] = attribute(unique=True)


class Company(Table, name="shared"):
    key: Attr[str] = attribute(hash_key=True)
    slug: Attr[str] = attribute(unique=True)


async def test_the_unique_values_of_all_models_of_a_table_are_restored(
    source: Database, place: Database, file: Path
) -> None:
    models: list[type[Table]] = [Person, Company]
    await source.create_tables(models)
    await source.repository(Person).create(Person(key="1", email="a@example.com"))
    await source.repository(Company).create(Company(key="2", slug="acme"))
    (verified,) = await verify(source, models)
    assert (verified.ok, verified.items, verified.unique.values) == (True, 2, 2)
    await backup(source, models, file)
    await restore(place, models, file)
    people, companies = place.repository(Person), place.repository(Company)
    with pytest.raises(UniqueViolation):
        await people.create(Person(key="3", email="a@example.com"))
    await people.rebuild_unique()
    with pytest.raises(UniqueViolation):
        await companies.create(Company(key="4", slug="acme"))
    (verified,) = await verify(place, models)
    assert (verified.ok, verified.unique.values) == (True, 2)


# Traits


class Ticket(Table, name="tickets", expired="hide"):
    key: Attr[str] = attribute(hash_key=True)
    seat: Attr[str | None] = attribute(default=None, unique=True)
    until: Attr[int | None] = attribute(default=None, ttl=True)
    cancelled: Attr[datetime | None] = attribute(default=None, deleted=True)
    version: Attr[int | None] = attribute(default=None, version=True)


async def test_hidden_items_and_what_became_of_their_values_are_restored(
    source: Database, place: Database, file: Path
) -> None:
    clock = [1_000_000_000.0]
    before = Database(source.session.adapter, clock=lambda: clock[0])
    await before.create_tables([Ticket])
    tickets = before.repository(Ticket)
    await tickets.create(Ticket(key="expired", seat="A1", until=1_000_000_010))
    await tickets.create(Ticket(key="cancelled", seat="A2"))
    await tickets.delete("cancelled")
    clock[0] += 60
    await tickets.create(Ticket(key="new", seat="A1"))
    await backup(before, [Ticket], file)
    after = Database(place.session.adapter, clock=lambda: clock[0])
    (report,) = await restore(after, [Ticket], file)
    assert report.written == 3
    restored = after.repository(Ticket)
    assert [ticket.key for ticket in await restored.scan()] == ["new"]
    assert (await restored.restore("cancelled")).seat == "A2"
    with pytest.raises(UniqueViolation):
        await restored.create(Ticket(key="late", seat="A1"))
    assert (await restored.update(await restored.get("new"), Ticket.seat.set("A3"))).version == 2


# Interruptions


class Member(Table, name="members"):
    member_id: Attr[str] = attribute(hash_key=True)
    email: Attr[str] = attribute(unique=True)


class Interrupted:
    """An adapter that fails at one of its calls, before or after it took effect."""

    def __init__(self, inner: DatabaseAdapter, at: int, *, after: bool) -> None:
        self._inner = inner
        self._at = at
        self._after = after
        self.calls = 0

    @property
    def info(self) -> ProviderInfo:
        return self._inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        self.calls += 1
        if self.calls != self._at:
            return await self._inner.call(operation, request)
        if self._after:
            with suppress(AnyDynamoError):
                await self._inner.call(operation, request)
        raise Unavailable("the connection was lost")

    async def close(self) -> None:
        await self._inner.close()


@pytest.mark.parametrize("after", [False, True])
async def test_a_restore_that_was_interrupted_anywhere_goes_on_when_run_again(
    source: Database, file: Path, after: bool
) -> None:
    models: list[type[Table]] = [*MODELS, Member]
    await source.create_tables(models)
    await source.repository(Note).put_many([note(number) for number in range(30)])
    await source.repository(Part).put_many([part(number) for number in range(3)])
    for number in range(3):
        await source.repository(Member).create(Member(member_id=f"m{number}", email=f"e{number}"))
    await backup(source, models, file)
    interrupted = 0
    while True:
        async with Database.open("memory://") as place:
            adapter = Interrupted(place.session.adapter, interrupted + 1, after=after)
            try:
                await restore(Database(adapter), models, file)
            except Unavailable:
                interrupted += 1
                again = await restore(place, models, file)
                assert [table.kept for table in again] == [0, 0, 0]
                assert all(table.ok for table in await compare(source, place, models))
                assert all(table.ok for table in await verify(place, models))
                continue
        break
    assert interrupted == adapter.calls > 10


async def test_a_backup_while_others_write_can_be_restored(
    database: Database, place: Database, file: Path
) -> None:
    await database.create_tables([Note])
    notes = database.repository(Note)
    await notes.put_many([note(number) for number in range(60)])
    adapter = Written(database.session.adapter)
    await backup(Database(adapter), [Note], file)
    (report,) = await restore(place, [Note], file)
    keys = {item["noteId"]["S"] for item in json.loads(file.read_text())["tables"][0]["items"]}
    assert {f"n{number}" for number in range(60)} - {f"n{n}" for n in range(adapter.pages)} <= keys
    assert report.found == report.written == len(keys)


class Written:
    """An adapter that gives a table in small pages, and writes to it between two of them."""

    def __init__(self, inner: DatabaseAdapter) -> None:
        self._inner = inner
        self.pages = 0

    @property
    def info(self) -> ProviderInfo:
        return self._inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "Scan":
            for key, kind in ((f"n{self.pages}", "Delete"), (f"new{self.pages}", "Put")):
                item = {"noteId": {"S": key}, "text": {"S": "x"}}
                asked = {"Item": item} if kind == "Put" else {"Key": {"noteId": {"S": key}}}
                await self._inner.call(f"{kind}Item", {"TableName": "notes", **asked})
            self.pages += 1
            request = {**request, "Limit": 10}
        return await self._inner.call(operation, request)

    async def close(self) -> None:
        await self._inner.close()
