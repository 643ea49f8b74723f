"""Replicas of tables in other regions, as UpdateTable adds, changes and removes them.

There is one copy of the data: a replica is a name of a region with settings, which DescribeTable
has, and nothing is anywhere else. What is there is what a table's writes would have come to in all
regions, so a global table can be asked for strong consistency as well.

A description keeps under `Replicas` the settings of each region, and each global index those that
are its own. Global tables of the version 2017.11.29 have them too, and a `GlobalTable` beside them.

Sources: UpdateTable and ReplicationGroupUpdate of the Amazon DynamoDB API Reference (2012-08-10),
"Global tables core concepts" of the Developer Guide: streams are enabled on replicas that are
eventually consistent, and cannot be disabled; one that is strongly consistent is made of an empty
table, with two replicas or one and a witness, all at once, and has neither local indexes nor time
to live. On the service a table with provisioned capacity must be registered with Application Auto
Scaling before; that is another service, and not asked for here. The text about streams is one that
users quote from the service, that about the local region is written from memory; the others are
ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import validation

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "REPLICATED_STREAM",
    "add_region",
    "change_replicas",
    "check_region",
    "check_stream_stays",
    "remove_region",
    "replica_states",
    "stream_to_open",
]

REPLICATED_STREAM: Final[Mapping[str, Any]] = {
    "StreamEnabled": True,
    "StreamViewType": "NEW_AND_OLD_IMAGES",
}
"""The stream that replication reads."""

_REGION: Final = re.compile("[a-z]+(-[a-z0-9]+)*")
_OVERRIDES: Final = (
    "KMSMasterKeyId",
    "OnDemandThroughputOverride",
    "ProvisionedThroughputOverride",
    "TableClassOverride",
)
_BY_BILLING: Final = {
    "PAY_PER_REQUEST": "ProvisionedThroughputOverride",
    "PROVISIONED": "OnDemandThroughputOverride",
}
"""Which override each billing mode has no use for."""

_STATUSES: Final = {"Create": "CREATING", "Update": "UPDATING", "Delete": "DELETING"}
_BESIDE_TABLE: Final = 2
"""Replicas and witnesses that a strongly consistent table has beside itself."""


def check_region(name: str) -> None:
    """Check that a name can be that of a region.

    Raises:
        EngineError: A ValidationException.
    """
    if not _REGION.fullmatch(name):
        raise validation(texts.replicas.NO_REGION, name=name)


def change_replicas(
    document: dict[str, Any], given: Mapping[str, Any], local: str, *, empty: bool
) -> None:
    """Add, change and remove replicas and a witness in a table's description.

    Args:
        document: The description.
        given: UpdateTable's parameters, without nulls.
        local: The region of the table itself.
        empty: Whether the table has no items.

    Raises:
        EngineError: A ValidationException.
    """
    updates = given.get("ReplicaUpdates", ())
    witnesses = given.get("GlobalTableWitnessUpdates", ())
    wanted = given.get("MultiRegionConsistency")
    if not updates and not witnesses and wanted is None:
        return
    if "GlobalTable" in document:
        raise validation(texts.replicas.TABLE_OF_OLD_GLOBAL_TABLE)
    changes = [_one_action(update, "ReplicationGroupUpdate") for update in updates]
    before = dict(document.get("Replicas", {}))
    _check_distinct(changes, local)
    _set_consistency(document, wanted, changes, replicated=bool(before), empty=empty)
    for kind, action in changes:
        _change(document, kind, action)
    for update in witnesses:
        _change_witness(document, *_one_action(update, "GlobalTableWitnessGroupUpdate"), before)
    _check_strong(document)
    if not document.get("Replicas"):
        document.pop("MultiRegionConsistency", None)


def _one_action(update: Mapping[str, Any], structure: str) -> tuple[str, dict[str, Any]]:
    if len(update) != 1:
        raise validation(texts.replicas.ACTION_COUNT, structure=structure, count=len(update))
    return next(iter(update.items()))


def _check_distinct(changes: list[tuple[str, dict[str, Any]]], local: str) -> None:
    regions = [action["RegionName"] for _, action in changes]
    for region in regions:
        check_region(region)
    if len(set(regions)) != len(regions):
        raise validation(texts.replicas.REPLICA_UPDATED_TWICE)
    if local in regions:
        raise validation(texts.replicas.LOCAL_REPLICA)


def _set_consistency(
    document: dict[str, Any],
    wanted: str | None,
    changes: list[tuple[str, dict[str, Any]]],
    *,
    replicated: bool,
    empty: bool,
) -> None:
    if wanted is None:
        return
    known = document.get("MultiRegionConsistency", "EVENTUAL")
    if all(kind != "Create" for kind, _ in changes):
        raise validation(texts.replicas.CONSISTENCY_WITHOUT_REPLICAS)
    if replicated and wanted != known:
        raise validation(texts.replicas.CONSISTENCY_STAYS, known=known)
    if wanted == "STRONG" and not replicated:
        if not empty:
            raise validation(texts.replicas.CONSISTENT_TABLE_NOT_EMPTY)
        if document["LocalSecondaryIndexes"] or "TimeToLiveAttribute" in document:
            raise validation(texts.replicas.CONSISTENT_TABLE_WITH_LOCAL_INDEXES)
    document["MultiRegionConsistency"] = wanted


def _change(document: dict[str, Any], kind: str, action: Mapping[str, Any]) -> None:
    region, replicas = action["RegionName"], document.setdefault("Replicas", {})
    if kind == "Create" and region in replicas:
        raise validation(texts.replicas.REPLICA_IN_REGION, region=region)
    if kind != "Create" and region not in replicas:
        raise validation(texts.replicas.NO_REPLICA_IN_REGION, region=region)
    if kind == "Delete":
        remove_region(document, region)
        return
    if kind == "Update" and len(action) == 1:
        raise validation(texts.replicas.REPLICA_UNCHANGED, region=region)
    add_region(document, region)
    _override(document, document, region, action)
    for index in action.get("GlobalSecondaryIndexes", ()):
        _override(document, _index(document, index["IndexName"]), region, index)


def _override(
    document: Mapping[str, Any], place: dict[str, Any], region: str, given: Mapping[str, Any]
) -> None:
    useless = _BY_BILLING[document["BillingMode"]]
    if useless in given:
        raise validation(
            texts.replicas.OVERRIDE_OF_OTHER_MODE, useless=useless, mode=document["BillingMode"]
        )
    own = place.setdefault("Replicas", {}).setdefault(region, {})
    own.update((key, given[key]) for key in _OVERRIDES if key in given)


def _index(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    entry: dict[str, Any]
    for entry in document["GlobalSecondaryIndexes"]:
        if entry["IndexName"] == name:
            return entry
    raise validation(texts.replicas.NO_GLOBAL_INDEX, name=name)


def _change_witness(
    document: dict[str, Any], kind: str, action: Mapping[str, Any], before: Mapping[str, Any]
) -> None:
    region = action["RegionName"]
    check_region(region)
    if kind == "Delete":
        if document.pop("Witness", None) != region:
            raise validation(texts.replicas.NO_WITNESS, region=region)
        return
    if before or document.get("MultiRegionConsistency") != "STRONG":
        raise validation(texts.replicas.WITNESS_ALONE)
    if region in document["Replicas"]:
        raise validation(texts.replicas.WITNESS_AND_REPLICA, region=region)
    document["Witness"] = region


def _check_strong(document: Mapping[str, Any]) -> None:
    if document.get("MultiRegionConsistency") != "STRONG":
        return
    count = len(document["Replicas"]) + ("Witness" in document)
    if count not in (0, _BESIDE_TABLE) or (not document["Replicas"] and count):
        raise validation(texts.replicas.CONSISTENT_REPLICAS)


def add_region(document: dict[str, Any], region: str) -> None:
    """Note a replica, which has no settings of its own yet."""
    document.setdefault("Replicas", {}).setdefault(region, {})


def remove_region(document: dict[str, Any], region: str) -> None:
    """Remove a replica with all its settings, and those of all replicas with the last one."""
    last = set(document["Replicas"]) == {region}
    for place in (document, *document["GlobalSecondaryIndexes"]):
        place.get("Replicas", {}).pop(region, None)
        place.get("AutoScaling", {}).get("Read", {}).pop(region, None)
        if last:
            place.pop("AutoScaling", None)


def check_stream_stays(document: Mapping[str, Any]) -> None:
    """Refuse to disable the stream of a table that is replicated by it.

    Raises:
        EngineError: A ValidationException.
    """
    if _streamed(document):
        raise validation(texts.replicas.STREAM_OF_REPLICA)


def stream_to_open(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the stream that a table still needs for its replicas; None where it needs none.

    Raises:
        EngineError: A ValidationException; it has another one.
    """
    if not _streamed(document):
        return None
    known = document.get("StreamSpecification")
    if known is not None and known["StreamViewType"] != "NEW_AND_OLD_IMAGES":
        raise validation(texts.replicas.STREAM_VIEW_OF_REPLICA, view=known["StreamViewType"])
    return REPLICATED_STREAM if known is None else None


def _streamed(document: Mapping[str, Any]) -> bool:
    strong = document.get("MultiRegionConsistency") == "STRONG"
    return bool(document.get("Replicas")) and not strong


def replica_states(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the status of each replica that an UpdateTable changes, until it is complete."""
    return {
        action["RegionName"]: _STATUSES[kind]
        for update in given.get("ReplicaUpdates", ())
        for kind, action in update.items()
    }
