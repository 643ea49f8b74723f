"""From a key condition, or a starting key, to a range of stored keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import hash_bytes, primary_key, range_bytes
from anydynamo.engine.values.keys import after, beyond, escaped, partition, terminated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anydynamo.engine.expressions import KeyCondition, KeyTest
    from anydynamo.engine.layout import Index, KeyAttribute, Table
    from anydynamo.engine.values.values import AttributeValue, Item

__all__ = ["KeyRange", "condition_range", "cursor_attributes", "cursor_key"]


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The keys `start <= key < end`.

    Attributes:
        start: The first key.
        end: The first key that is no longer in it; None is the end of the space.
        prefix: What all keys of the partition begin with; empty for a scan.
    """

    start: bytes
    end: bytes | None
    prefix: bytes = b""

    def __contains__(self, key: bytes) -> bool:
        return self.start <= key and (self.end is None or key < self.end)


def condition_range(table: Table, index: Index | None, condition: KeyCondition) -> KeyRange:
    """Return the one range of one partition that a key condition selects.

    An index key's sort attributes are tested from left to right; only the last test may be
    something else than equality.

    Raises:
        EngineError: A ValidationException; the condition does not fit the key schema.
    """
    if index is None:
        hash_keys, range_keys = table.keys[:1], table.keys[1:]
    else:
        hash_keys, range_keys = index.hash_keys, index.range_keys
    parts: list[bytes] = []
    for attribute in hash_keys:
        test = condition.get(attribute.name)
        if test is None:
            raise validation(texts.walks.KEY_CONDITION_MISSING, name=attribute.name)
        if test.operator != "=":
            raise validation(texts.walks.KEY_CONDITION_NOT_SUPPORTED)
        parts.append(_hash_bytes(attribute, test))
    prefix = partition(parts)
    tests = _sort_tests(range_keys, condition, len(hash_keys))
    if index is None:
        return _tail_range(prefix, range_keys[0], tests[0]) if tests else _whole(prefix)
    return _index_range(prefix, range_keys, tests)


def _whole(prefix: bytes) -> KeyRange:
    return KeyRange(prefix, beyond(prefix), prefix)


def _sort_tests(
    range_keys: Sequence[KeyAttribute], condition: KeyCondition, hash_count: int
) -> list[KeyTest]:
    tests: list[KeyTest] = []
    for attribute in range_keys:
        test = condition.get(attribute.name)
        if test is None:
            break
        if tests and tests[-1].operator != "=":
            raise validation(texts.walks.KEY_CONDITION_NOT_SUPPORTED)
        tests.append(test)
    if len(tests) + hash_count < len(condition.tests):
        # Something was tested that is no key here, or is one that may not be tested yet.
        if len(tests) < len(range_keys):
            missed = range_keys[len(tests)].name
            raise validation(texts.walks.KEY_CONDITION_MISSING, name=missed)
        raise validation(texts.walks.KEY_CONDITION_NOT_SUPPORTED)
    return tests


def _hash_bytes(attribute: KeyAttribute, test: KeyTest) -> bytes:
    operand = _operands(attribute, test)[0]
    return hash_bytes(attribute, operand)


def _operands(attribute: KeyAttribute, test: KeyTest) -> tuple[AttributeValue, ...]:
    for operand in test.operands:
        if attribute.type not in operand:
            raise validation(texts.walks.KEY_CONDITION_TYPE)
    return test.operands


def _tail_range(prefix: bytes, attribute: KeyAttribute, test: KeyTest) -> KeyRange:
    low, high = _sort_bytes(attribute, test)
    end = beyond(prefix)
    match test.operator:
        case "=":
            return KeyRange(prefix + low, after(prefix + low), prefix)
        case "<":
            return KeyRange(prefix, prefix + low, prefix)
        case "<=":
            return KeyRange(prefix, after(prefix + low), prefix)
        case ">":
            return KeyRange(after(prefix + low), end, prefix)
        case ">=":
            return KeyRange(prefix + low, end, prefix)
        case "BETWEEN":
            return KeyRange(prefix + low, after(prefix + high), prefix)
        case "begins_with":
            return KeyRange(prefix + low, beyond(prefix + low), prefix)


def _index_range(
    prefix: bytes, range_keys: Sequence[KeyAttribute], tests: list[KeyTest]
) -> KeyRange:
    if not tests:
        return _whole(prefix)
    head = prefix
    for attribute, test in zip(range_keys, tests[:-1], strict=False):
        head += terminated(_sort_bytes(attribute, test)[0])
    test = tests[-1]
    low, high = _sort_bytes(range_keys[len(tests) - 1], test)
    at, end = head + terminated(low), beyond(head)
    match test.operator:
        case "=":
            return KeyRange(at, beyond(at), prefix)
        case "<":
            return KeyRange(head, at, prefix)
        case "<=":
            return KeyRange(head, beyond(at), prefix)
        case ">":
            # What is beyond the value's own entries; keys end with their table key.
            return KeyRange(beyond(at) or at, end, prefix)
        case ">=":
            return KeyRange(at, end, prefix)
        case "BETWEEN":
            return KeyRange(at, beyond(head + terminated(high)), prefix)
        case "begins_with":
            at = head + escaped(low)
            return KeyRange(at, beyond(at), prefix)


def _sort_bytes(attribute: KeyAttribute, test: KeyTest) -> tuple[bytes, bytes]:
    operands = _operands(attribute, test)
    low = range_bytes(attribute, operands[0])
    return low, range_bytes(attribute, operands[-1]) if len(operands) > 1 else low


def cursor_attributes(table: Table, index: Index | None) -> tuple[KeyAttribute, ...]:
    """Return what a page's key consists of: the index's key attributes and the table's."""
    if index is None:
        return table.keys
    own = {attribute.name for attribute in index.keys}
    return index.keys + tuple(key for key in table.keys if key.name not in own)


def cursor_key(
    table: Table, index: Index | None, start: Item, *, miscounted: str = texts.walks.INVALID_START
) -> bytes:
    """Check an `ExclusiveStartKey` and return it as a stored key, which need not exist.

    Args:
        table: The table.
        index: Its index that is read.
        start: The key.
        miscounted: What the operation answers to one attribute too many or too few.

    Raises:
        EngineError: A ValidationException; it is not exactly the key attributes with their types.
    """
    attributes = cursor_attributes(table, index)
    if len(start) != len(attributes):
        raise validation(miscounted)
    for attribute in attributes:
        value = start.get(attribute.name)
        if value is None or attribute.type not in value:
            raise validation(texts.walks.MISMATCHED_START)
    try:
        key = primary_key(table, {own.name: start[own.name] for own in table.keys})
    except EngineError as error:
        raise validation(texts.walks.INVALID_START_WITH_REASON, message=error.message) from None
    if index is None:
        return key
    entry = index.key(table, start)
    if entry is None:
        raise validation(texts.walks.INVALID_START)
    return entry
