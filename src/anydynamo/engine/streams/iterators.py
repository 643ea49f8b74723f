"""Shard iterators: a place in a shard and the time when it was handed out, as opaque text.

An iterator holds all that it stands for, so nothing is kept for it, and it is as good after the
database was closed and opened again. A mark at its end tells one that was cut or altered from a
whole one. It keeps nobody from making one, who would then read what he may read anyway.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import msgspec

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.streams.records import ITERATOR_SECONDS
from anydynamo.engine.streams.sequences import milliseconds, record_key

__all__ = ["Iterator"]

_SEPARATOR: Final = "|1|"
"""What AWS puts between a stream's ARN and what only it can read."""

_MARK_BYTES: Final = 8


class _Place(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    shard: str
    sequence: str
    issued: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Place).decode


@dataclass(frozen=True, slots=True)
class Iterator:
    """A place in a shard.

    Attributes:
        arn: The stream.
        shard: The shard's id.
        sequence: The smallest number that the next record may have.
        issued: The millisecond in which it was handed out.
    """

    arn: str
    shard: str
    sequence: int
    issued: int

    def text(self) -> str:
        """Return it as the API has it."""
        place = _encode(_Place(self.shard, str(self.sequence), self.issued))
        sealed = base64.b64encode(place + _mark(self.arn, place)).decode()
        return self.arn + _SEPARATOR + sealed

    @staticmethod
    def parse(text: str, at: float) -> Iterator:
        """Read what `text` returned.

        Args:
            text: Whatever a caller gave.
            at: The time, in seconds since the epoch.

        Raises:
            EngineError: A ValidationException, or an ExpiredIteratorException.
        """
        arn, separator, sealed = text.partition(_SEPARATOR)
        try:
            raw = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError):
            raise _invalid() from None
        place, mark = raw[:-_MARK_BYTES], raw[-_MARK_BYTES:]
        if not separator or mark != _mark(arn, place):
            raise _invalid()
        try:
            known = _decode(place)
            record_key(int(known.sequence))
        except (msgspec.MsgspecError, ValueError, OverflowError):
            raise _invalid() from None
        iterator = Iterator(arn, known.shard, int(known.sequence), known.issued)
        if milliseconds(at) - iterator.issued > 1000 * ITERATOR_SECONDS:
            raise EngineError(
                "ExpiredIteratorException",
                texts.streams.ITERATOR_EXPIRED,
                minutes=ITERATOR_SECONDS // 60,
            )
        return iterator


def _mark(arn: str, place: bytes) -> bytes:
    return blake2b(arn.encode() + place, digest_size=_MARK_BYTES, person=b"shard iterator").digest()


def _invalid() -> EngineError:
    return validation(texts.streams.INVALID_ITERATOR)
