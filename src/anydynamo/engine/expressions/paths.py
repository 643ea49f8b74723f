"""Document paths with their names resolved: reading, comparing and assembling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from anydynamo.engine import texts
from anydynamo.engine.expressions.lexer import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from anydynamo.engine.expressions.ast import Path
    from anydynamo.engine.values.values import AttributeValue, Item

__all__ = ["DocumentPath", "check_disjoint", "collect", "reader", "resolve", "show"]

DocumentPath: TypeAlias = tuple[str | int, ...]
"""Attribute names as they are stored, and list indexes; the first element is always a name."""


def resolve(path: Path, names: Mapping[str, str]) -> DocumentPath:
    """Replace the placeholders of a path by the names that they stand for."""
    return tuple(
        names[element] if isinstance(element, str) and element[0] == "#" else element
        for element in path.elements
    )


def show(path: DocumentPath) -> str:
    """Write a path as DynamoDB does in errors: `[a, b, [0]]`."""
    shown = (f"[{element}]" if isinstance(element, int) else element for element in path)
    return f"[{', '.join(shown)}]"


def reader(path: DocumentPath) -> Callable[[Item], AttributeValue | None]:
    """Compile a path to a function that finds its value in an item, or returns None."""
    first: Any = path[0]
    rest = path[1:]
    if not rest:

        def read_attribute(item: Item) -> AttributeValue | None:
            return item.get(first)

        return read_attribute

    def read_nested(item: Item) -> AttributeValue | None:
        found: AttributeValue | None = item.get(first)
        for element in rest:
            if found is None:
                return None
            if isinstance(element, str):
                attributes = found.get("M")
                found = None if attributes is None else attributes.get(element)
            else:
                elements = found.get("L")
                found = None if elements is None or element >= len(elements) else elements[element]
        return found

    return read_nested


@dataclass(slots=True)
class _Node:
    """A place in the tree of all paths.

    Attributes:
        path: The first path that led through here.
        ends: Whether a path ends here.
    """

    path: DocumentPath
    ends: bool = False
    children: dict[str | int, _Node] = field(default_factory=dict["str | int", "_Node"])


def check_disjoint(paths: Iterable[DocumentPath]) -> None:
    """Refuse paths of which one contains another, or that want a map and a list in one place.

    Raises:
        ExpressionError: Naming the earlier path first.
    """
    root = _Node(())
    for path in paths:
        node = root
        for element in path:
            if node.ends:
                raise _clash("overlap", node.path, path)
            sibling = next(iter(node.children), element)
            if isinstance(sibling, str) is not isinstance(element, str):
                raise _clash("conflict", node.children[sibling].path, path)
            child = node.children.get(element)
            if child is None:
                child = node.children[element] = _Node(path)
            node = child
        if node.ends or node.children:
            raise _clash("overlap", node.path, path)
        node.ends = True


def _clash(how: str, earlier: DocumentPath, later: DocumentPath) -> ExpressionError:
    return ExpressionError(
        texts.expressions.PATHS_CLASH, how=how, earlier=show(earlier), later=show(later)
    )


def collect(found: Iterable[tuple[DocumentPath, AttributeValue]]) -> Item:
    """Build the item that holds these values at these paths and nothing else.

    List elements keep their order and close ranks: `a[0]` and `a[2]` make a list of two.

    Args:
        found: Paths that do not overlap, with their values, which are shared with the result.
    """
    root: dict[str | int, Any] = {}
    for path, value in found:
        branch = root
        for element in path[:-1]:
            branch = branch.setdefault(element, _Branch())
        branch[path[-1]] = value
    return {str(name): _assembled(part) for name, part in root.items()}


class _Branch(dict["str | int", Any]):
    """A map or list that is being put together; its own type tells it from a finished value."""


def _assembled(part: dict[Any, Any]) -> AttributeValue:
    if type(part) is not _Branch:
        return part
    if isinstance(next(iter(part)), str):
        return {"M": {name: _assembled(child) for name, child in part.items()}}
    return {"L": [_assembled(part[index]) for index in sorted(part)]}
