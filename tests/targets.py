"""The providers that a test runs on, each fresh and empty: `memory json sqlite moto dynoxide`."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aiobotocore.session import AioSession
    from tests.servers import Server

    from anydynamo.adapters.dynamodb.choosing import Transport
    from anydynamo.adapters.protocol import DatabaseAdapter

__all__ = ["EMBEDDED", "REGION", "SERVERS", "TARGETS", "Target", "embedded", "remote"]

EMBEDDED = ("memory", "json", "sqlite")
SERVERS = ("moto", "dynoxide")
TARGETS = (*EMBEDDED, *SERVERS)
REGION = "eu-west-1"


@dataclass(frozen=True, slots=True)
class Target:
    """A place for data that is empty when the test begins.

    Attributes:
        name: One of `TARGETS`.
        provider: What `DATABASE_PROVIDER` calls it.
        url: What `Database.open` takes; opening it a second time finds the same data, except for
            memory.
        path: Where an embedded provider's file lies.
        endpoint_url: Where a server listens.
    """

    name: str
    provider: str
    url: str
    path: Path | None = None
    endpoint_url: str | None = None

    def adapter(
        self,
        *,
        blocking: bool = False,
        clock: Callable[[], float] = time.time,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        transport: Transport = "aiobotocore",
    ) -> DatabaseAdapter:
        """Open an adapter; the caller closes it.

        Args:
            blocking: Make it one that the blocking facade can drive on the caller's thread. A
                server's adapter never is.
            clock: What an embedded adapter reads the time from.
            access_key_id: The key that a server's requests are signed with.
            secret_access_key: Its secret.
            transport: The way to a server.

        Returns:
            The adapter. A server's does not retry: what an emulator fails at, it fails at again.
        """
        if self.provider == "dynamodb":
            from anydynamo.adapters.dynamodb import DynamoDBAdapter

            return DynamoDBAdapter(
                region=REGION,
                endpoint_url=self.endpoint_url,
                access_key_id=access_key_id,
                secret_access_key=secret_access_key,
                max_attempts=1,
                # moto does not keep transactions apart that it works on at the same time.
                max_pool_connections=1 if self.name == "moto" else 50,
                session=_session(),
                transport=transport,
            )
        from anydynamo.adapters.embedded import EmbeddedAdapter

        if self.path is None:
            from anydynamo.stores.memory import MemoryStore

            return EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True, clock=clock)
        if self.provider == "sqlite":
            from anydynamo.stores.sqlite import SQLiteStore

            store = SQLiteStore(self.path, blocking=blocking)
            return EmbeddedAdapter(store, provider="sqlite", blocking=blocking, clock=clock)
        from anydynamo.stores.jsonfile import JSONFileStore

        file = JSONFileStore(self.path, blocking=blocking)
        return EmbeddedAdapter(file, provider="json", blocking=blocking, clock=clock)


@functools.cache
def _session() -> AioSession:
    """Share one session, which reads botocore's service description, a large file, only once."""
    from aiobotocore.session import AioSession

    return AioSession()


def embedded(name: str, folder: Path) -> Target:
    """Return an embedded target whose file, if it has one, lies in `folder`."""
    if name == "memory":
        return Target(name, name, "memory://")
    path = folder / {"json": "db.json", "sqlite": "app.db"}[name]
    return Target(name, name, f"{name}:///{path}", path=path)


def remote(server: Server) -> Target:
    """Return a server's target, emptied."""
    server.reset()
    url = f"dynamodb://{REGION}?endpoint_url={server.url}"
    return Target(server.name, "dynamodb", url, endpoint_url=server.url)
