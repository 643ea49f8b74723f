"""Webhook payloads as they came: nested maps, with their nulls and empty strings.

The examples that GitHub's webhooks have (the npm package `@octokit/webhooks-examples`) are read as
well as files that hold a payload, or a list of payloads, each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from anydynamo.errors import ConfigurationError, StoreDamaged
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.operations.sources import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from anydynamo.database import Database

__all__ = ["Stored", "Webhook", "read_payloads", "same", "store_payloads"]


class Webhook(Table, name="webhooks"):
    """One payload, under its event and the place that it was read from."""

    event: Attr[str] = attribute(hash_key=True)
    source: Attr[str] = attribute(range_key=True)
    payload: Attr[dict[str, Any]] = attribute()


@dataclass(frozen=True, slots=True)
class Stored:
    """What `store_payloads` did.

    Attributes:
        payloads: How many were written and read back.
        events: How many kinds of event they are of.
        nulls: How many nulls are in them.
        empty: How many empty strings are in them.
        depth: How deep they are nested at most; a payload of plain values has depth 1.
        different: The sources of those that came back different; empty when all is well.
    """

    payloads: int
    events: int
    nulls: int
    empty: int
    depth: int
    different: tuple[str, ...]


def read_payloads(path: Path) -> list[Webhook]:
    """Read the payloads of a JSON file, or of all JSON files in a folder.

    Raises:
        ConfigurationError: There is no such file, or no payload in it.
        StoreDamaged: A file is not JSON, or holds something else than payloads.
    """
    if path.is_dir():
        # An npm package describes itself in package.json.
        files = sorted(file for file in path.rglob("*.json") if file.name != "package.json")
        found = [
            webhook
            for file in files
            if "node_modules" not in file.relative_to(path).parts
            for webhook in _read(file, file.relative_to(path).as_posix())
        ]
    else:
        found = list(_read(path, path.name))
    if not found:
        raise ConfigurationError(f"{path}: there is no payload; give JSON files that hold some")
    return found


async def store_payloads(database: Database, webhooks: Sequence[Webhook]) -> Stored:
    """Write payloads into the table `webhooks`, which is made if need be, and read them back.

    Args:
        database: Where to.
        webhooks: The payloads, no two under one key.

    Returns:
        What was written, and which of it came back different.
    """
    await database.create_tables([Webhook])
    repository = database.repository(Webhook)
    await repository.put_many(webhooks)
    keys = [(webhook.event, webhook.source) for webhook in webhooks]
    back = {
        (one.event, one.source): one.payload
        for one in await repository.get_many(keys, consistent=True)
    }
    shape = _Shape()
    for webhook in webhooks:
        shape.look(webhook.payload, 1)
    return Stored(
        payloads=len(webhooks),
        events=len({webhook.event for webhook in webhooks}),
        nulls=shape.nulls,
        empty=shape.empty,
        depth=shape.depth,
        different=tuple(
            webhook.source
            for webhook in webhooks
            if not same(webhook.payload, back.get((webhook.event, webhook.source)))
        ),
    )


def same(one: object, other: object) -> bool:
    """Compare two JSON values exactly, so that 1 is not true and None is not absent.

    The one thing that DynamoDB does not tell apart is a whole float and an integer: 1.0 is 1.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        left, right = cast("dict[str, object]", one), cast("dict[str, object]", other)
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(one, list) and isinstance(other, list):
        ours, theirs = cast("list[object]", one), cast("list[object]", other)
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other


def _read(file: Path, name: str) -> Iterator[Webhook]:
    content = read_json(file, name)
    entries = cast("list[object]", content if isinstance(content, list) else [content])
    catalogue = [entry for entry in map(_examples, entries) if entry is not None]
    if catalogue and len(catalogue) == len(entries):
        for event, payloads in catalogue:
            for number, payload in enumerate(payloads):
                yield _webhook(payload, event, f"{name}#{event}/{number}")
        return
    event = name.rpartition("/")[2].partition(".")[0]
    for number, payload in enumerate(entries):
        yield _webhook(payload, event, f"{name}#{number}")


def _examples(entry: object) -> tuple[str, list[object]] | None:
    """Give the event and the examples of an entry of GitHub's catalogue; None if it is none."""
    if not isinstance(entry, dict):
        return None
    found = cast("dict[str, object]", entry)
    event, examples = found.get("name"), found.get("examples")
    if not isinstance(event, str) or not isinstance(examples, list):
        return None
    return event, cast("list[object]", examples)


def _webhook(payload: object, event: str, source: str) -> Webhook:
    if not isinstance(payload, dict):
        raise StoreDamaged(f"{source}: a payload is an object, not {type(payload).__name__}")
    return Webhook(event=event, source=source, payload=cast("dict[str, Any]", payload))


class _Shape:
    """Counts what makes payloads hard to store."""

    def __init__(self) -> None:
        self.nulls = self.empty = self.depth = 0

    def look(self, value: object, depth: int) -> None:
        if isinstance(value, dict):
            self.depth = max(self.depth, depth)
            for inner in cast("dict[str, object]", value).values():
                self.look(inner, depth + 1)
        elif isinstance(value, list):
            self.depth = max(self.depth, depth)
            for inner in cast("list[object]", value):
                self.look(inner, depth + 1)
        elif value is None:
            self.nulls += 1
        elif value == "":
            self.empty += 1
