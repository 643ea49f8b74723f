"""A walk through the forum that shows each thing a database can do, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from anydynamo.catalog.forum.adapter import ForumAdapter
from anydynamo.catalog.forum.migration import migrate, sample_files
from anydynamo.catalog.forum.models import MODELS, Post, Thread, User
from anydynamo.errors import AlreadyExists, ConditionFailed, ServiceFault, TransactionCancelled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from anydynamo.database import Database

__all__ = ["Step", "tour"]

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

_PATIENCE = 40
_PAUSE = 0.25
_STAMP = "2024-11-23T10:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the walk.

    Attributes:
        name: What it is called, for programs.
        lines: What happened, for people; the first line is the heading.
        facts: What happened, for programs.
    """

    name: str
    lines: tuple[str, ...]
    facts: Mapping[str, Any]


async def tour(database: Database, *, sleep: Sleep = asyncio.sleep) -> AsyncIterator[Step]:
    """Walk through the forum on any provider.

    The items that it writes are put back to how they began, so it can be run again; whatever else
    is in the tables is left alone.

    Args:
        database: Where to.
        sleep: Waits so many seconds, until DynamoDB's indexes show what was written.

    Yields:
        One step after the other, as it happens.
    """
    yield await _tables(database)
    yield await _migration(database)
    yield await _indexes(database, sleep)
    yield await _condition(database)
    yield await _conflict(database)
    yield await _transaction(database)
    yield await _cancelled(database)
    yield await _pages(database)
    yield await _verbs(database, sleep)


async def _tables(database: Database) -> Step:
    tables = await database.create_tables(MODELS)
    lines = (f"{one.table}: {'made' if one.created else 'was there already'}" for one in tables)
    facts = {
        "tables": [one.table for one in tables],
        "made": [one.table for one in tables if one.created],
    }
    return Step("tables", ("Tables", *lines), facts)


async def _migration(database: Database) -> Step:
    report = await migrate(database, sample_files(), replace=True)
    lines = tuple(
        f"{table.file}: {table.found} found, {table.written} written, {table.unchanged} already "
        f"there, {table.verified} verified"
        for table in report
    )
    facts = {
        table.name: {
            "found": table.found,
            "written": table.written,
            "unchanged": table.unchanged,
            "verified": table.verified,
        }
        for table in report
    }
    return Step("migration", ("JSON files, migrated", *lines), facts)


async def _seen(ask: Callable[[], Awaitable[list[T]]], wanted: int, sleep: Sleep) -> list[T]:
    """Ask an index until it has caught up; on embedded providers it always has."""
    found: list[T] = []
    for _ in range(_PATIENCE):
        found = await ask()
        if len(found) == wanted:
            return found
        await sleep(_PAUSE)
    raise ServiceFault(
        f"after {_PATIENCE * _PAUSE:.0f} seconds an index shows {len(found)} items and not {wanted}"
    )


async def _indexes(database: Database, sleep: Sleep) -> Step:
    users, posts = database.repository(User), database.repository(Post)

    async def named() -> list[User]:
        return await users.query(User.by_email, "alice@example.com", filter=User.name == "Alice")

    async def thread() -> list[Post]:
        return await posts.query(Post.by_thread, "1", reverse=True)

    async def written() -> list[Post]:
        return await posts.query(Post.by_user, "1")

    alice = await _seen(named, 1, sleep)
    newest = await _seen(thread, 3, sleep)
    hers = await _seen(written, 2, sleep)
    return Step(
        "indexes",
        (
            "Queries by index",
            f"EmailIndex, alice@example.com: {', '.join(user.name for user in alice)}",
            f"ThreadIndex, thread 1, newest first: {', '.join(post.post_id for post in newest)}",
            f"UserIndex, user 1: {', '.join(post.post_id for post in hers)}",
        ),
        {
            "EmailIndex": [user.user_id for user in alice],
            "ThreadIndex": [post.post_id for post in newest],
            "UserIndex": [post.post_id for post in hers],
        },
    )


async def _condition(database: Database) -> Step:
    user = await database.repository(User).update(
        "1", User.name.set("Alice Liddell"), condition=User.name == "Alice"
    )
    return Step(
        "condition",
        ("An update under a condition", f"User 1 was Alice and is {user.name} now."),
        {"userId": user.user_id, "name": user.name},
    )


async def _conflict(database: Database) -> Step:
    users = database.repository(User)
    refused: dict[str, str] = {}
    try:
        await users.update("1", User.name.set("Alicia"), condition=User.name == "Alice")
    except ConditionFailed as error:
        refused["update"] = type(error).__name__
    try:
        await users.create(User(user_id="1", email="other@example.com", name="Other"))
    except AlreadyExists as error:
        refused["create"] = type(error).__name__
    user = await users.get("1", consistent=True)
    return Step(
        "conflict",
        (
            "Conflicts",
            f"The same update again: {refused.get('update')}; she is not Alice any more.",
            f"Creating a user 1 again: {refused.get('create')}.",
            f"User 1 is still {user.name}.",
        ),
        {**refused, "name": user.name},
    )


async def _transaction(database: Database) -> Step:
    users, threads = database.repository(User), database.repository(Thread)
    posts = database.repository(Post)
    thread = Thread(thread_id="3", title="News", description="What is new", created_at=_STAMP)
    post = Post(
        post_id="5",
        thread_id="3",
        user_id="2",
        title="A transaction wrote this",
        content="This post and its thread came at once, because user 2 is there.",
        created_at=_STAMP,
    )
    await database.transact(
        threads.to_put(thread),
        posts.to_put(post),
        users.to_check("2", User.user_id.exists()),
    )
    return Step(
        "transaction",
        ("A transaction", "Thread 3, its post 5 and the check for user 2: all at once."),
        {"threadId": thread.thread_id, "postId": post.post_id},
    )


async def _cancelled(database: Database) -> Step:
    users, threads = database.repository(User), database.repository(Thread)
    codes: list[str] = []
    try:
        await database.transact(
            threads.to_delete("3"),
            users.to_check("nobody", User.user_id.exists()),
        )
    except TransactionCancelled as error:
        codes = [str(reason["Code"]) for reason in error.reasons]
    stands = await threads.exists("3", consistent=True)
    return Step(
        "cancelled",
        (
            "A transaction that is cancelled",
            f"Deleting thread 3 if there were a user nobody: {', '.join(codes)}.",
            f"Thread 3 is {'still there' if stands else 'gone'}.",
        ),
        {"reasons": codes, "threadStands": stands},
    )


async def _pages(database: Database) -> Step:
    posts = database.repository(Post)
    pages: list[list[str]] = []
    token: str | None = None
    while True:
        page = await posts.page(Post.by_thread, "1", limit=2, after=token)
        pages.append([post.post_id for post in page.items])
        token = page.next
        if token is None:
            break
    lines = (f"Page {number}: {', '.join(ids)}" for number, ids in enumerate(pages, 1) if ids)
    return Step("pages", ("The posts of thread 1, two to a page", *lines), {"pages": pages})


async def _verbs(database: Database, sleep: Sleep) -> Step:
    users = ForumAdapter(User, key="userId", database=database)
    await users.delete("4")
    await users.create({"userId": "4", "name": "Dave", "email": "dave@example.com"})

    async def dave() -> list[dict[str, Any]]:
        return await users.query_by_index("EmailIndex", "email", "dave@example.com")

    (found,) = await _seen(dave, 1, sleep)
    renamed = await users.update("4", {"name": "David"})
    everybody = await users.get_all()
    await users.delete("4")
    health = await users.health_check()
    return Step(
        "verbs",
        (
            "The verbs of the service that this forum comes from",
            f"create and query_by_index: {found['name']}; update: {renamed['name']}; "
            f"get_all: {len(everybody)}; delete; health_check: {health['status']}.",
        ),
        {"found": found["name"], "renamed": renamed["name"], "health": health["status"]},
    )
