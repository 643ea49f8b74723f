"""Projection expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anydynamo.engine.values import Item

__all__ = ["Projection"]


@dataclass(frozen=True, slots=True)
class Projection:
    """A bound projection expression.

    Attributes:
        paths: The document paths that it selects, names resolved.
        top_level_names: The attributes that it reads.
    """

    paths: tuple[tuple[str | int, ...], ...]
    top_level_names: frozenset[str]

    def apply(self, item: Item) -> Item:
        """Return what the projection selects of an item; `{}` if nothing of it is there.

        What is selected is shared with the item, not copied; maps and lists on the way to it are
        new.
        """
        raise NotImplementedError
