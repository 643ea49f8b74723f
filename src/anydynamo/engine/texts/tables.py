"""Texts of errors about tables, their indexes and what they declare.

They are those that users of the service report, but for some that are marked as ours: the API
Reference has their rules.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.limits import (
    GLOBAL_INDEXES,
    INDEX_KEY_ATTRIBUTES,
    LOCAL_INDEXES,
    PROJECTED_ATTRIBUTES,
)
from anydynamo.engine.texts.requests import INVALID

INDEX_OF_TABLE_NOT_FOUND: Final = (
    "Requested resource not found: Table: {table}: Index: {index} not found"
)
SOURCE_NOT_FOUND: Final = "Table not found: {name}"
TABLE_EXISTS: Final = "Table already exists: {name}"
KEY_SCHEMA_LENGTH: Final = (
    "1 validation error detected: Value of {count} entries at 'keySchema' failed to satisfy"
    " constraint: Member must have length less than or equal to 2"
)
SECOND_KEY_NOT_RANGE: Final = (
    "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
)
FIRST_KEY_NOT_HASH: Final = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
ONE_NAME_FOR_BOTH_KEYS: Final = (
    "Both the Hash Key and the Range Key element in the KeySchema have the same name"
)
ONE_NAME_IN_KEY_SCHEMA: Final = "Invalid KeySchema: Some elements have the same name"
ATTRIBUTE_DEFINED_TWICE: Final = "Cannot have two attributes with the same name"
UNUSED_DEFINITIONS: Final = (
    INVALID
    + "Some AttributeDefinitions are not used. AttributeDefinitions: [{defined}], keys used:"
    " [{used}]"
)
KEYS_AND_DEFINITIONS_DIFFER: Final = (
    INVALID
    + "Number of attributes in KeySchema does not exactly match number of attributes defined"
    " in AttributeDefinitions"
)
TOO_FEW_DEFINITIONS: Final = "Invalid KeySchema: Some index key attribute have no definition"
"""Sources: aws-cloudformation/cfn-lint#1037, alexdebrie/dynamodbguide.com#16, getmoto/moto#4428."""

UNDEFINED_INDEX_KEYS: Final = (
    INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [{keys}],"
    " AttributeDefinitions: [{defined}]"
)
NO_LOCAL_INDEXES: Final = INVALID + "List of LocalSecondaryIndexes is empty"
LOCAL_INDEX_WITHOUT_TABLE_SORT_KEY: Final = (
    INVALID + "Table KeySchema does not have a range key, which is required when specifying a"
    " LocalSecondaryIndex"
)
TOO_MANY_LOCAL_INDEXES: Final = (
    INVALID + f"Number of LocalSecondaryIndexes exceeds per-table limit of {LOCAL_INDEXES}"
)
LOCAL_INDEX_WITHOUT_SORT_KEY: Final = (
    INVALID + "Index KeySchema does not have a range key for index: {name}"
)
LOCAL_INDEX_OF_OTHER_HASH_KEY: Final = (
    INVALID
    + "Index KeySchema does not have the same leading hash key as table KeySchema for index:"
    " {name}. index hash key: {own}, table hash key: {others}"
)
INDEX_KEYS_OUT_OF_ORDER: Final = "Invalid KeySchema: HASH key elements must come before RANGE ones"
TOO_MANY_INDEX_KEYS: Final = (
    INVALID + f"KeySchema of index {{index}} exceeds the limit of {INDEX_KEY_ATTRIBUTES} HASH and"
    f" {INDEX_KEY_ATTRIBUTES} RANGE attributes"
)
NO_PROJECTION_TYPE: Final = INVALID + "Unknown ProjectionType: null"
INCLUDE_WITHOUT_ATTRIBUTES: Final = (
    INVALID + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
)
DUPLICATE_PROJECTED_ATTRIBUTE: Final = INVALID + "Duplicate attribute in NonKeyAttributes"
ATTRIBUTES_WITHOUT_INCLUDE: Final = (
    INVALID + "ProjectionType is {kind}, but NonKeyAttributes is specified"
)
DUPLICATE_INDEX: Final = INVALID + "Duplicate index name: {name}"
TOO_MANY_PROJECTED_ATTRIBUTES: Final = (
    INVALID + f"Number of attributes projected by name, {{count}}, exceeds the limit of"
    f" {PROJECTED_ATTRIBUTES} for all indexes of a table"
)
UNKNOWN_ENCRYPTION: Final = INVALID + "SSEType {kind} is not supported; the only one is KMS"
ENCRYPTION_TYPE_MISSING: Final = INVALID + "SSEType KMS is required if KMSMasterKeyId is specified"
STREAM_VIEW_MISSING: Final = (
    INVALID + "StreamSpecification has StreamEnabled as true, but StreamViewType is not specified"
)
STREAM_VIEW_WITHOUT_STREAM: Final = (
    INVALID + "StreamSpecification has StreamEnabled as false, but StreamViewType is specified"
)
TABLE_NOT_FOUND: Final = "Requested resource not found: Table: {name} not found"
IN_USE: Final = "Attempt to change a resource which is still in use: {why}"
TABLE_IS_BUSY: Final = "Table is being {doing}: {name}"
NO_GLOBAL_INDEXES: Final = INVALID + "List of GlobalSecondaryIndexes is empty"
TOO_MANY_GLOBAL_INDEXES_OF_NEW_TABLE: Final = (
    INVALID + f"GlobalSecondaryIndex count exceeds the per-table limit of {GLOBAL_INDEXES}"
)
INDEXES_CHANGING: Final = (
    "Cannot delete table while indexes are being created, updated, or deleted."
)
PROTECTED: Final = (
    "Resource cannot be deleted as it is currently protected against deletion. Disable"
    " deletion protection first."
)
NOTHING_TO_UPDATE: Final = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled,"
    " GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
)
ONLY_CHANGE: Final = INVALID + "{what} modification must be the only operation in the request"
ENCRYPTION: Final = "Server-Side Encryption"
INDEX_UPDATE_ACTIONS: Final = (
    INVALID + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create,"
    " GlobalSecondaryIndexUpdate.Delete must not be null"
)
INDEX_UPDATE_EMPTY: Final = (
    INVALID + "At least one of {settings} is required to update index: {index}"
)
INDEX_UPDATED_TWICE: Final = (
    INVALID + "Only one global secondary index update per index is allowed simultaneously. Index:"
    " {index}"
)
ONE_INDEX_AT_ONCE: Final = (
    "Subscriber limit exceeded: Only 1 online index can be created or deleted"
    " simultaneously per table"
)
STREAM_WITH_CAPACITY: Final = INVALID + "You cannot modify stream status while updating table IOPS"
ONE_CHANGE_AT_ONCE: Final = (
    INVALID + "Only one of these can be done at once: change the billing or the provisioned"
    " throughput of the table, create a global secondary index, delete one"
)
INDEX_IS_DELETED: Final = "Index is being deleted.  Table: {table} Index: {index}"
INDEX_EXISTS: Final = "Attempting to create an index which already exists: {name}"
TOO_MANY_GLOBAL_INDEXES: Final = (
    "Subscriber limit exceeded: GlobalSecondaryIndex count exceeds the per-table limit of"
    f" {GLOBAL_INDEXES}"
)
INDEX_UPDATE_BLOCKED: Final = (
    "This operation cannot be performed with given input values. Please contact DynamoDB"
    " service team for more info: Action Blocked: IndexUpdate"
)
INDEX_NOT_FOUND: Final = "Requested resource not found: Index: {name} not found"
ENCRYPTED_BY_DEFAULT: Final = INVALID + "Table is already encrypted by default"
ENCRYPTED_WITH_KEY: Final = (
    INVALID
    + "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if"
    " you want to change Master Key"
)
STREAM_ENABLED: Final = "Table already has an enabled stream: TableName: {name}"
NO_STREAM_TO_DISABLE: Final = "Table has no stream to disable: TableName: {name}"
"""Source: aws-controllers-k8s/community#2782."""
ATTRIBUTE_REDEFINED: Final = (
    INVALID + "Attribute {name} is defined as {type} already, and an attribute has one type in all"
    " keys"
)

CODES: Final = {
    INDEX_OF_TABLE_NOT_FOUND: "ResourceNotFoundException",
    SOURCE_NOT_FOUND: "TableNotFoundException",
    TABLE_EXISTS: "ResourceInUseException",
    TABLE_NOT_FOUND: "ResourceNotFoundException",
    IN_USE: "ResourceInUseException",
    TABLE_IS_BUSY: "TableInUseException",
    ONE_INDEX_AT_ONCE: "LimitExceededException",
    TOO_MANY_GLOBAL_INDEXES: "LimitExceededException",
    INDEX_NOT_FOUND: "ResourceNotFoundException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset(
    (
        TABLE_IS_BUSY,
        TOO_MANY_PROJECTED_ATTRIBUTES,
        INDEX_KEYS_OUT_OF_ORDER,
        TOO_MANY_INDEX_KEYS,
        UNKNOWN_ENCRYPTION,
        ENCRYPTION_TYPE_MISSING,
        ONE_CHANGE_AT_ONCE,
        INDEX_UPDATE_EMPTY,
        ATTRIBUTE_REDEFINED,
    )
)
"""Those that are not the service's."""

PARTS: Final = frozenset((ENCRYPTION, INDEX_IS_DELETED))
"""Those that only stand in others."""
