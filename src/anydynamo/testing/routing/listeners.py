"""Who listens to the events of a call: nobody but the clients' own parts, or a test as well.

What botocore does on the way can only be seen by handlers of its events. With the handlers that
every client has from the beginning, a call may go the short way; with any other, be it a test's, a
`Stubber` or an instrumentation, it goes the whole way, and each handler sees what it always sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Heard", "handlers_of", "registered"]

Handler = Callable[..., Any]  # any event's handler, with that event's arguments

_EVENTS: Final = (
    "provide-client-params",
    "before-parameter-build",
    "before-endpoint-resolution",
    "before-call",
    "request-created",
    "choose-signer",
    "before-sign",
    "before-send",
    "before-parse",
    "response-received",
    "needs-retry",
    "after-call",
)

_OWN: Final = frozenset(
    (
        "aiobotocore.retries.adaptive",
        "aiobotocore.retries.standard",
        "aiobotocore.retryhandler",
        "aiobotocore.signers",
        "anydynamo.testing.routing.answers",
        "boto3.dynamodb.transform",
        "botocore.discovery",
        "botocore.handlers",
        "botocore.retries.adaptive",
        "botocore.retries.standard",
        "botocore.retryhandler",
        "botocore.signers",
        "botocore.useragent",
        # It answers where we do, and we come first.
        "moto.core.botocore_stubber",
        # It adds headers for a network that is not there.
        "pynamodb.connection.base",
    )
)
"""Where the handlers are defined of which a call on the short way has no need."""

_CONVERSIONS: Final = "boto3.dynamodb.transform"
"""What makes a client that of a boto3 resource: Python's values for attribute values."""

_TOKENS: Final = ("botocore.handlers", "generate_idempotent_uuid")


@dataclass(frozen=True, slots=True)
class Heard:
    """The handlers that take part in a call on the short way, in the order of botocore.

    Attributes:
        providing: Those of `provide-client-params`, which may give other parameters.
        building: Those of `before-parameter-build`, which change the parameters.
        ending: Those of `after-call`, which change the answer.
    """

    providing: tuple[Handler, ...]
    building: tuple[Handler, ...]
    ending: tuple[Handler, ...]


def registered(client: Any) -> object:
    """Return an object that is another one as soon as a client's handlers have changed.

    Raises:
        AttributeError: This botocore keeps its handlers in another way.
    """
    return _emitter(client)._lookup_cache


def handlers_of(client: Any, operation: str, *, tokens: bool) -> Heard | None:
    """Return the handlers that a call needs, or None where somebody else listens.

    Args:
        client: A client of botocore.
        operation: DynamoDB's name for it.
        tokens: Whether the operation has a token that the client makes where none is given.

    Raises:
        AttributeError: This botocore keeps its handlers in another way.
    """
    emitter = _emitter(client)
    service = client.meta.service_model.service_id.hyphenize()
    needed: dict[str, tuple[Handler, ...]] = {}
    for event in _EVENTS:
        kept: list[Handler] = []
        for handler in emitter._handlers.prefix_search(f"{event}.{service}.{operation}"):
            module = getattr(handler, "__module__", None)
            if module not in _OWN:
                return None
            name = getattr(handler, "__name__", None)
            if module == _CONVERSIONS or (tokens and (module, name) == _TOKENS):
                kept.append(handler)
        needed[event] = tuple(kept)
    return Heard(
        needed["provide-client-params"], needed["before-parameter-build"], needed["after-call"]
    )


def _emitter(client: Any) -> Any:
    events = client.meta.events
    # Most clients have the emitter behind one that knows the services' former names.
    return getattr(events, "_emitter", events)
