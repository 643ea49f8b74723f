"""Which region a call goes to, what is repeated elsewhere, and what operators can do."""

from __future__ import annotations

import itertools
import logging
import math
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.stage import finished
from tests.regions.stage import NAMES, Clock, Region, Stage, add, get, put, transact

from anydynamo.adapters.regions import Failover, RegionEvent, Regions
from anydynamo.adapters.regions.requests import Kind, kind_of
from anydynamo.database import Database
from anydynamo.errors import (
    AccessDenied,
    ConditionFailed,
    ConfigurationError,
    DatabaseClosed,
    RequestTimeout,
    ServiceFault,
    StoreLocked,
    TableNotFound,
    Unreachable,
)
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.sync.database import Database as BlockingDatabase
from anydynamo.testing.faults import fail, lose_reply, lose_request, throttle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter


class Note(Table, name="notes"):
    pk: Attr[str] = attribute(hash_key=True)
    n: Attr[int] = attribute(default=0)


def go_down(stage: Stage, region: str = "east") -> None:
    """Let a region fail for good, and the calls find it out."""
    stage.regions[region].connected = False
    for _ in range(3):
        try:
            stage.call(*get("x"))
        except Unreachable:
            continue


# What requests are

SELECT = {"Statement": " select * from notes"}
INSERT = {"Statement": "INSERT INTO notes VALUE {'pk': 'a'}"}


@pytest.mark.parametrize(
    ("operation", "request_", "kind"),
    [
        (*get("a"), Kind.READ),
        (*get("a", ConsistentRead=False), Kind.READ),
        (*get("a", ConsistentRead=True), Kind.BOUND),
        ("Query", {}, Kind.READ),
        ("Scan", {"ConsistentRead": True}, Kind.BOUND),
        ("BatchGetItem", {"RequestItems": {"a": {"Keys": []}}}, Kind.READ),
        (
            "BatchGetItem",
            {"RequestItems": {"a": {"Keys": []}, "b": {"ConsistentRead": True}}},
            Kind.BOUND,
        ),
        ("BatchGetItem", {}, Kind.READ),
        ("TransactGetItems", {}, Kind.BOUND),
        (*put("a"), Kind.SAME),
        (*put("a", ReturnValues="NONE"), Kind.SAME),
        (*put("a", ReturnValues="ALL_OLD"), Kind.ONCE),
        (*put("a", ConditionExpression="attribute_exists(pk)"), Kind.ONCE),
        ("DeleteItem", {"Key": {}, "Expected": {"pk": {"Exists": False}}}, Kind.ONCE),
        ("DeleteItem", {"Key": {}}, Kind.SAME),
        ("BatchWriteItem", {}, Kind.SAME),
        (*add("a"), Kind.ONCE),
        (*transact("a"), Kind.ONCE),
        ("ExecuteStatement", SELECT, Kind.READ),
        ("ExecuteStatement", {**SELECT, "ConsistentRead": True}, Kind.BOUND),
        ("ExecuteStatement", {**SELECT, "NextToken": "t"}, Kind.BOUND),
        ("ExecuteStatement", INSERT, Kind.ONCE),
        ("ExecuteStatement", {}, Kind.ONCE),
        ("BatchExecuteStatement", {"Statements": [SELECT]}, Kind.READ),
        ("BatchExecuteStatement", {"Statements": [{**SELECT, "ConsistentRead": True}]}, Kind.BOUND),
        ("BatchExecuteStatement", {"Statements": [SELECT, INSERT]}, Kind.ONCE),
        ("BatchExecuteStatement", {"Statements": ["nonsense"]}, Kind.ONCE),
        ("BatchExecuteStatement", {}, Kind.ONCE),
        ("ExecuteTransaction", {"TransactStatements": [SELECT]}, Kind.BOUND),
        ("ExecuteTransaction", {"TransactStatements": [INSERT]}, Kind.ONCE),
        ("DescribeTable", {}, Kind.HOME),
        ("CreateTable", {}, Kind.HOME),
        ("GetRecords", {}, Kind.HOME),
        ("NoSuchOperation", {}, Kind.HOME),
    ],
)
def test_each_request_is_of_one_kind(
    operation: str, request_: Mapping[str, Any], kind: Kind
) -> None:
    assert kind_of(operation, request_) is kind


# Where calls go


def test_all_calls_go_to_the_preferred_region_while_it_answers() -> None:
    stage = Stage(3)
    for call in (put("a"), add("a"), get("a"), transact("b")):
        stage.call(*call)
    assert [len(region.asked) for region in stage.regions.values()] == [4, 0, 0]


def test_a_read_goes_on_elsewhere_at_once_and_a_write_only_after_the_failover() -> None:
    stage = Stage()
    stage.regions["east"].connected = False
    stage.call(*get("a"))
    assert stage.adapter.active == "east"
    with pytest.raises(Unreachable):
        stage.call(*put("a"))
    assert stage.regions["west"].value("a") is None
    # The third failure is one too many, and what was never sent may be sent elsewhere.
    stage.call(*add("a"))
    assert stage.told() == ["down east", "active west"]
    assert stage.applied("UpdateItem", "a") == {"east": 0, "west": 1}
    stage.call(*get("a", ConsistentRead=True))
    assert stage.regions["east"].asked.count("GetItem") == 1


def test_a_write_whose_reply_was_lost_is_not_repeated_in_another_region() -> None:
    stage = Stage()
    stage.regions["east"].faults.add(lose_reply())
    for number in range(3):
        with pytest.raises(RequestTimeout):
            stage.call(*add(f"a{number}"))
    assert stage.adapter.active == "west"
    assert stage.applied("UpdateItem", "a2") == {"east": 1, "west": 0}


def test_a_put_without_condition_may_be_applied_in_both_regions() -> None:
    stage = Stage(failover=Failover(failures=1))
    stage.regions["east"].faults.add(lose_reply())
    stage.call(*put("a"))
    assert stage.applied("PutItem", "a") == {"east": 1, "west": 1}


def test_a_put_that_may_have_been_applied_says_so_whatever_the_next_region_says() -> None:
    stage = Stage(failover=Failover(failures=1))
    stage.regions["east"].faults.add(lose_reply())
    stage.regions["west"].faults.add(throttle())
    with pytest.raises(RequestTimeout) as caught:
        stage.call(*put("a"))
    assert caught.value.__cause__ is not None
    assert stage.applied("PutItem", "a") == {"east": 1, "west": 0}


def test_a_condition_that_fails_in_the_next_region_is_an_answer() -> None:
    stage = Stage(failover=Failover(failures=1))
    finished(stage.regions["west"].call(*put("a")))
    stage.regions["east"].connected = False
    with pytest.raises(ConditionFailed):
        stage.call(*put("a", ConditionExpression="attribute_not_exists(pk)"))


def test_tables_and_streams_are_the_preferred_regions_alone() -> None:
    stage = Stage()
    go_down(stage)
    stage.regions["west"].asked.clear()
    with pytest.raises(Unreachable):
        stage.call("DescribeTable", {"TableName": "notes"})
    with pytest.raises(Unreachable):
        stage.call("ListStreams", {})
    assert stage.regions["west"].asked == []


@pytest.mark.parametrize("rule", [throttle(), lose_request(nth=(1, 2, 4, 5))])
def test_throttles_and_single_failures_move_nothing(rule: Any) -> None:
    stage = Stage()
    stage.regions["east"].faults.add(rule)
    for _ in range(6):
        try:
            stage.call(*get("a", ConsistentRead=True))
        except Exception:
            continue
    assert stage.adapter.active == "east"


def test_what_dynamodb_refuses_is_an_answer_of_its_region() -> None:
    stage = Stage()
    for number in range(4):
        stage.regions["east"].faults.clear()
        stage.regions["east"].faults.add(fail(nth=1))
        with pytest.raises(ServiceFault):
            stage.call(*add(f"a{number}"))
        with pytest.raises(TableNotFound):
            stage.call("GetItem", {"TableName": "none", "Key": {"pk": {"S": "a"}}})
    assert stage.adapter.active == "east"


def test_a_region_that_fails_half_of_the_time_is_left() -> None:
    stage = Stage(failover=Failover(calls=10, rate=0.5))
    stage.regions["east"].faults.add(lose_request(nth=range(1, 20, 2)))
    for number in range(10):
        assert stage.adapter.active == "east", number
        stage.call(*get("a"))
    assert stage.adapter.active == "east"
    stage.call(*get("a"))
    assert stage.told() == ["down east", "active west"]


def test_failures_of_long_ago_do_not_count() -> None:
    stage = Stage(failover=Failover(calls=10, rate=0.5, window=30))
    stage.regions["east"].faults.add(lose_request(nth=range(1, 40, 2)))
    for _ in range(40):
        stage.call(*get("a"))
        stage.clock.now += 5
    assert stage.told() == []


# Coming back


def test_a_region_is_left_alone_then_probed_and_then_preferred_again() -> None:
    stage = Stage()
    go_down(stage)
    stage.regions["east"].connected = True
    stage.regions["east"].asked.clear()
    stage.clock.now += 29
    stage.call(*get("a"))
    assert stage.regions["east"].asked == []
    for _ in range(3):
        assert stage.adapter.active == "west"
        stage.clock.now += 5
        stage.call(*get("a"))
    assert stage.told() == ["down east", "active west", "up east", "active east"]
    assert stage.regions["east"].asked == ["ListTables"] * 3 + ["GetItem"]


def test_a_probe_that_fails_begins_the_row_anew() -> None:
    stage = Stage()
    go_down(stage)
    stage.clock.now += 30
    for connected in (True, True, False, True, True):
        stage.regions["east"].connected = connected
        stage.call(*get("a"))
        stage.clock.now += 5
    assert stage.adapter.active == "west"
    stage.call(*get("a"))
    assert stage.adapter.active == "east"


def test_a_region_that_comes_and_goes_is_used_less_and_less_often() -> None:
    failover = Failover(hold=30, longest=600)
    stage = Stage(failover=failover)
    seconds = 24 * 3600
    for _ in range(seconds // 5):
        # It answers probes and fails at everything else.
        stage.regions["east"].connected = stage.adapter.active == "west"
        stage.call(*get("a"))
        stage.clock.now += 5
    returns = [event for event in stage.events if event == RegionEvent("up", "east")]
    doublings = math.log2(failover.longest / failover.hold)
    assert 2 < len(returns) <= doublings + 1 + seconds / failover.longest
    times = [at for event, at in zip(stage.events, stage.at, strict=True) if event in returns]
    gaps = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert gaps[:3] == sorted(gaps[:3])
    assert min(gaps[5:]) >= failover.longest


def test_a_region_that_worked_for_long_is_left_alone_as_briefly_as_at_first() -> None:
    stage = Stage()
    for _ in range(2):
        go_down(stage)
        stage.regions["east"].connected = True
        stage.clock.now += 30
        for _ in range(3):
            stage.call(*get("a"))
            stage.clock.now += 5
        assert stage.adapter.active == "east"
        stage.clock.now += 601


def test_calls_stay_where_they_are_when_no_region_is_left() -> None:
    stage = Stage()
    go_down(stage)
    go_down(stage, "west")
    assert [state.status for state in stage.adapter.info.regions] == ["down", "down"]
    assert stage.adapter.active == "west"
    # Nothing is left alone then: the preferred region is found to answer long before 30 seconds.
    stage.regions["east"].connected = True
    for _ in range(3):
        stage.clock.now += 5
        try:
            stage.call(*get("a"))
        except Unreachable:
            continue
    assert stage.adapter.active == "east"


def test_the_last_region_is_trusted_again_by_its_answers() -> None:
    stage = Stage()
    go_down(stage)
    go_down(stage, "west")
    stage.regions["west"].connected = True
    for _ in range(3):
        stage.call(*put("a"))
    assert stage.told()[-1] == "up west"


def test_calls_stay_away_if_returning_is_left_to_people() -> None:
    stage = Stage(failover=Failover(automatic_return=False))
    go_down(stage)
    stage.regions["east"].connected = True
    stage.clock.now += 30
    for _ in range(4):
        stage.call(*get("a"))
        stage.clock.now += 5
    assert stage.told() == ["down east", "active west", "up east"]
    stage.adapter.prefer("east")
    assert stage.told() == ["active east"]


# By hand


def test_an_operator_moves_calls_and_moves_them_back() -> None:
    stage = Stage(3)
    stage.adapter.prefer("north")
    stage.call(*put("a"))
    stage.call("ListTables", {})
    assert stage.regions["north"].asked == ["PutItem", "ListTables"]
    go_down(stage, "north")
    assert stage.adapter.active == "east"
    stage.regions["north"].connected = True
    stage.adapter.prefer("north")
    stage.adapter.prefer("east")
    assert stage.adapter.preferred == "east"
    assert stage.told()[-3:] == ["up north", "active north", "active east"]


def test_a_region_that_is_not_there_cannot_be_preferred() -> None:
    with pytest.raises(ConfigurationError, match="no region 'south' here; there are east, west"):
        Stage().adapter.prefer("south")


def test_a_check_asks_each_region_and_changes_nothing() -> None:
    stage = Stage()
    stage.regions["west"].connected = False
    for _ in range(5):
        assert finished(stage.adapter.check()) == {"east": None, "west": "west is not there"}
    assert stage.told() == []
    finished(stage.adapter.close())
    with pytest.raises(DatabaseClosed):
        finished(stage.adapter.check())


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (AccessDenied("no", code="AccessDeniedException"), None),
        (StoreLocked("locked"), "locked"),
        (ServiceFault("inside", code="InternalServerError"), "inside"),
        (KeyError("x"), "KeyError('x')"),
    ],
)
def test_a_probe_of_ones_own_decides_what_an_answer_is(
    error: Exception, answer: str | None
) -> None:
    async def probe(_: DatabaseAdapter) -> None:
        raise error

    assert finished(Stage(probe=probe).adapter.check())["east"] == answer


# What is told


def test_who_is_told_may_fail_and_the_call_does_not(caplog: pytest.LogCaptureFixture) -> None:
    def on_event(_: RegionEvent) -> None:
        raise ValueError("broken")

    regions = {name: Region(name, blocking=True) for name in NAMES[:2]}
    adapter = Regions(regions, on_event=on_event, clock=Clock())
    with caplog.at_level(logging.INFO, "anydynamo"):
        adapter.prefer("west")
    assert [record.message for record in caplog.records] == [
        "Calls go to the region west instead of east",
        "on_event failed for RegionEvent(kind='active', region='west', previous='east',"
        " reason=None)",
    ]


def test_the_state_of_each_region_is_told() -> None:
    stage = Stage()
    go_down(stage)
    info = stage.adapter.info
    assert (info.provider, info.region, info.blocking) == ("memory", "west", True)
    assert info.location == "memory (active of west, east)"
    assert [(one.region, one.status, one.active, one.preferred) for one in info.regions] == [
        ("east", "down", False, True),
        ("west", "up", True, False),
    ]
    assert info.regions[0].reason == "east is not there"
    assert repr(stage.adapter) == "Regions(east, west: west)"


async def test_health_has_the_regions() -> None:
    stage = Stage()
    db = Database(stage.adapter)
    assert (await db.health()).status == "ok"
    go_down(stage)
    health = await db.health()
    assert (health.status, health.error) == ("degraded", "east is not there")
    assert [one.status for one in health.regions] == ["down", "up"]
    stage.adapter.prefer("west")
    assert (await db.health([Note])).status == "degraded"  # a region is missing
    go_down(stage, "west")
    assert (await db.health()).status == "unavailable"


def test_the_blocking_facade_fails_over_without_a_loop() -> None:
    stage = Stage()
    with BlockingDatabase(stage.adapter) as db:
        notes = db.repository(Note)
        notes.put(Note(pk="a"))
        stage.regions["east"].connected = False
        for _ in range(3):
            assert notes.find("a") is None
        notes.put(Note(pk="a", n=1))
        assert notes.get("a").n == 1
    assert stage.regions["west"].value("a") == {"pk": {"S": "a"}, "n": {"N": "1"}}


# Making and closing


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"hedge_after": 0.1}, "one after the other"),
        ({"hedge_after": -1}, "hedge_after must be a number of seconds, and is -1"),
    ],
)
def test_what_blocking_regions_cannot_do_is_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        Stage(**options)


def test_one_region_is_not_several() -> None:
    region = Region("east", blocking=True)
    for adapters in ({}, {"east": region}, {"east": region, "west": region}):
        with pytest.raises(ConfigurationError, match="takes two regions or more"):
            Regions(adapters)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"failures": 0}, "failures must be a number above 0"),
        ({"hold": math.nan}, "hold must be a number above 0"),
        ({"rate": 1.5}, "rate is a share of at most 1"),
        ({"hold": 30, "longest": 20}, "must not be below hold"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        Failover(**options)


def test_closing_closes_every_region_and_calls_are_refused_then() -> None:
    stage = Stage()

    async def refuses() -> None:
        raise StoreLocked("east cannot be closed")

    stage.regions["east"].close = refuses  # type: ignore[method-assign]
    with pytest.raises(StoreLocked):
        finished(stage.adapter.close())
    with pytest.raises(DatabaseClosed, match=r"GetItem on closed regions \(east, west\)"):
        stage.call(*get("a"))
    with pytest.raises(DatabaseClosed):
        finished(stage.regions["west"].call(*get("a")))
