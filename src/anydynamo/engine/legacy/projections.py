"""`AttributesToGet`, as a projection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions import Projection
from anydynamo.engine.expressions.paths import reader
from anydynamo.engine.values.values import check_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["attributes_to_get"]


def attributes_to_get(request: Mapping[str, Any]) -> Projection | None:
    """Translate `AttributesToGet`, whole attributes by their names; None if the request has none.

    Raises:
        EngineError: A ValidationException.
    """
    given: Sequence[str] | None = request.get("AttributesToGet")
    if given is None:
        return None
    names: dict[str, None] = {}
    for name in given:
        if name in names:
            raise validation(texts.legacy.DUPLICATE_ATTRIBUTE, name=name)
        names[check_name(name)] = None
    paths = tuple((name,) for name in names)
    return Projection(paths, frozenset(names), tuple(names), tuple(map(reader, paths)))
