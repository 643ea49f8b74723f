"""The port through which the engine keeps bytes: an ordered key-value store with transactions.

A store knows *spaces* (named ordered maps) of byte keys and byte values and nothing of DynamoDB.
The engine does all its work of one operation inside one `read` or `write`, as a plain function that
gets a reader or a writer and does no other I/O. That gives each store the freedom to run it where
its bytes are: inline (memory), on the event loop's thread (SQLite reads), on the one writer thread
together with what else is waiting (SQLite's group commit), in a pool (a network database).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Reader", "Store", "Writer"]

T = TypeVar("T")


class Reader(Protocol):
    """A consistent view of all spaces, valid during one `Store.read` or `Store.write`."""

    def get(self, space: str, key: bytes) -> bytes | None:
        """Return the value under a key, or None."""
        ...

    def scan(
        self,
        space: str,
        *,
        start: bytes = b"",
        end: bytes | None = None,
        reverse: bool = False,
    ) -> Iterator[tuple[bytes, bytes]]:
        """Walk the pairs with `start <= key < end`, ordered by key bytes, lazily.

        A walk costs what it yields, not what the space holds. Writes of the same transaction show
        in walks that begin after them; a walk that is under way must not be written into.

        Args:
            space: The space; one that nobody wrote to is empty.
            start: The first key that may be yielded.
            end: The first key that may no longer be yielded; None is the end of the space.
            reverse: Walk from `end` down to `start`.
        """
        ...


class Writer(Reader, Protocol):
    """A reader that can also write; all of it becomes durable at once, or none of it."""

    def put(self, space: str, key: bytes, value: bytes) -> None:
        """Store a value under a key, over whatever was there."""
        ...

    def delete(self, space: str, key: bytes) -> None:
        """Remove a key; one that is not there is no error."""
        ...

    def clear(self, space: str) -> None:
        """Remove a space with all that is in it."""
        ...

    def adopt(self, table: str) -> list[tuple[str, dict[str, Any]]]:
        """Hand over the items that lay in the store under a table's name before the table did.

        Only a JSON file written by somebody else has such items (`{"users": [{...}, ...]}`). The
        engine asks when it creates a table, checks each item and puts it like any other.

        Returns:
            Pairs of where the item stands (`users[3]`, for error messages) and the item in
            DynamoDB's JSON; empty for every other store.
        """
        ...


class Store(Protocol):
    """Where an embedded adapter keeps its bytes."""

    @property
    def location(self) -> str:
        """Where the data lies, for people: a path, or `memory`."""
        ...

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on a consistent snapshot and return what it returns."""
        ...

    async def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` alone among all writers of this store, in all processes.

        When `work` returns, its writes are made durable, and only then does `write` return what it
        returned. When `work` raises, nothing of it is kept and the exception goes to the caller.
        A caller that is cancelled may or may not have written; the store stays usable and whole.
        """
        ...

    async def close(self) -> None:
        """Release files, locks and threads; what was acknowledged is already durable."""
        ...
