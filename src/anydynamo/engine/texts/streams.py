"""Texts of errors about streams.

The API Reference has the rules and no texts. That of a resource that is not there is the service's,
those about iterators and places in a shard are ours.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.limits import STREAM_RECORDS

ITERATOR_EXPIRED: Final = (
    "The shard iterator is older than {minutes} minutes, and can no longer be used; get"
    " another one at the same place"
)
INVALID_ITERATOR: Final = "Invalid ShardIterator: it is no iterator that GetShardIterator returned"
TABLE: Final = "Table: {table} not found"
FILTER_PARAMETER_MISSING: Final = "ShardFilter is specified, but its {absent} is not"
SHARD: Final = "Shard does not exist"
TIMESTAMP_IN_FUTURE: Final = "The Timestamp must not lie in the future"
NEEDLESS_SEQUENCE_NUMBER: Final = "SequenceNumber is specified, but ShardIteratorType is {kind}"
SEQUENCE_NUMBER_MISSING: Final = "ShardIteratorType is {kind}, but SequenceNumber is not specified"
SEQUENCE_NUMBER_NO_NUMBER: Final = "Invalid SequenceNumber: {given} is no number"
SEQUENCE_NUMBER_OUT_OF_RANGE: Final = (
    "Invalid SequenceNumber: {number} is not in the range of {shard}"
)
TRIMMED_FROM: Final = "Records from {number} on are older than 24 hours"
LIMIT_TOO_LARGE: Final = (
    f"Limit is {{limit}}, and GetRecords returns {STREAM_RECORDS} records at most"
)
TRIMMED_BEHIND: Final = "Records behind this shard iterator have become older than 24 hours"
INVALID_STREAM_ARN: Final = "Invalid StreamArn: {arn} is not the ARN of a stream"
STREAM: Final = "Stream: {arn} not found"
INVALID_SHARD_ID: Final = "Invalid ShardId: {shard_id} is not the id of a shard"
NOT_FOUND: Final = "Requested resource not found: {what}"
TRIMMED: Final = "{what} and were trimmed; begin at TRIM_HORIZON"
NEEDLESS_TIMESTAMP: Final = "ShardIteratorType is {kind}, but Timestamp is specified"
TIMESTAMP_MISSING: Final = "ShardIteratorType is {kind}, but Timestamp is not specified"

CODES: Final = {
    ITERATOR_EXPIRED: "ExpiredIteratorException",
    LIMIT_TOO_LARGE: "LimitExceededException",
    NOT_FOUND: "ResourceNotFoundException",
    TRIMMED: "TrimmedDataAccessException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset(
    (
        ITERATOR_EXPIRED,
        INVALID_ITERATOR,
        FILTER_PARAMETER_MISSING,
        SHARD,
        TIMESTAMP_IN_FUTURE,
        NEEDLESS_SEQUENCE_NUMBER,
        SEQUENCE_NUMBER_MISSING,
        SEQUENCE_NUMBER_NO_NUMBER,
        SEQUENCE_NUMBER_OUT_OF_RANGE,
        TRIMMED_FROM,
        LIMIT_TOO_LARGE,
        TRIMMED_BEHIND,
        INVALID_STREAM_ARN,
        INVALID_SHARD_ID,
        TRIMMED,
        NEEDLESS_TIMESTAMP,
        TIMESTAMP_MISSING,
    )
)
"""Those that are not the service's."""

PARTS: Final = frozenset(
    (
        TABLE,
        SHARD,
        STREAM,
        TRIMMED_FROM,
        TRIMMED_BEHIND,
    )
)
"""Those that only stand in others."""
