"""Pages of results and the tokens that lead from one page to the next.

A token is the key of the last item that a page gave, in DynamoDB's own form, signed with
HMAC-SHA256 together with what it belongs to: table, index, key condition, filter and order. So it
can be handed to a browser: altered, or used with another query, it is refused. It is signed and not
encrypted, so it does show the key's values to whoever decodes it.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import os
import time
from base64 import b64decode, b64encode, urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from anydynamo.errors import ConfigurationError, InvalidCursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["CursorSigner", "Page", "checked_secret", "fingerprint"]

T_co = TypeVar("T_co", covariant=True)

_SETS = frozenset({"SS", "NS", "BS"})
_VERSION = 1
_TAG_BYTES = 32
_SHORTEST_SECRET = 16
_LONGEST = 16 * 1024
"""More characters than any token can have: the keys of a table and an index with all their names
come to about 12 KB."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """Some results of a query, and where it goes on.

    Attributes:
        items: The results, in order.
        next: The token for `after=` that gives the following page; None on the last page.
        scanned: How many items were evaluated for this page, before the filter.
        capacity: The capacity units that this page consumed; None unless it was asked for.
    """

    items: tuple[T_co, ...]
    next: str | None
    scanned: int
    capacity: float | None = None

    @property
    def count(self) -> int:
        """How many results this page has."""
        return len(self.items)

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def checked_secret(secret: str) -> str:
    """Return a secret that is long enough to sign with.

    Raises:
        ConfigurationError: It is shorter than 16 characters.
    """
    if len(secret) < _SHORTEST_SECRET:
        raise ConfigurationError(
            f"The secret that signs page tokens must have {_SHORTEST_SECRET} characters or more"
        )
    return secret


@functools.cache
def _process_key() -> bytes:
    # Made on first use, not at import, and the same for every database of this process.
    return os.urandom(32)


@dataclass(frozen=True, slots=True)
class CursorSigner:
    """Makes page tokens and takes them apart.

    Args:
        secret: What signs them; None takes a random key that lives as long as the process.
        max_age: After how many seconds a token is stale; None means never.
        clock: Tells the time, in seconds since 1970.
    """

    secret: bytes | None = None
    max_age: float | None = None
    clock: Callable[[], float] = time.time

    def __repr__(self) -> str:
        return f"CursorSigner(max_age={self.max_age})"

    def sign(self, key: Mapping[str, Any], query: bytes) -> str:
        """Return the token for a key.

        Args:
            key: A `LastEvaluatedKey`, in DynamoDB's JSON.
            query: The `fingerprint` of what it belongs to.
        """
        body = _dump({"v": _VERSION, "t": int(self.clock()), "k": key}).encode()
        return _encode(self._tag(body, query) + body)

    def open(self, token: str, query: bytes, attributes: frozenset[str]) -> dict[str, Any]:
        """Return the key that is in a token.

        Args:
            token: What `sign` returned.
            query: The `fingerprint` of the query at hand.
            attributes: The names that the key must have.

        Raises:
            InvalidCursor: It is not one of ours, was altered, belongs to another query, or is
                stale.
        """
        raw = _decode(token)
        if raw is None:
            raise InvalidCursor("This is no page token: begin again at the first page")
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(body, query)):
            shared = (
                ""
                if self.secret
                else ("; without DATABASE_CURSOR_SECRET, each process has its own signature")
            )
            raise InvalidCursor(
                "This page token was altered, signed with another secret, or belongs to another "
                f"query: begin again at the first page{shared}"
            )
        content: dict[str, Any] = _load(body)
        if content["v"] != _VERSION or content["k"].keys() != attributes:
            raise InvalidCursor("This page token is from another version: begin at the first page")
        if self.max_age is not None and self.clock() - content["t"] > self.max_age:
            raise InvalidCursor(
                f"This page token is older than {self.max_age:g} seconds: begin again at the "
                "first page"
            )
        key: dict[str, Any] = content["k"]
        return key

    def _tag(self, body: bytes, query: bytes) -> bytes:
        # The query's digest has a fixed length, so no other pair has the same concatenation.
        return hmac.digest(self.secret or _process_key(), query + body, "sha256")


def _decode(token: object) -> bytes | None:
    # What a client sends back may have become anything on its way.
    if not isinstance(token, str) or len(token) > _LONGEST or not token.isascii():
        return None
    try:
        raw = b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    # The last character may carry bits that mean nothing: two tokens for one key are one too many.
    return raw if _encode(raw) == token else None


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def fingerprint(*parts: Any) -> bytes:
    """Return 32 bytes that stand for a query: the same parts give the same bytes, everywhere.

    Args:
        parts: Text, numbers, None, and values in DynamoDB's JSON. The order of a mapping and of a
            set's members does not matter.
    """
    return hashlib.sha256(_dump([_ordered(part) for part in parts]).encode()).digest()


def _ordered(value: object, name: str = "") -> object:
    """Sort the members of sets, whose order differs from one process to the next."""
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return {name: _ordered(item, name) for name, item in pairs}
    if isinstance(value, list):
        if name in _SETS:
            return sorted(cast("list[str]", value))
        return [_ordered(item) for item in cast("list[object]", value)]
    return value


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, default=_binary)


def _binary(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"$b": b64encode(value).decode()}
    raise TypeError(f"a page token cannot hold a {type(value).__name__}")


def _load(body: bytes) -> dict[str, Any]:
    # Only what we signed comes here, so it has the form that `sign` gave it.
    content: dict[str, Any] = json.loads(body)
    for value in content["k"].values():
        if "B" in value:
            value["B"] = b64decode(value["B"]["$b"])
    return content
