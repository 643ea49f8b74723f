"""What calls cost, where somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Capacity"]

_INDEXES = ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")


@dataclass(slots=True)
class Capacity:
    """Adds up the capacity units that calls consume; give it to each of them as `capacity=`.

    Attributes:
        total: All units, tables and indexes together.
        tables: Units by the table's real name, its indexes included.
        indexes: Units by `(table, index)`.
        requests: How many requests were answered.
    """

    total: float = 0.0
    tables: dict[str, float] = field(default_factory=dict[str, float])
    indexes: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    requests: int = 0

    def add(self, response: Mapping[str, Any]) -> None:
        """Add what one response says; batches and transactions say it for several tables."""
        self.requests += 1
        said: Any = response.get("ConsumedCapacity") or ()
        for consumed in (said,) if "TableName" in said else said:
            self._add_table(consumed)

    def _add_table(self, consumed: Mapping[str, Any]) -> None:
        parts: Mapping[str, Mapping[str, Any]]
        table: str = consumed["TableName"]
        units = float(consumed["CapacityUnits"])
        self.total += units
        self.tables[table] = self.tables.get(table, 0.0) + units
        for kind in _INDEXES:
            parts = consumed.get(kind) or {}
            for index, part in parts.items():
                known = self.indexes.get((table, index), 0.0)
                self.indexes[table, index] = known + float(part["CapacityUnits"])
