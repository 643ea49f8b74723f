"""A state machine that makes tables and calls, and gives each call to whoever compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from anydynamo.testing import strategies

if TYPE_CHECKING:
    from anydynamo.testing.strategies import TableShape

__all__ = ["Calls"]

SMALL = st.integers(1, 4)


class Calls(RuleBasedStateMachine):
    """Calls on one generated table."""

    table: TableShape

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
        self._call("PutItem", data.draw(strategies.puts(self.table)))

    @rule(data=st.data())
    def put_another(self, data: st.DataObject) -> None:
        item = data.draw(strategies.items(self.table))
        self._call("PutItem", {"TableName": self.table.name, "Item": item})

    @rule(data=st.data())
    def update(self, data: st.DataObject) -> None:
        self._call("UpdateItem", data.draw(strategies.update_requests(self.table)))

    @rule(data=st.data())
    def update_again(self, data: st.DataObject) -> None:
        self._call("UpdateItem", data.draw(strategies.update_requests(self.table)))

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self._call("DeleteItem", data.draw(strategies.deletes(self.table)))

    @rule(data=st.data())
    def get(self, data: st.DataObject) -> None:
        self._call("GetItem", data.draw(strategies.gets(self.table)))

    @rule(data=st.data())
    def batch_write(self, data: st.DataObject) -> None:
        self._call("BatchWriteItem", data.draw(strategies.batch_writes(self.table)))

    @rule(data=st.data())
    def batch_get(self, data: st.DataObject) -> None:
        self._call("BatchGetItem", data.draw(strategies.batch_reads(self.table)))

    @rule(data=st.data())
    def transact(self, data: st.DataObject) -> None:
        self._call("TransactWriteItems", data.draw(strategies.transactions(self.table)))

    @rule(data=st.data())
    def transact_get(self, data: st.DataObject) -> None:
        self._call("TransactGetItems", data.draw(strategies.transactional_reads(self.table)))

    @rule(data=st.data(), limit=st.none() | SMALL)
    def query(self, data: st.DataObject, limit: int | None) -> None:
        request = data.draw(strategies.queries(self.table))
        if limit is not None:
            request["Limit"] = limit
        note(f"Query {request}")
        self.compare_pages("Query", request)

    @rule(data=st.data(), limit=st.none() | SMALL, segments=st.none() | SMALL)
    def scan(self, data: st.DataObject, limit: int | None, segments: int | None) -> None:
        request = data.draw(strategies.scans(self.table))
        if limit is not None:
            request["Limit"] = limit
        if segments is not None:
            request["TotalSegments"] = segments
        note(f"Scan {request}")
        self.compare_pages("Scan", request)
