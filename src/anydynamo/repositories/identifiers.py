"""Identifiers that sort by the time at which they were made: UUIDs of version 7 (RFC 9562, 5.7)."""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TimeOrderedIds"]

_RANDOM_BITS = 74
_STEP_BITS = 32
_VERSION = 7 << 76
_VARIANT = 2 << 62
_LOW = (1 << 62) - 1
_HIGH = (1 << 12) - 1


class TimeOrderedIds:
    """Makes identifiers, each of which sorts after the one before; safe to share between threads.

    The first 48 bits are milliseconds since 1970. Within one millisecond, and when the clock steps
    back, an identifier is the last one plus a random number ("monotonic random", RFC 9562, 6.2), so
    that the next one cannot be guessed.

    Args:
        clock: Tells the time in seconds since 1970.
        random: Returns so many random bits.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        random: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._clock = clock
        self._random = random
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> str:
        """Make an identifier: 36 characters of lower-case text."""
        moment = int(self._clock() * 1000) << _RANDOM_BITS | self._random(_RANDOM_BITS)
        with self._lock:
            if moment >> _RANDOM_BITS <= self._last >> _RANDOM_BITS:
                moment = self._last + 1 + self._random(_STEP_BITS)
            self._last = moment
        time_and_version = (moment >> _RANDOM_BITS) << 80 | _VERSION
        high = (moment >> 62 & _HIGH) << 64
        return str(UUID(int=time_and_version | high | _VARIANT | moment & _LOW))
