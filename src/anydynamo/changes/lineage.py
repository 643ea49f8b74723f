"""Which shards of a stream may be read, so that each item's changes keep their order.

A shard is open for some hours; then others, its children, take over. An item's changes go to one
open shard at a time, so they are in order as long as a shard is read after the shard that it came
from. See "Reading and processing a stream" in the Developer Guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anydynamo.changes.positions import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Lineage", "Shard"]


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a stream, as it is described.

    Attributes:
        id: Its name.
        parent: The shard that it came from, if it came from one; that may be long gone.
        closed: Whether nothing more will be written to it.
    """

    id: str
    parent: str | None
    closed: bool


class Lineage:
    """The shards of a stream and how far each was read.

    A shard without a mark was either not begun yet, or is an ancestor of one that has a mark and
    was read to its end.

    Args:
        marks: How far they were read before.

    Attributes:
        marks: How far they were read.
        shards: The shards that are there, by name.
    """

    def __init__(self, marks: Mapping[str, Mark] | None = None) -> None:
        self.marks: dict[str, Mark] = dict(marks or {})
        self.shards: dict[str, Shard] = {}
        self._parents: set[str | None] = set()

    def describe(self, shards: Iterable[Shard]) -> None:
        """Take note of the shards that are there now."""
        self.shards = {shard.id: shard for shard in shards}
        self._parents = {shard.parent for shard in self.shards.values()}

    def leaves(self) -> list[str]:
        """Return the shards that no other has come from."""
        return [shard for shard in self.shards if shard not in self._parents]

    def has_child(self, shard: str) -> bool:
        """Tell whether another shard has come from one."""
        return shard in self._parents

    def vanished(self) -> list[str]:
        """Return the shards that were not read to their end and are not there any more."""
        return [
            shard
            for shard, mark in self.marks.items()
            if not mark.done and shard not in self.shards
        ]

    def ready(self) -> list[str]:
        """Return the shards that were not begun and may be, in the order of their description."""
        passed = self._passed()
        return [
            shard.id
            for shard in self.shards.values()
            if shard.id not in self.marks
            and shard.id not in passed
            # A parent that is gone was read, or cannot be read any more.
            and (shard.parent is None or shard.parent not in self.shards or shard.parent in passed)
        ]

    def childless(self) -> bool:
        """Tell whether a shard was read to its end and nobody knows what came after it."""
        return any(mark.done and shard not in self._parents for shard, mark in self.marks.items())

    def finish(self, shard: str, seen: int) -> None:
        """Mark a shard as read to its end.

        Args:
            shard: The shard.
            seen: When it was last certain that nothing older was unread, unless its mark knows.
        """
        mark = self.marks[shard]
        self.marks[shard] = Mark(after=mark.after, seen=mark.seen or seen, done=True)

    def seen_before(self, shard: str) -> int:
        """Return when it was last certain that nothing older was unread, where a parent knows."""
        parent = self._parent(shard)
        return self.marks[parent].seen if parent in self.marks else 0

    def prune(self) -> None:
        """Forget shards that were read to their end, as soon as their children say so."""
        ancestors = self._ancestors()
        for shard, mark in list(self.marks.items()):
            if mark.done and (shard in ancestors or shard not in self.shards):
                del self.marks[shard]

    def _passed(self) -> set[str]:
        done = {shard for shard, mark in self.marks.items() if mark.done}
        return done | self._ancestors()

    def _ancestors(self) -> set[str]:
        found: set[str] = set()
        for shard in self.marks:
            parent = self._parent(shard)
            while parent is not None and parent not in found:
                found.add(parent)
                parent = self._parent(parent)
        return found

    def _parent(self, shard: str) -> str | None:
        known = self.shards.get(shard)
        return None if known is None else known.parent
