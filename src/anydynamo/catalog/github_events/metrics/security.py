"""What happened that matters to security, by kind and day.

Counted are GitHub's alerts (`code_scanning_alert`, `dependabot_alert`, `secret_scanning_alert`,
`repository_vulnerability_alert`), changes of who may do what (`branch_protection_rule`, `member`,
`deploy_key`), a repository that became public (`public`) and pushes that rewrote history
(`forced_push`).

`opened` and `resolved` count an alert's actions: created, opened and reopened; fixed, resolved,
dismissed and closed. `severities` counts what was opened by the severity that GitHub gives it.
Between two dates, opened minus resolved is by how many the open alerts have grown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC
from typing import TYPE_CHECKING

from anydynamo.catalog.github_events.models import SecurityMetrics, joined
from anydynamo.catalog.github_events.payloads import at, text_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from anydynamo.catalog.github_events.models import Event

__all__ = ["METRIC_TYPES", "security_metrics"]

METRIC_TYPES = {
    "BranchProtectionRuleEvent": "branch_protection_rule",
    "CodeScanningAlertEvent": "code_scanning_alert",
    "DependabotAlertEvent": "dependabot_alert",
    "DeployKeyEvent": "deploy_key",
    "MemberEvent": "member",
    "PublicEvent": "public",
    "RepositoryVulnerabilityAlertEvent": "repository_vulnerability_alert",
    "SecretScanningAlertEvent": "secret_scanning_alert",
}
"""The kinds by the type of their events; `forced_push` is a PushEvent that was forced."""

# GitHub's alerts differ in their words for the same thing.
_OPENED = frozenset({"create", "created", "opened", "reopen", "reopened", "reopened_by_user"})
_RESOLVED = frozenset(
    {"auto_dismissed", "closed_by_user", "dismiss", "dismissed", "fixed", "resolve", "resolved"}
)
_SEVERITIES = (
    ("alert", "security_advisory", "severity"),
    ("alert", "rule", "security_severity_level"),
    ("alert", "rule", "severity"),
    ("alert", "severity"),
)


def security_metrics(
    repo_name: str, events: Iterable[Event], *, now: datetime
) -> list[SecurityMetrics]:
    """Compute what happened, one result for each kind and day.

    Args:
        repo_name: The repository.
        events: Its events.
        now: The time.
    """
    groups: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        kind = _kind(event)
        if kind is not None:
            groups[kind, event.created_at.astimezone(UTC).date().isoformat()].append(event)
    return [
        _counted(repo_name, kind, date, found, now)
        for (kind, date), found in sorted(groups.items(), key=lambda group: group[0])
    ]


def _kind(event: Event) -> str | None:
    if event.event_type == "PushEvent" and at(event.payload, "forced") is True:
        return "forced_push"
    return METRIC_TYPES.get(event.event_type)


def _counted(
    repo_name: str, kind: str, date: str, events: list[Event], now: datetime
) -> SecurityMetrics:
    alerts = events if kind.endswith("_alert") else []
    actions = [(text_at(event.payload, "action"), event) for event in alerts]
    opened = [event for action, event in actions if action in _OPENED]
    return SecurityMetrics(
        repo_name=repo_name,
        metric_type_date=joined(kind, date),
        metric_type=kind,
        date=date,
        computed_at=now,
        events=len(events),
        opened=len(opened),
        resolved=sum(action in _RESOLVED for action, _ in actions),
        severities=dict(Counter(map(_severity, opened))),
    )


def _severity(event: Event) -> str:
    named = (text_at(event.payload, *path) for path in _SEVERITIES)
    return next((name for name in named if name), "unknown")
