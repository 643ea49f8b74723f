"""Positions: how far a table's changes were read, as text that a later process goes on from.

A stream consists of shards, and a position says of each shard that is being read how far that was.
It is compressed JSON, not signed: it stays with whoever consumes the changes, and shows no more
than names of shards and numbers.
"""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from anydynamo.errors import InvalidCursor

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Mark", "Position", "ShardPlace"]

_VERSION = "c1"
# Compressed, the marks of several thousand shards; more is no position.
_LONGEST = 1 << 20
_MOST_BYTES = 1 << 24
# An iterator of AWS's has some 300 characters, of which few can be saved by compressing.
_MOST_ITERATORS = 100
_EMPTY: tuple[object, ...] = ("", 0, 0, 0, "")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one shard was read.

    Attributes:
        after: The sequence number of the last change that was read; empty if there was none.
        iterator: Where nothing was read yet of a shard that was begun at its end: the iterator that
            stands there. It holds for 15 minutes.
        since: When such a shard was begun, in seconds since 1970; 0 if it was begun at its start.
        seen: When it was last certain that nothing older was unread, in seconds since 1970; 0 if it
            never was.
        done: Whether it was read to its end.
    """

    after: str = ""
    iterator: str = ""
    since: int = 0
    seen: int = 0
    done: bool = False

    def dump(self) -> list[Any]:
        """Return it as JSON, without what is empty at its end."""
        values: list[Any] = [self.after, self.seen, int(self.done), self.since, self.iterator]
        while values and not values[-1]:
            values.pop()
        return values

    @classmethod
    def load(cls, values: object) -> Mark:
        """Return what `dump` was given.

        Raises:
            ValueError: It is nothing that `dump` returns.
        """
        if not isinstance(values, list):
            raise ValueError("a mark is a list")
        given = cast("list[object]", values)
        after, seen, done, since, iterator = (*given, *_EMPTY[len(given) :])
        if not (isinstance(after, str) and (after.isdigit() or not after)):
            raise ValueError("a sequence number consists of digits")
        if not (type(seen) is int and type(since) is int and isinstance(iterator, str)):
            raise ValueError("times are whole numbers, and an iterator is text")
        return cls(after, iterator, since, seen, done == 1)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream was read.

    Attributes:
        stream: The stream's ARN.
        marks: How far each of its shards was read.
    """

    stream: str
    marks: Mapping[str, Mark] = field(default_factory=lambda: MappingProxyType({}))

    def text(self) -> str:
        """Return it as `parse` takes it."""
        marks = self.marks
        if sum(bool(mark.iterator) for mark in marks.values()) > _MOST_ITERATORS:
            # Without them these shards are read from their beginning, and what is too old left out;
            # with them the position of a large table would fit into no item.
            marks = {shard: replace(mark, iterator="") for shard, mark in marks.items()}
        shards = {shard: mark.dump() for shard, mark in marks.items()}
        body = json.dumps([self.stream, shards], separators=(",", ":"), sort_keys=True)
        packed = zlib.compress(body.encode(), level=6)
        return f"{_VERSION}.{urlsafe_b64encode(packed).decode().rstrip('=')}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """Return the position that a text is.

        Raises:
            InvalidCursor: It is none.
        """
        try:
            stream, shards = cast("list[Any]", json.loads(_unpacked(text)))
            if not isinstance(stream, str) or not isinstance(shards, dict):
                raise ValueError("a position names a stream and its shards")
            marks = {
                shard: Mark.load(values)
                for shard, values in cast("dict[str, object]", shards).items()
            }
        # What was stored may have become anything since.
        except (ValueError, TypeError, AttributeError, RecursionError, zlib.error) as error:
            raise InvalidCursor(
                f"{text[:20]!r} is no position among changes: give 'latest', 'oldest', or what "
                "`position` of a change or of the changes was"
            ) from error
        return cls(stream, marks)


@dataclass(frozen=True, slots=True)
class ShardPlace:
    """The position after one change; the text is made when somebody asks for it.

    Attributes:
        before: How far everything was read before the change's shard was read further.
        shard: That shard.
        sequence: The change's number.
    """

    before: Position
    shard: str
    sequence: str

    def text(self) -> str:
        """Return it as `Position.parse` takes it."""
        marks = {**self.before.marks, self.shard: Mark(after=self.sequence)}
        return Position(self.before.stream, marks).text()


def _unpacked(text: str) -> bytes:
    version, _, packed = text.partition(".")
    if version != _VERSION or len(text) > _LONGEST:
        raise ValueError("not of this version")
    raw = urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    inflater = zlib.decompressobj()
    body = inflater.decompress(raw, _MOST_BYTES)
    # Without its end the checksum was not compared, and a part might pass for the whole.
    if not inflater.eof:
        raise ValueError("cut off, or too long")
    return body
