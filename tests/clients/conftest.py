"""`anydynamo serve` over memory and over SQLite, and an account of its own for each test.

Each server is started once. It keeps data apart by access key (`--isolate`), so that a test finds
no other test's tables.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.serving import REGION, SECRET, Command, client, session, start

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEYS = count(1)


BUCKET: Final = "bucket"
"""The folder that stands in for a bucket of Amazon S3."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a client has to know of a server to be let in."""

    url: str
    key: str
    secret: str = SECRET
    region: str = REGION

    def client(self, service: str = "dynamodb") -> Any:
        """Make boto3's client."""
        return client(self.url, service, self.key)

    def resource(self) -> Any:
        """Make boto3's resource."""
        return session().resource(
            "dynamodb",
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
        )

    def environ(self) -> Mapping[str, str]:
        """Tell another program by its environment, as the documentation of AWS's tools has it."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }


@pytest.fixture(scope="session", params=["memory", "sqlite"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Command]:
    """The server, which must have had nothing to complain of when it ends."""
    folder = tmp_path_factory.mktemp("served")
    (folder / BUCKET).mkdir()
    path = [] if request.param == "memory" else ["--path", str(folder / "data.db")]
    started = start(
        "--provider", request.param, "--isolate", "--option", f"s3_folder={folder}", *path
    )
    yield started
    assert started.stop() == (0, "")


@pytest.fixture
def account(served: Command) -> Account:
    """An account without any table."""
    return Account(served.url, f"test{next(_KEYS)}")
