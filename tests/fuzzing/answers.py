"""What an answer of the engine's may be: a value, or an error as DynamoDB would give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from anydynamo.engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CODES", "refused"]

T = TypeVar("T")

CODES = frozenset(
    (
        "ConditionalCheckFailedException",
        "DuplicateItemException",
        "SerializationException",
        "TransactionCanceledException",
        "ValidationException",
    )
)
"""The errors that a request can earn without a table's being missing."""


def refused(make: Callable[[], T]) -> T | EngineError:
    """Call something that may refuse its input, in words that a reply can carry.

    Anything else that it raises is the fuzzer's to find.
    """
    try:
        return make()
    except EngineError as caught:
        error = caught
    assert error.code in CODES, error
    error.message.encode()
    return error
