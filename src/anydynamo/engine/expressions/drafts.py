"""New versions of items, written path by path."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.limits import NESTING_LEVELS
from anydynamo.engine.values.values import AttributeValue, Item, nesting, too_deep

if TYPE_CHECKING:
    from anydynamo.engine.expressions.paths import DocumentPath

__all__ = ["Draft"]


class Draft:
    """A new version of an item; a map or list is copied when something in it is first changed."""

    def __init__(self, item: Item) -> None:
        self.item = item.copy()
        self._own: set[int] = set()
        self._lengths: dict[int, int] = {}
        self._holes: dict[int, tuple[list[AttributeValue], set[int]]] = {}

    def write(self, path: DocumentPath, value: AttributeValue) -> None:
        """Put a value at a path; the parent must be there and of the right kind."""
        last = path[-1]
        if len(path) > 1 and len(path) + nesting(value) - 1 > NESTING_LEVELS:
            raise too_deep()
        parent = self._parent(path)
        if parent is None:
            raise _invalid_path()
        if isinstance(last, int) and last >= len(parent):
            parent.append(value)
        else:
            parent[last] = value

    def remove(self, path: DocumentPath, *, forgive: bool) -> None:
        """Remove what stands at a path; elements of lists leave a hole until `close_ranks`."""
        parent = self._parent(path)
        if parent is None:
            if forgive:
                return
            raise _invalid_path()
        last = path[-1]
        if isinstance(last, str):
            parent.pop(last, None)
        elif last < self._lengths[id(parent)]:
            self._holes.setdefault(id(parent), (parent, set()))[1].add(last)

    def close_ranks(self) -> None:
        """Take removed elements out of their lists."""
        for elements, removed in self._holes.values():
            elements[:] = [
                element for index, element in enumerate(elements) if index not in removed
            ]

    def _parent(self, path: DocumentPath) -> Any:
        """Return our own copy of the map or list that a path's last element stands in.

        Returns:
            A list for a last element that is an index, a dictionary otherwise; None if there is
            none, or one of the other kind.
        """
        container: Any = self.item
        inner: Any
        for element, following in pairwise(path):
            value: AttributeValue | None
            if isinstance(element, int):
                value = container[element] if element < len(container) else None
            else:
                value = container.get(element)
            tag = "L" if isinstance(following, int) else "M"
            inner = None if value is None else value.get(tag)
            if inner is None:
                return None
            if id(inner) not in self._own:
                inner = inner.copy()
                self._own.add(id(inner))
                self._lengths[id(inner)] = len(inner)
                container[element] = {tag: inner}
            container = inner
        return container


def _invalid_path() -> EngineError:
    return validation(texts.expressions.INVALID_PATH_FOR_UPDATE)
