"""ExportTableToPointInTime, DescribeExport and ListExports, but for the files.

What an export has is read in `exportreads`. It is charged to nobody; its billed size is that of the
items that were read.

Sources: ExportTableToPointInTime of the Amazon DynamoDB API Reference, and "DynamoDB data export to
Amazon S3" of the Developer Guide. The texts about the length of an incremental export's period are
the service's by memory, not by its documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.layout import Table
from anydynamo.engine.reads.ranges import condition_range
from anydynamo.engine.recovery.history import window_of
from anydynamo.engine.shapes import without_nulls
from anydynamo.engine.tables.descriptions import arn_of, moment, seconds, stored_document
from anydynamo.engine.transfers.ledger import EXPORTS, Beginning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.expressions import Condition, KeyCondition, Projection
    from anydynamo.engine.store import Reader, Writer
    from anydynamo.engine.values.values import Item

__all__ = [
    "Export",
    "Selection",
    "describe_export",
    "list_exports",
    "open_table",
    "prepare_export",
    "reported_export",
]

_SHORTEST: Final = 15 * 60
_LONGEST: Final = 24 * 3600
_TIMES: Final = ("ExportTime", "ExportFromTime", "ExportToTime")


@dataclass(frozen=True, slots=True)
class Selection:
    """What a `FilterSpecification` lets through.

    Attributes:
        keys: The key condition, if there is one.
        filter: What items must fulfil.
        projection: What of them is exported.
    """

    keys: KeyCondition | None = None
    filter: Condition | None = None
    projection: Projection | None = None

    def apply(self, item: Item) -> Item | None:
        """Return what is exported of an item; None where that is nothing."""
        if self.filter is not None and not self.filter.evaluate(item):
            return None
        return item if self.projection is None else self.projection.apply(item)

    def bounds(self, table: Table) -> tuple[bytes, bytes | None]:
        """Return the first key that is exported, and the first one that is no longer.

        Raises:
            EngineError: A ValidationException; the condition does not fit the table.
        """
        if self.keys is None:
            return b"", None
        if self.filter is not None:
            for attribute in table.keys:
                if attribute.name in self.filter.top_level_names:
                    raise validation(
                        texts.walks.KEY_IN_FILTER,
                        name=texts.walks.FILTER_EXPRESSION,
                        attribute=attribute.name,
                    )
        found = condition_range(table, None, self.keys)
        return found.start, found.end


@dataclass(frozen=True, slots=True)
class Export:
    """A request that has been checked.

    Attributes:
        request: Its parameters, defaults included, with times in seconds.
        token: Its client token.
        selection: What it lets through.
    """

    request: Mapping[str, Any]
    token: str | None
    selection: Selection


def prepare_export(
    request: Mapping[str, Any], surroundings: Surroundings
) -> tuple[Export, Callable[[Writer], Beginning]]:
    """Check a request, and return it with the work that accepts it.

    Raises:
        EngineError: The request is not valid.
    """
    given = without_nulls(request)
    export = Export(_normal(given), given.get("ClientToken"), _selection(given))
    wanted = export.request

    def work(writer: Writer) -> Beginning:
        at = surroundings.now()
        known = EXPORTS.known(writer, export.token, wanted, at)
        if known is not None:
            return Beginning(known, fresh=False)
        table = open_table(writer, wanted["TableArn"])
        export.selection.bounds(table)
        times = _times(writer, table, wanted, surroundings)
        record = EXPORTS.begin(writer, table.name, export.token, wanted, at)
        record |= {"TableId": table.id, "Times": times}
        EXPORTS.put(writer, record)
        return Beginning(record, fresh=True)

    return export, work


def _normal(given: Mapping[str, Any]) -> dict[str, Any]:
    arn = given["TableArn"]
    if not arn.startswith("arn:") or ":table/" not in arn:
        raise validation(texts.transfers.INVALID_TABLE_ARN)
    normal: dict[str, Any] = {
        "ExportFormat": "DYNAMODB_JSON",
        "ExportType": "FULL_EXPORT",
        "S3SseAlgorithm": "AES256",
        **given,
    }
    normal.pop("ClientToken", None)
    if "S3SseKmsKeyId" in normal and normal["S3SseAlgorithm"] != "KMS":
        raise validation(texts.transfers.KEY_WITHOUT_KMS)
    incremental = normal["ExportType"] == "INCREMENTAL_EXPORT"
    specification = normal.get("IncrementalExportSpecification")
    if incremental != (specification is not None):
        raise validation(
            texts.transfers.SPECIFICATION_EXPECTED
            if incremental
            else texts.transfers.SPECIFICATION_NOT_EXPECTED
        )
    if specification is not None:
        if "ExportFromTime" not in specification:
            raise validation(texts.transfers.FROM_TIME_MISSING)
        if "ExportTime" in normal:
            raise validation(texts.transfers.TIME_OF_INCREMENTAL_EXPORT)
        if "FilterSpecification" in normal:
            raise validation(texts.transfers.FILTER_OF_INCREMENTAL_EXPORT)
        normal["IncrementalExportSpecification"] = _in_seconds(
            {"ExportViewType": "NEW_AND_OLD_IMAGES", **specification}
        )
    return _in_seconds(normal)


def _in_seconds(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: seconds(value) if name in _TIMES else value for name, value in members.items()}


def _selection(given: Mapping[str, Any]) -> Selection:
    specification = given.get("FilterSpecification")
    if specification is None:
        return Selection()
    bound = Expressions(specification, ("KeyConditionExpression", "FilterExpression"))
    selection = Selection(
        keys=bound.key_condition(),
        filter=bound.condition("FilterExpression"),
        projection=bound.projection(),
    )
    bound.finish()
    return selection


def open_table(reader: Reader, arn: str) -> Table:
    """Return a table whose point-in-time recovery is enabled.

    Raises:
        EngineError: There is no such table, or its recovery is not enabled.
    """
    try:
        document = stored_document(reader, arn)
    except EngineError as error:
        raise EngineError(
            "TableNotFoundException", texts.tables.SOURCE_NOT_FOUND, name=arn
        ) from error
    table = Table.parse(document)
    if table.history is None:
        raise EngineError(
            "PointInTimeRecoveryUnavailableException",
            texts.backups.RECOVERY_NOT_ENABLED,
            name=table.name,
        )
    return table


def _times(
    reader: Reader, table: Table, wanted: Mapping[str, Any], surroundings: Surroundings
) -> list[float]:
    """Return the time of a full export, or both of an incremental one."""
    history = table.history
    assert history is not None  # noqa: S101 - `open_table` saw to it
    lag = surroundings.behaviour.recovery_lag
    window = window_of(reader, history, surroundings.now(), lag=lag)
    specification = wanted.get("IncrementalExportSpecification")
    if specification is None:
        times = [wanted.get("ExportTime", window.latest)]
    else:
        begin = specification["ExportFromTime"]
        end = specification.get("ExportToTime", window.latest)
        if end - begin < _SHORTEST:
            raise validation(texts.transfers.PERIOD_TOO_SHORT, minutes=_SHORTEST // 60)
        if end - begin > _LONGEST:
            raise validation(texts.transfers.PERIOD_TOO_LONG, hours=_LONGEST // 3600)
        times = [begin, end]
    # What was not over yet when it was exported would be in no export: the next one begins there.
    if any(time not in window for time in times) or (len(times) > 1 and times[1] > window.latest):
        raise EngineError(
            "InvalidExportTimeException",
            texts.transfers.TIME_OUTSIDE_OF_WINDOW,
        )
    return times


def describe_export(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Describe an export."""
    arn = request["ExportArn"]
    return lambda reader: {"ExportDescription": reported_export(EXPORTS.find(reader, arn, now()))}


def list_exports(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """List exports by table and age, a page at a time."""
    arn, limit, token = (request.get(name) for name in ("TableArn", "MaxResults", "NextToken"))

    def work(reader: Reader) -> dict[str, Any]:
        records, following = EXPORTS.page(reader, arn, limit, token, now())
        summaries = [
            {
                "ExportArn": EXPORTS.arn(record),
                "ExportStatus": record["Status"],
                "ExportType": record["Request"]["ExportType"],
            }
            for record in records
        ]
        page: dict[str, Any] = {"ExportSummaries": summaries}
        return page if following is None else {**page, "NextToken": following}

    return work


def reported_export(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as an `ExportDescription`."""
    given = record["Request"]
    described: dict[str, Any] = {
        "ExportArn": EXPORTS.arn(record),
        "ExportStatus": record["Status"],
        "StartTime": moment(record["Started"]),
        "TableArn": arn_of(record["Table"]),
        "TableId": record["TableId"],
        **{name: value for name, value in given.items() if name not in ("TableArn", *_TIMES)},
    }
    if given["ExportType"] == "FULL_EXPORT":
        described["ExportTime"] = moment(record["Times"][0])
    else:
        begin, end = record["Times"]
        described["IncrementalExportSpecification"] = {
            **given["IncrementalExportSpecification"],
            "ExportFromTime": moment(begin),
            "ExportToTime": moment(end),
        }
    if record["Token"] is not None:
        described["ClientToken"] = record["Token"]
    if "Ended" in record:
        described["EndTime"] = moment(record["Ended"])
    for name in ("FailureCode", "FailureMessage", "ExportManifest", "ItemCount"):
        if name in record:
            described[name] = record[name]
    if "Size" in record:
        described["BilledSizeBytes"] = record["Size"]
    return described
