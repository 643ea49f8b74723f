"""Texts of errors about backups, point-in-time recovery and restored tables.

They are those that users of the service report or that are written from memory of the service's,
but for what is wrong with the items of a file that somebody else wrote.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.texts.requests import INVALID

TIME_RANGE_CROSSED: Final = (
    INVALID + "Time range lower bound must be less than or equal to upper bound"
)
INVALID_BACKUP_ARN: Final = "Invalid Backup ARN"
SYSTEM_BACKUP: Final = (
    "Invalid Request: User is not allowed to delete the system backup with arn {arn}. It will"
    " automatically expire on {expires}"
)
BACKUP_NOT_FOUND: Final = "Backup not found: {arn}"
TARGET_EXISTS: Final = "Table already exists: {name}"
RECOVERY_PERIOD_WITHOUT_RECOVERY: Final = (
    "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
)
RECOVERY_NOT_ENABLED: Final = "Point in time recovery is not enabled for table '{name}'"
TIME_OUTSIDE_OF_WINDOW: Final = (
    "RestoreDateTime '{time}' must be within EarliestRestorableDateTime '{earliest}' and"
    " LatestRestorableDateTime '{latest}'"
)
TWO_SOURCES: Final = "Invalid Request: Must provide exactly one of: sourceTableArn, sourceTableName"
NO_ARN: Final = INVALID + "ARNs must start with 'arn:': {arn}"
INVALID_SOURCE_ARN: Final = "Invalid Request: sourceTableArn is not a valid ARN"
TWO_TIMES: Final = (
    "Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set for"
    " point-in-time restore request. Please specify only one of them"
)
NO_TIME: Final = (
    "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified,"
    " but not both"
)
INDEX_NOT_IN_SOURCE: Final = (
    "Invalid Request: Index {index} does not match a secondary index that existed in the source"
    " table and cannot be created during the restore operation"
)
UNITS_OF_ON_DEMAND: Final = (
    "Invalid Request: Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED"
)
UNITS_WITH_ON_DEMAND: Final = (
    "Invalid Request: Cannot override ProvisionedThroughput if BillingMode is overridden to"
    " PAY_PER_REQUEST"
)
INDEX_UNITS_WITH_ON_DEMAND: Final = UNITS_WITH_ON_DEMAND + " for index {index}"
CEILING_OF_PROVISIONED: Final = (
    "Invalid Request: Cannot override {limit} for OnDemandThroughput unless BillingModeOverride is"
    " PAY_PER_REQUEST"
)
UNITS_MISSING: Final = (
    "Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to"
    " PROVISIONED"
)
INDEX_UNITS_MISSING: Final = (
    "Invalid Request: Must specify provisioned throughput for index {index}"
)
INVALID_ITEM: Final = "{place}: {why}"
DUPLICATE_ITEM: Final = "{place}: another item has the same key"

CODES: Final = {
    BACKUP_NOT_FOUND: "BackupNotFoundException",
    TARGET_EXISTS: "TableAlreadyExistsException",
    RECOVERY_NOT_ENABLED: "PointInTimeRecoveryUnavailableException",
    TIME_OUTSIDE_OF_WINDOW: "InvalidRestoreTimeException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset((INVALID_ITEM, DUPLICATE_ITEM))
"""Those that are not the service's."""
