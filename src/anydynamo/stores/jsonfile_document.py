"""A JSON file's text as spaces of bytes, and back.

```json
{
  "anydynamo": {"format": 1, "tables": {"users": {<description>}}, "spaces": {<other spaces>}},
  "users": [{"userId": "1", "name": "Alice"}],
  "anything": {"else": "stands as it stood"}
}
```

Each table is a list of plain items under its name, ordered by key. A list of which no table is
described under `anydynamo`, and any other value, is *foreign*: it is kept as it stands until a
table of that name is created and adopts it. Index entries, the order in which items expire and
totals follow from the items and are not written. The engine's other spaces (streams, client tokens,
backups) are, in base64, under `spaces`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from sortedcontainers import SortedDict  # pyright: ignore[reportMissingTypeStubs]

from anydynamo.engine.errors import EngineError
from anydynamo.engine.items.access import item_key
from anydynamo.engine.layout import TABLES, TOTALS, Table, encode, entries, unpack
from anydynamo.engine.values.values import check_item, key_bytes
from anydynamo.stores.jsonfile_format import (
    Malformed,
    Number,
    Plain,
    base64_text,
    check_unrepeated,
    dump,
    from_base64,
    parse,
    plain,
    typed,
    unrepeated,
)
from anydynamo.stores.memory import OrderedMap, ordered_map

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, MutableMapping

    from anydynamo.engine.values.values import Item

__all__ = ["Document"]

_HEADER: Final = "anydynamo"
_FORMAT: Final = 1
_MARGIN: Final = "    "
_KNOWN: Final = frozenset(("format", "tables", "spaces", "items"))

_Order = tuple[bytes, bytes]
"""An item's place in its list: the bytes of its partition key and of its sort key."""


class Document:
    """What a JSON file holds.

    Attributes:
        spaces: The spaces, as the memory store keeps them; whoever changes them calls `render`.
    """

    def __init__(self) -> None:
        self.spaces: dict[str, OrderedMap] = {}
        self._foreign: dict[str, Plain] = {}
        self._names: list[str] = []
        self._rows: dict[str, _Rows] = {}
        self._pairs: dict[str, _Pairs] = {}

    @staticmethod
    def load(data: bytes) -> Document:
        """Read a file's bytes; an empty file is an empty document.

        Raises:
            Malformed: With the place and what is wrong there.
        """
        document = Document()
        if data.strip():
            try:
                document._read(parse(data))
            except RecursionError as error:
                raise Malformed("", "it is nested too deeply") from error
        return document

    def foreign(self, table: str) -> list[tuple[str, Item]]:
        """Return the foreign items under a table's name with their places, in DynamoDB's JSON.

        Raises:
            Malformed: What stands under the name is no list of objects.
        """
        if table not in self._foreign:
            return []
        return list(_items(table, self._foreign[table]))

    def render(
        self, touched: Collection[tuple[str, bytes | None]], adopted: Collection[str]
    ) -> bytes:
        """Write the document as text.

        Args:
            touched: The spaces and keys that changed since the last call; None for a whole space.
            adopted: The tables whose foreign items were handed over since.

        Raises:
            Malformed: A table was created over foreign items that it did not adopt.
        """
        tables = self._tables()
        for name in adopted:
            if name in tables:
                self._foreign.pop(name, None)
        for name in self._foreign:
            if name in tables:
                raise Malformed(name, "a table of this name was created without adopting this")
        for space in {space for space, key in touched if key is None}:
            self._rows.pop(space, None)
            self._pairs.pop(space, None)
        for space, key in touched:
            if key is None:
                continue
            if space in self._rows:
                self._rows[space].set(key, self.spaces[space].get(key))
            elif space in self._pairs:
                self._pairs[space].set(key, self.spaces[space].get(key))
        blocks = {name: dump(value, "  ") for name, value in self._foreign.items()}
        blocks |= {name: self._list(table) for name, table in tables.items()}
        header = self._header(tables, blocks.pop(_HEADER, None))
        self._names = [name for name in self._names if name in blocks]
        self._names += sorted(blocks.keys() - set(self._names))
        lines = [f"  {json.dumps(_HEADER)}: {header}"] if header else []
        lines += [f"  {dump(name)}: {blocks[name]}" for name in self._names]
        text = "{\n" + ",\n".join(lines) + "\n}\n" if lines else "{}\n"
        return text.encode()

    def _tables(self) -> dict[str, Table]:
        descriptions = self.spaces.get(TABLES)
        if descriptions is None:
            return {}
        return {key.decode(): Table.load(raw) for key, raw in descriptions.items()}

    def _list(self, table: Table) -> str:
        rows = self._rows.get(table.items)
        if rows is None:
            rows = self._rows[table.items] = _Rows(table)
            for key, value in self._space(table.items).items():
                rows.set(key, value)
        return rows.text()

    def _header(self, tables: dict[str, Table], items: str | None) -> str | None:
        header: dict[str, Plain] = {"format": _FORMAT}
        if tables:
            header["tables"] = {name: dict(table.document) for name, table in tables.items()}
        # A table may have the header's own name; its list stands inside the header.
        texts = {"spaces": self._other_spaces(tables), "items": items}
        if len(header) == 1 and not any(texts.values()):
            return None
        text = dump(header, "  ").removesuffix("\n  }")
        text += "".join([f',\n    "{name}": {one}' for name, one in texts.items() if one])
        return text + "\n  }"

    def _other_spaces(self, tables: dict[str, Table]) -> str | None:
        derived = {TABLES, TOTALS}
        for table in tables.values():
            derived.add(table.items)
            derived.update(index.space for index in table.indexes)
            if table.expiry is not None:
                derived.add(table.expiry.space)
        blocks: list[str] = []
        for space, pairs in sorted(self.spaces.items()):
            if space in derived or not len(pairs.items()):
                continue
            kept = self._pairs.get(space)
            if kept is None:
                kept = self._pairs[space] = _Pairs()
                for key, value in pairs.items():
                    kept.set(key, value)
            blocks.append(f"{dump(space)}: {kept.text()}")
        if not blocks:
            return None
        return "{\n      " + ",\n      ".join(blocks) + "\n    }"

    def _read(self, value: Plain) -> None:
        if not isinstance(value, dict):
            raise Malformed(
                "", f'the top level must be an object such as {{"users": []}}, not {_kind(value)}'
            )
        top = unrepeated(cast("dict[str, Plain]", value), "")
        self._names = [name for name in top if name != _HEADER]
        tables = self._read_header(top.pop(_HEADER, None), top)
        for name, inner in top.items():
            if name in tables:
                self._read_items(tables[name], inner)
            else:
                # What could not be written back is refused before anything is written.
                check_unrepeated(inner, name)
                try:
                    dump({name: inner}).encode()
                except UnicodeEncodeError as error:
                    raise Malformed(name, f"it is not Unicode ({error.reason})") from error
                self._foreign[name] = inner

    def _read_header(self, header: Plain, top: dict[str, Plain]) -> dict[str, Table]:
        if header is None:
            return {}
        if isinstance(header, list):
            top[_HEADER] = header
            return {}
        if not isinstance(header, dict) or "format" not in header:
            raise Malformed(_HEADER, "this key belongs to anydynamo, and holds something else")
        fields = unrepeated(cast("dict[str, Plain]", header), _HEADER)
        if dump(fields["format"]) != str(_FORMAT):
            raise Malformed(
                f"{_HEADER}.format",
                f"this release of anydynamo knows format {_FORMAT}, not {dump(fields['format'])}",
            )
        unknown = fields.keys() - _KNOWN
        if unknown:
            raise Malformed(f"{_HEADER}.{min(unknown)}", "this key is unknown")
        if "items" in fields:
            top[_HEADER] = fields["items"]
        tables = {
            name: self._read_table(name, description)
            for name, description in _object(fields.get("tables", {}), f"{_HEADER}.tables").items()
        }
        for space, pairs in _object(fields.get("spaces", {}), f"{_HEADER}.spaces").items():
            self._read_space(space, pairs, f"{_HEADER}.spaces.{space}")
        return tables

    def _read_table(self, name: str, description: Plain) -> Table:
        place = f"{_HEADER}.tables.{name}"
        check_unrepeated(description, place)
        raw = encode(_native(_object(description, place)))
        try:
            table = Table.load(raw)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise Malformed(place, f"it is no table's description ({error!r})") from error
        if table.name != name:
            raise Malformed(place, f"it describes the table {table.name!r}")
        self._space(TABLES)[name.encode()] = raw
        return table

    def _read_space(self, space: str, pairs: Plain, place: str) -> None:
        target = self._space(space)
        for key, value in _object(pairs, place).items():
            target[from_base64(key, place)] = from_base64(value, f"{place}.{key}")

    def _read_items(self, table: Table, value: Plain) -> None:
        places: dict[bytes, str] = {}
        for place, item in _items(table.name, value):
            checked, key = _checked(table, place, item)
            if key in places:
                raise Malformed(f"{places[key]} and {place}", "they have the same key")
            places[key] = place
            for space, entry, content in entries(table, checked):
                self._space(space)[entry] = content

    def _space(self, space: str) -> OrderedMap:
        pairs = self.spaces.get(space)
        if pairs is None:
            pairs = self.spaces[space] = ordered_map()
        return pairs


def _items(name: str, value: Plain) -> Iterator[tuple[str, Item]]:
    if not isinstance(value, list):
        raise Malformed(name, f"a table's items must be a list, not {_kind(value)}")
    elements = cast("list[Plain]", value)
    for number, element in enumerate(elements):
        place = f"{name}[{number}]"
        entries_ = _object(element, place)
        yield place, {k: typed(inner, f"{place}.{k}") for k, inner in entries_.items()}


def _checked(table: Table, place: str, item: Item) -> tuple[Item, bytes]:
    for attribute in table.keys:
        if attribute.name not in item:
            raise Malformed(place, f"key attribute {attribute.name} is missing")
    try:
        checked = check_item(item)
        # What is no key of an index is left out of it: the item may be older than the index.
        key = item_key(table, checked)
    except EngineError as error:
        raise Malformed(place, error.message) from error
    return checked, key


class _Rows:
    """The texts of a table's items, in the order in which they stand in the file.

    They are kept, so that a write costs the texts of what it changed and one walk over the others.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._orders: dict[bytes, _Order] = {}
        self._texts: MutableMapping[_Order, str] = SortedDict()

    def set(self, key: bytes, value: bytes | None) -> None:
        """Take the item that is stored under a key now, or drop it where there is none."""
        if value is None:
            order = self._orders.pop(key, None)
            if order is not None:
                del self._texts[order]
            return
        item = unpack(value)
        range_key = self._table.range_key
        sort = b"" if range_key is None else key_bytes(item[range_key.name])
        order = (key_bytes(item[self._table.hash_key.name]), sort)
        self._orders[key] = order
        self._texts[order] = dump({name: plain(one) for name, one in item.items()}, _MARGIN)

    def text(self) -> str:
        """Return the whole list."""
        if not self._texts:
            return "[]"
        return f"[\n{_MARGIN}" + f",\n{_MARGIN}".join(self._texts.values()) + "\n  ]"


class _Pairs:
    """The texts of a space's pairs, ordered by key; kept as `_Rows` keeps those of items."""

    def __init__(self) -> None:
        self._texts: MutableMapping[bytes, str] = SortedDict()

    def set(self, key: bytes, value: bytes | None) -> None:
        """Take what is stored under a key now, or drop it where there is nothing."""
        if value is None:
            self._texts.pop(key, None)
        else:
            self._texts[key] = f'"{base64_text(key)}": "{base64_text(value)}"'

    def text(self) -> str:
        """Return the whole object."""
        return "{\n        " + ",\n        ".join(self._texts.values()) + "\n      }"


def _object(value: Plain, place: str) -> dict[str, Plain]:
    if not isinstance(value, dict):
        raise Malformed(place, f"it must be an object, not {_kind(value)}")
    return unrepeated(cast("dict[str, Plain]", value), place)


def _native(value: Plain) -> Any:
    """Turn the numbers of a parsed value into ints and floats, as a description has them."""
    if isinstance(value, Number):
        return float(value) if set(value) & set(".eE") else int(value)
    if isinstance(value, dict):
        pairs = cast("dict[str, Plain]", value)
        return {name: _native(inner) for name, inner in pairs.items()}
    if isinstance(value, list):
        elements = cast("list[Plain]", value)
        return [_native(inner) for inner in elements]
    return value


def _kind(value: Plain) -> str:
    match value:
        case Number():
            return "a number"
        case str():
            return "a string"
        case bool():
            return "a boolean"
        case None:
            return "null"
        case list():
            return "a list"
        case _:
            return "an object"
