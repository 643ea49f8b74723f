"""What a database shares with its repositories: the adapter, the names, the clock."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from anydynamo.errors import DatabaseClosed, InvalidRequest, TableNotFound
from anydynamo.naming import TableNames
from anydynamo.repositories.advice import advice
from anydynamo.repositories.identifiers import TimeOrderedIds
from anydynamo.repositories.paging import CursorSigner
from anydynamo.repositories.shards import ShardedTable, Sharding

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

    from anydynamo.adapters.protocol import DatabaseAdapter
    from anydynamo.models.schema import TableSchema
    from anydynamo.repositories.capacity import Capacity

__all__ = ["Patience", "Session", "wait"]

T = TypeVar("T")

_CONCURRENT = 8
"""How many requests one call keeps under way: enough to hide a round trip, few enough to leave
connections to others."""


async def wait(seconds: float) -> None:
    """Wait on the running event loop."""
    # Imported here, because `from anydynamo.database import Database` must not bring asyncio along.
    import asyncio

    await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is tried and how long the waits between are.

    The wait before try number n is a random part of `first * 2**n` seconds, and of `longest` at
    most ("full jitter", as AWS's Builders' Library has it).

    Attributes:
        attempts: How often a request is sent in all.
        first: The longest first wait, in seconds.
        longest: The longest wait, in seconds.
        poll: How long to wait between two looks at a table that is being made, in seconds.
        polls: How many looks there are before giving up.
    """

    attempts: int = 8
    first: float = 0.05
    longest: float = 5.0
    poll: float = 0.5
    polls: int = 600

    def wait(self, tries: int, part: float) -> float:
        """Return how many seconds to wait after so many tries.

        Args:
            tries: How often it was tried, from 1 up.
            part: A random number in [0, 1).
        """
        return part * min(self.longest, self.first * 2.0 ** (tries - 1))


@dataclass(slots=True)
class Session:
    """An open database, seen from inside.

    Attributes:
        adapter: What answers.
        names: How tables are called there.
        cursors: What signs page tokens.
        patience: How often and how long to try again.
        clock: Tells the time in seconds since 1970.
        ids: Makes identifiers.
        timer: Tells the time in seconds since some moment, for measuring.
        sleep: Waits so many seconds.
        random: Returns a random number in [0, 1).
        closed: Whether `close` was called.
        sharding: The tables whose partition keys are spread.
        allow_scans: Whether scans are made that do not say that they are meant.
    """

    adapter: DatabaseAdapter
    names: TableNames = field(default_factory=TableNames)
    cursors: CursorSigner = field(default_factory=CursorSigner)
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.time
    ids: Callable[[], str] = field(default_factory=TimeOrderedIds)
    timer: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], Awaitable[None]] = wait
    random: Callable[[], float] = random.random
    closed: bool = False
    sharding: Sharding = field(default_factory=Sharding)
    allow_scans: bool = True

    def table(self, schema: TableSchema, shards: int | None = None) -> str:
        """Return a table's real name, and from now on spread its partition keys as declared.

        Args:
            schema: What its model declares.
            shards: The number of shards, in place of what the model declares.

        Raises:
            ConfigurationError: It cannot be spread over so many, or is over another number.
        """
        name = self.names.real(schema.table_name)
        sharded = ShardedTable.of(schema, shards)
        self.sharding.declare(name, sharded, told=shards is not None)
        return name

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def new_id(self) -> str:
        """Return an identifier that no other item has; later ones sort after earlier ones."""
        return self.ids()

    async def call(
        self, operation: str, request: Mapping[str, Any], capacity: Capacity | None = None
    ) -> dict[str, Any]:
        """Send one request, and collect what it cost where that is asked.

        Raises:
            DatabaseClosed: The database was closed.
            InvalidRequest: The provider refused it; the message says what about which table.
            TableNotFound: The same for a table that is not there.
        """
        self.check_open(operation)
        if capacity is not None:
            request = {**request, "ReturnConsumedCapacity": "INDEXES"}
        try:
            if self.sharding:
                response = await self.sharding.call(self, operation, request)
            else:
                response = await self.adapter.call(operation, request)
        except (InvalidRequest, TableNotFound) as error:
            raise _located(error, operation, request) from error
        if capacity is not None:
            capacity.add(response)
        return response

    def check_open(self, operation: str | None = None) -> None:
        """Refuse to go on after `close`.

        Raises:
            DatabaseClosed: The database was closed.
        """
        if self.closed:
            raise DatabaseClosed(
                "This database is closed; open another, or use it inside its `async with` block",
                operation=operation,
            )

    def check_scan(self, table: str, allowed: bool | None) -> None:
        """Refuse a scan that nobody said is meant, where that has to be said.

        Args:
            table: The table's real name.
            allowed: What the call says of it; None leaves it to the database.

        Raises:
            InvalidRequest: It is not allowed.
        """
        if not (self.allow_scans if allowed is None else allowed):
            raise InvalidRequest(
                f"A scan of {table} reads and pays for all that is there, and is not allowed here; "
                "query a partition or an index, or say allow_scan=True where all of it is meant",
                operation="Scan",
                table=table,
            )

    async def pause(self, tries: int) -> None:
        """Wait before something is tried again."""
        await self.sleep(self.patience.wait(tries, self.random()))

    async def together(
        self, calls: Sequence[Callable[[], Coroutine[Any, Any, T]]], *, most: int = _CONCURRENT
    ) -> list[T]:
        """Make several calls and return their results in order, `most` at once where that helps.

        An adapter that never waits for an event loop gains nothing by tasks, and may be driven
        without any loop at all: it gets the calls one after the other. When one fails, those not
        yet answered are cancelled, and its error is raised.
        """
        if len(calls) < 2 or self.adapter.info.blocking:
            return [await call() for call in calls]
        import asyncio

        room = asyncio.Semaphore(most)

        async def one(call: Callable[[], Coroutine[Any, Any, T]]) -> T:
            async with room:
                return await call()

        tasks = [asyncio.ensure_future(one(call)) for call in calls]
        try:
            return await asyncio.gather(*tasks)
        finally:
            # After a failure or a cancellation nothing may go on behind the caller's back.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _located(
    error: InvalidRequest | TableNotFound, operation: str, request: Mapping[str, Any]
) -> InvalidRequest | TableNotFound:
    """Return a provider's error with the table in its text: DynamoDB's own seldom names it."""
    tables = _tables(request)
    where = " and ".join(tables)
    todo = advice(error.message)
    if isinstance(error, TableNotFound):
        todo = "; create_tables makes a table, and a prefix or another region may hide one"
    return type(error)(
        f"{operation} on {where}: {error.message}{todo}" if where else error.message,
        code=error.code,
        operation=error.operation or operation,
        table=error.table or (tables[0] if len(tables) == 1 else None),
    )


def _tables(request: Mapping[str, Any]) -> list[str]:
    """Return the names of the tables that a request is about."""
    if "TableName" in request:
        return [request["TableName"]]
    actions: Sequence[Mapping[str, Any]] = request.get("TransactItems", ())
    named = (one["TableName"] for action in actions for one in action.values())
    return list(dict.fromkeys([*request.get("RequestItems", ()), *named]))
