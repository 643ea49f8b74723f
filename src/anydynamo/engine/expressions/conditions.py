"""Conditions, compiled to closures.

A condition is compiled once per text and names; what depends on the values of a request (constants
of types that an operator does not take) is checked when it is bound to them, whether or not the
item or the attribute is there.
"""

from __future__ import annotations

import base64
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from anydynamo.engine import texts
from anydynamo.engine.expressions.ast import (
    And,
    Between,
    Comparison,
    Function,
    In,
    Not,
    Operand,
    Or,
    Path,
    Value,
)
from anydynamo.engine.expressions.ast import Condition as ConditionTree
from anydynamo.engine.expressions.evaluators import (
    ORDERED_TYPES,
    ORDERINGS,
    TYPES_WITH_SIZE,
    Check,
    Source,
    Test,
    Values,
    all_of,
    any_of,
    begins_with,
    contains,
    differs,
    equals,
    equals_value,
    incorrect_type,
    negated,
    one_of,
    ordered,
    size_of,
)
from anydynamo.engine.expressions.lexer import ExpressionError
from anydynamo.engine.expressions.parser import CONDITION_FUNCTIONS, parse_condition
from anydynamo.engine.expressions.paths import DocumentPath, reader, resolve, show
from anydynamo.engine.readings import remembered
from anydynamo.engine.values.values import TYPES, AttributeValue, Item

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CompiledCondition", "Condition", "compile_condition", "compile_condition_tree"]

_SEARCHED: Final = 4
"""As many comparisons as a search costs."""

_VALID_TYPES: Final = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"


class Condition(NamedTuple):
    """A condition, bound to the values of one request.

    Attributes:
        paths: The document paths that it reads, names resolved.
        top_level_names: The attributes that it reads.
        test: The compiled condition.
        values: The values that the test reads.
        effort: How many values it compares at most, which is what an evaluation costs.
    """

    paths: tuple[DocumentPath, ...]
    top_level_names: frozenset[str]
    test: Test
    values: Values
    effort: int = 1

    def evaluate(self, item: Item) -> bool:
        """Tell whether an item fulfils the condition; `{}` stands for one that is not there."""
        return self.test(item, self.values)


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    """A condition that can be bound to any values.

    Attributes:
        test: Tells whether an item fulfils the condition with the values.
        checks: What to ask of the values before the first test, in the order of the expression.
        paths: The document paths that it reads.
        top_level_names: The attributes that it reads.
        effort: How many values it compares at most.
    """

    test: Test
    checks: tuple[Check, ...]
    paths: tuple[DocumentPath, ...]
    top_level_names: frozenset[str]
    effort: int

    def bind(self, values: Values) -> Condition:
        """Check the values and bind the condition to them.

        Raises:
            ExpressionError: An operator or function does not take a value's type.
        """
        for check in self.checks:
            check(values)
        return Condition(self.paths, self.top_level_names, self.test, values, self.effort)


@remembered
def compile_condition(text: str, names: tuple[tuple[str, str], ...]) -> CompiledCondition:
    """Compile a condition.

    Args:
        text: The expression.
        names: The placeholders in it and the names that they stand for, in any fixed order.

    Raises:
        ExpressionError: An operand is missing, one too many, or in the wrong place.
    """
    return compile_condition_tree(parse_condition(text).tree, dict(names))


def compile_condition_tree(tree: ConditionTree, names: Mapping[str, str]) -> CompiledCondition:
    """Compile a condition that has been parsed, from whatever language.

    Args:
        tree: The condition.
        names: The placeholders in it and the names that they stand for.

    Raises:
        ExpressionError: An operand is missing, one too many, or in the wrong place.
    """
    compiler = _Compiler(names)
    test = compiler.condition(tree)
    paths = tuple(compiler.paths)
    names_read = frozenset(str(path[0]) for path in paths)
    return CompiledCondition(test, tuple(compiler.checks), paths, names_read, compiler.effort)


class _Compiler:
    """Turns one tree into closures, and gathers its paths and checks on the way."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self.paths: dict[DocumentPath, None] = {}
        self.checks: list[Check] = []
        self.effort = 0

    # Conditions

    def condition(self, tree: ConditionTree) -> Test:
        self.effort += 1
        match tree:
            case Comparison():
                return self._comparison(tree)
            case And():
                return all_of(self._several(And, tree))
            case Or():
                return any_of(self._several(Or, tree))
            case Not():
                return self._negation(tree)
            case Between():
                return self._between(tree)
            case In():
                return self._membership(tree)
            case Function():
                return self._function(tree)

    def _several(self, kind: type[And | Or], tree: And | Or) -> list[Test]:
        # `a AND (b AND c)` is one list of three, which also keeps the closures flat.
        tests: list[Test] = []
        pending: list[ConditionTree] = [tree]
        while pending:
            part = pending.pop()
            if isinstance(part, kind):
                pending.extend(reversed(part.conditions))
            else:
                tests.append(self.condition(part))
        return tests

    def _negation(self, tree: Not) -> Test:
        inner: ConditionTree = tree
        odd = False
        while isinstance(inner, Not):
            inner = inner.condition
            odd = not odd
        test = self.condition(inner)
        return negated(test) if odd else test

    def _comparison(self, tree: Comparison) -> Test:
        self._check_distinct(tree.operator, tree.left, tree.right)
        if tree.operator not in ("=", "<>"):
            self._check_types(tree.operator, ORDERED_TYPES, tree.left, tree.right)
        left, right = self.operand(tree.left), self.operand(tree.right)
        if tree.operator == "=":
            if isinstance(tree.right, Value):
                return equals_value(left, tree.right.name)
            return equals(left, right)
        if tree.operator == "<>":
            return differs(left, right)
        return ordered(ORDERINGS[tree.operator], left, right)

    def _between(self, tree: Between) -> Test:
        self._check_types("BETWEEN", ORDERED_TYPES, tree.operand, tree.low, tree.high)
        if isinstance(tree.low, Value) and isinstance(tree.high, Value):
            self.checks.append(_check_bounds(tree.low.name, tree.high.name))
        middle = self.operand(tree.operand)
        above = ordered(operator.ge, middle, self.operand(tree.low))
        below = ordered(operator.le, middle, self.operand(tree.high))
        return lambda item, values: above(item, values) and below(item, values)

    def _membership(self, tree: In) -> Test:
        left = self.operand(tree.operand)
        self.effort += len(tree.options)
        return one_of(left, [self.operand(option) for option in tree.options])

    def _function(self, tree: Function) -> Test:
        self._check_count(tree)
        if tree.name in ("attribute_exists", "attribute_not_exists"):
            subject = self._path_argument(tree)
            if tree.name == "attribute_exists":
                return lambda item, values: subject(item, values) is not None
            return lambda item, values: subject(item, values) is None
        first, second = tree.arguments
        if tree.name == "attribute_type":
            return self._type_test(first, second)
        self._check_distinct(tree.name, first, second)
        if tree.name == "begins_with":
            self._check_types(tree.name, frozenset("SB"), first, second)
            return begins_with(self.operand(first), self.operand(second))
        self.effort += _SEARCHED
        return contains(self.operand(first), self.operand(second))

    def _path_argument(self, tree: Function) -> Source:
        (argument,) = tree.arguments
        if not isinstance(argument, Path):
            raise ExpressionError(texts.expressions.NO_DOCUMENT_PATH, name=tree.name)
        return self.operand(argument)

    def _type_test(self, first: Operand, second: Operand) -> Test:
        if not isinstance(second, Value):
            raise incorrect_type(
                texts.expressions.IN_FUNCTION.format(name="attribute_type"),
                texts.expressions.NO_CONSTANT,
            )
        subject, name = self.operand(first), second.name
        self._check_types("attribute_type", frozenset("S"), second)
        self.checks.append(_check_type_name(name))

        def has_type(item: Item, values: Values) -> bool:
            value = subject(item, values)
            return value is not None and values[name]["S"] in value

        return has_type

    # Operands

    def operand(self, tree: Operand) -> Source:
        """Compile what yields a value, or None where there is none."""
        if isinstance(tree, Value):
            name = tree.name
            return lambda _item, values: values[name]
        if isinstance(tree, Path):
            path = resolve(tree, self._names)
            self.paths[path] = None
            if len(path) == 1:
                attribute = path[0]
                return lambda item, _values: item.get(attribute)  # type: ignore[arg-type]
            read = reader(path)
            return lambda item, _values: read(item)
        self._check_count(tree)
        (argument,) = tree.arguments
        self._check_types("size", TYPES_WITH_SIZE, argument)
        return size_of(self.operand(argument))

    # Checks

    def _check_count(self, tree: Function) -> None:
        if len(tree.arguments) != CONDITION_FUNCTIONS[tree.name]:
            raise ExpressionError(
                texts.expressions.OPERAND_COUNT, name=tree.name, count=len(tree.arguments)
            )

    def _check_distinct(self, name: str, first: Operand, second: Operand) -> None:
        if not (isinstance(first, Path) and isinstance(second, Path)):
            return
        path = resolve(first, self._names)
        if path == resolve(second, self._names):
            raise ExpressionError(
                texts.expressions.OPERANDS_NOT_DISTINCT, operator=name, operand=show(path)
            )

    def _check_types(self, name: str, types: frozenset[str], *operands: Operand) -> None:
        """Have the constants among the operands checked when values are bound."""
        for operand in operands:
            if isinstance(operand, Value):
                self.checks.append(_check_type(name, types, operand.name))
            elif isinstance(operand, Function) and "N" not in types:
                raise incorrect_type(texts.expressions.IN_FUNCTION.format(name=name), "N")


def _check_type(name: str, types: frozenset[str], placeholder: str) -> Check:
    def check(values: Values) -> None:
        (found,) = values[placeholder]
        if found not in types:
            raise incorrect_type(texts.expressions.IN_FUNCTION.format(name=name), found)

    return check


def _check_type_name(placeholder: str) -> Check:
    def check(values: Values) -> None:
        name = values[placeholder]["S"]
        if name not in TYPES:
            raise ExpressionError(
                texts.expressions.UNKNOWN_TYPE_NAME, name=name, types=_VALID_TYPES
            )

    return check


def _check_bounds(low: str, high: str) -> Check:
    not_above = ordered(operator.le, lambda _, values: values[low], lambda _, values: values[high])

    def check(values: Values) -> None:
        if values[low].keys() != values[high].keys():
            problem = texts.expressions.BOUNDS_OF_TWO_TYPES
        elif not not_above({}, values):
            problem = texts.expressions.BOUNDS_CROSSED
        else:
            return
        raise ExpressionError(
            texts.expressions.BOUNDS,
            problem=problem,
            low=_shown(values[low]),
            high=_shown(values[high]),
        )

    return check


def _shown(value: AttributeValue) -> str:
    ((tag, content),) = value.items()
    return f"{{{tag}:{base64.b64encode(content).decode() if tag == 'B' else content}}}"
