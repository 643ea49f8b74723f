"""Query: one range of one partition, of a table or an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.legacy import key_conditions
from anydynamo.engine.reads.pages import prepare_walk
from anydynamo.engine.reads.ranges import KeyRange, condition_range, cursor_key
from anydynamo.engine.values.keys import after

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.expressions import Condition
    from anydynamo.engine.layout import Index, Table
    from anydynamo.engine.store import Reader

__all__ = ["query"]


def query(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Read one page of a partition, in the order of the sort key.

    Raises:
        EngineError: The request is not valid.
    """
    bound = Expressions(request, ("KeyConditionExpression", "FilterExpression"))
    condition = bound.key_condition("KeyConditionExpression") or key_conditions(request)
    walk = prepare_walk(request, bound)
    if condition is None:
        raise validation(texts.walks.NO_KEY_CONDITION)
    bound.finish()
    reverse = request.get("ScanIndexForward") is False
    filter_name = "QueryFilter" if request.get("QueryFilter") else texts.walks.FILTER_EXPRESSION

    def work(reader: Reader) -> dict[str, Any]:
        table, index = walk.open(reader, now)
        keys = condition_range(table, index, condition)
        if walk.filter is not None:
            _check_filter(table, index, walk.filter, filter_name)
        if walk.start is not None:
            keys = _resume(keys, cursor_key(table, index, walk.start), table, index, reverse)
        page = walk.page(reader, table, index, keys, reverse=reverse)
        if _holds_one_item(table, index):
            # The page has it all, and a key to continue from would be refused by `_resume`.
            page.pop("LastEvaluatedKey", None)
        return page

    return work


def _holds_one_item(table: Table, index: Index | None) -> bool:
    return index is None and table.range_key is None


def _check_filter(table: Table, index: Index | None, condition: Condition, name: str) -> None:
    for attribute in table.keys if index is None else index.keys:
        if attribute.name in condition.top_level_names:
            raise validation(texts.walks.KEY_IN_FILTER, name=name, attribute=attribute.name)


def _resume(
    keys: KeyRange, cursor: bytes, table: Table, index: Index | None, reverse: bool
) -> KeyRange:
    if _holds_one_item(table, index) or not cursor.startswith(keys.prefix):
        # A partition of a table without a sort key holds one item: nothing can come after it.
        raise validation(texts.walks.START_OUTSIDE_OF_QUERY)
    if cursor not in keys:
        raise validation(texts.walks.START_OUTSIDE_OF_RANGE)
    if reverse:
        return KeyRange(keys.start, cursor, keys.prefix)
    return KeyRange(after(cursor), keys.end, keys.prefix)
