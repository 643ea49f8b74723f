"""The repository contract on every provider, awaited and through the blocking facade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.repository.blocking import AwaitedDatabase

from anydynamo import sync
from anydynamo.database import Database
from anydynamo.repositories.session import Patience
from anydynamo.testing.repository_contract import RepositoryContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.targets import Target

    from anydynamo.adapters.protocol import DatabaseAdapter

# Local servers answer at once, so waiting for tables would only make the tests slow.
PATIENCE = Patience(poll=0.01)


# Where moto differs from what AWS documents. Each of these tests runs all the same and must fail,
# so that it is noticed when moto has caught up.
MOTO = {
    "test_what_a_call_costs_is_collected_where_it_is_asked_for": (
        "moto charges half a unit for a consistent read"
    ),
    "test_what_a_batch_costs_is_collected": "moto charges one unit for a whole batch",
    "test_a_local_index_gives_whole_items_though_it_holds_keys_alone": (
        "moto does not fetch from the table what a local index lacks"
    ),
    "test_a_local_index_of_keys_alone_hides_what_is_hidden": (
        "moto does not fetch from the table what a local index lacks"
    ),
    "test_a_time_to_live_that_is_no_number_is_none": (
        "moto fails when a condition compares values of two types"
    ),
    "test_a_token_names_one_transaction": "moto does not remember client tokens",
    "test_a_token_goes_with_what_needs_no_reading": "moto does not remember client tokens",
}


@pytest.fixture
def deviations(request: pytest.FixtureRequest, target: Target) -> None:
    reason = MOTO.get(request.node.originalname) if target.name == "moto" else None
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


def test_every_deviation_names_a_test_of_the_contract() -> None:
    assert all(hasattr(RepositoryContract, name) for name in MOTO)


@pytest.mark.usefixtures("deviations")
class TestRepository(RepositoryContract):
    @pytest.fixture
    async def database(self, adapter: DatabaseAdapter) -> AsyncIterator[Database]:
        async with Database(adapter, table_prefix="test-", patience=PATIENCE) as database:
            yield database

    @pytest.fixture
    def raw(self, adapter: DatabaseAdapter) -> Any:
        return adapter.call


@pytest.mark.usefixtures("deviations")
class TestBlockingRepository(RepositoryContract):
    @pytest.fixture
    def blocking_adapter(self, target: Target) -> DatabaseAdapter:
        return target.adapter(blocking=True)

    @pytest.fixture
    def database(self, blocking_adapter: DatabaseAdapter) -> Iterator[Any]:
        with sync.Database(
            blocking_adapter, table_prefix="test-", patience=PATIENCE, owns_adapter=True
        ) as database:
            yield AwaitedDatabase(database)

    @pytest.fixture
    async def raw(self, target: Target, blocking_adapter: DatabaseAdapter) -> AsyncIterator[Any]:
        if blocking_adapter.info.blocking:
            yield blocking_adapter.call
            return
        # The facade's adapter belongs to the event loop of the facade's own thread.
        own = target.adapter()
        yield own.call
        await own.close()
