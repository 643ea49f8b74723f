"""Queries and scans, request after request, as far as somebody wants to go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from anydynamo.errors import BatchIncomplete, InvalidRequest
from anydynamo.repositories.paging import Page, fingerprint

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence

    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.session import Session

__all__ = ["Plan", "Results", "Walk", "count", "read_page"]

T = TypeVar("T")

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """A query or scan that has been checked and written, and not yet sent.

    Attributes:
        operation: `Query` or `Scan`.
        request: Its request, without limit and starting point.
        key_names: The attributes of a starting point.
        decode: Turns an item into a result.
        identity: What tells this query from others, for page tokens.
        hides: Tells of an item that was read whether it is not to be seen; None where DynamoDB
            leaves such items out by the filter.
        private: Whether not even the keys of hidden items are to be seen, nor how many there are.
    """

    operation: Literal["Query", "Scan"]
    request: Mapping[str, Any]
    key_names: tuple[str, ...]
    decode: Callable[[Mapping[str, Any]], T]
    identity: tuple[Any, ...] = field(repr=False)
    hides: Callable[[Mapping[str, Any]], bool] | None = field(default=None, repr=False)
    private: bool = False

    @property
    def filtered(self) -> bool:
        """Whether items may be read that are no results."""
        return self.hides is not None or "FilterExpression" in self.request


def positive(name: str, number: int | None) -> int | None:
    """Return a number that counts items, if there is one.

    Raises:
        InvalidRequest: It is not a whole number from 1 up.
    """
    if number is not None and (type(number) is not int or number < 1):
        raise InvalidRequest(f"{name} is a whole number from 1 up, not {number!r}")
    return number


class Walk:
    """Goes through a query's or a scan's items, one request at a time.

    Args:
        session: The open database.
        plan: What to walk.
        limit: How many items to give in all; None means all.
        page_size: How many items a request may evaluate; None leaves it to DynamoDB, which stops at
            1 MB.
        start: The key after which to begin.
        capacity: What collects the costs.

    Attributes:
        position: The key after which the next walk would begin; None at the end.
        scanned: How many items were evaluated so far.
        done: Whether the end, or the limit, is reached.
        units: The capacity units consumed so far, where they are collected.
    """

    def __init__(
        self,
        session: Session,
        plan: Plan[Any],
        *,
        limit: int | None = None,
        page_size: int | None = None,
        start: Item | None = None,
        capacity: Capacity | None = None,
    ) -> None:
        self._session = session
        self._plan = plan
        self._left = limit
        self._page_size = page_size
        self._capacity = capacity
        # A filter lets through nobody knows how many. Asking for as many as are wanted and then for
        # twice as many each time wastes no more than half of what is read, and sends few requests.
        self._guess = limit
        self.done = False
        self.position = start
        self.scanned = 0
        self.units = 0.0

    async def items(self) -> list[Item] | None:
        """Return the next items, at least one; None at the end."""
        while not self.done:
            found = await self._request()
            if found:
                return found
        return None

    async def step(self) -> list[Item]:
        """Send one request, and return the items that it found."""
        return [] if self.done else await self._request()

    async def _request(self) -> list[Item]:
        request = dict(self._plan.request)
        size = self._size()
        if size is not None:
            request["Limit"] = size
        if self.position is not None:
            request["ExclusiveStartKey"] = self.position
        spent = 0.0 if self._capacity is None else self._capacity.total
        response = await self._session.call(self._plan.operation, request, self._capacity)
        if self._capacity is not None:
            self.units += self._capacity.total - spent
        self.scanned += response["ScannedCount"]
        self.position = response.get("LastEvaluatedKey")
        self.done = self.position is None
        found: list[Item] = response.get("Items", [])
        hides = self._plan.hides
        if hides is not None:
            found = [item for item in found if not hides(item)]
        return self._cut(found)

    def _size(self) -> int | None:
        if self._left is None:
            return self._page_size
        if not self._plan.filtered:
            return min(self._left, self._page_size or self._left)
        if self._page_size is not None:
            return self._page_size
        size = self._guess
        self._guess = None if size is None or size > _MOST_GUESSED else size * 2
        return size

    def _cut(self, found: list[Item]) -> list[Item]:
        if self._left is None:
            return found
        if len(found) > self._left:
            found = found[: self._left]
            last = found[-1]
            self.position = {name: last[name] for name in self._plan.key_names}
        self._left -= len(found)
        self.done = self.done or not self._left
        return found


_MOST_GUESSED = 10_000
"""From here on DynamoDB's 1 MB ends a request sooner than a number of items does."""


class Results(Generic[T]):
    """Results that come as they are asked for.

    Iterate with `async for`, or `await` it to have all that is left in a list.

    Args:
        pull: Returns the next results, at least one, or None at the end.
    """

    __slots__ = ("_next", "_pull", "_ready")

    def __init__(self, pull: Callable[[], Awaitable[Sequence[T] | None]]) -> None:
        self._pull = pull
        self._ready: Sequence[T] = ()
        self._next = 0

    @classmethod
    def of(cls, plan: Plan[T], walk: Walk) -> Results[T]:
        """Return what a walk finds."""

        async def pull() -> list[T] | None:
            items = await walk.items()
            return None if items is None else [plan.decode(item) for item in items]

        return cls(pull)

    def __aiter__(self) -> Results[T]:
        return self

    async def __anext__(self) -> T:
        if self._next >= len(self._ready):
            chunk = await self.chunk()
            if chunk is None:
                raise StopAsyncIteration
            self._ready, self._next = chunk, 0
        result = self._ready[self._next]
        self._next += 1
        return result

    def __await__(self) -> Generator[Any, None, list[T]]:
        return self._collect().__await__()

    async def chunk(self) -> Sequence[T] | None:
        """Return what is ready, or else what the next request brings; None at the end."""
        if self._next < len(self._ready):
            ready, self._ready = self._ready[self._next :], ()
            return ready
        return await self._pull()

    async def _collect(self) -> list[T]:
        results: list[T] = []
        try:
            while (chunk := await self.chunk()) is not None:
                results.extend(chunk)
        except BatchIncomplete as error:
            # The list is lost with the error, and what was read is paid for.
            error.results = (*results, *error.results)
            raise
        return results


async def read_page(
    session: Session,
    plan: Plan[T],
    *,
    limit: int | None,
    page_size: int | None,
    after: str | None,
    capacity: Capacity | None,
) -> Page[T]:
    """Read one page: full, unless it is the last or no limit is given.

    Args:
        session: The open database.
        plan: What to walk.
        limit: How many results the page has; None takes what one request gives.
        page_size: How many items a request may evaluate.
        after: The token of the page before.
        capacity: What collects the costs.

    Raises:
        InvalidCursor: The token is none of this query's.
    """
    query = fingerprint(*plan.identity)
    start = None
    if after is not None:
        start = session.cursors.open(after, query, frozenset(plan.key_names))
    walk = Walk(session, plan, limit=limit, page_size=page_size, start=start, capacity=capacity)
    found: list[Item] = []
    if limit is None:
        # A page that has a token has a result, whose key can be in it.
        found = await walk.items() or [] if plan.private else await walk.step()
    else:
        while (items := await walk.items()) is not None:
            found.extend(items)
    position = walk.position
    if plan.private and position is not None:
        position = {name: found[-1][name] for name in plan.key_names}
    return Page(
        items=tuple([plan.decode(item) for item in found]),
        next=None if position is None else session.cursors.sign(position, query),
        scanned=len(found) if plan.private else walk.scanned,
        capacity=None if capacity is None else walk.units,
    )


async def count(session: Session, plan: Plan[Any], capacity: Capacity | None) -> int:
    """Count a query's or a scan's results without reading them."""
    total = 0
    if plan.hides is not None:
        walk = Walk(session, plan, capacity=capacity)
        while (items := await walk.items()) is not None:
            total += len(items)
        return total
    request = {**plan.request, "Select": "COUNT"}
    while True:
        response = await session.call(plan.operation, request, capacity)
        found: int = response["Count"]
        total += found
        position = response.get("LastEvaluatedKey")
        if position is None:
            return total
        request["ExclusiveStartKey"] = position
