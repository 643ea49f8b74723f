"""Texts of errors about statements of PartiQL.

The beginning of those about syntax is the service's, and so are the whole sentences about batches,
transactions, ORDER BY, keys and projections, as users of the service quote them. AWS documents
none. What exactly a statement is blamed for is ours.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.limits import EXPRESSION_OPERATORS, NESTING_LEVELS, PARTIQL_PARTITIONS
from anydynamo.engine.texts.requests import INVALID

OTHER_ATTRIBUTE: Final = "{name} changes the attribute that it is assigned to, and no other"
SECOND_ARGUMENT_NO_SET: Final = "The second argument of {name} is a set"
NO_FUNCTION_IN_SET: Final = "There is no function {name} in SET"
MIXED_BATCH: Final = "Read and write requests together in the same batch is not supported."
EXISTS_OUTSIDE_OF_TRANSACTION: Final = "The EXISTS function can only be used in ExecuteTransaction"
TOO_MANY_OPERATORS: Final = f"A condition has more than {EXPRESSION_OPERATORS} operators"
OPERATOR_EXPECTED: Final = "expected an operator"
NO_FUNCTION_WITH_A_VALUE: Final = "There is no function {name} that has a value here"
NO_FUNCTION_IN_CONDITION: Final = "There is no function {name} in a condition"
IS_WITHOUT_ATTRIBUTE: Final = "IS has an attribute on its left"
TOO_MANY_OPTIONS: Final = "IN has {count} values, and may have {most}"
INVALID_TOKEN: Final = "Invalid NextToken"
TOKEN_OF_ANOTHER_REQUEST: Final = "NextToken does not match request"
MALFORMED: Final = "Statement wasn't well formed, can't be processed: {why}"
UNEXPECTED_CHARACTER: Final = "Unexpected character {character!r} at {position}"
EMPTY_SET: Final = "A set may not be empty"
MIXED_SET: Final = "The members of a set must be all strings, all numbers or all binary values"
TOO_MANY_PARTITIONS: Final = (
    f"A statement may name {PARTIQL_PARTITIONS} partition key values, and names {{count}}"
)
ORDER_WITHOUT_WHERE: Final = "Must have WHERE clause in the statement when using ORDER BY clause."
ORDER_WITHOUT_HASH_KEY: Final = (
    "Must have at least one non-optional hash key condition in WHERE clause when using"
    " ORDER BY clause."
)
ORDER_BY_NO_KEY: Final = (
    "Variable reference {name} in ORDER BY clause must be part of the primary key"
)
ORDER_OF_PARTITIONS: Final = (
    "Items of several partitions can be ordered by {key} first, and not by {given}"
)
FILTER_NOT_PROJECTED: Final = (
    INVALID + "Secondary index {index} does not project one or more filter attributes: [{missing}]"
)
SELECT_WITHOUT_KEY: Final = (
    "Select statements within {operation} must specify the primary key in the where clause."
)
EXPECTED: Final = "expected {what}"
UNEXPECTED_END: Final = "Unexpected end of the statement, {wanted}"
UNSUPPORTED_CLAUSE: Final = "Unsupported clause: {clause} at {position}"
UNEXPECTED: Final = "Unexpected {token!r} at {position}, {wanted}"
PATH_TOO_LONG: Final = f"A document path has more than {NESTING_LEVELS} levels"
INDEX_EXPECTED: Final = "expected an index"
VALUE_EXPECTED: Final = "expected a value"
DUPLICATE_ENTRY: Final = "The attribute {name!r} stands twice in one map"
ATTRIBUTE: Final = "an attribute"
PARAMETER_COUNT: Final = "Number of parameters in request and statement don't match."
END_EXPECTED: Final = "expected the end"
NO_STATEMENT: Final = "Expected data manipulation"
WRITE_TO_AN_INDEX: Final = (
    "FROM clause may only contain a single table name in data manipulation statements at {place}"
)
TABLE_NAME: Final = "table name"
INDEX_NAME: Final = "index name"
EXISTS_OF_AN_INDEX: Final = "EXISTS reads one item of a table"
WRITE_WITHOUT_KEY: Final = (
    "Where clause does not contain a mandatory equality on all key attributes"
)
ITEM_EXPECTED: Final = "expected an item"
ACTION_EXPECTED: Final = "expected SET or REMOVE"
RETURNING_OF_A_DELETE: Final = (
    "Invalid returning clause: RETURNING {wanted} *. Only RETURNING ALL OLD * is allowed in"
    " DELETE statements."
)
MIXED_TRANSACTION: Final = (
    "ExecuteTransaction API does not support both read and write operations in the same request."
)
RETURNING_IN_TRANSACTION: Final = "The RETURNING clause is not supported in ExecuteTransaction"
DUPLICATE_ITEM: Final = "Duplicate primary key exists in table"
VALUE_NO_MAP: Final = "The VALUE of an INSERT is a map of attributes"

CODES: Final = {
    DUPLICATE_ITEM: "DuplicateItemException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset(
    (
        OTHER_ATTRIBUTE,
        SECOND_ARGUMENT_NO_SET,
        NO_FUNCTION_IN_SET,
        TOO_MANY_OPERATORS,
        OPERATOR_EXPECTED,
        NO_FUNCTION_WITH_A_VALUE,
        NO_FUNCTION_IN_CONDITION,
        IS_WITHOUT_ATTRIBUTE,
        TOO_MANY_OPTIONS,
        EXISTS_OUTSIDE_OF_TRANSACTION,
        UNEXPECTED_CHARACTER,
        EMPTY_SET,
        MIXED_SET,
        TOO_MANY_PARTITIONS,
        ORDER_OF_PARTITIONS,
        EXPECTED,
        UNEXPECTED_END,
        UNSUPPORTED_CLAUSE,
        UNEXPECTED,
        PATH_TOO_LONG,
        INDEX_EXPECTED,
        VALUE_EXPECTED,
        DUPLICATE_ENTRY,
        ATTRIBUTE,
        END_EXPECTED,
        TABLE_NAME,
        INDEX_NAME,
        EXISTS_OF_AN_INDEX,
        ITEM_EXPECTED,
        ACTION_EXPECTED,
        RETURNING_IN_TRANSACTION,
        VALUE_NO_MAP,
    )
)
"""Those that are not the service's."""

PARTS: Final = frozenset(
    (
        OTHER_ATTRIBUTE,
        SECOND_ARGUMENT_NO_SET,
        NO_FUNCTION_IN_SET,
        TOO_MANY_OPERATORS,
        OPERATOR_EXPECTED,
        NO_FUNCTION_WITH_A_VALUE,
        NO_FUNCTION_IN_CONDITION,
        IS_WITHOUT_ATTRIBUTE,
        TOO_MANY_OPTIONS,
        UNEXPECTED_CHARACTER,
        EMPTY_SET,
        EXPECTED,
        UNEXPECTED_END,
        UNSUPPORTED_CLAUSE,
        UNEXPECTED,
        PATH_TOO_LONG,
        INDEX_EXPECTED,
        VALUE_EXPECTED,
        DUPLICATE_ENTRY,
        ATTRIBUTE,
        END_EXPECTED,
        TABLE_NAME,
        INDEX_NAME,
        EXISTS_OF_AN_INDEX,
        ITEM_EXPECTED,
        ACTION_EXPECTED,
        NO_STATEMENT,
    )
)
"""Those that only stand in others."""
