"""Serve a FastAPI app of the catalogue on this machine."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from anydynamo.errors import MissingDependency

try:
    import uvicorn
except ImportError as error:
    raise MissingDependency(
        "Serving needs uvicorn, which is not installed: pip install 'anydynamo[web]'"
    ) from error

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, MutableMapping

    from fastapi import FastAPI

__all__ = ["serve"]


def serve(
    app: FastAPI, *, host: str = "127.0.0.1", port: int = 8000, ready: Callable[[str], None]
) -> bool:
    """Serve an app until the process is told to end.

    Args:
        app: The app.
        host: The address to listen at; others than loopback let other machines in.
        port: The port; 0 takes one that is free.
        ready: Is told the URL as soon as requests are answered there.

    Returns:
        Whether it was served at all; if not, the log says why.

    Raises:
        Exception: What the app's own start or end raises, such as a database that does not answer.
    """
    watched = _Watched(app)
    server = _Server(uvicorn.Config(watched, host=host, port=port, log_level="warning"), ready)
    # Ctrl-C is how a server is told to end, and to exit how uvicorn says that it did not start.
    with suppress(KeyboardInterrupt, SystemExit):
        server.run()
    if watched.error is not None:
        raise watched.error
    return server.started


class _Watched:
    """An app whose start, where it fails, is told to the caller and not to the log."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.error: Exception | None = None

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_on(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "lifespan.startup.failed":
                # It has the traceback of what is raised below.
                message = {"type": message["type"]}
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception as error:
            self.error = error
            raise


class _Server(uvicorn.Server):
    """A server that says where it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # An address of IPv6 is longer.
            address: tuple[Any, ...] = self.servers[0].sockets[0].getsockname()
            host = f"[{address[0]}]" if ":" in address[0] else address[0]
            self._ready(f"http://{host}:{address[1]}")
