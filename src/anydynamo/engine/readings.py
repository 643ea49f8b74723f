"""How the engine reads what AWS's documentation leaves open, one choice a point.

Regions differ, dates differ, and some points nobody has settled. The defaults are the readings that
the documentation supports best; each can be had otherwise, as an option of a provider's URL, by who
knows how the service that he uses reads it.

A request is parsed and compiled under the readings in force, which its adapter sets; what was
compiled keeps them. So nothing below has to be told about them, and who chose nothing pays nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Concatenate, Final, Literal, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["STANDARD", "Readings", "reading", "remembered", "under"]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """One reading of each open point.

    Attributes:
        in_operands: How many values the right-hand side of `IN` takes. The guide says 100
            ("Condition and filter expressions"); the service has been seen to count the left-hand
            side as one of them, which makes 99.
        string_size: What `size` of a string counts: its UTF-16 code units, for the guide says "the
            length of the string" and the service is written in Java, where strings are measured so;
            or its characters, as some emulators do.
        removal_creates: Whether an UpdateItem that only removes creates the item if there is none.
            The API Reference says that UpdateItem "adds a new item to the table if it does not
            already exist", whatever its expression does.
        number_sets: Whether two members of a number set are the same `by_value`, `1` and `1.0`,
            which the set is refused for; or only `as_written`, and `1` and `1.0` become one member.
            The guide says that each value within a set must be unique, and that leading and
            trailing zeros of a number are trimmed.
        key_conditions: Whether the legacy KeyConditions may stand beside a FilterExpression or a
            ProjectionExpression: `alone`, for the guide forbids expressions and legacy parameters
            in one request, or `mixed`, for servers have been seen to take them.
    """

    in_operands: Literal[99, 100] = 100
    string_size: Literal["utf16", "characters"] = "utf16"
    removal_creates: bool = True
    number_sets: Literal["by_value", "as_written"] = "by_value"
    key_conditions: Literal["alone", "mixed"] = "alone"


STANDARD: Final = Readings()

_in_force: Final[ContextVar[Readings]] = ContextVar("readings", default=STANDARD)


def reading() -> Readings:
    """Return the readings in force."""
    return _in_force.get()


@contextmanager
def under(readings: Readings) -> Generator[None]:
    """Put readings in force for what is prepared inside the block."""
    token = _in_force.set(readings)
    try:
        yield
    finally:
        _in_force.reset(token)


def remembered(function: Callable[P, T]) -> Callable[P, T]:
    """Remember the results of a function that reads, apart for each reading."""
    # lru_cache's own type forgets the parameters.
    standard = cast("Callable[P, T]", lru_cache(maxsize=1024)(function))

    def anew(_readings: Readings, *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)

    otherwise = cast("Callable[Concatenate[Readings, P], T]", lru_cache(maxsize=1024)(anew))

    @wraps(function)
    def remember(*args: P.args, **kwargs: P.kwargs) -> T:
        readings = _in_force.get()
        if readings is STANDARD:
            return standard(*args, **kwargs)
        return otherwise(readings, *args, **kwargs)

    return remember
