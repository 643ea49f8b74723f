"""Cache-aside: read what is near, or else load it from the source of truth and write it back.

Failures of what is near cost time, not answers: they are logged and counted, and the source is
asked. `load` may itself be a cache before a source, such as Redis before PostgreSQL.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from anydynamo.errors import AnyDynamoError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["CacheAside"]

T = TypeVar("T")

_log = logging.getLogger("anydynamo.catalog.mediamesh")


@dataclass(slots=True)
class CacheAside:
    """A cache beside a source of truth, and how often it helped.

    Attributes:
        name: What is cached, for logs.
        hits: How often it was there.
        misses: How often it was not.
        failed_reads: How often nobody could tell.
        failed_writes: How often what was loaded could not be written back, or not removed.
    """

    name: str
    hits: int = 0
    misses: int = 0
    failed_reads: int = 0
    failed_writes: int = 0

    async def get_or_load(
        self,
        what: str,
        *,
        read: Callable[[], Awaitable[T | None]],
        load: Callable[[], Awaitable[T]],
        store: Callable[[T], Awaitable[None]],
    ) -> T:
        """Return what is cached, or load it and write it back.

        Several that miss at once load each for itself.

        Args:
            what: What is asked for, for logs.
            read: Reads the cache; None is a miss.
            load: Asks the source of truth.
            store: Writes to the cache what was loaded.

        Raises:
            Exception: What `load` raises.
        """
        try:
            found = await read()
        except AnyDynamoError as error:
            self.read_failed(what, error)
        else:
            if found is not None:
                self.hits += 1
                return found
            self.misses += 1
        loaded = await load()
        try:
            await store(loaded)
        except AnyDynamoError as error:
            self.write_failed(what, error)
        return loaded

    def read_failed(self, what: str, error: AnyDynamoError) -> None:
        """Count and log a read that failed."""
        self.failed_reads += 1
        _log.warning("%s: cannot read %s, so its source is asked: %s", self.name, what, error)

    def write_failed(self, what: str, error: AnyDynamoError) -> None:
        """Count and log a write that failed."""
        self.failed_writes += 1
        _log.warning("%s: cannot write %s: %s", self.name, what, error)
