"""Time to live: what expires, who deletes it and when, and what a stream says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.engine.calling import Engine, N, S, finished
from tests.engine.streaming import Streamed

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.behaviour import Behaviour
from anydynamo.engine.layout import Table, entries
from anydynamo.errors import DatabaseClosed
from anydynamo.stores.jsonfile import JSONFileStore

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400
SERVICE = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def switch(engine: Engine, enabled: bool = True, attribute: str = "ttl") -> None:
    engine(
        "UpdateTimeToLive",
        TableName="users",
        TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute},
    )


@pytest.fixture
def db(engine: Engine) -> Engine:
    """A table `users` whose items expire by `ttl`."""
    engine.create("users", "pk")
    switch(engine)
    return engine


def sweep(engine: Engine) -> int:
    count: int = finished(engine.adapter.sweep())
    return count


def names(engine: Engine) -> list[str]:
    return sorted(item["pk"]["S"] for item in engine.all("users"))


def places(engine: Engine) -> dict[bytes, bytes]:
    """Return what the store holds of expirations."""
    held = engine.store._spaces.items()
    found = [dict(one.items()) for name, one in held if name.startswith("ttl/")]
    return found[0] if found else {}


@pytest.mark.parametrize(
    ("value", "expires"),
    [
        (N(1_700_000_000), True),
        (N("1699999999.5"), True),
        (N("1700000000.5"), False),
        (N(1_700_000_001), False),
        (N(1_700_000_000 - 5 * 365 * DAY), True),
        (N(1_700_000_000 - 5 * 365 * DAY - 1), False),
        (N(0), False),
        (N(-5), False),
        (N("9e125"), False),
        (S("1699999999"), False),
        ({"NS": ["1699999999"]}, False),
        ({"NULL": True}, False),
    ],
)
def test_a_number_of_seconds_that_is_over_expires_and_nothing_else(
    db: Engine, value: dict[str, Any], expires: bool
) -> None:
    db.put("users", pk=S("a"), ttl=value)
    db.put("users", pk=S("without"))
    assert sweep(db) == expires
    assert (db.get("users", pk=S("a")) is None) == expires
    assert sweep(db) == 0


def test_an_expired_item_stays_until_a_sweep(db: Engine) -> None:
    db.put("users", pk=S("a"), ttl=N(db.now - 10))
    db.now += 30 * DAY
    db.put("users", pk=S("b"))
    assert names(db) == ["a", "b"]
    assert sweep(db) == 1
    assert names(db) == ["b"]


def test_items_that_were_there_before_expire_too(engine: Engine) -> None:
    engine.create("users", "pk")
    engine.put("users", pk=S("old"), ttl=N(engine.now - 1))
    engine.put("users", pk=S("other"))
    switch(engine)
    assert sweep(engine) == 1
    assert names(engine) == ["other"]


def test_nothing_expires_where_time_to_live_is_off(db: Engine) -> None:
    db.put("users", pk=S("a"), ttl=N(db.now - 1))
    switch(db, enabled=False)
    assert places(db) == {}
    assert sweep(db) == 0
    db.put("users", pk=S("b"), ttl=N(db.now - 1))
    assert places(db) == {}
    switch(db, attribute="other")
    assert sweep(db) == 0
    assert names(db) == ["a", "b"]


def test_an_update_moves_an_expiration_and_can_take_it_away(db: Engine) -> None:
    for name in "abc":
        db.put("users", pk=S(name), ttl=N(db.now - 1))
    db.put("users", pk=S("a"), ttl=N(db.now + 60))
    db(
        "UpdateItem",
        TableName="users",
        Key={"pk": S("b")},
        UpdateExpression="REMOVE #t",
        ExpressionAttributeNames={"#t": "ttl"},
    )
    assert sweep(db) == 1
    assert names(db) == ["a", "b"]
    db.now += 60
    assert sweep(db) == 1
    assert places(db) == {}


def test_a_deleted_table_leaves_no_expirations(db: Engine) -> None:
    db.put("users", pk=S("a"), ttl=N(db.now - 1))
    db("DeleteTable", TableName="users")
    assert places(db) == {}
    assert sweep(db) == 0


def test_a_sweep_deletes_more_than_fits_into_one_portion(db: Engine) -> None:
    for number in range(520):
        db.put("users", pk=S(str(number)), ttl=N(db.now - 1))
    db.put("users", pk=S("kept"), ttl=N(db.now + 1))
    assert sweep(db) == 520
    assert names(db) == ["kept"]
    assert db("DescribeTable", TableName="users")["Table"]["ItemCount"] == 1


def test_a_sweep_visits_every_table(db: Engine) -> None:
    db.put("users", pk=S("a"), ttl=N(db.now - 1))
    for name in ("aaa", "zzz"):
        db.create(name, "pk")
        db(
            "UpdateTimeToLive",
            TableName=name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"},
        )
        db.put(name, pk=S("a"), until=N(db.now - 1), ttl=N(db.now - 1))
    assert sweep(db) == 3


def test_a_sweep_of_a_closed_database_is_refused(db: Engine) -> None:
    finished(db.adapter.close())
    with pytest.raises(DatabaseClosed, match="A sweep on a closed memory database"):
        finished(db.adapter.sweep())


def test_the_stream_says_that_the_service_deleted_it() -> None:
    db = Streamed()
    switch(db.engine)
    db.put("a", ttl=N(db.engine.now))
    db.put("b")
    sweep(db.engine)
    db.delete("b")
    records = db.records()
    by_service = [record for record in records if "userIdentity" in record]
    assert [record["eventName"] for record in records] == ["INSERT", "INSERT", "REMOVE", "REMOVE"]
    assert by_service == [records[2]]
    assert by_service[0]["userIdentity"] == SERVICE
    assert by_service[0]["dynamodb"]["OldImage"]["pk"] == S("a")


def automatic(engine: Engine, after: float) -> None:
    engine.adapter = EmbeddedAdapter(
        engine.store,
        provider="memory",
        clock=lambda: engine.now,
        behaviour=Behaviour(expire_after=after),
    )


def test_writes_delete_what_expired_long_enough_ago_when_they_are_told_to(db: Engine) -> None:
    automatic(db, 2 * DAY)
    db.put("users", pk=S("a"), ttl=N(db.now))
    db.now += 2 * DAY - 1
    db.put("users", pk=S("b"))
    assert names(db) == ["a", "b"]
    db.now += 61
    assert names(db) == ["a", "b"]
    db.put("users", pk=S("c"))
    assert names(db) == ["b", "c"]


def test_a_write_deletes_a_portion_and_the_next_ones_the_rest(db: Engine) -> None:
    for number in range(80):
        db.put("users", pk=S(str(number)), ttl=N(db.now - 1))
    automatic(db, 0)
    counts: list[int] = []
    for _ in range(4):
        db.put("users", pk=S("kept"))
        counts.append(len(names(db)) - 1)
    assert counts == [48, 16, 0, 0]


def test_writes_look_for_expired_items_once_a_second(db: Engine) -> None:
    automatic(db, 0)
    db.put("users", pk=S("b"))
    db.put("users", pk=S("a"), ttl=N(db.now - 1))
    db.now += 0.5
    db.put("users", pk=S("b"))
    assert names(db) == ["a", "b"]
    db.now += 0.5
    db.put("users", pk=S("b"))
    assert names(db) == ["b"]


def test_a_write_that_is_refused_deletes_nothing(db: Engine) -> None:
    db.put("users", pk=S("a"), ttl=N(db.now - 1))
    automatic(db, 0)
    db.refused(
        "ConditionalCheckFailedException",
        "conditional",
        "DeleteItem",
        TableName="users",
        Key={"pk": S("b")},
        ConditionExpression="attribute_exists(pk)",
    )
    assert names(db) == ["a"]


def test_a_write_still_meets_the_expired_item_that_it_is_about(db: Engine) -> None:
    db.put("users", pk=S("a"), ttl=N(db.now - 1), n=N(1))
    automatic(db, 0)
    answer = db("DeleteItem", TableName="users", Key={"pk": S("a")}, ReturnValues="ALL_OLD")
    assert answer["Attributes"]["n"] == N(1)


def test_expirations_are_read_from_the_items_of_a_json_file(tmp_path: Path) -> None:
    path = tmp_path / "db.json"
    db = Engine()

    def opened() -> EmbeddedAdapter:
        store = JSONFileStore(path, blocking=True)
        return EmbeddedAdapter(store, provider="json", blocking=True, clock=lambda: db.now)

    db.adapter = opened()
    db.create("users", "pk")
    switch(db)
    db.put("users", pk=S("a"), ttl=N(db.now - 1))
    db.put("users", pk=S("b"), ttl=N(db.now + 1))
    finished(db.adapter.close())
    assert "ttl/" not in path.read_text()
    db.adapter = opened()
    assert sweep(db) == 1
    assert names(db) == ["b"]
    finished(db.adapter.close())


class Expirations(RuleBasedStateMachine):
    """Whatever is written, the places are those that the items themselves ask for."""

    @initialize()
    def begin(self) -> None:
        self.engine = Engine()
        self.engine.create("users", "pk")
        switch(self.engine)
        self.enabled = True

    @rule(
        name=st.sampled_from("abc"),
        ttl=st.one_of(
            st.none(),
            st.just(S("x")),
            st.integers(-(10**10), 10**10).map(N),
            st.decimals(-(10**9), 10**10, places=2).map(N),
        ),
    )
    def put(self, name: str, ttl: dict[str, Any] | None) -> None:
        self.engine.put("users", pk=S(name), **({} if ttl is None else {"ttl": ttl}))

    @rule(name=st.sampled_from("abc"))
    def delete(self, name: str) -> None:
        self.engine("DeleteItem", TableName="users", Key={"pk": S(name)})

    @rule()
    def toggle(self) -> None:
        self.enabled = not self.enabled
        switch(self.engine, self.enabled)

    @rule(seconds=st.integers(0, 10**9))
    def sweep(self, seconds: int) -> None:
        self.engine.now += seconds
        sweep(self.engine)

    @invariant()
    def the_places_are_those_of_the_items(self) -> None:
        (raw,) = [value for _, value in self.engine.store._spaces["tables"].items()]
        table = Table.load(raw)
        wanted = {
            key: value
            for item in self.engine.all("users")
            for space, key, value in entries(table, item)
            if space.startswith("ttl/")
        }
        assert places(self.engine) == wanted


TestExpirations = Expirations.TestCase
