"""Texts of errors about tags, time to live, recovery, policies, insights and Kinesis.

Those about tags and time to live are the service's. Those about the states of Kinesis destinations
and about policies that are not there are written from memory of the service's; the others are ours.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.limits import KINESIS_DESTINATIONS, POLICY_BYTES, TAGS
from anydynamo.engine.texts.requests import INVALID

DUPLICATE_TAG: Final = INVALID + "Duplicate tag key"
RESERVED_TAG: Final = INVALID + "Tag keys that begin with aws: are reserved for AWS"
TOO_MANY_TAGS: Final = f"Too many tags: a table can have {TAGS} at most"
TIME_TO_LIVE_TOO_SOON: Final = (
    "Time to live has been modified multiple times within a fixed interval"
)
TIME_TO_LIVE_DISABLED: Final = "TimeToLive is already disabled"
TIME_TO_LIVE_OF_OTHER_ATTRIBUTE: Final = (
    "TimeToLive is active on a different AttributeName: current AttributeName is {name}"
)
TIME_TO_LIVE_ENABLED: Final = "TimeToLive is already enabled"
MAX_RESULTS: Final = "MaxResults must be a positive number"
INSIGHTS_TOKEN: Final = "Invalid NextToken: it is none that ListContributorInsights gave"
DESTINATION_NOT_DISABLED: Final = (
    "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE"
    " operation."
)
TOO_MANY_DESTINATIONS: Final = (
    f"A table has no more than {KINESIS_DESTINATIONS} Kinesis streaming destinations; disable one"
)
DESTINATION_NOT_ACTIVE: Final = (
    "DisableKinesisStreamingDestination must be ACTIVE to perform DISABLE operation."
)
DESTINATION_UPDATE_EMPTY: Final = (
    "Streaming destination cannot be updated with given parameters:"
    " UpdateKinesisStreamingConfiguration cannot be null or contain only null values"
)
NO_DESTINATION: Final = (
    "No active streaming destination with streamArn: {arn} found for table with tableName: {table}"
)
PRECISION_UNCHANGED: Final = (
    "Invalid Request: Precision is already set to the desired value of {precision} for"
    " tableId: {table_id}, kcArn: {arn}"
)
NO_KINESIS_STREAM: Final = (
    "Invalid StreamArn: {arn} is not that of a Kinesis data stream, such as"
    " arn:aws:kinesis:us-east-1:111122223333:stream/name"
)
DESTINATION_STATE: Final = (
    "Table is not in a valid state to {wanted} Kinesis Streaming Destination: {why}"
)
NO_TABLE_ARN: Final = "Invalid TableArn"
INVALID_TABLE_ARN: Final = "Invalid TableArn: Invalid ResourceArn provided as input {arn}"
TAGGED_NOT_FOUND: Final = "Requested resource not found: ResourcArn: {arn} not found"
NO_TAGS: Final = "Atleast one Tag needs to be provided as Input."
NO_TAG_KEYS: Final = "Atleast one Tag Key needs to be provided as Input."
INVALID_TAG_TOKEN: Final = "The provided token is invalid"
POLICY_TOO_LARGE: Final = f"Resource policy exceeds the maximum size of {POLICY_BYTES} bytes"
POLICY_NO_OBJECT: Final = "Invalid policy document: it is no JSON object"
POLICY_NO_STATEMENT: Final = "Invalid policy document: it has no Statement"
POLICY_NO_EFFECT: Final = "Invalid policy document: a statement's Effect is Allow or Deny"
POLICY_EITHER: Final = "Invalid policy document: a statement has either {element} or Not{element}"
INVALID_RESOURCE_ARN: Final = "Invalid ResourceArn provided as input {arn}"
RESOURCE_OF_POLICY_NOT_FOUND: Final = "Requested resource not found: ResourceArn: {arn} not found"
POLICY_NOT_FOUND: Final = "Resource-based policy not found for {arn}"

CODES: Final = {
    TOO_MANY_DESTINATIONS: "LimitExceededException",
    TAGGED_NOT_FOUND: "ResourceNotFoundException",
    RESOURCE_OF_POLICY_NOT_FOUND: "ResourceNotFoundException",
    POLICY_NOT_FOUND: "PolicyNotFoundException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset(
    (
        DUPLICATE_TAG,
        RESERVED_TAG,
        TOO_MANY_TAGS,
        MAX_RESULTS,
        INSIGHTS_TOKEN,
        TOO_MANY_DESTINATIONS,
        NO_KINESIS_STREAM,
        POLICY_TOO_LARGE,
        POLICY_NO_OBJECT,
        POLICY_NO_STATEMENT,
        POLICY_NO_EFFECT,
        POLICY_EITHER,
        INVALID_TAG_TOKEN,
    )
)
"""Those that are not the service's."""

PARTS: Final = frozenset(
    (
        DESTINATION_NOT_DISABLED,
        DESTINATION_NOT_ACTIVE,
        NO_DESTINATION,
    )
)
"""Those that only stand in others."""
