"""Tables: typed PynamoDB models whose annotations drive storage, validation and static types.

```python
from typing import Annotated

from pydantic import EmailStr, Field

from anydynamo import Attr, GlobalIndex, Table, attribute


class User(Table, name="users"):
    user_id: Attr[str] = attribute(hash_key=True, attr_name="userId")
    email: Attr[EmailStr] = attribute()
    age: Attr[Annotated[int, Field(ge=0)] | None] = attribute(default=None)

    by_email = GlobalIndex("EmailIndex", hash_key=email)
```
"""

# pyright: reportPrivateUsage=false
# PynamoDB's hooks for subclasses have private names.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from pynamodb.models import Model

from anydynamo.errors import InvalidItem
from anydynamo.models import untyped
from anydynamo.models.annotations import Json
from anydynamo.models.attributes import Attr, Field, attribute
from anydynamo.models.classes import TableMeta, TableOptions
from anydynamo.models.indexes import GlobalIndex, LocalIndex
from anydynamo.models.introspection import (
    attributes_of,
    discriminator_name,
    discriminator_of,
    stored_class,
)
from anydynamo.models.paths import Action, Condition, Operand, Path, Size, size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema
    from pynamodb.attributes import Attribute

    from anydynamo.models.validation import Shape

__all__ = [
    "Action",
    "Attr",
    "Condition",
    "GlobalIndex",
    "Json",
    "LocalIndex",
    "Operand",
    "Path",
    "Size",
    "Table",
    "attribute",
    "size",
]

Self = TypeVar("Self", bound="Table")


class Table(Model, metaclass=TableMeta):
    """A typed PynamoDB model.

    Class keywords:
        name: The table's name in DynamoDB; a subclass without it shares its parent's table. A table
            without any name is there to be inherited from.
        billing: `PAY_PER_REQUEST` (the default) or `PROVISIONED`.
        read_capacity, write_capacity: Provisioned capacity units.
        stream: The stream's view type.
        point_in_time_recovery, deletion_protection: Switches of the table.
        tags: The table's tags.
        encryption: True for AWS's KMS key for DynamoDB, or the ARN of a key.
        expired: `hide` lets repositories treat items whose time to live is over as absent; `show`
            (the default) treats them like others until DynamoDB removes them.
        audit: A table that keeps what is done to this one.
        shards: Over how many partitions each partition key is spread, for keys that are written
            more often than one partition can bear; 1 to 1000.
        strict: pydantic's strict mode: nothing is converted.
        reads: `strict` (the default) refuses stored items that do not fit; `lax` hands out what
            does not fit as it stands, and None for what is missing.
        extra: `keep` (the default) carries attributes that are stored but not declared from a read
            to the next write; `forbid` refuses such items.
        discriminator: The value of PynamoDB's discriminator attribute for this class.

    Instances are compared by value and cannot be hashed, since they can change.
    """

    _options: ClassVar[TableOptions] = TableOptions()
    _shape: ClassVar[Shape]
    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __init__(self, /, **attributes: Any) -> None:
        """Make an instance of valid values.

        Raises:
            InvalidItem: An argument is unknown, missing or does not fit its attribute.
        """
        cls = type(self)
        vars(self)["attribute_values"] = cls._classified(cls._shape.construct(attributes))

    @classmethod
    def _classified(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Add the discriminator, which nobody gives."""
        discriminator = discriminator_of(cls)
        if discriminator is not None and discriminator.get_discriminator(cls) is not None:
            values[cast("str", discriminator_name(cls))] = cls
        return values

    @classmethod
    def _of_values(
        cls: type[Self], values: dict[str, Any], undeclared: Mapping[str, Any] | None = None
    ) -> Self:
        """Make an instance of values that are known to be right."""
        instance = cls.__new__(cls)
        state = vars(instance)
        state["attribute_values"] = values
        if undeclared:
            state["_undeclared"] = undeclared
        return instance

    @property
    def undeclared(self) -> dict[str, Any]:
        """The attributes that the stored item has and the table does not declare, as plain values.

        They are written again with the instance. Numbers are int, float or, where a float would
        lose digits, Decimal.
        """
        stored: Mapping[str, Any] = vars(self).get("_undeclared", {})
        return {name: untyped.natural(value) for name, value in stored.items()}

    # --- PynamoDB's way in and out --------------------------------------------------------------

    @classmethod
    def _instantiate(cls: type[Self], attribute_values: dict[str, dict[str, Any]]) -> Self:
        stored_cls = stored_class(cls, attribute_values) or cls
        if not issubclass(stored_cls, cls):
            raise InvalidItem(
                f"the stored item is a {stored_cls.__name__}, which is no {cls.__name__}"
            )
        return stored_cls._of_values(*stored_cls._read(attribute_values))

    @classmethod
    def _read(cls, item: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Read an item attribute by attribute, with an error that names what does not fit."""
        lax = cls._options.reads == "lax"
        values: dict[str, Any] = {}
        declared: set[str] = set()
        for name, one in attributes_of(cls).items():
            declared.add(one.attr_name)
            stored = item.get(one.attr_name)
            if isinstance(one, Field):
                values[name] = one.read(stored, lax=lax)
            elif name != discriminator_name(cls):
                values[name] = _read_plain(one, stored)
        undeclared = {name: value for name, value in item.items() if name not in declared}
        if undeclared and cls._options.extra == "forbid":
            raise InvalidItem(
                f"the stored item has {', '.join(map(repr, sorted(undeclared)))}, which "
                f"{cls.__name__} does not declare and, with extra='forbid', does not keep"
            )
        return cls._classified(values), undeclared or None

    def _container_serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:
        values: dict[str, Any] = vars(self)["attribute_values"]
        item: dict[str, dict[str, Any]] = {}
        for name, one in attributes_of(type(self)).items():
            if name not in values:
                continue  # a discriminator, of a class that is not registered with it
            value = values[name]
            if isinstance(one, Field):
                stored = None if value is None and not null_check else one.write(value)
            else:
                stored = _write_plain(type(self), name, one, value, null_check=null_check)
            if stored is not None:
                item[one.attr_name] = stored
        item.update(vars(self).get("_undeclared", ()))
        return item

    def _container_deserialize(self, attribute_values: dict[str, dict[str, Any]]) -> None:
        values, undeclared = self._read(attribute_values)
        vars(self).clear()
        vars(self)["attribute_values"] = values
        if undeclared:
            vars(self)["_undeclared"] = undeclared

    # --- pydantic -------------------------------------------------------------------------------

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let pydantic validate, serialize and describe the table."""
        return cls._shape.core_schema(
            handler,
            lambda values: cls._of_values(cls._classified(values)),
            _values_of,
        )

    # --- Python's protocols ---------------------------------------------------------------------

    # A checker that saw it would let any name be assigned.
    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            if not name.startswith("_") and not hasattr(type(self), name):
                raise AttributeError(
                    f"{type(self).__name__} has no attribute {name!r}; it has "
                    f"{', '.join(attributes_of(type(self)))}"
                )
            object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return vars(self) == vars(other)

    def __copy__(self: Self) -> Self:
        return self._of_values(dict(self.attribute_values), vars(self).get("_undeclared"))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={value!r}"
            for name, value in self.attribute_values.items()
            if name != discriminator_name(type(self))
        )
        return f"{type(self).__name__}({shown})"


Table.__hash__ = None


def _values_of(instance: Table) -> dict[str, Any]:
    return instance.attribute_values


def _read_plain(one: Attribute[Any], stored: dict[str, Any] | None) -> Any:
    if stored is None or "NULL" in stored:
        default = cast("Any", one).default
        return default() if callable(default) else default
    return one.deserialize(one.get_value(stored))


def _write_plain(
    owner: type[Table], name: str, one: Attribute[Any], value: Any, *, null_check: bool
) -> dict[str, Any] | None:
    payload: object = None if value is None else one.serialize(value)
    if payload is not None:
        return {one.attr_type: payload}
    if null_check and not one.null:
        raise InvalidItem(f"'{name}' of {owner.__name__} is None, which null=True would allow")
    return None
