"""What every repository answers: the contract, as tests to inherit.

    class TestMyProvider(RepositoryContract):
        @pytest.fixture
        async def adapter(self):
            adapter = MyAdapter()
            yield adapter
            await adapter.close()

        @pytest.fixture
        async def database(self, adapter):
            async with Database(adapter) as database:
                yield database

        @pytest.fixture
        def raw(self, adapter):
            return adapter.call

The tests are coroutines: run them with pytest-asyncio in its auto mode, or mark your class
`@pytest.mark.asyncio`. Each test begins with a database that has no tables. Where a provider is
known to differ, a subclass overrides the test and says why.
"""

from __future__ import annotations

from anydynamo.errors import MissingDependency

try:
    import pytest
except ImportError as error:
    raise MissingDependency(
        "The repository contract is a pytest suite: pip install pytest pytest-asyncio"
    ) from error

pytest.register_assert_rewrite("anydynamo.testing.repositories")

from anydynamo.testing.repositories.audit import AuditContract  # noqa: E402 - after the line above
from anydynamo.testing.repositories.batches import BatchContract  # noqa: E402
from anydynamo.testing.repositories.items import ItemContract  # noqa: E402
from anydynamo.testing.repositories.locking import LockingContract  # noqa: E402
from anydynamo.testing.repositories.pages import PageContract  # noqa: E402
from anydynamo.testing.repositories.queries import QueryContract  # noqa: E402
from anydynamo.testing.repositories.scopes import ScopeContract  # noqa: E402
from anydynamo.testing.repositories.tables import TableContract  # noqa: E402
from anydynamo.testing.repositories.traits import TraitContract  # noqa: E402
from anydynamo.testing.repositories.transactions import TransactionContract  # noqa: E402
from anydynamo.testing.repositories.unique import UniqueContract  # noqa: E402

__all__ = ["RepositoryContract"]


class RepositoryContract(
    ItemContract,
    LockingContract,
    QueryContract,
    PageContract,
    BatchContract,
    TransactionContract,
    UniqueContract,
    TableContract,
    ScopeContract,
    TraitContract,
    AuditContract,
):
    """All of it; a subclass gives the `database` and `raw` fixtures."""
