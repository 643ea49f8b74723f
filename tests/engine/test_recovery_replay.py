"""A table that is restored to a moment is as it was then, whatever was written by whom."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from tests.engine.places import Place
from tests.engine.recovering import enable, restore
from tests.targets import EMBEDDED, embedded

from anydynamo.engine.layout import Table
from anydynamo.engine.recovery.history import changes_between
from anydynamo.engine.tables.descriptions import stored_document
from anydynamo.errors import AnyDynamoError
from anydynamo.testing import strategies
from anydynamo.testing.generated.values import number_texts

if TYPE_CHECKING:
    from anydynamo.engine.recovery.history import Change
    from anydynamo.engine.store import Reader
    from anydynamo.testing.strategies import TableShape

Step = tuple[int, str, dict[str, Any]]
"""The milliseconds that pass, and then a call."""

Items = dict[str, dict[str, Any]]

START = 1_700_000_000_000


def statements(table: TableShape) -> st.SearchStrategy[dict[str, Any]]:
    """Draw ExecuteStatement requests that insert, update or delete an item by its key."""
    names = [name for name, _ in table.keys]
    where = " AND ".join(f"{name} = ?" for name in names)
    inserted = ", ".join(f"'{name}': ?" for name in [*names, "n"])
    numbers = st.builds(lambda text: [{"N": text}], number_texts())
    keys = st.builds(lambda key: [key[name] for name in names], strategies.keys(table))
    return st.one_of(
        st.fixed_dictionaries(
            {
                "Statement": st.just(f"INSERT INTO {table.name} VALUE {{{inserted}}}"),
                "Parameters": st.builds(lambda key, number: key + number, keys, numbers),
            }
        ),
        st.fixed_dictionaries(
            {
                "Statement": st.just(f"UPDATE {table.name} SET n = ? WHERE {where}"),
                "Parameters": st.builds(lambda key, number: number + key, keys, numbers),
            }
        ),
        st.fixed_dictionaries(
            {
                "Statement": st.just(f"DELETE FROM {table.name} WHERE {where}"),
                "Parameters": keys,
            }
        ),
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[TableShape, list[Step]]:
    """Draw a table and what writes to it, in every way there is; the clock may step back."""
    table = draw(strategies.tables())
    items = strategies.items(table)

    def put(item: dict[str, Any], until: int | None) -> dict[str, Any]:
        expiring = {} if until is None else {"until": {"N": str(START // 1000 + until)}}
        return {"TableName": table.name, "Item": {**item, **expiring}}

    calls = st.one_of(
        st.tuples(st.just("PutItem"), strategies.puts(table)),
        st.tuples(
            st.just("PutItem"), st.builds(put, items, st.one_of(st.none(), st.integers(0, 20)))
        ),
        st.tuples(st.just("UpdateItem"), strategies.update_requests(table)),
        st.tuples(st.just("DeleteItem"), strategies.deletes(table)),
        st.tuples(st.just("BatchWriteItem"), strategies.batch_writes(table)),
        st.tuples(st.just("TransactWriteItems"), strategies.transactions(table)),
        st.tuples(st.just("ExecuteStatement"), statements(table)),
        # Not calls: expired items are deleted; the database is closed and opened again.
        st.tuples(st.just("sweep"), st.just(dict[str, Any]())),
        st.tuples(st.just("reopen"), st.just(dict[str, Any]())),
    )
    pauses = st.sampled_from([0, 1, 300, 700, 1000, 2500, 6000, -1, -800])
    steps = st.builds(lambda pause, call: (pause, *call), pauses, calls)
    return table, draw(st.lists(steps, min_size=6, max_size=25))


class Oracle:
    """Copies of a table, one for each millisecond of the log's clock in which it was written."""

    def __init__(self, items: Items) -> None:
        self.clock = START
        self._last = items
        self._first = items
        self.copies: dict[int, Items] = {}

    def saw(self, items: Items, now: int) -> None:
        # What is stored in another order is another write, though the same items.
        if repr(items) != repr(self._last):
            self.clock = max(self.clock, now)
            self.copies[self.clock] = self._last = items

    def before(self, moment: int) -> Items:
        """Return the items as they were before a millisecond began."""
        earlier = [at for at in self.copies if at < moment]
        return self.copies[max(earlier)] if earlier else self._first

    def at(self, moment: int) -> Items:
        """Return the items of a time: of a whole second, those at its end."""
        return self.before(moment + (1 if moment % 1000 else 1000))


def key_of(item: dict[str, Any], table: TableShape) -> str:
    return repr([item[name] for name, _ in table.keys])


def scanned(place: Place, table: TableShape, name: str = "") -> Items:
    items = place("Scan", TableName=name or table.name)["Items"]
    return {key_of(item, table): item for item in items}


def carry_out(place: Place, step: Step) -> None:
    pause, operation, request = step
    place.now = round(place.now * 1000 + pause) / 1000
    note(f"{pause} ms, {operation} {request}")
    if operation == "sweep":
        place.sweep()
    elif operation == "reopen":
        place.reopen()
    else:
        try:
            place(operation, **request)
        except AnyDynamoError as error:
            note(f"-> {error}")


def told(place: Place, table: TableShape, begin: int, end: int) -> list[Change]:
    def work(reader: Reader) -> list[Change]:
        found = Table.parse(stored_document(reader, table.name))
        return list(changes_between(reader, found, begin / 1000, end / 1000))

    changes: list[Change] = place.peek(work)
    return changes


@pytest.mark.parametrize("name", EMBEDDED)
# An example restores about ten tables.
@settings(max_examples=settings().max_examples // 3)
@given(history=histories(), data=st.data())
def test_a_restored_table_is_the_table_of_that_moment(
    name: str, history: tuple[TableShape, list[Step]], data: st.DataObject
) -> None:
    table, steps = history
    with tempfile.TemporaryDirectory() as folder:
        place = Place(embedded(name, Path(folder)))
        try:
            place("CreateTable", **table.create_request())
            ttl = {"Enabled": True, "AttributeName": "until"}
            place("UpdateTimeToLive", TableName=table.name, TimeToLiveSpecification=ttl)
            # What is there before recovery is enabled belongs to its first moment.
            for step in steps[: len(steps) // 4]:
                carry_out(place, step)
            place.now = START / 1000
            enable(place, table.name)
            oracle = Oracle(scanned(place, table))
            for step in steps[len(steps) // 4 :]:
                carry_out(place, step)
                oracle.saw(scanned(place, table), round(place.now * 1000))
            place.reopen()
            last = max(oracle.clock, round(place.now * 1000))
            near = st.sampled_from([START, *oracle.copies]).flatmap(
                lambda at: st.integers(max(START, at - 2), min(last, at + 2))
            )
            whole = near.map(lambda at: at // 1000 * 1000)
            moments = st.one_of(near, whole, st.integers(START, last))
            for number, moment in enumerate(data.draw(st.lists(moments, min_size=3, max_size=6))):
                restore(place, moment / 1000, f"again{number}", table.name)
                assert scanned(place, table, f"again{number}") == oracle.at(moment)
            restore(place, None, "latest", table.name)
            assert scanned(place, table, "latest") == scanned(place, table)
            for pair in data.draw(st.lists(st.tuples(moments, moments), min_size=2, max_size=4)):
                begin, end = sorted(pair)
                check_changes(told(place, table, begin, end), table, oracle, begin, end)
            check_deletion(place, table)
        finally:
            place.close()


def check_changes(
    changes: list[Change], table: TableShape, oracle: Oracle, begin: int, end: int
) -> None:
    old, new = oracle.before(begin), oracle.before(end)
    seen = {key_of(change.key, table): change for change in changes}
    assert len(seen) == len(changes)
    for key, change in seen.items():
        assert (change.old, change.new) == (old.get(key), new.get(key))
        assert begin <= round(change.at * 1000) < end
    assert {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)} <= seen.keys()


def check_deletion(place: Place, table: TableShape) -> None:
    """Delete the table; the backup that the service makes of it has what there was."""
    kept = scanned(place, table)
    place("DeleteTable", TableName=table.name)
    place.reopen()
    (backup,) = place("ListBackups", BackupType="SYSTEM")["BackupSummaries"]
    request = {"TargetTableName": table.name, "BackupArn": backup["BackupArn"]}
    place("RestoreTableFromBackup", **request)
    assert scanned(place, table) == kept


def test_writers_of_one_file_share_one_log(tmp_path: Path) -> None:
    table = strategies.TableShape("shared", ("pk", "S"))
    places = [Place(embedded("sqlite", tmp_path)) for _ in range(3)]
    places[0]("CreateTable", **table.create_request())
    enable(places[0], "shared")
    oracle = Oracle({})
    for number in range(60):
        # Each has a clock of its own, and that of the second is late from its first write on.
        place = places[number % 3]
        place.now += 1.5 - 20 * (number == 1)
        place(
            "PutItem",
            TableName="shared",
            Item={"pk": {"S": str(number % 7)}, "n": {"N": str(number)}},
        )
        oracle.saw(scanned(place, table), round(place.now * 1000))
    for number, moment in enumerate(range(START, oracle.clock, 1700)):
        reader = places[number % 3]
        restore(reader, moment / 1000, f"again{number}", "shared")
        assert scanned(reader, table, f"again{number}") == oracle.at(moment)
    for place in places:
        place.close()
