"""Why an exchange brought no answer, and whether the server may have acted on the request.

```text
ExchangeFailed
├── NotSent    the server cannot have received the whole request
└── Lost       the request may have been carried out
```
"""

from __future__ import annotations

from typing import Literal

__all__ = ["ExchangeFailed", "Lost", "NotSent", "Reason"]

Reason = Literal["timeout", "connection", "answer", "checksum", "closed"]


class ExchangeFailed(Exception):
    """An exchange brought no answer that can be used.

    Args:
        message: What was asked, what stood in the way and what to do.
        reason: What stood in the way: the deadline, the connection, an answer that is not HTTP or
            is too large, a checksum that the body does not have, or the pool's being closed.
    """

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class NotSent(ExchangeFailed):
    """The server cannot have received the whole request, so that repeating it is safe.

    A request that was cut off counts: it says how long its body is, and is not carried out short.
    """


class Lost(ExchangeFailed):
    """The request was written, and what became of it is not known."""
