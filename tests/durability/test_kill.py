"""What a store acknowledged survives SIGKILL, and nothing half written does.

Each round starts a writer on the same file, kills it at a random moment, and looks at the file.
`ANYDYNAMO_KILL_ROUNDS` sets the number of rounds; the default is meant for every run of the tests.
"""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.durability.stores import NAMES, TABLE, open_store

from anydynamo.engine.items.writes import read_totals
from anydynamo.engine.layout import STREAMS, TABLES, Table, entries, unpack
from anydynamo.engine.streams.records import read_record

if TYPE_CHECKING:
    from anydynamo.engine.store import Reader

ROUNDS = int(os.environ.get("ANYDYNAMO_KILL_ROUNDS", "20"))
ROOT = Path(__file__).parents[2]


def killed_writer(name: str, folder: Path, first: int, chance: random.Random) -> list[str]:
    """Run a writer, kill it, and return what it had reported by then."""
    command = [sys.executable, "-m", "tests.durability.writer", name, str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            reported = b""
            if chance.random() < 0.85:
                lines = chance.randint(1, 120)
                while reported.count(b"\n") < lines:
                    chunk = os.read(process.stdout.fileno(), 65536)
                    assert chunk, "the writer ended by itself"
                    reported += chunk
                # At once: while what was just reported is hardly on the disk.
                pause = chance.choice([0.0, chance.random() * 0.02])
            else:
                # Some die while they start, make the file or create the table.
                pause = chance.random() * 0.5
            # A file that gets no input: an exact wait that a report does not cut short.
            select.select([], [], [], pause)
        finally:
            process.send_signal(signal.SIGKILL)
        reported += process.stdout.read()
        assert process.wait() == -signal.SIGKILL
    # The last line may have been cut by the kill, like any other write.
    return reported.decode().split("\n")[:-1]


class Seen:
    """What was acknowledged, over all rounds."""

    def __init__(self) -> None:
        self.ready = False
        self.ids: set[str] = set()
        self.transactions = 0
        self.moved: dict[str, int] = {}

    def add(self, lines: list[str]) -> None:
        for line in lines:
            if line == "ready":
                self.ready = True
                continue
            kind, task, number = line.split()
            if kind == "put":
                self.ids.add(f"put {task} {number}")
            elif kind == "transaction":
                self.ids |= {f"left {task} {number}", f"right {task} {number}"}
                self.transactions += 1
            else:
                self.moved[f"moving {task}"] = int(number)

    def check(self, reader: Reader) -> None:
        raw = reader.get(TABLES, TABLE.encode())
        if raw is None:
            assert not self.ready
            assert not list(reader.scan(TABLES))
            return
        table = Table.load(raw)
        items = {unpack(value)["id"]["S"]: unpack(value) for _, value in reader.scan(table.items)}
        assert self.ids <= items.keys()
        for name, number in self.moved.items():
            assert int(items[name]["number"]["N"]) >= number
        self._check_transactions(items)
        self._check_index(reader, table, items)
        self._check_stream(reader, table, items)
        self._check_log(reader, table)

    def _check_transactions(self, items: dict[str, dict[str, dict[str, str]]]) -> None:
        left = {name.removeprefix("left ") for name in items if name.startswith("left ")}
        right = {name.removeprefix("right ") for name in items if name.startswith("right ")}
        assert left == right
        counted = int(items["counter"]["number"]["N"]) if "counter" in items else 0
        assert counted == len(left) >= self.transactions

    def _check_index(
        self, reader: Reader, table: Table, items: dict[str, dict[str, dict[str, str]]]
    ) -> None:
        expected = {
            (space, key): value
            for item in items.values()
            for space, key, value in entries(table, item)
        }
        spaces = [table.items, *(index.space for index in table.indexes)]
        stored = {(space, key): value for space in spaces for key, value in reader.scan(space)}
        assert stored == expected
        for space in spaces:
            assert read_totals(reader, space)[0] == sum(1 for each, _ in stored if each == space)

    def _check_stream(
        self, reader: Reader, table: Table, items: dict[str, dict[str, dict[str, str]]]
    ) -> None:
        assert table.stream is not None
        assert reader.get(STREAMS, table.stream.key) is not None
        replayed: dict[str, dict[str, dict[str, str]]] = {}
        for key, value in reader.scan(table.stream.space):
            record = read_record(key, value)
            old = None if record.old is None else unpack(record.old)
            assert record.new is not None
            new = unpack(record.new)
            assert replayed.get(new["id"]["S"]) == old
            replayed[new["id"]["S"]] = new
        assert replayed == items

    def _check_log(self, reader: Reader, table: Table) -> None:
        """Hold the log of point-in-time recovery against the stream: each write is in both."""
        if table.history is None:
            # The writer was killed before it enabled it, and thus before it wrote.
            assert not list(reader.scan(table.items))
            return
        assert table.stream is not None
        recorded = [read_record(key, raw).old for key, raw in reader.scan(table.stream.space)]
        logged: list[bytes | None] = []
        for _, raw in reader.scan(table.history.space):
            # The length of the key, the key, and what the write found.
            logged.append(raw[2 + int.from_bytes(raw[:2]) :] or None)
        assert logged == recorded


@pytest.mark.parametrize("name", NAMES)
async def test_what_was_acknowledged_survives_a_kill_and_nothing_half_written_does(
    name: str, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    seen = Seen()
    for number in range(ROUNDS):
        seen.add(killed_writer(name, tmp_path, number * 1_000_000, chance))
        store = open_store(name, tmp_path)
        try:
            await store.read(seen.check)
        except AssertionError as error:
            error.add_note(f"seed {seed}, round {number}")
            raise
        finally:
            await store.close()
    assert seen.transactions
    left = set(os.listdir(tmp_path))
    assert left - {"db.json.lock", ".db.json.tmp"} <= {"app.db", "db.json"}
