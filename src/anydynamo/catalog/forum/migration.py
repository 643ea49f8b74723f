"""Move the forum's JSON files into any provider, and make sure that all of them arrived.

The folder has one file for each table, `users/db.json`, `threads/db.json` and `posts/db.json`, that
holds `{"users": [...]}` or the bare list. All three are read and checked before anything is
written.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from anydynamo.catalog.forum.models import MODELS
from anydynamo.catalog.forum.records import key_of, key_text, load
from anydynamo.errors import (
    InvalidItem,
    InvalidRequest,
    ServiceFault,
    StoreDamaged,
    UniqueViolation,
)
from anydynamo.models.schema import schema_of
from anydynamo.operations.progress import Progress
from anydynamo.operations.sources import read_json
from anydynamo.sync import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.resources.abc import Traversable

    from anydynamo.database import Database as AsyncDatabase
    from anydynamo.models.table import Table
    from anydynamo.sync import Repository

__all__ = ["Migrated", "Source", "migrate", "read_files", "sample_files"]

_CHUNK = 100
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Source:
    """One table's file, read and checked.

    Attributes:
        model: The table.
        file: The file's name in the folder, such as `users/db.json`.
        items: What it holds, in its order.
    """

    model: type[Table]
    file: str
    items: tuple[Table, ...]

    @property
    def name(self) -> str:
        """The table's name."""
        return schema_of(self.model).table_name


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of one file.

    Attributes:
        name: The table's name.
        file: The file's name in the folder.
        found: How many items the file has.
        written: How many were written.
        unchanged: How many stood in the table already, the same as in the file.
        kept: How many stood there with other content and were left as they are.
        verified: How many of the file's items were found in the table afterwards, as they are in
            the file; with `kept` it comes to `found`.
    """

    name: str
    file: str
    found: int
    written: int
    unchanged: int
    kept: int
    verified: int


def sample_files() -> Traversable:
    """Give the folder of sample files that comes with the package."""
    return files("anydynamo.catalog.forum") / "data"


def read_files(folder: Traversable) -> tuple[Source, ...]:
    """Read and check the three files, and write nothing.

    Raises:
        ConfigurationError: A file is absent, or may not be read.
        StoreDamaged: A file is not JSON, or not a list of objects under its table's name.
        InvalidItem: An item lacks an attribute, has one of the wrong type, is larger than DynamoDB
            takes, or has the key of another. The message names file and place of each, or of the
            first few.
    """
    problems: list[str] = []
    # What memory refuses DynamoDB would refuse too, in the middle of the migration.
    with Database.open("memory://") as rehearsal:
        rehearsal.create_tables(MODELS)
        sources = tuple(
            [_read(model, folder, rehearsal.repository(model), problems) for model in MODELS]
        )
    if problems:
        more = len(problems) - _SHOWN
        rest = [f"and {more} more"] if more > 0 else []
        raise InvalidItem("; ".join([*problems[:_SHOWN], *rest]))
    return sources


async def migrate(
    database: AsyncDatabase,
    folder: Traversable,
    *,
    replace: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Migrated, ...]:
    """Migrate the forum's files, creating the tables where they are absent.

    A second run finds everything in place and writes nothing. Nobody else should write to the
    tables meanwhile: an item that appears between looking and writing is overwritten.

    Args:
        database: Where to.
        folder: The folder with the files: a `Path`, or part of a package.
        replace: Overwrite items that stand there with other content; they are kept otherwise.
        progress: Is told how far each table is.

    Returns:
        What became of each file.

    Raises:
        ConfigurationError: A file is absent, or may not be read; nothing was written.
        StoreDamaged: A file is damaged; nothing was written.
        InvalidItem: An item is incomplete, wrong or there twice, or two users have one e-mail
            address; nothing was written.
        UniqueViolation: Somebody in the table has a user's address; some may be written.
        ServiceFault: An item was written and is not there afterwards.
    """
    sources = read_files(folder)
    await database.create_tables(MODELS)
    return tuple([await _fill(database, source, replace, progress) for source in sources])


def _read(
    model: type[Table], folder: Traversable, rehearsal: Repository[Any], problems: list[str]
) -> Source:
    name = schema_of(model).table_name
    file = f"{name}/db.json"
    rows, place = _rows(read_json(folder / name / "db.json", file), name, file)
    items: list[Table] = []
    seen: dict[object, str] = {}
    for number, row in enumerate(rows):
        where = f"{place}[{number}]"
        try:
            item = _checked(model, row)
            rehearsal.put(item)
        except (InvalidRequest, UniqueViolation) as error:
            problems.append(f"{where}: {error}")
            continue
        first = seen.setdefault(key_of(item), where)
        if first is not where:
            problems.append(f"{where}: the key {key_text(item)} is that of {first} already")
        items.append(item)
    return Source(model, file, tuple(items))


async def _fill(
    database: AsyncDatabase,
    source: Source,
    replace: bool,
    progress: Callable[[Progress], None] | None,
) -> Migrated:
    repository = database.repository(source.model)
    total = len(source.items)
    written = unchanged = kept = verified = 0
    for start in range(0, total, _CHUNK):
        chunk = source.items[start : start + _CHUNK]
        keys = [key_of(item) for item in chunk]
        before = await _standing(repository, keys)
        fresh = [item for item in chunk if key_of(item) not in before]
        same = [item for item in chunk if before.get(key_of(item)) == item]
        other = len(chunk) - len(fresh) - len(same)
        if replace:
            fresh = [item for item in chunk if before.get(key_of(item)) != item]
        else:
            kept += other
        await repository.put_many(fresh)
        after = await _standing(repository, keys)
        arrived = sum(after.get(key_of(item)) == item for item in chunk)
        if arrived + (0 if replace else other) != len(chunk):
            lost = [key_text(item) for item in fresh if after.get(key_of(item)) != item]
            raise ServiceFault(
                f"{source.file}: {len(lost)} items were written to {source.name} and are not "
                f"there as written: {', '.join(lost[:_SHOWN])}"
            )
        written += len(fresh)
        unchanged += len(same)
        verified += arrived
        if progress is not None:
            progress(Progress(source.name, start + len(chunk), total))
    return Migrated(source.name, source.file, total, written, unchanged, kept, verified)


async def _standing(repository: Any, keys: Sequence[object]) -> dict[object, Table]:
    found = await repository.get_many(keys, consistent=True)
    return {key_of(item): item for item in found}


def _rows(content: object, name: str, file: str) -> tuple[list[object], str]:
    if isinstance(content, dict):
        table = cast("dict[str, object]", content)
        if not isinstance(table.get(name), list):
            there = ", ".join(map(repr, table)) or "nothing"
            raise StoreDamaged(f'{file}: there is no list under "{name}"; it has {there}')
        return cast("list[object]", table[name]), f"{file}: {name}"
    if isinstance(content, list):
        return cast("list[object]", content), f"{file}: "
    raise StoreDamaged(
        f'{file}: expected a list, or an object with the list under "{name}", and found '
        f"{type(content).__name__}"
    )


def _checked(model: type[Table], row: object) -> Table:
    if not isinstance(row, dict):
        raise InvalidItem(f"expected an object, and found {type(row).__name__}")
    return load(model, cast("dict[str, Any]", row), complete=True)
