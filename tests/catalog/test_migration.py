"""The forum's files arrive in each provider: whole, once, or not at all."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from tests.documentation import ROOT

from anydynamo import ServiceFault, StoreDamaged, TableNotFound
from anydynamo.catalog.forum import Progress, migrate, sample_files
from anydynamo.catalog.forum.models import MODELS, Post, Thread, User

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from anydynamo import Database
    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo

SAMPLES = ROOT / "src" / "anydynamo" / "catalog" / "forum" / "data"


async def stored(database: Database) -> dict[str, int]:
    return {
        model.__name__: len(await database.repository(model).scan(consistent=True))
        for model in MODELS
    }


async def test_every_item_arrives_and_is_verified(database: Database) -> None:
    report = await migrate(database, sample_files())
    assert [(one.name, one.found, one.written, one.verified) for one in report] == [
        ("users", 3, 3, 3),
        ("threads", 2, 2, 2),
        ("posts", 4, 4, 4),
    ]
    assert await stored(database) == {"User": 3, "Thread": 2, "Post": 4}


async def test_items_arrive_as_the_files_have_them(
    database: Database, adapter: DatabaseAdapter
) -> None:
    await migrate(database, sample_files())
    raw = await adapter.call("GetItem", {"TableName": "users", "Key": {"userId": {"S": "1"}}})
    (alice, *_) = json.loads((SAMPLES / "users" / "db.json").read_text())["users"]
    assert raw["Item"] == {name: {"S": value} for name, value in alice.items()}


async def test_a_second_run_finds_everything_in_place(database: Database) -> None:
    await migrate(database, sample_files())
    again = await migrate(database, sample_files())
    assert [(one.written, one.unchanged, one.kept) for one in again] == [
        (0, 3, 0),
        (0, 2, 0),
        (0, 4, 0),
    ]
    assert await stored(database) == {"User": 3, "Thread": 2, "Post": 4}


async def test_what_has_changed_since_is_kept_unless_it_is_to_be_replaced(
    database: Database,
) -> None:
    await migrate(database, sample_files())
    users = database.repository(User)
    await users.update("1", User.name.set("Alice Liddell"))
    await users.delete("2")

    report, *_ = await migrate(database, sample_files())
    assert (report.written, report.unchanged, report.kept, report.verified) == (1, 1, 1, 2)
    assert (await users.get("1")).name == "Alice Liddell"

    report, *_ = await migrate(database, sample_files(), replace=True)
    assert (report.written, report.unchanged, report.kept, report.verified) == (1, 2, 0, 3)
    assert (await users.get("1")).name == "Alice"


@pytest.mark.parametrize("target", ["memory", "dynoxide"], indirect=True)
async def test_a_damaged_file_changes_nothing_anywhere(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    shutil.copytree(SAMPLES, folder)
    (folder / "posts" / "db.json").write_text('{"posts": [', encoding="utf-8")
    with pytest.raises(StoreDamaged, match=r"posts/db\.json"):
        await migrate(database, folder)
    with pytest.raises(TableNotFound):
        await database.repository(User).find("1")


@pytest.mark.parametrize("target", ["memory", "moto"], indirect=True)
async def test_many_items_go_in_chunks_and_progress_is_told(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    shutil.copytree(SAMPLES, folder)
    rows = [
        {
            "postId": f"{number:03}",
            "threadId": str(number % 3),
            "userId": "1",
            "title": "",
            "content": "text",
            "createdAt": "2024-11-20T10:05:00.000Z",
            "likes": number,
        }
        for number in range(230)
    ]
    (folder / "posts" / "db.json").write_text(json.dumps(rows), encoding="utf-8")

    told: list[Progress] = []
    *_, report = await migrate(database, folder, progress=told.append)

    assert (report.found, report.written, report.verified) == (230, 230, 230)
    assert [(one.done, one.total) for one in told if one.table == "posts"] == [
        (100, 230),
        (200, 230),
        (230, 230),
    ]
    assert await database.repository(Post).count(Post.by_thread, "1") == 77


async def test_the_indexes_answer_at_once(database: Database) -> None:
    await migrate(database, sample_files())
    users, threads = database.repository(User), database.repository(Thread)
    posts = database.repository(Post)
    assert [user.user_id for user in await users.query(User.by_email, "bob@example.com")] == ["2"]
    found = await threads.query(Thread.by_created_at, "2024-11-22T12:00:00.000Z")
    assert [thread.thread_id for thread in found] == ["2"]
    newest = await posts.query(Post.by_thread, "1", reverse=True)
    assert [post.post_id for post in newest] == ["3", "2", "1"]
    early = await posts.query(Post.by_user, "1", Post.created_at < "2024-11-21")
    assert [post.post_id for post in early] == ["1"]


class Losing:
    """Loses every write to one table and says that all is well."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    @property
    def info(self) -> ProviderInfo:
        return self.inner.info  # type: ignore[no-any-return]

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "BatchWriteItem" and "threads" in request["RequestItems"]:
            return {"UnprocessedItems": {}}
        return await self.inner.call(operation, request)  # type: ignore[no-any-return]

    async def close(self) -> None:
        await self.inner.close()


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_items_that_do_not_arrive_are_noticed(adapter: Any) -> None:
    from anydynamo import Database

    async with Database(Losing(adapter)) as database:
        with pytest.raises(ServiceFault, match=r"threads/db\.json: 2 items .* threadId='1'"):
            await migrate(database, sample_files())
