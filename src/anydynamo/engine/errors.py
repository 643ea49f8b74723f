"""The one error that the engine raises: DynamoDB's code and text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["DETECTED", "EngineError", "validation"]

DETECTED: Final = "1 validation error detected: "
"""What PutItem, UpdateItem and DeleteItem put before the text of an invalid value or expression."""


class EngineError(Exception):
    """An error as DynamoDB would answer it; the embedded adapter turns it into the library's own.

    Attributes:
        code: DynamoDB's error code, such as `ConditionalCheckFailedException`.
        message: DynamoDB's text.
        item: The item beside a failed condition (`ReturnValuesOnConditionCheckFailure`).
        reasons: A cancelled transaction's `CancellationReasons`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        item: Mapping[str, Any] | None = None,
        reasons: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.item = item
        self.reasons = reasons


def validation(message: str) -> EngineError:
    """Make a ValidationException, DynamoDB's answer to most malformed requests."""
    return EngineError("ValidationException", message)
