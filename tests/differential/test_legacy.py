"""The engine and Dynoxide, which were written apart, agree on legacy parameters.

moto is not asked: it ignores half of them, and changes nulls, numbers and binary values on the way.
Where it differs, tests/deviations.py says so case by case.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.differential.outcomes import Outcome, ask
from tests.engine.strategies import scalars
from tests.engine.twins import NAMES, conditions, updates
from tests.targets import remote

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Server

    from anydynamo.adapters.protocol import DatabaseAdapter

KEY: dict[str, Any] = {"pk": {"S": "1"}}
TABLE: dict[str, Any] = {
    "TableName": "legacy",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


class Pair:
    """The engine and Dynoxide, each with the one table."""

    def __init__(self, server: DatabaseAdapter, runner: asyncio.Runner) -> None:
        self._server = server
        self._engine = EmbeddedAdapter(MemoryStore(), provider="memory")
        self._runner = runner
        self.ask("CreateTable", TABLE)

    def ask(self, operation: str, request: dict[str, Any]) -> tuple[Outcome, Outcome]:
        """Ask both."""

        async def both() -> tuple[Outcome, Outcome]:
            return (
                await ask(self._engine, operation, request),
                await ask(self._server, operation, request),
            )

        return self._runner.run(both())

    def agree(self, operation: str, **request: Any) -> Outcome:
        """Ask both, and compare what they said."""
        ours, theirs = self.ask(operation, {"TableName": "legacy", **request})
        assert ours.kind == theirs.kind, f"engine: {ours}\nDynoxide: {theirs}"
        return ours


@pytest.fixture
def dynoxide(dynoxide_server: Server) -> Iterator[Pair]:
    with asyncio.Runner() as runner:
        adapter = remote(dynoxide_server).adapter()
        yield Pair(adapter, runner)
        runner.run(adapter.close())


@given(st.data(), conditions(), st.sampled_from(["AND", "OR"]))
@settings(
    max_examples=80,
    deadline=None,
    # Each example puts the item anew, which is all that the servers hold.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
def test_filters_and_expectations_select_the_same(
    dynoxide: Pair,
    data: st.DataObject,
    drawn: tuple[dict[str, Any], list[str], dict[str, Any]],
    word: str,
) -> None:
    legacy, _, bound = drawn
    anything = st.one_of(st.sampled_from(list(bound.values())), scalars) if bound else scalars
    item = {**KEY, **data.draw(st.dictionaries(st.sampled_from(NAMES), anything))}
    dynoxide.agree("PutItem", Item=item)
    combined = {"ConditionalOperator": word} if len(legacy) > 1 else {}
    dynoxide.agree("Scan", ScanFilter=legacy, **combined)
    dynoxide.agree("DeleteItem", Key=KEY, Expected=legacy, **combined)


@given(updates(), st.dictionaries(st.sampled_from(["a", "b"]), scalars))
@settings(
    max_examples=80,
    deadline=None,
    # Each example puts the item anew, which is all that the servers hold.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
def test_attribute_updates_make_the_same_item(
    dynoxide: Pair, drawn: tuple[dict[str, Any], dict[str, Any]], before: dict[str, Any]
) -> None:
    dynoxide.agree("PutItem", Item={**KEY, **before})
    dynoxide.agree("UpdateItem", Key=KEY, ReturnValues="ALL_NEW", **drawn[0])
    dynoxide.agree("GetItem", Key=KEY)
