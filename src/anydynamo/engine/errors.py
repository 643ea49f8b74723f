"""The one error that the engine raises: DynamoDB's code and text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["DETECTED", "EmptyKey", "EngineError", "validation"]

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


class EmptyKey(EngineError):
    """A key, of a table or of an index, that is an empty string or binary value.

    The service looks for it before it begins: it refuses a TransactWriteItems as a whole, where
    other items that do not fit their table are reasons to cancel it. Observed by others and by
    Dynoxide, which was calibrated against the service; AWS does not say.
    """

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


def validation(message: str) -> EngineError:
    """Make a ValidationException, DynamoDB's answer to most malformed requests."""
    return EngineError("ValidationException", message)
