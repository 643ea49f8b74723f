"""The events, over any provider."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from anydynamo.catalog.github_events.incoming import event_type_of, read_events
from anydynamo.catalog.github_events.interfaces import EventsRepository
from anydynamo.catalog.github_events.models import Event
from anydynamo.catalog.github_events.windows import asked_repository, span
from anydynamo.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from anydynamo.database import Database

__all__ = ["StoredEvents"]


class StoredEvents(EventsRepository):
    """Events in a database.

    Args:
        database: An open database, which stays its owner's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._events = database.repository(Event)

    async def insert_events(self, events: Iterable[Event | Mapping[str, Any]]) -> int:
        """Store the events that are not there yet, and return how many were new."""
        given = read_events(events, self._database.now())
        # Whoever polls GitHub gets the same events again and again, and to look for them costs less
        # than a transaction that is cancelled.
        ids = list(dict.fromkeys(event.id for event in given))
        known = {
            one["id"] async for one in self._events.get_many(ids, only=[Event.id], consistent=True)
        }
        fresh = [event for event in given if event.id not in known]
        return len(await self._events.create_many(fresh))

    async def get_event(self, event_id: str) -> Event | None:
        """Return an event, or None."""
        return await self._events.find(event_id)

    async def get_events_by_repo(
        self,
        repo_name: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[Event]:
        """Return a repository's events from `since` up to `until`, which are included."""
        during = span(Event.created_at, since, until)
        return await self._events.query(
            Event.by_repo, asked_repository(repo_name), *during, reverse=True, limit=limit
        )

    async def get_events_by_type(
        self,
        event_type: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[Event]:
        """Return the events of a type from `since` up to `until`, which are included."""
        during = span(Event.created_at, since, until)
        return await self._events.query(
            Event.by_type, _asked_type(event_type), *during, reverse=True, limit=limit
        )

    async def count_events(
        self,
        *,
        repo_name: str | None = None,
        event_type: str | None = None,
        since: datetime | None = None,
    ) -> int:
        """Count events; without a repository and a type, by reading the whole table."""
        kind = None if event_type is None else _asked_type(event_type)
        during = span(Event.created_at, since, None)
        if repo_name is not None:
            of_type = None if kind is None else Event.event_type == kind
            name = asked_repository(repo_name)
            return await self._events.count(Event.by_repo, name, *during, filter=of_type)
        if kind is not None:
            return await self._events.count(Event.by_type, kind, *during)
        return await self._events.count(filter=during[0] if during else None)

    async def count_events_by_type(
        self, repo_name: str, *, since: datetime | None = None
    ) -> dict[str, int]:
        """Count a repository's events by their type, the commonest first."""
        during = span(Event.created_at, since, None)
        found = self._events.query(
            Event.by_repo, asked_repository(repo_name), *during, only=[Event.event_type]
        )
        counts = Counter([one["event_type"] async for one in found])
        return dict(counts.most_common())


def _asked_type(name: str) -> str:
    try:
        return event_type_of(name)
    except ValueError as error:
        raise InvalidRequest(str(error)) from None
