"""Group commit: several pieces of work in one transaction, each kept or undone by itself.

Making a transaction durable costs the same for one piece of work as for a hundred. So the stores on
disk execute what has gathered together, commit once, and only then acknowledge each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from anydynamo.engine.store import Writer

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

__all__ = ["Job", "Transaction", "acknowledge", "execute_alone", "execute_group"]

T = TypeVar("T")


class Transaction(Writer, Protocol):
    """A writer of which the work is done in pieces."""

    def begin(self) -> None:
        """Begin, alone among all writers in all processes."""
        ...

    def keep_piece(self) -> None:
        """End a piece of work and keep what it wrote."""
        ...

    def undo_piece(self) -> None:
        """End a piece of work and take back what it wrote."""
        ...

    def commit(self) -> None:
        """Make all pieces durable; when this raises, `abandon` follows."""
        ...

    def abandon(self) -> None:
        """Take back everything since `begin`, which may itself have failed."""
        ...


class Job:
    """A piece of work on its way to a transaction and back.

    Attributes:
        work: What is to be executed.
        loop: The event loop of the task that waits.
        done: What the task waits for. It carries no result: an exception that nobody fetched,
            because the task was cancelled, would be logged by asyncio.
        result: What the work returned.
        error: What it raised, or what became of the whole transaction.
    """

    __slots__ = ("done", "error", "loop", "result", "work")

    def __init__(self, work: Callable[[Writer], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.done: asyncio.Future[None] = loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    async def outcome(self) -> Any:
        """Wait until the work is durable, or failed, and return its result or raise its error."""
        await self.done
        if self.error is None:
            return self.result
        try:
            raise self.error
        finally:
            # The error's traceback holds this frame, which holds the error.
            self.error = None


def execute_alone(transaction: Transaction, work: Callable[[Writer], T]) -> T:
    """Execute one piece of work in a transaction of its own."""
    try:
        transaction.begin()
        result = work(transaction)
        transaction.keep_piece()
        transaction.commit()
    except BaseException:
        transaction.abandon()
        raise
    return result


def execute_group(
    transaction: Transaction,
    jobs: Iterable[Job],
    *,
    fatal: Callable[[BaseException], bool],
) -> list[Job]:
    """Execute jobs in one transaction and fill in what became of each.

    Args:
        transaction: One that is not under way.
        jobs: What to execute; taken one by one, so it may grow meanwhile.
        fatal: Tells whether an error of one piece spoils the whole transaction.

    Returns:
        The jobs that were taken.
    """
    taken: list[Job] = []
    waiting = iter(jobs)
    try:
        transaction.begin()
        for job in waiting:
            taken.append(job)
            _execute(job, transaction, fatal)
        transaction.commit()
    except BaseException as error:
        if not taken:
            # Who waited behind a transaction that could not begin has waited for as long.
            taken.extend(waiting)
        for job in taken:
            job.error = error
        transaction.abandon()
    return taken


def _execute(job: Job, transaction: Transaction, fatal: Callable[[BaseException], bool]) -> None:
    if job.done.cancelled():
        return
    try:
        job.result = job.work(transaction)
    except BaseException as error:
        if fatal(error):
            raise
        job.error = error
        transaction.undo_piece()
    else:
        transaction.keep_piece()


def acknowledge(jobs: Iterable[Job]) -> None:
    """Wake the tasks that wait for these jobs, each in its own event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, its_jobs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_wake, its_jobs)
        except RuntimeError:
            # The loop is closed, and whoever waited in it is gone.
            continue


def _wake(jobs: Iterable[Job]) -> None:
    for job in jobs:
        if not job.done.done():
            job.done.set_result(None)
