"""The calls of DynamoDB Streams, with patience: what is throttled or passes is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anydynamo.changes.lineage import Shard
from anydynamo.errors import AnyDynamoError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anydynamo.repositories.session import Session

__all__ = ["Reply", "Stream", "find_stream"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What one request for records brought.

    Attributes:
        records: The records, in order.
        next: The iterator that goes on from there; None at the end of a closed shard.
    """

    records: Sequence[dict[str, Any]]
    next: str | None


@dataclass(frozen=True, slots=True)
class Stream:
    """A table's stream.

    Attributes:
        session: The open database.
        table: The table's real name.
        arn: The stream's ARN.
    """

    session: Session
    table: str
    arn: str

    async def describe(self) -> tuple[list[Shard], bool]:
        """Return the shards that are there, and whether the stream is still being written."""
        shards: list[Shard] = []
        request: dict[str, Any] = {"StreamArn": self.arn}
        while True:
            response = await call(self.session, "DescribeStream", request)
            said: Mapping[str, Any] = response["StreamDescription"]
            for one in said.get("Shards") or ():
                closed = "EndingSequenceNumber" in one.get("SequenceNumberRange", {})
                shards.append(Shard(one["ShardId"], one.get("ParentShardId"), closed))
            last = said.get("LastEvaluatedShardId")
            if last is None:
                return shards, said["StreamStatus"] in ("ENABLED", "ENABLING")
            request["ExclusiveStartShardId"] = last

    async def iterator(self, shard: str, kind: str, after: str = "") -> str:
        """Return an iterator.

        Args:
            shard: The shard.
            kind: `LATEST`, `TRIM_HORIZON` or `AFTER_SEQUENCE_NUMBER`.
            after: The sequence number, with the last of them.

        Raises:
            ChangesLost: The stream does not keep that change any more.
        """
        request = {"StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": kind}
        if after:
            request["SequenceNumber"] = after
        response = await call(self.session, "GetShardIterator", request)
        iterator: str = response["ShardIterator"]
        return iterator

    async def records(self, iterator: str, limit: int | None = None) -> Reply:
        """Return the next records of an iterator.

        Raises:
            InvalidCursor: It has expired.
            ChangesLost: The stream does not keep what comes next.
        """
        request: dict[str, Any] = {"ShardIterator": iterator}
        if limit is not None:
            request["Limit"] = limit
        response = await call(self.session, "GetRecords", request)
        return Reply(response.get("Records") or (), response.get("NextShardIterator"))


async def find_stream(session: Session, table: str) -> Stream:
    """Return the stream that a table has.

    Raises:
        InvalidRequest: It has none.
        TableNotFound: There is no such table.
    """
    response = await call(session, "DescribeTable", {"TableName": table})
    arn: str | None = response["Table"].get("LatestStreamArn")
    if not arn:
        raise InvalidRequest(
            f"The table {table} has no stream, so nobody writes its changes down: declare it as "
            'Table(..., stream="NEW_AND_OLD_IMAGES"), and make it anew or switch the stream on',
            operation="DescribeTable",
            table=table,
        )
    return Stream(session, table, arn)


async def call(session: Session, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Ask, and again after growing waits while the answer is an error that passes."""
    tries = 1
    while True:
        try:
            return await session.call(operation, request)
        except AnyDynamoError as error:
            if not error.retryable or tries >= session.patience.attempts:
                raise
        await session.pause(tries)
        tries += 1
