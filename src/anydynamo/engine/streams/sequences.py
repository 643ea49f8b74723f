"""Numbers that order what happened: the millisecond, and a counter behind it.

They grow with every record, even when the clock steps back, and the records between two moments are
a range of keys. Streams have them as their sequence numbers, and so has the log of point-in-time
recovery.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "KEY_BYTES",
    "first_sequence",
    "following",
    "milliseconds",
    "moment_of",
    "record_key",
    "sequence_of",
]

KEY_BYTES: Final = 10
"""Length of a record's key."""

_COUNTER: Final = 10**8


def milliseconds(seconds: float) -> int:
    """Return a moment as sequence numbers count it; what lies before 1970 counts as 1970."""
    return max(0, int(seconds * 1000))


def first_sequence(moment: int) -> int:
    """Return the bound of a millisecond: its records, and later ones, have no smaller number."""
    return max(0, moment) * _COUNTER


def moment_of(sequence: int) -> int:
    """Return the millisecond of a sequence number."""
    return sequence // _COUNTER


def following(last: int, moment: int) -> int:
    """Return the number of a record that is written after another.

    The counter goes on through the milliseconds, so that each 64th record can be told by its
    number; where it is full, one is carried into them.

    Args:
        last: The number of the record before it.
        moment: The millisecond that the clock shows, which may be an earlier one.
    """
    return max(moment, last // _COUNTER) * _COUNTER + last % _COUNTER + 1


def record_key(sequence: int) -> bytes:
    """Return the key of a record in its space."""
    return sequence.to_bytes(KEY_BYTES)


def sequence_of(key: bytes) -> int:
    """Return the sequence number of a record's key."""
    return int.from_bytes(key)
