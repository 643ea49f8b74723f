"""CreateTable, DescribeTable, ListTables and DeleteTable.

A description is stored in CreateTable's own names and shapes; `states` has what a table is while it
is being created or deleted.
"""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import check_index_keys, item_key
from anydynamo.engine.items.actions import check_put_size
from anydynamo.engine.items.writes import Changes, Stored, write_totals
from anydynamo.engine.layout import (
    DELETED,
    TABLES,
    TOTALS,
    Table,
    encode,
    pack,
    size_of,
    unpack,
)
from anydynamo.engine.limits import GLOBAL_INDEXES
from anydynamo.engine.recovery.copies import keep_deleted
from anydynamo.engine.shapes import without_nulls
from anydynamo.engine.streams.records import close_stream, drop_ended, open_stream
from anydynamo.engine.tables.definitions import (
    check_definitions,
    check_encryption,
    check_global_index,
    check_index_names,
    check_local_indexes,
    check_projected,
    check_stream,
    check_table_keys,
    check_tag_count,
    distinct_tags,
)
from anydynamo.engine.tables.descriptions import describe, status_of
from anydynamo.engine.tables.policies import check_policy, new_policy
from anydynamo.engine.tables.provisioning import PER_REQUEST, check_capacity
from anydynamo.engine.tables.states import (
    check_ready,
    create_state,
    current_document,
    deleted_names,
    drop_deleted,
    in_use,
    settle,
)
from anydynamo.engine.values.values import measured_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.layout import Index
    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "SETTINGS",
    "create_table",
    "delete_table",
    "describe_table",
    "fill_index",
    "list_tables",
    "save_table",
    "set_stream",
]

_LISTED = 100
SETTINGS = (
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSESpecification",
    "TableClass",
    "WarmThroughput",
)


def create_table(
    request: Mapping[str, Any], surroundings: Surroundings
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
    check_capacity(given, globally)
    check_table_keys(schema, given["AttributeDefinitions"])
    if "LocalSecondaryIndexes" in given:
        check_local_indexes(local, schema)
    if "GlobalSecondaryIndexes" in given:
        _check_global_indexes(globally)
    indexes = [*local, *globally]
    check_definitions(
        given["AttributeDefinitions"],
        [schema, *(index["KeySchema"] for index in indexes)],
        indexed=bool(indexes),
    )
    check_index_names(indexes)
    check_projected(indexes)
    check_stream(given.get("StreamSpecification"))
    check_encryption(given.get("SSESpecification"))
    tags = distinct_tags(given.get("Tags", []))
    check_tag_count(tags)
    policy = given.get("ResourcePolicy")
    if policy is not None:
        check_policy(policy)

    def work(writer: Writer) -> dict[str, Any]:
        at = surroundings.now()
        drop_ended(writer, at)
        drop_deleted(writer, at)
        _check_free(writer, name, at)
        document: dict[str, Any] = {
            "TableId": str(uuid4()),
            "TableName": name,
            "AttributeDefinitions": given["AttributeDefinitions"],
            "KeySchema": schema,
            "LocalSecondaryIndexes": local,
            "GlobalSecondaryIndexes": [
                {key: value for key, value in index.items() if value != {}} for index in globally
            ],
            "BillingMode": billing,
            "CreationDateTime": at,
            "DeletionProtectionEnabled": False,
            "Tags": tags,
            **{key: given[key] for key in SETTINGS if given.get(key) not in (None, {})},
        }
        if billing == PER_REQUEST:
            document["BillingModeDateTime"] = at
        if policy is not None:
            document["ResourcePolicy"] = new_policy(policy, at)
        set_stream(writer, document, given.get("StreamSpecification"), at)
        table = save_table(writer, document)
        for space in (table.items, *(index.space for index in table.indexes)):
            write_totals(writer, space, 0, 0)
        _adopt(writer, table, surroundings.now)
        create_state(document, at + surroundings.behaviour.table_delay)
        described = describe(writer, document)
        settle(document, at)
        if "State" in document:
            save_table(writer, document)
        return {"TableDescription": described}

    return work


def _check_free(reader: Reader, name: str, at: float) -> None:
    try:
        document = current_document(reader, name, at)
    except EngineError:
        return
    if status_of(document) in ("CREATING", "DELETING"):
        check_ready(document)
    raise EngineError("ResourceInUseException", texts.tables.TABLE_EXISTS, name=name)


def _check_global_indexes(indexes: list[dict[str, Any]]) -> None:
    if not indexes:
        raise validation(texts.tables.NO_GLOBAL_INDEXES)
    if len(indexes) > GLOBAL_INDEXES:
        raise validation(texts.tables.TOO_MANY_GLOBAL_INDEXES_OF_NEW_TABLE)
    for index in indexes:
        check_global_index(index)


def set_stream(
    writer: Writer,
    document: dict[str, Any],
    specification: Mapping[str, Any] | None,
    at: float,
) -> None:
    """Begin or end a table's stream, as the specification says; None leaves it as it is."""
    if specification is None:
        return
    if specification["StreamEnabled"]:
        document["StreamSpecification"] = specification
        document["StreamLabel"] = open_stream(writer, document, at)
    else:
        close_stream(writer, Table.parse(document), at)
        # The label stays: DescribeTable goes on naming the latest stream.
        document.pop("StreamSpecification", None)


def save_table(writer: Writer, document: Mapping[str, Any]) -> Table:
    """Store a table's description, and return the table."""
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
            raise EngineError(
                error.code, texts.backups.INVALID_ITEM, place=place, why=error.message
            ) from None
        if writer.get(table.items, key) is not None:
            raise validation(texts.backups.DUPLICATE_ITEM, place=place)
        changes.put(table, key, Stored(None), item, size)
    changes.finish()


def describe_table(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Describe a table."""
    name = request["TableName"]
    return lambda reader: {"Table": describe(reader, current_document(reader, name, now()))}


def list_tables(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """List the tables' names, ordered, a page at a time; those that are being deleted, too."""
    last = request.get("ExclusiveStartTableName")
    start = b"" if last is None else last.encode() + b"\x00"
    limit = request.get("Limit") or _LISTED

    def work(reader: Reader) -> dict[str, Any]:
        names: list[str] = []
        going = deleted_names(reader, now(), start=start)
        for key in merge((key for key, _ in reader.scan(TABLES, start=start)), going):
            if len(names) == limit:
                return {"TableNames": names, "LastEvaluatedTableName": names[-1]}
            names.append(key.decode())
        return {"TableNames": names}

    return work


def delete_table(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Delete a table with all its items, unless it is protected; its stream ends.

    If its point-in-time recovery is enabled, a backup of it is left. While it is being deleted its
    items cannot be reached any more: the service may go on with reads and writes until the table
    is gone, and promises none.
    """
    name = request["TableName"]

    def work(writer: Writer) -> dict[str, Any]:
        at = surroundings.now()
        drop_ended(writer, at)
        drop_deleted(writer, at)
        document = current_document(writer, name, at)
        if status_of(document) == "DELETING":
            return {"TableDescription": describe(writer, document)}
        _check_deletable(document)
        keep_deleted(writer, document, at)
        table = Table.parse(document)
        document["State"] = {"Status": "DELETING", "Until": at + surroundings.behaviour.table_delay}
        document["LocalSecondaryIndexes"] = document["GlobalSecondaryIndexes"] = []
        described = describe(writer, document)
        close_stream(writer, table, at)
        for space in (table.items, *(index.space for index in table.indexes)):
            writer.clear(space)
            writer.delete(TOTALS, space.encode())
        if table.expiry is not None:
            writer.clear(table.expiry.space)
        if table.history is not None:
            writer.clear(table.history.space)
        writer.delete(TABLES, table.name.encode())
        if surroundings.behaviour.table_delay:
            writer.put(DELETED, table.name.encode(), encode(document))
        return {"TableDescription": described}

    return work


def _check_deletable(document: Mapping[str, Any]) -> None:
    check_ready(document)
    if any("State" in index for index in document["GlobalSecondaryIndexes"]):
        raise in_use(texts.tables.INDEXES_CHANGING)
    if document["DeletionProtectionEnabled"]:
        raise validation(texts.tables.PROTECTED)


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
