"""What the contract's tests ask an adapter with: short calls, short values, exact refusals."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from anydynamo.adapters.protocol import DatabaseAdapter
    from anydynamo.errors import AnyDynamoError

__all__ = [
    "BS",
    "NS",
    "NULL",
    "SS",
    "B",
    "Client",
    "Contract",
    "Item",
    "L",
    "M",
    "N",
    "S",
    "gsi",
    "key_schema",
    "lsi",
]

E = TypeVar("E", bound="AnyDynamoError")
# Any: a value is one of ten shapes, and tests build wrong ones on purpose.
Item = dict[str, Any]

NULL: Item = {"NULL": True}


def S(text: str) -> Item:  # noqa: N802 - DynamoDB\'s names for its types
    """Make a string."""
    return {"S": text}


def N(number: float | str) -> Item:  # noqa: N802 - DynamoDB\'s names for its types
    """Make a number."""
    return {"N": str(number)}


def B(raw: bytes) -> Item:  # noqa: N802 - DynamoDB\'s names for its types
    """Make a binary value."""
    return {"B": raw}


def L(*values: Item) -> Item:  # noqa: N802 - DynamoDB\'s names for its types
    """Make a list."""
    return {"L": list(values)}


def M(**values: Item) -> Item:  # noqa: N802 - DynamoDB\'s names for its types
    """Make a map."""
    return {"M": values}


def SS(*texts: str) -> Item:  # noqa: N802 - DynamoDB\'s names for its types
    """Make a set of strings."""
    return {"SS": list(texts)}


def NS(*numbers: float | str) -> Item:  # noqa: N802 - DynamoDB\'s names for its types
    """Make a set of numbers."""
    return {"NS": [str(number) for number in numbers]}


def BS(*raws: bytes) -> Item:  # noqa: N802 - DynamoDB\'s names for its types
    """Make a set of binary values."""
    return {"BS": list(raws)}


def key_schema(hash_key: str, range_key: str | None = None) -> list[dict[str, str]]:
    """Make a key schema from `name:type` pairs."""
    schema = [{"AttributeName": hash_key.split(":")[0], "KeyType": "HASH"}]
    if range_key is not None:
        schema.append({"AttributeName": range_key.split(":")[0], "KeyType": "RANGE"})
    return schema


def gsi(
    name: str,
    hash_key: str,
    range_key: str | None = None,
    *,
    projection: str = "ALL",
    include: Sequence[str] = (),
) -> dict[str, Any]:
    """Declare a global secondary index with `name:type` keys for `Client.create`."""
    projected: dict[str, Any] = {"ProjectionType": projection}
    if include:
        projected["NonKeyAttributes"] = list(include)
    return {"name": name, "keys": (hash_key, range_key), "projection": projected, "local": False}


def lsi(
    name: str,
    hash_key: str,
    range_key: str,
    *,
    projection: str = "ALL",
    include: Sequence[str] = (),
) -> dict[str, Any]:
    """Declare a local secondary index with `name:type` keys for `Client.create`."""
    declared = gsi(name, hash_key, range_key, projection=projection, include=include)
    return {**declared, "local": True}


class Client:
    """A thin hand on an adapter; requests stay those of DynamoDB."""

    def __init__(
        self,
        adapter: DatabaseAdapter,
        *,
        wordings: Mapping[str, str] | None = None,
        compares_texts: bool = True,
    ) -> None:
        self.adapter = adapter
        self._wordings = wordings or {}
        self._compares_texts = compares_texts

    async def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        """Carry out one operation."""
        return await self.adapter.call(operation, request)

    async def create(
        self,
        name: str,
        hash_key: str = "pk:S",
        range_key: str | None = None,
        *indexes: Mapping[str, Any],
        **options: Any,
    ) -> str:
        """Create a table from `name:type` keys, wait until it is active, and return its name."""
        keys = {hash_key, range_key, *(key for index in indexes for key in index["keys"])} - {None}
        request: dict[str, Any] = {
            "TableName": name,
            "KeySchema": key_schema(hash_key, range_key),
            "AttributeDefinitions": [
                {"AttributeName": key.split(":")[0], "AttributeType": key.split(":")[1]}
                for key in sorted(filter(None, keys))
            ],
            "BillingMode": "PAY_PER_REQUEST",
            **options,
        }
        for local, parameter in (
            (False, "GlobalSecondaryIndexes"),
            (True, "LocalSecondaryIndexes"),
        ):
            if declared := [index for index in indexes if index["local"] is local]:
                request[parameter] = [
                    {
                        "IndexName": index["name"],
                        "KeySchema": key_schema(*index["keys"]),
                        "Projection": index["projection"],
                    }
                    for index in declared
                ]
        await self("CreateTable", **request)
        await self.active(name)
        return name

    async def active(self, table: str) -> dict[str, Any]:
        """Wait until a table and its indexes are active, and return its description."""
        for _ in range(1000):
            described: dict[str, Any] = (await self("DescribeTable", TableName=table))["Table"]
            indexes = described.get("GlobalSecondaryIndexes", [])
            if {described["TableStatus"], *(index["IndexStatus"] for index in indexes)} == {
                "ACTIVE"
            }:
                return described
            # Only a real service is ever asked twice.
            await asyncio.sleep(0.05)
        raise AssertionError(f"{table} did not become active")

    async def put(self, table: str, *items: Item) -> None:
        """Store items, one by one."""
        for item in items:
            await self("PutItem", TableName=table, Item=item)

    async def get(self, table: str, **key: Item) -> Item | None:
        """Read an item, consistently; None when it is not there."""
        answer = await self("GetItem", TableName=table, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    async def pages(self, operation: str, **request: Any) -> AsyncIterator[dict[str, Any]]:
        """Walk the pages of a Query or Scan, each with the key after which it began."""
        while True:
            page = await self(operation, **request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            last = page["LastEvaluatedKey"]
            assert last != request.get("ExclusiveStartKey"), "the pages do not come to an end"
            request["ExclusiveStartKey"] = last

    async def all(self, operation: str, **request: Any) -> list[Item]:
        """Gather the items of every page of a Query or Scan."""
        return [item async for page in self.pages(operation, **request) for item in page["Items"]]

    async def refused(self, error: type[E], operation: str, says: str = "", **request: Any) -> E:
        """Carry out an operation that must be refused, and return the error.

        Args:
            error: The exact type.
            operation: DynamoDB's name for it.
            says: A part of the text that does not vary between regions and dates.
            **request: Its parameters.
        """
        said = self._wordings.get(says, re.escape(says)) if self._compares_texts else ""
        with pytest.raises(error, match=said or None) as caught:
            await self(operation, **request)
        assert type(caught.value) is error
        assert caught.value.operation == operation
        return caught.value


class Contract:
    """What all parts of the contract share.

    A provider's subclass gives the `adapter` fixture: one adapter over a place without tables.

    Attributes:
        deviations: Tests that the provider is known to fail, by name or by `name[parameter]`, and
            why. They are run all the same, and it is an error when one of them passes.
        wordings: Parts of DynamoDB's texts that the provider words otherwise, and the regular
            expressions of what it says instead.
        compares_texts: Whether the provider tries to say what DynamoDB says at all.
    """

    deviations: ClassVar[Mapping[str, str]] = {}
    wordings: ClassVar[Mapping[str, str]] = {}
    compares_texts: ClassVar[bool] = True

    @pytest.fixture(autouse=True)
    def _expect_deviations(self, request: pytest.FixtureRequest) -> None:
        # Any: pytest does not type its nodes.
        node = cast("Any", request).node
        for name in (node.name, node.originalname):
            if name in self.deviations:
                node.add_marker(pytest.mark.xfail(reason=self.deviations[name], strict=True))
                return

    @pytest.fixture
    def db(self, adapter: DatabaseAdapter) -> Client:
        """The adapter under test, at hand."""
        return Client(adapter, wordings=self.wordings, compares_texts=self.compares_texts)
