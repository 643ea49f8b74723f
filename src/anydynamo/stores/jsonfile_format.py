"""How DynamoDB's values stand in a JSON file that people read and edit.

Strings, numbers, booleans, null, lists and objects stand for themselves. Numbers keep all of their
digits, because they are never turned into floats. What JSON lacks is an object with one key:

| value | in the file |
|---|---|
| string set, number set, binary set | `{"$ss": ["a"]}`, `{"$ns": [1, 2]}`, `{"$bs": ["AQI="]}` |
| binary | `{"$b": "AQI="}`, in base64 |
| a map that looks like one of those | its key with one more `$` before it: `{"$$ss": ...}` |

That rule for maps holds for each map with a single key that begins with `$$`, so nothing is
ambiguous; any other map, such as `{"$ref": "#"}`, is written as it is.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Malformed", "Number", "Plain", "check_unrepeated", "dump", "parse", "plain", "typed"]

Plain: TypeAlias = object
"""What a JSON text holds: str, Number, bool, None, list or dict; to write also int and float."""

_TYPED: Final = frozenset(("$ss", "$ns", "$bs", "$b"))
_STEP: Final = "  "


class Malformed(ValueError):
    """A text, or a value in it, is not in the format.

    Attributes:
        place: Where: `line 3, column 7`, or a path such as `users[3].tags`; empty for the whole.
        what: What is wrong there.
    """

    def __init__(self, place: str, what: str) -> None:
        super().__init__(place, what)
        self.place = place
        self.what = what


class Number(str):
    """A JSON number as its text."""

    __slots__ = ()


class _Repeated(dict[str, Plain]):
    """An object in which a key stands twice, until somebody who knows its place refuses it."""

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


def parse(data: bytes) -> Plain:
    """Read a JSON text; numbers become `Number`.

    Raises:
        Malformed: It is not UTF-8 or not JSON.
    """
    try:
        # Some editors put a byte order mark before the text.
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Malformed(f"line {line}", f"it is not UTF-8 ({error.reason})") from error
    try:
        return json.loads(
            text,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"line {error.lineno}, column {error.colno}", error.msg) from error
    except RecursionError as error:
        raise Malformed("", "it is nested too deeply") from error


def unrepeated(value: dict[str, Plain], place: str) -> dict[str, Plain]:
    """Return a parsed object in which no key stands twice, of which a rewrite would drop one.

    Raises:
        Malformed: One does.
    """
    if isinstance(value, _Repeated):
        raise Malformed(place, f"the key {value.key!r} stands twice in one object")
    return value


def check_unrepeated(value: Plain, place: str) -> None:
    """Refuse a value that has an object with a repeated key anywhere in it.

    Raises:
        Malformed: It has one.
    """
    if isinstance(value, dict):
        for name, inner in unrepeated(cast("dict[str, Plain]", value), place).items():
            check_unrepeated(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(cast("list[Plain]", value)):
            check_unrepeated(inner, f"{place}[{number}]")


def typed(value: Plain, place: str) -> dict[str, Any]:
    """Turn a parsed value into DynamoDB's JSON; it is not yet checked against DynamoDB's rules.

    Raises:
        Malformed: A `$ss`, `$ns`, `$bs` or `$b` object is not what it must be.
    """
    match value:
        case Number():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case None:
            return {"NULL": True}
        case list():
            elements = cast("list[Plain]", value)
            return {"L": [typed(one, f"{place}[{i}]") for i, one in enumerate(elements)]}
        case _:
            return _typed_object(cast("dict[str, Plain]", value), place)


def plain(value: Mapping[str, Any]) -> Plain:
    """Turn one of DynamoDB's values into what stands in the file."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return Number(content)
        case "NULL":
            return None
        case "L":
            return [plain(one) for one in content]
        case "M":
            return _plain_map({name: plain(one) for name, one in content.items()})
        case "B":
            return {"$b": base64_text(content)}
        case "SS":
            return {"$ss": list(content)}
        case "NS":
            return {"$ns": [Number(one) for one in content]}
        case _:
            return {"$bs": [base64_text(one) for one in content]}


def from_base64(content: Plain, place: str) -> bytes:
    """Read binary.

    Raises:
        Malformed: It is not a string in base64.
    """
    if not isinstance(content, str) or isinstance(content, Number):
        raise Malformed(place, "binary must be a string in base64")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(place, f"binary must be in base64 ({error})") from error


def base64_text(content: bytes) -> str:
    """Write binary."""
    return base64.b64encode(content).decode("ascii")


def dump(value: Plain, margin: str = "") -> str:
    """Write a value as JSON text, indented by two spaces; sets and binary stay on one line.

    Args:
        value: The value.
        margin: What stands before each further line.
    """
    if isinstance(value, str):
        return str(value) if isinstance(value, Number) else encode_basestring(value)
    if isinstance(value, dict):
        entries = cast("dict[str, Plain]", value)
        if not entries:
            return "{}"
        if len(entries) == 1:
            (name,) = entries
            if name in _TYPED:
                return f"{{{encode_basestring(name)}: {_inline(entries[name])}}}"
        inner = margin + _STEP
        lines = [f"{encode_basestring(k)}: {dump(v, inner)}" for k, v in entries.items()]
        return _block("{", lines, "}", margin)
    if isinstance(value, list):
        elements = cast("list[Plain]", value)
        if not elements:
            return "[]"
        inner = margin + _STEP
        return _block("[", [dump(one, inner) for one in elements], "]", margin)
    return json.dumps(value)


def _block(opening: str, lines: list[str], closing: str, margin: str) -> str:
    separator = f",\n{margin}{_STEP}"
    return f"{opening}\n{margin}{_STEP}{separator.join(lines)}\n{margin}{closing}"


def _inline(value: Plain) -> str:
    if isinstance(value, list):
        elements = cast("list[Plain]", value)
        return f"[{', '.join([dump(one) for one in elements])}]"
    return dump(value)


def _plain_map(entries: dict[str, Plain]) -> dict[str, Plain]:
    if len(entries) == 1:
        (name,) = entries
        if name in _TYPED or name.startswith("$$"):
            return {f"${name}": entries[name]}
    return entries


def _typed_object(value: dict[str, Plain], place: str) -> dict[str, Any]:
    unrepeated(value, place)
    if len(value) == 1:
        ((name, content),) = value.items()
        if name in _TYPED:
            return _extended(name, content, place)
        if name.startswith("$$"):
            return {"M": {name[1:]: typed(content, f"{place}.{name}")}}
    return {"M": {name: typed(inner, f"{place}.{name}") for name, inner in value.items()}}


def _extended(name: str, content: Plain, place: str) -> dict[str, Any]:
    if name == "$b":
        return {"B": from_base64(content, place)}
    if not isinstance(content, list):
        raise Malformed(place, f"{name} takes a list")
    elements = cast("list[Plain]", content)
    if name == "$bs":
        return {"BS": [from_base64(one, place) for one in elements]}
    if name == "$ns":
        if not all(isinstance(one, Number) for one in elements):
            raise Malformed(place, "$ns takes a list of numbers")
        return {"NS": [str(one) for one in elements]}
    if not all(isinstance(one, str) and not isinstance(one, Number) for one in elements):
        raise Malformed(place, "$ss takes a list of strings")
    return {"SS": elements}


def _object(pairs: list[tuple[str, Plain]]) -> dict[str, Plain]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                return _Repeated(name)
            seen.add(name)
    return entries


def _refuse_constant(name: str) -> Plain:
    raise Malformed("", f"{name} is not a JSON number")
