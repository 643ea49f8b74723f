"""What a batch left unprocessed is sent again: the one loop of every batch of writes.

DynamoDB answers a BatchWriteItem of which it processes a part with the rest ("Batch operations and
error handling", Developer Guide), and throttles one of which it processes nothing; both count as
one try. The rest is sent after a random wait that grows, until the attempts are used up or, where
the caller set a time, until that is over.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from anydynamo.engine.values.values import item_size
from anydynamo.errors import AnyDynamoError, InvalidRequest, Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.session import Session

__all__ = [
    "MOST_WRITES",
    "Pace",
    "Rest",
    "Tries",
    "checked_time",
    "identity",
    "send_writes",
    "within_limits",
]

T = TypeVar("T")

Identity = tuple[Any, ...]
Request = dict[str, Any]

# BatchWriteItem, Amazon DynamoDB API Reference: 25 requests and 16 MB, as they are transmitted.
MOST_WRITES = 25
# 16 MB less what the requests around the items take: a table's name, and a few words for each.
_MOST_SENT = 15_900_000
# One byte of an item never comes to more in JSON, where 1E+125 may be written out in digits: most
# items are small enough by this alone, and need not be written twice to be measured.
_MOST_IN_JSON = 48
_SURELY_SMALL = _MOST_SENT // MOST_WRITES // _MOST_IN_JSON


def identity(key: Mapping[str, Mapping[str, Any]]) -> Identity:
    """Return what two keys have in common exactly if DynamoDB takes them for one.

    Numbers count by value: 1 and 1.0 are one key.
    """
    return tuple(
        (name, Decimal(value["N"]) if "N" in value else next(iter(value.values())))
        for name, value in sorted(key.items())
    )


def checked_time(give_up_after: float | None) -> float | None:
    """Return a time to try for, if there is one.

    Raises:
        InvalidRequest: It is not a number of seconds from 0 up.
    """
    given: object = give_up_after
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if give_up_after is not None and not (number and give_up_after >= 0):
        raise InvalidRequest(
            f"give_up_after is a number of seconds from 0 up, or None, not {give_up_after!r}"
        )
    return give_up_after


class Pace(Protocol):
    """How fast writes may go; see `rates.AdaptiveRate`."""

    async def take(self, count: int) -> None:
        """Wait until so many more may go."""
        ...

    def throttled(self) -> None:
        """Take note that the table is too slow for what was sent."""
        ...


class Tries:
    """Counts how often something was tried, and waits before the next time.

    Args:
        session: The open database.
        end: When to stop, by the session's timer; None to stop after the patience's attempts.
    """

    def __init__(self, session: Session, end: float | None = None) -> None:
        self._session = session
        self._end = end
        self._count = 0

    async def again(self) -> bool:
        """Wait and return True; return False without waiting where it was tried enough."""
        self._count += 1
        session = self._session
        if self._end is None:
            if self._count >= session.patience.attempts:
                return False
            await session.pause(self._count)
            return True
        left = self._end - session.timer()
        if left <= 0:
            return False
        await session.sleep(min(left, session.patience.wait(self._count, session.random())))
        return True


@dataclass(frozen=True, slots=True)
class Rest:
    """What of a batch is not written.

    Attributes:
        left: What tells the keys of what is left.
        error: Why, where an error said so; None where DynamoDB just left it.
    """

    left: tuple[Identity, ...] = ()
    error: AnyDynamoError | None = None


async def send_writes(
    session: Session,
    table: str,
    requests: Mapping[Identity, Request],
    key_names: Sequence[str],
    tries: Tries,
    *,
    persistent: bool = False,
    capacity: Capacity | None = None,
    pace: Pace | None = None,
) -> Rest:
    """Send writes of one BatchWriteItem until they are done, or were tried enough.

    Args:
        session: The open database.
        table: The table's real name.
        requests: The writes, by what tells their keys.
        key_names: The attributes of a key.
        tries: How often to try.
        persistent: Whether other errors that pass are worth trying again, too. A provider has
            tried those for itself before it raises them, so it is for those who have time.
        capacity: Collects what it costs.
        pace: How fast to go.

    Returns:
        What is not written. After an error other than a throttle, some of it may be all the same.
    """
    left = dict(requests)
    last: AnyDynamoError | None = None
    while True:
        sent = list(left.values())
        if pace is not None:
            await pace.take(len(sent))
        try:
            asked = {"RequestItems": {table: sent}}
            response = await session.call("BatchWriteItem", asked, capacity)
        except AnyDynamoError as error:
            last = error
            if not isinstance(error, Throttled) and not (persistent and error.retryable):
                return Rest(tuple(left), error)
            slow = isinstance(error, Throttled)
        else:
            unprocessed: Mapping[str, Any] = response.get("UnprocessedItems") or {}
            # There is one table in the request, and DynamoDB may call it by another of its names.
            keys = [
                identity(_key_in(request, key_names))
                for several in unprocessed.values()
                for request in several
            ]
            left = {key: left[key] for key in keys}
            if not left:
                return Rest()
            slow = True
        if slow and pace is not None:
            pace.throttled()
        if not await tries.again():
            return Rest(tuple(left), last)


def _key_in(request: Request, key_names: Sequence[str]) -> dict[str, Any]:
    if "PutRequest" in request:
        item: dict[str, Any] = request["PutRequest"]["Item"]
        return {name: item[name] for name in key_names}
    key: dict[str, Any] = request["DeleteRequest"]["Key"]
    return key


def within_limits(entries: Iterable[T], request_of: Callable[[T], Request]) -> Iterator[list[T]]:
    """Divide writes into chunks of at most 25, and of at most 16 MB as JSON.

    Args:
        entries: What the writes belong to.
        request_of: Returns an entry's write, as BatchWriteItem has it.
    """
    chunk: list[T] = []
    room = _MOST_SENT
    for entry in entries:
        size = _sent_size(request_of(entry))
        if chunk and (len(chunk) == MOST_WRITES or size > room):
            yield chunk
            chunk, room = [], _MOST_SENT
        chunk.append(entry)
        room -= size
    if chunk:
        yield chunk


def _sent_size(request: Request) -> int:
    """Return how many bytes a write is in JSON, or for a small one as many as it has at most."""
    item = (
        request["PutRequest"]["Item"]
        if "PutRequest" in request
        else request["DeleteRequest"]["Key"]
    )
    size = item_size(item)
    if size <= _SURELY_SMALL:
        return size * _MOST_IN_JSON
    return len(json.dumps(item, default=_in_base64))


def _in_base64(value: bytes) -> str:
    return b64encode(value).decode()
