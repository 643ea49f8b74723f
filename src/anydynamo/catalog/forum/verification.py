"""Whether the forum's tables hold what belongs together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anydynamo.catalog.forum.models import MODELS, Post, Thread, User
from anydynamo.operations.verification import VerifiedTable, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from anydynamo.database import Database
    from anydynamo.operations.progress import Progress

__all__ = ["VerifiedForum", "verify_forum"]


@dataclass(frozen=True, slots=True)
class VerifiedForum:
    """What `verify_forum` found.

    Attributes:
        tables: One report for each table.
        without_thread: The ids of posts whose thread is not there.
        without_user: The ids of posts whose user is not there.
        shared_emails: E-mail addresses that several users have.
    """

    tables: tuple[VerifiedTable, ...]
    without_thread: tuple[str, ...] = ()
    without_user: tuple[str, ...] = ()
    shared_emails: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        found = self.without_thread or self.without_user or self.shared_emails
        return not found and all(table.ok for table in self.tables)


async def verify_forum(
    database: Database, *, progress: Callable[[Progress], None] | None = None
) -> VerifiedForum:
    """Look at the tables, at every item, and at what items say of each other; change nothing.

    Args:
        database: Where the tables are.
        progress: Is told how far each table is.

    Returns:
        What was found. Items are compared with each other only where all can be read.
    """
    tables = await verify(database, MODELS, progress=progress)
    if not all(table.present and not table.unreadable_items for table in tables):
        return VerifiedForum(tables)
    emails: dict[str, int] = {}
    users: set[str] = set()
    async for user in database.repository(User).scan(consistent=True):
        users.add(user.user_id)
        emails[user.email] = emails.get(user.email, 0) + 1
    threads = {
        thread["thread_id"]
        async for thread in database.repository(Thread).scan(
            only=[Thread.thread_id], consistent=True
        )
    }
    without_thread: list[str] = []
    without_user: list[str] = []
    async for post in database.repository(Post).scan(consistent=True):
        if post.thread_id not in threads:
            without_thread.append(post.post_id)
        if post.user_id not in users:
            without_user.append(post.post_id)
    return VerifiedForum(
        tables,
        tuple(sorted(without_thread)),
        tuple(sorted(without_user)),
        tuple(sorted(email for email, count in emails.items() if count > 1)),
    )
