"""The AWS CLI: every `aws dynamodb` command of the documents, and what else people type."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.clients.documents import COMMANDS, LOCAL, RESTORES
from tests.clients.fetched import program
from tests.clients.versions import AWS_CLI
from tests.server.asking import create

from anydynamo.catalog.ad_events.models import AdItem
from anydynamo.catalog.forum import models as forum
from anydynamo.catalog.github_events.models import Event
from anydynamo.catalog.k9 import models as k9
from anydynamo.catalog.mediamesh.models import IndexedContent, Trending
from anydynamo.models.schema import schema_of
from anydynamo.sync import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.clients.conftest import Account

USERS = "forum-microservices-users-dev"
SYSTEMS: dict[str, dict[type[Any], str]] = {
    "ad_events": {AdItem: "AdEvents"},
    "forum": {forum.User: USERS},
    "mediamesh": {Trending: "mediamesh-trending", IndexedContent: "mediamesh-search-index"},
    "k9": {k9.User: "k9-users-dev", k9.Report: "k9-reports-dev"},
    "github_events": {Event: "github-events-events"},
}
"""The tables of each system that its document's commands name."""


@pytest.fixture
def home(account: Account) -> Account:
    """The account, in the region of all five documents."""
    return replace(account, region="us-east-1")


def output(command: str, account: Account, folder: Path) -> str:
    """Run a command in a shell, with DynamoDB Local's URL replaced by the server's."""
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", command.replace(LOCAL, account.url)],
        env={
            **account.environ(),
            "PATH": f"{program('awscli', AWS_CLI)}:/usr/bin:/bin",
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def answers(system: str, account: Account, folder: Path) -> Iterator[Any]:
    """Make a system's tables, run its document's commands in order and read what they print."""
    with database(system, account) as db:
        db.create_tables(list(SYSTEMS[system]))
    for command in COMMANDS[system]:
        printed = output(command, account, folder)
        yield json.loads(printed) if printed else None


def database(system: str, account: Account) -> Database:
    return Database.open(
        f"dynamodb://{account.region}",
        endpoint_url=account.url,
        access_key_id=account.key,
        secret_access_key=account.secret,
        tables={schema_of(model).table_name: name for model, name in SYSTEMS[system].items()},
    )


def test_ad_events_commands_make_a_global_table_and_list_it(home: Account, tmp_path: Path) -> None:
    replicated, listed = answers("ad_events", home, tmp_path)
    replicas = replicated["GlobalTableDescription"]["ReplicationGroup"]
    assert {replica["RegionName"] for replica in replicas} == {"us-east-1", "eu-west-1"}
    assert listed == {"TableNames": ["AdEvents"]}


def test_the_forums_commands_describe_its_users(home: Account, tmp_path: Path) -> None:
    described, listed, replicas = answers("forum", home, tmp_path)
    table = described["Table"]
    assert (table["TableName"], table["TableStatus"]) == (USERS, "ACTIVE")
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["EmailIndex"]
    assert USERS in listed["TableNames"]
    assert replicas is None


def test_mediameshs_commands_query_and_get_at_the_url_of_dynamodb_local(
    home: Account, tmp_path: Path
) -> None:
    with database("mediamesh", home) as db:
        db.create_tables([Trending, IndexedContent])
        db.repository(Trending).create(
            Trending(content_type="PROGRAM", rank=1, program_id="1", title="One", data="{}")
        )
        db.repository(IndexedContent).create(
            IndexedContent(
                content_id="uuid",
                content_type="PROGRAM",
                title="One",
                indexed_at="2026-01-01",
                updated_at="2026-01-01",
            )
        )
    listed, described, found, item = answers("mediamesh", home, tmp_path)
    assert listed == {"TableNames": ["mediamesh-search-index", "mediamesh-trending"]}
    assert described["Table"]["TableName"] == "mediamesh-trending"
    assert (found["Count"], found["Items"][0]["title"]) == (1, {"S": "One"})
    assert item["Item"]["contentId"] == {"S": "uuid"}


def test_k9s_commands_count_and_save_its_items(home: Account, tmp_path: Path) -> None:
    with database("k9", home) as db:
        db.create_tables([k9.User])
        db.repository(k9.User).create(k9.User(user_id="1", name="Ada", email="ada@example.com"))
    described, counted, saved = answers("k9", home, tmp_path)
    assert described["Table"]["ItemCount"] == 1
    assert counted["Count"] == 0
    assert "Items" not in counted
    assert saved is None
    backup = json.loads((tmp_path / "backup.json").read_text(encoding="utf-8"))
    assert [item["name"] for item in backup["Items"]] == [{"S": "Ada"}]


def test_github_events_commands_turn_recovery_on_and_make_a_backup(
    home: Account, tmp_path: Path
) -> None:
    continuous, made, listed, described = answers("github_events", home, tmp_path)
    recovery = continuous["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    assert made["BackupDetails"]["BackupName"].startswith("github-events-backup-2")
    assert listed == {"TableNames": ["github-events-events"]}
    assert described["Table"]["TableStatus"] == "ACTIVE"


@pytest.mark.parametrize("served", ["sqlite"], indirect=True, scope="session")
@pytest.mark.parametrize("system", RESTORES)
def test_a_date_before_the_table_is_refused_and_the_latest_one_restored(
    system: str, home: Account, tmp_path: Path
) -> None:
    with database(system, home) as db:
        db.create_tables(list(SYSTEMS[system]))
    command = RESTORES[system]
    assert "(InvalidRestoreTimeException)" in output(f"{command} 2>&1 || true", home, tmp_path)
    latest = re.sub(r"--restore-date-time \S+", "--use-latest-restorable-time", command)
    restored = json.loads(output(latest, home, tmp_path))["TableDescription"]
    assert restored["TableName"].endswith("-restored")
    assert restored["RestoreSummary"]["SourceTableArn"].endswith("-dev")


# The CLI takes most of a second to start. The documents' commands are run on both stores; these
# are not.
@pytest.mark.parametrize("served", ["sqlite"], indirect=True, scope="session")
def test_a_table_is_made_waited_for_backed_up_and_restored(
    account: Account, tmp_path: Path
) -> None:
    script = """
    aws dynamodb create-table --table-name things --billing-mode PAY_PER_REQUEST \
        --key-schema AttributeName=pk,KeyType=HASH \
        --attribute-definitions AttributeName=pk,AttributeType=S > /dev/null
    aws dynamodb wait table-exists --table-name things
    aws dynamodb put-item --table-name things --item '{"pk": {"S": "x"}, "photo": {"B": "raw"}}'
    arn=$(aws dynamodb create-backup --table-name things --backup-name nightly \
        --query BackupDetails.BackupArn --output text)
    aws dynamodb delete-table --table-name things > /dev/null
    aws dynamodb wait table-not-exists --table-name things
    aws dynamodb restore-table-from-backup --target-table-name restored --backup-arn "$arn" \
        > /dev/null
    aws dynamodb wait table-exists --table-name restored
    aws dynamodb scan --table-name restored --query Items
    """
    found = json.loads(output(script, account, tmp_path))
    # Version 1 of the CLI takes bytes as text, and prints them as Base64.
    assert found == [{"pk": {"S": "x"}, "photo": {"B": "cmF3"}}]


@pytest.mark.parametrize("served", ["memory"], indirect=True, scope="session")
def test_pages_are_walked_and_errors_named(account: Account, tmp_path: Path) -> None:
    client = account.client()
    client.create_table(**create("things"))
    for number in range(7):
        client.put_item(TableName="things", Item={"pk": {"S": f"{number}"}})
    counted = output(
        "aws dynamodb scan --table-name things --page-size 2 --query 'Items[].pk.S'",
        account,
        tmp_path,
    )
    assert sorted(json.loads(counted)) == [f"{number}" for number in range(7)]
    missing = "aws dynamodb describe-table --table-name nothing 2>&1 || true"
    refused = output(missing, account, tmp_path)
    assert "(ResourceNotFoundException) when calling the DescribeTable operation" in refused
