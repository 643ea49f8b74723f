"""The servers that tests talk to come up, empty themselves, and leave with who started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests import servers
from tests.servers import ServerUnavailable

if TYPE_CHECKING:
    from tests.servers import Server

TABLE: dict[str, Any] = {
    "TableName": "left-behind",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(params=["moto", "dynoxide"])
def server(request: pytest.FixtureRequest) -> Server:
    started: Server = request.getfixturevalue(f"{request.param}_server")
    return started


def test_a_reset_removes_every_table_even_a_protected_one(server: Server) -> None:
    server.reset()
    server.call("CreateTable", {**TABLE, "DeletionProtectionEnabled": True})
    server.call("CreateTable", {**TABLE, "TableName": "another"})
    server.reset()
    assert server.call("ListTables", {})["TableNames"] == []


def test_a_refusal_reaches_the_caller(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        server.call("DescribeTable", {"TableName": "absent"})
    with caught.value:
        assert b"ResourceNotFoundException" in caught.value.read()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_server_does_not_outlive_a_killed_test_run(server: Server) -> None:
    code = (
        "import os, sys; sys.path.insert(0, '.'); from tests import servers; "
        f"print(servers.start_{server.name}()._process.pid, flush=True); sys.stdin.read()"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with run:
        assert run.stdout is not None
        process = int(run.stdout.readline())
        assert _command(process)
        run.send_signal(signal.SIGKILL)
    for _ in range(1000):
        if not _command(process):
            return
        os.sched_yield()
    pytest.fail("the server is still running")


def _command(process: int) -> bytes:
    """Return a process's command line; nothing for one that has ended, reaped or not."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_no_npm_is_a_reason_not_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANYDYNAMO_TEST_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServerUnavailable, match="npm is not installed"):
        servers.dynoxide_binary()


def test_another_machine_is_a_reason_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(ServerUnavailable, match="x86-64 only"):
        servers.dynoxide_binary()


def test_a_failing_npm_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'no route to the registry' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("ANYDYNAMO_TEST_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ServerUnavailable, match="no route to the registry"):
        servers.dynoxide_binary()


@pytest.mark.parametrize("ci", ["", "1"])
def test_a_server_that_cannot_be_had_is_a_skip_and_in_ci_a_failure(tmp_path: Path, ci: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            "tests/test_servers.py::test_a_refusal_reaches_the_caller[dynoxide]",
        ],
        cwd=Path(__file__).parent.parent,
        env={
            "PATH": "",
            "CI": ci,
            "ANYDYNAMO_TEST_CACHE": str(tmp_path),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("1 error" if ci else "1 skipped") in done.stdout, done.stdout + done.stderr
    assert "npm is not installed" in done.stdout
