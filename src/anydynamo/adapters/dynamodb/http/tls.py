"""TLS that resumes sessions, so that a further connection costs no full handshake."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

__all__ = ["ResumingContext"]


class ResumingContext(ssl.SSLContext):
    """A client's context that offers a server the session it remembers of it.

    asyncio has no parameter for a session. What it calls is `wrap_bio`, which has one.
    """

    _sessions: dict[str, ssl.SSLSession]

    def __new__(cls) -> Self:
        """Make a context that verifies certificate and name; what it trusts is still to load."""
        context = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        context._sessions = {}
        return context

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Wrap as `ssl.SSLContext` does, with the session that is remembered if none is given."""
        if session is None and isinstance(server_hostname, str):
            session = self._sessions.get(server_hostname)
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)

    def remember(self, server_hostname: str, connection: ssl.SSLObject) -> None:
        """Keep the session of a connection if it can be resumed.

        With TLS 1.3 that is so once something was read after the handshake: the ticket comes then.
        """
        session = connection.session
        if session is not None and session.has_ticket:
            self._sessions[server_hostname] = session
