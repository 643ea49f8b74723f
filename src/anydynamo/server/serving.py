"""A server on a port: it begins to listen, and it stops in good order."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from anydynamo.errors import ConfigurationError
from anydynamo.server.connections import Hub

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from anydynamo.server.connections import Limits
    from anydynamo.server.service import Service

__all__ = ["Server", "is_loopback", "serve"]

GRACE_SECONDS: Final = 10.0
SWEEP_SECONDS: Final = 1.0


class Server:
    """Serves DynamoDB's protocol while its block runs, and closes the service after it."""

    def __init__(
        self,
        service: Service,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
    ) -> None:
        """Prepare to listen.

        Args:
            service: What answers; it is closed with the server.
            host: The address to listen at; others than loopback let other machines in.
            port: The port; 0 takes one that is free.
            limits: What clients may ask for.
        """
        self._service = service
        self._host = host
        self._port = port
        self._limits = limits
        self._hub: Hub | None = None
        self._listening: asyncio.Server | None = None
        self._sweeping: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Server:
        """Listen.

        Raises:
            ConfigurationError: Nobody may listen there, or somebody does already.
        """
        loop = asyncio.get_running_loop()
        service = self._service
        self._hub = Hub(service.answer, needs_task=service.needs_task, limits=self._limits)
        try:
            self._listening = await loop.create_server(
                self._hub.connection, self._host, self._port, backlog=512
            )
        except (OSError, OverflowError) as error:
            await self._service.close()
            raise ConfigurationError(
                f"Nobody can listen at {self._host}, port {self._port}: {error}"
            ) from error
        self._sweeping = loop.call_later(SWEEP_SECONDS, self._sweep)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish what is under way, and close the service."""
        try:
            if self._sweeping is not None:
                self._sweeping.cancel()
            if self._listening is not None:
                self._listening.close()
            if self._hub is not None:
                await self._hub.stop(GRACE_SECONDS)
        finally:
            await self._service.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        if self._listening is None:
            raise ConfigurationError("The server does not listen yet; use it in `async with`")
        # An address of IPv6 is longer.
        address: tuple[Any, ...] = self._listening.sockets[0].getsockname()
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        return f"http://{host}:{address[1]}"

    def _sweep(self) -> None:
        if self._hub is not None:
            self._hub.sweep()
        loop = asyncio.get_running_loop()
        self._sweeping = loop.call_later(SWEEP_SECONDS, self._sweep)


async def serve(server: Server, ready: Callable[[str], None]) -> None:
    """Serve until the process is told to end, by SIGINT or SIGTERM.

    Args:
        server: What to serve.
        ready: Is told the URL as soon as requests are answered there.

    Raises:
        ConfigurationError: Nobody may listen there.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with server:
        for number in (signal.SIGINT, signal.SIGTERM):
            # Windows has no such handlers; there Ctrl-C interrupts the loop as it always does.
            with suppress(NotImplementedError):
                loop.add_signal_handler(number, told.set)
        ready(server.url)
        await told.wait()


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
