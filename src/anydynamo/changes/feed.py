"""The changes of a table as an iterator, which knows its position and keeps checkpoints."""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pynamodb.models import Model

from anydynamo.changes.checkpoints import checkpoints_of
from anydynamo.changes.positions import Position, ShardPlace
from anydynamo.changes.reading import Reader
from anydynamo.changes.records import RecordDecoder, sequence_of
from anydynamo.changes.streams import find_stream
from anydynamo.errors import InvalidItem, InvalidRequest
from anydynamo.models.schema import schema_of
from anydynamo.repositories.walks import Results

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from anydynamo.changes.checkpoints import Checkpoints
    from anydynamo.changes.reading import Found
    from anydynamo.changes.records import Change, Place
    from anydynamo.repositories.session import Session

__all__ = ["Changes"]

M = TypeVar("M", bound=Model)

_REFRESH = 60 * 60
"""After how many seconds without a change the position is saved anew: it says until when nothing
was missed, and a stream forgets what is older than a day."""


class Changes(Generic[M]):
    """The changes of a table's items, as they come; made by `Database.changes`.

    Iterate with `async for`, or over `batches()`. An `async with` block fixes the beginning where
    it is entered and saves the checkpoint of what was handled where it is left; without one, the
    first change that is asked for fixes the beginning.

    One object serves one consumer: do not share it between tasks.
    """

    def __init__(
        self,
        session: Session,
        model: type[M],
        *,
        start: str = "latest",
        follow: bool = True,
        poll: float = 1.0,
        checkpoint: Checkpoints | type[Model] | None = None,
        consumer: str | None = None,
        every: int = 100,
    ) -> None:
        session.check_open()
        if not 0 <= poll < math.inf:
            raise InvalidRequest(f"poll is a number of seconds from 0 up, and not {poll!r}")
        self._session = session
        self._table = session.table(schema_of(model))
        self._decoder = RecordDecoder(model, session.sharding.find(self._table))
        self._from: Literal["latest", "oldest"] | Position = _beginning(start)
        self._follow = follow
        self._poll = poll
        self._saver = _saver(session, checkpoint, consumer, every)
        self._reader: Reader | None = None
        self._found: Found | None = None
        self._taken = 0
        self._ready: Sequence[Change[M]] = ()
        self._next = 0
        # Where what was given last ends; None where that is the reader's own position.
        self._at: Place | None = None
        self._unhandled = 0

    def __repr__(self) -> str:
        return f"Changes(table={self._table!r})"

    @property
    def position(self) -> str:
        """What `Database.changes` takes as `start` to go on after what was given last.

        Raises:
            InvalidRequest: It was not begun yet, so that there is no position.
        """
        return self._place().text()

    async def begin(self) -> None:
        """Fix where the changes begin, without waiting for one.

        With `start="latest"`, every change that is made after this returned is given. Begun once,
        it does nothing.

        Raises:
            InvalidRequest: The table has no stream.
            InvalidCursor: The position, or the checkpoint, belongs to another table.
            ChangesLost: Changes after the position may be gone.
        """
        if self._reader is not None:
            return
        saved = None if self._saver is None else await self._saver.load()
        start = self._from if saved is None else Position.parse(saved)
        stream = await find_stream(self._session, self._table)
        reader = Reader(stream, bounded=not self._follow)
        await reader.begin(start)
        self._reader = reader

    def __aiter__(self) -> Changes[M]:
        return self

    async def __anext__(self) -> Change[M]:
        if self._next >= len(self._ready):
            found = await self._step()
            if found is None:
                raise StopAsyncIteration
            self._ready, self._next = found, 0
        else:
            await self._came_back()
        change = self._ready[self._next]
        self._next += 1
        self._at, self._unhandled = change.place, 1
        return change

    def batches(self) -> Results[Sequence[Change[M]]]:
        """Return the same changes in batches, as they come from the stream.

        A batch is never empty, and its changes are of one shard, in order. It counts as handled
        when the next one is asked for.
        """

        async def pull() -> Sequence[Sequence[Change[M]]] | None:
            batch = await self.batch()
            return None if batch is None else [batch]

        return Results(pull)

    async def batch(self) -> Sequence[Change[M]] | None:
        """Return the next batch; None at the end, which only comes with `follow=False`."""
        if self._next < len(self._ready):
            await self._came_back()
            found: Sequence[Change[M]] | None = self._ready[self._next :]
        else:
            found = await self._step()
        self._ready, self._next = (), 0
        if found:
            self._at, self._unhandled = found[-1].place, len(found)
        return found

    async def save(self) -> None:
        """Save the checkpoint after what was given last, which then counts as handled.

        Raises:
            InvalidRequest: No checkpoint was given to `Database.changes`.
        """
        if self._saver is None:
            raise InvalidRequest(
                "Nobody said where positions are saved: give checkpoint= and consumer="
            )
        self._unhandled = 0
        await self._saver.save(self._place())

    async def __aenter__(self) -> Changes[M]:
        await self.begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # What was given last may not be handled: whoever left the block knows, and can call `save`.
        if kind is None and self._saver is not None:
            await self._saver.flush()

    # Between the consumer and the stream

    def _place(self) -> Place:
        if self._at is not None:
            return self._at
        if self._reader is not None:
            return self._reader.position
        if isinstance(self._from, Position):
            return self._from
        raise InvalidRequest(
            "These changes were not begun yet, so they have no position: enter them with `async "
            "with`, or await begin()"
        )

    async def _step(self) -> Sequence[Change[M]] | None:
        """Return the next changes, at least one; None at the end."""
        self._session.check_open()
        await self._came_back()
        await self.begin()
        reader = self._reader
        assert reader is not None  # noqa: S101 - it was begun
        while True:
            if self._found is None and (found := reader.take()) is not None:
                self._found, self._taken = found, 0
            if self._found is not None:
                if changes := self._decode(self._found):
                    return changes
                continue
            self._at = None
            more = await reader.ask()
            if more:
                continue
            if self._saver is not None:
                # All that was given is handled, or nobody would be waiting for more.
                await self._saver.pause(reader.position, ended=more is None)
            if more is None:
                return None
            if self._follow:
                await self._session.sleep(self._poll)

    def _decode(self, found: Found) -> Sequence[Change[M]]:
        """Return what can be made of records, up to the first that does not fit; perhaps nothing.

        Raises:
            InvalidItem: The first of them does not fit; it was passed over.
        """
        changes: list[Change[M]] = []
        records = found.records
        while self._taken < len(records):
            record = records[self._taken]
            place = ShardPlace(found.before, found.shard, sequence_of(record))
            if self._decoder.passes_over(record):
                self._taken += 1
                continue
            try:
                changes.append(self._decoder.decode(record, shard=found.shard, place=place))
            except InvalidItem:
                if changes:
                    return changes
                self._taken += 1
                self._drop_finished(records)
                self._at, self._unhandled = place, 1
                raise
            self._taken += 1
        self._drop_finished(records)
        return changes

    def _drop_finished(self, records: Sequence[Any]) -> None:
        if self._taken >= len(records):
            self._found = None

    async def _came_back(self) -> None:
        """Count what was given last as handled, now that the consumer asks for more."""
        number, self._unhandled = self._unhandled, 0
        if number and self._saver is not None:
            await self._saver.handled(self._place(), number)


class _Saver:
    """Saves positions at a bounded rate."""

    def __init__(
        self, session: Session, checkpoints: Checkpoints, consumer: str, every: int
    ) -> None:
        self._session = session
        self._checkpoints = checkpoints
        self._consumer = consumer
        self._every = every
        self._handled = 0
        self._place: Place | None = None
        self._saved_at = session.clock()

    async def load(self) -> str | None:
        """Return the position that was saved last."""
        result: Any = self._checkpoints.load(self._consumer)
        position: str | None = await result if inspect.isawaitable(result) else result
        return position

    async def save(self, place: Place) -> None:
        """Save a position."""
        result: Any = self._checkpoints.save(self._consumer, place.text())
        if inspect.isawaitable(result):
            await result
        self._handled, self._place = 0, None
        self._saved_at = self._session.clock()

    async def handled(self, place: Place, number: int) -> None:
        """Take note that so many changes were handled, up to a place; save it if it is time."""
        self._place = place
        self._handled += number
        if self._handled >= self._every:
            await self.save(place)

    async def flush(self) -> None:
        """Save what was handled and is not saved yet."""
        if self._place is not None:
            await self.save(self._place)

    async def pause(self, place: Place, *, ended: bool) -> None:
        """Save where there is nothing more to do at the moment, if there is reason to."""
        stale = self._session.clock() - self._saved_at >= _REFRESH
        if self._place is not None or stale or ended:
            await self.save(place)


def _saver(
    session: Session,
    checkpoint: Checkpoints | type[Model] | None,
    consumer: str | None,
    every: int,
) -> _Saver | None:
    if (checkpoint is None) != (not consumer):
        raise InvalidRequest(
            "checkpoint= says where positions are kept, and consumer= under which name; give both "
            "or neither"
        )
    if type(every) is not int or every < 1:
        raise InvalidRequest(f"every is a whole number of changes from 1 up, not {every!r}")
    if checkpoint is None or consumer is None:
        return None
    return _Saver(session, checkpoints_of(session, checkpoint), consumer, every)


def _beginning(start: str) -> Literal["latest", "oldest"] | Position:
    if start == "latest":
        return "latest"
    return "oldest" if start == "oldest" else Position.parse(start)
