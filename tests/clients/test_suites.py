"""Projects that store data in DynamoDB, and their own tests, run on the server as they stand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from tests.clients.fetched import node_modules, program, sources
from tests.clients.versions import AIODYNAMO, AWS_CLI, CONNECT_DYNAMODB, JAVASCRIPT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.conftest import Account


def test_aiodynamo_passes_its_own_tests_over_httpx_and_aiohttp(account: Account) -> None:
    assert version("aiodynamo") == AIODYNAMO
    folder = sources("aiodynamo", AIODYNAMO, program("awscli", AWS_CLI))
    # Its settings and ours have nothing to do with each other; xdist may run us, but not it.
    options = ("-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", "-q")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-W", "default", "tests/integration"],
        cwd=folder,
        env={**account.environ(), "DYNAMODB_URL": account.url, "DYNAMODB_REGION": account.region},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    # What it expects to fail, it does itself: queries without a key, on each of its two clients.
    assert "124 passed, 2 xfailed" in done.stdout


@pytest.mark.parametrize("served", ["sqlite"], indirect=True, scope="session")
def test_connect_dynamodb_passes_its_own_tests(account: Account, tmp_path: Path) -> None:
    packages = {
        "connect-dynamodb": CONNECT_DYNAMODB,
        "@aws-sdk/client-dynamodb": JAVASCRIPT["@aws-sdk/client-dynamodb"],
        "express-session": "1.18.2",
        "mocha": "11.7.4",
        "should": "13.2.3",
        "sinon": "21.0.0",
    }
    modules = node_modules(packages, f"connect-dynamodb-{CONNECT_DYNAMODB}-mocha-11.7.4")
    # Mocha leaves out what lies in a folder of that name.
    shutil.copytree(modules / "connect-dynamodb", tmp_path / "connect-dynamodb")
    (tmp_path / "node_modules").symlink_to(modules)
    done = subprocess.run(
        [modules / ".bin" / "mocha", "--timeout", "5000", "--exit", "test/test.js"],
        cwd=tmp_path / "connect-dynamodb",
        env={**account.environ(), "ENDPOINT": account.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 passing" in done.stdout
