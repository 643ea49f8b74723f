"""A table's changes, without asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from pynamodb.models import Model

from anydynamo.sync.repository import Results

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from anydynamo.changes.feed import Changes as _Changes
    from anydynamo.changes.records import Change
    from anydynamo.sync.runners import Runner

__all__ = ["Changes"]

M = TypeVar("M", bound=Model)


class Changes(Generic[M]):
    """The changes of a table's items, as they come; see `anydynamo.changes.Changes`."""

    def __init__(self, changes: _Changes[M], runner: Runner) -> None:
        self._changes = changes
        self._runner = runner

    def __repr__(self) -> str:
        return repr(self._changes)

    @property
    def position(self) -> str:
        """What `Database.changes` takes as `start` to go on after what was given last."""
        return self._changes.position

    def begin(self) -> None:
        """Fix where the changes begin, without waiting for one."""
        self._runner.run(self._changes.begin())

    def __iter__(self) -> Changes[M]:
        return self

    def __next__(self) -> Change[M]:
        change = self._runner.run(_next(self._changes))
        if change is None:
            raise StopIteration
        return change

    def batches(self) -> Results[Sequence[Change[M]]]:
        """Return the same changes in batches, as they come from the stream."""
        return Results(self._changes.batches(), self._runner)

    def batch(self) -> Sequence[Change[M]] | None:
        """Return the next batch; None at the end, which only comes with `follow=False`."""
        return self._runner.run(self._changes.batch())

    def save(self) -> None:
        """Save the checkpoint after what was given last, which then counts as handled."""
        self._runner.run(self._changes.save())

    def __enter__(self) -> Changes[M]:
        self._runner.run(self._changes.begin())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.run(self._changes.__aexit__(kind, error, traceback))


async def _next(changes: _Changes[M]) -> Change[M] | None:
    # A StopAsyncIteration that left a coroutine would become a RuntimeError.
    async for change in changes:
        return change
    return None
