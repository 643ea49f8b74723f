"""The metrics, over any provider: computed of events and commits, stored, and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from anydynamo.catalog.github_events.interfaces import MetricsRepository
from anydynamo.catalog.github_events.metrics.deployments import (
    DeploymentFigures,
    deployment_figures,
    deployments_of,
)
from anydynamo.catalog.github_events.metrics.developers import developer_metrics
from anydynamo.catalog.github_events.metrics.health import repository_health
from anydynamo.catalog.github_events.metrics.patterns import detect_patterns, looked_at
from anydynamo.catalog.github_events.metrics.security import security_metrics
from anydynamo.catalog.github_events.models import (
    Commit,
    Deployment,
    DeveloperMetrics,
    EventPattern,
    RepositoryHealth,
    SecurityMetrics,
    is_sha,
    joined,
)
from anydynamo.catalog.github_events.windows import (
    asked_repository,
    days_before,
    month_of,
    period,
)

if TYPE_CHECKING:
    from datetime import datetime

    from anydynamo.catalog.github_events.interfaces import CommitsRepository, EventsRepository
    from anydynamo.catalog.github_events.models import Event
    from anydynamo.database import Database
    from anydynamo.models.table import Condition, Path

    M = TypeVar("M")

__all__ = ["StoredMetrics"]


class StoredMetrics(MetricsRepository):
    """Metrics in a database.

    Args:
        database: An open database, which stays its owner's.
        events: Where the events are.
        commits: Where the commits are.
    """

    def __init__(
        self, database: Database, events: EventsRepository, commits: CommitsRepository
    ) -> None:
        self._database = database
        self._events = events
        self._commits = commits
        self._commit_dates = database.repository(Commit)
        self._health = database.repository(RepositoryHealth)
        self._developers = database.repository(DeveloperMetrics)
        self._security = database.repository(SecurityMetrics)
        self._patterns = database.repository(EventPattern)
        self._deployments = database.repository(Deployment)

    async def compute_repository_health(
        self, repo_name: str, *, days: int = 30
    ) -> RepositoryHealth:
        """Compute how a repository fares, and store it."""
        now = self._database.now()
        since = days_before(now, days)
        events = await self._happened(repo_name, since, now)
        commits = await self._commits.get_commits_between(repo_name, since, now)
        health = repository_health(repo_name, events, commits, days=days, now=now)
        return await self._health.put(health)

    async def get_repository_health(self, repo_name: str) -> RepositoryHealth | None:
        """Return what was computed last, or None."""
        return await self._health.find(asked_repository(repo_name))

    async def compute_developer_metrics(
        self, repo_name: str, time_period: str | None = None
    ) -> list[DeveloperMetrics]:
        """Compute what each developer did in a period, and store it."""
        now = self._database.now()
        called = time_period or month_of(now)
        since, until = period(called)
        events = await self._happened(repo_name, since, until)
        commits = await self._commits.get_commits_between(repo_name, since, until)
        metrics = developer_metrics(repo_name, called, events, commits, now=now)
        await self._developers.put_many(metrics)
        return metrics

    async def get_developer_metrics(
        self, actor_login: str, repo_name: str | None = None
    ) -> list[DeveloperMetrics]:
        """Return what was computed of a developer, in all repositories or in one."""
        name = None if repo_name is None else asked_repository(repo_name)
        of_repository = _beginning(DeveloperMetrics.repo_time_period, name)
        found = await self._developers.query(actor_login, *of_repository)
        return sorted(found, key=lambda one: period(one.time_period)[0], reverse=True)

    async def compute_security_metrics(
        self, repo_name: str, *, days: int = 30
    ) -> list[SecurityMetrics]:
        """Compute what happened that matters to security, and store it."""
        now = self._database.now()
        # From the beginning of the first day: a day that is counted in part would be stored so.
        since = days_before(now, days).replace(hour=0, minute=0, second=0, microsecond=0)
        events = await self._happened(repo_name, since, now)
        metrics = security_metrics(repo_name, events, now=now)
        await self._security.put_many(metrics)
        return metrics

    async def get_security_metrics(
        self, repo_name: str, metric_type: str | None = None
    ) -> list[SecurityMetrics]:
        """Return what was computed, of all types or of one."""
        name = asked_repository(repo_name)
        of_type = _beginning(SecurityMetrics.metric_type_date, metric_type)
        found = await self._security.query(name, *of_type)
        return sorted(found, key=lambda one: one.date, reverse=True)

    async def detect_event_patterns(
        self, repo_name: str, *, hours: int = 24, windows: int = 14
    ) -> list[EventPattern]:
        """Look for unusual numbers of events, and store what is found."""
        now = self._database.now()
        since, until = looked_at(now, hours, windows)
        events = await self._happened(repo_name, since, until)
        patterns = detect_patterns(repo_name, events, hours=hours, windows=windows, now=now)
        await self._patterns.put_many(patterns)
        return patterns

    async def get_event_patterns(
        self, repo_name: str, event_type: str | None = None
    ) -> list[EventPattern]:
        """Return the patterns that were found, of all types or of one."""
        name = asked_repository(repo_name)
        of_type = _beginning(EventPattern.event_pattern_detected, event_type)
        found = await self._patterns.query(name, *of_type)
        return sorted(found, key=lambda one: one.detected_at, reverse=True)

    async def compute_deployment_metrics(
        self, repo_name: str, *, days: int = 30
    ) -> list[Deployment]:
        """Gather what became of the deployments, and store it."""
        now = self._database.now()
        events = await self._happened(repo_name, days_before(now, days), now)
        deployments = deployments_of(repo_name, events, now=now)
        await self._deployments.put_many(deployments)
        return deployments

    async def get_deployments(self, repo_name: str) -> list[Deployment]:
        """Return the deployments that were gathered."""
        found = await self._deployments.query(asked_repository(repo_name))
        return sorted(found, key=lambda one: one.created_at, reverse=True)

    async def get_deployment_figures(self, repo_name: str, *, days: int = 30) -> DeploymentFigures:
        """Return how often it was deployed, how often that failed, and how long commits waited."""
        since = days_before(self._database.now(), days)
        deployments = [
            one for one in await self.get_deployments(repo_name) if one.created_at >= since
        ]
        shas = {one.sha for one in deployments if is_sha(one.sha)}
        known = await self._commit_dates.get_many(shas)
        committed = {commit.sha: commit.commit_date for commit in known}
        return deployment_figures(repo_name, deployments, committed, days=days)

    async def _happened(self, repo_name: str, since: datetime, until: datetime) -> list[Event]:
        return await self._events.get_events_by_repo(repo_name, since=since, until=until)


def _beginning(key: Path[str, M], part: str | None) -> list[Condition[M]]:
    """Return the condition that a sort key's first part is this one; none where it may be any."""
    return [] if part is None else [key.startswith(joined(part, ""))]
