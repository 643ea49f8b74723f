"""Key condition expressions: one test per key attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from anydynamo.engine import texts
from anydynamo.engine.expressions.ast import (
    And,
    Between,
    Comparison,
    Condition,
    Function,
    In,
    Not,
    Operand,
    Or,
    Path,
    Value,
)
from anydynamo.engine.expressions.conditions import compile_condition
from anydynamo.engine.expressions.lexer import ExpressionError
from anydynamo.engine.expressions.parser import parse_condition
from anydynamo.engine.expressions.paths import resolve
from anydynamo.engine.readings import remembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.expressions.conditions import CompiledCondition
    from anydynamo.engine.expressions.evaluators import Values
    from anydynamo.engine.values.values import AttributeValue

__all__ = [
    "MIRRORED",
    "CompiledKeyCondition",
    "KeyCondition",
    "KeyOperator",
    "KeyTest",
    "compile_key_condition",
]

KeyOperator: TypeAlias = Literal["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"]

MIRRORED: Final[dict[str, KeyOperator]] = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""What each comparator is with its sides exchanged."""


@dataclass(frozen=True, slots=True)
class KeyTest:
    """One test of one attribute.

    Attributes:
        attribute: The attribute's name.
        operator: The operator, as if the attribute stood on its left.
        operands: The checked values: two for BETWEEN, one for everything else.
    """

    attribute: str
    operator: KeyOperator
    operands: tuple[AttributeValue, ...]


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """The tests of a key condition, in the order of the expression, one per attribute."""

    tests: tuple[KeyTest, ...]

    def get(self, attribute: str) -> KeyTest | None:
        """Return the test of an attribute, or None."""
        for test in self.tests:
            if test.attribute == attribute:
                return test
        return None


@dataclass(frozen=True, slots=True)
class CompiledKeyCondition:
    """A key condition that can be bound to any values.

    Attributes:
        tests: Attribute, operator and placeholders of the operands.
        condition: The same as an ordinary condition, whose checks of values apply here too.
    """

    tests: tuple[tuple[str, KeyOperator, tuple[str, ...]], ...]
    condition: CompiledCondition

    def bind(self, values: Values) -> KeyCondition:
        """Check the values and bind the key condition to them.

        Raises:
            ExpressionError: An operator or function does not take a value's type.
        """
        self.condition.bind(values)
        return KeyCondition(
            tuple(
                KeyTest(attribute, operator, tuple(values[name] for name in operands))
                for attribute, operator, operands in self.tests
            )
        )


@remembered
def compile_key_condition(text: str, names: tuple[tuple[str, str], ...]) -> CompiledKeyCondition:
    """Compile a key condition expression.

    Args:
        text: The expression.
        names: The placeholders in it and the names that they stand for, in any fixed order.

    Raises:
        ExpressionError: It holds anything but one test per attribute, joined by AND.
    """
    condition = compile_condition(text, names)
    known = dict(names)
    tests = [_test(tree, known) for tree in _conjuncts(parse_condition(text).tree)]
    if len({attribute for attribute, _, _ in tests}) < len(tests):
        raise ExpressionError(texts.expressions.TWO_CONDITIONS_FOR_A_KEY)
    return CompiledKeyCondition(tuple(tests), condition)


def _conjuncts(tree: Condition) -> list[Condition]:
    found: list[Condition] = []
    pending = [tree]
    while pending:
        part = pending.pop()
        if isinstance(part, And):
            pending.extend(reversed(part.conditions))
        else:
            found.append(part)
    return found


def _test(tree: Condition, names: Mapping[str, str]) -> tuple[str, KeyOperator, tuple[str, ...]]:
    match tree:
        case Comparison(operator="<>"):
            raise _invalid_operator("<>")
        case Comparison(operator=operator, left=Value(name), right=Path() as path):
            return _attribute(path, names), MIRRORED[operator], (name,)
        case Comparison(operator=operator, left=left, right=right):
            return (
                _subject(operator, left, (right,), names),
                cast("KeyOperator", operator),
                _constants(right),
            )
        case Between(operand=operand, low=low, high=high):
            return (
                _subject("BETWEEN", operand, (low, high), names),
                "BETWEEN",
                _constants(low, high),
            )
        case Function(name="begins_with", arguments=(subject, prefix)):
            return (
                _subject("begins_with", subject, (prefix,), names),
                "begins_with",
                _constants(prefix),
            )
        case Function(name=name):
            raise _invalid_operator(name)
        case In():
            raise _invalid_operator("IN")
        case Or():
            raise _invalid_operator("OR")
        case Not():
            raise _invalid_operator("NOT")
        case And():
            raise AssertionError("conjunctions are taken apart before")


def _subject(
    operator: str, subject: Operand, others: tuple[Operand, ...], names: Mapping[str, str]
) -> str:
    """Return the attribute that a test is about: the path on its left, the only one in it."""
    operands = (subject, *others)
    if any(isinstance(operand, Function) for operand in operands):
        raise ExpressionError(texts.expressions.NESTED_KEY_CONDITION)
    paths = [operand for operand in operands if isinstance(operand, Path)]
    if not paths:
        raise _invalid_condition(texts.expressions.NO_KEY_ATTRIBUTE)
    if len(paths) > 1:
        raise _invalid_condition(texts.expressions.TWO_KEY_ATTRIBUTES)
    if not isinstance(subject, Path):
        raise _invalid_condition(texts.expressions.KEY_NOT_FIRST_OPERAND.format(operator=operator))
    return _attribute(subject, names)


def _attribute(path: Path, names: Mapping[str, str]) -> str:
    if len(path.elements) > 1:
        raise ExpressionError(texts.expressions.KEY_CONDITION_ON_NESTED_ATTRIBUTE)
    return str(resolve(path, names)[0])


def _constants(*operands: Operand) -> tuple[str, ...]:
    return tuple(operand.name for operand in operands if isinstance(operand, Value))


def _invalid_operator(name: str) -> ExpressionError:
    return ExpressionError(texts.expressions.KEY_CONDITION_OPERATOR, name=name)


def _invalid_condition(why: str) -> ExpressionError:
    return ExpressionError(texts.expressions.KEY_CONDITION, why=why)
