"""SELECT: one page of a statement's items, or the one item that a batch or transaction reads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions.paths import DocumentPath, reader
from anydynamo.engine.items.access import find_named_table, primary_key
from anydynamo.engine.layout import size_of, unpack
from anydynamo.engine.partiql.planner import item_key, plan
from anydynamo.engine.reads.pages import Walk
from anydynamo.engine.reads.ranges import KeyRange, cursor_key
from anydynamo.engine.values.keys import after

if TYPE_CHECKING:
    from collections.abc import Callable

    from anydynamo.engine.expressions.evaluators import Values
    from anydynamo.engine.layout import Index, Table
    from anydynamo.engine.partiql.planner import Plan
    from anydynamo.engine.partiql.statements import Select
    from anydynamo.engine.store import Reader
    from anydynamo.engine.values.values import AttributeValue, Item

__all__ = ["One", "read_one", "read_page"]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a SELECT.

    A path's column is named by its last attribute, with the indexes that follow it: `b[0]` for
    `a.b[0]`. The last of several columns of one name is the one that is returned.

    Attributes:
        top_level_names: The attributes that they read.
        readers: What finds each column's value.
    """

    top_level_names: frozenset[str]
    readers: tuple[tuple[str, Callable[[Item], AttributeValue | None]], ...]

    @property
    def effort(self) -> int:
        """How many values they are looked for."""
        return len(self.readers)

    def apply(self, item: Item) -> Item:
        """Return the columns of an item; those that it lacks are missing."""
        return {name: value for name, read in self.readers if (value := read(item)) is not None}


def _columns(select: Select) -> Columns | None:
    if select.columns is None:
        return None
    return Columns(
        frozenset(str(path[0]) for path in select.columns),
        tuple((_column_name(path), reader(path)) for path in select.columns),
    )


def _column_name(path: DocumentPath) -> str:
    last = max(place for place, element in enumerate(path) if isinstance(element, str))
    return f"{path[last]}{''.join(f'[{index}]' for index in path[last + 1 :])}"


def read_page(
    source: Reader,
    select: Select,
    values: Values,
    now: Callable[[], float],
    *,
    limit: int | None,
    consistent: bool,
    start: Item | None,
    mode: str | None,
) -> dict[str, Any]:
    """Evaluate one page, and answer as a Query or Scan would.

    Raises:
        EngineError: A ResourceNotFoundException or a ValidationException.
    """
    walk = Walk(
        table=select.table,
        index=select.index,
        select=None,
        limit=limit,
        consistent=consistent,
        start=start,
        filter=None if select.where is None else select.where.bind(values),
        projection=_columns(select),
        mode=mode,
    )
    table = find_named_table(source, select.table, now)
    index = walk.index_of(table, now)
    _check_filter(index, select)
    planned = plan(table, index, select, values)
    space = table.items if index is None else index.space
    page = walk.collect(
        source,
        table,
        index,
        chain.from_iterable(
            source.scan(space, start=keys.start, end=keys.end, reverse=planned.reverse)
            for keys in _remaining(table, index, planned, start)
        ),
    )
    if planned.single:
        page.pop("LastEvaluatedKey", None)
    return page


def _check_filter(index: Index | None, select: Select) -> None:
    """Refuse a condition on what an index does not hold: its entries are all that is evaluated."""
    if index is None or index.projected is None or select.where is None:
        return
    missing = select.where.compiled.top_level_names - index.projected
    if missing:
        raise validation(
            texts.statements.FILTER_NOT_PROJECTED,
            index=index.name,
            missing=", ".join(sorted(missing)),
        )


def _remaining(
    table: Table, index: Index | None, planned: Plan, start: Item | None
) -> tuple[KeyRange, ...]:
    if start is None:
        return planned.ranges
    cursor = cursor_key(table, index, start)
    for number, keys in enumerate(planned.ranges):
        if cursor in keys:
            first = (
                KeyRange(keys.start, cursor, keys.prefix)
                if planned.reverse
                else KeyRange(after(cursor), keys.end, keys.prefix)
            )
            return (first, *planned.ranges[number + 1 :])
    raise validation(texts.statements.TOKEN_OF_ANOTHER_REQUEST)


class One(NamedTuple):
    """One item, or none.

    Attributes:
        table: The table.
        key: The key that was looked for, as it is stored.
        item: Its columns; None if there is none that fulfils the condition.
        size: The size of what was read.
    """

    table: Table
    key: bytes
    item: Item | None
    size: int


def read_one(
    source: Reader, select: Select, values: Values, operation: str, now: Callable[[], float]
) -> One:
    """Read the one item that a SELECT of a batch or a transaction is about.

    Raises:
        EngineError: A ResourceNotFoundException or a ValidationException; the statement may find
            more than one item.
    """
    table = find_named_table(source, select.table, now)
    key = None if select.index is not None else item_key(table, select.where, values)
    if key is None or select.where is None:
        raise validation(texts.statements.SELECT_WITHOUT_KEY, operation=operation)
    condition, columns = select.where.bind(values), _columns(select)
    stored = primary_key(table, key)
    raw = source.get(table.items, stored)
    if raw is None:
        return One(table, stored, None, 0)
    item = unpack(raw)
    if not condition.evaluate(item):
        return One(table, stored, None, size_of(raw))
    found = item if columns is None else columns.apply(item)
    return One(table, stored, found, size_of(raw))
