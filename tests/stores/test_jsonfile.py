"""The JSON file store: what stands in the file, whose edits it keeps, what it refuses."""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from tests.stores.driving import drive

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.layout import TABLES, encode
from anydynamo.errors import (
    ConfigurationError,
    DatabaseClosed,
    InvalidRequest,
    ProviderError,
    StoreDamaged,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
)
from anydynamo.stores.jsonfile import JSONFileStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from anydynamo.engine.store import Reader, Writer

CLOCK = 1_700_000_000.0
DESCRIPTION = {
    "TableId": "1",
    "TableName": "users",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


def put(writer: Writer) -> None:
    writer.put("a", b"k", b"v")


def get(reader: Reader) -> bytes | None:
    return reader.get("a", b"k")


class Tables:
    """The engine over a JSON file, with short calls."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.adapter = EmbeddedAdapter(JSONFileStore(path), provider="json", clock=lambda: CLOCK)

    async def create(self, name: str, hash_key: str, range_key: str | None = None) -> None:
        keys = [hash_key] if range_key is None else [hash_key, range_key]
        request = {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": key.split(":")[0], "AttributeType": key.split(":")[1]}
                for key in [*keys, "email:S"]
            ],
            "KeySchema": [
                {"AttributeName": key.split(":")[0], "KeyType": kind}
                for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "by_email",
                    "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        }
        await self.adapter.call("CreateTable", request)

    async def put(self, name: str, **item: Any) -> None:
        await self.adapter.call("PutItem", {"TableName": name, "Item": item})

    async def all(self, name: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.adapter.call("Scan", {"TableName": name}))[
            "Items"
        ]
        return items

    async def by_email(self, name: str, email: str) -> list[dict[str, Any]]:
        request = {
            "TableName": name,
            "IndexName": "by_email",
            "KeyConditionExpression": "email = :email",
            "ExpressionAttributeValues": {":email": {"S": email}},
        }
        items: list[dict[str, Any]] = (await self.adapter.call("Query", request))["Items"]
        return items

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
        return document


@pytest.fixture
async def tables(tmp_path: Path) -> AsyncIterator[Tables]:
    tables = Tables(tmp_path / "db.json")
    yield tables
    await tables.adapter.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JSONFileStore]:
    store = JSONFileStore(tmp_path / "db.json", blocking=True)
    yield store
    drive(store.close())


async def test_items_stand_in_the_file_as_plain_json_ordered_by_their_keys(tables: Tables) -> None:
    await tables.create("posts", "id:S", "number:N")
    for id_, number in (("b", "1"), ("a", "10"), ("a", "9"), ("a", "-1"), ("aa", "0")):
        await tables.put("posts", id={"S": id_}, number={"N": number}, tags={"SS": ["y", "x"]})
    text = tables.path.read_text("utf-8")
    assert text.endswith(
        """    {
      "id": "b",
      "number": 1,
      "tags": {"$ss": ["x", "y"]}
    }
  ]
}
"""
    )
    rows = tables.document()["posts"]
    assert [(row["id"], row["number"]) for row in rows] == [
        ("a", -1),
        ("a", 9),
        ("a", 10),
        ("aa", 0),
        ("b", 1),
    ]
    assert list(tables.document()) == ["anydynamo", "posts"]
    assert list(tables.document()["anydynamo"]) == ["format", "tables"]


async def test_one_changed_item_changes_its_own_lines_only(tables: Tables) -> None:
    await tables.create("users", "id:S")
    for number in range(20):
        await tables.put("users", id={"S": f"{number:02}"}, n={"N": "0"})
    before = tables.path.read_text("utf-8").splitlines()
    await tables.put("users", id={"S": "07"}, n={"N": "1"})
    after = tables.path.read_text("utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [('      "n": 0', '      "n": 1')]


async def test_what_one_store_wrote_another_reads_back_with_its_indexes(tables: Tables) -> None:
    await tables.create("users", "id:S")
    item = {"id": {"S": "1"}, "email": {"S": "a@b.c"}, "raw": {"B": b"\x00"}, "n": {"N": "1E-7"}}
    await tables.put("users", **item)
    await tables.adapter.call(
        "TransactWriteItems",
        {
            "ClientRequestToken": "once",
            "TransactItems": [{"Put": {"TableName": "users", "Item": {"id": {"S": "2"}}}}],
        },
    )
    other = Tables(tables.path)
    assert await other.by_email("users", "a@b.c") == [{**item, "n": {"N": "0.0000001"}}]
    described = await other.adapter.call("DescribeTable", {"TableName": "users"})
    assert described == await tables.adapter.call("DescribeTable", {"TableName": "users"})
    assert described["Table"]["ItemCount"] == 2
    await other.adapter.close()


async def test_a_table_that_is_deleted_leaves_the_file(tables: Tables) -> None:
    await tables.create("users", "id:S")
    await tables.put("users", id={"S": "1"})
    await tables.adapter.call("DeleteTable", {"TableName": "users"})
    assert "users" not in tables.document()
    await tables.create("users", "id:S")
    assert await tables.all("users") == []


async def test_a_table_that_is_written_and_deleted_in_one_turn_leaves_the_file(
    tables: Tables,
) -> None:
    await tables.create("users", "id:S")
    await tables.put("users", id={"S": "1"})
    await asyncio.gather(
        tables.put("users", id={"S": "1"}, changed={"BOOL": True}),
        tables.put("users", id={"S": "2"}),
        tables.adapter.call("DeleteTable", {"TableName": "users"}),
    )
    assert "users" not in tables.document()


async def test_an_item_that_is_deleted_leaves_the_file(tables: Tables) -> None:
    await tables.create("users", "id:S")
    for number in range(3):
        await tables.put("users", id={"S": str(number)})
    await tables.adapter.call("DeleteItem", {"TableName": "users", "Key": {"id": {"S": "1"}}})
    assert tables.document()["users"] == [{"id": "0"}, {"id": "2"}]


async def test_a_table_may_have_the_name_of_the_header(tables: Tables) -> None:
    await tables.create("anydynamo", "id:S")
    await tables.put("anydynamo", id={"S": "1"})
    assert tables.document()["anydynamo"]["items"] == [{"id": "1"}]
    other = Tables(tables.path)
    assert await other.all("anydynamo") == [{"id": {"S": "1"}}]
    await other.adapter.close()


FOREIGN = """{
  "version": 1.0,
  "users": [
    {"userId": "2", "name": "Bob", "age": 1e1},
    {"userId": "1", "name": "Alice", "email": "a@b.c", "tags": [], "extra": null}
  ],
  "settings": {"nested": [true, {"deep": {}}], "big": 123456789012345678901234567890}
}
"""


async def test_lists_of_another_program_are_adopted_by_tables_of_their_name(
    tmp_path: Path,
) -> None:
    path = tmp_path / "db.json"
    path.write_text(FOREIGN)
    tables = Tables(path)
    assert (await tables.adapter.call("ListTables", {}))["TableNames"] == []
    assert path.read_text() == FOREIGN
    await tables.create("users", "userId:S")
    (alice,) = await tables.by_email("users", "a@b.c")
    assert alice == {
        "userId": {"S": "1"},
        "name": {"S": "Alice"},
        "email": {"S": "a@b.c"},
        "tags": {"L": []},
        "extra": {"NULL": True},
    }
    document = tables.document()
    assert list(document) == ["anydynamo", "version", "users", "settings"]
    assert [row["userId"] for row in document["users"]] == ["1", "2"]
    assert document["settings"] == json.loads(FOREIGN)["settings"]
    assert '"version": 1.0' in path.read_text()
    await tables.adapter.close()


async def test_lists_of_which_no_table_is_made_stay(tmp_path: Path) -> None:
    path = tmp_path / "db.json"
    path.write_text('{"anydynamo": [{"id": 1}], "z": [], "threads": [{"id": 1.50}]}')
    tables = Tables(path)
    await tables.create("users", "id:S")
    await tables.adapter.close()
    document = json.loads(path.read_text())
    assert document["threads"] == [{"id": 1.5}]
    assert '"id": 1.50' in path.read_text()
    assert document["anydynamo"]["items"] == [{"id": 1}]
    assert list(document) == ["anydynamo", "z", "threads", "users"]
    tables = Tables(path)
    await tables.create("anydynamo", "id:N")
    assert await tables.all("anydynamo") == [{"id": {"N": "1"}}]
    await tables.adapter.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"users": {"a": 1}}', "at users: a table's items must be a list, not an object"),
        ('{"users": [{"userId": "1"}, 7]}', r"at users\[1\]: it must be an object, not a number"),
        ('{"users": [{"x": {"$ss": 1}}]}', r"at users\[0\].x: \$ss takes a list"),
    ],
)
async def test_a_list_that_cannot_be_adopted_is_refused_with_the_place_and_stays(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "db.json"
    path.write_text(text)
    tables = Tables(path)
    with pytest.raises(StoreDamaged, match=message):
        await tables.create("users", "userId:S")
    await tables.adapter.close()
    assert path.read_text() == text


async def test_a_list_with_items_that_lack_the_key_is_not_adopted(tmp_path: Path) -> None:
    path = tmp_path / "db.json"
    path.write_text('{"users": [{"userId": "1"}, {"name": "x"}]}')
    tables = Tables(path)
    with pytest.raises(InvalidRequest, match=r"users\[1\]"):
        await tables.create("users", "userId:S")
    await tables.adapter.close()
    assert path.read_text() == '{"users": [{"userId": "1"}, {"name": "x"}]}'


def test_a_table_made_over_a_list_that_it_did_not_adopt_is_refused(
    tmp_path: Path, store: JSONFileStore
) -> None:
    (tmp_path / "db.json").write_text('{"users": [{"id": "1"}]}')
    with pytest.raises(StoreDamaged, match=r"at users: .*without adopting"):
        drive(store.write(lambda writer: writer.put(TABLES, b"users", encode(DESCRIPTION))))
    assert (tmp_path / "db.json").read_text() == '{"users": [{"id": "1"}]}'
    assert drive(store.write(lambda writer: writer.adopt("users"))) == [
        ("users[0]", {"id": {"S": "1"}})
    ]


@pytest.fixture
async def edited(tables: Tables) -> Tables:
    """A table with three items, to be edited by hand."""
    await tables.create("users", "userId:S")
    for number in range(3):
        await tables.put("users", userId={"S": str(number)}, email={"S": "a@b.c"})
    return tables


async def test_an_edit_by_hand_is_seen_and_kept_by_the_next_write(edited: Tables) -> None:
    text = edited.path.read_text()
    edited.path.write_text(text.replace('"userId": "1"', '"userId": "9", "by": "hand"'))
    assert len(await edited.by_email("users", "a@b.c")) == 3
    await edited.put("users", userId={"S": "4"})
    rows = edited.document()["users"]
    assert [row["userId"] for row in rows] == ["0", "2", "4", "9"]
    assert rows[3] == {"userId": "9", "by": "hand", "email": "a@b.c"}


async def test_a_file_that_was_deleted_is_an_empty_store(edited: Tables) -> None:
    edited.path.unlink()
    assert (await edited.adapter.call("ListTables", {}))["TableNames"] == []
    await edited.create("users", "userId:S")
    assert await edited.all("users") == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"userId": "1",', '"userId": "1"', r"at line \d+, column 7: Expecting ',' delimiter"),
        ('"userId": "1",', "", r"at users\[1\]: key attribute userId is missing"),
        ('"userId": "1"', '"userId": "0"', r"at users\[0\] and users\[1\]: they have the same key"),
        ('"userId": "1"', '"userId": 1', r"at users\[1\]: .*Type mismatch for key userId"),
        ('"userId": "1"', '"userId": ""', r"at users\[1\]: .*empty string value"),
        ('"userId": "1",', '"userId": "1", "email": 7,', r"at users\[1\]: the key 'email' stands"),
        ('"userId": "1",', '"userId": "1", "x": 1e200,', r"at users\[1\]: Number overflow"),
        ('"userId": "1",', '"userId": "1", "x": "\\ud800",', r"at users\[1\]: "),
        ('"userId": "1",', '"userId": "1", "x": {"$ss": []},', r"at users\[1\]: .*set"),
        ('"userId": "1",', '"userId": "1", "x": {"$b": "A"},', r"at users\[1\].x: binary must be"),
        ('"format": 1', '"format": 2', "at anydynamo.format: this release .* not 2"),
        ('"format": 1', '"former": 1', "at anydynamo: this key belongs to anydynamo"),
        ('"format": 1', '"format": 1, "tablets": {}', "at anydynamo.tablets: this key is unknown"),
        ('"format": 1', '"format": 1, "spaces": {"a": {"ü": ""}}', "at anydynamo.spaces.a: binary"),
        ('"format": 1', '"format": 1, "spaces": {"a": {"": 1}}', "at anydynamo.spaces.a.: binary"),
        ('"format": 1', '"format": 1, "spaces": []', "at anydynamo.spaces: it must be an object"),
        ('"TableName": "users"', '"TableName": "other"', "anydynamo.tables.users: it describes"),
        ('"KeySchema"', '"Schema"', "at anydynamo.tables.users: it is no table's description"),
        ('{\n  "anydynamo"', '[{\n  "anydynamo"', "at line"),
    ],
)
async def test_a_damaged_edit_is_refused_with_its_place_and_not_overwritten(
    edited: Tables, old: str, new: str, message: str
) -> None:
    good = edited.path.read_text()
    damaged = good.replace(old, new, 1)
    assert damaged != good
    edited.path.write_text(damaged)
    with pytest.raises(StoreDamaged, match=message) as caught:
        await edited.all("users")
    assert str(edited.path) in str(caught.value)
    with pytest.raises(StoreDamaged, match=message):
        await edited.put("users", userId={"S": "4"})
    with pytest.raises(StoreDamaged, match=message):
        JSONFileStore(edited.path)
    assert edited.path.read_text() == damaged
    edited.path.write_text(good)
    assert len(await edited.all("users")) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "the top level must be an object .*, not a list"),
        ("null", "not null"),
        ("true", "not a boolean"),
        ('"text"', "not a string"),
        ('{"anydynamo": 7}', "at anydynamo: this key belongs to anydynamo"),
        ('{"a": {"b": [{"c": 1, "c": 2}]}}', r"at a\.b\[0\]: the key 'c' stands twice"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        (r'{"a": ["\ud800"]}', "at a: it is not Unicode"),
        (f'{{"a": {"[" * 700}{"]" * 700}}}', "nested too deeply"),
    ],
)
def test_a_file_that_no_rewrite_could_keep_is_refused_at_once(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "db.json"
    path.write_text(text)
    with pytest.raises(StoreDamaged, match=message):
        JSONFileStore(path)
    assert os.listdir(tmp_path) == ["db.json"]
    assert path.read_text() == text


@pytest.mark.parametrize("text", ["", "  \n", "{}"])
def test_an_empty_file_is_an_empty_store(tmp_path: Path, text: str) -> None:
    path = tmp_path / "db.json"
    path.write_text(text)
    store = JSONFileStore(path)
    assert drive(store.read(get)) is None
    assert path.read_text() == text
    drive(store.close())


def test_looking_makes_no_file_and_no_lock(tmp_path: Path, store: JSONFileStore) -> None:
    assert drive(store.read(get)) is None
    assert os.listdir(tmp_path) == []


def test_a_write_that_changes_nothing_leaves_the_file(tmp_path: Path, store: JSONFileStore) -> None:
    drive(store.write(put))
    before = (tmp_path / "db.json").stat()
    drive(store.write(get))
    after = (tmp_path / "db.json").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_the_last_thing_that_goes_leaves_an_empty_object(
    tmp_path: Path, store: JSONFileStore
) -> None:
    drive(store.write(put))
    drive(store.write(lambda writer: writer.delete("a", b"k")))
    assert (tmp_path / "db.json").read_text() == "{}\n"


def test_the_files_mode_and_owner_stay(tmp_path: Path, store: JSONFileStore) -> None:
    path = tmp_path / "db.json"
    path.write_text("{}")
    path.chmod(0o640)
    drive(store.write(put))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_symbolic_link_stays_and_leads_to_the_new_content(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.json").symlink_to(tmp_path / "real" / "db.json")
    store = JSONFileStore(tmp_path / "link.json")
    drive(store.write(put))
    drive(store.close())
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real" / "db.json").is_file()
    assert store.location == str(tmp_path / "link.json")


def test_a_folder_or_a_missing_folder_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="it is a folder"):
        JSONFileStore(tmp_path)
    with pytest.raises(ConfigurationError, match="does not exist; create it"):
        JSONFileStore(tmp_path / "missing" / "db.json")
    for timeout in (-1, float("nan")):
        with pytest.raises(ConfigurationError, match="lock_timeout"):
            JSONFileStore(tmp_path / "db.json", lock_timeout=timeout)


def test_a_link_that_leads_in_a_circle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "db.json"
    path.symlink_to(path)
    with pytest.raises(ProviderError, match=r"db\.json cannot be read or written"):
        JSONFileStore(path)


def test_two_stores_of_one_process_do_not_both_write(tmp_path: Path, store: JSONFileStore) -> None:
    other = JSONFileStore(tmp_path / "db.json")
    drive(store.write(put))
    with pytest.raises(StoreLocked, match="another open database"):
        drive(other.write(put))
    assert drive(other.read(get)) == b"v"
    drive(store.close())
    drive(other.write(lambda writer: writer.put("a", b"k", b"other")))
    drive(other.close())


async def test_writes_that_come_together_share_one_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced: list[str] = []
    replace = os.replace

    def counted(source: Path, target: Path) -> None:
        replaced.append(target.name)
        replace(source, target)

    monkeypatch.setattr(os, "replace", counted)
    store = JSONFileStore(tmp_path / "db.json")
    await asyncio.gather(*(store.write(put) for _ in range(50)))
    assert replaced == ["db.json"]
    await store.close()


async def test_closing_finishes_what_waits_for_the_next_turn(tmp_path: Path) -> None:
    store = JSONFileStore(tmp_path / "db.json")
    writing = asyncio.ensure_future(store.write(put))
    await asyncio.sleep(0)
    await store.close()
    # Closing does not suspend, so nothing else can have run since.
    assert os.listdir(tmp_path).count("db.json") == 1
    other = JSONFileStore(tmp_path / "db.json")
    await writing
    assert await other.write(get) == b"v"
    await other.close()


async def test_a_list_that_was_handed_to_work_that_failed_is_still_guarded(tmp_path: Path) -> None:
    path = tmp_path / "db.json"
    path.write_text('{"users": [{"id": "1"}]}')
    store = JSONFileStore(path)

    def adopt_and_fail(writer: Writer) -> None:
        writer.adopt("users")
        raise LookupError

    made_over_it = store.write(lambda writer: writer.put(TABLES, b"users", encode(DESCRIPTION)))
    results = await asyncio.gather(
        store.write(adopt_and_fail), made_over_it, return_exceptions=True
    )
    assert isinstance(results[1], StoreDamaged)
    await store.close()
    assert path.read_text() == '{"users": [{"id": "1"}]}'


def test_the_new_file_is_on_the_disk_before_it_gets_the_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: JSONFileStore
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        name = os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
        steps.append("folder" if name == tmp_path.name else name)
        fsync(descriptor)

    def replaced(source: Path, target: Path) -> None:
        steps.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    drive(store.write(put))
    assert steps == [".db.json.tmp", "replace", "folder"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, StoreFull),
        (errno.EDQUOT, StoreFull),
        (errno.EROFS, StoreReadOnly),
        (errno.EIO, ProviderError),
    ],
)
@pytest.mark.parametrize("step", ["fsync", "replace"])
async def test_a_disk_that_fails_leaves_the_old_file_and_a_usable_store(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    number: int,
    expected: type[ProviderError],
) -> None:
    path = tmp_path / "db.json"
    store = JSONFileStore(path)
    await store.write(put)
    before = path.read_bytes()

    def failing(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, step, failing)
        writes = [store.write(lambda writer: writer.put("a", b"new", b"v")) for _ in range(2)]
        for error in await asyncio.gather(*writes, return_exceptions=True):
            assert type(error) is expected
            assert str(path) in str(error)
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["db.json", "db.json.lock"]
    assert await store.read(lambda reader: list(reader.scan("a"))) == [(b"k", b"v")]
    await store.write(lambda writer: writer.put("a", b"new", b"v"))
    assert len(await store.read(lambda reader: list(reader.scan("a")))) == 2
    await store.close()


def test_a_folder_that_cannot_be_synced_fails_the_write_and_the_file_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: JSONFileStore
) -> None:
    def failing(folder: Path) -> None:
        raise OSError(errno.EIO, "folder")

    with monkeypatch.context() as patch:
        patch.setattr("anydynamo.stores.jsonfile.sync_folder", failing)
        with pytest.raises(ProviderError, match="folder"):
            drive(store.write(put))
    # The new file has its name already, and what it says counts.
    assert drive(store.read(get)) == b"v"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_writer_is_not_carried_over_a_fork(tmp_path: Path, store: JSONFileStore) -> None:
    drive(store.write(put))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        answer = "written"
        try:
            assert drive(store.read(get)) == b"v"
            drive(store.write(put))
        except DatabaseClosed as error:
            answer = str(error)
        finally:
            drive(store.close())
            os.write(writing, answer.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert "open the database after the fork" in pipe.read()
    os.waitpid(child, 0)
    other = JSONFileStore(tmp_path / "db.json")
    with pytest.raises(StoreLocked):
        drive(other.write(put))
    drive(other.close())


def test_a_store_that_nobody_closes_warns_and_lets_the_lock_go(tmp_path: Path) -> None:
    store = JSONFileStore(tmp_path / "db.json")
    drive(store.write(put))
    with pytest.warns(ResourceWarning, match=r"unclosed <JSONFileStore .*db\.json>"):
        del store
    again = JSONFileStore(tmp_path / "db.json")
    drive(again.write(put))
    drive(again.close())
    reader = JSONFileStore(tmp_path / "db.json")
    del reader
    gc.collect()
