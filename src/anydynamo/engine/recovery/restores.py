"""Tables that are made from other ones: from a backup, or from a moment of a table.

Source: RestoreTableFromBackup in the Amazon DynamoDB API Reference, and "Backup and restore for
DynamoDB" of the Developer Guide: a restored table has no tags, stream, time to live, point-in-time
recovery or deletion protection until they are set again. That it has no table class and no resource
policy either, and the texts of refused overrides, were recorded of the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.writes import write_totals
from anydynamo.engine.layout import DELETED, TABLES, size_of
from anydynamo.engine.tables.definitions import used_definitions
from anydynamo.engine.tables.descriptions import describe, status_of
from anydynamo.engine.tables.lifecycle import fill_index, save_table
from anydynamo.engine.tables.states import create_state, drop_deleted, settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.store import Reader, Writer

__all__ = ["make_restored", "settled_indexes"]

_RESTORED: Final = (
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "SSESpecification",
)
"""What a table takes over from the description of the one that was backed up, beside indexes."""

_INDEX: Final = (
    "IndexName",
    "KeySchema",
    "Projection",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "WarmThroughput",
)
"""What it takes over of each index: neither insights nor settings of replicas."""


def make_restored(
    writer: Writer,
    name: str,
    source: Mapping[str, Any],
    items: Iterable[tuple[bytes, bytes]],
    overrides: Mapping[str, Any],
    restored: Mapping[str, Any],
    surroundings: Surroundings,
) -> dict[str, Any]:
    """Make a table from another one's description and items, and return what a restore answers.

    Args:
        writer: The store.
        name: The new table's name.
        source: The other one's stored description.
        items: Keys and packed items; they may be walked lazily.
        overrides: The parameters of the request, of which those count that end in `Override`.
        restored: Where it is from, as the description stores it.
        surroundings: What the engine is told beside the request.

    Raises:
        EngineError: There is a table of this name, or an override does not fit.
    """
    at = surroundings.now()
    drop_deleted(writer, at)
    # A JSON file may hold items under this name of which nobody made a table yet.
    if _is_taken(writer, name) or writer.adopt(name):
        raise EngineError("TableAlreadyExistsException", texts.backups.TARGET_EXISTS, name=name)
    document = _restored(source, name, overrides, restored, at)
    table = save_table(writer, document)
    count = size = 0
    for key, raw in items:
        writer.put(table.items, key, raw)
        count += 1
        size += size_of(raw)
    write_totals(writer, table.items, count, size)
    for index in table.indexes:
        fill_index(writer, table, index)
    create_state(document, at + surroundings.behaviour.table_delay)
    described = describe(writer, document)
    settle(document, at)
    save_table(writer, document)
    return {"TableDescription": described}


def _is_taken(reader: Reader, name: str) -> bool:
    """Tell whether there is a table of a name, or one is being deleted."""
    return any(reader.get(space, name.encode()) is not None for space in (TABLES, DELETED))


def _restored(
    source: Mapping[str, Any],
    name: str,
    overrides: Mapping[str, Any],
    restored: Mapping[str, Any],
    at: float,
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "TableId": str(uuid4()),
        "TableName": name,
        "CreationDateTime": at,
        "DeletionProtectionEnabled": False,
        "Tags": {},
        **{key: source[key] for key in _RESTORED if key in source},
        "Restored": restored,
        "LocalSecondaryIndexes": settled_indexes(source["LocalSecondaryIndexes"]),
        "GlobalSecondaryIndexes": settled_indexes(source["GlobalSecondaryIndexes"]),
    }
    for kind in ("LocalSecondaryIndex", "GlobalSecondaryIndex"):
        wanted = overrides.get(f"{kind}Override")
        if wanted is not None:
            document[f"{kind}es"] = [_chosen(document[f"{kind}es"], index) for index in wanted]
    document["AttributeDefinitions"] = used_definitions(document, source["AttributeDefinitions"])
    for key in ("OnDemandThroughput", "SSESpecification"):
        if f"{key}Override" in overrides:
            document[key] = overrides[f"{key}Override"]
    _bill(document, overrides, at)
    return document


def settled_indexes(indexes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what indexes are, without what is going on with them."""
    return [
        {name: index[name] for name in _INDEX if name in index}
        for index in indexes
        if status_of(index) != "DELETING"
    ]


def _chosen(indexes: list[dict[str, Any]], wanted: Mapping[str, Any]) -> dict[str, Any]:
    for index in indexes:
        if all(index[key] == wanted[key] for key in ("IndexName", "KeySchema", "Projection")):
            return {**index, **wanted}
    raise validation(texts.backups.INDEX_NOT_IN_SOURCE, index=wanted["IndexName"])


def _bill(document: dict[str, Any], overrides: Mapping[str, Any], at: float) -> None:
    """Set how a restored table is billed, and refuse overrides that contradict it."""
    known = document["BillingMode"]
    billing = document["BillingMode"] = overrides.get("BillingModeOverride", known)
    units = overrides.get("ProvisionedThroughputOverride")
    indexes = document["GlobalSecondaryIndexes"]
    if billing == "PAY_PER_REQUEST":
        if units is not None:
            overridden = "BillingModeOverride" in overrides
            raise validation(
                texts.backups.UNITS_WITH_ON_DEMAND
                if overridden
                else texts.backups.UNITS_OF_ON_DEMAND
            )
        for index in overrides.get("GlobalSecondaryIndexOverride", ()):
            if "ProvisionedThroughput" in index:
                raise validation(texts.backups.INDEX_UNITS_WITH_ON_DEMAND, index=index["IndexName"])
        document["BillingModeDateTime"] = at
        for place in (document, *indexes):
            place.pop("ProvisionedThroughput", None)
        return
    for limit in overrides.get("OnDemandThroughputOverride", ()):
        raise validation(texts.backups.CEILING_OF_PROVISIONED, limit=limit)
    if units is not None:
        document["ProvisionedThroughput"] = units
    elif known != billing:
        raise validation(texts.backups.UNITS_MISSING)
    document.pop("OnDemandThroughput", None)
    for index in indexes:
        if "ProvisionedThroughput" not in index:
            if "GlobalSecondaryIndexOverride" in overrides:
                raise validation(texts.backups.INDEX_UNITS_MISSING, index=index["IndexName"])
            index["ProvisionedThroughput"] = document["ProvisionedThroughput"]
