"""The parameters of DynamoDB Streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine.requests.vocabulary import NEW_TABLE
from anydynamo.engine.shapes import Integer, Structure, Text, Timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["STREAMS"]

_STREAM: Final = Text(minimum=37, maximum=1024)
_SHARD: Final = Text(minimum=28, maximum=65)

STREAMS: Final[Mapping[str, Structure]] = {
    "ListStreams": Structure(
        optional={
            "TableName": NEW_TABLE,
            "Limit": Integer(minimum=1, maximum=100),
            "ExclusiveStartStreamArn": _STREAM,
        }
    ),
    "DescribeStream": Structure(
        required={"StreamArn": _STREAM},
        optional={
            "Limit": Integer(minimum=1, maximum=100),
            "ExclusiveStartShardId": _SHARD,
            "ShardFilter": Structure(
                "ShardFilter", optional={"Type": Text(enum=("CHILD_SHARDS",)), "ShardId": _SHARD}
            ),
        },
    ),
    "GetShardIterator": Structure(
        required={
            "StreamArn": _STREAM,
            "ShardId": _SHARD,
            "ShardIteratorType": Text(
                enum=(
                    "TRIM_HORIZON",
                    "LATEST",
                    "AT_SEQUENCE_NUMBER",
                    "AFTER_SEQUENCE_NUMBER",
                    "AT_TIMESTAMP",
                )
            ),
        },
        optional={"SequenceNumber": Text(minimum=21, maximum=40), "Timestamp": Timestamp()},
    ),
    "GetRecords": Structure(
        required={"ShardIterator": Text(minimum=1, maximum=2048)},
        # The service checks the upper limit by itself, and has another error for it.
        optional={"Limit": Integer(minimum=1)},
    ),
}
