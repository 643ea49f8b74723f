"""A state machine that makes a table and calls on it, and gives each to whoever compares."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

import hypothesis
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.differential import calls, malformed, statements

from anydynamo.testing import strategies

if TYPE_CHECKING:
    from anydynamo.testing.strategies import TableShape

__all__ = ["Calls", "bounded"]

WRITES = ("BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem")
READS = ("BatchGetItem", "GetItem", "TransactGetItems")


def bounded(examples: int, steps: int) -> hypothesis.settings:
    """Return the settings of a test: the same few examples each time, or many random ones.

    What is compared are two programs of which only one is ours, so that a difference that has never
    been seen must not fail an unrelated change. The profile `long` is for finding such.
    """
    if os.environ.get("HYPOTHESIS_PROFILE") == "long":
        return hypothesis.settings(stateful_step_count=steps)
    return hypothesis.settings(max_examples=examples, stateful_step_count=steps, derandomize=True)


class Calls(RuleBasedStateMachine):
    """Calls on one generated table.

    Attributes:
        malforms: Whether requests are made, too, that are wrong in one place.
    """

    table: TableShape
    malforms: ClassVar[bool] = True

    def compare(self, operation: str, request: dict[str, Any]) -> None:
        """Ask every provider and compare the answers."""
        raise NotImplementedError

    def compare_pages(self, operation: str, request: dict[str, Any]) -> None:
        """Walk all pages on every provider and compare what they hold."""
        raise NotImplementedError

    @initialize(table=strategies.tables())
    def create(self, table: TableShape) -> None:
        self.table = table
        note(f"create {table}")
        self.compare("CreateTable", table.create_request())

    def _call(self, operation: str, request: dict[str, Any]) -> None:
        note(f"{operation} {request}")
        self.compare(operation, request)

    @rule(data=st.data())
    def put(self, data: st.DataObject) -> None:
        item = data.draw(strategies.items(self.table))
        self._call("PutItem", {"TableName": self.table.name, "Item": item})

    @rule(data=st.data(), operation=st.sampled_from(WRITES))
    def write(self, data: st.DataObject, operation: str) -> None:
        self._call(operation, data.draw(calls.MODERN[operation](self.table)))

    @rule(data=st.data(), operation=st.sampled_from(WRITES))
    def write_again(self, data: st.DataObject, operation: str) -> None:
        self._call(operation, data.draw(calls.MODERN[operation](self.table)))

    @rule(data=st.data(), operation=st.sampled_from(READS))
    def get(self, data: st.DataObject, operation: str) -> None:
        self._call(operation, data.draw(calls.MODERN[operation](self.table)))

    @rule(data=st.data(), operation=st.sampled_from(sorted(calls.LEGACY)))
    def legacy(self, data: st.DataObject, operation: str) -> None:
        self._call(operation, data.draw(calls.LEGACY[operation](self.table)))

    @rule(data=st.data(), operation=st.sampled_from(["Query", "Scan"]))
    def walk(self, data: st.DataObject, operation: str) -> None:
        request = data.draw(calls.walks(operation, self.table))
        note(f"{operation} {request}")
        self.compare_pages(operation, request)

    @rule(data=st.data())
    def page(self, data: st.DataObject) -> None:
        self._call("Query", data.draw(calls.page_requests(self.table)))

    @rule(data=st.data(), writing=st.booleans())
    def statement(self, data: st.DataObject, writing: bool) -> None:
        drawn = statements.writes if writing else statements.reads
        self._call("ExecuteStatement", data.draw(drawn(self.table)))

    @rule(data=st.data(), together=st.booleans())
    def statements(self, data: st.DataObject, together: bool) -> None:
        if together:
            self._call("ExecuteTransaction", data.draw(statements.transactions(self.table)))
        else:
            self._call("BatchExecuteStatement", data.draw(statements.batches(self.table)))

    @precondition(lambda self: self.malforms)
    @rule(data=st.data(), operation=st.sampled_from([*WRITES, *READS]))
    def malformed(self, data: st.DataObject, operation: str) -> None:
        valid = data.draw(calls.MODERN[operation](self.table))
        self._call(operation, data.draw(malformed.broken(valid)))
