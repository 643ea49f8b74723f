"""What botocore and aiobotocore raise, and the error of ours that it becomes.

Exceptions are looked up by class name along the method resolution order, because botocore must not
be imported before an adapter is opened. A test walks every exception class of botocore and every
error code of its DynamoDB model, and fails when one is new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.adapters.effort import note_received
from anydynamo.errors import (
    CODES,
    AccessDenied,
    AnyDynamoError,
    ConfigurationError,
    CredentialsError,
    InvalidRequest,
    MissingDependency,
    NotSupported,
    ProviderError,
    RequestTimeout,
    ServiceFault,
    TableError,
    Throttled,
    Unavailable,
    Unreachable,
    from_code,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["EXCEPTIONS", "SERVICE_CODES", "ForeignAnswer", "refuse_foreign", "translate"]


def _table(
    groups: Mapping[type[AnyDynamoError], Iterable[str]],
) -> Mapping[str, type[AnyDynamoError]]:
    return {name: error for error, names in groups.items() for name in names}


SERVICE_CODES: Mapping[str, type[AnyDynamoError]] = _table(
    {
        AccessDenied: ("AccessDenied", "NotAuthorized", "UnauthorizedOperation"),
        CredentialsError: (
            "AuthFailure",
            "ExpiredToken",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
        ),
        InvalidRequest: (
            "InvalidParameterCombination",
            "InvalidParameterValue",
            "MalformedQueryString",
            "MissingParameter",
            "RequestEntityTooLarge",
            "ValidationError",
        ),
        NotSupported: ("InvalidAction", "MissingAction", "UnsupportedOperation"),
        RequestTimeout: ("RequestTimeout", "RequestTimeoutException"),
        TableError: ("ContinuousBackupsUnavailableException",),
        Throttled: (
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "PriorRequestNotComplete",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "TooManyRequestsException",
        ),
    }
)
"""Codes beside those of `anydynamo.errors.CODES` that only a server sends: of operations that the
library itself does not use, and of AWS's front end (its Common Errors page, and the codes on which
botocore's standard retry mode acts)."""

EXCEPTIONS: Mapping[str, type[AnyDynamoError]] = _table(
    {
        Unavailable: (
            "ConnectionClosedError",
            "ConnectionError",
            # Also what breaks while a request is under way; see `_was_never_sent`.
            "EndpointConnectionError",
            "HTTPClientError",
            "ResponseStreamingError",
            "SSLError",
            # Not botocore's: the transport's, should one reach us unwrapped.
            "ClientError",
            "OSError",
        ),
        Unreachable: ("ConnectTimeoutError", "ProxyConnectionError"),
        RequestTimeout: ("ReadTimeoutError", "TimeoutError"),
        ServiceFault: (
            "ChecksumError",
            "EventStreamError",
            "FlexibleChecksumError",
            "IncompleteReadError",
            "ResponseParserError",
        ),
        Throttled: ("CapacityNotAvailableError",),
        CredentialsError: (
            "CredentialRetrievalError",
            "LoginError",
            "MetadataRetrievalError",
            "NoAuthTokenError",
            "NoCredentialsError",
            "PartialCredentialsError",
            "RefreshWithMFAUnsupportedError",
            "SSOError",
            "TokenRetrievalError",
            "UnknownCredentialError",
            "UnknownTokenProviderError",
        ),
        InvalidRequest: (
            "AliasConflictParameterError",
            "InvalidHostLabelError",
            "MissingParametersError",
            "ParamValidationError",
            "RangeError",
            "UnknownKeyError",
            "UnknownParameterError",
            "UnseekableStreamError",
            "ValidationError",
            # Python's, where a request cannot even be written down: nested without end, or text
            # with lone surrogates.
            "RecursionError",
            "UnicodeEncodeError",
        ),
        ConfigurationError: (
            "ApiVersionNotFoundError",
            "AwsChunkedWrapperError",
            "BaseEndpointResolverError",
            "ConfigNotFound",
            "ConfigParseError",
            "DataNotFoundError",
            "EndpointProviderError",
            "InvalidChecksumConfigError",
            "InvalidConfigError",
            "InvalidDNSNameError",
            "InvalidDefaultsMode",
            "InvalidEndpointConfigurationError",
            "InvalidEndpointDiscoveryConfigurationError",
            "InvalidExpressionError",
            "InvalidIMDSEndpointError",
            "InvalidIMDSEndpointModeError",
            "InvalidProxiesConfigError",
            "InvalidRegionError",
            "InvalidRetryConfigurationError",
            "InvalidS3AddressingStyleError",
            "InvalidS3UsEast1RegionalEndpointConfigError",
            "InvalidSTSRegionalEndpointsConfigError",
            "NoRegionError",
            "ProfileNotFound",
            "ServiceNotInRegionError",
            "UndefinedModelAttributeError",
            "UnknownRegionError",
            "UnknownServiceStyle",
            "UnknownSignatureVersionError",
            "UnsupportedOutpostResourceError",
            "UnsupportedS3AccesspointConfigurationError",
            "UnsupportedS3ArnError",
            "UnsupportedS3ConfigurationError",
            "UnsupportedS3ControlArnError",
            "UnsupportedS3ControlConfigurationError",
            "UnsupportedServiceProtocolsError",
            "UnsupportedSignatureVersionError",
        ),
        NotSupported: ("OperationNotPageableError", "UnknownClientMethodError"),
        MissingDependency: ("MD5UnavailableError", "MissingDependencyException"),
        # Raised by parts of botocore that the adapter does not use; none of them is retryable.
        ProviderError: (
            "BotoCoreError",
            "PaginationError",
            "StubResponseError",
            "WaiterConfigError",
            "WaiterError",
        ),
    }
)
"""Exception classes by name, and what becomes of them; a subclass goes with its nearest base."""

_ADVICE: Mapping[str, str] = {
    "NoCredentialsError": (
        "No AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a "
        "profile. A local server takes any value"
    ),
    "NoRegionError": (
        "No AWS region was given; set AWS_REGION or name it in the URL, as in dynamodb://eu-west-1"
    ),
    "RecursionError": "The request is nested deeper than any that DynamoDB accepts (32 levels)",
}

_STATUSES: Mapping[int, type[AnyDynamoError]] = {
    401: AccessDenied,
    403: AccessDenied,
    408: RequestTimeout,
    413: InvalidRequest,
    429: Throttled,
}


# ThrottlingException spells its member in another way than the other two throttles.
_REASONS = ("CancellationReasons", "ThrottlingReasons", "throttlingReasons")


class ForeignAnswer(Exception):
    """A server said that all is well, and is none that speaks DynamoDB's API."""


def refuse_foreign(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Refuse a success that is not DynamoDB's; an event handler for botocore's `before-parse`.

    botocore takes whatever it cannot read for an answer without content. A web server, or a sign-in
    page of a network, at the endpoint would thus acknowledge every write.

    Raises:
        ForeignAnswer: It is neither marked as DynamoDB's nor a JSON object.
    """
    note_received(len(response_dict["body"]))
    status = int(response_dict["status_code"])
    if status >= 300:
        return
    headers: Mapping[str, str] = response_dict["headers"]
    kind = headers.get("content-type") or "no content type"
    body: bytes = response_dict["body"].strip()
    ours = kind.startswith("application/x-amz-json") or "x-amzn-requestid" in headers
    if not (ours and body.startswith(b"{") and body.endswith(b"}")):
        raise ForeignAnswer(
            f"The server answered {status} with {kind}, which is no answer of DynamoDB's; check "
            "the endpoint (DYNAMODB_ENDPOINT_URL, endpoint_url)"
        )


def translate(
    exception: Exception, *, operation: str | None = None, table: str | None = None
) -> AnyDynamoError | None:
    """Make our error from one that the AWS client raised.

    Returns:
        The error, to be raised from `exception`; None for an exception that is neither of botocore
        nor of the transport, which is a defect somewhere and must not be dressed up.
    """
    if isinstance(exception, ForeignAnswer):
        return ProviderError(str(exception), operation=operation, table=table)
    # Any: botocore's parsed error response has no type.
    response: Any = getattr(exception, "response", None)
    if isinstance(response, dict):
        return _of_response(response, operation=operation, table=table)  # pyright: ignore[reportUnknownArgumentType]
    for base in type(exception).__mro__:
        cls = EXCEPTIONS.get(base.__name__)
        if cls is not None:
            message = _ADVICE.get(type(exception).__name__) or str(exception) or base.__name__
            if type(exception).__name__ == "EndpointConnectionError":
                message += "; is a server running there, and are endpoint and region right?"
                if _was_never_sent(exception):
                    cls = Unreachable
            # A request that botocore itself refuses is one that DynamoDB would refuse.
            code = "ValidationException" if cls is InvalidRequest else None
            return cls(message, code=code, operation=operation, table=table)
    return None


def _was_never_sent(exception: Exception) -> bool:
    """Tell whether it was connecting that failed.

    aiobotocore raises EndpointConnectionError for a connection that was reset as well, and keeps
    aiohttp's own error in it: ClientConnectorError is that of connecting.
    """
    # Any: botocore ships no types.
    arguments: Any = getattr(exception, "kwargs", {})
    names = {base.__name__ for base in type(arguments.get("error")).__mro__}
    return not names.isdisjoint(("ClientConnectorError", "gaierror"))


def _of_response(
    response: Mapping[str, Any], *, operation: str | None, table: str | None
) -> AnyDynamoError:
    error: Mapping[str, Any] = response.get("Error", {})
    code = str(error.get("Code", ""))
    message = str(error.get("Message") or error.get("message") or code or "An error without text")
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code.isdigit():
        # botocore gives the status for a code where an answer has none: a proxy's, a web server's.
        said = "" if message == code else f" ({message[:200]})"
        message = (
            f"The server answered with HTTP status {status} and no error of DynamoDB's{said}; "
            "check the endpoint, and what stands before it"
        )
    if code in CODES:
        return from_code(
            code,
            message,
            operation=operation,
            table=table,
            item=response.get("Item"),
            reasons=next((response[name] for name in _REASONS if response.get(name)), ()),
        )
    fallback = ServiceFault if status >= 500 else _STATUSES.get(status, ProviderError)
    cls = SERVICE_CODES.get(code, fallback)
    return cls(message, code=code or None, operation=operation, table=table)
