"""The settings of global tables of version 2017.11.29: capacity, class and auto scaling.

Billing and write capacity are the same in all regions, so they are those of the one table that is
here, and DescribeTable has them. Read capacity and class belong to a region and are kept for it.

Sources: DescribeGlobalTableSettings and UpdateGlobalTableSettings of the Amazon DynamoDB API
Reference (2012-08-10). The texts are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.replication.autoscaling import (
    index_entry,
    reads_scaling,
    scale_reads,
    scale_writes,
    writes_scaling,
)
from anydynamo.engine.replication.globaltables import global_document
from anydynamo.engine.shapes import without_nulls
from anydynamo.engine.tables.descriptions import moment, status_of, store_document, throughput
from anydynamo.engine.tables.provisioning import PER_REQUEST, change_capacity
from anydynamo.engine.tables.states import check_ready, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = ["describe_global_table_settings", "update_global_table_settings"]

_NO_INDEX: Final = "IndexNotFoundException"
_WRITES: Final = "ProvisionedWriteCapacity"
_READS: Final = "ProvisionedReadCapacity"


def describe_global_table_settings(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Describe the settings of a global table, region by region."""
    name = request["GlobalTableName"]

    def work(reader: Reader) -> dict[str, Any]:
        document = global_document(reader, name)
        settle(document, now())
        return _described(document, "ACTIVE")

    return work


def update_global_table_settings(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Change the settings of a global table and of its regions.

    Raises:
        EngineError: The request is not valid.
    """
    given = without_nulls(request)
    name = given.pop("GlobalTableName")
    if not given:
        raise validation(texts.replicas.NO_SETTING_TO_CHANGE)

    def work(writer: Writer) -> dict[str, Any]:
        document, at = global_document(writer, name), now()
        settle(document, at)
        check_ready(document)
        _bill(document, given, at)
        _set_writes(document, given, "GlobalTable")
        for update in given.get("GlobalTableGlobalSecondaryIndexSettingsUpdate", ()):
            _set_writes(index_entry(document, update["IndexName"], _NO_INDEX), update, "")
        for update in given.get("ReplicaSettingsUpdate", ()):
            _set_region(document, update)
        store_document(writer, document)
        return _described(document, "UPDATING")

    return work


def _bill(document: dict[str, Any], given: Mapping[str, Any], at: float) -> None:
    """Change the billing, and hold the request to it."""
    mode = given.get("GlobalTableBillingMode", document["BillingMode"])
    if mode == PER_REQUEST:
        _refuse_provisioned(given)
    if mode == document["BillingMode"]:
        return
    capacity: dict[str, Any] = {"BillingMode": mode}
    if mode != PER_REQUEST:
        capacity["ProvisionedThroughput"] = _new_units(given)
    names = [index["IndexName"] for index in document["GlobalSecondaryIndexes"]]
    # An index begins with the units of its table; the request may have others for it.
    updates = {name: {**capacity} for name in names} if mode != PER_REQUEST else {}
    change_capacity(document, capacity, updates, at)


def _new_units(given: Mapping[str, Any]) -> dict[str, int]:
    reads = [
        update["ReplicaProvisionedReadCapacityUnits"]
        for update in given.get("ReplicaSettingsUpdate", ())
        if "ReplicaProvisionedReadCapacityUnits" in update
    ]
    writes = given.get("GlobalTableProvisionedWriteCapacityUnits")
    if not reads or writes is None:
        raise validation(texts.replicas.GLOBAL_UNITS_MISSING)
    return {"ReadCapacityUnits": max(reads), "WriteCapacityUnits": writes}


def _refuse_provisioned(given: Mapping[str, Any]) -> None:
    regions = given.get("ReplicaSettingsUpdate", [])
    updates = [given, *given.get("GlobalTableGlobalSecondaryIndexSettingsUpdate", []), *regions]
    for region in regions:
        updates += region.get("ReplicaGlobalSecondaryIndexSettingsUpdate", [])
    for update in updates:
        for parameter in update:
            if _READS in parameter or _WRITES in parameter:
                raise validation(texts.replicas.GLOBAL_UNITS_ON_DEMAND, parameter=parameter)


def _set_writes(place: dict[str, Any], given: Mapping[str, Any], prefix: str) -> None:
    units = given.get(f"{prefix}{_WRITES}Units")
    if units is not None:
        place["ProvisionedThroughput"] = {
            **place["ProvisionedThroughput"],
            "WriteCapacityUnits": units,
        }
    scale_writes(place, given.get(f"{prefix}{_WRITES}AutoScalingSettingsUpdate"))


def _set_region(document: dict[str, Any], given: Mapping[str, Any]) -> None:
    region = given["RegionName"]
    if region not in document["Replicas"]:
        raise EngineError(
            "ReplicaNotFoundException",
            texts.replicas.NO_SUCH_REPLICA,
            name=document["TableName"],
            region=region,
        )
    _set_reads(document, region, given, "Replica")
    for index in given.get("ReplicaGlobalSecondaryIndexSettingsUpdate", ()):
        _set_reads(index_entry(document, index["IndexName"], _NO_INDEX), region, index, "")
    if "ReplicaTableClass" in given:
        document["Replicas"][region]["TableClassOverride"] = given["ReplicaTableClass"]


def _set_reads(place: dict[str, Any], region: str, given: Mapping[str, Any], prefix: str) -> None:
    units = given.get(f"{prefix}{_READS}Units")
    if units is not None:
        own = place.setdefault("Replicas", {}).setdefault(region, {})
        own["ProvisionedThroughputOverride"] = {"ReadCapacityUnits": units}
    scale_reads(place, region, given.get(f"{prefix}{_READS}AutoScalingSettingsUpdate"))


def _described(document: Mapping[str, Any], status: str) -> dict[str, Any]:
    return {
        "GlobalTableName": document["TableName"],
        "ReplicaSettings": [_region(document, region, status) for region in document["Replicas"]],
    }


def _region(document: Mapping[str, Any], region: str, status: str) -> dict[str, Any]:
    described: dict[str, Any] = {"RegionName": region, "ReplicaStatus": status}
    if document["BillingMode"] == PER_REQUEST:
        described["ReplicaBillingModeSummary"] = {
            "BillingMode": PER_REQUEST,
            "LastUpdateToPayPerRequestDateTime": moment(document["BillingModeDateTime"]),
        }
    described.update(_capacity(document, region, "Replica"))
    if document["GlobalSecondaryIndexes"]:
        described["ReplicaGlobalSecondaryIndexSettings"] = [
            {
                "IndexName": index["IndexName"],
                "IndexStatus": status_of(index),
                **_capacity(index, region, ""),
            }
            for index in document["GlobalSecondaryIndexes"]
        ]
    table_class = document["Replicas"][region].get("TableClassOverride", document.get("TableClass"))
    if table_class is not None:
        described["ReplicaTableClassSummary"] = {"TableClass": table_class}
    return described


def _capacity(place: Mapping[str, Any], region: str, prefix: str) -> dict[str, Any]:
    units = throughput(place)
    described: dict[str, Any] = {
        f"{prefix}{_READS}Units": units["ReadCapacityUnits"],
        f"{prefix}{_WRITES}Units": units["WriteCapacityUnits"],
    }
    if "ProvisionedThroughput" not in place:
        return described
    own = place.get("Replicas", {}).get(region, {})
    if "ProvisionedThroughputOverride" in own:
        override = own["ProvisionedThroughputOverride"]
        described[f"{prefix}{_READS}Units"] = override["ReadCapacityUnits"]
    described[f"{prefix}{_READS}AutoScalingSettings"] = reads_scaling(place, region)
    described[f"{prefix}{_WRITES}AutoScalingSettings"] = writes_scaling(place)
    return described
