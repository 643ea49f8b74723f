"""Replaying a stream's records onto nothing gives the table's items, whatever was written."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from tests.engine.places import Place
from tests.engine.streaming import on
from tests.targets import EMBEDDED, embedded

from anydynamo.errors import AnyDynamoError
from anydynamo.testing import strategies

if TYPE_CHECKING:
    from anydynamo.testing.strategies import TableShape

Call = tuple[str, dict[str, Any]]


@st.composite
def histories(draw: st.DrawFn) -> tuple[TableShape, list[Call]]:
    """Draw a table and calls that write to it in every way there is."""
    table = draw(strategies.tables())
    item = strategies.items(table)
    calls = st.one_of(
        st.tuples(st.just("PutItem"), strategies.puts(table)),
        st.tuples(
            st.just("PutItem"), st.builds(lambda one: {"TableName": table.name, "Item": one}, item)
        ),
        st.tuples(st.just("UpdateItem"), strategies.update_requests(table)),
        st.tuples(st.just("DeleteItem"), strategies.deletes(table)),
        st.tuples(st.just("BatchWriteItem"), strategies.batch_writes(table)),
        st.tuples(st.just("TransactWriteItems"), strategies.transactions(table)),
        # Not a call: so many hours pass, or the database is closed and opened again.
        st.tuples(st.just("wait"), st.fixed_dictionaries({"hours": st.integers(-1, 5)})),
        st.tuples(st.just("reopen"), st.just(dict[str, Any]())),
    )
    return table, draw(st.lists(calls, max_size=25))


def key_of(item: dict[str, Any], table: TableShape) -> str:
    return repr([item[name] for name, _ in table.keys])


def replayed(place: Place, table: TableShape, arn: str) -> dict[str, Any]:
    """Read the whole stream and do what its records say, each of which must fit what is there."""
    items: dict[str, Any] = {}
    seen: list[str] = []
    parent = None
    for shard in place("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]:
        assert shard.get("ParentShardId") == parent
        parent = shard["ShardId"]
        iterator: str | None = place(
            "GetShardIterator", StreamArn=arn, ShardId=parent, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator is not None:
            page = place("GetRecords", ShardIterator=iterator, Limit=7)
            for record in page["Records"]:
                apply(record, items, table)
                seen.append(record["dynamodb"]["SequenceNumber"])
            iterator = page.get("NextShardIterator") if page["Records"] else None
    assert seen == sorted(set(seen))
    return items


def apply(record: dict[str, Any], items: dict[str, Any], table: TableShape) -> None:
    body = record["dynamodb"]
    key = key_of(body["Keys"], table)
    old, new = body.get("OldImage"), body.get("NewImage")
    assert items.get(key) == old
    assert old != new
    name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    assert record["eventName"] == name
    if new is None:
        del items[key]
    else:
        assert key_of(new, table) == key
        items[key] = new


@pytest.mark.parametrize("name", EMBEDDED)
@given(history=histories())
def test_a_replayed_stream_is_the_table(name: str, history: tuple[TableShape, list[Call]]) -> None:
    table, calls = history
    with tempfile.TemporaryDirectory() as folder:
        place = Place(embedded(name, Path(folder)))
        try:
            created = place("CreateTable", **table.create_request(), **on())
            for operation, request in calls:
                note(f"{operation} {request}")
                if operation == "wait":
                    # A day in all at most, so that nothing is trimmed.
                    place.now = min(place.now + 3600 * request["hours"], 1_700_000_000 + 80_000)
                elif operation == "reopen":
                    place.reopen()
                else:
                    try:
                        place(operation, **request)
                    except AnyDynamoError as error:
                        note(f"-> {error}")
            arn = created["TableDescription"]["LatestStreamArn"]
            scanned = place("Scan", TableName=table.name)["Items"]
            items = replayed(place, table, arn)
            assert items == {key_of(item, table): item for item in scanned}
        finally:
            place.close()


def test_writers_of_one_file_record_in_one_order(tmp_path: Path) -> None:
    table = strategies.TableShape("shared", ("pk", "S"))
    places = [Place(embedded("sqlite", tmp_path)) for _ in range(3)]
    created = places[0]("CreateTable", **table.create_request(), **on())
    expected: list[str] = []
    for number in range(60):
        # Each has a clock of its own, and that of the second is an hour late.
        place = places[number % 3]
        place.now += 100.0 - 3600 * (number == 1)
        place("PutItem", TableName="shared", Item={"pk": {"S": str(number)}})
        expected.append(str(number))
    arn = created["TableDescription"]["LatestStreamArn"]
    for place in places:
        assert [item["pk"]["S"] for item in replayed(place, table, arn).values()] == expected
        place.close()
