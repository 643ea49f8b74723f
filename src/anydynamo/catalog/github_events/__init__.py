"""GitHub events: nine tables, the repositories over them, and the service that collects."""

from anydynamo.catalog.github_events.changesets import Changeset, summarize
from anydynamo.catalog.github_events.database_factory import (
    DatabaseFactory,
    get_dynamodb_manager,
    get_sqlite_manager,
    open_blocking,
    open_database,
)
from anydynamo.catalog.github_events.enhanced_event_collector import (
    EnhancedEventCollector,
    EventSource,
    create_enhanced_collector,
)
from anydynamo.catalog.github_events.github_source import GitHubEvents
from anydynamo.catalog.github_events.incoming import webhook
from anydynamo.catalog.github_events.interfaces import (
    CommitsRepository,
    DatabaseConnection,
    DatabaseManager,
    EventsRepository,
    MetricsRepository,
)
from anydynamo.catalog.github_events.manager import Manager
from anydynamo.catalog.github_events.models import (
    MODELS,
    Commit,
    CommitFile,
    CommitSummary,
    Deployment,
    DeveloperMetrics,
    Event,
    EventPattern,
    RepositoryHealth,
    SecurityMetrics,
)
from anydynamo.catalog.github_events.service import (
    BlockingDatabaseService,
    Collected,
    DatabaseService,
)

__all__ = [
    "MODELS",
    "BlockingDatabaseService",
    "Changeset",
    "Collected",
    "Commit",
    "CommitFile",
    "CommitSummary",
    "CommitsRepository",
    "DatabaseConnection",
    "DatabaseFactory",
    "DatabaseManager",
    "DatabaseService",
    "Deployment",
    "DeveloperMetrics",
    "EnhancedEventCollector",
    "Event",
    "EventPattern",
    "EventSource",
    "EventsRepository",
    "GitHubEvents",
    "Manager",
    "MetricsRepository",
    "RepositoryHealth",
    "SecurityMetrics",
    "create_enhanced_collector",
    "get_dynamodb_manager",
    "get_sqlite_manager",
    "open_blocking",
    "open_database",
    "summarize",
    "webhook",
]
