"""Whatever the weather, no write goes elsewhere than said or is applied twice unasked."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.regions.stage import NAMES, Stage, add, get, put, transact

from anydynamo.adapters.regions import Failover
from anydynamo.errors import (
    AnyDynamoError,
    RequestTimeout,
    ServiceFault,
    Throttled,
    Unavailable,
    Unreachable,
)
from anydynamo.testing.faults import Rule, fail, lose_reply, lose_request, throttle

WEATHER: dict[str, Rule | None] = {
    "fine": None,
    "unreachable": None,
    "timeouts": lose_request(),
    "cut": lose_request(how="cut"),
    "lost replies": lose_reply(),
    "cut replies": lose_reply(how="cut"),
    "broken replies": lose_reply(how="truncate"),
    "failing": fail(),
    "failing and applying": fail(applied=True),
    "partly lost": lose_reply(probability=0.5),
    "partly failing": fail(probability=0.5),
    "throttling": throttle(),
}
FAILOVER = Failover(hold=20.0, longest=160.0, probe_every=5.0, window=30.0, calls=6)
OUTAGES = (RequestTimeout, ServiceFault, Unavailable)

regions = st.sampled_from(NAMES)


def create(key: str) -> tuple[str, dict[str, Any]]:
    return put(key, ConditionExpression="attribute_not_exists(pk)")


class Weather(RuleBasedStateMachine):
    """Regions that fail and recover, and calls among it."""

    @initialize(count=st.integers(2, 3), returns=st.booleans())
    def open(self, count: int, returns: bool) -> None:
        settings = {name: getattr(FAILOVER, name) for name in FAILOVER.__slots__}
        self.failover = Failover(**{**settings, "automatic_return": returns})
        self.stage = Stage(count, failover=self.failover)
        self.adapter = self.stage.adapter
        self.weather = dict.fromkeys(self.stage.regions, "fine")
        self.number = 0
        self.down_since: dict[str, float] = {}
        self.said = self.adapter.active

    @rule(region=regions, weather=st.sampled_from(sorted(WEATHER)))
    def turns(self, region: str, weather: str) -> None:
        if region in self.weather:
            self._turn(region, weather)

    @rule(seconds=st.sampled_from([0.5, 5.0, 20.0, 100.0]))
    def passes(self, seconds: float) -> None:
        self.stage.clock.now += seconds

    @rule(region=regions)
    def prefers(self, region: str) -> None:
        if region in self.weather:
            self.adapter.prefer(region)
            assert self.adapter.active == self.adapter.preferred == region
            self.down_since.pop(region, None)
            self._follow_events(by_hand=True)

    @rule(times=st.integers(1, 4), kind=st.sampled_from(["add", "transact", "create"]))
    def writes_once(self, times: int, kind: str) -> None:
        for _ in range(times):
            key = self._key()
            operation, request = {"add": add, "transact": transact, "create": create}[kind](key)
            error = self._call(operation, request)
            applied = self.stage.applied(operation, key)
            assert sum(applied.values()) <= 1
            if error is None:
                assert applied[self.adapter.active] == 1
            elif isinstance(error, Unreachable) or not isinstance(error, OUTAGES):
                assert sum(applied.values()) == 0

    @rule(times=st.integers(1, 4))
    def puts(self, times: int) -> None:
        for _ in range(times):
            operation, request = put(key := self._key())
            error = self._call(operation, request)
            applied = self.stage.applied(operation, key)
            if error is None:
                assert applied[self.adapter.active] == 1
            elif isinstance(error, Unreachable) or not isinstance(error, OUTAGES):
                assert sum(applied.values()) == 0

    @rule(times=st.integers(1, 4))
    def reads(self, times: int) -> None:
        for _ in range(times):
            before = {state.region for state in self.adapter.info.regions if state.status == "up"}
            error = self._call(*get("somewhere"))
            if any(self.weather[region] == "fine" for region in before):
                assert error is None or isinstance(error, Throttled)

    @rule()
    def reads_consistently(self) -> None:
        operation, request = get("somewhere", ConsistentRead=True)
        for region in self.stage.regions.values():
            region.asked.clear()
        before = self.adapter.active
        error = self._call(operation, request)
        asked = {name for name, one in self.stage.regions.items() if operation in one.asked}
        assert asked <= {before, self.adapter.active}
        assert error is not None or self.adapter.active in asked

    @invariant()
    def exactly_one_region_is_active_and_one_preferred(self) -> None:
        if hasattr(self, "adapter"):
            states = self.adapter.info.regions
            assert [state.region for state in states if state.active] == [self.adapter.active]
            assert [state.region for state in states if state.preferred] == [self.adapter.preferred]
            for state in states:
                assert (state.reason is None) == (state.status == "up")

    def teardown(self) -> None:
        if not hasattr(self, "adapter"):
            return
        for region in self.weather:
            self._turn(region, "fine")
        for _ in range(FAILOVER.probes + 1):
            self.stage.clock.now += FAILOVER.longest
            assert self._call(*get("somewhere")) is None
        assert {state.status for state in self.adapter.info.regions} == {"up"}
        if self.failover.automatic_return:
            assert self.adapter.active == self.adapter.preferred

    def _turn(self, region: str, weather: str) -> None:
        one = self.stage.regions[region]
        self.weather[region] = weather
        one.connected = weather != "unreachable"
        one.faults.clear()
        found = WEATHER[weather]
        if found is not None:
            one.faults.add(found)

    def _key(self) -> str:
        self.number += 1
        return f"key-{self.number}"

    def _call(self, operation: str, request: dict[str, Any]) -> AnyDynamoError | None:
        try:
            self.stage.call(operation, request)
        except AnyDynamoError as error:
            return error
        finally:
            self._follow_events(by_hand=False)
        return None

    def _follow_events(self, *, by_hand: bool) -> None:
        """Hold what was told to what is so, and to the time that a region is left alone."""
        count = len(self.stage.regions)
        for event in self.stage.events:
            if event.kind == "down":
                self.down_since[event.region] = self.stage.clock.now
                if len(self.down_since) == count:
                    # With none left, none is left alone.
                    self.down_since = dict.fromkeys(self.down_since, -math.inf)
            elif event.kind == "up" and not by_hand:
                since = self.down_since.pop(event.region)
                assert self.stage.clock.now - since >= FAILOVER.hold
            elif event.kind == "active":
                assert event.previous == self.said != event.region
                self.said = event.region
        self.stage.events.clear()
        assert self.said == self.adapter.active


TestWeather = Weather.TestCase
TestWeather.settings = settings(max_examples=60, stateful_step_count=40)
