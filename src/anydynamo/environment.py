"""What the environment says about the database, and where it contradicts itself.

Variables that only matter to other providers are left alone: an application that goes from SQLite
to DynamoDB by changing `DATABASE_PROVIDER` may keep its `DATABASE_PATH`, and the other way round
its `AWS_*` and `DYNAMODB_*`. Two variables that answer the same question differently are an error.
An empty variable counts as absent.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from anydynamo.adapters.registry import (
    Location,
    boolean,
    endpoint,
    load_provider,
    provider_names,
)
from anydynamo.errors import ConfigurationError
from anydynamo.naming import variable_name

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DEFAULT_PROVIDER",
    "FAILOVER",
    "REPLICA_ENDPOINT",
    "REPLICA_REGION",
    "VARIABLES",
    "check_endpoint",
    "read_environment",
]

DEFAULT_PROVIDER = "sqlite"

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "provider": ("DATABASE_PROVIDER",),
    "url": ("DATABASE_URL",),
    "path": ("DATABASE_PATH",),
    "cursor_secret": ("DATABASE_CURSOR_SECRET",),
    "cursor_max_age": ("DATABASE_CURSOR_MAX_AGE",),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "endpoint_url": ("DYNAMODB_ENDPOINT_URL", "DYNAMODB_ENDPOINT"),
    "table_prefix": ("DYNAMODB_TABLE_PREFIX",),
    "access_key_id": ("AWS_ACCESS_KEY_ID",),
    "secret_access_key": ("AWS_SECRET_ACCESS_KEY",),
    "session_token": ("AWS_SESSION_TOKEN",),
}
"""The settings and the variables that hold them, the first of several being the usual one.

Besides these there are `USE_DYNAMODB` and `DYNAMODB_ENABLED`, which choose the provider, and one
`DYNAMODB_<TABLE>_TABLE` (or `DYNAMODB_TABLE_<TABLE>`) per table that has another name than its
model says.
"""

FAILOVER = "DATABASE_FAILOVER"
"""Whether calls fail over to the replica that `compare` compares with."""

REPLICA_REGION = "DATABASE_REPLICA_REGION"
REPLICA_ENDPOINT = "DATABASE_REPLICA_ENDPOINT_URL"

_EVERYWHERE = ("cursor_secret", "cursor_max_age")
_SWITCHES = ("USE_DYNAMODB", "DYNAMODB_ENABLED")


def read_environment(environ: Mapping[str, str], explicit: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that the environment gives, by their names in `Settings`.

    Args:
        environ: The variables.
        explicit: Settings that the program gave itself. They win, and what the environment says
            about the same question is not even looked at.

    Raises:
        ConfigurationError: A variable cannot be what it is, or two contradict each other.
    """
    values = {name: value for name, value in environ.items() if value.strip()}
    found = _place(values, explicit)
    for name in _EVERYWHERE:
        _take(found, name, values)
    chosen = explicit.get("provider") or _scheme(explicit.get("url")) or found.get("provider")
    provider = load_provider(str(chosen or _scheme(found.get("url")) or DEFAULT_PROVIDER).lower())
    if "USE_DAX" in values and _switch("USE_DAX", values["USE_DAX"]):
        raise ConfigurationError(
            "USE_DAX is true, but this version cannot read through DAX; set it to false or leave "
            "it out, and reads go to DynamoDB itself"
        )
    if provider.default_path is None:
        found.pop("path", None)
    if provider.remote:
        found |= _remote(values, explicit)
    return {name: value for name, value in found.items() if name not in explicit}


def check_endpoint(name: str, url: str) -> str:
    """Return an endpoint's URL as it is compared and used: without a slash at the end.

    Args:
        name: The variable or argument it came from.
        url: Its value.

    Raises:
        ConfigurationError: It is no URL of an HTTP server.
    """
    try:
        return endpoint(url)
    except ValueError as error:
        raise ConfigurationError(f"{name} is {url!r}: {error}") from error


def _place(values: Mapping[str, str], explicit: Mapping[str, Any]) -> dict[str, Any]:
    """Decide where the data lies, as far as the program has not said so."""
    found: dict[str, Any] = {}
    if "url" in explicit:
        return found
    path = values.get("DATABASE_PATH")
    if "provider" in explicit:
        if path is not None:
            found["path"] = path
        return found
    provider = _provider(values)
    url = values.get("DATABASE_URL")
    if url is None or "path" in explicit:
        if provider is not None:
            found["provider"] = provider
        if path is not None:
            found["path"] = path
        return found
    location = Location.parse(url)
    _check_name(location.provider, "DATABASE_URL begins with")
    if provider not in (None, location.provider):
        said = "DATABASE_PROVIDER" if "DATABASE_PROVIDER" in values else _true_switch(values)
        raise ConfigurationError(
            f"DATABASE_URL is for the provider {location.provider}, but {said} is "
            f"{values[said]!r}; leave {said} out, or make the two agree"
        )
    if location.provider == "dynamodb" and _false_switch(values):
        said = _false_switch(values)
        raise ConfigurationError(
            f"DATABASE_URL is for the provider dynamodb, but {said} is {values[said]!r}; leave "
            f"{said} out, or give another URL"
        )
    if path is not None and load_provider(location.provider).default_path is not None:
        if location.path and os.path.normpath(location.path) != os.path.normpath(path):
            raise ConfigurationError(
                f"DATABASE_URL and DATABASE_PATH name two places, {location.path!r} and {path!r}; "
                "leave one of them out"
            )
        found["path"] = path
    found["url"] = url
    return found


def _provider(values: Mapping[str, str]) -> str | None:
    """Return the provider that `DATABASE_PROVIDER` and the switches of old agree on."""
    named = values.get("DATABASE_PROVIDER")
    provider = None if named is None else named.strip().lower()
    if provider is not None:
        _check_name(provider, "DATABASE_PROVIDER is")
    on, off = _true_switch(values), _false_switch(values)
    if on and off:
        raise ConfigurationError(
            f"{on} is {values[on]!r} and {off} is {values[off]!r}; leave one of them out"
        )
    if on and provider not in (None, "dynamodb"):
        raise ConfigurationError(
            f"{on} is {values[on]!r}, but DATABASE_PROVIDER is {named!r}; leave {on} out, or set "
            "DATABASE_PROVIDER=dynamodb"
        )
    if off and provider == "dynamodb":
        raise ConfigurationError(
            f"{off} is {values[off]!r}, but DATABASE_PROVIDER is {named!r}; leave {off} out, or "
            "choose another provider"
        )
    return "dynamodb" if on else provider


def _remote(values: Mapping[str, str], explicit: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("region", "table_prefix"):
        _take(found, name, values)
    if "access_key_id" not in explicit:
        found |= _credentials(values)
    if "endpoint_url" not in explicit:
        endpoints = {
            name: check_endpoint(name, values[name])
            for name in VARIABLES["endpoint_url"]
            if name in values
        }
        if len(set(endpoints.values())) > 1:
            raise ConfigurationError(
                "DYNAMODB_ENDPOINT_URL and DYNAMODB_ENDPOINT name two servers, "
                f"{' and '.join(endpoints.values())}; leave one of them out"
            )
        if endpoints:
            found["endpoint_url"] = next(iter(endpoints.values()))
    if "tables" not in explicit:
        found["tables"] = _tables(values)
    if "replicas" not in explicit:
        found |= _replicas(values)
    return found


def _replicas(values: Mapping[str, str]) -> dict[str, Any]:
    """Return the region to fail over to, if that is asked for: `compare` too needs its name."""
    if not _switch(FAILOVER, values.get(FAILOVER, "false")):
        return {}
    if REPLICA_REGION not in values:
        raise ConfigurationError(
            f"{FAILOVER} is {values[FAILOVER]!r}, but there is no region to fail over to; set "
            f"{REPLICA_REGION}"
        )
    found: dict[str, Any] = {"replicas": values[REPLICA_REGION]}
    if REPLICA_ENDPOINT in values:
        found["replica_endpoint_urls"] = check_endpoint(REPLICA_ENDPOINT, values[REPLICA_ENDPOINT])
    return found


def _credentials(values: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("access_key_id", "secret_access_key", "session_token"):
        _take(found, name, values)
    given = [VARIABLES[name][0] for name in found if name != "session_token"]
    if len(given) == 1:
        raise ConfigurationError(
            f"{given[0]} is set alone; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together"
        )
    # A token without its key belongs to credentials that botocore finds elsewhere.
    return found if given else {}


def _tables(values: Mapping[str, str]) -> dict[str, str]:
    tables: dict[str, str] = {}
    origin: dict[str, str] = {}
    for name in sorted(values):
        if name == "DYNAMODB_TABLE_PREFIX" or not name.startswith("DYNAMODB_"):
            continue
        if name.startswith("DYNAMODB_TABLE_"):
            table = name.removeprefix("DYNAMODB_TABLE_")
        elif name.endswith("_TABLE"):
            table = name.removeprefix("DYNAMODB_").removesuffix("_TABLE")
        else:
            continue
        table, real = variable_name(table), values[name].strip()
        if tables.setdefault(table, real) != real:
            raise ConfigurationError(
                f"{origin[table]} and {name} give one table two names, {tables[table]!r} and "
                f"{real!r}; leave one of them out"
            )
        origin.setdefault(table, name)
    return tables


def _take(found: dict[str, Any], name: str, values: Mapping[str, str]) -> None:
    for variable in VARIABLES[name]:
        if variable in values:
            found[name] = values[variable]
            return


def _scheme(url: object) -> str | None:
    return Location.parse(url).provider if isinstance(url, str) else None


def _check_name(provider: str, said: str) -> None:
    names = provider_names()
    if provider not in names:
        raise ConfigurationError(
            f"{said} {provider!r}, which is no provider; use one of {', '.join(names)}"
        )


def _true_switch(values: Mapping[str, str]) -> str:
    return next((name for name in _SWITCHES if _switch(name, values.get(name, "false"))), "")


def _false_switch(values: Mapping[str, str]) -> str:
    return next((name for name in _SWITCHES if not _switch(name, values.get(name, "true"))), "")


def _switch(name: str, text: str) -> bool:
    try:
        return boolean(text)
    except ValueError as error:
        raise ConfigurationError(f"{name} is {text!r}: {error}") from error
