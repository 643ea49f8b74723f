"""Requests and answers are read for names and numbers, whatever they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anydynamo.observability import Consumed, reading


@pytest.mark.parametrize(
    ("request_", "tables", "index"),
    [
        ({"TableName": "a", "IndexName": "i"}, ("a",), "i"),
        ({"RequestItems": {"a": [], "b": {}}}, ("a", "b"), None),
        (
            {"TransactItems": [{"Put": {"TableName": "b"}}, {"Get": {"TableName": "a"}}]},
            ("b", "a"),
            None,
        ),
        ({"Statement": 'SELECT * FROM "a"."i" WHERE k = \'FROM x\''}, ("a",), "i"),
        ({"Statement": "select x.y from a.i where k = ?"}, ("a",), "i"),
        ({"Statement": "INSERT INTO a VALUE {'k': 'INTO b'}"}, ("a",), None),
        ({"Statement": "UPDATE \"a-1\" SET v = 'secret'"}, ("a-1",), None),
        ({"Statement": " DELETE FROM a WHERE k = 1"}, ("a",), None),
        (
            {
                "TransactStatements": [
                    {"Statement": "EXISTS(SELECT * FROM a WHERE k = 1)"},
                    {"Statement": "nonsense 'secret'"},
                ]
            },
            ("a",),
            None,
        ),
        ({"Statements": [{"Statement": "SELECT * FROM a"}, 7]}, ("a",), None),
        ({}, (), None),
    ],
)
def test_tables_and_indexes_are_found_where_they_are_named(
    request_: dict[str, Any], tables: tuple[str, ...], index: str | None
) -> None:
    assert reading.tables_of(request_) == tables
    assert reading.index_of(request_) == index


@pytest.mark.parametrize(
    ("operation", "request_", "requested", "writes"),
    [
        ("GetItem", {}, 1, False),
        ("Scan", {}, None, False),
        ("BatchGetItem", {"RequestItems": {"a": {"Keys": [1, 2]}, "b": {"Keys": [3]}}}, 3, False),
        ("BatchWriteItem", {"RequestItems": {"a": [1, 2]}}, 2, True),
        ("TransactGetItems", {"TransactItems": [{}, {}]}, 2, False),
        ("ExecuteStatement", {"Statement": "SELECT * FROM a"}, 1, False),
        ("ExecuteStatement", {"Statement": "DELETE FROM a"}, 1, True),
        ("BatchExecuteStatement", {"Statements": [{"Statement": "UPDATE a"}]}, 1, True),
    ],
)
def test_items_are_counted_and_writes_told_from_reads(
    operation: str, request_: dict[str, Any], requested: int | None, writes: bool
) -> None:
    assert reading.requested(operation, request_) == requested
    assert reading.writes(operation, request_) is writes


@pytest.mark.parametrize(
    ("operation", "response", "returned", "unprocessed"),
    [
        ("GetItem", {"Item": {}}, 1, None),
        ("GetItem", {}, 0, None),
        ("Query", {"Count": 3, "Items": []}, 3, None),
        ("ExecuteStatement", {"Items": [{}, {}]}, 2, None),
        ("GetRecords", {"Records": [{}]}, 1, None),
        ("BatchGetItem", {"Responses": {"a": [{}], "b": [{}]}, "UnprocessedKeys": {}}, 2, 0),
        ("TransactGetItems", {"Responses": [{"Item": {}}, {}]}, 1, None),
        ("BatchWriteItem", {"UnprocessedItems": {"a": [{}, {}]}}, None, 2),
    ],
)
def test_answers_are_counted(
    operation: str, response: dict[str, Any], returned: int | None, unprocessed: int | None
) -> None:
    assert reading.returned(response, operation) == returned
    assert reading.unprocessed(response) == unprocessed


def test_capacity_is_read_from_one_table_and_from_several() -> None:
    one = {
        "TableName": "a",
        "CapacityUnits": 2,
        "LocalSecondaryIndexes": {"i": {"CapacityUnits": 1}},
    }
    assert reading.consumed({"ConsumedCapacity": one}) == (Consumed("a", 2.0, (("i", 1.0),)),)
    two = [one, {"TableName": "b", "CapacityUnits": 0.5}]
    assert [part.table for part in reading.consumed({"ConsumedCapacity": two})] == ["a", "b"]


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["TableName", "Keys", "Statement", "Put", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "TableName",
                "IndexName",
                "RequestItems",
                "TransactItems",
                "TransactStatements",
                "Statements",
                "Statement",
            ]
        ),
        _anything,
    )
)
def test_no_request_is_too_strange_to_be_told_of(request_: dict[str, Any]) -> None:
    assert all(isinstance(name, str) for name in reading.tables_of(request_))
    assert reading.index_of(request_) is None or isinstance(reading.index_of(request_), str)
    for operation in sorted(reading.CAPACITY):
        assert reading.requested(operation, request_) in (None, *range(100))
        assert reading.writes(operation, request_) in (True, False)
