"""Global tables of version 2017.11.29: which regions a table is replicated to.

There is one copy of the data, and a global table is a name that its regions share, kept with the
table of that name and gone with it; `replicas` keeps the regions. The table stands for that of each
region, so what the service asks of all of them is asked of it: a stream of new and old images, and
no items yet. The answer that creates or changes a global table has it CREATING or UPDATING, and the
next one ACTIVE. The one that loses its last region is none any longer.

Sources: CreateGlobalTable, DescribeGlobalTable, UpdateGlobalTable and ListGlobalTables of the
Amazon DynamoDB API Reference (2012-08-10). The texts are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.writes import read_totals
from anydynamo.engine.layout import TABLES, Table, decode, items_space
from anydynamo.engine.replication.replicas import add_region, check_region, remove_region
from anydynamo.engine.tables.descriptions import global_arn, moment, store_document, stored_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "create_global_table",
    "describe_global_table",
    "global_document",
    "list_global_tables",
    "update_global_table",
]

_LISTED: Final = 100


def create_global_table(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Make an empty table, which has a stream, a global one.

    Raises:
        EngineError: The request is not valid.
    """
    name = request["GlobalTableName"]
    regions = [replica.get("RegionName") for replica in request["ReplicationGroup"]]
    if not regions or None in regions:
        raise validation(texts.replicas.REGION_NAME_MISSING)
    _check_regions(regions)

    def work(writer: Writer) -> dict[str, Any]:
        document = _table(writer, name)
        if document.get("Replicas"):
            raise EngineError(
                "GlobalTableAlreadyExistsException", texts.replicas.GLOBAL_TABLE_EXISTS, name=name
            )
        stream = document.get("StreamSpecification", {})
        if stream.get("StreamViewType") != "NEW_AND_OLD_IMAGES":
            raise validation(texts.replicas.STREAM_NEEDED, name=name)
        if read_totals(writer, items_space(document["TableId"]))[0]:
            raise validation(texts.replicas.TABLE_NOT_EMPTY, name=name)
        document["GlobalTable"] = {"Created": now()}
        for region in regions:
            add_region(document, region)
        store_document(writer, document)
        return {"GlobalTableDescription": _described(document, "CREATING")}

    return work


def describe_global_table(request: Mapping[str, Any]) -> Callable[[Reader], dict[str, Any]]:
    """Describe a global table."""
    name = request["GlobalTableName"]
    return lambda reader: {
        "GlobalTableDescription": _described(global_document(reader, name), "ACTIVE")
    }


def update_global_table(request: Mapping[str, Any]) -> Callable[[Writer], dict[str, Any]]:
    """Add regions to a global table, and remove some.

    Raises:
        EngineError: The request is not valid.
    """
    name = request["GlobalTableName"]
    updates = [_update(update) for update in request["ReplicaUpdates"]]
    if not updates:
        raise validation(texts.replicas.NO_REPLICA_UPDATES)
    _check_regions([region for _, region in updates])

    def work(writer: Writer) -> dict[str, Any]:
        document = global_document(writer, name)
        for kind, region in updates:
            known = region in document["Replicas"]
            if kind == "Create" and known:
                raise EngineError(
                    "ReplicaAlreadyExistsException",
                    texts.replicas.REPLICA_EXISTS,
                    table=name,
                    region=region,
                )
            if kind == "Delete" and not known:
                raise _no_replica(name, region)
            (add_region if kind == "Create" else remove_region)(document, region)
        if not document["Replicas"]:
            described = _described(document, "DELETING")
            del document["GlobalTable"]
        else:
            described = _described(document, "UPDATING")
        store_document(writer, document)
        return {"GlobalTableDescription": described}

    return work


def list_global_tables(request: Mapping[str, Any]) -> Callable[[Reader], dict[str, Any]]:
    """List global tables by name, those with a replica in one region or all, a page at a time."""
    last, region = request.get("ExclusiveStartGlobalTableName"), request.get("RegionName")
    start = b"" if last is None else last.encode() + b"\x00"
    limit = request.get("Limit") or _LISTED

    def work(reader: Reader) -> dict[str, Any]:
        listed: list[dict[str, Any]] = []
        for _, raw in reader.scan(TABLES, start=start):
            document = Table.load(raw).document
            if "GlobalTable" not in document or region not in (None, *document["Replicas"]):
                continue
            if len(listed) == limit:
                return {
                    "GlobalTables": listed,
                    "LastEvaluatedGlobalTableName": listed[-1]["GlobalTableName"],
                }
            listed.append(
                {
                    "GlobalTableName": document["TableName"],
                    "ReplicationGroup": [{"RegionName": name} for name in document["Replicas"]],
                }
            )
        return {"GlobalTables": listed}

    return work


def global_document(reader: Reader, name: str) -> dict[str, Any]:
    """Return a fresh copy of the description of a global table's table, as it is stored.

    Raises:
        EngineError: A GlobalTableNotFoundException.
    """
    raw = reader.get(TABLES, name.encode())
    document = {} if raw is None else decode(raw)
    if "GlobalTable" not in document:
        raise EngineError(
            "GlobalTableNotFoundException",
            texts.replicas.GLOBAL_TABLE_NOT_FOUND,
            name=name,
        )
    return document


def _table(reader: Reader, name: str) -> dict[str, Any]:
    try:
        return stored_document(reader, name)
    except EngineError as error:
        raise EngineError(
            "TableNotFoundException", texts.tables.SOURCE_NOT_FOUND, name=name
        ) from error


def _check_regions(regions: list[str]) -> None:
    for region in regions:
        check_region(region)
    if len(set(regions)) != len(regions):
        raise validation(texts.replicas.REGION_NAMED_TWICE)


def _update(update: Mapping[str, Any]) -> tuple[str, str]:
    given = {kind: action for kind, action in update.items() if action is not None}
    if len(given) != 1:
        raise validation(texts.replicas.REPLICA_UPDATE_ACTIONS)
    kind, action = next(iter(given.items()))
    return kind, action["RegionName"]


def _no_replica(name: str, region: str) -> EngineError:
    return EngineError(
        "ReplicaNotFoundException", texts.replicas.NO_SUCH_REPLICA, name=name, region=region
    )


def _described(document: Mapping[str, Any], status: str) -> dict[str, Any]:
    return {
        "GlobalTableName": document["TableName"],
        "GlobalTableArn": global_arn(document["TableName"]),
        "GlobalTableStatus": status,
        "CreationDateTime": moment(document["GlobalTable"]["Created"]),
        "ReplicationGroup": [{"RegionName": region} for region in document["Replicas"]],
    }
