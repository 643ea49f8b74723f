"""Items as DynamoDB's HTTP API, its exports and AWS Lambda write them: JSON with binary as base64.

Inside, as botocore presents them, binary is bytes. Everything else is the same in both, numbers
being text; so an item that goes out and comes back is equal to the digit.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from anydynamo.engine.values.values import check_item, too_deep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anydynamo.engine.values.values import Item

__all__ = ["from_json", "to_json", "with_bytes"]


def to_json(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item, a key or an image as JSON has it; nothing in it is the caller's object."""
    return {name: _value(value, _text) for name, value in item.items()}


def from_json(item: object) -> Item:
    """Return what `to_json` was given, checked as DynamoDB would check it.

    Raises:
        EngineError: It is no item.
        ValueError: Its binary is not base64.
    """
    return check_item(with_bytes(item))


def with_bytes(item: object) -> object:
    """Return what JSON has of an item with its binary as bytes, for others to check.

    Raises:
        EngineError: It is nested too deeply.
        ValueError: Its binary is not base64.
    """
    if not isinstance(item, Mapping):
        return item
    attributes = cast("Mapping[str, Any]", item)
    try:
        return {name: _value(value, _bytes) for name, value in attributes.items()}
    except RecursionError as error:
        raise too_deep() from error


def _value(value: Any, binary: Callable[[Any], Any]) -> Any:
    # What is no value is passed on as it is: `check_item` finds the words for it.
    if not isinstance(value, Mapping):
        return value
    typed = cast("Mapping[str, Any]", value)
    return {tag: _content(tag, content, binary) for tag, content in typed.items()}


def _content(tag: str, content: Any, binary: Callable[[Any], Any]) -> Any:
    if tag == "B":
        return binary(content)
    if tag == "M" and isinstance(content, Mapping):
        attributes = cast("Mapping[str, Any]", content)
        return {name: _value(value, binary) for name, value in attributes.items()}
    if isinstance(content, list):
        one: Callable[[Any], Any] = binary if tag == "BS" else lambda value: value
        if tag == "L":
            one = partial(_value, binary=binary)
        return [one(element) for element in cast("Sequence[Any]", content)]
    return content


def _text(content: Any) -> str:
    return base64.b64encode(content).decode()


def _bytes(content: Any) -> Any:
    if not isinstance(content, str):
        return content
    try:
        return base64.b64decode(content, validate=True)
    except ValueError as error:
        raise ValueError(f"{content[:40]!r} is not base64: {error}") from error
