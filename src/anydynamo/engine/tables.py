"""CreateTable, DescribeTable, ListTables, UpdateTable and DeleteTable.

A description is stored in CreateTable's own names and shapes. Everything takes effect at once:
there is no CREATING or UPDATING to wait for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from anydynamo.engine.access import check_index_keys, find_index, item_key
from anydynamo.engine.actions import check_put_size
from anydynamo.engine.copies import keep_deleted
from anydynamo.engine.definitions import (
    GLOBAL_INDEXES,
    check_definitions,
    check_global_index,
    check_index_names,
    check_local_indexes,
    check_projected,
    check_stream,
    check_table_keys,
    check_tag_count,
    check_throughput,
    distinct_tags,
)
from anydynamo.engine.descriptions import describe, stored_document
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.layout import (
    TABLES,
    TOTALS,
    Table,
    encode,
    index_space,
    pack,
    size_of,
    unpack,
)
from anydynamo.engine.policies import check_policy, new_policy
from anydynamo.engine.streams import close_stream, drop_ended, open_stream
from anydynamo.engine.values import measured_item
from anydynamo.engine.writes import Changes, Stored, write_totals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from anydynamo.engine.layout import Index
    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "create_table",
    "delete_table",
    "describe_table",
    "fill_index",
    "list_tables",
    "update_table",
    "used_definitions",
    "without_nulls",
]

_INVALID = "One or more parameter values were invalid: "
_LISTED = 100
_SETTINGS = (
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSESpecification",
    "TableClass",
    "WarmThroughput",
)
_CHANGES = (
    *_SETTINGS,
    "BillingMode",
    "GlobalSecondaryIndexUpdates",
    "StreamSpecification",
)


def create_table(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Create a table, with the items that the store held for it if there were any.

    Raises:
        EngineError: The request is not valid.
    """
    given = without_nulls(request)
    name, schema = given["TableName"], given["KeySchema"]
    local = given.get("LocalSecondaryIndexes", [])
    globally = given.get("GlobalSecondaryIndexes", [])
    billing = given.get("BillingMode", "PROVISIONED")
    check_throughput(billing, given.get("ProvisionedThroughput"))
    check_table_keys(schema)
    if "LocalSecondaryIndexes" in given:
        check_local_indexes(local, schema)
    if "GlobalSecondaryIndexes" in given:
        _check_global_indexes(globally, billing)
    indexes = [*local, *globally]
    check_definitions(
        given["AttributeDefinitions"],
        [schema, *(index["KeySchema"] for index in indexes)],
        indexed=bool(indexes),
    )
    check_index_names(indexes)
    check_projected(indexes)
    check_stream(given.get("StreamSpecification"))
    tags = distinct_tags(given.get("Tags", []))
    check_tag_count(tags)
    policy = given.get("ResourcePolicy")
    if policy is not None:
        check_policy(policy)

    def work(writer: Writer) -> dict[str, Any]:
        if writer.get(TABLES, name.encode()) is not None:
            raise EngineError("ResourceInUseException", f"Table already exists: {name}")
        at = now()
        drop_ended(writer, at)
        document = {
            "TableId": str(uuid4()),
            "TableName": name,
            "AttributeDefinitions": given["AttributeDefinitions"],
            "KeySchema": schema,
            "LocalSecondaryIndexes": local,
            "GlobalSecondaryIndexes": globally,
            "BillingMode": billing,
            "CreationDateTime": at,
            "DeletionProtectionEnabled": False,
            "Tags": tags,
            **{key: given[key] for key in _SETTINGS if key in given},
        }
        if billing == "PAY_PER_REQUEST":
            document["BillingModeDateTime"] = at
        if policy is not None:
            document["ResourcePolicy"] = new_policy(policy, at)
        _set_stream(writer, document, given.get("StreamSpecification"), at)
        table = _save(writer, document)
        for space in (table.items, *(index.space for index in table.indexes)):
            write_totals(writer, space, 0, 0)
        _adopt(writer, table, now)
        return {"TableDescription": describe(writer, document)}

    return work


def without_nulls(value: Any) -> Any:
    """Copy JSON without its nulls, so that nothing of the caller's is kept."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {
            name: without_nulls(member) for name, member in members.items() if member is not None
        }
    if isinstance(value, list):
        return [without_nulls(element) for element in cast("list[object]", value)]
    return value


def _check_global_indexes(indexes: list[dict[str, Any]], billing: str) -> None:
    if not indexes:
        raise validation(f"{_INVALID}List of GlobalSecondaryIndexes is empty")
    if len(indexes) > GLOBAL_INDEXES:
        raise validation(
            f"{_INVALID}Number of GlobalSecondaryIndexes exceeds per-table limit of"
            f" {GLOBAL_INDEXES}"
        )
    for index in indexes:
        check_global_index(index)
        check_throughput(billing, index.get("ProvisionedThroughput"), index["IndexName"])


def _set_stream(
    writer: Writer,
    document: dict[str, Any],
    specification: Mapping[str, Any] | None,
    at: float,
) -> None:
    if specification is None:
        return
    if specification["StreamEnabled"]:
        document["StreamSpecification"] = specification
        document["StreamLabel"] = open_stream(writer, document, at)
    else:
        close_stream(writer, Table.parse(document), at)
        # The label stays: DescribeTable goes on naming the latest stream.
        document.pop("StreamSpecification", None)


def _save(writer: Writer, document: Mapping[str, Any]) -> Table:
    raw = encode(document)
    writer.put(TABLES, document["TableName"].encode(), raw)
    return Table.load(raw)


def _adopt(writer: Writer, table: Table, now: Callable[[], float]) -> None:
    changes = Changes(writer, now)
    for place, given in writer.adopt(table.name):
        try:
            item, size = measured_item(given)
            key = item_key(table, item)
            check_index_keys(table, item)
            check_put_size(size)
        except EngineError as error:
            raise EngineError(error.code, f"{place}: {error.message}") from None
        if writer.get(table.items, key) is not None:
            raise validation(f"{place}: another item has the same key")
        changes.put(table, key, Stored(None), item, size)
    changes.finish()


def describe_table(request: Mapping[str, Any]) -> Callable[[Reader], dict[str, Any]]:
    """Describe a table."""
    name = request["TableName"]
    return lambda reader: {"Table": describe(reader, stored_document(reader, name))}


def list_tables(request: Mapping[str, Any]) -> Callable[[Reader], dict[str, Any]]:
    """List the tables' names, ordered, a page at a time."""
    last = request.get("ExclusiveStartTableName")
    start = b"" if last is None else last.encode() + b"\x00"
    limit = request.get("Limit") or _LISTED

    def work(reader: Reader) -> dict[str, Any]:
        names: list[str] = []
        for key, _ in reader.scan(TABLES, start=start):
            if len(names) == limit:
                return {"TableNames": names, "LastEvaluatedTableName": names[-1]}
            names.append(key.decode())
        return {"TableNames": names}

    return work


def delete_table(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Delete a table with all its items, unless it is protected; its stream ends.

    If its point-in-time recovery is enabled, a backup of it is left.
    """
    name = request["TableName"]

    def work(writer: Writer) -> dict[str, Any]:
        document = stored_document(writer, name)
        if document["DeletionProtectionEnabled"]:
            raise validation(
                "Resource cannot be deleted as it is currently protected against deletion. Disable"
                " deletion protection first."
            )
        described = describe(writer, document)
        described["TableStatus"] = "DELETING"
        table = Table.parse(document)
        at = now()
        keep_deleted(writer, document, at)
        drop_ended(writer, at)
        close_stream(writer, table, at)
        for space in (table.items, *(index.space for index in table.indexes)):
            writer.clear(space)
            writer.delete(TOTALS, space.encode())
        if table.expiry is not None:
            writer.clear(table.expiry.space)
        if table.history is not None:
            writer.clear(table.history.space)
        writer.delete(TABLES, table.name.encode())
        return {"TableDescription": described}

    return work


def update_table(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Change a table's billing, throughput, stream, protection or global indexes.

    Raises:
        EngineError: The request is not valid.
    """
    given = without_nulls(request)
    # An empty list of index updates is no change; false is one.
    if all(given.get(key) in (None, []) for key in _CHANGES):
        raise validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled,"
            " GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
        )
    check_stream(given.get("StreamSpecification"))
    updates = [_index_update(update) for update in given.get("GlobalSecondaryIndexUpdates", ())]
    _check_updates(updates)

    def work(writer: Writer) -> dict[str, Any]:
        document = stored_document(writer, given["TableName"])
        at = now()
        drop_ended(writer, at)
        _change_billing(document, given, at)
        document.update((key, given[key]) for key in _SETTINGS if key in given)
        _change_stream(writer, document, given.get("StreamSpecification"), at)
        for kind, update in updates:
            _change_index(document, kind, update)
        if updates:
            _change_definitions(document, given)
            check_projected(_indexes(document))
        table = _save(writer, document)
        for kind, update in updates:
            if kind == "Create":
                fill_index(writer, table, find_index(table, update["IndexName"]))
            elif kind == "Delete":
                space = index_space(table.id, update["IndexName"])
                writer.clear(space)
                writer.delete(TOTALS, space.encode())
        return {"TableDescription": describe(writer, document)}

    return work


def _indexes(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*document["LocalSecondaryIndexes"], *document["GlobalSecondaryIndexes"]]


def _index_update(update: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if len(update) != 1:
        raise validation(
            f"{_INVALID}One of GlobalSecondaryIndexUpdate.Update,"
            " GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be"
            " null"
        )
    kind, body = next(iter(update.items()))
    if kind == "Create":
        check_global_index(body)
    return kind, body


def _check_updates(updates: list[tuple[str, dict[str, Any]]]) -> None:
    names = [body["IndexName"] for _, body in updates]
    if len(set(names)) != len(names):
        raise validation(
            f"{_INVALID}Only one global secondary index update per index is allowed simultaneously"
        )
    if sum(kind != "Update" for kind, _ in updates) > 1:
        raise EngineError(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted"
            " simultaneously per table",
        )


def _change_billing(document: dict[str, Any], given: Mapping[str, Any], at: float) -> None:
    billing = given.get("BillingMode", document["BillingMode"])
    throughput = given.get("ProvisionedThroughput")
    changed = billing != document["BillingMode"]
    if changed or billing == "PAY_PER_REQUEST":
        check_throughput(billing, throughput)
    if not changed:
        return
    document["BillingMode"] = billing
    document["BillingModeDateTime"] = at
    if billing == "PAY_PER_REQUEST":
        for place in (document, *document["GlobalSecondaryIndexes"]):
            place.pop("ProvisionedThroughput", None)
        return
    for index in document["GlobalSecondaryIndexes"]:
        index.setdefault("ProvisionedThroughput", throughput)


def _change_stream(
    writer: Writer,
    document: dict[str, Any],
    specification: Mapping[str, Any] | None,
    at: float,
) -> None:
    if specification is None:
        return
    enabled = "StreamSpecification" in document
    if specification["StreamEnabled"] and enabled:
        raise validation(f"{_INVALID}Table already has an enabled stream")
    if not specification["StreamEnabled"] and not enabled:
        raise validation(f"{_INVALID}Table already has a disabled stream")
    _set_stream(writer, document, specification, at)


def _change_index(document: dict[str, Any], kind: str, update: dict[str, Any]) -> None:
    name, indexes = update["IndexName"], document["GlobalSecondaryIndexes"]
    known = next((index for index in indexes if index["IndexName"] == name), None)
    if kind == "Create":
        taken = [index["IndexName"] for index in document["LocalSecondaryIndexes"]]
        if known is not None or name in taken:
            raise validation("Attempting to create an index which already exists: " + name)
        if len(indexes) >= GLOBAL_INDEXES:
            raise EngineError(
                "LimitExceededException",
                f"Number of GlobalSecondaryIndexes exceeds per-table limit of {GLOBAL_INDEXES}",
            )
        check_throughput(document["BillingMode"], update.get("ProvisionedThroughput"), name)
        indexes.append(update)
        return
    if known is None:
        raise EngineError(
            "ResourceNotFoundException",
            f"Requested resource not found: Index: {name} not found",
        )
    if kind == "Delete":
        indexes.remove(known)
        return
    if document["BillingMode"] == "PAY_PER_REQUEST":
        check_throughput("PAY_PER_REQUEST", update.get("ProvisionedThroughput"), name)
    known.update(update)


def _change_definitions(document: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Take over new attribute definitions, and drop those that no key has any longer."""
    types = {
        entry["AttributeName"]: entry["AttributeType"] for entry in document["AttributeDefinitions"]
    }
    schemas = [document["KeySchema"], *(index["KeySchema"] for index in _indexes(document))]
    for entry in given.get("AttributeDefinitions", ()):
        name, kind = entry["AttributeName"], entry["AttributeType"]
        if types.setdefault(name, kind) != kind:
            raise validation(
                f"{_INVALID}Attribute {name} is defined as {types[name]} already, and an attribute"
                " has one type in all keys"
            )
    known = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    document["AttributeDefinitions"] = used_definitions(document, known)
    check_definitions(document["AttributeDefinitions"], schemas, indexed=True)


def used_definitions(
    document: Mapping[str, Any], known: Iterable[dict[str, str]]
) -> list[dict[str, str]]:
    """Return the attribute definitions that a key of a table or of its indexes has."""
    schemas = [document["KeySchema"], *(index["KeySchema"] for index in _indexes(document))]
    used = {entry["AttributeName"] for keys in schemas for entry in keys}
    return [entry for entry in known if entry["AttributeName"] in used]


def fill_index(writer: Writer, table: Table, index: Index) -> None:
    """Make the entries of an index from the items that are there, and count them."""
    # The entries go to another space than the one that is walked.
    count = size = 0
    for _, raw in writer.scan(table.items):
        item = unpack(raw)
        key = index.key(table, item)
        if key is None:
            continue
        value = raw if index.projected is None else pack(index.project(item))
        writer.put(index.space, key, value)
        count += 1
        size += size_of(value)
    write_totals(writer, index.space, count, size)
