"""A database: a provider that was opened, and the repositories over it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from anydynamo.adapters.registry import Location, open_adapter
from anydynamo.errors import AnyDynamoError, ConfigurationError
from anydynamo.naming import TableNames
from anydynamo.repositories.identifiers import TimeOrderedIds
from anydynamo.repositories.paging import CursorSigner, checked_secret
from anydynamo.repositories.session import Patience, Session, wait

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from pynamodb.models import Model

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo, RegionState
    from anydynamo.changes.checkpoints import Checkpoints
    from anydynamo.changes.feed import Changes
    from anydynamo.observability.budgets import Spending
    from anydynamo.observability.records import Observer
    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.repository import Repository
    from anydynamo.repositories.transactions import TransactRead, TransactWrite
    from anydynamo.settings import Settings
    from anydynamo.tables import CreatedTable

    M = TypeVar("M", bound=Model)
    A = TypeVar("A")
    B = TypeVar("B")
    C = TypeVar("C")

__all__ = ["Database", "Health", "place"]


def place(url: str, options: Mapping[str, Any]) -> tuple[Location, str]:
    """Return where a URL with further options points to, and the table prefix that it gives."""
    location = Location.parse(url).with_options(options)
    own = dict(location.options)
    prefix = own.pop("table_prefix", "")
    return Location(location.provider, location.host, location.path, own), prefix


@dataclass(frozen=True, slots=True)
class Health:
    """What `Database.health` found.

    Attributes:
        status: `ok`; `degraded` if it answers but tables that were asked for are missing, or if one
            of several regions is down; `unavailable` if it does not answer.
        provider: The provider's name.
        location: Where the data lies, for people.
        latency: How many seconds the answer took.
        tables: The names of the tables that are there: of the models that were asked for, or else
            the real names of the first hundred.
        missing: The names of tables that were asked for and are not there.
        error: Why it does not answer; None if it does. Where there are several regions, tables are
            asked of the preferred one.
        regions: The state of each region, where there are several.
    """

    status: Literal["ok", "degraded", "unavailable"]
    provider: str
    location: str
    latency: float
    tables: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    error: str | None = None
    regions: tuple[RegionState, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all that was asked for is there."""
        return self.status == "ok"


class Database:
    """A provider with its tables.

        async with Database.open("sqlite:///app.db") as db:
            users = db.repository(User)

    `open` and `from_env` open a provider and close it again; an adapter that is given stays its
    owner's. Nothing of a database outlives it, and several may be open at once.

    Args:
        adapter: What answers.
        table_prefix: What stands before each table's name.
        tables: The real names of tables that have another, by their model's name.
        cursor_secret: What signs page tokens; without it a random key that lives as long as the
            process.
        cursor_max_age: After how many seconds a page token is stale; None means never.
        owns_adapter: Whether `close` closes the adapter too.
        patience: How often and after which waits something is tried again.
        clock: Tells the time in seconds since 1970: for `now`, for the models' timestamps and
            expiry, for the age of page tokens.
        ids: Makes the identifiers of `new_id`; without it UUIDs of version 7 by the clock.
        sleep: Waits so many seconds; a test puts its own here.
        random: Returns a random number in [0, 1), for waits; a test puts its own here.
        observer: Is called with a record of each call to the provider, see
            `anydynamo.observability`; or several observers.
        observe_capacity: Ask the provider what each call consumes, and tell the observer.
        allow_scans: Whether repositories scan tables and indexes without being told
            `allow_scan=True` in the call.

    Raises:
        ConfigurationError: The secret is shorter than 16 characters, the age is not above 0, or an
            observer cannot be called.
    """

    def __init__(
        self,
        adapter: DatabaseAdapter,
        *,
        table_prefix: str = "",
        tables: Mapping[str, str] | None = None,
        cursor_secret: str | None = None,
        cursor_max_age: float | None = None,
        owns_adapter: bool = False,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
        ids: Callable[[], str] | None = None,
        sleep: Callable[[float], Awaitable[None]] = wait,
        random: Callable[[], float] = random.random,
        observer: Observer | Sequence[Observer] | None = None,
        observe_capacity: bool = False,
        allow_scans: bool = True,
    ) -> None:
        secret = None if cursor_secret is None else checked_secret(cursor_secret).encode()
        if cursor_max_age is not None and not cursor_max_age > 0:
            raise ConfigurationError(
                f"cursor_max_age is {cursor_max_age!r}; it is a number of seconds above 0, or None"
            )
        if observer is not None:
            adapter = _observed(adapter, observer, observe_capacity)
        self._session = Session(
            adapter,
            names=TableNames(table_prefix, dict(tables or {})),
            cursors=CursorSigner(secret, cursor_max_age, clock),
            patience=patience or Patience(),
            clock=clock,
            ids=ids or TimeOrderedIds(clock),
            sleep=sleep,
            random=random,
            allow_scans=allow_scans,
        )
        self._owned = owns_adapter

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
        """Open the provider that a URL names, without looking at the environment's settings.

        Args:
            url: `memory://`, `sqlite:///relative.db`, `sqlite:////absolute.db`, `json:///data.json`
                or `dynamodb://region?endpoint_url=...`; options follow the `?`.
            table_prefix: What stands before each table's name; also an option of the URL.
            tables: As for the constructor.
            cursor_secret: As for the constructor.
            cursor_max_age: As for the constructor.
            observer: As for the constructor.
            observe_capacity: As for the constructor.
            allow_scans: As for the constructor.
            **options: The provider's options, as in the URL; these win.

        Raises:
            ConfigurationError: The URL, the provider or an option is unknown.
            MissingDependency: What the provider needs is not installed.
        """
        location, named = place(url, options)
        return cls(
            open_adapter(location),
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
        """Open the provider that the environment chooses; SQLite if it chooses none.

        Args:
            environ: The variables to read instead of the process's own.
            observer: As for the constructor.
            observe_capacity: As for the constructor.
            allow_scans: As for the constructor.
            **overrides: Settings, which win over the environment; see `Settings`.

        Raises:
            ConfigurationError: A variable cannot be what it is, or two contradict each other.
            MissingDependency: What the provider needs is not installed.
        """
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
        """Open the provider that settings describe.

        Args:
            settings: The settings.
            observer: As for the constructor.
            observe_capacity: As for the constructor.
            allow_scans: As for the constructor.

        Raises:
            ConfigurationError: They contradict each other, or an option is unknown.
            MissingDependency: What the provider needs is not installed.
        """
        return cls(
            open_adapter(settings.location()),
            owns_adapter=True,
            observer=observer,
            observe_capacity=observe_capacity,
            allow_scans=allow_scans,
            **settings.arguments(),
        )

    @property
    def info(self) -> ProviderInfo:
        """Which provider this is and where its data lies."""
        return self._session.adapter.info

    @property
    def session(self) -> Session:
        """What this database shares with its repositories, for work on whole tables."""
        return self._session

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._session.closed

    def now(self) -> datetime:
        """Return the time by this database's clock, in UTC."""
        return self._session.now()

    def new_id(self) -> str:
        """Return an identifier that no other item has, for a key; later ones sort after earlier.

        It is a UUID of version 7, 36 characters of text, unless the database was given `ids`.
        """
        return self._session.new_id()

    def __repr__(self) -> str:
        info = self.info
        state = "closed " if self.closed else ""
        return f"<{state}Database {info.provider} at {info.location}>"

    def repository(self, model: type[M], *, shards: int | None = None) -> Repository[M]:
        """Return the items of a model's table.

        Args:
            model: A `Table`, or a plain PynamoDB model.
            shards: Over how many partitions each partition key is spread, in place of what the
                model declares; it then holds for the table, whoever uses it in this database.

        Raises:
            DatabaseClosed: This database was closed.
            InvalidRequest: The model declares no table, or no key.
            ConfigurationError: The table cannot be spread so, or is spread otherwise already.
        """
        from anydynamo.models.schema import schema_of
        from anydynamo.repositories.repository import Repository

        self._session.check_open()
        self._session.table(schema_of(model), shards)
        return Repository(self._session, model)

    async def transact(
        self,
        *actions: TransactWrite,
        token: str | None = None,
        capacity: Capacity | None = None,
    ) -> None:
        """Carry out up to 100 writes on different items, all or none.

        Args:
            *actions: What repositories of this database made with `to_create`, `to_put`,
                `to_update`, `to_delete` and `to_check`.
            token: Names the transaction for ten minutes: sent again with the same token, it takes
                effect once. Only for writes before which nothing has to be read, as it has for
                unique attributes and audit trails; creating needs no reading.
            capacity: Collects what it costs.

        Raises:
            TransactionCancelled: One of them could not be carried out. `reasons` has DynamoDB's
                words, and `errors` the error that each action would have met alone, such as
                `VersionConflict`.
            TokenReused: The token named another transaction.
            InvalidRequest: There are none or more than 100, two are about one item, or one was made
                by another database.
        """
        from anydynamo.repositories.transactions import transact

        await transact(self._session, actions, token=token, capacity=capacity)

    @overload
    async def transact_get(
        self, one: TransactRead[A], /, *, capacity: Capacity | None = None
    ) -> tuple[A | None]: ...
    @overload
    async def transact_get(
        self, one: TransactRead[A], two: TransactRead[B], /, *, capacity: Capacity | None = None
    ) -> tuple[A | None, B | None]: ...
    @overload
    async def transact_get(
        self,
        one: TransactRead[A],
        two: TransactRead[B],
        three: TransactRead[C],
        /,
        *,
        capacity: Capacity | None = None,
    ) -> tuple[A | None, B | None, C | None]: ...
    @overload
    async def transact_get(
        self, *reads: TransactRead[A], capacity: Capacity | None = None
    ) -> tuple[A | None, ...]: ...
    async def transact_get(
        self, *reads: TransactRead[Any], capacity: Capacity | None = None
    ) -> tuple[Any, ...]:
        """Read up to 100 items as they are at one moment.

        Args:
            *reads: What repositories of this database made with `to_get`.
            capacity: Collects what it costs.

        Returns:
            One result for each, in order; None for an item that is absent.

        Raises:
            TransactionCancelled: A write was under way on one of them.
            InvalidRequest: There are none or more than 100, or one was made by another database.
        """
        from anydynamo.repositories.transactions import transact_get

        return await transact_get(self._session, reads, capacity=capacity)

    def budget(self, *, read: float | None = None, write: float | None = None) -> Spending:
        """Return a `with` block that may consume so many capacity units, and counts them.

            with db.budget(read=100) as spent:
                await ads.query(Ad.by_campaign, "spring")
            print(spent.read)

        Once they are consumed, the next call raises; the one that consumes the last of them is
        carried out, since only its answer says what it cost. Blocks may lie in each other, and each
        of them counts.

        Args:
            read: Read capacity units; None counts them without a limit.
            write: Write capacity units, likewise.

        Raises:
            DatabaseClosed: This database was closed.
            InvalidRequest: A limit is below 0.
        """
        from anydynamo.observability.budgets import Budgeted, Spending

        session = self._session
        session.check_open()
        # From the first budget on, so that databases without one pay nothing for it.
        if not isinstance(session.adapter, Budgeted):
            session.adapter = Budgeted(session.adapter)
        return Spending(session.adapter, read, write)

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
        """Return what happens to a table's items: a typed iterator over the table's stream.

            async for change in db.changes(User):
                print(change.kind, change.old, change.new)

        The table needs a stream, `Table(..., stream="NEW_AND_OLD_IMAGES")`, and keeps 24 hours of
        changes. The changes of one item come in order, and each of them at least once.

        Args:
            model: The model of the items; of several with a discriminator, their base.
            start: `latest`: what happens from now on, see `Changes.begin`; `oldest`: all that the
                stream still has; or a `position`: what came after it.
            follow: Wait for more at the end; False ends when everything was given that was there
                at the beginning.
            poll: How many seconds to wait before asking again when there is nothing.
            checkpoint: Where positions are saved: a table for them such as
                `anydynamo.changes.Checkpoint`, or something with `load` and `save`. What it has
                goes before `start`.
            consumer: Under which name the position is saved there.
            every: After how many handled changes it is saved. A change counts as handled when the
                next one is asked for.

        Raises:
            DatabaseClosed: This database was closed.
            InvalidCursor: `start` is no position.
            InvalidRequest: An argument is wrong. That the table has no stream is found at the
                beginning.
        """
        from anydynamo.changes.feed import Changes

        return Changes(
            self._session,
            model,
            start=start,
            follow=follow,
            poll=poll,
            checkpoint=checkpoint,
            consumer=consumer,
            every=every,
        )

    async def create_tables(self, models: Iterable[type[Model]]) -> tuple[CreatedTable, ...]:
        """Make the tables that are not there yet, and wait until all can be used.

        Time to live and point-in-time recovery are switched on as declared, in tables that were
        there as well; nothing else of such a table is changed.

        Args:
            models: Models; those that share a table count as one.

        Returns:
            What was done about each table.

        Raises:
            TableMismatch: A table is there and has another key, or an index is missing or has
                another key or projection. Nothing of it was changed.
            RequestTimeout: A table did not become active in time.
        """
        from anydynamo.tables import create_tables

        return await create_tables(self._session, models)

    async def delete_tables(self, models: Iterable[type[Model]]) -> tuple[str, ...]:
        """Remove tables with all that is in them, and wait until they are gone.

        Args:
            models: Models; tables that are not there are no error.

        Returns:
            The names of the tables that were there.

        Raises:
            InvalidRequest: A table is protected from deletion.
            RequestTimeout: A table was not gone in time.
        """
        from anydynamo.tables import delete_tables

        return await delete_tables(self._session, models)

    async def health(self, models: Iterable[type[Model]] = ()) -> Health:
        """Ask the provider for its tables, and say how it went.

        A provider that cannot be reached is an answer and not an error.

        Args:
            models: Models whose tables are to be there.

        Raises:
            DatabaseClosed: This database was closed.
        """
        from anydynamo.tables import present

        session = self._session
        session.check_open()
        wanted = list(models)
        began = session.timer()
        try:
            tables, missing = await present(session, wanted)
        except AnyDynamoError as error:
            return self._health("unavailable", session.timer() - began, error=str(error))
        status: Literal["ok", "degraded"] = "degraded" if missing else "ok"
        return self._health(status, session.timer() - began, tables, missing)

    def check_open(self) -> None:
        """Refuse to go on after `close`.

        Raises:
            DatabaseClosed: This database was closed.
        """
        self._session.check_open()

    async def close(self) -> None:
        """Close the provider, if it was opened here; closing twice is no error."""
        if not self._session.closed:
            self._session.closed = True
            if self._owned:
                await self._session.adapter.close()

    async def __aenter__(self) -> Self:
        self.check_open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _health(
        self,
        status: Literal["ok", "degraded", "unavailable"],
        latency: float,
        tables: tuple[str, ...] = (),
        missing: tuple[str, ...] = (),
        error: str | None = None,
    ) -> Health:
        info = self.info
        regions = info.regions
        if status == "ok" and any(one.status == "down" for one in regions):
            status = "degraded"
        elif any(one.active and one.status == "up" and not one.preferred for one in regions):
            # Items are read and written elsewhere, whatever becomes of the preferred region.
            status = "degraded"
        return Health(
            status, info.provider, info.location, latency, tables, missing, error, regions
        )


def _observed(
    adapter: DatabaseAdapter, observer: Observer | Sequence[Observer], capacity: bool
) -> DatabaseAdapter:
    # Who observes nothing imports nothing for it.
    from anydynamo.observability.observed import Observed

    observers = (observer,) if callable(observer) else observer
    return Observed(adapter, *observers, capacity=capacity)
