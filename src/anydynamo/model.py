"""Tables: typed PynamoDB models whose annotations drive storage, validation and static types.

class User(Table, name="users"):
user_id: Attr[str] = attribute(hash_key=True, attr_name="userId")
email: Attr[EmailStr] = attribute()
age: Attr[Annotated[int, Field(ge=0)] | None] = attribute(default=None)

by_email = GlobalIndex("EmailIndex", hash_key=email)
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    TypeVar,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from pynamodb.attributes import Attribute
from pynamodb.indexes import Index
from pynamodb.models import MetaModel, Model

from anydynamo import kinds
from anydynamo.annotations import Json, held, is_moment
from anydynamo.attributes import MISSING, Attr, Declaration, Field, attribute, field_for
from anydynamo.errors import InvalidItem
from anydynamo.indexes import GlobalIndex, LocalIndex
from anydynamo.paths import Action, Condition, Operand, Path, Size, size
from anydynamo.validation import FieldShape, Shape, config_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from anydynamo.kinds import Kind

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

StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]

# Inherited from PynamoDB and used by its blocking operations only, so an attribute may have the
# name: `count` and `update` are words that people's data uses.
_FREE_NAMES = frozenset(
    [
        "batch_get",
        "batch_write",
        "count",
        "create_table",
        "delete",
        "delete_table",
        "describe_table",
        "dump",
        "dumps",
        "exists",
        "get",
        "load",
        "loads",
        "query",
        "refresh",
        "save",
        "scan",
        "update",
        "update_ttl",
    ]
)


class _Options(SimpleNamespace):
    """How a table treats what it reads; inherited by its subclasses."""

    strict: bool = False
    reads: Literal["strict", "lax"] = "strict"
    extra: Literal["keep", "forbid"] = "keep"


class _Body(dict[str, Any]):
    """A class body in which an attribute that is only annotated can be named.

    `email: Attr[str]` alone binds no name, and `GlobalIndex("...", hash_key=email)` has to find one.
    """

    def __init__(self, frame: FrameType) -> None:
        super().__init__()
        # Annotations in a function's class can name the function's own types.
        self.locals: dict[str, Any] = {} if frame.f_locals is frame.f_globals else frame.f_locals

    def __missing__(self, name: str) -> Declaration:
        annotations: Mapping[str, Any] = self.get("__annotations__", {})
        if name not in annotations:
            raise KeyError(name)
        declaration = self[name] = Declaration()
        return declaration


@dataclass_transform(kw_only_default=True, field_specifiers=(attribute,))
class TableMeta(MetaModel):
    """Makes a PynamoDB model of an annotated class body."""

    @classmethod
    def __prepare__(
        mcs, cls_name: str, bases: tuple[type, ...], /, **_options: Any
    ) -> dict[str, object]:
        """Give the class body in which bare annotations can be named."""
        return cast("dict[str, object]", _Body(sys._getframe(1)))

    def __new__(
        cls,
        cls_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        *,
        name: str | None = None,
        billing: Literal["PAY_PER_REQUEST", "PROVISIONED"] | None = None,
        read_capacity: int | None = None,
        write_capacity: int | None = None,
        stream: StreamView | None = None,
        point_in_time_recovery: bool | None = None,
        deletion_protection: bool | None = None,
        tags: Mapping[str, str] | None = None,
        encryption: bool | str | None = None,
        strict: bool | None = None,
        reads: Literal["strict", "lax"] | None = None,
        extra: Literal["keep", "forbid"] | None = None,
        discriminator: object = None,
    ) -> TableMeta:
        """Make the class."""
        if not any(isinstance(base, TableMeta) for base in bases):
            return cast("TableMeta", type.__new__(cls, cls_name, bases, dict(namespace)))
        for option, value, allowed in (
            ("reads", reads, (None, "strict", "lax")),
            ("extra", extra, (None, "keep", "forbid")),
            ("billing", billing, (None, "PAY_PER_REQUEST", "PROVISIONED")),
            ("stream", stream, (None, *get_args(StreamView))),
        ):
            if value not in allowed:
                offered = ", ".join(repr(one) for one in allowed[1:])
                raise TypeError(f"{cls_name}: {option}= is one of {offered}, not {value!r}")
        parent = next(base for base in bases if isinstance(base, TableMeta))
        options = _Options(**vars(getattr(parent, "_options", _Options())))
        options.__dict__.update(
            {
                key: value
                for key, value in (("strict", strict), ("reads", reads), ("extra", extra))
                if value is not None
            }
        )
        if billing is None and not _inherits_billing(bases):
            provisioned = read_capacity is not None or write_capacity is not None
            billing = "PROVISIONED" if provisioned else "PAY_PER_REQUEST"
        body = dict(namespace)
        body["_options"] = options
        body["Meta"] = _meta(
            cls_name,
            bases,
            body.get("Meta"),
            table_name=name,
            billing_mode=billing,
            read_capacity_units=read_capacity,
            write_capacity_units=write_capacity,
            stream_view_type=stream,
            point_in_time_recovery=point_in_time_recovery,
            deletion_protection=deletion_protection,
            tags=None if tags is None else dict(tags),
            encryption=encryption,
        )
        local_names = namespace.locals if isinstance(namespace, _Body) else {}
        fields = _fields(cls_name, body, local_names, options)
        # In the annotations' order, whether a value was written beside them or not.
        body = {key: value for key, value in body.items() if key not in fields} | fields
        return cast("TableMeta", type.__new__(cls, cls_name, bases, body))

    def __init__(
        cls,
        cls_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        *,
        discriminator: object = None,
        **_options: Any,
    ) -> None:
        """Let PynamoDB find the attributes, then finish what depends on them."""
        table = cast("type[Table]", cls)
        for index in vars(cls).values():
            if isinstance(index, GlobalIndex | LocalIndex):
                index.resolve(_attributes_of(table))
        super().__init__(cls_name, bases, dict(vars(cls)), discriminator)
        # PynamoDB lists attributes by name; people and their messages read them as declared.
        table._attributes = _attributes_of(table)
        if any(isinstance(base, TableMeta) for base in bases):
            _finish(table)


def _inherits_billing(bases: tuple[type, ...]) -> bool:
    return any(hasattr(getattr(base, "Meta", None), "billing_mode") for base in bases)


def _meta(cls_name: str, bases: tuple[type, ...], declared: type | None, **options: object) -> type:
    parents: list[type] = [declared] if declared is not None else []
    for base in bases:
        inherited: type | None = getattr(base, "Meta", None)
        if inherited is not None and not any(issubclass(one, inherited) for one in parents):
            parents.append(inherited)
    given = {key: value for key, value in options.items() if value is not None}
    return type("Meta", tuple(parents), {"__qualname__": f"{cls_name}.Meta", **given})


def _attributes_of(table: type[Table]) -> dict[str, Attribute[Any]]:
    """List a table's attributes: inherited ones first, each class's in the order of its body."""
    found: dict[str, Attribute[Any]] = {}
    for cls in reversed(table.__mro__):
        for name, value in vars(cls).items():
            if isinstance(value, Attribute):
                found[name] = cast("Attribute[Any]", value)
            else:
                # A subclass can take an inherited attribute away by giving its name to another.
                found.pop(name, None)
    return found


def _fields(
    cls_name: str, body: dict[str, Any], local_names: dict[str, Any], options: _Options
) -> dict[str, Field]:
    annotations: dict[str, Any] = body.get("__annotations__", {})
    hints = _hints(cls_name, body, annotations, local_names)
    fields: dict[str, Field] = {}
    for name, hint in hints.items():
        value = body.get(name, MISSING)
        if get_origin(hint) is not Attr:
            if isinstance(value, Declaration) or not (
                get_origin(hint) is ClassVar
                or hint is ClassVar
                or name.startswith("_")
                or isinstance(value, Attribute | Index)
            ):
                raise TypeError(
                    f"{cls_name}.{name} is annotated as {hint}; an attribute of a table is "
                    f"annotated as Attr[...], anything else as ClassVar[...]"
                )
            continue
        if value is MISSING:
            value = Declaration()
        if not isinstance(value, Declaration):
            raise TypeError(
                f"{cls_name}.{name}: write `= attribute(default=...)` instead of a bare value"
            )
        if name.startswith("_") or (name in _TAKEN and name not in _FREE_NAMES):
            raise TypeError(
                f"{cls_name}.{name}: the name is taken; give the attribute another one, and "
                f"attr_name={name!r} for DynamoDB"
            )
        (annotation,) = get_args(hint)
        try:
            fields[name] = _field(cls_name, name, annotation, value, options)
        except TypeError as error:
            raise TypeError(f"{cls_name}.{name}: {error}") from error
    for name, value in body.items():
        if isinstance(value, Declaration) and name not in fields:
            raise TypeError(f"{cls_name}.{name} needs an annotation: `{name}: Attr[...]`")
    return fields


def _hints(
    cls_name: str,
    body: dict[str, Any],
    annotations: dict[str, Any],
    local_names: dict[str, Any],
) -> dict[str, Any]:
    """Resolve annotations that are text, in the names that the class body saw."""
    for name, annotation in annotations.items():
        if isinstance(annotation, Declaration) or any(
            isinstance(one, Declaration) for one in get_args(annotation)
        ):
            raise TypeError(
                f"{cls_name}.{name}: its annotation names an attribute that is declared above, "
                "not a type; import the type under another name"
            )
    module = sys.modules.get(body.get("__module__", ""))
    nested = {name: value for name, value in body.items() if isinstance(value, type)}
    try:
        return get_type_hints(
            SimpleNamespace(__annotations__=annotations),
            vars(module) if module is not None else {},
            {**local_names, **nested},
            include_extras=True,
        )
    except NameError as error:
        raise TypeError(
            f"{cls_name}: an annotation cannot be resolved, {error}; a type that is imported under "
            "TYPE_CHECKING is not there when the class is made"
        ) from error


def _field(
    cls_name: str, name: str, annotation: Any, declaration: Declaration, options: _Options
) -> Field:
    if declaration.using is not None:
        kind, nullable, checked = _custom(declaration.using), declaration.using.null, annotation
        if _allows_none(annotation):
            nullable = True
    else:
        holding = held(
            annotation,
            config=config_for(strict=options.strict, forbid_extra=False, foreign=False),
            epoch=declaration.epoch or (declaration.ttl and is_moment(annotation)),
        )
        kind, nullable, checked = holding.kind, holding.nullable, holding.annotation
    return field_for(name, cls_name, kind, declaration, nullable=nullable, annotation=checked)


def _allows_none(annotation: Any) -> bool:
    return type(None) in get_args(annotation) or annotation is Any


def _custom(using: Attribute[Any]) -> Kind:
    """Store values through somebody's own PynamoDB attribute."""
    wire = using.attr_type

    def encode(value: Any) -> dict[str, Any]:
        payload: object = using.serialize(value)
        if payload is None:
            raise ValueError(f"{type(using).__name__} gives nothing to store")
        return {wire: payload}

    return Kind(
        f"what {type(using).__name__} takes",
        wire,
        encode,
        lambda stored: using.deserialize(using.get_value(cast("dict[str, Any]", stored))),
        exact=False,
        mutable=True,
    )


def _finish(table: type[Table]) -> None:
    """Give the table its pydantic side, and its attributes their checks."""
    discriminator = table._discriminator
    shapes = [
        FieldShape(name, *_seen_by_pydantic(attribute))
        for name, attribute in table._attributes.items()
        if name != discriminator
    ]
    options = table._options
    shape = table._shape = Shape(
        table, shapes, config_for(strict=options.strict, forbid_extra=options.extra == "forbid")
    )
    for name, field in vars(table).items():
        if isinstance(field, Field):
            field.validate = shape.check(name)
            default = field.declaration.default
            if default is not MISSING:
                try:
                    field.declaration.default = field.validate(default)
                except InvalidItem as error:
                    raise TypeError(f"the default does not fit its type: {error}") from error


def _seen_by_pydantic(attribute: Attribute[Any]) -> tuple[Any, dict[str, Any]]:
    options: dict[str, Any] = {"alias": attribute.attr_name}
    if not isinstance(attribute, Field):
        given = (
            attribute.default if attribute.default_for_new is None else attribute.default_for_new
        )
        if callable(given):
            options["default_factory"] = given
        elif given is not None or attribute.null:
            options["default"] = given
        return Any, options
    declaration = attribute.declaration
    if declaration.description is not None:
        options["description"] = declaration.description
    if declaration.default_factory is not None:
        options.update(default_factory=declaration.default_factory, validate_default=True)
    elif declaration.default is not MISSING:
        options["default"] = declaration.default
    return attribute.annotation, options


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
        strict: pydantic's strict mode: nothing is converted.
        reads: `strict` (the default) refuses stored items that do not fit; `lax` hands out what does
            not fit as it stands, and None for what is missing.
        extra: `keep` (the default) carries attributes that are stored but not declared from a read
            to the next write; `forbid` refuses such items.
        discriminator: The value of PynamoDB's discriminator attribute for this class.

    Instances are compared by value and cannot be hashed, since they can change.
    """

    _options: ClassVar[_Options] = _Options()
    _shape: ClassVar[Shape]
    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __init__(self, /, **attributes: Any) -> None:
        """Make an instance of valid values.

        Raises:
            InvalidItem: An argument is unknown, missing or does not fit its attribute.
        """
        cls = type(self)
        self.__dict__["attribute_values"] = cls._classified(cls._shape.construct(attributes))

    @classmethod
    def _classified(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Add the discriminator, which nobody gives."""
        attribute = cls._get_discriminator_attribute()
        if attribute is not None and attribute.get_discriminator(cls) is not None:
            values[cast("str", cls._discriminator)] = cls
        return values

    @classmethod
    def _of_values(
        cls: type[Self], values: dict[str, Any], undeclared: Mapping[str, Any] | None = None
    ) -> Self:
        """Make an instance of values that are known to be right."""
        instance = cls.__new__(cls)
        state = instance.__dict__
        state["attribute_values"] = values
        if undeclared:
            state["_undeclared"] = undeclared
        return instance

    @property
    def undeclared(self) -> dict[str, Any]:
        """The attributes that the stored item has and the table does not declare, as plain values.

        They are written again with the instance. Numbers are int, float or, where a float would lose
        digits, Decimal.
        """
        stored: Mapping[str, Any] = self.__dict__.get("_undeclared", {})
        return {name: kinds.natural(value) for name, value in stored.items()}

    # --- PynamoDB's way in and out --------------------------------------------------------------

    @classmethod
    def _instantiate(cls: type[Self], attribute_values: dict[str, dict[str, Any]]) -> Self:
        stored_cls: type[Self] = cls._get_discriminator_class(attribute_values) or cls
        if not issubclass(stored_cls, cls):
            raise InvalidItem(
                f"the stored item is a {stored_cls.__name__}, which is no {cls.__name__}"
            )
        return stored_cls._of_values(*stored_cls._read(attribute_values))

    @classmethod
    def _read(
        cls, item: Mapping[str, Any], *, partial: bool = False
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Read an item attribute by attribute, with an error that names the one that does not fit.

        Args:
            item: The item in DynamoDB's JSON.
            partial: Leave out attributes that the item lacks, which an index does not hold.
        """
        lax = cls._options.reads == "lax"
        values: dict[str, Any] = {}
        declared: set[str] = set()
        for name, attribute in cls._attributes.items():
            declared.add(attribute.attr_name)
            stored = item.get(attribute.attr_name)
            if stored is None and partial:
                continue
            if isinstance(attribute, Field):
                values[name] = attribute.read(stored, lax=lax)
            elif name != cls._discriminator:
                values[name] = _read_plain(attribute, stored)
        undeclared = {name: value for name, value in item.items() if name not in declared}
        if undeclared and cls._options.extra == "forbid":
            raise InvalidItem(
                f"the stored item has {', '.join(map(repr, sorted(undeclared)))}, which "
                f"{cls.__name__} does not declare and, with extra='forbid', does not keep"
            )
        return cls._classified(values), undeclared or None

    def _container_serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:
        values: dict[str, Any] = self.__dict__["attribute_values"]
        item: dict[str, dict[str, Any]] = {}
        for name, attribute in self._attributes.items():
            if name not in values:
                if null_check and isinstance(attribute, Field):
                    raise InvalidItem(
                        f"'{name}' of this {type(self).__name__} was not read, so writing it would "
                        "lose the attribute; read the whole item first"
                    )
                continue
            value = values[name]
            if isinstance(attribute, Field):
                stored = None if value is None and not null_check else attribute.write(value)
            else:
                stored = _write_plain(type(self), name, attribute, value, null_check=null_check)
            if stored is not None:
                item[attribute.attr_name] = stored
        item.update(self.__dict__.get("_undeclared", ()))
        return item

    def _container_deserialize(self, attribute_values: dict[str, dict[str, Any]]) -> None:
        values, undeclared = self._read(attribute_values)
        self.__dict__.clear()
        self.__dict__["attribute_values"] = values
        if undeclared:
            self.__dict__["_undeclared"] = undeclared

    # --- pydantic -------------------------------------------------------------------------------

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let pydantic validate, serialize and describe the table."""
        return cls._shape.core_schema(
            handler,
            lambda values: cls._of_values(cls._classified(values)),
            lambda instance: instance.__dict__["attribute_values"],
        )

    # --- Python's protocols ---------------------------------------------------------------------

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_") and not hasattr(type(self), name):
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r}; it has "
                f"{', '.join(self._attributes)}"
            )
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __copy__(self: Self) -> Self:
        return self._of_values(dict(self.attribute_values), self.__dict__.get("_undeclared"))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={value!r}"
            for name, value in self.attribute_values.items()
            if name != self._discriminator
        )
        return f"{type(self).__name__}({shown})"


Table.__hash__ = None

_TAKEN = frozenset(dir(Table)) | {"Meta"}


def _read_plain(attribute: Attribute[Any], stored: dict[str, Any] | None) -> Any:
    if stored is None or "NULL" in stored:
        default = attribute.default
        return default() if callable(default) else default
    return attribute.deserialize(attribute.get_value(stored))


def _write_plain(
    owner: type[Table], name: str, attribute: Attribute[Any], value: Any, *, null_check: bool
) -> dict[str, Any] | None:
    payload: object = None if value is None else attribute.serialize(value)
    if payload is not None:
        return {attribute.attr_type: payload}
    if null_check and not attribute.null:
        raise InvalidItem(f"'{name}' of {owner.__name__} is None, which null=True would allow")
    return None
