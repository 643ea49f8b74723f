"""The parameters of the operations on tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine.requests.vocabulary import (
    BILLING,
    BOOLEAN,
    ENCRYPTION,
    INDEX,
    INDEX_SETTINGS,
    INDEX_SHAPE,
    KEY_ATTRIBUTE,
    KEY_SCHEMA,
    NEW_TABLE,
    ON_DEMAND,
    ONE_TABLE,
    TABLE,
    TAGS,
    THROUGHPUT,
    WARM,
)
from anydynamo.engine.shapes import Integer, Listing, Structure, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.shapes import Shape

__all__ = ["TABLES"]

_ELSEWHERE: Final[Mapping[str, str]] = {
    "GlobalTableSettingsReplicationMode": "there are no replicas",
    "GlobalTableSourceArn": "there are no replicas",
    "GlobalTableWitnessUpdates": "there are no replicas",
    "MultiRegionConsistency": "there are no replicas",
    "DisassociationProtectionEnabled": "there are no replicas",
    "ReplicaUpdates": "there are no replicas",
    "VectorIndexes": "there is no vector search",
    "VectorIndexUpdates": "there is no vector search",
}
_DEFINITIONS: Final = Listing(
    Structure(
        required={"AttributeName": KEY_ATTRIBUTE, "AttributeType": Text(enum=("B", "N", "S"))}
    )
)
_TABLE_SETTINGS: Final[Mapping[str, Shape]] = {
    "BillingMode": BILLING,
    "ProvisionedThroughput": THROUGHPUT,
    "OnDemandThroughput": ON_DEMAND,
    "WarmThroughput": WARM,
    "StreamSpecification": Structure(
        required={"StreamEnabled": BOOLEAN},
        optional={
            "StreamViewType": Text(
                enum=("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
            )
        },
    ),
    "SSESpecification": ENCRYPTION,
    "TableClass": Text(enum=("STANDARD", "STANDARD_INFREQUENT_ACCESS")),
    "DeletionProtectionEnabled": BOOLEAN,
}

TABLES: Final[Mapping[str, Structure]] = {
    "CreateTable": Structure(
        required={
            "TableName": NEW_TABLE,
            "AttributeDefinitions": _DEFINITIONS,
            "KeySchema": KEY_SCHEMA,
        },
        optional={
            **_TABLE_SETTINGS,
            "LocalSecondaryIndexes": Listing(Structure(required=INDEX_SHAPE)),
            "GlobalSecondaryIndexes": Listing(
                Structure(required=INDEX_SHAPE, optional=INDEX_SETTINGS)
            ),
            "Tags": TAGS,
            "ResourcePolicy": Text(),
        },
        refused=_ELSEWHERE,
    ),
    "DescribeTable": ONE_TABLE,
    "ListTables": Structure(
        optional={
            "ExclusiveStartTableName": NEW_TABLE,
            "Limit": Integer(minimum=1, maximum=100),
        }
    ),
    "UpdateTable": Structure(
        required={"TableName": TABLE},
        optional={
            **_TABLE_SETTINGS,
            "AttributeDefinitions": _DEFINITIONS,
            "GlobalSecondaryIndexUpdates": Listing(
                Structure(
                    optional={
                        "Create": Structure(required=INDEX_SHAPE, optional=INDEX_SETTINGS),
                        "Update": Structure(required={"IndexName": INDEX}, optional=INDEX_SETTINGS),
                        "Delete": Structure(required={"IndexName": INDEX}),
                    }
                )
            ),
        },
        refused=_ELSEWHERE,
    ),
    "DeleteTable": ONE_TABLE,
}
