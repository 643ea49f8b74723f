"""The service: what an application does with events, commits and metrics, whatever holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from anydynamo.catalog.github_events.changesets import pushed
from anydynamo.catalog.github_events.incoming import read_events, sift_events
from anydynamo.catalog.github_events.manager import Manager

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from anydynamo import sync
    from anydynamo.catalog.github_events.interfaces import DatabaseHealth, DatabaseManager
    from anydynamo.catalog.github_events.metrics.deployments import DeploymentFigures
    from anydynamo.catalog.github_events.models import (
        Commit,
        Deployment,
        DeveloperMetrics,
        Event,
        EventPattern,
        RepositoryHealth,
        SecurityMetrics,
    )

    T = TypeVar("T")

__all__ = ["BlockingDatabaseService", "Collected", "DatabaseService", "Report"]


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of events that were collected.

    Attributes:
        received: How many there were.
        new_events: How many of them were stored now; the others were there, or were refused.
        new_commits: How many commits of pushes were stored now.
        problems: What was refused, and why.
    """

    received: int
    new_events: int
    new_commits: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All metrics of a repository, as they are now."""

    health: RepositoryHealth
    developers: list[DeveloperMetrics]
    security: list[SecurityMetrics]
    patterns: list[EventPattern]
    deployments: list[Deployment]
    deployment_figures: DeploymentFigures


class DatabaseService:
    """The high-level interface.

    Args:
        manager: The manager, which stays its owner's.
        now: Tells the time, aware of its zone: the manager's database does.
    """

    def __init__(self, manager: DatabaseManager, now: Callable[[], datetime]) -> None:
        self._manager = manager
        self._now = now

    @classmethod
    def over(cls, manager: Manager) -> Self:
        """Make the service over a manager, with the clock of its database."""
        return cls(manager, manager.database.now)

    @property
    def manager(self) -> DatabaseManager:
        """The manager, for what the service does not offer."""
        return self._manager

    async def health(self) -> DatabaseHealth:
        """Say whether the database answers, and how many of the tables it has."""
        return await self._manager.health()

    async def collect(
        self, events: Iterable[Event | Mapping[str, Any]], *, strict: bool = True
    ) -> Collected:
        """Store events that are new, and the commits of their pushes.

        The commits of all pushes are looked at, not only of new ones: so what a crash between the
        two left out comes with the next poll.

        Args:
            events: Events as GitHub gives them.
            strict: Refuse all if one is wrong. Otherwise the others are stored: a source gives the
                wrong one again with every poll, and must not keep the others out.

        Raises:
            InvalidItem: Some are not right, and `strict` is true; nothing was stored.
        """
        given = list(events)
        problems: list[str] = []
        if strict:
            right = read_events(given, self._now())
        else:
            right, problems = sift_events(given, self._now())
        changesets, unreadable = pushed(right)
        new_events = await self._manager.events.insert_events(right)
        new_commits = await self._manager.commits.insert_commits(changesets)
        return Collected(len(given), new_events, new_commits, (*problems, *unreadable))

    async def recent_commits(
        self, repo_name: str, *, hours: float = 24, limit: int | None = None
    ) -> list[Commit]:
        """Return a repository's commits of the last hours, newest first."""
        return await self._manager.commits.get_recent_commits(repo_name, hours=hours, limit=limit)

    async def monitor_commits(
        self, repo_names: Sequence[str], *, hours: float = 24, limit: int | None = None
    ) -> dict[str, list[Commit]]:
        """Return the commits of the last hours by repository; `limit` is for each."""
        return await self._manager.commits.get_commits_of(repo_names, hours=hours, limit=limit)

    async def repository_health(self, repo_name: str, *, days: int = 30) -> RepositoryHealth:
        """Return how a repository fares now."""
        return await self._manager.metrics.compute_repository_health(repo_name, days=days)

    async def report(self, repo_name: str, *, days: int = 30) -> Report:
        """Compute and store all metrics of a repository, and return them."""
        metrics = self._manager.metrics
        return Report(
            health=await metrics.compute_repository_health(repo_name, days=days),
            developers=await metrics.compute_developer_metrics(repo_name),
            security=await metrics.compute_security_metrics(repo_name, days=days),
            patterns=await metrics.detect_event_patterns(repo_name),
            deployments=await metrics.compute_deployment_metrics(repo_name, days=days),
            deployment_figures=await metrics.get_deployment_figures(repo_name, days=days),
        )


class BlockingDatabaseService:
    """The service for code that does not await; it may be shared by threads.

        with BlockingDatabaseService(open_blocking()) as github:
            commits = github.run(lambda service: service.recent_commits("octocat/hello"))

    Entering it makes the tables that are not there yet.

    Args:
        database: The open database of `anydynamo.sync`; `close` closes it.
    """

    def __init__(self, database: sync.Database) -> None:
        self._database = database

    def run(self, work: Callable[[DatabaseService], Coroutine[Any, Any, T]]) -> T:
        """Do something with the service, and return its result.

        Args:
            work: Calls one of the service's methods, or of its manager's repositories. Over an
                embedded provider it may await those and nothing else.
        """
        return self._database.run(lambda database: work(DatabaseService.over(Manager(database))))

    def close(self) -> None:
        """Close the database; closing twice is no error."""
        self._database.close()

    def __enter__(self) -> Self:
        self.run(lambda service: service.manager.initialize())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
