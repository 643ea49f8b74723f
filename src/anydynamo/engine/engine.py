"""The way into the engine: from an operation's name and request to the work that a store runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

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

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.partiql import Reading, Writing
    from anydynamo.engine.store import Reader, Writer

    Read = Callable[[Reader], dict[str, Any]]
    Write = Callable[[Writer], dict[str, Any]]
    Request = Mapping[str, Any]
    Clock = Callable[[], float]

T = TypeVar("T")

__all__ = ["READS", "STATEMENTS", "WRITES", "prepare_read", "prepare_statements", "prepare_write"]


def _plain(prepare: Callable[[Request], T]) -> Callable[[Request, Surroundings], T]:
    return lambda request, _surroundings: prepare(request)


def _timed(prepare: Callable[[Request, Clock], T]) -> Callable[[Request, Surroundings], T]:
    return lambda request, surroundings: prepare(request, surroundings.now)


READS: Final[Mapping[str, Callable[[Request, Surroundings], Read]]] = {
    "BatchGetItem": _plain(batch.batch_get_item),
    "DescribeBackup": _plain(backups.describe_backup),
    "DescribeContinuousBackups": _timed(options.describe_continuous_backups),
    "DescribeEndpoints": lambda _request, _surroundings: account.describe_endpoints(),
    "DescribeLimits": lambda _request, _surroundings: account.describe_limits(),
    "DescribeStream": _timed(streamreads.describe_stream),
    "DescribeTable": _plain(tables.describe_table),
    "DescribeTimeToLive": _plain(expiry.describe_time_to_live),
    "GetItem": _plain(items.get_item),
    "GetRecords": _timed(streamreads.get_records),
    "GetResourcePolicy": _plain(policies.get_resource_policy),
    "GetShardIterator": _timed(streamreads.get_shard_iterator),
    "ListBackups": _plain(backups.list_backups),
    "ListStreams": _timed(streamreads.list_streams),
    "ListTables": _plain(tables.list_tables),
    "ListTagsOfResource": _plain(options.list_tags_of_resource),
    "Query": _plain(query.query),
    "Scan": _plain(scan.scan),
    "TransactGetItems": _plain(transactions.transact_get_items),
}
"""The operations that only read."""

WRITES: Final[Mapping[str, Callable[[Request, Surroundings], Write]]] = {
    "BatchWriteItem": _timed(batch.batch_write_item),
    "CreateBackup": _timed(backups.create_backup),
    "CreateTable": _timed(tables.create_table),
    "DeleteBackup": _plain(backups.delete_backup),
    "DeleteItem": _timed(items.delete_item),
    "DeleteResourcePolicy": _plain(policies.delete_resource_policy),
    "DeleteTable": _timed(tables.delete_table),
    "PutItem": _timed(items.put_item),
    "PutResourcePolicy": _timed(policies.put_resource_policy),
    "RestoreTableFromBackup": _timed(backups.restore_table_from_backup),
    "TagResource": _plain(options.tag_resource),
    "TransactWriteItems": _timed(transactions.transact_write_items),
    "UntagResource": _plain(options.untag_resource),
    "UpdateContinuousBackups": _timed(options.update_continuous_backups),
    "UpdateItem": _timed(items.update_item),
    "UpdateTable": _timed(tables.update_table),
    "UpdateTimeToLive": _plain(expiry.update_time_to_live),
}
"""The operations that write."""

STATEMENTS: Final[Mapping[str, Callable[[Request, Surroundings], Reading | Writing]]] = {
    "BatchExecuteStatement": _timed(partiql.batch_execute_statement),
    "ExecuteStatement": _timed(partiql.execute_statement),
    "ExecuteTransaction": _timed(partiql.execute_transaction),
}
"""The operations whose statements say whether they read or write."""


def prepare_read(operation: str, request: object, surroundings: Surroundings) -> Read:
    """Check a reading operation's request and return the work that carries it out.

    Nothing of the request is kept: the caller may change it while the work waits for its store.
    The work may be run again, on another snapshot.

    Args:
        operation: One of `READS`.
        request: Whatever the caller gave.
        surroundings: The clock, and what the user chose.

    Raises:
        EngineError: The request is not valid.
    """
    return READS[operation](checked(operation, request), surroundings)


def prepare_write(operation: str, request: object, surroundings: Surroundings) -> Write:
    """Check a writing operation's request and return the work that carries it out.

    Args:
        operation: One of `WRITES`, or an operation that does not exist.
        request: Whatever the caller gave.
        surroundings: The clock, and what the user chose.

    Raises:
        EngineError: The request is not valid, or there is no such operation.
    """
    parameters = checked(operation, request)
    return WRITES[operation](parameters, surroundings)


def prepare_statements(
    operation: str, request: object, surroundings: Surroundings
) -> Reading | Writing:
    """Check a PartiQL operation's request and return the work that carries it out.

    Args:
        operation: One of `STATEMENTS`.
        request: Whatever the caller gave.
        surroundings: The clock, and what the user chose.

    Returns:
        The work, and whether it only reads. It may be run again, as that of `prepare_read`.

    Raises:
        EngineError: The request or a statement is not valid.
    """
    return STATEMENTS[operation](checked(operation, request), surroundings)
