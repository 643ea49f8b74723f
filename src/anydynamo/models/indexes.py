"""Secondary indexes, declared in a table's class body and PynamoDB indexes at run time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, cast, overload

from pynamodb.attributes import Attribute
from pynamodb.indexes import (
    AllProjection,
    GlobalSecondaryIndex,
    IncludeProjection,
    Index,
    KeysOnlyProjection,
    LocalSecondaryIndex,
    Projection,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pynamodb._schema import IndexSchema, ModelSchema

    from anydynamo.models.attributes import Attr
    from anydynamo.models.paths import Path

    # In the class body an attribute is an Attr, and an inherited one is named through its class.
    Key: TypeAlias = Attr[Any] | Path[Any, Any]

__all__ = ["GlobalIndex", "LocalIndex"]

H = TypeVar("H")
H2 = TypeVar("H2")
R = TypeVar("R")
R2 = TypeVar("R2")

if TYPE_CHECKING:
    # To a checker a global index is none of PynamoDB's. It would be taken wherever those are, and
    # there with a key of any type.
    class _Index:
        Meta: Any

    class _Global: ...
else:
    _Index = Index
    _Global = GlobalSecondaryIndex

ProjectionType = Literal["ALL", "KEYS_ONLY", "INCLUDE"]

# A global index's partition and sort keys are "composed of up to four attributes each": Amazon
# DynamoDB Developer Guide, "Multi-attribute keys pattern".
_MOST_KEYS = 4


class _Declared(_Index):
    """What both kinds of index share: keys that are the table's own attributes."""

    def __init__(
        self,
        name: str,
        hash_keys: tuple[Any, ...],
        range_keys: tuple[Any, ...],
        include: Sequence[Any],
        projection: ProjectionType | None,
        **meta: int | None,
    ) -> None:
        if not 3 <= len(name) <= 255:
            raise TypeError(f"an index's name has 3 to 255 characters, which {name!r} has not")
        if len(hash_keys) > _MOST_KEYS or len(range_keys) > _MOST_KEYS:
            raise TypeError(f"the index {name} has more than {_MOST_KEYS} attributes on one side")
        if projection is None:
            projection = "INCLUDE" if include else "ALL"
        if (projection == "INCLUDE") != bool(include):
            raise TypeError(f"the index {name}: `include` and projection='INCLUDE' go together")
        self._hash_keys = hash_keys
        self._range_keys = range_keys
        self._include = tuple(include)
        self._projection: ProjectionType = projection
        self.Meta = SimpleNamespace(index_name=name, attributes={}, hash_names=())
        for option, value in meta.items():
            if value is not None:
                setattr(self.Meta, option, value)

    def resolve(self, attributes: dict[str, Attribute[Any]]) -> None:
        """Fill PynamoDB's `Meta` once the table's attributes are made.

        Args:
            attributes: The table's attributes by their names in Python.

        Raises:
            TypeError: A key is not an attribute of the table, or has a type that keys cannot have.
        """
        name = self.Meta.index_name
        hash_keys = [self._find(key, attributes) for key in self._hash_keys]
        range_keys = [self._find(key, attributes) for key in self._range_keys]
        keys = dict(hash_keys + range_keys)
        for python, attribute in keys.items():
            if attribute.attr_type not in ("S", "N", "B"):
                raise TypeError(
                    f"the index {name} cannot have '{python}' in its key, which is stored as "
                    f"{attribute.attr_type or 'any type'}; keys are strings, numbers or binary"
                )
        self.Meta.attributes = keys
        self.Meta.hash_names = tuple(python for python, _ in hash_keys)
        self.Meta.projection = self._pynamodb_projection(attributes)

    def _pynamodb_projection(self, attributes: dict[str, Attribute[Any]]) -> Projection:
        if self._projection == "ALL":
            return AllProjection()
        if self._projection == "KEYS_ONLY":
            return KeysOnlyProjection()
        return IncludeProjection(
            [self._find(one, attributes)[1].attr_name for one in self._include]
        )

    def _find(
        self, key: object, attributes: dict[str, Attribute[Any]]
    ) -> tuple[str, Attribute[Any]]:
        for name, attribute in attributes.items():
            declared = getattr(attribute, "declaration", None)
            if attribute is key or (declared is not None and declared is key):
                return name, attribute
        if isinstance(key, Attribute):
            # A subclass may declare an inherited attribute again.
            for name, attribute in attributes.items():
                if attribute.attr_name == key.attr_name:
                    return name, attribute
        raise TypeError(
            f"the index {self.Meta.index_name} names {key!r}, which is no attribute of its table"
        )

    def _hash_key_attribute(self) -> Attribute[Any]:
        name: str = self.Meta.hash_names[0]
        attribute: Attribute[Any] = self.Meta.attributes[name]
        return attribute

    def _get_schema(self) -> IndexSchema:
        meta = self.Meta
        schema: dict[str, Any] = {
            "index_name": meta.index_name,
            "key_schema": [
                {
                    "AttributeName": attribute.attr_name,
                    "KeyType": "HASH" if name in meta.hash_names else "RANGE",
                }
                for name, attribute in meta.attributes.items()
            ],
            "projection": {"ProjectionType": self._projection},
            "attribute_definitions": [
                {"AttributeName": attribute.attr_name, "AttributeType": attribute.attr_type}
                for attribute in meta.attributes.values()
            ],
        }
        if self._include:
            schema["projection"]["NonKeyAttributes"] = meta.projection.non_key_attributes
        return cast("IndexSchema", schema)

    def _extend(self, schema: ModelSchema, index: IndexSchema) -> None:
        for definition in index["attribute_definitions"]:
            if definition not in schema["attribute_definitions"]:
                schema["attribute_definitions"].append(definition)

    def __deepcopy__(self, memo: dict[int, Any]) -> _Declared:
        # PynamoDB gives each class its own copy of an inherited index; the attributes stay shared.
        twin = self.__class__.__new__(self.__class__)
        twin.__dict__.update(self.__dict__)
        return twin

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.Meta.index_name!r})"


def _several(keys: Key | tuple[Key, ...] | None) -> tuple[Any, ...]:
    if keys is None:
        return ()
    return keys if isinstance(keys, tuple) else (keys,)


class GlobalIndex(_Declared, _Global, Generic[H, R]):
    """A global secondary index: other keys, over all partitions, read with eventual consistency.

    Args:
        name: The index's name in DynamoDB, of 3 to 255 characters.
        hash_key: The attribute that is the partition key, or a tuple of up to four.
        range_key: The attribute that is the sort key, or a tuple of up to four.
        projection: What the index holds beside the keys: `ALL` (the default), `KEYS_ONLY`, or
            `INCLUDE`, the default where `include` is given.
        include: The attributes that the index holds with `INCLUDE`.
        read_capacity: Capacity units of its own on a provisioned table; the table's without it.
        write_capacity: The same for writes.
    """

    @overload
    def __init__(
        self: GlobalIndex[H2, None],
        name: str,
        *,
        hash_key: Attr[H2] | Path[H2, Any],
        projection: ProjectionType | None = None,
        include: Sequence[Key] = (),
        read_capacity: int | None = None,
        write_capacity: int | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: GlobalIndex[H2, R2],
        name: str,
        *,
        hash_key: Attr[H2] | Path[H2, Any],
        range_key: Attr[R2] | Path[R2, Any],
        projection: ProjectionType | None = None,
        include: Sequence[Key] = (),
        read_capacity: int | None = None,
        write_capacity: int | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: GlobalIndex[tuple[H2, ...], None],
        name: str,
        *,
        hash_key: tuple[Attr[H2] | Path[H2, Any], ...],
        projection: ProjectionType | None = None,
        include: Sequence[Key] = (),
        read_capacity: int | None = None,
        write_capacity: int | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: GlobalIndex[Any, Any],
        name: str,
        *,
        hash_key: Key | tuple[Key, ...],
        range_key: Key | tuple[Key, ...],
        projection: ProjectionType | None = None,
        include: Sequence[Key] = (),
        read_capacity: int | None = None,
        write_capacity: int | None = None,
    ) -> None: ...
    def __init__(
        self,
        name: str,
        *,
        hash_key: Any,
        range_key: Any = None,
        projection: ProjectionType | None = None,
        include: Sequence[Any] = (),
        read_capacity: int | None = None,
        write_capacity: int | None = None,
    ) -> None:
        super().__init__(
            name,
            _several(hash_key),
            _several(range_key),
            include,
            projection,
            read_capacity_units=read_capacity,
            write_capacity_units=write_capacity,
        )

    def _update_model_schema(self, schema: ModelSchema) -> None:
        index = self._get_schema()
        throughput: dict[str, int] = {}
        if hasattr(self.Meta, "read_capacity_units"):
            throughput["ReadCapacityUnits"] = self.Meta.read_capacity_units
        if hasattr(self.Meta, "write_capacity_units"):
            throughput["WriteCapacityUnits"] = self.Meta.write_capacity_units
        whole: Any = {**index, "provisioned_throughput": throughput}
        schema["global_secondary_indexes"].append(whole)
        self._extend(schema, index)


class LocalIndex(  # type: ignore[no-untyped-call] # PynamoDB's hook
    _Declared, LocalSecondaryIndex[Any], Generic[R]
):
    """A local secondary index: the table's partitions in another order; can be read consistently.

    Args:
        name: The index's name in DynamoDB, of 3 to 255 characters.
        range_key: The attribute that is the sort key.
        projection: As with `GlobalIndex`.
        include: As with `GlobalIndex`.
    """

    def __init__(
        self,
        name: str,
        *,
        range_key: Attr[R] | Path[R, Any],
        projection: ProjectionType | None = None,
        include: Sequence[Key] = (),
    ) -> None:
        super().__init__(name, (), (range_key,), include, projection)

    def resolve(self, attributes: dict[str, Attribute[Any]]) -> None:
        """Fill PynamoDB's `Meta`, with the table's partition key as the index's own."""
        self._hash_keys = tuple(one for one in attributes.values() if one.is_hash_key)
        super().resolve(attributes)

    def _update_model_schema(self, schema: ModelSchema) -> None:  # type: ignore[override]
        index = self._get_schema()
        schema["local_secondary_indexes"].append(index)
        self._extend(schema, index)
