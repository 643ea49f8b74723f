"""Texts of errors about attribute values and their names.

They are the service's, as its users quote them, spelling included; only that of half a surrogate
pair is ours.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.texts.requests import INVALID

SEVERAL_TYPES: Final = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of"
    " the supported datatypes"
)
TOO_MANY_DIGITS: Final = "Attempting to store more than 38 significant digits in a Number"
NUMBER_OVERFLOW: Final = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
NUMBER_UNDERFLOW: Final = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)
NO_NUMBER: Final = "The parameter cannot be converted to a numeric value"
NO_NUMBER_TEXT: Final = "The parameter cannot be converted to a numeric value: {text}"
HALF_A_SURROGATE_PAIR: Final = "A string holds a surrogate without its other half"
TOO_DEEP: Final = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested"
    " levels beyond supported limit"
)
NO_TYPE: Final = (
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
)
NAME_EMPTY: Final = INVALID + "Empty attribute name"
NAME_TOO_LONG: Final = INVALID + "Attribute name is too large, must be less than 65536 bytes"
NULL_NOT_TRUE: Final = INVALID + "Null attribute value types must have the value of true"
STRING_SET_EMPTY: Final = INVALID + "An string set  may not be empty"
STRING_SET_DUPLICATES: Final = INVALID + "Input collection [{members}] contains duplicates."
NUMBER_SET_EMPTY: Final = INVALID + "An number set  may not be empty"
NUMBER_SET_DUPLICATES: Final = "Input collection contains duplicates"
BINARY_SET_EMPTY: Final = INVALID + "Binary sets should not be empty"
BINARY_SET_DUPLICATES: Final = (
    INVALID + "Input collection [{members}]of type BS contains duplicates."
)

CODES: Final = {
    HALF_A_SURROGATE_PAIR: "SerializationException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset((HALF_A_SURROGATE_PAIR,))
"""Those that are not the service's."""
