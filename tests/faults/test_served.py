"""Faults over HTTP: what connections do, and what Amazon's clients make of it."""

from __future__ import annotations

import asyncio
import json
import zlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from tests.botocores import needs_member
from tests.faults.stage import Stage, item, key, table
from tests.server.asking import code, create, document, request
from tests.server.test_connections import Wire, post, statuses
from tests.serving import start

from anydynamo.adapters.dynamodb import DynamoDBAdapter
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.cli.serve import run
from anydynamo.errors import ConfigurationError, Throttled, TransactionCancelled, Unavailable
from anydynamo.server.connections import Hub
from anydynamo.server.deliveries import Delivery
from anydynamo.server.messages import Reply
from anydynamo.server.places import Shared
from anydynamo.server.service import Service
from anydynamo.server.serving import Server
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing.faults import (
    Contention,
    Faults,
    conflict,
    expire_token,
    fail,
    lose_reply,
    lose_request,
    read_faults,
    slow,
    throttle,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from anydynamo.server.messages import Request
    from anydynamo.testing.faults import Rule

DYNAMODB = "com.amazonaws.dynamodb.v20120810#"
WITH_REASONS = needs_member("ProvisionedThroughputExceededException", "ThrottlingReasons")


class Served:
    """A memory behind faults, without connections."""

    def __init__(self, *rules: Rule) -> None:
        self.inner = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
        self.faults = Faults(self.inner, rules)
        self.service = Service(Shared(self.faults), provider="memory")

    async def __call__(self, operation: str, **body: Any) -> Reply:
        return await self.service.answer(request(operation, body))

    async def put(self, name: str = "a") -> Reply:
        return await self("PutItem", TableName="ads", Item=item(name))

    async def stored(self) -> int:
        counted: int = (await self.inner.call("Scan", {"TableName": "ads"}))["Count"]
        return counted


async def served(*rules: Rule) -> Served:
    made = Served(*rules)
    await made.inner.call("CreateTable", table("ads"))
    return made


@pytest.mark.parametrize(
    ("rule", "status", "name"),
    [
        (throttle(), 400, f"{DYNAMODB}ProvisionedThroughputExceededException"),
        (throttle(code="RequestLimitExceeded"), 400, f"{DYNAMODB}RequestLimitExceeded"),
        (
            throttle(code="ThrottlingException"),
            400,
            "com.amazon.coral.availability#ThrottlingException",
        ),
        (fail(), 500, f"{DYNAMODB}InternalServerError"),
        (
            fail(code="ServiceUnavailableException"),
            503,
            "com.amazon.coral.service#ServiceUnavailableException",
        ),
        (conflict(), 400, f"{DYNAMODB}TransactionConflictException"),
        (expire_token(), 400, "com.amazon.coral.service#ExpiredTokenException"),
    ],
)
async def test_a_fault_is_written_as_the_service_writes_it(
    rule: Rule, status: int, name: str
) -> None:
    reply = await (await served(rule)).put()
    assert (reply.status, code(reply), reply.delivery) == (status, name, Delivery.WHOLE)


@pytest.mark.parametrize(
    ("rule", "member"),
    [
        (throttle(), "ThrottlingReasons"),
        (throttle(code="RequestLimitExceeded"), "ThrottlingReasons"),
        (throttle(code="ThrottlingException"), "throttlingReasons"),
    ],
)
async def test_a_throttle_says_why_where_the_services_description_has_it(
    rule: Rule, member: str
) -> None:
    body = document(await (await served(rule)).put())
    assert set(body) == {"__type", "message", member}
    assert set(body[member][0]) == {"reason", "resource"}


async def test_the_health_url_stays_healthy() -> None:
    from anydynamo.server.messages import Request as HTTPRequest

    made = await served(fail(), lose_request(), slow(seconds=1000))
    for target in ("/", "/health"):
        assert (await made.service.answer(HTTPRequest("GET", target, {}))).status == 200


@pytest.mark.parametrize(
    ("how", "delivery"),
    [
        ("timeout", Delivery.HELD),
        ("cut", Delivery.CUT),
        ("truncate", Delivery.TRUNCATED),
        ("checksum", Delivery.MISCOUNTED),
    ],
)
async def test_a_reply_that_is_lost_is_the_real_one(how: Any, delivery: Delivery) -> None:
    made = await served(lose_reply(how=how))
    await made.inner.call("PutItem", {"TableName": "ads", "Item": item("a")})
    reply = await made("GetItem", TableName="ads", Key=key("a"))
    assert (reply.status, document(reply), reply.delivery) == (200, {"Item": item("a")}, delivery)
    refused = await made("GetItem", TableName="no", Key=key("a"))
    assert (refused.status, refused.delivery) == (400, delivery)
    assert code(refused) == f"{DYNAMODB}ResourceNotFoundException"


class Line:
    """A connection whose replies are delivered as a test wants it."""

    def __init__(self, *deliveries: Delivery) -> None:
        self.now = 0.0
        self.left = list(deliveries)
        self.hub = Hub(self.answer, clock=lambda: self.now)
        self.connection, self.wire = self.hub.connection(), Wire()
        self.connection.connection_made(self.wire)
        self.go = asyncio.Event()
        self.go.set()

    async def answer(self, asked: Request) -> Reply:
        await self.go.wait()
        delivery = self.left.pop(0) if self.left else Delivery.WHOLE
        return Reply(200, b"x" * 100, delivery=delivery)

    async def send(self, times: int = 1) -> None:
        for _ in range(times):
            self.connection.data_received(post())
        await self.settle()

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


def parts(written: bytes) -> tuple[dict[bytes, bytes], bytes]:
    head, _, body = written.partition(b"\r\n\r\n")
    lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:]]
    return {name.lower(): value for name, _, value in lines}, body


async def test_a_reply_with_a_wrong_checksum_is_whole_and_the_next_one_is_right() -> None:
    line = Line(Delivery.MISCOUNTED)
    await line.send()
    headers, body = parts(line.wire.written)
    assert int(headers[b"x-amz-crc32"]) != zlib.crc32(body)
    assert len(body) == 100
    line.wire.written = b""
    await line.send()
    headers, body = parts(line.wire.written)
    assert int(headers[b"x-amz-crc32"]) == zlib.crc32(body)
    assert not line.wire.closed


async def test_a_reply_that_is_truncated_announces_more_than_it_has() -> None:
    line = Line(Delivery.TRUNCATED)
    await line.send()
    headers, body = parts(line.wire.written)
    assert (int(headers[b"content-length"]), len(body)) == (100, 50)
    assert line.wire.closed


async def test_a_connection_that_is_cut_has_sent_nothing() -> None:
    line = Line(Delivery.CUT)
    await line.send()
    assert line.wire.written == b""
    assert line.wire.closed


async def test_a_connection_that_is_held_answers_nothing_more_and_ends_with_its_client() -> None:
    line = Line(Delivery.WHOLE, Delivery.HELD)
    line.go.clear()
    await line.send(3)
    line.go.set()
    await line.settle()
    assert statuses(line.wire) == [200]
    assert not line.wire.closed
    assert not line.wire.paused
    await line.send()
    assert statuses(line.wire) == [200]
    assert line.hub.held == 0
    # asyncio closes the transport of a protocol that says so.
    assert line.connection.eof_received() is False


async def test_a_client_that_never_gives_up_is_not_held_for_ever() -> None:
    line = Line(Delivery.HELD)
    await line.send()
    line.now = line.hub.limits.idle
    line.hub.sweep()
    assert line.wire.closed


async def test_a_client_that_left_is_not_held() -> None:
    line = Line(Delivery.HELD)
    line.go.clear()
    await line.send()
    line.connection.connection_lost(None)
    line.go.set()
    await line.settle()
    assert not line.hub.tasks


@pytest.mark.parametrize("before", [True, False])
async def test_a_server_that_stops_holds_nobody(before: bool) -> None:
    line = Line(Delivery.HELD)
    line.go.clear()
    await line.send()
    if before:
        line.go.set()
        await line.settle()
    stopping = asyncio.ensure_future(line.hub.stop(5.0))
    await line.settle()
    line.go.set()
    await line.settle()
    assert line.wire.closed
    line.connection.connection_lost(None)
    await stopping


@asynccontextmanager
async def listening(
    *rules: Rule, contention: float | None = None
) -> AsyncIterator[tuple[Faults, str]]:
    inner = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
    await inner.call("CreateTable", table("ads"))
    faults = Faults(inner if contention is None else Contention(inner, contention), rules)
    async with Server(Service(Shared(faults), provider="memory")) as server:
        yield faults, server.url


def amazons(url: str, mode: str = "standard", attempts: int = 3) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(
            retries={"total_max_attempts": attempts, "mode": mode},
            read_timeout=0.05,
            connect_timeout=5,
        ),
    )


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sleeps: botocore goes on at once, in both of its retry modes."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def attempts(answer: Any) -> int:
    counted: int = answer["ResponseMetadata"]["RetryAttempts"] + 1
    return counted


@pytest.mark.parametrize(
    ("rule", "mode"),
    [
        (throttle("PutItem", times=2), "standard"),
        (throttle("PutItem", code="ThrottlingException", times=2), "standard"),
        (throttle("PutItem", code="RequestLimitExceeded", times=2), "standard"),
        (fail("PutItem", times=2), "standard"),
        (fail("PutItem", code="ServiceUnavailableException", times=2), "standard"),
        (lose_request("PutItem", times=2), "standard"),
        (lose_request("PutItem", how="cut", times=2), "standard"),
        (lose_reply("PutItem", times=2), "standard"),
        (lose_reply("PutItem", how="cut", times=2), "standard"),
        # In its standard mode botocore looks at no checksum, and takes half a body for an answer
        # without content.
        (lose_reply("GetItem", how="checksum", times=2), "legacy"),
        (lose_reply("GetItem", how="truncate", times=2), "legacy"),
    ],
)
async def test_amazons_client_repeats_what_passes(rule: Rule, mode: str) -> None:
    def ask(url: str) -> tuple[int, Any]:
        client = amazons(url, mode)
        put = client.put_item(TableName="ads", Item=item("a"))
        got = client.get_item(TableName="ads", Key=key("a"), ConsistentRead=True)
        client.close()
        return max(attempts(put), attempts(got)), got["Item"]

    async with listening(rule) as (faults, url):
        tries, found = await asyncio.to_thread(ask, url)
    assert (tries, found) == (3, item("a"))
    assert len(faults.injected) == 2


@WITH_REASONS
async def test_amazons_client_gives_up_in_the_end_and_shows_the_reasons() -> None:
    def ask(url: str) -> Any:
        client = amazons(url)
        with pytest.raises(client.exceptions.ProvisionedThroughputExceededException) as caught:
            client.put_item(TableName="ads", Item=item("a"))
        client.close()
        return caught.value.response

    async with listening(throttle("PutItem")) as (_, url):
        response = await asyncio.to_thread(ask, url)
    assert response["ThrottlingReasons"][0]["reason"] == "TableWriteProvisionedThroughputExceeded"


@pytest.mark.parametrize("how", ["timeout", "cut"])
async def test_a_transaction_that_amazons_client_repeats_is_applied_once(how: Any) -> None:
    add = {
        "TableName": "ads",
        "Key": key("a"),
        "UpdateExpression": "ADD seen :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }

    def ask(url: str) -> Any:
        client = amazons(url)
        # No ClientRequestToken: botocore fills one in, and repeats it.
        written = client.transact_write_items(TransactItems=[{"Update": add}])
        found = client.get_item(TableName="ads", Key=key("a"))["Item"]
        client.close()
        return attempts(written), found["seen"]

    async with listening(lose_reply("TransactWriteItems", how=how, times=2)) as (_, url):
        assert await asyncio.to_thread(ask, url) == (3, {"N": "1"})


async def adapter_of(url: str, **options: Any) -> DynamoDBAdapter:
    async def no_sleep(_: float) -> None:
        """Go on at once."""

    return DynamoDBAdapter(
        region="eu-west-1",
        endpoint_url=url,
        access_key_id="local",
        secret_access_key="local",
        sleep=no_sleep,
        **options,
    )


@WITH_REASONS
async def test_the_librarys_own_adapter_repeats_and_keeps_the_reasons() -> None:
    async with listening(throttle("PutItem", times=3), lose_reply("PutItem", how="cut", nth=4)) as (
        faults,
        url,
    ):
        adapter = await adapter_of(url)
        await adapter.call("PutItem", {"TableName": "ads", "Item": item("a")})
        assert [one.fault for one in faults.injected] == ["throttle"] * 3 + ["lose_reply"]
        await adapter.close()
        faults.add(throttle("GetItem", code="ThrottlingException"), lose_request("Scan", how="cut"))
        faults.add(lose_reply("Query", how="truncate"))
        adapter = await adapter_of(url, max_attempts=1)
        with pytest.raises(Throttled) as caught:
            await adapter.call("GetItem", {"TableName": "ads", "Key": key("a")})
        assert caught.value.reasons[0]["reason"] == "TableReadKeyRangeThroughputExceeded"
        for operation in ("Scan", "Query"):
            with pytest.raises(Unavailable):
                await adapter.call(operation, {"TableName": "ads"})
        await adapter.close()


async def test_slow_replies_hold_nobody_else_up() -> None:
    waiting, held = asyncio.Event(), asyncio.Event()

    async def wait(_: float) -> None:
        waiting.set()
        await held.wait()

    inner = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
    await inner.call("CreateTable", table("ads"))
    faults = Faults(inner, [slow("PutItem", seconds=5, nth=1)], sleep=wait)
    async with Server(Service(Shared(faults), provider="memory")) as server:
        adapter = await adapter_of(server.url)
        first = asyncio.ensure_future(
            adapter.call("PutItem", {"TableName": "ads", "Item": item("slow")})
        )
        await waiting.wait()
        await adapter.call("PutItem", {"TableName": "ads", "Item": item("fast")})
        assert not first.done()
        held.set()
        await first
        await adapter.close()


def written(path: Path, *faults: dict[str, Any]) -> str:
    path.write_text(json.dumps({"seed": 3, "faults": list(faults)}))
    return str(path)


def test_the_command_injects_what_the_wrapper_would_with_the_same_seed(tmp_path: Path) -> None:
    fault = {"fault": "throttle", "operations": ["PutItem"], "table": "ads", "probability": 0.5}
    file = written(tmp_path / "faults.json", fault)
    puts = [{"TableName": "ads", "Item": item(f"{number}")} for number in range(24)]
    rules = read_faults((tmp_path / "faults.json").read_bytes()).rules
    runs = {seed: Stage(*rules, seed=seed) for seed in (3, 4)}
    failures: dict[int, list[bool]] = {seed: [] for seed in runs}
    for put in puts:
        for seed, stage in runs.items():
            try:
                stage("PutItem", **put)
            except Throttled:
                failures[seed].append(True)
            else:
                failures[seed].append(False)
    assert failures[3] != failures[4]
    started = start("--faults", file, "--seed", "4", "--contention", "0")
    client = started.client()
    client.create_table(**create("ads"))
    served: list[bool] = []
    for put in puts:
        try:
            client.put_item(**put)
        except client.exceptions.ProvisionedThroughputExceededException:
            served.append(True)
        else:
            served.append(False)
    assert started.stop() == (0, "")
    assert served == failures[4]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: {"seed": 1}, "--seed belongs to --faults"),
        (lambda folder: {"faults": folder / "absent.json"}, "absent.json cannot be read: No such"),
        (
            lambda folder: {"faults": folder / "wrong.json"},
            "Fault 1, throttle, has no member 'tabel'",
        ),
    ],
)
def test_the_command_refuses_what_it_cannot_read(
    make: Callable[[Path], dict[str, Any]], message: str, tmp_path: Path
) -> None:
    written(tmp_path / "wrong.json", {"fault": "throttle", "tabel": "ads"})
    with pytest.raises(ConfigurationError, match=message):
        run(
            "memory",
            None,
            host="127.0.0.1",
            port=0,
            options=[],
            keys=[],
            isolate=False,
            as_json=False,
            **make(tmp_path),
        )


async def test_contention_works_over_http() -> None:
    async with listening(contention=0.001) as (_, url):
        adapter = await adapter_of(url, max_attempts=1)
        transaction = {"TransactItems": [{"Put": {"TableName": "ads", "Item": item("a")}}]}
        outcomes = await asyncio.gather(
            *(adapter.call("TransactWriteItems", transaction) for _ in range(20)),
            return_exceptions=True,
        )
        assert any(isinstance(one, dict) for one in outcomes)
        refused = [one for one in outcomes if isinstance(one, TransactionCancelled)]
        assert len(refused) == sum(not isinstance(one, dict) for one in outcomes)
        assert all(one.reasons[0]["Code"] == "TransactionConflict" for one in refused)
        await adapter.close()
