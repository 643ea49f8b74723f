"""The engine, Dynoxide and moto record the same changes, under each view type.

How a stream is cut into shards, numbered and dated is each one's own; what is in it, in the order
of each item's changes, is compared.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import logging
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import strategies as st
from tests.differential import calls
from tests.differential.adjudication.moto import plain
from tests.differential.machine import bounded
from tests.differential.outcomes import normal
from tests.differential.versus import make_engine
from tests.differential.wires import Remote

from anydynamo.testing.strategies import TableShape

if TYPE_CHECKING:
    from tests.differential.adjudication.rules import Call
    from tests.differential.wires import Wire
    from tests.servers import Server

TABLE = TableShape("generated", ("pk", "S"), ("sk", "N"))
WRITES = ("BatchWriteItem", "DeleteItem", "PutItem", "PutItem", "UpdateItem", "TransactWriteItems")
VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
LEFT_OUT = {
    # moto records an update that creates an item as two changes, and no transaction as it is.
    "moto": {"UpdateItem", "TransactWriteItems"},
    "dynoxide": set[str](),
}

_log = logging.getLogger(__name__)


@st.composite
def writes(draw: st.DrawFn) -> list[Call]:
    made: list[Call] = []
    for operation in draw(st.lists(st.sampled_from(WRITES), min_size=1, max_size=10)):
        request = dict(draw(calls.MODERN[operation](TABLE)))
        request.pop("ClientRequestToken", None)
        made.append((operation, request))
    return made


def records(wire: Wire, table: TableShape) -> list[tuple[Any, ...]]:
    """Read all shards of the stream, from parents to children, in one list for each item."""
    described = wire.call("DescribeTable", {"TableName": table.name}).response["Table"]
    arn = described["LatestStreamArn"]
    stream = wire.call("DescribeStream", {"StreamArn": arn}).response["StreamDescription"]
    found: list[tuple[Any, ...]] = []
    for shard in stream["Shards"]:
        place = {
            "StreamArn": arn,
            "ShardId": shard["ShardId"],
            "ShardIteratorType": "TRIM_HORIZON",
        }
        iterator = wire.call("GetShardIterator", place).response["ShardIterator"]
        while iterator:
            page = wire.call("GetRecords", {"ShardIterator": iterator}).response
            found += [_change(record) for record in page["Records"]]
            # An open shard has always another iterator.
            iterator = page.get("NextShardIterator") if page["Records"] else None
    return sorted(found, key=lambda change: repr(change[0]))


def _change(record: dict[str, Any]) -> tuple[Any, ...]:
    change = record["dynamodb"]
    images = (normal(change.get(image)) for image in ("OldImage", "NewImage"))
    return normal(change["Keys"]), record["eventName"], *images, change["StreamViewType"]


def renamed(value: Any, name: str) -> Any:
    """Return a request for the table of another name."""
    if isinstance(value, dict):
        return {
            name if key == TABLE.name else key: renamed(inner, name) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [renamed(inner, name) for inner in value]
    return name if value == TABLE.name else value


def contents(wire: Wire, table: TableShape) -> Any:
    """Read all items."""
    found = wire.call("Scan", {"TableName": table.name}).response["Items"]
    return sorted(map(repr, map(normal, found)))


@pytest.mark.parametrize("name", ["dynoxide", "moto"])
def test_the_same_changes_are_recorded(name: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(f"{name}_server")
    remote = Remote(server)
    numbers = itertools.count()

    @bounded(40 if name == "dynoxide" else 20, 1)
    @hypothesis.given(made=writes(), view=st.sampled_from(VIEWS))
    def check(made: list[Call], view: str) -> None:
        server.reset()
        engine = make_engine()
        # Dynoxide keeps the stream of a deleted table, and gives it to the next one of the name.
        table = dataclasses.replace(TABLE, name=f"streamed{next(numbers)}")
        stream = {"StreamEnabled": True, "StreamViewType": view}
        for wire in (engine, remote):
            wire.call("CreateTable", {**table.create_request(), "StreamSpecification": stream})
        for operation, drawn in made:
            if operation in LEFT_OUT[name]:
                continue
            asked = renamed(plain(drawn), table.name)
            before = contents(engine, table)
            ours, theirs = engine.call(operation, asked), remote.call(operation, asked)
            after = contents(engine, table)
            if (ours.code, after) != (theirs.code, contents(remote, table)):
                return  # Another test's to judge: from here on the tables are not the same.
            if ours.code is None and after == before:
                # Both record what changes nothing, which DynamoDB does not.
                return
        assert records(remote, table) == records(engine, table)

    with contextlib.closing(remote):
        check()
    _log.info("asked %s: %s", name, dict(remote.asked))
