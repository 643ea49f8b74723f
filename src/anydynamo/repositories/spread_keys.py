"""Conditions on a partition key that is spread over shards, which DynamoDB cannot compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pynamodb.expressions.condition import And, Condition, Exists, Not, NotExists, Or

from anydynamo.errors import InvalidRequest
from anydynamo.repositories.placeholders import top_level_paths

if TYPE_CHECKING:
    from anydynamo.repositories.shards import ShardedTable

__all__ = ["check_spread"]


def check_spread(table: ShardedTable | None, condition: object, *, key: bool = False) -> None:
    """Refuse a condition that compares a spread partition key.

    DynamoDB compares what is stored, which has the shard's number at its end.

    Args:
        table: How the table is spread; None if it is not.
        condition: A condition or a filter.
        key: Whether it is a condition on an index's sort key; a query may ask for equality there,
            which goes to each shard.

    Raises:
        InvalidRequest: It does.
    """
    if table is None:
        return
    todo: list[Any] = [condition]
    while todo:
        part = todo.pop()
        if isinstance(part, And | Or | Not):
            todo += cast("Any", part).values
        elif not isinstance(part, Condition) or isinstance(part, Exists | NotExists):
            # What is no condition is refused elsewhere.
            continue
        elif key and part.operator == "=":
            continue
        elif table.hash_key in top_level_paths(part):
            raise InvalidRequest(
                f"{table.hash_key!r} is spread over {table.shards} shards, so no condition or "
                "filter can compare it: DynamoDB compares what is stored, with the shard's number "
                "at its end. Give the partition key as a key, or compare an attribute that holds "
                "the same"
            )
