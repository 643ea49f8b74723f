"""Uses of repositories that both checkers refuse, on each line that ends in `# E`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.typing.tables import Event, Note, User

from anydynamo import attribute
from anydynamo.changes import apply_once, lambda_handler
from anydynamo.repositories.lists import WholeList

if TYPE_CHECKING:
    from anydynamo import Change, sync
    from anydynamo.database import Database
    from anydynamo.repositories.protocols import ReadRepository
    from anydynamo.repositories.repository import Repository


async def items(users: Repository[User], user: User, event: Event) -> None:
    await users.get(event)  # E
    await users.get(["1"])  # E
    await users.get("1", consistent="yes")  # E
    await users.get("1", only=[Event.age])  # E
    await users.create(event)  # E
    await users.put(user, condition=Event.age == 3)  # E
    await users.put(user, condition=user.age == 3)  # E
    await users.update("1", Event.age.set(3))  # E
    await users.update("1", User.age == 3)  # E
    await users.update("1", User.age.set(3), condition=Event.age == 3)  # E
    await users.delete("1", condition=Event.age == 3)  # E


async def many(users: Repository[User]) -> None:
    users.query(User.by_email, 3)  # E
    users.query(User.by_email, "a@b.org", Event.age > 3)  # E
    users.query("1", Event.age > 3)  # E
    users.query("1", filter=Event.age > 3)  # E
    users.query("1", limit="3")  # E
    users.scan(filter=Event.age > 3)  # E
    users.scan(after="token")  # E
    await users.page("1", after=3)  # E
    await users.count(filter=Event.age > 3)  # E
    users.get_many(["1"], only=[Event.age])  # E
    await users.put_many([Event(campaign="x", number=1)])  # E


async def transactions(database: Database, users: Repository[User], event: Event) -> None:
    users.to_put(event)  # E
    users.to_check("1", Event.age == 3)  # E
    users.to_update("1", Event.age.set(3))  # E
    await database.transact(users.to_get("1"))  # E
    await database.transact_get(users.to_delete("1"))  # E


def blocking(users: sync.Repository[User], user: User) -> None:
    users.put(user, condition=Event.age == 3)  # E
    users.query(User.by_email, 3)  # E
    users.update("1", Event.age.set(3))  # E


async def abilities(
    users: Repository[User], reads: ReadRepository[User], events: ReadRepository[Event]
) -> None:
    await reads.put(User(user_id="1", email="a@b.org"))  # E
    events = users  # E
    await events.get("1")


def other(change: Change[Event]) -> None:
    del change


async def changed(database: Database, users: Repository[User]) -> None:
    database.changes("users")  # E
    database.changes(User, start=3)  # E
    database.changes(User, checkpoint="checkpoints", consumer="x")  # E
    async for change in database.changes(User):
        _ = change.new.email  # E
        change.kind = "insert"  # E
    lambda_handler(User)(other)  # E
    lambda_handler(Event, batch=True)(other)  # E
    lambda_handler(Event)(other)
    await apply_once(
        database,
        [],
        mark=lambda change: User(user_id="1", email="a@b.org"),  # E
        effect=lambda group: [users.to_delete("1")],
    )


async def lists(users: Repository[User], whole: WholeList[User], event: Event) -> None:
    WholeList(users, generation=User.email, size=User.height)  # E
    WholeList(users, generation=User.nickname, size=User.nickname)  # E
    WholeList(users, generation=User.nickname, size=Event.age)  # E
    await whole.replace("1", [event])  # E
    await whole.read("1", limit="3")  # E


async def traits(notes: Repository[Note], event: Event) -> None:
    await notes.restore(event)  # E
    await notes.purge(event)  # E
    notes.to_restore(event)  # E
    notes.acting_as(3)  # E
    await notes.update("1", Note.deleted_at.set("now"))  # E
    attribute(default=None, unique=len)  # E


def scopes(users: Repository[User]) -> None:
    users.scoped(User.age, "18")  # E
    users.scoped(Event.age, 18)  # E
    users.scoped("age", 18)  # E
    users.scoped(User.age)  # E
