"""Scan: a whole table or index, or one segment of it, in the order of the partitions' hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.reads.pages import prepare_walk
from anydynamo.engine.reads.ranges import KeyRange, cursor_key
from anydynamo.engine.values.keys import after, segment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.store import Reader

__all__ = ["scan"]


def scan(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Read one page of a table or an index.

    Raises:
        EngineError: The request is not valid.
    """
    bound = Expressions(request, ("FilterExpression",))
    walk = prepare_walk(request, bound)
    bound.finish()
    number, total = _segment(request)
    whole = KeyRange(*segment(number, total))

    def work(reader: Reader) -> dict[str, Any]:
        table, index = walk.open(reader, now)
        keys = whole
        if walk.start is not None:
            cursor = cursor_key(table, index, walk.start, miscounted=texts.walks.MISMATCHED_START)
            if cursor not in whole:
                raise validation(texts.walks.START_OF_OTHER_SEGMENT, total=total, number=number)
            keys = KeyRange(after(cursor), whole.end)
        return walk.page(reader, table, index, keys)

    return work


def _segment(request: Mapping[str, Any]) -> tuple[int, int]:
    number, total = request.get("Segment"), request.get("TotalSegments")
    if number is None and total is None:
        return 0, 1
    if total is None:
        raise validation(texts.walks.TOTAL_SEGMENTS_MISSING)
    if number is None:
        raise validation(texts.walks.SEGMENT_MISSING)
    if number >= total:
        raise validation(texts.walks.SEGMENT_TOO_LARGE, number=number, total=total)
    return number, total
