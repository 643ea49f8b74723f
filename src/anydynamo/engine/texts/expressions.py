"""Texts of errors about expressions, and about what goes with them.

They are the service's, as its users quote them. Ours are those of a name's length and of what
all names and values have together: the guide has the limits, and no texts.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.limits import ATTRIBUTE_NAME_BYTES, BINDING_BYTES
from anydynamo.engine.texts.requests import INVALID

BINDINGS_TOO_LARGE: Final = (
    f"{{prefix}}ExpressionAttributeNames and ExpressionAttributeValues have {{size}} bytes"
    f" together, and {BINDING_BYTES} are the most"
)
NAMES_WITHOUT_EXPRESSION: Final = (
    "ExpressionAttributeNames can only be specified when using expressions"
)
NO_NAMES: Final = "ExpressionAttributeNames must not be empty"
NAME_LENGTH: Final = (
    "ExpressionAttributeNames contains invalid value: Attribute names have 1 to"
    f" {ATTRIBUTE_NAME_BYTES} bytes for key {{placeholder}}"
)
PARAMETER_IS_NULL: Final = "{parameter} is null"
VALUES_WITHOUT_EXPRESSION: Final = (
    "{prefix}ExpressionAttributeValues can only be specified when using expressions{absent}"
)
NO_VALUES: Final = "ExpressionAttributeValues must not be empty"
INVALID_VALUE: Final = (
    "{prefix}ExpressionAttributeValues contains invalid value: {why} for key {placeholder}"
)
UNUSED_BINDINGS: Final = (
    "Value provided in ExpressionAttribute{kind} unused in expressions: keys: {{{unused}}}"
)
EMPTY: Final = "Invalid {parameter}: The expression can not be empty;"
TOO_LARGE: Final = (
    "{prefix}Invalid {parameter}: Expression size has exceeded the maximum allowed size;"
    " expression size: {size}"
)
INVALID_EXPRESSION: Final = "{prefix}Invalid {parameter}: {why}"
UNDEFINED_NAME: Final = (
    "An expression attribute name used in the document path is not defined; attribute name:"
    " {placeholder}"
)
UNDEFINED_VALUE: Final = (
    "An expression attribute value used in expression is not defined; attribute value:"
    " {placeholder}"
)
PLACEHOLDER_TOO_LONG: Final = (
    "{parameter} contains invalid key: The expression attribute map contains a key that is"
    ' too long; key: "{placeholder}"'
)
PLACEHOLDER_SYNTAX: Final = '{parameter} contains invalid key: Syntax error; key: "{placeholder}"'
NO_DOCUMENT_PATH: Final = (
    "Operator or function requires a document path; operator or function: {name}"
)
OPERAND_COUNT: Final = (
    "Incorrect number of operands for operator or function; operator or function: {name},"
    " number of operands: {count}"
)
OPERANDS_NOT_DISTINCT: Final = (
    "The first operand must be distinct from the remaining operands for this operator or"
    " function; operator: {operator}, first operand: {operand}"
)
IN_FUNCTION: Final = "operator or function: {name}"
UNKNOWN_TYPE_NAME: Final = "Invalid attribute type name found; type: {name}, valid types: {types}"
BOUNDS: Final = (
    "The BETWEEN operator requires {problem}; lower bound operand: AttributeValue: {low},"
    " upper bound operand: AttributeValue: {high}"
)
BOUNDS_OF_TWO_TYPES: Final = "same data type for lower and upper bounds"
BOUNDS_CROSSED: Final = "upper bound to be greater than or equal to lower bound"
INVALID_PATH_FOR_UPDATE: Final = (
    "The document path provided in the update expression is invalid for update"
)
OPERAND_TYPE: Final = (
    "Incorrect operand type for operator or function; {where}, operand type: {found}"
)
TWO_CONDITIONS_FOR_A_KEY: Final = "KeyConditionExpressions must only contain one condition per key"
NESTED_KEY_CONDITION: Final = "KeyConditionExpressions cannot contain nested operations"
NO_KEY_ATTRIBUTE: Final = "No key attribute specified"
TWO_KEY_ATTRIBUTES: Final = "Multiple attribute names used in one condition"
KEY_NOT_FIRST_OPERAND: Final = (
    "{operator} operator must have the key attribute as its first operand"
)
KEY_CONDITION_ON_NESTED_ATTRIBUTE: Final = (
    "KeyConditionExpressions cannot have conditions on nested attributes"
)
KEY_CONDITION_OPERATOR: Final = "Invalid operator used in KeyConditionExpression: {name}"
KEY_CONDITION: Final = "Invalid condition in KeyConditionExpression: {why}"
TOO_MANY_OPERATORS: Final = "The expression contains too many operators; operator count: {count}"
SYNTAX_ERROR: Final = 'Syntax error; token: "{token}", near: "{near}"'
REDUNDANT_PARENTHESES: Final = "The expression has redundant parentheses;"
PATH_TOO_LONG: Final = "The document path has too many nesting levels; nesting levels: {levels}"
RESERVED_WORD: Final = "Attribute name is a reserved keyword; reserved keyword: {word}"
LIST_INDEX_OUT_OF_RANGE: Final = "List index is not within the allowable range; index: [{digits}]"
FUNCTION_NOT_IN_UPDATE: Final = "The function is not allowed in an update expression"
FUNCTION_NOT_IN_CONDITION: Final = "The function is not allowed in a condition expression"
UNKNOWN_FUNCTION: Final = "Invalid function name"
WRONG_FUNCTION: Final = "{context}; function: {name}"
MISPLACED_FUNCTION: Final = (
    "The function is not allowed to be used this way in an expression; function: {function}"
)
TOO_MANY_OPTIONS: Final = (
    "The IN operator is provided with too many operands; number of operands: {count}"
)
SECTION_TWICE: Final = 'The "{section}" section can only be used once in an update expression;'
PATHS_CLASH: Final = (
    "Two document paths {how} with each other; must remove or rewrite one of these paths;"
    " path one: {earlier}, path two: {later}"
)
NO_SUCH_ATTRIBUTE: Final = (
    "The provided expression refers to an attribute that does not exist in the item"
)
KEY_IN_UPDATE: Final = INVALID + "Cannot update attribute {name}. This attribute is part of the key"
IN_CLAUSE: Final = "operator: {clause}"
NO_CONSTANT: Final = "a document path or function"
OPERAND_DATA_TYPE: Final = "An operand in the update expression has an incorrect data type"

OURS: Final = frozenset(
    (
        BINDINGS_TOO_LARGE,
        NAME_LENGTH,
    )
)
"""Those that are not the service's."""

PARTS: Final = frozenset(
    (
        PARAMETER_IS_NULL,
        IN_FUNCTION,
        IN_CLAUSE,
        NO_CONSTANT,
        BOUNDS_OF_TWO_TYPES,
        BOUNDS_CROSSED,
        FUNCTION_NOT_IN_UPDATE,
        FUNCTION_NOT_IN_CONDITION,
        UNKNOWN_FUNCTION,
        NO_KEY_ATTRIBUTE,
        TWO_KEY_ATTRIBUTES,
        KEY_NOT_FIRST_OPERAND,
    )
)
"""Those that only stand in others."""
