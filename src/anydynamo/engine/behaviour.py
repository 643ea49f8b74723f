"""What the user of an emulated DynamoDB may choose, and what the engine is told with requests."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CHOICES", "Behaviour", "Surroundings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How an embedded provider behaves where DynamoDB leaves it open, or takes its time.

    Each field is an option of the provider's URL, too: `memory://?expire_after=3600`.

    Attributes:
        expire_after: Let writes delete items, a few at a time, that expired so many seconds ago.
            The service does so within a few days. None leaves them where they are until `sweep` is
            called: a clock that stands still elsewhere, as in tests, would lose items that it
            takes for fresh.
        recovery_lag: How many seconds the latest time to which a table can be restored lies
            behind. The service says that it is "typically 5 minutes before the current time";
            without a lag, tests and tools find what they have just written.
    """

    expire_after: float | None = None
    recovery_lag: float = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the engine is told beside a request.

    Attributes:
        now: The clock, in seconds since the epoch.
        behaviour: What the user chose.
    """

    now: Callable[[], float]
    behaviour: Behaviour = field(default_factory=Behaviour)


def seconds(text: str) -> float:
    """Convert a duration in seconds.

    Raises:
        ValueError: It is no number, or one below 0.
    """
    number = float(text)
    if not 0 <= number < math.inf:
        raise ValueError("expected a number of seconds, 0 or more")
    return number


CHOICES: Final[Mapping[str, Callable[[str], Any]]] = {
    "expire_after": seconds,
    "recovery_lag": seconds,
}
"""How the text of each choice is converted."""
