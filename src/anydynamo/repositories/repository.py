"""One table's items as instances of its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from pynamodb.models import Model
from typing_extensions import TypeVar

from anydynamo.errors import InvalidItem, InvalidRequest, NotFound
from anydynamo.models.codec import codec_of
from anydynamo.models.schema import AttributeName
from anydynamo.repositories.actions import Actions
from anydynamo.repositories.batch_reads import BatchReader
from anydynamo.repositories.batches import Batch, BatchWriter
from anydynamo.repositories.creations import Creation, create_missing
from anydynamo.repositories.placeholders import Attributes
from anydynamo.repositories.queries import Queries
from anydynamo.repositories.rates import AdaptiveRate, checked_rate
from anydynamo.repositories.reads import ReadRequests
from anydynamo.repositories.resending import checked_time, identity
from anydynamo.repositories.rules import rules_of
from anydynamo.repositories.rules.acting import acting_as
from anydynamo.repositories.rules.scope import scope_of, scoped
from anydynamo.repositories.rules.soft_delete import with_deleted
from anydynamo.repositories.sending import send
from anydynamo.repositories.spread_keys import check_spread
from anydynamo.repositories.unique_check import check_unique
from anydynamo.repositories.walks import Results
from anydynamo.repositories.writes import WriteRequests

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Iterable, Sequence

    from pynamodb.attributes import Attribute
    from typing_extensions import Unpack

    from anydynamo.models.paths import Path
    from anydynamo.models.schema import TableSchema
    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.ingest import DeadLetter, IngestProgress, IngestReport
    from anydynamo.repositories.options import (
        AnyAction,
        AnyCondition,
        Key,
        ManyOptions,
        ReadOptions,
    )
    from anydynamo.repositories.rules import Rule
    from anydynamo.repositories.session import Session
    from anydynamo.repositories.transactions import TransactWrite
    from anydynamo.repositories.unique_check import UniqueReport

__all__ = ["Repository"]

M = TypeVar("M", bound=Model)
T = TypeVar("T")
# What `only=` gives: the type that was given, or a dict where a list was given.
P = TypeVar("P", default=dict[str, Any])


class Repository(Queries[M], Actions[M]):
    """The items of one table; made by `Database.repository`.

    A key is the partition key's value, or a tuple `(partition, sort)` where the table has a sort
    key. Wherever a stored item is meant, an instance may stand for its key; if the model has a
    version, the instance's version then must be the stored one, or else `VersionConflict` is
    raised. A call by key compares no version. Every write raises the version.

    Conditions and filters are made of the model's attributes; one that the model does not have is
    refused before anything is sent, and so are a wrong key, a wrong index and a wrong token.

    Writes of a model with unique attributes raise `UniqueViolation` if another item has the value.
    All methods raise `DatabaseClosed` after the database was closed, `TableNotFound` without the
    table, and the `ProviderError`s of the place where the data lies.
    """

    def __init__(
        self, session: Session, model: type[M], *, rules: Iterable[Rule] | None = None
    ) -> None:
        self._model = model
        self._codec = codec_of(model)
        self._schema = self._codec.schema
        self._table = session.table(self._schema)
        self._rules = rules_of(self._codec) if rules is None else tuple(rules)
        attributes = self._attributes = Attributes(model)
        self._writes = WriteRequests(session, self._codec, attributes, self._table, self._rules)
        super().__init__(
            session, ReadRequests(session, self._codec, attributes, self._table, self._rules)
        )

    def __repr__(self) -> str:
        return f"Repository({self._model.__name__}, table={self._table!r})"

    @property
    def model(self) -> type[M]:
        """The model whose instances this repository holds."""
        return self._model

    @property
    def schema(self) -> TableSchema:
        """What the model declares about its table."""
        return self._schema

    @property
    def table(self) -> str:
        """The table's real name, with prefix."""
        return self._table

    def with_deleted(self) -> Repository[M]:
        """Return a view in which deleted items are there like others.

        What is deleted through it is marked as deleted all the same.

        Raises:
            InvalidRequest: The model keeps no deleted items.
        """
        self._writes.check_kept()
        return Repository(self._session, self._model, rules=with_deleted(self._rules))

    def acting_as(self, actor: str) -> Repository[M]:
        """Return a view whose writes have an actor in the audit trail.

        Args:
            actor: Who makes them.

        Raises:
            InvalidRequest: The model has no audit trail, or the actor is empty.
        """
        if self._schema.audit is None:
            raise InvalidRequest(
                f"{self._model.__name__} has no audit trail; declare one with "
                f"`class {self._model.__name__}(Table, name=..., audit=...)`"
            )
        if not actor:
            raise InvalidRequest(f"An actor is text that is not empty, and not {actor!r}")
        return Repository(self._session, self._model, rules=acting_as(self._rules, actor))

    def scoped(self, attribute: Path[T, M] | Attribute[T], owner: T) -> Repository[M]:
        """Return a view of one owner's items; whatever is another's is absent in it.

        The owner is added to every read, query and condition. Views of the view have the scope,
        too; scopes by several attributes hold together.

        Args:
            attribute: What says whose an item is, such as `Report.user_id`.
            owner: Its value: text, a number or binary.

        Raises:
            InvalidRequest: The owner is None, empty or of another type, the model has no such
                attribute, or this is another owner's view already.
        """
        wire = self._attributes.wire(attribute)
        name = AttributeName(self._attributes.python(wire), wire)
        scope = scope_of(self._codec, name, owner)
        check_spread(self._session.sharding.find(self._table), attribute == owner)
        return Repository(self._session, self._model, rules=scoped(self._rules, scope))

    # One item

    @overload
    async def find(
        self, key: Key | M, *, only: None = None, **options: Unpack[ReadOptions]
    ) -> M | None: ...
    @overload
    async def find(
        self,
        key: Key | M,
        *,
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[ReadOptions],
    ) -> P | None: ...
    async def find(
        self,
        key: Key | M,
        *,
        only: object = None,
        consistent: bool = False,
        capacity: Capacity | None = None,
    ) -> Any:
        """Read an item, or None if there is none.

        Args:
            key: Its key, or an instance.
            only: Read these attributes and no others: a list such as `[User.email]`, which gives a
                dict by Python names with None for what is absent, or a TypedDict, dataclass or
                pydantic model whose fields are called as attributes, which gives one of those.
            consistent: See every write that was acknowledged before, for twice the price.
            capacity: Collects what it costs.

        Raises:
            InvalidRequest: The key or `only` does not fit the model.
            InvalidItem: The stored item does not fit the model.
        """
        wire, _ = self._writes.locate(key)
        request, decode = self._reads.get(wire, only, consistent)
        response = await self._session.call("GetItem", request, capacity)
        item = response.get("Item")
        return None if item is None else decode(item)

    @overload
    async def get(
        self, key: Key | M, *, only: None = None, **options: Unpack[ReadOptions]
    ) -> M: ...
    @overload
    async def get(
        self,
        key: Key | M,
        *,
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[ReadOptions],
    ) -> P: ...
    async def get(
        self,
        key: Key | M,
        *,
        only: Any = None,
        consistent: bool = False,
        capacity: Capacity | None = None,
    ) -> Any:
        """Read an item that must be there.

        Args:
            key: As for `find`.
            only: As for `find`.
            consistent: As for `find`.
            capacity: As for `find`.

        Raises:
            NotFound: There is no such item.
            InvalidRequest: The key or `only` does not fit the model.
            InvalidItem: The stored item does not fit the model.
        """
        found = await self.find(key, only=only, consistent=consistent, capacity=capacity)
        if found is None:
            wire, _ = self._writes.locate(key)
            raise NotFound(
                f"There is no {self._model.__name__} {self._writes.said(wire)}",
                operation="GetItem",
                table=self._table,
            )
        return found

    async def exists(self, key: Key | M, **options: Unpack[ReadOptions]) -> bool:
        """Tell whether there is an item under a key, without reading it whole.

        Raises:
            InvalidRequest: The key does not fit the model.
        """
        return await self.find(key, only=[self._schema.hash_key.name], **options) is not None

    async def create(self, item: M, *, capacity: Capacity | None = None) -> M:
        """Store an item under a key that is free.

        Args:
            item: The instance; with a model that has versions it gets its first.
            capacity: Collects what it costs.

        Returns:
            The instance that was given.

        Raises:
            AlreadyExists: There is an item under its key; `current` is that item.
            InvalidItem: It cannot be stored.
        """
        write = self._writes.put(item, create=True)
        await send(self._session, write, capacity=capacity)
        return item

    @overload
    async def put(
        self,
        item: M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: Literal[False] = False,
        capacity: Capacity | None = None,
    ) -> M: ...
    @overload
    async def put(
        self,
        item: M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: Literal[True],
        capacity: Capacity | None = None,
    ) -> M | None: ...
    async def put(
        self,
        item: M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: bool = False,
        capacity: Capacity | None = None,
    ) -> M | None:
        """Store an item, over whatever is under its key.

        Args:
            item: The instance; its version rises once it is stored, and not before.
            condition: What must hold of the item that is there.
            return_old: Return the item that was there, or None, instead of the instance.
            capacity: Collects what it costs.

        Returns:
            The instance that was given, unless `return_old` says otherwise.

        Raises:
            VersionConflict: The stored version is not the instance's; `current` is what is stored.
            ConditionFailed: The condition is false; `current` is what is stored.
            InvalidItem: It cannot be stored.
            InvalidRequest: The condition does not fit the model.
        """
        write = self._writes.put(item, condition)
        response = await send(self._session, write, return_old and "ALL_OLD", capacity)
        return self._old(response) if return_old else item

    async def update(
        self,
        key: Key | M,
        *actions: AnyAction[M],
        condition: AnyCondition[M] | None = None,
        upsert: bool = False,
        capacity: Capacity | None = None,
    ) -> M:
        """Change a stored item where it lies.

        An absent item is refused, because one made of the actions alone would lack what the model
        requires; `upsert=True` is for those that do not.

        Args:
            key: Its key, or an instance, which stays as it is.
            *actions: What to change, such as `User.name.set("Al")` and `User.visits.add(1)`.
            condition: What must hold of the stored item.
            upsert: Make the item if it is absent.
            capacity: Collects what it costs.

        Returns:
            The item as it is now.

        Raises:
            NotFound: There is no such item.
            VersionConflict: The stored version is not the instance's.
            ConditionFailed: The condition is false; `current` is what is stored.
            InvalidRequest: The key, an action or the condition does not fit the model.
            InvalidItem: The item was changed, and does not fit the model any more.
        """
        write = self._writes.update(key, actions, condition, upsert=upsert)
        return await self._send_update(write, capacity)

    @overload
    async def delete(
        self,
        key: Key | M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: Literal[False] = False,
        capacity: Capacity | None = None,
    ) -> None: ...
    @overload
    async def delete(
        self,
        key: Key | M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: Literal[True],
        capacity: Capacity | None = None,
    ) -> M | None: ...
    async def delete(
        self,
        key: Key | M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: bool = False,
        capacity: Capacity | None = None,
    ) -> M | None:
        """Delete an item; one that is absent is no error.

        Args:
            key: Its key, or an instance.
            condition: What must hold of the stored item.
            return_old: Return the item that was there, or None.
            capacity: Collects what it costs.

        Raises:
            VersionConflict: The stored version is not the instance's, or the item is gone.
            ConditionFailed: The condition is false; `current` is what is stored.
            InvalidRequest: The key or the condition does not fit the model.
        """
        write = self._writes.delete(key, condition)
        response = await send(self._session, write, return_old and "ALL_OLD", capacity)
        return self._old(response) if return_old else None

    async def restore(self, key: Key | M, *, capacity: Capacity | None = None) -> M:
        """Bring back an item that was deleted, of a model that keeps deleted items.

        One that is not deleted stays as it is.

        Args:
            key: Its key, or an instance, which stays as it is.
            capacity: Collects what it costs.

        Returns:
            The item as it is now.

        Raises:
            NotFound: There is no such item, not even a deleted one.
            VersionConflict: The stored version is not the instance's.
            InvalidRequest: The model keeps no deleted items, or the key does not fit it.
            InvalidItem: The item was restored, and does not fit the model.
        """
        return await self._send_update(self._writes.restore(key), capacity)

    async def purge(self, key: Key | M, *, capacity: Capacity | None = None) -> None:
        """Remove an item for good, whether it was deleted before or not; absence is no error.

        With a model that keeps no deleted items it is what `delete` is.

        Args:
            key: Its key, or an instance.
            capacity: Collects what it costs.

        Raises:
            VersionConflict: The stored version is not the instance's, or the item is gone.
            InvalidRequest: The key does not fit the model.
        """
        await send(self._session, self._writes.purge(key), capacity=capacity)

    # Many items by key

    @overload
    def get_many(
        self, keys: Iterable[Key | M], *, only: None = None, **options: Unpack[ManyOptions]
    ) -> Results[M]: ...
    @overload
    def get_many(
        self,
        keys: Iterable[Key | M],
        *,
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[ManyOptions],
    ) -> Results[P]: ...
    def get_many(
        self,
        keys: Iterable[Key | M],
        *,
        only: object = None,
        consistent: bool = False,
        capacity: Capacity | None = None,
        give_up_after: float | None = None,
    ) -> Results[Any]:
        """Read items by their keys, 100 in a request.

        Iterate with `async for`, or `await` the whole list. The results come in the order of the
        keys; absent items are left out. A key that is given twice within 100 is read once, and its
        item comes twice.

        Args:
            keys: Keys, or instances.
            only: Read these attributes and no others, as for `find`.
            consistent: See every write that was acknowledged before, for twice the price.
            capacity: Collects what it costs.
            give_up_after: For how many seconds to try again what DynamoDB leaves unprocessed, and
                what fails in passing; None for as often as the database's patience says.

        Raises:
            InvalidRequest: A key or `only` does not fit the model. A wrong key is noticed when its
                turn comes.
            BatchIncomplete: Some were still unprocessed then. `results` has what was read and not
                handed out yet, and `unprocessed` all keys that are left.
        """
        options, decode = self._reads.options(only, consistent, keys=True)
        pairs = ((key, self._writes.locate(key)[0]) for key in _several(keys))
        reader = BatchReader(
            self._session,
            self._table,
            pairs,
            options,
            decode,
            capacity,
            checked_time(give_up_after),
        )
        return Results(reader.pull)

    async def put_many(
        self,
        items: Iterable[M],
        *,
        capacity: Capacity | None = None,
        give_up_after: float | None = None,
    ) -> None:
        """Store many items, 25 or 16 MB in a request, over whatever is there.

        Not atomic: when it fails, some are stored. Of several instances with one key the last one
        counts. Instances of a model with versions are stored by transactions of up to 100, each of
        which compares all its versions.

        Args:
            items: The instances.
            capacity: Collects what it costs.
            give_up_after: For how many seconds to try again what DynamoDB leaves unprocessed, and
                what fails in passing; None for as often as the database's patience says.

        Raises:
            BatchIncomplete: Some were still unprocessed then, or a request of several was refused;
                `unprocessed` and `failed` say which, and give the first to this method to go on.
            VersionConflict: A stored version is not the instance's.
            InvalidItem: One cannot be stored; what came before it may be.
        """
        await self._writer(capacity, give_up_after).write_all(items, self._writes.put_entry)

    async def create_many(self, items: Iterable[M], *, capacity: Capacity | None = None) -> list[M]:
        """Store those items whose keys are free, and return them, in order.

        It is exact under concurrency and lost answers: of several callers who create one item, one
        gets it back. Transactions of up to 100 are used, which cost twice as much as `put_many`,
        also where an item turns out to be there; the whole is not atomic.

        Args:
            items: The instances; of several with one key the first counts.
            capacity: Collects what it costs.

        Raises:
            InvalidItem: One cannot be stored; nothing was written.
            TransactionCancelled: Others wrote the same items as often as it was tried.
        """
        creations: list[Creation] = []
        for item in items:
            write = self.to_create(item)
            key = self._codec.key_in(write.request["Item"])
            creations.append(Creation(item, identity(key), write))
        return await create_missing(self._session, creations, capacity)

    async def delete_many(
        self,
        keys: Iterable[Key | M],
        *,
        capacity: Capacity | None = None,
        give_up_after: float | None = None,
    ) -> None:
        """Delete many items, 25 in a request; absent ones are no error.

        Not atomic: when it fails, some are deleted. With a model that has versions, transactions of
        up to 100 are used, which compare the versions of those that are given as instances.

        Args:
            keys: Keys, or instances.
            capacity: Collects what it costs.
            give_up_after: As for `put_many`.

        Raises:
            BatchIncomplete: As for `put_many`.
            VersionConflict: A stored version is not the instance's.
            InvalidRequest: One is no key; what came before it may be deleted.
        """
        await self._writer(capacity, give_up_after).write_all(
            _several(keys), self._writes.delete_entry
        )

    async def ingest(
        self,
        source: Iterable[M] | AsyncIterable[M],
        *,
        start: int = 0,
        concurrency: int = 8,
        rate: float | None = None,
        give_up_after: float | None = None,
        on_dead_letter: Callable[[DeadLetter], None] | None = None,
        on_progress: Callable[[IngestProgress], None] | None = None,
        capacity: Capacity | None = None,
    ) -> IngestReport:
        """Store everything that a source gives, over whatever is there.

        It holds no more of the source than what is under way, slows down when the table throttles,
        and puts aside what cannot be stored. Of several instances with one key the last one counts.
        Models with versions, unique attributes or an audit trail go by transactions, as in
        `put_many`.

        Args:
            source: Gives instances; a `for` or an `async for` goes through it once.
            start: How many of the source to pass over: the `position` of an earlier run.
            concurrency: How many requests may be under way together; one, where the provider never
                waits.
            rate: How many items to write in a second at most.
            give_up_after: For how many seconds to try a request again; None for as often as the
                database's patience says.
            on_dead_letter: Is given each instance that cannot be stored; without it, they are in
                the report, and more than 1,000 of them stop the work.
            on_progress: Is told after each request how far it came.
            capacity: Collects what it costs.

        Returns:
            What became of all that the source gave.

        Raises:
            BatchIncomplete: The table could not follow, or it stood still for another reason, see
                `__cause__`. `unprocessed` has all that was taken from the source and not stored,
                and `position` says from where to go on.
        """
        from anydynamo.repositories.ingest import Ingest

        session = self._session
        pace = AdaptiveRate(session.timer, session.sleep, checked_rate("rate", rate))
        writer = BatchWriter(
            session,
            self._table,
            locked=self._writes.locked or self._writes.accompanied,
            capacity=capacity,
            give_up_after=checked_time(give_up_after),
            persistent=True,
            pace=pace,
        )
        return await Ingest(
            session,
            writer,
            self._writes.put_entry,
            pace,
            start=start,
            concurrency=concurrency,
            on_dead_letter=on_dead_letter,
            on_progress=on_progress,
        ).run(source)

    def batch(
        self, *, capacity: Capacity | None = None, give_up_after: float | None = None
    ) -> Batch[M]:
        """Return a batch, which gathers writes and sends them in chunks.

        Use it in an `async with` block, at whose end what is left is sent. Not atomic; see
        `put_many` for models with versions.

        Args:
            capacity: Collects what it costs.
            give_up_after: As for `put_many`, for each time that something is sent.
        """
        writer = self._writer(capacity, give_up_after)
        return Batch(self._writes.put_entry, self._writes.delete_entry, writer)

    # Unique values

    async def check_unique(self, *, capacity: Capacity | None = None) -> UniqueReport:
        """Compare what holds the unique values with the items of the whole table.

        It changes nothing, and what others write meanwhile does not mislead it.

        Args:
            capacity: Collects what it costs.

        Raises:
            InvalidRequest: This is a scoped view, to which the whole table is not open.
        """
        return await self._check_unique(repair=False, capacity=capacity)

    async def rebuild_unique(self, *, capacity: Capacity | None = None) -> UniqueReport:
        """Make the whole table's unique values be held as the items have them.

        For a table that had items before an attribute became unique, or to which another program
        writes. It may be in use meanwhile. Items with a value that another item has stay as they
        are; they are in the report.

        Args:
            capacity: Collects what it costs.

        Raises:
            InvalidRequest: This is a scoped view, to which the whole table is not open.
        """
        return await self._check_unique(repair=True, capacity=capacity)

    async def _check_unique(self, *, repair: bool, capacity: Capacity | None) -> UniqueReport:
        if any(rule.private for rule in self._rules):
            raise InvalidRequest(
                f"A scoped view of {self._model.__name__} sees one owner's items, and unique "
                "values are those of the whole table; use the repository itself"
            )
        return await check_unique(
            self._session, self._writes.unique, repair=repair, capacity=capacity
        )

    async def _send_update(self, write: TransactWrite, capacity: Capacity | None) -> M:
        response = await send(self._session, write, "ALL_NEW", capacity)
        try:
            return self._codec.decode(response["Attributes"])
        except InvalidItem as error:
            raise InvalidItem(
                f"{self._writes.said(dict(write.key))} was changed, and does not fit "
                f"{self._model.__name__} now: {error}",
                operation="UpdateItem",
                table=self._table,
            ) from error

    def _writer(self, capacity: Capacity | None, give_up_after: float | None) -> BatchWriter:
        return BatchWriter(
            self._session,
            self._table,
            locked=self._writes.locked or self._writes.accompanied,
            capacity=capacity,
            give_up_after=checked_time(give_up_after),
        )

    def _old(self, response: dict[str, Any]) -> M | None:
        item = response.get("Attributes")
        return self._reads.shown(item) if item else None


def _several(keys: Iterable[T]) -> Iterable[T]:
    """Refuse one key where several belong: each character of a text would count as a key.

    Raises:
        InvalidRequest: It is text or bytes.
    """
    given: object = keys
    if isinstance(given, str | bytes):
        raise InvalidRequest(f"Several keys belong here, such as [{given!r}], and this is one")
    return keys
