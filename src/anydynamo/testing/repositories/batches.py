"""Many items in few requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from anydynamo.errors import InvalidRequest
from anydynamo.repositories.capacity import Capacity
from anydynamo.testing.repositories.models import Author, Event, event, events

if TYPE_CHECKING:
    from anydynamo.database import Database

__all__ = ["BatchContract"]


class BatchContract:
    """Chunks are made as they are needed, and the caller does not see them."""

    async def test_more_items_than_a_request_holds(self, database: Database) -> None:
        repository = await events(database, *[event(at, text=str(at)) for at in range(130)])
        assert await repository.count("hall") == 130
        found = await repository.get_many([("hall", at) for at in range(129, -1, -1)])
        assert [one.at for one in found] == list(range(129, -1, -1))
        await repository.delete_many([("hall", at) for at in range(120)])
        assert await repository.count("hall") == 10

    async def test_absent_items_are_left_out_and_repeated_keys_repeated(
        self, database: Database
    ) -> None:
        repository = await events(database, event(1), event(2))
        keys = [("hall", 2), ("hall", 9), ("hall", 1), ("hall", 2)]
        assert [one.at for one in await repository.get_many(keys)] == [2, 1, 2]
        assert await repository.get_many([]) == []
        assert await repository.get_many([("yard", 1)]) == []

    async def test_a_projection_of_many(self, database: Database) -> None:
        repository = await events(database, event(1, text="a"), event(2, text="b"))
        found = repository.get_many([event(2), ("hall", 1)], only=[Event.text], consistent=True)
        assert await found == [{"text": "b"}, {"text": "a"}]

    async def test_of_several_writes_to_a_key_the_last_counts(self, database: Database) -> None:
        repository = await events(database, event(1, text="a"), event(1, text="b"))
        assert (await repository.get(("hall", 1))).text == "b"
        async with repository.batch() as batch:
            await batch.put(event(1, text="c"))
            await batch.delete(("hall", 1))
            await batch.put(event(2, text="d"))
            await batch.delete(event(3))
            await batch.put(event(3, text="e"))
        assert [one.text for one in await repository.query("hall")] == ["d", "e"]

    async def test_a_batch_copies_what_it_is_given(self, database: Database) -> None:
        repository = await events(database)
        one = event(1, text="before")
        async with repository.batch() as batch:
            await batch.put(one)
            one.text = "after"
        assert (await repository.get(("hall", 1))).text == "before"

    async def test_a_batch_sends_a_chunk_when_it_is_full_and_the_rest_at_the_end(
        self, database: Database
    ) -> None:
        repository = await events(database)
        async with repository.batch() as batch:
            for at in range(30):
                await batch.put(event(at))
            assert len(batch) == 5
            assert await repository.count("hall", consistent=True) == 25
        assert await repository.count("hall", consistent=True) == 30

    async def test_a_batch_that_ends_with_an_error_sends_nothing_more(
        self, database: Database
    ) -> None:
        repository = await events(database)

        async def fail() -> None:
            async with repository.batch() as batch:
                await batch.put(event(1))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert await repository.count("hall") == 0

    async def test_what_does_not_fit_is_refused_and_the_batch_goes_on(
        self, database: Database
    ) -> None:
        repository = await events(database)
        async with repository.batch() as batch:
            await batch.put(event(1))
            with pytest.raises(InvalidRequest):
                await batch.put(Author(author_id="1", name="x"))  # type: ignore[arg-type]
            with pytest.raises(InvalidRequest):
                await batch.delete("hall")
        assert await repository.count("hall") == 1

    async def test_of_many_items_those_are_created_whose_keys_are_free(
        self, database: Database
    ) -> None:
        repository = await events(database, event(2, text="old"), event(110, text="old"))
        wanted = [event(at, text="new") for at in (*range(120), 5)]
        created = await repository.create_many(wanted)
        assert created == [one for one in wanted[:-1] if one.at not in (2, 110)]
        assert await repository.create_many(wanted) == []
        assert await repository.create_many([]) == []
        texts = {one.at: one.text for one in await repository.query("hall")}
        assert texts == {at: "old" if at in (2, 110) else "new" for at in range(120)}

    async def test_one_that_cannot_be_stored_keeps_all_from_being_created(
        self, database: Database
    ) -> None:
        repository = await events(database)
        with pytest.raises(InvalidRequest):
            await repository.create_many([event(1), Author(author_id="1", name="x")])  # type: ignore[list-item]
        assert await repository.count("hall") == 0

    async def test_what_a_batch_costs_is_collected(self, database: Database) -> None:
        repository = await events(database)
        capacity = Capacity()
        await repository.put_many([event(at) for at in range(30)], capacity=capacity)
        assert capacity.requests == 2
        assert capacity.tables[repository.table] >= 30

    async def test_a_source_is_stored_and_what_cannot_be_is_put_aside(
        self, database: Database
    ) -> None:
        repository = await events(database, event(1, text="old"))
        source = [event(at, text="new") for at in range(60)]
        source[40] = Author(author_id="1", name="x")  # type: ignore[call-overload]
        report = await repository.ingest(iter(source), concurrency=2)
        assert (report.stored, report.dead, report.position) == (59, 1, 60)
        (letter,) = report.dead_letters
        assert letter.position == 40
        assert isinstance(letter.error, InvalidRequest)
        texts = {one.at: one.text for one in await repository.query("hall")}
        assert texts == {at: "new" for at in range(60) if at != 40}

    async def test_a_scan_by_workers_goes_on_from_its_position(self, database: Database) -> None:
        repository = await events(database, *[event(at, f"r{at % 9}") for at in range(40)])
        scan = repository.scan(workers=3, page_size=4)
        found: list[int] = []
        while len(found) < 14:
            found.append((await anext(scan)).at)
        assert scan.position is not None
        rest = await repository.scan(start=scan.position, workers=2)
        assert sorted([*found, *(one.at for one in rest)]) == list(range(40))
