"""MediaMesh's variables: the documented ones, and what they may not say together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from anydynamo import ConfigurationError
from anydynamo.catalog.mediamesh import Discovery, MediaMeshSettings, Program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DISCOVERY = {
    "DYNAMODB_ENABLED": "true",
    "DYNAMODB_ENDPOINT": "http://127.0.0.1:8000",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "DYNAMODB_TABLE_TRENDING": "mediamesh-trending",
    "DYNAMODB_TABLE_POPULAR": "mediamesh-popular",
    "DYNAMODB_TTL_ATTRIBUTE": "ttl",
}
SEARCH = {
    "DYNAMODB_ENABLED": "true",
    "DYNAMODB_ENDPOINT": "http://127.0.0.1:8000",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "DYNAMODB_TABLE_SEARCH_INDEX": "mediamesh-search-index",
    "DYNAMODB_TTL_ATTRIBUTE": "ttl",
    "DYNAMODB_TTL_SECONDS": "2592000",
}


def real(settings: MediaMeshSettings) -> list[str]:
    assert settings.database is not None
    names = settings.database.names()
    return [names.real(model.Meta.table_name) for model in settings.models]


@pytest.mark.parametrize("environ", [DISCOVERY, SEARCH, DISCOVERY | SEARCH])
def test_the_documented_environments_are_understood(environ: Mapping[str, str]) -> None:
    settings = MediaMeshSettings.from_env(environ)
    assert settings.database is not None
    assert settings.database.provider == "dynamodb"
    assert settings.database.region == "us-east-1"
    assert settings.database.endpoint_url == "http://127.0.0.1:8000"
    assert (settings.trending_seconds, settings.popular_seconds) == (600, 300)
    assert settings.search_seconds == 2_592_000
    assert [model.ttl.attr_name for model in settings.models] == ["ttl"] * 3  # type: ignore[attr-defined]
    assert real(settings) == ["mediamesh-trending", "mediamesh-popular", "mediamesh-search-index"]


def test_tables_seconds_and_the_ttl_attribute_are_named_by_variables() -> None:
    settings = MediaMeshSettings.from_env(
        {
            "DYNAMODB_ENABLED": "true",
            "DYNAMODB_TABLE_PREFIX": "dev-",
            "DYNAMODB_TABLE_TRENDING": "hot",
            "DYNAMODB_TABLE_SEARCH_INDEX": "index",
            "DYNAMODB_MEDIAMESH_TRENDING_TABLE": "hot",
            "DYNAMODB_TTL_ATTRIBUTE": "expiresAt",
            "DYNAMODB_TTL_SECONDS": " 3600 ",
            "DYNAMODB_TTL_SECONDS_TRENDING": "60",
            "DYNAMODB_TTL_SECONDS_POPULAR": "30",
        }
    )
    assert real(settings) == ["hot", "dev-mediamesh-popular", "index"]
    assert (settings.trending_seconds, settings.popular_seconds) == (60, 30)
    assert settings.search_seconds == 3600
    assert {model.ttl.attr_name for model in settings.models} == {"expiresAt"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"DYNAMODB_ENABLED": "perhaps"}, "DYNAMODB_ENABLED is 'perhaps'"),
        (
            {"DYNAMODB_ENABLED": "true", "DATABASE_PROVIDER": "sqlite"},
            "DYNAMODB_ENABLED is 'true', but DATABASE_PROVIDER is 'sqlite'",
        ),
        (
            {"DYNAMODB_ENABLED": "false", "DATABASE_PROVIDER": "dynamodb"},
            "DYNAMODB_ENABLED is 'false', but DATABASE_PROVIDER is 'dynamodb'",
        ),
        ({"DYNAMODB_TTL_SECONDS": "0"}, "DYNAMODB_TTL_SECONDS is '0'; it is a whole number"),
        ({"DYNAMODB_TTL_SECONDS_TRENDING": "-5"}, "DYNAMODB_TTL_SECONDS_TRENDING is '-5'"),
        ({"DYNAMODB_TTL_SECONDS_POPULAR": "5 minutes"}, "DYNAMODB_TTL_SECONDS_POPULAR is"),
        ({"DYNAMODB_TTL_ATTRIBUTE": "title"}, "DYNAMODB_TTL_ATTRIBUTE is 'title', which cannot be"),
        ({"DYNAMODB_TTL_ATTRIBUTE": "indexedAt"}, "'indexed_at' and 'ttl' are both 'indexedAt'"),
        (
            DISCOVERY | {"DYNAMODB_TABLE_POPULAR": "mediamesh-trending"},
            "Two of MediaMesh's tables have one name",
        ),
        (
            DISCOVERY | {"DYNAMODB_MEDIAMESH_TRENDING_TABLE": "other"},
            "DYNAMODB_TABLE_TRENDING is 'mediamesh-trending', and another variable calls",
        ),
        (
            DISCOVERY | {"DYNAMODB_ENDPOINT_URL": "http://127.0.0.1:9000"},
            "DYNAMODB_ENDPOINT_URL and DYNAMODB_ENDPOINT name two servers",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_variables_that_contradict_each_other_are_refused(
    environ: Mapping[str, str], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        MediaMeshSettings.from_env(environ)


class Source:
    async def find_trending(self, content_type: str, limit: int) -> list[Program]:
        return [Program(program_id=content_type, title=str(limit))]

    find_popular = find_trending


async def test_nothing_is_opened_where_it_is_not_enabled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = MediaMeshSettings.from_env({"DYNAMODB_ENABLED": "false"})
    async with settings.open() as database:
        assert database is None
        (program,) = await Discovery(Source(), None).get_popular("PROGRAM", limit=3)
    with settings.open_blocking() as blocking:
        assert blocking is None
    assert program == Program(program_id="PROGRAM", title="3")
    assert list(tmp_path.iterdir()) == []


async def test_the_same_code_runs_on_a_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    settings = MediaMeshSettings.from_env({"DATABASE_URL": url, "AWS_REGION": "us-east-1"})
    async with settings.open() as database:
        assert database is not None
        assert database.info.provider == "sqlite"
    with settings.open_blocking() as blocking:
        assert blocking is not None
        assert blocking.info.provider == "sqlite"


def test_the_process_s_own_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMODB_ENABLED", "false")
    assert MediaMeshSettings.from_env().database is None
