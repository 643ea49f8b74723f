"""The two tables: events, and what was counted of them.

Keys, indexes and names are those of the service that the tables come from. Events build their own
keys: the partition key is `campaign#date`, and the sort key begins with the time, in UTC and always
with six digits of a second, so that its order as text is the order of time; the event's id comes
last, so that two events of one microsecond stay two.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, cast

from pydantic import AfterValidator, Field
from pynamodb.attributes import DiscriminatorAttribute

from anydynamo.errors import InvalidItem
from anydynamo.models.table import Attr, GlobalIndex, Table, attribute

__all__ = [
    "EVENT_TYPES",
    "LIFETIME",
    "MODELS",
    "AdEvent",
    "AdItem",
    "CampaignMetrics",
    "Click",
    "Conversion",
    "Counted",
    "Impression",
    "check_campaign",
    "check_moment",
    "day_key",
    "time_key",
]

LIFETIME = timedelta(days=30)
"""How long an event is kept, from the time at which it happened."""

_MARK_LIFETIME = LIFETIME + timedelta(days=2)
"""A mark outlives its event by more than the day for which a stream delivers changes."""

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
# Sort keys have 1024 bytes, of which the time, a separator and a counter's number need some.
_ID_BYTES = 980


def check_campaign(campaign_id: str) -> str:
    """Return a campaign's id.

    Raises:
        ValueError: It is empty, too long, or has a `#`, which separates it from the date.
    """
    if not campaign_id or "#" in campaign_id or len(campaign_id.encode()) > _ID_BYTES:
        raise ValueError(
            f"a campaign's id is text of 1 to {_ID_BYTES} bytes without '#', which separates it "
            f"from the date in keys, and {campaign_id!r:.50} is not"
        )
    return campaign_id


def check_moment(moment: datetime) -> datetime:
    """Return a moment in UTC.

    Raises:
        ValueError: It has no offset from UTC, or no event can have happened then.
    """
    if moment.utcoffset() is None:
        raise ValueError("a time needs its offset from UTC, as in 2025-09-22T14:05:06Z")
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError(
            f"an event happens from {_EARLIEST.year} to {_LATEST.year}, not at "
            f"{moment.isoformat()}; is it given in other units?"
        )
    return moment.astimezone(UTC)


def day_key(campaign_id: str, day: date) -> str:
    """Give the partition key of a campaign's day."""
    return f"{campaign_id}#{day.isoformat()}"


def time_key(moment: datetime) -> str:
    """Give what the sort keys of a moment's events begin with."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


CampaignId = Annotated[str, AfterValidator(check_campaign)]
Moment = Annotated[datetime, AfterValidator(check_moment)]
Money = Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=6)]
"""An amount that is kept exactly; sums of a thousand million of them still are."""


class AdItem(
    Table,
    name="AdEvents",
    stream="NEW_AND_OLD_IMAGES",
    point_in_time_recovery=True,
    deletion_protection=True,
):
    """What lies in the table: an `AdEvent`, or the mark that one was counted, `Counted`.

    Marks have no type and no user, and so are in none of the indexes.
    """

    event_type = DiscriminatorAttribute()
    # The defaults say to type checkers that events are made without them.
    partition_key: Attr[str] = attribute(hash_key=True, default="")
    sort_key: Attr[str] = attribute(range_key=True, default="")
    ttl: Attr[int] = attribute(ttl=True, default=0)


class AdEvent(AdItem):
    """Something that happened to an advertisement: an `Impression`, a `Click` or a `Conversion`."""

    campaign_id: Attr[CampaignId] = attribute()
    user_id: Attr[Annotated[str, Field(min_length=1, max_length=500)]] = attribute()
    timestamp: Attr[Moment] = attribute()
    event_id: Attr[Annotated[str, Field(min_length=1)]] = attribute()
    revenue_usd: Attr[Money] = attribute(default=Decimal(0))

    by_user = GlobalIndex("UserIndex", hash_key=user_id, range_key=AdItem.sort_key)
    # PynamoDB's discriminator is an attribute of no type of ours; its values are the classes.
    by_type = GlobalIndex(
        "EventTypeIndex", hash_key=cast("Any", AdItem.event_type), range_key=AdItem.sort_key
    )

    def __init__(
        self,
        *,
        campaign_id: str,
        user_id: str,
        timestamp: datetime,
        event_id: str,
        revenue_usd: Decimal | int = 0,
    ) -> None:
        """Make an event; its keys and its time to live follow from the rest.

        Raises:
            InvalidItem: A value cannot be what it is.
        """
        if type(self) is AdEvent:
            raise InvalidItem(f"an event is one of {', '.join(EVENT_TYPES)}; make one of those")
        partition, sort, ttl = _keys(campaign_id, timestamp, event_id)
        values: dict[str, Any] = {
            "partition_key": partition,
            "sort_key": sort,
            "ttl": ttl,
            "campaign_id": campaign_id,
            "user_id": user_id,
            "timestamp": timestamp,
            "event_id": event_id,
            "revenue_usd": revenue_usd,
        }
        super().__init__(**values)

    @property
    def type(self) -> str:
        """What `event_type` holds."""
        return _NAMES[type(self)]

    @property
    def expires(self) -> datetime:
        """When DynamoDB may remove it."""
        return datetime.fromtimestamp(self.ttl, UTC)

    def check_keys(self) -> None:
        """Refuse an event that was changed after its keys were made.

        Raises:
            InvalidItem: It was.
        """
        made = _keys(self.campaign_id, self.timestamp, self.event_id)
        if made != (self.partition_key, self.sort_key, self.ttl):
            raise InvalidItem(
                "campaign, time and id of an event make its key; make another event instead of "
                "changing one"
            )


class Impression(AdEvent, discriminator="impression"):
    """An advertisement was shown."""


class Click(AdEvent, discriminator="click"):
    """Somebody clicked on it."""


class Conversion(AdEvent, discriminator="conversion"):
    """Somebody did what it is for."""


EVENT_TYPES: dict[str, type[AdEvent]] = {
    "impression": Impression,
    "click": Click,
    "conversion": Conversion,
}
"""The classes of events by what `event_type` holds."""

_NAMES = {model: name for name, model in EVENT_TYPES.items()}


class Counted(AdItem):
    """The mark that an event was counted, in a partition beside the event's own."""

    @classmethod
    def of(cls, event: AdEvent) -> Counted:
        """Make an event's mark."""
        return cls(
            partition_key=cls.partition(event.campaign_id, event.timestamp.date()),
            sort_key=event.sort_key,
            ttl=int((event.timestamp + _MARK_LIFETIME).timestamp()),
        )

    @staticmethod
    def partition(campaign_id: str, day: date) -> str:
        """Give the partition key of the marks of a campaign's day."""
        return f"counted#{day_key(campaign_id, day)}"


class CampaignMetrics(Table, name="CampaignMetrics"):
    """What was counted of a campaign in an hour.

    Each hour is counted twice: under the campaign, with the hour as `time_bucket`, and under
    `hour#<hour>` with the campaign in its place, so that the campaigns of an hour are one query.
    """

    campaign_id: Attr[str] = attribute(hash_key=True)
    time_bucket: Attr[str] = attribute(range_key=True)
    impressions: Attr[int] = attribute(default=0)
    clicks: Attr[int] = attribute(default=0)
    conversions: Attr[int] = attribute(default=0)
    revenue_usd: Attr[Decimal] = attribute(default=Decimal(0))
    revision: Attr[int] = attribute(default=0, description="Rises with every change.")


MODELS = (AdItem, CampaignMetrics)
"""The tables."""


def _keys(campaign_id: str, timestamp: datetime, event_id: str) -> tuple[str, str, int]:
    try:
        campaign = check_campaign(campaign_id)
        moment = check_moment(timestamp)
        if not event_id or len(event_id.encode()) > _ID_BYTES:
            raise ValueError(f"an event's id is text of 1 to {_ID_BYTES} bytes")
    except UnicodeEncodeError as error:
        raise InvalidItem("campaign_id and event_id are text that UTF-8 can hold") from error
    except ValueError as error:
        raise InvalidItem(str(error)) from error
    except (TypeError, AttributeError) as error:
        raise InvalidItem(
            "an event needs campaign_id and event_id as text and timestamp as a datetime"
        ) from error
    expires = int((moment + LIFETIME).timestamp())
    return day_key(campaign, moment.date()), f"{time_key(moment)}#{event_id}", expires
