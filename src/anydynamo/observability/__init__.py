"""What a database does, told to whoever wants to know: one record per call.

`Database(..., observer=)` takes any function of one `Call`. `LogCalls` writes to Python's logging,
`EmbeddedMetrics` lines from which CloudWatch makes metrics, and `Telemetry` spans and metrics of
OpenTelemetry.
"""

from anydynamo.observability.budgets import Spending
from anydynamo.observability.embedded_metrics import EmbeddedMetrics
from anydynamo.observability.logs import LogCalls
from anydynamo.observability.observed import Observed
from anydynamo.observability.records import Call, Consumed, Observer, Outcome
from anydynamo.observability.telemetry import Telemetry

__all__ = [
    "Call",
    "Consumed",
    "EmbeddedMetrics",
    "LogCalls",
    "Observed",
    "Observer",
    "Outcome",
    "Spending",
    "Telemetry",
]

# Tracebacks and the documentation then show the path that a user imports from.
for _public in (Call, Consumed, EmbeddedMetrics, LogCalls, Observed, Observer, Spending, Telemetry):
    _public.__module__ = __name__
