"""Making, checking and removing tables; health; the end of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from anydynamo.errors import (
    DatabaseClosed,
    InvalidRequest,
    TableMismatch,
    TableNotFound,
)
from anydynamo.models.table import Attr, GlobalIndex, Table, attribute
from anydynamo.testing.repositories.models import Author, Counter, Event, Legacy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anydynamo.database import Database
    from anydynamo.testing.repositories.models import Raw

__all__ = ["TableContract"]


class OtherKey(Table, name="authors"):
    """The name of another model's table, and another key."""

    email: Attr[str] = attribute(hash_key=True)


class OtherIndex(Table, name="authors"):
    """The key of another model's table, and an index that it lacks."""

    author_id: Attr[str] = attribute(hash_key=True, attr_name="authorId")
    name: Attr[str] = attribute(default="")

    by_name = GlobalIndex("NameIndex", hash_key=name)


class Expiring(Table, name="expiring", deletion_protection=True):
    """A table with options that are set after it was made."""

    key: Attr[str] = attribute(hash_key=True)
    until: Attr[int | None] = attribute(default=None, ttl=True)


class Everything(
    Table,
    name="everything",
    billing="PROVISIONED",
    read_capacity=5,
    write_capacity=5,
    stream="NEW_AND_OLD_IMAGES",
    point_in_time_recovery=True,
    tags={"team": "core"},
    encryption=True,
):
    """A table with each option that CreateTable knows."""

    key: Attr[str] = attribute(hash_key=True)
    name: Attr[str] = attribute(default="")

    by_name = GlobalIndex("NameIndex", hash_key=name)


class TableContract:
    """What models declare is what is made."""

    async def test_tables_are_made_once(self, database: Database, raw: Raw) -> None:
        first = await database.create_tables([Author, Event, Legacy, Author])
        assert [(one.name, one.created) for one in first] == [
            ("authors", True),
            ("events", True),
            ("legacy", True),
        ]
        await database.repository(Author).put(Author(author_id="1", name="Ada"))
        second = await database.create_tables([Event, Author])
        assert [one.created for one in second] == [False, False]
        assert await database.repository(Author).count() == 1
        described = await raw("DescribeTable", {"TableName": database.repository(Event).table})
        names = {index["IndexName"] for index in described["Table"]["GlobalSecondaryIndexes"]}
        assert names == {"KindIndex", "TextIndex"}

    async def test_a_table_that_is_there_must_fit(self, database: Database) -> None:
        await database.create_tables([Author])
        with pytest.raises(TableMismatch, match=r"authorId.*email"):
            await database.create_tables([OtherKey])
        with pytest.raises(TableMismatch, match="NameIndex"):
            await database.create_tables([OtherIndex])
        assert not (await database.create_tables([Author]))[0].created

    async def test_what_a_table_is_asked_for_and_does_not_have_names_it(
        self, database: Database
    ) -> None:
        authors, others = database.repository(Author), database.repository(OtherKey)
        table = authors.table
        absent: list[Callable[[], Awaitable[object]]] = [
            lambda: authors.find("1"),
            lambda: authors.put(Author(author_id="1", name="Ada")),
            lambda: authors.put_many([Author(author_id="1", name="Ada")]),
            lambda: authors.get_many(["1"]),
            authors.count,
        ]
        for call in absent:
            with pytest.raises(TableNotFound, match=rf"on {table}: .*create_tables"):
                await call()
        await database.create_tables([Author])
        other: list[Callable[[], Awaitable[object]]] = [
            lambda: others.find("a"),
            lambda: others.delete("a"),
            lambda: others.query("a"),
        ]
        for call in other:
            with pytest.raises(InvalidRequest, match=rf"on {table}: .*create_tables tells"):
                await call()

    async def test_time_to_live_and_protection_are_set_as_declared(
        self, database: Database, raw: Raw
    ) -> None:
        for _ in range(2):
            await database.create_tables([Expiring])
        table = database.repository(Expiring).table
        said = await raw("DescribeTimeToLive", {"TableName": table})
        assert said["TimeToLiveDescription"]["AttributeName"] == "until"
        assert said["TimeToLiveDescription"]["TimeToLiveStatus"] in ("ENABLED", "ENABLING")
        with pytest.raises(InvalidRequest):
            await database.delete_tables([Expiring])
        await raw("UpdateTable", {"TableName": table, "DeletionProtectionEnabled": False})
        assert await database.delete_tables([Expiring]) == ("expiring",)

    async def test_every_option_is_made_and_fits_afterwards(
        self, database: Database, raw: Raw
    ) -> None:
        assert (await database.create_tables([Everything]))[0].created
        assert not (await database.create_tables([Everything]))[0].created
        table = database.repository(Everything).table
        described = (await raw("DescribeTable", {"TableName": table}))["Table"]
        assert described["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
        assert described["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"

    async def test_deleting_tells_which_tables_were_there(self, database: Database) -> None:
        await database.create_tables([Author])
        assert await database.delete_tables([Author, Counter]) == ("authors",)
        assert await database.delete_tables([Author, Counter]) == ()

    async def test_health_tells_which_tables_are_there(self, database: Database) -> None:
        await database.create_tables([Author])
        health = await database.health([Author])
        assert (health.ok, health.status, health.tables) == (True, "ok", ("authors",))
        assert health.provider == database.info.provider
        assert health.latency >= 0
        health = await database.health([Author, Counter])
        assert (health.ok, health.status, health.missing) == (False, "degraded", ("counters",))
        assert (await database.health()).tables == (database.repository(Author).table,)

    async def test_a_closed_database_refuses_everything(self, database: Database) -> None:
        await database.create_tables([Author])
        authors = database.repository(Author)
        await authors.put(Author(author_id="1", name="Ada"))
        results = authors.scan()
        await database.close()
        await database.close()
        assert database.closed
        with pytest.raises(DatabaseClosed):
            await authors.get("1")
        with pytest.raises(DatabaseClosed):
            await results
        with pytest.raises(DatabaseClosed):
            await authors.put_many([])
        with pytest.raises(DatabaseClosed):
            await authors.get_many([])
        with pytest.raises(DatabaseClosed):
            await database.health()
        with pytest.raises(DatabaseClosed):
            database.repository(Author)
