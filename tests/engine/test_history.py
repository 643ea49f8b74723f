"""The log behind point-in-time recovery: what it tells of the items between two moments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.calling import Engine, N, S, finished
from tests.engine.recovering import enable

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.layout import Table
from anydynamo.engine.recovery.history import changes_between, items_at
from anydynamo.engine.tables.descriptions import stored_document
from anydynamo.stores.jsonfile import JSONFileStore

if TYPE_CHECKING:
    from pathlib import Path

    from anydynamo.engine.recovery.history import Change
    from anydynamo.engine.store import Reader


@pytest.fixture
def db(engine: Engine) -> Engine:
    """A table `users` whose recovery is on."""
    engine.create("users", "pk")
    enable(engine)
    return engine


def table(reader: Reader) -> Table:
    return Table.parse(stored_document(reader, "users"))


def changes(engine: Engine, begin: float, end: float) -> list[Change]:
    return engine.peek(  # type: ignore[no-any-return]
        lambda reader: list(changes_between(reader, table(reader), begin, end))
    )


def delete(engine: Engine, name: str) -> None:
    engine("DeleteItem", TableName="users", Key={"pk": S(name)})


def item(name: str, number: int) -> dict[str, Any]:
    return {"pk": S(name), "n": N(number)}


def test_each_item_that_was_written_is_told_once_as_it_was_before_and_after(db: Engine) -> None:
    start = db.now
    for name in "abc":
        db.put("users", **item(name, 0))
    db.now = start + 10
    db.put("users", **item("a", 1))
    delete(db, "b")
    db.put("users", **item("d", 1))
    db.put("users", **item("e", 1))
    db.now = start + 10.5
    db.put("users", **item("a", 2))
    delete(db, "e")
    db.now = start + 20
    db.put("users", **item("a", 3))
    db.put("users", **item("b", 3))
    delete(db, "d")
    db.put("users", **item("a", 4))
    assert changes(db, start + 10, start + 20) == [
        ({"pk": S("a")}, item("a", 0), item("a", 2), start + 10.5),
        ({"pk": S("b")}, item("b", 0), None, start + 10),
        ({"pk": S("d")}, None, item("d", 1), start + 10),
        ({"pk": S("e")}, None, None, start + 10.5),
    ]
    assert changes(db, start + 10.5, start + 20) == [
        ({"pk": S("a")}, item("a", 1), item("a", 2), start + 10.5),
        ({"pk": S("e")}, item("e", 1), None, start + 10.5),
    ]
    assert changes(db, start + 11, start + 20) == []
    assert [change.new for change in changes(db, start + 20, start + 21)] == [
        item("a", 4),
        item("b", 3),
        None,
    ]


def test_keys_have_all_their_attributes(engine: Engine) -> None:
    engine.create("users", "pk", "sk", sk="N")
    enable(engine)
    engine.put("users", pk=S("a"), sk=N(2), n=N(1))
    (change,) = changes(engine, engine.now, engine.now + 1)
    assert change.key == {"pk": S("a"), "sk": N(2)}


def test_a_write_that_stores_what_was_there_is_not_recorded(db: Engine) -> None:
    db.put("users", **item("a", 1))
    db.now += 1
    db.put("users", **item("a", 1))
    delete(db, "b")
    assert changes(db, db.now, db.now + 1) == []


def test_the_items_of_a_moment_are_nobody_elses(db: Engine) -> None:
    db.put("users", pk=S("a"), names={"L": [S("x")]})
    db.now += 1
    delete(db, "a")

    def read(reader: Reader) -> list[Any]:
        return list(items_at(reader, table(reader), db.now - 1))

    for _ in range(2):
        (found,) = db.peek(read)
        assert found == {"pk": S("a"), "names": {"L": [S("x")]}}
        found["names"]["L"].clear()


def test_what_was_taken_out_of_a_json_file_by_hand_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "db.json"
    db = Engine()

    def reopen() -> None:
        store = JSONFileStore(path, blocking=True)
        db.adapter = EmbeddedAdapter(store, provider="json", blocking=True, clock=lambda: db.now)
        db.store = store  # type: ignore[assignment]

    reopen()
    db.create("users", "pk")
    enable(db)
    db.put("users", **item("a", 1))
    db.put("users", **item("b", 1))
    finished(db.adapter.close())
    content = json.loads(path.read_text())
    content["users"] = [{"pk": "b", "n": 2}]
    path.write_text(json.dumps(content))
    reopen()
    assert changes(db, db.now, db.now + 1) == [
        ({"pk": S("b")}, None, item("b", 2), db.now),
    ]
    finished(db.adapter.close())


def test_a_table_without_recovery_has_no_history(engine: Engine) -> None:
    engine.create("users", "pk")
    with pytest.raises(ValueError, match="point-in-time recovery of users is not enabled"):
        changes(engine, 0, 1)
