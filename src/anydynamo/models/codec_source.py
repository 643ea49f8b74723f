"""Python source for codecs: one function per model and direction, as `dataclasses` makes its own.

Names of attributes enter the source as string literals only, never as code; whatever else a
function needs is bound under a name of our own.
"""

# pyright: reportPrivateUsage=false
# A model's options and PynamoDB's discriminator are private to the models.

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, cast
from uuid import UUID

from pynamodb.attributes import (
    Attribute,
    DiscriminatorAttribute,
    MapAttribute,
    NumberAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.models import Model

from anydynamo.errors import InvalidItem
from anydynamo.models import kinds, untyped
from anydynamo.models.attributes import MISSING, Field
from anydynamo.models.introspection import attributes_of, discriminator_name
from anydynamo.models.plain_attributes import (
    check_item,
    number_of,
    plain_map_setter,
    plain_payload,
    plain_reader,
    plain_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.models.kinds import Kind
    from anydynamo.models.table import Table

__all__ = ["plain_decoder", "plain_encoder", "table_decoder", "table_encoder"]


def _refuse() -> NoReturn:
    """Leave the quick way; the slow one says what is wrong with the value, or can deal with it."""
    raise ValueError


_NAMES: dict[str, Any] = {
    "Decimal": Decimal,
    "UUID": UUID,
    "date_of": date.fromisoformat,
    "decimal_text": kinds.number_of_decimal,
    "epoch_of": kinds.epoch_of,
    "epoch_text": kinds.epoch_text,
    "exact_str": str.__str__,
    "float_repr": float.__repr__,
    "float_text": kinds.number_of_float,
    "int_repr": int.__repr__,
    "int_text": kinds.number_of_int,
    "timestamp_of": kinds.timestamp_of,
    "refuse": _refuse,
    "timestamp_text": kinds.timestamp_text,
    "uuid_text": UUID.__str__,
}


class _Source:
    """A function under construction."""

    def __init__(self, signature: str) -> None:
        self.lines = [f"def {signature}:"]
        self.names: dict[str, Any] = {}

    def add(self, line: str, indent: int = 1) -> None:
        self.lines.append("    " * indent + line)

    def bind(self, value: object) -> str:
        """Make a value known to the function, and give the name it has there."""
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def function(self, name: str, model: type) -> Callable[..., Any]:
        """Compile the function."""
        filename = f"<anydynamo {name} for {model.__module__}.{model.__qualname__}>"
        space = {**_NAMES, **self.names}
        # The source holds literals and names of this module only; see the module's docstring.
        exec(compile("\n".join(self.lines), filename, "exec"), space)  # noqa: S102
        return cast("Callable[..., Any]", space[name])


# --- tables -------------------------------------------------------------------------------------


def table_encoder(model: type[Table]) -> Callable[[Any], dict[str, Any]]:
    """Make the function that turns a table's instance into an item.

    It raises anything at all for what does not go as usual; the model's own `serialize` then says
    what is wrong.
    """
    source = _Source("encode(instance)")
    source.add("state = instance.__dict__")
    source.add("values = state['attribute_values']")
    always: list[str] = []
    sometimes: list[str] = []
    for number, (name, attribute) in enumerate(_held(model).items()):
        value, wire = f"v{number}", repr(attribute.attr_name)
        source.add(f"{value} = values[{name!r}]")
        if not isinstance(attribute, Field):
            write = source.bind(_plain_writer(name, attribute))
            source.add(f"e{number} = {write}({value})")
            sometimes.append(f"if e{number} is not None: item[{wire}] = e{number}")
            continue
        encoded = _encode_expression(source, attribute.kind, value)
        nullable = attribute.null and attribute.kind is not untyped.ANY
        if attribute.empty_set_default:
            sometimes.append(f"if {value}: item[{wire}] = {encoded}")
            if nullable:
                sometimes.append(f"elif {value} is None: item[{wire}] = {{'NULL': True}}")
        elif nullable and attribute.store_null:
            always.append(f"{wire}: {{'NULL': True}} if {value} is None else {encoded}")
        elif nullable:
            sometimes.append(f"if {value} is not None: item[{wire}] = {encoded}")
        else:
            always.append(f"{wire}: {encoded}")
    source.add(f"item = {{{', '.join(always)}}}")
    for line in sometimes:
        source.add(line)
    source.add("if '_undeclared' in state: item.update(state['_undeclared'])")
    source.add("return item")
    return source.function("encode", model)


def _held(model: type[Table]) -> dict[str, Attribute[Any]]:
    """Give the attributes that instances have values of.

    That is all but a discriminator with which the class is not registered.
    """
    return {
        name: attribute
        for name, attribute in attributes_of(model).items()
        if not isinstance(attribute, DiscriminatorAttribute)
        or attribute.get_discriminator(model) is not None
    }


def _plain_writer(name: str, attribute: Attribute[Any]) -> Callable[[Any], dict[str, Any] | None]:
    """Give the function that writes a plain PynamoDB attribute of a table."""
    payload_of, wire, null = plain_payload(name, attribute), attribute.attr_type, attribute.null

    def write(value: Any) -> dict[str, Any] | None:
        payload: object = None if value is None else payload_of(value)
        if payload is not None:
            return {wire: payload}
        return None if null else _refuse()

    return write


def _encode_expression(source: _Source, kind: Kind, value: str) -> str:
    payload = _encode_payload(kind, value, 0)
    if payload is None:
        return f"{source.bind(kind.encode)}({value})"
    return f"{{{kind.wire!r}: {payload}}}"


def _encode_payload(kind: Kind, value: str, depth: int) -> str | None:
    """Give an expression for a payload; None where the kind has to be called.

    What is not of its type makes the expression raise, and the slow way then says why.
    """
    if kind.encode_source is not None:
        return kind.encode_source.format(v=value)
    if kind.collection is None or kind.element is None:
        return None
    one = f"x{depth}"
    inner = _encode_payload(kind.element, one, depth + 1)
    if inner is None:
        return None
    if kind.collection is dict:
        key = f"n{depth}"
        return (
            f"{{{key} if {key}.__class__ is str else exact_str({key}): "
            f"{{{kind.element.wire!r}: {inner}}} for {key}, {one} in {value}.items()}}"
        )
    if kind.collection is list:
        return f"[{{{kind.element.wire!r}: {inner}}} for {one} in {value}]"
    return f"[{inner} for {one} in {value}] or refuse()"


def table_decoder(model: type[Table]) -> Callable[[Mapping[str, Any]], Any]:
    """Make the function that turns an item into a table's instance.

    It raises anything at all for an item that does not fit; reading it attribute by attribute then
    says what does not, or hands it out where the table is lax.
    """
    source = _Source("decode(item)")
    attributes = _held(model)
    source.add("get = item.get")
    source.add("size = len(item)")
    values: list[str] = []
    for number, (name, attribute) in enumerate(attributes.items()):
        value, stored, wire = f"v{number}", f"w{number}", repr(attribute.attr_name)
        values.append(f"{name!r}: {value}")
        if isinstance(attribute, Field) and attribute.declaration.required and not attribute.null:
            source.add(f"{stored} = item[{wire}]")
            source.add(f"{value} = {_decode_expression(source, attribute, stored)}")
            continue
        source.add(f"{stored} = get({wire})")
        source.add(f"if {stored} is None:")
        source.add("size += 1", 2)
        source.add(f"{value} = {_absent(source, model, name, attribute)}", 2)
        if isinstance(attribute, Field):
            if attribute.null and attribute.kind is not untyped.ANY:
                source.add(f"elif 'NULL' in {stored}: {value} = None")
            decoded = _decode_expression(source, attribute, stored)
        elif name == discriminator_name(model):
            decoded = source.bind(model)
        else:
            decoded = f"{source.bind(plain_reader(attribute))}({stored})"
        source.add(f"else: {value} = {decoded}")
    source.add(f"instance = {source.bind(model.__new__)}({source.bind(model)})")
    source.add("state = instance.__dict__")
    source.add(f"state['attribute_values'] = {{{', '.join(values)}}}")
    source.add(f"if size != {len(attributes)}:")
    if model._options.extra == "forbid":
        source.add("raise ValueError", 2)
    else:
        known = source.bind(frozenset(one.attr_name for one in attributes_of(model).values()))
        source.add(
            f"state['_undeclared'] = {{name: item[name] for name in item if name not in {known}}}",
            2,
        )
    source.add("return instance")
    return source.function("decode", model)


def _decode_expression(source: _Source, field: Field, stored: str) -> str:
    kind = field.kind
    expression = _decode_payload(kind, f"{stored}[{kind.wire!r}]", 0)
    if expression is None:
        expression = f"{source.bind(kind.decode)}({stored})"
    return expression if kind.exact else f"{source.bind(field.validate)}({expression})"


def _decode_payload(kind: Kind, payload: str, depth: int) -> str | None:
    """Give an expression for a value; None where the kind has to be called."""
    if kind.decode_source is not None:
        return kind.decode_source.format(p=payload)
    if kind.collection is None or kind.element is None:
        return None
    one = f"x{depth}"
    if kind.collection in (set, frozenset):
        inner = _decode_payload(kind.element, one, depth + 1)
        if inner is None:
            return None
        elements = payload if inner == one else f"[{inner} for {one} in {payload}]"
        return f"{kind.collection.__name__}({elements})"
    inner = _decode_payload(kind.element, f"{one}[{kind.element.wire!r}]", depth + 1)
    if inner is None:
        return None
    if kind.collection is dict:
        key = f"n{depth}"
        return f"{{{key}: {inner} for {key}, {one} in {payload}.items()}}"
    return f"[{inner} for {one} in {payload}]"


def _absent(source: _Source, model: type[Table], name: str, attribute: Attribute[Any]) -> str:
    """Give the expression for an attribute that the item lacks."""
    if name == discriminator_name(model):
        return source.bind(model)
    if isinstance(attribute, Field):
        if attribute.declaration.default_factory is not None:
            return f"{source.bind(attribute.read)}(None)"
        declared = attribute.declaration.default
        return source.bind(None if declared is MISSING else declared)
    default = cast("Any", attribute).default
    return f"{source.bind(default)}()" if callable(default) else source.bind(default)


# --- plain PynamoDB models ----------------------------------------------------------------------

# Whoever overrides one of these has the model converted by PynamoDB, through the override.
_CONVERSIONS = (
    "__init__",
    "_container_deserialize",
    "_container_serialize",
    "_instantiate",
    "_set_attributes",
    "_set_defaults",
    "deserialize",
    "from_raw_data",
    "serialize",
)


_PLAIN: Any = Attribute
_USUAL_SET = _PLAIN.__set__
_USUAL_GETS = (_PLAIN.__get__, cast("Any", MapAttribute).__get__)
_SERIALIZE_AS_IT_IS = _PLAIN.serialize


def _is_usual(model: type[Model]) -> bool:
    return all(
        getattr(getattr(model, name), "__func__", getattr(model, name))
        is getattr(getattr(Model, name), "__func__", getattr(Model, name))
        for name in _CONVERSIONS
    )


def plain_encoder(model: type[Model]) -> Callable[[Any], dict[str, Any]]:
    """Make the function that gives what PynamoDB's own `serialize` gives.

    Beyond that it refuses numbers that DynamoDB cannot hold, which PynamoDB sends.
    """
    source = _Source("encode(instance)")
    if not _is_usual(model):
        check = source.bind(check_item)
        source.add(f"return {check}(instance.serialize(null_check=True), {source.bind(model)})")
        return source.function("encode", model)
    source.add("get = instance.attribute_values.get")
    source.add("item = {}")
    for name, attribute in attributes_of(model).items():
        cls: Any = type(attribute)
        if cls.__get__ in _USUAL_GETS:
            source.add(f"value = get({name!r})")
        else:
            source.add(f"value = instance.{_identifier(name)}")
        if cls.serialize is _SERIALIZE_AS_IT_IS:
            payload = "value"
            if attribute.attr_type == "S":
                check = source.bind(plain_text(name))
                payload = f"value if value.__class__ is str else {check}(value)"
        else:
            payload = f"{source.bind(plain_payload(name, attribute))}(value)"
        source.add("if value is not None:")
        source.add(f"payload = {payload}", 2)
        source.add("if payload is not None:", 2)
        source.add(f"item[{attribute.attr_name!r}] = {{{attribute.attr_type!r}: payload}}", 3)
        if not attribute.null:
            source.add("else: raise ValueError", 2)
            source.add("else: raise ValueError")
    source.add("return item")
    return source.function("encode", model)


def plain_decoder(model: type[Model]) -> Callable[[Mapping[str, Any]], Any]:
    """Make the function that gives what PynamoDB's own `from_raw_data` gives."""
    source = _Source("decode(item)")
    if not _is_usual(model):
        source.add(f"return {source.bind(model)}.from_raw_data(item)")
        return source.function("decode", model)
    source.add("get = item.get")
    source.add(f"instance = {source.bind(model.__new__)}({source.bind(model)})")
    source.add("values = instance.attribute_values = {}")
    for name, attribute in attributes_of(model).items():
        if isinstance(attribute, DiscriminatorAttribute):
            if attribute.get_discriminator(model) is not None:
                source.add(f"values[{name!r}] = {source.bind(model)}")
            continue
        cls: Any = type(attribute)
        setter: Callable[..., None] = attribute.__set__
        if cls.__set__ is _USUAL_SET:
            store = f"values[{name!r}] = {{}}"
        elif cls is MapAttribute:
            setter = plain_map_setter(name, attribute)
            store = f"{source.bind(setter)}(instance, {{}})"
        else:
            store = f"{source.bind(setter)}(instance, {{}})"
        source.add(f"stored = get({attribute.attr_name!r})")
        source.add("if stored and 'NULL' not in stored:")
        source.add(store.format(_plain_expression(source, attribute)), 2)
        given = cast("Any", attribute).default
        if given is not None:
            default = source.bind(given)
            source.add("else:")
            source.add(f"value = {default}{'()' if callable(given) else ''}", 2)
            source.add(f"if value is not None: {store.format('value')}", 2)
    source.add("return instance")
    return source.function("decode", model)


def _identifier(name: str) -> str:
    if not name.isidentifier():
        raise InvalidItem(f"{name!r} is not a name that an attribute can have")
    return name


def _plain_expression(source: _Source, attribute: Attribute[Any]) -> str:
    cls: Any = type(attribute)
    if cls.get_value is _PLAIN.get_value:
        if cls.deserialize is _PLAIN.deserialize and attribute.attr_type == "S":
            return "stored['S']"
        if cls.deserialize is NumberAttribute.deserialize and attribute.attr_type == "N":
            return f"{source.bind(number_of)}(stored['N'])"
        if cls.deserialize is UTCDateTimeAttribute.deserialize and attribute.attr_type == "S":
            return "timestamp_of(stored['S'])"
    return f"{source.bind(plain_reader(attribute))}(stored)"
