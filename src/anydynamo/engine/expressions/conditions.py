"""Condition and filter expressions, compiled to closures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from anydynamo.engine.values import AttributeValue, Item

__all__ = ["Condition"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A bound condition.

    Attributes:
        paths: The document paths that it reads, names resolved.
        top_level_names: The attributes that it reads.
    """

    paths: tuple[tuple[str | int, ...], ...]
    top_level_names: frozenset[str]
    test: Callable[[Item, dict[str, AttributeValue]], bool]
    values: dict[str, AttributeValue]

    def evaluate(self, item: Item) -> bool:
        """Tell whether the item fulfils the condition; `{}` stands for an item that is not there."""
        return self.test(item, self.values)
