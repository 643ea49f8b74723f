"""The way into the engine: from an operation's name and request to the work that a store runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import (
    account,
    backups,
    batch,
    expiry,
    items,
    options,
    partiql,
    policies,
    query,
    scan,
    streamreads,
    tables,
    transactions,
)
from anydynamo.engine.requests import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.partiql import Reading, Writing
    from anydynamo.engine.store import Reader, Writer

    Read = Callable[[Reader], dict[str, Any]]
    Write = Callable[[Writer], dict[str, Any]]
    Clock = Callable[[], float]

__all__ = ["READS", "STATEMENTS", "WRITES", "prepare_read", "prepare_statements", "prepare_write"]

READS: Final[Mapping[str, Callable[[Mapping[str, Any], Clock], Read]]] = {
    "BatchGetItem": lambda request, _now: batch.batch_get_item(request),
    "DescribeBackup": lambda request, _now: backups.describe_backup(request),
    "DescribeContinuousBackups": options.describe_continuous_backups,
    "DescribeEndpoints": lambda _request, _now: account.describe_endpoints(),
    "DescribeLimits": lambda _request, _now: account.describe_limits(),
    "DescribeStream": streamreads.describe_stream,
    "DescribeTable": lambda request, _now: tables.describe_table(request),
    "DescribeTimeToLive": lambda request, _now: expiry.describe_time_to_live(request),
    "GetItem": lambda request, _now: items.get_item(request),
    "GetRecords": streamreads.get_records,
    "GetResourcePolicy": lambda request, _now: policies.get_resource_policy(request),
    "GetShardIterator": streamreads.get_shard_iterator,
    "ListBackups": lambda request, _now: backups.list_backups(request),
    "ListStreams": streamreads.list_streams,
    "ListTables": lambda request, _now: tables.list_tables(request),
    "ListTagsOfResource": lambda request, _now: options.list_tags_of_resource(request),
    "Query": lambda request, _now: query.query(request),
    "Scan": lambda request, _now: scan.scan(request),
    "TransactGetItems": lambda request, _now: transactions.transact_get_items(request),
}
"""The operations that only read."""

WRITES: Final[Mapping[str, Callable[[Mapping[str, Any], Clock], Write]]] = {
    "BatchWriteItem": batch.batch_write_item,
    "CreateBackup": backups.create_backup,
    "CreateTable": tables.create_table,
    "DeleteBackup": lambda request, _now: backups.delete_backup(request),
    "DeleteItem": items.delete_item,
    "DeleteResourcePolicy": lambda request, _now: policies.delete_resource_policy(request),
    "DeleteTable": tables.delete_table,
    "PutItem": items.put_item,
    "PutResourcePolicy": policies.put_resource_policy,
    "RestoreTableFromBackup": backups.restore_table_from_backup,
    "TagResource": lambda request, _now: options.tag_resource(request),
    "TransactWriteItems": transactions.transact_write_items,
    "UntagResource": lambda request, _now: options.untag_resource(request),
    "UpdateContinuousBackups": options.update_continuous_backups,
    "UpdateItem": items.update_item,
    "UpdateTable": tables.update_table,
    "UpdateTimeToLive": lambda request, _now: expiry.update_time_to_live(request),
}
"""The operations that write."""

STATEMENTS: Final[Mapping[str, Callable[[Mapping[str, Any], Clock], Reading | Writing]]] = {
    "BatchExecuteStatement": partiql.batch_execute_statement,
    "ExecuteStatement": partiql.execute_statement,
    "ExecuteTransaction": partiql.execute_transaction,
}
"""The operations whose statements say whether they read or write."""


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


def prepare_statements(operation: str, request: object, now: Clock) -> Reading | Writing:
    """Check a PartiQL operation's request and return the work that carries it out.

    Args:
        operation: One of `STATEMENTS`.
        request: Whatever the caller gave.
        now: The clock, in seconds since the epoch.

    Returns:
        The work, and whether it only reads. It may be run again, as that of `prepare_read`.

    Raises:
        EngineError: The request or a statement is not valid.
    """
    return STATEMENTS[operation](checked(operation, request), now)
