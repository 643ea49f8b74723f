"""AWS's signature (version 4): who signed a request, for which region, and whether it is genuine.

Source: Signing AWS API requests (IAM User Guide); the errors are those of Common Errors in the
DynamoDB API Reference.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote, unquote_plus

from anydynamo.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SKEW_SECONDS", "Signature", "check_signature", "read_signature"]

SKEW_SECONDS: Final = 15 * 60
"""How far a request's own time may be from ours."""

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_USUAL: Final = re.compile(
    rf"{_ALGORITHM} Credential=([^\s,]+)/([^\s,/]+)/([^\s,/]+)/([^\s,/]+)/aws4_request, ?"
    r"SignedHeaders=([^\s,=]+), ?Signature=([^\s,=]+)"
)
"""The form in which nearly all clients write it, so that it need not be taken apart by hand."""

_STAMP: Final = "%Y%m%dT%H%M%SZ"
_REQUIRED: Final = ("host", "x-amz-date", "x-amz-target")
"""What must be signed: a request with another operation or another time is another request."""


class Signature(NamedTuple):
    """What a request says of its signer.

    Attributes:
        access_key: The access key's public half.
        date: The day for which the signing key was made, as `YYYYMMDD`.
        region: The region that the request is for.
        service: The service that it is for.
        headers: The names of the signed headers, in lower case and in order.
        signature: The signature itself, hexadecimal.
    """

    access_key: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str


def read_signature(headers: Mapping[str, str]) -> Signature:
    """Take a request's `Authorization` apart, without checking it.

    Args:
        headers: The request's headers, their names in lower case.

    Raises:
        CredentialsError: There is none, or it is incomplete.
    """
    header = headers.get("authorization")
    usual = None if header is None else _USUAL.fullmatch(header)
    if usual is not None:
        access_key, date, region, service, signed_names, signature = usual.groups()
        return Signature(
            access_key, date, region, service, tuple(signed_names.split(";")), signature
        )
    if not header:
        raise CredentialsError(
            "Request is missing Authentication Token", code="MissingAuthenticationTokenException"
        )
    algorithm, _, rest = header.partition(" ")
    if algorithm != _ALGORITHM:
        raise _incomplete(f"Authorization header must begin with {_ALGORITHM}")
    # Clients put a comma, a space or both between the parts.
    parts: dict[str, str] = {}
    for part in rest.replace(",", " ").split():
        name, _, value = part.partition("=")
        parts[name] = value
    missing = [name for name in ("Credential", "SignedHeaders", "Signature") if not parts.get(name)]
    if missing:
        raise _incomplete(
            " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        )
    scope = parts["Credential"].rsplit("/", 4)
    if len(scope) != 5 or not all(scope) or scope[4] != "aws4_request":
        raise _incomplete("Credential must have the form KEY/DATE/REGION/SERVICE/aws4_request")
    access_key, date, region, service, _ = scope
    signed = tuple(parts["SignedHeaders"].split(";"))
    return Signature(access_key, date, region, service, signed, parts["Signature"])


def check_signature(
    signature: Signature,
    *,
    secrets: Mapping[str, str],
    now: float,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
) -> None:
    """Verify that the holder of a known secret signed exactly this request, and lately.

    Args:
        signature: What `read_signature` returned.
        secrets: The access keys that are known, and their secrets.
        now: The time, in seconds since the epoch.
        method: The HTTP method.
        target: The path and the query, as sent.
        headers: The request's headers, their names in lower case.
        body: The request's body.

    Raises:
        CredentialsError: The key is unknown, the time too far off, or the signature another.
    """
    secret = secrets.get(signature.access_key)
    if secret is None:
        raise CredentialsError(
            "The security token included in the request is invalid.",
            code="UnrecognizedClientException",
        )
    unsigned = [name for name in _REQUIRED if name not in signature.headers or name not in headers]
    if unsigned:
        raise _invalid(f"These headers must be there and be signed: {', '.join(unsigned)}")
    stamp = headers["x-amz-date"]
    _check_time(stamp, signature.date, now)
    if signature.service != "dynamodb":
        raise _invalid("Credential should be scoped to correct service: 'dynamodb'.")
    scope = f"{signature.date}/{signature.region}/{signature.service}/aws4_request"
    canonical = _canonical(signature, method, target, headers, body)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}"
    expected = _mac(_signing_key(secret, signature), text).hex()
    if not hmac.compare_digest(expected.encode(), signature.signature.encode()):
        raise _invalid(
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details."
        )


def _check_time(stamp: str, date: str, now: float) -> None:
    try:
        sent = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise _incomplete("X-Amz-Date must have the form YYYYMMDDTHHMMSSZ") from error
    if not stamp.startswith(date):
        raise _invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version")
    if abs(now - sent) > SKEW_SECONDS:
        shown = datetime.fromtimestamp(now, UTC).strftime(_STAMP)
        word = "expired" if sent < now else "not yet current"
        raise _invalid(f"Signature {word}: {stamp} is more than 15 min. from {shown}")


def _canonical(
    signature: Signature, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> str:
    path, _, query = target.partition("?")
    pairs = [part.partition("=")[::2] for part in query.split("&") if part]
    encoded = sorted((_escaped(unquote_plus(n)), _escaped(unquote_plus(v))) for n, v in pairs)
    lines = [f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signature.headers]
    return "\n".join(
        (
            method,
            quote(path or "/", safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in encoded),
            "".join(lines),
            ";".join(signature.headers),
            hashlib.sha256(body).hexdigest(),
        )
    )


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _signing_key(secret: str, signature: Signature) -> bytes:
    key = _mac(f"AWS4{secret}".encode(), signature.date)
    for part in (signature.region, signature.service, "aws4_request"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _incomplete(text: str) -> CredentialsError:
    return CredentialsError(text, code="IncompleteSignatureException")


def _invalid(text: str) -> CredentialsError:
    return CredentialsError(text, code="InvalidSignatureException")
