"""Consumed capacity: what DynamoDB would bill, per operation.

Source: "DynamoDB read and write operations" of the Amazon DynamoDB Developer Guide; for the members
of a transaction's, the examples of transact-write-items and transact-get-items in the AWS CLI
Command Reference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anydynamo.engine.layout import Index

__all__ = ["Consumption", "Units", "add_consumed", "read_units", "write_units"]

_READ_BYTES = 4096
_WRITE_BYTES = 1024

Units = Literal["ReadCapacityUnits", "WriteCapacityUnits"]

_TRANSACTION: Final = 2
"""A transaction prepares and then commits, and each costs."""


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
        transactional: In a transaction, the name of the units that it consumed, which its answer
            gives beside their sum; an item costs twice as much, being prepared and committed. Index
            entries follow from the item and are written once.
    """

    name: str
    table: float = 0.0
    indexes: dict[Index, float] = field(default_factory=dict[Any, float])
    transactional: Units | None = None

    def index(self, index: Index, units: float) -> None:
        """Add the units of one index."""
        self.indexes[index] = self.indexes.get(index, 0.0) + units

    def describe(self, mode: str) -> dict[str, Any]:
        """Return a `ConsumedCapacity`; `mode` is `TOTAL` or `INDEXES`."""
        own = self.table if self.transactional is None else self.table * _TRANSACTION
        total = own + sum(self.indexes.values())
        described: dict[str, Any] = {"TableName": self.name, **self._units(total)}
        if mode == "INDEXES":
            described["Table"] = self._units(own)
            for index, units in self.indexes.items():
                kind = "LocalSecondaryIndexes" if index.local else "GlobalSecondaryIndexes"
                arms = described.setdefault(kind, {})
                arms[index.name] = self._units(units)
        return described

    def _units(self, units: float) -> dict[str, float]:
        if self.transactional is None:
            return {"CapacityUnits": units}
        return {"CapacityUnits": units, self.transactional: units}


def add_consumed(
    response: dict[str, Any], mode: str | None, consumptions: Iterable[Consumption]
) -> None:
    """Put the list of what several tables cost into a response, if it was asked for."""
    if mode is not None and mode != "NONE":
        response["ConsumedCapacity"] = [each.describe(mode) for each in consumptions]
