"""ListStreams, DescribeStream, GetShardIterator and GetRecords.

Source: the DynamoDB Streams part of the Amazon DynamoDB API Reference (2012-08-10).
"""

from __future__ import annotations

import re
from hashlib import blake2b
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.layout import (
    STREAMS,
    TABLES,
    decode,
    size_of,
    stream_key,
    unpack,
)
from anydynamo.engine.limits import PAGE_BYTES, STREAM_RECORDS
from anydynamo.engine.streams.iterators import Iterator
from anydynamo.engine.streams.records import (
    RETENTION_SECONDS,
    read_record,
    sequence_text,
    shards_of,
    space_of,
)
from anydynamo.engine.streams.sequences import (
    first_sequence,
    milliseconds,
    record_key,
    sequence_of,
)
from anydynamo.engine.tables.descriptions import REGION, moment, seconds, stream_arn
from anydynamo.engine.values.keys import beyond
from anydynamo.engine.values.values import copy_item, item_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from anydynamo.engine.store import Reader
    from anydynamo.engine.streams.records import Record, Shard
    from anydynamo.engine.values.values import Item

    Work = Callable[[Reader], dict[str, Any]]
    Clock = Callable[[], float]

__all__ = ["describe_stream", "get_records", "get_shard_iterator", "list_streams"]

_LISTED: Final = 100
_RETENTION: Final = 1000 * RETENTION_SECONDS
_ARN: Final = re.compile(r"arn:[^:]+:dynamodb:[^:]*:[^:]*:table/([^/]+)/stream/(.+)")
_SHARD_ID: Final = re.compile(r"shardId-\d{20}-[0-9a-f]{8}")


def list_streams(request: Mapping[str, Any], now: Clock) -> Work:
    """List the streams that can be read, of one table or all, a page at a time.

    Raises:
        EngineError: The request is not valid.
    """
    table, last = request.get("TableName"), request.get("ExclusiveStartStreamArn")
    start, end = b"", None
    if table is not None:
        start = stream_key(table, "")
        end = beyond(start)
    if last is not None:
        start = max(start, stream_key(*_parsed(last)) + b"\0")
    limit = request.get("Limit") or _LISTED

    def work(reader: Reader) -> dict[str, Any]:
        oldest = milliseconds(now()) - _RETENTION
        streams: list[dict[str, Any]] = []
        for _, raw in reader.scan(STREAMS, start=start, end=end):
            document = decode(raw)
            if _gone(document, oldest):
                continue
            if len(streams) == limit:
                return {"Streams": streams, "LastEvaluatedStreamArn": streams[-1]["StreamArn"]}
            name, label = document["TableName"], document["StreamLabel"]
            streams.append(
                {"StreamArn": stream_arn(name, label), "TableName": name, "StreamLabel": label}
            )
        if table is not None and not streams and reader.get(TABLES, table.encode()) is None:
            raise _not_found(texts.streams.TABLE.format(table=table))
        return {"Streams": streams}

    return work


def describe_stream(request: Mapping[str, Any], now: Clock) -> Work:
    """Describe a stream and its shards, a page of them at a time.

    Raises:
        EngineError: The request is not valid.
    """
    arn, after = request["StreamArn"], request.get("ExclusiveStartShardId")
    _parsed(arn)
    limit = request.get("Limit") or _LISTED
    parent = _parent(request.get("ShardFilter"))
    if after is not None:
        _check_shard_id(after)

    def work(reader: Reader) -> dict[str, Any]:
        oldest = milliseconds(now()) - _RETENTION
        document = _document(reader, arn, oldest)
        shards = [
            shard
            for shard in _shards(document, oldest)
            # Ids begin with the moment of a shard, so their order is that of the shards.
            if (after is None or shard.id > after) and (parent is None or shard.parent == parent)
        ]
        described: dict[str, Any] = {
            "StreamArn": arn,
            "StreamLabel": document["StreamLabel"],
            "StreamStatus": "ENABLED" if document["Ended"] is None else "DISABLED",
            "StreamViewType": document["StreamViewType"],
            "CreationRequestDateTime": moment(document["Created"] / 1000),
            "TableName": document["TableName"],
            "KeySchema": document["KeySchema"],
            "Shards": [_described(shard) for shard in shards[:limit]],
        }
        if len(shards) > limit:
            described["LastEvaluatedShardId"] = shards[limit - 1].id
        return {"StreamDescription": described}

    return work


def _parent(given: Mapping[str, Any] | None) -> str | None:
    """Return the shard of which only the children are wanted; None for all shards.

    Raises:
        EngineError: A ValidationException.
    """
    if given is None:
        return None
    kind, parent = given.get("Type"), given.get("ShardId")
    if kind is None or parent is None:
        absent = "Type" if kind is None else "ShardId"
        raise validation(texts.streams.FILTER_PARAMETER_MISSING, absent=absent)
    return str(parent)


def _described(shard: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": sequence_text(shard.start)}
    if shard.end is not None:
        numbers["EndingSequenceNumber"] = sequence_text(shard.end)
    described: dict[str, Any] = {"ShardId": shard.id, "SequenceNumberRange": numbers}
    if shard.parent is not None:
        described["ParentShardId"] = shard.parent
    return described


def get_shard_iterator(request: Mapping[str, Any], now: Clock) -> Work:
    """Return an iterator at a place of a shard.

    Raises:
        EngineError: The request is not valid.
    """
    arn, shard_id, kind = request["StreamArn"], request["ShardId"], request["ShardIteratorType"]
    _parsed(arn)
    sequence = _sequence(kind, request.get("SequenceNumber"))
    timestamp = _timestamp(kind, request.get("Timestamp"))

    def work(reader: Reader) -> dict[str, Any]:
        current = milliseconds(now())
        oldest = current - _RETENTION
        document = _document(reader, arn, oldest)
        shard = next((one for one in _shards(document, oldest) if one.id == shard_id), None)
        if shard is None:
            raise _not_found(texts.streams.SHARD)
        if kind == "LATEST":
            place = _last(reader, document, shard) + 1
        elif kind == "TRIM_HORIZON":
            place = max(shard.start, first_sequence(oldest))
        elif timestamp is not None:
            if timestamp > current / 1000:
                raise validation(texts.streams.TIMESTAMP_IN_FUTURE)
            # It is compared with times that records show, which are rounded down to the second.
            place = max(shard.start, first_sequence(max(oldest, ceil(timestamp) * 1000)))
        else:
            _check_place(sequence, shard, max(shard.start, _last(reader, document, shard)), oldest)
            place = sequence + 1 if kind == "AFTER_SEQUENCE_NUMBER" else sequence
        return {"ShardIterator": Iterator(arn, shard_id, place, current).text()}

    return work


def _sequence(kind: str, given: str | None) -> int:
    numbered = kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
    if not numbered:
        if given is not None:
            raise validation(texts.streams.NEEDLESS_SEQUENCE_NUMBER, kind=kind)
        return 0
    if given is None:
        raise validation(texts.streams.SEQUENCE_NUMBER_MISSING, kind=kind)
    if not (given.isascii() and given.isdigit()):
        raise validation(texts.streams.SEQUENCE_NUMBER_NO_NUMBER, given=given)
    return int(given)


def _timestamp(kind: str, given: datetime | float | None) -> float | None:
    if kind != "AT_TIMESTAMP":
        if given is not None:
            raise validation(texts.streams.NEEDLESS_TIMESTAMP, kind=kind)
        return None
    if given is None:
        raise validation(texts.streams.TIMESTAMP_MISSING, kind=kind)
    return seconds(given)


def _check_place(sequence: int, shard: Shard, last: int, oldest: int) -> None:
    """Check a sequence number that a caller gave.

    Raises:
        EngineError: A ValidationException or a TrimmedDataAccessException.
    """
    if not shard.start <= sequence <= last:
        raise validation(
            texts.streams.SEQUENCE_NUMBER_OUT_OF_RANGE,
            number=sequence_text(sequence),
            shard=shard.id,
        )
    if sequence < first_sequence(oldest):
        raise _trimmed(texts.streams.TRIMMED_FROM.format(number=sequence_text(sequence)))


def get_records(request: Mapping[str, Any], now: Clock) -> Work:
    """Return the records from an iterator on: up to 1,000 of them, and up to 1 MB.

    Raises:
        EngineError: The request is not valid.
    """
    iterator = Iterator.parse(request["ShardIterator"], now())
    limit = request.get("Limit") or STREAM_RECORDS
    if limit > STREAM_RECORDS:
        raise EngineError(
            "LimitExceededException",
            texts.streams.LIMIT_TOO_LARGE,
            limit=limit,
        )

    def work(reader: Reader) -> dict[str, Any]:
        current = milliseconds(now())
        oldest = current - _RETENTION
        document = _document(reader, iterator.arn, oldest)
        # Unlike for a new iterator, a shard that is no longer described will do.
        shard = next((one for one in shards_of(document) if one.id == iterator.shard), None)
        if shard is None:
            return {"Records": []}
        end = None if shard.end is None else record_key(shard.end + 1)
        _check_untrimmed(reader, document, iterator, oldest, end)
        records: list[dict[str, Any]] = []
        place, size = max(iterator.sequence, first_sequence(oldest)), 0
        more = shard.end is None
        for key, value in reader.scan(space_of(document), start=record_key(place), end=end):
            described = _record(document, read_record(key, value))
            size += described["dynamodb"]["SizeBytes"]
            if records and (len(records) == limit or size > PAGE_BYTES):
                more = True
                break
            records.append(described)
            place = sequence_of(key) + 1
        response: dict[str, Any] = {"Records": records}
        if more:
            following = Iterator(iterator.arn, iterator.shard, place, current)
            response["NextShardIterator"] = following.text()
        return response

    return work


def _check_untrimmed(
    reader: Reader,
    document: Mapping[str, Any],
    iterator: Iterator,
    oldest: int,
    end: bytes | None,
) -> None:
    """Refuse an iterator from which records were trimmed after it was made.

    Those that were trimmed before do not matter: nobody was promised them.

    Raises:
        EngineError: A TrimmedDataAccessException.
    """
    start = max(iterator.sequence, first_sequence(min(iterator.issued - _RETENTION, oldest)))
    trimmed = record_key(first_sequence(oldest))
    if end is not None:
        trimmed = min(trimmed, end)
    for _ in reader.scan(space_of(document), start=record_key(start), end=trimmed):
        raise _trimmed(texts.streams.TRIMMED_BEHIND)


def _record(document: Mapping[str, Any], record: Record) -> dict[str, Any]:
    keys = record.keys
    size = 0
    images: dict[str, Item] = {}
    for name, raw in (("NewImage", record.new), ("OldImage", record.old)):
        if raw is not None:
            images[name] = unpack(raw)
            size += size_of(raw)
    if keys is None:
        image = next(iter(images.values()))
        names = [entry["AttributeName"] for entry in document["KeySchema"]]
        # The image's own values would be one object in two places of the answer.
        keys = copy_item({name: image[name] for name in names})
    name, label = document["TableName"], document["StreamLabel"]
    sequence = sequence_text(record.sequence)
    event = f"{document['TableId']} {name} {label} {sequence}".encode()
    described: dict[str, Any] = {
        "eventID": blake2b(event, digest_size=16).hexdigest(),
        "eventName": record.name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": moment(record.moment // 1000),
            "Keys": keys,
            **images,
            "SequenceNumber": sequence,
            "SizeBytes": item_size(keys) + size,
            "StreamViewType": document["StreamViewType"],
        },
    }
    if record.identity is not None:
        described["userIdentity"] = record.identity
    return described


def _parsed(arn: str) -> tuple[str, str]:
    """Return the table's name and the label that a stream's ARN has.

    Raises:
        EngineError: A ValidationException; it is no stream's ARN.
    """
    match = _ARN.fullmatch(arn)
    if match is None:
        raise validation(texts.streams.INVALID_STREAM_ARN, arn=arn)
    return match[1], match[2]


def _document(reader: Reader, arn: str, oldest: int) -> dict[str, Any]:
    """Return the description of a stream that can still be read.

    Raises:
        EngineError: A ResourceNotFoundException.
    """
    name, label = _parsed(arn)
    raw = reader.get(STREAMS, stream_key(name, label))
    document = {} if raw is None else decode(raw)
    # An ARN of another region or account can have the same ending.
    if not document or _gone(document, oldest) or stream_arn(name, label) != arn:
        raise _not_found(texts.streams.STREAM.format(arn=arn))
    return document


def _gone(document: Mapping[str, Any], oldest: int) -> bool:
    return document["Ended"] is not None and document["Ended"] < oldest


def _shards(document: Mapping[str, Any], oldest: int) -> list[Shard]:
    """Return the shards that may still have records."""
    shards = shards_of(document)
    return [shard for shard in shards if shard.closed is None or shard.closed >= oldest]


def _last(reader: Reader, document: Mapping[str, Any], shard: Shard) -> int:
    """Return the number of a shard's last record; one less than its first if it has none."""
    if shard.end is not None:
        return shard.end
    start = record_key(shard.start)
    for key, _ in reader.scan(space_of(document), start=start, reverse=True):
        return sequence_of(key)
    return shard.start - 1


def _check_shard_id(shard_id: str) -> None:
    if not _SHARD_ID.fullmatch(shard_id):
        raise validation(texts.streams.INVALID_SHARD_ID, shard_id=shard_id)


def _not_found(what: str) -> EngineError:
    return EngineError("ResourceNotFoundException", texts.streams.NOT_FOUND, what=what)


def _trimmed(what: str) -> EngineError:
    return EngineError("TrimmedDataAccessException", texts.streams.TRIMMED, what=what)
