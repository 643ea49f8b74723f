"""What the commands about whole tables do: backup, restore, verify, compare."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from pynamodb.models import Model

from anydynamo.database import Database
from anydynamo.errors import ConfigurationError
from anydynamo.operations.backup import backup
from anydynamo.operations.replicas import compare, replica_settings
from anydynamo.operations.restore import restore
from anydynamo.operations.verification import verify

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from anydynamo.operations.progress import Progress
    from anydynamo.operations.restore import OnConflict
    from anydynamo.repositories.unique_check import UniqueReport

__all__ = ["run_backup", "run_compare", "run_restore", "run_verify"]

Lines = tuple[bool, list[str], dict[str, Any]]
"""Whether all is well, what to tell people, and what to tell programs."""


def run_backup(models: str, file: Path, *, as_json: bool) -> bool:
    """Write tables to a file."""

    async def work(database: Database, found: Sequence[type[Model]]) -> Lines:
        written = await backup(database, found, file, progress=_tell)
        counts = {table.name: table.count for table in written.tables}
        lines = [f"{name}: {count} items" for name, count in counts.items()]
        facts = {"file": str(file), "created": written.created, "tables": counts}
        return True, [*lines, f"Written to {file}."], facts

    return _run(models, work, as_json=as_json)


def run_restore(models: str, file: Path, conflict: OnConflict, *, as_json: bool) -> bool:
    """Write a file's tables back."""

    async def work(database: Database, found: Sequence[type[Model]]) -> Lines:
        report = await restore(database, found, file, conflict=conflict, progress=_tell)
        lines = [
            f"{table.name}: {table.found} found, {table.written} written, "
            f"{table.unchanged} already there, {table.kept} kept as they were"
            for table in report
        ]
        return True, lines, {"file": str(file), "tables": [asdict(table) for table in report]}

    return _run(models, work, as_json=as_json)


def run_verify(models: str, *, as_json: bool) -> bool:
    """Look at tables and their items."""

    async def work(database: Database, found: Sequence[type[Model]]) -> Lines:
        report = await verify(database, found, progress=_tell)
        lines: list[str] = []
        for table in report:
            state = f"{table.items} items, {table.size} bytes" if table.present else "not there"
            lines.append(f"{table.table}: {state}")
            lines += [f"  {difference}" for difference in table.differences]
            lines += [
                f"  {json.dumps(one.key, default=_text)}: {one.why}" for one in table.unreadable
            ]
            more = table.unreadable_items - len(table.unreadable)
            lines += [f"  and {more} more that cannot be read"] * bool(more)
            lines += _unique(table.unique)
        ok = all(table.ok for table in report)
        lines.append("All is well." if ok else "Something is wrong.")
        return ok, lines, {"ok": ok, "tables": [asdict(table) for table in report]}

    return _run(models, work, as_json=as_json)


def _unique(report: UniqueReport) -> list[str]:
    """Say what is wrong with a table's unique values."""
    lines = [
        f"  {twice.owner!r} and {twice.key!r} have one value of {twice.attribute}, which is unique"
        for twice in report.duplicates
    ]
    if report.missing or report.stray:
        lines.append(
            f"  {report.missing} unique values are not held, and {report.stray} are held for no "
            "item; Repository.rebuild_unique puts that right"
        )
    return lines


def run_compare(models: str, *, as_json: bool) -> bool:
    """Compare tables with those of the second place that the environment names."""
    found = _models(models)
    ok, lines, facts = asyncio.run(_compare(found))
    _print(lines, facts, as_json=as_json)
    return ok


async def _compare(models: Sequence[type[Model]]) -> Lines:
    first, second = replica_settings()
    async with Database.from_settings(first) as primary, Database.from_settings(second) as replica:
        report = await compare(primary, replica, models, progress=_tell)
        places = f"{primary.info.location} and {replica.info.location}"
    ok = all(table.ok for table in report)
    lines = [
        f"{table.name}: {table.items} the same, {table.missing} missing, {table.extra} extra, "
        f"{table.different} different"
        for table in report
    ]
    lines.append(f"{places} {'agree' if ok else 'do not agree'}.")
    return ok, lines, {"ok": ok, "tables": [asdict(table) for table in report]}


def _run(
    spec: str,
    work: Callable[[Database, Sequence[type[Model]]], Awaitable[Lines]],
    *,
    as_json: bool,
) -> bool:
    found = _models(spec)

    async def opened() -> Lines:
        async with Database.from_env() as database:
            return await work(database, found)

    ok, lines, facts = asyncio.run(opened())
    _print(lines, facts, as_json=as_json)
    return ok


def _models(spec: str) -> list[type[Model]]:
    """Import models by `module:NAME`, where the name is a model or several of them.

    Raises:
        ConfigurationError: There is no such module or name, or it holds something else.
    """
    module, _, name = spec.partition(":")
    # As with `python -m`, so that an application finds its own modules.
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        value: object = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"There are no models at {spec!r}: {error}; give module:NAME, such as "
            "anydynamo.catalog.forum:MODELS"
        ) from error
    several = list(cast("Iterable[object]", value)) if isinstance(value, Iterable) else [value]
    models = [one for one in several if isinstance(one, type) and issubclass(one, Model)]
    if not models or len(models) < len(several):
        raise ConfigurationError(f"{spec} holds {value!r}, which is no model and no list of models")
    return models


def _tell(progress: Progress) -> None:
    total = "" if progress.total is None else f" of {progress.total}"
    print(f"{progress.table}: {progress.done}{total} ...", file=sys.stderr)


def _print(lines: Sequence[str], facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts, indent=2, ensure_ascii=False, default=_text))
    else:
        print("\n".join(lines))


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
