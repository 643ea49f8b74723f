"""DescribeLimits and DescribeEndpoints: what holds for an account, and not for one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine.tables.descriptions import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from anydynamo.engine.store import Reader

__all__ = ["describe_endpoints", "describe_limits"]

_ACCOUNT_UNITS: Final = 80_000
_TABLE_UNITS: Final = 40_000
_CACHED_MINUTES: Final = 1440


def describe_limits() -> Callable[[Reader], dict[str, Any]]:
    """Return a new account's quotas on provisioned throughput; nothing is held to them here.

    Source: "Quotas in Amazon DynamoDB" of the Amazon DynamoDB Developer Guide.
    """
    return lambda _reader: {
        "AccountMaxReadCapacityUnits": _ACCOUNT_UNITS,
        "AccountMaxWriteCapacityUnits": _ACCOUNT_UNITS,
        "TableMaxReadCapacityUnits": _TABLE_UNITS,
        "TableMaxWriteCapacityUnits": _TABLE_UNITS,
    }


def describe_endpoints() -> Callable[[Reader], dict[str, Any]]:
    """Return the one endpoint of a region that AWS does not have."""
    address = f"dynamodb.{REGION}.amazonaws.com"
    return lambda _reader: {
        "Endpoints": [{"Address": address, "CachePeriodInMinutes": _CACHED_MINUTES}]
    }
