"""Attribute values: checking and copying them, comparing them, their sizes and their key bytes.

A value is DynamoDB's JSON with one entry, type to content: `{"S": "x"}`, `{"N": "1"}`,
`{"B": b"x"}`, `{"M": {...}}`, `{"L": [...]}`, `{"SS": [...]}`, `{"NS": [...]}`, `{"BS": [...]}`,
`{"BOOL": True}`, `{"NULL": True}`. Everything but `check_value` and `check_item` expects values
that went through these two: numbers in canonical form, sets in order. Two such values are equal to
DynamoDB when they are equal to Python.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.limits import ATTRIBUTE_NAME_BYTES, LIST_OVERHEAD, NESTING_LEVELS
from anydynamo.engine.readings import reading
from anydynamo.engine.unreadable import (
    ATTRIBUTE_VALUE,
    no_binary,
    no_list,
    no_map,
    no_scalar,
    no_structure,
    serialization,
)
from anydynamo.engine.values.numbers import measured, number_size, parse, sort_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "TYPES",
    "AttributeValue",
    "Item",
    "check_item",
    "check_name",
    "check_value",
    "compare",
    "copy_item",
    "copy_value",
    "equal",
    "item_size",
    "key_bytes",
    "measured_item",
    "measured_value",
    "nesting",
    "string_length",
    "too_deep",
    "utf8",
    "value_size",
]

AttributeValue: TypeAlias = dict[str, Any]
"""One value in DynamoDB's JSON; what stands under the type depends on the type."""

Item: TypeAlias = dict[str, AttributeValue]

TYPES: Final = frozenset(("S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"))

_SHORT: Final = 255


def check_value(value: object) -> AttributeValue:
    """Validate one value and return a normalised copy that shares nothing mutable with it.

    Raises:
        EngineError: With DynamoDB's bare text; callers put the operation's own prefix before it.
    """
    return _check(value, 1)[0]


def measured_value(value: object) -> tuple[AttributeValue, int]:
    """Validate and copy one value as `check_value` does, and return its size with it."""
    return _check(value, 1)


def check_item(item: object) -> Item:
    """Validate an item, a key or any other map of attributes, and return a normalised copy.

    Raises:
        EngineError: With DynamoDB's bare text; callers put the operation's own prefix before it.
    """
    return measured_item(item)[0]


def measured_item(item: object) -> tuple[Item, int]:
    """Do what `check_item` does, and measure the copy on the way, as `item_size` would.

    Raises:
        EngineError: As for `check_item`.
    """
    if type(item) is not dict and not isinstance(item, Mapping):
        raise no_map(item, ATTRIBUTE_VALUE)
    return _check_attributes(cast("Mapping[object, Any]", item), 1)


# All of these return a copy and its size: writes need both, and a second walk would cost as much
# again.


def _check_attributes(attributes: Mapping[object, Any], level: int) -> tuple[Item, int]:
    if level > NESTING_LEVELS and attributes:
        raise too_deep()
    checked: Item = {}
    total = 0
    for name, value in attributes.items():
        # Attribute names are short and ASCII nearly always; only others are encoded to be measured.
        if type(name) is str and 0 < len(name) <= _SHORT and name.isascii():
            total += len(name)
        else:
            name = check_name(name)
            total += len(name.encode())
        checked[name], size = _check(value, level)
        total += size
    return checked, total


def _check(value: Any, level: int) -> tuple[AttributeValue, int]:
    # The commonest values take the shortest way: every put comes by for each of its values.
    if value.__class__ is dict and len(value) == 1:
        ((tag, content),) = value.items()
        if tag == "S" and type(content) is str and content.isascii():
            return {"S": content}, len(content)
        if tag == "N" and type(content) is str:
            number, size = measured(content)
            return {"N": number}, size
    typed: Mapping[str, object] = value
    # The test for a dictionary comes first because the one for a mapping is slow.
    if value.__class__ is not dict and not isinstance(value, Mapping):
        if value is None:
            raise _not_one_type({})
        raise no_structure(value, ATTRIBUTE_VALUE, member=True)
    if len(typed) != 1:
        # As in every structure, a member that is null counts as absent, and one that the service
        # knows no name for is ignored.
        typed = {
            tag: content for tag, content in typed.items() if content is not None and tag in TYPES
        }
        if len(typed) != 1:
            raise _not_one_type(typed)
    ((tag, content),) = typed.items()
    if content is None:
        raise _not_one_type({})
    check = _CHECKS.get(tag)
    if check is None or content is None:
        raise _not_one_type({} if content is None else typed)
    checked, size = check(content, level)
    return {tag: checked}, size


def too_deep() -> EngineError:
    """Make the error for a value that is nested deeper than DynamoDB takes."""
    return validation(texts.values.TOO_DEEP)


def _not_one_type(value: Mapping[str, object]) -> EngineError:
    if len(value) > 1:
        return validation(texts.values.SEVERAL_TYPES)
    return validation(texts.values.NO_TYPE)


def check_name(name: object) -> str:
    """Validate an attribute's name, and return it.

    Raises:
        EngineError: As for `check_item`.
    """
    if not isinstance(name, str):
        raise no_scalar(name, "String")
    size = len(utf8(name))
    if not size:
        raise validation(texts.values.NAME_EMPTY)
    if size > ATTRIBUTE_NAME_BYTES:
        raise validation(texts.values.NAME_TOO_LONG)
    return str(name)


def utf8(text: str) -> bytes:
    """Encode a string as DynamoDB keeps it and measures it.

    Raises:
        EngineError: Half a surrogate pair stands in the string, which no JSON could carry.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise serialization(texts.values.HALF_A_SURROGATE_PAIR) from error


def _check_string(content: object, _level: int) -> tuple[str, int]:
    text = _string(content)
    return text, _string_size(text)


def _string(content: object) -> str:
    if not isinstance(content, str):
        raise no_scalar(content, "String")
    if not content.isascii():
        utf8(content)
    return content if type(content) is str else str(content)


def _check_number(content: object, _level: int) -> tuple[str, int]:
    if not isinstance(content, str):
        raise no_scalar(content, "String")
    return measured(content if type(content) is str else str(content))


def _check_binary(content: object, _level: int) -> tuple[bytes, int]:
    binary = _binary(content)
    return binary, len(binary)


def _binary(content: object) -> bytes:
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise no_binary(content)
    return bytes(cast("bytes", content))


def _check_boolean(content: object, _level: int) -> tuple[bool, int]:
    if not isinstance(content, bool):
        raise no_scalar(content, "Boolean")
    return content, 1


def _check_null(content: object, _level: int) -> tuple[bool, int]:
    if not isinstance(content, bool):
        raise no_scalar(content, "Boolean")
    if not content:
        raise validation(texts.values.NULL_NOT_TRUE)
    return True, 1


def _check_map(content: object, level: int) -> tuple[Item, int]:
    if type(content) is not dict and not isinstance(content, Mapping):
        raise no_map(content, ATTRIBUTE_VALUE)
    checked, size = _check_attributes(cast("Mapping[object, Any]", content), level + 1)
    return checked, LIST_OVERHEAD + len(checked) + size


def _check_list(content: object, level: int) -> tuple[list[AttributeValue], int]:
    elements = _sequence(content)
    if level >= NESTING_LEVELS and elements:
        raise too_deep()
    checked: list[AttributeValue] = []
    total = LIST_OVERHEAD + len(elements)
    for element in elements:
        value, size = _check(element, level + 1)
        checked.append(value)
        total += size
    return checked, total


def _sequence(content: object) -> list[object] | tuple[object, ...]:
    if not isinstance(content, (list, tuple)):
        raise no_list(content)
    return cast("list[object] | tuple[object, ...]", content)


def _check_string_set(content: object, _level: int) -> tuple[list[str], int]:
    members = [_string(member) for member in _set(content)]
    if not members:
        raise validation(texts.values.STRING_SET_EMPTY)
    if len(set(members)) != len(members):
        raise validation(texts.values.STRING_SET_DUPLICATES, members=", ".join(members))
    # Code point order is the order of the UTF-8 bytes.
    members.sort()
    return members, _string_set_size(members)


def _check_number_set(content: object, level: int) -> tuple[list[str], int]:
    given = _set(content)
    members = [_check_number(member, level)[0] for member in given]
    if not members:
        raise validation(texts.values.NUMBER_SET_EMPTY)
    if len(set(members)) != len(members):
        if reading().number_sets == "by_value" or len(set(given)) != len(given):
            raise validation(texts.values.NUMBER_SET_DUPLICATES)
        members = list(set(members))
    members.sort(key=parse)
    return members, _number_set_size(members)


def _check_binary_set(content: object, _level: int) -> tuple[list[bytes], int]:
    members = [_binary(member) for member in _set(content)]
    if not members:
        raise validation(texts.values.BINARY_SET_EMPTY)
    if len(set(members)) != len(members):
        shown = ", ".join(base64.b64encode(member).decode() for member in members)
        raise validation(texts.values.BINARY_SET_DUPLICATES, members=shown)
    members.sort()
    return members, _binary_set_size(members)


def _set(content: object) -> list[object] | tuple[object, ...]:
    # PynamoDB and boto3's type serializer send lists; Python's own sets are taken at their word.
    if isinstance(content, (set, frozenset)):
        return list(cast("set[object]", content))
    return _sequence(content)


_CHECKS: Final[dict[object, Callable[[object, int], tuple[Any, int]]]] = {
    "S": _check_string,
    "N": _check_number,
    "B": _check_binary,
    "BOOL": _check_boolean,
    "NULL": _check_null,
    "M": _check_map,
    "L": _check_list,
    "SS": _check_string_set,
    "NS": _check_number_set,
    "BS": _check_binary_set,
}


def copy_value(value: AttributeValue) -> AttributeValue:
    """Copy a checked value, so that changing the copy leaves the original alone."""
    for tag, content in value.items():
        if tag == "M":
            return {"M": copy_item(content)}
        if tag == "L":
            return {"L": [copy_value(element) for element in content]}
        if type(content) is list:
            return {tag: content.copy()}
    return value.copy()


def copy_item(item: Item) -> Item:
    """Copy a checked item, so that changing the copy leaves the original alone."""
    return {name: copy_value(value) for name, value in item.items()}


def nesting(value: AttributeValue) -> int:
    """Count the levels of a checked value: 1 for a scalar or a set, one more for each wrapping."""
    for tag, content in value.items():
        if tag == "M":
            return 1 + max(map(nesting, content.values()), default=0)
        if tag == "L":
            return 1 + max(map(nesting, content), default=0)
    return 1


def equal(left: AttributeValue, right: AttributeValue) -> bool:
    """Tell whether two checked values are equal; values of different types never are."""
    return left == right


def compare(left: AttributeValue, right: AttributeValue) -> int | None:
    """Order two checked values: negative, zero or positive; None where DynamoDB has no order.

    Only two strings, two numbers or two binaries have one. Strings go by their UTF-8 bytes, binary
    by unsigned bytes, numbers by value.
    """
    for tag in ("S", "N", "B"):
        if tag in left and tag in right:
            if tag == "N":
                a, b = parse(left["N"]), parse(right["N"])
            else:
                a, b = left[tag], right[tag]
            return (a > b) - (a < b)
    return None


def key_bytes(value: AttributeValue) -> bytes:
    """Encode a string, number or binary so that the bytes sort as DynamoDB sorts the values.

    Bytes are comparable only among values of one type, as the values of one key attribute are.
    """
    for tag, content in value.items():
        if tag == "S":
            return cast("str", content).encode()
        if tag == "N":
            return sort_bytes(content)
        if tag == "B":
            return cast("bytes", content)
    raise TypeError("only strings, numbers and binary can be keys")


def string_length(text: str) -> int:
    """Count the UTF-16 code units of a string, which is what `size` returns for it."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le")) // 2


def item_size(item: Item) -> int:
    """Return the bytes of an item: the UTF-8 bytes of its names, and its values."""
    return _attributes_size(item)


def _attributes_size(attributes: Item) -> int:
    size = 0
    for name, value in attributes.items():
        size += len(name) if name.isascii() else len(name.encode())
        for tag, content in value.items():
            if tag == "S":
                size += len(content) if content.isascii() else len(content.encode())
            elif tag == "N":
                size += number_size(content)
            else:
                size += _SIZES[tag](content)
    return size


def value_size(value: AttributeValue) -> int:
    """Return the bytes of a value as DynamoDB counts them."""
    for tag, content in value.items():
        return _SIZES[tag](content)
    raise TypeError("an attribute value has a type")


def _string_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _flag_size(_content: bool) -> int:
    return 1


def _map_size(attributes: Item) -> int:
    return LIST_OVERHEAD + len(attributes) + _attributes_size(attributes)


def _list_size(elements: list[AttributeValue]) -> int:
    return LIST_OVERHEAD + len(elements) + sum(map(value_size, elements))


def _string_set_size(members: list[str]) -> int:
    return sum(map(_string_size, members))


def _number_set_size(members: list[str]) -> int:
    return sum(map(number_size, members))


def _binary_set_size(members: list[bytes]) -> int:
    return sum(map(len, members))


_SIZES: Final[dict[str, Callable[[Any], int]]] = {
    "S": _string_size,
    "N": number_size,
    "B": len,
    "BOOL": _flag_size,
    "NULL": _flag_size,
    "M": _map_size,
    "L": _list_size,
    "SS": _string_set_size,
    "NS": _number_set_size,
    "BS": _binary_set_size,
}
