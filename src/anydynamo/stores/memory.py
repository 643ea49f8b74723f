"""A store in this process's memory: for tests, for caches, and for trying things out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from sortedcontainers import SortedDict  # pyright: ignore[reportMissingTypeStubs]

from anydynamo.errors import DatabaseClosed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from anydynamo.engine.store import Reader, Writer

__all__ = ["MemoryStore"]

T = TypeVar("T")


class _OrderedMap(Protocol):
    """The part of `SortedDict` that is used, which ships without type information."""

    def get(self, key: bytes) -> bytes | None: ...
    def __getitem__(self, key: bytes) -> bytes: ...
    def __setitem__(self, key: bytes, value: bytes) -> None: ...
    def __delitem__(self, key: bytes) -> None: ...
    def irange(
        self,
        minimum: bytes | None,
        maximum: bytes | None,
        inclusive: tuple[bool, bool],
        reverse: bool,
    ) -> Iterator[bytes]: ...


class MemoryStore:
    """Ordered maps in memory, behind one lock.

    Several threads may use it. Neither `read` nor `write` ever suspends, so the blocking facade can
    drive them without an event loop. Keys and values are bytes, which nobody can change, so nothing
    that a caller holds is aliased. What is stored is gone with the store.
    """

    def __init__(self) -> None:
        self._spaces: dict[str, _OrderedMap] = {}
        self._lock = threading.Lock()
        self._reader = _MemoryReader(self._spaces)
        self._writer = _MemoryWriter(self._spaces)
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


class _MemoryReader:
    """The maps as a `Reader`."""

    __slots__ = ("_spaces",)

    def __init__(self, spaces: dict[str, _OrderedMap]) -> None:
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


class _MemoryWriter(_MemoryReader):
    """The maps as a `Writer`, with a log of what each write replaced.

    An entry of the log is a mapping, a key of it and what stood there (None for nothing). The
    mapping is one of the spaces, or the mapping of all spaces when a space came or went.
    """

    __slots__ = ("_log",)

    def __init__(self, spaces: dict[str, _OrderedMap]) -> None:
        super().__init__(spaces)
        self._log: list[tuple[MutableMapping[Any, Any], str | bytes, Any]] = []

    def put(self, space: str, key: bytes, value: bytes) -> None:
        """Store a value under a key, over whatever was there."""
        pairs = self._spaces.get(space)
        if pairs is None:
            pairs = cast("_OrderedMap", SortedDict())
            self._note(self._spaces, space, None)
            self._spaces[space] = pairs
        self._note(pairs, key, pairs.get(key))
        pairs[key] = value

    def delete(self, space: str, key: bytes) -> None:
        """Remove a key; one that is not there is no error."""
        pairs = self._spaces.get(space)
        if pairs is None:
            return
        before = pairs.get(key)
        if before is not None:
            self._note(pairs, key, before)
            del pairs[key]

    def clear(self, space: str) -> None:
        """Remove a space with all that is in it."""
        pairs = self._spaces.pop(space, None)
        if pairs is not None:
            self._note(self._spaces, space, pairs)

    def adopt(self, table: str) -> list[tuple[str, dict[str, Any]]]:  # noqa: ARG002 - the port's
        """Return nothing: no table's items lie here before the table does."""
        return []

    def keep(self) -> None:
        """Make what was written since the last call final."""
        self._log.clear()

    def undo(self) -> None:
        """Take back what was written since the last `keep`, newest first."""
        log = self._log
        while log:
            mapping, key, before = log.pop()
            if before is None:
                mapping.pop(key, None)
            else:
                mapping[key] = before

    def _note(self, mapping: Any, key: str | bytes, before: object) -> None:
        self._log.append((mapping, key, before))
