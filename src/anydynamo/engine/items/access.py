"""Finding tables, and holding keys and items to a table's key schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anydynamo.engine import texts
from anydynamo.engine.errors import EmptyKey, EngineError, validation
from anydynamo.engine.layout import TABLES, Table
from anydynamo.engine.limits import HASH_KEY_BYTES, RANGE_KEY_BYTES
from anydynamo.engine.values.keys import partition
from anydynamo.engine.values.values import key_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.layout import Index, KeyAttribute
    from anydynamo.engine.store import Reader
    from anydynamo.engine.values.values import AttributeValue, Item

__all__ = [
    "bare_name",
    "check_index_keys",
    "find_index",
    "find_named_table",
    "find_table",
    "hash_bytes",
    "item_key",
    "primary_key",
    "range_bytes",
    "type_of",
]

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
        raise EngineError("ResourceNotFoundException", texts.requests.RESOURCE_NOT_FOUND)
    table = Table.load(raw)
    if table.ready and table.ready > now():
        raise EngineError("ResourceNotFoundException", texts.requests.RESOURCE_NOT_FOUND)
    return table


def find_named_table(reader: Reader, name: str, now: Callable[[], float]) -> Table:
    """Return a table as `find_table` does, for statements: their error names it.

    Raises:
        EngineError: ResourceNotFoundException, in the wording of the table operations.
    """
    try:
        return find_table(reader, name, now)
    except EngineError as error:
        raise EngineError(error.code, texts.tables.TABLE_NOT_FOUND, name=bare_name(name)) from None


def find_index(table: Table, name: str, now: Callable[[], float]) -> Index:
    """Return one of a table's indexes, to be read.

    Raises:
        EngineError: A ValidationException; there is no such index, or it is being created.
    """
    index = table.index(name)
    if index is None:
        raise validation(texts.walks.NO_INDEX, name=name)
    if index.ready and index.ready > now():
        raise validation(texts.walks.BACKFILLING, name=name)
    return index


def primary_key(table: Table, key: Item) -> bytes:
    """Check that a key is exactly a table's key, and return it as it is stored.

    Raises:
        EngineError: A ValidationException.
    """
    keys = table.keys
    if len(key) != len(keys):
        raise validation(texts.items.KEY_MISMATCH)
    for attribute in keys:
        value = key.get(attribute.name)
        if value is None or attribute.type not in value:
            raise validation(texts.items.KEY_MISMATCH)
    return _encoded(table, key)


def item_key(table: Table, item: Item) -> bytes:
    """Check an item's key attributes, and return its key as it is stored.

    Raises:
        EngineError: A ValidationException.
    """
    for attribute in table.keys:
        value = item.get(attribute.name)
        if value is None:
            raise validation(texts.items.KEY_MISSING, name=attribute.name)
        if attribute.type not in value:
            raise validation(
                texts.items.KEY_TYPE,
                name=attribute.name,
                wanted=attribute.type,
                actual=type_of(value),
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
    return _bounded(attribute, value, HASH_KEY_BYTES, texts.items.HASH_TOO_LONG)


def range_bytes(attribute: KeyAttribute, value: AttributeValue) -> bytes:
    """Return the bytes of a sort key's value, of which the type has been checked.

    Raises:
        EngineError: A ValidationException; the value is empty or too long.
    """
    return _bounded(attribute, value, RANGE_KEY_BYTES, texts.items.RANGE_TOO_LONG)


def _bounded(attribute: KeyAttribute, value: AttributeValue, longest: int, too_long: str) -> bytes:
    encoded = key_bytes(value)
    if not encoded:
        raise EmptyKey(_empty(attribute))
    if len(encoded) > longest:
        raise validation(too_long)
    return encoded


def _empty(attribute: KeyAttribute) -> str:
    return texts.items.KEY_EMPTY.format(kind=_KINDS[attribute.type], name=attribute.name)


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
                    texts.items.INDEX_KEY_TYPE,
                    name=attribute.name,
                    wanted=attribute.type,
                    actual=type_of(value),
                    index=index.name,
                )
            size = len(key_bytes(value))
            if not size:
                kind = _KINDS[attribute.type]
                if updated is not None:
                    raise EmptyKey(texts.items.INDEX_KEY_EMPTY_UPDATE, kind=kind)
                raise EmptyKey(
                    texts.items.INDEX_KEY_EMPTY,
                    kind=kind,
                    index=index.name,
                    name=attribute.name,
                )
            if attribute in index.hash_keys:
                if size > HASH_KEY_BYTES:
                    raise validation(texts.items.HASH_TOO_LONG)
            elif size > RANGE_KEY_BYTES:
                raise validation(texts.items.RANGE_TOO_LONG)


def type_of(value: AttributeValue) -> str:
    """Return a value's type, such as `S`."""
    return next(iter(value))
