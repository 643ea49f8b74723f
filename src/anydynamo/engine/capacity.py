"""Consumed capacity: what DynamoDB would bill, per operation.

Source: "DynamoDB read and write operations" of the Amazon DynamoDB Developer Guide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anydynamo.engine.layout import Index

__all__ = ["Consumption", "add_consumed", "read_units", "write_units"]

_READ_BYTES = 4096
_WRITE_BYTES = 1024


def read_units(size: int, *, consistent: bool) -> float:
    """Return the units of reading so many bytes at once; nothing at all costs as much as 4 KB."""
    units = max(1, -(-size // _READ_BYTES))
    return float(units) if consistent else units / 2


def write_units(size: int) -> float:
    """Return the units of writing so many bytes; nothing at all costs as much as 1 KB."""
    return float(max(1, -(-size // _WRITE_BYTES)))


@dataclass(slots=True)
class Consumption:
    """What one operation consumed of one table.

    Attributes:
        name: The table, as the request named it.
        table: The units of the table itself.
        indexes: The units of its indexes.
        factor: 2 in a transaction, which prepares the item and then commits it. Index entries
            follow from the item and are written once.
    """

    name: str
    table: float = 0.0
    indexes: dict[Index, float] = field(default_factory=dict[Any, float])
    factor: int = 1

    def index(self, index: Index, units: float) -> None:
        """Add the units of one index."""
        self.indexes[index] = self.indexes.get(index, 0.0) + units

    def describe(self, mode: str) -> dict[str, Any]:
        """Return a `ConsumedCapacity`; `mode` is `TOTAL` or `INDEXES`."""
        own = self.table * self.factor
        total = own + sum(self.indexes.values())
        described: dict[str, Any] = {"TableName": self.name, "CapacityUnits": total}
        if mode == "INDEXES":
            described["Table"] = {"CapacityUnits": own}
            for index, units in self.indexes.items():
                kind = "LocalSecondaryIndexes" if index.local else "GlobalSecondaryIndexes"
                arms = described.setdefault(kind, {})
                arms[index.name] = {"CapacityUnits": units}
        return described


def add_consumed(
    response: dict[str, Any], mode: str | None, consumptions: Iterable[Consumption]
) -> None:
    """Put the list of what several tables cost into a response, if it was asked for."""
    if mode is not None and mode != "NONE":
        response["ConsumedCapacity"] = [each.describe(mode) for each in consumptions]
