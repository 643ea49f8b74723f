"""What the user of an emulated DynamoDB may choose, and what the engine is told with requests."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine.limits import COLLECTION_BYTES
from anydynamo.engine.readings import STANDARD, Readings

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

__all__ = ["CHOICES", "Behaviour", "Surroundings", "behaviour_of"]


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
        s3_folder: The folder that stands in for Amazon S3 where tables are exported and imported: a
            bucket is a folder in it. None refuses to do either.
        collection_bytes: Bytes that the items of one partition key value may have, and their
            entries in local indexes, in a table with such indexes. Fewer than the service's 10 GB
            let a test come to the end of them.
        table_delay: How many seconds a table is CREATING, UPDATING or DELETING. With 0 it is
            ACTIVE, or gone, at once; only the response of the change itself names the state.
        index_delay: How many seconds a global index is CREATING, for its backfill, or DELETING,
            beyond `table_delay`.
        ttl_delay: How many seconds a time to live is ENABLING or DISABLING.
        readings: How points are read that AWS's documentation leaves open; of these, each is an
            option of the URL by its own name.
    """

    expire_after: float | None = None
    recovery_lag: float = 0
    s3_folder: str | os.PathLike[str] | None = None
    collection_bytes: int = COLLECTION_BYTES
    table_delay: float = 0.0
    index_delay: float = 0.0
    ttl_delay: float = 0.0
    readings: Readings = STANDARD


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


def folder(text: str) -> str:
    """Return the path of a folder.

    Raises:
        ValueError: It is empty.
    """
    if not text:
        raise ValueError("expected the path of a folder")
    return text


def count(text: str) -> int:
    """Convert a number of things.

    Raises:
        ValueError: It is no whole number, or one below 1.
    """
    number = int(text)
    if number < 1:
        raise ValueError("expected a whole number from 1 up")
    return number


def one_of(*names: str) -> Callable[[str], str]:
    """Return a function that converts text which must be one of some names."""

    def convert(text: str) -> str:
        if text not in names:
            raise ValueError(f"expected one of {', '.join(names)}")
        return text

    return convert


_READINGS: Final[Mapping[str, Callable[[str], Any]]] = {
    "in_operands": lambda text: int(one_of("99", "100")(text)),
    "string_size": one_of("utf16", "characters"),
    "removal_creates": lambda text: one_of("true", "false")(text) == "true",
    "number_sets": one_of("by_value", "as_written"),
    "key_conditions": one_of("alone", "mixed"),
}

CHOICES: Final[Mapping[str, Callable[[str], Any]]] = {
    "collection_bytes": count,
    "expire_after": seconds,
    "recovery_lag": seconds,
    "s3_folder": folder,
    "table_delay": seconds,
    "index_delay": seconds,
    "ttl_delay": seconds,
    **_READINGS,
}
"""How the text of each choice is converted."""


def behaviour_of(choices: Mapping[str, Any]) -> Behaviour:
    """Make a behaviour of converted choices."""
    read = {name: value for name, value in choices.items() if name in _READINGS}
    rest = {name: value for name, value in choices.items() if name not in _READINGS}
    return Behaviour(readings=Readings(**read) if read else STANDARD, **rest)
