"""Going back through Amazon's client, which cuts times to seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.targets import Target

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import InvalidRequest
from anydynamo.server import serving
from anydynamo.server.places import Shared
from anydynamo.server.service import Service
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing.contracts.client import Client, S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anydynamo.adapters.protocol import DatabaseAdapter


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2024, 5, 1, 12, 0, 0, 700_000, tzinfo=UTC)

    def __call__(self) -> float:
        return self.now.timestamp()

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def db(clock: Clock) -> AsyncIterator[Client]:
    """A client of a server, with a table `users` whose recovery was enabled 0.3 seconds ago."""
    embedded = EmbeddedAdapter(MemoryStore(), provider="memory", clock=clock)
    async with serving.Server(Service(Shared(embedded), provider="memory")) as server:
        adapter: DatabaseAdapter = Target(
            "served", "dynamodb", "", endpoint_url=server.url
        ).adapter(access_key_id="AKIDEXAMPLE", secret_access_key="a secret")
        client = Client(adapter)
        await client.create("users")
        await client(
            "UpdateContinuousBackups",
            TableName="users",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        clock.wait(0.3)
        yield client
        await adapter.close()
    await embedded.close()


async def window(db: Client) -> tuple[datetime, datetime]:
    answer = await db("DescribeContinuousBackups", TableName="users")
    described = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return described["EarliestRestorableDateTime"], described["LatestRestorableDateTime"]


async def restored(db: Client, to: str, time: datetime) -> list[dict[str, Any]]:
    await db(
        "RestoreTableToPointInTime",
        SourceTableName="users",
        TargetTableName=to,
        RestoreDateTime=time,
    )
    return await db.all("Scan", TableName=to)


async def test_what_was_written_just_now_is_restored(db: Client, clock: Clock) -> None:
    await db.put("users", {"pk": S("a")})
    clock.wait(0.9)
    await db.put("users", {"pk": S("b")})
    assert len(await restored(db, "again", clock.now)) == 2


async def test_the_times_that_are_told_can_be_restored_to(db: Client, clock: Clock) -> None:
    await db.put("users", {"pk": S("a")})
    clock.wait(30.5)
    await db.put("users", {"pk": S("b")})
    earliest, latest = await window(db)
    assert earliest == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert latest == datetime(2024, 5, 1, 12, 0, 31, tzinfo=UTC)
    assert await restored(db, "earliest", earliest) == []
    assert len(await restored(db, "latest", latest)) == 2


async def test_a_refused_time_is_told_with_those_that_would_do(db: Client, clock: Clock) -> None:
    await db.refused(
        InvalidRequest,
        "RestoreTableToPointInTime",
        "RestoreDateTime '2024-05-01T13:00:01Z' must be within EarliestRestorableDateTime"
        " '2024-05-01T12:00:00Z' and LatestRestorableDateTime '2024-05-01T12:00:01Z'",
        SourceTableName="users",
        TargetTableName="again",
        RestoreDateTime=clock.now + timedelta(hours=1),
    )
