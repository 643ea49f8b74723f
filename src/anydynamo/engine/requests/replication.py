"""The parameters of global tables, their auto scaling, streaming destinations and insights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine.requests.vocabulary import (
    BILLING,
    BOOLEAN,
    INDEX,
    NAMELESS,
    NEW_TABLE,
    ONE_TABLE,
    REGION,
    REGION_UPDATE,
    TABLE,
    TABLE_CLASS,
    UNITS,
)
from anydynamo.engine.shapes import Double, Integer, Listing, Structure, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.shapes import Shape

__all__ = ["REPLICATION"]

_INDEXES: Final = 20
_REGIONS: Final = 50

_SCALING: Final = Structure(
    "AutoScalingSettingsUpdate",
    optional={
        "MinimumUnits": UNITS,
        "MaximumUnits": UNITS,
        "AutoScalingDisabled": BOOLEAN,
        "AutoScalingRoleArn": Text(minimum=1, maximum=1600),
        "ScalingPolicyUpdate": Structure(
            "AutoScalingPolicyUpdate",
            required={
                "TargetTrackingScalingPolicyConfiguration": Structure(
                    "AutoScalingTargetTrackingScalingPolicyConfigurationUpdate",
                    required={"TargetValue": Double()},
                    optional={
                        "DisableScaleIn": BOOLEAN,
                        "ScaleInCooldown": Integer(),
                        "ScaleOutCooldown": Integer(),
                    },
                )
            },
            optional={"PolicyName": Text(minimum=1, maximum=256)},
        ),
    },
)
_GLOBAL: Final = Structure(required={"GlobalTableName": NEW_TABLE})
_DESTINATION: Final[Mapping[str, Shape]] = {
    "TableName": TABLE,
    "StreamArn": Text(minimum=37, maximum=1024),
}
_PRECISION: Final = Structure(
    optional={
        "ApproximateCreationDateTimePrecision": Text(enum=("MILLISECOND", "MICROSECOND")),
    }
)
_SWITCH: Final = Structure(
    required=_DESTINATION,
    absent=NAMELESS,
    optional={"EnableKinesisStreamingConfiguration": _PRECISION},
)

REPLICATION: Final[Mapping[str, Structure]] = {
    "CreateGlobalTable": Structure(
        required={
            "GlobalTableName": NEW_TABLE,
            "ReplicationGroup": Listing(Structure("Replica", optional={"RegionName": REGION})),
        }
    ),
    "DescribeGlobalTable": _GLOBAL,
    "UpdateGlobalTable": Structure(
        required={"GlobalTableName": NEW_TABLE, "ReplicaUpdates": Listing(REGION_UPDATE)}
    ),
    "ListGlobalTables": Structure(
        optional={
            "ExclusiveStartGlobalTableName": NEW_TABLE,
            "Limit": Integer(minimum=1),
            "RegionName": REGION,
        }
    ),
    "DescribeGlobalTableSettings": _GLOBAL,
    "UpdateGlobalTableSettings": Structure(
        required={"GlobalTableName": NEW_TABLE},
        optional={
            "GlobalTableBillingMode": BILLING,
            "GlobalTableProvisionedWriteCapacityUnits": UNITS,
            "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate": _SCALING,
            "GlobalTableGlobalSecondaryIndexSettingsUpdate": Listing(
                Structure(
                    "GlobalTableGlobalSecondaryIndexSettingsUpdate",
                    required={"IndexName": INDEX},
                    optional={
                        "ProvisionedWriteCapacityUnits": UNITS,
                        "ProvisionedWriteCapacityAutoScalingSettingsUpdate": _SCALING,
                    },
                ),
                minimum=1,
                maximum=_INDEXES,
            ),
            "ReplicaSettingsUpdate": Listing(
                Structure(
                    "ReplicaSettingsUpdate",
                    required={"RegionName": REGION},
                    optional={
                        "ReplicaProvisionedReadCapacityUnits": UNITS,
                        "ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate": _SCALING,
                        "ReplicaGlobalSecondaryIndexSettingsUpdate": Listing(
                            Structure(
                                "ReplicaGlobalSecondaryIndexSettingsUpdate",
                                required={"IndexName": INDEX},
                                optional={
                                    "ProvisionedReadCapacityUnits": UNITS,
                                    "ProvisionedReadCapacityAutoScalingSettingsUpdate": _SCALING,
                                },
                            ),
                            minimum=1,
                            maximum=_INDEXES,
                        ),
                        "ReplicaTableClass": TABLE_CLASS,
                    },
                ),
                minimum=1,
                maximum=_REGIONS,
            ),
        },
    ),
    "DescribeTableReplicaAutoScaling": ONE_TABLE,
    "UpdateTableReplicaAutoScaling": Structure(
        required={"TableName": TABLE},
        absent=NAMELESS,
        optional={
            "ProvisionedWriteCapacityAutoScalingUpdate": _SCALING,
            "GlobalSecondaryIndexUpdates": Listing(
                Structure(
                    "GlobalSecondaryIndexAutoScalingUpdate",
                    optional={
                        "IndexName": INDEX,
                        "ProvisionedWriteCapacityAutoScalingUpdate": _SCALING,
                    },
                ),
                minimum=1,
            ),
            "ReplicaUpdates": Listing(
                Structure(
                    "ReplicaAutoScalingUpdate",
                    required={"RegionName": REGION},
                    optional={
                        "ReplicaProvisionedReadCapacityAutoScalingUpdate": _SCALING,
                        "ReplicaGlobalSecondaryIndexUpdates": Listing(
                            Structure(
                                "ReplicaGlobalSecondaryIndexAutoScalingUpdate",
                                optional={
                                    "IndexName": INDEX,
                                    "ProvisionedReadCapacityAutoScalingUpdate": _SCALING,
                                },
                            )
                        ),
                    },
                ),
                minimum=1,
            ),
        },
    ),
    "EnableKinesisStreamingDestination": _SWITCH,
    "DisableKinesisStreamingDestination": _SWITCH,
    "UpdateKinesisStreamingDestination": Structure(
        required=_DESTINATION,
        absent=NAMELESS,
        optional={"UpdateKinesisStreamingConfiguration": _PRECISION},
    ),
    "DescribeKinesisStreamingDestination": ONE_TABLE,
    "UpdateContributorInsights": Structure(
        required={
            "TableName": TABLE,
            "ContributorInsightsAction": Text(enum=("ENABLE", "DISABLE")),
        },
        absent=NAMELESS,
        optional={
            "IndexName": INDEX,
            "ContributorInsightsMode": Text(enum=("ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS")),
        },
    ),
    "DescribeContributorInsights": Structure(
        required={"TableName": TABLE}, absent=NAMELESS, optional={"IndexName": INDEX}
    ),
    "ListContributorInsights": Structure(
        optional={"TableName": TABLE, "NextToken": Text(), "MaxResults": Integer(maximum=100)}
    ),
}
