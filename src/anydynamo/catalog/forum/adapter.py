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

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from anydynamo.adapters.registry import load_provider
from anydynamo.catalog.forum.models import MODELS
from anydynamo.catalog.forum.records import changes, dump, key_of, load
from anydynamo.database import Database
from anydynamo.errors import ConfigurationError, InvalidRequest, NotFound
from anydynamo.models.schema import schema_of
from anydynamo.sync import Database as BlockingDatabase

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from anydynamo.models.table import Table
    from anydynamo.repositories.repository import Repository

__all__ = ["BlockingForumAdapter", "ForumAdapter"]

Item = dict[str, Any]
# A key's type is that of whichever table it is for.
Key = Any
T = TypeVar("T")


class ForumAdapter:
    """One table of the forum, by the verbs of the service that it comes from.

    Args:
        table: A table class, or the name that a table of the forum has in DynamoDB; `key` then says
            which of the three it is.
        fallback: Items that fill a table which this adapter makes; they are checked at once.
        key: The partition key's name in DynamoDB, such as `userId`.
        database: An open database to use, which the caller closes. Without it the one that the
            environment names is opened, and closed by `close`.
        create: Make and fill the table on first use if it is absent. Left out, that happens in a
            file or in memory that was opened here: on DynamoDB, and in a database that was given,
            the tables are somebody's.

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
        create: bool | None = None,
    ) -> None:
        self._model = _model(table, key)
        self._fallback = [load(self._model, row) for row in fallback]
        self._owned = database is None
        self._database = database or Database.from_env(**_overrides(self._model, table))
        self._repository: Repository[Any] = self._database.repository(self._model)
        if isinstance(table, str) and table != self._repository.table:
            raise ConfigurationError(
                f"the table {table!r} was asked for, but the database that was given calls it "
                f"{self._repository.table!r}; leave one of the two out"
            )
        self._create = self._owned and not _is_remote(self._database) if create is None else create
        self._fill = False
        self._making = asyncio.Lock()

    async def prepare(self) -> None:
        """Make and fill the table if that is to be done; without this the first verb does it."""
        async with self._making:
            if self._create:
                (made,) = await self._database.create_tables([self._model])
                # A table that could not be filled whole is filled again by the next call.
                self._fill = self._fill or made.created
                if self._fill:
                    await self._repository.put_many(self._fallback)
                self._create = False

    async def get_all(self) -> list[Item]:
        """Give all items; this scans the table."""
        await self.prepare()
        return [dump(item) for item in await self._repository.scan()]

    async def get_by_id(self, key: Key) -> Item | None:
        """Give the item with a key, or None.

        Args:
            key: The partition key's value. Where the table has a sort key too, that value alone
                does as long as only one item has it; otherwise a `(partition, sort)` tuple.

        Raises:
            InvalidRequest: Several items have this partition key.
        """
        await self.prepare()
        whole = await self._whole(key)
        item = None if whole is None else await self._repository.find(whole)
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
        await self.prepare()
        declared = getattr(self._model, found.attribute)
        return [dump(item) for item in await self._repository.query(declared, value)]

    async def create(self, item: Mapping[str, Any]) -> Item:
        """Write an item that is not there yet, and give it with its defaults.

        Raises:
            AlreadyExists: There is an item under its key.
            InvalidItem: Something is missing or of the wrong type.
        """
        await self.prepare()
        return dump(await self._repository.create(load(self._model, item)))

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
        await self.prepare()
        whole = await self._whole(key)
        if whole is None:
            table = schema_of(self._model).table_name
            raise NotFound(f"{table} has no item with the key {key!r}")
        return dump(await self._repository.update(whole, *actions))

    async def delete(self, key: Key) -> bool:
        """Delete an item, and tell whether it was there.

        Args:
            key: As in `get_by_id`.
        """
        await self.prepare()
        whole = await self._whole(key)
        if whole is None:
            return False
        return await self._repository.delete(whole, return_old=True) is not None

    async def health_check(self) -> dict[str, Any]:
        """Tell whether the table can be reached, by which provider, and where its data lies."""
        await self.prepare()
        health = await self._database.health([self._model])
        answer = {
            "status": "healthy" if health.ok else "unhealthy",
            "provider": health.provider,
            "location": health.location,
            "table": self._repository.table,
        }
        if health.error is not None:
            answer["error"] = health.error
        return answer

    async def close(self) -> None:
        """Close the database if this adapter opened it."""
        if self._owned:
            await self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _whole(self, key: Key) -> Key | None:
        """Complete a key that lacks its sort key, or give None where there is no such item."""
        whole: Key = key
        if schema_of(self._model).range_key is None or isinstance(key, tuple):
            return whole
        found = await self._repository.query(key, limit=2)
        if len(found) > 1:
            keys = schema_of(self._model).keys
            raise InvalidRequest(
                f"several items have the key {key!r}; give a tuple of "
                f"{' and '.join(one.wire for one in keys)}"
            )
        return key_of(found[0]) if found else None


class BlockingForumAdapter:
    """`ForumAdapter` for code that does not await: the same arguments and the same verbs.

    It may be shared by threads. A table that is to be made is made when the adapter is.

    Args:
        table: As for `ForumAdapter`.
        fallback: As for `ForumAdapter`.
        key: As for `ForumAdapter`.
        database: An open database of `anydynamo.sync`, which the caller closes.
        create: As for `ForumAdapter`.

    Raises:
        ConfigurationError: As for `ForumAdapter`.
        InvalidItem: As for `ForumAdapter`.
    """

    def __init__(
        self,
        table: str | type[Table],
        fallback: Sequence[Mapping[str, Any]] = (),
        key: str | None = None,
        *,
        database: BlockingDatabase | None = None,
        create: bool | None = None,
    ) -> None:
        self._owned = database is None
        self._database = database or BlockingDatabase.from_env(
            **_overrides(_model(table, key), table)
        )
        if create is None:
            create = self._owned and not _is_remote(self._database)

        async def over(inner: Database) -> ForumAdapter:
            adapter = ForumAdapter(table, fallback, key, database=inner, create=create)
            # At once, because threads that share this adapter could not wait for one another.
            await adapter.prepare()
            return adapter

        try:
            self._adapter = self._database.run(over)
        except BaseException:
            self.close()
            raise

    def get_all(self) -> list[Item]:
        """Give all items; this scans the table."""
        return self._run(self._adapter.get_all())

    def get_by_id(self, key: Key) -> Item | None:
        """Give the item with a key, or None."""
        return self._run(self._adapter.get_by_id(key))

    def query_by_index(self, index: str, attribute: str, value: Any) -> list[Item]:
        """Give the items that an index has under a value, in the order of the index."""
        return self._run(self._adapter.query_by_index(index, attribute, value))

    def create(self, item: Mapping[str, Any]) -> Item:
        """Write an item that is not there yet, and give it with its defaults."""
        return self._run(self._adapter.create(item))

    def update(self, key: Key, values: Mapping[str, Any]) -> Item:
        """Change some attributes of an item that is there, and give it as it is then."""
        return self._run(self._adapter.update(key, values))

    def delete(self, key: Key) -> bool:
        """Delete an item, and tell whether it was there."""
        return self._run(self._adapter.delete(key))

    def health_check(self) -> dict[str, Any]:
        """Tell whether the table can be reached, by which provider, and where its data lies."""
        return self._run(self._adapter.health_check())

    def close(self) -> None:
        """Close the database if this adapter opened it."""
        if self._owned:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._database.run(lambda _: coroutine)


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


def _overrides(model: type[Table], table: str | type[Table]) -> dict[str, Any]:
    """Give the setting that makes a model use the table that was named, if one was."""
    return {"tables": {schema_of(model).table_name: table}} if isinstance(table, str) else {}


def _is_remote(database: Database | BlockingDatabase) -> bool:
    return load_provider(database.info.provider).remote
