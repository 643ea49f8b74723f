"""The engine that the tests of its operations use."""

from __future__ import annotations

import pytest
from tests.engine.calling import Engine


@pytest.fixture
def engine() -> Engine:
    """A new engine over an empty memory store."""
    return Engine()
