"""HTTP requests as they were read and replies as they are written: pure functions over bytes."""

from __future__ import annotations

import gzip
import random
import zlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from anydynamo.server.bodies import write_body
from anydynamo.server.deliveries import Delivery
from anydynamo.server.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.errors import AnyDynamoError

__all__ = ["AMZ_JSON", "Reply", "Request", "accepts_gzip", "refuse", "render"]

AMZ_JSON: Final = "application/x-amz-json-1.0"

GZIP_BYTES: Final = 1024
"""From what size on compressing a body pays."""

# Members of an enumeration are slow to look up, and this is done for each reply.
_WHOLE: Final = Delivery.WHOLE

_REASONS: Final[Mapping[int, str]] = {status.value: status.phrase for status in HTTPStatus}


class Request(NamedTuple):
    """One HTTP request.

    Attributes:
        method: Such as `POST`.
        target: The path and the query, as sent.
        headers: By name in lower case.
        body: All of it.
        keep_alive: Whether the client wants to go on with the connection.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    keep_alive: bool = True


class Reply(NamedTuple):
    """One HTTP reply, whatever becomes of its connection.

    Attributes:
        status: The HTTP status.
        body: Uncompressed.
        content_type: What the body is.
        extra: Further header lines, each with its line end.
        delivery: What becomes of it.
    """

    status: int
    body: bytes
    content_type: str = AMZ_JSON
    extra: str = ""
    delivery: Delivery = Delivery.WHOLE


def refuse(error: AnyDynamoError, *, status: int | None = None) -> Reply:
    """Make the reply for an error, by its own status if no other is given."""
    own, members = refusal(error)
    return Reply(own if status is None else status, write_body(members))


def render(reply: Reply, *, close: bool, head: bool = False, compress: bool = False) -> bytes:
    """Write a reply.

    Args:
        reply: What to say.
        close: Whether the connection ends with it.
        head: Whether the request was HEAD: everything but the body is sent.
        compress: Whether the client takes gzip.
    """
    body, extra = reply.body, reply.extra
    if compress and len(body) >= GZIP_BYTES:
        # Not the time of day: equal answers stay equal, and so does their checksum.
        body = gzip.compress(body, compresslevel=1, mtime=0)
        extra += "Content-Encoding: gzip\r\n"
    if close:
        extra += "Connection: close\r\n"
    checksum, sent = zlib.crc32(body), body
    if reply.delivery is not _WHOLE:
        checksum, sent = _damaged(reply.delivery, checksum, body)
    lines = (
        f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, '')}\r\n"
        "Server: anydynamo\r\n"
        f"x-amzn-RequestId: {_request_id()}\r\n"
        f"x-amz-crc32: {checksum}\r\n"
        f"Content-Type: {reply.content_type}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"{extra}\r\n"
    )
    return lines.encode("latin-1") if head else lines.encode("latin-1") + sent


def _damaged(delivery: Delivery, checksum: int, body: bytes) -> tuple[int, bytes]:
    """Return the checksum and the body of a reply as a test of its client wants them."""
    if delivery is Delivery.MISCOUNTED:
        return checksum ^ 1, body
    return checksum, body[: len(body) // 2]


def accepts_gzip(headers: Mapping[str, str]) -> bool:
    """Tell whether a request's `Accept-Encoding` names gzip, and not with a weight of zero."""
    accepted = headers.get("accept-encoding")
    if accepted is None or "gzip" not in accepted:
        return False
    for coding in accepted.split(","):
        name, _, parameters = coding.partition(";")
        if name.strip().lower() == "gzip":
            weight = parameters.replace(" ", "").removeprefix("q=")
            return not parameters or weight.strip("0.") != ""
    return False


def _request_id() -> str:
    # As long as the service's own. It only tells requests apart, and must not cost much.
    return f"{random.getrandbits(256):064X}"[:52]
