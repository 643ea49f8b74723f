"""What pages say about names, held to the code that has them."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from tests.documentation import ROOT, Page, pages

import anydynamo
from anydynamo import environment, errors
from anydynamo.catalog.mediamesh import settings as mediamesh
from anydynamo.operations import replicas

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = re.compile(r"\b(?:AWS|DATABASE|DYNAMODB|USE)_[A-Z_<>]+\b>?[A-Z_]*")
KNOWN = {
    *(name for names in environment.VARIABLES.values() for name in names),
    "USE_DYNAMODB",
    "DYNAMODB_ENABLED",
    *replicas.VARIABLES,
}
# The variables of one system alone, by the page that explains them.
OWN = {
    "docs/guides/exports.md": {"DYNAMODB_JSON"},  # a format, and no variable
    "docs/guides/server.md": {"AWS_ENDPOINT_URL_DYNAMODB"},  # AWS's own clients read it
    "docs/systems/ad_events.md": {"USE_DAX"},  # it says that this is refused
    "docs/systems/mediamesh.md": set(mediamesh.VARIABLES),
}
RENAMING = re.compile(r"DYNAMODB_(?:[A-Z_]+|<TABLE>)_TABLE|DYNAMODB_TABLE_(?:[A-Z_]+|<TABLE>)")


def names_in_tree(text: str) -> list[str]:
    """Give the error names of a drawn tree, with their depth, as lines."""
    drawn = re.findall(r"^ {0,4}([│├└─ ]*)(\w+)(?: \((\w+)\))?(?=\s|$)", text, re.MULTILINE)
    return [
        f"{len(branch)} {name} {parent}" for branch, name, parent in drawn if hasattr(errors, name)
    ]


@pytest.mark.parametrize("page", list(pages()), ids=lambda page: page.name)
def test_pages_name_variables_that_exist(page: Page) -> None:
    named = {name for name in VARIABLE.findall(page.text) if not RENAMING.fullmatch(name)}
    own = OWN.get(page.name, set[str]())
    assert named <= KNOWN | own
    assert own <= named


def test_every_variable_is_explained() -> None:
    text = (ROOT / "docs" / "guides" / "configuration.md").read_text(encoding="utf-8")
    assert [name for name in sorted(KNOWN) if f"`{name}`" not in text] == []


def test_the_guide_draws_the_whole_tree_of_errors() -> None:
    text = (ROOT / "docs" / "guides" / "errors.md").read_text(encoding="utf-8")
    block = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert block is not None
    assert errors.__doc__ is not None
    assert names_in_tree(block[1]) == names_in_tree(errors.__doc__)
    assert len(names_in_tree(block[1])) > 30


def test_the_reference_has_every_public_name() -> None:
    pages_of_reference = (ROOT / "docs" / "reference").glob("*.md")
    named = "\n".join(path.read_text(encoding="utf-8") for path in pages_of_reference)
    missing = [
        name
        for name in anydynamo.__all__
        if name not in errors.__all__ and not name.startswith("__") and f".{name}\n" not in named
    ]
    assert missing == []


def test_links_between_pages_lead_somewhere() -> None:
    for page in pages():
        folder = (ROOT / page.name).parent
        for target in re.findall(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)", page.text):
            assert (folder / target).exists(), f"{page.name} links to {target}"


def test_the_tests_in_the_guide_to_testing_pass(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "guides" / "testing.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "test_guide.py").write_text("\n\n".join(blocks[:2]), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_the_layout_in_contributing_is_the_one_that_import_linter_holds() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert block is not None
    drawn = [line.split()[0] for line in block[1].splitlines()]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = project["tool"]["importlinter"]["contracts"]
    held = [name for layer in contract["layers"] for name in layer.split(" | ")]
    assert drawn == held
