"""Calls as log records, as CloudWatch's lines, and as OpenTelemetry's spans and metrics."""

from __future__ import annotations

import io
import json
import logging
import sys
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from tests.imports import modules_after

from anydynamo import Database, MissingDependency
from anydynamo.errors import ConfigurationError
from anydynamo.observability import Call, Consumed, EmbeddedMetrics, LogCalls, Telemetry

QUERY = Call(
    operation="Query",
    provider="dynamodb",
    region="eu-west-1",
    tables=("users",),
    index="by_email",
    started=1000.5,
    seconds=0.25,
    attempts=2,
    outcome="ok",
    returned=3,
    scanned=10,
    bytes_sent=40,
    bytes_received=900,
    consumed=(Consumed("users", 1.5, (("near", 0.5),), (("by_email", 1.0),)),),
)
BATCH = Call(
    operation="BatchWriteItem",
    provider="memory",
    region=None,
    tables=("users", "notes"),
    index=None,
    started=7.0,
    seconds=0.001,
    attempts=1,
    outcome="ok",
    requested=25,
    unprocessed=2,
    consumed=(Consumed("users", 4.0), Consumed("notes", 6.0)),
    writes=True,
)
FAILED = replace(
    QUERY,
    operation="GetItem",
    index=None,
    outcome="throttled",
    error="Throttled",
    code="ThrottlingException",
    returned=None,
    scanned=None,
    consumed=(),
)


def logged(call: Call, caplog: pytest.LogCaptureFixture, **options: Any) -> logging.LogRecord:
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "anydynamo.calls"):
        LogCalls(**options)(call)
    return caplog.records[0]


def test_a_call_is_logged_for_people_and_for_machines(caplog: pytest.LogCaptureFixture) -> None:
    record = logged(QUERY, caplog)
    assert record.getMessage() == (
        "Query on users by by_email: 250.0 ms, 3 returned, 10 read, 2 attempts"
    )
    assert record.__dict__["dynamodb"] == QUERY.as_dict()
    assert json.loads(json.dumps(record.__dict__["dynamodb"]))["consumed"][0]["units"] == 1.5
    assert logged(BATCH, caplog).getMessage() == (
        "BatchWriteItem on users, notes: 1.0 ms, 2 unprocessed"
    )
    nowhere = replace(FAILED, operation="ListTables", tables=(), attempts=1)
    assert logged(nowhere, caplog).getMessage() == (
        "ListTables: 250.0 ms, throttled: ThrottlingException"
    )
    assert logged(FAILED, caplog).getMessage() == (
        "GetItem on users: 250.0 ms, 2 attempts, throttled: ThrottlingException"
    )


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        ("ok", logging.DEBUG),
        ("conflict", logging.INFO),
        ("cancelled", logging.INFO),
        ("throttled", logging.WARNING),
        ("refused", logging.WARNING),
        ("failed", logging.ERROR),
    ],
)
def test_the_outcome_decides_the_level(
    outcome: Any, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert logged(replace(FAILED, outcome=outcome), caplog).levelno == level


def test_a_slow_call_is_a_warning_at_least(caplog: pytest.LogCaptureFixture) -> None:
    slow = logged(QUERY, caplog, slow=0.25)
    assert slow.levelno == logging.WARNING
    assert slow.getMessage().startswith("slow: Query on users")
    assert logged(QUERY, caplog, slow=0.26).levelno == logging.DEBUG
    failed = replace(FAILED, outcome="failed")
    assert logged(failed, caplog, slow=0.1).levelno == logging.ERROR


def test_levels_and_the_logger_can_be_others(caplog: pytest.LogCaptureFixture) -> None:
    own = logging.getLogger("own")
    with caplog.at_level(logging.INFO, "own"):
        observer = LogCalls(own, levels={"ok": logging.INFO, "throttled": logging.DEBUG})
        observer(QUERY)
        observer(FAILED)
    assert [(record.name, record.levelno) for record in caplog.records] == [("own", logging.INFO)]


def lines(*calls: Call, namespace: str = "AdEvents/Analytics") -> list[dict[str, Any]]:
    stream = io.StringIO()
    observer = EmbeddedMetrics(namespace, stream)
    for call in calls:
        observer(call)
    assert stream.getvalue().endswith("\n")
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_query_is_a_line_from_which_cloudwatch_makes_the_documents_metrics() -> None:
    assert lines(QUERY) == [
        {
            "_aws": {
                "Timestamp": 1000500,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "AdEvents/Analytics",
                        "Dimensions": [["Operation"], ["TableName", "Operation"]],
                        "Metrics": [
                            {"Name": "Attempts", "Unit": "Count"},
                            {"Name": "SuccessfulRequestLatency", "Unit": "Milliseconds"},
                            {"Name": "QueryLatency", "Unit": "Milliseconds"},
                            {"Name": "ConsumedReadCapacityUnits", "Unit": "Count"},
                            {"Name": "ReturnedItemCount", "Unit": "Count"},
                        ],
                    }
                ],
            },
            "Operation": "Query",
            "Outcome": "ok",
            "Provider": "dynamodb",
            "TableName": "users",
            "IndexName": "by_email",
            "Attempts": 2,
            "SuccessfulRequestLatency": 250.0,
            "QueryLatency": 250.0,
            "ConsumedReadCapacityUnits": 1.5,
            "ReturnedItemCount": 3,
        }
    ]


def test_a_batch_over_tables_has_a_line_for_each_tables_capacity() -> None:
    batch, users, notes = lines(BATCH)
    assert "TableName" not in batch
    assert "ConsumedWriteCapacityUnits" not in batch
    assert batch["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Operation"]]
    assert [(line["TableName"], line["ConsumedWriteCapacityUnits"]) for line in (users, notes)] == [
        ("users", 4.0),
        ("notes", 6.0),
    ]
    assert "Attempts" not in users


@pytest.mark.parametrize(
    ("outcome", "error", "metric"),
    [
        ("throttled", "Throttled", "ThrottledRequests"),
        ("refused", "InvalidRequest", "UserErrors"),
        ("failed", "ServiceFault", "SystemErrors"),
        ("conflict", "ConditionFailed", "ConditionalCheckFailedRequests"),
        ("conflict", "TransactionCancelled", "TransactionConflict"),
        ("cancelled", "CancelledError", None),
    ],
)
def test_each_error_counts_for_one_metric(outcome: Any, error: str, metric: str | None) -> None:
    (line,) = lines(replace(FAILED, outcome=outcome, error=error, code=None))
    assert "SuccessfulRequestLatency" not in line
    assert line["ErrorCode"] == error
    counted = [name for name in line if name.endswith(("Requests", "Errors", "Conflict"))]
    assert counted == ([metric] if metric else [])
    assert [line[name] for name in counted] == [1] * len(counted)


def test_a_described_table_gives_its_size() -> None:
    call = replace(QUERY, operation="DescribeTable", item_count=12, table_bytes=3400)
    (line,) = lines(call)
    assert (line["ItemCount"], line["TableSizeBytes"]) == (12, 3400)
    units = {one["Name"]: one["Unit"] for one in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert units["TableSizeBytes"] == "Bytes"


def test_lines_go_to_the_standard_output_of_the_moment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = EmbeddedMetrics("App")
    observer(QUERY)
    assert json.loads(capsys.readouterr().out)["Operation"] == "Query"
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    observer(QUERY)
    assert stream.getvalue().count("\n") == 1


@pytest.mark.parametrize("namespace", ["", "AWS/DynamoDB", "x" * 1025])
def test_a_namespace_that_cloudwatch_refuses_is_refused(namespace: str) -> None:
    with pytest.raises(ConfigurationError, match="namespace"):
        EmbeddedMetrics(namespace)


def told(*calls: Call) -> tuple[list[Any], list[Any]]:
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    observer = Telemetry(tracers, MeterProvider([reader]))
    with tracers.get_tracer("test").start_as_current_span("around"):
        for call in calls:
            observer(call)
    data: Any = reader.get_metrics_data()
    return list(spans.get_finished_spans()), data.resource_metrics[0].scope_metrics[0].metrics


def test_a_call_is_a_span_by_the_semantic_conventions() -> None:
    (span, around), _ = told(QUERY)
    assert span.name == "Query users"
    assert span.kind is SpanKind.CLIENT
    assert span.parent.span_id == around.context.span_id
    assert (span.start_time, span.end_time) == (1000_500_000_000, 1000_750_000_000)
    assert span.status.status_code is StatusCode.UNSET
    attributes = dict(span.attributes)
    (capacity,) = attributes.pop("aws.dynamodb.consumed_capacity")
    assert json.loads(capacity) == {
        "TableName": "users",
        "CapacityUnits": 1.5,
        "LocalSecondaryIndexes": {"near": {"CapacityUnits": 0.5}},
        "GlobalSecondaryIndexes": {"by_email": {"CapacityUnits": 1.0}},
    }
    assert attributes == {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": "Query",
        "db.collection.name": "users",
        "db.response.returned_rows": 3,
        "cloud.region": "eu-west-1",
        "aws.dynamodb.table_names": ("users",),
        "aws.dynamodb.index_name": "by_email",
        "aws.dynamodb.count": 3,
        "aws.dynamodb.scanned_count": 10,
        "anydynamo.provider": "dynamodb",
        "anydynamo.attempts": 2,
        "anydynamo.outcome": "ok",
        "anydynamo.bytes_sent": 40,
        "anydynamo.bytes_received": 900,
    }


def test_a_batch_names_its_size_and_its_tables_and_an_embedded_provider_is_no_server() -> None:
    (span, _), _ = told(BATCH)
    assert (span.name, span.kind) == ("BatchWriteItem", SpanKind.INTERNAL)
    assert span.attributes["db.operation.batch.size"] == 25
    assert span.attributes["aws.dynamodb.table_names"] == ("users", "notes")
    assert "db.collection.name" not in span.attributes


def test_an_error_is_told_by_its_code_alone() -> None:
    (failed, crashed, _), _ = told(FAILED, replace(FAILED, code=None, error="OSError"))
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.status.description is None
    assert failed.attributes["error.type"] == "ThrottlingException"
    assert failed.attributes["db.response.status_code"] == "ThrottlingException"
    assert crashed.attributes["error.type"] == "OSError"
    assert "db.response.status_code" not in crashed.attributes


def test_durations_are_a_histogram_in_seconds() -> None:
    _, (metric,) = told(QUERY, QUERY)
    assert (metric.name, metric.unit) == ("db.client.operation.duration", "s")
    (point,) = metric.data.data_points
    assert (point.count, point.sum) == (2, 0.5)
    assert point.explicit_bounds == (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
    assert dict(point.attributes) == {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": "Query",
        "db.collection.name": "users",
        "cloud.region": "eu-west-1",
        "anydynamo.provider": "dynamodb",
    }


async def test_the_global_providers_serve_where_none_are_given() -> None:
    async with Database.open("memory://", observer=Telemetry()) as db:
        assert (await db.health()).ok


def test_telemetry_without_opentelemetry_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(MissingDependency, match=r"pip install 'anydynamo\[otel\]'"):
        Telemetry()


def test_observing_imports_opentelemetry_only_for_telemetry() -> None:
    assert "opentelemetry" not in modules_after("import anydynamo.observability")
    assert "anydynamo.observability" not in modules_after("import anydynamo.database")
