"""Model instances to DynamoDB's JSON and back.

`codec_of` gives the codec of a model, a `Table` or a plain PynamoDB model, made once per class.
"""

# pyright: reportPrivateUsage=false
# A table keeps its options and its way of reading to the modules beside it.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from pynamodb.models import Model

from anydynamo.errors import InvalidItem, InvalidRequest
from anydynamo.models import codec_source
from anydynamo.models.attributes import Field
from anydynamo.models.introspection import attributes_of, discriminator_of, stored_class
from anydynamo.models.plain_attributes import check_numbers
from anydynamo.models.schema import schema_of
from anydynamo.models.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pynamodb.attributes import Attribute

    from anydynamo.models.schema import KeyAttribute, TableSchema

__all__ = ["Codec", "codec_of"]

M = TypeVar("M", bound=Model)

_KEY_BYTES = {"hash": 2048, "range": 1024}
_TYPE_NAMES = {"S": "a string", "N": "a number", "B": "binary"}


class Codec(Generic[M]):
    """Turns instances of one model into items in DynamoDB's JSON, and back.

    Attributes:
        model: The model.
        schema: What the model declares about its table.
    """

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self._attributes = attributes_of(model)
        self._discriminated = discriminator_of(model) is not None
        self._schema: TableSchema | None = None
        self._encode: Callable[[M], dict[str, Any]]
        self._decode: Callable[[Mapping[str, Any]], M]
        if issubclass(model, Table):
            # What a lax table read may not be of the type that the quick way takes for granted.
            lax = model._options.reads == "lax"
            self._encode = _serialize if lax else codec_source.table_encoder(model)
            self._decode = codec_source.table_decoder(model)
        else:
            self._encode = codec_source.plain_encoder(model)
            self._decode = codec_source.plain_decoder(model)

    @property
    def schema(self) -> TableSchema:
        """What the model declares about its table."""
        schema = self._schema
        # A class that is declared later can join a discriminator; any other schema stays.
        if schema is None or self._discriminated:
            schema = self._schema = schema_of(self.model)
        return schema

    def wire(self, name: str) -> str:
        """Give an attribute's name in DynamoDB.

        Args:
            name: Its name in Python.

        Raises:
            InvalidRequest: There is no such attribute.
        """
        wire: str = self._attribute(name).attr_name
        return wire

    def encode(self, instance: M) -> dict[str, Any]:
        """Turn an instance into an item.

        Raises:
            InvalidItem: A value is missing, or of a kind that DynamoDB cannot hold.
        """
        cls = instance.__class__
        if cls is not self.model:
            self._check_class(cls)
            return codec_of(cls)._encode_checked(instance)
        return self._encode_checked(instance)

    def _encode_checked(self, instance: M) -> dict[str, Any]:
        try:
            return self._encode(instance)
        except InvalidItem:
            raise
        except Exception:
            return self._encode_slowly(instance)

    def _encode_slowly(self, instance: M) -> dict[str, Any]:
        """Encode attribute by attribute, by the model, for an error that names what is wrong."""
        try:
            return _serialize(instance)
        except InvalidItem:
            raise
        except Exception as error:
            # A custom attribute raises whatever it likes.
            raise InvalidItem(
                f"{self.model.__name__} cannot be stored: {_reason(error)}"
            ) from error

    def _check_class(self, cls: type) -> None:
        if not issubclass(cls, self.model):
            raise InvalidItem(f"a {cls.__name__} is no {self.model.__name__}")

    def decode(self, item: Mapping[str, Any]) -> M:
        """Turn an item into an instance, of the class that its discriminator names.

        Raises:
            InvalidItem: The item does not fit the model.
        """
        try:
            if self._discriminated:
                return self._codec_for(item)._decode(item)
            return self._decode(item)
        except Exception:
            return self._decode_slowly(item)

    def _codec_for(self, item: Mapping[str, Any]) -> Codec[M]:
        stored = stored_class(self.model, cast("dict[str, Any]", item))
        if stored is None or stored is self.model:
            return self
        self._check_class(stored)
        return cast("Codec[M]", codec_of(stored))

    def _decode_slowly(self, item: Mapping[str, Any]) -> M:
        """Decode attribute by attribute, by the model, for an error that names what is wrong."""
        try:
            return self.model.from_raw_data(cast("dict[str, Any]", item))
        except InvalidItem:
            raise
        except Exception as error:
            # A custom attribute raises whatever it likes.
            raise InvalidItem(
                f"the stored item does not fit {self.model.__name__}: {_reason(error)}"
            ) from error

    def key(self, key: object) -> dict[str, Any]:
        """Turn a key into DynamoDB's JSON.

        Args:
            key: The partition key's value, or a `(partition, sort)` tuple where the table has a
                sort key.

        Raises:
            InvalidRequest: The key has the wrong number of parts, or a part the wrong type, is
                empty or too long.
        """
        schema = self.schema
        if schema.range_key is None:
            return {schema.hash_key.wire: self._key_value(schema.hash_key, key, "hash")}
        parts = cast("tuple[object, ...]", key) if isinstance(key, tuple) else ()
        if len(parts) != 2:
            raise InvalidRequest(
                f"a key of {self.model.__name__} is a tuple ({schema.hash_key.name}, "
                f"{schema.range_key.name}), not {key!r}"
            )
        partition, sort = parts
        return {
            schema.hash_key.wire: self._key_value(schema.hash_key, partition, "hash"),
            schema.range_key.wire: self._key_value(schema.range_key, sort, "range"),
        }

    def key_of(self, instance: M) -> dict[str, Any]:
        """Give an instance's key in DynamoDB's JSON.

        Raises:
            InvalidRequest: A part of the key is missing, empty or too long.
        """
        schema = self.schema
        if schema.range_key is None:
            return self.key(getattr(instance, schema.hash_key.name))
        return self.key(
            (getattr(instance, schema.hash_key.name), getattr(instance, schema.range_key.name))
        )

    def key_in(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Give the key of an item that `encode` made.

        Raises:
            InvalidRequest: A part of the key is missing, empty or too long.
        """
        schema = self.schema
        name = schema.hash_key.wire
        key = {name: self._check_key(schema.hash_key, item.get(name), "hash")}
        if schema.range_key is not None:
            name = schema.range_key.wire
            key[name] = self._check_key(schema.range_key, item.get(name), "range")
        return key

    def encode_value(self, name: str, value: object) -> dict[str, Any]:
        """Turn one attribute's value, to look for, into DynamoDB's JSON.

        Args:
            name: The attribute's name in Python.
            value: A value of the attribute's type.

        Raises:
            InvalidRequest: There is no such attribute, or it cannot hold the value.
        """
        attribute = self._attribute(name)
        if isinstance(attribute, Field):
            return attribute.seek(value) or {"NULL": True}
        try:
            payload: object = None if value is None else attribute.serialize(value)
        except Exception as error:
            raise InvalidItem(f"'{name}' of {self.model.__name__}: {error}") from error
        if payload is None:
            return {"NULL": True}
        stored = {attribute.attr_type: payload}
        check_numbers(stored, f"{name}' of '{self.model.__name__}")
        return stored

    def decode_value(self, name: str, value: Mapping[str, Any]) -> Any:
        """Turn one attribute from DynamoDB's JSON into the model's value.

        Raises:
            InvalidItem: The stored value does not fit the attribute.
        """
        attribute = self._attribute(name)
        if isinstance(attribute, Field):
            model = cast("type[Table]", self.model)
            return attribute.read(value, lax=model._options.reads == "lax")
        if "NULL" in value:
            return None
        try:
            return attribute.deserialize(attribute.get_value(cast("dict[str, Any]", value)))
        except Exception as error:
            raise InvalidItem(f"'{name}' of {self.model.__name__}: {error}") from error

    def decode_projection(self, item: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Read some attributes of an item, by their names in Python.

        Returns:
            One entry per name, in order; None for an attribute that the item lacks.
        """
        values: dict[str, Any] = {}
        for name in names:
            stored = item.get(self._attribute(name).attr_name)
            values[name] = None if stored is None else self.decode_value(name, stored)
        return values

    def _attribute(self, name: str) -> Attribute[Any]:
        try:
            return self._attributes[name]
        except KeyError:
            raise InvalidRequest(
                f"{self.model.__name__} has no attribute '{name}'; it has "
                f"{', '.join(self._attributes)}"
            ) from None

    def _key_value(self, key: KeyAttribute, value: object, role: str) -> dict[str, Any]:
        if value is None:
            raise InvalidRequest(f"{self._key_named(key)} is missing")
        try:
            encoded = self.encode_value(key.name, value)
        except InvalidRequest as error:
            raise InvalidRequest(f"{self._key_named(key)} cannot be {value!r}: {error}") from error
        if key.type not in encoded:
            raise self._wrong_type(key, value)
        return self._check_key(key, encoded, role)

    def _check_key(
        self, key: KeyAttribute, encoded: dict[str, Any] | None, role: str
    ) -> dict[str, Any]:
        if encoded is None or key.type not in encoded:
            raise InvalidRequest(f"{self._key_named(key)} is missing")
        payload: object = encoded[key.type]
        if not isinstance(payload, bytes if key.type == "B" else str):
            raise self._wrong_type(key, payload)
        if key.type != "N":
            try:
                size = len(payload.encode() if isinstance(payload, str) else payload)
            except UnicodeEncodeError as error:
                raise InvalidRequest(
                    f"{self._key_named(key)} cannot be {payload!r}: it holds a surrogate without "
                    "its other half"
                ) from error
            if not 0 < size <= _KEY_BYTES[role]:
                raise InvalidRequest(
                    f"{self._key_named(key)} is {size} bytes long; DynamoDB takes 1 to "
                    f"{_KEY_BYTES[role]}"
                )
        return encoded

    def _wrong_type(self, key: KeyAttribute, value: object) -> InvalidRequest:
        return InvalidRequest(
            f"{self._key_named(key)} is {_TYPE_NAMES[key.type]} in DynamoDB, not "
            f"{type(value).__name__} ({value!r})"
        )

    def _key_named(self, key: KeyAttribute) -> str:
        return f"the key attribute '{key.name}' of {self.model.__name__}"


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _serialize(instance: Model) -> dict[str, Any]:
    return instance.serialize(null_check=True)


_codecs: WeakKeyDictionary[type[Model], Codec[Any]] = WeakKeyDictionary()


def codec_of(model: type[M]) -> Codec[M]:
    """Give the codec of a model; it is made at the first call and kept with the class."""
    codec = _codecs.get(model)
    if codec is None:
        codec = _codecs[model] = Codec(model)
    return codec
