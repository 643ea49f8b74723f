"""The parameters of the operations on tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine import texts
from anydynamo.engine.requests.vocabulary import (
    BILLING,
    BOOLEAN,
    DEFINITIONS,
    ENCRYPTION,
    INDEX,
    INDEX_SETTINGS,
    INDEX_SHAPE,
    KEY_SCHEMA,
    KNOWN_TABLE,
    LONG,
    NAMELESS,
    NEW_TABLE,
    ON_DEMAND,
    ONE_REGION,
    ONE_TABLE,
    REGION,
    REGION_UPDATE,
    TABLE_CLASS,
    TAGS,
    THROUGHPUT,
    UNITS,
    WARM,
)
from anydynamo.engine.shapes import Integer, Listing, Structure, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.shapes import Shape

__all__ = ["TABLES"]


_TABLE_SETTINGS: Final[Mapping[str, Shape]] = {
    "BillingMode": BILLING,
    "ProvisionedThroughput": THROUGHPUT,
    "OnDemandThroughput": ON_DEMAND,
    "WarmThroughput": WARM,
    "StreamSpecification": Structure(
        "StreamSpecification",
        required={"StreamEnabled": BOOLEAN},
        optional={
            "StreamViewType": Text(
                enum=("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
            )
        },
    ),
    "SSESpecification": ENCRYPTION,
    "TableClass": TABLE_CLASS,
    "DeletionProtectionEnabled": BOOLEAN,
}

_READ_OVERRIDES: Final[Mapping[str, Shape]] = {
    "ProvisionedThroughputOverride": Structure(
        "ProvisionedThroughputOverride", optional={"ReadCapacityUnits": UNITS}
    ),
    "OnDemandThroughputOverride": Structure(
        "OnDemandThroughputOverride", optional={"MaxReadRequestUnits": LONG}
    ),
}
_REPLICA: Final = Structure(
    required={"RegionName": REGION},
    optional={
        **_READ_OVERRIDES,
        "KMSMasterKeyId": Text(),
        "TableClassOverride": TABLE_CLASS,
        "GlobalSecondaryIndexes": Listing(
            Structure(
                "ReplicaGlobalSecondaryIndex",
                required={"IndexName": INDEX},
                optional=_READ_OVERRIDES,
            ),
            minimum=1,
        ),
    },
)
_REPLICA_UPDATE: Final = Structure(
    "ReplicationGroupUpdate",
    optional={"Create": _REPLICA, "Update": _REPLICA, "Delete": ONE_REGION},
    refused={"Disassociate": texts.requests.ONE_COPY},
)

TABLES: Final[Mapping[str, Structure]] = {
    "CreateTable": Structure(
        required={
            "TableName": NEW_TABLE,
            "AttributeDefinitions": DEFINITIONS,
            "KeySchema": KEY_SCHEMA,
        },
        absent=NAMELESS,
        optional={
            **_TABLE_SETTINGS,
            "LocalSecondaryIndexes": Listing(
                Structure("LocalSecondaryIndex", required=INDEX_SHAPE)
            ),
            "GlobalSecondaryIndexes": Listing(
                Structure("GlobalSecondaryIndex", required=INDEX_SHAPE, optional=INDEX_SETTINGS)
            ),
            "Tags": TAGS,
            "ResourcePolicy": Text(),
        },
        refused={
            "GlobalTableSettingsReplicationMode": texts.requests.ONE_ACCOUNT,
            "GlobalTableSourceArn": texts.requests.ONE_ACCOUNT,
            "VectorIndexes": texts.requests.NO_VECTOR_SEARCH,
        },
    ),
    "DescribeTable": ONE_TABLE,
    "ListTables": Structure(
        optional={
            "ExclusiveStartTableName": NEW_TABLE,
            "Limit": Integer(minimum=1, maximum=100),
        }
    ),
    "UpdateTable": Structure(
        required={"TableName": KNOWN_TABLE},
        absent=NAMELESS,
        optional={
            **_TABLE_SETTINGS,
            "AttributeDefinitions": DEFINITIONS,
            "GlobalSecondaryIndexUpdates": Listing(
                Structure(
                    "GlobalSecondaryIndexUpdate",
                    optional={
                        "Create": Structure(
                            "CreateGlobalSecondaryIndexAction",
                            required=INDEX_SHAPE,
                            optional=INDEX_SETTINGS,
                        ),
                        "Update": Structure(
                            "UpdateGlobalSecondaryIndexAction",
                            required={"IndexName": INDEX},
                            optional=INDEX_SETTINGS,
                        ),
                        "Delete": Structure(
                            "DeleteGlobalSecondaryIndexAction", required={"IndexName": INDEX}
                        ),
                    },
                )
            ),
            "ReplicaUpdates": Listing(_REPLICA_UPDATE, minimum=1),
            "MultiRegionConsistency": Text(enum=("EVENTUAL", "STRONG")),
            "GlobalTableWitnessUpdates": Listing(REGION_UPDATE, minimum=1, maximum=1),
        },
        refused={
            "DisassociationProtectionEnabled": texts.requests.ONE_ACCOUNT,
            "GlobalTableSettingsReplicationMode": texts.requests.ONE_ACCOUNT,
            "VectorIndexUpdates": texts.requests.NO_VECTOR_SEARCH,
        },
    ),
    "DeleteTable": ONE_TABLE,
}
