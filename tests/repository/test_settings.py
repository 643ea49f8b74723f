"""Settings: arguments before the environment before defaults, and contradictions are errors."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import ConfigurationError
from anydynamo.settings import Settings

DYNAMODB = {"DATABASE_PROVIDER": "dynamodb"}


def test_sqlite_is_the_default() -> None:
    location = Settings({}).location()
    assert (location.provider, location.path, dict(location.options)) == ("sqlite", "", {})


def test_an_argument_wins_over_the_environment_and_that_over_the_default() -> None:
    environ = {"DATABASE_PROVIDER": "json", "DATABASE_PATH": "env.json"}
    assert Settings(environ).location().path == "env.json"
    assert Settings(environ, path="own.json").location().path == "own.json"
    assert Settings(environ, provider="memory").provider == "memory"
    assert Settings({"DATABASE_URL": "json:///a.json"}, provider="sqlite").provider == "sqlite"
    assert Settings({"DATABASE_URL": "json:///a.json"}, path="b.db").location().path == "b.db"
    own = Settings({"USE_DYNAMODB": "true"}, url="sqlite:///own.db").location()
    assert (own.provider, own.path) == ("sqlite", "own.db")


def test_the_process_environment_is_read_when_settings_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_PROVIDER", "memory")
    assert Settings().provider == "memory"
    monkeypatch.setenv("DATABASE_PROVIDER", "json")
    assert Settings().provider == "json"


def test_there_is_no_env_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("DATABASE_PROVIDER=memory\n")
    monkeypatch.chdir(tmp_path)
    assert Settings({}).provider == "sqlite"


@pytest.mark.parametrize(
    ("environ", "provider"),
    [
        ({"DATABASE_PROVIDER": " SQLite "}, "sqlite"),
        ({"USE_DYNAMODB": "true"}, "dynamodb"),
        ({"USE_DYNAMODB": "false"}, "sqlite"),
        ({"DYNAMODB_ENABLED": "1"}, "dynamodb"),
        ({"DYNAMODB_ENABLED": "on", "USE_DYNAMODB": "yes", **DYNAMODB}, "dynamodb"),
        ({"USE_DYNAMODB": "no", "DATABASE_PROVIDER": "json"}, "json"),
        ({"DATABASE_PROVIDER": ""}, "sqlite"),
        ({"USE_DYNAMODB": "true", "USE_DAX": "false"}, "dynamodb"),
    ],
)
def test_the_provider_that_the_environment_means(environ: dict[str, str], provider: str) -> None:
    assert Settings(environ).location().provider == provider


def test_the_environments_of_the_documents_are_understood() -> None:
    # 000, 001: USE_DYNAMODB, AWS_REGION, the tables' names; locally an endpoint.
    settings = Settings(
        {
            "USE_DYNAMODB": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "your_key",
            "AWS_SECRET_ACCESS_KEY": "your_secret",
            "DYNAMODB_ENDPOINT": "http://localhost:8000",
            "DYNAMODB_USERS_TABLE": "forum-microservices-users-dev",
        }
    )
    location = settings.location()
    assert (location.provider, location.host, location.path) == ("dynamodb", "us-east-1", "")
    assert location.options["endpoint_url"] == "http://localhost:8000"
    assert location.options["access_key_id"] == "your_key"
    assert settings.names().real("users") == "forum-microservices-users-dev"
    assert settings.names().real("threads") == "threads"
    # 002: DYNAMODB_ENABLED, tables named the other way round, settings of the application.
    settings = Settings(
        {
            "DYNAMODB_ENABLED": "true",
            "DYNAMODB_ENDPOINT": "http://dynamodb-local:8000",
            "AWS_REGION": "us-east-1",
            "DYNAMODB_TABLE_TRENDING": "mediamesh-trending",
            "DYNAMODB_TABLE_SEARCH_INDEX": "mediamesh-search-index",
            "DYNAMODB_TTL_ATTRIBUTE": "ttl",
            "DYNAMODB_TTL_SECONDS": "2592000",
        }
    )
    assert settings.names().real("trending") == "mediamesh-trending"
    assert settings.names().real("search-index") == "mediamesh-search-index"
    # 003: the whole name, or its ARN.
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/k9-users-dev"
    settings = Settings({**DYNAMODB, "DYNAMODB_USERS_TABLE": arn})
    assert settings.names().real("users") == arn
    # 004: a provider, a prefix, an endpoint without a region; SQLite with a path.
    settings = Settings(
        {
            **DYNAMODB,
            "DYNAMODB_TABLE_PREFIX": "local-github-events-",
            "DYNAMODB_ENDPOINT_URL": "http://localhost:8000",
            "AWS_ACCESS_KEY_ID": "dummy",
            "AWS_SECRET_ACCESS_KEY": "dummy",
        }
    )
    assert settings.names().real("events") == "local-github-events-events"
    settings = Settings({"DATABASE_PROVIDER": "sqlite", "DATABASE_PATH": "./github_events.db"})
    assert settings.location().path == "./github_events.db"


def test_variables_of_other_providers_do_not_disturb() -> None:
    environ = {
        "DATABASE_PATH": "app.db",
        "AWS_REGION": "eu-west-1",
        "DYNAMODB_ENDPOINT_URL": "http://localhost:8000",
        "DYNAMODB_TABLE_PREFIX": "prod-",
        "DYNAMODB_USERS_TABLE": "people",
    }
    settings = Settings({**environ, "DATABASE_PROVIDER": "sqlite"})
    assert dict(settings.location().options) == {}
    assert settings.names().real("users") == "users"
    settings = Settings({**environ, **DYNAMODB})
    assert settings.location().path == ""
    assert settings.names().real("users") == "people"
    assert settings.names().real("posts") == "prod-posts"
    assert Settings({**environ, "DATABASE_PROVIDER": "memory"}).location().path == ""


def test_the_region_that_lambda_sets_wins_over_the_default_region() -> None:
    environ = {**DYNAMODB, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}
    assert Settings(environ).location().host == "eu-west-1"
    environ = {"DATABASE_URL": "dynamodb://eu-north-1", "AWS_REGION": "eu-west-1"}
    assert Settings(environ).location().host == "eu-north-1"


def test_a_url_may_say_everything() -> None:
    url = "dynamodb://eu-west-1?endpoint_url=http://localhost:8000&table_prefix=dev-"
    settings = Settings({"DATABASE_URL": url, "DATABASE_PROVIDER": "dynamodb"})
    location = settings.location()
    assert (location.host, dict(location.options)) == (
        "eu-west-1",
        {"endpoint_url": "http://localhost:8000"},
    )
    assert settings.names().prefix == "dev-"
    settings = Settings({"DATABASE_URL": "sqlite://", "DATABASE_PATH": "app.db"})
    assert settings.location().path == "app.db"


def test_what_is_said_twice_and_alike_is_no_contradiction() -> None:
    environ = {
        "DATABASE_URL": "dynamodb://eu-west-1?endpoint_url=http://localhost:8000/&table_prefix=a-",
        "DYNAMODB_ENDPOINT_URL": "http://localhost:8000",
        "DYNAMODB_ENDPOINT": "http://localhost:8000/",
        "DYNAMODB_TABLE_PREFIX": "a-",
        "DYNAMODB_USERS_TABLE": "x",
        "DYNAMODB_TABLE_USERS": "x",
    }
    settings = Settings(environ)
    assert settings.location().host == "eu-west-1"
    assert settings.names().prefix == "a-"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"DATABASE_PROVIDER": "mysql"}, "DATABASE_PROVIDER is 'mysql'.*dynamodb, json, memory"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL begins with 'mysql'"),
        ({"DATABASE_URL": "app.db"}, "sqlite:///app.db"),
        ({"DATABASE_URL": "sqlite:///a?x=1&x=2"}, "`x` twice"),
        ({"USE_DYNAMODB": "maybe"}, "USE_DYNAMODB is 'maybe': expected true or false"),
        ({"USE_DYNAMODB": "true", "DATABASE_PROVIDER": "sqlite"}, "USE_DYNAMODB is 'true'"),
        ({"USE_DYNAMODB": "false", **DYNAMODB}, "USE_DYNAMODB is 'false'"),
        ({"USE_DYNAMODB": "1", "DYNAMODB_ENABLED": "0"}, "DYNAMODB_ENABLED is '0'"),
        ({"DATABASE_URL": "memory://", **DYNAMODB}, "DATABASE_URL is for.*DATABASE_PROVIDER"),
        ({"DATABASE_URL": "memory://", "USE_DYNAMODB": "1"}, "DATABASE_URL is for.*USE_DYNAMODB"),
        ({"DATABASE_URL": "dynamodb://", "USE_DYNAMODB": "0"}, "USE_DYNAMODB is '0'"),
        (
            {"DATABASE_URL": "sqlite:///a.db", "DATABASE_PATH": "b.db"},
            "DATABASE_URL and DATABASE_PATH.*'a.db' and 'b.db'",
        ),
        (
            {
                **DYNAMODB,
                "DYNAMODB_ENDPOINT": "http://a:1",
                "DYNAMODB_ENDPOINT_URL": "http://b:1",
            },
            "DYNAMODB_ENDPOINT_URL and DYNAMODB_ENDPOINT name two",
        ),
        (
            {
                "DATABASE_URL": "dynamodb://?endpoint_url=http://a:1",
                "DYNAMODB_ENDPOINT_URL": "http://b:1",
            },
            "endpoint_url is 'http://a:1'",
        ),
        (
            {"DATABASE_URL": "dynamodb://?table_prefix=a-", "DYNAMODB_TABLE_PREFIX": "b-"},
            "table_prefix is 'a-'.*'b-'",
        ),
        ({**DYNAMODB, "DYNAMODB_ENDPOINT": "localhost:8000"}, "DYNAMODB_ENDPOINT is 'localhost"),
        ({**DYNAMODB, "DYNAMODB_ENDPOINT": "http://h:port"}, "DYNAMODB_ENDPOINT is 'http://h:p"),
        ({**DYNAMODB, "DYNAMODB_ENDPOINT_URL": "http://[::1"}, "DYNAMODB_ENDPOINT_URL is 'http"),
        ({**DYNAMODB, "AWS_ACCESS_KEY_ID": "x"}, "AWS_ACCESS_KEY_ID is set alone"),
        (
            {**DYNAMODB, "DYNAMODB_USERS_TABLE": "a", "DYNAMODB_TABLE_USERS": "b"},
            "DYNAMODB_TABLE_USERS and DYNAMODB_USERS_TABLE give one table two names",
        ),
        ({"USE_DYNAMODB": "true", "USE_DAX": "true"}, "USE_DAX"),
        ({"DATABASE_CURSOR_SECRET": "short"}, "DATABASE_CURSOR_SECRET.*16 characters"),
        ({"DATABASE_CURSOR_MAX_AGE": "soon"}, "DATABASE_CURSOR_MAX_AGE"),
        ({"DATABASE_CURSOR_MAX_AGE": "-1"}, "DATABASE_CURSOR_MAX_AGE"),
    ],
)
def test_a_contradiction_names_the_variable_and_what_would_be_right(
    environ: dict[str, str], said: str
) -> None:
    def read() -> None:
        settings = Settings(environ)
        settings.location()
        settings.names()

    with pytest.raises(ConfigurationError, match=f"(?s){said}"):
        read()


def test_arguments_may_contradict_each_other_too() -> None:
    with pytest.raises(ConfigurationError, match=r"provider sqlite.*memory"):
        Settings({}, url="sqlite:///a.db", provider="memory").location()
    with pytest.raises(ConfigurationError, match="no provider 'mysql'"):
        Settings({}, provider="mysql")
    with pytest.raises(ConfigurationError, match="databse_path"):
        Settings({}, databse_path="x")
    with pytest.raises(ConfigurationError, match=r"URL's path is 'a.db'.*'b.db'"):
        Settings({}, url="sqlite:///a.db", path="b.db").location()


def test_one_path_may_be_written_in_two_ways() -> None:
    settings = Settings({"DATABASE_URL": "sqlite:///a.db", "DATABASE_PATH": "./a.db"})
    assert settings.location().path == "a.db"
    assert Settings({}, url="sqlite:///a.db", path="./a.db").location().path == "a.db"


def test_secrets_do_not_print() -> None:
    settings = Settings(
        {
            **DYNAMODB,
            "AWS_ACCESS_KEY_ID": "AKIA-visible",
            "AWS_SECRET_ACCESS_KEY": "very-hidden",
            "AWS_SESSION_TOKEN": "hidden-token",
            "DATABASE_CURSOR_SECRET": "hidden-for-cursors",
        }
    )
    shown = f"{settings!r} {settings} {settings.location()!r}"
    assert "hidden" not in shown
    assert "AKIA" not in shown
    assert settings.location().options["session_token"] == "hidden-token"
    assert settings.arguments()["cursor_secret"] == "hidden-for-cursors"
    url = Settings({}, url="dynamodb://x?secret_access_key=hidden")
    assert "hidden" not in repr(url)


def test_a_refused_secret_is_not_shown_either() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings({"DATABASE_CURSOR_SECRET": "hidden"})
    assert "hidden" not in f"{caught.value} {caught.value.__cause__}"


def test_credentials_of_a_url_or_profile_win_over_those_of_the_environment() -> None:
    environ = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "DATABASE_URL": "dynamodb://eu-west-1?profile=me",
    }
    assert dict(Settings(environ).location().options) == {"profile": "me"}
    given = Settings({**DYNAMODB, "AWS_SESSION_TOKEN": "left over"})
    assert dict(given.location().options) == {}
    given = Settings(
        {**DYNAMODB, "AWS_ACCESS_KEY_ID": "a"}, access_key_id="x", secret_access_key="y"
    )
    assert given.location().options["access_key_id"] == "x"


def test_settings_cannot_be_changed() -> None:
    settings = Settings({})
    with pytest.raises(ValueError, match="frozen"):
        settings.provider = "memory"


def test_a_prefix_as_argument_is_for_any_provider() -> None:
    assert Settings({}, table_prefix="x-", tables={"a": "b"}).names().real("t") == "x-t"
    assert Settings({}, tables={"a": "b"}).names().real("a") == "b"
    settings = Settings({**DYNAMODB, "DYNAMODB_A_TABLE": "c"}, tables={"a": "b"})
    assert settings.names().real("a") == "b"


def test_options_are_handed_to_the_provider() -> None:
    settings = Settings({}, options={"synchronous": "normal"}, endpoint_url="http://a:1")
    assert dict(settings.location().options) == {"synchronous": "normal"}
    remote = Settings({}, provider="dynamodb", endpoint_url="http://a:1")
    assert dict(remote.location().options) == {"endpoint_url": "http://a:1"}
