"""How keys become bytes: partitions by hash, sort keys in order, and the ranges between them.

A key in a store is built from three kinds of piece:

- a *partition*: eight bytes of hash, then each partition attribute with its length before it. The
  hash spreads partitions over the key space, so that a parallel scan's segment is a key range, and
  the length makes the partition's own range unmistakable;
- a *sort* piece that something follows: escaped and terminated, so that the order of the bytes is
  the order of the values whatever follows;
- a *tail*: the sort bytes as they are, because nothing follows.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["HASH_BYTES", "after", "beyond", "escaped", "partition", "segment", "terminated"]

HASH_BYTES = 8
"""Length of the hash at the head of each key."""

_HASH_SPACE = 1 << (8 * HASH_BYTES)


def partition(parts: Iterable[bytes]) -> bytes:
    """Return the prefix that all keys of one partition share, and no other key has.

    Args:
        parts: The key bytes of the partition attributes, in the order of the key schema; each at
            most 2,048 bytes long.
    """
    body = b"".join([len(part).to_bytes(2) + part for part in parts])
    return blake2b(body, digest_size=HASH_BYTES).digest() + body


def escaped(part: bytes) -> bytes:
    """Return a sort piece without its terminator, as `begins_with` needs it."""
    return part.replace(b"\x00", b"\x00\xff")


def terminated(part: bytes) -> bytes:
    """Return a sort piece that orders like its value and is no prefix of another one."""
    return part.replace(b"\x00", b"\x00\xff") + b"\x00\x00"


def after(key: bytes) -> bytes:
    """Return the key that follows immediately."""
    return key + b"\x00"


def beyond(prefix: bytes) -> bytes | None:
    """Return the first key after all that begin with a prefix; None where there is none."""
    trimmed = prefix.rstrip(b"\xff")
    if not trimmed:
        return None
    return trimmed[:-1] + bytes((trimmed[-1] + 1,))


def segment(number: int, total: int) -> tuple[bytes, bytes | None]:
    """Return the start and the end of one of a parallel scan's disjoint, complete key ranges."""
    start = -(-number * _HASH_SPACE // total)
    end = -(-(number + 1) * _HASH_SPACE // total)
    return start.to_bytes(HASH_BYTES), None if end == _HASH_SPACE else end.to_bytes(HASH_BYTES)
