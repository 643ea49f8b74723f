"""The commands: serve, set the tables up, and move them between providers.

    python -m anydynamo.catalog.github_events --port 8000
    python -m anydynamo.catalog.github_events setup create
    python -m anydynamo.catalog.github_events export data_export.json

The environment says which database is meant; see `database_factory`. LOG_LEVEL=DEBUG shows what is
sent to it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from typing import TYPE_CHECKING

from anydynamo.catalog.github_events.database_factory import DatabaseFactory
from anydynamo.catalog.github_events.github_source import GitHubEvents
from anydynamo.catalog.github_events.models import MODELS
from anydynamo.errors import AnyDynamoError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anydynamo.catalog.github_events.manager import Manager

__all__ = ["main"]

_LAST_PORT = 65_535


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        _log()
        if given.command is None:
            return _serve(given.host, given.port, given.repo)
        return asyncio.run(_run(given))
    except AnyDynamoError as error:
        print(f"Error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1


def _log() -> None:
    level = os.environ.get("LOG_LEVEL", "").strip().upper() or "WARNING"
    known = logging.getLevelNamesMapping()
    if level not in known:
        raise ConfigurationError(f"LOG_LEVEL is {level!r}; it is one of {', '.join(known)}")
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m anydynamo.catalog.github_events",
        description="Serve GitHub events over HTTP, unless a command is given.",
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
    parser.add_argument(
        "--repo",
        action="append",
        default=[],
        metavar="OWNER/NAME",
        help="let /collect ask GitHub for the events of this repository; GITHUB_TOKEN is its token",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    setup = commands.add_parser("setup", help="look after the tables")
    setup.add_argument(
        "what",
        choices=["test", "create", "info", "delete"],
        help="try the connection; make the nine tables; describe them; remove them with all data",
    )
    export = commands.add_parser("export", help="write all items to a file")
    export.add_argument("file", help="the file, in DynamoDB's JSON")
    read = commands.add_parser("import", help="write a file's items to the tables")
    read.add_argument("file", help="what `export` wrote")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_LAST_PORT}, not {text}")
    return int(text)


def _serve(host: str, port: int, repositories: Sequence[str]) -> int:
    from anydynamo.catalog.github_events.app import create_app
    from anydynamo.catalog.serving import serve

    # What is wrong with the configuration is said here, and not by a server that fails to start.
    asyncio.run(DatabaseFactory().create_manager().close())
    # Nothing is asked of GitHub unless somebody named what.
    source = None
    if repositories:
        source = GitHubEvents(repositories, token=os.environ.get("GITHUB_TOKEN"))
    served = serve(
        create_app(source=source), host=host, port=port, ready=lambda url: print(url, flush=True)
    )
    return 0 if served else 1


async def _run(given: argparse.Namespace) -> int:
    # Not `async with`, which would make the tables.
    manager = DatabaseFactory().create_manager()
    try:
        if given.command == "setup":
            return await _setup(manager, given.what)
        if given.command == "export":
            return await _export(manager, given.file)
        return await _import(manager, given.file)
    finally:
        await manager.close()


async def _setup(manager: Manager, what: str) -> int:
    database = manager.database
    if what == "create":
        for table in await database.create_tables(MODELS):
            print(f"{table.table}: {'created' if table.created else 'is there already'}")
        return 0
    if what == "delete":
        for name in await database.delete_tables(MODELS):
            print(f"{database.session.names.real(name)}: deleted")
        return 0
    if what == "info":
        for model in MODELS:
            repository = database.repository(model)
            keys = ", ".join(key.wire for key in repository.schema.keys)
            indexes = ", ".join(repository.schema.indexes) or "none"
            count = await repository.count()
            print(f"{repository.table}: {count} items; key: {keys}; indexes: {indexes}")
        return 0
    health = await manager.health()
    print(json.dumps(health, indent=2))
    # Tables that are yet to be made are no trouble with the connection.
    return 1 if "error" in health else 0


async def _export(manager: Manager, file: str) -> int:
    from anydynamo.operations.backup import backup

    written = await backup(manager.database, MODELS, file)
    for table in written.tables:
        print(f"{table.name}: {table.count} items")
    return 0


async def _import(manager: Manager, file: str) -> int:
    from anydynamo.operations.restore import restore

    for table in await restore(manager.database, MODELS, file):
        print(f"{table.name}: {table.written} items written, {table.unchanged} there already")
    return 0


if __name__ == "__main__":
    sys.exit(main())
