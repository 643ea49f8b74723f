"""Scan: a whole table or index, or one segment of it, in the order of the partitions' hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine.errors import validation
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.keys import after, segment
from anydynamo.engine.pages import prepare_walk
from anydynamo.engine.ranges import MISMATCHED_START, KeyRange, cursor_key

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
            cursor = cursor_key(table, index, walk.start, miscounted=MISMATCHED_START)
            if cursor not in whole:
                raise validation(
                    "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use"
                    f" ExclusiveStartKey with correct Segment. TotalSegments: {total} Segment:"
                    f" {number}"
                )
            keys = KeyRange(after(cursor), whole.end)
        return walk.page(reader, table, index, keys)

    return work


def _segment(request: Mapping[str, Any]) -> tuple[int, int]:
    number, total = request.get("Segment"), request.get("TotalSegments")
    if number is None and total is None:
        return 0, 1
    if total is None:
        raise validation(
            "The TotalSegments parameter is required but was not present in the request when"
            " Segment parameter is present"
        )
    if number is None:
        raise validation(
            "The Segment parameter is required but was not present in the request when parameter"
            " TotalSegments is present"
        )
    if number >= total:
        raise validation(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments:"
            f" Segment: {number} is not less than TotalSegments: {total}"
        )
    return number, total
