"""What the user of an emulated DynamoDB may choose, and what the engine is told with requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anydynamo.engine.limits import COLLECTION_BYTES
from anydynamo.engine.readings import STANDARD, Readings

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

__all__ = ["Behaviour", "Surroundings"]


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
