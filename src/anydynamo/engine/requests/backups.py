"""The parameters of backups, made on demand and continuously."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine import texts
from anydynamo.engine.requests.vocabulary import (
    BILLING,
    BOOLEAN,
    ENCRYPTION,
    INDEX_SETTINGS,
    INDEX_SHAPE,
    NAME_PATTERN,
    NAMELESS,
    NEW_TABLE,
    ON_DEMAND,
    ONE_TABLE,
    TABLE,
    THROUGHPUT,
)
from anydynamo.engine.shapes import Integer, Listing, Structure, Text, Timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.shapes import Shape

__all__ = ["BACKUPS"]

_BACKUP: Final = Text(minimum=37, maximum=1024)
_ONE_BACKUP: Final = Structure(required={"BackupArn": _BACKUP})

_OVERRIDES: Final[Mapping[str, Shape]] = {
    "BillingModeOverride": BILLING,
    "ProvisionedThroughputOverride": THROUGHPUT,
    "OnDemandThroughputOverride": ON_DEMAND,
    "SSESpecificationOverride": ENCRYPTION,
    "LocalSecondaryIndexOverride": Listing(Structure("LocalSecondaryIndex", required=INDEX_SHAPE)),
    "GlobalSecondaryIndexOverride": Listing(
        Structure("GlobalSecondaryIndex", required=INDEX_SHAPE, optional=INDEX_SETTINGS)
    ),
}
_NO_VECTORS: Final[Mapping[str, str]] = {"VectorIndexOverride": texts.requests.NO_VECTOR_SEARCH}

BACKUPS: Final[Mapping[str, Structure]] = {
    "UpdateContinuousBackups": Structure(
        required={
            "TableName": TABLE,
            "PointInTimeRecoverySpecification": Structure(
                "PointInTimeRecoverySpecification",
                required={"PointInTimeRecoveryEnabled": BOOLEAN},
                optional={"RecoveryPeriodInDays": Integer(minimum=1, maximum=35)},
            ),
        },
        absent=NAMELESS,
    ),
    "DescribeContinuousBackups": ONE_TABLE,
    "CreateBackup": Structure(
        required={
            "TableName": TABLE,
            "BackupName": Text(minimum=3, maximum=255, pattern=NAME_PATTERN),
        },
        absent=NAMELESS,
    ),
    "DescribeBackup": _ONE_BACKUP,
    "DeleteBackup": _ONE_BACKUP,
    "ListBackups": Structure(
        optional={
            "TableName": TABLE,
            "Limit": Integer(minimum=1, maximum=100),
            "TimeRangeLowerBound": Timestamp(),
            "TimeRangeUpperBound": Timestamp(),
            "ExclusiveStartBackupArn": _BACKUP,
            "BackupType": Text(enum=("USER", "SYSTEM", "AWS_BACKUP", "ALL")),
        }
    ),
    "RestoreTableFromBackup": Structure(
        required={"TargetTableName": NEW_TABLE, "BackupArn": _BACKUP},
        optional=_OVERRIDES,
        refused=_NO_VECTORS,
    ),
    "RestoreTableToPointInTime": Structure(
        required={"TargetTableName": NEW_TABLE},
        optional={
            **_OVERRIDES,
            "GlobalSecondaryIndexOverride": Listing(
                Structure(
                    "GlobalSecondaryIndex",
                    required=INDEX_SHAPE,
                    optional={"ProvisionedThroughput": THROUGHPUT, "OnDemandThroughput": ON_DEMAND},
                    # The API Reference says so, of this operation only.
                    refused={"WarmThroughput": texts.requests.NOT_IN_RESTORED_INDEX},
                )
            ),
            "SourceTableArn": Text(minimum=1, maximum=1024),
            "SourceTableName": NEW_TABLE,
            "UseLatestRestorableTime": BOOLEAN,
            "RestoreDateTime": Timestamp(),
        },
        refused=_NO_VECTORS,
    ),
}
