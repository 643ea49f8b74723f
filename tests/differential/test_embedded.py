"""Memory, SQLite and the JSON file give the same answer to whatever is asked, texts included."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis.stateful import run_state_machine_as_test
from tests.differential.machine import Calls, bounded
from tests.differential.wires import Engine, walk
from tests.targets import EMBEDDED, embedded

if TYPE_CHECKING:
    from collections.abc import Callable


class Embedded(Calls):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="differential-"))
        self.engines = {
            name: Engine(
                embedded(name, self.folder).adapter(blocking=True, clock=lambda: 1_700_000_000.0)
            )
            for name in EMBEDDED
        }

    def teardown(self) -> None:
        for engine in self.engines.values():
            engine.close()
        shutil.rmtree(self.folder)

    def _agree(self, ask_one: Callable[[Engine], Any]) -> None:
        answers = {name: ask_one(engine) for name, engine in self.engines.items()}
        expected = answers["memory"]
        for name, answer in answers.items():
            assert answer == expected, (name, answer, expected)

    def compare(self, operation: str, request: dict[str, Any]) -> None:
        def ask_one(engine: Engine) -> Any:
            outcome = engine.call(operation, request)
            if operation == "CreateTable":
                # An identifier is unique to one creation of a table.
                del outcome.response["TableDescription"]["TableId"]
            return outcome

        self._agree(ask_one)

    def compare_pages(self, operation: str, request: dict[str, Any]) -> None:
        for segment in range(request.get("TotalSegments", 1)):
            segmented = {**request, "Segment": segment} if "TotalSegments" in request else request
            self._agree(partial(walk, operation=operation, request=segmented))


def test_embedded_providers_agree_to_the_letter() -> None:
    run_state_machine_as_test(Embedded, settings=bounded(40, 30))
