"""Errors as DynamoDB's HTTP protocol writes them: a status and a JSON object with `__type`.

Sources: Error handling with DynamoDB (Developer Guide), Common Errors (API Reference), and for the
members of each error the service's own description that the AWS SDKs are generated from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.errors import (
    AnyDynamoError,
    ConditionFailed,
    InvalidRequest,
    NotSupported,
    Throttled,
    TransactionCancelled,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["refusal"]

_DYNAMODB: Final = "com.amazonaws.dynamodb.v20120810#"
_FRAMEWORK: Final = "com.amazon.coral.service#"

_NAMESPACES: Final[Mapping[str, str]] = {
    # Recorded answers of the service have it like this, whichever layer refused the request.
    "ValidationException": "com.amazon.coral.validate#",
    "ThrottlingException": "com.amazon.coral.availability#",
    **dict.fromkeys(
        (
            "AccessDeniedException",
            "ExpiredTokenException",
            "IncompleteSignatureException",
            "InternalFailure",
            "InvalidSignatureException",
            "MissingAuthenticationTokenException",
            "SerializationException",
            "ServiceUnavailableException",
            "UnknownOperationException",
            "UnrecognizedClientException",
        ),
        _FRAMEWORK,
    ),
}

_CAPITAL: Final = frozenset(
    (
        "IdempotentParameterMismatchException",
        "TransactionCanceledException",
        "TransactionInProgressException",
        # Of the framework's, from our own knowledge of its answers. Dynoxide, which was calibrated
        # against the service, spells the first one so; the second it does not have.
        "SerializationException",
        "AccessDeniedException",
    )
)
"""The errors whose text is called `Message`; elsewhere it is `message`."""

_STATUSES: Final[Mapping[str, int]] = {
    "InternalServerError": 500,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
}


def refusal(error: AnyDynamoError) -> tuple[int, dict[str, Any]]:
    """Return an error's HTTP status and the members of its body."""
    code = error.code or _code_of(error)
    name = "Message" if code in _CAPITAL else "message"
    body: dict[str, Any] = {"__type": _NAMESPACES.get(code, _DYNAMODB) + code, name: error.message}
    if isinstance(error, ConditionFailed) and error.item:
        body["Item"] = error.item
    if isinstance(error, TransactionCancelled):
        body["CancellationReasons"] = error.reasons
    if isinstance(error, Throttled) and error.reasons:
        # One of the three spells its member in another way, says the service's description.
        spelt = "throttlingReasons" if code == "ThrottlingException" else "ThrottlingReasons"
        body[spelt] = error.reasons
    return _STATUSES.get(code, 400), body


def _code_of(error: AnyDynamoError) -> str:
    """Find a code for an error that DynamoDB does not know: trouble with our own store, mostly."""
    if isinstance(error, NotSupported):
        return "UnknownOperationException"
    if isinstance(error, InvalidRequest):
        return "ValidationException"
    # A client repeats both, and the first one says that it is worth while.
    return "ServiceUnavailableException" if error.retryable else "InternalServerError"
