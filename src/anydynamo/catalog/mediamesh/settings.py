"""MediaMesh's settings: the documented variables, and what they add to the database's own.

`Settings` reads the variables of every application, such as `DYNAMODB_ENDPOINT` and `AWS_REGION`.
These are MediaMesh's:

- `DYNAMODB_ENABLED`: `true` means DynamoDB, `false` that no table is used at all.
- `DYNAMODB_TABLE_TRENDING`, `DYNAMODB_TABLE_POPULAR`, `DYNAMODB_TABLE_SEARCH_INDEX`: the tables'
  names, on DynamoDB.
- `DYNAMODB_TTL_ATTRIBUTE`: the attribute by which items expire; `ttl` without it.
- `DYNAMODB_TTL_SECONDS`: how long content stays in the search index; 2592000 without it, 30 days.
- `DYNAMODB_TTL_SECONDS_TRENDING`, `DYNAMODB_TTL_SECONDS_POPULAR`: how long the lists of programs
  stay; 600 and 300 without them.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anydynamo.adapters.registry import boolean
from anydynamo.catalog.mediamesh.models import IndexedContent, Models, Popular, Trending
from anydynamo.database import Database
from anydynamo.errors import ConfigurationError
from anydynamo.models.schema import schema_of
from anydynamo.naming import TableNames, variable_name
from anydynamo.settings import Settings
from anydynamo.sync import Database as BlockingDatabase

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping

    from anydynamo.models.table import Table

__all__ = ["VARIABLES", "MediaMeshSettings"]

VARIABLES: Mapping[str, str] = {
    "DYNAMODB_TTL_ATTRIBUTE": "ttl",
    "DYNAMODB_TTL_SECONDS": "2592000",
    "DYNAMODB_TTL_SECONDS_TRENDING": "600",
    "DYNAMODB_TTL_SECONDS_POPULAR": "300",
}
"""MediaMesh's own variables, and what they are where nobody sets them."""

_TABLES: Mapping[str, type[Table]] = {
    "TRENDING": Trending,
    "POPULAR": Popular,
    "SEARCH_INDEX": IndexedContent,
}


@dataclass(frozen=True, slots=True)
class MediaMeshSettings:
    """How MediaMesh uses its tables.

    Attributes:
        models: The tables.
        trending_seconds: How long a trending list stays.
        popular_seconds: How long a popular list stays.
        search_seconds: How long content stays in the search index.
        database: Where the tables are, for `open`; None where none is used.
    """

    models: Models = field(default_factory=Models)
    trending_seconds: int = 600
    popular_seconds: int = 300
    search_seconds: int = 2_592_000
    database: Settings | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> MediaMeshSettings:
        """Read the environment.

        Args:
            environ: The variables to read instead of the process's own.

        Raises:
            ConfigurationError: A variable cannot be what it is, or two contradict each other.
        """
        given = os.environ if environ is None else environ
        values = {**VARIABLES, **{name: text for name, text in given.items() if text.strip()}}
        # They also tell whether DYNAMODB_ENABLED is a switch and fits the other variables.
        database = Settings(values)
        tables = _tables(database)
        enabled = boolean(values.get("DYNAMODB_ENABLED", "true"))
        return cls(
            models=Models.expiring_by(values["DYNAMODB_TTL_ATTRIBUTE"].strip()),
            trending_seconds=_seconds(values, "DYNAMODB_TTL_SECONDS_TRENDING"),
            popular_seconds=_seconds(values, "DYNAMODB_TTL_SECONDS_POPULAR"),
            search_seconds=_seconds(values, "DYNAMODB_TTL_SECONDS"),
            database=database.model_copy(update={"tables": tables}) if enabled else None,
        )

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Database | None, None]:
        """Open the database, and close it in the end; None where none is used."""
        if self.database is None:
            yield None
        else:
            async with Database.from_settings(self.database) as database:
                yield database

    @contextmanager
    def open_blocking(self) -> Generator[BlockingDatabase | None, None, None]:
        """Open the database for code without asyncio, as `open` does."""
        if self.database is None:
            yield None
        else:
            with BlockingDatabase.from_settings(self.database) as database:
                yield database


def _seconds(values: Mapping[str, str], name: str) -> int:
    text = values[name].strip()
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ConfigurationError(f"{name} is {text!r}; it is a whole number of seconds above 0")
    return int(text)


def _tables(database: Settings) -> dict[str, str]:
    """Return tables' real names, with the variables' short names as those of the models."""
    tables = dict(database.tables)
    for short, model in _TABLES.items():
        name = schema_of(model).table_name
        given = tables.pop(short, None)
        other = tables.get(variable_name(name), given)
        if given is None:
            continue
        if other != given:
            raise ConfigurationError(
                f"DYNAMODB_TABLE_{short} is {given!r}, and another variable calls the same table "
                f"{other!r}; leave one of them out"
            )
        tables[name] = given
    names = TableNames(database.table_prefix, tables)
    real = [names.real(schema_of(model).table_name) for model in _TABLES.values()]
    if len(set(real)) < len(real):
        raise ConfigurationError(
            f"Two of MediaMesh's tables have one name: they are called {', '.join(real)}; give "
            "each of DYNAMODB_TABLE_TRENDING, DYNAMODB_TABLE_POPULAR and "
            "DYNAMODB_TABLE_SEARCH_INDEX its own"
        )
    return tables
