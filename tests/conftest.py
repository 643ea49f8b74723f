"""What all tests share: a clean environment, bounded hypothesis profiles, servers and targets.

A test that takes the `target` fixture runs on every provider; it narrows the choice with

    @pytest.mark.parametrize("target", ["memory", "sqlite"], indirect=True)

`adapter` is the target's adapter, opened and closed around the test. Servers are started by the
first test that needs one, once per pytest-xdist worker, and emptied for each test.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import hypothesis
import pytest
from tests.npm import NpmUnavailable, octokit_examples
from tests.servers import Server, ServerUnavailable, start_dynoxide, start_moto
from tests.targets import SERVERS, TARGETS, Target, embedded, remote

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from anydynamo import Database
    from anydynamo.adapters.protocol import DatabaseAdapter

# Before any test module imports them: the contracts' tests would fail without telling why.
pytest.register_assert_rewrite("anydynamo.testing.contracts", "anydynamo.testing.repositories")

# Servers and files make single examples slow at times, which is no fault of the code under test.
_SHORT = hypothesis.settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    print_blob=True,
)
hypothesis.settings.register_profile("default", _SHORT)
hypothesis.settings.register_profile("long", _SHORT, max_examples=3000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True, scope="session")
def _environment() -> Iterator[None]:
    """Keep the developer's own settings and credentials out of the tests, and theirs out of AWS."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("AWS_", "DATABASE_", "DYNAMODB_")) or name == "USE_DYNAMODB":
                patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")  # a dummy that both emulators accept
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Server]:
    """`moto[server]`, started once per worker."""
    yield from _running(start_moto)


@pytest.fixture(scope="session")
def dynoxide_server() -> Iterator[Server]:
    """Dynoxide, started once per worker."""
    yield from _running(start_dynoxide)


def _running(start: Callable[[], Server]) -> Iterator[Server]:
    try:
        server = start()
    except ServerUnavailable as error:
        _leave_out(error)
    try:
        yield server
    finally:
        server.stop()


def _leave_out(reason: Exception) -> NoReturn:
    # Continuous integration must not turn green by leaving out what it cannot start.
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (a skip is a failure because CI is set)", pytrace=False)
    pytest.skip(str(reason))


@pytest.fixture(scope="session")
def webhook_examples() -> Path:
    """The folder of the npm package with GitHub's webhook payloads."""
    try:
        return octokit_examples()
    except NpmUnavailable as error:
        _leave_out(error)


@pytest.fixture
def make_target(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Target]:
    """Give fresh, empty targets by name; asking twice for a server empties it again."""

    def make(name: str) -> Target:
        if name in SERVERS:
            return remote(request.getfixturevalue(f"{name}_server"))
        return embedded(name, tmp_path)

    return make


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest, make_target: Callable[[str], Target]) -> Target:
    """Each provider in turn, fresh and empty."""
    return make_target(request.param)


@pytest.fixture
async def database(adapter: DatabaseAdapter) -> AsyncIterator[Database]:
    """A database on each provider in turn."""
    from anydynamo import Database

    async with Database(adapter) as opened:
        yield opened


@pytest.fixture
async def adapter(target: Target) -> AsyncIterator[DatabaseAdapter]:
    """The target's adapter, closed after the test."""
    opened = target.adapter()
    try:
        yield opened
    finally:
        await opened.close()
