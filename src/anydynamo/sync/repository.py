"""One table's items, without asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, overload

from pynamodb.models import Model
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from pynamodb.attributes import Attribute
    from pynamodb.indexes import Index
    from typing_extensions import Unpack

    from anydynamo.models.indexes import GlobalIndex
    from anydynamo.models.paths import Path
    from anydynamo.models.schema import TableSchema
    from anydynamo.repositories import batches as _batches
    from anydynamo.repositories import repository as _repository
    from anydynamo.repositories import scans as _scans
    from anydynamo.repositories import walks as _walks
    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.ingest import DeadLetter, IngestProgress, IngestReport
    from anydynamo.repositories.options import (
        AnyAction,
        AnyCondition,
        AnyIndex,
        Key,
        KeyPart,
        ManyOptions,
        PageOptions,
        QueryOptions,
        ReadOptions,
        ScanOptions,
        ScanPageOptions,
    )
    from anydynamo.repositories.paging import Page
    from anydynamo.repositories.transactions import TransactRead, TransactWrite
    from anydynamo.repositories.unique_check import UniqueReport
    from anydynamo.sync.runners import Runner

__all__ = ["Batch", "Repository", "Results", "Scan"]

M = TypeVar("M", bound=Model)
T = TypeVar("T")
H = TypeVar("H")
P = TypeVar("P", default=dict[str, Any])


class Results(Generic[T]):
    """Results that come as they are asked for; an iterator."""

    __slots__ = ("_ready", "_results", "_runner")

    def __init__(self, results: _walks.Results[T], runner: Runner) -> None:
        self._results = results
        self._runner = runner
        self._ready: Iterator[T] = iter(())

    def __iter__(self) -> Results[T]:
        return self

    def __next__(self) -> T:
        while True:
            for result in self._ready:
                return result
            chunk = self._runner.run(self._results.chunk())
            if chunk is None:
                raise StopIteration
            self._ready = iter(chunk)


class Scan(Results[T]):
    """Results of a scan, and how far it came; an iterator."""

    __slots__ = ("_chunk", "_given", "_scan")

    def __init__(self, scan: _scans.Scan[T], runner: Runner) -> None:
        super().__init__(scan, runner)
        self._scan = scan
        self._chunk: Sequence[T] = ()
        self._given = 0

    def __next__(self) -> T:
        if self._given == len(self._chunk):
            chunk = self._runner.run(self._scan.chunk())
            if chunk is None:
                raise StopIteration
            self._chunk, self._given = chunk, 0
        result = self._chunk[self._given]
        self._given += 1
        return result

    @property
    def position(self) -> str | None:
        """From where to go on after the last result that was handed out; None at the end."""
        return self._scan.position_after(self._given)


class Batch(Generic[M]):
    """Gathers writes and sends them in chunks; see `anydynamo.repositories.batches.Batch`."""

    def __init__(self, batch: _batches.Batch[M], runner: Runner) -> None:
        self._batch = batch
        self._runner = runner

    def __len__(self) -> int:
        """Return how many writes wait to be sent."""
        return len(self._batch)

    def put(self, instance: M) -> None:
        """Store an item, over whatever is there, with this batch."""
        self._runner.run(self._batch.put(instance))

    def delete(self, key: Key | M) -> None:
        """Delete an item by its key, or an instance, with this batch."""
        self._runner.run(self._batch.delete(key))

    def flush(self) -> None:
        """Send what is pending now."""
        self._runner.run(self._batch.flush())

    def __enter__(self) -> Batch[M]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.run(self._batch.__aexit__(kind, error, traceback))


class Repository(Generic[M]):
    """The items of one table, see `anydynamo.Repository`; made by `Database`."""

    def __init__(self, repository: _repository.Repository[M], runner: Runner) -> None:
        self._repository = repository
        self._runner = runner

    def __repr__(self) -> str:
        return repr(self._repository)

    @property
    def asynchronous(self) -> _repository.Repository[M]:
        """The repository that this one drives, for code that is awaited, see `Database.run`."""
        return self._repository

    @property
    def model(self) -> type[M]:
        """The model whose instances this repository holds."""
        return self._repository.model

    @property
    def schema(self) -> TableSchema:
        """What the model declares about its table."""
        return self._repository.schema

    @property
    def table(self) -> str:
        """The table's real name, with prefix."""
        return self._repository.table

    def acting_as(self, actor: str) -> Repository[M]:
        """Return a view whose writes have an actor in the audit trail."""
        return Repository(self._repository.acting_as(actor), self._runner)

    def with_deleted(self) -> Repository[M]:
        """Return a view in which deleted items are there like others."""
        return Repository(self._repository.with_deleted(), self._runner)

    def scoped(self, attribute: Path[T, M] | Attribute[T], owner: T) -> Repository[M]:
        """Return a view of one owner's items; whatever is another's is absent in it."""
        return Repository(self._repository.scoped(attribute, owner), self._runner)

    @overload
    def find(
        self, key: Key | M, *, only: None = None, **options: Unpack[ReadOptions]
    ) -> M | None: ...
    @overload
    def find(
        self,
        key: Key | M,
        *,
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[ReadOptions],
    ) -> P | None: ...
    def find(self, key: Key | M, *, only: Any = None, **options: Unpack[ReadOptions]) -> Any:
        """Read an item, or None if there is none."""
        return self._runner.run(self._repository.find(key, only=only, **options))

    @overload
    def get(self, key: Key | M, *, only: None = None, **options: Unpack[ReadOptions]) -> M: ...
    @overload
    def get(
        self,
        key: Key | M,
        *,
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[ReadOptions],
    ) -> P: ...
    def get(self, key: Key | M, *, only: Any = None, **options: Unpack[ReadOptions]) -> Any:
        """Read an item that must be there."""
        return self._runner.run(self._repository.get(key, only=only, **options))

    def exists(self, key: Key | M, **options: Unpack[ReadOptions]) -> bool:
        """Tell whether there is an item under a key, without reading it whole."""
        return self._runner.run(self._repository.exists(key, **options))

    def create(self, item: M, *, capacity: Capacity | None = None) -> M:
        """Store an item under a key that is free."""
        return self._runner.run(self._repository.create(item, capacity=capacity))

    @overload
    def put(
        self,
        item: M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: Literal[False] = False,
        capacity: Capacity | None = None,
    ) -> M: ...
    @overload
    def put(
        self,
        item: M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: Literal[True],
        capacity: Capacity | None = None,
    ) -> M | None: ...
    def put(
        self,
        item: M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: Any = False,
        capacity: Capacity | None = None,
    ) -> M | None:
        """Store an item, over whatever is under its key."""
        old: M | None = self._runner.run(
            self._repository.put(
                item, condition=condition, return_old=return_old, capacity=capacity
            )
        )
        return old

    def update(
        self,
        key: Key | M,
        *actions: AnyAction[M],
        condition: AnyCondition[M] | None = None,
        upsert: bool = False,
        capacity: Capacity | None = None,
    ) -> M:
        """Change a stored item where it lies, and return it as it is then."""
        return self._runner.run(
            self._repository.update(
                key, *actions, condition=condition, upsert=upsert, capacity=capacity
            )
        )

    @overload
    def delete(
        self,
        key: Key | M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: Literal[False] = False,
        capacity: Capacity | None = None,
    ) -> None: ...
    @overload
    def delete(
        self,
        key: Key | M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: Literal[True],
        capacity: Capacity | None = None,
    ) -> M | None: ...
    def delete(
        self,
        key: Key | M,
        *,
        condition: AnyCondition[M] | None = None,
        return_old: Any = False,
        capacity: Capacity | None = None,
    ) -> M | None:
        """Delete an item; one that is absent is no error."""
        old: M | None = self._runner.run(
            self._repository.delete(
                key, condition=condition, return_old=return_old, capacity=capacity
            )
        )
        return old

    def restore(self, key: Key | M, *, capacity: Capacity | None = None) -> M:
        """Bring back an item that was deleted, of a model that keeps deleted items."""
        return self._runner.run(self._repository.restore(key, capacity=capacity))

    def purge(self, key: Key | M, *, capacity: Capacity | None = None) -> None:
        """Remove an item for good, whether it was deleted before or not."""
        self._runner.run(self._repository.purge(key, capacity=capacity))

    @overload
    def query(
        self,
        index: GlobalIndex[H, Any],
        key: H,
        /,
        *conditions: AnyCondition[M],
        only: None = None,
        **options: Unpack[QueryOptions[M]],
    ) -> Results[M]: ...
    @overload
    def query(
        self,
        index: GlobalIndex[H, Any],
        key: H,
        /,
        *conditions: AnyCondition[M],
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[QueryOptions[M]],
    ) -> Results[P]: ...
    @overload
    def query(
        self,
        key_or_index: KeyPart | Index[Any],
        /,
        *key_and_conditions: Key | AnyCondition[M],
        only: None = None,
        **options: Unpack[QueryOptions[M]],
    ) -> Results[M]: ...
    @overload
    def query(
        self,
        key_or_index: KeyPart | Index[Any],
        /,
        *key_and_conditions: Key | AnyCondition[M],
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[QueryOptions[M]],
    ) -> Results[P]: ...
    def query(self, *arguments: Any, **options: Any) -> Results[Any]:
        """Walk one partition of the table or of an index, in the order of the sort key."""
        return Results(self._repository.query(*arguments, **options), self._runner)

    @overload
    def page(
        self,
        index: GlobalIndex[H, Any],
        key: H,
        /,
        *conditions: AnyCondition[M],
        only: None = None,
        **options: Unpack[PageOptions[M]],
    ) -> Page[M]: ...
    @overload
    def page(
        self,
        index: GlobalIndex[H, Any],
        key: H,
        /,
        *conditions: AnyCondition[M],
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[PageOptions[M]],
    ) -> Page[P]: ...
    @overload
    def page(
        self,
        key_or_index: KeyPart | Index[Any],
        /,
        *key_and_conditions: Key | AnyCondition[M],
        only: None = None,
        **options: Unpack[PageOptions[M]],
    ) -> Page[M]: ...
    @overload
    def page(
        self,
        key_or_index: KeyPart | Index[Any],
        /,
        *key_and_conditions: Key | AnyCondition[M],
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[PageOptions[M]],
    ) -> Page[P]: ...
    def page(self, *arguments: Any, **options: Any) -> Page[Any]:
        """Read one page of a query, and the token that leads to the next."""
        return self._runner.run(self._repository.page(*arguments, **options))

    @overload
    def scan(
        self,
        index: AnyIndex | None = None,
        /,
        *,
        only: None = None,
        **options: Unpack[ScanOptions[M]],
    ) -> Scan[M]: ...
    @overload
    def scan(
        self,
        index: AnyIndex | None = None,
        /,
        *,
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[ScanOptions[M]],
    ) -> Scan[P]: ...
    def scan(self, *index: Any, **options: Any) -> Scan[Any]:
        """Walk the whole table, or a whole index, in no order that means anything."""
        return Scan(self._repository.scan(*index, **options), self._runner)

    @overload
    def scan_page(
        self,
        index: AnyIndex | None = None,
        /,
        *,
        only: None = None,
        **options: Unpack[ScanPageOptions[M]],
    ) -> Page[M]: ...
    @overload
    def scan_page(
        self,
        index: AnyIndex | None = None,
        /,
        *,
        only: type[P] | Sequence[Path[Any, M] | str],
        **options: Unpack[ScanPageOptions[M]],
    ) -> Page[P]: ...
    def scan_page(self, *index: Any, **options: Any) -> Page[Any]:
        """Read one page of a scan, and the token that leads to the next."""
        return self._runner.run(self._repository.scan_page(*index, **options))

    def count(
        self,
        *arguments: Key | AnyIndex | AnyCondition[M],
        filter: AnyCondition[M] | None = None,  # noqa: A002 - the word is DynamoDB's
        consistent: bool = False,
        capacity: Capacity | None = None,
        allow_scan: bool | None = None,
    ) -> int:
        """Count items where they lie: they are read and paid for, and not sent."""
        return self._runner.run(
            self._repository.count(
                *arguments,
                filter=filter,
                consistent=consistent,
                capacity=capacity,
                allow_scan=allow_scan,
            )
        )

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
        self, keys: Iterable[Key | M], *, only: Any = None, **options: Unpack[ManyOptions]
    ) -> Results[Any]:
        """Read items by their keys, 100 in a request, in the order of the keys."""
        results: _walks.Results[Any] = self._repository.get_many(keys, only=only, **options)
        return Results(results, self._runner)

    def put_many(
        self,
        items: Iterable[M],
        *,
        capacity: Capacity | None = None,
        give_up_after: float | None = None,
    ) -> None:
        """Store many items, 25 or 16 MB in a request, over whatever is there."""
        self._runner.run(
            self._repository.put_many(items, capacity=capacity, give_up_after=give_up_after)
        )

    def ingest(
        self,
        source: Iterable[M],
        *,
        start: int = 0,
        concurrency: int = 8,
        rate: float | None = None,
        give_up_after: float | None = None,
        on_dead_letter: Callable[[DeadLetter], None] | None = None,
        on_progress: Callable[[IngestProgress], None] | None = None,
        capacity: Capacity | None = None,
    ) -> IngestReport:
        """Store everything that a source gives, over whatever is there."""
        return self._runner.run(
            self._repository.ingest(
                source,
                start=start,
                concurrency=concurrency,
                rate=rate,
                give_up_after=give_up_after,
                on_dead_letter=on_dead_letter,
                on_progress=on_progress,
                capacity=capacity,
            )
        )

    def create_many(self, items: Iterable[M], *, capacity: Capacity | None = None) -> list[M]:
        """Store those items whose keys are free, and return them, in order."""
        return self._runner.run(self._repository.create_many(items, capacity=capacity))

    def delete_many(
        self,
        keys: Iterable[Key | M],
        *,
        capacity: Capacity | None = None,
        give_up_after: float | None = None,
    ) -> None:
        """Delete many items, 25 in a request; absent ones are no error."""
        self._runner.run(
            self._repository.delete_many(keys, capacity=capacity, give_up_after=give_up_after)
        )

    def batch(
        self, *, capacity: Capacity | None = None, give_up_after: float | None = None
    ) -> Batch[M]:
        """Return a batch, to be used in a `with` block."""
        return Batch(
            self._repository.batch(capacity=capacity, give_up_after=give_up_after), self._runner
        )

    def check_unique(self, *, capacity: Capacity | None = None) -> UniqueReport:
        """Compare what holds the unique values with the items of the whole table."""
        return self._runner.run(self._repository.check_unique(capacity=capacity))

    def rebuild_unique(self, *, capacity: Capacity | None = None) -> UniqueReport:
        """Make the whole table's unique values be held as the items have them."""
        return self._runner.run(self._repository.rebuild_unique(capacity=capacity))

    def to_create(self, item: M) -> TransactWrite:
        """Make the action of a transaction that stores an item under a key that is free."""
        return self._repository.to_create(item)

    def to_put(self, item: M, *, condition: AnyCondition[M] | None = None) -> TransactWrite:
        """Make the action of a transaction that stores an item over whatever is there."""
        return self._repository.to_put(item, condition=condition)

    def to_update(
        self,
        key: Key | M,
        *actions: AnyAction[M],
        condition: AnyCondition[M] | None = None,
        upsert: bool = False,
    ) -> TransactWrite:
        """Make the action of a transaction that changes a stored item."""
        return self._repository.to_update(key, *actions, condition=condition, upsert=upsert)

    def to_delete(self, key: Key | M, *, condition: AnyCondition[M] | None = None) -> TransactWrite:
        """Make the action of a transaction that deletes an item."""
        return self._repository.to_delete(key, condition=condition)

    def to_restore(self, key: Key | M) -> TransactWrite:
        """Make the action of a transaction that brings a deleted item back."""
        return self._repository.to_restore(key)

    def to_purge(self, key: Key | M) -> TransactWrite:
        """Make the action of a transaction that removes an item for good."""
        return self._repository.to_purge(key)

    def to_check(self, key: Key | M, condition: AnyCondition[M]) -> TransactWrite:
        """Make the action of a transaction that only looks."""
        return self._repository.to_check(key, condition)

    @overload
    def to_get(self, key: Key | M, *, only: None = None) -> TransactRead[M]: ...
    @overload
    def to_get(
        self, key: Key | M, *, only: type[P] | Sequence[Path[Any, M] | str]
    ) -> TransactRead[P]: ...
    def to_get(self, key: Key | M, *, only: Any = None) -> TransactRead[Any]:
        """Make the action of a transaction that reads an item."""
        read: TransactRead[Any] = self._repository.to_get(key, only=only)
        return read
