"""Plain Python data to what DynamoDB's Python clients take, and back.

These are the two functions that K9's service had around its calls. Repositories convert by
themselves, exactly and by type; these are for code that still speaks to boto3, and for data that
has no model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast

from anydynamo.errors import InvalidRequest
from anydynamo.models.kinds import number_of_decimal, number_of_float, number_of_int
from anydynamo.models.untyped import natural_number

__all__ = ["convert_decimals", "prepare_for_dynamodb"]

# DynamoDB takes 32 levels, and this is its word to say; but data that holds itself has no end.
_DEEPEST = 64
_WHOLE = 1e38


def convert_decimals(data: Any) -> Any:
    """Turn the Decimals that DynamoDB's clients return into Python's own numbers.

    Whole numbers become int, others float, and those whose digits no float has stay Decimal, so
    that nothing is lost. Lists, maps and sets are gone through; all else is returned as it is. What
    was given stays as it was.

    Raises:
        InvalidRequest: The data is nested too deeply.
    """
    return _walk(data, _number, "", 0)


def prepare_for_dynamodb(data: Any) -> Any:
    """Turn Python's data into what DynamoDB's clients take: floats into Decimals.

    A float becomes the Decimal with the digits that Python shows of it, from which
    `convert_decimals` makes the same float, bit for bit, or an equal int. Whole numbers, text,
    booleans, bytes and None stay; tuples become lists; lists, maps and sets are gone through. What
    was given stays as it was.

    Raises:
        InvalidRequest: There is something that DynamoDB cannot hold: NaN, an infinity, a number
            beyond its range or its 38 digits, an empty set, one of several types, a key that is no
            text, or a value of another type. The message says where.
    """
    return _walk(data, _prepared, "", 0)


def _walk(data: Any, leaf: Callable[[Any], Any], place: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise InvalidRequest(
            f"{_said(place[:40])} goes on deeper than the 32 levels that DynamoDB holds"
        )
    if isinstance(data, Mapping):
        converted: dict[str, Any] = {}
        for name, one in cast("Mapping[Any, Any]", data).items():  # type: ignore[redundant-cast]
            if leaf is _prepared and not isinstance(name, str):
                raise InvalidRequest(
                    f"{_said(place)} has the key {name!r}, and keys of maps are text in DynamoDB"
                )
            converted[name] = _walk(one, leaf, f"{place}.{name}" if place else f"{name}", depth + 1)
        return converted
    if isinstance(data, list | tuple):
        several = cast("list[Any]", data)
        return [
            _walk(one, leaf, f"{place}[{number}]", depth + 1) for number, one in enumerate(several)
        ]
    try:
        if isinstance(data, set | frozenset):
            return _set(cast("set[Any]", data), leaf, place)
        return leaf(data)
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"{_said(place)} cannot be stored: {error}") from error


def _set(data: set[Any] | frozenset[Any], leaf: Callable[[Any], Any], place: str) -> set[Any]:
    members = {leaf(one) for one in data}
    if leaf is _prepared:
        kinds = {_kind(one) for one in members}
        if len(kinds) != 1 or kinds == {""}:
            types = ", ".join(sorted({type(one).__name__ for one in data})) or "nothing"
            raise InvalidRequest(
                f"{_said(place)} is a set of {types}; a set in DynamoDB is not empty and holds "
                "only strings, only numbers or only bytes"
            )
    return members


def _kind(member: object) -> str:
    if isinstance(member, str):
        return "S"
    if isinstance(member, int | Decimal) and not isinstance(member, bool):
        return "N"
    return "B" if isinstance(member, bytes) else ""


def _number(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        return natural_number(str(value))
    return value


def _prepared(value: Any) -> Any:
    if value is None or isinstance(value, bool | str | bytes):
        return value
    if isinstance(value, float):
        text = number_of_float(value)
        # A whole number is written out while it has the digits for it: 2.0**60 then stays itself.
        return Decimal(int(value)) if value.is_integer() and abs(value) < _WHOLE else Decimal(text)
    # The numbers are returned as they are; what DynamoDB cannot hold is refused on the way.
    if isinstance(value, int):
        number_of_int(value)
    elif isinstance(value, Decimal):
        number_of_decimal(value)
    else:
        raise TypeError(f"a {type(value).__name__} has no counterpart in DynamoDB")
    return value


def _said(place: str) -> str:
    return place or "The data"
