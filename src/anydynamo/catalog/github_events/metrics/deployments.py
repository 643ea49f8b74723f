"""What became of deployments, and how often and how well a repository is deployed.

A `deployment_status` holds the whole deployment, so the last status tells all; of a deployment of
which only the beginning is known, the state is `created`.

    frequency    = deployments that succeeded / days looked at
    failure rate = deployments that failed / deployments that succeeded or failed
    lead time    = the median of the hours from a commit to the success of its deployment

A deployment that failed is one whose last state is `failure` or `error`. GitHub says `inactive` of
one that succeeded and was replaced. Lead times are of those deployments whose commit is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from anydynamo.catalog.github_events.models import Deployment
from anydynamo.catalog.github_events.payloads import mapping_at, moment_at, number_at, text_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from anydynamo.catalog.github_events.models import Event

__all__ = ["DeploymentFigures", "deployment_figures", "deployments_of"]

_SUCCEEDED = frozenset({"success", "inactive"})
_FAILED = frozenset({"failure", "error"})


@dataclass(frozen=True, slots=True)
class DeploymentFigures:
    """How a repository is deployed.

    Attributes:
        repo_name: The repository.
        days: How many days were looked at.
        deployments: How many deployments were begun in them.
        succeeded: How many of them succeeded.
        failed: How many failed; the others are under way.
        per_day: How many succeeded on a day, on average.
        failure_rate: The share that failed of those that are over; None if none is.
        lead_hours: The median lead time; None if no commit is known.
    """

    repo_name: str
    days: int
    deployments: int
    succeeded: int
    failed: int
    per_day: float
    failure_rate: float | None
    lead_hours: float | None


def deployments_of(repo_name: str, events: Iterable[Event], *, now: datetime) -> list[Deployment]:
    """Gather the deployments that events are about, in the order in which they began.

    Args:
        repo_name: The repository.
        events: Its events, in any order.
        now: The time.
    """
    found: dict[str, Deployment] = {}
    for event in events:
        deployment = mapping_at(event.payload, "deployment")
        number = number_at(deployment, "id")
        if number is None or event.event_type not in ("DeploymentEvent", "DeploymentStatusEvent"):
            continue
        begun = moment_at(deployment, "created_at") or event.created_at
        one = Deployment(
            repo_name=repo_name,
            deployment_id=str(number),
            environment=text_at(deployment, "environment") or "",
            ref=text_at(deployment, "ref") or "",
            sha=text_at(deployment, "sha") or "",
            creator_login=text_at(deployment, "creator", "login"),
            created_at=begun,
            state=text_at(event.payload, "deployment_status", "state") or "created",
            updated_at=moment_at(event.payload, "deployment_status", "created_at") or begun,
            computed_at=now,
        )
        known = found.get(one.deployment_id)
        if known is None or _order(known) <= _order(one):
            found[one.deployment_id] = one
    return sorted(found.values(), key=lambda one: (one.created_at, one.deployment_id))


def deployment_figures(
    repo_name: str,
    deployments: Iterable[Deployment],
    committed: Mapping[str, datetime],
    *,
    days: int,
) -> DeploymentFigures:
    """Compute how often it was deployed, how often that failed, and how long commits waited.

    Args:
        repo_name: The repository.
        deployments: Its deployments of the last days.
        committed: When commits were made, by their SHA, as far as it is known.
        days: How many days those are.
    """
    begun = list(deployments)
    succeeded = [one for one in begun if one.state in _SUCCEEDED]
    failed = sum(one.state in _FAILED for one in begun)
    over = len(succeeded) + failed
    waits = [
        (one.updated_at - committed[one.sha]).total_seconds() / 3600
        for one in succeeded
        if one.state == "success" and one.sha in committed
    ]
    return DeploymentFigures(
        repo_name=repo_name,
        days=days,
        deployments=len(begun),
        succeeded=len(succeeded),
        failed=failed,
        per_day=len(succeeded) / days,
        failure_rate=failed / over if over else None,
        lead_hours=median(waits) if waits else None,
    )


def _order(deployment: Deployment) -> tuple[datetime, bool]:
    # The first status can have the very second in which the deployment was made.
    return deployment.updated_at, deployment.state != "created"
