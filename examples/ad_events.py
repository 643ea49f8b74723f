"""A campaign, event by event: `python examples/ad_events.py`.

It runs on SQLite, in anydynamo.db; `USE_DYNAMODB=true python examples/ad_events.py` uses the tables
AdEvents and CampaignMetrics of us-east-1, or of AWS_REGION.
"""

import asyncio
from datetime import timedelta
from decimal import Decimal

from anydynamo import Database
from anydynamo.catalog.ad_events import AdEvents, Click, Conversion, Impression
from anydynamo.catalog.ad_events.settings import settings


async def main() -> None:
    async with Database.from_settings(settings()) as database:
        ads = AdEvents(database)
        await ads.create_tables()

        # A campaign of its own for each run, so that there is nothing in it.
        campaign, now = f"campaign_{database.new_id()}", database.now()
        events = [
            kind(
                campaign_id=campaign,
                user_id=f"user_{number % 3}_of_{campaign}",
                timestamp=now - timedelta(seconds=60 - number),
                event_id=str(number),
                revenue_usd=Decimal("19.90") if kind is Conversion else Decimal(0),
            )
            for number, kind in enumerate([Impression] * 8 + [Click] * 4 + [Conversion])
        ]
        done = await ads.ingest(events, count=True)
        again = await ads.ingest(events, count=True)
        print(f"{done.written} events are new; given again, {again.written} of them are")

        metrics = await ads.metrics(campaign)
        print(f"{metrics.impressions} impressions, {metrics.clicks} clicks: ctr {metrics.ctr}")
        print(f"Revenue: {metrics.revenue_usd} USD")

        journey = await ads.journey(f"user_0_of_{campaign}", newest_first=True)
        print("A journey, from its end:", ", ".join(event.type for event in journey))


if __name__ == "__main__":
    asyncio.run(main())
