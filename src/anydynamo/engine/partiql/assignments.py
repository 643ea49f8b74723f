"""Read the right-hand sides of SET into the actions of `engine.expressions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine import texts
from anydynamo.engine.expressions.ast import (
    Action,
    Add,
    Arithmetic,
    Delete,
    Function,
    Operand,
    Path,
    Set,
    Value,
)
from anydynamo.engine.partiql.lexer import malformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anydynamo.engine.partiql.literals import Template
    from anydynamo.engine.partiql.source import Source
    from anydynamo.engine.values.values import AttributeValue

__all__ = ["read_assignment"]

_SET_ACTIONS: Final[dict[str, type[Add] | type[Delete]]] = {"set_add": Add, "set_delete": Delete}
_SETS: Final = frozenset(("SS", "NS", "BS"))


def read_assignment(source: Source) -> Action:
    """Read `path = data`: a value, an attribute, a sum, a difference, or a call.

    `set_add` and `set_delete` become the clauses ADD and DELETE of an update expression, which
    make a set that is not there and remove one that becomes empty.

    Raises:
        EngineError: A ValidationException.
    """
    path = source.path()
    source.expect("=")
    if source.follows("name", "(") and source.token.text.lower() in _SET_ACTIONS:
        return _set_action(source, path)
    left = _operand(source)
    if source.take("+"):
        return Set(path, Arithmetic("+", left, _operand(source)))
    if source.take("-"):
        return Set(path, Arithmetic("-", left, _operand(source)))
    return Set(path, left)


def _set_action(source: Source, path: Path) -> Action:
    name = source.expect("name").text.lower()
    source.expect("(")
    subject = source.path()
    source.expect(",")
    value = source.value()
    source.expect(")")
    if subject != path:
        raise malformed(texts.statements.OTHER_ATTRIBUTE, name=name)
    source.templates[value.name] = _only_sets(name, source.templates[value.name])
    return _SET_ACTIONS[name](path, value)


def _only_sets(name: str, make: Template) -> Template:
    def build(parameters: Sequence[AttributeValue]) -> AttributeValue:
        value = make(parameters)
        if _SETS.isdisjoint(value):
            raise malformed(texts.statements.SECOND_ARGUMENT_NO_SET, name=name)
        return value

    return build


def _operand(source: Source) -> Operand:
    if source.at_value():
        return source.value()
    if not source.follows("name", "("):
        return source.path()
    name = source.token.text.lower()
    if name != "list_append":
        raise malformed(texts.statements.NO_FUNCTION_IN_SET, name=name)
    source.expect("name")
    source.expect("(")
    first = _argument(source)
    source.expect(",")
    second = _argument(source)
    source.expect(")")
    return Function(name, (first, second))


def _argument(source: Source) -> Path | Value:
    return source.value() if source.at_value() else source.path()
