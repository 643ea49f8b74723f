"""The seam: one method that speaks DynamoDB's low-level API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DatabaseAdapter", "ProviderInfo", "RegionState"]


@dataclass(frozen=True, slots=True)
class RegionState:
    """What is known of one of several regions.

    Attributes:
        region: Its name.
        status: Whether it is trusted: `up` or `down`.
        active: Whether calls go there.
        preferred: Whether calls go there when all is well.
        reason: Why it is down.
    """

    region: str
    status: Literal["up", "down"]
    active: bool
    preferred: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """What an adapter says of itself.

    Attributes:
        provider: The name that `DATABASE_PROVIDER` has for it: `memory`, `json`, `sqlite`, ...
        location: Where the data lies, for people: a path, a region and endpoint, `memory`.
        blocking: Whether its calls never wait for an event loop, so that the blocking facade may
            drive them on the caller's own thread.
        region: The AWS region, where there is one and it is known.
        regions: The state of each region, where there are several.
    """

    provider: str
    location: str
    blocking: bool
    region: str | None = None
    regions: tuple[RegionState, ...] = ()


class DatabaseAdapter(Protocol):
    """Something that answers DynamoDB's API: DynamoDB, an embedded engine, or a wrapper of one.

    Requests and responses have the shapes of the DynamoDB API Reference (version 2012-08-10) as
    botocore presents them: attribute values are one-entry mappings from a type to a value, numbers
    are strings, binary values are `bytes`. Errors are those of `anydynamo.errors`.
    """

    @property
    def info(self) -> ProviderInfo:
        """What this adapter is and where its data lies."""
        ...

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one operation.

        Args:
            operation: DynamoDB's name for it, such as `GetItem`.
            request: Its parameters. The adapter neither changes nor keeps what it is given.

        Returns:
            Its result, without `ResponseMetadata`. It belongs to the caller.

        Raises:
            AnyDynamoError: One of `anydynamo.errors`, with DynamoDB's code in `code`.
        """
        ...

    async def close(self) -> None:
        """Release what this adapter opened, and only that. Closing twice is no error."""
        ...
