"""What `anydynamo demo` does: the tour of the forum, and real payloads."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anydynamo import __version__
from anydynamo.adapters.registry import open_adapter
from anydynamo.catalog.forum.tour import Step, tour
from anydynamo.catalog.webhooks import Stored, Webhook, read_payloads, store_payloads
from anydynamo.database import Database
from anydynamo.errors import ServiceFault
from anydynamo.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PREFIX", "run"]

PREFIX = "anydynamo-demo-"
"""What the demo puts before its tables' names, so that it cannot meet anybody's own tables."""


def run(payloads: Path | None, *, as_json: bool) -> None:
    """Run the demo and print what happens.

    Args:
        payloads: A file or folder of webhook payloads to store as well.
        as_json: Print one JSON document at the end, and not prose on the way.

    Raises:
        AnyDynamoError: Whatever stood in the way; `ServiceFault` if a payload came back different.
    """
    webhooks = [] if payloads is None else read_payloads(payloads)
    report = asyncio.run(_run(webhooks, talk=not as_json))
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))


async def _run(webhooks: Sequence[Webhook], *, talk: bool) -> dict[str, Any]:
    settings = Settings()
    adapter = open_adapter(settings.location())
    try:
        prefix = settings.names().prefix + PREFIX
        async with Database(adapter, table_prefix=prefix) as database:
            return await _told(database, webhooks, talk=talk)
    finally:
        await adapter.close()


async def _told(database: Database, webhooks: Sequence[Webhook], *, talk: bool) -> dict[str, Any]:
    provider, location = database.info.provider, _whole(database.info.location)
    report: dict[str, Any] = {
        "version": __version__,
        "provider": provider,
        "location": location,
        "steps": [],
    }
    if talk:
        print(f"anydynamo {__version__} on {provider}, in {location}")
    async for step in tour(database):
        report["steps"].append({"step": step.name, **step.facts})
        _tell(step, talk)
    if webhooks:
        print(f"storing {len(webhooks)} payloads ...", file=sys.stderr)
        stored = await store_payloads(database, webhooks)
        report["payloads"] = asdict(stored)
        _tell(_described(stored), talk)
        if stored.different:
            raise ServiceFault(
                f"{len(stored.different)} payloads came back different, first {stored.different[0]}"
            )
    if talk:
        print(f"\nThe data lies in {location} ({provider}).")
    return report


def _whole(location: str) -> str:
    """Give the whole path where a location is a file."""
    path = Path(location)
    return str(path.resolve()) if path.exists() else location


def _described(stored: Stored) -> Step:
    verdict = "all came back equal" if not stored.different else "some came back different"
    lines = (
        "Webhook payloads",
        f"{stored.payloads} payloads of {stored.events} events, {stored.depth} levels deep, with "
        f"{stored.nulls} nulls and {stored.empty} empty strings: {verdict}.",
    )
    return Step("payloads", lines, {})


def _tell(step: Step, talk: bool) -> None:
    if talk:
        heading, *lines = step.lines
        print(f"\n{heading}")
        for line in lines:
            print(f"  {line}")
