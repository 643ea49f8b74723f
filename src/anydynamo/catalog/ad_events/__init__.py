"""Ad events and their metrics: typed events, the four queries, counting from the stream."""

from anydynamo.catalog.ad_events.counting import Recounted
from anydynamo.catalog.ad_events.incoming import Ingested, Refused, event_of
from anydynamo.catalog.ad_events.metrics import Dashboard, Metrics
from anydynamo.catalog.ad_events.models import (
    EVENT_TYPES,
    MODELS,
    AdEvent,
    AdItem,
    CampaignMetrics,
    Click,
    Conversion,
    Impression,
)
from anydynamo.catalog.ad_events.service import AdEvents

__all__ = [
    "EVENT_TYPES",
    "MODELS",
    "AdEvent",
    "AdEvents",
    "AdItem",
    "CampaignMetrics",
    "Click",
    "Conversion",
    "Dashboard",
    "Impression",
    "Ingested",
    "Metrics",
    "Recounted",
    "Refused",
    "event_of",
]
