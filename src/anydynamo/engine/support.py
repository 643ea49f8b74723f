"""The table of support in the docs: each operation and parameter of AWS's service model, and ours.

    python -m anydynamo.engine.support > docs/reference/support.md

What is complete or refused follows from the engine's own table of parameters,
`requests.OPERATIONS`; only what is kept without an effect has to be said, in `STORED`. botocore
must be installed, for its service model.
"""

from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine.requests import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["STORED", "page"]

_SERVICES: Final = ("dynamodb", "dynamodbstreams")

_CAPACITY: Final = frozenset(
    ("BillingMode", "OnDemandThroughput", "ProvisionedThroughput", "WarmThroughput")
)
_SETTINGS: Final = _CAPACITY | {"SSESpecification", "TableClass"}
_OVERRIDES: Final = frozenset(
    (
        "BillingModeOverride",
        "OnDemandThroughputOverride",
        "ProvisionedThroughputOverride",
        "SSESpecificationOverride",
    )
)
_SCALING: Final = frozenset(
    (
        "GlobalSecondaryIndexUpdates",
        "ProvisionedWriteCapacityAutoScalingUpdate",
        "ReplicaUpdates",
    )
)

STORED: Final[Mapping[str, frozenset[str]]] = {
    "CreateGlobalTable": frozenset(("GlobalTableName", "ReplicationGroup")),
    "CreateTable": _SETTINGS | {"ResourcePolicy"},
    "DisableKinesisStreamingDestination": frozenset(
        ("EnableKinesisStreamingConfiguration", "StreamArn")
    ),
    "EnableKinesisStreamingDestination": frozenset(
        ("EnableKinesisStreamingConfiguration", "StreamArn")
    ),
    "ExportTableToPointInTime": frozenset(("S3BucketOwner", "S3SseAlgorithm", "S3SseKmsKeyId")),
    "PutResourcePolicy": frozenset(("ConfirmRemoveSelfResourceAccess", "Policy")),
    "RestoreTableFromBackup": _OVERRIDES,
    "RestoreTableToPointInTime": _OVERRIDES,
    "UpdateContributorInsights": frozenset(
        ("ContributorInsightsAction", "ContributorInsightsMode")
    ),
    "UpdateGlobalTable": frozenset(("ReplicaUpdates",)),
    "UpdateGlobalTableSettings": frozenset(
        (
            "GlobalTableBillingMode",
            "GlobalTableGlobalSecondaryIndexSettingsUpdate",
            "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate",
            "GlobalTableProvisionedWriteCapacityUnits",
            "ReplicaSettingsUpdate",
        )
    ),
    "UpdateKinesisStreamingDestination": frozenset(
        ("StreamArn", "UpdateKinesisStreamingConfiguration")
    ),
    "UpdateTable": _SETTINGS
    | {"GlobalTableWitnessUpdates", "MultiRegionConsistency", "ReplicaUpdates"},
    "UpdateTableReplicaAutoScaling": _SCALING,
}
"""Parameters that are checked, kept and described, and have no other effect."""

_HEAD: Final = """\
# What the engine supports

The operations and parameters of the DynamoDB API (version 2012-08-10, DynamoDB Streams included) as
botocore {version} knows them, and what the embedded providers make of each:

- **complete**: it does what the API Reference says.
- **stored**: it is checked, and described where AWS describes it, and has no other effect; nobody
  throttles, encrypts, authorises, replicates, scales or sends anything to Kinesis here. There is
  one copy of the data, and a global table's replicas are names of regions with their settings.
- **refused**: the request is answered with an error that names what is not there. Nothing is
  silently ignored.

Members of parameters are not listed. The legacy `AttributesToGet` is refused in a batch, too.

Operations of which every parameter is refused are not there at all, and answer with an
`UnknownOperationException`.

This page is written by `python -m anydynamo.engine.support`.
"""


def page(models: Iterator[Mapping[str, Any]], version: str) -> str:
    """Return the page, in Markdown.

    Args:
        models: Service models as botocore stores them.
        version: That of botocore.
    """
    absent: list[str] = []
    rows: list[str] = []
    operations = {
        name: model["shapes"][operation["input"]["shape"]]["members"]
        for model in models
        for name, operation in model["operations"].items()
    }
    for operation, parameters in sorted(operations.items()):
        if operation not in OPERATIONS:
            absent.append(operation)
            continue
        states: dict[str, list[str]] = {"complete": [], "stored": [], "refused": []}
        for parameter in sorted(parameters):
            states[_state(operation, parameter)].append(f"`{parameter}`")
        cells = " | ".join(", ".join(names) for names in states.values())
        rows.append(f"| `{operation}` | {cells} |")
    table = "\n".join(rows)
    missing = "\n".join(f"- `{operation}`" for operation in absent)
    head = _HEAD.format(version=version)
    return (
        f"{head}\n## Operations that are there\n\n| operation | complete | stored | refused |\n"
        f"|---|---|---|---|\n{table}\n\n## Operations that are refused\n\n{missing}\n"
    )


def _state(operation: str, parameter: str) -> str:
    if parameter not in OPERATIONS[operation].names:
        return "refused"
    return "stored" if parameter in STORED.get(operation, ()) else "complete"


def _models() -> Iterator[Mapping[str, Any]]:
    from botocore.loaders import Loader  # pyright: ignore[reportMissingTypeStubs]

    loader: Any = Loader()  # botocore has no types
    for service in _SERVICES:
        yield loader.load_service_model(service, "service-2")


if __name__ == "__main__":
    sys.stdout.write(page(_models(), metadata.version("botocore")))
