"""Backups: copies of a table that lie in the same store, and tables made from them.

A backup is complete when CreateBackup returns, and so is a table when RestoreTableFromBackup does.
It outlives its table. The service makes one by itself where a table with point-in-time recovery is
deleted, which nobody can delete and which is there for 35 days; see `copies`.

Source: "Backup and restore for DynamoDB" of the Amazon DynamoDB Developer Guide: a backup has the
table's items, keys, indexes and throughput; a restored table has no tags, stream, time to live,
point-in-time recovery or deletion protection until they are set again. That it has no table class
and no resource policy either, and the texts of refused overrides, were recorded of the service.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from anydynamo.engine.access import bare_name
from anydynamo.engine.copies import copy_table, drop_expired, has_expired
from anydynamo.engine.definitions import used_definitions
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
    size_of,
)
from anydynamo.engine.shapes import without_nulls
from anydynamo.engine.states import at_rest
from anydynamo.engine.tables import fill_index
from anydynamo.engine.writes import write_totals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "create_backup",
    "delete_backup",
    "describe_backup",
    "list_backups",
    "make_restored",
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
            raise EngineError("TableNotFoundException", f"Table not found: {name}") from error
        kept = copy_table(writer, document, backup, now())
        return {"BackupDetails": _details(kept)}

    return work


def describe_backup(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Describe a backup, with the table as it was."""
    arn = _checked(request["BackupArn"])
    return lambda reader: {"BackupDescription": _description(_find(reader, arn, now())[1])}


def delete_backup(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Delete a backup, unless it is one of the service's own."""
    arn = _checked(request["BackupArn"])

    def work(writer: Writer) -> dict[str, Any]:
        at = now()
        key, backup = _find(writer, arn, at)
        if "Expires" in backup:
            raise validation(
                f"Invalid Request: User is not allowed to delete the system backup with arn {arn}."
                f" It will automatically expire on {_text(backup['Expires'])}"
            )
        drop_expired(writer, at)
        writer.clear(backup_space(backup["Table"]["TableId"], backup["Id"]))
        writer.delete(BACKUPS, key)
        return {"BackupDescription": _description(backup, status="DELETED")}

    return work


def list_backups(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """List backups by table, kind and age, a page at a time; those made on demand unless asked."""
    name = request.get("TableName")
    lower, upper = request.get("TimeRangeLowerBound"), request.get("TimeRangeUpperBound")
    first = -math.inf if lower is None else seconds(lower)
    last = math.inf if upper is None else seconds(upper)
    after = request.get("ExclusiveStartBackupArn")
    limit = request.get("Limit") or _LISTED
    if last < first:
        raise validation(
            "One or more parameter values were invalid: Time range lower bound must be less than"
            " or equal to upper bound"
        )
    kind = request.get("BackupType") or "USER"
    start, end = b"", None
    if name is not None:
        start, end = backup_key(bare_name(name), ""), backup_key(bare_name(name), "\x7f")
    if after is not None:
        start = max(start, backup_key(*_parts(after)) + b"\x00")

    def found(reader: Reader) -> Iterator[dict[str, Any]]:
        at = now()
        for _, raw in reader.scan(BACKUPS, start=start, end=end):
            backup = decode(raw)
            if kind not in ("ALL", backup["Type"]) or has_expired(backup, at):
                continue
            if first <= backup["Created"] < last:
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
    name, arn = request["TargetTableName"], _checked(request["BackupArn"])
    overrides = without_nulls(request)

    def work(writer: Writer) -> dict[str, Any]:
        at = now()
        _, backup = _find(writer, arn, at)
        source = backup["Table"]
        restored = {
            "SourceBackupArn": _arn(backup),
            "SourceTableArn": arn_of(source["TableName"]),
            "At": backup["Created"],
        }
        items = writer.scan(backup_space(source["TableId"], backup["Id"]))
        answer = make_restored(writer, name, source, items, overrides, restored, at)
        drop_expired(writer, at)
        return answer

    return work


def make_restored(
    writer: Writer,
    name: str,
    source: Mapping[str, Any],
    items: Iterable[tuple[bytes, bytes]],
    overrides: Mapping[str, Any],
    restored: Mapping[str, Any],
    at: float,
) -> dict[str, Any]:
    """Make a table from another one's description and items, and return what a restore answers.

    Args:
        writer: The store.
        name: The new table's name.
        source: The other one's stored description.
        items: Keys and packed items; they may be walked lazily.
        overrides: The parameters of the request, of which those count that end in `Override`.
        restored: Where it is from, as the description stores it.
        at: The time, in seconds since the epoch.

    Raises:
        EngineError: There is a table of this name, or an override does not fit.
    """
    # A JSON file may hold items under this name of which nobody made a table yet.
    if writer.get(TABLES, name.encode()) is not None or writer.adopt(name):
        raise EngineError("TableAlreadyExistsException", f"Table already exists: {name}")
    document = _restored(source, name, overrides, restored, at)
    table = Table.parse(document)
    writer.put(TABLES, name.encode(), encode(document))
    count = size = 0
    for key, raw in items:
        writer.put(table.items, key, raw)
        count += 1
        size += size_of(raw)
    write_totals(writer, table.items, count, size)
    for index in table.indexes:
        fill_index(writer, table, index)
    return {"TableDescription": describe(writer, document)}


def _restored(
    source: Mapping[str, Any],
    name: str,
    overrides: Mapping[str, Any],
    restored: Mapping[str, Any],
    at: float,
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "TableId": str(uuid4()),
        "TableName": name,
        "CreationDateTime": at,
        "DeletionProtectionEnabled": False,
        "Tags": {},
        **{key: source[key] for key in _RESTORED if key in source},
        "Restored": restored,
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
    raise validation(
        f"Invalid Request: Index {wanted['IndexName']} does not match a secondary index that"
        " existed in the source table and cannot be created during the restore operation"
    )


def _bill(document: dict[str, Any], overrides: Mapping[str, Any], at: float) -> None:
    """Set how a restored table is billed, and refuse overrides that contradict it."""
    known = document["BillingMode"]
    billing = document["BillingMode"] = overrides.get("BillingModeOverride", known)
    units = overrides.get("ProvisionedThroughputOverride")
    indexes = document["GlobalSecondaryIndexes"]
    if billing == "PAY_PER_REQUEST":
        if units is not None:
            raise validation(
                _OVERRIDDEN if "BillingModeOverride" in overrides else _NOT_PROVISIONED
            )
        for index in overrides.get("GlobalSecondaryIndexOverride", ()):
            if "ProvisionedThroughput" in index:
                raise validation(f"{_OVERRIDDEN} for index {index['IndexName']}")
        document["BillingModeDateTime"] = at
        for place in (document, *indexes):
            place.pop("ProvisionedThroughput", None)
        return
    for limit in overrides.get("OnDemandThroughputOverride", ()):
        raise validation(
            f"Invalid Request: Cannot override {limit} for OnDemandThroughput unless"
            " BillingModeOverride is PAY_PER_REQUEST"
        )
    if units is not None:
        document["ProvisionedThroughput"] = units
    elif known != billing:
        raise validation(
            "Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to"
            " PROVISIONED"
        )
    document.pop("OnDemandThroughput", None)
    for index in indexes:
        if "ProvisionedThroughput" not in index:
            if "GlobalSecondaryIndexOverride" in overrides:
                raise validation(
                    "Invalid Request: Must specify provisioned throughput for index "
                    + index["IndexName"]
                )
            index["ProvisionedThroughput"] = document["ProvisionedThroughput"]


_NOT_PROVISIONED: Final = (
    "Invalid Request: Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED"
)
_OVERRIDDEN: Final = (
    "Invalid Request: Cannot override ProvisionedThroughput if BillingMode is overridden to"
    " PAY_PER_REQUEST"
)


def _checked(arn: str) -> str:
    if _BACKUP not in arn:
        raise validation("Invalid Backup ARN")
    return arn


def _parts(arn: str) -> tuple[str, str]:
    """Return the table's name and the backup's id that an ARN has."""
    return bare_name(arn), arn.partition(_BACKUP)[2]


def _arn(backup: Mapping[str, Any]) -> str:
    return f"{arn_of(backup['Table']['TableName'])}{_BACKUP}{backup['Id']}"


def _find(reader: Reader, arn: str, at: float) -> tuple[bytes, dict[str, Any]]:
    key = backup_key(*_parts(arn))
    raw = reader.get(BACKUPS, key)
    backup = None if raw is None else decode(raw)
    if backup is None or has_expired(backup, at):
        raise EngineError("BackupNotFoundException", f"Backup not found: {arn}")
    return key, backup


def _details(backup: Mapping[str, Any], status: str = "AVAILABLE") -> dict[str, Any]:
    details: dict[str, Any] = {
        "BackupArn": _arn(backup),
        "BackupName": backup["Name"],
        "BackupSizeBytes": backup["Size"],
        "BackupStatus": status,
        "BackupType": backup["Type"],
        "BackupCreationDateTime": moment(backup["Created"]),
    }
    if "Expires" in backup:
        details["BackupExpiryDateTime"] = moment(backup["Expires"])
    return details


def _text(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


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
