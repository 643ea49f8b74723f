"""The commands and their options; what they do is imported when they run.

Data goes to standard output, progress to standard error. The exit code is 0 for success, 1 for an
error of ours, which is one line without a traceback unless `--debug` is given, and 2 for arguments
that make no sense.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
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


_Models = Annotated[
    str,
    typer.Argument(
        metavar="MODELS",
        help="The tables' models: module:NAME, such as anydynamo.catalog.forum:MODELS.",
    ),
]
_File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup, one JSON file.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of prose.")]
_Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


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
    as_json: _Json = False,
    debug: _Debug = False,
) -> None:
    """Run a forum, tell what happens and where the data lies.

    Users, threads and posts are migrated from JSON files, queried, changed and paged. It runs on
    SQLite, in anydynamo.db, unless DATABASE_URL or DATABASE_PROVIDER say otherwise. Running it
    again is fine: what it wrote is put back to how it began.
    """
    with _errors(debug=debug):
        from anydynamo.cli.demo import run

        run(payloads, as_json=as_json)


class OnConflict(StrEnum):
    """What restoring does about items that are there with other content."""

    REFUSE = "refuse"
    KEEP = "keep"
    REPLACE = "replace"


@app.command()
def backup(models: _Models, file: _File, as_json: _Json = False, debug: _Debug = False) -> None:
    """Write tables with all their items to one JSON file."""
    with _errors(debug=debug):
        from anydynamo.cli.tables import run_backup

        run_backup(models, file, as_json=as_json)


@app.command()
def restore(
    models: _Models,
    file: _File,
    conflict: Annotated[
        OnConflict,
        typer.Option(help="What to do about items that are there with other content."),
    ] = OnConflict.REFUSE,
    as_json: _Json = False,
    debug: _Debug = False,
) -> None:
    """Write a backup's items back, after all of it has been checked."""
    with _errors(debug=debug):
        from anydynamo.cli.tables import run_restore

        run_restore(models, file, conflict.value, as_json=as_json)


@app.command()
def verify(models: _Models, as_json: _Json = False, debug: _Debug = False) -> None:
    """Look at tables and at every item in them, and change nothing.

    The exit code is 1 if a table is not there or not as its model declares it, or if an item cannot
    be read.
    """
    with _errors(debug=debug):
        from anydynamo.cli.tables import run_verify

        _exit(run_verify(models, as_json=as_json))


@app.command()
def compare(models: _Models, as_json: _Json = False, debug: _Debug = False) -> None:
    """Compare tables, item by item, with those in a second place.

    The second place is named by DATABASE_REPLICA_REGION or DATABASE_REPLICA_URL. The exit code is 1
    if they do not agree.
    """
    with _errors(debug=debug):
        from anydynamo.cli.tables import run_compare

        _exit(run_compare(models, as_json=as_json))


class Provider(StrEnum):
    """What `serve` can keep its data in."""

    MEMORY = "memory"
    JSON = "json"
    SQLITE = "sqlite"


@app.command()
def serve(
    provider: Annotated[Provider, typer.Option(help="Where the data lies.")] = Provider.MEMORY,
    path: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file of json or sqlite.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="An option of the provider, as its URL has it; give it once for each.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 takes one that is free.")
    ] = 8000,
    check_signatures: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY:SECRET",
            help="Refuse what is not signed by this access key; give it once for each key.",
        ),
    ] = None,
    isolate: Annotated[
        bool, typer.Option("--isolate", help="Keep data apart for each access key and region.")
    ] = False,
    faults: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Let requests go wrong as this JSON file says."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="What chance follows from with --faults.")
    ] = None,
    contention: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0.0,
            help="Let each request take so long, and refuse those that meet a transaction.",
        ),
    ] = None,
    as_json: _Json = False,
    debug: _Debug = False,
) -> None:
    """Serve DynamoDB's HTTP API for clients in any language.

    The URL is printed as soon as requests are answered there. SIGINT and SIGTERM end it, after the
    requests under way.
    """
    with _errors(debug=debug):
        from anydynamo.cli.serve import run

        run(
            provider.value,
            path,
            host=host,
            port=port,
            options=option or [],
            keys=check_signatures or [],
            isolate=isolate,
            as_json=as_json,
            faults=faults,
            seed=seed,
            contention=contention,
        )


def _exit(ok: bool) -> None:
    if not ok:
        raise typer.Exit(1)


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
