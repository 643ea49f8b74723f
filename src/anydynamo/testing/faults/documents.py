"""Faults from text: a JSON document, for the command line and for configuration.

    {"seed": 7,
     "faults": [
       {"fault": "throttle", "operations": ["PutItem"], "table": "ads", "times": 3},
       {"fault": "lose_reply", "operations": ["TransactWriteItems"], "probability": 0.1}
     ]}

A fault's members are the arguments of the function of its name, except `matching`, which text
cannot say. Binary in `key` is base64. What is not known is refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

from anydynamo.errors import ConfigurationError
from anydynamo.testing.faults import rules

if TYPE_CHECKING:
    from anydynamo.testing.faults.rules import Rule

__all__ = ["Document", "read_faults"]

Reader = Callable[[object], object]
"""Makes an argument of a member's value; its ValueError says what would be right."""


@dataclass(frozen=True, slots=True)
class Document:
    """Faults as a document has them.

    Attributes:
        rules: The rules, in order.
        seed: The seed.
    """

    rules: tuple[Rule, ...]
    seed: int | str = 0


def read_faults(text: str | bytes) -> Document:
    """Read faults from JSON: an object with `faults` and perhaps a `seed`, or the list alone.

    Raises:
        ConfigurationError: It is no JSON, or says something that nobody understands.
    """
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"The faults are not JSON that can be read: {error}") from error
    several = _list(document)
    if several is not None:
        return Document(_rules(several))
    members = _object(document)
    if members is None:
        raise ConfigurationError('The faults are a list, or an object with a list as "faults"')
    _check_members("The document", members, {"faults", "seed"})
    several, seed = _list(members.get("faults")), members.get("seed", 0)
    if several is None:
        raise ConfigurationError('The document has no list as "faults"')
    if isinstance(seed, bool) or not isinstance(seed, int | str):
        raise ConfigurationError(f"A seed is a whole number or text, and not {seed!r}")
    return Document(_rules(several), seed)


def _rules(given: list[object]) -> tuple[Rule, ...]:
    return tuple(_rule(one, place) for place, one in enumerate(given, 1))


def _rule(given: object, place: int) -> Rule:
    members = _object(given) or {}
    name = members.get("fault")
    known = _FAULTS.get(name) if isinstance(name, str) else None
    if known is None:
        names = ", ".join(sorted(_FAULTS))
        raise ConfigurationError(f'Fault {place} has no "fault" that is known; there are {names}')
    where = f"Fault {place}, {name},"
    readers = {**_WHEN, **known.own}
    _check_members(where, members, {"fault", "operations", *readers})
    operations: list[str] = []
    arguments: dict[str, Any] = {}
    for member, value in members.items():
        try:
            if member == "operations":
                operations = _names(value)
            elif member != "fault":
                arguments[member] = readers[member](value)
        except ValueError as error:
            raise ConfigurationError(
                f"{where} has {value!r} as {member}, which is to be {error}"
            ) from None
    missing = sorted(known.required - arguments.keys())
    if missing:
        raise ConfigurationError(f"{where} needs {', '.join(missing)}")
    try:
        return known.make(*operations, **arguments)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where} is refused: {error}") from error


def _check_members(what: str, members: Mapping[str, object], known: set[str]) -> None:
    unknown = sorted(set(members) - known)
    if unknown:
        raise ConfigurationError(
            f"{what} has no member {', '.join(map(repr, unknown))}; "
            f"there are {', '.join(sorted(known))}"
        )


def _object(given: object) -> dict[str, object] | None:
    return cast("dict[str, object]", given) if isinstance(given, dict) else None


def _list(given: object) -> list[object] | None:
    return cast("list[object]", given) if isinstance(given, list) else None


def _names(value: object) -> list[str]:
    given = [value] if isinstance(value, str) else _list(value)
    if given is None:
        raise ValueError("a list of operations")
    return [_text(one) for one in given]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("text")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a whole number")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _counts(value: object) -> list[int]:
    several = _list(value)
    return [_count(one) for one in ([value] if several is None else several)]


def _window(value: object) -> tuple[float, float | None]:
    bounds = _list(value)
    if bounds is None or len(bounds) != 2:
        raise ValueError("a list of two numbers, the second of which may be null")
    start, end = bounds
    return _number(start), None if end is None else _number(end)


def _key(value: object) -> Mapping[str, Any]:
    wrong = ValueError("attributes in DynamoDB's JSON: strings, numbers, or binary in base64")
    attributes = _object(value)
    if attributes is None:
        raise wrong
    key: dict[str, Any] = {}
    for name, given in attributes.items():
        typed = list((_object(given) or {}).items())
        if len(typed) != 1:
            raise wrong
        tag, content = typed[0]
        if tag not in ("S", "N", "B") or not isinstance(content, str):
            raise wrong
        try:
            key[name] = {tag: base64.b64decode(content, validate=True) if tag == "B" else content}
        except ValueError:
            raise wrong from None
    return key


_WHEN: Final[Mapping[str, Reader]] = {
    "table": _text,
    "index": _text,
    "key": _key,
    "nth": _counts,
    "skip": _count,
    "times": _count,
    "probability": _number,
    "between": _window,
}
"""How the members are read that all faults have: those of `rules.When`."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A fault that a document may have.

    Attributes:
        make: Makes its rule.
        own: How the members are read that it has beside those of all.
        required: Those that it must have.
    """

    make: Callable[..., Rule]
    own: Mapping[str, Reader] = field(default_factory=lambda: MappingProxyType({}))
    required: frozenset[str] = frozenset()


_FAULTS: Final[Mapping[str, _Known]] = {
    "conflict": _Known(rules.conflict),
    "expire_token": _Known(rules.expire_token),
    "fail": _Known(rules.fail, {"code": _text, "applied": _flag}),
    "in_progress": _Known(rules.in_progress),
    "leave_unprocessed": _Known(rules.leave_unprocessed, {"share": _number}),
    "lose_reply": _Known(rules.lose_reply, {"how": _text}),
    "lose_request": _Known(rules.lose_request, {"how": _text}),
    "slow": _Known(rules.slow, {"seconds": _number}, frozenset({"seconds"})),
    "stale": _Known(rules.stale, {"lag": _number}),
    "throttle": _Known(rules.throttle, {"code": _text, "limit": _text}),
}
