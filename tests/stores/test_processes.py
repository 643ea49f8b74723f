"""Several processes on one file, and processes without rights or space."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.stores.driving import drive
from tests.stores.raw import peek_json, peek_sqlite

from anydynamo.errors import StoreLocked
from anydynamo.stores.jsonfile import JSONFileStore
from anydynamo.stores.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anydynamo.engine.store import Writer

ROOT = Path(__file__).parents[2]


def start(name: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.stores.processes", name, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def run(name: str, *arguments: object) -> str:
    with start(name, *arguments) as process:
        output, _ = process.communicate()
    assert process.returncode == 0
    return output.strip()


def put(writer: Writer) -> None:
    writer.put("a", b"k", b"v")


def is_json(path: Path) -> bool:
    return path.suffix == ".json"


@pytest.fixture(params=["app.db", "db.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


@pytest.fixture
def open_to_all(path: Path) -> Iterator[Path]:
    """A path in a folder that a process without rights can reach; pytest's own are closed to it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder) / path.name


def test_processes_that_write_one_sqlite_file_at_once_lose_no_update(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    processes = [start("increment", path, 200) for _ in range(4)]
    for process in processes:
        with process:
            output, _ = process.communicate()
        assert output.strip() == "done"
    assert peek_sqlite(path) == {"a": {b"counter": b"800"}}
    assert os.listdir(tmp_path) == ["app.db"]


def test_a_file_in_a_folder_that_cannot_be_reached_is_refused(open_to_all: Path) -> None:
    open_to_all.parent.chmod(0o000)
    try:
        answer = run("write_without_rights", open_to_all)
    finally:
        open_to_all.parent.chmod(0o755)
    assert answer.startswith("open: StoreReadOnly")
    assert str(open_to_all) in answer


def test_a_file_in_a_folder_that_cannot_be_written_is_refused(open_to_all: Path) -> None:
    open_to_all.parent.chmod(0o555)
    try:
        answer = run("write_without_rights", open_to_all)
    finally:
        open_to_all.parent.chmod(0o755)
    assert "StoreReadOnly" in answer
    assert str(open_to_all) in answer
    assert os.listdir(open_to_all.parent) == []


def test_a_file_that_cannot_be_read_is_refused(open_to_all: Path) -> None:
    open_to_all.write_bytes(b"{}")
    open_to_all.chmod(0o000)
    open_to_all.parent.chmod(0o777)
    answer = run("write_without_rights", open_to_all)
    assert answer.startswith("open: StoreReadOnly")
    assert str(open_to_all) in answer


def test_a_file_that_may_only_be_read_is_not_replaced(open_to_all: Path) -> None:
    open_to_all.write_bytes(b"{}" if is_json(open_to_all) else b"")
    open_to_all.chmod(0o444)
    open_to_all.parent.chmod(0o777)
    before = open_to_all.read_bytes()
    assert "StoreReadOnly" in run("write_without_rights", open_to_all)
    assert open_to_all.read_bytes() == before


def test_a_file_that_may_grow_no_further_keeps_what_it_had(path: Path) -> None:
    store = JSONFileStore(path) if is_json(path) else SQLiteStore(path, blocking=True)
    drive(store.write(put))
    drive(store.close())
    before = path.read_bytes()
    answer = run("write_much", path, 300_000)
    assert answer.startswith("write: ")
    assert answer.endswith("left [(b'k', b'v')]")
    assert path.read_bytes() == before
    assert ("StoreFull" in answer) == is_json(path)


def test_a_second_writer_of_a_json_file_is_refused_until_the_first_closes(tmp_path: Path) -> None:
    path = tmp_path / "db.json"
    with start("hold", path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        store = JSONFileStore(path)
        with pytest.raises(StoreLocked, match=r"db\.json is being written") as caught:
            drive(store.write(put))
        assert caught.value.retryable
        assert drive(store.read(lambda reader: reader.get("a", b"held"))) == b"v"
        process.communicate()
    drive(store.write(put))
    drive(store.close())
    assert peek_json(path) == {"a": {b"held": b"v", b"k": b"v"}}


def test_a_json_files_writer_that_was_killed_leaves_no_lock_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "db.json"
    with start("hold", path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    (tmp_path / ".db.json.tmp").write_bytes(b"half of a fi")
    store = JSONFileStore(path)
    drive(store.write(put))
    drive(store.close())
    assert peek_json(path) == {"a": {b"held": b"v", b"k": b"v"}}
    assert not (tmp_path / ".db.json.tmp").exists()
