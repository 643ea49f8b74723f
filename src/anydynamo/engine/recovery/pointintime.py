"""Point-in-time recovery: its settings, the times it goes back to, and tables made from them.

What is kept for it is the subject of `history`. The service's latest restorable time is "typically
5 minutes before the current time". Here it is the current time, so that tests and tools find what
they have just written; `Behaviour.recovery_lag` makes it an earlier one.

Source: RestoreTableToPointInTime and UpdateContinuousBackups in the Amazon DynamoDB API Reference,
and "Point-in-time backups for DynamoDB" of the Developer Guide. The order in which a restore is
checked, and the texts of its errors, were recorded of the service; of the text about two times only
the beginning was.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import floor
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import bare_name
from anydynamo.engine.layout import Table, history_space
from anydynamo.engine.recovery.copies import drop_expired
from anydynamo.engine.recovery.history import stored_at, window_of
from anydynamo.engine.recovery.restores import make_restored
from anydynamo.engine.shapes import without_nulls
from anydynamo.engine.tables.descriptions import (
    arn_of,
    moment,
    seconds,
    store_document,
    stored_document,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.recovery.history import Window
    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "describe_continuous_backups",
    "restore_table_to_point_in_time",
    "update_continuous_backups",
]

_DAYS: Final = 35


def update_continuous_backups(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Switch point-in-time recovery on or off, or change how far it goes back.

    Switching it off forgets what it kept. A longer period does not bring back what the shorter one
    had given up.
    """
    name = request["TableName"]
    given = request["PointInTimeRecoverySpecification"]
    enabled, days = given["PointInTimeRecoveryEnabled"], given.get("RecoveryPeriodInDays")
    if days is not None and not enabled:
        raise validation(texts.backups.RECOVERY_PERIOD_WITHOUT_RECOVERY)

    def work(writer: Writer) -> dict[str, Any]:
        document = _document(writer, name)
        if enabled:
            document["PointInTimeRecovery"] = _enabled(
                writer, document, days or _DAYS, surroundings
            )
        else:
            document.pop("PointInTimeRecovery", None)
            writer.clear(history_space(document["TableId"]))
        store_document(writer, document)
        return _described(writer, document, surroundings)

    return work


def _enabled(
    reader: Reader, document: Mapping[str, Any], days: int, surroundings: Surroundings
) -> dict[str, Any]:
    """Return the settings of enabled recovery, as they are stored."""
    known = document.get("PointInTimeRecovery")
    if known is None:
        return {"Since": surroundings.now(), "Days": days}
    # The shorter of both periods says what there is now.
    shorter = {**known, "Days": min(days, known["Days"])}
    window = _window(reader, {**document, "PointInTimeRecovery": shorter}, surroundings)
    assert window is not None  # noqa: S101 - recovery is enabled
    return {"Since": max(known["Since"], window.earliest), "Days": days}


def describe_continuous_backups(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Reader], dict[str, Any]]:
    """Say whether point-in-time recovery is on, and how far back it goes."""
    name = request["TableName"]
    return lambda reader: _described(reader, _document(reader, name), surroundings)


def _document(reader: Reader, name: str) -> dict[str, Any]:
    try:
        return stored_document(reader, name)
    except EngineError as error:
        raise EngineError(
            "TableNotFoundException", texts.tables.SOURCE_NOT_FOUND, name=name
        ) from error


def _window(
    reader: Reader, document: Mapping[str, Any], surroundings: Surroundings
) -> Window | None:
    history = Table.parse(document).history
    if history is None:
        return None
    lag = surroundings.behaviour.recovery_lag
    return window_of(reader, history, surroundings.now(), lag=lag)


def _described(
    reader: Reader, document: Mapping[str, Any], surroundings: Surroundings
) -> dict[str, Any]:
    window = _window(reader, document, surroundings)
    described: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    if window is not None:
        described = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": document["PointInTimeRecovery"]["Days"],
            "EarliestRestorableDateTime": moment(window.earliest),
            "LatestRestorableDateTime": moment(floor(window.latest)),
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": described,
        }
    }


def restore_table_to_point_in_time(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Make a table with the items that another one had at a time.

    Keys, indexes and the rest are as they are now, unless overridden.

    Raises:
        EngineError: The request is not valid.
    """
    given = without_nulls(request)
    source, target, time = _source(given), given["TargetTableName"], _time(given)

    def work(writer: Writer) -> dict[str, Any]:
        document = _document(writer, source)
        name = document["TableName"]
        window = _window(writer, document, surroundings)
        if window is None:
            raise EngineError(
                "PointInTimeRecoveryUnavailableException",
                texts.backups.RECOVERY_NOT_ENABLED,
                name=name,
            )
        if time is not None and time not in window:
            raise EngineError(
                "InvalidRestoreTimeException",
                texts.backups.TIME_OUTSIDE_OF_WINDOW,
                time=_text(time),
                earliest=_text(window.earliest),
                latest=_text(window.latest),
            )
        until = window.latest if time is None else time
        drop_expired(writer, surroundings.now())
        restored = {
            "SourceTableArn": arn_of(name),
            "At": floor(until) if time is None else until,
        }
        items = stored_at(writer, Table.parse(document), until)
        return make_restored(writer, target, document, items, given, restored, surroundings)

    return work


def _source(given: Mapping[str, Any]) -> str:
    name: str | None = given.get("SourceTableName")
    arn: str | None = given.get("SourceTableArn")
    if name is not None and arn is not None:
        raise validation(texts.backups.TWO_SOURCES)
    if arn is not None:
        if not arn.startswith("arn:"):
            raise validation(texts.backups.NO_ARN, arn=arn)
        if not bare_name(arn):
            raise validation(texts.backups.INVALID_SOURCE_ARN)
        return arn
    if name is None:
        raise validation(texts.requests.REQUIRED, name="TableName")
    return name


def _time(given: Mapping[str, Any]) -> float | None:
    """Return the time to which a request wants a table restored; None for the latest."""
    latest: bool = given.get("UseLatestRestorableTime", False)
    time = given.get("RestoreDateTime")
    if latest and time is not None:
        raise validation(texts.backups.TWO_TIMES)
    if not latest and time is None:
        raise validation(texts.backups.NO_TIME)
    return None if time is None else seconds(time)


def _text(time: float) -> str:
    # What lies before 1970 counts as 1970, as in the log.
    return datetime.fromtimestamp(max(0, floor(time)), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
