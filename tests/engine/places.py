"""An embedded database in a folder, called as a function, with a clock that tests turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.engine.calling import finished

from anydynamo.adapters.embedded import EmbeddedAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.targets import Target

    from anydynamo.engine.store import Reader


class Place:
    """A database in a folder, with a clock, called as a function."""

    def __init__(self, target: Target) -> None:
        self.now = 1_700_000_000.0
        self._target = target
        self._adapter = self._open()

    def _open(self) -> EmbeddedAdapter:
        adapter = self._target.adapter(blocking=True, clock=lambda: self.now)
        assert isinstance(adapter, EmbeddedAdapter)
        return adapter

    def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = finished(self._adapter.call(operation, request))
        return answer

    def reopen(self) -> None:
        if self._target.path is not None:
            self.close()
            self._adapter = self._open()

    def close(self) -> None:
        finished(self._adapter.close())

    def sweep(self) -> None:
        """Delete what has expired."""
        finished(self._adapter.sweep())

    def peek(self, work: Callable[[Reader], Any]) -> Any:
        """Look into the store itself."""
        return finished(self._adapter._store.read(work))
