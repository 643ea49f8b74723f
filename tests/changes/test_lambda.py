"""AWS Lambda's events: what a handler takes, what it refuses, and where it stops."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.changes import Change, LambdaHandler, lambda_handler
from anydynamo.errors import InvalidRequest, NotSupported
from anydynamo.models.table import Attr, Table, attribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/{}/stream/2026-01-01T00:00:00.000"

# The event of "Using AWS Lambda with Amazon DynamoDB", in the form that Lambda delivers it in.
EVENT: dict[str, Any] = json.loads("""
{
  "Records": [
    {
      "eventID": "1",
      "eventVersion": "1.0",
      "dynamodb": {
        "ApproximateCreationDateTime": 1767225600.0,
        "Keys": {"Id": {"N": "101"}},
        "NewImage": {"Message": {"S": "New item!"}, "Id": {"N": "101"}},
        "StreamViewType": "NEW_AND_OLD_IMAGES",
        "SequenceNumber": "111",
        "SizeBytes": 26
      },
      "awsRegion": "us-east-1",
      "eventName": "INSERT",
      "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/messages/stream/2026",
      "eventSource": "aws:dynamodb"
    },
    {
      "eventID": "2",
      "eventVersion": "1.0",
      "dynamodb": {
        "ApproximateCreationDateTime": 1767225601.0,
        "OldImage": {"Message": {"S": "New item!"}, "Id": {"N": "101"}},
        "SequenceNumber": "222",
        "Keys": {"Id": {"N": "101"}},
        "SizeBytes": 59,
        "NewImage": {"Message": {"S": "This item has changed"}, "Id": {"N": "101"}},
        "StreamViewType": "NEW_AND_OLD_IMAGES"
      },
      "awsRegion": "us-east-1",
      "eventName": "MODIFY",
      "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/messages/stream/2026",
      "eventSource": "aws:dynamodb"
    },
    {
      "eventID": "3",
      "eventVersion": "1.0",
      "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
      "dynamodb": {
        "ApproximateCreationDateTime": 1767225602,
        "Keys": {"Id": {"N": "101"}},
        "SizeBytes": 38,
        "SequenceNumber": "333",
        "OldImage": {"Message": {"S": "This item has changed"}, "Id": {"N": "101"}},
        "StreamViewType": "NEW_AND_OLD_IMAGES"
      },
      "awsRegion": "us-east-1",
      "eventName": "REMOVE",
      "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/messages/stream/2026",
      "eventSource": "aws:dynamodb"
    }
  ]
}
""")


class Message(Table, name="messages", stream="NEW_AND_OLD_IMAGES"):
    id: Attr[int] = attribute(hash_key=True, attr_name="Id")
    message: Attr[str] = attribute(default="", attr_name="Message")


class Blob(Table, name="blobs", stream="NEW_IMAGE"):
    key: Attr[bytes] = attribute(hash_key=True)
    parts: Attr[list[bytes] | None] = attribute(default=None)
    named: Attr[dict[str, bytes] | None] = attribute(default=None)
    several: Attr[set[bytes] | None] = attribute(default=None)


def record(sequence: str, *, table: str = "messages", **stream: Any) -> dict[str, Any]:
    return {
        "eventID": sequence,
        "eventName": "INSERT",
        "eventSourceARN": ARN.format(table),
        "dynamodb": {
            "ApproximateCreationDateTime": 1767225600,
            "Keys": {"Id": {"N": sequence}},
            "NewImage": {"Id": {"N": sequence}, "Message": {"S": "a secret"}},
            "SequenceNumber": sequence,
            **stream,
        },
    }


@pytest.fixture
def handled() -> list[Change[Message]]:
    return []


@pytest.fixture
def handler(handled: list[Change[Message]]) -> Iterator[LambdaHandler[Message]]:
    @lambda_handler(Message)
    def handle(change: Change[Message]) -> None:
        if change.sequence == "13":
            raise ValueError(change.new)
        handled.append(change)

    yield handle
    handle.close()


def test_lambdas_own_example_is_three_changes(
    handler: LambdaHandler[Message], handled: list[Change[Message]]
) -> None:
    assert handler(EVENT, object()) == {"batchItemFailures": []}
    first = Message(id=101, message="New item!")
    second = Message(id=101, message="This item has changed")
    assert [(change.kind, change.old, change.new) for change in handled] == [
        ("insert", None, first),
        ("modify", first, second),
        ("remove", second, None),
    ]
    assert [change.expired for change in handled] == [False, False, True]
    assert [change.sequence for change in handled] == ["111", "222", "333"]
    assert [change.id for change in handled] == ["1", "2", "3"]
    assert {change.key for change in handled} == {101}
    assert handled[0].time == datetime(2026, 1, 1, tzinfo=UTC)
    assert (handled[0].position, handled[0].shard) == ("", "")


def test_a_handler_stops_at_the_first_failure_and_names_it(
    handler: LambdaHandler[Message], handled: list[Change[Message]]
) -> None:
    event = {"Records": [record("12"), record("13"), record("14")]}
    assert handler(event) == {"batchItemFailures": [{"itemIdentifier": "13"}]}
    assert [change.sequence for change in handled] == ["12"]


@pytest.mark.parametrize(
    "broken",
    [
        {"NewImage": {"Id": {"N": "x"}}},
        {"NewImage": {"Id": {"N": "2"}, "Message": {"B": "no base64!"}}},
        {"NewImage": {"Message": {"S": "no key"}}},
        {"NewImage": ["no item"]},
        {"Keys": None},
        {"ApproximateCreationDateTime": "yesterday"},
    ],
)
def test_a_record_that_is_none_of_the_model_is_a_failure_of_that_record(
    handler: LambdaHandler[Message], handled: list[Change[Message]], broken: dict[str, Any]
) -> None:
    event = {"Records": [record("1"), record("2", **broken), record("3")]}
    assert handler(event) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert [change.sequence for change in handled] == ["1"]


def test_an_unknown_kind_of_event_is_a_failure(handler: LambdaHandler[Message]) -> None:
    event = {"Records": [{**record("1"), "eventName": "TRUNCATE"}]}
    assert handler(event) == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_a_failure_is_logged_without_the_items_values(
    handler: LambdaHandler[Message], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="anydynamo"):
        handler({"Records": [record("13")]})
    (logged,) = caplog.messages
    assert "The change 13 of messages failed with ValueError" in logged
    assert "test_lambda.py" in logged
    assert "a secret" not in caplog.text


def test_binary_is_base64_everywhere() -> None:
    found: list[Change[Blob]] = []
    handler = lambda_handler(Blob)(found.append)
    image = {
        "key": {"B": "AP8="},
        "parts": {"L": [{"B": "AA=="}, {"B": "/w=="}]},
        "named": {"M": {"a": {"B": "AAE="}}},
        "several": {"BS": ["AA==", "AQ=="]},
    }
    event = record("1", table="blobs", Keys={"key": {"B": "AP8="}}, NewImage=image)
    assert handler({"Records": [event]}) == {"batchItemFailures": []}
    handler.close()
    assert found[0].key == b"\x00\xff"
    assert found[0].new == Blob(
        key=b"\x00\xff",
        parts=[b"\x00", b"\xff"],
        named={"a": b"\x00\x01"},
        several={b"\x00", b"\x01"},
    )


@pytest.mark.parametrize(
    "event",
    [
        {"Records": []},
        {
            "Records": [],
            "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:02:00Z"},
            "state": {},
            "shardId": "shardId-1",
            "isFinalInvokeForWindow": True,
        },
    ],
)
def test_an_event_without_records_is_done(
    handler: LambdaHandler[Message], event: dict[str, Any]
) -> None:
    assert handler(event) == {"batchItemFailures": []}


@pytest.mark.parametrize("event", [{}, {"Records": None}, {"detail": 1}, ["Records"], None])
def test_what_is_no_event_of_a_stream_is_refused(
    handler: LambdaHandler[Message], event: Any
) -> None:
    with pytest.raises(InvalidRequest, match="no event of a stream"):
        handler(event)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "text",
        {},
        {"dynamodb": {}},
        {"dynamodb": {"SequenceNumber": ""}},
        {"dynamodb": {"SequenceNumber": 1}},
    ],
)
def test_a_record_that_cannot_be_named_to_lambda_is_refused_before_anything_is_handled(
    handler: LambdaHandler[Message], handled: list[Change[Message]], broken: Any
) -> None:
    with pytest.raises(InvalidRequest, match="no sequence number"):
        handler({"Records": [record("1"), broken]})
    assert handled == []


@pytest.mark.parametrize(
    "arn",
    [
        None,
        ARN.format("others"),
        ARN.format("prod-messages"),
        "arn:aws:kinesis:us-east-1:123456789012:stream/messages",
        "arn:aws:dynamodb:us-east-1:123456789012:table/messages",
    ],
)
def test_another_tables_stream_is_refused_before_anything_is_handled(
    handler: LambdaHandler[Message], handled: list[Change[Message]], arn: Any
) -> None:
    event = {"Records": [record("1"), {**record("2"), "eventSourceARN": arn}]}
    with pytest.raises(InvalidRequest, match="is for the stream of messages"):
        handler(event)
    assert handled == []


@pytest.mark.parametrize(
    ("options", "table"),
    [
        ({"table_prefix": "prod-"}, "prod-messages"),
        ({"tables": {"messages": "Messages2026"}}, "Messages2026"),
        ({"tables": {"messages": "arn:aws:dynamodb:us-east-1:1:table/Elsewhere"}}, "Elsewhere"),
    ],
)
def test_a_table_may_have_a_prefix_or_another_name(options: dict[str, Any], table: str) -> None:
    def nothing(change: Change[Message]) -> None:
        del change

    handler: LambdaHandler[Message] = lambda_handler(
        Message,
        table_prefix=options.get("table_prefix", ""),
        tables=options.get("tables"),
    )(nothing)
    assert handler({"Records": [record("1", table=table)]}) == {"batchItemFailures": []}
    with pytest.raises(InvalidRequest):
        handler({"Records": [record("1")]})
    handler.close()


def test_coroutines_run_on_one_event_loop_that_is_kept() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    @lambda_handler(Message)
    async def handle(change: Change[Message]) -> None:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())

    for _ in range(2):
        assert handle(EVENT) == {"batchItemFailures": []}
    handle.close()
    handle.close()
    assert len(loops) == 6
    assert len(set(loops)) == 1


def test_a_plain_function_may_have_an_event_loop_of_its_own() -> None:
    async def later(change: Change[Message]) -> str:
        await asyncio.sleep(0)
        return change.sequence

    @lambda_handler(Message)
    def handle(change: Change[Message]) -> None:
        sequences.append(asyncio.run(later(change)))

    sequences: list[str] = []
    assert handle(EVENT) == {"batchItemFailures": []}
    assert sequences == ["111", "222", "333"]


def test_a_coroutine_that_fails_is_a_failure_of_its_record_and_the_loop_goes_on() -> None:
    @lambda_handler(Message)
    async def handle(change: Change[Message]) -> None:
        await asyncio.sleep(0)
        if change.sequence == "222" and not failed:
            failed.append(change)
            raise TimeoutError

    failed: list[Change[Message]] = []
    assert handle(EVENT) == {"batchItemFailures": [{"itemIdentifier": "222"}]}
    assert handle(EVENT) == {"batchItemFailures": []}
    handle.close()


async def test_where_a_loop_is_running_the_handler_is_awaited() -> None:
    sequences: list[str] = []

    @lambda_handler(Message)
    async def handle(change: Change[Message]) -> None:
        sequences.append(change.sequence)

    with pytest.raises(NotSupported, match=r"await handler\.handle"):
        handle(EVENT)
    assert await handle.handle(EVENT) == {"batchItemFailures": []}
    assert sequences == ["111", "222", "333"]


async def test_a_function_may_take_all_changes_of_an_event_at_once() -> None:
    batches: list[list[str]] = []

    @lambda_handler(Message, batch=True)
    async def handle(changes: Sequence[Change[Message]]) -> None:
        batches.append([change.sequence for change in changes])
        if len(batches) == 2:
            raise RuntimeError

    assert await handle.handle(EVENT) == {"batchItemFailures": []}
    failed = {"batchItemFailures": [{"itemIdentifier": "111"}]}
    assert await handle.handle(EVENT) == failed
    assert await handle.handle({"Records": []}) == {"batchItemFailures": []}
    assert batches == [["111", "222", "333"]] * 2


async def test_a_batch_ends_before_a_record_that_is_none_of_the_model() -> None:
    batches: list[list[str]] = []

    @lambda_handler(Message, batch=True)
    def handle(changes: Sequence[Change[Message]]) -> None:
        batches.append([change.sequence for change in changes])

    broken = record("2", NewImage={"Id": {"S": "no number"}})
    failed = {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert await handle.handle({"Records": [record("1"), broken, record("3")]}) == failed
    assert batches == [["1"]]
    assert await handle.handle({"Records": [broken]}) == failed
    assert batches == [["1"]]


def test_what_ends_the_process_is_no_failure_of_a_record() -> None:
    @lambda_handler(Message)
    def handle(change: Change[Message]) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        handle(EVENT)
    handle.close()


def test_the_decorator_needs_its_model() -> None:
    decorator: Any = lambda_handler
    with pytest.raises(InvalidRequest, match=r"handle at .* is no model"):

        @decorator  # type: ignore[untyped-decorator]
        def handle(change: object) -> None: ...
