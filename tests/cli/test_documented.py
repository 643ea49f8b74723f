from __future__ import annotations

import re

import pytest
import typer
from tests.documentation import ROOT, pages
from typer.testing import CliRunner

from anydynamo.cli.app import app

CLI_PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
COMMANDS = [["anydynamo"]] + [
    ["anydynamo", command]
    for command in ("demo", "backup", "restore", "verify", "compare", "serve")
]
CALL = re.compile(r"^(?:[A-Z_]+=\S+ +)*anydynamo(?P<arguments>( +[^#\n]+)?)$", re.MULTILINE)


def help_of(arguments: list[str]) -> str:
    result = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"}).invoke(
        app, [*arguments, "--help"], prog_name="anydynamo"
    )
    assert result.exit_code == 0
    return result.stdout


def calls() -> list[tuple[str, list[str]]]:
    return [
        (page.name, match["arguments"].split())
        for page in pages()
        for block in re.findall(
            r"^```(?:sh|console)\n(.*?)^```", page.text, re.MULTILINE | re.DOTALL
        )
        for match in CALL.finditer(block)
    ]


@pytest.mark.skipif(
    tuple(map(int, typer.__version__.split(".")[:2])) < (0, 29),
    reason="the page shows help as typer 0.29 prints it, and older ones print it otherwise",
)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_page_shows_the_help_as_it_is(command: list[str]) -> None:
    section = CLI_PAGE.partition(f"## `{' '.join(command)}`\n")[2].partition("\n## ")[0]
    shown = re.search(r"```text\n(.*?)```", section, re.DOTALL)
    assert shown is not None
    assert shown[1].split() == help_of(command[1:]).split()


def test_every_command_has_a_section() -> None:
    names = {info.callback.__name__ for info in app.registered_commands if info.callback}
    assert names == {command[1] for command in COMMANDS if len(command) > 1}


def test_every_call_that_a_page_shows_is_possible() -> None:
    assert calls()
    for page, arguments in calls():
        command = [word for word in arguments[:1] if not word.startswith("-")]
        text = help_of(command)
        for option in (word for word in arguments if word.startswith("--")):
            assert f"{option} " in text, f"{page} shows {option}, which is no option"
