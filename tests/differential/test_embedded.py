"""Memory, SQLite and the JSON file give the same answer to whatever is asked, texts included."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from tests.differential.machine import Calls
from tests.differential.outcomes import Outcome, ask, walk
from tests.targets import EMBEDDED, embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from anydynamo.adapters.protocol import DatabaseAdapter


class Embedded(Calls):
    runner: ClassVar[asyncio.Runner]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="differential-"))
        self.adapters = {name: self.runner.run(self._open(name)) for name in EMBEDDED}

    async def _open(self, name: str) -> DatabaseAdapter:
        return embedded(name, self.folder).adapter(clock=lambda: 1_700_000_000.0)

    def teardown(self) -> None:
        for adapter in self.adapters.values():
            self.runner.run(adapter.close())
        shutil.rmtree(self.folder)

    def _agree(self, ask_one: Callable[[DatabaseAdapter], Coroutine[Any, Any, Any]]) -> Any:
        answers = {name: self.runner.run(ask_one(a)) for name, a in self.adapters.items()}
        expected = answers["memory"]
        for name, answer in answers.items():
            assert answer == expected, (name, answer, expected)
        return expected

    def compare(self, operation: str, request: dict[str, Any]) -> None:
        async def ask_one(adapter: DatabaseAdapter) -> Outcome:
            outcome = await ask(adapter, operation, request)
            if operation == "CreateTable" and not outcome.error:
                # An identifier is unique to one creation of a table.
                del outcome.response["TableDescription"]["TableId"]
            return outcome

        self._agree(ask_one)

    def compare_pages(self, operation: str, request: dict[str, Any]) -> None:
        for segment in range(request.get("TotalSegments", 1)):
            segmented = {**request, "Segment": segment} if "TotalSegments" in request else request
            self._agree(partial(walk, operation=operation, request=segmented))


def test_embedded_providers_agree_to_the_letter() -> None:
    with asyncio.Runner() as runner:
        Embedded.runner = runner
        run_state_machine_as_test(Embedded, settings=settings(stateful_step_count=30))
