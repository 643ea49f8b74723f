"""What each fault does: to its caller, and to what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.stage import Stage, finished, item, key

from anydynamo import sync
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import (
    CredentialsError,
    DatabaseClosed,
    InvalidRequest,
    ProviderError,
    RequestTimeout,
    ServiceFault,
    TableNotFound,
    Throttled,
    TransactionCancelled,
    TransactionConflict,
    TransactionInProgress,
    Unavailable,
)
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing.adapter_contract import AdapterContract
from anydynamo.testing.faults import (
    Contention,
    Faults,
    conflict,
    expire_token,
    fail,
    in_progress,
    leave_unprocessed,
    lose_reply,
    lose_request,
    slow,
    throttle,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter

SELECT = {"Statement": "SELECT * FROM ads WHERE pk = 'a'"}
INSERT = {"Statement": "INSERT INTO ads VALUE {'pk': 'a'}"}


def writes(*names: str, **more: Any) -> dict[str, Any]:
    return {
        "TransactItems": [{"Put": {"TableName": "ads", "Item": item(name)}} for name in names]
    } | more


def batch(*names: str) -> dict[str, Any]:
    return {"RequestItems": {"ads": [{"PutRequest": {"Item": item(name)}} for name in names]}}


class TestWithoutFaults(AdapterContract):
    """With nothing to do, both adapters answer what the one inside answers, to the letter."""

    @pytest.fixture
    async def adapter(self) -> AsyncIterator[DatabaseAdapter]:
        inner = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
        adapter = Faults(Contention(inner, 0.0), [slow(seconds=0.0)])
        yield adapter
        await adapter.close()


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("ProvisionedThroughputExceededException", "ProvisionedThroughputExceeded"),
        ("ThrottlingException", "KeyRangeThroughputExceeded"),
        ("RequestLimitExceeded", "AccountLimitExceeded"),
    ],
)
def test_a_throttle_applies_nothing_and_says_what_was_exceeded(code: Any, limit: str) -> None:
    stage = Stage(throttle("PutItem", "GetItem", code=code))
    with pytest.raises(Throttled) as caught:
        stage.put("a")
    (reason,) = caught.value.reasons
    assert (caught.value.code, reason["reason"]) == (code, f"TableWrite{limit}")
    assert reason["resource"].endswith(":table/ads")
    assert (caught.value.operation, caught.value.table) == ("PutItem", "ads")
    assert stage.stored() == set()
    with pytest.raises(Throttled) as caught:
        stage.get("a")
    assert caught.value.reasons[0]["reason"] == f"TableRead{limit}"


def test_the_limit_can_be_chosen() -> None:
    stage = Stage(throttle("PutItem", limit="MaxOnDemandThroughputExceeded"))
    with pytest.raises(Throttled) as caught:
        stage.put("a")
    assert caught.value.reasons[0]["reason"] == "TableWriteMaxOnDemandThroughputExceeded"


def test_operations_on_tables_are_throttled_by_their_rate() -> None:
    stage = Stage(throttle("CreateTable", code="ThrottlingException"))
    with pytest.raises(Throttled, match="Rate of requests exceeds") as caught:
        stage("CreateTable", TableName="more")
    assert caught.value.reasons == ()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("ProvisionedThroughputExceededException", "ProvisionedThroughputExceeded"),
        ("ThrottlingException", "ThrottlingError"),
    ],
)
def test_a_throttled_transaction_is_cancelled(code: Any, reason: str) -> None:
    stage = Stage(throttle("TransactWriteItems", code=code, key=key("b")))
    with pytest.raises(TransactionCancelled, match=rf"reasons \[None, {reason}\]") as caught:
        stage("TransactWriteItems", **writes("a", "b"))
    assert [one["Code"] for one in caught.value.reasons] == ["None", reason]
    assert "Throughput" in caught.value.reasons[1]["Message"].title()
    assert stage.stored() == set()


def test_the_limit_of_an_account_is_no_reason_to_cancel() -> None:
    stage = Stage(throttle("TransactWriteItems", code="RequestLimitExceeded"))
    with pytest.raises(Throttled):
        stage("TransactWriteItems", **writes("a"))


@pytest.mark.parametrize("code", ["InternalServerError", "ServiceUnavailableException"])
@pytest.mark.parametrize("applied", [False, True])
def test_a_failure_may_have_applied_the_write(code: Any, applied: bool) -> None:
    stage = Stage(fail("PutItem", code=code, applied=applied))
    with pytest.raises(ServiceFault) as caught:
        stage.put("a")
    assert caught.value.code == code
    assert caught.value.retryable
    assert stage.stored() == ({"a"} if applied else set())


@pytest.mark.parametrize(("how", "error"), [("timeout", RequestTimeout), ("cut", Unavailable)])
def test_a_request_that_is_lost_is_never_applied(how: Any, error: type[Exception]) -> None:
    stage = Stage(lose_request(how=how))
    with pytest.raises(error, match="injected fault"):
        stage.put("a")
    assert stage.stored() == set()


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("timeout", RequestTimeout),
        ("cut", Unavailable),
        ("truncate", ServiceFault),
        ("checksum", ServiceFault),
    ],
)
def test_a_write_whose_reply_is_lost_is_applied(how: Any, error: type[ProviderError]) -> None:
    stage = Stage(lose_reply("PutItem", how=how))
    with pytest.raises(error) as caught:
        stage.put("a")
    assert caught.value.retryable
    assert (caught.value.operation, caught.value.table) == ("PutItem", "ads")
    assert stage.stored() == {"a"}


def test_a_refusal_can_be_lost_too() -> None:
    stage = Stage(lose_reply("PutItem"))
    with pytest.raises(RequestTimeout):
        stage.put("a", "absent")


def test_a_closed_database_is_no_reply_to_lose() -> None:
    stage = Stage(lose_reply("PutItem"))
    finished(stage.faults.close())
    with pytest.raises(DatabaseClosed):
        stage.put("a")


def test_a_transaction_whose_reply_is_lost_happens_once_under_its_token() -> None:
    stage = Stage(lose_reply("TransactWriteItems", times=2))
    add = {
        "TableName": "ads",
        "Key": key("a"),
        "UpdateExpression": "ADD seen :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    request = {"TransactItems": [{"Update": add}], "ClientRequestToken": "one"}
    for _ in range(2):
        with pytest.raises(RequestTimeout):
            stage("TransactWriteItems", **request)
    stage("TransactWriteItems", **request)
    assert stage.get("a")["seen"] == {"N": "1"}


def test_an_expired_token_is_refused() -> None:
    with pytest.raises(CredentialsError, match=r"security token .* is expired") as caught:
        Stage(expire_token()).put("a")
    assert caught.value.code == "ExpiredTokenException"


def test_a_batch_is_left_as_a_whole() -> None:
    stage = Stage(leave_unprocessed())
    request = batch("a", "b")
    assert stage("BatchWriteItem", **request) == {"UnprocessedItems": request["RequestItems"]}
    assert stage.stored() == set()
    wanted = {"ads": {"Keys": [key("a")], "ConsistentRead": True}}
    answer = stage("BatchGetItem", RequestItems=wanted)
    assert answer == {"Responses": {}, "UnprocessedKeys": wanted}


def test_what_is_left_of_a_batch_and_what_is_written_are_all_of_it() -> None:
    stage = Stage(leave_unprocessed(share=0.4))
    names = [f"{number}" for number in range(25)]
    left = set(names)
    while left:
        before = stage.stored()
        answer = stage("BatchWriteItem", **batch(*sorted(left)))
        unprocessed = answer["UnprocessedItems"]["ads"]
        undone = {one["PutRequest"]["Item"]["pk"]["S"] for one in unprocessed}
        assert undone
        assert stage.stored() == before | (left - undone)
        if undone == left:
            stage.faults.clear()
            stage("BatchWriteItem", **batch(*undone))
            undone = set()
        left = undone
    assert stage.stored() == set(names)


def test_only_those_of_the_rules_table_or_key_are_left() -> None:
    stage = Stage(leave_unprocessed(table="bids"), leave_unprocessed(key=key("b")))
    both = {"bids": [{"PutRequest": {"Item": item("x")}}], **batch("a")["RequestItems"]}
    answer = stage("BatchWriteItem", RequestItems=both, ReturnConsumedCapacity="TOTAL")
    assert list(answer["UnprocessedItems"]) == ["bids"]
    assert [one["TableName"] for one in answer["ConsumedCapacity"]] == ["ads"]
    answer = stage("BatchGetItem", RequestItems={"ads": {"Keys": [key("a"), key("b")]}})
    assert answer["Responses"] == {"ads": [item("a")]}
    assert answer["UnprocessedKeys"] == {"ads": {"Keys": [key("b")]}}


class Full:
    """An adapter that leaves the last of each batch's entries, as one with too much to do."""

    def __init__(self, inner: DatabaseAdapter) -> None:
        self.inner = inner
        self.info = inner.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        answer = await self.inner.call(operation, request)
        part = request["RequestItems"]["ads"]
        if operation == "BatchWriteItem":
            return {**answer, "UnprocessedItems": {"ads": part[-1:]}}
        return {**answer, "UnprocessedKeys": {"ads": {"Keys": part["Keys"][-1:]}}}

    async def close(self) -> None:
        await self.inner.close()


def test_what_the_provider_leaves_itself_is_left_beside_it() -> None:
    stage = Stage()
    faults = Faults(Full(stage.inner), [leave_unprocessed(key=key("a"))])
    answer = finished(faults.call("BatchWriteItem", batch("a", "b", "c")))
    assert answer["UnprocessedItems"] == {"ads": batch("c", "a")["RequestItems"]["ads"]}
    keys = {"ads": {"Keys": [key("a"), key("b"), key("c")]}}
    answer = finished(faults.call("BatchGetItem", {"RequestItems": keys}))
    assert answer["UnprocessedKeys"] == {"ads": {"Keys": [key("c"), key("a")]}}


def test_a_write_meets_a_transaction() -> None:
    stage = Stage(conflict())
    for operation, request in (
        ("PutItem", {"TableName": "ads", "Item": item("a")}),
        ("UpdateItem", {"TableName": "ads", "Key": key("a")}),
        ("DeleteItem", {"TableName": "ads", "Key": key("a")}),
        ("ExecuteStatement", INSERT),
    ):
        with pytest.raises(TransactionConflict, match="Transaction is ongoing for the item"):
            stage(operation, **request)
    assert stage.stored() == set()


def test_a_transaction_meets_another_at_one_of_its_items() -> None:
    stage = Stage(conflict(key=key("b"), times=2), conflict())
    reads = [{"Get": {"TableName": "ads", "Key": key(name)}} for name in "abc"]
    for operation, request, met in (
        ("TransactWriteItems", writes("a", "b", "c"), [1]),
        ("TransactGetItems", {"TransactItems": reads}, [1]),
        ("ExecuteTransaction", {"TransactStatements": [SELECT]}, [0]),
    ):
        with pytest.raises(TransactionCancelled, match="TransactionConflict") as caught:
            stage(operation, **request)
        codes = [reason["Code"] for reason in caught.value.reasons]
        assert [place for place, code in enumerate(codes) if code != "None"] == met
        assert caught.value.reasons[met[0]]["Message"] == "Transaction is ongoing for the item"
    assert stage.stored() == set()


def test_one_statement_of_a_batch_meets_a_transaction_and_the_others_are_carried_out() -> None:
    stage = Stage(conflict("BatchExecuteStatement"))
    inserts = [{"Statement": f"INSERT INTO ads VALUE {{'pk': '{name}'}}"} for name in "abc"]
    responses = stage("BatchExecuteStatement", Statements=inserts)["Responses"]
    errors = [place for place, one in enumerate(responses) if "Error" in one]
    assert len(errors) == 1
    assert responses[errors[0]]["Error"]["Code"] == "TransactionConflict"
    assert stage.stored() == set("abc") - {"abc"[errors[0]]}
    (alone,) = stage("BatchExecuteStatement", Statements=inserts[:1])["Responses"]
    assert alone["Error"]["Code"] == "TransactionConflict"


def test_a_read_meets_nobody() -> None:
    stage = Stage(conflict())
    assert stage("ExecuteStatement", **SELECT)["Items"] == []
    assert stage("BatchExecuteStatement", Statements=[SELECT])["Responses"]
    assert stage.happened == []


def test_a_transaction_is_still_in_progress() -> None:
    stage = Stage(in_progress(times=1))
    with pytest.raises(TransactionInProgress, match="still in progress") as caught:
        stage("TransactWriteItems", **writes("a"), ClientRequestToken="t")
    assert caught.value.retryable
    assert stage.stored() == set()
    stage("TransactWriteItems", **writes("a"), ClientRequestToken="t")
    assert stage.stored() == {"a"}


def test_slow_rules_add_up_and_go_before_other_faults() -> None:
    stage = Stage(slow("PutItem", seconds=2), throttle("PutItem", nth=2), slow(seconds=0.5, nth=2))
    stage.put("a")
    with pytest.raises(Throttled):
        stage.put("b")
    assert stage.waits == [2, 2, 0.5]
    assert stage.happened == [(1, "slow"), (2, "slow"), (2, "slow"), (2, "throttle")]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("PutItem", {"TableName": "ads"}),
        ("PutItem", {"TableName": 7, "Item": []}),
        ("PutItem", {"TableName": "ads", "Item": {"pk": {"S": 7}}}),
        ("GetItem", {}),
        ("BatchGetItem", {"RequestItems": {"ads": []}}),
        ("BatchGetItem", {"RequestItems": []}),
        ("BatchWriteItem", {"RequestItems": {"ads": [7]}}),
        ("BatchWriteItem", {"RequestItems": {"ads": {}}}),
        ("BatchWriteItem", {}),
        ("TransactWriteItems", {"TransactItems": [None, {"Put": 7}]}),
        ("TransactGetItems", {"TransactItems": 7}),
        ("ExecuteStatement", {"Statement": 7}),
        ("ExecuteStatement", {"Statement": "SELEKT"}),
        ("ExecuteStatement", {}),
        ("BatchExecuteStatement", {"Statements": [7, {"Statement": "INSERT INTO ads VALUE 7"}]}),
        ("ExecuteTransaction", {"TransactStatements": {}}),
        ("Query", {"TableName": "ads", "IndexName": 7}),
    ],
)
def test_what_makes_no_sense_is_refused_as_it_is_without_faults(
    operation: str, request_: dict[str, Any]
) -> None:
    stage = Stage(throttle(key=key("a")), leave_unprocessed(table="other"), conflict(table="other"))
    with pytest.raises(InvalidRequest) as alone:
        stage.raw(operation, **request_)
    for adapter in (stage.faults, Contention(stage.inner, 0.0)):
        with pytest.raises(InvalidRequest) as caught:
            finished(adapter.call(operation, request_))
        assert str(caught.value) == str(alone.value)


def test_a_batch_whose_shape_is_wrong_is_refused_and_not_left() -> None:
    stage = Stage(leave_unprocessed(), conflict())
    for operation, request in (
        ("BatchGetItem", {"RequestItems": {"bids": {}, "ads": {"Keys": [key("a")]}}}),
        ("BatchWriteItem", {"RequestItems": {"bids": 7, **batch("a")["RequestItems"]}}),
        ("BatchExecuteStatement", {"Statements": [INSERT, 7]}),
    ):
        with pytest.raises(InvalidRequest):
            stage(operation, **request)
    assert stage.stored() == set()


def test_a_batch_without_entries_has_none_to_leave() -> None:
    stage = Stage(leave_unprocessed(), conflict())
    with pytest.raises(InvalidRequest):
        stage("BatchWriteItem", RequestItems={"ads": []})
    with pytest.raises(InvalidRequest):
        stage("TransactGetItems", TransactItems=[])


def test_a_table_that_is_not_there_is_told_in_the_operations_own_words() -> None:
    stage = Stage()
    for adapter in (stage.faults, Contention(stage.inner, 0.0)):
        with pytest.raises(TableNotFound, match=r"^Requested resource not found$"):
            finished(adapter.call("PutItem", {"TableName": "no", "Item": item("a")}))


class Note(Table, name="notes"):
    name: Attr[str] = attribute(hash_key=True)


def test_the_blocking_facade_needs_no_event_loop_and_waits_on_its_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("anydynamo.testing.faults.adapter.time.sleep", waits.append)
    stage = Stage()
    faults = Faults(stage.inner, [slow("PutItem", seconds=3), throttle("PutItem", nth=2)])
    assert faults.info == stage.inner.info
    with sync.Database(faults) as database:
        database.create_tables([Note])
        notes = database.repository(Note)
        notes.put(Note(name="a"))
        with pytest.raises(Throttled):
            notes.put(Note(name="b"))
    assert waits == [3, 3]


async def test_on_an_event_loop_others_go_on_while_one_waits() -> None:
    stage = Stage()
    faults = Faults(stage.inner, [slow("PutItem", seconds=0.001)])
    await faults.call("PutItem", {"TableName": "ads", "Item": item("a")})
    assert stage.stored() == {"a"}
