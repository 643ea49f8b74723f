"""What traits cost: the same operations on models that have one trait each.

Ratios are to the plain model. All of it runs in memory: the figures are the CPU time of the library
and of the engine. Over a network the requests count first, and these differ only for models with
unique values or an audit trail, which read before they write and then write a transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from anydynamo import Attr, AuditEntry, Database, Repository, attribute
from benchmarks.core_models import Event, values
from benchmarks.measure import Result, Subject, compare

__all__ = ["run"]

ITEMS = 1000
OWNER = "user-1"
NEVER = datetime(2100, 1, 1, tzinfo=UTC)


class Versioned(Event, name="versioned"):
    version: Attr[int | None] = attribute(default=None, version=True)


class Stamped(Event, name="stamped"):
    created: Attr[datetime | None] = attribute(default=None, created=True)
    updated: Attr[datetime | None] = attribute(default=None, updated=True)


class Kept(Event, name="kept"):
    deleted: Attr[datetime | None] = attribute(default=None, deleted=True)


class Expiring(Event, name="expiring", expired="hide"):
    expires: Attr[datetime] = attribute(default_factory=lambda: NEVER, ttl=True)


class Spread(Event, name="spread", shards=4):
    pass


class Named(Event, name="named"):
    name: Attr[str] = attribute(unique=True)


class Owned(Event, name="owned"):
    pass


class Trail(AuditEntry, name="trail"):
    pass


class Audited(Event, name="audited", audit=Trail):
    pass


TRAITS: dict[str, type[Event]] = {
    "plain": Event,
    "version": Versioned,
    "timestamps": Stamped,
    "soft delete": Kept,
    "hidden expiry": Expiring,
    "4 shards": Spread,
    "unique": Named,
    "audit trail": Audited,
}


async def run(*, quick: bool) -> list[Result]:
    """Measure the plain model first, then each trait, and a view of one owner's items."""
    async with Database.open("memory://") as db:
        await db.create_tables([*TRAITS.values(), Trail, Owned])
        subjects: list[Subject] = []
        for trait, model in TRAITS.items():
            subjects += await operations(trait, db, db.repository(model), model)
        scoped = db.repository(Owned).scoped(Owned.user_id, OWNER)
        subjects += await operations("scope", db, scoped, Owned)
        return await compare(subjects, quick=quick)


async def operations(
    trait: str, db: Database, events: Repository[Any], model: type[Event]
) -> list[Subject]:
    """Fill a table, and return the operations on it.

    Puts are of the first half of the items and updates of the second, because an update leaves an
    instance behind with a version that is no longer stored.
    """
    items = [item(model, number) for number in range(ITEMS)]
    await events.put_many(items)
    half = ITEMS // 2

    def key(i: int) -> tuple[str, int]:
        number = half + i % half
        return f"campaign-{number // 100}", number % 100

    async def get(i: int) -> None:
        await events.get(key(i))

    async def query(i: int) -> None:
        assert len(await events.query(key(i)[0], model.number < 50)) == 50

    async def put(i: int) -> None:
        await events.put(items[i % half])

    async def update(i: int) -> None:
        await events.update(key(i), model.clicks.set(i))

    async def write(i: int) -> None:
        await events.put_many(items[i * 25 % half :][:25])

    async def transact(i: int) -> None:
        await db.transact(
            events.to_put(items[i % half]),
            events.to_update(key(i), model.clicks.set(i)),
            events.to_check(key(i + 1), model.clicks.exists()),
        )

    calls = {
        "GetItem": get,
        "Query50": query,
        "PutItem": put,
        "UpdateItem": update,
        "BatchWrite25": write,
        "Transact3": transact,
    }
    return [Subject(trait, name, call) for name, call in calls.items()]


def item(model: type[Event], number: int) -> Event:
    """Return event `number` of a model; all have one owner."""
    given: dict[str, Any] = {**values(number), "user_id": OWNER}
    if model is Named:
        given["name"] = f"name-{number}"
    return model(**given)
