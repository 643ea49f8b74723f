"""The forum's tables: users, threads and posts.

They are declared as the service that they come from has them in DynamoDB, name by name, so that its
tables can be used as they are. `DYNAMODB_USERS_TABLE`, `DYNAMODB_THREADS_TABLE` and
`DYNAMODB_POSTS_TABLE` give them other names.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

from anydynamo.models.table import Attr, GlobalIndex, Table, attribute

__all__ = ["MODELS", "Post", "Thread", "Timestamp", "User", "iso8601", "now"]


def now() -> str:
    """Give the time as the forum writes it."""
    return iso8601(datetime.now(UTC))


def iso8601(moment: datetime) -> str:
    """Write a moment in UTC as the forum does: ISO 8601 with milliseconds."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _checked(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time needs its offset from UTC, such as 2024-11-23T10:00:00.000Z")
    return text


Timestamp = Annotated[str, AfterValidator(_checked)]
"""A moment as text in ISO 8601, kept as it was written.

It is text and not a `datetime` because the forum's items hold JavaScript's `toISOString`, and its
indexes are sorted by that text.
"""


class User(Table, name="users", point_in_time_recovery=True):
    """Somebody who writes posts."""

    user_id: Attr[str] = attribute(hash_key=True, attr_name="userId")
    email: Attr[str] = attribute(unique=True)
    name: Attr[str] = attribute()
    created_at: Attr[Timestamp] = attribute(attr_name="createdAt", default_factory=now)

    by_email = GlobalIndex("EmailIndex", hash_key=email)


class Thread(Table, name="threads", point_in_time_recovery=True):
    """A subject that posts are about."""

    thread_id: Attr[str] = attribute(hash_key=True, attr_name="threadId")
    title: Attr[str] = attribute()
    description: Attr[str] = attribute()
    created_at: Attr[Timestamp] = attribute(attr_name="createdAt", default_factory=now)

    by_created_at = GlobalIndex("CreatedAtIndex", hash_key=created_at)


class Post(Table, name="posts", point_in_time_recovery=True):
    """What a user wrote in a thread."""

    post_id: Attr[str] = attribute(hash_key=True, attr_name="postId")
    thread_id: Attr[str] = attribute(range_key=True, attr_name="threadId")
    user_id: Attr[str] = attribute(attr_name="userId")
    title: Attr[str] = attribute()
    content: Attr[str] = attribute()
    created_at: Attr[Timestamp] = attribute(attr_name="createdAt", default_factory=now)

    by_thread = GlobalIndex("ThreadIndex", hash_key=thread_id, range_key=created_at)
    by_user = GlobalIndex("UserIndex", hash_key=user_id, range_key=created_at)


MODELS = (User, Thread, Post)
"""The forum's tables, in the order in which a migration fills them."""
