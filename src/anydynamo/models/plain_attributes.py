"""The values of plain PynamoDB attributes: what PynamoDB writes and reads, checked and faster.

PynamoDB chooses the way of each element of a raw map or list anew, with an object for each; here
that is one function call. Whatever is out of the ordinary is left to PynamoDB.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, cast

from pynamodb.attributes import (
    Attribute,
    BinaryAttribute,
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from anydynamo.errors import InvalidItem
from anydynamo.models import kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pynamodb.models import Model

__all__ = [
    "check_item",
    "check_numbers",
    "number_of",
    "plain_map_setter",
    "plain_payload",
    "plain_reader",
    "plain_text",
]

_RAW_LIST = cast("Any", ListAttribute)
_RAW_MAP = cast("Any", MapAttribute)
# Keys that a map attribute's constructor takes for options of its own.
_OPTIONS = frozenset((*_RAW_MAP.attribute_args, "self", "_user_instantiated"))


class _UnusualError(Exception):
    """A value that PynamoDB has to convert."""


def plain_reader(attribute: Attribute[Any]) -> Callable[[dict[str, Any]], Any]:
    """Give the function from tagged JSON to an attribute's value."""
    deserialize: Callable[[Any], Any] = attribute.deserialize
    get_value: Callable[[dict[str, Any]], Any] = attribute.get_value

    def read(stored: dict[str, Any]) -> Any:
        return deserialize(get_value(stored))

    if type(attribute) is _RAW_MAP:
        return lambda stored: {key: _raw_value(one) for key, one in stored["M"].items()}
    if type(attribute) is _RAW_LIST:
        element = cast("Any", attribute).element_type
        if element is None:
            return lambda stored: [_raw_value(one) for one in stored["L"]]
        if element is NumberAttribute:
            return lambda stored: [
                None if "NULL" in one else number_of(one["N"]) for one in stored["L"]
            ]
        if element is UnicodeAttribute:
            return lambda stored: [None if "NULL" in one else one["S"] for one in stored["L"]]
    return read


def plain_map_setter(name: str, attribute: Attribute[Any]) -> Callable[[Any, Any], None]:
    """Give the function that puts a dict on an instance as a raw map attribute does it."""
    put: Callable[[Any, Any], None] = attribute.__set__

    def set_map(instance: Any, value: Any) -> None:
        if not isinstance(value, dict) or not _OPTIONS.isdisjoint(cast("Iterable[Any]", value)):
            put(instance, cast("Any", value))
            return
        held = _RAW_MAP.__new__(_RAW_MAP)
        # What the constructor would do, without going through each value.
        held.__dict__.update(attribute_kwargs={}, attribute_values=value)
        instance.attribute_values[name] = held

    return set_map


def number_of(text: str) -> int | float:
    """Read a number as PynamoDB does: an int, or a float where there is a fraction."""
    try:
        return int(text)
    except ValueError:
        return cast("int | float", json.loads(text))


def _raw_value(stored: Mapping[str, Any]) -> Any:
    ((wire, payload),) = stored.items()
    return _RAW_VALUES[wire](payload)


_RAW_VALUES: dict[str, Callable[[Any], Any]] = {
    "S": lambda payload: payload,
    "N": number_of,
    "B": lambda payload: payload,
    "BOOL": bool,
    "NULL": lambda _: None,
    "L": lambda payload: [_raw_value(one) for one in payload],
    "M": lambda payload: {key: _raw_value(one) for key, one in payload.items()},
    "SS": set,
    "NS": lambda payload: {number_of(one) for one in payload},
    "BS": set,
}


def _raw_tagged(value: Any) -> dict[str, Any]:
    """Write a value as the raw map and list attributes of PynamoDB do, by its exact type."""
    encode = _RAW_TAGGED.get(cast("Any", type(value)))
    if encode is None:
        raise _UnusualError
    return encode(value)


_RAW_TAGGED: dict[type, Callable[[Any], dict[str, Any]]] = {
    str: lambda value: {"S": value},
    int: lambda value: {"N": kinds.number_of_int(value)},
    float: lambda value: {"N": kinds.number_of_float(value)},
    bool: lambda value: {"BOOL": value},
    bytes: lambda value: {"B": value},
    type(None): lambda _: {"NULL": True},
    list: lambda value: {"L": [_raw_tagged(one) for one in value]},
    dict: lambda value: {"M": {key: _raw_tagged(one) for key, one in value.items()}},
}


def _tagged_number(value: Any) -> dict[str, Any]:
    # A bool is written as a number by PynamoDB, which DynamoDB refuses.
    return _raw_tagged(value) if type(value) in (int, float, type(None)) else _raise_unusual()


def _tagged_string(value: Any) -> dict[str, Any]:
    return _raw_tagged(value) if type(value) in (str, type(None)) else _raise_unusual()


def _raise_unusual() -> NoReturn:
    raise _UnusualError


# By the `of=` of a list attribute.
_ELEMENTS: dict[Any, Callable[[Any], dict[str, Any]]] = {
    None: _raw_tagged,
    NumberAttribute: _tagged_number,
    UnicodeAttribute: _tagged_string,
}


def plain_payload(name: str, attribute: Attribute[Any]) -> Callable[[Any], Any]:
    """Give the function from a value to its payload, with PynamoDB's checks and ours of numbers."""
    serialize: Callable[..., Any] = attribute.serialize
    wire = attribute.attr_type
    if type(attribute).serialize in (BinaryAttribute.serialize, BooleanAttribute.serialize):
        return serialize
    if isinstance(attribute, ListAttribute | MapAttribute):
        return _collection_payload(name, cast("Any", attribute))
    usual: Any = cast("Any", type(attribute)).serialize
    if usual is NumberAttribute.serialize:
        return lambda value: _number_text(name, value)
    if usual is UTCDateTimeAttribute.serialize:
        return kinds.timestamp_text

    def write(value: Any) -> Any:
        if isinstance(value, MapAttribute):
            cast("Any", value).validate(null_check=True)
        payload = serialize(value)
        if payload is not None and wire in ("N", "NS"):
            check_numbers({wire: payload}, name)
        return payload

    return write


def plain_text(name: str) -> Callable[[Any], str]:
    """Give the function that refuses what PynamoDB would send as a string and is none."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidItem(f"'{name}' cannot be stored: {kinds.wrong(value, 'a string')}")
        return value

    return check


def _number_text(name: str, value: Any) -> str:
    try:
        if type(value) is int:
            return kinds.number_of_int(value)
        if type(value) is float:
            return kinds.number_of_float(value)
    except ValueError as error:
        raise InvalidItem(f"'{name}' cannot be stored: {error}") from error
    text = json.dumps(value)
    _check_number(text, name)
    return text


def _collection_payload(name: str, attribute: Any) -> Callable[[Any], Any]:
    wire: str = attribute.attr_type
    serialize: Callable[..., Any] = attribute.serialize
    raw_map = type(attribute) is _RAW_MAP
    element = _ELEMENTS.get(attribute.element_type) if type(attribute) is _RAW_LIST else None

    def write(value: Any) -> Any:
        try:
            if raw_map and type(value) is _RAW_MAP:
                inner = value.__dict__["attribute_values"]
                return {key: _raw_tagged(one) for key, one in inner.items()}
            if element is not None and isinstance(value, list):
                return [element(one) for one in cast("Iterable[Any]", value)]
        except _UnusualError:
            pass  # PynamoDB writes it, or says what is wrong
        except ValueError as error:
            raise InvalidItem(f"'{name}' cannot be stored: {error}") from error
        if isinstance(value, MapAttribute):
            cast("Any", value).validate(null_check=True)
        payload = serialize(value, null_check=True)
        check_numbers({wire: payload}, name)
        return payload

    return write


def check_item(item: dict[str, Any], model: type[Model]) -> dict[str, Any]:
    """Refuse an item with a number that DynamoDB cannot hold, and give it otherwise.

    Raises:
        InvalidItem: There is such a number.
    """
    for wire, stored in item.items():
        check_numbers(stored, f"{wire}' of '{model.__name__}")
    return item


def check_numbers(stored: Mapping[str, Any], place: str) -> None:
    """Refuse numbers that PynamoDB writes and DynamoDB cannot hold.

    Args:
        stored: Tagged JSON.
        place: Where it stands, for the message.

    Raises:
        InvalidItem: There is such a number.
    """
    for wire, payload in stored.items():
        if wire == "N" or wire == "NS":
            for text in (payload,) if wire == "N" else payload:
                # Most numbers are short and begin with a digit, and need no closer look.
                if len(text) > 17 or not text.isdigit():
                    _check_number(text, place)
        elif wire == "M":
            for key, one in payload.items():
                check_numbers(one, f"{place}.{key}")
        elif wire == "L":
            for index, one in enumerate(payload):
                check_numbers(one, f"{place}[{index}]")


def _check_number(text: str, place: str) -> None:
    try:
        kinds.number_of_decimal(Decimal(text))
    except (ValueError, ArithmeticError) as error:
        raise InvalidItem(f"'{place}' cannot be stored: {error}") from error
