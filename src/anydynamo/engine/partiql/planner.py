"""From WHERE to keys: which partitions, which range of each, or which one item.

Source: "PartiQL select statements for DynamoDB" of the Amazon DynamoDB Developer Guide: a partition
key that is given by `=` or `IN` is queried, anything else is a scan. What is found here only
narrows what is read; each item that is read is held to the whole of WHERE.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final, cast

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions import KeyCondition, KeyTest
from anydynamo.engine.expressions.ast import (
    And,
    Between,
    Comparison,
    Condition,
    Function,
    In,
    Operand,
    Or,
    Path,
    Value,
)
from anydynamo.engine.expressions.keyconditions import MIRRORED
from anydynamo.engine.expressions.paths import resolve
from anydynamo.engine.limits import PARTIQL_PARTITIONS
from anydynamo.engine.reads.ranges import KeyRange, condition_range
from anydynamo.engine.values.keys import segment
from anydynamo.engine.values.values import key_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anydynamo.engine.expressions.evaluators import Values
    from anydynamo.engine.expressions.keyconditions import KeyOperator
    from anydynamo.engine.layout import Index, KeyAttribute, Table
    from anydynamo.engine.partiql.statements import Select, Where
    from anydynamo.engine.values.values import AttributeValue, Item

__all__ = ["Plan", "item_key", "plan"]

_EVERYTHING: Final = KeyRange(*segment(0, 1))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a SELECT reads.

    Attributes:
        ranges: Ranges of keys, in the order in which they are read.
        reverse: Whether each is read from its end.
        single: Whether there is one item at most.
    """

    ranges: tuple[KeyRange, ...]
    reverse: bool
    single: bool


def plan(table: Table, index: Index | None, select: Select, values: Values) -> Plan:
    """Work out what a SELECT reads.

    Raises:
        EngineError: A ValidationException; a key is compared with another type, there are too many
            partitions, or they cannot be had in the order that was asked for.
    """
    hash_keys = table.keys[:1] if index is None else index.hash_keys
    range_keys = table.keys[1:] if index is None else index.range_keys
    where = select.where
    partitions = None if where is None else _partitions(where, hash_keys, values)
    _check_order(select, hash_keys, range_keys, partitions)
    if where is None or partitions is None:
        return Plan((_EVERYTHING,), reverse=False, single=False)
    order = dict(select.order)
    tests = _range_tests(where, range_keys, values)
    # A partition's range is made before its value is ordered: that refuses what can be no key.
    found = [
        (partition, condition_range(table, index, KeyCondition((*partition, *tests))))
        for partition in partitions
    ]
    for attribute in hash_keys[:1]:
        if attribute.name in order:
            found.sort(key=_partition_bytes, reverse=order[attribute.name])
    ranges = tuple(keys for _, keys in found)
    exact = len(tests) == len(range_keys) and all(test.operator == "=" for test in tests)
    return Plan(
        ranges,
        reverse=any(order.get(attribute.name, False) for attribute in range_keys),
        single=index is None and exact and len(ranges) == 1,
    )


def item_key(table: Table, where: Where | None, values: Values) -> Item | None:
    """Return the key of the one item that a condition is about; None if it leaves that open."""
    if where is None:
        return None
    key: Item = {}
    for attribute in table.keys:
        found = [test for test in _tests(where, attribute.name) if test[0] == "="]
        if not found:
            return None
        key[attribute.name] = values[found[0][1][0]]
    return key


def _partitions(
    where: Where, hash_keys: Sequence[KeyAttribute], values: Values
) -> list[tuple[KeyTest, ...]] | None:
    """Return the tests of each partition that may hold what is asked for; None is all of them."""
    choices: list[list[KeyTest]] = []
    count = 1
    for attribute in hash_keys:
        placeholders = _equal_to(where.tree, attribute.name, where)
        if placeholders is None:
            return None
        distinct: dict[str, AttributeValue] = {}
        for placeholder in placeholders:
            distinct.setdefault(repr(values[placeholder]), values[placeholder])
        choices.append([KeyTest(attribute.name, "=", (value,)) for value in distinct.values()])
        count *= len(distinct)
    if count > PARTIQL_PARTITIONS:
        raise validation(texts.statements.TOO_MANY_PARTITIONS, count=count)
    return list(product(*choices))


def _equal_to(tree: Condition, name: str, where: Where) -> list[str] | None:
    """Return placeholders of values of which an attribute must have one; None if it need not."""
    match tree:
        case Comparison(operator="="):
            test = _test(tree, name, where)
            return None if test is None else list(test[1])
        case In(operand=operand, options=options):
            if not _is_attribute(operand, name, where):
                return None
            return _constants(options)
        case Or(conditions=conditions):
            found: list[str] = []
            for condition in conditions:
                part = _equal_to(condition, name, where)
                if part is None:
                    return None
                found += part
            return found
        case And(conditions=conditions):
            for condition in conditions:
                part = _equal_to(condition, name, where)
                if part is not None:
                    return part
            return None
        case _:
            return None


def _range_tests(where: Where, range_keys: Sequence[KeyAttribute], values: Values) -> list[KeyTest]:
    tests: list[KeyTest] = []
    for attribute in range_keys:
        found = _tests(where, attribute.name)
        if not found:
            break
        operator, placeholders = next((one for one in found if one[0] == "="), found[0])
        operands = tuple(values[placeholder] for placeholder in placeholders)
        tests.append(KeyTest(attribute.name, operator, operands))
        if operator != "=":
            break
    return tests


def _tests(where: Where, name: str) -> list[tuple[KeyOperator, list[str]]]:
    """Return the tests of an attribute that all items must pass."""
    found: list[tuple[KeyOperator, list[str]]] = []
    pending = [where.tree]
    while pending:
        tree = pending.pop()
        if isinstance(tree, And):
            pending.extend(reversed(tree.conditions))
            continue
        test = _test(tree, name, where)
        if test is not None:
            found.append(test)
    return found


def _test(tree: Condition, name: str, where: Where) -> tuple[KeyOperator, list[str]] | None:
    """Return the operator, as if the attribute stood on its left, and the operands' names."""
    operator: KeyOperator
    operands: tuple[Operand, ...]
    match tree:
        case Comparison(operator="<>"):
            return None
        case Comparison(operator=comparator, left=Value(), right=subject):
            operator, operands = MIRRORED[comparator], (tree.left,)
        case Comparison(operator=comparator, left=subject, right=right):
            operator, operands = cast("KeyOperator", comparator), (right,)
        case Between(operand=subject, low=low, high=high):
            operator, operands = "BETWEEN", (low, high)
        case Function(name="begins_with", arguments=(subject, prefix)):
            operator, operands = "begins_with", (prefix,)
        case _:
            return None
    placeholders = _constants(operands)
    if placeholders is None or not _is_attribute(subject, name, where):
        return None
    return operator, placeholders


def _is_attribute(operand: Operand, name: str, where: Where) -> bool:
    return isinstance(operand, Path) and resolve(operand, where.names) == (name,)


def _constants(operands: Sequence[Operand]) -> list[str] | None:
    names = [operand.name for operand in operands if isinstance(operand, Value)]
    return names if len(names) == len(operands) else None


def _partition_bytes(found: tuple[tuple[KeyTest, ...], KeyRange]) -> bytes:
    return key_bytes(found[0][0].operands[0])


def _check_order(
    select: Select,
    hash_keys: Sequence[KeyAttribute],
    range_keys: Sequence[KeyAttribute],
    partitions: list[tuple[KeyTest, ...]] | None,
) -> None:
    if not select.order:
        return
    if select.where is None:
        raise validation(texts.statements.ORDER_WITHOUT_WHERE)
    if partitions is None:
        raise validation(texts.statements.ORDER_WITHOUT_HASH_KEY)
    keys = [attribute.name for attribute in (*hash_keys, *range_keys)]
    for name, _ in select.order:
        if name not in keys:
            raise validation(texts.statements.ORDER_BY_NO_KEY, name=name)
    if len(partitions) > 1 and select.order[0][0] != keys[0]:
        raise validation(
            texts.statements.ORDER_OF_PARTITIONS, key=keys[0], given=select.order[0][0]
        )
