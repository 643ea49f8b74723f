"""A second place with the same tables: where it is, and whether both agree.

DynamoDB's global tables replicate on their own, usually within a second, and the last writer wins
("Global tables: how it works", Developer Guide). What is left to do before traffic goes to another
region is to find out whether that region has everything.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from anydynamo.adapters.registry import load_provider
from anydynamo.engine.values.numbers import normalise
from anydynamo.environment import FAILOVER, REPLICA_ENDPOINT, REPLICA_REGION
from anydynamo.errors import ConfigurationError, TableNotFound
from anydynamo.models.schema import schema_of
from anydynamo.operations.items import Items, tables_of
from anydynamo.operations.progress import Progress
from anydynamo.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pynamodb.models import Model

    from anydynamo.database import Database
    from anydynamo.models.schema import TableSchema
    from anydynamo.operations.items import ModelsOfTable

__all__ = ["VARIABLES", "ComparedTable", "Replica", "compare", "replica_settings", "replicas"]

_SHOWN = 20

_URL = "DATABASE_REPLICA_URL"

VARIABLES = (FAILOVER, REPLICA_REGION, REPLICA_ENDPOINT, _URL)
"""The variables that say where the second place is, and whether calls fail over to it."""


@dataclass(frozen=True, slots=True)
class Replica:
    """A replica of a global table, as DescribeTable has it.

    Attributes:
        region: Its AWS region.
        status: `ACTIVE` if it can be used; other words as in AWS's ReplicaDescription.
    """

    region: str
    status: str


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """How one table's items agree in two places.

    Attributes:
        name: The table's name, as its model says it.
        items: How many items both have with the same content.
        missing: How many the second place lacks.
        extra: How many only the second place has.
        different: How many both have with different content.
        examples: The keys, in DynamoDB's JSON, of the first twenty that do not agree.
    """

    name: str
    items: int
    missing: int
    extra: int
    different: int
    examples: tuple[Mapping[str, Any], ...]

    @property
    def ok(self) -> bool:
        """Whether both places have the same items."""
        return not (self.missing or self.extra or self.different)


def replica_settings(
    environ: Mapping[str, str] | None = None, **overrides: Any
) -> tuple[Settings, Settings]:
    """Read where the data lies, and where its second place is.

    The second place has all of the first one's settings but for what these variables say:
    `DATABASE_REPLICA_REGION` and, for another server than AWS's, `DATABASE_REPLICA_ENDPOINT_URL`;
    or `DATABASE_REPLICA_URL`, which says all of it. Neither place fails over to the other,
    `DATABASE_FAILOVER` or not: what is compared is what they have.

    Args:
        environ: The variables to read instead of the process's own.
        **overrides: Settings of both places, which win over the environment.

    Returns:
        The settings of the first place and of the second; `Database.from_settings` opens them.

    Raises:
        ConfigurationError: No second place is named, it is the first one, a URL names several
            regions, or variables contradict each other.
    """
    values = {
        name: value
        for name, value in (os.environ if environ is None else environ).items()
        if value.strip() and name != FAILOVER
    }
    url, region, endpoint = (
        values.get(_URL),
        values.get(REPLICA_REGION),
        values.get(REPLICA_ENDPOINT),
    )
    if url is not None and (region or endpoint):
        raise ConfigurationError(
            f"{_URL} says where the replica is, and so do {REPLICA_REGION} or {REPLICA_ENDPOINT}; "
            "give one of them"
        )
    if url is None and region is None:
        raise ConfigurationError(
            f"No replica is named; set {REPLICA_REGION} to its AWS region, or {_URL} to its URL"
        )
    primary = Settings(values, **overrides)
    if url is not None:
        replica = Settings(values, **{**overrides, "url": url})
    elif primary.location().provider != "dynamodb":
        raise ConfigurationError(
            f"{REPLICA_REGION} is {region!r}, but the provider is {primary.location().provider}, "
            f"which has no regions; set {_URL} instead"
        )
    elif primary.url is not None:
        raise ConfigurationError(
            f"{REPLICA_REGION} is {region!r}, but the data's place is said by a URL, which names "
            f"its region; set {_URL} to the replica's URL"
        )
    else:
        replica = Settings(values, **{**overrides, "region": region, **_given(endpoint)})
    for settings in (primary, replica):
        if settings.location().options.get("replicas"):
            raise ConfigurationError(
                "A place to compare is one region, and a URL names replicas to fail over to; give "
                f"URLs without them, the second one by {_URL}"
            )
    if _place(replica) == _place(primary):
        raise ConfigurationError(
            "The replica is the very place that the data lies in; its region, or its URL, has to "
            "be another"
        )
    return primary, replica


def _place(settings: Settings) -> tuple[object, ...]:
    """Return what two settings have in common exactly if their data lies in one place."""
    location = settings.location()
    default = load_provider(location.provider).default_path
    if default is not None:
        return location.provider, os.path.realpath(location.path or default)
    return location.provider, location.host, location.path, dict(location.options)


async def replicas(database: Database, model: type[Model]) -> tuple[Replica, ...]:
    """Return the replicas of a global table; none where the table is not replicated.

    Raises:
        TableNotFound: The table is not there.
    """
    session = database.session
    table = session.names.real(schema_of(model).table_name)
    response = await session.call("DescribeTable", {"TableName": table})
    described: Iterable[Mapping[str, Any]] = response["Table"].get("Replicas") or ()
    return tuple(Replica(one["RegionName"], one.get("ReplicaStatus", "")) for one in described)


async def compare(
    primary: Database,
    replica: Database,
    models: Iterable[type[Model]],
    *,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[ComparedTable, ...]:
    """Compare tables in two places item by item, and change nothing.

    Both are read whole, by consistent reads; some 100 bytes of memory are needed for each item.
    While others write, what is on its way from one place to the other shows as a difference.

    Args:
        primary: One place.
        replica: The other.
        models: The models of the tables.
        progress: Is told how far each table is.

    Returns:
        One report for each table.

    Raises:
        TableNotFound: One of the places lacks a table; the message says which.
    """
    tables = tables_of(models)
    for database in (primary, replica):
        for table in tables:
            await _check_there(database, table)
    return tuple([await _compare(primary, replica, table, progress) for table in tables])


async def _check_there(database: Database, table: ModelsOfTable) -> None:
    real = database.session.names.real(table.name)
    try:
        await database.session.call("DescribeTable", {"TableName": real})
    except TableNotFound as error:
        raise TableNotFound(
            f"There is no table {real} in {database.info.location}, so nothing was compared; "
            "another prefix may hide it",
            operation="DescribeTable",
            table=real,
        ) from error


async def _compare(
    primary: Database,
    replica: Database,
    table: ModelsOfTable,
    progress: Callable[[Progress], None] | None,
) -> ComparedTable:
    first, second = (Items(database.session, table) for database in (primary, replica))
    digests: dict[tuple[Any, ...], bytes] = {}
    async for page in first.pages():
        digests |= {first.identity(item): _digest(item) for item in page}
        _tell(progress, table, len(digests), None)
    total = len(digests)
    same = extra = different = seen = 0
    examples: list[Mapping[str, Any]] = []
    async for page in second.pages():
        for item in page:
            known = digests.pop(second.identity(item), None)
            if known == _digest(item):
                same += 1
                continue
            extra += known is None
            different += known is not None
            if len(examples) < _SHOWN:
                examples.append(second.key(item))
        seen += len(page)
        _tell(progress, table, seen, total)
    missing = [_key(identity, table.schema) for identity in list(digests)[: _SHOWN - len(examples)]]
    return ComparedTable(table.name, same, len(digests), extra, different, (*examples, *missing))


def _tell(
    progress: Callable[[Progress], None] | None,
    table: ModelsOfTable,
    done: int,
    total: int | None,
) -> None:
    if progress is not None:
        progress(Progress(table.name, done, total))


def _digest(item: Mapping[str, Any]) -> bytes:
    # Sets and numbers come in one form, and attributes in any order.
    return hashlib.blake2b(msgspec.msgpack.encode(item, order="deterministic")).digest()[:16]


def _key(identity: tuple[Any, ...], schema: TableSchema) -> Mapping[str, Any]:
    types = {key.wire: key.type for key in schema.keys}
    return {
        name: {types[name]: normalise(str(value)) if types[name] == "N" else value}
        for name, value in identity
    }


def _given(endpoint: str | None) -> dict[str, str]:
    return {} if endpoint is None else {"endpoint_url": endpoint}
