"""The stores whose promises are tested by killing a writer: how each is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.stores.jsonfile import JSONFileStore
from anydynamo.stores.sqlite import SQLiteStore

if TYPE_CHECKING:
    from pathlib import Path

    from anydynamo.engine.store import Store

__all__ = ["NAMES", "TABLE", "open_adapter", "open_store"]

NAMES = ("sqlite-full", "sqlite-normal", "json")
TABLE = "things"


def open_store(name: str, folder: Path) -> Store:
    if name == "json":
        return JSONFileStore(folder / "db.json")
    return SQLiteStore(folder / "app.db", synchronous="full" if name == "sqlite-full" else "normal")


def open_adapter(name: str, folder: Path) -> EmbeddedAdapter:
    return EmbeddedAdapter(open_store(name, folder), provider=name)
