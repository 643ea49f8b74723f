"""Events as GitHub gives them, checked and made into items.

GitHub has two forms. Its events API gives

    {"id": "1", "type": "PushEvent", "repo": {"name": "octocat/hello"}, "created_at": "...",
     "actor": {"login": "octocat"}, "payload": {...}}

and a webhook sends a payload alone, whose id and name are in the headers `X-GitHub-Delivery` and
`X-GitHub-Event`: give them as `{"id": ..., "event_type": "push", "payload": {...}}`. Its repository
and actor are found in the payload, and its time is the time at which it is stored. The names of the
table (`event_type`, `repo_name`, `actor_login`) are understood in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from anydynamo.catalog.github_events.models import Event
from anydynamo.catalog.github_events.payloads import at, mapping_at, text_at
from anydynamo.engine.errors import EngineError
from anydynamo.engine.limits import ITEM_BYTES
from anydynamo.engine.values.values import item_size, measured_item
from anydynamo.errors import InvalidItem, InvalidRequest
from anydynamo.models.codec import codec_of
from anydynamo.models.schema import schema_of

if TYPE_CHECKING:
    from anydynamo.models.table import Table

__all__ = [
    "EARLIEST",
    "LEAD",
    "check_size",
    "event_of",
    "event_type_of",
    "read_events",
    "sift_events",
    "webhook",
]

EARLIEST = datetime(2007, 1, 1, tzinfo=UTC)
"""Before GitHub there were no events: an earlier time is a zero that somebody took for a time."""

LEAD = timedelta(days=1)
"""How far an event may be ahead of the clock here. One from further off would be among the latest
events for as long, whatever else happened."""

_API_TYPE = re.compile(r"[A-Z][A-Za-z0-9]*Event")
_WEBHOOK_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SHOWN = 5


def event_type_of(name: str) -> str:
    """Return the events API's name for a type, which a webhook calls otherwise.

    >>> event_type_of("pull_request"), event_type_of("PullRequestEvent")
    ('PullRequestEvent', 'PullRequestEvent')

    Raises:
        ValueError: It is neither.
    """
    if _API_TYPE.fullmatch(name):
        return name
    if _WEBHOOK_NAME.fullmatch(name):
        return "".join(part.capitalize() for part in name.split("_")) + "Event"
    raise ValueError(
        f"{name!r} is no type of event; they are called PushEvent by the events API, and push by "
        "webhooks"
    )


def webhook(delivery: str, name: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Make an event of a webhook's delivery.

    Args:
        delivery: The header `X-GitHub-Delivery`, which a repeated delivery has again.
        name: The header `X-GitHub-Event`.
        payload: The body.
    """
    return {"id": delivery, "event_type": name, "payload": payload}


def read_events(given: Iterable[Event | Mapping[str, Any]], now: datetime) -> list[Event]:
    """Check events and make them items.

    Raises:
        InvalidItem: Some are not right; the message says which and why.
        InvalidRequest: This is one event and not several.
    """
    events, problems = sift_events(given, now)
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise InvalidItem(f"{'; '.join(problems[:_SHOWN])}{more}; nothing was stored")
    return events


def sift_events(
    given: Iterable[Event | Mapping[str, Any]], now: datetime
) -> tuple[list[Event], list[str]]:
    """Make items of the events that are right, and say what is wrong with the others.

    Raises:
        InvalidRequest: This is one event and not several.
    """
    several: object = given
    if isinstance(several, str | bytes | Mapping | Event):
        raise InvalidRequest("Several events belong here, such as a list, and this is one")
    events: list[Event] = []
    problems: list[str] = []
    for number, one in enumerate(given):
        try:
            events.append(event_of(one, now))
        except ValueError as error:
            problems.append(f"events[{number}]: {error}")
    return events, problems


def event_of(given: Event | Mapping[str, Any], now: datetime) -> Event:
    """Check one event and make it an item.

    Args:
        given: The event, in either of GitHub's forms, or an item.
        now: The time; that of an event which says none.

    Raises:
        InvalidItem: It cannot be stored.
        ValueError: It is no event.
    """
    event = given if isinstance(given, Event) else _event(given, now)
    if not EARLIEST <= event.created_at <= now + LEAD:
        raise InvalidItem(
            f"'created_at' is {event.created_at.isoformat()}, which cannot be: it is now "
            f"{now.isoformat(timespec='seconds')}, and there was no GitHub before 2007"
        )
    check_size(event)
    return event


def check_size(item: Table) -> None:
    """Refuse what DynamoDB would, before anything else is stored.

    Raises:
        InvalidItem: It is too large, or has a value that no item has.
    """
    stored = codec_of(type(item)).encode(item)
    try:
        _, size = measured_item(stored)
    except EngineError as error:
        raise InvalidItem(f"{_key(item)}: {error.message}") from error
    if size > ITEM_BYTES:
        path, value = _largest(stored)
        if value.get("M"):
            path += f"[{_largest(value['M'])[0]!r}]"
        raise InvalidItem(
            f"{_key(item)} takes {size:,} bytes, and an item holds {ITEM_BYTES:,}; most of it is "
            f"{path}: leave that out, or keep it in a file store and its address here"
        )


def _event(given: object, now: datetime) -> Event:
    if not isinstance(given, Mapping):
        raise ValueError(f"an event is an object, not {type(given).__name__}")
    found = cast("Mapping[str, Any]", given)
    if not isinstance(found.get("payload"), Mapping | None):
        raise ValueError(f"'payload' is an object, not {type(found['payload']).__name__}")
    payload = mapping_at(found, "payload")
    repo, actor = found.get("repo"), found.get("actor")
    return Event(
        id=_id(found.get("id")),
        event_type=_type(found),
        repo_name=(
            text_at(found, "repo_name")
            or (repo if isinstance(repo, str) else text_at(repo, "name"))
            or text_at(payload, "repository", "full_name")
        ),
        actor_login=(
            text_at(found, "actor_login")
            or (actor if isinstance(actor, str) else text_at(actor, "login"))
            or text_at(payload, "sender", "login")
        ),
        created_at=now if found.get("created_at") is None else found["created_at"],
        payload=dict(payload),
    )


def _id(given: object) -> str:
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    if isinstance(given, str) and given.strip():
        return given
    raise ValueError(
        "it has no 'id', which keeps it from being stored twice; a webhook's is its header "
        "X-GitHub-Delivery"
    )


def _type(found: Mapping[str, Any]) -> str:
    named = {name for key in ("event_type", "type") if isinstance(name := at(found, key), str)}
    types = {event_type_of(name) for name in named}
    if len(types) > 1:
        raise ValueError(f"'event_type' and 'type' differ: {' and '.join(sorted(types))}")
    if not types:
        raise ValueError("it has no 'event_type' (or 'type'), such as PushEvent")
    return types.pop()


def _key(item: Table) -> str:
    return " ".join(str(getattr(item, key.name)) for key in schema_of(type(item)).keys)


def _largest(attributes: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return max(attributes.items(), key=lambda one: item_size({one[0]: one[1]}))
