"""The clients that are not installed with the tests' dependencies, at the versions tried."""

from __future__ import annotations

from typing import Final

__all__ = ["AIODYNAMO", "AWS_CLI", "CONNECT_DYNAMODB", "JAVASCRIPT"]

AIODYNAMO: Final = "26.4"
"""The release of aiodynamo whose own tests are run; the tests' dependencies name it, too."""

AWS_CLI: Final = "1.46.3"

CONNECT_DYNAMODB: Final = "3.0.5"

JAVASCRIPT: Final = {
    "@aws-sdk/client-dynamodb": "3.1162.0",
    "@aws-sdk/client-dynamodb-streams": "3.1141.0",
    "@aws-sdk/lib-dynamodb": "3.1162.0",
}
