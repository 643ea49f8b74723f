"""Signatures are those that botocore makes, on every day and for every credential."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from anydynamo.adapters.dynamodb.signing import CONTENT_TYPE, Signer

if TYPE_CHECKING:
    from collections.abc import Sequence

MOMENTS = st.integers(0, 4_102_444_800)
WORDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=20)
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
URLS = st.sampled_from(
    [
        "https://dynamodb.eu-west-1.amazonaws.com/",
        "https://123456789012.ddb.eu-west-1.amazonaws.com/",
        "http://127.0.0.1:8000/",
        "http://[::1]:8000/",
        "http://localhost:8000/a/path~/with%20blank/and=sign",
    ]
)


def of_botocore(
    url: str, token: str | None, secret: str, target: str, body: bytes, now: int
) -> tuple[str, str]:
    request = AWSRequest(
        "POST", url, headers={"X-Amz-Target": target, "Content-Type": CONTENT_TYPE}, data=body
    )
    moment = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
    # Newer versions of botocore ask a function of their own for the time, older ones `datetime`.
    clock: Any
    if hasattr(botocore.auth, "get_current_datetime"):
        clock = patch.object(botocore.auth, "get_current_datetime", lambda: moment)
    else:
        frozen = type("Frozen", (datetime,), {"utcnow": classmethod(lambda _: moment)})
        clock = patch.object(botocore.auth.datetime, "datetime", frozen)
    with clock:
        botocore.auth.SigV4Auth(
            Credentials("AKIDEXAMPLE", secret, token), "dynamodb", "eu-west-1"
        ).add_auth(request)
    return request.headers["X-Amz-Date"], request.headers["Authorization"]


@settings(max_examples=200, deadline=None)
@given(
    URLS,
    st.none() | SECRETS,
    SECRETS,
    st.lists(st.tuples(WORDS, st.binary(max_size=200), MOMENTS), min_size=1, max_size=4),
)
def test_a_signature_is_botocores_whatever_was_signed_before(
    url: str, token: str | None, secret: str, requests: Sequence[tuple[str, bytes, int]]
) -> None:
    parts = urlsplit(url)
    signer = Signer(
        access_key="AKIDEXAMPLE",
        secret_key=secret,
        token=token,
        region="eu-west-1",
        host=parts.netloc,
        path=parts.path,
    )
    for name, body, now in requests:
        target = f"DynamoDB_20120810.{name}"
        assert signer.sign(target, body, now) == of_botocore(url, token, secret, target, body, now)


@pytest.mark.parametrize("later", [0.999, 1.0, 86_399.0, 86_400.0])
def test_a_signature_follows_the_clock_over_seconds_and_days(later: float) -> None:
    url = "https://dynamodb.eu-west-1.amazonaws.com/"
    signer = Signer(
        access_key="AKIDEXAMPLE",
        secret_key="s",
        token=None,
        region="eu-west-1",
        host="dynamodb.eu-west-1.amazonaws.com",
    )
    signer.sign("T", b"{}", 1_700_006_400.0)
    now = 1_700_006_400.0 + later
    assert signer.sign("T", b"{}", now) == of_botocore(url, None, "s", "T", b"{}", int(now))
