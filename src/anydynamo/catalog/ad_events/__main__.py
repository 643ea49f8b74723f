"""Serve ad events over HTTP: `python -m anydynamo.catalog.ad_events --port 8000`.

The environment says which database is meant, and `MAX_EVENTS_PER_SECOND` how fast events are
written at most.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from anydynamo.catalog.ad_events.settings import max_events_per_second, settings, shards
from anydynamo.errors import AnyDynamoError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_LAST_PORT = 65_535


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the process is told to end, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m anydynamo.catalog.ad_events",
        description="Serve ad events over HTTP.",
        epilog="The environment says which database is meant: DATABASE_URL, or DATABASE_PROVIDER "
        "and so on; SQLite where it says nothing. The exit code is 0 for success, 1 for an error, "
        "which is told in one line, and 2 for arguments that make no sense.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to listen at; 127.0.0.1 if not given"
    )
    parser.add_argument(
        "--port", type=_port, default=8000, help="the port, 8000 if not given; 0 takes a free one"
    )
    given = parser.parse_args(arguments)
    try:
        # What is wrong with the environment is said here, and not by a server that fails to start.
        settings().location()
        max_events_per_second()
        shards()
        from anydynamo.catalog.ad_events.app import create_app
        from anydynamo.catalog.serving import serve

        served = serve(
            create_app(),
            host=given.host,
            port=given.port,
            ready=lambda url: print(url, flush=True),
        )
    except AnyDynamoError as error:
        print(f"Error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0 if served else 1


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_LAST_PORT}, not {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
