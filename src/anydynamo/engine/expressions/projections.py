"""Projection expressions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from anydynamo.engine.expressions.parser import parse_projection
from anydynamo.engine.expressions.paths import (
    DocumentPath,
    check_disjoint,
    collect,
    reader,
    resolve,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from anydynamo.engine.values.values import AttributeValue, Item

__all__ = ["Projection", "compile_projection"]


@dataclass(frozen=True, slots=True)
class Projection:
    """A bound projection expression.

    Attributes:
        paths: The document paths that it selects, names resolved, in the order of the expression.
        top_level_names: The attributes that it reads.
        attributes: The same, if whole attributes are all that it selects; None otherwise.
        readers: What finds the value at each path.
    """

    paths: tuple[DocumentPath, ...]
    top_level_names: frozenset[str]
    attributes: tuple[str, ...] | None
    readers: tuple[Callable[[Item], AttributeValue | None], ...]

    @property
    def effort(self) -> int:
        """How many values it looks for."""
        return len(self.paths)

    def apply(self, item: Item) -> Item:
        """Return what the projection selects of an item; `{}` if nothing of it is there.

        What is selected is shared with the item, not copied; maps and lists on the way to it are
        new, and hold nothing else.
        """
        if self.attributes is not None:
            return {name: item[name] for name in self.attributes if name in item}
        return collect(
            (path, value)
            for path, read in zip(self.paths, self.readers, strict=True)
            if (value := read(item)) is not None
        )


@lru_cache(maxsize=1024)
def compile_projection(text: str, names: tuple[tuple[str, str], ...]) -> Projection:
    """Compile a projection expression.

    Args:
        text: The expression.
        names: The placeholders in it and the names that they stand for, in any fixed order.

    Raises:
        ExpressionError: Paths overlap or conflict.
    """
    known = dict(names)
    paths = tuple(resolve(path, known) for path in parse_projection(text).tree)
    check_disjoint(paths)
    whole = all(len(path) == 1 for path in paths)
    return Projection(
        paths,
        frozenset(str(path[0]) for path in paths),
        tuple(str(path[0]) for path in paths) if whole else None,
        tuple(reader(path) for path in paths),
    )
