"""Events that come in: from dictionaries, in bulk, at a bounded rate, each whole or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from anydynamo.catalog.ad_events.models import EVENT_TYPES, AdEvent
from anydynamo.errors import AnyDynamoError, InvalidItem, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from anydynamo.repositories.repository import Repository
    from anydynamo.repositories.session import Session

__all__ = ["Events", "Ingested", "Refused", "event_of", "ingest"]

Events = Iterable[AdEvent | Mapping[str, Any]] | AsyncIterable[AdEvent | Mapping[str, Any]]

_NAMES = ("event_type", "campaign_id", "user_id", "timestamp", "event_id", "revenue_usd")
_OPTIONAL = frozenset({"revenue_usd"})
_AHEAD = timedelta(hours=1)
"""How far a sender's clock may be ahead of ours."""

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that was not written.

    Attributes:
        position: Its place in what was given, from 0.
        reason: Why.
    """

    position: int
    reason: str


@dataclass(slots=True)
class Ingested:
    """What became of the events so far.

    Attributes:
        received: How many were taken from the source.
        written: How many are stored by this call.
        duplicates: How many were there already, or given twice; None where nobody looked.
        refused: Those that cannot be stored.
    """

    received: int = 0
    written: int = 0
    duplicates: int | None = 0
    refused: list[Refused] = field(default_factory=list[Refused])

    @property
    def complete(self) -> bool:
        """Whether nothing was refused."""
        return not self.refused


def event_of(row: Mapping[str, Any]) -> AdEvent:
    """Make an event of a dictionary, such as JSON gives.

    Args:
        row: `event_type`, `campaign_id`, `user_id`, `timestamp` (a datetime, or text in ISO 8601
            with its offset from UTC), `event_id` and, if there is any, `revenue_usd`.

    Raises:
        InvalidItem: Something is missing, unknown or wrong.
    """
    missing = [name for name in _NAMES if row.get(name) is None and name not in _OPTIONAL]
    if missing:
        raise InvalidItem(f"it lacks {', '.join(missing)}; an event has {', '.join(_NAMES)}")
    # Quoted, because not every name that JSON can hold can be sent back as it is.
    unknown = [repr(name) for name in row if name not in _NAMES]
    if unknown:
        raise InvalidItem(f"it has {', '.join(unknown)}; an event has {', '.join(_NAMES)}")
    model = EVENT_TYPES.get(row["event_type"]) if isinstance(row["event_type"], str) else None
    if model is None:
        raise InvalidItem(
            f"event_type is {row['event_type']!r}, and one of {', '.join(EVENT_TYPES)} is known"
        )
    timestamp = row["timestamp"]
    if isinstance(timestamp, str):
        try:
            timestamp = datetime.fromisoformat(timestamp)
        except ValueError as error:
            raise InvalidItem(
                f"timestamp is {timestamp!r}; it is written as 2025-09-22T14:05:06Z"
            ) from error
    return model(
        campaign_id=row["campaign_id"],
        user_id=row["user_id"],
        timestamp=timestamp,
        event_id=row["event_id"],
        revenue_usd=0 if row.get("revenue_usd") is None else row["revenue_usd"],
    )


async def ingest(
    events: Repository[AdEvent],
    session: Session,
    source: Events,
    *,
    overwrite: bool,
    rate: int | None,
    progress: Callable[[Ingested], None] | None,
    written: Callable[[list[AdEvent]], Awaitable[object]] | None,
) -> Ingested:
    """Store events; see `AdEvents.ingest`.

    Args:
        events: Where.
        session: What keeps the time.
        source: The events.
        overwrite: Whether to write over what is there without looking.
        rate: How many events a second there are at most; None for as many as there are.
        progress: Is told how far it got, now and then.
        written: Is awaited with the events of each part that are stored and new.
    """
    done = Ingested(duplicates=None if overwrite else 0)
    chunk: list[AdEvent] = []
    size = _CHUNK if rate is None else max(1, min(_CHUNK, rate))
    free = session.clock()

    async def flush() -> None:
        nonlocal free
        new = await _store(events, chunk, done, overwrite=overwrite)
        if written is not None and new:
            await written(new)
        if progress is not None:
            progress(done)
        if rate is not None:
            # No longer than it takes by the rate, whatever happens to the clock.
            free = max(free, session.clock() - 1) + len(chunk) / rate
            wait = min(free - session.clock(), len(chunk) / rate)
            if wait > 0:
                await session.sleep(wait)
        chunk.clear()

    async for given in _each(source):
        position = done.received
        done.received += 1
        try:
            chunk.append(_checked(given, session.now()))
        except InvalidRequest as error:
            done.refused.append(Refused(position, str(error)))
        if len(chunk) == size:
            await flush()
    if chunk or progress is not None:
        await flush()
    return done


async def _store(
    events: Repository[AdEvent], chunk: list[AdEvent], done: Ingested, *, overwrite: bool
) -> list[AdEvent]:
    try:
        if done.duplicates is None or overwrite:
            await events.put_many(chunk)
            new = list(chunk)
        else:
            new = await events.create_many(chunk)
            done.duplicates += len(chunk) - len(new)
    except AnyDynamoError as error:
        error.add_note(
            f"{done.written} events were written before; of the {len(chunk)} that follow some may "
            "be. Each is whole, and the same events may be given again"
        )
        raise
    done.written += len(new)
    return new


def _checked(given: object, now: datetime) -> AdEvent:
    if isinstance(given, AdEvent):
        event = given
        event.check_keys()
    elif isinstance(given, Mapping):
        event = event_of(cast("Mapping[str, Any]", given))
    else:
        raise InvalidItem(f"an event is an AdEvent or a mapping, not a {type(given).__name__}")
    if event.timestamp > now + _AHEAD:
        raise InvalidItem(
            f"it happens at {event.timestamp.isoformat()}, and now it is {now.isoformat()}"
        )
    if event.expires <= now:
        # Nobody would know whether it was counted before: its mark may be gone as well.
        raise InvalidItem(
            f"it happened at {event.timestamp.isoformat()}, and events are kept for 30 days"
        )
    return event


async def _each(source: Any) -> AsyncIterator[object]:
    if isinstance(source, AsyncIterable):
        async for one in cast("AsyncIterable[object]", source):
            yield one
    else:
        for one in cast("Iterable[object]", source):
            yield one
