"""Parse expressions into syntax trees, without recursion: no nesting exhausts Python's stack.

The grammar is the one that AWS publishes with its DAX clients. What can be told from the text alone
is told here: syntax, redundant parentheses, functions that do not exist or stand in the wrong
place, reserved words, too many operators. The names and values come later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from anydynamo.engine import texts
from anydynamo.engine.expressions.ast import (
    Action,
    Add,
    And,
    Arithmetic,
    Between,
    Comparator,
    Comparison,
    Condition,
    Delete,
    Function,
    In,
    Not,
    Operand,
    Or,
    Path,
    Remove,
    Set,
    Value,
)
from anydynamo.engine.expressions.lexer import END, ExpressionError, Token, tokenize
from anydynamo.engine.expressions.reserved import is_reserved
from anydynamo.engine.limits import EXPRESSION_OPERATORS, LIST_INDEX_MAX, NESTING_LEVELS
from anydynamo.engine.readings import reading, remembered

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CONDITION_FUNCTIONS",
    "UPDATE_FUNCTIONS",
    "Group",
    "Parsed",
    "parse_condition",
    "parse_projection",
    "parse_update",
]

CONDITION_FUNCTIONS: Final = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
"""The functions of conditions, with their numbers of operands."""

UPDATE_FUNCTIONS: Final = {"if_not_exists": 2, "list_append": 2}
"""The functions of updates, with their numbers of operands."""

_COMPARATORS: Final[dict[str, Comparator]] = {
    "=": "=",
    "<>": "<>",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_SECTIONS: Final = frozenset(("SET", "REMOVE", "ADD", "DELETE"))

_INDEX_DIGITS: Final = 10

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T_co]):
    """An expression's tree, and the placeholders in it in the order of their first use."""

    tree: T_co
    names: tuple[str, ...]
    values: tuple[str, ...]


@remembered
def parse_condition(text: str) -> Parsed[Condition]:
    """Parse a condition, filter or key condition expression.

    Raises:
        ExpressionError: The text is no condition.
    """
    return _Parser(text).whole(_Parser.condition)


@remembered
def parse_update(text: str) -> Parsed[tuple[Action, ...]]:
    """Parse an update expression into its actions, in the order of the text.

    Raises:
        ExpressionError: The text is no update expression.
    """
    return _Parser(text).whole(_Parser.update)


@lru_cache(maxsize=1024)
def parse_projection(text: str) -> Parsed[tuple[Path, ...]]:
    """Parse a projection expression into its paths, in the order of the text.

    Raises:
        ExpressionError: The text is no projection expression.
    """
    return _Parser(text).whole(_Parser.projection)


@dataclass(slots=True)
class Group:
    """A condition that is being read, in parentheses or as a whole.

    Attributes:
        alternatives: The finished operands of OR.
        conjuncts: The finished operands of AND since the last OR.
        negations: How many NOTs await their condition.
    """

    alternatives: list[Condition] = field(default_factory=list[Condition])
    conjuncts: list[Condition] = field(default_factory=list[Condition])
    negations: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing of it was read yet."""
        return not (self.alternatives or self.conjuncts or self.negations)

    def add(self, condition: Condition) -> None:
        """Take a condition that was read, under the NOTs before it."""
        for _ in range(self.negations):
            condition = Not(condition)
        self.negations = 0
        self.conjuncts.append(condition)

    def alternate(self) -> None:
        """Begin another alternative, after an OR."""
        self.alternatives.append(_joined(And, self.conjuncts))
        self.conjuncts = []

    def whole(self) -> Condition:
        """Return the condition, at its end."""
        self.alternate()
        return _joined(Or, self.alternatives)


@dataclass(slots=True)
class _Call:
    """A call whose arguments are being read; one without a name is a pair of parentheses."""

    function: str | None
    arguments: list[Operand] = field(default_factory=list[Operand])


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._position = 0
        self._names: dict[str, None] = {}
        self._values: dict[str, None] = {}
        self._operators = 0
        self._problems: dict[str, str] = {}

    def whole(self, rule: Callable[[_Parser], T]) -> Parsed[T]:
        """Read all of the text by a rule, then raise the first of the problems that it found."""
        tree = rule(self)
        if self._token.kind != END:
            raise self._syntax_error()
        for kind in ("section", "parentheses", "function", "misuse", "reserved", "path"):
            if kind in self._problems:
                raise ExpressionError(self._problems[kind])
        if self._operators > EXPRESSION_OPERATORS:
            raise ExpressionError(texts.expressions.TOO_MANY_OPERATORS, count=self._operators)
        return Parsed(tree, tuple(self._names), tuple(self._values))

    # Tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._position]

    def _take(self, kind: str) -> bool:
        if self._token.kind != kind:
            return False
        self._position += 1
        return True

    def _expect(self, kind: str) -> Token:
        token = self._token
        if token.kind != kind:
            raise self._syntax_error()
        self._position += 1
        return token

    def _syntax_error(self) -> ExpressionError:
        """Blame the current token, and quote it with its neighbours."""
        first = self._tokens[max(self._position - 1, 0)]
        last = self._tokens[min(self._position + 1, len(self._tokens) - 1)]
        near = self._text[first.start : last.end]
        return ExpressionError(texts.expressions.SYNTAX_ERROR, token=self._token.text, near=near)

    def _problem(self, kind: str, message: str) -> None:
        self._problems.setdefault(kind, message)

    def _redundant(self) -> None:
        self._problem("parentheses", texts.expressions.REDUNDANT_PARENTHESES)

    # Operands

    def path(self) -> Path:
        """Read a document path."""
        elements: list[str | int] = [self._path_name()]
        while True:
            if self._take("."):
                elements.append(self._path_name())
            elif self._take("["):
                elements.append(self._path_index())
                self._expect("]")
            else:
                break
        if len(elements) > NESTING_LEVELS:
            self._problem(
                "path",
                texts.expressions.PATH_TOO_LONG.format(levels=len(elements)),
            )
        return Path(tuple(elements))

    def _path_name(self) -> str:
        token = self._token
        if token.kind == "name":
            self._names[token.text] = None
        elif token.kind != "word":
            raise self._syntax_error()
        elif is_reserved(token.text):
            self._problem(
                "reserved",
                texts.expressions.RESERVED_WORD.format(word=token.text),
            )
        self._position += 1
        return token.text

    def _path_index(self) -> int:
        digits = self._expect("index").text.lstrip("0") or "0"
        # How many digits `int` reads at most is for each program to say.
        index = int(digits) if len(digits) <= _INDEX_DIGITS else LIST_INDEX_MAX + 1
        if index > LIST_INDEX_MAX:
            self._problem("path", texts.expressions.LIST_INDEX_OUT_OF_RANGE.format(digits=digits))
        return index

    def _value(self) -> Value:
        name = self._expect("value").text
        self._values[name] = None
        return Value(name)

    def _at_call(self) -> bool:
        return self._token.kind == "word" and self._tokens[self._position + 1].kind == "("

    def _operand(self, functions: dict[str, int]) -> Operand:
        """Read a path, a value or a call, in parentheses or not."""
        calls: list[_Call] = []
        while True:
            if self._take("("):
                calls.append(_Call(None))
                continue
            if self._at_call():
                calls.append(_Call(self._function_name(functions)))
                self._position += 1
                continue
            operand: Operand = self._value() if self._token.kind == "value" else self.path()
            in_parentheses = False
            while calls:
                call = calls[-1]
                call.arguments.append(operand)
                if call.function is not None and self._take(","):
                    break
                self._expect(")")
                calls.pop()
                if call.function is None:
                    if in_parentheses:
                        self._redundant()
                    in_parentheses = True
                else:
                    operand = Function(call.function, tuple(call.arguments))
                    in_parentheses = False
                    self._check_nested(operand)
            else:
                return operand

    def _function_name(self, functions: dict[str, int]) -> str:
        name = self._expect("word").text
        self._operators += 1
        if name not in functions:
            if name in CONDITION_FUNCTIONS:
                context = texts.expressions.FUNCTION_NOT_IN_UPDATE
            elif name in UPDATE_FUNCTIONS:
                context = texts.expressions.FUNCTION_NOT_IN_CONDITION
            else:
                context = texts.expressions.UNKNOWN_FUNCTION
            self._problem(
                "function", texts.expressions.WRONG_FUNCTION.format(context=context, name=name)
            )
        return name

    def _check_nested(self, function: Function) -> None:
        for argument in function.arguments:
            if not isinstance(argument, Function):
                continue
            if argument.name in CONDITION_FUNCTIONS:
                self._check_misuse(argument)
            elif argument.name == function.name == "list_append":
                self._misused(argument.name)

    def _check_misuse(self, *operands: Operand) -> None:
        """Refuse functions that answer true or false where a value is wanted."""
        for operand in operands:
            if (
                isinstance(operand, Function)
                and operand.name in CONDITION_FUNCTIONS
                and operand.name != "size"
            ):
                self._misused(operand.name)

    def _misused(self, function: str) -> None:
        self._problem(
            "misuse",
            texts.expressions.MISPLACED_FUNCTION.format(function=function),
        )

    # Conditions

    def condition(self) -> Condition:
        """Read a condition: NOT before AND before OR, and groups in parentheses.

        Groups that are open lie on a list instead of on Python's stack.
        """
        groups = [Group()]
        while True:
            if self._take("NOT"):
                groups[-1].negations += 1
                self._operators += 1
                continue
            if self._take("("):
                groups.append(Group())
                continue
            condition, grouped = self._test(groups)
            while True:
                group = groups[-1]
                alone = group.empty
                group.add(condition)
                if self._take("AND"):
                    self._operators += 1
                    break
                if self._take("OR"):
                    self._operators += 1
                    group.alternate()
                    break
                condition = group.whole()
                if len(groups) == 1:
                    return condition
                self._expect(")")
                groups.pop()
                if alone and grouped:
                    self._redundant()
                grouped = True

    def _test(self, groups: list[Group]) -> tuple[Condition, bool]:
        """Read what stands between AND, OR and NOT; tell also whether parentheses closed about it.

        Only what follows an operand shows whether an open parenthesis before it holds the operand
        alone, `(a) = :b`, or a condition, `(a = :b)`.
        """
        operand = self._operand(CONDITION_FUNCTIONS)
        closed = 0
        while len(groups) > 1 and groups[-1].empty and self._take(")"):
            groups.pop()
            closed += 1
        if closed > 1:
            self._redundant()
        comparator = _COMPARATORS.get(self._token.kind)
        if comparator is not None:
            self._position += 1
            right = self._operand(CONDITION_FUNCTIONS)
            self._check_misuse(operand, right)
            condition: Condition = Comparison(comparator, operand, right)
        elif self._take("BETWEEN"):
            low = self._operand(CONDITION_FUNCTIONS)
            self._expect("AND")
            high = self._operand(CONDITION_FUNCTIONS)
            self._check_misuse(operand, low, high)
            condition = Between(operand, low, high)
        elif self._take("IN"):
            condition = In(operand, self._options())
            self._check_misuse(operand, *condition.options)
        elif isinstance(operand, Function):
            # The call itself has been counted.
            if operand.name == "size":
                self._misused(operand.name)
            return operand, closed > 0
        else:
            raise self._syntax_error()
        self._operators += 1
        return condition, False

    def _options(self) -> tuple[Operand, ...]:
        self._expect("(")
        options = [self._operand(CONDITION_FUNCTIONS)]
        while self._take(","):
            options.append(self._operand(CONDITION_FUNCTIONS))
        self._expect(")")
        if len(options) > reading().in_operands:
            self._problem(
                "path",
                texts.expressions.TOO_MANY_OPTIONS.format(count=len(options)),
            )
        return tuple(options)

    # Updates

    def update(self) -> tuple[Action, ...]:
        """Read the sections of an update expression, in any order."""
        actions: list[Action] = []
        seen: set[str] = set()
        while True:
            section = self._token.kind
            if section not in _SECTIONS:
                raise self._syntax_error()
            self._position += 1
            if section in seen:
                self._problem(
                    "section",
                    texts.expressions.SECTION_TWICE.format(section=section),
                )
            seen.add(section)
            actions.append(self._action(section))
            while self._take(","):
                actions.append(self._action(section))
            if self._token.kind == END:
                return tuple(actions)

    def _action(self, section: str) -> Action:
        path = self.path()
        if section == "REMOVE":
            return Remove(path)
        if section == "SET":
            self._expect("=")
            return Set(path, self._assigned())
        value = self._value()
        return Add(path, value) if section == "ADD" else Delete(path, value)

    def _assigned(self) -> Operand | Arithmetic:
        """Read the right-hand side of SET: an operand, or one sum or difference of two.

        As in conditions, only what follows the first operand shows whether a parenthesis before it
        holds the operand or the whole sum.
        """
        opened = 0
        while self._take("("):
            opened += 1
        left = self._operand(UPDATE_FUNCTIONS)
        closed = self._close(opened)
        token = self._token
        if token.kind not in ("+", "-"):
            if closed < opened:
                raise self._syntax_error()
            return left
        self._position += 1
        self._operators += 1
        right = self._operand(UPDATE_FUNCTIONS)
        if self._close(opened - closed) < opened - closed:
            raise self._syntax_error()
        return Arithmetic("+" if token.kind == "+" else "-", left, right)

    def _close(self, most: int) -> int:
        closed = 0
        while closed < most and self._take(")"):
            closed += 1
        if closed > 1:
            self._redundant()
        return closed

    # Projections

    def projection(self) -> tuple[Path, ...]:
        """Read a list of paths."""
        paths = [self.path()]
        while self._take(","):
            paths.append(self.path())
        return tuple(paths)


def _joined(kind: type[And] | type[Or], conditions: list[Condition]) -> Condition:
    return conditions[0] if len(conditions) == 1 else kind(tuple(conditions))
