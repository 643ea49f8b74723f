"""Queries, scans and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.errors import InvalidRequest
from anydynamo.repositories.capacity import Capacity
from anydynamo.testing.repositories.models import Author, Event, event, events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anydynamo.database import Database

__all__ = ["QueryContract"]


async def times(found: AsyncIterator[Event]) -> list[int]:
    """Return when the events found are."""
    return [one.at async for one in found]


class QueryContract:
    """Walks over a partition, an index and the table."""

    async def test_a_query_walks_one_partition_in_order(self, database: Database) -> None:
        stored = [event(at) for at in (3, 1, 10, 2)]
        repository = await events(database, *stored, event(5, "yard"))
        assert await times(repository.query("hall")) == [1, 2, 3, 10]
        assert await times(repository.query("hall", reverse=True)) == [10, 3, 2, 1]
        assert await times(repository.query("hall", limit=2, consistent=True)) == [1, 2]
        assert await times(repository.query("cellar")) == []

    async def test_every_condition_that_a_sort_key_can_have(self, database: Database) -> None:
        repository = await events(database, *[event(at) for at in range(6)])
        for condition, wanted in (
            (Event.at == 3, [3]),
            (Event.at < 2, [0, 1]),
            (Event.at <= 2, [0, 1, 2]),
            (Event.at > 3, [4, 5]),
            (Event.at >= 3, [3, 4, 5]),
            (Event.at.between(1, 3), [1, 2, 3]),
        ):
            assert await times(repository.query("hall", condition)) == wanted

    async def test_awaiting_results_gives_all_that_is_left(self, database: Database) -> None:
        repository = await events(database, *[event(at) for at in range(4)])
        results = repository.query("hall", page_size=2)
        assert (await anext(aiter(results))).at == 0
        assert [one.at for one in await results] == [1, 2, 3]

    async def test_small_requests_find_the_same(self, database: Database) -> None:
        repository = await events(database, *[event(at) for at in range(7)])
        assert await times(repository.query("hall", page_size=2)) == list(range(7))
        assert await times(repository.query("hall", page_size=2, limit=5)) == list(range(5))
        assert len([one async for one in repository.scan(page_size=3)]) == 7

    async def test_a_limit_counts_results_and_not_what_was_looked_at(
        self, database: Database
    ) -> None:
        repository = await events(database, *[event(at, price=at % 10) for at in range(60)])
        found = repository.query("hall", filter=Event.price == 9, limit=3)
        assert await times(found) == [9, 19, 29]
        found = repository.query("hall", filter=Event.price == 9, limit=3, page_size=7)
        assert await times(found) == [9, 19, 29]
        found = repository.query("hall", filter=Event.price == 9, limit=30)
        assert await times(found) == [9, 19, 29, 39, 49, 59]

    async def test_an_index_is_given_first(self, database: Database) -> None:
        repository = await events(
            database,
            event(1, kind="view"),
            event(2, kind="click"),
            event(3, "yard", kind="view"),
            event(4),
        )
        assert await times(repository.query(Event.by_kind, "view")) == [1, 3]
        assert await times(repository.query(Event.by_kind, "view", Event.at > 1)) == [3]
        found = repository.query(Event.by_kind, "view", filter=Event.place == "yard")
        assert await times(found) == [3]

    async def test_a_local_index_gives_whole_items_though_it_holds_keys_alone(
        self, database: Database
    ) -> None:
        repository = await events(
            database, event(1, price=9, text="a"), event(2, price=5, text="b")
        )
        found = await repository.query(Event.by_price, "hall", consistent=True)
        assert found == [event(2, price=5, text="b"), event(1, price=9, text="a")]

    async def test_a_global_index_that_holds_a_part_gives_that_part(
        self, database: Database
    ) -> None:
        repository = await events(database, event(1, kind="view", price=3, text="a"))
        found = await repository.query(Event.with_text, "view", only=[Event.text, Event.at])
        assert found == [{"text": "a", "at": 1}]
        with pytest.raises(InvalidRequest, match="only="):
            repository.query(Event.with_text, "view")

    async def test_a_projection_may_leave_out_the_key(self, database: Database) -> None:
        repository = await events(database, *[event(at, text=str(at)) for at in range(5)])
        found = await repository.query("hall", only=[Event.text], limit=3, page_size=2)
        assert found == [{"text": "0"}, {"text": "1"}, {"text": "2"}]

    async def test_counting_sends_no_items(self, database: Database) -> None:
        repository = await events(
            database, *[event(at, kind="view", price=at) for at in range(5)], event(9, "yard")
        )
        assert await repository.count() == 6
        assert await repository.count("hall") == 5
        assert await repository.count("hall", Event.at >= 3, consistent=True) == 2
        assert await repository.count("hall", filter=Event.price > 1) == 3
        assert await repository.count(Event.by_kind) == 5
        assert await repository.count(Event.with_text, "view", Event.price < 2) == 2

    async def test_a_scan_finds_every_item_once(self, database: Database) -> None:
        stored = [event(at, place) for at in range(10) for place in ("a", "b", "c")]
        repository = await events(database, *stored)
        for options in ({}, {"segments": 4}, {"segments": 3, "page_size": 2}):
            arguments: dict[str, Any] = options
            found = await repository.scan(**arguments)
            assert sorted((one.place, one.at) for one in found) == sorted(
                (one.place, one.at) for one in stored
            )
        assert len(await repository.scan(limit=4)) == 4
        assert len(await repository.scan(filter=Event.at == 3, segments=2)) == 3

    async def test_an_index_can_be_scanned(self, database: Database) -> None:
        repository = await events(database, event(1, kind="view"), event(2))
        assert await times(repository.scan(Event.by_kind)) == [1]

    async def test_a_query_that_cannot_be_asked_is_refused_when_it_is_made(
        self, database: Database
    ) -> None:
        # There is no table, so nothing may be sent.
        repository = database.repository(Event)
        loose: Any = repository
        with pytest.raises(InvalidRequest, match=r"price == 1|price = .*sort key.*at"):
            loose.query("hall", Event.price == 1)
        with pytest.raises(InvalidRequest, match="sort key"):
            loose.query("hall", Event.at != 1)
        with pytest.raises(InvalidRequest, match="out of place"):
            loose.query("hall", Event.at > 1, Event.at < 5)
        with pytest.raises(InvalidRequest, match="partition key"):
            loose.query(Event.by_kind)
        with pytest.raises(InvalidRequest, match="partition key"):
            loose.query(None)
        with pytest.raises(InvalidRequest, match="partition key"):
            loose.query(Event.at > 1)
        with pytest.raises(InvalidRequest, match="partition key"):
            loose.query("")
        with pytest.raises(InvalidRequest, match="partition key"):
            loose.query()
        with pytest.raises(InvalidRequest, match="filter"):
            loose.query("hall", filter=Event.at > 1)
        with pytest.raises(InvalidRequest, match="KindIndex"):
            loose.query(Event.by_kind, "view", consistent=True)
        with pytest.raises(InvalidRequest, match="limit"):
            loose.query("hall", limit=0)
        with pytest.raises(InvalidRequest, match="name"):
            loose.query("hall", filter=Author.name == "x")
        authors: Any = database.repository(Author)
        with pytest.raises(InvalidRequest, match="KindIndex is none of Author"):
            authors.query(Event.by_kind, "view")
        with pytest.raises(InvalidRequest, match="segments"):
            loose.scan(segments=0)
        with pytest.raises(InvalidRequest, match="index"):
            loose.scan("hall")

    async def test_what_a_walk_costs_is_collected(self, database: Database) -> None:
        repository = await events(database, *[event(at) for at in range(4)])
        capacity = Capacity()
        await repository.query("hall", page_size=2, capacity=capacity)
        assert capacity.requests >= 2
        assert capacity.total > 0
