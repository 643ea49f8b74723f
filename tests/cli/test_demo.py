"""The demo is the main job from end to end, so it is tested as people run it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from anydynamo import Database
from anydynamo.catalog.forum.models import User
from anydynamo.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.targets import Target

STEPS = [
    "tables",
    "migration",
    "indexes",
    "condition",
    "conflict",
    "transaction",
    "cancelled",
    "pages",
    "verbs",
]
PAYLOADS = [
    {
        "name": "push",
        "examples": [
            {"ref": "refs/heads/main", "commits": [], "base_ref": None, "size": 3, "ratio": 5.5},
            {"head": {"author": {"name": "", "email": None}}, "deep": [[[[{"a": {}}]]]]},
        ],
    }
]


def demo(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["demo", *arguments])


def report(*arguments: str) -> Any:
    result = demo("--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(found: Any) -> None:
    assert [step["step"] for step in found["steps"]] == STEPS
    steps = {step["step"]: step for step in found["steps"]}
    assert steps["migration"]["users"]["verified"] == 3
    assert steps["migration"]["threads"]["verified"] == 2
    assert steps["migration"]["posts"]["verified"] == 4
    assert steps["indexes"]["EmailIndex"] == ["1"]
    assert steps["indexes"]["ThreadIndex"] == ["3", "2", "1"]
    assert steps["indexes"]["UserIndex"] == ["1", "4"]
    assert steps["condition"]["name"] == "Alice Liddell"
    assert steps["conflict"]["update"] == "ConditionFailed"
    assert steps["conflict"]["create"] == "AlreadyExists"
    assert steps["conflict"]["name"] == "Alice Liddell"
    assert steps["cancelled"]["threadStands"] is True
    assert "ConditionalCheckFailed" in steps["cancelled"]["reasons"]
    assert [page for page in steps["pages"]["pages"] if page] == [["1", "2"], ["3"]]
    assert steps["verbs"]["renamed"] == "David"


def test_the_demo_runs_on_each_provider_and_runs_again(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", target.url)
    first, second = report(), report()
    check(first)
    check(second)
    assert first["provider"] == target.provider


def test_without_settings_it_runs_on_sqlite(tmp_path: Path) -> None:
    found = report()
    assert (found["provider"], (tmp_path / "anydynamo.db").exists()) == ("sqlite", True)


def test_the_prose_tells_each_step_and_where_the_data_lies(tmp_path: Path) -> None:
    result = demo()
    assert result.exit_code == 0
    for said in (
        "on sqlite",
        "users/db.json: 3 found, 3 written, 0 already there, 3 verified",
        "EmailIndex, alice@example.com: Alice",
        "User 1 was Alice and is Alice Liddell now.",
        "ConditionFailed",
        "AlreadyExists",
        "Thread 3 is still there.",
        "Page 1: 1, 2",
        "anydynamo.db",
    ):
        assert said in result.stdout


async def test_tables_that_are_somebody_s_are_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    mine = User(user_id="1", email="me@example.com", name="Me")
    async with Database.open(url) as database:
        await database.create_tables([User])
        await database.repository(User).create(mine)
    monkeypatch.setenv("DATABASE_URL", url)
    import asyncio

    assert (await asyncio.to_thread(report))["steps"][0]["tables"] == [
        "anydynamo-demo-users",
        "anydynamo-demo-threads",
        "anydynamo-demo-posts",
    ]
    async with Database.open(url) as database:
        assert await database.repository(User).get("1") == mine


@pytest.mark.parametrize("target", ["memory", "sqlite", "json", "dynoxide"], indirect=True)
def test_payloads_come_back_equal(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", target.url)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "index.json").write_text(json.dumps(PAYLOADS), encoding="utf-8")
    assert report("--payloads", "examples")["payloads"] == {
        "payloads": 2,
        "events": 1,
        "nulls": 2,
        "empty": 1,
        "depth": 7,
        "different": [],
    }


def test_payloads_are_told_of_in_prose(tmp_path: Path) -> None:
    (tmp_path / "push.json").write_text(json.dumps({"ref": None}), encoding="utf-8")
    result = demo("--payloads", "push.json")
    assert result.exit_code == 0
    assert "1 payloads of 1 events" in result.stdout
    assert "all came back equal" in result.stdout
    assert "storing 1 payloads" in result.stderr
    assert "storing" not in result.stdout


def test_an_error_is_one_line_and_the_exit_code_is_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PROVIDER", "mysql")
    result = demo()
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("anydynamo: ConfigurationError: DATABASE_PROVIDER is 'mysql'")
    assert result.stderr.count("\n") == 1


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PROVIDER", "mysql")
    result = demo("--debug")
    assert result.exit_code == 1
    assert result.exception is not None
    assert type(result.exception).__name__ == "ConfigurationError"


def test_damaged_payloads_are_refused_before_anything_is_opened(tmp_path: Path) -> None:
    (tmp_path / "push.json").write_text("{", encoding="utf-8")
    result = demo("--payloads", "push.json")
    assert result.exit_code == 1
    assert "push.json: not JSON at line 1" in result.stderr
    assert not (tmp_path / "anydynamo.db").exists()


@pytest.mark.parametrize("arguments", [["--payloads", "absent"], ["--no-such-option"], ["extra"]])
def test_arguments_that_make_no_sense_exit_with_2(arguments: list[str]) -> None:
    assert demo(*arguments).exit_code == 2


def test_a_payload_that_comes_back_different_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import anydynamo.catalog.webhooks as webhooks

    (tmp_path / "push.json").write_text(json.dumps({"ref": None}), encoding="utf-8")
    forget: Callable[[object, object], bool] = lambda one, other: False  # noqa: E731
    monkeypatch.setattr(webhooks, "same", forget)
    result = demo("--payloads", "push.json")
    assert result.exit_code == 1
    assert "some came back different" in result.stdout
    assert "1 payloads came back different, first push.json#0" in result.stderr
