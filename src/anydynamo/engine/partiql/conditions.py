"""Read WHERE into the conditions of `engine.expressions`, without recursion.

Source: "PartiQL arithmetic, comparison, and logical operators for DynamoDB" and "Use PartiQL
functions with DynamoDB" of the Amazon DynamoDB Developer Guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine import texts
from anydynamo.engine.expressions.ast import (
    Between,
    Comparator,
    Comparison,
    Condition,
    Function,
    In,
    Not,
    Operand,
    Path,
    Value,
)
from anydynamo.engine.expressions.parser import Group
from anydynamo.engine.limits import EXPRESSION_OPERATORS
from anydynamo.engine.partiql.lexer import malformed
from anydynamo.engine.partiql.literals import constant
from anydynamo.engine.readings import reading

if TYPE_CHECKING:
    from anydynamo.engine.partiql.source import Source

__all__ = ["read_condition"]

_COMPARATORS: Final[dict[str, Comparator]] = {
    "=": "=",
    "<>": "<>",
    "!=": "<>",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_TESTS: Final = frozenset(("attribute_type", "begins_with", "contains"))


def read_condition(source: Source) -> Condition:
    """Read a condition: NOT before AND before OR, and groups in parentheses.

    Raises:
        EngineError: A ValidationException; there is no condition, or one of too many operators.
    """
    return _Reader(source).condition()


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._operators = 0

    def _count(self) -> None:
        # The closures that conditions become are as deep as their operators are nested.
        self._operators += 1
        if self._operators > EXPRESSION_OPERATORS:
            raise malformed(texts.statements.TOO_MANY_OPERATORS)

    def condition(self) -> Condition:
        source = self._source
        groups = [Group()]
        while True:
            if source.take("NOT"):
                self._count()
                groups[-1].negations += 1
                continue
            if source.take("("):
                groups.append(Group())
                continue
            condition = self._test()
            while True:
                group = groups[-1]
                group.add(condition)
                if source.take("AND"):
                    self._count()
                    break
                if source.take("OR"):
                    self._count()
                    group.alternate()
                    break
                condition = group.whole()
                if len(groups) == 1:
                    return condition
                source.expect(")")
                groups.pop()

    def _test(self) -> Condition:
        source = self._source
        self._count()
        if source.follows("name", "("):
            name = source.token.text.lower()
            if name != "size":
                return self._function(name)
        left = self._operand()
        comparator = _COMPARATORS.get(source.token.kind)
        if comparator is not None:
            source.expect(source.token.kind)
            return Comparison(comparator, left, self._operand())
        if source.take("IS"):
            negated = source.take("NOT")
            return _negated(self._state(left), negated=negated)
        negated = source.take("NOT")
        if source.take("BETWEEN"):
            low = self._operand()
            source.expect("AND")
            return _negated(Between(left, low, self._operand()), negated=negated)
        if source.take("IN"):
            return _negated(In(left, self._options()), negated=negated)
        raise source.unexpected(texts.statements.OPERATOR_EXPECTED)

    def _operand(self) -> Operand:
        source = self._source
        if source.at_value():
            return source.value()
        if source.follows("name", "("):
            name = source.token.text.lower()
            if name != "size":
                raise malformed(texts.statements.NO_FUNCTION_WITH_A_VALUE, name=name)
            self._count()
            source.expect("name")
            source.expect("(")
            subject: Operand = source.value() if source.at_value() else source.path()
            source.expect(")")
            return Function("size", (subject,))
        return source.path()

    def _function(self, name: str) -> Function:
        source = self._source
        if name not in _TESTS:
            raise malformed(texts.statements.NO_FUNCTION_IN_CONDITION, name=name)
        source.expect("name")
        source.expect("(")
        first = self._operand()
        source.expect(",")
        second = self._operand()
        source.expect(")")
        return Function(name, (first, second))

    def _state(self, subject: Operand) -> Condition:
        """Read what follows IS."""
        source = self._source
        if not isinstance(subject, Path):
            raise malformed(texts.statements.IS_WITHOUT_ATTRIBUTE)
        if source.take("MISSING"):
            return Function("attribute_not_exists", (subject,))
        source.expect("NULL")
        name = f":{len(source.templates)}"
        source.templates[name] = constant("S", "NULL")
        return Function("attribute_type", (subject, Value(name)))

    def _options(self) -> tuple[Operand, ...]:
        source = self._source
        closing = ")" if source.token.kind == "(" else "]"
        source.expect("(" if closing == ")" else "[")
        options = [self._operand()]
        while source.take(","):
            options.append(self._operand())
        source.expect(closing)
        most = reading().in_operands
        if len(options) > most:
            raise malformed(texts.statements.TOO_MANY_OPTIONS, count=len(options), most=most)
        return tuple(options)


def _negated(condition: Condition, *, negated: bool) -> Condition:
    return Not(condition) if negated else condition
