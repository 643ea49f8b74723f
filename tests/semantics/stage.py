"""Where the engine's law is shown: a client with three tables, and short ways to ask."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import (
    AnyDynamoError,
    TransactionCancelled,
)
from anydynamo.testing.contracts.client import (
    Client,
    Item,
    L,
    M,
    N,
    S,
)

__all__ = ["KEY", "Engine", "bound", "updating", "wrapped"]

KEY = {"pk": S("a")}


class Engine(Client):
    """A client with tables that most lines can be shown on, and a clock that tests turn."""

    now = 1_700_000_000.0

    async def invalid(self, says: str, operation: str, **request: Any) -> AnyDynamoError:
        """Carry out an operation that must get a ValidationException."""
        with pytest.raises(AnyDynamoError) as caught:
            await self(operation, **request)
        assert caught.value.code == "ValidationException", caught.value
        assert says in str(caught.value), caught.value
        return caught.value

    async def holds(self, condition: str, item: Item | None, **values: Item) -> bool:
        """Tell whether a stored item, or the lack of one, fulfils a condition."""
        await self("DeleteItem", TableName="tab", Key=KEY)
        if item is not None:
            await self.put("tab", {**KEY, **item})
        request: dict[str, Any] = {"TableName": "tab", "Key": KEY, "ConditionExpression": condition}
        if values:
            request["ExpressionAttributeValues"] = bound(values)
        try:
            await self("TransactWriteItems", TransactItems=[{"ConditionCheck": request}])
        except TransactionCancelled:
            return False
        return True

    async def senseless(self, says: str, condition: str, **values: Item) -> None:
        """Ask a condition that must be refused, of an item that is not there."""
        request: dict[str, Any] = {"ConditionExpression": condition}
        if values:
            request["ExpressionAttributeValues"] = bound(values)
        await self.invalid(says, "DeleteItem", TableName="tab", Key={"pk": S("none")}, **request)

    async def update(self, expression: str, item: Item | None = None, **values: Item) -> Item:
        """Store an item, update it, and return all of it but its key."""
        if item is not None:
            await self.put("tab", {**KEY, **item})
        await self("UpdateItem", **updating(expression, values))
        found = await self.get("tab", **KEY)
        assert found is not None
        return {name: value for name, value in found.items() if name != "pk"}

    async def futile(self, says: str, expression: str, item: Item, **values: Item) -> None:
        """Try an update that must be refused, and see that nothing has changed."""
        before = {**KEY, **item}
        await self.put("tab", before)
        await self.invalid(says, "UpdateItem", **updating(expression, values))
        assert await self.get("tab", **KEY) == before


def bound(values: dict[str, Item]) -> dict[str, Item]:
    return {f":{name}": value for name, value in values.items()}


def updating(expression: str, values: dict[str, Item], **options: Any) -> dict[str, Any]:
    request = {"TableName": "tab", "Key": KEY, "UpdateExpression": expression, **options}
    if values:
        request["ExpressionAttributeValues"] = bound(values)
    return request


def wrapped(times: int, kind: str = "L") -> Item:
    value: Item = N(1)
    for _ in range(times):
        value = L(value) if kind == "L" else M(a=value)
    return value
