"""Document 000, from top to bottom, on every provider, awaited and blocking."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from tests.catalog.ads import NOW, clock, made, random_events, row

from anydynamo import (
    AccessDenied,
    Conflict,
    Database,
    InvalidCursor,
    InvalidItem,
    InvalidRequest,
    TransactionCancelled,
    sync,
)
from anydynamo.catalog.ad_events import (
    MODELS,
    AdEvent,
    AdEvents,
    AdItem,
    CampaignMetrics,
    Click,
    Conversion,
    Impression,
    Metrics,
    event_of,
)
from anydynamo.catalog.ad_events.counting import stored
from anydynamo.models.schema import schema_of
from anydynamo.repositories.session import Patience

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence

    from tests.targets import Target

    from anydynamo.adapters.protocol import DatabaseAdapter

    T = TypeVar("T")

TODAY = NOW.date()
ALWAYS = datetime.max.replace(tzinfo=UTC)
PATIENCE = Patience(first=0, poll=0.01)
OPTIONS: dict[str, Any] = {"clock": clock, "patience": PATIENCE}


class Ads:
    """Runs what a test asks of the system, awaited or through the blocking database."""

    def __init__(self, database: Database | sync.Database, **options: Any) -> None:
        self.database = database
        self._options = options

    async def __call__(self, work: Callable[[AdEvents], Coroutine[Any, Any, T]]) -> T:
        if isinstance(self.database, sync.Database):
            return self.database.run(lambda database: work(AdEvents(database, **self._options)))
        return await work(AdEvents(self.database, **self._options))

    async def listed(self, results: Callable[[AdEvents], AsyncIterator[T]]) -> list[T]:
        async def collect(ads: AdEvents) -> list[T]:
            return [one async for one in results(ads)]

        return await self(collect)


@pytest.fixture
def prefix() -> str:
    """A prefix of its own for each test: Dynoxide's streams outlive their tables."""
    return f"test{next(_NUMBERS)}-"


_NUMBERS = count(1)


@pytest.fixture(params=["awaited", "blocking"])
async def ads(request: pytest.FixtureRequest, target: Target, prefix: str) -> AsyncIterator[Ads]:
    """The two tables, empty."""
    options: dict[str, Any] = {**OPTIONS, "table_prefix": prefix, "owns_adapter": True}
    if request.param == "awaited":
        async with Database(target.adapter(), **options) as database:
            await database.create_tables(MODELS)
            yield Ads(database)
        return
    with sync.Database(target.adapter(blocking=True), **options) as blocking:
        blocking.create_tables(MODELS)
        yield Ads(blocking)


@pytest.fixture
def opened(prefix: str) -> Callable[[DatabaseAdapter], Database]:
    """Opens the tables of `ad_events` over another adapter."""
    return lambda adapter: Database(adapter, table_prefix=prefix, **OPTIONS)


@pytest.fixture
async def ad_events(
    adapter: DatabaseAdapter, opened: Callable[[DatabaseAdapter], Database]
) -> AdEvents:
    """The same, awaited only, over an adapter that a test may look into."""
    service = AdEvents(opened(adapter))
    await service.create_tables()
    return service


# Step 1: Create DynamoDB Tables


def key(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


AD_EVENTS: dict[str, Any] = {
    "TableName": "AdEvents",
    "AttributeDefinitions": [
        {"AttributeName": "partition_key", "AttributeType": "S"},
        {"AttributeName": "sort_key", "AttributeType": "S"},
        {"AttributeName": "user_id", "AttributeType": "S"},
        {"AttributeName": "event_type", "AttributeType": "S"},
    ],
    "KeySchema": key("partition_key", "sort_key"),
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "UserIndex",
            "KeySchema": key("user_id", "sort_key"),
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "EventTypeIndex",
            "KeySchema": key("event_type", "sort_key"),
            "Projection": {"ProjectionType": "ALL"},
        },
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    "DeletionProtectionEnabled": True,
}

CAMPAIGN_METRICS: dict[str, Any] = {
    "TableName": "CampaignMetrics",
    "AttributeDefinitions": [
        {"AttributeName": "campaign_id", "AttributeType": "S"},
        {"AttributeName": "time_bucket", "AttributeType": "S"},
    ],
    "KeySchema": key("campaign_id", "time_bucket"),
    "BillingMode": "PAY_PER_REQUEST",
}


def test_the_tables_are_made_as_the_document_configures_them() -> None:
    assert schema_of(AdItem).create_table_request() == AD_EVENTS
    assert schema_of(CampaignMetrics).create_table_request() == CAMPAIGN_METRICS


@pytest.mark.parametrize(
    "documented", [AD_EVENTS, CAMPAIGN_METRICS], ids=lambda one: one["TableName"]
)
async def test_the_tables_are_described_as_the_document_configures_them(
    documented: dict[str, Any], ad_events: AdEvents, adapter: DatabaseAdapter
) -> None:
    name = {"TableName": ad_events.database.session.names.real(documented["TableName"])}
    table = (await adapter.call("DescribeTable", name))["Table"]

    def by_name(members: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(members, key=lambda one: one.get("IndexName") or one["AttributeName"])

    assert table["TableStatus"] == "ACTIVE"
    assert table["KeySchema"] == documented["KeySchema"]
    assert by_name(table["AttributeDefinitions"]) == by_name(documented["AttributeDefinitions"])
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    indexes = [
        {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
        for index in table.get("GlobalSecondaryIndexes", ())
    ]
    assert by_name(indexes) == by_name(documented.get("GlobalSecondaryIndexes", []))
    assert table.get("StreamSpecification") == documented.get("StreamSpecification")
    assert bool(table.get("DeletionProtectionEnabled")) == ("StreamSpecification" in documented)

    expiry = (await adapter.call("DescribeTimeToLive", name))["TimeToLiveDescription"]
    if documented is AD_EVENTS:
        assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    else:
        assert expiry["TimeToLiveStatus"] == "DISABLED"


@pytest.mark.parametrize("target", ["memory", "json", "sqlite", "moto"], indirect=True)
async def test_events_can_be_restored_to_a_point_in_time(
    ad_events: AdEvents, adapter: DatabaseAdapter
) -> None:
    # Dynoxide has no backups.
    found = []
    for table in (ad_events.events.table, ad_events.metrics_table.table):
        answer = await adapter.call("DescribeContinuousBackups", {"TableName": table})
        recovery = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        found.append(recovery["PointInTimeRecoveryStatus"])
    assert found == ["ENABLED", "DISABLED"]


async def test_a_protected_table_cannot_be_deleted_by_mistake(ad_events: AdEvents) -> None:
    with pytest.raises(InvalidRequest, match=r"(?i)protect"):
        await ad_events.database.delete_tables([AdItem])
    assert (await ad_events.health()).ok


async def test_an_event_has_the_documented_attributes_on_the_wire(
    ad_events: AdEvents, adapter: DatabaseAdapter
) -> None:
    moment = datetime.fromisoformat("2045-09-22T16:05:06.5+02:00")
    event = Conversion(
        campaign_id="campaign_123",
        user_id="user_12345",
        timestamp=moment,
        event_id="e1",
        revenue_usd=Decimal("12.50"),
    )
    assert (await ad_events.ingest([event])).written == 1
    scanned = await adapter.call("Scan", {"TableName": ad_events.events.table})
    (item,) = scanned["Items"]
    assert item["partition_key"] == {"S": "campaign_123#2045-09-22"}
    assert item["sort_key"] == {"S": "2045-09-22T14:05:06.500000Z#e1"}
    assert item["user_id"] == {"S": "user_12345"}
    assert item["event_type"] == {"S": "conversion"}
    assert Decimal(item["revenue_usd"]["N"]) == Decimal("12.5")
    assert item["ttl"] == {"N": str(int((moment + timedelta(days=30)).timestamp()))}


# Events


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no offset": ({"timestamp": "2045-09-22T14:00:00"}, "offset from UTC"),
    "no time": ({"timestamp": "yesterday"}, "2025-09-22T14:05:06Z"),
    "a number": ({"timestamp": 1758549906}, "timestamp as a datetime"),
    "before there was any": ({"timestamp": "1970-01-02T00:00:00Z"}, "from 2000 to 2100"),
    "in milliseconds": ({"timestamp": "2345-01-01T00:00:00Z"}, "other units"),
    "to come": ({"timestamp": "2045-09-22T16:00:00Z"}, "now it is 2045-09-22T14:30"),
    "over": ({"timestamp": "2045-08-22T14:00:00Z"}, "kept for 30 days"),
    "negative revenue": ({"revenue_usd": -0.01}, "greater than or equal to 0"),
    "revenue that is no number": ({"revenue_usd": "NaN"}, "finite"),
    "endless revenue": ({"revenue_usd": float("inf")}, "finite"),
    "revenue of too many digits": ({"revenue_usd": "0.0000001"}, "decimal places"),
    "an unknown type": ({"event_type": "hover"}, "impression, click, conversion"),
    "a type that is no text": ({"event_type": ["click"]}, "impression, click, conversion"),
    "a campaign with a separator": ({"campaign_id": "a#b"}, "'#'"),
    "an empty campaign": ({"campaign_id": ""}, "campaign"),
    "a campaign that is no text": ({"campaign_id": 5}, "campaign_id and event_id as text"),
    "a long campaign": ({"campaign_id": "c" * 981}, "980 bytes"),
    "an empty user": ({"user_id": ""}, "user_id"),
    "an empty id": ({"event_id": ""}, "event's id"),
    "no user": ({"user_id": None}, "lacks user_id"),
    "a campaign that is empty and no text": ({"campaign_id": {}}, "campaign"),
    "half a character in a campaign": ({"campaign_id": "\ud800"}, "UTF-8"),
    "half a character in an id": ({"event_id": "\ud800"}, "UTF-8"),
    "half a character in a user": ({"user_id": "\ud800"}, "user_id"),
    "a word too many": ({"color": "red"}, "has 'color'"),
    "half a character in a word too many": ({"\ud800": 1}, r"has '\ud800'"),
}


@pytest.mark.parametrize(("values", "why"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_an_event_that_cannot_be_is_refused_and_the_others_are_stored(
    values: dict[str, Any], why: str, ad_events: AdEvents
) -> None:
    done = await ad_events.ingest([row(1), row(2, **values), row(3)])
    assert (done.received, done.written, done.complete) == (3, 2, False)
    (refused,) = done.refused
    assert refused.position == 1
    assert why in refused.reason
    assert [event.event_id async for event in ad_events.on_day("campaign_123", TODAY)] == [
        "e1",
        "e3",
    ]


def test_an_event_is_of_a_type() -> None:
    with pytest.raises(InvalidItem, match="impression, click, conversion"):
        AdEvent(campaign_id="c", user_id="u", timestamp=NOW, event_id="e")
    assert isinstance(event_of(row(1, "click")), Click)


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_an_event_that_was_changed_has_a_key_that_no_longer_fits(ad_events: AdEvents) -> None:
    event = made(1)
    event.campaign_id = "another"
    done = await ad_events.ingest([event, "nonsense"])  # type: ignore[list-item]
    assert (done.written, len(done.refused)) == (0, 2)
    assert "make another event" in done.refused[0].reason
    assert "not a str" in done.refused[1].reason


async def test_two_events_of_one_microsecond_stay_two(ads: Ads) -> None:
    done = await ads(lambda ads: ads.ingest([row(1), row(2), row(1)]))
    assert (done.written, done.duplicates) == (2, 1)
    again = await ads(lambda ads: ads.ingest([made(1), made(2), made(3, "click")]))
    assert (again.written, again.duplicates) == (1, 2)
    found = await ads.listed(lambda ads: ads.on_day("campaign_123", TODAY))
    assert [(event.type, event.event_id) for event in found] == [
        ("impression", "e1"),
        ("impression", "e2"),
        ("click", "e3"),
    ]


async def test_events_come_in_from_anything_that_gives_them(ads: Ads) -> None:
    async def arriving() -> AsyncIterator[dict[str, Any]]:
        for number in range(30):
            yield row(number)

    async def ingest(ads: AdEvents) -> Any:
        told: list[int] = []
        done = await ads.ingest(
            arriving(), overwrite=True, progress=lambda done: told.append(done.written)
        )
        return done, told

    done, told = await ads(ingest)
    assert (done.received, done.written, done.duplicates, told) == (30, 30, None, [30])
    generated = await ads(lambda ads: ads.ingest(row(number) for number in range(29, 32)))
    assert (generated.written, generated.duplicates) == (2, 1)


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_no_more_events_are_written_in_a_second_than_max_events_per_second(
    target: Target,
) -> None:
    seconds = clock()
    waits: list[float] = []

    async def sleep(wait: float) -> None:
        nonlocal seconds
        seconds += wait
        waits.append(wait)

    options = {**OPTIONS, "clock": lambda: seconds, "sleep": sleep}
    async with Database(target.adapter(), owns_adapter=True, **options) as database:
        limited = AdEvents(database, max_events_per_second=50)
        await limited.create_tables()
        progress: list[tuple[float, int]] = []
        await limited.ingest(
            [row(number) for number in range(220)],
            progress=lambda done: progress.append((seconds - clock(), done.written)),
        )
    assert all(written <= 50 * (passed + 2) for passed, written in progress)
    assert seconds - clock() == pytest.approx(220 / 50, abs=1.01)
    assert max(waits) <= 1
    for wrong in (0, -1):
        with pytest.raises(InvalidRequest, match="from 1 up"):
            AdEvents(limited.database, max_events_per_second=wrong)


# Query Patterns Implemented


@pytest.fixture
async def journeys(ads: Ads) -> Ads:
    """Some events of two campaigns, three users and two days."""
    moments = [NOW - timedelta(hours=hours) for hours in (1, 2, 20, 21)]
    events = [
        row(
            100 * place + number,
            kind,
            timestamp=moment.isoformat(),
            campaign_id=campaign,
            user_id=user,
        )
        for place, moment in enumerate(moments)
        for number, (kind, campaign, user) in enumerate(
            [
                ("impression", "campaign_123", "user_1"),
                ("click", "campaign_123", "user_1"),
                ("conversion", "campaign_123", "user_2"),
                ("impression", "campaign_9", "user_1"),
            ]
        )
    ]
    done = await ads(lambda ads: ads.ingest(events))
    assert (done.written, done.complete) == (16, True)
    return ads


def ids(events: Sequence[AdEvent]) -> list[str]:
    return [event.event_id for event in events]


async def test_1_campaign_performance_is_one_query_of_a_campaigns_day(journeys: Ads) -> None:
    found = await journeys.listed(lambda ads: ads.on_day("campaign_123", TODAY))
    assert ids(found) == ["e100", "e101", "e102", "e0", "e1", "e2"]
    assert [type(event) for event in found[:3]] == [Impression, Click, Conversion]
    latest = await journeys.listed(
        lambda ads: ads.on_day("campaign_123", TODAY, newest_first=True, limit=2)
    )
    assert ids(latest) == ["e2", "e1"]

    first = await journeys(lambda ads: ads.page_of_day("campaign_123", TODAY, limit=4))
    rest = await journeys(
        lambda ads: ads.page_of_day("campaign_123", TODAY, limit=4, after=first.next)
    )
    assert [*ids(first.items), *ids(rest.items)] == ids(found)
    assert rest.next is None
    with pytest.raises(InvalidCursor):
        await journeys(lambda ads: ads.page_of_day("campaign_9", TODAY, after=first.next))


async def test_2_a_user_journey_goes_through_all_campaigns(journeys: Ads) -> None:
    found = await journeys.listed(lambda ads: ads.journey("user_1"))
    assert ids(found) == [
        f"e{place}{number}" if place else f"e{number}"
        for place, number in [
            ("30", 0),
            ("30", 1),
            ("30", 3),
            ("20", 0),
            ("20", 1),
            ("20", 3),
            ("10", 0),
            ("10", 1),
            ("10", 3),
            ("", 0),
            ("", 1),
            ("", 3),
        ]
    ]
    recent = await journeys.listed(
        lambda ads: ads.journey("user_1", since=NOW - timedelta(hours=2))
    )
    assert ids(recent) == ["e100", "e101", "e103", "e0", "e1", "e3"]
    page = await journeys(lambda ads: ads.page_of_journey("user_1", limit=5))
    after = await journeys(lambda ads: ads.page_of_journey("user_1", limit=50, after=page.next))
    assert [*ids(page.items), *ids(after.items)] == ids(found)
    assert await journeys.listed(lambda ads: ads.journey("nobody")) == []


async def test_3_event_type_analytics_takes_the_type_and_perhaps_times(journeys: Ads) -> None:
    conversions = await journeys.listed(lambda ads: ads.of_type(Conversion))
    assert ids(conversions) == ["e302", "e202", "e102", "e2"]
    assert all(type(event) is Conversion for event in conversions)
    by_name = await journeys.listed(lambda ads: ads.of_type("conversion", limit=1))
    assert ids(by_name) == ["e302"]
    before = await journeys.listed(
        lambda ads: ads.of_type("click", until=NOW - timedelta(hours=2), newest_first=True)
    )
    assert ids(before) == ["e201", "e301"]
    with pytest.raises(InvalidRequest, match="impression, click, conversion"):
        await journeys.listed(lambda ads: ads.of_type("hover"))


async def test_4_time_based_queries_go_over_days_and_leave_the_end_out(journeys: Ads) -> None:
    since, until = NOW - timedelta(hours=20), NOW - timedelta(hours=1)
    found = await journeys.listed(lambda ads: ads.between("campaign_123", since, until))
    assert ids(found) == ["e200", "e201", "e202", "e100", "e101", "e102"]
    all_time = await journeys.listed(
        lambda ads: ads.between("campaign_123", NOW - timedelta(days=4000), ALWAYS)
    )
    assert len(all_time) == 12
    with pytest.raises(InvalidRequest, match="There is no time"):
        await journeys.listed(lambda ads: ads.between("campaign_123", until, since))
    with pytest.raises(InvalidRequest, match="offset"):
        await journeys.listed(
            lambda ads: ads.between("campaign_123", since.replace(tzinfo=None), until)
        )
    with pytest.raises(InvalidRequest, match="campaign"):
        await journeys.listed(lambda ads: ads.between("a#b", since, until))


# Verifying Success: the metrics


DOCUMENTED = {
    "campaign_id": "campaign_123",
    "metrics": {
        "impressions": 12500,
        "clicks": 450,
        "conversions": 23,
        "revenue_usd": 1250.75,
        "ctr": 0.036,
        "conversion_rate": 0.051,
    },
}


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_the_documented_metrics_come_of_events_as_the_document_has_them(
    ad_events: AdEvents,
) -> None:
    amounts = {
        "impression": ["0"] * 12_500,
        "click": ["0"] * 450,
        "conversion": [*["54.38"] * 22, "54.39"],
    }
    given = [(kind, amount) for kind, amounts in amounts.items() for amount in amounts]
    events = [row(place, kind, revenue_usd=amount) for place, (kind, amount) in enumerate(given)]
    await ad_events.ingest(events, overwrite=True, count=True)
    await ad_events.ingest([row(0, campaign_id="campaign_9")], count=True)
    report = await ad_events.report("campaign_123")
    milliseconds = report.pop("query_time_ms")  # type: ignore[misc]
    assert milliseconds >= 0
    assert json.dumps(report) == json.dumps(DOCUMENTED)


@pytest.mark.parametrize(
    ("metrics", "ctr", "conversion_rate"),
    [
        (Metrics(12_500, 450, 23), "0.036", "0.051"),
        (Metrics(), "0", "0"),
        (Metrics(0, 5, 0), "0", "0"),
        (Metrics(2000, 1, 1), "0.001", "1.000"),
        (Metrics(2001, 1, 0), "0.000", "0"),
    ],
)
def test_rates_are_rounded_to_three_decimals_and_0_of_nothing(
    metrics: Metrics, ctr: str, conversion_rate: str
) -> None:
    assert (metrics.ctr, metrics.conversion_rate) == (Decimal(ctr), Decimal(conversion_rate))


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_money_is_added_up_exactly_whatever_decimals_are_rounded_to(
    ad_events: AdEvents,
) -> None:
    most = Decimal("99999999999999.999999")
    cents = Decimal("0.000001")
    events = [made(number, "conversion", revenue_usd=most) for number in range(3)]
    events.append(made(3, "conversion", revenue_usd=cents))
    total = Decimal("299999999999999.999998")
    with localcontext() as context:
        context.prec = 5
        await ad_events.ingest(events, count=True)
        assert (await ad_events.metrics("campaign_123")).revenue_usd.compare(total) == 0
        assert (await ad_events.recount("campaign_123", TODAY)).metrics.revenue_usd == total
        assert (await ad_events.dashboard()).totals.revenue_usd == total
    rows = await ad_events.metrics_table.scan()
    assert {row.revenue_usd for row in rows} == {total}


def metrics_at(**times: datetime) -> Callable[[AdEvents], Coroutine[Any, Any, Metrics]]:
    return lambda ads: ads.metrics("campaign_123", **times)


async def test_metrics_are_of_all_hours_or_of_some(journeys: Ads) -> None:
    await journeys(lambda ads: ads.aggregate(follow=False))
    assert await journeys(lambda ads: ads.metrics("campaign_123")) == Metrics(4, 4, 4)
    assert await journeys(lambda ads: ads.metrics("nothing")) == Metrics()
    hour = NOW.replace(minute=0) - timedelta(hours=2)
    for times, number in [
        ({"since": hour}, 2),
        ({"since": hour, "until": hour + timedelta(hours=1)}, 1),
        ({"until": hour}, 2),
    ]:
        found = await journeys(metrics_at(**times))
        assert found == Metrics(number, number, number)
    latest = datetime.max.replace(tzinfo=timezone(-timedelta(hours=2)))
    for wrong, why in [
        ({"since": NOW}, "beginning of an hour"),
        ({"until": hour.replace(tzinfo=None)}, "offset from UTC"),
        ({"until": latest}, "years 1 to 9999"),
    ]:
        with pytest.raises(InvalidRequest, match=why):
            await journeys(metrics_at(**wrong))
    with pytest.raises(InvalidRequest, match="no time"):
        await journeys(lambda ads: ads.metrics("campaign_123", since=hour, until=hour))


async def test_the_dashboard_shows_the_latest_hours_without_a_scan(
    ad_events: AdEvents, adapter: DatabaseAdapter, opened: Callable[[DatabaseAdapter], Database]
) -> None:
    for number, (campaign, revenue, hours) in enumerate(
        [("small", "1.50", 0), ("big", "99.99", 1), ("big", "0.01", 0), ("old", "500", 5)]
    ):
        moment = (NOW - timedelta(hours=hours)).isoformat()
        event = row(number, campaign_id=campaign, revenue_usd=revenue, timestamp=moment)
        await ad_events.ingest([event], count=True)
    asked: list[str] = []
    watched = AdEvents(opened(Watching(adapter, asked)))
    report = await watched.dashboard_report(hours=3, top=1)
    assert set(asked) == {"Query"}
    assert len(asked) == 3
    assert report["since"] == "2045-09-22T12:00:00+00:00"
    assert report["until"] == "2045-09-22T15:00:00+00:00"
    assert report["totals"] == Metrics(3, revenue_usd=Decimal("101.5")).figures()
    assert report["top_campaigns"] == [
        {"campaign_id": "big", "metrics": Metrics(2, revenue_usd=Decimal(100)).figures()}
    ]
    assert [(one["hour"][11:13], one["metrics"]["impressions"]) for one in report["hours"]] == [
        ("12", 0),
        ("13", 1),
        ("14", 2),
    ]
    assert list(json.loads(json.dumps(report))) == [
        "since",
        "until",
        "totals",
        "top_campaigns",
        "hours",
        "query_time_ms",
    ]
    assert set((await ad_events.dashboard(hours=6)).campaigns) == {"big", "old", "small"}
    for wrong in (0, 169):
        with pytest.raises(InvalidRequest, match="1 to 168"):
            await ad_events.dashboard(hours=wrong)


class Watching:
    """An adapter that notes what is asked of another."""

    def __init__(self, adapter: DatabaseAdapter, asked: list[str]) -> None:
        self._adapter = adapter
        self._asked = asked
        self.info = adapter.info

    async def call(self, operation: Any, request: Any) -> dict[str, Any]:
        self._asked.append(operation)
        return await self._adapter.call(operation, request)

    async def close(self) -> None:
        await self._adapter.close()


# Real-time Aggregation with DynamoDB Streams


class Crash(Exception):
    """The process dies; nobody cleans up."""


class Crashing(Watching):
    """An adapter whose process dies before or after some of its transactions."""

    def __init__(self, adapter: DatabaseAdapter, random: Random, share: float) -> None:
        super().__init__(adapter, [])
        self._random = random
        self._share = share

    async def call(self, operation: Any, request: Any) -> dict[str, Any]:
        crash = operation == "TransactWriteItems" and self._random.random() < self._share
        if crash and self._random.random() < 0.5:
            raise Crash
        answer = await super().call(operation, request)
        if crash:
            raise Crash
        return answer


SIZES = {"memory": 100_000, "json": 300, "sqlite": 2_000, "moto": 60, "dynoxide": 400}


async def test_metrics_are_exact_under_duplicates_reordering_replays_and_crashes(
    ad_events: AdEvents,
    adapter: DatabaseAdapter,
    target: Target,
    opened: Callable[[DatabaseAdapter], Database],
) -> None:
    random = Random(20250922)
    events = random_events(random, SIZES[target.name])
    done = await ad_events.ingest(events, overwrite=True)
    assert done.written == len(events)
    changes = [
        change
        async for batch in ad_events.database.changes(
            AdItem, start="oldest", follow=False
        ).batches()
        for change in batch
    ]
    assert len(changes) == len(events)

    random.shuffle(changes)
    size = max(10, len(changes) // 160, min(50, len(changes) // 40))
    deliveries = [changes[start : start + size] for start in range(0, len(changes), size)]
    # Whole deliveries come again, and single changes among others.
    deliveries += random.sample(deliveries, 4)
    deliveries[3] = [*deliveries[3], *random.sample(changes, size // 4), *deliveries[3][:5]]
    random.shuffle(deliveries)
    crashing = Crashing(adapter, random, share=0.02 if len(changes) > 1000 else 0.3)
    fragile = AdEvents(opened(crashing))
    crashes = 0
    while deliveries:
        delivered = deliveries.pop()
        try:
            await fragile.count(delivered)
        except Crash:
            crashes += 1
            # It comes again, now or later.
            deliveries.insert(random.randrange(len(deliveries) + 1), delivered)
    assert crashes

    dashboard = await ad_events.dashboard(hours=24)
    for campaign in sorted({event.campaign_id for event in events}):
        theirs = [event for event in events if event.campaign_id == campaign]
        assert await ad_events.metrics(campaign) == Metrics.of(theirs)
        assert dashboard.campaigns[campaign] == Metrics.of(theirs)
    assert dashboard.totals == Metrics.of(events)


async def test_the_stream_is_counted_once_however_often_it_is_read(ads: Ads) -> None:
    await ads(lambda ads: ads.ingest([row(1), row(2, "click", revenue_usd="0.10")]))
    first = await ads(lambda ads: ads.aggregate(follow=False))
    assert (first.applied, first.repeated) == (2, 0)
    await ads(lambda ads: ads.ingest([row(2, "click"), row(3)], overwrite=True))
    again = await ads(lambda ads: ads.aggregate(follow=False))
    assert (again.applied, again.repeated) == (1, 2)
    assert await ads(lambda ads: ads.metrics("campaign_123")) == Metrics(2, 1, 0, Decimal("0.1"))


async def test_what_is_counted_at_once_is_not_counted_again_by_the_stream(ads: Ads) -> None:
    await ads(lambda ads: ads.ingest([row(1), row(2)], count=True))
    await ads(lambda ads: ads.ingest([row(2), row(3)], count=True))
    assert (await ads(lambda ads: ads.aggregate(follow=False))).repeated == 3
    assert await ads(lambda ads: ads.metrics("campaign_123")) == Metrics(3)


async def test_events_that_expire_stay_counted(ad_events: AdEvents) -> None:
    await ad_events.ingest([row(1)], count=True)
    await ad_events.events.delete(made(1))
    await ad_events.aggregate(follow=False)
    assert await ad_events.metrics("campaign_123") == Metrics(1)


async def test_marks_are_in_no_index_and_outlive_their_events(
    ad_events: AdEvents, adapter: DatabaseAdapter
) -> None:
    await ad_events.ingest([row(1)], count=True)
    items = (await adapter.call("Scan", {"TableName": ad_events.events.table}))["Items"]
    (mark,) = [item for item in items if "event_type" not in item]
    (event,) = [item for item in items if "event_type" in item]
    assert set(mark) == {"partition_key", "sort_key", "ttl"}
    assert mark["partition_key"]["S"] == "counted#campaign_123#2045-09-22"
    assert mark["sort_key"] == event["sort_key"]
    # A stream keeps its records for a day.
    assert int(mark["ttl"]["N"]) - int(event["ttl"]["N"]) == 2 * 24 * 3600


async def test_counters_that_are_spread_add_up(ad_events: AdEvents, target: Target) -> None:
    spread = AdEvents(ad_events.database, spread_counters=4)
    # moto copies its tables for each of a recount's transactions.
    events = random_events(Random(4), 45, campaigns=2 if target.name == "moto" else 4)
    await ad_events.ingest(events[:20], count=True)
    for place in range(20, 45, 5):
        await spread.ingest(events[place : place + 5], count=True)
    rows = await ad_events.metrics_table.scan()
    assert {row.time_bucket.partition("#")[2] for row in rows} == {"", "0", "1", "2", "3"}
    for campaign in {event.campaign_id for event in events}:
        theirs = Metrics.of(event for event in events if event.campaign_id == campaign)
        assert await spread.metrics(campaign) == theirs
        assert (await spread.dashboard()).campaigns[campaign] == theirs
        # Counters that were spread otherwise, or not at all, are set along with the others.
        assert (await spread.recount(campaign, TODAY)).metrics == theirs
        assert await spread.metrics(campaign) == theirs
        assert (await spread.dashboard()).campaigns[campaign] == theirs
    for wrong in (0, 41):
        with pytest.raises(InvalidRequest, match="1 to 40"):
            AdEvents(ad_events.database, spread_counters=wrong)


# Rebuilding the metrics from the events


async def test_a_recount_counts_what_was_missed_and_sets_what_is_wrong_right(ads: Ads) -> None:
    events = random_events(Random(7), 40)
    campaign = "campaign_1"
    theirs = Metrics.of(event for event in events if event.campaign_id == campaign)
    await ads(lambda ads: ads.ingest(events[:25], count=True))
    await ads(lambda ads: ads.ingest(events[25:]))

    async def damage(ads: AdEvents) -> None:
        rows = await ads.metrics_table.query(campaign)
        await ads.metrics_table.update(rows[0], CampaignMetrics.clicks.add(7))
        ghost = CampaignMetrics(campaign_id=campaign, time_bucket="2045-09-22T03", clicks=5)
        await ads.metrics_table.put(ghost)

    await ads(damage)
    assert await ads(lambda ads: ads.metrics(campaign)) != theirs
    done = await ads(lambda ads: ads.recount(campaign, TODAY))
    assert done.events == sum(event.campaign_id == campaign for event in events)
    assert done.missing == sum(event.campaign_id == campaign for event in events[25:])
    assert done.metrics == theirs
    assert await ads(lambda ads: ads.metrics(campaign)) == theirs
    await ads(lambda ads: ads.aggregate(follow=False))
    assert await ads(lambda ads: ads.metrics(campaign)) == theirs
    dashboard = await ads(lambda ads: ads.dashboard())
    assert dashboard.totals == Metrics.of(events)


class Overtaking(Watching):
    """An adapter on which others count between the reads and the writes of a recount."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        super().__init__(adapter, [])
        self.between: list[Callable[[], Coroutine[Any, Any, Any]]] = []

    async def call(self, operation: Any, request: Any) -> dict[str, Any]:
        answer = await super().call(operation, request)
        if operation == "BatchGetItem" and self.between:
            await self.between.pop()()
        return answer


async def test_a_recount_is_exact_while_others_count_on(
    ad_events: AdEvents, adapter: DatabaseAdapter, opened: Callable[[DatabaseAdapter], Database]
) -> None:
    events = [event for event in random_events(Random(9), 60) if event.campaign_id == "campaign_2"]
    half = len(events) // 2
    await ad_events.ingest(events[:half], count=True)
    overtaking = Overtaking(adapter)
    overtaking.between = [lambda: ad_events.ingest(events[half:], count=True)]
    fragile = AdEvents(opened(overtaking))
    done = await fragile.recount("campaign_2", TODAY)
    assert done.metrics == Metrics.of(events)
    assert await ad_events.metrics("campaign_2") == Metrics.of(events)


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_recount_that_is_always_overtaken_gives_up_and_says_so(
    ad_events: AdEvents, adapter: DatabaseAdapter, prefix: str
) -> None:
    await ad_events.ingest([made(0)], count=True)
    overtaking = Overtaking(adapter)
    numbers = count(1)
    overtaking.between = [lambda: ad_events.ingest([made(next(numbers))], count=True)] * 8
    patience = Patience(attempts=3, first=0)
    fragile = AdEvents(Database(overtaking, table_prefix=prefix, clock=clock, patience=patience))
    with pytest.raises(Conflict, match="3 times"):
        await fragile.recount("campaign_123", TODAY)
    assert await ad_events.metrics("campaign_123") == Metrics(4)


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_day_whose_events_expire_is_not_counted_anew(ad_events: AdEvents) -> None:
    await ad_events.recount("campaign_123", TODAY - timedelta(days=29))
    for days in (30, 31):
        with pytest.raises(InvalidRequest, match="30 days"):
            await ad_events.recount("campaign_123", TODAY - timedelta(days=days))


class Failing(Watching):
    """An adapter that is refused one operation."""

    def __init__(self, adapter: DatabaseAdapter, operation: str, fault: Exception) -> None:
        super().__init__(adapter, [])
        self._operation = operation
        self._fault = fault

    async def call(self, operation: Any, request: Any) -> dict[str, Any]:
        if operation == self._operation:
            raise self._fault
        return await super().call(operation, request)


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_provider_in_trouble_ends_the_work_and_the_error_says_how_far_it_got(
    ad_events: AdEvents,
    adapter: DatabaseAdapter,
    opened: Callable[[DatabaseAdapter], Database],
) -> None:
    fault = AccessDenied("not authorized")
    denied = AdEvents(opened(Failing(adapter, "BatchWriteItem", fault)))
    with pytest.raises(AccessDenied) as error:
        await denied.ingest([row(1), row(2)], overwrite=True)
    assert "0 events were written before" in error.value.__notes__[0]

    await ad_events.ingest([row(1)], count=True)
    denied = AdEvents(opened(Failing(adapter, "TransactWriteItems", fault)))
    with pytest.raises(AccessDenied):
        await denied.recount("campaign_123", TODAY)


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_counter_that_cannot_be_written_is_not_taken_for_a_race(
    ad_events: AdEvents,
    adapter: DatabaseAdapter,
    opened: Callable[[DatabaseAdapter], Database],
) -> None:
    await ad_events.ingest([row(1)], count=True)
    reasons = [{"Code": "ValidationError", "Message": "no number"}, {"Code": "None"}]
    fault = TransactionCancelled("cancelled", reasons=reasons)
    fragile = AdEvents(opened(Failing(adapter, "TransactWriteItems", fault)))
    with pytest.raises(TransactionCancelled, match="no number"):
        await fragile.recount("campaign_123", TODAY)


# Hot campaigns


async def test_a_hot_campaign_spread_over_partitions_is_asked_as_if_it_were_not(
    ad_events: AdEvents, adapter: DatabaseAdapter, opened: Callable[[DatabaseAdapter], Database]
) -> None:
    spread = AdEvents(opened(adapter), shards=4)
    events = [made(number, timestamp=NOW - timedelta(seconds=number)) for number in range(40)]
    await spread.ingest(events, count=True)
    items = (await adapter.call("Scan", {"TableName": ad_events.events.table}))["Items"]
    lie = {item["partition_key"]["S"] for item in items if "event_type" in item}
    assert lie == {f"campaign_123#2045-09-22#{number}" for number in range(4)}

    expected = ids(events[::-1])
    assert ids(await spread.on_day("campaign_123", TODAY)) == expected
    assert ids(await spread.journey("user_12345")) == expected
    assert ids(await spread.of_type(Impression)) == expected
    assert {event.partition_key for event in await spread.of_type(Impression)} == {
        "campaign_123#2045-09-22"
    }
    page = await spread.page_of_day("campaign_123", TODAY, limit=25)
    rest = await spread.page_of_day("campaign_123", TODAY, limit=25, after=page.next)
    assert [*ids(page.items), *ids(rest.items)] == expected
    since, until = NOW - timedelta(seconds=9), NOW
    assert (
        ids([one async for one in spread.between("campaign_123", since, until)]) == expected[-10:-1]
    )
    assert (await spread.aggregate(follow=False)).repeated == 40
    assert (await spread.recount("campaign_123", TODAY)).metrics == Metrics(40)
    assert (await spread.ingest(events)).duplicates == 40


def test_a_day_is_a_date_in_utc() -> None:
    event = made(1, timestamp=datetime.fromisoformat("2045-09-22T01:00:00+02:00"))
    assert event.partition_key == "campaign_123#2045-09-21"
    assert stored(event).key == (event.partition_key, event.sort_key)
    assert event.timestamp.date() == date(2045, 9, 21)
