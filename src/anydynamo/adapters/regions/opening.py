"""Opening the regions that a DynamoDB URL, or the environment, names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.adapters.regions.adapter import Regions
from anydynamo.adapters.regions.health import Failover
from anydynamo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter

__all__ = ["open_regions"]

_ENDPOINTS: Final = "replica_endpoint_urls"

_FAILOVER: Final[Mapping[str, str]] = {
    "failover_after": "failures",
    "failover_rate": "rate",
    "failover_hold": "hold",
    "automatic_return": "automatic_return",
}
"""The options of a URL, and what they are in `Failover`."""

_QUICKER: Final[Mapping[str, Any]] = {
    "connect_timeout": 2.0,
    "read_timeout": 5.0,
    "max_attempts": 3,
}
"""With another region to go to, it is no use to wait as long for one that does not answer."""


def open_regions(
    region: str | None,
    replicas: tuple[str, ...],
    options: Mapping[str, Any],
    open_one: Callable[..., DatabaseAdapter],
) -> Regions:
    """Open DynamoDB in several regions.

    Args:
        region: The preferred region.
        replicas: The others, in order of preference.
        options: All other options of the URL, of which one at least is about several regions if
            there are no replicas.
        open_one: Opens a region, from `region` and the options that are about one.

    Raises:
        ConfigurationError: Options contradict each other.
    """
    own = dict(options)
    hedge_after = own.pop("hedge_after", None)
    endpoints: tuple[str, ...] | None = own.pop(_ENDPOINTS, None)
    failover = {_FAILOVER[name]: own.pop(name) for name in _FAILOVER if name in own}
    if not replicas:
        raise ConfigurationError(
            f"hedge_after, {_ENDPOINTS} and {', '.join(_FAILOVER)} are about several regions; "
            "name the others in `replicas`, as in dynamodb://us-east-1?replicas=us-west-2"
        )
    if region is None:
        raise ConfigurationError(
            f"The replicas are {', '.join(replicas)}, but the preferred region is not named; "
            "write dynamodb://REGION?replicas=..., or set AWS_REGION"
        )
    regions = (region, *replicas)
    if len(set(regions)) < len(regions):
        raise ConfigurationError(
            f"The regions {', '.join(regions)} name one twice; `replicas` are the others"
        )
    first = own.pop("endpoint_url", None)
    if (first is None) != (endpoints is None) or len(endpoints or replicas) != len(replicas):
        raise ConfigurationError(
            f"endpoint_url and {_ENDPOINTS} go together: the second has one URL for each of the "
            f"replicas {', '.join(replicas)}, in their order, separated by commas"
        )
    servers = (first, *(endpoints or [None] * len(replicas)))
    return Regions(
        {
            name: open_one(region=name, endpoint_url=server, **{**_QUICKER, **own})
            for name, server in zip(regions, servers, strict=True)
        },
        failover=Failover(**failover),
        hedge_after=hedge_after,
    )
