"""The one thread that writes to a SQLite file, and its group commit.

A commit that survives power loss waits for the disk (about 0.2 ms here), and a hop to a thread
costs 40 to 80 µs. So whatever has gathered while the last commit ran is executed in one
transaction, each piece in a savepoint of its own, committed once, and only then acknowledged.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from typing import TYPE_CHECKING, Any, Final

from anydynamo.errors import ConfigurationError, DatabaseClosed
from anydynamo.stores.sqlite_file import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from anydynamo.engine.store import Writer
    from anydynamo.stores.sqlite_transaction import SQLiteWriter

__all__ = ["GroupCommit"]

_LARGEST_GROUP: Final = 256
"""Pieces in one transaction: bounds how long the first of them waits for the others."""

_OF_ONE_PIECE: Final = (sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.DataError)
"""Errors of a statement's arguments, which leave the transaction standing."""


class _Job:
    """A piece of work on its way to the thread and back."""

    __slots__ = ("done", "error", "loop", "result", "work")

    def __init__(
        self,
        work: Callable[[Writer], Any],
        loop: asyncio.AbstractEventLoop,
        done: asyncio.Future[None],
    ) -> None:
        self.work = work
        self.loop = loop
        self.done = done
        self.result: Any = None
        self.error: BaseException | None = None


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
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
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
        job = _Job(work, loop, loop.create_future())
        with self._gate:
            if self._closing:
                raise DatabaseClosed(f"the store {self._path} is closed")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve, name=f"anydynamo writer of {self._path.name}", daemon=True
                )
                self._thread.start()
            self._jobs.put(job)
        await job.done
        if job.error is not None:
            try:
                raise job.error
            finally:
                # The traceback holds this frame: without this the two would hold each other.
                del job
        return job.result

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

    def _waiting(self, first: _Job) -> Iterator[_Job]:
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

    def _execute_group(self, waiting: Iterator[_Job]) -> None:
        group: list[_Job] = []
        try:
            if self._writer is None:
                self._writer = self._open_writer()
            self._writer.begin()
            for job in waiting:
                group.append(job)
                self._execute(job, self._writer)
            self._writer.commit()
        except BaseException as failure:
            error = failure
            if isinstance(failure, sqlite3.Error):
                error = translate(failure, self._path)
                error.__cause__ = failure
            # Who could not even begin has waited for as long as the busy timeout; so have these.
            group.extend(waiting if not group else ())
            for job in group:
                job.error = error
            self._abandon()
        _acknowledge(group)

    def _execute(self, job: _Job, writer: SQLiteWriter) -> None:
        """Execute one piece; what it raises is its own business while the transaction stands."""
        if job.done.cancelled():
            return
        try:
            job.result = job.work(writer)
        except _OF_ONE_PIECE as error:
            job.error = translate(error, self._path)
            writer.undo_piece()
        except sqlite3.Error:
            raise
        except BaseException as error:
            job.error = error
            writer.undo_piece()
        else:
            writer.keep_piece()

    def _abandon(self) -> None:
        if self._writer is not None:
            try:
                self._writer.abandon()
            except sqlite3.Error:
                # A connection that cannot even roll back is of no more use; closing rolls back.
                self._writer.close()
                self._writer = None


def _acknowledge(group: Iterable[_Job]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in group:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_wake, jobs)
        except RuntimeError:
            # The loop is closed, and whoever waited in it is gone.
            continue


def _wake(jobs: Iterable[_Job]) -> None:
    for job in jobs:
        if not job.done.done():
            job.done.set_result(None)
