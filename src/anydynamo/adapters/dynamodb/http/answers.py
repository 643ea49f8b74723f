"""An answer, checked and unpacked."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anydynamo.adapters.dynamodb.http.failures import Reason

__all__ = ["Answer", "Damaged", "Headers", "unpack"]

GZIP_WINDOW = 31
"""For zlib: a gzip header and the largest window."""


class Headers(Mapping[str, str]):
    """The headers of an answer, by name in lower case.

    Of the eight that the service sends, a call that succeeds looks at none: they are decoded when
    they are asked for.

    Args:
        received: As received, by name in lower case.
    """

    __slots__ = ("_received",)

    def __init__(self, received: dict[bytes, bytes]) -> None:
        self._received = received

    def __getitem__(self, name: str) -> str:
        return self._received[name.encode()].decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self._received)

    def __len__(self) -> int:
        return len(self._received)

    def __repr__(self) -> str:
        return repr(dict(self))


# A msgspec struct, because one is made per request: a frozen dataclass takes six times as long.
class Answer(msgspec.Struct, frozen=True):
    """What the server said.

    Attributes:
        status: The HTTP status; any but 1xx.
        headers: By name in lower case; of a name that came several times, the last.
        body: Uncompressed, and as long as was announced.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Damaged(Exception):
    """A body is not what the server meant to send."""

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason: Reason = reason


def unpack(status: int, received: dict[bytes, bytes], body: bytes, *, most: int) -> Answer:
    """Check a body as it was received, and uncompress it.

    Args:
        status: The HTTP status.
        received: The headers, by name in lower case.
        body: As received; `x-amz-crc32` is the checksum of these bytes.
        most: How many bytes it may have, also when it is uncompressed.

    Raises:
        Damaged: The checksum is another one, or the body is too large or cannot be uncompressed.
    """
    if len(body) > most:
        raise Damaged(f"it has more than {most} bytes", "answer")
    checksum = received.get(b"x-amz-crc32")
    if checksum is not None and checksum != b"%d" % zlib.crc32(body):
        raise Damaged(
            f"its {len(body)} bytes have the checksum {zlib.crc32(body)}, and the server announced"
            f" {checksum[:20].decode('latin-1')!r}",
            "checksum",
        )
    if b"content-encoding" in received:
        body = _uncompress(body, received[b"content-encoding"].decode("latin-1"), most)
    return Answer(status, Headers(received), body)


def _uncompress(body: bytes, coding: str, most: int) -> bytes:
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return body
    if coding not in ("gzip", "x-gzip"):
        raise Damaged(f"it is in the coding {coding[:40]!r}, which was not asked for", "answer")
    stream = zlib.decompressobj(GZIP_WINDOW)
    try:
        plain = stream.decompress(body, most + 1)
    except zlib.error as error:
        raise Damaged(f"it cannot be uncompressed: {error}", "answer") from error
    if len(plain) > most:
        raise Damaged(f"it has more than {most} bytes when it is uncompressed", "answer")
    if not stream.eof or stream.unused_data:
        raise Damaged("its gzip stream does not end where the body ends", "answer")
    return plain
