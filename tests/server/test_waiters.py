"""Waiters of Amazon's and of PynamoDB, on slow tables: whoever sleeps turns the clock."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import WaiterError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model
from tests.server.asking import create

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.behaviour import Behaviour
from anydynamo.server.places import Shared
from anydynamo.server.service import Service
from anydynamo.server.serving import Server
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"
DELAY = 45


class Clock:
    """A clock that goes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "sleep", made.sleep)
    return made


@pytest.fixture
def url(clock: Clock) -> Iterator[str]:
    """A server in a thread of its own."""
    adapter = EmbeddedAdapter(
        MemoryStore(),
        provider="memory",
        blocking=True,
        clock=lambda: clock.now,
        behaviour=Behaviour(table_delay=DELAY),
    )
    loop = asyncio.new_event_loop()
    server = Server(Service(Shared(adapter), provider="memory"))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(30)
    yield server.url
    asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def client(url: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_a_waiter_of_botocore_waits_until_a_table_is_there_and_until_it_is_gone(
    client: Any, clock: Clock
) -> None:
    made = client.create_table(**create("numbers"))
    assert made["TableDescription"]["TableStatus"] == "CREATING"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="numbers", Key={"pk": {"S": "1"}})
    client.get_waiter("table_exists").wait(TableName="numbers")
    assert clock.slept == [20] * 3
    client.put_item(TableName="numbers", Item={"pk": {"S": "1"}})
    with pytest.raises(WaiterError):
        client.get_waiter("table_not_exists").wait(
            TableName="numbers", WaiterConfig={"Delay": 1, "MaxAttempts": 2}
        )
    client.delete_table(TableName="numbers")
    clock.slept.clear()
    client.get_waiter("table_not_exists").wait(TableName="numbers")
    assert clock.slept == [20] * 3


def test_a_table_of_boto3_waits_until_it_exists(url: str, clock: Clock) -> None:
    resource: Any = boto3.resource(
        "dynamodb",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="secret",
    )
    table = resource.create_table(**create("things"))
    assert table.table_status == "CREATING"
    table.wait_until_exists()
    table.load()
    assert table.table_status == "ACTIVE"
    table.delete()
    table.wait_until_not_exists()
    assert sum(clock.slept) == 2 * 60


def test_a_model_of_pynamodb_waits_until_its_table_is_active(url: str, clock: Clock) -> None:
    class Thing(Model):
        class Meta:
            table_name = "things"
            host = url
            region = REGION
            aws_access_key_id = "local"
            aws_secret_access_key = "secret"
            billing_mode = "PAY_PER_REQUEST"

        key = UnicodeAttribute(hash_key=True)

    Thing.create_table(wait=True)
    assert sum(clock.slept) >= DELAY
    Thing(key="a").save()
    assert [thing.key for thing in Thing.scan()] == ["a"]
    Thing.delete_table()
    clock.sleep(DELAY)
    assert not Thing.exists()
