"""Stale reads: what was stored once, never what is consistent, and never for ever."""

from __future__ import annotations

from types import coroutine
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.faults.stage import Stage, finished, item, key, table
from tests.repository.interleaving import interleaved

from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.errors import RequestTimeout, TableNotFound, Unavailable
from anydynamo.testing.faults import Faults, lose_reply, stale
from anydynamo.testing.faults.lagging import LaggingCopy

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

BY_COLOUR: dict[str, Any] = {
    "TableName": "ads",
    "IndexName": "by-colour",
    "KeyConditionExpression": "colour = :c",
    "ExpressionAttributeValues": {":c": {"S": "red"}},
}


def keys(answer: Any) -> set[str]:
    return {one["pk"]["S"] for one in answer["Items"]}


def test_a_read_shows_a_write_once_it_is_old_enough_and_a_consistent_one_at_once() -> None:
    stage = Stage(stale(lag=10))
    stage.put("a", colour="red")
    assert stage.get("a") is None
    assert stage.get("a", ConsistentRead=True) == item("a", colour="red")
    stage.now += 9.9
    assert stage.get("a") is None
    stage.now += 0.1
    assert stage.get("a") == item("a", colour="red")
    assert stage.happened == [(2, "stale"), (4, "stale")]


def test_former_images_come_in_their_order() -> None:
    stage = Stage(stale(lag=10))
    for colour in ("red", "green", "blue"):
        stage.put("a", colour=colour)
        stage.now += 5
    seen: list[str | None] = []
    for _ in range(4):
        found = stage.get("a")
        seen.append(found and found["colour"]["S"])
        stage.now += 5
    assert seen == ["green", "blue", "blue", "blue"]


def test_what_was_there_before_the_faults_is_copied() -> None:
    stage = Stage(stale(lag=10))
    for number in range(30):
        stage.raw("PutItem", TableName="ads", Item=item(f"{number}", text="x" * 100_000))
    stage("DeleteItem", TableName="ads", Key=key("7"))
    stage("UpdateItem", TableName="ads", Key=key("8"))
    assert stage.get("7") is not None
    assert stage.get("7", ConsistentRead=True) is None
    assert stage("Scan", TableName="ads", Select="COUNT", Limit=3)["Count"] == 3
    stage.now += 10
    assert stage.get("7") is None


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("PutItem", {"TableName": "ads", "Item": item("new", colour="red")}),
        (
            "UpdateItem",
            {
                "TableName": "ads",
                "Key": key("new"),
                "UpdateExpression": "SET colour = :c",
                "ExpressionAttributeValues": {":c": {"S": "red"}},
            },
        ),
        (
            "BatchWriteItem",
            {"RequestItems": {"ads": [{"PutRequest": {"Item": item("new", colour="red")}}]}},
        ),
        (
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": "ads", "Item": item("new", colour="red")}},
                    {"Delete": {"TableName": "bids", "Key": key("x")}},
                ]
            },
        ),
        ("ExecuteStatement", {"Statement": "INSERT INTO ads VALUE {'pk': 'new', 'colour': 'red'}"}),
        (
            "BatchExecuteStatement",
            {"Statements": [{"Statement": "UPDATE ads SET colour='red' WHERE pk='old'"}]},
        ),
        (
            "ExecuteTransaction",
            {"TransactStatements": [{"Statement": "UPDATE ads SET colour='red' WHERE pk='old'"}]},
        ),
    ],
)
def test_an_index_does_not_show_a_write_of_any_kind_yet(
    operation: str, request_: dict[str, Any]
) -> None:
    stage = Stage(stale("Query", index="by-colour", lag=1))
    stage.raw("PutItem", TableName="ads", Item=item("old", colour="blue"))
    stage(operation, **request_)
    assert keys(stage("Query", **BY_COLOUR)) == set()
    assert (
        stage(
            "Scan",
            TableName="ads",
            FilterExpression="colour = :c",
            ExpressionAttributeValues={":c": {"S": "red"}},
        )["Count"]
        == 1
    )
    stage.now += 1
    assert len(keys(stage("Query", **BY_COLOUR))) == 1


def test_batches_and_statements_read_what_was_unless_they_are_to_be_consistent() -> None:
    stage = Stage(stale())
    stage.put("a")
    wanted = {"Keys": [key("a")]}
    statement = {"Statement": "SELECT * FROM ads WHERE pk = 'a'"}
    read = stage("BatchGetItem", RequestItems={"ads": wanted})
    assert read["Responses"] == {"ads": []}
    assert stage("ExecuteStatement", **statement)["Items"] == []
    assert "Item" not in stage("BatchExecuteStatement", Statements=[statement])["Responses"][0]
    wanted["ConsistentRead"] = True  # type: ignore[assignment]
    statement["ConsistentRead"] = True  # type: ignore[assignment]
    read = stage("BatchGetItem", RequestItems={"ads": wanted})
    assert read["Responses"] == {"ads": [item("a")]}
    assert stage("ExecuteStatement", **statement)["Items"] == [item("a")]
    assert "Item" in stage("BatchExecuteStatement", Statements=[statement])["Responses"][0]
    get = {"Get": {"TableName": "ads", "Key": key("a")}}
    assert stage("TransactGetItems", TransactItems=[get])["Responses"] == [{"Item": item("a")}]


def test_the_longest_lag_is_that_of_all() -> None:
    stage = Stage(stale("GetItem", lag=1), stale("Scan", lag=5))
    stage.put("a")
    stage.now += 4
    assert stage.get("a") is None
    stage.now += 1
    assert stage.get("a") == item("a")


def test_where_nothing_was_written_lately_the_table_itself_is_read() -> None:
    stage = Stage(stale(lag=1))
    stage.put("a")
    stage.now += 1
    stage.raw("PutItem", TableName="ads", Item=item("b"))
    assert stage.get("b") == item("b")
    assert stage("Scan", TableName="bids")["Items"] == []
    assert stage.happened == []


def test_a_write_whose_reply_was_lost_is_seen_too() -> None:
    stage = Stage(stale(lag=1), lose_reply("PutItem"))
    with pytest.raises(RequestTimeout):
        stage.put("a")
    assert stage.get("a") is None
    stage.now += 1
    assert stage.get("a") == item("a")


def test_a_table_that_is_made_anew_has_no_past() -> None:
    stage = Stage(stale(lag=10))
    stage.put("a")
    described = stage.raw("DescribeTable", TableName="ads")["Table"]
    stage("DeleteTable", TableName="ads")
    stage(
        "CreateTable",
        TableName="ads",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert described["KeySchema"][0]["AttributeName"] == "pk"
    stage("PutItem", TableName="ads", Item={"id": {"S": "x"}})
    read = {"TableName": "ads", "Key": {"id": {"S": "x"}}}
    assert "Item" not in stage("GetItem", **read)
    stage.now += 10
    assert "Item" in stage("GetItem", **read)


def test_a_table_that_is_not_there_is_not_copied() -> None:
    stage = Stage(stale())
    with pytest.raises(TableNotFound, match=r"^Requested resource not found$"):
        stage.put("a", "absent")


def test_very_many_writes_do_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anydynamo.testing.faults.lagging.MOST_WAITING", 3)
    stage = Stage(stale(lag=10))
    for name in "abcde":
        stage.put(name)
    assert keys(stage("Scan", TableName="ads")) == {"a", "b"}


class Failing:
    """An adapter whose calls of one operation fail when they are told to."""

    def __init__(self, inner: Any, provider: str = "memory") -> None:
        self.inner = inner
        self.info = ProviderInfo(provider, "here", blocking=True)
        self.operation = ""

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self.inner.call(operation, request)
        if operation == self.operation:
            raise Unavailable("nobody answers")
        return answer

    async def close(self) -> None:
        """Leave the inner adapter open."""


def test_where_the_outcome_of_a_write_cannot_be_read_the_copy_begins_anew() -> None:
    stage = Stage()
    failing = Failing(stage.inner)
    faults = Faults(failing, [stale(lag=10)], clock=lambda: stage.now)
    failing.operation = "GetItem"
    finished(faults.call("PutItem", {"TableName": "ads", "Item": item("a")}))
    failing.operation = ""
    read = {"TableName": "ads", "Key": key("a")}
    assert "Item" in finished(faults.call("GetItem", read))
    finished(faults.call("DeleteItem", read))
    assert "Item" in finished(faults.call("GetItem", read))


def test_a_write_that_may_have_been_applied_is_looked_at() -> None:
    stage = Stage()
    failing = Failing(stage.inner)
    faults = Faults(failing, [stale(lag=10)], clock=lambda: stage.now)
    failing.operation = "PutItem"
    with pytest.raises(Unavailable):
        finished(faults.call("PutItem", {"TableName": "ads", "Item": item("a")}))
    read = {"TableName": "ads", "Key": key("a")}
    assert "Item" not in finished(faults.call("GetItem", read))


def test_a_table_that_cannot_be_copied_is_tried_again_with_the_next_write() -> None:
    stage = Stage()
    failing = Failing(stage.inner)
    faults = Faults(failing, [stale(lag=10)], clock=lambda: stage.now)
    put = {"TableName": "ads", "Item": item("a")}
    for operation in ("Scan", "DescribeTable"):
        failing.operation = operation
        with pytest.raises(Unavailable):
            finished(faults.call("PutItem", put))
    assert stage.stored() == set()
    failing.operation = ""
    finished(faults.call("PutItem", put))
    assert "Item" not in finished(faults.call("GetItem", {"TableName": "ads", "Key": key("a")}))


def test_a_scan_of_another_place_is_not_stale_because_its_order_is_another() -> None:
    stage = Stage()
    faults = Faults(Failing(stage.inner, "dynamodb"), [stale(lag=10)], clock=lambda: stage.now)
    finished(faults.call("PutItem", {"TableName": "ads", "Item": item("a")}))
    assert keys(finished(faults.call("Scan", {"TableName": "ads"}))) == {"a"}
    assert "Item" not in finished(faults.call("GetItem", {"TableName": "ads", "Key": key("a")}))


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.sampled_from("ab"), st.integers(0, 9)),
            st.tuples(st.just("delete"), st.sampled_from("ab"), st.just(0)),
            st.tuples(st.just("wait"), st.just(""), st.integers(1, 4)),
            st.tuples(st.just("read"), st.just(""), st.just(0)),
        ),
        max_size=25,
    )
)
def test_a_stale_read_is_the_state_of_one_moment_not_too_long_ago(steps: list[Any]) -> None:
    stage = Stage(stale("Scan", lag=5))
    states: list[tuple[float, dict[str, int]]] = [(0.0, {})]
    for kind, name, number in steps:
        current = dict(states[-1][1])
        if kind == "put":
            stage.put(name, number=f"{number}")
            current[name] = number
        elif kind == "delete":
            stage("DeleteItem", TableName="ads", Key=key(name))
            current.pop(name, None)
        elif kind == "wait":
            stage.now += number
        else:
            items = stage("Scan", TableName="ads")["Items"]
            seen = {one["pk"]["S"]: int(one["number"]["S"]) for one in items}
            before = [state for at, state in states if at <= stage.now - 5]
            assert seen == before[-1]
            consistent = stage("Scan", TableName="ads", ConsistentRead=True)["Items"]
            assert {one["pk"]["S"]: int(one["number"]["S"]) for one in consistent} == current
        states.append((stage.now, current))


async def test_a_look_that_is_overtaken_does_not_undo_a_later_one() -> None:
    from anydynamo.testing.faults.asked import Asked, Schemas

    stage = Stage()
    looks: list[Any] = []

    class Reordered(Failing):
        async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
            answer = await super().call(operation, request)
            if operation == "GetItem" and not looks:
                looks.append(answer)
                # Another write, and the look at it, come in between.
                put("new")
                await copy.note(asked)
            return answer

    def put(text: str) -> None:
        stage.raw("PutItem", TableName="ads", Item=item("a", text=text))

    adapter = Reordered(stage.inner)
    schemas = Schemas(adapter)
    copy = LaggingCopy(adapter, schemas, lambda: stage.now)
    await schemas.learn(["ads"])
    await copy.prepare(["ads"])
    asked = Asked.of("PutItem", {"TableName": "ads", "Item": item("a", text="old")})
    put("old")
    await copy.note(asked)
    assert looks[0]["Item"] == item("a", text="old")
    await schemas.learn(["bids"])
    await copy.prepare(["bids"])
    stage.now += 1
    await copy.note(Asked.of("PutItem", {"TableName": "ads", "Item": item("b")}))
    get = Asked.of("GetItem", {"TableName": "ads", "Key": key("a")})
    assert await copy.read(get, 1.0) == {"Item": item("a", text="new")}


class Paused(Failing):
    """An adapter whose scans take a turn each."""

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        answer = await super().call(operation, request)
        if operation == "Scan":
            await _turn()
        return answer


@coroutine
def _turn() -> Generator[None, None, None]:
    yield


def paused(stage: Stage) -> Faults:
    return Faults(Paused(stage.inner), [stale(lag=10)], clock=lambda: stage.now)


def test_what_is_written_while_a_table_is_copied_is_not_lost() -> None:
    stage = Stage()
    faults = paused(stage)
    put = {"TableName": "ads", "Item": item("a")}
    first = faults.call("PutItem", put)
    first.send(None)
    # The first write waits for the copy; a second one does not, and is read before it is copied.
    finished(faults.call("PutItem", {"TableName": "ads", "Item": item("b")}))
    stage.now += 20
    get = {"TableName": "ads", "Key": key("b")}
    assert "Item" in finished(faults.call("GetItem", get))
    finished(first)
    assert "Item" in finished(faults.call("GetItem", get))
    assert "Item" not in finished(faults.call("GetItem", {"TableName": "ads", "Key": key("a")}))


def test_a_table_that_is_deleted_while_it_is_copied_stops_no_write() -> None:
    stage = Stage()
    for name in "xyz":
        stage.raw("PutItem", TableName="ads", Item=item(name, text="x" * 390_000))
    faults = paused(stage)
    first = faults.call("PutItem", {"TableName": "ads", "Item": item("a")})
    first.send(None)
    finished(faults.call("DeleteTable", {"TableName": "ads"}))
    finished(faults.call("CreateTable", table("ads")))
    interleaved([first], ())
    assert stage.stored() == {"a"}
