"""The states of tables and indexes: CREATING, UPDATING, DELETING, and what is in use meanwhile.

A description keeps a state with the moment in which it ends, and nothing has to happen then:
whoever asks later finds the state over. What takes no time, as nothing does unless the user says
so, leaves no state behind.

- A table's `State` has `Status` and `Until`; while it is UPDATING, `Units` is the provisioned
  throughput that it has until then. `Warm` says that its warm throughput is what changes.
- An index's `State` is of the same kind. One that was added to a table has `Backfills`, too: the
  moment in which its resources are there, and it begins to take in the table's items; and
  `Backfilling`, whether that moment has come.
- A table that is being deleted has its description elsewhere (`layout.DELETED`), so that nothing
  but the operations on tables finds it.

Source: "Managing global secondary indexes in DynamoDB" of the Amazon DynamoDB Developer Guide, and
`TableStatus`, `IndexStatus` and `Backfilling` of the API Reference.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, filled
from anydynamo.engine.items.access import bare_name
from anydynamo.engine.layout import DELETED, decode
from anydynamo.engine.tables.definitions import used_definitions
from anydynamo.engine.tables.descriptions import absent_table, status_of, stored_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "at_rest",
    "check_ready",
    "create_state",
    "current_document",
    "deleted_names",
    "drop_deleted",
    "in_use",
    "settle",
    "settled_document",
]

_DOING: Final = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}
_DAY: Final = 86_400


def in_use(why: str, /, **parts: object) -> EngineError:
    """Return the error of a change that has to wait for another one.

    Args:
        why: What it has to wait for, with fields for the parts.
        parts: What goes into them.
    """
    return EngineError("ResourceInUseException", texts.tables.IN_USE, why=filled(why, parts))


def check_ready(document: Mapping[str, Any]) -> None:
    """Refuse to change a table that is changing already.

    Raises:
        EngineError: A ResourceInUseException.
    """
    doing = _DOING.get(status_of(document))
    if doing is not None:
        raise in_use(texts.tables.TABLE_IS_BUSY, doing=doing, name=document["TableName"])


def create_state(document: dict[str, Any], until: float) -> None:
    """Let a new table, with its indexes, be CREATING until a moment."""
    for place in (document, *document["GlobalSecondaryIndexes"]):
        place["State"] = {"Status": "CREATING", "Until": until}


def settle(document: dict[str, Any], at: float) -> None:
    """Bring a description to a moment: what has ended by then is over."""
    indexes: list[dict[str, Any]] = document["GlobalSecondaryIndexes"]
    kept = [index for index in indexes if not (status_of(index) == "DELETING" and _over(index, at))]
    if len(kept) < len(indexes):
        document["GlobalSecondaryIndexes"] = kept
        document["AttributeDefinitions"] = used_definitions(
            document, document["AttributeDefinitions"]
        )
    for place in (document, *kept):
        if _over(place, at):
            del place["State"]
        elif "Backfills" in place.get("State", ()):
            place["State"]["Backfilling"] = place["State"]["Backfills"] <= at
        _settle_limits(place, at)
    switching = document.get("TimeToLiveState")
    if switching is not None and switching["Until"] <= at:
        del document["TimeToLiveState"]


def _over(place: Mapping[str, Any], at: float) -> bool:
    return "State" in place and bool(place["State"]["Until"] <= at)


def _settle_limits(place: dict[str, Any], at: float) -> None:
    decreases = place.get("Decreases")
    if decreases is not None and decreases["Day"] != at // _DAY:
        # They are counted from zero each day, of UTC.
        del place["Decreases"]
    ceilings = place.get("OnDemandThroughput")
    if ceilings is not None and -1 in ceilings.values():
        place["OnDemandThroughput"] = {
            name: units for name, units in ceilings.items() if units != -1
        }
        if not place["OnDemandThroughput"]:
            del place["OnDemandThroughput"]


def settled_document(reader: Reader, name: str, at: float) -> dict[str, Any]:
    """Return a fresh copy of a table's description as of a moment; not of one that is deleted.

    Raises:
        EngineError: ResourceNotFoundException, in the wording of the table operations.
    """
    document = stored_document(reader, name)
    settle(document, at)
    return document


def current_document(reader: Reader, name: str, at: float) -> dict[str, Any]:
    """Return a fresh copy of a table's description as of a moment.

    A table that is being deleted has one, too.

    Raises:
        EngineError: ResourceNotFoundException, in the wording of the table operations.
    """
    try:
        return settled_document(reader, name, at)
    except EngineError:
        raw = reader.get(DELETED, bare_name(name).encode())
        if raw is None:
            raise
        document = decode(raw)
        if _over(document, at):
            raise absent_table(name) from None
        return document


def at_rest(reader: Reader, name: str, at: float) -> dict[str, Any]:
    """Return a table's description as it will be when all that is under way is over.

    Raises:
        EngineError: A ResourceNotFoundException, or a TableInUseException: the table is being
            created or deleted.
    """
    document = current_document(reader, name, at)
    status = status_of(document)
    if status in ("CREATING", "DELETING"):
        raise EngineError(
            "TableInUseException", texts.tables.TABLE_IS_BUSY, doing=_DOING[status], name=name
        )
    settle(document, math.inf)
    for place in (document, *document["GlobalSecondaryIndexes"]):
        for moment in ("Increased", "Decreased"):
            place.pop(moment, None)
    return document


def deleted_names(reader: Reader, at: float, *, start: bytes) -> Iterator[bytes]:
    """Walk the names of the tables that are being deleted at a moment, from one on."""
    for key, raw in reader.scan(DELETED, start=start):
        if not _over(decode(raw), at):
            yield key


def drop_deleted(writer: Writer, at: float) -> None:
    """Forget the tables whose deletion is over."""
    for key, raw in list(writer.scan(DELETED)):
        if _over(decode(raw), at):
            writer.delete(DELETED, key)
