"""Transactions, over one or several tables."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    InvalidRequest,
    NotFound,
    TokenReused,
    TransactionCancelled,
)
from anydynamo.testing.repositories.models import Author, Counter

if TYPE_CHECKING:
    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository

__all__ = ["TransactionContract"]


class TransactionContract:
    """All actions or none."""

    @pytest.fixture
    async def tables(self, database: Database) -> tuple[Repository[Author], Repository[Counter]]:
        """Two empty tables."""
        await database.create_tables([Author, Counter])
        return database.repository(Author), database.repository(Counter)

    async def test_every_kind_of_action_over_two_tables(
        self, database: Database, tables: tuple[Repository[Author], Repository[Counter]]
    ) -> None:
        authors, counters = tables
        await counters.put_many(Counter(number=number) for number in range(3))
        await database.transact(
            authors.to_create(Author(author_id="1", name="Ada")),
            authors.to_put(
                Author(author_id="2", name="Grace"), condition=Author.name.does_not_exist()
            ),
            counters.to_update(0, Counter.value.add(5), condition=Counter.value == 0),
            counters.to_delete(1, condition=Counter.value == 0),
            counters.to_check(2, Counter.value == 0),
            counters.to_update(9, Counter.value.set(9), upsert=True),
        )
        assert await authors.count() == 2
        assert (await counters.get(0)).value == 5
        assert not await counters.exists(1)
        assert (await counters.get(9)).value == 9

    async def test_one_false_condition_cancels_all_and_each_action_has_its_own_error(
        self, database: Database, tables: tuple[Repository[Author], Repository[Counter]]
    ) -> None:
        authors, counters = tables
        await counters.put(Counter(number=1, value=1))
        await authors.put(Author(author_id="1", name="Ada"))
        with pytest.raises(TransactionCancelled, match="nothing was written") as caught:
            await database.transact(
                authors.to_put(Author(author_id="2", name="Grace")),
                authors.to_create(Author(author_id="1", name="Grace")),
                counters.to_check(1, Counter.value == 0),
                counters.to_update(7, Counter.value.set(1)),
            )
        codes = [reason["Code"] for reason in caught.value.reasons]
        assert codes == ["None", *["ConditionalCheckFailed"] * 3]
        none, exists, failed, absent = caught.value.errors
        assert none is None
        assert isinstance(exists, AlreadyExists)
        assert exists.current == Author(author_id="1", name="Ada")
        assert type(failed) is ConditionFailed
        assert failed.current == Counter(number=1, value=1)
        assert isinstance(absent, NotFound)
        assert not await authors.exists("2")

    async def test_items_are_read_as_they_are_at_one_moment(
        self, database: Database, tables: tuple[Repository[Author], Repository[Counter]]
    ) -> None:
        authors, counters = tables
        ada = await authors.put(Author(author_id="1", name="Ada"))
        await counters.put(Counter(number=1, value=4))
        author, counter, absent = await database.transact_get(
            authors.to_get("1"), counters.to_get(1, only=[Counter.value]), authors.to_get("9")
        )
        assert (author, counter, absent) == (ada, {"value": 4}, None)

    async def test_a_token_names_one_transaction(
        self, database: Database, tables: tuple[Repository[Author], Repository[Counter]]
    ) -> None:
        _, counters = tables
        await counters.put(Counter(number=1))
        named = str(uuid4())
        for _ in range(2):
            await database.transact(counters.to_update(1, Counter.value.add(1)), token=named)
        assert (await counters.get(1)).value == 1
        with pytest.raises(TokenReused):
            await database.transact(counters.to_update(1, Counter.value.add(2)), token=named)

    async def test_what_cannot_be_a_transaction_is_refused(
        self, database: Database, tables: tuple[Repository[Author], Repository[Counter]]
    ) -> None:
        authors, counters = tables
        with pytest.raises(InvalidRequest, match="1 to 100 actions"):
            await database.transact()
        actions = [counters.to_put(Counter(number=number)) for number in range(101)]
        with pytest.raises(InvalidRequest, match="1 to 100 actions"):
            await database.transact(*actions)
        with pytest.raises(InvalidRequest, match="multiple operations on one item"):
            await database.transact(
                authors.to_put(Author(author_id="1", name="Ada")), authors.to_delete("1")
            )
        with pytest.raises(InvalidRequest, match="condition"):
            counters.to_check(1, None)  # type: ignore[arg-type]  # the point of the test
        assert await counters.count() == 0
