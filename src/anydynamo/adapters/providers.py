"""The built-in providers: how a location becomes an adapter.

Stores and the DynamoDB adapter are imported when a provider is opened and not before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from anydynamo.adapters.choices import CHOICES, behaviour_of, positive
from anydynamo.adapters.registry import Location, Provider, boolean, choice, endpoint
from anydynamo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter
    from anydynamo.engine.store import Store

__all__ = ["DYNAMODB", "JSON", "MEMORY", "SQLITE"]

LOCAL_REGION = "us-east-1"
"""The region for a server that is not AWS's, where none is given: any will do, but one must be."""


def _open_memory(location: Location, blocking: bool) -> DatabaseAdapter:  # noqa: ARG001
    from anydynamo.stores.memory import MemoryStore

    if location.host or location.path:
        raise ConfigurationError("memory:// keeps nothing anywhere and takes no path; leave it out")
    # Memory never waits for anything, so its adapter may be driven either way.
    return _embedded(MemoryStore(), location, blocking=True)


def _open_sqlite(location: Location, blocking: bool) -> DatabaseAdapter:
    from anydynamo.stores.sqlite import SQLiteStore

    store = SQLiteStore(_file(location), blocking=blocking, **_of_store(location))
    return _embedded(store, location, blocking)


def _open_json(location: Location, blocking: bool) -> DatabaseAdapter:
    from anydynamo.stores.jsonfile import JSONFileStore

    store = JSONFileStore(_file(location), blocking=blocking, **_of_store(location))
    return _embedded(store, location, blocking)


def _open_dynamodb(location: Location, blocking: bool) -> DatabaseAdapter:  # noqa: ARG001 - a network never is
    from anydynamo.adapters.dynamodb import DynamoDBAdapter

    if location.path:
        raise ConfigurationError(
            f"dynamodb://{location.host}/{location.path} names a path; a DynamoDB URL is "
            "dynamodb://REGION?endpoint_url=...&table_prefix=..."
        )
    alone = "endpoint_url" not in location.options
    if ":" in location.host or (alone and location.host == "localhost"):
        raise ConfigurationError(
            f"dynamodb://{location.host} names a server where the region belongs; write "
            f"dynamodb://REGION?endpoint_url=http://{location.host}"
        )
    options = dict(location.options)
    region = _region(location.host, options.get("endpoint_url"))
    replicas = options.pop("replicas", ())
    if replicas or not options.keys().isdisjoint(_OF_REGIONS):
        from anydynamo.adapters.regions.opening import open_regions

        return open_regions(region, replicas, options, DynamoDBAdapter)
    return DynamoDBAdapter(region=region, **options)


def _embedded(store: Store, location: Location, blocking: bool) -> DatabaseAdapter:
    from anydynamo.adapters.embedded import EmbeddedAdapter

    chosen = {name: value for name, value in location.options.items() if name in CHOICES}
    return EmbeddedAdapter(
        store, provider=location.provider, blocking=blocking, behaviour=behaviour_of(chosen)
    )


def _of_store(location: Location) -> dict[str, Any]:
    return {name: value for name, value in location.options.items() if name not in CHOICES}


def _file(location: Location) -> str:
    if location.host:
        raise ConfigurationError(
            f"{location.provider}://{location.host} names a host; a file's path comes after three "
            f"slashes, as in {location.provider}:///{location.host}, or four if it is absolute"
        )
    if "\0" in location.path:
        raise ConfigurationError(
            f"The path {location.path!r} holds a zero byte, which no file's name can"
        )
    return location.path


def _region(named: str, endpoint_url: str | None) -> str | None:
    # botocore reads AWS_DEFAULT_REGION and the configuration files; every other SDK, and every
    # platform that runs containers, has AWS_REGION.
    region = named or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region or endpoint_url is None:
        return region or None
    host = urlsplit(endpoint_url).hostname or ""
    return None if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) else LOCAL_REGION


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _endpoints(text: str) -> tuple[str, ...]:
    return tuple(endpoint(name) for name in _names(text))


MEMORY = Provider("memory", _open_memory, options=CHOICES)

SQLITE = Provider(
    "sqlite",
    _open_sqlite,
    options={**CHOICES, "synchronous": choice("full", "normal"), "busy_timeout": float},
    default_path="anydynamo.db",
)

JSON = Provider(
    "json",
    _open_json,
    options={**CHOICES, "lock_timeout": float},
    default_path="anydynamo.json",
)

_OF_REGIONS: Mapping[str, Callable[[str], Any]] = {
    "replica_endpoint_urls": _endpoints,
    "hedge_after": float,
    "failover_after": positive,
    "failover_rate": float,
    "failover_hold": float,
    "automatic_return": boolean,
}
"""The options that are about several regions, beside `replicas`, which names them."""

DYNAMODB = Provider(
    "dynamodb",
    _open_dynamodb,
    options={
        **_OF_REGIONS,
        "replicas": _names,
        "endpoint_url": endpoint,
        "access_key_id": str,
        "secret_access_key": str,
        "session_token": str,
        "profile": str,
        "max_pool_connections": positive,
        "connect_timeout": float,
        "read_timeout": float,
        "max_attempts": positive,
        "transport": choice("auto", "direct", "aiobotocore"),
    },
    remote=True,
    requires=("aiobotocore",),
    install="anydynamo[dynamodb]",
)
