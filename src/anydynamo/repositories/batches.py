"""Many items in few requests.

DynamoDB takes 25 writes or 100 reads in a request and may leave some unprocessed; those are sent
again, after waits that grow, until the attempts are used up.

A batch has no conditions, so it could overwrite a newer version without noticing. Writes of a model
with versions therefore go as transactions of up to 100 actions: each compares its version, the
writes of one transaction happen together or not at all, and they cost twice as much. A lost race is
a `VersionConflict`; transactions before it are written, its own and later ones are not. The same
goes for models with unique attributes, whose writes come to several actions each.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pynamodb.models import Model

from anydynamo.engine.values.values import item_size
from anydynamo.errors import BatchIncomplete, InvalidRequest, Throttled, TransactionCancelled
from anydynamo.repositories.transactions import MOST_ACTIONS, TransactWrite, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    from anydynamo.errors import AnyDynamoError
    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.session import Session

__all__ = ["MOST_BYTES", "Batch", "BatchReader", "BatchWriter", "identity", "in_transactions"]

M = TypeVar("M", bound=Model)
T = TypeVar("T")

Key = dict[str, dict[str, Any]]

_MOST_WRITES = 25
_MOST_READS = 100
# 4 MB of one transaction, less what the requests around the items take.
MOST_BYTES = 4_000_000
# What is written along with an item: keys of 3 KB, its own and its owner's, and a few names.
_ALONG_BYTES = 7_000
# Chunks that may be under way together.
_WINDOW = 8


def identity(key: Mapping[str, Mapping[str, Any]]) -> tuple[Any, ...]:
    """Return what two keys have in common exactly if DynamoDB takes them for one.

    Numbers count by value: 1 and 1.0 are one key.
    """
    return tuple(
        (name, Decimal(value["N"]) if "N" in value else next(iter(value.values())))
        for name, value in sorted(key.items())
    )


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


class BatchWriter:
    """Sends writes in chunks.

    Args:
        session: The open database.
        table: The table's real name.
        locked: Whether the model has versions or unique attributes, so that transactions are
            needed.
        capacity: What collects the costs.
    """

    def __init__(
        self, session: Session, table: str, *, locked: bool, capacity: Capacity | None
    ) -> None:
        self._session = session
        self._table = table
        self._locked = locked
        self._capacity = capacity
        self.chunk = MOST_ACTIONS if locked else _MOST_WRITES
        self._window = self.chunk * (1 if locked else _WINDOW)

    async def write_all(self, entries: Iterable[Entry]) -> None:
        """Write everything; of several writes to one key, the last one counts.

        Raises:
            BatchIncomplete: Some was left when the attempts were used up. What comes after it is
                not sent, and is left too.
            VersionConflict: Somebody else was there first.
        """
        # Also where there is nothing to write: who goes on after `close` is wrong then too.
        self._session.check_open("BatchWriteItem")
        todo = iter(entries)
        # Chunks of a window go out together, so a key may be in it only once.
        while window := list(islice(todo, self._window)):
            unique = {entry.identity: entry for entry in window}
            try:
                await self.write(list(unique.values()))
            except BatchIncomplete as error:
                rest = [entry.given for entry in todo]
                if not rest:
                    raise
                raise self._incomplete([*error.unprocessed, *rest]) from error.__cause__

    async def write(self, entries: Sequence[Entry]) -> None:
        """Write entries that all have different keys."""
        chunks = list(self._chunks(entries))
        causes: list[AnyDynamoError] = []
        if self._locked:
            # One after the other, so that it is known which came before a lost race.
            left = [await self._transact(chunk, causes) for chunk in chunks]
        else:
            left = await self._session.together([self._sender(chunk, causes) for chunk in chunks])
        unprocessed = [entry.given for chunk in left for entry in chunk]
        if unprocessed:
            raise self._incomplete(unprocessed) from (causes[-1] if causes else None)

    def _sender(self, chunk: Sequence[Entry], causes: list[AnyDynamoError]) -> Any:
        # What it returns is a coroutine function without parameters; see `Session.together`.
        return lambda: self._send(chunk, causes)

    def _chunks(self, entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
        if not self._locked:
            for start in range(0, len(entries), self.chunk):
                yield entries[start : start + self.chunk]
            return
        yield from in_transactions(entries, lambda entry: entry.write)

    async def _send(self, chunk: Sequence[Entry], causes: list[AnyDynamoError]) -> Sequence[Entry]:
        """Send a chunk until it is done; return what is left after the last attempt.

        DynamoDB throttles a batch of which it processes nothing, where it otherwise leaves some
        unprocessed ("Batch operations and error handling", Developer Guide); both count as one.
        """
        left = {entry.identity: entry for entry in chunk}
        key_names = tuple(chunk[0].key)
        for tries in range(1, self._session.patience.attempts + 1):
            requests = [entry.request() for entry in left.values()]
            request = {"RequestItems": {self._table: requests}}
            try:
                response = await self._session.call("BatchWriteItem", request, self._capacity)
            except Throttled as error:
                causes.append(error)
                response = {"UnprocessedItems": request["RequestItems"]}
            unprocessed: Mapping[str, Any] = response.get("UnprocessedItems") or {}
            # There is one table in the request, and DynamoDB may call it by another of its names.
            keys = [
                identity(_key_in(request, key_names))
                for requests in unprocessed.values()
                for request in requests
            ]
            for key in left.keys() - set(keys):
                left[key].write.expectation.written()
            left = {key: left[key] for key in keys}
            if not left:
                break
            if tries < self._session.patience.attempts:
                await self._session.pause(tries)
        return list(left.values())

    async def _transact(
        self, chunk: Sequence[Entry], causes: list[AnyDynamoError]
    ) -> Sequence[Entry]:
        actions = [entry.write for entry in chunk]
        # Writes with companions are repeated where they are planned.
        planned = any(action.companions is not None for action in actions)
        attempts = 1 if planned else self._session.patience.attempts
        for tries in range(1, attempts + 1):
            try:
                await transact(self._session, actions, capacity=self._capacity)
            except InvalidRequest:
                # Too large together, it may be: that is known once the items were read.
                if not planned or len(chunk) == 1:
                    raise
                half = len(chunk) // 2
                left = await self._transact(chunk[:half], causes)
                return [*left, *await self._transact(chunk[half:], causes)]
            except TransactionCancelled as error:
                faults = [fault for fault in error.errors if fault is not None]
                lasting = [fault for fault in faults if not fault.retryable]
                if lasting:
                    raise lasting[0] from error
                if not faults:
                    raise
                causes.append(error)
                if tries < attempts:
                    await self._session.pause(tries)
            else:
                return ()
        return chunk

    def _incomplete(self, unprocessed: Sequence[object]) -> BatchIncomplete:
        return BatchIncomplete(
            f"{len(unprocessed)} writes to {self._table} are still unprocessed after "
            f"{self._session.patience.attempts} attempts; they are in `unprocessed`",
            unprocessed=unprocessed,
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


def _key_in(request: Mapping[str, Any], key_names: Sequence[str]) -> Key:
    if "PutRequest" in request:
        item: Key = request["PutRequest"]["Item"]
        return {name: item[name] for name in key_names}
    key: Key = request["DeleteRequest"]["Key"]
    return key


class BatchReader(Generic[T]):
    """Reads items by their keys, in chunks.

    Args:
        session: The open database.
        table: The table's real name.
        keys: Pairs of what the caller gave and the key it stands for.
        options: What the request says beside the keys.
        decode: Turns an item into a result, or into None where it is not to be seen.
        capacity: What collects the costs.
    """

    def __init__(
        self,
        session: Session,
        table: str,
        keys: Iterable[tuple[object, Key]],
        options: Mapping[str, Any],
        decode: Callable[[Mapping[str, Any]], T | None],
        capacity: Capacity | None,
    ) -> None:
        self._session = session
        self._table = table
        self._keys = iter(keys)
        self._options = options
        self._decode = decode
        self._capacity = capacity

    async def pull(self) -> list[T] | None:
        """Return the items of the next keys, in the order of the keys; None at the end.

        Raises:
            BatchIncomplete: Some was left when the attempts were used up.
        """
        self._session.check_open("BatchGetItem")
        while pairs := list(islice(self._keys, _MOST_READS)):
            wanted = [(identity(pair[1]), pair) for pair in pairs]
            found = await self._fetch(dict(wanted))
            read = [self._decode(found[known]) for known, _ in wanted if known in found]
            results = [one for one in read if one is not None]
            if results:
                return results
        return None

    async def _fetch(
        self, wanted: Mapping[tuple[Any, ...], tuple[object, Key]]
    ) -> dict[tuple[Any, ...], Mapping[str, Any]]:
        left = [key for _, key in wanted.values()]
        names = tuple(left[0])
        found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        cause: Throttled | None = None
        for tries in range(1, self._session.patience.attempts + 1):
            asked: dict[str, Any] = {"RequestItems": {self._table: {**self._options, "Keys": left}}}
            response: Mapping[str, Any]
            try:
                response = await self._session.call("BatchGetItem", asked, self._capacity)
            except Throttled as error:
                # Nothing was processed at all; see `BatchWriter._send`.
                cause = error
                response = {"Responses": {}, "UnprocessedKeys": asked["RequestItems"]}
            for items in response["Responses"].values():
                for item in items:
                    found[identity({name: item[name] for name in names})] = item
            unprocessed: Mapping[str, Any] = response.get("UnprocessedKeys") or {}
            left = [key for part in unprocessed.values() for key in part["Keys"]]
            if not left:
                return found
            if tries < self._session.patience.attempts:
                await self._session.pause(tries)
        raise BatchIncomplete(
            f"{len(left)} items of {self._table} are still unread after "
            f"{self._session.patience.attempts} attempts; their keys are in `unprocessed`",
            unprocessed=[wanted[identity(key)][0] for key in left],
            operation="BatchGetItem",
            table=self._table,
        ) from cause


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
