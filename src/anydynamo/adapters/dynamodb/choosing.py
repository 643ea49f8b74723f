"""Which way calls take: directly, or through aiobotocore; and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from anydynamo.errors import ConfigurationError, MissingDependency

if TYPE_CHECKING:
    from anydynamo.adapters.dynamodb.clients import Client, Clients
    from anydynamo.adapters.dynamodb.direct import Direct

__all__ = ["TRANSPORTS", "Choice", "NotDirect", "Transport"]

Transport = Literal["auto", "direct", "aiobotocore"]

TRANSPORTS: Final = ("auto", "direct", "aiobotocore")


class NotDirect(Exception):
    """Requests cannot take the direct way; the text is the reason."""


class Choice:
    """The choice of one adapter, made when its first client is opened.

    Args:
        wanted: What the caller wants.
        obstacle: What is in the way of the direct one and is known already, if anything.

    Raises:
        ConfigurationError: What is wanted is unknown, or cannot be had.
    """

    def __init__(self, wanted: Transport, obstacle: str | None) -> None:
        if wanted not in TRANSPORTS:
            raise ConfigurationError(
                f"transport is {wanted!r}; it must be one of {', '.join(TRANSPORTS)}"
            )
        self._wanted: Transport = wanted
        self._obstacle = obstacle
        self._opened = False
        if obstacle is not None:
            self._fail(obstacle)

    @property
    def transport(self) -> Transport:
        """What calls of the data plane take; `auto` as long as nobody knows."""
        if self._wanted == "aiobotocore" or self._obstacle is not None:
            return "aiobotocore"
        return self._wanted if not self._opened else "direct"

    @property
    def reason(self) -> str:
        """Why that is so."""
        if self._obstacle is not None:
            return self._obstacle
        if self._wanted != "auto":
            return "it was asked for"
        return "nothing stands in its way" if self._opened else "it is chosen at the first call"

    async def choose(self, client: Client, clients: Clients, **bounds: Any) -> Direct | None:
        """Open the direct way beside a client, if it is wanted and there is one.

        Args:
            client: The client.
            clients: What opened it.
            **bounds: `limit`, `connect_timeout` and `timeout` of the direct way.

        Raises:
            ConfigurationError: It is insisted on, and there is none.
            Exception: What botocore raises for settings and credentials.
        """
        if self._wanted == "aiobotocore" or self._obstacle is not None:
            return None
        direct: Direct | None = None
        try:
            if client.config.client_cert is not None:
                raise NotDirect("a certificate of the client's own is configured")
            # Imported late: it needs httptools, which aiobotocore does not.
            from anydynamo.adapters.dynamodb.direct import Direct

            direct = Direct(
                client,
                clients.keys,
                proxies=client.config.proxies,
                bundle=clients.bundle(),
                **bounds,
            )
            await direct.open()
        except NotDirect as obstacle:
            self._fail(str(obstacle), obstacle)
            return None
        except MissingDependency as missing:
            self._fail("httptools is not installed", missing)
            return None
        self._opened = True
        return direct

    def _fail(self, why: str, cause: Exception | None = None) -> None:
        if self._wanted == "direct":
            raise ConfigurationError(
                f"transport='direct' cannot be had: {why}; with transport='auto' aiobotocore would "
                "be used"
            ) from cause
        self._obstacle = why
