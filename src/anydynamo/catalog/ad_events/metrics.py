"""What is counted: impressions, clicks, conversions, revenue, and the rates that follow."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING

# pydantic, which describes the web service, takes no `typing.TypedDict` before Python 3.12.
from typing_extensions import TypedDict

from anydynamo.catalog.ad_events.models import Click, Conversion, Impression

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from anydynamo.catalog.ad_events.models import AdEvent, CampaignMetrics

__all__ = [
    "CampaignFigures",
    "CampaignReport",
    "Dashboard",
    "DashboardReport",
    "Figures",
    "Metrics",
]

_RATE = Decimal("0.001")
# DynamoDB's digits, whatever the context of the caller's thread rounds to.
_EXACT = Context(prec=38)


class Figures(TypedDict):
    """Metrics as JSON has them."""

    impressions: int
    clicks: int
    conversions: int
    revenue_usd: float
    ctr: float
    conversion_rate: float


class CampaignFigures(TypedDict):
    """A campaign's metrics, as the dashboard has them."""

    campaign_id: str
    metrics: Figures


class HourFigures(TypedDict):
    """The metrics of all campaigns in an hour."""

    hour: str
    metrics: Figures


class CampaignReport(TypedDict):
    """What `/analytics/campaigns/{campaign_id}/metrics` answers."""

    campaign_id: str
    metrics: Figures
    query_time_ms: float


class DashboardReport(TypedDict):
    """What `/analytics/realtime/dashboard` answers."""

    since: str
    until: str
    totals: Figures
    top_campaigns: list[CampaignFigures]
    hours: list[HourFigures]
    query_time_ms: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counts and money, exact; add them up with `+`."""

    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    revenue_usd: Decimal = Decimal(0)

    @classmethod
    def of(cls, events: Iterable[AdEvent]) -> Metrics:
        """Count events."""
        numbers: dict[type[AdEvent], int] = {Impression: 0, Click: 0, Conversion: 0}
        revenue = Decimal(0)
        for event in events:
            numbers[type(event)] += 1
            revenue = _EXACT.add(revenue, event.revenue_usd)
        return cls(numbers[Impression], numbers[Click], numbers[Conversion], revenue)

    @classmethod
    def sum(cls, rows: Iterable[CampaignMetrics]) -> Metrics:
        """Add up what is stored."""
        total = cls()
        for row in rows:
            total += cls(row.impressions, row.clicks, row.conversions, row.revenue_usd)
        return total

    def __add__(self, other: Metrics) -> Metrics:
        return Metrics(
            self.impressions + other.impressions,
            self.clicks + other.clicks,
            self.conversions + other.conversions,
            _EXACT.add(self.revenue_usd, other.revenue_usd),
        )

    @property
    def ctr(self) -> Decimal:
        """Clicks by impressions, to three decimals; 0 where nothing was shown."""
        return _rate(self.clicks, self.impressions)

    @property
    def conversion_rate(self) -> Decimal:
        """Conversions by clicks, to three decimals; 0 where nobody clicked."""
        return _rate(self.conversions, self.clicks)

    def figures(self) -> Figures:
        """Give them as JSON has them; an amount of more than 15 digits loses the last ones."""
        return {
            "impressions": self.impressions,
            "clicks": self.clicks,
            "conversions": self.conversions,
            "revenue_usd": float(self.revenue_usd),
            "ctr": float(self.ctr),
            "conversion_rate": float(self.conversion_rate),
        }


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The latest hours of all campaigns.

    Attributes:
        since: When the first hour began.
        until: When the last hour ends; it has perhaps just begun.
        hours: What was counted in each hour, by its beginning.
        campaigns: What was counted of each campaign, the most revenue first.
    """

    since: datetime
    until: datetime
    hours: dict[datetime, Metrics]
    campaigns: dict[str, Metrics]

    @property
    def totals(self) -> Metrics:
        """What was counted of all campaigns together."""
        return sum(self.hours.values(), Metrics())

    def report(self, top: int, milliseconds: float) -> DashboardReport:
        """Give it as JSON has it.

        Args:
            top: How many campaigns to name.
            milliseconds: How long the queries took.
        """
        best = list(self.campaigns.items())[:top]
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "totals": self.totals.figures(),
            "top_campaigns": [
                {"campaign_id": campaign, "metrics": metrics.figures()}
                for campaign, metrics in best
            ],
            "hours": [
                {"hour": hour.isoformat(), "metrics": metrics.figures()}
                for hour, metrics in self.hours.items()
            ],
            "query_time_ms": milliseconds,
        }


def _rate(part: int, whole: int) -> Decimal:
    if not whole:
        return Decimal(0)
    return _EXACT.divide(part, whole).quantize(_RATE, ROUND_HALF_UP, _EXACT)
