"""A store in one SQLite file, safe for several processes; survives `kill -9` and power loss."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import warnings
import weakref
from collections import deque
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from anydynamo.errors import ConfigurationError, DatabaseClosed
from anydynamo.stores.groups import execute_alone
from anydynamo.stores.sqlite_file import connect, inspect, translate
from anydynamo.stores.sqlite_transaction import SQLiteReader, SQLiteWriter
from anydynamo.stores.sqlite_writer import GroupCommit

if TYPE_CHECKING:
    from collections.abc import Callable

    from anydynamo.engine.store import Reader, Writer

__all__ = ["SQLiteStore"]

T = TypeVar("T")

_SYNCHRONOUS: Final = {"full": "FULL", "normal": "NORMAL"}
_LONGEST_WAIT: Final = 86_400


class SQLiteStore:
    """Spaces of bytes in one SQLite file.

    Reads run inline, on connections that are reused: a point read takes a few microseconds, a hop
    to a thread ten times that. Writes run on one thread, which commits what has gathered in groups;
    in the blocking mode they run inline, under a lock. Several event loops, threads and processes
    may use one file. The file is looked at when the store is made and opened when it is first used,
    so a process may make a store and fork, but not use it and fork.

    Args:
        path: The database file; it is made when it is missing, its folder is not.
        blocking: Run writes on the caller's thread too, without an event loop; `read` and `write`
            then never suspend.
        synchronous: `full` survives power loss: each commit waits for the disk. `normal` survives
            the death of the process by any means, `kill -9` included, and may lose the last commits
            when the power fails; it never damages the file.
        busy_timeout: Seconds to wait for another process's write before `StoreLocked`.

    Raises:
        ConfigurationError: The path or an option cannot be right.
        StoreDamaged: The file is not ours, from a newer version or broken; it was not touched.
        StoreReadOnly: The file or its folder cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        blocking: bool = False,
        synchronous: Literal["full", "normal"] = "full",
        busy_timeout: float = 10.0,
    ) -> None:
        # First of all, because `__del__` runs even when an option is refused.
        self._used = False
        if synchronous not in _SYNCHRONOUS:
            raise ConfigurationError(
                f"synchronous is {synchronous!r}; it must be 'full' or 'normal'"
            )
        if not 0 <= busy_timeout <= _LONGEST_WAIT:
            raise ConfigurationError(
                f"busy_timeout is {busy_timeout!r}; it must be a number of seconds from 0 to"
                f" {_LONGEST_WAIT}"
            )
        self._path = _checked(os.fspath(path))
        self._blocking = blocking
        self._spaces: dict[str, int] = {}
        self._idle: deque[SQLiteReader] = deque()
        self._unusable: str | None = None
        self._write_lock = threading.Lock()
        self._inline_writer: SQLiteWriter | None = None
        self._open: Callable[[], sqlite3.Connection] = partial(
            connect, self._path, synchronous=_SYNCHRONOUS[synchronous], busy_timeout=busy_timeout
        )
        self._group = self._new_group()
        _refuse_inherited(self._path)
        inspect(self._path)

    @property
    def location(self) -> str:
        """The file's absolute path."""
        return str(self._path)

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on a snapshot, on the caller's thread, and return what it returns.

        Raises:
            DatabaseClosed: The store was closed, or used before this process was forked.
            StoreDamaged: The file is broken at a place that was read.
            StoreLocked: Another process kept the file locked, to repair or to empty its log.
        """
        self._check_usable()
        reader = self._take_reader()
        sound = True
        try:
            reader.begin()
            try:
                return work(reader)
            finally:
                reader.end()
        except sqlite3.Error as error:
            sound = False
            raise translate(error, self._path) from error
        finally:
            if sound:
                self._give_back(reader)
            else:
                # A connection in trouble is not used again; the next read opens another.
                reader.close()

    async def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` alone among all writers and return once its writes are durable.

        Raises:
            DatabaseClosed: The store was closed, or used before this process was forked.
            StoreLocked: Another process wrote for longer than the busy timeout.
            StoreFull: No space is left.
            StoreReadOnly: The file or its folder can no longer be written.
            StoreDamaged: The file is broken.
        """
        self._check_usable()
        self._note_use()
        if self._blocking:
            return self._write_inline(work)
        result: T = await self._group.submit(work)
        return result

    async def close(self) -> None:
        """Finish what was accepted, empty the log into the file and close all connections."""
        self._unusable = self._unusable or f"the store {self._path} is closed"
        self._close_idle()
        with self._write_lock:
            if self._inline_writer is not None:
                self._inline_writer.close()
                self._inline_writer = None
        thread = self._group.stop()
        if thread is not None:
            if _in_event_loop():
                await asyncio.to_thread(thread.join)
            else:
                thread.join()
        self._used = False

    def __del__(self) -> None:
        if self._used and self._unusable is None:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)
            self._group.stop()
            self._close_idle()
            if self._inline_writer is not None:
                self._inline_writer.close()

    def __repr__(self) -> str:
        return f"<SQLiteStore {self._path}>"

    def _check_usable(self) -> None:
        if self._unusable is not None:
            raise DatabaseClosed(self._unusable)

    def _note_use(self) -> None:
        if not self._used:
            self._used = True
            _used_stores.add(self)

    def _new_group(self) -> GroupCommit:
        # Bound to no method of this store: the thread would keep an unclosed store alive.
        return GroupCommit(self._path, partial(_open_writer, self._path, self._open, self._spaces))

    def _take_reader(self) -> SQLiteReader:
        try:
            return self._idle.pop()
        except IndexError:
            self._note_use()
            return SQLiteReader(self._open(), self._spaces)

    def _give_back(self, reader: SQLiteReader) -> None:
        self._idle.append(reader)
        if self._unusable is not None:
            self._close_idle()

    def _close_idle(self) -> None:
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return

    def _write_inline(self, work: Callable[[Writer], T]) -> T:
        with self._write_lock:
            self._check_usable()
            writer = self._inline_writer
            if writer is None:
                writer = self._inline_writer = _open_writer(self._path, self._open, self._spaces)
            try:
                return execute_alone(writer, work)
            except sqlite3.Error as error:
                writer.close()
                self._inline_writer = None
                raise translate(error, self._path) from error

    def _orphan(self) -> None:
        """Make this copy, in a process forked from the one that used the store, unusable."""
        if not self._used:
            return
        # Closing would run SQLite's code on locks and mutexes whose holders are in the parent.
        _abandoned.extend((self._idle, self._inline_writer, self._group))
        self._idle = deque()
        self._inline_writer = None
        self._group = self._new_group()
        self._write_lock = threading.Lock()
        self._used = False
        self._unusable = self._unusable or (
            f"the store {self._path} was used before this process was forked, and SQLite forbids to"
            " carry a connection over; open the database after the fork, or close it before"
        )
        with suppress(OSError):
            _inherited.add(_identity(self._path))


_used_stores: weakref.WeakSet[SQLiteStore] = weakref.WeakSet()
_inherited: set[tuple[int, int]] = set()
_abandoned: list[object] = []


def _orphan_used_stores() -> None:
    for store in tuple(_used_stores):
        store._orphan()  # pyright: ignore[reportPrivateUsage] - one module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_orphan_used_stores)


def _refuse_inherited(path: Path) -> None:
    """Refuse a file whose connections this process inherited by a fork.

    SQLite keeps one table of POSIX locks per process and file. After a fork the child's copy says
    that locks are held which only the parent has, and a new connection would believe it. Source:
    https://www.sqlite.org/howtocorrupt.html, section 2.6.
    """
    if _inherited and path.exists() and _identity(path) in _inherited:
        raise ConfigurationError(
            f"{path} was open when this process was forked, and SQLite cannot open it safely here;"
            " close it before the fork, or start the process by spawn instead of fork"
        )


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _open_writer(
    path: Path, open_: Callable[[], sqlite3.Connection], spaces: dict[str, int]
) -> SQLiteWriter:
    return SQLiteWriter(open_(), spaces, path)


def _checked(path: str | bytes) -> Path:
    text = os.fsdecode(path)
    if not text or text.startswith(":memory:"):
        raise ConfigurationError(
            f"{text!r} is not the path of a file; for a database in memory use the memory provider"
            " (memory://)"
        )
    if text.startswith("file:"):
        raise ConfigurationError(f"{text!r} is a SQLite URI; give the path of a file instead")
    # The working directory may be another one when the file is opened.
    return Path(text).absolute()


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
