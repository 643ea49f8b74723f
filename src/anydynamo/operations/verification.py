"""Tell whether tables are what their models declare, and whether all items in them can be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anydynamo.engine.values.values import item_size
from anydynamo.errors import TableNotFound
from anydynamo.operations.items import Items, tables_of
from anydynamo.operations.progress import Progress
from anydynamo.repositories.unique_check import UniqueReport
from anydynamo.tables import differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pynamodb.models import Model

    from anydynamo.database import Database
    from anydynamo.operations.items import ModelsOfTable

__all__ = ["Unreadable", "VerifiedTable", "verify"]

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that none of its table's models can read.

    Attributes:
        key: Its key in DynamoDB's JSON.
        why: What does not fit.
    """

    key: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class VerifiedTable:
    """What `verify` found of one table.

    Attributes:
        name: The table's name, as its model says it.
        table: Its real name.
        present: Whether it is there.
        differences: In words, where it differs from the model.
        items: How many items it has, hidden ones included.
        size: How many bytes they are to DynamoDB.
        unreadable: The first twenty items that do not fit the model.
        unreadable_items: How many do not fit in all.
        unique: Whether unique values are held as the items have them;
            `Repository.rebuild_unique` mends what can be mended.
    """

    name: str
    table: str
    present: bool = False
    differences: tuple[str, ...] = ()
    items: int = 0
    size: int = 0
    unreadable: tuple[Unreadable, ...] = ()
    unreadable_items: int = 0
    unique: UniqueReport = field(default_factory=UniqueReport)

    @property
    def ok(self) -> bool:
        """Whether the table is there, as declared, with items that can all be read."""
        wrong = self.differences or self.unreadable_items
        return self.present and not wrong and self.unique.ok


async def verify(
    database: Database,
    models: Iterable[type[Model]],
    *,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[VerifiedTable, ...]:
    """Look at tables and at every item in them, and change nothing.

    It reads each table whole, by consistent reads.

    Args:
        database: Where the tables are.
        models: Their models; an item is readable if one of its table's models can read it.
        progress: Is told how far each table is.

    Returns:
        One report for each table, in the models' order.
    """
    return tuple([await _verify(database, one, progress) for one in tables_of(models)])


async def _verify(
    database: Database,
    table: ModelsOfTable,
    progress: Callable[[Progress], None] | None,
) -> VerifiedTable:
    place = Items(database.session, table)
    try:
        response = await database.session.call("DescribeTable", {"TableName": place.table})
    except TableNotFound:
        return VerifiedTable(table.name, place.table)
    count = size = failed = 0
    shown: list[Unreadable] = []
    async for page in place.pages():
        for item in page:
            count += 1
            size += item_size(item)
            why = table.unreadable(item)
            if why is not None:
                failed += 1
                if len(shown) < _SHOWN:
                    shown.append(Unreadable(place.key(item), why))
        if progress is not None:
            progress(Progress(table.name, count))
    described = response["Table"]
    found = [one for schema in table.schemas for one in differences(schema, described)]
    unique = [await database.repository(model).check_unique() for model in table.unique]
    return VerifiedTable(
        table.name,
        place.table,
        present=True,
        differences=tuple(dict.fromkeys(found)),
        items=count,
        size=size,
        unreadable=tuple(shown),
        unreadable_items=failed,
        unique=_together(unique),
    )


def _together(reports: Sequence[UniqueReport]) -> UniqueReport:
    """Put together what was found of several models' unique values."""
    return UniqueReport(
        max((one.items for one in reports), default=0),
        sum(one.values for one in reports),
        sum(one.missing for one in reports),
        sum(one.stray for one in reports),
        tuple(twice for one in reports for twice in one.duplicates),
    )
