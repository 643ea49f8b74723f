"""Run the catalogue's services, `python -m anydynamo.catalog.<system>`, and ask them.

Each listens on a free loopback port, and ends when the test does, or the process that runs it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import httpx2
from tests.servers import LAUNCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["command", "serving"]

STOP_SECONDS = 10.0
ANSWER_SECONDS = 30.0


def command(
    module: str, *arguments: str, cwd: Path, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run a module's command to its end.

    Args:
        module: The module, as `python -m` has it.
        *arguments: Its arguments.
        cwd: The folder to run it in.
        **environ: Variables beside those of the tests.
    """
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", module, *arguments],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@contextmanager
def serving(
    module: str, *arguments: str, cwd: Path, environ: Mapping[str, str]
) -> Iterator[httpx2.Client]:
    """Run a service and give a client of it; a service that does not start fails the test.

    Args:
        module: The module, as `python -m` has it; it prints its URL once it listens.
        *arguments: Arguments beside `--port 0`.
        cwd: The folder to run it in.
        environ: Variables beside those of the tests.
    """
    served = [sys.executable, "-W", "error", "-m", module, "--port", "0", *arguments]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", LAUNCH, str(os.getpid()), *served],
            cwd=cwd,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            # Loopback must not go through a proxy that the environment names.
            with httpx2.Client(
                base_url=_url(process, log), timeout=ANSWER_SECONDS, trust_env=False
            ) as client:
                yield client
        finally:
            _stop(process)


def _url(process: subprocess.Popen[str], log: IO[bytes]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait(STOP_SECONDS)
        log.seek(0)
        raise AssertionError(f"the service did not start: {log.read().decode(errors='replace')}")
    return line.split()[-1]


def _stop(process: subprocess.Popen[str]) -> None:
    # As Ctrl-C does, so that the service closes its database, and coverage is written.
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stdout is not None
    process.stdout.close()
