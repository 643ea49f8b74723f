"""The contract of changes on every provider, awaited and through the blocking facade."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from tests.repository.blocking import AwaitedDatabase

from anydynamo import sync
from anydynamo.database import Database
from anydynamo.repositories.session import Patience
from anydynamo.testing.changes_contract import ChangesContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.targets import Target

    from anydynamo.adapters.protocol import DatabaseAdapter

# What an emulator fails at, it fails at again.
PATIENCE = Patience(attempts=1, poll=0.01)

# Dynoxide gives a table the changes of an earlier one of its name, so each test has its own names.
_tests = count()


class TestChanges(ChangesContract):
    @pytest.fixture
    async def database(self, adapter: DatabaseAdapter) -> AsyncIterator[Database]:
        async with Database(
            adapter, table_prefix=f"test{next(_tests)}-", patience=PATIENCE
        ) as database:
            yield database


@pytest.mark.parametrize("target", ["memory", "sqlite", "dynoxide"], indirect=True)
class TestBlockingChanges(ChangesContract):
    @pytest.fixture
    def database(self, target: Target) -> Iterator[Any]:
        with sync.Database(
            target.adapter(blocking=True),
            table_prefix=f"test{next(_tests)}-",
            patience=PATIENCE,
            owns_adapter=True,
        ) as database:
            yield AwaitedDatabase(database)
