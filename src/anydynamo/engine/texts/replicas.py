"""Texts of errors about global tables, their settings and their scaling.

They are ours, but for the one about streams, which users quote from the service, and the one about
the local region, which is written from memory of the service's.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.texts.requests import INVALID

SCALING_DISABLED_WITH_SETTINGS: Final = (
    "Auto scaling that is disabled has no other settings; leave them out, or AutoScalingDisabled"
)
SCALING_BOUNDS_MISSING: Final = "Auto scaling needs MinimumUnits and MaximumUnits"
SCALING_BOUNDS_CROSSED: Final = (
    "MinimumUnits of auto scaling, {lower}, must not be more than MaximumUnits, {upper}"
)
NOTHING_TO_SCALE: Final = (
    "At least one of ProvisionedWriteCapacityAutoScalingUpdate, GlobalSecondaryIndexUpdates"
    " or ReplicaUpdates is required"
)
NO_REPLICAS_TO_SCALE: Final = (
    "Table {table} has no replicas of version 2019.11.21 to be scaled; add one by"
    " ReplicaUpdates of UpdateTable"
)
SCALING_ON_DEMAND: Final = (
    "Auto scaling needs provisioned capacity; the table's BillingMode is PAY_PER_REQUEST"
)
SCALED_INDEX_UNNAMED: Final = "An index is scaled by its IndexName, which is missing"
NO_REPLICA_TO_SCALE: Final = "Table {table} has no replica in {region}"
NO_SETTING_TO_CHANGE: Final = INVALID + "no setting is to be changed"
GLOBAL_UNITS_MISSING: Final = (
    INVALID + "GlobalTableProvisionedWriteCapacityUnits and a ReplicaProvisionedReadCapacityUnits"
    " must be specified when GlobalTableBillingMode becomes PROVISIONED"
)
GLOBAL_UNITS_ON_DEMAND: Final = (
    INVALID + "{parameter} cannot be specified when BillingMode is PAY_PER_REQUEST"
)
NO_SUCH_REPLICA: Final = "Global table {name} has no replica in {region}"
REGION_NAME_MISSING: Final = INVALID + "ReplicationGroup has a RegionName for each replica, and one"
GLOBAL_TABLE_EXISTS: Final = "Global table already exists: {name}"
STREAM_NEEDED: Final = (
    INVALID + "table {name} needs a stream whose StreamViewType is NEW_AND_OLD_IMAGES"
)
TABLE_NOT_EMPTY: Final = INVALID + "table {name} has items, and replicas begin without any"
NO_REPLICA_UPDATES: Final = INVALID + "ReplicaUpdates has no replica to create or delete"
REPLICA_EXISTS: Final = "Global table {table} has a replica in {region} already"
GLOBAL_TABLE_NOT_FOUND: Final = (
    "Global table not found: there is no global table {name} of version 2017.11.29"
)
REGION_NAMED_TWICE: Final = INVALID + "each region may be named once in one request"
REPLICA_UPDATE_ACTIONS: Final = INVALID + "each ReplicaUpdate has either Create or Delete"
NO_REGION: Final = INVALID + "{name!r} is no region, such as us-east-1"
TABLE_OF_OLD_GLOBAL_TABLE: Final = (
    INVALID + "the table is part of a global table of version 2017.11.29; change it by"
    " UpdateGlobalTable"
)
ACTION_COUNT: Final = INVALID + "each {structure} has one action, and this has {count}"
REPLICA_UPDATED_TWICE: Final = (
    INVALID + "only one update for each replica is allowed in one request"
)
LOCAL_REPLICA: Final = (
    INVALID + "Cannot add, delete, or update the local region through ReplicaUpdates. Use"
    " CreateTable, DeleteTable, or UpdateTable as required."
)
CONSISTENCY_WITHOUT_REPLICAS: Final = (
    INVALID + "MultiRegionConsistency can only be specified when replicas are created"
)
CONSISTENCY_STAYS: Final = INVALID + "the consistency of a global table is {known}, and stays so"
CONSISTENT_TABLE_NOT_EMPTY: Final = (
    INVALID + "a strongly consistent global table begins as an empty one"
)
CONSISTENT_TABLE_WITH_LOCAL_INDEXES: Final = (
    INVALID + "a strongly consistent global table has neither local secondary indexes nor time to"
    " live"
)
REPLICA_IN_REGION: Final = INVALID + "the table has a replica in {region} already"
NO_REPLICA_IN_REGION: Final = INVALID + "the table has no replica in {region}"
REPLICA_UNCHANGED: Final = INVALID + "there is nothing to change in the replica in {region}"
OVERRIDE_OF_OTHER_MODE: Final = INVALID + "{useless} cannot be specified when BillingMode is {mode}"
NO_GLOBAL_INDEX: Final = INVALID + "the table has no global secondary index {name}"
NO_WITNESS: Final = INVALID + "the table has no witness in {region}"
WITNESS_ALONE: Final = (
    INVALID + "a witness is created together with a strongly consistent global table"
)
WITNESS_AND_REPLICA: Final = INVALID + "{region} cannot have a witness and a replica"
CONSISTENT_REPLICAS: Final = (
    INVALID
    + "a strongly consistent global table has two replicas, or one and a witness, beside the"
    " table, which are created and deleted together"
)
STREAM_OF_REPLICA: Final = INVALID + "Disabling Stream is not allowed for a Global Table replica."
STREAM_VIEW_OF_REPLICA: Final = (
    INVALID + "the stream of a global table has StreamViewType NEW_AND_OLD_IMAGES, and that of this"
    " table has {view}; disable it first"
)

CODES: Final = {
    NO_SUCH_REPLICA: "ReplicaNotFoundException",
    GLOBAL_TABLE_EXISTS: "GlobalTableAlreadyExistsException",
    REPLICA_EXISTS: "ReplicaAlreadyExistsException",
    GLOBAL_TABLE_NOT_FOUND: "GlobalTableNotFoundException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset(
    (
        SCALING_DISABLED_WITH_SETTINGS,
        SCALING_BOUNDS_MISSING,
        SCALING_BOUNDS_CROSSED,
        NOTHING_TO_SCALE,
        NO_REPLICAS_TO_SCALE,
        SCALING_ON_DEMAND,
        SCALED_INDEX_UNNAMED,
        NO_REPLICA_TO_SCALE,
        NO_SETTING_TO_CHANGE,
        GLOBAL_UNITS_MISSING,
        GLOBAL_UNITS_ON_DEMAND,
        NO_SUCH_REPLICA,
        REGION_NAME_MISSING,
        GLOBAL_TABLE_EXISTS,
        STREAM_NEEDED,
        TABLE_NOT_EMPTY,
        NO_REPLICA_UPDATES,
        REPLICA_EXISTS,
        GLOBAL_TABLE_NOT_FOUND,
        REGION_NAMED_TWICE,
        REPLICA_UPDATE_ACTIONS,
        NO_REGION,
        TABLE_OF_OLD_GLOBAL_TABLE,
        ACTION_COUNT,
        REPLICA_UPDATED_TWICE,
        CONSISTENCY_WITHOUT_REPLICAS,
        CONSISTENCY_STAYS,
        CONSISTENT_TABLE_NOT_EMPTY,
        CONSISTENT_TABLE_WITH_LOCAL_INDEXES,
        REPLICA_IN_REGION,
        NO_REPLICA_IN_REGION,
        REPLICA_UNCHANGED,
        OVERRIDE_OF_OTHER_MODE,
        NO_GLOBAL_INDEX,
        NO_WITNESS,
        WITNESS_ALONE,
        WITNESS_AND_REPLICA,
        CONSISTENT_REPLICAS,
        STREAM_VIEW_OF_REPLICA,
    )
)
"""Those that are not the service's."""
