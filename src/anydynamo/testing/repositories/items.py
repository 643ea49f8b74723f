"""One item: create, put, get, find, exists, update, delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import pytest

from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    InvalidItem,
    InvalidRequest,
    NotFound,
    TableNotFound,
)
from anydynamo.repositories.capacity import Capacity
from anydynamo.testing.repositories.models import Author, Counter, Event, Legacy, event

if TYPE_CHECKING:
    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository
    from anydynamo.testing.repositories.models import Raw

__all__ = ["ItemContract"]


class Card(TypedDict):
    """What a list shows of an author."""

    name: str
    size: int | None


@dataclass
class Label:
    """The same as a dataclass."""

    name: str


class ItemContract:
    """Reads and writes of single items."""

    @pytest.fixture
    async def authors(self, database: Database) -> Repository[Author]:
        """An empty table of authors."""
        await database.create_tables([Author])
        return database.repository(Author)

    async def test_what_is_created_is_stored_under_the_names_of_dynamodb(
        self, authors: Repository[Author], raw: Raw
    ) -> None:
        ada = Author(author_id="1", name="Ada", tags={"x"})
        assert await authors.create(ada) is ada
        key = {"authorId": {"S": "1"}}
        stored = await raw("GetItem", {"TableName": authors.table, "Key": key})
        assert stored["Item"]["name"] == {"S": "Ada"}
        assert stored["Item"]["authorId"] == {"S": "1"}
        assert stored["Item"]["tags"] == {"SS": ["x"]}

    async def test_create_refuses_to_overwrite_and_shows_what_is_there(
        self, authors: Repository[Author]
    ) -> None:
        await authors.create(Author(author_id="1", name="Ada"))
        with pytest.raises(AlreadyExists, match=r"create '1' in \S*authors") as caught:
            await authors.create(Author(author_id="1", name="Grace"))
        assert caught.value.current == Author(author_id="1", name="Ada")
        assert caught.value.code == "ConditionalCheckFailedException"
        assert (await authors.get("1")).name == "Ada"

    async def test_get_raises_and_find_gives_none_for_an_absent_item(
        self, authors: Repository[Author]
    ) -> None:
        assert await authors.find("9") is None
        with pytest.raises(NotFound, match=r"no Author '9' in \S*authors"):
            await authors.get("9")
        assert not await authors.exists("9")

    async def test_what_is_read_is_equal_to_what_was_written(
        self, authors: Repository[Author]
    ) -> None:
        ada = Author(author_id="1", name="Ada", size=3, tags={"a", "b"}, notes=["", "x"])
        await authors.put(ada)
        assert await authors.get("1", consistent=True) == ada
        assert await authors.find(ada) == ada
        assert await authors.exists("1")

    async def test_put_overwrites_and_gives_the_old_item_where_asked(
        self, authors: Repository[Author]
    ) -> None:
        new = Author(author_id="1", name="Ada")
        assert await authors.put(new, return_old=True) is None
        assert await authors.put(Author(author_id="1", name="Grace"), return_old=True) == new
        assert (await authors.get("1")).name == "Grace"

    async def test_a_false_condition_of_a_put_changes_nothing_and_shows_the_item(
        self, authors: Repository[Author]
    ) -> None:
        await authors.put(Author(author_id="1", name="Ada", status="old"))
        with pytest.raises(ConditionFailed) as caught:
            await authors.put(Author(author_id="1", name="Grace"), condition=Author.status == "new")
        assert type(caught.value) is ConditionFailed
        assert caught.value.current == Author(author_id="1", name="Ada", status="old")
        assert (await authors.get("1")).name == "Ada"

    async def test_update_returns_the_new_item(self, authors: Repository[Author]) -> None:
        await authors.put(Author(author_id="1", name="Ada", tags={"a"}))
        new = await authors.update(
            "1",
            Author.name.set("Grace"),
            Author.size.set(3),
            Author.tags.add({"b"}),
            condition=(Author.status == "new") & Author.size.does_not_exist(),
        )
        assert new == Author(author_id="1", name="Grace", size=3, tags={"a", "b"})
        assert await authors.get("1") == new

    async def test_update_refuses_an_absent_item_unless_it_may_make_one(
        self, authors: Repository[Author]
    ) -> None:
        with pytest.raises(NotFound, match=r"update '1' in \S*authors"):
            await authors.update("1", Author.name.set("Ada"))
        assert not await authors.exists("1")
        made = await authors.update("1", Author.name.set("Ada"), upsert=True)
        assert made.name == "Ada"

    async def test_a_false_condition_of_an_update_is_told_from_an_absent_item(
        self, authors: Repository[Author]
    ) -> None:
        await authors.put(Author(author_id="1", name="Ada"))
        with pytest.raises(ConditionFailed) as caught:
            await authors.update("1", Author.name.set("x"), condition=Author.status == "old")
        assert caught.value.current == Author(author_id="1", name="Ada")
        with pytest.raises(NotFound):
            await authors.update("2", Author.name.set("x"), condition=Author.status == "old")

    async def test_an_instance_may_stand_for_its_key(self, authors: Repository[Author]) -> None:
        ada = await authors.create(Author(author_id="1", name="Ada"))
        assert (await authors.update(ada, Author.name.set("Grace"))).name == "Grace"
        assert ada.name == "Ada"
        await authors.delete(ada)
        assert not await authors.exists(ada)

    async def test_delete_takes_conditions_and_gives_the_old_item_where_asked(
        self, authors: Repository[Author]
    ) -> None:
        ada = await authors.put(Author(author_id="1", name="Ada"))
        with pytest.raises(ConditionFailed):
            await authors.delete("1", condition=Author.name == "Grace")
        assert await authors.delete("1", condition=Author.name == "Ada", return_old=True) == ada
        assert await authors.delete("1", return_old=True) is None

    async def test_reserved_words_are_names_like_others(self, authors: Repository[Author]) -> None:
        await authors.put(Author(author_id="1", name="Ada", size=1))
        found = [
            author
            async for author in authors.scan(
                filter=(Author.name == "Ada") & (Author.size >= 1) & Author.status.exists()
            )
        ]
        assert [author.author_id for author in found] == ["1"]

    async def test_a_projection_gives_what_was_asked_for_in_the_type_asked_for(
        self, authors: Repository[Author]
    ) -> None:
        await authors.put(Author(author_id="1", name="Ada"))
        assert await authors.get("1", only=[Author.name, "size"]) == {"name": "Ada", "size": None}
        assert await authors.get("1", only=Card) == {"name": "Ada", "size": None}
        assert await authors.find("1", only=Label) == Label("Ada")
        assert await authors.find("2", only=Card) is None

    async def test_keys_of_two_parts_are_tuples(self, database: Database) -> None:
        await database.create_tables([Event])
        repository = database.repository(Event)
        await repository.put(event(1, text="x"))
        assert (await repository.get(("hall", 1))).text == "x"
        for wrong in ("hall", ("hall",), ("hall", "1"), ("", 1), (None, 1)):
            with pytest.raises(InvalidRequest):
                await repository.get(wrong)  # type: ignore[arg-type]  # the point of the test

    async def test_a_number_key_is_the_same_however_it_is_written(self, database: Database) -> None:
        await database.create_tables([Counter])
        counters = database.repository(Counter)
        await counters.put(Counter(number=10, value=1))
        assert (await counters.get(10)).value == 1
        found = [counter.value async for counter in counters.get_many([10, 10])]
        assert found == [1, 1]

    async def test_a_plain_pynamodb_model_works_unchanged(self, database: Database) -> None:
        await database.create_tables([Legacy])
        legacy = database.repository(Legacy)
        await legacy.create(Legacy(name="a", value=1))
        new = await legacy.update("a", Legacy.value.add(4), condition=Legacy.colour == "red")
        assert new.value == 5
        found = [one async for one in legacy.query(Legacy.by_colour, "red", Legacy.value > 1)]
        assert [one.name for one in found] == ["a"]

    async def test_what_does_not_belong_to_the_model_is_refused_before_it_is_sent(
        self, database: Database
    ) -> None:
        # There is no table, so whatever is sent is answered by TableNotFound.
        authors = database.repository(Author)
        with pytest.raises(InvalidRequest, match="price"):
            await authors.put(
                Author(author_id="1", name="Ada"),
                condition=Event.price > 1,  # type: ignore[arg-type]
            )
        with pytest.raises(InvalidRequest, match="Author"):
            await authors.put(event(1))  # type: ignore[call-overload]
        with pytest.raises(InvalidRequest, match="Author"):
            await authors.delete(event(1))  # type: ignore[call-overload]
        with pytest.raises(InvalidRequest, match="action"):
            await authors.update("1")
        with pytest.raises(InvalidRequest, match="nothing"):
            await authors.get("1", only=["nothing"])
        with pytest.raises(InvalidItem):
            Author(author_id="1", name=1)  # type: ignore[arg-type]
        with pytest.raises(TableNotFound):
            await authors.get("1")

    async def test_what_a_call_costs_is_collected_where_it_is_asked_for(
        self, authors: Repository[Author]
    ) -> None:
        capacity = Capacity()
        await authors.put(Author(author_id="1", name="Ada"), capacity=capacity)
        await authors.get("1", consistent=True, capacity=capacity)
        assert capacity.requests == 2
        assert capacity.total == pytest.approx(2.0)
        assert capacity.tables == {authors.table: pytest.approx(2.0)}
