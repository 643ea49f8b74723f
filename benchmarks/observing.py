"""What it costs to be observed: one read of the memory provider, and who is told of it.

The figures are the CPU time of the whole call. `nobody` is a database without an observer, around
whose provider nothing is put; its figure is that of a read where nothing of the kind exists.
"""

from __future__ import annotations

import io
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from anydynamo import Database
from anydynamo.observability import EmbeddedMetrics, LogCalls
from benchmarks.core_models import Event, values
from benchmarks.measure import Result, Subject, compare

if TYPE_CHECKING:
    from anydynamo.observability import Observer

__all__ = ["run"]


class Nowhere(io.StringIO):
    """A stream that keeps nothing."""

    def write(self, text: str, /) -> int:
        return len(text)


def nothing(call: object) -> None:
    """Take a record and do nothing with it."""


OFF = logging.getLogger("benchmarks.off")
OFF.setLevel(logging.CRITICAL)

OBSERVERS: dict[str, tuple[Observer | None, bool]] = {
    "nobody": (None, False),
    "a function": (nothing, False),
    "a function, with capacity": (nothing, True),
    "a logger that is off": (LogCalls(OFF), False),
    "embedded metrics": (EmbeddedMetrics("Benchmarks", Nowhere()), True),
}


async def run(*, quick: bool) -> list[Result]:
    """Measure a read with each observer, and with a budget around it."""
    async with AsyncExitStack() as stack:
        subjects: list[Subject] = []
        for told, (observer, capacity) in OBSERVERS.items():
            opened = Database.open("memory://", observer=observer, observe_capacity=capacity)
            subjects.append(await read(told, await stack.enter_async_context(opened)))
        budgeted = await stack.enter_async_context(Database.open("memory://"))
        counted = await read("a budget", budgeted)
        with budgeted.budget():
            subjects.append(counted)
            return await compare(subjects, quick=quick)


async def read(told: str, db: Database) -> Subject:
    """Fill a table, and return the read."""
    await db.create_tables([Event])
    events = db.repository(Event)
    event = Event(**values(0))
    await events.put(event)
    key = event.campaign, event.number

    async def get(i: int) -> None:  # noqa: ARG001 - each read is the same
        await events.get(key)

    return Subject(told, "GetItem", get)
