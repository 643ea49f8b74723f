"""Backups on demand: copies of a table that lie in the same store, and tables made from them.

A backup is complete when CreateBackup returns, and so is a table when RestoreTableFromBackup does.
It outlives its table. Restoring to a point in time needs a log of all changes, which is not kept.

Source: "Backup and restore for DynamoDB" of the Amazon DynamoDB Developer Guide: a backup has the
table's items, keys, indexes and throughput; a restored table has no tags, stream, time to live,
point-in-time recovery or deletion protection until they are set again.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from anydynamo.engine import texts
from anydynamo.engine.access import bare_name
from anydynamo.engine.definitions import check_throughput, used_definitions
from anydynamo.engine.descriptions import (
    arn_of,
    describe,
    encryption,
    moment,
    seconds,
    throughput,
)
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.layout import (
    BACKUPS,
    TABLES,
    Table,
    backup_key,
    backup_space,
    decode,
    encode,
    items_space,
)
from anydynamo.engine.shapes import without_nulls
from anydynamo.engine.states import at_rest
from anydynamo.engine.tables import fill_index
from anydynamo.engine.writes import read_totals, write_totals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "create_backup",
    "delete_backup",
    "describe_backup",
    "list_backups",
    "restore_table_from_backup",
]

_LISTED: Final = 100
_BACKUP: Final = "/backup/"
_UNITS: Final = ("ReadCapacityUnits", "WriteCapacityUnits")
_INDEX_FEATURES: Final = frozenset(
    ("IndexName", "KeySchema", "OnDemandThroughput", "Projection", "ProvisionedThroughput")
)
_RESTORED: Final = (
    "KeySchema",
    "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "SSESpecification",
    "TableClass",
)
"""What a table takes over from the description of the one that was backed up."""

_OF_INDEX: Final = (
    "IndexName",
    "KeySchema",
    "Projection",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "WarmThroughput",
)
"""What an index takes over: neither insights nor settings of replicas."""


def create_backup(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Copy a table with all its items."""
    name, backup = request["TableName"], request["BackupName"]

    def work(writer: Writer) -> dict[str, Any]:
        try:
            document = at_rest(writer, name, now())
        except EngineError as error:
            if error.code != "ResourceNotFoundException":
                raise
            raise EngineError(
                "TableNotFoundException", texts.tables.SOURCE_NOT_FOUND, name=name
            ) from error
        at = now()
        items = items_space(document["TableId"])
        count, size = read_totals(writer, items)
        kept: dict[str, Any] = {
            "Id": f"{int(at * 1000):014d}-{uuid4().hex[:8]}",
            "Name": backup,
            "Created": at,
            "Count": count,
            "Size": size,
            "Table": document,
        }
        space = backup_space(document["TableId"], kept["Id"])
        # What is walked is another space than the one that is written.
        for key, raw in writer.scan(items):
            writer.put(space, key, raw)
        writer.put(BACKUPS, backup_key(document["TableName"], kept["Id"]), encode(kept))
        return {"BackupDetails": _details(kept)}

    return work


def describe_backup(request: Mapping[str, Any]) -> Callable[[Reader], dict[str, Any]]:
    """Describe a backup, with the table as it was."""
    arn = request["BackupArn"]
    return lambda reader: {"BackupDescription": _description(_find(reader, arn)[1])}


def delete_backup(request: Mapping[str, Any]) -> Callable[[Writer], dict[str, Any]]:
    """Delete a backup."""
    arn = request["BackupArn"]

    def work(writer: Writer) -> dict[str, Any]:
        key, backup = _find(writer, arn)
        writer.clear(backup_space(backup["Table"]["TableId"], backup["Id"]))
        writer.delete(BACKUPS, key)
        return {"BackupDescription": _description(backup, status="DELETED")}

    return work


def list_backups(request: Mapping[str, Any]) -> Callable[[Reader], dict[str, Any]]:
    """List backups by table and age, a page at a time; all that are here were made on demand."""
    name = request.get("TableName")
    lower, upper = request.get("TimeRangeLowerBound"), request.get("TimeRangeUpperBound")
    first = -math.inf if lower is None else seconds(lower)
    last = math.inf if upper is None else seconds(upper)
    after = request.get("ExclusiveStartBackupArn")
    limit = request.get("Limit") or _LISTED
    if last <= first:
        raise validation(texts.backups.TIME_RANGE_CROSSED)
    shown = request.get("BackupType", "USER") in ("USER", "ALL")
    start, end = b"", None
    if name is not None:
        start, end = backup_key(bare_name(name), ""), backup_key(bare_name(name), "\x7f")
    if after is not None:
        start = max(start, backup_key(*_parts(after)) + b"\x00")

    def found(reader: Reader) -> Iterator[dict[str, Any]]:
        for _, raw in reader.scan(BACKUPS, start=start, end=end):
            backup = decode(raw)
            if shown and first <= backup["Created"] < last:
                yield backup

    def work(reader: Reader) -> dict[str, Any]:
        summaries: list[dict[str, Any]] = []
        for backup in found(reader):
            if len(summaries) == limit:
                return {
                    "BackupSummaries": summaries,
                    "LastEvaluatedBackupArn": summaries[-1]["BackupArn"],
                }
            summaries.append(_summary(backup))
        return {"BackupSummaries": summaries}

    return work


def restore_table_from_backup(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Make a table from a backup, with all its items and, unless overridden, all its indexes."""
    name, arn = request["TargetTableName"], request["BackupArn"]
    overrides = without_nulls(request)

    def work(writer: Writer) -> dict[str, Any]:
        _, backup = _find(writer, arn)
        # A JSON file may hold items under this name of which nobody made a table yet.
        if writer.get(TABLES, name.encode()) is not None or writer.adopt(name):
            raise EngineError("TableAlreadyExistsException", texts.backups.TARGET_EXISTS, name=name)
        document = _restored(backup, name, overrides, now())
        table = Table.parse(document)
        writer.put(TABLES, name.encode(), encode(document))
        source = backup_space(backup["Table"]["TableId"], backup["Id"])
        for key, raw in writer.scan(source):
            writer.put(table.items, key, raw)
        write_totals(writer, table.items, backup["Count"], backup["Size"])
        for index in table.indexes:
            fill_index(writer, table, index)
        return {"TableDescription": describe(writer, document)}

    return work


def _restored(
    backup: Mapping[str, Any], name: str, overrides: Mapping[str, Any], at: float
) -> dict[str, Any]:
    source = backup["Table"]
    document: dict[str, Any] = {
        "TableId": str(uuid4()),
        "TableName": name,
        "CreationDateTime": at,
        "DeletionProtectionEnabled": False,
        "Tags": {},
        **{key: source[key] for key in _RESTORED if key in source},
        "Restored": {
            "SourceBackupArn": _arn(backup),
            "SourceTableArn": arn_of(source["TableName"]),
            "At": backup["Created"],
        },
    }
    for kind in ("LocalSecondaryIndex", "GlobalSecondaryIndex"):
        known = [_index(index) for index in source[f"{kind}es"]]
        wanted = overrides.get(f"{kind}Override")
        document[f"{kind}es"] = (
            known if wanted is None else [_chosen(known, index) for index in wanted]
        )
    document["AttributeDefinitions"] = used_definitions(document, source["AttributeDefinitions"])
    for key in ("OnDemandThroughput", "SSESpecification"):
        if f"{key}Override" in overrides:
            document[key] = overrides[f"{key}Override"]
    _bill(document, overrides, at)
    return document


def _index(index: Mapping[str, Any]) -> dict[str, Any]:
    return {key: index[key] for key in _OF_INDEX if key in index}


def _chosen(indexes: list[dict[str, Any]], wanted: Mapping[str, Any]) -> dict[str, Any]:
    for index in indexes:
        if all(index[key] == wanted[key] for key in ("IndexName", "KeySchema", "Projection")):
            return {**index, **wanted}
    raise validation(texts.backups.INDEX_NOT_IN_BACKUP, index=wanted["IndexName"])


def _bill(document: dict[str, Any], overrides: Mapping[str, Any], at: float) -> None:
    billing = document["BillingMode"] = overrides.get(
        "BillingModeOverride", document["BillingMode"]
    )
    units = overrides.get("ProvisionedThroughputOverride")
    if billing == "PAY_PER_REQUEST":
        check_throughput(billing, units)
        document["BillingModeDateTime"] = at
        for place in (document, *document["GlobalSecondaryIndexes"]):
            place.pop("ProvisionedThroughput", None)
        return
    if units is not None:
        document["ProvisionedThroughput"] = units
    check_throughput(billing, document.get("ProvisionedThroughput"))
    for index in document["GlobalSecondaryIndexes"]:
        index.setdefault("ProvisionedThroughput", document["ProvisionedThroughput"])


def _parts(arn: str) -> tuple[str, str]:
    """Return the table's name and the backup's id that an ARN has."""
    return bare_name(arn), arn.partition(_BACKUP)[2]


def _arn(backup: Mapping[str, Any]) -> str:
    return f"{arn_of(backup['Table']['TableName'])}{_BACKUP}{backup['Id']}"


def _find(reader: Reader, arn: str) -> tuple[bytes, dict[str, Any]]:
    key = backup_key(*_parts(arn))
    raw = reader.get(BACKUPS, key)
    if raw is None:
        raise EngineError("BackupNotFoundException", texts.backups.BACKUP_NOT_FOUND, arn=arn)
    return key, decode(raw)


def _details(backup: Mapping[str, Any], status: str = "AVAILABLE") -> dict[str, Any]:
    return {
        "BackupArn": _arn(backup),
        "BackupName": backup["Name"],
        "BackupSizeBytes": backup["Size"],
        "BackupStatus": status,
        "BackupType": "USER",
        "BackupCreationDateTime": moment(backup["Created"]),
    }


def _summary(backup: Mapping[str, Any]) -> dict[str, Any]:
    table = backup["Table"]
    return {
        "TableName": table["TableName"],
        "TableId": table["TableId"],
        "TableArn": arn_of(table["TableName"]),
        **_details(backup),
    }


def _description(backup: Mapping[str, Any], status: str = "AVAILABLE") -> dict[str, Any]:
    table = backup["Table"]
    units = {key: throughput(table)[key] for key in _UNITS}
    source = {
        "TableName": table["TableName"],
        "TableId": table["TableId"],
        "TableArn": arn_of(table["TableName"]),
        "TableSizeBytes": backup["Size"],
        "KeySchema": table["KeySchema"],
        "TableCreationDateTime": moment(table["CreationDateTime"]),
        "ProvisionedThroughput": units,
        "ItemCount": backup["Count"],
        "BillingMode": table["BillingMode"],
    }
    if "OnDemandThroughput" in table:
        source["OnDemandThroughput"] = table["OnDemandThroughput"]
    return {
        "BackupDetails": _details(backup, status),
        "SourceTableDetails": source,
        "SourceTableFeatureDetails": _features(table),
    }


def _features(table: Mapping[str, Any]) -> dict[str, Any]:
    features: dict[str, Any] = {}
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if table[kind]:
            features[kind] = [
                {key: value for key, value in index.items() if key in _INDEX_FEATURES}
                for index in table[kind]
            ]
    if "StreamSpecification" in table:
        features["StreamDescription"] = table["StreamSpecification"]
    if "TimeToLiveAttribute" in table:
        features["TimeToLiveDescription"] = {
            "TimeToLiveStatus": "ENABLED",
            "AttributeName": table["TimeToLiveAttribute"],
        }
    encrypted = encryption(table)
    if encrypted is not None:
        features["SSEDescription"] = encrypted
    return features
