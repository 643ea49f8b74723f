"""A table with a stream, and short words for reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.engine.calling import Engine, definitions, schema

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = 3600.0
BOTH = "NEW_AND_OLD_IMAGES"


def on(view: str = BOTH) -> dict[str, Any]:
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}}


OFF: dict[str, Any] = {"StreamSpecification": {"StreamEnabled": False}}


class Streamed:
    """The engine with a table `users` (key `pk`) whose stream is on."""

    def __init__(self, view: str = BOTH, engine: Engine | None = None) -> None:
        self.engine = engine or Engine()
        self.call: Callable[..., Any] = self.engine
        self.arn = self.create("users", view)

    def create(self, name: str, view: str = BOTH) -> str:
        """Create a table with a stream and return the stream's ARN."""
        described = self.engine(
            "CreateTable",
            TableName=name,
            KeySchema=schema("pk"),
            AttributeDefinitions=definitions(pk="S"),
            BillingMode="PAY_PER_REQUEST",
            **on(view),
        )
        arn: str = described["TableDescription"]["LatestStreamArn"]
        return arn

    def wait(self, seconds: float) -> None:
        self.engine.now += seconds

    def put(self, pk: str, table: str = "users", **attributes: Any) -> None:
        self.engine.put(table, pk={"S": pk}, **attributes)

    def delete(self, pk: str) -> None:
        self.engine("DeleteItem", TableName="users", Key={"pk": {"S": pk}})

    def describe(self, arn: str | None = None, **parameters: Any) -> Any:
        answer = self.engine("DescribeStream", StreamArn=arn or self.arn, **parameters)
        return answer["StreamDescription"]

    def shards(self, arn: str | None = None) -> list[Any]:
        shards: list[Any] = self.describe(arn)["Shards"]
        return shards

    def iterator(
        self, kind: str = "TRIM_HORIZON", shard: Any = None, arn: str | None = None, **more: Any
    ) -> str:
        """Return an iterator in a shard, or in the oldest one."""
        shard_id = (shard or self.shards(arn)[0])["ShardId"]
        answer = self.engine(
            "GetShardIterator",
            StreamArn=arn or self.arn,
            ShardId=shard_id,
            ShardIteratorType=kind,
            **more,
        )
        iterator: str = answer["ShardIterator"]
        return iterator

    def get(self, iterator: str, **parameters: Any) -> Any:
        return self.engine("GetRecords", ShardIterator=iterator, **parameters)

    def read(self, iterator: str) -> list[Any]:
        """Return the records from an iterator to the end of what is there."""
        records: list[Any] = []
        while True:
            page = self.get(iterator)
            records += page["Records"]
            if not page["Records"] or "NextShardIterator" not in page:
                return records
            iterator = page["NextShardIterator"]

    def records(self, arn: str | None = None) -> list[Any]:
        """Return all records of all shards, in order."""
        return [
            record
            for shard in self.shards(arn)
            for record in self.read(self.iterator(shard=shard, arn=arn))
        ]

    def keys(self, arn: str | None = None) -> list[str]:
        """Return the keys of all records, in order."""
        return [record["dynamodb"]["Keys"]["pk"]["S"] for record in self.records(arn)]

    def spaces(self) -> dict[str, dict[bytes, bytes]]:
        """Return what the store holds of streams."""
        held = self.engine.store._spaces.items()
        return {name: dict(one.items()) for name, one in held if name.startswith("stream")}
