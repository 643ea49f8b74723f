"""Regions by URL and by environment, without a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.targets import embedded

from anydynamo.adapters.dynamodb import DynamoDBAdapter
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.adapters.regions import Regions
from anydynamo.adapters.regions.opening import open_regions
from anydynamo.adapters.registry import open_adapter
from anydynamo.database import Database
from anydynamo.errors import ConfigurationError, TableNotFound, Unreachable
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.server import serving
from anydynamo.server.places import Shared
from anydynamo.server.service import Service
from anydynamo.settings import Settings
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing.contracts.batches import BatchContract
from anydynamo.testing.contracts.items import ItemContract
from anydynamo.testing.contracts.transactions import TransactionContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from anydynamo.adapters.protocol import DatabaseAdapter


class Note(Table, name="notes"):
    pk: Attr[str] = attribute(hash_key=True)


def _memory() -> Shared:
    return Shared(EmbeddedAdapter(MemoryStore(), provider="memory"))


AWS = {"USE_DYNAMODB": "true", "AWS_REGION": "us-east-1"}
TWO = {**AWS, "DATABASE_FAILOVER": "true", "DATABASE_REPLICA_REGION": "us-west-2"}


class TestRegionsKeepTheContract(ItemContract, BatchContract, TransactionContract):
    """Two regions of which the first one answers: what it says comes through as it is."""

    @pytest.fixture
    async def adapter(self, tmp_path: Path) -> AsyncIterator[DatabaseAdapter]:
        east, west = (embedded("memory", tmp_path).adapter() for _ in range(2))
        regions = Regions({"east": east, "west": west})
        yield regions
        await regions.close()


async def test_a_url_names_the_preferred_region_and_the_others() -> None:
    async with Database.open("dynamodb://us-east-1?replicas=us-west-2,%20eu-west-1") as db:
        assert [state.region for state in db.info.regions] == [
            "us-east-1",
            "us-west-2",
            "eu-west-1",
        ]
        assert (db.info.provider, db.info.region) == ("dynamodb", "us-east-1")
        assert (
            db.info.location == "DynamoDB in us-east-1 (active of us-east-1, us-west-2, eu-west-1)"
        )


async def test_a_url_without_replicas_opens_one_region() -> None:
    adapter = open_adapter(Settings({}, url="dynamodb://us-east-1").location())
    assert isinstance(adapter, DynamoDBAdapter)


class Opened:
    """What a region was opened with."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.info = DynamoDBAdapter(region=options["region"]).info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"options": self.options}

    async def close(self) -> None:
        """Nothing was opened."""


async def test_each_region_has_its_endpoint_and_gives_up_sooner_than_one_alone() -> None:
    options = {
        "endpoint_url": "http://127.0.0.1:1",
        "replica_endpoint_urls": ("http://127.0.0.1:2",),
        "read_timeout": 9.0,
        "failover_after": 1,
        "automatic_return": False,
    }
    adapter = open_regions("us-east-1", ("us-west-2",), options, Opened)
    seen: list[tuple[object, ...]] = []
    for region in ("us-east-1", "us-west-2"):
        adapter.prefer(region)
        answer = (await adapter.call("ListTables", {}))["options"]
        seen.append((answer["region"], answer["endpoint_url"]))
        assert (answer["read_timeout"], answer["connect_timeout"], answer["max_attempts"]) == (
            9.0,
            2.0,
            3,
        )
    assert seen == [("us-east-1", "http://127.0.0.1:1"), ("us-west-2", "http://127.0.0.1:2")]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("dynamodb://us-east-1?hedge_after=0.1", "name the others in `replicas`"),
        ("dynamodb://us-east-1?replicas=&failover_after=2", "name the others in `replicas`"),
        ("dynamodb://?replicas=us-west-2", "the preferred region is not named"),
        ("dynamodb://us-east-1?replicas=us-east-1", "name one twice"),
        ("dynamodb://us-east-1?replicas=a,b,a", "name one twice"),
        ("dynamodb://a?replicas=b&endpoint_url=http://c:1", "go together"),
        ("dynamodb://a?replicas=b&replica_endpoint_urls=http://c:1", "go together"),
        (
            "dynamodb://a?replicas=b,c&endpoint_url=http://a:1&replica_endpoint_urls=http://b:1",
            "one URL for each of the replicas b, c",
        ),
        (
            "dynamodb://a?replicas=b&endpoint_url=http://a:1&replica_endpoint_urls=nowhere",
            "expected the URL of a server",
        ),
        ("dynamodb://a?replicas=b&failover_rate=2", "a share of at most 1"),
        ("dynamodb://a?replicas=b&failover_after=0", "a whole number from 1 up"),
        ("dynamodb://a?replicas=b&hedge_after=-1", "must be a number of seconds"),
    ],
)
def test_what_contradicts_itself_is_refused(url: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        Database.open(url)


async def test_the_environment_lets_calls_fail_over_to_the_replica_that_it_names() -> None:
    async with Database.from_env(TWO) as db:
        assert [state.region for state in db.info.regions] == ["us-east-1", "us-west-2"]
    async with Database.from_env({**TWO, "DATABASE_FAILOVER": "false"}) as db:
        assert db.info.regions == ()
    async with Database.from_env(AWS, replicas="eu-west-1,eu-west-2") as db:
        assert len(db.info.regions) == 3


async def test_a_server_that_is_gone_is_left_for_the_other() -> None:
    """The whole way, to see that AWS's client says what was never sent."""
    async with serving.Server(Service(_memory(), provider="memory")) as east:
        gone = east.url
    async with (
        serving.Server(Service(_memory(), provider="memory")) as west,
        Database.open(
            "dynamodb://us-east-1?replicas=us-west-2&max_attempts=1&failover_after=1",
            endpoint_url=gone,
            replica_endpoint_urls=(west.url,),
            access_key_id="AKIDEXAMPLE",
            secret_access_key="a secret",
        ) as db,
    ):
        # What is not about items stays where it is, and a write that must not be applied twice
        # goes on only because it was never sent.
        with pytest.raises(Unreachable):
            await db.create_tables([Note])
        with pytest.raises(TableNotFound):
            await db.repository(Note).create(Note(pk="a"))
        assert [one.status for one in db.info.regions] == ["down", "up"]
        assert (db.info.region, (await db.health()).status) == ("us-west-2", "degraded")


def test_the_environment_names_the_replicas_endpoint() -> None:
    environ = {
        **TWO,
        "DYNAMODB_ENDPOINT_URL": "http://127.0.0.1:1",
        "DATABASE_REPLICA_ENDPOINT_URL": "http://127.0.0.1:2/",
    }
    options = Settings(environ).location().options
    assert options["replicas"] == "us-west-2"
    assert options["replica_endpoint_urls"] == "http://127.0.0.1:2"


async def test_other_providers_leave_the_variable_alone() -> None:
    async with Database.from_env({"DATABASE_FAILOVER": "true"}, url="memory://") as db:
        assert db.info.regions == ()


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({**AWS, "DATABASE_FAILOVER": "true"}, "set DATABASE_REPLICA_REGION"),
        ({**TWO, "DATABASE_FAILOVER": "perhaps"}, "expected true or false"),
        ({**TWO, "DATABASE_REPLICA_REGION": "us-east-1"}, "name one twice"),
        (
            {
                "DATABASE_FAILOVER": "true",
                "DATABASE_REPLICA_REGION": "us-west-2",
                "DATABASE_URL": "dynamodb://us-east-1?replicas=eu-west-1",
            },
            "The URL's replicas is 'eu-west-1', but the environment",
        ),
    ],
)
def test_an_environment_that_contradicts_itself_is_refused(
    environ: dict[str, str], why: str
) -> None:
    with pytest.raises(ConfigurationError, match=why):
        Database.from_env(environ)
