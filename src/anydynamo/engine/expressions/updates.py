"""Update expressions: SET, REMOVE, ADD and DELETE."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.expressions.ast import (
    Action,
    Add,
    Arithmetic,
    Delete,
    Function,
    Operand,
    Path,
    Remove,
    Set,
    Value,
)
from anydynamo.engine.expressions.drafts import Draft
from anydynamo.engine.expressions.evaluators import Check, Source, Values, incorrect_type
from anydynamo.engine.expressions.lexer import ExpressionError
from anydynamo.engine.expressions.parser import UPDATE_FUNCTIONS, parse_update
from anydynamo.engine.expressions.paths import (
    DocumentPath,
    check_disjoint,
    collect,
    reader,
    resolve,
)
from anydynamo.engine.limits import ITEM_BYTES
from anydynamo.engine.readings import reading, remembered
from anydynamo.engine.values.numbers import add, parse, subtract
from anydynamo.engine.values.values import AttributeValue, Item, copy_value, value_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = [
    "CompiledUpdate",
    "Update",
    "Updated",
    "compile_update",
    "compile_update_tree",
    "too_large",
]

# DynamoDB names types by their codes when a function is wrong, and in full for these two clauses.
_FULL_NAMES: Final = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
    "L": "LIST",
    "M": "MAP",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
}
_SETS: Final = frozenset(("SS", "NS", "BS"))


class Updated(NamedTuple):
    """What an update made of an item.

    The three items share values with each other and with the item before, but nothing with the
    request.

    Attributes:
        item: The whole new item.
        before: The paths that the update names, with what stood there.
        after: The paths that it wrote to, with what stands there now. List indexes are those of
            the expression.
    """

    item: Item
    before: tuple[tuple[DocumentPath, AttributeValue], ...]
    after: tuple[tuple[DocumentPath, AttributeValue], ...]

    @property
    def old(self) -> Item:
        """The changed paths as they were (`UPDATED_OLD`); `{}` when there is nothing."""
        return collect(self.before)

    @property
    def new(self) -> Item:
        """The changed paths as they are now (`UPDATED_NEW`); `{}` when there is nothing."""
        return collect(self.after)


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """One action of an update.

    Attributes:
        kind: Which clause it stood in.
        path: The path that it changes.
        current: Finds what stands at the path.
        source: Yields the operand; for REMOVE there is none.
    """

    kind: type[Action]
    path: DocumentPath
    current: Callable[[Item], AttributeValue | None]
    source: Source | None

    def outcome(self, item: Item, values: Values) -> AttributeValue | None:
        """Compute what is to stand at the path, from the item as it was; None is nothing."""
        if self.source is None:
            return None
        operand = self.source(item, values)
        if operand is None:
            raise validation(texts.expressions.NO_SUCH_ATTRIBUTE)
        if self.kind is Set:
            return copy_value(operand)
        before = self.current(item)
        if self.kind is Add:
            return copy_value(operand) if before is None else _added(before, operand)
        return None if before is None else _without(before, operand)


@dataclass(frozen=True, slots=True)
class CompiledUpdate:
    """An update that can be bound to any values."""

    actions: tuple[CompiledAction, ...]
    checks: tuple[Check, ...]
    paths: tuple[DocumentPath, ...]
    top_level_names: frozenset[str]
    creates: bool

    def bind(self, values: Values) -> Update:
        """Check the values and bind the update to them.

        Raises:
            ExpressionError: An operator, function or clause does not take a value's type.
        """
        for check in self.checks:
            check(values)
        return Update(self.paths, self.top_level_names, self.actions, values, self.creates)


class Update(NamedTuple):
    """An update expression, bound to the values of one request.

    Attributes:
        paths: The document paths that it changes, names resolved, in the order of the expression.
        top_level_names: The attributes that it changes.
        actions: The compiled actions, in the order in which they write.
        values: The values that the actions read.
        creates: Whether an item that is not there is made. Every update expression does, unless
            one that only removes is read otherwise.
    """

    paths: tuple[DocumentPath, ...]
    top_level_names: frozenset[str]
    actions: tuple[CompiledAction, ...]
    values: Values
    creates: bool = True

    def check_keys(self, names: Iterable[str]) -> None:
        """Refuse the update if it changes one of these key attributes, in any clause.

        Raises:
            EngineError: Naming the key attribute.
        """
        for name in names:
            if name in self.top_level_names:
                raise validation(texts.expressions.KEY_IN_UPDATE, name=name)

    def apply(self, item: Item, *, exists: bool = True) -> Updated:
        """Carry out the update on an item, which is left as it is.

        Every operand is read from the item as it was before; list indexes count as they did
        before, and elements that are set past a list's end are appended in their order.

        Args:
            item: The stored item; of one that does not exist yet, its key attributes.
            exists: Whether the item was there. REMOVE and DELETE forgive absent parents if not.

        Raises:
            EngineError: A path or an operand does not fit the item; nothing is changed.
        """
        outcomes: list[tuple[CompiledAction, AttributeValue | None, AttributeValue | None]] = []
        written = 0
        several = len(self.actions) > 1
        for action in self.actions:
            outcome = action.outcome(item, self.values)
            if several and outcome is not None:
                # Everything that is written stands in the new item. To copy a large value a
                # thousand times, only to find the item too large, would take all the memory.
                written += value_size(outcome)
                if written > ITEM_BYTES:
                    raise too_large()
            outcomes.append((action, outcome, action.current(item)))
        draft = Draft(item)
        after = tuple((action.path, value) for action, value, _ in outcomes if value is not None)
        for path, value in after:
            draft.write(path, value)
        for action, outcome, _ in outcomes:
            if outcome is None:
                draft.remove(action.path, forgive=not exists)
        draft.close_ranks()
        before = tuple((action.path, value) for action, _, value in outcomes if value is not None)
        return Updated(draft.item, before, after)


@remembered
def compile_update(text: str, names: tuple[tuple[str, str], ...]) -> CompiledUpdate:
    """Compile an update expression.

    Args:
        text: The expression.
        names: The placeholders in it and the names that they stand for, in any fixed order.

    Raises:
        ExpressionError: Paths overlap or conflict, or a function's operands are wrong.
    """
    return compile_update_tree(parse_update(text).tree, dict(names))


def compile_update_tree(trees: Sequence[Action], names: Mapping[str, str]) -> CompiledUpdate:
    """Compile an update that has been parsed, from whatever language.

    Args:
        trees: Its actions.
        names: The placeholders in them and the names that they stand for.

    Raises:
        ExpressionError: Paths overlap or conflict, or a function's operands are wrong.
    """
    compiler = _Compiler(names)
    actions = tuple(compiler.action(tree) for tree in trees)
    paths = tuple(action.path for action in actions)
    check_disjoint(paths)
    if any(isinstance(element, int) for path in paths for element in path):
        # Elements that are set past a list's end are appended in the order of their indexes.
        actions = tuple(sorted(actions, key=_path_order))
    creates = reading().removal_creates or any(isinstance(tree, Set | Add) for tree in trees)
    names_changed = frozenset(str(path[0]) for path in paths)
    return CompiledUpdate(actions, tuple(compiler.checks), paths, names_changed, creates)


def _path_order(action: CompiledAction) -> tuple[tuple[bool, Any], ...]:
    return tuple((isinstance(element, int), element) for element in action.path)


class _Compiler:
    """Turns actions into closures, and gathers checks of their values on the way."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self.checks: list[Check] = []

    def action(self, tree: Action) -> CompiledAction:
        path = resolve(tree.path, self._names)
        return CompiledAction(type(tree), path, reader(path), self._source(tree))

    def _source(self, tree: Action) -> Source | None:
        if isinstance(tree, Remove):
            return None
        if isinstance(tree.value, Arithmetic):
            return self._arithmetic(tree.value)
        if isinstance(tree, Add):
            self.checks.append(_check_clause("ADD", _SETS | {"N"}, tree.value.name))
        elif isinstance(tree, Delete):
            self.checks.append(_check_clause("DELETE", _SETS, tree.value.name))
        return self.operand(tree.value)

    def _arithmetic(self, tree: Arithmetic) -> Source:
        self._check_types(tree.operator, "N", tree.left, tree.right)
        left, right = self.operand(tree.left), self.operand(tree.right)
        compute = add if tree.operator == "+" else subtract

        def calculate(item: Item, values: Values) -> AttributeValue | None:
            first, second = left(item, values), right(item, values)
            if first is None or second is None:
                return None
            if "N" not in first or "N" not in second:
                raise _incorrect_data_type()
            return {"N": compute(first["N"], second["N"])}

        return calculate

    def operand(self, tree: Operand) -> Source:
        """Compile what yields a value of the item as it was, or None where there is none."""
        if isinstance(tree, Value):
            name = tree.name
            return lambda _item, values: values[name]
        if isinstance(tree, Path):
            read = reader(resolve(tree, self._names))
            return lambda item, _values: read(item)
        return self._function(tree)

    def _function(self, tree: Function) -> Source:
        if tree.name == "if_not_exists":
            return self._first_of(tree)
        _check_count(tree)
        first, second = tree.arguments
        self._check_types("list_append", "L", first, second)
        return _list_append(self.operand(first), self.operand(second))

    def _first_of(self, tree: Function) -> Source:
        # `if_not_exists(a, if_not_exists(b, :c))` is one list of three, so that 300 of them nest
        # neither here nor in the closures.
        sources: list[Source] = []
        rest: Operand = tree
        while isinstance(rest, Function) and rest.name == "if_not_exists":
            _check_count(rest)
            first, rest = rest.arguments
            if not isinstance(first, Path):
                raise ExpressionError(texts.expressions.NO_DOCUMENT_PATH, name=tree.name)
            sources.append(self.operand(first))
        return _first_of([*sources, self.operand(rest)])

    def _check_types(self, name: str, wanted: str, *operands: Operand) -> None:
        for operand in operands:
            if isinstance(operand, Value):
                self.checks.append(_check_type(name, wanted, operand.name))
            elif isinstance(operand, Function) and operand.name == "list_append" and wanted != "L":
                raise incorrect_type(texts.expressions.IN_FUNCTION.format(name=name), "L")


def _check_type(name: str, wanted: str, placeholder: str) -> Check:
    def check(values: Values) -> None:
        (found,) = values[placeholder]
        if found != wanted:
            raise incorrect_type(texts.expressions.IN_FUNCTION.format(name=name), found)

    return check


def _check_clause(clause: str, wanted: frozenset[str], placeholder: str) -> Check:
    def check(values: Values) -> None:
        (found,) = values[placeholder]
        if found not in wanted:
            raise incorrect_type(
                texts.expressions.IN_CLAUSE.format(clause=clause), _FULL_NAMES[found]
            )

    return check


def _check_count(tree: Function) -> None:
    if len(tree.arguments) != UPDATE_FUNCTIONS[tree.name]:
        raise ExpressionError(
            texts.expressions.OPERAND_COUNT, name=tree.name, count=len(tree.arguments)
        )


def _first_of(sources: Sequence[Source]) -> Source:
    def if_not_exists(item: Item, values: Values) -> AttributeValue | None:
        for source in sources:
            value = source(item, values)
            if value is not None:
                return value
        return None

    return if_not_exists


def _list_append(left: Source, right: Source) -> Source:
    def list_append(item: Item, values: Values) -> AttributeValue | None:
        first, second = left(item, values), right(item, values)
        if first is None or second is None:
            return None
        if "L" not in first or "L" not in second:
            raise _incorrect_data_type()
        if len(first["L"]) + len(second["L"]) > ITEM_BYTES:
            # An element costs a byte at least. Nested calls would copy a long list many times.
            raise too_large()
        return {"L": first["L"] + second["L"]}

    return list_append


def _added(before: AttributeValue, operand: AttributeValue) -> AttributeValue:
    tag = _common_type(before, operand)
    if tag == "N":
        return {"N": add(before["N"], operand["N"])}
    return _set_of(tag, {*before[tag], *operand[tag]})


def _without(before: AttributeValue, operand: AttributeValue) -> AttributeValue | None:
    tag = _common_type(before, operand)
    gone = operand[tag]
    if len(gone) <= len(before[tag]):
        left = [*{*before[tag]}.difference(gone)]
    else:
        # Sets are in order. Many small ones may each lose the members of one that is large.
        order = _order(tag)
        left = [member for member in before[tag] if not _holds(gone, member, order)]
    # A set is never empty: with its last member the attribute goes.
    return _set_of(tag, left) if left else None


def _holds(members: Sequence[Any], wanted: Any, order: Callable[[Any], Any]) -> bool:
    place = bisect_left(members, order(wanted), key=order)
    return place < len(members) and bool(members[place] == wanted)


def _set_of(tag: str, members: Iterable[Any]) -> AttributeValue:
    return {tag: sorted(members, key=_order(tag))}


def _order(tag: str) -> Callable[[Any], Any]:
    return parse if tag == "NS" else _as_it_is


def _as_it_is(member: Any) -> Any:
    return member


def _common_type(before: AttributeValue, operand: AttributeValue) -> str:
    (tag,) = operand
    if tag not in before:
        raise _incorrect_data_type()
    return tag


def too_large() -> EngineError:
    """Make the error for an update that makes an item larger than 400 KB."""
    return validation(texts.items.UPDATED_ITEM_TOO_LARGE)


def _incorrect_data_type() -> Exception:
    return validation(texts.expressions.OPERAND_DATA_TYPE)
