"""Work counted instead of timed: the calls that Python makes, its own functions' and C's."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["calls", "growth"]


def calls(work: Callable[[], object]) -> int:
    """Count the calls that something makes; what it raises is let go."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def growth(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """Return how many times the calls multiply when the input grows to four times its size.

    Args:
        work: Prepares the work on an input of a size, which is not counted.
        size: The smaller size.
    """
    return calls(work(4 * size)) / calls(work(size))
