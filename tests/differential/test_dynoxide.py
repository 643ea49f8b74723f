"""The engine and Dynoxide, which were written apart, give the same answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import note, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.differential.adjudication import settle
from tests.differential.machine import Calls
from tests.differential.outcomes import Outcome, ask, normal, walk
from tests.targets import remote

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from tests.servers import Server

    from anydynamo.adapters.protocol import DatabaseAdapter

READS = frozenset({"GetItem", "BatchGetItem", "TransactGetItems"})


class AgainstDynoxide(Calls):
    runner: ClassVar[asyncio.Runner]
    server: ClassVar[Server]
    dynoxide: ClassVar[DatabaseAdapter]
    settled: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.server.reset()
        self.engine = EmbeddedAdapter(MemoryStore(), provider="memory")

    def compare(self, operation: str, request: dict[str, Any]) -> None:
        self.runner.run(self._compare(operation, request))

    async def _compare(self, operation: str, request: dict[str, Any]) -> None:
        if _names_key_in_transaction(request):
            # Dynoxide would do it, and keep an item without a key, or whose key is a set.
            note("not asked: an update of a key in a transaction")
            return
        ours = await ask(self.engine, operation, request)
        theirs = await ask(self.dynoxide, operation, request)
        if operation == "CreateTable":
            # Only what both must accept; what they describe is the contract's to compare.
            assert (ours.error, theirs.error) == (None, None)
            return
        ours, theirs = _comparable(operation, ours), _comparable(operation, theirs)
        if ours.kind != theirs.kind:
            self._explain(operation, request, ours, theirs)
        if operation not in READS:
            await self._same_contents(operation, request, ours, theirs)

    def _explain(
        self, operation: str, request: dict[str, Any], ours: Outcome, theirs: Outcome
    ) -> None:
        rule = settle(operation, request, ours, theirs)
        assert rule is not None, f"{operation} {request}\nengine:   {ours}\nDynoxide: {theirs}"
        note(f"settled: {rule.reason}")
        self.settled[rule.reason] += 1

    async def _same_contents(
        self, operation: str, request: dict[str, Any], ours: Outcome, theirs: Outcome
    ) -> None:
        """Compare all that is stored, and bring Dynoxide back in step where a rule allows it."""
        scan = {"TableName": self.table.name}
        mine = await self._contents(self.engine, scan)
        other = await self._contents(self.dynoxide, scan)
        if mine == other:
            return
        stored = Outcome(response=mine), Outcome(response=other)
        if ours.kind == theirs.kind:
            self._explain(operation, request, *stored)
        for key in mine.keys() | other.keys():
            if key in mine and mine[key] != other.get(key):
                await self.dynoxide.call(
                    "PutItem", {"TableName": self.table.name, "Item": mine[key]}
                )
            elif key not in mine:
                item_key = {name: other[key][name] for name, _ in self.table.keys}
                await self.dynoxide.call(
                    "DeleteItem", {"TableName": self.table.name, "Key": item_key}
                )

    async def _contents(self, adapter: DatabaseAdapter, scan: dict[str, Any]) -> dict[str, Any]:
        pages = await walk(adapter, "Scan", scan)
        return {
            repr([item[name] for name, _ in self.table.keys]): normal(item)
            for page in pages
            for item in page.response["Items"]
        }

    def compare_pages(self, operation: str, request: dict[str, Any]) -> None:
        if operation == "Query" and "IndexName" not in request and not self.table.range_key:
            # With a limit, Dynoxide gives the one item of such a partition page after page.
            request = {name: value for name, value in request.items() if name != "Limit"}
        ours = self._walked(self.engine, operation, request)
        theirs = self._walked(self.dynoxide, operation, request)
        if ours.kind != theirs.kind:
            self._explain(operation, request, ours, theirs)

    def _walked(self, adapter: DatabaseAdapter, operation: str, request: dict[str, Any]) -> Outcome:
        """Join the pages: where one ends when its limit is just reached is not specified."""
        segments = range(request.get("TotalSegments", 1))
        pages = [
            page
            for segment in segments
            for page in self.runner.run(
                walk(
                    adapter,
                    operation,
                    {**request, "Segment": segment} if "TotalSegments" in request else request,
                )
            )
        ]
        for page in pages:
            if page.error:
                return page
        items = [normal(item) for page in pages for item in page.response.get("Items", ())]
        if operation == "Scan" or "IndexName" in request:
            # The order of partitions, and of equal index keys, is not specified.
            items.sort(key=repr)
        return Outcome(
            response={
                "Items": items,
                "Count": sum(page.response["Count"] for page in pages),
                "ScannedCount": sum(page.response["ScannedCount"] for page in pages),
            }
        )


def _names_key_in_transaction(request: dict[str, Any]) -> bool:
    updates = (action.get("Update", {}) for action in request.get("TransactItems", ()))
    return any("pk" in update.get("UpdateExpression", "") for update in updates)


def _comparable(operation: str, outcome: Outcome) -> Outcome:
    """Put what has no order, the items of a batch, into one."""
    if operation == "BatchGetItem" and outcome.response:
        responses = {
            table: sorted(map(normal, items), key=repr)
            for table, items in outcome.response["Responses"].items()
        }
        return Outcome(response={**outcome.response, "Responses": responses})
    return outcome


def test_the_engine_and_dynoxide_agree(dynoxide_server: Server) -> None:
    AgainstDynoxide.server = dynoxide_server
    with asyncio.Runner() as runner:
        AgainstDynoxide.runner = runner
        AgainstDynoxide.dynoxide = remote(dynoxide_server).adapter()
        try:
            run_state_machine_as_test(
                AgainstDynoxide,
                settings=settings(stateful_step_count=30),
            )
        finally:
            runner.run(AgainstDynoxide.dynoxide.close())
