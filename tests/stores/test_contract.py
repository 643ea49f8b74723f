"""The store contract, run on every store and on every way of using it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tests.stores.raw import peek_json, peek_sqlite, poke_json, poke_sqlite

from anydynamo.stores.jsonfile import JSONFileStore
from anydynamo.stores.memory import MemoryStore, ordered_map
from anydynamo.stores.sqlite import SQLiteStore
from anydynamo.testing.store_contract import StoreContract

if TYPE_CHECKING:
    from pathlib import Path

    from anydynamo.engine.store import Store
    from anydynamo.testing.store_contract import Pairs


class TestMemory(StoreContract):
    durable: ClassVar[bool] = False

    def open(self, place: Path) -> Store:
        return MemoryStore()

    def peek(self, place: Path, store: Store) -> Pairs:
        assert isinstance(store, MemoryStore)
        return {space: dict(pairs.items()) for space, pairs in store._spaces.items()}

    def poke(self, place: Path, store: Store, space: str, key: bytes, value: bytes) -> None:
        assert isinstance(store, MemoryStore)
        store._spaces.setdefault(space, ordered_map())[key] = value


class TestSQLite(StoreContract):
    def open(self, place: Path) -> Store:
        return SQLiteStore(place / "app.db")

    def peek(self, place: Path, store: Store) -> Pairs:
        return peek_sqlite(place / "app.db")

    def poke(self, place: Path, store: Store, space: str, key: bytes, value: bytes) -> None:
        poke_sqlite(place / "app.db", space, key, value)


class TestSQLiteNormal(TestSQLite):
    def open(self, place: Path) -> Store:
        return SQLiteStore(place / "app.db", synchronous="normal")


class TestSQLiteBlocking(TestSQLite):
    def open(self, place: Path) -> Store:
        return SQLiteStore(place / "app.db", blocking=True)


class TestJSONFile(StoreContract):
    def open(self, place: Path) -> Store:
        return JSONFileStore(place / "db.json")

    def peek(self, place: Path, store: Store) -> Pairs:
        return peek_json(place / "db.json")

    def poke(self, place: Path, store: Store, space: str, key: bytes, value: bytes) -> None:
        poke_json(place / "db.json", space, key, value)


class TestJSONFileBlocking(TestJSONFile):
    def open(self, place: Path) -> Store:
        return JSONFileStore(place / "db.json", blocking=True)
