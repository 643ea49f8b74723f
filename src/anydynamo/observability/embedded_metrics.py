"""Calls as lines in CloudWatch's embedded metric format.

CloudWatch Logs makes metrics of such lines by itself, with no call to its API: on AWS Lambda and in
containers whose standard output it gets, and elsewhere with its agent. (Amazon CloudWatch User
Guide, *Specification: Embedded metric format*.) The names are CloudWatch's own of DynamoDB
(Amazon DynamoDB Developer Guide, *DynamoDB metrics and dimensions*), and `QueryLatency`.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final, Protocol

from anydynamo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from anydynamo.observability.records import Call, Outcome

__all__ = ["EmbeddedMetrics", "Stream"]

_LONGEST_NAMESPACE: Final = 1024

_COUNTED: Final[Mapping[Outcome, str]] = {
    "throttled": "ThrottledRequests",
    "refused": "UserErrors",
    "failed": "SystemErrors",
}
_CONDITIONS: Final = frozenset({"ConditionFailed", "AlreadyExists", "VersionConflict"})

_Metrics = dict[str, tuple[float, str]]


class Stream(Protocol):
    """What lines are written to, such as a file that was opened for text."""

    def write(self, text: str, /) -> object:
        """Write text."""
        ...

    def flush(self) -> object:
        """Let nothing written wait any longer."""
        ...


class EmbeddedMetrics:
    """Write each call as a line of JSON that CloudWatch makes metrics of.

    The dimensions are the operation, and the table with the operation. A call on several tables has
    a line for itself, and one for the capacity of each table where that was asked for.

    Args:
        namespace: The metrics' namespace, such as `AdEvents/Analytics`.
        stream: Where to; without it the standard output at the time of the call.

    Raises:
        ConfigurationError: The namespace is empty, too long, or one of AWS's own.
    """

    def __init__(self, namespace: str, stream: Stream | None = None) -> None:
        if not 1 <= len(namespace) <= _LONGEST_NAMESPACE or namespace.startswith("AWS/"):
            raise ConfigurationError(
                f"The namespace of metrics cannot be {namespace[:50]!r}: it has 1 to "
                f"{_LONGEST_NAMESPACE} characters, and those that begin with AWS/ are AWS's"
            )
        self._namespace = namespace
        self._stream = stream

    def __call__(self, call: Call, /) -> None:
        """Write a call's lines, in one piece."""
        stream = sys.stdout if self._stream is None else self._stream
        lines = [
            json.dumps(document, separators=(",", ":")) + "\n" for document in self._documents(call)
        ]
        stream.write("".join(lines))
        stream.flush()

    def _documents(self, call: Call) -> Iterator[dict[str, Any]]:
        yield self._document(call, call.table, _metrics(call))
        if call.table is None:
            for part in call.consumed:
                units = {_capacity_name(call): (part.units, "Count")}
                yield self._document(call, part.table, units)

    def _document(self, call: Call, table: str | None, metrics: _Metrics) -> dict[str, Any]:
        dimensions = [["Operation"]]
        if table is not None:
            dimensions.append(["TableName", "Operation"])
        document: dict[str, Any] = {
            "_aws": {
                "Timestamp": int(call.started * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": self._namespace,
                        "Dimensions": dimensions,
                        "Metrics": [
                            {"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()
                        ],
                    }
                ],
            },
            "Operation": call.operation,
            "Outcome": call.outcome,
            "Provider": call.provider,
        }
        named = {
            "TableName": table,
            "IndexName": call.index,
            "ErrorCode": call.code or call.error,
        }
        document |= {name: value for name, value in named.items() if value is not None}
        document |= {name: value for name, (value, _) in metrics.items()}
        return document


def _metrics(call: Call) -> _Metrics:
    milliseconds = (call.seconds * 1000, "Milliseconds")
    metrics: _Metrics = {"Attempts": (call.attempts, "Count")}
    if call.outcome == "ok":
        metrics["SuccessfulRequestLatency"] = milliseconds
    if call.operation == "Query":
        metrics["QueryLatency"] = milliseconds
    name = _COUNTED.get(call.outcome)
    if call.outcome == "conflict":
        condition = call.error in _CONDITIONS
        name = "ConditionalCheckFailedRequests" if condition else "TransactionConflict"
    if name is not None:
        metrics[name] = (1, "Count")
    units = call.write_units if call.writes else call.read_units
    if units is not None and call.table is not None:
        metrics[_capacity_name(call)] = (units, "Count")
    for name, number, unit in (
        ("ReturnedItemCount", call.returned, "Count"),
        ("ItemCount", call.item_count, "Count"),
        ("TableSizeBytes", call.table_bytes, "Bytes"),
    ):
        if number is not None:
            metrics[name] = (number, unit)
    return metrics


def _capacity_name(call: Call) -> str:
    return "ConsumedWriteCapacityUnits" if call.writes else "ConsumedReadCapacityUnits"
