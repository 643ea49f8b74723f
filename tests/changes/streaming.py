"""A stream whose shards, faults and clock a test controls, behind the adapter's seam."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.database import Database
from anydynamo.errors import AnyDynamoError, from_code
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.repositories.session import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOUR = 3600.0
START = 1_700_000_000.0
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/notes/stream/2023-11-14T22:13:20.000"


class Note(Table, name="notes", stream="NEW_AND_OLD_IMAGES"):
    key: Attr[str] = attribute(hash_key=True)
    value: Attr[int] = attribute(default=0)


@dataclass
class FakeShard:
    """One shard: its parent, its records, how many of them were trimmed, and whether it closed."""

    parent: str | None = None
    records: list[dict[str, Any]] = field(default_factory=list)
    trimmed: int = 0
    closed: bool = False
    listed: bool = True


class FakeStream:
    """Answers the calls of DynamoDB Streams for one table.

    An iterator is a shard, an index and the time it was made; nothing else is kept for it.
    """

    def __init__(self, *, blocking: bool = False) -> None:
        self.info = ProviderInfo("fake", "nowhere", blocking)
        self.shards: dict[str, FakeShard] = {}
        self.now = START
        self.page = 1000
        self.listed = 100
        self.status = "ENABLED"
        self.arn = ARN
        self.calls: list[str] = []
        self.iterators: list[tuple[str, str]] = []
        self.faults: list[tuple[str, str]] = []
        self.before: Callable[[str, Mapping[str, Any]], None] = lambda _operation, _request: None
        self._sequence = 10**20

    # What the test does

    def shard(self, name: str, parent: str | None = None) -> FakeShard:
        self.shards[name] = FakeShard(parent)
        return self.shards[name]

    def write(self, shard: str, *keys: str) -> None:
        for key in keys:
            self._sequence += 1
            self.shards[shard].records.append(
                {
                    "eventID": str(self._sequence),
                    "eventName": "INSERT",
                    "dynamodb": {
                        "ApproximateCreationDateTime": datetime.fromtimestamp(int(self.now), UTC),
                        "Keys": {"key": {"S": key}},
                        "NewImage": {"key": {"S": key}, "value": {"N": "1"}},
                        "SequenceNumber": str(self._sequence),
                    },
                }
            )

    def split(self, shard: str, *children: str) -> None:
        self.shards[shard].closed = True
        for child in children:
            self.shard(child, shard)

    def trim(self) -> None:
        """Remove what is older than 24 hours, as DynamoDB does at its leisure."""
        for shard in self.shards.values():
            times = [one["dynamodb"]["ApproximateCreationDateTime"] for one in shard.records]
            limit = datetime.fromtimestamp(self.now - 24 * HOUR, UTC)
            shard.trimmed = sum(time < limit for time in times)

    def fail(self, operation: str, code: str, times: int = 1) -> None:
        self.faults.extend([(operation, code)] * times)

    def database(self, waits: list[float] | None = None, **options: Any) -> Database:
        async def sleep(seconds: float) -> None:
            if waits is not None:
                waits.append(seconds)
            self.now += seconds

        options.setdefault("patience", Patience(attempts=3))
        options.setdefault("clock", lambda: self.now)
        return Database(self, sleep=sleep, random=lambda: 0.5, **options)

    # The adapter

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append(operation)
        self.before(operation, request)
        for place, (failing, code) in enumerate(self.faults):
            if failing == operation:
                del self.faults[place]
                raise from_code(code, f"{code} it is", operation=operation)
        answer: dict[str, Any] = getattr(self, f"_{operation}")(request)
        return answer

    async def close(self) -> None:
        pass

    def _DescribeTable(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Table": {"TableName": request["TableName"], "LatestStreamArn": self.arn}}

    def _DescribeStream(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        names = [name for name, shard in self.shards.items() if shard.listed]
        after = request.get("ExclusiveStartShardId")
        begin = 0 if after is None else names.index(after) + 1
        page = names[begin : begin + self.listed]
        shards: list[dict[str, Any]] = []
        for name in page:
            shard = self.shards[name]
            numbers = {"StartingSequenceNumber": "1"}
            if shard.closed:
                numbers["EndingSequenceNumber"] = "2"
            one: dict[str, Any] = {"ShardId": name, "SequenceNumberRange": numbers}
            if shard.parent is not None:
                one["ParentShardId"] = shard.parent
            shards.append(one)
        described: dict[str, Any] = {"StreamStatus": self.status, "Shards": shards}
        if begin + self.listed < len(names):
            described["LastEvaluatedShardId"] = page[-1]
        return {"StreamDescription": described}

    def _GetShardIterator(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        kind, name = request["ShardIteratorType"], request["ShardId"]
        self.iterators.append((name, kind))
        shard = self.shards.get(name)
        if shard is None:
            raise _error("ResourceNotFoundException")
        if kind == "LATEST":
            index = len(shard.records)
        elif kind == "TRIM_HORIZON":
            index = shard.trimmed
        else:
            numbers = [one["dynamodb"]["SequenceNumber"] for one in shard.records]
            index = numbers.index(request["SequenceNumber"]) + 1
            if index <= shard.trimmed:
                raise _error("TrimmedDataAccessException")
        return {"ShardIterator": json.dumps([name, index, self.now])}

    def _GetRecords(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        name, index, made = json.loads(request["ShardIterator"])
        if self.now - made > 15 * 60:
            raise _error("ExpiredIteratorException")
        shard = self.shards.get(name)
        if shard is None:
            raise _error("ResourceNotFoundException")
        if index < shard.trimmed:
            raise _error("TrimmedDataAccessException")
        limit = min(self.page, request.get("Limit", self.page))
        records = shard.records[index : index + limit]
        answer: dict[str, Any] = {"Records": records}
        if not shard.closed or index + len(records) < len(shard.records):
            answer["NextShardIterator"] = json.dumps([name, index + len(records), self.now])
        return answer


def _error(code: str) -> AnyDynamoError:
    return from_code(code, f"{code} it is")


def keys(changes: Any) -> list[str]:
    return [change.key for change in changes]
