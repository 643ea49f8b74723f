"""The parameters of each operation, in one table.

Source: the Request Parameters sections of the Amazon DynamoDB API Reference (2012-08-10), of
DynamoDB and of DynamoDB Streams.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from anydynamo.engine.errors import EngineError
from anydynamo.engine.legacy import LEGACY, refuse_mixture
from anydynamo.engine.legacy.comparisons import COMPARISONS
from anydynamo.engine.limits import (
    BATCH_GET_KEYS,
    BATCH_WRITE_REQUESTS,
    PARTIQL_BATCH,
    TRANSACTION_ACTIONS,
)
from anydynamo.engine.shapes import (
    Boolean,
    Document,
    Integer,
    Listing,
    Mapped,
    Shape,
    Structure,
    TableName,
    Text,
    Timestamp,
    check,
)

__all__ = ["OPERATIONS", "checked"]

_NAME_PATTERN: Final = "[a-zA-Z0-9_.-]+"

_BOOLEAN: Final = Boolean()
_DOCUMENT: Final = Document()
_EXPRESSION: Final = Text()

_TABLE: Final = TableName()
_NEW_TABLE: Final = Text(minimum=3, maximum=255, pattern=_NAME_PATTERN)
_INDEX: Final = Text(minimum=3, maximum=255, pattern=_NAME_PATTERN)
_ATTRIBUTE: Final = Text(maximum=65_535)
_KEY_ATTRIBUTE: Final = Text(minimum=1, maximum=255)
_ARN: Final = Text(minimum=1, maximum=1283)

_REVISION: Final = Text(minimum=1, maximum=255)
_BACKUP: Final = Text(minimum=37, maximum=1024)
_STREAM: Final = Text(minimum=37, maximum=1024)
_SHARD: Final = Text(minimum=28, maximum=65)

_CAPACITY: Final = Text(enum=("INDEXES", "TOTAL", "NONE"))
_METRICS: Final = Text(enum=("SIZE", "NONE"))
_ON_FAILURE: Final = Text(enum=("ALL_OLD", "NONE"))
_RETURN_VALUES: Final = Text(
    enum=("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"),
)
_SELECT: Final = Text(
    enum=("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
)

_NAMES: Final[Mapping[str, Shape]] = {
    "ExpressionAttributeNames": Mapped(Text(), _ATTRIBUTE),
}
_BINDINGS: Final[Mapping[str, Shape]] = {
    **_NAMES,
    "ExpressionAttributeValues": _DOCUMENT,
}
_CONDITION: Final[Mapping[str, Shape]] = {
    **_BINDINGS,
    "ConditionExpression": _EXPRESSION,
    "ReturnValuesOnConditionCheckFailure": _ON_FAILURE,
}
_COMPARISON: Final = Text(enum=COMPARISONS)
_COMPARED: Final[Mapping[str, Shape]] = {"AttributeValueList": Listing(_DOCUMENT)}
_ATTRIBUTES_TO_GET: Final = Listing(_ATTRIBUTE, minimum=1)
_COMPARISONS: Final = Mapped(
    _ATTRIBUTE, Structure(required={"ComparisonOperator": _COMPARISON}, optional=_COMPARED)
)
_COMBINATION: Final[Mapping[str, Shape]] = {"ConditionalOperator": Text(enum=("AND", "OR"))}
_EXPECTED: Final[Mapping[str, Shape]] = {
    **_COMBINATION,
    "Expected": Mapped(
        _ATTRIBUTE,
        Structure(
            optional={
                **_COMPARED,
                "ComparisonOperator": _COMPARISON,
                "Exists": _BOOLEAN,
                "Value": _DOCUMENT,
            }
        ),
    ),
}
_ATTRIBUTE_UPDATES: Final = Mapped(
    _ATTRIBUTE,
    Structure(optional={"Action": Text(enum=("ADD", "PUT", "DELETE")), "Value": _DOCUMENT}),
)
_SINGLE_WRITE: Final[Mapping[str, Shape]] = {
    **_CONDITION,
    **_EXPECTED,
    "ReturnValues": _RETURN_VALUES,
    "ReturnConsumedCapacity": _CAPACITY,
    "ReturnItemCollectionMetrics": _METRICS,
}
_READ: Final[Mapping[str, Shape]] = {
    **_NAMES,
    "ProjectionExpression": _EXPRESSION,
}
_WALK: Final[Mapping[str, Shape]] = {
    **_BINDINGS,
    **_COMBINATION,
    "AttributesToGet": _ATTRIBUTES_TO_GET,
    "ProjectionExpression": _EXPRESSION,
    "FilterExpression": _EXPRESSION,
    "IndexName": _INDEX,
    "Select": _SELECT,
    "Limit": Integer(minimum=1),
    "ConsistentRead": _BOOLEAN,
    "ExclusiveStartKey": _DOCUMENT,
    "ReturnConsumedCapacity": _CAPACITY,
}

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

_KEY_SCHEMA: Final = Listing(
    Structure(required={"AttributeName": _KEY_ATTRIBUTE, "KeyType": Text(enum=("HASH", "RANGE"))}),
    minimum=1,
    # Four attributes on each side is the most, in a global secondary index.
    maximum=8,
)
_DEFINITIONS: Final = Listing(
    Structure(
        required={"AttributeName": _KEY_ATTRIBUTE, "AttributeType": Text(enum=("B", "N", "S"))}
    )
)
_PROJECTION: Final = Structure(
    optional={
        "ProjectionType": Text(enum=("ALL", "INCLUDE", "KEYS_ONLY")),
        "NonKeyAttributes": Listing(Text(minimum=1, maximum=255), minimum=1, maximum=20),
    }
)
_UNITS: Final = Integer(minimum=1, name="Long")
_THROUGHPUT: Final = Structure(required={"ReadCapacityUnits": _UNITS, "WriteCapacityUnits": _UNITS})
_LONG: Final = Integer(name="Long")
_ON_DEMAND: Final = Structure(
    optional={"MaxReadRequestUnits": _LONG, "MaxWriteRequestUnits": _LONG}
)
_WARM: Final = Structure(optional={"ReadUnitsPerSecond": _LONG, "WriteUnitsPerSecond": _LONG})
_INDEX_SHAPE: Final[Mapping[str, Shape]] = {
    "IndexName": _INDEX,
    "KeySchema": _KEY_SCHEMA,
    "Projection": _PROJECTION,
}
_INDEX_SETTINGS: Final[Mapping[str, Shape]] = {
    "ProvisionedThroughput": _THROUGHPUT,
    "OnDemandThroughput": _ON_DEMAND,
    "WarmThroughput": _WARM,
}
_TAGS: Final = Listing(
    Structure(required={"Key": Text(minimum=1, maximum=128), "Value": Text(maximum=256)})
)
_BILLING: Final = Text(enum=("PROVISIONED", "PAY_PER_REQUEST"))
_ENCRYPTION: Final = Structure(
    optional={
        "Enabled": _BOOLEAN,
        "SSEType": Text(enum=("AES256", "KMS")),
        "KMSMasterKeyId": Text(),
    }
)
_TABLE_SETTINGS: Final[Mapping[str, Shape]] = {
    "BillingMode": _BILLING,
    "ProvisionedThroughput": _THROUGHPUT,
    "OnDemandThroughput": _ON_DEMAND,
    "WarmThroughput": _WARM,
    "StreamSpecification": Structure(
        required={"StreamEnabled": _BOOLEAN},
        optional={
            "StreamViewType": Text(
                enum=("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
            )
        },
    ),
    "SSESpecification": _ENCRYPTION,
    "TableClass": Text(enum=("STANDARD", "STANDARD_INFREQUENT_ACCESS")),
    "DeletionProtectionEnabled": _BOOLEAN,
}

_OVERRIDES: Final[Mapping[str, Shape]] = {
    "BillingModeOverride": _BILLING,
    "ProvisionedThroughputOverride": _THROUGHPUT,
    "OnDemandThroughputOverride": _ON_DEMAND,
    "SSESpecificationOverride": _ENCRYPTION,
    "LocalSecondaryIndexOverride": Listing(Structure(required=_INDEX_SHAPE)),
    "GlobalSecondaryIndexOverride": Listing(
        Structure(required=_INDEX_SHAPE, optional=_INDEX_SETTINGS)
    ),
}
_NO_VECTORS: Final[Mapping[str, str]] = {"VectorIndexOverride": "there is no vector search"}

_STATEMENT: Final[Mapping[str, Shape]] = {"Statement": Text(minimum=1, maximum=8192)}
_PARAMETERS: Final[Mapping[str, Shape]] = {
    "Parameters": Listing(_DOCUMENT, minimum=1),
    "ReturnValuesOnConditionCheckFailure": _ON_FAILURE,
}

_KEYED: Final[Mapping[str, Shape]] = {"TableName": _TABLE, "Key": _DOCUMENT}
_FILLED: Final[Mapping[str, Shape]] = {"TableName": _TABLE, "Item": _DOCUMENT}
_ONE_BACKUP: Final = Structure(required={"BackupArn": _BACKUP})
_ONE_TABLE: Final = Structure(required={"TableName": _TABLE})

OPERATIONS: Final[Mapping[str, Structure]] = {
    "GetItem": Structure(
        required=_KEYED,
        optional={
            **_READ,
            "AttributesToGet": _ATTRIBUTES_TO_GET,
            "ConsistentRead": _BOOLEAN,
            "ReturnConsumedCapacity": _CAPACITY,
        },
    ),
    "PutItem": Structure(required=_FILLED, optional=_SINGLE_WRITE),
    "UpdateItem": Structure(
        required=_KEYED,
        optional={
            **_SINGLE_WRITE,
            "UpdateExpression": _EXPRESSION,
            "AttributeUpdates": _ATTRIBUTE_UPDATES,
        },
    ),
    "DeleteItem": Structure(required=_KEYED, optional=_SINGLE_WRITE),
    "Query": Structure(
        required={"TableName": _TABLE},
        optional={
            **_WALK,
            "KeyConditionExpression": _EXPRESSION,
            "KeyConditions": _COMPARISONS,
            "QueryFilter": _COMPARISONS,
            "ScanIndexForward": _BOOLEAN,
        },
    ),
    "Scan": Structure(
        required={"TableName": _TABLE},
        optional={
            **_WALK,
            "ScanFilter": _COMPARISONS,
            "TotalSegments": Integer(minimum=1, maximum=1_000_000),
            "Segment": Integer(minimum=0, maximum=999_999),
        },
    ),
    "BatchGetItem": Structure(
        required={
            "RequestItems": Mapped(
                _TABLE,
                Structure(
                    required={"Keys": Listing(_DOCUMENT, minimum=1, maximum=BATCH_GET_KEYS)},
                    optional={
                        **_READ,
                        "AttributesToGet": _ATTRIBUTES_TO_GET,
                        "ConsistentRead": _BOOLEAN,
                    },
                ),
                minimum=1,
                maximum=BATCH_GET_KEYS,
            )
        },
        optional={"ReturnConsumedCapacity": _CAPACITY},
    ),
    "BatchWriteItem": Structure(
        required={
            "RequestItems": Mapped(
                _TABLE,
                Listing(
                    Structure(
                        optional={
                            "PutRequest": Structure(required={"Item": _DOCUMENT}),
                            "DeleteRequest": Structure(required={"Key": _DOCUMENT}),
                        }
                    ),
                    minimum=1,
                    maximum=BATCH_WRITE_REQUESTS,
                ),
                minimum=1,
                maximum=BATCH_WRITE_REQUESTS,
            )
        },
        optional={"ReturnConsumedCapacity": _CAPACITY, "ReturnItemCollectionMetrics": _METRICS},
    ),
    "TransactGetItems": Structure(
        required={
            "TransactItems": Listing(
                Structure(required={"Get": Structure(required=_KEYED, optional=_READ)}),
                minimum=1,
                maximum=TRANSACTION_ACTIONS,
            )
        },
        optional={"ReturnConsumedCapacity": _CAPACITY},
    ),
    "TransactWriteItems": Structure(
        required={
            "TransactItems": Listing(
                Structure(
                    optional={
                        "ConditionCheck": Structure(
                            required={**_KEYED, "ConditionExpression": _EXPRESSION},
                            optional=_CONDITION,
                        ),
                        "Put": Structure(required=_FILLED, optional=_CONDITION),
                        "Delete": Structure(required=_KEYED, optional=_CONDITION),
                        "Update": Structure(
                            required={**_KEYED, "UpdateExpression": _EXPRESSION},
                            optional=_CONDITION,
                        ),
                    }
                ),
                minimum=1,
                maximum=TRANSACTION_ACTIONS,
            )
        },
        optional={
            "ReturnConsumedCapacity": _CAPACITY,
            "ReturnItemCollectionMetrics": _METRICS,
            "ClientRequestToken": Text(minimum=1, maximum=36),
        },
    ),
    "ExecuteStatement": Structure(
        required=_STATEMENT,
        optional={
            **_PARAMETERS,
            "ConsistentRead": _BOOLEAN,
            "NextToken": Text(minimum=1, maximum=32_768),
            "ReturnConsumedCapacity": _CAPACITY,
            "Limit": Integer(minimum=1),
        },
    ),
    "BatchExecuteStatement": Structure(
        required={
            "Statements": Listing(
                Structure(
                    required=_STATEMENT, optional={**_PARAMETERS, "ConsistentRead": _BOOLEAN}
                ),
                minimum=1,
                maximum=PARTIQL_BATCH,
            )
        },
        optional={"ReturnConsumedCapacity": _CAPACITY},
    ),
    "ExecuteTransaction": Structure(
        required={
            "TransactStatements": Listing(
                Structure(required=_STATEMENT, optional=_PARAMETERS),
                minimum=1,
                maximum=TRANSACTION_ACTIONS,
            )
        },
        optional={
            "ReturnConsumedCapacity": _CAPACITY,
            "ClientRequestToken": Text(minimum=1, maximum=36),
        },
    ),
    "CreateTable": Structure(
        required={
            "TableName": _NEW_TABLE,
            "AttributeDefinitions": _DEFINITIONS,
            "KeySchema": _KEY_SCHEMA,
        },
        optional={
            **_TABLE_SETTINGS,
            "LocalSecondaryIndexes": Listing(Structure(required=_INDEX_SHAPE)),
            "GlobalSecondaryIndexes": Listing(
                Structure(required=_INDEX_SHAPE, optional=_INDEX_SETTINGS)
            ),
            "Tags": _TAGS,
            "ResourcePolicy": Text(),
        },
        refused=_ELSEWHERE,
    ),
    "DescribeTable": _ONE_TABLE,
    "ListTables": Structure(
        optional={
            "ExclusiveStartTableName": _NEW_TABLE,
            "Limit": Integer(minimum=1, maximum=100),
        }
    ),
    "UpdateTable": Structure(
        required={"TableName": _TABLE},
        optional={
            **_TABLE_SETTINGS,
            "AttributeDefinitions": _DEFINITIONS,
            "GlobalSecondaryIndexUpdates": Listing(
                Structure(
                    optional={
                        "Create": Structure(required=_INDEX_SHAPE, optional=_INDEX_SETTINGS),
                        "Update": Structure(
                            required={"IndexName": _INDEX}, optional=_INDEX_SETTINGS
                        ),
                        "Delete": Structure(required={"IndexName": _INDEX}),
                    }
                )
            ),
        },
        refused=_ELSEWHERE,
    ),
    "DeleteTable": _ONE_TABLE,
    "UpdateTimeToLive": Structure(
        required={
            "TableName": _TABLE,
            "TimeToLiveSpecification": Structure(
                required={"Enabled": _BOOLEAN, "AttributeName": Text(minimum=1, maximum=255)}
            ),
        }
    ),
    "DescribeTimeToLive": _ONE_TABLE,
    "TagResource": Structure(required={"ResourceArn": _ARN, "Tags": _TAGS}),
    "UntagResource": Structure(
        required={"ResourceArn": _ARN, "TagKeys": Listing(Text(minimum=1, maximum=128))}
    ),
    "ListTagsOfResource": Structure(required={"ResourceArn": _ARN}, optional={"NextToken": Text()}),
    "UpdateContinuousBackups": Structure(
        required={
            "TableName": _TABLE,
            "PointInTimeRecoverySpecification": Structure(
                required={"PointInTimeRecoveryEnabled": _BOOLEAN},
                optional={"RecoveryPeriodInDays": Integer(minimum=1, maximum=35)},
            ),
        }
    ),
    "DescribeContinuousBackups": _ONE_TABLE,
    "DescribeEndpoints": Structure(),
    "DescribeLimits": Structure(),
    "GetResourcePolicy": Structure(required={"ResourceArn": _ARN}),
    "PutResourcePolicy": Structure(
        required={"ResourceArn": _ARN, "Policy": Text()},
        optional={"ExpectedRevisionId": _REVISION, "ConfirmRemoveSelfResourceAccess": _BOOLEAN},
    ),
    "DeleteResourcePolicy": Structure(
        required={"ResourceArn": _ARN}, optional={"ExpectedRevisionId": _REVISION}
    ),
    "CreateBackup": Structure(
        required={
            "TableName": _TABLE,
            "BackupName": Text(minimum=3, maximum=255, pattern=_NAME_PATTERN),
        }
    ),
    "DescribeBackup": _ONE_BACKUP,
    "DeleteBackup": _ONE_BACKUP,
    "ListBackups": Structure(
        optional={
            "TableName": _TABLE,
            "Limit": Integer(minimum=1, maximum=100),
            "TimeRangeLowerBound": Timestamp(),
            "TimeRangeUpperBound": Timestamp(),
            "ExclusiveStartBackupArn": _BACKUP,
            "BackupType": Text(enum=("USER", "SYSTEM", "AWS_BACKUP", "ALL")),
        }
    ),
    "RestoreTableFromBackup": Structure(
        required={"TargetTableName": _NEW_TABLE, "BackupArn": _BACKUP},
        optional=_OVERRIDES,
        refused=_NO_VECTORS,
    ),
    "RestoreTableToPointInTime": Structure(
        required={"TargetTableName": _NEW_TABLE},
        optional={
            **_OVERRIDES,
            "GlobalSecondaryIndexOverride": Listing(
                Structure(
                    required=_INDEX_SHAPE,
                    optional={
                        "ProvisionedThroughput": _THROUGHPUT,
                        "OnDemandThroughput": _ON_DEMAND,
                    },
                    # The API Reference says so, of this operation only.
                    refused={"WarmThroughput": "an index that is restored has none"},
                )
            ),
            "SourceTableArn": _ARN,
            "SourceTableName": _NEW_TABLE,
            "UseLatestRestorableTime": _BOOLEAN,
            "RestoreDateTime": Timestamp(),
        },
        refused=_NO_VECTORS,
    ),
    "ListStreams": Structure(
        optional={
            "TableName": _NEW_TABLE,
            "Limit": Integer(minimum=1, maximum=100),
            "ExclusiveStartStreamArn": _STREAM,
        }
    ),
    "DescribeStream": Structure(
        required={"StreamArn": _STREAM},
        optional={
            "Limit": Integer(minimum=1, maximum=100),
            "ExclusiveStartShardId": _SHARD,
            "ShardFilter": Structure(
                optional={"Type": Text(enum=("CHILD_SHARDS",)), "ShardId": _SHARD}
            ),
        },
    ),
    "GetShardIterator": Structure(
        required={
            "StreamArn": _STREAM,
            "ShardId": _SHARD,
            "ShardIteratorType": Text(
                enum=(
                    "TRIM_HORIZON",
                    "LATEST",
                    "AT_SEQUENCE_NUMBER",
                    "AFTER_SEQUENCE_NUMBER",
                    "AT_TIMESTAMP",
                )
            ),
        },
        optional={"SequenceNumber": Text(minimum=21, maximum=40), "Timestamp": Timestamp()},
    ),
    "GetRecords": Structure(
        required={"ShardIterator": Text(minimum=1, maximum=2048)},
        # The service checks the upper limit by itself, and has another error for it.
        optional={"Limit": Integer(minimum=1)},
    ),
}
"""Every operation that the engine has, with its parameters."""


def checked(operation: str, request: object) -> Mapping[str, Any]:
    """Return a request whose shape is that of its operation.

    Raises:
        EngineError: An UnknownOperationException, a SerializationException or a
            ValidationException.
    """
    shape = OPERATIONS.get(operation)
    if shape is None:
        raise EngineError("UnknownOperationException", f"There is no operation {operation} here")
    # The test for a dictionary comes first because the one for a mapping is slow.
    if type(request) is not dict and not isinstance(request, Mapping):
        raise EngineError("SerializationException", "Unexpected value type in payload")
    given = cast("Mapping[str, Any]", request)
    if not LEGACY.isdisjoint(given):
        refuse_mixture(given)
    check(shape, given)
    return given
