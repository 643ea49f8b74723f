"""Requests of every kind on one table: those of the public strategies, and all that goes with them.

The public strategies draw what most programs send. Here the settings join them that change what is
returned, the legacy parameters, pages from any place, and PartiQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from anydynamo.testing import strategies
from anydynamo.testing.generated.values import NAMES, key_values, pooled, set_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.testing.strategies import TableShape

__all__ = ["LEGACY", "LEGACY_PARAMETERS", "MODERN", "page_requests", "walks"]

# Any: requests and attribute values have DynamoDB's shapes.
Request = dict[str, Any]

CAPACITY = st.sampled_from([None, None, "NONE", "TOTAL", "INDEXES"])
METRICS = st.sampled_from([None, None, "NONE", "SIZE"])
NUMBERS = st.integers(-9, 9).map(lambda number: {"N": str(number)})


def _put(request: Request, name: str, value: Any) -> Request:
    return request if value is None else {**request, name: value}


def metered(
    drawn: Callable[[TableShape], st.SearchStrategy[Request]], *, writes: bool
) -> Callable[[TableShape], st.SearchStrategy[Request]]:
    """Let requests ask for what they cost, and writes for the size of the item collections."""

    def drawing(table: TableShape) -> st.SearchStrategy[Request]:
        requests = st.builds(_put, drawn(table), st.just("ReturnConsumedCapacity"), CAPACITY)
        if not writes:
            return requests
        return st.builds(_put, requests, st.just("ReturnItemCollectionMetrics"), METRICS)

    return drawing


@st.composite
def tokened(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a transaction, now and then with a token that was used before."""
    request = draw(strategies.transactions(table))
    return _put(request, "ClientRequestToken", draw(st.sampled_from([None, None, None, "t", "u"])))


MODERN: Mapping[str, Callable[[TableShape], st.SearchStrategy[Request]]] = {
    "PutItem": metered(strategies.puts, writes=True),
    "UpdateItem": metered(strategies.update_requests, writes=True),
    "DeleteItem": metered(strategies.deletes, writes=True),
    "GetItem": metered(strategies.gets, writes=False),
    "BatchWriteItem": metered(strategies.batch_writes, writes=True),
    "BatchGetItem": metered(strategies.batch_reads, writes=False),
    "TransactWriteItems": metered(tokened, writes=True),
    "TransactGetItems": metered(strategies.transactional_reads, writes=False),
}
"""How the requests of an operation are drawn that are written with expressions, or without any."""


@st.composite
def _compared(draw: st.DrawFn, names: tuple[str, ...]) -> Request:
    """Draw conditions in the legacy form; a few of them cannot be."""
    conditions: Request = {}
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)):
        operator = draw(st.sampled_from(OPERATORS))
        condition: Request = {"ComparisonOperator": operator}
        if operator not in {"NULL", "NOT_NULL"}:
            counts = {"BETWEEN": (2, 2), "IN": (1, 3)}.get(operator, (1, 1))
            values = pooled() | NUMBERS
            condition["AttributeValueList"] = draw(
                st.lists(values, min_size=counts[0], max_size=counts[1])
            )
        conditions[name] = condition
    return conditions


OPERATORS = (
    *("EQ", "NE", "LE", "LT", "GE", "GT", "NULL", "NOT_NULL", "CONTAINS", "NOT_CONTAINS"),
    *("BEGINS_WITH", "IN", "BETWEEN"),
)


@st.composite
def _expected(draw: st.DrawFn) -> Request:
    if draw(st.booleans()):
        return draw(_compared(NAMES))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True))
    return {
        name: draw(
            st.one_of(
                st.just({"Exists": False}),
                pooled().map(lambda value: {"Value": value}),
                pooled().map(lambda value: {"Value": value, "Exists": True}),
            )
        )
        for name in names
    }


@st.composite
def _combined(draw: st.DrawFn, request: Request, name: str, conditions: Request) -> Request:
    request = {**request, name: conditions}
    if len(conditions) > 1 or draw(st.integers(0, 9)) == 0:
        return _put(request, "ConditionalOperator", draw(st.sampled_from([None, "AND", "OR"])))
    return request


@st.composite
def _legacy_put(draw: st.DrawFn, table: TableShape) -> Request:
    request = {"TableName": table.name, "Item": draw(strategies.items(table))}
    request = draw(_combined(request, "Expected", draw(_expected())))
    return _put(request, "ReturnValues", draw(st.sampled_from([None, "ALL_OLD"])))


@st.composite
def _legacy_delete(draw: st.DrawFn, table: TableShape) -> Request:
    request = {"TableName": table.name, "Key": draw(strategies.keys(table))}
    request = draw(_combined(request, "Expected", draw(_expected())))
    return _put(request, "ReturnValues", draw(st.sampled_from([None, "ALL_OLD"])))


@st.composite
def _legacy_update(draw: st.DrawFn, table: TableShape) -> Request:
    updates: Request = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
        action = draw(st.sampled_from([None, "PUT", "ADD", "DELETE"]))
        values = {"ADD": NUMBERS | set_values(), "DELETE": set_values() | st.none()}
        value = draw(values.get(str(action), strategies.attribute_values(3)))
        updates[name] = _put(_put({}, "Action", action), "Value", value)
    request: Request = {"TableName": table.name, "Key": draw(strategies.keys(table))}
    request["AttributeUpdates"] = updates
    if draw(st.integers(0, 3)) == 0:
        request = draw(_combined(request, "Expected", draw(_expected())))
    request["ReturnValues"] = draw(
        st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
    )
    return request


def _names(draw: st.DrawFn) -> list[str]:
    return draw(st.lists(st.sampled_from([*NAMES, "pk"]), min_size=1, max_size=3, unique=True))


@st.composite
def _legacy_get(draw: st.DrawFn, table: TableShape) -> Request:
    key = draw(strategies.keys(table))
    return {"TableName": table.name, "Key": key, "AttributesToGet": _names(draw)}


@st.composite
def _legacy_batch_get(draw: st.DrawFn, table: TableShape) -> Request:
    keys = draw(st.lists(strategies.keys(table), min_size=1, max_size=4))
    return {"RequestItems": {table.name: {"Keys": keys, "AttributesToGet": _names(draw)}}}


LEGACY: Mapping[str, Callable[[TableShape], st.SearchStrategy[Request]]] = {
    "PutItem": metered(_legacy_put, writes=True),
    "UpdateItem": metered(_legacy_update, writes=True),
    "DeleteItem": metered(_legacy_delete, writes=True),
    "GetItem": metered(_legacy_get, writes=False),
    "BatchGetItem": metered(_legacy_batch_get, writes=False),
}
"""How the requests of an operation are drawn that are written with legacy parameters."""


LEGACY_PARAMETERS = frozenset(
    (
        *("AttributesToGet", "AttributeUpdates", "ConditionalOperator", "Expected"),
        *("KeyConditions", "QueryFilter", "ScanFilter"),
    )
)


@st.composite
def _legacy_walk(draw: st.DrawFn, operation: str, table: TableShape) -> Request:
    request: Request = {"TableName": table.name}
    index = draw(st.sampled_from([None, *table.indexes]))
    keys = index.keys if index else table.keys
    if index:
        request["IndexName"] = index.name
    if operation == "Query":
        conditions: Request = {}
        for number, (name, kind) in enumerate(keys):
            operator = "EQ"
            if number:
                if draw(st.booleans()):
                    break
                operator = draw(st.sampled_from(["EQ", "LE", "GT", "BETWEEN", "BEGINS_WITH"]))
            size = 2 if operator == "BETWEEN" else 1
            values = draw(st.lists(key_values(kind), min_size=size, max_size=size))
            conditions[name] = {"ComparisonOperator": operator, "AttributeValueList": values}
        request["KeyConditions"] = conditions
        request["ScanIndexForward"] = draw(st.booleans())
    if draw(st.booleans()):
        name = f"{operation}Filter"
        request = draw(_combined(request, name, draw(_compared(NAMES))))
    if draw(st.integers(0, 3)) == 0 and (index is None or index.projection == "ALL"):
        request["AttributesToGet"] = _names(draw)
    return request


@st.composite
def walks(draw: st.DrawFn, operation: str, table: TableShape) -> Request:
    """Draw a Query or a Scan of which all pages are read, whichever way it is written."""
    modern = {"Query": strategies.queries, "Scan": strategies.scans}[operation]
    legacy = draw(st.integers(0, 3)) == 0
    request = dict(draw(_legacy_walk(operation, table) if legacy else modern(table)))
    if "Select" not in request and draw(st.integers(0, 3)) == 0:
        request["Select"] = draw(
            st.sampled_from(
                ["ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES"]
            )
        )
    request = _put(request, "ReturnConsumedCapacity", draw(CAPACITY))
    if draw(st.integers(0, 3)) == 0:
        request["ConsistentRead"] = draw(st.booleans())
    request = _put(request, "Limit", draw(st.sampled_from([None, None, 1, 2, 3])))
    if operation == "Scan":
        request = _put(request, "TotalSegments", draw(st.sampled_from([None, None, 1, 2, 4])))
    return request


@st.composite
def page_requests(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a Query of the table for one page that begins anywhere, seldom where it cannot.

    Not of an index, where items of equal keys have no order that is specified.
    """
    partition = draw(strategies.keys(table))
    request: Request = {
        "TableName": table.name,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": partition["pk"]},
        "ScanIndexForward": draw(st.booleans()),
    }
    start = draw(strategies.keys(table))
    if draw(st.integers(0, 4)):
        start["pk"] = partition["pk"]
    request["ExclusiveStartKey"] = start
    return _put(request, "Limit", draw(st.sampled_from([None, 1, 2])))
