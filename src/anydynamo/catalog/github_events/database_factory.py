"""Managers by configuration: a dictionary, arguments, or the environment.

A dictionary may have these keys; what it leaves out, the environment says:

| Key | For | Variable |
|---|---|---|
| `provider` | | `DATABASE_PROVIDER`: `sqlite` (the default), `dynamodb`, `json`, `memory` |
| `db_path` | files | `DATABASE_PATH`; `:memory:` keeps nothing |
| `region` | DynamoDB | `AWS_REGION` |
| `endpoint_url` | DynamoDB | `DYNAMODB_ENDPOINT_URL` |
| `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token` | DynamoDB | of the same names |
| `table_prefix` | any | `DYNAMODB_TABLE_PREFIX`, for DynamoDB alone |

On DynamoDB, where tables of many applications lie side by side, the prefix is `github-events-`
unless another is given. A file holds these tables alone and needs none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo import sync
from anydynamo.adapters.registry import Location, load_provider, open_adapter
from anydynamo.catalog.github_events.manager import Manager
from anydynamo.database import Database
from anydynamo.errors import ConfigurationError
from anydynamo.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "PREFIX",
    "DatabaseFactory",
    "get_dynamodb_manager",
    "get_sqlite_manager",
    "open_blocking",
    "open_database",
]

PREFIX = "github-events-"
"""What stands before the tables' names on DynamoDB, unless another prefix is given."""

_FILES = {"sqlite": "github_events.db", "json": "github_events.json"}
_IN_MEMORY = ":memory:"

_SETTINGS = {
    "provider": "provider",
    "db_path": "path",
    "region": "region",
    "endpoint_url": "endpoint_url",
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "table_prefix": "table_prefix",
}
_OF_FILES = frozenset({"db_path"})
_OF_AWS = frozenset(_SETTINGS) - {"provider", "db_path", "table_prefix"}


class DatabaseFactory:
    """Makes managers; the one place that knows how providers are opened.

    Args:
        environ: The variables to read instead of the process's own.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = environ

    def create_manager(self, config: Mapping[str, str | None] | None = None) -> Manager:
        """Make the manager that a configuration describes, without connecting to anything.

        Args:
            config: The keys above; None and what is None in it is left to the environment.

        Raises:
            ConfigurationError: A key is unknown or none of the provider's, or a value is wrong.
            MissingDependency: What the provider needs is not installed.
        """
        return Manager(open_database(config, self._environ))

    def get_sqlite_manager(self, db_path: str | None = None) -> Manager:
        """Make a manager over a SQLite file, or over memory for `:memory:`."""
        return self.create_manager({"provider": "sqlite", "db_path": db_path})

    def get_dynamodb_manager(
        self,
        region: str | None = None,
        table_prefix: str | None = None,
        endpoint_url: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
    ) -> Manager:
        """Make a manager over DynamoDB, or a server that speaks its API."""
        return self.create_manager(
            {
                "provider": "dynamodb",
                "region": region,
                "table_prefix": table_prefix,
                "endpoint_url": endpoint_url,
                "aws_access_key_id": aws_access_key_id,
                "aws_secret_access_key": aws_secret_access_key,
                "aws_session_token": aws_session_token,
            }
        )


def get_sqlite_manager(db_path: str | None = None) -> Manager:
    """Make a manager over a SQLite file, or over memory for `:memory:`."""
    return DatabaseFactory().get_sqlite_manager(db_path)


def get_dynamodb_manager(
    region: str | None = None,
    table_prefix: str | None = None,
    endpoint_url: str | None = None,
    aws_access_key_id: str | None = None,
    aws_secret_access_key: str | None = None,
    aws_session_token: str | None = None,
) -> Manager:
    """Make a manager over DynamoDB, or a server that speaks its API."""
    return DatabaseFactory().get_dynamodb_manager(
        region,
        table_prefix,
        endpoint_url,
        aws_access_key_id,
        aws_secret_access_key,
        aws_session_token,
    )


def open_database(
    config: Mapping[str, str | None] | None = None, environ: Mapping[str, str] | None = None
) -> Database:
    """Open the database that a configuration describes; see `DatabaseFactory.create_manager`."""
    location, arguments = _resolved(config, environ)
    return Database(open_adapter(location), owns_adapter=True, **arguments)


def open_blocking(
    config: Mapping[str, str | None] | None = None, environ: Mapping[str, str] | None = None
) -> sync.Database:
    """Open the same database for code that does not await."""
    location, arguments = _resolved(config, environ)
    adapter = open_adapter(location, blocking=True)
    return sync.Database(adapter, owns_adapter=True, **arguments)


def _resolved(
    config: Mapping[str, str | None] | None, environ: Mapping[str, str] | None
) -> tuple[Location, dict[str, Any]]:
    given = {key: value for key, value in (config or {}).items() if value is not None}
    unknown = sorted(set(given) - set(_SETTINGS))
    if unknown:
        raise ConfigurationError(
            f"The configuration has {', '.join(map(repr, unknown))}, which nobody knows; its keys "
            f"are {', '.join(_SETTINGS)}"
        )
    settings = Settings(environ, **{_SETTINGS[key]: value for key, value in given.items()})
    location = settings.location()
    _check_keys(location.provider, given)
    arguments = settings.arguments()
    if "table_prefix" not in settings.model_fields_set and load_provider(location.provider).remote:
        arguments["table_prefix"] = arguments["table_prefix"] or PREFIX
    if location.provider == "sqlite" and location.path == _IN_MEMORY:
        return Location("memory"), arguments
    path = location.path or _FILES.get(location.provider, "")
    return Location(location.provider, location.host, path, location.options), arguments


def _check_keys(name: str, given: Mapping[str, str]) -> None:
    """Refuse what would be passed over in silence, and may be meant for another provider."""
    provider = load_provider(name)
    foreign: set[str] = set()
    if not provider.remote:
        foreign |= _OF_AWS
    if provider.default_path is None:
        foreign |= _OF_FILES
    found = sorted(foreign & set(given))
    if found:
        own = ", ".join(key for key in _SETTINGS if key not in foreign)
        raise ConfigurationError(
            f"The configuration is for the provider {name}, which has no {', '.join(found)}; leave "
            f"them out, or choose another provider (the keys for {name}: {own})"
        )
