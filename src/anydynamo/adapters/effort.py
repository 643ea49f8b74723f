"""What a call took on its way, told by the adapter that knows to whoever asks.

An adapter that repeats a call, or writes it on a wire, notes it here. Where nobody set an `Effort`
nothing is noted. A context variable carries it, because a call's result has DynamoDB's shape, and
an error may have no place for it at all.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["EFFORT", "Effort", "note_attempt", "note_received", "note_sent"]


@dataclass(slots=True)
class Effort:
    """What one call took.

    Attributes:
        attempts: How often it was tried.
        bytes_sent: The bytes of the requests' bodies, all attempts together; None if unknown.
        bytes_received: The bytes of the answers' bodies after decompression, likewise.
    """

    attempts: int = 1
    bytes_sent: int | None = None
    bytes_received: int | None = None


EFFORT: ContextVar[Effort | None] = ContextVar("anydynamo_effort", default=None)
"""Where the call under way notes what it takes; None where nobody asks."""


def note_attempt(number: int) -> None:
    """Note that a call is being tried again.

    Args:
        number: Which attempt this is, from 2; the first is assumed.
    """
    effort = EFFORT.get()
    if effort is not None:
        effort.attempts = number


def note_sent(size: int) -> None:
    """Note that a request's body of so many bytes goes out."""
    effort = EFFORT.get()
    if effort is not None:
        effort.bytes_sent = size + (effort.bytes_sent or 0)


def note_received(size: int) -> None:
    """Note that an answer's body of so many bytes has come in."""
    effort = EFFORT.get()
    if effort is not None:
        effort.bytes_received = size + (effort.bytes_received or 0)
