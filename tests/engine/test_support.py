"""The page that says what the engine supports, held to the engine."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from anydynamo.engine.engine import READS, STATEMENTS, TRANSFERS, WRITES
from anydynamo.engine.requests import OPERATIONS
from anydynamo.engine.support import STORED, page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "support.md"


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def test_the_page_is_what_the_command_writes() -> None:
    command = [sys.executable, "-m", "anydynamo.engine.support"]
    written = subprocess.run(command, capture_output=True, text=True, check=True)
    text = PAGE.read_text(encoding="utf-8")
    (known,) = re.findall(r"botocore ([0-9.]+) ", text)
    installed = metadata.version("botocore")
    if _numbers(installed) < _numbers(known):
        pytest.skip(f"botocore {installed} knows less than {known}, of which the page is")
    assert text.replace(known, installed) == written.stdout, (
        "python -m anydynamo.engine.support > docs/reference/support.md"
    )


def test_every_operation_with_parameters_is_carried_out() -> None:
    assert OPERATIONS.keys() == READS.keys() | WRITES.keys() | STATEMENTS.keys() | TRANSFERS


@pytest.mark.parametrize("operation", sorted(STORED))
def test_what_is_said_to_be_stored_is_taken(operation: str) -> None:
    assert STORED[operation] <= OPERATIONS[operation].names


def test_a_parameter_is_complete_stored_or_refused() -> None:
    members: dict[str, dict[str, str]] = {
        "TableName": {},
        "TableClass": {},
        "VectorIndexUpdates": {},
    }
    model = {
        "operations": {
            "UpdateTable": {"input": {"shape": "In"}},
            "Fly": {"input": {"shape": "In"}},
        },
        "shapes": {"In": {"members": members}},
    }
    text = page(iter([model]), "1.2.3")
    assert "| `UpdateTable` | `TableName` | `TableClass` | `VectorIndexUpdates` |\n" in text
    assert text.endswith("## Operations that are refused\n\n- `Fly`\n")
