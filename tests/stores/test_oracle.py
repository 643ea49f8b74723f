"""Every store behaves like a dictionary of dictionaries, whatever is written in whatever order."""

from __future__ import annotations

import shutil
import tempfile
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.stores.driving import drive
from tests.stores.raw import peek_json, peek_sqlite

from anydynamo.stores.jsonfile import JSONFileStore
from anydynamo.stores.memory import MemoryStore
from anydynamo.stores.sqlite import SQLiteStore

if TYPE_CHECKING:
    from anydynamo.engine.store import Reader, Store, Writer
    from anydynamo.testing.store_contract import Pairs

spaces = st.sampled_from(["a", "b", "items/1", "ü"])
keys = st.binary(max_size=3) | st.sampled_from([b"\xff", b"\xff\xff", b"\x00"])
values = st.binary(max_size=8)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("put"), spaces, keys, values),
        st.tuples(st.just("delete"), spaces, keys),
        st.tuples(st.just("clear"), spaces),
        st.tuples(st.just("get"), spaces, keys),
        st.tuples(st.just("scan"), spaces, keys, st.none() | keys, st.booleans()),
    ),
    max_size=12,
)


class Refusal(Exception):
    pass


class StoreMachine(RuleBasedStateMachine):
    """Random transactions, some of which fail, beside a plain dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.model: Pairs = {}
        self.store = self.open()

    @abstractmethod
    def open(self) -> Store: ...

    def peek(self) -> Pairs:
        return self.model

    def teardown(self) -> None:
        drive(self.store.close())
        shutil.rmtree(self.folder)

    @rule(steps=operations, fails=st.booleans())
    def write(self, steps: list[tuple[Any, ...]], *, fails: bool) -> None:
        model = {space: dict(pairs) for space, pairs in self.model.items()}

        def work(writer: Writer) -> None:
            for step in steps:
                apply(writer, model, step)
            if fails:
                raise Refusal

        try:
            drive(self.store.write(work))
        except Refusal:
            return
        self.model = model

    @rule(steps=operations)
    def read(self, steps: list[tuple[Any, ...]]) -> None:
        def work(reader: Reader) -> None:
            for step in steps:
                if step[0] in ("get", "scan"):
                    look(reader, self.model, step)

        drive(self.store.read(work))

    @rule()
    def reopen(self) -> None:
        if not isinstance(self.store, MemoryStore):
            drive(self.store.close())
            self.store = self.open()

    @invariant()
    def what_is_stored_is_what_was_written(self) -> None:
        stored = {space: pairs for space, pairs in self.peek().items() if pairs}
        assert stored == {space: pairs for space, pairs in self.model.items() if pairs}


def apply(writer: Writer, model: Pairs, step: tuple[Any, ...]) -> None:
    match step:
        case ("put", space, key, value):
            writer.put(space, key, value)
            model.setdefault(space, {})[key] = value
        case ("delete", space, key):
            writer.delete(space, key)
            model.get(space, {}).pop(key, None)
        case ("clear", space):
            writer.clear(space)
            model.pop(space, None)
        case _:
            look(writer, model, step)


def look(reader: Reader, model: Pairs, step: tuple[Any, ...]) -> None:
    match step:
        case ("get", space, key):
            assert reader.get(space, key) == model.get(space, {}).get(key)
        case (_, space, start, end, reverse):
            expected = sorted(
                (
                    (key, value)
                    for key, value in model.get(space, {}).items()
                    if start <= key and (end is None or key < end)
                ),
                reverse=reverse,
            )
            assert list(reader.scan(space, start=start, end=end, reverse=reverse)) == expected


class MemoryMachine(StoreMachine):
    def open(self) -> Store:
        return MemoryStore()


class SQLiteMachine(StoreMachine):
    def open(self) -> Store:
        return SQLiteStore(self.folder / "app.db", blocking=True, synchronous="normal")

    def peek(self) -> Pairs:
        return peek_sqlite(self.folder / "app.db") if (self.folder / "app.db").exists() else {}


class JSONFileMachine(StoreMachine):
    def open(self) -> Store:
        return JSONFileStore(self.folder / "db.json", blocking=True)

    def peek(self) -> Pairs:
        return peek_json(self.folder / "db.json")


for machine in (MemoryMachine, SQLiteMachine, JSONFileMachine):
    machine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)

TestMemory = MemoryMachine.TestCase
TestSQLite = SQLiteMachine.TestCase
TestJSONFile = JSONFileMachine.TestCase
