"""An HTTP server that answers as a test tells it to, for what no emulator does on request."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

__all__ = ["DROP", "HANG", "Answer", "Scripted", "error", "scripted"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a status and a body, or a behaviour that is no answer."""

    status: int = 200
    body: bytes = b"{}"
    behaviour: str = "answer"
    kind: str = "application/x-amz-json-1.0"


HANG = Answer(behaviour="hang")
DROP = Answer(behaviour="drop")


def error(code: str, message: str = "because", *, status: int = 400, **more: Any) -> Answer:
    document = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, **more}
    return Answer(status, json.dumps(document).encode())


@dataclass(slots=True)
class Scripted:
    """What the server was asked, and what it will answer next; afterwards it answers `{}`."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                self.requests.append(json.loads(await reader.readexactly(length)))
                answer = self.answers.pop(0) if self.answers else Answer()
                self.asked.set()
                if answer.behaviour == "hang":
                    await reader.read()  # until the client gives up
                    return
                if answer.behaviour == "drop":
                    return
                writer.write(
                    b"HTTP/1.1 %d Scripted\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
                    % (answer.status, answer.kind.encode(), len(answer.body), answer.body)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def scripted(*answers: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    script = Scripted("", list(answers))
    server = await asyncio.start_server(script._serve, "127.0.0.1", 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    script.url = "{}://{}:{}".format(scheme, *server.sockets[0].getsockname())
    try:
        yield script
    finally:
        server.close()
