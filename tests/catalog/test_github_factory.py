"""Managers by configuration: dictionaries, arguments, the environment, and their contradictions."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

import pytest
from tests.catalog.github import REPO, event

from anydynamo.catalog.github_events import (
    BlockingDatabaseService,
    DatabaseFactory,
    GitHubEvents,
    create_enhanced_collector,
    get_dynamodb_manager,
    get_sqlite_manager,
    open_blocking,
    open_database,
)
from anydynamo.errors import (
    AccessDenied,
    ConfigurationError,
    InvalidRequest,
    ServiceFault,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def where(config: dict[str, Any] | None = None, **environ: str) -> tuple[str, str, str]:
    """Give provider, place and table prefix of what a configuration opens; nothing is connected."""
    database = open_database(config, environ)
    info = database.info
    place = Path(info.location).name if Path(info.location).is_absolute() else info.location
    return info.provider, place, database.session.names.prefix


def test_nothing_said_is_a_sqlite_file() -> None:
    assert where() == ("sqlite", "github_events.db", "")
    assert where({}) == ("sqlite", "github_events.db", "")
    assert where({"provider": "json"}) == ("json", "github_events.json", "")


def test_the_environments_of_the_document_are_understood() -> None:
    assert where(DATABASE_PROVIDER="sqlite", DATABASE_PATH="./dev.db") == ("sqlite", "dev.db", "")
    assert where(
        DATABASE_PROVIDER="dynamodb",
        AWS_REGION="us-west-2",
        DYNAMODB_TABLE_PREFIX="prod-github-events-",
    ) == ("dynamodb", "DynamoDB in us-west-2", "prod-github-events-")
    assert where(
        DATABASE_PROVIDER="dynamodb",
        AWS_REGION="us-east-1",
        DYNAMODB_ENDPOINT_URL="http://localhost:8000",
        AWS_ACCESS_KEY_ID="dummy",
        AWS_SECRET_ACCESS_KEY="dummy",
    ) == ("dynamodb", "DynamoDB in us-east-1 at http://localhost:8000", "github-events-")


def test_a_dictionary_wins_over_the_environment() -> None:
    environ = {
        "DATABASE_PROVIDER": "dynamodb",
        "DATABASE_PATH": "env.db",
        "AWS_REGION": "eu-west-1",
        "DYNAMODB_TABLE_PREFIX": "env-",
    }
    assert where({"provider": "sqlite", "db_path": "own.db"}, **environ) == ("sqlite", "own.db", "")
    assert where({"provider": "sqlite"}, **environ) == ("sqlite", "env.db", "")
    own = {"provider": "dynamodb", "region": "us-west-2", "table_prefix": "my-github-events-"}
    assert where(own, **environ) == ("dynamodb", "DynamoDB in us-west-2", "my-github-events-")
    assert where({"region": None, "table_prefix": ""}, **environ)[2] == ""
    assert where({"region": None, "table_prefix": None}, **environ)[2] == "env-"


def test_a_prefix_of_its_own_goes_with_any_provider_and_a_url_may_have_one() -> None:
    assert where({"provider": "sqlite", "table_prefix": "gh-"})[2] == "gh-"
    assert where(DATABASE_URL="dynamodb://us-east-1?table_prefix=url-")[2] == "url-"
    assert where(DATABASE_URL="dynamodb://us-east-1")[2] == "github-events-"


def test_sqlite_s_word_for_memory_is_understood() -> None:
    for manager in (
        get_sqlite_manager(":memory:"),
        DatabaseFactory().get_sqlite_manager(":memory:"),
    ):
        assert manager.database.info.provider == "memory"
    assert where(DATABASE_PROVIDER="sqlite", DATABASE_PATH=":memory:")[0] == "memory"


async def test_two_managers_in_memory_share_nothing() -> None:
    async with get_sqlite_manager(":memory:") as one, get_sqlite_manager(":memory:") as other:
        await one.events.insert_events([event(1, at="2026-01-01T00:00:00Z")])
        assert await other.events.count_events() == 0
        assert await one.health() == {
            "status": "healthy",
            "provider": "memory",
            "tables_found": 9,
        }


def test_arguments_of_the_dynamodb_manager_are_the_document_s() -> None:
    manager = get_dynamodb_manager(
        region="us-west-2",
        table_prefix="my-",
        endpoint_url="http://localhost:8000",
        aws_access_key_id="dummy",
        aws_secret_access_key="dummy",
    )
    assert manager.database.info.region == "us-west-2"
    assert manager.database.session.names.real("events") == "my-events"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"provider": "mongodb"}, "no provider 'mongodb'"),
        ({"provider": "sqlite", "path": "x.db"}, r"'path', which nobody knows; .*db_path"),
        ({"provider": "sqlite", "region": "us-east-1"}, "sqlite, which has no region"),
        (
            {"provider": "json", "endpoint_url": "http://localhost:1", "aws_access_key_id": "a"},
            "no aws_access_key_id, endpoint_url",
        ),
        ({"provider": "dynamodb", "db_path": "x.db"}, "dynamodb, which has no db_path"),
        ({"provider": "memory", "db_path": "x.db"}, "memory, which has no db_path"),
        ({"provider": "dynamodb", "endpoint_url": "localhost"}, "endpoint_url"),
        ({"provider": "dynamodb", "region": 5}, "region"),
        ({"provider": "dynamodb", "aws_access_key_id": "a"}, "go together"),
    ],
)
def test_what_is_unknown_or_contradicts_itself_is_refused(
    config: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        create_enhanced_collector(config)


def test_each_place_of_the_document_s_environments_is_a_configuration() -> None:
    environments: dict[str, dict[str, str]] = {
        "development": {"provider": "sqlite", "db_path": "./dev_github_events.db"},
        "staging": {
            "provider": "dynamodb",
            "region": "us-east-1",
            "table_prefix": "staging-github-events-",
            "endpoint_url": "http://localhost:8000",
        },
        "production": {
            "provider": "dynamodb",
            "region": "us-west-2",
            "table_prefix": "prod-github-events-",
        },
    }
    assert [where(config) for config in environments.values()] == [
        ("sqlite", "dev_github_events.db", ""),
        (
            "dynamodb",
            "DynamoDB in us-east-1 at http://localhost:8000",
            "staging-github-events-",
        ),
        ("dynamodb", "DynamoDB in us-west-2", "prod-github-events-"),
    ]


def test_blocking_code_opens_the_same_database(tmp_path: Path) -> None:
    config = {"provider": "sqlite", "db_path": str(tmp_path / "gh.db")}
    with BlockingDatabaseService(open_blocking(config)) as service:
        old = event(1, at="2026-01-01T00:00:00Z")
        assert service.run(lambda github: github.collect([old])).new_events == 1
    with BlockingDatabaseService(open_blocking(config)) as service:
        assert service.run(lambda github: github.manager.events.count_events()) == 1


async def test_without_events_and_a_source_there_is_nothing_to_collect() -> None:
    async with create_enhanced_collector({"provider": "memory"}) as collector:
        with pytest.raises(ConfigurationError, match="no source"):
            await collector.collect()
        assert repr(collector.manager) == "Manager(<Database memory at memory>)"


# GitHub as a source


class _GitHub(BaseHTTPRequestHandler):
    """Answers as GitHub's API does."""

    seen: ClassVar[list[tuple[str, str | None]]]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Authorization"]))
        answers: dict[str, tuple[int, str]] = {
            "/repos/octocat/hello/events?per_page=100": (200, json.dumps([event(1)])),
            "/repos/octocat/other/events?per_page=100": (200, "[]"),
            "/repos/octocat/broken/events?per_page=100": (200, "<html>"),
            "/repos/octocat/object/events?per_page=100": (200, "{}"),
            "/repos/octocat/down/events?per_page=100": (502, ""),
        }
        if "garbage" in self.path:
            self.wfile.write(b"this is not HTTP\r\n\r\n")
            return
        status, body = answers.get(self.path, (404, '{"message": "Not Found"}'))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *given: Any) -> None:
        """Say nothing."""


@pytest.fixture
def github() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    class Handler(_GitHub):
        seen: ClassVar[list[tuple[str, str | None]]] = []

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", Handler.seen
        finally:
            server.shutdown()
            thread.join()


async def test_github_is_asked_for_each_repository(
    github: tuple[str, list[tuple[str, str | None]]],
) -> None:
    url, seen = github
    source = GitHubEvents([REPO, "octocat/other"], token="secret\n", url=f"{url}/")
    assert await source.fetch() == [event(1)]
    assert [path for path, _ in seen] == [
        "/repos/octocat/hello/events?per_page=100",
        "/repos/octocat/other/events?per_page=100",
    ]
    assert {authorization for _, authorization in seen} == {"Bearer secret"}
    assert "secret" not in repr(source)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("absent", AccessDenied, "404 Not Found for octocat/absent"),
        ("down", ServiceFault, "502"),
        ("broken", ServiceFault, "not JSON"),
        ("object", ServiceFault, "no list of events"),
        ("garbage", Unavailable, "does not answer at .*: this is not HTTP"),
        ("ü?x=1", AccessDenied, "404 Not Found for octocat/ü"),
    ],
)
async def test_what_github_does_not_give_is_an_error(
    github: tuple[str, Any], name: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        await GitHubEvents([f"octocat/{name}"], url=github[0]).fetch()
    path = f"/repos/octocat/{quote(name)}/events?per_page=100"
    assert github[1] == [(path, None)]


async def test_a_github_that_does_not_answer_is_unavailable() -> None:
    with HTTPServer(("127.0.0.1", 0), _GitHub) as server:
        port = server.server_port
    with pytest.raises(Unavailable, match="does not answer"):
        await GitHubEvents([REPO], url=f"http://127.0.0.1:{port}").fetch()


def test_a_source_needs_repositories_and_an_address() -> None:
    with pytest.raises(ConfigurationError, match="No repository"):
        GitHubEvents([])
    with pytest.raises(InvalidRequest, match="is no repository"):
        GitHubEvents(["hello"])
    with pytest.raises(ConfigurationError, match="url is 'github'"):
        GitHubEvents([REPO], url="github")
