"""Which requests a rule acts on, when and how often, and that a run can be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.faults.stage import Stage, item, key

from anydynamo.errors import AnyDynamoError, ConfigurationError, Throttled
from anydynamo.testing.faults import (
    conflict,
    fail,
    leave_unprocessed,
    lose_reply,
    lose_request,
    slow,
    stale,
    throttle,
)
from anydynamo.testing.faults.texts import TEXTS

if TYPE_CHECKING:
    from anydynamo.testing.faults import Rule


def outcomes(stage: Stage, count: int, table: str = "ads") -> list[bool]:
    """Put so many items, and tell which puts failed."""
    failed: list[bool] = []
    for number in range(count):
        try:
            stage.put(f"{number}", table)
        except AnyDynamoError:
            failed.append(True)
        else:
            failed.append(False)
    return failed


def places(failed: list[bool]) -> list[int]:
    return [place for place, one in enumerate(failed, 1) if one]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (throttle("PutItem", times=2), [1, 2]),
        (throttle("PutItem", nth=3), [3]),
        (throttle("PutItem", nth=[1, 4]), [1, 4]),
        (throttle("PutItem", skip=3), [4, 5, 6]),
        (throttle("PutItem", skip=1, times=2), [2, 3]),
        (throttle("PutItem", times=0), []),
        (throttle("PutItem", probability=0.0), []),
        (throttle("PutItem", table="ads"), [1, 2, 3, 4, 5, 6]),
        (throttle("PutItem", table="bids"), []),
        (throttle("DeleteItem"), []),
        (throttle(), [1, 2, 3, 4, 5, 6]),
        (throttle("PutItem", key=key("3")), [4]),
        (throttle("PutItem", key={"pk": {"N": "3"}}), []),
        (throttle("PutItem", matching=lambda _, request: request["Item"]["pk"]["S"] > "3"), [5, 6]),
    ],
)
def test_a_rule_acts_on_those_requests_that_it_says(rule: Rule, expected: list[int]) -> None:
    assert places(outcomes(Stage(rule), 6)) == expected


def test_a_rule_knows_a_table_by_its_arn() -> None:
    stage = Stage(throttle("PutItem", table="ads"))
    arn = stage.raw("DescribeTable", TableName="ads")["Table"]["TableArn"]
    with pytest.raises(Throttled):
        stage("PutItem", TableName=arn, Item=item("a"))


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("GetItem", {"TableName": "ads", "Key": key("a")}),
        (
            "BatchGetItem",
            {"RequestItems": {"bids": {"Keys": [key("x")]}, "ads": {"Keys": [key("a")]}}},
        ),
        ("BatchWriteItem", {"RequestItems": {"ads": [{"DeleteRequest": {"Key": key("a")}}]}}),
        ("BatchWriteItem", {"RequestItems": {"ads": [{"PutRequest": {"Item": item("a")}}]}}),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "ads", "Key": key("a")}}]}),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "ads", "Item": item("a")}}]},
        ),
        ("ExecuteStatement", {"Statement": "INSERT INTO ads VALUE {'pk': 'a'}"}),
    ],
)
def test_a_rule_finds_its_key_wherever_a_request_names_it(
    operation: str, request_: dict[str, Any]
) -> None:
    stage = Stage(fail(operation, key=key("a"), table="ads"), fail(operation, key=key("b")))
    with pytest.raises(AnyDynamoError):
        stage(operation, **request_)
    assert [one.rule for one in stage.faults.injected] == [stage.faults.rules[0]]


def test_numbers_in_a_key_count_by_value() -> None:
    stage = Stage(throttle("UpdateItem", key={"pk": {"N": "1.0"}}))
    with pytest.raises(Throttled):
        stage("UpdateItem", TableName="ads", Key={"pk": {"N": "1"}})


def test_a_rule_for_an_index_acts_where_that_index_is_read() -> None:
    stage = Stage(throttle(index="by-colour"))
    query = {
        "TableName": "ads",
        "KeyConditionExpression": "colour = :c",
        "ExpressionAttributeValues": {":c": {"S": "red"}},
    }
    stage("Scan", TableName="ads")
    with pytest.raises(Throttled, match="global secondary indexes") as caught:
        stage("Query", IndexName="by-colour", **query)
    (reason,) = caught.value.reasons
    assert reason["reason"] == "IndexReadProvisionedThroughputExceeded"
    assert reason["resource"].endswith(":table/ads/index/by-colour")
    with pytest.raises(Throttled):
        stage("ExecuteStatement", Statement='SELECT * FROM "ads"."by-colour"')


def test_a_rule_acts_in_its_time() -> None:
    stage = Stage(throttle("PutItem", between=(10, 20)), throttle("PutItem", between=(30, None)))
    failed: list[float] = []
    for elapsed in (0, 9, 10, 19, 20, 29, 30, 1000):
        stage.now = 100.0 + elapsed
        failed += [elapsed] * len(places(outcomes(stage, 1)))
    assert failed == [10, 19, 30, 1000]


def test_rules_can_be_added_and_dropped() -> None:
    stage = Stage()
    assert outcomes(stage, 1) == [False]
    stage.faults.add(throttle("PutItem"), fail("GetItem"))
    assert outcomes(stage, 1) == [True]
    assert len(stage.faults.rules) == 2
    stage.faults.clear()
    assert outcomes(stage, 1) == [False]
    assert stage.happened == [(2, "throttle")]


def test_the_first_rule_that_would_act_does() -> None:
    stage = Stage(fail("PutItem", nth=2), throttle("PutItem", times=2), lose_request("PutItem"))
    assert outcomes(stage, 4) == [True] * 4
    assert [fault for _, fault in stage.happened] == [
        "throttle",
        "fail",
        "throttle",
        "lose_request",
    ]


def test_what_was_injected_is_written_down() -> None:
    stage = Stage(throttle("PutItem", table="ads", nth=2))
    outcomes(stage, 3)
    (done,) = stage.faults.injected
    assert (done.call, done.fault, done.operation, done.tables) == (
        2,
        "throttle",
        "PutItem",
        ("ads",),
    )
    assert done.rule == stage.faults.rules[0]


@given(st.integers(), st.floats(0.05, 0.95))
def test_the_same_seed_gives_the_same_faults(seed: int, probability: float) -> None:
    rule = throttle("PutItem", probability=probability)
    first, second = (outcomes(Stage(rule, seed=seed), 20) for _ in range(2))
    assert first == second


def test_another_seed_gives_other_faults_and_about_as_many() -> None:
    rule = throttle("PutItem", probability=0.25)
    runs = [tuple(outcomes(Stage(rule, seed=seed), 100)) for seed in range(10)]
    assert len(set(runs)) == 10
    assert 150 < sum(map(sum, runs)) < 350


@given(st.integers(), st.lists(st.sampled_from(["fail", "lose_request", "slow"]), max_size=3))
def test_a_rule_that_is_added_does_not_shift_the_others(seed: int, more: list[str]) -> None:
    rule = throttle("PutItem", probability=0.4)
    others = {
        "fail": fail("PutItem", table="bids", probability=0.5),
        "lose_request": lose_request("PutItem", table="bids", probability=0.5),
        "slow": slow("PutItem", seconds=1, probability=0.5),
    }
    alone = outcomes(Stage(rule, seed=seed), 15)
    stage = Stage(*[others[name] for name in more], rule, seed=seed)
    assert outcomes(stage, 15) == alone


def test_a_rule_draws_also_where_another_one_acts() -> None:
    rule = throttle("PutItem", probability=0.5)
    alone = places(outcomes(Stage(rule), 20))
    stage = Stage(fail("PutItem", nth=[1, 2, 3, 5, 8]), rule)
    outcomes(stage, 20)
    throttled = [call for call, fault in stage.happened if fault == "throttle"]
    assert throttled == [call for call in alone if call not in (1, 2, 3, 5, 8)]


def test_two_rules_that_say_the_same_draw_apart() -> None:
    rule = throttle("PutItem", probability=0.5)
    alone = sum(outcomes(Stage(rule), 200))
    assert sum(outcomes(Stage(rule, rule), 200)) > alone + 20


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: throttle("PutItm"), "cannot happen to 'PutItm'; it can to .*PutItem"),
        (lambda: throttle("CreateTable"), "cannot happen to 'CreateTable'"),
        (lambda: leave_unprocessed("PutItem"), "it can to BatchGetItem, BatchWriteItem"),
        (lambda: stale("PutItem"), "cannot happen to 'PutItem'"),
        (lambda: conflict("Query"), "cannot happen to 'Query'"),
        (lambda: throttle(probability=1.5), "probability is a number from 0 to 1, and not 1.5"),
        (lambda: throttle(probability=float("nan")), "probability is a number"),
        (lambda: throttle(times=-1), "times is a number of at least 0"),
        (lambda: throttle(skip=-1), "skip is a number of at least 0"),
        (lambda: throttle(nth=0), "nth counts from 1"),
        (lambda: throttle(between=(5, 5)), "a beginning and a later end"),
        (lambda: slow(seconds=-1), "seconds is a number of at least 0"),
        (lambda: stale(lag=-1), "lag is a number of at least 0"),
        (lambda: leave_unprocessed(share=2), "share is a number from 0 to 1"),
        (lambda: throttle(code="Slow"), "A throttle is one of .*, and not 'Slow'"),  # type: ignore[arg-type]
        (lambda: throttle(limit="Much"), "A limit is one of .*, and not 'Much'"),  # type: ignore[arg-type]
        (lambda: fail(code="Oops"), "and not 'Oops'"),  # type: ignore[arg-type]
        (lambda: lose_request(how="truncate"), "timeout or cut, and not by 'truncate'"),  # type: ignore[arg-type]
        (lambda: lose_reply(how="fax"), "and not by 'fax'"),  # type: ignore[arg-type]
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_the_texts_are_those_of_the_services_description() -> None:
    # What transactions are told stands in botocore's copy of the API reference.
    from botocore.session import get_session

    shapes = get_session().get_service_model("dynamodb")._service_description["shapes"]
    said = " ".join(shapes["TransactionCanceledException"]["documentation"].split())
    for code in (
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "TransactionConflictException",
    ):
        assert TEXTS[code] in said, code
