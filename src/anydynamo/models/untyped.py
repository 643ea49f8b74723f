"""Values whose type no annotation gives: plain Python values to DynamoDB's tagged JSON and back.

Also the kinds that rest on them: `ANY`, and `choice` for enumerations and literals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from anydynamo.models import kinds
from anydynamo.models.kinds import Kind, Tagged

__all__ = ["ANY", "choice", "natural", "tagged"]

# DynamoDB takes 32 levels; a few more are let through, so that it is DynamoDB's word that counts.
_DEEPEST = 64


def natural_number(text: str) -> int | float | Decimal:
    """Read a number as the Python type that loses nothing: int, float, else Decimal."""
    try:
        return int(text)
    except ValueError:
        number = kinds.decimal_of(text)
    if number == number.to_integral_value():
        return int(number)
    inexact = float(number)
    return inexact if Decimal(repr(inexact)) == number else number


def natural(stored: Mapping[str, Any]) -> Any:
    """Turn tagged JSON into plain Python values, without a model."""
    ((wire, payload),) = stored.items()
    return _NATURAL[wire](payload)


_NATURAL: dict[str, Callable[[Any], Any]] = {
    "S": lambda payload: payload,
    "N": natural_number,
    "B": bytes,
    "BOOL": lambda payload: payload,
    "NULL": lambda _: None,
    "L": lambda payload: [natural(one) for one in payload],
    "M": lambda payload: {key: natural(one) for key, one in payload.items()},
    "SS": set,
    "NS": lambda payload: {natural_number(one) for one in payload},
    "BS": lambda payload: {bytes(one) for one in payload},
}


def tagged(value: object, *, foreign: bool = False) -> Tagged:
    """Turn plain Python values into tagged JSON, without a model.

    Args:
        value: The value.
        foreign: Whether values of pydantic's own types, such as URLs, are taken too and stored as
            in JSON. That is for what pydantic itself gave, and will make of it again.

    Raises:
        TypeError: There is a value that DynamoDB has no type for.
        ValueError: There is a number or a set that DynamoDB cannot hold, or the nesting is deeper
            than DynamoDB's 32 levels.
    """
    return _tagged(value, 0, foreign)


def _tagged(value: object, depth: int, foreign: bool) -> Tagged:
    if depth > _DEEPEST:
        raise ValueError("nested deeper than the 32 levels that DynamoDB holds")
    encode = _TAGGED.get(type(value))
    if encode is not None:
        return encode(value)
    if isinstance(value, Mapping):
        return {"M": _tagged_map(cast("Mapping[object, object]", value), depth, foreign)}
    if isinstance(value, list | tuple):
        several = cast("list[object]", value)
        return {"L": [_tagged(one, depth + 1, foreign) for one in several]}
    if isinstance(value, set | frozenset):
        return _tagged_set(cast("set[object]", value), foreign)
    if isinstance(value, Enum):
        return _tagged(value.value, depth, foreign)
    for base, encode in _TAGGED.items():
        if isinstance(value, base):
            return encode(value)
    if foreign:
        return _tagged_foreign(value, depth)
    raise TypeError(f"{type(value).__name__} has no counterpart in DynamoDB")


def _tagged_map(value: Mapping[object, object], depth: int, foreign: bool) -> Tagged:
    encoded: Tagged = {}
    for key, one in value.items():
        if not isinstance(key, str):
            raise kinds.wrong(key, "a string, which keys of maps are in DynamoDB")
        encoded[str.__str__(key)] = _tagged(one, depth + 1, foreign)
    return encoded


def _tagged_set(value: set[object] | frozenset[object], foreign: bool) -> Tagged:
    if not value:
        raise ValueError("an empty set, which DynamoDB cannot hold")
    encoded = [_tagged(one, 0, foreign) for one in value]
    wires = {next(iter(one)) for one in encoded}
    if len(wires) != 1 or (wire := wires.pop()) not in ("S", "N", "B"):
        raise TypeError(
            "a set in DynamoDB holds only strings, only numbers or only bytes, not "
            + ", ".join(sorted({type(one).__name__ for one in value}))
        )
    return {f"{wire}S": [one[wire] for one in encoded]}


def _tagged_foreign(value: object, depth: int) -> Tagged:
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    secret = getattr(value, "get_secret_value", None)
    try:
        plain = secret() if callable(secret) else to_jsonable_python(value)
    except PydanticSerializationError:
        raise TypeError(f"{type(value).__name__} has no counterpart in DynamoDB") from None
    return _tagged(plain, depth + 1, foreign=False)


def _encode_time(value: time) -> Tagged:
    return {"S": value.isoformat()}


def _encode_duration(value: timedelta) -> Tagged:
    from pydantic_core import to_jsonable_python

    return {"S": to_jsonable_python(value)}


# The order matters for values of subclasses: bool before int, datetime before date.
_TAGGED: dict[type, Callable[[Any], Tagged]] = {
    str: kinds.STRING.encode,
    bool: kinds.BOOLEAN.encode,
    int: kinds.INTEGER.encode,
    float: kinds.FLOAT.encode,
    Decimal: kinds.DECIMAL.encode,
    bytes: kinds.BINARY.encode,
    type(None): lambda _: {"NULL": True},
    datetime: kinds.TIMESTAMP.encode,
    date: kinds.DATE.encode,
    time: _encode_time,
    timedelta: _encode_duration,
    UUID: kinds.UUID_TEXT.encode,
}

ANY = Kind("any value", None, tagged, natural)


def choice(name: str, values: Sequence[tuple[Any, Any]]) -> Kind:
    """Make the kind of an Enum or a Literal.

    Args:
        name: The choice in words.
        values: Python's values, each with the string, number, boolean or bytes that is stored.
    """
    wires = {next(iter(tagged(plain))) for _, plain in values}
    known = {_frozen(tagged(plain)): value for value, plain in values}
    offered = ", ".join(repr(plain) for _, plain in values)
    # With its type in the key, since 1 == True and a Literal tells them apart.
    stored: dict[tuple[type, Any], Any] = {(type(plain), plain): plain for _, plain in values}
    stored.update({(type(value), value): plain for value, plain in values})

    def encode(value: object) -> Tagged:
        try:
            return tagged(stored[type(value), value])
        except (KeyError, TypeError):
            raise ValueError(f"it is none of {offered}") from None

    def decode(item: Mapping[str, Any]) -> Any:
        try:
            return known[_frozen(item)]
        except KeyError:
            raise ValueError(f"it is none of {offered}") from None

    return Kind(name, wires.pop() if len(wires) == 1 else None, encode, decode)


def _frozen(stored: Mapping[str, Any]) -> tuple[str, object]:
    wire, payload = next(iter(stored.items()))
    return wire, kinds.decimal_of(payload) if wire == "N" else payload
