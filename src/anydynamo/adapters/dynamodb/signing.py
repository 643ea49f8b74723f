"""AWS's signature (version 4) for the requests of DynamoDB: one POST with a body.

Deriving the key takes four MACs, and it only changes with the day, the region and the secret; so a
signer is made for one credential and one endpoint, and keeps the key of the day.

Source: *Create a signed AWS API request* in the IAM User Guide.
"""

from __future__ import annotations

import hmac
import time
from hashlib import sha256
from typing import Final
from urllib.parse import quote

__all__ = ["CONTENT_TYPE", "Signer"]

CONTENT_TYPE: Final = "application/x-amz-json-1.0"

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


class Signer:
    """Signs the requests of one credential to one endpoint.

    Args:
        access_key: The access key's public half.
        secret_key: Its secret.
        token: The session token of temporary credentials.
        region: The region that the requests are for.
        host: What the `Host` header says.
        path: The path that is asked, as it is sent; without segments of dots.
        service: The service's name in the credential's scope; that of DynamoDB Streams is
            `dynamodb` as well.
    """

    def __init__(
        self,
        *,
        access_key: str,
        secret_key: str,
        token: str | None,
        region: str,
        host: str,
        path: str = "/",
        service: str = "dynamodb",
    ) -> None:
        self._secret = f"AWS4{secret_key}".encode()
        self._region = region
        self._service = service
        names = ["content-type", "host", "x-amz-date", "x-amz-target"]
        self._before = (
            f"POST\n{quote(path, safe='/~')}\n\ncontent-type:{CONTENT_TYPE}\n"
            f"host:{host}\nx-amz-date:"
        )
        self._between = "\nx-amz-target:"
        if token:
            names.insert(3, "x-amz-security-token")
            self._between = f"\nx-amz-security-token:{' '.join(token.split())}\nx-amz-target:"
        signed = ";".join(names)
        self._after = f"\n\n{signed}\n"
        self._credential = f"{_ALGORITHM} Credential={access_key}/"
        self._signed = f", SignedHeaders={signed}, Signature="
        self._second = -1
        self._stamp = ""
        self._day: str = ""
        self._scope = ""
        self._key = b""

    def sign(self, target: str, body: bytes, now: float) -> tuple[str, str]:
        """Sign one request.

        Args:
            target: What the `X-Amz-Target` header says.
            body: The request's body.
            now: The time, in seconds since the epoch.

        Returns:
            What the headers `X-Amz-Date` and `Authorization` say.
        """
        second = int(now)
        if second != self._second:
            self._tick(second)
        stamp = self._stamp
        canonical = (
            f"{self._before}{stamp}{self._between}{target}{self._after}{sha256(body).hexdigest()}"
        )
        text = f"{_ALGORITHM}\n{stamp}\n{self._scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._key, text.encode(), "sha256").hex()
        return stamp, f"{self._credential}{self._scope}{self._signed}{signature}"

    def _tick(self, second: int) -> None:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
        day = stamp[:8]
        if day != self._day:
            key = self._secret
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = key
            self._day = day
            self._scope = f"{day}/{self._region}/{self._service}/aws4_request"
        self._stamp = stamp
        self._second = second
