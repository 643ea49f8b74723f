"""The actions of the service's management script, as people run them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from anydynamo.catalog.forum import User
from anydynamo.catalog.forum.__main__ import main
from anydynamo.sync import Database

if TYPE_CHECKING:
    from pathlib import Path

    from tests.targets import Target


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///forum.db")


def test_a_forum_is_seeded_verified_saved_and_restored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["health"]) == 1
    assert "degraded, without users, threads, posts" in capsys.readouterr().out
    assert main(["seed"]) == 0
    assert "users: 3 written, 0 already there" in capsys.readouterr().out
    for action in (["verify"], ["health"], ["backup", "backup.json"]):
        assert main(action) == 0
    assert "users: 3 items" in capsys.readouterr().out
    monkeypatch.setenv("DATABASE_URL", "json:///restored.json")
    assert main(["restore", "backup.json"]) == 0
    assert "posts: 2 written, 0 already there" in capsys.readouterr().out
    with Database.open("json:///restored.json") as database:
        assert database.repository(User).get("sample-user-1").name == "Alice"


def test_files_are_migrated_with_verified_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate"]) == 0
    told = capsys.readouterr().out
    assert "users/db.json: 3 found, 3 written, 0 already there, 0 kept" in told
    assert "4 verified" in told


def test_what_does_not_belong_together_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["seed"])
    with Database.open("sqlite:///forum.db") as database:
        database.repository(User).delete("sample-user-1")
    assert main(["verify"]) == 1
    assert "posts without their user: sample-post-1" in capsys.readouterr().out


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "backup.json").write_text(json.dumps({"format": "other", "version": 1}))
    for arguments in (
        ["restore", "backup.json"],
        ["migrate", "nothing"],
        ["verify", "--region", "us-west-2"],
    ):
        assert main(arguments) == 1
        told = capsys.readouterr().err
        assert told.startswith("Error: ")
        assert told.count("\n") == 1


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["remove"])
    assert caught.value.code == 2


@pytest.mark.parametrize("target", ["moto", "dynoxide"], indirect=True)
def test_the_documented_environment_leads_to_the_tables(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert target.endpoint_url is not None
    monkeypatch.delenv("DATABASE_URL")
    for name, value in {
        "USE_DYNAMODB": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "DYNAMODB_ENDPOINT": target.endpoint_url,
        "DYNAMODB_USERS_TABLE": "forum-microservices-users-dev",
        "DYNAMODB_THREADS_TABLE": "forum-microservices-threads-dev",
        "DYNAMODB_POSTS_TABLE": "forum-microservices-posts-dev",
    }.items():
        monkeypatch.setenv(name, value)
    assert main(["seed"]) == 0
    assert main(["verify"]) == 0
    assert "forum-microservices-users-dev: 3 items" in capsys.readouterr().out
    if target.name == "moto":
        # Dynoxide has the same tables in every region.
        assert main(["verify", "--region", "us-west-2"]) == 1
        assert "forum-microservices-users-dev: not there" in capsys.readouterr().out
