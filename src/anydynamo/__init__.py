"""Typed PynamoDB models that run on any backend and give the same answer on each.

Every public name is here. The errors and the adapter protocol are imported at once; what brings
PynamoDB along is imported when it is first used, so that a program which only needs the engine or
the version does not pay for the models.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo
from anydynamo.errors import (
    AccessDenied,
    AlreadyExists,
    AnyDynamoError,
    BatchIncomplete,
    BudgetExceeded,
    ChangesLost,
    ConditionFailed,
    ConfigurationError,
    Conflict,
    CredentialsError,
    DatabaseClosed,
    FailedWrite,
    InvalidCursor,
    InvalidItem,
    InvalidRequest,
    LimitExceeded,
    MissingDependency,
    NotFound,
    NotSupported,
    ProviderError,
    RequestTimeout,
    ServiceFault,
    StoreDamaged,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    TableError,
    TableInUse,
    TableMismatch,
    TableNotFound,
    Throttled,
    TokenReused,
    TransactionCancelled,
    TransactionConflict,
    TransactionInProgress,
    Unavailable,
    UniqueViolation,
    Unreachable,
    VersionConflict,
)

if TYPE_CHECKING:
    from anydynamo.changes.records import Change
    from anydynamo.database import Database, Health
    from anydynamo.models.audit import AuditEntry
    from anydynamo.models.table import (
        Action,
        Attr,
        Condition,
        GlobalIndex,
        Json,
        LocalIndex,
        Path,
        Table,
        attribute,
        size,
    )
    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.ingest import DeadLetter, IngestProgress, IngestReport
    from anydynamo.repositories.lists import WholeList
    from anydynamo.repositories.paging import Page
    from anydynamo.repositories.protocols import (
        QueryRepository,
        ReadRepository,
        WriteRepository,
    )
    from anydynamo.repositories.repository import Repository
    from anydynamo.repositories.scans import Scan
    from anydynamo.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "AccessDenied",
    "Action",
    "AlreadyExists",
    "AnyDynamoError",
    "Attr",
    "AuditEntry",
    "BatchIncomplete",
    "BudgetExceeded",
    "Capacity",
    "Change",
    "ChangesLost",
    "Condition",
    "ConditionFailed",
    "ConfigurationError",
    "Conflict",
    "CredentialsError",
    "Database",
    "DatabaseAdapter",
    "DatabaseClosed",
    "DeadLetter",
    "FailedWrite",
    "GlobalIndex",
    "Health",
    "IngestProgress",
    "IngestReport",
    "InvalidCursor",
    "InvalidItem",
    "InvalidRequest",
    "Json",
    "LimitExceeded",
    "LocalIndex",
    "MissingDependency",
    "NotFound",
    "NotSupported",
    "Page",
    "Path",
    "ProviderError",
    "ProviderInfo",
    "QueryRepository",
    "ReadRepository",
    "Repository",
    "RequestTimeout",
    "Scan",
    "ServiceFault",
    "Settings",
    "StoreDamaged",
    "StoreFull",
    "StoreLocked",
    "StoreReadOnly",
    "Table",
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
    "WholeList",
    "WriteRepository",
    "attribute",
    "size",
]

_LAZY = {
    "Action": "models.table",
    "Attr": "models.table",
    "AuditEntry": "models.audit",
    "Capacity": "repositories.capacity",
    "Change": "changes.records",
    "Condition": "models.table",
    "Database": "database",
    "DeadLetter": "repositories.ingest",
    "GlobalIndex": "models.table",
    "Health": "database",
    "IngestProgress": "repositories.ingest",
    "IngestReport": "repositories.ingest",
    "Json": "models.table",
    "LocalIndex": "models.table",
    "Page": "repositories.paging",
    "Path": "models.table",
    "QueryRepository": "repositories.protocols",
    "ReadRepository": "repositories.protocols",
    "Repository": "repositories.repository",
    "Scan": "repositories.scans",
    "Settings": "settings",
    "Table": "models.table",
    "WholeList": "repositories.lists",
    "WriteRepository": "repositories.protocols",
    "attribute": "models.table",
    "size": "models.table",
}

# Tracebacks and the documentation then show the path that a user imports from.
for _name in __all__:
    if _name not in _LAZY:
        globals()[_name].__module__ = __name__


# A checker that saw it would let any name be imported.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _LAZY:
            value: object = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
            globals()[name] = value
            return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
