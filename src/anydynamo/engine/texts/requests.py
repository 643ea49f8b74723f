"""Texts of errors about what a request is made of, whatever it asks for.

Broken constraints are put together as the API's framework does it, and what cannot be read is
answered in the words of the service's JSON reader, which is written in Java, and shows it. AWS
documents neither; both are what users of the service quote and what Dynoxide, which was calibrated
against it, answers. The texts about parameters that are unknown or not there are ours: the service
ignores what it does not know.
"""

from __future__ import annotations

from typing import Final

INVALID: Final = "One or more parameter values were invalid: "
DETECTED: Final = "1 validation error detected: "
NOT_VALID: Final = "One or more parameter values are not valid. "
RESOURCE_NOT_FOUND: Final = "Requested resource not found"
UNKNOWN_OPERATION: Final = "There is no operation {operation} here"
UNEXPECTED_VALUE: Final = "Unexpected value type in payload"
NO_VECTOR_SEARCH: Final = "there is no vector search"
ONE_ACCOUNT: Final = "there is one account, and no other to share a global table with"
NOT_IN_RESTORED_INDEX: Final = "an index that is restored has none"
ONE_COPY: Final = "there is one copy of the data, and no other to part from"
FAULTS: Final = "{count} validation error{plural} detected: {faults}"
FAULT: Final = "Value {value} at '{path}' failed to satisfy constraint: Member must {constraint}"
CHOICES: Final = "satisfy enum value set: [{choices}]"
LENGTH_LEAST: Final = "have length greater than or equal to {minimum}"
LENGTH_MOST: Final = "have length less than or equal to {maximum}"
PATTERN: Final = "satisfy regular expression pattern: {pattern}"
NUMBER_OUT_OF_RANGE: Final = "NUMBER_VALUE cannot be converted to {name}"
VALUE_LEAST: Final = "have value greater than or equal to {minimum}"
VALUE_MOST: Final = "have value less than or equal to {maximum}"
NUMBER_NOT_FINITE: Final = "A number that is not finite cannot be converted to Double"
DATE_OUT_OF_RANGE: Final = "NUMBER_VALUE cannot be converted to Date"
NOT_NULL: Final = "not be null"
ENTRIES: Final = "of {count} entries"
NOT_SUPPORTED: Final = "The parameter {name} is not supported here: {known}"
UNKNOWN_PARAMETER: Final = "Unknown parameter in the request: {name!r}, must be one of: {names}"
PARAMETER_NO_TEXT: Final = "A parameter's name is a {kind}, must be one of: {names}"
REQUIRED: Final = "The parameter '{name}' is required but was not present in the request"
TABLE_NAME_LENGTH: Final = (
    "TableName must be at least 3 characters long and at most 255 characters long"
)
MAP_UNEXPECTED: Final = "Start of structure or map found where not expected"
FIELD_TYPE: Final = "Unexpected field type"
LIST_FOR_SCALAR: Final = "Unrecognized collection type class java.lang.{wanted}"
UNEXPECTED_TOKEN: Final = "Unexpected token received from parser"
NOT_CONVERTIBLE: Final = "{token} cannot be converted to {wanted}"
LIST_FOR_BINARY: Final = "Unrecognized collection type class java.nio.ByteBuffer"
NO_BASE64: Final = "only base-64-encoded strings are convertible to bytes"
BASE64_LENGTH: Final = "Base64 encoded length is expected a multiple of 4 bytes but found: {length}"
INVALID_BASE64: Final = "A binary value is not base64"
LIST_FOR_MAP: Final = "Unrecognized collection type java.util.Map<java.lang.String, {member}>"
NO_ELEMENT: Final = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class"
    " java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and"
    " java.lang.Class are in module java.base of loader 'bootstrap')"
)
LIST_UNEXPECTED: Final = "Start of list found where not expected"
LIST_FOR_STRUCTURE: Final = "Unrecognized collection type class {name}"

CODES: Final = {
    RESOURCE_NOT_FOUND: "ResourceNotFoundException",
    UNKNOWN_OPERATION: "UnknownOperationException",
    UNEXPECTED_VALUE: "SerializationException",
    NUMBER_OUT_OF_RANGE: "SerializationException",
    NUMBER_NOT_FINITE: "SerializationException",
    DATE_OUT_OF_RANGE: "SerializationException",
    MAP_UNEXPECTED: "SerializationException",
    FIELD_TYPE: "SerializationException",
    LIST_FOR_SCALAR: "SerializationException",
    UNEXPECTED_TOKEN: "SerializationException",
    NOT_CONVERTIBLE: "SerializationException",
    LIST_FOR_BINARY: "SerializationException",
    NO_BASE64: "SerializationException",
    BASE64_LENGTH: "SerializationException",
    INVALID_BASE64: "SerializationException",
    LIST_FOR_MAP: "SerializationException",
    NO_ELEMENT: "SerializationException",
    LIST_UNEXPECTED: "SerializationException",
    LIST_FOR_STRUCTURE: "SerializationException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset(
    (
        UNKNOWN_OPERATION,
        NUMBER_NOT_FINITE,
        NO_VECTOR_SEARCH,
        ONE_ACCOUNT,
        ONE_COPY,
        NOT_SUPPORTED,
        UNKNOWN_PARAMETER,
        PARAMETER_NO_TEXT,
        INVALID_BASE64,
        NOT_IN_RESTORED_INDEX,
    )
)
"""Those that are not the service's."""

PARTS: Final = frozenset(
    (
        INVALID,
        DETECTED,
        NOT_VALID,
        FAULT,
        CHOICES,
        LENGTH_LEAST,
        LENGTH_MOST,
        PATTERN,
        VALUE_LEAST,
        VALUE_MOST,
        NOT_NULL,
        ENTRIES,
        NO_VECTOR_SEARCH,
        ONE_ACCOUNT,
        ONE_COPY,
        NOT_IN_RESTORED_INDEX,
    )
)
"""Those that only stand in others."""
