"""The commands about whole tables, as people run them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from anydynamo.catalog.forum import MODELS, User
from anydynamo.catalog.forum.seed import seed
from anydynamo.cli.app import app
from anydynamo.sync import Database

if TYPE_CHECKING:
    from pathlib import Path

    from anydynamo.database import Database as AsyncDatabase

FORUM = "anydynamo.catalog.forum:MODELS"


@pytest.fixture(autouse=True)
def _forum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///forum.db")
    with Database.open("sqlite:///forum.db") as database:
        database.run(seed)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def facts(*arguments: str, code: int = 0) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_forum_is_backed_up_and_restored_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    written = facts("backup", FORUM, "backup.json")
    assert (written["file"], written["tables"]) == (
        "backup.json",
        {"users": 3, "threads": 2, "posts": 2},
    )
    monkeypatch.setenv("DATABASE_URL", "json:///restored.json")
    restored = facts("restore", FORUM, "backup.json")
    assert [table["written"] for table in restored["tables"]] == [3, 2, 2]
    with Database.open("json:///restored.json") as database:
        assert database.repository(User).get("sample-user-1").name == "Alice"


def test_people_get_prose_and_progress() -> None:
    result = run("backup", FORUM, "backup.json")
    assert "users: 3 items\n" in result.stdout
    assert "Written to backup.json." in result.stdout
    assert "users: 3 ..." in result.stderr
    result = run("restore", FORUM, "backup.json")
    assert "users: 3 found, 0 written, 3 already there, 0 kept as they were" in result.stdout
    assert "users: 3 of 3 ..." in result.stderr


def test_restoring_over_other_content_says_what_to_do() -> None:
    run("backup", FORUM, "backup.json")
    with Database.open("sqlite:///forum.db") as database:
        database.repository(User).update("sample-user-1", User.name.set("Alicia"))
    result = run("restore", FORUM, "backup.json")
    assert result.exit_code == 1
    assert "users has 1 items of another content" in result.stderr
    kept = facts("restore", FORUM, "backup.json", "--conflict", "keep")
    assert kept["tables"][0]["kept"] == 1
    replaced = facts("restore", FORUM, "backup.json", "--conflict", "replace")
    assert replaced["tables"][0]["written"] == 1


def test_tables_that_are_in_order_verify() -> None:
    found = facts("verify", FORUM)
    assert found["ok"] is True
    assert [table["items"] for table in found["tables"]] == [3, 2, 2]
    told = run("verify", FORUM).stdout
    assert "users: 3 items" in told
    assert told.endswith("All is well.\n")


def test_tables_that_are_not_there_fail_to_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///empty.db")
    assert facts("verify", FORUM, code=1)["ok"] is False
    assert "users: not there" in run("verify", FORUM).stdout


def test_items_that_cannot_be_read_are_shown() -> None:
    with Database.open("sqlite:///forum.db") as database:
        item = {"userId": {"S": "9"}, "name": {"N": "1"}}
        database.run(lambda db: db.session.call("PutItem", {"TableName": "users", "Item": item}))
    result = run("verify", FORUM)
    assert result.exit_code == 1
    assert '{"userId": {"S": "9"}}' in result.stdout


def test_unique_values_that_are_not_held_are_shown() -> None:
    def item(user: str, email: str) -> dict[str, Any]:
        texts = {"userId": user, "email": email, "name": "New", "createdAt": "2024-11-23T10:00:00Z"}
        return {name: {"S": text} for name, text in texts.items()}

    async def past_the_repository(db: AsyncDatabase) -> None:
        for one in (item("8", "new@example.com"), item("9", "alice@samples.example.com")):
            await db.session.call("PutItem", {"TableName": "users", "Item": one})

    with Database.open("sqlite:///forum.db") as database:
        database.run(past_the_repository)
    result = run("verify", FORUM)
    assert result.exit_code == 1
    assert "'sample-user-1' and '9' have one value of email, which is unique" in result.stdout
    assert "1 unique values are not held" in result.stdout
    with Database.open("sqlite:///forum.db") as database:
        database.repository(User).delete("9")
        database.repository(User).rebuild_unique()
    assert run("verify", FORUM).exit_code == 0


def test_two_places_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_REPLICA_URL", "sqlite:///second.db")
    with Database.open("sqlite:///second.db") as database:
        database.create_tables(MODELS)
    different = facts("compare", FORUM, code=1)
    assert different["ok"] is False
    assert different["tables"][0]["missing"] == 3
    with Database.open("sqlite:///second.db") as database:
        database.run(seed)
    assert facts("compare", FORUM)["ok"] is True
    assert "second.db agree." in run("compare", FORUM).stdout


@pytest.mark.parametrize(
    "spec",
    ["nothing", "anydynamo.nothing:MODELS", "anydynamo.catalog.forum:NOTHING", ":", "os:environ"],
)
def test_what_names_no_models_is_refused(spec: str) -> None:
    result = run("verify", spec)
    assert result.exit_code == 1
    assert "ConfigurationError" in result.stderr


def test_models_of_ones_own_are_found_in_the_working_folder(tmp_path: Path) -> None:
    (tmp_path / "shop_models.py").write_text(
        "from anydynamo import Attr, Table, attribute\n"
        "class Thing(Table, name='things'):\n"
        "    key: Attr[str] = attribute(hash_key=True)\n"
    )
    assert "things: not there" in run("verify", "shop_models:Thing").stdout
