"""`NextToken`: where a SELECT goes on, in a text that means nothing to its holder."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.layout import decode, encode
from anydynamo.engine.values.values import check_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anydynamo.engine.values.values import Item

__all__ = ["read_token", "statement_digest", "write_token"]

_canonical = msgspec.msgpack.Encoder(order="sorted", enc_hook=dict).encode


def statement_digest(text: str, parameters: Sequence[object]) -> bytes:
    """Return what stands for a statement with its parameters."""
    return blake2b(_canonical([text, list(parameters)]), digest_size=16).digest()


def write_token(digest: bytes, cursor: Item) -> str:
    """Put the key of the item that was evaluated last into a token."""
    return base64.urlsafe_b64encode(encode({"digest": digest, "cursor": cursor})).decode()


def read_token(token: str, digest: bytes) -> Item:
    """Take the key out of a token again.

    Raises:
        EngineError: A ValidationException; it is no token, or that of another statement.
    """
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        content = decode(raw)
        known, cursor = content["digest"], check_item(content["cursor"])
    except (binascii.Error, msgspec.MsgspecError, KeyError, RecursionError, EngineError):
        raise validation(texts.statements.INVALID_TOKEN) from None
    if known != digest:
        raise validation(texts.statements.TOKEN_OF_ANOTHER_REQUEST)
    return cursor
