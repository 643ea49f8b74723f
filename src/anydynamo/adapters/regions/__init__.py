"""One database in several regions: an adapter over the adapters of a global table's replicas.

    regions = Regions(
        {
            "us-east-1": DynamoDBAdapter(region="us-east-1"),
            "us-west-2": DynamoDBAdapter(region="us-west-2"),
        }
    )
    db = Database(regions)

`dynamodb://us-east-1?replicas=us-west-2` opens the same.
"""

from anydynamo.adapters.regions.adapter import Regions
from anydynamo.adapters.regions.board import RegionEvent
from anydynamo.adapters.regions.health import Failover

__all__ = ["Failover", "RegionEvent", "Regions"]
