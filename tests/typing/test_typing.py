"""Both checkers accept the right uses, and refuse each wrong one and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FILES = (
    "tables.py",
    "right_uses.py",
    "wrong_uses.py",
    "right_repositories.py",
    "wrong_repositories.py",
)
ERROR = re.compile(r"(\w+\.py):(\d+)(?::\d+)?(?::| -) error")


def marked(name: str) -> set[tuple[str, int]]:
    lines = (HERE / name).read_text().splitlines()
    return {(name, number) for number, line in enumerate(lines, 1) if line.endswith("# E")}


def wrong() -> set[tuple[str, int]]:
    return marked("wrong_uses.py") | marked("wrong_repositories.py")


def errors_of(*command: str) -> set[tuple[str, int]]:
    files = [str(HERE / name) for name in FILES]
    run = subprocess.run(
        [sys.executable, "-m", *command, *files], cwd=ROOT, capture_output=True, text=True
    )
    # 0 and 1 are verdicts on the files; anything else is a checker that did not run.
    assert run.returncode in (0, 1), run.stdout + run.stderr
    assert "wrong_uses.py" in run.stdout, run.stdout + run.stderr
    return {(Path(file).name, int(line)) for file, line in ERROR.findall(run.stdout)}


def test_there_are_wrong_uses_to_refuse() -> None:
    assert len(marked("wrong_uses.py")) > 30
    assert len(marked("wrong_repositories.py")) > 25
    assert not marked("right_uses.py") | marked("right_repositories.py")


def test_mypy_refuses_exactly_the_wrong_uses() -> None:
    assert errors_of("mypy", "--strict", "--no-error-summary") == wrong()


def test_pyright_refuses_exactly_the_wrong_uses() -> None:
    assert errors_of("pyright", "--pythonpath", sys.executable) == wrong()
