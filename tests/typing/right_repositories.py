"""Uses of repositories and databases that both checkers accept, and the types that they see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict, assert_type

from tests.typing.tables import Dated, Event, Note, NoteAudit, User

from anydynamo import Change, IngestReport, Scan, sync
from anydynamo.changes import Applied, Checkpoint, apply_once, lambda_handler
from anydynamo.database import Database
from anydynamo.observability import Call, EmbeddedMetrics, LogCalls
from anydynamo.repositories.lists import WholeList
from anydynamo.repositories.paging import Page
from anydynamo.repositories.repository import Repository
from anydynamo.repositories.walks import Results

if TYPE_CHECKING:
    from anydynamo.repositories.protocols import (
        QueryRepository,
        ReadRepository,
        WriteRepository,
    )


class Card(TypedDict):
    email: str
    age: int


async def narrowed(
    reads: ReadRepository[User], writes: WriteRepository[User], queries: QueryRepository[User]
) -> None:
    assert_type(await reads.get("1"), User)
    assert_type(await reads.find("1", consistent=True), User | None)
    assert_type(await writes.update("1", User.age.set(3), condition=User.age == 2), User)
    assert_type(await queries.page(User.by_email, "a@b.org", limit=3), Page[User])
    async for user in queries.query("1", reverse=True):
        assert_type(user, User)


async def abilities(database: Database) -> None:
    users = database.repository(User)
    await narrowed(users, users, users)


async def items(database: Database, user: User, when: datetime) -> None:
    users = database.repository(User)
    assert_type(users, Repository[User])
    assert_type(await users.get("1", consistent=True), User)
    assert_type(await users.get(user), User)
    assert_type(await users.find("1"), User | None)
    assert_type(await users.get("1", only=Card), Card)
    assert_type(await users.find("1", only=Card), Card | None)
    assert_type(await users.get("1", only=[User.email, "age"]), dict[str, Any])
    assert_type(await users.create(user), User)
    assert_type(await users.put(user, condition=User.age == 3), User)
    assert_type(await users.put(user, return_old=True), User | None)
    assert_type(await users.update("1", User.age.set(3), User.email.set("a@b.org")), User)
    assert_type(await users.update(user, Dated.created_at.set(when)), User)
    assert_type(await users.delete("1", return_old=True), User | None)
    await users.delete(user, condition=(User.age > 3) & User.email.exists())
    assert_type(await users.exists("1"), bool)
    assert_type(await database.repository(Event).get(("x", 1)), Event)


async def many(users: Repository[User], events: Repository[Event]) -> None:
    assert_type(users.query(User.by_email, "a@b.org"), Results[User])
    assert_type(users.query(User.by_nickname, "x", User.age > 3, limit=3), Results[User])
    assert_type(events.query("x", Event.number.between(1, 2), reverse=True), Results[Event])
    assert_type(events.query(Event.by_age, "x", Event.age > 3), Results[Event])
    assert_type(users.query(User.by_email, "a@b.org", only=Card), Results[Card])
    assert_type(users.scan(filter=User.age > 3, segments=2), Scan[User])
    assert_type(users.scan(workers=2, rate=10, unit_rate=5.0, start=None).position, str | None)
    assert_type(await users.ingest([User(user_id="1", email="a@b.org")], start=1), IngestReport)
    assert_type(await users.scan(), list[User])
    assert_type([user async for user in users.scan()], list[User])
    assert_type(await users.page(User.by_email, "a@b.org", after=None), Page[User])
    assert_type(await users.scan_page(limit=3, only=[User.age]), Page[dict[str, Any]])
    assert_type(await users.count(User.by_email, "a@b.org", filter=User.age > 3), int)
    assert_type(await users.get_many(["1", "2"]), list[User])
    assert_type(await users.get_many(["1"], only=Card), list[Card])
    await users.put_many([User(user_id="1", email="a@b.org")])
    await events.delete_many([("x", 1), Event(campaign="x", number=1)])
    async with users.batch() as batch:
        await batch.put(User(user_id="1", email="a@b.org"))
        await batch.delete("1")


async def transactions(
    database: Database, users: Repository[User], events: Repository[Event], user: User
) -> None:
    await database.transact(
        users.to_put(user, condition=User.age > 3),
        events.to_update(("x", 1), Event.age.add(1)),
        users.to_check("2", User.age.exists()),
    )
    found = await database.transact_get(users.to_get("1", only=Card), events.to_get(("x", 1)))
    assert_type(found, tuple[Card | None, Event | None])
    assert_type(await database.transact_get(*[users.to_get("1")] * 4), tuple[User | None, ...])


async def changed(database: Database, users: Repository[User]) -> None:
    async for change in database.changes(User, start="oldest", follow=False):
        assert_type(change, Change[User])
        assert_type(change.new, User | None)
        assert_type(change.old, User | None)
        assert_type(change.kind, Literal["insert", "modify", "remove"])
        assert_type(change.position, str)
    async with database.changes(User, checkpoint=Checkpoint, consumer="x") as changes:
        assert_type(await anext(changes), Change[User])
        async for batch in changes.batches():
            assert_type(batch, Sequence[Change[User]])
            done = await apply_once(
                database,
                batch,
                mark=lambda change: users.to_create(User(user_id=change.id, email="a@b.org")),
                effect=lambda group: [users.to_update("1", User.age.add(len(group)))],
            )
            assert_type(done, Applied)


@lambda_handler(User)
async def handled(change: Change[User]) -> None:
    assert_type(change.new, User | None)


@lambda_handler(User, batch=True, table_prefix="prod-")
def handled_at_once(changes: Sequence[Change[User]]) -> None:
    assert_type(changes[0].new, User | None)


def blocking(database: sync.Database, user: User) -> None:
    users = database.repository(User)
    assert_type(users.get("1"), User)
    assert_type(users.find("1", only=Card), Card | None)
    assert_type(users.put(user, return_old=True), User | None)
    assert_type(users.query(User.by_email, "a@b.org"), sync.Results[User])
    assert_type(list(users.scan(filter=User.age > 3)), list[User])
    assert_type(users.scan(workers=2), sync.Scan[User])
    assert_type(users.ingest([User(user_id="1", email="a@b.org")]), IngestReport)
    assert_type(users.page(User.by_email, "a@b.org", only=Card), Page[Card])
    assert_type(database.transact_get(users.to_get("1")), tuple[User | None])
    assert_type(handled({"Records": []}), dict[str, list[dict[str, str]]])
    for change in database.changes(User, follow=False):
        assert_type(change, Change[User])
    for batch in database.changes(User, follow=False).batches():
        assert_type(batch, Sequence[Change[User]])


async def lists(users: Repository[User], user: User) -> None:
    whole = WholeList(users, generation=User.nickname, size=User.height)
    assert_type(whole, WholeList[User])
    assert_type(await whole.read("1", limit=3), list[User] | None)
    assert_type(await whole.replace("1", [user], ttl=60), list[User])


async def traits(database: Database, blocking_database: sync.Database) -> None:
    notes = database.repository(Note)
    assert_type(await notes.restore("1"), Note)
    assert_type(notes.with_deleted(), Repository[Note])
    assert_type(notes.acting_as("ada"), Repository[Note])
    assert_type((await notes.get("1")).deleted_at, datetime | None)
    await notes.purge(await notes.get("1"))
    await database.transact(notes.to_restore("1"), notes.to_purge("2"))
    async for entry in database.repository(NoteAudit).query(NoteAudit.entity_of(Note, "1")):
        assert_type(entry, NoteAudit)
        assert_type(entry.before, dict[str, Any] | None)
    assert_type(database.now(), datetime)
    assert_type(database.new_id(), str)
    own = blocking_database.repository(Note)
    assert_type(own.restore("1"), Note)
    assert_type(own.with_deleted().acting_as("ada"), sync.Repository[Note])
    own.purge("1")
    blocking_database.transact(own.to_restore("1"), own.to_purge("2"))
    type(database)(database.session.adapter, clock=lambda: 3.0, ids=lambda: "id")


def scopes(users: Repository[User], own: sync.Repository[User]) -> None:
    assert_type(users.scoped(User.email, "a@b.org"), Repository[User])
    assert_type(users.scoped(User.age, 18).scoped(User.nickname, "a"), Repository[User])
    assert_type(own.scoped(User.email, "a@b.org"), sync.Repository[User])


def observed() -> None:
    calls: list[Call] = []
    Database.open("memory://", observer=calls.append)
    Database.open("memory://", observer=[calls.append, LogCalls(), EmbeddedMetrics("App")])
    sync.Database.open("memory://", observer=print, observe_capacity=True)
    assert_type(calls[0].table, str | None)
    assert_type(calls[0].read_units, float | None)
    with Database.open("memory://").budget(read=3) as spent:
        assert_type(spent.read, float)
        assert_type(spent.write_left, float | None)
