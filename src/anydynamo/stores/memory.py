"""A store in this process's memory: for tests, for caches, and for trying things out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from sortedcontainers import SortedDict  # pyright: ignore[reportMissingTypeStubs]

from anydynamo.errors import DatabaseClosed

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterator

    from anydynamo.engine.store import Reader, Writer

__all__ = ["MemoryReader", "MemoryStore", "MemoryWriter", "OrderedMap", "ordered_map"]

T = TypeVar("T")


class OrderedMap(Protocol):
    """The part of `SortedDict` that is used, which ships without type information."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value under a key, or None."""
        ...

    def pop(self, key: bytes, default: None) -> bytes | None:
        """Remove a key if it is there."""
        ...

    def items(self) -> ItemsView[bytes, bytes]:
        """Return a view of all pairs, in order."""
        ...

    def irange(
        self,
        minimum: bytes | None,
        maximum: bytes | None,
        inclusive: tuple[bool, bool],
        reverse: bool,
    ) -> Iterator[bytes]:
        """Walk the keys of a range."""
        ...

    def __getitem__(self, key: bytes) -> bytes: ...
    def __setitem__(self, key: bytes, value: bytes) -> None: ...
    def __delitem__(self, key: bytes) -> None: ...


class MemoryStore:
    """Ordered maps in memory, behind one lock.

    Several threads may use it. Neither `read` nor `write` ever suspends, so the blocking facade can
    drive them without an event loop. Keys and values are bytes, which nobody can change, so nothing
    that a caller holds is aliased. What is stored is gone with the store.
    """

    def __init__(self) -> None:
        self._spaces: dict[str, OrderedMap] = {}
        self._lock = threading.Lock()
        self._reader = MemoryReader(self._spaces)
        self._writer = MemoryWriter(self._spaces)
        self._closed = False

    @property
    def location(self) -> str:
        """Where the data lies: `memory`."""
        return "memory"

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on the maps while nobody writes, and return what it returns.

        Raises:
            DatabaseClosed: The store was closed.
        """
        with self._lock:
            self._check_open()
            return work(self._reader)

    async def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` alone; when it raises, all that it wrote is taken back.

        Raises:
            DatabaseClosed: The store was closed.
        """
        with self._lock:
            self._check_open()
            writer = self._writer
            try:
                result = work(writer)
            except BaseException:
                writer.undo()
                raise
            writer.keep()
            return result

    async def close(self) -> None:
        """Forget everything. Closing twice is no error."""
        with self._lock:
            self._closed = True
            self._spaces.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise DatabaseClosed("the memory store is closed; open a new one (its data is gone)")


class MemoryReader:
    """Ordered maps as a `Reader`."""

    __slots__ = ("_spaces",)

    def __init__(self, spaces: dict[str, OrderedMap]) -> None:
        self._spaces = spaces

    def get(self, space: str, key: bytes) -> bytes | None:
        """Return the value under a key, or None."""
        pairs = self._spaces.get(space)
        return None if pairs is None else pairs.get(key)

    def scan(
        self,
        space: str,
        *,
        start: bytes = b"",
        end: bytes | None = None,
        reverse: bool = False,
    ) -> Iterator[tuple[bytes, bytes]]:
        """Walk the pairs with `start <= key < end`, ordered by key bytes, lazily."""
        pairs = self._spaces.get(space)
        if pairs is None or (end is not None and end <= start):
            return iter(())
        keys = pairs.irange(start, end, (True, False), reverse)
        return ((key, pairs[key]) for key in keys)


class MemoryWriter(MemoryReader):
    """Ordered maps as a `Writer`, with a log of what was replaced.

    An entry of the log is a space, a key, and the value that stood there, None for nothing. Where
    a space came or went as a whole the key is None and the value the map that stood there.
    """

    __slots__ = ("_log",)

    def __init__(self, spaces: dict[str, OrderedMap]) -> None:
        super().__init__(spaces)
        # Any: bytes or a map, as the key says, which no type narrows.
        self._log: list[tuple[str, bytes | None, Any]] = []

    def put(self, space: str, key: bytes, value: bytes) -> None:
        """Store a value under a key, over whatever was there."""
        pairs = self._spaces.get(space)
        if pairs is None:
            self._log.append((space, None, None))
            pairs = self._spaces[space] = ordered_map()
        self._log.append((space, key, pairs.get(key)))
        pairs[key] = value

    def delete(self, space: str, key: bytes) -> None:
        """Remove a key; one that is not there is no error."""
        pairs = self._spaces.get(space)
        if pairs is None:
            return
        before = pairs.get(key)
        if before is not None:
            self._log.append((space, key, before))
            del pairs[key]

    def clear(self, space: str) -> None:
        """Remove a space with all that is in it."""
        pairs = self._spaces.pop(space, None)
        if pairs is not None:
            self._log.append((space, None, pairs))

    def adopt(self, table: str) -> list[tuple[str, dict[str, Any]]]:  # noqa: ARG002 - the port's
        """Return nothing: no table's items lie here before the table does."""
        return []

    def keep(self) -> None:
        """Make what was written final."""
        self._log.clear()

    def undo(self, length: int = 0) -> None:
        """Take back what was written, newest first, until the log has a length again."""
        log = self._log
        while len(log) > length:
            space, key, before = log.pop()
            if key is None:
                if before is None:
                    del self._spaces[space]
                else:
                    self._spaces[space] = before
            elif before is None:
                # The put may have been interrupted between the log and the map.
                self._spaces[space].pop(key, None)
            else:
                self._spaces[space][key] = before


def ordered_map() -> OrderedMap:
    """Return an empty map that keeps its keys in order."""
    return cast("OrderedMap", SortedDict())
