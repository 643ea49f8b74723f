"""Every limit of DynamoDB's that the engine keeps, and every choice where AWS leaves one open.

Source: "Quotas in Amazon DynamoDB" ("Constraints") of the Amazon DynamoDB Developer Guide.

AWS's documentation leaves the following open, or the service differs from it; what was chosen
(`readings` has the points that can be had otherwise):

- Legacy parameters beside an expression are refused, `KeyConditions` no less than the others: the
  guide forbids using expression and non-expression parameters in one request. `legacy.parameters`.
- What is absent fulfils the legacy operators NE and NOT_CONTAINS, as it fulfils `<>` and `NOT
  contains`; of NE the reference says only that another type "does not match". `legacy.conditions`.
- The legacy CONTAINS takes a value of any type that is no set, list or map, as the reference ends
  by saying; IN takes strings, numbers and binary values. `legacy.comparisons`.
- A legacy ADD appends to a list: the guide names numbers and sets, users saw the service do it. A
  legacy DELETE alone does not create an item that is not there: the guide says so, where the
  reference says "Nothing happens". `legacy.updates`.
- A `ConditionalOperator` needs two conditions at least: by the guide it combines "at least two
  expressions". `legacy.conditions`.
- A Query's filter may not name a key attribute, nor a path into one (`pk.x`): by the guide it
  "cannot contain partition key or sort key attributes". `query` looks at top-level names.
- A transaction's 4 MB are those of its items as they are to be: the API reference limits "the
  aggregate size of the items". What a delete or a condition check reads counts as its key.
- Streams: when a shard ends is not documented, see `streams`. More than 1,000 records asked for is
  a LimitExceededException, as the errors of GetRecords have it. A `SequenceNumber` or `Timestamp`
  beside an iterator type that has no use for it is refused, as is a number outside of its shard.
- An import's `ProcessedSizeBytes` are those of its files after unpacking. A file that cannot be
  read to its end is one error, of no item. An empty column of a CSV file is an empty string.
- The latest time to which a table can be restored is now, where the service has "typically 5
  minutes before the current time"; `Behaviour.recovery_lag` sets it back. A time without a fraction
  is the whole of its second. `recovery`, `history`.
- A page of a Query or Scan ends early, and has a LastEvaluatedKey, when a filter or projection of
  many parts has had its share of work: the API reference promises no page of a certain size, and
  one request must not keep a server from all others for many seconds. `PAGE_COMPARISONS`.
- The names and values of the expressions of one request, or of one action of a transaction, have
  2 MB together: by the guide, the sum of the lengths of all of them. What the placeholders are
  called does not count. `BINDING_BYTES`.
- An item collection of more than 10 GB takes nothing that makes it larger: by the guide. It is
  measured where its table is large enough to have one so large, and only then. `COLLECTION_BYTES`.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ATTRIBUTE_NAME_BYTES",
    "BATCH_GET_KEYS",
    "BATCH_WRITE_REQUESTS",
    "BINDING_BYTES",
    "COLLECTION_BYTES",
    "DECREASE_SECONDS",
    "EXPONENT_MAX",
    "EXPONENT_MIN",
    "EXPRESSION_BYTES",
    "EXPRESSION_OPERATORS",
    "FREE_DECREASES",
    "GLOBAL_INDEXES",
    "HASH_KEY_BYTES",
    "INDEX_KEY_ATTRIBUTES",
    "ITEM_BYTES",
    "KINESIS_DESTINATIONS",
    "LIST_INDEX_MAX",
    "LIST_OVERHEAD",
    "LOCAL_INDEXES",
    "NESTING_LEVELS",
    "NUMBER_DIGITS",
    "PAGE_BYTES",
    "PAGE_COMPARISONS",
    "PARTIQL_BATCH",
    "PARTIQL_PARTITIONS",
    "PLACEHOLDER_BYTES",
    "POLICY_BYTES",
    "PROJECTED_ATTRIBUTES",
    "RANGE_KEY_BYTES",
    "REQUEST_BYTES",
    "STREAM_RECORDS",
    "TAGS",
    "TRANSACTION_ACTIONS",
    "TRANSACTION_BYTES",
]

NUMBER_DIGITS: Final = 38
"""Significant digits of a number."""

EXPONENT_MAX: Final = 125
"""The largest power of ten of a number's first digit: magnitudes end at 9.99...E+125."""

EXPONENT_MIN: Final = -130
"""The smallest power of ten of a number's first digit: magnitudes begin at 1E-130."""

NESTING_LEVELS: Final = 32
"""Levels of a value, counting the innermost one: 31 lists or maps around a scalar are the most."""

ITEM_BYTES: Final = 400 * 1024
"""Bytes of an item, names and values together."""

HASH_KEY_BYTES: Final = 2048
RANGE_KEY_BYTES: Final = 1024

ATTRIBUTE_NAME_BYTES: Final = 65_535

LIST_OVERHEAD: Final = 3
"""Bytes that a list or map costs besides its elements; each element costs one more."""

EXPRESSION_BYTES: Final = 4096
"""Bytes of an expression as it was sent, before placeholders are substituted."""

EXPRESSION_OPERATORS: Final = 300
"""Operators and functions in one expression."""

PLACEHOLDER_BYTES: Final = 255
"""Bytes of an expression attribute name or value's placeholder, such as `#name` or `:value`."""

BINDING_BYTES: Final = 2 * 1024 * 1024
"""Bytes of all names and values of a request's expressions."""

LIST_INDEX_MAX: Final = 2**31 - 1
"""The largest index that a document path may hold."""

COLLECTION_BYTES: Final = 10 * 1024**3
"""Bytes of one partition's items and local index entries, in a table with local indexes."""

BATCH_WRITE_REQUESTS: Final = 25
BATCH_GET_KEYS: Final = 100
TRANSACTION_ACTIONS: Final = 100
TRANSACTION_BYTES: Final = 4 * 1024 * 1024
REQUEST_BYTES: Final = 16 * 1024 * 1024
PAGE_BYTES: Final = 1024 * 1024
"""Bytes that one Query or Scan evaluates before it returns a page, and that GetRecords returns."""

PAGE_COMPARISONS: Final = 1024 * 1024
"""How often one page's items are compared with a part of its filter, or of its projection; with 20
parts a page has 52,000 items. An item counts once for each 64 bytes that it has."""

STREAM_RECORDS: Final = 1000
"""Records that one GetRecords returns."""

PARTIQL_BATCH: Final = 25
"""Statements of one BatchExecuteStatement."""

PARTIQL_PARTITIONS: Final = 50
"""Partition key values that one PartiQL statement may name with `IN` or `OR`."""

LOCAL_INDEXES: Final = 5
GLOBAL_INDEXES: Final = 20
"""Secondary indexes of a table."""

INDEX_KEY_ATTRIBUTES: Final = 4
"""Partition key attributes of a global index, and as many sort key attributes."""

PROJECTED_ATTRIBUTES: Final = 100
"""Attributes that all indexes of a table project by name."""

TAGS: Final = 50
"""Tags of a table."""

POLICY_BYTES: Final = 20 * 1024
"""Bytes of a resource policy."""

KINESIS_DESTINATIONS: Final = 2
"""Kinesis streaming destinations of a table."""

FREE_DECREASES: Final = 4
DECREASE_SECONDS: Final = 3600
"""A day's first decreases of throughput may come at any time, further ones once an hour."""
