"""Manage the forum's tables: `python -m anydynamo.catalog.forum seed`.

The actions are those of the script that the service had, `dynamodb-management.ps1 -Action seed`.
The environment says which database is meant.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from anydynamo.adapters.registry import load_provider
from anydynamo.catalog.forum.migration import migrate, sample_files
from anydynamo.catalog.forum.models import MODELS
from anydynamo.catalog.forum.seed import seed
from anydynamo.catalog.forum.verification import verify_forum
from anydynamo.database import Database
from anydynamo.errors import AnyDynamoError, ConfigurationError
from anydynamo.operations.backup import backup
from anydynamo.operations.restore import restore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one action, and return the exit code: 1 where something is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m anydynamo.catalog.forum", description="Manage the forum's tables."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, (_, text) in _ACTIONS.items():
        action = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        action.add_argument("--region", help="another AWS region than AWS_REGION says")
        if name == "migrate":
            action.add_argument(
                "folder",
                nargs="?",
                type=Path,
                default=sample_files(),
                help="the folder with users/db.json and so on; left out, the sample files",
            )
        if name in ("backup", "restore"):
            action.add_argument("file", type=Path, help="the backup, one JSON file")
    given = parser.parse_args(arguments)
    try:
        return asyncio.run(_carry_out(given))
    except AnyDynamoError as error:
        print(f"Error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1


async def _carry_out(given: argparse.Namespace) -> int:
    overrides = {} if given.region is None else {"region": given.region}
    async with Database.from_env(**overrides) as database:
        if overrides and not load_provider(database.info.provider).remote:
            raise ConfigurationError(
                f"--region is {given.region!r}, but the provider is {database.info.provider}, "
                "which has no regions; set USE_DYNAMODB=true, or leave it out"
            )
        action, _ = _ACTIONS[given.action]
        return 0 if await action(database, given) else 1


async def _migrate(database: Database, given: argparse.Namespace) -> bool:
    for table in await migrate(database, given.folder):
        print(
            f"{table.file}: {table.found} found, {table.written} written, {table.unchanged} "
            f"already there, {table.kept} kept as they were, {table.verified} verified"
        )
    return True


async def _seed(database: Database, _: argparse.Namespace) -> bool:
    for table in await seed(database):
        print(f"{table.name}: {table.written} written, {table.kept} already there")
    return True


async def _verify(database: Database, _: argparse.Namespace) -> bool:
    report = await verify_forum(database)
    for table in report.tables:
        state = f"{table.items} items" if table.present else "not there"
        print(f"{table.table}: {state}{'' if table.ok else ', and not as it should be'}")
    for found, what in (
        (report.without_thread, "posts without their thread"),
        (report.without_user, "posts without their user"),
        (report.shared_emails, "e-mail addresses of several users"),
    ):
        if found:
            print(f"{what}: {', '.join(found)}")
    return report.ok


async def _backup(database: Database, given: argparse.Namespace) -> bool:
    for table in (await backup(database, MODELS, given.file)).tables:
        print(f"{table.name}: {table.count} items")
    return True


async def _restore(database: Database, given: argparse.Namespace) -> bool:
    for table in await restore(database, MODELS, given.file):
        print(f"{table.name}: {table.written} written, {table.unchanged} already there")
    return True


async def _health(database: Database, _: argparse.Namespace) -> bool:
    health = await database.health(MODELS)
    missing = f", without {', '.join(health.missing)}" if health.missing else ""
    print(f"{health.location}: {health.status}{missing}")
    if health.error is not None:
        print(health.error)
    return health.ok


_ACTIONS: dict[str, tuple[Callable[[Database, argparse.Namespace], Awaitable[bool]], str]] = {
    "migrate": (_migrate, "move the JSON files of a folder into the tables"),
    "seed": (_seed, "make the tables and write three users, two threads and two posts"),
    "verify": (_verify, "look at every item, and at what items say of each other"),
    "backup": (_backup, "write the tables to one file"),
    "restore": (_restore, "write a backup's items back"),
    "health": (_health, "tell whether the database answers and has the tables"),
}


if __name__ == "__main__":
    sys.exit(main())
