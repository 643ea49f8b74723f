"""What the service says of JSON that has another type than the parameter: SerializationExceptions.

The texts are those of the service's own JSON reader, which is written in Java, and shows it. AWS
does not document them; they are what Dynoxide, which was calibrated against the service, answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, filled

__all__ = [
    "ATTRIBUTE_VALUE",
    "Scalar",
    "no_binary",
    "no_element",
    "no_list",
    "no_map",
    "no_scalar",
    "no_structure",
    "serialization",
]

Scalar = Literal["String", "Boolean", "Integer", "Long", "Double", "Date"]

ATTRIBUTE_VALUE: Final = "com.amazonaws.dynamodb.v20120810.AttributeValue"


def serialization(text: str, /, **parts: object) -> EngineError:
    """Make a SerializationException: the request cannot even be read.

    Args:
        text: As for an `EngineError`.
        parts: What goes into its fields.
    """
    return EngineError("SerializationException", filled(text, parts))


def no_scalar(value: object, wanted: Scalar) -> EngineError:
    """Say that a value is no text, switch, number or date."""
    if isinstance(value, Mapping):
        return serialization(texts.requests.MAP_UNEXPECTED)
    if isinstance(value, list):
        return serialization(texts.requests.LIST_FOR_SCALAR, wanted=wanted)
    if isinstance(value, str) and wanted == "Boolean":
        return serialization(texts.requests.UNEXPECTED_TOKEN)
    return serialization(texts.requests.NOT_CONVERTIBLE, token=_token(value), wanted=wanted)


def no_binary(value: object) -> EngineError:
    """Say that a value is no binary."""
    if isinstance(value, Mapping):
        return serialization(texts.requests.MAP_UNEXPECTED)
    if isinstance(value, list):
        return serialization(texts.requests.LIST_FOR_BINARY)
    return serialization(texts.requests.NO_BASE64)


def no_list(value: object) -> EngineError:
    """Say that a value is no list."""
    return serialization(
        texts.requests.MAP_UNEXPECTED if isinstance(value, Mapping) else texts.requests.FIELD_TYPE
    )


def no_element() -> EngineError:
    """Say that a value is no list or map where a list or a map consists of such."""
    return serialization(texts.requests.NO_ELEMENT)


def no_map(value: object, member: str) -> EngineError:
    """Say that a value is no map.

    Args:
        value: What it is.
        member: The Java name of what the map would hold.
    """
    if isinstance(value, list):
        return serialization(texts.requests.LIST_FOR_MAP, member=member)
    return serialization(texts.requests.FIELD_TYPE)


def no_structure(value: object, name: str | None = None, *, member: bool = False) -> EngineError:
    """Say that a value is no structure, such as an attribute value.

    Args:
        value: What it is.
        name: The structure's Java name, where it is known.
        member: Whether it stands in a list or in a map, rather than in a structure.
    """
    if isinstance(value, list):
        if name is None:
            return serialization(texts.requests.LIST_UNEXPECTED)
        return serialization(texts.requests.LIST_FOR_STRUCTURE, name=name)
    return serialization(texts.requests.UNEXPECTED_VALUE if member else texts.requests.FIELD_TYPE)


def _token(value: object) -> str:
    if isinstance(value, bool):
        return f"{str(value).upper()}_VALUE"
    if isinstance(value, int):
        return "NUMBER_VALUE"
    if isinstance(value, float):
        return "DECIMAL_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    # No JSON brings it here: a caller in Python does.
    return f"A {type(value).__name__}"
