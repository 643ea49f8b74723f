"""The items that hold unique values are nobody's to see, and only this library's to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anydynamo.repositories.markers import PREFIX
from anydynamo.repositories.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anydynamo.repositories.placeholders import Expressions
    from anydynamo.repositories.targets import Target

__all__ = ["Markers"]


@dataclass(frozen=True, slots=True)
class Markers(Rule):
    """Hides the markers of unique values.

    Args:
        hash_key: The partition key's name in DynamoDB.
    """

    hash_key: str

    @property
    def sees(self) -> tuple[str, ...]:
        """The partition key."""
        return (self.hash_key,)

    def narrow(
        self, target: Target, partition: Mapping[str, Any], given: Sequence[str]
    ) -> Mapping[str, Any] | None:
        """Leave queries alone: markers are in no index, and in partitions of their own."""
        if target.index is None and self.hides(partition, 0.0):
            return None
        return {}

    def hides(self, item: Mapping[str, Any], at: float) -> bool:
        """Tell whether an item is a marker."""
        key: str = item[self.hash_key]["S"]
        return key.startswith(PREFIX)

    def shows(self, expressions: Expressions, at: float) -> str:
        """Write the condition that an item is no marker."""
        name = expressions.name(self.hash_key)
        return f"NOT begins_with({name}, {expressions.value({'S': PREFIX})})"
