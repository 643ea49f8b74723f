"""Do the markers in a table match its items? Look, and on demand put it right.

They can differ where data was stored before an attribute became unique, or by a program that knows
nothing of markers. A table may be large and in use: it is scanned page by page, and what looks
wrong is looked at again in one transaction, so that nothing is reported or changed that somebody is
only just writing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anydynamo.errors import Conflict
from anydynamo.repositories.batch_reads import BatchReader
from anydynamo.repositories.companions import conditioned
from anydynamo.repositories.markers import (
    OWNER,
    is_marker,
    is_marker_of,
    marker_key,
    owner_of,
)
from anydynamo.repositories.resending import identity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from anydynamo.models.schema import TableSchema
    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.session import Session
    from anydynamo.repositories.unique import UniqueValues

__all__ = ["Duplicate", "UniqueReport", "check_unique"]

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two items with one value.

    Attributes:
        attribute: The attribute's name in Python.
        owner: The key of the item whose value counts as taken, as a repository takes it.
        key: The key of the other one.
    """

    attribute: str
    owner: object
    key: object


@dataclass(frozen=True, slots=True)
class UniqueReport:
    """What `check_unique` found, or `rebuild_unique` put right.

    Attributes:
        items: How many items were looked at, hidden ones included.
        values: How many unique values they hold.
        missing: How many values were not held by a marker of their item, and could be.
        stray: How many markers stood for no item's value.
        duplicates: Items with a value that another item has. Nothing but a change of one of the
            two puts that right.
    """

    items: int = 0
    values: int = 0
    missing: int = 0
    stray: int = 0
    duplicates: tuple[Duplicate, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there was nothing to put right."""
        return not (self.missing or self.stray or self.duplicates)


@dataclass(slots=True)
class _Counts:
    items: int = 0
    values: int = 0
    missing: int = 0
    stray: int = 0
    duplicates: list[Duplicate] = field(default_factory=list[Duplicate])


async def check_unique(
    session: Session,
    unique: UniqueValues | None,
    *,
    repair: bool,
    capacity: Capacity | None,
) -> UniqueReport:
    """Compare a table's markers with its items.

    Args:
        session: The open database.
        unique: What keeps the table's unique values; None if there are none.
        repair: Whether to write markers that are missing and remove those that stand for nothing.
        capacity: Collects what it costs.
    """
    if unique is None:
        session.check_open("Scan")
        return UniqueReport()
    check = _Check(session, unique, repair, capacity)
    async for page in check.pages():
        await check.look(page)
    found = check.counts
    return UniqueReport(
        found.items, found.values, found.missing, found.stray, tuple(found.duplicates)
    )


class _Check:
    def __init__(
        self, session: Session, unique: UniqueValues, repair: bool, capacity: Capacity | None
    ) -> None:
        self._session = session
        self._unique = unique
        self._repair = repair
        self._capacity = capacity
        self.counts = _Counts()

    @property
    def _schema(self) -> TableSchema:
        return self._unique.codec.schema

    async def pages(self) -> AsyncIterator[list[Item]]:
        """Walk the whole table, markers and hidden items included."""
        request: Item = {"TableName": self._unique.table, "ConsistentRead": True}
        while True:
            response = await self._session.call("Scan", request, self._capacity)
            yield response.get("Items", [])
            if response.get("LastEvaluatedKey") is None:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    async def look(self, page: Sequence[Item]) -> None:
        """Look at some items and markers."""
        at = self._session.clock()
        markers = [item for item in page if self._is_own(item)]
        items = [item for item in page if not is_marker(self._schema, item)]
        self.counts.items += len(items)
        held = [
            (item, text)
            for item in items
            if not self._unique.is_over(item, at)
            for text in self._unique.held(item)
        ]
        self.counts.values += len(held)
        found = await self._read(marker_key(self._schema, text) for _, text in held)
        for item, text in held:
            marker = found.get(identity(marker_key(self._schema, text)))
            if marker != self._unique.marker(text, item):
                await self._settle_value(self._unique.key_in(item), text)
        owners = await self._read(owner for one in markers if (owner := owner_of(one)) is not None)
        for marker in markers:
            owner = owner_of(marker)
            text = marker[self._schema.hash_key.wire]["S"]
            there = None if owner is None else owners.get(identity(owner))
            if text not in self._unique.held(there) and not self._unique.is_over(marker, at):
                await self._settle_marker(text)

    def _is_own(self, item: Item) -> bool:
        """Tell whether an item is a marker of one of these values, and not of another model's."""
        if not is_marker(self._schema, item):
            return False
        text: str = item[self._schema.hash_key.wire]["S"]
        return any(is_marker_of(unique, text) for unique in self._schema.unique)

    async def _settle_value(self, key: Item, text: str) -> None:
        """Look again at a value whose marker seems to be wrong."""
        place = marker_key(self._schema, text)
        for tries in self._attempts():
            item, marker = await self._at_once(key, place)
            owner = None if marker is None else owner_of(marker)
            rival: Item | None = None
            if owner is not None and identity(owner) != identity(key):
                item, marker, rival = await self._at_once(key, place, owner)
                if marker is None or owner_of(marker) != owner:
                    continue
            if not self._holds(item, text) or item is None:
                return
            if self._holds(rival, text):
                attribute = self._unique.held(item)[text].name
                said = self._unique.as_given
                self.counts.duplicates.append(Duplicate(attribute, said(owner or {}), said(key)))
                return
            wanted = self._unique.marker(text, item)
            if marker == wanted:
                return
            free = self._unique.free_for([key] if owner is None else [key, owner], self._now())
            put = {"TableName": self._unique.table, "Item": wanted, **free}
            checks = [self._as_read(key, item)]
            if owner is not None and identity(owner) != identity(key):
                checks.append(self._as_read(owner, rival))
            if await self._done([*checks, {"Put": put}], tries):
                self.counts.missing += 1
                return

    async def _settle_marker(self, text: str) -> None:
        """Look again at a marker that seems to stand for nothing."""
        place = marker_key(self._schema, text)
        for tries in self._attempts():
            (marker,) = await self._at_once(place)
            owner = None if marker is None else owner_of(marker)
            if marker is None or owner is None:
                return
            marker, item = await self._at_once(place, owner)
            if marker is None or owner_of(marker) != owner:
                continue
            if text in self._unique.held(item):
                return
            delete = {
                "TableName": self._unique.table,
                "Key": place,
                **conditioned({}, [OWNER], marker),
            }
            if await self._done([self._as_read(owner, item), {"Delete": delete}], tries):
                self.counts.stray += 1
                return

    def _holds(self, item: Item | None, text: str) -> bool:
        return text in self._unique.held(item) and not self._unique.is_over(item, self._now())

    def _as_read(self, key: Item, item: Item | None) -> Item:
        """Return the check that what decides over an item's values is as it was read."""
        names = [self._schema.hash_key.wire] if item is None else sorted(self._unique.watched)
        check = {"TableName": self._unique.table, "Key": key}
        return {"ConditionCheck": {**check, **conditioned({}, names, item)}}

    def _now(self) -> float:
        return self._session.clock()

    def _attempts(self) -> Iterable[int]:
        return range(1, self._session.patience.attempts + 1)

    async def _done(self, actions: Sequence[Item], tries: int) -> bool:
        """Carry out a repair, if there is to be one; return whether that settles it."""
        if not self._repair:
            return True
        try:
            await self._session.call(
                "TransactWriteItems", {"TransactItems": actions}, self._capacity
            )
        except Conflict:
            if tries == self._session.patience.attempts:
                raise
            # Somebody is writing it; what they leave is looked at anew.
            await self._session.pause(tries)
            return False
        return True

    async def _at_once(self, *keys: Item) -> list[Item | None]:
        """Return the items under some keys as they are at one moment."""
        table = self._unique.table
        request = {"TransactItems": [{"Get": {"TableName": table, "Key": key}} for key in keys]}
        tries = 0
        while True:
            tries += 1
            try:
                response = await self._session.call("TransactGetItems", request, self._capacity)
            except Conflict:
                if tries == self._session.patience.attempts:
                    raise
                await self._session.pause(tries)
            else:
                found: Sequence[Mapping[str, Any]] = response["Responses"]
                return [one.get("Item") or None for one in found]

    async def _read(self, keys: Iterable[Item]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
        """Return the items under some keys, by their keys' identities."""
        names = [key.wire for key in self._schema.keys]
        reader = BatchReader[Item](
            self._session,
            self._unique.table,
            ((None, key) for key in {identity(key): key for key in keys}.values()),
            {"ConsistentRead": True},
            dict,
            self._capacity,
        )
        found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        while (items := await reader.pull()) is not None:
            for item in items:
                found[identity({name: item[name] for name in names})] = item
        return found
