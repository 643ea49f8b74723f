"""What the forum asks of its tables, typed, on any provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from anydynamo.catalog.forum.models import MODELS, Post, Thread, Timestamp, User, iso8601
from anydynamo.errors import InvalidItem

if TYPE_CHECKING:
    from datetime import date

    from anydynamo.database import Database, Health
    from anydynamo.repositories.paging import Page
    from anydynamo.repositories.walks import Results

__all__ = ["Forum", "Heading", "Member"]


class Member(TypedDict):
    """A user as lists show them."""

    user_id: str
    name: str


class Heading(TypedDict):
    """A post as a thread's overview shows it."""

    post_id: str
    title: str
    created_at: Timestamp


class Forum:
    """The forum over an open database.

    Args:
        database: Where its tables are; its clock and its ids are used for what is new.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.users = database.repository(User)
        self.threads = database.repository(Thread)
        self.posts = database.repository(Post)

    async def sign_up(self, email: str, name: str) -> User:
        """Make a user, if nobody has the e-mail address yet.

        Raises:
            UniqueViolation: Somebody has it.
            InvalidItem: The name or the address is empty.
        """
        for what, value in (("email", email), ("name", name)):
            if not value.strip():
                raise InvalidItem(f"a user needs {what}, and it is empty")
        user = User(user_id=self._database.new_id(), email=email, name=name, created_at=self._now())
        return await self.users.create(user)

    async def user_by_email(self, email: str) -> User | None:
        """Find a user by EmailIndex, which follows a write within moments."""
        found = await self.users.query(User.by_email, email, limit=1)
        return found[0] if found else None

    def members(self) -> Results[Member]:
        """List all users by id and name, reading nothing else of them; this scans the table."""
        return self.users.scan(only=Member)

    async def start_thread(self, title: str, description: str) -> Thread:
        """Make a thread."""
        thread = Thread(
            thread_id=self._database.new_id(),
            title=title,
            description=description,
            created_at=self._now(),
        )
        return await self.threads.create(thread)

    async def threads_on(self, day: date) -> list[Thread]:
        """Return a day's threads, oldest first.

        CreatedAtIndex has the whole moment as its partition key, so no query can ask it for a day:
        this reads the whole index. `threads_at` is a query.

        Args:
            day: A day in UTC.
        """
        found = await self.threads.scan(
            Thread.by_created_at, filter=Thread.created_at.startswith(day.isoformat())
        )
        return sorted(found, key=lambda thread: (thread.created_at, thread.thread_id))

    def threads_at(self, created_at: Timestamp) -> Results[Thread]:
        """Return the threads that were made at a moment, as it is written in them."""
        return self.threads.query(Thread.by_created_at, created_at)

    async def write_post(self, thread_id: str, user_id: str, title: str, content: str) -> Post:
        """Make a post, if its thread and its user are there.

        Raises:
            TransactionCancelled: The thread or the user is not there; `errors` says which.
        """
        post = Post(
            post_id=self._database.new_id(),
            thread_id=thread_id,
            user_id=user_id,
            title=title,
            content=content,
            created_at=self._now(),
        )
        await self._database.transact(
            self.threads.to_check(thread_id, Thread.thread_id.exists()),
            self.users.to_check(user_id, User.user_id.exists()),
            self.posts.to_create(post),
        )
        return post

    def posts_in(
        self, thread_id: str, *, newest_first: bool = False, limit: int | None = None
    ) -> Results[Post]:
        """Return a thread's posts by date."""
        return self.posts.query(Post.by_thread, thread_id, reverse=newest_first, limit=limit)

    def headings_in(self, thread_id: str) -> Results[Heading]:
        """Return a thread's posts by date without their content."""
        return self.posts.query(Post.by_thread, thread_id, only=Heading)

    def posts_by(
        self, user_id: str, *, newest_first: bool = False, limit: int | None = None
    ) -> Results[Post]:
        """Return a user's posts by date."""
        return self.posts.query(Post.by_user, user_id, reverse=newest_first, limit=limit)

    async def page_of_posts(
        self, thread_id: str, *, limit: int = 20, after: str | None = None
    ) -> Page[Post]:
        """Return a page of a thread's posts, newest first.

        Args:
            thread_id: The thread.
            limit: How many posts a page has.
            after: The token of the page before.

        Raises:
            InvalidCursor: The token is of another thread, altered or stale.
        """
        return await self.posts.page(
            Post.by_thread, thread_id, reverse=True, limit=limit, after=after
        )

    async def health(self) -> Health:
        """Tell whether the provider answers and has the forum's tables."""
        return await self._database.health(MODELS)

    def _now(self) -> Timestamp:
        return iso8601(self._database.now())
