"""Texts of errors about Query and Scan.

They are the service's, as its users quote them.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.texts.requests import INVALID

NO_INDEX: Final = "The table does not have the specified index: {name}"
BACKFILLING: Final = "Cannot read from backfilling global secondary index: {name}"
ONLY_THE_COUNT: Final = "only the Count"
CONSISTENT_GLOBAL_INDEX: Final = "Consistent reads are not supported on global secondary indexes"
ALL_ATTRIBUTES_OF_INDEX: Final = (
    INVALID
    + "Select type ALL_ATTRIBUTES is not supported for global secondary index {name} because"
    " its projection type is not ALL"
)
NOT_PROJECTED: Final = INVALID + "Global secondary index {index} does not project [{missing}]"
PROJECTION_BESIDE_SELECT: Final = "Cannot specify the {name} when choosing to get {what}"
SPECIFIC_ATTRIBUTES: Final = (
    "Must specify the AttributesToGet or ProjectionExpression when choosing to get"
    " SPECIFIC_ATTRIBUTES"
)
ALL_PROJECTED_ATTRIBUTES: Final = (
    "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
)
INVALID_START_WITH_REASON: Final = "The provided starting key is invalid: {message}"
NO_KEY_CONDITION: Final = (
    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
)
KEY_IN_FILTER: Final = (
    "{name} can only contain non-primary key attributes: Primary key attribute: {attribute}"
)
FILTER_EXPRESSION: Final = "Filter Expression"
START_OUTSIDE_OF_QUERY: Final = (
    "The provided starting key is outside query boundaries based on provided conditions"
)
START_OUTSIDE_OF_RANGE: Final = "The provided starting key does not match the range key predicate"
KEY_CONDITION_NOT_SUPPORTED: Final = "Query key condition not supported"
KEY_CONDITION_TYPE: Final = INVALID + "Condition parameter type does not match schema type"
INVALID_START: Final = "The provided starting key is invalid"
MISMATCHED_START: Final = INVALID_START + ": The provided key element does not match the schema"
KEY_CONDITION_MISSING: Final = "Query condition missed key schema element: {name}"
START_OF_OTHER_SEGMENT: Final = (
    "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use"
    " ExclusiveStartKey with correct Segment. TotalSegments: {total} Segment: {number}"
)
TOTAL_SEGMENTS_MISSING: Final = (
    "The TotalSegments parameter is required but was not present in the request when"
    " Segment parameter is present"
)
SEGMENT_MISSING: Final = (
    "The Segment parameter is required but was not present in the request when parameter"
    " TotalSegments is present"
)
SEGMENT_TOO_LARGE: Final = (
    "The Segment parameter is zero-based and must be less than parameter TotalSegments:"
    " Segment: {number} is not less than TotalSegments: {total}"
)

PARTS: Final = frozenset((FILTER_EXPRESSION, ONLY_THE_COUNT))
"""Those that only stand in others."""
