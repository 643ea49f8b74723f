"""Every provider keeps the adapter contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
import pytest_asyncio
from tests.deviations import DYNOXIDE, DYNOXIDE_WORDINGS, MOTO
from tests.routed import Boto3Adapter
from tests.targets import Target, embedded, remote

from anydynamo.server import serving
from anydynamo.server.service import Service
from anydynamo.testing import mock_dynamodb
from anydynamo.testing.adapter_contract import AdapterContract
from anydynamo.testing.contracts.batches import BatchContract
from anydynamo.testing.contracts.items import ItemContract
from anydynamo.testing.contracts.streams import StreamContract
from anydynamo.testing.contracts.transactions import TransactionContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from tests.servers import Server

    from anydynamo.adapters.dynamodb.choosing import Transport
    from anydynamo.adapters.protocol import DatabaseAdapter


class _Embedded(AdapterContract):
    name: ClassVar[str]

    @pytest.fixture
    async def adapter(self, tmp_path: Path) -> AsyncIterator[DatabaseAdapter]:
        opened = embedded(self.name, tmp_path).adapter()
        yield opened
        await opened.close()


class TestMemory(_Embedded):
    name = "memory"


class TestJSON(_Embedded):
    name = "json"


class TestSQLite(_Embedded):
    name = "sqlite"


class _Replaceable:
    """A place whose data is another's for each test, behind a server that goes on."""

    def __init__(self) -> None:
        self.adapter: DatabaseAdapter | None = None

    @property
    def needs_task(self) -> bool:
        return False

    def of(self, access_key: str, region: str) -> DatabaseAdapter:
        assert self.adapter is not None
        return self.adapter

    async def close(self) -> None:
        """The tests close what they open."""


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def served(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[_Replaceable, DatabaseAdapter]]:
    """One server and one client for all tests of a class: making the client takes long."""
    place = _Replaceable()
    secrets = {"AKIDEXAMPLE": "a secret"}
    async with serving.Server(Service(place, provider="test", secrets=secrets)) as server:
        target = Target("served", "dynamodb", "", endpoint_url=server.url)
        client = target.adapter(
            access_key_id="AKIDEXAMPLE",
            secret_access_key="a secret",
            transport=request.cls.transport,
        )
        yield place, client
        await client.close()


@pytest.mark.asyncio(loop_scope="class")
class _Served(AdapterContract):
    """An embedded provider, asked over HTTP by an AWS client whose signatures are verified."""

    name: ClassVar[str]
    transport: ClassVar[Transport] = "aiobotocore"
    # AWS's client refuses an empty list itself.
    wordings: ClassVar[Mapping[str, str]] = {"greater than or equal to 1": "valid min length: 1"}

    @pytest_asyncio.fixture(loop_scope="class")
    async def adapter(
        self, served: tuple[_Replaceable, DatabaseAdapter], tmp_path: Path
    ) -> AsyncIterator[DatabaseAdapter]:
        place, client = served
        place.adapter = embedded(self.name, tmp_path).adapter()
        yield client
        await place.adapter.close()


class TestServedMemory(_Served):
    name = "memory"


class TestServedSQLite(_Served):
    name = "sqlite"


class TestServedMemoryDirectly(_Served):
    """The same calls on the direct way, with the same answers and errors."""

    name = "memory"
    transport = "direct"


@pytest.fixture(scope="class")
def boto3_client() -> Iterator[DatabaseAdapter]:
    """One client for all tests of a class, made where nothing is routed yet."""
    client = Boto3Adapter()
    yield client
    client.client.close()


class TestRoutedBoto3(AdapterContract):
    """Memory, asked by boto3 in this process."""

    wordings = _Served.wordings

    @pytest.fixture
    def adapter(self, boto3_client: DatabaseAdapter, tmp_path: Path) -> Iterator[DatabaseAdapter]:
        with mock_dynamodb(embedded("memory", tmp_path).adapter()):
            yield boto3_client


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def aiobotocore_client() -> AsyncIterator[DatabaseAdapter]:
    """One client of DynamoDB's provider, which listens to its own events: it goes the whole way."""
    client = Target("routed", "dynamodb", "").adapter()
    yield client
    await client.close()


@pytest.mark.asyncio(loop_scope="class")
class TestRoutedAiobotocore(ItemContract, BatchContract, TransactionContract, StreamContract):
    """SQLite, asked by aiobotocore in this process: the parts with binary, moments and reasons."""

    wordings = _Served.wordings

    @pytest_asyncio.fixture(loop_scope="class")
    async def adapter(
        self, aiobotocore_client: DatabaseAdapter, tmp_path: Path
    ) -> AsyncIterator[DatabaseAdapter]:
        async with mock_dynamodb(f"sqlite:///{tmp_path}/app.db?synchronous=normal"):
            yield aiobotocore_client


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def shared(request: pytest.FixtureRequest) -> AsyncIterator[DatabaseAdapter]:
    """One adapter for all tests of a server: making an AWS client takes longer than a test."""
    opened = remote(request.getfixturevalue(f"{request.cls.name}_server")).adapter()
    yield opened
    await opened.close()


@pytest.mark.asyncio(loop_scope="class")
class _Server(AdapterContract):
    name: ClassVar[str]

    @pytest.fixture
    def adapter(self, shared: DatabaseAdapter, request: pytest.FixtureRequest) -> DatabaseAdapter:
        server: Server = request.getfixturevalue(f"{self.name}_server")
        server.reset()
        return shared


class TestMoto(_Server):
    name = "moto"
    compares_texts = False
    deviations = MOTO


class TestDynoxide(_Server):
    name = "dynoxide"
    deviations = DYNOXIDE
    wordings = DYNOXIDE_WORDINGS


@pytest.mark.parametrize("deviations", [MOTO, DYNOXIDE], ids=["moto", "dynoxide"])
def test_every_deviation_names_a_test_of_the_contract(deviations: Mapping[str, str]) -> None:
    for name, reason in deviations.items():
        assert hasattr(AdapterContract, name.split("[")[0]), name
        assert reason
