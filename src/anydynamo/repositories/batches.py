"""Many writes in few requests.

DynamoDB takes 25 writes or 16 MB in a request and may leave some unprocessed; those are sent again,
after waits that grow, until the attempts, or the time that is given, are used up. What is left then
is in `BatchIncomplete`, and can be given to the same method again.

A batch has no conditions, so it could overwrite a newer version without noticing. Writes of a model
with versions therefore go as transactions of up to 100 actions: each compares its version, the
writes of one transaction happen together or not at all, and they cost twice as much. A lost race is
a `VersionConflict`; transactions before it are written, its own and later ones are not. The same
goes for models with unique attributes, whose writes come to several actions each.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pynamodb.models import Model

from anydynamo.engine.values.values import item_size
from anydynamo.errors import (
    AnyDynamoError,
    BatchIncomplete,
    Conflict,
    FailedWrite,
    InvalidRequest,
    Throttled,
    TransactionCancelled,
)
from anydynamo.repositories.resending import MOST_WRITES, Rest, Tries, send_writes, within_limits
from anydynamo.repositories.transactions import MOST_ACTIONS, TransactWrite, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.resending import Pace
    from anydynamo.repositories.session import Session

__all__ = ["MOST_BYTES", "Batch", "BatchWriter", "Entry", "Outcome", "in_transactions"]

M = TypeVar("M", bound=Model)
T = TypeVar("T")

Key = dict[str, dict[str, Any]]

# 4 MB of one transaction, less what the requests around the items take.
MOST_BYTES = 4_000_000
# What is written along with an item: keys of 3 KB, its own and its owner's, and a few names.
_ALONG_BYTES = 7_000
# Chunks that may be under way together.
_WINDOW = 8


class Entry(NamedTuple):
    """One write of a batch.

    Attributes:
        given: What the caller gave, for `BatchIncomplete`.
        key: Its key.
        identity: What tells its key from others; see `identity`.
        write: It as an action of a transaction.
    """

    given: object
    key: Key
    identity: tuple[Any, ...]
    write: TransactWrite

    def request(self) -> dict[str, Any]:
        """Return it as BatchWriteItem has it."""
        if self.write.kind == "Put":
            return {"PutRequest": {"Item": self.write.request["Item"]}}
        return {"DeleteRequest": {"Key": self.key}}


@dataclass(slots=True)
class Outcome:
    """What became of some writes: each of them is in one of the three.

    Attributes:
        done: How many are carried out.
        left: Those that are not, and may be sent again. After an error that does not say whether a
            write happened, they may have been carried out all the same.
        failed: Those that were refused, each with the error.
        cause: The last error that left some; None where DynamoDB just left them.
    """

    done: int = 0
    left: list[Entry] = field(default_factory=list[Entry])
    failed: list[tuple[Entry, AnyDynamoError]] = field(
        default_factory=list[tuple[Entry, AnyDynamoError]]
    )
    cause: AnyDynamoError | None = None

    def add(self, other: Outcome) -> None:
        """Take in what became of others."""
        self.done += other.done
        self.left += other.left
        self.failed += other.failed
        self.cause = other.cause or self.cause


class BatchWriter:
    """Sends writes in chunks.

    Args:
        session: The open database.
        table: The table's real name.
        locked: Whether the model has versions or unique attributes, so that transactions are
            needed.
        capacity: What collects the costs.
        give_up_after: For how many seconds each call of a method tries; None to try as often as
            the session's patience says.
        persistent: Whether errors of the provider that pass are worth trying again here, too.
        pace: How fast to go.

    Attributes:
        chunk: How many writes a request takes at most.
    """

    def __init__(
        self,
        session: Session,
        table: str,
        *,
        locked: bool,
        capacity: Capacity | None,
        give_up_after: float | None = None,
        persistent: bool = False,
        pace: Pace | None = None,
    ) -> None:
        self._session = session
        self._table = table
        self._locked = locked
        self._capacity = capacity
        self._give_up_after = give_up_after
        self._persistent = persistent or give_up_after is not None
        self._pace = pace
        self._end: float | None = None
        self.chunk = MOST_ACTIONS if locked else MOST_WRITES
        self._window = self.chunk * (1 if locked else _WINDOW)

    async def write_all(self, given: Iterable[T], entry_of: Callable[[T], Entry]) -> None:
        """Write everything; of several writes to one key, the last one counts.

        Args:
            given: Instances, or keys.
            entry_of: Checks one and makes it an entry.

        Raises:
            BatchIncomplete: Some was left, or refused. What comes after it is not sent, and is left
                too.
            AnyDynamoError: Nothing was written, and this is why.
            VersionConflict: Somebody else was there first.
        """
        # Also where there is nothing to write: who goes on after `close` is wrong then too.
        self._session.check_open("BatchWriteItem")
        self._begin()
        todo = iter(given)
        done = 0
        # Chunks of a window go out together, so a key may be in it only once.
        while window := [entry_of(one) for one in islice(todo, self._window)]:
            unique = {entry.identity: entry for entry in window}
            outcome = await self._write(list(unique.values()))
            done += outcome.done
            self._check(outcome, done, todo)

    async def write(self, entries: Sequence[Entry]) -> None:
        """Write entries that all have different keys.

        Raises:
            AnyDynamoError: As for `write_all`.
        """
        self._begin()
        outcome = await self._write(entries)
        self._check(outcome, outcome.done, ())

    async def settle(self, entries: Sequence[Entry]) -> Outcome:
        """Write entries of different keys, one request after the other, and account for each.

        A write that is refused does not hold up those beside it: they are sent without it.
        """
        self._begin()
        outcome = Outcome()
        for chunk in self._chunks(entries):
            outcome.add(await self._settle(chunk))
        return outcome

    def _begin(self) -> None:
        if self._give_up_after is not None:
            self._end = self._session.timer() + self._give_up_after

    async def _write(self, entries: Sequence[Entry]) -> Outcome:
        chunks = list(self._chunks(entries))
        outcome = Outcome()
        if self._locked:
            # One after the other, so that it is known which came before a lost race.
            for chunk in chunks:
                outcome.add(await self._transact_parted(chunk))
        else:
            for one in await self._session.together([self._sender(chunk) for chunk in chunks]):
                outcome.add(one)
        return outcome

    def _check(self, outcome: Outcome, done: int, rest: Iterable[object]) -> None:
        """Go on only if everything is written.

        Raises:
            AnyDynamoError: Something is not.
        """
        if not outcome.left and not outcome.failed:
            return
        refusal = outcome.failed[0][1] if outcome.failed else None
        if not done:
            # Where nothing was written, the reason says more than an account of nothing.
            if refusal is not None and not outcome.left:
                raise refusal
            if outcome.cause is not None and self._gave_up(outcome):
                raise outcome.cause
        raise self._incomplete(outcome, done, rest) from outcome.cause or refusal

    def _gave_up(self, outcome: Outcome) -> bool:
        """Tell whether an error ended the batch that was not tried again."""
        throttled = outcome.cause is None or isinstance(
            outcome.cause, Throttled | TransactionCancelled
        )
        return not throttled and not self._persistent

    def _sender(self, chunk: Sequence[Entry]) -> Any:
        # What it returns is a coroutine function without parameters; see `Session.together`.
        return lambda: self._send(chunk)

    def _chunks(self, entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
        if self._locked:
            return in_transactions(entries, lambda entry: entry.write)
        return within_limits(entries, Entry.request)

    async def _settle(self, chunk: Sequence[Entry]) -> Outcome:
        if not self._locked:
            outcome = await self._send(chunk)
            refused = [
                entry for entry, error in outcome.failed if isinstance(error, InvalidRequest)
            ]
            if len(chunk) == 1 or not refused:
                return outcome
        else:
            try:
                return await self._transact(chunk)
            except AnyDynamoError as error:
                if error.retryable or not isinstance(error, Conflict | InvalidRequest):
                    return Outcome(left=list(chunk), cause=error)
                if len(chunk) == 1:
                    return Outcome(failed=[(chunk[0], error)])
                # Nothing of a refused transaction is written.
                outcome, refused = Outcome(), list(chunk)
        half = (len(refused) + 1) // 2
        parted = Outcome(outcome.done)
        for part in (refused[:half], refused[half:]):
            if part:
                parted.add(await self._settle(part))
        return parted

    async def _send(self, chunk: Sequence[Entry]) -> Outcome:
        """Send a chunk until it is done, and say what became of it."""
        entries = {entry.identity: entry for entry in chunk}
        rest: Rest = await send_writes(
            self._session,
            self._table,
            {known: entry.request() for known, entry in entries.items()},
            tuple(chunk[0].key),
            Tries(self._session, self._end),
            persistent=self._persistent,
            capacity=self._capacity,
            pace=self._pace,
        )
        left = [entries[known] for known in rest.left]
        for known in entries.keys() - set(rest.left):
            entries[known].write.expectation.written()
        outcome = Outcome(len(chunk) - len(left))
        if rest.error is not None and not rest.error.retryable:
            outcome.failed = [(entry, rest.error) for entry in left]
        elif left:
            outcome.left, outcome.cause = left, rest.error
        return outcome

    async def _transact_parted(self, chunk: Sequence[Entry]) -> Outcome:
        try:
            return await self._transact(chunk)
        except InvalidRequest:
            # With what is written along it may be too large: that is known once the items were
            # read.
            if len(chunk) == 1 or all(entry.write.companions is None for entry in chunk):
                raise
        half = len(chunk) // 2
        outcome = await self._transact_parted(chunk[:half])
        outcome.add(await self._transact_parted(chunk[half:]))
        return outcome

    async def _transact(self, chunk: Sequence[Entry]) -> Outcome:
        actions = [entry.write for entry in chunk]
        # Writes with companions are repeated where they are planned.
        planned = any(action.companions is not None for action in actions)
        # Under one token a transaction takes effect once, also when its answer was lost.
        token = None if planned else str(uuid.uuid4())
        tries = Tries(self._session, self._end)
        cause: AnyDynamoError
        while True:
            if self._pace is not None:
                await self._pace.take(len(chunk))
            try:
                await transact(self._session, actions, token=token, capacity=self._capacity)
            except TransactionCancelled as error:
                faults = [fault for fault in error.errors if fault is not None]
                lasting = [fault for fault in faults if not fault.retryable]
                if lasting:
                    raise lasting[0] from error
                if not faults:
                    raise
                cause = error
            except AnyDynamoError as error:
                if planned or not (self._persistent and error.retryable):
                    raise
                cause = error
            else:
                return Outcome(len(chunk))
            if self._pace is not None:
                self._pace.throttled()
            if planned or not await tries.again():
                return Outcome(left=list(chunk), cause=cause)

    def _incomplete(self, outcome: Outcome, done: int, rest: Iterable[object]) -> BatchIncomplete:
        unprocessed = [*(entry.given for entry in outcome.left), *rest]
        failed = [FailedWrite(entry.given, error) for entry, error in outcome.failed]
        if self._gave_up(outcome):
            when = f", because of this: {outcome.cause}"
        elif self._give_up_after is not None:
            when = f" after {self._give_up_after:g} seconds"
        else:
            when = f" after {self._session.patience.attempts} attempts"
        also = f"; {len(failed)} more were refused, see `failed`" if failed else ""
        return BatchIncomplete(
            f"{len(unprocessed)} writes to {self._table} are still unprocessed{when}; they are in "
            f"`unprocessed`{also}",
            succeeded=done,
            unprocessed=unprocessed,
            failed=failed,
            operation="TransactWriteItems" if self._locked else "BatchWriteItem",
            table=self._table,
        )


def in_transactions(
    entries: Iterable[T], write_of: Callable[[T], TransactWrite]
) -> Iterator[list[T]]:
    """Divide writes into transactions, none of which has too many actions or bytes.

    Args:
        entries: What the writes belong to.
        write_of: Returns an entry's write; all that is written along with it stays together.
    """
    chunk: list[T] = []
    actions, room = 0, MOST_BYTES
    for entry in entries:
        write = write_of(entry)
        # An audit trail's entry has the item in it.
        size = item_size(write.request.get("Item", {})) * write.most
        size += _ALONG_BYTES * (write.most - 1)
        if chunk and (actions + write.most > MOST_ACTIONS or size > room):
            yield chunk
            chunk, actions, room = [], 0, MOST_BYTES
        chunk.append(entry)
        actions += write.most
        room -= size
    if chunk:
        yield chunk


class Batch(Generic[M]):
    """Gathers writes and sends them in chunks; made by `Repository.batch`.

    What is given is copied at once, so that the caller may go on changing it. Chunks go out one
    after the other and the last write to a key counts. When the `async with` block ends with an
    error, what was not yet sent is dropped.

    Args:
        put: Checks an instance and makes it an entry.
        delete: The same for a key, or an instance, to be deleted.
        writer: Sends entries.
    """

    def __init__(
        self, put: Callable[[M], Entry], delete: Callable[[Any], Entry], writer: BatchWriter
    ) -> None:
        self._put = put
        self._delete = delete
        self._writer = writer
        self._pending: dict[tuple[Any, ...], Entry] = {}

    def __len__(self) -> int:
        """Return how many writes wait to be sent."""
        return len(self._pending)

    async def put(self, instance: M) -> None:
        """Store an item, over whatever is there, with this batch.

        Raises:
            InvalidItem: It cannot be stored; nothing was added to the batch.
            BatchIncomplete: The chunk that was full could not be sent in whole.
            VersionConflict: Somebody else was first at an item of the chunk that was full.
        """
        await self._add(self._put(instance))

    async def delete(self, key: Any) -> None:
        """Delete an item by its key, or an instance, with this batch.

        Raises:
            InvalidRequest: It is no key; nothing was added to the batch.
            BatchIncomplete: The chunk that was full could not be sent in whole.
            VersionConflict: Somebody else was first at an item of the chunk that was full.
        """
        await self._add(self._delete(key))

    async def flush(self) -> None:
        """Send what is pending now.

        Raises:
            BatchIncomplete: Some was left when the attempts were used up.
            VersionConflict: Somebody else was there first.
        """
        entries = list(self._pending.values())
        self._pending.clear()
        if entries:
            await self._writer.write(entries)

    async def __aenter__(self) -> Batch[M]:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            await self.flush()
        self._pending.clear()

    async def _add(self, entry: Entry) -> None:
        self._pending[entry.identity] = entry
        if len(self._pending) >= self._writer.chunk:
            await self.flush()
