"""What requests and answers say of themselves: tables, numbers of items, capacity.

A request may be anything, since it is read before anybody has checked it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from anydynamo.observability.records import Consumed

__all__ = [
    "CAPACITY",
    "consumed",
    "described",
    "index_of",
    "requested",
    "returned",
    "tables_of",
    "unprocessed",
    "writes",
]

CAPACITY: Final = frozenset(
    {
        "BatchExecuteStatement",
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "ExecuteStatement",
        "ExecuteTransaction",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }
)
"""The operations that take `ReturnConsumedCapacity` (API Reference, version 2012-08-10)."""

_WRITES: Final = frozenset(
    {"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"}
)
_PARTIQL: Final = frozenset({"BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"})
_SINGLE: Final = frozenset({"DeleteItem", "ExecuteStatement", "GetItem", "PutItem", "UpdateItem"})
_LISTS: Final = {
    "TransactGetItems": "TransactItems",
    "TransactWriteItems": "TransactItems",
    "BatchExecuteStatement": "Statements",
    "ExecuteTransaction": "TransactStatements",
}

# A value can stand only behind the table's name, except in the list of a SELECT, which has paths.
_STATEMENT: Final = re.compile(
    r"""\s*(?:SELECT\b.*?\bFROM|INSERT\s+INTO|UPDATE|DELETE\s+FROM|EXISTS\s*\(\s*SELECT\b.*?\bFROM)
    \s+(?:"(?P<quoted>[\w.-]+)"|(?P<plain>[\w-]+))(?:\."?(?P<index>[\w.-]+)"?)?""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def writes(operation: str, request: Mapping[str, Any]) -> bool:
    """Tell whether an operation's capacity is that of writes; of statements the first decides."""
    if operation in _WRITES:
        return True
    # Most calls are no statements, and pay for none.
    texts = _statements(request) if operation in _PARTIQL else []
    return bool(texts) and not texts[0].lstrip().upper().startswith("SELECT")


def tables_of(request: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the tables that a request is about, each once."""
    named = request.get("TableName")
    if isinstance(named, str):
        return (named,)
    names: list[object] = [*_mapping(request.get("RequestItems"))]
    for action in _sequence(request.get("TransactItems")):
        names += [_mapping(one).get("TableName") for one in _mapping(action).values()]
    for text in _statements(request):
        match = _STATEMENT.match(text)
        names.append(match and (match["quoted"] or match["plain"]))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def index_of(request: Mapping[str, Any]) -> str | None:
    """Return the name of the index that a request reads."""
    named = request.get("IndexName")
    if isinstance(named, str):
        return named
    text = request.get("Statement")
    match = _STATEMENT.match(text) if isinstance(text, str) else None
    return match and match["index"]


def requested(operation: str, request: Mapping[str, Any]) -> int | None:
    """Return how many items or statements a request names."""
    if operation in _SINGLE:
        return 1
    if operation in _LISTS:
        return len(_sequence(request.get(_LISTS[operation])))
    return _parts(request.get("RequestItems"))


def returned(response: Mapping[str, Any], operation: str) -> int | None:
    """Return how many items an answer brought."""
    if operation == "GetItem":
        return int("Item" in response)
    if operation in ("Query", "Scan"):
        return cast("int | None", response.get("Count"))
    for name in ("Items", "Records"):
        if name in response:
            return len(response[name])
    answers: Any = response.get("Responses")
    if isinstance(answers, Mapping):
        return sum(len(items) for items in cast("Mapping[str, Sequence[Any]]", answers).values())
    if answers is None:
        return None
    return sum("Item" in answer for answer in answers)


def unprocessed(response: Mapping[str, Any]) -> int | None:
    """Return how many parts of a batch were left."""
    for name in ("UnprocessedItems", "UnprocessedKeys"):
        if name in response:
            return _parts(response[name])
    return None


def consumed(response: Mapping[str, Any]) -> tuple[Consumed, ...]:
    """Return the capacity that an answer tells of, by table."""
    said: Any = response.get("ConsumedCapacity") or ()
    return tuple(_of_table(one) for one in ((said,) if "TableName" in said else said))


def described(response: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return how many items and bytes a table has, where the answer describes one."""
    table = _mapping(response.get("Table"))
    return table.get("ItemCount"), table.get("TableSizeBytes")


def _of_table(said: Mapping[str, Any]) -> Consumed:
    return Consumed(
        said["TableName"],
        float(said["CapacityUnits"]),
        _of_indexes(said.get("LocalSecondaryIndexes")),
        _of_indexes(said.get("GlobalSecondaryIndexes")),
    )


def _of_indexes(said: object) -> tuple[tuple[str, float], ...]:
    return tuple((name, float(part["CapacityUnits"])) for name, part in _mapping(said).items())


def _parts(batch: object) -> int | None:
    """Count what a batch has: a list for each table, or a map with `Keys`."""
    if not isinstance(batch, Mapping):
        return None
    tables = cast("Mapping[str, object]", batch).values()
    return sum(len(_sequence(_mapping(part).get("Keys", part))) for part in tables)


def _statements(request: Mapping[str, Any]) -> list[str]:
    many = _sequence(request.get("Statements") or request.get("TransactStatements"))
    texts = [request.get("Statement"), *(_mapping(one).get("Statement") for one in many)]
    return [text for text in texts if isinstance(text, str)]


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _sequence(value: object) -> Sequence[Any]:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return cast("Sequence[object]", value)
    return ()
