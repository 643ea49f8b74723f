"""A store in one JSON file that people can read, compare and edit."""

from __future__ import annotations

import asyncio
import os
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from filelock import FileLock, Timeout

from anydynamo.errors import (
    ConfigurationError,
    DatabaseClosed,
    StoreDamaged,
    StoreLocked,
)
from anydynamo.stores.files import (
    copy_permissions,
    real_path,
    refuse_protected,
    sync_folder,
    trouble,
)
from anydynamo.stores.groups import Job, acknowledge, execute_alone, execute_group
from anydynamo.stores.jsonfile_document import Document
from anydynamo.stores.jsonfile_format import Malformed
from anydynamo.stores.memory import MemoryReader, MemoryWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from anydynamo.engine.store import Reader, Writer

__all__ = ["JSONFileStore"]

T = TypeVar("T")

_Version = tuple[int, int, int, int]
"""Device, inode, size and time of modification: what tells one content of a file from another."""


class JSONFileStore:
    """Spaces of bytes in one JSON file, which is replaced as a whole by each write.

    The file is held in memory and read again when somebody else replaced or edited it. A write
    costs a rewrite of the file (about 25 ms per 10,000 items); writes that come together in one
    turn of the event loop share it. One process writes, which is the one that first wrote, until it
    closes the store; it holds the lock file `<name>.lock`. Any number may read meanwhile.

    Everything runs on the caller's thread. Outside an event loop, and with `blocking`, neither
    `read` nor `write` ever suspends.

    Args:
        path: The file; it is made by the first write, its folder is not. A symbolic link is
            followed when the store is made, and stays.
        blocking: Never wait for an event loop, even where one runs.
        lock_timeout: Seconds to wait for another writer at the first write before `StoreLocked`.

    Raises:
        ConfigurationError: The path or an option cannot be right.
        StoreDamaged: The file is not in the format; the message names the place.
        StoreReadOnly: The file cannot be read.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        blocking: bool = False,
        lock_timeout: float = 0.0,
    ) -> None:
        if not lock_timeout >= 0:
            raise ConfigurationError(
                f"lock_timeout is {lock_timeout!r}; it must be a number of seconds from 0 up"
            )
        self._path = Path(path).absolute()
        self._file = _JSONFile(
            real_path(self._path, "keep a database in"), self._path, lock_timeout
        )
        self._blocking = blocking
        self._gate = threading.Lock()
        self._waiting: dict[asyncio.AbstractEventLoop, list[Job]] = {}
        self._closed = False
        self._file.refresh()

    @property
    def location(self) -> str:
        """The file's absolute path, as it was given."""
        return str(self._path)

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on the file as it is now, and return what it returns.

        Raises:
            DatabaseClosed: The store was closed.
            StoreDamaged: Somebody edited the file, and it is no longer in the format.
        """
        with self._gate:
            self._check_open()
            self._file.refresh()
            return work(MemoryReader(self._file.document.spaces))

    async def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` alone and return once the file with its writes has replaced the old one.

        Raises:
            DatabaseClosed: The store was closed, or wrote before this process was forked.
            StoreLocked: Another process, or another store, writes this file.
            StoreDamaged: Somebody edited the file, and it is no longer in the format.
            StoreFull: No space is left; the old file stands.
            StoreReadOnly: The file or its folder cannot be written.
        """
        loop = None if self._blocking else _running_loop()
        if loop is None:
            with self._gate:
                self._check_open()
                return execute_alone(_JSONWriter(self._file), work)
        job = Job(work, loop)
        with self._gate:
            self._check_open()
            jobs = self._waiting.setdefault(loop, [])
            jobs.append(job)
            if len(jobs) == 1:
                # Not a task of its own: it could be cancelled with the jobs of others in hand.
                loop.call_soon(self._execute_waiting, loop)
        result: T = await job.outcome()
        return result

    async def close(self) -> None:
        """Finish what was accepted and let the lock go. Closing twice is no error."""
        with self._gate:
            self._closed = True
        for loop in tuple(self._waiting):
            self._execute_waiting(loop)
        with self._gate:
            self._file.unlock()

    def __del__(self) -> None:
        # A constructor that refused leaves no `_closed` behind.
        if not getattr(self, "_closed", True) and self._file.locked:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)
            self._file.unlock()

    def __repr__(self) -> str:
        return f"<JSONFileStore {self._path}>"

    def _check_open(self) -> None:
        if self._closed:
            raise DatabaseClosed(f"the store {self._path} is closed")

    def _execute_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._gate:
            jobs = self._waiting.pop(loop, [])
            if jobs:
                execute_group(_JSONWriter(self._file), jobs, fatal=_spoils_nothing)
                acknowledge(jobs)


class _JSONFile:
    """The file on disk, its lock, and the document that it holds.

    Args:
        path: The file itself.
        shown: What the user called it, for messages.
        lock_timeout: Seconds to wait for the lock.
    """

    def __init__(self, path: Path, shown: Path, lock_timeout: float) -> None:
        self._path = path
        self._shown = shown
        self._lock_timeout = lock_timeout
        self._lock = FileLock(f"{path}.lock", thread_local=False)
        self._lock_holder: int | None = None
        self._version: _Version | None = None
        self.document = Document()

    @property
    def locked(self) -> bool:
        """Whether this process holds the lock."""
        return self._lock_holder == os.getpid()

    def refresh(self) -> None:
        """Read the file if it is not the one that was last read or written."""
        try:
            version = _version(self._path.stat())
        except FileNotFoundError:
            if self._version is not None:
                self._version, self.document = None, Document()
            return
        except OSError as error:
            raise trouble(self._shown, error) from error
        if version != self._version:
            self._load()

    def lock(self) -> None:
        """Become the file's writer, until `unlock`."""
        if self._lock_holder is not None:
            if self._lock_holder != os.getpid():
                raise DatabaseClosed(
                    f"the store {self._shown} wrote before this process was forked, and the lock"
                    " belongs to the parent; open the database after the fork"
                )
            return
        try:
            self._lock.acquire(timeout=self._lock_timeout)
        except Timeout as error:
            raise StoreLocked(
                f"{self._shown} is being written by another process or another open database"
                f" (it holds {self._path.name}.lock); close that one, or use sqlite://, which"
                " takes several writers"
            ) from error
        except OSError as error:
            raise trouble(self._shown, error) from error
        self._lock_holder = os.getpid()

    def unlock(self) -> None:
        """Stop being the file's writer."""
        if self.locked:
            self._lock.release()
            self._lock_holder = None

    def replace(self, data: bytes) -> None:
        """Put new content in the file's place, atomically and durably.

        The new file is complete and on the disk before it gets the name; then so is the name.
        """
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        try:
            refuse_protected(self._path)
            # One that a killed writer left behind: nobody else writes while the lock is held.
            temporary.unlink(missing_ok=True)
            with open(temporary, "xb") as file:
                copy_permissions(self._path, file.fileno())
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                version = _version(os.fstat(file.fileno()))
            os.replace(temporary, self._path)
            self._version = version
            sync_folder(self._path.parent)
        except BaseException as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise trouble(self._shown, error) from error
            raise

    def forget(self) -> None:
        """Distrust the document; the next `refresh` reads the file."""
        self._version = None
        self.document = Document()

    def _load(self) -> None:
        try:
            with self._path.open("rb") as file:
                version = _version(os.fstat(file.fileno()))
                data = file.read()
        except OSError as error:
            raise trouble(self._shown, error) from error
        try:
            self.document = Document.load(data)
        except Malformed as error:
            raise self.damaged(error) from error
        self._version = version

    def damaged(self, error: Malformed) -> StoreDamaged:
        """Name the file and the place that is not in the format."""
        place = f" at {error.place}" if error.place else ""
        return StoreDamaged(
            f"{self._shown} is not as it should be{place}: {error.what}; it was not changed:"
            " correct it by hand or give another path"
        )


class _JSONWriter(MemoryWriter):
    """The document's spaces as a transaction that ends with a new file."""

    __slots__ = ("_adopted", "_adopted_kept", "_file", "_kept")

    def __init__(self, file: _JSONFile) -> None:
        super().__init__(file.document.spaces)
        self._file = file
        self._kept = 0
        self._adopted: list[str] = []
        self._adopted_kept = 0

    def begin(self) -> None:
        """Take the lock, and read the file if it changed: an edit by hand is never overwritten."""
        self._file.lock()
        self._file.refresh()
        self._spaces = self._file.document.spaces

    def adopt(self, table: str) -> list[tuple[str, dict[str, Any]]]:
        """Hand over the list that stands under a table's name and belongs to no table yet."""
        try:
            items = self._file.document.foreign(table)
        except Malformed as error:
            raise self._file.damaged(error) from error
        self._adopted.append(table)
        return items

    def keep_piece(self) -> None:
        """End a piece of work and keep what it wrote."""
        self._kept = len(self._log)
        self._adopted_kept = len(self._adopted)

    def undo_piece(self) -> None:
        """End a piece of work and take back what it wrote."""
        self.undo(self._kept)
        del self._adopted[self._adopted_kept :]

    def commit(self) -> None:
        """Replace the file, unless nothing was written."""
        if not self._log:
            return
        touched = {(space, key) for space, key, _ in self._log}
        try:
            self._file.replace(self._file.document.render(touched, self._adopted))
        except BaseException as error:
            # The document's texts are ahead of the file now, and so is the file of us, should
            # only the folder have failed to sync.
            self._file.forget()
            if isinstance(error, Malformed):
                raise self._file.damaged(error) from error
            raise
        self.keep()

    def abandon(self) -> None:
        """Take back everything since `begin`."""
        self.undo()


def _spoils_nothing(error: BaseException) -> bool:  # noqa: ARG001 - as `execute_group` asks
    """Tell that no error of one piece can harm the others, which only touch memory."""
    return False


def _version(status: os.stat_result) -> _Version:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
