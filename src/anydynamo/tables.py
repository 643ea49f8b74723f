"""Making, checking and removing tables as models declare them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from anydynamo.errors import (
    InvalidRequest,
    NotSupported,
    RequestTimeout,
    TableInUse,
    TableMismatch,
    TableNotFound,
)
from anydynamo.models.schema import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pynamodb.models import Model

    from anydynamo.models.schema import TableSchema
    from anydynamo.repositories.session import Session

__all__ = [
    "CreatedTable",
    "create_tables",
    "delete_tables",
    "differences",
    "present",
    "refuse_differences",
]

_log = logging.getLogger("anydynamo")


@dataclass(frozen=True, slots=True)
class CreatedTable:
    """What `create_tables` did about one table.

    Attributes:
        name: The table's name, as its model has it.
        table: Its real name.
        created: Whether it was made now; False if it was there and fits.
    """

    name: str
    table: str
    created: bool


async def create_tables(
    session: Session, models: Iterable[type[Model]]
) -> tuple[CreatedTable, ...]:
    """Make the tables of models that are not there yet; see `Database.create_tables`."""
    schemas = _distinct(models)
    return tuple(await session.together([partial(_create, session, schema) for schema in schemas]))


async def delete_tables(session: Session, models: Iterable[type[Model]]) -> tuple[str, ...]:
    """Remove the tables of models; see `Database.delete_tables`."""
    schemas = _distinct(models)
    deleted = await session.together([partial(_delete, session, schema) for schema in schemas])
    return tuple(schema.table_name for schema, done in zip(schemas, deleted, strict=True) if done)


async def present(
    session: Session, models: Iterable[type[Model]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which tables are there and which are missing; see `Database.health`."""
    schemas = _distinct(models)
    if not schemas:
        response = await session.call("ListTables", {"Limit": 100})
        return tuple(response["TableNames"]), ()
    described = await session.together(
        [partial(_describe, session, session.names.real(schema.table_name)) for schema in schemas]
    )
    found = list(zip(schemas, described, strict=True))
    return (
        tuple(schema.table_name for schema, there in found if there is not None),
        tuple(schema.table_name for schema, there in found if there is None),
    )


def differences(schema: TableSchema, description: Mapping[str, Any]) -> list[str]:
    """Return in words where a table differs from its model in what cannot be changed later.

    Further indexes are no difference: a model need not use all that a table has.

    Args:
        schema: What the model declares.
        description: `Table` in DescribeTable's response.
    """
    wanted = schema.create_table_request()
    found: list[str] = []
    types = {
        one["AttributeName"]: one["AttributeType"] for one in description["AttributeDefinitions"]
    }
    if _keys(description) != _keys(wanted):
        found.append(f"its key is {_said(description)}, and the model's {_said(wanted)}")
    used = {name for index in [wanted, *_indexes(wanted).values()] for name, _ in _keys(index)}
    for one in wanted["AttributeDefinitions"]:
        name, kind = one["AttributeName"], one["AttributeType"]
        if name in types and name in used and types[name] != kind:
            found.append(
                f"the key attribute {name} is of type {types[name]}, and the model's {kind}"
            )
    there = _indexes(description)
    for name, index in _indexes(wanted).items():
        if name not in there:
            found.append(f"it has no index {name}")
            continue
        if _keys(there[name]) != _keys(index):
            found.append(
                f"the key of its index {name} is {_said(there[name])}, and the model's "
                f"{_said(index)}"
            )
        if _projected(there[name]) != _projected(index):
            found.append(
                f"its index {name} projects {_projected(there[name])}, and the model's "
                f"{_projected(index)}"
            )
    return found


def refuse_differences(schema: TableSchema, description: Mapping[str, Any], table: str) -> None:
    """Refuse a table that is not what its model declares.

    Args:
        schema: What the model declares.
        description: `Table` in DescribeTable's response.
        table: Its real name.

    Raises:
        TableMismatch: It differs in what cannot be changed later.
    """
    found = differences(schema, description)
    if found:
        raise TableMismatch(
            f"The table {table} is there, but is not what the model of {schema.table_name} "
            f"declares: {'; '.join(found)}. Nothing was changed; use another name or prefix, "
            "or move the data to a new table",
            operation="DescribeTable",
            table=table,
        )


async def _create(session: Session, schema: TableSchema) -> CreatedTable:
    table = session.names.real(schema.table_name)
    description = await _describe(session, table)
    created = description is None
    if description is None:
        try:
            await session.call("CreateTable", schema.create_table_request(table))
        except TableInUse:
            # Somebody else was making it at the same time; what they made is looked at below.
            created = False
    description = await _wait(session, table, active=True)
    refuse_differences(schema, description or {}, table)
    if schema.ttl is not None:
        await _expire(session, table, schema.ttl)
    if schema.point_in_time_recovery:
        await _protect(session, table)
    return CreatedTable(schema.table_name, table, created)


async def _delete(session: Session, schema: TableSchema) -> bool:
    table = session.names.real(schema.table_name)
    try:
        await session.call("DeleteTable", {"TableName": table})
    except TableNotFound:
        return False
    await _wait(session, table, active=False)
    return True


async def _describe(session: Session, table: str) -> Mapping[str, Any] | None:
    try:
        response = await session.call("DescribeTable", {"TableName": table})
    except TableNotFound:
        return None
    description: Mapping[str, Any] = response["Table"]
    return description


async def _wait(session: Session, table: str, *, active: bool) -> Mapping[str, Any] | None:
    """Look until a table and its indexes are active, or until it is gone."""
    for _ in range(session.patience.polls):
        description = await _describe(session, table)
        if active and description is not None and _is_active(description):
            return description
        if not active and description is None:
            return None
        await session.sleep(session.patience.poll)
    seconds = session.patience.polls * session.patience.poll
    raise RequestTimeout(
        f"The table {table} is still not {'active' if active else 'gone'} after {seconds:g} "
        "seconds; it may be so later",
        operation="DescribeTable",
        table=table,
    )


def _is_active(description: Mapping[str, Any]) -> bool:
    indexes: Sequence[Mapping[str, Any]] = description.get("GlobalSecondaryIndexes") or ()
    states = [description.get("TableStatus"), *(index.get("IndexStatus") for index in indexes)]
    # A table that is being updated can be used, and a server need not give its indexes a state.
    return all(state in ("ACTIVE", "UPDATING", None) for state in states)


async def _expire(session: Session, table: str, attribute: str) -> None:
    response = await session.call("DescribeTimeToLive", {"TableName": table})
    said: Mapping[str, Any] = response["TimeToLiveDescription"]
    if said.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        if said.get("AttributeName") == attribute:
            return
        raise TableMismatch(
            f"Items of the table {table} expire by the attribute {said.get('AttributeName')}, and "
            f"the model declares {attribute}; DynamoDB lets nobody change that but by switching "
            "it off for an hour",
            operation="DescribeTimeToLive",
            table=table,
        )
    specification = {"Enabled": True, "AttributeName": attribute}
    await session.call(
        "UpdateTimeToLive", {"TableName": table, "TimeToLiveSpecification": specification}
    )


async def _protect(session: Session, table: str) -> None:
    try:
        response = await session.call("DescribeContinuousBackups", {"TableName": table})
        said: Mapping[str, Any] = response["ContinuousBackupsDescription"]
        recovery: Mapping[str, Any] = said.get("PointInTimeRecoveryDescription") or {}
        if recovery.get("PointInTimeRecoveryStatus") == "ENABLED":
            return
        await session.call(
            "UpdateContinuousBackups",
            {
                "TableName": table,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            },
        )
    except NotSupported:
        # An emulator may lack it, where there is nothing to protect.
        _log.info("%s has no point-in-time recovery", session.adapter.info.provider)


def _distinct(models: Iterable[type[Model]]) -> list[TableSchema]:
    given: object = models
    if isinstance(given, type):
        raise InvalidRequest(f"Models come in a list, also one alone: [{given.__name__}]")
    # Several models may share a table.
    return list({schema.table_name: schema for schema in map(schema_of, models)}.values())


def _keys(described: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(one["AttributeName"], one["KeyType"]) for one in described["KeySchema"]]


def _said(described: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in _keys(described))


def _indexes(described: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {
        index["IndexName"]: index
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for index in described.get(kind) or ()
    }


def _projected(index: Mapping[str, Any]) -> str:
    projection: Mapping[str, Any] = index["Projection"]
    names = sorted(projection.get("NonKeyAttributes") or ())
    return " ".join([projection["ProjectionType"], *names])
