"""The database manager: the nine tables of one database, and the repositories over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anydynamo.adapters.registry import load_provider
from anydynamo.catalog.github_events.commits import StoredCommits
from anydynamo.catalog.github_events.events import StoredEvents
from anydynamo.catalog.github_events.interfaces import DatabaseHealth, DatabaseManager
from anydynamo.catalog.github_events.metrics.repository import StoredMetrics
from anydynamo.catalog.github_events.models import MODELS

if TYPE_CHECKING:
    from anydynamo.catalog.github_events.interfaces import (
        CommitsRepository,
        EventsRepository,
        MetricsRepository,
    )
    from anydynamo.database import Database

__all__ = ["Manager"]


class Manager(DatabaseManager):
    """The manager over any provider.

    Args:
        database: The open database; `close` closes it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._events = StoredEvents(database)
        self._commits = StoredCommits(database)
        self._metrics = StoredMetrics(database, self._events, self._commits)

    def __repr__(self) -> str:
        return f"Manager({self._database!r})"

    @property
    def database(self) -> Database:
        """The database, for what the repositories do not offer."""
        return self._database

    @property
    def events(self) -> EventsRepository:
        """The events."""
        return self._events

    @property
    def commits(self) -> CommitsRepository:
        """The commits."""
        return self._commits

    @property
    def metrics(self) -> MetricsRepository:
        """What is computed of both."""
        return self._metrics

    async def initialize(self) -> None:
        """Make the tables that are not there yet.

        Raises:
            TableMismatch: A table of this name is there and is another.
        """
        await self._database.create_tables(MODELS)

    async def health(self) -> DatabaseHealth:
        """Say whether the database answers, and how many of the tables it has."""
        found = await self._database.health(MODELS)
        provider = load_provider(found.provider)
        prefix = self._database.session.names.prefix
        health: DatabaseHealth = {
            "status": "healthy" if found.ok else "unhealthy",
            "provider": found.provider,
        }
        if provider.remote:
            health["region"] = self._database.info.region
        if provider.default_path is not None:
            health["path"] = found.location
        if provider.remote or prefix:
            health["table_prefix"] = prefix
        health["tables_found"] = len(found.tables)
        if found.missing:
            health["missing"] = list(found.missing)
        if found.error is not None:
            health["error"] = found.error
        return health

    async def close(self) -> None:
        """Close the database; closing twice is no error."""
        await self._database.close()
