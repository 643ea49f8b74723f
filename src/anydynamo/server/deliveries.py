"""How a reply reaches its client, or does not: what a server does for tests of its clients."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.errors import AnyDynamoError

__all__ = ["Delivery", "Undelivered"]


class Delivery(Enum):
    """What becomes of a reply."""

    WHOLE = "whole"
    """It is sent as it is."""

    HELD = "held"
    """Nothing is sent, until the client gives up."""

    CUT = "cut"
    """Nothing is sent, and the connection is closed."""

    TRUNCATED = "truncated"
    """The connection is closed in the middle of the body."""

    MISCOUNTED = "miscounted"
    """Its checksum is wrong."""


class Undelivered:
    """The part of an error that tells a server how the reply gets lost.

    An adapter raises an error that has this as a further base. In this process the error itself is
    all that its caller sees.

    Attributes:
        delivery: What becomes of the reply.
        answer: The reply: an operation's result, or the error in place of one.
    """

    delivery: Delivery
    answer: Mapping[str, Any] | AnyDynamoError
