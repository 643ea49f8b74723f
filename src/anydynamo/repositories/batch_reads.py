"""Many items by their keys, in few requests."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from anydynamo.errors import AnyDynamoError, BatchIncomplete, Throttled
from anydynamo.repositories.resending import Tries, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.session import Session

__all__ = ["BatchReader"]

T = TypeVar("T")

Item = dict[str, Any]
Wanted = dict[tuple[Any, ...], tuple[object, Item]]

# BatchGetItem, Amazon DynamoDB API Reference: 100 keys; of more than 16 MB it answers a part.
_MOST_READS = 100
# Requests that may be under way together.
_WINDOW = 8


class _Read(NamedTuple):
    """What one request's keys came to, and which of them are left for what reason."""

    found: dict[tuple[Any, ...], Mapping[str, Any]]
    left: list[object]
    cause: AnyDynamoError | None


class BatchReader(Generic[T]):
    """Reads items by their keys, in chunks.

    The first request goes alone, so that whoever needs the first items pays for no more; then two
    go together, then four, then eight.

    Args:
        session: The open database.
        table: The table's real name.
        keys: Pairs of what the caller gave and the key it stands for.
        options: What the request says beside the keys.
        decode: Turns an item into a result, or into None where it is not to be seen.
        capacity: What collects the costs.
        give_up_after: For how many seconds to try, from the first request on; None to try as often
            as the session's patience says.
    """

    def __init__(
        self,
        session: Session,
        table: str,
        keys: Iterable[tuple[object, Item]],
        options: Mapping[str, Any],
        decode: Callable[[Mapping[str, Any]], T | None],
        capacity: Capacity | None,
        give_up_after: float | None = None,
    ) -> None:
        self._session = session
        self._table = table
        self._keys = iter(keys)
        self._options = options
        self._decode = decode
        self._capacity = capacity
        self._give_up_after = give_up_after
        self._end: float | None = None
        self._window = 1

    async def pull(self) -> list[T] | None:
        """Return the items of the next keys, in the order of the keys; None at the end.

        Raises:
            BatchIncomplete: Some was left when the attempts, or the time, were used up.
        """
        self._session.check_open("BatchGetItem")
        if self._end is None and self._give_up_after is not None:
            self._end = self._session.timer() + self._give_up_after
        while pairs := list(islice(self._keys, self._window * _MOST_READS)):
            known = [(identity(pair[1]), pair) for pair in pairs]
            chunks = [known[at : at + _MOST_READS] for at in range(0, len(known), _MOST_READS)]
            reads = await self._session.together([self._fetcher(dict(chunk)) for chunk in chunks])
            self._window = min(_WINDOW, self._window * 2)
            results = [
                result
                for chunk, read in zip(chunks, reads, strict=True)
                for result in self._results(chunk, read)
            ]
            left = [key for read in reads for key in read.left]
            if left:
                causes = [read.cause for read in reads if read.cause is not None]
                raise self._incomplete(left, results) from (causes[-1] if causes else None)
            if results:
                return results
        return None

    def _fetcher(self, wanted: Wanted) -> Any:
        # What it returns is a coroutine function without parameters; see `Session.together`.
        return lambda: self._fetch(wanted)

    def _results(self, chunk: Sequence[tuple[tuple[Any, ...], object]], read: _Read) -> list[T]:
        found = [self._decode(read.found[known]) for known, _ in chunk if known in read.found]
        return [one for one in found if one is not None]

    async def _fetch(self, wanted: Wanted) -> _Read:
        left: list[Item] = [key for _, key in wanted.values()]
        names = tuple(left[0])
        found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        cause: AnyDynamoError | None = None
        tries = Tries(self._session, self._end)
        while True:
            asked: dict[str, Any] = {"RequestItems": {self._table: {**self._options, "Keys": left}}}
            try:
                response = await self._session.call("BatchGetItem", asked, self._capacity)
            except AnyDynamoError as error:
                # Of other errors a provider has tried again what was worth it, so that is done once
                # more only for those who have time.
                if not isinstance(error, Throttled) and (self._end is None or not error.retryable):
                    raise
                cause = error
            else:
                for items in response["Responses"].values():
                    for item in items:
                        found[identity({name: item[name] for name in names})] = item
                unprocessed: Mapping[str, Any] = response.get("UnprocessedKeys") or {}
                left = [key for part in unprocessed.values() for key in part["Keys"]]
                if not left:
                    return _Read(found, [], None)
            if not await tries.again():
                return _Read(found, [wanted[identity(key)][0] for key in left], cause)

    def _incomplete(self, left: Sequence[object], results: Sequence[T]) -> BatchIncomplete:
        unread = list(chain(left, (given for given, _ in self._keys)))
        said = (
            f"{self._session.patience.attempts} attempts"
            if self._give_up_after is None
            else f"{self._give_up_after:g} seconds"
        )
        return BatchIncomplete(
            f"{len(unread)} items of {self._table} are still unread after {said}; their keys are "
            "in `unprocessed`",
            unprocessed=unread,
            results=results,
            operation="BatchGetItem",
            table=self._table,
        )
