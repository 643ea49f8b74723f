"""The SQLite store: what it refuses and leaves untouched, its errors, its ends."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sqlite3
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from tests.stores.driving import drive
from tests.stores.raw import peek_sqlite

from anydynamo.errors import (
    AnyDynamoError,
    ConfigurationError,
    DatabaseClosed,
    NotSupported,
    ProviderError,
    StoreDamaged,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
)
from anydynamo.stores import sqlite, sqlite_file
from anydynamo.stores.jsonfile import JSONFileStore
from anydynamo.stores.sqlite import SQLiteStore
from anydynamo.stores.sqlite_file import APPLICATION_ID, VERSION, translate
from anydynamo.stores.sqlite_transaction import SQLiteReader, SQLiteWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anydynamo.engine.store import Reader, Writer


def put(writer: Writer) -> None:
    writer.put("a", b"k", b"v")


def get(reader: Reader) -> bytes | None:
    return reader.get("a", b"k")


def made(path: Path, *, items: int = 1) -> Path:
    """Make a database with some items, and close it."""

    def work(writer: Writer) -> None:
        for number in range(items):
            writer.put("a", b"%d" % number, b"v" * 900)

    store = SQLiteStore(path, blocking=True)
    drive(store.write(work))
    drive(store.close())
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refuse(path: Path, error: type[AnyDynamoError], match: str) -> None:
    """Expect that a file is refused and that nothing in its folder changes."""
    before = contents(path.parent)
    with pytest.raises(error, match=match) as caught:
        SQLiteStore(path)
    assert str(path) in str(caught.value)
    assert contents(path.parent) == before


def test_a_file_that_is_not_sqlites_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes and no database. " * 20)
    refuse(path, StoreDamaged, "not a SQLite database")


def test_a_short_file_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "short.db"
    path.write_bytes(b"SQLite format 3\x00")
    refuse(path, StoreDamaged, "not a SQLite database")


def test_another_programs_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (x)")
    refuse(path, StoreDamaged, "another program")


def test_a_database_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = made(tmp_path / "app.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    refuse(path, StoreDamaged, f"version {VERSION + 1}.*upgrade")


def test_a_truncated_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = made(tmp_path / "app.db", items=50)
    os.truncate(path, 8192)
    refuse(path, StoreDamaged, "cut off at 8192 bytes")


@pytest.mark.parametrize("page", range(5))
def test_a_database_with_a_broken_page_is_refused_and_not_touched(
    tmp_path: Path, page: int
) -> None:
    path = made(tmp_path / "app.db", items=50)
    data = bytearray(path.read_bytes())
    start = page * 4096 + (100 if page == 0 else 0)
    data[start : (page + 1) * 4096] = b"\xa5" * ((page + 1) * 4096 - start)
    path.write_bytes(data)
    refuse(path, StoreDamaged, "is damaged")


def test_a_database_without_our_tables_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("CREATE TABLE spaces (id, name)")
    refuse(path, StoreDamaged, "no such table: pairs")


def test_a_large_database_is_examined_only_where_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "app.db", items=50)
    data = bytearray(path.read_bytes())
    data[-4096:] = b"\xa5" * 4096
    path.write_bytes(data)
    monkeypatch.setattr(sqlite_file, "_EXAMINED_WHOLE", 0)
    store = SQLiteStore(path, blocking=True)
    try:
        with pytest.raises(StoreDamaged, match=r"is damaged.*restore a backup"):
            drive(store.read(lambda reader: list(reader.scan("a"))))
    finally:
        drive(store.close())


def test_a_file_that_changes_under_the_examination_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "app.db")

    def trouble(path: Path, header: bytes, size: int) -> str:
        os.utime(path, ns=(1, 1))
        return "half of a checkpoint"

    monkeypatch.setattr(sqlite_file, "_trouble", trouble)
    drive(SQLiteStore(path).close())


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    path.touch()
    made(path)
    assert peek_sqlite(path) == {"a": {b"0": b"v" * 900}}


def test_a_foreign_file_that_appears_after_the_look_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    store = SQLiteStore(path, blocking=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        with pytest.raises(StoreDamaged, match="another program"):
            drive(store.write(put))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        with pytest.raises(StoreDamaged, match="upgrade"):
            drive(store.read(get))
    drive(store.close())


def test_the_file_names_its_program_and_version(tmp_path: Path) -> None:
    header = made(tmp_path / "app.db").read_bytes()[:100]
    assert header[68:72] == b"anyd"
    assert int.from_bytes(header[60:64], "big") == VERSION


@pytest.mark.parametrize(("synchronous", "number"), [("full", 2), ("normal", 1)])
def test_commits_wait_for_the_disk_as_the_option_says(
    tmp_path: Path, synchronous: Literal["full", "normal"], number: int
) -> None:
    store = SQLiteStore(tmp_path / "app.db", blocking=True, synchronous=synchronous)
    drive(store.write(put))
    assert store._inline_writer is not None
    connection = store._inline_writer._connection
    assert connection.execute("PRAGMA synchronous").fetchone() == (number,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    drive(store.close())


@pytest.mark.parametrize(
    ("path", "advice"),
    [(":memory:", "memory://"), ("", "memory://"), ("file:app.db?mode=ro", "path of a file")],
)
def test_what_is_no_path_of_a_file_is_refused_with_advice(path: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=advice):
        SQLiteStore(path)


def test_a_folder_or_a_missing_folder_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="it is a folder"):
        SQLiteStore(tmp_path)
    with pytest.raises(ConfigurationError, match="create it first"):
        SQLiteStore(tmp_path / "missing" / "app.db")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="does not exist"):
        SQLiteStore(tmp_path / "file" / "app.db")


def test_options_that_cannot_be_right_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'full' or 'normal'"):
        SQLiteStore(tmp_path / "app.db", synchronous="off")  # type: ignore[arg-type]
    for timeout in (-1, float("nan"), float("inf")):
        with pytest.raises(ConfigurationError, match="busy_timeout"):
            SQLiteStore(tmp_path / "app.db", busy_timeout=timeout)


def test_a_path_of_bytes_or_with_odd_characters_is_taken(tmp_path: Path) -> None:
    for name in ("ü %20?#&.db", "a b.db"):
        made(tmp_path / name)
        store = SQLiteStore(os.fsencode(tmp_path / name), blocking=True)  # type: ignore[arg-type]
        assert drive(store.read(lambda reader: len(list(reader.scan("a"))))) == 1
        assert store.location == str(tmp_path / name)
        drive(store.close())


async def test_an_id_that_was_rolled_back_and_went_to_another_space_is_not_mistaken(
    tmp_path: Path,
) -> None:
    mine, theirs = (SQLiteStore(tmp_path / "app.db", blocking=True) for _ in range(2))

    def fail(writer: Writer) -> None:
        writer.put("mine", b"k", b"v")
        raise LookupError

    with pytest.raises(LookupError):
        await mine.write(fail)
    await theirs.write(lambda writer: writer.put("theirs", b"k", b"v"))
    assert await mine.read(lambda reader: reader.get("mine", b"k")) is None
    await mine.write(lambda writer: writer.put("mine", b"k", b"v"))
    await mine.close()
    await theirs.close()
    assert peek_sqlite(tmp_path / "app.db") == {"mine": {b"k": b"v"}, "theirs": {b"k": b"v"}}


@pytest.mark.parametrize("kind", [SQLiteStore, JSONFileStore])
def test_the_path_is_that_of_the_working_directory_when_the_store_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[SQLiteStore | JSONFileStore]
) -> None:
    monkeypatch.chdir(tmp_path)
    store = kind("data", blocking=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    drive(store.write(put))
    drive(store.close())
    assert (tmp_path / "data").is_file()
    assert store.location == str(tmp_path / "data")


async def test_another_writer_that_takes_too_long_is_named(tmp_path: Path) -> None:
    path = made(tmp_path / "app.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        store = SQLiteStore(path, busy_timeout=0)
        writes = [asyncio.create_task(store.write(put)) for _ in range(3)]
        for write in writes:
            with pytest.raises(StoreLocked, match=r"app\.db is locked") as caught:
                await write
            assert caught.value.retryable
            assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
        assert await store.read(lambda reader: reader.get("a", b"0")) == b"v" * 900
        connection.execute("ROLLBACK")
        await store.write(put)
        await store.close()
    assert peek_sqlite(path)["a"][b"k"] == b"v"


def test_another_writer_is_named_in_blocking_mode_too(tmp_path: Path) -> None:
    path = made(tmp_path / "app.db")
    store = SQLiteStore(path, blocking=True, busy_timeout=0)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked):
            drive(store.write(put))
    drive(store.write(put))
    drive(store.close())


@pytest.mark.parametrize("blocking", [False, True])
async def test_a_full_disk_keeps_nothing_of_the_write_and_the_store_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, blocking: bool
) -> None:
    path = tmp_path / "app.db"
    connect = sqlite_file.connect

    def small(path: Path, *, synchronous: str, busy_timeout: float) -> sqlite3.Connection:
        connection = connect(path, synchronous=synchronous, busy_timeout=busy_timeout)
        connection.execute("PRAGMA max_page_count = 20")
        return connection

    monkeypatch.setattr("anydynamo.stores.sqlite.connect", small)
    store = SQLiteStore(path, blocking=blocking)

    def fill(writer: Writer) -> None:
        writer.put("new", b"k", b"v")
        writer.put("a", b"large", b"x" * 200_000)

    await store.write(put)
    with pytest.raises(StoreFull, match=r"no space is left for .*app\.db"):
        await store.write(fill)
    await store.write(lambda writer: writer.put("new", b"small", b"v"))
    assert await store.read(lambda reader: list(reader.scan("new"))) == [(b"small", b"v")]
    await store.close()
    assert peek_sqlite(path) == {"a": {b"k": b"v"}, "new": {b"small": b"v"}}


async def test_a_statement_that_takes_no_such_argument_fails_alone(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "app.db")
    good = asyncio.create_task(store.write(put))
    bad = asyncio.create_task(
        store.write(lambda writer: writer.put("a", b"k", object()))  # type: ignore[arg-type]
    )
    await good
    with pytest.raises(ProviderError, match="SQLite failed"):
        await bad
    await store.close()


async def test_without_an_event_loop_the_blocking_mode_is_advised(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "app.db")

    def outside() -> None:
        with pytest.raises(ConfigurationError, match="blocking=True"):
            drive(store.write(put))

    await asyncio.to_thread(outside)
    await store.close()


def test_a_second_event_loop_may_use_the_store_and_nobody_needs_one_to_close(
    tmp_path: Path,
) -> None:
    store = SQLiteStore(tmp_path / "app.db")
    asyncio.run(store.write(put))
    assert asyncio.run(store.write(get)) == b"v"
    drive(store.close())
    assert os.listdir(tmp_path) == ["app.db"]


async def test_closing_empties_the_log_into_the_file(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "app.db")
    await store.write(put)
    await store.read(get)
    assert "app.db-wal" in os.listdir(tmp_path)
    await store.close()
    assert os.listdir(tmp_path) == ["app.db"]


async def test_a_walk_that_somebody_holds_on_to_does_not_keep_the_log_from_being_emptied(
    tmp_path: Path,
) -> None:
    store = SQLiteStore(made(tmp_path / "app.db", items=50))
    walk = await store.read(lambda reader: reader.scan("a"))
    another = await store.write(lambda writer: writer.scan("a"))
    await store.write(put)
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0
    assert walk is not another
    await store.close()


async def test_a_read_under_way_while_the_store_closes_ends_well(tmp_path: Path) -> None:
    store = SQLiteStore(made(tmp_path / "app.db"), blocking=True)

    def close_meanwhile(reader: Reader) -> bytes | None:
        drive(store.close())
        return reader.get("a", b"0")

    assert await store.read(close_meanwhile) == b"v" * 900
    assert os.listdir(tmp_path) == ["app.db"]


def test_a_write_that_waited_while_the_store_closed_is_refused(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "app.db", blocking=True)
    writing = store.write(put)
    drive(store.close())
    with pytest.raises(DatabaseClosed):
        drive(writing)


@pytest.mark.parametrize("blocking", [False, True])
async def test_a_store_that_nobody_closes_warns_and_ends(tmp_path: Path, *, blocking: bool) -> None:
    store = SQLiteStore(tmp_path / "app.db", blocking=blocking)
    await store.write(put)
    await store.read(get)
    with pytest.warns(ResourceWarning, match=r"unclosed <SQLiteStore .*app\.db>"):
        del store


def test_a_refused_store_does_not_warn(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        SQLiteStore(tmp_path)
    store = SQLiteStore(tmp_path / "unused.db")
    del store
    gc.collect()


# From Python 3.12 on, a fork beside any other thread warns.
fork_beside_threads = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def test_a_file_or_folder_without_the_rights_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "app.db")
    for denied in (tmp_path, path):
        monkeypatch.setattr(os, "access", lambda at, _, denied=denied: at != denied)
        with pytest.raises(StoreReadOnly, match="grant write permission") as caught:
            SQLiteStore(path)
        assert str(caught.value).count("grant write permission") == 1


@pytest.mark.parametrize("blocking", [False, True])
async def test_a_connection_in_trouble_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, blocking: bool
) -> None:
    path = made(tmp_path / "app.db")
    store = SQLiteStore(path, blocking=blocking)
    await store.write(put)
    assert await store.read(get) == b"v"

    def failing(*_: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(SQLiteReader, "get", failing)
        with pytest.raises(ProviderError, match="check the disk"):
            await store.read(get)
        with pytest.raises(ProviderError, match="check the disk"):
            await store.write(get)
    assert await store.write(get) == b"v"
    assert await store.read(get) == b"v"
    await store.close()
    assert os.listdir(tmp_path) == ["app.db"]


@pytest.mark.parametrize("blocking", [False, True])
@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_that_somebody_removes_takes_no_more_writes(
    tmp_path: Path, *, replaced: bool, blocking: bool
) -> None:
    path = tmp_path / "app.db"
    store = SQLiteStore(path, blocking=blocking)
    await store.write(put)
    os.unlink(path)
    if replaced:
        made(tmp_path / "other.db")
        os.rename(tmp_path / "other.db", path)
    for _ in range(2):
        with pytest.raises(StoreDamaged, match=r"app\.db was deleted or replaced.*open it again"):
            await store.write(put)
    await store.close()


def test_what_a_forked_child_does_with_used_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as below in this process, where coverage and debuggers see it."""
    monkeypatch.setattr(sqlite, "_inherited", set())
    monkeypatch.setattr(sqlite, "_abandoned", [])
    path = made(tmp_path / "app.db")
    unused, used = SQLiteStore(path), SQLiteStore(path, blocking=True)
    drive(used.write(put))
    drive(used.read(get))
    sqlite._orphan_used_stores()
    with pytest.raises(DatabaseClosed, match="before this process was forked"):
        drive(used.read(get))
    with pytest.raises(ConfigurationError, match="was open when this process was forked"):
        SQLiteStore(path)
    drive(used.close())
    drive(unused.close())
    idle, writer, _ = sqlite._abandoned
    assert isinstance(writer, SQLiteWriter)
    assert isinstance(idle, deque)
    assert len(idle) == 1
    writer.close()
    idle.pop().close()


def test_a_file_system_without_shared_memory_is_refused() -> None:
    # SQLite's own memory database is what refuses a write-ahead log everywhere.
    with pytest.raises(NotSupported, match="choose a local folder"):
        sqlite_file.connect(Path(":memory:"), synchronous="FULL", busy_timeout=0)


class Contended:
    """A connection that finds the file locked some times."""

    def __init__(self, times: int) -> None:
        self.times = times

    def execute(self, _: str) -> Contended:
        if self.times:
            self.times -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return self

    def fetchone(self) -> tuple[str]:
        return ("wal",)


def test_a_file_that_two_make_at_once_is_waited_for_until_the_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("anydynamo.stores.sqlite_file.time.sleep", slept.append)
    monkeypatch.setattr("anydynamo.stores.sqlite_file.time.monotonic", lambda: float(len(slept)))
    use: Any = sqlite_file._use_write_ahead_log
    use(Path("app.db"), Contended(3), 5.0)
    assert len(slept) == 3
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        use(Path("app.db"), Contended(10), 5.0)


def test_threads_that_make_one_file_at_once_all_succeed(tmp_path: Path) -> None:
    def write(number: int) -> None:
        store = SQLiteStore(tmp_path / "app.db", blocking=True)
        drive(store.write(lambda writer: writer.put("a", b"%d" % number, b"v")))
        drive(store.close())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(16)))
    assert len(peek_sqlite(tmp_path / "app.db")["a"]) == 16


@pytest.fixture
def forked(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(made(tmp_path / "app.db"), blocking=True)
    yield store
    drive(store.close())


def in_child(work: object) -> str:
    """Run a function in a forked child and return what it returned."""
    assert callable(work)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, str(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


@fork_beside_threads
def test_a_used_store_refuses_to_be_carried_over_a_fork(forked: SQLiteStore) -> None:
    drive(forked.write(put))
    drive(forked.read(get))

    def child() -> str:
        answers = []
        for attempt in (
            lambda: drive(forked.read(get)),
            lambda: drive(forked.write(put)),
            lambda: SQLiteStore(forked.location),
        ):
            try:
                answers.append(str(attempt()))
            except AnyDynamoError as error:
                answers.append(f"{type(error).__name__}: {error}")
        drive(forked.close())
        return "\n".join(answers)

    read, write, opened = in_child(child).splitlines()
    assert read.startswith("DatabaseClosed")
    assert "open the database after the fork" in read
    assert write == read
    assert opened.startswith("ConfigurationError")
    assert drive(forked.read(get)) == b"v"


@fork_beside_threads
def test_an_unused_or_closed_store_leaves_the_child_free_to_open_its_own(
    forked: SQLiteStore, tmp_path: Path
) -> None:
    closed = SQLiteStore(forked.location, blocking=True)
    drive(closed.write(put))
    drive(closed.close())

    def child() -> bytes | None:
        own = SQLiteStore(forked.location, blocking=True)
        drive(own.write(lambda writer: writer.put("a", b"k", b"child")))
        seen = drive(forked.read(get))
        drive(own.close())
        drive(forked.close())
        return seen

    assert in_child(child) == str(b"child")
    assert drive(forked.read(get)) == b"child"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_BUSY, StoreLocked),
        (sqlite3.SQLITE_BUSY | 1 << 8, StoreLocked),
        (sqlite3.SQLITE_FULL, StoreFull),
        (sqlite3.SQLITE_READONLY, StoreReadOnly),
        (sqlite3.SQLITE_CANTOPEN, ProviderError),
        (sqlite3.SQLITE_CORRUPT, StoreDamaged),
        (sqlite3.SQLITE_NOTADB, StoreDamaged),
        (sqlite3.SQLITE_IOERR, ProviderError),
    ],
)
def test_each_of_sqlites_errors_becomes_one_of_ours(
    tmp_path: Path, code: int, expected: type[AnyDynamoError]
) -> None:
    error = sqlite3.OperationalError("told by SQLite")
    error.sqlite_errorcode = code
    error.sqlite_errorname = "SQLITE_X"
    made_of_it = translate(error, tmp_path / "app.db")
    assert type(made_of_it) is expected
    assert "app.db" in str(made_of_it)


async def test_a_folder_that_vanishes_is_an_error_and_not_a_hang(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    store = SQLiteStore(folder / "app.db")
    shutil.rmtree(folder)
    with pytest.raises(ProviderError, match="cannot be opened"):
        await store.write(put)
    with pytest.raises(ProviderError, match="cannot be opened"):
        await store.read(get)
    await store.close()
