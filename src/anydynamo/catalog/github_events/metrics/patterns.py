"""Unusual numbers of events: an event type's count in a window against the windows before it.

Windows have equal lengths and end at multiples of it in UTC; the last complete one is judged, so
that to look twice finds the same. Let `usual` be the mean count of the windows before. Events that
do not influence one another come by Poisson's law, whose variance is its mean, so

    deviation = (count - usual) / sqrt(max(usual, 1))

tells by how many standard deviations the count is off. From 3 on it is a `spike`, from -3 down a
`drop`: chance alone does that about once in several hundred windows. Events do come in bursts, so
a pattern is a reason to look and no verdict. Less than one event is usual for rare types; the 1 in
the divisor keeps a second star in a year from being a spike.

A type is judged as soon as it was seen in half of the windows, or when it is seen for the first
time: without a past there is no usual.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from anydynamo.catalog.github_events.models import EventPattern, joined
from anydynamo.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anydynamo.catalog.github_events.models import Event

__all__ = ["THRESHOLD", "detect_patterns", "last_window", "looked_at"]

THRESHOLD = 3.0
"""How many standard deviations are unusual."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FEWEST_WINDOWS = 3


def last_window(now: datetime, hours: int) -> tuple[datetime, datetime]:
    """Return where the last complete window begins and ends.

    Raises:
        InvalidRequest: The hours are not between 1 and a year's.
    """
    if not 1 <= hours <= 24 * 366:
        raise InvalidRequest(f"A window has 1 to {24 * 366} hours, not {hours}")
    length = timedelta(hours=hours)
    end = now - (now - _EPOCH) % length
    return end - length, end


def looked_at(now: datetime, hours: int, windows: int) -> tuple[datetime, datetime]:
    """Return the stretch that has to be read: the window that is judged and those before it.

    Raises:
        InvalidRequest: The hours or the windows are too few or too many.
    """
    if not _FEWEST_WINDOWS <= windows <= 1000:
        raise InvalidRequest(f"There are {_FEWEST_WINDOWS} to 1000 windows before, not {windows}")
    begin, end = last_window(now, hours)
    return begin - windows * timedelta(hours=hours), end


def detect_patterns(
    repo_name: str,
    events: Iterable[Event],
    *,
    hours: int,
    windows: int,
    now: datetime,
) -> list[EventPattern]:
    """Find the types of events that came unusually often or seldom.

    Args:
        repo_name: The repository.
        events: Its events in the stretch that `looked_at` gives; others do no harm.
        hours: How long a window is.
        windows: How many windows before the last complete one say what is usual.
        now: The time.
    """
    first, end = looked_at(now, hours, windows)
    length = timedelta(hours=hours)
    # By type: how many events each window has, the window that is judged being number `windows`.
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for event in events:
        if first <= event.created_at < end:
            counts[event.event_type][(event.created_at - first) // length] += 1
    found: list[EventPattern] = []
    for event_type, by_window in sorted(counts.items()):
        count = by_window.pop(windows, 0)
        if by_window and len(by_window) < windows / 2:
            continue
        usual = by_window.total() / windows
        deviation = (count - usual) / math.sqrt(max(usual, 1.0))
        if abs(deviation) < THRESHOLD:
            continue
        pattern = "spike" if deviation > 0 else "drop"
        found.append(
            EventPattern(
                repo_name=repo_name,
                # Windows of different lengths end at the same moment.
                event_pattern_detected=joined(
                    event_type, pattern, f"{end:%Y-%m-%dT%H:%MZ}/{hours}h"
                ),
                event_type=event_type,
                pattern=pattern,
                detected_at=end,
                hours=hours,
                observed=count,
                usual=usual,
                deviation=round(deviation, 2),
            )
        )
    return found
