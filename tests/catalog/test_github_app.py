"""The web service and the commands of GitHub events, as processes, and the document's scenarios."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.catalog.github import NOW, REPO, ago, clock, event, push, sha
from tests.services import command, serving

from anydynamo import Attr, Database, Table, attribute, sync
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.catalog.github_events import Manager, create_enhanced_collector
from anydynamo.catalog.github_events.__main__ import main
from anydynamo.errors import (
    AccessDenied,
    AnyDynamoError,
    BatchIncomplete,
    DatabaseClosed,
    InvalidItem,
    TableMismatch,
    TransactionConflict,
    Unavailable,
)
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2
    from fastapi.testclient import TestClient
    from tests.servers import Server

MODULE = "anydynamo.catalog.github_events"


@pytest.fixture
def dynoxide(dynoxide_server: Server) -> Server:
    dynoxide_server.reset()
    return dynoxide_server


def staging(server: Server) -> dict[str, str]:
    """Give the document's variables for a local DynamoDB."""
    return {
        "DATABASE_PROVIDER": "dynamodb",
        "DYNAMODB_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "dummy",
        "AWS_SECRET_ACCESS_KEY": "dummy",
    }


def recent(number: int, kind: str = "WatchEvent", **options: Any) -> dict[str, Any]:
    """Give an event of a minute ago, since processes have their own clock."""
    return event(number, kind, at=datetime.now(UTC) - timedelta(minutes=1), **options)


def walk_through(client: httpx2.Client) -> None:
    """Do what the document does with its URLs, and see that it is done."""
    pushed = recent(1, "PushEvent", repo="microsoft/vscode")
    pushed["payload"] = {"commits": [{"sha": sha(1), "message": "fix: it"}]}
    events = [pushed, recent(2, repo="kubernetes/kubernetes")]
    done = {"received": 2, "new_events": 2, "new_commits": 1, "problems": []}
    assert client.post("/collect", json=events).json() == done
    again = client.post("/collect", json={"events": events}).json()
    assert again == {**done, "new_events": 0, "new_commits": 0}

    found = client.get("/commits/recent?repo=microsoft/vscode&hours=24").json()
    assert [commit["sha"] for commit in found["commits"]] == [sha(1)]
    assert (found["repo_name"], found["hours"]) == ("microsoft/vscode", 24)
    health = client.get("/metrics/repository-health?repo=kubernetes/kubernetes").json()
    assert (health["events"], health["contributors"]) == (1, 1)
    monitored = client.get("/monitoring/commits?repos=microsoft/vscode,myorg/repo2").json()
    assert [commit["message"] for commit in monitored["repositories"]["microsoft/vscode"]] == [
        "fix: it"
    ]
    assert monitored["repositories"]["myorg/repo2"] == []


# The document's scenarios


def test_scenario_1_development_on_sqlite(tmp_path: Path) -> None:
    environ = {"DATABASE_PROVIDER": "sqlite", "DATABASE_PATH": "./dev_github_events.db"}
    for run in range(2):
        with serving(MODULE, cwd=tmp_path, environ=environ) as client:
            assert client.get("/health").json() == {
                "status": "ok",
                "database": {
                    "status": "healthy",
                    "provider": "sqlite",
                    "path": str(tmp_path / "dev_github_events.db"),
                    "tables_found": 9,
                },
            }
            if run == 0:
                walk_through(client)
            else:
                assert client.get("/commits/recent?repo=microsoft/vscode").json()["commits"]


def test_scenario_2_staging_on_a_local_dynamodb(tmp_path: Path, dynoxide: Server) -> None:
    environ = staging(dynoxide)
    made = command(MODULE, "setup", "create", cwd=tmp_path, **environ)
    assert (made.returncode, made.stderr) == (0, "")
    assert "github-events-commit_files: created" in made.stdout.splitlines()
    with serving(MODULE, cwd=tmp_path, environ=environ) as client:
        answer = client.get("/health")
        assert answer.status_code == 200
        assert answer.json() == {
            "status": "ok",
            "database": {
                "status": "healthy",
                "provider": "dynamodb",
                "region": "us-east-1",
                "table_prefix": "github-events-",
                "tables_found": 9,
            },
        }
        walk_through(client)
        dynoxide.call("DeleteTable", {"TableName": "github-events-events"})
        answer = client.get("/health")
        assert answer.status_code == 503
        assert (answer.json()["status"], answer.json()["database"]["status"]) == (
            "error",
            "unhealthy",
        )
        assert answer.json()["database"]["missing"] == ["events"]
        assert client.get("/metrics/security?repo=a/b").status_code == 503


def test_scenario_3_production_has_its_own_region_and_prefix(
    tmp_path: Path, dynoxide: Server
) -> None:
    environ = {
        **staging(dynoxide),  # its endpoint and credentials stand for AWS's
        "AWS_REGION": "us-west-2",
        "DYNAMODB_TABLE_PREFIX": "prod-github-events-",
    }
    made = command(MODULE, "setup", "create", cwd=tmp_path, **environ)
    assert made.returncode == 0
    with serving(MODULE, cwd=tmp_path, environ=environ) as client:
        database = client.get("/health").json()["database"]
        assert (database["region"], database["tables_found"]) == ("us-west-2", 9)
        walk_through(client)
    names = dynoxide.call("ListTables", {})["TableNames"]
    assert len(names) == 9
    assert all(name.startswith("prod-github-events-") for name in names)


@pytest.mark.parametrize("environment", ["development", "staging"])
async def test_scenario_4_one_program_in_several_environments(
    environment: str, tmp_path: Path, dynoxide: Server
) -> None:
    environments: dict[str, dict[str, str | None]] = {
        "development": {"provider": "sqlite", "db_path": str(tmp_path / "dev.db")},
        "staging": {
            "provider": "dynamodb",
            "region": "us-east-1",
            "table_prefix": "staging-github-events-",
            "endpoint_url": dynoxide.url,
        },
    }
    database_config = environments[environment]
    async with create_enhanced_collector(database_config=database_config) as collector:
        assert (await collector.collect([recent(1)])).new_events == 1
        health = await collector.health()
        assert health["provider"] == database_config["provider"]
        assert health.get("table_prefix") == database_config.get("table_prefix")


# Commands


def test_setup_tests_makes_describes_and_removes_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def said(*arguments: str) -> str:
        assert main(arguments) == 0
        return capsys.readouterr().out

    before = json.loads(said("setup", "test"))
    assert (before["status"], before["tables_found"]) == ("unhealthy", 0)
    assert "events: created" in said("setup", "create")
    assert "events: is there already" in said("setup", "create")
    assert json.loads(said("setup", "test"))["status"] == "healthy"
    assert said("setup", "info").splitlines()[:3] == [
        "events: 0 items; key: id; indexes: repo-created-index, type-created-index",
        "commits: 0 items; key: sha; indexes: repo-date-index",
        "commit_files: 0 items; key: commit_sha, filename; indexes: none",
    ]
    assert "deployment_metrics: deleted" in said("setup", "delete")
    assert said("setup", "delete") == ""
    assert main(["setup", "info"]) == 1
    assert "create_tables makes a table" in capsys.readouterr().err


def test_setup_says_when_nobody_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("DATABASE_PROVIDER", "dynamodb")
    monkeypatch.setenv("DYNAMODB_ENDPOINT_URL", url)
    assert main(["setup", "test"]) == 1
    health = json.loads(capsys.readouterr().out)
    assert (health["status"], health["tables_found"]) == ("unhealthy", 0)
    assert "is a server running there" in health["error"]


@pytest.mark.parametrize("arguments", [["--port=0"], ["setup", "test"], ["export", "x.json"]])
def test_every_command_refuses_a_configuration_that_is_wrong(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_PROVIDER", "nosuch")
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith("Error: DATABASE_PROVIDER is 'nosuch'")


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_is_a_number(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([f"--port={port}"])
    assert f"a port is a number from 0 to 65535, not {port}" in capsys.readouterr().err


def test_data_moves_from_sqlite_to_dynamodb_and_back(
    tmp_path: Path,
    dynoxide: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    async def collected() -> None:
        async with create_enhanced_collector() as collector:
            await collector.collect([push(1, {"sha": sha(1), "added": ["a"]}, at=ago(days=1000))])

    asyncio.run(collected())
    assert main(["export", "data_export.json"]) == 0
    with monkeypatch.context() as patch:
        for name, value in staging(dynoxide).items():
            patch.setenv(name, value)
        assert main(["import", "data_export.json"]) == 0
        assert main(["export", "again.json"]) == 0
    assert "commit_files: 1 items written, 0 there already" in capsys.readouterr().out
    assert main(["import", "again.json"]) == 0
    assert "events: 0 items written, 1 there already" in capsys.readouterr().out


# The requests, in this process, where a test has the clock


@pytest.fixture
def database() -> Database:
    return Database(EmbeddedAdapter(MemoryStore(), provider="memory"), clock=clock)


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    testclient = pytest.importorskip("fastapi.testclient")
    from anydynamo.catalog.github_events.app import create_app

    with testclient.TestClient(create_app(database)) as opened:
        yield opened
    assert not database.closed


def test_a_webhook_s_delivery_is_collected(client: TestClient) -> None:
    headers = {"X-GitHub-Event": "push", "X-GitHub-Delivery": "72d3162e-cc78"}
    payload = {
        "repository": {"full_name": REPO},
        "sender": {"login": "mona"},
        "commits": [{"id": sha(1), "message": "x", "timestamp": NOW.isoformat()}],
    }
    answer = client.post("/collect", json=payload, headers=headers)
    assert answer.json() == {"received": 1, "new_events": 1, "new_commits": 1, "problems": []}
    assert client.post("/collect", json=payload, headers=headers).json()["new_events"] == 0
    found = client.get(f"/commits/{sha(1)}").json()
    assert (found["commit"]["message"], found["files"]) == ("x", [])
    assert found["summary"]["kind"] == "other"


def test_what_the_source_has_is_collected(database: Database) -> None:
    testclient = pytest.importorskip("fastapi.testclient")
    from anydynamo.catalog.github_events.app import create_app

    class Source:
        async def fetch(self) -> list[dict[str, Any]]:
            return [event(1), event(2, at="never")]

    with testclient.TestClient(create_app(database, source=Source())) as client:
        answer = client.post("/collect").json()
    assert (answer["received"], answer["new_events"]) == (2, 1)
    assert answer["problems"][0].startswith("events[1]: ")


@pytest.mark.parametrize(
    ("body", "headers", "message"),
    [
        (None, {}, "no source was configured"),
        ({"event": []}, {}, "Events are posted as a list"),
        ("events", {}, "Events are posted as a list"),
        ([event(1), {"type": "WatchEvent"}], {}, r"events[1]: it has no 'id'"),
        ([], {"X-GitHub-Event": "push", "X-GitHub-Delivery": "1"}, "an object as its body"),
        ({}, {"X-GitHub-Event": "push"}, "X-GitHub-Delivery"),
    ],
)
def test_what_cannot_be_collected_is_refused(
    client: TestClient, body: Any, headers: dict[str, str], message: str
) -> None:
    given = {} if body is None else {"json": body}
    answer = client.post("/collect", headers=headers, **given)
    assert answer.status_code == 400
    assert message in answer.json()["detail"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AccessDenied("GitHub refuses"), 503),
        (TransactionConflict("others came first"), 503),
        (BatchIncomplete("some is left", unprocessed=[]), 503),
        (InvalidItem("no event"), 400),
        (DatabaseClosed("closed"), 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_answered_by_its_kind(
    database: Database, error: AnyDynamoError, status: int
) -> None:
    testclient = pytest.importorskip("fastapi.testclient")
    from anydynamo.catalog.github_events.app import create_app

    class Source:
        async def fetch(self) -> list[dict[str, Any]]:
            raise error

    with testclient.TestClient(create_app(database, source=Source())) as client:
        answer = client.post("/collect")
    assert (answer.status_code, answer.json()) == (status, {"detail": str(error)})


def test_every_metric_has_an_address(client: TestClient) -> None:
    deployment = {"id": 9, "sha": sha(1), "created_at": ago(hours=5).isoformat()}
    status = {"state": "failure", "created_at": ago(hours=4).isoformat()}
    events = [
        event(1, "IssuesEvent", action="opened", actor="ada"),
        event(2, "MemberEvent", action="added"),
        event(3, "DeploymentStatusEvent", deployment=deployment, deployment_status=status),
        *[event(10 + number, at=ago(hours=13)) for number in range(4)],
    ]
    assert client.post("/collect", json=events).json()["new_events"] == 7

    def found(name: str, **query: Any) -> Any:
        answer = client.get(f"/metrics/{name}", params={"repo": REPO, **query})
        assert answer.status_code == 200
        return answer.json()

    assert found("repository-health", days=7)["days"] == 7
    ada, octocat = found("developers", period="2026-W47")
    assert (ada["issues_opened"], octocat["events"]) == (1, 6)
    assert [one["metric_type"] for one in found("security")] == ["member"]
    assert [one["pattern"] for one in found("patterns")] == ["spike"]
    deployments = found("deployments")
    assert deployments["figures"]["failure_rate"] == 1.0
    assert [one["state"] for one in deployments["deployments"]] == ["failure"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/commits/recent", 422),
        ("/commits/recent?repo=hello", 400),
        ("/commits/recent?repo=a/b&hours=0", 422),
        ("/commits/recent?repo=a/b&hours=nan", 422),
        ("/commits/abc", 404),
        ("/monitoring/commits?repos=a/b,hello", 400),
        ("/monitoring/commits?repos=,", 400),
        ("/metrics/repository-health?repo=a/b&days=-1", 422),
        ("/metrics/developers?repo=a/b&period=now", 400),
        ("/metrics/patterns?repo=hello", 400),
    ],
)
def test_requests_that_make_no_sense_are_refused(
    client: TestClient, path: str, status: int
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_several_repositories_may_stand_with_blanks_between_and_a_comma_after(
    client: TestClient,
) -> None:
    found = client.get("/monitoring/commits", params={"repos": " a/b , c/d,"}).json()
    assert found == {"hours": 24, "repositories": {"a/b": [], "c/d": []}}


async def test_a_database_that_does_not_answer_is_unhealthy_and_says_why(
    silent: Database,
) -> None:
    health = await Manager(silent).health()
    assert health["status"] == "unhealthy"
    assert health["error"] == "nobody answers"
    assert health["tables_found"] == 0


class Silent(EmbeddedAdapter):
    """A database that does not answer."""

    async def call(self, operation: str, request: Any) -> Any:
        raise Unavailable("nobody answers")


@pytest.fixture
def silent() -> Database:
    return Database(Silent(MemoryStore(), provider="memory"))


def test_a_service_whose_database_does_not_answer_says_so_without_a_traceback(
    silent: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    from anydynamo.catalog.github_events.app import create_app
    from anydynamo.catalog.serving import serve

    urls: list[str] = []
    with pytest.raises(Unavailable, match="nobody answers"):
        serve(create_app(silent), port=0, ready=urls.append)
    assert urls == []
    assert "Traceback" not in capfd.readouterr().err


async def test_health_has_its_form_also_where_the_tables_could_not_be_made(
    silent: Database,
) -> None:
    httpx2 = pytest.importorskip("httpx2")
    from anydynamo.catalog.github_events.app import create_app

    transport = httpx2.ASGITransport(app=create_app(silent))
    async with httpx2.AsyncClient(transport=transport, base_url="http://app") as client:
        answer = await client.get("/health")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "error",
        "database": {"status": "unhealthy", "error": "nobody answers"},
    }


async def test_the_service_opens_with_the_first_request_where_it_is_not_started(
    tmp_path: Path,
) -> None:
    httpx2 = pytest.importorskip("httpx2")
    from anydynamo.catalog.github_events.app import create_app

    app = create_app(config={"provider": "json", "db_path": str(tmp_path / "gh.json")})
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://app") as client:
        asked = [client.get("/health"), client.post("/collect", json=[recent(1)])]
        health, collected = await asyncio.gather(*asked)
        assert health.json()["database"]["tables_found"] == 9
        assert collected.json()["new_events"] == 1
        # A service that was ended may be started again.
        await app.state.opened.close()
        assert (await client.get("/health")).json()["database"]["tables_found"] == 9
    await app.state.opened.close()


def test_a_service_whose_database_cannot_be_opened_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "gh.db").write_text("this is no database")
    environ = {"DATABASE_PROVIDER": "sqlite", "DATABASE_PATH": "gh.db"}
    failed = command(MODULE, "--port", "0", cwd=tmp_path, **environ)
    assert failed.returncode == 1
    assert failed.stderr.startswith("Error: ")
    assert "gh.db is not a SQLite database" in failed.stderr
    assert failed.stdout == ""


def test_a_port_that_is_taken_keeps_the_service_from_starting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        failed = command(MODULE, "--port", port, cwd=tmp_path, DATABASE_PROVIDER="memory")
    assert failed.returncode == 1
    assert "address already in use" in failed.stderr


def test_a_table_of_that_name_that_is_another_keeps_the_service_from_starting(
    tmp_path: Path,
) -> None:
    class Other(Table, name="events"):
        number: Attr[int] = attribute(hash_key=True)

    with sync.Database.open(f"sqlite:///{tmp_path}/gh.db") as database:
        database.create_tables([Other])
    testclient = pytest.importorskip("fastapi.testclient")
    from anydynamo.catalog.github_events.app import create_app

    app = create_app(config={"provider": "sqlite", "db_path": str(tmp_path / "gh.db")})
    with pytest.raises(TableMismatch, match="events"), testclient.TestClient(app):
        pass


def test_the_log_s_level_is_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"DATABASE_PROVIDER": "memory", "LOG_LEVEL": "debug"}
    done = command(MODULE, "setup", "test", cwd=tmp_path, **environ)
    assert done.returncode == 0
    assert "DEBUG asyncio" in done.stderr
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    assert main(["setup", "test"]) == 1
    assert "LOG_LEVEL is 'LOUD'; it is one of" in capsys.readouterr().err


def test_the_service_describes_itself(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert {"RepositoryHealth", "Commit", "Collected"} <= set(schemas)
