"""The functions of botocore that are replaced while a mock is active.

Botocore documents events of clients, and no way to all clients. So a few functions are replaced on
their classes, which reaches clients wherever and whenever they were made:

- `Endpoint.make_request`, which every call of every client goes through, sees to it that our
  handler of `before-send` is registered with the client, before any other;
- `BaseClient.__init__` bars the network from clients that are made while a mock is active;
- two methods of our own provider see to it that its calls go through aiobotocore, and not past it,
  while a mock is active;
- `_make_api_call` of `BaseClient` and `AioBaseClient` is where a call can take the short way. It is
  left alone when another package has wrapped it, which may want to see every call.

With no mock active each does what the original does, so that one that was wrapped in the meantime
can stay where it is.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from anydynamo.adapters.dynamodb.choosing import Choice
from anydynamo.adapters.dynamodb.clients import Client
from anydynamo.errors import NotSupported
from anydynamo.testing.routing.answers import known_outcome, refuse_network, send, send_async
from anydynamo.testing.routing.data import active, passing
from anydynamo.testing.routing.shortcuts import Shortcuts

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Seams"]

_SERVICES: Final = frozenset(("dynamodb", "dynamodbstreams"))
_UNIQUE: Final = "anydynamo-before-send"  # for botocore: a handler's identity


class Seams:
    """The replaced functions, and the clients that were met."""

    def __init__(self) -> None:
        """Begin with nothing replaced."""
        self._replaced: list[tuple[type, str, Any, Any]] = []
        self._shortcuts = Shortcuts()
        self._met: WeakKeyDictionary[Any, tuple[Any, str]] = WeakKeyDictionary()

    def open(self) -> None:
        """Replace the functions."""
        client: Any = importlib.import_module("botocore.client").BaseClient
        endpoint: Any = importlib.import_module("botocore.endpoint").Endpoint
        self._replace(client, "__init__", self._initializing)
        self._replace(endpoint, "make_request", self._requesting)
        if _genuine(client):
            self._replace(client, "_make_api_call", self._calling)
        self._open_asynchronous()
        self._replace(Choice, "choose", self._choosing)
        self._replace(Client, "goes_directly", self._passing_by)

    def close(self) -> None:
        """Put everything back, but for what somebody else has wrapped since."""
        for owner, name, original, ours in reversed(self._replaced):
            if owner.__dict__[name] is ours:
                setattr(owner, name, original)
        self._replaced.clear()
        for emitter, event in list(self._met.values()):
            emitter.unregister(event, unique_id=_UNIQUE)
        self._met.clear()

    def _open_asynchronous(self) -> None:
        client = _asynchronous()
        if client is not None and _genuine(client):
            self._replace(client, "_make_api_call", self._calling_async)

    def _replace(
        self, owner: type, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        original: Any = owner.__dict__[name]
        ours = functools.wraps(original)(make(original))
        self._replaced.append((owner, name, original, ours))
        setattr(owner, name, ours)

    def _initializing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def initialize(client: Any, *arguments: Any, **named: Any) -> None:
            original(client, *arguments, **named)
            if active() is None or passing.get():
                return
            # The first client of aiobotocore may be made after its import inside.
            if isinstance(client, _asynchronous() or ()):
                self._open_asynchronous()
            model = client.meta.service_model
            if model.service_name in _SERVICES:
                self._met[client._endpoint] = _register(client._endpoint, model)
                # What no handler answers after the mock has ended would be sent.
                client._endpoint.http_session.send = refuse_network

        return initialize

    def _requesting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make_request(endpoint: Any, operation_model: Any, request_dict: Any) -> Any:
            data = active()
            if data is not None and not passing.get():
                model = operation_model.service_model
                if model.service_name in _SERVICES:
                    if endpoint not in self._met:
                        self._met[endpoint] = _register(endpoint, model)
                elif data.alone:
                    raise NotSupported(
                        f"{operation_model.name} of {model.service_name} while mock_dynamodb "
                        "refuses every service but DynamoDB; leave out `alone` to let it through",
                        operation=operation_model.name,
                    )
            return original(endpoint, operation_model, request_dict)

        return make_request

    def _choosing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        async def choose(choice: Any, *arguments: Any, **named: Any) -> Any:
            if active() is None or passing.get():
                return await original(choice, *arguments, **named)
            return None

        return choose

    def _passing_by(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def goes_directly(client: Any, *arguments: Any) -> Any:
            return (active() is None or passing.get()) and original(client, *arguments)

        return goes_directly

    def _calling(self, original: Callable[..., Any]) -> Callable[..., Any]:
        shortcuts = self._shortcuts

        def make_api_call(client: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
            data = active()
            if data is None or passing.get():
                return original(client, operation_name, api_params)
            answer = shortcuts.call(data, client, operation_name, api_params)
            if isinstance(answer, dict):
                return answer
            known = known_outcome.set(answer)
            try:
                result = original(client, operation_name, api_params)
            finally:
                known_outcome.reset(known)
            shortcuts.open(client)
            return result

        return make_api_call

    def _calling_async(self, original: Callable[..., Any]) -> Callable[..., Any]:
        shortcuts = self._shortcuts

        async def make_api_call(
            client: Any, operation_name: str, api_params: dict[str, Any]
        ) -> Any:
            data = active()
            if data is None or passing.get():
                return await original(client, operation_name, api_params)
            answer = await shortcuts.call_async(data, client, operation_name, api_params)
            if isinstance(answer, dict):
                return answer
            known = known_outcome.set(answer)
            try:
                result = await original(client, operation_name, api_params)
            finally:
                known_outcome.reset(known)
            shortcuts.open(client)
            return result

        return make_api_call


def _register(endpoint: Any, model: Any) -> tuple[Any, str]:
    """Register our handler with a client's events, before any other, and return where."""
    asynchronous = inspect.iscoroutinefunction(endpoint.create_request)
    event = f"before-send.{model.service_id.hyphenize()}"
    emitter = endpoint._event_emitter
    handler = send_async if asynchronous else send
    emitter.register_first(event, handler, unique_id=_UNIQUE)
    return emitter, event


def _asynchronous() -> Any:
    """Return the class of aiobotocore's clients, or None while nobody has imported it."""
    return getattr(sys.modules.get("aiobotocore.client"), "AioBaseClient", None)


def _genuine(client: Any) -> bool:
    """Tell whether a class still has the `_make_api_call` that it was defined with."""
    function = client.__dict__["_make_api_call"]
    package: Any = sys.modules[client.__module__.partition(".")[0]]
    code = getattr(function, "__code__", None)
    # Botocore's decorator is defined in another of its modules.
    folders = {Path(package.__file__).parent, Path(sys.modules["botocore"].__file__ or "").parent}
    return code is not None and Path(code.co_filename).parent in folders
