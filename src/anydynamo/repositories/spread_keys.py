"""Expressions that use a partition key that is spread over shards: DynamoDB sees what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pynamodb.expressions.condition import And, Condition, Exists, Not, NotExists, Or
from pynamodb.expressions.update import Action

from anydynamo.errors import InvalidRequest
from anydynamo.repositories.placeholders import top_level_paths

if TYPE_CHECKING:
    from anydynamo.repositories.shards import ShardedTable

__all__ = ["check_spread"]


def check_spread(table: ShardedTable | None, expression: object, *, key: bool = False) -> None:
    """Refuse an expression that compares or copies a spread partition key.

    DynamoDB takes what is stored, which has the shard's number at its end.

    Args:
        table: How the table is spread; None if it is not.
        expression: A condition, a filter, or an action of an update.
        key: Whether it is a condition on an index's sort key; a query may ask for equality there,
            which goes to each shard.

    Raises:
        InvalidRequest: It does.
    """
    if table is None:
        return
    todo: list[Any] = [expression]
    while todo:
        part = todo.pop()
        if isinstance(part, And | Or | Not):
            todo += cast("Any", part).values
        elif not isinstance(part, Condition | Action) or isinstance(part, Exists | NotExists):
            # What is neither is refused elsewhere.
            continue
        elif key and getattr(part, "operator", "") == "=":
            continue
        elif table.hash_key in top_level_paths(part):
            raise InvalidRequest(
                f"{table.hash_key!r} is spread over {table.shards} shards, so no condition, filter "
                "or update can use it: DynamoDB takes what is stored, with the shard's number at "
                "its end. Give the partition key as a key, or use an attribute that holds the same"
            )
