"""When a region is taken for failed, and when it is trusted again."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from anydynamo.errors import ConfigurationError

__all__ = ["Failover", "RegionHealth"]

_PARTS: Final = 10
"""In how many parts a window's calls are counted; the oldest is forgotten as a whole."""


@dataclass(frozen=True, slots=True)
class Failover:
    """When calls go to another region, and when they come back.

    A region fails by so many failures in a row, or by their share among the calls of a while. It is
    then left alone for a while, asked now and then whether it answers, and trusted again after
    several good answers in a row. If it fails again soon, it is left alone twice as long, so that a
    region that comes and goes moves calls less and less often.

    Attributes:
        failures: How many calls in a row must fail.
        rate: The share of failed calls that is too large, in (0, 1].
        calls: How many calls there must have been for their share to mean anything.
        window: For how many seconds calls count.
        hold: For how many seconds a region that failed is left alone.
        longest: For how many seconds at most, after it failed again and again; and how long it must
            work for its earlier failures to be forgotten.
        probe_every: How many seconds lie between two probes.
        probes: How many in a row must be answered.
        probe_timeout: How many seconds a probe may take.
        automatic_return: Whether calls go back to a more preferred region by themselves once it is
            trusted again; otherwise they stay until `Regions.prefer`, or until that region fails.

    Raises:
        ConfigurationError: A number is not above 0, or `rate` is above 1, or `longest` below
            `hold`.
    """

    failures: int = 3
    rate: float = 0.5
    calls: int = 20
    window: float = 30.0
    hold: float = 30.0
    longest: float = 600.0
    probe_every: float = 5.0
    probes: int = 3
    probe_timeout: float = 2.0
    automatic_return: bool = True

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in (
            *("failures", "rate", "calls", "window", "hold", "longest"),
            *("probe_every", "probes", "probe_timeout"),
        ):
            value = getattr(self, name)
            # Not `<= 0`, which lets what is no number pass.
            if not 0 < value < math.inf:
                raise ConfigurationError(f"{name} must be a number above 0, and is {value!r}")
        if self.rate > 1:
            raise ConfigurationError(f"rate is a share of at most 1, and not {self.rate!r}")
        if self.longest < self.hold:
            raise ConfigurationError(
                f"longest, {self.longest!r}, must not be below hold, {self.hold!r}"
            )


class RegionHealth:
    """What is known of one region.

    Attributes:
        up: Whether it is trusted.
        epoch: Changes with every change of `up`: what a call says that began before counts no more.
        reason: Why it is not trusted.
    """

    def __init__(self, failover: Failover) -> None:
        self._failover = failover
        self.up = True
        self.epoch = 0
        self.reason: str | None = None
        self._row = 0
        self._parts: deque[list[int]] = deque()
        self._answered = 0
        self._held = 0.0
        self._trusted_at = -math.inf
        self._held_until = -math.inf
        self._next_probe = -math.inf
        self._probing = False

    def succeeded(self, now: float) -> bool:
        """Count an answer, and return whether the region is trusted from now on."""
        if not self.up:
            return self._answers(now)
        self._row = 0
        self._count(now, failed=0)
        return False

    def failed(self, now: float, reason: str) -> bool:
        """Count a failure, and return whether the region is not trusted any more from now on."""
        if not self.up:
            self._answered, self.reason = 0, reason
            return False
        self._row += 1
        self._count(now, failed=1)
        calls = sum(part[1] for part in self._parts)
        failures = sum(part[2] for part in self._parts)
        limit = self._failover
        if self._row < limit.failures and (calls < limit.calls or failures < limit.rate * calls):
            return False
        again = now - self._trusted_at <= limit.longest
        self._held = min(self._held * 2, limit.longest) if again else limit.hold
        self._change(up=False, reason=reason)
        self._held_until = now + self._held
        self._next_probe = now + min(self._held, limit.probe_every)
        return True

    def begin_probe(self, now: float, *, urgent: bool) -> bool:
        """Return whether a probe is due, which then has begun.

        Args:
            now: The time.
            urgent: Whether no region is trusted, so that this one is not left alone.
        """
        if self.up or self._probing or now < self._next_probe:
            return False
        if now < self._held_until and not urgent:
            return False
        self._probing = True
        self._next_probe = now + self._failover.probe_every
        return True

    def end_probe(self, now: float, epoch: int, reason: str | None) -> bool:
        """Take a probe's outcome, and return whether the region is trusted from now on.

        Args:
            now: The time.
            epoch: The epoch in which it began.
            reason: Why the region did not answer; None if it did.
        """
        self._probing = False
        if epoch != self.epoch:
            return False
        if reason is None:
            return self._answers(now)
        self._answered, self.reason = 0, reason
        return False

    def trust(self, now: float) -> bool:
        """Trust the region because somebody says so, and return whether that is new."""
        if self.up:
            return False
        self._trusted_at = now
        self._change(up=True, reason=None)
        return True

    def _answers(self, now: float) -> bool:
        self._answered += 1
        return self._answered >= self._failover.probes and self.trust(now)

    def _change(self, *, up: bool, reason: str | None) -> None:
        self.up, self.reason = up, reason
        self.epoch += 1
        self._row = self._answered = 0
        self._parts.clear()

    def _count(self, now: float, failed: int) -> None:
        number = math.floor(now * _PARTS / self._failover.window)
        if not self._parts or self._parts[-1][0] != number:
            self._parts.append([number, 0, 0])
            while self._parts[0][0] <= number - _PARTS:
                self._parts.popleft()
        last = self._parts[-1]
        last[1] += 1
        last[2] += failed
