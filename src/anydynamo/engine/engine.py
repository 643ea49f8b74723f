"""The way into the engine: from an operation's name and request to the work that a store runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import batch, items, options, query, scan, tables, transactions
from anydynamo.engine.requests import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.store import Reader, Writer

    Read = Callable[[Reader], dict[str, Any]]
    Write = Callable[[Writer], dict[str, Any]]
    Clock = Callable[[], float]

__all__ = ["READS", "WRITES", "prepare_read", "prepare_write"]

READS: Final[Mapping[str, Callable[[Mapping[str, Any], Clock], Read]]] = {
    "BatchGetItem": lambda request, _now: batch.batch_get_item(request),
    "DescribeContinuousBackups": options.describe_continuous_backups,
    "DescribeTable": lambda request, _now: tables.describe_table(request),
    "DescribeTimeToLive": lambda request, _now: options.describe_time_to_live(request),
    "GetItem": lambda request, _now: items.get_item(request),
    "ListTables": lambda request, _now: tables.list_tables(request),
    "ListTagsOfResource": lambda request, _now: options.list_tags_of_resource(request),
    "Query": lambda request, _now: query.query(request),
    "Scan": lambda request, _now: scan.scan(request),
    "TransactGetItems": lambda request, _now: transactions.transact_get_items(request),
}
"""The operations that only read."""

WRITES: Final[Mapping[str, Callable[[Mapping[str, Any], Clock], Write]]] = {
    "BatchWriteItem": lambda request, _now: batch.batch_write_item(request),
    "CreateTable": tables.create_table,
    "DeleteItem": lambda request, _now: items.delete_item(request),
    "DeleteTable": lambda request, _now: tables.delete_table(request),
    "PutItem": lambda request, _now: items.put_item(request),
    "TagResource": lambda request, _now: options.tag_resource(request),
    "TransactWriteItems": transactions.transact_write_items,
    "UntagResource": lambda request, _now: options.untag_resource(request),
    "UpdateContinuousBackups": options.update_continuous_backups,
    "UpdateItem": lambda request, _now: items.update_item(request),
    "UpdateTable": tables.update_table,
    "UpdateTimeToLive": lambda request, _now: options.update_time_to_live(request),
}
"""The operations that write."""


def prepare_read(operation: str, request: object, now: Clock) -> Read:
    """Check a reading operation's request and return the work that carries it out.

    Nothing of the request is kept: the caller may change it while the work waits for its store.
    The work may be run again, on another snapshot.

    Args:
        operation: One of `READS`.
        request: Whatever the caller gave.
        now: The clock, in seconds since the epoch.

    Raises:
        EngineError: The request is not valid.
    """
    return READS[operation](checked(operation, request), now)


def prepare_write(operation: str, request: object, now: Clock) -> Write:
    """Check a writing operation's request and return the work that carries it out.

    Args:
        operation: One of `WRITES`, or an operation that does not exist.
        request: Whatever the caller gave.
        now: The clock, in seconds since the epoch.

    Raises:
        EngineError: The request is not valid, or there is no such operation.
    """
    parameters = checked(operation, request)
    return WRITES[operation](parameters, now)
