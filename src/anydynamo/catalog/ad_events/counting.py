"""Counting events into CampaignMetrics, each exactly once, and counting a day anew.

The mark that an event was counted is written in one transaction with the counters. So changes may
come twice, in any order, long after, or again after a crash between two writes: where the mark is
there already, nothing is added. Every such transaction also raises the `revision` of the counters
that it changes, by which a recount notices that it was overtaken.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zlib import crc32

from anydynamo.catalog.ad_events.metrics import Metrics
from anydynamo.catalog.ad_events.models import (
    LIFETIME,
    AdEvent,
    AdItem,
    CampaignMetrics,
    Counted,
    day_key,
)
from anydynamo.changes import Change, apply_once
from anydynamo.errors import Conflict, InvalidRequest, TransactionCancelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from anydynamo.changes import Applied
    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository
    from anydynamo.repositories.transactions import TransactWrite

__all__ = ["Counters", "Recounted", "bucket", "hour_of", "stored"]

_HOUR = timedelta(hours=1)
_LEAST_LEFT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Recounted:
    """What a recount did.

    Attributes:
        events: How many events the day has.
        missing: How many of them had not been counted.
        metrics: What the counters of the day's hours say now, together.
    """

    events: int
    missing: int
    metrics: Metrics


def hour_of(moment: datetime) -> datetime:
    """Give the beginning of a moment's hour, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def bucket(hour: datetime) -> str:
    """Give what an hour's `time_bucket` begins with."""
    return hour.astimezone(UTC).strftime("%Y-%m-%dT%H")


class Counters:
    """The counters of all campaigns.

    Args:
        database: Where the tables are.
        items: The events and the marks.
        metrics: The counters.
        spread: Over how many items each counter is spread.
    """

    def __init__(
        self,
        database: Database,
        items: Repository[AdItem],
        metrics: Repository[CampaignMetrics],
        spread: int,
    ) -> None:
        self._database = database
        self._items = items
        self._metrics = metrics
        self._spread = spread
        self._suffixes = [f"#{number}" for number in range(spread)] if spread > 1 else [""]

    async def count(self, changes: Iterable[Change[AdItem]]) -> Applied:
        """Count the events that were stored; see `AdEvents.count`."""
        inserts = [
            change
            for change in changes
            if change.kind == "insert" and isinstance(change.new, AdEvent)
        ]
        # Together, what belongs to one counter takes one action of a transaction.
        inserts.sort(key=lambda change: _place(_event(change)))
        return await apply_once(
            self._database,
            inserts,
            mark=lambda change: self._items.to_create(Counted.of(_event(change))),
            effect=self._effect,
        )

    def _effect(self, changes: Sequence[Change[AdItem]]) -> Iterator[TransactWrite]:
        groups: defaultdict[tuple[str, datetime], list[AdEvent]] = defaultdict(list)
        for change in changes:
            event = _event(change)
            groups[_place(event)].append(event)
        for (campaign, hour), events in groups.items():
            # Whichever part it is: what counts is their sum.
            suffix = self._suffixes[crc32(events[0].sort_key.encode()) % self._spread]
            metrics = Metrics.of(events)
            for key in _keys(campaign, hour, suffix):
                yield self._metrics.to_update(
                    key,
                    CampaignMetrics.impressions.add(metrics.impressions),
                    CampaignMetrics.clicks.add(metrics.clicks),
                    CampaignMetrics.conversions.add(metrics.conversions),
                    CampaignMetrics.revenue_usd.add(metrics.revenue_usd),
                    CampaignMetrics.revision.add(1),
                    upsert=True,
                )

    async def recount(self, campaign: str, day: date) -> Recounted:
        """Count a campaign's day anew; see `AdEvents.recount`."""
        begin = datetime.combine(day, time(), UTC)
        if self._database.now() + _LEAST_LEFT > begin + LIFETIME:
            raise InvalidRequest(
                f"The events of {day} expire, or are gone already: what is counted of them now "
                "would be too little. A day can be counted anew for 30 days"
            )
        events = await self._events(campaign, day)
        marks = await self._marks(campaign, day)
        missing = [event for event in events if event.sort_key not in marks]
        counted = await self.count(stored(event) for event in missing)
        hours = [begin + number * _HOUR for number in range(24)]
        totals: dict[datetime, Metrics] = {}
        patience = self._database.session.patience
        for tries in range(1, patience.attempts + 1):
            left = [hour for hour in hours if hour not in totals]
            totals |= await self._recounted(campaign, day, left)
            if len(totals) == len(hours):
                return Recounted(len(events), counted.applied, sum(totals.values(), Metrics()))
            if tries < patience.attempts:
                await self._database.session.pause(tries)
        raise Conflict(
            f"{campaign} was counted on while its {day} was counted anew, {patience.attempts} "
            "times; the hours that are over are right, so do the rest when less is happening"
        )

    async def _recounted(
        self, campaign: str, day: date, hours: Sequence[datetime]
    ) -> dict[datetime, Metrics]:
        """Set the counters of hours, unless somebody counts there meanwhile; return what was set.

        Counters are read first, then marks, then events. A counter whose revision is still the same
        when it is written had no event counted between the first read and the write, so the marks
        that were read are exactly those of the events in it.
        """
        rows = await self._rows(campaign, hours)
        # Also where nothing is: somebody may count there in the meantime.
        suffixes = sorted({"", *self._suffixes, *(_suffix(row.time_bucket) for row in rows)})
        keys = {
            hour: [key for suffix in suffixes for key in _keys(campaign, hour, suffix)]
            for hour in hours
        }
        every = [key for hour in hours for key in keys[hour]]
        known = {
            (row.campaign_id, row.time_bucket): row
            for row in await self._metrics.get_many(every, consistent=True)
        }
        marks = await self._marks(campaign, day)
        by_hour: defaultdict[datetime, list[AdEvent]] = defaultdict(list)
        for event in await self._events(campaign, day):
            if event.sort_key in marks:
                by_hour[hour_of(event.timestamp)].append(event)
        done: dict[datetime, Metrics] = {}
        for hour in hours:
            metrics = Metrics.of(by_hour[hour])
            actions = [
                self._replace(key, known.get(key), Metrics() if _suffix(key[1]) else metrics)
                for key in keys[hour]
            ]
            try:
                await self._database.transact(*actions)
            except TransactionCancelled as error:
                faults = [fault for fault in error.errors if fault is not None]
                if not all(isinstance(fault, Conflict) or fault.retryable for fault in faults):
                    raise
                # Somebody counts in this hour; the next attempt reads it again.
                continue
            done[hour] = metrics
        return done

    async def _rows(self, campaign: str, hours: Sequence[datetime]) -> list[CampaignMetrics]:
        # "~" sorts after everything that a suffix has.
        times = CampaignMetrics.time_bucket.between(bucket(hours[0]), f"{bucket(hours[-1])}~")
        return await self._metrics.query(campaign, times, consistent=True)

    def _replace(
        self, key: tuple[str, str], row: CampaignMetrics | None, metrics: Metrics
    ) -> TransactWrite:
        revision = CampaignMetrics.revision
        if row is None and metrics == Metrics():
            return self._metrics.to_check(key, revision.does_not_exist())
        new = CampaignMetrics(
            campaign_id=key[0],
            time_bucket=key[1],
            impressions=metrics.impressions,
            clicks=metrics.clicks,
            conversions=metrics.conversions,
            revenue_usd=metrics.revenue_usd,
            revision=1 if row is None else row.revision + 1,
        )
        if row is None:
            return self._metrics.to_create(new)
        return self._metrics.to_put(new, condition=revision == row.revision)

    async def _marks(self, campaign: str, day: date) -> set[str]:
        marks = self._items.query(
            Counted.partition(campaign, day), only=[AdItem.sort_key], consistent=True
        )
        return {mark["sort_key"] async for mark in marks}

    async def _events(self, campaign: str, day: date) -> list[AdEvent]:
        found = self._items.query(day_key(campaign, day), consistent=True)
        return [item async for item in found if isinstance(item, AdEvent)]


def stored(event: AdEvent) -> Change[AdItem]:
    """Give the change that storing an event is."""
    key = (event.partition_key, event.sort_key)
    return Change("insert", None, event, key, "", event.timestamp)


def _keys(campaign: str, hour: datetime, suffix: str) -> Iterator[tuple[str, str]]:
    """Give both keys of one part of a campaign's counter."""
    yield campaign, f"{bucket(hour)}{suffix}"
    yield f"hour#{bucket(hour)}", f"{campaign}{suffix}"


def _suffix(time_bucket: str) -> str:
    return "".join(time_bucket.partition("#")[1:])


def _event(change: Change[AdItem]) -> AdEvent:
    assert isinstance(change.new, AdEvent)  # noqa: S101 - `count` has left out all others
    return change.new


def _place(event: AdEvent) -> tuple[str, datetime]:
    return event.campaign_id, hour_of(event.timestamp)
