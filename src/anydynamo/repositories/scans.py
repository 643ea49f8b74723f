"""Scans by segments: several at once, not faster than was said, and with a place to go on from.

A position is a text with one place for each segment: the key of the last item that was handed out,
or that it is at its end. It is bound to the scan by a digest, and not signed: whoever changes it
sees no other items than the scan gives anyway, and it is good in any process.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar, cast

from anydynamo.errors import InvalidCursor
from anydynamo.repositories.paging import fingerprint
from anydynamo.repositories.walks import Results, Walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.rates import SteadyRate
    from anydynamo.repositories.session import Session
    from anydynamo.repositories.walks import Plan

__all__ = ["Place", "Scan", "check_places", "places_in"]

T = TypeVar("T")

Item = dict[str, Any]
Place = Item | bool
"""The key after which a segment goes on; False at its beginning, and True at its end."""

_VERSION = 1


class Scan(Results[T]):
    """Results of a scan, and how far it came.

    Iterate with `async for`, or `await` it to have all that is left in a list.

    Args:
        session: The open database.
        plans: One for each segment.
        places: Where each segment begins.
        workers: How many segments are read at once.
        limit: How many results there are at most.
        page_size: How many items a request may evaluate.
        items: Limits the items that are evaluated in a second.
        units: Limits the capacity units that are consumed in a second.
        capacity: Collects what it costs; needed for `units`.
    """

    __slots__ = (
        "_capacity",
        "_digest",
        "_given",
        "_going",
        "_items",
        "_pages",
        "_places",
        "_plan",
        "_session",
        "_units",
        "_workers",
    )

    def __init__(
        self,
        session: Session,
        plans: Sequence[Plan[T]],
        places: Sequence[Place],
        *,
        workers: int,
        limit: int | None,
        page_size: int | None,
        items: SteadyRate | None,
        units: SteadyRate | None,
        capacity: Capacity | None,
    ) -> None:
        super().__init__(self._next_page)
        self._session = session
        self._plan = plans[0]
        self._digest = _digest(plans[0])
        self._places = list(places)
        self._workers = workers
        self._items = items
        self._units = units
        self._capacity = capacity
        self._going = [
            (
                segment,
                Walk(
                    session,
                    plan,
                    limit=limit,
                    page_size=page_size,
                    start=None if isinstance(place, bool) else place,
                    capacity=capacity,
                ),
            )
            for segment, (plan, place) in enumerate(zip(plans, places, strict=True))
            if place is not True
        ]
        # What is read and not handed out: for each page its segment, its items, and the segment's
        # place after it.
        self._pages: deque[tuple[int, list[Item], Place]] = deque()
        # The page that is being handed out.
        self._given: tuple[int, list[Item], Place] | None = None

    @property
    def position(self) -> str | None:
        """From where to go on after the last result that was handed out; None at the end.

        Give it to a scan of the same kind as `start`. What is handed out goes by the item, also in
        the middle of what a request brought.
        """
        return self.position_after(self._next if self._ready else None)

    def position_after(self, count: int | None) -> str | None:
        """Return the position after so many results of the last chunk; None means all of them."""
        places = list(self._places)
        if self._given is not None:
            segment, items, after = self._given
            if count is None or count >= len(items):
                places[segment] = after
            elif count:
                places[segment] = self._key(items[count - 1])
        if all(place is True for place in places):
            return None
        body = {"v": _VERSION, "q": self._digest, "s": places}
        text = json.dumps(body, separators=(",", ":"), default=_binary)
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    async def chunk(self) -> Sequence[T] | None:
        """Return what is ready, or else what the next request brings; None at the end."""
        if self._next < len(self._ready):
            ready, self._ready = self._ready[self._next :], ()
            return ready
        self._ready = ()
        return await self._next_page()

    async def _next_page(self) -> Sequence[T] | None:
        if self._given is not None:
            segment, _, after = self._given
            self._places[segment], self._given = after, None
        while not self._pages:
            if not self._going:
                return None
            await self._read()
        page = self._pages.popleft()
        results = [self._plan.decode(item) for item in page[1]]
        self._given = page
        return results

    async def _read(self) -> None:
        """Send one request for each of the segments that are being read."""
        reading = self._going[: self._workers]
        for rate in (self._items, self._units):
            if rate is not None:
                await rate.ready()
        before = [(walk.position, walk.scanned) for _, walk in reading]
        spent = 0.0 if self._capacity is None else self._capacity.total
        try:
            found = await self._session.together(
                [walk.step for _, walk in reading], most=self._workers
            )
        except BaseException:
            # What the other segments brought is lost, so whoever goes on must read it again.
            for (_, walk), (position, _) in zip(reading, before, strict=True):
                walk.position, walk.done = position, False
            raise
        if self._items is not None:
            evaluated = (
                walk.scanned - scanned
                for (_, walk), (_, scanned) in zip(reading, before, strict=True)
            )
            self._items.spend(sum(evaluated))
        if self._units is not None and self._capacity is not None:
            self._units.spend(self._capacity.total - spent)
        for (segment, walk), items in zip(reading, found, strict=True):
            after = self._after(segment, walk, items)
            if items:
                self._pages.append((segment, items, after))
            else:
                self._places[segment] = after
        self._going = [(segment, walk) for segment, walk in self._going if not walk.done]

    def _after(self, segment: int, walk: Walk, items: list[Item]) -> Place:
        if walk.position is None:
            return True
        if not self._plan.private:
            return walk.position
        # DynamoDB's own may be the key of an item that is not to be seen.
        return self._key(items[-1]) if items else self._places[segment]

    def _key(self, item: Item) -> Item:
        return {name: item[name] for name in self._plan.key_names}


def _digest(plan: Plan[Any]) -> str:
    return fingerprint(*plan.identity).hex()[:32]


def places_in(position: str) -> tuple[list[Place], str]:
    """Return the places of a position, one for each segment, and the digest of its scan.

    Raises:
        InvalidCursor: It is no position of a scan.
    """
    try:
        raw = urlsafe_b64decode(position + "=" * (-len(position) % 4))
        body: dict[str, Any] = json.loads(raw, object_hook=_from_binary)
        version, scan, places = body["v"], body["q"], cast("object", body["s"])
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidCursor(_NO_POSITION) from error
    if version != _VERSION or not isinstance(scan, str) or not isinstance(places, list):
        raise InvalidCursor(_NO_POSITION)
    several = cast("list[object]", places)
    if not several or not all(isinstance(one, dict | bool) for one in several):
        raise InvalidCursor(_NO_POSITION)
    return cast("list[Place]", several), scan


def check_places(places: Sequence[Place], scan: str, plan: Plan[Any]) -> None:
    """Refuse a position that belongs to another scan.

    Raises:
        InvalidCursor: It does.
    """
    names = set(plan.key_names)
    fits = all(isinstance(one, bool) or one.keys() == names for one in places)
    if scan != _digest(plan) or not fits:
        raise InvalidCursor(
            "This position belongs to another scan: go on with the same index, filter and view, or "
            "begin again without start="
        )


_NO_POSITION = "This is no position of a scan: begin again without start="


def _binary(value: object) -> dict[str, str]:
    # Keys have text, numbers and binary values, and JSON has the first two.
    return {"$b": b64encode(cast("bytes", value)).decode()}


def _from_binary(value: dict[str, Any]) -> Any:
    found = value.get("$b") if len(value) == 1 else None
    return b64decode(found) if isinstance(found, str) else value
