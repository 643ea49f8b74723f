"""The tour waits for indexes that lag, as DynamoDB's do, and gives up in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from anydynamo import Database, ServiceFault
from anydynamo.catalog.forum.tour import tour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo


class Lagging:
    """Shows nothing in an index until it was asked often enough."""

    def __init__(self, inner: DatabaseAdapter, empty: int) -> None:
        self.inner = inner
        self.empty = empty

    @property
    def info(self) -> ProviderInfo:
        return self.inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if "IndexName" in request and self.empty > 0:
            self.empty -= 1
            return {"Items": [], "Count": 0, "ScannedCount": 0}
        return await self.inner.call(operation, request)

    async def close(self) -> None:
        await self.inner.close()


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_an_index_that_lags_is_waited_for(adapter: DatabaseAdapter) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async with Database(Lagging(adapter, empty=3)) as database:
        steps = [step.name async for step in tour(database, sleep=sleep)]
    assert steps[-1] == "verbs"
    assert len(waited) == 3


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_an_index_that_never_comes_is_an_error(adapter: DatabaseAdapter) -> None:
    async def sleep(_: float) -> None:
        return None

    async with Database(Lagging(adapter, empty=10_000)) as database:
        with pytest.raises(ServiceFault, match="an index shows 0 items and not 1"):
            _ = [step async for step in tour(database, sleep=sleep)]


async def test_the_tour_ends_the_same_each_time(database: Database) -> None:
    first = [step async for step in tour(database)]
    second = [step async for step in tour(database)]
    changing = {"tables", "migration"}
    assert [step for step in first if step.name not in changing] == [
        step for step in second if step.name not in changing
    ]
