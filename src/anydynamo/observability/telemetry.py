"""Calls as spans and metrics of OpenTelemetry, by its semantic conventions for databases.

The conventions are *Semantic conventions for database client spans* with the page on AWS DynamoDB
(`db.*`, `aws.dynamodb.*`), and *Semantic conventions for database client metrics*. What they have
no name for is called `anydynamo.*`.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from anydynamo.errors import MissingDependency

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from anydynamo.observability.records import Call, Consumed

__all__ = ["Telemetry"]

_BOUNDARIES: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
"""The histogram's, in seconds, as the conventions advise them."""

_INSIDE: Final = frozenset({"json", "memory", "sqlite"})
"""Providers in this process, whose spans are no client's."""


class Telemetry:
    """Make a span of each call, and measure it with `db.client.operation.duration`.

    A span is made when its call is over, with the times that it had, inside of the span that was
    current. Errors are told by their code: their text may hold values.

    Args:
        tracers: Who makes tracers; without it the global provider.
        meters: Who makes meters; without it the global provider.

    Raises:
        MissingDependency: OpenTelemetry's API is not installed.
    """

    def __init__(
        self, tracers: TracerProvider | None = None, meters: MeterProvider | None = None
    ) -> None:
        try:
            # Any: imported by name, because it need not be there.
            trace: Any = import_module("opentelemetry.trace")
            metrics: Any = import_module("opentelemetry.metrics")
        except ImportError as error:
            raise MissingDependency(
                "Telemetry needs OpenTelemetry's API: pip install 'anydynamo[otel]'"
            ) from error
        self._trace = trace
        self._tracer = trace.get_tracer("anydynamo", tracer_provider=tracers)
        meter = metrics.get_meter("anydynamo", meter_provider=meters)
        self._duration = meter.create_histogram(
            "db.client.operation.duration",
            unit="s",
            description="Duration of database client operations.",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )

    def __call__(self, call: Call, /) -> None:
        """Make a call's span, and measure it."""
        kinds: Any = self._trace.SpanKind
        kind = kinds.INTERNAL if call.provider in _INSIDE else kinds.CLIENT
        common = _common(call)
        begin = int(call.started * 1e9)
        span = self._tracer.start_span(
            f"{call.operation} {call.table}" if call.table else call.operation,
            kind=kind,
            attributes={**common, **_details(call)},
            start_time=begin,
        )
        if call.error is not None:
            span.set_status(self._trace.StatusCode.ERROR)
        span.end(end_time=begin + int(call.seconds * 1e9))
        self._duration.record(call.seconds, common)


def _common(call: Call) -> dict[str, Any]:
    """Return the attributes of both the span and the metric: those with few values."""
    attributes: dict[str, Any] = {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": call.operation,
        "anydynamo.provider": call.provider,
    }
    given = {
        "db.collection.name": call.table,
        "cloud.region": call.region,
        "db.response.status_code": call.code,
        "error.type": call.code or call.error,
    }
    return attributes | {name: value for name, value in given.items() if value is not None}


def _details(call: Call) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "anydynamo.attempts": call.attempts,
        "anydynamo.outcome": call.outcome,
    }
    if call.tables:
        attributes["aws.dynamodb.table_names"] = call.tables
    if call.requested is not None and call.requested > 1:
        attributes["db.operation.batch.size"] = call.requested
    if call.consumed:
        attributes["aws.dynamodb.consumed_capacity"] = tuple(map(_capacity, call.consumed))
    if call.operation in ("Query", "Scan") and call.returned is not None:
        attributes["aws.dynamodb.count"] = call.returned
    given = {
        "aws.dynamodb.index_name": call.index,
        "aws.dynamodb.scanned_count": call.scanned,
        "db.response.returned_rows": call.returned,
        "anydynamo.unprocessed": call.unprocessed,
        "anydynamo.bytes_sent": call.bytes_sent,
        "anydynamo.bytes_received": call.bytes_received,
    }
    return attributes | {name: value for name, value in given.items() if value is not None}


def _capacity(part: Consumed) -> str:
    said: dict[str, Any] = {"TableName": part.table, "CapacityUnits": part.units}
    for kind, indexes in (
        ("LocalSecondaryIndexes", part.local_indexes),
        ("GlobalSecondaryIndexes", part.global_indexes),
    ):
        if indexes:
            said[kind] = {name: {"CapacityUnits": units} for name, units in indexes}
    return json.dumps(said)
