"""K9's access patterns: users, reports that belong to their users, embeddings by model version.

    async with DatabaseManager.from_env() as manager:
        page = await manager.reports.list_reports("u1", limit=20)

Reports are reached through `Repository.scoped` alone, so no verb of `ReportRepository` can show or
change what belongs to somebody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.catalog.k9.configuration import settings
from anydynamo.catalog.k9.conversion import convert_decimals, prepare_for_dynamodb
from anydynamo.catalog.k9.importing import import_reports
from anydynamo.catalog.k9.models import MODELS, Embedding, Report, User
from anydynamo.database import Database
from anydynamo.errors import InvalidItem, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from importlib.resources.abc import Traversable
    from types import TracebackType
    from typing import Self

    from anydynamo.catalog.k9.importing import Imported
    from anydynamo.models.table import Action, Condition
    from anydynamo.repositories.paging import Page
    from anydynamo.repositories.repository import Repository
    from anydynamo.repositories.walks import Results

__all__ = ["DatabaseManager", "EmbeddingRepository", "ReportRepository", "UserRepository"]

_USER = ("name", "email", "avatar_url", "preferences")
_REPORT = ("title", "author", "date", "reference", "favorites")


class UserRepository:
    """Users by their ids.

    Args:
        database: An open database.
    """

    def __init__(self, database: Database) -> None:
        self._users = database.repository(User)

    async def create_user(self, user: User) -> User:
        """Store a new user.

        Raises:
            AlreadyExists: There is a user with this id.
        """
        return await self._users.create(user)

    async def get_user(self, user_id: str) -> User | None:
        """Give a user, or None."""
        return await self._users.find(user_id)

    async def update_user(self, user: User) -> User:
        """Write all that a user says of themselves, and give the user as stored then.

        Raises:
            NotFound: There is no such user.
        """
        return await self._users.update(user.user_id, *_content(user, _USER))

    async def change_user(self, user_id: str, *changes: Action[User]) -> User:
        """Change some attributes of a user, such as `User.name.set("Ann")`, and leave the rest.

        Raises:
            NotFound: There is no such user.
        """
        return await self._users.update(user_id, *changes)


class ReportRepository:
    """Reports, each of which only its user can see or change.

    Args:
        database: An open database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reports = database.repository(Report)

    def of(self, user_id: str) -> Repository[Report]:
        """Give a repository of one user's reports, with all that a repository can do.

        Raises:
            InvalidRequest: The user's id is empty.
        """
        return self._reports.scoped(Report.user_id, user_id)

    async def create_report(self, report: Report) -> Report:
        """Store a new report of the user that it names.

        Raises:
            AlreadyExists: The id is taken.
        """
        return await self.of(report.user_id).create(report)

    async def get_report(self, report_id: str, user_id: str) -> Report | None:
        """Give a user's report, or None."""
        return await self.of(user_id).find(report_id)

    async def list_reports(
        self,
        user_id: str,
        *,
        limit: int = 20,
        after: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Report]:
        """Give a page of a user's reports, the newest first.

        Args:
            user_id: Whose.
            limit: How many reports a page has.
            after: The page before's `next`.
            since: Leave out what was created before this moment.
            until: Leave out what was created after this moment.

        Raises:
            InvalidCursor: The token is of another user or of another time, or was altered.
            InvalidRequest: The time ends before it begins.
        """
        if since is not None and until is not None and since > until:
            raise InvalidRequest(f"reports since {since} cannot be until {until}; exchange the two")
        times: list[Condition[Report]] = []
        if since is not None and until is not None:
            times.append(Report.created_at.between(since, until))
        elif since is not None:
            times.append(Report.created_at >= since)
        elif until is not None:
            times.append(Report.created_at <= until)
        return await self.of(user_id).page(
            Report.by_user, user_id, *times, reverse=True, limit=limit, after=after
        )

    async def update_report(self, report: Report) -> Report:
        """Write what a report says, if it is its user's, and give the report as stored then.

        Raises:
            NotFound: The user has no such report.
        """
        return await self.of(report.user_id).update(report.id, *_content(report, _REPORT))

    async def change_report(self, report_id: str, user_id: str, *changes: Action[Report]) -> Report:
        """Change some attributes of a user's report, and leave the rest.

        Raises:
            NotFound: The user has no such report.
            InvalidRequest: There is no change, or one of the report's user.
        """
        return await self.of(user_id).update(report_id, *changes)

    async def delete_report(self, report_id: str, user_id: str) -> bool:
        """Delete a user's report, and tell whether the user had it."""
        return await self.of(user_id).delete(report_id, return_old=True) is not None

    async def import_reports(self, file: Traversable) -> Imported:
        """Store the reports of a JSON file that are not there yet; see `import_reports`."""
        return await import_reports(self._database, file)


class EmbeddingRepository:
    """Embeddings by product, and by the version of the model that made them.

    Args:
        database: An open database.
        dimensions: The dimension that vectors of a model version have, by version. A vector of
            another one is refused; what is not named here may have any.
    """

    def __init__(self, database: Database, dimensions: Mapping[str, int] | None = None) -> None:
        self._embeddings = database.repository(Embedding)
        self._dimensions = dict(dimensions or {})

    async def store_embedding(self, embedding: Embedding) -> Embedding:
        """Store an embedding, over the one that the product had.

        Raises:
            InvalidItem: Its dimension is not that of its vector or of its model version, or it is
                too large for an item. Nothing was sent.
        """
        found, said = len(embedding.embedding_vector), embedding.vector_dimension
        wanted = self._dimensions.get(embedding.model_version, found)
        what = f"the embedding of {embedding.product_id!r}"
        if not found == said == wanted:
            of_model = (
                f", and those of {embedding.model_version} have {wanted}" if wanted != found else ""
            )
            raise InvalidItem(f"{what} says {said} and has {found} numbers{of_model}")
        embedding.cost.check(what)
        return await self._embeddings.put(embedding)

    async def get_embedding(self, product_id: str) -> Embedding | None:
        """Give a product's embedding, or None."""
        return await self._embeddings.find(product_id)

    def get_embeddings_by_model(
        self, model_version: str, *, limit: int | None = None
    ) -> Results[Embedding]:
        """Give the embeddings that a model version made: `async for`, or `await` for a list."""
        return self._embeddings.query(Embedding.by_model, model_version, limit=limit)

    async def delete_embedding(self, product_id: str) -> bool:
        """Delete a product's embedding, and tell whether there was one."""
        return await self._embeddings.delete(product_id, return_old=True) is not None


class DatabaseManager:
    """The three tables of one environment, and what works on them.

    Args:
        database: An open database, which the caller closes.
        dimensions: As for `EmbeddingRepository`.

    Attributes:
        database: The database.
        users: The users.
        reports: The reports.
        embeddings: The embeddings.
    """

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
        """Open what the variables name; see `anydynamo.catalog.k9.configuration.settings`.

        Raises:
            ConfigurationError: A variable cannot be what it is, or two contradict each other.
        """
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

    async def create_tables(self) -> None:
        """Make the tables that are not there yet."""
        await self.database.create_tables(MODELS)

    async def close(self) -> None:
        """Close the database."""
        await self.database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def _content(instance: User | Report, names: Sequence[str]) -> list[Action[Any]]:
    model: Any = type(instance)
    return [getattr(model, name).set(getattr(instance, name)) for name in names]
