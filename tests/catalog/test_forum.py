"""The forum as its document describes it, on every provider."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo import Database, InvalidItem, NotFound, TransactionCancelled, UniqueViolation
from anydynamo.catalog.forum import (
    MODELS,
    Forum,
    Post,
    Thread,
    User,
    migrate,
    sample_files,
    seed,
    verify_forum,
)
from anydynamo.operations.backup import backup
from anydynamo.operations.replicas import compare
from anydynamo.operations.restore import restore
from anydynamo.settings import Settings
from anydynamo.sync import Database as BlockingDatabase

if TYPE_CHECKING:
    from pathlib import Path

    from tests.targets import Target

    from anydynamo.adapters.protocol import DatabaseAdapter


@pytest.fixture
async def forum(database: Database) -> Forum:
    await database.create_tables(MODELS)
    return Forum(database)


# Users


async def test_a_user_signs_up_and_is_found_by_e_mail(forum: Forum) -> None:
    alice = await forum.sign_up("alice@example.com", "Alice")
    found = await forum.user_by_email("alice@example.com")
    assert found == alice
    assert await forum.user_by_email("bob@example.com") is None


async def test_two_hundred_sign_ups_with_one_address_leave_one_user(forum: Forum) -> None:
    results = await asyncio.gather(
        *(forum.sign_up("alice@example.com", f"Alice {number}") for number in range(200)),
        return_exceptions=True,
    )
    users = [one for one in results if isinstance(one, User)]
    refused = [one for one in results if isinstance(one, UniqueViolation)]
    assert (len(users), len(refused)) == (1, 199)
    assert await forum.users.scan(consistent=True) == users


async def test_an_address_is_free_again_when_its_user_has_another_or_is_gone(forum: Forum) -> None:
    alice = await forum.sign_up("alice@example.com", "Alice")
    await forum.users.update(alice.user_id, User.email.set("alice@example.org"))
    bob = await forum.sign_up("alice@example.com", "Bob")
    with pytest.raises(UniqueViolation):
        await forum.users.update(bob.user_id, User.email.set("alice@example.org"))
    await forum.users.delete(alice.user_id)
    await forum.users.update(bob.user_id, User.email.set("alice@example.org"))
    assert [user.name for user in await forum.users.scan(consistent=True)] == ["Bob"]


@pytest.mark.parametrize(("email", "name"), [("", "Alice"), (" ", "Alice"), ("a@example.com", "")])
async def test_an_empty_name_or_address_is_refused(email: str, name: str) -> None:
    async with Database.open("memory://") as database:
        await database.create_tables(MODELS)
        with pytest.raises(InvalidItem, match="and it is empty"):
            await Forum(database).sign_up(email, name)


async def test_members_are_read_by_id_and_name_alone(forum: Forum) -> None:
    alice = await forum.sign_up("alice@example.com", "Alice")
    assert await forum.members() == [{"user_id": alice.user_id, "name": "Alice"}]


# Threads and posts


async def test_threads_are_found_by_date(forum: Forum) -> None:
    for number, moment in enumerate(("22T23:59:59.999", "23T00:00:00.000", "23T10:00:00.000")):
        thread = Thread(
            thread_id=str(number),
            title=f"Thread {number}",
            description="",
            created_at=f"2024-11-{moment}Z",
        )
        await forum.threads.create(thread)
    found = await forum.threads_on(date(2024, 11, 23))
    assert [thread.thread_id for thread in found] == ["1", "2"]
    (one,) = await forum.threads_at("2024-11-23T10:00:00.000Z")
    assert one.thread_id == "2"


async def filled(forum: Forum, posts: int = 5) -> tuple[User, Thread]:
    alice = await forum.sign_up("alice@example.com", "Alice")
    thread = await forum.start_thread("Welcome", "Who we are")
    for number in range(posts):
        post = Post(
            post_id=str(number),
            thread_id=thread.thread_id,
            user_id=alice.user_id,
            title=f"Post {number}",
            content="",
            created_at=f"2024-11-23T10:00:0{number}.000Z",
        )
        await forum.posts.create(post)
    return alice, thread


async def test_posts_are_listed_by_thread_and_by_user(forum: Forum) -> None:
    alice, thread = await filled(forum)
    by_thread = await forum.posts_in(thread.thread_id)
    assert [post.post_id for post in by_thread] == ["0", "1", "2", "3", "4"]
    newest = await forum.posts_by(alice.user_id, newest_first=True, limit=2)
    assert [post.post_id for post in newest] == ["4", "3"]
    headings = await forum.headings_in(thread.thread_id)
    assert headings[0] == {
        "post_id": "0",
        "title": "Post 0",
        "created_at": "2024-11-23T10:00:00.000Z",
    }


async def test_posts_come_in_pages(forum: Forum) -> None:
    _, thread = await filled(forum)
    seen: list[str] = []
    token: str | None = None
    while True:
        page = await forum.page_of_posts(thread.thread_id, limit=2, after=token)
        seen += [post.post_id for post in page.items]
        token = page.next
        if token is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]


async def test_a_post_needs_its_thread_and_its_user(forum: Forum) -> None:
    alice, thread = await filled(forum, 0)
    post = await forum.write_post(thread.thread_id, alice.user_id, "Hello", "I am Alice.")
    assert await forum.posts_in(thread.thread_id) == [post]
    with pytest.raises(TransactionCancelled) as caught:
        await forum.write_post(thread.thread_id, "nobody", "Hello", "")
    assert [error is None for error in caught.value.errors] == [True, False, True]
    assert len(await forum.posts.scan(consistent=True)) == 1


async def test_ids_and_times_come_from_the_database() -> None:
    ids = iter(["id-1", "id-2"])
    moment = datetime(2024, 11, 23, 10, tzinfo=UTC).timestamp()
    async with Database.open("memory://") as opened:
        database = Database(opened.session.adapter, clock=lambda: moment, ids=lambda: next(ids))
        await database.create_tables(MODELS)
        forum = Forum(database)
        alice = await forum.sign_up("alice@example.com", "Alice")
        assert (alice.user_id, alice.created_at) == ("id-1", "2024-11-23T10:00:00.000Z")
        assert (await forum.start_thread("Welcome", "")).thread_id == "id-2"


# The table names from the environment


def test_the_environment_names_the_tables() -> None:
    names = Settings(
        {
            "USE_DYNAMODB": "true",
            "AWS_REGION": "us-east-1",
            "DYNAMODB_USERS_TABLE": "forum-microservices-users-dev",
            "DYNAMODB_THREADS_TABLE": "forum-microservices-threads-dev",
            "DYNAMODB_POSTS_TABLE": "forum-microservices-posts-dev",
        }
    ).names()
    assert [names.real(name) for name in ("users", "threads", "posts")] == [
        "forum-microservices-users-dev",
        "forum-microservices-threads-dev",
        "forum-microservices-posts-dev",
    ]


# Seed, verify, backup, restore, replica


async def test_seeding_makes_three_users_two_threads_and_two_posts(database: Database) -> None:
    report = await seed(database)
    assert [(table.name, table.written, table.kept) for table in report] == [
        ("users", 3, 0),
        ("threads", 2, 0),
        ("posts", 2, 0),
    ]
    again = await seed(database)
    assert [(table.written, table.kept) for table in again] == [(0, 3), (0, 2), (0, 2)]
    forum = Forum(database)
    assert [post.title for post in await forum.posts_by("sample-user-1")] == ["Hello"]


async def test_the_samples_and_the_sample_files_go_together(database: Database) -> None:
    await seed(database)
    migrated = await migrate(database, sample_files())
    assert [table.written for table in migrated] == [3, 2, 4]


async def test_what_was_seeded_verifies(database: Database) -> None:
    await seed(database)
    report = await verify_forum(database)
    assert report.ok
    assert [(table.name, table.items) for table in report.tables] == [
        ("users", 3),
        ("threads", 2),
        ("posts", 2),
    ]


async def test_verifying_finds_what_does_not_belong_together(
    database: Database, adapter: DatabaseAdapter
) -> None:
    await seed(database)
    forum = Forum(database)
    await forum.threads.delete("sample-thread-1")
    await forum.users.delete("sample-user-2")
    # Another program that knows nothing of unique addresses.
    email = "carol@samples.example.com"
    twin = {
        "email": email,
        "name": "Carla",
        "createdAt": "2024-11-23T10:00:00Z",
    }
    item = {"userId": {"S": "twin"}, **{name: {"S": value} for name, value in twin.items()}}
    await adapter.call("PutItem", {"TableName": "users", "Item": item})
    report = await verify_forum(database)
    assert not report.ok
    assert report.without_thread == ("sample-post-1",)
    assert report.without_user == ("sample-post-2",)
    assert report.shared_emails == (email,)


async def test_verifying_says_which_tables_are_absent(database: Database) -> None:
    await database.create_tables([User])
    report = await verify_forum(database)
    assert not report.ok
    assert [table.present for table in report.tables] == [True, False, False]


async def test_a_restored_forum_is_the_one_that_was_saved(
    database: Database, tmp_path: Path
) -> None:
    await seed(database)
    await backup(database, MODELS, tmp_path / "backup.json")
    async with Database.open("memory://") as second:
        await restore(second, MODELS, tmp_path / "backup.json")
        assert all(table.ok for table in await compare(database, second, MODELS))
        assert (await verify_forum(second)).ok
        with pytest.raises(UniqueViolation):
            await Forum(second).sign_up("alice@samples.example.com", "Another Alice")


async def test_a_second_place_that_lags_is_noticed(database: Database) -> None:
    await seed(database)
    async with Database.open("memory://") as second:
        await seed(second)
        await Forum(database).sign_up("dave@example.com", "Dave")
        users, threads, posts = await compare(database, second, MODELS)
        assert not users.ok
        assert threads.ok
        assert posts.ok


async def test_the_health_check_names_the_tables(forum: Forum) -> None:
    health = await forum.health()
    assert (health.status, health.tables) == ("ok", ("users", "threads", "posts"))


# Without asyncio


def test_the_forum_works_without_asyncio(target: Target) -> None:
    async def story(database: Database) -> tuple[str, list[str]]:
        await database.create_tables(MODELS)
        forum = Forum(database)
        alice = await forum.sign_up("alice@example.com", "Alice")
        thread = await forum.start_thread("Welcome", "Who we are")
        await forum.write_post(thread.thread_id, alice.user_id, "Hello", "I am Alice.")
        with pytest.raises(UniqueViolation):
            await forum.sign_up("alice@example.com", "Eve")
        return alice.user_id, [post.title for post in await forum.posts_in(thread.thread_id)]

    adapter: Any = target.adapter(blocking=True)
    with BlockingDatabase(adapter, owns_adapter=True) as database:
        user_id, titles = database.run(story)
        assert titles == ["Hello"]
        assert database.repository(User).get(user_id).name == "Alice"
        with pytest.raises(NotFound):
            database.repository(User).get("nobody")
