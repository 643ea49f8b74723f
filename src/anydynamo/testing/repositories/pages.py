"""Pages and their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.errors import InvalidCursor
from anydynamo.repositories.capacity import Capacity
from anydynamo.testing.repositories.models import Author, Event, event, events

if TYPE_CHECKING:
    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository

__all__ = ["PageContract"]


async def walk(repository: Repository[Event], *arguments: Any, **options: Any) -> list[list[int]]:
    """Return when the events of each page are."""
    pages: list[list[int]] = []
    after: str | None = None
    while True:
        page: Any = await repository.page(*arguments, after=after, **options)
        pages.append([one.at for one in page])
        after = page.next
        if after is None:
            return pages


class PageContract:
    """A page is full unless it is the last, and a token leads to the next page of its query."""

    async def test_pages_follow_each_other_without_gap_or_overlap(self, database: Database) -> None:
        repository = await events(database, *[event(at) for at in range(7)])
        pages = await walk(repository, "hall", limit=3)
        assert pages in ([[0, 1, 2], [3, 4, 5], [6]], [[0, 1, 2], [3, 4, 5], [6], []])
        pages = await walk(repository, "hall", limit=3, reverse=True)
        assert pages[:3] == [[6, 5, 4], [3, 2, 1], [0]]

    async def test_a_page_is_full_though_the_filter_drops_most(self, database: Database) -> None:
        repository = await events(database, *[event(at, price=at % 5) for at in range(40)])
        pages = await walk(repository, "hall", filter=Event.price == 2, limit=3)
        assert [at for page in pages for at in page] == list(range(2, 40, 5))
        assert [len(page) for page in pages[:2]] == [3, 3]
        pages = await walk(repository, "hall", filter=Event.price == 2, limit=3, page_size=4)
        assert [at for page in pages for at in page] == list(range(2, 40, 5))

    async def test_equal_sort_keys_of_an_index_are_not_skipped(self, database: Database) -> None:
        repository = await events(
            database, *[event(7, f"place {number}", kind="view") for number in range(5)]
        )
        places: list[str] = []
        after = None
        while True:
            page = await repository.page(Event.by_kind, "view", limit=2, after=after)
            places.extend(one.place for one in page)
            after = page.next
            if after is None:
                break
        assert sorted(places) == [f"place {number}" for number in range(5)]

    async def test_a_page_tells_how_much_was_looked_at(self, database: Database) -> None:
        repository = await events(database, *[event(at, price=at) for at in range(6)])
        page = await repository.page(
            "hall", filter=Event.price >= 4, page_size=10, capacity=Capacity()
        )
        assert (page.count, len(page), page.scanned) == (2, 2, 6)
        assert page.capacity is not None
        assert page.capacity > 0
        assert (await repository.page("hall")).capacity is None

    async def test_without_a_limit_a_page_is_what_one_request_gives(
        self, database: Database
    ) -> None:
        repository = await events(database, *[event(at, price=at) for at in range(6)])
        page = await repository.page("hall", page_size=2, filter=Event.price == 5)
        assert page.items == ()
        assert page.next is not None

    async def test_a_token_of_another_query_is_refused(self, database: Database) -> None:
        stored = [event(at, kind="view", price=at) for at in range(6)]
        repository = await events(database, *stored)
        page = await repository.page("hall", Event.at >= 1, limit=2, filter=Event.price < 9)
        token = page.next
        assert token is not None

        async def ask(*arguments: Any, **options: Any) -> None:
            with pytest.raises(InvalidCursor):
                await repository.page(*arguments, limit=2, after=token, **options)

        await ask("hall", Event.at >= 1)
        await ask("hall", filter=Event.price < 9)
        await ask("yard", Event.at >= 1, filter=Event.price < 9)
        await ask("hall", Event.at >= 2, filter=Event.price < 9)
        await ask("hall", Event.at >= 1, filter=Event.price < 8)
        await ask("hall", Event.at >= 1, filter=Event.price < 9, reverse=True)
        await ask(Event.by_kind, "view", Event.at >= 1, filter=Event.price < 9)
        with pytest.raises(InvalidCursor):
            await repository.scan_page(limit=2, after=token)
        again = await repository.page(
            "hall", Event.at >= 1, limit=9, filter=Event.price < 9, after=token, only=["at"]
        )
        assert [one["at"] for one in again] == [3, 4, 5]

    async def test_an_altered_token_is_refused(self, database: Database) -> None:
        repository = await events(database, *[event(at) for at in range(4)])
        token = (await repository.page("hall", limit=2)).next
        assert token is not None
        half = len(token) // 2
        flipped = token[:half] + ("A" if token[half] != "A" else "B") + token[half + 1 :]
        for wrong in (flipped, token + "A", token[:-1], "", "nonsense", "ä" + token[1:]):
            with pytest.raises(InvalidCursor):
                await repository.page("hall", limit=2, after=wrong)

    async def test_a_scan_has_pages_too(self, database: Database) -> None:
        await database.create_tables([Author])
        authors = database.repository(Author)
        await authors.put_many(Author(author_id=str(number), name="x") for number in range(5))
        found: list[str] = []
        after = None
        while True:
            page = await authors.scan_page(limit=2, after=after)
            found.extend(one.author_id for one in page)
            after = page.next
            if after is None:
                break
        assert sorted(found) == ["0", "1", "2", "3", "4"]
