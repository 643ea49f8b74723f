"""Every error that anydynamo raises, in one tree.

    AnyDynamoError
    ├── NotFound (LookupError)                 `get` found no item under the key
    ├── Conflict                               somebody else was there first
    │   ├── ConditionFailed                    a condition was false; `.item` is what stood there
    │   │   ├── AlreadyExists                  `create` found the key taken
    │   │   │   └── UniqueViolation            another item has a value that must be unique
    │   │   └── VersionConflict                the stored version is not the one that was read
    │   ├── TransactionCancelled               `.reasons` says why, one entry per action
    │   ├── TransactionConflict                another transaction holds the item; retryable
    │   ├── TransactionInProgress              the same token is being worked on; retryable
    │   └── TokenReused                        one client token, two different transactions
    ├── InvalidRequest (ValueError)            DynamoDB would refuse, or refused, this request
    │   ├── InvalidItem                        an item does not fit its model
    │   └── InvalidCursor                      a token or a position is foreign, altered or stale
    ├── TableError
    │   ├── TableNotFound (LookupError)
    │   ├── TableInUse                         it exists already, or is being changed
    │   ├── TableMismatch                      the table there has another key schema
    │   └── LimitExceeded
    ├── ProviderError                          the place where the data lies is in trouble
    │   ├── Unavailable (ConnectionError)      nobody answers; retryable
    │   │   └── Unreachable                    no connection came about: nothing was sent
    │   ├── RequestTimeout (TimeoutError)      no answer in time; retryable
    │   ├── Throttled                          too fast for the table; retryable
    │   ├── AccessDenied (PermissionError)
    │   ├── CredentialsError (PermissionError) absent, expired or refused credentials
    │   ├── ServiceFault                       DynamoDB failed inside; retryable
    │   ├── StoreDamaged                       a file is not ours, or broken; it was not touched
    │   ├── StoreLocked                        another process is writing; retryable
    │   ├── StoreReadOnly (PermissionError)    the file or its folder cannot be written
    │   └── StoreFull (OSError)                no space is left where the file lies
    ├── BatchIncomplete                        some of a batch is still unprocessed
    ├── BudgetExceeded                         a block consumed what it may; nothing was sent
    ├── ChangesLost (LookupError)              a stream no longer has changes that were not read
    ├── DatabaseClosed (RuntimeError)          used after `close`
    ├── NotSupported (NotImplementedError)     this provider cannot do this
    ├── ConfigurationError (ValueError)        settings contradict each other or name nothing
    └── MissingDependency (ImportError)        the provider's extra is not installed

Each error carries `operation` and `table` where they are known, `code` (DynamoDB's own error code)
where DynamoDB has one, and `retryable`. The error of the layer below is kept as `__cause__`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "CODES",
    "AccessDenied",
    "AlreadyExists",
    "AnyDynamoError",
    "BatchIncomplete",
    "BudgetExceeded",
    "ChangesLost",
    "ConditionFailed",
    "ConfigurationError",
    "Conflict",
    "CredentialsError",
    "DatabaseClosed",
    "FailedWrite",
    "InvalidCursor",
    "InvalidItem",
    "InvalidRequest",
    "LimitExceeded",
    "MissingDependency",
    "NotFound",
    "NotSupported",
    "ProviderError",
    "RequestTimeout",
    "ServiceFault",
    "StoreDamaged",
    "StoreFull",
    "StoreLocked",
    "StoreReadOnly",
    "TableError",
    "TableInUse",
    "TableMismatch",
    "TableNotFound",
    "Throttled",
    "TokenReused",
    "TransactionCancelled",
    "TransactionConflict",
    "TransactionInProgress",
    "Unavailable",
    "UniqueViolation",
    "Unreachable",
    "VersionConflict",
    "from_code",
]


class AnyDynamoError(Exception):
    """The root of every error that this library raises.

    Attributes:
        message: What was asked, what stood in the way and what to do.
        code: DynamoDB's error code, such as `ValidationException`; None where DynamoDB has none.
        operation: DynamoDB's operation, such as `PutItem`; None where none was under way.
        table: The table's name as DynamoDB knows it; None where no single table is meant.
        retryable: Whether the same call can succeed later without any change.
    """

    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        operation: str | None = None,
        table: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.operation = operation
        self.table = table

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keyword-only arguments do not survive pickling by themselves, and errors
        # cross process boundaries in test runners and worker pools.
        return _rebuild, (type(self), self.message, self.__dict__)


def _rebuild(cls: type[AnyDynamoError], message: str, state: dict[str, Any]) -> AnyDynamoError:
    error = cls.__new__(cls, message)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class NotFound(AnyDynamoError, LookupError):
    """`get` found no item under the key; `find` returns None instead."""


class Conflict(AnyDynamoError):
    """Somebody else was there first; nothing was written."""


class ConditionFailed(Conflict):
    """A write's condition was false; nothing was written.

    Attributes:
        item: The item that stood in the way, in DynamoDB's JSON, where it was asked for.
        current: The same as a model instance, where a repository raised the error.
    """

    def __init__(
        self,
        message: str = "The conditional request failed",
        *,
        item: Mapping[str, Any] | None = None,
        current: object | None = None,
        code: str | None = "ConditionalCheckFailedException",
        operation: str | None = None,
        table: str | None = None,
    ) -> None:
        super().__init__(message, code=code, operation=operation, table=table)
        self.item = item
        self.current = current


class AlreadyExists(ConditionFailed):
    """`create` found an item under the key; `put` overwrites."""


class UniqueViolation(AlreadyExists):
    """Another item has the value of an attribute that must be unique; nothing was written.

    `item` and `current` are None: what else the other item holds is nobody's business here.

    Attributes:
        attribute: The attribute's name in Python.
        owner: The key of the item that has the value, as a repository takes it; None in a scoped
            view, which tells nothing of others.
    """

    def __init__(
        self,
        message: str,
        *,
        attribute: str = "",
        owner: object = None,
        code: str | None = "ConditionalCheckFailedException",
        operation: str | None = None,
        table: str | None = None,
    ) -> None:
        super().__init__(message, code=code, operation=operation, table=table)
        self.attribute = attribute
        self.owner = owner


class VersionConflict(ConditionFailed):
    """The stored version is not the one that was read; read again and repeat the change."""


class TransactionCancelled(Conflict):
    """A transaction was cancelled as a whole; nothing of it was written.

    Attributes:
        reasons: One entry per action, in order: a mapping with `Code` (`None`, as a string, for an
            action that was not at fault), and where there is one `Message` and `Item`.
        errors: Where a repository made the actions: one entry per action, in order, the error that
            the action alone would have met, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        reasons: Sequence[Mapping[str, Any]] = (),
        errors: Sequence[AnyDynamoError | None] = (),
        code: str | None = "TransactionCanceledException",
        operation: str | None = None,
        table: str | None = None,
    ) -> None:
        super().__init__(message, code=code, operation=operation, table=table)
        self.reasons = tuple(reasons)
        self.errors = tuple(errors)


class TransactionConflict(Conflict):
    """Another transaction holds the item at this moment."""

    retryable = True


class TransactionInProgress(Conflict):
    """A transaction with the same client token is being worked on."""

    retryable = True


class TokenReused(Conflict):
    """A client token that named one transaction was used for a different one."""


class InvalidRequest(AnyDynamoError, ValueError):
    """DynamoDB refuses this request as it stands; nothing was written."""


class InvalidItem(InvalidRequest):
    """An item does not fit its model: a value of the wrong type, out of its bounds, or missing."""


class InvalidCursor(InvalidRequest):
    """A page token, or a position among changes, is foreign, altered or stale; begin again."""


class TableError(AnyDynamoError):
    """A table is not there, or not as it should be."""


class TableNotFound(TableError, LookupError):
    """There is no such table, index, backup, policy, export or import; `create_tables` helps."""


class TableInUse(TableError):
    """The table exists already, or is being created, changed or deleted."""


class TableMismatch(TableError):
    """The table that is there has another key schema or other indexes than the model declares."""


class LimitExceeded(TableError):
    """Too many tables, indexes or table operations at once."""

    retryable = True


class ProviderError(AnyDynamoError):
    """The place where the data lies is in trouble."""


class Unavailable(ProviderError, ConnectionError):
    """Nobody answers at the endpoint."""

    retryable = True


class Unreachable(Unavailable):
    """No connection to the endpoint came about; the request was never sent, nothing was applied."""


class RequestTimeout(ProviderError, TimeoutError):
    """No answer came in time; a write may have been applied all the same."""

    retryable = True


class Throttled(ProviderError):
    """More requests than the table, the account or the service takes at this moment.

    Attributes:
        reasons: What DynamoDB said of it (`ThrottlingReasons`), where it did: mappings with a
            `reason`, such as `TableWriteKeyRangeThroughputExceeded`, and the ARN of a `resource`.
    """

    retryable = True

    def __init__(
        self,
        message: str,
        *,
        reasons: Sequence[Mapping[str, Any]] = (),
        code: str | None = None,
        operation: str | None = None,
        table: str | None = None,
    ) -> None:
        super().__init__(message, code=code, operation=operation, table=table)
        self.reasons = tuple(reasons)


class AccessDenied(ProviderError, PermissionError):
    """The credentials are known, but may not do this."""


class CredentialsError(ProviderError, PermissionError):
    """Credentials are absent, expired or refused."""


class ServiceFault(ProviderError):
    """DynamoDB failed inside; a write may have been applied all the same."""

    retryable = True


class StoreDamaged(ProviderError):
    """A file is not one of ours, from a newer version, or broken; it was not touched."""


class StoreLocked(ProviderError):
    """Another process holds the file for writing."""

    retryable = True


class StoreReadOnly(ProviderError, PermissionError):
    """The file or its folder cannot be written."""


class StoreFull(ProviderError, OSError):
    """No space is left where the file lies; nothing of the write was kept."""


class FailedWrite(NamedTuple):
    """One write of a batch that was refused.

    Attributes:
        given: What was to be written, as the caller gave it: a model, or a key to be deleted.
        error: Why it was not.
    """

    given: Any
    error: AnyDynamoError


class BatchIncomplete(AnyDynamoError):
    """Some of a batch was still unprocessed when the attempts, or the time, were used up.

    Give `unprocessed` to the same method again to go on.

    Attributes:
        unprocessed: What is left, as the caller gave it: models for writes, keys for reads. Where
            `__cause__` is an error that leaves a write's outcome open, some of it may be written.
        succeeded: How many writes were carried out.
        failed: The writes that were refused, each with the error; nothing of them is written.
        results: What a batch of reads had read and not handed out yet.
        position: For `ingest`, from where in its source to go on.
    """

    retryable = True

    def __init__(
        self,
        message: str,
        *,
        unprocessed: Sequence[Any] = (),
        succeeded: int = 0,
        failed: Sequence[FailedWrite] = (),
        results: Sequence[Any] = (),
        position: int | None = None,
        code: str | None = None,
        operation: str | None = None,
        table: str | None = None,
    ) -> None:
        super().__init__(message, code=code, operation=operation, table=table)
        self.unprocessed = tuple(unprocessed)
        self.succeeded = succeeded
        self.failed = tuple(failed)
        self.results = tuple(results)
        self.position = position


class BudgetExceeded(AnyDynamoError):
    """A block of `Database.budget` has consumed what it may; the call was not sent."""


class ChangesLost(AnyDynamoError, LookupError):
    """Changes that were not read yet are gone: a stream keeps them for 24 hours."""


class DatabaseClosed(AnyDynamoError, RuntimeError):
    """The database, or one of its repositories, was used after `close`."""


class NotSupported(AnyDynamoError, NotImplementedError):
    """This provider cannot do this."""


class ConfigurationError(AnyDynamoError, ValueError):
    """Settings are missing, contradict each other or name something that does not exist."""


class MissingDependency(AnyDynamoError, ImportError):
    """The provider's extra is not installed; the message is the pip line that installs it."""


CODES: Mapping[str, type[AnyDynamoError]] = {
    "AccessDeniedException": AccessDenied,
    "BackupInUseException": TableInUse,
    "BackupNotFoundException": TableNotFound,
    "ConditionalCheckFailedException": ConditionFailed,
    "DuplicateItemException": AlreadyExists,
    "ExportConflictException": TokenReused,
    "ExportNotFoundException": TableNotFound,
    "ExpiredIteratorException": InvalidCursor,
    "ExpiredTokenException": CredentialsError,
    "GlobalTableAlreadyExistsException": TableInUse,
    "GlobalTableNotFoundException": TableNotFound,
    "IdempotentParameterMismatchException": TokenReused,
    "ImportConflictException": TokenReused,
    "ImportNotFoundException": TableNotFound,
    "IncompleteSignature": CredentialsError,
    "IncompleteSignatureException": CredentialsError,
    "IndexNotFoundException": TableNotFound,
    "InternalServerError": ServiceFault,
    "InternalFailure": ServiceFault,
    "InvalidEndpointException": ConfigurationError,
    "InvalidExportTimeException": InvalidRequest,
    "InvalidRestoreTimeException": InvalidRequest,
    "InvalidSignatureException": CredentialsError,
    "ItemCollectionSizeLimitExceededException": LimitExceeded,
    "LimitExceededException": LimitExceeded,
    "MissingAuthenticationToken": CredentialsError,
    "MissingAuthenticationTokenException": CredentialsError,
    "OptInRequired": AccessDenied,
    "PointInTimeRecoveryUnavailableException": TableError,
    "PolicyNotFoundException": TableNotFound,
    "ProvisionedThroughputExceededException": Throttled,
    "ReplicatedWriteConflictException": TransactionConflict,
    "ReplicaAlreadyExistsException": TableInUse,
    "ReplicaNotFoundException": TableNotFound,
    "RequestExpired": CredentialsError,
    "RequestLimitExceeded": Throttled,
    "ResourceInUseException": TableInUse,
    "ResourceNotFoundException": TableNotFound,
    "SerializationException": InvalidRequest,
    "ServiceUnavailable": ServiceFault,
    "ServiceUnavailableException": ServiceFault,
    "TableAlreadyExistsException": TableInUse,
    "TableInUseException": TableInUse,
    "TableNotFoundException": TableNotFound,
    "ThrottlingException": Throttled,
    "TransactionCanceledException": TransactionCancelled,
    "TransactionConflictException": TransactionConflict,
    "TransactionInProgressException": TransactionInProgress,
    "TrimmedDataAccessException": ChangesLost,
    "UnknownOperationException": NotSupported,
    "UnrecognizedClientException": CredentialsError,
    "ValidationException": InvalidRequest,
}
"""DynamoDB's error codes and the errors that they become, for every provider.

Source: the Errors sections of the Amazon DynamoDB API Reference (API version 2012-08-10), DynamoDB
Streams included, and its Common Errors page.
"""


def from_code(
    code: str,
    message: str,
    *,
    operation: str | None = None,
    table: str | None = None,
    item: Mapping[str, Any] | None = None,
    reasons: Sequence[Mapping[str, Any]] = (),
) -> AnyDynamoError:
    """Make the error that belongs to one of DynamoDB's error codes.

    Args:
        code: DynamoDB's code, without namespace.
        message: DynamoDB's text.
        operation: The operation that failed.
        table: The table it was about.
        item: The item beside a failed condition, in DynamoDB's JSON.
        reasons: A cancelled transaction's reasons, or those of a throttle.

    Returns:
        The error, to be raised by the caller. An unknown code becomes a `ProviderError`, so that
        nothing is lost when AWS adds one.
    """
    cls = CODES.get(code, ProviderError)
    where: dict[str, Any] = {"code": code, "operation": operation, "table": table}
    if issubclass(cls, ConditionFailed):
        return cls(message, item=item, **where)
    if issubclass(cls, TransactionCancelled | Throttled):
        return cls(message, reasons=reasons, **where)
    return cls(message, **where)
