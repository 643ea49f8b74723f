"""The machine of `machine.py` between the engine and another server."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import note
from tests.differential.adjudication.rules import settle
from tests.differential.machine import WRITES, Calls
from tests.differential.outcomes import Difference, Outcome, differences, join, normal
from tests.differential.wires import Engine, walk

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.differential.adjudication.rules import Rule
    from tests.differential.wires import Remote, Wire
    from tests.servers import Server

    from anydynamo.testing.strategies import TableShape

__all__ = ["Versus", "make_engine"]

CHANGING = frozenset(
    (*WRITES, "BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"),
)


def make_engine() -> Engine:
    """Return the engine over an empty memory."""
    return Engine(EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True))


class Versus(Calls):
    """The engine and another server are asked the same."""

    server: ClassVar[Server]
    remote: ClassVar[Remote]
    known: ClassVar[Sequence[Rule]]
    settled: ClassVar[Counter[str]] = Counter()
    epochs: ClassVar[Iterator[int]] = itertools.count()

    @staticmethod
    def unasked(table: TableShape, operation: str, request: dict[str, Any]) -> str | None:
        """Return why the other one is not asked this, if it is not."""
        raise NotImplementedError

    @staticmethod
    def rewritten(request: Any) -> Any:
        """Return a request as both are asked it."""
        return request

    def __init__(self) -> None:
        super().__init__()
        self.server.reset()
        self.engine = make_engine()
        self.epoch = next(self.epochs)

    def compare(self, operation: str, request: dict[str, Any]) -> None:
        if reason := self.unasked(self.table, operation, request):
            note(f"not asked: {reason}")
            return
        request = self.rewritten(request)
        if isinstance(token := request.get("ClientRequestToken"), str) and token:
            # The other one may remember tokens for longer than its tables, and those of what it
            # should not have carried out.
            request = {**request, "ClientRequestToken": f"{self.epoch}-{token}"[:36]}
        ours = self.engine.call(operation, request)
        theirs = self.remote.call(operation, request)
        if operation == "CreateTable":
            # Only what both must accept; what they describe is compared elsewhere.
            assert (ours.code, theirs.code) == (None, None), (ours, theirs)
            return
        found = list(differences(operation, request, ours, theirs))
        for difference in found:
            self._judge(difference)
            self.epoch = next(self.epochs)
        if operation in CHANGING:
            self._same_contents(operation, request, known=bool(found))

    def _judge(self, difference: Difference) -> None:
        rule = settle(self.known, difference)
        if rule is None:
            self.unsettled(difference)
            return
        note(f"settled: {rule.reason}")
        self.settled[rule.reason] += 1

    def unsettled(self, difference: Difference) -> None:
        """Report what no rule explains."""
        raise AssertionError(str(difference))

    def _same_contents(self, operation: str, request: dict[str, Any], *, known: bool) -> None:
        """Compare all that is stored, and bring the other one back in step where it may differ."""
        mine, other = self._contents(self.engine), self._contents(self.remote)
        if mine == other:
            return
        if not known:
            stored = Outcome({"contents": mine}), Outcome({"contents": other})
            self._judge(Difference(operation, request, "contents", *stored))
        # Anew, as an item may lack its key by now, or have one that cannot be asked for.
        self._both_accept("DeleteTable", {"TableName": self.table.name})
        self._both_accept("CreateTable", self.table.create_request())
        for item in mine.values():
            self._both_accept("PutItem", {"TableName": self.table.name, "Item": item})

    def _both_accept(self, operation: str, request: dict[str, Any]) -> None:
        for wire in (self.engine, self.remote):
            accepted = wire.call(operation, request)
            assert accepted.code is None, (operation, request, accepted)

    def _contents(self, wire: Wire) -> dict[str, Any]:
        pages = walk(wire, "Scan", {"TableName": self.table.name})
        return {
            repr([item.get(name) for name, _ in self.table.keys]): normal(item)
            for page in pages
            for item in page.response["Items"]
        }

    def compare_pages(self, operation: str, request: dict[str, Any]) -> None:
        if reason := self.unasked(self.table, operation, request):
            note(f"not asked: {reason}")
            return
        request = self.rewritten(request)
        ordered = operation == "Query" and "IndexName" not in request
        ours, theirs = (
            join(_pages(wire, operation, request), ordered=ordered)
            for wire in (self.engine, self.remote)
        )
        for difference in differences(operation, request, ours, theirs):
            self._judge(difference)


def _pages(wire: Wire, operation: str, request: dict[str, Any]) -> list[Outcome]:
    if "TotalSegments" not in request:
        return walk(wire, operation, request)
    return [
        page
        for segment in range(request["TotalSegments"])
        for page in walk(wire, operation, {**request, "Segment": segment})
    ]
