"""The verbs of the forum's `DatabaseAdapter`, in Python's spelling, over any provider.

The service that the forum comes from wrote, in JavaScript,

    const adapter = new DatabaseAdapter(tableName, db.users, 'userId')
    const user = await adapter.queryByIndex('EmailIndex', 'email', 'alice@example.com')

and here it is

    adapter = ForumAdapter(table_name, db["users"], "userId")
    users = await adapter.query_by_index("EmailIndex", "email", "alice@example.com")

Items are dictionaries with the names that DynamoDB has. `BlockingForumAdapter` is the same without
`await`. New code is better served by a repository, which is typed; this is for code that moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from anydynamo.catalog.forum.models import MODELS
from anydynamo.catalog.forum.records import changes, dump, key_of, load
from anydynamo.database import Database
from anydynamo.errors import ConditionFailed, ConfigurationError, InvalidRequest, NotFound
from anydynamo.schema import schema_of

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from anydynamo.model import Table
    from anydynamo.repository import Repository

__all__ = ["BlockingForumAdapter", "ForumAdapter"]

Item = dict[str, Any]


class ForumAdapter:
    """One table of the forum, by the verbs of the service that it comes from.

    Without a `database` it opens the one that the environment names, and closes it. Where the
    data lies in a file or in memory, the table is made on first use, and if it was not there the
    fallback fills it. On DynamoDB nothing is made or filled: there the tables are somebody's.

    Args:
        table: A table class, or the name that a table of the forum has in DynamoDB; `key` then says
            which of the three it is.
        fallback: Items that fill a table which is not there yet.
        key: The partition key's name in DynamoDB, such as `userId`.
        database: An open database to use; the caller closes it.

    Raises:
        ConfigurationError: No table of the forum has such a key.
    """

    def __init__(
        self,
        table: str | type[Table],
        fallback: Sequence[Mapping[str, Any]] = (),
        key: str | None = None,
        *,
        database: Database | None = None,
    ) -> None:
        self._model = _model(table, key)
        self._name = table if isinstance(table, str) else None
        self._fallback = [load(self._model, row) for row in fallback]
        self._given = database
        self._open: Database | None = None
        self._ready: Repository[Any] | None = None

    async def get_all(self) -> list[Item]:
        """Give all items; this scans the table."""
        repository = await self._repository()
        return [dump(item) async for item in repository.scan()]

    async def get_by_id(self, key: object) -> Item | None:
        """Give the item with a key, or None.

        Args:
            key: The partition key's value. Where the table has a sort key too, that value alone
                does as long as only one item has it; otherwise a `(partition, sort)` tuple.

        Raises:
            InvalidRequest: Several items have this partition key.
        """
        repository = await self._repository()
        whole = await self._whole(repository, key)
        item = None if whole is None else await repository.find(whole)
        return None if item is None else dump(item)

    async def query_by_index(self, index: str, attribute: str, value: object) -> list[Item]:
        """Give the items that an index has under a value, in the order of the index.

        Args:
            index: The index's name, such as `EmailIndex`.
            attribute: The name of its partition key, such as `email`.
            value: The value to look for.

        Raises:
            InvalidRequest: The table has no such index, or it is not by that attribute.
        """
        schema = schema_of(self._model)
        found = schema.indexes.get(index)
        if found is None:
            there = ", ".join(schema.indexes) or "none"
            raise InvalidRequest(
                f"{schema.table_name} has no index {index!r}; its indexes: {there}"
            )
        by = [one.wire for one in found.hash_keys]
        if by != [attribute]:
            raise InvalidRequest(f"{index} is by {', '.join(by)}, and not by {attribute}")
        repository = await self._repository()
        declared = getattr(self._model, found.attribute)
        return [dump(item) async for item in repository.query(declared, value)]

    async def create(self, item: Mapping[str, Any]) -> Item:
        """Write an item that is not there yet, and give it with its defaults.

        Raises:
            AlreadyExists: There is an item under its key.
            InvalidItem: Something is missing or of the wrong type.
        """
        repository = await self._repository()
        return dump(await repository.create(load(self._model, item)))

    async def update(self, key: object, values: Mapping[str, Any]) -> Item:
        """Change some attributes of an item that is there, and give it as it is then.

        Args:
            key: As in `get_by_id`.
            values: New values by their names in DynamoDB; None removes an attribute.

        Raises:
            NotFound: There is no such item.
            InvalidRequest: An attribute is not declared, or part of the key.
        """
        actions = changes(self._model, values)
        repository = await self._repository()
        whole = await self._whole(repository, key)
        if whole is None:
            raise self._absent(key)
        partition: Any = getattr(self._model, schema_of(self._model).hash_key.name)
        try:
            return dump(await repository.update(whole, *actions, condition=partition.exists()))
        except ConditionFailed as error:
            raise self._absent(key) from error

    async def delete(self, key: object) -> bool:
        """Delete an item, and tell whether it was there.

        Args:
            key: As in `get_by_id`.
        """
        repository = await self._repository()
        whole = await self._whole(repository, key)
        if whole is None:
            return False
        return await repository.delete(whole, return_old=True) is not None

    async def health_check(self) -> dict[str, Any]:
        """Tell whether the database answers, which provider it is and where the data lies."""
        database = await self._database()
        health = await database.health()
        return {
            "status": "healthy" if health.ok else "unhealthy",
            "provider": health.provider,
            "location": health.location,
            "table": database.table_name(self._model),
        }

    async def close(self) -> None:
        """Close the database if this adapter opened it."""
        opened, self._open, self._ready = self._open, None, None
        if opened is not None:
            await opened.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _database(self) -> Database:
        if self._given is not None:
            return self._given
        if self._open is None:
            self._open = _opened(self._model, self._name)
        return self._open

    async def _repository(self) -> Repository[Any]:
        if self._ready is None:
            database = await self._database()
            repository = database.repository(self._model)
            if database.info.provider not in _REMOTE and not await _is_there(database, repository):
                await database.create_tables([self._model])
                await repository.put_many(self._fallback)
            self._ready = repository
        return self._ready

    async def _whole(self, repository: Repository[Any], key: object) -> object | None:
        """Complete a key that lacks its sort key, or give None where there is no such item."""
        if schema_of(self._model).range_key is None or isinstance(key, tuple):
            return key
        found = [item async for item in repository.query(key, limit=2)]
        if len(found) > 1:
            keys = schema_of(self._model).keys
            raise InvalidRequest(
                f"several items have the key {key!r}; give a tuple of "
                f"{' and '.join(one.wire for one in keys)}"
            )
        return key_of(found[0]) if found else None

    def _absent(self, key: object) -> NotFound:
        return NotFound(f"{schema_of(self._model).table_name} has no item with the key {key!r}")


def _model(table: str | type[Table], key: str | None) -> type[Table]:
    candidates = MODELS if isinstance(table, str) else (table,)
    by_key = {schema_of(model).hash_key.wire: model for model in candidates}
    if key is None and not isinstance(table, str):
        return table
    if key not in by_key:
        raise ConfigurationError(
            f"no table has the partition key {key!r} here; it can be {', '.join(by_key)}"
        )
    return by_key[key]
