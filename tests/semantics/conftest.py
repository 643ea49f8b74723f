"""The engine under test, on each embedded store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from anydynamo.testing.contracts.client import (
    gsi,
    lsi,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.targets import Target
from tests.semantics.stage import Engine


@pytest.fixture
async def db(target: Target) -> AsyncIterator[Engine]:
    """An engine with the tables `tab` (pk), `rng` (pk, sk: N) and `idx` (pk, sk; gsi and lsi)."""
    engine: Engine
    adapter = target.adapter(clock=lambda: engine.now)
    engine = Engine(adapter)
    await engine.create("tab")
    await engine.create("rng", "pk:S", "sk:N")
    await engine.create(
        "idx",
        "pk:S",
        "sk:S",
        gsi("gsi", "gk:S", "gs:N", projection="KEYS_ONLY"),
        lsi("lsi", "pk:S", "gs:N", projection="KEYS_ONLY"),
    )
    try:
        yield engine
    finally:
        await adapter.close()
