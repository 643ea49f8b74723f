"""Providers by name and URL."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.adapters import registry
from anydynamo.adapters.registry import (
    Location,
    Provider,
    boolean,
    choice,
    load_provider,
    open_adapter,
    provider_names,
)
from anydynamo.errors import ConfigurationError, MissingDependency
from anydynamo.naming import TableNames, variable_name

if TYPE_CHECKING:
    from pathlib import Path

OPENED: list[Location] = []


def opened(location: Location, blocking: bool) -> Any:
    OPENED.append(location)
    return ("opened", blocking)


CUSTOM = Provider("custom", opened, options={"size": int}, default_path="here")
NO_PROVIDER = "nothing of the kind"


@pytest.fixture
def _entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("custom", f"{__name__}:CUSTOM", registry.ENTRY_POINTS),
        EntryPoint("broken", f"{__name__}:NO_PROVIDER", registry.ENTRY_POINTS),
        EntryPoint("gone", "no_such_module_anywhere:X", registry.ENTRY_POINTS),
        EntryPoint("renamed", f"{__name__}:RENAMED", registry.ENTRY_POINTS),
    ]

    def find(*, group: str, name: str | None = None) -> list[EntryPoint]:
        assert group == "anydynamo.providers"
        return [point for point in points if name in (None, point.name)]

    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or sys)
    module: Any = sys.modules[__name__]
    monkeypatch.setattr(module, "CUSTOM", CUSTOM, raising=False)
    monkeypatch.setattr(module, "NO_PROVIDER", NO_PROVIDER, raising=False)
    monkeypatch.setattr(registry, "entry_points", find)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("memory://", ("memory", "", "", {})),
        ("sqlite:///a/b.db", ("sqlite", "", "a/b.db", {})),
        ("sqlite:////a/b.db", ("sqlite", "", "/a/b.db", {})),
        ("SQLite:///a%20b%3F.db", ("sqlite", "", "a b?.db", {})),
        ("json:///a#b.json", ("json", "", "a#b.json", {})),
        ("sqlite:///C:/data.db", ("sqlite", "", "C:/data.db", {})),
        ("dynamodb://eu-west-1", ("dynamodb", "eu-west-1", "", {})),
        ("my_store://h/p?a=1&b=", ("my_store", "h", "p", {"a": "1", "b": ""})),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: tuple[Any, ...]) -> None:
    found = Location.parse(url)
    assert (found.provider, found.host, found.path, dict(found.options)) == expected


@pytest.mark.parametrize("url", ["", "app.db", "sqlite:app.db", "://x"])
def test_what_is_no_url_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="begins with a provider"):
        Location.parse(url)
    with pytest.raises(ConfigurationError) as caught:
        Location.parse("user:secret@host")
    assert "secret" not in str(caught.value)


def test_the_built_in_providers_have_names() -> None:
    assert {"dynamodb", "json", "memory", "sqlite"} <= set(provider_names())
    for name in ("dynamodb", "json", "memory", "sqlite"):
        assert load_provider(name).name == name


@pytest.mark.usefixtures("_entry_points")
def test_a_package_registers_a_provider_by_an_entry_point() -> None:
    assert "custom" in provider_names()
    found: Any = open_adapter(Location.parse("custom://?size=3"), blocking=True)
    assert found == ("opened", True)
    assert (OPENED[-1].path, dict(OPENED[-1].options)) == ("here", {"size": 3})
    open_adapter(Location("custom", path="there", options={"size": 4}))
    assert (OPENED[-1].path, dict(OPENED[-1].options)) == ("there", {"size": 4})


@pytest.mark.usefixtures("_entry_points")
def test_an_entry_point_must_name_a_provider() -> None:
    with pytest.raises(ConfigurationError, match="'broken', but is a str"):
        load_provider("broken")


@pytest.mark.usefixtures("_entry_points")
@pytest.mark.parametrize("name", ["gone", "renamed"])
def test_an_entry_point_that_cannot_be_imported_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"'{name}', but cannot be imported: "):
        load_provider(name)


def test_an_unknown_provider_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"no provider 'mysql'.*sqlite"):
        load_provider("mysql")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("memory://?size=1", "memory has no option 'size'; its options are: .*expire_after"),
        ("sqlite:///a.db?sync=x", "no option 'sync'.*busy_timeout, .*synchronous"),
        ("sqlite:///a.db?synchronous=off", "'synchronous'.*cannot be 'off'.*full, normal"),
        ("sqlite:///a.db?busy_timeout=soon", "'busy_timeout'.*cannot be 'soon'"),
        ("sqlite://app.db", "sqlite://app.db names a host.*sqlite:///app.db"),
        ("json://data.json", "json:///data.json"),
        ("sqlite:///a%00b.db", "holds a zero byte"),
        ("json:///a%00b.json", "holds a zero byte"),
        (f"sqlite:///{'x' * 300}", "cannot keep a database in .*File name too long"),
        (f"json:///{'x' * 300}", "cannot keep a database in .*File name too long"),
        ("memory:///x", "takes no path"),
        ("dynamodb://eu-west-1/users", "names a path"),
        ("dynamodb://?max_attempts=0", "max_attempts.*whole number"),
        ("dynamodb://localhost", r"REGION\?endpoint_url=http://localhost"),
        ("dynamodb://localhost:8000", r"REGION\?endpoint_url=http://localhost:8000"),
        ("dynamodb://?endpoint_url=localhost:8000", "URL of a server, such as http://127"),
        ("dynamodb://?endpoint_url=http://host:port", "URL of a server"),
        ("dynamodb://?endpoint_url=http://[::1", "URL of a server"),
    ],
)
def test_a_wrong_option_is_refused_with_what_would_be_right(url: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        open_adapter(Location.parse(url))


async def test_options_reach_the_store(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    adapter = open_adapter(Location.parse(f"sqlite:///{path}?synchronous=Normal&busy_timeout=1"))
    assert adapter.info.location == str(path)
    assert (adapter.info.provider, adapter.info.blocking) == ("sqlite", False)
    await adapter.close()
    adapter = open_adapter(
        Location("json", path=str(tmp_path / "a.json"), options={"lock_timeout": 1.0}),
        blocking=True,
    )
    assert (adapter.info.provider, adapter.info.blocking) == ("json", True)
    await adapter.close()


@pytest.mark.parametrize(
    ("url", "region", "environ"),
    [
        ("dynamodb://eu-west-1", "eu-west-1", {"AWS_REGION": "us-east-2"}),
        ("dynamodb://", "us-east-2", {"AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "x"}),
        ("dynamodb://", "us-west-1", {"AWS_DEFAULT_REGION": "us-west-1"}),
        ("dynamodb://?endpoint_url=http://127.0.0.1:8000", "us-east-1", {}),
        ("dynamodb://?endpoint_url=https://dynamodb.eu-west-1.amazonaws.com", None, {}),
        ("dynamodb://", None, {}),
    ],
)
def test_the_region_of_dynamodb(
    url: str, region: str | None, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    location = open_adapter(Location.parse(url)).info.location
    assert location.startswith(f"DynamoDB in {region}" if region else "DynamoDB")
    assert region is not None or " in " not in location


def test_a_missing_package_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "aiobotocore", None)
    with pytest.raises(MissingDependency, match=r"pip install 'anydynamo\[dynamodb\]'"):
        open_adapter(Location.parse("dynamodb://eu-west-1"))


def test_switches_and_choices_are_read_in_any_case() -> None:
    assert [boolean(text) for text in ("TRUE", " on", "1", "no", "Off")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(ValueError, match="true or false"):
        boolean("2")
    assert choice("full", "normal")("FULL") == "full"


def test_table_names_are_prefixed_or_replaced() -> None:
    names = TableNames("dev-", {"SEARCH_INDEX": "a", "users": "b"})
    assert [names.real(table) for table in ("posts", "search-index", "users")] == [
        "dev-posts",
        "a",
        "b",
    ]
    assert TableNames().real("posts") == "posts"
    assert variable_name(".a--b.c ") == "A_B_C"
