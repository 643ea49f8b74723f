"""Update expressions: SET, REMOVE, ADD and DELETE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anydynamo.engine.values import Item

__all__ = ["Update", "Updated"]


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update made of an item.

    Attributes:
        item: The whole new item.
        old: The changed paths as they were (`UPDATED_OLD`); `{}` when there is nothing to return.
        new: The changed paths as they are now (`UPDATED_NEW`).
    """

    item: Item
    old: Item
    new: Item


@dataclass(frozen=True, slots=True)
class Update:
    """A bound update expression.

    Attributes:
        paths: The document paths that it changes, names resolved.
        top_level_names: The attributes that it changes.
    """

    paths: tuple[tuple[str | int, ...], ...]
    top_level_names: frozenset[str]

    def check_keys(self, names: Iterable[str]) -> None:
        """Refuse the update if it changes one of these key attributes, in any clause."""
        raise NotImplementedError

    def apply(self, item: Item, *, exists: bool = True) -> Updated:
        """Carry out the update on an item, which is left as it is.

        Args:
            item: The stored item; of one that does not exist yet, its key attributes.
            exists: Whether the item was there; REMOVE forgives absent parents if it was not.
        """
        raise NotImplementedError
