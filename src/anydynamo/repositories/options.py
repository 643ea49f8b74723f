"""The options of reads, spelt once for all their overloads and for both facades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypedDict, TypeVar

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal
    from enum import Enum
    from uuid import UUID

    from pynamodb.expressions.condition import Condition as PynamoCondition
    from pynamodb.expressions.update import Action as PynamoAction
    from pynamodb.indexes import Index
    from typing_extensions import TypeAliasType

    from anydynamo.models.indexes import GlobalIndex
    from anydynamo.models.paths import Action, Condition
    from anydynamo.repositories.capacity import Capacity

__all__ = [
    "ManyOptions",
    "PageOptions",
    "QueryOptions",
    "ReadOptions",
    "ScanOptions",
    "ScanPageOptions",
]

M = TypeVar("M")

if TYPE_CHECKING:
    KeyPart = str | int | float | Decimal | bytes | date | UUID | Enum
    Key = KeyPart | tuple[KeyPart, KeyPart]
    AnyCondition = TypeAliasType("AnyCondition", Condition[M] | PynamoCondition, type_params=(M,))
    AnyIndex: TypeAlias = Index[Any] | GlobalIndex[Any, Any]
    AnyAction = TypeAliasType("AnyAction", Action[M] | PynamoAction, type_params=(M,))


class ReadOptions(TypedDict, total=False):
    """What reading by key may be told.

    Attributes:
        consistent: See every write that was acknowledged before, for twice the price.
        capacity: Collects what it costs.
    """

    consistent: bool
    capacity: Capacity | None


class ManyOptions(ReadOptions, total=False):
    """What reading many items by key may be told.

    Attributes:
        give_up_after: For how many seconds to try again what is left unprocessed or fails in
            passing; None for as often as the database's patience says.
    """

    give_up_after: float | None


class QueryOptions(ReadOptions, Generic[M], total=False):
    """What a query may be told.

    Attributes:
        filter: Leave out what does not fulfil this; it is read and paid for all the same.
        reverse: Go from the end.
        limit: How many results there are at most, after the filter.
        page_size: How many items a request may evaluate, before the filter.
    """

    filter: AnyCondition[M] | None
    reverse: bool
    limit: int | None
    page_size: int | None


class PageOptions(QueryOptions[M], Generic[M], total=False):
    """What reading a page may be told.

    Attributes:
        after: The token of the page before.
    """

    after: str | None


class ScanOptions(ReadOptions, Generic[M], total=False):
    """What a scan may be told.

    Attributes:
        filter: Leave out what does not fulfil this; it is read and paid for all the same.
        segments: Into how many parts to divide the table; the parts are read at once.
        workers: How many of the segments to read at once.
        rate: How many items to evaluate in a second, before the filter.
        unit_rate: How many capacity units to consume in a second.
        start: The position of an earlier scan from which to go on.
        limit: How many results there are at most, after the filter.
        page_size: How many items a request may evaluate, before the filter.
        allow_scan: Whether it is made; without it the database's `allow_scans` decides.
    """

    filter: AnyCondition[M] | None
    segments: int | None
    workers: int | None
    rate: float | None
    unit_rate: float | None
    start: str | None
    limit: int | None
    page_size: int | None
    allow_scan: bool | None


class ScanPageOptions(ReadOptions, Generic[M], total=False):
    """What reading a page of a scan may be told.

    Attributes:
        filter: Leave out what does not fulfil this; it is read and paid for all the same.
        limit: How many results the page has, after the filter.
        page_size: How many items a request may evaluate, before the filter.
        after: The token of the page before.
        allow_scan: Whether it is made; without it the database's `allow_scans` decides.
    """

    filter: AnyCondition[M] | None
    limit: int | None
    page_size: int | None
    after: str | None
    allow_scan: bool | None
