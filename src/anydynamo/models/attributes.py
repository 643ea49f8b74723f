"""A table's attributes: `Attr` for the checkers, `attribute()` to declare, `Field` at run time.

A `Field` is a PynamoDB attribute whose way of being stored comes from an annotation. Expressions
on it take values of the annotation's type and refuse others at once, with the attribute's name.
"""

# pyright: reportPrivateUsage=false
# PynamoDB's class of operands is private to it.

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, cast, overload

from pynamodb.attributes import Attribute, TTLAttribute, VersionAttribute
from pynamodb.expressions.condition import BeginsWith, Condition, Contains
from pynamodb.expressions.operand import Path, Value, _Operand
from pynamodb.expressions.update import AddAction, DeleteAction, RemoveAction, SetAction

from anydynamo.errors import InvalidItem, InvalidRequest
from anydynamo.models import kinds, untyped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pynamodb.models import Model

    from anydynamo.models import paths
    from anydynamo.models.kinds import Kind

__all__ = ["MISSING", "Attr", "Declaration", "Field", "attribute", "field_for"]

T = TypeVar("T")
M = TypeVar("M")

NullPolicy = Literal["omit", "store"]


class _Missing:
    """The absence of a value, where None is one."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


class Attr(Generic[T]):
    """The annotation of a table's attribute: `age: Attr[int | None] = attribute(default=None)`.

    On the class the attribute is a `Path`, which makes conditions and updates; on an instance it is
    its value. At run time a `Field` takes the annotation's place.
    """

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[M]) -> paths.Path[T, M]: ...
        @overload
        def __get__(self, instance: Model, owner: Any) -> T: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: T) -> None: ...


@dataclass(slots=True, eq=False)
class Declaration:
    """What `attribute()` was told; the class body's value until the class is made."""

    hash_key: bool = False
    range_key: bool = False
    attr_name: str | None = None
    alias: str | None = None
    default: Any = MISSING
    default_factory: Callable[[], Any] | None = None
    version: bool = False
    ttl: bool = False
    epoch: bool = False
    created: bool = False
    updated: bool = False
    deleted: bool = False
    unique: bool | Callable[[str], str] = False
    null: NullPolicy | None = None
    using: Attribute[Any] | None = None
    description: str | None = None

    @property
    def required(self) -> bool:
        """Whether the constructor has to be given a value."""
        return self.default is MISSING and self.default_factory is None


@overload
def attribute(
    *,
    default: T,
    hash_key: bool = False,
    range_key: bool = False,
    attr_name: str | None = None,
    alias: str | None = None,
    version: bool = False,
    ttl: bool = False,
    epoch: bool = False,
    created: bool = False,
    updated: bool = False,
    deleted: bool = False,
    unique: bool | Callable[[str], str] = False,
    null: NullPolicy | None = None,
    using: Attribute[Any] | None = None,
    description: str | None = None,
) -> Attr[T]: ...
@overload
def attribute(
    *,
    default_factory: Callable[[], T],
    hash_key: bool = False,
    range_key: bool = False,
    attr_name: str | None = None,
    alias: str | None = None,
    version: bool = False,
    ttl: bool = False,
    epoch: bool = False,
    created: bool = False,
    updated: bool = False,
    deleted: bool = False,
    unique: bool | Callable[[str], str] = False,
    null: NullPolicy | None = None,
    using: Attribute[Any] | None = None,
    description: str | None = None,
) -> Attr[T]: ...
@overload
def attribute(
    *,
    hash_key: bool = False,
    range_key: bool = False,
    attr_name: str | None = None,
    alias: str | None = None,
    version: bool = False,
    ttl: bool = False,
    epoch: bool = False,
    created: bool = False,
    updated: bool = False,
    deleted: bool = False,
    unique: bool | Callable[[str], str] = False,
    null: NullPolicy | None = None,
    using: Attribute[Any] | None = None,
    description: str | None = None,
) -> Any: ...
def attribute(
    *,
    hash_key: bool = False,
    range_key: bool = False,
    attr_name: str | None = None,
    alias: str | None = None,
    default: Any = MISSING,
    default_factory: Callable[[], Any] | None = None,
    version: bool = False,
    ttl: bool = False,
    epoch: bool = False,
    created: bool = False,
    updated: bool = False,
    deleted: bool = False,
    unique: bool | Callable[[str], str] = False,
    null: NullPolicy | None = None,
    using: Attribute[Any] | None = None,
    description: str | None = None,
) -> Any:
    """Declare an attribute of a table.

    Args:
        hash_key: This is the table's partition key.
        range_key: This is the table's sort key.
        attr_name: The attribute's name in DynamoDB, where it is not the Python name.
        alias: The same, and the constructor takes it as well. To type checkers it is then the name
            of the constructor's argument, and the only one, as PEP 681 has it for `alias`.
        default: The value of an instance made without one, and of a stored item that lacks it. Not
            a list, dict or set: use `default_factory`.
        default_factory: Makes the default.
        version: This counts the item's versions, for optimistic locking; an `int`.
        ttl: This says when the item expires: a `datetime`, or an `int` of seconds since 1970.
        epoch: Keep a `datetime` as whole seconds since 1970 instead of text.
        created: Repositories set this to the time at which the item was first stored; a
            `datetime | None` whose default is None.
        updated: The same for the time at which it was last written.
        deleted: Repositories delete an item by setting this to the time, and restore it by
            removing it; a `datetime | None` whose default is None.
        unique: No two items have the same value here: True, or a function such as `str.casefold`
            that makes equal what counts as the same. For strings.
        null: What becomes of None: `omit` leaves the attribute out of the item, `store` writes
            DynamoDB's NULL. Without it `omit`, unless there is a default other than None, which
            would come back in place of the None.
        using: A PynamoDB attribute that writes and reads the values, where the type alone cannot
            say how.
        description: A sentence for the JSON Schema.

    Raises:
        TypeError: The options contradict each other.
    """
    if alias is not None and attr_name not in (None, alias):
        raise TypeError(
            f"alias={alias!r} and attr_name={attr_name!r} are two names in DynamoDB; give one"
        )
    if default is not MISSING and default_factory is not None:
        raise TypeError("an attribute has a default or a default_factory, not both")
    if isinstance(default, list | dict | set | bytearray):
        kind = type(cast("object", default)).__name__
        raise TypeError(
            f"a {kind} as default would be shared by all instances; use default_factory={kind}"
        )
    if hash_key and range_key:
        raise TypeError("an attribute is the partition key or the sort key, not both")
    if null not in (None, "omit", "store"):
        raise TypeError(f"null= is 'omit' or 'store', not {null!r}")
    return Declaration(
        hash_key=hash_key,
        range_key=range_key,
        attr_name=attr_name or alias,
        alias=alias,
        default=default,
        default_factory=default_factory,
        version=version,
        ttl=ttl,
        epoch=epoch,
        created=created,
        updated=updated,
        deleted=deleted,
        unique=unique,
        null=null,
        using=using,
        description=description,
    )


class Field(Attribute[Any]):
    """A PynamoDB attribute that was declared by an annotation.

    Attributes:
        name: The name in Python.
        owner: The name of the table's class, for messages.
        kind: How values are stored.
        declaration: What `attribute()` was told.
        annotation: The type that pydantic checks.
        store_null: Whether None is written as DynamoDB's NULL.
        validate: Checks a value by pydantic; raises `InvalidItem`.
    """

    def __init__(
        self,
        name: str,
        owner: str,
        kind: Kind,
        declaration: Declaration,
        *,
        nullable: bool,
        annotation: Any = Any,
        validate: Callable[[Any], Any],
    ) -> None:
        super().__init__(
            hash_key=declaration.hash_key,
            range_key=declaration.range_key,
            null=nullable,
            attr_name=declaration.attr_name or name,
        )
        self.name = name
        self.owner = owner
        self.kind = kind
        # PynamoDB wants a string, and for a value of any type there is none to give.
        self.attr_type = cast("str", kind.wire)
        self.declaration = declaration
        self.annotation = annotation
        self.validate = validate
        default: Any = None if declaration.default is MISSING else declaration.default
        plain = default is None or isinstance(default, str | int | float)
        # PynamoDB takes only a few types as they are, and everything from a callable.
        self.default = declaration.default_factory or (default if plain else lambda: default)
        self.store_null = declaration.null == "store" or (
            declaration.null is None and self.default is not None
        )
        self.empty_set_default = declaration.default_factory in (set, frozenset) or (
            isinstance(default, frozenset) and not default
        )

    # --- on instances ---------------------------------------------------------------------------

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        return instance.__dict__["attribute_values"][self.name]

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__["attribute_values"][self.name] = self.validate(value)

    # --- values ---------------------------------------------------------------------------------

    def write(self, value: Any) -> dict[str, Any] | None:
        """Turn a value into tagged JSON; None where the attribute is left out of the item.

        Raises:
            InvalidItem: DynamoDB cannot hold the value.
        """
        if value is None and self.kind is not untyped.ANY:
            if not self.null:
                raise InvalidItem(f"'{self.name}' of {self.owner} is None, which its type excludes")
            return {"NULL": True} if self.store_null else None
        if self.empty_set_default and isinstance(value, set | frozenset) and not value:
            return None
        try:
            return self.kind.encode(value)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise self._refusal(error) from error

    def seek(self, value: Any) -> dict[str, Any] | None:
        """Turn a value to look for into tagged JSON, as it would have been written.

        Raises:
            InvalidItem: DynamoDB cannot hold the value.
        """
        stored = self.write(value)
        return None if stored is None else self._normalised(value, stored)

    def _normalised(self, value: Any, stored: dict[str, Any]) -> dict[str, Any]:
        if not self.kind.normalised:
            return stored
        try:
            return self.kind.encode(self.validate(value))
        except InvalidItem:
            # Half an address is a bound as good as any, and others may have stored what we do not.
            return stored

    def read(self, stored: Mapping[str, Any] | None, *, lax: bool = False) -> Any:
        """Turn tagged JSON into a value; `stored` is None where the item lacks the attribute.

        Args:
            stored: The tagged value.
            lax: Hand out what does not fit as it stands.

        Raises:
            InvalidItem: The stored value does not fit the attribute.
        """
        if stored is None:
            if self.declaration.default_factory is not None:
                return self.validate(self.declaration.default_factory())
            if self.declaration.default is not MISSING:
                return self.declaration.default
            if self.null or lax:
                return None
            raise InvalidItem(f"the stored item lacks '{self.attr_name}', which {self.owner} wants")
        try:
            if "NULL" in stored and self.null:
                return None
            value = self.kind.decode(stored)
            return value if self.kind.exact else self.validate(value)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            if lax:
                return untyped.natural(stored)
            wire = next(iter(stored), "nothing")
            reason = (
                f"its type in DynamoDB is {wire}, not {self.attr_type}"
                if isinstance(error, KeyError)
                else str(error)
            )
            raise InvalidItem(
                f"the stored '{self.attr_name}' does not fit '{self.name}' of {self.owner}: "
                f"{reason}; a table with reads='lax' hands it out as it stands"
            ) from error

    def _refusal(self, error: Exception) -> InvalidItem:
        if isinstance(error, RecursionError):
            return InvalidItem(f"'{self.name}' of {self.owner} is nested too deeply for DynamoDB")
        text = str(error)
        return InvalidItem(
            f"'{self.name}' of {self.owner} "
            + (f"has at {text}" if text.startswith("[") else f"cannot be stored: {text}")
        )

    def serialize(self, value: Any) -> Any:
        """Turn a value into the payload of the attribute's type, as PynamoDB's attributes do."""
        stored = self.write(value)
        return None if stored is None else next(iter(stored.values()))

    def deserialize(self, value: Any) -> Any:
        """Turn the payload of the attribute's type into a value."""
        return self.kind.decode(value if self.kind.wire is None else {self.kind.wire: value})

    def get_value(self, value: dict[str, Any]) -> Any:
        """Take the payload out of tagged JSON; a value of any type keeps its tag."""
        return value if self.kind.wire is None else super().get_value(value)

    # --- conditions -----------------------------------------------------------------------------

    def _operand(self, value: Any, kind: Kind | None = None) -> _Operand:
        if isinstance(value, _Operand):
            return value
        if isinstance(value, Attribute):
            return Path(value)
        if value is None:
            raise InvalidRequest(
                f"'{self.name}' of {self.owner} cannot be compared with None here; "
                "use exists(), does_not_exist(), == None or != None"
            )
        try:
            # Tagged JSON goes through PynamoDB as it is. A plain dict would too, if its only key
            # happened to be called "S" or "N".
            stored = (kind or self.kind).encode(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidRequest(
                f"'{self.name}' of {self.owner} cannot be used with this value: {error}"
            ) from error
        return Value(stored if kind is not None else self._normalised(value, stored))

    def _is_null(self) -> Condition:
        absent: Condition = self.does_not_exist() | Path(self).is_type("NULL")
        return absent

    def __eq__(self, other: Any) -> Any:
        return self._is_null() if other is None else Path(self) == self._operand(other)

    def __ne__(self, other: Any) -> Any:
        return ~self._is_null() if other is None else Path(self) != self._operand(other)

    # Attributes are compared by identity wherever Python looks them up, as PynamoDB's are.
    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType]

    def __lt__(self, other: Any) -> Any:
        return Path(self) < self._operand(other)

    def __le__(self, other: Any) -> Any:
        return Path(self) <= self._operand(other)

    def __gt__(self, other: Any) -> Any:
        return Path(self) > self._operand(other)

    def __ge__(self, other: Any) -> Any:
        return Path(self) >= self._operand(other)

    def between(self, lower: Any, upper: Any) -> Any:
        """Compare with two bounds, both included."""
        return Path(self).between(self._operand(lower), self._operand(upper))

    def is_in(self, *values: Any) -> Any:
        """Tell whether the value is one of up to 100."""
        return Path(self).is_in(*map(self._operand, values))

    def startswith(self, prefix: Any) -> Any:
        """Tell whether a string, or binary, begins with a prefix."""
        if isinstance(prefix, bytes):
            return BeginsWith(Path(self), Value({"B": prefix}))  # type: ignore[no-untyped-call]
        if self.kind.wire not in ("S", None):
            raise InvalidRequest(f"'{self.name}' of {self.owner} is not a string")
        return Path(self).startswith(cast("str", self._operand(prefix, kinds.STRING)))

    def contains(self, item: Any) -> Any:
        """Tell whether a string holds another one, or a set or list an element."""
        kind = self.kind.element or (kinds.STRING if self.kind.wire == "S" else untyped.ANY)
        # PynamoDB's own `contains` would serialize the element once more through the attribute.
        return Contains(Path(self), self._operand(item, kind))  # type: ignore[no-untyped-call]

    def __getitem__(self, item: int | str) -> Any:
        kind, segment = self._inside(item)
        path = list(self.attr_path)
        if isinstance(item, int):
            path[-1] = f"{path[-1]}[{item}]"
        else:
            path.append(segment)
        inner = Field(
            f"{self.name}[{item!r}]",
            self.owner,
            kind,
            Declaration(null="store"),
            nullable=True,
            validate=_unchecked,
        )
        inner.attr_path = path
        return inner

    def _inside(self, item: int | str) -> tuple[Kind, str]:
        wire = self.kind.wire
        wanted = {"L": (int,), "M": (str,), None: (int, str)}.get(wire, ())
        if type(item) not in wanted:
            raise InvalidRequest(f"'{self.name}' of {self.owner} has nothing at {item!r}")
        if isinstance(item, int):
            return self.kind.element or untyped.ANY, ""
        if not self.kind.members:
            return self.kind.element or untyped.ANY, item
        for name, (stored, kind) in self.kind.members.items():
            if item in (name, stored):
                return kind, stored
        raise InvalidRequest(
            f"'{self.name}' of {self.owner} has no '{item}'; it has {', '.join(self.kind.members)}"
        )

    # --- updates --------------------------------------------------------------------------------

    def set(self, value: Any) -> Any:
        """Give the attribute a value; None removes it, unless None is declared as stored."""
        if isinstance(value, _Operand | Attribute):
            return Path(self).set(value)
        value = self.validate(value)
        stored = self.write(value)
        return RemoveAction(Path(self)) if stored is None else SetAction(Path(self), Value(stored))

    def add(self, *values: Any) -> AddAction:
        """Add to a number, which counts as 0 when it is absent, or elements to a set."""
        return AddAction(Path(self), self._change(values))

    def delete(self, *values: Any) -> DeleteAction:
        """Take elements out of a set; it vanishes with the last one."""
        return DeleteAction(Path(self), self._change(values))

    def _change(self, values: tuple[Any, ...]) -> Value:
        value: Any = values[0] if len(values) == 1 else values
        if not isinstance(value, _Operand) and (self.attr_type or "").endswith("S"):
            if self.attr_type != "S" and not isinstance(value, set | frozenset):
                value = set(values)
        elif len(values) != 1:
            raise InvalidRequest(f"'{self.name}' of {self.owner} is no set; give one value")
        return cast("Value", self._operand(value))

    def append(self, other: Any) -> Any:
        """Give this list with another one after it, for `set`."""
        return Path(self).append(self._operand(other))

    def prepend(self, other: Any) -> Any:
        """Give this list with another one before it, for `set`."""
        return Path(self).prepend(self._operand(other))

    def __add__(self, other: Any) -> Any:
        return Path(self) + self._operand(other)

    def __sub__(self, other: Any) -> Any:
        return Path(self) - self._operand(other)

    def __or__(self, other: Any) -> Any:
        return Path(self) | self._operand(other)

    def __repr__(self) -> str:
        return f"{self.owner}.{self.name}"


class _VersionField(Field, VersionAttribute):
    """A field that PynamoDB knows for the version."""


class _TTLField(Field, TTLAttribute):
    """A field that PynamoDB knows for the time to live."""


def field_for(
    name: str,
    owner: str,
    kind: Kind,
    declaration: Declaration,
    *,
    nullable: bool,
    annotation: Any,
) -> Field:
    """Make the field of a declaration.

    Raises:
        TypeError: The options do not go with the type.
    """
    cls = Field
    if declaration.version:
        cls = _VersionField
        if kind.wire != "N" or kind.encode is not kinds.INTEGER.encode:
            raise TypeError("a version is an int")
    if declaration.ttl:
        cls = _TTLField
        if kind.wire != "N":
            raise TypeError("a TTL is a datetime or an int of seconds since 1970")
    if declaration.hash_key or declaration.range_key:
        if kind.wire not in ("S", "N", "B"):
            raise TypeError(
                f"a key is a string, a number or binary in DynamoDB, not {kind.wire or 'any type'}"
            )
        if nullable:
            raise TypeError("a key cannot be None")
    if declaration.null is not None and not nullable:
        raise TypeError("null= is for attributes whose type includes None")
    if declaration.null == "omit" and not (declaration.required or declaration.default is None):
        raise TypeError("null='omit' with a default: a stored None would come back as the default")
    return cls(
        name,
        owner,
        kind,
        declaration,
        nullable=nullable,
        annotation=annotation,
        validate=_unchecked,
    )


def _unchecked(value: Any) -> Any:
    """Stand where pydantic's check is put once the table's class exists, or where there is none."""
    return value
