"""Tell whether tables are what their models declare, and whether all items in them can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anydynamo.engine.values import item_size
from anydynamo.errors import InvalidRequest, TableNotFound
from anydynamo.models.codec import codec_of
from anydynamo.models.schema import schema_of
from anydynamo.operations.items import Items
from anydynamo.operations.progress import Progress
from anydynamo.tables import differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pynamodb.models import Model

    from anydynamo.database import Database

__all__ = ["Unreadable", "VerifiedTable", "unreadable", "verify"]

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
    """

    name: str
    table: str
    present: bool = False
    differences: tuple[str, ...] = ()
    items: int = 0
    size: int = 0
    unreadable: tuple[Unreadable, ...] = ()
    unreadable_items: int = 0

    @property
    def ok(self) -> bool:
        """Whether the table is there, as declared, with items that can all be read."""
        return self.present and not self.differences and not self.unreadable_items


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
    by_table: dict[str, list[type[Model]]] = {}
    for model in models:
        by_table.setdefault(schema_of(model).table_name, []).append(model)
    return tuple([await _verify(database, several, progress) for several in by_table.values()])


def unreadable(item: Mapping[str, Any], models: Sequence[type[Model]]) -> str | None:
    """Return why none of a table's models can read an item; None if one of them can."""
    why: str | None = None
    for model in models:
        codec = codec_of(model)
        try:
            codec.decode(item)
            codec.key_in(item)
        except InvalidRequest as error:
            why = str(error)
        else:
            return None
    return why


async def _verify(
    database: Database,
    models: Sequence[type[Model]],
    progress: Callable[[Progress], None] | None,
) -> VerifiedTable:
    session = database.session
    schema = schema_of(models[0])
    table = session.table(schema)
    try:
        response = await session.call("DescribeTable", {"TableName": table})
    except TableNotFound:
        return VerifiedTable(schema.table_name, table)
    place = Items(session, table, [key.wire for key in schema.keys])
    count = size = failed = 0
    shown: list[Unreadable] = []
    async for page in place.pages():
        for item in page:
            count += 1
            size += item_size(item)
            why = unreadable(item, models)
            if why is not None:
                failed += 1
                if len(shown) < _SHOWN:
                    shown.append(Unreadable(place.key(item), why))
        if progress is not None:
            progress(Progress(schema.table_name, count))
    return VerifiedTable(
        schema.table_name,
        table,
        present=True,
        differences=tuple(differences(schema, response["Table"])),
        items=count,
        size=size,
        unreadable=tuple(shown),
        unreadable_items=failed,
    )
