"""Texts of errors about legacy parameters.

They are the service's, as its users quote them and as independent emulators have them.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.texts.requests import INVALID

ARGUMENT_COUNT: Final = INVALID + "Invalid number of argument(s) for the {name} ComparisonOperator"
ARGUMENT_TYPE: Final = (
    INVALID + "ComparisonOperator {name} is not valid for {tag} AttributeValue type"
)
ARGUMENT_TYPES_DIFFER: Final = (
    INVALID + "AttributeValues inside AttributeValueList must be of same type"
)
BOUNDS_CROSSED: Final = (
    "The BETWEEN condition was provided a range where the lower bound is greater than the"
    " upper bound"
)
VALUE_AND_VALUES: Final = "Value and AttributeValueList cannot be used together"
VALUES_WITHOUT_OPERATOR: Final = "AttributeValueList can only be used with a ComparisonOperator"
VALUE_WHEN_ABSENT: Final = "Value cannot be used when Exists is false"
VALUE_MISSING: Final = "Value must be provided when Exists is {shown}"
EXISTS_AND_OPERATOR: Final = "Exists and ComparisonOperator cannot be used together"
OPERATOR_WITHOUT_VALUE: Final = (
    "Value or AttributeValueList must be used with ComparisonOperator: {comparison}"
)
EXPECTED: Final = INVALID + "{how} for Attribute: {name}"
CONDITIONAL_OPERATOR_OF_ONE: Final = (
    "ConditionalOperator can only be used when Filter or Expected has two or more elements"
)
CONDITIONAL_OPERATOR_ALONE: Final = "ConditionalOperator cannot be used without Filter or Expected"
NOT_INDEXABLE: Final = "Attempted conditional constraint is not an indexable operation"
MIXED_PARAMETERS: Final = (
    "{prefix}Can not use both expression and non-expression parameters in the same request:"
    " Non-expression parameters: {{{legacy}}} Expression parameters: {{{modern}}}"
)
DUPLICATE_ATTRIBUTE: Final = INVALID + "Duplicate value in attribute name: {name}"
ONLY_DELETE_WITHOUT_VALUE: Final = (
    INVALID + "Only DELETE action is allowed when no attribute value is specified"
)
DELETE_TYPE: Final = INVALID + "DELETE action with value is not supported for the type {tag}"
ADD_TYPE: Final = INVALID + "ADD action is not supported for the type {tag}"
UPDATE_TYPE_MISMATCH: Final = "Type mismatch for attribute to update"

PARTS: Final = frozenset(
    (
        VALUE_AND_VALUES,
        VALUES_WITHOUT_OPERATOR,
        VALUE_WHEN_ABSENT,
        VALUE_MISSING,
        EXISTS_AND_OPERATOR,
        OPERATOR_WITHOUT_VALUE,
    )
)
"""Those that only stand in others."""
