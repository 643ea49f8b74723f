"""Which region calls go to: what is known of all of them, and what follows from it."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from anydynamo.adapters.regions.health import RegionHealth

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence

    from anydynamo.adapters.regions.health import Failover

__all__ = ["Board", "RegionEvent"]

_log = logging.getLogger("anydynamo")


@dataclass(frozen=True, slots=True)
class RegionEvent:
    """Something that happened to the regions.

    Attributes:
        kind: `down`: the region is not trusted any more; `up`: it is trusted again; `active`: calls
            go there from now on.
        region: The region.
        previous: For `active`, where calls went before.
        reason: For `down`, the failure that was one too many.
    """

    kind: Literal["down", "up", "active"]
    region: str
    previous: str | None = None
    reason: str | None = None


class Board:
    """What is known of each region, and where calls go.

    The blocking facade may be called from several threads, so that all of it is behind a lock.

    Attributes:
        active: The region that calls go to.
        ailing: Whether a region is not trusted.
    """

    def __init__(
        self,
        regions: Sequence[str],
        failover: Failover,
        clock: Callable[[], float],
        on_event: Callable[[RegionEvent], None] | None,
    ) -> None:
        self._order = list(regions)
        self._health = {region: RegionHealth(failover) for region in regions}
        self._returns = failover.automatic_return
        self._clock = clock
        self._on_event = on_event
        self._lock = threading.Lock()
        self.active = self._order[0]
        self.ailing = False

    @property
    def preferred(self) -> str:
        """The region that calls go to when all is well."""
        return self._order[0]

    def health(self, region: str) -> RegionHealth:
        """Return what is known of a region."""
        return self._health[region]

    def succeeded(self, region: str, epoch: int) -> None:
        """Count an answer of a region.

        Args:
            region: The region.
            epoch: Its epoch when the call began.
        """
        health = self._health[region]
        if health.up:
            # Nothing follows from it, and it is what most calls get.
            with self._lock:
                if epoch == health.epoch:
                    health.succeeded(self._clock())
            return
        with self._changing() as events:
            if epoch == health.epoch and health.succeeded(self._clock()):
                events.append(RegionEvent("up", region))

    def failed(self, region: str, epoch: int, reason: str) -> None:
        """Count a failure of a region; see `succeeded`."""
        with self._changing() as events:
            health = self._health[region]
            if epoch == health.epoch and health.failed(self._clock(), reason):
                events.append(RegionEvent("down", region, reason=reason))

    def next(self, tried: Collection[str], *, anywhere: bool) -> str | None:
        """Return the region to ask after some have failed, or None.

        Args:
            tried: The regions that were asked.
            anywhere: Whether a region may answer that other calls do not go to.
        """
        with self._lock:
            if self.active not in tried:
                return self.active
            if not anywhere:
                return None
            rest = (one for one in self._order if one not in tried and self._health[one].up)
            return next(rest, None)

    def begin_probes(self) -> list[tuple[str, int]]:
        """Return the regions that are to be probed now, with their epochs."""
        with self._lock:
            now = self._clock()
            urgent = not any(health.up for health in self._health.values())
            return [
                (region, health.epoch)
                for region, health in self._health.items()
                if health.begin_probe(now, urgent=urgent)
            ]

    def end_probe(self, region: str, epoch: int, reason: str | None) -> None:
        """Take a probe's outcome; see `RegionHealth.end_probe`."""
        with self._changing() as events:
            if self._health[region].end_probe(self._clock(), epoch, reason):
                events.append(RegionEvent("up", region))

    def prefer(self, region: str) -> None:
        """Prefer a region to all others, trust it, and let calls go there."""
        with self._changing() as events:
            if self._health[region].trust(self._clock()):
                events.append(RegionEvent("up", region))
            self._order.remove(region)
            self._order.insert(0, region)
            if self.active != region:
                events.append(RegionEvent("active", region, self.active))
                self.active = region

    @contextmanager
    def _changing(self) -> Generator[list[RegionEvent], None, None]:
        """Change something; then decide where calls go, and tell what happened."""
        events: list[RegionEvent] = []
        with self._lock:
            yield events
            if events:
                up = [region for region in self._order if self._health[region].up]
                self.ailing = len(up) < len(self._order)
                stays = self.active in up and not self._returns
                # If none is trusted, calls stay where they are.
                if up and not stays and self.active != up[0]:
                    events.append(RegionEvent("active", up[0], self.active))
                    self.active = up[0]
        # Not under the lock: who is told may ask what is known.
        for event in events:
            self._tell(event)

    def _tell(self, event: RegionEvent) -> None:
        if event.kind == "down":
            _log.warning("The region %s is down: %s", event.region, event.reason)
        elif event.kind == "up":
            _log.info("The region %s is up again", event.region)
        else:
            _log.warning("Calls go to the region %s instead of %s", event.region, event.previous)
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception:
                # The call that found it out must not seem failed: it may have written.
                _log.exception("on_event failed for %r", event)
