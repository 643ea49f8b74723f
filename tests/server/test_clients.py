"""Amazon's own clients and PynamoDB, against the command in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection as PynamoConnection
from pynamodb.exceptions import DoesNotExist, PutError, TransactWriteError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite
from tests.server.asking import create
from tests.servers import LAUNCH

from anydynamo.cli.serve import run
from anydynamo.errors import ConfigurationError
from anydynamo.server.serving import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGION = "eu-west-1"


@dataclass(slots=True)
class Command:
    """`anydynamo serve`, running."""

    url: str
    process: subprocess.Popen[str]

    def client(self, service: str = "dynamodb", key: str = "local") -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """End it, and return its exit code and what it said to people."""
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


def start(*arguments: str) -> Command:
    command = [sys.executable, "-m", "anydynamo.cli", "serve", "--port", "0", "--json", *arguments]
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, str(os.getpid()), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out: IO[str] | None = process.stdout
    assert out is not None
    line = out.readline()
    assert line, process.communicate(timeout=30)[1]
    return Command(json.loads(line)["url"], process)


@pytest.fixture(params=["memory", "json", "sqlite"])
def command(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Command]:
    path = [] if request.param == "memory" else ["--path", str(tmp_path / "data")]
    started = start("--provider", request.param, *path)
    yield started
    code, said = started.stop()
    assert (code, said) == (0, "")


def test_a_boto3_client_walks_waits_and_reads_binary(command: Command) -> None:
    client = command.client()
    client.create_table(**create("numbers"))
    client.get_waiter("table_exists").wait(TableName="numbers")
    items = [{"pk": {"S": f"{n}"}, "raw": {"B": bytes([n])}} for n in range(40)]
    for start_ in (0, 20):
        puts = [{"PutRequest": {"Item": item}} for item in items[start_ : start_ + 20]]
        client.batch_write_item(RequestItems={"numbers": puts})
    pages = client.get_paginator("scan").paginate(
        TableName="numbers", PaginationConfig={"PageSize": 7}
    )
    found = [item for page in pages for item in page["Items"]]
    assert sorted(found, key=lambda item: int(item["pk"]["S"])) == items
    names = client.get_paginator("list_tables").paginate().build_full_result()["TableNames"]
    assert names == ["numbers"]
    client.delete_table(TableName="numbers")
    client.get_waiter("table_not_exists").wait(TableName="numbers")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_table(TableName="numbers")


def test_a_boto3_resource_writes_conditions_and_batches(command: Command) -> None:
    resource: Any = boto3.resource(
        "dynamodb",
        endpoint_url=command.url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="secret",
    )
    table = resource.create_table(**create("things"))
    table.wait_until_exists()
    with table.batch_writer() as batch:
        for number in range(30):
            batch.put_item(Item={"pk": f"{number}", "number": number, "tags": {"a", "b"}})
    condition = boto3.dynamodb.conditions.Attr("number").gte(25)
    assert table.scan(FilterExpression=condition)["Count"] == 5
    assert table.get_item(Key={"pk": "7"})["Item"]["tags"] == {"a", "b"}


def test_changes_are_read_by_amazons_client_of_streams(command: Command) -> None:
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    client, streams = command.client(), command.client("dynamodbstreams")
    client.create_table(**create("watched", StreamSpecification=stream))
    client.put_item(TableName="watched", Item={"pk": {"S": "x"}, "raw": {"B": b"\x00"}})
    (listed,) = streams.list_streams(TableName="watched")["Streams"]
    described = streams.describe_stream(StreamArn=listed["StreamArn"])["StreamDescription"]
    images: list[Any] = []
    for shard in described["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=listed["StreamArn"],
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator)["Records"]
        images += [record["dynamodb"]["NewImage"] for record in records]
    assert images == [{"pk": {"S": "x"}, "raw": {"B": b"\x00"}}]


def test_pynamodb_saves_queries_batches_and_transacts(command: Command) -> None:
    class ByColour(GlobalSecondaryIndex["Car"]):  # type: ignore[no-untyped-call] # PynamoDB's own
        class Meta:
            index_name = "colour"
            projection = AllProjection()

        colour = UnicodeAttribute(hash_key=True)

    class Car(Model):
        class Meta:
            table_name = "cars"
            host = command.url
            region = REGION
            aws_access_key_id = "local"
            aws_secret_access_key = "secret"
            billing_mode = "PAY_PER_REQUEST"

        plate = UnicodeAttribute(hash_key=True)
        colour = UnicodeAttribute()
        wheels = NumberAttribute(default=4)
        photo = BinaryAttribute(legacy_encoding=False, null=True)
        by_colour = ByColour()

    Car.create_table(wait=True)
    Car("a", colour="red", photo=b"\x00\xff").save()
    with Car.batch_write() as batch:
        for plate in "bcd":
            batch.save(Car(plate, colour="blue"))
    assert Car.get("a").photo == b"\x00\xff"
    assert sorted(car.plate for car in Car.by_colour.query("blue")) == ["b", "c", "d"]
    assert Car.count() == 4
    car = Car.get("b")
    car.update(actions=[Car.wheels.set(Car.wheels + 2)])
    assert car.wheels == 6
    with pytest.raises(PutError) as refused:
        Car("a", colour="green").save(condition=Car.plate.does_not_exist())
    assert refused.value.cause_response_code == "ConditionalCheckFailedException"
    connection = PynamoConnection(region=REGION, host=command.url)
    connection.session.set_credentials("local", "secret")
    transaction = TransactWrite(connection=connection)
    transaction.delete(Car("c"))
    transaction.save(Car("a", colour="green"), condition=Car.plate.does_not_exist())
    with pytest.raises(TransactWriteError) as cancelled, transaction:
        pass
    reasons = cancelled.value.cancellation_reasons
    assert [reason.code if reason else None for reason in reasons] == [
        None,
        "ConditionalCheckFailed",
    ]
    assert Car.get("c").colour == "blue"
    car.delete()
    with pytest.raises(DoesNotExist):
        Car.get("b")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("provider", ["json", "sqlite"])
def test_what_was_written_is_there_when_it_is_started_again(
    provider: str, how: signal.Signals, tmp_path: Path
) -> None:
    arguments = ("--provider", provider, "--path", str(tmp_path / "data"))
    first = start(*arguments)
    first.client().create_table(**create("kept"))
    assert first.stop(how) == (0, "")
    second = start(*arguments)
    assert second.client().list_tables()["TableNames"] == ["kept"]
    assert second.stop()[0] == 0


def test_only_signatures_of_known_keys_pass(tmp_path: Path) -> None:
    started = start("--check-signatures", "known:secret", "--check-signatures", "wrong:other")
    assert started.client(key="known").list_tables()["TableNames"] == []
    for key, code in (
        ("stranger", "UnrecognizedClientException"),
        ("wrong", "InvalidSignatureException"),
    ):
        with pytest.raises(ClientError) as refused:
            started.client(key=key).list_tables()
        assert refused.value.response["Error"]["Code"] == code
    assert started.stop()[0] == 0


def test_keys_have_files_of_their_own_when_they_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    started = start("--provider", "sqlite", "--path", str(path), "--isolate")
    started.client(key="one").create_table(**create("abc"))
    assert started.client(key="one").list_tables()["TableNames"] == ["abc"]
    assert started.client(key="two").list_tables()["TableNames"] == []
    assert started.stop()[0] == 0
    assert len(list(tmp_path.glob("data-*.db"))) == 2


def test_an_address_that_others_reach_is_warned_of() -> None:
    # All of these are this machine's; nothing listens beyond it while the test runs.
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("example.org")
    assert is_loopback("127.0.0.2")
    assert is_loopback("::1")
    assert is_loopback("localhost")


def serve(provider: str = "memory", **options: Any) -> None:
    path: Path | None = options.pop("path", None)
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "options": [],
        "keys": [],
        "isolate": False,
    }
    run(provider, path, as_json=False, **{**given, **options})


def test_a_port_that_is_taken_is_told_in_one_error() -> None:
    started = start()
    with pytest.raises(ConfigurationError, match="Nobody can listen"):
        serve(port=int(started.url.rpartition(":")[2]))
    assert started.stop()[0] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["expire_after"], "NAME=VALUE"),
        (["=3"], "NAME=VALUE"),
        (["expire_after=1", "expire_after=2"], "expire_after twice"),
        (["expire_after=soon"], "could not convert"),
        (["expire_after=-1"], "0 or more"),
        (["expires=1"], "has no option 'expires'"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        serve(options=options)


def test_an_option_of_the_provider_takes_effect(tmp_path: Path) -> None:
    arguments = ("--provider", "sqlite", "--path", str(tmp_path / "data"))
    first = start(*arguments)
    client = first.client()
    client.create_table(**create("abc"))
    expires = {"Enabled": True, "AttributeName": "ttl"}
    client.update_time_to_live(TableName="abc", TimeToLiveSpecification=expires)
    client.put_item(TableName="abc", Item={"pk": {"S": "a"}, "ttl": {"N": str(int(time.time()))}})
    assert first.stop()[0] == 0
    second = start(*arguments, "--option", "expire_after=0")
    client = second.client()
    client.put_item(TableName="abc", Item={"pk": {"S": "b"}})
    assert client.scan(TableName="abc")["Items"] == [{"pk": {"S": "b"}}]
    assert second.stop()[0] == 0


def test_others_are_warned_of_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    # An address for documentation (RFC 5737), which is nobody's: listening there fails.
    with pytest.raises(ConfigurationError, match="Nobody can listen"):
        serve(host="192.0.2.1")
    assert "other machines can reach 192.0.2.1, and nobody's signature" in capsys.readouterr().err


def test_memory_has_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="leave --path out"):
        serve(path=tmp_path / "data")


@pytest.mark.parametrize("pair", ["key", "key:", ":secret"])
def test_a_key_without_a_secret_is_refused_and_not_shown(pair: str) -> None:
    with pytest.raises(ConfigurationError, match="KEY:SECRET") as refused:
        serve(keys=[pair])
    assert pair not in str(refused.value).replace("KEY:SECRET", "")
