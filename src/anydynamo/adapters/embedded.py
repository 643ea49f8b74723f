"""The embedded adapter: the engine over a store, in this process."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.engine.behaviour import Behaviour, Surroundings
from anydynamo.engine.engine import (
    READS,
    STATEMENTS,
    TRANSFERS,
    prepare_read,
    prepare_statements,
    prepare_write,
)
from anydynamo.engine.errors import EngineError
from anydynamo.engine.partiql import Reading
from anydynamo.engine.readings import STANDARD, under
from anydynamo.engine.tables.expiry import delete_expired
from anydynamo.errors import DatabaseClosed, from_code

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from anydynamo.adapters.transfers import Folder
    from anydynamo.engine.store import Store, Writer

__all__ = ["EmbeddedAdapter"]

T = TypeVar("T")

_PORTION: Final = 32
"""How many expired items one write deletes on the way: well under a millisecond's work."""

_SWEPT: Final = 256
"""How many expired items `sweep` deletes at once, while other writers wait."""

_PAUSE: Final = 1.0
"""Seconds until writes look again, once they found fewer than a portion."""


class EmbeddedAdapter:
    """DynamoDB's API over a store in this process.

    The adapter owns the store: closing it closes the store.
    """

    def __init__(
        self,
        store: Store,
        *,
        provider: str,
        blocking: bool = False,
        clock: Callable[[], float] = time.time,
        behaviour: Behaviour | None = None,
    ) -> None:
        """Put the engine over a store.

        Args:
            store: Where the data lies.
            provider: The name that `DATABASE_PROVIDER` has for this, such as `sqlite`.
            blocking: Whether the store's calls never wait for an event loop.
            clock: Seconds since the epoch: creation times, transactions' tokens, time to live.
            behaviour: What the user chose where there is a choice.

        Raises:
            ConfigurationError: What stands in for S3 is no folder.
        """
        self._store = store
        self._clock = clock
        self._closed = False
        chosen = behaviour or Behaviour()
        self._expire_after = chosen.expire_after
        self._readings = chosen.readings
        self._surroundings = Surroundings(clock, chosen)
        self._folder = None if chosen.s3_folder is None else _folder(chosen.s3_folder)
        self._next_sweep = -math.inf
        self._info = ProviderInfo(provider, store.location, blocking)

    @property
    def info(self) -> ProviderInfo:
        """What this adapter is and where its data lies."""
        return self._info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one operation; see `DatabaseAdapter.call`.

        Raises:
            AnyDynamoError: What DynamoDB would answer, trouble with the store, or DatabaseClosed.
        """
        self._check_open(operation)
        try:
            if operation in READS:
                return await self._store.read(self._prepare(prepare_read, operation, request))
            if operation in STATEMENTS:
                prepared = self._prepare(prepare_statements, operation, request)
                if isinstance(prepared, Reading):
                    return await self._store.read(prepared.work)
                work = prepared.work
            elif operation in TRANSFERS:
                return await self._transfer(operation, request)
            else:
                work = self._prepare(prepare_write, operation, request)
            if self._expire_after is not None and self._clock() >= self._next_sweep:
                work = self._sweeping(work, self._expire_after)
            return await self._store.write(work)
        except EngineError as error:
            raise from_code(
                error.code,
                error.message,
                operation=operation,
                table=_table_of(request),
                item=error.item,
                reasons=error.reasons,
            ) from error
        except RecursionError as error:
            # The deepest expression that the limits let in takes a few hundred frames, and the
            # caller may have used up the rest. Nothing was written.
            raise from_code(
                "ValidationException",
                "The request is nested deeper than the stack of its caller has room for",
                operation=operation,
                table=_table_of(request),
            ) from error

    async def _transfer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Export or import a table, which takes more than one transaction."""
        # Few programs do, and they need modules that the others do not.
        from anydynamo.adapters.transfers import WORKERS, Work

        work = Work(self._store, self._surroundings, self._folder, self._info.blocking)
        return await WORKERS[operation](work, request)

    def _prepare(
        self,
        prepare: Callable[[str, Mapping[str, Any], Surroundings], T],
        operation: str,
        request: Mapping[str, Any],
    ) -> T:
        if self._readings is STANDARD:
            return prepare(operation, request, self._surroundings)
        with under(self._readings):
            return prepare(operation, request, self._surroundings)

    async def sweep(self) -> int:
        """Delete every item whose time to live is over, and return how many there were.

        The service does this by itself, within a few days. A table's stream says of each deletion
        that the service made it. Other writers have their turn in between.

        Raises:
            AnyDynamoError: Trouble with the store, or DatabaseClosed.
        """
        deleted = 0
        while True:
            self._check_open("A sweep")
            portion = await self._store.write(delete_expired(self._clock, limit=_SWEPT))
            deleted += portion
            if portion < _SWEPT:
                return deleted

    def _sweeping(self, work: Callable[[Writer], T], delay: float) -> Callable[[Writer], T]:
        """Let a write delete a portion of what has expired, in its own transaction."""
        delete = delete_expired(self._clock, limit=_PORTION, delay=delay)

        def both(writer: Writer) -> T:
            result = work(writer)
            if delete(writer) < _PORTION:
                self._next_sweep = self._clock() + _PAUSE
            return result

        return both

    def _check_open(self, operation: str) -> None:
        if self._closed:
            raise DatabaseClosed(
                f"{operation} on a closed {self._info.provider} database; open it again",
                operation=operation,
            )

    async def close(self) -> None:
        """Close the store. Closing twice is no error."""
        if not self._closed:
            self._closed = True
            await self._store.close()


def _folder(path: str | os.PathLike[str]) -> Folder:
    from anydynamo.adapters.transfers import Folder

    return Folder(path)


def _table_of(request: object) -> str | None:
    """Return the one table that a request is about, as it named it."""
    if not isinstance(request, Mapping):
        return None
    name = cast("Mapping[str, object]", request).get("TableName")
    return name if isinstance(name, str) else None
