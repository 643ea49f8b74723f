"""What was in the tables is in the file, and comes back; what is doubtful is never written."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime  # noqa: TC003 - tables read their annotations
from typing import TYPE_CHECKING, Any

import pytest
from tests.operations.models import MODELS, Note, Part, note, part

from anydynamo import (
    AlreadyExists,
    Attr,
    ConfigurationError,
    Database,
    InvalidItem,
    InvalidRequest,
    NotFound,
    ServiceFault,
    StoreDamaged,
    Table,
    TableNotFound,
    Throttled,
    UniqueViolation,
    attribute,
)
from anydynamo.operations.backup import backup, read_backup
from anydynamo.operations.progress import Progress
from anydynamo.operations.restore import OnConflict, restore
from anydynamo.operations.verification import verify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from anydynamo import Repository
    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo


async def filled(database: Database, count: int = 30) -> None:
    await database.create_tables(MODELS)
    await database.repository(Note).put_many([note(number) for number in range(count)])
    await database.repository(Part).put_many([part(number) for number in range(count)])


async def contents(database: Database) -> dict[str, list[Any]]:
    return {
        "notes": sorted(await database.repository(Note).scan(consistent=True), key=repr),
        "parts": sorted(await database.repository(Part).scan(consistent=True), key=repr),
    }


@pytest.fixture
async def empty() -> AsyncIterator[Database]:
    async with Database.open("memory://") as opened:
        yield opened


async def test_a_restored_backup_is_what_was_there(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    await filled(database)
    file = tmp_path / "backup.json"
    written = await backup(database, MODELS, file)
    assert [(table.name, table.count) for table in written.tables] == [("notes", 30), ("parts", 30)]
    report = await restore(empty, MODELS, file)
    assert [(table.name, table.found, table.written) for table in report] == [
        ("notes", 30, 30),
        ("parts", 30, 30),
    ]
    assert await contents(empty) == await contents(database)


async def test_a_backup_of_one_provider_fills_any_other(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    await filled(empty, 130)
    file = tmp_path / "backup.json"
    await backup(empty, MODELS, file)
    await restore(database, MODELS, file)
    assert await contents(database) == await contents(empty)
    again = await restore(database, MODELS, file)
    assert [(table.written, table.unchanged) for table in again] == [(0, 130), (0, 130)]


async def test_the_file_is_json_in_dynamodbs_own_words(empty: Database, tmp_path: Path) -> None:
    await filled(empty, 1)
    file = tmp_path / "backup.json"
    await backup(empty, MODELS, file)
    content = json.loads(file.read_text())
    assert content["format"] == "anydynamo-backup"
    assert content["tables"][0]["items"] == [
        {"noteId": {"S": "n0"}, "text": {"S": "text § 0"}, "tags": {"SS": ["0", "a", "b"]}}
    ]
    assert content["tables"][1]["items"][0]["content"] == {"B": "AP8A"}


async def test_empty_tables_come_back_empty(empty: Database, tmp_path: Path) -> None:
    await empty.create_tables(MODELS)
    await backup(empty, MODELS, tmp_path / "backup.json")
    async with Database.open("memory://") as other:
        report = await restore(other, MODELS, tmp_path / "backup.json")
        assert [(table.name, table.found) for table in report] == [("notes", 0), ("parts", 0)]
        assert await other.repository(Note).count() == 0


async def test_prefixes_do_not_get_into_the_file(tmp_path: Path) -> None:
    file = tmp_path / "backup.json"
    async with Database.open("memory://", table_prefix="prod-") as production:
        await filled(production, 3)
        await backup(production, MODELS, file)
    async with Database.open("memory://", table_prefix="dev-") as development:
        await restore(development, MODELS, file)
        assert development.repository(Note).table == "dev-notes"
        assert await development.repository(Note).get("n2") == note(2)


async def test_progress_is_told(empty: Database, tmp_path: Path) -> None:
    await filled(empty, 120)
    told: list[Progress] = []
    await backup(empty, MODELS, tmp_path / "backup.json", progress=told.append)
    assert told == [Progress("notes", 120), Progress("parts", 120)]
    told.clear()
    await restore(empty, MODELS, tmp_path / "backup.json", progress=told.append)
    assert told == [
        Progress("notes", 100, 120),
        Progress("notes", 120, 120),
        Progress("parts", 100, 120),
        Progress("parts", 120, 120),
    ]


# What is there already


async def test_other_content_is_refused_before_anything_is_written(
    empty: Database, tmp_path: Path
) -> None:
    await filled(empty, 3)
    await backup(empty, MODELS, tmp_path / "backup.json")
    notes = empty.repository(Note)
    await notes.delete("n0")
    await empty.repository(Part).update(("n1", 1), Part.weight.set(part(2).weight))
    with pytest.raises(AlreadyExists, match=r"parts has 1 items .*\('n1', '1'\)"):
        await restore(empty, MODELS, tmp_path / "backup.json")
    with pytest.raises(NotFound):
        await notes.get("n0")


async def test_other_content_is_kept_or_replaced_as_asked(empty: Database, tmp_path: Path) -> None:
    await filled(empty, 3)
    await backup(empty, MODELS, tmp_path / "backup.json")
    notes = empty.repository(Note)
    await notes.update("n1", Note.text.set("newer"))
    report = await restore(empty, MODELS, tmp_path / "backup.json", conflict="keep")
    assert (report[0].written, report[0].unchanged, report[0].kept) == (0, 2, 1)
    assert (await notes.get("n1")).text == "newer"
    report = await restore(empty, MODELS, tmp_path / "backup.json", conflict="replace")
    assert (report[0].written, report[0].unchanged, report[0].kept) == (1, 2, 0)
    assert await notes.get("n1") == note(1)


# Files that are not as they should be


async def altered(
    database: Database, file: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    await filled(database, 2)
    await backup(database, MODELS, file)
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "error", "why"),
    [
        (lambda c: c.update(format="other"), StoreDamaged, "no backup of anydynamo"),
        (lambda c: c.update(version=2), StoreDamaged, "version 2, and this anydynamo reads"),
        (lambda c: c.pop("version"), StoreDamaged, "it lacks version"),
        (lambda c: c.pop("tables"), StoreDamaged, "it lacks tables"),
        (lambda c: c.update(tables={}), StoreDamaged, "a list belongs here"),
        (lambda c: c.update(created=1), StoreDamaged, "created is text"),
        (lambda c: c["tables"].append(c["tables"][0]), StoreDamaged, "is in it twice"),
        (lambda c: c["tables"].pop(), InvalidItem, "it has the tables notes, and the models"),
        (lambda c: c["tables"][0].update(name="users"), InvalidItem, "parts, users, and"),
        (lambda c: c["tables"][0].update(key=["id"]), InvalidItem, r"its key is \['id'\]"),
        (lambda c: c["tables"][0]["items"].pop(), StoreDamaged, "cut or altered"),
        (
            lambda c: c["tables"][0]["items"][0].update(text={"S": "forged"}),
            StoreDamaged,
            "cut or altered",
        ),
        (lambda c: c["tables"][1].pop("sha256"), StoreDamaged, "it lacks sha256"),
    ],
)
async def test_a_damaged_or_foreign_file_is_refused(
    empty: Database,
    tmp_path: Path,
    change: Callable[[dict[str, Any]], object],
    error: type[Exception],
    why: str,
) -> None:
    file = tmp_path / "backup.json"
    await altered(empty, file, change)
    async with Database.open("memory://") as other:
        with pytest.raises(error, match=why):
            await restore(other, MODELS, file)
        assert (await other.health()).tables == ()


def resealed(content: dict[str, Any], items: list[Any]) -> None:
    """Give a table other items, with the checksum that they have."""
    table = content["tables"][0]
    lines = [
        json.dumps(one, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        for one in ([content["created"], table["name"], table["key"]], *items)
    ]
    digest = hashlib.sha256("".join(lines).encode(errors="surrogatepass")).hexdigest()
    table.update(items=items, count=len(items), sha256=digest)


def nested(kind: str, depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(depth):
        value = {kind: [value] if kind == "L" else {"a": value}}
    return value


TEXT = {"noteId": {"S": "n"}, "text": {"S": "t"}}


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([TEXT, {"noteId": {"S": "m"}}], r"items\[1\]: .*text"),
        ([TEXT, {**TEXT, "text": {"S": "u"}}], r"items\[1\]: its key is that of items\[0\]"),
        ([{**TEXT, "text": {"X": "u"}}], r"items\[0\]"),
        ([{**TEXT, "more": {"B": "!"}}], r"items\[0\]: '!' is not base64"),
        ([{"text": {"S": "t"}}], r"items\[0\]: .*noteId"),
        ([{**TEXT, "text": {"S": "t" * 410_000}}], r"items\[0\].*size"),
        (["n"], r"items\[0\]"),
        ([{**TEXT, "text": {"S": "\ud800"}}], r"items\[0\]: .*surrogate without its other half"),
        ([{**TEXT, "more": nested("L", 40)}], r"items\[0\]: Nesting Levels"),
        # Deeper than Python recurses, and not deeper than its JSON reads.
        ([{**TEXT, "more": nested("L", 450)}], r"items\[0\]: Nesting Levels"),
        ([{**TEXT, "more": nested("M", 450)}], r"items\[0\]: Nesting Levels"),
        ([{**TEXT, "noteId": {"S": str(n)}, "text": {"N": "1"}} for n in range(9)], "and 4 more"),
    ],
)
async def test_an_item_that_does_not_fit_is_refused_with_its_place(
    empty: Database, tmp_path: Path, items: list[Any], why: str
) -> None:
    file = tmp_path / "backup.json"
    await altered(empty, file, lambda content: resealed(content, items))
    async with Database.open("memory://") as other:
        with pytest.raises(InvalidItem, match=why):
            await restore(other, MODELS, file)
        assert (await other.health()).tables == ()


async def test_a_file_with_any_byte_altered_is_refused_or_means_the_same(
    empty: Database, tmp_path: Path
) -> None:
    await filled(empty, 2)
    file = tmp_path / "backup.json"
    await backup(empty, MODELS, file)
    raw, whole = file.read_bytes(), read_backup(file, MODELS)
    same: list[int] = []
    for place, byte in enumerate(raw):
        for other in {byte ^ 1, byte ^ 0x10, byte ^ 0x80}:
            file.write_bytes(raw[:place] + bytes([other]) + raw[place + 1 :])
            try:
                assert read_backup(file, MODELS) == whole
            except (StoreDamaged, InvalidItem):
                continue
            same.append(byte)
    # White space may be other white space.
    assert {chr(byte) for byte in same} <= set(" \n")


async def test_a_file_that_is_not_there_or_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_backup(tmp_path / "none.json", MODELS)
    (tmp_path / "half.json").write_text('{"format": "anydynamo-ba')
    with pytest.raises(StoreDamaged, match="not JSON"):
        read_backup(tmp_path / "half.json", MODELS)


# Trouble on the way


class Failing:
    """An adapter that fails, or loses, what it is told to."""

    def __init__(self, inner: DatabaseAdapter) -> None:
        self._inner = inner
        self.fail: dict[str, Exception] = {}
        self.unprocessed = 0
        self.lose = False

    @property
    def info(self) -> ProviderInfo:
        return self._inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if operation in self.fail:
            raise self.fail[operation]
        if operation == "BatchWriteItem":
            if self.unprocessed:
                self.unprocessed -= 1
                return {"UnprocessedItems": request["RequestItems"]}
            if self.lose:
                return {"UnprocessedItems": {}}
        return await self._inner.call(operation, request)

    async def close(self) -> None:
        await self._inner.close()


async def no_sleep(seconds: float) -> None:
    del seconds


async def test_a_backup_that_fails_leaves_the_older_file(empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "backup.json"
    await filled(empty, 2)
    await backup(empty, MODELS, file)
    before = file.read_bytes()
    adapter = Failing(empty.session.adapter)
    adapter.fail["Scan"] = Throttled("too fast")
    with pytest.raises(Throttled):
        await backup(Database(adapter), MODELS, file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["backup.json"]


async def test_models_that_make_no_list_of_tables_are_refused(
    empty: Database, tmp_path: Path
) -> None:
    class Other(Table, name="notes"):
        another: Attr[int] = attribute(hash_key=True)

    alone: Any = Note
    for call in (backup(empty, alone, tmp_path / "b.json"), empty.create_tables(alone)):
        with pytest.raises(InvalidRequest, match=r"also one alone: \[Note\]"):
            await call
    with pytest.raises(InvalidRequest, match="Note and Other both name the table notes"):
        await backup(empty, [Note, Other], tmp_path / "b.json")
    assert not list(tmp_path.iterdir())


async def test_a_restore_knows_three_ways_to_deal_with_conflicts(
    empty: Database, tmp_path: Path
) -> None:
    unknown: Any = "overwrite"
    with pytest.raises(ConfigurationError, match="'refuse', 'keep', 'replace', not 'overwrite'"):
        await restore(empty, MODELS, tmp_path / "absent.json", conflict=unknown)


async def test_a_table_that_is_not_there_cannot_be_backed_up(
    empty: Database, tmp_path: Path
) -> None:
    with pytest.raises(TableNotFound):
        await backup(empty, MODELS, tmp_path / "backup.json")
    assert not list(tmp_path.iterdir())


async def test_unprocessed_writes_are_sent_again(empty: Database, tmp_path: Path) -> None:
    await filled(empty, 40)
    await backup(empty, MODELS, tmp_path / "backup.json")
    async with Database.open("memory://") as other:
        adapter = Failing(other.session.adapter)
        adapter.unprocessed = 3
        report = await restore(Database(adapter, sleep=no_sleep), MODELS, tmp_path / "backup.json")
        assert report[0].written == 40
        assert await contents(other) == await contents(empty)


async def test_a_write_that_was_lost_is_noticed(empty: Database, tmp_path: Path) -> None:
    await filled(empty, 2)
    await backup(empty, MODELS, tmp_path / "backup.json")
    async with Database.open("memory://") as other:
        adapter = Failing(other.session.adapter)
        adapter.lose = True
        with pytest.raises(ServiceFault, match="2 items were written to notes and are not there"):
            await restore(Database(adapter), MODELS, tmp_path / "backup.json")


# Unique values


class Member(Table, name="members"):
    member_id: Attr[str] = attribute(hash_key=True)
    email: Attr[str] = attribute(unique=str.casefold)
    left: Attr[datetime | None] = attribute(default=None, deleted=True)


@pytest.fixture
async def members(empty: Database, tmp_path: Path) -> Repository[Member]:
    """Two members, who are in the file backup.json."""
    await empty.create_tables([Member])
    found = empty.repository(Member)
    await found.create(Member(member_id="1", email="a@example.com"))
    await found.create(Member(member_id="2", email="b@example.com"))
    await backup(empty, [Member], tmp_path / "backup.json")
    return found


async def test_restored_values_are_taken(database: Database, tmp_path: Path) -> None:
    await database.create_tables([Member])
    members = database.repository(Member)
    await members.create(Member(member_id="1", email="a@example.com"))
    await members.create(Member(member_id="2", email="b@example.com"))
    await members.delete("2")
    written = await backup(database, [Member], tmp_path / "backup.json")
    assert [table.count for table in written.tables] == [2]
    async with Database.open("memory://") as other:
        await restore(other, [Member], tmp_path / "backup.json")
        restored = other.repository(Member)
        assert (await restored.check_unique()).ok
        with pytest.raises(UniqueViolation):
            await restored.create(Member(member_id="3", email="A@example.com"))
        await restored.create(Member(member_id="4", email="b@example.com"))
        (verified,) = await verify(other, [Member])
        assert (verified.ok, verified.items, verified.unique.values) == (True, 3, 2)


async def test_a_value_that_somebody_else_has_is_refused_before_anything_is_written(
    members: Repository[Member], tmp_path: Path
) -> None:
    async with Database.open("memory://") as other:
        await other.create_tables([Member])
        taken = other.repository(Member)
        await taken.create(Member(member_id="9", email="B@example.com"))
        ways: tuple[OnConflict, ...] = ("refuse", "keep", "replace")
        for conflict in ways:
            with pytest.raises(UniqueViolation, match=r"\('9',\) has a value .* \('2',\)"):
                await restore(other, [Member], tmp_path / "backup.json", conflict=conflict)
        assert [member.member_id for member in await taken.scan()] == ["9"]


async def test_items_that_are_replaced_give_their_values_up(
    members: Repository[Member], empty: Database, tmp_path: Path
) -> None:
    await members.update("1", Member.email.set("c@example.com"))
    await members.update("2", Member.email.set("a@example.com"))
    with pytest.raises(UniqueViolation):
        await restore(empty, [Member], tmp_path / "backup.json", conflict="keep")
    await restore(empty, [Member], tmp_path / "backup.json", conflict="replace")
    assert {one.member_id: one.email for one in await members.scan()} == {
        "1": "a@example.com",
        "2": "b@example.com",
    }
    assert (await members.check_unique()).ok
    await members.create(Member(member_id="3", email="c@example.com"))


async def test_two_items_with_one_value_in_the_file_are_refused(
    members: Repository[Member], tmp_path: Path
) -> None:
    file = tmp_path / "backup.json"
    content = json.loads(file.read_text())
    pair = [
        {"member_id": {"S": number}, "email": {"S": email}}
        for number, email in (("1", "a@example.com"), ("2", "A@example.com"))
    ]
    resealed(content, pair)
    file.write_text(json.dumps(content))
    async with Database.open("memory://") as other:
        with pytest.raises(InvalidItem, match="have one value of email, which is unique"):
            await restore(other, [Member], file)
        assert (await other.health()).tables == ()


async def test_values_that_nobody_holds_are_found_by_verification(
    members: Repository[Member], empty: Database
) -> None:
    item = {"member_id": {"S": "7"}, "email": {"S": "g@example.com"}}
    await empty.session.call("PutItem", {"TableName": "members", "Item": item})
    (verified,) = await verify(empty, [Member])
    assert (verified.ok, verified.items, verified.unique.missing) == (False, 3, 1)
    await members.rebuild_unique()
    (verified,) = await verify(empty, [Member])
    assert verified.ok
