"""What a backup is in a store: a description, and the items in a space of their own.

One that the service made of a deleted table is there for 35 days. Then it can no longer be found,
and the next operation that writes a backup removes what it held.

Source: "Enable point-in-time recovery in DynamoDB" of the Amazon DynamoDB Developer Guide
("Delete a table with PITR enabled"). That a system backup's id ends in eight zeros is not
documented, but was recorded of the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from anydynamo.engine.items.writes import read_totals
from anydynamo.engine.layout import (
    BACKUPS,
    backup_key,
    backup_space,
    decode,
    encode,
    items_space,
)
from anydynamo.engine.streams.sequences import milliseconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.store import Writer

__all__ = ["copy_table", "drop_expired", "has_expired", "keep_deleted"]

_KEPT: Final = 35 * 86_400
"""Seconds that the backup of a deleted table is there."""


def copy_table(writer: Writer, document: Mapping[str, Any], name: str, at: float) -> dict[str, Any]:
    """Back a table up, and return the backup's description as it is stored.

    Args:
        writer: The store.
        document: The table's stored description.
        name: The backup's name.
        at: The time, in seconds since the epoch.
    """
    drop_expired(writer, at)
    return _copy(writer, document, name, at, {"Id": f"{milliseconds(at):014d}-{uuid4().hex[:8]}"})


def keep_deleted(writer: Writer, document: Mapping[str, Any], at: float) -> None:
    """Back a table up that is about to be deleted, if its point-in-time recovery is enabled.

    Args:
        writer: The store.
        document: The table's stored description.
        at: The time, in seconds since the epoch.
    """
    if "PointInTimeRecovery" not in document:
        return
    drop_expired(writer, at)
    table = document["TableName"]
    moment = milliseconds(at)
    # Another table of this name may have been deleted in the same millisecond.
    while writer.get(BACKUPS, backup_key(table, backup := f"{moment:014d}-00000000")) is not None:
        moment += 1
    _copy(
        writer,
        document,
        f"{table}$DeletedTableBackup",
        at,
        {"Id": backup, "Type": "SYSTEM", "Expires": at + _KEPT},
    )


def _copy(
    writer: Writer, document: Mapping[str, Any], name: str, at: float, more: Mapping[str, Any]
) -> dict[str, Any]:
    items = items_space(document["TableId"])
    count, size = read_totals(writer, items)
    kept: dict[str, Any] = {
        "Name": name,
        "Type": "USER",
        "Created": at,
        "Count": count,
        "Size": size,
        "Table": document,
        **more,
    }
    space = backup_space(document["TableId"], kept["Id"])
    # What is walked is another space than the one that is written.
    for key, raw in writer.scan(items):
        writer.put(space, key, raw)
    writer.put(BACKUPS, backup_key(document["TableName"], kept["Id"]), encode(kept))
    return kept


def has_expired(backup: Mapping[str, Any], at: float) -> bool:
    """Tell whether a backup's time is over."""
    expires: float | None = backup.get("Expires")
    return expires is not None and expires <= at


def drop_expired(writer: Writer, at: float) -> None:
    """Remove the backups whose time is over.

    Args:
        writer: The store.
        at: The time, in seconds since the epoch.
    """
    for key, raw in list(writer.scan(BACKUPS)):
        backup = decode(raw)
        if has_expired(backup, at):
            writer.clear(backup_space(backup["Table"]["TableId"], backup["Id"]))
            writer.delete(BACKUPS, key)
