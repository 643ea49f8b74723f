"""What the environment says about ad events.

`USE_DYNAMODB=true` chooses DynamoDB, in `AWS_REGION` (us-east-1 where nothing says otherwise),
`MAX_EVENTS_PER_SECOND` bounds what is written, and `AD_EVENTS_SHARDS` says over how many partitions
a campaign's day is spread; all other variables are those of `Settings`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from anydynamo.errors import ConfigurationError
from anydynamo.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REGION", "max_events_per_second", "settings", "shards"]

REGION = "us-east-1"


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
    return _number("MAX_EVENTS_PER_SECOND", environ)


def shards(environ: Mapping[str, str] | None = None) -> int | None:
    """Read over how many partitions a campaign's day is spread; None for one.

    Raises:
        ConfigurationError: It is no whole number above 0.
    """
    return _number("AD_EVENTS_SHARDS", environ)


def _number(name: str, environ: Mapping[str, str] | None) -> int | None:
    text = (os.environ if environ is None else environ).get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise ConfigurationError(f"{name} is {text!r}; it is a whole number from 1 up")
    return int(text)
