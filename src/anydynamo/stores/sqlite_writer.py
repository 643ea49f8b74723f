"""The one thread that writes to a SQLite file, in groups.

A commit that survives power loss waits for the disk (50 to 200 µs), and a hop to a thread costs 40
to 80 µs. Whatever has gathered while the last commit ran shares both.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from typing import TYPE_CHECKING, Any, Final

from anydynamo.errors import ConfigurationError, DatabaseClosed
from anydynamo.stores.groups import Job, acknowledge, execute_group
from anydynamo.stores.sqlite_file import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from anydynamo.engine.store import Writer
    from anydynamo.stores.sqlite_transaction import SQLiteWriter

__all__ = ["GroupCommit"]

_LARGEST_GROUP: Final = 256
"""Pieces in one transaction: bounds how long the first of them waits for the others."""


class GroupCommit:
    """Executes writes of any number of tasks, threads and event loops on one thread.

    The thread starts with the first write and opens its own connection.

    Args:
        path: The database file, for messages.
        open_writer: Opens the connection.
    """

    def __init__(self, path: Path, open_writer: Callable[[], SQLiteWriter]) -> None:
        self._path = path
        self._open_writer = open_writer
        self._writer: SQLiteWriter | None = None
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._ended = False

    async def submit(self, work: Callable[[Writer], Any]) -> Any:
        """Execute `work` in the next transaction and return its result once that is durable.

        Raises:
            DatabaseClosed: The store was closed.
            ConfigurationError: No event loop is running.
            AnyDynamoError: The transaction failed as a whole.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError as error:
            raise ConfigurationError(
                f"writing to {self._path} needs a running asyncio event loop; without one, make the"
                " store with blocking=True"
            ) from error
        job = Job(work, loop)
        with self._gate:
            if self._closing:
                raise DatabaseClosed(f"the store {self._path} is closed")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve, name=f"anydynamo writer of {self._path.name}", daemon=True
                )
                self._thread.start()
            self._jobs.put(job)
        return await job.outcome()

    def stop(self) -> threading.Thread | None:
        """Accept no more; return the thread that still works off what was accepted, if any."""
        with self._gate:
            if not self._closing:
                self._closing = True
                self._jobs.put(None)
            return self._thread

    def _serve(self) -> None:
        while not self._ended:
            first = self._jobs.get()
            if first is None:
                break
            self._execute_group(self._waiting(first))
        if self._writer is not None:
            self._writer.close()

    def _waiting(self, first: Job) -> Iterator[Job]:
        """Yield a job and those that wait behind it, while there are any."""
        yield first
        for _ in range(_LARGEST_GROUP - 1):
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is None:
                self._ended = True
                return
            yield job

    def _execute_group(self, waiting: Iterator[Job]) -> None:
        try:
            if self._writer is None:
                self._writer = self._open_writer()
        except BaseException as error:
            group = list(waiting)
            for job in group:
                job.error = error
        else:
            group = execute_group(self._writer, waiting, fatal=_spoils_transaction)
            self._translate_errors(group)
        acknowledge(group)

    def _translate_errors(self, group: Iterable[Job]) -> None:
        for job in group:
            cause = job.error
            if isinstance(cause, sqlite3.Error):
                job.error = translate(cause, self._path)
                job.error.__cause__ = cause
                if self._writer is not None and _spoils_transaction(cause):
                    # A connection in trouble is not used again; the next group opens another.
                    self._writer.close()
                    self._writer = None


def _spoils_transaction(error: BaseException) -> bool:
    # Errors of a statement's arguments leave the transaction standing; others may have ended it.
    return isinstance(error, sqlite3.Error) and not isinstance(
        error, sqlite3.InterfaceError | sqlite3.ProgrammingError | sqlite3.DataError
    )
