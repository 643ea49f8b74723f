"""How far long work is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far work on a table is.

    Attributes:
        table: The table's name, as its model says it.
        done: How many items have been dealt with.
        total: How many there are; None as long as nobody knows.
    """

    table: str
    done: int
    total: int | None = None
