"""The twelve-attribute item of the core benchmark, as anydynamo and as PynamoDB declare it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.models import Model

from anydynamo import Attr, Table, attribute

__all__ = ["Event", "PlainEvent", "values"]


class Event(Table, name="events"):
    campaign: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)
    user_id: Attr[str] = attribute()
    kind: Attr[str] = attribute()
    url: Attr[str] = attribute()
    price: Attr[float] = attribute()
    clicks: Attr[int] = attribute()
    paid: Attr[bool] = attribute()
    at: Attr[datetime] = attribute()
    tags: Attr[set[str]] = attribute()
    scores: Attr[list[int]] = attribute()
    context: Attr[dict[str, str]] = attribute()


class PlainEvent(Model):
    class Meta:
        table_name = "events"
        region = "us-east-1"

    campaign = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)
    user_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    url = UnicodeAttribute()
    price = NumberAttribute()
    clicks = NumberAttribute()
    paid = BooleanAttribute()
    at = UTCDateTimeAttribute()
    tags = UnicodeSetAttribute()
    scores: ListAttribute[Any] = ListAttribute(of=NumberAttribute)
    context: MapAttribute[str, str] = MapAttribute()  # type: ignore[no-untyped-call]  # PynamoDB's


def values(number: int) -> dict[str, Any]:
    """Return the native values of event `number`; a hundred events share a campaign."""
    return {
        "campaign": f"campaign-{number // 100}",
        "number": number % 100,
        "user_id": f"user-{number * 7919 % 1000:06d}",
        "kind": ("impression", "click", "conversion")[number % 3],
        "url": f"https://shop.example/products/{number}?source=mail&position=3",
        "price": 12.5 + number % 50,
        "clicks": number % 17,
        "paid": number % 2 == 0,
        "at": datetime(2026, 11, 22, 12, 30, number % 60, 123456, tzinfo=UTC),
        "tags": {"autumn", "mail", "shoes"},
        "scores": [1, 2, 3, number % 5],
        "context": {"device": "phone", "country": "CH", "language": "de"},
    }
