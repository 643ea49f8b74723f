"""What DescribeTable says of a table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError
from anydynamo.engine.items.access import bare_name
from anydynamo.engine.items.writes import read_totals
from anydynamo.engine.layout import TABLES, decode, encode, index_space, items_space
from anydynamo.engine.tables.provisioning import warm_throughput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "REGION",
    "absent_table",
    "arn_of",
    "describe",
    "encryption",
    "global_arn",
    "moment",
    "seconds",
    "status_of",
    "store_document",
    "stored_document",
    "stream_arn",
    "throughput",
]

REGION = "us-east-1"
"""The region of everything here, whatever a client names: ARNs look as they do at AWS."""

_ACCOUNT = "000000000000"
_ARN = f"arn:aws:dynamodb:{REGION}:{_ACCOUNT}:table/"
_KEYS = f"arn:aws:kms:{REGION}:{_ACCOUNT}"
_COPIED = ("DeletionProtectionEnabled", "OnDemandThroughput", "StreamSpecification")


def arn_of(name: str) -> str:
    """Return a table's ARN, of an account that does not exist."""
    return _ARN + name


def global_arn(name: str) -> str:
    """Return the ARN of a global table of version 2017.11.29, which has no region."""
    return f"arn:aws:dynamodb::{_ACCOUNT}:global-table/{name}"


def stream_arn(name: str, label: str) -> str:
    """Return the ARN of a table's stream."""
    return f"{_ARN}{name}/stream/{label}"


def moment(seconds: float) -> datetime:
    """Return a time as botocore presents it."""
    return datetime.fromtimestamp(seconds, UTC)


def seconds(given: datetime | float) -> float:
    """Return a time of a request in seconds since the epoch; without a zone it is in UTC."""
    if isinstance(given, datetime):
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()
    return given


def stored_document(reader: Reader, name: str) -> dict[str, Any]:
    """Return a fresh copy of a table's stored description.

    Raises:
        EngineError: ResourceNotFoundException, in the wording of the table operations.
    """
    bare = bare_name(name)
    raw = reader.get(TABLES, bare.encode())
    if raw is None:
        raise absent_table(bare)
    return decode(raw)


def absent_table(name: str) -> EngineError:
    """Return the error of a table that is not there, in the wording of the table operations."""
    return EngineError(
        "ResourceNotFoundException",
        texts.tables.TABLE_NOT_FOUND,
        name=bare_name(name),
    )


def status_of(place: Mapping[str, Any]) -> str:
    """Return the status of a table's or a global index's description."""
    state: Mapping[str, str] = place.get("State", {})
    return state.get("Status", "ACTIVE")


def store_document(writer: Writer, document: Mapping[str, Any]) -> None:
    """Store a table's description over the one that is there."""
    writer.put(TABLES, document["TableName"].encode(), encode(document))


def describe(reader: Reader, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `TableDescription`; counts and sizes are exact and of this moment.

    Args:
        reader: The store.
        document: The description, brought to the moment (`states.settle`) unless a request has
            just changed it.
    """
    table_id, name = document["TableId"], document["TableName"]
    count, size = read_totals(reader, items_space(table_id))
    billing = document["BillingMode"]
    described: dict[str, Any] = {
        "AttributeDefinitions": document["AttributeDefinitions"],
        "TableName": name,
        "KeySchema": document["KeySchema"],
        "TableStatus": status_of(document),
        "CreationDateTime": moment(document["CreationDateTime"]),
        "ProvisionedThroughput": throughput(document),
        "TableSizeBytes": size,
        "ItemCount": count,
        "TableArn": arn_of(name),
        "TableId": table_id,
    }
    if "BillingModeDateTime" in document:
        described["BillingModeSummary"] = {
            "BillingMode": billing,
            "LastUpdateToPayPerRequestDateTime": moment(document["BillingModeDateTime"]),
        }
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if document.get(kind):
            described[kind] = [
                _index(reader, document, entry, is_global=kind[0] == "G")
                for entry in document[kind]
            ]
    described.update((key, document[key]) for key in _COPIED if key in document)
    described["WarmThroughput"] = {
        **warm_throughput(billing, document),
        "Status": "UPDATING" if document.get("State", {}).get("Warm") else "ACTIVE",
    }
    if "StreamLabel" in document:
        described["LatestStreamLabel"] = document["StreamLabel"]
        described["LatestStreamArn"] = stream_arn(name, document["StreamLabel"])
    if "TableClass" in document:
        described["TableClassSummary"] = {"TableClass": document["TableClass"]}
        if "TableClassDateTime" in document:
            at = moment(document["TableClassDateTime"])
            described["TableClassSummary"]["LastUpdateDateTime"] = at
    encrypted = encryption(document)
    if encrypted is not None:
        described["SSEDescription"] = encrypted
    _describe_replicas(document, described)
    if "Restored" in document:
        restored = document["Restored"]
        described["RestoreSummary"] = {
            **{name: arn for name, arn in restored.items() if name != "At"},
            "RestoreDateTime": moment(restored["At"]),
            "RestoreInProgress": status_of(document) == "CREATING",
        }
    return described


def _describe_replicas(document: Mapping[str, Any], described: dict[str, Any]) -> None:
    changing: Mapping[str, str] = document.get("State", {}).get("Replicas", {})
    leaving = [region for region, status in changing.items() if status == "DELETING"]
    if not document.get("Replicas") and not leaving:
        return
    if "GlobalTable" in document:
        # DescribeGlobalTable has the replicas of this version.
        described["GlobalTableVersion"] = "2017.11.29"
        return
    described["GlobalTableVersion"] = "2019.11.21"
    described["Replicas"] = [
        *(
            _replica(document, region, changing.get(region, "ACTIVE"))
            for region in document["Replicas"]
        ),
        *({"RegionName": region, "ReplicaStatus": "DELETING"} for region in leaving),
    ]
    if "MultiRegionConsistency" in document:
        described["MultiRegionConsistency"] = document["MultiRegionConsistency"]
    if "Witness" in document:
        described["GlobalTableWitnesses"] = [
            {"RegionName": document["Witness"], "WitnessStatus": "ACTIVE"}
        ]


def _replica(document: Mapping[str, Any], region: str, status: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "RegionName": region,
        "ReplicaStatus": status,
        "ReplicaArn": f"arn:aws:dynamodb:{region}:{_ACCOUNT}:table/{document['TableName']}",
    }
    own = document["Replicas"][region]
    described.update((key, own[key]) for key in _overrides(document, own))
    if "KMSMasterKeyId" in own:
        described["KMSMasterKeyId"] = own["KMSMasterKeyId"]
    if "TableClassOverride" in own:
        described["ReplicaTableClassSummary"] = {"TableClass": own["TableClassOverride"]}
    indexes = [
        {"IndexName": index["IndexName"], **{key: its[key] for key in _overrides(document, its)}}
        for index in document["GlobalSecondaryIndexes"]
        for its in (index.get("Replicas", {}).get(region, {}),)
    ]
    if indexes:
        described["GlobalSecondaryIndexes"] = indexes
    return described


def _overrides(document: Mapping[str, Any], own: Mapping[str, Any]) -> list[str]:
    """Name the overrides of a replica that the table's billing mode has a use for."""
    provisioned = document["BillingMode"] == "PROVISIONED"
    key = "ProvisionedThroughputOverride" if provisioned else "OnDemandThroughputOverride"
    return [key] if key in own else []


def encryption(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an `SSEDescription`; None where the table has a key that AWS owns."""
    given = document.get("SSESpecification")
    if not given or not given.get("Enabled"):
        return None
    return {
        "Status": "ENABLED",
        "SSEType": given.get("SSEType", "KMS"),
        "KMSMasterKeyArn": _master_key(given.get("KMSMasterKeyId", "alias/aws/dynamodb")),
    }


def _master_key(given: str) -> str:
    """Return the ARN of a key that is given by its id, its alias or the ARN of either.

    There is no KMS here that knows which key an alias stands for; each alias has one of its own.

    Source: `KMSMasterKeyId` of `SSESpecification` in the Amazon DynamoDB API Reference.
    """
    place, _, resource = given.rpartition(":")
    kind, _, name = resource.rpartition("/")
    key = str(uuid5(NAMESPACE_URL, resource)) if kind.startswith("alias") else name
    return f"{place or _KEYS}:key/{key}"


def throughput(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `ProvisionedThroughputDescription`; its units are 0 where billing is per request."""
    units: Mapping[str, int] = document.get("ProvisionedThroughput", {})
    # New units count when the update is complete.
    units = document.get("State", {}).get("Units", units)
    described: dict[str, Any] = {
        "NumberOfDecreasesToday": document.get("Decreases", {}).get("Count", 0),
        "ReadCapacityUnits": units.get("ReadCapacityUnits", 0),
        "WriteCapacityUnits": units.get("WriteCapacityUnits", 0),
    }
    for key in ("Increased", "Decreased"):
        if key in document:
            described[f"Last{key.removesuffix('d')}DateTime"] = moment(document[key])
    return described


def _index(
    reader: Reader, document: Mapping[str, Any], entry: Mapping[str, Any], *, is_global: bool
) -> dict[str, Any]:
    name = entry["IndexName"]
    count, size = read_totals(reader, index_space(document["TableId"], name))
    described: dict[str, Any] = {
        "IndexName": name,
        "KeySchema": entry["KeySchema"],
        "Projection": entry["Projection"],
    }
    if is_global:
        described["IndexStatus"] = status = status_of(entry)
        state: Mapping[str, Any] = entry.get("State", {})
        if "Backfilling" in state:
            described["Backfilling"] = state["Backfilling"]
        described["ProvisionedThroughput"] = throughput(entry)
        described["WarmThroughput"] = {
            **warm_throughput(document["BillingMode"], entry),
            "Status": status,
        }
    described["IndexSizeBytes"] = size
    described["ItemCount"] = count
    described["IndexArn"] = f"{arn_of(document['TableName'])}/index/{name}"
    if "OnDemandThroughput" in entry:
        described["OnDemandThroughput"] = entry["OnDemandThroughput"]
    return described
