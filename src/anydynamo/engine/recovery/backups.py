"""Backups: copies of a table that lie in the same store, and tables made from them.

A backup is complete when CreateBackup returns, and so are the items of a table that is made of it.
It outlives its table. The service makes one by itself where a table with point-in-time recovery is
deleted, which nobody can delete and which is there for 35 days; see `copies`.

Source: "Backup and restore for DynamoDB" of the Amazon DynamoDB Developer Guide: a backup has the
table's items, keys, indexes and throughput.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import bare_name
from anydynamo.engine.layout import (
    BACKUPS,
    backup_key,
    backup_space,
    decode,
)
from anydynamo.engine.recovery.copies import copy_table, drop_expired, has_expired
from anydynamo.engine.recovery.restores import make_restored, settled_indexes
from anydynamo.engine.shapes import without_nulls
from anydynamo.engine.tables.descriptions import (
    arn_of,
    encryption,
    moment,
    seconds,
    throughput,
)
from anydynamo.engine.tables.states import at_rest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from anydynamo.engine.behaviour import Surroundings
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
        kept = copy_table(writer, document, backup, now())
        # It is complete by now; the service's answer, and so everybody's, comes before.
        return {"BackupDetails": _details(kept, status="CREATING")}

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
            raise validation(texts.backups.SYSTEM_BACKUP, arn=arn, expires=_text(backup["Expires"]))
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
        raise validation(texts.backups.TIME_RANGE_CROSSED)
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
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Make a table from a backup, with all its items and, unless overridden, all its indexes."""
    name, arn = request["TargetTableName"], _checked(request["BackupArn"])
    overrides = without_nulls(request)

    def work(writer: Writer) -> dict[str, Any]:
        at = surroundings.now()
        _, backup = _find(writer, arn, at)
        source = backup["Table"]
        restored = {
            "SourceBackupArn": _arn(backup),
            "SourceTableArn": arn_of(source["TableName"]),
            "At": backup["Created"],
        }
        items = writer.scan(backup_space(source["TableId"], backup["Id"]))
        answer = make_restored(writer, name, source, items, overrides, restored, surroundings)
        drop_expired(writer, at)
        return answer

    return work


def _checked(arn: str) -> str:
    if _BACKUP not in arn:
        raise validation(texts.backups.INVALID_BACKUP_ARN)
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
        raise EngineError("BackupNotFoundException", texts.backups.BACKUP_NOT_FOUND, arn=arn)
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
    units = throughput(table)
    units = {name: units[name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
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
                {key: value for key, value in index.items() if key != "WarmThroughput"}
                for index in settled_indexes(table[kind])
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
