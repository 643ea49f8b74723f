"""Finding tables, and holding keys and items to a table's key schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anydynamo.engine.errors import EmptyKey, EngineError, validation
from anydynamo.engine.keys import partition
from anydynamo.engine.layout import TABLES, Table
from anydynamo.engine.limits import HASH_KEY_BYTES, RANGE_KEY_BYTES
from anydynamo.engine.values import key_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.layout import Index, KeyAttribute
    from anydynamo.engine.store import Reader
    from anydynamo.engine.values import AttributeValue, Item

__all__ = [
    "bare_name",
    "check_index_keys",
    "find_index",
    "find_table",
    "hash_bytes",
    "item_key",
    "primary_key",
    "range_bytes",
    "type_of",
]

_INVALID = "One or more parameter values were invalid: "
_NOT_VALID = "One or more parameter values are not valid. "
_HASH_TOO_LONG = (
    f"{_INVALID}Size of hashkey has exceeded the maximum size limit of{HASH_KEY_BYTES} bytes"
)
_RANGE_TOO_LONG = (
    f"{_INVALID}Aggregated size of all range keys has exceeded the size limit of"
    f" {RANGE_KEY_BYTES} bytes"
)
_EMPTY_INDEX_KEY = "A value specified for a secondary index key is not supported."
_EMPTY_INDEX_KEY_UPDATE = (
    "The update expression attempted to update a secondary index key to a value that is not"
    " supported."
)
_KINDS = {"S": "string", "B": "binary"}


def bare_name(name: str) -> str:
    """Return the name of a table that may have been named by its ARN."""
    return name.partition(":table/")[2].partition("/")[0] if name.startswith("arn:") else name


def find_table(reader: Reader, name: str, now: Callable[[], float]) -> Table:
    """Return a table whose items can be read and written.

    Args:
        reader: The store.
        name: Its name, or its ARN.
        now: The clock, in seconds since the epoch; asked about a table that is being created.

    Raises:
        EngineError: ResourceNotFoundException, in the wording of the item operations.
    """
    raw = reader.get(TABLES, bare_name(name).encode())
    if raw is None:
        raise EngineError("ResourceNotFoundException", "Requested resource not found")
    table = Table.load(raw)
    if table.ready and table.ready > now():
        raise EngineError("ResourceNotFoundException", "Requested resource not found")
    return table


def find_index(table: Table, name: str, now: Callable[[], float]) -> Index:
    """Return one of a table's indexes, to be read.

    Raises:
        EngineError: A ValidationException; there is no such index, or it is being created.
    """
    index = table.index(name)
    if index is None:
        raise validation(f"The table does not have the specified index: {name}")
    if index.ready and index.ready > now():
        raise validation(f"Cannot read from backfilling global secondary index: {name}")
    return index


def primary_key(table: Table, key: Item) -> bytes:
    """Check that a key is exactly a table's key, and return it as it is stored.

    Raises:
        EngineError: A ValidationException.
    """
    keys = table.keys
    if len(key) != len(keys):
        raise validation("The provided key element does not match the schema")
    for attribute in keys:
        value = key.get(attribute.name)
        if value is None or attribute.type not in value:
            raise validation("The provided key element does not match the schema")
    return _encoded(table, key)


def item_key(table: Table, item: Item) -> bytes:
    """Check an item's key attributes, and return its key as it is stored.

    Raises:
        EngineError: A ValidationException.
    """
    for attribute in table.keys:
        value = item.get(attribute.name)
        if value is None:
            raise validation(f"{_INVALID}Missing the key {attribute.name} in the item")
        if attribute.type not in value:
            raise validation(
                f"{_INVALID}Type mismatch for key {attribute.name} expected: {attribute.type}"
                f" actual: {type_of(value)}"
            )
    return _encoded(table, item)


def _encoded(table: Table, item: Mapping[str, AttributeValue]) -> bytes:
    prefix = partition((hash_bytes(table.hash_key, item[table.hash_key.name]),))
    if table.range_key is None:
        return prefix
    return prefix + range_bytes(table.range_key, item[table.range_key.name])


def hash_bytes(attribute: KeyAttribute, value: AttributeValue) -> bytes:
    """Return the bytes of a partition key's value, of which the type has been checked.

    Raises:
        EngineError: A ValidationException; the value is empty or too long.
    """
    return _bounded(attribute, value, HASH_KEY_BYTES, _HASH_TOO_LONG)


def range_bytes(attribute: KeyAttribute, value: AttributeValue) -> bytes:
    """Return the bytes of a sort key's value, of which the type has been checked.

    Raises:
        EngineError: A ValidationException; the value is empty or too long.
    """
    return _bounded(attribute, value, RANGE_KEY_BYTES, _RANGE_TOO_LONG)


def _bounded(attribute: KeyAttribute, value: AttributeValue, longest: int, too_long: str) -> bytes:
    encoded = key_bytes(value)
    if not encoded:
        raise EmptyKey(_empty(attribute))
    if len(encoded) > longest:
        raise validation(too_long)
    return encoded


def _empty(attribute: KeyAttribute) -> str:
    return (
        f"{_NOT_VALID}The AttributeValue for a key attribute cannot contain an empty"
        f" {_KINDS[attribute.type]} value. Key: {attribute.name}"
    )


def check_index_keys(table: Table, item: Item, *, updated: frozenset[str] | None = None) -> None:
    """Check the index key attributes that an item has; one that it lacks keeps it out of the index.

    Args:
        table: The table.
        item: The whole item, as it is about to be written.
        updated: The attributes that an update expression changes, if one made the item. Others
            are left alone: an item that was there before the index may have what is no key in it.

    Raises:
        EngineError: A ValidationException.
    """
    for index in table.indexes:
        for attribute in index.keys:
            value = item.get(attribute.name)
            if value is None or (updated is not None and attribute.name not in updated):
                continue
            if attribute.type not in value:
                raise validation(
                    f"{_INVALID}Type mismatch for Index Key {attribute.name}"
                    f" Expected: {attribute.type} Actual: {type_of(value)}"
                    f" IndexName: {index.name}"
                )
            size = len(key_bytes(value))
            if not size:
                cause, where = _EMPTY_INDEX_KEY_UPDATE, ""
                if updated is None:
                    # An update does not say where, if Dynoxide has it right.
                    cause = _EMPTY_INDEX_KEY
                    where = f" IndexName: {index.name}, IndexKey: {attribute.name}"
                raise EmptyKey(
                    f"{_NOT_VALID}{cause} The AttributeValue for a key attribute cannot contain an"
                    f" empty {_KINDS[attribute.type]} value.{where}"
                )
            if attribute in index.hash_keys:
                if size > HASH_KEY_BYTES:
                    raise validation(_HASH_TOO_LONG)
            elif size > RANGE_KEY_BYTES:
                raise validation(_RANGE_TOO_LONG)


def type_of(value: AttributeValue) -> str:
    """Return a value's type, such as `S`."""
    return next(iter(value))
