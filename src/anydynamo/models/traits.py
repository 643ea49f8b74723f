"""What a table declares about all of its items: timestamps, soft delete, expiry, uniqueness.

Attributes get these roles by `attribute(created=True)` and its like, and tables by class keywords.
Here is what can be declared together; repositories do what was declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from anydynamo.models import kinds
from anydynamo.models.attributes import Declaration, Field
from anydynamo.models.introspection import attributes_of, ttl_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pynamodb.models import Model

__all__ = ["Role", "attribute_with", "check_expiry", "check_field", "check_table", "fields_of"]

Role = Literal["created", "updated", "deleted"]

_ROLES: tuple[Role, ...] = ("created", "updated", "deleted")
_OPTIONS = ("expired", "audit", "shards")
_MOST_SHARDS = 1000


def fields_of(model: type[Model]) -> Iterator[Field]:
    """Give the attributes that were declared by annotations, inherited ones included."""
    return (one for one in attributes_of(model).values() if isinstance(one, Field))


def attribute_with(model: type[Model], role: str) -> Field | None:
    """Give the attribute that was declared as `created`, `updated` or `deleted`."""
    return next((one for one in fields_of(model) if getattr(one.declaration, role)), None)


def check_field(field: Field) -> None:
    """Refuse an attribute that cannot have the role that it is given.

    Raises:
        TypeError: Its type or its other options do not go with the role.
    """
    declaration = field.declaration
    roles = [role for role in _ROLES if getattr(declaration, role)]
    if declaration.unique:
        _check_unique(field)
    if not roles:
        return
    role = roles[0]
    others = [*roles[1:], *_set(declaration, ("version", "ttl", "unique"))]
    if others:
        raise TypeError(
            f"{role}=True and {others[0]}= are two roles; give each an attribute of its own"
        )
    if field.kind not in (kinds.TIMESTAMP, kinds.EPOCH) or not field.null:
        raise TypeError(
            f"{role}=True is for a moment that may be absent; annotate it as Attr[datetime | None]"
        )
    if declaration.default is not None or declaration.default_factory is not None:
        raise TypeError(
            f"{role}=True: repositories give the value, so write `= attribute(default=None, "
            f"{role}=True)`"
        )


def _check_unique(field: Field) -> None:
    declaration = field.declaration
    if declaration.unique is not True and not callable(declaration.unique):
        raise TypeError(
            "unique= is True, or a function from text to text such as str.casefold, not "
            f"{declaration.unique!r}"
        )
    if declaration.hash_key or declaration.range_key:
        raise TypeError("unique= is not for a part of the key: no two items have the same key")
    if field.kind.wire != "S":
        raise TypeError(
            f"unique= is for attributes that DynamoDB keeps as strings, not for {field.kind.name}"
        )


def _set(declaration: Declaration, options: Iterable[str]) -> list[str]:
    return [option for option in options if getattr(declaration, option)]


def check_table(table: type[Model]) -> None:
    """Refuse a table whose declarations do not go together.

    What needs a key or another attribute is looked at once the table has a name: one without is
    there to be inherited from.

    Raises:
        TypeError: They do not.
    """
    meta: Any = getattr(table, "Meta", None)
    for role in _ROLES:
        names = [field.name for field in fields_of(table) if getattr(field.declaration, role)]
        if len(names) > 1:
            raise TypeError(
                f"{table.__name__}: {' and '.join(names)} are both declared with {role}=True; one "
                "attribute has this role"
            )
    _check_shards(table, getattr(meta, "shards", 1))
    if getattr(meta, "table_name", None):
        check_expiry(table)
        _check_unique_keys(table)
        _check_shared(table)


def check_expiry(model: type[Model]) -> None:
    """Refuse `expired="hide"` where nothing says when an item expires.

    Raises:
        TypeError: Nothing does.
    """
    meta: Any = getattr(model, "Meta", None)
    if getattr(meta, "expired", "show") == "hide" and ttl_of(model) is None:
        raise TypeError(
            f'{model.__name__}: expired="hide" hides items whose time to live is over, and no '
            "attribute says when that is; declare one with attribute(ttl=True)"
        )


def _check_shards(table: type[Model], shards: object) -> None:
    if type(shards) is not int or not 1 <= shards <= _MOST_SHARDS:
        raise TypeError(
            f"{table.__name__}: shards= is a whole number from 1 to {_MOST_SHARDS}, not {shards!r}"
        )
    keys = [field for field in fields_of(table) if field.is_hash_key or field.is_range_key]
    if shards == 1 or not keys:
        return
    if not any(field.is_hash_key and field.kind.wire == "S" for field in keys):
        raise TypeError(
            f"{table.__name__}: shards={shards} writes the shard's number after the partition key, "
            "which then has to be a string"
        )
    if not any(field.is_range_key for field in keys):
        raise TypeError(
            f"{table.__name__}: shards={shards} spreads the items of a partition key over several "
            "partitions, and without a sort key there is one item only"
        )


def _check_unique_keys(table: type[Model]) -> None:
    unique = [field.name for field in fields_of(table) if field.declaration.unique]
    for name, key in attributes_of(table).items():
        if unique and key.is_hash_key and key.attr_type != "S":
            raise TypeError(
                f"{table.__name__}.{unique[0]}: unique= keeps the values that are taken as items "
                "of the same table, whose partition key therefore has to be a string, and "
                f"'{name}' is none"
            )


def _check_shared(table: type[Model]) -> None:
    """Refuse a class that treats the items of its parent's table otherwise than its parent does.

    The parent's repository would not know of it, and would leave out what was declared here.
    """
    meta = cast("Any", table).Meta
    for parent in table.__mro__[1:]:
        other: Any = vars(parent).get("Meta")
        if getattr(other, "table_name", None) != meta.table_name:
            continue
        known = {field.name for field in fields_of(cast("type[Model]", parent))}
        for field in fields_of(table):
            own = _set(field.declaration, (*_ROLES, "unique"))
            if own and field.name not in known:
                raise TypeError(
                    f"{table.__name__}.{field.name}: {own[0]}= has to hold for all items of the "
                    f"table {meta.table_name}; declare it in {parent.__name__}"
                )
        for option in _OPTIONS:
            if getattr(meta, option, None) != getattr(other, option, None):
                raise TypeError(
                    f"{table.__name__}: {option}= has to hold for all items of the table "
                    f"{meta.table_name}; declare it in {parent.__name__}"
                )
