"""One SQLite connection as the engine's `Reader` or `Writer`, one transaction at a time."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from anydynamo.errors import StoreDamaged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SQLiteReader", "SQLiteWriter"]

_SPACE: Final = "SELECT id FROM spaces WHERE name = ?"
_NEW_SPACE: Final = "INSERT INTO spaces (name) VALUES (?)"
_GET: Final = "SELECT value FROM pairs WHERE space = ? AND key = ?"
_PUT: Final = (
    "INSERT INTO pairs (space, key, value) VALUES (?, ?, ?)"
    " ON CONFLICT (space, key) DO UPDATE SET value = excluded.value"
)
_DELETE: Final = "DELETE FROM pairs WHERE space = ? AND key = ?"
_CLEAR: Final = "DELETE FROM pairs WHERE space = ?"
_WALK: Final = "SELECT key, value FROM pairs WHERE space = ? AND key >= ? ORDER BY key"
_WALK_TO: Final = (
    "SELECT key, value FROM pairs WHERE space = ? AND key >= ? AND key < ? ORDER BY key"
)
_WALK_BACK: Final = f"{_WALK} DESC"
_WALK_BACK_TO: Final = f"{_WALK_TO} DESC"


class SQLiteReader:
    """A connection that reads.

    Args:
        connection: Belongs to this object from now on.
        spaces: The row ids of committed spaces by name, shared by all connections of one store. A
            name keeps its id for as long as the file lives (clearing a space keeps its row), so an
            id once seen by a reader is right for every other, in every process.
    """

    __slots__ = ("_connection", "_cursors", "_execute", "_spaces")

    def __init__(self, connection: sqlite3.Connection, spaces: dict[str, int]) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._spaces = spaces
        self._cursors: list[sqlite3.Cursor] = []

    def begin(self) -> None:
        """Begin a snapshot; it is taken at the first statement that reads."""
        self._execute("BEGIN")

    def end(self) -> None:
        """Let the snapshot go, whatever became of the work on it."""
        self._close_walks()
        if self._connection.in_transaction:
            self._execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def get(self, space: str, key: bytes) -> bytes | None:
        """Return the value under a key, or None."""
        number = self._spaces.get(space) or self._find(space)
        if number is None:
            return None
        row: tuple[bytes] | None = self._execute(_GET, (number, key)).fetchone()
        return None if row is None else row[0]

    def scan(
        self,
        space: str,
        *,
        start: bytes = b"",
        end: bytes | None = None,
        reverse: bool = False,
    ) -> Iterator[tuple[bytes, bytes]]:
        """Walk the pairs with `start <= key < end`, ordered by key bytes, lazily."""
        number = self._spaces.get(space) or self._find(space)
        if number is None:
            return iter(())
        if end is None:
            cursor = self._execute(_WALK_BACK if reverse else _WALK, (number, start))
        else:
            cursor = self._execute(_WALK_BACK_TO if reverse else _WALK_TO, (number, start, end))
        self._cursors.append(cursor)
        return cursor

    def _find(self, space: str) -> int | None:
        """Return the id of a space that the shared ids do not have yet."""
        number = self._look_up(space)
        if number is not None:
            self._spaces[space] = number
        return number

    def _look_up(self, space: str) -> int | None:
        row: tuple[int] | None = self._execute(_SPACE, (space,)).fetchone()
        return None if row is None else row[0]

    def _close_walks(self) -> None:
        # A walk that nobody finished would keep its snapshot, and with it the log, alive.
        for cursor in self._cursors:
            cursor.close()
        self._cursors.clear()


class SQLiteWriter(SQLiteReader):
    """A connection that writes: pieces of work, one after the other, in one transaction.

    A savepoint is set at a piece's first write, so a piece that only looks (a failed condition)
    costs none.

    Args:
        connection: Belongs to this object from now on.
        spaces: See `SQLiteReader`.
        path: The file that the connection has just opened.
    """

    __slots__ = ("_identity", "_in_piece", "_path", "_seen")

    def __init__(self, connection: sqlite3.Connection, spaces: dict[str, int], path: Path) -> None:
        super().__init__(connection, spaces)
        self._path = path
        self._identity = _identity(path)
        # Ids seen in this transaction. They are not shared before it is committed: an id that is
        # rolled back may become another space's, in another process.
        self._seen: dict[str, int] = {}
        self._in_piece = False

    def begin(self) -> None:
        """Begin a transaction, alone among all writers in all processes.

        Raises:
            StoreDamaged: Somebody deleted or replaced the file. SQLite would go on writing to the
                one that has no name any more, and what it acknowledged would be lost.
        """
        self._execute("BEGIN IMMEDIATE")
        if _identity(self._path) != self._identity:
            raise StoreDamaged(
                f"{self._path} was deleted or replaced while it was open; nothing of this write was"
                " kept: close the database and open it again"
            )

    def keep_piece(self) -> None:
        """End a piece of work and keep what it wrote."""
        self._close_walks()
        if self._in_piece:
            self._in_piece = False
            self._execute("RELEASE piece")

    def undo_piece(self) -> None:
        """End a piece of work and take back what it wrote."""
        self._close_walks()
        if self._in_piece:
            self._in_piece = False
            self._seen.clear()
            self._execute("ROLLBACK TO piece")
            self._execute("RELEASE piece")

    def commit(self) -> None:
        """Make all pieces durable."""
        self._execute("COMMIT")
        self._spaces.update(self._seen)
        self._seen.clear()

    def abandon(self) -> None:
        """Take back everything since `begin`."""
        self._close_walks()
        self._in_piece = False
        self._seen.clear()
        if self._connection.in_transaction:
            # What cannot be rolled back now is, when the connection is closed.
            with suppress(sqlite3.Error):
                self._execute("ROLLBACK")

    def put(self, space: str, key: bytes, value: bytes) -> None:
        """Store a value under a key, over whatever was there."""
        self._start_piece()
        number = self._spaces.get(space) or self._find(space) or self._add(space)
        self._execute(_PUT, (number, key, value))

    def delete(self, space: str, key: bytes) -> None:
        """Remove a key; one that is not there is no error."""
        self._remove(space, _DELETE, (key,))

    def clear(self, space: str) -> None:
        """Remove a space with all that is in it."""
        self._remove(space, _CLEAR, ())

    def adopt(self, table: str) -> list[tuple[str, dict[str, Any]]]:  # noqa: ARG002 - the port's
        """Return nothing: no table's items lie in a SQLite file before the table does."""
        return []

    def _remove(self, space: str, statement: str, rest: tuple[bytes, ...]) -> None:
        number = self._spaces.get(space) or self._find(space)
        if number is not None:
            self._start_piece()
            self._execute(statement, (number, *rest))

    def _start_piece(self) -> None:
        if not self._in_piece:
            self._execute("SAVEPOINT piece")
            self._in_piece = True

    def _add(self, space: str) -> int:
        number = self._execute(_NEW_SPACE, (space,)).lastrowid
        assert number is not None  # noqa: S101 - an INSERT into a rowid table has one
        self._seen[space] = number
        return number

    def _find(self, space: str) -> int | None:
        number = self._seen.get(space) or self._look_up(space)
        if number is not None:
            self._seen[space] = number
        return number


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
