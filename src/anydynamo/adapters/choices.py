"""The options of the embedded providers: text of a URL becomes what the engine is told."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine.behaviour import Behaviour
from anydynamo.engine.readings import STANDARD, Readings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CHOICES", "behaviour_of", "positive"]


def seconds(text: str) -> float:
    """Convert a duration in seconds.

    Raises:
        ValueError: It is no number, or one below 0.
    """
    number = float(text)
    if not 0 <= number < math.inf:
        raise ValueError("expected a number of seconds, 0 or more")
    return number


def folder(text: str) -> str:
    """Return the path of a folder.

    Raises:
        ValueError: It is empty.
    """
    if not text:
        raise ValueError("expected the path of a folder")
    return text


def positive(text: str) -> int:
    """Convert a number of things.

    Raises:
        ValueError: It is no whole number, or one below 1.
    """
    number = int(text)
    if number < 1:
        raise ValueError("expected a whole number from 1 up")
    return number


def one_of(*names: str) -> Callable[[str], str]:
    """Return a function that converts text which must be one of some names."""

    def convert(text: str) -> str:
        if text not in names:
            raise ValueError(f"expected one of {', '.join(names)}")
        return text

    return convert


_READINGS: Final[Mapping[str, Callable[[str], Any]]] = {
    "in_operands": lambda text: int(one_of("99", "100")(text)),
    "string_size": one_of("utf16", "characters"),
    "removal_creates": lambda text: one_of("true", "false")(text) == "true",
    "number_sets": one_of("by_value", "as_written"),
    "key_conditions": one_of("alone", "mixed"),
}

CHOICES: Final[Mapping[str, Callable[[str], Any]]] = {
    "collection_bytes": positive,
    "expire_after": seconds,
    "recovery_lag": seconds,
    "s3_folder": folder,
    "table_delay": seconds,
    "index_delay": seconds,
    "ttl_delay": seconds,
    **_READINGS,
}
"""How the text of each choice is converted."""


def behaviour_of(choices: Mapping[str, Any]) -> Behaviour:
    """Make a behaviour of choices whose text has been converted."""
    read = {name: value for name, value in choices.items() if name in _READINGS}
    rest = {name: value for name, value in choices.items() if name not in _READINGS}
    return Behaviour(readings=Readings(**read) if read else STANDARD, **rest)
