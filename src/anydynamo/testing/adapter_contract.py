"""What every adapter answers: the contract, as tests to inherit.

    class TestMyAdapter(AdapterContract):
        @pytest.fixture
        async def adapter(self):
            adapter = MyAdapter()
            yield adapter
            await adapter.close()

The tests are coroutines: run them with pytest-asyncio in its auto mode, or mark your class
`@pytest.mark.asyncio`. Each test begins with a place that has no tables. The expectations are those
of AWS's documentation of DynamoDB, not what one implementation of it does; where a provider is
known to differ, `deviations` says so and why.
"""

from __future__ import annotations

from anydynamo.errors import MissingDependency

try:
    import pytest
except ImportError as error:
    raise MissingDependency(
        "The adapter contract is a pytest suite: pip install pytest pytest-asyncio"
    ) from error

pytest.register_assert_rewrite("anydynamo.testing.contracts")

from anydynamo.testing.contracts.backups import BackupContract  # noqa: E402 - after the line above
from anydynamo.testing.contracts.batches import BatchContract  # noqa: E402
from anydynamo.testing.contracts.capacity import CapacityContract  # noqa: E402
from anydynamo.testing.contracts.conditions import ConditionContract  # noqa: E402
from anydynamo.testing.contracts.destinations import (  # noqa: E402
    DestinationContract,
    InsightsContract,
)
from anydynamo.testing.contracts.globaltables import (  # noqa: E402
    GlobalTableContract,
    ReplicaContract,
)
from anydynamo.testing.contracts.indexes import IndexContract  # noqa: E402
from anydynamo.testing.contracts.items import ItemContract, ProjectionContract  # noqa: E402
from anydynamo.testing.contracts.legacyconditions import LegacyConditionContract  # noqa: E402
from anydynamo.testing.contracts.legacyreads import LegacyReadContract  # noqa: E402
from anydynamo.testing.contracts.legacyupdates import LegacyUpdateContract  # noqa: E402
from anydynamo.testing.contracts.partiql import PartiQLContract  # noqa: E402
from anydynamo.testing.contracts.policies import PolicyContract  # noqa: E402
from anydynamo.testing.contracts.queries import QueryContract, ScanContract  # noqa: E402
from anydynamo.testing.contracts.recovery import RecoveryContract  # noqa: E402
from anydynamo.testing.contracts.streams import StreamContract  # noqa: E402
from anydynamo.testing.contracts.tables import TableContract  # noqa: E402
from anydynamo.testing.contracts.tablesettings import TableSettingContract  # noqa: E402
from anydynamo.testing.contracts.tableupdates import TableUpdateContract  # noqa: E402
from anydynamo.testing.contracts.transactions import TransactionContract  # noqa: E402
from anydynamo.testing.contracts.transfers import TransferContract  # noqa: E402
from anydynamo.testing.contracts.updates import UpdateContract  # noqa: E402

__all__ = ["AdapterContract"]


class AdapterContract(
    ItemContract,
    ProjectionContract,
    ConditionContract,
    UpdateContract,
    QueryContract,
    ScanContract,
    IndexContract,
    LegacyConditionContract,
    LegacyReadContract,
    LegacyUpdateContract,
    BatchContract,
    TransactionContract,
    TransferContract,
    PartiQLContract,
    TableContract,
    TableUpdateContract,
    TableSettingContract,
    BackupContract,
    RecoveryContract,
    PolicyContract,
    DestinationContract,
    InsightsContract,
    GlobalTableContract,
    ReplicaContract,
    CapacityContract,
    StreamContract,
):
    """All of it; a subclass gives the `adapter` fixture and may name its `deviations`."""
