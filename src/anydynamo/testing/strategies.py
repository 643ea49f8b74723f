"""Hypothesis strategies for tables, values, items, keys and whole requests.

    from hypothesis import given
    from anydynamo.testing import strategies

    @given(strategies.items(strategies.TableShape("users", ("id", "S"))))
    def test_my_adapter_keeps_items(item): ...

Names, keys and values come from small pools, so that generated requests meet each other: a key is
put twice, an update finds its attribute, a condition holds about as often as not. Expressions are
drawn from DynamoDB's grammar, so that most are valid; whether one can be applied to an item is left
to chance, as errors are answers too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anydynamo.errors import MissingDependency

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise MissingDependency("The strategies are hypothesis's: pip install hypothesis") from error

from anydynamo.testing.generated.expressions import Bindings, conditions, paths, updates
from anydynamo.testing.generated.values import (
    attribute_names,
    attribute_values,
    key_values,
    number_texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "IndexShape",
    "TableShape",
    "attribute_names",
    "attribute_values",
    "batch_reads",
    "batch_writes",
    "deletes",
    "gets",
    "items",
    "key_values",
    "keys",
    "number_texts",
    "puts",
    "queries",
    "scans",
    "tables",
    "transactional_reads",
    "transactions",
    "update_requests",
]

# Any: attribute values and requests have DynamoDB's shapes.
Item = dict[str, Any]
Request = dict[str, Any]
KEY_TYPES = ("S", "N", "B")


@dataclass(frozen=True, slots=True)
class IndexShape:
    """A secondary index; keys are pairs of an attribute's name and its type."""

    name: str
    hash_key: tuple[str, str]
    range_key: tuple[str, str] | None
    local: bool
    projection: str = "ALL"
    include: tuple[str, ...] = ()

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The key attributes, partition key first."""
        return [self.hash_key, *([self.range_key] if self.range_key else [])]


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table; keys are pairs of an attribute's name and its type."""

    name: str
    hash_key: tuple[str, str]
    range_key: tuple[str, str] | None = None
    indexes: tuple[IndexShape, ...] = field(default=())

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The key attributes, partition key first."""
        return [self.hash_key, *([self.range_key] if self.range_key else [])]

    @property
    def index_keys(self) -> dict[str, str]:
        """The types of the indexes' key attributes that are not keys of the table."""
        own = dict(self.keys)
        return {
            name: kind for index in self.indexes for name, kind in index.keys if name not in own
        }

    def create_request(self) -> Request:
        """Return the CreateTable request."""
        kinds = {**dict(self.keys), **self.index_keys}
        request: Request = {
            "TableName": self.name,
            "KeySchema": _key_schema(self.keys),
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()
            ],
            "BillingMode": "PAY_PER_REQUEST",
        }
        for local in (False, True):
            declared = [_declare(index) for index in self.indexes if index.local is local]
            if declared:
                request[f"{'Local' if local else 'Global'}SecondaryIndexes"] = declared
        return request


def _key_schema(keys: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": role}
        for (name, _), role in zip(keys, ("HASH", "RANGE"), strict=False)
    ]


def _declare(index: IndexShape) -> Request:
    projection: Request = {"ProjectionType": index.projection}
    if index.include:
        projection["NonKeyAttributes"] = list(index.include)
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.keys),
        "Projection": projection,
    }


@st.composite
def tables(draw: st.DrawFn, name: str = "generated") -> TableShape:
    """Draw a table with up to three indexes."""
    kinds = st.sampled_from(KEY_TYPES)
    hash_key = ("pk", draw(kinds))
    range_key = ("sk", draw(kinds)) if draw(st.booleans()) else None
    attributes = {"g": draw(kinds), "h": draw(kinds)}
    indexes: list[IndexShape] = []
    for number in range(draw(st.integers(0, 3))):
        local = range_key is not None and draw(st.booleans())
        projection = draw(st.sampled_from(["ALL", "KEYS_ONLY", "INCLUDE"]))
        partition = hash_key if local else ("g", attributes["g"])
        sort = ("h", attributes["h"]) if local or draw(st.booleans()) else None
        indexes.append(
            IndexShape(
                f"index{number}",
                partition,
                sort,
                local,
                projection,
                ("aa", "cc") if projection == "INCLUDE" else (),
            )
        )
    return TableShape(name, hash_key, range_key, tuple(indexes))


def keys(table: TableShape) -> st.SearchStrategy[Item]:
    """Draw a primary key of a table."""
    return st.fixed_dictionaries({name: key_values(kind) for name, kind in table.keys})


@st.composite
def items(draw: st.DrawFn, table: TableShape) -> Item:
    """Draw an item: its key, some of the index keys with their types, and other attributes."""
    item = dict(draw(keys(table)))
    for name, kind in table.index_keys.items():
        if draw(st.integers(0, 3)):
            item[name] = draw(key_values(kind))
    item.update(draw(st.dictionaries(attribute_names(), attribute_values(), max_size=4)))
    return item


def _bind(request: Request, bindings: Bindings) -> Request:
    if bindings.names:
        request["ExpressionAttributeNames"] = bindings.names
    if bindings.values:
        request["ExpressionAttributeValues"] = bindings.values
    return request


def _maybe(draw: st.DrawFn, one_in: int = 2) -> bool:
    return draw(st.integers(1, one_in)) == 1


@st.composite
def puts(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a PutItem request."""
    request: Request = {"TableName": table.name, "Item": draw(items(table))}
    bindings = Bindings()
    if _maybe(draw, 3):
        request["ConditionExpression"] = draw(conditions(bindings))
        request["ReturnValuesOnConditionCheckFailure"] = draw(st.sampled_from(["NONE", "ALL_OLD"]))
    request["ReturnValues"] = draw(st.sampled_from(["NONE", "ALL_OLD"]))
    return _bind(request, bindings)


@st.composite
def deletes(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a DeleteItem request."""
    request: Request = {"TableName": table.name, "Key": draw(keys(table))}
    bindings = Bindings()
    if _maybe(draw):
        request["ConditionExpression"] = draw(conditions(bindings))
        request["ReturnValuesOnConditionCheckFailure"] = draw(st.sampled_from(["NONE", "ALL_OLD"]))
    request["ReturnValues"] = draw(st.sampled_from(["NONE", "ALL_OLD"]))
    return _bind(request, bindings)


@st.composite
def update_requests(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw an UpdateItem request."""
    request: Request = {"TableName": table.name, "Key": draw(keys(table))}
    bindings = Bindings()
    if not _maybe(draw, 20):
        request["UpdateExpression"] = draw(updates(bindings, table.index_keys))
    if _maybe(draw, 4):
        request["ConditionExpression"] = draw(conditions(bindings))
    request["ReturnValues"] = draw(
        st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
    )
    return _bind(request, bindings)


def _project(draw: st.DrawFn, request: Request, bindings: Bindings) -> None:
    if _maybe(draw, 3):
        chosen = draw(st.lists(paths(bindings), min_size=1, max_size=3))
        request["ProjectionExpression"] = ", ".join(chosen)


@st.composite
def gets(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a GetItem request."""
    request: Request = {
        "TableName": table.name,
        "Key": draw(keys(table)),
        "ConsistentRead": draw(st.booleans()),
    }
    bindings = Bindings()
    _project(draw, request, bindings)
    return _bind(request, bindings)


@st.composite
def queries(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a Query request, of the table or of one of its indexes, without a start key."""
    request: Request = {"TableName": table.name}
    index = draw(st.sampled_from([None, *table.indexes]))
    schema = index.keys if index else table.keys
    if index:
        request["IndexName"] = index.name
    bindings = Bindings()
    (hash_name, hash_kind), *rest = schema
    clause = f"{bindings.name(hash_name)} = {bindings.value(draw(key_values(hash_kind)))}"
    for name, kind in rest:
        if draw(st.booleans()):
            clause += " AND " + draw(_sort_conditions(bindings, name, kind))
    request["KeyConditionExpression"] = clause
    if _maybe(draw, 3):
        keyed = {name for name, _ in schema}
        request["FilterExpression"] = draw(conditions(bindings, excluded=keyed))
    _select(draw, request, bindings, index)
    request["ScanIndexForward"] = draw(st.booleans())
    return _bind(request, bindings)


@st.composite
def _sort_conditions(draw: st.DrawFn, bindings: Bindings, name: str, kind: str) -> str:
    path = bindings.name(name)
    operators = ["=", "<", "<=", ">", ">=", "BETWEEN"]
    if kind != "N":
        operators.append("begins_with")
    operator = draw(st.sampled_from(operators))
    operand = bindings.value(draw(key_values(kind)))
    if operator == "begins_with":
        return f"begins_with({path}, {operand})"
    if operator == "BETWEEN":
        return f"{path} BETWEEN {operand} AND {bindings.value(draw(key_values(kind)))}"
    return f"{path} {operator} {operand}"


def _select(
    draw: st.DrawFn, request: Request, bindings: Bindings, index: IndexShape | None
) -> None:
    # A projection that a global index cannot serve is refused, and would be most of them.
    if index is None or index.projection == "ALL":
        _project(draw, request, bindings)
    if "ProjectionExpression" not in request and _maybe(draw, 6):
        request["Select"] = "COUNT"


@st.composite
def scans(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a Scan request, of the table or of one of its indexes, without a start key."""
    request: Request = {"TableName": table.name}
    index = draw(st.sampled_from([None, *table.indexes]))
    if index:
        request["IndexName"] = index.name
    bindings = Bindings()
    if _maybe(draw):
        request["FilterExpression"] = draw(conditions(bindings))
    _select(draw, request, bindings, index)
    return _bind(request, bindings)


@st.composite
def batch_writes(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a BatchWriteItem request of up to six writes; some of them on one key."""
    writes = st.one_of(
        items(table).map(lambda item: {"PutRequest": {"Item": item}}),
        keys(table).map(lambda key: {"DeleteRequest": {"Key": key}}),
    )
    return {"RequestItems": {table.name: draw(st.lists(writes, min_size=1, max_size=6))}}


@st.composite
def batch_reads(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a BatchGetItem request of up to six keys; some of them equal."""
    request: Request = {"Keys": draw(st.lists(keys(table), min_size=1, max_size=6))}
    bindings = Bindings()
    _project(draw, request, bindings)
    return {"RequestItems": {table.name: _bind(request, bindings)}}


@st.composite
def _checks(draw: st.DrawFn, table: TableShape) -> Request:
    bindings = Bindings()
    condition = draw(conditions(bindings))
    key = draw(keys(table))
    return _bind({"TableName": table.name, "Key": key, "ConditionExpression": condition}, bindings)


def _without(request: Request, *names: str) -> Request:
    return {name: value for name, value in request.items() if name not in names}


@st.composite
def transactions(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a TransactWriteItems request of up to four actions; some of them on one item."""
    drawn: Mapping[str, Callable[[TableShape], st.SearchStrategy[Request]]] = {
        "Put": puts,
        "Delete": deletes,
        "Update": update_requests,
        "ConditionCheck": _checks,
    }
    actions: list[Request] = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(sorted(drawn)))
        request = draw(drawn[kind](table))
        # An update in a transaction has an expression; elsewhere it may do without.
        if kind == "Update" and "UpdateExpression" not in request:
            request = draw(_checks(table))
            kind = "ConditionCheck"
        actions.append({kind: _without(request, "ReturnValues")})
    return {"TransactItems": actions}


@st.composite
def transactional_reads(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a TransactGetItems request of up to four reads; some of them of one item."""
    reads = gets(table).map(lambda request: {"Get": _without(request, "ConsistentRead")})
    return {"TransactItems": draw(st.lists(reads, min_size=1, max_size=4))}
