"""Auto scaling settings of global tables: kept and described; nobody scales anything here.

A table, and each of its global indexes, keeps under `AutoScaling` in its description how it is to
be scaled: `Write` is the same in all regions, `Read` has the settings of each.

Sources: DescribeTableReplicaAutoScaling, UpdateTableReplicaAutoScaling, AutoScalingSettingsUpdate
and AutoScalingSettingsDescription of the Amazon DynamoDB API Reference (2012-08-10). The texts are
ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.shapes import without_nulls
from anydynamo.engine.tables.descriptions import status_of, store_document
from anydynamo.engine.tables.states import check_ready, settled_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "describe_table_replica_auto_scaling",
    "index_entry",
    "reads_scaling",
    "scale_reads",
    "scale_writes",
    "update_table_replica_auto_scaling",
    "writes_scaling",
]

_STORED: Final = "AutoScaling"
_OFF: Final[Mapping[str, Any]] = {"AutoScalingDisabled": True}


def scale_writes(place: dict[str, Any], update: Mapping[str, Any] | None) -> None:
    """Change how the writes of a table or an index are to be scaled, in all regions.

    Args:
        place: The table's description, or its entry of the index.
        update: An `AutoScalingSettingsUpdate`; None changes nothing.

    Raises:
        EngineError: A ValidationException.
    """
    if update is not None:
        settings = place.setdefault(_STORED, {})
        settings["Write"] = _scaled(settings.get("Write"), update)


def scale_reads(place: dict[str, Any], region: str, update: Mapping[str, Any] | None) -> None:
    """Change how the reads of a table or an index are to be scaled in one region.

    Args:
        place: The table's description, or its entry of the index.
        region: The region.
        update: An `AutoScalingSettingsUpdate`; None changes nothing.

    Raises:
        EngineError: A ValidationException.
    """
    if update is not None:
        regions = place.setdefault(_STORED, {}).setdefault("Read", {})
        regions[region] = _scaled(regions.get(region), update)


def writes_scaling(place: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `AutoScalingSettingsDescription` of the writes of a table or an index."""
    return _described(place.get(_STORED, {}).get("Write"))


def reads_scaling(place: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Return the `AutoScalingSettingsDescription` of reads in one region."""
    return _described(place.get(_STORED, {}).get("Read", {}).get(region))


def index_entry(document: Mapping[str, Any], name: str, code: str) -> dict[str, Any]:
    """Return a global index's entry in its table's description.

    Raises:
        EngineError: There is none; the code is the one given.
    """
    entry: dict[str, Any]
    for entry in document["GlobalSecondaryIndexes"]:
        if entry["IndexName"] == name:
            return entry
    raise EngineError(
        code,
        texts.tables.INDEX_OF_TABLE_NOT_FOUND,
        table=document["TableName"],
        index=name,
    )


def _scaled(before: Mapping[str, Any] | None, update: Mapping[str, Any]) -> dict[str, Any]:
    if update.get("AutoScalingDisabled"):
        if len(update) > 1:
            raise validation(texts.replicas.SCALING_DISABLED_WITH_SETTINGS)
        return dict(_OFF)
    settings = {**(before or {}), **update, "AutoScalingDisabled": False}
    lower, upper = settings.get("MinimumUnits"), settings.get("MaximumUnits")
    if lower is None or upper is None:
        raise validation(texts.replicas.SCALING_BOUNDS_MISSING)
    if lower > upper:
        raise validation(texts.replicas.SCALING_BOUNDS_CROSSED, lower=lower, upper=upper)
    return settings


def _described(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    described = dict(settings or _OFF)
    policy = described.pop("ScalingPolicyUpdate", None)
    if policy is not None:
        described["ScalingPolicies"] = [policy]
    return described


def update_table_replica_auto_scaling(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Change how the replicas of a table, and their indexes, are to be scaled.

    Raises:
        EngineError: The request is not valid.
    """
    given = without_nulls(request)
    writes = given.get("ProvisionedWriteCapacityAutoScalingUpdate")
    indexes, regions = given.get("GlobalSecondaryIndexUpdates"), given.get("ReplicaUpdates")
    if writes is None and indexes is None and regions is None:
        raise validation(texts.replicas.NOTHING_TO_SCALE)

    def work(writer: Writer) -> dict[str, Any]:
        document = settled_document(writer, given["TableName"], now())
        check_ready(document)
        _check_scalable(document)
        scale_writes(document, writes)
        for update in indexes or ():
            scale_writes(
                _entry(document, update), update.get("ProvisionedWriteCapacityAutoScalingUpdate")
            )
        for update in regions or ():
            _scale_region(document, update)
        store_document(writer, document)
        described = _description(document)
        described["TableStatus"] = "UPDATING"
        return {"TableAutoScalingDescription": described}

    return work


def describe_table_replica_auto_scaling(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Describe how the replicas of a table are to be scaled."""
    name = request["TableName"]
    return lambda reader: {
        "TableAutoScalingDescription": _description(settled_document(reader, name, now()))
    }


def _check_scalable(document: Mapping[str, Any]) -> None:
    if not _regions(document):
        raise validation(texts.replicas.NO_REPLICAS_TO_SCALE, table=document["TableName"])
    if document["BillingMode"] == "PAY_PER_REQUEST":
        raise validation(texts.replicas.SCALING_ON_DEMAND)


def _regions(document: Mapping[str, Any]) -> list[str]:
    """Return the regions of a global table of version 2019.11.21."""
    return [] if "GlobalTable" in document else list(document.get("Replicas", ()))


def _entry(document: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    name = update.get("IndexName")
    if name is None:
        raise validation(texts.replicas.SCALED_INDEX_UNNAMED)
    return index_entry(document, name, "ResourceNotFoundException")


def _scale_region(document: dict[str, Any], update: Mapping[str, Any]) -> None:
    region = update["RegionName"]
    if region not in _regions(document):
        raise validation(
            texts.replicas.NO_REPLICA_TO_SCALE, table=document["TableName"], region=region
        )
    scale_reads(document, region, update.get("ReplicaProvisionedReadCapacityAutoScalingUpdate"))
    for index in update.get("ReplicaGlobalSecondaryIndexUpdates", ()):
        scale_reads(
            _entry(document, index), region, index.get("ProvisionedReadCapacityAutoScalingUpdate")
        )


def _description(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "TableName": document["TableName"],
        "TableStatus": status_of(document),
        "Replicas": [_replica(document, region) for region in _regions(document)],
    }


def _replica(document: Mapping[str, Any], region: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "RegionName": region,
        "ReplicaStatus": "ACTIVE",
        "ReplicaProvisionedReadCapacityAutoScalingSettings": reads_scaling(document, region),
        "ReplicaProvisionedWriteCapacityAutoScalingSettings": writes_scaling(document),
    }
    if document["GlobalSecondaryIndexes"]:
        described["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index["IndexName"],
                "IndexStatus": status_of(index),
                "ProvisionedReadCapacityAutoScalingSettings": reads_scaling(index, region),
                "ProvisionedWriteCapacityAutoScalingSettings": writes_scaling(index),
            }
            for index in document["GlobalSecondaryIndexes"]
        ]
    return described
