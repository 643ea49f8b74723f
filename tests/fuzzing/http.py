"""A server that is sent anything: each request is answered, and never by an error of ours."""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
import zlib
from random import Random
from typing import TYPE_CHECKING, Any

import orjson
from tests.fuzzing.choices import Choices
from tests.fuzzing.requests import TABLES, Requests
from tests.fuzzing.values import strange, strange_name

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import AnyDynamoError
from anydynamo.server.connections import Hub, Limits
from anydynamo.server.messages import Request
from anydynamo.server.places import Shared
from anydynamo.server.service import STREAM_OPERATIONS, Service
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anydynamo.server.connections import Connection
    from anydynamo.server.messages import Reply

__all__ = ["SEEDS", "run"]

_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/dynamodb/aws4_request,"
    " SignedHeaders=host, Signature=0"
)
_LIMITS = Limits(connections=4, head=4096, body=65_536, held=131_072)
_CLOSING = re.compile(rb"^Connection: close\r$", re.MULTILINE)

_HEADERS = (
    b"Content-Type: application/x-amz-json-1.0",
    b"Authorization: " + _SIGNED.encode(),
    b"Accept-Encoding: gzip;q=0.5, *",
    b"Expect: 100-continue",
    b"Connection: close",
    b"Connection: Upgrade, HTTP2-Settings",
    b"Upgrade: h2c",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Content-Encoding: gzip",
    b"Content-Length: 0",
    b"Content-Length: 5",
    b"Content-Length: 99999999999999999999999",
    b"Content-Length: -1",
    b"X: " + b"y" * 5000,
    b"\xff: \xff",
    b" folded",
    b"X-Amz-Target: DynamoDB_20120810.\xe9",
    b"X-Amz-Target: DynamoDB_20120810." + b"a" * 300,
)
_HEADS = (b"POST / HTTP/1.1", b"GET /health HTTP/1.1", b"HEAD / HTTP/1.0", b"CONNECT a:1 HTTP/1.1")

SEEDS = tuple(Random(seed).randbytes(160) for seed in range(40))


class _Failures(logging.Handler):
    """Keeps what the server logs: a defect, whatever its reply was."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class _Wire(asyncio.Transport):
    """The other end of a connection, which is lost soon after it was closed, as a socket's is."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self.written = bytearray()
        self.closed = False

    def write(self, data: Any) -> None:
        assert not self.closed
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self._connection.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class _Stage:
    """A server over a fresh memory with two tables and an item."""

    def __init__(self) -> None:
        self.now = 1_767_225_600.0
        adapter = EmbeddedAdapter(
            MemoryStore(), provider="memory", blocking=True, clock=lambda: self.now
        )
        self.adapter = adapter
        self.service = Service(Shared(adapter), provider="memory", clock=lambda: self.now)

    async def prepare(self) -> None:
        for table in TABLES:
            await self.adapter.call("CreateTable", table)
        item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "g": {"B": b"a"}, "a": {"L": [{"S": "b"}]}}
        await self.adapter.call("PutItem", {"TableName": "ttt", "Item": item})
        await self.adapter.call("PutItem", {"TableName": "hhh", "Item": item})


def run(data: bytes) -> None:
    """Send one conversation."""
    failures = _Failures()
    log = logging.getLogger("anydynamo")
    before = log.propagate
    log.addHandler(failures)
    log.propagate = False
    choices = Choices(data)
    try:
        play = choices.one_of((_operations, _operations, _program, _connection, _raw))
        asyncio.run(play(choices))
    finally:
        log.removeHandler(failures)
        log.propagate = before
    for record in failures.records:
        raise AssertionError(record.getMessage()) from (record.exc_info or (None, None))[1]


async def _operations(choices: Choices) -> None:
    """Send requests for operations, each of which may use what the last ones said."""
    stage = _Stage()
    await stage.prepare()
    requests = Requests(choices)
    for answer in await _streams(stage):
        requests.remember(answer)
    for _ in range(1 + choices.below(6)):
        operation, parameters = requests.draw()
        reply = await stage.service.answer(_request(operation, orjson.dumps(parameters)))
        requests.remember(_sound(reply))
        stage.now += choices.one_of((0, 0, 1, 100_000))


async def _program(choices: Choices) -> None:
    """Call the adapter as a program does, with what no JSON can hold."""
    stage = _Stage()
    await stage.prepare()
    requests = Requests(choices)
    for _ in range(1 + choices.below(4)):
        operation, parameters = requests.draw(lambda: strange(choices, 2))
        if choices.seldom():
            parameters = strange(choices, 1)
        elif choices.seldom():
            parameters[strange_name(choices)] = None
        try:
            requests.remember(await stage.adapter.call(operation, parameters))
        except AnyDynamoError as error:
            assert error.code  # noqa: PT017
            str(error).encode()


async def _streams(stage: _Stage) -> list[Any]:
    """Return what leads to the records of the table's stream."""
    answers: list[Any] = []
    members: dict[str, Any] = {}
    for operation in ("ListStreams", "DescribeStream", "GetShardIterator"):
        reply = await stage.service.answer(_request(operation, orjson.dumps(members)))
        answers.append(orjson.loads(reply.body))
        if operation == "ListStreams":
            members = {"StreamArn": answers[0]["Streams"][0]["StreamArn"]}
        else:
            shards = answers[1]["StreamDescription"]["Shards"]
            members["ShardId"] = shards[0]["ShardId"]
            members["ShardIteratorType"] = "TRIM_HORIZON"
    return answers


def _target(operation: str) -> str:
    service = "DynamoDBStreams" if operation in STREAM_OPERATIONS else "DynamoDB"
    return f"{service}_20120810.{operation}"


def _request(operation: str, body: bytes) -> Request:
    headers = {"x-amz-target": _target(operation), "authorization": _SIGNED}
    return Request("POST", "/", headers, body)


def _sound(reply: Reply) -> Any:
    """Check a reply, and return what it says."""
    answer = orjson.loads(reply.body)
    if reply.status == 200:
        return answer
    assert reply.status == 400, reply
    assert "#" in answer["__type"], reply
    text = answer.get("message", answer.get("Message"))
    assert isinstance(text, str), reply
    return answer


async def _connection(choices: Choices) -> None:
    """Send whole requests, with whatever head, in whatever pieces, one after the other."""
    await _send(choices, b"".join(_whole(choices) for _ in range(1 + choices.below(4))))


def _whole(choices: Choices) -> bytes:
    requests = Requests(choices)
    operation, parameters = requests.draw()
    body = orjson.dumps(parameters) if choices.byte() % 4 else choices.raw(200)
    head = [
        choices.one_of(_HEADS) if choices.seldom(4) else _HEADS[0],
        b"Host: x",
        b"X-Amz-Target: " + _target(operation).encode(),
        _HEADERS[1],
    ]
    if choices.seldom():
        body = gzip.compress(b"\x00" * 65_536 * choices.below(4))
    head += [
        choices.one_of(_HEADERS) if choices.seldom(2) else _HEADERS[0]
        for _ in range(choices.below(4))
    ]
    if choices.seldom(4):
        size = 1 + choices.below(20)
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        body += choices.one_of((b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"", b"fffffffffffffffff\r\n"))
        head.append(b"Transfer-Encoding: chunked")
    elif choices.byte() % 8:
        head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(head) + b"\r\n\r\n" + body


async def _raw(choices: Choices) -> None:
    """Send bytes as they are."""
    opening = choices.one_of((b"", b"POST / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"))
    await _send(choices, opening + choices.rest())


async def _send(choices: Choices, data: bytes) -> None:
    stage = _Stage()
    await stage.prepare()
    now = 0.0
    hub = Hub(stage.service.answer, limits=_LIMITS, clock=lambda: now)
    connection = hub.connection()
    wire = _Wire(connection)
    connection.connection_made(wire)
    for piece in _pieces(choices, data):
        if wire.closed:
            break
        connection.data_received(piece)
        if choices.seldom(4):
            await _settle()
    await _settle()
    match choices.below(4):
        case 0 if not wire.closed:
            if not connection.eof_received():
                wire.close()
        case 1:
            await hub.stop(0.0)
        case _:
            pass
    await _settle()
    # Whatever state a client leaves a connection in, its time comes.
    for _ in range(4):
        if wire.closed:
            break
        now += 1000.0
        hub.sweep()
        await _settle()
    assert wire.closed
    assert not hub.tasks
    assert not hub.connections
    assert hub.held == 0
    _check_replies(bytes(wire.written))


def _pieces(choices: Choices, data: bytes) -> Iterator[bytes]:
    size = choices.one_of((len(data) or 1, 1 + choices.below(200), 1))
    if size == 1:
        size = max(1, len(data) // 2000)
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def _settle() -> None:
    for _ in range(12):
        await asyncio.sleep(0)


def _check_replies(written: bytes) -> None:
    """Take everything apart that was written: nothing but whole replies."""
    while written:
        head, separator, rest = written.partition(b"\r\n\r\n")
        assert separator, written
        if head == b"HTTP/1.1 100 Continue":
            written = rest
            continue
        status = int(head[9:12])
        assert status in (200, 400, 404, 405, 408, 413, 431), head
        lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(lines[b"Content-Length"])
        body = rest[:length]
        if rest.startswith(b"HTTP/1.1 ") or not rest:
            # The answer to HEAD has a length and no body.
            body = b""
        elif status != 404:
            assert zlib.crc32(body) == int(lines[b"x-amz-crc32"])
        written = rest[len(body) :]
        assert not (written and _CLOSING.search(head)), written
