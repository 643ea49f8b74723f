"""Amazon Ion's text, as exports are written in it and imports read it.

Writing needs nothing: a DynamoDB item has few of Ion's types, and those in one form each. Reading
has to understand whatever another program wrote, which Amazon's own package `amazon.ion` does; it
brings NumPy along, so it is an extra (`ion`) and only imported when Ion is read.

Source: "DynamoDB table export output format" and "Amazon S3 import formats for DynamoDB" of the
Amazon DynamoDB Developer Guide, for the types; the Ion 1.0 specification, for the text. That NULL
is Ion's null is in neither table of types, but nothing else in Ion could stand for it.
"""

from __future__ import annotations

import base64
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine.errors import validation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from anydynamo.engine.values.values import AttributeValue

__all__ = ["IonReader", "write_struct"]

_SYMBOL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_KEYWORDS: Final = frozenset(("null", "true", "false", "nan"))
_ESCAPED: Final = re.compile(r"[\x00-\x1f\x7f\"\\]")
_ESCAPED_SYMBOL: Final = re.compile(r"[\x00-\x1f\x7f'\\]")
_PLACES: Final = 20
"""The decimal places beyond which a fraction is written with its exponent."""

_SETS: Final = {"SS": "S", "NS": "N", "BS": "B"}


def write_struct(members: Mapping[str, AttributeValue]) -> str:
    """Write an item, or part of one, as a struct."""
    return "{" + ",".join(f"{_name(name)}:{_value(one)}" for name, one in members.items()) + "}"


def _name(name: str) -> str:
    if _SYMBOL.fullmatch(name) and name not in _KEYWORDS:
        return name
    return "'" + _ESCAPED_SYMBOL.sub(_escape, name) + "'"


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return f"\\{character}" if character in "\"'\\" else f"\\x{ord(character):02x}"


def _value(value: AttributeValue) -> str:
    for tag, content in value.items():
        if tag in _SETS:
            members = ",".join(_scalar(_SETS[tag], member) for member in content)
            return f"$dynamodb_{tag}::[{members}]"
        if tag == "M":
            return write_struct(content)
        if tag == "L":
            return "[" + ",".join(map(_value, content)) + "]"
        return _scalar(tag, content)
    raise TypeError("an attribute value has a type")


def _scalar(tag: str, content: Any) -> str:
    if tag == "S":
        return '"' + _ESCAPED.sub(_escape, content) + '"'
    if tag == "N":
        return _decimal(content)
    if tag == "B":
        return "{{" + base64.b64encode(content).decode() + "}}"
    return "null" if tag == "NULL" else str(content).lower()


def _decimal(number: str) -> str:
    """Write a number in canonical form as the service does: `103.`, `6d2`, `1.5`."""
    whole, point, fraction = number.partition(".")
    if point:
        digits = fraction.lstrip("0")
        if whole.lstrip("-") == "0" and len(fraction) > _PLACES:
            return f"{whole.removesuffix('0')}{digits}d-{len(fraction)}"
        return number
    digits = whole.rstrip("0")
    zeros = len(whole) - len(digits)
    return f"{digits}d{zeros}" if zeros and digits else f"{whole}."


class IonReader:
    """Reads items of an Ion text, by `amazon.ion`, which ships without type information.

    Raises:
        EngineError: A ValidationException; the package is not installed.
    """

    __slots__ = ("_loads", "_scalars", "_troubles", "_types")

    def __init__(self) -> None:
        try:
            types: Any = import_module("amazon.ion.core").IonType
            errors: Any = import_module("amazon.ion.exceptions")
            self._loads: Any = import_module("amazon.ion.simpleion").loads
        except ImportError as error:
            raise validation(
                "InputFormat ION needs amazon.ion, which is not installed: pip install"
                " 'anydynamo[ion]'"
            ) from error
        self._types = types
        self._troubles: tuple[type[Exception], ...] = (
            errors.IonException,
            ArithmeticError,
            RecursionError,
        )
        self._scalars: Mapping[Any, tuple[str, Callable[[Any], Any]]] = {
            types.STRING: ("S", str),
            types.DECIMAL: ("N", str),
            types.INT: ("N", str),
            types.BLOB: ("B", bytes),
            types.BOOL: ("BOOL", bool),
            types.NULL: ("NULL", lambda _value: True),
        }

    def __call__(self, text: str) -> Iterator[object]:
        """Read the values of a text, and return the item of each.

        Raises:
            ValueError: It is no Ion, or has what is no attribute value.
        """
        try:
            for value in self._loads(text, single_value=False):
                yield self._item(value)
        except self._troubles as error:
            raise ValueError(f"it is no Ion: {error}") from error

    def _item(self, value: Any) -> dict[str, Any]:
        item = value.get("Item") if value.ion_type is self._types.STRUCT else None
        if item is None or item.ion_type is not self._types.STRUCT:
            raise ValueError("it is no struct with an Item")
        return self._attributes(item)

    def _attributes(self, struct: Any) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        for name, value in struct.items():
            if name in attributes:
                raise ValueError(f"the attribute {name} stands there twice")
            attributes[str(name)] = self._attribute(value)
        return attributes

    def _attribute(self, value: Any) -> dict[str, Any]:
        kind = value.ion_type
        if kind in self._scalars:
            tag, convert = self._scalars[kind]
            return {tag: convert(value)}
        if kind is self._types.STRUCT:
            return {"M": self._attributes(value)}
        if kind is not self._types.LIST:
            raise ValueError(f"Ion's {kind.name.lower()} is no type of DynamoDB's")
        members = [self._attribute(one) for one in value]
        annotations = [annotation.text for annotation in value.ion_annotations]
        for tag, member in _SETS.items():
            if f"$dynamodb_{tag}" in annotations:
                if any(member not in one for one in members):
                    raise ValueError(f"a $dynamodb_{tag} has a member of another type")
                return {tag: [one[member] for one in members]}
        return {"L": members}
