"""Every provider keeps the adapter contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
import pytest_asyncio
from tests.deviations import DYNOXIDE, DYNOXIDE_WORDINGS, MOTO
from tests.targets import Target, embedded, remote

from anydynamo.server import serving
from anydynamo.server.service import Service
from anydynamo.testing.adapter_contract import AdapterContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from tests.servers import Server

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

    def of(self, access_key: str, region: str) -> DatabaseAdapter:
        assert self.adapter is not None
        return self.adapter

    async def close(self) -> None:
        """The tests close what they open."""


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def served() -> AsyncIterator[tuple[_Replaceable, DatabaseAdapter]]:
    """One server and one client for all tests of a class: making the client takes long."""
    place = _Replaceable()
    secrets = {"AKIDEXAMPLE": "a secret"}
    async with serving.Server(Service(place, provider="test", secrets=secrets)) as server:
        target = Target("served", "dynamodb", "", endpoint_url=server.url)
        client = target.adapter(access_key_id="AKIDEXAMPLE", secret_access_key="a secret")
        yield place, client
        await client.close()


@pytest.mark.asyncio(loop_scope="class")
class _Served(AdapterContract):
    """An embedded provider, asked over HTTP by an AWS client whose signatures are verified."""

    name: ClassVar[str]
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
