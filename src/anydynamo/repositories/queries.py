"""Walks over the items of a key, an index or a whole table: the half of `Repository` that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, overload

from pynamodb.indexes import Index
from pynamodb.models import Model
from typing_extensions import TypeVar

from anydynamo.errors import InvalidRequest
from anydynamo.repositories.capacity import Capacity
from anydynamo.repositories.rates import SteadyRate, checked_rate
from anydynamo.repositories.scans import Scan, check_places, places_in
from anydynamo.repositories.walks import Results, Walk, count, positive, read_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Unpack

    from anydynamo.models.indexes import GlobalIndex
    from anydynamo.models.paths import Path
    from anydynamo.repositories.options import (
        AnyCondition,
        AnyIndex,
        Key,
        KeyPart,
        PageOptions,
        QueryOptions,
        ScanOptions,
        ScanPageOptions,
    )
    from anydynamo.repositories.paging import Page
    from anydynamo.repositories.reads import ReadRequests
    from anydynamo.repositories.scans import Place
    from anydynamo.repositories.session import Session

__all__ = ["Queries"]

M = TypeVar("M", bound=Model)
H = TypeVar("H")
# What `only=` gives: the type that was given, or a dict where a list was given.
P = TypeVar("P", default=dict[str, Any])

# Segments of a parallel scan: Scan, Amazon DynamoDB API Reference, `TotalSegments`.
_MOST_SEGMENTS = 1_000_000
# Enough to hide a round trip, and few enough to leave connections to others.
_MOST_WORKERS = 8


class Queries(Generic[M]):
    """What a repository asks of many items at once.

    Args:
        session: The open database.
        reads: Makes the requests.
    """

    def __init__(self, session: Session, reads: ReadRequests[M]) -> None:
        self._session = session
        self._reads = reads

    @overload
    def query(
        self,
        index: GlobalIndex[H, Any],
        key: H,
        /,
        *conditions: AnyCondition[M],
        only: None = None,
        **options: Unpack[QueryOptions[M]],
    ) -> Results[M]: ...
    @overload
    def query(
        self,
        index: GlobalIndex[H, Any],
        key: H,
        /,
        *conditions: AnyCondition[M],
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[QueryOptions[M]],
    ) -> Results[P]: ...
    @overload
    def query(
        self,
        key_or_index: KeyPart | Index[Any],
        /,
        *key_and_conditions: Key | AnyCondition[M],
        only: None = None,
        **options: Unpack[QueryOptions[M]],
    ) -> Results[M]: ...
    @overload
    def query(
        self,
        key_or_index: KeyPart | Index[Any],
        /,
        *key_and_conditions: Key | AnyCondition[M],
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[QueryOptions[M]],
    ) -> Results[P]: ...
    def query(
        self,
        *arguments: Any,
        only: object = None,
        filter: object = None,  # noqa: A002 - the word is DynamoDB's
        reverse: bool = False,
        limit: int | None = None,
        page_size: int | None = None,
        consistent: bool = False,
        capacity: Capacity | None = None,
    ) -> Results[Any]:
        """Walk one partition of the table or of an index, in the order of the sort key.

        Requests are sent as results are asked for. Iterate with `async for`, or `await` the whole
        list.

        Args:
            *arguments: An index, if it is one's partition; the partition key's value, or a tuple of
                several where the index has several; conditions on the sort key.
            only: Read these attributes and no others, as for `find`.
            filter: Leave out what does not fulfil this; it is read and paid for all the same.
            reverse: Go from the end.
            limit: How many results there are at most, after the filter.
            page_size: How many items a request may evaluate, before the filter; without it
                DynamoDB stops at 1 MB.
            consistent: See every write that was acknowledged before; not on a global index.
            capacity: Collects what it costs.

        Raises:
            InvalidRequest: The query cannot be asked as it stands.
        """
        plan = self._reads.query(
            arguments, where=filter, only=only, reverse=reverse, consistent=consistent
        )
        walk = Walk(
            self._session,
            plan,
            limit=positive("limit", limit),
            page_size=positive("page_size", page_size),
            capacity=capacity,
        )
        return Results[Any].of(plan, walk)

    @overload
    async def page(
        self,
        index: GlobalIndex[H, Any],
        key: H,
        /,
        *conditions: AnyCondition[M],
        only: None = None,
        **options: Unpack[PageOptions[M]],
    ) -> Page[M]: ...
    @overload
    async def page(
        self,
        index: GlobalIndex[H, Any],
        key: H,
        /,
        *conditions: AnyCondition[M],
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[PageOptions[M]],
    ) -> Page[P]: ...
    @overload
    async def page(
        self,
        key_or_index: KeyPart | Index[Any],
        /,
        *key_and_conditions: Key | AnyCondition[M],
        only: None = None,
        **options: Unpack[PageOptions[M]],
    ) -> Page[M]: ...
    @overload
    async def page(
        self,
        key_or_index: KeyPart | Index[Any],
        /,
        *key_and_conditions: Key | AnyCondition[M],
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[PageOptions[M]],
    ) -> Page[P]: ...
    async def page(
        self,
        *arguments: Any,
        only: object = None,
        filter: object = None,  # noqa: A002
        reverse: bool = False,
        limit: int | None = None,
        page_size: int | None = None,
        after: str | None = None,
        consistent: bool = False,
        capacity: Capacity | None = None,
    ) -> Page[Any]:
        """Read one page of a query, and the token that leads to the next.

        Args:
            *arguments: As for `query`.
            only: As for `query`; it may change from page to page.
            filter: As for `query`.
            reverse: As for `query`.
            limit: How many results the page has, after the filter; it has less only if it is the
                last. Without it, the page is what one request gives, which may be nothing.
            page_size: As for `query`; it may change from page to page.
            after: The token of the page before, `Page.next`.
            consistent: As for `query`.
            capacity: Collects what it costs; the page then says its own cost as well.

        Raises:
            InvalidCursor: The token is none of this query's, was altered or is stale.
            InvalidRequest: The query cannot be asked as it stands.
        """
        plan = self._reads.query(
            arguments, where=filter, only=only, reverse=reverse, consistent=consistent
        )
        return await read_page(
            self._session,
            plan,
            limit=positive("limit", limit),
            page_size=positive("page_size", page_size),
            after=after,
            capacity=capacity,
        )

    @overload
    def scan(
        self,
        index: AnyIndex | None = None,
        /,
        *,
        only: None = None,
        **options: Unpack[ScanOptions[M]],
    ) -> Scan[M]: ...
    @overload
    def scan(
        self,
        index: AnyIndex | None = None,
        /,
        *,
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[ScanOptions[M]],
    ) -> Scan[P]: ...
    def scan(
        self,
        index: object = None,
        /,
        *,
        only: object = None,
        filter: object = None,  # noqa: A002
        segments: int | None = None,
        workers: int | None = None,
        rate: float | None = None,
        unit_rate: float | None = None,
        start: str | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        consistent: bool = False,
        capacity: Capacity | None = None,
        allow_scan: bool | None = None,
    ) -> Scan[Any]:
        """Walk the whole table, or a whole index, in no order that means anything.

        What it returns knows its `position` at any moment, from which a later scan can go on. It
        holds one page for each segment that is being read, and no more.

        Args:
            index: The index; without it the table.
            only: Read these attributes and no others, as for `find`.
            filter: Leave out what does not fulfil this; it is read and paid for all the same.
            segments: Into how many parts to divide the table; as many as there are workers, unless
                it is said. It cannot be combined with `limit`.
            workers: How many segments to read at once; all, up to 8, unless it is said.
            rate: How many items to evaluate in a second, before the filter.
            unit_rate: How many capacity units to consume in a second.
            start: The `position` of an earlier scan of the same index, filter and view from which
                to go on. It has the same segments.
            limit: How many results there are at most, after the filter.
            page_size: How many items a request may evaluate, before the filter. With a `rate` it is
                the part of a second's items that falls to one worker, unless it is said.
            consistent: See every write that was acknowledged before; not on a global index.
            capacity: Collects what it costs.
            allow_scan: Whether it is made; without it the database's `allow_scans` decides.

        Raises:
            InvalidRequest: The scan cannot be made as it stands, or is not allowed.
            InvalidCursor: `start` is no position, or another scan's.
        """
        limit, page_size = positive("limit", limit), positive("page_size", page_size)
        workers, segments = positive("workers", workers), positive("segments", segments)
        rate, unit_rate = checked_rate("rate", rate), checked_rate("unit_rate", unit_rate)
        goes_on = None if start is None else places_in(start)
        if goes_on is not None:
            if segments not in (None, len(goes_on[0])):
                raise InvalidRequest(
                    f"The position of start= has {len(goes_on[0])} segments, so segments cannot "
                    f"be {segments}; leave it out"
                )
            segments = len(goes_on[0])
        parts = segments or workers or 1
        if parts > _MOST_SEGMENTS or (limit is not None and parts > 1):
            raise InvalidRequest(
                f"segments is 1 to {_MOST_SEGMENTS}, and 1 where there is a limit, not {parts}"
            )
        plans = [
            self._reads.scan(index, where=filter, only=only, consistent=consistent, segment=part)
            for part in ([None] if parts == 1 else [(part, parts) for part in range(parts)])
        ]
        self._session.check_scan(plans[0].request["TableName"], allow_scan)
        places: Sequence[Place] = [False] * parts
        if goes_on is not None:
            places, scan = goes_on
            check_places(places, scan, plans[0])
        workers = min(parts, workers or _MOST_WORKERS)
        if rate is not None and page_size is None:
            page_size = max(1, int(rate / workers))
        if unit_rate is not None and capacity is None:
            capacity = Capacity()
        session = self._session
        return Scan[Any](
            session,
            plans,
            places,
            workers=workers,
            limit=limit,
            page_size=page_size,
            items=None if rate is None else SteadyRate(rate, session.timer, session.sleep),
            units=None
            if unit_rate is None
            else SteadyRate(unit_rate, session.timer, session.sleep),
            capacity=capacity,
        )

    @overload
    async def scan_page(
        self,
        index: AnyIndex | None = None,
        /,
        *,
        only: None = None,
        **options: Unpack[ScanPageOptions[M]],
    ) -> Page[M]: ...
    @overload
    async def scan_page(
        self,
        index: AnyIndex | None = None,
        /,
        *,
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[ScanPageOptions[M]],
    ) -> Page[P]: ...
    async def scan_page(
        self,
        index: object = None,
        /,
        *,
        only: object = None,
        filter: object = None,  # noqa: A002
        limit: int | None = None,
        page_size: int | None = None,
        after: str | None = None,
        consistent: bool = False,
        capacity: Capacity | None = None,
        allow_scan: bool | None = None,
    ) -> Page[Any]:
        """Read one page of a scan, and the token that leads to the next.

        Args:
            index: As for `scan`.
            only: As for `scan`.
            filter: As for `scan`.
            limit: As for `page`.
            page_size: As for `page`.
            after: The token of the page before, `Page.next`.
            consistent: As for `scan`.
            capacity: Collects what it costs; the page then says its own cost as well.
            allow_scan: As for `scan`.

        Raises:
            InvalidCursor: The token is none of this scan's, was altered or is stale.
            InvalidRequest: The scan cannot be made as it stands, or is not allowed.
        """
        plan = self._reads.scan(index, where=filter, only=only, consistent=consistent)
        self._session.check_scan(plan.request["TableName"], allow_scan)
        return await read_page(
            self._session,
            plan,
            limit=positive("limit", limit),
            page_size=positive("page_size", page_size),
            after=after,
            capacity=capacity,
        )

    async def count(
        self,
        *arguments: Key | AnyIndex | AnyCondition[M],
        filter: AnyCondition[M] | None = None,  # noqa: A002
        consistent: bool = False,
        capacity: Capacity | None = None,
        allow_scan: bool | None = None,
    ) -> int:
        """Count items where they lie: they are read and paid for, and not sent.

        Args:
            *arguments: As for `query`; an index alone counts all of it, and nothing at all counts
                the whole table.
            filter: Count only what fulfils this.
            consistent: See every write that was acknowledged before; not on a global index.
            capacity: Collects what it costs.
            allow_scan: As for `scan`, where all of a table or of an index is counted.

        Raises:
            InvalidRequest: The query cannot be asked as it stands, or is a scan and not allowed.
        """
        whole_index = len(arguments) == 1 and isinstance(arguments[0], Index)
        if arguments and not whole_index:
            plan = self._reads.query(arguments, where=filter, consistent=consistent, whole=False)
        else:
            index = arguments[0] if arguments else None
            plan = self._reads.scan(index, where=filter, consistent=consistent, whole=False)
            self._session.check_scan(plan.request["TableName"], allow_scan)
        return await count(self._session, plan, capacity)
