"""Ad events from outside: over HTTP, by a process; in AWS Lambda; by the environment."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.catalog.ads import NOW, clock, made, row
from tests.services import serving

from anydynamo import ConfigurationError, Database, MissingDependency, sync
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.catalog.ad_events import MODELS, AdEvents, Metrics, aws_lambda
from anydynamo.catalog.ad_events.__main__ import main
from anydynamo.catalog.ad_events.aws_lambda import counting_handler, lambda_handler
from anydynamo.catalog.ad_events.settings import max_events_per_second, settings, shards
from anydynamo.engine.values.wire import to_json
from anydynamo.models.codec import codec_of
from anydynamo.repositories.shards import shard_of
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    import httpx2
    from fastapi.testclient import TestClient
    from tests.servers import Server

    from anydynamo.catalog.ad_events import AdEvent

MODULE = "anydynamo.catalog.ad_events"


# Analytics API


def recent(number: int, kind: str = "impression", **values: Any) -> dict[str, Any]:
    """Give an event of a second ago, since processes have their own clock."""
    moment = datetime.now(UTC) - timedelta(seconds=1)
    return row(number, kind, timestamp=moment.isoformat(), **values)


def walk_through(client: httpx2.Client) -> None:
    """Post events, and ask the document's three URLs for them."""
    kinds = ["impression"] * 8 + ["click"] * 2 + ["conversion"]
    events = [
        recent(number, kind, revenue_usd=1250.75 if kind == "conversion" else 0)
        for number, kind in enumerate(kinds)
    ]
    posted = client.post("/events", json=[*events, {**events[0], "revenue_usd": -1}, events[1]])
    assert posted.status_code == 200
    answer = posted.json()
    (refused,) = answer.pop("refused")
    assert answer == {"received": 13, "written": 11, "duplicates": 1}
    assert refused["position"] == 11
    assert "greater than or equal to 0" in refused["reason"]
    again = client.post("/events", json={"events": events}).json()
    assert (again["written"], again["duplicates"]) == (0, 11)

    metrics = client.get("/analytics/campaigns/campaign_123/metrics").json()
    assert metrics.pop("query_time_ms") >= 0
    assert metrics == {
        "campaign_id": "campaign_123",
        "metrics": {
            "impressions": 8,
            "clicks": 2,
            "conversions": 1,
            "revenue_usd": 1250.75,
            "ctr": 0.25,
            "conversion_rate": 0.5,
        },
    }
    never = client.get("/analytics/campaigns/campaign_123/metrics?day=2024-01-01").json()
    assert never["metrics"] == Metrics().figures()

    first = client.get("/analytics/users/user_12345/journey?limit=7").json()
    asked = {"after": first["next"], "limit": 7}
    rest = client.get("/analytics/users/user_12345/journey", params=asked).json()
    found = [*first["events"], *rest["events"]]
    assert sorted(event["event_id"] for event in found) == sorted(
        event["event_id"] for event in events
    )
    assert rest["next"] is None
    assert set(found[0]) == {
        "event_type",
        "campaign_id",
        "timestamp",
        "event_id",
        "revenue_usd",
    }
    stale = client.get("/analytics/users/another/journey", params=asked)
    assert stale.status_code == 400
    assert "page token" in stale.json()["detail"]

    dashboard = client.get("/analytics/realtime/dashboard?hours=2").json()
    assert dashboard["totals"] == metrics["metrics"]
    assert dashboard["top_campaigns"] == [metrics]
    assert client.get("/analytics/realtime/dashboard?hours=0").status_code == 422
    assert client.get("/analytics/campaigns/a%23b/metrics").status_code == 400
    for day in ("0001-01-01", "9999-12-31"):
        impossible = client.get(f"/analytics/campaigns/campaign_123/metrics?day={day}")
        assert (impossible.status_code, day in impossible.text) == (400, True)
    assert client.post("/events", json={"event": 1}).status_code == 400
    half = json.dumps([{**row(1), "\ud800": 1}])
    refused = client.post("/events", content=half, headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.json()["written"]) == (200, 0)


def test_the_service_runs_on_sqlite_and_finds_everything_again(tmp_path: Path) -> None:
    environ = {"USE_DYNAMODB": "false", "DATABASE_PATH": "ads.db"}
    with serving(MODULE, cwd=tmp_path, environ=environ) as client:
        assert client.get("/health").json() == {
            "status": "ok",
            "provider": "sqlite",
            "missing_tables": [],
        }
        walk_through(client)
    with serving(MODULE, cwd=tmp_path, environ=environ) as client:
        metrics = client.get("/analytics/campaigns/campaign_123/metrics").json()["metrics"]
        assert metrics["impressions"] == 8


def test_the_service_runs_on_dynamodb(tmp_path: Path, dynoxide_server: Server) -> None:
    dynoxide_server.reset()
    environ = {
        "USE_DYNAMODB": "true",
        "DYNAMODB_ENDPOINT_URL": dynoxide_server.url,
        "AWS_ACCESS_KEY_ID": "dummy",
        "AWS_SECRET_ACCESS_KEY": "dummy",
        "MAX_EVENTS_PER_SECOND": "1000000",
    }
    with serving(MODULE, cwd=tmp_path, environ=environ) as client:
        walk_through(client)
        assert sorted(dynoxide_server.call("ListTables", {})["TableNames"]) == [
            "AdEvents",
            "CampaignMetrics",
        ]
        dynoxide_server.call("DeleteTable", {"TableName": "CampaignMetrics"})
        answer = client.get("/health")
        assert (answer.status_code, answer.json()["missing_tables"]) == (503, ["CampaignMetrics"])
        assert client.get("/analytics/campaigns/campaign_123/metrics").status_code == 503


@pytest.fixture
def client() -> Iterator[TestClient]:
    from fastapi.testclient import TestClient

    from anydynamo.catalog.ad_events.app import create_app

    adapter = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
    with TestClient(create_app(Database(adapter, clock=clock))) as opened:
        yield opened


def test_the_service_works_on_an_open_database(client: TestClient) -> None:
    moment = (NOW - timedelta(hours=20)).isoformat()
    client.post("/events", json=[row(1), row(2, "click", timestamp=moment)])
    days = {
        day: client.get(f"/analytics/campaigns/campaign_123/metrics?day={day}").json()["metrics"]
        for day in ("2045-09-21", "2045-09-22")
    }
    assert [(one["impressions"], one["clicks"]) for one in days.values()] == [(0, 1), (1, 0)]
    journey = client.get("/analytics/users/user_12345/journey").json()
    assert [event["event_id"] for event in journey["events"]] == ["e2", "e1"]
    schema = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(schema["Figures"]["required"]) == set(Metrics().figures())


def test_a_fault_of_our_own_is_one() -> None:
    from fastapi.testclient import TestClient

    from anydynamo.catalog.ad_events.app import create_app

    database = Database(EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True))
    with TestClient(create_app(database)) as client:
        database.session.closed = True
        assert client.get("/analytics/campaigns/c/metrics").status_code == 500
        database.session.closed = False


def test_without_fastapi_the_service_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "anydynamo.catalog.ad_events.app"
    monkeypatch.setitem(sys.modules, "fastapi", None)
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.loader is not None
    with pytest.raises(MissingDependency, match=r"anydynamo\[web\]"):
        found.loader.exec_module(importlib.util.module_from_spec(found))


@pytest.mark.parametrize("variable", ["MAX_EVENTS_PER_SECOND", "AD_EVENTS_SHARDS"])
def test_the_command_says_what_is_wrong_with_the_environment(
    variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, "many")
    assert main(["--port", "0"]) == 1
    assert capsys.readouterr().err == (
        f"Error: {variable} is 'many'; it is a whole number from 1 up\n"
    )
    with pytest.raises(SystemExit):
        main(["--port", "70000"])


# Real-time Aggregation with DynamoDB Streams


def record(event: AdEvent, number: int) -> dict[str, Any]:
    """Give the record of the stream that AWS Lambda delivers for a new event."""
    image = to_json(codec_of(type(event)).encode(event))
    return {
        "eventID": f"id{number}",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": (
            "arn:aws:dynamodb:us-east-1:123456789012:table/AdEvents/stream/2045-09-22T00:00:00.000"
        ),
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": NOW.timestamp(),
            "Keys": {name: image[name] for name in ("partition_key", "sort_key")},
            "NewImage": image,
            "SequenceNumber": str(number),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Both tables, on SQLite."""
    async with Database.open(f"sqlite:///{tmp_path}/ads.db") as database:
        await database.create_tables(MODELS)
        yield database


async def test_lambda_counts_new_events_once(database: Database) -> None:
    service = AdEvents(database)
    handler = counting_handler(service)
    records = [
        record(made(number, "conversion", revenue_usd=Decimal("0.10")), number)
        for number in range(1, 4)
    ]
    removed = {**record(made(9), 9), "eventName": "REMOVE"}
    for event in ({"Records": [*records, removed]}, {"Records": records[1:]}):
        assert await handler.handle(event) == {"batchItemFailures": []}
    assert await service.metrics("campaign_123") == Metrics(0, 0, 3, Decimal("0.3"))


async def test_lambda_says_which_record_failed_and_counts_those_before(database: Database) -> None:
    service = AdEvents(database)
    broken = record(made(2), 2)
    broken["dynamodb"]["NewImage"]["event_type"] = {"S": "hover"}
    records = [record(made(1), 1), broken, record(made(3), 3)]
    failed = await counting_handler(service).handle({"Records": records})
    assert failed == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert await service.metrics("campaign_123") == Metrics(1)


async def test_lambda_counts_events_of_spread_partitions(database: Database) -> None:
    service = AdEvents(database, shards=4)
    one = record(made(1), 1)
    number = shard_of(made(1).sort_key, 4)
    for image in (one["dynamodb"]["Keys"], one["dynamodb"]["NewImage"]):
        image["partition_key"] = {"S": f"campaign_123#2045-09-22#{number}"}
    handled = await counting_handler(service).handle({"Records": [one]})
    assert handled == {"batchItemFailures": []}
    assert await service.metrics("campaign_123") == Metrics(1)


def test_the_environment_names_the_tables_of_the_lambda_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "ads.db"))
    with sync.Database.from_env() as database:
        database.create_tables(MODELS)
        first, second = record(made(1), 1), record(made(2), 2)
        aws_lambda._opened.cache_clear()
        assert lambda_handler({"Records": [first]}) == {"batchItemFailures": []}
        assert lambda_handler({"Records": [first, second]}, object()) == {"batchItemFailures": []}
        # As little as Lambda does the function close what it keeps; pytest would complain.
        service, handler = aws_lambda._opened()
        asyncio.run(service.database.close())
        handler.close()
        counted = database.run(lambda database: AdEvents(database).metrics("campaign_123"))
    assert counted == Metrics(2)


# Configuration Options


def test_the_environment_has_the_documented_defaults() -> None:
    assert settings({}).provider == "sqlite"
    found = settings({"USE_DYNAMODB": "true"})
    assert (found.provider, found.region) == ("dynamodb", "us-east-1")
    assert settings({"USE_DYNAMODB": "true", "AWS_REGION": "eu-west-1"}).region == "eu-west-1"
    assert settings({"USE_DYNAMODB": "true", "AWS_DEFAULT_REGION": "eu-west-3"}).region == (
        "eu-west-3"
    )
    assert (max_events_per_second({}), shards({})) == (None, None)
    assert max_events_per_second({"MAX_EVENTS_PER_SECOND": "1000000"}) == 1_000_000
    assert shards({"AD_EVENTS_SHARDS": "8"}) == 8
    for wrong in ("0", "-1", "1.5", "\u0661"):
        with pytest.raises(ConfigurationError, match="whole number from 1 up"):
            max_events_per_second({"MAX_EVENTS_PER_SECOND": wrong})
    with pytest.raises(ConfigurationError, match="USE_DAX"):
        settings({"USE_DYNAMODB": "true", "USE_DAX": "true", "DAX_ENDPOINT": "c:8111"})
    with pytest.raises(ConfigurationError, match="DATABASE_PROVIDER"):
        settings({"USE_DYNAMODB": "true", "DATABASE_PROVIDER": "sqlite"})
