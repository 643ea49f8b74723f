"""The command line: `anydynamo`, which needs the `cli` extra."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line with the process's arguments, and exit."""
    try:
        from anydynamo.cli.app import app
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        print('The command line needs typer: pip install "anydynamo[cli]"', file=sys.stderr)
        raise SystemExit(1) from None
    app(prog_name="anydynamo")
