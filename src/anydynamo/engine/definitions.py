"""Checking what a CreateTable or UpdateTable declares: keys, indexes, throughput, streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine.errors import validation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "GLOBAL_INDEXES",
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

GLOBAL_INDEXES = 20
_LOCAL_INDEXES = 5
_KEY_ATTRIBUTES = 4
_PROJECTED_ATTRIBUTES = 100
_TAGS = 50
_INVALID = "One or more parameter values were invalid: "


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
        raise validation(
            f"1 validation error detected: Value of {len(schema)} entries at 'keySchema' failed to"
            " satisfy constraint: Member must have length less than or equal to 2"
        )
    if definitions is not None:
        check_key_definitions(schema, definitions)
    _check_order(schema)
    if len(schema) == 2 and schema[1]["KeyType"] != "RANGE":
        raise validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")


def _check_order(schema: Sequence[Mapping[str, str]]) -> None:
    if schema[0]["KeyType"] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    names = [entry["AttributeName"] for entry in schema]
    if len(set(names)) != len(names):
        if len(names) == 2:
            raise validation(
                "Both the Hash Key and the Range Key element in the KeySchema have the same name"
            )
        raise validation("Invalid KeySchema: Some elements have the same name")


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
                f"{_INVALID}Some AttributeDefinitions are not used. AttributeDefinitions:"
                f" [{', '.join(defined)}], keys used: [{', '.join(used)}]"
            )
        raise validation(
            f"{_INVALID}Number of attributes in KeySchema does not exactly match number of"
            " attributes defined in AttributeDefinitions"
        )


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
        raise validation("Cannot have two attributes with the same name")
    names = [entry["AttributeName"] for entry in schema]
    if len(defined) < len(names):
        raise validation("Invalid KeySchema: Some index key attribute have no definition")
    _check_defined(names, defined)


def _check_defined(keys: Sequence[str], defined: Sequence[str]) -> None:
    if not set(keys).issubset(defined):
        raise validation(
            f"{_INVALID}Some index key attributes are not defined in AttributeDefinitions."
            f" Keys: [{', '.join(keys)}], AttributeDefinitions: [{', '.join(defined)}]"
        )


def check_local_indexes(
    indexes: Sequence[Mapping[str, Any]], table_schema: Sequence[Mapping[str, str]]
) -> None:
    """Check local secondary indexes: the table's partition key, and a sort key of their own.

    Raises:
        EngineError: A ValidationException.
    """
    if not indexes:
        raise validation(f"{_INVALID}List of LocalSecondaryIndexes is empty")
    if len(table_schema) < 2:
        raise validation(
            f"{_INVALID}Table KeySchema does not have a range key, which is required when"
            " specifying a LocalSecondaryIndex"
        )
    if len(indexes) > _LOCAL_INDEXES:
        raise validation(
            f"{_INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of {_LOCAL_INDEXES}"
        )
    for index in indexes:
        name, schema = index["IndexName"], index["KeySchema"]
        check_table_keys(schema)
        if len(schema) < 2:
            raise validation(
                f"{_INVALID}Index KeySchema does not have a range key for index: {name}"
            )
        own, others = schema[0]["AttributeName"], table_schema[0]["AttributeName"]
        if own != others:
            raise validation(
                f"{_INVALID}Index KeySchema does not have the same leading hash key as table"
                f" KeySchema for index: {name}. index hash key: {own}, table hash key: {others}"
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
        raise validation("Invalid KeySchema: HASH key elements must come before RANGE ones")
    if kinds.count("HASH") > _KEY_ATTRIBUTES or kinds.count("RANGE") > _KEY_ATTRIBUTES:
        raise validation(
            f"{_INVALID}KeySchema of index {index['IndexName']} exceeds the limit of"
            f" {_KEY_ATTRIBUTES} HASH and {_KEY_ATTRIBUTES} RANGE attributes"
        )
    _check_projection(index["Projection"])


def _check_projection(projection: Mapping[str, Any]) -> None:
    kind, names = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    if kind is None:
        raise validation(f"{_INVALID}Unknown ProjectionType: null")
    if kind == "INCLUDE":
        if not names:
            raise validation(
                f"{_INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
            )
        if len(set(names)) != len(names):
            raise validation(f"{_INVALID}Duplicate attribute in NonKeyAttributes")
    elif names is not None:
        raise validation(f"{_INVALID}ProjectionType is {kind}, but NonKeyAttributes is specified")


def check_index_names(indexes: Iterable[Mapping[str, Any]]) -> None:
    """Check that no two indexes of a table have the same name.

    Raises:
        EngineError: A ValidationException.
    """
    seen: set[str] = set()
    for index in indexes:
        name = index["IndexName"]
        if name in seen:
            raise validation(f"{_INVALID}Duplicate index name: {name}")
        seen.add(name)


def check_projected(indexes: Iterable[Mapping[str, Any]]) -> None:
    """Check how many attributes all indexes of a table project by name, taken together.

    Raises:
        EngineError: A ValidationException.
    """
    count = sum(len(index["Projection"].get("NonKeyAttributes") or ()) for index in indexes)
    if count > _PROJECTED_ATTRIBUTES:
        raise validation(
            f"{_INVALID}Number of attributes projected by name, {count}, exceeds the limit of"
            f" {_PROJECTED_ATTRIBUTES} for all indexes of a table"
        )


def check_throughput(billing: str, throughput: Mapping[str, int] | None) -> None:
    """Check that a table's throughput was given if, and only if, it is provisioned.

    Raises:
        EngineError: A ValidationException.
    """
    if billing == "PROVISIONED" and throughput is None:
        raise validation(
            f"{_INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when"
            " BillingMode is PROVISIONED"
        )
    if billing == "PAY_PER_REQUEST" and throughput is not None:
        raise validation(
            f"{_INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when"
            " BillingMode is PAY_PER_REQUEST"
        )


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
        raise validation(f"{_INVALID}SSEType {kind} is not supported; the only one is KMS")
    if "KMSMasterKeyId" in specification and kind is None:
        raise validation(f"{_INVALID}SSEType KMS is required if KMSMasterKeyId is specified")


def distinct_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return tags by their keys.

    Source: "Tagging restrictions in DynamoDB" of the Amazon DynamoDB Developer Guide.

    Raises:
        EngineError: A ValidationException; two have the same key, or one has a key of AWS's.
    """
    distinct = {tag["Key"]: tag["Value"] for tag in tags}
    if len(distinct) != len(tags):
        raise validation(f"{_INVALID}Duplicate tag key")
    if any(key.lower().startswith("aws:") for key in distinct):
        # The text is ours.
        raise validation(f"{_INVALID}Tag keys that begin with aws: are reserved for AWS")
    return distinct


def check_tag_count(tags: Mapping[str, str]) -> None:
    """Check how many tags a table has.

    Source: "Tagging restrictions in DynamoDB" of the Amazon DynamoDB Developer Guide.

    Raises:
        EngineError: A ValidationException.
    """
    if len(tags) > _TAGS:
        raise validation(f"Too many tags: a table can have {_TAGS} at most")


def check_stream(specification: Mapping[str, Any] | None) -> None:
    """Check that a stream has a view type if, and only if, it is enabled.

    Raises:
        EngineError: A ValidationException.
    """
    if specification is None:
        return
    view = specification.get("StreamViewType")
    if specification["StreamEnabled"] and view is None:
        raise validation(
            f"{_INVALID}StreamSpecification has StreamEnabled as true, but StreamViewType is not"
            " specified"
        )
    if not specification["StreamEnabled"] and view is not None:
        raise validation(
            f"{_INVALID}StreamSpecification has StreamEnabled as false, but StreamViewType is"
            " specified"
        )


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
