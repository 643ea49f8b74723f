"""`mock_dynamodb`: when it is active, with which data, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from tests.server.asking import create

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import ConfigurationError, DatabaseClosed, TableNotFound
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing import MockDynamoDB, mock_dynamodb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


CLIENT: Any = boto3.client(
    "dynamodb", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
)


def tables() -> list[str]:
    names: list[str] = CLIENT.list_tables()["TableNames"]
    return names


def make(name: str) -> None:
    CLIENT.create_table(**create(name))


def memory() -> EmbeddedAdapter:
    return EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)


def test_each_use_has_fresh_data() -> None:
    mock = mock_dynamodb()
    for _ in range(2):
        with mock:
            assert tables() == []
            make("abc")
            assert tables() == ["abc"]


def test_a_use_within_another_shares_its_data() -> None:
    with mock_dynamodb():
        make("outer")
        with mock_dynamodb():
            make("inner")
        assert tables() == ["inner", "outer"]


def test_a_use_with_a_place_of_its_own_within_another_keeps_to_it(tmp_path: Path) -> None:
    with mock_dynamodb():
        make("outer")
        with mock_dynamodb(f"sqlite:///{tmp_path}/x.db"):
            assert tables() == []
        assert tables() == ["outer"]


def test_a_mock_can_be_entered_again_while_it_is_active() -> None:
    mock = mock_dynamodb()
    with mock:
        make("abc")
        with mock:
            assert tables() == ["abc"]
        assert tables() == ["abc"]


def test_mocks_may_end_in_another_order_than_they_began() -> None:
    first, second = mock_dynamodb(memory()), mock_dynamodb(memory())
    first.start()
    second.start()
    make("of_second")
    first.stop()
    assert tables() == ["of_second"]
    second.stop()


def test_a_given_adapter_answers_and_stays_open() -> None:
    adapter = memory()
    with mock_dynamodb(adapter) as mock:
        make("abc")
        assert mock.adapter is adapter
    with mock_dynamodb(adapter):
        assert tables() == ["abc"]


def test_a_url_names_a_place_whose_data_stays(tmp_path: Path) -> None:
    for expected in ([], ["abc"]):
        with mock_dynamodb(f"sqlite:///{tmp_path}/x.db"):
            assert tables() == expected
            if not expected:
                make("abc")


def test_what_a_mock_opened_is_closed_with_it() -> None:
    with mock_dynamodb() as mock:
        adapter = mock.adapter
    with pytest.raises(DatabaseClosed):
        asyncio.run(adapter.call("ListTables", {}))


def test_the_data_of_a_failed_test_is_not_left_behind() -> None:
    @mock_dynamodb
    def failing() -> None:
        make("abc")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    with mock_dynamodb():
        assert tables() == []


def test_a_test_that_is_no_coroutine_asks_the_adapter() -> None:
    now = 1_000_000.0
    with mock_dynamodb(clock=lambda: now) as mock:
        make("abc")
        specification = {"AttributeName": "until", "Enabled": True}
        mock.call(
            "UpdateTimeToLive", {"TableName": "abc", "TimeToLiveSpecification": specification}
        )
        item = {"pk": {"S": "x"}, "until": {"N": "1000060"}}
        mock.call("PutItem", {"TableName": "abc", "Item": item})
        adapter = mock.adapter
        assert isinstance(adapter, EmbeddedAdapter)
        assert mock.run(adapter.sweep()) == 0
        now += 3600
        assert mock.run(adapter.sweep()) == 1
        with pytest.raises(TableNotFound):
            mock.call("DescribeTable", {"TableName": "none"})


def test_an_adapter_that_waits_is_driven_by_a_loop_of_its_own() -> None:
    class Waiting(EmbeddedAdapter):
        async def call(self, operation: str, request: Any) -> dict[str, Any]:
            loops.add(asyncio.get_running_loop())
            await asyncio.sleep(0)
            return await super().call(operation, request)

    loops: set[asyncio.AbstractEventLoop] = set()
    with mock_dynamodb(Waiting(MemoryStore(), provider="memory")):
        make("abc")
        assert tables() == ["abc"]
        assert len(loops) == 1


def test_a_mock_that_is_not_active_says_so() -> None:
    mock = mock_dynamodb()
    with pytest.raises(ConfigurationError, match="is not active"):
        _ = mock.adapter
    with pytest.raises(ConfigurationError, match="is not active"):
        mock.run(asyncio.sleep(0))
    with pytest.raises(ConfigurationError, match="is not active"):
        mock.stop()


def test_a_clock_belongs_to_data_of_the_mock_itself() -> None:
    with pytest.raises(ConfigurationError, match="give an adapter its own"):
        mock_dynamodb("memory://", clock=lambda: 0.0)
    with pytest.raises(ConfigurationError, match="no provider 'nowhere'"):
        mock_dynamodb("nowhere://").start()
    with mock_dynamodb():
        assert tables() == []


# The environment.


def test_credentials_and_a_region_are_supplied_and_taken_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (*KEYS, "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with mock_dynamodb(), mock_dynamodb():
        assert boto3.client("dynamodb").meta.region_name == "us-east-1"
        assert boto3.client("dynamodb").list_tables()["TableNames"] == []
    assert not os.environ.keys() & {*KEYS, "AWS_DEFAULT_REGION"}


def test_credentials_and_a_region_that_are_there_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with mock_dynamodb():
        assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"
        assert boto3.client("dynamodb").meta.region_name == "eu-west-3"
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert os.environ["AWS_DEFAULT_REGION"] == "eu-west-1"


def test_boto3s_default_session_is_the_one_from_before_again() -> None:
    before = boto3.DEFAULT_SESSION
    boto3.setup_default_session(region_name="eu-west-1")
    set_up = boto3.DEFAULT_SESSION
    with mock_dynamodb():
        boto3.client("dynamodb")
        assert boto3.DEFAULT_SESSION is not set_up
    assert boto3.DEFAULT_SESSION is set_up
    boto3.DEFAULT_SESSION = before


# Decorators.


@mock_dynamodb
def test_a_function_is_decorated() -> None:
    assert tables() == []
    make("abc")


@mock_dynamodb()
async def test_a_coroutine_is_decorated() -> None:
    assert tables() == []
    make("abc")


@pytest.fixture
@mock_dynamodb()
def filled() -> Iterator[str]:
    make("filled")
    yield "filled"
    assert tables() == ["filled"]


def test_a_fixture_that_yields_is_decorated(filled: str) -> None:
    assert tables() == [filled]


@pytest.fixture
@mock_dynamodb
async def filled_slowly() -> AsyncIterator[str]:
    make("filled")
    yield "filled"
    assert tables() == ["filled"]


async def test_a_fixture_that_awaits_is_decorated(filled_slowly: str) -> None:
    assert tables() == [filled_slowly]


@mock_dynamodb
def test_a_decorated_test_sees_what_its_fixture_made(filled: str) -> None:
    assert tables() == [filled]


def test_a_decorator_keeps_what_it_decorates() -> None:
    def add(one: int, *, other: int = 1) -> int:
        """Add."""
        assert tables() == []
        return one + other

    decorated = mock_dynamodb(add)
    assert decorated(1, other=3) == 4
    assert (decorated.__name__, decorated.__doc__) == ("add", "Add.")


dynamodb = mock_dynamodb()


@dynamodb
def test_the_adapter_is_at_hand_in_a_decorated_function() -> None:
    make("abc")
    assert dynamodb.call("ListTables", {})["TableNames"] == ["abc"]


@mock_dynamodb
class TestMethods:
    """As pytest has it: an instance for each test."""

    def setup_method(self) -> None:
        assert tables() == []
        make("prepared")

    def teardown_method(self) -> None:
        assert "prepared" in tables()

    @staticmethod
    def names() -> list[str]:
        return tables()

    def test_methods_see_what_was_set_up(self) -> None:
        make("first")
        assert self.names() == ["first", "prepared"]

    async def test_coroutines_see_what_was_set_up(self) -> None:
        make("second")
        assert self.names() == ["prepared", "second"]


class _Inherited:
    def test_methods_of_a_base_are_decorated(self) -> None:
        assert tables() == []


@mock_dynamodb
class TestInherited(_Inherited):
    pass


@mock_dynamodb
class TestCases(unittest.TestCase):
    def setUp(self) -> None:
        assert tables() == []
        make("prepared")
        self.addCleanup(self.check)

    def check(self) -> None:
        assert tables() == ["prepared"]

    def tearDown(self) -> None:
        self.check()

    def test_one(self) -> None:
        assert tables() == ["prepared"]

    def test_other(self) -> None:
        assert tables() == ["prepared"]


class TestStarted(unittest.TestCase):
    mock: MockDynamoDB

    @classmethod
    def setUpClass(cls) -> None:
        cls.mock = mock_dynamodb()
        cls.mock.start()
        cls.addClassCleanup(cls.mock.stop)
        make("shared")

    def test_a_mock_is_started_and_stopped_in_two_places(self) -> None:
        assert tables() == ["shared"]


@mock_dynamodb
class TestAwaitingCases(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        make("prepared")

    async def test_coroutines_of_a_test_case_are_answered(self) -> None:
        assert tables() == ["prepared"]


# Threads and tasks.


def test_threads_are_answered_too() -> None:
    with mock_dynamodb():
        make("abc")
        barrier = threading.Barrier(4)

        def work(number: int) -> None:
            barrier.wait()
            for turn in range(25):
                item = {"pk": {"S": f"{number}-{turn}"}}
                CLIENT.put_item(TableName="abc", Item=item)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        assert CLIENT.scan(TableName="abc", Select="COUNT")["Count"] == 100


async def test_it_is_used_with_async_with() -> None:
    async with mock_dynamodb() as mock:
        make("abc")
        assert (await mock.adapter.call("ListTables", {}))["TableNames"] == ["abc"]
