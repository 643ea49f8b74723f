"""Ad events for tests: random ones, at times that a clock of the test's own knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from anydynamo.catalog.ad_events import EVENT_TYPES, AdEvent

if TYPE_CHECKING:
    from random import Random

__all__ = ["NOW", "clock", "made", "random_events", "row"]

# So far ahead that no server takes the events for expired.
NOW = datetime(2045, 9, 22, 14, 30, tzinfo=UTC)


def clock() -> float:
    return NOW.timestamp()


def row(number: int, kind: str = "impression", **values: Any) -> dict[str, Any]:
    """Give an event as JSON has it."""
    return {
        "event_type": kind,
        "campaign_id": "campaign_123",
        "user_id": "user_12345",
        "timestamp": (NOW - timedelta(minutes=1)).isoformat(),
        "event_id": f"e{number}",
        **values,
    }


def made(number: int, kind: str = "impression", **values: Any) -> AdEvent:
    """Make an event."""
    given: dict[str, Any] = {
        "campaign_id": "campaign_123",
        "user_id": "user_12345",
        "timestamp": NOW - timedelta(minutes=1),
        "event_id": f"e{number}",
        **values,
    }
    return EVENT_TYPES[kind](**given)


def random_events(random: Random, number: int, campaigns: int = 4) -> list[AdEvent]:
    """Make events of some campaigns in the last four hours, most of them impressions."""
    kinds = [*["impression"] * 20, *["click"] * 4, "conversion"]
    return [
        made(
            place,
            random.choice(kinds),
            campaign_id=f"campaign_{random.randrange(campaigns)}",
            user_id=f"user_{random.randrange(500)}",
            timestamp=NOW - timedelta(microseconds=random.randrange(4 * 3600 * 10**6)),
            revenue_usd=Decimal(random.randrange(10**6)) / 1000,
        )
        for place in range(number)
    ]
