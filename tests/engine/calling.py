"""An engine over a memory store, called as a function, with a clock that tests turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.behaviour import Behaviour
from anydynamo.errors import AnyDynamoError
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from anydynamo.engine.store import Reader

ALL = {"ProjectionType": "ALL"}
KEYS_ONLY = {"ProjectionType": "KEYS_ONLY"}


def S(text: str) -> dict[str, Any]:  # noqa: N802 - DynamoDB's own name
    return {"S": text}


def N(number: object) -> dict[str, Any]:  # noqa: N802 - DynamoDB's own name
    return {"N": str(number)}


def B(octets: bytes) -> dict[str, Any]:  # noqa: N802 - DynamoDB's own name
    return {"B": octets}


def including(*names: str) -> dict[str, Any]:
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(names)}


def schema(*keys: str) -> list[dict[str, str]]:
    """Write a key schema: `schema("a", "b")` or, several a side, `schema("a", "b", "/", "c")`."""
    if "/" in keys:
        cut = keys.index("/")
        hashes, ranges = keys[:cut], keys[cut + 1 :]
    else:
        hashes, ranges = keys[:1], keys[1:]
    return [{"AttributeName": name, "KeyType": "HASH"} for name in hashes] + [
        {"AttributeName": name, "KeyType": "RANGE"} for name in ranges
    ]


def definitions(**types: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def index(name: str, *keys: str, projection: dict[str, Any] = ALL) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": schema(*keys), "Projection": projection}


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the memory store never waits")


class Engine:
    """The engine, through its adapter."""

    def __init__(self, **behaviour: Any) -> None:
        self.now = 1_700_000_000.0
        self.store = MemoryStore()
        self.adapter = EmbeddedAdapter(
            self.store,
            provider="memory",
            blocking=True,
            clock=lambda: self.now,
            behaviour=Behaviour(**behaviour),
        )

    def __call__(self, operation: str, request: Any = None, /, **parameters: Any) -> Any:
        """Carry out an operation, given its request or its parameters."""
        return finished(self.adapter.call(operation, parameters if request is None else request))

    def refused(
        self, code: str, says: str, operation: str, request: Any = None, /, **parameters: Any
    ) -> AnyDynamoError:
        """Carry out an operation that must be refused, and return the error."""
        with pytest.raises(AnyDynamoError) as caught:
            self(operation, parameters if request is None else request)
        error = caught.value
        assert error.code == code, error
        assert says in str(error), error
        return error

    def invalid(
        self, says: str, operation: str, request: Any = None, /, **parameters: Any
    ) -> AnyDynamoError:
        """Carry out an operation that must get a ValidationException, and return the error."""
        return self.refused(
            "ValidationException", says, operation, parameters if request is None else request
        )

    def create(self, name: str, *keys: str, **types: str) -> None:
        """Create a table billed per request; all key attributes are strings unless said."""
        attributes = {key: types.get(key, "S") for key in keys}
        self(
            "CreateTable",
            TableName=name,
            KeySchema=schema(*keys),
            AttributeDefinitions=definitions(**attributes),
            BillingMode="PAY_PER_REQUEST",
        )

    def put(self, table: str, **attributes: Any) -> None:
        self("PutItem", TableName=table, Item=attributes)

    def get(self, table: str, **key: Any) -> Any:
        """Return the item under a key, or None."""
        return self("GetItem", TableName=table, Key=key, ConsistentRead=True).get("Item")

    def all(self, table: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return everything that a scan finds, page by page."""
        return [item for page in self.pages("Scan", table, **parameters) for item in page["Items"]]

    def pages(self, operation: str, table: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Walk the pages of a Query or Scan."""
        while True:
            page = self(operation, TableName=table, **parameters)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def peek(self, work: Callable[[Reader], Any]) -> Any:
        """Look into the store itself."""
        return finished(self.store.read(work))
