"""Signatures, made by botocore and verified by us."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.asking import UNVERIFIED, signed

from anydynamo.errors import CredentialsError
from anydynamo.server.signatures import SKEW_SECONDS, check_signature, read_signature

if TYPE_CHECKING:
    from anydynamo.server.messages import Request

SECRETS = {"AKID": "secret"}


def made_at(request: Request) -> float:
    stamp = request.headers["x-amz-date"]
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def verify(request: Request, *, late: float = 0.0) -> None:
    check_signature(
        read_signature(request.headers),
        secrets=SECRETS,
        now=made_at(request) + late,
        method=request.method,
        target=request.target,
        headers=request.headers,
        body=request.body,
    )


def refused(request: Request, says: str, **options: Any) -> None:
    with pytest.raises(CredentialsError, match=says) as caught:
        verify(request, **options)
    assert caught.value.code == "InvalidSignatureException"


def test_what_is_read_is_key_region_and_service() -> None:
    read = read_signature(signed().headers)
    assert (read.access_key, read.region, read.service) == ("AKID", "eu-west-1", "dynamodb")


def test_what_botocore_signs_is_verified() -> None:
    verify(signed(body=b'{"TableName":"abc"}'))


def test_another_body_is_another_request() -> None:
    refused(signed()._replace(body=b'{"Limit":1}'), "does not match")


def test_another_path_is_another_request() -> None:
    refused(signed()._replace(target="/?a=1"), "does not match")


@pytest.mark.parametrize("name", ["host", "x-amz-target"])
def test_another_value_of_a_signed_header_is_another_request(name: str) -> None:
    request = signed()
    refused(request._replace(headers={**request.headers, name: "other"}), "does not match")


def test_an_operation_that_is_not_signed_is_refused() -> None:
    request = signed()
    loose = request.headers["authorization"].replace(";x-amz-target", "")
    assert loose != request.headers["authorization"]
    refused(request._replace(headers={**request.headers, "authorization": loose}), "x-amz-target")


@pytest.mark.parametrize("late", [SKEW_SECONDS, -SKEW_SECONDS])
def test_a_clock_may_be_wrong_by_a_quarter_of_an_hour(late: float) -> None:
    verify(signed(), late=late)


@pytest.mark.parametrize(
    ("late", "says"), [(SKEW_SECONDS + 1, "expired"), (-SKEW_SECONDS - 1, "not yet current")]
)
def test_a_clock_may_not_be_wrong_by_more(late: float, says: str) -> None:
    refused(signed(), says, late=late)


def test_the_day_of_the_key_is_that_of_the_request() -> None:
    request = signed()
    day = request.headers["x-amz-date"][:8]
    other = request.headers["authorization"].replace(f"/{day}/", "/20200101/")
    refused(request._replace(headers={**request.headers, "authorization": other}), "scope")


def test_a_signature_for_another_service_is_refused() -> None:
    request = signed()
    other = request.headers["authorization"].replace("/dynamodb/", "/s3/")
    refused(request._replace(headers={**request.headers, "authorization": other}), "scoped")


def test_a_time_that_is_none_is_incomplete() -> None:
    request = signed()
    headers = {**request.headers, "x-amz-date": "yesterday"}
    with pytest.raises(CredentialsError, match="X-Amz-Date") as caught:
        check_signature(
            read_signature(headers),
            secrets=SECRETS,
            now=0.0,
            method="POST",
            target="/",
            headers=headers,
            body=b"",
        )
    assert caught.value.code == "IncompleteSignatureException"


@pytest.mark.parametrize(
    "header",
    [
        "Basic dGVzdDp0ZXN0",
        "AWS4-HMAC-SHA256",
        UNVERIFIED.replace("Signature=0", ""),
        UNVERIFIED.replace("SignedHeaders=host;x-amz-date", ""),
        UNVERIFIED.replace("/eu-west-1", ""),
        UNVERIFIED.replace("aws4_request", "aws5_request"),
    ],
)
def test_a_signature_with_parts_missing_is_incomplete(header: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        read_signature({"authorization": header})
    assert caught.value.code == "IncompleteSignatureException"


@given(header=st.text(st.characters(max_codepoint=255)), date=st.text(max_size=20))
def test_no_header_does_more_than_be_refused(header: str, date: str) -> None:
    request = signed()
    for text in (header, f"AWS4-HMAC-SHA256 {header}", f"{UNVERIFIED}{header}"):
        headers = {**request.headers, "authorization": text, "x-amz-date": date}
        with pytest.raises(CredentialsError):
            check_signature(
                read_signature(headers),
                secrets={"test": "secret"},
                now=0.0,
                method="POST",
                target=header,
                headers=headers,
                body=b"",
            )
