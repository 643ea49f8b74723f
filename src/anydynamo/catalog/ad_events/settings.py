"""What the environment says about ad events.

`USE_DYNAMODB=true` chooses DynamoDB, in `AWS_REGION` (us-east-1 where nothing says otherwise), and
`MAX_EVENTS_PER_SECOND` bounds what is written; all other variables are those of `Settings`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from anydynamo.errors import ConfigurationError
from anydynamo.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REGION", "max_events_per_second", "settings"]

REGION = "us-east-1"
_RATE = "MAX_EVENTS_PER_SECOND"


def settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read where the tables are.

    Args:
        environ: The variables to read instead of the process's own.

    Raises:
        ConfigurationError: A variable cannot be what it is, or two contradict each other.
    """
    values = dict(os.environ if environ is None else environ)
    if not values.get("AWS_REGION") and not values.get("AWS_DEFAULT_REGION"):
        values["AWS_REGION"] = REGION
    return Settings(values)


def max_events_per_second(environ: Mapping[str, str] | None = None) -> int | None:
    """Read how many events are written in a second at most; None for as many as there are.

    Raises:
        ConfigurationError: It is no whole number above 0.
    """
    text = (os.environ if environ is None else environ).get(_RATE, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise ConfigurationError(f"{_RATE} is {text!r}; it is a whole number from 1 up")
    return int(text)
