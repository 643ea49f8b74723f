"""A file takes another's place whole or not at all, and where it cannot, the error says why."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from anydynamo.errors import ConfigurationError, StoreFull, StoreReadOnly, Unavailable
from anydynamo.stores.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

WANTED = "write a report to"


def write(path: Path, text: str) -> None:
    with replacing(path, WANTED) as file:
        file.write(text)


def test_a_file_is_made_or_replaced(tmp_path: Path) -> None:
    path = tmp_path / "report"
    for text in ("one", "two §\n"):
        write(path, text)
        assert path.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_the_older_file_stays_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "report"
    write(path, "old")
    with suppress(ZeroDivisionError), replacing(path, WANTED) as file:
        file.write("new")
        file.write(str(1 / 0))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_errors_of_a_database_are_not_taken_for_the_files(tmp_path: Path) -> None:
    with pytest.raises(Unavailable), replacing(tmp_path / "report", WANTED):
        raise Unavailable("no answer")


@pytest.mark.parametrize(
    ("number", "error"), [(errno.ENOSPC, StoreFull), (errno.EROFS, StoreReadOnly)]
)
def test_a_full_or_protected_disk_leaves_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    path = tmp_path / "report"
    write(path, "old")

    def fails(descriptor: int) -> None:
        del descriptor
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(error, match="report"):
        write(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_at_once_do_not_get_into_each_others_way(tmp_path: Path) -> None:
    path = tmp_path / "report"
    with replacing(path, WANTED) as first:
        first.write("first")
        write(path, "second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "report"
    target.write_text("old")
    link = tmp_path / "link"
    link.symlink_to(target)
    write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_permissions_stay_what_they_were(tmp_path: Path) -> None:
    path = tmp_path / "report"
    write(path, "old")
    path.chmod(0o600)
    write(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_may_not_be_written_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report"
    write(path, "old")
    # Who runs the tests as root may write everything.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(StoreReadOnly):
        write(path, "new")
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (".", "it is a folder"),
        ("none/report", "the folder .*none does not exist; create it first"),
        ("r" * 300, "File name too long"),
        ("a\0b", "null"),
    ],
)
def test_what_can_be_no_file_is_refused(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot write a report to .*{why}"):
        write(tmp_path / name, "new")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only POSIX has named pipes")
def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigurationError, match="it is no file"):
        write(pipe, "new")
    assert pipe.is_fifo()
