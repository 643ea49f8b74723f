"""The embedded adapter: the engine over a store, in this process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.engine.engine import (
    READS,
    STATEMENTS,
    prepare_read,
    prepare_statements,
    prepare_write,
)
from anydynamo.engine.errors import EngineError
from anydynamo.engine.partiql import Reading
from anydynamo.errors import DatabaseClosed, from_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from anydynamo.engine.store import Store

__all__ = ["EmbeddedAdapter"]


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
    ) -> None:
        """Put the engine over a store.

        Args:
            store: Where the data lies.
            provider: The name that `DATABASE_PROVIDER` has for this, such as `sqlite`.
            blocking: Whether the store's calls never wait for an event loop.
            clock: Seconds since the epoch: creation times, transactions' tokens.
        """
        self._store = store
        self._clock = clock
        self._closed = False
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
        if self._closed:
            raise DatabaseClosed(
                f"{operation} on a closed {self._info.provider} database; open it again",
                operation=operation,
            )
        try:
            if operation in READS:
                return await self._store.read(prepare_read(operation, request, self._clock))
            if operation in STATEMENTS:
                prepared = prepare_statements(operation, request, self._clock)
                if isinstance(prepared, Reading):
                    return await self._store.read(prepared.work)
                return await self._store.write(prepared.work)
            return await self._store.write(prepare_write(operation, request, self._clock))
        except EngineError as error:
            raise from_code(
                error.code,
                error.message,
                operation=operation,
                table=_table_of(request),
                item=error.item,
                reasons=error.reasons,
            ) from error

    async def close(self) -> None:
        """Close the store. Closing twice is no error."""
        if not self._closed:
            self._closed = True
            await self._store.close()


def _table_of(request: object) -> str | None:
    """Return the one table that a request is about, as it named it."""
    if not isinstance(request, Mapping):
        return None
    name = cast("Mapping[str, object]", request).get("TableName")
    return name if isinstance(name, str) else None
