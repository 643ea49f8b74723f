"""Waiting for tables, meeting others who make them, and telling what does not fit."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.repository.scripted import ScriptedAdapter, session

from anydynamo.errors import (
    NotSupported,
    RequestTimeout,
    TableInUse,
    TableMismatch,
    TableNotFound,
)
from anydynamo.models.schema import schema_of
from anydynamo.models.table import Attr, GlobalIndex, LocalIndex, Table, attribute
from anydynamo.repositories.session import Patience
from anydynamo.tables import create_tables, delete_tables, differences


class Thing(Table, name="things"):
    pk: Attr[str] = attribute(hash_key=True)
    sk: Attr[int] = attribute(range_key=True)
    tag: Attr[str] = attribute(default="")
    note: Attr[str] = attribute(default="")

    by_tag = GlobalIndex("TagIndex", hash_key=tag, include=[note])
    by_note = LocalIndex("NoteIndex", range_key=note)


class Kept(Table, name="kept", point_in_time_recovery=True):
    pk: Attr[str] = attribute(hash_key=True)
    until: Attr[int | None] = attribute(default=None, ttl=True)


class Server:
    """Answers table operations; tables take some looks to become what they will be."""

    def __init__(self, looks: int = 0, **answers: Any) -> None:
        self.looks = looks
        self.answers = answers
        self.tables: dict[str, Any] = {}

    def __call__(self, operation: str, request: Any) -> dict[str, Any]:
        if operation in self.answers:
            answer = self.answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return dict(answer)
        name = request["TableName"]
        if operation == "CreateTable":
            self.tables[name] = {**request, "TableStatus": "CREATING", "looks": self.looks}
        elif operation == "DeleteTable":
            self.tables[name].update(TableStatus="DELETING", looks=self.looks)
        elif operation == "DescribeTable":
            return {"Table": self.look(name)}
        return {}

    def look(self, name: str) -> dict[str, Any]:
        if name not in self.tables:
            raise TableNotFound("none")
        table: dict[str, Any] = self.tables[name]
        if table["looks"] == 0:
            if table["TableStatus"] == "DELETING":
                del self.tables[name]
                raise TableNotFound("gone")
            table["TableStatus"] = "ACTIVE"
        table["looks"] -= 1
        return table


async def test_a_table_is_looked_at_until_it_is_active_and_until_it_is_gone() -> None:
    waits: list[float] = []
    server = Server(looks=3)
    made = await create_tables(session(ScriptedAdapter(server), waits), [Thing])
    assert [one.created for one in made] == [True]
    assert waits == [0.5] * 3
    waits.clear()
    assert await delete_tables(session(ScriptedAdapter(server), waits), [Thing]) == ("things",)
    assert waits == [0.5] * 3


async def test_an_index_that_is_being_made_is_waited_for() -> None:
    table = schema_of(Thing).create_table_request()
    table["TableStatus"] = "ACTIVE"
    busy: dict[str, Any] = {
        **table,
        "GlobalSecondaryIndexes": [dict(table["GlobalSecondaryIndexes"][0])],
    }
    busy["GlobalSecondaryIndexes"][0]["IndexStatus"] = "CREATING"
    waits: list[float] = []
    adapter = ScriptedAdapter({"Table": busy}, {"Table": busy}, {"Table": table})
    await create_tables(session(adapter, waits), [Thing])
    assert waits == [0.5]


async def test_waiting_has_an_end() -> None:
    patience = Patience(poll=2.0, polls=3)
    with pytest.raises(RequestTimeout, match="not active after 6 seconds"):
        await create_tables(session(ScriptedAdapter(Server(99)), patience=patience), [Thing])
    server = Server(99)
    server.tables["things"] = {"TableStatus": "ACTIVE"}
    with pytest.raises(RequestTimeout, match="not gone"):
        await delete_tables(session(ScriptedAdapter(server), patience=patience), [Thing])


async def test_somebody_else_may_make_the_table_at_the_same_time() -> None:
    table = {**schema_of(Thing).create_table_request(), "TableStatus": "ACTIVE"}
    adapter = ScriptedAdapter(TableNotFound("none"), TableInUse("made"), {"Table": table})
    made = await create_tables(session(adapter), [Thing])
    assert [one.created for one in made] == [False]


async def test_tables_are_made_together_where_the_network_is_waited_for() -> None:
    class Other(Table, name="others"):
        pk: Attr[str] = attribute(hash_key=True)

    class Slow(ScriptedAdapter):
        async def call(self, operation: str, request: Any) -> dict[str, Any]:
            await asyncio.sleep(0)
            return await super().call(operation, request)

    adapter = Slow(Server(looks=1), blocking=False)
    await create_tables(session(adapter), [Thing, Other])
    assert adapter.operations[:4] == ["DescribeTable"] * 2 + ["CreateTable"] * 2


RECOVERY = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}}
RECOVERS = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}


async def test_time_to_live_and_recovery_are_switched_on_once() -> None:
    off = Server(
        DescribeTimeToLive={"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}},
        DescribeContinuousBackups={"ContinuousBackupsDescription": RECOVERY},
    )
    adapter = ScriptedAdapter(off)
    await create_tables(session(adapter), [Kept])
    sent = dict(adapter.calls)
    assert sent["UpdateTimeToLive"]["TimeToLiveSpecification"] == {
        "Enabled": True,
        "AttributeName": "until",
    }
    assert sent["UpdateContinuousBackups"]["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True
    }
    ttl = {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    on = Server(
        DescribeTimeToLive={"TimeToLiveDescription": ttl},
        DescribeContinuousBackups={"ContinuousBackupsDescription": RECOVERS},
    )
    adapter = ScriptedAdapter(on)
    await create_tables(session(adapter), [Kept])
    assert not {"UpdateTimeToLive", "UpdateContinuousBackups"} & set(adapter.operations)


async def test_a_provider_without_recovery_does_without() -> None:
    server = Server(
        DescribeTimeToLive={"TimeToLiveDescription": {}},
        DescribeContinuousBackups=NotSupported("only AWS"),
    )
    made = await create_tables(session(ScriptedAdapter(server)), [Kept])
    assert made[0].created


async def test_items_that_expire_by_another_attribute_are_a_mismatch() -> None:
    said = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    server = Server(DescribeTimeToLive={"TimeToLiveDescription": said})
    with pytest.raises(TableMismatch, match=r"expires.*until"):
        await create_tables(session(ScriptedAdapter(server)), [Kept])


def test_every_difference_is_told() -> None:
    schema = schema_of(Thing)
    table = schema.create_table_request()
    assert differences(schema, table) == []
    assert differences(schema, {**table, "LocalSecondaryIndexes": []}) == [
        "it has no index NoteIndex"
    ]
    hash_only = {**table, "KeySchema": table["KeySchema"][:1]}
    assert differences(schema, hash_only) == [
        "its key is pk (HASH), and the model's pk (HASH), sk (RANGE)"
    ]
    types = [
        {**one, "AttributeType": "S" if one["AttributeName"] == "sk" else one["AttributeType"]}
        for one in table["AttributeDefinitions"]
    ]
    assert differences(schema, {**table, "AttributeDefinitions": types}) == [
        "the key attribute sk is of type S, and the model's N"
    ]
    (index,) = table["GlobalSecondaryIndexes"]
    for change, said in (
        (
            {"KeySchema": [{"AttributeName": "note", "KeyType": "HASH"}]},
            "the key of its index TagIndex is note (HASH), and the model's tag (HASH)",
        ),
        (
            {"Projection": {"ProjectionType": "ALL"}},
            "its index TagIndex projects ALL, and the model's INCLUDE note",
        ),
    ):
        changed = {**table, "GlobalSecondaryIndexes": [{**index, **change}]}
        assert differences(schema, changed) == [said]


def test_further_indexes_are_no_difference() -> None:
    schema = schema_of(Kept)
    table = schema.create_table_request()
    table["AttributeDefinitions"].append({"AttributeName": "x", "AttributeType": "S"})
    table["GlobalSecondaryIndexes"] = [
        {"IndexName": "X", "KeySchema": [], "Projection": {"ProjectionType": "ALL"}}
    ]
    assert differences(schema, table) == []
