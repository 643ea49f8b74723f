"""A second place is found by its settings, and whether it agrees is found by reading both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.operations.models import MODELS, Note, Part, note, part

from anydynamo import ConfigurationError, Database, TableNotFound
from anydynamo.operations.progress import Progress
from anydynamo.operations.replicas import Replica, compare, replica_settings, replicas

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from anydynamo.adapters.protocol import ProviderInfo


@pytest.fixture
async def other() -> AsyncIterator[Database]:
    async with Database.open("memory://") as opened:
        await opened.create_tables(MODELS)
        yield opened


async def filled(database: Database) -> None:
    await database.create_tables(MODELS)
    await database.repository(Note).put_many([note(number) for number in range(5)])
    await database.repository(Part).put_many([part(number) for number in range(5)])


async def test_two_places_with_the_same_items_agree(database: Database, other: Database) -> None:
    await filled(database)
    await filled(other)
    told: list[Progress] = []
    report = await compare(database, other, MODELS, progress=told.append)
    assert all(table.ok for table in report)
    assert [(table.name, table.items) for table in report] == [("notes", 5), ("parts", 5)]
    assert told[:2] == [Progress("notes", 5), Progress("notes", 5, 5)]


async def test_each_kind_of_difference_is_counted_and_named(
    database: Database, other: Database
) -> None:
    await filled(database)
    await filled(other)
    await other.repository(Part).delete(("n0", 1))
    await other.repository(Part).put(part(7, 300))
    await other.repository(Part).update(("n1", 1), Part.owner.remove())
    notes, parts = await compare(database, other, MODELS)
    assert notes.ok
    assert not parts.ok
    assert (parts.items, parts.missing, parts.extra, parts.different) == (3, 1, 1, 1)
    assert sorted(str(key) for key in parts.examples) == sorted(
        str({"noteId": {"S": name}, "number": {"N": number}})
        for name, number in (("n0", "1"), ("n7", "300"), ("n1", "1"))
    )


async def test_no_more_than_twenty_examples_are_given(other: Database) -> None:
    async with Database.open("memory://") as database:
        await database.create_tables(MODELS)
        await database.repository(Note).put_many([note(number) for number in range(30)])
        await other.repository(Note).put_many([note(number) for number in range(30, 45)])
        (notes,) = await compare(database, other, [Note])
        assert (notes.missing, notes.extra, len(notes.examples)) == (30, 15, 20)


async def test_a_place_without_the_table_is_an_error(other: Database) -> None:
    async with Database.open("memory://") as database:
        with pytest.raises(TableNotFound, match="no table notes in memory"):
            await compare(other, database, [Note])


class Described:
    """An adapter whose tables are replicated."""

    info: ProviderInfo

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._description = description

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        assert (operation, request) == ("DescribeTable", {"TableName": "notes"})
        return {"Table": self._description}

    async def close(self) -> None:
        raise AssertionError("whoever opened it closes it")


async def test_a_global_tables_replicas_are_told() -> None:
    described = {"Replicas": [{"RegionName": "us-west-2", "ReplicaStatus": "ACTIVE"}]}
    assert await replicas(Database(Described(described)), Note) == (Replica("us-west-2", "ACTIVE"),)
    assert await replicas(Database(Described({})), Note) == ()


# Settings

AWS = {"USE_DYNAMODB": "true", "AWS_REGION": "us-east-1", "DYNAMODB_USERS_TABLE": "forum-users-dev"}


def test_the_second_region_has_the_firsts_other_settings() -> None:
    primary, replica = replica_settings({**AWS, "DATABASE_REPLICA_REGION": "us-west-2"})
    assert (primary.location().host, replica.location().host) == ("us-east-1", "us-west-2")
    assert primary.names().real("users") == "forum-users-dev" == replica.names().real("users")


def test_regions_that_fail_over_are_compared_one_with_the_other() -> None:
    environ = {**AWS, "DATABASE_FAILOVER": "true", "DATABASE_REPLICA_REGION": "us-west-2"}
    for settings in replica_settings(environ):
        assert "replicas" not in settings.location().options


def test_a_second_endpoint_goes_with_the_second_region() -> None:
    _, replica = replica_settings(
        {
            **AWS,
            "DYNAMODB_ENDPOINT_URL": "http://127.0.0.1:8000",
            "DATABASE_REPLICA_REGION": "us-west-2",
            "DATABASE_REPLICA_ENDPOINT_URL": "http://127.0.0.1:8001",
        }
    )
    assert replica.location().options["endpoint_url"] == "http://127.0.0.1:8001"


def test_a_url_says_all_of_the_second_place() -> None:
    primary, replica = replica_settings(
        {"DATABASE_URL": "sqlite:///one.db", "DATABASE_REPLICA_URL": "sqlite:///two.db"}
    )
    assert (primary.location().path, replica.location().path) == ("one.db", "two.db")


def test_the_first_place_may_be_in_aws_and_the_second_in_a_file() -> None:
    primary, replica = replica_settings({**AWS, "DATABASE_REPLICA_URL": "sqlite:///copy.db"})
    assert (primary.location().provider, replica.location().provider) == ("dynamodb", "sqlite")


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "No replica is named"),
        ({"DATABASE_REPLICA_REGION": "us-west-2"}, "has no regions"),
        ({**AWS, "DATABASE_REPLICA_REGION": "us-east-1"}, "the very place"),
        (
            {**AWS, "DATABASE_REPLICA_REGION": "eu-west-1", "DATABASE_REPLICA_URL": "memory://"},
            "give one of them",
        ),
        (
            {"DATABASE_URL": "dynamodb://us-east-1", "DATABASE_REPLICA_REGION": "us-west-2"},
            "set DATABASE_REPLICA_URL to the replica's URL",
        ),
        ({"DATABASE_REPLICA_URL": "sqlite:///anydynamo.db"}, "the very place"),
        ({"DATABASE_PATH": "a.db", "DATABASE_REPLICA_URL": "sqlite:///./a.db"}, "the very place"),
        (
            {**AWS, "DATABASE_REPLICA_URL": "dynamodb://us-east-1"},
            "the very place",
        ),
        (
            {
                "DATABASE_URL": "sqlite:///a.db?synchronous=full",
                "DATABASE_REPLICA_URL": "sqlite:///b/../a.db",
            },
            "the very place",
        ),
        ({**AWS, "DATABASE_REPLICA_ENDPOINT_URL": "http://127.0.0.1:1"}, "No replica is named"),
        (
            {
                **AWS,
                "DATABASE_REPLICA_REGION": "us-west-2",
                "DATABASE_REPLICA_ENDPOINT_URL": "nowhere",
            },
            "nowhere",
        ),
        ({**AWS, "DATABASE_REPLICA_URL": "nowhere"}, "begins with a provider"),
        (
            {
                "DATABASE_URL": "dynamodb://us-east-1?replicas=us-west-2",
                "DATABASE_REPLICA_URL": "dynamodb://us-west-2",
            },
            "give URLs without them, the second one by DATABASE_REPLICA_URL",
        ),
    ],
)
def test_what_names_no_second_place_is_refused(environ: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        replica_settings(environ)
