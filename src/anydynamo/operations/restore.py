"""Bring tables back from a backup: nothing is written before all of it is known to fit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from anydynamo.database import Database
from anydynamo.errors import (
    AlreadyExists,
    ConfigurationError,
    InvalidItem,
    InvalidRequest,
    ServiceFault,
    TableNotFound,
    UniqueViolation,
)
from anydynamo.models.codec import codec_of
from anydynamo.operations.backup import read_backup
from anydynamo.operations.items import Items
from anydynamo.operations.progress import Progress
from anydynamo.repositories.markers import marker_key, owner_of
from anydynamo.repositories.unique import unique_values
from anydynamo.tables import refuse_differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pynamodb.models import Model

    from anydynamo.operations.backup import BackupTable
    from anydynamo.repositories.unique import UniqueValues

__all__ = ["Restored", "restore"]

OnConflict: TypeAlias = Literal["refuse", "keep", "replace"]

_CHUNK = 100
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of one table of a backup.

    Attributes:
        name: The table's name, as its model says it.
        found: How many items the backup has.
        written: How many were written.
        unchanged: How many stood in the table already, the same as in the backup.
        kept: How many stood there with other content and were left as they are.
    """

    name: str
    found: int
    written: int
    unchanged: int
    kept: int


async def restore(
    database: Database,
    models: Iterable[type[Model]],
    file: str | os.PathLike[str],
    *,
    conflict: OnConflict = "refuse",
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Restored, ...]:
    """Write a backup's items back, making the tables where they are absent.

    The whole file is read and checked first, and compared with what is in the tables. Items that
    are in the tables and not in the backup stay. Nobody else should write to the tables meanwhile.
    Running it again after a failure goes on where it stopped.

    Args:
        database: Where to.
        models: The models of the backup's tables.
        file: What `backup` wrote.
        conflict: What to do about items that are there with other content: `refuse` to write
            anything, `keep` them, or `replace` them by the backup's.
        progress: Is told how far each table is.

    Returns:
        What became of each table.

    Raises:
        AlreadyExists: With `refuse`, a table has an item of another content; nothing was written.
        UniqueViolation: A table has an item with a value that is unique and that another item of
            the backup has; nothing was written.
        TableMismatch: A table that is there has another key or other indexes; nothing was written.
        StoreDamaged: The file is damaged or of another version; nothing was written.
        InvalidItem: It does not fit the models; nothing was written.
        ConfigurationError: `conflict` is none of the three.
        ServiceFault: An item was written and is not there afterwards.
    """
    if conflict not in get_args(OnConflict):
        raise ConfigurationError(
            f"conflict= is one of {', '.join(map(repr, get_args(OnConflict)))}, not {conflict!r}"
        )
    wanted = list(models)
    tables = read_backup(file, wanted).tables
    places = [(table, Items(database.session, table.models)) for table in tables]
    await _rehearse(places, wanted, database, file)
    for table, place in places:
        if await _is_there(database, table, place):
            if conflict == "refuse":
                await _refuse_others(table, place)
            await _refuse_taken(table, place, conflict)
    await database.create_tables(wanted)
    report = [await _fill(table, place, conflict, progress) for table, place in places]
    for table in tables:
        for model in table.models.unique:
            await database.repository(model).rebuild_unique()
    return tuple(report)


async def _rehearse(
    places: Sequence[tuple[BackupTable, Items]],
    models: Sequence[type[Model]],
    database: Database,
    file: str | os.PathLike[str],
) -> None:
    """Store everything in memory: what it refuses DynamoDB would refuse in the middle of it."""
    async with Database.open("memory://") as rehearsal:
        # What has expired by that clock gives its unique values up.
        rehearsal.session.clock = database.session.clock
        await rehearsal.create_tables(models)
        for table, place in places:
            # Keys that are spread are longer, and may be too long.
            spread = database.session.sharding.find(place.table)
            if spread is not None:
                rehearsal.session.sharding.declare(table.name, spread, told=True)
            for number, item in enumerate(table.items):
                request = {"TableName": table.name, "Item": item}
                try:
                    await rehearsal.session.call("PutItem", request)
                except InvalidRequest as error:
                    raise InvalidItem(
                        f"{os.fspath(file)}: {table.name}: items[{number}]: {error}; nothing was "
                        "written"
                    ) from error
            for model in table.models.unique:
                report = await rehearsal.repository(model).rebuild_unique()
                for twice in report.duplicates[:1]:
                    raise InvalidItem(
                        f"{os.fspath(file)}: {table.name}: the items {twice.owner!r} and "
                        f"{twice.key!r} have one value of {twice.attribute}, which is unique; "
                        "nothing was written"
                    )


async def _is_there(database: Database, table: BackupTable, place: Items) -> bool:
    """Tell whether a table is there, and refuse one that does not fit its models."""
    try:
        response = await database.session.call("DescribeTable", {"TableName": place.table})
    except TableNotFound:
        return False
    for schema in table.models.schemas:
        refuse_differences(schema, response["Table"], place.table)
    return True


async def _refuse_others(table: BackupTable, place: Items) -> None:
    others = 0
    shown: list[str] = []
    for chunk in _chunks(table.items):
        standing = await place.find(chunk)
        different = [item for item in chunk if _differs(standing.get(place.identity(item)), item)]
        others += len(different)
        shown += [_said(place, item) for item in different[: _SHOWN - len(shown)]]
    if others:
        raise AlreadyExists(
            f"{place.table} has {others} items of another content under keys of the backup, such "
            f"as {', '.join(shown)}; nothing was written. conflict='keep' leaves them as they are, "
            "and conflict='replace' overwrites them",
            table=place.table,
        )


async def _refuse_taken(table: BackupTable, place: Items, conflict: OnConflict) -> None:
    """Refuse a backup with a unique value that an item has which the restore would leave there."""
    for model in table.models.unique:
        values = unique_values(codec_of(model), place.table)
        if values is not None:
            await _refuse_values(table, place, conflict, values)


async def _refuse_values(
    table: BackupTable, place: Items, conflict: OnConflict, values: UniqueValues
) -> None:
    schema = values.codec.schema
    own = {place.identity(item) for item in table.items}
    for chunk in _chunks(table.items):
        claims = [(marker_key(schema, text), item) for item in chunk for text in values.held(item)]
        standing = await place.find([key for key, _ in claims])
        for key, item in claims:
            owner = owner_of(standing.get(place.identity(key), {}))
            if owner is None or place.identity(owner) == place.identity(item):
                continue
            # What is replaced gives its values up.
            if conflict == "replace" and place.identity(owner) in own:
                continue
            raise UniqueViolation(
                f"{place.table}: {_said(place, owner)} has a value that is unique and that "
                f"{_said(place, item)} of the backup has, too; nothing was written. Change or "
                "delete one of the two",
                table=place.table,
            )


async def _fill(
    table: BackupTable,
    place: Items,
    conflict: OnConflict,
    progress: Callable[[Progress], None] | None,
) -> Restored:
    written = unchanged = kept = done = 0
    for chunk in _chunks(table.items):
        standing = await place.find(chunk)
        fresh: list[Mapping[str, Any]] = []
        for item in chunk:
            there = standing.get(place.identity(item))
            if there == item:
                unchanged += 1
            elif there is not None and conflict != "replace":
                kept += 1
            else:
                fresh.append(item)
        await place.put(fresh)
        await _check_arrived(place, fresh)
        written += len(fresh)
        done += len(chunk)
        if progress is not None:
            progress(Progress(table.name, done, table.count))
    return Restored(table.name, table.count, written, unchanged, kept)


async def _check_arrived(place: Items, items: Sequence[Mapping[str, Any]]) -> None:
    if not items:
        return
    there = await place.find(items)
    lost = [item for item in items if there.get(place.identity(item)) != item]
    if lost:
        raise ServiceFault(
            f"{len(lost)} items were written to {place.table} and are not there as written: "
            f"{', '.join(_said(place, item) for item in lost[:_SHOWN])}",
            table=place.table,
        )


def _differs(there: Mapping[str, Any] | None, item: Mapping[str, Any]) -> bool:
    return there is not None and there != item


def _said(place: Items, item: Mapping[str, Any]) -> str:
    return str(tuple(next(iter(value.values())) for value in place.key(item).values()))


def _chunks(items: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
