"""The collector: it takes events from a source and gives them to the service.

A source is anything with `fetch`. None is built in as a default, and nothing is asked of GitHub
unless a source was given; `GitHubEvents` asks its events API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from anydynamo.catalog.github_events.database_factory import DatabaseFactory
from anydynamo.catalog.github_events.service import DatabaseService
from anydynamo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Self

    from anydynamo.catalog.github_events.interfaces import DatabaseHealth, DatabaseManager
    from anydynamo.catalog.github_events.manager import Manager
    from anydynamo.catalog.github_events.models import Event
    from anydynamo.catalog.github_events.service import Collected

__all__ = ["EnhancedEventCollector", "EventSource", "create_enhanced_collector"]


class EventSource(Protocol):
    """Where events come from."""

    async def fetch(self) -> Iterable[Mapping[str, Any]]:
        """Return events as GitHub gives them; those that were returned before do no harm."""
        ...


class EnhancedEventCollector:
    """Collects events into a database; use it in an `async with` block, or close it.

    Args:
        manager: The manager; `close` closes it.
        source: Where events come from that are not given.
    """

    def __init__(self, manager: Manager, source: EventSource | None = None) -> None:
        self._manager = manager
        self._service = DatabaseService.over(manager)
        self._source = source

    @property
    def service(self) -> DatabaseService:
        """The service that stores and answers."""
        return self._service

    @property
    def manager(self) -> DatabaseManager:
        """The repositories."""
        return self._manager

    async def initialize(self) -> None:
        """Make the tables that are not there yet."""
        await self._manager.initialize()

    async def collect(self, events: Iterable[Event | Mapping[str, Any]] | None = None) -> Collected:
        """Store events that are new, and the commits of their pushes.

        Args:
            events: The events; without them the source is asked. Of given events all are refused if
                one is wrong; what is wrong with those of the source is told in `problems`.

        Raises:
            ConfigurationError: There are no events and no source.
            InvalidItem: Given events are not right; nothing was stored.
        """
        if events is not None:
            return await self._service.collect(events)
        if self._source is None:
            raise ConfigurationError(
                "No events were given, and no source was configured; give events, or a source such "
                "as GitHubEvents"
            )
        return await self._service.collect(await self._source.fetch(), strict=False)

    async def health(self) -> DatabaseHealth:
        """Say whether the database answers, and how many of the tables it has."""
        return await self._service.health()

    async def close(self) -> None:
        """Close the database; closing twice is no error."""
        await self._manager.close()

    async def __aenter__(self) -> Self:
        await self.initialize()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def create_enhanced_collector(
    database_config: Mapping[str, str | None] | None = None,
    *,
    source: EventSource | None = None,
) -> EnhancedEventCollector:
    """Make a collector over the database that a configuration describes.

    Args:
        database_config: As for `DatabaseFactory.create_manager`; without it the environment says.
        source: Where events come from.

    Raises:
        ConfigurationError: The configuration contradicts itself, or says what nobody knows.
    """
    return EnhancedEventCollector(DatabaseFactory().create_manager(database_config), source)
