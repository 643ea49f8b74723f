"""A source of any length into a table: bounded memory, an exact account, and a place to go on from.

What the source gives is taken in chunks of one request. So many chunks are under way as was said,
and the source waits meanwhile; an instance that no request can take goes to the dead letters. The
position is how many of the source are settled from its beginning on without a gap: chunks end in
any order, so some after it may be stored too, and are stored once more by who goes on from it.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from dataclasses import asdict, dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pynamodb.models import Model

from anydynamo.errors import BatchIncomplete, Conflict, FailedWrite, InvalidRequest
from anydynamo.repositories.batches import Outcome

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from anydynamo.errors import AnyDynamoError
    from anydynamo.repositories.batches import BatchWriter, Entry
    from anydynamo.repositories.rates import AdaptiveRate
    from anydynamo.repositories.session import Session

__all__ = ["DeadLetter", "Ingest", "IngestProgress", "IngestReport"]

M = TypeVar("M", bound=Model)

_END: Final = object()

_MOST_COLLECTED: Final = 1_000
"""Dead letters that a report holds: a source that is wrong as a whole must not fill the memory."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An instance that cannot be stored as it is.

    Attributes:
        position: Its place in the source, from 0.
        given: The instance, or whatever the source gave in its place.
        error: Why it cannot be stored.
    """

    position: int
    given: Any
    error: AnyDynamoError


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """How far an ingestion came.

    Attributes:
        position: From where to go on, if it ended now: everything before it is settled.
        stored: How many items were stored so far.
        merged: How many were not sent, because a later one with the same key took their place.
        dead: How many are dead letters.
        seconds: How long it has been going on.
        rate: How many items in a second it allows itself; None while there is no limit.
        throttles: How often the table was too slow.
    """

    position: int
    stored: int
    merged: int
    dead: int
    seconds: float
    rate: float | None
    throttles: int


@dataclass(frozen=True, slots=True)
class IngestReport(IngestProgress):
    """What became of all that a source gave.

    Attributes:
        dead_letters: The instances that could not be stored, in no order that means anything; empty
            where they were given to `on_dead_letter`.
    """

    dead_letters: tuple[DeadLetter, ...] = ()


@dataclass(slots=True)
class _Taken:
    """A part of the source that goes out together.

    Attributes:
        first: The place in the source where it begins.
        end: The place after its last one.
        entries: Its writes, by what tells their keys, each with its place.
    """

    first: int
    end: int
    entries: dict[tuple[Any, ...], tuple[int, Entry]] = field(
        default_factory=dict[tuple[Any, ...], "tuple[int, Entry]"]
    )


class Ingest(Generic[M]):
    """One run of `Repository.ingest`.

    Args:
        session: The open database.
        writer: Sends entries.
        entry_of: Checks an instance and makes it an entry.
        pace: How fast the writer goes.
        start: How many of the source to pass over.
        concurrency: How many chunks may be under way together.
        on_dead_letter: Is given each dead letter.
        on_progress: Is told after each chunk how far it came.

    Raises:
        InvalidRequest: A number is out of bounds.
    """

    def __init__(
        self,
        session: Session,
        writer: BatchWriter,
        entry_of: Callable[[M], Entry],
        pace: AdaptiveRate,
        *,
        start: int,
        concurrency: int,
        on_dead_letter: Callable[[DeadLetter], None] | None,
        on_progress: Callable[[IngestProgress], None] | None,
    ) -> None:
        for name, number, least in (("start", start, 0), ("concurrency", concurrency, 1)):
            if type(number) is not int or number < least:
                raise InvalidRequest(f"{name} is a whole number from {least} up, not {number!r}")
        self._session = session
        self._writer = writer
        self._entry_of = entry_of
        self._pace = pace
        self._concurrency = concurrency
        self._on_dead_letter = on_dead_letter
        self._on_progress = on_progress
        self._began = session.timer()
        self._position = start
        # Where chunks begin and end that were settled before others in front of them.
        self._ahead: dict[int, int] = {}
        self._stored = self._merged = self._dead = 0
        self._letters: list[DeadLetter] = []
        self._left: list[tuple[int, Any]] = []
        self._cause: AnyDynamoError | None = None
        self._stopped = False
        self._taken = _Taken(start, start)
        self._under_way: dict[asyncio.Task[Outcome], _Taken] = {}

    async def run(self, source: Iterable[M] | AsyncIterable[M]) -> IngestReport:
        """Store everything; see `Repository.ingest`.

        Raises:
            BatchIncomplete: It had to stop.
            Exception: What the source raised, after all that it gave before is settled; or what a
                callback raised.
        """
        self._session.check_open("BatchWriteItem")
        broken: Exception | None = None
        take = _taker(source)
        try:
            for _ in range(self._position):
                if await take() is _END:
                    raise InvalidRequest(
                        f"The source ended before its place {self._position}, where start= begins"
                    )
            while not self._stopped:
                try:
                    given = await take()
                except Exception as error:
                    broken = error
                    break
                if given is _END:
                    break
                await self._add(given)
            await self._send()
            while self._under_way:
                await self._wait()
        finally:
            await self._cancel()
        if self._stopped:
            raise self._incomplete() from broken or self._cause
        if broken is not None:
            raise broken
        letters = tuple(self._letters)
        return IngestReport(**asdict(self._progress()), dead_letters=letters)

    async def _add(self, given: Any) -> None:
        taken = self._taken
        place, taken.end = taken.end, taken.end + 1
        try:
            entry = self._entry_of(given)
        except InvalidRequest as error:
            self._bury(place, given, error)
        else:
            if entry.identity in taken.entries:
                self._merged += 1
            taken.entries[entry.identity] = place, entry
        if taken.end - taken.first == self._writer.chunk:
            await self._send()

    async def _send(self) -> None:
        taken = self._taken
        if taken.first == taken.end:
            return
        self._taken = _Taken(taken.end, taken.end)
        if self._session.adapter.info.blocking:
            # It never waits, so nothing is won by tasks, and there may be no event loop.
            self._settled(taken, await self._write(taken))
            return
        # Of two writes to one key the later one must come later.
        while len(self._under_way) >= self._concurrency or any(
            taken.entries.keys() & other.entries.keys() for other in self._under_way.values()
        ):
            await self._wait()
        import asyncio

        self._under_way[asyncio.ensure_future(self._write(taken))] = taken

    async def _write(self, taken: _Taken) -> Outcome:
        entries = [entry for _, entry in taken.entries.values()]
        return Outcome(left=entries) if self._stopped else await self._writer.settle(entries)

    async def _wait(self) -> None:
        """Wait until one of the chunks that are under way ends."""
        import asyncio

        done, _ = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        for task in [one for one in self._under_way if one in done]:
            self._settled(self._under_way.pop(task), task.result())

    async def _cancel(self) -> None:
        """End what is under way after an error: nothing may go on behind the caller's back."""
        if self._under_way:
            import asyncio

            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def _settled(self, taken: _Taken, outcome: Outcome) -> None:
        self._stored += outcome.done
        left = list(outcome.left)
        cause = outcome.cause
        for entry, error in outcome.failed:
            if isinstance(error, InvalidRequest | Conflict):
                self._bury(taken.entries[entry.identity][0], entry.given, error)
            else:
                # It is not the item that stands in the way: no other could be stored either.
                left.append(entry)
                cause = error
        if left:
            self._stopped = True
            self._cause = cause or self._cause
            self._left += ((taken.entries[one.identity][0], one.given) for one in left)
        else:
            self._ahead[taken.first] = taken.end
            while self._position in self._ahead:
                self._position = self._ahead.pop(self._position)
        if self._on_progress is not None:
            self._on_progress(self._progress())

    def _bury(self, place: int, given: Any, error: AnyDynamoError) -> None:
        self._dead += 1
        letter = DeadLetter(place, given, error)
        if self._on_dead_letter is not None:
            self._on_dead_letter(letter)
            return
        self._letters.append(letter)
        if len(self._letters) > _MOST_COLLECTED:
            self._stopped = True
            self._cause = error

    def _progress(self) -> IngestProgress:
        return IngestProgress(
            position=self._position,
            stored=self._stored,
            merged=self._merged,
            dead=self._dead,
            seconds=self._session.timer() - self._began,
            rate=self._pace.rate,
            throttles=self._pace.throttles,
        )

    def _incomplete(self) -> BatchIncomplete:
        left = [given for _, given in sorted(self._left, key=itemgetter(0))]
        if len(self._letters) > _MOST_COLLECTED:
            why = (
                f"more than {_MOST_COLLECTED} could not be stored (the last one: {self._cause}); "
                "with on_dead_letter= there is no limit"
            )
        else:
            why = f"the table takes no more ({self._cause or 'items stayed unprocessed'})"
        return BatchIncomplete(
            f"Stored {self._stored} and stopped, because {why}; go on with "
            f"start={self._position}, or with `unprocessed` and what the source has left",
            unprocessed=left,
            succeeded=self._stored,
            failed=[FailedWrite(letter.given, letter.error) for letter in self._letters],
            position=self._position,
            operation="BatchWriteItem",
        )


def _taker(source: object) -> Callable[[], Awaitable[Any]]:
    """Return what takes the next one of a source, or `_END`.

    Raises:
        InvalidRequest: It is no source.
    """
    # What a check leaves of it is an iterable of unknowns.
    given: Any = source
    if isinstance(source, AsyncIterable):
        awaited: AsyncIterator[Any] = aiter(given)

        async def later() -> Any:
            return await anext(awaited, _END)

        return later
    if not isinstance(source, Iterable):
        raise InvalidRequest(f"A source is an iterable or an async iterable, not {source!r}")
    ready: Iterator[Any] = iter(given)

    async def now() -> Any:
        return next(ready, _END)

    return now
