"""The data of each store on disk, read and changed without going through the store."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from anydynamo.testing.store_contract import Pairs

__all__ = ["peek_json", "peek_sqlite", "poke_json", "poke_sqlite"]


def peek_sqlite(path: Path) -> Pairs:
    pairs: Pairs = {}
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT name, key, value FROM pairs JOIN spaces ON spaces.id = pairs.space"
        )
        for space, key, value in rows:
            pairs.setdefault(space, {})[key] = value
    return pairs


def poke_sqlite(path: Path, space: str, key: bytes, value: bytes) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT OR IGNORE INTO spaces (name) VALUES (?)", (space,))
        connection.execute(
            "INSERT OR REPLACE INTO pairs (space, key, value)"
            " VALUES ((SELECT id FROM spaces WHERE name = ?), ?, ?)",
            (space, key, value),
        )


def peek_json(path: Path) -> Pairs:
    if not path.exists():
        return {}
    spaces = json.loads(path.read_bytes()).get("anydynamo", {}).get("spaces", {})
    return {
        space: {base64.b64decode(k): base64.b64decode(v) for k, v in pairs.items()}
        for space, pairs in spaces.items()
    }


def poke_json(path: Path, space: str, key: bytes, value: bytes) -> None:
    document = json.loads(path.read_bytes())
    spaces = document.setdefault("anydynamo", {"format": 1}).setdefault("spaces", {})
    spaces.setdefault(space, {})[base64.b64encode(key).decode()] = base64.b64encode(value).decode()
    path.write_text(json.dumps(document))
