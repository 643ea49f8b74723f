"""Items whose time to live is over count as absent, though DynamoDB may still hold them.

DynamoDB deletes an item within a few days of its expiration, and until then reads and writes see it
("Using time to live (TTL) in DynamoDB", Developer Guide). It has expired if its attribute is a
number of seconds that is not after now, and not more than five years before: such an item is never
deleted, and so counts as one without time to live.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from anydynamo.repositories.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.repositories.expectations import Expectation
    from anydynamo.repositories.placeholders import Expressions

__all__ = ["Expiry", "expired"]

_FIVE_YEARS = 5 * 365 * 86_400


def expired(at: float) -> tuple[int, int]:
    """Return the earliest and the latest time to live, in seconds, that is over at a time."""
    return int(at) - _FIVE_YEARS, int(at)


@dataclass(frozen=True, slots=True)
class Expiry(Rule):
    """Hides what has expired, and lets writes treat it as absent.

    Args:
        wire: The time to live's name in DynamoDB.
    """

    wire: str

    @property
    def sees(self) -> tuple[str, ...]:
        """The time to live."""
        return (self.wire,)

    def prepare(self, write: Expectation[Any]) -> None:
        """Let the write's conditions hold of an expired item as if it were absent."""
        write.absent_if(lambda expressions: self._over(expressions, write.at))

    def hides(self, item: Mapping[str, Any], at: float) -> bool:
        """Tell whether an item has expired."""
        expiry: Mapping[str, str] = item.get(self.wire, {})
        first, last = expired(at)
        return "N" in expiry and first <= Decimal(expiry["N"]) <= last

    def shows(self, expressions: Expressions, at: float) -> str:
        """Write the condition that an item has not expired."""
        return f"NOT ({self._over(expressions, at)})"

    def _over(self, expressions: Expressions, at: float) -> str:
        # An absent attribute, or one that is no number, lies between no bounds.
        name = expressions.name(self.wire)
        first, last = (expressions.value({"N": str(second)}) for second in expired(at))
        return f"{name} BETWEEN {first} AND {last}"
