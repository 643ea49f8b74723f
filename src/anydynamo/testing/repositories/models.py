"""The tables of the repository contract, and what its parts share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from anydynamo.models.table import Attr, GlobalIndex, LocalIndex, Table, attribute

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository

    Raw = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]

__all__ = ["Author", "Counter", "Draft", "Event", "Legacy", "event", "events", "stored"]


class Author(Table, name="authors"):
    """A partition key alone, and attributes whose names DynamoDB reserves."""

    author_id: Attr[str] = attribute(hash_key=True, attr_name="authorId")
    name: Attr[str] = attribute()
    status: Attr[str] = attribute(default="new")
    size: Attr[int | None] = attribute(default=None)
    tags: Attr[set[str] | None] = attribute(default=None)
    notes: Attr[list[str]] = attribute(default_factory=list)


class Event(Table, name="events"):
    """A partition and a sort key, and each kind of index."""

    place: Attr[str] = attribute(hash_key=True)
    at: Attr[int] = attribute(range_key=True)
    kind: Attr[str | None] = attribute(default=None)
    price: Attr[int] = attribute(default=0)
    text: Attr[str] = attribute(default="")

    by_kind = GlobalIndex("KindIndex", hash_key=kind, range_key=at)
    by_price = LocalIndex("PriceIndex", range_key=price, projection="KEYS_ONLY")
    with_text = GlobalIndex("TextIndex", hash_key=kind, range_key=price, include=[text])


class Draft(Table, name="drafts"):
    """Versions that begin at 0."""

    draft_id: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")
    version: Attr[int] = attribute(version=True, default=0)


class Counter(Table, name="counters"):
    """A number as key."""

    number: Attr[int] = attribute(hash_key=True)
    value: Attr[int] = attribute(default=0)


class Legacy(Model):
    """A plain PynamoDB model with versions that are absent at first."""

    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride] - as PynamoDB has it
        """PynamoDB's options."""

        table_name = "legacy"

    name = UnicodeAttribute(hash_key=True)
    colour = UnicodeAttribute(default="red")
    value = NumberAttribute(default=0)
    version = VersionAttribute()

    class ColourIndex(GlobalSecondaryIndex["Legacy"]):  # type: ignore[no-untyped-call]
        """By colour."""

        class Meta:
            """PynamoDB's options."""

            index_name = "ColourIndex"
            projection = AllProjection()

        colour = UnicodeAttribute(hash_key=True)
        value = NumberAttribute(range_key=True)

    by_colour = ColourIndex()


def event(at: int, place: str = "hall", **attributes: Any) -> Event:
    """Return an event at a time."""
    return Event(place=place, at=at, **attributes)


async def events(database: Database, *stored: Event) -> Repository[Event]:
    """Return the repository of events, with some stored in a new table."""
    await database.create_tables([Event])
    repository = database.repository(Event)
    await repository.put_many(stored)
    return repository


async def stored(raw: Raw, repository: Repository[Any], **key: Any) -> dict[str, Any] | None:
    """Return an item as it lies in the table."""
    request = {"TableName": repository.table, "Key": key, "ConsistentRead": True}
    found: dict[str, Any] | None = (await raw("GetItem", request)).get("Item")
    return found
