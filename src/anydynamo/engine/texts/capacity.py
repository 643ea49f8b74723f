"""Texts of errors about throughput and billing.

They are those that users of the service report.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.limits import DECREASE_SECONDS, FREE_DECREASES
from anydynamo.engine.texts.requests import INVALID

UNITS_MISSING: Final = (
    INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is"
    " PROVISIONED"
)
UNITS_ON_DEMAND: Final = (
    INVALID
    + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is"
    " PAY_PER_REQUEST"
)
NEITHER: Final = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified"
MODE_OF_NEW_TABLE: Final = " table BillingMode is PROVISIONED."
INDEX_UNITS_OF_NEW_TABLE_ON_DEMAND: Final = (
    INVALID + "ProvisionedThroughput should not be specified for index: {name} when BillingMode is"
    " PAY_PER_REQUEST"
)
INDEX_UNITS_OF_NEW_TABLE_MISSING: Final = (
    INVALID + "ProvisionedThroughput is not specified for index: {name}"
)
INDEX_UNITS_MISSING: Final = (
    INVALID + "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {name}"
)
MODE: Final = " the table BillingMode is PROVISIONED"
INDEX_UNITS_ON_DEMAND: Final = (
    INVALID + NEITHER + " for index: {name} when BillingMode is PAY_PER_REQUEST"
)
OF_INDEX: Final = " for index {index}"
UNITS_OUT_OF_BOUNDS: Final = "Given value {units} for {name} is out of bounds{where}"
INITIAL_UNITS: Final = "initial throughput for OnDemand"
UNITS_PROVISIONED: Final = "{units} of ProvisionedThroughput"
WARM_TOO_LOW: Final = (
    INVALID + "Requested {name} for WarmThroughput for {place} is lower than {than}"
)
CEILING_OF_PROVISIONED: Final = (
    INVALID + "{name} for OnDemandThroughput cannot be specified when{mode}"
)
CEILING_OUT_OF_RANGE: Final = (
    INVALID + "Requested {name} for OnDemandThroughput for {place} is outside of valid range"
)
INDEX: Final = "index {index}"
UNITS_FOR_PROVISIONED: Final = (
    INVALID + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
)
INDEX_UNITS_FOR_PROVISIONED: Final = (
    INVALID + "ProvisionedThroughput must be specified for index: {name}"
)
WARM_DECREASED: Final = (
    INVALID
    + "Requested {name} for WarmThroughput for {place} is lower than current WarmThroughput,"
    " decreasing WarmThroughput is not supported"
)
UNITS_COMPARED: Final = (
    "Current {name} provisioned for the {kind}: {current}. Requested {name}: {requested}."
)
UNITS_UNCHANGED: Final = (
    "The provisioned throughput for the {what} will not change. The requested value equals"
    " the current value. {compared} Refer to the Amazon DynamoDB Developer Guide for"
    " current limits and how to request higher limits."
)
TOO_MANY_DECREASES: Final = (
    "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given"
    f" UTC day. After the first {FREE_DECREASES} decreases, each subsequent decrease in the"
    f" same UTC day can be performed at most once every {DECREASE_SECONDS} seconds. Number"
    f" of decreases today: {{count}}. Last decrease at {{last}}. Next decrease can be made"
    f" at {{following}}"
)

CODES: Final = {
    TOO_MANY_DECREASES: "LimitExceededException",
}
"""The codes of those that are no ValidationException."""

PARTS: Final = frozenset(
    (
        NEITHER,
        MODE_OF_NEW_TABLE,
        MODE,
        OF_INDEX,
        INDEX,
        INITIAL_UNITS,
        UNITS_PROVISIONED,
        UNITS_COMPARED,
    )
)
"""Those that only stand in others."""
