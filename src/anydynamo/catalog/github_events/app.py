"""The web service: collecting, commits and metrics over HTTP.

| Request | Answer |
|---|---|
| `GET /health` | whether the database answers and has its nine tables; 503 if not |
| `POST /collect` | stores events: those posted, a webhook's delivery, or the source's |
| `GET /commits/recent?repo=&hours=` | a repository's commits |
| `GET /commits/{sha}` | a commit with its files and its summary |
| `GET /monitoring/commits?repos=a,b&hours=` | the commits of several repositories |
| `GET /metrics/repository-health?repo=&days=` | how it fares, computed now |
| `GET /metrics/developers?repo=&period=` | what each developer did, computed now |
| `GET /metrics/security?repo=&days=` | what matters to security, computed now |
| `GET /metrics/patterns?repo=&hours=` | unusual numbers of events, computed now |
| `GET /metrics/deployments?repo=&days=` | deployments and their figures, computed now |

Nobody is asked who they are, and a webhook's signature is not checked: put it behind something that
does before others can reach it.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, cast

from anydynamo.catalog.github_events.database_factory import open_database
from anydynamo.catalog.github_events.enhanced_event_collector import (
    EnhancedEventCollector,
    EventSource,
)
from anydynamo.catalog.github_events.incoming import webhook
from anydynamo.catalog.github_events.manager import Manager
from anydynamo.catalog.github_events.metrics.deployments import DeploymentFigures
from anydynamo.catalog.github_events.models import (
    Commit,
    CommitFile,
    CommitSummary,
    Deployment,
    DeveloperMetrics,
    EventPattern,
    RepositoryHealth,
    SecurityMetrics,
)
from anydynamo.catalog.github_events.service import Collected, DatabaseService
from anydynamo.database import Database
from anydynamo.errors import (
    AnyDynamoError,
    BatchIncomplete,
    ConfigurationError,
    Conflict,
    InvalidRequest,
    MissingDependency,
    NotFound,
    ProviderError,
    TableError,
)

try:
    from fastapi import Body, Depends, FastAPI, Header, Query, Request
    from fastapi.responses import JSONResponse
    from pydantic import BaseModel
except ImportError as error:
    raise MissingDependency(
        "The web service needs FastAPI, which is not installed: pip install 'anydynamo[web]'"
    ) from error

__all__ = ["create_app"]


class RecentCommits(BaseModel):
    """A repository's commits of the last hours, newest first."""

    repo_name: str
    hours: float
    commits: list[Commit]


class MonitoredCommits(BaseModel):
    """The commits of the last hours by repository, newest first."""

    hours: float
    repositories: dict[str, list[Commit]]


class WholeCommit(BaseModel):
    """A commit with its files and its summary."""

    commit: Commit
    files: list[CommitFile]
    summary: CommitSummary


class Deployments(BaseModel):
    """The deployments of the last days, and their figures."""

    figures: DeploymentFigures
    deployments: list[Deployment]


class _Opened:
    """The collector of an app, opened by its start or else by the first request.

    AWS Lambda's adapters for ASGI are told to leave the start out (`lifespan="off"`), since what
    they run has no end that anybody is told of.
    """

    def __init__(
        self,
        database: Database | None,
        source: EventSource | None,
        config: Mapping[str, str | None] | None,
    ) -> None:
        self._database = database
        self._source = source
        self._config = config
        self._opening = asyncio.Lock()
        self._collector: EnhancedEventCollector | None = None

    async def collector(self) -> EnhancedEventCollector:
        async with self._opening:
            if self._collector is None:
                database = self._database or open_database(self._config)
                collector = EnhancedEventCollector(Manager(database), self._source)
                try:
                    await collector.initialize()
                except BaseException:
                    await self._close(collector)
                    raise
                self._collector = collector
            return self._collector

    async def close(self) -> None:
        if self._collector is not None:
            await self._close(self._collector)
            self._collector = None

    async def _close(self, collector: EnhancedEventCollector) -> None:
        if self._database is None:
            await collector.close()


async def _collector(request: Request) -> EnhancedEventCollector:
    return await cast("_Opened", request.app.state.opened).collector()


async def _service(
    collector: Annotated[EnhancedEventCollector, Depends(_collector)],
) -> DatabaseService:
    return collector.service


Collector = Annotated[EnhancedEventCollector, Depends(_collector)]
Service = Annotated[DatabaseService, Depends(_service)]
Repo = Annotated[str, Query(description="owner/name")]
Hours = Annotated[float, Query(gt=0, le=24 * 366)]
Days = Annotated[int, Query(ge=1, le=366)]
Limit = Annotated[int, Query(ge=1, le=1000)]


def create_app(
    database: Database | None = None,
    *,
    source: EventSource | None = None,
    config: Mapping[str, str | None] | None = None,
) -> FastAPI:
    """Make the web service; the tables are made when it starts, or by the first request.

    Args:
        database: An open database, which stays its owner's. Without it the one that `config` or
            the environment names is opened then, and closed when the service ends.
        source: Where `/collect` takes events from that are not posted.
        config: As for `DatabaseFactory.create_manager`.
    """
    opened = _Opened(database, source, config)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await opened.collector()
        try:
            yield
        finally:
            await opened.close()

    app = FastAPI(title="GitHub events", lifespan=lifespan)
    app.state.opened = opened
    app.add_exception_handler(AnyDynamoError, _explain)
    app.get("/health")(health)
    app.post("/collect")(collect)
    app.get("/commits/recent")(recent_commits)
    app.get("/commits/{sha}")(commit)
    app.get("/monitoring/commits")(monitor_commits)
    app.get("/metrics/repository-health")(repository_health)
    app.get("/metrics/developers")(developer_metrics)
    app.get("/metrics/security")(security_metrics)
    app.get("/metrics/patterns")(event_patterns)
    app.get("/metrics/deployments")(deployment_metrics)
    return app


async def health(request: Request) -> JSONResponse:
    """Say whether the database answers, and how many of the tables it has."""
    database: Mapping[str, Any]
    try:
        database = await (await _collector(request)).health()
    except AnyDynamoError as error:
        # It could not even be opened, or its tables not be made.
        database = {"status": "unhealthy", "error": str(error)}
    well = database["status"] == "healthy"
    return JSONResponse(
        {"status": "ok" if well else "error", "database": database}, 200 if well else 503
    )


async def collect(
    collector: Collector,
    body: Annotated[Any, Body()] = None,
    x_github_event: Annotated[str | None, Header()] = None,
    x_github_delivery: Annotated[str | None, Header()] = None,
) -> Collected:
    """Store the events that are posted, or else those that the source has."""
    if x_github_event is not None:
        if not isinstance(body, dict):
            raise InvalidRequest("A webhook's delivery has an object as its body")
        payload = cast("dict[str, Any]", body)
        return await collector.collect([webhook(x_github_delivery or "", x_github_event, payload)])
    events = cast("dict[str, Any]", body).get("events") if isinstance(body, dict) else body
    if body is not None and not isinstance(events, list):
        raise InvalidRequest(
            'Events are posted as a list, or as {"events": [...]}, in JSON with the header '
            "Content-Type: application/json"
        )
    return await collector.collect(cast("list[dict[str, Any]] | None", events))


async def recent_commits(
    service: Service, repo: Repo, hours: Hours = 24, limit: Limit = 100
) -> RecentCommits:
    """Give a repository's commits of the last hours."""
    commits = await service.recent_commits(repo, hours=hours, limit=limit)
    return RecentCommits(repo_name=repo, hours=hours, commits=commits)


async def commit(service: Service, sha: str) -> WholeCommit:
    """Give a commit with its files and its summary."""
    found = await service.manager.commits.get_commit(sha)
    if found is None:
        raise NotFound(f"There is no commit {sha!r}")
    return WholeCommit(commit=found.commit, files=list(found.files), summary=found.summary)


async def monitor_commits(
    service: Service,
    repos: Annotated[str, Query(description="owner/name, several with commas between")],
    hours: Hours = 24,
    limit: Limit = 100,
) -> MonitoredCommits:
    """Give the commits of several repositories."""
    names = [name.strip() for name in repos.split(",") if name.strip()]
    if not names:
        raise InvalidRequest("repos names no repository; give owner/name, several with commas")
    found = await service.monitor_commits(names, hours=hours, limit=limit)
    return MonitoredCommits(hours=hours, repositories=found)


async def repository_health(service: Service, repo: Repo, days: Days = 30) -> RepositoryHealth:
    """Tell how a repository fares."""
    return await service.repository_health(repo, days=days)


async def developer_metrics(
    service: Service, repo: Repo, period: str | None = None
) -> list[DeveloperMetrics]:
    """Tell what each developer did in a period."""
    return await service.manager.metrics.compute_developer_metrics(repo, period)


async def security_metrics(service: Service, repo: Repo, days: Days = 30) -> list[SecurityMetrics]:
    """Tell what happened that matters to security."""
    return await service.manager.metrics.compute_security_metrics(repo, days=days)


async def event_patterns(
    service: Service, repo: Repo, hours: Annotated[int, Query(ge=1, le=168)] = 24
) -> list[EventPattern]:
    """Look for unusual numbers of events in the last complete window; give all that were found."""
    await service.manager.metrics.detect_event_patterns(repo, hours=hours)
    return await service.manager.metrics.get_event_patterns(repo)


async def deployment_metrics(service: Service, repo: Repo, days: Days = 30) -> Deployments:
    """Give the deployments of the last days, and their figures."""
    metrics = service.manager.metrics
    deployments = await metrics.compute_deployment_metrics(repo, days=days)
    figures = await metrics.get_deployment_figures(repo, days=days)
    return Deployments(figures=figures, deployments=deployments)


async def _explain(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, NotFound):
        status = 404
    elif isinstance(error, InvalidRequest | ConfigurationError):
        status = 400
    elif isinstance(error, ProviderError | TableError | Conflict | BatchIncomplete):
        # A conflict is what is left of many attempts: the same request can succeed later.
        status = 503
    else:
        status = 500
    return JSONResponse({"detail": str(error)}, status)
