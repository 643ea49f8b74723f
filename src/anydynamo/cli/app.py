"""The commands and their options; what they do is imported when they run.

Data goes to standard output, progress to standard error. The exit code is 0 for success, 1 for an
error of ours, which is one line without a traceback unless `--debug` is given, and 2 for arguments
that make no sense.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["app"]

app = typer.Typer(
    name="anydynamo",
    help="Typed PynamoDB models that give the same answers on every provider.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Plain help is the same in every version of typer, in a terminal and in a file.
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from anydynamo import __version__

        print(f"anydynamo {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Typed PynamoDB models that give the same answers on every provider."""


@app.command()
def demo(
    payloads: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            readable=True,
            metavar="PATH",
            help="Store the webhook payloads of this JSON file or folder too.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of prose.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Run a forum, tell what happens and where the data lies.

    Users, threads and posts are migrated from JSON files, queried, changed and paged. It runs on
    SQLite, in anydynamo.db, unless DATABASE_URL or DATABASE_PROVIDER say otherwise. Running it
    again is fine: what it wrote is put back to how it began.
    """
    with _errors(debug=debug):
        from anydynamo.cli.demo import run

        run(payloads, as_json=as_json)


@contextmanager
def _errors(*, debug: bool) -> Generator[None]:
    from anydynamo.errors import AnyDynamoError

    try:
        yield
    except AnyDynamoError as error:
        if debug:
            raise
        line = " ".join(str(error).split())
        print(f"anydynamo: {type(error).__name__}: {line}", file=sys.stderr)
        raise typer.Exit(1) from None
