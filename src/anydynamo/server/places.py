"""Where a caller's data lies: one place for all, or one for each access key and region."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Protocol

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from anydynamo.adapters.protocol import DatabaseAdapter

__all__ = ["MOST_PLACES", "Isolated", "Places", "Shared"]

MOST_PLACES: Final = 256
"""Each open place has its file or its tables in memory, and a client can make up any key."""


class Places(Protocol):
    """Finds the adapter for a caller, and closes those that it opened."""

    @property
    def needs_task(self) -> bool:
        """Whether an adapter may need to be called in a task of asyncio's."""
        ...

    def of(self, access_key: str, region: str) -> DatabaseAdapter:
        """Return a caller's adapter.

        Raises:
            AnyDynamoError: It cannot be opened.
        """
        ...

    async def close(self) -> None:
        """Close every adapter."""
        ...


class Shared:
    """The same data for everybody."""

    def __init__(self, adapter: DatabaseAdapter) -> None:
        """Take over an adapter."""
        self._adapter = adapter

    @property
    def needs_task(self) -> bool:
        """No if it is the embedded one; of others it is not known."""
        return not isinstance(self._adapter, EmbeddedAdapter)

    def of(self, access_key: str, region: str) -> DatabaseAdapter:  # noqa: ARG002
        """Return the one adapter."""
        return self._adapter

    async def close(self) -> None:
        """Close it."""
        await self._adapter.close()


class Isolated:
    """Data apart for each access key and region, opened when they are first seen."""

    def __init__(
        self, open_place: Callable[[str], DatabaseAdapter], *, most: int = MOST_PLACES
    ) -> None:
        """Begin without any.

        Args:
            open_place: Opens the place of a name, which consists of hexadecimal digits: what a
                client sends never becomes part of a path.
            most: How many may be open.
        """
        self._open = open_place
        self._most = most
        self._adapters: dict[tuple[str, str], DatabaseAdapter] = {}

    @property
    def needs_task(self) -> bool:
        """Yes, to be safe: the adapters are yet to be opened."""
        return True

    def of(self, access_key: str, region: str) -> DatabaseAdapter:
        """Return a caller's own adapter.

        Raises:
            LimitExceeded: Too many are open already.
        """
        caller = (access_key, region)
        adapter = self._adapters.get(caller)
        if adapter is None:
            if len(self._adapters) >= self._most:
                raise LimitExceeded(
                    f"Data is kept apart for {self._most} access keys and regions already; use one"
                    " of them, or start the server again",
                    code="LimitExceededException",
                )
            digest = hashlib.sha256("\0".join(caller).encode()).hexdigest()
            adapter = self._adapters[caller] = self._open(digest[:16])
        return adapter

    async def close(self) -> None:
        """Close all that were opened."""
        while self._adapters:
            _, adapter = self._adapters.popitem()
            await adapter.close()
