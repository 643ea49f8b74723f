"""Markers: the items that hold unique values, and what tells them from all others.

A marker's partition key is made of the attribute's name and the value, its sort key, if the table
has one, is always the same, and its one further attribute is its owner's key:

    {"userId": "unique#email#ada@example.com", "_unique": {"userId": "1"}}
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.models.schema import TableSchema, UniqueSchema

__all__ = [
    "OWNER",
    "PREFIX",
    "is_marker",
    "is_marker_of",
    "marker_key",
    "marker_text",
    "owner_of",
]

PREFIX = "unique#"
"""What each marker's partition key begins with, and no other item's may."""

OWNER = "_unique"
"""The attribute that holds the owner's key."""

_SORT_KEYS: Mapping[str, dict[str, Any]] = {
    "S": {"S": "unique"},
    "N": {"N": "0"},
    "B": {"B": b"unique"},
}
_MOST_BYTES = 2048 - len("#999")
"""A partition key has 2048, of which its shard may need some: "Quotas in Amazon DynamoDB",
Developer Guide."""


def is_marker(schema: TableSchema, key: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether an item is a marker, by its key."""
    if not schema.unique:
        return False
    text: object = key.get(schema.hash_key.wire, {}).get("S")
    return isinstance(text, str) and text.startswith(PREFIX)


def marker_text(unique: UniqueSchema, value: str) -> str:
    """Return the text of a marker's partition key, another one for each attribute and value.

    Args:
        unique: The attribute.
        value: The value as it is stored.
    """
    plain, hashed = _beginnings(unique)
    same = unique.normalise(value)
    text = f"{plain}{same}"
    if len(text.encode()) <= _MOST_BYTES:
        return text
    return f"{hashed}{hashlib.sha256(same.encode()).hexdigest()}"


def is_marker_of(unique: UniqueSchema, text: str) -> bool:
    """Tell whether the text of a marker's partition key is for a value of this attribute."""
    return text.startswith(_beginnings(unique))


def _beginnings(unique: UniqueSchema) -> tuple[str, str]:
    """Return what the texts of an attribute's markers begin with: before values, before hashes."""
    # Quoted, so that the name of an attribute cannot run on into what is another's value.
    name = unique.wire.replace("%", "%25").replace("#", "%23")
    return f"{PREFIX}{name}#", f"{PREFIX}{name}%sha256#"


def marker_key(schema: TableSchema, text: str) -> dict[str, Any]:
    """Return a marker's whole key."""
    key: dict[str, Any] = {schema.hash_key.wire: {"S": text}}
    if schema.range_key is not None:
        key[schema.range_key.wire] = _SORT_KEYS[schema.range_key.type]
    return key


def owner_of(marker: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the key of a marker's owner; None if it is no marker."""
    owner: dict[str, Any] | None = marker.get(OWNER, {}).get("M")
    return owner
