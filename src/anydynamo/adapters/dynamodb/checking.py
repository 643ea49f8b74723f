"""Members of a request that DynamoDB does not know, found before it is sent.

The service ignores such a member, so that a condition whose parameter is misspelt would be none.
Everything else that is wrong with a request the service itself refuses. The names come from
botocore's description of the service. Attribute values are not looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

__all__ = ["Finder", "finder_of"]

# Any: a request may hold anything.
Finder = Callable[[Any], str | None]
"""Returns what is wrong with a value, or None."""

_ATTRIBUTE_VALUE = "AttributeValue"


def finder_of(shape: Any) -> Finder | None:
    """Return what finds members that a shape does not have.

    Args:
        shape: botocore's description of a value.

    Returns:
        None where there is nothing to find.
    """
    if shape.name == _ATTRIBUTE_VALUE:
        return None
    if shape.type_name == "structure":
        return _structure(shape)
    if shape.type_name == "list":
        inner = finder_of(shape.member)
        return None if inner is None else _each(inner)
    if shape.type_name == "map":
        inner = finder_of(shape.value)
        return None if inner is None else _each(inner)
    return None


def _structure(shape: Any) -> Finder:
    names = frozenset(cast("Mapping[str, Any]", shape.members))
    finders = {
        name: finder
        for name, member in shape.members.items()
        if (finder := finder_of(member)) is not None
    }

    def find(value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return None
        given = cast("Mapping[str, Any]", value)
        if not names.issuperset(given):
            unknown = ", ".join(sorted(repr(name) for name in given if name not in names))
            return f"Unknown parameter {unknown}; must be one of: {', '.join(sorted(names))}"
        for name, finder in finders.items():
            inner = given.get(name)
            if inner is not None:
                found = finder(inner)
                if found is not None:
                    return found
        return None

    return find


def _each(inner: Finder) -> Finder:
    def find(value: Any) -> str | None:
        if isinstance(value, Mapping):
            value = cast("Mapping[str, Any]", value).values()
        elif not isinstance(value, list | tuple):
            return None
        for one in cast("Iterable[Any]", value):
            found = inner(one)
            if found is not None:
                return found
        return None

    return find
