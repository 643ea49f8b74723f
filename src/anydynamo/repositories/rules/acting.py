"""Who acts, for the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anydynamo.repositories.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anydynamo.repositories.expectations import Expectation

__all__ = ["Acting", "acting_as"]


def acting_as(rules: Sequence[Rule], actor: str) -> tuple[Rule, ...]:
    """Return rules under which somebody acts, in place of who acted before."""
    return (Acting(actor), *(rule for rule in rules if not isinstance(rule, Acting)))


@dataclass(frozen=True, slots=True)
class Acting(Rule):
    """Says of each write who makes it.

    Args:
        actor: Who.
    """

    actor: str

    def prepare(self, write: Expectation[Any]) -> None:
        """Name the actor."""
        write.actor = self.actor
