"""Opening, closing, health, and what an import costs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.imports import modules_after
from tests.repository.scripted import ScriptedAdapter

from anydynamo.database import Database
from anydynamo.errors import (
    ConfigurationError,
    DatabaseClosed,
    InvalidCursor,
    InvalidRequest,
    TableNotFound,
    TransactionCancelled,
    Unavailable,
)
from anydynamo.models.table import Attr, Table, attribute

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.targets import Target


class Note(Table, name="notes"):
    person: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)


async def test_only_what_was_opened_is_closed() -> None:
    adapter: Any = ScriptedAdapter({})
    async with Database(adapter) as database:
        assert not repr(database).startswith("<closed")
    assert database.closed
    assert adapter.closed == 0
    async with Database(adapter, owns_adapter=True) as database:
        pass
    await database.close()
    assert adapter.closed == 1


async def test_a_closed_database_is_not_opened_again() -> None:
    database = Database.open("memory://")
    assert repr(database) == "<Database memory at memory>"
    await database.close()
    assert repr(database) == "<closed Database memory at memory>"
    with pytest.raises(DatabaseClosed):
        await database.__aenter__()


async def test_the_environment_chooses_the_provider(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    environ = {"DATABASE_PATH": str(path), "DATABASE_CURSOR_SECRET": "0123456789abcdef"}
    async with Database.from_env(environ) as database:
        assert (database.info.provider, database.info.location) == ("sqlite", str(path))
        await database.create_tables([Note])
    async with Database.from_env(environ, provider="memory", path=None) as database:
        assert database.info.provider == "memory"


async def test_a_url_may_give_the_prefix_and_an_argument_wins(tmp_path: Path) -> None:
    async with Database.open(f"sqlite:///{tmp_path}/a.db?table_prefix=a-") as database:
        assert database.repository(Note).table == "a-notes"
    async with Database.open("memory://?table_prefix=a-", table_prefix="") as database:
        assert database.repository(Note).table == "notes"
    async with Database.open("memory://", tables={"notes": "n"}) as database:
        repository = database.repository(Note)
        assert repr(repository) == "Repository(Note, table='n')"
        assert (repository.model, repository.schema.table_name) == (Note, "notes")


def test_what_cannot_be_opened_is_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="no provider"):
        Database.open("nowhere://")
    with pytest.raises(ConfigurationError, match="synchronous"):
        Database.open("sqlite:///a.db", synchronous="never")
    with pytest.raises(ConfigurationError, match="16 characters"):
        Database.open("memory://", cursor_secret="short")


async def test_a_provider_that_does_not_answer_is_an_answer() -> None:
    adapter: Any = ScriptedAdapter(Unavailable("nobody listens"))
    health = await Database(adapter).health()
    assert (health.ok, health.status, health.error) == (False, "unavailable", "nobody listens")
    assert (health.provider, health.location) == ("scripted", "nowhere")


async def test_an_unreachable_server_is_unavailable() -> None:
    url = "dynamodb://eu-west-1?endpoint_url=http://127.0.0.1:9&max_attempts=1"
    async with Database.open(url) as database:
        health = await database.health()
    assert health.status == "unavailable"
    assert health.error


async def test_actions_of_another_database_are_refused() -> None:
    async with Database.open("memory://") as one, Database.open("memory://") as two:
        notes = one.repository(Note)
        with pytest.raises(InvalidRequest, match="another database"):
            await two.transact(notes.to_put(Note(person="a", number=1)))
        with pytest.raises(InvalidRequest, match="another database"):
            await two.transact_get(notes.to_get(("a", 1)))


@pytest.mark.parametrize("age", [0, -5, float("nan")])
def test_page_tokens_cannot_be_stale_at_once(age: float) -> None:
    with pytest.raises(ConfigurationError, match="cursor_max_age"):
        Database.open("memory://", cursor_max_age=age)


async def test_a_transaction_names_what_each_action_met() -> None:
    class Other(Table, name="notes"):
        title: Attr[str] = attribute(hash_key=True)

    async with Database.open("memory://") as database:
        others = database.repository(Other)
        with pytest.raises(TableNotFound, match=r"on notes: .*create_tables makes"):
            await database.transact(others.to_delete("a"))
        await database.create_tables([Note])
        with pytest.raises(TransactionCancelled, match="Cannot read 'a' in notes: ") as caught:
            await database.transact_get(others.to_get("a"))
        assert isinstance(caught.value.errors[0], InvalidRequest)
        assert "written" not in str(caught.value)


async def test_page_tokens_survive_a_change_of_provider_and_prefix(
    make_target: Callable[[str], Target],
) -> None:
    secret = "the same everywhere"
    token: str | None = None
    seen: list[int] = []
    for number, name in enumerate(("memory", "sqlite", "json", "dynoxide")):
        url = make_target(name).url
        options: dict[str, Any] = {"cursor_secret": secret, "table_prefix": f"p{number}-"}
        async with Database.open(url, **options) as database:
            await database.create_tables([Note])
            notes = database.repository(Note)
            await notes.put_many([Note(person="a", number=n) for n in range(8)])
            page = await notes.page("a", limit=2, after=token)
            seen.extend(note.number for note in page)
            token = page.next
    assert seen == list(range(8))


async def test_page_tokens_grow_stale() -> None:
    now = 0.0
    adapter = Database.open("memory://")._session.adapter
    database = Database(adapter, cursor_max_age=60, clock=lambda: now)
    await database.create_tables([Note])
    notes = database.repository(Note)
    await notes.put_many([Note(person="a", number=n) for n in range(3)])
    token = (await notes.page("a", limit=1)).next
    now = 61.0
    with pytest.raises(InvalidCursor, match="older than 60"):
        await notes.page("a", limit=1, after=token)


async def test_a_write_that_is_cancelled_leaves_the_version_as_it_was() -> None:
    class Draft(Table, name="drafts"):
        key: Attr[str] = attribute(hash_key=True)
        version: Attr[int] = attribute(version=True, default=0)

    class Slow(ScriptedAdapter):
        async def call(self, operation: str, request: Any) -> dict[str, Any]:
            await asyncio.Event().wait()
            return {}

    adapter: Any = Slow({})
    draft = Draft(key="a")
    task = asyncio.create_task(Database(adapter).repository(Draft).put(draft))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert draft.version == 0


async def test_waiting_is_left_to_the_event_loop() -> None:
    adapter: Any = ScriptedAdapter(Unavailable("down"))
    await Database(adapter)._session.sleep(0)


def test_importing_the_database_brings_neither_models_nor_event_loops_along() -> None:
    loaded = modules_after("from anydynamo.database import Database")
    heavy = {"pydantic", "pydantic_settings", "pynamodb", "botocore", "aiobotocore", "asyncio"}
    assert not heavy & loaded
    own = {"anydynamo.repositories.repository", "anydynamo.tables"}
    assert not ({"sqlite3", "msgspec"} | own) & loaded


def test_opening_by_url_does_not_import_the_settings() -> None:
    loaded = modules_after("from anydynamo import Database; Database.open('memory://')")
    assert not {"pydantic_settings", "aiobotocore", "pynamodb"} & loaded
