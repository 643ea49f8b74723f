"""Every exception of botocore and every code of its DynamoDB models becomes an error of ours."""

from __future__ import annotations

import inspect
import pickle
import socket
from unittest.mock import Mock

import aiohttp
import botocore.exceptions
import botocore.loaders
import botocore.parsers
import pytest
from botocore.exceptions import ClientError

from anydynamo.adapters.dynamodb.faults import EXCEPTIONS, SERVICE_CODES, translate
from anydynamo.errors import (
    CODES,
    AccessDenied,
    AnyDynamoError,
    InvalidRequest,
    ProviderError,
    RequestTimeout,
    ServiceFault,
    Throttled,
    Unavailable,
    Unreachable,
)

# Their codes decide, not their class.
BY_CODE = {"ClientError", "EventStreamError"}


def _botocore_exceptions() -> list[type[Exception]]:
    return [
        cls
        for _, cls in inspect.getmembers(botocore.exceptions, inspect.isclass)
        if issubclass(cls, Exception)
        and not issubclass(cls, Warning)
        and cls.__module__ == botocore.exceptions.__name__
    ]


@pytest.mark.parametrize("cls", _botocore_exceptions(), ids=lambda cls: cls.__name__)
def test_every_exception_of_botocore_was_thought_of(cls: type[Exception]) -> None:
    if cls.__name__ in BY_CODE:
        return
    names = [base.__name__ for base in cls.__mro__ if base.__name__ in EXCEPTIONS]
    # The common root is for what nobody has met yet: a new class has to be placed by hand.
    assert names, f"{cls.__name__} is in no group"
    assert cls.__name__ == "BotoCoreError" or names[0] != "BotoCoreError", cls.__name__
    exception = cls.__new__(cls)
    exception.args = ("text",)
    error = translate(exception, operation="GetItem", table="users")
    assert type(error) is EXCEPTIONS[names[0]]


def _codes() -> list[str]:
    loader = botocore.loaders.Loader()
    models = [
        loader.load_service_model(name, "service-2") for name in ("dynamodb", "dynamodbstreams")
    ]
    shapes = [pair for model in models for pair in model["shapes"].items()]
    return sorted({name for name, shape in shapes if shape.get("exception")})


@pytest.mark.parametrize("code", _codes())
def test_every_error_code_of_the_service_model_has_an_error(code: str) -> None:
    assert code in CODES or code in SERVICE_CODES
    error = translate(_answer(code, 400), operation="GetItem", table="users")
    assert type(error) is {**SERVICE_CODES, **CODES}[code]
    assert error.code == code
    assert (error.operation, error.table) == ("GetItem", "users")


def test_no_code_is_in_both_tables() -> None:
    assert not CODES.keys() & SERVICE_CODES.keys()


def _answer(code: str, status: int, message: str = "text") -> ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "GetItem")


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("500", 500, ServiceFault),
        ("503", 503, ServiceFault),
        ("413", 413, InvalidRequest),
        ("429", 429, Throttled),
        ("408", 408, RequestTimeout),
        ("403", 403, AccessDenied),
        ("401", 401, AccessDenied),
        ("BrandNewException", 400, ProviderError),
        ("SlowDown", 503, Throttled),
    ],
)
def test_an_unknown_code_goes_by_its_status(
    code: str, status: int, expected: type[AnyDynamoError]
) -> None:
    error = translate(_answer(code, status))
    assert type(error) is expected
    assert error.code == code


def test_an_answer_without_code_or_text_is_still_an_error() -> None:
    error = translate(ClientError({}, "GetItem"))
    assert type(error) is ProviderError
    assert error.code is None
    assert error.message == "An error without text"


def test_the_text_is_the_services_own() -> None:
    error = translate(_answer("ValidationException", 400, "The key is wrong"))
    assert str(error) == "The key is wrong"
    assert str(pickle.loads(pickle.dumps(error))) == "The key is wrong"


def test_an_endpoint_that_nobody_answers_is_named_with_what_to_look_at() -> None:
    error = translate(botocore.exceptions.EndpointConnectionError(endpoint_url="http://a:1"))
    assert type(error) is Unavailable
    assert 'http://a:1"; is a server running there' in error.message


@pytest.mark.parametrize(
    ("exception", "expected"),
    [
        (
            botocore.exceptions.EndpointConnectionError(
                endpoint_url="http://a:1",
                error=aiohttp.ClientConnectorError(Mock(), OSError("refused")),
            ),
            Unreachable,
        ),
        (
            botocore.exceptions.EndpointConnectionError(
                endpoint_url="http://a:1", error=socket.gaierror("no such name")
            ),
            Unreachable,
        ),
        (
            botocore.exceptions.EndpointConnectionError(
                endpoint_url="http://a:1", error=aiohttp.ClientOSError("reset")
            ),
            Unavailable,
        ),
        (botocore.exceptions.ConnectTimeoutError(endpoint_url="http://a:1"), Unreachable),
        (botocore.exceptions.ReadTimeoutError(endpoint_url="http://a:1"), RequestTimeout),
    ],
    ids=["refused", "name", "reset", "connect", "read"],
)
def test_only_a_request_that_was_never_sent_is_said_to_be_unreachable(
    exception: Exception, expected: type[AnyDynamoError]
) -> None:
    assert type(translate(exception)) is expected


def test_a_garbled_answer_is_a_fault_of_the_service() -> None:
    error = translate(botocore.parsers.ResponseParserError("no JSON"))
    assert type(error) is ServiceFault


def test_a_defect_is_nobodys_error() -> None:
    assert translate(KeyError("x")) is None
