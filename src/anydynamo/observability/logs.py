"""Calls as records of Python's logging."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.observability.records import Call, Outcome

__all__ = ["LEVELS", "LogCalls"]

LEVELS: Final[Mapping[Outcome, int]] = {
    "ok": logging.DEBUG,
    "conflict": logging.INFO,
    "cancelled": logging.INFO,
    "throttled": logging.WARNING,
    "refused": logging.WARNING,
    "failed": logging.ERROR,
}
"""The levels of outcomes, where `LogCalls` is not told others."""


class LogCalls:
    """Log each call, at a level that its outcome decides.

    The text is for people. For machines the log record has the attribute `dynamodb`, a mapping of
    all that is known, which formatters for JSON take over.

    Args:
        logger: Where to; without it the logger `anydynamo.calls`.
        slow: From how many seconds on a call is slow, and logged as a warning at least.
        levels: Levels by outcome, in place of the usual ones.
    """

    def __init__(
        self,
        logger: logging.Logger | None = None,
        *,
        slow: float | None = None,
        levels: Mapping[Outcome, int] | None = None,
    ) -> None:
        self._logger = logger or logging.getLogger("anydynamo.calls")
        self._slow = slow
        self._levels = {**LEVELS, **(levels or {})}

    def __call__(self, call: Call, /) -> None:
        """Log a call."""
        level = self._levels[call.outcome]
        slow = self._slow is not None and call.seconds >= self._slow
        if slow:
            level = max(level, logging.WARNING)
        if self._logger.isEnabledFor(level):
            text = f"slow: {_text(call)}" if slow else _text(call)
            self._logger.log(level, "%s", text, extra={"dynamodb": call.as_dict()})


def _text(call: Call) -> str:
    words = [call.operation]
    if call.tables:
        words.append(f"on {', '.join(call.tables)}")
    if call.index is not None:
        words.append(f"by {call.index}")
    words.append(f"{call.seconds * 1000:.1f} ms")
    if call.returned is not None:
        words.append(f"{call.returned} returned")
    if call.scanned is not None and call.scanned != call.returned:
        words.append(f"{call.scanned} read")
    if call.unprocessed:
        words.append(f"{call.unprocessed} unprocessed")
    if call.attempts > 1:
        words.append(f"{call.attempts} attempts")
    if call.error is not None:
        words.append(f"{call.outcome}: {call.code or call.error}")
    first = 1 + bool(call.tables) + (call.index is not None)
    return f"{' '.join(words[:first])}: {', '.join(words[first:])}"
