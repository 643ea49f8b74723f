"""Tables in one JSON file: written as a whole, read with every doubt settled before it is used.

```json
{"format": "anydynamo-backup", "version": 1, "created": "2024-11-23T02:00:00+00:00", "tables": [
{"name": "users", "key": ["userId"], "items": [
{"userId": {"S": "1"}, "name": {"S": "Alice"}}
], "count": 1, "sha256": "..."}
]}
```

The checksum is of all that is said of the table: when the backup was created, the table's name and
key, and its items. These are in DynamoDB's JSON, binary as base64, so that AWS's own tools read
them. A table's name is its model's, without prefix: a backup of one environment can be restored in
another.

A backup reads table after table with consistent reads, while others may go on writing: each item is
as it was at some moment of the backup, and they need not be of the same moment.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias, cast

from anydynamo.engine.errors import EngineError
from anydynamo.engine.values.wire import from_json, to_json
from anydynamo.errors import InvalidItem, StoreDamaged
from anydynamo.operations.items import Items, tables_of
from anydynamo.operations.progress import Progress
from anydynamo.operations.sources import read_json
from anydynamo.repositories.resending import identity
from anydynamo.stores.files import replacing

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Sequence

    from pynamodb.models import Model

    from anydynamo.database import Database
    from anydynamo.operations.items import ModelsOfTable

__all__ = ["FORMAT", "VERSION", "Backup", "BackupTable", "backup", "read_backup"]

FORMAT = "anydynamo-backup"
VERSION = 1
"""The version of the format that is written, and the only one that is read."""

_SHOWN = 5

Models: TypeAlias = "Iterable[type[Model]]"


@dataclass(frozen=True, slots=True)
class BackupTable:
    """One table of a backup.

    Attributes:
        models: The table, and its models.
        items: Its items in DynamoDB's JSON; empty in the report of a backup, which keeps none.
        count: How many items it has.
    """

    models: ModelsOfTable
    items: tuple[dict[str, Any], ...]
    count: int

    @property
    def name(self) -> str:
        """The table's name, as its model says it."""
        return self.models.name


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        created: When it was begun, in ISO 8601.
        tables: Its tables.
    """

    created: str
    tables: tuple[BackupTable, ...]


async def backup(
    database: Database,
    models: Models,
    file: str | os.PathLike[str],
    *,
    progress: Callable[[Progress], None] | None = None,
) -> Backup:
    """Write tables with all their items to one file, which is there whole or not at all.

    What models hide is written too: deleted and expired items. What holds unique values is not; a
    restore makes it anew.

    Args:
        database: Where from.
        models: The models of the tables.
        file: The file; an older one is replaced at the end.
        progress: Is told how far each table is.

    Raises:
        ConfigurationError: There can be no such file: it is a folder, or its folder does not exist.
        StoreReadOnly: The file cannot be written there; also StoreFull and ProviderError.
        TableNotFound: A table is not there; no file was written.
    """
    created = database.now().isoformat()
    written: list[BackupTable] = []
    with replacing(Path(file), "write a backup to") as out:
        out.write(f'{{"format": "{FORMAT}", "version": {VERSION}, "created": "{created}", ')
        out.write('"tables": [')
        for number, table in enumerate(tables_of(models)):
            out.write("," * bool(number))
            count = await _write_table(database, table, created, out, progress)
            written.append(BackupTable(table, (), count))
        out.write("\n]}\n")
    return Backup(created, tuple(written))


def read_backup(file: str | os.PathLike[str], models: Models) -> Backup:
    """Read a backup and check all that is in it, without touching any database.

    Args:
        file: The file that `backup` wrote.
        models: The models of its tables; it must have exactly these tables.

    Raises:
        ConfigurationError: There is no such file, or it may not be read.
        StoreDamaged: It is no backup, is of another version, or was cut or altered.
        InvalidItem: It has other tables than the models, or an item that does not fit its model,
            or two with one key.
    """
    path = Path(file)
    content = _object(read_json(path, str(path)), str(path), "format", "version")
    if content["format"] != FORMAT:
        raise StoreDamaged(f"{path}: this is no backup of anydynamo: {content['format']!r}")
    if content["version"] != VERSION:
        raise StoreDamaged(
            f"{path}: it is a backup of version {content['version']!r}, and this anydynamo reads "
            f"version {VERSION}; restore it with the one that wrote it"
        )
    content = _object(content, str(path), "created", "tables")
    by_name = {table.name: table for table in tables_of(models)}
    tables = _list(content["tables"], f"{path}: tables")
    found = {
        _text(_object(table, f"{path}: tables[{number}]", "name"), "name", str(path)): table
        for number, table in enumerate(tables)
    }
    if len(found) < len(tables):
        raise StoreDamaged(f"{path}: a table is in it twice; it has {', '.join(found)}")
    if found.keys() != by_name.keys():
        raise InvalidItem(
            f"{path}: it has the tables {', '.join(sorted(found)) or '(none)'}, and the models are "
            f"of {', '.join(sorted(by_name)) or '(none)'}; nothing was written"
        )
    created = _text(content, "created", str(path))
    read = [
        _read_table(found[name], f"{path}: {name}", table, created)
        for name, table in by_name.items()
    ]
    return Backup(created, tuple(read))


async def _write_table(
    database: Database,
    table: ModelsOfTable,
    created: str,
    out: IO[str],
    progress: Callable[[Progress], None] | None,
) -> int:
    keys = [key.wire for key in table.schema.keys]
    items = Items(database.session, table)
    out.write(f'\n{{"name": {json.dumps(table.name)}, "key": {json.dumps(keys)}, "items": [')
    digest = hashlib.sha256(_heading(created, table.name, keys))
    count = 0
    async for page in items.pages():
        for item in page:
            text = _line(to_json(item))
            out.write(f"{',' * bool(count)}\n{text}")
            digest.update(text.encode())
            count += 1
        if progress is not None:
            progress(Progress(table.name, count))
    out.write(f'\n], "count": {count}, "sha256": "{digest.hexdigest()}"}}')
    return count


def _read_table(content: object, where: str, table: ModelsOfTable, created: str) -> BackupTable:
    content = _object(content, where, "key", "items", "count", "sha256")
    keys = [key.wire for key in table.schema.keys]
    if content["key"] != keys:
        raise InvalidItem(
            f"{where}: its key is {content['key']}, and the model's {keys}; nothing was written"
        )
    rows = _list(content["items"], f"{where}: items")
    digest = hashlib.sha256(_heading(created, table.name, keys))
    for row in rows:
        # Half a surrogate pair is refused below, with its place.
        digest.update(_line(row).encode(errors="surrogatepass"))
    if content["count"] != len(rows) or content["sha256"] != digest.hexdigest():
        raise StoreDamaged(
            f"{where}: it was cut or altered: it says that it has {content['count']} items with "
            f"the checksum {content['sha256']}, and has {len(rows)} with {digest.hexdigest()}"
        )
    items: list[dict[str, Any]] = []
    problems: list[str] = []
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows):
        try:
            item = from_json(row)
        except EngineError as error:
            problems.append(f"items[{number}]: {error.message}")
            continue
        except ValueError as error:
            problems.append(f"items[{number}]: {error}")
            continue
        why = table.unreadable(item)
        if why is not None:
            problems.append(f"items[{number}]: {why}")
            continue
        key = identity({name: item[name] for name in keys})
        first = seen.setdefault(key, number)
        if first != number:
            problems.append(f"items[{number}]: its key is that of items[{first}] already")
        items.append(item)
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise InvalidItem(f"{where}: {'; '.join(problems[:_SHOWN])}{more}; nothing was written")
    return BackupTable(table, tuple(items), len(items))


def _heading(created: str, table: str, keys: Sequence[str]) -> bytes:
    """Return what a table's checksum covers besides the items."""
    return _line([created, table, keys]).encode(errors="surrogatepass")


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _object(value: object, where: str, *names: str) -> dict[str, object]:
    content = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    missing = [name for name in names if name not in content]
    if missing:
        there = ", ".join(content) or "no names"
        raise StoreDamaged(f"{where}: it lacks {', '.join(missing)}; it has {there}")
    return content


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise StoreDamaged(f"{where}: a list belongs here, not {type(value).__name__}")
    return cast("list[object]", value)


def _text(content: object, name: str, where: str) -> str:
    value = cast("dict[str, object]", content)[name]
    if not isinstance(value, str):
        raise StoreDamaged(f"{where}: {name} is text, not {type(value).__name__}")
    return value
