"""What a model says about its table: keys, indexes and the options of CreateTable.

`schema_of` reads a `Table` and a plain PynamoDB model alike, so nothing above this module has to
ask which of the two it was given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

from pynamodb.constants import PAY_PER_REQUEST_BILLING_MODE, PROVISIONED_BILLING_MODE
from pynamodb.indexes import GlobalSecondaryIndex, Index, LocalSecondaryIndex
from pynamodb.models import Model

from anydynamo.errors import InvalidRequest
from anydynamo.models.introspection import (
    attributes_of,
    indexes_of,
    owner_of,
    registered_classes,
    registered_number,
    ttl_of,
    version_name,
)
from anydynamo.models.traits import attribute_with, check_expiry, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pynamodb.attributes import Attribute

__all__ = [
    "AttributeName",
    "Encryption",
    "IndexSchema",
    "KeyAttribute",
    "TableSchema",
    "Throughput",
    "UniqueSchema",
    "schema_of",
]

KeyType = Literal["S", "N", "B"]
_KEY_TYPES: tuple[KeyType, ...] = ("S", "N", "B")


@dataclass(frozen=True, slots=True)
class AttributeName:
    """An attribute's two names: `name` in Python, `wire` in DynamoDB."""

    name: str
    wire: str


@dataclass(frozen=True, slots=True)
class KeyAttribute:
    """An attribute of a table's or an index's key, with its type in DynamoDB."""

    name: str
    wire: str
    type: KeyType


@dataclass(frozen=True, slots=True)
class Throughput:
    """Provisioned capacity units of a table or of a global index."""

    read: int
    write: int

    def request(self) -> dict[str, int]:
        """Give the `ProvisionedThroughput` of a request."""
        return {"ReadCapacityUnits": self.read, "WriteCapacityUnits": self.write}


@dataclass(frozen=True, slots=True)
class Encryption:
    """Encryption at rest with a KMS key: AWS's own for DynamoDB where no key is named."""

    kms_key_id: str | None = None

    def request(self) -> dict[str, Any]:
        """Give the `SSESpecification` of a request."""
        specification: dict[str, Any] = {"Enabled": True, "SSEType": "KMS"}
        if self.kms_key_id is not None:
            specification["KMSMasterKeyId"] = self.kms_key_id
        return specification


@dataclass(frozen=True, slots=True)
class IndexSchema:
    """A secondary index.

    Attributes:
        attribute: The name of the model's class attribute that declares the index.
        hash_keys: One attribute, or up to four on a global index.
        range_keys: None, one, or up to four on a global index.
        projection: `ALL`, `KEYS_ONLY` or `INCLUDE`.
        include: The projected attributes' names in DynamoDB, with `INCLUDE`.
        local: Whether it is a local index, which shares the table's partition key.
        throughput: A global index's own capacity, where it is declared.
    """

    name: str
    attribute: str
    hash_keys: tuple[KeyAttribute, ...]
    range_keys: tuple[KeyAttribute, ...]
    projection: Literal["ALL", "KEYS_ONLY", "INCLUDE"]
    include: tuple[str, ...]
    local: bool
    throughput: Throughput | None = None

    @property
    def keys(self) -> tuple[KeyAttribute, ...]:
        """The hash keys, then the range keys."""
        return self.hash_keys + self.range_keys

    def request(self) -> dict[str, Any]:
        """Give the index as CreateTable's `GlobalSecondaryIndexes` and UpdateTable take it."""
        projection: dict[str, Any] = {"ProjectionType": self.projection}
        if self.include:
            projection["NonKeyAttributes"] = list(self.include)
        return {
            "IndexName": self.name,
            "KeySchema": _key_schema(self.hash_keys, self.range_keys),
            "Projection": projection,
        }


@dataclass(frozen=True, slots=True)
class UniqueSchema:
    """An attribute of which no two items have the same value.

    Attributes:
        name: Its name in Python.
        wire: Its name in DynamoDB.
        normalise: Makes equal what counts as the same; it takes and gives what is stored.
    """

    name: str
    wire: str
    normalise: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table as its model declares it.

    Attributes:
        table_name: The declared name, before any prefix of a database.
        version: The attribute that counts versions, for optimistic locking.
        ttl: The name in DynamoDB of the attribute that says when an item expires.
        throughput: The provisioned capacity; None when requests are paid for one by one.
        stream_view: The stream's view type; None without a stream.
        encryption: None for the key that AWS owns, DynamoDB's default.
        created: The attribute that says when an item was first stored.
        updated: The attribute that says when it was last written.
        deleted: The attribute that says when it was deleted, where deleted items are kept.
        hide_expired: Whether reads leave out items whose time to live is over.
        unique: The attributes of which no two items have the same value.
        audit: The table that keeps what was done to this one.
        shards: Over how many partitions each partition key is spread; 1 means that it is not.
    """

    table_name: str
    hash_key: KeyAttribute
    range_key: KeyAttribute | None
    indexes: Mapping[str, IndexSchema] = field(default_factory=lambda: MappingProxyType({}))
    version: AttributeName | None = None
    ttl: str | None = None
    billing: Literal["PAY_PER_REQUEST", "PROVISIONED"] = "PAY_PER_REQUEST"
    throughput: Throughput | None = None
    stream_view: str | None = None
    point_in_time_recovery: bool = False
    deletion_protection: bool = False
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    encryption: Encryption | None = None
    created: AttributeName | None = None
    updated: AttributeName | None = None
    deleted: AttributeName | None = None
    hide_expired: bool = False
    unique: tuple[UniqueSchema, ...] = ()
    audit: type[Model] | None = None
    shards: int = 1

    @property
    def keys(self) -> tuple[KeyAttribute, ...]:
        """The partition key, then the sort key where there is one."""
        return (self.hash_key,) if self.range_key is None else (self.hash_key, self.range_key)

    def create_table_request(self, table_name: str | None = None) -> dict[str, Any]:
        """Build the request of CreateTable.

        TTL and point-in-time recovery are not part of it: DynamoDB sets them by operations of their
        own once the table is active.

        Args:
            table_name: The table's full name; the declared one without it.
        """
        indexes = self.indexes.values()
        types = {key.wire: key.type for key in self.keys}
        for index in indexes:
            for key in index.keys:
                types.setdefault(key.wire, key.type)
        request: dict[str, Any] = {
            "TableName": table_name or self.table_name,
            "AttributeDefinitions": [
                {"AttributeName": wire, "AttributeType": type_} for wire, type_ in types.items()
            ],
            "KeySchema": _key_schema(
                (self.hash_key,), () if self.range_key is None else (self.range_key,)
            ),
            "BillingMode": self.billing,
        }
        if self.throughput is not None:
            request["ProvisionedThroughput"] = self.throughput.request()
        global_indexes = [self._global_index(index) for index in indexes if not index.local]
        if global_indexes:
            request["GlobalSecondaryIndexes"] = global_indexes
        local_indexes = [index.request() for index in indexes if index.local]
        if local_indexes:
            request["LocalSecondaryIndexes"] = local_indexes
        if self.stream_view is not None:
            request["StreamSpecification"] = {
                "StreamEnabled": True,
                "StreamViewType": self.stream_view,
            }
        if self.deletion_protection:
            request["DeletionProtectionEnabled"] = True
        if self.tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        if self.encryption is not None:
            request["SSESpecification"] = self.encryption.request()
        return request

    def _global_index(self, index: IndexSchema) -> dict[str, Any]:
        request = index.request()
        # DynamoDB wants a capacity for every global index of a provisioned table, and none for
        # the others.
        throughput = index.throughput or self.throughput
        if self.throughput is not None and throughput is not None:
            request["ProvisionedThroughput"] = throughput.request()
        return request


def _key_schema(
    hash_keys: tuple[KeyAttribute, ...], range_keys: tuple[KeyAttribute, ...]
) -> list[dict[str, str]]:
    return [{"AttributeName": key.wire, "KeyType": "HASH"} for key in hash_keys] + [
        {"AttributeName": key.wire, "KeyType": "RANGE"} for key in range_keys
    ]


# A class that is declared later can join a discriminator and bring indexes with it, so a schema is
# kept with the number of classes that it was read from.
_schemas: WeakKeyDictionary[type[Model], tuple[int, TableSchema]] = WeakKeyDictionary()


def schema_of(model: type[Model]) -> TableSchema:
    """Read what a model declares about its table.

    The answer is kept per class, so a later change of `Meta` is not seen.

    Args:
        model: A `Table`, or a plain PynamoDB model.

    Raises:
        InvalidRequest: It is no model, names no table, has no partition key, or an index or key has
            a type that DynamoDB does not take in keys.
    """
    if not _is_model(model):
        raise InvalidRequest(f"{model!r} is no model; give the class that declares the table")
    classes = registered_number(model)
    number, schema = _schemas.get(model, (0, None))
    if schema is None or number != classes:
        schema = _read(model)
        _schemas[model] = classes, schema
    return schema


def _is_model(given: object) -> bool:
    return isinstance(given, type) and issubclass(given, Model)


def _read(model: type[Model]) -> TableSchema:
    meta: Any = getattr(model, "Meta", None)
    name: str | None = getattr(meta, "table_name", None)
    if not name:
        raise InvalidRequest(
            f"{model.__name__} names no table; declare it as "
            f'`class {model.__name__}(Table, name="...")`'
        )
    attributes = attributes_of(model)
    hash_key = range_key = version = None
    for python, attribute in attributes.items():
        if attribute.is_hash_key:
            hash_key = _key(model, python, attribute)
        if attribute.is_range_key:
            range_key = _key(model, python, attribute)
        if python == version_name(model):
            version = AttributeName(python, attribute.attr_name)
    if hash_key is None:
        raise InvalidRequest(
            f"{model.__name__} has no partition key; declare one attribute with hash_key=True"
        )
    ttl = ttl_of(model)
    try:
        check_expiry(model)
    except TypeError as error:
        raise InvalidRequest(str(error)) from error
    billing, throughput = _capacity(model, meta)
    encryption = getattr(meta, "encryption", None)
    return TableSchema(
        table_name=name,
        hash_key=hash_key,
        range_key=range_key,
        indexes=MappingProxyType(
            {index.name: index for index in _indexes(model, hash_key)},
        ),
        version=version,
        ttl=None if ttl is None else ttl.attr_name,
        billing=billing,
        throughput=throughput,
        stream_view=getattr(meta, "stream_view_type", None),
        point_in_time_recovery=bool(getattr(meta, "point_in_time_recovery", False)),
        deletion_protection=bool(getattr(meta, "deletion_protection", False)),
        tags=MappingProxyType(dict(getattr(meta, "tags", None) or {})),
        encryption=_encryption(encryption),
        created=_role(model, "created"),
        updated=_role(model, "updated"),
        deleted=_role(model, "deleted"),
        hide_expired=getattr(meta, "expired", "show") == "hide",
        unique=tuple(_unique(model)),
        audit=getattr(meta, "audit", None),
        shards=getattr(meta, "shards", 1),
    )


def _role(model: type[Model], role: str) -> AttributeName | None:
    found = attribute_with(model, role)
    return None if found is None else AttributeName(found.name, found.attr_name)


def _unique(model: type[Model]) -> Iterator[UniqueSchema]:
    for one in fields_of(model):
        unique = one.declaration.unique
        if unique:
            normalise = str if unique is True else unique
            yield UniqueSchema(one.name, one.attr_name, normalise)


def _encryption(declared: bool | str | None) -> Encryption | None:
    if declared is None or declared is False:
        return None
    return Encryption(None if declared is True else declared)


def _capacity(
    model: type[Model], meta: Any
) -> tuple[Literal["PAY_PER_REQUEST", "PROVISIONED"], Throughput | None]:
    read: int | None = getattr(meta, "read_capacity_units", None)
    write: int | None = getattr(meta, "write_capacity_units", None)
    billing = getattr(meta, "billing_mode", None)
    if billing is None:
        provisioned = read is not None or write is not None
        billing = PROVISIONED_BILLING_MODE if provisioned else PAY_PER_REQUEST_BILLING_MODE
    if billing == PAY_PER_REQUEST_BILLING_MODE:
        return "PAY_PER_REQUEST", None
    if read is None or write is None:
        raise InvalidRequest(
            f"{model.__name__} is billed as PROVISIONED, which needs read and write capacity units"
        )
    return "PROVISIONED", Throughput(read, write)


def _indexes(model: type[Model], hash_key: KeyAttribute) -> Iterator[IndexSchema]:
    found = dict(indexes_of(model))
    # Classes that share the table add their indexes to it, as PynamoDB does it.
    for derived in registered_classes(model):
        found.update(indexes_of(derived))
    for name, index in found.items():
        yield _index(model, name, index, hash_key)


def _index(model: type[Model], name: str, index: Index[Any], hash_key: KeyAttribute) -> IndexSchema:
    meta: Any = index.Meta
    owner = owner_of(index)
    python_names = {
        attribute.attr_name: python for python, attribute in attributes_of(owner).items()
    }
    hash_keys: list[KeyAttribute] = []
    range_keys: list[KeyAttribute] = []
    declared: dict[str, Attribute[Any]] = meta.attributes
    hash_names: tuple[str, ...] | None = getattr(meta, "hash_names", None)
    for own_name, attribute in declared.items():
        python = python_names.get(attribute.attr_name, own_name)
        # Our indexes borrow the table's attributes, whose flags speak of the table's key.
        in_hash = own_name in hash_names if hash_names is not None else attribute.is_hash_key
        in_range = not in_hash if hash_names is not None else attribute.is_range_key
        if in_hash:
            hash_keys.append(_key(model, python, attribute))
        elif in_range:
            range_keys.append(_key(model, python, attribute))
    local = isinstance(index, LocalSecondaryIndex)
    if local and not hash_keys:
        hash_keys.append(hash_key)
    if not hash_keys or not isinstance(index, GlobalSecondaryIndex | LocalSecondaryIndex):
        raise InvalidRequest(f"the index {name} of {model.__name__} has no partition key")
    read: int | None = getattr(meta, "read_capacity_units", None)
    write: int | None = getattr(meta, "write_capacity_units", None)
    return IndexSchema(
        name=name,
        attribute=_declared_as(owner, name),
        hash_keys=tuple(hash_keys),
        range_keys=tuple(range_keys),
        projection=meta.projection.projection_type,
        include=tuple(meta.projection.non_key_attributes or ()),
        local=local,
        throughput=None if read is None or write is None else Throughput(read, write),
    )


def _declared_as(owner: type[Model], index_name: str) -> str:
    for name in dir(owner):
        value: Any = getattr(owner, name, None)
        if isinstance(value, Index) and value.Meta.index_name == index_name:
            return name
    return index_name


def _key(model: type[Model], python: str, attribute: Attribute[Any]) -> KeyAttribute:
    for key_type in _KEY_TYPES:
        if attribute.attr_type == key_type:
            return KeyAttribute(python, attribute.attr_name, key_type)
    raise InvalidRequest(
        f"the key attribute '{python}' of {model.__name__} is stored as {attribute.attr_type}; "
        "DynamoDB's keys are strings, numbers or binary"
    )
