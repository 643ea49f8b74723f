"""How a repository fares: five shares from 0 to 1, and a score of 0 to 100.

| Share | Formula |
|---|---|
| `activity` | days with an event or a commit / days looked at |
| `merging` | pull requests merged / pull requests closed |
| `resolution` | issues closed / issues opened, at most 1 |
| `builds` | workflow runs and check suites that succeeded / those that succeeded or failed |
| `breadth` | 1 - share of the busiest contributor in the events of all; None without events |

A share whose divisor is 0 is None. The score is the mean of the others times 100; each counts the
same, since nothing in the data says which matters more. Bots (`...[bot]`) are no contributors.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING

from anydynamo.catalog.github_events.models import RepositoryHealth
from anydynamo.catalog.github_events.payloads import at, text_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from anydynamo.catalog.github_events.models import Commit, Event

__all__ = ["FAILED", "SUCCEEDED", "is_bot", "merged", "repository_health"]

SUCCEEDED = frozenset({"success"})
FAILED = frozenset({"failure", "timed_out", "startup_failure"})
"""Conclusions that say something about the code; a cancelled or skipped run says nothing."""

_BUILDS = {"WorkflowRunEvent": "workflow_run", "CheckSuiteEvent": "check_suite"}


def is_bot(login: str) -> bool:
    """Tell whether a login is that of a GitHub app."""
    return login.endswith("[bot]")


def merged(event: Event) -> bool | None:
    """Tell whether a pull request ended merged or not; None for what is no end of one."""
    if event.event_type != "PullRequestEvent":
        return None
    action = _action(event)
    if action == "merged":
        # So the events API may say it, which then leaves the pull request's own word out.
        return True
    if action == "closed":
        return at(event.payload, "pull_request", "merged") is True
    return None


def repository_health(
    repo_name: str,
    events: Iterable[Event],
    commits: Iterable[Commit],
    *,
    days: int,
    now: datetime,
) -> RepositoryHealth:
    """Compute a repository's health.

    Args:
        repo_name: The repository.
        events: Its events of the last days.
        commits: Its commits of the last days.
        days: How many days those are.
        now: The time.
    """
    happened, made = list(events), list(commits)
    # Of the days before now, the first and the last are parts of one.
    dates = {event.created_at.astimezone(UTC).date() for event in happened}
    dates |= {commit.commit_date.astimezone(UTC).date() for commit in made}
    people = Counter(
        event.actor_login
        for event in happened
        if event.actor_login and not is_bot(event.actor_login)
    )
    ends = [end for event in happened if (end := merged(event)) is not None]
    issues = Counter(_action(event) for event in happened if event.event_type == "IssuesEvent")
    conclusions = [
        text_at(event.payload, _BUILDS[event.event_type], "conclusion")
        for event in happened
        if event.event_type in _BUILDS and _action(event) == "completed"
    ]
    succeeded = sum(conclusion in SUCCEEDED for conclusion in conclusions)
    failed = sum(conclusion in FAILED for conclusion in conclusions)
    shares = {
        "activity": min(1.0, len(dates) / days),
        "merging": _share(sum(ends), len(ends)),
        "resolution": _share(min(issues["closed"], issues["opened"]), issues["opened"]),
        "builds": _share(succeeded, succeeded + failed),
        "breadth": _share(people.total() - max(people.values(), default=0), people.total()),
    }
    known = [share for share in shares.values() if share is not None]
    return RepositoryHealth(
        repo_name=repo_name,
        computed_at=now,
        days=days,
        events=len(happened),
        commits=len(made),
        contributors=len(people),
        score=round(100 * sum(known) / len(known), 1),
        **shares,
    )


def _action(event: Event) -> str | None:
    return text_at(event.payload, "action")


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
