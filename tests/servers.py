"""Start servers of others that speak DynamoDB's API, and never leave one behind.

Tests talk to moto and Dynoxide, benchmarks to dynalite as well. They run as subprocesses on a free
loopback port. Each is told by the kernel to end when the process that started it ends (Linux), so
that a killed test run or a hard time-out leaks nothing either.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from tests.npm import NpmUnavailable, npm_package

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "DYNALITE_VERSION",
    "DYNOXIDE_VERSION",
    "LAUNCH",
    "Server",
    "ServerUnavailable",
    "dynoxide_binary",
    "start_dynalite",
    "start_dynoxide",
    "start_moto",
]

DYNALITE_VERSION = "4.0.0"
DYNOXIDE_VERSION = "1.2.1"

HOST = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 5.0

# Runs another program that dies with its parent: PR_SET_PDEATHSIG (1) survives an exec.
LAUNCH = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the parent has already ended")
os.execv(sys.argv[2], sys.argv[2:])
"""


class ServerUnavailable(Exception):
    """A server cannot be had on this machine; the message is the reason for a skip."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        name: `dynalite`, `moto` or `dynoxide`.
        url: Its endpoint.
    """

    name: str
    url: str
    _process: subprocess.Popen[bytes]
    _log: IO[bytes]

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def reset(self) -> None:
        """Remove all that tests have put there."""
        if self.name == "moto":
            _post(f"{self.url}/moto-api/reset", {}, {})
            return
        while names := self.call("ListTables", {})["TableNames"]:
            for name in names:
                described = self.call("DescribeTable", {"TableName": name})["Table"]
                if described.get("DeletionProtectionEnabled"):
                    self.call(
                        "UpdateTable", {"TableName": name, "DeletionProtectionEnabled": False}
                    )
                self.call("DeleteTable", {"TableName": name})

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Send one request without any AWS library, past the code under test.

        Raises:
            urllib.error.HTTPError: The server refused it.
        """
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": (
                "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
                "SignedHeaders=host;x-amz-date, Signature=0"
            ),
        }
        return _post(f"{self.url}/", request, headers)

    def stop(self) -> None:
        """End the process and wait until it has ended."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def start_moto() -> Server:
    """Start `moto[server]`, which keeps everything in memory.

    Raises:
        ServerUnavailable: It did not come up.
    """
    # As a script of its own module rather than `moto_server`: that finds this interpreter's moto.
    serve = "import sys; from moto.server import main; main(sys.argv[1:])"
    return _start("moto", [sys.executable, "-c", serve, "-H", HOST, "-p"])


def start_dynoxide() -> Server:
    """Start Dynoxide without a file, so that it keeps everything in memory.

    Raises:
        ServerUnavailable: It cannot be fetched here, or did not come up.
    """
    return _start("dynoxide", [str(dynoxide_binary()), "serve", "--host", HOST, "--port"])


def start_dynalite() -> Server:
    """Start dynalite without a file, so that it keeps everything in memory.

    Tables are active at once, which the service's are not.

    Raises:
        ServerUnavailable: It cannot be fetched here, or did not come up.
    """
    node = shutil.which("node")
    if node is None:
        raise ServerUnavailable("dynalite runs in Node, and node is not installed")
    try:
        package = npm_package("dynalite", DYNALITE_VERSION, f"dynalite-{DYNALITE_VERSION}")
    except NpmUnavailable as error:
        raise ServerUnavailable(str(error)) from error
    quick = ("--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0")
    command = [node, str(package / "cli.js"), *quick, "--host", HOST, "--port"]
    return _start("dynalite", command)


def dynoxide_binary() -> Path:
    """Return Dynoxide's executable, fetched by npm on first use into a per-user cache.

    Raises:
        ServerUnavailable: There is no npm, no package for this machine, or npm failed.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise ServerUnavailable("Dynoxide is tested as its build for Linux on x86-64 only")
    try:
        package = npm_package(
            "@dynoxide/linux-x64", DYNOXIDE_VERSION, f"dynoxide-{DYNOXIDE_VERSION}"
        )
    except NpmUnavailable as error:
        raise ServerUnavailable(str(error)) from error
    return package / "dynoxide"


def _start(name: str, command: list[str]) -> Server:
    # Somebody else can take the port between our look and the server's bind: try another one then.
    for _ in range(3):
        port = _free_port()
        log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by Server.stop
        process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", LAUNCH, str(os.getpid()), *command, str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        if _answers(process, port):
            return Server(name, f"http://{HOST}:{port}", process, log)
        if process.poll() is None:
            process.kill()
            process.wait()
        log.seek(0)
        said = log.read().decode(errors="replace").strip()
        log.close()
    raise ServerUnavailable(f"{name} did not start: {said[-500:]}")


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the port is open and our own process, not another, holds it."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), timeout=0.2).close()
        except OSError:
            # Waiting for another process to open its port is all that this sleep does.
            time.sleep(0.01)
            continue
        return process.poll() is None
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _post(url: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    # Loopback must not go through a proxy that the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        read: dict[str, Any] = json.load(answer)
        return read
