"""The DynamoDB adapter: opening, retrying, cancelling, closing, and whose client it is."""

from __future__ import annotations

import asyncio
import copy
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.dynamodb.scripted import DROP, HANG, Answer, error, scripted

from anydynamo.adapters.dynamodb import DynamoDBAdapter
from anydynamo.errors import (
    AnyDynamoError,
    ConditionFailed,
    ConfigurationError,
    CredentialsError,
    DatabaseClosed,
    InvalidRequest,
    MissingDependency,
    NotSupported,
    ProviderError,
    RequestTimeout,
    ServiceFault,
    Throttled,
    TransactionCancelled,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.dynamodb.scripted import Scripted

GET: dict[str, Any] = {"TableName": "users", "Key": {"id": {"S": "1"}}}
PUT: dict[str, Any] = {"TableName": "users", "Item": {"id": {"S": "1"}, "raw": {"B": b"\x00\xff"}}}
TRANSACT: dict[str, Any] = {"TransactItems": [{"Put": PUT}]}


class Waits:
    """Stands in for the sleep between attempts and notes how long it was to be."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@asynccontextmanager
async def opened(server: Scripted, **options: Any) -> AsyncIterator[DynamoDBAdapter]:
    options = {"region": "eu-west-1", "sleep": Waits(), "jitter": lambda: 0.5, **options}
    adapter = DynamoDBAdapter(endpoint_url=server.url, **options)
    try:
        yield adapter
    finally:
        await adapter.close()


def test_importing_the_adapter_imports_no_aws_library() -> None:
    code = (
        "import sys, anydynamo.adapters.dynamodb as d; d.DynamoDBAdapter(region='eu-west-1');"
        "print([m for m in ('aiobotocore', 'botocore', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_nothing_is_connected_before_the_first_call_and_one_client_serves_all() -> None:
    async with scripted() as server, opened(server) as adapter:
        assert server.connections == 0
        await asyncio.gather(*(adapter.call("GetItem", GET) for _ in range(20)))
        assert len(server.requests) == 20
        assert 0 < server.connections <= 20
        await adapter.call("GetItem", GET)
        assert server.connections <= 20


async def test_a_response_has_no_metadata_and_binary_values_are_bytes() -> None:
    answer = Answer(body=b'{"Item": {"id": {"S": "1"}, "raw": {"B": "AP8="}, "n": {"N": "1"}}}')
    async with scripted(answer) as server, opened(server) as adapter:
        assert await adapter.call("GetItem", GET) == {
            "Item": {"id": {"S": "1"}, "raw": {"B": b"\x00\xff"}, "n": {"N": "1"}}
        }


async def test_the_request_is_neither_changed_nor_kept() -> None:
    request = copy.deepcopy(TRANSACT)
    async with scripted() as server, opened(server) as adapter:
        await adapter.call("TransactWriteItems", request)
        assert request == TRANSACT
        assert server.requests[0]["TransactItems"][0]["Put"]["Item"]["raw"] == {"B": "AP8="}


@pytest.mark.parametrize(
    "passing",
    [
        DROP,
        error("InternalServerError", status=500),
        Answer(503, b"<html>gateway</html>"),
        error("ProvisionedThroughputExceededException"),
        error("ThrottlingException"),
        error("TransactionConflictException"),
        error("TransactionInProgressException"),
    ],
    ids=lambda answer: str(answer.body[:60] or answer.behaviour),
)
async def test_what_passes_is_tried_again(passing: Answer, waits: Waits) -> None:
    async with scripted(passing, passing) as server, opened(server, sleep=waits) as adapter:
        assert await adapter.call("GetItem", GET) == {}
        assert len(server.requests) == 3
        assert waits.seconds == [0.025, 0.05]


async def test_the_waits_double_up_to_the_attempts_that_were_allowed(waits: Waits) -> None:
    answers = [error("ThrottlingException")] * 5
    async with (
        scripted(*answers) as server,
        opened(server, sleep=waits, jitter=lambda: 0.999, max_attempts=5) as adapter,
    ):
        with pytest.raises(Throttled, match="because") as caught:
            await adapter.call("GetItem", GET)
        assert len(server.requests) == 5
        assert waits.seconds == pytest.approx([0.04995, 0.0999, 0.1998, 0.3996])
        assert (caught.value.operation, caught.value.table) == ("GetItem", "users")
        assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("lost", "expected"),
    [(DROP, Unavailable), (error("InternalServerError", status=500), ServiceFault)],
)
async def test_a_lost_answer_is_not_forgotten_over_the_throttles_that_follow_it(
    lost: Answer, expected: type[AnyDynamoError]
) -> None:
    throttled = error("ProvisionedThroughputExceededException")
    async with scripted(throttled, lost, throttled) as server:
        async with opened(server, max_attempts=3) as adapter:
            with pytest.raises(expected):
                await adapter.call("DeleteItem", GET)
        assert len(server.requests) == 3


async def test_a_refusal_after_a_lost_answer_is_told() -> None:
    refused = error("ConditionalCheckFailedException")
    async with scripted(DROP, refused) as server, opened(server) as adapter:
        with pytest.raises(ConditionFailed):
            await adapter.call("DeleteItem", GET)


async def test_one_attempt_means_no_retry(waits: Waits) -> None:
    async with (
        scripted(error("InternalServerError", status=500)) as server,
        opened(server, sleep=waits, max_attempts=1) as adapter,
    ):
        with pytest.raises(ServiceFault):
            await adapter.call("GetItem", GET)
        assert waits.seconds == []


@pytest.mark.parametrize(
    ("lasting", "expected"),
    [
        (error("ConditionalCheckFailedException"), ConditionFailed),
        (error("ValidationException"), InvalidRequest),
        (error("UnrecognizedClientException"), CredentialsError),
        (
            error(
                "TransactionCanceledException",
                CancellationReasons=[
                    {"Code": "TransactionConflict"},
                    {"Code": "ConditionalCheckFailed"},
                ],
            ),
            TransactionCancelled,
        ),
    ],
)
async def test_what_does_not_pass_is_asked_once(
    lasting: Answer, expected: type[AnyDynamoError]
) -> None:
    async with scripted(lasting) as server, opened(server) as adapter:
        with pytest.raises(expected):
            await adapter.call("PutItem", PUT)
        assert len(server.requests) == 1


async def test_a_failed_condition_carries_the_item_that_stood_there() -> None:
    failed = error("ConditionalCheckFailedException", Item={"id": {"S": "1"}, "b": {"B": "AP8="}})
    async with scripted(failed) as server, opened(server) as adapter:
        with pytest.raises(ConditionFailed) as caught:
            await adapter.call("PutItem", PUT)
        assert caught.value.item == {"id": {"S": "1"}, "b": {"B": b"\x00\xff"}}


async def test_a_transaction_that_only_met_another_is_sent_again_with_the_same_token() -> None:
    met = error(
        "TransactionCanceledException",
        CancellationReasons=[{"Code": "TransactionConflict"}, {"Code": "None"}],
    )
    async with scripted(met, DROP) as server, opened(server) as adapter:
        await adapter.call("TransactWriteItems", TRANSACT)
        await adapter.call("TransactWriteItems", TRANSACT)
    tokens = [request["ClientRequestToken"] for request in server.requests]
    assert len(tokens) == 4
    assert tokens[0] == tokens[1] == tokens[2] != tokens[3]


async def test_the_callers_own_token_is_kept() -> None:
    async with scripted(DROP) as server, opened(server) as adapter:
        await adapter.call("TransactWriteItems", {**TRANSACT, "ClientRequestToken": "mine"})
    assert [request["ClientRequestToken"] for request in server.requests] == ["mine", "mine"]


async def test_no_answer_in_time_is_a_time_out() -> None:
    async with (
        scripted(HANG) as server,
        opened(server, read_timeout=0.02, max_attempts=1) as adapter,
    ):
        with pytest.raises(RequestTimeout):
            await adapter.call("GetItem", GET)


async def test_nobody_at_the_endpoint_is_unavailable(waits: Waits) -> None:
    async with scripted() as server:
        pass
    async with opened(server, max_attempts=3, sleep=waits) as adapter:
        with pytest.raises(Unavailable, match="endpoint"):
            await adapter.call("GetItem", GET)
    assert len(waits.seconds) == 2


@pytest.mark.parametrize(
    "foreign",
    [
        Answer(200, b"<html>Sign in</html>", kind="text/html"),
        Answer(200, b'{"status": "up"}', kind="application/json"),
        Answer(200, b""),
        Answer(200, b'{"Attributes": {"na'),
    ],
    ids=["page", "other", "empty", "cut"],
)
async def test_a_server_that_is_not_dynamodb_acknowledges_nothing(foreign: Answer) -> None:
    async with scripted(foreign, foreign) as server, opened(server) as adapter:
        for operation, request in (("PutItem", PUT), ("GetItem", GET)):
            with pytest.raises(ProviderError, match="no answer of DynamoDB's; check the endpoint"):
                await adapter.call(operation, request)
        assert len(server.requests) == 2


async def test_a_refusal_that_is_not_dynamodbs_says_so() -> None:
    page = Answer(404, b"<html>Not here</html>", kind="text/html")
    async with scripted(page) as server, opened(server) as adapter:
        with pytest.raises(ProviderError, match="HTTP status 404 and no error of DynamoDB's"):
            await adapter.call("GetItem", GET)


async def test_the_quota_stops_retries_when_everything_fails() -> None:
    async with scripted(*[DROP] * 500) as server, opened(server, max_attempts=51) as adapter:
        for _ in range(3):
            with pytest.raises(Unavailable):
                await adapter.call("GetItem", GET)
        # 500 units pay for 100 retries of 5: two calls use them up, the third gets none.
        assert len(server.requests) == 51 + 51 + 1


async def test_a_cancelled_call_leaves_the_pool_usable() -> None:
    async with scripted(HANG) as server, opened(server, max_pool_connections=1) as adapter:
        call = asyncio.create_task(adapter.call("GetItem", GET))
        await server.asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await adapter.call("GetItem", GET) == {}


async def test_a_call_that_is_cancelled_while_it_opens_leaves_the_adapter_usable() -> None:
    async with scripted() as server, opened(server) as adapter:
        first = asyncio.create_task(adapter.call("GetItem", GET))
        second = asyncio.create_task(adapter.call("GetItem", GET))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await second == {}


async def test_a_closed_adapter_refuses_and_closes_again_without_error() -> None:
    async with scripted() as server, opened(server) as adapter:
        await adapter.call("GetItem", GET)
        await adapter.close()
        await adapter.close()
        with pytest.raises(DatabaseClosed):
            await adapter.call("GetItem", GET)


async def test_an_adapter_that_never_opened_closes() -> None:
    adapter = DynamoDBAdapter(region="eu-west-1")
    await adapter.close()
    with pytest.raises(DatabaseClosed):
        await adapter.call("GetItem", GET)


async def test_closing_ends_the_calls_under_way() -> None:
    async with scripted(HANG) as server, opened(server) as adapter:
        call = asyncio.create_task(adapter.call("GetItem", GET))
        await server.asked.wait()
        await adapter.close()
        with pytest.raises(DatabaseClosed):
            await call


async def test_closing_ends_the_calls_that_wait_for_their_next_attempt() -> None:
    waiting, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: float) -> None:
        waiting.set()
        await go_on.wait()

    async with scripted(DROP) as server, opened(server, sleep=wait) as adapter:
        call = asyncio.create_task(adapter.call("GetItem", GET))
        await waiting.wait()
        await adapter.close()
        go_on.set()
        with pytest.raises(DatabaseClosed):
            await call
        assert len(server.requests) == 1


async def test_another_event_loop_is_refused_with_the_reason() -> None:
    async with scripted() as server, opened(server) as adapter:
        await adapter.call("GetItem", GET)

        def elsewhere(work: Any) -> None:
            asyncio.run(work)

        for work in (lambda: adapter.call("GetItem", GET), adapter.close):
            with pytest.raises(NotSupported, match="another event loop"):
                await asyncio.to_thread(elsewhere, work())
        assert await adapter.call("GetItem", GET) == {}


async def test_a_callers_client_is_used_with_its_own_retries_and_not_closed(waits: Waits) -> None:
    from aiobotocore.session import AioSession

    answers = [error("ThrottlingException")] * 2
    async with scripted(*answers) as server:
        context = AioSession().create_client(
            "dynamodb",
            region_name="eu-north-1",
            endpoint_url=server.url,
        )
        async with context as client:
            adapter = DynamoDBAdapter(client=client, sleep=waits)
            await adapter.call("GetItem", GET)
            assert waits.seconds == []
            assert len(server.requests) == 3
            assert adapter.info.location == "DynamoDB in eu-north-1"
            assert adapter.info.region == "eu-north-1"
            await adapter.close()
            assert await client.get_item(**GET)
            with pytest.raises(DatabaseClosed):
                await adapter.call("GetItem", GET)


async def test_a_callers_session_gives_the_credentials() -> None:
    from aiobotocore.session import AioSession

    session = AioSession()
    session.set_credentials("from-the-session", "secret")
    seen: list[Any] = []
    session.get_component("event_emitter").register(
        "before-sign.dynamodb", lambda request_signer, **_: seen.append(request_signer)
    )
    async with scripted() as server, opened(server, session=session) as adapter:
        await adapter.call("GetItem", GET)
    assert seen[0]._credentials.access_key == "from-the-session"


async def test_absent_credentials_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    async with scripted() as server, opened(server) as adapter:
        with pytest.raises(CredentialsError, match="AWS_ACCESS_KEY_ID"):
            await adapter.call("GetItem", GET)
        assert server.requests == []


async def test_the_region_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted() as server, opened(server, region=None) as adapter:
        with pytest.raises(ConfigurationError, match="AWS_REGION"):
            await adapter.call("GetItem", GET)
        assert adapter.info.location == f"DynamoDB at {server.url}"
        monkeypatch.setenv("AWS_REGION", "ap-south-1")
        await adapter.call("GetItem", GET)
        assert adapter.info.location == f"DynamoDB in ap-south-1 at {server.url}"
        assert not adapter.info.blocking


@pytest.mark.parametrize(
    "options",
    [
        {"region": "no such place!"},
        {"endpoint_url": "localhost:8000"},
        {"profile": "nobody"},
    ],
)
async def test_settings_that_cannot_be_right_are_configuration_errors(
    options: dict[str, Any],
) -> None:
    adapter = DynamoDBAdapter(**{"region": "eu-west-1", **options})
    with pytest.raises(ConfigurationError):
        await adapter.call("GetItem", GET)
    await adapter.close()


@pytest.mark.parametrize(
    "options",
    [
        {"access_key_id": "A"},
        {"secret_access_key": "B"},
        {"session_token": "C"},
        {"session": object(), "profile": "p"},
        {"max_attempts": 0},
        {"max_pool_connections": 0},
        {"connect_timeout": 0},
        {"read_timeout": -1},
        {"read_timeout": float("nan")},
    ],
    ids=" ".join,
)
def test_arguments_that_contradict_each_other_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        DynamoDBAdapter(**options)


def test_credentials_do_not_print() -> None:
    adapter = DynamoDBAdapter(
        region="eu-west-1", access_key_id="KEY-ID", secret_access_key="SECRET", session_token="TOK"
    )
    assert repr(adapter) == "DynamoDBAdapter('DynamoDB in eu-west-1')"


async def test_an_unknown_operation_is_not_supported() -> None:
    async with scripted() as server, opened(server) as adapter:
        with pytest.raises(NotSupported, match="'FetchItem'"):
            await adapter.call("FetchItem", GET)


async def test_requests_that_cannot_be_written_down_are_refused() -> None:
    nested: dict[str, Any] = {"S": "core"}
    for _ in range(20_000):
        nested = {"L": [nested]}
    async with scripted() as server, opened(server) as adapter:
        for request in (
            {"TableName": "users", "Item": {"id": {"S": 1}}},
            {"TableName": "users", "Item": {"id": {"S": "1"}, "deep": nested}},
            {"TableName": "users"},
        ):
            with pytest.raises(InvalidRequest) as caught:
                await adapter.call("PutItem", request)
            assert caught.value.code == "ValidationException"
        assert server.requests == []


async def test_a_large_request_is_sent_without_a_warning_and_again_as_it_was() -> None:
    # pytest turns warnings into errors, and aiohttp has one for large bodies.
    item = {"id": {"S": "1"}, "v": {"S": "x" * 3_000_000}}
    async with scripted(DROP) as server, opened(server) as adapter:
        await adapter.call("PutItem", {"TableName": "users", "Item": item})
        assert [request["Item"] for request in server.requests] == [item, item]


async def test_without_aiobotocore_the_pip_line_is_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "aiobotocore.session", None)
    adapter = DynamoDBAdapter(region="eu-west-1")
    with pytest.raises(MissingDependency, match=r"pip install 'anydynamo\[dynamodb\]'"):
        await adapter.call("GetItem", GET)


class _Broken:
    """A client, or session, with a defect."""

    class meta:  # noqa: N801 - botocore's spelling
        method_to_api_mapping = {"get_item": "GetItem"}  # noqa: RUF012
        region_name = "eu-west-1"

        class service_model:  # noqa: N801
            @staticmethod
            def operation_model(name: str) -> Any:
                return type("Operation", (), {"idempotent_members": []})

    async def get_item(self, **_: Any) -> dict[str, Any]:
        raise ZeroDivisionError

    def create_client(self, *_: Any, **__: Any) -> Any:
        raise ZeroDivisionError


async def test_a_defect_is_not_dressed_up_as_an_error_of_dynamodb() -> None:
    with pytest.raises(ZeroDivisionError):
        await DynamoDBAdapter(client=_Broken()).call("GetItem", GET)
    with pytest.raises(ZeroDivisionError):
        await DynamoDBAdapter(session=_Broken()).call("GetItem", GET)
