"""What is known of one call, without anything of what it carried."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

__all__ = ["Call", "Consumed", "Observer", "Outcome"]

Outcome = Literal["ok", "conflict", "throttled", "refused", "failed", "cancelled"]
"""How a call ended.

`ok`; `conflict`: a condition was false or somebody else was there first; `throttled`; `refused`:
the request, the table or the rights are wrong, and it would be so again; `failed`: whoever answers
is in trouble; `cancelled`: the caller no longer wanted it.
"""


@dataclass(frozen=True, slots=True)
class Consumed:
    """The capacity that one call consumed in one table.

    Attributes:
        table: The table's name.
        units: All units, indexes included.
        local_indexes: Pairs of a local index and its units.
        global_indexes: The same of global indexes.
    """

    table: str
    units: float
    local_indexes: tuple[tuple[str, float], ...] = ()
    global_indexes: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a provider. It holds names, numbers and codes, and never a key or a value.

    Attributes:
        operation: DynamoDB's name for it, such as `Query`.
        provider: The provider's name.
        region: The AWS region, where there is one.
        tables: The real names of the tables that it was about, in the order of the request.
        index: The index that was read.
        started: When it began, in seconds since 1970.
        seconds: How long it took, all attempts and the waits between them included.
        attempts: How often it was tried; 1 on a provider that repeats nothing.
        outcome: How it ended.
        error: The name of the error's class, such as `Throttled`; None if there was none.
        code: DynamoDB's code for the error, where it has one.
        requested: How many items, or statements, the request named; None for walks and for work on
            tables.
        returned: How many items came back; None where none can.
        scanned: How many items a query or a scan read, before its filter.
        unprocessed: How many parts of a batch were left; None where it was no batch.
        bytes_sent: The bytes of the request's body, all attempts together; None if nothing was put
            on a wire, or the provider does not tell.
        bytes_received: The same of the answer's.
        consumed: The capacity by table, where it was asked for.
        writes: Whether the operation's capacity is that of writes.
        item_count: How many items a table has, where DescribeTable said it.
        table_bytes: How large a table is, where DescribeTable said it.
    """

    operation: str
    provider: str
    region: str | None
    tables: tuple[str, ...]
    index: str | None
    started: float
    seconds: float
    attempts: int
    outcome: Outcome
    error: str | None = None
    code: str | None = None
    requested: int | None = None
    returned: int | None = None
    scanned: int | None = None
    unprocessed: int | None = None
    bytes_sent: int | None = None
    bytes_received: int | None = None
    consumed: tuple[Consumed, ...] = ()
    writes: bool = False
    item_count: int | None = None
    table_bytes: int | None = None

    @property
    def table(self) -> str | None:
        """The one table that it was about; None if there were several, or none."""
        return self.tables[0] if len(self.tables) == 1 else None

    @property
    def read_units(self) -> float | None:
        """The read capacity that it consumed; None where it was not asked for, or for a write."""
        return None if self.writes else self._units()

    @property
    def write_units(self) -> float | None:
        """The write capacity that it consumed; None where it was not asked for, or for a read."""
        return self._units() if self.writes else None

    def as_dict(self) -> dict[str, Any]:
        """Return what is known as plain data, for JSON."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}

    def _units(self) -> float | None:
        return sum(part.units for part in self.consumed) if self.consumed else None


class Observer(Protocol):
    """Gets one record for each call: any function of one argument will do.

    It is called after the call, in its thread and context, and is to return at once: the caller is
    waiting. What it raises is logged once and stops nothing.
    """

    def __call__(self, call: Call, /) -> object:
        """Take note of a call."""
        ...
