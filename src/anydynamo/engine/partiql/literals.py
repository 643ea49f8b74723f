"""Literals of PartiQL: values with gaps, which parameters fill.

Source: "PartiQL data types for DynamoDB" of the Amazon DynamoDB Developer Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.partiql.lexer import malformed
from anydynamo.engine.values.values import AttributeValue

__all__ = ["Template", "constant", "list_of", "map_of", "parameter", "set_of"]

Template: TypeAlias = Callable[[Sequence[AttributeValue]], AttributeValue]
"""Makes a value from a statement's parameters, which have been checked; itself unchecked."""

_SETS: Final = {"S": "SS", "N": "NS", "B": "BS"}


def constant(tag: str, content: str | bool) -> Template:
    """Make a value that needs no parameter."""
    return lambda _parameters: {tag: content}


def parameter(number: int) -> Template:
    """Take a parameter as it is."""
    return lambda parameters: parameters[number]


def list_of(members: Sequence[Template]) -> Template:
    """Make a list."""
    return lambda parameters: {"L": [member(parameters) for member in members]}


def map_of(members: Mapping[str, Template]) -> Template:
    """Make a map."""
    return lambda parameters: {"M": {name: member(parameters) for name, member in members.items()}}


def set_of(members: Sequence[Template]) -> Template:
    """Make a set of strings, numbers or binary values.

    Raises:
        EngineError: A ValidationException; there is nothing in it.
    """
    if not members:
        raise malformed(texts.statements.EMPTY_SET)

    def build(parameters: Sequence[AttributeValue]) -> AttributeValue:
        built = [member(parameters) for member in members]
        (tag,) = built[0]
        if tag not in _SETS or any(tag not in value for value in built):
            raise validation(texts.statements.MIXED_SET)
        return {_SETS[tag]: [value[tag] for value in built]}

    return build
