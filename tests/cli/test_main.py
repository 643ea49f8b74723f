from __future__ import annotations

import subprocess
import sys

import pytest

import anydynamo
from anydynamo.cli import main


def test_the_version_is_that_of_the_package(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["anydynamo", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"anydynamo {anydynamo.__version__}\n"


def test_without_typer_the_command_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "anydynamo.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    shown = capsys.readouterr()
    assert 'pip install "anydynamo[cli]"' in shown.err
    assert not shown.out


def test_another_missing_module_is_not_taken_for_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "anydynamo.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "anydynamo.cli.app", None)
    with pytest.raises(ModuleNotFoundError, match=r"anydynamo\.cli\.app"):
        main()


def test_the_module_runs_as_the_command_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "anydynamo.cli", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == f"anydynamo {anydynamo.__version__}\n"


def test_showing_help_imports_no_database() -> None:
    code = (
        "import sys\n"
        "from anydynamo.cli.app import app\n"
        "heavy = {'pynamodb', 'anydynamo.database', 'aiobotocore', 'asyncio'} & set(sys.modules)\n"
        "print(sorted(heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"
