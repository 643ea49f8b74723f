"""Time to live: which attribute holds it, and the deletion of what has expired.

Writes keep the items of a table that can expire in the order in which they do (`layout.Expiry`),
so finding those that have expired costs what is found. An item has expired when the number of
seconds in its attribute is not after now; one of more than five years ago is left alone, as the
service leaves it. Until it is deleted an item is an item like any other.

Source: "Using time to live (TTL) in DynamoDB" of the Amazon DynamoDB Developer Guide: the attribute
is a number, in seconds of the Unix epoch, and not more than five years in the past; deletion comes
within a few days, and the stream says by `userIdentity` that the service did it.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.items.writes import Changes, Stored
from anydynamo.engine.layout import (
    TABLES,
    Expiry,
    Table,
    items_space,
    ttl_space,
    unpack,
)
from anydynamo.engine.tables.descriptions import store_document
from anydynamo.engine.tables.states import check_ready, current_document
from anydynamo.engine.values.keys import beyond
from anydynamo.engine.values.numbers import normalise, sort_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.store import Reader, Writer

__all__ = ["delete_expired", "describe_time_to_live", "update_time_to_live"]

_FIVE_YEARS: Final = 5 * 365 * 86_400

_SERVICE: Final = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
"""Who deletes expired items, as the stream has it."""


def update_time_to_live(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Say which attribute holds the second in which an item expires, or that none does."""
    name = request["TableName"]
    given = request["TimeToLiveSpecification"]
    enabled, attribute = given["Enabled"], given["AttributeName"]

    def work(writer: Writer) -> dict[str, Any]:
        at = surroundings.now()
        document = current_document(writer, name, at)
        check_ready(document)
        if "TimeToLiveState" in document:
            raise validation(texts.settings.TIME_TO_LIVE_TOO_SOON)
        current = document.get("TimeToLiveAttribute")
        if current is None and not enabled:
            raise validation(texts.settings.TIME_TO_LIVE_DISABLED)
        if current is not None and current != attribute:
            raise validation(texts.settings.TIME_TO_LIVE_OF_OTHER_ATTRIBUTE, name=current)
        if current is not None and enabled:
            raise validation(texts.settings.TIME_TO_LIVE_ENABLED)
        if enabled:
            document["TimeToLiveAttribute"] = attribute
            expiry = Expiry(attribute, ttl_space(document["TableId"]))
            _arrange(writer, items_space(document["TableId"]), expiry)
        else:
            del document["TimeToLiveAttribute"]
            writer.clear(ttl_space(document["TableId"]))
        if surroundings.behaviour.ttl_delay:
            document["TimeToLiveState"] = {
                "TimeToLiveStatus": "ENABLING" if enabled else "DISABLING",
                "AttributeName": attribute,
                "Until": at + surroundings.behaviour.ttl_delay,
            }
        store_document(writer, document)
        return {"TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute}}

    return work


def _arrange(writer: Writer, items: str, expiry: Expiry) -> None:
    # The places go to another space than the one that is walked.
    for key, raw in writer.scan(items):
        place = expiry.key(unpack(raw), key)
        if place is not None:
            writer.put(expiry.space, place, key)


def describe_time_to_live(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Say which attribute holds the second in which an item expires."""
    name = request["TableName"]

    def work(reader: Reader) -> dict[str, Any]:
        document = current_document(reader, name, now())
        switching = document.get("TimeToLiveState")
        if switching is not None:
            shown = ("TimeToLiveStatus", "AttributeName")
            return {"TimeToLiveDescription": {key: switching[key] for key in shown}}
        attribute = document.get("TimeToLiveAttribute")
        if attribute is None:
            return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
        return {
            "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}
        }

    return work


def delete_expired(
    now: Callable[[], float], *, limit: int, delay: float = 0
) -> Callable[[Writer], int]:
    """Return the work that deletes expired items of all tables.

    Args:
        now: The clock, in seconds since the epoch.
        limit: How many items are deleted at most.
        delay: How many seconds ago an item must have expired.

    Returns:
        The work; it returns how many items it deleted, and less than `limit` when none is left.
    """

    def work(writer: Writer) -> int:
        at = int(now())
        oldest = sort_bytes(normalise(str(at - _FIVE_YEARS)))
        youngest = beyond(sort_bytes(normalise(str(int(at - delay)))))
        changes = Changes(writer, now, _SERVICE)
        left = limit
        for table in [Table.load(raw) for _, raw in writer.scan(TABLES)]:
            if table.expiry is None or table.expiry.since > at or not left:
                continue
            places = writer.scan(table.expiry.space, start=oldest, end=youngest)
            # What is walked is not written into.
            for key in [key for _, key in islice(places, left)]:
                changes.delete(table, key, Stored(writer.get(table.items, key)))
                left -= 1
        changes.finish()
        return limit - left

    return work
