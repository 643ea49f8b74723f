"""What every provider's changes are like: the contract, as tests to inherit.

    class TestMyProvider(ChangesContract):
        @pytest.fixture
        async def database(self, adapter):
            async with Database(adapter) as database:
                yield database

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
        "The contract of changes is a pytest suite: pip install pytest pytest-asyncio"
    ) from error

pytest.register_assert_rewrite("anydynamo.testing.repositories")

from anydynamo.testing.repositories.changes import (  # noqa: E402 - after the line above
    ChangesContract,
)

__all__ = ["ChangesContract"]
