"""Whether a request is one that botocore would send, and that would arrive as it was given.

The real client validates a request, writes it as JSON and base64, and the service reads that. A
request is plain if nothing of this would refuse or change anything: it has exactly the types that
JSON keeps apart, no unknown member and every required one. Whatever is not plain is left to
botocore, and that includes the rare that would pass, such as a tuple for a list.

The checks are made from botocore's service model, so that they are those of the installed version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

__all__ = ["Check", "check_of"]

# Any: what users give may be anything, and botocore's shapes have no types.
Check = Callable[[Any], bool]

# By a name that type checkers draw no conclusions from: `Any` would become a container of unknown
# things.
_kind_of: Final = cast("Callable[[Any], type[object]]", type)

_ATTRIBUTE_VALUE: Final = "AttributeValue"
_SCALARS: Final[dict[Any, type]] = {"S": str, "N": str, "B": bytes, "BOOL": bool, "NULL": bool}
_SETS: Final[dict[Any, type]] = {"SS": str, "NS": str, "BS": bytes}


def check_of(shape: Any) -> Check:
    """Make the check of a shape of botocore's model."""
    return _check(shape, {})


def _check(shape: Any, known: dict[str, Check]) -> Check:
    if shape.name == _ATTRIBUTE_VALUE:
        return _value
    if shape.name in known:
        # A shape that contains itself finds the check that is still being made.
        def later(content: Any) -> bool:
            return known[shape.name](content)

        return later
    known[shape.name] = _never
    check = known[shape.name] = _made(shape, known)
    return check


def _made(shape: Any, known: dict[str, Check]) -> Check:
    least = shape.metadata.get("min", 0)
    match shape.type_name:
        case "structure":
            members = {name: _check(member, known) for name, member in shape.members.items()}
            return _structure(members, shape.metadata.get("required", ()))
        case "map":
            value = _check(shape.value, known)
            if value is _value and not shape.key.metadata.get("min", 0):
                return _item
            return _map(_check(shape.key, known), value)
        case "list":
            return _list(_check(shape.member, known), least)
        case "string":
            return lambda text: type(text) is str and len(text) >= least
        case "integer" | "long":
            return lambda number: type(number) is int and number >= least
        case "boolean":
            return lambda switch: type(switch) is bool
        case "blob":
            return lambda raw: type(raw) is bytes
        case _:
            # Floating point and moments: no operation on items takes one.
            return _never


def _never(_: Any) -> bool:
    return False


def _structure(members: dict[str, Check], required: list[str]) -> Check:
    needed = frozenset(required)

    def check(content: Any) -> bool:
        kind = _kind_of(content)
        if kind is not dict or not needed <= content.keys():
            return False
        for name, member in content.items():
            of_member = members.get(name)
            if of_member is None or not of_member(member):
                return False
        return True

    return check


def _map(of_key: Check, of_value: Check) -> Check:
    def check(content: Any) -> bool:
        kind = _kind_of(content)
        return kind is dict and all(
            of_key(key) and of_value(value) for key, value in content.items()
        )

    return check


def _list(of_member: Check, least: int) -> Check:
    def check(content: Any) -> bool:
        kind = _kind_of(content)
        return kind is list and len(content) >= least and all(map(of_member, content))

    return check


def _item(content: Any) -> bool:
    # The walk over items is what a request mostly costs here: plain loops, one call per container.
    kind = _kind_of(content)
    if kind is not dict:
        return False
    for name, value in content.items():
        kind = _kind_of(value)
        if type(name) is not str or kind is not dict or len(value) != 1:
            return False
        ((tag, inner),) = value.items()
        fitting = _SCALARS.get(tag)
        if fitting is None:
            if not _container(tag, inner):
                return False
        elif type(inner) is not fitting:
            return False
    return True


def _value(value: Any) -> bool:
    kind = _kind_of(value)
    if kind is not dict or len(value) != 1:
        return False
    ((tag, content),) = value.items()
    fitting = _SCALARS.get(tag)
    return _container(tag, content) if fitting is None else type(content) is fitting


def _container(tag: Any, content: Any) -> bool:
    if tag == "M":
        return _item(content)
    kind = _kind_of(content)
    if kind is not list:
        return False
    if tag == "L":
        return all(map(_value, content))
    fitting = _SETS.get(tag)
    return fitting is not None and all(type(member) is fitting for member in content)
