"""The documented system of GitHub events, on every provider, awaited and blocking."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.catalog.github import NOW, REPO, AwaitedManager, ago, clock, event, push, sha
from tests.targets import REGION

from anydynamo import Database, sync
from anydynamo.catalog.github_events import (
    MODELS,
    BlockingDatabaseService,
    Commit,
    CommitsRepository,
    DatabaseManager,
    DatabaseService,
    Event,
    EventsRepository,
    Manager,
    MetricsRepository,
    create_enhanced_collector,
)
from anydynamo.catalog.github_events.database_factory import (
    get_dynamodb_manager,
    get_sqlite_manager,
)
from anydynamo.catalog.webhooks import same
from anydynamo.models.codec import codec_of
from anydynamo.operations.backup import backup
from anydynamo.operations.restore import restore
from anydynamo.repositories.session import Patience

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.servers import Server
    from tests.targets import Target

PATIENCE = Patience(poll=0.01)

TABLES: dict[str, tuple[list[str], dict[str, list[str]]]] = {
    "events": (
        ["id"],
        {
            "repo-created-index": ["repo_name", "created_at"],
            "type-created-index": ["event_type", "created_at"],
        },
    ),
    "commits": (["sha"], {"repo-date-index": ["repo_name", "commit_date"]}),
    "commit_files": (["commit_sha", "filename"], {}),
    "commit_summaries": (["commit_sha"], {"repo-index": ["repo_name"]}),
    "repository_health_metrics": (["repo_name"], {}),
    "developer_metrics": (["actor_login", "repo_time_period"], {}),
    "security_metrics": (["repo_name", "metric_type_date"], {}),
    "event_patterns": (["repo_name", "event_pattern_detected"], {}),
    "deployment_metrics": (["repo_name", "deployment_id"], {}),
}


@pytest.fixture(params=["awaited", "blocking"])
async def manager(request: pytest.FixtureRequest, target: Target) -> AsyncIterator[Any]:
    """A manager with its tables on each provider, awaited and through the blocking service."""
    options: dict[str, Any] = {"owns_adapter": True, "clock": clock, "patience": PATIENCE}
    if request.param == "awaited":
        async with Manager(Database(target.adapter(), **options)) as manager:
            yield manager
        return
    database = sync.Database(target.adapter(blocking=True), **options)
    with BlockingDatabaseService(database) as service:
        yield AwaitedManager(service)


def service_of(manager: Any) -> Any:
    return manager.service if isinstance(manager, AwaitedManager) else DatabaseService.over(manager)


# Tables


@pytest.mark.parametrize("target", ["sqlite", "moto", "dynoxide"], indirect=True)
async def test_the_nine_tables_are_those_of_the_document(target: Target) -> None:
    async with Database(target.adapter(), table_prefix="gh-", owns_adapter=True) as database:
        await Manager(database).initialize()
        for name, (key, indexes) in TABLES.items():
            asked = {"TableName": f"gh-{name}"}
            table = (await database.session.call("DescribeTable", asked))["Table"]
            assert [one["AttributeName"] for one in table["KeySchema"]] == key
            assert {
                index["IndexName"]: [one["AttributeName"] for one in index["KeySchema"]]
                for index in table.get("GlobalSecondaryIndexes", ())
            } == indexes
            assert all(
                index["Projection"] == {"ProjectionType": "ALL"}
                for index in table.get("GlobalSecondaryIndexes", ())
            )
            assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert len(MODELS) == len(TABLES) == 9


async def test_making_the_tables_again_changes_nothing(manager: DatabaseManager) -> None:
    await manager.events.insert_events([event(1)])
    await manager.initialize()
    assert await manager.events.count_events() == 1


async def test_a_healthy_database_has_nine_tables(manager: DatabaseManager, target: Target) -> None:
    health = await manager.health()
    assert (health["status"], health["tables_found"]) == ("healthy", 9)
    assert health["provider"] == target.provider
    assert health.get("path") == (None if target.path is None else str(target.path))
    assert health.get("region") == (REGION if target.endpoint_url else None)


async def test_a_missing_table_is_unhealthy_and_named(target: Target) -> None:
    async with Manager(Database(target.adapter(), owns_adapter=True, patience=PATIENCE)) as manager:
        await manager.database.delete_tables([Event])
        health = await manager.health()
    assert (health["status"], health["tables_found"]) == ("unhealthy", 8)
    assert health["missing"] == ["events"]


def test_the_repositories_are_abstract() -> None:
    interfaces: list[Any] = [
        EventsRepository,
        CommitsRepository,
        MetricsRepository,
        DatabaseManager,
    ]
    for interface in interfaces:
        with pytest.raises(TypeError, match="abstract"):
            interface()


# Events


async def test_inserted_events_are_counted_once_and_stored_once(manager: DatabaseManager) -> None:
    events = manager.events
    assert await events.insert_events([event(1), event(2), event(1, "ForkEvent")]) == 2
    assert await events.insert_events([event(2), event(3)]) == 1
    assert await events.insert_events([event(3)]) == 0
    assert await events.insert_events([]) == 0
    assert await events.count_events() == 3
    first = await events.get_event("1")
    assert first is not None
    assert first.event_type == "WatchEvent"
    assert await events.get_event("4") is None


# moto's transactions are not safe among its own threads: it answers some of them with 500.
@pytest.mark.parametrize("target", ["memory", "json", "sqlite", "dynoxide"], indirect=True)
async def test_an_event_that_many_insert_at_once_is_new_to_one_of_them(target: Target) -> None:
    async with Manager(Database(target.adapter(), owns_adapter=True, patience=PATIENCE)) as manager:
        several = [[event(number) for number in range(who, who + 8)] for who in range(8)]
        counts = await asyncio.gather(*map(manager.events.insert_events, several))
        assert sum(counts) == await manager.events.count_events() == 15


async def test_payloads_come_back_equal(manager: DatabaseManager) -> None:
    payload: dict[str, Any] = {
        "text": "",
        "none": None,
        "nested": {"list": [1, -2.5, True, None, {"deep": ["ü", 10**20]}], "empty": {}, "no": []},
        "name": "attributes may be called as DynamoDB's reserved words",
    }
    await manager.events.insert_events([event(1, **payload)])
    stored = await manager.events.get_event("1")
    assert stored is not None
    assert same(stored.payload, payload)


async def test_events_are_found_by_repository_and_by_type(manager: DatabaseManager) -> None:
    events = manager.events
    await events.insert_events(
        [
            event(1, at=ago(hours=3)),
            event(2, "ForkEvent", at=ago(hours=2)),
            event(3, at=ago(hours=1)),
            event(4, repo="octocat/other", at=ago(minutes=30)),
        ]
    )

    async def ids(found: Any) -> list[str]:
        return [one.id for one in await found]

    assert await ids(events.get_events_by_repo(REPO)) == ["3", "2", "1"]
    assert await ids(events.get_events_by_repo(REPO, since=ago(hours=2))) == ["3", "2"]
    assert await ids(events.get_events_by_repo(REPO, until=ago(hours=2), limit=1)) == ["2"]
    between = events.get_events_by_repo(REPO, since=ago(hours=3), until=ago(hours=2))
    assert await ids(between) == ["2", "1"]
    assert await ids(events.get_events_by_repo("octocat/none")) == []
    assert await ids(events.get_events_by_type("WatchEvent", limit=1000)) == ["4", "3", "1"]
    assert await ids(events.get_events_by_type("watch", since=ago(hours=1))) == ["4", "3"]

    assert await events.count_events(repo_name=REPO) == 3
    assert await events.count_events(repo_name=REPO, event_type="WatchEvent") == 2
    assert await events.count_events(event_type="WatchEvent", since=ago(hours=1)) == 2
    assert await events.count_events(since=ago(hours=2)) == 3
    by_type = await events.count_events_by_type(REPO)
    assert list(by_type.items()) == [("WatchEvent", 2), ("ForkEvent", 1)]
    assert await events.count_events_by_type(REPO, since=ago(hours=1)) == {"WatchEvent": 1}


# Commits


API_COMMIT = {
    "sha": sha(7),
    "commit": {
        "author": {"name": "Mona", "email": "mona@github.com", "date": "2026-11-22T09:00:00Z"},
        "committer": {"name": "GitHub", "date": "2026-11-22T10:00:00Z"},
        "message": "feat(api)!: take events in bulk\n\nOne request for all.",
    },
    "author": {"login": "mona"},
    "parents": [{"sha": sha(6)}],
    "stats": {"additions": 12, "deletions": 3, "total": 15},
    "files": [
        {"filename": "src/api.py", "status": "modified", "additions": 10, "deletions": 3},
        {
            "filename": "docs/api.md",
            "status": "renamed",
            "previous_filename": "docs/old.md",
            "additions": 2,
            "deletions": 0,
            "patch": "@@ -1 +1,3 @@",
        },
    ],
}


async def test_a_commit_is_stored_with_its_files_and_a_summary(manager: DatabaseManager) -> None:
    assert await manager.commits.insert_commits([API_COMMIT, API_COMMIT], repo_name=REPO) == 1
    assert await manager.commits.insert_commits([API_COMMIT], repo_name=REPO) == 0
    found = await manager.commits.get_commit(sha(7))
    assert found is not None
    assert found.commit.author_login == "mona"
    assert found.commit.commit_date == datetime.fromisoformat("2026-11-22T10:00:00Z")
    assert [file.filename for file in found.files] == ["docs/api.md", "src/api.py"]
    assert found.files[0].previous_filename == "docs/old.md"
    assert (found.summary.kind, found.summary.breaking) == ("feat", True)
    assert (found.summary.additions, found.summary.files_changed) == (12, 2)
    assert found.summary.folders == {"src": 1, "docs": 1}
    assert await manager.commits.get_summaries(REPO) == [found.summary]
    assert await manager.commits.get_commit(sha(8)) is None


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_commit_that_was_stored_without_a_summary_is_summarized(target: Target) -> None:
    async with Manager(Database(target.adapter(), owns_adapter=True)) as manager:
        commit = Commit(sha=sha(1), repo_name=REPO, commit_date=NOW, message="docs: how")
        await manager.database.repository(Commit).put(commit)
        found = await manager.commits.get_commit(sha(1))
    assert found is not None
    assert (found.files, found.summary.kind) == ((), "docs")


async def test_recent_commits_are_those_of_the_last_hours(manager: DatabaseManager) -> None:
    commits = [
        {"sha": sha(number), "commit_date": (NOW - timedelta(hours=hours)).isoformat()}
        for number, hours in enumerate((-1, 0, 5, 23, 25, 100))
    ]
    assert await manager.commits.insert_commits(commits, repo_name=REPO) == 6
    elsewhere = [{"sha": sha(10), "commit_date": NOW.isoformat(), "repo_name": "octocat/other"}]
    await manager.commits.insert_commits(elsewhere)

    async def recent(**options: Any) -> list[str]:
        return [one.sha for one in await manager.commits.get_recent_commits(REPO, **options)]

    assert await recent() == [sha(1), sha(2), sha(3)]
    assert await recent(hours=5) == [sha(1), sha(2)]
    assert await recent(hours=0.5) == [sha(1)]
    assert await recent(hours=200, limit=4) == [sha(1), sha(2), sha(3), sha(4)]

    monitored = await manager.commits.get_commits_of(
        [REPO, "octocat/other", "octocat/none", REPO], hours=6
    )
    assert {name: [one.sha for one in found] for name, found in monitored.items()} == {
        REPO: [sha(1), sha(2)],
        "octocat/other": [sha(10)],
        "octocat/none": [],
    }


async def test_collecting_stores_the_commits_of_pushes_too(manager: DatabaseManager) -> None:
    service = service_of(manager)
    events = [
        push(
            1,
            {"sha": sha(1), "message": "fix: typo", "author": {"name": "Mona", "email": "m@x.y"}},
            {"sha": sha(2), "message": "docs: more", "author": {"name": "Mona", "email": "m@x.y"}},
            at=ago(hours=1),
        ),
        event(2),
    ]
    collected = await service.collect(events)
    assert (collected.received, collected.new_events, collected.new_commits) == (2, 2, 2)
    again = await service.collect([*events, event(3)])
    assert (again.received, again.new_events, again.new_commits) == (3, 1, 0)
    recent = await service.recent_commits(REPO, hours=2)
    assert {one.sha for one in recent} == {sha(1), sha(2)}
    assert {one.commit_date for one in recent} == {ago(hours=1)}
    monitored = await service.monitor_commits([REPO], hours=2, limit=1)
    assert [len(found) for found in monitored.values()] == [1]


# Metrics


def history() -> list[dict[str, Any]]:
    """Give a month in a repository: reviews, builds, an alert, a deployment, and a burst."""
    mona = {"user": {"login": "mona"}, "merged": True}
    return [
        event(1, "IssuesEvent", actor="ada", at=ago(days=3), action="opened"),
        event(2, "IssuesEvent", actor="mona", at=ago(days=2), action="closed"),
        event(3, "PullRequestEvent", actor="mona", at=ago(days=2), action="opened"),
        event(4, "PullRequestReviewEvent", actor="ada", at=ago(days=1), action="created"),
        event(
            5, "PullRequestEvent", actor="ada", at=ago(days=1), action="closed", pull_request=mona
        ),
        event(
            6,
            "WorkflowRunEvent",
            actor="github-actions[bot]",
            at=ago(days=1),
            action="completed",
            workflow_run={"conclusion": "success"},
        ),
        event(
            7,
            "DependabotAlertEvent",
            actor="ada",
            at=ago(days=1),
            action="created",
            alert={"security_advisory": {"severity": "high"}},
        ),
        event(
            8,
            "DeploymentStatusEvent",
            actor="ada",
            at=ago(hours=20),
            deployment={
                "id": 99,
                "sha": sha(1),
                "environment": "production",
                "created_at": ago(hours=21).isoformat(),
            },
            deployment_status={"state": "success", "created_at": ago(hours=20).isoformat()},
        ),
        push(
            9,
            {
                "id": sha(1),
                "message": "fix: it",
                "timestamp": ago(hours=30).isoformat(),
                "author": {"name": "Mona", "username": "mona"},
            },
            actor="mona",
            at=ago(hours=29),
        ),
        *[
            event(100 + number, "ForkEvent", at=ago(hours=13, minutes=number))
            for number in range(5)
        ],
    ]


async def test_metrics_are_computed_stored_and_read_back(manager: DatabaseManager) -> None:
    await service_of(manager).collect(history())
    metrics = manager.metrics

    assert await metrics.get_repository_health(REPO) is None
    health = await metrics.compute_repository_health(REPO)
    assert await metrics.get_repository_health(REPO) == health
    assert (health.events, health.commits, health.contributors) == (14, 1, 3)
    assert (health.merging, health.resolution, health.builds) == (1.0, 1.0, 1.0)
    assert health.activity == pytest.approx(3 / 30)

    developers = await metrics.compute_developer_metrics(REPO, "2026-11")
    assert [one.actor_login for one in developers] == ["ada", "mona", "octocat"]
    (mona,) = await metrics.get_developer_metrics("mona", REPO)
    assert mona == developers[1]
    assert (mona.commits, mona.pull_requests_merged, mona.issues_closed) == (1, 1, 1)
    assert await metrics.get_developer_metrics("mona") == [mona]
    assert await metrics.get_developer_metrics("mona", "octocat/hello2") == []

    security = await metrics.compute_security_metrics(REPO)
    assert [(one.metric_type_date, one.opened, one.severities) for one in security] == [
        ("dependabot_alert#2026-11-21", 1, {"high": 1})
    ]
    assert await metrics.get_security_metrics(REPO, "dependabot_alert") == security
    assert await metrics.get_security_metrics(REPO) == security
    assert await metrics.get_security_metrics(REPO, "member") == []

    patterns = await metrics.detect_event_patterns(REPO)
    assert [one.event_pattern_detected for one in patterns] == [
        "ForkEvent#spike#2026-11-22T00:00Z/24h"
    ]
    assert await metrics.get_event_patterns(REPO) == patterns
    assert await metrics.get_event_patterns(REPO, "ForkEvent") == patterns
    assert await metrics.get_event_patterns(REPO, "PushEvent") == []

    deployments = await metrics.compute_deployment_metrics(REPO)
    assert [(one.deployment_id, one.state) for one in deployments] == [("99", "success")]
    assert await metrics.get_deployments(REPO) == deployments
    figures = await metrics.get_deployment_figures(REPO)
    assert (figures.succeeded, figures.failed, figures.lead_hours) == (1, 0, 10.0)


async def test_stored_metrics_are_read_newest_first(manager: DatabaseManager) -> None:
    metrics = manager.metrics

    def deployed(number: int, hours: float) -> dict[str, Any]:
        began = {"id": number, "sha": "x" * 3000, "created_at": ago(hours=hours).isoformat()}
        return event(number, "DeploymentEvent", deployment=began)

    await manager.events.insert_events(
        [
            deployed(9, 3),
            deployed(10, 1),
            event(1, "MemberEvent", at=ago(days=2)),
            event(2, "SecretScanningAlertEvent", at=ago(days=3), action="created"),
            event(3, "DeployKeyEvent", at=ago(days=1)),
            *[event(f"watch-{n}", at=ago(hours=13)) for n in range(5)],
            *[event(f"fork-{n}", "ForkEvent", at=ago(hours=1)) for n in range(5)],
        ]
    )
    for period in ("2026-11", "2026-W47", "2026-11-22", "2026-11-19"):
        await metrics.compute_developer_metrics(REPO, period)
    found = await metrics.get_developer_metrics("octocat")
    assert [one.time_period for one in found] == ["2026-11-22", "2026-11-19", "2026-W47", "2026-11"]

    await metrics.compute_security_metrics(REPO)
    assert [one.metric_type for one in await metrics.get_security_metrics(REPO)] == [
        "deploy_key",
        "member",
        "secret_scanning_alert",
    ]

    await metrics.detect_event_patterns(REPO)
    await metrics.detect_event_patterns(REPO, hours=1)
    patterns = await metrics.get_event_patterns(REPO)
    assert [(one.event_type, one.hours) for one in patterns] == [
        ("ForkEvent", 1),
        ("WatchEvent", 24),
    ]

    await metrics.compute_deployment_metrics(REPO)
    assert [one.deployment_id for one in await metrics.get_deployments(REPO)] == ["10", "9"]
    assert (await metrics.get_deployment_figures(REPO)).deployments == 2


async def test_a_report_has_all_metrics(manager: DatabaseManager) -> None:
    service = service_of(manager)
    await service.collect(history())
    report = await service.report(REPO)
    assert report.health == await service.repository_health(REPO)
    assert len(report.developers) == 3
    assert len(report.security) == len(report.patterns) == len(report.deployments) == 1
    assert report.deployment_figures.per_day == pytest.approx(1 / 30)


# The document's own tests and examples


async def test_sqlite_operations() -> None:
    manager = get_sqlite_manager(":memory:")
    await manager.initialize()
    events_data = [{"id": "test1", "event_type": "WatchEvent", "repo_name": REPO}]
    count = await manager.events.insert_events(events_data)
    assert count == 1
    await manager.close()


async def test_dynamodb_operations(dynoxide_server: Server) -> None:
    dynoxide_server.reset()
    manager = get_dynamodb_manager(
        endpoint_url=dynoxide_server.url,
        aws_access_key_id="dummy",
        aws_secret_access_key="dummy",
    )
    await manager.initialize()
    events_data = [{"id": "test1", "event_type": "WatchEvent", "repo_name": REPO}]
    count = await manager.events.insert_events(events_data)
    assert count == 1
    assert await manager.health() == {
        "status": "healthy",
        "provider": "dynamodb",
        "region": "us-east-1",
        "table_prefix": "github-events-",
        "tables_found": 9,
    }
    await manager.close()
    names = dynoxide_server.call("ListTables", {})["TableNames"]
    assert sorted(names) == sorted(f"github-events-{name}" for name in TABLES)


async def test_events_migrate_from_one_provider_to_another(
    tmp_path: Path, dynoxide_server: Server
) -> None:
    dynoxide_server.reset()
    sqlite_manager = get_sqlite_manager(str(tmp_path / "github_events.db"))
    dynamodb_manager = get_dynamodb_manager(region="us-west-2", endpoint_url=dynoxide_server.url)
    async with sqlite_manager, dynamodb_manager:
        await sqlite_manager.events.insert_events([event(1), event(2), event(3, "ForkEvent")])

        events = await sqlite_manager.events.get_events_by_type("WatchEvent", limit=1000)
        assert await dynamodb_manager.events.insert_events(events) == 2

        assert await dynamodb_manager.events.get_events_by_repo(REPO) == events


async def test_everything_moves_to_dynamodb_and_back(
    tmp_path: Path, make_target: Callable[[str], Target]
) -> None:
    async def content(manager: Manager) -> Any:
        repositories = [manager.database.repository(model) for model in MODELS]
        return [
            {repr(codec_of(one.model).key_of(item)): item for item in await one.scan()}
            for one in repositories
        ]

    options: dict[str, Any] = {"owns_adapter": True, "clock": clock, "patience": PATIENCE}
    here = Database(make_target("sqlite").adapter(), **options)
    there = Database(make_target("dynoxide").adapter(), table_prefix="prod-", **options)
    back = Database(make_target("memory").adapter(), **options)
    async with Manager(here) as one, there, back:
        service = DatabaseService.over(one)
        await service.collect(history())
        await service.report(REPO)
        await backup(here, MODELS, tmp_path / "data_export.json")
        await restore(there, MODELS, tmp_path / "data_export.json")
        assert await content(Manager(there)) == await content(one)
        await backup(there, MODELS, tmp_path / "back.json")
        await restore(back, MODELS, tmp_path / "back.json")
        assert await content(Manager(back)) == await content(one)


async def test_a_collector_runs_on_what_its_configuration_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Source:
        async def fetch(self) -> list[dict[str, Any]]:
            return [event(1, at="2026-01-01T00:00:00Z"), event(2, repo="nobody")]

    path = tmp_path / "github_events.db"
    collector = create_enhanced_collector(
        database_config={"provider": "sqlite", "db_path": str(path)}, source=Source()
    )
    async with collector:
        collected = await collector.collect()
        assert (collected.received, collected.new_events) == (2, 1)
        assert "events[1]" in collected.problems[0]
        assert "'nobody' is no repository" in collected.problems[0]
        assert (await collector.health())["tables_found"] == 9

    monkeypatch.setenv("DATABASE_PROVIDER", "sqlite")
    monkeypatch.setenv("DATABASE_PATH", str(path))
    async with create_enhanced_collector() as again:
        assert await again.manager.events.count_events() == 1
        assert (await again.collect([event(3, at="2026-01-02T00:00:00Z")])).new_events == 1
