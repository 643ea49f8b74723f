"""What clients find around them while a mock is active: credentials, a region, no old session."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

__all__ = ["Environment"]

_CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",  # a dummy: nothing is sent anywhere
}
_REGION: Final = "AWS_DEFAULT_REGION"
_ANY_REGION: Final = "us-east-1"


class Environment:
    """Environment variables and boto3's default session, supplied and put back."""

    def __init__(self) -> None:
        """Begin without having changed anything."""
        self._supplied: dict[str, str] = {}
        self._session: Any = None

    def supply(self) -> None:
        """Set what is not set, and have boto3 make its default session anew.

        A session keeps the credentials that it found first: one from before may have none, and one
        from inside must not outlast the dummy ones.
        """
        missing = {} if os.environ.keys() & _CREDENTIALS.keys() else dict(_CREDENTIALS)
        if _REGION not in os.environ:
            # Other SDKs' name for it, which botocore does not read.
            missing[_REGION] = os.environ.get("AWS_REGION") or _ANY_REGION
        os.environ.update(missing)
        self._supplied = missing
        boto3: Any = sys.modules.get("boto3")
        self._session = getattr(boto3, "DEFAULT_SESSION", None)
        if boto3 is not None:
            boto3.DEFAULT_SESSION = None

    def restore(self) -> None:
        """Take away what was supplied, unless somebody has set it since."""
        for name, value in self._supplied.items():
            if os.environ.get(name) == value:
                del os.environ[name]
        self._supplied = {}
        boto3: Any = sys.modules.get("boto3")
        if boto3 is not None:
            boto3.DEFAULT_SESSION = self._session
        self._session = None
