"""Texts of errors about backups and what is made from them.

Those of a backup that is not there and of a table that is there are the service's; the others are
ours.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.texts.requests import INVALID

TIME_RANGE_CROSSED: Final = "TimeRangeUpperBound must be later than TimeRangeLowerBound"
INDEX_NOT_IN_BACKUP: Final = (
    INVALID + "the backup has no index {index} of this key schema and projection"
)
TARGET_EXISTS: Final = "Table already exists: {name}"
BACKUP_NOT_FOUND: Final = "Backup not found: {arn}"
INVALID_ITEM: Final = "{place}: {why}"
DUPLICATE_ITEM: Final = "{place}: another item has the same key"

CODES: Final = {
    TARGET_EXISTS: "TableAlreadyExistsException",
    BACKUP_NOT_FOUND: "BackupNotFoundException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset(
    (
        TIME_RANGE_CROSSED,
        INDEX_NOT_IN_BACKUP,
        INVALID_ITEM,
        DUPLICATE_ITEM,
    )
)
"""Those that are not the service's."""
