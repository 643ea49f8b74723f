"""The one error that the engine raises: DynamoDB's code and text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["EmptyKey", "EngineError", "filled", "validation"]


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
        text: str,
        /,
        *,
        item: Mapping[str, Any] | None = None,
        reasons: Sequence[Mapping[str, Any]] = (),
        **parts: object,
    ) -> None:
        """Make an error.

        Args:
            code: DynamoDB's error code.
            text: The whole text; or one of `anydynamo.engine.texts`, whose fields are `parts`.
            item: The item beside a failed condition.
            reasons: A cancelled transaction's reasons.
            parts: What goes into its fields.
        """
        message = filled(text, parts)
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

    def __init__(self, text: str, /, **parts: object) -> None:
        """Make the error of a text of `anydynamo.engine.texts`, whose fields are `parts`."""
        super().__init__("ValidationException", filled(text, parts))


def filled(text: str, parts: Mapping[str, object]) -> str:
    """Fill in the fields of a text.

    Without any parts the text stays as it is: it may be one that was filled in before, and have
    braces of a caller's in it.
    """
    return text.format_map(parts) if parts else text


def validation(text: str, /, **parts: object) -> EngineError:
    """Make a ValidationException, DynamoDB's answer to most malformed requests.

    Args:
        text: As for an `EngineError`.
        parts: What goes into its fields.
    """
    return EngineError("ValidationException", filled(text, parts))
