"""What is wrong with a table, or with an item in it, is found and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.operations.models import MODELS, Note, Part, note, part

from anydynamo import Attr, Database, Table, attribute
from anydynamo.operations.progress import Progress
from anydynamo.operations.verification import verify

if TYPE_CHECKING:
    from anydynamo.adapters.protocol import DatabaseAdapter


async def test_tables_that_are_as_declared_are_counted(database: Database) -> None:
    await database.create_tables(MODELS)
    await database.repository(Note).put_many([note(number) for number in range(3)])
    await database.repository(Part).put(part(1))
    told: list[Progress] = []
    notes, parts = await verify(database, MODELS, progress=told.append)
    assert (notes.name, notes.ok, notes.items, notes.unreadable) == ("notes", True, 3, ())
    assert (parts.name, parts.ok, parts.items) == ("parts", True, 1)
    assert notes.size == 3 * len("noteIdn0texttext § 0tagsab0".encode())
    assert told == [Progress("notes", 3), Progress("parts", 1)]


async def test_a_table_that_is_not_there_is_said_to_be_absent(database: Database) -> None:
    await database.create_tables([Note])
    notes, parts = await verify(database, MODELS)
    assert notes.ok
    assert (parts.present, parts.ok, parts.items) == (False, False, 0)


async def test_items_that_the_model_cannot_read_are_named(
    database: Database, adapter: DatabaseAdapter
) -> None:
    await database.create_tables([Note])
    for number in range(25):
        item = {"noteId": {"S": f"n{number}"}, "text": {"N": "1"}}
        await adapter.call("PutItem", {"TableName": "notes", "Item": item})
    await database.repository(Note).put(note(99))
    (notes,) = await verify(database, [Note])
    assert (notes.ok, notes.items, notes.unreadable_items) == (False, 26, 25)
    assert len(notes.unreadable) == 20
    assert "text" in notes.unreadable[0].why


class Other(Table, name="notes"):
    note_id: Attr[str] = attribute(hash_key=True, attr_name="noteId")
    size: Attr[int] = attribute()


async def test_an_item_is_readable_if_one_of_the_tables_models_can_read_it() -> None:
    async with Database.open("memory://") as database:
        await database.create_tables([Note, Other])
        await database.repository(Note).put(note(1))
        await database.repository(Other).put(Other(note_id="o", size=1))
        (both,) = await verify(database, [Note, Other])
        assert (both.ok, both.items) == (True, 2)
        (one,) = await verify(database, [Note])
        assert (one.ok, one.unreadable_items) == (False, 1)


class Moved(Table, name="notes"):
    key: Attr[str] = attribute(hash_key=True)


async def test_a_table_with_another_key_is_different() -> None:
    async with Database.open("memory://") as database:
        await database.create_tables([Note])
        (notes,) = await verify(database, [Moved])
        assert not notes.ok
        assert notes.differences == ("its key is noteId (HASH), and the model's key (HASH)",)
