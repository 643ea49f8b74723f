"""How an annotation becomes a DynamoDB attribute: the `Kind` for a type, and what pydantic checks.

pydantic and typing_extensions are imported here when the first table is declared, not with this
module: together they cost half of what importing PynamoDB does.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache, reduce
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin
from uuid import UUID

from anydynamo.models import kinds, untyped
from anydynamo.models.kinds import Kind

if typing.TYPE_CHECKING:
    from pydantic import ConfigDict, TypeAdapter

    _T = typing.TypeVar("_T")
    Json = Annotated[_T, "a JSON string in DynamoDB"]
else:

    class Json:
        """Marks a type that is kept as a JSON string: `Attr[Json[list[int]]]`.

        The attribute's values are of the type itself; only DynamoDB sees the string, written as
        PynamoDB's `JSONAttribute` writes it.
        """

        def __class_getitem__(cls, item: Any) -> Any:
            """Annotate a type."""
            return Annotated[item, cls]


__all__ = ["Held", "Json", "held", "is_moment"]

_SUPPORTED = (
    "str, int, float, Decimal, bool, bytes, datetime, date, UUID, Enum, Literal, list[T], "
    "dict[str, T], set of str, int, Decimal or bytes, pydantic models, dataclasses, TypedDicts, "
    "Json[T], Any, pydantic's types that are strings or numbers, and T | None"
)

# How many email addresses of each attribute are remembered as read.
_ADDRESSES = 1024

_SCALARS: dict[Any, Kind] = {
    str: kinds.STRING,
    int: kinds.INTEGER,
    float: kinds.FLOAT,
    Decimal: kinds.DECIMAL,
    bool: kinds.BOOLEAN,
    bytes: kinds.BINARY,
    datetime: kinds.TIMESTAMP,
    date: kinds.DATE,
    UUID: kinds.UUID_TEXT,
    Any: untyped.ANY,
    object: untyped.ANY,
    list: kinds.list_of(untyped.ANY),
    dict: kinds.map_of(untyped.ANY),
}


@dataclass(frozen=True, slots=True)
class Held:
    """How a type is held.

    Attributes:
        kind: How its values are written and read; None is not among them.
        nullable: Whether None is allowed.
        annotation: What pydantic is to validate.
    """

    kind: Kind
    nullable: bool
    annotation: Any


def held(annotation: Any, *, config: ConfigDict, epoch: bool = False) -> Held:
    """Find out how DynamoDB can hold a type.

    Args:
        annotation: The type inside `Attr[...]`, with forward references resolved.
        config: pydantic's configuration for the table.
        epoch: Whether datetimes are kept as seconds since 1970.

    Raises:
        TypeError: It cannot; the message says what is possible.
    """
    reader = _Reader(config, epoch=epoch)
    kind, nullable = reader.optional(annotation)
    if epoch and kind is not kinds.EPOCH:
        raise TypeError(f"epoch=True is for datetime, not for {_shown(annotation)}")
    checked = reader.checked(annotation)
    if is_moment(annotation):
        from pydantic import AfterValidator

        checked = Annotated[checked, AfterValidator(_whole_seconds if epoch else _in_utc)]
    return Held(kind, nullable, checked)


def _in_utc(value: datetime | None) -> datetime | None:
    # As PynamoDB takes it, so that the instance equals what is read back.
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _whole_seconds(value: datetime | None) -> datetime | None:
    return None if value is None else kinds.epoch_of(kinds.epoch_text(value))


def is_moment(annotation: Any) -> bool:
    """Tell whether a type is `datetime`, or that and None."""
    plain, _ = _stripped(annotation)
    return plain is datetime or (
        get_origin(plain) in (Union, types.UnionType)
        and set(get_args(plain)) <= {datetime, types.NoneType}
    )


class _Reader:
    """Walks one annotation."""

    def __init__(self, config: ConfigDict, *, epoch: bool) -> None:
        self.config = config
        self.epoch = epoch

    def adapter(self, annotation: Any) -> TypeAdapter[Any]:
        from pydantic import PydanticUserError, TypeAdapter

        try:
            if _has_own_config(_stripped(annotation)[0]):
                return TypeAdapter(annotation)
            return TypeAdapter(annotation, config=self.config)
        except PydanticUserError as error:
            if error.code == "typed-dict-version":
                raise TypeError(
                    f"{_shown(annotation)} is a typing.TypedDict, about which Python tells too "
                    "little before 3.12; make it one of typing_extensions.TypedDict"
                ) from error
            raise _unknown(annotation) from error

    def optional(self, annotation: Any) -> tuple[Kind, bool]:
        plain, constrained = _stripped(annotation)
        if get_origin(plain) in (Union, types.UnionType):
            members = [one for one in get_args(plain) if one is not types.NoneType]
            if len(members) < len(get_args(plain)):
                inner = reduce(lambda a, b: Union[a, b], members)  # noqa: UP007 # from a list
                kind = self.kind(inner)
                if constrained:
                    kind = dataclasses.replace(kind, exact=False, normalised=True)
                return kind, True
        if get_origin(plain) is Literal and None in get_args(plain):
            return self.kind(annotation), True
        if plain is Any or plain is object:
            return self.kind(annotation), True
        return self.kind(annotation), False

    def kind(self, annotation: Any) -> Kind:
        plain, constrained = _stripped(annotation)
        if _is_json(annotation):
            return self._json_text(_without_json(annotation))
        moment = self.epoch and plain is datetime
        found = kinds.EPOCH if moment else self._plain(plain, annotation)
        if not constrained:
            return found
        return dataclasses.replace(found, exact=False, normalised=True)

    def _plain(self, plain: Any, annotation: Any) -> Kind:
        scalar = _SCALARS.get(plain) if isinstance(plain, typing.Hashable) else None
        if scalar is not None:
            return scalar
        origin, arguments = get_origin(plain), get_args(plain)
        if origin is Literal:
            values = [(value, value) for value in arguments if value is not None]
            return untyped.choice("one of the literals", values)
        if origin in (Union, types.UnionType):
            return self._through_pydantic(annotation)
        if origin in (list, Sequence):
            return kinds.list_of(self._element(arguments[0]))
        if origin in (dict, Mapping):
            if _stripped(arguments[0])[0] is not str:
                raise TypeError(f"keys of maps are strings in DynamoDB, not {arguments[0]}")
            return kinds.map_of(self._element(arguments[1]))
        if origin in (set, frozenset, AbstractSet):
            return self._set(origin, arguments[0])
        if origin is tuple or plain is tuple:
            return self._through_pydantic(annotation)
        if isinstance(plain, type) and issubclass(plain, Enum):
            members = [(member, member.value) for member in plain]
            return untyped.choice(f"a {plain.__name__}", members)
        if _is_record(plain):
            return self._through_pydantic(annotation, members=self._members(plain))
        return self._foreign(annotation)

    def _element(self, annotation: Any) -> Kind:
        kind, nullable = self.optional(annotation)
        return _nullable(kind) if nullable and kind is not untyped.ANY else kind

    def _set(self, origin: Any, element: Any) -> Kind:
        kind = self.kind(element)
        if kind.wire not in ("S", "N", "B"):
            raise TypeError(
                "a set in DynamoDB holds strings, numbers or bytes, not "
                f"{_shown(element)}; use list[...]"
            )
        return kinds.set_of(kind, frozenset if origin is frozenset else set)

    def _json_text(self, annotation: Any) -> Kind:
        adapter = self.adapter(annotation)
        dump, validate = _dumper(adapter, annotation), adapter.validate_python

        def encode(value: object) -> dict[str, Any]:
            # json.dumps with its own separators, because PynamoDB's JSONAttribute writes so.
            return {"S": json.dumps(dump(value, "json"))}

        def decode(stored: Mapping[str, Any]) -> Any:
            return validate(json.loads(stored["S"], strict=False), strict=False)

        return Kind("a JSON string", "S", encode, decode)

    def _through_pydantic(
        self, annotation: Any, *, members: Mapping[str, tuple[str, Kind]] | None = None
    ) -> Kind:
        adapter = self.adapter(annotation)
        dump, validate = _dumper(adapter, annotation), adapter.validate_python

        def encode(value: object) -> dict[str, Any]:
            return untyped.tagged(dump(value, "python"), foreign=True)

        def decode(stored: Mapping[str, Any]) -> Any:
            return validate(untyped.natural(stored), strict=False, by_alias=True, by_name=True)

        wire = "M" if members is not None else None
        return Kind(
            _shown(annotation),
            wire,
            encode,
            decode,
            members={} if members is None else members,
        )

    def _members(self, record: Any) -> Mapping[str, tuple[str, Kind]]:
        return _LazyMembers(self, record)

    def _foreign(self, annotation: Any) -> Kind:
        """Hold a type that pydantic turns into a string, a number or a boolean."""
        from pydantic import EmailStr, SecretBytes
        from pydantic.errors import PydanticInvalidForJsonSchema

        adapter = self.adapter(annotation)
        try:
            schema = adapter.json_schema(mode="serialization")
        except PydanticInvalidForJsonSchema as error:
            raise _unknown(annotation) from error
        wire = {"string": "S", "number": "N", "integer": "N", "boolean": "BOOL"}.get(
            cast("str", schema.get("type"))
        )
        if wire is None:
            raise _unknown(annotation)
        if _stripped(annotation)[0] is SecretBytes:
            wire = "B"
        dump, validate = _dumper(adapter, annotation), adapter.validate_python
        if annotation is EmailStr:
            # To look at an address takes longer than to read the other attributes of an item. What
            # comes of it depends on the text alone, and is a string.
            validate = cast("Any", lru_cache(_ADDRESSES)(validate))

        def encode(value: object) -> dict[str, Any]:
            secret = getattr(value, "get_secret_value", None)
            encoded = untyped.tagged(secret() if secret else dump(value, "json"))
            if wire not in encoded:
                raise TypeError(f"a {type(value).__name__} is not {_shown(annotation)}")
            return encoded

        def decode(stored: Mapping[str, Any]) -> Any:
            if wire not in stored:
                raise KeyError(wire)
            return validate(untyped.natural(stored), strict=False)

        return Kind(_shown(annotation), wire, encode, decode, normalised=True)

    def checked(self, annotation: Any) -> Any:
        """Give the annotation with `Json` taken out, which pydantic would parse from strings.

        Moments in collections are put in UTC, as `held` does with one that stands alone.
        """
        if get_origin(annotation) is Annotated:
            inner = self.checked(annotation.__origin__)
            metadata = tuple(one for one in annotation.__metadata__ if not _marks_json(one))
            return Annotated[inner, *metadata] if metadata else inner
        if _is_json(annotation):
            return Any
        if get_origin(annotation) in (Union, types.UnionType):
            members = [self.checked(one) for one in get_args(annotation)]
            return reduce(lambda a, b: Union[a, b], members)  # noqa: UP007 # from a list
        if get_origin(annotation) in (list, dict, set, frozenset):
            elements = tuple(map(self._checked_element, get_args(annotation)))
            return get_origin(annotation)[elements]
        return annotation

    def _checked_element(self, annotation: Any) -> Any:
        from pydantic import AfterValidator

        checked = self.checked(annotation)
        return Annotated[checked, AfterValidator(_in_utc)] if is_moment(annotation) else checked


def _dumper(
    adapter: TypeAdapter[Any], annotation: Any
) -> Callable[[object, Literal["json", "python"]], Any]:
    from pydantic_core import PydanticSerializationError

    def dump(value: object, mode: Literal["json", "python"]) -> Any:
        try:
            # What is computed need not be kept, and a record that forbids what it does
            # not declare would refuse it when it is read.
            return adapter.dump_python(
                value, mode=mode, by_alias=True, exclude_computed_fields=True, warnings="error"
            )
        except PydanticSerializationError:
            # Its own text shows the value, and so it is no cause of the error either.
            raise TypeError(
                f"a value of type {type(value).__name__} is not {_shown(annotation)}"
            ) from None

    return dump


class _LazyMembers(Mapping[str, tuple[str, Kind]]):
    """A record's attributes, read when a path first goes into it, as records can be recursive."""

    def __init__(self, reader: _Reader, record: Any) -> None:
        self._reader = reader
        self._record = record
        self._read: dict[str, tuple[str, Kind]] | None = None

    def _members(self) -> dict[str, tuple[str, Kind]]:
        if self._read is None:
            self._read = {
                name: (wire, self._reader.optional(annotation)[0])
                for name, wire, annotation in _record_fields(self._record)
            }
        return self._read

    def __getitem__(self, name: str) -> tuple[str, Kind]:
        return self._members()[name]

    def __iter__(self) -> typing.Iterator[str]:
        return iter(self._members())

    def __len__(self) -> int:
        return len(self._members())


def _record_fields(record: Any) -> list[tuple[str, str, Any]]:
    fields: Mapping[str, Any] | None = getattr(record, "model_fields", None) or getattr(
        record, "__pydantic_fields__", None
    )
    if fields is not None:
        return [
            (name, field.serialization_alias or field.alias or name, _annotated(field))
            for name, field in fields.items()
        ]
    from typing_extensions import get_type_hints

    hints = get_type_hints(get_origin(record) or record, include_extras=True)
    return [(name, name, _required(hint)) for name, hint in hints.items()]


def _annotated(field: Any) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _required(hint: Any) -> Any:
    """Take `Required`, `NotRequired` and `ReadOnly` off a TypedDict's hint."""
    from typing_extensions import ReadOnly

    while get_origin(hint) in (typing.Required, typing.NotRequired, ReadOnly):
        (hint,) = get_args(hint)
    return hint


def _is_record(plain: Any) -> bool:
    from typing_extensions import is_typeddict

    cls: Any = get_origin(plain) or plain
    return isinstance(cls, type) and (
        hasattr(cls, "__pydantic_validator__")
        or dataclasses.is_dataclass(cls)
        or is_typeddict(cast("Any", cls))
    )


def _has_own_config(plain: Any) -> bool:
    """Tell whether pydantic refuses a configuration from outside for the type."""
    return _is_record(plain)


def _stripped(annotation: Any) -> tuple[Any, bool]:
    """Take `Annotated`, NewType and type aliases off; tell whether values are constrained."""
    constrained = False
    while True:
        if get_origin(annotation) is Annotated:
            constrained = constrained or any(map(_constrains, annotation.__metadata__))
            annotation = annotation.__origin__
        elif isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":
            # The statement `type X = ...` of Python 3.12 makes one, typing_extensions another.
            annotation = annotation.__value__
        else:
            return annotation, constrained


def _constrains(metadata: object) -> bool:
    if isinstance(metadata, str) or _marks_json(metadata):
        return False
    inner: Sequence[object] | None = getattr(metadata, "metadata", None)
    return inner is None or bool(inner)


def _marks_json(metadata: object) -> bool:
    if metadata is Json:
        return True
    import pydantic

    # To a checker the class is an Annotated; at run time it is the class of the mark.
    theirs: Any = pydantic.Json
    return metadata is theirs or isinstance(metadata, theirs)


def _is_json(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return any(map(_marks_json, annotation.__metadata__)) or _is_json(annotation.__origin__)
    return _marks_json(annotation)


def _without_json(annotation: Any) -> Any:
    if get_origin(annotation) is not Annotated:
        return Any
    metadata = tuple(one for one in annotation.__metadata__ if not _marks_json(one))
    inner = annotation.__origin__
    return Annotated[inner, *metadata] if metadata else inner


def _nullable(kind: Kind) -> Kind:
    encode: Callable[[Any], dict[str, Any]] = kind.encode
    decode: Callable[[Mapping[str, Any]], Any] = kind.decode

    def encode_nullable(value: Any) -> dict[str, Any]:
        return {"NULL": True} if value is None else encode(value)

    def decode_nullable(stored: Mapping[str, Any]) -> Any:
        return None if "NULL" in stored else decode(stored)

    return dataclasses.replace(
        kind,
        wire=None,
        encode=encode_nullable,
        decode=decode_nullable,
        encode_source=None,
        decode_source=None,
    )


def _shown(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _unknown(annotation: Any) -> TypeError:
    return TypeError(f"DynamoDB cannot hold {_shown(annotation)}; possible are {_SUPPORTED}")
