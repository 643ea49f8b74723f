"""Any value: taken and kept as it is to DynamoDB, or refused; and its bytes, sizes and texts."""

from __future__ import annotations

import base64
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import orjson
from tests.fuzzing.answers import CODES, refused
from tests.fuzzing.choices import Choices

from anydynamo.engine.errors import EngineError
from anydynamo.engine.layout import pack, size_of, unpack
from anydynamo.engine.partiql.cursors import read_token
from anydynamo.engine.streams.iterators import Iterator
from anydynamo.engine.values import keys, numbers
from anydynamo.engine.values.values import (
    check_item,
    check_value,
    compare,
    copy_item,
    item_size,
    key_bytes,
    measured_item,
    nesting,
    value_size,
)
from anydynamo.engine.values.wire import from_json, to_json
from anydynamo.errors import InvalidRequest
from anydynamo.server.bodies import read_body, write_body

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SEEDS", "run", "strange", "strange_name", "written"]

SEEDS = tuple(
    bytes([kind, *range(start, start + 80, step)])
    for kind in range(6)
    for start, step in ((0, 1), (30, 2), (90, 1), (140, 1))
)

_CODES = CODES | {"ExpiredIteratorException"}


def run(data: bytes) -> None:
    """Check one value, number, key, body or token."""
    choices = Choices(data)
    choices.one_of((_value, _value, _python, _number, _key, _body, _token))(choices)


def _value(choices: Choices) -> None:
    _taken(choices.item())


def _taken(given: Any) -> None:
    found = refused(lambda: measured_item(given))
    if isinstance(found, EngineError):
        return
    item, size = found
    assert check_item(item) == item == copy_item(item)
    assert (
        size
        == item_size(item)
        == sum(len(name.encode()) + value_size(value) for name, value in item.items())
    )
    assert all(nesting(value) <= 32 for value in item.values())
    packed = pack(item, size)
    assert unpack(packed) == item
    assert size_of(packed) == size
    text = orjson.dumps(to_json(item))
    assert from_json(orjson.loads(text)) == item
    body = write_body({"Key": item})
    assert check_item(read_body("GetItem", body)["Key"]) == item


class _Text(str):
    """A string that is none to the fast ways."""

    __slots__ = ()


class _Attributes(dict[Any, Any]):
    """A dictionary that is none to the fast ways."""


def _python(choices: Choices) -> None:
    """Take what a program can pass, and no JSON can hold."""
    _taken(strange(choices, 4))


def strange(choices: Choices, depth: int) -> Any:
    """Make what a program can pass in place of a value, or of anything."""
    match choices.below(16 if depth else 10):
        case 0:
            return choices.one_of((float("nan"), float("inf"), 1e400, 10**5000, 1j, object()))
        case 1:
            return choices.one_of((b"S", ("S",), frozenset(("a",)), {"a", 1}, range(3), int))
        case 2:
            return _Text(choices.string())
        case 3:
            return bytearray(choices.raw(8))
        case 4:
            return memoryview(choices.raw(8))
        case 5:
            # A view of other items than bytes, and one with gaps.
            view = memoryview(bytes(8))
            return choices.one_of((view.cast("I"), view[::2], view.cast("B", (2, 4))))
        case 6 | 7:
            return choices.value(1)
        case 8:
            return choices.string()
        case 9:
            return choices.number()
        case 10:
            return tuple(strange(choices, depth - 1) for _ in range(choices.below(3)))
        case 11:
            return [strange(choices, depth - 1) for _ in range(choices.below(3))]
        case 12:
            tag = choices.one_of(("S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL"))
            return {tag: strange(choices, depth - 1)}
        case 13:
            return {strange_name(choices): strange(choices, depth - 1)}
        case _:
            return _Attributes(a=strange(choices, depth - 1), pk={"S": "x"})


def strange_name(choices: Choices) -> Any:
    """Make what a program can use as a key of a dictionary."""
    return choices.one_of(
        ("a", _Text("a"), True, None, 1, 1.5, b"a", (), "", 10**5000, "\ud800", "aExpression")
    )


def _number(choices: Choices) -> None:
    text = choices.number()
    found = refused(lambda: numbers.measured(text))
    if isinstance(found, EngineError):
        return
    canonical, size = found
    assert numbers.measured(canonical) == found
    value = Fraction(canonical)
    assert value == Fraction(text.rstrip("."))
    assert "e" not in canonical.lower()
    assert 1 <= size <= 22
    other = refused(lambda: numbers.normalise(choices.number()))
    if isinstance(other, EngineError):
        return
    first, second = numbers.sort_bytes(canonical), numbers.sort_bytes(other)
    right = Fraction(other)
    assert (first < second, first == second) == (value < right, value == right)
    for compute, wanted in ((numbers.add, value + right), (numbers.subtract, value - right)):
        result = refused(lambda compute=compute: compute(canonical, other))  # type: ignore[misc]
        assert isinstance(result, EngineError) or Fraction(result) == wanted


def _key(choices: Choices) -> None:
    tag = choices.one_of("SNB")
    make: Callable[[], Any] = {
        "S": choices.string,
        "N": choices.number,
        "B": lambda: choices.raw(12),
    }[tag]
    pair = [refused(lambda: check_value({tag: make()})) for _ in range(2)]
    if any(isinstance(one, EngineError) for one in pair):
        return
    left, right = (one for one in pair if not isinstance(one, EngineError))
    order = compare(left, right)
    one, two = key_bytes(left), key_bytes(right)
    assert (one > two) - (one < two) == order
    # Whatever follows, the order of what is followed stays.
    one, two = keys.terminated(one), keys.terminated(two)
    tails = (choices.raw(6), choices.raw(6))
    if order:
        assert (one + tails[0] > two + tails[1]) is (order > 0)
        assert not one.startswith(two)
        assert not two.startswith(one)
    else:
        assert one == two
    prefix = keys.partition((key_bytes(left),))
    end = keys.beyond(prefix)
    assert end is None or prefix + tails[0] < end
    total = 1 + choices.below(1000)
    number = choices.below(total)
    start, stop = keys.segment(number, total)
    assert number == 0 or keys.segment(number - 1, total)[1] == start
    assert (stop is None) is (number == total - 1)


def _body(choices: Choices) -> None:
    operation = choices.one_of(
        ("PutItem", "Query", "BatchGetItem", "BatchWriteItem", "TransactWriteItems", "ListTables")
    )
    match choices.below(4):
        case 0 | 1:
            raw = orjson.dumps({"Item": written(choices.item(3))})
        case 2:
            opening = choices.one_of((b'{"L":[', b'{"M":{"a":', b"[", b'{"BS":[', b'{"B":'))
            raw = b'{"Item":{"a":' + opening * choices.below(3000) + choices.rest()
        case _:
            raw = choices.rest()
    try:
        body = read_body(operation, raw)
    except InvalidRequest as error:
        assert error.code == "SerializationException"  # noqa: PT017
        return
    assert isinstance(body, dict)
    # What is no item is refused; what is not base64 is a ValueError, as documented.
    with suppress(ValueError):
        refused(lambda: from_json(body.get("Item")))


def written(value: Any, depth: int = 60) -> Any:
    """Make what JSON can hold of a value: binary becomes text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        members = value.items() if depth else ()
        return {_clean(str(name)): written(one, depth - 1) for name, one in members}
    if isinstance(value, list):
        return [written(one, depth - 1) for one in value if depth]
    if isinstance(value, str):
        return _clean(value)
    return value if not isinstance(value, int) else max(min(value, 2**63), -(2**62))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _token(choices: Choices) -> None:
    text = choices.rest().decode("utf-8", "replace")
    if choices.seldom(2):
        text = f"arn|1|{text}"
    for read in (lambda: Iterator.parse(text, 0.0), lambda: read_token(text, b"")):
        try:
            read()
        except EngineError as error:
            assert error.code in _CODES  # noqa: PT017
