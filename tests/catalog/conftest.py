from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from anydynamo import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anydynamo.adapters.protocol import DatabaseAdapter


@pytest.fixture
async def database(adapter: DatabaseAdapter) -> AsyncIterator[Database]:
    """A database on each provider in turn."""
    async with Database(adapter) as opened:
        yield opened
