"""Checking what a CreateTable or UpdateTable declares: keys, indexes, throughput, streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.limits import INDEX_KEY_ATTRIBUTES, LOCAL_INDEXES, PROJECTED_ATTRIBUTES, TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "check_definitions",
    "check_encryption",
    "check_global_index",
    "check_index_names",
    "check_key_definitions",
    "check_local_indexes",
    "check_projected",
    "check_stream",
    "check_table_keys",
    "check_tag_count",
    "check_throughput",
    "distinct_tags",
    "indexes_of",
    "used_definitions",
]


def check_table_keys(
    schema: Sequence[Mapping[str, str]],
    definitions: Iterable[Mapping[str, str]] | None = None,
) -> None:
    """Check a key schema as tables have it: a partition key, and perhaps a sort key.

    Args:
        schema: The key schema.
        definitions: The definitions that a new table's keys must have, which is asked before what
            kind of keys they are, so that one attribute for both keys lacks a definition. That
            order is Dynoxide's, and nowhere documented. None: they are checked elsewhere.

    Raises:
        EngineError: A ValidationException.
    """
    if len(schema) > 2:
        raise validation(texts.tables.KEY_SCHEMA_LENGTH, count=len(schema))
    if definitions is not None:
        check_key_definitions(schema, definitions)
    _check_order(schema)
    if len(schema) == 2 and schema[1]["KeyType"] != "RANGE":
        raise validation(texts.tables.SECOND_KEY_NOT_RANGE)


def _check_order(schema: Sequence[Mapping[str, str]]) -> None:
    if schema[0]["KeyType"] != "HASH":
        raise validation(texts.tables.FIRST_KEY_NOT_HASH)
    names = [entry["AttributeName"] for entry in schema]
    if len(set(names)) != len(names):
        if len(names) == 2:
            raise validation(texts.tables.ONE_NAME_FOR_BOTH_KEYS)
        raise validation(texts.tables.ONE_NAME_IN_KEY_SCHEMA)


def check_definitions(
    definitions: Iterable[Mapping[str, str]],
    schemas: Iterable[Sequence[Mapping[str, str]]],
    *,
    indexed: bool,
) -> None:
    """Check that key attributes and attribute definitions are the same ones.

    Args:
        definitions: The `AttributeDefinitions`, each of a name of its own.
        schemas: The key schemas of the table and all its indexes.
        indexed: Whether there are indexes, for the wording.

    Raises:
        EngineError: A ValidationException.
    """
    defined = [entry["AttributeName"] for entry in definitions]
    used: dict[str, None] = {}
    for keys in schemas:
        names = [entry["AttributeName"] for entry in keys]
        _check_defined(names, defined)
        used.update(dict.fromkeys(names))
    if len(defined) > len(used):
        if indexed:
            raise validation(
                texts.tables.UNUSED_DEFINITIONS, defined=", ".join(defined), used=", ".join(used)
            )
        raise validation(texts.tables.KEYS_AND_DEFINITIONS_DIFFER)


def check_key_definitions(
    schema: Iterable[Mapping[str, str]], definitions: Iterable[Mapping[str, str]]
) -> None:
    """Check that the keys of a new table, or of an index that is added to one, are all defined.

    Fewer definitions than keys are told from wrong ones, as the service does it
    (aws-cloudformation/cfn-lint#1037, alexdebrie/dynamodbguide.com#16, getmoto/moto#4428).

    Raises:
        EngineError: A ValidationException.
    """
    defined = [entry["AttributeName"] for entry in definitions]
    if len(set(defined)) != len(defined):
        raise validation(texts.tables.ATTRIBUTE_DEFINED_TWICE)
    names = [entry["AttributeName"] for entry in schema]
    if len(defined) < len(names):
        raise validation(texts.tables.TOO_FEW_DEFINITIONS)
    _check_defined(names, defined)


def _check_defined(keys: Sequence[str], defined: Sequence[str]) -> None:
    if not set(keys).issubset(defined):
        raise validation(
            texts.tables.UNDEFINED_INDEX_KEYS, keys=", ".join(keys), defined=", ".join(defined)
        )


def check_local_indexes(
    indexes: Sequence[Mapping[str, Any]], table_schema: Sequence[Mapping[str, str]]
) -> None:
    """Check local secondary indexes: the table's partition key, and a sort key of their own.

    Raises:
        EngineError: A ValidationException.
    """
    if not indexes:
        raise validation(texts.tables.NO_LOCAL_INDEXES)
    if len(table_schema) < 2:
        raise validation(texts.tables.LOCAL_INDEX_WITHOUT_TABLE_SORT_KEY)
    if len(indexes) > LOCAL_INDEXES:
        raise validation(texts.tables.TOO_MANY_LOCAL_INDEXES)
    for index in indexes:
        name, schema = index["IndexName"], index["KeySchema"]
        check_table_keys(schema)
        if len(schema) < 2:
            raise validation(texts.tables.LOCAL_INDEX_WITHOUT_SORT_KEY, name=name)
        own, others = schema[0]["AttributeName"], table_schema[0]["AttributeName"]
        if own != others:
            raise validation(
                texts.tables.LOCAL_INDEX_OF_OTHER_HASH_KEY, name=name, own=own, others=others
            )
        _check_projection(index["Projection"])


def check_global_index(index: Mapping[str, Any]) -> None:
    """Check a global secondary index: one to four partition attributes, none to four sort ones.

    Source: "Multi-attribute keys pattern" of the Amazon DynamoDB Developer Guide.

    Raises:
        EngineError: A ValidationException.
    """
    schema = index["KeySchema"]
    _check_order(schema)
    kinds = [entry["KeyType"] for entry in schema]
    if kinds != sorted(kinds):
        raise validation(texts.tables.INDEX_KEYS_OUT_OF_ORDER)
    if kinds.count("HASH") > INDEX_KEY_ATTRIBUTES or kinds.count("RANGE") > INDEX_KEY_ATTRIBUTES:
        raise validation(texts.tables.TOO_MANY_INDEX_KEYS, index=index["IndexName"])
    _check_projection(index["Projection"])


def _check_projection(projection: Mapping[str, Any]) -> None:
    kind, names = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    if kind is None:
        raise validation(texts.tables.NO_PROJECTION_TYPE)
    if kind == "INCLUDE":
        if not names:
            raise validation(texts.tables.INCLUDE_WITHOUT_ATTRIBUTES)
        if len(set(names)) != len(names):
            raise validation(texts.tables.DUPLICATE_PROJECTED_ATTRIBUTE)
    elif names is not None:
        raise validation(texts.tables.ATTRIBUTES_WITHOUT_INCLUDE, kind=kind)


def check_index_names(indexes: Iterable[Mapping[str, Any]]) -> None:
    """Check that no two indexes of a table have the same name.

    Raises:
        EngineError: A ValidationException.
    """
    seen: set[str] = set()
    for index in indexes:
        name = index["IndexName"]
        if name in seen:
            raise validation(texts.tables.DUPLICATE_INDEX, name=name)
        seen.add(name)


def check_projected(indexes: Iterable[Mapping[str, Any]]) -> None:
    """Check how many attributes all indexes of a table project by name, taken together.

    Raises:
        EngineError: A ValidationException.
    """
    count = sum(len(index["Projection"].get("NonKeyAttributes") or ()) for index in indexes)
    if count > PROJECTED_ATTRIBUTES:
        raise validation(texts.tables.TOO_MANY_PROJECTED_ATTRIBUTES, count=count)


def check_throughput(billing: str, throughput: Mapping[str, int] | None) -> None:
    """Check that a table's throughput was given if, and only if, it is provisioned.

    Raises:
        EngineError: A ValidationException.
    """
    if billing == "PROVISIONED" and throughput is None:
        raise validation(texts.capacity.UNITS_MISSING)
    if billing == "PAY_PER_REQUEST" and throughput is not None:
        raise validation(texts.capacity.UNITS_ON_DEMAND)


def check_encryption(specification: Mapping[str, Any] | None) -> None:
    """Check how a table is to be encrypted: with a key of KMS, or as every table is.

    Source: `SSESpecification` of the Amazon DynamoDB API Reference.

    Raises:
        EngineError: A ValidationException.
    """
    if specification is None:
        return
    kind = specification.get("SSEType")
    if kind not in (None, "KMS"):
        raise validation(texts.tables.UNKNOWN_ENCRYPTION, kind=kind)
    if "KMSMasterKeyId" in specification and kind is None:
        raise validation(texts.tables.ENCRYPTION_TYPE_MISSING)


def distinct_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return tags by their keys.

    Source: "Tagging restrictions in DynamoDB" of the Amazon DynamoDB Developer Guide.

    Raises:
        EngineError: A ValidationException; two have the same key, or one has a key of AWS's.
    """
    distinct = {tag["Key"]: tag["Value"] for tag in tags}
    if len(distinct) != len(tags):
        raise validation(texts.settings.DUPLICATE_TAG)
    if any(key.lower().startswith("aws:") for key in distinct):
        raise validation(texts.settings.RESERVED_TAG)
    return distinct


def check_tag_count(tags: Mapping[str, str]) -> None:
    """Check how many tags a table has.

    Source: "Tagging restrictions in DynamoDB" of the Amazon DynamoDB Developer Guide.

    Raises:
        EngineError: A ValidationException.
    """
    if len(tags) > TAGS:
        raise validation(texts.settings.TOO_MANY_TAGS)


def check_stream(specification: Mapping[str, Any] | None) -> None:
    """Check that a stream has a view type if, and only if, it is enabled.

    Raises:
        EngineError: A ValidationException.
    """
    if specification is None:
        return
    view = specification.get("StreamViewType")
    if specification["StreamEnabled"] and view is None:
        raise validation(texts.tables.STREAM_VIEW_MISSING)
    if not specification["StreamEnabled"] and view is not None:
        raise validation(texts.tables.STREAM_VIEW_WITHOUT_STREAM)


def indexes_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the definitions of a table's indexes, the local ones first."""
    return [*document["LocalSecondaryIndexes"], *document["GlobalSecondaryIndexes"]]


def used_definitions(
    document: Mapping[str, Any], known: Iterable[dict[str, str]]
) -> list[dict[str, str]]:
    """Return the attribute definitions that a key of a table or of its indexes has."""
    schemas = [document["KeySchema"], *(index["KeySchema"] for index in indexes_of(document))]
    used = {entry["AttributeName"] for keys in schemas for entry in keys}
    return [entry for entry in known if entry["AttributeName"] in used]
