"""Bring an existing JSON file of reports into the table of reports.

The file holds a list of objects, or `{"reports": [...]}`, each with the names that the table has.
Each report is dealt with by itself: what is in order is stored, and what is not is reported with
its place, so that a file can be corrected and imported again. A second run finds what is there
already and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from anydynamo.catalog.k9.models import Report
from anydynamo.errors import AlreadyExists, InvalidItem, InvalidRequest, StoreDamaged
from anydynamo.operations.sources import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from anydynamo.database import Database

__all__ = ["Imported", "Problem", "import_reports"]

_NAMES = tuple(Report.get_attributes())  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportUnknownVariableType]
_NEEDED = ("id", "user_id", "title")


@dataclass(frozen=True, slots=True)
class Problem:
    """A report that was not imported.

    Attributes:
        position: Its place in the list, from 0.
        id: Its id, where it has one.
        reason: What is wrong.
    """

    position: int
    id: str | None
    reason: str

    def __str__(self) -> str:
        named = "" if self.id is None else f" ({self.id!r})"
        return f"[{self.position}]{named}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file of reports.

    Attributes:
        file: The file's name.
        found: How many reports it has.
        created: How many were stored.
        unchanged: How many stood in the table already, as the file has them.
        problems: What was not imported, and why, in the file's order.
    """

    file: str
    found: int
    created: int
    unchanged: int
    problems: tuple[Problem, ...]

    @property
    def complete(self) -> bool:
        """Whether every report of the file is in the table now."""
        return not self.problems


async def import_reports(database: Database, file: Traversable) -> Imported:
    """Store the reports of a JSON file that are not there yet.

    Nothing is overwritten. Moments without an offset are taken as UTC. `created_at` is the time of
    the import where the file has none, and `updated_at` always.

    Args:
        database: Where to; its tables are there.
        file: The file: a `Path`, or part of a package.

    Returns:
        What was done, and what could not be.

    Raises:
        ConfigurationError: There is no such file, or it may not be read.
        StoreDamaged: It is no JSON, or holds no list of reports. Nothing was written.
    """
    name = file.name
    rows = _rows(read_json(file, name), name)
    problems: list[Problem] = []
    created = unchanged = 0
    places: dict[str, int] = {}
    for position, row in enumerate(rows):
        try:
            fields = _fields(row)
            report = Report(**fields)
            first = places.setdefault(report.id, position)
            if first != position:
                raise InvalidItem(f"the id is that of [{first}] already")
            if await _store(database, report, fields):
                created += 1
            else:
                unchanged += 1
        except InvalidRequest as error:
            problems.append(Problem(position, _id(row), str(error)))
    return Imported(name, len(rows), created, unchanged, tuple(problems))


async def _store(database: Database, report: Report, fields: Mapping[str, Any]) -> bool:
    """Store a report; tell whether it was not there yet, just as the file has it.

    Raises:
        InvalidItem: There is another report under its id, somebody's.
    """
    # When it was last written is when it is imported.
    wanted = {name: getattr(report, name) for name in fields if name != "updated_at"}
    own = database.repository(Report).scoped(Report.user_id, report.user_id)
    try:
        await own.create(report)
    except AlreadyExists as error:
        there = error.current
        if there is None or any(getattr(there, name) != wanted[name] for name in wanted):
            raise InvalidItem(
                "there is another report under this id in the table, which was left as it is"
            ) from None
        return False
    return True


def _rows(content: object, name: str) -> list[object]:
    if isinstance(content, dict):
        content = cast("dict[str, object]", content).get("reports")
    if not isinstance(content, list):
        raise StoreDamaged(f'{name}: expected a list of reports, or an object with one: "reports"')
    return cast("list[object]", content)


def _fields(row: object) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise InvalidItem(f"expected an object, and found {type(row).__name__}")
    fields = cast("dict[str, Any]", row)
    missing = [name for name in _NEEDED if fields.get(name) is None]
    if missing:
        raise InvalidItem(f"it lacks {', '.join(missing)}; it has {', '.join(fields) or 'nothing'}")
    unknown = [name for name in fields if name not in _NAMES]
    if unknown:
        raise InvalidItem(
            f"a report has no {', '.join(map(repr, unknown))}; it has {', '.join(_NAMES)}"
        )
    return fields


def _id(row: object) -> str | None:
    found = cast("dict[str, object]", row).get("id") if isinstance(row, dict) else None
    return found if isinstance(found, str) else None
