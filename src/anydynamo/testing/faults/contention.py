"""`Contention`: an adapter under which requests that overlap are in each other's way.

The embedded engine carries out one write after the other, so that nobody ever meets a transaction
which is under way. The service prepares a transaction before it commits it, and meanwhile other
requests for its items are refused. Here each request takes its time between its arrival and its
being carried out, and what arrives meanwhile is answered as the service would:

- What is in work is a TransactWriteItems. A PutItem, UpdateItem or DeleteItem gets a
  TransactionConflictException, another TransactWriteItems is cancelled, and a BatchWriteItem gets
  its writes to these items back as unprocessed.
- What is in work is any write. A TransactGetItems is cancelled.
- What is in work is a TransactGetItems. Any write goes on, and the TransactGetItems is cancelled.
- GetItem, BatchGetItem, Query and Scan meet nobody, nor do single writes meet each other, nor does
  a TransactWriteItems that arrives meet a single write that is in work.

Sources: "Transaction conflict handling in DynamoDB", Amazon DynamoDB Developer Guide; for a write
that meets a transaction which reads, TransactionCanceledException of the API Reference. That a
batch's writes are unprocessed is not said there: BatchWriteItem has no error for it, and each of
its writes stands for itself. Statements of PartiQL count as the operations that they stand for.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from anydynamo.errors import ConfigurationError, InvalidRequest, TableNotFound, from_code
from anydynamo.testing.faults.adapter import pause
from anydynamo.testing.faults.asked import Asked, Schemas
from anydynamo.testing.faults.batches import without
from anydynamo.testing.faults.refusals import conflicted
from anydynamo.testing.faults.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo

__all__ = ["Contention"]

_BATCHES: Final = frozenset(("BatchExecuteStatement", "BatchWriteItem"))


@dataclass(slots=True, eq=False)
class _InWork:
    """A request that has arrived and is not answered.

    Attributes:
        items: What tells each of its items from all others, and their places.
        transaction: Whether they are taken together.
        writes: Whether any is written.
        token: What makes it idempotent.
        met: The places at which it met others after it had arrived.
    """

    items: Mapping[tuple[str, bytes], int]
    transaction: bool
    writes: bool
    token: str | None
    met: set[int] = field(default_factory=set[int])


class Contention:
    """An adapter under which overlapping requests conflict, if one of them is a transaction.

    Statements and requests whose items cannot be told (of a table that is not there, without a
    key) are nobody's rivals. Awaited or blocking, it works as the adapter inside does. Closing it
    closes the adapter inside.

    Args:
        adapter: What answers; any adapter.
        seconds: How long a request for items takes between its arrival and its being carried out.
        sleep: Waits so many seconds; as in `Faults`.

    Raises:
        ConfigurationError: The seconds are negative, or no number.
    """

    def __init__(
        self,
        adapter: DatabaseAdapter,
        seconds: float = 0.01,
        *,
        sleep: Callable[[float], Awaitable[None]] = pause,
    ) -> None:
        # Not `< 0`, which lets what is no number pass.
        if not seconds >= 0:
            raise ConfigurationError(f"A request takes 0 seconds or more, and not {seconds!r}")
        self._adapter = adapter
        self._seconds = seconds
        self._sleep = sleep
        self._schemas = Schemas(adapter)
        self._in_work: set[_InWork] = set()
        # The blocking facade may be called from several threads.
        self._lock = threading.Lock()

    @property
    def info(self) -> ProviderInfo:
        """What the adapter inside is."""
        return self._adapter.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one operation, unless it meets another; see `DatabaseAdapter.call`.

        Raises:
            TransactionConflict: A single write met a transaction.
            TransactionCancelled: A transaction met another request.
            TransactionInProgress: A transaction with the same client token is under way.
            AnyDynamoError: What the adapter inside says.
        """
        asked = Asked.of(operation, request)
        if not asked.named:
            answer = await self._adapter.call(operation, request)
            if asked.alters:
                self._schemas.forget(asked.tables)
            return answer
        try:
            await self._schemas.learn(asked.tables)
        except (InvalidRequest, TableNotFound):
            # The request will be refused for it, in its own words.
            return await self._adapter.call(operation, request)
        request_in_work = self._described(asked)
        refused = self._enter(asked, request_in_work)
        try:
            if refused:
                if operation not in _BATCHES:
                    raise conflicted(asked, refused)
                return await without(asked, refused, self._carry_out)
            answer = await self._carry_out(asked, request_in_work)
        finally:
            with self._lock:
                self._in_work.discard(request_in_work)
        return answer

    async def close(self) -> None:
        """Close the adapter inside."""
        await self._adapter.close()

    async def _carry_out(self, asked: Asked, in_work: _InWork | None = None) -> dict[str, Any]:
        await self._sleep(self._seconds)
        if in_work is not None and in_work.met:
            raise conflicted(asked, in_work.met)
        return await self._adapter.call(asked.operation, asked.request)

    def _described(self, asked: Asked) -> _InWork:
        identities = [self._schemas.identity(named) for named in asked.named]
        token = asked.request.get("ClientRequestToken")
        return _InWork(
            {one: place for place, one in enumerate(identities) if one is not None},
            asked.operation in ("ExecuteTransaction", "TransactGetItems", "TransactWriteItems"),
            asked.writes or asked.operation == "TransactWriteItems",
            token if isinstance(token, str) else None,
        )

    def _enter(self, asked: Asked, arriving: _InWork) -> set[int]:
        """Let a request in, unless it meets others; return the places at which it does.

        Raises:
            TransactionInProgress: The same transaction is under way.
        """
        with self._lock:
            met: set[int] = set()
            disturbed: list[tuple[_InWork, int]] = []
            for other in self._in_work:
                if arriving.token is not None and arriving.token == other.token:
                    code = "TransactionInProgressException"
                    raise from_code(code, TEXTS[code], operation=asked.operation)
                for item, place in arriving.items.items():
                    if item not in other.items:
                        continue
                    if _meets(arriving, other):
                        met.add(place)
                    elif not other.writes and _meets(other, arriving):
                        disturbed.append((other, other.items[item]))
            if not met or asked.operation in _BATCHES:
                for other, place in disturbed:
                    if place not in met:
                        other.met.add(place)
                items = {item: at for item, at in arriving.items.items() if at not in met}
                arriving.items = items
                self._in_work.add(arriving)
            return met


def _meets(one: _InWork, other: _InWork) -> bool:
    """Tell whether a request is refused because another has one of its items in work."""
    if one.writes:
        return other.writes and other.transaction
    return one.transaction and other.writes
