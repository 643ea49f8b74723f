"""Find values in what GitHub sends, where anything may be missing or null."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from anydynamo.catalog.github_events.models import check_moment

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["at", "mapping_at", "moment_at", "number_at", "sequence_at", "text_at"]


def at(content: object, *path: str) -> object:
    """Return the value at a path of names, or None where the path ends early."""
    for name in path:
        if not isinstance(content, Mapping):
            return None
        content = cast("Mapping[str, object]", content).get(name)
    return content


def text_at(content: object, *path: str) -> str | None:
    """Return the text at a path; None if there is none, or an empty one."""
    found = at(content, *path)
    return found if isinstance(found, str) and found else None


def number_at(content: object, *path: str) -> int | None:
    """Return the whole number at a path, or None."""
    found = at(content, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def moment_at(content: object, *path: str) -> datetime | None:
    """Return the moment at a path; None if there is none, or one that no item holds."""
    try:
        return check_moment(datetime.fromisoformat(text_at(content, *path) or ""))
    except ValueError:
        return None


def mapping_at(content: object, *path: str) -> Mapping[str, Any]:
    """Return the object at a path; an empty one if there is none."""
    found = at(content, *path)
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def sequence_at(content: object, *path: str) -> list[Any]:
    """Return the list at a path; an empty one if there is none."""
    found = at(content, *path)
    return found if _is_list(found) else []


def _is_list(value: object) -> TypeIs[list[Any]]:
    return isinstance(value, list)
