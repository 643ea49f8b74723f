"""Sample data: three users, two threads and two posts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anydynamo.catalog.forum.models import MODELS, Post, Thread, User
from anydynamo.errors import AlreadyExists
from anydynamo.models.schema import schema_of

if TYPE_CHECKING:
    from anydynamo.database import Database
    from anydynamo.models.table import Table

__all__ = ["Seeded", "samples", "seed"]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What became of one table's samples.

    Attributes:
        name: The table's name.
        written: How many were written.
        kept: How many were not, because their key, or their e-mail address, is taken.
    """

    name: str
    written: int
    kept: int


def samples() -> dict[type[Table], list[Table]]:
    """Return the sample items, which are the caller's own."""
    return {
        User: [
            User(
                user_id=f"sample-user-{number}",
                email=f"{name.lower()}@samples.example.com",
                name=name,
                created_at=f"2024-11-2{number}T08:00:00.000Z",
            )
            for number, name in enumerate(("Alice", "Bob", "Carol"), 1)
        ],
        Thread: [
            Thread(
                thread_id="sample-thread-1",
                title="Welcome",
                description="Who we are",
                created_at="2024-11-22T09:00:00.000Z",
            ),
            Thread(
                thread_id="sample-thread-2",
                title="Questions",
                description="Ask here",
                created_at="2024-11-23T09:00:00.000Z",
            ),
        ],
        Post: [
            Post(
                post_id="sample-post-1",
                thread_id="sample-thread-1",
                user_id="sample-user-1",
                title="Hello",
                content="I am Alice.",
                created_at="2024-11-22T09:05:00.000Z",
            ),
            Post(
                post_id="sample-post-2",
                thread_id="sample-thread-2",
                user_id="sample-user-2",
                title="How do I start?",
                content="Is there a tutorial?",
                created_at="2024-11-23T09:10:00.000Z",
            ),
        ],
    }


async def seed(database: Database) -> tuple[Seeded, ...]:
    """Make the forum's tables and write the samples; whatever is there already stays.

    Args:
        database: Where to.

    Returns:
        What became of each table.
    """
    await database.create_tables(MODELS)
    report: list[Seeded] = []
    for model, items in samples().items():
        repository = database.repository(model)
        written = 0
        for item in items:
            try:
                await repository.create(item)
            except AlreadyExists:
                continue
            written += 1
        report.append(Seeded(schema_of(model).table_name, written, len(items) - written))
    return tuple(report)
