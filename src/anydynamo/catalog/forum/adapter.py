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

from typing import TYPE_CHECKING, Any

from anydynamo.adapters.registry import load_provider
from anydynamo.catalog.forum.models import MODELS
from anydynamo.catalog.forum.records import changes, dump, key_of, load
from anydynamo.database import Database
from anydynamo.errors import ConfigurationError, InvalidRequest, NotFound
from anydynamo.schema import schema_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from anydynamo.model import Table
    from anydynamo.repository import Repository

__all__ = ["BlockingForumAdapter", "ForumAdapter"]

Item = dict[str, Any]
# A key's type is that of whichever table it is for.
Key = Any


class ForumAdapter:
    """One table of the forum, by the verbs of the service that it comes from.

    Without a `database` it opens the one that the environment names, and closes it. Where that
    keeps its data in a file or in memory, the table is made on first use, and if it was not there
    the fallback fills it. On DynamoDB nothing is made or filled: there the tables are somebody's.

    Args:
        table: A table class, or the name that a table of the forum has in DynamoDB; `key` then says
            which of the three it is.
        fallback: Items that fill a table which is not there yet; checked at once.
        key: The partition key's name in DynamoDB, such as `userId`.
        database: An open database to use as it is; the caller makes the tables and closes it.

    Raises:
        ConfigurationError: No table of the forum has such a key, or the database that was given
            calls the table something else.
        InvalidItem: An item of the fallback is incomplete or wrong.
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
        if database is not None and isinstance(table, str):
            known = database.repository(self._model).table
            if known != table:
                raise ConfigurationError(
                    f"the table {table!r} was asked for, but the database that was given calls it "
                    f"{known!r}; leave one of the two out"
                )
        self._opened: Database | None = None
        self._ready: Repository[Any] | None = None

    async def get_all(self) -> list[Item]:
        """Give all items; this scans the table."""
        repository = await self._repository()
        return [dump(item) for item in await repository.scan()]

    async def get_by_id(self, key: Key) -> Item | None:
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

    async def query_by_index(self, index: str, attribute: str, value: Any) -> list[Item]:
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
        return [dump(item) for item in await repository.query(declared, value)]

    async def create(self, item: Mapping[str, Any]) -> Item:
        """Write an item that is not there yet, and give it with its defaults.

        Raises:
            AlreadyExists: There is an item under its key.
            InvalidItem: Something is missing or of the wrong type.
        """
        repository = await self._repository()
        return dump(await repository.create(load(self._model, item)))

    async def update(self, key: Key, values: Mapping[str, Any]) -> Item:
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
            table = schema_of(self._model).table_name
            raise NotFound(f"{table} has no item with the key {key!r}")
        return dump(await repository.update(whole, *actions))

    async def delete(self, key: Key) -> bool:
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
        """Tell whether the table can be reached, by which provider, and where its data lies."""
        repository = await self._repository()
        health = await self._database.health([self._model])
        answer = {
            "status": "healthy" if health.ok else "unhealthy",
            "provider": health.provider,
            "location": health.location,
            "table": repository.table,
        }
        if health.error is not None:
            answer["error"] = health.error
        return answer

    async def close(self) -> None:
        """Close the database if this adapter opened it."""
        opened, self._opened, self._ready = self._opened, None, None
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

    @property
    def _database(self) -> Database:
        if self._given is not None:
            return self._given
        if self._opened is None:
            renamed = {} if self._name is None else {"tables": self._renamed(self._name)}
            self._opened = Database.from_env(**renamed)
        return self._opened

    def _renamed(self, name: str) -> dict[str, str]:
        return {schema_of(self._model).table_name: name}

    async def _repository(self) -> Repository[Any]:
        if self._ready is None:
            database = self._database
            repository = database.repository(self._model)
            if self._given is None and not load_provider(database.info.provider).remote:
                (table,) = await database.create_tables([self._model])
                if table.created:
                    await repository.put_many(self._fallback)
            self._ready = repository
        return self._ready

    async def _whole(self, repository: Repository[Any], key: Key) -> Key | None:
        """Complete a key that lacks its sort key, or give None where there is no such item."""
        whole: Key = key
        if schema_of(self._model).range_key is None or isinstance(key, tuple):
            return whole
        found = await repository.query(key, limit=2)
        if len(found) > 1:
            keys = schema_of(self._model).keys
            raise InvalidRequest(
                f"several items have the key {key!r}; give a tuple of "
                f"{' and '.join(one.wire for one in keys)}"
            )
        return key_of(found[0]) if found else None


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
