"""Reading a stream: all shards that may be read, in turn, without losing or reordering anything."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from anydynamo.changes.lineage import Lineage
from anydynamo.changes.positions import Mark, Position
from anydynamo.changes.streams import Reply
from anydynamo.errors import ChangesLost, InvalidCursor, InvalidRequest, TableNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anydynamo.changes.streams import Stream

__all__ = ["Found", "Reader"]

_KEPT = 24 * 60 * 60
"""How long a stream keeps changes, in seconds ("DynamoDB Streams", Developer Guide)."""

_SKEW = 5 * 60
"""How far our clock and the stream's may be apart, in seconds: AWS refuses requests beyond that."""

_EMPTY_REPLIES = 5
"""After how many empty replies in a row an open shard counts as read, and not before: "it might
take multiple calls to get to a portion of the shard that contains stream records" (GetRecords, API
Reference)."""

_LOOK_EVERY = 30
"""After how many rounds the shards are looked at again, though nothing says that there are new
ones; a tenth of that where some are expected."""

_RENEWALS = 3
"""How often in a row an iterator is renewed, before its error is believed to be another."""

_REMEDY = (
    "Begin with start='oldest' for all that is there, as another consumer= if there is a "
    "checkpoint, and rebuild what depends on the rest"
)

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """Records of one shard, and how far everything was read before them.

    Attributes:
        shard: The shard.
        records: The records, in order; at least one.
        before: The position before them.
    """

    shard: str
    records: Sequence[Record]
    before: Position


@dataclass(slots=True)
class _Reading:
    """One shard that is being read.

    Attributes:
        shard: The shard.
        mark: How far it was taken.
        iterator: Where to go on; None if it has to be asked for.
        empty: How many replies in a row brought nothing.
        skip: Changes made before are not wanted, in seconds since 1970: the shard was begun at its
            end, and that place is lost.
        fence: Of a shard without children, where only what was there at the beginning is wanted:
            the iterator that stood at its end then; empty when it is of no more use.
        end: The number of the first change that is not wanted, once the fence gave it away.
        time: When the last change that was read was made, in seconds since 1970; 0 if none was.
    """

    shard: str
    mark: Mark
    iterator: str | None = None
    empty: int = 0
    skip: int = 0
    fence: str | None = None
    end: int | None = None
    time: int = 0


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a round brought of one shard.

    Attributes:
        reading: The shard.
        records: The records.
        mark: How far it is read when they are taken.
        ended: Whether no more is wanted of it.
        closed: Whether there is no more in it, and never will be.
    """

    reading: _Reading
    records: Sequence[Record]
    mark: Mark
    ended: bool
    closed: bool


class Reader:
    """Reads a stream.

    Each round asks every shard that may be read once, so that a busy one does not hold up the
    others. A child is begun after everything of its parent was taken.

    Args:
        stream: The stream.
        bounded: Whether to end when everything was read that was there at the beginning.
    """

    def __init__(self, stream: Stream, *, bounded: bool) -> None:
        self._stream = stream
        self._session = stream.session
        self._bounded = bounded
        self._lineage = Lineage()
        self._readings: dict[str, _Reading] = {}
        self._turns: deque[_Turn] = deque()
        self._enabled = True
        self._rounds = 0
        self._look = False

    @property
    def position(self) -> Position:
        """How far everything was taken."""
        return Position(self._stream.arn, dict(self._lineage.marks))

    async def begin(self, start: Literal["latest", "oldest"] | Position) -> None:
        """Find where to begin.

        Raises:
            InvalidCursor: The position is another table's.
            ChangesLost: Changes after the position may be gone.
        """
        lineage = Lineage(self._marks(start))
        shards, enabled = await self._stream.describe()
        lineage.describe(shards)
        if start == "latest":
            await self._mark_ends(lineage)
        for name in lineage.vanished():
            # It was closed more than a day ago, so everything in it is gone.
            self._check_kept(name, lineage.marks[name])
            lineage.finish(name, self._now())
        for name, mark in lineage.marks.items():
            # Of a change that is gone the stream itself says so; of a beginning it does not, nor of
            # the shards that came after one that was read to its end.
            if mark.done or not mark.after:
                self._check_kept(name, mark)
        # Nothing of this object was changed until here: a beginning that was cut off is repeated.
        self._lineage, self._enabled = lineage, enabled
        self._readings = {
            name: _Reading(name, mark, mark.iterator or None)
            for name, mark in lineage.marks.items()
            if not mark.done
        }
        self._start_ready()

    def take(self) -> Found | None:
        """Return the next records that are there already; None if there are none."""
        while self._turns:
            turn = self._turns.popleft()
            before = self.position if turn.records else None
            reading = turn.reading
            self._lineage.marks[reading.shard] = reading.mark = turn.mark
            if turn.ended:
                self._end(reading, closed=turn.closed)
            if before is not None:
                return Found(reading.shard, turn.records, before)
        return None

    async def ask(self) -> bool | None:
        """Ask all shards that may be read, once; whatever was there has to be taken before.

        Returns:
            Whether there was anything; None when all is read that was to be read.

        Raises:
            ChangesLost: Changes that were not read are gone.
            InvalidRequest: The stream was switched off, and all of it was taken.
        """
        await self._discover()
        if not self._readings and self._bounded:
            return None
        if not self._readings and not self._enabled:
            raise InvalidRequest(
                f"The stream of {self._stream.table} was switched off, and all that it had was "
                "read; changes are not written down any more",
                operation="DescribeStream",
                table=self._stream.table,
            )
        turns = [partial(self._turn, reading) for reading in self._readings.values()]
        await self._session.together(turns)
        found = any(turn.records for turn in self._turns)
        if not found:
            # The position is to say as well until when there was nothing.
            self.take()
        return found

    # Where to begin

    def _marks(self, start: Literal["latest", "oldest"] | Position) -> Mapping[str, Mark]:
        if not isinstance(start, Position):
            return {}
        arn = self._stream.arn
        if start.stream == arn:
            return start.marks
        if start.stream.partition("/stream/")[0] != arn.partition("/stream/")[0]:
            raise InvalidCursor(
                f"This position belongs to the stream {start.stream}, and not to that of the table "
                f"{self._stream.table}, which is {arn}",
                table=self._stream.table,
            )
        raise ChangesLost(
            f"The stream of {self._stream.table} was switched off and on again since this position "
            f"was taken, and what was changed between was not written down. {_REMEDY}",
            table=self._stream.table,
        )

    async def _mark_ends(self, lineage: Lineage) -> None:
        # Whether one of them is closed is asked of itself: it may be just now.
        leaves = lineage.leaves()
        now = self._now()
        ends = await self._session.together(
            [partial(self._stream.iterator, shard, "LATEST") for shard in leaves]
        )
        for name, iterator in zip(leaves, ends, strict=True):
            lineage.marks[name] = Mark(iterator=iterator, since=now, seen=now)

    def _check_kept(self, shard: str, mark: Mark, cause: ChangesLost | None = None) -> None:
        """Refuse to go on where changes that were not read may be gone.

        What is gone is older than a day. If it is less than a day since it was certain that all
        older changes had been read, then nothing that is gone was unread.

        Raises:
            ChangesLost: It is longer.
        """
        # Both are rounded down to the second.
        if mark.seen and self._now() - mark.seen < _KEPT:
            return
        last = f"after the change {mark.after}" if mark.after else "from its beginning"
        raise ChangesLost(
            f"Changes of {self._stream.table} may be lost: its stream keeps them for 24 hours, and "
            f"the shard {shard} cannot be read on {last}. {_REMEDY}",
            code=None if cause is None else cause.code,
            operation=None if cause is None else cause.operation,
            table=self._stream.table,
        ) from cause

    # Which shards to read

    async def _discover(self) -> None:
        """Look for new shards, where there is reason to, and begin what may be begun."""
        self._rounds += 1
        if self._bounded:
            # What came after a shard that was open holds nothing that was there at the beginning;
            # only what came after a closed one may not have been listed yet.
            due = self._look and not self._readings and self._lineage.childless()
        else:
            expected = self._lineage.childless() or not self._readings
            every = _LOOK_EVERY // 10 if expected else _LOOK_EVERY
            due = self._look or not self._readings or self._rounds >= every
        if due:
            shards, self._enabled = await self._stream.describe()
            self._lineage.describe(shards)
            self._rounds, self._look = 0, False
        self._start_ready()

    def _start_ready(self) -> None:
        lineage = self._lineage
        for name in lineage.ready():
            mark = Mark(seen=lineage.seen_before(name) or self._now())
            lineage.marks[name] = mark
            self._readings[name] = _Reading(name, mark)
        lineage.prune()

    def _end(self, reading: _Reading, *, closed: bool) -> None:
        del self._readings[reading.shard]
        shard = self._lineage.shards.get(reading.shard)
        # What came after a shard that was open at the beginning was not there then.
        if closed and not (self._bounded and shard is not None and not shard.closed):
            self._lineage.finish(reading.shard, reading.time)
            self._look = True

    # One shard's turn

    async def _turn(self, reading: _Reading) -> None:
        fenced = self._bounded and not self._lineage.has_child(reading.shard)
        if fenced and reading.fence is None:
            reading.fence = await self._stream.iterator(reading.shard, "LATEST")
        reply = await self._reply(reading)
        empty = 0 if reply.records else reading.empty + 1
        ended = closed = reply.next is None
        records = list(reply.records)
        if fenced:
            await self._look_over_fence(reading, reply)
            records = [one for one in records if reading.end is None or _number(one) < reading.end]
            ended = ended or len(records) < len(reply.records) or empty >= _EMPTY_REPLIES
        # From here on nothing waits, so that a cancelled round neither loses nor repeats anything.
        reading.iterator, reading.empty = reply.next, empty
        # What is behind the fence stays unread.
        beyond = bool(reply.records) and not records
        mark = reading.mark if beyond else self._mark(reading, records, reply.next)
        if records:
            reading.time = _seconds(records[-1])
        if reading.skip:
            records = [one for one in records if _seconds(one) >= reading.skip]
            reading.skip = 0 if records else reading.skip
        self._turns.append(_Turn(reading, records, mark, ended, closed))

    def _mark(self, reading: _Reading, records: Sequence[Record], following: str | None) -> Mark:
        """Return how far a shard is read when these records were taken."""
        if records:
            return Mark(after=records[-1]["dynamodb"]["SequenceNumber"])
        known = reading.mark
        # One empty reply may come from a part of the shard that has changes behind it.
        certain = following is None or reading.empty >= _EMPTY_REPLIES
        seen = self._now() if certain else known.seen
        if known.after or not known.since:
            return Mark(after=known.after, seen=seen)
        # Without a number, the iterator alone knows the place; one that began too early does not.
        iterator = "" if reading.skip else following or ""
        return Mark(iterator=iterator, since=known.since, seen=seen)

    async def _reply(self, reading: _Reading) -> Reply:
        for _ in range(_RENEWALS):
            try:
                if reading.iterator is None:
                    reading.iterator = await self._renewed(reading)
                return await self._stream.records(reading.iterator)
            except ChangesLost as error:
                # All that there was when it was last looked at had been read: go on with the rest.
                self._check_kept(reading.shard, reading.mark, error)
                reading.mark = Mark(seen=reading.mark.seen)
                reading.iterator = None
            except TableNotFound:
                if await self._is_there(reading.shard):
                    raise
                self._check_kept(reading.shard, reading.mark)
                return Reply((), None)
            except InvalidRequest:
                # It holds for 15 minutes, and whoever takes the changes may take longer.
                reading.iterator = None
        return await self._stream.records(await self._renewed(reading))

    async def _renewed(self, reading: _Reading) -> str:
        mark = reading.mark
        if mark.after:
            kind = "AFTER_SEQUENCE_NUMBER"
            return await self._stream.iterator(reading.shard, kind, mark.after)
        if mark.since:
            reading.skip = mark.since - _SKEW
        iterator = await self._stream.iterator(reading.shard, "TRIM_HORIZON")
        # What is trimmed from now on the stream tells; of what was trimmed before it says nothing.
        self._check_kept(reading.shard, mark)
        return iterator

    async def _is_there(self, shard: str) -> bool:
        shards, _ = await self._stream.describe()
        return any(one.id == shard for one in shards)

    async def _look_over_fence(self, reading: _Reading, reply: Reply) -> None:
        """Find the first change that was made after the beginning, if there is one already."""
        if not reading.fence or not reply.records:
            return
        try:
            beyond = await self._stream.records(reading.fence, limit=1)
        except InvalidCursor:
            # Whoever takes the changes took very long; the fence is put up where the end is now.
            reading.fence = await self._stream.iterator(reading.shard, "LATEST")
            return
        reading.fence = beyond.next or ""
        if beyond.records:
            reading.fence, reading.end = "", _number(beyond.records[0])

    def _now(self) -> int:
        return int(self._session.clock())


def _number(record: Mapping[str, Any]) -> int:
    return int(record["dynamodb"]["SequenceNumber"])


def _seconds(record: Mapping[str, Any]) -> int:
    made: datetime = record["dynamodb"]["ApproximateCreationDateTime"]
    return int(made.astimezone(UTC).timestamp())
