"""Where tables and items lie in a store: spaces, keys, values and what an item's write touches.

| space | key | value |
|---|---|---|
| `tables` | table name | the table's description, MessagePack of a JSON-like document |
| `deleted` | table name | the description of a table while it is being deleted |
| `items/<table id>` | partition, sort key | the item: its size, then its MessagePack |
| `index/<table id>/<index>` | index partition, index sort keys, table key | the projected item |
| `ttl/<table id>` | second of expiration, table key | the table key, of each item that can expire |
| `totals` | name of another space | how many items and bytes that space holds |
| `streams` | table name, stream label | a stream's description with its shards, MessagePack |
| `stream/<table id>/<label>` | sequence number | the first number of its shard, then a record |
| `history/<table id>` | sequence number | a key, and what a write found under it, see `history` |
| `backups` | table name, backup id | what a backup is, and its table's description, MessagePack |
| `backup/<table id>/<id>` | partition, sort key | the items as they were |
| `exports` | table name, export id | what was asked for, and what became of it, MessagePack |
| `imports` | table name, import id | the same, and while it goes on the table's description |
| `tokens` | client token | which transaction the token stood for, and when |
| `tokens/age` | time, client token | nothing: the tokens in the order in which they expire |

`totals` follows from the items: a store may drop it, and it is counted again when it is missing.
`ttl/<table id>` is there while the table's time to live is enabled, and only then;
`history/<table id>` while its point-in-time recovery is.
A table's id is new with each creation, so nothing of a deleted table can come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from anydynamo.engine.limits import HASH_KEY_BYTES, RANGE_KEY_BYTES
from anydynamo.engine.streams.sequences import milliseconds
from anydynamo.engine.values.keys import partition, terminated
from anydynamo.engine.values.numbers import sort_bytes
from anydynamo.engine.values.values import item_size, key_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from anydynamo.engine.values.values import Item

__all__ = [
    "BACKUPS",
    "DELETED",
    "SIZE_BYTES",
    "STREAMS",
    "TABLES",
    "TOKENS",
    "TOKEN_AGES",
    "TOTALS",
    "Expiry",
    "History",
    "Index",
    "KeyAttribute",
    "Stream",
    "Table",
    "backup_key",
    "backup_space",
    "decode",
    "encode",
    "entries",
    "history_space",
    "index_space",
    "items_space",
    "pack",
    "size_of",
    "stream_key",
    "stream_space",
    "ttl_space",
    "unpack",
]

TABLES = "tables"
DELETED = "deleted"
STREAMS = "streams"
BACKUPS = "backups"
TOTALS = "totals"
TOKENS = "tokens"
TOKEN_AGES = "tokens/age"  # noqa: S105 - a space of client tokens

_DAY = 86_400_000

_NEVER: Mapping[str, Any] = {}

SIZE_BYTES = 4
"""A packed item begins with its DynamoDB size, so that no read has to measure it again."""

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(dict[str, Any]).decode


def items_space(table_id: str) -> str:
    """Name the space of a table's items."""
    return f"items/{table_id}"


def index_space(table_id: str, index_name: str) -> str:
    """Name the space of one index's entries."""
    return f"index/{table_id}/{index_name}"


def ttl_space(table_id: str) -> str:
    """Name the space that orders a table's items by when they expire."""
    return f"ttl/{table_id}"


def history_space(table_id: str) -> str:
    """Name the space of the log of a table's point-in-time recovery."""
    return f"history/{table_id}"


def stream_space(table_id: str, label: str) -> str:
    """Name the space of a stream's records."""
    return f"stream/{table_id}/{label}"


def stream_key(table_name: str, label: str) -> bytes:
    """Return the key of a stream's description; a table's streams lie together, oldest first."""
    return f"{table_name}\0{label}".encode()


def backup_space(table_id: str, backup_id: str) -> str:
    """Name the space of a backup's items."""
    return f"backup/{table_id}/{backup_id}"


def backup_key(table_name: str, backup_id: str) -> bytes:
    """Return the key of a backup's description; a table's backups lie together, oldest first."""
    return f"{table_name}\0{backup_id}".encode()


def pack(item: Item, size: int | None = None) -> bytes:
    """Return an item as it is stored; `size` spares measuring one that was measured already."""
    return (item_size(item) if size is None else size).to_bytes(SIZE_BYTES) + encode(item)


def unpack(value: bytes) -> Item:
    """Return a fresh copy of a stored item."""
    return decode(value[SIZE_BYTES:])


def size_of(value: bytes) -> int:
    """Return a stored item's size as DynamoDB counts it."""
    return int.from_bytes(value[:SIZE_BYTES])


@dataclass(frozen=True, slots=True)
class KeyAttribute:
    """An attribute of a key.

    Attributes:
        name: Its name.
        type: `S`, `N` or `B`.
    """

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index.

    Attributes:
        name: Its name.
        local: Whether it is a local one.
        hash_keys: Its partition attributes; several only in a global index.
        range_keys: Its sort attributes, in their order.
        keys: All its key attributes, those of the partition first.
        projection: `ALL`, `KEYS_ONLY` or `INCLUDE`.
        projected: The attributes that its entries hold; None means all.
        space: The space of its entries.
        ready: The second from which it can be read; writes keep it up to date before. 0 for one
            that could always be.
    """

    name: str
    local: bool
    hash_keys: tuple[KeyAttribute, ...]
    range_keys: tuple[KeyAttribute, ...]
    keys: tuple[KeyAttribute, ...]
    projection: str
    projected: frozenset[str] | None
    space: str
    ready: float

    def key(self, table: Table, item: Mapping[str, Any]) -> bytes | None:
        """Return an item's key here; None when it has no entry.

        It has none when it lacks a key attribute. Writes refuse a value that cannot be a key, but
        an item that was there before the index can have one, and then has no entry either.

        The table's own key is the end of it: entries with equal index keys have an order, and a
        page can go on between them.
        """
        parts: list[bytes] = []
        limit = HASH_KEY_BYTES
        for number, key in enumerate(self.keys):
            value = item.get(key.name)
            if value is None or key.type not in value:
                return None
            if number == len(self.hash_keys):
                limit = RANGE_KEY_BYTES
            part = key_bytes(value)
            if not 0 < len(part) <= limit:
                return None
            parts.append(part)
        count = len(self.hash_keys)
        sort = b"".join([terminated(part) for part in parts[count:]])
        return partition(parts[:count]) + sort + table.tail(item)

    def project(self, item: Item) -> Item:
        """Return what an entry holds of an item."""
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}


@dataclass(frozen=True, slots=True)
class Stream:
    """A table's enabled stream.

    Attributes:
        label: Its label.
        key: The key of its description.
        space: The space of its records.
        old_images: Whether they hold the item before.
        new_images: Whether they hold the item after.
    """

    label: str
    key: bytes
    space: str
    old_images: bool
    new_images: bool


@dataclass(frozen=True, slots=True)
class Expiry:
    """A table's enabled time to live.

    Attributes:
        attribute: The attribute that holds the second in which an item expires.
        space: The space of the items that can expire, ordered by that second.
        since: The second from which items are deleted.
    """

    attribute: str
    space: str
    since: float = 0.0

    def key(self, item: Mapping[str, Any], primary: bytes) -> bytes | None:
        """Return the place of an item; None where it never expires, for lack of a number.

        Args:
            item: The item.
            primary: The key under which it is stored.
        """
        number = item.get(self.attribute, _NEVER).get("N")
        # No number's bytes are the beginning of another's, so the key may follow them.
        return None if number is None else sort_bytes(number) + primary


@dataclass(frozen=True, slots=True)
class History:
    """A table's enabled point-in-time recovery.

    Attributes:
        space: The space of its log.
        since: The millisecond from which on the log is whole.
        period: How many milliseconds it goes back.
    """

    space: str
    since: int
    period: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table's description, parsed once.

    Attributes:
        id: Unique per creation of a table.
        name: Its name.
        hash_key: The partition key.
        range_key: The sort key, if there is one.
        keys: Both of them, the partition key first.
        indexes: Its secondary indexes, local ones first, each kind ordered by name; without one
            that is being deleted.
        local_indexes: The local ones of them.
        items: The space of its items.
        stream: Its stream; None if there is none, or it is disabled.
        expiry: Its time to live; None if that is disabled.
        history: Its point-in-time recovery; None if that is disabled.
        ready: The second from which its items can be read and written; 0 if they always could.
        document: The description as it is stored; not to be changed.
    """

    id: str
    name: str
    hash_key: KeyAttribute
    range_key: KeyAttribute | None
    keys: tuple[KeyAttribute, ...]
    indexes: tuple[Index, ...]
    local_indexes: tuple[Index, ...]
    items: str
    stream: Stream | None
    expiry: Expiry | None
    history: History | None
    ready: float
    document: Mapping[str, Any]

    @staticmethod
    def load(raw: bytes) -> Table:
        """Return the table of a stored description; the same object for the same bytes."""
        return _load(raw)

    @staticmethod
    def parse(document: Mapping[str, Any]) -> Table:
        """Read a description, which has the names and shapes of CreateTable's parameters."""
        types = {
            entry["AttributeName"]: entry["AttributeType"]
            for entry in document["AttributeDefinitions"]
        }
        hash_keys, range_keys = _schema(document["KeySchema"], types)
        own = frozenset(key.name for key in hash_keys + range_keys)
        table_id = document["TableId"]
        indexes = [
            _index(table_id, entry, types, own, local=local)
            for kind, local in (("LocalSecondaryIndexes", True), ("GlobalSecondaryIndexes", False))
            for entry in sorted(document.get(kind, ()), key=lambda one: str(one["IndexName"]))
            if _state(entry).get("Status") != "DELETING"
        ]
        return Table(
            id=table_id,
            name=document["TableName"],
            hash_key=hash_keys[0],
            range_key=range_keys[0] if range_keys else None,
            keys=hash_keys + range_keys,
            indexes=tuple(indexes),
            local_indexes=tuple(index for index in indexes if index.local),
            items=items_space(table_id),
            stream=_stream(document),
            expiry=_expiry(document),
            history=_history(document),
            ready=_ready(document),
            document=document,
        )

    def index(self, name: str) -> Index | None:
        """Return an index by its name."""
        for index in self.indexes:
            if index.name == name:
                return index
        return None

    def partition(self, item: Mapping[str, Any]) -> bytes:
        """Return the prefix of the partition that an item, or a key, belongs to."""
        return partition((key_bytes(item[self.hash_key.name]),))

    def key(self, item: Mapping[str, Any]) -> bytes:
        """Return the key under which an item is stored; the item, or key, has been checked."""
        prefix = partition((key_bytes(item[self.hash_key.name]),))
        if self.range_key is None:
            return prefix
        return prefix + key_bytes(item[self.range_key.name])

    def tail(self, item: Mapping[str, Any]) -> bytes:
        """Return the table key as the end of an index key."""
        own = key_bytes(item[self.hash_key.name])
        framed = len(own).to_bytes(2) + own
        if self.range_key is None:
            return framed
        return framed + key_bytes(item[self.range_key.name])


def _schema(
    schema: list[dict[str, str]], types: Mapping[str, str]
) -> tuple[tuple[KeyAttribute, ...], tuple[KeyAttribute, ...]]:
    hash_keys: list[KeyAttribute] = []
    range_keys: list[KeyAttribute] = []
    for entry in schema:
        key = KeyAttribute(entry["AttributeName"], types[entry["AttributeName"]])
        (hash_keys if entry["KeyType"] == "HASH" else range_keys).append(key)
    return tuple(hash_keys), tuple(range_keys)


def _stream(document: Mapping[str, Any]) -> Stream | None:
    specification = document.get("StreamSpecification")
    if specification is None:
        return None
    label, view = document["StreamLabel"], specification["StreamViewType"]
    return Stream(
        label=label,
        key=stream_key(document["TableName"], label),
        space=stream_space(document["TableId"], label),
        old_images=view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"),
        new_images=view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"),
    )


def _expiry(document: Mapping[str, Any]) -> Expiry | None:
    attribute = document.get("TimeToLiveAttribute")
    if attribute is None:
        return None
    since = document.get("TimeToLiveState", _NEVER).get("Until", 0.0)
    return Expiry(attribute, ttl_space(document["TableId"]), since)


def _state(place: Mapping[str, Any]) -> Mapping[str, Any]:
    state: Mapping[str, Any] = place.get("State", _NEVER)
    return state


def _ready(place: Mapping[str, Any]) -> float:
    state = _state(place)
    return float(state["Until"]) if state.get("Status") == "CREATING" else 0.0


def _history(document: Mapping[str, Any]) -> History | None:
    recovery = document.get("PointInTimeRecovery")
    if recovery is None:
        return None
    return History(
        space=history_space(document["TableId"]),
        since=milliseconds(recovery["Since"]),
        period=recovery["Days"] * _DAY,
    )


def _index(
    table_id: str,
    entry: Mapping[str, Any],
    types: Mapping[str, str],
    own: frozenset[str],
    *,
    local: bool,
) -> Index:
    hash_keys, range_keys = _schema(entry["KeySchema"], types)
    projection = entry["Projection"]["ProjectionType"]
    projected = None
    if projection != "ALL":
        keys = own.union(key.name for key in hash_keys + range_keys)
        projected = keys.union(entry["Projection"].get("NonKeyAttributes", ()))
    return Index(
        name=entry["IndexName"],
        local=local,
        hash_keys=hash_keys,
        range_keys=range_keys,
        keys=hash_keys + range_keys,
        projection=projection,
        projected=projected,
        space=index_space(table_id, entry["IndexName"]),
        ready=_ready(entry),
    )


@lru_cache(maxsize=1024)
def _load(raw: bytes) -> Table:
    return Table.parse(decode(raw))


def entries(table: Table, item: Item) -> Iterator[tuple[str, bytes, bytes]]:
    """Walk what a store holds for an item, as (space, key, value): the item, then its entries.

    The item has been checked: its values by `values.check_item`, its keys by `items.check_keys`.
    """
    value, primary = pack(item), table.key(item)
    yield table.items, primary, value
    if table.expiry is not None:
        key = table.expiry.key(item, primary)
        if key is not None:
            yield table.expiry.space, key, primary
    for index in table.indexes:
        key = index.key(table, item)
        if key is not None:
            yield index.space, key, value if index.projected is None else pack(index.project(item))
