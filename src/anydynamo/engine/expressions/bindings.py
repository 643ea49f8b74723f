"""The expressions of one request, bound to its names and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anydynamo.engine.expressions.conditions import Condition
    from anydynamo.engine.expressions.keyconditions import KeyCondition
    from anydynamo.engine.expressions.projections import Projection
    from anydynamo.engine.expressions.updates import Update

__all__ = ["Expressions"]


class Expressions:
    """The expressions of one request, or of one action of a transaction.

    Make it, bind each expression that the operation takes, in DynamoDB's order (update, condition;
    key condition, filter, projection), then `finish`.
    """

    def __init__(self, request: Mapping[str, Any], allowed: Sequence[str] = ()) -> None:
        """Check `ExpressionAttributeNames` and `ExpressionAttributeValues`, and copy the values.

        Args:
            request: The request, or the transaction's action.
            allowed: The operation's expression parameters that take values, in DynamoDB's order;
                they are named in the error if values were given without any expression.
        """
        raise NotImplementedError

    def condition(self, parameter: str) -> Condition | None:
        """Bind a ConditionExpression or FilterExpression; None if the request has none."""
        raise NotImplementedError

    def update(self, parameter: str = "UpdateExpression") -> Update | None:
        """Bind an UpdateExpression; None if the request has none."""
        raise NotImplementedError

    def projection(self, parameter: str = "ProjectionExpression") -> Projection | None:
        """Bind a ProjectionExpression; None if the request has none."""
        raise NotImplementedError

    def key_condition(self, parameter: str = "KeyConditionExpression") -> KeyCondition | None:
        """Bind a KeyConditionExpression; None if the request has none."""
        raise NotImplementedError

    def finish(self) -> None:
        """Refuse names and values that no bound expression used."""
        raise NotImplementedError
