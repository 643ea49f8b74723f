"""A table's items as they lie there, in DynamoDB's JSON, past models and what models hide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anydynamo.engine.values.values import check_item
from anydynamo.errors import BatchIncomplete, InvalidRequest, Throttled
from anydynamo.models.codec import codec_of
from anydynamo.models.schema import schema_of
from anydynamo.repositories.batch_reads import BatchReader
from anydynamo.repositories.markers import is_marker
from anydynamo.repositories.resending import Tries, identity, send_writes, within_limits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from pynamodb.models import Model

    from anydynamo.models.schema import TableSchema
    from anydynamo.repositories.session import Session

__all__ = ["Items", "ModelsOfTable", "tables_of"]

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelsOfTable:
    """A table, and the models of what lies in it.

    Attributes:
        models: The models, at least one.
    """

    models: tuple[type[Model], ...]

    @property
    def schemas(self) -> tuple[TableSchema, ...]:
        """What each model declares about the table."""
        return tuple(schema_of(model) for model in self.models)

    @property
    def schema(self) -> TableSchema:
        """What the first model declares: all have the same name and the same key."""
        return schema_of(self.models[0])

    @property
    def name(self) -> str:
        """The table's name, as its models say it."""
        return self.schema.table_name

    @property
    def unique(self) -> tuple[type[Model], ...]:
        """Models that declare, between them, all unique values of the table."""
        found: dict[frozenset[str], type[Model]] = {}
        for model in self.models:
            found.setdefault(frozenset(one.wire for one in schema_of(model).unique), model)
        # A derived model's values are its base's too.
        return tuple(
            model
            for names, model in found.items()
            if names and not any(names < others for others in found)
        )

    def unreadable(self, item: Mapping[str, Any]) -> str | None:
        """Return why none of the models can read an item; None if one of them can."""
        why: str | None = None
        for model in self.models:
            codec = codec_of(model)
            try:
                codec.decode(item)
                codec.key_in(item)
            except InvalidRequest as error:
                why = str(error)
            else:
                return None
        return why


def tables_of(models: Iterable[type[Model]]) -> tuple[ModelsOfTable, ...]:
    """Return the tables of models, in their order; several models may share one.

    Raises:
        InvalidRequest: Models of one table have different keys.
    """
    given: object = models
    if isinstance(given, type):
        raise InvalidRequest(f"Models come in a list, also one alone: [{given.__name__}]")
    by_table: dict[str, list[type[Model]]] = {}
    for model in models:
        schema = schema_of(model)
        several = by_table.setdefault(schema.table_name, [])
        if several and _key(schema_of(several[0])) != _key(schema):
            raise InvalidRequest(
                f"{several[0].__name__} and {model.__name__} both name the table "
                f"{schema.table_name}, and declare different keys for it; a table has one"
            )
        several.append(model)
    return tuple(ModelsOfTable(tuple(several)) for several in by_table.values())


def _key(schema: TableSchema) -> list[tuple[str, str]]:
    return [(key.wire, key.type) for key in schema.keys]


class Items:
    """The items of one table, without the markers of unique values.

    Args:
        session: The open database.
        table: The table and its models.

    Raises:
        ConfigurationError: The models spread its keys over different numbers of shards.
    """

    def __init__(self, session: Session, table: ModelsOfTable) -> None:
        self._session = session
        self._keys = tuple(key.wire for key in table.schema.keys)
        self._marked = next((one for one in table.schemas if one.unique), None)
        for schema in table.schemas:
            session.table(schema)
        self.table = session.names.real(table.name)

    def key(self, item: Mapping[str, Any]) -> Item:
        """Return an item's key."""
        return {name: item[name] for name in self._keys}

    def identity(self, item: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return what tells an item's key from others."""
        return identity(self.key(item))

    async def pages(self) -> AsyncIterator[list[Item]]:
        """Walk the whole table by consistent reads, one request's items at a time.

        Each is in the one form that equal items share, sets and numbers included.
        """
        request: dict[str, Any] = {"TableName": self.table, "ConsistentRead": True}
        while True:
            response = await self._session.call("Scan", request)
            found = [check_item(item) for item in response.get("Items", [])]
            yield [item for item in found if not self._is_marker(item)]
            position = response.get("LastEvaluatedKey")
            if position is None:
                return
            request["ExclusiveStartKey"] = position

    async def find(self, items: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], Item]:
        """Return what lies under the keys of some items, by consistent reads.

        Each is in the one form that equal items share, sets and numbers included.

        Raises:
            BatchIncomplete: Some were still unread when the attempts were used up.
        """
        pairs = ((item, self.key(item)) for item in items)
        options = {"ConsistentRead": True}
        reader = BatchReader(self._session, self.table, pairs, options, check_item, None)
        found: dict[tuple[Any, ...], Item] = {}
        while (chunk := await reader.pull()) is not None:
            found |= {self.identity(item): item for item in chunk}
        return found

    async def put(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Store items of different keys over whatever is there.

        Raises:
            BatchIncomplete: Some were still unprocessed when the attempts were used up.
        """
        done = 0
        for chunk in within_limits(items, _put):
            requests = {self.identity(item): _put(item) for item in chunk}
            tries = Tries(self._session)
            rest = await send_writes(self._session, self.table, requests, self._keys, tries)
            done += len(chunk) - len(rest.left)
            if rest.error is not None and not isinstance(rest.error, Throttled):
                raise rest.error
            if rest.left:
                left = [requests[known]["PutRequest"]["Item"] for known in rest.left]
                left += items[done + len(rest.left) :]
                raise BatchIncomplete(
                    f"{len(left)} writes to {self.table} are still unprocessed after "
                    f"{self._session.patience.attempts} attempts; they are in `unprocessed`",
                    unprocessed=left,
                    succeeded=done,
                    operation="BatchWriteItem",
                    table=self.table,
                ) from rest.error

    def _is_marker(self, item: Mapping[str, Any]) -> bool:
        return self._marked is not None and is_marker(self._marked, item)


def _put(item: Mapping[str, Any]) -> Item:
    return {"PutRequest": {"Item": item}}
