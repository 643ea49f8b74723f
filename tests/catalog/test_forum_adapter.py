"""The verbs of document 001, on each provider."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo import (
    AlreadyExists,
    ConfigurationError,
    DatabaseClosed,
    InvalidItem,
    InvalidRequest,
    NotFound,
    Repository,
    StoreFull,
    TableNotFound,
)
from anydynamo.catalog.forum.adapter import BlockingForumAdapter, ForumAdapter
from anydynamo.catalog.forum.models import Post, User
from anydynamo.sync import Database as BlockingDatabase

if TYPE_CHECKING:
    from pathlib import Path

    from tests.targets import Target

    from anydynamo import Database

DB: dict[str, list[dict[str, Any]]] = {
    "users": [
        {
            "userId": "1",
            "email": "alice@example.com",
            "name": "Alice",
            "createdAt": "2024-11-20T08:15:00.000Z",
        },
        {
            "userId": "2",
            "email": "bob@example.com",
            "name": "Bob",
            "createdAt": "2024-11-20T09:30:00.000Z",
        },
    ]
}


def post(number: str, thread: str) -> dict[str, Any]:
    return {
        "postId": number,
        "threadId": thread,
        "userId": "1",
        "title": "",
        "content": "",
        "createdAt": f"2024-11-20T10:0{number}:00.000Z",
    }


@pytest.fixture
async def users(database: Database) -> ForumAdapter:
    await database.create_tables([User])
    adapter = ForumAdapter(User, key="userId", database=database)
    for row in DB["users"]:
        await adapter.create(row)
    return adapter


async def test_every_verb_does_what_the_document_says(users: ForumAdapter) -> None:
    assert sorted(user["name"] for user in await users.get_all()) == ["Alice", "Bob"]
    assert await users.get_by_id("1") == DB["users"][0]
    assert await users.get_by_id("123") is None
    found = await users.query_by_index("EmailIndex", "email", "alice@example.com")
    assert found == [DB["users"][0]]

    made = await users.create({"userId": "4", "name": "Dave", "email": "dave@example.com"})
    assert made["createdAt"].endswith("Z")
    assert await users.get_by_id("4") == made
    assert await users.update("4", {"name": "David"}) == {**made, "name": "David"}
    assert await users.delete("4") is True
    assert await users.delete("4") is False
    assert await users.get_by_id("4") is None


async def test_health_says_where_the_data_lies(users: ForumAdapter, database: Database) -> None:
    health = await users.health_check()
    assert health == {
        "status": "healthy",
        "provider": database.info.provider,
        "location": database.info.location,
        "table": "users",
    }


async def test_creating_does_not_overwrite(users: ForumAdapter) -> None:
    with pytest.raises(AlreadyExists):
        await users.create({"userId": "1", "name": "Eve", "email": "eve@example.com"})
    alice = await users.get_by_id("1")
    assert alice is not None
    assert alice["name"] == "Alice"


async def test_updating_does_not_create(users: ForumAdapter) -> None:
    with pytest.raises(NotFound):
        await users.update("9", {"name": "Nobody"})
    assert await users.get_by_id("9") is None


async def test_undeclared_attributes_survive_an_update(users: ForumAdapter) -> None:
    new = {"userId": "5", "email": "al@example.com", "avatar": {"url": "", "size": None}}
    row = {**DB["users"][0], **new}
    await users.create(row)
    assert await users.update("5", {"name": "Al"}) == {**row, "name": "Al"}


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_what_cannot_be_is_refused_by_name(users: ForumAdapter) -> None:
    with pytest.raises(InvalidRequest, match="no index 'NameIndex'; its indexes: EmailIndex"):
        await users.query_by_index("NameIndex", "name", "Alice")
    with pytest.raises(InvalidRequest, match="EmailIndex is by email, and not by name"):
        await users.query_by_index("EmailIndex", "name", "Alice")
    with pytest.raises(InvalidRequest, match="'nick'"):
        await users.update("1", {"nick": "Al"})
    with pytest.raises(InvalidRequest, match="part of the key"):
        await users.update("1", {"userId": "7"})
    with pytest.raises(InvalidItem, match="email"):
        await users.create({"userId": "7", "name": "No address"})


async def test_the_partition_key_alone_is_enough_while_it_is_unique(database: Database) -> None:
    await database.create_tables([Post])
    posts = ForumAdapter(Post, database=database)
    await posts.create(post("1", "1"))
    await posts.create(post("2", "1"))
    await posts.create(post("2", "2"))

    assert await posts.get_by_id("1") == post("1", "1")
    assert await posts.get_by_id(("2", "2")) == post("2", "2")
    assert await posts.get_by_id("9") is None
    with pytest.raises(InvalidRequest, match=r"several items .* postId and threadId"):
        await posts.get_by_id("2")
    assert (await posts.update("1", {"title": "New"}))["title"] == "New"
    with pytest.raises(NotFound, match="posts has no item with the key '9'"):
        await posts.update("9", {"title": "New"})
    assert await posts.delete("1") is True
    assert await posts.delete("1") is False


@pytest.fixture
def _on_sqlite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/forum.db")


@pytest.mark.usefixtures("_on_sqlite")
async def test_the_fallback_fills_a_new_table_once() -> None:
    async with ForumAdapter("forum-users-dev", DB["users"], "userId") as users:
        assert len(await users.get_all()) == 2
        assert (await users.health_check())["table"] == "forum-users-dev"
        await users.delete("1")
    async with ForumAdapter("forum-users-dev", DB["users"], "userId") as users:
        assert [user["name"] for user in await users.get_all()] == ["Bob"]


@pytest.mark.usefixtures("_on_sqlite")
async def test_calls_that_come_together_see_the_whole_fallback() -> None:
    async with ForumAdapter("users", DB["users"], "userId") as users:
        answers = await asyncio.gather(*(users.get_all() for _ in range(4)))
    assert [len(answer) for answer in answers] == [2, 2, 2, 2]


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_fallback_that_failed_on_its_way_is_sent_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = ForumAdapter(User, DB["users"], database=database, create=True)
    with monkeypatch.context() as patch:
        patch.setattr(Repository, "put_many", _fail)
        with pytest.raises(StoreFull):
            await users.get_all()
    assert len(await users.get_all()) == 2


async def _fail(*_: object, **__: object) -> None:
    raise StoreFull("no space is left")


@pytest.mark.usefixtures("_on_sqlite")
async def test_closing_twice_is_no_error_and_use_after_it_is_one() -> None:
    users = ForumAdapter(User, DB["users"])
    assert len(await users.get_all()) == 2
    await users.close()
    await users.close()
    with pytest.raises(DatabaseClosed):
        await users.get_all()


def test_a_damaged_fallback_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PROVIDER", "memory")
    for adapter in (ForumAdapter, BlockingForumAdapter):
        with pytest.raises(InvalidItem, match="email"):
            adapter("users", [{"userId": "1"}], "userId")


@pytest.mark.parametrize(("table", "key"), [("users", None), ("users", "id"), (User, "email")])
def test_a_key_that_no_table_has_is_refused(table: Any, key: str | None) -> None:
    with pytest.raises(ConfigurationError, match="userId"):
        ForumAdapter(table, [], key)


async def test_the_database_that_was_given_stays_open(database: Database) -> None:
    await database.create_tables([User])
    async with ForumAdapter(User, database=database) as users:
        await users.get_all()
    assert (await database.health()).ok


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_name_that_the_given_database_does_not_use_is_refused(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="calls it 'users'"):
        ForumAdapter("forum-users-dev", [], "userId", database=database)
    ForumAdapter("users", [], "userId", database=database)


@pytest.mark.parametrize("target", ["moto"], indirect=True)
async def test_on_dynamodb_nothing_is_made_unless_that_is_asked_for(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", target.url)
    async with ForumAdapter("users", DB["users"], "userId") as users:
        assert (await users.health_check())["status"] == "unhealthy"
        with pytest.raises(TableNotFound):
            await users.get_all()
    async with ForumAdapter("users", DB["users"], "userId", create=True) as users:
        assert len(await users.get_all()) == 2


@pytest.mark.parametrize("target", ["moto"], indirect=True)
def test_the_blocking_adapter_reaches_dynamodb(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", target.url)
    with BlockingForumAdapter("users", DB["users"], "userId", create=True) as users:
        assert users.get_by_id("2") == DB["users"][1]


async def test_a_provider_that_does_not_answer_is_unhealthy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    monkeypatch.setenv("DATABASE_URL", f"dynamodb://eu-west-1?endpoint_url={url}&max_attempts=1")
    async with ForumAdapter(User) as users:
        health = await users.health_check()
    assert health["status"] == "unhealthy"
    assert url in health["error"]


@pytest.mark.usefixtures("_on_sqlite")
def test_the_blocking_adapter_has_the_same_verbs() -> None:
    with BlockingForumAdapter("users", DB["users"], "userId") as users:
        assert users.get_by_id("1") == DB["users"][0]
        assert users.query_by_index("EmailIndex", "email", "bob@example.com") == [DB["users"][1]]
        users.create({"userId": "4", "name": "Dave", "email": "dave@example.com"})
        assert users.update("4", {"name": "David"})["name"] == "David"
        assert len(users.get_all()) == 3
        assert users.delete("4") is True
        assert users.health_check()["provider"] == "sqlite"


def test_the_blocking_adapter_uses_the_database_that_was_given() -> None:
    with BlockingDatabase.open("memory://") as database:
        database.create_tables([User])
        with BlockingForumAdapter(User, database=database) as users:
            users.create(DB["users"][0])
        assert database.repository(User).get("1").name == "Alice"


def test_both_adapters_have_the_same_methods() -> None:
    def public(cls: type) -> set[str]:
        return {name for name in vars(cls) if not name.startswith("_")}

    # The blocking adapter prepares its table when it is made.
    assert public(ForumAdapter) - {"prepare"} == public(BlockingForumAdapter)
