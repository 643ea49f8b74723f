"""The command in a process of its own; what each client does with it is in `tests/clients`."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.server.asking import create
from tests.serving import Command, start

from anydynamo.cli.serve import run
from anydynamo.errors import ConfigurationError
from anydynamo.server.serving import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
