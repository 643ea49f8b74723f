"""Any sequence of changes to tables, on memory and on SQLite, while time goes by.

Both answer the same; states only go forward; and what an index holds when it is active follows from
the table's items, whatever was written while it was made.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.engine.calling import ALL, KEYS_ONLY, Engine, N, S, definitions, finished, including
from tests.engine.declaring import UNITS, request

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.behaviour import Behaviour
from anydynamo.errors import AnyDynamoError
from anydynamo.stores.sqlite import SQLiteStore

DELAYS = [0, 1, 3]
PROJECTIONS = [ALL, KEYS_ONLY, including("a")]
NAMES = ["one", "two"]
MORE = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 9}

# What a state may turn into by itself; None is gone.
TABLE_STATES = {
    "CREATING": ("ACTIVE",),
    "UPDATING": ("ACTIVE",),
    "DELETING": (None,),
    "ACTIVE": (),
    None: (),
}
INDEX_STATES = {
    ("CREATING", None): (("ACTIVE", None),),
    ("CREATING", False): (("CREATING", True), ("ACTIVE", None)),
    ("CREATING", True): (("ACTIVE", None),),
    ("UPDATING", None): (("ACTIVE", None),),
    ("DELETING", None): (None,),
    ("ACTIVE", None): (),
}

names = st.sampled_from(NAMES)
keys = st.sampled_from("pqr")
values = st.sampled_from([None, S("x"), S("y"), N(1), N(2), {"BOOL": True}])
additions = st.builds(
    lambda name, kind, projection: {
        "GlobalSecondaryIndexUpdates": [
            {
                "Create": {
                    "IndexName": f"by-{name}",
                    "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
                    "Projection": projection,
                }
            }
        ],
        "AttributeDefinitions": definitions(**{name: kind}),
    },
    st.sampled_from("gh"),
    st.sampled_from("SN"),
    st.sampled_from(PROJECTIONS),
)
changes = st.one_of(
    st.builds(
        lambda name: {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": f"by-{name}"}}]},
        st.sampled_from("gh"),
    ),
    st.builds(
        lambda name, units: {
            "GlobalSecondaryIndexUpdates": [
                {"Update": {"IndexName": f"by-{name}", "ProvisionedThroughput": units}}
            ]
        },
        st.sampled_from("gh"),
        st.sampled_from([UNITS, MORE]),
    ),
    st.sampled_from(
        [
            {"BillingMode": "PAY_PER_REQUEST"},
            {"BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS},
            {"ProvisionedThroughput": MORE},
            {"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
            {"OnDemandThroughput": {"MaxReadRequestUnits": -1}},
            {"WarmThroughput": {"ReadUnitsPerSecond": 13_000}},
            {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
            {"DeletionProtectionEnabled": False},
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
            {"StreamSpecification": {"StreamEnabled": False}},
        ]
    ),
)


def comparable(answer: Any) -> Any:
    """Leave out what is drawn at random."""
    if isinstance(answer, dict):
        return {key: comparable(value) for key, value in answer.items() if key != "TableId"}
    if isinstance(answer, list):
        return [comparable(element) for element in answer]
    return answer


class Tables(RuleBasedStateMachine):
    """Two engines that are asked the same."""

    @initialize(
        table=st.sampled_from(DELAYS), index=st.sampled_from(DELAYS), ttl=st.sampled_from(DELAYS)
    )
    def begin(self, table: int, index: int, ttl: int) -> None:
        delays = {"table_delay": table, "index_delay": index, "ttl_delay": ttl}
        self.directory = tempfile.TemporaryDirectory()
        self.memory, self.sqlite = Engine(**delays), Engine()
        self.sqlite.adapter = EmbeddedAdapter(
            SQLiteStore(str(Path(self.directory.name) / "data.db"), blocking=True),
            provider="sqlite",
            blocking=True,
            clock=lambda: self.memory.now,
            behaviour=Behaviour(table_delay=table, index_delay=index, ttl_delay=ttl),
        )
        # Most of what can go wrong needs a table that has items.
        self.create("one", None)
        self.memory.now += table
        for key, value in zip("pqr", (S("x"), N(1), S("y")), strict=True):
            self.put("one", key, g=value, h=value, a=value)

    def teardown(self) -> None:
        if hasattr(self, "sqlite"):
            finished(self.sqlite.adapter.close())
            self.directory.cleanup()

    def ask(self, operation: str, **parameters: Any) -> Any:
        """Ask both, and return their one answer; an error is an answer, too."""
        first, second = (
            self.answer(engine, operation, parameters) for engine in (self.memory, self.sqlite)
        )
        assert comparable(first) == comparable(second)
        return first

    @staticmethod
    def answer(engine: Engine, operation: str, parameters: dict[str, Any]) -> Any:
        try:
            return engine(operation, parameters)
        except AnyDynamoError as error:
            return (error.code, str(error))

    def describe(self, name: str) -> dict[str, Any] | None:
        answer = self.ask("DescribeTable", TableName=name)
        return answer["Table"] if isinstance(answer, dict) else None

    def state(self, name: str) -> tuple[str | None, dict[str, Any]]:
        table = self.describe(name)
        if table is None:
            return None, {}
        indexes = table.get("GlobalSecondaryIndexes", [])
        return table["TableStatus"], {
            each["IndexName"]: (each["IndexStatus"], each.get("Backfilling")) for each in indexes
        }

    @rule(name=names, throughput=st.sampled_from([None, UNITS]))
    def create(self, name: str, throughput: dict[str, int] | None) -> None:
        billing = "PAY_PER_REQUEST" if throughput is None else "PROVISIONED"
        made = request(TableName=name, BillingMode=billing, ProvisionedThroughput=throughput)
        self.ask("CreateTable", **made)

    @rule(change=additions)
    def add(self, change: dict[str, Any]) -> None:
        self.update("one", change)

    @rule(name=names, change=additions | changes)
    def update(self, name: str, change: dict[str, Any]) -> None:
        before = self.describe(name)
        answer = self.ask("UpdateTable", TableName=name, **change)
        if isinstance(answer, tuple):
            assert self.describe(name) == before

    @rule(name=names)
    def delete(self, name: str) -> None:
        self.ask("DeleteTable", TableName=name)

    @rule(name=names, enabled=st.booleans())
    def expire(self, name: str, enabled: bool) -> None:
        given = {"Enabled": enabled, "AttributeName": "ttl"}
        self.ask("UpdateTimeToLive", TableName=name, TimeToLiveSpecification=given)
        self.ask("DescribeTimeToLive", TableName=name)

    @rule(name=names, key=keys, g=values, h=values, a=values)
    def put(self, name: str, key: str, **attributes: Any) -> None:
        item = {"pk": S(key), **{each: v for each, v in attributes.items() if v is not None}}
        self.ask("PutItem", TableName=name, Item=item)

    @rule(name=names, key=keys)
    def remove(self, name: str, key: str) -> None:
        self.ask("DeleteItem", TableName=name, Key={"pk": S(key)})

    @rule(seconds=st.sampled_from([0.5, 1, 2]))
    def wait(self, seconds: float) -> None:
        before = {name: self.state(name) for name in NAMES}
        self.memory.now += seconds
        for name, (was, indexes) in before.items():
            status, now = self.state(name)
            assert status == was or status in TABLE_STATES[was]
            if status in (None, "DELETING"):
                continue
            assert now.keys() <= indexes.keys()
            for each, phase in indexes.items():
                assert now.get(each) == phase or now.get(each) in INDEX_STATES[phase]

    @invariant()
    def indexes_hold_what_the_items_say(self) -> None:
        if not hasattr(self, "memory"):
            return
        listed = self.ask("ListTables")["TableNames"]
        assert listed == [name for name in sorted(NAMES) if self.describe(name) is not None]
        for name in listed:
            table = self.describe(name)
            assert table is not None
            if table["TableStatus"] in ("CREATING", "DELETING"):
                assert self.ask("Scan", TableName=name)[0] == "ResourceNotFoundException"
                continue
            items = self.ask("Scan", TableName=name)["Items"]
            types = {
                each["AttributeName"]: each["AttributeType"]
                for each in table["AttributeDefinitions"]
            }
            for each in table.get("GlobalSecondaryIndexes", []):
                found = self.ask("Scan", TableName=name, IndexName=each["IndexName"])
                if each["IndexStatus"] in ("CREATING", "DELETING"):
                    assert found[0] == "ValidationException"
                    continue
                (key,) = (one["AttributeName"] for one in each["KeySchema"])
                entries = [item for item in items if types[key] in item.get(key, ())]
                projected = {"pk", key, *each["Projection"].get("NonKeyAttributes", [])}
                if each["Projection"] != ALL:
                    entries = [
                        {attribute: item[attribute] for attribute in item if attribute in projected}
                        for item in entries
                    ]
                assert sorted(found["Items"], key=str) == sorted(entries, key=str)
                assert each["ItemCount"] == len(entries)


TestTables = Tables.TestCase
TestTables.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
