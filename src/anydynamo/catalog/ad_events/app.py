"""The web service: events in, analytics out.

| Request | Answer |
|---|---|
| `GET /analytics/campaigns/{campaign_id}/metrics?day=` | what was counted of a campaign |
| `GET /analytics/users/{user_id}/journey?limit=&after=` | what a user met with, by time |
| `GET /analytics/realtime/dashboard?hours=&top=` | all campaigns in the latest hours |
| `POST /events` | stores and counts events: a list, or `{"events": [...]}` |
| `GET /health` | whether the database answers and has both tables; 503 if not |

Nobody is asked who they are: put it behind something that does before others can reach it.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, cast

from anydynamo.catalog.ad_events.incoming import Refused
from anydynamo.catalog.ad_events.metrics import CampaignReport, DashboardReport
from anydynamo.catalog.ad_events.models import AdEvent, check_moment
from anydynamo.catalog.ad_events.service import AdEvents
from anydynamo.catalog.ad_events.settings import max_events_per_second, settings, shards
from anydynamo.database import Database
from anydynamo.errors import (
    AnyDynamoError,
    InvalidRequest,
    MissingDependency,
    ProviderError,
    TableError,
)

try:
    from fastapi import Body, Depends, FastAPI, Path, Query, Request
    from fastapi.responses import JSONResponse
    from pydantic import BaseModel, PlainSerializer
except ImportError as error:
    raise MissingDependency(
        "The web service needs FastAPI, which is not installed: pip install 'anydynamo[web]'"
    ) from error

__all__ = ["create_app"]

Money = Annotated[Decimal, PlainSerializer(float, return_type=float)]


class Event(BaseModel):
    """An event of a journey."""

    event_type: str
    campaign_id: str
    timestamp: datetime
    event_id: str
    revenue_usd: Money

    @classmethod
    def of(cls, event: AdEvent) -> "Event":
        """Show an event."""
        return cls(
            event_type=event.type,
            campaign_id=event.campaign_id,
            timestamp=event.timestamp,
            event_id=event.event_id,
            revenue_usd=event.revenue_usd,
        )


class Journey(BaseModel):
    """What a user met with, in the order of time; `next` is the token of the following page."""

    user_id: str
    events: list[Event]
    next: str | None
    query_time_ms: float


class Accepted(BaseModel):
    """What became of the events that were posted."""

    received: int
    written: int
    duplicates: int
    refused: list[Refused]


async def _service(request: Request) -> AdEvents:
    return cast("AdEvents", request.app.state.service)


Service = Annotated[AdEvents, Depends(_service)]


def create_app(
    database: Database | None = None, *, environ: Mapping[str, str] | None = None
) -> FastAPI:
    """Make the web service; the tables are made when it starts.

    Args:
        database: An open database, which stays its owner's. Without it the one that the environment
            names is opened when the service starts, and closed when it ends.
        environ: The variables to read instead of the process's own.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        opened = Database.from_settings(settings(environ)) if database is None else database
        try:
            app.state.service = AdEvents(
                opened,
                max_events_per_second=max_events_per_second(environ),
                shards=shards(environ),
            )
            await app.state.service.create_tables()
            yield
        finally:
            if database is None:
                await opened.close()

    app = FastAPI(title="Ad events", lifespan=lifespan)
    app.add_exception_handler(AnyDynamoError, _explain)
    app.get("/analytics/campaigns/{campaign_id}/metrics")(campaign_metrics)
    app.get("/analytics/users/{user_id}/journey")(user_journey)
    app.get("/analytics/realtime/dashboard")(dashboard)
    app.post("/events")(post_events)
    app.get("/health")(health)
    return app


async def campaign_metrics(
    service: Service,
    campaign_id: str,
    day: Annotated[date | None, Query(description="only this day, in UTC")] = None,
) -> CampaignReport:
    """Give what was counted of a campaign."""
    if day is None:
        return await service.report(campaign_id)
    try:
        begin = check_moment(datetime.combine(day, time(), UTC))
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
    return await service.report(campaign_id, since=begin, until=begin + timedelta(days=1))


async def user_journey(
    service: Service,
    user_id: Annotated[str, Path(min_length=1)],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
) -> Journey:
    """Give what a user met with."""
    timer = service.database.session.timer
    began = timer()
    page = await service.page_of_journey(user_id, limit=limit, after=after)
    return Journey(
        user_id=user_id,
        events=[Event.of(event) for event in page],
        next=page.next,
        query_time_ms=round((timer() - began) * 1000, 3),
    )


async def dashboard(
    service: Service,
    hours: Annotated[int, Query(ge=1, le=168)] = 24,
    top: Annotated[int, Query(ge=0, le=1000)] = 10,
) -> DashboardReport:
    """Give what was counted of all campaigns in the latest hours."""
    return await service.dashboard_report(hours=hours, top=top)


async def post_events(service: Service, body: Annotated[Any, Body()]) -> Accepted:
    """Store events and count them; those that cannot be stored are listed."""
    events = cast("dict[str, Any]", body).get("events") if isinstance(body, dict) else body
    if not isinstance(events, list):
        raise InvalidRequest('Events are posted as a list, or as {"events": [...]}')
    done = await service.ingest(cast("list[dict[str, Any]]", events), count=True)
    return Accepted(
        received=done.received,
        written=done.written,
        duplicates=done.duplicates or 0,
        refused=done.refused,
    )


async def health(service: Service) -> JSONResponse:
    """Say whether the database answers and has both tables."""
    found = await service.health()
    told: dict[str, Any] = {
        "status": found.status,
        "provider": found.provider,
        "missing_tables": list(found.missing),
    }
    return JSONResponse(told, 200 if found.ok else 503)


async def _explain(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, InvalidRequest):
        status = 400
    elif isinstance(error, ProviderError | TableError):
        status = 503
    else:
        status = 500
    return JSONResponse({"detail": str(error)}, status)
