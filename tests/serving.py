"""Run `anydynamo serve` in a process of its own, and ask it as programs do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import IO, Any, Final

import boto3
from botocore.config import Config
from tests.servers import LAUNCH

__all__ = ["REGION", "SECRET", "Command", "client", "start"]

REGION: Final = "eu-west-1"
SECRET: Final = "secret"

STOP_SIGNAL: Final = 15
STOP_SECONDS: Final = 30


@dataclass(slots=True)
class Command:
    """`anydynamo serve`, running."""

    url: str
    process: subprocess.Popen[str]

    def client(self, service: str = "dynamodb", key: str = "local") -> Any:
        return client(self.url, service, key)

    def stop(self, how: int = STOP_SIGNAL) -> tuple[int, str]:
        """End it, and return its exit code and what it said to people."""
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=STOP_SECONDS)
        return self.process.returncode, said


def start(*arguments: str) -> Command:
    """Start it on a free port; it ends with the process that started it."""
    command = [sys.executable, "-m", "anydynamo.cli", "serve", "--port", "0", "--json", *arguments]
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, str(os.getpid()), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out: IO[str] | None = process.stdout
    assert out is not None
    line = out.readline()
    assert line, process.communicate(timeout=STOP_SECONDS)[1]
    return Command(json.loads(line)["url"], process)


def client(url: str, service: str, key: str) -> Any:
    """Make a client of Amazon's that asks once."""
    return session().client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=SECRET,
        config=Config(retries={"total_max_attempts": 1}),
    )


@cache
def session() -> Any:
    """Return one session: it reads botocore's models once for all clients."""
    return boto3.session.Session()
