"""The statements of PartiQL, parsed and compiled.

Source: the "PartiQL select/insert/update/delete statements for DynamoDB" and "Using the EXISTS
function with PartiQL for DynamoDB" of the Amazon DynamoDB Developer Guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions.ast import Remove
from anydynamo.engine.expressions.conditions import (
    CompiledCondition,
    Condition,
    compile_condition_tree,
)
from anydynamo.engine.expressions.lexer import ExpressionError
from anydynamo.engine.expressions.paths import DocumentPath, resolve
from anydynamo.engine.expressions.updates import CompiledUpdate, compile_update_tree
from anydynamo.engine.partiql.assignments import read_assignment
from anydynamo.engine.partiql.conditions import read_condition
from anydynamo.engine.partiql.lexer import END, malformed
from anydynamo.engine.partiql.source import Source
from anydynamo.engine.readings import remembered
from anydynamo.engine.values.values import check_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anydynamo.engine.expressions.ast import Action
    from anydynamo.engine.expressions.ast import Condition as ConditionTree
    from anydynamo.engine.expressions.evaluators import Values
    from anydynamo.engine.partiql.literals import Template

__all__ = [
    "DeleteStatement",
    "Exists",
    "Insert",
    "Returning",
    "Script",
    "Select",
    "Statement",
    "UpdateStatement",
    "Where",
    "parse",
]

Returning: TypeAlias = Literal["ALL OLD", "ALL NEW", "MODIFIED OLD", "MODIFIED NEW"]


@dataclass(frozen=True, slots=True)
class Where:
    """A WHERE clause.

    Attributes:
        tree: What was written, for keys to be found in.
        names: The attribute names under the placeholders of the tree.
        compiled: The same, ready to be bound.
    """

    tree: ConditionTree
    names: Mapping[str, str]
    compiled: CompiledCondition

    def bind(self, values: Values) -> Condition:
        """Bind the condition to values.

        Raises:
            EngineError: A ValidationException; an operator or function does not take a value.
        """
        try:
            return self.compiled.bind(values)
        except ExpressionError as error:
            raise validation(str(error)) from None


@dataclass(frozen=True, slots=True)
class Select:
    """`SELECT columns FROM table.index WHERE ... ORDER BY ...`.

    Attributes:
        table: The table.
        index: The index, if one is read.
        columns: The paths that are returned; None for `*`.
        where: Which items.
        order: Attributes, and whether each is descending.
    """

    table: str
    index: str | None
    columns: tuple[DocumentPath, ...] | None
    where: Where | None
    order: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """`EXISTS(SELECT ...)`, the condition check of a transaction."""

    table: str
    where: Where


@dataclass(frozen=True, slots=True)
class Insert:
    """`INSERT INTO table VALUE {...}`; `item` is the placeholder of the map."""

    table: str
    item: str


@dataclass(frozen=True, slots=True)
class UpdateStatement:
    """`UPDATE table SET ... REMOVE ... WHERE ... RETURNING ...`."""

    table: str
    update: CompiledUpdate
    where: Where
    returning: Returning | None


@dataclass(frozen=True, slots=True)
class DeleteStatement:
    """`DELETE FROM table WHERE ... RETURNING ALL OLD *`."""

    table: str
    where: Where
    returning: Returning | None


Statement: TypeAlias = Select | Exists | Insert | UpdateStatement | DeleteStatement


@dataclass(frozen=True, slots=True)
class Script:
    """A statement with what its literals need.

    Attributes:
        statement: The statement.
        templates: What makes each value that it has.
        parameters: How many parameters it has.
    """

    statement: Statement
    templates: Mapping[str, Template]
    parameters: int

    def bind(self, parameters: Sequence[object]) -> Values:
        """Fill the parameters in, and check the values that come of it.

        Raises:
            EngineError: A ValidationException or SerializationException; there are too many or too
                few, or a value is not valid.
        """
        if len(parameters) != self.parameters:
            raise validation(texts.statements.PARAMETER_COUNT)
        checked = [check_value(one) for one in parameters]
        return {name: check_value(make(checked)) for name, make in self.templates.items()}


@remembered
def parse(text: str) -> Script:
    """Parse and compile a statement.

    Raises:
        EngineError: A ValidationException.
    """
    source = Source(text)
    parser = _Parser(source)
    try:
        statement = parser.statement()
    except ExpressionError as error:
        raise validation(str(error)) from None
    if source.token.kind != END:
        raise source.unexpected(texts.statements.END_EXPECTED)
    return Script(statement, source.templates, source.parameters)


class _Parser:
    def __init__(self, source: Source) -> None:
        self._source = source

    def statement(self) -> Statement:
        source = self._source
        if source.take("SELECT"):
            return self._select()
        if source.take("INSERT"):
            return self._insert()
        if source.take("UPDATE"):
            return self._update()
        if source.take("DELETE"):
            return self._delete()
        if source.take("EXISTS"):
            return self._exists()
        raise malformed(texts.statements.NO_STATEMENT)

    def _table(self) -> str:
        return self._source.name(texts.statements.TABLE_NAME)

    def _written_table(self) -> str:
        """Read the name of a table that is written to, which no index may follow."""
        token = self._source.token
        table = self._table()
        if self._source.follows("."):
            place = self._source.place(token)
            raise validation(texts.statements.WRITE_TO_AN_INDEX, place=place)
        return table

    def _where(self) -> Where:
        """Read WHERE, which must be there."""
        source = self._source
        source.expect("WHERE")
        tree = read_condition(source)
        return Where(tree, source.names, compile_condition_tree(tree, source.names))

    def _select(self) -> Select:
        source = self._source
        columns = self._columns()
        source.expect("FROM")
        table = self._table()
        index = source.name(texts.statements.INDEX_NAME) if source.take(".") else None
        where = self._where() if source.token.kind == "WHERE" else None
        return Select(table, index, columns, where, self._order())

    def _columns(self) -> tuple[DocumentPath, ...] | None:
        source = self._source
        if source.take("*"):
            return None
        columns = [source.path()]
        while source.take(","):
            columns.append(source.path())
        return tuple(resolve(column, source.names) for column in columns)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        source = self._source
        order: list[tuple[str, bool]] = []
        if source.take("ORDER"):
            source.expect("BY")
            while True:
                name = source.name("key")
                descending = source.take("DESC")
                if not descending:
                    source.take("ASC")
                order.append((name, descending))
                if not source.take(","):
                    break
        return tuple(order)

    def _exists(self) -> Exists:
        source = self._source
        source.expect("(")
        source.expect("SELECT")
        select = self._select()
        source.expect(")")
        if select.index is not None or select.order:
            raise malformed(texts.statements.EXISTS_OF_AN_INDEX)
        if select.where is None:
            raise validation(texts.statements.WRITE_WITHOUT_KEY)
        return Exists(select.table, select.where)

    def _insert(self) -> Insert:
        source = self._source
        source.expect("INTO")
        table = self._written_table()
        source.expect("VALUE")
        if source.token.kind not in ("{", "?"):
            raise source.unexpected(texts.statements.ITEM_EXPECTED)
        return Insert(table, source.value().name)

    def _update(self) -> UpdateStatement:
        source = self._source
        table = self._written_table()
        actions: list[Action] = []
        while clause := _CLAUSES.get(source.token.kind):
            source.expect(source.token.kind)
            actions.append(clause(source))
            while source.take(","):
                actions.append(clause(source))
        if not actions:
            raise source.unexpected(texts.statements.ACTION_EXPECTED)
        update = compile_update_tree(actions, source.names)
        return UpdateStatement(table, update, self._where(), self._returning(_OF_UPDATES))

    def _delete(self) -> DeleteStatement:
        self._source.expect("FROM")
        table = self._written_table()
        return DeleteStatement(table, self._where(), self._returning(_OF_DELETES))

    def _returning(self, allowed: frozenset[str]) -> Returning | None:
        source = self._source
        if not source.take("RETURNING"):
            return None
        wanted = f"{source.word('ALL', 'MODIFIED')} {source.word('OLD', 'NEW')}"
        source.expect("*")
        if wanted not in allowed:
            raise validation(texts.statements.RETURNING_OF_A_DELETE, wanted=wanted)
        return cast("Returning", wanted)


def _read_removal(source: Source) -> Action:
    return Remove(source.path())


_CLAUSES: Final = {"SET": read_assignment, "REMOVE": _read_removal}
_OF_UPDATES: Final = frozenset(("ALL OLD", "ALL NEW", "MODIFIED OLD", "MODIFIED NEW"))
_OF_DELETES: Final = frozenset(("ALL OLD",))
