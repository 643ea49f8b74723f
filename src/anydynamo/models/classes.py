"""How a table's class is made: the metaclass, and what it reads from an annotated class body."""

# pyright: reportPrivateUsage=false
# A table's options and pydantic side belong to the class that is made here.

from __future__ import annotations

import copy
import dataclasses
import sys
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from pynamodb.attributes import Attribute
from pynamodb.indexes import Index
from pynamodb.models import MetaModel

from anydynamo.errors import InvalidItem
from anydynamo.models.annotations import held, is_moment
from anydynamo.models.attributes import MISSING, Attr, Declaration, Field, attribute, field_for
from anydynamo.models.indexes import GlobalIndex, LocalIndex
from anydynamo.models.introspection import attributes_of, discriminator_name, indexes_of
from anydynamo.models.kinds import Kind
from anydynamo.models.traits import check_field, check_table
from anydynamo.models.validation import FieldShape, Shape, check_for, config_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    from anydynamo.models.audit import AuditEntry
    from anydynamo.models.table import Table

__all__ = ["TableMeta", "TableOptions"]

StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]

# Inherited from PynamoDB and used by its blocking operations only, so an attribute may have the
# name: `count` and `update` are words that people's data uses.
_FREE_NAMES = frozenset(
    (
        "batch_get",
        "batch_write",
        "count",
        "create_table",
        "delete",
        "delete_table",
        "describe_table",
        "exists",
        "get",
        "query",
        "refresh",
        "save",
        "scan",
        "update",
        "update_ttl",
    )
)


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How a table treats values; inherited by its subclasses."""

    strict: bool = False
    reads: Literal["strict", "lax"] = "strict"
    extra: Literal["keep", "forbid"] = "keep"


class _Body(dict[str, Any]):
    """A class body in which an attribute that is only annotated can be named.

    `email: Attr[str]` alone binds no name, and `GlobalIndex("...", hash_key=email)` wants one.
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
        cls, cls_name: str, bases: tuple[type, ...], /, **options: Any
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
        expired: Literal["hide", "show"] | None = None,
        audit: type[AuditEntry] | None = None,
        shards: int | None = None,
        strict: bool | None = None,
        reads: Literal["strict", "lax"] | None = None,
        extra: Literal["keep", "forbid"] | None = None,
        discriminator: object = None,
    ) -> TableMeta:
        """Make the class; `Table` documents the keywords."""
        del discriminator  # PynamoDB registers it, in __init__
        if _is_root(bases):
            return type.__new__(cls, cls_name, bases, dict(namespace))
        _check_mixins(cls_name, bases)
        options = _options(cls_name, bases, strict=strict, reads=reads, extra=extra)
        if billing is None and not _inherits_billing(bases):
            provisioned = read_capacity is not None or write_capacity is not None
            billing = "PROVISIONED" if provisioned else "PAY_PER_REQUEST"
        _check_choice(cls_name, "billing", billing, ("PAY_PER_REQUEST", "PROVISIONED"))
        _check_choice(cls_name, "expired", expired, ("hide", "show"))
        if audit is not None and not _is_audit(audit):
            raise TypeError(
                f"{cls_name}: audit= is a subclass of AuditEntry with a table's name, which keeps "
                f"what is done to this one, not {audit!r}"
            )
        if stream is not None:
            _check_choice(cls_name, "stream", stream, get_args(StreamView))
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
            expired=expired,
            audit=audit,
            shards=shards,
        )
        local_names = namespace.locals if isinstance(namespace, _Body) else {}
        fields = _fields(cls_name, bases, body, local_names, options)
        # In the annotations' order, whether a value was written beside them or not.
        body = {key: value for key, value in body.items() if key not in fields} | fields
        return type.__new__(cls, cls_name, bases, body)

    def __init__(  # pyright: ignore[reportInconsistentConstructor] # __new__ has the keywords
        self,
        cls_name: str,
        bases: tuple[type, ...],
        _namespace: dict[str, Any],
        /,
        *,
        discriminator: object = None,
        **_options: Any,
    ) -> None:
        """Let PynamoDB find the attributes, then finish what depends on them."""
        table = cast("type[Table]", self)
        for index in vars(self).values():
            if isinstance(index, GlobalIndex | LocalIndex):
                index.resolve(_attributes_of(table))
        initialise = cast("Any", super()).__init__
        initialise(cls_name, bases, dict(vars(self)), discriminator)
        # PynamoDB lists both by name; people and their messages read them as declared.
        table._attributes = _attributes_of(table)
        table._indexes = dict(sorted(indexes_of(table).items(), key=_declaration_order(table)))
        if not _is_root(bases):
            _finish(table)


def _is_root(bases: tuple[type, ...]) -> bool:
    """Tell whether the class being made is `Table` itself."""
    return not any(isinstance(base, TableMeta) for base in bases)


def _is_audit(audit: object) -> bool:
    # Itself a table, and made by what is here.
    from anydynamo.models.audit import AuditEntry

    meta: Any = getattr(audit, "Meta", None)
    if not isinstance(audit, type) or not issubclass(audit, AuditEntry):
        return False
    return bool(getattr(meta, "table_name", None)) and getattr(meta, "audit", None) is None


def _check_mixins(cls_name: str, bases: tuple[type, ...]) -> None:
    """Refuse attributes in a class that is no table, which would silently be none."""
    for base in bases:
        for cls in base.__mro__:
            for name, value in vars(cls).items():
                if isinstance(value, Declaration):
                    raise TypeError(
                        f"{cls_name}: {cls.__name__}.{name} is no attribute, because "
                        f"{cls.__name__} is no table; declare it as `class {cls.__name__}(Table)`, "
                        "which without a name is there to be inherited from"
                    )


def _options(cls_name: str, bases: tuple[type, ...], **given: Any) -> TableOptions:
    parent = cast("type[Table]", next(base for base in bases if isinstance(base, TableMeta)))
    changes = {key: value for key, value in given.items() if value is not None}
    options = dataclasses.replace(parent._options, **changes)
    _check_choice(cls_name, "reads", options.reads, ("strict", "lax"))
    _check_choice(cls_name, "extra", options.extra, ("keep", "forbid"))
    return options


def _check_choice(cls_name: str, option: str, value: object, offered: tuple[str, ...]) -> None:
    if value is not None and value not in offered:
        choices = " or ".join(map(repr, offered))
        raise TypeError(f"{cls_name}: {option}= is {choices}, not {value!r}")


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
                found[name] = value
            else:
                # A subclass can take an inherited attribute away by giving its name to another.
                found.pop(name, None)
    return found


def _declaration_order(table: type[Table]) -> Callable[[tuple[str, Index[Any]]], int]:
    names = [name for cls in reversed(table.__mro__) for name in vars(cls)]
    places = {
        value.Meta.index_name: names.index(name)
        for name in names
        if isinstance(value := getattr(table, name, None), Index)
    }
    return lambda entry: places[entry[0]]


def _fields(
    cls_name: str,
    bases: tuple[type, ...],
    body: dict[str, Any],
    local_names: dict[str, Any],
    options: TableOptions,
) -> dict[str, Field]:
    annotations = _annotations(body)
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
        if name.startswith("_") or _is_taken(name, bases):
            raise TypeError(
                f"{cls_name}.{name}: the name is taken; give the attribute another one, and "
                f"attr_name={name!r} for DynamoDB"
            )
        if value is MISSING:
            value = Declaration()
        if not isinstance(value, Declaration):
            raise TypeError(
                f"{cls_name}.{name}: write `= attribute(default=...)` instead of a bare value"
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


def _is_taken(name: str, bases: tuple[type, ...]) -> bool:
    if name in ("Meta", "attribute_values"):
        return True
    if name in _FREE_NAMES:
        return False
    return any(
        hasattr(base, name) and not isinstance(getattr(base, name), Attribute) for base in bases
    )


def _annotations(body: dict[str, Any]) -> dict[str, Any]:
    """Give a class body's annotations; since Python 3.14 they are made when they are asked for."""
    if sys.version_info >= (3, 14) and "__annotations__" not in body:
        from annotationlib import (
            Format,
            call_annotate_function,
            get_annotate_from_class_namespace,
        )

        annotate = get_annotate_from_class_namespace(body)
        return {} if annotate is None else call_annotate_function(annotate, Format.VALUE)
    annotations: dict[str, Any] = body.get("__annotations__", {})
    return annotations


def _hints(
    cls_name: str,
    body: dict[str, Any],
    annotations: dict[str, Any],
    local_names: dict[str, Any],
) -> dict[str, Any]:
    """Resolve annotations that are text, in the names that the class body saw."""
    for name, annotation in annotations.items():
        if any(isinstance(one, Declaration) for one in (annotation, *get_args(annotation))):
            raise TypeError(
                f"{cls_name}.{name}: its annotation names an attribute that is declared above, "
                "not a type; import the type under another name"
            )
    module = sys.modules.get(body.get("__module__", ""))
    nested = {name: value for name, value in body.items() if isinstance(value, type)}
    # Only in a class does typing take the text of a ClassVar.
    annotated = type(cls_name, (), {"__annotations__": annotations})
    try:
        return get_type_hints(
            annotated,
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
    cls_name: str, name: str, annotation: Any, declaration: Declaration, options: TableOptions
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
    field = field_for(name, cls_name, kind, declaration, nullable=nullable, annotation=checked)
    check_field(field)
    return field


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
    )


def _finish(table: type[Table]) -> None:
    """Give the table its pydantic side, and its attributes their checks."""
    _check_names(table)
    check_table(table)
    _part_from_parents(table)
    options = table._options
    config = config_for(strict=options.strict, forbid_extra=options.extra == "forbid")
    for name, field in vars(table).items():
        if isinstance(field, Field):
            field.validate = check_for(table.__name__, name, field.annotation, config)
            _check_default(field)
    discriminator = discriminator_name(table)
    shapes = [
        FieldShape(
            name,
            *_seen_by_pydantic(one),
            argument=one.declaration.alias if isinstance(one, Field) else None,
        )
        for name, one in attributes_of(table).items()
        if name != discriminator
    ]
    table._shape = Shape(table, shapes, config)


def _check_default(field: Field) -> None:
    """Make the default what an instance is to have: a moment in UTC, a Decimal of an int."""
    default = field.declaration.default
    if default is not MISSING:
        try:
            field.declaration.default = field.validate(default)
        except InvalidItem as error:
            raise TypeError(f"the default does not fit its type: {error}") from error


def _part_from_parents(table: type[Table]) -> None:
    """Copy inherited fields that are strict where the table is not, or the other way round."""
    attributes = attributes_of(table)
    for name, field in attributes.items():
        declared_by: Any = next(cls for cls in table.__mro__ if name in vars(cls))
        if isinstance(field, Field) and declared_by._options.strict != table._options.strict:
            attributes[name] = copy.copy(field)
            setattr(table, name, attributes[name])


def _check_names(table: type[Table]) -> None:
    """Refuse two attributes that would overwrite each other in the item."""
    names: dict[str, str] = {}
    for name, one in attributes_of(table).items():
        other = names.setdefault(one.attr_name, name)
        if other != name:
            raise TypeError(
                f"{table.__name__}: '{other}' and '{name}' are both '{one.attr_name}' in DynamoDB"
            )


def _seen_by_pydantic(declared: Attribute[Any]) -> tuple[Any, dict[str, Any]]:
    options: dict[str, Any] = {"alias": declared.attr_name}
    if not isinstance(declared, Field):
        plain = cast("Any", declared)
        given: Any = plain.default if plain.default_for_new is None else plain.default_for_new
        if callable(given):
            options["default_factory"] = given
        elif given is not None or declared.null:
            options["default"] = given
        return Any, options
    declaration = declared.declaration
    if declaration.description is not None:
        options["description"] = declaration.description
    if declaration.default_factory is not None:
        options.update(default_factory=declaration.default_factory, validate_default=True)
    elif declaration.default is not MISSING:
        options["default"] = declaration.default
    return declared.annotation, options
