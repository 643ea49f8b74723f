"""K9's repositories for code that does not await, such as a function on AWS Lambda.

    manager = DatabaseManager.from_env()    # once, outside of the handler


    def handler(event, context):
        manager.reports.create_report(Report(...))

The same classes with the same verbs, over `anydynamo.sync`; what they do is said in
`anydynamo.catalog.k9.repositories`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.catalog.k9 import repositories as _async
from anydynamo.catalog.k9.configuration import settings
from anydynamo.catalog.k9.conversion import convert_decimals, prepare_for_dynamodb
from anydynamo.catalog.k9.models import MODELS, Embedding, Report, User
from anydynamo.sync import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from datetime import datetime
    from importlib.resources.abc import Traversable
    from types import TracebackType
    from typing import Self, TypeVar

    from anydynamo.catalog.k9.importing import Imported
    from anydynamo.models.table import Action
    from anydynamo.repositories.paging import Page
    from anydynamo.sync import Repository, Results

    T = TypeVar("T")

__all__ = ["DatabaseManager", "EmbeddingRepository", "ReportRepository", "UserRepository"]


class UserRepository:
    """Users by their ids."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_user(self, user: User) -> User:
        """Store a new user, or raise `AlreadyExists`."""
        return self._run(lambda users: users.create_user(user))

    def get_user(self, user_id: str) -> User | None:
        """Give a user, or None."""
        return self._run(lambda users: users.get_user(user_id))

    def update_user(self, user: User) -> User:
        """Write all that a user says of themselves, or raise `NotFound`."""
        return self._run(lambda users: users.update_user(user))

    def change_user(self, user_id: str, *changes: Action[User]) -> User:
        """Change some attributes of a user, or raise `NotFound`."""
        return self._run(lambda users: users.change_user(user_id, *changes))

    def _run(self, work: Callable[[_async.UserRepository], Coroutine[Any, Any, T]]) -> T:
        return self._database.run(lambda db: work(_async.UserRepository(db)))


class ReportRepository:
    """Reports, each of which only its user can see or change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, user_id: str) -> Repository[Report]:
        """Give a repository of one user's reports, with all that a repository can do."""
        return self._database.repository(Report).scoped(Report.user_id, user_id)

    def create_report(self, report: Report) -> Report:
        """Store a new report of the user that it names, or raise `AlreadyExists`."""
        return self._run(lambda reports: reports.create_report(report))

    def get_report(self, report_id: str, user_id: str) -> Report | None:
        """Give a user's report, or None."""
        return self._run(lambda reports: reports.get_report(report_id, user_id))

    def list_reports(
        self,
        user_id: str,
        *,
        limit: int = 20,
        after: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Report]:
        """Give a page of a user's reports, the newest first."""
        return self._run(
            lambda reports: reports.list_reports(
                user_id, limit=limit, after=after, since=since, until=until
            )
        )

    def update_report(self, report: Report) -> Report:
        """Write what a report says, if it is its user's, or raise `NotFound`."""
        return self._run(lambda reports: reports.update_report(report))

    def change_report(self, report_id: str, user_id: str, *changes: Action[Report]) -> Report:
        """Change some attributes of a user's report, or raise `NotFound`."""
        return self._run(lambda reports: reports.change_report(report_id, user_id, *changes))

    def delete_report(self, report_id: str, user_id: str) -> bool:
        """Delete a user's report, and tell whether the user had it."""
        return self._run(lambda reports: reports.delete_report(report_id, user_id))

    def import_reports(self, file: Traversable) -> Imported:
        """Store the reports of a JSON file that are not there yet; see `import_reports`."""
        return self._run(lambda reports: reports.import_reports(file))

    def _run(self, work: Callable[[_async.ReportRepository], Coroutine[Any, Any, T]]) -> T:
        return self._database.run(lambda db: work(_async.ReportRepository(db)))


class EmbeddingRepository:
    """Embeddings by product, and by the version of the model that made them."""

    def __init__(self, database: Database, dimensions: Mapping[str, int] | None = None) -> None:
        self._database = database
        self._dimensions = dimensions

    def store_embedding(self, embedding: Embedding) -> Embedding:
        """Store an embedding, over the one that the product had."""
        return self._run(lambda embeddings: embeddings.store_embedding(embedding))

    def get_embedding(self, product_id: str) -> Embedding | None:
        """Give a product's embedding, or None."""
        return self._run(lambda embeddings: embeddings.get_embedding(product_id))

    def get_embeddings_by_model(
        self, model_version: str, *, limit: int | None = None
    ) -> Results[Embedding]:
        """Give the embeddings that a model version made, as they are asked for."""
        embeddings = self._database.repository(Embedding)
        return embeddings.query(Embedding.by_model, model_version, limit=limit)

    def delete_embedding(self, product_id: str) -> bool:
        """Delete a product's embedding, and tell whether there was one."""
        return self._run(lambda embeddings: embeddings.delete_embedding(product_id))

    def _run(self, work: Callable[[_async.EmbeddingRepository], Coroutine[Any, Any, T]]) -> T:
        return self._database.run(lambda db: work(_async.EmbeddingRepository(db, self._dimensions)))


class DatabaseManager:
    """The three tables of one environment, and what works on them."""

    convert_decimals = staticmethod(convert_decimals)
    prepare_for_dynamodb = staticmethod(prepare_for_dynamodb)

    def __init__(self, database: Database, dimensions: Mapping[str, int] | None = None) -> None:
        self.database = database
        self.users = UserRepository(database)
        self.reports = ReportRepository(database)
        self.embeddings = EmbeddingRepository(database, dimensions)

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        environment: str | None = None,
        dimensions: Mapping[str, int] | None = None,
        **overrides: Any,
    ) -> Self:
        """Open what the variables name; see `anydynamo.catalog.k9.configuration.settings`."""
        found = settings(environ, environment=environment, **overrides)
        return cls(Database.from_settings(found), dimensions)

    def get_users_table(self) -> Repository[User]:
        """Give the table of users; its `table` is the real name, such as `k9-users-dev`."""
        return self.database.repository(User)

    def get_reports_table(self) -> Repository[Report]:
        """Give the table of reports, of all users: for migrations, and not for requests."""
        return self.database.repository(Report)

    def get_embeddings_table(self) -> Repository[Embedding]:
        """Give the table of embeddings."""
        return self.database.repository(Embedding)

    def create_tables(self) -> None:
        """Make the tables that are not there yet."""
        self.database.create_tables(MODELS)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
