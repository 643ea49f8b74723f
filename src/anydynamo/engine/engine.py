"""The way into the engine: from an operation's name and request to the work that a store runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from anydynamo.engine import partiql
from anydynamo.engine.errors import EngineError
from anydynamo.engine.items import batches as batch
from anydynamo.engine.items import single as items
from anydynamo.engine.items import transactions
from anydynamo.engine.reads import query, scan
from anydynamo.engine.recovery import backups
from anydynamo.engine.recovery import pointintime as recovery
from anydynamo.engine.replication import autoscaling, globalsettings, globaltables
from anydynamo.engine.requests import checked, refuse_unreadable
from anydynamo.engine.streams import reads as streamreads
from anydynamo.engine.tables import account, expiry, insights, kinesis, options, policies
from anydynamo.engine.tables import lifecycle as tables
from anydynamo.engine.tables import updates as tableupdates
from anydynamo.engine.transfers import exports, imports

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

__all__ = [
    "READS",
    "STATEMENTS",
    "TRANSFERS",
    "WRITES",
    "prepare_read",
    "prepare_statements",
    "prepare_write",
]


def _plain(prepare: Callable[[Request], T]) -> Callable[[Request, Surroundings], T]:
    return lambda request, _surroundings: prepare(request)


def _timed(prepare: Callable[[Request, Clock], T]) -> Callable[[Request, Surroundings], T]:
    return lambda request, surroundings: prepare(request, surroundings.now)


READS: Final[Mapping[str, Callable[[Request, Surroundings], Read]]] = {
    "BatchGetItem": _timed(batch.batch_get_item),
    "DescribeBackup": _timed(backups.describe_backup),
    "DescribeContinuousBackups": recovery.describe_continuous_backups,
    "DescribeContributorInsights": _timed(insights.describe_contributor_insights),
    "DescribeEndpoints": lambda _request, _surroundings: account.describe_endpoints(),
    "DescribeExport": _timed(exports.describe_export),
    "DescribeGlobalTable": _plain(globaltables.describe_global_table),
    "DescribeGlobalTableSettings": _timed(globalsettings.describe_global_table_settings),
    "DescribeImport": _timed(imports.describe_import),
    "DescribeKinesisStreamingDestination": _plain(kinesis.describe_kinesis_streaming_destination),
    "DescribeLimits": lambda _request, _surroundings: account.describe_limits(),
    "DescribeStream": _timed(streamreads.describe_stream),
    "DescribeTable": _timed(tables.describe_table),
    "DescribeTableReplicaAutoScaling": _timed(autoscaling.describe_table_replica_auto_scaling),
    "DescribeTimeToLive": _timed(expiry.describe_time_to_live),
    "GetItem": _timed(items.get_item),
    "GetRecords": _timed(streamreads.get_records),
    "GetResourcePolicy": _plain(policies.get_resource_policy),
    "GetShardIterator": _timed(streamreads.get_shard_iterator),
    "ListBackups": _timed(backups.list_backups),
    "ListContributorInsights": _timed(insights.list_contributor_insights),
    "ListExports": _timed(exports.list_exports),
    "ListGlobalTables": _plain(globaltables.list_global_tables),
    "ListImports": _timed(imports.list_imports),
    "ListStreams": _timed(streamreads.list_streams),
    "ListTables": _timed(tables.list_tables),
    "ListTagsOfResource": _plain(options.list_tags_of_resource),
    "Query": _timed(query.query),
    "Scan": _timed(scan.scan),
    "TransactGetItems": _timed(transactions.transact_get_items),
}
"""The operations that only read."""

WRITES: Final[Mapping[str, Callable[[Request, Surroundings], Write]]] = {
    "BatchWriteItem": batch.batch_write_item,
    "CreateBackup": _timed(backups.create_backup),
    "CreateGlobalTable": _timed(globaltables.create_global_table),
    "CreateTable": tables.create_table,
    "DeleteBackup": _timed(backups.delete_backup),
    "DeleteItem": items.delete_item,
    "DeleteResourcePolicy": _plain(policies.delete_resource_policy),
    "DeleteTable": tables.delete_table,
    "DisableKinesisStreamingDestination": _plain(kinesis.disable_kinesis_streaming_destination),
    "EnableKinesisStreamingDestination": _plain(kinesis.enable_kinesis_streaming_destination),
    "PutItem": items.put_item,
    "PutResourcePolicy": _timed(policies.put_resource_policy),
    "RestoreTableFromBackup": backups.restore_table_from_backup,
    "RestoreTableToPointInTime": recovery.restore_table_to_point_in_time,
    "TagResource": _plain(options.tag_resource),
    "TransactWriteItems": transactions.transact_write_items,
    "UntagResource": _plain(options.untag_resource),
    "UpdateContinuousBackups": recovery.update_continuous_backups,
    "UpdateContributorInsights": _timed(insights.update_contributor_insights),
    "UpdateGlobalTable": _plain(globaltables.update_global_table),
    "UpdateGlobalTableSettings": _timed(globalsettings.update_global_table_settings),
    "UpdateItem": items.update_item,
    "UpdateKinesisStreamingDestination": _plain(kinesis.update_kinesis_streaming_destination),
    "UpdateTable": tableupdates.update_table,
    "UpdateTableReplicaAutoScaling": _timed(autoscaling.update_table_replica_auto_scaling),
    "UpdateTimeToLive": expiry.update_time_to_live,
}
"""The operations that write."""

STATEMENTS: Final[Mapping[str, Callable[[Request, Surroundings], Reading | Writing]]] = {
    "BatchExecuteStatement": partiql.batch_execute_statement,
    "ExecuteStatement": partiql.execute_statement,
    "ExecuteTransaction": partiql.execute_transaction,
}
"""The operations whose statements say whether they read or write."""

TRANSFERS: Final = frozenset(("ExportTableToPointInTime", "ImportTable"))
"""The operations that take many transactions, and files beside: an adapter carries them out."""


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
    try:
        return READS[operation](checked(operation, request), surroundings)
    except EngineError as error:
        raise _first(error, operation, request) from None


def prepare_write(operation: str, request: object, surroundings: Surroundings) -> Write:
    """Check a writing operation's request and return the work that carries it out.

    Args:
        operation: One of `WRITES`, or an operation that does not exist.
        request: Whatever the caller gave.
        surroundings: The clock, and what the user chose.

    Raises:
        EngineError: The request is not valid, or there is no such operation.
    """
    try:
        parameters = checked(operation, request)
        return WRITES[operation](parameters, surroundings)
    except EngineError as error:
        raise _first(error, operation, request) from None


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
    try:
        return STATEMENTS[operation](checked(operation, request), surroundings)
    except EngineError as error:
        raise _first(error, operation, request) from None


def _first(error: EngineError, operation: str, request: object) -> EngineError:
    """Return what is wrong with a request first: what cannot be read comes before all else."""
    if error.code == "ValidationException":
        try:
            refuse_unreadable(operation, request)
        except EngineError as unreadable:
            return unreadable
    return error
