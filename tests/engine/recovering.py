"""A table with point-in-time recovery, and short words for going back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86_400


def enable(call: Callable[..., Any], table: str = "users", days: int | None = None) -> Any:
    """Enable a table's recovery, and return what is said of it."""
    wanted: dict[str, Any] = {"PointInTimeRecoveryEnabled": True}
    if days is not None:
        wanted["RecoveryPeriodInDays"] = days
    return _set(call, table, wanted)


def disable(call: Callable[..., Any], table: str = "users") -> Any:
    """Disable a table's recovery, and return what is said of it."""
    return _set(call, table, {"PointInTimeRecoveryEnabled": False})


def _set(call: Callable[..., Any], table: str, wanted: dict[str, Any]) -> Any:
    answer = call(
        "UpdateContinuousBackups", TableName=table, PointInTimeRecoverySpecification=wanted
    )
    assert call("DescribeContinuousBackups", TableName=table) == answer
    assert answer["ContinuousBackupsDescription"]["ContinuousBackupsStatus"] == "ENABLED"
    return answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


def window(call: Callable[..., Any], table: str = "users") -> tuple[float, float]:
    """Return the earliest and the latest time to which a table can be restored."""
    answer = call("DescribeContinuousBackups", TableName=table)
    described = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return (
        described["EarliestRestorableDateTime"].timestamp(),
        described["LatestRestorableDateTime"].timestamp(),
    )


def restore(
    call: Callable[..., Any],
    time: float | None,
    to: str = "again",
    table: str = "users",
    **overrides: Any,
) -> Any:
    """Restore a table to a time, None for the latest, and return the new table's description."""
    when: dict[str, Any] = {"UseLatestRestorableTime": True}
    if time is not None:
        when = {"RestoreDateTime": datetime.fromtimestamp(time, UTC)}
    request = {"SourceTableName": table, "TargetTableName": to, **when, **overrides}
    return call("RestoreTableToPointInTime", **request)["TableDescription"]
