"""What is asked of ad events, on any provider: ingest, the four queries, metrics, the dashboard."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from anydynamo.catalog.ad_events.counting import Counters, bucket, hour_of, stored
from anydynamo.catalog.ad_events.incoming import ingest
from anydynamo.catalog.ad_events.metrics import Dashboard, Metrics
from anydynamo.catalog.ad_events.models import (
    EVENT_TYPES,
    LIFETIME,
    MODELS,
    AdEvent,
    AdItem,
    CampaignMetrics,
    check_campaign,
    day_key,
    time_key,
)
from anydynamo.changes import Applied
from anydynamo.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from datetime import date

    from anydynamo.catalog.ad_events.counting import Recounted
    from anydynamo.catalog.ad_events.incoming import Events, Ingested
    from anydynamo.catalog.ad_events.metrics import CampaignReport, DashboardReport
    from anydynamo.changes import Change
    from anydynamo.changes.checkpoints import Checkpoints
    from anydynamo.database import Database, Health
    from anydynamo.repositories.paging import Page
    from anydynamo.repositories.walks import Results

__all__ = ["AdEvents"]

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MOST_HOURS = 168
# A recount changes both counters of an hour, with all of their parts, by one transaction.
_MOST_SPREAD = 40


class AdEvents:
    """Ad events and their metrics over an open database.

    Args:
        database: Where the tables are; its clock says which events are of the future, and its sleep
            keeps the rate.
        max_events_per_second: How many events `ingest` writes in a second; None for as many as
            there are.
        shards: Over how many partitions each campaign's day is spread, for campaigns with more
            events a second than one partition takes; see the guide on sharding. It is a property of
            the table, and the same in all programs that use it.
        spread_counters: Over how many items the counters of each hour are spread, for campaigns
            with more transactions a second than one item takes. It may change from one deployment
            to the next; `recount` is for the program in which it is largest.

    Raises:
        InvalidRequest: A number is not above 0.
        ConfigurationError: `shards` is not what the table was opened with before.
    """

    def __init__(
        self,
        database: Database,
        *,
        max_events_per_second: int | None = None,
        shards: int | None = None,
        spread_counters: int = 1,
    ) -> None:
        if max_events_per_second is not None and max_events_per_second < 1:
            raise InvalidRequest(
                f"max_events_per_second is a number from 1 up, not {max_events_per_second}"
            )
        if not 1 <= spread_counters <= _MOST_SPREAD:
            raise InvalidRequest(
                f"spread_counters is a number from 1 to {_MOST_SPREAD}, not {spread_counters}"
            )
        self.database = database
        self.events = database.repository(AdEvent, shards=shards)
        self.metrics_table = database.repository(CampaignMetrics)
        self._rate = max_events_per_second
        items = database.repository(AdItem, shards=shards)
        self._counters = Counters(database, items, self.metrics_table, spread_counters)

    async def create_tables(self) -> None:
        """Make the two tables, if they are not there yet."""
        await self.database.create_tables(MODELS)

    async def health(self) -> Health:
        """Tell whether the provider answers and has both tables."""
        return await self.database.health(MODELS)

    # Writing

    async def ingest(
        self,
        events: Events,
        *,
        overwrite: bool = False,
        count: bool = False,
        progress: Callable[[Ingested], None] | None = None,
    ) -> Ingested:
        """Store events, as many as there are; one that cannot be stored does not stop the others.

        Args:
            events: `AdEvent`s, or dictionaries as for `event_of`; asynchronous or not.
            overwrite: Write without looking whether an event is there, for half the price. An event
                that comes twice is stored once all the same, and counted once.
            count: Count the new ones at once, and leave nothing to do to whoever reads the stream.
            progress: Is told how far it got after each few hundred events.

        Returns:
            What became of them.

        Raises:
            AnyDynamoError: The provider was in trouble; a note says how far it got. The same events
                may be given again.
        """

        async def counted(new: list[AdEvent]) -> None:
            await self._counters.count(stored(event) for event in new)

        return await ingest(
            self.events,
            self.database.session,
            events,
            overwrite=overwrite,
            rate=self._rate,
            progress=progress,
            written=counted if count else None,
        )

    async def count(self, changes: Iterable[Change[AdItem]]) -> Applied:
        """Count events into CampaignMetrics, each once, however often its change is given.

        Only what was stored counts: marks are passed over, and so is what expires or is deleted.

        Args:
            changes: Changes of `AdItem`s, in any order.
        """
        return await self._counters.count(changes)

    async def aggregate(
        self,
        *,
        start: str = "oldest",
        follow: bool = True,
        checkpoint: Checkpoints | None = None,
        consumer: str | None = None,
    ) -> Applied:
        """Count what the stream of AdEvents brings; what AWS Lambda does, without AWS Lambda.

        It may begin before where it ended: what was counted is not counted again.

        Args:
            start: As for `Database.changes`.
            follow: Wait for more at the end; without it, the end is the end.
            checkpoint: As for `Database.changes`.
            consumer: As for `Database.changes`.

        Returns:
            How many events were counted, and how many had been before.
        """
        applied = repeated = 0
        changes = self.database.changes(
            AdItem, start=start, follow=follow, checkpoint=checkpoint, consumer=consumer
        )
        async with changes:
            async for batch in changes.batches():
                done = await self._counters.count(batch)
                applied += done.applied
                repeated += done.repeated
        return Applied(applied, repeated)

    async def recount(self, campaign_id: str, day: date) -> Recounted:
        """Count a campaign's day anew from its events, while others may go on counting.

        Events that were never counted are counted now, and what the counters said before is
        forgotten.

        Args:
            campaign_id: The campaign.
            day: The day, in UTC.

        Raises:
            InvalidRequest: The day's events expire within the hour, or have begun to.
            Conflict: Others counted in one of the hours each time it was tried.
        """
        return await self._counters.recount(_campaign(campaign_id), day)

    # The four query patterns

    def on_day(
        self, campaign_id: str, day: date, *, newest_first: bool = False, limit: int | None = None
    ) -> Results[AdEvent]:
        """Return the events of a campaign's day, in the order of time."""
        key = day_key(_campaign(campaign_id), day)
        return self.events.query(key, reverse=newest_first, limit=limit)

    async def page_of_day(
        self, campaign_id: str, day: date, *, limit: int = 100, after: str | None = None
    ) -> Page[AdEvent]:
        """Return a page of the events of a campaign's day, in the order of time.

        Raises:
            InvalidCursor: The token is of another query, altered or stale.
        """
        key = day_key(_campaign(campaign_id), day)
        return await self.events.page(key, limit=limit, after=after)

    def journey(
        self,
        user_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Results[AdEvent]:
        """Return what a user met with, in all campaigns, in the order of time.

        Args:
            user_id: The user.
            since: The earliest time.
            until: The time before which it ends.
            newest_first: Go from the end.
            limit: How many events there are at most.
        """
        times = _times(since, until)
        return self.events.query(
            AdEvent.by_user, user_id, *times, reverse=newest_first, limit=limit
        )

    async def page_of_journey(
        self, user_id: str, *, limit: int = 100, after: str | None = None
    ) -> Page[AdEvent]:
        """Return a page of what a user met with, in the order of time.

        Raises:
            InvalidCursor: The token is of another query, altered or stale.
        """
        return await self.events.page(AdEvent.by_user, user_id, limit=limit, after=after)

    def of_type(
        self,
        kind: type[AdEvent] | str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Results[AdEvent]:
        """Return the events of one type, of all campaigns, in the order of time.

        Args:
            kind: The class, or what `event_type` holds.
            since: The earliest time.
            until: The time before which it ends.
            newest_first: Go from the end.
            limit: How many events there are at most.

        Raises:
            InvalidRequest: There is no such type, or the times are in the wrong order.
        """
        times = _times(since, until)
        return self.events.query(
            AdEvent.by_type, _kind(kind), *times, reverse=newest_first, limit=limit
        )

    async def between(
        self, campaign_id: str, since: datetime, until: datetime
    ) -> AsyncIterator[AdEvent]:
        """Give a campaign's events of a time range, over any number of days, in the order of time.

        Args:
            campaign_id: The campaign.
            since: The earliest time.
            until: The time before which it ends.

        Raises:
            InvalidRequest: The times are in the wrong order, or have no offset from UTC.
        """
        campaign, times = _campaign(campaign_id), _times(since, until)
        # Before this day nothing is kept any more, and after the last one nothing is taken yet.
        now = self.database.now()
        day = max(since.astimezone(UTC), now - LIFETIME - _DAY).date()
        last = min(until.astimezone(UTC), now + _DAY).date()
        while day <= last:
            async for event in self.events.query(day_key(campaign, day), *times):
                yield event
            day += _DAY

    # What was counted

    async def metrics(
        self,
        campaign_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Metrics:
        """Return what was counted of a campaign, in all hours or in some.

        Args:
            campaign_id: The campaign.
            since: The beginning of the first hour.
            until: The end of the last hour.

        Raises:
            InvalidRequest: A time is not the beginning of an hour.
        """
        path, conditions = CampaignMetrics.time_bucket, list[Any]()
        first = None if since is None else bucket(_full_hour(since))
        # What begins with an hour sorts before the next one.
        last = None if until is None else bucket(_full_hour(until))
        if first is not None and last is not None:
            if first >= last:
                raise InvalidRequest(f"There is no time from {since} until {until}")
            conditions.append(path.between(first, last))
        elif first is not None:
            conditions.append(path >= first)
        elif last is not None:
            conditions.append(path < last)
        rows = await self.metrics_table.query(_campaign(campaign_id), *conditions)
        return Metrics.sum(row for row in rows if row.time_bucket != last)

    async def report(self, campaign_id: str, **times: Any) -> CampaignReport:
        """Return a campaign's metrics as `/analytics/campaigns/{campaign_id}/metrics` has them.

        Args:
            campaign_id: The campaign.
            **times: As for `metrics`.
        """
        began = self.database.session.timer()
        metrics = await self.metrics(campaign_id, **times)
        return {
            "campaign_id": campaign_id,
            "metrics": metrics.figures(),
            "query_time_ms": self._milliseconds(began),
        }

    async def dashboard(self, *, hours: int = 24) -> Dashboard:
        """Return what was counted of all campaigns in the latest hours.

        It is one query for each hour, of the items that the hour's counters have for this purpose;
        nothing is scanned.

        Args:
            hours: How many hours there are, 1 to 168, the one that goes on included.

        Raises:
            InvalidRequest: The number is another.
        """
        if not 1 <= hours <= _MOST_HOURS:
            raise InvalidRequest(f"hours is a number from 1 to {_MOST_HOURS}, not {hours}")
        latest = hour_of(self.database.now())
        begins = [latest - number * _HOUR for number in reversed(range(hours))]
        read = await self.database.session.together(
            [partial(self._campaigns_in, begin) for begin in begins]
        )
        by_campaign: defaultdict[str, Metrics] = defaultdict(Metrics)
        for found in read:
            for campaign, metrics in found.items():
                by_campaign[campaign] += metrics
        best = sorted(
            by_campaign.items(),
            key=lambda one: (
                one[1].revenue_usd.copy_negate(),
                -one[1].clicks,
                -one[1].impressions,
                one[0],
            ),
        )
        return Dashboard(
            begins[0],
            latest + _HOUR,
            {
                begin: sum(found.values(), Metrics())
                for begin, found in zip(begins, read, strict=True)
            },
            dict(best),
        )

    async def dashboard_report(self, *, hours: int = 24, top: int = 10) -> DashboardReport:
        """Return the dashboard as `/analytics/realtime/dashboard` has it.

        Args:
            hours: As for `dashboard`.
            top: How many campaigns to name.
        """
        began = self.database.session.timer()
        dashboard = await self.dashboard(hours=hours)
        return dashboard.report(top, self._milliseconds(began))

    async def _campaigns_in(self, hour: datetime) -> dict[str, Metrics]:
        found: defaultdict[str, Metrics] = defaultdict(Metrics)
        for row in await self.metrics_table.query(f"hour#{bucket(hour)}"):
            found[row.time_bucket.partition("#")[0]] += Metrics.sum([row])
        return found

    def _milliseconds(self, began: float) -> float:
        return round((self.database.session.timer() - began) * 1000, 3)


def _campaign(campaign_id: str) -> str:
    try:
        return check_campaign(campaign_id)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error


def _kind(kind: type[AdEvent] | str) -> type[AdEvent]:
    found = EVENT_TYPES.get(kind) if isinstance(kind, str) else kind
    if found is None or found not in EVENT_TYPES.values():
        raise InvalidRequest(f"{kind!r} is no type of event; there are {', '.join(EVENT_TYPES)}")
    return found


def _times(since: datetime | None, until: datetime | None) -> list[Any]:
    """Make the condition on the sort key that a time range is.

    Sort keys go on after the time, so those of the end itself sort after it and are left out.
    """
    for moment in (since, until):
        if moment is not None:
            _check_offset(moment)
    path = AdEvent.sort_key
    if since is not None and until is not None:
        if since >= until:
            raise InvalidRequest(
                f"There is no time from {since.isoformat()} until {until.isoformat()}"
            )
        return [path.between(time_key(since), time_key(until))]
    if since is not None:
        return [path >= time_key(since)]
    return [] if until is None else [path < time_key(until)]


def _check_offset(moment: datetime) -> None:
    if moment.utcoffset() is None:
        raise InvalidRequest(f"{moment.isoformat()} needs its offset from UTC")
    try:
        moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidRequest(f"{moment.isoformat()} is no time of the years 1 to 9999") from error


def _full_hour(moment: datetime) -> datetime:
    _check_offset(moment)
    if hour_of(moment) != moment:
        raise InvalidRequest(
            f"{moment.isoformat()} is not the beginning of an hour in UTC; metrics are kept by "
            "the hour"
        )
    return moment
