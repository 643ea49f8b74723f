"""Shapes that a request must have, and the texts in which DynamoDB says that it has not.

A wrong JSON type is a SerializationException at once, for DynamoDB cannot even read such a request.
What can be read but breaks a constraint is collected, and one ValidationException names it all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol, cast

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.unreadable import (
    ATTRIBUTE_VALUE,
    Scalar,
    no_element,
    no_list,
    no_map,
    no_scalar,
    no_structure,
    serialization,
)

__all__ = [
    "Boolean",
    "Document",
    "Double",
    "Integer",
    "Listing",
    "Mapped",
    "Parameter",
    "Path",
    "Shape",
    "Structure",
    "TableName",
    "Text",
    "Timestamp",
    "attribute_values",
    "check",
    "drop_unknown",
    "without_nulls",
]

Path = tuple[Any, str] | None
"""Where a value stands: its parent's path and its own name there; joined only for an error."""

_REPORTED = 10
_SHOWN = 1024
_NAME_LENGTH = 255
_FAR_SECONDS = 1e11
"""More than any year that a `datetime` has; neither infinity nor what is no number is less."""


class _Alone(str):
    """A sentence that is said alone, whatever else is wrong."""

    __slots__ = ()


class Shape(Protocol):
    """One kind of parameter."""

    def check(self, value: Any, path: Path, faults: list[str]) -> None:
        """Append a sentence per broken constraint.

        Raises:
            EngineError: A SerializationException, for a value of the wrong JSON type.
        """
        ...


def check(shape: Structure, request: Mapping[str, Any]) -> None:
    """Check a whole request.

    Raises:
        EngineError: A SerializationException or a ValidationException.
    """
    faults: list[str] = []
    shape.check(request, None, faults)
    if faults:
        for fault in faults:
            if isinstance(fault, _Alone):
                raise validation(fault)
        plural = "" if len(faults) == 1 else "s"
        text = "; ".join(faults[:_REPORTED])
        raise validation(texts.requests.FAULTS, count=len(faults), plural=plural, faults=text)


def without_nulls(value: Any) -> Any:
    """Copy JSON without its nulls, so that nothing of the caller's is kept."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {
            name: without_nulls(member) for name, member in members.items() if member is not None
        }
    if isinstance(value, list):
        return [without_nulls(element) for element in cast("list[object]", value)]
    return value


def drop_unknown(shape: Shape, value: object) -> None:
    """Remove from a request, in place, what AWS knows no name for, as the service ignores it.

    A client in another language may be newer than this engine, or have a member too many.
    """
    if isinstance(shape, Structure) and isinstance(value, dict):
        shape.drop_unknown(cast("dict[str, Any]", value))
    elif isinstance(shape, Listing) and isinstance(value, list):
        for one in cast("list[object]", value):
            drop_unknown(shape.member, one)
    elif isinstance(shape, Mapped) and isinstance(value, dict):
        for one in cast("dict[str, object]", value).values():
            drop_unknown(shape.member, one)


def attribute_values(shape: Shape, value: object) -> Iterator[object]:
    """Yield what stands where a request has attribute values."""
    if isinstance(shape, Parameter):
        yield value
    elif isinstance(shape, Document) and isinstance(value, dict):
        yield from cast("dict[str, object]", value).values()
    elif isinstance(shape, Listing) and isinstance(value, list):
        for one in cast("list[object]", value):
            yield from attribute_values(shape.member, one)
    elif isinstance(shape, Mapped) and isinstance(value, dict):
        for one in cast("dict[str, object]", value).values():
            yield from attribute_values(shape.member, one)
    elif isinstance(shape, Structure) and isinstance(value, Mapping):
        for name, one in cast("Mapping[str, object]", value).items():
            member = shape.member(name)
            if member is not None:
                yield from attribute_values(member, one)


def _nests(shape: Shape) -> bool:
    """Tell whether structures stand in a shape."""
    if isinstance(shape, Listing | Mapped):
        return _nests(shape.member)
    return isinstance(shape, Structure)


def _spell(path: Path) -> str:
    names: list[str] = []
    while path is not None:
        path, name = path
        names.append(name)
    return ".".join(reversed(names))


def _quoted(value: str) -> str:
    return f"'{value}'" if len(value) <= _SHOWN else f"'{value[:_SHOWN]}...'"


def _fault(value: str, path: Path, constraint: str) -> str:
    return texts.requests.FAULT.format(value=value, path=_spell(path), constraint=constraint)


class Text:
    """A string."""

    __slots__ = ("_choices", "_enum", "_max", "_min", "_pattern", "_spelled")

    def __init__(
        self,
        *,
        minimum: int = 0,
        maximum: int | None = None,
        pattern: str | None = None,
        spelled: str | None = None,
        enum: tuple[str, ...] | None = None,
    ) -> None:
        """Declare the constraints.

        Args:
            minimum: The least length.
            maximum: The greatest length.
            pattern: What the whole text must match.
            spelled: How AWS writes the pattern, where `pattern` says the same in other words: AWS's
                own would take a time that grows faster than the text, or match other letters here.
            enum: The values that there are, in AWS's order.
        """
        self._min = minimum
        self._max = maximum
        self._pattern = None if pattern is None else re.compile(pattern)
        self._spelled = pattern if spelled is None else spelled
        self._enum = None if enum is None else frozenset(enum)
        self._choices = enum

    def check(self, value: Any, path: Path, faults: list[str]) -> None:
        """Append what a string breaks: its length, its pattern, its set of values."""
        if not isinstance(value, str):
            raise no_scalar(value, "String")
        if not value.isascii():
            _check_unicode(value)
        if self._enum is not None:
            if value not in self._enum:
                choices = ", ".join(self._choices or ())
                constraint = texts.requests.CHOICES.format(choices=choices)
                faults.append(_fault(_quoted(value), path, constraint))
            return
        if self._pattern is not None and not self._pattern.fullmatch(value):
            constraint = texts.requests.PATTERN.format(pattern=self._spelled)
            faults.append(_fault(_quoted(value), path, constraint))
        length = len(value)
        if length < self._min:
            constraint = texts.requests.LENGTH_LEAST.format(minimum=self._min)
            faults.append(_fault(_quoted(value), path, constraint))
        if self._max is not None and length > self._max:
            constraint = texts.requests.LENGTH_MOST.format(maximum=self._max)
            faults.append(_fault(_quoted(value), path, constraint))


class TableName:
    """A table's name, or its ARN, which may be longer."""

    __slots__ = ("_arn", "_least", "_name")

    def __init__(self, *, least: int = 0) -> None:
        """Say how a name's length is told to be wrong.

        Args:
            least: The fewest characters, for operations that say of a name that is too short or too
                long nothing but that; otherwise one character is enough.
        """
        self._least = least
        # An empty name is told to be too short, and nothing else.
        self._name = Text(
            minimum=1, maximum=_NAME_LENGTH, pattern="[a-zA-Z0-9_.-]*", spelled="[a-zA-Z0-9_.-]+"
        )
        self._arn = Text(maximum=1024, pattern="arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]+:table/.+")

    def check(self, value: Any, path: Path, faults: list[str]) -> None:
        """Append what a table's name breaks."""
        if not isinstance(value, str) or not value.startswith("arn:"):
            self._name.check(value, path, faults)
            if self._least and not self._least <= len(value) <= _NAME_LENGTH:
                faults.append(_Alone(texts.requests.TABLE_NAME_LENGTH))
        else:
            self._arn.check(value, path, faults)


class Integer:
    """A whole number, of 32 bits, or of 64 if it is a `Long`."""

    __slots__ = ("_bits", "_max", "_min", "_name")

    def __init__(
        self, *, minimum: int | None = None, maximum: int | None = None, name: Scalar = "Integer"
    ) -> None:
        self._min = minimum
        self._max = maximum
        self._name: Scalar = name
        self._bits = 63 if name == "Long" else 31

    def check(self, value: Any, path: Path, faults: list[str]) -> None:
        """Append what a number breaks: its bounds."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise no_scalar(value, self._name)
        if not -1 << self._bits <= value < 1 << self._bits:
            # No JSON reader of the service's takes it, and our own stores could not keep it.
            raise serialization(texts.requests.NUMBER_OUT_OF_RANGE, name=self._name)
        if self._min is not None and value < self._min:
            constraint = texts.requests.VALUE_LEAST.format(minimum=self._min)
            faults.append(_fault(f"'{value}'", path, constraint))
        if self._max is not None and value > self._max:
            constraint = texts.requests.VALUE_MOST.format(maximum=self._max)
            faults.append(_fault(f"'{value}'", path, constraint))


def _check_unicode(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise serialization(texts.values.HALF_A_SURROGATE_PAIR) from None


class Double:
    """A number that may have a fraction."""

    __slots__ = ()

    def check(self, value: Any, path: Path, faults: list[str]) -> None:  # noqa: ARG002
        """Refuse what is no number, or none that is finite."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise no_scalar(value, "Double")
        if not math.isfinite(value):
            raise serialization(texts.requests.NUMBER_NOT_FINITE)


class Boolean:
    """True or false."""

    __slots__ = ()

    def check(self, value: Any, path: Path, faults: list[str]) -> None:  # noqa: ARG002
        """Refuse what is neither true nor false."""
        if not isinstance(value, bool):
            raise no_scalar(value, "Boolean")


class Timestamp:
    """A moment: a `datetime`, as botocore takes it, or seconds since the epoch."""

    __slots__ = ()

    def check(self, value: Any, path: Path, faults: list[str]) -> None:  # noqa: ARG002
        """Refuse what is no moment."""
        if isinstance(value, datetime):
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise no_scalar(value, "Date")
        if not abs(value) < _FAR_SECONDS:
            raise serialization(texts.requests.DATE_OUT_OF_RANGE)


class Document:
    """A map whose members are attribute values; `values.check_item` checks those."""

    __slots__ = ()

    def check(self, value: Any, path: Path, faults: list[str]) -> None:  # noqa: ARG002
        """Refuse what is no map."""
        if not isinstance(value, dict):
            raise no_element() if _is_element(path) else no_map(value, ATTRIBUTE_VALUE)


class Parameter:
    """An attribute value; `values.check_value` checks what it is."""

    __slots__ = ()

    def check(self, value: Any, path: Path, faults: list[str]) -> None:  # noqa: ARG002
        """Refuse what is no map."""
        if not isinstance(value, dict):
            raise no_structure(value, ATTRIBUTE_VALUE, member=_is_element(path))


class Listing:
    """A list of one shape."""

    __slots__ = ("_max", "_min", "member")

    def __init__(self, member: Shape, *, minimum: int = 0, maximum: int | None = None) -> None:
        self.member = member
        self._min = minimum
        self._max = maximum

    def check(self, value: Any, path: Path, faults: list[str]) -> None:
        """Append what a list breaks, and what its members do."""
        if not isinstance(value, list):
            raise no_element() if _is_element(path) else no_list(value)
        members = cast("list[object]", value)
        _count(members, self._min, self._max, path, faults)
        for number, member in enumerate(members, 1):
            if member is None:
                faults.append(
                    _fault("null", ((path, str(number)), "member"), texts.requests.NOT_NULL)
                )
            else:
                self.member.check(member, ((path, str(number)), "member"), faults)


class Mapped:
    """A map from strings to one shape."""

    __slots__ = ("_key", "_max", "_min", "member")

    def __init__(
        self, key: Shape, value: Shape, *, minimum: int = 0, maximum: int | None = None
    ) -> None:
        self._key = key
        self.member = value
        self._min = minimum
        self._max = maximum

    def check(self, value: Any, path: Path, faults: list[str]) -> None:
        """Append what a map breaks, and what its keys and values do."""
        if not isinstance(value, dict):
            raise no_map(value, _java_name(self.member))
        members = cast("dict[object, object]", value)
        _count(members, self._min, self._max, path, faults)
        for name, member in members.items():
            self._key.check(name, (path, "key"), faults)
            if member is None:
                faults.append(
                    _fault("null", ((path, str(name)), "member"), texts.requests.NOT_NULL)
                )
            else:
                self.member.check(member, ((path, str(name)), "member"), faults)


def _count(
    members: Collection[object], minimum: int, maximum: int | None, path: Path, faults: list[str]
) -> None:
    count = len(members)
    if count < minimum:
        shown = f"'{members}'" if not members else texts.requests.ENTRIES.format(count=count)
        constraint = texts.requests.LENGTH_LEAST.format(minimum=minimum)
        faults.append(_fault(shown, path, constraint))
    if maximum is not None and count > maximum:
        constraint = texts.requests.LENGTH_MOST.format(maximum=maximum)
        faults.append(_fault(texts.requests.ENTRIES.format(count=count), path, constraint))


class Structure:
    """A map with named members. A member that is null counts as absent, as JSON readers have it.

    A member that nobody declared is refused, as AWS's clients refuse it: a mistyped
    `ConditionExpresion` that was silently ignored would write unconditionally.
    """

    __slots__ = ("_absent", "_members", "_nesting", "_refused", "_required", "java_name")

    def __init__(
        self,
        name: str | None = None,
        *,
        required: Mapping[str, Shape] | None = None,
        optional: Mapping[str, Shape] | None = None,
        absent: Mapping[str, str] | None = None,
        refused: Mapping[str, str] | None = None,
    ) -> None:
        """Declare the members.

        Args:
            name: The API's name of the structure, where it has one name wherever it stands.
            required: Members that must be there.
            optional: Members that may be there.
            absent: What is said, and nothing else, where one of the required members is not there.
            refused: Members that AWS has and this engine has not, with what to say of them.
        """
        self.java_name = None if name is None else f"com.amazonaws.dynamodb.v20120810.{name}"
        self._absent = {member: _Alone(text) for member, text in (absent or {}).items()}
        self._required = tuple((name, _spelling(name)) for name in required or ())
        members = {**(required or {}), **(optional or {})}
        self._members = {name: (shape, _spelling(name)) for name, shape in members.items()}
        self._refused = dict(refused or {})
        # Most requests have none of these, and are not walked.
        self._nesting = {name: shape for name, shape in members.items() if _nests(shape)}

    @property
    def names(self) -> frozenset[str]:
        """The names of the members that may be there."""
        return frozenset(self._members)

    def member(self, name: str) -> Shape | None:
        """Return the shape of a member; None if nobody declared it."""
        declared = self._members.get(name)
        return None if declared is None else declared[0]

    def check(self, value: Any, path: Path, faults: list[str]) -> None:
        """Append what is missing, and what the members break."""
        given: Mapping[str, object] = value
        # The test for a dictionary comes first because the one for a mapping is slow.
        if type(value) is not dict and not isinstance(value, Mapping):
            raise no_structure(value, self.java_name, member=_is_element(path))
        for name, spelling in self._required:
            if given.get(name) is None:
                fault = _fault("null", (path, spelling), texts.requests.NOT_NULL)
                faults.append(self._absent.get(name, fault))
        members = self._members
        for name, member in given.items():
            if member is None:
                continue
            declared = members.get(name)
            if declared is None:
                raise validation(self._undeclared(name))
            declared[0].check(member, (path, declared[1]), faults)

    def drop_unknown(self, value: dict[str, Any]) -> None:
        """Remove members that nobody knows, here and below; see `drop_unknown`."""
        for name in value.keys() - self._members.keys():
            if name not in self._refused:
                del value[name]
        for name, shape in self._nesting.items():
            drop_unknown(shape, value.get(name))

    def _undeclared(self, name: object) -> str:
        names = ", ".join(self._members)
        if not isinstance(name, str):
            # A program can pass anything as a name, also what has no text.
            kind = type(name).__name__
            return texts.requests.PARAMETER_NO_TEXT.format(kind=kind, names=names)
        known = self._refused.get(name)
        if known is not None:
            return texts.requests.NOT_SUPPORTED.format(name=name, known=known)
        return texts.requests.UNKNOWN_PARAMETER.format(name=name, names=names)


def _is_element(path: Path) -> bool:
    return path is not None and path[1] == "member"


def _java_name(shape: Shape) -> str:
    """Return what the service calls a shape of which a map consists."""
    if isinstance(shape, Structure) and shape.java_name is not None:
        return shape.java_name
    if isinstance(shape, Listing):
        return f"java.util.List<{_java_name(shape.member)}>"
    return "java.lang.String"


def _spelling(name: str) -> str:
    return name[0].lower() + name[1:]
