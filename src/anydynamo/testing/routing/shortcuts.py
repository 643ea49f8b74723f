"""The short way of a call: straight to the adapter, where nobody can see the difference.

Of what a client does for a request, most is for a network: the endpoint's rules, the JSON, the
signature, the response's parsing. A call leaves all of it out if

- the client has made a call on the whole way before, so that its region and its credentials are
  there, and its configuration fits;
- nobody listens who could see what is left out (`listeners`), botocore's debug log included;
- the request would pass botocore's checks and arrive as it is (`plain`).

An error that the adapter raises goes the whole way, with that outcome: exceptions, repetitions and
their pauses are the client's own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

from anydynamo.errors import AnyDynamoError
from anydynamo.testing.routing.answers import headers
from anydynamo.testing.routing.listeners import Heard, handlers_of, registered
from anydynamo.testing.routing.plain import Check, check_of

if TYPE_CHECKING:
    from anydynamo.testing.routing.data import Data

__all__ = ["SHORT", "Shortcuts"]

SHORT: Final = frozenset(
    (
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "ExecuteStatement",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    )
)
"""The operations that take the short way: those on items, of which tests make many. Their answers
hold no moments, which botocore gives in the machine's time zone."""

_log = logging.getLogger("botocore")


@dataclass(frozen=True, slots=True)
class _Way:
    """What one client does for one operation."""

    model: Any  # botocore's
    check: Check
    heard: Heard


class Shortcuts:
    """The short ways of the clients that have shown that the whole way is open to them."""

    def __init__(self) -> None:
        """Begin without any client."""
        self._clients: WeakKeyDictionary[Any, _Client] = WeakKeyDictionary()
        self._checks: dict[str, Check] = {}

    def open(self, client: Any) -> None:
        """Let a client's later calls take the short way."""
        if client not in self._clients:
            self._clients[client] = _Client()

    def call(
        self, data: Data, client: Any, operation: str, given: dict[str, Any]
    ) -> dict[str, Any] | AnyDynamoError | None:
        """Make a client's call on the short way.

        Returns:
            The answer; or the error with which the first attempt on the whole way has to end; or
            None if the whole way has to be gone from its beginning.
        """
        way = self._way(client, operation)
        if way is None:
            return None
        request = _built(way, given)
        if not _passes(way.check, request):
            return None
        try:
            answer = data.call(operation, request)
        except AnyDynamoError as error:
            return error
        except UnicodeEncodeError:
            return None
        return _ended(way, answer)

    async def call_async(
        self, data: Data, client: Any, operation: str, given: dict[str, Any]
    ) -> dict[str, Any] | AnyDynamoError | None:
        """Make a client's call on the short way, see `call`."""
        way = self._way(client, operation)
        if way is None:
            return None
        request = _built(way, given)
        if not _passes(way.check, request):
            return None
        try:
            answer = await data.call_async(operation, request)
        except AnyDynamoError as error:
            return error
        except UnicodeEncodeError:
            return None
        return _ended(way, answer)

    def _way(self, client: Any, operation: str) -> _Way | None:
        if operation not in SHORT or _log.isEnabledFor(logging.DEBUG):
            return None
        opened = self._clients.get(client)
        if opened is None:
            return None
        now = registered(client)
        if opened.registered is not now:
            opened.registered, opened.ways = now, {}
        try:
            return opened.ways[operation]
        except KeyError:
            way = opened.ways[operation] = self._made(client, operation)
            return way

    def _made(self, client: Any, operation: str) -> _Way | None:
        model = client.meta.service_model.operation_model(operation)
        heard = handlers_of(client, operation, tokens=bool(model.idempotent_members))
        if heard is None:
            return None
        check = self._checks.get(operation)
        if check is None:
            check = self._checks[operation] = check_of(model.input_shape)
        return _Way(model, check, heard)


class _Client:
    __slots__ = ("registered", "ways")

    def __init__(self) -> None:
        self.registered: object = None
        self.ways: dict[str, _Way | None] = {}


def _passes(check: Check, request: dict[str, Any]) -> bool:
    try:
        return check(request)
    except RecursionError:
        return False


def _built(way: _Way, given: dict[str, Any]) -> dict[str, Any]:
    request = given
    for handler in way.heard.providing:
        request = cast("dict[str, Any]", handler(params=request, model=way.model))
    for handler in way.heard.building:
        handler(params=request, model=way.model)
    return request


def _ended(way: _Way, answer: dict[str, Any]) -> dict[str, Any]:
    described = headers()
    answer["ResponseMetadata"] = {
        "RequestId": described["x-amzn-requestid"],
        "HTTPStatusCode": 200,
        "HTTPHeaders": described,
        "RetryAttempts": 0,
    }
    for handler in way.heard.ending:
        handler(parsed=answer, model=way.model)
    return answer
