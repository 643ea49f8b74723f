"""How fast a long piece of work goes: as told, and as the table can follow.

No clock of the system is read and nobody sleeps here: both are the session's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from anydynamo.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["AdaptiveRate", "SteadyRate", "checked_rate"]

_CUT = 0.7
"""What a throttle leaves of the rate: gentler than half, because a table's limit is steady and the
rate comes back slowly."""

_GROWTH = 0.05
"""How much of the rate after a cut comes back in each second without a throttle."""

_CALM = 1.0
"""For how many seconds further throttles count with the first: requests under way meet the same
limit."""

_LEAST = 1.0


def checked_rate(name: str, rate: float | None) -> float | None:
    """Return a rate, if there is one.

    Raises:
        InvalidRequest: It is not a finite number above 0.
    """
    given: object = rate
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if rate is not None and not (number and 0 < rate < math.inf):
        raise InvalidRequest(f"{name} is a number per second above 0, or None, and not {rate!r}")
    return rate


class SteadyRate:
    """Spreads what is spent evenly: who has spent waits until it is earned.

    Args:
        rate: How much is earned in a second.
        timer: Tells the time in seconds.
        sleep: Waits so many seconds.
    """

    def __init__(
        self, rate: float, timer: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._rate = rate
        self._timer = timer
        self._sleep = sleep
        self._free = -math.inf

    async def ready(self) -> None:
        """Wait until what was spent is earned."""
        wait = self._free - self._timer()
        if wait > 0:
            await self._sleep(wait)

    def spend(self, amount: float) -> None:
        """Take note of what something cost; that is known only afterwards."""
        self._free = max(self._free, self._timer()) + amount / self._rate


class AdaptiveRate:
    """Goes as fast as the table follows: a throttle cuts the rate, and time brings it back.

    Additive increase and multiplicative decrease, as in TCP. Before the first throttle there is no
    limit but `most`; the first one tells how fast it went, and the rate is cut from there.

    Args:
        timer: Tells the time in seconds.
        sleep: Waits so many seconds.
        most: What the rate never exceeds, per second.
    """

    def __init__(
        self,
        timer: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        most: float | None = None,
    ) -> None:
        self._timer = timer
        self._sleep = sleep
        self._most = math.inf if most is None else most
        self._rate = self._most
        self._growth = 0.0
        now = timer()
        self._grown = self._began = self._free = now
        self._calm = -math.inf
        self._taken = 0
        self.throttles = 0

    @property
    def rate(self) -> float | None:
        """How many go in a second at present; None while there is no limit."""
        return None if math.isinf(self._rate) else self._rate

    async def take(self, count: int) -> None:
        """Wait until so many more may go."""
        now = self._timer()
        self._grow(now)
        self._taken += count
        if math.isinf(self._rate):
            return
        start = max(now, self._free)
        self._free = start + count / self._rate
        if start > now:
            await self._sleep(start - now)

    def throttled(self) -> None:
        """Take note that the table is too slow for what was sent."""
        now = self._timer()
        self.throttles += 1
        if now < self._calm:
            return
        self._grow(now)
        went = self._taken / max(now - self._began, 1.0)
        # A limit that was not used up says nothing of what the table can do.
        self._rate = max(_LEAST, min(self._rate, went) * _CUT)
        self._growth = self._rate * _GROWTH
        self._calm = now + _CALM
        self._began, self._taken = now, 0

    def _grow(self, now: float) -> None:
        self._rate = min(self._most, self._rate + self._growth * (now - self._grown))
        self._grown = now
