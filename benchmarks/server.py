"""Servers that speak DynamoDB's protocol: requests per second, and the CPU time of the server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from tests.servers import Server, ServerUnavailable, start_dynalite, start_dynoxide, start_moto

from benchmarks.measure import Result

__all__ = ["run"]

CONNECTIONS = (1, 64)
HEADERS = (
    "Host: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\n"
    "X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
    "Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0\r\n"
)
TABLE: dict[str, Any] = {
    "TableName": "bench",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


@dataclass(frozen=True, slots=True)
class Running:
    """A server under test."""

    name: str
    port: int
    pid: int


def item(partition: str, number: int) -> dict[str, Any]:
    return {
        "pk": {"S": partition},
        "sk": {"N": str(number)},
        "name": {"S": f"name {number}"},
        "tags": {"L": [{"S": "a"}, {"S": "b"}]},
        "nested": {"M": {"flag": {"BOOL": True}, "count": {"N": "12"}}},
    }


def key(number: int) -> dict[str, Any]:
    return {"pk": {"S": "read"}, "sk": {"N": str(number % 50)}}


def body(operation: str, number: int) -> tuple[str, dict[str, Any]]:
    """Return the operation's name in DynamoDB and the request of a running number."""
    if operation == "GetItem":
        return operation, {"TableName": "bench", "Key": key(number)}
    if operation == "PutItem":
        return operation, {"TableName": "bench", "Item": item("put", number % 500)}
    if operation == "Query50":
        return "Query", {
            "TableName": "bench",
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "read"}},
        }
    first = number % 20 * 25
    puts = [{"PutRequest": {"Item": item("batch", first + n)}} for n in range(25)]
    return "BatchWriteItem", {"RequestItems": {"bench": puts}}


OPERATIONS = ("GetItem", "PutItem", "Query50", "BatchWrite25")


def rendered(operation: str, request: dict[str, Any]) -> bytes:
    raw = json.dumps(request).encode()
    head = (
        f"POST / HTTP/1.1\r\n{HEADERS}X-Amz-Target: DynamoDB_20120810.{operation}\r\n"
        f"Content-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


class Caller:
    """One connection, which is kept as long as the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, request: bytes) -> bytes:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        answer = await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        if not head.split(b" ", 2)[1] == b"200":
            raise RuntimeError(answer.decode())
        if b"connection: close" in head:
            self.close()
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def cpu_seconds(pid: int) -> float:
    """Return what a process has used so far, as Linux counts it; not a number elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def anydynamo(*arguments: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "anydynamo.cli", "serve", "--port", "0", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield Running(
                f"anydynamo-{told['provider']}", int(told["url"].rpartition(":")[2]), process.pid
            )
        finally:
            process.terminate()


def peers(stack: ExitStack) -> Iterator[Running]:
    for start in (start_dynalite, start_moto, start_dynoxide):
        try:
            server: Server = start()
        except ServerUnavailable as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        stack.callback(server.stop)
        yield Running(server.name, int(server.url.rpartition(":")[2]), server.pid)


async def run(*, quick: bool) -> list[Result]:
    rounds, seconds = (3, 0.5) if quick else (5, 2.0)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        file = str(Path(folder, "bench.db"))
        servers = [
            stack.enter_context(anydynamo("--provider", "memory")),
            stack.enter_context(anydynamo("--provider", "sqlite", "--path", file)),
            *peers(stack),
        ]
        for server in servers:
            caller = Caller(server.port)
            await caller.call(rendered("CreateTable", TABLE))
            await _active(caller)
            for number in range(50):
                put = {"TableName": "bench", "Item": item("read", number)}
                await caller.call(rendered("PutItem", put))
            caller.close()
        results: list[Result] = []
        for operation in OPERATIONS:
            requests = [rendered(*body(operation, number)) for number in range(500)]
            for connections in CONNECTIONS:
                samples: dict[str, list[tuple[float, float]]] = {s.name: [] for s in servers}
                # Node compiles what it has run often.
                for server in servers:
                    await _slice(server, requests, connections, seconds)
                for _ in range(rounds):
                    for server in servers:
                        taken = await _slice(server, requests, connections, seconds)
                        samples[server.name].append(taken)
                results += [
                    Result(
                        name,
                        operation,
                        connections,
                        round(median(cpu for cpu, _ in taken), 1),
                        round(median(rate for _, rate in taken), 1),
                    )
                    for name, taken in samples.items()
                ]
        return results


async def _active(caller: Caller) -> None:
    describe = rendered("DescribeTable", {"TableName": "bench"})
    for _ in range(1000):
        if json.loads(await caller.call(describe))["Table"]["TableStatus"] == "ACTIVE":
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("The table does not become active")


async def _slice(
    server: Running, requests: Sequence[bytes], connections: int, seconds: float
) -> tuple[float, float]:
    numbers = count()
    callers = [Caller(server.port) for _ in range(connections)]
    began, cpu = time.perf_counter(), cpu_seconds(server.pid)

    async def work(caller: Caller) -> int:
        done = 0
        while time.perf_counter() < began + seconds or not done:
            await caller.call(requests[next(numbers) % len(requests)])
            done += 1
        caller.close()
        return done

    done = sum(await asyncio.gather(*map(work, callers)))
    wall, used = time.perf_counter() - began, cpu_seconds(server.pid) - cpu
    return used / done * 1e6, done / wall
