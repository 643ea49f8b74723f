"""What an application depends on: repositories, a connection and a manager, all abstract.

`events`, `commits` and `metrics.repository` implement them over any provider; another
implementation, or a double in a test, takes their place by implementing them too. Lists are newest
first. Times have an offset from UTC, and repositories are called `owner/name`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Required, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from anydynamo.catalog.github_events.changesets import Changeset
    from anydynamo.catalog.github_events.metrics.deployments import DeploymentFigures
    from anydynamo.catalog.github_events.models import (
        Commit,
        CommitFile,
        CommitSummary,
        Deployment,
        DeveloperMetrics,
        Event,
        EventPattern,
        RepositoryHealth,
        SecurityMetrics,
    )

__all__ = [
    "CommitsRepository",
    "DatabaseConnection",
    "DatabaseHealth",
    "DatabaseManager",
    "EventsRepository",
    "MetricsRepository",
]


class DatabaseHealth(TypedDict, total=False):
    """What a connection says of its health, as `/health` shows it.

    Attributes:
        status: `healthy`, or `unhealthy` if it does not answer or tables are missing.
        provider: The provider's name.
        region: The AWS region; on DynamoDB alone.
        table_prefix: What stands before the tables' names, where something does.
        path: The file; where there is one.
        tables_found: How many of the nine tables are there.
        missing: The names of those that are not.
        error: Why it does not answer.
    """

    status: Required[str]
    provider: Required[str]
    region: str | None
    table_prefix: str
    path: str
    tables_found: int
    missing: list[str]
    error: str


class EventsRepository(ABC):
    """Events: stored once each, found by repository and by type."""

    @abstractmethod
    async def insert_events(self, events: Iterable[Event | Mapping[str, Any]]) -> int:
        """Store the events that are not there yet, and return how many were new.

        All are checked before one is stored. An event is new to exactly one of those who insert it
        at the same time; one that is there stays as it is.

        Raises:
            InvalidItem: Some are not right; the message says which and why.
        """

    @abstractmethod
    async def get_event(self, event_id: str) -> Event | None:
        """Return an event, or None."""

    @abstractmethod
    async def get_events_by_repo(
        self,
        repo_name: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[Event]:
        """Return a repository's events from `since` up to `until`, which are included."""

    @abstractmethod
    async def get_events_by_type(
        self,
        event_type: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[Event]:
        """Return the events of a type from `since` up to `until`, which are included."""

    @abstractmethod
    async def count_events(
        self,
        *,
        repo_name: str | None = None,
        event_type: str | None = None,
        since: datetime | None = None,
    ) -> int:
        """Count events; without a repository and a type, by reading the whole table."""

    @abstractmethod
    async def count_events_by_type(
        self, repo_name: str, *, since: datetime | None = None
    ) -> dict[str, int]:
        """Count a repository's events by their type, the commonest first."""


class CommitsRepository(ABC):
    """Commits, the files that they touch, and summaries of them."""

    @abstractmethod
    async def insert_commits(
        self,
        commits: Iterable[Changeset | Mapping[str, Any]],
        *,
        repo_name: str | None = None,
    ) -> int:
        """Store the commits that are not there yet, with files and summaries; return how many.

        A commit that can be read has all its files.

        Args:
            commits: Commits as GitHub's API gives them, or read already.
            repo_name: The repository of those that do not name theirs.

        Raises:
            InvalidItem: Some are not right; the message says which and why.
        """

    @abstractmethod
    async def get_commit(self, sha: str) -> Changeset | None:
        """Return a commit with its files and its summary, or None."""

    @abstractmethod
    async def get_commit_files(self, sha: str) -> list[CommitFile]:
        """Return the files that a commit touches, by name."""

    @abstractmethod
    async def get_recent_commits(
        self, repo_name: str, *, hours: float = 24, limit: int | None = None
    ) -> list[Commit]:
        """Return a repository's commits of the last hours."""

    @abstractmethod
    async def get_commits_of(
        self, repo_names: Sequence[str], *, hours: float = 24, limit: int | None = None
    ) -> dict[str, list[Commit]]:
        """Return the commits of the last hours by repository; `limit` is for each."""

    @abstractmethod
    async def get_commits_between(
        self, repo_name: str, since: datetime, until: datetime
    ) -> list[Commit]:
        """Return a repository's commits from `since` up to `until`, which are included."""

    @abstractmethod
    async def get_summaries(
        self, repo_name: str, *, limit: int | None = None
    ) -> list[CommitSummary]:
        """Return the summaries of a repository's commits, in no order."""


class MetricsRepository(ABC):
    """What is computed of events and commits: stored when it is computed, and read back."""

    @abstractmethod
    async def compute_repository_health(
        self, repo_name: str, *, days: int = 30
    ) -> RepositoryHealth:
        """Compute how a repository fares, and store it; see `metrics.health`."""

    @abstractmethod
    async def get_repository_health(self, repo_name: str) -> RepositoryHealth | None:
        """Return what was computed last, or None."""

    @abstractmethod
    async def compute_developer_metrics(
        self, repo_name: str, time_period: str | None = None
    ) -> list[DeveloperMetrics]:
        """Compute what each developer did in a period, and store it; see `metrics.developers`.

        Args:
            repo_name: The repository.
            time_period: A day, a week or a month, as in 2026-11-22, 2026-W47 and 2026-11; without
                it the month that it is.
        """

    @abstractmethod
    async def get_developer_metrics(
        self, actor_login: str, repo_name: str | None = None
    ) -> list[DeveloperMetrics]:
        """Return what was computed of a developer, in all repositories or in one."""

    @abstractmethod
    async def compute_security_metrics(
        self, repo_name: str, *, days: int = 30
    ) -> list[SecurityMetrics]:
        """Compute what happened that matters to security, and store it; see `metrics.security`."""

    @abstractmethod
    async def get_security_metrics(
        self, repo_name: str, metric_type: str | None = None
    ) -> list[SecurityMetrics]:
        """Return what was computed, of all types or of one."""

    @abstractmethod
    async def detect_event_patterns(
        self, repo_name: str, *, hours: int = 24, windows: int = 14
    ) -> list[EventPattern]:
        """Look for unusual numbers of events, and store what is found; see `metrics.patterns`."""

    @abstractmethod
    async def get_event_patterns(
        self, repo_name: str, event_type: str | None = None
    ) -> list[EventPattern]:
        """Return the patterns that were found, of all types or of one."""

    @abstractmethod
    async def compute_deployment_metrics(
        self, repo_name: str, *, days: int = 30
    ) -> list[Deployment]:
        """Gather what became of the deployments, and store it; see `metrics.deployments`."""

    @abstractmethod
    async def get_deployments(self, repo_name: str) -> list[Deployment]:
        """Return the deployments that were gathered."""

    @abstractmethod
    async def get_deployment_figures(self, repo_name: str, *, days: int = 30) -> DeploymentFigures:
        """Return how often it was deployed, how often that failed, and how long commits waited."""


class DatabaseConnection(ABC):
    """A place where the nine tables are, or are to be."""

    @abstractmethod
    async def initialize(self) -> None:
        """Make the tables that are not there yet."""

    @abstractmethod
    async def health(self) -> DatabaseHealth:
        """Say whether the place answers, and how many of the tables it has."""

    @abstractmethod
    async def close(self) -> None:
        """Close it, if it was opened here; closing twice is no error."""


class DatabaseManager(DatabaseConnection):
    """A connection with the repositories over it; use it in an `async with` block, or close it."""

    @property
    @abstractmethod
    def events(self) -> EventsRepository:
        """The events."""

    @property
    @abstractmethod
    def commits(self) -> CommitsRepository:
        """The commits."""

    @property
    @abstractmethod
    def metrics(self) -> MetricsRepository:
        """What is computed of both."""

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
