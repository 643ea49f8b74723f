"""A database, without asyncio."""

from __future__ import annotations

import inspect
import time
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from anydynamo import database as _database
from anydynamo.adapters.registry import open_adapter
from anydynamo.errors import InvalidRequest
from anydynamo.sync.repository import Repository
from anydynamo.sync.runners import DirectRunner, LoopRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from pynamodb.models import Model

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo
    from anydynamo.changes.checkpoints import Checkpoints
    from anydynamo.database import Health
    from anydynamo.observability.budgets import Spending
    from anydynamo.observability.records import Observer
    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.transactions import TransactRead, TransactWrite
    from anydynamo.settings import Settings
    from anydynamo.sync.changes import Changes
    from anydynamo.sync.runners import Runner
    from anydynamo.tables import CreatedTable

    M = TypeVar("M", bound=Model)
    T = TypeVar("T")
    A = TypeVar("A")
    B = TypeVar("B")
    C = TypeVar("C")

__all__ = ["Database"]


class Database:
    """A provider with its tables, see `anydynamo.database.Database`.

        with Database.open("sqlite:///app.db") as db:
            users = db.repository(User)

    Args:
        adapter: What answers; `close` leaves it open.
        **options: As for `anydynamo.database.Database`.
    """

    def __init__(self, adapter: DatabaseAdapter, **options: Any) -> None:
        if adapter.info.blocking:
            self._runner: Runner = DirectRunner()
            options.setdefault("sleep", _sleep)
        else:
            self._runner = LoopRunner()
        self._database = _database.Database(adapter, **options)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        table_prefix: str | None = None,
        tables: Mapping[str, str] | None = None,
        cursor_secret: str | None = None,
        cursor_max_age: float | None = None,
        observer: Observer | Sequence[Observer] | None = None,
        observe_capacity: bool = False,
        allow_scans: bool = True,
        **options: Any,
    ) -> Self:
        """Open the provider that a URL names, without looking at the environment's settings."""
        location, named = _database.place(url, options)
        return cls(
            open_adapter(location, blocking=True),
            table_prefix=named if table_prefix is None else table_prefix,
            tables=tables,
            cursor_secret=cursor_secret,
            cursor_max_age=cursor_max_age,
            observer=observer,
            observe_capacity=observe_capacity,
            allow_scans=allow_scans,
            owns_adapter=True,
        )

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        observer: Observer | Sequence[Observer] | None = None,
        observe_capacity: bool = False,
        allow_scans: bool = True,
        **overrides: Any,
    ) -> Self:
        """Open the provider that the environment chooses; SQLite if it chooses none."""
        from anydynamo.settings import Settings

        return cls.from_settings(
            Settings(environ, **overrides),
            observer=observer,
            observe_capacity=observe_capacity,
            allow_scans=allow_scans,
        )

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        observer: Observer | Sequence[Observer] | None = None,
        observe_capacity: bool = False,
        allow_scans: bool = True,
    ) -> Self:
        """Open the provider that settings describe."""
        return cls(
            open_adapter(settings.location(), blocking=True),
            owns_adapter=True,
            observer=observer,
            observe_capacity=observe_capacity,
            allow_scans=allow_scans,
            **settings.arguments(),
        )

    @property
    def info(self) -> ProviderInfo:
        """Which provider this is and where its data lies."""
        return self._database.info

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._database.closed

    def now(self) -> datetime:
        """Return the time by this database's clock, in UTC."""
        return self._database.now()

    def new_id(self) -> str:
        """Return an identifier that no other item has, for a key; later ones sort after earlier."""
        return self._database.new_id()

    def __repr__(self) -> str:
        return repr(self._database)

    def budget(self, *, read: float | None = None, write: float | None = None) -> Spending:
        """Return a `with` block that may consume so many capacity units, and counts them."""
        return self._database.budget(read=read, write=write)

    def repository(self, model: type[M], *, shards: int | None = None) -> Repository[M]:
        """Return the items of a model's table."""
        return Repository(self._database.repository(model, shards=shards), self._runner)

    def transact(
        self,
        *actions: TransactWrite,
        token: str | None = None,
        capacity: Capacity | None = None,
    ) -> None:
        """Carry out up to 100 writes on different items, all or none."""
        self._runner.run(self._database.transact(*actions, token=token, capacity=capacity))

    @overload
    def transact_get(
        self, one: TransactRead[A], /, *, capacity: Capacity | None = None
    ) -> tuple[A | None]: ...
    @overload
    def transact_get(
        self, one: TransactRead[A], two: TransactRead[B], /, *, capacity: Capacity | None = None
    ) -> tuple[A | None, B | None]: ...
    @overload
    def transact_get(
        self,
        one: TransactRead[A],
        two: TransactRead[B],
        three: TransactRead[C],
        /,
        *,
        capacity: Capacity | None = None,
    ) -> tuple[A | None, B | None, C | None]: ...
    @overload
    def transact_get(
        self, *reads: TransactRead[A], capacity: Capacity | None = None
    ) -> tuple[A | None, ...]: ...
    def transact_get(
        self, *reads: TransactRead[Any], capacity: Capacity | None = None
    ) -> tuple[Any, ...]:
        """Read up to 100 items as they are at one moment."""
        return self._runner.run(self._database.transact_get(*reads, capacity=capacity))

    def changes(
        self,
        model: type[M],
        *,
        start: str = "latest",
        follow: bool = True,
        poll: float = 1.0,
        checkpoint: Checkpoints | type[Model] | None = None,
        consumer: str | None = None,
        every: int = 100,
    ) -> Changes[M]:
        """Return what happens to a table's items: a typed iterator over the table's stream."""
        from anydynamo.sync.changes import Changes

        changes = self._database.changes(
            model,
            start=start,
            follow=follow,
            poll=poll,
            checkpoint=checkpoint,
            consumer=consumer,
            every=every,
        )
        return Changes(changes, self._runner)

    def create_tables(self, models: Iterable[type[Model]]) -> tuple[CreatedTable, ...]:
        """Make the tables that are not there yet, and wait until all can be used."""
        return self._runner.run(self._database.create_tables(models))

    def delete_tables(self, models: Iterable[type[Model]]) -> tuple[str, ...]:
        """Remove tables with all that is in them, and wait until they are gone."""
        return self._runner.run(self._database.delete_tables(models))

    def health(self, models: Iterable[type[Model]] = ()) -> Health:
        """Ask the provider for its tables, and say how it went."""
        return self._runner.run(self._database.health(models))

    def run(self, work: Callable[[_database.Database], Coroutine[Any, Any, T]]) -> T:
        """Run asynchronous code on this database, and return its result.

            db.run(lambda db: migrate(db, folder))

        Args:
            work: Makes the coroutine from the asynchronous database. Over an embedded provider it
                may await that database and nothing else.

        Raises:
            InvalidRequest: It made no coroutine.
            NotSupported: It waited for something else, where there is no event loop.
        """
        made = work(self._database)
        if not inspect.iscoroutine(cast("object", made)):
            raise InvalidRequest(
                "run is given a function of the asynchronous database that makes a coroutine, such "
                f"as `lambda db: import_all(db)`; this one returned {type(made).__name__}"
            )
        return self._runner.run(made)

    def close(self) -> None:
        """Close the provider, if it was opened here; closing twice is no error."""
        if not self.closed:
            try:
                self._runner.run(self._database.close())
            finally:
                self._runner.close()

    def __enter__(self) -> Self:
        self._database.check_open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


async def _sleep(seconds: float) -> None:
    # Driven without an event loop, so it has to block.
    time.sleep(seconds)  # noqa: ASYNC251
