"""Reading some attributes of an item instead of all: what `only=` may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, get_type_hints, is_typeddict

from anydynamo.errors import InvalidItem, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.models.codec import Codec
    from anydynamo.repositories.placeholders import Attributes

__all__ = ["Projection", "projection_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Projection(Generic[T]):
    """Some attributes, and what becomes of them.

    Attributes:
        wires: Their names in DynamoDB.
        decode: Turns an item, which may have further attributes, into a result.
    """

    wires: tuple[str, ...]
    decode: Callable[[Mapping[str, Any]], T]


def projection_of(codec: Codec[Any], attributes: Attributes, only: object) -> Projection[Any]:
    """Return the projection that `only=` asks for.

    Args:
        codec: The model's codec.
        attributes: The model's attributes.
        only: Paths such as `User.email` or their names in Python; or a TypedDict, dataclass or
            pydantic model whose fields are called as the attributes.

    Raises:
        InvalidRequest: It is none of these, is empty, or names an attribute that the model lacks.
    """
    if isinstance(only, type):
        return _typed(codec, attributes, only)
    if isinstance(only, str) or not isinstance(only, Sequence) or not only:
        raise InvalidRequest(
            f"only= is a list of attributes, such as [{codec.model.__name__}.name], or a type "
            f"whose fields are called as the attributes, and not {only!r}"
        )
    wires = tuple(dict.fromkeys(attributes.wire(one) for one in cast("Sequence[object]", only)))
    names = [attributes.python(wire) for wire in wires]
    return Projection(wires, lambda item: codec.decode_projection(item, names))


def _typed(codec: Codec[Any], attributes: Attributes, wanted: Any) -> Projection[Any]:
    fields, validate = _validator(wanted)
    wires = tuple(attributes.wire(name) for name in fields)

    def decode(item: Mapping[str, Any]) -> Any:
        values = codec.decode_projection(item, fields)
        try:
            return validate(values)
        except ValueError as error:
            # A pydantic ValidationError, whose own text may show values.
            problems = "; ".join(
                f"{'.'.join(map(str, one['loc'])) or 'a field'}: {one['msg']}"
                for one in cast("Any", error).errors(include_input=False, include_url=False)
            )
            raise InvalidItem(
                f"An item of {codec.model.__name__} is no {wanted.__name__}: {problems}"
            ) from error

    return Projection(wires, decode)


@lru_cache(maxsize=256)
def _validator(wanted: Any) -> tuple[tuple[str, ...], Callable[[dict[str, Any]], Any]]:
    """Return a type's fields, and what makes one of it from their values."""
    # Models have brought pydantic along already; here it turns values into the type asked for.
    from pydantic import TypeAdapter

    if is_typeddict(wanted):
        # Each field for itself: pydantic takes no `typing.TypedDict` before Python 3.12.
        adapters: dict[str, TypeAdapter[Any]] = {
            name: TypeAdapter(hint) for name, hint in get_type_hints(wanted).items()
        }
        return tuple(adapters), lambda values: {
            name: adapters[name].validate_python(value) for name, value in values.items()
        }
    fields = tuple(getattr(wanted, "model_fields", ()))
    if dataclasses.is_dataclass(wanted):
        fields = tuple(field.name for field in dataclasses.fields(wanted))
    if not fields:
        raise InvalidRequest(
            f"only={wanted!r} has no fields; give a TypedDict, a dataclass or a pydantic "
            "model whose fields are called as the attributes"
        )
    adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", wanted))
    return fields, adapter.validate_python
