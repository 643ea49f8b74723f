"""What exports and imports work with, and how their troubles become codes of failure."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from anydynamo.engine.errors import validation
from anydynamo.engine.readings import under
from anydynamo.errors import StoreReadOnly

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from anydynamo.adapters.transfers.folder import Bucket, BucketTrouble, Folder
    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.store import Store
    from anydynamo.errors import AnyDynamoError

__all__ = ["PORTION_BYTES", "PORTION_ITEMS", "Work", "failure_of", "failure_on_disk"]

PORTION_ITEMS: Final = 1000
"""How many items are read, or written, at once: a few dozen milliseconds' work."""

PORTION_BYTES: Final = 1024 * 1024
"""How many bytes of them."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the work is done with.

    Attributes:
        store: Where the tables lie.
        surroundings: The clock, and what the user chose.
        folder: What stands in for S3; None where there is nothing.
        blocking: Whether there is no event loop to give others a turn on.
    """

    store: Store
    surroundings: Surroundings
    folder: Folder | None
    blocking: bool

    def reading(self) -> AbstractContextManager[None]:
        """Read open points as the user chose, within a block that awaits nothing.

        What goes on after an await may run in another context.
        """
        return under(self.surroundings.behaviour.readings)

    def check_folder(self) -> None:
        """Refuse to work without a folder.

        Raises:
            EngineError: A ValidationException; there is none.
        """
        if self.folder is None:
            raise validation(
                "No folder stands in for Amazon S3 here. Name one that exists, with a folder for"
                " each bucket in it, by the option s3_folder: memory://?s3_folder=buckets, or"
                " anydynamo serve --option s3_folder=buckets"
            )

    def bucket(self, name: str) -> Bucket:
        """Return a bucket.

        Raises:
            BucketTrouble: It is not there.
        """
        assert self.folder is not None  # noqa: S101 - `check_folder` has looked
        return self.folder.bucket(name)

    async def pause(self) -> None:
        """Let others have their turn."""
        if not self.blocking:
            await asyncio.sleep(0)


def failure_of(trouble: BucketTrouble) -> dict[str, str]:
    """Return how a transfer failed."""
    return {"FailureCode": trouble.code, "FailureMessage": trouble.message}


def failure_on_disk(error: AnyDynamoError) -> dict[str, str]:
    """Return how a transfer failed on the disk's trouble."""
    code = "S3AccessDenied" if isinstance(error, StoreReadOnly) else "InternalServerError"
    return {"FailureCode": code, "FailureMessage": error.message}
